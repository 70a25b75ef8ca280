"""Local statistics of a ward and its neighbours, their p by conditional permutation.

The permutation holds the ward's own value fixed, so both statistics here ask the same of chance: are the *neighbours*
unusually high or low? Gi* and Gi have the same p; two-sided, local Moran has it too. The null is no spatial pattern at
all: on a smooth field without clusters it is false, and some wards are found.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

import numba
import numpy as np
import pandas as pd
from libpysal.graph import Graph
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tipping_point.hotspots.permutation import (
    Counts,
    Floats,
    Integers,
    complete_blocks,
    count_extremes,
    fixed_point,
    within_one,
)
from tipping_point.hotspots.testing import ALTERNATIVES, ResolutionWarning, adjust_p, smallest_k, unresolved
from tipping_point.numeric import finite_numbers
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

Table = TypeVar("Table", pd.Series, pd.DataFrame)
Tails = tuple[Counts, Counts]
ALPHA = 0.05
"""Level at which a single call asks whether it drew enough."""


@dataclass(frozen=True)
class LocalResult(Generic[Table]):
    """Each shaped and indexed like the values tested; NaN where there was no test."""

    statistic: Table
    p: Table
    p_adjusted: Table
    """Benjamini-Hochberg, each column a family."""
    side: Table
    """1 where the upper tail is the smaller, -1 the lower, 0 neither or not tested."""


@dataclass(frozen=True)
class Statistic:
    """A local statistic: its value, and how its tails follow from those of the neighbours' sum."""

    name: str
    value: Callable[[Floats, csr_array, Floats], Floats]
    tails: Callable[[Integers, Integers, Counts, Counts, int], Tails]


def gi_star(
    values: Table, graph: Graph, *, permutations: int = 9999, alternative: str = "two-sided", seed: int
) -> LocalResult[Table]:
    """Getis-Ord Gi* as a z score (Ord & Getis 1995, eq. 14); the z is descriptive, p is by permutation.

    z_i = (sum_j w_ij x_j - W_i m) / (s sqrt((n S_i - W_i^2) / (n - 1))), the ward itself among the j, W_i and S_i the
    sums of its weights and of their squares, m and s the mean and deviation (divisor n) of all values. Where a ward
    weighs its neighbours alike, in whatever scale, this is the binary statistic with self-weight 1 (Getis & Ord 1992).
    Else its self-weight is the one in the graph, or if that has none the largest weight of the ward.

    Args:
        values: wards x columns, or one column; finite numbers, NaN where missing. A ward without a value is left out
            of everything in that column: mean, neighbours, permutations.
        graph: on the same labels, in any order.
        permutations: obeyed exactly.
        alternative: 'greater' = neighbours high, 'less' = low, 'two-sided' = twice the smaller, at most 1.
        seed: same seed, same p, whatever the order of rows, the other columns, or the number of threads.

    Returns:
        Statistic and both p are NaN where the value is missing and where no neighbour has a value. If all values are
        equal the statistic is NaN (no spread to measure by) and p is 1.

    Raises:
        InputError: labels of values and graph differ or repeat, values that are no finite numbers, unknown options.

    Warns:
        ResolutionWarning: nothing is significant at 5% after adjustment, though tests are at the smallest p.

    >>> found = tp.gi_star(results.wards["hotspot_value"], results.graph, permutations=999, seed=1)
    >>> bool(found.p.min() >= 2 / 1000)
    True
    """
    result = run_test(GI_STAR, values, graph, permutations=permutations, alternative=alternative, seed=seed)
    _warn_if_unresolved(GI_STAR, result, permutations, alternative)
    return result


def gi(
    values: Table, graph: Graph, *, permutations: int = 9999, alternative: str = "two-sided", seed: int
) -> LocalResult[Table]:
    """Getis-Ord Gi as a z score (Ord & Getis 1995, eq. 8): the neighbours alone, against all wards but the ward itself.

    z_i = (sum_j w_ij x_j - W_i m_i) / (s_i sqrt(((n - 1) S_i - W_i^2) / (n - 2))), j not i, m_i and s_i the mean and
    deviation (divisor n - 1) of the other n - 1 values. p is that of `gi_star`, since the permutation holds the ward's
    own value fixed. Arguments, missing values, errors and warnings as `gi_star`.
    """
    result = run_test(GI, values, graph, permutations=permutations, alternative=alternative, seed=seed)
    _warn_if_unresolved(GI, result, permutations, alternative)
    return result


def local_moran(
    values: Table, graph: Graph, *, permutations: int = 9999, alternative: str = "two-sided", seed: int
) -> LocalResult[Table]:
    """Local Moran's I (Anselin 1995): I_i = z_i sum_j w_ij z_j, a ward's weights made to sum to 1.

    z are the deviations from the mean over the standard deviation with divisor n - 1. Arguments, missing values,
    errors and warnings as `gi_star`. 'greater' = positive I: like among like. A weight of a ward on itself is left
    out. A ward at the mean itself has I = 0 under every permutation, so p = 1.

    Returns:
        Statistic and both p are NaN where the value is missing and where no neighbour has a value. If all values are
        equal the statistic is NaN and p is 1.

    >>> found = tp.local_moran(results.wards["hotspot_value"], results.graph, permutations=999, seed=1)
    >>> bool(found.p_adjusted.max() <= 1)
    True
    """
    result = run_test(LOCAL_MORAN, values, graph, permutations=permutations, alternative=alternative, seed=seed)
    _warn_if_unresolved(LOCAL_MORAN, result, permutations, alternative)
    return result


def run_test(
    statistic: Statistic, values: Table, graph: Graph, *, permutations: int, alternative: str, seed: int
) -> LocalResult[Table]:
    """A statistic and its p as `gi_star`, without the resolution guard: for callers that have their own."""
    numbers = _read(values, graph, permutations, alternative)
    # In order of labels, so that the order of the rows cannot change what a seed draws.
    labels = values.index.sort_values()
    matrix: Floats = np.ascontiguousarray(numbers[values.index.get_indexer(labels)].T)
    weights, own = _weights(graph, labels)
    found = np.full((4, *matrix.shape), np.nan)

    def test(block: tuple[NDArray[np.intp], NDArray[np.bool_]]) -> None:
        columns, present = block
        inside = weights if present.all() else _in_order(weights[present][:, present])
        tested = _test_block(
            statistic, matrix[columns][:, present], inside, own[present], permutations, alternative, seed
        )
        found[:, columns[:, None], np.flatnonzero(present)] = tested

    workers = numba.get_num_threads()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(test, complete_blocks(matrix, workers)))
    missing = int(np.isnan(matrix).sum())
    log.info(
        "%s: %d wards, %d columns, %d permutations; not tested: %d values missing, %d without a neighbour",
        *(statistic.name, matrix.shape[1], len(matrix), permutations, missing, np.isnan(found[1]).sum() - missing),
    )
    back = labels.get_indexer(values.index)
    value, p, adjusted, side = (_like(values, table[:, back]) for table in found)
    return LocalResult(value, p, adjusted, side.fillna(0).astype("int8"))


def _test_block(
    statistic: Statistic,
    block: Floats,
    weights: csr_array,
    own: Floats,
    permutations: int,
    alternative: str,
    seed: int,
) -> Floats:
    """Statistic, p, adjusted p and side, each columns x wards, of columns that have a value in every ward."""
    alone = np.diff(weights.indptr) == 0
    if alone.all():
        return np.full((4, *block.shape), np.nan)
    integers, unit = fixed_point(block)
    counts = count_extremes(integers, unit, weights, permutations=permutations, seed=seed)
    high, low = statistic.tails(integers, unit, *counts, permutations)
    p = _p(high, low, permutations, alternative)
    p[:, alone] = np.nan
    value = statistic.value(block, weights, own)
    value[:, alone] = np.nan
    side = np.where(alone, np.nan, np.sign(low - high))
    return np.stack([value, p, adjust_p(p.T).T, side])


def _gi_star_value(block: Floats, weights: csr_array, own: Floats) -> Floats:
    """Gi* of columns x wards."""
    n = block.shape[1]
    deviation, spread = _deviations(block)
    largest = weights.max(axis=1).toarray().ravel()
    itself = np.where(own != 0, own, largest)
    total, squares = weights.sum(axis=1) + itself, (weights**2).sum(axis=1) + itself**2
    room = np.maximum(n * squares - total**2, 0) / max(n - 1, 1)
    # A ward that touches all others leaves no room; rounding must not make some.
    room[room <= 1e-12 * total**2] = np.nan
    return np.asarray(((weights @ deviation.T).T + itself * deviation) / (spread[:, None] * np.sqrt(room)))


def _gi_value(block: Floats, weights: csr_array, _own: Floats) -> Floats:
    """Gi of columns x wards."""
    n = block.shape[1]
    deviation, spread = _deviations(block)
    others = max(n - 1, 1)
    # Deviations sum to 0, so the other wards' mean and mean square follow from the ward's own.
    mean = -deviation / others
    square = (n * spread[:, None] ** 2 - deviation**2) / others - mean**2
    total, squares = weights.sum(axis=1), (weights**2).sum(axis=1)
    room = np.maximum(others * squares - total**2, 0) / max(n - 2, 1)
    room[room <= 1e-12 * total**2] = np.nan
    square[square <= 1e-12 * spread[:, None] ** 2] = np.nan
    return np.asarray(((weights @ deviation.T).T - total * mean) / np.sqrt(square * room))


def _local_moran_value(block: Floats, weights: csr_array, _own: Floats) -> Floats:
    """Local Moran's I of columns x wards."""
    n = block.shape[1]
    deviation, spread = _deviations(block)
    total = weights.sum(axis=1)
    mean = (weights @ deviation.T).T / np.where(total == 0, np.nan, total)
    return np.asarray(deviation * mean * (n - 1) / (n * spread[:, None] ** 2))


def _deviations(block: Floats) -> tuple[Floats, Floats]:
    """Deviations from each column's mean in some unit, and their root mean square, NaN where all are equal."""
    deviation = np.stack([row - row.mean() for row in within_one(block)])
    spread = np.array([np.sqrt((row**2).mean()) for row in deviation])
    spread[block.min(axis=1) == block.max(axis=1)] = np.nan
    return deviation, spread


def _own_tails(_integers: Integers, _unit: Integers, greater: Counts, less: Counts, _permutations: int) -> Tails:
    """The statistic rises with the neighbours' sum."""
    return greater, less


def _moran_tails(integers: Integers, unit: Integers, greater: Counts, less: Counts, permutations: int) -> Tails:
    """I rises with the neighbours' sum in a ward above the mean, falls in one below, and is 0 in one at the mean."""
    n = integers.shape[1]
    above_mean = n * integers - integers.sum(axis=1, keepdims=True)
    above_mean[np.abs(above_mean) <= 2 * n * unit[:, None]] = 0
    above = above_mean > 0
    high, low = np.where(above, greater, less), np.where(above, less, greater)
    at_mean = np.nonzero(above_mean == 0)
    high[at_mean], low[at_mean] = permutations, permutations
    return high, low


GI = Statistic("gi", _gi_value, _own_tails)
GI_STAR = Statistic("gi_star", _gi_star_value, _own_tails)
LOCAL_MORAN = Statistic("local_moran", _local_moran_value, _moran_tails)


def _p(high: Counts, low: Counts, permutations: int, alternative: str) -> Floats:
    """(count at least as extreme + 1) / (R + 1); two-sided twice the smaller, at most 1."""
    if alternative == "two-sided":
        return np.minimum(2 * (np.minimum(high, low) + 1.0) / (permutations + 1), 1.0)
    return ((high if alternative == "greater" else low) + 1.0) / (permutations + 1)


def _warn_if_unresolved(statistic: Statistic, result: LocalResult[Table], permutations: int, alternative: str) -> None:
    columns = unresolved(result.p, result.p_adjusted, permutations, alpha=ALPHA, alternative=alternative)
    if columns.any():
        tests = int(np.atleast_2d(result.p.notna().to_numpy().T)[columns].sum(axis=1).max())
        needed = smallest_k(tests, permutations, ALPHA, alternative)
        warnings.warn(
            f"{statistic.name}: {permutations:,} permutations cannot show fewer than {needed:,} wards of {tests:,} at"
            f" {ALPHA:.0%}, and fewer are at the smallest p in {columns.sum():,} of {len(columns):,} column(s):"
            " draw more before saying that there are none",
            ResolutionWarning,
            stacklevel=3,
        )


def _read(values: pd.Series | pd.DataFrame, graph: Graph, permutations: int, alternative: str) -> Floats:
    """The values as numbers, wards x columns; InputError with everything that is wrong."""
    faults = []
    if alternative not in ALTERNATIVES:
        faults.append(f"alternative is {alternative!r}; allowed are {', '.join(ALTERNATIVES)}")
    if not isinstance(permutations, int | np.integer) or permutations < 1:
        faults.append(f"permutations is {permutations!r}; it must be a whole number of at least 1")
    if not values.index.is_unique:
        repeated = values.index[values.index.duplicated()].unique()
        faults.append(f"values: {len(repeated)} label(s) stand more than once, each must once: {_some(repeated)}")
    for absent, said in (
        (values.index[~values.index.isin(graph.unique_ids.to_numpy())], "values: {} label(s) are not in the graph: {}"),
        (
            graph.unique_ids[~graph.unique_ids.isin(values.index.to_numpy())],
            "graph: {} label(s) are not in the values: {}",
        ),
    ):
        if len(absent):
            faults.append(said.format(len(absent), _some(absent)))
    numbers, wrong = finite_numbers(values)
    faults += wrong
    if faults:
        raise InputError(faults)
    return numbers if numbers.ndim == 2 else numbers[:, None]


def _some(labels: pd.Index) -> str:
    return ", ".join(map(str, labels[:5])) + (" ..." if len(labels) > 5 else "")


def _weights(graph: Graph, labels: pd.Index) -> tuple[csr_array, Floats]:
    """Weights between wards in the order of the labels, and each ward's weight on itself (0 if none)."""
    adjacency = graph.adjacency
    focal = labels.get_indexer(adjacency.index.get_level_values("focal"))
    neighbour = labels.get_indexer(adjacency.index.get_level_values("neighbor"))
    weight = adjacency.to_numpy(dtype=np.float64)
    own = np.zeros(len(labels))
    itself = focal == neighbour
    own[focal[itself]] = weight[itself]
    kept = ~itself & (weight != 0)
    shape = (len(labels), len(labels))
    return _in_order(csr_array((weight[kept], (focal[kept], neighbour[kept])), shape=shape)), own


def _in_order(weights: csr_array) -> csr_array:
    """Neighbours in order within each row: sums of floats then do not depend on how the graph was built."""
    weights.sort_indices()
    return weights


def _like(values: Table, matrix: Floats) -> Table:
    """The matrix (columns x wards) as a table like the values."""
    if isinstance(values, pd.DataFrame):
        return pd.DataFrame(matrix.T, index=values.index, columns=values.columns, copy=False)
    return pd.Series(matrix[0], index=values.index, name=values.name)
