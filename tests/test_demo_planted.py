"""Where the demo's truth is planted: valid for any seed, not only the default."""

from __future__ import annotations

import numpy as np
import pytest

from tipping_point.demo.land import build_land
from tipping_point.demo.planted import NORTH, SOUTH, TOWN, WEST, choose_planted


@pytest.mark.parametrize("seed", [2, 3, 4, 5])
def test_plants_are_apart_and_in_their_districts(seed: int) -> None:
    land = build_land(np.random.default_rng(seed))
    planted = choose_planted(land)
    every = [*planted.clustered, *planted.busy, planted.rising, planted.island]
    assert len(every) == len(set(every)) == 15
    district = land.wards["district"]
    assert [set(district[list(cluster)]) for cluster in planted.clusters] == [{SOUTH}, {WEST}]
    assert set(district[list(planted.busy)]) == {TOWN}
    assert district[planted.rising] == NORTH
    groups = [*planted.clusters, planted.busy, (planted.rising,), (planted.island,)]
    for i, group in enumerate(groups):
        beside = set().union(*(land.neighbours(ward) for ward in group))
        assert all(beside.isdisjoint(other) for j, other in enumerate(groups) if j != i)
    assert set(land.points["small_area"]) == set(land.small_areas.index)
