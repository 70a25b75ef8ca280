"""Street files byte by byte: the same rows as the general parser reads, or none at all."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tipping_point.sources import street_rows
from tipping_point.sources.archives import StreetFile, find_street_files, open_archives, read_street_file
from tipping_point.sources.street_bytes import StreetRows, name_areas, parse_street_file
from tipping_point.sources.street_rows import HEADER, LATITUDE, LONGITUDE, TYPES

MONTH = "2019-01"
HEAD = ",".join(HEADER)


def parse(data: bytes, month: str = MONTH, types=TYPES) -> StreetRows | None:
    return parse_street_file(data, header=HEADER, month=month, types=types, longitude=LONGITUDE, latitude=LATITUDE)


def line(
    kind="Burglary", code="E01000001", x="-2.916919", y="53.423683", *, identity="ab" * 32, where="On or near A",
    outcome="Under investigation", context="", month=MONTH,
):  # fmt: skip
    return f"{identity},{month},Some Force,Some Force,{x},{y},{where},{code},Name 001A,{kind},{outcome},{context}"


def text(*lines: str, end="\n") -> bytes:
    return end.join([HEAD, *lines, ""]).encode()


def general(data: bytes) -> pl.DataFrame:
    """The five columns by the general parser of tables."""
    return pl.read_csv(
        data, columns=["Month", "Longitude", "Latitude", "LSOA code", "Crime type"], infer_schema=False,
        schema_overrides={"Longitude": pl.Float64, "Latitude": pl.Float64},
    )  # fmt: skip


def codes(rows: StreetRows) -> list[str]:
    return rows.areas.gather(rows.area).to_list()


def assert_same(rows: StreetRows, table: pl.DataFrame) -> None:
    """To the last bit."""
    assert codes(rows) == table["LSOA code"].fill_null("").to_list()
    assert [TYPES[kind] for kind in rows.kind] == table["Crime type"].to_list()
    for column, values in (("Longitude", rows.longitude), ("Latitude", rows.latitude)):
        np.testing.assert_array_equal(values, table[column].fill_null(np.nan).to_numpy())


def test_rows_by_hand():
    rows = parse(text(line("Drugs", "W01001234", "0.5", "51.25"), line("Burglary", "", "", "")))
    assert rows is not None
    assert codes(rows) == ["W01001234", ""]
    assert [TYPES[kind] for kind in rows.kind] == ["Drugs", "Burglary"]
    assert (rows.longitude[0], rows.latitude[0]) == (0.5, 51.25)
    assert np.isnan([rows.longitude[1], rows.latitude[1]]).all()


def test_areas_are_in_the_order_of_their_codes_whatever_their_number():
    given = ["", "E01000001", "E01012345", "E01999999", "S01000001", "W01000002"]
    rows = parse(text(*(line(code=code) for code in reversed(given))))
    assert rows is not None
    assert rows.areas.to_list() == given
    assert codes(rows) == given[::-1]
    assert name_areas(np.empty(0, dtype=np.int64)).to_list() == []


def test_more_areas_than_any_force_has_are_told_apart():
    given = [f"E01{number:06d}" for number in np.random.default_rng(1).permutation(20_000)] * 2
    rows = parse(text(*(line(code=code) for code in given)))
    assert rows is not None
    assert len(rows.areas) == 20_000
    assert codes(rows) == given


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_is_found_at_the_very_end_of_a_file_too(kind):
    rows = parse(text(line(kind, identity="", where="", outcome="")))
    assert rows is not None
    assert TYPES[rows.kind[0]] == kind


@pytest.mark.parametrize("head", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_byte_order_mark_and_line_ends(head, end):
    data = head + text(line(), line("Drugs", context="x"), end=end)
    rows = parse(data)
    assert rows is not None
    assert_same(rows, general(data))


@pytest.mark.parametrize(
    "cell",
    ['"A, B"', '"A ""quoted"" road"', '""', '"A\nB"', '"' + "x," * 100 + '"', "Caffè", '","', '""""'],
)
@pytest.mark.parametrize("before", range(0, 64, 7))
def test_cells_in_quotation_marks_wherever_a_block_of_bytes_ends(cell, before):
    data = text(line(identity="a" * before, where=cell), line("Drugs", where=cell), line("Robbery"))
    rows = parse(data)
    assert rows is not None
    assert_same(rows, general(data))


@pytest.mark.parametrize("number", ["1", "1.5", "-0.000001", "0.123456789012", "-.5", "00.250000", "-8.999999", "2.5",
                                    "0.12345678", "-0", "-0.0", "12345678901234"])  # fmt: skip
def test_numbers_are_those_of_the_general_parser_to_the_last_bit(number):
    data = text(line(x=number))
    rows = parse(data)
    if rows is None:
        assert float(number) > 2.5
    else:
        assert_same(rows, general(data))


UNUSUAL = {
    "another header": text(line()).replace(b"Context", b"Remarks"),
    "a column more": text(line()).replace(b"Context", b"Context,More"),
    "no row": text(),
    "only a part of the header": HEAD[:40].encode(),
    "no line end after the last row": text(line())[:-1],
    "an empty line": text(line(), ""),
    "a cell too few": text(line().rpartition(",")[0], line()),
    "a cell too many": text(line() + ",", line()),
    "one too few, then one too many": text(line().rpartition(",")[0], line() + ","),
    "another month": text(line(), line(month="2019-02")),
    "a month in quotation marks": text(line(month='"2019-01"')),
    "an unknown type": text(line("Burglar")),
    "a longer type": text(line("Burglary ")),
    "a type that begins alike": text(line("Other crimes")),
    "another that begins alike": text(line("Other crumb")),
    "a type of the first letters alone": text(line("Violence and sexual offencez")),
    "no type": text(line("")),
    "a type in quotation marks": text(line('"Drugs"')),
    "a code of another form": text(line(code="95GG01S1")),
    "a code in small letters": text(line(code="e01000001")),
    "a code that is too long": text(line(code="E010000011")),
    "a code with a blank": text(line(code="E0100000 ")),
    "a blank in quotation marks": text(line(code='""')),
    "out of the country": text(line(x="2.6")),
    "out of it to the north": text(line(y="61.6")),
    "no latitude and nought": text(line(x="", y="0")),
    "a word": text(line(x="east")),
    "a number in parts": text(line(x="1e-1")),
    "two points": text(line(x="0.1.2")),
    "a point alone": text(line(x=".")),
    "a point at the end": text(line(x="1.")),
    "a sign alone": text(line(x="-")),
    "two signs": text(line(x="--1.000000")),
    "a plus": text(line(x="+1.000000")),
    "a letter among six decimals": text(line(x="1.00000o")),
    "more digits than are exact": text(line(x="1.0000000000000001")),
    "a quotation mark within a cell": text(line(where='The "Crown"')),
    "one that is not closed": text(line(where='"A'), line()),
    "text behind one": text(line(where='"A" B')),
    "one at the very end": text(line(context='"')),
    "not UTF-8": text(line(where="Caf@")).replace(b"@", b"\xe9"),
    "nothing but separators": HEAD.encode() + b"\n" + b"," * 999 + b"\n",
}  # fmt: skip


@pytest.mark.parametrize("data", UNUSUAL.values(), ids=UNUSUAL)
def test_anything_unusual_is_left_to_the_general_parser(data):
    assert parse(data) is None


def test_nought_and_nought_is_no_place_and_no_fault():
    rows = parse(text(line(x="0", y="0"), line(x="-0.000000", y="0.000000")))
    assert rows is not None
    assert (rows.longitude == 0).all()
    assert (rows.latitude == 0).all()


def test_types_that_cannot_be_told_apart_quickly_are_refused():
    with pytest.raises(ValueError, match="fall into one slot"):
        parse(text(line()), types=("Possession of weapons", "Possession of drugs"))


# ------------------------------------------------------------------------------------- against the careful reader

FILE = StreetFile(archive=None, name="2019-01-x-street.csv", force="x", month=MONTH, size=0)  # type: ignore[arg-type]
CELLS = st.sampled_from(['"A, B"', "", "No Location", '"""A"""', "On or near Æther Street", "x" * 70])
LINES = st.builds(
    line,
    st.sampled_from(TYPES),
    st.sampled_from(["", "E01000001", "W01000001", "E01033333"]),
    st.sampled_from(["", "-2.916919", "0.5", "1.25", "-8.999999"]),
    st.sampled_from(["", "53.423683", "49", "61.5"]),
    identity=st.sampled_from(["", "ab" * 32]),
    where=CELLS,
    outcome=CELLS,
    context=st.sampled_from(["", "Supermarket"]),
)


def read(data: bytes) -> dict[str, object] | None:
    """What street_rows makes of the bytes as they stand; None where it asks the careful reader."""
    return None if parse(data) is None else summary(street_rows.parse_rows(data, FILE))


def read_with_care(data: bytes) -> dict[str, object]:
    return summary(street_rows._parse_with_care(data, FILE))


def summary(rows: StreetRows | street_rows.Reading) -> dict[str, str]:
    """Everything as text, so that no number is nearly another and NaN is itself."""
    values = {field.name: getattr(rows, field.name) for field in dataclasses.fields(rows)}
    return {
        name: str(pl.Series(value).to_list() if hasattr(value, "__len__") else value) for name, value in values.items()
    }


@settings(deadline=None, max_examples=200)
@given(st.lists(LINES, min_size=1, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_what_is_as_published_is_read_and_as_the_careful_reader_reads_it(lines, end):
    data = text(*lines, end=end)
    assert read(data) == read_with_care(data)


BYTES = st.sampled_from([b"", b",", b'"', b"\n", b"\r", b"0", b"-", b".", b"E", b" ", b"\xff"])
CHANGES = st.tuples(st.floats(0, 1), BYTES, st.integers(0, 2))
"""Where, what is put there, and how many bytes go."""


@settings(deadline=None, max_examples=400)
@given(st.lists(LINES, min_size=1, max_size=4), st.lists(CHANGES, min_size=1, max_size=3))
@example([line()], [(0.99999, b'"', 0)])
def test_a_few_wrong_bytes_are_never_read_otherwise_than_with_care(lines, changes):
    data = text(*lines)
    for where, new, gone in changes:
        place = int(where * len(data))
        data = data[:place] + new + data[place + gone :]
    quick = read(data)
    assert quick is None or quick == read_with_care(data)


@pytest.mark.real
def test_a_real_archive_is_as_published_and_the_same_as_by_the_general_parser(real_data):
    found = find_street_files([real_data / "police_uk/2019-02.zip"], start="2019-01", end="2019-02")
    read_so = 0
    with open_archives(found.files) as archives:
        for file in found.files[::7]:
            data, damage = read_street_file(file, archives)
            assert not damage
            rows = parse(data, file.month)
            assert rows is not None, file.label
            assert_same(rows, general(data))
            read_so += len(rows.area)
    assert read_so > 50_000
