from __future__ import annotations

import csv

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tipping_point.sources.delimited import (
    UTF8_OR_LATIN1,
    absent_columns,
    content_fault,
    read_bytes,
    read_text_header,
    read_text_table,
)
from tipping_point.tables import InputError


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n\t", "is empty"),
        (b" " * 10_000, "is empty"),
        (b"<!DOCTYPE html>", "is a web page"),
        (b"\xef\xbb\xbf\n <HTML>", "is a web page"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "is a web page (HTML or XML)"),
        (b"PK\x03\x04rest", "is an archive, a workbook"),
        (b"\x1f\x8brest", "is an archive"),
        (b"%PDF-1.7", "binary file"),
        ("a,b\n1,2\n".encode("utf-16"), "is not UTF-8 text"),
        (b"a,b\x00\n", "is not UTF-8 text"),
        (b"a,b\n", ""),
        (b" " * 10_000 + b"a", ""),
    ],
)
def test_what_is_no_text_table(content, wanted):
    fault = content_fault(content)
    assert wanted in fault
    assert bool(fault) == bool(wanted)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(
    rows=st.lists(
        st.lists(
            st.text(
                st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="<\ufeff")
                | st.sampled_from(' ,"'),
                min_size=1,
            ).filter(lambda cell: cell.strip()),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
    )
)
def test_whatever_is_written_is_read(tmp_path, rows):
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["a", "b", "c"], *rows])
    raw = read_text_table(path)
    assert raw.header == ("a", "b", "c")
    assert [raw.column(name).tolist() for name in "abc"] == [[row[place].strip() for row in rows] for place in range(3)]
    assert raw.rows.tolist() == list(range(2, len(rows) + 2))


def test_rows_keep_the_number_that_an_editor_shows(tmp_path):
    raw = read_text_table(write(tmp_path / "a.csv", 'a,b\n\n1,2\n,\n"x\ny",3\n'))
    assert raw.rows.tolist() == [3, 6]
    assert raw.column("a").tolist() == ["1", "x\ny"]


def test_short_rows_are_blank_and_commas_at_the_end_harmless(tmp_path):
    raw = read_text_table(write(tmp_path / "a.csv", "\ufeffa,b,c\n1\n1,2,3,,,\n"))
    assert raw.header == ("a", "b", "c")
    assert raw.column("c").tolist() == ["", "3"]


def test_latin_1_only_where_it_is_asked_for(tmp_path):
    path = write(tmp_path / "a.csv", "a,b\n1,2\ncafé,£\n".encode("latin-1"))
    assert read_text_table(path, encodings=UTF8_OR_LATIN1).column("b").tolist() == ["2", "£"]
    with pytest.raises(InputError, match="row 3 is not UTF-8 text"):
        read_text_table(path)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("a,b\n1,2,3\n1,2,3\n", "2 row\\(s\\), the first row 2, have more cells than the header has \\(2\\)"),
        ('a,b\n"1,2\n', "is not comma-separated text: unexpected end of data"),
        ("a,b\n" + "x" * 200_000 + ",1\n", "field larger than field limit"),
        ("a,b\n", "has no row under its header"),
    ],
)
def test_tables_that_are_broken(tmp_path, content, wanted):
    path = write(tmp_path / "a.csv", content)
    with pytest.raises(InputError, match=wanted) as caught:
        read_text_table(path)
    assert caught.value.faults[0].startswith(str(path))


def test_no_file(tmp_path):
    for read in (read_bytes, read_text_table, read_text_header):
        with pytest.raises(InputError, match=r"absent\.csv does not exist"):
            read(tmp_path / "absent.csv")
        with pytest.raises(InputError, match="is a folder"):
            read(tmp_path)


def test_header_alone(tmp_path):
    path = write(tmp_path / "a.csv", b'\xef\xbb\xbf a ,"b, c"\r\n\xff\xff not read')
    assert read_text_header(path) == ("a", "b, c")
    with pytest.raises(InputError, match="web page"):
        read_text_header(write(path, "<html>"))


def test_absent_columns_are_all_named():
    assert absent_columns(["a", "b"], ["b"]) == ""
    assert absent_columns(["a", "b"], ["c", "a", "d"]) == "lacks the column(s) c, d; its first row is: a, b"
