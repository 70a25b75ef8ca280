"""The visitor flag: known from people in the day, else guessed and called a guess."""

from __future__ import annotations

import pandas as pd
import pytest

from tipping_point.measures.proxies import proxy_overlap
from tipping_point.measures.visitors import add_visitors
from tipping_point.tables import InputError


def thefts(wards, numbers, kind="Shoplifting"):
    frame = pd.DataFrame({"ward_code": wards.index, "month": "2024-01", "crime_type": kind, "crimes": numbers})
    return frame.astype({"crimes": "Int64"})


def test_a_centre_is_guessed_from_its_thefts_and_called_a_guess(lattice):
    wards = lattice(1, 5)
    flagged = add_visitors(wards, thefts(wards, [10, 10, 10, 49, 50]), vocabulary="police_uk")
    assert flagged["visitor_ward"].tolist() == [False, False, False, False, True]
    assert flagged["visitor_basis"].str.startswith("guess: ").all()


def test_people_in_the_day_are_used_where_known_and_a_guess_elsewhere(lattice):
    wards = lattice(1, 5, workday=[15_000.0, 14_999.0, float("nan"), float("nan"), 0.0])
    flagged = add_visitors(wards, thefts(wards, [10, 90, 90, 10, 10]), vocabulary="police_uk", daytime="workday")
    assert flagged["visitor_ward"].tolist() == [True, False, True, False, False]
    assert flagged["visitor_basis"].str.startswith("guess: ").tolist() == [False, False, True, True, False]
    assert flagged["visitor_basis"].iloc[0] == "workday per resident at least 1.5"
    with pytest.raises(InputError, match=r"rates.daytime: 'jobs' is not an indicator"):
        add_visitors(wards, thefts(wards, [0] * 5), vocabulary="police_uk", daytime="jobs")


def test_jobs_have_a_threshold_of_their_own(lattice):
    wards = lattice(1, 2, jobs=[10_000.0, 9_999.0])
    flagged = add_visitors(wards, thefts(wards, [0, 0]), vocabulary="police_uk", daytime="jobs", daytime_kind="jobs")
    assert flagged["visitor_ward"].tolist() == [True, False]
    assert (flagged["visitor_basis"] == "jobs per resident at least 1.0").all()
    with pytest.raises(InputError, match=r"rates.daytime_kind: 'shops' is not known; it is one of people, jobs"):
        add_visitors(wards, thefts(wards, [0, 0]), vocabulary="police_uk", daytime="jobs", daytime_kind="shops")


def test_a_ward_that_is_not_assessed_has_neither_flag_nor_basis(lattice):
    wards = lattice(1, 2, jobs=[90_000.0, 90_000.0], assessed=[True, False])
    flagged = add_visitors(wards, thefts(wards, [1, 1]), vocabulary="police_uk", daytime="jobs", daytime_kind="jobs")
    assert flagged["visitor_ward"].isna().tolist() == [False, True]
    assert flagged["visitor_basis"].tolist()[1] == ""


def test_nothing_is_said_of_a_ward_that_is_not_assessed(lattice):
    wards = lattice(1, 3, assessed=[True, False, True])
    flagged = add_visitors(wards, thefts(wards, [1, 100, 1]), vocabulary="police_uk")
    assert flagged["visitor_ward"].isna().tolist() == [False, True, False]
    assert flagged["visitor_basis"].iloc[1] == ""


def test_without_thefts_nobody_is_a_visitor(lattice):
    wards = lattice(1, 3)
    assert not add_visitors(wards, thefts(wards, [0, 0, 0]), vocabulary="police_uk")["visitor_ward"].any()


def test_overlap_of_the_two_proxies_by_hand(lattice):
    wards = lattice(2, 10)
    robbery = thefts(wards, range(20), "Robbery")
    violence = thefts(wards, [0] * 17 + [5, 0, 9], "Violence and sexual offences")
    assert proxy_overlap(wards, pd.concat([robbery, violence]), vocabulary="police_uk") == (1, 2)
