"""Every section and key of the study file, what it may hold and how it is stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tipping_point.facts.offences import LEVELS
from tipping_point.hotspots.find import METHODS
from tipping_point.measures.chronicity import CHOICES
from tipping_point.measures.named import MEASURES
from tipping_point.measures.scaling import COMBINATIONS, SCALES
from tipping_point.sources.incident_options import FORMATS
from tipping_point.tables import CONTEXT_LEVELS, DOMAINS

CRIME_KINDS = ("police_uk", "metropolitan_wards", "incidents")
POPULATION_KINDS = ("lsoa_mid_year", "census_ts001", "any")
DEPRIVATION_KINDS = ("iod2019", "iod2025", "wimd2019", "wimd2025")
INDICATOR_KINDS = ("open", "health", "school")
"""Of the last two small numbers are hidden without being asked."""


def _month(value: str) -> bool:
    return bool(re.fullmatch(r"(20)\d\d-(0[1-9]|1[0-2])", value))


@dataclass(frozen=True)
class Key:
    """What one key may hold: how it is said, how it is tested, and how it is stored."""

    allowed: str
    test: Callable[[Any], bool]
    store: Callable[[Any], Any] = lambda value: value


def _is_int(value: Any) -> bool:  # noqa: ANN401 - a TOML value is anything
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:  # noqa: ANN401 - a TOML value is anything
    return isinstance(value, int | float) and not isinstance(value, bool)


def _one_of(*names: str) -> Key:
    return Key("one of " + ", ".join(names), lambda value: isinstance(value, str) and value in names)


def _are_texts(value: Any) -> bool:  # noqa: ANN401 - a TOML value is anything
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_text_table(value: Any) -> bool:  # noqa: ANN401 - a TOML value is anything
    return isinstance(value, dict) and bool(value) and all(isinstance(item, str) and item for item in value.values())


def _are_flags(value: Any) -> bool:  # noqa: ANN401 - a TOML value is anything
    return isinstance(value, dict) and all(
        isinstance(one, str)
        or (isinstance(one, dict) and {*one} == {"column", "values"} and _are_texts(one["values"]) and one["values"])
        for one in value.values()
    )


def _flags(value: Mapping[str, Any]) -> dict[str, Any]:
    """Flags as the reader of incidents takes them: a column, or a column and what means yes in it."""
    return {flag: one if isinstance(one, str) else (one["column"], tuple(one["values"])) for flag, one in value.items()}


_TEXT = Key("a text", lambda value: isinstance(value, str) and value.strip() != "")
_TEXTS = Key("a list of texts", _are_texts, tuple)
_BOOL = Key("true or false", lambda value: isinstance(value, bool))
_COUNT = Key("a whole number, 0 or more", lambda value: _is_int(value) and value >= 0)
_POSITIVE = Key("a whole number above 0", lambda value: _is_int(value) and value > 0)
_MONTH = Key("a month as text, YYYY-MM", lambda value: isinstance(value, str) and _month(value))

_SHARE = Key("a share above 0, up to 1", lambda value: _is_number(value) and 0 < value <= 1, float)

ENTRIES: Mapping[tuple[str, str], Mapping[str, Key]] = {
    ("index", "component"): {
        "column": _TEXT,
        "weight": Key("a number above 0", lambda value: _is_number(value) and value > 0, float),
        "worse": _one_of("higher", "lower"),
        "country": _one_of("England", "Wales"),
        "domain": _one_of(*DOMAINS, "none"),
    },
    ("areas", "given"): {"name": _TEXT, "wards": _TEXTS},
    ("areas", "adjust"): {
        "area": _TEXT, "add": _TEXTS, "drop": _TEXTS, "reason": _TEXT, "who": _TEXT, "date": _TEXT,
    },
}  # fmt: skip
"""Section and key of a list of entries -> key of an entry -> what it may hold."""

REQUIRED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("index", "component"): ("column", "weight"),
    ("areas", "given"): ("name", "wards"),
    ("areas", "adjust"): ("area", "reason", "who", "date"),
}
"""What every entry must hold."""

SECTIONS: Mapping[str, Mapping[str, Key]] = {
    "study": {
        "name": _TEXT,
        "seed": _COUNT,
        "area": _TEXTS,
        "place": _TEXT,
        "ward_year": Key("a year, 2011 to 2100", lambda value: _is_int(value) and 2011 <= value <= 2100),
        "synthetic": _BOOL,
    },
    "period": {"start": _MONTH, "end": _MONTH},
    "crime": {
        "measure": _one_of(*MEASURES),
        "types": Key(
            "a table of crime type = weight (a number of 0 or more)",
            lambda value: (
                isinstance(value, dict)
                and bool(value)
                and all(_is_number(weight) and weight >= 0 for weight in value.values())
            ),
        ),
        "assign": _one_of("lsoa", "point", "both"),
        "detail": _one_of("month", "period"),
    },
    "coverage": {
        "minimum": _SHARE,
        "allow_damaged": _BOOL,
    },
    "rates": {
        "denominator": _TEXT,
        "daytime": _TEXT,
        "daytime_kind": _one_of("people", "jobs"),
        "denominators": _TEXTS,
    },
    "hotspots": {
        "column": _TEXT,
        "methods": Key(
            f"a list of {', '.join(METHODS)}",
            lambda value: _are_texts(value) and bool(value) and set(value) <= METHODS.keys(),
            tuple,
        ),
        "permutations": Key("a whole number, 99 or more", lambda value: _is_int(value) and value >= 99),
        "max_permutations": Key("a whole number, 99 or more", lambda value: _is_int(value) and value >= 99),
        "alpha": Key("a number above 0 and below 0.5", lambda value: _is_number(value) and 0 < value < 0.5, float),
        "correction": _one_of("bh", "by"),
        "max_population_share": _SHARE,
    },
    "index": {
        "scale": _one_of(*SCALES),
        "combine": _one_of(*COMBINATIONS),
        "preset": _one_of("vli", "vli_without_age"),
    },
    "firmness": {
        "simulations": Key("a whole number, 20 or more", lambda value: _is_int(value) and value >= 20),
        "selections": _POSITIVE,
        "variance": Key("a number of 0 or more", lambda value: _is_number(value) and value >= 0, float),
        "top": _SHARE,
    },
    "chronicity": {
        **dict.fromkeys(("months", "minimum_windows", "trend_months"), _POSITIVE),
        **dict.fromkeys(("top", "chronic", "tipping", "near_top", "minimum_covered", "minimum_wards"), _SHARE),
        **{name: _one_of(*allowed) for name, allowed in CHOICES.items()},
    },
    "areas": {
        "method": _one_of("touching", "select", "given"),
        "years": _POSITIVE,
        "visitors": _BOOL,
        "kind": _TEXT,
        "areas": _POSITIVE,
        "votes": _POSITIVE,
        "population": Key(
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
    "criteria": {
        **dict.fromkeys(("votes", "needs"), _POSITIVE),
        **dict.fromkeys(("chronic", "most_deprived", "deprived", "tipping", "alpha"), _SHARE),
    },
    "assurance": dict.fromkeys(
        ("commissioner", "analyst", "assurer", "approver", "approved_on", "review_by", "contact", "version"), _TEXT
    ),
    "goal": {
        "baseline_year": Key("a year, 2000 to 2100", lambda value: _is_int(value) and 2000 <= value <= 2100),
        "comparators": _POSITIVE,
    },
}
"""Section -> key -> what it may hold. One section per verb; its keys are that verb's keyword arguments."""

_FORMAT = _one_of(*FORMATS)
_LICENCE = {"licence": _TEXT, "threshold": _POSITIVE}
_COLUMNS = Key("a table of role = column", _is_text_table)
_FILE = {"columns": _COLUMNS, "force": _TEXT, "sheet": _TEXT, "date_format": _FORMAT, **_LICENCE}
INCIDENT_KEYS: Mapping[str, Key] = {
    **_FILE,
    "flags": Key(
        "a table of flag = column, or flag = { column = …, values = [texts that mean yes] }", _are_flags, _flags
    ),
    "groups": _one_of(*LEVELS),
    "offences": Key("a table of offence = group", _is_text_table),
    "allow_unmapped": _BOOL,
    "name": _TEXT,
}
"""Keys of a crime source that is a file of incidents, and of no other."""

_CELLS = Key(
    "a table of column = cell, both texts",
    lambda value: isinstance(value, dict) and bool(value) and _are_texts(list(value.values())),
)
_INDICATOR = {"kind": _one_of(*INDICATOR_KINDS), **_LICENCE,
              "name": _TEXT, "path": _TEXT, "column": _TEXT, "worse": _one_of("higher", "lower"),
              "combine": _one_of("mean", "sum"), "vintage": _TEXT, "code_column": _TEXT,
              "level": _one_of("ward", "district", "school"), "period": _TEXT, "where": _CELLS,
              "pupils": _TEXT}  # fmt: skip
_YEAR = Key("a year, 2011 to 2100", lambda value: _is_int(value) and 2011 <= value <= 2100)
_FETCHED = {"dataset": _TEXT, "year": _YEAR}
_CONTEXT_LEVEL = Key(
    f"one of {', '.join(CONTEXT_LEVELS)} (a figure of wards or small areas is an indicator)",
    lambda value: isinstance(value, str) and value in CONTEXT_LEVELS,
)
_CONTEXT = dict.fromkeys(
    ("name", "path", "unit", "publisher", "licence", "attribution", "note", "area", "period", "value", "lower", "upper",
     "sheet"), _TEXT,
)  # fmt: skip
SOURCES: Mapping[str, Mapping[str, Key]] = {
    "crime": {"kind": _one_of(*CRIME_KINDS), "path": _TEXT, **_FETCHED, **INCIDENT_KEYS},
    "boundaries": {"path": _TEXT, **_FETCHED},
    "lookup": {"path": _TEXT, **_FETCHED},
    "population": {
        "kind": _one_of(*POPULATION_KINDS), "path": _TEXT, "column": _TEXT, "code_column": _TEXT, "sheet": _TEXT,
        **_FETCHED,
    },
    "deprivation": {"kind": _one_of(*DEPRIVATION_KINDS), "path": _TEXT, **_FETCHED},
    "indicator": {**_INDICATOR, **_FETCHED},
    "signal": {"name": _TEXT, "path": _TEXT, "worse": _one_of("higher", "lower"),
               "combine": _one_of("mean", "sum"), **_FILE},
    "census": {"path": _TEXT, **_FETCHED},
    "schools": {"path": _TEXT, **_FETCHED},
    "recorded_crime": {"path": _TEXT, **_FETCHED},
    "context": {**_CONTEXT, "level": _CONTEXT_LEVEL},
    "overlap": {"path": _TEXT, "ward_year": _YEAR, "small_areas": _TEXT},
}  # fmt: skip
"""Kind of source -> key -> what it may hold."""

NEEDED = {
    "crime": ("kind", "path"), "boundaries": ("path",), "lookup": ("path",), "population": ("kind", "path"),
    "deprivation": ("kind", "path"), "indicator": ("name", "path", "column", "worse", "combine"), "census": ("path",),
    "schools": ("path",), "signal": ("name", "path", "columns", "worse", "combine"), "recorded_crime": ("path",),
    "context": ("name", "path", "level", "unit", "publisher"),
    "overlap": ("path", "ward_year", "small_areas"),
}  # fmt: skip
"""Kind of source -> what its entry must hold."""

OPTIONAL = ("indicator", "signal", "census", "schools", "recorded_crime", "context", "overlap")
"""Kinds of source that a study can do without."""
