"""How unlikely the cases of a window are at even risk, for millions of windows and many replicates at once.

Replicates are counted side by side in tiles that stay in cache, by integer addition. The logarithm is only taken where
a count is high enough to raise the lowest maximum of its tile so far: a table says how high that is, by the window's
expected cases. The table errs on the low side only, so the maxima are exact.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tipping_point.compiled import compiled
from tipping_point.hotspots.permutation import Floats, Integers
from tipping_point.hotspots.windows import Windows

Tile = NDArray[np.int32]
"""Cases, locations x replicates."""

LEVELS = 1024
"""Expected cases that the table of needed counts tells apart, evenly by their square root."""
SAME = 1e-7
"""Ratios that differ by less are tied: the same window summed in another order."""
SLACK = 1e-5
"""How far below the floor a ratio must be to be passed over: rounding must not decide."""
RISE = 0.1
"""How far the floor rises before the table is made anew."""


@compiled
def log_ratio(cases: float, expected: float, total: float) -> float:
    """Log-likelihood ratio of a window (Kulldorff 1997); 0 where it does not hold more than expected.

    c ln(c / E) + (C - c) ln((C - c) / (C - E)), the second term 0 where no case is outside.
    """
    if cases <= expected:
        return 0.0
    ratio = cases * math.log(cases / expected)
    if cases < total:
        ratio += (total - cases) * math.log((total - cases) / (total - expected))
    return ratio


@compiled
def most_likely(windows: Windows, cases: NDArray[np.int32], per_person: float, slots: int) -> tuple[Floats, Integers]:
    """For each root that has a window, the highest ratio and which window has it; if tied the one of fewer members.

    Args:
        windows: of any roots.
        cases: per location.
        per_person: expected cases of one person.
        slots: that the windows use, slot 0 included.
    """
    total = float(cases.sum())
    so_far, members = np.zeros(slots, np.int64), np.zeros(slots, np.int64)
    roots = (windows.onto == 0).sum()
    highest, place = np.zeros(roots), np.zeros(roots, np.int64)
    root, fewest = -1, 0
    for window in range(len(windows.member)):
        onto, into = windows.onto[window], windows.into[window]
        root += int(onto == 0)
        so_far[into] = so_far[onto] + cases[windows.member[window]]
        members[into] = members[onto] + 1
        ratio = log_ratio(float(so_far[into]), windows.population[window] * per_person, total)
        gain = ratio - highest[root]
        if gain > SAME or (ratio > 0 and gain > -SAME and (highest[root] == 0 or members[into] < fewest)):
            highest[root], place[root], fewest = ratio, window, members[into]
    return highest, place


def expected_levels(windows: Windows, per_person: float, largest: float) -> tuple[Floats, NDArray[np.uint16], float]:
    """Expected cases of each window, their level, and the width of a level; all that is no window is at the top.

    Args:
        windows: of any roots.
        per_person: expected cases of one person.
        largest: people, the most that any window holds.
    """
    expected = windows.population * per_person
    width = math.sqrt(largest * per_person) / (LEVELS - 1)
    return expected, np.minimum(np.sqrt(expected) / width, LEVELS).astype(np.uint16), width


@compiled
def raise_maxima(
    windows: Windows,
    levels: tuple[Floats, NDArray[np.uint16], float],
    cases: Tile,
    total: int,
    slots: int,
    maxima: Floats,
) -> None:
    """Raise each replicate's maximum to the highest ratio among the windows.

    Args:
        windows: of any roots.
        levels: from `expected_levels`.
        cases: locations x replicates.
        total: cases of each replicate.
        slots: that the windows use, slot 0 included.
        maxima: per replicate, of other windows seen before; written.
    """
    expected, level, width = levels
    replicates = cases.shape[1]
    so_far = np.zeros((slots, replicates), np.int32)
    floor = maxima.min()
    needed = _needed(width, floor - SLACK, total)
    for window in range(len(level)):
        before, after = so_far[windows.onto[window]], so_far[windows.into[window]]
        here = cases[windows.member[window]]
        most = np.int32(0)
        for replicate in range(replicates):
            count = np.int32(before[replicate] + here[replicate])
            after[replicate] = count
            most = max(most, count)
        enough = needed[level[window]]
        if most < enough:
            continue
        raised = False
        for replicate in range(replicates):
            if after[replicate] >= enough:
                ratio = log_ratio(float(after[replicate]), expected[window], float(total))
                if ratio > maxima[replicate]:
                    maxima[replicate] = ratio
                    raised = True
        if raised and maxima.min() > floor + RISE:
            floor = maxima.min()
            needed = _needed(width, floor - SLACK, total)


@compiled
def _needed(width: float, floor: float, total: int) -> Integers:
    """For each level a count below which no ratio reaches the floor. At the top level, which is no window, none does.

    The ratio falls as more is expected, so what is needed at the lowest expectation of a level is needed throughout.
    """
    needed = np.empty(LEVELS + 1, np.int64)
    needed[0], needed[LEVELS] = 1, total + 1
    low = 0
    for level in range(1, LEVELS):
        expected = (level * width) ** 2
        stride, homing = 1, False
        # Gallop to a count that reaches the floor, then home in on the highest that does not.
        while stride > 0:
            short = low + stride <= total and log_ratio(float(low + stride), expected, float(total)) < floor
            if short:
                low += stride
            homing = homing or not short
            stride = stride >> 1 if homing else stride << 1
        needed[level] = low + 1
    return needed
