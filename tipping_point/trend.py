"""Is a series rising or falling, and how fast? Many short series at once, at a level that dependence does not raise.

Below the stages, because two of them ask it: hot spots of their z, measures of their rates.

Only for periods that do not overlap. Rolling windows share months, so neighbouring values agree whatever happens: of
rolling 12-month sums without any trend about two in three are "significant" at nominal 10%.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from itertools import permutations as orders_of

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from tipping_point.numeric import finite_numbers
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]

METHODS = ("hamed_rao", "plain", "block_permutation")
MINIMUM = 8
"""Known values below which a series has no p."""
CAUTION = 0.75
"""Standard errors added to the autocorrelation. At nominal 10%, 12 to 36 values and autocorrelation .4, up to 13% are
rejected with none, 10% with a half, 9% with this (`benchmarks/trend_levels.py`)."""
MOST_CORRELATED = 0.95
BLOCKS = 5
"""Blocks of a permutation, at most, unless their length is given: all 120 orders can be gone through."""
MOST_ORDERS = 5_040
"""Orders of blocks (7!) up to which all are gone through; of more, so many are drawn."""
ROWS = 1_000
"""Series worked on at once: bounds memory, since each holds a number for every pair of periods."""


@dataclass(frozen=True)
class TrendResult:
    """One value a series, on the index of the values."""

    z: pd.Series
    """S over its standard deviation, a step of 1 taken off for continuity; 0 where nothing can rise or fall."""
    p: pd.Series
    """Two-sided; missing with fewer than `MINIMUM` known values."""
    sign: pd.Series
    """Direction of S: 1 up, -1 down, 0 neither."""


def mann_kendall(
    values: pd.DataFrame,
    *,
    method: str = "hamed_rao",
    seasons: int | None = None,
    block: int | None = None,
    seed: int | None = None,
) -> TrendResult:
    """Mann-Kendall trend test of each row, two-sided, tied values and missing ones allowed for.

    S = sum of sign(x_j - x_i) over pairs i < j (Mann 1945, Kendall 1975). Independent values give S the variance
    [n(n-1)(2n+5) - sum over ties u(u-1)(2u+5)]/18. With seasons only pairs of the same season are compared, and S and
    variance are added up over the seasons (Hirsch, Slack & Smith 1982).

    'plain' stops there. Dependence from period to period makes S vary more: at autocorrelation .4 it rejects a true
    null at nominal 10% in up to 26%.

    'hamed_rao' (default) multiplies the variance by 1 + 2 sum over lags k of r_k (n-k)(n-k-1)(n-k-2)/(n(n-1)(n-2))
    (Hamed & Rao 1998), r_k the autocorrelation of the detrended ranks. As published each r_k is estimated and counted
    where significant; of 12 to 36 values that rejects no less than 'plain'. Here r_k = r^k, where r is the first
    autocorrelation, freed of the bias of detrending, (n r + 2)/(n - 4), plus `CAUTION` standard errors 1/sqrt(n), and
    not below 0. This holds nominal 10% up to autocorrelation .4, at a cost in power: of independent series about 5% are
    rejected.

    'block_permutation' compares |S| with all orders of blocks of neighbouring periods, which keeps the dependence
    within a block and breaks the one between blocks: 12% instead of 10% at autocorrelation .4 with 36 values. Of fewer
    than four blocks not even a straight line has p below .1.

    Args:
        values: series x periods, in order of time, evenly spaced, not overlapping; NaN is left out.
        method: one of `METHODS`.
        seasons: periods in a year, 4 for quarters; None compares all periods.
        block: periods in a block; None is the length that makes five blocks, in whole years where there are seasons.
            Counted from the end, so that the first block may be shorter. Only for 'block_permutation'.
        seed: needed where there are more than 5,040 orders of blocks, which are then drawn.

    Raises:
        InputError: values that are no finite numbers, or options that are unknown or do not go together.
    """
    numbers = _read(values, option_faults(method, seasons, block))
    length = numbers.shape[1]
    season = np.arange(length) % seasons if seasons else np.zeros(length, dtype=np.intp)
    parts = (
        np.stack(_test(numbers[start : start + ROWS], season, method, _block_length(length, seasons, block), seed))
        for start in range(0, max(len(numbers), 1), ROWS)
    )
    score, z, p = np.concatenate(list(parts), axis=1)
    short = (~np.isnan(numbers)).sum(axis=1) < MINIMUM
    p[short] = np.nan
    log.info(
        "trend: %d series of %d periods by %s; %d without p: fewer than %d known values",
        *(*numbers.shape, method, short.sum(), MINIMUM),
    )
    return TrendResult(
        pd.Series(z, values.index, name="z"),
        pd.Series(p, values.index, name="p"),
        pd.Series(np.sign(score).astype(np.int8), values.index, name="sign"),
    )


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


def _test(
    numbers: Floats, season: NDArray[np.intp], method: str, block: int, seed: int | None
) -> tuple[Floats, Floats, Floats]:
    """S, z and p of some series."""
    first, second = np.triu_indices(numbers.shape[1], 1)
    alike = season[first] == season[second]
    first, second = first[alike], second[alike]
    signs = np.nan_to_num(np.sign(numbers[:, second] - numbers[:, first]))
    score, variance = signs.sum(axis=1), _variance(numbers, season, first, second)
    if method == "hamed_rao":
        variance = variance * _dependence(numbers, season)
    step = np.maximum(np.abs(score) - 1, 0)
    z = np.sign(score) * np.divide(step, np.sqrt(variance), out=np.zeros_like(step), where=variance > 0)
    if method == "block_permutation":
        return score, z, _permute_blocks(signs, (first, second), numbers.shape[1], block, seed)
    return score, z, np.minimum(2 * norm.sf(np.abs(z)), 1.0)


def _variance(numbers: Floats, season: NDArray[np.intp], first: NDArray[np.intp], second: NDArray[np.intp]) -> Floats:
    """Variance of S for independent values with ties, added up over the seasons."""
    known = ~np.isnan(numbers)
    total = np.zeros(len(numbers))
    for each in np.unique(season):
        n = known[:, season == each].sum(axis=1)
        total += n * (n - 1) * (2 * n + 5)
    # A tie of u values: adding up (u-1)(2u+5) over its members gives u(u-1)(2u+5).
    others = np.zeros(numbers.shape)
    rows, pairs = np.nonzero(numbers[:, second] == numbers[:, first])
    np.add.at(others, (rows, first[pairs]), 1)
    np.add.at(others, (rows, second[pairs]), 1)
    return np.asarray((total - (others * (2 * others + 7)).sum(axis=1)) / 18)


def _dependence(numbers: Floats, season: NDArray[np.intp]) -> Floats:
    """Factor of the variance of S for dependence from period to period, at least 1.

    Lag k of season g reaches a period l = (g + k) // s years on, so with s seasons of m values the weight of r_k is
    the mean over g of (m-l)(m-l-1)(m-l-2)/(m(m-1)(m-2)); without seasons it is that of Hamed and Rao.
    """
    r = _first_autocorrelation(numbers, season)[:, None]
    seasons = int(season.max(initial=0)) + 1
    years = (~np.isnan(numbers)).sum(axis=1, keepdims=True) / seasons
    factor = np.ones(len(numbers))
    for g in range(seasons):
        lags = np.arange(1, numbers.shape[1])
        left = np.maximum(years - (g + lags) // seasons, 2)
        weight = left * (left - 1) * (left - 2) / np.maximum(years * (years - 1) * (years - 2), 1)
        factor += 2 / seasons * (weight * r**lags).sum(axis=1)
    return factor


def _first_autocorrelation(numbers: Floats, season: NDArray[np.intp]) -> Floats:
    """Of the detrended ranks within seasons, freed of bias, on the safe side, 0 to `MOST_CORRELATED`."""
    known = ~np.isnan(numbers)
    n = known.sum(axis=1)
    ranks = np.zeros(numbers.shape)
    for each in np.unique(season):
        part = np.asarray(rankdata(numbers[:, season == each], axis=1, nan_policy="omit"), dtype=float)
        ranks[:, season == each] = part - (known[:, season == each].sum(axis=1, keepdims=True) + 1) / 2
    ranks[~known] = 0.0
    time = np.where(known, np.arange(numbers.shape[1], dtype=float), 0.0)
    time = np.where(known, time - time.sum(axis=1, keepdims=True) / np.maximum(n, 1)[:, None], 0.0)
    slope = (ranks * time).sum(axis=1) / np.maximum((time**2).sum(axis=1), 1e-300)
    rest = ranks - slope[:, None] * time
    pairs = (known[:, 1:] & known[:, :-1]).sum(axis=1)
    power = (rest**2).sum(axis=1) * pairs
    r = np.divide((rest[:, 1:] * rest[:, :-1]).sum(axis=1) * (n - 1), power, out=np.zeros(len(n)), where=power > 1e-9)
    unbiased = (n * r + 2) / np.maximum(n - 4, 1) + CAUTION / np.sqrt(np.maximum(n, 1))
    return np.asarray(np.clip(unbiased, 0.0, MOST_CORRELATED))


def _permute_blocks(
    signs: Floats, pairs: tuple[NDArray[np.intp], NDArray[np.intp]], length: int, block: int, seed: int | None
) -> Floats:
    """Share of the orders of the blocks whose |S| is at least the one observed, the observed one among them."""
    of = (np.arange(length) - length) // block
    of -= of.min(initial=0)
    blocks = int(of.max(initial=0)) + 1
    # S of an order = pairs within blocks + for blocks a before b the sum of their pairs, turned where b comes first.
    between = np.zeros((len(pairs[0]), blocks * blocks))
    between[np.arange(len(pairs[0])), of[pairs[0]] * blocks + of[pairs[1]]] = 1
    sums = signs @ between
    turns = np.stack([_turns(order) for order in _orders(blocks, seed)], axis=1)
    extreme = np.abs(sums @ turns) >= np.abs(signs.sum(axis=1))[:, None] - 1e-9
    return np.asarray(extreme.mean(axis=1))


def _orders(blocks: int, seed: int | None) -> list[NDArray[np.intp]]:
    """All orders of the blocks, or, if they are too many, the present one and others drawn at random."""
    if math.factorial(blocks) <= MOST_ORDERS:
        return [np.array(order, dtype=np.intp) for order in orders_of(range(blocks))]
    if seed is None:
        raise InputError(
            f"seed is None; {blocks} blocks have too many orders to go through, so that some are drawn:"
            f" give a whole number, or blocks so long that there are at most 7"
        )
    random = np.random.default_rng(seed)
    return [np.arange(blocks), *(random.permutation(blocks) for _ in range(MOST_ORDERS - 1))]


def _turns(order: NDArray[np.intp]) -> Floats:
    """For each pair of blocks (a, b), flattened: 1 where a stands before b in the order, or a is b, else -1."""
    place = np.argsort(order)
    return np.where(place[:, None] <= place[None, :], 1.0, -1.0).ravel()


def _block_length(length: int, seasons: int | None, block: int | None) -> int:
    if block is not None:
        return block
    year = seasons or 1
    return max(-(-length // (BLOCKS * year)), 1) * year


def option_faults(method: str, seasons: int | None, block: int | None = None) -> list[str]:
    """What is wrong with the options of `mann_kendall`."""
    faults = []
    if method not in METHODS:
        faults.append(f"trend method is {method!r}; allowed are {', '.join(METHODS)}")
    if seasons is not None and seasons < 2:
        faults.append(f"seasons is {seasons}; it must be the periods in a year, at least 2, or None")
    if block is not None and block < 1:
        faults.append(f"block is {block}; it must be a number of periods, at least 1, or None")
    if block is not None and method != "block_permutation":
        faults.append(f"block is {block} with trend method {method!r}; only 'block_permutation' has blocks")
    return faults


def _read(values: pd.DataFrame, faults: list[str]) -> Floats:
    """The values as numbers; InputError with everything that is wrong."""
    numbers, wrong = finite_numbers(values)
    faults = [*faults, *wrong]
    if faults:
        raise InputError(faults)
    return numbers
