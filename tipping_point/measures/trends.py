"""Slope and trend test of many short series at once: Theil-Sen, Mann-Kendall with the Hamed-Rao correction.

Only for periods that do not overlap: on rolling windows the test rejects a true null most of the time.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

Floats = npt.NDArray[np.float64]

ROWS = 1_000
"""Series worked on at once: each holds a number for every pair of periods."""

MINIMUM_PERIODS = 8
"""Known periods below which a trend has no p: the normal approximation of Kendall's S starts about there."""


def theil_sen(values: Floats) -> Floats:
    """Median of the slopes between all pairs of periods (Sen 1968), per period, row by row.

    Args:
        values: series x periods, shape (n, t), evenly spaced; NaN is left out.

    Returns:
        Slope, shape (n,); NaN with fewer than two known periods.
    """
    slopes = np.full(len(values), np.nan)
    first, second = np.triu_indices(values.shape[1], 1)
    for start in range(0, len(values), ROWS):
        rows = values[start : start + ROWS]
        between = (rows[:, second] - rows[:, first]) / (second - first)
        known = (~np.isnan(between)).any(axis=1)
        slopes[start : start + ROWS][known] = np.nanmedian(between[known], axis=1) if known.any() else np.nan
    return slopes


def kendall_trend(values: Floats, *, minimum: int = MINIMUM_PERIODS) -> tuple[Floats, Floats]:
    """Mann-Kendall trend test, two-sided, tie-corrected, with the variance of dependent series (Hamed and Rao 1998).

    S = sum of sign(x_j - x_i), i < j; z = (|S| - 1)/sd, sd^2 = [t(t-1)(2t+5) - sum over ties u(u-1)(2u+5)]/18, times
    1 + 2/(t(t-1)(t-2)) sum over lags k of (t-k)(t-k-1)(t-k-2) r_k, r_k the autocorrelation of the ranks of the
    detrended series. Here r_k = r^k with r the first autocorrelation, freed of the bias that detrending brings,
    (t r + 2)/(t - 4), and not below 0. With the single r_k, counted where significant, as published, 20 periods with
    an autocorrelation of .5 reject a true null at nominal 5% in 20%; so in 9%, and in 4% of independent series.

    Args:
        values: series x periods, shape (n, t), evenly spaced and not overlapping; NaN is left out.
        minimum: known periods needed.

    Returns:
        S (its sign is the direction) and p, shape (n,) each; p is NaN with fewer known periods, 1 where all are equal.
    """
    score, p = np.zeros(len(values)), np.full(len(values), np.nan)
    for start in range(0, len(values), ROWS):
        part = slice(start, start + ROWS)
        score[part], variance = _kendall(values[part])
        periods = (~np.isnan(values[part])).sum(axis=1)
        variance = variance * _dependence(values[part])
        z = np.divide(np.maximum(np.abs(score[part]) - 1, 0), np.sqrt(variance), out=np.zeros_like(variance),
                      where=variance > 0)  # fmt: skip
        p[part] = np.where(periods >= minimum, np.minimum(2 * norm.sf(z), 1.0), np.nan)
    return score, p


def _kendall(values: Floats) -> tuple[Floats, Floats]:
    """S and its variance for independent values with ties, row by row."""
    first, second = np.triu_indices(values.shape[1], 1)
    difference = values[:, second] - values[:, first]
    score = np.nansum(np.sign(difference), axis=1)
    # A tie of u values has u(u-1)/2 equal pairs; summing over its members (u-1)(2u+5) gives u(u-1)(2u+5).
    periods = (~np.isnan(values)).sum(axis=1).astype(float)
    same = np.zeros(values.shape)
    rows, pairs = np.nonzero(difference == 0)
    np.add.at(same, (rows, first[pairs]), 1)
    np.add.at(same, (rows, second[pairs]), 1)
    ties = (same * (2 * (same + 1) + 5)).sum(axis=1)
    return score, (periods * (periods - 1) * (2 * periods + 5) - ties) / 18


def _dependence(values: Floats) -> Floats:
    """Factor of the variance for dependence from period to period, at least 1, row by row."""
    length = values.shape[1]
    known = ~np.isnan(values)
    periods = known.sum(axis=1).astype(float)
    detrended = values - theil_sen(values)[:, None] * np.arange(length)
    ranks = np.asarray(rankdata(detrended, axis=1, nan_policy="omit"), dtype=float)
    centred = np.where(known, ranks - (periods[:, None] + 1) / 2, 0.0)
    power = (centred**2).sum(axis=1)
    pairs = (known[:, 1:] & known[:, :-1]).sum(axis=1)
    usable = (periods > 4) & (power > 0) & (pairs > 0)
    ratio = np.where(usable, (periods - 1) / np.maximum(pairs, 1) / np.where(power > 0, power, 1.0), 0.0)
    first = (centred[:, 1:] * centred[:, :-1]).sum(axis=1) * ratio
    first = np.clip((periods * first + 2) / np.maximum(periods - 4, 1), 0, 0.95)[:, None]
    lag = np.arange(1, length)
    left = np.maximum(periods[:, None] - lag, 2)
    weighted = (left * (left - 1) * (left - 2) * first**lag).sum(axis=1)
    factor = 1 + 2 * weighted / np.maximum(periods * (periods - 1) * (periods - 2), 1)
    return np.where(usable, factor, 1.0)
