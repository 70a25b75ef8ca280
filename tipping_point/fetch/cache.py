"""What was fetched: kept once by its content, found again by its address, shared by every study and run."""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from uuid import uuid4

import pandas as pd
import platformdirs

from tipping_point.fetch.locks import hold_lock
from tipping_point.hashing import hash_file
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

VARIABLE = "TIPPING_POINT_CACHE"
COLUMNS = {"address": "str", "bytes": "int64", "fetched": "str", "sha256": "str", "held": "bool"}
"""Columns of `list_cache`; held: the content is there (damage is only found on use)."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CHUNK = 1 << 20
_TEMPORARY = "tmp"
_ABANDONED_SECONDS = 86_400.0


@dataclass(frozen=True)
class Entry:
    """One answer that was kept: what was asked, and what came."""

    key: str
    address: str
    """What was asked, without secrets."""
    sha256: str
    size: int
    """Bytes."""
    fetched: str
    """When it was last known to be what the publisher has: UTC, 2025-06-01T12:00:00+00:00."""
    final: str = ""
    """Where redirects led to."""
    etag: str = ""
    modified: str = ""
    content_type: str = ""

    def age_days(self) -> float:
        """Days since it was fetched or last confirmed."""
        return (datetime.now(UTC) - datetime.fromisoformat(self.fetched)).total_seconds() / 86_400


@dataclass(frozen=True)
class Cache:
    """A folder of contents by SHA-256 and of entries by key.

    Every file is written beside its place and moved there whole, so that two runs at once, or a run that dies,
    leave nothing half-written; the lock of a key only spares a second run the same download.
    """

    folder: Path

    def find(self, key: str) -> Entry | None:
        """The entry of a key; None where there is none that can be read."""
        try:
            return Entry(**json.loads(self._index(key).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def take(self, sha256: str) -> Path | None:
        """Where a content is, after its hash was checked; a damaged one is dropped, said, and None."""
        path = self.place(sha256)
        try:
            found = hash_file(path)
        except OSError:
            return None
        if found == sha256:
            return path
        logger.warning("Cache: %s is damaged (its hash is now %s); dropped", path, found)
        path.unlink(missing_ok=True)
        return None

    def put(self, stream: IO[bytes]) -> tuple[str, int]:
        """Keep what a stream gives; its SHA-256 and size."""
        with self.temporary() as path:
            with writing(self.folder), path.open("wb") as target:
                shutil.copyfileobj(stream, target, _CHUNK)
            return self.keep(path)

    def keep(self, path: Path, *, sha256: str = "") -> tuple[str, int]:
        """Move a finished file of `temporary` or `partial` here; its SHA-256 (taken now, if not given) and size."""
        sha256, size = sha256 or hash_file(path), path.stat().st_size
        place = self.place(sha256)
        with writing(self.folder):
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
        return sha256, size

    def record(self, entry: Entry) -> None:
        """Keep or renew the entry of a key."""
        with write_whole(self._index(entry.key)) as path:
            path.write_text(json.dumps(asdict(entry), indent=1), encoding="utf-8")

    def lock(self, key: str, *, patience: float, what: str) -> AbstractContextManager[None]:
        """Keep other runs from fetching the same; see `hold_lock`."""
        return hold_lock(self.folder / "locks" / f"{key}.lock", patience=patience, what=what)

    def partial(self, key: str) -> Path:
        """Where the bytes of an unfinished download stand; to be touched under the lock of the key."""
        place = self.folder / "partial" / key
        with writing(self.folder):
            place.parent.mkdir(parents=True, exist_ok=True)
        return place

    @contextmanager
    def temporary(self) -> Iterator[Path]:
        """A new empty file on the disk of the cache, gone afterwards unless it was moved."""
        path = _new_file(self.folder / "partial", _TEMPORARY)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def entries(self) -> list[Entry]:
        """Every entry, by address."""
        found = [self.find(path.stem) for path in (self.folder / "index").glob("*.json")]
        return sorted((entry for entry in found if entry), key=lambda entry: (entry.address, entry.key))

    def place(self, sha256: str) -> Path:
        """Where a content stands, if it is there; `take` is what makes sure of it."""
        return self.folder / "objects" / sha256[:2] / sha256

    def _index(self, key: str) -> Path:
        return self.folder / "index" / f"{key}.json"


def default_folder() -> Path:
    """The folder that TIPPING_POINT_CACHE names, else the user's cache folder of the platform."""
    given = os.environ.get(VARIABLE, "").strip()
    return Path(given).expanduser() if given else platformdirs.user_cache_path("tipping-point")


def list_cache(folder: Path | None = None) -> pd.DataFrame:
    """One row per answer kept: `COLUMNS`, by address."""
    cache = Cache(folder or default_folder())
    rows = [
        (entry.address, entry.size, entry.fetched, entry.sha256, cache.place(entry.sha256).is_file())
        for entry in cache.entries()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def clear_cache(folder: Path | None = None) -> tuple[int, int]:
    """Remove what is kept and what is unfinished; how many files and bytes. What a running download holds stays."""
    cache = Cache(folder or default_folder())
    files = size = 0
    for part in ("index", "objects", "partial"):
        for path in sorted((cache.folder / part).rglob("*")):
            if path.is_file() and not (part == "partial" and _is_in_use(cache, path)):
                size += path.stat().st_size
                files += 1
                path.unlink(missing_ok=True)
    logger.info("Cache %s cleared: %d files, %d bytes", cache.folder, files, size)
    return files, size


def _is_in_use(cache: Cache, path: Path) -> bool:
    """Whether an unfinished file may be of a run that goes on: its key is locked, or it has no key and is young."""
    if path.name.startswith(_TEMPORARY):
        return time.time() - path.stat().st_mtime < _ABANDONED_SECONDS
    try:
        with cache.lock(path.stem, patience=0, what=path.stem):
            return False
    except InputError:
        return True


@contextmanager
def write_whole(path: Path) -> Iterator[Path]:
    """A file beside the path to write to, moved there when the block ends well and removed when it does not.

    Raises:
        InputError: the disk is full, or the folder cannot be written.
    """
    beside = _new_file(path.parent, f".{path.name[:40]}")
    try:
        with writing(path.parent):
            yield beside
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _new_file(folder: Path, name: str) -> Path:
    """An empty file that nobody else has; not by tempfile, whose files nobody else may read either."""
    path = folder / f"{name}-{uuid4().hex}"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(exist_ok=False)
    return path


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Say plainly when a disk is full or a folder is closed to us.

    Raises:
        InputError: in place of the operating system's error.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise InputError(
                f"The disk that holds {folder} is full ({error.strerror}); nothing half-written was left. Free some"
                f" space, or name a folder elsewhere in the environment variable {VARIABLE}."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
            raise InputError(
                f"{folder} cannot be written ({error.strerror}); name another folder in the environment variable"
                f" {VARIABLE}, or for the output."
            ) from error
        raise
