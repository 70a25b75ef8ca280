"""Criteria fixed beforehand: what counts as a criterion, and what is said when it changed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from tipping_point.pipeline.freeze import (
    compare_criteria,
    differences,
    freeze_study,
    frozen_path,
    hash_settings,
    settings_of,
)
from tipping_point.study import Study, read_study
from tipping_point.tables import InputError

FIRST, LATER = date(2026, 3, 1), date(2026, 11, 23)


@pytest.fixture
def study(demo, tmp_path):
    """A function: the demo's study, with lines of it replaced, in a folder of its own."""

    def make(name: str = "study.toml", **replaced: str) -> Study:
        text = demo.study.read_text(encoding="utf-8")
        for old, new in replaced.items():
            line = next(line for line in text.splitlines() if line.startswith(f"{old} = "))
            text = text.replace(line, f"{old} = {new}", 1)
        lines = [
            line.replace('path = "', f'path = "{demo.study.parent.as_posix()}/') if line.startswith("path = ") else line
            for line in text.splitlines()
        ]
        path = tmp_path / name
        path.write_text("\n".join(lines), encoding="utf-8")
        return read_study(path)

    return make


def test_the_hash_is_of_what_moves_a_list_and_of_nothing_else(study):
    before = hash_settings(settings_of(study()))
    assert hash_settings(settings_of(study(name="other.toml"))) == before
    assert hash_settings(settings_of(study(seed="12"))) != before


def test_no_folder_of_the_machine_is_in_the_settings(study, tmp_path):
    assert str(tmp_path.parent) not in json.dumps(settings_of(study()))


def test_freezing_twice_keeps_the_first_date(study):
    path = freeze_study(study(), today=FIRST)
    again = freeze_study(study(), today=LATER)
    assert path == again == frozen_path(study().path)
    assert json.loads(path.read_text(encoding="utf-8"))["fixed_on"] == "2026-03-01"


def test_other_criteria_are_not_frozen_over_the_first(study):
    freeze_study(study(), today=FIRST)
    before = frozen_path(study().path).read_bytes()
    with pytest.raises(InputError, match="fixed on 1 March 2026 and the study has changed") as raised:
        freeze_study(study(seed="99"), today=LATER)
    assert any(fault.startswith("seed was ") and fault.endswith("is 99") for fault in raised.value.faults)
    assert frozen_path(study().path).read_bytes() == before


def test_a_frozen_study_says_when(study, tmp_path):
    freeze_study(study(), today=FIRST)
    assert compare_criteria(study(), tmp_path / "none", today=LATER).sentence == "Criteria fixed on 1 March 2026."


def test_a_frozen_study_that_changed_says_what(study, tmp_path):
    freeze_study(study(), today=FIRST)
    criteria = compare_criteria(study(seed="99"), tmp_path / "none", today=LATER)
    assert criteria.sentence.startswith("Criteria fixed on 1 March 2026 and changed since: seed was ")
    assert len(criteria.changed) == 1


def test_without_freezing_the_first_run_is_what_later_ones_are_held_to(study, tmp_path):
    first = compare_criteria(study(), tmp_path, today=FIRST)
    assert first.sentence == "Criteria were not fixed before the run."
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "provenance.json").write_text(
        json.dumps({"first_run": dict(first.first_run)}), encoding="utf-8"
    )
    same = compare_criteria(study(), tmp_path, today=LATER)
    assert same.sentence == first.sentence
    other = compare_criteria(study(seed="99"), tmp_path, today=LATER)
    assert other.sentence.startswith("Criteria changed after the first run (1 March 2026): seed was ")
    assert other.first_run == same.first_run == first.first_run


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record["settings"].update(seed=5),
        lambda record: record.pop("fixed_on"),
        lambda record: record.update(fixed_on="yesterday"),
    ],
)
def test_a_frozen_file_that_was_altered_is_refused(study, tmp_path, spoil):
    path = freeze_study(study(), today=FIRST)
    record = json.loads(path.read_text(encoding="utf-8"))
    spoil(record)
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(InputError, match=r"was altered|is not a file that 'tipping-point freeze' wrote"):
        compare_criteria(study(), tmp_path, today=LATER)


def test_a_setting_that_one_version_does_not_know_is_no_change():
    assert differences({"alpha": 0.05}, {"alpha": 0.05, "simulations": 1000}) == ()
    assert differences({"alpha": 0.05}, {"alpha": 0.1}) == ("alpha was 0.05, is 0.1",)


def test_nothing_is_left_half_written(study, monkeypatch):
    def refuse(self, target):
        raise OSError(28, "No space left on device")

    study = study()
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(InputError, match="No space left on device"):
        freeze_study(study, today=FIRST)
    assert [path.name for path in study.path.parent.iterdir()] == ["study.toml"]
