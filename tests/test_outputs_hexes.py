"""One hexagon a ward: each ward has one of its own, near its place, and the same study gives the same map."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, box

from tipping_point.outputs import hexes


def lattice(side: int, *, west: float = 400_000.0, size: float = 1_000.0) -> gpd.GeoSeries:
    cells = [
        box(west + size * x, 3e5 + size * y, west + size * (x + 1), 3e5 + size * (y + 1))
        for x in range(side)
        for y in range(side)
    ]
    return gpd.GeoSeries(cells, crs="EPSG:27700")


def place(simple, districts=None, areas=None) -> hexes.Hexagons:
    none = np.full(len(simple), -1)
    return hexes.hexagons(
        simple, districts=none if districts is None else districts, areas=none if areas is None else areas
    )


def middles(found: hexes.Hexagons) -> np.ndarray:
    x = found.west + (found.column + 0.5 * (found.row % 2)) * found.width
    return np.column_stack([x, found.north - found.row * found.width * 3**0.5 / 2])


def pieces(found: hexes.Hexagons, members) -> int:
    """How many separate pieces the hexagons of some wards make."""
    points = middles(found)[members]
    near = np.hypot(*(points[:, np.newaxis] - points[np.newaxis]).transpose(2, 0, 1)) < 1.01 * found.width
    group = np.arange(len(points))
    for _ in points:
        group = np.where(near, group[np.newaxis], len(points)).min(axis=1)
    return len(set(group))


@pytest.mark.parametrize("side", [1, 2, 6, 26])
def test_every_ward_has_a_hexagon_of_its_own(side):
    found = place(lattice(side))
    assert len(set(zip(found.column, found.row, strict=True))) == side * side
    assert found.column.min() == 0
    assert found.row.min() in {0, 1}


def test_equal_wards_stay_where_they_are():
    """Squares of one size need no room from each other: no ward moves more than two hexagons."""
    simple = lattice(20)
    found = place(simple)
    home = shapely.get_coordinates(simple.to_crs("EPSG:3857").centroid.to_numpy())
    assert (np.hypot(*(middles(found) - home).T) < 2 * found.width).all()
    assert found.width**2 * 3**0.5 / 2 == pytest.approx(simple.to_crs("EPSG:3857").area.mean())


def test_a_crowded_town_takes_more_room_and_keeps_its_side():
    """A town of 100 small wards west of 100 large ones: it grows, and stays in the west, its north in the north."""
    town = lattice(10, west=380_000, size=300.0)
    land = lattice(10, west=400_000, size=4_000.0)
    both = gpd.GeoSeries([*town, *land], crs=town.crs)
    found = middles(place(both))
    assert found[:100, 0].mean() < found[100:, 0].mean()
    area = np.prod(np.ptp(found[:100], axis=0)) / np.prod(np.ptp(found, axis=0))
    assert area > 20 * (town.total_bounds[2] - town.total_bounds[0]) ** 2 / (both.total_bounds[2] - 380_000) ** 2
    order = np.argsort(np.argsort(found[:100, 1]))
    assert np.corrcoef(order, [cell.centroid.y for cell in town])[0, 1] > 0.9


def test_areas_and_districts_stay_whole():
    simple = lattice(24)
    x, y = np.divmod(np.arange(576), 24)
    districts = x // 8 * 3 + y // 8
    areas = np.where((x // 2 == 5) & (y // 2 == 5), 0, np.where((x // 2 == 9) & (y // 2 == 2), 1, -1))
    found = place(simple, districts, areas)
    assert [pieces(found, np.flatnonzero(areas == number)) for number in (0, 1)] == [1, 1]
    assert all(pieces(found, np.flatnonzero(districts == number)) == 1 for number in range(9))


def test_a_ward_without_an_outline_has_none():
    simple = lattice(3)
    simple.iloc[4] = Polygon()
    found = place(simple)
    assert found.row[4] == -1
    assert (np.delete(found.row, 4) >= 0).all()
    empty = place(gpd.GeoSeries([Polygon(), None], crs="EPSG:27700"))
    assert empty.row.tolist() == [-1, -1]


def test_the_same_outlines_give_the_same_places_and_are_not_changed():
    simple = lattice(12)
    before = simple.to_wkb().tolist()
    one, other = place(simple), place(simple)
    assert (one.column == other.column).all()
    assert (one.row == other.row).all()
    assert simple.to_wkb().tolist() == before


def test_wards_in_one_place_still_have_a_hexagon_each():
    found = place(gpd.GeoSeries([box(0, 0, 1000, 1000)] * 7, crs="EPSG:27700"))
    assert len(set(zip(found.column, found.row, strict=True))) == 7
