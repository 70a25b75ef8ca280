"""new, fetch, check and cache from the command line, against served copies of the demo city: streams and exit codes."""

from __future__ import annotations

import pytest
from builders.pipeline_fetch import REGION, SOURCES, publish
from serving import QUICK, serve

from tipping_point import cli
from tipping_point.fetch import web as sources_web
from tipping_point.study import read_study


@pytest.fixture
def served(city, workbook, tmp_path, monkeypatch):
    """Every host is the server on loopback, by the environment, as somebody behind a mirror would have it."""
    with serve() as server:
        publish(server, city, workbook)
        monkeypatch.setenv("TIPPING_POINT_MIRROR", server.base)
        monkeypatch.setenv("TIPPING_POINT_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(sources_web, "Manners", lambda: QUICK)
        yield server


def run(capsys, *arguments):
    code = cli.main([*arguments])
    return code, *capsys.readouterr()


def test_an_area_by_name_to_its_files(served, capsys, tmp_path):
    code, text, _ = run(capsys, "new", "district:Saltmere", "--ward-year", "2025")
    assert code == 0
    study = tmp_path / "my study.toml"
    study.write_text(text, encoding="utf-8")
    code, out, err = run(capsys, "fetch", str(study), "--offline")
    assert (code, out) == (2, "")
    assert err.count("tipping-point: data/") >= SOURCES - 2, "every file that is missing is named"
    code, out, err = run(capsys, "fetch", str(study))
    assert code == 0, err
    assert out.count(": fetched, ") == SOURCES - 1
    assert out.count(": there, ") == 1, "the lookup of forces is in the cache since `new`"
    assert out.splitlines()[-1] == f"Record: {tmp_path / 'my study.fetched.json'}"
    before = len(served.calls)
    assert run(capsys, "fetch", str(study), "--offline")[0] == 0
    assert len(served.calls) == before
    assert read_study(study).study.place == "Saltmere"
    code, out, _ = run(capsys, "cache", "list")
    assert code == 0
    assert "answers, " in out
    assert run(capsys, "cache", "clear")[0] == 0


def test_an_ambiguous_name_is_told_on_stderr_and_nothing_on_stdout(served, capsys):
    code, out, err = run(capsys, "new", REGION, "--ward-year", "2025")
    assert (code, out) == (2, "")
    assert f"Area '{REGION}' is the name of a " in err
    assert f"'region:{REGION}'" in err
    assert "Traceback" not in err
    code, out, err = run(capsys, "new", "Nowhere", "district:Saltmere", "--ward-year", "2025")
    assert (code, out) == (2, "")
    assert "Area 'Nowhere'" in err


def test_several_areas_in_one_study(served, capsys):
    code, text, _ = run(
        capsys, "new", "district:Saltmere", f"region:{REGION}", "--ward-year", "2025", "--end", "2025-06"
    )
    assert code == 0
    assert '"district:Saltmere"' in text
    assert 'end = "2025-06"' in text
