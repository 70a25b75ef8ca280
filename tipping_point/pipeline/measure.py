"""Counts to what is known of each ward: rates, harm, busy centres, states over time, and the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from libpysal.graph import Graph

from tipping_point.config import Config
from tipping_point.measures.calibration import calibrate_counts, explain_calibration
from tipping_point.measures.chronicity import add_states
from tipping_point.measures.components import describe_overlaps
from tipping_point.measures.denominators import compare_denominators
from tipping_point.measures.index import Component, add_index, index_diagnostics
from tipping_point.measures.rates import add_crimes, add_rates
from tipping_point.measures.transitions import forecast_chronic
from tipping_point.measures.visitors import add_visitors
from tipping_point.measures.windows import count_by_month
from tipping_point.pipeline.count import Placed
from tipping_point.pipeline.preset import choose_components
from tipping_point.pipeline.read import Prepared
from tipping_point.pipeline.vocabulary import is_incidents, vocabulary_of
from tipping_point.schema import NOT_CRIME, InputError
from tipping_point.sources.calibration import read_recorded_crime
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
    config: Config, prepared: Prepared, found: Placed, *, weights: Mapping[str, float],
    domain_weights: Mapping[str, Mapping[str, float]], step: Callable[[], None],
) -> Measured:  # fmt: skip
    """Every measure of the wards, in the order in which they build on each other."""
    counts = found.counted.counts
    wards = add_crimes(found.wards, counts, weights=weights)
    if found.withheld.any():
        # What its publisher held back is in no total, and a total without it is not the total.
        lacking = counts.loc[found.withheld & ~counts["crime_type"].isin(NOT_CRIME), "ward_code"].unique()
        wards["crimes_all"] = wards["crimes_all"].mask(wards.index.isin(lacking))
    if len(found.agreement) and not is_incidents(config):
        wards = add_near_border(wards, found.placed, types=list(weights))
    wards = add_visitors(
        wards, counts, vocabulary=vocabulary_of(config), daytime=config.daytime, daytime_kind=config.daytime_kind
    )
    wards = add_rates(wards, denominator=config.denominator)
    step()
    graph = build_graph(wards)
    monthly = count_by_month(counts, weights=dict.fromkeys(weights, 1.0))
    wards = add_states(wards, monthly, graph, rules=config.rules)
    forecast, calibrated = forecast_chronic(wards, monthly, graph, rules=config.rules)
    if forecast.notna().any():
        wards["chronic_next_year"] = forecast
    step()
    wards, components = choose_components(config, wards, counts, prepared, domain_weights)
    choices = (*wards.attrs.pop("choices", ()), *describe_overlaps(components))
    wards = add_index(wards, components=components, scale=config.scale, combine=config.combine)
    correlations, effective = index_diagnostics(wards, components=components, combine=config.combine)
    tables = {"calibration": calibrated, "correlations": correlations, "components": effective}
    if config.of("recorded_crime"):
        if vocabulary_of(config) != "police_uk":
            raise InputError(
                "sources.recorded_crime: its offences are held to the types of police.uk; the study has others"
            )
        published = pd.concat([read_recorded_crime(source.path) for source in config.of("recorded_crime")])
        tables["recorded_crime"] = calibrate_counts(counts, published, wards)
        choices = (*choices, *explain_calibration(tables["recorded_crime"]))
    names = list_denominators(config)
    if len(names) > 1:
        tables["denominators"] = compare_denominators(wards, names)
    return Measured(wards, graph, monthly, components, tables, choices)


def list_denominators(config: Config) -> list[str]:
    """Those under which the wards are ranked side by side, the study's own first."""
    return list(dict.fromkeys([config.denominator, *config.denominators]))
