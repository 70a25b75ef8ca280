"""The reader of workbooks; and `write_ods`, `write_xlsx`, which other tests of readers use."""

from __future__ import annotations

import zipfile
from xml.sax.saxutils import escape

import pytest

from tipping_point.sources.workbook import read_workbook_table
from tipping_point.tables import InputError

_ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">'
    "<office:body><office:spreadsheet>{}</office:spreadsheet></office:body></office:document-content>"
)
_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def write_ods(path, sheets):
    """An OpenDocument workbook: sheet name -> rows of text, numbers and None."""

    def cell(value):
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    body = "".join(
        f'<table:table table:name="{name}">'
        + "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", _ODS_TYPE)
        archive.writestr("content.xml", _ODS.format(body))
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_TYPE}"/></manifest:manifest>',
        )
    return path


def write_xlsx(path, sheets):
    """An Office Open XML workbook: sheet name -> rows of text, numbers and None."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"

    def cell(value, place, row):
        where = f"{chr(65 + place)}{row}"
        if isinstance(value, str):
            return f'<c r="{where}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        return "" if value is None else f'<c r="{where}"><v>{value}</v></c>'

    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{relation}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>',
        )
        listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
        archive.writestr(
            "xl/workbook.xml", f'<workbook {main} xmlns:r="{relation}"><sheets>{listed}</sheets></workbook>'
        )
        targets = "".join(
            f'<Relationship Id="r{n}" Type="{relation}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n, _ in enumerate(sheets, 1)
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{targets}</Relationships>'
        )
        for n, rows in enumerate(sheets.values(), 1):
            data = "".join(
                f'<row r="{r}">{"".join(cell(value, place, r) for place, value in enumerate(row))}</row>'
                for r, row in enumerate(rows, 1)
            )
            archive.writestr(
                f"xl/worksheets/sheet{n}.xml", f"<worksheet {main}><sheetData>{data}</sheetData></worksheet>"
            )
    return path


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
