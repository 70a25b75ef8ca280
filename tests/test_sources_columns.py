"""A few columns of a large text table."""

from __future__ import annotations

import tracemalloc

import pytest

from tipping_point.sources.columns import read_columns
from tipping_point.sources.delimited import read_text_table
from tipping_point.tables import InputError

BODY = 'a,b , c,d\r\n1,"x, y",é,\r\n,,,\r\n2,"two\nlines",z,9\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_as_the_reader_of_whole_tables(tmp_path, encoding):
    (tmp_path / "a.csv").write_bytes(BODY.encode(encoding))
    raw = read_columns(tmp_path / "a.csv", ["b", "d"])
    (tmp_path / "b.csv").write_bytes(BODY.encode())
    whole = read_text_table(tmp_path / "b.csv")
    assert raw.header == whole.header == ("a", "b", "c", "d")
    for name in ("b", "d"):
        assert raw.column(name).tolist() == whole.column(name).tolist()
        assert raw.column(name).index.tolist() == whole.column(name).index.tolist()
    assert raw.column("b").tolist() == ["x, y", "two\nlines"]


def test_memory_is_that_of_the_columns_wanted(tmp_path):
    row = ",".join(["1", *["some longer text of a column that is not wanted"] * 40])
    header = ",".join(["a", *(f"b{n}" for n in range(40))])
    (tmp_path / "a.csv").write_text("\n".join([header, *[row] * 2_000]))
    tracemalloc.start()
    raw = read_columns(tmp_path / "a.csv", ["a"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert raw.column("a").tolist() == ["1"] * 2_000
    assert peak < 1_000_000, "the file has 4 MB"


@pytest.mark.parametrize(
    ("body", "sense"),
    [
        (b"a,b\n1,2\n3\n", "row 3 has 1 cells and the header 2: the file was cut"),
        (b"a,b\n1,2,3\n", "row 2 has 3 cells and the header 2"),
        (b'a,b\n1,"2\n', "is not comma-separated text: unexpected end of data"),
        (b"a,b\n", "has no row under its header"),
        (b"<html>", "is a web page"),
        (b"\x1f\x8b\x08\x00", "binary file"),
        (b"", "is empty"),
    ],
)
def test_bad_files(tmp_path, body, sense):
    (tmp_path / "a.csv").write_bytes(body)
    with pytest.raises(InputError, match=sense):
        read_columns(tmp_path / "a.csv", ["a"])


def test_a_column_that_is_not_there(tmp_path):
    (tmp_path / "a.csv").write_text("rate,b\n1,2\n")
    raw = read_columns(tmp_path / "a.csv", ["rates"])
    with pytest.raises(InputError, match=r"column 'rates' is not in the header; it has rate, b. Close to it: 'rate'"):
        raw.column("rates")
    with pytest.raises(InputError, match="is not text in utf-8"):
        (tmp_path / "b.csv").write_bytes("a\né\n".encode("latin-1"))
        read_columns(tmp_path / "b.csv", ["a"], encodings=("utf-8",))
