"""The list of known gaps is data: every entry whole, and the one that everybody must know in it."""

from __future__ import annotations

import re

from tipping_point.facts.known_gaps import GAPS, read_known_gaps

MONTH = r"20\d\d-(0[1-9]|1[0-2])"


def test_every_gap_has_a_force_a_month_a_kind_and_a_source():
    gaps = read_known_gaps()
    assert list(gaps.columns) == list(GAPS)
    assert gaps[["force", "note", "source"]].ne("").all(axis=None)
    assert gaps["force"].str.fullmatch("[a-z-]+").all()
    assert set(gaps["kind"]) <= {"nothing", "part"}
    assert all(re.fullmatch(MONTH, month) for month in [*gaps["start"], *gaps["seen"]])
    assert all(end == "" or re.fullmatch(MONTH, end) for end in gaps["end"])
    assert ((gaps["end"] == "") | (gaps["end"] >= gaps["start"])).all()
    assert not gaps["note"].str.endswith(".").any()


def test_greater_manchester_since_july_2019():
    gap = read_known_gaps().set_index("force").loc["greater-manchester"]
    assert (gap["start"], gap["end"], gap["kind"]) == ("2019-07", "", "nothing")
    assert "data.police.uk" in gap["source"]
