"""The small maps of the areas: numbered as their tables, and borne where outlines are missing."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pytest
import shapely
from builders.outputs_listing import make_study

from tipping_point import tables as schema
from tipping_point.outputs import close_ups, listing, shapes


def drawn(wards, areas, cover, *, inset=True):
    (country,) = listing.country_lists(wards, areas, cover)
    whole = shapely.unary_union(shapes.outlines(wards, detail=900).to_numpy()) if inset else None
    return close_ups.close_ups(wards, country.shortlist, whole)


def numbers(picture: str) -> dict[str, tuple[int, int]]:
    found = re.findall(r'<circle cx="(\d+)" cy="(\d+)" r="20".*?>(\d+)</text>', picture)
    return {number: (int(x), int(y)) for x, y, number in found}


def test_every_chosen_area_has_a_picture_with_its_wards_numbered_by_residents():
    wards, areas, cover = make_study()
    wards["population"] = wards["population"].astype(float)
    wards.loc["E05000006", "population"], wards.loc["E05000007", "population"] = 100.0, 900.0
    pictures = drawn(wards, areas, cover)
    assert list(pictures) == ["area-0", "area-1"]
    found = numbers(pictures["area-0"])
    assert set(found) == {"1", "2"}
    # Ward 7 has more residents and lies north of ward 6: it is number 1, and higher up.
    assert found["1"][1] < found["2"][1]
    assert found["1"][0] == found["2"][0]


def test_everything_numbered_lies_inside_the_frame():
    for picture in drawn(*make_study()).values():
        for x, y in numbers(picture).values():
            assert 0 < x < close_ups.WIDE
            assert 0 < y < close_ups.HIGH


def test_the_mark_in_the_corner_tells_where_the_area_lies():
    marks = []
    for picture in drawn(*make_study()).values():
        (mark,) = re.findall(r'<circle cx="(\d+)" cy="(\d+)" r="9"', picture)
        marks.append(tuple(map(int, mark)))
    # The first area lies in the second column of the lattice, the other in the fourth.
    assert marks[0][0] < marks[1][0]
    assert 'r="9"' not in "".join(drawn(*make_study(), inset=False).values())


def test_wards_not_assessed_are_hatched_where_they_are_in_sight():
    picture = drawn(*make_study())["area-0"]
    assert 'fill="url(#bare-1)"' in picture
    wards, areas, cover = make_study()
    assert 'fill="url(#bare-1)"' not in drawn(wards.assign(assessed=True), areas, cover)["area-0"]


@pytest.mark.parametrize("gone", ["district_code", "population", "assessed"])
def test_a_column_that_is_not_there_is_borne(gone):
    wards, areas, cover = make_study()
    assert numbers(drawn(wards.drop(columns=gone), areas, cover)["area-0"])


def test_a_ward_without_an_outline_keeps_its_number_for_itself():
    wards, areas, cover = make_study()
    shown = wards.copy()
    most = wards.loc[["E05000006", "E05000007"], "population"].idxmax()
    shown.loc[[most], "geometry"] = gpd.GeoSeries([None], index=[most], crs=schema.SYSTEM)
    assert set(numbers(drawn(shown, areas, cover)["area-0"])) == {"2"}
    bare = wards.set_geometry(gpd.GeoSeries([None] * 36, index=wards.index, crs=schema.SYSTEM))
    assert set(drawn(bare, areas, cover).values()) == {""}


def test_another_coordinate_system_gives_the_same_picture():
    wards, areas, cover = make_study()
    there_and_back = wards.to_crs("EPSG:4326")
    first, second = (numbers(drawn(table, areas, cover, inset=False)["area-0"]) for table in (wards, there_and_back))
    assert np.abs(np.array(list(first.values())) - np.array(list(second.values()))).max() <= 1


def test_the_scale_bar_is_as_long_as_it_says():
    wards, areas, cover = make_study()
    picture = drawn(wards, areas, cover)["area-0"]
    ((long, words),) = re.findall(r'<path d="M24 \d+v8h(\d+)v-8".*?>([^<]+)</text>', picture)
    number, unit = words.split()
    metres = float(number) * (1000 if unit == "km" else 1)
    mine = shapely.unary_union(wards.loc[["E05000006", "E05000007"]].geometry.to_numpy())
    scale = close_ups._frame(np.array(mine.bounds)).scale
    assert int(long) == round(metres * scale)
