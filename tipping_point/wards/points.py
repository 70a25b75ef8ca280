"""Crimes to wards by the map point that their row carries: distinct points once, and kept from study to study."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import shapely
from pyproj import Transformer

from tipping_point.tables import SYSTEM, InputError, check_table

log = logging.getLogger(__name__)

NEAR = 50.0
"""Metres from another ward within which a map point's crimes may lie in that other ward.

Crimes are snapped to the nearest map point, so they come from within half the way to the next one: 46 m for the
median of the 361,000 points used in England and Wales from October 2018 to February 2019 (32 to 69 m for the middle
half).
"""

ASSIGN = ("lsoa", "point", "both")

AGREEMENT = ("force", "rows", "agree", "disagree", "only_code", "only_point", "neither")
"""Columns of the account of codes and points."""

LOSSES = ("", "no_place", "unknown_place")
"""Names of losses, '' for none."""

_DEGREE = 10_000_000
"""Points are told apart to a ten-millionth of a degree, a centimetre; police.uk publishes six decimals."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PlacedPoints:
    """Crimes placed in wards, and how codes and points agreed about them."""

    placed: pd.DataFrame = field(repr=False)
    """As `place_crimes`: force, month, ward_code, crime_type, crimes, loss, words as categories; with `near_border`,
    how many of the crimes the ward's border could flip."""
    agreement: pd.DataFrame
    """One row per force, AGREEMENT."""


def locate_points(
    points: pd.DataFrame, boundaries: gpd.GeoDataFrame, *, near: float = NEAR, folder: Path | None = None
) -> pd.DataFrame:
    """The ward that holds each point, and whether another ward is within `near` metres of it.

    Every distinct point is looked up once, all in one query of a tree of the points, whose box tests cost the least
    because each ward's outline is prepared once. With a folder, the answers are kept there in a Parquet file named by
    the hash of the boundaries, and only points that it lacks are looked up. A point on the border of two wards is in
    the one with the lower code.

    Args:
        points: [longitude, latitude] in degrees (WGS84), NaN where a row has no point.
        boundaries: [ward_code, geometry], EPSG:27700.
        near: metres.
        folder: where answers are kept; it is made where it does not exist.

    Returns:
        [ward_code (categories), near_border] on the points' index; ward_code is '' where no ward holds the point.

    Raises:
        InputError: a column that is absent, or wards whose codes repeat.
    """
    check_table(points, "the points", ["longitude", "latitude"])
    check_table(boundaries, "boundaries", ["ward_code", "geometry"], unique=["ward_code"])
    wards = boundaries.sort_values("ward_code")
    given = points[["longitude", "latitude"]].notna().all(axis=1).to_numpy()
    keys = _keys(points["longitude"].to_numpy(dtype=float)[given], points["latitude"].to_numpy(dtype=float)[given])
    place = _kept_place(wards, near, folder) if folder is not None else None
    kept = _read_kept(place) if place is not None else _no_answers()
    row = kept.index.get_indexer(pd.Index(keys))
    new = row < 0
    numbers, distinct = pd.factorize(keys[new])
    row[new] = len(kept) + numbers
    answers = pd.concat([kept, _look_up(distinct, wards, near)])
    if place is not None and len(distinct):
        _write_kept(place, answers.sort_index())
    # One beyond the last ward stands for no ward.
    found = np.full(len(points), len(wards), dtype=np.int32)
    found[given] = answers["ward"].to_numpy()[row]
    close = np.zeros(len(points), dtype=bool)
    close[given] = answers["near_border"].to_numpy()[row]
    log.info(
        "points: %d rows, %d of them without a point; %d points looked up, %d kept from before; %d rows in no ward, %d "
        "within %g m of another ward",
        len(points), int((~given).sum()), len(distinct), len(kept), int((found[given] == len(wards)).sum()),
        int(close.sum()), near,
    )  # fmt: skip
    codes = pd.Categorical.from_codes(found, pd.Index([*wards["ward_code"], ""], dtype="str"))
    return pd.DataFrame({"ward_code": codes, "near_border": close}, index=points.index)


def _keys(longitude: npt.NDArray[np.float64], latitude: npt.NDArray[np.float64]) -> Integers:
    """One whole number a point: longitude and latitude in ten-millionths of a degree, side by side."""
    keys: Integers = np.rint(longitude * _DEGREE).astype(np.int64)
    keys <<= 32
    keys += np.rint(latitude * _DEGREE).astype(np.int64)
    return keys


def _no_answers() -> pd.DataFrame:
    table = pd.DataFrame({"ward": np.empty(0, np.int32), "near_border": np.empty(0, bool)})
    return table.set_index(pd.Index(np.empty(0, np.int64), name="point"))


def _look_up(keys: Integers, wards: gpd.GeoDataFrame, near: float) -> pd.DataFrame:
    """Number of the ward (as many as there are wards: none) and nearness of each distinct point."""
    latitude = ((keys + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
    longitude = (keys - latitude) >> 32
    to_metres = Transformer.from_crs("EPSG:4326", SYSTEM, always_xy=True)
    tree = shapely.STRtree(shapely.points(*to_metres.transform(longitude / _DEGREE, latitude / _DEGREE)))
    shapes = wards.geometry.to_numpy()
    ward = np.full(len(keys), len(wards), dtype=np.int32)
    inside, point = _query(tree, shapes, predicate="intersects")
    np.minimum.at(ward, point, inside.astype(np.int32))
    beside, point = _query(tree, shapes, predicate="dwithin", distance=near)
    other = beside != ward[point]
    close = np.zeros(len(keys), dtype=bool)
    close[point[other]] = True
    return pd.DataFrame({"ward": ward, "near_border": close}, index=pd.Index(keys, name="point"))


def _query(tree: shapely.STRtree, shapes: npt.NDArray[np.object_], **how: Any) -> Integers:  # noqa: ANN401 - shapely's own
    """`tree.query` on every processor: it lets go of the interpreter. The pairs are in the order of the shapes."""
    workers = os.cpu_count() or 1
    size = max(1, -(-len(shapes) // workers))
    starts = range(0, len(shapes), size)
    with ThreadPoolExecutor(workers) as pool:
        found = pool.map(lambda start: tree.query(shapes[start : start + size], **how), starts)
        pairs = [np.add(each, [[start], [0]]) for start, each in zip(starts, found, strict=True)]
    return np.hstack([np.empty((2, 0), dtype=np.int64), *pairs])


# ------------------------------------------------------------------------------------------ kept answers


def _kept_place(wards: gpd.GeoDataFrame, near: float, folder: Path) -> Path:
    """The file of answers for these wards: other outlines, codes or metres have another."""
    digest = hashlib.sha256(f"{near!r} {_DEGREE} ".encode())
    digest.update("\n".join(wards["ward_code"]).encode())
    for shape in shapely.to_wkb(wards.geometry.to_numpy()):
        digest.update(shape)
    return folder / f"points-{digest.hexdigest()[:32]}.parquet"


def _read_kept(place: Path) -> pd.DataFrame:
    """Answers kept before; none where there is no such file or it is not whole."""
    try:
        table = pd.read_parquet(place, columns=["point", "ward", "near_border"])
    except FileNotFoundError:
        return _no_answers()
    except (pa.ArrowException, OSError, ValueError, KeyError):
        log.warning("points: the kept answers cannot be read and are made again")
        return _no_answers()
    return table.set_index("point")


def _write_kept(place: Path, answers: pd.DataFrame) -> None:
    """Written beside and moved: a study that reads at the same moment sees the old file or the new one, whole."""
    beside = None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=".points-", suffix=".tmp")
        os.close(handle)
        beside = Path(name)
        answers.reset_index().to_parquet(beside, index=False)
        beside.replace(place)
    except OSError as error:
        log.warning("points: the answers could not be kept (%s)", error.strerror or error)
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


# ----------------------------------------------------------------------------------------------- placing


def place_points(
    counts: pd.DataFrame, places: pd.DataFrame, located: pd.DataFrame, code_wards: pd.DataFrame, *, assign: str
) -> PlacedPoints:
    """Give every crime the ward of its code, of its point, or of its code and, where that does not tell, of its point.

    Args:
        counts: [force, month, place, crime_type, crimes]; place is a row of `places`.
        places: [lsoa_code, longitude, latitude].
        located: from `locate_points` for the places: [ward_code, near_border].
        code_wards: by small-area code [ward_code, share], from `find_code_wards`; share 1 = all of its residents live
            in that ward.
        assign: 'lsoa', the ward of the code alone; 'point'; or 'both': the ward of the code where it has one alone;
            else that of the point; else the ward where most of the code's residents live.

    Returns:
        Crimes by force, month, ward and type with the name of their loss: 'no_place' where a row has neither a
        usable code nor a point, 'unknown_place' where what it has leads to no ward. Rows in which code and point lead
        to two wards are counted per force, whichever of them was followed.

    Raises:
        InputError: an unknown `assign`; points that are needed, of which none lies in any ward.
    """
    if assign not in ASSIGN:
        raise InputError(f"crime.assign: '{assign}' is not known; use one of {', '.join(ASSIGN)}")
    choice = _choose(places, located, code_wards, assign)
    if (
        assign != "lsoa"
        and len(places)
        and not (located["ward_code"] != "").any()
        and places["longitude"].notna().any()
    ):
        raise InputError(
            "crime.assign: not one of the crimes' points lies in a ward of sources.boundaries; give boundaries of the "
            'place that the crimes are from, or set crime.assign = "lsoa"'
        )
    rows = counts.join(choice, on="place")
    keys = ["force", "month", "ward_code", "crime_type", "loss"]
    rows["near_border"] = rows["crimes"].where(rows["near"], 0)
    placed = rows.groupby(keys, observed=True)[["crimes", "near_border"]].sum().reset_index()
    by_force = rows.groupby(["force", "agreement"], observed=True)["crimes"].sum().unstack(fill_value=0)
    by_force = by_force.astype("int64").rename(columns=str).reindex(columns=list(AGREEMENT[2:]), fill_value=0)
    agreement = by_force.assign(rows=by_force.sum(axis=1)).rename_axis(columns=None).reset_index()
    agreement = agreement.astype({"force": "str"})
    _log(placed, agreement, assign)
    return PlacedPoints(placed[[*keys[:-1], "crimes", "loss", "near_border"]], agreement[list(AGREEMENT)])


def ward_of_places(
    places: pd.DataFrame, located: pd.DataFrame, code_wards: pd.DataFrame, *, assign: str
) -> pd.Series:  # fmt: skip
    """The ward that `place_points` gives to each place, '' where it gives none; arguments as there."""
    return _choose(places, located, code_wards, assign)["ward_code"].astype("str")


def _choose(places: pd.DataFrame, located: pd.DataFrame, code_wards: pd.DataFrame, assign: str) -> pd.DataFrame:
    """For each place: ward_code, loss, agreement, and whether the ward's border could flip its crimes."""
    # Whole numbers for wards, 0 for none: each distinct code is looked up once, and no text is compared.
    code, point = places["lsoa_code"].astype("category").cat, located["ward_code"].astype("category").cat
    told = code_wards.reindex(code.categories)
    names = pd.Index(["", *sorted({*told["ward_code"].dropna(), *point.categories} - {""})], dtype="str")
    by_code = names.get_indexer(pd.Index(told["ward_code"].fillna("")))[code.codes]
    certain = (told["share"].fillna(0.0) > 1 - 1e-9).to_numpy()[code.codes]
    by_point = names.get_indexer(point.categories)[point.codes]
    has_code, has_point = by_code > 0, by_point > 0
    if assign == "lsoa":
        ward = by_code
        nothing = (places["lsoa_code"] == "").to_numpy()
    elif assign == "point":
        ward = by_point
        nothing = places["longitude"].isna().to_numpy()
    else:
        ward = np.where(has_code & (certain | ~has_point), by_code, by_point)
        nothing = places["longitude"].isna().to_numpy() & (places["lsoa_code"] == "").to_numpy()
    loss: Integers = np.where(ward > 0, 0, np.where(nothing, 1, 2))
    conditions = [has_code & has_point & (by_code == by_point), has_code & has_point, has_code, has_point]
    agreement: Integers = np.select(conditions, [0, 1, 2, 3], 4)
    # As categories: millions of rows share these few words.
    return pd.DataFrame(
        {
            "ward_code": pd.Categorical.from_codes(ward, names),
            "loss": pd.Categorical.from_codes(loss, pd.Index(LOSSES, dtype="str")),
            "agreement": pd.Categorical.from_codes(agreement, pd.Index(AGREEMENT[2:], dtype="str")),
            # A point in another ward than the one its code leads to is on the far side of the border already.
            "near": (ward > 0) & has_point & (located["near_border"].to_numpy() | (ward != by_point)),
        },
        index=places.index,
    )


def say_agreement(agreement: pd.DataFrame) -> list[str]:
    """How often code and point lead to two wards, in a sentence; nothing where no row has both."""
    both = agreement["agree"].sum() + agreement["disagree"].sum()
    if not both:
        return []
    share = agreement["disagree"] / (agreement["agree"] + agreement["disagree"]).where(lambda rows: rows > 0)
    most = agreement["force"].iloc[int(np.nanargmax(share))]
    parted = int(agreement["disagree"].sum())
    return [
        f"Small-area code and map point lead to two wards in {parted:,} of {both:,} rows that have both "
        f"({parted / both:.1%}; most in the files of {most}, {share.max():.1%}): a small area stands wholly in its "
        f"best-fit ward. agreement.csv has every force."
    ]


def add_near_border(wards: gpd.GeoDataFrame, placed: pd.DataFrame, *, types: Sequence[str]) -> gpd.GeoDataFrame:
    """Add share_near_border: of the crimes of the types placed in a ward, those that its border could flip.

    Args:
        wards: indexed by ward_code, with assessed.
        placed: from `place_points`.
        types: crime types, those of the study's measure.

    Returns:
        The wards; missing where the ward is not assessed or has no such crime.
    """
    chosen = placed[(placed["loss"] == "") & placed["crime_type"].isin(types)]
    totals = chosen.groupby("ward_code")[["crimes", "near_border"]].sum().reindex(wards.index)
    result = wards.copy()
    share = totals["near_border"] / totals["crimes"].where(totals["crimes"] > 0)
    result["share_near_border"] = share.where(wards["assessed"]).astype(float)
    return result


def _log(placed: pd.DataFrame, agreement: pd.DataFrame, assign: str) -> None:
    totals = agreement.drop(columns="force").sum()
    lost = placed.loc[placed["loss"] != ""].groupby("loss")["crimes"].sum()
    log.info(
        "placed by %s: %d rows; code and point agree on %d and disagree on %d; %d have a ward by code only, %d by "
        "point only, %d by neither; lost: %s",
        assign, *(int(totals.get(name, 0)) for name in AGREEMENT[1:]),
        ", ".join(f"{number} {name}" for name, number in lost.items()) or "none",
    )  # fmt: skip
