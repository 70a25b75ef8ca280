"""What the cards say: the table's numbers, and why a place is in or out, nothing where there is nothing to say."""

from __future__ import annotations

import numpy as np
import pytest
from builders.outputs_listing import COLUMNS, make_cover, make_study, make_wards

from tipping_point.outputs import cards, listing
from tipping_point.sources.levels import WHERE_SCHOOLS_ARE
from tipping_point.tables import Column


def facts(card, kind="facts"):
    return {fact["label"]: fact["values"] for fact in getattr(card, kind)}


def test_every_list_is_as_long_as_the_table_and_in_its_order():
    wards = make_wards()
    card = cards.ward_cards(wards, make_cover(), COLUMNS)
    for name in ("standing", "why", "would_change", "rivals", "tests", "caveats"):
        assert len(getattr(card, name)) == 36
    turned = cards.ward_cards(wards.iloc[::-1], make_cover(), COLUMNS)
    assert facts(turned)["Index"] == facts(card)["Index"][::-1]


@pytest.mark.parametrize(
    ("standing", "words"),
    [("in", "Chosen"), ("nearly in", "Nearly chosen"), ("out", "Not chosen"), ("", ""), (None, "")],
)
def test_standing_in_words(standing, words):
    wards = make_wards().assign(standing=standing)
    card = cards.ward_cards(wards, make_cover())
    assert card.standing[10] == words
    assert card.standing[0] == "Not assessed"


def test_how_sure_and_how_lasting_are_said_with_their_numbers():
    wards = make_wards().assign(
        share_in_top=np.resize([0.94, 0.003, np.nan], 36),
        chronic_state=np.resize(["tipping", "not", ""], 36),
        chronic_reason=np.resize(["beside a chronic ward", "", ""], 36),
        rank_low=3,
        rank_high=9,
        rank_choice_low=1,
        rank_choice_high=20,
    )
    card = cards.ward_cards(wards, make_cover())
    assert facts(card)["Among the highest"][6:9] == ["in 94 of 100 tests", "in fewer than 1 of 100 tests", ""]
    lasting = facts(card)["How lasting"]
    assert lasting[6].startswith("At a tipping point: near the highest")
    assert lasting[6].endswith("(beside a chronic ward)")
    assert lasting[8] == ""
    assert "(likely 3rd to 9th)" in facts(card)["Place by index"][6]
    assert facts(card, "more")["Place under other choices"][6] == "1st to 20th"


def test_a_figure_that_is_not_the_ward_s_own_says_so_on_its_card():
    columns = [
        Column("absence_at_schools", "", WHERE_SCHOOLS_ARE, "higher"),
        Column("attainment_of_district", "", "of its district, not of the ward", "lower"),
    ]
    wards = make_wards().assign(absence_at_schools=5.0, attainment_of_district=40.0)
    more = facts(cards.ward_cards(wards, make_cover(), columns), "more")
    assert more["Absence at schools (where schools are, not where pupils live)"][6] == "5"


def test_an_area_s_card_says_why_who_and_what_would_change_it():
    wards, areas, cover = make_study()
    areas = areas.assign(
        why="It brings 14% of the value.", would_change="Its value could fall by 5%.", rivals="Next below it: B.",
        rank_low=1, rank_high=2, share_in_top=0.94, criterion_chronic="pass",
        criterion_chronic_reason="69% of its residents live in chronic wards.", partnership_names="Westshire",
        mayoral_authority="", accountability_note="no lookup gives a mayoral authority",
        levers="Health (Department of Health and Social Care; the integrated care board)",
        depends_on_police_generated=True, police_generated_reason="A third of it is found by police.",
    )  # fmt: skip
    (found,) = listing.country_lists(wards, areas, cover)
    card = cards.area_card(found.shortlist[0], cover)
    said = dict(card["facts"])
    assert (card["why"], card["wouldChange"], card["rivals"]) == (
        "It brings 14% of the value.",
        "Its value could fall by 5%.",
        "Next below it: B.",
    )
    assert said["How sure"] == "likely place 1st to 2nd; chosen in 94 of 100 tests"
    assert said["How lasting"] == "long-standing"
    assert said["Community safety partnership"] == "Westshire"
    assert said["Mayoral authority"] == "no lookup gives a mayoral authority"
    assert card["criteria"] == [["Lasting", "pass", "69% of its residents live in chronic wards."]]
    assert card["levers"] == [["Health", "Department of Health and Social Care; the integrated care board"]]
    assert "A third of it is found by police." in card["caveats"]


def test_a_run_without_firmness_or_explanations_leaves_them_out():
    wards, areas, cover = make_study()
    (found,) = listing.country_lists(wards, areas, cover)
    card = cards.area_card(found.shortlist[0], cover)
    labels = [label for label, _ in card["facts"]]
    assert {"How sure", "How lasting", "Mayoral authority", "Community safety partnership"}.isdisjoint(labels)
    assert card["why"] == card["wouldChange"] == card["rivals"] == ""
    assert card["levers"] == card["criteria"] == []
    assert set(cards.ward_cards(wards, cover).why) == {""}
