"""Choose disjoint groups of the largest total value: weighted set packing, with a bound over every group.

**Bound.** Give each ward a price p (from 0 up; of any sign where the ward must be in a group) and each authority a
price q. The surplus of a group is its value less the prices of its wards and of its authority. No choice of at most k
groups can be worth more than L = Σ p + cap Σ q + the k largest positive surpluses (Lagrange), and no choice that uses
a group beyond those k more than L - the k-th surplus + the group's own. So whatever is left out is judged by one
number, and a group whose number does not pass the best choice found cannot be part of a better one.

**Prices** are the duals of the linear programme, which is solved on few groups and enlarged by those of large surplus
until no group is missing (column generation, Gilmore and Gomory 1961). **The choice** is then a mixed-integer
programme (HiGHS) on the groups whose number passes the best choice known.

**Fewer groups.** A group's surplus is never more than its value, where no ward is wanted. So groups below some value
can be left out from the start (`Problem.below`), and wherever one of them might have entered, this is seen and refused:
what is found is, step by step, what is found among all.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, vstack

from tipping_point.areas.candidates import NOBODY, Floats, Positions, sum_over
from tipping_point.areas.local_search import (
    TOLERANCE,
    Chosen,
    Problem,
    TooFewError,
    first_by,
    improve,
    search_at_random,
)

log = logging.getLogger(__name__)

FIRST_GROUPS = 1_000
"""Groups that the linear programme starts on, and takes in at a time."""
POOL = 4_000
"""Groups that the integer programme starts on; four times as many each time that the rest may matter."""

NODES = 10_000
"""Nodes of one integer programme, at most. Real studies end at the root or within a few dozen. A count, not seconds:
the same study gives the same choice on a busy machine."""
ROUNDS = 500
"""Linear programmes solved for the prices, at most, each larger than the one before."""
ITERATIONS = 1_000_000
"""Iterations of one linear programme, at most."""


@dataclass(frozen=True)
class Packing:
    """A choice, its value, and what no choice can pass.

    Attributes:
        chosen: positions of the groups.
        value: their total.
        bound: no choice among all groups is worth more.
        exact: value and bound agree.
        solved_on: groups in the last integer programme; the others were shown not to matter.
    """

    chosen: Chosen
    value: float
    bound: float
    exact: bool
    solved_on: int


@dataclass(frozen=True)
class Prices:
    """A bound over all groups, and for each group the most that a choice which uses it can be worth."""

    bound: float
    with_group: Floats
    surplus: Floats
    outside: float
    """The most that a choice can be worth which uses a group left out of the problem; 0 where none was."""


def pack(problem: Problem, start: Chosen, *, nodes: int = NODES, seed: int) -> Packing:
    """The best choice, or the best found within the nodes with a true bound.

    Args:
        problem: at least one group.
        start: a choice that holds every wanted ward, from `cover_wanted`; may be empty where none is wanted.
        nodes: of each integer programme, at most; 0 solves none, nor a linear programme.
        seed: for the random starts of the fallback; an exact result does not depend on it.

    Raises:
        TooFewError: groups were left out of the problem that might matter.
    """
    best = improve(problem, problem.value, start)
    prices = _price(problem, best, rounds=ROUNDS if nodes else 0)
    if prices.bound > problem.value[best].sum() * (1 + TOLERANCE):
        other = improve(problem, prices.with_group, start, outside=prices.outside)
        best = other if problem.value[other].sum() > problem.value[best].sum() else best
    if prices.outside > problem.value[best].sum() * (1 + TOLERANCE):
        raise TooFewError
    size, solved = POOL, 0
    while True:
        value = float(problem.value[best].sum())
        open_ = np.flatnonzero(prices.with_group > value * (1 + TOLERANCE))
        if len(open_) == 0:
            return _finish(problem, best, value, solved)
        pool = open_[first_by(prices.with_group[open_], size)[:size]]
        solution, reached, ended = _solve(problem, np.sort(pool), nodes)
        solved = len(pool)
        if solution is not None and problem.value[solution].sum() > value:
            best, value = solution, float(problem.value[solution].sum())
        bound = min(prices.bound, max(value, reached, _largest_outside(prices, open_, pool)))
        if bound <= value * (1 + TOLERANCE):
            return _finish(problem, best, value, solved)
        if len(pool) == len(open_) or not ended:
            best = search_at_random(problem, best, seed)
            value = float(problem.value[best].sum())
            return Packing(_trim(problem, best), value, max(bound, value), bound <= value * (1 + TOLERANCE), solved)
        size *= 4


def _finish(problem: Problem, best: Chosen, value: float, solved: int) -> Packing:
    return Packing(_trim(problem, best), value, value, exact=True, solved_on=solved)


def _largest_outside(prices: Prices, open_: Chosen, pool: Chosen) -> float:
    outside = np.setdiff1d(open_, pool)
    return float(prices.with_group[outside].max()) if len(outside) else 0.0


def cover_wanted(problem: Problem) -> tuple[Chosen, Positions]:
    """A choice that holds as many of the wanted wards as can be held together, and the wanted wards it misses."""
    if len(problem.wanted) == 0:
        return np.empty(0, dtype=np.int64), problem.wanted
    held = np.isin(problem.members, problem.wanted).sum(axis=1)
    pool = np.flatnonzero(held)
    if len(pool) == 0:
        return np.empty(0, dtype=np.int64), problem.wanted
    # One more wanted ward is worth more than all value there can be, which comes second.
    worth = held[pool] + problem.value[pool] / (2 * problem.number * problem.value[pool].max())
    rows, most = _rows(problem, pool)
    result = milp(
        -worth,
        constraints=LinearConstraint(rows, -np.inf, most),
        integrality=np.ones(len(pool), dtype=np.int64),
        bounds=Bounds(0, 1),
    )
    chosen = pool[np.asarray(result.x) > 0.5]
    return chosen, np.setdiff1d(problem.wanted, problem.members[chosen])


def _rows(problem: Problem, pool: Chosen) -> tuple[csr_array, Floats]:
    """Constraints over some of the groups: each ward once, each authority's cap, the number; and what they allow."""
    members = problem.members[pool]
    group, place = np.nonzero(members != NOBODY)
    ones, every = np.ones(len(group)), np.arange(len(pool))
    wards = csr_array((ones, (members[group, place], group)), shape=(problem.wards, len(pool)))
    authorities = int(problem.authority.max()) + 1
    own = csr_array((np.ones(len(pool)), (problem.authority[pool], every)), shape=(authorities, len(pool)))
    most = np.concatenate([np.ones(problem.wards), np.full(authorities, float(problem.cap)), [float(problem.number)]])
    number = csr_array(np.ones((1, len(pool))))
    return csr_array(vstack([wards, own, number])), most


def _price(problem: Problem, best: Chosen, *, rounds: int) -> Prices:
    """Prices from the linear programme over all groups; without a round for it, what prices of 0 say."""
    scale = 1_000 / problem.value.max()
    lowest = _bound(problem, np.zeros(problem.wards), np.zeros(int(problem.authority.max()) + 1))
    value = float(problem.value[best].sum())
    pool = np.union1d(best, first_by(problem.value, FIRST_GROUPS)[:FIRST_GROUPS])
    must = np.zeros(problem.wards, dtype=bool)
    must[problem.wanted] = True
    for _ in range(rounds):
        if lowest.bound <= value * (1 + TOLERANCE):
            break
        rows, most = _rows(problem, pool)
        used = np.flatnonzero(rows.sum(axis=1) > 0)
        equal = used[used < problem.wards][must[used[used < problem.wards]]]
        upper = np.setdiff1d(used, equal)
        result = linprog(
            -problem.value[pool] * scale,
            A_ub=cast(Any, rows[upper]), b_ub=most[upper],
            A_eq=cast(Any, rows[equal] if len(equal) else None), b_eq=most[equal] if len(equal) else None,
            method="highs", options={"maxiter": ITERATIONS},
        )  # fmt: skip
        if result.status != 0:
            break
        price = np.zeros(rows.shape[0])
        price[upper] = np.maximum(0.0, -result.ineqlin.marginals) / scale
        price[equal] = -result.eqlin.marginals / scale if len(equal) else 0.0
        if price[-1] < problem.below:
            raise TooFewError
        found = _bound(problem, price[: problem.wards], price[problem.wards : -1])
        lowest = found if found.bound < lowest.bound else lowest
        missing = np.flatnonzero(found.surplus > price[-1] + TOLERANCE * problem.value.max())
        missing = np.setdiff1d(missing, pool, assume_unique=True)
        if len(missing) == 0:
            break
        pool = np.union1d(pool, missing[first_by(found.surplus[missing], FIRST_GROUPS)[:FIRST_GROUPS]])
    return lowest


def _bound(problem: Problem, price: Floats, authority_price: Floats) -> Prices:
    """The bound of the module's first paragraph, for any prices."""
    surplus = problem.value - sum_over(problem.members, price) - authority_price[problem.authority]
    number = min(problem.number, len(surplus))
    largest = np.sort(np.partition(surplus, len(surplus) - number)[len(surplus) - number :])
    last = max(0.0, largest[0]) if number == problem.number else 0.0
    if last < problem.below:
        raise TooFewError
    bound = price.sum() + problem.cap * authority_price.sum() + np.maximum(largest, 0.0).sum()
    outside = float(min(bound, bound - last + problem.below)) if problem.below else 0.0
    return Prices(float(bound), np.minimum(bound, bound - last + surplus), surplus, outside)


def _solve(problem: Problem, pool: Chosen, nodes: int) -> tuple[Chosen | None, float, bool]:
    """The best choice among some of the groups, None if none was found; what none is worth more than; was it proved?"""
    if not nodes:
        return None, np.inf, False
    scale = 1_000 / problem.value[pool].max()
    rows, most = _rows(problem, pool)
    least = np.full(len(most), -np.inf)
    least[problem.wanted] = 1.0
    used = np.flatnonzero((rows.sum(axis=1) > 0) | (least > 0))
    result = milp(
        -problem.value[pool] * scale, integrality=np.ones(len(pool), dtype=np.int64), bounds=Bounds(0, 1),
        constraints=LinearConstraint(rows[used], least[used], most[used]),
        options={"node_limit": nodes, "mip_rel_gap": 0.0},
    )  # fmt: skip
    if result.status == 2:
        return None, 0.0, True
    chosen = None if result.x is None else pool[result.x > 0.5]
    if result.status == 0 and chosen is not None:
        return chosen, float(problem.value[chosen].sum()), True
    bound = result.mip_dual_bound
    return chosen, np.inf if bound is None else -float(bound) / scale, False


def _trim(problem: Problem, best: Chosen) -> Chosen:
    """Each group without wards that add nothing: of the groups inside it of equal value, the one of fewest wards."""
    inside, kept = np.zeros(problem.wards + 1, dtype=bool), []
    inside[NOBODY] = True
    for group in best:
        own = problem.members[group][problem.members[group] != NOBODY]
        inside[own] = True
        same = np.flatnonzero((problem.value == problem.value[group]) & (problem.authority == problem.authority[group]))
        equal = same[inside[problem.members[same]].all(axis=1)]
        needed = np.intersect1d(own, problem.wanted)
        holding = [other for other in equal if np.isin(needed, problem.members[other]).all()]
        kept.append(min(holding, key=lambda other: ((problem.members[other] != NOBODY).sum(), other)))
        inside[own] = False
    return np.sort(np.array(kept, dtype=np.int64))
