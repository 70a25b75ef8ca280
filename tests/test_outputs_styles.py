"""How QGIS is told to draw the layers: well-formed, one default each, and every ward in exactly one class."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pyogrio
import pytest
from builders.outputs_listing import make_study
from builders.outputs_tables import write

from tipping_point.outputs.styles import DOCTYPE, layer_styles


def rules(styles, layer):
    """(label, filter, brushes) of each rule of a layer."""
    text = styles.set_index("f_table_name").loc[layer, "styleQML"]
    assert text.startswith(DOCTYPE)
    root = ET.fromstring(text)  # noqa: S314 - our own text
    symbols = {each.get("name"): each for each in root.iter("symbol")}
    return [(each.get("label"), each.get("filter"), brushes(symbols[each.get("symbol")])) for each in root.iter("rule")]


def brushes(symbol):
    return [option.get("value") for option in symbol.iter("Option") if option.get("name") == "style"]


def drawn(wards, condition):
    """The wards that a filter draws, read as QGIS reads it for the few forms that are used."""
    kept = np.ones(len(wards), dtype=bool)
    for part in condition.split(" AND "):
        if part == '"assessed"':
            kept &= wards["assessed"].to_numpy()
        elif part == 'NOT coalesce("assessed", false)':
            kept &= ~wards["assessed"].to_numpy()
        elif column := re.fullmatch(r'"(\w+)" IS NULL', part):
            kept &= wards[column[1]].isna().to_numpy()
        elif text := re.fullmatch(r'"country" = \'(.*)\'', part):
            kept &= wards["country"].eq(text[1].replace("''", "'")).to_numpy()
        else:
            name, sign, number = re.fullmatch(r'"(\w+)" (>=|<=) (\S+)', part).groups()
            values = wards[name].to_numpy(dtype=float)
            kept &= values >= float(number) if sign == ">=" else values <= float(number)
    return kept


@pytest.mark.parametrize("two", [False, True])
def test_every_ward_is_drawn_by_one_rule_in_five_classes_and_the_unassessed_are_hatched(two):
    wards, _, cover = make_study()
    wards.loc[wards.index[10], ["index_score", "rank"]] = np.nan
    if two:
        wards["country"] = np.where(np.arange(36) % 2, "England", "O'Wales")
    found = rules(layer_styles(wards, cover), "wards")
    count = sum(drawn(wards, condition).astype(int) for _, condition, _ in found)
    assert count.tolist() == [1] * len(wards)
    assert len(found) == 5 * (1 + two) + 2
    label, condition, last = found[-1]
    assert label == "Not assessed"
    assert "b_diagonal" in last
    assert drawn(wards, condition).sum() == 6
    assert all("b_diagonal" not in others for _, _, others in found[:-1])


def test_places_stand_for_the_index_where_that_of_a_ward_is_hidden():
    wards, _, cover = make_study()
    wards.loc[wards.index[10], "index_score"] = np.nan
    found = rules(layer_styles(wards, cover), "wards")
    assert sum(drawn(wards, condition).astype(int) for _, condition, _ in found).tolist() == [1] * len(wards)
    assert all("index_score" not in condition for _, condition, _ in found)
    assert found[0][0].startswith("Lowest: places ")


def test_a_study_without_an_index_is_drawn_plain():
    wards, _, cover = make_study()
    found = rules(layer_styles(wards.drop(columns="index_score"), cover), "wards")
    assert [label for label, _, _ in found] == ["Assessed, without an index", "Not assessed"]


def test_areas_are_outlined_without_a_fill_and_labelled_with_their_number():
    wards, _, cover = make_study()
    styles = layer_styles(wards, cover)
    assert [(label, style) for label, _, style in rules(styles, "areas")] == [
        ("Shortlist", ["no"]), ("Nearly chosen", ["no"])
    ]  # fmt: skip
    assert 'to_string("rank")' in ET.fromstring(styles["styleQML"][1]).find(".//text-style").get("fieldName")  # noqa: S314


def test_the_geopackage_holds_one_default_style_for_each_layer(tmp_path):
    write(tmp_path)
    held = pyogrio.read_dataframe(tmp_path / "wards.gpkg", layer="layer_styles")
    assert held["f_table_name"].tolist() == ["wards", "areas"]
    assert held["useAsDefault"].tolist() == [True, True]
    for row in held.itertuples():
        assert (
            pyogrio.read_info(tmp_path / "wards.gpkg", layer=row.f_table_name)["geometry_name"] == row.f_geometry_column
        )
        assert {"styleName", "styleQML", "styleSLD", "description", "owner", "ui", "update_time"} <= {*held.columns}
