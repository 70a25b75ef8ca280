"""Values carried by shares: totals kept, means unchanged where everywhere the same, missing never taken for nought."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tipping_point.tables import InputError
from tipping_point.wards.shares import Shares, build_from_pieces, convert_by_shares

# Old A lies in X; B is divided 1 to 3 between X and Y; C lies in Y; D has no residents and is divided by land.
PIECES = pd.DataFrame(
    [("A", "X", 100.0, 9.0), ("B", "X", 50.0, 9.0), ("B", "Y", 150.0, 1.0), ("C", "Y", 200.0, 9.0),
     ("D", "X", 0.0, 1.0), ("D", "Y", 0.0, 4.0)],
    columns=["ward13_code", "ward22_code", "people", "size"],
)  # fmt: skip
SHARES = build_from_pieces(PIECES, source="ward13_code", target="ward22_code")


def values(**columns):
    return pd.DataFrame(columns, index=pd.Index(list("ABCD"), name="ward13_code"), dtype=float)


def test_shares_by_hand():
    table = SHARES.table.set_index(["ward13_code", "ward22_code"])["share"]
    assert table.to_dict() == {
        ("A", "X"): 1.0, ("B", "X"): 0.25, ("B", "Y"): 0.75, ("C", "Y"): 1.0, ("D", "X"): 0.2, ("D", "Y"): 0.8,
    }  # fmt: skip


def test_a_sum_is_divided_and_a_mean_is_weighted():
    converted = convert_by_shares(values(jobs=[10, 40, 7, 5]), SHARES, combine="sum")
    assert converted.values["jobs"].to_dict() == {"X": 21.0, "Y": 41.0}
    means = convert_by_shares(values(life=[80, 74, 82, 99]), SHARES, combine="mean")
    assert means.values["life"].to_dict() == {"X": 78.0, "Y": (150 * 74 + 200 * 82) / 350}
    assert (means.known == 1).all(axis=None)


def test_missing_stays_missing_and_is_measured_in_residents():
    given = values(jobs=[10, np.nan, np.nan, np.nan])
    for combine, expected in (("sum", 10.0), ("mean", 10.0)):
        converted = convert_by_shares(given, SHARES, combine=combine)
        assert converted.values.loc["X", "jobs"] == expected
        assert np.isnan(converted.values.loc["Y", "jobs"])
        assert converted.known["jobs"].tolist() == [100 / 150, 0.0]
    short = convert_by_shares(given, SHARES, combine="sum", minimum_known=0.7)
    assert short.values["jobs"].isna().all()


def test_columns_are_missing_each_by_itself():
    converted = convert_by_shares(values(a=[1, np.nan, 1, 1], b=[1, 1, 1, 1]), SHARES, combine="mean")
    assert converted.known["a"].tolist() == [100 / 150, 200 / 350]
    assert converted.known["b"].tolist() == [1.0, 1.0]


def test_jobs_where_nobody_lives_are_not_lost():
    only = build_from_pieces(PIECES[PIECES["ward13_code"] == "D"], source="ward13_code", target="ward22_code")
    converted = convert_by_shares(values(jobs=[0, 0, 0, 5]).tail(1), only, combine="sum")
    assert converted.values["jobs"].to_dict() == {"X": 1.0, "Y": 4.0}
    assert converted.known["jobs"].isna().all()
    assert convert_by_shares(values(life=[0, 0, 0, 5]).tail(1), only, combine="mean").values["life"].isna().all()


def test_whole_counts_stay_whole_by_largest_remainder():
    thirds = build_from_pieces(
        pd.DataFrame({"old": "A", "new": list("XYZ"), "people": 1.0, "size": 1.0}), source="old", target="new"
    )
    one = pd.DataFrame({"n": [10.0]}, index=["A"])
    # 3 1/3 each: the one that is left goes to the first code.
    assert convert_by_shares(one, thirds, combine="sum", whole=True).values["n"].tolist() == [4.0, 3.0, 3.0]


def test_of_an_area_that_lies_partly_outside_the_part_inside_is_kept():
    pieces = pd.DataFrame({"old": "A", "new": ["X", "Y", ""], "people": [30.0, 30.0, 40.0], "size": 1.0})
    shares = build_from_pieces(pieces, source="old", target="new")
    assert shares.table["share"].sum() == pytest.approx(0.6)
    converted = convert_by_shares(pd.DataFrame({"n": [9.0]}, index=["A"]), shares, combine="sum", whole=True)
    assert converted.values["n"].tolist() == [3.0, 2.0]


@st.composite
def divisions(draw):
    """A division of old areas among new ones, and whole numbers to carry over."""
    old = draw(st.integers(1, 6))
    people = draw(st.lists(st.lists(st.integers(0, 50), min_size=4, max_size=4), min_size=old, max_size=old))
    rows = [(f"A{i}", f"B{j}", float(n), 1.0) for i, row in enumerate(people) for j, n in enumerate(row)]
    numbers = draw(st.lists(st.integers(0, 10**6), min_size=old, max_size=old))
    pieces = pd.DataFrame(rows, columns=["old", "new", "people", "size"])
    return build_from_pieces(pieces, source="old", target="new"), pd.DataFrame(
        {"n": np.array(numbers, dtype=float)}, index=[f"A{i}" for i in range(old)]
    )


@settings(deadline=None, max_examples=60)
@given(divisions())
def test_totals_are_kept_to_the_person_and_means_stay_between_their_extremes(case):
    shares, numbers = case
    whole = convert_by_shares(numbers, shares, combine="sum", whole=True).values["n"]
    assert whole.sum() == numbers["n"].sum()
    assert (whole == whole.round()).all()
    exact = convert_by_shares(numbers, shares, combine="sum").values["n"]
    assert exact.sum() == pytest.approx(numbers["n"].sum(), rel=1e-12)
    assert (whole - exact).abs().max() < len(numbers) + 1e-6
    mean = convert_by_shares(numbers, shares, combine="mean").values["n"].dropna()
    assert mean.between(numbers["n"].min() * (1 - 1e-12), numbers["n"].max() * (1 + 1e-12)).all()
    same = convert_by_shares(numbers * 0 + 7.0, shares, combine="mean").values["n"].dropna()
    assert np.allclose(same, 7.0, rtol=1e-12)


@settings(deadline=None, max_examples=40)
@given(divisions())
def test_floating_sums_are_those_of_exact_fractions(case):
    shares, numbers = case
    exact = {}
    people = shares.table.groupby("old")["people"].sum()
    for row in shares.table.itertuples():
        share = Fraction(int(row.people), int(people[row.old])) if people[row.old] else Fraction(1, 4)
        exact[row.new] = exact.get(row.new, 0) + share * int(numbers["n"][row.old])
    result = convert_by_shares(numbers, shares, combine="sum").values["n"]
    assert result.to_dict() == pytest.approx({code: float(value) for code, value in exact.items()}, rel=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.data())
def test_a_round_trip_over_splits_gives_back_what_came(parts, data):
    """Old areas that were only split: out and back is the same, for sums to the person and for means exactly."""
    rows = [(f"A{i}", f"B{i}-{j}", float(1 + j), 1.0) for i, n in enumerate(parts) for j in range(1 + n % 5)]
    pieces = pd.DataFrame(rows, columns=["old", "new", "people", "size"])
    out = build_from_pieces(pieces, source="old", target="new")
    back = build_from_pieces(pieces, source="new", target="old")
    numbers = data.draw(st.lists(st.integers(0, 10**6), min_size=len(parts), max_size=len(parts)))
    given_values = pd.DataFrame({"n": np.array(numbers, dtype=float)}, index=[f"A{i}" for i in range(len(parts))])
    for combine, whole in (("sum", True), ("mean", False)):
        there = convert_by_shares(given_values, out, combine=combine, whole=whole).values
        again = convert_by_shares(there, back, combine=combine, whole=whole).values
        assert again["n"].to_numpy() == pytest.approx(given_values.sort_index()["n"].to_numpy(), rel=1e-12)


def test_row_order_does_not_matter_and_inputs_stay_as_they_were():
    given_values = values(a=[10, 40, 7, 5])
    before, table = given_values.copy(), SHARES.table.copy()
    forward = convert_by_shares(given_values, SHARES, combine="sum").values
    pd.testing.assert_frame_equal(forward, convert_by_shares(given_values[::-1], SHARES, combine="sum").values)
    pd.testing.assert_frame_equal(given_values, before)
    pd.testing.assert_frame_equal(SHARES.table, table)


def test_nothing_to_convert_is_no_value():
    converted = convert_by_shares(values(a=[1, 1, 1, 1]).head(0), SHARES, combine="sum")
    assert converted.values["a"].isna().all()
    assert len(converted.values) == 2
    empty = Shares("old", "new", pd.DataFrame({"old": [], "new": [], "share": [], "people": []}))
    assert len(convert_by_shares(values(a=[1, 1, 1, 1]).head(0), empty, combine="mean").values) == 0


def test_every_fault_is_named_at_once():
    wrong = pd.DataFrame({"a": [0.5, 1.0, 2.0]}, index=["A", "A", "E05000009"])
    with pytest.raises(InputError) as caught:
        convert_by_shares(wrong, SHARES, combine="mean", whole=True)
    text = str(caught.value)
    assert "a mean is no whole number" in text
    assert "not all values are whole numbers" in text
    assert "1 codes stand more than once (A, …)" in text
    assert "33% of the 3 codes (E05000009, …) are not ward13_code" in text
    with pytest.raises(InputError, match="'median' is not known; use 'mean'"):
        convert_by_shares(values(a=[1, 1, 1, 1]), SHARES, combine="median")
