"""Criteria fixed beforehand: what a study was to choose by, written down with its hash before anything is known.

The settings are everything in the study file that can move a list, the seed among them; the study's name and the
folders in which its files lie are not.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tipping_point.outputs.folder import find_record
from tipping_point.study import Source, Study
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

NOT_CRITERIA = ("name", "place")
"""Settings that cannot move a list."""


NOT_FIXED = "Criteria were not fixed before the run."


@dataclass(frozen=True)
class Criteria:
    """How the settings of a run stand to those fixed before it."""

    sentence: str
    """For the face of every output."""
    changed: tuple[str, ...] = ()
    """Each setting that is no longer what it was, with both values."""
    first_run: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Date and settings of the first run into the folder, to be kept by every later one."""


def settings_of(study: Study) -> dict[str, Any]:
    """Everything in the study that can move a list, as plain values: the same for the same study on any machine."""
    return {name: _plain(value) for name, value in study.settings().items() if name not in NOT_CRITERIA}


def hash_settings(settings: Mapping[str, Any]) -> str:
    """SHA-256 of the settings, keys in order."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def frozen_path(study: Path) -> Path:
    """The file beside the study that holds what was fixed."""
    return study.with_name(f"{study.stem}.frozen.json")


def freeze_study(study: Study, *, today: date) -> Path:
    """Write the settings with their hash and today's date beside the study file.

    A study that is frozen already keeps its date.

    Returns:
        The file written, or the one that stands.

    Raises:
        InputError: the study was frozen with other settings, or the file cannot be written.

    >>> import datetime
    >>> tp.freeze_study(study, today=datetime.date(2026, 1, 31)).name
    'study.frozen.json'
    """
    path = frozen_path(study.path)
    settings = settings_of(study)
    if path.exists():
        before = _read_frozen(path)
        if changed := differences(before["settings"], settings):
            raise InputError(
                [
                    f"{path.name}: the criteria were fixed on {_day(before['fixed_on'])} and the study has changed "
                    f"since. A later date on other criteria is a new study: keep this file, give the study file a new "
                    f"name and freeze that",
                    *changed,
                ]
            )
        return path
    record = {"fixed_on": today.isoformat(), "sha256": hash_settings(settings), "settings": settings}
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
        part.rename(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None
    log.info("criteria fixed: %s", record["sha256"])
    return path


def compare_criteria(study: Study, output: Path, *, today: date) -> Criteria:
    """What the outputs must say of when the criteria were fixed.

    Args:
        study: the study about to run.
        output: its folder, in which an earlier run may stand.
        today: the date of this run.

    Raises:
        InputError: the frozen file beside the study is not one, or was altered.
    """
    settings = settings_of(study)
    first_run = _first_run(output) or {"date": today.isoformat(), "settings": settings}
    frozen = frozen_path(study.path)
    if frozen.exists():
        before = _read_frozen(frozen)
        changed = differences(before["settings"], settings)
        fixed = f"on {_day(before['fixed_on'])}"
        if not changed:
            return Criteria(f"Criteria fixed {fixed}.", (), first_run)
        return Criteria(f"Criteria fixed {fixed} and changed since: {'; '.join(changed)}.", changed, first_run)
    changed = differences(first_run["settings"], settings)
    if changed:
        since = f"Criteria changed after the first run ({_day(first_run['date'])})"
        return Criteria(f"{since}: {'; '.join(changed)}.", changed, first_run)
    return Criteria(NOT_FIXED, (), first_run)


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Every setting that differs, with both values, in the order of the names.

    A setting that one of them does not know belongs to another version of the tool and is no change of the study.
    """
    return tuple(
        f"{name} was {_said(before[name])}, is {_said(now[name])}"
        for name in sorted({*before} & {*now})
        if before[name] != now[name]
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - a setting is anything a study file can hold
    if isinstance(value, Source):
        return {"section": value.section, "file": value.path.name, "kind": value.kind, **_plain(value.options)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _read_frozen(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        whole = record["sha256"] == hash_settings(record["settings"])
        date.fromisoformat(record["fixed_on"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: is not a file that 'tipping-point freeze' wrote: {error}") from None
    if not whole:
        raise InputError(f"{path}: was altered: its settings do not give the hash that stands in it")
    return dict(record)


def _first_run(output: Path) -> dict[str, Any] | None:
    """What the folder's earlier runs kept of the first; nothing where there was none."""
    place = find_record(output)
    if place is None:
        return None
    try:
        record = json.loads(place.read_text(encoding="utf-8"))["first_run"]
        date.fromisoformat(record["date"])
        return {"date": record["date"], "settings": dict(record["settings"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def _said(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"
