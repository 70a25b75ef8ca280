from __future__ import annotations

import json
import logging
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, Point, Polygon, box

from tipping_point.sources.geography import read_boundaries, read_lookup
from tipping_point.tables import InputError

X, Y = 335_000, 390_000
"""A corner in Liverpool, in metres of the British National Grid."""


def square(place=0, size=1000):
    return box(X + place * size, Y, X + (place + 1) * size, Y + size)


def wards(*codes, year=19, shapes=None, names=None, districts=True):
    columns = {f"WD{year}CD": list(codes), f"WD{year}NM": names or [f"Ward {code}" for code in codes]}
    if districts:
        columns |= {f"LAD{year}CD": ["E08000012"] * len(codes), f"LAD{year}NM": ["Liverpool"] * len(codes)}
    shapes = shapes or [square(place) for place in range(len(codes))]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=27700)


def fault_of(path, **options):
    with pytest.raises(InputError) as caught:
        read_boundaries(path, **options)
    (fault,) = caught.value.faults
    assert str(path) in fault
    return fault


def geojson(path, *features, **members):
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": list(features)}))
    return path


def feature(code, coordinates, kind="Polygon", year=19):
    geometry = None if coordinates is None else {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": {f"WD{year}CD": code, f"WD{year}NM": "A"}, "geometry": geometry}


LONLAT = [[[-2.9, 53.4], [-2.8, 53.4], [-2.8, 53.5], [-2.9, 53.4]]]


# --------------------------------------------------------------------------------------- every format alike


@pytest.mark.parametrize("form", ["a.geojson", "a.gpkg", "a.shp", "a.zip", "degrees.gpkg", "mercator.gpkg"])
def test_every_format_and_projection_reads_the_same(tmp_path, form):
    table = wards("E05000002", "W05000001", "E05000001")
    path = tmp_path / form
    if form == "a.zip":
        table.to_file(tmp_path / "b.shp")
        with zipfile.ZipFile(path, "w") as archive:
            for part in tmp_path.glob("b.*"):
                archive.write(part, part.name)
    else:
        crs = {"a.geojson": 4326, "degrees.gpkg": 4326, "mercator.gpkg": 3857}.get(form, 27700)
        table.to_crs(crs).to_file(path)
    read = read_boundaries(path, ward_year=2019)
    assert read.crs.to_epsg() == 27700
    assert list(read.columns) == ["ward_code", "ward_name", "district_code", "district_name", "geometry"]
    assert read["ward_code"].tolist() == ["E05000001", "E05000002", "W05000001"]
    assert read["district_name"].tolist() == ["Liverpool"] * 3
    assert read.index.tolist() == [0, 1, 2]
    # Projecting there and back moves a corner by centimetres.
    for shape, place in zip(read.geometry, (2, 0, 1), strict=True):
        assert shape.hausdorff_distance(square(place)) < 0.05
    assert read.attrs == {"repaired": [], "ward_year": 2019}


def test_field_names_in_any_case_and_without_districts(tmp_path):
    table = wards("E05000001", districts=False).rename(columns=str.lower).assign(OBJECTID=1, Shape__Area=2.0)
    table.to_file(tmp_path / "a.gpkg")
    read = read_boundaries(tmp_path / "a.gpkg")
    assert read.iloc[0, :4].tolist() == ["E05000001", "Ward E05000001", "", ""]


def test_geojson_without_a_coordinate_system_is_in_degrees(tmp_path):
    read = read_boundaries(geojson(tmp_path / "a.geojson", feature("E05000001", LONLAT)))
    assert 300_000 < read.total_bounds[0] < 400_000


def test_geojson_may_name_the_national_grid(tmp_path):
    ring = [list(map(list, square().exterior.coords))]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    read = read_boundaries(geojson(tmp_path / "a.geojson", feature("E05000001", ring), crs=crs))
    assert read.geometry.iloc[0].equals(square())


def test_wards_elsewhere_are_left_out_and_counted(tmp_path, caplog):
    wards("E05000001", "S13002516", "N08000101", "95AA01").to_file(tmp_path / "a.gpkg")
    with caplog.at_level(logging.INFO):
        assert read_boundaries(tmp_path / "a.gpkg")["ward_code"].tolist() == ["E05000001"]
    assert "3 elsewhere than England and Wales" in caplog.text


def test_hostile_names_stay_text(tmp_path):
    wards("E05000001", "E05000002", names=["<script>alert(1)</script>", "=1+1"]).to_file(tmp_path / "a.gpkg")
    assert read_boundaries(tmp_path / "a.gpkg")["ward_name"].tolist() == ["<script>alert(1)</script>", "=1+1"]


def test_row_order_does_not_matter(tmp_path):
    table = wards("E05000003", "E05000001", "E05000002")
    table.to_file(tmp_path / "a.gpkg")
    table.iloc[::-1].to_file(tmp_path / "b.gpkg")
    pd.testing.assert_frame_equal(read_boundaries(tmp_path / "a.gpkg"), read_boundaries(tmp_path / "b.gpkg"))


# ------------------------------------------------------------------------------------------------- vintage


def test_another_year_is_refused_naming_both(tmp_path):
    wards("E05000001").to_file(tmp_path / "a.gpkg")
    fault = fault_of(tmp_path / "a.gpkg", ward_year=2025)
    assert "holds wards of 2019" in fault
    assert "of 2025" in fault


def test_ward_year_chooses_among_layers_and_fields(tmp_path):
    path = tmp_path / "a.gpkg"
    wards("E05000001").to_file(path, layer="old")
    wards("E05000002", year=25).to_file(path, layer="new")
    assert read_boundaries(path, ward_year=2025)["ward_code"].tolist() == ["E05000002"]
    assert read_boundaries(path, ward_year=2019)["ward_code"].tolist() == ["E05000001"]
    assert "several sets of wards: old (WD19CD), new (WD25CD)" in fault_of(path)
    both = wards("E05000001").assign(WD22CD="E05000009", WD22NM="Nine")
    both.to_file(tmp_path / "b.gpkg")
    assert read_boundaries(tmp_path / "b.gpkg", ward_year=2022)["ward_name"].tolist() == ["Nine"]


# --------------------------------------------------------------------------------------- geometry and faults


def test_invalid_polygons_are_repaired_and_named(tmp_path):
    bow_tie = Polygon([(X, Y), (X + 1000, Y + 1000), (X + 1000, Y), (X, Y + 1000)])
    spike = Polygon([(X, Y), (X + 1000, Y), (X + 1000, Y + 1000), (X, Y + 1000), (X, Y), (X - 500, Y), (X, Y)])
    table = wards("E05000001", "E05000002", "E05000003", shapes=[bow_tie, spike, square(5)], names=["Bow", "", "Good"])
    table.to_file(tmp_path / "a.gpkg")
    read = read_boundaries(tmp_path / "a.gpkg")
    assert read.attrs["repaired"] == ["Bow", "E05000002"]
    assert read.geometry.is_valid.all()
    assert set(read.geom_type) <= {"Polygon", "MultiPolygon"}
    assert read.area.round(6).tolist() == [500_000, 1_000_000, 1_000_000]


def test_a_ward_in_two_parts_is_kept_whole(tmp_path):
    island = MultiPolygon([square(0), square(3)])
    wards("E05000001", shapes=[island]).to_file(tmp_path / "a.gpkg")
    assert read_boundaries(tmp_path / "a.gpkg").area.iloc[0] == pytest.approx(2_000_000)


def test_duplicated_codes(tmp_path):
    wards("E05000001", "E05000001", "E05000002").to_file(tmp_path / "a.gpkg")
    assert "E05000001 on rows 1, 2; each may stand once" in fault_of(tmp_path / "a.gpkg")


def test_codes_that_are_none(tmp_path):
    wards("E05000001", "E01000001").to_file(tmp_path / "a.gpkg")
    assert "row 2 has 'E01000001' in 'ward_code', which is not the code of a ward" in fault_of(tmp_path / "a.gpkg")


def test_no_geometry(tmp_path):
    path = geojson(tmp_path / "a.geojson", feature("E05000001", LONLAT), feature("E05000002", None))
    assert "1 ward(s) have no geometry: E05000002" in fault_of(path)
    wards("E05000001", shapes=[Point(X, Y)]).to_file(tmp_path / "b.gpkg")
    assert "are no polygon but Point" in fault_of(tmp_path / "b.gpkg")
    table = wards("E05000001").drop(columns="geometry")
    table.to_csv(tmp_path / "c.csv", index=False)
    assert "without geometry" in fault_of(tmp_path / "c.csv")


def test_no_coordinate_system(tmp_path):
    wards("E05000001").to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    fault = fault_of(tmp_path / "a.shp")
    assert "does not say which coordinate system" in fault
    assert ".prj" in fault


def test_metres_called_degrees(tmp_path):
    ring = [list(map(list, square().exterior.coords))]
    fault = fault_of(geojson(tmp_path / "a.geojson", feature("E05000001", ring)))
    assert "335000, 390000" in fault
    assert "EPSG:27700" in fault


def test_latitude_and_longitude_exchanged(tmp_path):
    ring = np.array(LONLAT[0])[:, ::-1].tolist()
    fault = fault_of(geojson(tmp_path / "a.geojson", feature("E05000001", [ring])))
    assert "outside Great Britain: E05000001" in fault


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.geojson", "", "is empty"),
        ("a.geojson", "<!DOCTYPE html>", "is a web page"),
        ("a.geojson", '{"error": {"code": 400, "message": "no"}}', "no boundary file"),
        ("a.gpkg", "nonsense", "no boundary file"),
        ("a.zip", "nonsense", "no boundary file"),
    ],
)
def test_files_that_are_no_boundaries(tmp_path, name, content, wanted):
    (tmp_path / name).write_text(content)
    assert wanted in fault_of(tmp_path / name)


def test_absent_file_and_other_layers(tmp_path):
    assert "does not exist" in fault_of(tmp_path / "absent.geojson")
    assert "is a folder" in fault_of(tmp_path)
    wards("E05000001").rename(columns={"WD19CD": "LSOA11CD"}).to_file(tmp_path / "a.gpkg")
    assert "has no field of ward codes" in fault_of(tmp_path / "a.gpkg")
    wards("S13002516").to_file(tmp_path / "b.gpkg")
    assert "holds no ward of England or Wales" in fault_of(tmp_path / "b.gpkg")


# ------------------------------------------------------------------------------------------------- lookups


def lookup(path, content):
    path.write_text(content, encoding="utf-8-sig")
    return path


def lookup_faults(path):
    with pytest.raises(InputError) as caught:
        read_lookup(path)
    return caught.value.faults


def test_lookup_with_the_headers_of_the_office_for_national_statistics(tmp_path):
    path = lookup(
        tmp_path / "a.csv",
        "FID,LSOA11CD,LSOA11NM,wd19cd,WD19NM,WD19NMW,LAD19CD,LAD19NM,ObjectId\r\n"
        '1,E01000001,City 001A,E05000001,"Abbey, West",Abaty,E09000001,City of London,1\r\n'
        "2,W01000001,Mon 1,W05000001,Aberffraw,,W06000001,Isle of Anglesey,2\r\n",
    )
    read = read_lookup(path)
    assert list(read.columns) == [
        "lsoa11_code", "lsoa11_name", "ward19_code", "ward19_name", "district19_code", "district19_name",
    ]  # fmt: skip
    assert read.iloc[0].tolist() == [
        "E01000001", "City 001A", "E05000001", "Abbey, West", "E09000001", "City of London",
    ]  # fmt: skip


def test_the_lookup_of_output_areas_leads_from_small_areas_to_middle_layer_ones(tmp_path):
    path = lookup(
        tmp_path / "a.csv",
        "OA21CD,LSOA21CD,LSOA21NM,LSOA21NMW,MSOA21CD,MSOA21NM,MSOA21NMW,LAD22CD,LAD22NM,LAD22NMW,ObjectId\n"
        "E00000001,E01000001,City 001A,,E02000001,City 001,,E09000001,City of London,,1\n"
        "E00000003,E01000001,City 001A,,E02000001,City 001,,E09000001,City of London,,2\n"
        "W00000001,W01000001,Mon 1A,Mon 1A,W02000001,Mon 1,Mon 1,W06000001,Isle of Anglesey,Ynys Mon,3\n",
    )
    table = read_lookup(path)
    assert table["msoa21_code"].tolist() == ["E02000001", "W02000001"]
    assert {"lsoa21_code", "msoa21_name", "district22_code"} <= set(table.columns)
    wrong = lookup(tmp_path / "b.csv", "LSOA21CD,MSOA21CD\nE01000001,E01000001\n")
    assert "not the code of a msoa" in "".join(lookup_faults(wrong))


def test_tidied_lookup(tmp_path):
    path = lookup(
        tmp_path / "a.csv",
        "ltla24_code,ltla24_name,csp24_code,csp24_name,pfa24_code,pfa24_name\n"
        "E07000136,Boston,E22000173,Boston,E23000020,Lincolnshire\n",
    )
    assert list(read_lookup(path).columns) == [
        "district24_code", "district24_name", "partnership24_code", "partnership24_name",
        "force24_code", "force24_name",
    ]  # fmt: skip


def test_lookup_of_changes_regions_and_authorities(tmp_path):
    path = lookup(tmp_path / "a.csv", "LSOA11CD,LSOA21CD,CHGIND\nE01000001,E01000001,U\nE01000002,E01099999,S\n")
    assert read_lookup(path)["change_code"].tolist() == ["U", "S"]
    path = lookup(
        tmp_path / "b.csv",
        "LAD24CD,RGN24CD,RGN24NM,CAUTH24CD\nE08000012,E12000002,North West,E47000004\nW06000001,,,\n",
    )
    assert read_lookup(path)["authority24_code"].tolist() == ["E47000004", ""]


def test_repeated_rows_and_other_countries_are_left_out(tmp_path, caplog):
    path = lookup(tmp_path / "a.csv", "WD25CD,LAD25CD\nE05000001,E08000012\nE05000001,E08000012\nS13002516,S12000033\n")
    with caplog.at_level(logging.INFO):
        assert len(read_lookup(path)) == 1
    assert "1 rows, 1 repeated and 1 elsewhere" in caplog.text


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("a,b\n1,2\n", "no lookup that is understood: its header is a, b"),
        ("LSOA21CD,LSOA21NM\nE01000001,x\n", "At least two columns of codes"),
        ("LSOA11CD,WD19CD\nE01000001,E05000001\nE01000002,E0500000\n", "row 3 has 'E0500000' in 'WD19CD'"),
        ("LSOA11CD,WD19CD\nE01000001,\n", "row 2 has '' in 'WD19CD'"),
        ("LSOA11CD,WD19CD\nE05000001,E05000001\n", "row 2 has 'E05000001' in 'LSOA11CD'"),
        ("LSOA11CD,LSOA21CD,CHGIND\nE01000001,E01000001,Q\n", "row 2 has 'Q' for a change code"),
        ("LSOA11CD,lsoa11_code,WD19CD\nE01000001,E01000001,E05000001\n", "both 'LSOA11CD' and 'lsoa11_code'"),
        ("WD25CD,LAD25CD\nS13002516,S12000033\n", "no row of England or Wales"),
        ("WD25CD,LAD25CD\n", "has no row under its header"),
        ("<html></html>", "is a web page"),
        ("", "is empty"),
    ],
)
def test_lookups_that_are_none(tmp_path, content, wanted):
    (fault,) = lookup_faults(lookup(tmp_path / "a.csv", content))
    assert str(tmp_path / "a.csv") in fault
    assert wanted in fault


def test_every_fault_of_a_lookup_is_told_at_once(tmp_path):
    path = lookup(tmp_path / "a.csv", "LSOA11CD,WD19CD,LAD19CD\nx,E05000001,y\n")
    assert len(lookup_faults(path)) == 2


# ---------------------------------------------------------------------------------------------------- real


@pytest.mark.real
def test_real_boundaries_of_england_and_wales(real_data):
    read = read_boundaries(real_data / "boundaries" / "WD_DEC_2019_EW_BGC.geojson", ward_year=2019)
    assert len(read) == 8_071
    assert len(read.attrs["repaired"]) == 6
    assert read.geometry.is_valid.all()
    # England and Wales are 151,000 square kilometres.
    assert read.area.sum() / 1e6 == pytest.approx(151_100, rel=0.003)
    lookup = read_lookup(next((real_data / "lookups").glob("*2011*2019*")))
    assert len(set(read["ward_code"]) - set(lookup["ward19_code"])) == 48
    assert set(lookup["ward19_code"]) <= set(read["ward_code"])


@pytest.mark.real
@pytest.mark.parametrize(("name", "number"), [("2013_London", 649), ("2022_London_BGC", 704), ("2025_London_BGC", 704)])
def test_real_boundaries_of_london(real_data, name, number):
    path = real_data / "london" / "boundaries" / f"WD_DEC_{name}.geojson"
    read = read_boundaries(path, ward_year=int(name[:4]))
    assert len(read) == number
    assert read["district_code"].nunique() == (1 if name.startswith("2013") else 33)
    assert read.area.sum() / 1e6 == pytest.approx(1_573, abs=1)


@pytest.mark.real
def test_real_lookups(real_data):
    sizes = {path.name: read_lookup(path) for path in (real_data / "lookups").glob("*.csv")}
    rows = {"_".join(sorted(c[:-5] for c in t if c.endswith("_code"))): len(t) for t in sizes.values()}
    assert rows == {
        "district19_lsoa11_ward19": 34_753,
        "district25_lsoa21_ward25": 35_672,
        "district24_lsoa21_ward24": 35_672,
        "change_district22_lsoa11_lsoa21": 35_795,
        "district24_force24_partnership24": 332,
        "district24_region24": 296,
    }
