"""Parquet files that say what they are."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
from builders.outputs_listing import make_cover, make_study
from builders.outputs_tables import write

from tipping_point import tables as schema
from tipping_point.outputs.parquet import KEY, TABLE_VERSION


def test_the_wards_are_read_back_exactly_with_outlines_and_system(tmp_path):
    wards, _, _ = make_study()
    write(tmp_path)
    read = gpd.read_parquet(tmp_path / "tables" / "wards.parquet").set_index("ward_code")
    assert read.crs == schema.SYSTEM
    assert read.index.tolist() == wards.index.tolist()
    np.testing.assert_array_equal(read["index_score"], wards["index_score"])
    assert read.geometry.area.sum() == pytest.approx(wards.area.sum())
    assert read["gi_star_hot"].isna().sum() == wards["gi_star_hot"].isna().sum()


@pytest.mark.parametrize("name", ["wards.parquet", "counts.parquet"])
def test_a_file_says_what_it_is_what_its_columns_mean_and_whose_data_it_holds(tmp_path, name):
    cover = make_cover(synthetic=True)
    write(tmp_path, cover=cover)
    held = pq.read_schema(tmp_path / "tables" / name)
    said = json.loads(held.metadata[KEY])
    assert said["table_version"] == TABLE_VERSION
    assert said["attributions"] == list(cover.attributions)
    assert said["stamp"] == cover.stamp
    assert said["synthetic"] is True
    columns = [field for field in held if field.name != "geometry"]
    assert {field.name for field in columns} == {*said["columns"]}
    for field in columns:
        assert field.metadata[b"meaning"].decode() == said["columns"][field.name]["meaning"] != ""


def test_the_outlines_follow_the_published_form(tmp_path):
    write(tmp_path)
    geo = json.loads(pq.read_schema(tmp_path / "tables" / "wards.parquet").metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["primary_column"] == "geometry"
    assert geo["columns"]["geometry"]["encoding"] == "WKB"
