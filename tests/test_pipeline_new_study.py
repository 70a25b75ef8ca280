"""A study file from a name: what it holds, that it can be read, and names that are of several areas or of none."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from serving import Reply, ranged, serve

from tipping_point.areas.criteria import Criteria
from tipping_point.areas.group import Limits
from tipping_point.facts.catalogue import find_dataset, get_dataset
from tipping_point.fetch import arcgis, areas_by_name, police_archive
from tipping_point.fetch.datasets import describe_key, list_keys
from tipping_point.pipeline.new_study import FIRST_WARD_YEAR, new_study, newest_year
from tipping_point.pipeline.read import _with_authorities, prepare_wards
from tipping_point.study import read_study
from tipping_point.tables import InputError, plain_name

METROPOLITAN = ("Birmingham", "Coventry", "Dudley", "Sandwell", "Solihull", "Walsall", "Wolverhampton")
FORCES = {
    **{f"E080000{n}": (name, "West Midlands", "West Midlands") for n, name in enumerate(METROPOLITAN, start=25)},
    "E06000019": ("Herefordshire, County of", "West Mercia", "West Midlands"),
    "E06000052": ("Cornwall", "Devon & Cornwall", "South West"),
    "E06000026": ("Plymouth", "Devon & Cornwall", "South West"),
    "W06000015": ("Cardiff", "South Wales", ""),
    "E08000006": ("Salford", "Greater Manchester", "North West"),
}
"""District -> name, force, region."""


def service(fields, rows):
    described = {
        "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, *({"name": name} for name in fields)],
        "objectIdField": "OBJECTID", "maxRecordCount": 1000, "advancedQueryCapabilities": {"supportsPagination": True},
    }  # fmt: skip
    features = [
        {"attributes": {"OBJECTID": n, **dict(zip(fields, row, strict=True))}} for n, row in enumerate(rows, start=1)
    ]

    def answer(call):
        if not call.path.endswith("/query"):
            return Reply(json.dumps(described).encode())
        held = {"count": len(rows)} if call.query.get("returnCountOnly") else {"features": features}
        return Reply(json.dumps(held).encode())

    return answer


@pytest.fixture
def server():
    forces = sorted({force for _, force, _ in FORCES.values()})
    regions = sorted({region for _, _, region in FORCES.values()} - {""})
    force_rows = [
        (code, name, f"E22{n:06d}", name, f"E23{forces.index(force):06d}", force)
        for n, (code, (name, force, _)) in enumerate(FORCES.items())
    ]
    region_rows = [
        (code, name, f"E12{regions.index(region):06d}", region) for code, (name, _, region) in FORCES.items() if region
    ]
    with serve() as running:
        for year in ("24", "25"):
            names = [f"{place}{year}{part}" for place in ("LAD", "CSP", "PFA") for part in ("CD", "NM")]
            running.route(f"{arcgis.BASE}/LAD{year}_CSP{year}_PFA{year}_EW_LU/*", service(names, force_rows))
        names = [f"{place}25{part}" for place in ("LAD", "RGN") for part in ("CD", "NM")]
        running.route(f"{arcgis.BASE}/LAD25_RGN25_EN_LU_v2/*", service(names, region_rows))
        listed = {"services": [{"name": "LAD25_CSP25_PFA25_EW_LU", "type": "FeatureServer"}]}
        running.route(arcgis.BASE, Reply(json.dumps(listed).encode()))
        running.route(f"{police_archive.BASE}/latest.zip", Reply(b"", 302, {"Location": "https://a.test/2026-07.zip"}))
        running.route("https://a.test/2026-07.zip", ranged(b"PK"))
        yield running


@pytest.fixture
def web(server, tmp_path):
    return server.web(tmp_path / "cache")


def make(web, *names, **options):
    return tomllib.loads(new_study(names, web=web, **options))


def test_the_file_can_be_read_and_holds_what_it_says(web, tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(new_study(["force:West Midlands"], web=web, file="study.toml"), encoding="utf-8")
    study = read_study(path, must_exist=False)
    assert study.name == "West Midlands, August 2023 to July 2026"
    assert (study.period.start, study.period.end, study.study.ward_year) == ("2023-08", "2026-07", 2024)
    assert study.area == ("force:West Midlands",)
    assert (study.areas.method, study.areas.areas, study.areas.limits, study.criteria.rules) == (
        "select",
        10,
        Limits(),
        Criteria(),
    )
    assert "tipping-point fetch study.toml" in study.text
    assert f"# {', '.join(METROPOLITAN)}" in study.text


def test_every_source_names_a_dataset_that_is_recognised_and_can_be_fetched(web, tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(new_study(["Cardiff", "Cornwall"], web=web), encoding="utf-8")
    study = read_study(path, must_exist=False)
    for source in study.sources.all:
        key = source.options["dataset"]
        assert key in (*list_keys(), "police_uk_street")
        assert find_dataset(source.path, section=source.section, kind=source.kind).key == key
    assert [source.kind for source in study.of("deprivation")] == ["iod2025", "wimd2025"]
    years = {source.options["dataset"]: source.options.get("year") for source in study.sources.all}
    assert years["ward_boundaries"] == years["lookup_ward"] == years["lookup_force"] == 2024
    assert years["population_mid_year"] == max(get_dataset("population_mid_year").place.addresses)


def test_each_country_has_its_own_index(web):
    kinds = [[one["kind"] for one in make(web, name)["sources"]["deprivation"]] for name in ("Cardiff", "Plymouth")]
    assert kinds == [["wimd2025"], ["iod2025"]]


def test_the_newest_year_is_the_newest_of_all_that_must_fit():
    years = [set(get_dataset(key).services.names) for key in ("ward_boundaries", "lookup_ward", "lookup_force")]
    assert newest_year() in set.intersection(*years)
    assert all(max(each) >= newest_year() for each in years)
    assert newest_year() >= FIRST_WARD_YEAR


# ---------------------------------------------------------------------------------------------------- the area


def test_an_ambiguous_name_ends_with_the_choices_and_each_can_be_asked_for(web):
    with pytest.raises(InputError) as caught:
        make(web, "West Midlands")
    (fault,) = caught.value.faults
    for level in ("force", "authority", "region"):
        assert f"'{level}:West Midlands'" in fault
    assert make(web, "authority:west midlands")["study"]["area"] == ["authority:West Midlands"]
    region = make(web, "region:West Midlands")["study"]["area"]
    assert len(region) == 8
    assert "district:Herefordshire, County of" in region


def test_names_as_people_write_them_codes_and_several(web):
    study = make(web, "devon and cornwall", "W06000015")["study"]
    assert study["area"] == ["force:Devon & Cornwall", "district:Cardiff"]
    assert study["place"] == "Devon & Cornwall and Cardiff"


@pytest.mark.parametrize("name", ["Herefordshire", "herefordshire, county of", "E06000019"])
def test_an_official_ending_may_be_left_out(web, name):
    assert make(web, name)["study"]["area"] == ["district:Herefordshire, County of"]


def test_a_whole_country_and_a_part_of_a_name_say_what_to_write(web):
    with pytest.raises(InputError, match="a whole country is no area here; name its police forces one after the other"):
        make(web, "Wales")
    with pytest.raises(InputError, match="nearest: force:Devon & Cornwall"):
        make(web, "Devon")


def test_a_force_that_publishes_nothing_is_said_before_anything_is_fetched(server, tmp_path):
    said = []
    web = server.web(tmp_path / "cache", tell=said.append)
    text = new_study(["Salford"], web=web)
    gap = "Greater Manchester: Greater Manchester Police has published no crimes since July 2019"
    assert any(line.startswith(gap) and line.endswith("A study of it alone will be refused.") for line in said)
    assert f"# NOTE {gap}" in text
    early = new_study(["Salford"], web=web, start="2018-01", end="2019-12")
    assert "No ward there can be assessed" not in early
    assert f"# NOTE {gap}" in early
    both = new_study(["Salford", "Cardiff"], web=web)
    assert "No ward there can be assessed in this period." in both
    assert "will be refused" not in both
    assert "# NOTE" not in new_study(["Cardiff"], web=web)


def test_what_may_stand_beside_can_be_taken_in_as_it_is_written(web, tmp_path):
    text = new_study(["Cardiff"], web=web)
    lines = text.splitlines()
    first = lines.index("# [[sources.recorded_crime]]            # the counts held to the Home Office's totals;"
                        " or recorded_crime_partnership")  # fmt: skip
    last = next(n for n, line in enumerate(lines) if line.startswith("# [[sources.context]]"))
    lines[first:last] = [line.removeprefix("# ").removeprefix("#") for line in lines[first:last]]
    path = tmp_path / "study.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    study = read_study(path, must_exist=False)
    (recorded,) = study.of("recorded_crime")
    assert recorded.options["year"] == 2026, "the last financial year that ended in the period"
    for section in ("recorded_crime", "census", "schools", "indicator"):
        for source in study.of(section):
            assert describe_key(source.options["dataset"])
            assert find_dataset(source.path, section=section, kind="", key=source.options["dataset"]).licence


def test_an_authority_takes_its_districts_from_the_table_of_the_repository(web):
    listed = next(one for one in areas_by_name._load()["authority"] if one["name"] == "Tees Valley")
    text = new_study(["Tees Valley"], web=web)
    assert "authority:Tees Valley" in text
    assert all(district["name"] in text for district in listed["districts"])


def test_unknown_names_are_all_told(web):
    with pytest.raises(InputError) as caught:
        make(web, "Birmingam", "Nowhere at all")
    assert len(caught.value.faults) == 2
    assert "nearest: district:Birmingham" in caught.value.faults[0]


def test_without_the_lookup_of_regions_other_names_still_work(server, tmp_path):
    del server.routes["/services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services/LAD25_RGN25_EN_LU_v2/*"]
    said = []
    web = server.web(tmp_path / "cache", tell=said.append)
    assert make(web, "Plymouth")["study"]["area"] == ["district:Plymouth"]
    assert any(line.startswith("Regions cannot be named: ") for line in said)


# -------------------------------------------------------------------------------------------- years and months


def test_years_and_months_as_asked(web):
    study = make(web, "Plymouth", ward_year=2025, end="2026-03")
    assert study["period"] == {"start": "2023-04", "end": "2026-03"}
    assert [one["path"] for one in study["sources"]["crime"]] == ["data/police_uk/2026-03.zip"]
    assert study["sources"]["boundaries"]["path"] == "data/boundaries/wards_2025.geojson"
    long = make(web, "Plymouth", start="2022-01")["sources"]["crime"]
    assert [one["path"] for one in long] == ["data/police_uk/2024-12.zip", "data/police_uk/2026-07.zip"]
    short = make(web, "Plymouth", start="2025-01", end="2025-12")
    assert [one["path"] for one in short["sources"]["crime"]] == ["data/police_uk/2026-07.zip"]


def test_months_of_the_former_small_areas_are_said(web):
    text = new_study(["Plymouth"], web=web, start="2021-01", end="2026-07")
    assert "months before 2023-06 name small areas of 2011" in text
    assert "name small areas of 2011" not in new_study(["Plymouth"], web=web)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ward_year": 2019}, "--ward-year: 2019 was given; a new study takes wards of 2022 or later"),
        ({"end": "2026-08"}, "the latest archive of data.police.uk is that of 2026-07"),
        ({"start": "2009-01"}, "street files begin in 2010-12"),
        ({"start": "2026-06", "end": "2026-05"}, "2026-06"),
        ({"end": "March"}, "YYYY-MM"),
    ],
)
def test_what_cannot_be(web, options, message):
    with pytest.raises(InputError, match=message):
        make(web, "Plymouth", **options)


def test_the_second_time_without_the_network(web, server):
    first = new_study(["Plymouth"], web=web)
    before = len(server.calls)
    assert new_study(["Plymouth"], web=replace(web, offline=True)) == first
    assert len(server.calls) == before


# ----------------------------------------------------------------------- areas as a study then finds them


def test_a_study_knows_mayoral_authorities_without_a_file():
    force = pd.DataFrame(columns=["district25_code", "district25_name", "force25_code", "force25_name"])
    wards = pd.DataFrame(columns=["lsoa21_code", "ward24_code", "district24_code"])
    known = _with_authorities([wards, force])
    assert known[0] is wards
    assert known[1] is force
    assert {"district25_code", "authority25_name"} <= set(known[2].columns)
    own = pd.DataFrame(columns=["district24_code", "authority24_code", "authority24_name"])
    assert len(_with_authorities([wards, force, own])) == 3
    assert len(_with_authorities([wards])) == 1


@pytest.mark.parametrize(
    "written", ["Devon & Cornwall", "devon and cornwall", "Devon-and-Cornwall", "Devon & Cornwall."]
)
def test_names_are_compared_however_people_write_them(written):
    assert plain_name(written) == "devon and cornwall"


@pytest.mark.real
def test_an_authority_of_a_real_study(real_data, tmp_path):
    text = (Path(__file__).parent.parent / "studies/merseyside.toml").read_text(encoding="utf-8")
    path = tmp_path / "study.toml"
    found = []
    for area in ('["authority:Liverpool City Region"]', '["force:merseyside", "E06000006"]'):
        path.write_text(text.replace('area = ["Merseyside"]', f"area = {area}"), encoding="utf-8")
        found.append(prepare_wards(read_study(path)).wards)
    region, parts = found
    assert set(region["district_name"]) == {"Halton", "Knowsley", "Liverpool", "Sefton", "St. Helens", "Wirral"}
    assert region.index.equals(parts.index)
