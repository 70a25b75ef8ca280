"""Counts, coverage and the account of every row, by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from tipping_point.facts.crime_types import CRIME_TYPES
from tipping_point.tables import InputError
from tipping_point.wards import counts as module
from tipping_point.wards.counts import count_crimes, place_crimes
from tipping_point.wards.coverage import add_coverage, build_coverage

WARD_OF = pd.Series({"E01000001": "E05000000", "E01000002": "E05000001", "E01000009": "E05999999"})
KNOWN = pd.Index(["E05000000", "E05000001", "E05999999"])
MONTHS = ["2024-01", "2024-02"]
TYPES = CRIME_TYPES["police_uk"]


def files(*rows):
    frame = pd.DataFrame(rows, columns=["force", "month", "rows", "rows_without_place"])
    return frame.assign(damaged=False)


def crimes(*rows):
    return pd.DataFrame(rows, columns=["force", "month", "lsoa_code", "crime_type", "crimes"])


@pytest.fixture
def wards(lattice):
    frame = lattice(1, 2)
    frame.index = pd.Index(["E05000000", "E05000001"], name="ward_code")
    frame["force_name"] = ["North Force", "South Force"]
    return frame


@pytest.fixture
def coverage(wards):
    present = files(("north-force", "2024-01", 40, 4), ("north-force", "2024-02", 10, 0),
                    ("south-force", "2024-01", 5, 0),
                    ("btp", "2024-02", 3, 1))  # fmt: skip
    return build_coverage(present, wards, months=MONTHS)


MANY = crimes(
    ("north-force", "2024-01", "E01000001", "Robbery", 30),
    ("north-force", "2024-01", "E01000002", "Robbery", 2),
    ("north-force", "2024-01", "", "Drugs", 4),
    ("north-force", "2024-01", "E01000009", "Drugs", 4),
    ("north-force", "2024-02", "E01000001", "Drugs", 10),
    ("south-force", "2024-01", "E01000002", "Robbery", 5),
    ("btp", "2024-02", "E01000002", "Robbery", 1),
    ("btp", "2024-02", "E01777777", "Robbery", 1),
    ("btp", "2024-02", "", "Robbery", 1),
)


def counted(wards, coverage, table=MANY):
    return count_crimes(place_crimes(table, WARD_OF, KNOWN), wards, coverage, crime_types=TYPES)


def test_the_ledger_tells_missing_from_none(coverage):
    status = coverage.set_index(["force", "month"])["status"]
    assert status["south-force", "2024-02"] == "missing"
    assert status["north-force", "2024-02"] == "complete"
    row = coverage.set_index(["force", "month"]).loc[("north-force", "2024-01")]
    assert (row["rows"], row["share_without_place"], row["wards"]) == (40, 0.1, 1)
    assert not coverage.set_index(["force", "month"]).loc[("btp", "2024-01"), "territorial"]


def test_a_damaged_file_is_a_missing_month(wards):
    present = files(("north-force", "2024-01", 40, 4)).assign(damaged=True)
    ledger = build_coverage(present, wards, months=MONTHS)
    assert (ledger["status"] == "missing").all()


def test_a_ward_is_assessed_from_its_own_forces_months(wards, coverage):
    assessed = add_coverage(wards, coverage, minimum=0.75)
    assert assessed["months_covered"].tolist() == [2, 1]
    assert assessed["assessed"].tolist() == [True, False]
    assert assessed["not_assessed_reason"].iloc[1] == "South Force published crimes for 1 of 2 months (75% are needed)"
    assert add_coverage(wards, coverage, minimum=0.5)["assessed"].all()


def test_a_ward_without_residents_or_force_is_not_assessed(wards, coverage):
    nobody = wards.assign(population=[0.0, float("nan")])
    assert not add_coverage(nobody, coverage, minimum=0.5)["assessed"].any()
    lost = wards.assign(force_name=["", "South Force"])
    assert add_coverage(lost, coverage, minimum=0.5)["not_assessed_reason"].iloc[0].startswith("no lookup leads")


def test_every_combination_is_a_row_and_zeros_are_zeros(wards, coverage):
    counts = counted(wards, coverage).counts
    assert len(counts) == 2 * 2 * 14
    cell = counts.set_index(["ward_code", "month", "crime_type"])["crimes"]
    assert cell["E05000000", "2024-01", "Robbery"] == 30
    assert cell["E05000000", "2024-02", "Robbery"] == 0
    # another force's rows count where the ward's own force has a file for the month
    assert cell["E05000001", "2024-01", "Robbery"] == 7


def test_an_uncovered_month_is_missing_and_its_rows_still_accounted_for(wards, coverage):
    result = counted(wards, coverage)
    cell = result.counts.set_index(["ward_code", "month", "crime_type"]).loc[("E05000001", "2024-02", "Robbery")]
    assert cell["crimes"] is pd.NA
    assert cell["rows_placed"] == 1
    account = result.reconciliation.set_index(["force", "month"])
    assert account.loc[("btp", "2024-02")].tolist() == [3, 1, 1, 1, 0, 1]


def test_rows_in_equal_rows_placed_and_each_named_loss(wards, coverage):
    account = counted(wards, coverage).reconciliation
    assert account["rows_in"].sum() == MANY["crimes"].sum()
    parts = account[["placed", "no_place", "unknown_place", "outside_area"]].sum(axis=1)
    assert (parts == account["rows_in"]).all()
    assert account.set_index(["force", "month"]).loc[("north-force", "2024-01"), "outside_area"] == 4


def test_a_loss_without_a_name_is_never_taken_for_placed(wards, coverage):
    placed = place_crimes(MANY, WARD_OF, KNOWN)
    placed["loss"] = placed["loss"].astype("str").replace("no_place", "mislaid")
    with pytest.raises(AssertionError, match="rows in do not equal"):
        count_crimes(placed, wards, coverage, crime_types=TYPES)


def test_row_order_does_not_matter(wards, coverage):
    forward, backward = counted(wards, coverage), counted(wards, coverage, MANY[::-1])
    pd.testing.assert_frame_equal(forward.counts, backward.counts)
    pd.testing.assert_frame_equal(forward.reconciliation, backward.reconciliation)


def test_rows_taken_in_parts_add_up_to_the_same(wards, coverage, monkeypatch):
    placed = place_crimes(MANY, WARD_OF, KNOWN)
    whole = count_crimes(placed, wards, coverage, crime_types=TYPES)
    monkeypatch.setattr(module, "PART", 2)
    parts = count_crimes(placed, wards, coverage, crime_types=TYPES)
    pd.testing.assert_frame_equal(parts.counts, whole.counts)
    pd.testing.assert_frame_equal(parts.reconciliation, whole.reconciliation)


def test_rows_that_carry_ward_codes_are_placed_by_them():
    table = crimes(("metropolitan", "2024-01", "E05000001", "ARSON", 3), ("metropolitan", "2024-01", "", "ARSON", 1))
    placed = place_crimes(table.rename(columns={"lsoa_code": "ward_code"}), WARD_OF, KNOWN)
    assert placed["loss"].tolist() == ["", "no_place"]


def test_codes_of_another_vintage_are_refused():
    table = crimes(
        ("north-force", "2024-01", "E01035555", "Drugs", 9), ("north-force", "2024-01", "E01000001", "Drugs", 9)
    )
    with pytest.raises(InputError, match=r"9 of 18 rows with a place carry codes .*E01035555.*another vintage"):
        place_crimes(table, WARD_OF, KNOWN)


def test_a_refusal_says_of_which_year_the_codes_are():
    table = crimes(*[("north-force", "2024-01", f"E0103376{n}", "Drugs", 9) for n in range(4)])
    lookup = pd.DataFrame({"lsoa21_code": [f"E0103376{n}" for n in range(4)]})
    with pytest.raises(InputError, match=r"All 4 codes are small areas of 2021 \(lsoa21_code\)\."):
        place_crimes(table, WARD_OF, KNOWN, tables=[lookup])


def test_no_crime_at_all_is_a_table_of_zeros(wards, coverage):
    result = counted(wards, coverage, MANY.head(0))
    assert result.counts["rows_placed"].sum() == 0
    assert len(result.counts) == 56
    assert len(result.reconciliation) == 0
