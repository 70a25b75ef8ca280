"""The study file to a `Config`: every section and key checked before any work, every fault listed at once."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tipping_point.areas.criteria import Criteria
from tipping_point.areas.given import Adjustment
from tipping_point.areas.group import Limits
from tipping_point.measures.chronicity import Rules
from tipping_point.measures.index import Component
from tipping_point.outputs.assurance import check_assurance
from tipping_point.sources.incident_options import OPTIONS, check_options
from tipping_point.study.keys import ENTRIES, INCIDENT_KEYS, NEEDED, OPTIONAL, REQUIRED, SECTIONS, SOURCES, Key
from tipping_point.study.study import Config, Source
from tipping_point.tables import InputError


def read_study(path: Path | str, *, must_exist: bool = True) -> Config:
    """Read and check a study file.

    Args:
        path: the study file.
        must_exist: False where the files that it names may still be fetched.

    Raises:
        InputError: every fault of the file: an unknown section or key (with the valid ones), a value of the wrong
            type or out of range, a path that does not exist.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        document = tomllib.loads(text)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such study file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: not a study file (TOML): {error}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    reader = _Reader(path, must_exist=must_exist)
    config = reader.read(document, text)
    if config is None or reader.faults:
        raise InputError([f"{path.name}: {fault}" for fault in reader.faults])
    return config


class _Reader:
    """Collects the faults of one study file while it is read."""

    def __init__(self, path: Path, *, must_exist: bool) -> None:
        self.path, self.must_exist = path, must_exist
        self.faults: list[str] = []

    def read(self, document: dict[str, Any], text: str) -> Config | None:
        self._unknown("", document, [*SECTIONS, "sources"])
        sources = self._sources(document.get("sources"))
        values = {section: self._section(section, document.get(section, {})) for section in SECTIONS}
        entries = {place: self._entries(place, document.get(place[0], {})) for place in ENTRIES}
        self._required(document)
        self._contradictions(values, entries)
        if self.faults:
            return None
        limits = {
            key: values["areas"].pop(key) for key in ("population", "max_wards", "within") if key in values["areas"]
        }
        if "types" in values["crime"]:
            values["crime"]["measure"] = values["crime"].pop("types")
        try:
            rules, criteria = Rules(**values.pop("chronicity")), Criteria(**values.pop("criteria"))
        except InputError as error:
            self.faults += error.faults
            return None
        assurance = values.pop("assurance")
        plain = {key: value for section in values.values() for key, value in section.items()}
        return Config(
            path=self.path, text=text, sources=sources, limits=Limits(**limits), rules=rules, criteria=criteria,
            assurance=assurance,
            components=_components(entries["index", "component"], sources),
            given={entry["name"]: entry["wards"] for entry in entries["areas", "given"]},
            adjustments=tuple(Adjustment(**entry) for entry in entries["areas", "adjust"]),
            **plain,
        )  # fmt: skip

    def _section(self, section: str, given: Any) -> dict[str, Any]:  # noqa: ANN401 - a TOML value is anything
        """The good values of one section, as they are stored."""
        keys = SECTIONS[section]
        if not isinstance(given, dict):
            self.faults.append(f"[{section}]: must be a section")
            return {}
        self._unknown(section, given, [*keys, *(key for place, key in ENTRIES if place == section)])
        return {key: keys[key].store(value) for key, value in given.items() if self._good(section, key, value, keys)}

    def _entries(self, place: tuple[str, str], given: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        """The entries of a list within a section, each with what it must hold."""
        section, name = place
        keys = ENTRIES[place]
        listed = _table(given).get(name, [])
        if not isinstance(listed, list):
            self.faults.append(f"[[{section}.{name}]]: must be a list of entries, each under its own heading")
            return []
        found = []
        for number, each in enumerate(listed, start=1):
            label = f"{section}.{name} no. {number}"
            entry = _table(each)
            self._unknown(label, entry, list(keys))
            absent = [key for key in REQUIRED[place] if key not in entry]
            self.faults += [f"[{label}] {key}: is missing; it must be {keys[key].allowed}" for key in absent]
            good = [self._good(label, key, value, keys) for key, value in entry.items() if key in keys]
            if all(good) and not absent:
                found.append({key: keys[key].store(value) for key, value in entry.items() if key in keys})
        return found

    def _contradictions(
        self, values: Mapping[str, Mapping[str, Any]], entries: Mapping[tuple[str, str], list[dict[str, Any]]]
    ) -> None:
        """Keys that are good by themselves and not together."""
        self.faults += check_assurance(values["assurance"])
        if {"types", "measure"} <= {*values["crime"]}:
            self.faults.append("[crime]: measure and types are both given; keep one")
        start, end = (values["period"].get(key, "") for key in ("start", "end"))
        if end and start > end:
            self.faults.append(f"[period] end: '{end}' lies before start '{start}'")
        method = values["areas"].get("method", "touching")
        given = entries["areas", "given"]
        if (method == "given") != bool(given):
            self.faults.append(
                '[areas]: method = "given" needs at least one [[areas.given]] with name and wards'
                if method == "given"
                else f'[[areas.given]]: is for method = "given"; the method is "{method}"'
            )
        names = [entry["name"] for entry in given]
        self.faults += [f"[[areas.given]]: '{name}' stands twice" for name in sorted({*names}) if names.count(name) > 1]
        if "preset" in values["index"] and entries["index", "component"]:
            self.faults.append("[index]: preset and [[index.component]] are both given; keep one")

    def _required(self, document: dict[str, Any]) -> None:
        for section, key in (("study", "name"), ("study", "ward_year"), ("period", "start"), ("period", "end")):
            if key not in _table(document.get(section)):
                self.faults.append(f"[{section}] {key}: is missing; it must be {SECTIONS[section][key].allowed}")

    def _good(self, section: str, key: str, value: Any, keys: Mapping[str, Key]) -> bool:  # noqa: ANN401
        if key not in keys:
            return False
        if not keys[key].test(value):
            self.faults.append(f"[{section}] {key}: {value!r} was given; it must be {keys[key].allowed}")
            return False
        return True

    def _unknown(self, section: str, given: dict[str, Any], known: list[str]) -> None:
        for key in given:
            if key not in known:
                near = get_close_matches(key, known, n=1)
                hint = f"; did you mean '{near[0]}'?" if near else ""
                where = f"[{section}] {key}: unknown key" if section else f"[{key}]: unknown section"
                self.faults.append(f"{where}{hint} Valid: {', '.join(known)}")

    def _sources(self, given: Any) -> tuple[Source, ...]:  # noqa: ANN401
        if not isinstance(given, dict):
            self.faults.append(
                f"[sources]: is missing; a study needs {', '.join(name for name in SOURCES if name not in OPTIONAL)}"
            )
            return ()
        self._unknown("sources", given, list(SOURCES))
        sources = []
        for section, keys in SOURCES.items():
            entries = given.get(section, [])
            entries = [entries] if isinstance(entries, dict) else entries
            if not entries and section not in OPTIONAL:
                self.faults.append(f"[sources.{section}]: is missing; give its path")
            if section in ("boundaries", "schools") and len(entries) > 1:
                self.faults.append(f"[sources.{section}]: stands more than once; a study has one of them")
            for number, entry in enumerate(entries, start=1):
                label = f"sources.{section}" + (f" no. {number}" if len(entries) > 1 else "")
                source = self._source(section, label, _table(entry), keys)
                if source:
                    sources.append(source)
        return tuple(sources)

    def _source(self, section: str, label: str, entry: dict[str, Any], keys: Mapping[str, Key]) -> Source | None:
        self._unknown(label, entry, list(keys))
        good = [self._good(label, key, value, keys) for key, value in entry.items() if key in keys]
        absent = [key for key in NEEDED[section] if key not in entry]
        self.faults += [f"[{label}] {key}: is missing; it must be {keys[key].allowed}" for key in absent]
        if absent or not all(good):
            return None
        path = self._path(label, entry["path"], "dataset" in entry)
        options = {key: keys[key].store(value) for key, value in entry.items() if key not in ("kind", "path")}
        self._incident_options(section, label, entry.get("kind", ""), options)
        if "small_areas" in options:
            options["small_areas"] = str(self._path(label, options["small_areas"], "dataset" in entry))
        return Source(section, path, entry.get("kind", ""), options) if path else None

    def _incident_options(self, section: str, label: str, kind: str, options: Mapping[str, Any]) -> None:
        """What is wrong with the options of a file of incidents or of a signal, before it is opened."""
        incidents = section == "crime" and kind == "incidents"
        if section == "crime" and not incidents:
            self.faults += [
                f'[{label}] {key}: is for kind = "incidents"; the kind is "{kind}"'
                for key in options
                if key in INCIDENT_KEYS
            ]
        if section == "signal":
            options = {"force": options["name"], **options} if "force" not in options["columns"] else options
        if not (incidents or section == "signal"):
            return
        if "columns" not in options:
            self.faults.append(f"[{label}] columns: is missing; it must be {INCIDENT_KEYS['columns'].allowed}")
            return
        given = {key: options[key] for key in OPTIONS if key in options}
        try:
            check_options(**{**OPTIONS, **given})
        except InputError as error:
            self.faults += [f"[{label}] {fault}" for fault in error.faults]

    def _path(self, label: str, given: str, dataset: bool) -> Path | None:
        expanded = os.path.expandvars(given)
        unset = re.findall(r"\$\{?(\w+)\}?", expanded)
        if unset:
            self.faults.append(f"[{label}] path: '{given}' uses the environment variable {unset[0]}, which is not set")
            return None
        path = Path(expanded).expanduser()
        path = path if path.is_absolute() else self.path.parent / path
        if self.must_exist and not path.exists():
            hint = "; `tipping-point fetch` brings it" if dataset else ""
            self.faults.append(f"[{label}] path: '{given}' does not exist (looked for {path}){hint}")
            return None
        return path


def _components(entries: list[dict[str, Any]], sources: tuple[Source, ...]) -> tuple[Component, ...]:
    """The components, each in the direction of its indicator where it does not say its own."""
    direction = {source.options["name"]: source.options["worse"] for source in sources if source.section == "indicator"}
    return tuple(Component(**{"worse": direction.get(entry["column"], "higher"), **entry}) for entry in entries)


def _table(value: Any) -> dict[str, Any]:  # noqa: ANN401 - a TOML value is anything
    return value if isinstance(value, dict) else {}
