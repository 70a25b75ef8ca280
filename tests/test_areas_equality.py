"""Who lives in the chosen places: shares by hand, small numbers, what is refused, and how far two choices agree."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tipping_point.areas.equality import FEWEST, compare_choices, equality
from tipping_point.tables import InputError


@pytest.fixture
def people(lattice):
    wards = lattice(1, 4)
    residents = pd.DataFrame(
        {"age: young": [300.0, 100, 100, 500], "age: old": [700.0, 900, 900, 500],
         "sex: Female": [510.0, 490, 500, 500], "sex: Male": [490.0, 510, 500, 500]},
        index=wards.index,
    )  # fmt: skip
    return wards, residents


def test_shares_and_ratio_by_hand(people):
    wards, residents = people
    table = equality(wards, residents, chosen=[wards.index[0]], near=[wards.index[1]])
    young = table.iloc[0]
    assert young[["characteristic", "group"]].tolist() == ["age", "young"]
    assert young[["residents_chosen", "residents_near", "residents_all"]].tolist() == [300, 100, 1000]
    assert young[["share_chosen", "share_near", "share_all", "ratio"]].tolist() == pytest.approx([0.3, 0.1, 0.25, 1.2])
    assert table["group"].tolist() == ["young", "old", "Female", "Male"]
    assert not table["suppressed"].any() and (table["wards_without"] == 0).all()
    sums = table.groupby("characteristic")[["share_chosen", "share_near", "share_all"]].sum()
    assert np.allclose(sums, 1)


def test_wards_that_are_not_assessed_or_without_a_figure_are_left_out(people):
    wards, residents = people
    wards = wards.assign(assessed=[True, True, True, False])
    residents.loc[wards.index[1], "sex: Male"] = np.nan
    table = equality(wards, residents.iloc[:3], chosen=wards.index[:2].tolist()).set_index(["characteristic", "group"])
    assert table.loc[("age", "young"), "residents_all"] == 500
    assert table.loc[("sex", "Female"), ["residents_chosen", "residents_all"]].tolist() == [510, 1010]
    assert table["wards_without"].tolist() == [0, 0, 1, 1]
    left = equality(wards, residents.iloc[:1], chosen=[wards.index[0]])
    assert left["wards_without"].tolist() == [2] * 4


def test_countries_stand_apart(people):
    wards, residents = people
    wards = wards.assign(country=["England", "England", "Wales", "Wales"])
    table = equality(wards, residents, chosen=[wards.index[0]]).set_index(["country", "group"])
    assert table.loc[("England", "young"), "share_all"] == pytest.approx(0.2)
    assert table.loc[("Wales", "young"), ["residents_chosen", "share_chosen", "ratio"]].isna().all()
    assert table["residents_near"].isna().all() and not table["suppressed"].any()


def test_a_small_number_is_not_shown_nor_can_it_be_worked_out(lattice):
    wards = lattice(1, 2)
    residents = pd.DataFrame(
        {"g: a": [FEWEST - 1.0, 400], "g: b": [50.0, 300], "g: c": [900.0, 300]}, index=wards.index
    )
    table = equality(wards, residents, chosen=[wards.index[0]])
    assert table["residents_chosen"].isna().tolist() == [True, True, False]
    assert table["share_chosen"].isna().tolist() == table["ratio"].isna().tolist() == [True, True, False]
    assert table["suppressed"].tolist() == [True, True, False]
    assert table["residents_all"].tolist() == [409, 350, 1200]
    assert table["share_chosen"].iloc[2] == pytest.approx(900 / 959)
    shown = equality(wards, residents, chosen=[wards.index[0]], fewest=1)
    assert shown["residents_chosen"].tolist() == [9, 50, 900]


def test_no_choice_no_residents_and_row_order(people):
    wards, residents = people
    before = wards.copy(), residents.copy()
    nobody = equality(wards, residents * 0, chosen=[wards.index[0]], fewest=0)
    assert nobody["share_chosen"].isna().all() and nobody["ratio"].isna().all()
    none = equality(wards, residents, chosen=[])
    assert none["residents_chosen"].isna().all() and none["residents_all"].notna().all()
    empty = equality(wards, residents[[]], chosen=[wards.index[0]])
    assert empty.empty and list(empty.columns) == list(none.columns)
    mixed = equality(wards.iloc[::-1], residents.sample(frac=1, random_state=1), chosen={*wards.index[:2]})
    pd.testing.assert_frame_equal(mixed, equality(wards, residents, chosen=[*wards.index[:2]]))
    pd.testing.assert_frame_equal(pd.DataFrame(wards), pd.DataFrame(before[0]))
    pd.testing.assert_frame_equal(residents, before[1])


def test_evidence_is_kept_apart_from_measures(people):
    wards, residents = people
    with pytest.raises(InputError, match=r"'age: young' is a column of the ward table too.*is evidence"):
        equality(wards.assign(**{"age: young": 1.0}), residents, chosen=[])


def test_every_fault_is_named_at_once(people):
    wards, residents = people
    wards.loc[wards.index[3], "assessed"] = False
    with pytest.raises(InputError) as caught:
        equality(wards, residents, chosen=["E05999999", wards.index[0]], near=[wards.index[0], wards.index[3]])
    assert caught.value.faults == (
        "chosen: 'E05999999' is no assessed ward of the study",
        f"near: '{wards.index[3]}' is no assessed ward of the study",
        f"near: '{wards.index[0]}' is chosen too",
    )
    broken = pd.concat([residents.rename(columns={"age: old": "old"}) * -1, residents.iloc[:1]])
    with pytest.raises(InputError) as caught:
        equality(wards, broken[["old", "age: young"]], chosen=[])
    assert [words in fault for words, fault in zip(
        ("'old' is not 'characteristic: group'", "'old' is below 0", "'age: young' is below 0", "stands twice"),
        caught.value.faults, strict=True)] == [True] * 4  # fmt: skip


def test_two_choices_by_hand(lattice):
    wards = lattice(1, 4, population=[1000.0, 2000.0, 3000.0, 4000.0])
    codes = wards.index.tolist()
    assert compare_choices(codes[:3], codes[1:], wards) == {
        "wards": 3, "wards_other": 3, "wards_in_common": 2, "share_in_common": pytest.approx(2 / 3),
        "residents": 6000, "residents_in_common": 5000, "share_of_residents": pytest.approx(5 / 6),
    }  # fmt: skip
    nothing = compare_choices([], codes, wards)
    assert nothing["wards_in_common"] == 0 and np.isnan(nothing["share_in_common"])
    assert np.isnan(nothing["share_of_residents"])
    with pytest.raises(InputError, match="'E05999999' and 1 more are no ward"):
        compare_choices(codes, ["E05999999", "E05999998"], wards)


@settings(deadline=None, max_examples=40)
@given(st.sets(st.integers(0, 11)), st.sets(st.integers(0, 11)))
def test_what_two_choices_share_is_the_same_both_ways(first, second):
    wards = pd.DataFrame({"population": np.arange(1.0, 13.0)}, index=[f"E05{n:06d}" for n in range(12)])
    one, other = ([wards.index[place] for place in sorted(chosen)] for chosen in (first, second))
    there, back = compare_choices(one, other, wards), compare_choices(other, one, wards)
    assert there["wards_in_common"] == back["wards_in_common"] == len(first & second)
    assert there["residents_in_common"] == back["residents_in_common"] <= there["residents"]
    assert compare_choices(one, one, wards)["residents_in_common"] == there["residents"]
