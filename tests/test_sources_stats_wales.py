"""The Welsh index as formats.md has it: workbooks with two rows above the header, and a folder that changed."""

from __future__ import annotations

import pytest
from builders.sources_stats_wales import workbook
from serving import Reply, serve

from tipping_point.facts.catalogue import find_dataset, get_dataset
from tipping_point.fetch.download import DownloadError
from tipping_point.fetch.stats_wales import fetch_welsh_index
from tipping_point.sources.deprivation import read_deprivation


@pytest.fixture
def server():
    with serve() as running:
        yield running


@pytest.fixture
def told():
    return []


@pytest.fixture
def web(server, tmp_path, told):
    return server.web(tmp_path / "cache", tell=told.append)


def test_the_ranks_of_2019_are_what_the_reader_reads(server, web, tmp_path):
    (url,) = get_dataset("wimd2019").place.addresses[2019]
    server.route(url, workbook(tmp_path / "a.ods"))
    path = fetch_welsh_index(web, "wimd2019", tmp_path / "study")
    assert path.name == url.rpartition("/")[2]
    table = read_deprivation(path, kind="wimd2019")
    assert table["lsoa11_code"].tolist() == ["W01000001", "W01000002", "W01000003"]
    assert table["income"].is_monotonic_decreasing, "ranks: 1 is the most deprived"
    assert find_dataset(path, section="deprivation", kind="wimd2019").key == "wimd2019"


def test_the_scores_of_2025_from_the_folder_where_they_stood_before(server, web, told, tmp_path):
    newest, before = get_dataset("wimd2025").place.addresses[2025]
    server.route(before, workbook(tmp_path / "a.ods", 2025, "Data", skip=2, step=12.5))
    table = read_deprivation(fetch_welsh_index(web, "wimd2025", tmp_path), kind="wimd2025")
    assert table["lsoa21_code"].tolist() == ["W01000001", "W01000002", "W01000003"]
    assert table["income"].tolist() == [12.5, 25.0, 37.5]
    assert table["imd"].tolist() == [12.5, 25.0, 37.5]
    assert told == [f"Welsh Index of Multiple Deprivation 2025: no longer at {newest} (HTTP 404)"]


@pytest.mark.parametrize(
    ("body", "sense"),
    [
        (
            lambda path: workbook(path, last="Environment"),
            r"no row among the first .* Cover, WIMD_2019_ranks is a header",
        ),
        (lambda path: workbook(path, year=2025), "wanted is a sheet with the columns LSOA code, WIMD 2019, Income"),
        (lambda path: b"<html>Page not found</html>", "is not a workbook that can be read"),
        (lambda path: workbook(path)[:300], "is not a workbook that can be read"),
    ],
)
def test_another_table_is_refused(server, web, tmp_path, body, sense):
    server.route(get_dataset("wimd2019").place.addresses[2019][0], body(tmp_path / "a.ods"))
    with pytest.raises(DownloadError, match=f"^Welsh Index of Multiple Deprivation 2019 .*{sense}"):
        fetch_welsh_index(web, "wimd2019", tmp_path)


def test_a_service_that_stays_busy(server, web, tmp_path):
    server.route(get_dataset("wimd2019").place.addresses[2019][0], Reply(b"", 503))
    with pytest.raises(DownloadError, match=r"HTTP 503 \(service unavailable\); 3 tries in a row were in vain"):
        fetch_welsh_index(web, "wimd2019", tmp_path)
