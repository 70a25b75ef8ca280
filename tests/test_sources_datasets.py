"""One call for every dataset: the right client, and a file in the form that its reader reads."""

from __future__ import annotations

import gzip
import json

import pytest
from builders.sources_arcgis import lookup, publish, wards
from builders.sources_fingertips import WARDS
from builders.sources_fingertips import publish as publish_health
from builders.sources_gov_uk import file_7
from builders.sources_nomis import Service
from builders.sources_ons_files import NOMIS, ONS, TS001, TS008, bulk, sapelsoa
from builders.sources_stats_wales import workbook
from serving import ranged, serve

from tipping_point.facts.catalogue import entry_key, find_dataset, find_levels_of, get_dataset, load_datasets
from tipping_point.fetch import nomis
from tipping_point.fetch.datasets import describe_key, fetch_dataset, list_keys
from tipping_point.fetch.download import DownloadError
from tipping_point.fetch.gov_uk import CONTENT
from tipping_point.sources.census import read_census
from tipping_point.sources.deprivation import read_deprivation
from tipping_point.sources.district_figures import read_district_figures
from tipping_point.sources.geography import read_boundaries, read_lookup
from tipping_point.sources.indicators import read_indicator
from tipping_point.sources.population import read_population
from tipping_point.tables import InputError


@pytest.fixture
def server():
    with serve() as running:
        yield running


@pytest.fixture
def web(server, tmp_path):
    return server.web(tmp_path / "cache")


def test_boundaries_and_lookups(server, web, tmp_path):
    publish(server, "WD_MAY_2023_UK_BGC", wards())
    publish(server, "LSOA21_WD24_LAD24_EW_LU", lookup())
    path = fetch_dataset(web, "ward_boundaries", tmp_path, year=2023)
    assert len(read_boundaries(path, ward_year=2023)) == 10
    read = read_lookup(fetch_dataset(web, "lookup_ward", tmp_path, year=2024, area=["E08000012"]))
    assert {"lsoa21_code", "ward24_code", "district24_code"} <= set(read.columns)
    assert len(read) == 10, "whole, whatever the area"


def test_indices_of_both_countries_whatever_the_year(server, web, tmp_path):
    place = get_dataset("iod2019").place
    server.route(place.addresses[2019][0], file_7(2019))
    server.route(f"{CONTENT}/{place.page}", json.dumps({"details": {"attachments": []}}).encode())
    server.route(get_dataset("wimd2019").place.addresses[2019][0], workbook(tmp_path / "a.ods"))
    for key, code in (("iod2019", "E01000001"), ("wimd2019", "W01000001")):
        path = fetch_dataset(web, key, tmp_path / "study", year=2025)
        assert read_deprivation(path, kind=key)["lsoa11_code"].iloc[0] == code


def test_residents_in_three_ways(server, web, tmp_path, monkeypatch):
    monkeypatch.setattr(nomis, "GUEST_ROWS", 4)
    server.route(ONS, sapelsoa(tmp_path / "a.xlsx"))
    server.route(f"{nomis.BASE}/dataset/NM_2014_1.data.csv", Service(6, date="2023").answer)
    server.route(f"{nomis.BASE}/dataset/NM_2010_1.data.csv", Service(6, date="2019").answer)
    for key, year, column in (
        ("population_mid_year", 2023, "lsoa21_code"), ("population_nomis", 2023, "lsoa21_code"),
        ("population_nomis_lsoa11", 2019, "lsoa11_code"),
    ):  # fmt: skip
        read = read_population(fetch_dataset(web, key, tmp_path, year=year), kind="lsoa_mid_year")
        assert read.columns.tolist() == [column, "population"]


def test_claimants(server, web, tmp_path):
    server.route(f"{nomis.BASE}/dataset/NM_162_1.data.csv", Service(6, date="October 2025").answer)
    path = fetch_dataset(web, "claimants_nomis", tmp_path)
    assert path.name == "nomis_claimants_lsoa11.csv"
    assert read_indicator(path, name="claims", column="claimants").columns.tolist() == ["lsoa11_code", "claims"]
    assert server.calls[0].query["measure"] == "1"


def test_census_and_health(server, web, tmp_path):
    server.route(f"{NOMIS}/census2021-ts001.zip", ranged(bulk(census2021_ts001_lsoa=TS001)))
    server.route(f"{NOMIS}/census2021-ts008.zip", ranged(bulk(census2021_ts008_lsoa=TS008)))
    publish_health(server, WARDS)
    assert len(read_population(fetch_dataset(web, "census_ts001", tmp_path, year=2025), kind="census_ts001")) == 1
    assert len(read_census(fetch_dataset(web, "census_ts008", tmp_path))) == 1
    path = fetch_dataset(web, "fingertips_93239", tmp_path, area=["E08000009"])
    assert len(read_indicator(path, name="self_harm", column="Value", vintage="ward19")) == 2
    assert server.calls[-1].query["parent_area_code"] == "E08000009"


def test_recorded_crime(server, web, tmp_path):
    place = get_dataset("recorded_crime_force").place
    file = {
        "title": "A",
        "url": "https://assets.publishing.service.gov.uk/media/a/prc-pfa-mar2013-onwards-tables-1.ods",
    }
    server.route(f"{CONTENT}/{place.page}", json.dumps({"details": {"attachments": [file]}}).encode())
    server.route(file["url"], b"PK\x03\x04")
    path = fetch_dataset(web, "recorded_crime_force", tmp_path, year=2025)
    assert path.name == "prc-pfa-mar2013-onwards-tables-1.ods"


def test_figures_of_districts_from_public_health(server, web, tmp_path):
    publish_health(server, WARDS, types=(8, 501))
    path = fetch_dataset(web, "fingertips_93239_district", tmp_path)
    assert path.name == "fingertips_93239_district.csv"
    table = read_district_figures(path, column="Value")
    assert table.to_numpy().tolist() == [["E08000009", 90.5]]
    assert server.calls[-1].query["child_area_type_id"] == "501"


def test_schools_and_districts_from_the_department_for_education(server, web, tmp_path):
    for key in ("school_absence", "school_suspensions", "absence_by_authority", "attainment_by_district"):
        place = get_dataset(key).place
        header = ",".join([*place.header, "rate"])
        (address,) = place.addresses[2025]
        server.route(address, gzip.compress(f"\ufeff{header}\n".encode()))
        path = fetch_dataset(web, key, tmp_path, year=2025)
        assert path.name == place.file
        assert path.read_text(encoding="utf-8-sig").strip() == header, "gzip without a header"
        assert find_dataset(path, section="indicator", kind="").key == key
        assert find_levels_of(key) in (("school",), ("district",))
        server.route(address, b"time_period,rate\n")
        with pytest.raises(DownloadError, match=r"lacks the column\(s\) geographic_level"):
            fetch_dataset(server.web(tmp_path / key), key, tmp_path / "new")


def test_keys_that_cannot_be_fetched(server, web, tmp_path):
    for key in ("synthetic", "population", "census", "fingertips_x", ""):
        with pytest.raises(
            InputError, match=f"'{key}' cannot be fetched; allowed are ward_boundaries, .*, census_ts001 and"
        ):
            fetch_dataset(web, key, tmp_path, year=2024)
    for key in ("ward_boundaries", "population_mid_year", "population_nomis", "recorded_crime_force"):
        with pytest.raises(InputError, match=f"'{key}' needs a year"):
            fetch_dataset(web, key, tmp_path)
    assert server.calls == []


def test_every_key_is_described_and_every_place_has_a_client():
    keys = list_keys()
    assert len(set(keys)) == len(keys)
    assert all(describe_key(key) for key in (*keys, "census_ts001", "census_ts067", "fingertips_93239"))
    assert describe_key("population_nomis_lsoa11") == "Mid-year population estimates by small area, from Nomis"
    assert describe_key("census_ts067") == "Census 2021 bulk table"
    fetched = {dataset.key for dataset in load_datasets() if dataset.services or dataset.place}
    assert fetched - set(keys) == {"census_2021"}
    assert entry_key("fingertips_1_district") == "fingertips"
    with pytest.raises(KeyError):
        describe_key("nothing")
