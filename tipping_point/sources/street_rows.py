"""One police.uk street file: its bytes to counts by small area and type, and everything that is wrong with its rows."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from tipping_point.schema import CRIME_TYPES, FORMER_CRIME_TYPES
from tipping_point.sources.archives import StreetFile
from tipping_point.sources.cells import quote
from tipping_point.sources.delimited import absent_columns, content_fault

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
_IN_RANGE = (pl.col("longitude").is_between(*LONGITUDE) & pl.col("latitude").is_between(*LATITUDE)) | (
    (pl.col("longitude") == 0) & (pl.col("latitude") == 0)
)
"""In the United Kingdom, or 0, 0: police.uk's mark for 'no snap point within 20 km'. Null where one is blank."""
TYPES = tuple(sorted(CRIME_TYPES["police_uk"]))
"""The crime types by alphabet: their numbers in a Reading are places in it."""
_TYPES = pl.Enum(TYPES)
_CODED: Mapping[str, Any] = {
    "month": pl.String,
    "longitude": pl.Float64,
    "latitude": pl.Float64,
    "lsoa_code": pl.Categorical,
    "crime_type": _TYPES,
}
"""The columns of a file in which nothing is wrong: places and types as numbers, which are counted faster than texts."""
_COUNTS: Mapping[str, Any] = {"lsoa_code": pl.Categorical, "crime_type": _TYPES, "crimes": pl.UInt32}


@dataclass(frozen=True)
class Reading:
    """One street file after reading."""

    counts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_COUNTS))
    """lsoa_code (null = no place), crime_type, crimes (> 0); key unique, in no order."""
    rows: int = 0
    rows_without_place: int = 0
    damage: str = ""
    """Why the file cannot be read at all, as the end of a sentence; '' where it was read."""
    faults: tuple[str, ...] = ()
    """What is wrong with rows that could be read."""


def read_rows(data: bytes, file: StreetFile) -> Reading:
    """One street file counted and checked.

    The rows are read once, fast, and asked only if anything is unusual; if so, they are read again with more care.
    """
    if damage := content_fault(data) or _header_fault(data):
        return Reading(damage=damage)
    try:
        rows = _parse(data, _CODED)
    except pl.exceptions.PolarsError:
        return _read_again(data, file)
    if rows.is_empty():
        return Reading(damage="has a header and no row")
    wrong = pl.col("month").ne_missing(file.month) | pl.col("crime_type").is_null() | ~_IN_RANGE
    reading = _count(rows)
    if rows.select(wrong.any()).item() or (reading.counts["lsoa_code"] == "").any():
        return _read_again(data, file)
    return reading


def _count(rows: pl.DataFrame) -> Reading:
    counts = rows.group_by("lsoa_code", "crime_type").agg(pl.len().alias("crimes"))
    return Reading(counts=counts, rows=rows.height, rows_without_place=rows["lsoa_code"].null_count())


def _header(data: bytes) -> list[str]:
    end = data.find(b"\n")
    first = data[: end if end >= 0 else None].decode("utf-8-sig", errors="replace")
    return next(csv.reader([first.rstrip("\r")]), [])


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


def _parse(data: bytes, types: Mapping[str, Any], **options: Any) -> pl.DataFrame:  # noqa: ANN401 - the engine's own
    """The five columns that are used, renamed; a blank cell is null."""
    names = {raw: _COLUMNS[raw.strip()] for raw in _header(data) if raw.strip() in _COLUMNS}
    given = {raw: types[name] for raw, name in names.items()}
    return pl.read_csv(data, columns=list(names), schema_overrides=given, infer_schema=False, **options).rename(names)


def _read_again(data: bytes, file: StreetFile) -> Reading:
    """Every cell as text: what is wrong with the rows, or with the whole file; else the counts.

    A blank in quotation marks is a blank too.
    """
    try:
        rows = _parse(data, dict.fromkeys(_CODED, pl.String), null_values=[""]).with_row_index("row", offset=2)
    except pl.exceptions.PolarsError as failure:
        return Reading(damage=f"is not comma-separated UTF-8 text ({str(failure).splitlines()[0]})")
    places = rows.with_columns(pl.col("longitude", "latitude").cast(pl.Float64, strict=False))
    faults = (
        *_number_faults(rows, places, file),
        *_month_faults(rows, file),
        *_type_faults(rows, file),
        *_coordinate_faults(places, file),
    )
    if faults:
        return Reading(rows=rows.height, faults=faults)
    try:
        return _count(rows.select(pl.col(name).cast(kind) for name, kind in _CODED.items()))
    except pl.exceptions.PolarsError as failure:
        return Reading(damage=f"is not comma-separated text ({str(failure).splitlines()[0]})")


def _number_faults(rows: pl.DataFrame, places: pl.DataFrame, file: StreetFile) -> list[str]:
    faults = []
    for name in ("longitude", "latitude"):
        wrong = rows.filter(rows[name].is_not_null() & places[name].is_null())
        if wrong.height:
            faults.append(
                f"{file.label}: {wrong.height:,} row(s) have a {name} that is not a number, the first row"
                f" {wrong['row'][0]} with {quote(wrong[name][0])}."
            )
    return faults


def _month_faults(rows: pl.DataFrame, file: StreetFile) -> list[str]:
    wrong = rows["month"].filter(rows["month"].ne_missing(file.month))
    if wrong.is_empty():
        return []
    given = sorted({value or "blank" for value in wrong.unique()})
    return [
        f"{file.label}: {len(wrong):,} row(s) are of another month than the file's name says"
        f" ({file.month}): {quote(', '.join(given))}."
    ]


def _type_faults(rows: pl.DataFrame, file: StreetFile) -> list[str]:
    types = {value or "" for value in rows["crime_type"].unique()}
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


def _coordinate_faults(places: pl.DataFrame, file: StreetFile) -> list[str]:
    wrong = places.filter(~_IN_RANGE)
    if wrong.is_empty():
        return []
    row, x, y = wrong.select("row", "longitude", "latitude").row(0)
    return [
        f"{file.label}: {wrong.height:,} row(s) have coordinates out of range, the first row {row} with longitude {x}"
        f" and latitude {y}; allowed are longitude {LONGITUDE[0]} to {LONGITUDE[1]} and latitude {LATITUDE[0]} to"
        f" {LATITUDE[1]}."
    ]
