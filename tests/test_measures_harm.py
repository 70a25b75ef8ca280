"""Harm weights are what their derivation gives, and every type of a measure has one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tipping_point.measures.harm import HARM_WEIGHTS
from tipping_point.measures.named import MEASURES, choose_types
from tipping_point.schema import CRIME_TYPES, InputError

DERIVATION = Path(__file__).parents[1] / "docs/derivations/harm_weights.py"


@pytest.mark.real
def test_the_weights_are_what_the_derivation_gives(real_data):
    spec = importlib.util.spec_from_file_location("harm_weights", DERIVATION)
    derivation = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(derivation)
    offences = derivation.read_offences(real_data / "weights")
    for vocabulary, derive in (
        ("police_uk", derivation.police_uk_weights),
        ("metropolitan", derivation.metropolitan_weights),
    ):
        assert derive(offences).round(2).to_dict() == HARM_WEIGHTS[vocabulary]


def test_every_type_but_those_without_a_severity_weight_has_one():
    assert set(CRIME_TYPES["police_uk"]) - set(HARM_WEIGHTS["police_uk"]) == {"Anti-social behaviour"}
    assert set(CRIME_TYPES["metropolitan"]) - set(HARM_WEIGHTS["metropolitan"]) == {"NFIB"}


@pytest.mark.parametrize("vocabulary", CRIME_TYPES)
def test_named_measures_use_published_types(vocabulary):
    for measure in MEASURES.values():
        assert set(measure.types[vocabulary]) <= set(CRIME_TYPES[vocabulary])
        assert measure.types[vocabulary]


def test_every_measure_but_all_crime_is_called_a_proxy():
    assert {name for name, measure in MEASURES.items() if "proxy" in measure.proxy_note} == set(MEASURES) - {
        "all_crime"
    }


def test_anti_social_behaviour_is_in_no_measure():
    assert not any("Anti-social behaviour" in measure.types["police_uk"] for measure in MEASURES.values())


def test_unknown_measures_and_types_are_named():
    with pytest.raises(InputError, match="'knives' is not known; choose from serious"):
        choose_types("knives", "police_uk")
    with pytest.raises(InputError, match="'Knife' given; the types of this source are Anti-social"):
        choose_types({"Knife": 1.0, "Robbery": 2.0}, "police_uk")
    assert choose_types({"Robbery": 2.0}, "police_uk") == ("Robbery",)
