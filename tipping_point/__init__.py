"""Find the small clusters of wards where serious crime is concentrated and disadvantage compounds it.

The verbs of the package, in the order of a study. Each takes tables first and options after; the options bear the
names and defaults of the study file's keys.
"""

from tipping_point.areas.evaluate import Displacement, weighted_displacement_difference
from tipping_point.areas.group import Limits, build_areas, group_touching
from tipping_point.areas.rank import add_area_id, rank_areas
from tipping_point.config import Config, read_study
from tipping_point.demo.city import Demo, make_demo
from tipping_point.hotspots.emerging import classify, find_emerging
from tipping_point.hotspots.find import explain_hotspot, find_hotspots
from tipping_point.hotspots.local import LocalResult, gi, gi_star, local_moran
from tipping_point.hotspots.scan import flexible_scan, poisson_scan
from tipping_point.hotspots.space_time import space_time_gi_star
from tipping_point.hotspots.testing import adjust_p
from tipping_point.measures.chronicity import Rules, add_states, find_states, rolling_windows
from tipping_point.measures.concentration import concentration, generalised_gini, gini, lorenz, share_of_places
from tipping_point.measures.harm import HARM_WEIGHTS
from tipping_point.measures.index import Component, add_deprivation, add_index, default_components
from tipping_point.measures.named import MEASURES, choose_types
from tipping_point.measures.rates import add_crimes, add_rates, empirical_bayes, poisson_interval, rates_by_period
from tipping_point.measures.transitions import (
    calibration,
    forecast_chronic,
    predict_chronic,
    predict_past,
    states_by_year,
    transition_probabilities,
)
from tipping_point.measures.visitors import add_visitors
from tipping_point.measures.windows import count_by_month
from tipping_point.outputs.maps import draw_map, write_map
from tipping_point.outputs.report import write_report
from tipping_point.outputs.tables import write_tables
from tipping_point.pipeline import Results, analyse, check_study, run_study
from tipping_point.schema import Column, Cover, InputError, deprivation_transform, force_slug
from tipping_point.sources.crime import StreetCrimes, list_street_files, read_street_crimes
from tipping_point.sources.deprivation import read_deprivation
from tipping_point.sources.geography import read_boundaries, read_lookup
from tipping_point.sources.indicators import read_indicator
from tipping_point.sources.london import WardTables, list_ward_tables, read_ward_tables
from tipping_point.sources.population import read_population
from tipping_point.trend import mann_kendall
from tipping_point.wards.counts import count_crimes, place_crimes
from tipping_point.wards.coverage import add_coverage, build_coverage
from tipping_point.wards.neighbours import build_graph, graph_table
from tipping_point.wards.table import build_wards
from tipping_point.wards.vintages import Membership, bring_to_wards, build_membership, convert_to_wards, find_owners

__version__ = "0.1.0"

__all__ = [
    "HARM_WEIGHTS",
    "MEASURES",
    "Column",
    "Component",
    "Config",
    "Cover",
    "Demo",
    "Displacement",
    "InputError",
    "Limits",
    "LocalResult",
    "Membership",
    "Results",
    "Rules",
    "StreetCrimes",
    "WardTables",
    "add_area_id",
    "add_coverage",
    "add_crimes",
    "add_deprivation",
    "add_index",
    "add_rates",
    "add_states",
    "add_visitors",
    "adjust_p",
    "analyse",
    "bring_to_wards",
    "build_areas",
    "build_coverage",
    "build_graph",
    "build_membership",
    "build_wards",
    "calibration",
    "check_study",
    "choose_types",
    "classify",
    "concentration",
    "convert_to_wards",
    "count_by_month",
    "count_crimes",
    "default_components",
    "deprivation_transform",
    "draw_map",
    "empirical_bayes",
    "explain_hotspot",
    "find_emerging",
    "find_hotspots",
    "find_owners",
    "find_states",
    "flexible_scan",
    "force_slug",
    "forecast_chronic",
    "generalised_gini",
    "gi",
    "gi_star",
    "gini",
    "graph_table",
    "group_touching",
    "list_street_files",
    "list_ward_tables",
    "local_moran",
    "lorenz",
    "make_demo",
    "mann_kendall",
    "place_crimes",
    "poisson_interval",
    "poisson_scan",
    "predict_chronic",
    "predict_past",
    "rank_areas",
    "rates_by_period",
    "read_boundaries",
    "read_deprivation",
    "read_indicator",
    "read_lookup",
    "read_population",
    "read_street_crimes",
    "read_study",
    "read_ward_tables",
    "rolling_windows",
    "run_study",
    "share_of_places",
    "space_time_gi_star",
    "states_by_year",
    "transition_probabilities",
    "weighted_displacement_difference",
    "write_map",
    "write_report",
    "write_tables",
]
