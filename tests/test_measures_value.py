"""The value of a ward: worked by hand, against the smoother itself, its invariants and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.facts.crime_types import HARM_WEIGHTS
from tipping_point.measures.rates import empirical_bayes
from tipping_point.measures.value import FEWEST, add_value
from tipping_point.tables import InputError, months_between

ADDED = ["long_run_harm", "usual_harm_rate", "excess_harm", "value", "value_plain", "value_missing"]


def count(wards, months=("2024-01", "2024-12"), **types):
    """Ward x month x type with the same number every month: a list of one per ward for each type."""
    listed = months_between(*months)
    return pd.DataFrame(
        [
            (code, month, name.replace("_", " "), number)
            for name, numbers in types.items()
            for code, number in zip(wards.index, numbers, strict=True)
            for month in listed
        ],
        columns=["ward_code", "month", "crime_type", "crimes"],
    ).astype({"crimes": "Int64"})


@pytest.fixture
def place(lattice):
    def make(rows, columns, **values):
        return lattice(rows, columns, **{"visitor_ward": False, "deprivation": 50.0, **values})

    return make


def test_a_value_by_hand(place):
    # 10,000 residents each, 1,200 / 120 / 120 robberies a year: rates 120, 12, 12 per 1,000; m = 48,
    # A = mean((r - 48)^2) - 48/10 = 2592 - 4.8 = 2587.2; r of the first is drawn to 48 + 2587.2/2592 x 72 = 119.8667
    wards = place(1, 3, deprivation=[80.0, 90.0, 10.0])
    result = add_value(wards, count(wards, Robbery=[100, 10, 10]), weights={"Robbery": 2.0}, years=1)
    high, low = 48 + 2587.2 / 2592 * 72, 48 - 2587.2 / 2592 * 36
    assert result["long_run_harm"].tolist() == pytest.approx([20 * high, 20 * low, 20 * low])
    assert result["usual_harm_rate"].tolist() == pytest.approx([2 * low] * 3)
    assert result["excess_harm"].tolist() == pytest.approx([20 * (high - low), 0, 0])
    assert result["value"].tolist() == pytest.approx([20 * (high - low) * 0.8, 0, 0])
    assert result["value_plain"].equals(result["long_run_harm"].rename("value_plain"))


def test_harm_adds_each_type_smoothed_by_itself_in_its_country(place):
    country = ["England"] * 3 + ["Wales"] * 3
    wards = place(2, 3, country=country, population=[2e3, 9e3, 5e3, 1e4, 3e3, 8e3])
    robbery, weapons = [3, 20, 1, 4, 4, 9], [1, 2, 9, 0, 0, 0]
    counts = count(wards, Robbery=robbery, Possession_of_weapons=weapons, Drugs=[9] * 6)
    result = add_value(wards, counts, weights={"Robbery": 800.0, "Possession of weapons": 150.0}, years=1)
    people = wards["population"].to_numpy() / 1000
    expected = np.zeros(6)
    for weight, monthly in ((800.0, robbery), (150.0, weapons)):
        for rows in (slice(0, 3), slice(3, 6)):
            smoothed = empirical_bayes(12 * np.array(monthly[rows]), people[rows])[0]
            expected[rows] += weight * smoothed * people[rows]
    assert result["long_run_harm"].to_numpy() == pytest.approx(expected)


def test_a_month_that_is_not_covered_is_no_month_without_crime(place):
    wards = place(1, 2, population=[10_000.0, 20_000.0])
    whole = count(wards, Robbery=[10, 50])
    part = whole.assign(
        crimes=whole["crimes"].mask((whole["ward_code"] == wards.index[0]) & (whole["month"] > "2024-06"))
    )
    half = add_value(wards, part, weights={"Robbery": 1.0}, years=1)
    # the rate is that of the six covered months; half the exposure draws it nearer to the mean
    smoothed = empirical_bayes([60, 600], [5, 20])[0]
    assert half["long_run_harm"].tolist() == pytest.approx([smoothed[0] * 10, smoothed[1] * 20])


def test_the_last_whole_years_are_used_and_said(place):
    wards = place(1, 2)
    early, late = (
        count(wards, ("2020-01", "2021-06"), Robbery=[90, 0]),
        count(wards, ("2021-07", "2024-06"), Robbery=[2, 4]),
    )
    counts = pd.concat([early, late], ignore_index=True)
    three = add_value(wards, counts, weights={"Robbery": 1.0})
    assert three["long_run_harm"].tolist() == add_value(wards, late, weights={"Robbery": 1.0})["long_run_harm"].tolist()
    assert not any("months" in sentence for sentence in three.attrs["choices"])
    thirty = add_value(wards, count(wards, ("2021-01", "2023-06"), Robbery=[2, 4]), weights={"Robbery": 1.0})
    assert any("24 months (2021-07 to 2023-06)" in sentence for sentence in thirty.attrs["choices"])
    five = add_value(wards, count(wards, ("2018-10", "2019-02"), Robbery=[2, 4]), weights={"Robbery": 1.0})
    assert any("5 months (2018-10 to 2019-02)" in s and "seasons" in s for s in five.attrs["choices"])
    assert five["long_run_harm"].sum() == pytest.approx(6 * 12)


def test_a_visitor_ward_adds_nothing_unless_asked_and_does_not_move_what_is_usual(place):
    wards = place(1, 5, visitor_ward=[True, True, False, False, False])
    counts = count(wards, Robbery=[900, 300, 30, 20, 10])
    result = add_value(wards, counts, weights={"Robbery": 1.0}, years=1)
    assert result["value"].tolist()[:2] == [0, 0] and result["value"].iloc[2] > 0
    rate = result["long_run_harm"] / 10
    assert result["usual_harm_rate"].tolist() == pytest.approx([rate.iloc[:2].median()] * 2 + [rate.iloc[3]] * 3)
    asked = add_value(wards, counts, weights={"Robbery": 1.0}, years=1, visitors=True)
    assert asked["value"].tolist() == pytest.approx((result["excess_harm"] / 2).tolist())
    assert asked["value"].iloc[0] > 0
    assert any("visitor wards of England rests on 2 of them only" in s for s in result.attrs["choices"])


def test_deprived_visitor_wards_that_are_left_out_are_named(place):
    wards = place(1, 6, visitor_ward=[True, True, True, False, False, False], deprivation=[95.0, 85, 20, 50, 50, 50])
    counts = count(wards, Robbery=[300, 2, 900, 30, 20, 10])
    (named,) = [
        s for s in add_value(wards, counts, weights={"Robbery": 1.0}, years=1).attrs["choices"] if "by hand" in s
    ]
    assert named.startswith("Of value 0 as busy centres") and ": Ward 0-0 (One District). Look" in named
    asked = add_value(wards, counts, weights={"Robbery": 1.0}, years=1, visitors=True)
    assert not any("by hand" in s for s in asked.attrs["choices"])


def test_what_is_usual_goes_by_the_kind_of_place_where_it_has_enough_wards(place):
    number = FEWEST + 3
    kinds = ["Urban"] * FEWEST + ["Rural"] * 2 + [None]
    wards = place(1, number, kind=kinds)
    counts = count(wards, Robbery=[*range(10, 10 + FEWEST), 1, 2, 3])
    result = add_value(wards, counts, weights={"Robbery": 1.0}, years=1, kind="kind")
    rate = result["long_run_harm"] / 10
    assert result["usual_harm_rate"].iloc[:FEWEST].tolist() == pytest.approx([rate.iloc[:FEWEST].median()] * FEWEST)
    assert result["usual_harm_rate"].iloc[FEWEST:].tolist() == pytest.approx([rate.median()] * 3)
    choices = result.attrs["choices"]
    assert any("kind 'Rural' are 2 only" in s for s in choices) and any(
        "wards without a 'kind' (1)" in s for s in choices
    )


def test_deprivation_never_moves_what_is_usual(place):
    wards = place(2, 12)
    counts = count(wards, Robbery=list(range(1, 25)))
    flat = add_value(wards, counts, weights={"Robbery": 1.0}, years=1)
    steep = add_value(wards.assign(deprivation=np.linspace(1, 99, 24)), counts, weights={"Robbery": 1.0}, years=1)
    assert steep["excess_harm"].equals(flat["excess_harm"])
    assert steep["value"].to_numpy() == pytest.approx((flat["excess_harm"] * np.linspace(0.01, 0.99, 24)).to_numpy())


def test_a_missing_part_makes_the_value_missing_and_is_named(place):
    wards = place(1, 5, deprivation=[50.0, np.nan, 50.0, 50.0, 50.0], assessed=[True, True, True, True, False])
    wards["visitor_ward"] = pd.array([False, False, None, False, None], dtype="boolean")
    counts = count(wards, Robbery=[9, 9, 9, 9, 9])
    counts["crimes"] = counts["crimes"].mask(counts["ward_code"] == wards.index[3])
    result = add_value(wards, counts, weights={"Robbery": 1.0}, years=1)
    assert result["value"].notna().tolist() == [True, False, False, False, False]
    assert result["value_missing"].tolist() == ["", "deprivation", "visitor_ward", "harm", ""]
    assert result["long_run_harm"].isna().tolist() == [False, False, False, True, True]


def test_row_order_is_irrelevant_and_inputs_stay(place):
    wards = place(3, 4, population=np.linspace(3e3, 2e4, 12), deprivation=np.linspace(5, 95, 12))
    counts = count(wards, Robbery=[1, 9, 3, 4, 8, 2, 7, 5, 6, 0, 11, 3], Drugs=range(12))
    before = wards.copy(), counts.copy()
    weights = {"Robbery": 800.0, "Drugs": 100.0}
    result = add_value(wards, counts, weights=weights, years=1)
    mixed = add_value(wards.iloc[::-1], counts.sample(frac=1, random_state=1), weights=weights, years=1)
    pd.testing.assert_frame_equal(pd.DataFrame(mixed.loc[wards.index, ADDED]), pd.DataFrame(result[ADDED]))
    pd.testing.assert_frame_equal(pd.DataFrame(wards), pd.DataFrame(before[0]))
    pd.testing.assert_frame_equal(counts, before[1])
    assert wards.attrs == {} and list(result.columns) == [*wards.columns, *ADDED]


def test_awkward_places(place):
    one = place(1, 1)
    alone = add_value(one, count(one, Robbery=[5]), weights={"Robbery": 1.0}, years=1)
    assert alone["value"].tolist() == [0.0] and alone["long_run_harm"].tolist() == pytest.approx([60.0])
    equal = place(2, 2)
    assert (
        add_value(equal, count(equal, Robbery=[5] * 4), weights={"Robbery": 1.0}, years=1)["value"].tolist() == [0] * 4
    )
    quiet = add_value(equal, count(equal, Robbery=[0] * 4), weights={"Robbery": 1.0}, years=1)
    assert quiet["value"].tolist() == [0] * 4 and quiet["long_run_harm"].tolist() == [0] * 4
    nobody = place(1, 3, population=[0.0, np.nan, 5000.0], assessed=[False, False, True])
    result = add_value(nobody, count(nobody, Robbery=[5] * 3), weights={"Robbery": 1.0}, years=1)
    assert result["value"].isna().tolist() == [True, True, False]
    closed = place(1, 2, assessed=False)
    assert add_value(closed, count(closed, Robbery=[1, 2]), weights={"Robbery": 1.0}, years=1)["value"].isna().all()
    empty = equal.iloc[:0]
    assert add_value(empty, count(equal, Robbery=[1] * 4), weights={"Robbery": 1.0}, years=1).empty


def test_every_fault_is_named_at_once(place):
    wards = place(1, 2)
    with pytest.raises(InputError) as caught:
        add_value(
            wards,
            count(wards, Robbery=[1, 2], Drugs=[1, 2]),
            weights={"Robbery": -1.0, "Murder": 2.0},
            years=0,
            kind="class",
        )
    assert caught.value.faults == (
        "weights: 'Murder' given; the types of the counts are Drugs, Robbery",
        "weights: the weight of 'Robbery' is -1.0; it must be 0 or more",
        "years: 0 given; it must be 1 or more",
        "kind: there is no column 'class' in the ward table",
    )
    with pytest.raises(InputError, match=r"wards: lacks the column\(s\) visitor_ward"):
        add_value(wards.drop(columns="visitor_ward"), count(wards, Robbery=[1, 2]), weights={"Robbery": 1.0})


def test_the_weights_of_the_measure_scale_value(place):
    wards = place(2, 3)
    counts = count(wards, Robbery=[1, 9, 3, 4, 8, 2])
    once = add_value(wards, counts, weights={"Robbery": 1.0}, years=1)["value"]
    weight = HARM_WEIGHTS["police_uk"]["Robbery"]
    heavy = add_value(wards, counts, weights={"Robbery": weight}, years=1)["value"]
    assert heavy.to_numpy() == pytest.approx(once.to_numpy() * weight)
