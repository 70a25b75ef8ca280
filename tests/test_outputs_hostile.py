"""Text from data is text in every table, and the attribution of every input stands in every file that can hold one."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
from builders.outputs_listing import COLUMNS, make_cover, make_study
from builders.outputs_spreadsheets import SOURCES
from builders.outputs_tables import COVERAGE, GRAPH, RECONCILIATION, make_counts
from python_calamine import CalamineWorkbook

from tipping_point.outputs import wording
from tipping_point.outputs.assurance import write_assurance
from tipping_point.outputs.parquet import KEY
from tipping_point.outputs.spreadsheets import write_spreadsheets
from tipping_point.outputs.tables import write_tables

HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>]]>&amp;",
    "quotes": 'O\'Brien "the" `Ward` \\ ; , |',
    "direction": "\u202eabc\u202c \u200fdef\u061c\u2067",
    "control": "a\x00b\x01c\x0bd\x1b[31m\x7f\x85e\ufffe\uffff",
    "lines": "one\ntwo\r\nthree\tfour",
    "formula": '=HYPERLINK("http://a.b/?"&A1,"x")',
    "plus": "+44 20",
    "minus": "-2+3",
    "at": "@SUM(A1)",
    "long": "Very long " * 1000,
    "shorthand": "[c]",
    "escaped": "_x0041_",
    "emoji": "Ward 🏘️ Ŵ ÿ",
    "spaces": "  ",
}


def write(folder, cover, *, text=""):
    wards, areas, _ = make_study()
    sources = SOURCES.assign(attribution=cover.attributions)
    if text:
        names = ["ward_name", "district_name", "force_name", "hotspot_reason"]
        wards.loc[wards.index[6], names] = text
        areas.loc[0, ["area_name", "district_names", "force_names"]] = text
        sources.loc[0, ["dataset", "publisher", "note"]] = text
    write_tables(wards, areas, make_counts(wards), COVERAGE, RECONCILIATION, GRAPH, columns=COLUMNS, cover=cover,
                 folder=folder)  # fmt: skip
    write_spreadsheets(wards, areas, cover, records={}, sources=sources, columns=COLUMNS, folder=folder,
                       assurance={"contact": text} if text else {})  # fmt: skip
    write_assurance(cover, sources, records={}, assurance={"analyst": text} if text else {}, folder=folder / "qa")
    return wards, areas


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_goes_through_every_table_and_comes_out_as_text(tmp_path, kind):
    text = HOSTILE[kind]
    cover = make_cover(study=text, area=text, choices=(text,), limits=(text,))
    write(tmp_path, cover, text=text)
    plain = text.replace("\x00", "")
    if kind != "control":
        # What cannot stand in a GeoPackage or a CSV cell at all is not looked for there.
        for layer, name in (("wards", "ward_name"), ("areas", "area_name")):
            held = gpd.read_file(tmp_path / "wards.gpkg", layer=layer)[name].tolist()
            assert text in held
        read = pd.read_csv(tmp_path / "tables" / "wards.csv", keep_default_na=False, lineterminator="\n")[
            "ward_name"
        ].tolist()
        assert (f"'{text}" if text[0] in "=+-@" else text) in read
    assert text in gpd.read_parquet(tmp_path / "tables" / "wards.parquet")["ward_name"].tolist()
    assert pyogrio.read_info(tmp_path / "wards.gpkg", layer="wards")["features"] == 36
    shown = wording.clean(plain, 32_000) or "[z]"
    for name in ("shortlist.xlsx", "shortlist.ods"):
        book = CalamineWorkbook.from_path(str(tmp_path / name))
        cells = [cell for row in book.get_sheet_by_name("Wards").to_python() for cell in row]
        assert shown in cells
        assert not any(isinstance(cell, str) and {*cell} & {*"\x00\x01\x0b\x1b\u202e\u2067"} for cell in cells)
    openpyxl.load_workbook(tmp_path / "shortlist.xlsx")
    page = (tmp_path / "qa" / "assurance.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    for path in (tmp_path / "qa").glob("*.csv"):
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        assert not rows.map(lambda cell: cell.startswith(("=", "+", "-", "@"))).any(axis=None)


def test_the_attribution_of_every_input_is_in_every_file_that_can_hold_one(tmp_path):
    cover = make_cover(
        attributions=("Contains OS data © Crown copyright & more.", "Source: <Office> for “Statistics”.")
    )
    write(tmp_path, cover)
    said = {
        "shortlist.xlsx": _cover_sheet(tmp_path / "shortlist.xlsx"),
        "shortlist.ods": _cover_sheet(tmp_path / "shortlist.ods"),
        "qa/data.csv": " ".join(pd.read_csv(tmp_path / "qa" / "data.csv")["attribution"]),
    }
    for layer in ("wards", "areas"):
        metadata = pyogrio.read_info(tmp_path / "wards.gpkg", layer=layer)["layer_metadata"]
        said[f"wards.gpkg {layer}"] = metadata["DESCRIPTION"]
    for name in ("wards.parquet", "counts.parquet"):
        said[name] = " ".join(json.loads(pq.read_schema(tmp_path / "tables" / name).metadata[KEY])["attributions"])
    absent = [(name, text) for name, held in said.items() for text in cover.attributions if text not in held]
    assert absent == []


def _cover_sheet(path) -> str:
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Cover").to_python()
    return " ".join(str(cell) for row in rows for cell in row)


def test_numbers_that_are_no_numbers_are_shorthand_and_never_zero(tmp_path):
    wards, areas, cover = make_study()
    areas["crime_rate"] = [np.inf, -np.inf, np.nan]
    write_spreadsheets(wards, areas, cover, records={}, sources=SOURCES, columns=COLUMNS, folder=tmp_path)
    for name in ("shortlist.xlsx", "shortlist.ods"):
        rows = CalamineWorkbook.from_path(str(tmp_path / name)).get_sheet_by_name("Shortlist").to_python()
        top = next(place for place, row in enumerate(rows) if "Crimes" in row)
        column = rows[top].index("Crime rate (per 1,000 a year)")
        assert [row[column] for row in rows[top + 1 :]] == ["[x]", "[x]"]
