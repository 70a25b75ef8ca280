"""Nomis as formats.md has it: 25,000 rows a call, the rest left out without a word, and RECORD_COUNT on every row."""

from __future__ import annotations

import pytest
from builders.sources_nomis import HEADER, Service
from serving import Reply, serve

from tipping_point.fetch import nomis
from tipping_point.fetch.download import DownloadError
from tipping_point.fetch.nomis import BASE, fetch_figures, fetch_residents
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


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    monkeypatch.setattr(nomis, "GUEST_ROWS", 4)


def publish(server, service, dataset="NM_2014_1"):
    server.route(f"{BASE}/dataset/{dataset}.data.csv", service.answer)


def claimants(web, folder, **options):
    chosen = {
        "vintage": "lsoa11",
        "column": "claimants",
        "dimensions": {"gender": 0, "age": 0, "measure": 1},
        **options,
    }
    return fetch_figures(web, "NM_162_1", folder / "claimants.csv", **chosen)


def test_residents_are_read_page_after_page(server, web, tmp_path):
    publish(server, Service(10))
    path = fetch_residents(web, tmp_path / "study", year=2024)
    read = read_population(path, kind="lsoa_mid_year")
    assert read["lsoa21_code"].tolist() == [f"E01{row:06d}" for row in range(10)]
    assert read["population"].tolist() == [1500.0 + row for row in range(10)]
    assert [call.query["RecordOffset"] for call in server.calls] == ["0", "4", "8"]
    first = server.calls[0].query
    assert (first["geography"], first["time"], first["gender"], first["c_age"]) == ("TYPE151", "2024", "0", "200")
    fetch_residents(server.web(web.cache.folder, offline=True), tmp_path, year=2024)
    assert len(server.calls) == 3


def test_small_areas_of_2011(server, web, tmp_path):
    publish(server, Service(3, date="2019"), "NM_2010_1")
    path = fetch_residents(web, tmp_path, year=2019, vintage="lsoa11")
    assert read_population(path, kind="lsoa_mid_year").columns[0] == "lsoa11_code"
    assert server.calls[0].query["geography"] == "TYPE298"


def test_a_page_shorter_than_asked_for_is_no_end(server, web, tmp_path):
    publish(server, Service(10, most=3))
    assert len(read_population(fetch_residents(web, tmp_path, year=2024), kind="lsoa_mid_year")) == 10
    assert [call.query["RecordOffset"] for call in server.calls] == ["0", "3", "6", "9"]


def test_a_key_is_sent_and_not_kept(server, web, tmp_path, monkeypatch):
    publish(server, Service(10, most=100))
    fetch_residents(web, tmp_path, year=2024, key="0xsecret")
    assert [call.query["uid"] for call in server.calls] == ["0xsecret"]
    assert server.calls[0].query["RecordLimit"] == "100000"
    kept = "".join(path.read_text() for path in (web.cache.folder / "index").glob("*.json"))
    assert kept
    assert "secret" not in kept


def test_claimants_are_an_indicator(server, web, tmp_path):
    publish(server, Service(5, date="October 2025"), "NM_162_1")
    path = claimants(web, tmp_path)
    read = read_indicator(path, name="claims", column="claimants")
    assert read.columns.tolist() == ["lsoa11_code", "claims"]
    assert read["claims"].tolist() == [1500, 1501, 1502, 1503, 1504]
    assert server.calls[0].query["date"] == "latest"


@pytest.mark.parametrize(
    ("service", "sense"),
    [
        (Service(10, stops_at=4), "rows from 4: no row came, and 10 are counted: its answers were cut short"),
        (Service(10, obeys=False), "a page came twice; RecordOffset is not obeyed"),
        (Service(10, counts=lambda number: 10 + number), "RECORD_COUNT is not one number that stays"),
        (Service(3, counts=lambda number: "many"), "RECORD_COUNT is not one number that stays"),
        (Service(3, counts=lambda number: 2), "3 rows came, and 2 are counted"),
        (Service(0), "has no figure for these areas"),
        (Service(3, twice=True), r"has several figures for an area \(E01000000\); fix every dimension"),
        (Service(3, date="2023"), "gives figures of 2023, and 2024 was asked for"),
        (
            Service(3, header=("A", "B", "C", "D", "E", "F")),
            r"lacks the column\(s\) GEOGRAPHY_CODE, .*; its first row is: A",
        ),
    ],
)
def test_what_makes_it_no_whole_table(server, web, tmp_path, service, sense):
    publish(server, service)
    with pytest.raises(DownloadError, match=sense):
        fetch_residents(web, tmp_path, year=2024)
    assert list(tmp_path.glob("*.csv")) == []


@pytest.mark.parametrize(
    ("body", "sense"),
    [
        (b"<html>Nomis is busy</html>", "lacks the column"),
        (b"", "its first row is: empty"),
        (b'{"error": "no such dataset"}', "lacks the column"),
        ((",".join(HEADER) + "\n2024,E01000001,Hart").encode(), "a row has not as many cells as the header"),
    ],
)
def test_errors_inside_a_good_status(server, web, tmp_path, body, sense):
    server.route(f"{BASE}/dataset/NM_2014_1.data.csv", body)
    with pytest.raises(DownloadError, match=sense):
        fetch_residents(web, tmp_path, year=2024)


def test_headers_in_lower_case_and_a_service_that_is_busy_once(server, web, tmp_path):
    service = Service(3, header=tuple(name.lower() for name in HEADER))
    server.route(
        f"{BASE}/dataset/NM_2014_1.data.csv",
        lambda call: service.answer(call) if call.number else Reply(b"", 429, {"Retry-After": "0"}),
    )
    assert len(read_population(fetch_residents(web, tmp_path, year=2024), kind="lsoa_mid_year")) == 3


def test_what_is_not_there_is_said_before_anything_is_asked(server, web, tmp_path):
    with pytest.raises(InputError, match="no estimate of 2024 by lsoa11; allowed are 2001 to 2020"):
        fetch_residents(web, tmp_path, year=2024, vintage="lsoa11")
    with pytest.raises(InputError, match="vintage 'ward24' is not known; allowed are lsoa21, lsoa11"):
        fetch_residents(web, tmp_path, year=2024, vintage="ward24")
    with pytest.raises(InputError, match="NM_162_1: vintage 'oa21' is not known"):
        claimants(web, tmp_path, vintage="oa21")
    assert server.calls == []
