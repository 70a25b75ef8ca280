"""The reader of workbooks; and `write_ods`, `write_xlsx`, which other tests of readers use."""

from __future__ import annotations

import pytest
from builders.sources_workbook import write_ods, write_xlsx

from tipping_point.sources.workbook import read_workbook_table
from tipping_point.tables import InputError

SHEETS = {
    "Cover": [["A title"], ["and no table"]],
    "Data": [
        ["Title"],
        [None],
        ["Notes", None, "more"],
        ["Area  code ", "Total ", "Other"],
        ["E01000001", 12, "x"],
        [None, None, None],
        ["E01000002", 1.5, "<script>"],
    ],
}


def has_code(header):
    return "Area code" in header


@pytest.mark.parametrize(("write", "name"), [(write_ods, "a.ods"), (write_xlsx, "a.xlsx")])
def test_the_table_is_found_below_its_notes(tmp_path, write, name):
    raw = read_workbook_table(write(tmp_path / name, SHEETS), is_header=has_code)
    assert raw.header == ("Area code", "Total", "Other")
    assert raw.column("Area code").tolist() == ["E01000001", "E01000002"]
    assert raw.column("Area code").index.tolist() == [5, 7], "rows are called what the workbook calls them"
    assert raw.column("Total").tolist() == [12.0, 1.5]
    assert raw.name == f"{tmp_path / name}, sheet 'Data'"


def test_only_the_columns_wanted_are_kept(tmp_path):
    path = write_ods(tmp_path / "a.ods", SHEETS)
    raw = read_workbook_table(path, is_header=has_code, keep=lambda cell: cell != "Total")
    assert raw.header == ("Area code", "Other")
    assert raw.column("Other").tolist() == ["x", "<script>"]


def test_the_sheet_named_is_taken(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", {"One": SHEETS["Data"], "Two": [["Area code"], ["E01000009"]]})
    assert read_workbook_table(path, is_header=has_code).column("Area code").iloc[0] == "E01000001"
    assert read_workbook_table(path, is_header=has_code, sheet="Two").column("Area code").tolist() == ["E01000009"]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"is_header": has_code, "sheet": "Three"}, "has no sheet 'Three'; its sheets are Cover, Data"),
        ({"is_header": has_code, "sheet": "Cover"}, "no row among the first 15 of its sheet(s) Cover"),
        ({"is_header": lambda header: "Nothing" in header}, "its sheet(s) Cover, Data is a header that is understood"),
    ],
)
def test_sheets_and_headers_that_are_not_there(tmp_path, options, wanted):
    path = write_ods(tmp_path / "a.ods", SHEETS)
    with pytest.raises(InputError) as caught:
        read_workbook_table(path, **options)
    assert str(path) in str(caught.value)
    assert wanted in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"<html>", b"PK\x03\x04 cut short", b"a,b\n1,2\n"])
@pytest.mark.parametrize("suffix", ["xlsx", "ods", "xls"])
def test_files_that_are_no_workbooks(tmp_path, content, suffix):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a workbook that can be read"):
        read_workbook_table(path, is_header=has_code)
    with pytest.raises(InputError, match="does not exist"):
        read_workbook_table(tmp_path / "absent.ods", is_header=has_code)
