"""What is hidden in the demo city for the analysis to find, and where."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from tipping_point.demo.land import Land

WEST, SOUTH, TOWN, NORTH = range(4)
"""The districts in the order of their codes."""

CLUSTERS = ((SOUTH, (-0.4, -4.0), 5), (WEST, (-4.4, 1.8), 5))
"""Each chronic cluster: district, roughly where (ward units from the town centre), how many wards."""

BUSY_WARDS = 3
STARTS = 6
"""How many wards near the place a group may be grown from."""

MISSING = (NORTH, "2024-08")
"""The district whose force publishes no file for this month."""


@dataclass(frozen=True)
class Planted:
    """Ward numbers of everything planted."""

    clusters: tuple[tuple[int, ...], ...]
    """Deprived in several domains, with three times the serious crime, every month."""
    beside: tuple[int, ...]
    """Wards that touch a cluster: more than twice the serious crime, because hot spots fade outward."""
    busy: tuple[int, ...]
    """Crime of every kind is high for the few who live there, because many people visit."""
    rising: int
    """An ordinary ward until the last twelve months."""
    island: int
    """Touches no other ward."""

    @property
    def clustered(self) -> tuple[int, ...]:
        """Wards of all the clusters."""
        return tuple(ward for cluster in self.clusters for ward in cluster)


def choose_planted(land: Land) -> Planted:
    """Choose the wards: about the same places for every seed, and none of the plants touching another."""
    town = _wards_of(land, TOWN)
    busy = _grow(land, town, min(town, key=lambda ward: _distance(land, ward, (0.0, 0.0))), BUSY_WARDS)
    near_busy = {*busy, *_beside(land, busy)}
    inland = set(land.wards.index[~land.wards["coastal"]].tolist()) - near_busy
    clusters = tuple(
        _most_compact(land, _wards_of(land, district) & inland, place, size) for district, place, size in CLUSTERS
    )
    clustered = {ward for cluster in clusters for ward in cluster}
    beside = _beside(land, clustered)
    # In the district of the missing month, so that one ward shows both a rise and a month that is not covered.
    calm = (_wards_of(land, NORTH) & inland) - clustered - beside
    rising = min(calm, key=lambda ward: _distance(land, ward, (0.0, 4.6)))
    island = next(ward for ward in range(len(land.wards)) if not land.neighbours(ward))
    return Planted(clusters, tuple(sorted(beside)), busy, rising, island)


def _wards_of(land: Land, district: int) -> set[int]:
    """Wards of a district."""
    return set(land.wards.index[land.wards["district"] == district].tolist())


def _most_compact(land: Land, here: set[int], place: tuple[float, float], size: int) -> tuple[int, ...]:
    """The group of touching wards near the place, all of `here`, with the fewest of its borders leading out of it."""
    near = sorted(here, key=lambda ward: _distance(land, ward, place))[:STARTS]

    def share_out(group: tuple[int, ...]) -> float:
        borders = [other for ward in group for other in land.neighbours(ward)]
        return sum(other not in group for other in borders) / len(borders)

    return min(sorted({_grow(land, here, ward, size) for ward in near}), key=share_out)


def _grow(land: Land, here: set[int], start: int, size: int) -> tuple[int, ...]:
    """Wards of `here` around the start, each next one touching the most of those before it."""
    group = [start]
    seat = (float(land.wards.at[start, "x"]), float(land.wards.at[start, "y"]))
    while len(group) < size:
        touched = [ward for member in group for ward in land.neighbours(member)]
        beside = (set(touched) & here) - set(group)
        group.append(min(beside, key=lambda ward: (-touched.count(ward), _distance(land, ward, seat))))
    return tuple(sorted(group))


def _beside(land: Land, group: Collection[int]) -> set[int]:
    """Wards that touch the group and are not in it."""
    return set().union(*(land.neighbours(ward) for ward in group)) - set(group)


def _distance(land: Land, ward: int, place: tuple[float, float]) -> float:
    """Ward units from the middle of a ward to a place."""
    return float(np.hypot(land.wards.at[ward, "x"] - place[0], land.wards.at[ward, "y"] - place[1]))
