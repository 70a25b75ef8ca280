"""Good choices of disjoint groups by local search: quick, repeatable, and without a proof.

The choice is filled up by falling value; then one group after another is brought in, what stands in its way is taken
out, the rest is filled up again, and the result is kept where the total grows. The exact method starts from it and
falls back on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tipping_point.areas.candidates import NOBODY, Floats, Positions
from tipping_point.compiled import compiled

Chosen = NDArray[np.int64]
"""Positions of groups, rising."""

TOLERANCE = 1e-9
"""Relative difference of values that counts as none."""
TRIES = 2_000
"""Groups, best first, that the local search tries to bring in."""
LOOKS = 100_000_000
"""Groups that one local search looks at in all: bounds its time, by count so that it does not depend on the clock."""
FIRST = 10_000
"""Groups of most worth that are put in order at first."""
RESTARTS = 20
"""Random starts of the fallback."""


class TooFewError(Exception):
    """Groups that were left out of a problem might matter: it has to be solved with all."""


@dataclass(frozen=True, repr=False)
class Problem:
    """What to choose from.

    Attributes:
        members: groups x max_wards, positions of wards, then NOBODY.
        value: of each group, above 0.
        authority: number of each group's authority, from 0.
        number: groups to choose at most.
        per_authority: groups of one authority at most; 0 = no cap.
        wanted: positions of wards that must be in a chosen group.
        wards: how many wards there are.
        below: groups that were left out are worth less than this; 0 where none was.
    """

    members: Positions
    value: Floats
    authority: Positions
    number: int
    per_authority: int
    wanted: Positions
    wards: int
    below: float = 0.0

    @property
    def cap(self) -> int:
        """Groups of one authority at most."""
        return min(self.per_authority, self.number) if self.per_authority else self.number

    def without(self, wards: Positions) -> Problem:
        """The same problem with some wards no longer wanted."""
        return replace(self, wanted=np.setdiff1d(self.wanted, wards)) if len(wards) else self


def first_by(value: Floats, number: int) -> Chosen:
    """At least so many groups, where there are as many, by falling value; ties in the order they stand in."""
    if number >= len(value):
        return np.argsort(-value, kind="stable")
    least = np.partition(value, len(value) - number)[len(value) - number]
    first = np.flatnonzero(value >= least)
    return first[np.argsort(-value[first], kind="stable")]


def improve(problem: Problem, worth: Floats, start: Chosen, *, outside: float = 0.0) -> Chosen:
    """Fill up a choice, largest `worth` first, then bring in one group after another where the total grows.

    The groups of most worth nearly always fill it; all are put in order only where they do not.

    Args:
        problem: what to choose from.
        worth: of each group.
        start: positions of the groups that the choice begins with.
        outside: the most that a group left out of the problem can be worth.

    Raises:
        TooFewError: groups were left out, and one of them might have been looked at.
    """
    first = FIRST if len(problem.wanted) == 0 else len(worth)
    order = first_by(worth, first)
    if problem.below:
        order = order[worth[order] > outside]
    found, short = _improve(problem, order, start)
    if problem.below and (short or len(order) < TRIES):
        raise TooFewError
    if short and first < len(worth):
        found, _ = _improve(problem, first_by(worth, len(worth)), start)
    return found


def _improve(problem: Problem, order: Chosen, start: Chosen) -> tuple[Chosen, bool]:
    """The choice, and whether some choice on the way came to the end of `order` before it was full."""
    wanted = np.zeros(problem.wards, dtype=np.bool_)
    wanted[problem.wanted] = True
    chosen = np.full(problem.number, -1, dtype=np.int64)
    chosen[: len(start)] = start
    limits = (problem.number, problem.cap, int(problem.authority.max()) + 1)
    found, short = _climb(
        problem.members, problem.value, problem.authority, order, wanted, limits, chosen, (TRIES, LOOKS)
    )
    return np.sort(found[found >= 0]), short


def search_at_random(problem: Problem, best: Chosen, seed: int) -> Chosen:
    """The fallback: the local search again from orders that are shaken at random, the best of all kept."""
    random = np.random.default_rng(seed)
    start = best if len(problem.wanted) else best[:0]
    for _ in range(RESTARTS):
        shaken = problem.value * random.uniform(0.8, 1.0, len(problem.value))
        found = improve(problem, problem.value, improve(problem, shaken, start))
        if problem.value[found].sum() > problem.value[best].sum() * (1 + TOLERANCE):
            best = found
    return best


@compiled
def _climb(
    members: Positions,
    value: Floats,
    authority: Positions,
    order: Chosen,
    wanted: NDArray[np.bool_],
    limits: tuple[int, int, int],
    chosen: Chosen,
    effort: tuple[int, int],
) -> tuple[Chosen, bool]:
    """Local search: `limits` are number, cap and authorities; `effort` is groups to bring in and groups to look at.

    Returns one position for each place, -1 where it stays empty, and whether any choice tried was not full. Wanted
    wards that `chosen` holds stay held.
    """
    tries, budget = effort
    best, looked = _fill(members, authority, order, wanted, limits, chosen)
    held, total = _worth(members, value, wanted, best)
    growing, short = True, bool(best[-1] < 0)
    while growing:
        growing = False
        for group in order[:tries]:
            if looked > budget:
                return best, short
            part = _bring_in(members, value, authority, limits, best, group)
            trial, steps = _fill(members, authority, order, wanted, limits, part)
            looked, short = looked + steps, short or bool(trial[-1] < 0)
            trial_held, trial_total = _worth(members, value, wanted, trial)
            if trial_held >= held and trial_total > total * (1 + 1e-12):
                best, held, total, growing = trial, trial_held, trial_total, True
    return best, short


@compiled
def _worth(members: Positions, value: Floats, wanted: NDArray[np.bool_], chosen: Chosen) -> tuple[int, float]:
    """Wanted wards held by a choice, and its value."""
    held, total = 0, 0.0
    for group in chosen:
        if group >= 0:
            total += value[group]
            for ward in members[group]:
                if ward != NOBODY and wanted[ward]:
                    held += 1
    return held, total


@compiled
def _bring_in(
    members: Positions, value: Floats, authority: Positions, limits: tuple[int, int, int], chosen: Chosen, group: int
) -> Chosen:
    """The choice with one more group, less those that share a ward with it and the least that make room for it."""
    number, cap, _ = limits
    result = np.full(number, -1, dtype=np.int64)
    count, same = 0, 0
    for other in chosen:
        if other >= 0 and not _overlap(members[other], members[group]):
            result[count] = other
            count += 1
            same += authority[other] == authority[group]
    while same >= cap or count >= number:
        least = -1
        for place in range(count):
            in_the_way = same < cap or authority[result[place]] == authority[group]
            if in_the_way and (least < 0 or value[result[place]] < value[result[least]]):
                least = place
        same -= authority[result[least]] == authority[group]
        count -= 1
        result[least], result[count] = result[count], -1
    result[count] = group
    return result


@compiled
def _overlap(first: Positions, second: Positions) -> bool:
    for ward in first:
        for other in second:
            if ward != NOBODY and ward == other:
                return True
    return False


@compiled
def _fill(
    members: Positions,
    authority: Positions,
    order: Chosen,
    wanted: NDArray[np.bool_],
    limits: tuple[int, int, int],
    chosen: Chosen,
) -> tuple[Chosen, int]:
    """Add groups in their order while they fit, those that hold a missing wanted ward first; and groups looked at."""
    number, cap, authorities = limits
    taken, used = np.zeros(len(wanted), dtype=np.bool_), np.zeros(authorities, dtype=np.int64)
    result = np.full(number, -1, dtype=np.int64)
    count, looked = 0, 0
    for group in chosen:
        if group >= 0:
            count = _take(members, authority, group, taken, used, result, count)
    for needed in (True, False):
        if needed and not _lacks(wanted, taken):
            continue
        for group in order:
            if count == number:
                break
            looked += 1
            fits, holds = used[authority[group]] < cap, not needed
            for ward in members[group]:
                if ward == NOBODY or not fits:
                    break
                fits = not taken[ward]
                holds = holds or wanted[ward]
            if fits and holds:
                count = _take(members, authority, group, taken, used, result, count)
    return result, looked


@compiled
def _lacks(wanted: NDArray[np.bool_], taken: NDArray[np.bool_]) -> bool:
    """Whether a wanted ward is not taken; without a branch, so that the compiler makes one pass of many wards."""
    lacks = False
    for ward in range(len(wanted)):
        lacks |= wanted[ward] & (not taken[ward])
    return lacks


@compiled
def _take(
    members: Positions,
    authority: Positions,
    group: int,
    taken: NDArray[np.bool_],
    used: Chosen,
    result: Chosen,
    count: int,
) -> int:
    """Mark a group as chosen; the number now chosen."""
    for ward in members[group]:
        if ward != NOBODY:
            taken[ward] = True
    used[authority[group]] += 1
    result[count] = group
    return count + 1
