"""The hot-spot tests that a study asks for, each with what it needs."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
from libpysal.graph import Graph

from tipping_point.hotspots.find import METHODS, Tested, run_methods
from tipping_point.measures.rates import rates_by_period
from tipping_point.study import Study
from tipping_point.text.hotspots import add_hotspot_reasons


def find_study_hotspots(
    study: Study, wards: gpd.GeoDataFrame, graph: Graph, monthly: pd.DataFrame
) -> Tested[gpd.GeoDataFrame]:
    """The wards with the columns of every method of the study, and why each ward is or is not hot.

    Args:
        study: the study.
        wards: with the column that is tested, population and months_covered.
        graph: neighbours.
        monthly: crimes of the measure, wards x months.
    """
    series, length = None, 1
    if any("series" in METHODS[name].needs for name in study.hotspots.methods):
        series, length = rates_by_period(wards, monthly, percentile=study.hotspots.column.startswith("component_"))
    exposed = wards.assign(exposure=wards["population"] * wards["months_covered"] / 12)
    asked = study.hotspots.model_dump()  # the keys of the section are the arguments of the verb
    tested = run_methods(exposed, graph, **asked, series=series, months=length, seed=study.seed)
    return replace(tested, wards=add_hotspot_reasons(tested.wards, alpha=study.hotspots.alpha))
