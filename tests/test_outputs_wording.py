"""Numbers as words: rounding, ranges, marks, sentences; and the words that are never used."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from builders.outputs_listing import make_cover

import tipping_point.outputs
from tipping_point.outputs import wording


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (14.24, 13.10, 15.44, "14.2 [13.1 to 15.4]"),  # 2.34 wide, under a fifth of 14.24
        (14.24, 11.90, 16.80, "14 [12 to 17]"),  # 4.9 wide: no decimal
        (10.0, 9.0, 11.0, "10.0 [9.0 to 11.0]"),  # exactly a fifth keeps its decimal
        (10.0, 8.9, 11.1, "10 [9 to 11]"),  # just over a fifth loses it
        (1234.5, 1200.0, 1300.0, "1,234.5 [1,200.0 to 1,300.0]"),
        (14.24, None, None, "14.2"),
        (14.24, np.nan, 15.0, "14.2"),
        (None, 1, 2, "–"),
        (np.nan, 1, 2, "–"),
        (0.0, 0.0, 0.9, "0 [0 to 1]"),
    ],
)
def test_a_rate_keeps_a_decimal_only_where_its_range_is_narrow(value, low, high, said):
    assert wording.rate(value, low, high) == said


def test_a_rate_on_fewer_than_twenty_crimes_carries_its_mark():
    assert wording.rate(3.0, 1.0, 6.0, events=19) == f"3 [1 to 6] {wording.MARK}"
    assert wording.rate(3.0, 1.0, 6.0, events=20) == "3 [1 to 6]"
    assert wording.rate(None, events=3) == "–"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0%"),
        (0.004, "under 1%"),
        (0.0051, "1%"),
        (0.126, "13%"),
        (0.994, "99%"),
        (0.996, "over 99%"),
        (1, "100%"),
        (None, "–"),
    ],
)
def test_a_share_is_a_whole_per_cent_and_never_a_false_nought_or_hundred(value, said):
    assert wording.share(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (21, "21st"),
        (112, "112th"),
    ],
)
def test_ordinals(value, said):
    assert wording.ordinal(value) == said


def test_a_rank_is_never_printed_bare():
    assert wording.place({"rank": 3.0}, 436) == "3rd of 436 (no range yet)"
    assert wording.place({"rank": 3, "rank_low": 2, "rank_high": 5}) == "3rd (likely 2nd to 5th)"
    assert wording.place({"rank": None}) == "–"


def test_text_from_data_loses_control_and_direction_marks_and_is_cut():
    assert wording.clean("A\u202eB\u200f\x00C\nD  E") == "ABC D E"
    assert len(wording.clean("x" * 10_000)) == 80
    assert wording.clean("x" * 10_000).endswith("…")
    assert wording.clean(None) == wording.clean(np.nan) == wording.clean(pd.NA) == ""
    assert wording.clean("Ynys Môn") == "Ynys Môn"


def test_why_a_ward_is_hot_is_the_tests_own_sentence():
    said = "Hot: its neighbours' rates are higher than in all but 3 in 10,000 random arrangements."
    assert wording.why_hot({"assessed": True, "hotspot_reason": said}) == said
    assert wording.why_hot({"assessed": True}) == ""


def test_nothing_is_said_of_a_ward_that_was_not_assessed():
    said = wording.why_hot(
        {"assessed": False, "not_assessed_reason": "Metropolitan Police published nothing", "hotspot_reason": "Hot"}
    )
    assert said == (
        "Not assessed. Metropolitan Police published nothing. Nothing is said about this ward, high or low."
    )


def test_caveats_name_what_a_reader_must_know():
    row = {"visitor_ward": True, "visitor_basis": "a guess", "small_population": True, "crimes": 3, "crime_rate": 2.0}
    said = wording.caveats(row)
    assert [text.split(":")[0] for text in said] == [
        "A busy centre",
        "Fewer than 2,000 residents",
        wording.MARK_NOTE.split(":")[0],
    ]
    assert "Known by: A guess." in said[0]
    assert wording.caveats({"visitor_ward": np.False_, "small_population": pd.NA, "crimes": None}) == []
    assert wording.caveats({"index_missing": "income;health"}) == ["No index: it lacks income and health."]


def test_why_there_is_no_area_is_said_with_its_numbers():
    wards = pd.DataFrame(
        {"assessed": [True, True, False], "gi_star_hot": pd.array([False, False, None], dtype="boolean")}
    )
    assert wording.no_areas(wards, "Wales", make_cover()).startswith(
        "No area in Wales met the tests: of 2 wards assessed, none is a hot spot of serious crime"
    )
    assert "1 ward is a hot spot, but" in wording.no_areas(
        wards.assign(gi_star_hot=[True, False, False]), "Wales", make_cover()
    )
    assert "no ward could be assessed" in wording.no_areas(wards.assign(assessed=False), "Wales", make_cover())
    assert "was not part of this run" in wording.no_areas(wards[["assessed"]], "Wales", make_cover())


def test_missing_files_are_named_with_their_months():
    coverage = pd.DataFrame(
        {
            "force": ["a", "a", "b", "b", "btp"],
            "force_name": ["A", "A", "B", "B", "British Transport Police"],
            "month": ["2024-01", "2024-02"] * 2 + ["2024-01"],
            "status": ["complete", "missing", "complete", "complete", "missing"],
            "wards": [3, 3, 4, 4, 0],
        }
    )
    assert (
        wording.missing_files(coverage) == "No crime file for: A (1 month). Their wards are not read as free of crime."
    )
    thin = coverage.assign(status=coverage["status"].where(coverage["force"] != "b", "partial"))
    assert wording.missing_files(thin) == (
        "No crime file for: A (1 month). Less than a whole month, left out, for: B (2 months). "
        "Their wards are not read as free of crime."
    )
    assert wording.missing_files(coverage.iloc[2:4]) == "Every month of 1 police force is in the files."
    assert wording.missing_files(None) == ""


def test_settings_of_every_kind_are_words():
    assert wording.setting("permutations", 9999) == ("Permutations asked for", "9,999")
    assert wording.setting("seed", 20190201) == ("Seed of all random numbers", "20190201")
    assert wording.setting("population", (15000, 60000)) == ("Population", "15,000 to 60,000")
    assert wording.setting("methods", ("gi_star", "local_moran"))[1] == "gi star, local moran"
    parts = [{"column": "harm_rate", "weight": 0.5, "worse": "higher"}]
    assert wording.setting("components", parts)[1] == "harm rate 0.5"


def test_rows_turn_every_missing_value_into_none_and_leave_the_outline_out():
    table = gpd.GeoDataFrame({"a": [1.0, np.nan], "b": pd.array([True, None], dtype="boolean")}, geometry=[None, None])
    assert wording.rows(table) == [{"a": 1.0, "b": True}, {"a": None, "b": None}]


@pytest.mark.parametrize(
    "values", [pd.array([True, False, None], dtype="boolean"), [True, False, None], [1.0, 0.0, np.nan]]
)
def test_a_missing_flag_is_never_true(values):
    table = pd.DataFrame({"visitor_ward": values})
    assert wording.flags(table, "visitor_ward").tolist() == [True, False, False]
    assert wording.flags(table, "assessed", absent=True).tolist() == [True, True, True]


def test_no_template_or_sentence_holds_a_word_that_stigmatises():
    folder = Path(tipping_point.outputs.__file__).parent
    files = [path for path in folder.rglob("*") if path.suffix in {".py", ".html", ".css", ".js"}]
    assert len(files) > 10
    for path in files:
        text = path.read_text(encoding="utf-8").lower()
        for word in (
            "dangerous",
            "worst",
            "no-go",
            "crime-ridden",
            "people who live in crime",
            "lawless",
            "sink estate",
        ):
            assert word not in text, (path.name, word)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.94, "chosen in 94 of 100 tests"),
        (1.0, "chosen in 100 of 100 tests"),
        (0.998, "chosen in more than 99 of 100 tests"),
        (0.002, "chosen in fewer than 1 of 100 tests"),
        (0.0, "chosen in 0 of 100 tests"),
        (np.nan, ""),
        (None, ""),
    ],
)
def test_a_share_of_tests_is_a_count_of_a_hundred_and_never_a_false_all_or_none(value, said):
    assert wording.tested(value) == said


def test_a_place_has_the_words_of_its_range():
    assert wording.likely_place({"rank_low": 2, "rank_high": 5}) == "likely place 2nd to 5th"
    assert wording.likely_place({"rank_low": 3, "rank_high": 3}) == "likely place 3rd"
    assert wording.likely_place({"rank_low": 3, "rank_high": pd.NA}) == ""
    assert (
        wording.other_choices({"rank_choice_low": 1, "rank_choice_high": 11}) == "place 1st to 11th under other choices"
    )
    assert wording.other_choices({}) == ""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (100, 88, "12% fewer"),
        (50, 75, "50% more"),
        (49, 75, ""),
        (1_000, 1_004, "about as many"),
        (200, 0, "100% fewer"),
        (None, 75, ""),
        (100, np.nan, ""),
    ],
)
def test_a_change_is_a_per_cent_only_on_a_base_of_fifty(before, after, said):
    assert wording.change(before, after) == said


def test_a_count_carries_its_range_whole():
    assert wording.counted(301, 266.8, 337.4) == "301 [267 to 337]"
    assert wording.counted(1_301, None, 3) == "1,301"
    assert wording.counted(None, 1, 2) == "–"


@pytest.mark.parametrize(
    ("area", "wards", "said"),
    [
        ({"criterion_chronic": "pass"}, [], "long-standing"),
        ({"criterion_chronic": "fail"}, [{"chronic_state": "not"}], "not long-standing"),
        ({"criterion_chronic": "fail"}, [{"chronic_state": "chronic"}, {}], "long-standing in 1 of its 2 wards"),
        ({"criterion_chronic": "fail"}, [{"emerging_word": "new"}, {"emerging_word": "new"}, {}], "new"),
        ({"criterion_chronic": "fail"}, [{"emerging_word": "new"}, {}], "not long-standing"),
        ({"criterion_chronic": "not assessed"}, [{"chronic_state": "chronic"}], ""),
        ({}, [], ""),
    ],
)
def test_an_area_is_long_standing_or_new_only_where_it_can_be_said(area, wards, said):
    assert wording.lasting(area, wards) == said


def test_a_span_of_months_is_short():
    assert wording.months("2024-01", "2024-03") == "Jan–Mar 2024"
    assert wording.months("2023-11", "2024-01") == "Nov 2023–Jan 2024"
