"""Counts and the totals published beside them, as unknowns and the sums that tie them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array, csr_array

SMALL = "under the least number shown, or hidden so that such a number cannot be worked out"
"""Reason of a small number and of one hidden beside it: to tell them apart would bound them both."""
WITHHELD = "held back by its publisher"
NEVER = "not shown at this level of detail"

Totals = Mapping[tuple[str, ...], pd.DataFrame]


@dataclass(frozen=True)
class Published:
    """What may be published: each table with its keys, the value (blank where hidden), hidden and reason."""

    cells: pd.DataFrame = field(repr=False)
    totals: Totals = field(repr=False)
    """By the columns that a total is taken over: ('ward_code',) holds the totals of wards."""
    value: str
    threshold: int
    hide_zeros: bool

    def __repr__(self) -> str:
        by = ", ".join("+".join(margin) or "all" for margin in self.totals)
        return f"{len(self.cells):,} numbers, {self.cells['hidden'].sum():,} hidden; totals by {by or 'nothing'}"


@dataclass(frozen=True)
class Sums:
    """Numbers, cells first and then totals, and the rows of `matrix` that come to nought: members less their total."""

    matrix: csr_array = field(repr=False)
    members: npt.NDArray[np.int64] = field(repr=False)
    """Cells that each number stands for: 1 for a cell."""
    groups: Mapping[tuple[str, ...], pd.DataFrame] = field(repr=False)
    """By margin, the keys of its totals in the order of the numbers."""
    partial: Mapping[tuple[str, ...], pd.DataFrame] = field(repr=False)
    """By margin, the keys of groups with a cell that is not known: they have no total."""


def tie_sums(cells: pd.DataFrame, margins: Sequence[tuple[str, ...]], *, known: npt.NDArray[np.bool_]) -> Sums:
    """The sums that tie cells to their totals.

    Args:
        cells: one row per cell, with every column that a margin names.
        margins: columns whose groups have a published total; () is the total of all.
        known: of each cell; numbers are the known cells alone, in their order.
    """
    place = np.cumsum(known) - 1
    number, equation = int(known.sum()), 0
    rows, columns, signs = [], [], []
    members = [np.ones(number, dtype=np.int64)]
    groups, partial = {}, {}
    for margin in margins:
        codes, keys = _group(cells, margin)
        whole = np.bincount(codes[~known], minlength=len(keys)) == 0
        total = np.cumsum(whole) - 1
        inside = whole[codes]
        rows += [total[codes[inside]] + equation, np.arange(whole.sum()) + equation]
        columns += [place[inside], np.arange(whole.sum()) + number]
        signs += [np.ones(inside.sum()), -np.ones(whole.sum())]
        members.append(np.bincount(codes, minlength=len(keys))[whole])
        groups[margin], partial[margin] = keys[whole].reset_index(drop=True), keys[~whole].reset_index(drop=True)
        equation, number = equation + int(whole.sum()), number + int(whole.sum())
    sign, row, column = (np.concatenate([np.empty(0), *parts]) for parts in (signs, rows, columns))
    matrix = csr_array(coo_array((sign, (row.astype(int), column.astype(int))), shape=(equation, number)))
    return Sums(matrix, np.concatenate(members), groups, partial)


def _group(cells: pd.DataFrame, margin: tuple[str, ...]) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    """The group of each cell, and the keys of the groups."""
    if not margin:
        return np.zeros(len(cells), dtype=np.int64), pd.DataFrame(index=range(min(len(cells), 1)))
    by = list(margin)
    codes = cells.groupby(by, sort=True, observed=True, dropna=False).ngroup()
    return np.asarray(codes, dtype=np.int64), cells[by].drop_duplicates().sort_values(by, ignore_index=True)
