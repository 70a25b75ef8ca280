"""The choice made again: the same values give the same choice, and what comes next touches nothing that was chosen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.areas.again import choose_again, next_groups, share_again
from tipping_point.areas.alternatives import near_misses
from tipping_point.areas.group import Limits
from tipping_point.areas.select import Rule, find_selection
from tipping_point.tables import InputError
from tipping_point.wards.neighbours import build_graph


@pytest.fixture
def made(lattice):
    """A 5 x 6 lattice of 10,000 residents each, with values, and two areas of two wards chosen from it."""
    wards = lattice(5, 6)
    wards["value"] = np.random.default_rng(3).integers(0, 100, len(wards)).astype(float)
    rule = Rule(2, Limits((15_000, 25_000), 2, "district_code"))
    return wards, find_selection(wards, build_graph(wards), rule=rule, value="value", seed=1)


def test_the_same_values_choose_the_same_wards(made):
    wards, selection = made
    again = choose_again(selection, pd.DataFrame({"same": wards["value"]}), seed=1)
    chosen = {code for codes in selection.chosen["ward_codes"] for code in codes.split(";")}
    assert set(again.index[again["same"]]) == chosen
    shares = share_again(selection.chosen.set_index("area_id"), wards, again)
    assert shares.tolist() == [1.0, 1.0]


def test_other_values_choose_what_a_fresh_choice_would(made):
    wards, selection = made
    other = pd.DataFrame({"turned": 100 - wards["value"]})
    fresh = find_selection(wards, build_graph(wards), rule=selection.rule, value=other["turned"], seed=1)
    again = choose_again(selection, other, seed=1)
    inside = again.index[again["turned"]]
    assert other["turned"][inside].sum() == pytest.approx(fresh.chosen["value"].sum())


def test_half_of_the_residents_is_enough_and_fewer_is_not(made):
    wards, selection = made
    area = selection.chosen.set_index("area_id").iloc[[0]]
    first, second = area["ward_codes"].iloc[0].split(";")
    again = pd.DataFrame({"one": wards.index == first, "none": False}, index=wards.index)
    assert share_again(area, wards, again).tolist() == [0.5]
    heavier = wards.assign(population=wards["population"].where(wards.index != second, 10_001.0))
    assert share_again(area, heavier, again).tolist() == [0.0]


def test_what_comes_next_is_disjoint_connected_and_falls_in_value(made):
    wards, selection = made
    following = next_groups(selection, wards, near_misses(selection, wards), number=4)
    lists = [set(codes.split(";")) for codes in following["ward_codes"]]
    chosen = {code for codes in selection.chosen["ward_codes"] for code in codes.split(";")}
    assert 1 <= len(lists) <= 4
    assert not chosen & set.union(*lists)
    assert sum(map(len, lists)) == len(set.union(*lists))
    assert following["value"].is_monotonic_decreasing
    assert following["value"].tolist() == [wards.loc[sorted(own), "value"].sum() for own in lists]
    assert list(following.columns) == list(selection.chosen.columns)


def test_nothing_comes_next_where_nothing_is_left(lattice):
    wards = lattice(1, 2, value=[5.0, 0.0])
    rule = Rule(1, Limits((15_000, 25_000), 2, "district_code"))
    selection = find_selection(wards, build_graph(wards), rule=rule, value="value", seed=1)
    assert len(selection.chosen) == 1
    assert next_groups(selection, wards, near_misses(selection, wards), number=3).empty


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda values: values.iloc[1:], "1 wards have no row"),
        (lambda values: values[[]], "no case"),
        (lambda values: values.assign(same=values["same"].where(values.index != values.index[0])), "1 are missing"),
        (lambda values: values - 200, "are below 0"),
    ],
)
def test_values_that_cannot_be_are_refused(made, spoil, said):
    wards, selection = made
    with pytest.raises(InputError, match=said):
        choose_again(selection, spoil(pd.DataFrame({"same": wards["value"]})), seed=1)


def test_shares_by_hand(lattice):
    """Of four draws, one moves the area by a ward (half of its residents stay), one to the other end."""
    wards = lattice(1, 5, value=[5.0, 5.0, 1.0, 0.0, 0.0])
    rule = Rule(1, Limits((15_000, 20_000), 2, "district_code"))
    selection = find_selection(wards, build_graph(wards), rule=rule, value="value", seed=1)
    draws = pd.DataFrame(
        {0: [5.0, 5, 1, 0, 0], 1: [9.0, 9, 1, 0, 0], 2: [1.0, 5, 9, 0, 0], 3: [1.0, 1, 1, 9, 9]}, index=wards.index
    )
    again = choose_again(selection, draws, seed=1)
    assert share_again(selection.chosen.set_index("area_id"), wards, again).tolist() == [0.75]
    assert again.mean(axis=1).tolist() == [0.5, 0.75, 0.25, 0.25, 0.25]


def test_a_draw_of_nothing_but_noughts_chooses_nothing_although_a_ward_is_to_be_included(lattice):
    wards = lattice(1, 3, value=[1.0, 2.0, 3.0])
    rule = Rule(1, Limits((5_000, 10_000), 1, "district_code"), include=("E05000000",))
    selection = find_selection(wards, build_graph(wards), rule=rule, value="value", seed=1)
    draws = pd.DataFrame({0: [0.0, 0.0, 0.0], 1: [0.0, 0.0, 3.0]}, index=wards.index)
    assert choose_again(selection, draws, seed=1).mean(axis=1).tolist() == [0, 0, 0.5]
