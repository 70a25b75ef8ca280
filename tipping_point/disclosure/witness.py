"""Which numbers to hide besides the small ones, each hiding proved by a witness.

A hidden number is safe where somebody who knows all that is published cannot tell it from one that is `threshold` away.
The proof is another whole table, a witness, in which every published number and every sum is the same and this one
differs. Over all witnesses a hidden number has to range over at least the threshold; numbers that had to differ in a
witness are hidden too, and need the same. A witness is found by mixed-integer programming, at the least loss: Cox
(1995, JASA 90, 1453) and Fischetti and Salazar (2001, Management Science 47, 1008) hide so by flows and by cuts. It is
always there, because a number and all totals over it can rise together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array, eye_array, hstack, vstack
from scipy.sparse.csgraph import connected_components

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_HIDDEN_COST = 0.01
"""Of moving a number that is hidden already: a little, so that witnesses stay small."""
_GAIN = 2.0
"""Of moving a number by one where many are proved at once: enough to hide a cell for, and not a total."""
_ROUNDS = 4
_ENOUGH = 0.8
"""Share of what is lacking that a cheap round leaves, above which the next would tell little."""


_LARGE = 5_000
"""Numbers tied together from which on they are first proved in pieces."""
_WIDE = 500
"""Numbers in a sum that does not tie pieces together: a total of many, which pieces leave as it is."""


@dataclass
class _Part:
    """Numbers that sums tie to each other, and what is proved of them so far."""

    matrix: csr_array
    values: Integers
    least: Integers
    cost: Floats
    hidden: Booleans
    low: Integers
    high: Integers

    def take(self, numbers: Integers) -> _Part:
        """The same of some numbers, with every sum that has one of them."""
        rows = csr_array(self.matrix[:, numbers])
        rows = csr_array(rows[np.flatnonzero(np.diff(rows.indptr))])
        return _Part(
            rows, self.values[numbers], self.least[numbers], self.cost[numbers], self.hidden[numbers],
            self.low[numbers], self.high[numbers],
        )  # fmt: skip

    def put(self, numbers: Integers, part: _Part) -> None:
        """What was proved of some numbers."""
        self.hidden[numbers], self.low[numbers], self.high[numbers] = part.hidden, part.low, part.high

    def unproved(self, threshold: int, *, but: Booleans) -> Integers:
        """Hidden numbers whose range is not wide enough yet."""
        return np.flatnonzero(self.hidden & (self.high - self.low < threshold) & ~but)

    def lacking(self, numbers: Integers, threshold: int) -> int:
        """How much wider the ranges of the numbers have to become, in all."""
        return int((threshold - self.high[numbers] + self.low[numbers]).sum())

    def apart(self, numbers: Integers) -> Integers:
        """Those of the numbers, taken in their order, that share no sum: proved together, none makes another dearer."""
        sums = csr_array(self.matrix[:, numbers].T)
        taken = np.diff(self.matrix.indptr) > _WIDE
        wide = taken.copy()
        chosen = []
        for place, number in enumerate(numbers):
            own = sums.indices[sums.indptr[place] : sums.indptr[place + 1]]
            if not (taken & ~wide)[own].any():
                taken[own] = True
                chosen.append(number)
        return np.array(chosen, dtype=np.int64)

    def witness(self, up: Integers, threshold: int, *, must: bool) -> bool:
        """Find another table in which the numbers `up` are higher; False where it told nothing new.

        They are raised until they range over the threshold, or, unless they must, as far as is cheap.
        """
        if not len(up):
            return False
        found = _solve(self, up, self.low[up] + threshold, must=must)
        table = self.values + found
        if (self.matrix @ found).any() or (table < self.least).any():
            raise AssertionError("a witness breaks a sum or goes below what is possible")
        before = int((self.high - self.low).sum())
        self.hidden |= found != 0
        np.minimum(self.low, table, out=self.low)
        np.maximum(self.high, table, out=self.high)
        return int((self.high - self.low).sum()) > before


def hide_beside(
    matrix: csr_array, values: Integers, *, hidden: Booleans, least: Integers, fixed: Booleans, cost: Floats,
    threshold: int,
) -> Booleans:  # fmt: skip
    """The numbers to hide so that every hidden one ranges over at least `threshold`.

    Args:
        matrix: sums x numbers; every row of matrix @ values is nought.
        values: the numbers, whole and not negative, shape (n,).
        hidden: those to be hidden anyway.
        least: the least that each could be for all that a reader knows.
        fixed: numbers that are not hidden whatever comes, such as a nought.
        cost: loss by hiding each, above nought.
        threshold: the range that a hidden number must have.

    Returns:
        Shape (n,): `hidden`, and what has to be hidden beside it.
    """
    whole = _Part(csr_array(matrix), values, least, cost, hidden, values, values).take(np.flatnonzero(~fixed))
    for numbers in _components(whole.matrix):
        if not whole.hidden[numbers].any():
            continue
        part = whole.take(numbers)
        if len(numbers) > _LARGE:
            _prove_in_pieces(part, threshold)
        _prove(part, threshold, whole=True)
        whole.put(numbers, part)
    result = hidden.copy()
    result[~fixed] = whole.hidden
    return result


def _components(matrix: csr_array) -> list[Integers]:
    """Numbers that are tied to each other by sums, in groups; each group in order."""
    sums, numbers = matrix.shape
    entries = coo_array(matrix)
    links = coo_array(
        (np.ones(entries.nnz), (entries.coords[0], entries.coords[1] + sums)), shape=(sums + numbers,) * 2
    )
    _, label = connected_components(links, directed=False)
    order = np.argsort(label[sums:], kind="stable")
    ends = np.flatnonzero(np.diff(label[sums:][order])) + 1
    return [np.sort(group) for group in np.split(order, ends) if len(group)]


def _prove_in_pieces(part: _Part, threshold: int) -> None:
    """Witnesses that change one piece alone and leave its share of every wide total as it is: they are good for all."""
    narrow = csr_array(part.matrix[np.flatnonzero(np.diff(part.matrix.indptr) <= _WIDE)])
    for numbers in _components(narrow):
        piece = part.take(numbers)
        _prove(piece, threshold, whole=False)
        part.put(numbers, piece)


def _prove(part: _Part, threshold: int, *, whole: bool) -> None:
    """Whatever can be proved cheaply, all at once, while that helps; then at any price, those that share no sum.

    Of the whole, every number can be proved, because it and all totals over it can rise together. A piece leaves those
    of which that would change a wide total.
    """
    stuck = np.zeros(len(part.values), dtype=bool)
    while len(left := part.unproved(threshold, but=stuck)):
        for _ in range(_ROUNDS):
            lacking = part.lacking(left, threshold)
            for half in (left[::2], left[1::2]):
                # Not all together: in a sum that is shown, some can only rise where others fall.
                part.witness(half, threshold, must=False)
            left = part.unproved(threshold, but=stuck)
            if part.lacking(left, threshold) > _ENOUGH * lacking or not len(left):
                break
        apart = part.apart(left)
        while len(apart):
            if part.witness(apart, threshold, must=True):
                break
            if whole:
                raise AssertionError("a number has no witness although all totals over it may change")
            stuck[apart[:1]] |= len(apart) == 1
            apart = apart[: len(apart) // 2]


def _solve(part: _Part, up: Integers, reach: Integers, *, must: bool) -> Integers:
    """The change of every number: sums kept, little hidden, the numbers `up` raised towards `reach`.

    There is no change at all where they must be raised as far and cannot.
    """
    number = len(part.values)
    cost = np.where(part.hidden, _HIDDEN_COST, part.cost)
    rise = reach - part.values[up]
    raised = csr_array((np.ones(len(up)), (np.arange(len(up)), up)), shape=(len(up), number))
    changes = hstack([part.matrix, -part.matrix, csr_array((part.matrix.shape[0], len(up)))])
    # What is gained by a number is no more than its rise.
    gains = hstack([-raised, raised, eye_array(len(up))])
    answer = milp(
        np.concatenate([cost, cost, np.full(len(up), 0.0 if must else -_GAIN)]),
        constraints=LinearConstraint(
            csr_array(vstack([changes, gains])),
            np.concatenate([np.zeros(part.matrix.shape[0]), np.full(len(up), -np.inf)]),
            0,
        ),
        bounds=Bounds(
            np.concatenate([np.zeros(2 * number), rise if must else np.zeros(len(up))]),
            np.concatenate([np.full(number, np.inf), part.values - part.least, rise]),
        ),
        integrality=np.ones(2 * number + len(up), dtype=np.int64),
    )
    if answer.x is None:
        return np.zeros(number, dtype=np.int64)
    moved = np.rint(answer.x[: 2 * number]).astype(np.int64)
    return moved[:number] - moved[number:]
