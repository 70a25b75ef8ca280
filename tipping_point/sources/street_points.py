"""police.uk street files by the map points that crimes are snapped to: for placing them in wards by their points.

A map point stands for several addresses, and neither it nor its street may appear in an output or a log.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tipping_point.sources.archives import OpenArchive, StreetFile, open_archives, read_street_file
from tipping_point.sources.street_rows import TYPES, StreetRows, parse_rows, rank_areas
from tipping_point.tables import InputError, check_table

logger = logging.getLogger(__name__)

_WORKERS = 4


@dataclass(frozen=True)
class StreetPoints:
    """Crimes by place, every place once: millions of rows share fewer than a million map points."""

    counts: pd.DataFrame = field(repr=False)
    """force, month, place (row of `places`), crime_type, crimes (> 0); the words are categories; sorted, key unique."""
    places: pd.DataFrame = field(repr=False)
    """lsoa_code (categories; '' = none), longitude, latitude (degrees; NaN = no point); sorted, unique."""


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
    parts, faults = [], []
    with open_archives(listed) as archives, ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:
        readings = pool.map(lambda file: _read(file, archives), listed)
        for done, (file, rows, part) in enumerate(zip(listed, chosen["rows"], readings, strict=True), 1):
            if isinstance(part, str):
                faults.append(f"{file.label} {part}.")
            elif len(part.area) != rows:
                faults.append(
                    f"{file.label} holds {len(part.area):,} rows, and held {rows:,} when its crimes were counted."
                )
            else:
                parts.append((file, part))
            if progress is not None:
                progress(done, len(listed))
    if faults:
        raise InputError(faults)
    points = _number_places(parts)
    without = points.places["longitude"].isna()
    logger.info(
        "Street points: %d files, %s rows at %s places; %s rows without a map point",
        len(listed), f"{points.counts['crimes'].sum():,}", f"{len(points.places):,}",
        f"{points.counts.loc[points.counts['place'].isin(points.places.index[without]), 'crimes'].sum():,}",
    )  # fmt: skip
    return points


def _read(file: StreetFile, archives: Mapping[Path, OpenArchive]) -> StreetRows | str:
    """The rows of one file, or why it cannot be read."""
    data, damage = read_street_file(file, archives)
    if damage:
        return damage
    rows = parse_rows(data, file)
    # What is wrong can hold a cell of the row, and nothing of a record is written anywhere.
    return rows if isinstance(rows, StreetRows) else "cannot be read again as it was when its crimes were counted"


def _number_places(parts: Sequence[tuple[StreetFile, StreetRows]]) -> StreetPoints:
    """Every place once, numbered, and the counts with its number instead of it."""
    parts = sorted(parts, key=lambda part: (part[0].force, part[0].month))
    files, rows = [file for file, _ in parts], [rows for _, rows in parts]
    codes, ranks = rank_areas([each.areas for each in rows])
    area = _join([rank[each.area] for rank, each in zip(ranks, rows, strict=True)], np.int64)
    longitude, latitude = (_join([getattr(each, name) for each in rows], float) for name in ("longitude", "latitude"))
    nowhere = np.isnan(longitude) | np.isnan(latitude) | (longitude == 0) & (latitude == 0)
    longitude[nowhere] = latitude[nowhere] = np.nan
    place, places = _distinct(pd.DataFrame({"area": area, "longitude": longitude, "latitude": latitude}))
    kind = _join([each.kind for each in rows], np.int64)
    file = np.repeat(np.arange(len(rows)), [len(each.area) for each in rows])
    keys, crimes = np.unique((file * len(places) + place) * len(TYPES) + kind, return_counts=True)
    file, place, kind = np.unravel_index(keys, (len(rows), len(places), len(TYPES)))
    counts = pd.DataFrame(
        {
            "force": _name(file, [each.force for each in files]),
            "month": _name(file, [each.month for each in files]),
            "place": place.astype(np.int32),
            "crime_type": _name(kind, TYPES),
            "crimes": crimes,
        }
    )
    code = pd.Categorical.from_codes(places["area"], pd.Index(codes.to_list(), dtype="str"))
    return StreetPoints(counts, places.assign(lsoa_code=code)[["lsoa_code", "longitude", "latitude"]])


def _distinct(rows: pd.DataFrame) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """The number of each row among the distinct rows, and those, sorted; whole numbers before NaN.

    Column after column is joined to a number that stands for the columns so far: no number grows beyond rows squared.
    """
    number = np.zeros(len(rows), dtype=np.int64)
    for name in rows:
        codes, values = pd.factorize(rows[name], use_na_sentinel=False)
        number, _ = pd.factorize(number * len(values) + codes)
    first = np.empty(number.max(initial=-1) + 1, dtype=np.int64)
    first[number[::-1]] = np.arange(len(rows))[::-1]
    order = np.lexsort([rows[name].to_numpy()[first] for name in reversed(rows.columns)])
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[number], rows.iloc[first[order]].reset_index(drop=True)


def _join(parts: Sequence[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype=kind), *parts])


def _name(numbers: NDArray[np.intp], names: Sequence[str]) -> pd.Categorical:
    """The names that the numbers stand for, in the order of the alphabet, so that groups come out sorted."""
    distinct, codes = np.unique(np.asarray(names, dtype=str), return_inverse=True)
    return pd.Categorical.from_codes(codes[numbers], pd.Index(distinct, dtype="str")).remove_unused_categories()
