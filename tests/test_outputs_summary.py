"""The summary for whoever has one minute: sentences from the tables, and none where the tables are silent."""

from __future__ import annotations

import numpy as np
import pandas as pd
from builders.outputs_listing import make_areas, make_study, make_wards

from tipping_point.outputs import listing, summary

RECORDS = {
    "concentration": pd.DataFrame(
        {"group": ["", "", "Latticeshire"], "period": ["2024-11", "2024-12", "2024-12"], "share_25": [0.5, 0.104, 0.9],
         "share_50": [0.6, 0.27, 0.9], "share_25_expected": [0.5, 0.18, 0.9], "share_50_expected": [0.5, 0.39, 0.9]}
    ),
    "settings": pd.DataFrame(
        {"setting": ["deprivation did not count", "all harm counted"], "wards": [4, 4], "wards_in_common": [3, 1],
         "share_in_common": [0.75, 0.25]}
    ),
}  # fmt: skip


def said(wards, areas, cover, records=RECORDS) -> list[tuple[str, list[str]]]:
    return summary.summary(wards, listing.country_lists(wards, areas, cover), cover, records=records)


def test_every_sentence_is_made_from_a_cell():
    wards, areas, cover = make_study()
    areas = areas.assign(
        share_in_top=[0.95, 0.24, 0.56], criteria_passed=[4, 3, 1], criteria_assessed=4,
        contribution_if_goal_met=[0.04, 0.06, 0.2], contribution_if_like_comparators=[0.01, 0.02, 0.2],
    )  # fmt: skip
    ((country, sentences),) = said(wards, areas, cover)
    assert country == ""
    assert sentences[1] == (
        "A quarter of serious crime was recorded in 10% of the assessed wards and half in 27%; scattered by residents "
        "alone it would take 18% and 39%."
    )
    assert (
        sentences[2]
        == "Of the four criteria (concentrated, lasting, compounded by need, tipping), 1 meets four and 1 meets three."
    )
    assert sentences[3] == (
        "1 of 2 were chosen in at least 90 of 100 tests; the least firm, Ward 20 and around, was chosen in 24 of 100 "
        "tests. Of those not chosen, Ward 30 and around was chosen in 56 of 100 tests."
    )
    assert "would bring 10% of the fall" in sentences[4]
    assert "were not chosen, 3%" in sentences[4]
    assert sentences[5] == (
        "Of the other settings tried, the choice changes most if all harm counted: 1 of the 4 wards would stay."
    )


def test_what_was_not_tested_is_not_claimed():
    wards, areas, cover = make_study()
    ((_, sentences),) = said(wards, areas, cover, records={})
    assert len(sentences) == 2
    assert "areas whose ranges overlap may not differ" in sentences[1]
    assert "100 tests" not in " ".join(sentences)


def test_criteria_that_could_not_be_assessed_are_said():
    wards, areas, cover = make_study()
    ((_, sentences),) = said(wards, areas.assign(criteria_passed=2, criteria_assessed=2), cover, records={})
    assert sentences[1].endswith("2 meet two; in 2 not all four could be assessed.")


def test_a_country_without_areas_says_why_beside_one_that_has_some():
    wards = make_wards()
    wards["country"] = np.where(np.arange(36) < 18, "England", "Wales")
    areas = make_areas(wards, [["E05000007"]])
    found = dict(said(wards, areas, make_study()[2]))
    assert found["England"][0].startswith("1 area on the shortlist for England: 1 ward")
    assert found["Wales"][0].startswith("No area in Wales met the tests")
