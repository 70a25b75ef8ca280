"""The study file to a `Config`: every section and key checked before any work, every fault listed at once."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tipping_point.areas.group import Limits
from tipping_point.hotspots.find import METHODS
from tipping_point.measures.chronicity import CHOICES, Rules
from tipping_point.measures.index import COMBINATIONS, SCALES, Component
from tipping_point.measures.named import MEASURES
from tipping_point.schema import InputError

CRIME_KINDS = ("police_uk", "metropolitan_wards")
POPULATION_KINDS = ("lsoa_mid_year", "census_ts001", "any")
DEPRIVATION_KINDS = ("iod2019", "iod2025", "wimd2019", "wimd2025")


@dataclass(frozen=True)
class Source:
    """One file that the study names: its section, kind, path and the options of its reader."""

    section: str
    path: Path
    kind: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Config:
    """A study, checked. The fields of one section bear its keys, and the verbs' keyword arguments the same names."""

    path: Path
    text: str
    name: str
    start: str
    end: str
    sources: tuple[Source, ...]
    seed: int = 0
    area: tuple[str, ...] = ()
    place: str = ""
    ward_year: int = 0
    synthetic: bool = False
    measure: str | Mapping[str, float] = "serious"
    assign: str = "lsoa"
    minimum: float = 0.75
    allow_damaged: bool = False
    denominator: str = "resident"
    daytime: str | None = None
    column: str = "standardised_rate"
    methods: tuple[str, ...] = ("gi_star", "local_moran")
    permutations: int = 9_999
    max_permutations: int = 99_999
    alpha: float = 0.05
    correction: str = "bh"
    max_population_share: float = 0.05
    scale: str = "percentile"
    combine: str = "arithmetic"
    components: tuple[Component, ...] = ()
    method: str = "touching"
    areas: int = 10
    votes: int = 1
    limits: Limits = field(default_factory=Limits)
    rules: Rules = field(default_factory=Rules)
    per_authority: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def of(self, section: str) -> tuple[Source, ...]:
        """The sources of one section, in the order of the study file."""
        return tuple(source for source in self.sources if source.section == section)


def read_study(path: Path | str) -> Config:
    """Read and check a study file.

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
    reader = _Reader(path)
    config = reader.read(document, text)
    if config is None or reader.faults:
        raise InputError([f"{path.name}: {fault}" for fault in reader.faults])
    return config


def _month(value: str) -> bool:
    return bool(re.fullmatch(r"(20)\d\d-(0[1-9]|1[0-2])", value))


@dataclass(frozen=True)
class _Key:
    """What one key may hold: how it is said, how it is tested, and how it is stored."""

    allowed: str
    test: Callable[[Any], bool]
    store: Callable[[Any], Any] = lambda value: value


def _is_int(value: Any) -> bool:  # noqa: ANN401 - a TOML value is anything
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:  # noqa: ANN401 - a TOML value is anything
    return isinstance(value, int | float) and not isinstance(value, bool)


def _one_of(*names: str) -> _Key:
    return _Key("one of " + ", ".join(names), lambda value: isinstance(value, str) and value in names)


def _are_texts(value: Any) -> bool:  # noqa: ANN401 - a TOML value is anything
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_TEXT = _Key("a text", lambda value: isinstance(value, str) and value.strip() != "")
_TEXTS = _Key("a list of texts", _are_texts, tuple)
_BOOL = _Key("true or false", lambda value: isinstance(value, bool))
_COUNT = _Key("a whole number, 0 or more", lambda value: _is_int(value) and value >= 0)
_POSITIVE = _Key("a whole number above 0", lambda value: _is_int(value) and value > 0)
_MONTH = _Key("a month as text, YYYY-MM", lambda value: isinstance(value, str) and _month(value))

_SHARE = _Key("a share above 0, up to 1", lambda value: _is_number(value) and 0 < value <= 1, float)

_COMPONENT: Mapping[str, _Key] = {
    "column": _TEXT,
    "weight": _Key("a number above 0", lambda value: _is_number(value) and value > 0, float),
    "worse": _one_of("higher", "lower"),
    "country": _one_of("England", "Wales"),
}

SECTIONS: Mapping[str, Mapping[str, _Key]] = {
    "study": {
        "name": _TEXT,
        "seed": _COUNT,
        "area": _TEXTS,
        "place": _TEXT,
        "ward_year": _Key("a year, 2011 to 2100", lambda value: _is_int(value) and 2011 <= value <= 2100),
        "synthetic": _BOOL,
    },
    "period": {"start": _MONTH, "end": _MONTH},
    "crime": {
        "measure": _one_of(*MEASURES),
        "types": _Key(
            "a table of crime type = weight (a number of 0 or more)",
            lambda value: (
                isinstance(value, dict)
                and bool(value)
                and all(_is_number(weight) and weight >= 0 for weight in value.values())
            ),
        ),
        "assign": _one_of("lsoa"),
    },
    "coverage": {
        "minimum": _SHARE,
        "allow_damaged": _BOOL,
    },
    "rates": {"denominator": _TEXT, "daytime": _TEXT},
    "hotspots": {
        "column": _TEXT,
        "methods": _Key(
            f"a list of {', '.join(METHODS)}",
            lambda value: _are_texts(value) and bool(value) and set(value) <= METHODS.keys(),
            tuple,
        ),
        "permutations": _Key("a whole number, 99 or more", lambda value: _is_int(value) and value >= 99),
        "max_permutations": _Key("a whole number, 99 or more", lambda value: _is_int(value) and value >= 99),
        "alpha": _Key("a number above 0 and below 0.5", lambda value: _is_number(value) and 0 < value < 0.5, float),
        "correction": _one_of("bh", "by"),
        "max_population_share": _SHARE,
    },
    "index": {"scale": _one_of(*SCALES), "combine": _one_of(*COMBINATIONS)},
    "chronicity": {
        **dict.fromkeys(("months", "minimum_windows", "trend_months"), _POSITIVE),
        **dict.fromkeys(("top", "chronic", "tipping", "near_top", "minimum_covered", "minimum_wards"), _SHARE),
        **{name: _one_of(*allowed) for name, allowed in CHOICES.items()},
    },
    "areas": {
        "method": _one_of("touching"),
        "areas": _POSITIVE,
        "votes": _POSITIVE,
        "population": _Key(
            "two numbers, least and most residents",
            lambda value: (
                isinstance(value, list)
                and len(value) == 2
                and all(_is_number(item) for item in value)
                and 0 <= value[0] < value[1]
            ),
            lambda value: (float(value[0]), float(value[1])),
        ),
        "max_wards": _POSITIVE,
        "within": _one_of("district_code", "force_name", "country"),
        "per_authority": _COUNT,
        "include": _TEXTS,
        "exclude": _TEXTS,
    },
}
"""Section -> key -> what it may hold. One section per verb; its keys are that verb's keyword arguments."""

_INDICATOR = {"name": _TEXT, "path": _TEXT, "column": _TEXT, "worse": _one_of("higher", "lower"),
              "combine": _one_of("mean", "sum"), "vintage": _TEXT, "code_column": _TEXT}  # fmt: skip
SOURCES: Mapping[str, Mapping[str, _Key]] = {
    "crime": {"kind": _one_of(*CRIME_KINDS), "path": _TEXT},
    "boundaries": {"path": _TEXT},
    "lookup": {"path": _TEXT},
    "population": {
        "kind": _one_of(*POPULATION_KINDS), "path": _TEXT, "column": _TEXT, "code_column": _TEXT, "sheet": _TEXT,
    },
    "deprivation": {"kind": _one_of(*DEPRIVATION_KINDS), "path": _TEXT},
    "indicator": _INDICATOR,
}  # fmt: skip
"""Kind of source -> key -> what it may hold."""

_NEEDED = {
    "crime": ("kind", "path"), "boundaries": ("path",), "lookup": ("path",), "population": ("kind", "path"),
    "deprivation": ("kind", "path"), "indicator": ("name", "path", "column", "worse", "combine"),
}  # fmt: skip


class _Reader:
    """Collects the faults of one study file while it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[str] = []

    def read(self, document: dict[str, Any], text: str) -> Config | None:
        self._unknown("", document, [*SECTIONS, "sources"])
        sources = self._sources(document.get("sources"))
        values: dict[str, Any] = {}
        for section, keys in SECTIONS.items():
            given = document.get(section, {})
            if not isinstance(given, dict):
                self.faults.append(f"[{section}]: must be a section")
                continue
            known = [*keys, "component"] if section == "index" else list(keys)
            self._unknown(section, given, known)
            good = {key: value for key, value in given.items() if self._good(section, key, value, keys)}
            values |= {key: keys[key].store(value) for key, value in good.items()}
        values["components"] = self._components(document.get("index", {}), sources)
        self._required(document)
        rules = {key: values.pop(key) for key in SECTIONS["chronicity"] if key in values}
        limits = {key: values.pop(key) for key in ("population", "max_wards", "within") if key in values}
        types = values.pop("types", None)
        if types is not None:
            if "measure" in values:
                self.faults.append("[crime]: measure and types are both given; keep one")
            values["measure"] = types
        if values.get("start", "") > values.get("end", "9"):
            self.faults.append(f"[period] end: '{values['end']}' lies before start '{values['start']}'")
        if self.faults:
            return None
        return Config(
            path=self.path, text=text, sources=sources, limits=Limits(**limits), rules=Rules(**rules), **values
        )

    def _required(self, document: dict[str, Any]) -> None:
        for section, key in (("study", "name"), ("study", "ward_year"), ("period", "start"), ("period", "end")):
            if key not in _table(document.get(section)):
                self.faults.append(f"[{section}] {key}: is missing; it must be {SECTIONS[section][key].allowed}")

    def _good(self, section: str, key: str, value: Any, keys: Mapping[str, _Key]) -> bool:  # noqa: ANN401
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
            self.faults.append(f"[sources]: is missing; a study needs {', '.join(SOURCES)} (the last as you like)")
            return ()
        self._unknown("sources", given, list(SOURCES))
        sources = []
        for section, keys in SOURCES.items():
            entries = given.get(section, [])
            entries = [entries] if isinstance(entries, dict) else entries
            if not entries and section != "indicator":
                self.faults.append(f"[sources.{section}]: is missing; give its path")
            if section == "boundaries" and len(entries) > 1:
                self.faults.append("[sources.boundaries]: stands more than once; a study has one set of boundaries")
            for number, entry in enumerate(entries, start=1):
                label = f"sources.{section}" + (f" no. {number}" if len(entries) > 1 else "")
                source = self._source(section, label, _table(entry), keys)
                if source:
                    sources.append(source)
        return tuple(sources)

    def _source(self, section: str, label: str, entry: dict[str, Any], keys: Mapping[str, _Key]) -> Source | None:
        self._unknown(label, entry, list(keys))
        good = [self._good(label, key, value, keys) for key, value in entry.items() if key in keys]
        absent = [key for key in _NEEDED[section] if key not in entry]
        self.faults += [f"[{label}] {key}: is missing; it must be {keys[key].allowed}" for key in absent]
        if absent or not all(good):
            return None
        path = self._path(label, entry["path"])
        options = {key: value for key, value in entry.items() if key not in ("kind", "path")}
        return Source(section, path, entry.get("kind", ""), options) if path else None

    def _path(self, label: str, given: str) -> Path | None:
        expanded = os.path.expandvars(given)
        unset = re.findall(r"\$\{?(\w+)\}?", expanded)
        if unset:
            self.faults.append(f"[{label}] path: '{given}' uses the environment variable {unset[0]}, which is not set")
            return None
        path = Path(expanded).expanduser()
        path = path if path.is_absolute() else self.path.parent / path
        if not path.exists():
            self.faults.append(f"[{label}] path: '{given}' does not exist (looked for {path})")
            return None
        return path

    def _components(self, index: Any, sources: tuple[Source, ...]) -> tuple[Component, ...]:  # noqa: ANN401
        direction = {s.options["name"]: s.options["worse"] for s in sources if s.section == "indicator"}
        components = []
        for number, entry in enumerate(_table(index).get("component", []), start=1):
            label = f"index.component no. {number}"
            entry = _table(entry)  # noqa: PLW2901 - the same entry, as a table
            self._unknown(label, entry, list(_COMPONENT))
            absent = [key for key in ("column", "weight") if key not in entry]
            self.faults += [f"[{label}] {key}: is missing; it must be {_COMPONENT[key].allowed}" for key in absent]
            good = [self._good(label, key, value, _COMPONENT) for key, value in entry.items() if key in _COMPONENT]
            if all(good) and not absent:
                worse = entry.get("worse", direction.get(entry["column"], "higher"))
                country = entry.get("country", "")
                components.append(Component(entry["column"], float(entry["weight"]), worse, country))
        return tuple(components)


def _table(value: Any) -> dict[str, Any]:  # noqa: ANN401 - a TOML value is anything
    return value if isinstance(value, dict) else {}
