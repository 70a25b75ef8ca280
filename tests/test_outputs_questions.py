"""Why not us, other settings, what moves the ranking, who lives there: rows of words from the tables."""

from __future__ import annotations

import pandas as pd

from tipping_point.outputs import questions

ANNEX = pd.DataFrame(
    {
        "country": ["Wales", "England", "England", "England"],
        "district_code": list("abcd"),
        "district_name": ["Gwynedd", "Camden", "Brent", "City"],
        "wards": [3, 20, 21, 25],
        "wards_assessed": [3, 20, 21, 0],
        "ward_code": ["W1", "E1", "E2", ""],
        "ward_name": ["Bala", "Camden Town", "Roundwood", ""],
        "index_score": [40.0, 60.0, 70.0, None],
        "standing": ["out", "out", "nearly in", "not assessed"],
        "reach": [0.004, 0.72, 0.9994, None],
        "why": ["Far.", "Its harm is usual.", "Just short.", "Nothing is known."],
        "would_change": ["Much.", "", "A little.", ""],
    }
)


def test_districts_stand_by_country_those_that_reach_furthest_first():
    england, wales = questions.why_not_us({"annex": ANNEX.sample(frac=1, random_state=1)})
    assert (england["country"], wales["country"]) == ("England", "Wales")
    assert [row["district"] for row in england["rows"]] == ["Brent", "Camden", "City"]
    assert [row["reach"] for row in england["rows"]] == ["over 99%", "72%", "–"]
    assert [row["standing"] for row in england["rows"]] == ["nearly chosen", "not chosen", "not assessed"]
    assert england["rows"][2]["wards"] == "0 of 25 wards assessed"
    assert wales["rows"][0]["reach"] == "under 1%"


def test_another_setting_is_a_question_with_its_wards():
    table = pd.DataFrame(
        {"setting": ["deprivation did not count"], "wards": [40.0], "wards_other": [44.0], "wards_in_common": [32.0],
         "share_of_residents": [0.765]}
    )  # fmt: skip
    assert questions.other_settings({"settings": table}) == [("If deprivation did not count", "44", "32 of 40", "76%")]


def test_the_shares_that_move_the_ranking_have_their_ranges_cut_at_one():
    table = pd.DataFrame(
        {"outcome": ["all wards", "all wards", "E1"], "choice": ["weights", "scale", "scale"],
         "first_order": [0.06, 0.44, 0.9], "total": [0.12, 0.82, 0.9], "low": [0.09, 0.67, 0.9],
         "high": [0.15, 1.02, 1]}
    )  # fmt: skip
    assert questions.what_moves({"sensitivity": table}) == [
        ("The scaling", "82% [67% to 100%]", "44%"),
        ("The weights", "12% [9% to 15%]", "6%"),
    ]


def test_a_number_that_is_held_back_is_shorthand_and_never_blank():
    table = pd.DataFrame(
        {"characteristic": ["age", "age"], "group": ["under 15", "over 99"], "share_chosen": [0.183, None],
         "share_near": [0.177, None], "share_all": [0.181, None], "ratio": [1.0079, None], "suppressed": [False, True]}
    )  # fmt: skip
    found = questions.who_lives_there({"equality": table})
    assert found == [("Age: under 15", "18%", "18%", "18%", "1.01"), ("Age: over 99", "[c]", "[c]", "[c]", "[c]")]
    assert questions.any_suppressed(found)
    assert not questions.any_suppressed(found[:1])


def test_what_a_run_did_not_make_is_left_out():
    assert questions.why_not_us({}) == []
    assert questions.other_settings({}) == []
    assert questions.what_moves({}) == []
    assert questions.who_lives_there({"equality": pd.DataFrame()}) == []
