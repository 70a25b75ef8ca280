"""Shares between areas of different years: by published lookups where they exist, else by residents and geometry."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from tipping_point.tables import InputError, check_table
from tipping_point.wards.shares import Shares, build_from_pieces

log = logging.getLogger(__name__)

SMALL_AREAS = ("lsoa21_code", "lsoa11_code")

SLIVER = 0.02
"""Part of the smallest of the areas that meet in a piece, under which the piece is two drawings of one border.

Outlines generalised to 20 m differ along every shared border: of the 2013 wards of London, in which small areas nest,
95% of the stray pieces are under this. Small areas that a new ward border really cuts mostly leave a tenth or more.
"""

OUTSIDE = 0.1
"""Part of a small area that may lie outside every new area before its people are taken to live there.

Outlines are clipped to the water differently, by up to 7% of a riverside small area, and nobody lives in the water.
"""


def build_shares(
    lookups: Sequence[pd.DataFrame], populations: Sequence[pd.DataFrame] = (), *, source: str, target: str
) -> Shares:
    """Shares by published lookups, through the small areas that both vintages are made of.

    Small areas of 2011 and 2021 are paired by the lookup of their changes. The residents of a new small area that was
    merged from several are divided by the residents of each; a split one is divided by the residents of its parts.
    So a split small area is never given twice, and a rate on the new codes is not raised by the split.

    Args:
        lookups: tables of `sources.read_lookup`.
        populations: residents by small area, [lsoa11_code or lsoa21_code, population]; without any figure the parts
            weigh the same.
        source: column of the old codes, e.g. 'lsoa11_code', 'ward19_code', 'msoa11_code'.
        target: column of the new codes.

    Raises:
        InputError: no lookups lead from the one to the other.
    """
    pieces = _attach(_attach(_small_pieces(lookups, populations), lookups, source), lookups, target)
    if source not in pieces or target not in pieces:
        held = sorted({str(c) for table in lookups for c in table.columns if str(c).endswith("_code")})
        raise InputError(
            f"sources.lookup: no lookups lead from {source} to {target}; wanted is one from small areas (lsoa11_code "
            f"or lsoa21_code) to each of them, and the one between 2011 and 2021 where they stand on different small "
            f"areas. The lookups given hold {', '.join(held) or 'no codes'}"
        )
    pieces = pieces.dropna(subset=[source]).fillna({target: ""}).assign(size=1.0)
    shares = build_from_pieces(pieces[[source, target, "people", "size"]], source=source, target=target)
    _log(shares, "lookups")
    return shares


def _small_pieces(lookups: Sequence[pd.DataFrame], populations: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One row per small area, or per pair of 2011 and 2021 where a lookup holds both, with its residents."""
    residents = {name: _residents(populations, name) for name in SMALL_AREAS}
    paired = [table for table in lookups if set(SMALL_AREAS) <= set(table.columns)]
    if not paired:
        for name in SMALL_AREAS:
            codes = [table[name] for table in lookups if name in table]
            if codes:
                small = pd.DataFrame({name: pd.unique(pd.concat(codes).dropna())})
                return small.assign(people=small[name].map(residents[name]).fillna(0.0))
        return pd.DataFrame({"people": pd.Series(dtype=float)})
    new_code, old_code = SMALL_AREAS
    pairs = paired[0][list(SMALL_AREAS)].drop_duplicates(ignore_index=True)
    old, new = pairs[old_code].map(residents[old_code]), pairs[new_code].map(residents[new_code])
    weight = old.where(old > 0).fillna(1.0)
    by_new = new * weight / weight.groupby(pairs[new_code]).transform("sum")
    by_old = old / pairs.groupby(old_code)[new_code].transform("size")
    return pairs.assign(people=by_new.fillna(by_old).fillna(0.0))


def _residents(populations: Sequence[pd.DataFrame], code: str) -> pd.Series:
    parts = [table.set_index(code)["population"] for table in populations if code in table]
    return pd.concat(parts).groupby(level=0).sum(min_count=1) if parts else pd.Series(dtype=float)


def _attach(pieces: pd.DataFrame, lookups: Sequence[pd.DataFrame], column: str) -> pd.DataFrame:
    """The pieces with the codes of `column`, by the first lookup that leads there from a small area."""
    if column in pieces:
        return pieces
    for small in (name for name in SMALL_AREAS if name in pieces):
        for table in lookups:
            if {small, column} <= set(table.columns):
                best_fit = table[[small, column]].dropna().drop_duplicates(small).set_index(small)[column]
                return pieces.assign(**{column: pieces[small].map(best_fit)})
    return pieces


def build_overlap(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, small_areas: gpd.GeoDataFrame, *, source: str, target: str
) -> Shares:
    """Shares by geometry: the land of every small area is cut by the old and the new borders, its residents with it.

    Args:
        old: [ward_code, geometry] (or the column named by `source`), EPSG:27700.
        new: the same for the new areas.
        small_areas: [population, geometry]; residents are taken to live evenly within a small area. Any other
            weight can stand in `population`, such as jobs for values that go with jobs.
        source: name of the old codes, e.g. 'ward13_code'.
        target: name of the new codes, e.g. 'ward22_code'.

    Returns:
        Shares; an old area's shares sum to less than 1 where residents of it live in no new area.

    Raises:
        InputError: a column that is absent, codes that repeat, or no land in common.
    """
    old_codes, new_codes = _codes(old, source, "the old areas"), _codes(new, target, "the new areas")
    check_table(small_areas, "the small areas", ["population", "geometry"])
    land = shapely.make_valid(small_areas.geometry.to_numpy())
    old_land, new_land = (shapely.make_valid(table.geometry.to_numpy()) for table in (old, new))
    area = shapely.area(land)
    small, in_old, cut = _cut(land, old_land, area)
    piece, in_new, last = _cut(cut, new_land, np.minimum(area[small], shapely.area(old_land)[in_old]))
    pieces = pd.DataFrame({"small": small[piece], "old": in_old[piece], "new": in_new, "size": shapely.area(last)})
    if pieces.empty:
        raise InputError(
            f"{source} to {target}: the old areas, the new areas and the small areas have no land in common"
        )
    uncovered = pd.DataFrame({"small": small, "old": in_old, "new": -1, "size": shapely.area(cut)})
    uncovered["size"] -= np.bincount(piece, pieces["size"], minlength=len(cut))
    outside = uncovered.groupby("small")["size"].transform("sum") > OUTSIDE * area[small]
    pieces = pd.concat([pieces, uncovered[outside & (uncovered["size"] > SLIVER * area[small])]], ignore_index=True)
    within = pieces.groupby("small")["size"].transform("sum")
    people = small_areas["population"].fillna(0.0).to_numpy(dtype=float)[pieces["small"]] * pieces["size"] / within
    blank = np.append(new_codes, "")
    pieces = pieces.assign(**{source: old_codes[pieces["old"]], target: blank[pieces["new"]], "people": people})
    shares = build_from_pieces(pieces, source=source, target=target)
    lost = len(set(old_codes) - set(shares.table[source]))
    if lost:
        log.info("overlap: %d of %d old areas (%s) share no land with the new ones", lost, len(old), source)
    _log(shares, "geometry")
    return shares


def _codes(table: gpd.GeoDataFrame, name: str, label: str) -> npt.NDArray[np.object_]:
    column = name if name in table.columns else "ward_code"
    check_table(table, label, [column, "geometry"], unique=[column])
    return table[column].to_numpy(dtype=object)


def _cut(
    land: npt.NDArray[np.object_], areas: npt.NDArray[np.object_], least: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.object_]]:
    """Land cut by areas: positions in the land and in the areas, and the pieces, without slivers.

    Args:
        land: what is cut.
        areas: what it is cut by.
        least: square metres of the smallest area that each piece of the land is of.
    """
    position, area = shapely.STRtree(areas).query(land, predicate="intersects")
    pieces = shapely.intersection(land[position], areas[area])
    real = shapely.area(pieces) > SLIVER * np.minimum(least[position], shapely.area(areas)[area])
    return position[real], area[real], pieces[real]


def _log(shares: Shares, how: str) -> None:
    table = shares.table
    log.info(
        "shares by %s: %d areas (%s) to %d (%s), %d of them divided, %.0f residents",
        how, table[shares.source].nunique(), shares.source, table[shares.target].nunique(), shares.target,
        int((table[shares.source].value_counts() > 1).sum()), table["people"].sum(),
    )  # fmt: skip
