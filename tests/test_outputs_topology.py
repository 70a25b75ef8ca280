"""Outlines as arcs: what is packed can be read back, a shared border is kept once, and nothing vanishes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from builders.outputs_listing import make_wards
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from tipping_point.outputs import shapes, topology


def degrees(*outlines):
    return gpd.GeoSeries(list(outlines), crs="EPSG:4326")


def integers(packed: bytes) -> list[list[int]]:
    """The runs of a packed block, read by plain arithmetic."""
    values, at = [], 0
    while at < len(packed):
        value, shift = 0, 0
        while True:
            byte = packed[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        values.append((value >> 1) ^ -(value & 1))
    runs, at = [], 0
    while at < len(values):
        runs.append(values[at + 1 : at + 1 + values[at]])
        at += 1 + values[at]
    return runs


def read_back(packed: bytes) -> tuple[list[list[list[list[tuple[int, int]]]]], int]:
    """Layers of shapes of rings of points, and how many arcs they were made of."""
    sizes, east, north, *rest = integers(packed)
    points = list(zip(np.cumsum(east).tolist(), np.cumsum(north).tolist(), strict=True))
    arcs, start = [], 0
    for size in sizes:
        arcs.append(points[start : start + size])
        start += size
    layers, numbered = [], 0
    for at in range(0, len(rest), 3):
        counts, lengths, references = rest[at : at + 3]
        names, rings = iter(references), []
        for length in lengths:
            ring = []
            for _ in range(length):
                name = next(names)
                numbered += name == 0
                arc = arcs[numbered - max(abs(name), 1)]
                arc = arc[::-1] if name < 0 else arc
                assert not ring or ring[-1] == arc[0], "the arcs of a ring do not join"
                ring += arc[1:] if ring else arc
            assert ring[0] == ring[-1], "a ring is not closed"
            rings.append(ring[:-1])
        following = iter(rings)
        layers.append([[next(following) for _ in range(count)] for count in counts])
    assert numbered == len(arcs)
    return layers, len(arcs)


def turned(ring):
    """A ring from its least point on: where a ring begins says nothing."""
    least = ring.index(min(ring))
    return ring[least:] + ring[:least]


def expected(series, places):
    rings = [[shapely.get_coordinates(ring)[:-1] for ring in shapely.get_rings(shapely.get_parts(s))] for s in series]
    return [[turned([tuple(p) for p in np.rint(r * 10**places).astype(int).tolist()]) for r in rs] for rs in rings]


def test_two_squares_side_by_side_are_three_arcs():
    """The two outer sides and the border between them, which the second square runs backwards."""
    packed = topology.pack([degrees(box(0, 0, 1, 1), box(1, 0, 2, 1))], 0)
    (layer,), arcs = read_back(packed)
    assert arcs == 3
    assert [turned(ring) for shape in layer for ring in shape] == [
        [(0, 0), (1, 0), (1, 1), (0, 1)],
        [(1, 0), (2, 0), (2, 1), (1, 1)],
    ]
    assert sorted(integers(packed)[-1]) == [-2, 0, 0, 0]


def test_a_hole_and_the_ward_that_fills_it_share_one_arc():
    ring = Polygon(box(0, 0, 9, 9).exterior, [box(3, 3, 6, 6).exterior])
    (layer,), arcs = read_back(topology.pack([degrees(ring, box(3, 3, 6, 6))], 0))
    assert arcs == 2
    assert [len(shape) for shape in layer] == [2, 1]


def test_layers_share_arcs():
    """An area's outline lies on the borders of its wards: it costs no points of its own."""
    wards = degrees(box(0, 0, 1, 1), box(1, 0, 2, 1))
    alone = read_back(topology.pack([wards], 0))[1]
    both, arcs = read_back(topology.pack([wards, degrees(box(0, 0, 1, 1))], 0))
    assert arcs == alone
    assert turned(both[1][0][0]) == turned(both[0][0][0])


def test_packed_outlines_are_read_back_to_the_last_decimal():
    hole = Polygon([(0, 0), (0.9, 0), (0.9, 0.9), (0, 0.9)], [[(0.3, 0.3), (0.6, 0.3), (0.6, 0.6), (0.3, 0.6)]])
    islands = MultiPolygon([box(2, 0, 2.5, 0.5), box(3, 0, 3.1, 0.1)])
    series = degrees(hole, islands)
    (read,), _ = read_back(topology.pack([series], 5))
    assert [[turned(ring) for ring in shape] for shape in read] == expected(series, 5)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.booleans(), min_size=36, max_size=36),
    st.lists(st.integers(0, 3), min_size=36, max_size=36),
)
def test_any_patchwork_comes_back_as_it_was(present, group):
    """Cells of a lattice joined at will: enclaves, corners that touch, holes, shapes in parts."""
    cells = [box(at % 6, at // 6, at % 6 + 1, at // 6 + 1) for at in range(36)]
    merged = [
        shapely.coverage_union_all([cells[at] for at in range(36) if present[at] and group[at] == number])
        for number in range(4)
    ]
    series = degrees(*(shape if not shape.is_empty else Polygon() for shape in merged))
    layers, arcs = read_back(topology.pack([series, series.iloc[::-1]], 0))
    assert [sorted(turned(r) for r in shape) for shape in layers[0]] == [sorted(rs) for rs in expected(series, 0)]
    assert [sorted(turned(r) for r in shape) for shape in layers[1]] == [sorted(rs) for rs in expected(series, 0)][::-1]
    assert arcs == read_back(topology.pack([series], 0))[1]


def test_no_ward_vanishes_however_small():
    wards = gpd.GeoSeries([box(0, 0, 600_000, 600_000), box(700_000, 0, 700_003, 3)], crs="EPSG:27700")
    (layer,), _ = read_back(topology.pack([wards], 4))
    assert len(layer[1]) == 1
    assert len(layer[1][0]) >= 1


@pytest.mark.parametrize("count", [0, 1, 2])
def test_no_shapes_one_and_an_empty_one(count):
    series = degrees(*[box(0, 0, 1, 1), Polygon()][:count])
    (layer,), _ = read_back(topology.pack([series], 5))
    assert [len(shape) for shape in layer] == [1, 0][:count]


def test_no_layers_at_all():
    assert read_back(topology.pack([], 5)) == ([], 0)


def test_the_wards_of_a_study_are_packed_alike_whatever_their_index():
    simple = shapes.outlines(make_wards())
    renamed = gpd.GeoSeries(simple.to_numpy(), index=pd.RangeIndex(len(simple)), crs=simple.crs)
    assert topology.pack([simple], 5) == topology.pack([renamed], 5)


@given(st.lists(st.integers(-(2**33), 2**33)))
def test_integers_come_back(values):
    assert integers(topology.pack_integers(np.array(values, dtype=np.int64))) == [values]
