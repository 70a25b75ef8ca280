"""The firmness of area ranks: weighted means by hand, blanks, the empty table and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.areas.firmness import add_area_firmness
from tipping_point.areas.group import Limits, build_areas
from tipping_point.areas.rank import rank_areas
from tipping_point.tables import InputError

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
