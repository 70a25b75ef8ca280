"""Rows without a place: both bounds by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from tipping_point.wards.unplaced import UNPLACED, bound_unplaced, say_unplaced


@pytest.fixture
def tables():
    coverage = pd.DataFrame(
        [
            ("North Force", "2024-01", "complete", 100, 20, 3),
            ("North Force", "2024-02", "complete", 100, 20, 3),
            ("North Force", "2024-03", "partial", 50, 50, 3),
            ("South Force", "2024-01", "complete", 50, 1, 1),
            ("British Transport Police", "2024-01", "complete", 9, 9, 0),
        ],
        columns=["force_name", "month", "status", "rows", "rows_without_place", "wards"],
    ).astype({"rows": "Int64", "rows_without_place": "Int64"})
    counts = pd.DataFrame(
        [("A", 10), ("A", 10), ("B", 40), ("C", 70), ("C", None), ("D", 49)], columns=["ward_code", "crimes"]
    ).astype({"crimes": "Int64"})
    wards = pd.DataFrame({"force_name": ["North Force"] * 3 + ["South Force"]}, index=list("ABCD"))
    return coverage, counts, wards


def test_both_bounds_by_hand(tables):
    bounds = bound_unplaced(*tables)
    assert list(bounds.columns) == [column.name for column in UNPLACED]
    assert bounds["force_name"].tolist() == ["North Force", "South Force"]
    north = bounds.iloc[0]
    assert (north["rows"], north["rows_without_place"], north["median_ward"]) == (200, 40, 40)
    assert north["share_without_place"] == pytest.approx(0.2)
    assert north["rise_if_spread"] == pytest.approx(40 / 160)
    assert north["rise_if_one_ward"] == pytest.approx(1.0)


def test_sentences_for_those_that_matter(tables):
    (sentence,) = say_unplaced(bound_unplaced(*tables))
    assert sentence.startswith("North Force: 40 of 200 rows (20.0%) have no place")
    assert "by 25.0% and change no order" in sentence
    assert "1.0 times its crimes" in sentence
    assert len(say_unplaced(bound_unplaced(*tables), least=0.01)) == 2


def test_nothing_placed_and_no_crime_are_missing_not_infinite(tables):
    coverage, counts, wards = tables
    coverage = coverage.assign(rows_without_place=coverage["rows"])
    bounds = bound_unplaced(coverage, counts.assign(crimes=0), wards)
    assert bounds["rise_if_spread"].isna().all()
    assert bounds["rise_if_one_ward"].isna().all()


def test_no_complete_month_is_an_empty_table(tables):
    coverage, counts, wards = tables
    bounds = bound_unplaced(coverage.assign(status="missing"), counts, wards)
    assert bounds.empty
    assert say_unplaced(bounds) == []
