"""What kind of place: domains, what is found by police, and who answers for it, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.areas.profile import (
    PARTLY_POLICE_GENERATED,
    POLICE_GENERATED,
    add_accountability,
    add_levers,
    add_police_generated,
    add_profile,
    area_members,
    chosen_areas,
    describe_domains,
    name_levers,
    names_by_district,
    police_generated_shares,
    read_levers,
    victim_reported,
)
from tipping_point.facts.crime_types import CRIME_TYPES
from tipping_point.tables import DOMAINS, InputError
from tipping_point.text.areas import add_police_reason

A, B, C, D = (f"E0500000{n}" for n in range(4))


@pytest.fixture
def wards(lattice):
    table = lattice(1, 4, **dict.fromkeys(DOMAINS, 50.0))
    table["population"] = [10_000.0, 30_000.0, 5_000.0, 5_000.0]
    table["district_code"] = ["E06000001", "E06000001", "E06000001", "E09000002"]
    return table


def make_areas(*codes, **columns):
    names = [f"A-{n}" for n in range(len(codes))]
    return pd.DataFrame({"ward_codes": list(codes), **columns}, index=pd.Index(names, name="area_id", dtype=str))


def test_members_and_the_chosen():
    areas = make_areas(f"{A};{B}", C, shortlisted=[False, True])
    assert area_members(areas).to_numpy().tolist() == [["A-0", A], ["A-0", B], ["A-1", C]]
    assert list(chosen_areas(areas).index) == ["A-1"]
    assert list(chosen_areas(areas.drop(columns="shortlisted")).index) == ["A-0", "A-1"]
    assert area_members(areas.head(0)).empty


def test_domains_are_weighted_by_residents_beside_the_district(wards):
    wards["health"] = [94.0, 90.0, 10.0, 99.0]
    table = describe_domains(make_areas(f"{A};{B}"), wards).set_index("domain").loc["health"]
    assert table["percentile"] == pytest.approx((94 * 10 + 90 * 30) / 40)
    assert table["share_in_tenth"] == 1  # 90 is in the tenth
    assert bool(table["in_tenth"])
    assert table["district_percentile"] == pytest.approx((94 * 10 + 90 * 30 + 10 * 5) / 45)


def test_half_the_residents_in_the_tenth_is_enough_and_less_is_not(wards):
    wards["income"] = [95.0, 10.0, 95.0, 10.0]
    table = describe_domains(make_areas(f"{A};{B}", f"{C};{D}"), wards)
    income = table[table["domain"] == "income"]
    assert income["share_in_tenth"].tolist() == [0.25, 0.5]
    assert income["in_tenth"].tolist() == [False, True]


def test_a_missing_domain_is_missing_not_nought(wards):
    wards.loc[A, "income"] = np.nan
    table = describe_domains(make_areas(f"{A};{B}"), wards)
    income = table[table["domain"] == "income"].iloc[0]
    assert np.isnan(income["percentile"])
    assert pd.isna(income["in_tenth"])
    wide = add_profile(make_areas(f"{A};{B}"), table)
    assert np.isnan(wide.loc["A-0", "income"])
    assert wide.loc["A-0", "health"] == 50
    assert add_profile(make_areas(), table.head(0)).columns.tolist()[1:3] == ["income", "income_in_tenth"]


def test_every_type_is_of_the_vocabulary_and_of_one_kind():
    for vocabulary, types in CRIME_TYPES.items():
        found, partly = set(POLICE_GENERATED[vocabulary]), set(PARTLY_POLICE_GENERATED[vocabulary])
        assert found | partly <= set(types)
        assert not found & partly
        assert not (found | partly) & set(victim_reported(vocabulary, types))
    measure = ("Robbery", "Possession of weapons", "Violence and sexual offences")
    assert victim_reported("police_uk", measure) == ["Robbery", "Violence and sexual offences"]
    with pytest.raises(InputError, match="'Piracy' are none of the vocabulary 'police_uk'"):
        victim_reported("police_uk", ["Piracy"])


def counted(rows):
    return pd.DataFrame(rows, columns=["ward_code", "month", "crime_type", "crimes"]).astype({"crimes": "Int64"})


WEIGHTS = {"Robbery": 800.0, "Possession of weapons": 200.0}


def test_shares_of_crimes_and_of_harm_by_hand():
    counts = counted([(A, "2024-01", "Robbery", 1), (A, "2024-01", "Possession of weapons", 2),
                      (A, "2024-02", "Possession of weapons", None), (A, "2024-01", "Shoplifting", 50),
                      (B, "2024-01", "Robbery", 1), (B, "2024-01", "Possession of weapons", 0)])  # fmt: skip
    members = pd.DataFrame({"area_id": ["A-0", "A-0", "A-1"], "ward_code": [A, B, C]})
    shares = police_generated_shares(counts, members, weights=WEIGHTS, vocabulary="police_uk")
    assert shares.loc["A-0"].tolist() == [0.5, 0.2]  # 2 of 4 crimes; 400 of 2,000 points
    assert shares.loc["A-1"].isna().all()


def test_a_place_depends_where_it_would_leave_the_list_or_harm_is_mostly_found():
    shares = pd.DataFrame({"police_generated_share": [0.5, 0.1, np.nan],
                           "police_generated_harm_share": [0.3, 0.1, np.nan]},
                          index=["A-0", "A-1", "A-2"])  # fmt: skip
    areas = make_areas(f"{A};{B}", f"{C};{D}", "E05000009", shortlisted=[True, True, False])
    result = add_police_generated(areas, shares)
    assert result["depends_on_police_generated"].tolist() == [True, False, False]
    assert (
        add_police_reason(result).loc["A-0", "police_generated_reason"]
        == "30% of its harm is of police-generated types"
    )
    again = add_police_generated(areas, shares, still_chosen={A, B, C}, threshold=0.5)
    assert again["depends_on_police_generated"].tolist() == [False, False, False]  # half of the second is still in
    gone = add_police_generated(areas, shares, still_chosen={A, B}, threshold=0.5)
    assert gone["depends_on_police_generated"].tolist() == [False, True, False]
    assert "would not be on the list" in add_police_reason(gone).loc["A-1", "police_generated_reason"]


def test_a_ward_depends_only_if_it_was_chosen(wards):
    shares = pd.DataFrame({"police_generated_share": 0.1, "police_generated_harm_share": 0.1}, index=wards.index)
    result = add_police_generated(wards, shares, chosen={A, B}, still_chosen={A})
    assert result["depends_on_police_generated"].tolist() == [False, True, False, False]


def test_accountability_names_what_lookups_know_and_says_what_they_do_not(wards):
    areas = make_areas(f"{A};{B}", D)
    result = add_accountability(areas, wards, partnerships={"E06000001": "Hartlepool"})
    assert result["partnership_names"].tolist() == ["Hartlepool", ""]
    assert result["mayoral_authority"].tolist() == ["", "Greater London Authority"]
    assert "mayoral authority" in result.loc["A-0", "accountability_note"]
    assert "partnership" in result.loc["A-1", "accountability_note"]
    known = add_accountability(areas, wards, authorities={"E06000001": "Tees Valley"}, partnerships={"E06000001": "H"})
    assert known.loc["A-0", "mayoral_authority"] == "Tees Valley"
    assert known.loc["A-0", "accountability_note"] == ""


def test_a_district_of_several_partnerships_names_them_all():
    lookup = pd.DataFrame({"district24_code": ["E07", "E07", "E08"], "partnership24_name": ["North", "East", ""]})
    assert names_by_district(lookup, "partnership") == {"E07": "East and North"}
    with pytest.raises(InputError, match="lacks a column of authority"):
        names_by_district(lookup, "authority")


def domains(area, deep, share=0.8):
    return pd.DataFrame(
        {"area_id": area, "domain": list(DOMAINS), "percentile": 50.0, "district_percentile": 50.0,
         "share_in_tenth": [share if name in deep else 0.1 for name in DOMAINS],
         "in_tenth": pd.array([name in deep for name in DOMAINS], dtype="boolean")}
    )  # fmt: skip


def test_every_domain_of_both_countries_has_a_department_a_lead_and_a_source_without_an_address():
    table = read_levers()
    assert sorted(set(table["country"])) == ["England", "Wales"]
    assert len(table) == 2 * len(DOMAINS)
    for name in ("department", "lead", "source"):
        assert (table[name].str.len() > 5).all()
        assert not table[name].str.contains("http|www|gov.uk").any()


def test_what_is_devolved_is_the_welsh_governments_and_jobcentre_plus_is_not():
    table = read_levers().set_index(["country", "domain"])
    for name in ("health", "education", "housing_services", "living_environment"):
        assert table.loc[("Wales", name), "department"] == "Welsh Government"
        assert "Welsh" not in table.loc[("England", name), "department"]
    assert "local health board" in table.loc[("Wales", "health"), "lead"]
    assert "Jobcentre Plus" in table.loc[("Wales", "employment"), "lead"]


def test_levers_are_the_domains_in_the_tenth_the_largest_share_first():
    table = domains("A-1", ["health", "income"])
    table.loc[table["domain"] == "health", "share_in_tenth"] = 0.9
    named = name_levers(table, pd.Series({"A-1": "England"}))
    assert list(named["domain"]) == ["health", "income"]
    assert named.loc[0, "department"] == "Department of Health and Social Care"


def test_the_column_names_department_and_lead_and_is_blank_without_a_lever():
    areas = pd.DataFrame({"country": ["England", "Wales"]}, index=pd.Index(["A-1", "A-2"], name="area_id"))
    table = pd.concat([domains("A-1", ["education"]), domains("A-2", [])])
    levers = add_levers(areas, table)["levers"]
    assert levers["A-1"].startswith("Education and skills (Department for Education")
    assert levers["A-2"] == ""
    assert "levers" not in areas


def test_no_areas_at_all():
    areas = pd.DataFrame({"country": pd.Series(dtype=str)}, index=pd.Index([], name="area_id", dtype=str))
    table = domains("A-1", []).head(0)
    assert list(add_levers(areas, table)["levers"]) == []


def test_a_country_without_levers_is_refused():
    with pytest.raises(InputError, match="Scotland given; levers are known for England and Wales"):
        name_levers(domains("A-1", []), pd.Series({"A-1": "Scotland"}))
