"""Find the small clusters of wards where serious crime is concentrated and disadvantage compounds it.

The verbs of the package, in the order of a study. Each takes tables first and options after; the options bear the
names and defaults of the study file's keys.
"""

from tipping_point.areas.again import choose_again, next_groups, share_again
from tipping_point.areas.alternatives import near_misses
from tipping_point.areas.comparators import Comparators, find_comparators
from tipping_point.areas.criteria import Criteria, add_criteria, find_rising
from tipping_point.areas.equality import compare_choices, equality
from tipping_point.areas.evaluate import (
    Displacement,
    average_precision,
    block_bootstrap_interval,
    capture,
    log_score,
    rank_biased_overlap,
    recall_in_first,
    weighted_displacement_difference,
)
from tipping_point.areas.explain import add_explanations, district_annex, explain_areas, explain_place
from tipping_point.areas.firmness import add_area_firmness
from tipping_point.areas.given import Adjustment, adjust_areas, score_given
from tipping_point.areas.goal import add_contribution, describe_goal, yearly_path
from tipping_point.areas.group import Limits, build_areas, group_touching
from tipping_point.areas.levers import add_levers, name_levers, read_levers
from tipping_point.areas.placebo import Placebos, placebo_dispersion
from tipping_point.areas.profile import (
    add_accountability,
    add_police_generated,
    add_profile,
    describe_domains,
    police_generated_shares,
    victim_reported,
)
from tipping_point.areas.rank import add_area_id, rank_areas
from tipping_point.areas.select import Rule, Selection, find_selection, members, select_areas
from tipping_point.backtest import Backtest, run_backtest
from tipping_point.demo.city import Demo, make_demo
from tipping_point.hotspots.emerging import classify, find_emerging
from tipping_point.hotspots.find import explain_hotspot, find_hotspots
from tipping_point.hotspots.local import LocalResult, gi, gi_star, local_moran
from tipping_point.hotspots.scan import flexible_scan, poisson_scan
from tipping_point.hotspots.space_time import space_time_gi_star
from tipping_point.hotspots.testing import adjust_p
from tipping_point.measures.choices import Choice, add_choice_range, compare_rankings, list_choices, score_choices
from tipping_point.measures.chronicity import Rules, add_states, find_states, rolling_windows
from tipping_point.measures.components import describe_overlaps
from tipping_point.measures.concentration import concentration, generalised_gini, gini, lorenz, share_of_places
from tipping_point.measures.deprivation import aggregate_deprivation
from tipping_point.measures.forecast import build_signals, chance_above, forecast_growth, forecast_level
from tipping_point.measures.harm import HARM_WEIGHTS
from tipping_point.measures.index import Component, add_deprivation, add_index, default_components, index_diagnostics
from tipping_point.measures.named import MEASURES, choose_types
from tipping_point.measures.rates import add_crimes, add_rates, empirical_bayes, poisson_interval, rates_by_period
from tipping_point.measures.sensitivity import describe_ranking, explain_ranking
from tipping_point.measures.simulate import simulate_index
from tipping_point.measures.transitions import (
    calibration,
    forecast_chronic,
    predict_chronic,
    predict_past,
    states_by_year,
    transition_probabilities,
)
from tipping_point.measures.uncertainty import add_firmness
from tipping_point.measures.value import add_value, simulate_value
from tipping_point.measures.visitors import add_visitors
from tipping_point.measures.vulnerable import add_crime_parts, share_of, vli_components, vulnerable_localities
from tipping_point.measures.windows import count_by_month
from tipping_point.outputs.maps import draw_map, write_map
from tipping_point.outputs.report import write_report
from tipping_point.outputs.tables import write_tables
from tipping_point.pipeline import Results, analyse, check_study, explain_in_folder, freeze_study, run_study, show_steps
from tipping_point.sources.census import read_census
from tipping_point.sources.crime import StreetCrimes, list_street_files, read_street_crimes
from tipping_point.sources.deprivation import read_deprivation
from tipping_point.sources.geography import read_boundaries, read_lookup
from tipping_point.sources.gla import read_ward_atlas, read_ward_profiles
from tipping_point.sources.indicators import read_indicator
from tipping_point.sources.london import WardTables, list_ward_tables, read_ward_tables
from tipping_point.sources.population import read_population
from tipping_point.sources.small_areas import read_small_areas
from tipping_point.study import Config, read_study
from tipping_point.tables import Column, Cover, InputError, deprivation_transform, force_slug
from tipping_point.trend import mann_kendall
from tipping_point.wards.counts import count_crimes, place_crimes
from tipping_point.wards.coverage import add_coverage, build_coverage
from tipping_point.wards.neighbours import build_graph, graph_table
from tipping_point.wards.overlap import build_overlap, build_shares
from tipping_point.wards.shares import Converted, Shares
from tipping_point.wards.table import build_wards
from tipping_point.wards.vintages import Membership, bring_to_wards, build_membership, convert_to_wards, find_owners

__version__ = "0.1.0"

__all__ = [
    "HARM_WEIGHTS",
    "MEASURES",
    "Adjustment",
    "Backtest",
    "Choice",
    "Column",
    "Comparators",
    "Component",
    "Config",
    "Converted",
    "Cover",
    "Criteria",
    "Demo",
    "Displacement",
    "InputError",
    "Limits",
    "LocalResult",
    "Membership",
    "Placebos",
    "Results",
    "Rule",
    "Rules",
    "Selection",
    "Shares",
    "StreetCrimes",
    "WardTables",
    "add_accountability",
    "add_area_firmness",
    "add_area_id",
    "add_choice_range",
    "add_contribution",
    "add_coverage",
    "add_crime_parts",
    "add_crimes",
    "add_criteria",
    "add_deprivation",
    "add_explanations",
    "add_firmness",
    "add_index",
    "add_levers",
    "add_police_generated",
    "add_profile",
    "add_rates",
    "add_states",
    "add_value",
    "add_visitors",
    "adjust_areas",
    "adjust_p",
    "aggregate_deprivation",
    "analyse",
    "average_precision",
    "block_bootstrap_interval",
    "bring_to_wards",
    "build_areas",
    "build_coverage",
    "build_graph",
    "build_membership",
    "build_overlap",
    "build_shares",
    "build_signals",
    "build_wards",
    "calibration",
    "capture",
    "chance_above",
    "check_study",
    "choose_again",
    "choose_types",
    "classify",
    "compare_choices",
    "compare_rankings",
    "concentration",
    "convert_to_wards",
    "count_by_month",
    "count_crimes",
    "default_components",
    "deprivation_transform",
    "describe_domains",
    "describe_goal",
    "describe_overlaps",
    "describe_ranking",
    "district_annex",
    "draw_map",
    "empirical_bayes",
    "equality",
    "explain_areas",
    "explain_hotspot",
    "explain_in_folder",
    "explain_place",
    "explain_ranking",
    "find_comparators",
    "find_emerging",
    "find_hotspots",
    "find_owners",
    "find_rising",
    "find_selection",
    "find_states",
    "flexible_scan",
    "force_slug",
    "forecast_chronic",
    "forecast_growth",
    "forecast_level",
    "freeze_study",
    "generalised_gini",
    "gi",
    "gi_star",
    "gini",
    "graph_table",
    "group_touching",
    "index_diagnostics",
    "list_choices",
    "list_street_files",
    "list_ward_tables",
    "local_moran",
    "log_score",
    "lorenz",
    "make_demo",
    "mann_kendall",
    "members",
    "name_levers",
    "near_misses",
    "next_groups",
    "place_crimes",
    "placebo_dispersion",
    "poisson_interval",
    "poisson_scan",
    "police_generated_shares",
    "predict_chronic",
    "predict_past",
    "rank_areas",
    "rank_biased_overlap",
    "rates_by_period",
    "read_boundaries",
    "read_census",
    "read_deprivation",
    "read_indicator",
    "read_levers",
    "read_lookup",
    "read_population",
    "read_small_areas",
    "read_street_crimes",
    "read_study",
    "read_ward_atlas",
    "read_ward_profiles",
    "read_ward_tables",
    "recall_in_first",
    "rolling_windows",
    "run_backtest",
    "run_study",
    "score_choices",
    "score_given",
    "select_areas",
    "share_again",
    "share_of",
    "share_of_places",
    "show_steps",
    "simulate_index",
    "simulate_value",
    "space_time_gi_star",
    "states_by_year",
    "transition_probabilities",
    "victim_reported",
    "vli_components",
    "vulnerable_localities",
    "weighted_displacement_difference",
    "write_map",
    "write_report",
    "write_tables",
    "yearly_path",
]
