"""Emerging hot spots: Gi* in space and time by permutation, then each ward's history in one of seventeen classes.

The classes are those of Esri's published text, made mirror-symmetric and complete; where others read it differently
the tests say so. Significance, unlike there, is by permutation within the period, so that a change of recording that
lifts all wards alike makes none of them hot.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from libpysal.graph import Graph

from tipping_point.hotspots.space_time import Options, SpaceTimeResult, note_draws, run_space_time, space_time_gi_star
from tipping_point.hotspots.testing import ROUNDING
from tipping_point.tables import InputError, Note
from tipping_point.trend import mann_kendall, option_faults

log = logging.getLogger(__name__)

__all__ = ["CLASSES", "FOUR_WORDS", "SpaceTimeResult", "classify", "find_emerging", "space_time_gi_star"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Table = pd.DataFrame | npt.NDArray[np.bool_]

FEWEST_PERIODS = 10
"""Assessed periods below which a history has no class."""
NO_PATTERN, NOT_ASSESSED = "no pattern", "not assessed"
KINDS = (
    "new",
    "consecutive",
    "intensifying",
    "diminishing",
    "persistent",
    "historical",
    "oscillating",
    "sporadic",
)
"""In the order in which they are tried."""
CLASSES = (*(f"{kind} {sign}" for sign in ("hot", "cold") for kind in KINDS), NO_PATTERN)
"""The seventeen."""
_WORDS = {
    "new hot": "new",
    "consecutive hot": "new",
    "intensifying hot": "worsening",
    "persistent hot": "long-standing",
    "diminishing hot": "easing",
    "historical hot": "easing",
}
FOUR_WORDS: Mapping[str, str] = {name: _WORDS.get(name, "") for name in CLASSES}
"""What people see. 'new' has become hot within the years looked at and stayed so. 'easing' was hot nearly always and
is no longer, or less and less. Wards that come and go (sporadic, oscillating) have no word: the four would claim a
direction. Nor have cold wards: the words are about hot spots, and a 'new' or 'worsening' cold spot would be misread."""


def classify(
    hot: Table,
    cold: Table,
    trend: npt.ArrayLike,
    *,
    assessed: Table | None = None,
    must_be_hot_last: bool = False,
) -> npt.NDArray[np.str_]:
    """The class of each ward's history: one of `CLASSES`, or 'not assessed' with fewer than ten assessed periods.

    Periods that are not assessed are left out of everything: shares are over the assessed periods, 'last' is the last
    assessed one, and a run of hot periods goes on across one that is not assessed. With h hot periods of n, share =
    h/n, the first that holds:

    1. new: hot last, never before.
    2. consecutive: one unbroken run of two or more hot periods to the last, none before it, share < 90%.
    3. intensifying: share >= 90%, hot last, trend up.
    4. diminishing: share >= 90%, hot last, trend down.
    5. persistent: share >= 90%, hot last, no trend.
    6. historical: share >= 90%, not hot last.
    7. oscillating: hot last, cold at some time before, share < 90%.
    8. sporadic: hot at least once, share < 90%, never cold.

    The sign of the last period, if it has one, is tried first, else hot and then cold; if neither has a class, 'no
    pattern'. Cold is the mirror: `classify(cold, hot, -trend)` gives the same with hot and cold exchanged.

    Args:
        hot: wards x periods, significantly hot; what it says of periods that are not assessed is not looked at.
        cold: likewise.
        trend: of each ward, +1 up, 0 none, -1 down; may be missing where the ward is not assessed.
        assessed: wards x periods; None is all.
        must_be_hot_last: sporadic hot must be hot last (and sporadic cold cold last), as in Esri's present text.

    Returns:
        Array of str, one a ward, in the order of the rows.

    Raises:
        InputError: shapes or labels differ, values other than True and False, a ward both hot and cold in a period,
            a trend other than -1, 0 and 1.

    >>> hot, cold = np.zeros((1, 12), dtype=bool), np.zeros((1, 12), dtype=bool)
    >>> hot[0, -1] = True
    >>> str(tp.classify(hot, cold, [0])[0])
    'new hot'
    """
    hot_in, cold_in, known, direction = _read_history(hot, cold, trend, assessed)
    last = known & (np.cumsum(known[:, ::-1], axis=1)[:, ::-1] == 1)
    hot_class = _side(hot_in, cold_in, known, last, direction, must_be_hot_last)
    cold_class = _side(cold_in, hot_in, known, last, -direction, must_be_hot_last)
    cold_first = (cold_in & last).any(axis=1)
    return np.select(
        [
            known.sum(axis=1) < FEWEST_PERIODS,
            cold_first & (cold_class != ""),
            hot_class != "",
            cold_class != "",
        ],
        [
            np.full(len(hot_in), NOT_ASSESSED),
            np.strings.add(cold_class, " cold"),
            np.strings.add(hot_class, " hot"),
            np.strings.add(cold_class, " cold"),
        ],
        NO_PATTERN,
    )


def _side(
    hot: Flags, cold: Flags, known: Flags, last: Flags, trend: Floats, must_be_hot_last: bool
) -> npt.NDArray[np.str_]:
    """The first of `KINDS` that holds, '' if none; shares in whole numbers, so that 9 of 10 is 90%."""
    periods, times = known.sum(axis=1), hot.sum(axis=1)
    nearly_always = 10 * times >= 9 * periods
    hot_last = (hot & last).any(axis=1)
    # Assessed periods from the first hot one on: if as many as the hot ones, these are one run to the last.
    one_run = (known & (np.cumsum(hot, axis=1) > 0)).sum(axis=1) == times
    always_and_last = nearly_always & hot_last
    ever_cold = cold.any(axis=1)
    holds = {
        "new": hot_last & (times == 1),
        "consecutive": hot_last & (times >= 2) & one_run & ~nearly_always,
        "intensifying": always_and_last & (trend > 0),
        "diminishing": always_and_last & (trend < 0),
        "persistent": always_and_last,
        "historical": nearly_always & ~hot_last,
        "oscillating": hot_last & ever_cold & ~nearly_always,
        "sporadic": (times > 0) & ~nearly_always & ~ever_cold & (hot_last | (not must_be_hot_last)),
    }
    return np.select([holds[kind] for kind in KINDS], KINDS, "")


def find_emerging(
    values: pd.DataFrame,
    graph: Graph,
    *,
    months: int | None = None,
    permutations: int = 9999,
    alpha: float = 0.05,
    family: str = Options.family,
    correction: str = Options.correction,
    include_lag_neighbours: bool = Options.include_lag_neighbours,
    reference: str = Options.reference,
    must_be_hot_last: bool = False,
    trend_method: str = "hamed_rao",
    trend_alpha: float = 0.10,
    seasons: int | None = None,
    seed: int,
) -> pd.DataFrame:
    """Class each ward's history of hot and cold periods.

    The trend is that of Gi* of each period by itself: where a ward and its neighbours stand among all wards, not how
    much crime they have, so that one place's rise is a fall of the others. Periods must not overlap, and are refused
    if they do: on rolling windows the trend test rejects a true null most of the time.

    Args:
        values: wards x periods, NaN where not assessed; e.g. standardised rates. Columns are a PeriodIndex without
            gaps, or the last month of each period, 'YYYY-MM', at equal steps. A period without data is a column of
            NaN.
        graph: on the same wards.
        months: months in a period; needed where the columns are months.
        permutations: see `space_time_gi_star`, as for the five that follow.
        alpha: largest adjusted p of hot and cold.
        family: 'period' or 'all'.
        correction: 'bh' or 'by'.
        include_lag_neighbours: count the neighbours in the period before too.
        reference: 'period' or 'cube'.
        must_be_hot_last: see `classify`.
        trend_method: see `mann_kendall`; block permutation goes through all orders of five blocks.
        trend_alpha: largest two-sided p of a trend.
        seasons: periods in a year, where the trend is to compare only like seasons.
        seed: the only source of chance.

    Returns:
        On the index of the values: emerging_class; emerging_word (`FOUR_WORDS`, 'not assessed' where there is no
        class); hot_periods, cold_periods, assessed_periods; trend (1, 0, -1, missing where there is no p) and trend_p.
        `class_histories` also has what was chosen or could not be told.

    Raises:
        InputError: see `space_time_gi_star`; periods that overlap, or whose length cannot be known.
    """
    asked = Options(permutations, alpha, seed, family, correction, include_lag_neighbours, reference)
    return class_histories(
        values, graph, asked, months=months, must_be_hot_last=must_be_hot_last, trend_method=trend_method,
        trend_alpha=trend_alpha, seasons=seasons,
    ).table  # fmt: skip


@dataclass(frozen=True)
class Histories:
    """The table of `find_emerging`, and what was chosen or could not be told."""

    table: pd.DataFrame
    notes: tuple[Note, ...]


def class_histories(
    values: pd.DataFrame, graph: Graph, asked: Options, *, months: int | None = None, must_be_hot_last: bool = False,
    trend_method: str = "hamed_rao", trend_alpha: float = 0.10, seasons: int | None = None,
) -> Histories:  # fmt: skip
    """`find_emerging` with its notes: arguments and errors are its."""
    faults = [*_period_faults(values.columns, months), *option_faults(trend_method, seasons)]
    if not 0 < trend_alpha < 1:
        faults.append(f"trend_alpha is {trend_alpha}; it must be above 0 and below 1")
    result = run_space_time(values, graph, asked, faults)
    assessed = result.p.notna()
    trend = mann_kendall(result.z_alone.where(assessed), method=trend_method, seasons=seasons)
    direction = trend.sign.where(trend.p <= trend_alpha * ROUNDING, 0)
    classes = classify(result.hot, result.cold, direction, assessed=assessed, must_be_hot_last=must_be_hot_last)
    words = [FOUR_WORDS.get(name, name) for name in classes.tolist()]
    found = pd.DataFrame(
        {
            "emerging_class": pd.Series(classes.tolist(), values.index, dtype="str"),
            "emerging_word": pd.Series(words, values.index, dtype="str"),
            "hot_periods": result.hot.sum(axis=1).astype("Int64"),
            "cold_periods": result.cold.sum(axis=1).astype("Int64"),
            "assessed_periods": assessed.sum(axis=1).astype("Int64"),
            "trend": direction.astype("Int64").where(trend.p.notna()),
            "trend_p": trend.p,
        },
        index=values.index,
    )
    counts = found["emerging_class"].value_counts().to_dict()
    log.info("emerging: %d wards, %d periods; %s", *values.shape, counts)
    short = int((found["emerging_class"] == NOT_ASSESSED).sum())
    notes = [*note_draws(result, asked), *([Note("hotspots.short_history", {"wards": short})] if short else [])]
    return Histories(found, tuple(notes))


def _period_faults(periods: pd.Index, months: int | None) -> list[str]:
    """Periods that overlap, leave gaps or are out of order, or whose length cannot be known."""
    if isinstance(periods, pd.PeriodIndex):
        first, last = periods.asfreq("M", how="START"), periods.asfreq("M", how="END")
        length = months or int((last.astype("int64") - first.astype("int64")).max() + 1 if len(periods) else 1)
    elif months is not None and all(re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", str(period)) for period in periods):
        last, length = pd.PeriodIndex(periods.astype(str), freq="M"), months
    else:
        shown = ", ".join(map(str, periods[:3]))
        return [
            f"values: whether the periods overlap cannot be known from columns {shown} and months = {months}; allowed"
            " are a PeriodIndex, or the last month of each period, 'YYYY-MM', together with months"
        ]
    steps = np.diff(last.astype("int64"))
    if (steps <= 0).any():
        return ["values: the periods must be in order of time, each once"]
    if (steps < length).any():
        return [
            f"values: periods of {length} months overlap, since they end {steps.min()} month(s) apart: neighbouring"
            " periods then agree whatever happens, and a trend test rejects a true null most of the time; allowed are"
            " periods that do not overlap"
        ]
    if (steps != steps[:1]).any():
        return [
            f"values: the periods end {steps.min()} to {steps.max()} months apart; allowed are equal steps: a period"
            " without data is a column of missing values"
        ]
    return []


def _read_history(
    hot: Table, cold: Table, trend: npt.ArrayLike, assessed: Table | None
) -> tuple[Flags, Flags, Flags, Floats]:
    """Hot, cold and assessed (wards x periods; the former two only where assessed) and the trend, as arrays."""
    given = {"hot": hot, "cold": cold, **({} if assessed is None else {"assessed": assessed})}
    faults: list[str] = []
    for name, table in given.items():
        values = np.asarray(table)
        if values.ndim != 2:
            faults.append(f"{name}: has {values.ndim} dimension(s); it must be wards x periods")
        if pd.isna(values).any() or not np.isin(values, (True, False)).all():
            faults.append(f"{name}: holds values other than True and False")
        if values.shape != np.shape(hot):
            faults.append(f"{name}: is {values.shape}, hot is {np.shape(hot)}; they must be alike")
        elif not _same_labels(table, hot):
            faults.append(f"{name}: its labels are not those of hot; they must be the same, in the same order")
    if np.shape(trend) != np.shape(hot)[:1]:
        faults.append(f"trend: is {np.shape(trend)}; it must have one value for each ward of hot, {np.shape(hot)}")
    if faults:
        raise InputError(faults)
    direction = np.array([np.nan if pd.isna(each) else float(each) for each in np.asarray(trend, dtype=object)])
    flags = {name: np.asarray(table).astype(bool) for name, table in given.items()}
    known = flags.get("assessed", np.ones(flags["hot"].shape, dtype=bool))
    hot_in, cold_in = flags["hot"] & known, flags["cold"] & known
    both = (hot_in & cold_in).any(axis=1)
    wrong = ~np.isin(direction, (-1, 0, 1)) & (known.sum(axis=1) >= FEWEST_PERIODS)
    if both.any():
        faults.append(f"hot, cold: {both.sum():,} ward(s) are both in a period, the first in row {both.argmax()}")
    if wrong.any():
        faults.append(f"trend: is {direction[wrong.argmax()]:g} in row {wrong.argmax()}; allowed are -1, 0 and 1")
    if faults:
        raise InputError(faults)
    return hot_in, cold_in, known, direction


def _same_labels(table: Table, other: Table) -> bool:
    if isinstance(table, pd.DataFrame) and isinstance(other, pd.DataFrame):
        return table.index.equals(other.index) and table.columns.equals(other.columns)
    return True
