"""GOV.UK as formats.md has it: a page's content as JSON, its attachments by title, and addresses that change."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from builders.sources_gov_uk import file_7
from serving import Reply, serve

from tipping_point.facts.catalogue import Place, get_dataset
from tipping_point.fetch import published
from tipping_point.fetch.download import DownloadError
from tipping_point.fetch.gov_uk import CONTENT, Attachment, fetch_index, find_attachment, list_attachments
from tipping_point.sources.deprivation import read_deprivation
from tipping_point.tables import InputError

ASSETS = "https://assets.publishing.service.gov.uk/media"


def page(*attachments, **extra):
    entries = [{"title": title, "url": url, "content_type": "text/csv"} for title, url in attachments]
    return json.dumps({"title": "A page", "details": {"attachments": entries, **extra}}).encode()


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


@pytest.fixture
def known(monkeypatch):
    """The catalogue's first address, with the hash of the file of these tests in place of the real one."""
    place = get_dataset("iod2025").place
    digest = hashlib.sha256(file_7()).hexdigest()[:8]
    shown = Place(**{**vars(place), "sha256": digest})
    monkeypatch.setattr("tipping_point.fetch.gov_uk.get_place", lambda key: shown)
    return shown.addresses[2025][0]


def publish_page(server, body):
    server.route(f"{CONTENT}/{get_dataset('iod2025').place.page}", body)


# ------------------------------------------------------------------------------------------------- File 7


def test_the_file_that_the_page_names_is_what_the_reader_reads(server, web, known, told, tmp_path):
    others = (
        ("File 1: index of multiple deprivation", f"{ASSETS}/1/File_1.xlsx"),
        ("File 70", f"{ASSETS}/70/File_70.csv"),
    )
    publish_page(server, page(*others, ("File 7: all ranks, scores and deciles", known)))
    server.route(known, file_7())
    path = fetch_index(web, "iod2025", tmp_path / "study")
    assert path.name == "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv"
    assert told == []
    table = read_deprivation(path, kind="iod2025")
    assert table["lsoa21_code"].tolist() == [f"E0100000{n}" for n in (1, 2, 3, 4)]
    assert table["imd"].tolist() == [11.5, 12.5, 13.5, 14.5]
    assert table["income"].is_monotonic_decreasing
    assert (
        fetch_index(server.web(web.cache.folder, offline=True), "iod2025", tmp_path / "again").read_bytes() == file_7()
    )


def test_the_edition_of_2019(server, web, tmp_path):
    first, old = get_dataset("iod2019").place.addresses[2019]
    server.route(old, file_7(2019))
    path = fetch_index(web, "iod2019", tmp_path)
    assert read_deprivation(path, kind="iod2019")["lsoa11_code"].tolist()[0] == "E01000001"
    assert len(server.asked("/media/")) == 1, "the newer address was asked first"
    assert first.endswith(path.name)


def test_a_newer_file_on_the_page_is_taken_and_said(server, web, known, told, tmp_path):
    newer = f"{ASSETS}/new/File_7_IoD2025_corrected.csv"
    publish_page(server, page(("File 7", newer)))
    server.route(newer, file_7(areas=3))
    path = fetch_index(web, "iod2025", tmp_path)
    assert len(read_deprivation(path, kind="iod2025")) == 3
    (said,) = told
    assert said.endswith(f"its page names {newer}, which the catalogue does not know yet; taken, and not verified")
    assert server.asked("/691ded56") == []


@pytest.mark.parametrize(
    ("body", "sense"),
    [
        (Reply(b"", 404), "HTTP 404"),
        (Reply(b"<html>An error</html>"), "a web page where JSON is wanted"),
        (Reply(json.dumps({"title": "A page", "links": {}}).encode()), r"lists no attachments \(details.attachments\)"),
        (Reply(page()), "has no attachment with 'File"),
        (Reply(page(("File 7", f"{ASSETS}/a/a.csv"), ("File 7", f"{ASSETS}/b/b.csv"))), "has several attachments with"),
    ],
)
def test_where_the_page_does_not_tell_the_known_address_is_taken_and_that_is_said(
    server, web, known, told, tmp_path, body, sense
):
    publish_page(server, body)
    server.route(known, file_7())
    assert fetch_index(web, "iod2025", tmp_path).read_bytes() == file_7()
    (said,) = told
    assert said.startswith("English Indices of Deprivation 2025: ")
    assert said.endswith("The address of the catalogue is taken.")
    assert re.search(sense, said)


def test_a_known_address_with_another_hash_is_refused(server, web, known, tmp_path):
    publish_page(server, page(("File 7", known)))
    server.route(known, file_7(areas=3))
    with pytest.raises(DownloadError, match=r"its publisher has changed it. Nothing was kept"):
        fetch_index(web, "iod2025", tmp_path)
    assert list(tmp_path.glob("*.csv")) == []


def test_a_changed_header_is_refused_and_named(server, web, known, tmp_path):
    publish_page(server, page(("File 7", f"{ASSETS}/new/File_7.csv")))
    server.route(f"{ASSETS}/new/File_7.csv", file_7(rank="{} Rank"))
    with pytest.raises(DownloadError, match=r"lacks the column\(s\) Income Rank .*; its header is LSOA code \(2021\)"):
        fetch_index(web, "iod2025", tmp_path)


def test_too_many_requests_is_waited_for(server, web, known, tmp_path):
    publish_page(server, page(("File 7", known)))
    server.route(known, lambda call: Reply(file_7()) if call.number else Reply(b"", 429, {"Retry-After": "0"}))
    assert fetch_index(web, "iod2025", tmp_path).exists()


# --------------------------------------------------------------------------------------------- attachments


def test_attachments_are_listed_with_their_files(server, web):
    server.route(f"{CONTENT}/a/page", page(("One", f"{ASSETS}/1/one.ods"), ("", f"{ASSETS}/2/two.ods")))
    assert list_attachments(web, "/a/page") == (Attachment("One", f"{ASSETS}/1/one.ods", "text/csv"),)
    assert list_attachments(web, "a/page")[0].file == "one.ods"
    assert len(server.calls) == 1


def test_an_attachment_is_found_by_title_or_by_file_name():
    files = (Attachment("Tables", "https://a/prc-pfa.ods"), Attachment("Notes on prc", "https://a/notes.pdf"))
    assert find_attachment(files, "PRC-pfa").title == "Tables"
    assert find_attachment(files, "prc", suffix=".pdf").title == "Notes on prc"
    with pytest.raises(
        InputError, match=r"GOV.UK: the page has several attachments with 'prc' in title or file name; these"
    ):
        find_attachment(files, "prc", page="the page")
    with pytest.raises(
        InputError, match=r"no attachment with 'csp' and .ods in title or file name; it has 'Tables' \(prc-pf"
    ):
        find_attachment(files, "csp", suffix=".ods")


def test_the_catalogue_has_what_the_client_needs():
    for key in ("iod2019", "iod2025"):
        place = published.get_place(key)
        assert place.page.startswith("government/statistics/")
        assert all(address.endswith(".csv") for address in place.addresses[published.choose_year(key, None)])
