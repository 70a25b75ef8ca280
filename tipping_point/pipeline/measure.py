"""Counts to what is known of each ward: rates, harm, busy centres, states over time, and the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from libpysal.graph import Graph

from tipping_point.facts.crime_types import NOT_CRIME
from tipping_point.measures.chronicity import add_states
from tipping_point.measures.components import describe_overlaps
from tipping_point.measures.denominators import compare_denominators
from tipping_point.measures.index import Component, add_index, index_diagnostics
from tipping_point.measures.kinds_of_place import find_kinds
from tipping_point.measures.rates import add_crimes, add_rates
from tipping_point.measures.transitions import forecast_chronic
from tipping_point.measures.visitors import add_visitors
from tipping_point.measures.windows import count_by_month
from tipping_point.pipeline.calibrate import calibrate_study
from tipping_point.pipeline.count import Placed
from tipping_point.pipeline.preset import choose_components
from tipping_point.pipeline.read import Prepared
from tipping_point.pipeline.vocabulary import is_incidents, vocabulary_of
from tipping_point.study import Study
from tipping_point.text.measures import name_kinds
from tipping_point.wards.neighbours import build_graph
from tipping_point.wards.points import add_near_border


@dataclass(frozen=True)
class Measured:
    """The wards before any test, and what the tests need beside them."""

    wards: gpd.GeoDataFrame
    graph: Graph
    monthly: pd.DataFrame
    """Crimes of the measure, wards x months."""
    components: tuple[Component, ...]
    tables: Mapping[str, pd.DataFrame]
    choices: tuple[str, ...]


def measure_wards(
    study: Study, prepared: Prepared, found: Placed, *, weights: Mapping[str, float],
    domain_weights: Mapping[str, Mapping[str, float]], step: Callable[[], None],
) -> Measured:  # fmt: skip
    """Every measure of the wards, in the order in which they build on each other."""
    counts = found.counted.counts
    wards = add_crimes(found.wards, counts, weights=weights)
    if found.withheld.any():
        # What its publisher held back is in no total, and a total without it is not the total.
        lacking = counts.loc[found.withheld & ~counts["crime_type"].isin(NOT_CRIME), "ward_code"].unique()
        wards["crimes_all"] = wards["crimes_all"].mask(wards.index.isin(lacking))
    if len(found.agreement) and not is_incidents(study):
        wards = add_near_border(wards, found.placed, types=list(weights))
    wards = add_visitors(
        wards,
        counts,
        vocabulary=vocabulary_of(study),
        daytime=study.rates.daytime,
        daytime_kind=study.rates.daytime_kind,
    )
    wards = add_rates(wards, denominator=study.rates.denominator)
    kinds = find_kinds(wards, seed=study.seed)
    names = name_kinds(kinds.table)
    wards["kind_of_place"] = kinds.kind.map(names)
    step()
    graph = build_graph(wards)
    monthly = count_by_month(counts, weights=dict.fromkeys(weights, 1.0))
    wards = add_states(wards, monthly, graph, rules=study.chronicity.rules)
    forecast, calibrated = forecast_chronic(wards, monthly, graph, rules=study.chronicity.rules)
    if forecast.notna().any():
        wards["chronic_next_year"] = forecast
    step()
    wards, components = choose_components(study, wards, counts, prepared, domain_weights)
    choices = (*wards.attrs.pop("choices", ()), *describe_overlaps(components))
    wards = add_index(wards, components=components, scale=study.index.scale, combine=study.index.combine)
    correlations, effective = index_diagnostics(wards, components=components, combine=study.index.combine)
    named = kinds.table.assign(name=kinds.table["kind"].map(names))
    tables = {"calibration": calibrated, "correlations": correlations, "components": effective, "kinds": named}
    if study.of("recorded_crime"):
        calibrated_to, said = calibrate_study(study, prepared, wards, counts)
        tables |= calibrated_to
        choices = (*choices, *said)
    denominators = list_denominators(study)
    if len(denominators) > 1:
        tables["denominators"] = compare_denominators(wards, denominators)
    return Measured(wards, graph, monthly, components, tables, choices)


def list_denominators(study: Study) -> list[str]:
    """Those under which the wards are ranked side by side, the study's own first."""
    return list(dict.fromkeys([study.rates.denominator, *study.rates.denominators]))
