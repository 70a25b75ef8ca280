"""Single members of a zip archive that stands on a server: its directory first, then only what is wanted of it.

A server that gives no parts of a file (HTTP ranges) sends the whole archive once, which is said.
"""

from __future__ import annotations

import io
import json
import logging
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO

from tipping_point.fetch.cache import write_whole
from tipping_point.fetch.download import (
    FOREVER,
    MONTH_DAYS,
    DownloadError,
    Fetched,
    Web,
    ask_bytes,
    fetch_all,
    fetch_file,
    fetch_made,
    look_ahead,
)
from tipping_point.sources.archives import points_outside
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

_TAIL = (64 << 10) + 22
"""Bytes in which the end record of a zip archive stands, its comment included."""
_LARGEST_DIRECTORY = 64 << 20
_LARGEST_MEMBER = 1 << 30
_PIECE = 16 << 20
"""Bytes of one request within a member."""
_RATIO, _RATIO_FROM = 200, 16 << 20
"""A member that declares to unpack to more than so many times its size, and to so many bytes, is refused."""
_PLAIN_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Member:
    """One file of an archive, as its directory declares it."""

    name: str
    size: int
    """Bytes unpacked."""
    packed: int
    crc: int


@dataclass(frozen=True)
class Directory:
    """What an archive holds."""

    url: str
    final: str
    """Where redirects led to."""
    size: int
    """Bytes of the archive."""
    validator: str
    parts: bool
    """Whether the server gives parts of it."""
    members: tuple[Member, ...]


def fetch_directory(web: Web, url: str, *, max_age_days: float = MONTH_DAYS) -> Directory:
    """The directory of a remote archive: a few requests, or the whole archive where the server gives no parts.

    Raises:
        DownloadError: refused, not reachable.
        InputError: no zip archive, or one with a member that points outside it or stands in it twice.
    """

    def make(path: Path) -> None:
        glance = look_ahead(web, url)
        if glance.parts and glance.size is not None:
            whole = RangeFile(web, url, size=glance.size, validator=glance.validator)
            members = _list(whole, url)
            size = glance.size
        else:
            size_said = f"all {glance.size:,} bytes" if glance.size else "the whole of it"
            web.say(f"{url}: the server gives no parts of it, so that {size_said} must be fetched")
            fetched = fetch_file(web, url)
            size = fetched.entry.size
            with fetched.path.open("rb") as stream:
                members = _list(stream, url)
        found = Directory(url, glance.url, size, glance.validator, glance.parts, members)
        path.write_text(json.dumps(asdict(found)), encoding="utf-8")

    fetched = fetch_made(web, f"{url}#directory", make, max_age_days=max_age_days, label=f"{url} (directory)")
    held = json.loads(fetched.path.read_bytes())
    return Directory(**{**held, "members": tuple(Member(**member) for member in held["members"])})


def fetch_members(web: Web, directory: Directory, names: Iterable[str]) -> dict[str, Fetched]:
    """Members by name, each checked against the size and CRC of the directory; those in the cache are not asked for.

    Raises:
        InputError: a name that the archive does not hold; a member that is encrypted, damaged, or made to fill a disk;
            the archive changed since its directory was read. Every fault at once.
    """
    by_name = {member.name: member for member in directory.members}
    names = list(dict.fromkeys(names))
    if absent := [name for name in names if name not in by_name]:
        raise InputError(f"{directory.url} holds no {', '.join(absent[:5])} ({len(absent)} such).")
    with ExitStack() as stack:
        opened: list[_Opened] = []

        def make(member: Member, path: Path) -> None:
            if not opened:
                opened.append(_Opened(web, directory, stack))
            opened[0].extract(member, path)

        def job(member: Member) -> Fetched:
            address = f"{directory.final}#{member.name}?crc={member.crc:08x}&bytes={member.size}"
            return fetch_made(
                web, address, partial(make, member), max_age_days=FOREVER, label=f"{directory.url}: {member.name}"
            )

        fetched = fetch_all([partial(job, by_name[name]) for name in names])
    return dict(zip(names, fetched, strict=True))


def write_zip(files: Mapping[str, Path], path: Path) -> Path:
    """Files as a zip archive, sorted by name and without dates, so that the same files give the same bytes."""
    with write_whole(path) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _PLAIN_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with files[name].open("rb") as source, archive.open(info, "w", force_zip64=False) as target:
                shutil.copyfileobj(source, target, 1 << 20)
    return path


class RangeFile(io.RawIOBase):
    """A remote file as one that can be read and sought, by parts; as much is asked for ahead as `ahead` says."""

    def __init__(self, web: Web, url: str, *, size: int, validator: str) -> None:
        super().__init__()
        self.ahead = 0
        self._web, self._url, self._size, self._validator = web, url, size, validator
        self._place, self._start, self._window = 0, 0, b""
        self._load(max(0, size - _TAIL), size)

    def seekable(self) -> bool:
        """Yes."""
        return True

    def readable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the place."""
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        if self._place < 0:
            raise OSError(f"a place before the beginning of {self._url}")
        return self._place

    def read(self, size: int = -1) -> bytes:
        """Bytes from the place on; fewer at the end of the file."""
        stop = self._size if size < 0 else min(self._place + size, self._size)
        wanted = stop - self._place
        if wanted <= 0:
            return b""
        if wanted > _LARGEST_DIRECTORY:
            raise zipfile.BadZipFile(f"a directory of {wanted:,} bytes")
        if self._place < self._start or stop > self._start + len(self._window):
            self._load(self._place, min(self._place + max(wanted, self.ahead), self._size))
        begin = self._place - self._start
        self._place = stop
        return self._window[begin : begin + wanted]

    def _load(self, start: int, stop: int) -> None:
        headers = {"range": f"bytes={start}-{stop - 1}", "accept-encoding": "identity"}
        if self._validator:
            headers["if-range"] = self._validator
        self._window, self._start = b"", start
        if stop > start:
            self._window = ask_bytes(self._web, self._url, headers=headers, largest=stop - start, label=self._url)
        if len(self._window) != stop - start:
            raise DownloadError(
                f"{self._url}: {stop - start:,} bytes from {start:,} on were asked for, and {len(self._window):,} came."
            )


def _open(stream: IO[bytes] | RangeFile, url: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{url} is no zip archive that can be read: {error}.") from error


def _list(stream: IO[bytes] | RangeFile, url: str) -> tuple[Member, ...]:
    with _open(stream, url) as archive:
        infos = archive.infolist()
    names = [info.filename for info in infos]
    faults = []
    if unsafe := [name for name in names if points_outside(name)]:
        faults.append(f"{url}: member {unsafe[0]!r} points outside the archive ({len(unsafe)} such). Not read.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        faults.append(f"{url}: member {twice!r} stands in its directory more than once. Not read.")
    if faults:
        raise InputError(faults)
    logger.info("Archive %s: %d members, %d bytes packed", url, len(infos), sum(info.compress_size for info in infos))
    return tuple(Member(info.filename, info.file_size, info.compress_size, info.CRC) for info in infos)


class _Opened:
    """An archive opened for its members, where the first of them is asked for."""

    def __init__(self, web: Web, directory: Directory, stack: ExitStack) -> None:
        self._url = directory.url
        self._parts: RangeFile | None = None
        stream: IO[bytes] | RangeFile
        if directory.parts:
            stream = self._parts = RangeFile(web, self._url, size=directory.size, validator=directory.validator)
        else:
            stream = stack.enter_context(fetch_file(web, self._url).path.open("rb"))
        self._archive = stack.enter_context(_open(stream, self._url))

    def extract(self, member: Member, path: Path) -> None:
        """Write a member to a path.

        Raises:
            InputError: changed since the directory was read, not to be unpacked, damaged.
        """
        where = f"{self._url}: {member.name}"
        try:
            info = self._archive.getinfo(member.name)
        except KeyError:
            info = zipfile.ZipInfo()
        if (info.file_size, info.CRC) != (member.size, member.crc):
            raise InputError(f"{where} is no longer what the archive's directory said: it has changed; run again.")
        if fault := _member_fault(info):
            raise InputError(f"{where} {fault}.")
        if self._parts:
            # The local header repeats the name, and its extra field is seldom longer than this.
            self._parts.ahead = min(info.compress_size + len(info.filename) * 4 + 1024, _PIECE)
        try:
            with self._archive.open(info) as source, path.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise DownloadError(f"{where} is damaged ({error}); nothing of it was kept.") from error
        if path.stat().st_size != member.size:
            raise DownloadError(
                f"{where} is damaged: {path.stat().st_size:,} bytes came out of it, and {member.size:,} are declared."
            )


def _member_fault(info: zipfile.ZipInfo) -> str:
    """Why a member is not unpacked, as the end of a sentence; '' where it may be."""
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"is compressed in a way that is not read (method {info.compress_type})"
    if info.file_size > _LARGEST_MEMBER:
        return f"declares {info.file_size:,} bytes, more than is unpacked ({_LARGEST_MEMBER:,})"
    if info.file_size > _RATIO_FROM and info.file_size > _RATIO * info.compress_size:
        return f"declares to unpack from {info.compress_size:,} bytes to {info.file_size:,}, as if made to fill a disk"
    return ""
