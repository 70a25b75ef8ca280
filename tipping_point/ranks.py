"""Ranks of many scorings at once: where a place ends up, how often it is in the top, and what cannot be told apart.

Below the stages, because wards and areas are ranked by the same rules.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

Floats = npt.NDArray[np.float64]

LEVEL = 0.9
"""Coverage of the interval of ranks: from the 5% to the 95% point of the simulated ranks."""

TOLD_APART = 0.95
"""Share of simulations in which one place must stand above another to be told from it."""

BLOCK = 128
"""Scorings ranked at a time."""
_WORKERS = 4
"""Blocks ranked at once, at most."""


def rank_columns(scores: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Rank of every row in every column, within its group: 1 = highest score, ties by the order of the index labels.

    Args:
        scores: places x scorings; a row is either known throughout or missing throughout.
        groups: group of each place, e.g. its country, on the same index.

    Returns:
        Ranks as floats, indexed like the scores, missing where the score is.
    """
    result = pd.DataFrame(np.nan, index=scores.index, columns=scores.columns)
    known = scores.notna().all(axis=1)
    for _, labels in groups[known].groupby(groups[known]).groups.items():
        rows = labels.sort_values()
        result.loc[rows] = order_ranks(scores.loc[rows].to_numpy(dtype=float))
    return result


def order_ranks(scores: Floats) -> Floats:
    """Rank of every row in each column, 1 = highest; of equal scores the first row is first."""

    def rank(rows: Floats) -> Floats:
        turned = -rows
        order, tied = _sort_rows(turned)
        if tied.any():
            order[tied] = np.argsort(turned[tied], axis=1, kind="stable")
        return _number(order)

    return _rank_blocks(scores, rank)


def average_ranks(values: Floats) -> Floats:
    """Rank of every row in each column, 1 = lowest; equal values share the mean of their ranks: scipy's `rankdata`."""

    def rank(rows: Floats) -> Floats:
        order, tied = _sort_rows(rows)
        ranks = _number(order)
        if tied.any():
            ranks[tied] = rankdata(rows[tied], axis=1)
        return ranks

    return _rank_blocks(values, rank)


def _rank_blocks(values: Floats, rank: Callable[[Floats], Floats]) -> Floats:
    """`rank`, which ranks rows, of the columns, some at a time: they fit the cache then, and both processors work."""
    ranks = np.empty(values.shape)

    def fill(start: int) -> None:
        block = slice(start, start + BLOCK)
        ranks[:, block] = rank(np.ascontiguousarray(values[:, block].T)).T

    starts = range(0, values.shape[1], BLOCK)
    if len(starts) < 2:
        for start in starts:
            fill(start)
        return ranks
    # Sorting lets go of the interpreter, and no column knows of another.
    with ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:
        list(pool.map(fill, starts))
    return ranks


def _sort_rows(values: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """The order of the values in each row, and the rows where equal or missing values leave it open.

    A sort that may exchange equal values takes a third of the time of one that may not, and few rows hold any.
    """
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    apart = (ordered[:, 1:] > ordered[:, :-1]).all(axis=1) & ~np.isnan(ordered[:, -1:]).any(axis=1)
    return order, np.logical_not(apart)


def _number(order: npt.NDArray[np.intp]) -> Floats:
    ranks = np.empty(order.shape)
    np.put_along_axis(ranks, order, np.arange(1.0, order.shape[1] + 1)[None, :], axis=1)
    return ranks


def rank_interval(ranks: pd.DataFrame, rank: pd.Series) -> pd.DataFrame:
    """rank_low and rank_high: the 5% and 95% points of the simulated ranks, widened to hold the rank itself.

    The points are ranks that occurred (inverse of the distribution function), so that at least 90% of the simulated
    ranks lie from one to the other, both included. A place with few crimes can rank where its long-run rate hardly ever
    would; the interval then ends at its own rank, so that no rank is shown outside its interval.

    Args:
        ranks: places x simulations, from `rank_columns`.
        rank: the rank that is published, missing where none is.
    """
    known = ranks.notna().all(axis=1) & rank.notna()
    tail = (1 - LEVEL) / 2
    own = rank[known].to_numpy(dtype=float)
    low, high = own, own
    if known.any():
        low, high = np.quantile(ranks[known].to_numpy(), [tail, 1 - tail], axis=1, method="inverted_cdf")
    ends = {"rank_low": np.minimum(low, own), "rank_high": np.maximum(high, own)}
    return pd.DataFrame(ends, index=ranks.index[known]).astype("Int64").reindex(ranks.index)


def share_in_top(ranks: pd.DataFrame, groups: pd.Series, *, top: float) -> pd.Series:
    """Share of the columns in which a place is among the first of its group; missing where it has no rank.

    Args:
        ranks: places x scorings, from `rank_columns`.
        groups: group of each place.
        top: how many are the first: a share below 1 (rounded down, at least one), or a number from 1 on.
    """
    return mark_top(ranks, groups, top=top).mean(axis=1)


def mark_top(ranks: pd.DataFrame, groups: pd.Series, *, top: float) -> pd.DataFrame:
    """1 where a place is among the first of its group, else 0; missing where it has no rank. As `share_in_top`."""
    known = ranks.notna().all(axis=1)
    numbers = known.groupby(groups).sum().map(lambda size: top_number(int(size), top))
    return ranks.le(groups.map(numbers).astype(float), axis=0).astype(float).where(known, axis=0)


def top_number(size: int, top: float) -> int:
    """How many of `size` places are the top: a share below 1, rounded down and at least one; or the number itself."""
    return max(1, math.floor(top * size + 1e-9)) if top < 1 else int(top)


def group_alike(scores: pd.DataFrame, rank: pd.Series, groups: pd.Series) -> pd.Series:
    """Number of the group of places that cannot be told from its first, counted from 1 in each country.

    The place with the best rank opens group 1, and every place that it does not beat in at least 95% of the
    simulations belongs to it. The best-ranked of the rest opens group 2, and so on. A place is told from the first of
    the groups before its own; two places of one group may still be told from each other. The share is of pairs, one at
    a time: it is not corrected for the many pairs.

    Args:
        scores: places x simulations, drawn jointly.
        rank: the rank that is published, missing where none is.
        groups: country of each place.

    Returns:
        Int64, missing where the place has no rank.
    """
    result = pd.Series(pd.NA, index=scores.index, dtype="Int64")
    known = scores.notna().all(axis=1) & rank.notna()
    for _, labels in groups[known].groupby(groups[known]).groups.items():
        order = rank[labels].sort_values().index
        drawn = scores.loc[order].to_numpy(dtype=float)
        number = np.zeros(len(order), dtype=int)
        left = np.arange(len(order))
        while len(left):
            beaten = (drawn[0] > drawn).mean(axis=1) >= TOLD_APART
            number[left[~beaten]] = number.max() + 1
            left, drawn = left[beaten], drawn[beaten]
        result[order] = number
    return result
