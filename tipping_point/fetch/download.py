"""The one door to the network: an address to a file in the cache, whatever happens on the way.

`fetch_file` and `fetch_json` bring one answer, `ask_bytes` and `ask_json` one that is not kept, and `fetch_made` keeps
what is made of several (pages, members of an archive). All of them obey the settings of `open_web`: offline, mirrors,
manners, progress.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from tipping_point.fetch.cache import Entry, write_whole, writing
from tipping_point.fetch.transfer import Arrived, Transfer, persist, unpack
from tipping_point.fetch.transport import DownloadError, Manners, Request, TryAgain
from tipping_point.fetch.web import Progress, Web, open_web
from tipping_point.hashing import hash_file
from tipping_point.tables import InputError

__all__ = [
    "FOREVER", "MONTH_DAYS", "DownloadError", "Fetched", "Glance", "Manners", "NotInCacheError", "Progress", "Request",
    "TryAgain", "Web", "ask_bytes", "ask_json", "fetch_all", "fetch_file", "fetch_json", "fetch_made", "look_ahead",
    "open_web",
]  # fmt: skip

logger = logging.getLogger(__name__)

MONTH_DAYS = 30.0
"""An answer of the cache that is older is confirmed with its publisher before it is used."""
FOREVER = float("inf")

T = TypeVar("T")


class NotInCacheError(InputError):
    """Offline, and the cache does not hold what is needed."""


@dataclass(frozen=True)
class Glance:
    """What is known of a file before any of it is read."""

    url: str
    """Where redirects led to, without query."""
    size: int | None
    parts: bool
    """Whether the server gives parts of it (HTTP ranges)."""
    validator: str
    """What makes sure that all parts are of the same file, for If-Range; '' where there is nothing."""


@dataclass(frozen=True)
class Fetched:
    """A file of the cache, and what is known of where it came from."""

    path: Path
    entry: Entry

    def deliver(self, path: Path) -> Path:
        """A copy under a name of its own, put in place whole; readers go by the end of a name."""
        with write_whole(path) as beside:
            shutil.copyfile(self.path, beside)
        return path


def fetch_file(
    web: Web,
    url: str | Request,
    *,
    parameters: Mapping[str, object] | None = None,
    sha256: str = "",
    max_age_days: float = MONTH_DAYS,
    largest: int | None = None,
    check: Callable[[Path], str] | None = None,
    label: str = "",
) -> Fetched:
    """One answer as a file of the cache, decompressed where it came compressed.

    Args:
        web: the settings of the run.
        url: the address, or a `Request` (POST, secret parameters).
        parameters: of the query.
        sha256: the hash that the publisher keeps fixed; another content is refused.
        max_age_days: use what the cache holds if it is younger, else ask whether it has changed.
        largest: bytes; by default that of the manners.
        check: looks at the file and says what is wrong with it ('' nothing), as the end of a sentence: an error inside
            HTTP 200, a page instead of a table. It may raise `TryAgain`, or `DownloadError` with a status of the
            service's own. A file that fails is not kept.
        label: what messages and the progress call it.

    Raises:
        NotInCacheError: offline, and not in the cache.
        DownloadError: refused, not reachable, too large, another hash, or the check failed.
    """
    request = _request(url, parameters)
    label = label or request.address[:120]
    if sha256 and (path := web.cache.take(sha256)):
        return Fetched(path, _renew(web, request, sha256, path.stat().st_size))
    if kept := _kept(web, _key(request), max_age_days, sha256):
        return kept
    _refuse_offline(web, label)
    with web.cache.lock(_key(request), patience=web.manners.total_seconds, what=label):
        # Another run may have brought it while this one waited.
        if kept := _kept(web, _key(request), max_age_days, sha256):
            return kept
        old = _kept(web, _key(request), FOREVER, sha256)
        transfer = Transfer(web, request, web.cache.partial(_key(request)), label=label, largest=largest)
        entry = _persist(transfer, lambda: _bring(transfer, old, sha256, check))
    return Fetched(web.cache.place(entry.sha256), entry)


def fetch_json(
    web: Web,
    url: str | Request,
    *,
    parameters: Mapping[str, object] | None = None,
    max_age_days: float = MONTH_DAYS,
    largest: int | None = None,
    check: Callable[[Any], str] | None = None,
    label: str = "",
) -> Any:  # noqa: ANN401 - JSON is anything
    """One answer of JSON, kept in the cache; the check sees what was parsed. As `fetch_file`."""
    fetched = fetch_file(
        web, url, parameters=parameters, max_age_days=max_age_days, largest=largest, check=json_check(check),
        label=label,
    )  # fmt: skip
    return json.loads(fetched.path.read_bytes())


def ask_bytes(
    web: Web,
    url: str | Request,
    *,
    parameters: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
    largest: int = 256 << 20,
    check: Callable[[Path], str] | None = None,
    label: str = "",
) -> bytes:
    """One answer that is not kept: a page of several, a range of a file. Arguments and errors as `fetch_file`."""
    request = _request(url, parameters)
    label = label or request.address[:120]
    _refuse_offline(web, label)
    with web.cache.temporary() as path:
        transfer = Transfer(web, request, path, label=label, largest=largest, headers=headers or {}, resume=False)

        def attempt() -> bytes:
            transfer.run()
            unpack(transfer)
            _check(transfer, check)
            return path.read_bytes()

        return _persist(transfer, attempt)


def ask_json(
    web: Web,
    url: str | Request,
    *,
    parameters: Mapping[str, object] | None = None,
    largest: int = 256 << 20,
    check: Callable[[Any], str] | None = None,
    label: str = "",
) -> Any:  # noqa: ANN401 - JSON is anything
    """One answer of JSON that is not kept. As `ask_bytes`."""
    data = ask_bytes(web, url, parameters=parameters, largest=largest, check=json_check(check), label=label)
    return json.loads(data)


def fetch_made(
    web: Web,
    address: str,
    make: Callable[[Path], None],
    *,
    max_age_days: float = MONTH_DAYS,
    label: str = "",
) -> Fetched:
    """A file made of several answers, kept whole in the cache under an address that says what it is.

    Args:
        web: the settings of the run.
        address: names the result and everything that it depends on; no secrets.
        make: writes the file to the path it is given, by asking. It runs where the cache has none young enough.
        max_age_days: make it again when it is older; offline, any age is used.
        label: what messages call it.

    Raises:
        NotInCacheError: offline, and not in the cache.
    """
    label = label or address[:120]
    key = _key(Request(address))
    if kept := _kept(web, key, max_age_days, ""):
        return kept
    _refuse_offline(web, label)
    with web.cache.lock(key, patience=web.manners.total_seconds, what=label):
        if kept := _kept(web, key, max_age_days, ""):
            return kept
        with web.cache.temporary() as path:
            with writing(web.cache.folder):
                make(path)
            digest, size = web.cache.keep(path)
        entry = Entry(key=key, address=address, sha256=digest, size=size, fetched=_now(), final=address)
        web.cache.record(entry)
    return Fetched(web.cache.place(digest), entry)


def fetch_all(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """The results of several fetches; their faults are collected, so that all that is missing is named at once.

    Raises:
        InputError: every fault of every job (NotInCacheError, where that is what all of them are).
    """
    results, errors = [], []
    for job in jobs:
        try:
            results.append(job())
        except InputError as error:
            errors.append(error)
    if errors:
        faults = list(dict.fromkeys(fault for error in errors for fault in error.faults))
        offline = all(isinstance(error, NotInCacheError) for error in errors)
        raise NotInCacheError(faults) if offline else InputError(faults)
    return results


def look_ahead(web: Web, url: str) -> Glance:
    """The head of the answer to a request for the first byte: the size, and whether parts are given.

    Raises:
        DownloadError: refused or not reachable.
    """
    _refuse_offline(web, url)
    sent = {"range": "bytes=0-0", "accept-encoding": "identity"}
    deadline = time.monotonic() + web.manners.total_seconds

    def attempt() -> Glance:
        with web.client.ask(Request(url), sent, deadline=deadline) as answer:
            headers = answer.headers
            given = re.fullmatch(r"bytes 0-0/(\d+)", headers.get("content-range", ""))
            length = given[1] if given else headers.get("content-length", "")
            size = int(length) if length.isdigit() and answer.status in (200, 206) else None
            head = Arrived(url, answer.status, answer.url, headers.get("etag", ""), headers.get("last-modified", ""))
            return Glance(answer.url, size, bool(given) and answer.status == 206, head.validator)

    return persist(web, attempt, label=url, deadline=deadline)


def json_check(check: Callable[[Any], str] | None) -> Callable[[Path], str]:
    """A check of a file that wants JSON in it, and then a check of what was parsed."""

    def look(path: Path) -> str:
        try:
            parsed = json.loads(path.read_bytes())
        except ValueError:
            with path.open("rb") as stream:
                head = stream.read(200)
            page = head.lstrip()[:1] == b"<"
            return f"is {'a web page' if page else 'something else'} where JSON is wanted: {head[:80]!r}"
        return check(parsed) if check else ""

    return look


# ------------------------------------------------------------------------------------------------ one answer


def _persist(transfer: Transfer, attempt: Callable[[], T]) -> T:
    return persist(transfer.web, attempt, label=transfer.label, deadline=transfer.deadline, brought=transfer.have)


def _bring(transfer: Transfer, old: Fetched | None, sha256: str, check: Callable[[Path], str] | None) -> Entry:
    """One try: the bytes, decompressed, checked and kept; or the old entry, confirmed."""
    web, request = transfer.web, transfer.request
    began = time.monotonic()
    arrived = transfer.run(known=old.entry if old else None)
    if old and arrived.status == 304:
        logger.info("%s: not changed since %s", transfer.label, old.entry.fetched)
        entry = replace(old.entry, fetched=_now())
    else:
        unpack(transfer)
        _check(transfer, check)
        digest = hash_file(transfer.path)
        if sha256 and digest != sha256:
            transfer.drop()
            raise DownloadError(
                f"{transfer.label}: its hash (SHA-256) is {digest}, and {sha256} is expected: the publisher has changed"
                f" the file, or it was altered on the way. Nothing was kept."
            )
        _, size = web.cache.keep(transfer.path, sha256=digest)
        transfer.drop()
        entry = Entry(
            key=_key(request), address=request.address, sha256=digest, size=size, fetched=_now(), final=arrived.url,
            etag=arrived.etag, modified=arrived.modified, content_type=arrived.content_type,
        )  # fmt: skip
        logger.info(
            "Fetched %s: %d bytes in %.1f s, SHA-256 %s", transfer.label, size, time.monotonic() - began, digest
        )
    web.cache.record(entry)
    return entry


def _check(transfer: Transfer, check: Callable[[Path], str] | None) -> None:
    try:
        fault = check(transfer.path) if check else ""
    except TryAgain:
        transfer.drop()
        raise
    except DownloadError as error:
        transfer.drop()
        raise DownloadError(f"{transfer.label} {error}. Nothing was kept.", status=error.status) from error
    if fault:
        transfer.drop()
        raise DownloadError(f"{transfer.label} {fault}. Nothing was kept.", status=200)


def _request(url: str | Request, parameters: Mapping[str, object] | None) -> Request:
    request = Request(url) if isinstance(url, str) else url
    return replace(request, parameters={**request.parameters, **(parameters or {})})


def _key(request: Request) -> str:
    return hashlib.sha256(request.address.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _kept(web: Web, key: str, max_age_days: float, sha256: str) -> Fetched | None:
    """What the cache holds under a key, if it is young enough (offline: of any age), undamaged and the one expected."""
    entry = web.cache.find(key)
    if entry is None or (sha256 and entry.sha256 != sha256) or not (web.offline or entry.age_days() <= max_age_days):
        return None
    path = web.cache.take(entry.sha256)
    return Fetched(path, entry) if path else None


def _renew(web: Web, request: Request, sha256: str, size: int) -> Entry:
    """The entry of a content that the cache holds already, perhaps under another address."""
    entry = web.cache.find(_key(request))
    if entry is None or entry.sha256 != sha256:
        entry = Entry(_key(request), request.address, sha256, size, _now(), final=request.url)
        web.cache.record(entry)
    return entry


def _refuse_offline(web: Web, label: str) -> None:
    if web.offline:
        raise NotInCacheError(f"{label} is not in the cache ({web.cache.folder}), and this run is offline.")
