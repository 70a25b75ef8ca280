from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tipping_point.sources.cells import (
    CODES,
    SUPPRESSED,
    RawTable,
    clean_header,
    code_faults,
    quote,
    repeat_faults,
    shorten,
    to_numbers,
)
from tipping_point.tables import InputError


def cells(*values, name="value"):
    return pd.Series(list(values), index=range(2, len(values) + 2), name=name, dtype=str)


@settings(deadline=None, max_examples=50)
@given(numbers=st.lists(st.one_of(st.integers(-(10**9), 10**9), st.floats(-1e9, 1e9)), min_size=1))
def test_numbers_come_back_however_they_are_written(numbers):
    for written in ([repr(number) for number in numbers], [f"{number:,}" for number in numbers]):
        read, faults = to_numbers(cells(*written), "a.csv")
        assert faults == []
        assert read.tolist() == [float(number) for number in numbers]


@settings(deadline=None, max_examples=50)
@given(text=st.text(max_size=12).map(str.strip))
def test_text_is_a_number_or_a_fault_and_never_a_crash(text):
    read, faults = to_numbers(cells("1", text), "a.csv")
    plain = re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", text)
    if text == "":
        assert read.isna().tolist() == [False, True]
    elif not plain and "," not in text:
        assert faults
        assert "row 3" in faults[0]
        assert read.isna().all()


@pytest.mark.parametrize("wrong", ["1,2", "12,34", ",123", "1,234,5", "1.234,5"])
def test_commas_that_do_not_part_thousands_are_faults(wrong):
    assert f"'{wrong}'" in to_numbers(cells(wrong), "a.csv")[1][0]


def test_marks_are_missing_only_where_they_are_allowed():
    assert to_numbers(cells("X", "low", "1"), "a.csv", missing=SUPPRESSED)[0].isna().tolist() == [True, True, False]
    (fault,) = to_numbers(cells("1", "*", "*"), "a.csv")[1]
    assert (
        fault
        == "a.csv: row 3 has '*' in 'value', which is not a number (and 1 more rows); allowed is a number or a blank."
    )


def test_lowest_and_infinite():
    numbers = pd.Series([1.0, -2.0, float("nan"), float("inf")], name="n")
    low, infinite = to_numbers(numbers, "a.csv", lowest=0)[1]
    assert "row 1 has '-2' in 'n', which is below 0." in low
    assert "row 3 has 'inf' in 'n', which is no finite number." in infinite


def test_numbers_of_an_empty_column():
    read, faults = to_numbers(cells(), "a.csv", lowest=0)
    assert read.empty
    assert faults == []


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("lsoa", "E01000001"), ("lsoa", "W01001909"), ("ward", "W05000001"), ("district", "E06000001"),
        ("district", "E08000039"), ("district", "W06000024"), ("partnership", "W14000006"), ("force", "E23000013"),
        ("region", "E12000001"), ("authority", "E47000001"),
    ],
)  # fmt: skip
def test_codes_are_of_one_kind_only(kind, code):
    assert [name for name in CODES if not code_faults(cells(code), "a.csv", kind=name)] == [kind]
    for wrong in (code[:-1], code + "0", code.lower(), f" {code}", code[:-1] + "١", "S" + code[1:]):
        assert code_faults(cells(wrong), "a.csv", kind=kind)


def test_faults_of_codes_say_where():
    (fault,) = code_faults(cells("E05000001", "x", "y"), "a.csv", kind="ward")
    assert fault.startswith("a.csv: row 3 has 'x' in 'value', which is not the code of a ward")
    assert "(and 1 more rows)" in fault
    assert repeat_faults(cells("a", "b"), "a.csv") == []
    assert repeat_faults(cells("a", "b", "a", "b", "c"), "a.csv") == [
        "a.csv: 2 code(s) of 'value' stand on more than one row, for example a on rows 2, 4; each may stand once."
    ]


def test_words_for_messages():
    assert shorten(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert shorten(["a", "b"], most=2) == "a, b"
    assert quote("line\nbreak\x1b[31m") == r"'line\nbreak\x1b[31m'"
    assert len(quote("x" * 1000)) < 70
    assert clean_header([" a  b ", "c\nd", "", 5]) == ("a b", "c d", "", "5")


def test_columns_are_taken_by_name():
    raw = RawTable("a.csv", ("A", "b", "b"), pd.RangeIndex(2, 4), lambda place: [[" x ", None], [1, 2], [3, 4]][place])
    assert raw.column("A").tolist() == ["x", ""]
    assert raw.column("A").index.tolist() == [2, 3]
    assert raw.find("a") == ["A"]
    for name, wanted in (("b", "is twice in the header"), ("c", "is not in the header; it has A, b, b")):
        with pytest.raises(InputError, match=wanted):
            raw.column(name)
