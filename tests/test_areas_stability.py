"""How sure a choice is: ranks in simulations, near misses, and the choice by other values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.areas.group import Limits, build_areas, rank_areas
from tipping_point.areas.select import Rule, find_selection
from tipping_point.areas.stability import add_area_firmness, choose_again, near_misses, next_groups, share_again
from tipping_point.tables import InputError
from tipping_point.wards.neighbours import build_graph

NEW = ["rank_low", "rank_high", "rank_choice_low", "rank_choice_high", "share_in_top", "share_in_top_choices",
       "rank_group"]  # fmt: skip


def make(lattice):
    """Six wards: areas of wards 0+1, 2, 3+4 and, outside the limits, 5."""
    wards = lattice(1, 6, population=[30_000.0, 10_000.0, 20_000.0, 15_000.0, 15_000.0, 2_000.0])
    wards = wards.assign(crimes=1.0, harm=1.0, index_score=[80.0, 40.0, 60.0, 20.0, 30.0, 99.0], visitor_ward=False,
                         hot_votes=1)  # fmt: skip
    members = pd.DataFrame({"ward_code": wards.index, "area": [0, 0, 1, 2, 2, 3], "cluster": 0})
    limits = Limits(population=(15_000, 60_000))
    return wards, rank_areas(build_areas(wards, members, limits=limits), number=1)


def draw(wards: pd.DataFrame, *columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(np.array(columns).T, index=wards.index)


def test_the_columns_by_hand(lattice):
    wards, areas = make(lattice)
    # 0+1 scores 70, 60, 40; 2 scores 60, 65, 50; 3+4 scores 25 throughout; ward 5 is in no ranked area.
    simulated = draw(wards, [80, 40, 60, 20, 30, 1], [70, 30, 65, 20, 30, 1], [40, 40, 50, 20, 30, 99])
    choices = draw(wards, [80, 40, 60, 20, 30, 1], [10, 10, 5, 90, 90, 1])
    firm = add_area_firmness(areas, wards, simulated, choices, number=1)
    by_wards = firm.set_index("ward_codes")[NEW]
    first, second, third, outside = (by_wards.iloc[place] for place in range(4))
    assert first.tolist() == [1, 2, 1, 2, pytest.approx(1 / 3), 0.5, 1]
    assert second.tolist() == [1, 2, 2, 3, pytest.approx(2 / 3), 0, 1]
    assert third.tolist() == [3, 3, 1, 3, 0, 0.5, 2]
    assert outside.isna().all()


def test_in_a_single_simulation_of_the_index_itself_every_rank_is_its_own(lattice):
    wards, areas = make(lattice)
    same = draw(wards, list(wards["index_score"]))
    firm = add_area_firmness(areas, wards, same, same)
    ranked = firm[firm["rank"].notna()]
    for column in ("rank_low", "rank_high", "rank_choice_low", "rank_choice_high"):
        assert ranked[column].tolist() == ranked["rank"].tolist()


def test_values_that_add_up_are_summed(lattice):
    wards, areas = make(lattice)
    # By the mean 0+1 scores 3.5 and 3+4 scores 4; by the sum 6 and 8; ward 2 alone scores 7 either way.
    drawn = draw(wards, [4, 2, 7, 4, 4, 9])
    mean, total = (
        add_area_firmness(areas.assign(rank=pd.array([1, 1, 1, pd.NA], dtype="Int64")), wards, drawn, drawn,
                          combine=combine).set_index("ward_codes")["rank_choice_high"]
        for combine in ("mean", "sum")
    )  # fmt: skip
    assert mean[["E05000000;E05000001", "E05000002", "E05000003;E05000004"]].tolist() == [3, 1, 2]
    assert total[["E05000000;E05000001", "E05000002", "E05000003;E05000004"]].tolist() == [3, 2, 1]


def test_a_ward_without_a_score_is_left_out_of_its_areas_mean(lattice):
    wards, areas = make(lattice)
    simulated = draw(wards, [np.nan, 40, 60, 20, 30, 1])
    firm = add_area_firmness(areas, wards, simulated, simulated)
    assert firm.set_index("ward_codes").loc["E05000002", "share_in_top"] == 1
    assert firm["rank_choice_low"].min() == 1


def test_countries_are_apart_and_inputs_stay(lattice):
    wards, areas = make(lattice)
    areas["country"] = ["England", "Wales", "England", "England"]
    areas["rank"] = pd.array([1, 1, 2, pd.NA], dtype="Int64")
    simulated = draw(wards, [80, 40, 60, 20, 30, 1])
    before = areas.copy()
    firm = add_area_firmness(areas, wards.iloc[::-1], simulated.iloc[::-1], simulated, number=1)
    assert firm["rank_high"].fillna(-1).tolist() == [1, 1, 2, -1]
    assert firm["share_in_top"].fillna(-1).tolist() == [1, 1, 0, -1]
    pd.testing.assert_frame_equal(areas, before)


def test_no_area_and_none_within_the_limits(lattice):
    wards, areas = make(lattice)
    simulated = draw(wards, [80, 40, 60, 20, 30, 1])
    for table in (areas.head(0), areas[areas["rank"].isna()]):
        firm = add_area_firmness(table, wards, simulated, simulated)
        assert len(firm) == len(table)
        assert firm[NEW].isna().all(axis=None)


def test_every_fault_is_listed_at_once(lattice):
    wards, areas = make(lattice)
    simulated = draw(wards, [80, 40, 60, 20, 30, 1])
    with pytest.raises(InputError) as caught:
        add_area_firmness(areas.drop(columns="rank"), wards.drop(columns="population"), simulated.iloc[1:],
                          simulated, number=0, combine="most")  # fmt: skip
    for sentence in ("combine: 'most' is not known; choose from mean, sum",
                     "a shortlist has at least 1 area", "areas: lacks the column(s) rank",
                     "wards: lacks the column(s) population",
                     "simulated: 1 wards of the areas are not in it, e.g. E05000000"):  # fmt: skip
        assert sentence in str(caught.value)


def find(wards, areas, *, limits=None, **options):
    rule = Rule(areas, limits or Limits((0, 1e9), 2), **options)
    return find_selection(wards, build_graph(wards), rule=rule, value="value", seed=1)


def test_near_misses_by_hand(lattice):
    """A row of seven in pairs: the first pair is chosen, the best of the rest is the pair at the end."""
    wards = lattice(1, 7, value=[9.0, 8.0, 0.0, 0.0, 1.0, 2.0, 4.0])
    near = near_misses(find(wards, 1), wards)
    assert near.index.tolist() == wards.index[2:].tolist()
    assert near["near_value"].tolist() == [0, 1, 3, 6, 6]
    assert near["weakest_value"].tolist() == [17.0] * 5
    assert near["near_ward_codes"].iloc[-1] == "E05000005;E05000006"
    assert near["near_population"].iloc[-1] == 20_000
    assert near["near_reason"].iloc[0] == "no value"
    assert near["near_reason"].iloc[-1] == "lower"


def test_every_reason_is_told_apart(lattice):
    wards = lattice(1, 6, value=[9.0, 1.0, 3.0, 1.0, 2.0, np.nan],
                    population=[10_000.0, 10_000.0, 10_000.0, 90_000.0, 10_000.0, 10_000.0])  # fmt: skip
    selection = find(wards, 1, limits=Limits((15_000, 40_000), 2), exclude=("E05000004",))
    near = near_misses(selection, wards)["near_reason"]
    assert near.to_dict() == {
        "E05000002": "taken",
        "E05000003": "no group",
        "E05000004": "excluded",
        "E05000005": "not usable",
    }
    wards = lattice(1, 3, value=[9.0, 5.0, 1.0], district_code=["A", "A", "B"])
    capped = near_misses(find(wards, 2, limits=Limits((0, 1e9), 1), per_authority=1), wards)
    assert capped["near_reason"].tolist() == ["authority full"]
    assert capped["weakest_value"].tolist() == [9.0]
    forced = near_misses(find(wards, 1, limits=Limits((0, 1e9), 1), include=("E05000002",)), wards)
    assert forced["near_reason"].eq("blocked").all()


def test_districts_without_an_area(lattice):
    wards = lattice(1, 6, value=[9.0, 8.0, 1.0, 2.0, 0.0, np.nan], district_code=["A", "A", "B", "B", "C", "D"])
    near = near_misses(find(wards, 1), wards, by="district_code")
    assert near.index.tolist() == ["B", "C", "D"]
    assert near["near_value"].iloc[:2].tolist() == [3, 0]
    assert near["near_ward_codes"].tolist() == ["E05000002;E05000003", "E05000004", ""]
    assert near["near_reason"].iloc[2] == "not usable"
    with pytest.raises(InputError, match="allowed are 'ward_code' and 'district_code'"):
        near_misses(find(wards, 1), wards, by="force_name")


def test_each_country_has_its_own_weakest_area(lattice):
    wards = lattice(1, 4, value=[9.0, 8.0, 3.0, 2.0], country=["England", "England", "Wales", "Wales"])
    near = near_misses(find(wards, 1, limits=Limits((0, 1e9), 1)), wards)
    assert near["weakest_value"].to_dict() == {"E05000001": 9.0, "E05000003": 3.0}


def test_nothing_chosen_leaves_nothing_to_beat(lattice):
    wards = lattice(1, 2, value=0.0)
    near = near_misses(find(wards, 1), wards)
    assert near["weakest_value"].isna().all()
    assert near["near_value"].tolist() == [0, 0]


def test_a_near_miss_is_the_best_free_group(lattice):
    """Against the definition, group by group, on a block with values drawn at random."""
    wards = lattice(5, 5, value=np.random.default_rng(2).gamma(1.0, 1.0, 25))
    selection = find(wards, 3, limits=Limits((20_000, 30_000), 3))
    used = {code for codes in selection.chosen["ward_codes"] for code in codes.split(";")}
    groups = selection.groups.wards_of(np.arange(len(selection.groups.members)))
    best = {}
    for codes in groups:
        if not used & set(codes):
            for code in codes:
                best[code] = max(best.get(code, 0.0), wards.loc[codes, "value"].sum())
    near = near_misses(selection, wards)
    assert near.index.tolist() == [code for code in wards.index if code not in used]
    assert near["near_value"].to_dict() == pytest.approx({code: best.get(code, np.nan) for code in near.index},
                                                         nan_ok=True)  # fmt: skip
    assert (near["near_value"].dropna() <= near["weakest_value"].max()).all()


def test_a_selection_says_what_it_is(lattice):
    wards = lattice(1, 2, value=1.0)
    assert repr(find(wards, 1)) == "1 areas of 3 groups of 2 wards"


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
