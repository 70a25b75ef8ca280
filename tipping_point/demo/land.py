"""The ground of the demo city: a bay with an estuary and an island, cut into districts, wards and small areas.

All is laid out around the town centre in *ward units* (a ward is about one unit across) as some
nine thousand small cells, and stretched to metres at the end: outer wards come out larger. Wards
are unions of cells, so neighbours share their border to the last digit and none is straight.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Voronoi, cKDTree

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GRID = (
    "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy +units=m"
    " +towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489 +no_defs"
)
"""British National Grid by a fixed formula: the same degrees whether or not grid files are installed."""

CENTRE = (620_000.0, 470_000.0)
"""Easting and northing of the town centre, metres: open sea off the east coast of England."""

UNIT = 2_150.0
"""Metres to a ward unit, halfway out."""

REACH = 7.0
"""Ward units from the town centre to the edge of the city."""

WARDS = 120
DISTRICT_SEATS = ((-4.9, 1.0), (0.0, -4.2), (0.3, 0.9), (-0.4, 5.4))
"""Where each district's seat lies, ward units; the second has the whole south bank."""

SOUTH = 1
ISLAND_DISTRICT = 3
SPACING = 0.13
"""Distance between cells, ward units: about seventy cells a ward."""


@dataclass(frozen=True)
class Land:
    """The map before anyone lives on it; wards and small areas are numbered from 0."""

    wards: gpd.GeoDataFrame
    """One row a ward: district, x, y (ward units), coastal, geometry in metres on the National Grid."""
    small_areas: pd.DataFrame
    """One row a small area: ward, district, x, y (ward units)."""
    points: pd.DataFrame
    """Places a crime can be put, inside their ward: small_area, longitude, latitude; sorted by small_area."""
    touching: Ints
    """Pairs of wards with a common border, each pair once, the lower number first; shape (pairs, 2)."""

    def neighbours(self, ward: int) -> set[int]:
        """Wards that touch this one."""
        pairs = self.touching
        return set(pairs[pairs[:, 0] == ward, 1].tolist()) | set(pairs[pairs[:, 1] == ward, 0].tolist())


def smooth_field(wavelength: float, rng: np.random.Generator, *, waves: int = 24) -> Callable[[Floats, Floats], Floats]:
    """A random smooth surface f(x, y) with mean 0 and variance 1: a sum of plane waves of about this length."""
    angle = rng.uniform(0, 2 * np.pi, waves)
    number = 2 * np.pi / (wavelength * rng.uniform(0.75, 1.5, waves))
    phase = rng.uniform(0, 2 * np.pi, waves)

    def field(x: Floats, y: Floats) -> Floats:
        along = np.multiply.outer(x, np.cos(angle)) + np.multiply.outer(y, np.sin(angle))
        return np.asarray(np.sqrt(2 / waves) * np.cos(along * number + phase).sum(axis=-1), dtype=np.float64)

    return field


def build_land(rng: np.random.Generator) -> Land:
    """Draw the coast, fill it with cells, and group the cells into districts, wards and small areas."""
    river = _draw_river(rng)
    mainland, island = _draw_shores(river, rng)
    polygons, middle, edges, on_shore = _fill_with_cells([mainland, island], river, rng)
    afloat = shapely.contains_xy(island, middle[:, 0], middle[:, 1])
    district = _group_districts(middle, edges, afloat, river, rng)
    ward, small_area = _group_wards(middle, edges, district, afloat, rng)

    wards = _outline_wards(polygons, ward)
    wards["district"] = pd.Series(district).groupby(ward).first()
    wards[["x", "y"]] = pd.DataFrame(middle, columns=["x", "y"]).groupby(ward).mean()
    wards["coastal"] = pd.Series(on_shore).groupby(ward).mean() > 0.02
    small_areas = pd.DataFrame({"ward": ward, "district": district, "x": middle[:, 0], "y": middle[:, 1]})
    small_areas = small_areas.groupby(small_area).agg({"ward": "first", "district": "first", "x": "mean", "y": "mean"})
    pairs = np.sort(ward[edges], axis=1)
    touching = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    return Land(wards, small_areas, _place_points(wards, middle, ward, small_area), touching)


# ------------------------------------------------------------------------------------------- water


def _draw_river(rng: np.random.Generator) -> Callable[[Floats], Floats]:
    """The middle of the river: y for every x, both in ward units; it crosses the whole city."""
    phase = rng.uniform(0, 2 * np.pi, 2)
    return lambda x: -1.55 + 0.10 * x + 0.32 * np.sin(0.9 * x + phase[0]) + 0.16 * np.sin(2.1 * x + phase[1])


def _draw_shores(
    river: Callable[[Floats], Floats], rng: np.random.Generator
) -> tuple[shapely.Polygon, shapely.Polygon]:
    """Mainland and island, ward units: a rounded land, a bay bitten out of its east side, an estuary cut in."""
    broad, fine = smooth_field(3.4, rng), smooth_field(0.9, rng)

    def ragged(x: Floats, y: Floats) -> Floats:
        return broad(x, y) + 0.38 * fine(x, y)

    turn = np.linspace(0, 2 * np.pi, 900, endpoint=False)
    out = 6.6 + 0.26 * ragged(6.6 * np.cos(turn), 6.6 * np.sin(turn))
    land = shapely.Polygon(np.column_stack([-1.2 + out * np.cos(turn), -0.3 + out * np.sin(turn)]))

    y = np.linspace(-9, 9, 900)
    coast = 2.6 + 2.5 * (np.abs(y + 0.6) / 5.2) ** 1.5 + 0.17 * ragged(np.full_like(y, 20.0), y)
    sea = shapely.Polygon([*zip(coast, y, strict=True), (20, 9), (20, -9)])
    land = _soften(land.difference(sea), 0.1)

    x = np.linspace(-3.2, 6, 300)
    width = 0.06 + 0.85 * np.exp((x - 3.0) / 1.5) + 0.05 * np.clip(x + 3.2, 0, 0.8)
    estuary = shapely.Polygon(
        [*zip(x, river(x) + width, strict=True), *zip(x[::-1], (river(x) - width)[::-1], strict=True)]
    )
    land = _soften(land.difference(estuary), 0.04)
    mainland = max(shapely.get_parts(land), key=lambda part: part.area)

    bumps = 0.52 * (1 + 0.13 * ragged(1.5 * np.cos(turn), 30 + 1.5 * np.sin(turn)))
    island = shapely.Polygon(np.column_stack([4.9 + bumps * np.cos(turn), 1.1 + 1.3 * bumps * np.sin(turn)]))
    return mainland, island.difference(mainland.buffer(0.5))


def _soften(shape: shapely.Geometry, radius: float) -> shapely.Geometry:
    """Round off corners, outward and inward."""
    return shape.buffer(-radius).buffer(2 * radius).buffer(-radius)


# ------------------------------------------------------------------------------------------- cells


def _fill_with_cells(
    shores: list[shapely.Polygon], river: Callable[[Floats], Floats], rng: np.random.Generator
) -> tuple[npt.NDArray[np.object_], Floats, Ints, npt.NDArray[np.bool_]]:
    """Voronoi cells of the land: their polygons, centres (n, 2), pairs that touch (e, 2), and which lie on water.

    Pairs of seeds on both sides of the shore and of the river make cell borders run along them.
    """
    x = np.linspace(-9, 9, 1500)
    land = shapely.MultiPolygon(shores)
    lines = [*(shore.exterior for shore in shores), shapely.LineString(np.column_stack([x, river(x)]))]
    seeds = np.vstack([_seed_both_sides(line, SPACING * 0.8, SPACING * 0.4) for line in lines])
    across, up = np.meshgrid(np.arange(-9, 9, SPACING), np.arange(-9, 9, SPACING * np.sqrt(0.75)))
    across[::2] += SPACING / 2
    loose = np.column_stack([across.ravel(), up.ravel()])
    loose += rng.uniform(-0.33, 0.33, loose.shape) * SPACING
    far = cKDTree(seeds).query(loose)[0] > SPACING * 0.75
    near_land = shapely.intersects_xy(land.buffer(4 * SPACING), loose[:, 0], loose[:, 1])
    seeds = np.vstack([seeds, loose[far & near_land], 40.0 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])])

    plan = Voronoi(seeds)
    dry = shapely.intersects_xy(land, seeds[:, 0], seeds[:, 1])
    number = np.cumsum(dry) - 1
    ridges = plan.ridge_points
    edges = number[ridges[dry[ridges].all(axis=1)]]
    wet = ridges[dry[ridges].sum(axis=1) == 1]
    on_shore = np.isin(np.flatnonzero(dry), wet[dry[wet]])
    polygons = np.array(
        [shapely.Polygon(plan.vertices[plan.regions[plan.point_region[i]]]) for i in np.flatnonzero(dry)]
    )
    centroid = shapely.centroid(polygons)
    middle = np.column_stack([shapely.get_x(centroid), shapely.get_y(centroid)])
    return polygons, middle, edges.astype(np.int64), on_shore


def _seed_both_sides(line: shapely.LineString, step: float, offset: float) -> Floats:
    """Points in pairs, `offset` to the left and right of the line, every `step` along it; shape (n, 2)."""
    along = np.arange(0, line.length, step)
    here, ahead = (shapely.get_coordinates(line.interpolate(along + shift)) for shift in (-step / 10, step / 10))
    run = ahead - here
    normal = np.column_stack([-run[:, 1], run[:, 0]]) / np.maximum(np.hypot(*run.T), 1e-12)[:, None]
    middle = (here + ahead) / 2
    return np.vstack([middle + offset * normal, middle - offset * normal])


# --------------------------------------------------------------------------- districts, wards, small areas


def _group_districts(
    middle: Floats,
    edges: Ints,
    afloat: npt.NDArray[np.bool_],
    river: Callable[[Floats], Floats],
    rng: np.random.Generator,
) -> Ints:
    """District of every cell: the south bank is one, the north bank goes to the nearest of three seats."""
    x, y = middle.T
    bend = np.column_stack([smooth_field(3.0, rng)(x, y), smooth_field(3.0, rng)(x, y)])
    north = [code for code in range(len(DISTRICT_SEATS)) if code != SOUTH]
    nearest = cKDTree(np.array(DISTRICT_SEATS)[north]).query(middle + 0.35 * bend)[1]
    district = np.where(y < river(x), SOUTH, np.array(north)[nearest])
    district[afloat] = ISLAND_DISTRICT
    return _join_strays(district, edges, np.zeros(len(district), dtype=np.int64))


def _group_wards(
    middle: Floats, edges: Ints, district: Ints, afloat: npt.NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Ward and small area of every cell; wards are numbered through the districts, small areas through the wards."""
    x, y = middle.T
    bent = middle + 0.13 * np.column_stack([smooth_field(1.1, rng)(x, y), smooth_field(1.1, rng)(x, y)])
    ward = np.full(len(middle), -1, dtype=np.int64)
    share = np.bincount(district[~afloat]) / np.count_nonzero(~afloat)
    wards = np.floor(share * (WARDS - 1)).astype(int)
    wards[np.argmax(share)] += WARDS - 1 - wards.sum()
    first = 0
    for code, count in enumerate(wards):
        here = np.flatnonzero((district == code) & ~afloat)
        ward[here] = first + _cluster(bent[here], count, rng)
        first += count
        if code == ISLAND_DISTRICT:
            ward[afloat] = first
            first += 1
    ward = _join_strays(ward, edges, district)
    small_area = np.full(len(middle), -1, dtype=np.int64)
    first = 0
    for code in range(WARDS):
        here = np.flatnonzero(ward == code)
        small_area[here] = first + _cluster(middle[here], int(rng.integers(4, 7)), rng)
        first = int(small_area.max()) + 1
    return ward, small_area


def _cluster(points: Floats, count: int, rng: np.random.Generator) -> Ints:
    """Split points into `count` compact groups of similar size (Lloyd's k-means); none is empty."""
    seats = points[rng.choice(len(points), count, replace=False)]
    for _ in range(40):
        group = cKDTree(seats).query(points)[1]
        size = np.maximum(np.bincount(group, minlength=count), 1)
        seats = np.column_stack([np.bincount(group, column, count) / size for column in points.T])
    return np.unique(cKDTree(seats).query(points)[1], return_inverse=True)[1].astype(np.int64)


def _join_strays(group: Ints, edges: Ints, within: Ints) -> Ints:
    """Give cells cut off from the bulk of their group to a group they touch, inside the same `within`."""
    group = group.copy()
    for _ in range(10):
        inside = edges[group[edges[:, 0]] == group[edges[:, 1]]]
        links = coo_array((np.ones(len(inside)), (inside[:, 0], inside[:, 1])), shape=(len(group),) * 2)
        part = connected_components(links, directed=False)[1]
        size = np.bincount(part)
        bulk = pd.Series(size[part]).groupby(group).transform("max").to_numpy()
        stray = size[part] < bulk
        both = np.vstack([edges, edges[:, ::-1]])
        way = both[stray[both[:, 0]] & ~stray[both[:, 1]] & (within[both[:, 0]] == within[both[:, 1]])]
        if not len(way):
            break
        group[way[:, 0]] = group[way[:, 1]]
    return group


# ------------------------------------------------------------------------------------------ metres


def _stretch(points: Floats) -> Floats:
    """Ward units to metres on the National Grid: distances grow from the centre outward; shape (n, 2)."""
    away = np.hypot(*points.T)[:, None]
    return np.asarray(CENTRE + UNIT * points * (0.45 + 0.65 * away / REACH), dtype=np.float64)


def _outline_wards(polygons: npt.NDArray[np.object_], ward: Ints) -> gpd.GeoDataFrame:
    """Ward outlines in metres: cells joined and their zigzag taken out, together, so that borders stay common."""
    joined = [shapely.coverage_union_all(polygons[ward == code]) for code in range(ward.max() + 1)]
    smooth = shapely.coverage_simplify(joined, 0.075)
    return gpd.GeoDataFrame(geometry=list(shapely.transform(smooth, _stretch)), crs=GRID)


def _place_points(wards: gpd.GeoDataFrame, middle: Floats, ward: Ints, small_area: Ints) -> pd.DataFrame:
    """One anonymous point a cell, where the cell's middle lies inside the outline of its ward."""
    metres = _stretch(middle)
    inside = shapely.contains_xy(wards.geometry.to_numpy()[ward], metres[:, 0], metres[:, 1])
    order = np.flatnonzero(inside)[np.argsort(small_area[inside], kind="stable")]
    degrees = gpd.GeoSeries.from_xy(*metres[order].T, crs=GRID).to_crs(4326)
    return pd.DataFrame(
        {"small_area": small_area[order], "longitude": degrees.x.round(6), "latitude": degrees.y.round(6)}
    )
