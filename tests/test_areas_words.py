"""Numbers as words within the sentences of the areas."""

from __future__ import annotations

import numpy as np
import pytest

from tipping_point.areas.words import domain, listed, named, part, percent, plural, sentence


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0%"), (0.004, "under 1%"), (0.0101, "1%"), (0.125, "13%"), (0.9951, "over 99%"), (1, "100%"),
     (np.nan, "an unknown share")],
)  # fmt: skip
def test_a_share_is_never_a_false_nought_or_hundred(share, said):
    assert percent(share) == said


def test_lists_read_as_english():
    assert [listed(names) for names in ([], ["A"], ["A", "B"], ["A", "B", "C"])] == ["", "A", "A and B", "A, B and C"]
    assert listed(["A", "B"], link="or") == "A or B"


def test_names_plurals_and_thresholds():
    assert plural(1, "ward") == "1 ward"
    assert plural(1200, "ward") == "1,200 wards"
    assert plural(2, "domain is", "domains are") == "2 domains are"
    assert part(0.2) == "fifth"
    assert part(0.15) == "15%"
    assert named("harm_rate") == "harm per resident"
    assert named("free_meals") == "free meals"
    assert domain("housing_services") == "housing and services"
    assert sentence("beside it") == "Beside it"
