"""Invented names: distinct, in order, and none of them a code or a word that a reader could trip over."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.demo import names
from tipping_point.demo.land import Land, build_land
from tipping_point.demo.planted import choose_planted


@pytest.fixture(scope="module")
def land() -> Land:
    return build_land(np.random.default_rng(1))


def test_first_words_are_distinct_and_enough() -> None:
    assert len(set(names.FIRST)) == len(names.FIRST) >= 120
    assert list(names.FIRST) == sorted(names.FIRST)


def test_wards_run_from_a_to_z_in_each_district(land: Land) -> None:
    planted = choose_planted(land)
    wards = names.ward_names(land, planted, np.random.default_rng(0))
    assert wards["name"].is_unique
    for _, group in wards.groupby(land.wards["district"]):
        assert group["name"].is_monotonic_increasing
    second = wards["name"].str.split(" ").str[1]
    assert set(second[list(planted.busy)]) <= set(names.MARKET)
    inland = ~land.wards["coastal"] & ~land.wards.index.isin(planted.busy)
    assert set(second[inland]) <= set(names.INLAND)


def test_small_areas_are_named_after_their_district(land: Land) -> None:
    areas = names.small_area_names(land)
    assert areas["name"].is_unique
    assert areas["name"].iloc[0] == "Ellenholt 001A"
    assert areas["code"].iloc[0] == "E01990001"
    last = areas["name"].iloc[-1]
    assert last.startswith("Wyverley 0")


def test_locations_hold_nothing_that_needs_quoting(land: Land) -> None:
    busy = pd.Series(np.arange(len(land.points)) % 2 == 0)
    told = pd.Series(names.location_names(land.points, busy, np.random.default_rng(0)))
    assert told.str.startswith("On or near ").all()
    assert not told.str.contains('[,"\n]').any()
    town = told.str.removeprefix("On or near ").isin(names.TOWN_LANDMARKS)
    assert town[busy].mean() == pytest.approx(0.35, abs=0.03)
    assert not town[~busy].any()


def test_forces_have_the_slugs_of_their_files() -> None:
    table = names.district_names()
    assert table["slug"].tolist() == ["ellenholt", "harrowick", "saltmere", "wyverley"]
    assert table["reported_by"].tolist()[0] == "Ellenholt Police"
