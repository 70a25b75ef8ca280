"""Rank the areas of each country and mark the shortlist."""

from __future__ import annotations

import logging

import geopandas as gpd
import pandas as pd

log = logging.getLogger(__name__)


def rank_areas(
    areas: gpd.GeoDataFrame, *, number: int = 10, per_authority: int = 0, by: str = "index_score"
) -> gpd.GeoDataFrame:
    """Add rank and, where no method has chosen yet, shortlisted.

    Args:
        areas: from `build_areas`; with shortlisted where a method or a person chose them.
        number: how many to shortlist in each country.
        per_authority: at most so many shortlisted in one set of districts; 0 = no cap.
        by: the column that ranks them, higher = first.

    Returns:
        The areas by country and rank, those outside the study's limits last. rank: by the column among the areas of
        the country that were chosen, then among those within the limits, 1 = highest, ties by area_id; blank for the
        rest. shortlisted, if it was not given: the first `number` of a country within the limits and the cap.
    """
    given = "shortlisted" in areas
    first = areas["shortlisted"].astype(bool) if given else pd.Series(False, index=areas.index)
    listed = areas["within_limits"].astype(bool) | first
    keys = areas.assign(first=first, listed=listed, key=areas.index)
    order = keys.sort_values(
        ["country", "listed", "first", by, "key"], ascending=[True, False, False, False, True]
    ).drop(columns=["first", "listed", "key"])
    order["rank"] = (order.groupby("country").cumcount() + 1).astype("Int64").where(listed.reindex(order.index))
    if given:
        log.info("areas: %d ranked, %d chosen", int(order["rank"].notna().sum()), int(first.sum()))
        return order
    chosen = []
    for _, country in order.groupby("country", sort=False):
        taken: dict[str, int] = {}
        picked = 0
        for area, row in country.iterrows():
            authority = row["district_names"]
            full = per_authority > 0 and taken.get(authority, 0) >= per_authority
            if picked >= number or full or not row["within_limits"]:
                continue
            taken[authority] = taken.get(authority, 0) + 1
            picked += 1
            chosen.append(area)
    order["shortlisted"] = order.index.isin(chosen)
    log.info("areas: %d ranked, %d shortlisted", len(order), len(chosen))
    return order


def add_area_id(wards: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add to every ward the area it is in; blank if none."""
    owner = {code: area for area, codes in areas["ward_codes"].items() for code in codes.split(";")}
    return wards.assign(area_id=pd.Series(wards.index.map(owner), index=wards.index, dtype="str").fillna(""))
