"""One hexagon a ward, all of one size, near where the ward lies: large wards no longer dominate the eye."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.fft import dctn, idctn
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.optimize import linear_sum_assignment
from scipy.spatial import KDTree

Numbers = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FEWEST, MOST = 96, 512
"""Cells along the longer side of the grid on which wards spread out; a third of them is sea around the study."""

FINE = 7
"""Of those cells, for the square root of the number of wards: a ward of average size is several cells across."""

BLUR = 1.0
"""Standard deviation, in cells, by which density is smoothed, so that the flow is smooth as well."""

STEPS = 24
"""Steps of the spreading."""

NEAREST = 5
"""Points near a hexagon by which it is judged to be on land: with fewer, gaps stay inside the land."""

BLOCK = 600
"""Wards that are matched with their hexagons at once; more are halved first."""

DISTRICT, AREA = 0.4, 0.8
"""How far wards draw together: with these, of 340 districts of England and Wales 268 stay whole, and every area."""

MARGIN = 12
"""Hexagons around the points among which places are looked for."""

ROOT3 = 3**0.5


@dataclass(frozen=True)
class Hexagons:
    """The place of each ward in a grid of hexagons with a corner at the top.

    `column` and `row` count from the west and from the north; every odd row lies half a hexagon further east. A ward
    without an outline has row -1. `west`, `north`: middle of column 0 in row 0; `width` of a hexagon: metres of the
    web Mercator projection, in which the map is drawn.
    """

    column: Integers
    row: Integers
    west: float
    north: float
    width: float


def hexagons(simple: gpd.GeoSeries, *, districts: Integers, areas: Integers) -> Hexagons:
    """Places for the wards whose outlines these are; the same outlines always give the same places.

    Wards spread out from where they are crowded by the flow-based cartogram of Gastner, Seguy and More (2018,
    doi:10.1073/pnas.1712674115): density evens out like a fluid, in one linear step. They then draw together a little
    within their district, and more within their area, so that both stay whole; and wards and the hexagons nearest to
    them are matched so that the sum of squared moves is least, within blocks of neighbours.

    `districts`, `areas`: the number of each ward's, -1 for none.
    """
    shown = ~(simple.is_empty | simple.isna()).to_numpy()
    column, row = np.zeros(len(simple), dtype=np.int64), np.full(len(simple), -1, dtype=np.int64)
    if not shown.any():
        return Hexagons(column, row, 0.0, 0.0, 1.0)
    drawn = simple[shown].to_crs("EPSG:3857").to_numpy()
    points = shapely.get_coordinates(shapely.centroid(drawn))
    area = np.maximum(shapely.area(drawn), 1.0)
    width = float(np.sqrt(area.mean() * 2 / ROOT3))
    spread = _spread(points, drawn, area)
    cells, places = _cells(spread, width)
    drawn_in = _together(_together(spread, districts[shown], DISTRICT), areas[shown], AREA)
    chosen = _match(drawn_in, places)
    corner = cells[chosen].min(axis=0)
    corner[1] -= corner[1] % 2  # rows keep their parity, by which they are shifted
    column[shown], row[shown] = (cells[chosen] - corner).T
    west, north = _middles(corner[np.newaxis, :], width)[0]
    return Hexagons(column, row, float(west), float(north), width)


def _spread(points: Numbers, drawn: npt.NDArray[np.object_], area: Numbers) -> Numbers:
    """Points carried apart by the flow that evens out how many wards share a place; the sea counts as average."""
    if len(points) < 3:
        return points
    west, south, east, north = shapely.total_bounds(drawn)
    low, high = np.array([west, south]), np.array([east, north])
    longest = float((high - low).max())
    size = 1.5 * longest / min(MOST, max(FEWEST, int(FINE * np.sqrt(len(points)))))
    shape = np.maximum(16, np.ceil((high - low + longest / 2) / size)).astype(int)
    origin = (low + high) / 2 - shape * size / 2
    middles = (np.indices(shape).reshape(2, -1).T + 0.5) * size + origin
    near = np.flatnonzero(((middles >= low) & (middles <= high)).all(axis=1))  # the rest is sea around the study
    cell, ward = shapely.STRtree(drawn).query(shapely.points(middles[near]), predicate="intersects")
    density = np.ones(len(middles))
    density[near[cell]] = area.mean() / area[ward]
    density = density.reshape(shape)
    at = _carried((points - origin) / size - 0.5, gaussian_filter(density, BLUR, mode="nearest"))
    return (at + 0.5) * size + origin


def _carried(at: Numbers, density: Numbers) -> Numbers:
    """Points moved by the flow that makes `density` even, in cells of its grid."""
    excess = density - density.mean()
    waves = [np.pi * np.arange(count) / count for count in density.shape]
    squares = waves[0][:, np.newaxis] ** 2 + waves[1][np.newaxis, :] ** 2
    squares[0, 0] = 1.0
    potential = idctn(dctn(excess, norm="ortho") / squares, norm="ortho")
    flux = -np.array(np.gradient(potential))
    for step in range(STEPS):
        time = (step + 0.5) / STEPS
        velocity = flux / ((1 - time) * density + time * density.mean())
        half = at + _sampled(velocity, at) / STEPS / 2
        at = at + _sampled(velocity, half) / STEPS
    return at


def _together(points: Numbers, group: Integers, share: float) -> Numbers:
    """Points moved a share of the way to the middle of their group; those of no group (-1) stay."""
    mine = group >= 0
    size = np.maximum(np.bincount(group[mine]), 1)
    sums = [np.bincount(group[mine], weights=points[mine, axis]) for axis in (0, 1)]
    moved = points.copy()
    moved[mine] += share * ((np.column_stack(sums) / size[:, np.newaxis])[group[mine]] - points[mine])
    return moved


def _sampled(field: Numbers, at: Numbers) -> Numbers:
    return np.stack([map_coordinates(part, at.T, order=1, mode="nearest") for part in field], axis=1)


def _middles(cells: Integers, width: float) -> Numbers:
    """Middles of hexagons: column, row (from the north) -> x, y."""
    column, row = cells[:, 0], cells[:, 1]
    return np.column_stack([(column + 0.5 * (row % 2)) * width, -row * width * ROOT3 / 2])


def _cells(points: Numbers, width: float) -> tuple[Integers, Numbers]:
    """As many hexagons as points, those nearest to several points; and their middles."""
    steps = points / (width, -width * ROOT3 / 2)
    first, last = np.floor(steps.min(axis=0)) - MARGIN, np.ceil(steps.max(axis=0)) + MARGIN + 1
    columns, rows = (np.arange(low, high) for low, high in zip(first, last, strict=True))
    cells = np.array(np.meshgrid(columns, rows, indexing="ij")).reshape(2, -1).T.astype(np.int64)
    middles = _middles(cells, width)
    near = np.asarray(KDTree(points).query(middles, k=min(NEAREST, len(points)))[0])
    distance = near.reshape(len(cells), -1).mean(axis=1)
    taken = np.argsort(distance, kind="stable")[: len(points)]
    return cells[taken], middles[taken]


def _match(points: Numbers, places: Numbers) -> Integers:
    """For each point its place, each place once: halved along the longer side until a block can be solved exactly."""
    found = np.empty(len(points), dtype=np.int64)
    blocks = [(np.arange(len(points)), np.arange(len(points)))]
    while blocks:
        mine, theirs = blocks.pop()
        if len(mine) <= BLOCK:
            cost = ((points[mine][:, np.newaxis, :] - places[theirs][np.newaxis, :, :]) ** 2).sum(axis=2)
            one, other = linear_sum_assignment(cost)
            found[mine[one]] = theirs[other]
            continue
        axis = int(np.argmax(np.ptp(places[theirs], axis=0)))
        half = len(mine) // 2
        mine = mine[np.lexsort((points[mine, 1 - axis], points[mine, axis]))]
        theirs = theirs[np.lexsort((places[theirs, 1 - axis], places[theirs, axis]))]
        blocks += [(mine[:half], theirs[:half]), (mine[half:], theirs[half:])]
    return found
