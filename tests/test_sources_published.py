"""Known addresses tried in turn, and files looked at before they are kept."""

from __future__ import annotations

import hashlib

import pytest
from builders.sources_workbook import write_ods
from serving import Reply, serve

from tipping_point.facts.catalogue import Place
from tipping_point.fetch.download import DownloadError, NotInCacheError
from tipping_point.fetch.published import choose_year, fetch_first, get_place, header_check
from tipping_point.tables import InputError

OLD, NEW = "https://www.gov.wales/old/file.csv", "https://www.gov.wales/new/file.csv"
BODY = b"LSOA code (2021),Total \nE01000001,5\n"
PLACE = Place("file.csv", {2025: (NEW, OLD)}, header=(r"lsoa code \(2021\)", "Total"))


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


def fetch(web, *, check=None):
    return fetch_first(web, (NEW, OLD), check=check or header_check(PLACE), label="The index")


def test_the_first_address_is_enough(server, web, told):
    server.route(NEW, BODY)
    assert fetch(web).path.read_bytes() == BODY
    assert len(server.calls) == 1
    assert told == []


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_file_that_is_gone_is_looked_for_at_the_next_address_and_that_is_said(server, web, told, status):
    server.route(NEW, Reply(b"", status))
    server.route(OLD, BODY)
    assert fetch(web).entry.final == OLD
    assert told == [f"The index: no longer at {NEW} (HTTP {status})"]
    offline = server.web(web.cache.folder, offline=True)
    assert fetch(offline).path.read_bytes() == BODY, "offline, too, where it stood at the second"


def test_an_error_that_is_none_of_the_address_is_not_hidden_by_the_next_one(server, web):
    server.route(NEW, Reply(b"", 503))
    server.route(OLD, BODY)
    with pytest.raises(DownloadError, match="HTTP 503"):
        fetch(web)
    assert server.asked("/old/") == []


def test_gone_everywhere_names_every_address(server, web):
    with pytest.raises(DownloadError) as caught:
        fetch(web)
    assert caught.value.faults[0] == (
        f"The index stands at none of its known addresses: {NEW} (HTTP 404), {OLD} (HTTP 404). Its publisher has moved"
        " it: find it on the publisher's site, and name the file in the study."
    )


def test_offline_without_it(server, tmp_path):
    with pytest.raises(NotInCacheError, match="The index is not in the cache"):
        fetch(server.web(tmp_path / "empty", offline=True))
    assert server.calls == []


@pytest.mark.parametrize(
    ("body", "sense"),
    [
        (
            b"LSOA code (2011),Total\n1,2\n",
            r"lacks the column\(s\) lsoa code .*2021.*; its header is LSOA code \(2011\), T",
        ),
        (b"<!DOCTYPE html><p>moved</p>", "is a web page"),
        (b"", "is empty"),
        (b"PK\x03\x04rest", "is an archive, a workbook or another binary file"),
    ],
)
def test_another_content_is_refused_and_not_kept(server, web, body, sense):
    server.route(NEW, body)
    with pytest.raises(DownloadError, match=f"^The index {sense}") as caught:
        fetch(web)
    assert str(web.cache.folder) not in str(caught.value), "no path of the cache in the message"
    assert not list((web.cache.folder / "index").glob("*"))


def test_a_hash_of_which_the_beginning_is_known(server, web):
    server.route(NEW, BODY)
    digest = hashlib.sha256(BODY).hexdigest()
    with pytest.raises(DownloadError, match=f"hash .* {digest}, and one that begins with 00000000 is expected"):
        fetch(web, check=header_check(PLACE, sha256="00000000"))
    assert fetch(web, check=header_check(PLACE, sha256=digest[:8])).entry.sha256 == digest


def test_workbooks_are_looked_into(tmp_path):
    place = Place("a.ods", {2019: ("https://www.gov.wales/a.ods",)}, header=("LSOA code", "WIMD 2019"))
    check = header_check(place)
    good = write_ods(tmp_path / "good", {"Notes": [["x"]], "Data": [["Title"], ["LSOA code", "WIMD 2019 "], ["a", 1]]})
    assert check(good) == ""
    moved = write_ods(tmp_path / "moved", {"Data": [["LSOA code", "WIMD 2025"], ["a", 1]]})
    assert check(moved).endswith(
        "is a header that is understood; wanted is a sheet with the columns LSOA code, WIMD 2019"
    )
    (tmp_path / "page").write_bytes(b"<html>")
    assert "is not a workbook that can be read" in check(tmp_path / "page")


def test_years_of_the_catalogue():
    assert choose_year("iod2025", None) == 2025
    assert choose_year("population_mid_year", 2023) == 2023
    with pytest.raises(
        InputError, match=r"'population_mid_year': 1999 is not among .*; allowed are 2021, 2022, 2023, 2024"
    ):
        choose_year("population_mid_year", 1999)
    with pytest.raises(InputError, match="no year was named"):
        choose_year("population_mid_year", None)
    with pytest.raises(InputError, match="'lookup_ward' has no address"):
        get_place("lookup_ward")
