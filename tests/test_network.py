"""One small real call for each source, for those who have a network: never run by default, nor in any automatic run.

    TIPPING_POINT_NETWORK=1 python -m pytest -m network tests/test_network.py

All that the project knows of these services was read in what others have published of them. A failure here says which
of it is no longer, or never was, so. Nothing large is fetched; files of many megabytes are only looked at.
"""

from __future__ import annotations

import os
from datetime import date, timedelta

import geopandas as gpd
import pytest
from shapely.geometry import box

from tipping_point.facts.catalogue import get_dataset, load_datasets
from tipping_point.fetch import fingertips, police_api
from tipping_point.fetch.arcgis import fetch_layer, find_service, read_layer
from tipping_point.fetch.datasets import fetch_dataset
from tipping_point.fetch.download import DownloadError, fetch_json, look_ahead, open_web
from tipping_point.fetch.gov_uk import find_attachment, list_attachments
from tipping_point.fetch.police_archive import BASE, find_latest
from tipping_point.fetch.remote_zip import fetch_directory
from tipping_point.sources import explore_education
from tipping_point.sources.calibration import FORCES, PARTNERSHIPS
from tipping_point.sources.delimited import read_text_header
from tipping_point.sources.deprivation import read_deprivation
from tipping_point.sources.district_figures import read_district_figures
from tipping_point.sources.indicators import read_indicator
from tipping_point.sources.population import read_population
from tipping_point.sources.schools import REGISTER
from tipping_point.tables import InputError

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(
        os.environ.get("TIPPING_POINT_NETWORK") != "1", reason="asks real services only where TIPPING_POINT_NETWORK=1"
    ),
]

LEICESTER = box(-1.133, 52.633, -1.127, 52.637)


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    return open_web(cache=tmp_path_factory.mktemp("cache"))


def test_police_uk_archive_gives_parts_and_its_directory(web):
    latest = find_latest(web)
    glance = look_ahead(web, f"{BASE}/{latest}.zip")
    assert glance.parts
    directory = fetch_directory(web, f"{BASE}/{latest}.zip")
    assert sum(member.name.endswith("-street.csv") for member in directory.members) > 1_000


def test_police_uk_api(web, tmp_path):
    month = police_api.list_months(web)[-1]
    force = police_api.find_force(web, latitude=52.635, longitude=-1.13)
    assert force == "leicestershire"
    areas = gpd.GeoDataFrame({"lsoa_code": ["E01000000"]}, geometry=[LEICESTER], crs="EPSG:4326")
    folder = police_api.fetch_street_crimes(web, LEICESTER, areas, tmp_path, force=force, start=month, end=month)
    lines = (folder / month / f"{month}-{force}-street.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 1


@pytest.mark.parametrize(
    ("key", "year"),
    [(d.key, year) for d in load_datasets() if d.services for year in d.services.names],
)
def test_open_geography_portal_has_every_service_of_the_catalogue(web, key, year):
    layer = read_layer(web, find_service(web, key, year=year))
    assert layer.most > 0
    assert layer.paged


def test_open_geography_portal_rows(web):
    layer = read_layer(web, find_service(web, "lookup_force", year=2024))
    fetched = fetch_layer(web, layer, where="PFA24NM='Cleveland'")
    assert "Hartlepool" in fetched.path.read_text(encoding="utf-8")


@pytest.mark.parametrize("key", ["iod2019", "iod2025"])
def test_gov_uk_page_of_an_index_names_its_file(web, key):
    place = get_dataset(key).place
    found = find_attachment(list_attachments(web, place.page), place.title, suffix=".csv")
    assert found.url == place.addresses[get_dataset(key).year][0]
    assert look_ahead(web, found.url).size > 1_000_000


@pytest.mark.parametrize("key", [FORCES, PARTNERSHIPS])
def test_gov_uk_recorded_crime_is_listed(web, key):
    place = get_dataset(key).place
    found = find_attachment(list_attachments(web, place.page), place.title)
    assert look_ahead(web, found.url).size > 100_000


@pytest.mark.parametrize("key", ["wimd2019", "wimd2025"])
def test_welsh_index(web, tmp_path, key):
    assert len(read_deprivation(fetch_dataset(web, key, tmp_path), kind=key)) in (1_909, 1_917)


@pytest.mark.parametrize("year", [2021, 2024])
def test_ons_workbook_stands_at_its_address(web, year):
    assert look_ahead(web, get_dataset("population_mid_year").place.addresses[year][0]).size > 10_000_000


def test_census_bulk_table(web, tmp_path):
    path = fetch_dataset(web, "census_ts001", tmp_path)
    assert len(read_population(path, kind="census_ts001")) == 35_672


def test_nomis_is_paged(web, tmp_path):
    """35,672 small areas are more than a guest's 25,000 rows."""
    path = fetch_dataset(web, "population_nomis", tmp_path, year=2023)
    assert len(read_population(path, kind="lsoa_mid_year")) == 35_672


def test_nomis_claimants(web, tmp_path):
    path = fetch_dataset(web, "claimants_nomis", tmp_path)
    assert len(read_indicator(path, name="claimants", column="claimants")) > 30_000


def test_fingertips_by_ward_or_a_plain_word_that_there_is_none(web, tmp_path):
    there = fingertips.list_area_types(web, 93239)
    assert there
    if 8 in there:
        path = fetch_dataset(web, "fingertips_93239", tmp_path, area=["E08000009"])
        assert len(read_indicator(path, name="self_harm", column="Value", vintage="ward19")) > 10
    else:
        with pytest.raises(InputError, match="not published by ward; it is by"):
            fetch_dataset(web, "fingertips_93239", tmp_path)


def test_fingertips_by_district(web, tmp_path):
    path = fetch_dataset(web, "fingertips_11201_district", tmp_path)
    assert len(read_district_figures(path, column="Value")) > 100


@pytest.mark.parametrize("key", [dataset.key for dataset in load_datasets() if dataset.levels and dataset.place])
def test_explore_education_has_every_file_of_the_catalogue(web, key):
    place = get_dataset(key).place
    for address in place.addresses[max(place.addresses)]:
        assert look_ahead(web, address).url.startswith("https://")


def test_explore_education_attainment_is_by_district(web, tmp_path):
    path = fetch_dataset(web, "attainment_by_district", tmp_path)
    header = read_text_header(path)
    assert {"geography_basis", "attainment8_average"} <= set(header)


def test_explore_education_api_and_catalogue(web):
    data_set = "18e39901-e1a0-3b70-aeae-b3fe542fcf1c"
    url = f"{explore_education.API}/data-sets/{data_set}/meta"
    meta = fetch_json(web, url)
    assert {"filters", "indicators", "locations"} <= set(meta)
    school = f"{explore_education.CATALOGUE}/{explore_education.SCHOOL_SUSPENSIONS}/csv"
    assert look_ahead(web, school).url.startswith("https://")


def test_register_of_schools_has_a_file_of_these_days(web):
    refused = []
    for back in range(4):
        day = date.today() - timedelta(days=back)
        try:
            look_ahead(web, f"{REGISTER}/edubasealldata{day:%Y%m%d}.csv")
            return
        except DownloadError as error:
            refused.append(str(error))
    pytest.fail("; ".join(refused))
