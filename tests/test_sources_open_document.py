"""OpenDocument workbooks row by row, as the Home Office publishes them: fillers, repeats, notes beside the tables."""

from __future__ import annotations

import tracemalloc
import zipfile

import pytest
from builders.sources_workbook import write_ods

from tipping_point.sources.open_document import stream_rows
from tipping_point.tables import InputError

HEAD = (
    '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
)
TAIL = "</office:spreadsheet></office:body></office:document-content>"


def read(path, wanted=lambda sheet: True):
    return list(stream_rows(path, wanted=wanted))


def raw(path, body, head=HEAD):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", head + body + TAIL)
    return path


def text(value):
    return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'


def test_rows_of_the_sheets_wanted(tmp_path):
    path = write_ods(tmp_path / "a.ods", {
        "Cover": [["A title"]], "2024_25": [["Year", "n"], [None, None], ["2024/25", 12], ["x", 1.5]],
        "Notes": [["no"]],
    })  # fmt: skip
    assert read(path, lambda sheet: sheet.startswith("20")) == [
        ("2024_25", 1, ["Year", "n"]), ("2024_25", 3, ["2024/25", "12"]), ("2024_25", 4, ["x", "1.5"]),
    ]  # fmt: skip
    assert [sheet for sheet, _, _ in read(path)] == ["Cover", "2024_25", "2024_25", "2024_25", "Notes"]


def test_repeated_cells_rows_and_fillers(tmp_path):
    body = (
        '<table:table table:name="S"><table:table-header-rows><table:table-row>'
        f'{text("a")}{text("b")}<table:table-cell table:number-columns-repeated="16380"/></table:table-row>'
        "</table:table-header-rows>"
        '<table:table-row table:number-rows-repeated="2">'
        '<table:table-cell table:number-columns-repeated="2" office:value-type="float" office:value="0">'
        "<text:p>0</text:p></table:table-cell>"
        f"<table:covered-table-cell/>{text('z')}</table:table-row>"
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        f"<table:table-row>{text('<text:span>two</text:span> words')}</table:table-row>"
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell'
        ' table:number-columns-repeated="16384"/></table:table-row></table:table>'
    )
    assert read(raw(tmp_path / "a.ods", body)) == [
        ("S", 1, ["a", "b"]), ("S", 2, ["0", "0", "", "z"]), ("S", 3, ["0", "0", "", "z"]), ("S", 7, ["two words"]),
    ]  # fmt: skip


def test_a_number_is_as_it_is_kept_and_not_as_it_is_shown(tmp_path):
    cell = '<table:table-cell office:value-type="float" office:value="1234.5"><text:p>1,235</text:p></table:table-cell>'
    body = f'<table:table table:name="S"><table:table-row>{cell}</table:table-row></table:table>'
    assert read(raw(tmp_path / "a.ods", body)) == [("S", 1, ["1234.5"])]


def test_memory_does_not_grow_with_the_rows(tmp_path):
    row = f"<table:table-row>{text('Avon and Somerset') * 9}</table:table-row>"
    peaks = []
    for number in (1_500, 6_000):
        path = raw(tmp_path / "a.ods", f'<table:table table:name="S">{row * number}</table:table>')
        tracemalloc.start()
        assert sum(1 for _ in stream_rows(path, wanted=lambda sheet: True)) == number
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


@pytest.mark.parametrize(
    ("body", "sense"),
    [(b"<html>", "not a zip file"), (b"", "not a zip file"), (b"PK\x03\x04", "not a zip file")],
)
def test_what_is_no_workbook(tmp_path, body, sense):
    (tmp_path / "a.ods").write_bytes(body)
    with pytest.raises(InputError, match=f"is not an OpenDocument workbook that can be read: .*{sense}"):
        read(tmp_path / "a.ods")


def test_damaged_and_hostile_content(tmp_path):
    with pytest.raises(InputError, match=r"unclosed token|no element|mismatched tag"):
        read(raw(tmp_path / "a.ods", "<table:table><table:table-row>"))
    entity = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>' + HEAD.removeprefix('<?xml version="1.0"?>')
    with pytest.raises(InputError, match="declares a document type"):
        read(raw(tmp_path / "b.ods", "&a;", head=entity))
    with zipfile.ZipFile(tmp_path / "c.ods", "w") as archive:
        archive.writestr("other.xml", "x")
    with pytest.raises(InputError, match=r"content\.xml"):
        read(tmp_path / "c.ods")
    with pytest.raises(InputError, match="No such file"):
        read(tmp_path / "d.ods")
