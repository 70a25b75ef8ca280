"""Ward outlines made light: simplified together, so that shared borders stay shared, and packed into few bytes."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from tipping_point import schema

Geometries = npt.NDArray[np.object_]
Integers = npt.NDArray[np.int64]

DETAIL = 4_500
"""Steps that the longest side of the study is divided into: the tolerance of the simplification is one step.

England and Wales are then drawn to about 150 metres, a city to about ten.
"""


def outlines(wards: gpd.GeoDataFrame, *, detail: int = DETAIL) -> gpd.GeoSeries:
    """Ward outlines simplified as one coverage, in metres, indexed as the wards; none vanishes.

    A ward without an outline gets an empty polygon. Where simplifying would leave nothing, the outline stays as it was.
    """
    metres = wards.geometry if wards.crs is None or wards.crs == schema.SYSTEM else wards.geometry.to_crs(schema.SYSTEM)
    whole = np.where(metres.isna(), shapely.Polygon(), metres.to_numpy())
    if whole.size == 0 or shapely.is_empty(whole).all():
        return gpd.GeoSeries(whole, index=wards.index, crs=schema.SYSTEM)
    valid = shapely.make_valid(whole, method="structure", keep_collapsed=False)
    simple = shapely.coverage_simplify(valid, _longest_side(valid) / detail)
    kept = np.where(shapely.is_empty(simple), valid, simple)
    return gpd.GeoSeries(kept, index=wards.index, crs=schema.SYSTEM)


def merged(simple: gpd.GeoSeries, groups: Sequence[Sequence[object]]) -> gpd.GeoSeries:
    """One outline for each group of ward codes, from the simplified wards, so that borders fall together."""
    shapes = [shapely.unary_union(simple[simple.index.isin(list(group))].to_numpy()) for group in groups]
    return gpd.GeoSeries(np.array(shapes, dtype=object), crs=simple.crs)


def by_column(simple: gpd.GeoSeries, keys: pd.Series) -> gpd.GeoSeries:
    """One outline for each value of `keys`, such as the district of a ward; indexed by the value, sorted."""
    grouped = gpd.GeoDataFrame({"key": keys.to_numpy()}, geometry=simple.to_numpy(), crs=simple.crs)
    return grouped[~grouped.is_empty].dissolve("key", method="unary", sort=True).geometry


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


def pack(shapes: gpd.GeoSeries, places: int) -> bytes:
    """Outlines as bytes: three runs of variable-length integers, each after its own length.

    Rings of each shape; points of each ring; then, point by point, the step in longitude and in latitude from the
    point before, in units of 10^-places degrees. The closing point of a ring is left out. A ring that shrinks to
    fewer than three points is dropped, unless it is the only one of its shape.
    """
    degrees = shapes.to_crs("EPSG:4326").to_numpy()
    parts, shape_of_part = shapely.get_parts(degrees, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    whole = np.rint(points * 10**places).astype(np.int64)
    previous = np.roll(ring_of_point, 1) == ring_of_point
    repeated = previous & (whole == np.roll(whole, 1, axis=0)).all(axis=1)
    last = np.roll(ring_of_point, -1) != ring_of_point
    kept = ~(repeated | last)
    sizes = np.bincount(ring_of_point[kept], minlength=len(rings))
    shape_of_ring = shape_of_part[part_of_ring]
    largest = _largest_ring(shape_of_ring, sizes)
    lasting = (sizes >= 3) | (largest & (sizes > 0))
    kept &= lasting[ring_of_point]
    steps = np.diff(whole[kept], axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    ring_counts = np.bincount(shape_of_ring[lasting], minlength=len(degrees))
    return b"".join(_run(values) for values in (ring_counts, sizes[lasting], steps.ravel()))


def _largest_ring(shape_of_ring: Integers, sizes: Integers) -> npt.NDArray[np.bool_]:
    largest = np.zeros(len(sizes), dtype=bool)
    order = np.lexsort((-sizes, shape_of_ring))
    first = np.unique(shape_of_ring[order], return_index=True)[1]
    largest[order[first]] = True
    return largest


def _run(values: Integers) -> bytes:
    """Signed integers as zigzag variable-length bytes (seven bits a byte), after their number."""
    signed = np.concatenate([[len(values)], values]).astype(np.int64)
    zigzag = ((signed << 1) ^ (signed >> 63)).astype(np.uint64)
    lengths = np.ones(len(zigzag), dtype=np.int64)
    for bits in (7, 14, 21, 28):
        lengths += zigzag >= np.uint64(1 << bits)
    starts = np.cumsum(lengths) - lengths
    out = np.empty(int(lengths.sum()), dtype=np.uint8)
    for place in range(int(lengths.max())):
        has = lengths > place
        septet = (zigzag[has] >> np.uint64(7 * place)) & np.uint64(127)
        more = np.where(lengths[has] > place + 1, 128, 0).astype(np.uint64)
        out[starts[has] + place] = (septet | more).astype(np.uint8)
    return out.tobytes()


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
