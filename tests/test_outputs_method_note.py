"""The method note says what this study did, and nothing that it did not do."""

from __future__ import annotations

import pandas as pd
import pytest
from builders.outputs_listing import make_cover
from builders.outputs_report import SOURCES

from tipping_point.outputs import method_note

SETTINGS = {
    "measure": "serious", "minimum": 0.75, "denominator": "resident", "column": "component_harm_rate",
    "methods": ("gi_star", "scan"), "permutations": 99_999, "alpha": 0.05, "correction": "bh", "scale": "percentile",
    "combine": "arithmetic", "method": "select", "areas": 10, "votes": 2, "include": ("E05000001",), "exclude": (),
    "limits": {"population": (15000, 60000), "max_wards": 5, "within": "district_code"},
}  # fmt: skip
COMPONENTS = pd.DataFrame(
    {"country": ["England", "England"], "component": ["harm_rate", "income"], "weight": [0.5, 0.124],
     "effective_share": [0.559, 0.1], "correlation": [0.9, 0.8], "wards": [10, 10]}
)  # fmt: skip


def note(**settings) -> dict[str, str]:
    cover = make_cover(settings={**SETTINGS, **settings}, months=24)
    made = method_note.method_note(cover, SOURCES, records={"components": COMPONENTS})
    return {part.heading: " ".join([part.formula, *part.paragraphs]) for part in made}


def test_the_settings_of_the_study_are_in_it():
    said = note()
    assert "serious crime in the wards of lattice" in said["What was measured"].lower()
    assert "at least 75% of the months" in said["What was measured"]
    assert "weighted mean of the components" in said["Index"]
    assert "harm rate 50% (56%), income 12% (10%)" in said["Index"]
    assert "99,999 random arrangements" in said["Hot spots"]
    assert "Kulldorff" in said["Hot spots"]
    assert "local Moran" not in said["Hot spots"]
    assert "10 areas were asked for" in said["Choosing areas"]
    assert "population 15,000 to 60,000; max wards 5; within one district" in said["Choosing areas"]
    assert "Must be in: E05000001." in said["Choosing areas"]
    assert "Street-level crime (data.police.uk)" in said["Sources"]


@pytest.mark.parametrize(
    ("settings", "heading", "words"),
    [
        ({"combine": "geometric"}, "Index", "geometric mean"),
        ({"scale": "z"}, "Index", "z score"),
        ({"method": "given"}, "Choosing areas", "study's own list"),
        ({"method": "touching"}, "Choosing areas", "Touching hot wards"),
        ({"denominator": "daytime"}, "Rates", "people there by day"),
    ],
)
def test_another_setting_gives_another_sentence(settings, heading, words):
    assert words in note(**settings)[heading]


def test_what_does_not_belong_to_the_method_is_left_out():
    assert "Value" in note()
    assert "Value" not in note(method="touching")
    assert "Hot spots" not in note(methods=())


def test_a_short_study_claims_nothing_lasting():
    cover = make_cover(settings=SETTINGS, months=5)
    (lasting,) = (part for part in method_note.method_note(cover, SOURCES, records={}) if part.heading == "Lasting")
    assert lasting.paragraphs == ("5 months are too few to tell lasting from passing.",)


def test_a_study_without_settings_or_sources_has_a_note():
    made = method_note.method_note(make_cover(settings={}), SOURCES.iloc[:0], records={})
    assert all(part.paragraphs for part in made)
    assert "Sources" not in {part.heading for part in made}
