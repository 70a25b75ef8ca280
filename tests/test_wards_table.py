"""The ward table: names, districts, forces, areas by name, and boundaries of another year."""

from __future__ import annotations

import pandas as pd
import pytest

from tipping_point.tables import InputError
from tipping_point.wards.table import build_wards
from tipping_point.wards.vintages import Membership


@pytest.fixture
def place(lattice):
    frame = lattice(2, 5).reset_index()
    codes = frame["ward_code"]
    districts = ["Alderly"] * 5 + ["Birchton"] * 5
    known = pd.DataFrame(
        {
            "ward_name": frame["ward_name"].to_numpy(),
            "district_code": ["E06000001"] * 5 + ["E06000002"] * 5,
            "district_name": districts,
        },
        index=pd.Index(codes, name="ward_code"),
    )
    table = pd.DataFrame({"lsoa21_code": [f"E0100000{i}" for i in range(10)], "ward_code": codes})
    forces = pd.DataFrame(
        {"force_code": ["E23000001"] * 5 + ["E23000002"] * 5, "force_name": ["Alderly"] * 5 + ["Coast"] * 5},
        index=known.index,
    )
    boundaries = frame[["ward_code", "ward_name", "geometry"]].assign(district_code="", district_name="")
    population = pd.Series(1000.0, index=known.index)
    return boundaries, Membership("lsoa21_code", 2025, table, known), population, forces


def build(place, **options):
    boundaries, membership, population, forces = place
    return build_wards(boundaries, membership, population=population, forces=forces, **options)


def test_every_ward_gets_district_force_country_and_residents(place):
    wards = build(place)
    assert wards.index.is_monotonic_increasing
    assert wards.loc["E05001000", ["district_name", "force_name", "country"]].tolist() == [
        "Birchton",
        "Coast",
        "England",
    ]
    assert wards["small_population"].all()


def test_an_area_by_name_code_or_kind(place):
    assert len(build(place, area=["coast"])) == 5
    assert len(build(place, area=["E06000002"])) == 5
    assert len(build(place, area=["district:Birchton", "force:Alderly"])) == 10


def test_a_name_of_a_force_and_a_district_that_are_the_same_wards_is_no_riddle(place):
    assert len(build(place, area=["Alderly"])) == 5


def test_a_mayoral_authority_or_region_is_an_area_where_a_lookup_has_it(place):
    region = pd.DataFrame({"region_code": "E12000001", "region_name": "Upper Coast"}, index=place[2].index[:7])
    assert len(build(place, wider=[region], area=["upper coast"])) == 7
    with pytest.raises(InputError, match=r"no district, force, mayoral authority or region .* called 'upper coast'"):
        build(place, area=["upper coast"])


def test_an_ambiguous_name_ends_with_the_choices(place):
    boundaries, membership, population, forces = place
    forces.loc["E05001000", "force_name"] = "Alderly"
    with pytest.raises(InputError, match=r"'Alderly' is the name of a force and of a district; write 'force:Alderly'"):
        build((boundaries, membership, population, forces), area=["Alderly"])


def test_unknown_names_are_all_listed_with_the_nearest(place):
    with pytest.raises(InputError) as caught:
        build(place, area=["Cost", "Nowhere at all"])
    assert len(caught.value.faults) == 2
    assert "'Cost'; nearest: Coast" in caught.value.faults[0]


def test_boundaries_of_another_year_are_refused(place):
    boundaries, membership, population, forces = place
    strange = boundaries.assign(ward_code=[f"E05999{i:03d}" for i in range(10)])
    with pytest.raises(InputError, match=r"10 of 10 ward codes .* are not wards of 2025 in the lookup"):
        build((strange, membership, population, forces))


def test_repeated_ward_codes_are_refused(place):
    boundaries, membership, population, forces = place
    twice = pd.concat([boundaries, boundaries.head(1)])
    with pytest.raises(InputError, match="1 repeated ward_code"):
        build((twice, membership, population, forces))


def test_a_ward_that_is_no_small_areas_best_fit_is_policed_by_its_district(place):
    boundaries, membership, population, forces = place
    boundaries = boundaries.assign(district_code="E06000001", district_name="Alderly")
    lone = Membership("lsoa21_code", 2025, membership.table.iloc[1:], membership.wards.iloc[1:])
    wards = build((boundaries, lone, population.iloc[1:], forces.iloc[1:]))
    assert wards.loc["E05000000", "force_name"] == "Alderly"
    assert pd.isna(wards.loc["E05000000", "population"])
