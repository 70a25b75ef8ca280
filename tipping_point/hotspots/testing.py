"""Many tests at once: adjusted p, and whether the permutations drawn could show anything at all."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tipping_point.tables import InputError

Table = TypeVar("Table", pd.Series, pd.DataFrame, NDArray[np.float64])

ALTERNATIVES = ("two-sided", "greater", "less")
CORRECTIONS = {"bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli"}
ROUNDING = 1 + 1e-9
"""28 tests of 7,000 at p = .0002 adjust to .05, whatever the last bit says."""


class ResolutionWarning(UserWarning):
    """Too few permutations for any adjusted p to be small, though some tests are as extreme as can be shown."""


def adjust_p(p: Table, *, method: str = "bh") -> Table:
    """Adjusted p, each column a family of its own; NaN is no test and stays NaN.

    Args:
        p: one column (Series, one-dimensional array) or several (DataFrame, two-dimensional array), values 0 to 1.
        method: 'bh' Benjamini & Hochberg 1995, assuming tests that are independent or positively dependent;
            'by' Benjamini & Yekutieli 2001, under any dependence.

    Returns:
        The same kind of table, same shape and labels. A test is rejected at alpha where adjusted p <= alpha.

    Raises:
        InputError: unknown method, or a p outside 0 to 1.
    """
    if method not in CORRECTIONS:
        raise InputError(f"correction is {method!r}; allowed are {', '.join(CORRECTIONS)}")
    values = np.asarray(p, dtype=np.float64)
    if ((values < 0) | (values > 1)).any():
        raise InputError(f"p: values must be between 0 and 1; given {np.nanmin(values)} to {np.nanmax(values)}")
    by_column = np.full(np.atleast_2d(values.T).shape, np.nan)
    for column, adjusted_column in zip(np.atleast_2d(values.T), by_column, strict=True):
        _adjust_column(column, method, adjusted_column)
    adjusted = by_column.reshape(values.T.shape).T
    if isinstance(p, pd.DataFrame):
        return pd.DataFrame(adjusted, index=p.index, columns=p.columns)
    if isinstance(p, pd.Series):
        return pd.Series(adjusted, index=p.index, name=p.name)
    return adjusted


def smallest_p(permutations: int, alternative: str = "two-sided") -> float:
    """The smallest p that so many permutations can show."""
    return min(1.0, (2 if alternative == "two-sided" else 1) / (permutations + 1))


def smallest_k(
    m: int, permutations: int, alpha: float = 0.05, alternative: str = "two-sided", *, correction: str = "bh"
) -> int:
    """How many of m tests must reach the smallest p before any of them can be rejected at alpha.

    ceil(2m / (alpha (R + 1))) two-sided, half that one-sided; times sum(1/i, i = 1 .. m) for Benjamini-Yekutieli.
    """
    return math.ceil(smallest_p(permutations, alternative) * m * _penalty(m, correction) / (alpha * ROUNDING))


def significant(p_adjusted: pd.Series, alpha: float) -> pd.Series:
    """Where adjusted p <= alpha; a tie with alpha itself counts, despite rounding; NaN does not."""
    return p_adjusted <= alpha * ROUNDING


def unresolved(
    p: pd.Series | pd.DataFrame,
    p_adjusted: pd.Series | pd.DataFrame,
    permutations: int,
    *,
    alpha: float = 0.05,
    alternative: str = "two-sided",
) -> NDArray[np.bool_]:
    """Columns where nothing is rejected though some test is as extreme as so many permutations can show.

    Fewer than `smallest_k` tests are then at the smallest p, and more draws might tell them from chance.

    Returns:
        One boolean per column.
    """
    at_smallest = p.to_numpy() <= smallest_p(permutations, alternative) * ROUNDING
    rejected = p_adjusted.to_numpy() <= alpha * ROUNDING
    return np.atleast_1d(at_smallest.any(axis=0) & ~rejected.any(axis=0))


def _penalty(m: int, method: str) -> float:
    return float((1 / np.arange(1, m + 1)).sum()) if method == "by" else 1.0


def _adjust_column(p: NDArray[np.float64], method: str, adjusted: NDArray[np.float64]) -> None:
    """Write the adjusted p of one family where it has a p."""
    # NaN sorts to the end, so the first m places are the tests.
    m = len(p) - int(np.isnan(p).sum())
    order = np.argsort(p)[:m]
    steps = p[order] * (m * _penalty(m, method) / np.arange(1, m + 1))
    adjusted[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
