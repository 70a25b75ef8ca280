"""One police.uk street file: its bytes to rows and counts, and everything that is wrong with its rows."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tipping_point.facts.crime_types import CRIME_TYPES, FORMER_CRIME_TYPES
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


@dataclass(frozen=True)
class StreetRows:
    """The rows of one street file, in its order."""

    areas: pl.Series
    """The codes of the LSOAs that occur, '' = no place; by alphabet."""
    area: NDArray[np.int64]
    """Place of the row's LSOA in `areas`."""
    kind: NDArray[np.int64]
    """Place of its crime type among the types."""
    longitude: NDArray[np.float64]
    """Degrees; NaN where blank. 0 and 0 are police.uk's mark for a crime without a map point within 20 km."""
    latitude: NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """One street file after reading."""

    areas: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))
    """The codes of the small areas that occur, '' = no place; by alphabet."""
    counts: NDArray[np.integer] = field(default_factory=lambda: np.empty((0, len(TYPES)), dtype=np.uint8))
    """Crimes by small area (as in `areas`) and type (as in TYPES), in as few bytes as the largest takes."""
    rows: int = 0
    rows_without_place: int = 0
    damage: str = ""
    """Why the file cannot be read at all, as the end of a sentence; '' where it was read."""
    faults: tuple[str, ...] = ()
    """What is wrong with rows that could be read."""


def read_rows(data: bytes, file: StreetFile) -> Reading:
    """One street file counted and checked."""
    cells = _read_cells(data, file)
    return _count(cells) if isinstance(cells, pl.DataFrame) else cells


def parse_rows(data: bytes, file: StreetFile) -> StreetRows | Reading:
    """The rows of one street file, or what is wrong with them."""
    cells = _read_cells(data, file)
    if not isinstance(cells, pl.DataFrame):
        return cells
    codes = cells["lsoa_code"].fill_null("")
    areas = codes.unique().sort()
    longitude, latitude = (cells[name].fill_null(np.nan).to_numpy() for name in ("longitude", "latitude"))
    return StreetRows(areas, _number(codes, areas), _number(cells["crime_type"], TYPES), longitude, latitude)


def _read_cells(data: bytes, file: StreetFile) -> pl.DataFrame | Reading:
    """The columns that are used, coordinates as numbers, or what is wrong with the file.

    Where a coordinate is no number, or anything else is not as published, every cell is looked at as text, so that
    what is wrong is named by row.
    """
    if damage := content_fault(data) or _header_fault(data):
        return Reading(damage=damage)
    try:
        cells = _parse(data, numbers=pl.Float64)
    except pl.exceptions.PolarsError:
        return _parse_with_care(data, file)
    known = pl.col("crime_type").is_in(TYPES) & (pl.col("month") == file.month) & _IN_RANGE.fill_null(value=True)
    sound = cells.height > 0 and bool(cells.select(known.fill_null(value=False).all()).item())
    return cells if sound else _parse_with_care(data, file)


def _count(cells: pl.DataFrame) -> Reading:
    """Crimes by LSOA and type."""
    sums = cells.group_by(pl.col("lsoa_code").fill_null("").alias("area"), "crime_type").len()
    areas = sums["area"].unique().sort()
    counts = np.zeros((len(areas), len(TYPES)), dtype=np.int64)
    counts[_number(sums["area"], areas), _number(sums["crime_type"], TYPES)] = sums["len"].to_numpy()
    nowhere = counts[0].sum() if areas[0] == "" else 0
    small = counts.astype(np.min_scalar_type(counts.max()))
    return Reading(areas=areas, counts=small, rows=cells.height, rows_without_place=int(nowhere))


def rank_areas(columns: Sequence[pl.Series]) -> tuple[pl.Series, list[NDArray[np.int64]]]:
    """The small areas of several files: all that occur, by alphabet, and the places in them of those of each file."""
    joined = pl.concat([pl.Series(dtype=pl.String), *columns])
    codes = joined.unique().sort()
    ends = np.cumsum([len(column) for column in columns])
    return codes, np.split(_number(joined, codes), ends)[:-1]


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


def _parse(data: bytes, *, numbers: type[pl.DataType] = pl.String) -> pl.DataFrame:
    """The five columns that are used, renamed, coordinates as `numbers` and the rest as text; a blank cell is null."""
    names = {raw: _COLUMNS[raw.strip()] for raw in _header(data) if raw.strip() in _COLUMNS}
    kinds = {raw: numbers for raw, name in names.items() if name in ("longitude", "latitude")}
    return pl.read_csv(
        data, columns=list(names), infer_schema=False, schema_overrides=kinds, null_values=[""]
    ).rename(names)  # fmt: skip


def _parse_with_care(data: bytes, file: StreetFile) -> pl.DataFrame | Reading:
    """Every cell as text: what is wrong with the rows, or with the whole file; else the rows.

    A blank in quotation marks is a blank too.
    """
    try:
        cells = _parse(data).with_row_index("row", offset=2)
    except pl.exceptions.PolarsError as failure:
        return Reading(damage=f"is not comma-separated UTF-8 text ({str(failure).splitlines()[0]})")
    if cells.is_empty():
        return Reading(damage="has a header and no row")
    places = cells.with_columns(pl.col("longitude", "latitude").cast(pl.Float64, strict=False))
    faults = (
        *_number_faults(cells, places, file),
        *_month_faults(cells, file),
        *_type_faults(cells, file),
        *_coordinate_faults(places, file),
    )
    if faults:
        return Reading(rows=cells.height, faults=faults)
    return places


def _number(texts: pl.Series, names: Sequence[str] | pl.Series) -> NDArray[np.int64]:
    """The place of each text among the names, all of which are known."""
    return texts.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64)


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
