"""Ranks under each denominator, side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.measures.denominators import compare_denominators
from tipping_point.tables import InputError


@pytest.fixture
def wards(lattice):
    return lattice(
        1, 4, crimes=[100.0, 50.0, 50.0, 10.0], population=[1_000.0, 1_000.0, 1_000.0, 1_000.0],
        workday=[50_000.0, 1_000.0, np.nan, 500.0], months_covered=6,
    )  # fmt: skip


def test_rates_and_ranks_by_hand(wards):
    table = compare_denominators(wards, ["resident", "workday"]).set_index("ward_code")
    assert table["rate_by_resident"].tolist() == [200.0, 100.0, 100.0, 20.0]
    assert table["rank_by_resident"].tolist() == [1, 2, 3, 4]
    assert table["rate_by_workday"].dropna().tolist() == [4.0, 100.0, 40.0]
    assert table["rank_by_workday"].tolist() == [3, 1, pd.NA, 2]
    assert table["rank_spread"].iloc[0] == pytest.approx(1 - 1 / 4)
    assert table["workday"].iloc[0] == 50_000


def test_ranks_are_within_the_country_and_of_assessed_wards(wards):
    two = wards.assign(country=["England", "England", "Wales", "Wales"], assessed=[True, False, True, True])
    table = compare_denominators(two, ["resident"])
    assert table["country"].tolist() == ["England", "Wales", "Wales"]
    assert table["rank_by_resident"].tolist() == [1, 1, 2]
    assert (table["rank_spread"] == 0).all()


def test_nobody_is_no_denominator(wards):
    table = compare_denominators(wards.assign(population=[0.0, 1, 1, 1]), ["resident"]).set_index("ward_code")
    assert table.loc["E05000000", ["rate_by_resident", "rank_by_resident"]].isna().all()
    assert table["rank_by_resident"].max() == 3


def test_order_of_rows_does_not_matter_and_nothing_is_changed(wards):
    before = wards.copy()
    forward = compare_denominators(wards, ["workday", "resident"])
    pd.testing.assert_frame_equal(forward, compare_denominators(wards[::-1], ["workday", "resident"]))
    pd.testing.assert_frame_equal(pd.DataFrame(wards), pd.DataFrame(before))
    assert len(compare_denominators(wards.head(0), ["resident"])) == 0


def test_bad_input_is_named_at_once(wards):
    with pytest.raises(InputError) as caught:
        compare_denominators(wards.assign(workday=-1.0), ["resident", "resident", "jobs", "workday"])
    text = str(caught.value)
    assert "resident stands more than once" in text
    assert "'jobs' is neither 'resident' nor an indicator" in text
    assert "'workday' is negative in E05000000" in text
    with pytest.raises(InputError, match="none was given"):
        compare_denominators(wards, [])
