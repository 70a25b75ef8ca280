"""Bytes from a service to a file: resumed where they stopped, bounded in size and time, decompressed, tried again."""

from __future__ import annotations

import json
import logging
import re
import shutil
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TypeVar
from urllib.parse import urlsplit

from tipping_point.fetch.cache import Entry, writing
from tipping_point.fetch.transport import Answer, DownloadError, Request, TryAgain
from tipping_point.fetch.web import Progress, Web, say_size
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)
T = TypeVar("T")

_WORTH = 64 << 10
"""Bytes that make a try that was cut one that brought something."""
_TICK_SECONDS = 0.1
_RATIO, _RATIO_FROM = 200, 64 << 20
"""A body that decompresses to more than so many times its size, and to so many bytes, is made to fill a disk."""
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Arrived:
    """What the head of an answer says of its body."""

    address: str
    status: int
    url: str
    etag: str = ""
    modified: str = ""
    content_type: str = ""
    encoding: str = ""
    total: int | None = None
    """Bytes as sent, of the whole file."""

    @property
    def validator(self) -> str:
        """What makes sure that the rest is of the same file: a strong tag, else the date; '' for nothing."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified


class Transfer:
    """One request on its way to one file; it may take several tries."""

    def __init__(
        self,
        web: Web,
        request: Request,
        path: Path,
        *,
        label: str,
        largest: int | None = None,
        headers: Mapping[str, str] | None = None,
        resume: bool = True,
    ) -> None:
        self.web, self.request, self.path, self.label = web, request, path, label
        self.largest = largest or web.manners.largest
        self.deadline = time.monotonic() + web.manners.total_seconds
        self.arrived = Arrived(request.address, 0, request.url)
        self._headers = {name.lower(): value for name, value in (headers or {}).items()}
        self._resume = resume and request.data is None
        self._note = path.with_name(f"{path.name}.json")
        self._announced = False

    def run(self, known: Entry | None = None) -> Arrived:
        """One try: ask for what is missing, and write it to the file.

        Raises:
            TryAgain: cut, refused for the moment, or the file changed meanwhile.
            DownloadError: refused, or larger than allowed.
        """
        held = self._held()
        start = self.path.stat().st_size if held else 0
        headers = {"accept-encoding": "gzip", **self._headers}
        if held:
            headers |= {"range": f"bytes={start}-", "if-range": held.validator}
        elif known:
            headers |= _condition(known)
        with self.web.client.ask(self.request, headers, deadline=self.deadline) as answer:
            if answer.status == 416:
                self.drop()
                raise TryAgain("the part asked for is not there: the file has changed", status=416)
            if answer.status == 304:
                return Arrived(self.request.address, 304, answer.url)
            start = self._resumed_at(answer, start)
            self.arrived = self._head(answer, start)
            self._announce(start)
            try:
                self._write(answer, start)
            except DownloadError:
                raise
            except InputError:
                # A full disk: what has come is in the way.
                self.drop()
                raise
        return self.arrived

    def have(self) -> int:
        """Bytes in the file so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    def drop(self) -> None:
        """Forget what has arrived."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def _held(self) -> Arrived | None:
        """The head of the answer of which a beginning is in the file; None where the file must start anew."""
        if not (self._resume and self.have()):
            return None
        try:
            held = Arrived(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return held if held.validator and held.address == self.request.address else None

    def _resumed_at(self, answer: Answer, start: int) -> int:
        """Where in the file the body belongs: at `start`, or at 0 where the service sends the whole."""
        asked = re.match(r"bytes=(\d+)-", self._headers.get("range", ""))
        wanted = int(asked[1]) if asked else start
        if answer.status == 200:
            if asked:
                raise DownloadError(
                    f"{self.label}: a part was asked for, and the whole was sent: the file has changed since its"
                    f" directory was read, or the service no longer gives parts.",
                    status=200,
                )
            return 0
        given = re.match(r"bytes (\d+)-", answer.headers.get("content-range", ""))
        if not given or int(given[1]) != wanted:
            self.drop()
            raise TryAgain(f"bytes from {wanted} on were asked for, and others were sent", status=answer.status)
        return 0 if asked else start

    def _head(self, answer: Answer, start: int) -> Arrived:
        headers = answer.headers
        length = headers.get("content-length", "")
        total = start + int(length) if length.isdigit() else None
        return Arrived(
            self.request.address, answer.status, answer.url, headers.get("etag", ""), headers.get("last-modified", ""),
            headers.get("content-type", ""), headers.get("content-encoding", "").strip().lower(), total,
        )  # fmt: skip

    def _announce(self, start: int) -> None:
        """Refuse what is too large for the limit or the disk before it comes; say what is large."""
        total = self.arrived.total
        if total is None:
            return
        if total > self.largest:
            raise DownloadError(f"{self.label} has {total:,} bytes; at most {self.largest:,} are taken.")
        folder = self.path.parent
        free = shutil.disk_usage(folder).free
        if total - start > free:
            raise InputError(
                f"{self.label} needs {say_size(total - start)}, and the disk that holds {folder} has {say_size(free)}"
                f" left. Free some space, or name a folder elsewhere in the environment variable TIPPING_POINT_CACHE."
            )
        if total >= self.web.manners.large and not self._announced:
            self._announced = True
            rest = f", {say_size(start)} of it here already" if start else ""
            self.web.say(f"{self.label}: {say_size(total)} to fetch from {urlsplit(self.arrived.url).hostname}{rest}")

    def _write(self, answer: Answer, start: int) -> None:
        with writing(self.web.cache.folder), self.path.open("ab" if start else "wb") as target:
            if self._resume and not start and self.arrived.validator:
                self._note.write_text(json.dumps(asdict(self.arrived)), encoding="utf-8")
            self._receive(answer, target, start)

    def _receive(self, answer: Answer, target: IO[bytes], start: int) -> None:
        done, total, shown = start, self.arrived.total, 0.0
        while data := answer.read():
            done += len(data)
            if done > self.largest:
                self.drop()
                raise DownloadError(
                    f"{self.label} does not end: more than {self.largest:,} bytes came. Nothing was kept."
                )
            target.write(data)
            if self.web.progress and time.monotonic() - shown >= _TICK_SECONDS:
                shown = time.monotonic()
                self.web.progress(Progress(self.label, done, total))
        if total is not None and done != total:
            raise TryAgain(f"{done:,} of {total:,} bytes came", status=answer.status)
        if self.web.progress:
            self.web.progress(Progress(self.label, done, done))


def _condition(known: Entry) -> dict[str, str]:
    if known.etag:
        return {"if-none-match": known.etag}
    return {"if-modified-since": known.modified} if known.modified else {}


def persist(
    web: Web, attempt: Callable[[], T], *, label: str, deadline: float, brought: Callable[[], int] | None = None
) -> T:
    """Try until it succeeds: waits that double, or those that the service asks for, within the manners.

    Args:
        web: the settings of the run.
        attempt: one try; it raises `TryAgain` where another may succeed.
        label: what the message calls it.
        deadline: when to give up, by the monotonic clock.
        brought: bytes that have arrived. A try that brought some does not count as one in vain.

    Raises:
        DownloadError: too many tries in vain, or a longer wait asked for than is made.
    """
    manners, vain, most = web.manners, 0, brought() if brought else 0
    while True:
        try:
            return attempt()
        except TryAgain as trouble:
            now = brought() if brought else 0
            vain = 1 if now >= most + _WORTH else vain + 1
            most = max(most, now)
            pause = min(manners.backoff_seconds * 2 ** (vain - 1), manners.longest_wait)
            wait = pause if trouble.wait is None else max(trouble.wait, pause)
            why = ""
            if vain >= manners.tries:
                why = f"{vain} tries in a row were in vain"
            elif wait > manners.longest_wait:
                why = f"it asks us to wait {wait:,.0f} seconds; try again then"
            elif time.monotonic() + wait > deadline:
                why = f"the {manners.total_seconds:,.0f} seconds allowed for it are over"
            if why:
                kept = f" What has come ({say_size(now)}) is kept: run again to go on." if now else ""
                raise DownloadError(f"{label}: {trouble}; {why}.{kept}", status=trouble.status) from trouble
            logger.info("%s: %s; trying again in %.1f s", label, trouble, wait)
            time.sleep(wait)


def unpack(transfer: Transfer) -> None:
    """Decompress what came compressed, with a header that says so or without one; the file is replaced.

    Raises:
        DownloadError: an unknown encoding, not what the header says, or far larger than it came.
        TryAgain: the compressed body is cut short or damaged.
    """
    encoding = transfer.arrived.encoding
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        transfer.drop()
        raise DownloadError(f"{transfer.label} came in the encoding '{encoding}', which was not asked for.")
    is_archive = urlsplit(transfer.request.url).path.lower().endswith((".gz", ".tgz"))
    # A service may compress a file that is compressed already, and then say so once or not at all.
    for named in (encoding, ""):
        with transfer.path.open("rb") as stream:
            packed = stream.read(2) == _GZIP
        if packed and (named or not is_archive):
            _decompress(transfer, zlib.MAX_WBITS | 16)
        elif named == "deflate":
            _decompress(transfer, zlib.MAX_WBITS)


def _decompress(transfer: Transfer, window: int) -> None:
    came = transfer.have()
    with transfer.web.cache.temporary() as target, writing(transfer.web.cache.folder):
        with transfer.path.open("rb") as source, target.open("wb") as sink:
            machine, size = zlib.decompressobj(window), 0
            while data := machine.unconsumed_tail or source.read(1 << 16):
                try:
                    piece = machine.decompress(data, 1 << 20)
                except zlib.error as error:
                    transfer.drop()
                    raise TryAgain(f"the compressed body is damaged ({error})", status=200) from error
                size += len(piece)
                if size > transfer.largest or (size > _RATIO_FROM and size > _RATIO * came):
                    transfer.drop()
                    raise DownloadError(
                        f"{transfer.label}: {came:,} bytes decompress to more than {size - len(piece):,}; refused, as"
                        f" they seem made to fill a disk. Nothing was kept."
                    )
                sink.write(piece)
                if machine.eof:
                    break
            if not machine.eof:
                transfer.drop()
                raise TryAgain("the compressed body is cut short", status=200)
        target.replace(transfer.path)
