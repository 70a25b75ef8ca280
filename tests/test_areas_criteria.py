"""The four criteria, each by hand: at the threshold, under it, and not known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.areas.criteria import Criteria, add_criteria, find_rising
from tipping_point.tables import DOMAINS, InputError, months_between
from tipping_point.wards.neighbours import build_graph

A, B, C, D = (f"E0500000{n}" for n in range(4))
MONTHS = months_between("2022-01", "2024-12")


@pytest.fixture
def wards(lattice):
    return lattice(1, 4, hot_votes=pd.array([2, 0, 0, 0], dtype="Int64"), chronic_state="not", chronic_reason="",
                   **dict.fromkeys(DOMAINS, 50.0))  # fmt: skip


def judge(wards, codes=f"{A};{B}", **options):
    areas = pd.DataFrame({"ward_codes": [codes]}, index=pd.Index(["A-0"], name="area_id"))
    return add_criteria(areas, wards, build_graph(wards), **options).iloc[0]


def test_concentrated_needs_one_ward_that_is_hot_itself(wards):
    found = judge(wards, rules=Criteria(votes=2))
    assert found["criterion_concentrated"] == "pass"
    assert found["criterion_concentrated_reason"] == (
        "1 of its 2 wards, home to 50% of its residents, is itself a hot spot by 2 or more of the study's methods."
    )
    assert judge(wards, rules=Criteria(votes=3))["criterion_concentrated"] == "fail"
    assert judge(wards, codes=f"{C};{D}")["criterion_concentrated_reason"] == (
        "None of its 2 wards is itself a hot spot by the study's tests."
    )


def test_concentrated_from_gi_star_where_there_are_no_votes(wards):
    plain = wards.drop(columns="hot_votes").assign(gi_star_hot=pd.array([True, True, None, None], dtype="boolean"))
    assert judge(plain)["criterion_concentrated"] == "pass"
    assert judge(plain)["criterion_concentrated_reason"].startswith("Both of its wards are hot spots")
    assert judge(plain, codes=C)["criterion_concentrated"] == "not assessed"
    assert judge(wards.drop(columns="hot_votes"))["criterion_concentrated"] == "not assessed"


def test_chronic_is_half_of_the_residents_unless_what_is_unknown_could_decide(wards):
    wards.loc[A, "chronic_state"] = "chronic"
    assert judge(wards)["criterion_chronic"] == "pass"
    wards.loc[A, "population"] = 9_999.0
    assert judge(wards)["criterion_chronic"] == "fail"
    wards.loc[B, "chronic_state"] = "not assessed"
    assert judge(wards)["criterion_chronic"] == "not assessed"
    assert judge(wards)["criterion_chronic_reason"].endswith("50% is needed; of 1 ward it is not known.")
    wards.loc[A, "population"] = 20_000.0
    assert judge(wards)["criterion_chronic"] == "pass"  # whatever the other is


def test_a_short_study_has_no_chronic_and_no_tipping(wards):
    for short in (wards.drop(columns=["chronic_state", "chronic_reason"]),
                  wards.assign(chronic_state="not assessed", chronic_reason="5 windows")):  # fmt: skip
        found = judge(short)
        assert found["criterion_chronic"] == found["criterion_tipping"] == "not assessed"
        assert found["criteria_assessed"] == 2
    assert judge(short)["criterion_chronic_reason"].endswith("(5 windows).")


def test_compounded_counts_income_and_employment_as_one_need(wards):
    deep = wards.assign(income=80.0, employment=90.0, health=85.0)
    assert judge(deep)["criterion_compounded"] == "fail"
    assert judge(deep, rules=Criteria(needs=2))["criterion_compounded"] == "pass"
    assert judge(deep.assign(education=81.0))["criterion_compounded"] == "pass"
    assert judge(deep.assign(education=79.99))["criterion_compounded"] == "fail"
    said = judge(deep)["criterion_compounded_reason"]
    assert "for income, employment and health, where income and employment count as one need; 3 different" in said
    assert judge(wards)["criterion_compounded_reason"].startswith("In no domain does half of its residents live")


def test_compounded_is_not_assessed_where_a_missing_domain_could_decide(wards):
    deep = wards.assign(income=90.0, health=90.0, education=np.nan)
    assert judge(deep)["criterion_compounded"] == "not assessed"
    assert judge(wards.assign(education=np.nan))["criterion_compounded"] == "fail"
    assert judge(wards.drop(columns=list(DOMAINS)))["criterion_compounded"] == "not assessed"


def test_compounded_needs_half_of_the_residents_in_each_domain(wards):
    deep = wards.assign(income=90.0, health=90.0, education=[90.0, 10.0, 0.0, 0.0])
    assert judge(deep)["criterion_compounded"] == "pass"
    deep.loc[A, "population"] = 9_999.0
    assert judge(deep)["criterion_compounded"] == "fail"


def test_tipping_by_each_of_its_ways(wards):
    assert judge(wards)["criterion_tipping"] == "fail"
    step = wards.assign(chronic_state=["tipping", "not", "not", "not"])
    assert judge(step)["criterion_tipping"] == "pass"
    beside = wards.assign(chronic_state=["not", "not", "chronic", "not"])
    assert judge(beside)["criterion_tipping"] == "pass"  # B touches C
    assert judge(beside, codes=A)["criterion_tipping"] == "fail"
    assert judge(beside, codes=C)["criterion_tipping"] == "fail"  # chronic itself, beside none
    rising = pd.Series({"A-0": 1}, dtype="Int64")
    assert judge(wards, rising=rising)["criterion_tipping"] == "pass"
    assert judge(wards, rising=-rising)["criterion_tipping"] == "fail"
    assert "is falling, measured against its force" in judge(wards, rising=-rising)["criterion_tipping_reason"]


def test_tipping_without_states_passes_on_the_trend_alone_and_never_fails(wards):
    plain = wards.drop(columns="chronic_state")
    for sign, verdict in ((1, "pass"), (0, "not assessed"), (-1, "not assessed")):
        assert judge(plain, rising=pd.Series({"A-0": sign}, dtype="Int64"))["criterion_tipping"] == verdict
    missing = pd.Series({"A-0": pd.NA}, dtype="Int64")
    assert judge(plain, rising=missing)["criterion_tipping"] == "not assessed"


def test_passes_are_counted_and_the_input_is_left_alone(wards):
    before = wards.copy()
    found = judge(wards.assign(chronic_state=["chronic", "tipping", "not", "not"]))
    assert (found["criteria_passed"], found["criteria_assessed"]) == (3, 4)
    pd.testing.assert_frame_equal(pd.DataFrame(wards), pd.DataFrame(before))
    empty = pd.DataFrame({"ward_codes": pd.Series(dtype=str)}, index=pd.Index([], name="area_id", dtype=str))
    assert len(add_criteria(empty, wards, build_graph(wards))) == 0


def test_every_faulty_threshold_is_named():
    with pytest.raises(InputError) as caught:
        Criteria(votes=0, chronic=0, most_deprived=1.5, needs=6)
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "criteria.chronic", "criteria.most_deprived", "criteria.votes", "criteria.needs",
    ]  # fmt: skip


def monthly_of(wards, series):
    return pd.DataFrame(np.outer(np.ones(len(wards)), np.ones(len(MONTHS)) * series), wards.index, MONTHS)


def rising(wards, monthly, codes=(f"{A};{B}",)):
    areas = pd.DataFrame({"ward_codes": list(codes)}, index=[f"A-{n}" for n in range(len(codes))])
    return find_rising(areas, wards, monthly)


def test_rising_is_against_the_force_and_blind_to_what_moves_all(wards):
    steady = monthly_of(wards, np.linspace(10, 100, len(MONTHS)))
    assert rising(wards, steady).tolist() == [0]  # all rise alike
    steady.loc[[A, B]] = np.linspace(10, 200, len(MONTHS))
    assert rising(wards, steady, (f"{A};{B}", f"{C};{D}")).tolist() == [1, -1]


def test_a_trend_needs_eight_whole_quarters(wards):
    up = monthly_of(wards, 10.0)
    up.loc[A] = np.linspace(10, 100, len(MONTHS))
    assert rising(wards, up.iloc[:, :23]).isna().all()
    assert rising(wards, up.iloc[:, :24]).tolist() == [1]
    up.loc[B, MONTHS[::3]] = np.nan  # no quarter of B is whole
    assert rising(wards, up).isna().all()


def test_quarters_are_counted_from_the_last_month(wards):
    flat = monthly_of(wards, 10.0)
    flat.loc[A, MONTHS[0]] = np.nan
    found = rising(wards, flat.iloc[:, :25], (A,))
    assert found.notna().all()  # the odd first month is in no quarter
