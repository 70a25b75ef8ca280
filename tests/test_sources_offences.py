"""Offence codes to groups: the published table, and the ways in which forces write codes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from tipping_point.facts import offences
from tipping_point.facts.crime_types import CRIME_TYPES, HARM_WEIGHTS
from tipping_point.facts.offences import find_groups, list_groups, load_groups, own_mapping_faults, subgroup_weights

TABLE = Path(offences.__file__).with_name("offence_groups.toml")


def test_every_code_stands_once_and_every_category_is_one_of_police_uk():
    codes = [code for group in load_groups() for code in group.codes]
    assert len(codes) == len(set(codes)) > 130
    assert {group.category for group in load_groups()} | {"Anti-social behaviour"} == set(CRIME_TYPES["police_uk"])
    assert list_groups("category") == tuple(sorted(CRIME_TYPES["police_uk"]))
    assert len(list_groups("subgroup")) == len(load_groups()) + 1
    assert set(subgroup_weights()) == {group.name for group in load_groups()}


def test_the_table_names_its_source_and_licence():
    source = tomllib.loads(TABLE.read_text(encoding="utf-8"))["source"]
    assert source["licence"] == "Open Government Licence v3.0"
    assert all(source[key] for key in ("publisher", "attribution", "edition", "joined_by"))


def test_categories_of_one_subgroup_weigh_what_the_category_weighs():
    by_category = {}
    for group in load_groups():
        by_category.setdefault(group.category, []).append(group.weight)
    for category, weights in by_category.items():
        weight = HARM_WEIGHTS["police_uk"][category]
        assert min(weights) <= weight <= max(weights)
        if len(weights) == 1:
            assert weights == [weight]


@pytest.mark.parametrize(
    ("written", "category", "subgroup"),
    [
        ("8N", "Violence and sexual offences", "Violence with injury"),
        (" 008n ", "Violence and sexual offences", "Violence with injury"),
        ("105A", "Violence and sexual offences", "Violence without injury"),
        ("44.0", "Bicycle theft", "Bicycle theft"),
        ("37.1", "Violence and sexual offences", "Violence with injury"),
        ("37.2", "Vehicle crime", "Theft of a motor vehicle"),
        ("034/01", "Robbery", ""),
        ("58/4", "Criminal damage and arson", "Criminal damage"),
        ("37/2", "", ""),
        ("Robbery", "Robbery", ""),
        ("VIOLENCE AND SEXUAL OFFENCES", "Violence and sexual offences", ""),
        ("Rape offences", "Violence and sexual offences", "Rape offences"),
        ("anti-social  behaviour", "Anti-social behaviour", "Anti-social behaviour"),
        ("999X", "", ""),
        ("", "", ""),
    ],
)
def test_codes_as_forces_write_them(written, category, subgroup):
    assert find_groups([written], level="category") == {written: category}
    assert find_groups([written], level="subgroup") == {written: subgroup}


def test_a_studys_own_mapping_comes_first():
    own = {"vio 1": "Robbery", "8N": "Other crime"}
    found = find_groups(["VIO  1", "8n", "8P"], level="category", own=own)
    assert list(found.values()) == ["Robbery", "Other crime", "Violence and sexual offences"]
    assert own_mapping_faults(own, level="category") == []
    (fault,) = own_mapping_faults({"x": "Robery"}, level="category")
    assert "'Robery' is no category of offences; allowed are Anti-social behaviour" in fault


@pytest.mark.real
def test_the_table_agrees_with_the_published_join(real_data):
    join = pd.read_csv(real_data / "weights/policeuk-ons-code-join.csv", dtype=str).dropna(subset=["ONS_COUNTS_code"])
    found = find_groups(join["ONS_COUNTS_code"], level="category")
    assert len(found) == 134
    for code, category in join[["ONS_COUNTS_code", "POLICE_UK_CAT_MAP_category"]].dropna().to_numpy():
        assert found[code] == category.capitalize()
