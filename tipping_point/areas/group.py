"""Contiguous groups of wards: touching hot wards, cut to the study's limits."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from libpysal.graph import Graph

from tipping_point.tables import SYSTEM, InputError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """What an area may be: residents (least, most), number of wards, and the column it may not cross."""

    population: tuple[float, float] = (15_000, 60_000)
    max_wards: int = 5
    within: str = "district_code"


def group_touching(
    wards: gpd.GeoDataFrame,
    graph: Graph,
    *,
    limits: Limits,
    votes: int = 1,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> pd.DataFrame:
    """Touching hot wards as areas.

    Hot wards (hot_votes of at least `votes`) that touch form a cluster. A cluster within the limits is one area; a
    larger one is cut: the ward with the highest index is the seed, and of the hot wards that touch the area the one
    with the highest index joins while the limits allow, then the next seed is taken. A visitor ward never seeds an
    area and joins one only while it makes up at most half of its wards, so that no area is a mere busy centre.

    This is a plain rule, not the best choice of areas: it looks at one ward at a time.

    Args:
        wards: indexed by ward_code, with assessed, hot_votes, index_score, visitor_ward, population, country and
            the column of `limits.within`.
        graph: neighbours, on the same index.
        limits: what an area may be.
        votes: methods that must call a ward hot.
        include: ward codes to treat as hot.
        exclude: ward codes never to use.

    Returns:
        [ward_code, area, cluster], one row per ward in an area; area and cluster are numbered from 0 in the order
        they were made. Empty if no ward is hot.

    Raises:
        InputError: a code of include or exclude that is no assessed ward of the study, or stands in both.
    """
    _check_codes(wards, include, exclude)
    hot = wards["assessed"] & (wards["hot_votes"].fillna(0) >= votes) & wards["index_score"].notna()
    hot |= wards.index.isin(list(include))
    hot &= ~wards.index.isin(list(exclude))
    pool = wards[hot].sort_values("index_score", ascending=False, kind="stable")
    pool = pool.assign(visitor=pool["visitor_ward"].fillna(False).astype(bool))
    touching = _neighbours_within(graph, pool, limits.within)
    cluster = _clusters(_neighbours_within(graph, pool, "country"))
    free = dict.fromkeys(pool.index)
    seeds = [code for code in pool.index if not pool.at[code, "visitor"]]
    rows: list[tuple[str, int, int]] = []
    number = 0
    for seed in seeds:
        if seed in free:
            area = _grow(seed, pool, touching, free, limits)
            rows += [(code, number, cluster[seed]) for code in area]
            number += 1
    log.info(
        "areas: %d hot wards in %d touching clusters; %d areas; %d visitor wards in none",
        len(pool), len(set(cluster.values())), number, sum(pool.at[code, "visitor"] for code in free),
    )  # fmt: skip
    return pd.DataFrame(rows, columns=["ward_code", "area", "cluster"])


def _grow(
    seed: str, pool: gpd.GeoDataFrame, touching: dict[str, list[str]], free: dict[str, None], limits: Limits
) -> list[str]:
    """Take from `free` the seed and the touching wards that join it, highest index first, within the limits."""
    area, people = [seed], float(pool.at[seed, "population"])
    del free[seed]
    while len(area) < limits.max_wards:
        beside = {code for member in area for code in touching[member] if code in free}
        room = limits.population[1] - people
        visitors = sum(pool.at[code, "visitor"] for code in area)
        fitting = [
            code
            for code in beside
            if pool.at[code, "population"] <= room and 2 * (visitors + pool.at[code, "visitor"]) <= len(area) + 1
        ]
        if not fitting:
            break
        best = max(fitting, key=lambda code: (pool.at[code, "index_score"], code))
        area.append(best)
        people += float(pool.at[best, "population"])
        del free[best]
    return sorted(area)


def find_touching(graph: Graph, codes: Collection[str], index: pd.Index) -> pd.Series:
    """Whether each ward of the index has a neighbour among the wards of these codes."""
    flag = np.asarray(graph.unique_ids.isin(list(codes)), dtype=float)
    return pd.Series(graph.sparse @ flag > 0, index=graph.unique_ids).reindex(index, fill_value=False)


def _neighbours_within(graph: Graph, pool: gpd.GeoDataFrame, within: str) -> dict[str, list[str]]:
    """Ward -> the wards of the pool that touch it and share its value of the column `within`."""
    border = pool[within]
    links = graph.adjacency[graph.adjacency > 0].reset_index()
    links = links[links["focal"].isin(pool.index) & links["neighbor"].isin(pool.index)]
    links = links[links["focal"].map(border).to_numpy() == links["neighbor"].map(border).to_numpy()]
    touching: dict[str, list[str]] = {code: [] for code in pool.index}
    for focal, neighbour in zip(links["focal"], links["neighbor"], strict=True):
        touching[focal].append(neighbour)
    return touching


def _clusters(touching: dict[str, list[str]]) -> dict[str, int]:
    """Ward -> number of its connected cluster, numbered in the order of the wards."""
    cluster: dict[str, int] = {}
    for number, start in enumerate(touching):
        if start in cluster:
            continue
        stack = [start]
        while stack:
            code = stack.pop()
            if code not in cluster:
                cluster[code] = number
                stack.extend(touching[code])
    return cluster


def _check_codes(wards: gpd.GeoDataFrame, include: Sequence[str], exclude: Sequence[str]) -> None:
    faults = [
        f"areas.{option}: '{code}' is not a ward of the study's area"
        for option, codes in (("include", include), ("exclude", exclude))
        for code in codes
        if code not in wards.index
    ]
    faults += [
        f"areas.include: '{code}' is not assessed ({wards.at[code, 'not_assessed_reason']})"
        for code in include
        if code in wards.index and not wards.at[code, "assessed"]
    ]
    faults += [f"areas.include: '{code}' is in areas.exclude too" for code in include if code in set(exclude)]
    if faults:
        raise InputError(faults)


def build_areas(wards: gpd.GeoDataFrame, members: pd.DataFrame, *, limits: Limits) -> gpd.GeoDataFrame:
    """One row per area from its wards: names, sums, population-weighted index, dissolved geometry.

    Args:
        wards: the ward table.
        members: [ward_code, area, cluster].
        limits: to say whether the area keeps to them.

    Returns:
        Indexed by area_id: ward_codes, wards, population, district_names, force_names, country, crimes, harm,
        share_of_harm (of the harm of the assessed wards of its country), exposure (thousand person-years),
        index_score, hot_cluster, within_limits, visitor_wards, synthetic, geometry. May be empty.
    """
    harm = wards[wards["assessed"]].groupby("country")["harm"].sum()
    names = {cluster: f"cluster {number + 1}" for number, cluster in enumerate(members["cluster"].unique())}
    rows = []
    for _, member in members.groupby("area", sort=True):
        own = wards.loc[member["ward_code"]].sort_values(["population", "ward_name"], ascending=[False, True])
        people = own["population"].sum()
        rows.append(
            {
                "area_id": area_id(own.index),
                "area_name": _name(own),
                "ward_codes": ";".join(sorted(own.index)),
                "wards": len(own),
                "population": people,
                "district_names": _distinct(own["district_name"]),
                "force_names": _distinct(own["force_name"]),
                "country": own["country"].iloc[0],
                "crimes": own["crimes"].sum(),
                "exposure": (own["population"] * own["months_covered"]).sum() / 12_000,
                "harm": own["harm"].sum(),
                "share_of_harm": own["harm"].sum() / harm[own["country"].iloc[0]],
                "index_score": _mean_score(own),
                "hot_cluster": names[member["cluster"].iloc[0]],
                "within_limits": limits.population[0] <= people <= limits.population[1]
                and len(own) <= limits.max_wards,
                "visitor_wards": ";".join(sorted(own.index[own["visitor_ward"].fillna(False).astype(bool)])),
                "synthetic": bool(own["synthetic"].any()),
                "geometry": own.geometry.union_all(),
            }
        )
    columns = list(rows[0]) if rows else _EMPTY
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=SYSTEM).set_index("area_id").sort_index()


def _mean_score(own: gpd.GeoDataFrame) -> float:
    """Mean index of the wards that have one, by their residents; missing where none has."""
    scored = own[own["index_score"].notna()]
    people = float(scored["population"].sum())
    return float((scored["index_score"] * scored["population"]).sum() / people) if people > 0 else float("nan")


_EMPTY = [
    "area_id", "area_name", "ward_codes", "wards", "population", "district_names", "force_names", "country", "crimes",
    "exposure", "harm", "share_of_harm", "index_score", "hot_cluster", "within_limits", "visitor_wards", "synthetic",
    "geometry",
]  # fmt: skip


def area_id(ward_codes: Sequence[str] | pd.Index) -> str:
    """Identifier of a set of wards: the same wards have the same one in every run."""
    digest = hashlib.sha256(";".join(sorted(ward_codes)).encode()).hexdigest()
    return f"A-{digest[:8]}"


def _name(own: gpd.GeoDataFrame) -> str:
    """Largest two wards and the district: 'Everton, Kirkdale and 2 more (Liverpool)'."""
    names = list(own["ward_name"])
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    listed = " and ".join(names) if len(names) == 2 else ", ".join(names[:2])
    return f"{listed}{more} ({_distinct(own['district_name'])})"


def _distinct(values: pd.Series) -> str:
    return ";".join(sorted({value for value in values if value}))


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
