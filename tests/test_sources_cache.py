"""The cache: contents by hash, entries by key, damage found on use, two runs at once, a full disk."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from serving import Reply, serve

import tipping_point
from tipping_point.fetch.cache import (
    COLUMNS,
    Cache,
    Entry,
    clear_cache,
    default_folder,
    list_cache,
    write_whole,
    writing,
)
from tipping_point.fetch.download import fetch_file
from tipping_point.fetch.locks import hold_lock
from tipping_point.tables import InputError

URL = "https://example.gov.uk/file.csv"
BODY = b"code,value\nE01000001,1\n"


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


def entry(cache, address="https://example.gov.uk/a", body=BODY):
    sha256, size = cache.put(io.BytesIO(body))
    made = Entry(hashlib.sha256(address.encode()).hexdigest(), address, sha256, size, "2025-06-01T12:00:00+00:00")
    cache.record(made)
    return made


def test_a_content_is_kept_by_its_hash_and_found_by_its_key(cache):
    made = entry(cache)
    assert made.sha256 == hashlib.sha256(BODY).hexdigest()
    assert made.size == len(BODY)
    assert cache.find(made.key) == made
    assert cache.take(made.sha256).read_bytes() == BODY
    assert cache.find("another") is None
    assert cache.take("0" * 64) is None
    assert made.age_days() > 100


def test_damage_is_found_on_use_dropped_and_fetched_again(tmp_path, caplog):
    with serve() as server:
        server.route(URL, BODY)
        web = server.web(tmp_path / "cache")
        kept = fetch_file(web, URL)
        kept.path.write_bytes(BODY.replace(b"1\n", b"2\n"))
        again = fetch_file(web, URL)
        assert again.path.read_bytes() == BODY
        assert len(server.calls) == 2
        assert "is damaged" in caplog.text
        again.path.unlink()
        assert fetch_file(web, URL).path.read_bytes() == BODY
        again.path.write_bytes(b"")
        with pytest.raises(InputError, match="is not in the cache"):
            fetch_file(replace(web, offline=True), URL)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": "x"}', '{"unknown": 1}'])
def test_an_entry_that_cannot_be_read_is_none(cache, text):
    made = entry(cache)
    (cache.folder / "index" / f"{made.key}.json").write_text(text)
    assert cache.find(made.key) is None
    assert cache.entries() == []


def test_list_and_clear(cache):
    assert list_cache(cache.folder).empty
    assert list_cache(cache.folder).dtypes.astype(str).to_dict() == COLUMNS
    assert clear_cache(cache.folder) == (0, 0)
    entry(cache, "https://example.gov.uk/b", b"b")
    gone = entry(cache, "https://example.gov.uk/a", b"aa")
    cache.take(gone.sha256).unlink()
    table = list_cache(cache.folder)
    assert table["address"].tolist() == ["https://example.gov.uk/a", "https://example.gov.uk/b"]
    assert table["bytes"].tolist() == [2, 1]
    assert table["held"].tolist() == [False, True]
    files, size = clear_cache(cache.folder)
    assert files == 3
    assert size > 1
    assert list_cache(cache.folder).empty


def test_clearing_leaves_what_a_running_download_holds(cache):
    for key in ("running", "stopped"):
        cache.partial(key).write_bytes(b"half")
        cache.partial(key).with_name(f"{key}.json").write_text("{}")
    old = cache.folder / "partial" / "tmp-old"
    with cache.temporary() as young, hold_lock(cache.folder / "locks" / "running.lock", patience=0, what="x"):
        old.touch()
        os.utime(old, (0, 0))
        clear_cache(cache.folder)
        left = {path.name for path in (cache.folder / "partial").iterdir()}
        assert left == {"running", "running.json", young.name}
    assert not young.exists()


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("TIPPING_POINT_CACHE", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.setenv("TIPPING_POINT_CACHE", " ")
    assert default_folder().name == "tipping-point"


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "new" / "a.csv"
    with pytest.raises(RuntimeError), write_whole(path) as beside:
        beside.write_text("half")
        raise RuntimeError
    assert list(path.parent.iterdir()) == []
    with write_whole(path) as beside:
        beside.write_text("whole")
        assert not path.exists()
    assert [p.name for p in path.parent.iterdir()] == ["a.csv"]
    with pytest.raises(InputError, match="is full"), write_whole(path) as beside:
        beside.write_text("half")
        raise OSError(28, "No space left on device")
    assert path.read_text() == "whole"
    assert len(list(path.parent.iterdir())) == 1


def test_errors_of_the_disk_are_said_and_others_left(tmp_path):
    with pytest.raises(InputError, match=r"cannot be written .*TIPPING_POINT_CACHE"), writing(tmp_path):
        raise PermissionError(13, "Permission denied")
    with pytest.raises(OSError, match="wholly other"), writing(tmp_path):
        raise OSError(5, "wholly other")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises((InputError, FileExistsError)):
        Cache(tmp_path / "file").put(io.BytesIO(b"x"))


# --------------------------------------------------------------------------------------- two runs at once

_LIGHT = f"""
import sys, types
# The package without its public list, which takes seconds to import.
package = types.ModuleType("tipping_point")
package.__path__ = [{str(Path(tipping_point.__file__).parent)!r}]
sys.modules["tipping_point"] = package
"""
_FETCH = """
from tipping_point.fetch.download import fetch_file, open_web
fetched = fetch_file(open_web(), {url!r})
print(fetched.entry.sha256, fetched.path.stat().st_size)
"""


def _start(code, tmp_path, base=""):
    settings = {**os.environ, "TIPPING_POINT_CACHE": str(tmp_path / "cache"), "TIPPING_POINT_MIRROR": base}
    return subprocess.Popen(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", _LIGHT + code], env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_two_processes_fetch_the_same_once(tmp_path):
    body = os.urandom(3 << 20)
    with serve() as server:
        server.route(URL, Reply(body, pause=1.5))
        runs = [_start(_FETCH.format(url=URL), tmp_path, server.base) for _ in range(2)]
        results = [run.communicate(timeout=60) for run in runs]
        assert [run.returncode for run in runs] == [0, 0], results
        assert {out.strip() for out, _ in results} == {f"{hashlib.sha256(body).hexdigest()} {len(body)}"}
        assert len(server.calls) == 1
    assert len(list_cache(tmp_path / "cache")) == 1


def test_the_lock_of_a_run_that_was_killed_is_free(tmp_path):
    lock = tmp_path / "cache" / "locks" / "k.lock"
    code = (
        "import sys, time; from pathlib import Path; from tipping_point.fetch.locks import hold_lock\n"
        f"with hold_lock(Path({str(lock)!r}), patience=0, what='it'):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    run = _start(code, tmp_path)
    assert run.stdout.readline() == "held\n"
    with (
        pytest.raises(InputError, match="Another run is fetching a thing"),
        hold_lock(lock, patience=0.2, what="a thing"),
    ):
        pass
    run.kill()
    run.communicate()
    began = time.monotonic()
    with hold_lock(lock, patience=5, what="a thing"):
        assert time.monotonic() - began < 2


def test_entries_are_readable_by_people(cache):
    made = entry(cache)
    held = json.loads((cache.folder / "index" / f"{made.key}.json").read_text())
    assert held["address"] == "https://example.gov.uk/a"
    assert held["fetched"].startswith("2025-06-01")
