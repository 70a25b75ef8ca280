"""Ward outlines made light: simplified together, so that shared borders stay shared; points inside them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from tipping_point import tables as schema

Geometries = npt.NDArray[np.object_]

DETAIL = 4_500
"""Steps that the longest side of the study is divided into: the tolerance of the simplification is one step.

England and Wales are then drawn to about 150 metres, a city to about ten.
"""


WORKERS = 4
"""Most threads that join shapes at once."""


def outlines(wards: gpd.GeoDataFrame, *, detail: int = DETAIL) -> gpd.GeoSeries:
    """Ward outlines simplified as one coverage, in metres, indexed as the wards; none vanishes.

    A ward without an outline gets an empty polygon. Where simplifying would leave nothing, the outline stays as it was.
    """
    metres = wards.geometry if wards.crs is None or wards.crs == schema.SYSTEM else wards.geometry.to_crs(schema.SYSTEM)
    whole = gpd.GeoSeries(np.where(metres.isna(), shapely.Polygon(), metres.to_numpy()), wards.index, schema.SYSTEM)
    return coarser(whole, detail=detail)


def coarser(simple: gpd.GeoSeries, *, detail: int) -> gpd.GeoSeries:
    """Outlines simplified again, for a smaller picture: the points that go are those that would have gone at once."""
    with ThreadPoolExecutor(1) as pool:
        return begin_coarser(simple, pool, detail=detail)()


def begin_coarser(simple: gpd.GeoSeries, pool: Executor, *, detail: int) -> Callable[[], gpd.GeoSeries]:
    """`coarser`, begun in a thread of `pool` while other work goes on; call what is returned to wait for them."""
    if simple.empty or simple.is_empty.all():
        return lambda: simple
    valid = valid_shapes(simple.to_numpy())
    found = pool.submit(shapely.coverage_simplify, valid, _longest_side(valid) / detail)

    def wait() -> gpd.GeoSeries:
        made = found.result()
        return gpd.GeoSeries(np.where(shapely.is_empty(made), valid, made), index=simple.index, crs=simple.crs)

    return wait


def valid_shapes(shapes: Geometries) -> Geometries:
    """The same shapes, those that are not valid repaired: of thousands hardly any, and to look is quick."""
    found = shapes.copy()
    broken = ~shapely.is_valid(found)
    found[broken] = shapely.make_valid(found[broken], method="structure", keep_collapsed=False)
    return found


def merged(simple: gpd.GeoSeries, groups: Sequence[Sequence[object]]) -> gpd.GeoSeries:
    """One outline for each group of ward codes, from the simplified wards, so that borders fall together."""
    shapes = [shapely.unary_union(simple[simple.index.isin(list(group))].to_numpy()) for group in groups]
    return gpd.GeoSeries(np.array(shapes, dtype=object), crs=simple.crs)


def by_column(simple: gpd.GeoSeries, keys: pd.Series) -> gpd.GeoSeries:
    """One outline for each value of `keys`, such as the district of a ward; indexed by the value, sorted."""
    with ThreadPoolExecutor(min(WORKERS, os.cpu_count() or 1)) as pool:
        return begin_by_column(simple, keys, pool)()


def begin_by_column(simple: gpd.GeoSeries, keys: pd.Series, pool: Executor) -> Callable[[], gpd.GeoSeries]:
    """`by_column`, begun in threads of `pool` while other work goes on; call what is returned to wait for it."""
    drawn = pd.Series(simple.to_numpy(), index=pd.Index(keys.to_numpy(), name="key"))[(~simple.is_empty).to_numpy()]
    groups = {key: shapes.to_numpy() for key, shapes in drawn.groupby(level="key", sort=True)}
    # To join shapes lets go of the interpreter, and no group knows of another.
    joined = pool.map(shapely.union_all, groups.values())
    names = pd.Index(groups, name="key")
    return lambda: gpd.GeoSeries(np.array(list(joined), dtype=object), index=names, crs=simple.crs)


def inner_points(shapes: gpd.GeoSeries) -> npt.NDArray[np.float64]:
    """A point inside the largest part of each shape, n x 2, in the coordinates of the shapes; NaN where it is empty."""
    parts, owner = shapely.get_parts(shapes.to_numpy(), return_index=True)
    parts, owner = parts[~shapely.is_empty(parts)], owner[~shapely.is_empty(parts)]
    points = np.full((len(shapes), 2), np.nan)
    order = np.argsort(shapely.area(parts), kind="stable")
    inside = shapely.get_coordinates(shapely.point_on_surface(parts[order]))
    points[owner[order]] = inside  # the largest part of a shape is written last and so stays
    return points


def to_degrees(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Points n x 2 in metres as longitude and latitude."""
    degrees = gpd.GeoSeries(shapely.points(points), crs=schema.SYSTEM).to_crs("EPSG:4326")
    return shapely.get_coordinates(degrees.to_numpy())


def decimals(simple: gpd.GeoSeries) -> int:
    """Decimals of a degree that the packed outlines keep: 5 (about a metre), 4 for a study over 300 km across."""
    return 4 if _longest_side(simple.to_numpy()) > 300_000 else 5


def svg_path(shape: shapely.Geometry, *, west: float, north: float, scale: float) -> str:
    """A shape as the `d` of an SVG path, in whole units; '' where it is too small to be seen."""
    strokes = []
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        points = shapely.get_coordinates(ring)[:-1]
        placed = np.rint((points - (west, north)) * (scale, -scale)).astype(int)
        distinct = placed[np.append(True, (np.diff(placed, axis=0) != 0).any(axis=1))]
        if len(distinct) < 3:
            continue
        steps = np.diff(distinct, axis=0)
        start = f"M{distinct[0][0]} {distinct[0][1]}l"
        strokes.append(start + " ".join(f"{x} {y}" for x, y in steps.tolist()) + "z")
    return "".join(strokes)


def _longest_side(shapes: Geometries) -> float:
    west, south, east, north = shapely.total_bounds(shapes)
    return float(max(east - west, north - south, 1.0))
