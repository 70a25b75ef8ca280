"""What is said of the areas: criteria, who can act, what they are like, what they can add, and why not others."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from libpysal.graph import Graph

from tipping_point.areas.comparators import find_comparators
from tipping_point.areas.criteria import add_criteria, find_rising
from tipping_point.areas.equality import compare_choices, equality
from tipping_point.areas.given import adjust_areas
from tipping_point.areas.goal import add_contribution, yearly_path
from tipping_point.areas.profile import (
    add_accountability,
    add_levers,
    add_police_generated,
    add_profile,
    area_members,
    describe_domains,
    name_levers,
    police_generated_shares,
    victim_reported,
)
from tipping_point.measures.concentration import begin_concentration
from tipping_point.measures.index import Component
from tipping_point.measures.windows import count_by_month, split_months
from tipping_point.pipeline.choose import WITHOUT_POLICE, Chosen, wards_of
from tipping_point.pipeline.read import Prepared
from tipping_point.pipeline.vocabulary import vocabulary_of
from tipping_point.study import Study
from tipping_point.text.areas import add_explanations, add_police_reason, district_annex, explain_areas

DEPRIVATION = ("deprivation",)
LIKE_DEPRIVED = 20
"""Wards as deprived as an area, by whose harm it is asked what the area could come down to."""


@dataclass(frozen=True)
class Described:
    """Wards and areas with all that is said of them, and the tables beside them by the name of their file."""

    wards: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    concentration: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]


def describe_areas(
    study: Study, wards: gpd.GeoDataFrame, graph: Graph, counts: pd.DataFrame, chosen: Chosen, prepared: Prepared,
    *, monthly: pd.DataFrame, weights: Mapping[str, float], components: Sequence[Component],
) -> Described:  # fmt: skip
    """Everything that stands beside a choice once it is made. None of it enters the choice."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        concentration = _begin_concentration(wards, monthly, pool, seed=study.seed)
        wards, areas, tables = _describe(
            study, wards, graph, counts, chosen, prepared, weights=weights, components=components
        )
        return Described(wards, areas, concentration(), tables)


def _begin_concentration(
    wards: gpd.GeoDataFrame, monthly: pd.DataFrame, pool: Executor, *, seed: int
) -> Callable[[], pd.DataFrame]:
    """How concentrated the measure is, year by year, in the whole study and in each force, against chance.

    Begun in threads of `pool`; call what is returned to wait for it.
    """
    years = split_months(monthly.reindex(wards.index), months=min(12, monthly.shape[1]), step=12).counts
    years = years.where(wards["assessed"])
    people = wards["population"].where(wards["population"] > 0, 0.0).fillna(0.0)
    groups = [None]
    if wards.loc[wards["assessed"], "force_name"].nunique() > 1:
        groups.append(wards["force_name"])
    begun = [begin_concentration(years, each, pool, exposure=people, seed=seed) for each in groups]
    return lambda: pd.concat([wait() for wait in begun], ignore_index=True).query("crimes > 0")


def _describe(
    study: Study, wards: gpd.GeoDataFrame, graph: Graph, counts: pd.DataFrame, chosen: Chosen, prepared: Prepared,
    *, weights: Mapping[str, float], components: Sequence[Component],
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, dict[str, pd.DataFrame]]:  # fmt: skip
    wards = wards.copy()
    wards.attrs = {}  # every row and column taken from a table copies what is noted on it
    vocabulary = vocabulary_of(study)
    harm = count_by_month(counts, weights=weights)
    victims = count_by_month(counts, weights=dict.fromkeys(victim_reported(vocabulary, weights), 1.0))
    areas = chosen.areas
    rising = find_rising(areas, wards, victims, alpha=study.criteria.rules.alpha)
    areas = add_criteria(areas, wards, graph, rules=study.criteria.rules, rising=rising)
    domains = describe_domains(areas, wards)
    areas = add_levers(add_profile(areas, domains), domains)
    areas, wards = _police_generated(areas, wards, counts, chosen, weights, vocabulary)
    areas = add_accountability(areas, wards, partnerships=prepared.partnerships, authorities=prepared.authorities)
    alike = find_comparators(areas, wards, graph, harm, number=study.goal.comparators)
    deprived = find_comparators(areas, wards, graph, harm, number=LIKE_DEPRIVED, traits=DEPRIVATION)
    areas = add_contribution(areas, wards, deprived.pairs)
    areas, wards = _explain(study, areas, wards, chosen, components)
    baseline = study.goal.baseline_year or int(study.period.end[:4])
    tables = {
        "levers": name_levers(domains, areas["country"]),
        "domains": domains,
        "comparators": alike.pairs,
        "balance": alike.balance,
        "scorecard": yearly_path(areas, wards, baseline_year=baseline),
        "annex": district_annex(wards, areas),
        "settings": _compare_settings(chosen, wards),
        "equality": _equality(wards, areas, chosen, prepared.characteristics),
    }
    if study.areas.adjustments:
        chosen_areas = areas[areas["shortlisted"]]
        tables["adjusted"] = adjust_areas(
            chosen_areas, wards, graph, study.areas.adjustments, value="value", limits=study.areas.limits
        )
    return wards, areas, tables


def _police_generated(
    areas: gpd.GeoDataFrame, wards: gpd.GeoDataFrame, counts: pd.DataFrame, chosen: Chosen,
    weights: Mapping[str, float], vocabulary: str,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:  # fmt: skip
    """How far wards and areas rest on offences that police generate, and whether they stay without them."""
    each = pd.DataFrame({"place": wards.index, "ward_code": wards.index})
    still = chosen.others.get(WITHOUT_POLICE)
    found = []
    for places, members in ((areas, area_members(areas)), (wards, each)):
        shares = police_generated_shares(counts, members, weights=weights, vocabulary=vocabulary)
        judged = add_police_generated(places, shares, chosen=chosen.wards, still_chosen=still)
        found.append(add_police_reason(judged))
    return found[0], found[1]


def _explain(
    study: Study, areas: gpd.GeoDataFrame, wards: gpd.GeoDataFrame, chosen: Chosen, components: Sequence[Component]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Why every area and ward is in, nearly in or out, and what would change it."""
    own = {
        str(country): {part.column: part.weight for part in components if part.country in ("", country)}
        for country in wards["country"].dropna().unique()
    }
    explained = explain_areas(
        areas,
        wards,
        weights=own,
        by_value=study.areas.method == "select",
        asked=study.areas.areas,
        limits=study.areas.limits,
        alternatives=chosen.others,
    )
    return explained, add_explanations(
        wards, explained, weights=own, votes=study.areas.votes, near_misses=chosen.near_misses, asked=study.areas.areas,
        limits=study.areas.limits, alternatives=chosen.others,
    )  # fmt: skip


def _compare_settings(chosen: Chosen, wards: gpd.GeoDataFrame) -> pd.DataFrame:
    """One row per other setting: how many of the chosen wards it chooses too."""
    rows = [{"setting": name, **compare_choices(chosen.wards, other, wards)} for name, other in chosen.others.items()]
    columns = ["setting", *compare_choices((), (), wards)]
    return pd.DataFrame(rows, columns=columns)


def _equality(
    wards: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, chosen: Chosen, characteristics: pd.DataFrame
) -> pd.DataFrame:
    """Who lives in the chosen and the nearly chosen wards."""
    listed = areas[areas["rank"].notna() & ~areas["shortlisted"]]
    return equality(wards, characteristics, chosen=chosen.wards, near=wards_of(listed))


def period_in_words(study: Study) -> str:
    """What a fall is counted from."""
    first, last = (pd.Period(month, freq="M").strftime("%B %Y") for month in (study.period.start, study.period.end))
    return f"the average year of {first} to {last}" if first != last else last
