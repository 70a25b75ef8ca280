"""Crimes by quarter: counted back from the end, blank where a month is not covered, with exact limits."""

from __future__ import annotations

import pandas as pd
import pytest
from scipy.stats import poisson

from tipping_point import tables as schema
from tipping_point.measures.quarters import QUARTERS, YEARS, area_quarters, area_years

AREAS = pd.DataFrame({"area_id": ["a", "b"], "ward_codes": ["E1;E2", "E3"]})


def make_counts(months: int = 8) -> pd.DataFrame:
    """Month m of ward w holds 10 w + m robberies, and 1,000 of a type that is not of the measure."""
    span = schema.months_between("2024-01", "2025-12")[:months]
    rows = [
        {
            "ward_code": f"E{ward}",
            "month": month,
            "crime_type": kind,
            "crimes": 1_000 if kind == "Drugs" else 10 * ward + m,
        }
        for ward in (1, 2, 3)
        for m, month in enumerate(span)
        for kind in ("Robbery", "Drugs")
    ]
    return pd.DataFrame(rows).astype({"crimes": "Int64"})


def test_quarters_are_counted_back_from_the_end_and_hold_the_measure_alone():
    found = area_quarters(make_counts(8), AREAS, types=["Robbery"])
    assert found["quarter"].tolist() == ["2024-03 to 2024-05", "2024-06 to 2024-08"] * 2
    # Area a: wards 1 and 2, months 2 to 4: 3 x 10 + 3 x 20 + 2 x (2 + 3 + 4); area b: 3 x 30 + 2 + 3 + 4.
    assert found["crimes"].tolist() == [108, 126, 99, 108]
    assert list(found.columns) == [column.name for column in QUARTERS]


def test_no_more_than_twelve_quarters_are_given():
    counts = make_counts(24)
    longer = pd.concat([counts.assign(month="19" + counts["month"].str[2:]), counts])
    assert area_quarters(longer, AREAS, types=["Robbery"]).groupby("area_id").size().tolist() == [12, 12]


def test_a_month_that_is_not_covered_leaves_its_quarter_blank_and_not_smaller():
    counts = make_counts(6)
    counts.loc[counts["month"].eq("2024-05") & counts["ward_code"].eq("E2"), "crimes"] = pd.NA
    found = area_quarters(counts, AREAS, types=["Robbery"])
    assert found["crimes"].isna().tolist() == [False, True, False, False]
    assert found["crimes_high"].isna().tolist() == [False, True, False, False]


def test_the_limits_are_exact_for_a_count():
    found = area_quarters(make_counts(3), AREAS.iloc[1:], types=["Robbery"])
    assert found["crimes"].tolist() == [93]
    assert poisson.sf(92, found["crimes_low"]) == pytest.approx(0.025)
    assert poisson.cdf(93, found["crimes_high"]) == pytest.approx(0.025)


def test_years_are_the_first_and_the_last_four_quarters_of_an_area():
    years = area_years(area_quarters(make_counts(24), AREAS, types=["Robbery"]))
    assert list(years.columns) == [column.name for column in YEARS]
    assert years["area_id"].tolist() == ["a", "a", "b", "b"]
    assert years["year"].tolist() == ["2024-01 to 2024-12", "2025-01 to 2025-12"] * 2
    # Area b: 12 months of 30 and the number of each month, 0 to 11, then 12 to 23.
    assert years["crimes"].tolist()[2:] == [360 + 66, 360 + 210]
    assert poisson.sf(425, years["crimes_low"].iloc[2]) == pytest.approx(0.025)
    assert poisson.cdf(426, years["crimes_high"].iloc[2]) == pytest.approx(0.025)


def test_years_that_overlap_or_hold_a_blank_are_left_out():
    short = area_quarters(make_counts(21), AREAS, types=["Robbery"])
    assert area_years(short).empty
    counts = make_counts(24)
    counts.loc[counts["month"].eq("2024-05") & counts["ward_code"].eq("E2"), "crimes"] = pd.NA
    assert area_years(area_quarters(counts, AREAS, types=["Robbery"]))["area_id"].tolist() == ["b", "b"]
    assert area_years(short.iloc[:0]).empty


def test_order_of_rows_does_not_matter_and_nothing_is_changed():
    counts, areas = make_counts(), AREAS.copy()
    before = counts.copy()
    shuffled = counts.sample(frac=1, random_state=3)
    by_index = area_quarters(shuffled, areas.set_index("area_id"), types=["Robbery"])
    pd.testing.assert_frame_equal(by_index, area_quarters(counts, areas, types=["Robbery"]))
    pd.testing.assert_frame_equal(counts, before)


@pytest.mark.parametrize(("months", "areas"), [(2, AREAS), (8, AREAS.iloc[:0])])
def test_nothing_to_show_is_an_empty_table(months, areas):
    found = area_quarters(make_counts(months), areas, types=["Robbery"])
    assert found.empty
    assert list(found.columns) == [column.name for column in QUARTERS]
