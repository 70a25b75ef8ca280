"""Counts that were made once, kept as Parquet under the hashes of the files they were made from.

An entry is found by content alone: every byte of every input is hashed at every start, so that a changed file is
noticed whatever its name, size or date, and a file that moved is still known. Nothing is trusted for its date: a
copy can keep the date of what it replaced. The cache never changes a result and never stops a run: where an entry is
damaged or the disk is full, a warning says so and the counts are made afresh.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tipping_point.fetch.cache import VARIABLE, default_folder
from tipping_point.hashing import hash_file

logger = logging.getLogger(__name__)

_LAYOUT = "1"
"""Of an entry; another layout is another key."""
_ABOUT = b"tipping_point"
_LEFT_OVER = 24 * 3600
"""Seconds after which the part of a run that was killed is taken for left over."""
_WORKERS = 4
ENTRIES = {"key": "str", "rows": "int64", "bytes": "int64", "written": "str"}
"""Columns of `list_counts`: key of the entry, rows of counts, size of its file, and when it was written (UTC)."""


@dataclass(frozen=True)
class Kept:
    """One entry: the counts, and the rows of each file they were made from."""

    counts: pd.DataFrame
    """Text columns as categories, those that occur, by alphabet; and crimes (int64)."""
    files: pd.DataFrame
    """One row per input: its columns are the caller's."""


def counts_folder() -> Path:
    """Where counts are kept: 'counts' in the cache folder that all studies share."""
    return default_folder() / "counts"


def hash_files(paths: Sequence[Path]) -> dict[Path, str]:
    """SHA-256 of every byte of each file.

    Raises:
        OSError: a file cannot be read.
    """
    with ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:
        return dict(zip(paths, pool.map(hash_file, paths), strict=True))


def make_key(inputs: Iterable[Sequence[str]], *, reader: Sequence[Path]) -> str:
    """The key of counts: of the inputs, in any order, and of the code that reads them.

    Args:
        inputs: for each input whatever decides what is read from it: its hash, the name of the member, …
        reader: the modules that turn inputs into counts: other code is another key, so that no entry outlives the
            rules it was made by.
    """
    code = [hash_file(path) for path in reader]
    parts = [_LAYOUT, *code, *sorted(json.dumps(list(given)) for given in inputs)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def find_counts(key: str, folder: Path) -> Kept | None:
    """The entry of a key; None where there is none. A damaged one is removed, and a warning says so."""
    path = folder / f"{key}.parquet"
    if not path.exists():
        return None
    try:
        kept = _read(path, key)
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        logger.warning("The cache's entry %s is damaged (%s): removed, and counted afresh", path.name, _first(error))
        _remove([path])
        return None
    logger.info("Counts from the cache: %s rows of entry %s", f"{len(kept.counts):,}", key[:12])
    return kept


def keep_counts(kept: Kept, key: str, folder: Path) -> bool:
    """Write an entry beside its place and move it there; False, and a warning, where it cannot be written."""
    part = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove(path for path in folder.glob("*.part") if path.stat().st_mtime < time.time() - _LEFT_OVER)
        handle, part = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(handle, "wb") as stream:
            _write(kept, key, stream)
        Path(part).replace(folder / f"{key}.parquet")
    except (OSError, pa.ArrowException) as error:
        if part:
            _remove([Path(part)])
        logger.warning(
            "The counts could not be kept in the cache (%s). The run goes on; the next one reads every file again."
            " Free some disk space, or name another folder in %s",
            _first(error), VARIABLE,
        )  # fmt: skip
        return False
    logger.info("Counts kept in the cache as entry %s", key[:12])
    return True


def list_counts(folder: Path) -> pd.DataFrame:
    """The entries of the cache, oldest first: ENTRIES; an entry that cannot be read has -1 rows."""
    rows = []
    for path in folder.glob("*.parquet") if folder.is_dir() else ():
        try:
            number = pq.read_metadata(path).num_rows
        except (OSError, pa.ArrowException):
            number = -1
        state = path.stat()
        written = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(state.st_mtime))
        rows.append((path.stem, number, state.st_size, written))
    table = pd.DataFrame(rows, columns=list(ENTRIES)).astype(ENTRIES)
    return table.sort_values(["written", "key"], ignore_index=True)


def clear_counts(folder: Path) -> int:
    """Remove every entry and everything left over by runs that were killed; how many files that were."""
    files = [*folder.glob("*.parquet"), *folder.glob("*.part")] if folder.is_dir() else []
    return _remove(files)


def _write(kept: Kept, key: str, stream: object) -> None:
    table = pa.Table.from_pandas(kept.counts, preserve_index=False)
    about = {"key": key, "rows": len(kept.counts), "files": kept.files.to_dict("split", index=False)}
    table = table.replace_schema_metadata({_ABOUT: json.dumps(about).encode()})
    pq.write_table(table, stream, compression="zstd", write_page_checksum=True)


def _read(path: Path, key: str) -> Kept:
    """An entry, every page of it against its checksum.

    Raises:
        ValueError, KeyError, OSError, pa.ArrowException: it is not whole, or not what its name says.
    """
    table = pq.read_table(path, page_checksum_verification=True, partitioning=None)
    about = json.loads((table.schema.metadata or {})[_ABOUT])
    if (about["key"], about["rows"]) != (key, len(table)):
        raise ValueError("it holds something else than its name says")
    columns = {}
    for name in table.column_names:
        column = table[name].to_pandas()
        columns[name] = (
            column.cat.set_categories(column.cat.categories.astype("str").sort_values())
            if isinstance(column.dtype, pd.CategoricalDtype)
            else column
        )
    files = about["files"]
    return Kept(pd.DataFrame(columns), pd.DataFrame(files["data"], columns=files["columns"]))


def _remove(paths: Iterable[Path]) -> int:
    """Remove the files that can be removed: another run may be reading one, or have removed it first."""
    removed = 0
    for path in paths:
        try:
            path.unlink()
            removed += 1
        except OSError as error:
            logger.info("%s could not be removed: %s", path.name, error.strerror)
    return removed


def _first(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
