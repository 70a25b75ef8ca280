"""The tables as files: exact, inert, explained and the same bytes every time."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from builders.outputs_listing import make_cover, make_study, make_wards
from builders.outputs_tables import write

from tipping_point import tables as schema

FILES = {
    "wards.csv",
    "areas.csv",
    "counts.parquet",
    "coverage.csv",
    "reconciliation.csv",
    "graph.csv",
    "wards.gpkg",
    "wards.parquet",
    "data_dictionary.csv",
}


def in_folder(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_table_of_the_contract_is_written(tmp_path):
    paths = write(tmp_path / "new" / "folder")
    assert {path.name for path in paths} == FILES
    assert set(in_folder(tmp_path / "new" / "folder")) == FILES
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir() if path.is_file()] == ["wards.gpkg"]


def test_numbers_are_read_back_exactly_and_the_key_comes_first(tmp_path):
    wards, _, _ = make_study()
    wards["crime_rate"] = wards["crime_rate"] / 3
    write(tmp_path, wards)
    read = pd.read_csv(tmp_path / "tables" / "wards.csv", dtype={"ward_code": str})
    assert read.columns[0] == "ward_code"
    assert read["ward_code"].tolist() == wards.index.tolist()
    for name in ("crime_rate", "index_score", "illness", "income"):
        np.testing.assert_array_equal(read[name].to_numpy(), wards[name].to_numpy())


def test_truth_counts_and_blanks_look_as_the_contract_says(tmp_path):
    write(tmp_path)
    text = (tmp_path / "tables" / "wards.csv").read_bytes()
    assert b"\r" not in text
    header, first, *_ = text.decode("utf-8").splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True))
    assert cells["assessed"] == "False"
    assert cells["gi_star_hot"] == cells["crimes"] == cells["rank"] == ""
    later = dict(zip(header.split(","), text.decode().splitlines()[7].split(","), strict=True))
    assert later["gi_star_hot"] == "True"
    assert later["rank"].isdigit()
    assert later["crimes"].isdigit()


def test_columns_stand_in_the_order_of_the_schema_and_extras_after(tmp_path):
    wards = make_wards()
    write(tmp_path, wards[[*reversed(wards.columns)]])
    columns = pd.read_csv(tmp_path / "tables" / "wards.csv", nrows=0).columns.tolist()
    known = [column.name for column in schema.WARDS if column.name in columns]
    assert columns[: len(known)] == known
    assert set(columns[len(known) :]) == {"component_harm_rate", "illness"}


@pytest.mark.parametrize("name", ["=1+1", "+44", "-x", "@sum", "\tx", "\rx"])
def test_no_text_cell_begins_a_formula_and_numbers_stay_numbers(tmp_path, name):
    wards, areas, _ = make_study()
    wards.loc[wards.index[8], "ward_name"] = name
    wards["illness"] = -wards["illness"]
    areas.loc[0, "area_name"] = name
    write(tmp_path, wards, areas)
    read = pd.read_csv(tmp_path / "tables" / "wards.csv", lineterminator="\n")
    assert read["ward_name"][8] == f"'{name}"
    assert (read["illness"] < 0).all()
    assert pd.read_csv(tmp_path / "tables" / "areas.csv", lineterminator="\n")["area_name"][0] == f"'{name}"
    assert gpd.read_file(tmp_path / "wards.gpkg", layer="areas")["area_name"][0] == name
    said = pd.read_csv(tmp_path / "tables" / "data_dictionary.csv").set_index(["file", "column"])["meaning"]
    assert "apostrophe" in said["wards.csv", "ward_name"]
    assert "apostrophe" not in said["wards.csv", "illness"]
    assert "apostrophe" not in said["wards.gpkg, layer wards", "ward_name"]


def test_every_column_of_every_file_is_in_the_dictionary(tmp_path):
    write(tmp_path)
    dictionary = pd.read_csv(tmp_path / "tables" / "data_dictionary.csv", keep_default_na=False)
    assert dictionary.columns.tolist() == ["file", "column", "meaning", "unit", "worse"]
    said = set(zip(dictionary["file"], dictionary["column"], strict=True))
    assert len(said) == len(dictionary)
    assert (dictionary["meaning"] != "").all()
    assert set(dictionary["worse"]) <= {"", "higher", "lower"}
    written = set()
    for path in tmp_path.rglob("*.csv"):
        written |= {(path.name, name) for name in pd.read_csv(path, nrows=0).columns}
    for name in ("counts.parquet", "wards.parquet"):
        written |= {(name, column) for column in pd.read_parquet(tmp_path / "tables" / name).columns}
    for layer in ("wards", "areas"):
        info = pyogrio.read_info(tmp_path / "wards.gpkg", layer=layer)
        written |= {(f"wards.gpkg, layer {layer}", name) for name in [*info["fields"], info["geometry_name"]]}
    assert written == said


def test_columns_without_an_entry_are_all_named_and_nothing_is_written(tmp_path):
    wards, areas, _ = make_study()
    with pytest.raises(schema.InputError) as raised:
        write(tmp_path, wards.assign(mystery=1), areas.assign(riddle=2))
    text = str(raised.value)
    assert "wards.csv: column 'mystery' has no entry" in text
    assert "areas.csv: column 'riddle' has no entry" in text
    assert list(tmp_path.iterdir()) == []


def test_the_same_study_gives_the_same_bytes_at_another_time_in_another_process(tmp_path):
    write(tmp_path / "one")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import time; time.sleep(1.1)\n"
        "from pathlib import Path\n"
        "from builders import outputs_tables as t\n"
        "t.write(Path(sys.argv[2]))\n"
    )
    subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path / "two")],
        check=True,
    )
    hashes = [
        {path: hashlib.sha256(read).hexdigest() for path, read in in_folder(tmp_path / name).items()}
        for name in ("one", "two")
    ]
    assert hashes[0] == hashes[1]
    assert set(hashes[0]) == FILES


def test_the_geopackage_holds_both_layers_their_system_and_the_attributions(tmp_path):
    write(tmp_path, cover=make_cover(synthetic=True))
    wards, areas, _ = make_study()
    path = tmp_path / "wards.gpkg"
    assert {name for name, _ in pyogrio.list_layers(path)} == {"wards", "areas", "layer_styles"}
    read = gpd.read_file(path, layer="wards")
    assert read.crs == schema.SYSTEM
    assert read["ward_code"].tolist() == wards.index.tolist()
    np.testing.assert_array_equal(read["index_score"].to_numpy(), wards["index_score"].to_numpy())
    assert read.geometry.area.sum() == pytest.approx(wards.area.sum())
    assert gpd.read_file(path, layer="areas")["area_id"].tolist() == areas["area_id"].tolist()
    said = pyogrio.read_info(path, layer="wards")["layer_metadata"]["DESCRIPTION"]
    for text in ("DRAFT", "SYNTHETIC", "Crown copyright", "Office for National Statistics"):
        assert text in said


def test_no_areas_are_an_empty_table_and_an_empty_layer(tmp_path):
    wards, areas, _ = make_study()
    write(tmp_path, wards, areas.iloc[:0])
    read = pd.read_csv(tmp_path / "tables" / "areas.csv")
    assert len(read) == 0
    assert read.columns.tolist() == [column.name for column in schema.AREAS]
    layer = gpd.read_file(tmp_path / "wards.gpkg", layer="areas")
    assert len(layer) == 0
    assert layer.crs == schema.SYSTEM


def test_a_key_in_the_index_is_a_column_of_the_file(tmp_path):
    _, areas, _ = make_study()
    write(tmp_path, areas=areas.set_index("area_id"))
    assert pd.read_csv(tmp_path / "tables" / "areas.csv").columns[0] == "area_id"


def test_inputs_are_not_changed(tmp_path):
    wards, areas, _ = make_study()
    before = wards.copy(deep=True), areas.copy(deep=True)
    write(tmp_path, wards, areas)
    pd.testing.assert_frame_equal(wards, before[0])
    pd.testing.assert_frame_equal(areas, before[1])


def test_gdal_s_clock_runs_again_afterwards(tmp_path):
    write(tmp_path)
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_a_write_that_fails_leaves_the_last_good_file(tmp_path, monkeypatch):
    write(tmp_path)
    good = (tmp_path / "tables" / "wards.csv").read_bytes()

    def fail(self, path, **options):
        Path(path).write_text("half", encoding="utf-8")
        raise OSError("no space left")

    monkeypatch.setattr(pd.DataFrame, "to_csv", fail)
    with pytest.raises(OSError, match="no space left"):
        write(tmp_path)
    assert (tmp_path / "tables" / "wards.csv").read_bytes() == good
    assert set(in_folder(tmp_path)) == FILES
