"""Harm weights are what their derivation gives, and every type of a measure has one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tipping_point.facts.crime_types import (
    CRIME_TYPES,
    HARM_WEIGHTS,
    NOT_CRIME,
    PARTLY_POLICE_GENERATED,
    POLICE_GENERATED,
    VOCABULARIES,
    read_crime_types,
)
from tipping_point.facts.offences import list_groups, subgroup_weights
from tipping_point.measures.named import MARKED, MEASURES, choose_types
from tipping_point.tables import FLAGS, InputError, plain_type

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
    assert set(CRIME_TYPES["subgroup"]) - set(HARM_WEIGHTS["subgroup"]) == {"Anti-social behaviour"}


def test_sub_groups_and_their_weights_are_those_of_the_table_of_offences():
    assert HARM_WEIGHTS["subgroup"] == subgroup_weights()
    assert set(CRIME_TYPES["subgroup"]) == set(list_groups("subgroup"))
    assert set(CRIME_TYPES["police_uk"]) == set(list_groups("category"))


@pytest.mark.parametrize("vocabulary", [name for name, types in CRIME_TYPES.items() if types])
def test_named_measures_use_published_types(vocabulary):
    for name, measure in MEASURES.items():
        if name not in FLAGS:
            assert set(measure.types[vocabulary]) <= set(CRIME_TYPES[vocabulary])
            assert measure.types[vocabulary]
        elif vocabulary in MARKED:
            assert {plain_type(kind) for kind in measure.types[vocabulary]} == {*CRIME_TYPES[vocabulary]} - {*NOT_CRIME}
            assert all(kind.endswith(f"[{name}]") for kind in measure.types[vocabulary])
        else:
            assert vocabulary not in measure.types


def test_every_measure_but_all_crime_and_what_a_force_marked_is_called_a_proxy():
    proxies = {name for name, measure in MEASURES.items() if "proxy" in measure.proxy_note}
    assert proxies == set(MEASURES) - {"all_crime", *FLAGS}


def test_anti_social_behaviour_is_in_no_measure():
    types = {plain_type(kind) for measure in MEASURES.values() for kind in measure.types["police_uk"]}
    assert "Anti-social behaviour" not in types


def test_a_measure_that_the_files_cannot_give_is_refused():
    with pytest.raises(InputError, match="'serious' adds up offences, and the study's files name none"):
        choose_types("serious", "own", own=["ambulance calls"])
    with pytest.raises(InputError, match="'knife' adds up offences"):
        choose_types("knife", "metropolitan")
    assert choose_types({"ambulance calls": 1.0}, "own", own=["ambulance calls"]) == ("ambulance calls",)
    with pytest.raises(InputError, match="the types of this source are ambulance calls"):
        choose_types({"Robbery": 1.0}, "own", own=["ambulance calls"])


def test_unknown_measures_and_types_are_named():
    with pytest.raises(InputError, match="'knives' is not known; choose from serious"):
        choose_types("knives", "police_uk")
    with pytest.raises(InputError, match="'Knife' given; the types of this source are Anti-social"):
        choose_types({"Knife": 1.0, "Robbery": 2.0}, "police_uk")
    assert choose_types({"Robbery": 2.0}, "police_uk") == ("Robbery",)


def test_a_fault_of_the_table_of_types_is_named():
    """A mistyped key or value, a type that stands twice, a measure of a type that is none: every one, at once."""
    text = 'edition = "x"\n[[type]]\nvocabulary = "police_uk"\nname = "Robbery"\nweight = 1.0\n'
    assert read_crime_types(text).types[0].found_by == "report"
    bad = (
        text.replace("weight = 1.0", "wieght = 1.0\ncrime = 'no'\nvli_proxy = 'x'")
        + "[[type]]\n"
        + text.partition("\n")[2].replace("1.0", "inf")
        + 'found_by = "polis"\n[[tpye]]\nname = "x"\n'
        + '[[measure]]\nname = "m"\nlabel = "l"\n[measure.types]\npolice_uk = ["Piracy"]\n'
        + '[[measure]]\nname = "m"\nlabel = "l"\nnote = "n"\n'
    )
    with pytest.raises(ValueError, match=r"crime_types\.toml") as raised:
        read_crime_types(bad.replace("edition", "edited"))
    for fault in (
        "it has no edition", "unknown table 'tpye'", "Robbery: unknown key 'wieght'", "crime 'no' is of another type",
        "vli_proxy without vli", "an entry without a name: has no vocabulary", "Robbery: stands twice in police_uk",
        "weight inf; it must be above 0", "found_by 'polis' is not known", "'Piracy' is no type of police_uk",
        "measure m: stands twice", "measure m: unknown key 'note'", "measure m: has no types",
    ):  # fmt: skip
        assert fault in str(raised.value), fault


def test_every_type_says_who_finds_it_and_no_vocabulary_is_left_out():
    assert set(CRIME_TYPES) == set(VOCABULARIES) == set(HARM_WEIGHTS) == set(POLICE_GENERATED)
    for vocabulary in VOCABULARIES:
        assert not {*POLICE_GENERATED[vocabulary]} & {*PARTLY_POLICE_GENERATED[vocabulary]}
