"""Every street crime by its map point: where it lies, how far its code agrees, and what a ward's border could flip.

Months are read a few at a time, so that memory does not grow with the period, and the result is kept: a second study
over the same files, boundaries and lookups reads no point.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from tipping_point.fetch.cache import default_folder
from tipping_point.sources import street_points
from tipping_point.sources.count_cache import Kept, counts_folder, find_counts, hash_files, keep_counts, make_key
from tipping_point.sources.crime import READER
from tipping_point.sources.street_points import read_street_points
from tipping_point.tables import check_table
from tipping_point.wards import points
from tipping_point.wards.points import NEAR, PlacedPoints, locate_points, place_points

log = logging.getLogger(__name__)

AT_ONCE = 2_000_000
"""Rows of whole months that are held at once: about 0.4 GB by place, before they are added up by ward."""

WORDS = ("force", "month", "ward_code", "crime_type", "loss")
"""Columns of what is placed that repeat few texts: kept as categories."""


def place_street_points(
    files: pd.DataFrame, boundaries: gpd.GeoDataFrame, code_wards: pd.DataFrame, *, assign: str
) -> PlacedPoints:
    """`place_points` for the files of a ledger, from the cache where the same was placed before.

    Args:
        files: the ledger of `read_street_crimes`; damaged files are passed over.
        boundaries: [ward_code, geometry], EPSG:27700.
        code_wards: from `find_code_wards`.
        assign: 'lsoa', 'point' or 'both'.
    """
    check_table(files, "the ledger of street files", ["archive", "file", "force", "month", "rows", "damaged"])
    key = "" if files["damaged"].any() else _key(files, boundaries, code_wards, assign)
    if key and (kept := find_counts(key, counts_folder())):
        return PlacedPoints(kept.counts, kept.files)
    parts = []
    for some in _few_months(files):
        street = read_street_points(some)
        located = locate_points(street.places, boundaries, folder=default_folder() / "points")
        parts.append(place_points(street.counts, street.places, located, code_wards, assign=assign))
    placed = _join([part.placed for part in parts])
    agreement = pd.concat([part.agreement for part in parts]).groupby("force", sort=True).sum().reset_index()
    if key:
        keep_counts(Kept(placed, agreement), key, counts_folder())
    return PlacedPoints(placed, agreement)


def _join(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all parts; their words as categories, of those that occur."""
    whole = parts[0] if len(parts) == 1 else pd.concat([part.astype(dict.fromkeys(WORDS, "str")) for part in parts])
    whole = whole.astype(dict.fromkeys(WORDS, "category")).reset_index(drop=True)
    return whole.assign(**{word: whole[word].cat.remove_unused_categories() for word in WORDS})


def _few_months(files: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The ledger in parts of whole months, of AT_ONCE rows or so; where it has no row, one part without a row."""
    rows = files.groupby("month")["rows"].sum().sort_index()
    part = (rows.cumsum() - rows) // AT_ONCE
    for _, some in part.groupby(part):
        yield files[files["month"].isin(some.index)]
    if rows.empty:
        yield files


def _key(files: pd.DataFrame, boundaries: gpd.GeoDataFrame, code_wards: pd.DataFrame, assign: str) -> str:
    """The key of what is placed: of the files, the outlines, the codes, how, and the code that does it.

    '' where a file cannot be read; reading it will say so.
    """
    loose = [Path(archive).is_dir() for archive in files["archive"]]
    named = list(files[["archive", "file", "force", "month"]].itertuples(index=False, name=None))
    holders = [Path(row[0]) / row[1] if is_loose else Path(row[0]) for row, is_loose in zip(named, loose, strict=True)]
    try:
        hashes = hash_files(list(dict.fromkeys(holders)))
    except OSError:
        return ""
    outlines = hashlib.sha256("\n".join(boundaries["ward_code"]).encode())
    for shape in shapely.to_wkb(boundaries.geometry.to_numpy()):
        outlines.update(shape)
    codes = hashlib.sha256(code_wards.to_csv().encode()).hexdigest()
    inputs = [
        (hashes[holder], "" if is_loose else row[1], *row[2:])
        for holder, row, is_loose in zip(holders, named, loose, strict=True)
    ]
    how = ("placed by points", assign, repr(NEAR), outlines.hexdigest(), codes)
    reader = [Path(str(module.__file__)) for module in (*READER, street_points, points)]
    return make_key([*inputs, how], reader=[*reader, Path(__file__)])
