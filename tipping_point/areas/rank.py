"""Rank the areas of each country and mark the shortlist."""

from __future__ import annotations

import logging

import geopandas as gpd
import pandas as pd

log = logging.getLogger(__name__)


def rank_areas(areas: gpd.GeoDataFrame, *, number: int = 10, per_authority: int = 0) -> gpd.GeoDataFrame:
    """Add rank and shortlisted.

    Args:
        areas: from `build_areas`.
        number: how many to shortlist in each country.
        per_authority: at most so many shortlisted in one set of districts; 0 = no cap.

    Returns:
        The areas by country and rank, those outside the study's limits last. rank: by index_score among the areas of
        the country within the limits, 1 = highest, ties by area_id; blank outside them. shortlisted: the first
        `number` of a country within the cap.
    """
    by = ["country", "within_limits", "index_score", "key"]
    order = areas.assign(key=areas.index).sort_values(by, ascending=[True, False, False, True]).drop(columns="key")
    within = order["within_limits"].astype(bool)
    order["rank"] = (order.groupby("country").cumcount() + 1).astype("Int64").where(within)
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
