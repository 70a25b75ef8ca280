"""Other defensible choices: what is listed, what each gives, and the range of ranks over them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tipping_point.measures.choices import (
    BASE,
    add_choice_range,
    compare_rankings,
    draw_weights,
    list_choices,
    list_periods,
    score_choices,
)
from tipping_point.measures.index import Component, add_index
from tipping_point.measures.rates import add_crimes, add_rates
from tipping_point.tables import InputError, months_between

WEIGHTS = {"robbery": 800.0, "violence": 280.0}
PARTS = (Component("harm_rate", 0.5), Component("income", 0.5))
YEARS = months_between("2022-01", "2023-12")


def make(lattice, seed: int = 1):
    """Twenty wards with two years; the workday population turns the order of the residents round."""
    random = np.random.default_rng(seed)
    wards = lattice(4, 5, population=random.uniform(3_000, 20_000, 20), months_covered=24)
    wards = wards.assign(income=random.uniform(0, 100, 20), workday=wards["population"].to_numpy()[::-1].copy())
    rates = random.gamma(3, [[[2.0]], [[9.0]]], size=(2, 20, 1)) * np.ones(24)
    index = pd.MultiIndex.from_product([list(WEIGHTS), wards.index, YEARS], names=["crime_type", "ward_code", "month"])
    counts = pd.DataFrame({"crimes": random.poisson(rates).ravel().astype(float)}, index=index).reset_index()
    wards = add_rates(add_crimes(wards, counts, weights=WEIGHTS))
    return add_index(wards, components=PARTS), counts


def test_every_choice_differs_from_the_studys_own_in_one_thing():
    choices = list_choices(components=PARTS, months=YEARS, denominators=["resident", "workday"], weightings=3, seed=1)
    assert [choice.name for choice in choices] == [
        BASE, "scale: z", "scale: minmax", "scale: exponential", "combination: geometric", "denominator: workday",
        "period: last 12 months", "period: first half", "weights: 1", "weights: 2", "weights: 3",
    ]  # fmt: skip
    fields = {"scale": "scale", "combination": "combine", "denominator": "denominator", "period": "months",
              "weights": "components"}  # fmt: skip
    for choice in choices[1:]:
        field = fields[choice.changed]
        assert getattr(choice, field) != getattr(choices[0], field)
        back = replace(choice, name=BASE, changed="", **{field: getattr(choices[0], field)})
        assert back == choices[0]


def test_what_has_no_meaning_or_no_effect_is_not_listed():
    names = [choice.name for choice in list_choices(components=PARTS, months=[], scale="z", weightings=0, seed=1)]
    assert "combination: geometric" not in names
    names = [choice.name for choice in
             list_choices(components=PARTS, months=[], combine="geometric", weightings=0, seed=1)]  # fmt: skip
    assert "scale: z" not in names
    assert "combination: arithmetic" in names
    held = list_choices(components=PARTS[1:], months=YEARS, denominators=["workday"], weightings=0, seed=1)
    assert not {choice.changed for choice in held} & {"denominator", "period"}


def test_periods_are_whole_years_that_differ():
    assert list_periods(months_between("2018-10", "2019-02")) == {}
    assert list_periods(months_between("2018-01", "2018-12")) == {}
    two = list_periods(YEARS)
    assert list(two) == ["last 12 months", "first half"]
    assert (two["first half"][-1], two["last 12 months"][0]) == ("2022-12", "2023-01")
    long = list_periods(months_between("2010-04", "2025-06"))
    assert {name: (part[0], len(part)) for name, part in long.items()} == {
        "last 12 months": ("2024-07", 12), "last 36 months": ("2022-07", 36), "first half": ("2010-04", 84),
        "second half": ("2018-07", 84),
    }  # fmt: skip


def test_weights_are_drawn_around_the_chosen_within_each_country():
    parts = (Component("harm_rate", 3.0, country="England"), Component("income", 1.0, country="England"),
             Component("harm_rate", 0.2, country="Wales"), Component("income", 0.2, country="Wales"))  # fmt: skip
    random = np.random.default_rng(1)
    drawn = np.array([[part.weight for part in draw_weights(parts, concentration=50, random=random)]
                      for _ in range(4_000)])  # fmt: skip
    assert drawn[:, :2].sum(axis=1) == pytest.approx(4)
    assert drawn[:, 2:].sum(axis=1) == pytest.approx(0.4)
    assert drawn.mean(axis=0) == pytest.approx([3, 1, 0.2, 0.2], rel=0.02)
    # sqrt(.75 x .25/51) of a sum of 4
    assert drawn[:, 0].std() == pytest.approx(4 * np.sqrt(0.75 * 0.25 / 51), rel=0.05)


def test_scores_follow_the_choice(lattice):
    wards, counts = make(lattice)
    choices = list_choices(components=PARTS, months=YEARS, denominators=["workday"], weightings=1, seed=1)
    scores = score_choices(wards, counts, choices, harm_weights=WEIGHTS, seed=1)
    assert scores.columns.tolist() == [choice.name for choice in choices]
    year = counts[counts["month"] >= "2023-01"]
    other = {
        BASE: wards,
        "scale: minmax": add_index(wards, components=PARTS, scale="minmax"),
        "combination: geometric": add_index(wards, components=PARTS, combine="geometric"),
        "denominator: workday": add_index(add_rates(wards, denominator="workday"), components=PARTS),
        "period: last 12 months": add_index(
            add_rates(add_crimes(wards.assign(months_covered=12), year, weights=WEIGHTS)), components=PARTS
        ),
        "weights: 1": add_index(wards, components=choices[-1].components),
    }
    for name, table in other.items():
        found = scores.corrwith(table["index_score"])
        assert found[name] > 0.985, name
        assert found[name] == pytest.approx(found.max(), abs=0.004), name
    again = score_choices(wards, counts, choices, harm_weights=WEIGHTS, seed=1)
    assert scores.equals(again)


def test_the_range_and_the_comparison_by_hand(lattice):
    wards = lattice(1, 4, rank=pd.array([1, 2, 3, pd.NA], dtype="Int64"))
    scores = pd.DataFrame({BASE: [90.0, 80.0, 70.0, np.nan], "scale: z": [10.0, 80.0, 30.0, np.nan]}, index=wards.index)
    ranged = add_choice_range(wards, scores)
    assert ranged["rank_choice_low"].fillna(-1).tolist() == [1, 1, 2, -1]
    assert ranged["rank_choice_high"].fillna(-1).tolist() == [3, 2, 3, -1]
    assert ranged["share_in_top_choices"].fillna(-1).tolist() == [0.5, 0.5, 0, -1]
    choices = list_choices(components=PARTS, months=[], weightings=0, seed=1)[:2]
    table = compare_rankings(wards, scores, choices, top=2)
    assert table.columns.tolist() == ["name", "changed", "country", "wards", "top", "top_in_common", "spearman",
                                      "largest_move", "moved_most"]  # fmt: skip
    assert table.iloc[0].tolist() == [BASE, "", "England", 3, 2, 2, 1.0, 0, ""]
    assert table.iloc[1].tolist() == ["scale: z", "scale", "England", 3, 2, 1, -0.5, 2, "E05000000"]


def test_the_range_holds_the_published_rank_and_skips_what_a_choice_cannot_score(lattice):
    wards = lattice(1, 3, rank=pd.array([3, 1, 2], dtype="Int64"))
    scores = pd.DataFrame({BASE: [90.0, 80.0, 70.0], "denominator: workday": [np.nan, 1.0, 2.0]}, index=wards.index)
    ranged = add_choice_range(wards, scores)
    assert ranged["rank_choice_low"].tolist() == [1, 1, 1]
    assert ranged["rank_choice_high"].tolist() == [3, 2, 3]
    assert ranged["share_in_top_choices"].tolist() == [1.0, 0.0, 0.5]


def test_no_ward_and_one_ward(lattice):
    wards, counts = make(lattice)
    choices = list_choices(components=PARTS[:1], months=YEARS, weightings=1, seed=1)
    for number in (0, 1):
        few = wards.head(number)
        scores = score_choices(few, counts, choices, harm_weights=WEIGHTS, seed=1)
        assert scores.shape == (number, len(choices))
        few = few.assign(rank=pd.array([1] * number, dtype="Int64"))
        assert add_choice_range(few, scores)["rank_choice_high"].tolist() == [1] * number
        assert len(compare_rankings(few, scores, choices)) == number * len(choices)


def test_every_fault_is_listed_at_once(lattice):
    wards, counts = make(lattice)
    choices = list_choices(components=PARTS, months=YEARS, denominators=["beds"], weightings=1, seed=1)
    with pytest.raises(InputError) as caught:
        score_choices(wards, counts, [*choices[1:], choices[2]], harm_weights=WEIGHTS, simulations=0, seed=1)
    for sentence in ("the first must be the study's own, named 'as chosen'", "'scale: minmax' stands twice",
                     "'beds' is neither 'resident' nor a column", "simulations: 0 given"):  # fmt: skip
        assert sentence in str(caught.value)
    with pytest.raises(InputError) as caught:
        list_choices(components=PARTS, months=[], concentration=0, weightings=-1, seed=1)
    assert "choices.concentration: 0 given; it must be above 0" in str(caught.value)
    assert "choices.weightings: -1 given; it must be 0 or more" in str(caught.value)
    with pytest.raises(InputError, match="scores: 1 ranked wards are not in them"):
        add_choice_range(wards, pd.DataFrame({BASE: 1.0}, index=wards.index[1:]))
