"""Forecasts of next year: by hand, blind to what comes after, and better where there is something to learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from tipping_point.measures.forecast import (
    HALF_LIFE,
    OFFSET,
    build_signals,
    chance_above,
    decayed_mean,
    forecast_growth,
    forecast_level,
)
from tipping_point.tables import InputError, months_between
from tipping_point.wards.neighbours import build_graph

MONTHS = months_between("2010-01", "2016-12")


def make_city(lattice, *, drift=0.03, seed=0, size=(8, 10)):
    """Wards whose rates drift month by month, and a second crime type that is next year's rate with noise."""
    wards = lattice(*size)
    random = np.random.default_rng(seed)
    level = random.lognormal(2.5, 0.5, size=(len(wards), 1))
    rates = level * np.exp(np.cumsum(random.normal(0, drift, size=(len(wards), len(MONTHS) + 12)), axis=1))
    monthly = pd.DataFrame(random.poisson(rates[:, :-12]).astype(float), index=wards.index, columns=MONTHS)
    leading = pd.DataFrame(random.poisson(3 * rates[:, 12:]).astype(float), index=wards.index, columns=MONTHS)
    return wards, monthly, leading


def test_decayed_mean_by_hand():
    values = np.array([[4.0, 2.0, np.nan, 1.0]])
    # Half-life one month; the missing month weighs nothing but time goes on.
    expected = [4, (2 + 4 / 2) / 1.5, (2 / 2 + 4 / 4) / (1 / 2 + 1 / 4), (1 + 2 / 4 + 4 / 8) / (1 + 1 / 4 + 1 / 8)]
    assert decayed_mean(values, 1)[0].tolist() == pytest.approx(expected)
    assert np.isnan(decayed_mean(np.array([[np.nan, 1.0]]), 1)[0, 0])


def test_chance_above_by_hand():
    forecast = pd.DataFrame({"expected": [np.log(1 + OFFSET), 0.0], "spread": [0.2, 0.1]}, index=["a", "b"])
    chance = chance_above(forecast, 1.0)
    assert chance["a"] == pytest.approx(0.5)
    assert chance["b"] == pytest.approx(norm.cdf(-np.log(1 + OFFSET) / 0.1))


@pytest.mark.parametrize("forecast", [forecast_level, forecast_growth])
def test_nothing_after_the_month_changes_a_forecast(lattice, forecast):
    wards, monthly, leading = make_city(lattice)
    graph, district = build_graph(wards), wards["district_code"]
    origin = "2014-06"
    before = forecast(build_signals(monthly, graph, district, others={"other": leading}), origin)
    changed, other = monthly.copy(), leading.copy()
    later = [month for month in MONTHS if month > origin]
    changed[later] = changed[later].to_numpy()[::-1] * 7
    other[later] = 0.0
    after = forecast(build_signals(changed, graph, district, others={"other": other}), origin)
    pd.testing.assert_frame_equal(before, after, check_exact=True)
    cut = [month for month in MONTHS if month <= origin]
    short = forecast(build_signals(monthly[cut], graph, district, others={"other": leading[cut]}), origin)
    pd.testing.assert_frame_equal(before, short)


def test_what_every_ward_shares_foretells_nothing(lattice):
    """A lockdown that halves every ward's counts alike leaves the forecast of relative counts as it was."""
    wards, monthly, _ = make_city(lattice)
    graph, district = build_graph(wards), wards["district_code"]
    shared = monthly.copy()
    shared[MONTHS[40:50]] *= 4.0
    first = build_signals(monthly, graph, district, others={})
    second = build_signals(shared, graph, district, others={})
    assert np.allclose(first.levels[HALF_LIFE], second.levels[HALF_LIFE])
    assert np.allclose(first.relative_year, second.relative_year, equal_nan=True)


def test_growth_learns_what_leads_and_the_level_cannot(lattice):
    wards, monthly, leading = make_city(lattice, drift=0.06, size=(12, 12))
    signals = build_signals(monthly, build_graph(wards), wards["district_code"], others={"leading": leading})
    origin = "2015-12"
    came = signals.ahead(signals.position(origin))
    level, growth = (forecast(signals, origin)["expected"] for forecast in (forecast_level, forecast_growth))
    upper = signals.year[:, signals.position(origin)] >= np.median(signals.year[:, signals.position(origin)])
    errors = [np.var((came - expected.to_numpy())[upper]) for expected in (level, growth)]
    assert errors[1] < 0.75 * errors[0]


def test_the_level_learns_how_fast_to_forget(lattice):
    """Wards that drift fast need a short memory: the forecast follows last months, not the first."""
    wards, monthly, _ = make_city(lattice, drift=0.15)
    signals = build_signals(monthly, build_graph(wards), wards["district_code"], others={})
    place = signals.position("2015-12")
    expected = forecast_level(signals, "2015-12")["expected"].to_numpy()
    short, long = (np.corrcoef(expected, signals.levels[months][:, place])[0, 1] for months in (3, 48))
    assert short > long
    assert short > 0.99


def test_spread_covers_what_comes(lattice):
    wards, monthly, _ = make_city(lattice, size=(15, 15))
    signals = build_signals(monthly, build_graph(wards), wards["district_code"], others={})
    held = []
    for origin in ("2014-12", "2015-12"):
        forecast = forecast_level(signals, origin)
        z = (signals.ahead(signals.position(origin)) - forecast["expected"]) / forecast["spread"]
        upper = signals.year[:, signals.position(origin)] >= np.quantile(signals.year[:, signals.position(origin)], 0.6)
        held.append(float((np.abs(z[upper]) < 1.645).mean()))
    assert 0.82 < np.mean(held) < 0.97


def test_rare_types_are_not_used_and_awkward_wards_do_no_harm(lattice):
    wards, monthly, leading = make_city(lattice)
    monthly.iloc[0] = 0.0
    rare = leading * 0.0
    rare.iloc[0, 0] = 1.0
    monthly.iloc[1, :20] = np.nan
    signals = build_signals(monthly, build_graph(wards), wards["district_code"], others={"rare": rare, "lead": leading})
    assert not signals.usable[list(signals.names).index("rare: level")][-1]
    assert signals.usable[list(signals.names).index("lead: level")].all()
    forecast = forecast_growth(signals, "2016-12")
    assert np.isfinite(forecast.to_numpy()).all()
    assert (forecast["spread"] > 0).all()
    assert forecast_level(signals, "2016-12")["expected"].idxmin() == wards.index[0]


def test_little_history_falls_back_on_the_level(lattice):
    wards, monthly, _ = make_city(lattice)
    cut = MONTHS[:14]
    signals = build_signals(monthly[cut], build_graph(wards), wards["district_code"], others={})
    pd.testing.assert_frame_equal(forecast_growth(signals, cut[-1]), forecast_level(signals, cut[-1]))
    assert np.isfinite(forecast_level(signals, cut[-1]).to_numpy()).all()


def test_inputs_stay_and_row_order_does_not_matter(lattice):
    wards, monthly, leading = make_city(lattice, size=(5, 6))
    kept = monthly.copy()
    graph, district = build_graph(wards), wards["district_code"]
    forecast = forecast_growth(build_signals(monthly, graph, district, others={"l": leading}), "2015-06")
    turned = forecast_growth(build_signals(monthly[::-1], graph, district[::-1], others={"l": leading}), "2015-06")
    pd.testing.assert_frame_equal(monthly, kept)
    pd.testing.assert_frame_equal(forecast, turned.loc[forecast.index])


def test_a_ward_without_a_district_is_named(lattice):
    wards, monthly, _ = make_city(lattice, size=(2, 2))
    with pytest.raises(InputError, match="1 ward\\(s\\) have none"):
        build_signals(monthly, build_graph(wards), wards["district_code"].iloc[1:], others={})
