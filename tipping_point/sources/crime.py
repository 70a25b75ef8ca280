"""police.uk street files: from a folder or straight from the archive zip to counts per force, month, place and type.

Rows are never held: each file is read, checked and aggregated at once. Rows are never de-duplicated
either: anti-social behaviour has no identifier, and identical rows are different incidents.
"""

from __future__ import annotations

import csv
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import polars as pl

from tipping_point.schema import CRIME_TYPES, FORMER_CRIME_TYPES, InputError
from tipping_point.sources.archives import (
    FIRST_MONTH,
    LAST_MONTH,
    Found,
    StreetFile,
    find_street_files,
    open_archives,
    read_street_file,
)
from tipping_point.sources.cells import quote
from tipping_point.sources.delimited import absent_columns, content_fault
from tipping_point.sources.ledger import LISTED, READ, build_ledger
from tipping_point.sources.period import check_period

logger = logging.getLogger(__name__)

LONGITUDE = (-9.0, 2.5)
LATITUDE = (49.0, 61.5)
HEADER = (
    "Crime ID",
    "Month",
    "Reported by",
    "Falls within",
    "Longitude",
    "Latitude",
    "Location",
    "LSOA code",
    "LSOA name",
    "Crime type",
    "Last outcome category",
    "Context",
)
"""The columns of a street file as published. Those of _COLUMNS are used; a file may lack the others."""
_COLUMNS = {
    "Month": "month",
    "Longitude": "longitude",
    "Latitude": "latitude",
    "LSOA code": "lsoa_code",
    "Crime type": "crime_type",
}
_KEY = ["force", "month", "lsoa_code", "crime_type"]
_COUNTS = {**dict.fromkeys(_KEY, pl.String), "crimes": pl.Int64}
_WORKERS = 4


@dataclass(frozen=True)
class StreetCrimes:
    """What was read: counts, and the ledger of the files they came from."""

    counts: pd.DataFrame
    """force (police.uk name), month, lsoa_code ('' = no place), crime_type, crimes (int64 > 0); sorted, key unique."""
    files: pd.DataFrame
    """One row per street file of the period: archive, file, force, month, rows, rows_without_place, damaged, note."""


@dataclass(frozen=True)
class _Reading:
    """One street file after reading."""

    counts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_COUNTS))
    rows: int = 0
    rows_without_place: int = 0
    damage: str = ""
    """Why the file cannot be read at all, as the end of a sentence; '' where it was read."""
    faults: tuple[str, ...] = ()
    """What is wrong with rows that could be read."""


def read_street_crimes(
    paths: Sequence[Path],
    *,
    start: str,
    end: str,
    allow_damaged: bool = False,
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
        progress: called with (files read, files to read).

    Raises:
        InputError: every fault of every file at once.
    """
    check_period(start, end)
    found = find_street_files(paths, start=start, end=end)
    _check_found(found, f"{start} to {end}", allow_damaged=allow_damaged)
    readings = _read_all(found.files, progress)
    faults = [f"{file.label} {reading.damage}." for file, reading in readings if reading.damage and not allow_damaged]
    faults += [fault for _, reading in readings for fault in reading.faults]
    if not faults and readings and all(reading.damage for _, reading in readings):
        faults = ["No street file of the period could be read.", *(f"{f.label} {r.damage}." for f, r in readings)]
    if faults:
        raise InputError(faults)
    counts = pl.concat([_Reading().counts, *(reading.counts for _, reading in readings)]).sort(_KEY).to_pandas()
    files = _ledger(readings, found)
    _log(files, counts)
    return StreetCrimes(counts=counts, files=files)


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


def _read_all(
    files: Sequence[StreetFile], progress: Callable[[int, int], None] | None
) -> list[tuple[StreetFile, _Reading]]:
    """Every file read, in order. Inflating and parsing both let go of the interpreter, so that threads help."""
    readings = []
    with open_archives(files) as archives, ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:

        def read(file: StreetFile) -> _Reading:
            data, damage = read_street_file(file, archives)
            return _Reading(damage=damage) if damage else _read_rows(data, file)

        for done, reading in enumerate(pool.map(read, files), start=1):
            readings.append(reading)
            if progress is not None:
                progress(done, len(files))
    return list(zip(files, readings, strict=True))


def _read_rows(data: bytes, file: StreetFile) -> _Reading:
    """One street file counted and checked."""
    if damage := content_fault(data) or _header_fault(data):
        return _Reading(damage=damage)
    try:
        rows = _parse(data, pl.Float64)
    except pl.exceptions.PolarsError as error:
        return _explain(data, file, error)
    if rows.is_empty():
        return _Reading(damage="has a header and no row")
    counts = rows.group_by("month", "lsoa_code", "crime_type").agg(pl.len().cast(pl.Int64).alias("crimes"))
    faults = (*_month_faults(counts, file), *_type_faults(counts, file), *_coordinate_faults(rows, file))
    named = counts.with_columns(pl.lit(file.force).alias("force"), pl.col("lsoa_code").fill_null(""))
    without_place = counts.filter(pl.col("lsoa_code").is_null())["crimes"].sum()
    return _Reading(
        counts=named.select(*_COUNTS), rows=rows.height, rows_without_place=int(without_place), faults=faults
    )


def _header(data: bytes) -> list[str]:
    return next(csv.reader([data.partition(b"\n")[0].decode("utf-8-sig", errors="replace").rstrip("\r")]), [])


def _header_fault(data: bytes) -> str:
    header = [name.strip() for name in _header(data)]
    if set(_COLUMNS) <= set(header):
        return ""
    if {"Easting", "Northing"} <= set(header):
        return (
            "has the header of the years before 2013 (Easting and Northing, no LSOA code): its crimes have no small"
            " area. Take the same month from a later archive, and start the period at 2013-05"
        )
    return absent_columns(header, HEADER)


def _parse(data: bytes, coordinate: type[pl.DataType]) -> pl.DataFrame:
    """The five columns that are used, renamed; a blank cell is null."""
    names = {raw: _COLUMNS[raw.strip()] for raw in _header(data) if raw.strip() in _COLUMNS}
    types = {raw: coordinate if name in ("longitude", "latitude") else pl.String for raw, name in names.items()}
    return pl.read_csv(data, columns=list(names), schema_overrides=types, infer_schema=False).rename(names)


def _explain(data: bytes, file: StreetFile, error: Exception) -> _Reading:
    """Why a file did not parse: a coordinate that is no number is a fault of a row, anything else damage."""
    try:
        rows = _parse(data, pl.String).with_row_index("row", offset=2)
    except pl.exceptions.PolarsError:
        return _Reading(damage=f"is not comma-separated UTF-8 text ({str(error).splitlines()[0]})")
    faults = []
    for name in ("longitude", "latitude"):
        wrong = rows.filter(pl.col(name).is_not_null() & pl.col(name).cast(pl.Float64, strict=False).is_null())
        if wrong.height:
            row, value = wrong["row"][0], wrong[name][0]
            faults.append(
                f"{file.label}: {wrong.height:,} row(s) have a {name} that is not a number, the first row {row}"
                f" with {quote(value)}."
            )
    if not faults:
        return _Reading(damage=f"is not comma-separated text ({str(error).splitlines()[0]})")
    return _Reading(faults=tuple(faults))


def _month_faults(counts: pl.DataFrame, file: StreetFile) -> list[str]:
    wrong = counts.filter(pl.col("month").ne_missing(file.month))
    if wrong.is_empty():
        return []
    given = sorted({value or "blank" for value in wrong["month"]})
    return [
        f"{file.label}: {wrong['crimes'].sum():,} row(s) are of another month than the file's name says"
        f" ({file.month}): {quote(', '.join(given))}."
    ]


def _type_faults(counts: pl.DataFrame, file: StreetFile) -> list[str]:
    types = {value or "" for value in counts["crime_type"]}
    former = sorted(types & set(FORMER_CRIME_TYPES))
    unknown = sorted(types - set(CRIME_TYPES["police_uk"]) - set(FORMER_CRIME_TYPES))
    faults = []
    if former:
        faults.append(
            f"{file.label}: crime type {', '.join(map(quote, former))} was published before May 2013 only and does"
            f" not join the present types; start the period at 2013-05."
        )
    if unknown:
        faults.append(
            f"{file.label}: unknown crime type {', '.join(quote(value) for value in unknown[:5])}"
            f"{f' and {len(unknown) - 5} more' if len(unknown) > 5 else ''}; known are"
            f" {', '.join(CRIME_TYPES['police_uk'])}."
        )
    return faults


def _coordinate_faults(rows: pl.DataFrame, file: StreetFile) -> list[str]:
    """Coordinates outside the United Kingdom. 0, 0 is police.uk's mark for 'no snap point within 20 km'."""
    longitude, latitude = pl.col("longitude"), pl.col("latitude")
    inside = longitude.is_between(*LONGITUDE) & latitude.is_between(*LATITUDE)
    nowhere = (longitude == 0) & (latitude == 0)
    wrong = rows.select("longitude", "latitude").with_row_index("row", offset=2).filter(~(inside | nowhere))
    if wrong.is_empty():
        return []
    row, x, y = wrong.row(0)
    return [
        f"{file.label}: {wrong.height:,} row(s) have coordinates out of range, the first row {row} with longitude {x}"
        f" and latitude {y}; allowed are longitude {LONGITUDE[0]} to {LONGITUDE[1]} and latitude {LATITUDE[0]} to"
        f" {LATITUDE[1]}."
    ]


def _ledger(readings: Sequence[tuple[StreetFile, _Reading]], found: Found) -> pd.DataFrame:
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
