"""Outlines of small areas."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import Polygon, box

from tipping_point.sources.small_areas import read_small_areas
from tipping_point.tables import InputError


def write(tmp_path, codes, *, shapes=None, field="LSOA21CD", crs="EPSG:27700"):
    squares = shapes or [box(400_000 + 100 * i, 400_000, 400_100 + 100 * i, 400_100) for i in range(len(codes))]
    path = tmp_path / "areas.gpkg"
    gpd.GeoDataFrame({field: codes}, geometry=squares, crs=crs).to_file(path)
    return path


def test_codes_and_outlines_in_metres_sorted(tmp_path):
    path = write(tmp_path, ["E01000002", "W01000001", "S01000001", "E01000001"], field="lsoa11cd")
    areas = read_small_areas(path)
    assert areas["lsoa11_code"].tolist() == ["E01000001", "E01000002", "W01000001"]
    assert areas.crs == "EPSG:27700"
    assert areas.area.tolist() == [10_000.0] * 3


def test_invalid_outlines_are_repaired(tmp_path):
    bow_tie = Polygon([(400_000, 400_000), (400_100, 400_100), (400_100, 400_000), (400_000, 400_100)])
    assert read_small_areas(write(tmp_path, ["E01000001"], shapes=[bow_tie])).is_valid.all()


def test_faults_are_named(tmp_path):
    with pytest.raises(InputError, match="wanted is one field of small-area codes"):
        read_small_areas(write(tmp_path, ["E05000001"], field="WD19CD"))
    with pytest.raises(InputError, match="stand on more than one row"):
        read_small_areas(write(tmp_path, ["E01000001", "E01000001"]))
    with pytest.raises(InputError, match="not the code of a lsoa"):
        read_small_areas(write(tmp_path, ["E0100001"]))
    with pytest.raises(InputError, match="holds no small area"):
        read_small_areas(write(tmp_path, ["S01000001"]))
    with pytest.raises(InputError, match="does not say which coordinate system"):
        bare = tmp_path / "areas.shp"
        gpd.read_file(write(tmp_path, ["E01000001"])).to_file(bare)
        bare.with_suffix(".prj").unlink()
        read_small_areas(bare)
    with pytest.raises(InputError, match="does not exist"):
        read_small_areas(tmp_path / "nothing.gpkg")
    (tmp_path / "page.geojson").write_text("<html>")
    with pytest.raises(InputError, match="is no boundary file that can be read"):
        read_small_areas(tmp_path / "page.geojson")
