"""What may be a component: indicators known by name, crime counted twice, protected characteristics."""

from __future__ import annotations

import numpy as np
import pytest

from tipping_point.measures.components import Component, describe_overlaps, find_domain
from tipping_point.measures.index import add_index, default_components
from tipping_point.tables import DOMAINS, InputError

IOD = dict(zip(DOMAINS, (0.225, 0.225, 0.135, 0.135, 0.093, 0.093), strict=True))


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("comparative_illness_and_disability_ratio_indicator", "health"),
        ("mood_and_anxiety", "health"),
        ("Years of potential life lost indicator", "health"),
        ("staying_on_after_16", "education"),
        ("entry_to_higher_education_indicator", "education"),
        ("adult_skills", "education"),
        ("income_domain_numerator", "income"),
        ("Employment Score (rate)", "employment"),
        ("housing_in_poor_condition_indicator", "living_environment"),
        ("houses_without_central_heating_indicator", "living_environment"),
        ("household_overcrowding_indicator", "housing_services"),
        ("road_distance_to_a_gp_surgery_indicator_km", "housing_services"),
        ("Crime Score - exponentially transformed", "crime"),
        ("burglary_rate_per_1_000_at_risk_properties", "crime"),
        ("Index of Multiple Deprivation (IMD) Score", "imd"),
        ("imd_score", "imd"),
        ("WIMD 2019", "imd"),
        ("harm_rate", ""),
        ("tree_cover", ""),
        ("period", ""),
    ],
)
def test_the_domain_of_an_indicator_is_read_from_its_name(name, domain):
    assert find_domain(name) == domain


def test_a_domain_and_its_own_indicator_are_said():
    said = describe_overlaps(
        (Component("harm_rate", 1), Component("health", 1), Component("comparative_illness", 1), Component("income", 1))
    )
    assert said == (
        "The index counts health twice: 'comparative_illness' is a part of 'health', and both are components.",
    )
    assert describe_overlaps((Component("harm_rate", 1), Component("comparative_illness", 1))) == ()
    assert describe_overlaps(default_components({"England": IOD, "Wales": IOD})) == ()


def test_deprivation_holds_its_domains_and_their_indicators():
    said = describe_overlaps((Component("deprivation", 1), Component("income", 1), Component("adult_skills", 1)))
    assert len(said) == 2 and "'income' is a part of 'deprivation'" in said[0] and "adult_skills" in said[1]


def test_the_study_may_say_the_domain_itself():
    health = Component("health", 1)
    assert describe_overlaps((health, Component("gp_visits", 1))) == ()
    assert len(describe_overlaps((health, Component("gp_visits", 1, domain="health")))) == 1
    assert describe_overlaps((health, Component("mental_health", 1, domain="none"))) == ()


def test_components_of_two_countries_are_not_beside_each_other():
    english, welsh = Component("health", 1, country="England"), Component("mental_health", 1, country="Wales")
    assert describe_overlaps((english, welsh)) == ()
    assert len(describe_overlaps((english, Component("mental_health", 1)))) == 1


@pytest.mark.parametrize("name", ["imd_score", "iod2025_score", "crime_domain_score", "community_safety"])
def test_the_crime_domain_is_refused_beside_recorded_crime_and_may_be_a_baseline(lattice, name):
    wards = lattice(1, 3, harm_rate=[1.0, 2.0, 3.0], **{name: [3.0, 1.0, 2.0]})
    beside = (Component("harm_rate", 1), Component(name, 1))
    with pytest.raises(InputError, match=f"'{name}' is or holds the crime domain.*beside 'harm_rate'"):
        add_index(wards, components=beside)
    assert add_index(wards, components=(Component(name, 1),))["rank"].tolist() == [1, 3, 2]
    own = (Component("harm_rate", 1), Component(name, 1, domain="none"))
    assert add_index(wards, components=own)["index_score"].notna().all()


@pytest.mark.parametrize(
    "name",
    ["ethnic group: White", "age: 15 to 24", "share_aged_15_24", "sex: Female", "disability: Disabled",
     "religion_share", "vli_rate_young"],
)  # fmt: skip
def test_a_protected_characteristic_is_no_component(lattice, name):
    wards = lattice(1, 3, harm_rate=[1.0, 2.0, 3.0], **{name: [3.0, 1.0, 2.0]})
    with pytest.raises(InputError, match="protected characteristic"):
        add_index(wards, components=(Component("harm_rate", 1), Component(name, 1)))


@pytest.mark.parametrize("name", ["comparative_illness_and_disability", "female_life_expectancy", "average", "message"])
def test_what_only_looks_like_one_is_allowed(lattice, name):
    wards = lattice(1, 3, **{name: [3.0, 1.0, 2.0]})
    assert add_index(wards, components=(Component(name, 1),))["rank"].tolist() == [1, 3, 2]


def test_infinite_values_weights_and_unknown_domains_are_refused(lattice):
    wards = lattice(1, 3, one=[1.0, np.inf, 2.0], two=[1.0, 2.0, 3.0])
    with pytest.raises(InputError) as caught:
        add_index(wards, components=(Component("one", 1), Component("two", np.inf, domain="wealth")))
    assert caught.value.faults[0] == "index.component: 'one' is infinite in 1 wards"
    assert "the weight of 'two' is inf" in caught.value.faults[1]
    assert "domain = 'wealth' for 'two' is not known" in caught.value.faults[2]
