"""Next year's count of every ward from what is known in a month: a local level, and growth learnt from earlier years.

Counts are taken relative to the mean ward of the same month, so that what rises or falls everywhere (seasons, a change
of recording, a lockdown) foretells nothing. A level is the logarithm of a mean in which older months weigh less: the
forecast of a Poisson count with a gamma-distributed level that drifts (Harvey & Fernandes 1989). Growth is next year's
logarithm less that level.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from libpysal.graph import Graph
from scipy.optimize import brentq
from scipy.sparse import csr_array, diags_array
from scipy.special import digamma, polygamma
from scipy.stats import norm

from tipping_point.measures.windows import check_monthly
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]

YEAR = 12
HALF_LIFE = 12
"""Months after which a month weighs half as much, in the level that growth is counted from."""
HALF_LIVES = (3, 6, 9, 12, 18, 24, 36, 48)
"""Half-lives that the local level chooses from."""
SHORTER_AND_LONGER = (3, 6, 24, 48)
OFFSET = 0.1
"""Share of the mean ward added before taking logarithms, so that a ward without crime has one."""
PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
UPPER = 0.4
"""Share of wards, those with most crime in the last year, that growth is learnt from."""
FEWEST_MONTHS = 6
"""Months with a known next year below which nothing is learnt."""


@dataclass(frozen=True)
class Signals:
    """What is known in each month: nothing in column u rests on a month after u, but `growth`, the year after u."""

    wards: pd.Index
    months: pd.Index
    year: Floats
    """Count of the last twelve months, wards x months; NaN before the twelfth and where a month is missing."""
    relative_year: Floats
    """Mean of the last twelve relative counts, wards x months."""
    levels: Mapping[int, Floats]
    """By half-life in months: logarithm of the decayed mean of relative counts, wards x months."""
    names: tuple[str, ...]
    values: Floats
    """Predictors of growth, months x names x wards; 0 where they cannot be told."""
    usable: npt.NDArray[np.bool_]
    """Names x months: False from the month by which a crime type was counted too seldom in some year."""

    def position(self, month: str) -> int:
        """Number of the month, counted from 0."""
        return list(self.months).index(month)

    def ahead(self, position: int) -> Floats:
        """Logarithm of the mean relative count in the twelve months after the month."""
        return np.asarray(np.log(self.relative_year[:, position + YEAR] + OFFSET), dtype=float)


@dataclass(frozen=True)
class _Rule:
    """A forecast: level of a half-life + mean growth + coefficients x predictors from their mean."""

    half_life: int
    columns: npt.NDArray[np.intp]
    coefficients: Floats
    growth: float
    penalty: float

    def at(self, signals: Signals, position: int) -> Floats:
        values = signals.values[position, self.columns]
        centre = values[:, _upper(signals, position)].mean(axis=1, keepdims=True)
        level = signals.levels[self.half_life][:, position]
        return np.asarray(level + self.growth + self.coefficients @ (values - centre), dtype=float)


def build_signals(
    monthly: pd.DataFrame, graph: Graph, districts: pd.Series, *, others: Mapping[str, pd.DataFrame]
) -> Signals:
    """Levels of the wards, of their neighbours and districts, and of other crime types, month by month.

    Args:
        monthly: count of the measure, wards x months 'YYYY-MM'; missing where not covered.
        graph: which wards are neighbours; wards outside `monthly` are ignored.
        districts: district of each ward.
        others: counts of single crime types, by name, in the same form.

    Raises:
        InputError: see `check_monthly`; a ward without a district.
    """
    table = check_monthly(monthly)
    if missing := sorted(set(table.index) - set(districts.dropna().index)):
        raise InputError(f"districts: {len(missing)} ward(s) have none, e.g. {', '.join(missing[:5])}; each needs one")
    counts = table.to_numpy(dtype=float)
    relative = _relative(counts)
    around = {
        "neighbours": _mean_of_neighbours(graph, table.index),
        "district": _mean_of_groups(districts.reindex(table.index)),
    }
    levels = {months: _log(decayed_mean(relative, months)) for months in HALF_LIVES}
    level = levels[HALF_LIFE]
    predictors = {f"level_{months}": levels[months] - level for months in SHORTER_AND_LONGER}
    predictors["level"] = level
    short, usual, long = (decayed_mean(relative, months) for months in (6, HALF_LIFE, 24))
    for name, average in around.items():
        predictors[f"{name}_level"] = _log(average @ np.nan_to_num(usual)) - level
        predictors[f"{name}_change"] = _log(average @ np.nan_to_num(short)) - _log(average @ np.nan_to_num(long))
    usable = dict.fromkeys(predictors, np.ones(counts.shape[1], dtype=bool))
    for name, other in others.items():
        shares = other.reindex(index=table.index, columns=table.columns).to_numpy(dtype=float)
        part = _relative(shares)
        predictors[f"{name}: level"] = _log(decayed_mean(part, HALF_LIFE)) - level
        predictors[f"{name}: change"] = _log(decayed_mean(part, 6)) - _log(decayed_mean(part, 24))
        usable[f"{name}: level"] = usable[f"{name}: change"] = _often_enough(shares)
    signals = Signals(
        table.index, table.columns, _last_year(counts), _last_year(relative) / YEAR, levels, tuple(predictors),
        np.nan_to_num(np.stack([values.T for values in predictors.values()], axis=1)),
        np.stack(list(usable.values())),
    )  # fmt: skip
    log.info("forecast: %d wards, %d months, %d predictors", *counts.shape, len(predictors))
    return signals


def forecast_level(signals: Signals, month: str) -> pd.DataFrame:
    """Next year by the local level alone, with the half-life that did best in the years before.

    Args:
        signals: from `build_signals`; only months to `month` are used.
        month: the last month known.

    Returns:
        Per ward: expected (logarithm of the mean relative count of the next twelve months) and spread (its standard
        deviation, that of the Poisson count included).
    """
    now = signals.position(month)
    known = _learnt_months(signals, now)
    errors = {
        months: sum(float(_growth(signals, past, months)[1].var()) for past in known) for months in signals.levels
    }
    best = min(errors, key=lambda months: (errors[months], abs(months - HALF_LIFE)))
    growth = float(np.mean([_growth(signals, past, best)[1].mean() for past in known])) if known else 0.0
    rule = _Rule(best if known else HALF_LIFE, np.array([], dtype=np.intp), np.zeros(0), growth, 0.0)
    return _forecast(signals, now, rule)


def forecast_growth(signals: Signals, month: str) -> pd.DataFrame:
    """Next year by the local level and the growth that wards like this one had in the years before.

    Ridge regression of growth on the predictors of `signals`, pooled over every earlier month whose next year is known
    by `month`, each month about its own mean. The penalty is the largest within one standard error of the best on
    later years than those learnt from (Breiman et al. 1984), so that no figure of the coming year is used.

    Args and returns as `forecast_level`.
    """
    now = signals.position(month)
    known = _learnt_months(signals, now)
    if len(known) < FEWEST_MONTHS:
        return forecast_level(signals, month)
    columns = np.flatnonzero(signals.usable[:, now])
    moments = {past: _moments(signals, past, columns) for past in known}
    penalty = _choose_penalty(moments)
    total = _add(list(moments.values()))
    growth = float(np.mean([_growth(signals, past, HALF_LIFE)[1].mean() for past in known]))
    rule = _Rule(HALF_LIFE, columns, _ridge(total, penalty), growth, penalty)
    log.info("forecast at %s: %d predictors, penalty %g", month, len(columns), penalty)
    return _forecast(signals, now, rule)


def chance_above(forecast: pd.DataFrame, line: float) -> pd.Series:
    """Chance that next year's mean relative count is above `line`, by the normal distribution of its logarithm."""
    above = (forecast["expected"] - np.log(line + OFFSET)) / forecast["spread"]
    return pd.Series(norm.cdf(above), index=forecast.index, name="chance")


# ------------------------------------------------------------------------------------- learning from earlier years


@dataclass(frozen=True)
class _Moments:
    """Sums over the upper wards of a month, about their means: all that ridge regression and its error need."""

    rows: int
    squares: Floats
    products: Floats
    variation: float

    def error(self, coefficients: Floats) -> float:
        """Mean squared error of the coefficients on these rows."""
        explained = 2 * coefficients @ self.products - coefficients @ self.squares @ coefficients
        return float((self.variation - explained) / self.rows)


def _upper(signals: Signals, position: int) -> npt.NDArray[np.bool_]:
    """The wards that matter: the share UPPER with most crime in the year to the month."""
    year = signals.year[:, position]
    known = ~np.isnan(year)
    return known & (year >= np.quantile(year[known], 1 - UPPER)) if known.any() else known


def _learnt_months(signals: Signals, now: int) -> list[int]:
    """Months with a year behind them and a next year that is over by `now`."""
    return [past for past in range(YEAR - 1, now - YEAR + 1) if _growth(signals, past, HALF_LIFE)[1].size > 1]


def _growth(signals: Signals, past: int, half_life: int) -> tuple[npt.NDArray[np.bool_], Floats]:
    """The upper wards whose next year is known, and their growth over the level."""
    growth = signals.ahead(past) - signals.levels[half_life][:, past]
    rows = _upper(signals, past) & ~np.isnan(growth)
    return rows, growth[rows]


def _moments(signals: Signals, past: int, columns: npt.NDArray[np.intp]) -> _Moments:
    rows, growth = _growth(signals, past, HALF_LIFE)
    values = signals.values[past, columns][:, rows]
    values = values - values.mean(axis=1, keepdims=True)
    growth = growth - growth.mean()
    return _Moments(len(growth), values @ values.T, values @ growth, float(growth @ growth))


def _add(parts: list[_Moments]) -> _Moments:
    return _Moments(
        sum(part.rows for part in parts),
        np.sum([part.squares for part in parts], axis=0),
        np.sum([part.products for part in parts], axis=0),
        sum(part.variation for part in parts),
    )


def _ridge(moments: _Moments, penalty: float) -> Floats:
    """Coefficients on predictors of variance 1, brought back to their own units; 0 for one that never varies."""
    spread = np.sqrt(np.diag(moments.squares) / moments.rows)
    scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 1e-9)
    squares = moments.squares / moments.rows * np.outer(scale, scale) + penalty * np.eye(len(scale))
    return np.asarray(np.linalg.solve(squares, moments.products / moments.rows * scale) * scale, dtype=float)


def _choose_penalty(moments: Mapping[int, _Moments]) -> float:
    """The largest penalty within a standard error of the best: learnt to a month, tried on the year that follows it.

    The year tried starts twelve months after the last month learnt from, whose own next year is then over.
    """
    known = sorted(moments)
    errors = []
    for cut in range(known[-1] - YEAR, known[0] + FEWEST_MONTHS - 2, -YEAR):
        learnt = _add([moments[past] for past in known if past <= cut - YEAR + 1] or [moments[known[0]]])
        tried = _add([moments[past] for past in known if cut < past <= cut + YEAR])
        errors.append([tried.error(_ridge(learnt, penalty)) for penalty in PENALTIES])
    if len(errors) < 2:
        return 1.0
    table = np.array(errors)
    mean = table.mean(axis=0)
    best = int(mean.argmin())
    excess = table - table[:, [best]]
    error = excess.std(axis=0, ddof=1) / np.sqrt(len(table))
    return max(penalty for penalty, more, unsure in zip(PENALTIES, excess.mean(axis=0), error, strict=True)
               if more <= unsure)  # fmt: skip


# ------------------------------------------------------------------------------------------------- how sure it is


def _forecast(signals: Signals, now: int, rule: _Rule) -> pd.DataFrame:
    spread = _spread(signals, now, rule)
    return pd.DataFrame({"expected": rule.at(signals, now), "spread": spread}, index=signals.wards)


def _spread(signals: Signals, now: int, rule: _Rule) -> Floats:
    """Standard deviation of the forecast: that of earlier years' errors, moderated ward by ward.

    An error's variance is that of the Poisson count plus one that wards share; each ward multiplies it by a factor of
    its own, drawn towards that of all wards (Smyth 2004), for a few years say little about a single ward.
    """
    years = range(now - YEAR, YEAR - 2, -YEAR)
    errors = np.array([_error(signals, past, rule) for past in years]).reshape(-1, len(signals.wards))
    chance = np.array([_poisson(signals, past) for past in years]).reshape(errors.shape)
    upper = _upper(signals, now)
    known = ~np.isnan(errors[:, upper])
    if not known.any():
        return np.asarray(np.sqrt(2 * _poisson(signals, now)), dtype=float)
    shared = max(0.0, float((errors[:, upper] ** 2 - chance[:, upper])[known].mean()))
    factor = _moderate(errors**2 / (shared + chance), upper)
    return np.asarray(np.sqrt(factor * (shared + _poisson(signals, now))), dtype=float)


def _error(signals: Signals, past: int, rule: _Rule) -> Floats:
    error = signals.ahead(past) - rule.at(signals, past)
    return np.asarray(error - np.nanmean(error[_upper(signals, past)]), dtype=float)


def _poisson(signals: Signals, position: int) -> Floats:
    """Variance of the logarithm of a Poisson count about as large as last year's."""
    return np.asarray(1 / np.maximum(np.nan_to_num(signals.year[:, position]), 1.0), dtype=float)


def _moderate(squares: Floats, upper: npt.NDArray[np.bool_]) -> Floats:
    """Ward variances drawn towards their common one: the moments of log s2 give its weight in years (Smyth 2004).

    Args:
        squares: squared errors in units of their expected variance, years x wards.
        upper: wards that the common variance is taken from.
    """
    years = (~np.isnan(squares)).sum(axis=0)
    own = np.nansum(squares, axis=0) / np.maximum(years, 1)
    rows = upper & (years > 1) & (own > 0)
    pooled = float(np.nanmean(squares[:, upper]))
    if rows.sum() < 3:
        return np.full(squares.shape[1], pooled)
    freedom = years[rows] / 2
    logs = np.log(own[rows]) - digamma(freedom) + np.log(freedom)
    excess = float(logs.var(ddof=1) - polygamma(1, freedom).mean())
    if excess <= 1e-3:
        return np.full(squares.shape[1], pooled)
    half = float(brentq(lambda value: float(polygamma(1, value)) - excess, 1e-3, 1e4))
    common = float(np.exp(logs.mean() + digamma(half) - np.log(half)))
    return np.asarray((2 * half * common + years * own) / (2 * half + years), dtype=float)


# ------------------------------------------------------------------------------------------------------ arithmetic


def _log(values: Floats) -> Floats:
    return np.asarray(np.log(values + OFFSET), dtype=float)


def _relative(counts: Floats) -> Floats:
    """Each count over the mean ward's of the month; a month in which nobody counted anything says nothing."""
    known = ~np.isnan(counts)
    mean = np.nansum(counts, axis=0) / np.maximum(known.sum(axis=0), 1)
    return counts / np.where(mean > 0, mean, np.nan)


def decayed_mean(values: Floats, half_life: float) -> Floats:
    """Mean of all months to each month, one half_life months older weighing half; missing months weigh nothing."""
    keep = 0.5 ** (1 / half_life)
    total, weight = np.zeros(len(values)), np.zeros(len(values))
    result = np.empty_like(values)
    for month in range(values.shape[1]):
        known = ~np.isnan(values[:, month])
        total = total * keep + np.where(known, values[:, month], 0.0)
        weight = weight * keep + known
        result[:, month] = np.divide(total, weight, out=np.full(len(values), np.nan), where=weight > 0)
    return result


def _last_year(values: Floats) -> Floats:
    """Sum of the twelve months to each month; NaN where one is missing."""
    result = np.full(values.shape, np.nan)
    if values.shape[1] >= YEAR:
        result[:, YEAR - 1 :] = np.lib.stride_tricks.sliding_window_view(values, YEAR, axis=1).sum(axis=-1)
    return result


def _often_enough(counts: Floats) -> npt.NDArray[np.bool_]:
    """By month: whether every whole year back from it has at least one crime of the type per ward counted."""
    known = ~np.isnan(counts)
    totals, wards = np.nansum(counts, axis=0), known.sum(axis=0)
    return np.array(
        [
            all(totals[end - YEAR + 1 : end + 1].sum() >= wards[end] > 0 for end in range(month, YEAR - 2, -YEAR))
            for month in range(counts.shape[1])
        ]
    )


def _mean_of_neighbours(graph: Graph, wards: pd.Index) -> csr_array:
    """Averaging matrix, wards x wards, sparse; a ward without neighbours in the table is its own."""
    place = wards.get_indexer(graph.unique_ids)
    links = graph.sparse.tocoo()
    focal, neighbour = place[links.row], place[links.col]
    kept = (links.data > 0) & (focal >= 0) & (neighbour >= 0)
    size = len(wards)
    matrix = csr_array((np.ones(kept.sum()), (focal[kept], neighbour[kept])), shape=(size, size))
    number = matrix.sum(axis=1)
    own = diags_array((number == 0).astype(float), format="csr")
    return csr_array(diags_array(1.0 / np.maximum(number, 1.0)) @ matrix + own)


def _mean_of_groups(groups: pd.Series) -> csr_array:
    """Averaging matrix, wards x wards, sparse, over the wards of the same group."""
    code, names = pd.factorize(groups)
    member = csr_array((np.ones(len(code)), (np.arange(len(code)), code)), shape=(len(code), len(names)))
    return csr_array(member @ diags_array(1.0 / member.sum(axis=0)) @ member.T)
