"""A finished study read back from its folder: what it was set to, what it read, and its wards and areas."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tipping_point.outputs.folder import MARK, find_record, find_study, find_table
from tipping_point.tables import InputError, check_table

NOT_SETTINGS = ("sources", "assurance")
"""Sections of the study file that are told of elsewhere, or can move no list."""

NEEDED_WARDS = ("ward_code", "ward_name", "district_name", "country", "population", "index_score", "rank")
NEEDED_AREAS = ("area_id", "area_name", "ward_codes", "country", "shortlisted")


@dataclass(frozen=True)
class Finished:
    """One finished study, read back from its folder."""

    folder: Path
    record: Mapping[str, Any]
    settings: Mapping[str, Any]
    wards: pd.DataFrame
    areas: pd.DataFrame

    @property
    def chosen(self) -> pd.DataFrame:
        """The areas of its shortlist."""
        return self.areas[self.areas["shortlisted"].astype(str).eq("True")]

    @property
    def chosen_wards(self) -> set[str]:
        """Codes of the wards in them."""
        return {code for codes in self.chosen["ward_codes"] for code in str(codes).split(";")}


def read_finished(folder: Path) -> Finished:
    """Read a study's folder.

    Raises:
        InputError: not a study's folder, or a file of it is absent, damaged or of another version; each is named.
    """
    place = find_record(folder)
    if place is None:
        raise InputError(f"{folder}: is not the folder of a finished study (it holds no {MARK})")
    record = _read_record(place)
    try:
        study = tomllib.loads(find_study(folder).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(f"{find_study(folder)}: cannot be read: {error}") from None
    faults: list[str] = []
    tables: dict[str, pd.DataFrame] = {}
    for name, needed in (("wards.csv", NEEDED_WARDS), ("areas.csv", NEEDED_AREAS)):
        try:
            tables[name] = pd.read_csv(find_table(folder, name), encoding="utf-8", low_memory=False)
            check_table(tables[name], str(find_table(folder, name)), needed)
        except InputError as error:
            faults += error.faults
        except (OSError, ValueError) as error:
            faults.append(f"{find_table(folder, name)}: cannot be read: {error}")
    if faults:
        raise InputError(faults)
    wards = tables["wards.csv"].set_index("ward_code")
    return Finished(folder, record, _settings(record["settings"], study), wards, tables["areas.csv"])


def _read_record(path: Path) -> Mapping[str, Any]:
    """What the run wrote of itself, with the parts that a comparison needs."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    sources = record.get("sources") if isinstance(record, dict) else None
    whole = isinstance(sources, list) and all(
        isinstance(source, dict) and {"section", "path", "sha256"} <= {*source} for source in sources
    )
    if not whole or not isinstance(record.get("settings"), dict) or "study" not in record:
        raise InputError(f"{path}: was not written by this tool: it lacks the study, its settings or its sources")
    return dict(record)


def _settings(recorded: Mapping[str, Any], study: Mapping[str, Any]) -> dict[str, Any]:
    """What the run recorded, defaults included, and what only the study file holds.

    A record that was written as the text of an object says less than the study file, which is taken in its place.
    """
    plain = {name: value for name, value in recorded.items() if "(" not in str(value)}
    for section, keys in study.items():
        if section in NOT_SETTINGS or not isinstance(keys, dict):
            continue
        own = {key: value for key, value in keys.items() if key not in recorded and (section, key) != ("study", "name")}
        plain |= {f"{section}.{key}": value for key, value in own.items() if key != "place"}
    if isinstance(study.get("index"), dict) and "component" in study["index"]:
        plain["index.component"] = study["index"]["component"]
    return plain
