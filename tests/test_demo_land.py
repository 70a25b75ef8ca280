"""The ground of the demo city, for several seeds."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from tipping_point.demo.land import Land, build_land, smooth_field


@pytest.fixture(scope="module", params=[1, 20240229])
def land(request: pytest.FixtureRequest) -> Land:
    return build_land(np.random.default_rng(request.param))


def test_wards_cover_the_land_once(land: Land) -> None:
    outlines = land.wards.geometry.to_numpy()
    assert len(outlines) == 120
    assert shapely.coverage_is_valid(outlines)
    assert shapely.area(outlines).sum() == pytest.approx(shapely.union_all(outlines).area)
    assert set(shapely.get_type_id(outlines)) == {int(shapely.GeometryType.POLYGON)}


def test_touching_pairs_are_those_with_a_common_border(land: Land) -> None:
    outlines = land.wards.geometry
    left, right = outlines.sindex.query(outlines, predicate="touches")
    border = shapely.length(shapely.intersection(outlines.to_numpy()[left], outlines.to_numpy()[right]))
    seen = {(a, b) for a, b, metres in zip(left, right, border, strict=True) if a < b and metres > 0}
    assert {tuple(pair) for pair in land.touching.tolist()} == {(int(a), int(b)) for a, b in seen}


def test_only_the_island_touches_nothing(land: Land) -> None:
    alone = [ward for ward in range(120) if not land.neighbours(ward)]
    assert len(alone) == 1
    assert land.wards.at[alone[0], "coastal"]


def test_districts_are_in_one_piece(land: Land) -> None:
    for district in (0, 1, 2):
        parts = shapely.get_parts(land.wards[land.wards["district"] == district].union_all())
        assert len(parts) == 1


def test_outer_wards_are_larger(land: Land) -> None:
    away = np.hypot(land.wards["x"], land.wards["y"])
    assert land.wards.area[away > 5].median() > 2.5 * land.wards.area[away < 2].median()


def test_small_areas_nest_in_wards_and_each_has_a_point(land: Land) -> None:
    areas, points = land.small_areas, land.points
    assert areas.index.tolist() == list(range(len(areas)))
    assert areas.groupby("ward").size().between(4, 6).all()
    assert areas["ward"].is_monotonic_increasing
    assert (land.wards["district"].loc[areas["ward"]].to_numpy() == areas["district"].to_numpy()).all()
    assert set(points["small_area"]) == set(areas.index)
    assert points["small_area"].is_monotonic_increasing


def test_borders_are_not_straight(land: Land) -> None:
    # A Voronoi cell of the seats would be its own hull.
    outlines = land.wards.geometry
    assert (outlines.convex_hull.area / outlines.area).median() > 1.1
    assert outlines.count_coordinates().median() > 12


def test_smooth_field_has_unit_variance_and_is_smooth() -> None:
    x, y = np.random.default_rng(0).uniform(-500, 500, size=(2, 4000))
    field = smooth_field(4.0, np.random.default_rng(5))
    assert field(x, y).mean() == pytest.approx(0, abs=0.1)
    assert field(x, y).var() == pytest.approx(1, abs=0.15)
    assert np.abs(field(x + 0.01, y) - field(x, y)).max() < 0.2
