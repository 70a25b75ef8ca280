"""Outlines packed into few bytes: every border that two shapes share is kept once, as an arc."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def pack(layers: Sequence[gpd.GeoSeries], places: int) -> bytes:
    """Layers of outlines as bytes: runs of variable-length integers, each after its own length.

    First the arcs: how many points each has; the steps in longitude, point by point, from the point before, in units
    of 10^-places degrees; the steps in latitude. Then for each layer: rings of each shape, arcs of each ring, and the
    arcs of the rings one after another. Arcs are numbered in the order of their first use. An arc in its first use is
    a 0; one used before is how far back its number lies, 1 for the newest, negative where it is to be run backwards.
    The arcs of a ring join end to end, and the last ends where the first began.

    A ring that shrinks to fewer than three points is dropped, unless it is the only one of its shape.
    """
    found = [_rings(layer, places) for layer in layers]
    points = np.concatenate([np.empty((0, 2), dtype=np.int64), *(rings.points for rings in found)])
    sizes = np.concatenate([np.empty(0, dtype=np.int64), *(rings.sizes for rings in found)])
    arcs = _arcs(points, sizes)
    steps = np.diff(arcs.points, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    runs = [arcs.sizes, steps[:, 0], steps[:, 1]]
    ring = used = 0
    for rings in found:
        mine = arcs.of_ring[ring : ring + len(rings.sizes)]
        ring += len(mine)
        runs += [rings.of_shape, mine, arcs.references[used : used + mine.sum()]]
        used += int(mine.sum())
    return b"".join(pack_integers(values) for values in runs)


@dataclass(frozen=True)
class _Rings:
    """The rings of a layer on the grid: points n x 2, points of each ring, rings of each shape."""

    points: Integers
    sizes: Integers
    of_shape: Integers


@dataclass(frozen=True)
class _Arcs:
    """Every arc once, in the order of first use; for each ring the number of its arcs, and how each is named."""

    points: Integers
    sizes: Integers
    of_ring: Integers
    references: Integers


def _rings(layer: gpd.GeoSeries, places: int) -> _Rings:
    """The rings of a layer in whole steps, without repeated points and without the closing one."""
    degrees = layer.to_crs("EPSG:4326").to_numpy()
    parts, shape_of_part = shapely.get_parts(degrees, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    whole = np.rint(points * 10**places).astype(np.int64)
    same_ring = ring_of_point[1:] == ring_of_point[:-1]
    repeated = np.append(False, same_ring & (whole[1:] == whole[:-1]).all(axis=1))[: len(whole)]
    closing = np.append(~same_ring, True)[: len(whole)]
    kept = ~(repeated | closing)
    sizes = np.bincount(ring_of_point[kept], minlength=len(rings))
    shape_of_ring = shape_of_part[part_of_ring]
    lasting = (sizes >= 3) | (_largest_ring(shape_of_ring, sizes) & (sizes > 0))
    kept &= lasting[ring_of_point]
    return _Rings(whole[kept], sizes[lasting], np.bincount(shape_of_ring[lasting], minlength=len(degrees)))


def _largest_ring(shape_of_ring: Integers, sizes: Integers) -> Flags:
    largest = np.zeros(len(sizes), dtype=bool)
    order = np.lexsort((-sizes, shape_of_ring))
    first = np.unique(shape_of_ring[order], return_index=True)[1]
    largest[order[first]] = True
    return largest


def _arcs(points: Integers, sizes: Integers) -> _Arcs:
    """Rings cut where borders meet or part, and arcs that two rings share (in either direction) found.

    Two uses are of one arc where they begin with the same two points, or one begins as the other ends: between two
    cuts every point has the same two neighbours wherever it occurs.
    """
    if not len(sizes):
        none = np.empty(0, dtype=np.int64)
        return _Arcs(np.empty((0, 2), dtype=np.int64), none, none, none)
    identity = _identity(points)
    closed, cut = _closed(identity, _cuts(identity, sizes), sizes)
    cuts = np.flatnonzero(cut)
    ring_of_cut = np.repeat(np.arange(len(sizes)), sizes + 1)[cuts]
    begins = np.append(ring_of_cut[:-1] == ring_of_cut[1:], False)  # no arc begins where a ring closes
    begin, end = cuts[begins], cuts[1:][begins[:-1]]
    many = int(identity.max()) + 1
    forwards = closed[begin] * many + closed[begin + 1]
    backwards = closed[end] * many + closed[end - 1]
    _, first, arc = np.unique(np.minimum(forwards, backwards), return_index=True, return_inverse=True)
    number = np.argsort(np.argsort(first, kind="stable"), kind="stable")[arc]
    turned = backwards < forwards
    new = np.zeros(len(arc), dtype=bool)
    new[first] = True
    distance = np.cumsum(new) - number
    lengths = (end - begin + 1)[new]
    taken = np.repeat(begin[new] - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
    place = np.empty((many, 2), dtype=np.int64)
    place[identity] = points
    return _Arcs(
        points=place[closed[taken]],
        sizes=lengths,
        of_ring=np.bincount(ring_of_cut[begins], minlength=len(sizes)),
        references=np.where(new, 0, np.where(turned == turned[first][arc], distance, -distance)),
    )


def _identity(points: Integers) -> Integers:
    """The number of each point among the distinct ones, from the west and then from the south.

    Both whole numbers of a point are put into one, which sorts several times faster than pairs do.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    east, north = (points - low).T
    keys = east * (high[1] - low[1] + 1) + north
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)


def _cuts(identity: Integers, sizes: Integers) -> Flags:
    """Points whose two neighbours are not the same wherever they occur; one point of a ring without any such."""
    places = np.arange(len(identity))
    begins = np.cumsum(sizes) - sizes
    ends = begins + sizes - 1
    following, previous = places + 1, places - 1
    following[ends], previous[begins] = begins, ends
    low = np.minimum(identity[following], identity[previous])
    high = np.maximum(identity[following], identity[previous])
    example = np.empty(int(identity.max()) + 1, dtype=np.int64)
    example[identity] = places
    differs = (low != low[example[identity]]) | (high != high[example[identity]])
    cut = np.bincount(identity, weights=differs)[identity] > 0
    bare = ~np.logical_or.reduceat(cut, begins)
    least = np.minimum.reduceat(identity, begins)
    return cut | (np.repeat(bare, sizes) & (identity == np.repeat(least, sizes)))


def _closed(identity: Integers, cut: Flags, sizes: Integers) -> tuple[Integers, Flags]:
    """Every ring turned to begin at its first cut, and closed with that point again, which is a cut as well."""
    rings = np.arange(len(sizes))
    ring, begins = np.repeat(rings, sizes), np.cumsum(sizes) - sizes
    first = np.full(len(sizes), len(identity), dtype=np.int64)
    np.minimum.at(first, ring[cut], np.flatnonzero(cut))
    offset = np.arange(len(identity)) - begins[ring]
    source = begins[ring] + (offset + (first - begins)[ring]) % sizes[ring]
    closed = np.empty(len(identity) + len(sizes), dtype=np.int64)
    flags = np.ones(len(closed), dtype=bool)
    target = np.arange(len(identity)) + ring
    closed[target], flags[target] = identity[source], cut[source]
    closed[begins + sizes + rings] = identity[first]
    return closed, flags


def pack_integers(values: Integers) -> bytes:
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
