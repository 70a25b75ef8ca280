"""The command line: what it prints, where, and the exit code."""

from __future__ import annotations

import json

import pytest

from tipping_point import cli
from tipping_point.tables import InputError


def test_help_says_what_each_command_does(capsys):
    for arguments in (["--help"], ["demo", "--help"], ["check", "--help"], ["run", "--help"]):
        with pytest.raises(SystemExit) as stopped:
            cli.main(arguments)
        assert stopped.value.code == 0
    text = capsys.readouterr().out
    for words in ("synthetic city", "no analysis", "Exit code 2", "replaced only when the new one is whole"):
        assert words in " ".join(text.split())


def test_every_fault_goes_to_stderr_without_a_traceback(tmp_path, capsys):
    study = tmp_path / "study.toml"
    study.write_text('[study]\nname = "x"\nyear = 1\n', encoding="utf-8")
    assert cli.main(["run", str(study), "--output", str(tmp_path / "out")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("tipping-point: study.toml: ") >= 4
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()


def test_a_study_that_is_not_there_is_the_users_fault(tmp_path, capsys):
    assert cli.main(["check", str(tmp_path / "none.toml")]) == 2
    assert "there is no such study file" in capsys.readouterr().err


def test_a_fault_of_ours_is_code_1_and_says_so(monkeypatch, tmp_path, capsys):
    def break_down(_path):
        raise ZeroDivisionError

    monkeypatch.setattr("tipping_point.study.read_study", break_down)
    assert cli.main(["check", str(tmp_path)]) == 1
    assert "a fault of the tool, not of your data" in capsys.readouterr().err


def test_an_interrupt_is_quiet(monkeypatch, tmp_path, capsys):
    def interrupt(_path):
        raise KeyboardInterrupt

    monkeypatch.setattr("tipping_point.study.read_study", interrupt)
    assert cli.main(["check", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "tipping-point: stopped; what is there is whole\n"


def test_unknown_commands_and_editions_are_refused(capsys):
    for arguments in (["fly"], ["run", "x.toml", "--edition", "secret"], []):
        with pytest.raises(SystemExit) as stopped:
            cli.main(arguments)
        assert stopped.value.code == 2
    assert "invalid choice: 'secret'" in capsys.readouterr().err


def test_the_demo_runs_checks_and_tells_what_it_found(tmp_path, capsys):
    """The newcomer's path: demo, then check and run on the study file that the demo wrote."""
    folder = tmp_path / "demo-SYNTHETIC"
    assert cli.main(["demo", "--output", str(folder)]) == 0
    out, _ = capsys.readouterr()
    assert "SYNTHETIC: nothing here is real" in out
    assert f"Map:    {folder / 'map.html'}" in out
    assert "shortlist:" in out
    assert "DRAFT: nobody has approved it. Criteria were not fixed before the run." in out
    study = tmp_path / "demo-SYNTHETIC-inputs" / "study.toml"
    assert cli.main(["check", str(study)]) == 0
    out, _ = capsys.readouterr()
    assert "Will be read:" in out
    assert "Missing:" in out
    assert cli.main(["freeze", str(study)]) == 0
    out, _ = capsys.readouterr()
    assert "Criteria fixed on " in out
    assert "study.frozen.json" in out
    assert cli.main(["run", str(study), "--output", str(folder)]) == 0
    assert "Criteria fixed on " in capsys.readouterr().out
    assert "Criteria fixed on " in (folder / "map.html").read_text(encoding="utf-8")
    study.write_text(study.read_text(encoding="utf-8").replace("max_wards = 5", "max_wards = 4"), encoding="utf-8")
    assert (folder / "report.pdf").exists() == ("PDF:" not in out)
    assert cli.main(["run", str(study), "--output", str(folder), "--no-pdf"]) == 0
    out, _ = capsys.readouterr()
    assert "and changed since: limits was" in out
    assert "PDF:    report.pdf was not made, as asked ('--no-pdf')." in out
    assert not (folder / "report.pdf").exists()
    for name in ("report.html", "run/run.log"):
        assert "report.pdf was not made, as asked" in (folder / name).read_text(encoding="utf-8"), name


def test_faults_found_during_a_run_leave_nothing(monkeypatch, tmp_path, capsys):
    def refuse(*_args, **_options):
        raise InputError(["first fault", "second fault"])

    monkeypatch.setattr("tipping_point.pipeline.run_study", refuse)
    monkeypatch.setattr("tipping_point.study.read_study", lambda path: None)
    assert cli.main(["run", "x.toml", "--output", str(tmp_path / "out")]) == 2
    err = capsys.readouterr().err
    assert "tipping-point: first fault\ntipping-point: second fault\n" in err
    assert list(tmp_path.iterdir()) == []


def test_the_schema_is_written_where_the_study_file_looks_for_it(tmp_path, capsys):
    assert cli.main(["schema"]) == 0
    text = capsys.readouterr().out
    assert json.loads(text)["title"] == "tipping-point study file"
    assert cli.main(["schema", "--output", str(tmp_path / "tipping-point.schema.json")]) == 0
    assert (tmp_path / "tipping-point.schema.json").read_text(encoding="utf-8") == text
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert cli.main(["schema", "--output", str(tmp_path / "file" / "x.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err
