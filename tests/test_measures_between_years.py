"""How much wards move between years: planted variances recovered, what all wards share left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.measures.between_years import STATED, find_year_variance
from tipping_point.tables import InputError, months_between


def make(rates: np.ndarray, *, years: int, seed: int, covariance: np.ndarray, trend: float = 0.0):
    """Wards and monthly counts: rates (wards x types) a year, moved every year by a normal on the log scale."""
    random = np.random.default_rng(seed)
    number, types = rates.shape
    months = months_between("2010-01", f"{2009 + years}-12")
    moved = np.exp(random.multivariate_normal(-np.diag(covariance) / 2, covariance, size=(number, years)))
    common = np.exp(trend * np.arange(years))[None, :, None]
    monthly = np.repeat(rates[:, None, :] * moved * common / 12, 12, axis=1)
    index = pd.MultiIndex.from_product(
        [[f"E05{n:06d}" for n in range(number)], months, [f"type {t}" for t in range(types)]],
        names=["ward_code", "month", "crime_type"],
    )
    counts = pd.DataFrame({"crimes": random.poisson(monthly).ravel().astype(float)}, index=index).reset_index()
    wards = pd.DataFrame({"assessed": True}, index=pd.Index(index.levels[0], name="ward_code"))
    return wards, counts


def test_a_planted_variance_is_found_whatever_all_wards_share():
    planted = np.array([[0.02, 0.008], [0.008, 0.05]])
    rates = np.random.default_rng(1).gamma(5, 40, size=(300, 2))
    wards, counts = make(rates, years=10, seed=2, covariance=planted, trend=0.1)
    found = find_year_variance(wards, counts, types=["type 0", "type 1"])
    assert found.covariance.to_numpy() == pytest.approx(planted, rel=0.15)
    assert "estimated from 10 years" in found.note


def test_poisson_counts_have_almost_no_variance_between_years():
    wards, counts = make(np.full((200, 1), 50.0), years=5, seed=3, covariance=np.zeros((1, 1)))
    assert find_year_variance(wards, counts, types=["type 0"]).covariance.iloc[0, 0] < 0.002


def test_the_scatter_that_solves_the_equation_by_hand():
    """Two wards, 100 a year in total: residuals of +-10 around 50 in all five years but the last, which is level.

    sum((y - e)^2) x 5/4 = 8 x 100 x 5/4 = 1000 over 50 + phi 2500 must be 10 ward-years: phi = .02.
    """
    up, down = [60, 40, 60, 40, 50], [40, 60, 40, 60, 50]
    rows = [
        (ward, f"{2010 + year}-{month:02d}", "theft", float(count if month == 1 else 0))
        for ward, counts in (("E05000001", up), ("E05000002", down))
        for year, count in enumerate(counts)
        for month in range(1, 13)
    ]
    counts = pd.DataFrame(rows, columns=["ward_code", "month", "crime_type", "crimes"])
    wards = pd.DataFrame({"assessed": True}, index=["E05000001", "E05000002"])
    found = find_year_variance(wards, counts, types=["theft"])
    assert found.covariance.loc["theft", "theft"] == pytest.approx(0.02)
    assert find_year_variance(wards, counts.iloc[::-1], types=["theft"]).covariance.equals(found.covariance)


def test_with_too_few_years_or_none_covered_the_stated_value_is_taken_and_said():
    wards, counts = make(np.full((20, 2), 50.0), years=4, seed=3, covariance=np.zeros((2, 2)))
    found = find_year_variance(wards, counts, types=["type 0", "type 1"])
    assert (found.covariance == STATED).all(axis=None)
    assert "no run of 5 full years is covered" in found.note
    wards, counts = make(np.full((20, 1), 50.0), years=5, seed=3, covariance=np.zeros((1, 1)))
    gap = counts.assign(crimes=counts["crimes"].mask(counts["month"] == "2012-03"))
    assert "stated value" in find_year_variance(wards, gap, types=["type 0"]).note


def test_a_ward_with_a_missing_month_and_one_not_assessed_are_left_out():
    wards, counts = make(np.full((30, 1), 80.0), years=5, seed=4, covariance=np.array([[0.03]]))
    whole = find_year_variance(wards.iloc[2:], counts, types=["type 0"]).covariance
    first, second = wards.index[:2]
    odd = counts.assign(crimes=counts["crimes"].mask((counts["ward_code"] == first) & (counts["month"] == "2013-01")))
    less = wards.assign(assessed=wards.index != second)
    assert find_year_variance(less, odd, types=["type 0"]).covariance.equals(whole)


def test_a_type_that_never_occurs_has_no_variance():
    wards, counts = make(np.full((30, 1), 80.0), years=5, seed=4, covariance=np.array([[0.03]]))
    found = find_year_variance(wards, counts, types=["type 0", "none such"]).covariance
    assert found.loc["none such"].tolist() == [0, 0]
    assert found.loc["type 0", "type 0"] > 0.01


def test_a_longer_period_moves_less_but_no_more_than_five_years_count():
    found = find_year_variance(pd.DataFrame({"assessed": []}), _no_counts(), types=["theft"], variance=0.02)
    assert [found.over(months)[0, 0] for months in (5, 12, 24, 60, 183)] == pytest.approx(
        [0.02, 0.02, 0.01, 0.004, 0.004]
    )
    assert "as the study states" in found.note


def test_faults_are_named():
    with pytest.raises(InputError, match=r"variance: -1 given; .* at least 0 and below 1"):
        find_year_variance(pd.DataFrame({"assessed": []}), _no_counts(), types=["theft"], variance=-1)
    with pytest.raises(InputError, match=r"counts: lacks the column\(s\) crimes"):
        find_year_variance(pd.DataFrame({"assessed": []}), _no_counts().drop(columns="crimes"), types=["theft"])


def _no_counts() -> pd.DataFrame:
    return pd.DataFrame(columns=["ward_code", "month", "crime_type", "crimes"])
