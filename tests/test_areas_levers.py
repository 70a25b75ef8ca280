"""Who holds the lever: every domain of both countries is known, and an area names those in its most deprived tenth."""

from __future__ import annotations

import pandas as pd
import pytest

from tipping_point.areas.levers import add_levers, name_levers, read_levers
from tipping_point.tables import DOMAINS, InputError


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
