"""Which areas are shown, in which order; and the small made-up study that the other tests of outputs share."""

from __future__ import annotations

import numpy as np
from builders.outputs_listing import make_areas, make_cover, make_study, make_wards

from tipping_point.outputs import listing


def test_the_shortlist_comes_first_and_the_next_ten_after_it():
    wards = make_wards()
    areas = make_areas(wards, [[code] for code in wards.index[6:24]], shortlisted=3)
    (found,) = listing.country_lists(wards, areas.sample(frac=1, random_state=0), make_cover())
    assert [area.number for area in found.shortlist] == ["1", "2", "3"]
    assert [area.number for area in found.following] == [str(number) for number in range(4, 14)]
    assert found.why_none == ""
    assert found.shortlist[0].place == "1st (no range yet)"


def test_two_countries_are_never_mixed_and_their_numbers_say_which():
    wards = make_wards()
    wards["country"] = np.where(np.arange(36) < 18, "England", "Wales")
    areas = make_areas(wards, [["E05000006"], ["E05000020"], ["E05000021"]])
    areas["rank"] = [1, 1, 2]
    areas["shortlisted"] = True
    england, wales = listing.country_lists(wards, areas, make_cover())
    assert (england.country, [area.number for area in england.shortlist]) == ("England", ["E1"])
    assert (wales.country, [area.number for area in wales.shortlist]) == ("Wales", ["W1", "W2"])


def test_an_empty_table_is_a_finding_said_in_words():
    wards, areas, cover = make_study()
    (found,) = listing.country_lists(wards, areas.iloc[:0], cover)
    assert found.areas == ()
    assert found.why_none.startswith("No area in Lattice met the tests: 2 wards are hot spots, but no touching group")


def test_an_area_without_a_rank_is_on_no_list():
    wards, areas, cover = make_study()
    areas["rank"] = [1.0, None, None]
    areas["shortlisted"] = [True, False, False]
    (found,) = listing.country_lists(wards, areas, cover)
    assert [area.area_id for area in found.areas] == ["area-0"]
    (none,) = listing.country_lists(wards, areas.iloc[1:], cover)
    assert none.areas == ()
    assert "no touching group of them met the study's limits" in none.why_none


def test_the_key_may_stand_in_the_index_or_in_a_column():
    wards, areas, cover = make_study()
    by_column = listing.country_lists(wards, areas, cover)
    by_index = listing.country_lists(wards, areas.set_index("area_id"), cover)
    assert [area.area_id for area in by_index[0].areas] == [area.area_id for area in by_column[0].areas]
    assert next(iter(listing.keyed(wards, "ward_code").columns)) == "ward_code"


def test_firmness_is_shown_where_the_run_made_it():
    wards, areas, cover = make_study()
    areas = areas.assign(rank_low=1, rank_high=4, share_in_top=0.94, criterion_chronic="pass")
    area = listing.country_lists(wards, areas, cover)[0].shortlist[1]
    assert area.place == "2nd (likely 1st to 4th)"
    assert area.tested == "chosen in 94 of 100 tests"
    assert area.criteria == (("Lasting", "pass"),)


def test_a_busy_centre_in_an_area_is_named():
    wards, areas, cover = make_study()
    areas.loc[0, "visitor_wards"] = "E05000006"
    area = listing.country_lists(wards, areas, cover)[0].shortlist[0]
    assert area.visitors
    assert area.caveats == ("Likely busy centre: visitors to Ward 6 lift crime per resident.",)


def test_what_else_is_said_of_an_area_is_ready_words():
    wards, areas, cover = make_study()
    wards["chronic_state"] = np.where(wards.index == "E05000006", "chronic", "not")
    areas = areas.assign(
        rank_low=2, rank_high=5, rank_choice_low=1, rank_choice_high=3, share_in_top=0.94, standing="in",
        criterion_chronic="fail", criterion_chronic_reason="Half is needed.", partnership_names="West;East",
        mayoral_authority="", accountability_note="no lookup gives one", why="It was chosen.", would_change="Little.",
        levers="Income (Department for Work; the council, with others) | Health (Department of Health; the board)",
        contribution_if_goal_met=0.04, contribution_if_like_comparators=0.004, comparator_basis="deprivation",
        depends_on_police_generated=True, police_generated_reason="A third is.",
    )  # fmt: skip
    area = listing.country_lists(wards, areas, cover)[0].shortlist[0]
    assert (area.likely, area.other_choices) == ("likely place 2nd to 5th", "place 1st to 3rd under other choices")
    assert area.criteria_said == (listing.Criterion("Lasting", "fail", "Half is needed."),)
    assert area.levers == (
        listing.Lever("Income", "Department for Work", "the council, with others"),
        listing.Lever("Health", "Department of Health", "the board"),
    )
    assert (area.partnerships, area.authority, area.authority_note) == ("West and East", "", "no lookup gives one")
    assert (area.lasting, area.standing) == ("long-standing in 1 of its 2 wards", "chosen")
    assert (area.why, area.would_change) == ("It was chosen.", "Little.")
    assert (area.depends_on_police_generated, area.police_generated) == (True, "A third is.")
    assert "would bring 4% of the fall" in area.contribution[0]
    assert "alike in deprivation that were not chosen would bring under 1% of that fall" in area.contribution[1]


def test_what_a_run_did_not_make_is_blank_and_never_a_guess():
    wards, areas, cover = make_study()
    area = listing.country_lists(wards, areas, cover)[0].shortlist[0]
    blank = (area.likely, area.other_choices, area.tested, area.lasting, area.why, area.would_change, area.rivals)
    assert set(blank) == {""}
    assert area.levers == area.criteria_said == area.contribution == ()
    assert area.depends_on_police_generated is False
    assert area.standing == "chosen"
    assert listing.country_lists(wards, areas, cover)[0].following[0].standing == "nearly chosen"
