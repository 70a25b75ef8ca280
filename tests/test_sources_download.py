"""Every trap between an address and a file, against a server on loopback."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import threading
import time
import zlib
from dataclasses import replace
from email.utils import formatdate
from functools import partial
from pathlib import Path

import pytest
from serving import QUICK, Reply, ranged, redirect, serve

from tipping_point.fetch import transfer, transport
from tipping_point.fetch.download import (
    DownloadError,
    NotInCacheError,
    Request,
    TryAgain,
    ask_bytes,
    ask_json,
    fetch_all,
    fetch_file,
    fetch_json,
    fetch_made,
    look_ahead,
    open_web,
)
from tipping_point.fetch.transport import mirrored, read_mirrors, trust, user_agent
from tipping_point.tables import InputError

URL = "https://example.gov.uk/file.csv"
BODY = b"code,value\n" + b"E01000001,1\n" * 20_000


@pytest.fixture
def server():
    with serve() as running:
        yield running


@pytest.fixture
def web(server, tmp_path):
    return server.web(tmp_path / "cache")


def leftovers(web):
    """Unfinished files of the cache."""
    return sorted(path.name for path in (web.cache.folder / "partial").glob("*"))


def contents(web):
    return [path for path in (web.cache.folder / "objects").rglob("*") if path.is_file()]


# ------------------------------------------------------------------------------------------ the plain way


def test_a_file_is_fetched_once_and_then_taken_from_the_cache(server, web):
    server.route(URL, BODY)
    first = fetch_file(web, URL, parameters={"year": 2025})
    second = fetch_file(web, URL, parameters={"year": 2025})
    assert first.path.read_bytes() == BODY
    assert first == second
    assert first.entry.sha256 == hashlib.sha256(BODY).hexdigest()
    assert first.entry.size == len(BODY)
    assert first.entry.address == f"{URL}?year=2025"
    assert len(server.calls) == 1
    assert server.calls[0].query == {"year": "2025"}
    assert leftovers(web) == []
    fetch_file(web, URL, parameters={"year": 2024})
    assert len(server.calls) == 2
    assert len(contents(web)) == 1, "the same content is kept once"


def test_the_project_names_itself(server, web):
    server.route(URL, BODY)
    fetch_file(web, URL)
    assert server.calls[0].headers["user-agent"] == user_agent()
    assert user_agent().startswith("tipping-point/")


def test_delivered_under_a_name_and_put_in_place_whole(server, web, tmp_path):
    server.route(URL, BODY)
    target = fetch_file(web, URL).deliver(tmp_path / "study" / "a.csv")
    assert target.read_bytes() == BODY
    assert [path.name for path in target.parent.iterdir()] == ["a.csv"]
    assert target.stat().st_mode & 0o044, "others may read it as any file"


def test_an_old_answer_is_confirmed_and_a_changed_one_replaced(server, web):
    server.route(URL, ranged(BODY))
    fetch_file(web, URL)
    fetch_file(web, URL, max_age_days=0)
    assert server.calls[1].headers["if-none-match"] == '"one"'
    assert len(server.calls) == 2
    server.route(URL, ranged(b"new", etag='"two"'))
    assert fetch_file(web, URL, max_age_days=0).path.read_bytes() == b"new"


def test_json_and_forms_and_secrets(server, web, caplog):
    server.route(URL, Reply(b'{"a": [1]}'))
    caplog.set_level(logging.INFO)
    request = Request(URL, parameters={"q": "a,b:c"}, secret={"uid": "hush-hush"})
    assert fetch_json(web, request) == {"a": [1]}
    assert server.calls[0].query == {"q": "a,b:c", "uid": "hush-hush"}
    assert ask_json(web, Request(URL, form={"poly": "1,2:3,4"})) == {"a": [1]}
    assert server.calls[1].body == b"poly=1,2:3,4"
    assert server.calls[1].headers["content-type"] == "application/x-www-form-urlencoded"
    assert ask_json(web, Request(URL, body={"criteria": {}})) == {"a": [1]}
    assert json.loads(server.calls[2].body) == {"criteria": {}}
    kept = "".join(path.read_text() for path in (web.cache.folder / "index").glob("*"))
    assert "hush" not in kept + caplog.text
    server.route(URL, Reply(b"no", 403))
    with pytest.raises(DownloadError) as caught:
        ask_json(web, request)
    assert "hush" not in str(caught.value)


def test_a_page_where_json_is_wanted_is_not_kept(server, web):
    server.route(URL, Reply(b"<html>Sorry</html>"))
    with pytest.raises(DownloadError, match="is a web page where JSON is wanted"):
        fetch_json(web, URL)
    assert contents(web) == leftovers(web) == []


def test_an_error_inside_a_200_is_tried_again_or_refused_and_never_kept(server, web):
    def check(answer):
        if "busy" in answer:
            raise TryAgain("it is busy")
        return "answered with an error" if "error" in answer else ""

    server.route(URL, lambda call: Reply(b'{"busy": 1}' if call.number < 2 else b'{"good": 1}'))
    assert fetch_json(web, URL, check=check) == {"good": 1}
    assert len(server.calls) == 3
    other = "https://example.gov.uk/other"
    server.route(other, Reply(b'{"error": 400}'))
    with pytest.raises(DownloadError, match="other answered with an error") as caught:
        fetch_json(web, other, check=check)
    assert caught.value.status == 200
    assert len(server.asked("other")) == 1
    assert len(contents(web)) == 1


# ------------------------------------------------------------------------------- failures, tries and waits


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(server, web, status):
    server.route(URL, lambda call: Reply(b"", status) if call.number < 2 else Reply(BODY))
    assert fetch_file(web, URL).path.read_bytes() == BODY
    assert len(server.calls) == 3


def test_tries_have_an_end(server, web):
    server.route(URL, Reply(b"", 503))
    with pytest.raises(
        DownloadError, match=r"HTTP 503 \(service unavailable\); 3 tries in a row were in vain"
    ) as caught:
        fetch_file(web, URL)
    assert caught.value.status == 503
    assert len(server.calls) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_a_lasting_failure_is_not_tried_again(server, web, status):
    server.route(URL, Reply(b'{"errors": ["unknown indicator"]}', status))
    with pytest.raises(DownloadError, match=f"HTTP {status}.*unknown indicator") as caught:
        fetch_file(web, URL)
    assert caught.value.status == status
    assert len(server.calls) == 1


def test_retry_after_is_obeyed_up_to_a_limit(server, web):
    server.route(URL, lambda call: Reply(b"", 429, {"Retry-After": "1"}) if not call.number else Reply(BODY))
    patient = replace(web, manners=replace(QUICK, longest_wait=2))
    began = time.monotonic()
    fetch_file(patient, URL)
    assert 1 <= time.monotonic() - began < 3
    server.route(URL, Reply(b"", 429, {"Retry-After": "7200"}))
    with pytest.raises(DownloadError, match=r"too many requests.*wait 7,200 seconds"):
        fetch_file(web, URL, max_age_days=0)
    server.route(URL, Reply(b"", 503, {"Retry-After": formatdate(time.time() + 3600, usegmt=True)}))
    with pytest.raises(DownloadError, match=r"asks us to wait 3,[56]"):
        fetch_file(web, URL, max_age_days=0)


def test_waits_double_and_count_again_after_progress(monkeypatch, server, web):
    waits = []
    monkeypatch.setattr(transfer.time, "sleep", waits.append)
    patient = replace(web, manners=replace(QUICK, tries=5, backoff_seconds=1, longest_wait=3))
    with pytest.raises(DownloadError):
        transfer.persist(patient, _fail, label="x", deadline=time.monotonic() + 99)
    assert [wait for wait in waits if wait] == [1, 2, 3, 3]


def _fail():
    raise TryAgain("no")


def test_no_connection_and_silence(server, web, tmp_path):
    nowhere = open_web(cache=tmp_path / "c", manners=QUICK, mirrors={"*": "http://127.0.0.1:9"})
    with pytest.raises(DownloadError, match="cannot be reached") as caught:
        fetch_file(nowhere, URL)
    assert caught.value.status == 0
    server.route(URL, Reply(BODY, pause=5))
    hasty = server.web(tmp_path / "c", manners=replace(QUICK, read_seconds=0.1, tries=2))
    with pytest.raises(DownloadError, match="timed out"):
        fetch_file(hasty, URL)


def test_a_time_for_the_whole(server, tmp_path):
    server.route(URL, Reply(b"x" * 100, endless=True))
    hasty = server.web(tmp_path / "c", manners=replace(QUICK, total_seconds=0.3, largest=1 << 40))
    with pytest.raises(DownloadError, match="the time allowed for one file is over"):
        fetch_file(hasty, URL)


def test_turns_of_one_host(server, tmp_path):
    server.route("https://example.gov.uk/*", BODY)
    slow = server.web(tmp_path / "c", manners=replace(QUICK, spacing_seconds=0.1))
    began = time.monotonic()
    for number in range(4):
        ask_bytes(slow, f"https://example.gov.uk/{number}")
    assert time.monotonic() - began >= 0.3


# ---------------------------------------------------------------------------------------- cut and resumed


def test_a_cut_connection_is_resumed_where_it_stopped(server, web):
    def answer(call):
        reply = ranged(BODY)(call)
        return replace(reply, cut_after=100_000) if call.number == 0 else reply

    server.route(URL, answer)
    assert fetch_file(web, URL).path.read_bytes() == BODY
    assert server.calls[1].headers["range"] == "bytes=100000-"
    assert server.calls[1].headers["if-range"] == '"one"'
    assert leftovers(web) == []


def test_a_later_run_goes_on_where_an_interrupted_one_stopped(server, web, tmp_path):
    server.route(URL, ranged(BODY, cut_after=70_000))
    with pytest.raises(DownloadError, match="is kept: run again to go on"):
        fetch_file(server.web(web.cache.folder, manners=replace(QUICK, tries=1)), URL)
    assert len(leftovers(web)) == 2
    server.route(URL, ranged(BODY))
    assert fetch_file(web, URL).path.read_bytes() == BODY
    assert server.calls[-1].headers["range"] == "bytes=70000-"


def test_what_has_changed_meanwhile_starts_anew(server, web):
    new = BODY[::-1]

    def answer(call):
        return ranged(BODY, cut_after=90_000)(call) if call.number == 0 else ranged(new, etag='"two"')(call)

    server.route(URL, answer)
    assert fetch_file(web, URL).path.read_bytes() == new


def test_without_a_tag_nothing_is_resumed(server, web):
    server.route(URL, lambda call: Reply(BODY, cut_after=90_000 if call.number == 0 else None))
    assert fetch_file(web, URL).path.read_bytes() == BODY
    assert "range" not in server.calls[1].headers


def test_a_part_that_is_another_than_asked_for_is_not_joined(server, web):
    def answer(call):
        if call.number == 0:
            return ranged(BODY, cut_after=90_000)(call)
        if call.number == 1:
            return Reply(BODY[5:], 206, {"Content-Range": f"bytes 5-{len(BODY) - 1}/{len(BODY)}", "ETag": '"one"'})
        return ranged(BODY)(call)

    server.route(URL, answer)
    assert fetch_file(web, URL).path.read_bytes() == BODY
    assert "range" not in server.calls[2].headers


def test_a_chunked_body_that_is_cut_is_no_file(server, web):
    headers = {"Transfer-Encoding": "chunked"}
    server.route(URL, Reply(b"5\r\nhello\r\n", headers=headers, cut_after=10))
    with pytest.raises(DownloadError, match="the connection was cut"):
        fetch_file(web, URL)
    server.route(URL, Reply(b"5\r\nhello\r\n0\r\n\r\n", headers=headers))
    assert fetch_file(web, URL).path.read_bytes() == b"hello"


# ----------------------------------------------------------------------------------- too much, or not it


def test_an_endless_body_is_stopped(server, tmp_path):
    server.route(URL, Reply(b"x" * 65_536, endless=True))
    web = server.web(tmp_path / "c")
    with pytest.raises(DownloadError, match="does not end: more than 1,000,000 bytes came"):
        fetch_file(web, URL, largest=1_000_000)
    assert contents(web) == leftovers(web) == []


def test_a_declared_size_above_the_limit_is_not_begun(server, web):
    server.route(URL, BODY)
    with pytest.raises(DownloadError, match=f"has {len(BODY):,} bytes; at most 1,000 are taken"):
        fetch_file(web, URL, largest=1_000)


def test_another_hash_keeps_nothing_and_names_both(server, web):
    server.route(URL, BODY)
    right = hashlib.sha256(BODY).hexdigest()
    wrong = "0" * 64
    with pytest.raises(DownloadError) as caught:
        fetch_file(web, URL, sha256=wrong)
    assert wrong in str(caught.value)
    assert right in str(caught.value)
    assert contents(web) == leftovers(web) == []
    assert fetch_file(web, URL, sha256=right).path.read_bytes() == BODY
    asked = len(server.calls)
    fetch_file(web, "https://elsewhere.gov.uk/same.csv", sha256=right)
    assert len(server.calls) == asked, "the content is known by its hash, whatever its address"


@pytest.mark.parametrize("headers", [{"Content-Encoding": "gzip"}, {}])
def test_gzip_with_and_without_a_header(server, web, headers):
    server.route(URL, Reply(gzip.compress(BODY), headers=headers))
    fetched = fetch_file(web, URL, sha256=hashlib.sha256(BODY).hexdigest())
    assert fetched.path.read_bytes() == BODY


def test_compressed_twice_deflated_or_an_archive_of_its_own(server, web):
    twice = gzip.compress(gzip.compress(BODY))
    server.route(URL, Reply(twice, headers={"Content-Encoding": "gzip"}))
    assert ask_bytes(web, URL) == BODY
    server.route(URL, Reply(zlib.compress(BODY), headers={"Content-Encoding": "deflate"}))
    assert ask_bytes(web, URL) == BODY
    server.route(URL, Reply(BODY, headers={"Content-Encoding": "br"}))
    with pytest.raises(DownloadError, match="encoding 'br'"):
        ask_bytes(web, URL)
    packed = gzip.compress(BODY)
    server.route("https://example.gov.uk/a.csv.gz", packed)
    assert ask_bytes(web, "https://example.gov.uk/a.csv.gz") == packed


def test_gzip_that_is_cut_or_made_to_fill_a_disk(server, web, monkeypatch):
    server.route(URL, Reply(gzip.compress(BODY)[:-9]))
    with pytest.raises(DownloadError, match="compressed body is cut short"):
        fetch_file(web, URL)
    server.route(URL, Reply(gzip.compress(bytes(9 << 20))))
    with pytest.raises(DownloadError, match="made to fill a disk"):
        fetch_file(web, URL)
    monkeypatch.setattr(transfer, "_RATIO_FROM", 1 << 20)
    server.route(URL, Reply(gzip.compress(bytes(2 << 20))))
    with pytest.raises(DownloadError, match="made to fill a disk"):
        fetch_file(web, URL)
    assert contents(web) == leftovers(web) == []


# ---------------------------------------------------------------- redirects, mirrors, proxies, certificates


def test_redirects_are_followed_to_the_store(server, web):
    server.route("https://data.police.uk/a.zip", redirect("https://store.example.com/a.zip?signature=1"))
    server.route("https://store.example.com/a.zip", BODY)
    fetched = fetch_file(web, "https://data.police.uk/a.zip")
    assert fetched.path.read_bytes() == BODY
    assert fetched.entry.final == "https://store.example.com/a.zip"
    assert server.calls[1].query == {"signature": "1"}


@pytest.mark.parametrize(("status", "method"), [(302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_a_redirected_form(server, web, status, method):
    server.route(URL, redirect("/moved", status))
    server.route("https://example.gov.uk/moved", b"{}")
    ask_json(web, Request(URL, form={"a": 1}))
    assert server.calls[1].method == method
    assert server.calls[1].body == (b"a=1" if method == "POST" else b"")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.com/a", "http://example.gov.uk/plain"])
def test_redirects_elsewhere_are_not_followed(server, web, target):
    server.route(URL, redirect(target))
    with pytest.raises(DownloadError, match="which is not followed"):
        fetch_file(web, URL)
    assert len(server.calls) == 1


def test_redirects_have_an_end(server, web):
    server.route(URL, redirect(URL))
    with pytest.raises(DownloadError, match="more than 5 redirects"):
        fetch_file(web, URL)
    assert len(server.calls) == 6


def test_mirrors():
    known = read_mirrors("https://mirror.example/open data.police.uk=http://127.0.0.1:1/police/")
    assert mirrored("https://data.police.uk/a?b=1", known) == "http://127.0.0.1:1/police/a?b=1"
    assert mirrored("https://www.ons.gov.uk/a", known) == "https://mirror.example/open/www.ons.gov.uk/a"
    assert mirrored("https://mirror.example/open/x/a", known) == "https://mirror.example/open/x/a"
    assert mirrored(URL, {}) == URL
    for wrong in ("mirror.example", "data.police.uk=ftp://a/b", "https:///a"):
        with pytest.raises(InputError, match="is not understood; allowed are"):
            read_mirrors(wrong)


def test_the_mirror_of_the_environment(server, tmp_path, monkeypatch):
    monkeypatch.setenv("TIPPING_POINT_MIRROR", server.base)
    monkeypatch.setenv("TIPPING_POINT_CACHE", str(tmp_path / "own"))
    server.route(URL, BODY)
    fetched = fetch_file(open_web(manners=QUICK), URL)
    assert fetched.path.is_relative_to(tmp_path / "own")


def test_the_proxy_of_the_environment_and_its_exceptions(server, tmp_path, monkeypatch):
    server.route("http://far.example/a", b"by proxy")
    for name in ("NO_PROXY", "no_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.base.replace("//", "//name:p%40ss@"))
    web = open_web(cache=tmp_path / "c", manners=QUICK, mirrors={})
    assert ask_bytes(web, "http://far.example/a") == b"by proxy"
    assert server.calls[0].headers["proxy-authorization"] == "Basic bmFtZTpwQHNz"
    monkeypatch.setenv("no_proxy", "far.example")
    with pytest.raises(DownloadError, match="cannot be reached"):
        ask_bytes(open_web(cache=tmp_path / "c", manners=replace(QUICK, tries=1), mirrors={}), "http://far.example/a")
    assert len(server.calls) == 1


def test_certificates_of_the_environment(tmp_path, monkeypatch):
    for name in transport._BUNDLES:
        monkeypatch.delenv(name, raising=False)
    bundle = Path(transport.certifi.where())
    usual = len(trust().get_ca_certs())
    assert usual > 50
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    assert len(trust().get_ca_certs()) == usual
    for given in ("nothing.pem", "wrong.pem"):
        (tmp_path / "wrong.pem").write_text("no certificate")
        monkeypatch.setenv("TIPPING_POINT_CA_BUNDLE", str(tmp_path / given))
        with pytest.raises(InputError, match=r"TIPPING_POINT_CA_BUNDLE names .* no certificates that can be read"):
            trust()


@pytest.mark.parametrize("url", ["https://", "nonsense", "ftp://example.com/a", "https://[bad/"])
def test_an_address_that_is_none(web, url):
    with pytest.raises(DownloadError, match="no address that can be asked"):
        fetch_file(web, url)


# ---------------------------------------------------------------------------------- offline, made, together


def test_offline_uses_the_cache_alone_and_names_all_that_is_missing(server, web):
    server.route(URL, BODY)
    fetch_file(web, URL)
    offline = replace(web, offline=True)
    assert fetch_file(offline, URL, max_age_days=0).path.read_bytes() == BODY
    jobs = [
        lambda: fetch_file(offline, URL),
        lambda: fetch_file(offline, "https://example.gov.uk/one", label="the first"),
        lambda: fetch_made(offline, "x", lambda path: None, label="the second"),
        lambda: ask_bytes(offline, URL, label="the third"),
    ]
    with pytest.raises(NotInCacheError) as caught:
        fetch_all(jobs)
    assert [fault.split(" is not in the cache")[0] for fault in caught.value.faults] == [
        "the first",
        "the second",
        "the third",
    ]
    assert len(server.calls) == 1


def test_all_faults_of_several_fetches_come_together(server, web):
    server.route(URL, BODY)
    with pytest.raises(InputError) as caught:
        fetch_all([partial(fetch_file, web, f"https://example.gov.uk/{name}") for name in "ab"])
    assert len(caught.value.faults) == 2
    assert not isinstance(caught.value, NotInCacheError)
    assert [fetched.entry.size for fetched in fetch_all([lambda: fetch_file(web, URL)])] == [len(BODY)]
    assert fetch_all([]) == []


def test_made_of_several_answers_kept_once_and_never_in_part(server, web):
    server.route("https://example.gov.uk/*", lambda call: Reply(call.path[-1].encode()))

    def make(path):
        path.write_bytes(b"".join(ask_bytes(web, f"https://example.gov.uk/{n}") for n in (1, 2)))

    made = fetch_made(web, "https://example.gov.uk#both", make)
    assert made.path.read_bytes() == b"12"
    assert fetch_made(web, "https://example.gov.uk#both", make) == made
    assert len(server.calls) == 2

    def fail(path):
        path.write_bytes(b"half")
        raise InputError("cut short")

    with pytest.raises(InputError, match="cut short"):
        fetch_made(web, "https://example.gov.uk#other", fail)
    assert len(contents(web)) == 1
    assert leftovers(web) == []
    # Too old, and the making fails: what there was stays.
    with pytest.raises(InputError, match="cut short"):
        fetch_made(web, "https://example.gov.uk#both", fail, max_age_days=0)
    assert fetch_made(replace(web, offline=True), "https://example.gov.uk#both", fail).path == made.path


def test_looking_ahead_reads_nothing(server, web):
    server.route("https://data.police.uk/a.zip", redirect(URL))
    server.route(URL, ranged(BODY))
    glance = look_ahead(web, "https://data.police.uk/a.zip")
    assert (glance.url, glance.size, glance.parts, glance.validator) == (URL, len(BODY), True, '"one"')
    server.route(URL, Reply(BODY, headers={"ETag": 'W/"weak"'}))
    glance = look_ahead(web, URL)
    assert (glance.size, glance.parts, glance.validator) == (len(BODY), False, "")


def test_a_part_that_comes_whole_says_that_the_file_changed(server, web):
    server.route(URL, ranged(BODY, etag='"two"'))
    headers = {"range": "bytes=10-19", "if-range": '"one"'}
    with pytest.raises(DownloadError, match="a part was asked for, and the whole was sent"):
        ask_bytes(web, URL, headers=headers)
    assert ask_bytes(web, URL, headers={"range": "bytes=10-19"}) == BODY[10:20]


def test_progress_and_sizes_are_said(server, tmp_path):
    big = bytes(3 << 20)
    server.route(URL, ranged(big))
    seen, said = [], []
    web = server.web(tmp_path / "c", progress=seen.append, tell=said.append)
    fetch_file(web, URL, label="A large file")
    assert seen[-1].done == seen[-1].total == len(big)
    assert [step.done for step in seen] == sorted(step.done for step in seen)
    assert {step.label for step in seen} == {"A large file"}
    assert said == ["A large file: 3 MB to fetch from example.gov.uk"]


def test_a_disk_without_room_is_said_before_and_a_full_one_leaves_nothing(server, web, monkeypatch):
    server.route(URL, ranged(BODY))
    with monkeypatch.context() as patched:
        patched.setattr(transfer.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 1_000}))
        with pytest.raises(InputError, match=r"the disk that holds .* has 1 kB left"):
            fetch_file(web, URL)
    with monkeypatch.context() as patched:
        patched.setattr(transfer.Transfer, "_receive", _fill_the_disk)
        with pytest.raises(InputError, match=r"is full .*nothing half-written was left"):
            fetch_file(web, URL)
    assert contents(web) == leftovers(web) == []
    assert fetch_file(web, URL).path.read_bytes() == BODY


def _fill_the_disk(self, answer, target, start):
    target.write(answer.read())
    raise OSError(28, "No space left on device")


def test_two_threads_that_want_the_same_ask_once(server, web):
    server.route(URL, Reply(BODY, pause=0.3))
    found = []
    threads = [threading.Thread(target=lambda: found.append(fetch_file(web, URL).entry.sha256)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len(server.calls) == 1
