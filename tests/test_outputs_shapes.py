"""Outlines made light: shared borders stay shared and nothing vanishes."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from builders.outputs_listing import make_wards
from shapely.geometry import MultiPolygon, Polygon, box

from tipping_point.outputs import shapes


def frame(*outlines, crs="EPSG:27700"):
    return gpd.GeoDataFrame(geometry=list(outlines), crs=crs, index=pd.Index([f"E{i}" for i in range(len(outlines))]))


def wavy(left: float) -> Polygon:
    """A ward whose right border is the next one's left border, point for point."""
    y = np.linspace(0, 10_000, 400)
    edge = np.column_stack([left + np.round(300 * np.sin(y / 400)), np.round(y)])
    return Polygon(np.vstack([edge, (edge + np.array([10_000, 0]))[::-1]]))


def test_simplified_neighbours_keep_one_border():
    wards = frame(*(wavy(10_000 * place) for place in range(4)))
    simple = shapes.outlines(wards, detail=200)
    assert (
        shapely.get_num_coordinates(simple.to_numpy()).sum()
        < shapely.get_num_coordinates(wards.geometry.to_numpy()).sum() / 4
    )
    for one, other in itertools.pairwise(simple):
        border = one.intersection(other)
        assert border.area == 0
        assert border.length > 10_000
    assert shapely.unary_union(simple.to_numpy()).area == pytest.approx(simple.area.sum())


def test_no_ward_vanishes_however_small():
    wards = frame(box(0, 0, 600_000, 600_000), box(700_000, 0, 700_003, 3))
    simple = shapes.outlines(wards)
    assert not simple.is_empty.any()


def test_the_input_is_not_changed_and_the_index_is_kept():
    wards = make_wards()
    before = wards.geometry.to_wkb().tolist()
    simple = shapes.outlines(wards)
    assert simple.index.equals(wards.index)
    assert wards.geometry.to_wkb().tolist() == before


def test_wards_without_an_outline_or_with_a_crossed_one_do_no_harm():
    crossed = Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])
    simple = shapes.outlines(frame(box(5000, 0, 6000, 1000), None, crossed))
    assert simple.is_empty.tolist() == [False, True, False]
    assert simple.is_valid.all()
    assert np.isnan(shapes.inner_points(simple)[1]).all()


def test_merged_outlines_lie_on_the_borders_of_their_wards():
    wards = make_wards()
    simple = shapes.outlines(wards)
    (area,) = shapes.merged(simple, [list(wards.index[:3])])
    assert area.area == pytest.approx(simple.iloc[:3].area.sum())
    assert shapes.merged(simple, [["absent"]]).is_empty.all()


@pytest.mark.parametrize("threads", [1, 3])
def test_what_is_begun_beside_other_work_is_the_same_to_the_byte(threads):
    wards = frame(*(wavy(10_000 * place) for place in range(4)), None)
    simple, keys = shapes.outlines(wards), pd.Series(["b", "a", "b", "c", "d"], index=wards.index)
    with ThreadPoolExecutor(threads) as pool:
        coarse = shapes.begin_coarser(simple, pool, detail=50)
        joined = shapes.begin_by_column(simple, keys, pool)
        assert coarse().to_wkb().equals(shapes.coarser(simple, detail=50).to_wkb())
        assert joined().to_wkb().equals(shapes.by_column(simple, keys).to_wkb())


def test_outlines_are_joined_by_the_values_of_a_column_in_order():
    wards = frame(*(wavy(10_000 * place) for place in range(4)), None)
    joined = shapes.by_column(wards.geometry.fillna(Polygon()), pd.Series(["b", "a", "b", "c", "d"], index=wards.index))
    assert joined.index.tolist() == ["a", "b", "c"]  # nothing is drawn of d
    assert joined["b"].equals(shapely.unary_union(wards.geometry.iloc[[0, 2]].to_numpy()))
    assert joined.crs == wards.crs
    none = shapes.by_column(gpd.GeoSeries([], crs="EPSG:27700"), pd.Series([], dtype=object))
    assert none.empty
    assert none.crs == wards.crs


def test_a_point_lies_inside_the_largest_part():
    parts = gpd.GeoSeries([MultiPolygon([box(0, 0, 1, 1), box(10, 10, 20, 20)]), Polygon()], crs="EPSG:27700")
    points = shapes.inner_points(parts)
    assert box(10, 10, 20, 20).contains(shapely.Point(points[0]))
    assert np.isnan(points[1]).all()


def test_an_svg_path_is_in_whole_units_with_north_at_the_top():
    assert shapes.svg_path(box(0, 0, 100, 50), west=0, north=50, scale=1) == "M100 50l0 -50 -100 0 0 50z"
    assert shapes.svg_path(box(0, 0, 0.2, 0.2), west=0, north=1, scale=1) == ""


@pytest.mark.parametrize("count", [0, 1])
def test_no_wards_and_one_ward(count):
    simple = shapes.outlines(frame(*[box(0, 0, 1000, 1000)] * count))
    assert len(simple) == count
