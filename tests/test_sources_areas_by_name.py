"""Areas by what people call them, against lookups made by hand and the real ones."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from tipping_point.fetch.areas_by_name import LEVELS, list_areas, list_partnerships, mayoral_lookup, resolve_areas
from tipping_point.sources.cells import CODES
from tipping_point.sources.geography import read_lookup
from tipping_point.tables import InputError

DISTRICTS = {
    "Birmingham": ("E08000025", "West Midlands", "E23000014", "West Midlands", "E12000005"),
    "Coventry": ("E08000026", "West Midlands", "E23000014", "West Midlands", "E12000005"),
    "Stafford": ("E07000197", "Staffordshire", "E23000015", "West Midlands", "E12000005"),
    "Leeds": ("E08000035", "West Yorkshire", "E23000010", "Yorkshire and The Humber", "E12000003"),
    "Barnsley": ("E08000016", "South Yorkshire", "E23000011", "Yorkshire and The Humber", "E12000003"),
    "St. Helens": ("E08000013", "Merseyside", "E23000004", "North West", "E12000002"),
    "Cardiff": ("W06000015", "South Wales", "W15000003", "", ""),
}


def lookups():
    rows = [(code, name, force_code, force) for name, (code, force, force_code, _, _) in DISTRICTS.items()]
    forces = pd.DataFrame(rows, columns=["district24_code", "district24_name", "force24_code", "force24_name"])
    rows = [(code, name, region_code, region) for name, (code, _, _, region, region_code) in DISTRICTS.items()]
    regions = pd.DataFrame(rows, columns=["district24_code", "district24_name", "region24_code", "region24_name"])
    mayors = pd.DataFrame(
        [
            ("E08000025", "Birmingham", "E47000007", "West Midlands"),
            ("E08000035", "Leeds", "E47000003", "West Yorkshire"),
        ],
        columns=["district25_code", "district25_name", "authority25_code", "authority25_name"],
    )
    wards25 = pd.DataFrame(
        [("E01000001", "E05000001", "A", "E08000038", "Barnsley")],
        columns=["lsoa21_code", "ward25_code", "ward25_name", "district25_code", "district25_name"],
    )
    changes = pd.DataFrame([("E01000001", "E01000001", "U")], columns=["lsoa11_code", "lsoa21_code", "change_code"])
    return [forces, regions, mayors, wards25, changes]


@pytest.fixture
def areas():
    return list_areas(lookups())


def test_areas_have_their_districts_in_every_vintage(areas):
    barnsley = next(area for area in areas if area.label == "district:Barnsley")
    assert barnsley.codes == barnsley.districts == ("E08000016", "E08000038")
    force = next(area for area in areas if area.label == "force:South Yorkshire")
    assert force.codes == ("E23000011",)
    assert force.districts == ("E08000016", "E08000038")
    assert "region:" not in {area.label for area in areas}, "Wales has no English region"
    assert {area.level for area in areas} == set(LEVELS)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Coventry", "district:Coventry"),
        ("coventry", "district:Coventry"),
        ("st helens", "district:St. Helens"),
        ("force:West Midlands", "force:West Midlands"),
        ("Force: west midlands", "force:West Midlands"),
        ("region:West Midlands", "region:West Midlands"),
        ("authority:West Midlands", "authority:West Midlands"),
        ("yorkshire & the humber", "region:Yorkshire and The Humber"),
        ("E08000038", "district:Barnsley"),
        ("E08000016", "district:Barnsley"),
        ("E12000005", "region:West Midlands"),
        ("W06000015", "district:Cardiff"),
        # Force and authority of the same districts: there is nothing to ask.
        ("West Yorkshire", "force:West Yorkshire"),
    ],
)
def test_a_name_or_code(areas, name, label):
    (found,) = resolve_areas([name], areas)
    assert found.label == label


def test_an_ambiguous_name_ends_with_the_choices(areas):
    with pytest.raises(InputError) as caught:
        resolve_areas(["West Midlands"], areas)
    assert caught.value.faults == (
        "Area 'West Midlands' is the name of a police force (2 districts), a mayoral authority (1 district), a region"
        " (3 districts); write 'force:West Midlands' or 'authority:West Midlands' or 'region:West Midlands'.",
    )


def test_every_fault_at_once_with_what_is_near(areas):
    with pytest.raises(InputError) as caught:
        resolve_areas(["Coventree", "town:Leeds", "Leeds", "E99999999", "force:Leeds", "zzzz"], areas)
    faults = caught.value.faults
    assert len(faults) == 5
    assert "no district, police force, mayoral authority or region" in faults[0]
    assert "nearest: district:Coventry" in faults[0]
    assert "'town' is no kind of area; allowed are district, force, authority, region" in faults[1]
    assert "E99999999" in faults[2]
    assert "no police force of the lookups" in faults[3]
    assert faults[4].endswith("are known.")


def test_a_list_keeps_its_order_and_each_area_once(areas):
    found = resolve_areas(["Leeds", "Coventry", "E08000035"], areas)
    assert [area.name for area in found] == ["Leeds", "Coventry"]
    assert resolve_areas([], areas) == ()


def test_without_lookups_nothing_is_known():
    assert list_areas([]) == ()
    assert list_areas([pd.DataFrame({"lsoa11_code": ["E01000001"], "lsoa21_code": ["E01000001"]})]) == ()
    with pytest.raises(InputError, match="none is known at all"):
        resolve_areas(["Leeds"], ())


def test_the_table_of_mayoral_authorities_is_dated_and_sourced():
    table = mayoral_lookup(2024)
    assert table.columns.tolist() == ["district24_code", "district24_name", "authority25_code", "authority25_name"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", table.attrs["date"])
    assert "Office for National Statistics" in table.attrs["source"]
    assert table["authority25_name"].nunique() == 14
    assert table["district24_code"].is_unique
    assert table["district24_code"].str.fullmatch(CODES["district"]).all()
    assert table["authority25_code"].str.fullmatch(CODES["authority"]).all()
    sizes = table.groupby("authority25_name").size()
    assert sizes["Greater London"] == 33
    assert sizes["Greater Manchester"] == 10
    assert sizes["West Midlands"] == 7
    assert sizes["East Midlands"] == 2 + 8 + 7


def test_a_district_that_was_coded_anew():
    old, new = mayoral_lookup(2024), mayoral_lookup(2025)
    changed = old["district24_code"] != new["district25_code"].to_numpy()
    assert old.loc[changed, "district24_name"].tolist() == ["Barnsley", "Sheffield"]
    assert new.loc[changed, "district25_code"].tolist() == ["E08000038", "E08000039"]


@pytest.mark.real
@pytest.mark.parametrize(
    ("year", "name"),
    [
        (2024, "lookup_ltla24_region24.csv"),
        (2025, "LSOA_(2021)_to_Electoral_Ward_(2025)_to_LAD_(2025)_Best_Fit_Lookup_in_EW_v2.csv"),
    ],
)
def test_every_district_of_the_table_is_in_the_real_lookup(real_data, year, name):
    lookup = read_lookup(real_data / "lookups" / name)
    columns = [f"district{year % 100}_code", f"district{year % 100}_name"]
    known = set(map(tuple, lookup[columns].drop_duplicates().values.tolist()))
    assert set(map(tuple, mayoral_lookup(year)[columns].values.tolist())) <= known


@pytest.mark.real
def test_the_real_lookups_know_the_awkward_names(real_data):
    names = ["lookup_ltla24_csp24_pfa24.csv", "lookup_ltla24_region24.csv"]
    tables = [read_lookup(real_data / "lookups" / name) for name in names]
    areas = list_areas([*tables, mayoral_lookup(2024)])
    with pytest.raises(InputError, match=r"a police force \(7 .*, a mayoral authority \(7 .*, a region \(30 "):
        resolve_areas(["West Midlands"], areas)
    (merseyside,) = resolve_areas(["Merseyside"], areas)
    assert len(merseyside.districts) == 5
    (manchester,) = resolve_areas(["Greater Manchester"], areas)
    assert len(manchester.districts) == 10
    (devon,) = resolve_areas(["Devon and Cornwall"], areas)
    assert devon.level == "force"


def test_partnerships_of_the_newest_lookup_that_has_them():
    def lookup(year, partnership):
        row = {
            f"district{year}_code": "E07000112", f"district{year}_name": "Folkestone and Hythe",
            f"partnership{year}_name": partnership, f"force{year}_name": "Kent",
        }  # fmt: skip
        return pd.DataFrame([row])

    wards = pd.DataFrame([{"ward25_code": "E05000001", "district25_code": "E07000112"}])
    assert list_partnerships([lookup(23, "Shepway"), wards, lookup(25, "New")])["partnership"].tolist() == ["New"]
    assert list_partnerships([wards]).empty
