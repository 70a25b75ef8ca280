"""The share of the goal that areas can bring, and the yearly path, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.areas.goal import PATH, add_contribution, yearly_fall, yearly_path
from tipping_point.tables import InputError
from tipping_point.text.areas import describe_goal

A, B, C, D = (f"E0500000{n}" for n in range(4))


@pytest.fixture
def wards(lattice):
    return lattice(1, 4, harm=[400.0, 200.0, 300.0, 100.0], crimes=[40.0, 20.0, 30.0, 10.0],
                   months_covered=[24, 24, 12, 12])  # fmt: skip


@pytest.fixture
def areas():
    return pd.DataFrame(
        {"area_name": ["North", "South"], "ward_codes": [A, B], "country": "England", "population": 10_000.0,
         "harm": [400.0, 200.0], "shortlisted": [True, True]},
        index=pd.Index(["A-0", "A-1"], name="area_id"),
    )  # fmt: skip


def test_half_in_ten_years_is_6_7_per_cent_a_year():
    assert yearly_fall() == pytest.approx(0.0670, abs=5e-5)
    assert (1 - yearly_fall()) ** 10 == pytest.approx(0.5)


def test_halving_an_area_brings_its_share_of_the_fall(wards, areas):
    found = add_contribution(areas, wards)
    assert found["share_of_harm"].tolist() == [0.4, 0.2]
    assert found["contribution_if_goal_met"].tolist() == [0.4, 0.2]  # 200 of the 500 that must go; 100 of 500
    assert found["fall_to_comparators"].isna().all()
    assert found["comparator_basis"].tolist() == ["", ""]
    assert "share_of_harm" not in areas


def test_a_ward_that_is_not_assessed_is_not_part_of_the_whole(wards, areas):
    wards.loc[D, "assessed"] = False
    assert add_contribution(areas, wards)["share_of_harm"].tolist() == pytest.approx([4 / 9, 2 / 9])


def test_down_to_the_level_of_comparators_and_never_up_to_it(wards, areas):
    pairs = pd.DataFrame({"area_id": ["A-0", "A-0", "A-1"], "ward_code": [C, D, C], "matched_on": "deprivation"})
    wards["population"] = [10_000.0, 10_000.0, 10_000.0, 30_000.0]
    found = add_contribution(areas, wards, pairs)
    assert found["comparator_harm_rate"].tolist() == [10.0, 30.0]  # 400 on 40,000; 300 on 10,000
    assert found["fall_to_comparators"].tolist() == [300.0, 0.0]
    assert found["contribution_if_like_comparators"].tolist() == [0.6, 0.0]


def test_the_sentences_hold_the_numbers(wards, areas):
    pairs = pd.DataFrame({"area_id": ["A-0", "A-1"], "ward_code": [C, D], "matched_on": "deprivation"})
    first, second = describe_goal(add_contribution(areas, wards, pairs), wards, baseline="the year 2024")
    assert first == (
        "The 2 areas chosen hold 60% of the serious harm of the 4 assessed wards in England, and 50% of their"
        " residents. Counted from the year 2024, halving it there would bring 60% of the fall needed to halve the"
        " whole; the rest would have to come from elsewhere."
    )
    assert second == (
        "Bringing it down to the level of wards that were not chosen but are alike in deprivation would bring 40% of"
        " that fall."
    )
    pairs["matched_on"] = "level, deprivation"
    told = describe_goal(add_contribution(areas, wards, pairs), wards, baseline="2024")[1]
    assert "alike in harm and deprivation (and since harm is one of these" in told
    assert len(describe_goal(add_contribution(areas, wards), wards, baseline="2024")) == 1
    assert describe_goal(add_contribution(areas.head(0), wards), wards, baseline="2024") == ()


def test_the_path_by_hand(wards, areas):
    path = yearly_path(areas, wards, baseline_year=2025)
    assert list(path.columns) == PATH
    harm = path[(path["area_id"] == "A-0") & (path["measure"] == "harm")].set_index("year")
    assert harm.loc[[2025, 2026, 2035], "straight_line"].tolist() == pytest.approx([400, 380, 200])
    assert harm.loc[[2025, 2026, 2035], "constant_fall"].tolist() == pytest.approx([400, 400 * 0.5**0.1, 200])
    assert harm["actual"].tolist() == [400.0] + [pytest.approx(np.nan, nan_ok=True)] * 10
    whole = path[(path["scope"] == "whole") & (path["measure"] == "crimes") & (path["years_since"] == 0)]
    assert whole["actual"].tolist() == [20 + 10 + 30 + 10]  # two wards over two years
    shortlist = path[(path["scope"] == "shortlist") & (path["measure"] == "harm") & (path["years_since"] == 10)]
    assert shortlist["straight_line"].tolist() == [300.0]


def test_public_confidence_is_blank_and_says_so(wards, areas):
    path = yearly_path(areas, wards, baseline_year=2025)
    rows = path[path["measure"] == "public confidence"]
    assert len(rows) == 4 * 11
    assert rows[["straight_line", "constant_fall", "actual"]].isna().all(axis=None)
    assert rows["note"].str.startswith("not measured").all()
    assert (path.loc[path["measure"] != "public confidence", "note"] == "").all()


def test_only_the_shortlist_is_marked_and_no_area_is_an_empty_table(wards, areas):
    path = yearly_path(areas.assign(shortlisted=[True, False]), wards, baseline_year=2025)
    assert set(path["area_id"]) == {"A-0", ""}
    empty = yearly_path(areas.head(0), wards, baseline_year=2025)
    assert empty.empty
    assert list(empty.columns) == PATH


def test_what_cannot_be_is_refused(wards, areas):
    with pytest.raises(InputError) as caught:
        yearly_path(areas, wards, baseline_year=2025, goal=1, years=0)
    assert len(caught.value.faults) == 2
    with pytest.raises(InputError, match="baseline_year: 25 given"):
        yearly_path(areas, wards, baseline_year=25)
