"""Like for like: wards that were not chosen but resemble each area, by which its results are to be judged later.

A yardstick fixed beforehand. It plays no part in the choice of areas.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from libpysal.graph import Graph

from tipping_point.areas.group import find_touching
from tipping_point.areas.profile import area_members, chosen_areas
from tipping_point.tables import InputError, check_table, months_between
from tipping_point.trend import theil_sen

log = logging.getLogger(__name__)

TRAITS = ("level", "trend", "deprivation")
QUARTER = 3
FEWEST_QUARTERS = 8
"""Quarters below which a slope says more of chance than of the ward: the match is then without the trend."""

ALIKE = 0.25
"""Standardised difference up to which area and comparators are called alike (Stuart 2010, Statistical Science 25)."""

PAIRS = [
    "area_id", "ward_code", "ward_name", "district_name", "distance", "level", "trend", "deprivation", "area_level",
    "area_trend",
    "area_deprivation", "matched_on", "period",
]  # fmt: skip
BALANCE = ["area_id", "trait", "area", "comparators", "standardised_difference", "alike"]


@dataclass(frozen=True)
class Comparators:
    """The wards that stand beside each area, and how alike they are."""

    pairs: pd.DataFrame
    """One row per area and ward, the nearest first: `PAIRS`."""
    balance: pd.DataFrame
    """One row per area and trait, then 'all' for the shortlist: `BALANCE`."""


def find_comparators(
    areas: pd.DataFrame,
    wards: pd.DataFrame,
    graph: Graph,
    monthly: pd.DataFrame,
    *,
    number: int = 5,
    traits: Sequence[str] = TRAITS,
    period: tuple[str, str] | None = None,
) -> Comparators:
    """For each chosen area the `number` single wards most like it before anything was done: a comparison group.

    Alike in three traits, each in standard deviations of the candidates' wards of the country: level (of `monthly` a
    year per 1,000 residents over the period), trend (slope a year of the ward's share of its force over its mean share,
    of quarters, by Theil and Sen) and deprivation (percentile). The distance is the root of the mean square of the
    differences. A ward may stand beside several areas. Candidates are assessed, of the same country, visitor
    wards only where most of the area's residents live in such, in no chosen area, and touch none.

    Args:
        areas: indexed by area_id, with ward_codes and country.
        wards: indexed by ward_code, with assessed, country, population, visitor_ward, ward_name, district_name,
            force_name and, where the study has it, deprivation.
        graph: neighbours, on the index of the wards.
        monthly: harm (or crimes), wards x months 'YYYY-MM', missing where not covered.
        number: wards beside each area.
        traits: what is matched, of `TRAITS`; the balance shows all three. One that is not known is left out and
            matched_on says what was used.
        period: first and last month looked at, which must lie before anything is done; None: all of `monthly`.

    Raises:
        InputError: absent columns, a number below 1, a period outside the months.
    """
    _check(areas, wards, monthly, number, traits, period)
    months = months_between(*period) if period else [str(month) for month in monthly.columns]
    chosen = chosen_areas(areas)
    members = area_members(chosen).set_index("ward_code")["area_id"]
    table = monthly.reindex(wards.index)[months].astype(float)
    open_wards, visited = _candidates(wards, graph, set(members.index)), _visited(wards)
    pairs, balance = [], []
    for country, group in chosen.groupby("country", sort=False):
        nation = wards.index[wards["country"].eq(country) & wards["assessed"].astype(bool)].sort_values()
        own = members[members.isin(group.index)]
        forces = table.loc[nation].groupby(wards.loc[nation, "force_name"]).sum(min_count=1)
        known = _traits(wards.loc[nation], table.loc[nation], pd.Series(nation, index=nation), forces)
        sought = _traits(wards.loc[own.index], table.loc[own.index], own, forces)
        free = open_wards.reindex(nation).astype(bool)
        spread = known[free].std(ddof=0).where(lambda deviation: deviation > 0)
        for area in group.index:
            pool = known[free & (visited.reindex(nation) == _busy(wards.loc[own.index[own == area]], visited))]
            near = _nearest(str(area), sought.loc[area], pool, spread, traits, number)
            pairs.append(near)
            balance.append(_balance(str(area), sought.loc[area], pool.loc[near["ward_code"]].mean(), spread))
    return _gather(pairs, balance, wards, f"{months[0]} to {months[-1]}")


def _candidates(wards: pd.DataFrame, graph: Graph, taken: set[str]) -> pd.Series:
    """Assessed wards in no chosen area that touch none."""
    return wards["assessed"].astype(bool) & ~wards.index.isin(list(taken)) & ~find_touching(graph, taken, wards.index)


def _busy(own: pd.DataFrame, visited: pd.Series) -> bool:
    """Whether most of the residents of some wards live in visitor wards."""
    return bool(own["population"].where(visited[own.index], 0.0).sum() * 2 > own["population"].sum())


def _visited(wards: pd.DataFrame) -> pd.Series:
    return wards["visitor_ward"].astype("boolean").fillna(False).astype(bool)


def _traits(wards: pd.DataFrame, table: pd.DataFrame, place: pd.Series, forces: pd.DataFrame) -> pd.DataFrame:
    """Level, trend and deprivation of each place, a group of wards; missing where they cannot be known."""
    people = wards["population"].astype(float)
    exposure = table.notna().mul(people, axis=0).groupby(place).sum().sum(axis=1) / 12_000
    sums = table.groupby(place).sum(min_count=1)
    deprived = wards["deprivation"] if "deprivation" in wards.columns else pd.Series(np.nan, index=wards.index)
    weighed = (deprived.astype(float) * people).groupby(place)
    held = weighed.sum().where(weighed.count() == weighed.size())
    total = forces.reindex(wards["force_name"].groupby(place).first())
    return pd.DataFrame(
        {
            "level": sums.sum(axis=1, min_count=1) / exposure.where(exposure > 0),
            "trend": _slope(sums, total.set_axis(sums.index)),
            "deprivation": held / people.groupby(place).sum(),
        }
    )[list(TRAITS)]


def _slope(sums: pd.DataFrame, total: pd.DataFrame) -> pd.Series:
    """Slope a year of the place's share of its force, over its mean share; quarters are counted from the end."""
    months = sums.shape[1] // QUARTER * QUARTER
    if months < FEWEST_QUARTERS * QUARTER:
        return pd.Series(np.nan, index=sums.index)
    label = np.arange(months) // QUARTER
    own, force = (part.iloc[:, -months:].T.groupby(label).sum(min_count=QUARTER).T for part in (sums, total))
    share = own / force.where(force > 0)
    relative = share.div(share.mean(axis=1).where(lambda mean: mean > 0), axis=0)
    return pd.Series(theil_sen(relative.to_numpy(dtype=float)) * 12 / QUARTER, index=sums.index)


def _nearest(
    area: str, sought: pd.Series, pool: pd.DataFrame, spread: pd.Series, traits: Sequence[str], number: int
) -> pd.DataFrame:
    """The wards nearest to the area in the traits that both have; ties by ward_code."""
    used = [trait for trait in traits if pd.notna(sought[trait]) and pd.notna(spread[trait])]
    apart = ((pool[used] - sought[used]) / spread[used]).dropna()
    distance = np.sqrt((apart**2).mean(axis=1)) if used else pd.Series(dtype=float)
    near = distance.rename_axis("ward_code").reset_index(name="distance")
    near = near.sort_values(["distance", "ward_code"]).head(number)
    near = near.assign(area_id=area, matched_on=", ".join(used))
    for trait in TRAITS:
        near[trait] = pool[trait].reindex(near["ward_code"]).to_numpy()
        near[f"area_{trait}"] = float(sought[trait])
    return near


def _balance(area: str, sought: pd.Series, beside: pd.Series, spread: pd.Series) -> pd.DataFrame:
    apart = (sought - beside) / spread
    return pd.DataFrame(
        {"area_id": area, "trait": list(TRAITS), "area": sought.to_numpy(dtype=float),
         "comparators": beside.to_numpy(dtype=float), "standardised_difference": apart.to_numpy(dtype=float)}
    )  # fmt: skip


def _gather(pairs: list[pd.DataFrame], balance: list[pd.DataFrame], wards: pd.DataFrame, period: str) -> Comparators:
    """The tables of all areas, with the shortlist's own balance: the mean difference over its areas."""
    if not pairs:
        return Comparators(pd.DataFrame(columns=PAIRS), pd.DataFrame(columns=BALANCE))
    table = pd.concat(pairs, ignore_index=True).assign(period=period)
    for name in ("ward_name", "district_name"):
        table[name] = wards[name].reindex(table["ward_code"]).to_numpy()
    each = pd.concat(balance, ignore_index=True)
    means = each.groupby("trait", sort=False)[["area", "comparators", "standardised_difference"]].mean()
    differences = pd.concat([each, means.reset_index().assign(area_id="all")], ignore_index=True)
    known = differences["standardised_difference"].notna()
    differences["alike"] = (differences["standardised_difference"].abs() <= ALIKE).astype("boolean").where(known)
    log.info(
        "comparators: %d wards beside %d areas; %d of %d differences within %.2f standard deviations",
        table["ward_code"].nunique(), len(pairs), int(differences["alike"].sum()), int(known.sum()), ALIKE,
    )  # fmt: skip
    return Comparators(table[PAIRS], differences[BALANCE])


def _check(
    areas: pd.DataFrame,
    wards: pd.DataFrame,
    monthly: pd.DataFrame,
    number: int,
    traits: Sequence[str],
    period: tuple[str, str] | None,
) -> None:
    check_table(areas, "areas", ["ward_codes", "country"])
    check_table(
        wards,
        "wards",
        ["assessed", "country", "population", "visitor_ward", "ward_name", "district_name", "force_name"],
    )
    faults = [] if number >= 1 else [f"number: {number} given; it must be at least 1"]
    strange = [trait for trait in traits if trait not in TRAITS]
    if strange or not traits:
        given = ", ".join(strange) or "nothing"
        faults.append(f"traits: {given} given; choose from {', '.join(TRAITS)}")
    absent = [month for month in months_between(*period) if month not in monthly.columns] if period else []
    if absent or (period and period[0] > period[1]):
        faults.append(
            f"period: {period[0]} to {period[1]} given; the months known are {monthly.columns[0]} to"
            f" {monthly.columns[-1]}"
            if period
            else ""
        )
    if faults:
        raise InputError(faults)
