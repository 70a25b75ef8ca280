"""Rates by hand, against scipy and esda, and where nothing is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from tipping_point.measures.rates import add_crimes, add_rates, empirical_bayes, poisson_interval, rates_by_period
from tipping_point.tables import InputError


def counts_of(wards, **by_type):
    rows = [
        (code, "2024-01", kind, number)
        for kind, numbers in by_type.items()
        for code, number in zip(wards.index, numbers, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["ward_code", "month", "crime_type", "crimes"])
    return frame.assign(crimes=frame["crimes"].astype("Int64"))


def test_poisson_limits_are_the_published_ones():
    low, high = poisson_interval([0, 1, 10], [1.0, 1.0, 2.0])
    assert low == pytest.approx([0, 0.025318, 4.795389 / 2], abs=1e-6)
    assert high == pytest.approx([3.688879, 5.571643, 18.390356 / 2], abs=1e-6)


@given(st.integers(1, 2000))
def test_poisson_limits_hold_their_tails(events):
    (low,), (high,) = poisson_interval([events], [1.0])
    assert poisson.sf(events - 1, low) == pytest.approx(0.025)
    assert poisson.cdf(events, high) == pytest.approx(0.025)


def test_empirical_bayes_by_hand():
    # m = 60/600 = .1; sum P(r-m)^2/sum P = (100*.01 + 0 + 300*.0011..)/600; m/mean(P) = .0005
    smoothed, standardised, spread = empirical_bayes([20, 20, 20], [100.0, 200.0, 300.0])
    variance = (100 * 0.1**2 + 300 * (20 / 300 - 0.1) ** 2) / 600
    assert spread == pytest.approx(variance - 0.1 / 200)
    weight = spread / (spread + 0.1 / 100)
    assert smoothed[0] == pytest.approx(0.1 + weight * 0.1)
    assert standardised[0] == pytest.approx(0.1 / np.sqrt(spread + 0.1 / 100))
    assert standardised[1] == pytest.approx(0)


def test_empirical_bayes_is_esdas():
    from esda.smoothing import Empirical_Bayes, assuncao_rate

    rng = np.random.default_rng(3)
    people = rng.uniform(2_000, 20_000, 60)
    events = rng.poisson(people * rng.gamma(4, 0.005, 60))
    smoothed, standardised, spread = empirical_bayes(events, people)
    assert spread > 0
    assert smoothed == pytest.approx(Empirical_Bayes(events, people).r.ravel())
    assert standardised == pytest.approx(assuncao_rate(events, people))


def test_rates_that_chance_explains_are_not_told_apart():
    smoothed, _, spread = empirical_bayes([10, 10, 10], [100.0, 100.0, 100.0])
    assert spread == 0
    assert smoothed.tolist() == [0.1, 0.1, 0.1]
    assert empirical_bayes([0, 0], [10.0, 20.0])[1].tolist() == [0, 0]


def test_crimes_harm_and_rates_of_a_year(lattice):
    wards = lattice(1, 2, months_covered=6)
    counts = counts_of(wards, Robbery=[10, 0], Drugs=[5, 5], **{"Anti-social behaviour": [100, 100]})
    wards = add_rates(add_crimes(wards, counts, weights={"Robbery": 800.0}))
    assert wards["crimes_all"].tolist() == [15, 5]
    assert wards["crimes"].tolist() == [10, 0]
    assert wards["harm"].tolist() == [16_000, 0]
    assert wards["crime_rate"].tolist() == [2.0, 0.0]
    assert wards["harm_rate"].tolist() == [1_600, 0]
    assert wards["crime_rate_low"].iloc[0] == pytest.approx(4.795389 / 5, abs=1e-6)


def test_a_ward_that_is_not_assessed_has_no_figure(lattice):
    wards = lattice(1, 2, assessed=[True, False])
    wards = add_rates(add_crimes(wards, counts_of(wards, Robbery=[4, 9]), weights={"Robbery": 800.0}))
    figures = ["crimes_all", "crimes", "harm", "crime_rate", "crime_rate_low", "crime_rate_high", "smoothed_rate",
               "standardised_rate", "harm_rate"]  # fmt: skip
    assert wards[figures].iloc[1].isna().all()
    assert wards[figures].iloc[0].notna().all()


def test_each_country_has_its_own_mean(lattice):
    wards = lattice(1, 4, country=["England", "England", "Wales", "Wales"])
    wards = add_rates(add_crimes(wards, counts_of(wards, Robbery=[100, 10, 10, 1]), weights={"Robbery": 1.0}))
    assert wards["standardised_rate"].iloc[1] == pytest.approx(-wards["standardised_rate"].iloc[0])
    assert wards["standardised_rate"].iloc[2] > 0


def test_the_denominator_is_a_column_or_a_clear_fault(lattice):
    wards = lattice(1, 2, workers=[20_000.0, 0.0])
    wards = add_crimes(wards, counts_of(wards, Robbery=[10, 10]), weights={"Robbery": 1.0})
    rates = add_rates(wards, denominator="workers")["crime_rate"]
    assert rates.iloc[0] == 0.5
    assert np.isnan(rates.iloc[1])
    with pytest.raises(InputError, match="'jobs' is neither 'resident' nor an indicator"):
        add_rates(wards, denominator="jobs")
    with pytest.raises(InputError, match="'workers' is negative in E05000001"):
        add_rates(wards.assign(workers=[1.0, -1.0]), denominator="workers")


def test_the_input_is_left_alone(lattice):
    wards = lattice(1, 2)
    before = wards.copy()
    add_crimes(wards, counts_of(wards, Robbery=[1, 2]), weights={"Robbery": 1.0})
    pd.testing.assert_frame_equal(wards, before)


def test_rates_by_period_are_standardised_within_each_period(lattice):
    wards = lattice(1, 3)
    months = [f"{year}-{month:02d}" for year in range(2020, 2025) for month in range(1, 13)]
    monthly = pd.DataFrame(1.0, index=wards.index, columns=months)
    monthly.iloc[0, 30:] = 9.0
    monthly.iloc[1] *= 3
    rates, length = rates_by_period(wards, monthly)
    assert length == 6
    assert list(rates.columns[[0, -1]]) == ["2020-06", "2024-12"]
    # by hand: counts 54, 18, 6 on half of 10 thousand people
    _, by_hand, _ = empirical_bayes([54, 18, 6], [5.0, 5.0, 5.0])
    assert rates["2024-12"].tolist() == pytest.approx(by_hand)
    ranked, _ = rates_by_period(wards, monthly, percentile=True)
    assert ranked["2024-12"].tolist() == pytest.approx([250 / 3, 50, 50 / 3])
    assert rates_by_period(wards, monthly.iloc[:, :24])[1] == 1


def test_rates_by_period_say_nothing_where_nothing_is_known(lattice):
    wards = lattice(1, 3, assessed=[True, True, False])
    months = [f"2024-{month:02d}" for month in range(1, 13)]
    monthly = pd.DataFrame(2.0, index=wards.index, columns=months)
    monthly.iloc[1, 3] = np.nan
    rates, length = rates_by_period(wards, monthly)
    assert length == 1
    assert rates.iloc[2].isna().all()
    assert rates.iloc[1].isna().sum() == 1
