"""How the demo's crimes are drawn, before they are written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.demo import crimes
from tipping_point.demo.crimes import HABITS, MONTHS, TYPES, Rows, draw_expected, draw_railway, draw_rows, find_stations
from tipping_point.demo.land import Land, build_land
from tipping_point.demo.people import People, settle_people
from tipping_point.demo.planted import Planted, choose_planted


@pytest.fixture(scope="module")
def town() -> tuple[Land, Planted, People]:
    land = build_land(np.random.default_rng(1))
    planted = choose_planted(land)
    return land, planted, settle_people(land, planted, np.random.default_rng(2))


@pytest.fixture(scope="module")
def expected(town: tuple[Land, Planted, People]) -> np.ndarray:
    land, planted, people = town
    return draw_expected(land, people, planted, np.random.default_rng(3))


def rows_of(count: int) -> Rows:
    whole = np.arange(count)
    return Rows(whole, whole, whole, whole, whole, whole % 2 == 0)


def test_vocabulary_and_months() -> None:
    assert tuple(HABITS) == TYPES
    assert (len(MONTHS), MONTHS[0], MONTHS[-1]) == (36, "2023-01", "2025-12")
    assert np.mean(crimes.RISING_TIMES) == pytest.approx(3.0)
    assert sum(crimes.ON_RAILWAY.values()) == pytest.approx(1)


def test_expected_rates_by_hand(town: tuple[Land, Planted, People], expected: np.ndarray) -> None:
    land, planted, people = town
    ward = land.small_areas["ward"].to_numpy()
    violence = expected[:, TYPES.index("Violence and sexual offences")]

    def rate(which: np.ndarray, months: slice) -> float:
        return float(violence[which][:, months].sum() / people.residents[which].sum() * 1000)

    clusters = np.isin(ward, planted.clustered)
    assert rate(clusters, slice(0, 12)) == pytest.approx(3 * 28, rel=0.05)
    assert rate(clusters, slice(24, 36)) == pytest.approx(3 * 28, rel=0.05)
    rising = ward == planted.rising
    assert rate(rising, slice(0, 12)) == pytest.approx(28, rel=0.02)
    assert rate(rising, slice(24, 36)) == pytest.approx(3 * 28, rel=0.05)
    assert rate(rising, slice(23, 24)) * 12 == pytest.approx(28, rel=0.1)


def test_seasons_peak_where_they_should(expected: np.ndarray) -> None:
    by_month = expected.sum(axis=0).reshape(len(TYPES), 3, 12).sum(axis=1)
    peak = dict(zip(TYPES, by_month.argmax(axis=1) + 1, strict=True))
    assert peak["Anti-social behaviour"] in (7, 8)
    assert peak["Bicycle theft"] in (7, 8)
    assert peak["Theft from the person"] in (12, 1)


def test_drawn_counts_are_unbiased_and_a_little_over_dispersed(
    town: tuple[Land, Planted, People], expected: np.ndarray
) -> None:
    land = town[0]
    points = land.points.assign(weight=1.0)
    rows = draw_rows(land, points, expected, np.random.default_rng(4))
    assert len(rows.month) == pytest.approx(expected.sum(), rel=0.01)
    kind = TYPES.index("Violence and sexual offences")
    ward = land.small_areas["ward"].to_numpy()
    mean = pd.DataFrame(expected[:, kind]).groupby(ward).sum().to_numpy()
    here = rows.crime_type == kind
    count = np.zeros_like(mean)
    np.add.at(count, (ward[rows.small_area[here]], rows.month[here]), 1)
    dispersion = ((count - mean) ** 2 / mean).mean()
    assert 1.1 < dispersion < 2.0
    assert (points["small_area"].to_numpy()[rows.point] == rows.small_area).all()


def test_only_wards_beside_another_district_have_rows_of_its_force(
    town: tuple[Land, Planted, People], expected: np.ndarray
) -> None:
    land = town[0]
    rows = draw_rows(land, land.points.assign(weight=1.0), expected, np.random.default_rng(4))
    ward = land.small_areas["ward"].to_numpy()[rows.small_area]
    district = land.wards["district"].to_numpy()
    stray = rows.force != district[ward]
    assert 0 < stray.mean() < 0.02
    for one, force in set(zip(ward[stray].tolist(), rows.force[stray].tolist(), strict=True)):
        assert force in {district[other] for other in land.neighbours(one)}


def test_the_railway_is_mostly_the_centre(town: tuple[Land, Planted, People]) -> None:
    land, planted, _ = town
    stations = find_stations(land, planted)
    assert len(stations) == 4
    rows = draw_railway(land, planted, 1000, np.random.default_rng(0))
    assert set(rows.point) == {1000, 1001, 1002, 1003}
    assert set(rows.force) == {4}
    assert (rows.point == 1000).mean() == pytest.approx(0.7, abs=0.03)
    assert set(rows.month) == set(range(36))
    assert TYPES.index("Anti-social behaviour") not in rows.crime_type
    assert land.small_areas.at[stations["Saltmere Central"], "ward"] in planted.busy


def test_rows_take_and_join() -> None:
    rows = rows_of(4)
    assert rows.take(np.array([3, 1])).month.tolist() == [3, 1]
    assert rows.take(rows.placed).point.tolist() == [0, 2]
    both = rows.join(rows_of(2))
    assert both.force.tolist() == [0, 1, 2, 3, 0, 1]
    assert both.placed.tolist() == [True, False, True, False, True, False]
    assert rows.join(rows_of(0)).month.tolist() == [0, 1, 2, 3]
