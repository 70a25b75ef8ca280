"""The simulated index: the composition of `add_index`, what varies, what is held, and calibration on planted rates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.measures.between_years import YearVariance
from tipping_point.measures.index import Component, add_index
from tipping_point.measures.rates import add_crimes, add_rates
from tipping_point.measures.simulate import Draws, compose_scores, draw_columns, simulate_index
from tipping_point.ranks import rank_columns, rank_interval, share_in_top
from tipping_point.tables import InputError

WEIGHTS = {"robbery": 800.0, "violence": 280.0}
PARTS = (Component("harm_rate", 0.5), Component("income", 0.3), Component("attainment", 0.2, worse="lower"))


def count(wards: pd.DataFrame, crimes: dict[str, np.ndarray], months: tuple[str, ...] = ("2024-01",)) -> pd.DataFrame:
    """All crimes in the first month; the others counted and nil."""
    rows = [
        pd.DataFrame({"ward_code": wards.index, "month": month, "crime_type": kind,
                      "crimes": np.asarray(number, dtype=float) * (month == months[0])})
        for kind, number in crimes.items()
        for month in months
    ]  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def make(lattice, seed: int = 1, **more: object):
    random = np.random.default_rng(seed)
    wards = lattice(4, 5, population=random.uniform(3_000, 20_000, 20), months_covered=1)
    wards = wards.assign(income=random.uniform(0, 100, 20), attainment=random.uniform(0, 100, 20), **more)
    counts = count(wards, {"robbery": random.poisson(5, 20), "violence": random.poisson(40, 20)})
    return add_rates(add_crimes(wards, counts, weights=WEIGHTS)), counts


@pytest.mark.parametrize("combine", ["arithmetic", "geometric"])
@pytest.mark.parametrize("scale", ["percentile", "z", "minmax", "exponential"])
def test_the_composition_is_that_of_the_index(lattice, scale, combine):
    """Fed the observed harm rate in one column and another one in the next, it gives add_index of either."""
    if (scale, combine) == ("z", "geometric"):
        return
    wards, _ = make(lattice, assessed=[True] * 18 + [False, True])
    wards.loc[wards.index[3], "income"] = np.nan
    other = wards.assign(harm_rate=wards["harm_rate"].to_numpy()[::-1]).assign(
        harm_rate=lambda table: table["harm_rate"].fillna(table["harm_rate"].mean()).where(table["assessed"])
    )
    options = {"components": PARTS, "scale": scale, "combine": combine}
    expected = pd.concat([add_index(table, **options)["index_score"] for table in (wards, other)], axis=1)
    rows = wards.index[expected.iloc[:, 0].notna()]
    both = np.column_stack([table.loc[rows, "harm_rate"] for table in (wards, other)])
    scores = compose_scores(wards, Draws(2, {"England": rows}, {"England": {"harm_rate": both}}), **options)
    assert len(rows) == 18
    assert scores.to_numpy() == pytest.approx(expected.to_numpy(), nan_ok=True)


def test_only_recorded_crime_varies_and_it_is_said(lattice):
    wards, counts = make(lattice)
    held = simulate_index(wards, counts, components=PARTS[1:], harm_weights=WEIGHTS, simulations=5, seed=1)
    assert held.shape == (20, 5)
    assert (held.nunique(axis=1) == 1).all()
    assert held[0].to_numpy() == pytest.approx(add_index(wards, components=PARTS[1:])["index_score"].to_numpy())
    drawn = simulate_index(wards, counts, components=PARTS, harm_weights=WEIGHTS, simulations=50, seed=1)
    assert (drawn.nunique(axis=1) > 1).any()
    said = " ".join(drawn.attrs["choices"])
    assert "Held as published when ranks are simulated: income, attainment." in said
    assert "taken as 0.01 on the log scale" in said


def test_with_many_crimes_and_no_movement_the_simulations_are_the_index(lattice):
    wards, _ = make(lattice)
    random = np.random.default_rng(2)
    counts = count(wards, {"robbery": random.integers(1, 9, 20) * 10**6, "violence": random.integers(1, 9, 20) * 10**7})
    wards = add_rates(add_crimes(wards, counts, weights=WEIGHTS))
    for column in ("harm_rate", "harm", "crime_rate", "crimes", "smoothed_rate", "standardised_rate"):
        parts = (Component(column, 1.0),)
        drawn = simulate_index(wards, counts, components=parts, harm_weights=WEIGHTS, scale="minmax", simulations=3,
                               variance=0.0, seed=1)  # fmt: skip
        expected = add_index(wards, components=parts, scale="minmax")["index_score"]
        assert drawn.mean(axis=1).to_numpy() == pytest.approx(expected.to_numpy(), abs=0.5), column


def test_more_movement_between_years_makes_wider_scatter(lattice):
    wards, counts = make(lattice)
    spread = [
        simulate_index(wards, counts, components=PARTS[:1], harm_weights=WEIGHTS, simulations=300, variance=variance,
                       seed=1).std(axis=1).mean()
        for variance in (0.0, 0.01, 0.05)
    ]  # fmt: skip
    assert spread[0] < spread[1] < spread[2]


def test_the_seed_decides_and_nothing_else(lattice):
    wards, counts = make(lattice)
    before = wards.copy(), counts.copy()
    first, again, other = (
        simulate_index(wards, counts, components=PARTS, harm_weights=WEIGHTS, simulations=20, seed=seed)
        for seed in (0, 0, 1)
    )
    assert first.equals(again)
    assert not first.equals(other)
    shuffled = simulate_index(wards, counts.iloc[::-1], components=PARTS, harm_weights=WEIGHTS, simulations=20, seed=0)
    assert shuffled.to_numpy() == pytest.approx(first.to_numpy())
    pd.testing.assert_frame_equal(wards, before[0])
    pd.testing.assert_frame_equal(counts, before[1])


def test_wards_without_a_score_have_none_and_countries_are_apart(lattice):
    wards, counts = make(lattice, country=["England"] * 12 + ["Wales"] * 8, assessed=[False] + [True] * 19)
    wards.loc[wards.index[5], "population"] = np.nan
    wards.loc[wards.index[6], "income"] = np.nan
    drawn = simulate_index(wards, counts, components=PARTS, harm_weights=WEIGHTS, simulations=4, seed=1)
    assert drawn.isna().all(axis=1).to_numpy().nonzero()[0].tolist() == [0, 5, 6]
    assert drawn.index.equals(wards.index)
    welsh = wards.iloc[12:]
    alone = simulate_index(welsh, counts, components=(Component("income", 1.0),), harm_weights=WEIGHTS, simulations=4,
                           seed=1)  # fmt: skip
    assert alone.mean().to_numpy() == pytest.approx(50)


def test_crimes_that_no_ward_had_and_wards_all_alike(lattice):
    wards, _ = make(lattice)
    none = count(wards, {"robbery": np.zeros(20), "violence": np.zeros(20)})
    drawn = simulate_index(wards, none, components=PARTS[:1], harm_weights=WEIGHTS, simulations=3, seed=1)
    assert (drawn == 50).all(axis=None)
    alike = lattice(4, 5, months_covered=1)
    counts = count(alike, {"robbery": np.full(20, 5.0), "violence": np.full(20, 40.0)})
    ranks = rank_columns(
        simulate_index(alike, counts, components=PARTS[:1], harm_weights=WEIGHTS, simulations=400, seed=1),
        alike["country"],
    )
    # No ward can be told from another: the mean rank of each is the middle, not the order of the codes.
    assert ranks.mean(axis=1).between(8.5, 12.5).all()


def test_one_ward_and_no_ward(lattice):
    wards, counts = make(lattice)
    one = simulate_index(wards.head(1), counts, components=PARTS[:1], harm_weights=WEIGHTS, simulations=3, seed=1)
    assert one.to_numpy().tolist() == [[50, 50, 50]]
    none = simulate_index(wards.head(0), counts, components=PARTS[:1], harm_weights=WEIGHTS, simulations=3, seed=1)
    assert none.shape == (0, 3)


def test_every_fault_is_listed_at_once(lattice):
    wards, counts = make(lattice)
    parts = (*PARTS, Component("nonsense", 1.0))
    with pytest.raises(InputError) as caught:
        simulate_index(wards, counts, components=parts, harm_weights=WEIGHTS, scale="log", combine="sum",
                       denominator="workers", simulations=0, seed=1)  # fmt: skip
    for sentence in ("lacks the column(s) nonsense", "index.scale: 'log' is not known", "index.combine: 'sum'",
                     "'workers' is neither 'resident'", "simulations: 0 given; at least 1"):  # fmt: skip
        assert sentence in str(caught.value)
    with pytest.raises(InputError, match="geometric mean of z scores has no meaning"):
        simulate_index(wards, counts, components=PARTS, harm_weights=WEIGHTS, scale="z", combine="geometric", seed=1)
    with pytest.raises(InputError, match="at least one is needed"):
        simulate_index(wards, counts, components=(), harm_weights=WEIGHTS, seed=1)


def test_intervals_of_ranks_hold_the_true_rank_as_often_as_they_say(lattice):
    """Twenty-five data sets of 300 wards from a planted model; the whole study is benchmarks/firmness.py."""
    random = np.random.default_rng(7)
    wards = lattice(15, 20, months_covered=1, population=random.gamma(6, 2_000, 300)).assign(
        income=random.uniform(0, 100, 300)
    )
    parts = (Component("harm_rate", 0.6), Component("income", 0.4))
    between = np.array([[0.5, 0.2], [0.2, 0.25]])
    yearly = YearVariance(pd.DataFrame(0.02 * np.eye(2) + 0.01, index=list(WEIGHTS), columns=list(WEIGHTS)), "")
    exposure = wards["population"].to_numpy() / 12_000
    tables = []
    for repeat in range(25):
        theta = random.multivariate_normal([1.5, 4.0], between, size=300)
        moved = random.multivariate_normal([-0.015, -0.015], yearly.covariance.to_numpy(), size=300)
        crimes = random.poisson(exposure[:, None] * np.exp(theta + moved))
        counts = count(wards, dict(zip(WEIGHTS, crimes.T, strict=True)))
        draws = draw_columns(wards, counts, components=parts, harm_weights=WEIGHTS, denominator="resident",
                             simulations=200, yearly=yearly, seed=repeat)  # fmt: skip
        scores = compose_scores(wards, draws, components=parts, scale="percentile", combine="arithmetic")
        ranks = rank_columns(scores, wards["country"])
        severity = np.array(list(WEIGHTS.values()))
        true, seen = (
            add_index(wards.assign(harm_rate=rates @ severity), components=parts)["rank"]
            for rates in (np.exp(theta), crimes / exposure[:, None])
        )
        interval = rank_interval(ranks, seen)
        tables.append(pd.DataFrame({
            "held": interval["rank_low"].le(true) & interval["rank_high"].ge(true), "true": true <= 30,
            "seen": seen <= 30, "share": share_in_top(ranks, wards["country"], top=0.1),
            "small": wards["population"].rank() <= 30,
        }))  # fmt: skip
    table = pd.concat(tables)
    assert 0.88 <= table["held"].mean() <= 0.93
    for group in ("true", "seen", "small"):
        assert table.loc[table[group], "held"].mean() >= 0.85, group
    middling = table[table["share"].between(0.3, 0.7)]
    assert middling["true"].mean() == pytest.approx(middling["share"].mean(), abs=0.08)
