"""Schools and where they stand: brought to wards as schools, and never as the children who live there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving import serve

from tipping_point.fetch.download import DownloadError, NotInCacheError
from tipping_point.sources.schools import (
    REGISTER,
    bring_schools_to_wards,
    fetch_newest_register,
    fetch_school_register,
    read_school_register,
)
from tipping_point.tables import InputError

DAY = date(2025, 6, 1)
HEADER = "URN,EstablishmentName,Easting,Northing"


def register(*rows, header=HEADER):
    return "\r\n".join([header, *rows, ""])


def figures(**values):
    rows = [(code.lstrip("s"), *value) for code, value in values.items()]
    return pd.DataFrame(rows, columns=["area_code", "value", "pupils"]).assign(level="school", period="202324", mark="")


@pytest.fixture
def server():
    with serve() as running:
        yield running


@pytest.fixture
def boundaries(lattice):
    """Four square wards of a kilometre."""
    return lattice(2, 2).reset_index()[["ward_code", "geometry"]]


@pytest.fixture
def places(tmp_path):
    (tmp_path / "r.csv").write_text(register(
        "1001,One,500,500", "1002,Two,600,400", "1003,Three,1500,500", "1004,Four,1000,1000", "1005,Gone,,",
        "1006,Nowhere,0,0", "1007,Elsewhere,9000,9000",
    ))  # fmt: skip
    return read_school_register(tmp_path / "r.csv")


def test_the_register_gives_points(places):
    assert places.crs.to_epsg() == 27700
    assert places["area_code"].tolist() == [str(number) for number in range(1001, 1008)]
    assert [(point.x, point.y) if point else None for point in places.geometry] == [
        (500, 500), (600, 400), (1500, 500), (1000, 1000), None, None, (9000, 9000),
    ]  # fmt: skip


def test_wards_by_hand(places, boundaries):
    table = bring_schools_to_wards(
        figures(s1001=(10.0, 300.0), s1002=(20.0, 100.0), s1003=(np.nan, 50.0), s1007=(5.0, 10.0), s9999=(1.0, 1.0)),
        places, boundaries,
    )  # fmt: skip
    assert table["ward_code"].tolist() == ["E05000000", "E05000001"]
    np.testing.assert_array_equal(table["value"], [12.5, np.nan])
    assert table["schools"].tolist() == [2, 1]
    assert table["schools_suppressed"].tolist() == [0, 1]
    np.testing.assert_array_equal(table["pupils"], [400.0, np.nan])
    assert set(table["level"]) == {"school"}
    assert set(table["basis"]) == {"where schools are, not where pupils live"}


def test_without_numbers_of_pupils_every_school_counts_once(places, boundaries):
    table = bring_schools_to_wards(figures(s1001=(10.0, np.nan), s1002=(20.0, 100.0)), places, boundaries)
    assert table["value"].tolist() == [15.0]


def test_a_school_on_a_corner_goes_to_one_ward(places, boundaries):
    table = bring_schools_to_wards(figures(s1004=(7.0, 10.0)), places, boundaries.iloc[::-1])
    assert table[["ward_code", "schools"]].to_numpy().tolist() == [["E05000000", 1]]


@settings(deadline=None, max_examples=25)
@given(st.permutations(range(4)))
def test_the_order_of_rows_does_not_matter(order):
    shapes = gpd.GeoSeries.from_xy([500, 600, 1500, 700], [500, 400, 500, 200], crs=27700)
    places = gpd.GeoDataFrame({"area_code": ["1", "2", "3", "4"]}, geometry=shapes)
    wards = gpd.GeoDataFrame({"ward_code": ["a", "b"]}, geometry=places.geometry.iloc[[0, 2]].buffer(450).values)
    wards = wards.set_crs(27700, allow_override=True)
    table = figures(s1=(1.0, 10.0), s2=(2.0, 30.0), s3=(3.0, 5.0), s4=(np.nan, 2.0))
    first = bring_schools_to_wards(table, places, wards)
    again = bring_schools_to_wards(table.iloc[list(order)], places.iloc[list(order)], wards)
    pd.testing.assert_frame_equal(first, again)


def test_inputs_are_left_as_they_were_and_nothing_gives_an_empty_table(places, boundaries):
    table = figures(s1007=(5.0, 10.0))
    before = table.copy(), places.copy(), boundaries.copy()
    result = bring_schools_to_wards(table, places, boundaries)
    assert len(result) == 0
    assert result.columns.tolist() == [
        "ward_code", "value", "schools", "schools_suppressed", "pupils", "level", "basis"
    ]  # fmt: skip
    pd.testing.assert_frame_equal(table, before[0])
    pd.testing.assert_frame_equal(pd.DataFrame(places), pd.DataFrame(before[1]))
    pd.testing.assert_frame_equal(pd.DataFrame(boundaries), pd.DataFrame(before[2]))


def test_a_district_cannot_be_placed_as_a_school(places, boundaries):
    table = figures(s1001=(10.0, 1.0)).assign(level="district")
    with pytest.raises(InputError, match="figures by district are not of schools, and cannot be placed in wards"):
        bring_schools_to_wards(table, places, boundaries)


def test_bad_registers(tmp_path):
    (tmp_path / "a.csv").write_text(register("1,One,east,5"))
    with pytest.raises(InputError, match="has 'east' in 'Easting', which is not a number"):
        read_school_register(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text(register("1,One,1,5", header="URN,Name,X,Y"))
    with pytest.raises(InputError, match=r"lacks the column\(s\) Easting, Northing"):
        read_school_register(tmp_path / "a.csv")


def test_the_register_of_a_day(tmp_path):
    with serve() as server:
        web = server.web(tmp_path / "cache")
        url = f"{REGISTER}/edubasealldata20250601.csv"
        server.route(url, register("1001,Sefton Caf\xe9 School,500,500").encode("latin-1"))
        path = fetch_school_register(web, tmp_path, day=DAY)
        assert path.name == "edubasealldata20250601.csv"
        assert read_school_register(path)["area_code"].tolist() == ["1001"]
        with pytest.raises(DownloadError, match=r"Schools: edubasealldata20250602.csv|HTTP 404"):
            fetch_school_register(web, tmp_path, day=date(2025, 6, 2))
        server.route(f"{REGISTER}/edubasealldata20250603.csv", register("1,2,3,4", header="URN,Name,X,Y").encode())
        with pytest.raises(DownloadError, match=r"lacks the column\(s\) Easting, Northing"):
            fetch_school_register(web, tmp_path, day=date(2025, 6, 3))


# --------------------------------------------------------------------------------------- the newest register


def test_the_newest_register_of_the_last_days(server, tmp_path):
    web = server.web(tmp_path / "cache")
    server.route(f"{REGISTER}/edubasealldata20250530.csv", register("1001,One,500,500").encode())
    path = fetch_newest_register(web, tmp_path, today=DAY)
    assert path.name == "schools_register.csv"
    assert len(read_school_register(path)) == 1
    asked = [call.path[-12:-4] for call in server.calls]
    assert asked == ["20250601", "20250531", "20250530"]
    # What the cache has of the last month will do; offline, of the last year.
    later = DAY + timedelta(days=20)
    fetch_newest_register(web, tmp_path / "b", today=later)
    fetch_newest_register(replace(web, offline=True), tmp_path / "c", today=DAY + timedelta(days=300))
    assert len(server.calls) == 3


def test_no_register_of_the_last_days(server, tmp_path):
    web = server.web(tmp_path / "cache")
    with pytest.raises(DownloadError, match=r"no register of the last 7 days; the newest: .*20250601.*404"):
        fetch_newest_register(web, tmp_path, today=DAY)
    with pytest.raises(NotInCacheError, match="no register of the last year is in the cache"):
        fetch_newest_register(replace(web, offline=True), tmp_path, today=DAY)
    server.route(f"{REGISTER}/edubasealldata20250601.csv", b"<html>")
    with pytest.raises(DownloadError, match="is a web page"):
        fetch_newest_register(web, tmp_path, today=DAY)
