"""The shared conditional-permutation engine: how often chance gives neighbours as high, or as low, as they are.

**Null.** A ward keeps its own value; its k neighbours are any k of the n - 1 other wards, each set equally likely
(Anselin 1995). The lag (weighted sum of the neighbours' values) is compared with its value in R random draws.

**One set of draws for all wards.** A draw is an ordered list of distinct slots from 0 .. n - 2, so that its first k
slots are a fair draw of k. Slot j means ward j, except that for ward i slot i means ward n - 1, the one ward without
a slot. That relabelling is one to one between slots and the wards other than i, so every ward gets exactly R fair
draws. With equal weights the sums over the first k slots are shared by all wards of k neighbours: they are sorted
once, every ward is looked up, and the few draws that hold the ward itself are put right one by one. The same draws
serve every column. Wards share draws, so their Monte Carlo errors move together.

**Ties count as extreme**, so equal sums must be seen as equal. Whole numbers are compared exactly, as integers. Other
columns are compared in fixed point: deviations from the mean in units of about 2^-40 of the largest deviation (or
2^-50 of the largest value, where that is coarser: it is all that the input itself resolves). Two sums of k values
count as equal within 2k units, which covers the rounding of both, so equal sums reached in another order tie. With
unequal weights the rule is the same, times the ward's largest weight; the unit of whole numbers is there 2^-40 of the
largest, since weighted sums are rounded.

Results depend on the seed alone: not on the number of threads, and not on which other columns are in the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tipping_point.compiled import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Counts = NDArray[np.int32]
Draws = NDArray[np.int32]
"""Slots, size x draws: column d is one draw."""
Holders = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]
"""Where each ward stands in the draws: start of its entries (n + 1), then draw and position of each entry."""

RESOLUTION = 40
"""Bits below the largest deviation that fixed point keeps."""
SLOTS_AT_ONCE = 2**22
"""Slots held at a time: bounds memory for many draws of many neighbours. Part of what a seed means."""
COLUMNS_AT_ONCE = 64
"""Columns handled at a time: bounds memory. They all see the same draws, which are cheap to make again."""
CACHED_DRAWS = 1024
"""Draws handled at a time with unequal weights, so that one column's gathered values stay in cache."""
RADIX = 11
"""Bits sorted at a time."""


def complete_blocks(matrix: Floats, workers: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.bool_]]]:
    """Columns that miss the same wards, few enough at a time to bound memory and to occupy every worker.

    Args:
        matrix: columns x wards, NaN where missing.
        workers: blocks handled side by side.

    Yields:
        Positions of the columns of a block; which wards have a value in all of them.
    """
    blocks: dict[bytes, list[int]] = {}
    presence = ~np.isnan(matrix)
    for column, present in enumerate(presence):
        blocks.setdefault(present.tobytes(), []).append(column)
    at_once = min(COLUMNS_AT_ONCE, -(-len(matrix) // workers))
    for columns in blocks.values():
        for start in range(0, len(columns), at_once):
            yield np.array(columns[start : start + at_once]), presence[columns[0]]


def within_one(values: Floats) -> Floats:
    """Each column times the power of two that puts its largest value below 1: exact, and safe to sum and square."""
    return np.asarray(np.ldexp(values, -np.frexp(np.abs(values).max(axis=1, keepdims=True))[1]))


def fixed_point(values: Floats) -> tuple[Integers, Integers]:
    """Values as integers whose sums can be compared, and the rounding unit of each column.

    Args:
        values: columns x wards, finite, at least one ward.

    Returns:
        Integers (columns x wards), and per column 0 where they are the values themselves, 1 where they are rounded.
    """
    largest = np.abs(values).max(axis=1)
    # The sum of all wards must fit in 64 bits, and so must the difference of two such sums.
    whole = (values == np.rint(values)).all(axis=1) & (largest <= 2.0**53) & (largest < 2.0**60 / values.shape[1])
    integers = np.empty(values.shape, dtype=np.int64)
    for column, row in enumerate(within_one(values)):
        if whole[column]:
            integers[column] = values[column]
            continue
        deviation = row - row.mean()
        resolved = max(np.abs(deviation).max(), np.abs(row).max() * 2.0 ** (RESOLUTION - 50))
        integers[column] = np.rint(np.ldexp(deviation, RESOLUTION - int(np.frexp(resolved)[1])))
    return integers, np.where(whole, 0, 1).astype(np.int64)


def count_extremes(
    integers: Integers, unit: Integers, weights: csr_array, *, permutations: int, seed: int
) -> tuple[Counts, Counts]:
    """How many of the permutations give a lag at least as high, and at least as low, as the one observed.

    Args:
        integers: columns x wards, from `fixed_point`.
        unit: rounding unit of each column, from `fixed_point`.
        weights: wards x wards, no zeros stored, nothing on the diagonal.
        permutations: draws, exactly as many.
        seed: the only source of chance.

    Returns:
        Two arrays, columns x wards; zero for wards without a neighbour, which the caller leaves out.
    """
    neighbours = np.diff(weights.indptr)
    found = np.zeros((2, *integers.shape), dtype=np.int32)
    size = int(neighbours.max(initial=0))
    if size == 0 or len(integers) == 0:
        return found[0], found[1]
    if _equal_within_rows(weights):
        by_neighbours = np.argsort(neighbours, kind="stable")
        groups = np.searchsorted(neighbours[by_neighbours], np.arange(size + 2))
        links = csr_array((np.ones_like(weights.data, dtype=np.int64), weights.indices, weights.indptr), weights.shape)
        columns = integers, _lags(links, integers), 2 * unit
        for draws, holders in _draw(integers.shape[1], size, permutations, permutations, seed):
            _count_equal((by_neighbours, groups), draws, holders, columns, found)
    else:
        values = integers.astype(np.float64)
        slack = 2 * np.maximum(unit, np.abs(values).max(axis=1) * 2.0**-RESOLUTION)
        graph = weights.indptr.astype(np.int64), weights.data.astype(np.float64)
        for draws, holders in _draw(integers.shape[1], size, permutations, CACHED_DRAWS, seed):
            _count_weighted(graph, draws, holders, (values, _lags(weights, values), slack), found)
    return found[0], found[1]


def _lags(weights: csr_array, values: NDArray[Any]) -> NDArray[Any]:
    """Weighted sum of the neighbours' values, columns x wards."""
    return np.ascontiguousarray((weights @ values.T).T)


def _equal_within_rows(weights: csr_array) -> bool:
    """Whether every ward weighs its neighbours alike and positively, so that plain sums decide."""
    neighbours = np.diff(weights.indptr)
    first = weights.data[weights.indptr[:-1][neighbours > 0]]
    return bool((first > 0).all() and (weights.data == np.repeat(first, neighbours[neighbours > 0])).all())


def _draw(wards: int, size: int, permutations: int, at_once: int, seed: int) -> Iterator[tuple[Draws, Holders]]:
    """The draws of `size` slots in pieces of at most `at_once`, each with where every ward stands in it."""
    random = np.random.default_rng(seed)
    most = max(1, SLOTS_AT_ONCE // size)
    for start in range(0, permutations, most):
        drawn = min(most, permutations - start)
        steps = [random.integers(0, wards - 1 - position, size=drawn, dtype=np.int32) for position in range(size)]
        draws = _distinct(np.stack(steps), wards - 1)
        for piece in range(0, drawn, at_once):
            part = np.ascontiguousarray(draws[:, piece : piece + at_once])
            yield part, _holders(part, wards)


@compiled
def _distinct(steps: Draws, slots: int) -> Draws:
    """Shuffle the first places of 0 .. slots - 1 once a draw (Fisher-Yates): fair whatever order it starts from."""
    size, draws = steps.shape
    order = np.arange(slots).astype(np.int32)
    drawn = np.empty((size, draws), np.int32)
    for draw in range(draws):
        for position in range(size):
            other = position + steps[position, draw]
            order[position], order[other] = order[other], order[position]
            drawn[position, draw] = order[position]
    return drawn


@compiled
def _holders(draws: Draws, wards: int) -> Holders:
    """For each ward the draws that hold its slot, by rising position within the draw."""
    size, count = draws.shape
    starts = np.zeros(wards + 1, np.int64)
    for position in range(size):
        for draw in range(count):
            starts[draws[position, draw] + 1] += 1
    for ward in range(wards):
        starts[ward + 1] += starts[ward]
    free = starts[:-1].copy()
    held_draw = np.empty(size * count, np.int32)
    held_position = np.empty(size * count, np.int32)
    for position in range(size):
        for draw in range(count):
            entry = free[draws[position, draw]]
            held_draw[entry] = draw
            held_position[entry] = position
            free[draws[position, draw]] += 1
    return starts, held_draw, held_position


@compiled
def _sort(keys: Integers, spare: Integers, other: Integers, ends: Integers) -> tuple[Integers, int, int]:
    """Radix sort that leaves an index behind.

    Returns:
        The keys less their smallest, sorted, in one of the two spare arrays; that smallest; and the shift that gives
        a key's leading digit. `ends` then says where the keys of each leading digit end.
    """
    smallest = keys.min()
    span = keys.max() - smallest
    mask = len(ends) - 1
    leading = 0
    while span >> leading > mask:
        leading += 1
    for place in range(len(keys)):
        spare[place] = keys[place] - smallest
    for lowest in range(0, leading + RADIX, RADIX):
        shift = min(lowest, leading)
        ends[:] = 0
        for place in range(len(spare)):
            ends[(spare[place] >> shift) & mask] += 1
        total = 0
        for digit in range(len(ends)):
            ends[digit], total = total, total + ends[digit]
        for place in range(len(spare)):
            digit = (spare[place] >> shift) & mask
            other[ends[digit]] = spare[place]
            ends[digit] += 1
        spare, other = other, spare
    return spare, smallest, leading


@compiled
def _below(ordered: Integers, ends: Integers, leading: int, value: int) -> int:
    """How many of the ordered keys are below the value: by its leading digit, then binary search within that."""
    if value <= 0:
        return 0
    digit = value >> leading
    if digit >= len(ends):
        return len(ordered)
    first, last = ends[digit - 1] if digit > 0 else 0, ends[digit]
    if leading == 0:
        return int(first)
    while first < last:
        middle = (first + last) >> 1
        if ordered[middle] < value:
            first = middle + 1
        else:
            last = middle
    return int(first)


@compiled
def _count_equal(
    graph: tuple[Integers, Integers],
    draws: Draws,
    holders: Holders,
    columns: tuple[Integers, Integers, Integers],
    found: Counts,
) -> None:
    """Add the draws at least as high (found[0]) and as low (found[1]) as each ward's sum of neighbours.

    The graph is the wards by rising number of neighbours, and where those of k neighbours start in that order. The
    columns are values and lags, columns x wards, and the slack: sums of k within k times it are ties.
    """
    by_neighbours, groups = graph
    holder_starts, held_draw, held_position = holders
    values, lags, slack = columns
    size, count = draws.shape
    sums, spare, other = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    ends = np.empty(1 << RADIX, np.int64)
    for column in range(len(values)):
        value = values[column]
        sums[:] = 0
        for k in range(1, size + 1):
            for draw in range(count):
                sums[draw] += value[draws[k - 1, draw]]
            if groups[k] == groups[k + 1]:
                continue
            ordered, smallest, leading = _sort(sums, spare, other, ends)
            for ward in by_neighbours[groups[k] : groups[k + 1]]:
                low, high = lags[column, ward] - k * slack[column], lags[column, ward] + k * slack[column]
                at_least = count - _below(ordered, ends, leading, low - smallest)
                at_most = _below(ordered, ends, leading, high - smallest + 1)
                change = value[-1] - value[ward]
                for entry in range(holder_starts[ward], holder_starts[ward + 1]):
                    if held_position[entry] >= k:
                        break
                    shared = sums[held_draw[entry]]
                    at_least += int(shared + change >= low) - int(shared >= low)
                    at_most += int(shared + change <= high) - int(shared <= high)
                found[0, column, ward] += at_least
                found[1, column, ward] += at_most


@compiled
def _count_weighted(
    graph: tuple[Integers, Floats],
    draws: Draws,
    holders: Holders,
    columns: tuple[Floats, Floats, Floats],
    found: Counts,
) -> None:
    """As `_count_equal` with a weight for each neighbour, so that every ward's draws are summed on their own.

    The graph is where each ward's weights start, and the weights.
    """
    starts, weight = graph
    holder_starts, held_draw, held_position = holders
    values, lags, slack = columns
    size, count = draws.shape
    gathered, sums = np.empty((size, count)), np.empty(count)
    for column in range(len(values)):
        value = values[column]
        for position in range(size):
            for draw in range(count):
                gathered[position, draw] = value[draws[position, draw]]
        for ward in range(len(value)):
            first, k = starts[ward], starts[ward + 1] - starts[ward]
            if k == 0:
                continue
            largest = 0.0
            sums[:] = 0.0
            for position in range(k):
                each = weight[first + position]
                largest = max(largest, abs(each))
                for draw in range(count):
                    sums[draw] += each * gathered[position, draw]
            for entry in range(holder_starts[ward], holder_starts[ward + 1]):
                if held_position[entry] >= k:
                    break
                sums[held_draw[entry]] += weight[first + held_position[entry]] * (value[-1] - value[ward])
            tie = k * largest * slack[column]
            low, high = lags[column, ward] - tie, lags[column, ward] + tie
            at_least, at_most = 0, 0
            for draw in range(count):
                at_least += int(sums[draw] >= low)
                at_most += int(sums[draw] <= high)
            found[0, column, ward] += at_least
            found[1, column, ward] += at_most
