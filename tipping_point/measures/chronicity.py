"""Is a ward chronic, tipping, easing? From how often its rolling windows were among the highest.

The highest are always found anew in each window, among the wards of the same country that are covered in it: a change
of recording that lifts all wards alike moves no state. A month that is not covered is not a cold month.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame
from libpysal.graph import Graph
from scipy.stats import rankdata

from tipping_point.measures.rates import PER, empirical_bayes
from tipping_point.measures.windows import Blocks, check_monthly, rolling_windows, split_months
from tipping_point.tables import InputError, check_table
from tipping_point.trend import mann_kendall, theil_sen

log = logging.getLogger(__name__)

__all__ = ["NOT_ASSESSED", "STATES", "Rules", "add_states", "find_states", "neighbour_share", "rolling_windows"]

STATES = ("chronic", "tipping", "easing", "intermittent", "not")
NOT_ASSESSED = "not assessed"

FEWEST_WARDS = 10
"""Wards below which a tenth is less than one ward: nothing can be said of a window."""

SHARES = ("top", "chronic", "tipping", "near_top", "alpha", "minimum_covered", "minimum_wards")
CHOICES = {"by": ("rate", "smoothed_rate", "count"), "trend": ("relative", "absolute")}


@dataclass(frozen=True)
class Rules:
    """Every threshold of a state. Shares are 0-1."""

    months: int = 12
    """Length of a window."""
    by: str = "rate"
    """What the top of a window is the top of: 'rate' per resident, 'smoothed_rate' (empirical Bayes), 'count'."""
    top: float = 0.1
    """The top of a window: at most this share of its wards, rounded down; wards that tie across the edge are out."""
    chronic: float = 0.75
    """Chronic: at least this share of a ward's windows in the top, and the last one."""
    tipping: float = 0.5
    """Share of windows in the top that makes a ward near the top tipping."""
    near_top: float = 0.2
    """Near the top: the last window's smoothed rate within this share of wards."""
    alpha: float = 0.05
    """Rising: two-sided p below it, and upwards."""
    minimum_windows: int = 12
    """Covered windows that a state needs; 12 windows of 12 months span 23 months."""
    minimum_covered: float = 0.75
    """Share of the months of a window, quarter or year that must be covered."""
    minimum_wards: float = 0.5
    """Share of a country's assessed wards that must be covered in a window, else the window compares with too few."""
    within: str = "country"
    """Column of the wards among which the top is found."""
    denominator: str = "population"
    trend: str = "relative"
    """'relative': to the rate of trend_within in the same period, which takes out seasons and changes of recording;
    'absolute': less the seasons of trend_within."""
    trend_within: str = "force_name"
    trend_months: int | None = None
    """Months, back from the last, that slope and trend look at; None is all. The residents are of one year: over many
    years a ward that gained residents looks rising."""

    def __post_init__(self) -> None:
        """Refuse what cannot be, naming every fault."""
        faults = [
            f"chronicity.{name}: {getattr(self, name):g} given; it must be above 0 and at most 1"
            for name in SHARES
            if not 0 < getattr(self, name) <= 1
        ]
        faults += [
            f"chronicity.{name}: '{getattr(self, name)}' is not known; choose from {', '.join(allowed)}"
            for name, allowed in CHOICES.items()
            if getattr(self, name) not in allowed
        ]
        faults += [
            f"chronicity.{name}: {getattr(self, name)} given; it must be at least 1"
            for name in ("months", "minimum_windows", "trend_months")
            if getattr(self, name) is not None and getattr(self, name) < 1
        ]
        if faults:
            raise InputError(faults)


DEFAULT_RULES = Rules()


def find_states(
    wards: pd.DataFrame,
    monthly: pd.DataFrame,
    graph: Graph,
    *,
    rules: Rules = DEFAULT_RULES,
    trend_p: pd.Series | None = None,
) -> pd.DataFrame:
    """Chronic, tipping, easing, intermittent or not: the first that holds.

    chronic: at least `rules.chronic` of the windows in the top, and the last one. tipping: the last window's smoothed
    rate near the top, and rising. easing: at least `rules.chronic` of the windows in the top, but not the last one.
    tipping also: near the top, and at least `rules.tipping` of the windows in the top, or beside a chronic ward.
    intermittent: any window in the top. So a ward that was chronic and has just left the top is easing, unless it
    rises. Where the rates of a country cannot be told apart from chance, smoothing makes them one, and none is near the
    top.

    Args:
        wards: indexed by ward_code, with assessed and the columns that the rules name (country, population,
            force_name).
        monthly: crimes (or harm), wards x months 'YYYY-MM', missing where not covered.
        graph: neighbours, on the index of the wards.
        rules: the thresholds.
        trend_p: two-sided p of a trend test of each ward, on periods that do not overlap; its direction is taken from
            here. None tests the quarters (`trend.mann_kendall`).

    Returns:
        On the index of the wards: chronic_state; chronic_reason (why tipping, or why not assessed); windows;
        windows_top; chronic_share = windows_top/windows; last_window_top; longest_run (windows one after the other
        in the top; those that are not covered are skipped: they neither break a run nor lengthen it); last_rate (the
        last window's smoothed rate, per 1,000 a year); slope (Theil-Sen over years that do not overlap, of their
        smoothed rates, per 1,000 a year each year; relative: at the mean rate of trend_within); trend_p; trend (-1, 0,
        1: the direction where p < alpha). A state needs the last window covered and `rules.minimum_windows` windows.

    Raises:
        InputError: columns that are absent, wards of the counts that the ward table does not know, wards that the
            graph lacks, counts that are not counts.
    """
    table = _align(wards, monthly, graph, rules)
    people = wards[rules.denominator].astype(float).where(wards["assessed"].astype(bool))
    windows = split_months(table, months=rules.months, step=1, minimum_covered=rules.minimum_covered)
    smoothed = _smoothed_rates(_last(windows), people, wards[rules.within])
    hot = _hot_windows(windows, people, wards, rules)
    near = find_top(smoothed, wards[rules.within], share=rules.near_top).iloc[:, -1:].eq(1).any(axis=1)
    result = _summarise(hot)
    result["last_rate"] = smoothed.iloc[:, -1] if smoothed.shape[1] else np.nan
    result["slope"], result["trend_p"], direction = _find_trends(table, people, wards, rules)
    if trend_p is not None:
        result["trend_p"] = trend_p.reindex(wards.index).astype(float)
    result["trend"] = np.where(result["trend_p"] < rules.alpha, direction, 0).astype(int)
    blame = _not_assessed(wards, people, windows, hot, result, rules)
    states, reasons = _judge(result, near, blame == "", graph, rules)
    result.insert(0, "chronic_state", states)
    result.insert(1, "chronic_reason", blame.where(blame != "", reasons))
    log.info(
        "chronicity: %d wards, %d windows of %d months; %s",
        len(result), hot.shape[1], rules.months,
        ", ".join(f"{number} {state}" for state, number in states.value_counts().items()),
    )  # fmt: skip
    return result


def add_states(
    wards: GeoDataFrame, monthly: pd.DataFrame, graph: Graph, *, rules: Rules = DEFAULT_RULES
) -> GeoDataFrame:
    """Add chronic_state, chronic_reason, chronic_share, longest_run and chronic_trend, by `find_states`.

    Args:
        wards: see `find_states`.
        monthly: see `find_states`.
        graph: see `find_states`.
        rules: thresholds.

    Returns:
        The wards. Those that are not assessed have blanks; where the period is too short for any state
        (`rules.months + rules.minimum_windows - 1` months are needed) the wards come back without the columns.
    """
    needed = rules.months + rules.minimum_windows - 1
    if monthly.shape[1] < needed:
        log.info("chronicity: %d months cannot show a state; %d are needed", monthly.shape[1], needed)
        return wards.copy()
    states = find_states(wards, monthly, graph, rules=rules)
    assessed = wards["assessed"].astype(bool)
    result = wards.copy()
    for column in ("chronic_state", "chronic_reason"):
        result[column] = states[column].where(assessed, "")
    result["chronic_share"] = states["chronic_share"].where(assessed)
    result["longest_run"] = states["longest_run"].astype("Int64").where(assessed)
    result["chronic_trend"] = states["trend"].astype("Int64").where(assessed & states["trend_p"].notna())
    return result


def find_top(values: pd.DataFrame, groups: pd.Series, *, share: float, minimum_wards: float = 0.0) -> pd.DataFrame:
    """Which wards are in the top `share` of each column, within their group: 1 or 0, missing where not known.

    At most floor(share x wards known) are; a ward is one where no more than that have a value as high as its own, so
    that wards which tie across the edge are all out, and none is where all are equal. A column says nothing of a group
    with fewer than ten wards known, or fewer than `minimum_wards` of the group's wards with any value.
    """
    result = pd.DataFrame(np.nan, index=values.index, columns=values.columns)
    for _, codes in groups.groupby(groups).groups.items():
        block = values.loc[codes].to_numpy(dtype=float)
        known = ~np.isnan(block)
        number = known.sum(axis=0)
        needed = max(FEWEST_WARDS, math.ceil(minimum_wards * int(known.any(axis=1).sum()) - 1e-9))
        as_high = rankdata(np.where(known, -block, np.inf), method="max", axis=0)
        top = as_high <= np.floor(share * number + 1e-9)
        result.loc[codes] = np.where(known & (number >= needed), top.astype(float), np.nan)
    return result


def neighbour_share(graph: Graph, flag: pd.Series) -> pd.Series:
    """Share of a ward's neighbours that are flagged, among those whose flag is known; NaN where none is.

    Args:
        graph: neighbours with positive weight; a ward is not its own neighbour.
        flag: 1 or 0, NaN not known, on the ward codes.

    Raises:
        InputError: wards that the graph lacks.
    """
    lacking = flag.index.difference(graph.unique_ids)
    if len(lacking):
        raise InputError(f"graph: {len(lacking)} wards are not in it, e.g. {', '.join(map(str, lacking[:5]))}")
    links = (graph.sparse > 0).astype(float)
    links.setdiag(0.0)
    flags = flag.astype(float).reindex(graph.unique_ids)
    known = pd.Series(links @ flags.notna().to_numpy(dtype=float), index=graph.unique_ids)
    flagged = pd.Series(links @ flags.fillna(0.0).to_numpy(), index=graph.unique_ids)
    return (flagged / known.where(known > 0)).reindex(flag.index)


def _align(wards: pd.DataFrame, monthly: pd.DataFrame, graph: Graph, rules: Rules) -> pd.DataFrame:
    """The monthly table on the wards' index, missing where the ward is not assessed."""
    faults: list[str] = []
    try:
        check_table(wards, "wards", ["assessed", rules.within, rules.denominator, rules.trend_within])
    except InputError as error:
        faults += error.faults
    try:
        table = check_monthly(monthly)
    except InputError as error:
        raise InputError([*faults, *error.faults]) from error
    unknown = table.index.difference(wards.index)
    if len(unknown):
        faults.append(
            f"monthly: {len(unknown)} wards are not in the ward table, e.g. {', '.join(map(str, unknown[:5]))}: they "
            f"are of another vintage or area"
        )
    lacking = wards.index.difference(graph.unique_ids)
    if len(lacking):
        faults.append(f"graph: {len(lacking)} wards are not in it, e.g. {', '.join(map(str, lacking[:5]))}")
    if faults:
        raise InputError(faults)
    return table.reindex(wards.index).where(wards["assessed"].astype(bool), axis=0)


def _last(blocks: Blocks) -> Blocks:
    return Blocks(blocks.counts.iloc[:, -1:], blocks.covered.iloc[:, -1:])


def _smoothed_rates(blocks: Blocks, people: pd.Series, groups: pd.Series) -> pd.DataFrame:
    """Empirical-Bayes rates of each period within each group, per 1,000 a year."""
    result = pd.DataFrame(np.nan, index=blocks.counts.index, columns=blocks.counts.columns)
    exposure = blocks.covered.mul(people, axis=0) / (12 * PER)
    for _, codes in groups.groupby(groups).groups.items():
        for period in result.columns:
            counts, amount = blocks.counts.loc[codes, period], exposure.loc[codes, period]
            known = codes[(counts.notna() & (amount > 0)).to_numpy()]
            if len(known):
                result.loc[known, period] = empirical_bayes(counts[known], amount[known])[0]
    return result


def _hot_windows(windows: Blocks, people: pd.Series, wards: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    groups = wards[rules.within]
    if rules.by == "smoothed_rate":
        values = _smoothed_rates(windows, people, groups)
    elif rules.by == "rate":
        values = windows.annual_rates(people)
    else:
        values = (windows.counts * 12 / windows.covered.where(windows.covered > 0)).where(people > 0, axis=0)
    return find_top(values, groups, share=rules.top, minimum_wards=rules.minimum_wards)


def _summarise(hot: pd.DataFrame) -> pd.DataFrame:
    top = hot.to_numpy(dtype=float)
    known = ~np.isnan(top)
    run, longest = np.zeros(len(top), dtype=int), np.zeros(len(top), dtype=int)
    for column in top.T:
        run = np.where(np.isnan(column), run, np.where(column == 1, run + 1, 0))
        longest = np.maximum(longest, run)
    number, high = known.sum(axis=1), np.nansum(top, axis=1).astype(int)
    last = top[:, -1] if top.shape[1] else np.full(len(top), np.nan)
    return pd.DataFrame(
        {
            "windows": number, "windows_top": high,
            "chronic_share": np.divide(high, number, out=np.full(len(top), np.nan), where=number > 0),
            "last_window_top": pd.array(last, dtype="boolean"), "longest_run": longest,
        },
        index=hot.index,
    )  # fmt: skip


def _find_trends(
    table: pd.DataFrame, people: pd.Series, wards: pd.DataFrame, rules: Rules
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Slope of the years, p and direction of the quarters, each period against its reference."""
    recent = table.iloc[:, -rules.trend_months :] if rules.trend_months is not None else table
    years, quarters = (
        split_months(recent, months=months, step=months, minimum_covered=rules.minimum_covered) for months in (12, 3)
    )
    groups = wards[rules.trend_within]
    yearly = _smoothed_rates(years, people, wards[rules.within]) / _reference(years, people, groups, rules.trend)
    quarterly = quarters.annual_rates(people) / _reference(quarters, people, groups, rules.trend)
    trend = mann_kendall(quarterly)
    return theil_sen(yearly.to_numpy(dtype=float)), trend.p.to_numpy(), trend.sign.to_numpy(dtype=float)


def _reference(blocks: Blocks, people: pd.Series, groups: pd.Series, trend: str) -> pd.DataFrame:
    """What a ward's rate is divided by, mean about 1: the course of its group (relative), or its seasons (absolute)."""
    exposure = blocks.covered.mul(people, axis=0).where(blocks.counts.notna())
    total = blocks.counts.where(exposure.notna()).groupby(groups).sum()
    level = total / exposure.groupby(groups).sum().where(lambda amount: amount > 0)
    if trend == "absolute":
        season = level.columns.str[5:]
        level = level.T.groupby(np.asarray(season)).transform("mean").T
    shape = level.div(level.mean(axis=1), axis=0)
    result = shape.where(shape > 0).reindex(groups)
    result.index = groups.index
    return result


def _not_assessed(
    wards: pd.DataFrame, people: pd.Series, windows: Blocks, hot: pd.DataFrame, result: pd.DataFrame, rules: Rules
) -> pd.Series:
    """Why a ward has no state; '' where it has one. The gravest reason is given."""
    blame = pd.Series("", index=wards.index, dtype=str)
    number = windows.counts.notna().sum(axis=1)
    few = result["windows"] < rules.minimum_windows
    blame[few] = (
        number.astype(str) + f" windows of {rules.months} months are covered; {rules.minimum_windows} are needed"
    )
    blame[few & (number >= rules.minimum_windows)] = f"too few wards of its {rules.within} are covered to compare with"
    last = f"the last window, to {hot.columns[-1]}, is not covered" if hot.shape[1] else ""
    blame[result["last_window_top"].isna() & ~few] = last
    blame[~(people > 0)] = "no residents are known"
    blame[~wards["assessed"].astype(bool)] = "the ward is not assessed"
    return blame


def _judge(
    result: pd.DataFrame, near: pd.Series, assessed: pd.Series, graph: Graph, rules: Rules
) -> tuple[pd.Series, pd.Series]:
    """States, and why a ward is tipping."""
    often = result["windows_top"] >= rules.chronic * result["windows"] - 1e-9
    last = result["last_window_top"].fillna(False).astype(bool)
    chronic = assessed & often & last
    beside = neighbour_share(graph, chronic.astype(float)).gt(0)
    half = result["windows_top"] >= rules.tipping * result["windows"] - 1e-9
    rising = result["trend"] > 0
    left = often & ~last
    tipping = near & (rising | (~left & (half | beside)))
    states = np.select(
        [~assessed, chronic, tipping, left, result["windows_top"] > 0],
        [NOT_ASSESSED, "chronic", "tipping", "easing", "intermittent"],
        "not",
    )
    words = {"rising": rising, f"in the top in at least {rules.tipping:.0%} of windows": half,
             "beside a chronic ward": beside}  # fmt: skip
    said = pd.DataFrame({word: np.where(holds, word, "") for word, holds in words.items()}, index=result.index)
    reasons = said.apply(lambda row: "; ".join(filter(None, row)), axis=1).astype(str)
    named = pd.Series(states, index=result.index, dtype=str)
    return named, reasons.where(named == "tipping", "")
