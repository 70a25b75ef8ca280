"""The title in words and the line beneath it."""

from __future__ import annotations

import pandas as pd
import pytest
from builders.outputs_listing import make_areas, make_cover, make_study, make_wards

from tipping_point.outputs import heading, listing


def lists(wards, areas, cover):
    return listing.country_lists(wards, areas, cover)


def test_the_title_says_what_where_and_how_many():
    wards, areas, cover = make_study()
    said = heading.title(lists(wards, areas, cover), cover)
    assert said == "Where serious crime is concentrated: 2 candidate Mission Areas, Lattice"


def test_lasting_only_where_most_of_the_areas_are():
    """Nine of ten areas failed it in London, and the title said it."""
    wards, areas, cover = make_study()
    for results, said in ((["pass", "pass"], True), (["pass", "fail"], False), (["not assessed"] * 2, False)):
        judged = areas.assign(criterion_chronic=[*results, "pass"])
        assert ("concentrated and lasting: 2" in heading.title(lists(wards, judged, cover), cover)) == said
    assert "lasting" not in heading.title(lists(wards, areas, cover), cover)


@pytest.mark.parametrize(("number", "words"), [(0, "no candidate Mission Area"), (1, "1 candidate Mission Area,")])
def test_one_area_and_none(number, words):
    wards, cover = make_wards(), make_cover()
    areas = make_areas(wards, [["E05000006"], ["E05000020"]], shortlisted=number)
    assert words in heading.title(lists(wards, areas, cover), cover)


def test_the_source_is_the_publisher_of_the_crimes_each_once():
    table = pd.DataFrame({"section": ["crime"] * 3 + ["deprivation"], "publisher": ["A", "B", "A", "C"]})
    assert heading.source(table) == "Recorded crime: A and B"
    assert heading.source(table[table["section"] != "crime"]) == heading.source(None) == ""


def test_the_age_is_the_last_month_of_the_data():
    assert heading.age(make_cover(end="2025-06")) == "Latest data: June 2025"
