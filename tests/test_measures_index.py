"""The composite index: hand-worked values, refusals, invariants."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tipping_point.measures.index import (
    Component,
    add_deprivation,
    add_index,
    default_components,
    deprivation_transform,
    index_diagnostics,
    name_missing,
    percentile,
    rank_in_country,
)
from tipping_point.measures.scaling import SCALES, Scale, scale_columns
from tipping_point.measures.simulate import simulate_index
from tipping_point.tables import DOMAINS, InputError

TWO = (Component("harm_rate", 0.5), Component("income", 0.5))
IOD = {"income": 0.225, "employment": 0.225, "education": 0.135, "health": 0.135, "crime": 0.093,
       "housing_services": 0.093, "living_environment": 0.093}  # fmt: skip


def test_the_transform_gives_the_published_values():
    shares = np.array([0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0])
    areas = 1000
    rank = areas + 1 - shares * areas
    expected = [2.390260, 6.517734, 15.646790, 31.009144, 50.426654, 86.957279, 100.0]
    assert deprivation_transform(rank, areas) == pytest.approx(expected, abs=1e-6)


def test_percentile_is_rank_less_a_half():
    assert percentile(pd.Series([30.0, 10.0, 20.0, np.nan])).tolist()[:3] == pytest.approx([250 / 3, 50 / 3, 50])
    assert percentile(pd.Series([5.0, 5.0])).tolist() == [50, 50]
    assert percentile(pd.Series([np.nan])).isna().all()


def test_an_index_by_hand(lattice):
    wards = lattice(1, 4, harm_rate=[4.0, 3.0, 2.0, 1.0], income=[10.0, 40.0, 30.0, 20.0])
    scored = add_index(wards, components=TWO)
    assert scored["component_harm_rate"].tolist() == [87.5, 62.5, 37.5, 12.5]
    assert scored["index_score"].tolist() == [50.0, 75.0, 50.0, 25.0]
    # the tie at 50 goes by ward code
    assert scored["rank"].tolist() == [2, 1, 3, 4]


def test_weights_need_not_sum_to_one(lattice):
    wards = lattice(1, 4, harm_rate=[4.0, 3.0, 2.0, 1.0], income=[10.0, 40.0, 30.0, 20.0])
    tenfold = tuple(Component(c.column, c.weight * 10) for c in TWO)
    assert add_index(wards, components=TWO)["index_score"].equals(add_index(wards, components=tenfold)["index_score"])


def test_a_component_where_lower_is_worse_is_turned(lattice):
    wards = lattice(1, 3, attainment=[1.0, 2.0, 3.0])
    scored = add_index(wards, components=(Component("attainment", 1.0, worse="lower"),))
    assert scored["rank"].tolist() == [1, 2, 3]


def test_a_missing_component_makes_the_score_missing_and_is_named(lattice):
    wards = lattice(1, 3, harm_rate=[1.0, np.nan, 3.0], income=[np.nan, np.nan, 3.0])
    wards.loc["E05000002", ["harm_rate", "income"]] = [3.0, 3.0]
    scored = add_index(wards, components=TWO)
    assert scored["index_missing"].tolist() == ["income", "harm_rate; income", ""]
    assert scored["index_score"].notna().tolist() == [False, False, True]
    assert scored["rank"].tolist()[2] == 1


def test_a_ward_that_is_not_assessed_has_no_rank_and_moves_none(lattice):
    wards = lattice(1, 3, harm_rate=[1.0, 9.0, 3.0], income=[1.0, 9.0, 3.0], assessed=[True, False, True])
    scored = add_index(wards, components=TWO)
    assert scored["rank"].isna().tolist() == [False, True, False]
    assert scored["index_score"].tolist()[0::2] == [25.0, 75.0]
    assert scored["index_missing"].tolist() == ["", "", ""]


def test_countries_are_ranked_apart_with_their_own_components(lattice):
    wards = lattice(1, 4, country=["England", "England", "Wales", "Wales"], harm_rate=[1.0, 2.0, 30.0, 40.0])
    wards = wards.assign(income=[2.0, 1.0, np.nan, np.nan])
    components = (Component("harm_rate", 0.4, country="England"), Component("income", 0.6, country="England"),
                  Component("harm_rate", 1.0, country="Wales"))  # fmt: skip
    scored = add_index(wards, components=components)
    assert scored["rank"].tolist() == [1, 2, 2, 1]
    assert scored["index_score"].tolist() == [55.0, 45.0, 25.0, 75.0]


@pytest.mark.parametrize("scale", ["percentile", "z", "minmax", "exponential"])
def test_every_scale_orders_one_component_alike_within_0_to_100(lattice, scale):
    wards = lattice(2, 3, harm_rate=[5.0, 1.0, 9.0, 2.0, 7.0, 3.0])
    scored = add_index(wards, components=(Component("harm_rate", 1.0),), scale=scale)
    assert scored["rank"].tolist() == [3, 6, 1, 5, 2, 4]
    assert scored["index_score"].between(0, 100).all()


def test_a_geometric_mean_by_hand(lattice):
    wards = lattice(1, 2, harm_rate=[0.0, 1.0], income=[1.0, 0.0])
    scored = add_index(wards, components=TWO, scale="minmax", combine="geometric")
    assert scored["index_score"].tolist() == pytest.approx([10.0, 10.0])


@given(st.lists(st.floats(0.1, 1e6), min_size=2, max_size=30, unique=True))
def test_percentiles_do_not_depend_on_the_unit(values):
    column = pd.Series(values)
    assert percentile(column).equals(percentile(column.rank() * 3 + 1))


def test_every_fault_is_listed_at_once(lattice):
    wards = lattice(1, 2, harm_rate=[1.0, 2.0])
    faulty = (Component("imd", 1.0), Component("nonsense", 1.0), Component("harm_rate", -1.0),
              Component("ward_name", 1.0), Component("harm_rate", 1.0, worse="up"))  # fmt: skip
    with pytest.raises(InputError) as caught:
        add_index(wards, components=faulty, scale="log", combine="sum")
    text = str(caught.value)
    for sentence in ("index.scale: 'log'", "index.combine: 'sum'", "counts crime twice", "no column 'nonsense'",
                     "weight of 'harm_rate' is -1.0", "'ward_name' is not a number", "worse = 'up'",
                     "stands twice"):  # fmt: skip
        assert sentence in text
    with pytest.raises(InputError, match="geometric mean of z scores"):
        add_index(wards, components=TWO[:1], scale="z", combine="geometric")
    with pytest.raises(InputError, match="at least one is needed"):
        add_index(wards, components=())


def test_a_constant_component_is_refused(lattice):
    with pytest.raises(InputError, match="'harm_rate' is 7 in all 3 wards: it cannot rank them"):
        add_index(lattice(1, 3, harm_rate=7.0), components=(Component("harm_rate", 1.0),))


def test_one_ward_is_scored_in_the_middle(lattice):
    assert add_index(lattice(1, 1, harm_rate=7.0), components=(Component("harm_rate", 1.0),))[
        "index_score"
    ].tolist() == [50]


def test_default_weights_are_half_harm_and_half_the_domains():
    components = default_components({"England": IOD})
    assert sum(component.weight for component in components) == pytest.approx(1)
    assert components[0] == Component("harm_rate", 0.5, country="England")
    assert {c.column: c.weight for c in components}["income"] == pytest.approx(0.5 * 0.225 / 0.906)


def test_deprivation_is_the_percentile_within_the_whole_country(lattice):
    wards = lattice(1, 2)
    scores = pd.DataFrame(
        {name: [10.0, 20.0, 30.0, 40.0] for name in DOMAINS}, index=["E05000000", "E05000001", "E05777777", "E05888888"]
    ).assign(country="England", income=[40.0, 10.0, 20.0, 30.0])
    result = add_deprivation(wards, scores, weights={"England": IOD})
    assert result["health"].tolist() == [12.5, 37.5]
    assert result["income"].tolist() == [87.5, 12.5]
    # D by hand: (.225 x 40 + .681 x 10)/.906 = 17.45; (.225 x 10 + .681 x 20)/.906 = 17.52; 27.52; 37.52
    assert result["deprivation"].tolist() == [12.5, 37.5]


def test_a_ward_with_a_missing_domain_has_no_combined_deprivation(lattice):
    scores = pd.DataFrame({name: [10.0, 20.0] for name in DOMAINS}, index=["E05000000", "E05000001"])
    scores = scores.assign(country="England", health=[np.nan, 5.0])
    result = add_deprivation(lattice(1, 2), scores, weights={"England": IOD})
    assert result["deprivation"].isna().tolist() == [True, False]


def test_name_missing_names_what_each_row_lacks():
    table = pd.DataFrame({"a": [1.0, np.nan, np.nan], "b": [1.0, 2.0, np.nan]})
    assert name_missing(table).tolist() == ["", "a", "a; b"]
    assert name_missing(table.iloc[:0]).empty


def test_rank_in_country_breaks_ties_by_code(lattice):
    wards = lattice(1, 4, country=["England", "England", "Wales", "England"], score=[5.0, 5.0, 1.0, np.nan])
    assert rank_in_country(wards, "score").tolist() == [1, 2, 1, pd.NA]


def test_diagnostics_by_hand(lattice):
    # percentiles of one: 12.5 37.5 62.5 87.5; of two: 37.5 12.5 87.5 62.5; covariance 12.5^2 x 3 against 12.5^2 x 5
    wards = lattice(1, 4, one=[1.0, 2, 3, 4], two=[2.0, 1, 4, 3])
    chosen = (Component("one", 3.0), Component("two", 1.0))
    scored = add_index(wards, components=chosen)
    correlations, parts = index_diagnostics(scored, components=chosen)
    assert correlations.to_dict("records") == [
        {"country": "England", "component": "one", "other": "two", "correlation": pytest.approx(0.6), "wards": 4}
    ]
    # S = .75 one + .25 two, var(S) = .5625 + .0625 + 2 x .1875 x .6 = .85
    assert parts["weight"].tolist() == [0.75, 0.25]
    assert parts["effective_share"].tolist() == pytest.approx([0.675 / 0.85, 0.175 / 0.85])
    assert parts["correlation"].tolist() == pytest.approx([0.9 / 0.85**0.5, 0.7 / 0.85**0.5])


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(["percentile", "z", "minmax", "exponential"]), st.sampled_from(["arithmetic", "geometric"]),
    st.integers(0, 1000),
)  # fmt: skip
def test_effective_shares_sum_to_one_and_agree_with_numpy(scale, combine, seed):
    if scale == "z" and combine == "geometric":
        return
    rng = np.random.default_rng(seed)
    wards = pd.DataFrame(rng.normal(size=(12, 3)), columns=["a", "b", "c"]).assign(country="England", assessed=True)
    chosen = (Component("a", 0.2), Component("b", 0.5, worse="lower"), Component("c", 0.3))
    scored = add_index(wards, components=chosen, scale=scale, combine=combine)
    correlations, parts = index_diagnostics(scored, components=chosen, combine=combine)
    assert parts["effective_share"].sum() == pytest.approx(1)
    expected = np.corrcoef(scored[["component_a", "component_b", "component_c"]].to_numpy().T)
    assert correlations["correlation"].tolist() == pytest.approx([expected[0, 1], expected[0, 2], expected[1, 2]])
    if combine == "arithmetic" and scale != "z":
        direct = np.cov(scored["component_b"] * 0.5, scored["index_score"])[0, 1] / scored["index_score"].var()
        assert parts["effective_share"].iloc[1] == pytest.approx(direct)


def test_diagnostics_are_by_country_and_leave_out_what_cannot_be_told(lattice):
    wards = lattice(1, 5, country=["England"] * 3 + ["Wales"] * 2, one=[1.0, 2, 3, 4, 5], two=[3.0, 1, 2, 4, np.nan])
    scored = add_index(wards, components=(Component("one", 1.0), Component("two", 1.0)))
    correlations, parts = index_diagnostics(scored, components=(Component("one", 1.0), Component("two", 1.0)))
    assert parts[["country", "wards"]].drop_duplicates().to_numpy().tolist() == [["England", 3], ["Wales", 1]]
    assert parts.loc[parts["country"] == "Wales", "effective_share"].isna().all()
    assert correlations["correlation"].isna().tolist() == [False, True]
    single = (Component("one", 1.0),)
    alone, whole = index_diagnostics(add_index(wards, components=single), components=single)
    assert alone.empty and whole["effective_share"].tolist() == pytest.approx([1, 1])
    closed = add_index(wards.assign(assessed=False), components=single)
    assert all(table.empty for table in index_diagnostics(closed, components=single))


def test_a_scale_that_is_added_to_the_registry_is_the_same_in_score_and_simulation(monkeypatch, lattice):
    """One entry is enough: score, rank interval and study file are of the same index."""
    monkeypatch.setitem(SCALES, "root", Scale(lambda values: np.sqrt(np.abs(values)), "its root", "roots were taken"))
    wards = lattice(2, 3, income=[1.0, 4.0, 9.0, 16.0, 25.0, 36.0], health=[5.0, 1.0, 3.0, 2.0, 6.0, 4.0])
    parts = (Component("income", 0.75), Component("health", 0.25, worse="lower"))
    scored = add_index(wards, components=parts, scale="root")["index_score"]
    expected = 0.75 * np.sqrt(wards["income"]) + 0.25 * np.sqrt(wards["health"])
    assert scored.to_numpy() == pytest.approx(expected.to_numpy())
    counts = pd.DataFrame({"ward_code": wards.index, "month": "2024-01", "crime_type": "Robbery", "crimes": 3.0})
    simulated = simulate_index(
        wards, counts, components=parts, harm_weights={"Robbery": 1.0}, scale="root", simulations=3, variance=0.01,
        seed=1,
    )  # fmt: skip
    assert simulated.to_numpy() == pytest.approx(np.repeat(expected.to_numpy()[:, None], 3, axis=1))


def test_an_unknown_scale_or_mean_is_refused_with_the_names(lattice):
    wards = lattice(1, 2, income=[1.0, 2.0])
    with pytest.raises(InputError, match="'cubic' is not known; choose from percentile, z, minmax, exponential"):
        add_index(wards, components=[Component("income", 1.0)], scale="cubic")
    with pytest.raises(InputError, match="'cubic' is not known"):
        scale_columns(np.ones((2, 1)), worse="higher", scale="cubic")
    with pytest.raises(InputError, match="worse = 'hihger' is not known; choose from higher, lower"):
        scale_columns(np.ones((2, 1)), worse="hihger", scale="percentile")
