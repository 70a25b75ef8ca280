"""Families of windows for the scan statistic, each window an earlier one and one location more.

Counting the cases of a window then takes one addition, in the data and in every replicate. Windows that start from one
location, its root, stand together. A window reads the running total in one slot and writes its own into another; slot 0
is always nothing, so that a window that reads it is the first of its root. A family builds the windows of any roots on
their own, so none has to be held longer than it takes to count it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tipping_point.compiled import compiled
from tipping_point.hotspots.permutation import Floats, Integers

Flags = NDArray[np.bool_]

RINGS = 1024
"""Rings of equal area in which population is first summed, so that only locations within reach are sorted."""


class Windows(NamedTuple):
    """One entry a window."""

    member: NDArray[np.int32]
    """The location that it adds."""
    onto: NDArray[np.uint8]
    """Slot of the window that it adds to, 0 for the first of a root."""
    into: NDArray[np.uint8]
    """Slot of the window itself, never the same as `onto`."""
    population: Floats
    """People inside; infinite where this is only a step on the way to a window."""


@dataclass(frozen=True)
class Family:
    """All windows of one kind on one map."""

    most: Integers
    """Per root, a number that its windows do not exceed."""
    slots: int
    """Slots in use, slot 0 included."""
    largest: float
    """People, the most that any window holds."""
    build: Callable[[Integers, Flags], Windows]
    """The windows of the given roots that hold only free locations."""


@compiled
def members_of(windows: Windows, window: int) -> Integers:
    """Locations of a window, in the order in which they were added."""
    found = np.empty(window + 1, np.int64)
    size, slot = 0, windows.into[window]
    # The last window before another that wrote the slot it reads is the one that it added to.
    while slot != 0:
        if windows.into[window] == slot:
            found[size] = windows.member[window]
            size += 1
            slot = windows.onto[window]
        window -= 1
    return found[:size][::-1].copy()


def _empty(windows: int) -> Windows:
    slots = np.empty(windows, np.uint8), np.empty(windows, np.uint8)
    return Windows(np.empty(windows, np.int32), *slots, np.empty(windows))


def _first(windows: Windows, made: int) -> Windows:
    return Windows(windows.member[:made], windows.onto[:made], windows.into[:made], windows.population[:made])


# ------------------------------------------------------------------------------------------- circles


def circles(coordinates: Floats, population: Floats, largest: float) -> Family:
    """Circles centred on each location, growing until they would hold more people than `largest`.

    A circle holds every location within its radius, so locations at one distance enter together. (SaTScan lets them in
    one by one, the lesser coordinate first.) Distances are one where they differ by less than the coordinates resolve.

    Args:
        coordinates: n x 2, cartesian, finite.
        population: n, not negative.
        largest: people, the most that a circle may hold.
    """
    n = len(population)
    x, y = np.ascontiguousarray(coordinates.T)
    tolerance = 4 * np.finfo(np.float64).eps * np.abs(coordinates).max(initial=0.0)

    def build(roots: Integers, free: Flags) -> Windows:
        windows = _empty(len(roots) * n)
        made = _fill_circles(roots, (x, y, population), free, largest, tolerance, windows)
        return _first(windows, made)

    return Family(np.full(n, n), 3, largest, build)


@compiled
def _fill_circles(
    roots: Integers,
    places: tuple[Floats, Floats, Floats],
    free: Flags,
    largest: float,
    tolerance: float,
    windows: Windows,
) -> int:
    """Write the circles around the roots, and return how many entries they take."""
    x, y, population = places
    squared = np.empty(len(x))
    near = np.empty(len(x), np.int32)
    made = 0
    for root in roots:
        taken = np.inf
        for place in range(len(x)):
            squared[place] = (x[place] - x[root]) ** 2 + (y[place] - y[root]) ** 2
            if not free[place]:
                taken = min(taken, squared[place])
        order = near[: _within_reach(squared, population, largest, taken, near)]
        distance = np.sqrt(squared[order])
        ranks = np.argsort(distance, kind="mergesort")
        inside, first = 0.0, made
        for rank in range(len(order)):
            place = order[ranks[rank]]
            inside += population[place]
            if inside > largest or not free[place]:
                break
            last = rank + 1 == len(order) or distance[ranks[rank + 1]] - distance[ranks[rank]] > tolerance
            windows.member[made] = place
            windows.onto[made] = 0 if made == first else 1 + rank % 2
            windows.into[made] = 2 - rank % 2
            windows.population[made] = inside if last else np.inf
            made += 1
        # A ring of which only some could enter was no circle, and its first steps lead nowhere.
        while made > first and windows.population[made - 1] == np.inf:
            made -= 1
    return made


@compiled
def _within_reach(squared: Floats, population: Floats, largest: float, taken: float, near: NDArray[np.int32]) -> int:
    """List, nearly by distance, all locations up to the squared distance `taken` that a circle could hold.

    And a few more: everything in the ring of equal area in which the population first exceeds the largest.
    """
    rings = np.empty(len(squared), np.int64)
    people, ends = np.zeros(RINGS + 1), np.zeros(RINGS + 2, np.int64)
    width = squared.max() / RINGS
    for place in range(len(squared)):
        ring = min(RINGS, int(squared[place] / width)) if width > 0 else 0
        rings[place] = ring
        people[ring] += population[place]
        ends[ring + 1] += int(squared[place] <= taken)
    reach, inside = 0, people[0]
    while reach < RINGS and inside <= largest:
        ends[reach + 1] += ends[reach]
        reach += 1
        inside += people[reach]
    found = ends[reach] + ends[reach + 1]
    # Each ring's start becomes its end as it fills.
    for place in range(len(squared)):
        if rings[place] <= reach and squared[place] <= taken:
            near[ends[rings[place]]] = place
            ends[rings[place]] += 1
    return int(found)


# ----------------------------------------------------------------------------------- connected sets


def count_connected(
    links: tuple[Integers, Integers], population: Floats, largest: float, size: int, roots: Integers, *, stop: int
) -> Integers:
    """How many connected sets of at most `size` wards each root is the first ward of; -1 beyond `stop` in all.

    Args:
        links: where each ward's neighbours start (n + 1), and the neighbours; both ways, none to itself.
        population: n, not negative.
        largest: people, the most that a set may hold.
        size: wards, the most that a set may have.
        roots: wards to count for.
        stop: counting ends when so many are exceeded.
    """
    found = np.full(len(roots), -1, np.int64)
    nothing, free = _empty(0), np.ones(len(population), np.bool_)
    for place in range(len(roots)):
        count = _fill_connected(roots[place : place + 1], links, population, free, largest, size, stop, nothing)
        stop -= count
        if stop < 0:
            break
        found[place] = count
    return found


def connected_sets(
    links: tuple[Integers, Integers], population: Floats, largest: float, size: int, most: Integers
) -> Family:
    """Every connected set of at most `size` wards and `largest` people, once; its root is its first ward.

    Arguments as `count_connected`; `most` is what that counted.
    """

    def build(roots: Integers, free: Flags) -> Windows:
        windows = _empty(int(most[roots].sum()))
        capacity = len(windows.member)
        made = _fill_connected(roots, links, population, free, largest, size, capacity, windows)
        return _first(windows, made)

    return Family(most, size + 1, largest, build)


@compiled
def _fill_connected(
    roots: Integers,
    links: tuple[Integers, Integers],
    population: Floats,
    free: Flags,
    largest: float,
    size: int,
    stop: int,
    windows: Windows,
) -> int:
    """Write the sets, as far as there is room, and return how many there are or `stop + 1` if more than `stop`.

    Redelmeier 1981: wards that may still enter wait in a queue. Taking one makes a set; what it touches for the first
    time joins the queue behind; and once all sets with it are made, it enters no further set of those before it.
    """
    starts, neighbours = links
    known = np.zeros(len(population), np.bool_)
    queue = np.empty(len(population), np.int64)
    taken, ends, inside = np.zeros(size + 1, np.int64), np.zeros(size + 1, np.int64), np.zeros(size + 1)
    made = 0
    for root in roots:
        queue[0], taken[1], ends[1], depth = root, 0, 1, 1
        known[root] = True
        while depth > 0:
            if taken[depth] == ends[depth]:
                depth -= 1
                for place in range(ends[depth], ends[depth + 1]):
                    known[queue[place]] = False
                continue
            ward = queue[taken[depth]]
            taken[depth] += 1
            inside[depth] = inside[depth - 1] + population[ward]
            if inside[depth] > largest or not free[ward]:
                continue
            if made < len(windows.member):
                windows.member[made], windows.population[made] = ward, inside[depth]
                windows.onto[made], windows.into[made] = depth - 1, depth
            made += 1
            if made > stop:
                return made
            if depth < size:
                ends[depth + 1] = ends[depth]
                for link in range(starts[ward], starts[ward + 1]):
                    other = neighbours[link]
                    if other > root and not known[other]:
                        known[other] = True
                        queue[ends[depth + 1]] = other
                        ends[depth + 1] += 1
                taken[depth + 1] = taken[depth]
                depth += 1
    return made
