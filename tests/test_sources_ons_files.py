"""Workbooks of residents with a sheet for each year, and Census tables in archives, as formats.md has them."""

from __future__ import annotations

import pytest
from builders.sources_ons_files import HEADER, NOMIS, ONS, TS001, TS008, bulk, sapelsoa
from builders.sources_workbook import write_xlsx
from serving import Reply, ranged, serve

from tipping_point.facts.catalogue import find_dataset, get_dataset
from tipping_point.fetch.download import DownloadError, NotInCacheError
from tipping_point.fetch.ons_files import fetch_census, fetch_mid_year
from tipping_point.sources.census import read_census
from tipping_point.sources.population import read_population
from tipping_point.tables import InputError


@pytest.fixture
def server():
    with serve() as running:
        yield running


@pytest.fixture
def web(server, tmp_path):
    return server.web(tmp_path / "cache")


# ------------------------------------------------------------------------------------------- residents


@pytest.mark.parametrize("year", [2022, 2024])
def test_residents_of_the_year_that_is_wanted_and_no_other(server, web, tmp_path, year):
    server.route(ONS, sapelsoa(tmp_path / "a.xlsx"))
    path = fetch_mid_year(web, tmp_path / "study", year=year)
    assert path.name == f"population_mid{year}_lsoa21.csv"
    read = read_population(path, kind="lsoa_mid_year")
    assert read.columns.tolist() == ["lsoa21_code", "population"]
    assert read["population"].tolist() == [year + 1, year + 2]
    assert path.read_text().splitlines()[1] == f'E06000001,Hartlepool,E01000001,"Hartlepool, 001A",{year + 1}'
    assert server.calls[0].query["uri"].endswith("/sapelsoasyoa20222024.xlsx")
    assert "python" not in server.calls[0].headers["user-agent"].lower(), "such are answered with 403"
    assert find_dataset(path, section="population", kind="lsoa_mid_year").key == "population_mid_year"


def test_two_years_of_one_workbook_are_one_download(server, web, tmp_path):
    server.route(ONS, sapelsoa(tmp_path / "a.xlsx"))
    fetch_mid_year(web, tmp_path, year=2023)
    fetch_mid_year(web, tmp_path, year=2024)
    assert len(server.calls) == 1
    offline = server.web(web.cache.folder, offline=True)
    assert fetch_mid_year(offline, tmp_path / "b", year=2023).exists()
    with pytest.raises(NotInCacheError, match="Residents of mid-2021 by small area is not in the cache"):
        fetch_mid_year(offline, tmp_path / "b", year=2021)


def test_a_sheet_that_is_not_there_is_named_with_those_that_are(server, web, tmp_path):
    server.route(ONS, sapelsoa(tmp_path / "a.xlsx", years=(2022,)))
    with pytest.raises(
        InputError, match="has no sheet 'Mid-2024 LSOA 2021'; its sheets are Contents, Mid-2022 LSOA 2021"
    ):
        fetch_mid_year(web, tmp_path, year=2024)
    assert list(tmp_path.glob("*.csv")) == []


@pytest.mark.parametrize(
    ("body", "sense"),
    [
        (
            lambda path: sapelsoa(path, header=[*HEADER[:4], "All ages", *HEADER[5:]]),
            "the columns LSOA 2021 Code, Total",
        ),
        (lambda path: b"<!doctype html><title>ONS</title>", "is not a workbook that can be read"),
    ],
)
def test_a_changed_workbook_is_refused(server, web, tmp_path, body, sense):
    server.route(ONS, body(tmp_path / "a.xlsx"))
    with pytest.raises(DownloadError, match=sense):
        fetch_mid_year(web, tmp_path, year=2024)


def test_a_total_that_is_no_number_is_refused(server, web, tmp_path):
    rows = [["x"], ["x"], ["x"], HEADER, ["E06000001", "H", "E01000001", "H", "many", 1, 1, 1, 1]]
    server.route(ONS, write_xlsx(tmp_path / "a.xlsx", {"Mid-2024 LSOA 2021": rows}).read_bytes())
    with pytest.raises(InputError, match="has 'many' in 'Total', which is not a number"):
        fetch_mid_year(web, tmp_path, year=2024)


def test_moved_and_forbidden(server, web, tmp_path):
    server.route(ONS, Reply(b"", 403))
    with pytest.raises(DownloadError, match=r"stands at none of its known addresses: .*20222024.xlsx \(HTTP 403\)"):
        fetch_mid_year(web, tmp_path, year=2024)
    with pytest.raises(InputError, match="2019 is not among the years with a known address; allowed are 2021, 2022"):
        fetch_mid_year(web, tmp_path, year=2019)


# ------------------------------------------------------------------------------------------------ census


def test_a_census_table_is_one_member_of_its_archive(server, web, tmp_path):
    padding = {f"census2021_ts001_{level}": b"x" * 400_000 for level in ("oa", "ctry")}
    content = bulk(census2021_ts001_lsoa=TS001, **padding)
    server.route(f"{NOMIS}/census2021-ts001.zip", ranged(content))
    path = fetch_census(web, "TS001", tmp_path / "study")
    assert path.name == "census2021-ts001-lsoa.csv"
    assert read_population(path, kind="census_ts001")["population"].tolist() == [2284.0]
    assert find_dataset(path, section="population", kind="census_ts001").key == "census_ts001"


def test_a_characteristic(server, web, tmp_path):
    server.route(f"{NOMIS}/census2021-ts008.zip", bulk(census2021_ts008_lsoa=TS008))
    read = read_census(fetch_census(web, "ts008", tmp_path))
    assert read[["sex: Female", "sex: Male"]].to_numpy().tolist() == [[51.0, 49.0]]


def test_a_table_without_small_areas_says_what_there_is(server, web, tmp_path):
    server.route(f"{NOMIS}/census2021-ts009.zip", bulk(census2021_ts009_msoa=TS008, metadata=b"x"))
    with pytest.raises(
        InputError, match=r"TS009 has no small areas, or .* It holds census2021-ts009-msoa.csv, metadata.csv"
    ):
        fetch_census(web, "ts009", tmp_path)


def test_a_changed_census_header(server, web, tmp_path):
    body = TS001.replace(b"geography code", b"area code")
    server.route(f"{NOMIS}/census2021-ts001.zip", bulk(census2021_ts001_lsoa=body))
    with pytest.raises(
        DownloadError, match=r"lacks the column\(s\) geography code; its header is date, geography, area c"
    ):
        fetch_census(web, "ts001", tmp_path)


@pytest.mark.parametrize("name", ["../etc", "ts1", "", "ts001/.."])
def test_names_of_tables(web, tmp_path, name):
    with pytest.raises(InputError, match="is not understood; allowed are names like TS001"):
        fetch_census(web, name, tmp_path)


def test_the_catalogue_says_where():
    assert get_dataset("census_2021").place.addresses[2021] == (f"{NOMIS}/census2021-{{table}}.zip",)
