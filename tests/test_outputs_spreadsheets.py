"""The two spreadsheets: alike, accessible, inert, rounded, and the same bytes every time."""

from __future__ import annotations

import zipfile
from datetime import date
from xml.etree import ElementTree as ET

import numpy as np
import openpyxl
import pandas as pd
import pytest
from builders.outputs_listing import COLUMNS, make_study
from builders.outputs_spreadsheets import SOURCES
from python_calamine import CalamineWorkbook

from tipping_point import tables as schema
from tipping_point.outputs import shorthand, spreadsheets, workbooks
from tipping_point.outputs.ods import write_ods
from tipping_point.outputs.workbooks import Line, Number, Sheet, Workbook, write_xlsx

EQUALITY = pd.DataFrame(
    {
        "country": "England", "characteristic": "age", "group": ["old", "young"], "residents_chosen": [np.nan, 500.0],
        "share_chosen": [np.nan, 0.25], "residents_near": [10.0, 20.0], "share_near": [0.004, 0.5],
        "residents_all": [100.0, 200.0], "share_all": [0.3, 0.6], "ratio": [np.nan, 0.4], "suppressed": [True, False],
        "wards_without": [0, 0],
    }
)  # fmt: skip
ROLES = {"contact": "team@example.org", "version": "2.1", "analyst": "A. Person"}


def write(folder, wards=None, areas=None, cover=None, **options):
    made, made_areas, made_cover = make_study()
    options = {"records": {"equality": (EQUALITY, schema.RECORDS["equality"])}, "sources": SOURCES, **options}
    return spreadsheets.write_spreadsheets(
        made if wards is None else wards, made_areas if areas is None else areas, cover or made_cover,
        columns=COLUMNS, folder=folder, **options,
    )  # fmt: skip


def cells(path) -> dict[str, list[list[object]]]:
    """What a reader of spreadsheets sees: sheet -> rows, ends of rows without cells left out."""
    book = CalamineWorkbook.from_path(str(path))
    found = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    return {name: [[cell for cell in row if cell != ""] for row in rows] for name, rows in found.items()}


def table_of(path, sheet) -> pd.DataFrame:
    rows = cells(path)[sheet]
    top = next(place for place, row in enumerate(rows) if len(row) > 1)
    return pd.DataFrame(rows[top + 1 :], columns=rows[top])


def test_both_formats_hold_the_same_cells(tmp_path):
    xlsx, ods = write(tmp_path)
    assert (xlsx.name, ods.name) == ("shortlist.xlsx", "shortlist.ods")
    assert cells(xlsx) == cells(ods)
    assert [*cells(xlsx)] == [
        "Cover", "Shortlist", "Nearly chosen", "Wards", "Equality", "Study settings", "Sources", "Notes", "Columns",
    ]  # fmt: skip


def test_the_cover_says_what_it_is_who_answers_for_it_and_whose_data_it_holds(tmp_path):
    _, _, cover = make_study()
    for path in write(tmp_path, assurance=ROLES, made_on=date(2026, 3, 9)):
        said = [row[0] for row in cells(path)["Cover"]]
        assert said[0] == cover.title
        assert {
            cover.stamp,
            "Date: 9 March 2026",
            "Version: 2.1",
            "Contact: team@example.org",
            *cover.attributions,
        } <= {*said}
        assert any(line.startswith("Analyst") and line.endswith("A. Person") for line in said)
        assert any(line.startswith("Approver") and line.endswith("not named") for line in said)
        assert [line.split(" ")[0] for line in said if line[0] == "["] == [*shorthand.SHORTHAND]
        assert any("CSV files" in line and "in full" in line for line in said)
        assert any("wards.csv" in line for line in said)


def test_every_sheet_is_one_named_table_under_its_title_and_nothing_is_merged_blank_or_frozen(tmp_path):
    xlsx, ods = write(tmp_path)
    book = openpyxl.load_workbook(xlsx)
    tables = {}
    for sheet in book.worksheets[1:]:
        assert isinstance(sheet["A1"].value, str)
        assert sheet.merged_cells.ranges == set()
        assert sheet.freeze_panes is None
        assert sheet.auto_filter.ref is None
        (table,) = sheet.tables.values()
        block = [[cell.value for cell in row] for row in sheet[table.ref]]
        assert all(value not in (None, "") for row in block for value in row), sheet.title
        assert len(set(block[0])) == len(block[0])
        assert table.autoFilter is None
        tables[table.name] = (sheet.title, table.ref)
    ranges = content(ods).iter("{urn:oasis:names:tc:opendocument:xmlns:table:1.0}database-range")
    named = {each.get(f"{{{TABLE}}}name"): each.get(f"{{{TABLE}}}target-range-address") for each in ranges}
    assert named == {
        name: "{0}.{1}:{0}.{2}".format(f"'{title}'", *ref.split(":")) for name, (title, ref) in tables.items()
    }


TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"


def content(path) -> ET.Element:
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist()[0] == "mimetype"
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        for name in archive.namelist()[1:]:
            ET.fromstring(archive.read(name))  # noqa: S314 - our own file
        return ET.fromstring(archive.read("content.xml"))  # noqa: S314


@pytest.mark.parametrize("text", ["=1+1", "+44", "-x", "@sum", '=HYPERLINK("http://a.b","c")', "{=1}"])
def test_no_text_is_a_formula_in_either_format(tmp_path, text):
    wards, areas, _ = make_study()
    wards.loc[wards.index[6], "ward_name"] = text
    areas.loc[0, "area_name"] = text
    xlsx, ods = write(tmp_path, wards, areas)
    book = openpyxl.load_workbook(xlsx)
    kinds = {cell.data_type for sheet in book for row in sheet for cell in row if cell.value == text}
    assert kinds == {"s"}
    with zipfile.ZipFile(xlsx) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist() if "sheets/" in name)
    for cell in content(ods).iter(f"{{{TABLE}}}table-cell"):
        assert cell.get(f"{{{TABLE}}}formula") is None
        assert cell.get(f"{{{OFFICE}}}value-type") in {"string", "float", "percentage"}
    assert table_of(ods, "Wards")["Ward"][0] == table_of(ods, "Shortlist")["Area"][0] == text


def test_numbers_are_rounded_as_people_read_them_and_the_csv_keeps_the_rest(tmp_path):
    wards, areas, _ = make_study()
    areas.loc[0, ["crime_rate", "crime_rate_low", "crime_rate_high"]] = [14.2345, 13.9, 14.6]
    areas.loc[1, ["crime_rate", "crime_rate_low", "crime_rate_high"]] = [14.2345, 11.0, 17.9]
    areas["share_of_harm"] = [0.0449, 0.0012, 0.2]
    for path in write(tmp_path, wards, areas):
        read = table_of(path, "Shortlist")
        assert read["Crime rate (per 1,000 a year)"].tolist() == [14.2, 14.0]
        assert read["Share of all harm (per cent)"].tolist() == [0.04, "[low]"]
        assert read["Residents"].tolist() == areas["population"][:2].tolist()
        assert read["Index (0-100)"].tolist() == [90.0, 89.0]


def test_what_is_missing_suppressed_or_unreliable_has_its_shorthand_and_is_explained(tmp_path):
    wards, areas, _ = make_study()
    areas.loc[0, ["crimes", "harm"]] = [12, np.nan]
    for path in write(tmp_path, wards, areas):
        read = table_of(path, "Shortlist")
        assert (
            read["Crime rate (per 1,000 a year)"][0] == read["Crime rate, upper limit (per 1,000 a year)"][0] == "[u]"
        )
        assert read["Crimes"][0] == 12
        assert read["Harm (Crime Severity points a year)"][0] == "[x]"
        assert read["Busy centres in it"].tolist() == ["[z]", "[z]"]
        people = table_of(path, "Equality")
        assert people["Residents chosen"].tolist() == ["[c]", 500.0]
        assert people["Ratio"].tolist()[0] == "[z]"
        assert "Suppressed" not in people
        said = " ".join(str(cell) for row in cells(path)["Shortlist"] if len(row) == 1 for cell in row)
        for mark in ("[u]", "[x]", "[z]"):
            assert f"{mark} {shorthand.SHORTHAND[mark]}" in said


def test_every_number_equals_the_table_s(tmp_path):
    wards, areas, _ = make_study()
    read = table_of(write(tmp_path, wards, areas)[0], "Wards").set_index("Ward code")
    assert read.index.tolist() == [code for codes in areas["ward_codes"] for code in codes.split(";")]
    for heading, name in (("Crimes", "crimes"), ("Residents", "population"), ("Place", "rank")):
        np.testing.assert_array_equal(read[heading].astype(float), wards.loc[read.index, name].astype(float))
    np.testing.assert_allclose(read["Index (0-100)"].astype(float), wards.loc[read.index, "index_score"], atol=0.0501)


def test_two_countries_have_lists_of_their_own(tmp_path):
    wards, areas, _ = make_study()
    wards["country"] = np.where(np.arange(36) < 18, "England", "Wales")
    areas["country"] = ["England", "Wales", "Wales"]
    found = cells(write(tmp_path, wards, areas)[1])
    assert {"Shortlist England", "Shortlist Wales", "Nearly chosen Wales"} <= {*found}
    assert "Shortlist" not in found
    assert "Nearly chosen England" not in found


def test_no_areas_leave_the_lists_out_and_the_cover_says_why(tmp_path):
    wards, areas, _ = make_study()
    for path in write(tmp_path, wards, areas.iloc[:0]):
        found = cells(path)
        assert not {"Shortlist", "Nearly chosen", "Wards"} & {*found}
        assert any(row[0].startswith("No shortlist. No area in Lattice met the tests") for row in found["Cover"])


def test_the_same_study_gives_the_same_bytes_and_inputs_are_not_changed(tmp_path):
    wards, areas, _ = make_study()
    before = wards.copy(deep=True), areas.copy(deep=True)
    one = [path.read_bytes() for path in write(tmp_path / "one", wards, areas)]
    two = [path.read_bytes() for path in write(tmp_path / "two", wards.reset_index(), areas.set_index("area_id"))]
    assert one == two
    pd.testing.assert_frame_equal(wards, before[0])
    pd.testing.assert_frame_equal(areas, before[1])


def test_every_column_is_explained_and_file_names_lose_their_folders(tmp_path):
    path = write(tmp_path)[0]
    explained = table_of(path, "Columns")
    for sheet in ("Shortlist", "Wards", "Equality"):
        assert explained.loc[explained["Sheet"] == sheet, "Heading"].tolist() == table_of(path, sheet).columns.tolist()
    assert table_of(path, "Sources")["File"].tolist() == ["2024-12.zip", "WD_DEC_2024.geojson"]


def test_a_cell_holds_no_more_than_excel_can_and_nothing_that_xml_cannot(tmp_path):
    hostile = "a\x00b\x0b\ud800\ufffe\u202e_x000D_<b>&\"'" + "x" * 40_000
    sheet = Sheet(
        "One", hostile, (hostile,), ("A", "B"), [(hostile, Number(1.5, "one")), ("[x]", Number(-3.0, "whole"))]
    )
    book = Workbook(hostile, (Line(hostile, "title"), Line("One", sheet="One")), (sheet,))
    texts = []
    for path in (write_xlsx(book, tmp_path / "a.xlsx"), write_ods(book, tmp_path / "a.ods")):
        found = cells(path)["One"]
        assert found[3][1:] == [1.5]
        assert found[4] == ["[x]", -3.0]
        texts.append(found[3][0])
    assert texts[0] == texts[1] == workbooks.cell_text(hostile)
    assert len(texts[0]) == workbooks.LONGEST
    assert texts[0].startswith("ab_x000D_<b>&\"'xxx")
    openpyxl.load_workbook(tmp_path / "a.xlsx")
    content(tmp_path / "a.ods")
