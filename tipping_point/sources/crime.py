"""police.uk street files: from a folder or straight from the archive zip to counts per force, month, place and type.

Rows are never held: each file is read, checked and aggregated at once. Rows are never de-duplicated
either: anti-social behaviour has no identifier, and identical rows are different incidents.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tipping_point.sources import archives, delimited, street_rows
from tipping_point.sources.archives import (
    FIRST_MONTH,
    LAST_MONTH,
    Found,
    StreetFile,
    find_street_files,
    open_archives,
    read_street_file,
)
from tipping_point.sources.count_cache import Kept, find_counts, hash_files, keep_counts, make_key
from tipping_point.sources.ledger import LISTED, READ, build_ledger
from tipping_point.sources.period import check_period
from tipping_point.sources.street_rows import TYPES, Reading, rank_areas, read_rows
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

_WORKERS = 4
READER = (archives, delimited, street_rows)
"""The modules that decide what is read, beside this one."""
_KEPT = ["force", "month", "rows", "rows_without_place"]
"""What the cache keeps of each file besides its counts."""
_Readings = list[tuple[StreetFile, Reading]]


@dataclass(frozen=True)
class StreetCrimes:
    """What was read: counts, and the ledger of the files they came from."""

    counts: pd.DataFrame
    """force (police.uk name), month, lsoa_code ('' = no place), crime_type (categories), crimes (int64 > 0); sorted,
    key unique."""
    files: pd.DataFrame
    """One row per street file of the period: archive, file, force, month, rows, rows_without_place, damaged, note."""


def read_street_crimes(
    paths: Sequence[Path],
    *,
    start: str,
    end: str,
    allow_damaged: bool = False,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> StreetCrimes:
    """Count the crimes of every street file of the period by force, month, small area and type.

    A month or force without a file is absent; where no file is of the period, both tables are empty.

    Args:
        paths: folders (searched through) and archive zips; the same force and month in two of them
            is read from the later archive (see `archives.find_street_files`).
        start: first month, 'YYYY-MM'.
        end: last month, 'YYYY-MM'.
        allow_damaged: an archive or file that cannot be read is listed as damaged and passed over
            instead of being a fault. A file whose rows are wrong is always a fault.
        cache: folder of counts made before from the same bytes (`count_cache.counts_folder()`); None reads afresh.
            It never changes a result, and nothing is kept where an archive or file is damaged.
        progress: called with (files read, files to read).

    Raises:
        InputError: every fault of every file at once.
    """
    check_period(start, end)
    found = find_street_files(paths, start=start, end=end)
    _check_found(found, f"{start} to {end}", allow_damaged=allow_damaged)
    counts, readings = _count(found, cache=cache, allow_damaged=allow_damaged, progress=progress)
    files = _ledger(readings, found)
    _log(files, counts)
    return StreetCrimes(counts=counts, files=files)


def _check_readings(readings: _Readings, *, allow_damaged: bool) -> None:
    faults = [f"{file.label} {reading.damage}." for file, reading in readings if reading.damage and not allow_damaged]
    faults += [fault for _, reading in readings for fault in reading.faults]
    if not faults and readings and all(reading.damage for _, reading in readings):
        faults = ["No street file of the period could be read.", *(f"{f.label} {r.damage}." for f, r in readings)]
    if faults:
        raise InputError(faults)


def list_street_files(
    paths: Sequence[Path], *, start: str | None = None, end: str | None = None, allow_damaged: bool = False
) -> pd.DataFrame:
    """The street files that would be read: archive, file, force, month, bytes, note. No row is read.

    Raises:
        InputError: as `read_street_crimes` for all that can be known without reading rows.
    """
    first, last = start or FIRST_MONTH, end or LAST_MONTH
    check_period(first, last)
    found = find_street_files(paths, start=first, end=last)
    _check_found(found, f"{first} to {last}", allow_damaged=allow_damaged)
    rows = [(str(f.archive), f.name, f.force, f.month, f.size, f.note) for f in found.files]
    return build_ledger(rows, LISTED)


def _check_found(found: Found, period: str, *, allow_damaged: bool) -> None:
    faults = list(found.faults)
    if allow_damaged:
        for why in found.unreadable.values():
            logger.warning("Passed over: %s", why)
    else:
        faults += found.unreadable.values()
    if not faults and not found.files and found.unreadable:
        faults = ["No street file could be read.", *found.unreadable.values()]
    if faults:
        raise InputError(faults)
    if not found.files:
        logger.warning("No street file of %s was found in the paths named", period)


def _count(
    found: Found, *, cache: Path | None, allow_damaged: bool, progress: Callable[[int, int], None] | None
) -> tuple[pd.DataFrame, _Readings]:
    """The counts of the files found, from the cache if it has them, and what was read of each file."""
    before = _state(found.files)
    key = _key(found, before) if cache is not None else ""
    if cache is not None and key and (kept := find_counts(key, cache)):
        told = zip(found.files, kept.files["rows"], kept.files["rows_without_place"], strict=True)
        return kept.counts, [(file, Reading(rows=rows, rows_without_place=nowhere)) for file, rows, nowhere in told]
    readings = _read_all(found.files, progress)
    _check_readings(readings, allow_damaged=allow_damaged)
    counts = _assemble(readings)
    # A file that changed while it was read is not what was hashed, and part of an archive is not the whole.
    is_whole = _state(found.files) == before and not any(reading.damage for _, reading in readings)
    if cache is not None and key and is_whole:
        rows = [(file.force, file.month, reading.rows, reading.rows_without_place) for file, reading in readings]
        keep_counts(Kept(counts, pd.DataFrame(rows, columns=_KEPT)), key, cache)
    return counts, readings


def _state(files: Sequence[StreetFile]) -> dict[Path, tuple[int, int]]:
    """Size and time of change of every file on disk that these are or lie in; a file that is gone is left out."""
    holders = dict.fromkeys(file.holder for file in files)
    states = {path: path.stat() for path in holders if path.exists()}
    return {path: (state.st_size, state.st_mtime_ns) for path, state in states.items()}


def _key(found: Found, on_disk: Iterable[Path]) -> str:
    """The key of these files' counts, wherever they stand; '' where not all of them can be read."""
    try:
        hashes = hash_files(list(on_disk))
        inputs = [(hashes[file.holder], file.member, file.force, file.month) for file in found.files]
    except (OSError, KeyError):
        return ""
    reader = [Path(str(module.__file__)) for module in READER]
    return make_key(inputs, reader=[*reader, Path(__file__)]) if inputs and not found.unreadable else ""


def _read_all(files: Sequence[StreetFile], progress: Callable[[int, int], None] | None) -> _Readings:
    """Every file read, in order. Inflating and parsing both let go of the interpreter, so that threads help."""
    readings = []
    with open_archives(files) as archives, ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:

        def read(file: StreetFile) -> Reading:
            data, damage = read_street_file(file, archives)
            return Reading(damage=damage) if damage else read_rows(data, file)

        for done, reading in enumerate(pool.map(read, files), start=1):
            readings.append(reading)
            if progress is not None:
                progress(done, len(files))
    return list(zip(files, readings, strict=True))


def _assemble(readings: _Readings) -> pd.DataFrame:
    """One table of all files, sorted by force, month, small area and type, its texts as categories.

    Only numbers into a list of texts keep a national archive small: a text takes ten times as much. Within a file the
    counts are in order already, so that nothing needs to be sorted but the files.
    """
    ordered = sorted(readings, key=lambda pair: (pair[0].force, pair[0].month))
    lengths = [int(np.count_nonzero(reading.counts)) for _, reading in ordered]
    ends = np.cumsum([0, *lengths])
    place, kind, crimes = (np.empty(ends[-1], dtype=kind) for kind in (np.int32, np.int8, np.int64))
    places, ranks = rank_areas([reading.areas for _, reading in ordered])
    for (_, reading), rank, first, last in zip(ordered, ranks, ends[:-1], ends[1:], strict=True):
        cells = np.flatnonzero(reading.counts)
        row, kind[first:last] = np.divmod(cells, len(TYPES))
        place[first:last] = rank[row]
        crimes[first:last] = reading.counts.ravel()[cells]
    occurs = np.bincount(kind, minlength=len(TYPES)) > 0
    return pd.DataFrame(
        {
            "force": _repeat([file.force for file, _ in ordered], lengths),
            "month": _repeat([file.month for file, _ in ordered], lengths),
            "lsoa_code": pd.Categorical.from_codes(place, pd.Index(places.to_list(), dtype="str")),
            "crime_type": pd.Categorical.from_codes(
                (np.cumsum(occurs) - 1).astype(np.int8)[kind], pd.Index(TYPES, dtype="str")[occurs]
            ),
            "crimes": crimes,
        },
        copy=False,
    )


def _repeat(values: Sequence[str], lengths: Sequence[int]) -> pd.Categorical:
    """Each value as often as its file has rows."""
    names, codes = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    return pd.Categorical.from_codes(np.repeat(codes.astype(np.int16), lengths), pd.Index(names, dtype="str"))


def _ledger(readings: _Readings, found: Found) -> pd.DataFrame:
    rows = [
        (
            str(file.archive),
            file.name,
            file.force,
            file.month,
            reading.rows,
            reading.rows_without_place,
            bool(reading.damage),
            "; ".join(part for part in (file.note, reading.damage) if part),
        )
        for file, reading in readings
    ]
    rows += [(str(path), "", "", "", 0, 0, True, why) for path, why in found.unreadable.items()]
    return build_ledger(rows, READ)


def _log(files: pd.DataFrame, counts: pd.DataFrame) -> None:
    damaged = files[files["damaged"]]
    logger.info(
        "Street crimes: %d files of %d forces and %d months, %s rows, %s of them without a small area; %s counts;"
        " %d damaged%s",
        len(files) - len(damaged),
        files["force"].nunique(),
        files["month"].nunique(),
        f"{files['rows'].sum():,}",
        f"{files['rows_without_place'].sum():,}",
        f"{len(counts):,}",
        len(damaged),
        "".join(f"; passed over: {archive}: {file}" for archive, file in damaged[["archive", "file"]].to_numpy()),
    )
