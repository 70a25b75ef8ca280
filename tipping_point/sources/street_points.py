"""police.uk street files by the map points that crimes are snapped to: for placing them in wards by their points.

A map point stands for several addresses, and neither it nor its street may appear in an output or a log.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import polars as pl

from tipping_point.schema import InputError, check_table
from tipping_point.sources.archives import OpenArchive, StreetFile, open_archives, read_street_file

logger = logging.getLogger(__name__)

_PLACE = ["lsoa_code", "longitude", "latitude"]
_COLUMNS = {
    "Longitude": ("longitude", pl.Float64),
    "Latitude": ("latitude", pl.Float64),
    "LSOA code": ("lsoa_code", pl.String),
    "Crime type": ("crime_type", pl.String),
}
_LABELS = ["force", "month", "crime_type"]
_COUNTS = {
    **dict.fromkeys(_LABELS, pl.Categorical),
    "lsoa_code": pl.String,
    "longitude": pl.Float64,
    "latitude": pl.Float64,
    "crimes": pl.Int64,
}
_WORKERS = 4


@dataclass(frozen=True)
class StreetPoints:
    """Crimes by place, every place once: millions of rows share fewer than a million map points."""

    counts: pd.DataFrame = field(repr=False)
    """force, month, place (row of `places`), crime_type, crimes (> 0); the words are categories; sorted, key unique."""
    places: pd.DataFrame = field(repr=False)
    """lsoa_code ('' = none), longitude, latitude (degrees; NaN = no point); sorted, unique."""


def read_street_points(files: pd.DataFrame, *, progress: Callable[[int, int], None] | None = None) -> StreetPoints:
    """Count the crimes of street files by force, month, place and type.

    Args:
        files: the ledger of `read_street_crimes` for the same files (archive, file, force, month, rows, damaged),
            which has chosen among archives that overlap and has checked every row. Damaged files are passed over.
        progress: called with (files read, files to read).

    Returns:
        Counts that add up to the ledger's rows, file by file. Coordinates 0, 0 are police.uk's mark for a crime
        without a map point within 20 km, and are no point.

    Raises:
        InputError: a file that cannot be read again, or has not the rows that the ledger says.
    """
    check_table(files, "the ledger of street files", ["archive", "file", "force", "month", "rows", "damaged"])
    chosen = files[~files["damaged"] & (files["file"] != "")]
    listed = [
        StreetFile(Path(archive), name, force, month, 0)
        for archive, name, force, month in chosen[["archive", "file", "force", "month"]].to_numpy()
    ]
    frames, faults = [], []
    with open_archives(listed) as archives, ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:
        readings = pool.map(lambda file: _read(file, archives), listed)
        for done, (file, rows, (frame, fault)) in enumerate(zip(listed, chosen["rows"], readings, strict=True), 1):
            held = int(frame["crimes"].sum())
            if fault or held != rows:
                why = fault or f"holds {held:,} rows, and held {rows:,} when its crimes were counted"
                faults.append(f"{file.label} {why}.")
            frames.append(frame)
            if progress is not None:
                progress(done, len(listed))
    if faults:
        raise InputError(faults)
    points = _number_places(frames)
    without = points.places["longitude"].isna()
    logger.info(
        "Street points: %d files, %s rows at %s places; %s rows without a map point",
        len(listed), f"{points.counts['crimes'].sum():,}", f"{len(points.places):,}",
        f"{points.counts.loc[points.counts['place'].isin(points.places.index[without]), 'crimes'].sum():,}",
    )  # fmt: skip
    return points


def _read(file: StreetFile, archives: Mapping[Path, OpenArchive]) -> tuple[pl.DataFrame, str]:
    """The crimes of one file by place and type, or why it cannot be read."""
    data, damage = read_street_file(file, archives)
    if damage:
        return pl.DataFrame(schema=_COUNTS), damage
    try:
        header = pl.read_csv(data, n_rows=0, infer_schema=False).columns
        types = {name: _COLUMNS[name.strip()][1] for name in header if name.strip() in _COLUMNS}
        rows = pl.read_csv(data, columns=list(types), schema_overrides=types, infer_schema=False)
    except pl.exceptions.PolarsError:
        # The message of the engine can hold a cell of the row, and nothing of a record is written anywhere.
        return pl.DataFrame(schema=_COUNTS), "cannot be read again as it was when its crimes were counted"
    rows = rows.rename({name: _COLUMNS[name.strip()][0] for name in types})
    nowhere = (pl.col("longitude") == 0) & (pl.col("latitude") == 0) | pl.any_horizontal(
        pl.col("longitude", "latitude").is_null()
    )
    cleaned = rows.with_columns(
        pl.when(~nowhere).then(pl.col("longitude", "latitude")), pl.col("lsoa_code").fill_null("")
    )
    counts = cleaned.group_by(*_PLACE, "crime_type").agg(pl.len().cast(pl.Int64).alias("crimes"))
    named = counts.with_columns(force=pl.lit(file.force), month=pl.lit(file.month))
    return named.with_columns(pl.col(_LABELS).cast(pl.Categorical)).select(*_COUNTS), ""


def _number_places(frames: list[pl.DataFrame]) -> StreetPoints:
    """Every place once, numbered, and the counts with its number instead of it."""
    rows = pl.concat([pl.DataFrame(schema=_COUNTS), *frames])
    places = rows.select(_PLACE).unique().sort(_PLACE).with_row_index("place")
    numbered = rows.join(places, on=_PLACE, nulls_equal=True).with_columns(pl.col("place").cast(pl.Int32))
    counts = numbered.select("force", "month", "place", "crime_type", "crimes").to_pandas()
    for name in _LABELS:
        # In the order of the alphabet, so that groups come out sorted whatever file was read first.
        counts[name] = pd.Categorical(counts[name], sorted(counts[name].astype("category").cat.categories))
    counts = counts.sort_values(["force", "month", "place", "crime_type"], ignore_index=True)
    return StreetPoints(counts, places.drop("place").to_pandas())
