"""Crime types and the named measures that add them up: one table, crime_types.toml, checked when it is first read.

The weight of a type is the mean Crime Severity weight of the offences in it (Office for National Statistics, *Crime
Severity Score*, weights of about 2020: days of sentence as courts give them), each offence counted as often as it was
recorded in 2017/18: by the 43 territorial forces of England and Wales for police.uk categories and the sub-groups of
recorded crime, by the Metropolitan Police for its own offence types. The derivation is
`docs/derivations/harm_weights.py` (of the sub-groups `docs/derivations/offence_groups.py`).

One weight on a broad category is *severity-scaled volume*, not measured harm: within violence and sexual offences the
mean runs from 216 to 407 by force. Types without a weight add no harm.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib.resources import files
from typing import Any

VOCABULARIES = ("police_uk", "metropolitan", "subgroup", "own")
"""Whose words crime types are; a study keeps to one. 'own' is of incident files that name their one type themselves."""
FOUND_BY = ("report", "police", "partly")
VLI_PARTS = ("burglary", "damage")
"""Parts of the Vulnerable Localities Index that are crimes."""


@dataclass(frozen=True)
class CrimeType:
    """One entry of crime_types.toml; its head says what each key means."""

    vocabulary: str
    name: str
    weight: float | None = None
    found_by: str = "report"
    centre: bool = False
    vli: str = ""
    vli_proxy: str = ""
    crime: bool = True
    former: bool = False


@dataclass(frozen=True)
class Measure:
    """A measure of crime: its words, and its types in each crime vocabulary."""

    name: str
    label: str
    proxy_note: str = ""
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class CrimeTypes:
    """The whole table."""

    edition: str
    types: tuple[CrimeType, ...]
    measures: tuple[Measure, ...]


KINDS: Mapping[str, tuple[type, ...]] = {
    "vocabulary": (str,), "name": (str,), "weight": (int, float), "found_by": (str,), "centre": (bool,), "vli": (str,),
    "vli_proxy": (str,), "crime": (bool,), "former": (bool,),
}  # fmt: skip
"""Key of an entry -> what it holds."""
ALLOWED: Mapping[str, tuple[str, ...]] = {"vocabulary": VOCABULARIES, "found_by": FOUND_BY, "vli": ("", *VLI_PARTS)}
"""Key of an entry that holds one of some names -> those names."""


def read_crime_types(text: str) -> CrimeTypes:
    """The table from the text of crime_types.toml.

    Raises:
        ValueError: every fault: an unknown key or value, an entry that stands twice, a measure of a type that is none.
    """
    document = tomllib.loads(text)
    entries, measured = document.get("type", []), document.get("measure", [])
    faults = [f"unknown table '{key}'" for key in document if key not in ("edition", "type", "measure")]
    faults += [] if isinstance(document.get("edition"), str) else ["it has no edition"]
    faults += [fault for entry in entries for fault in _type_faults(entry)]
    faults += [fault for entry in measured for fault in _measure_faults(entry)]
    names = [(entry.get("vocabulary"), entry.get("name")) for entry in entries]
    known = {*names}
    faults += [
        f"{name}: stands twice in {vocabulary}" for vocabulary, name in known if names.count((vocabulary, name)) > 1
    ]
    called = [entry.get("name") for entry in measured]
    faults += [f"measure {name}: stands twice" for name in {*called} if called.count(name) > 1]
    faults += [
        f"measure {_name(entry)}: '{name}' is no type of {vocabulary}"
        for entry in measured
        for vocabulary, listed in entry.get("types", {}).items()
        for name in listed
        if (vocabulary, name) not in known
    ]
    if faults:
        raise ValueError(f"crime_types.toml: {'; '.join(faults)}")
    measures = (
        Measure(**{**entry, "types": {key: tuple(listed) for key, listed in entry["types"].items()}})
        for entry in measured
    )
    return CrimeTypes(document["edition"], tuple(CrimeType(**entry) for entry in entries), tuple(measures))


def _type_faults(entry: Mapping[str, Any]) -> list[str]:
    """What is wrong with one crime type by itself."""
    name = _name(entry)
    faults = [f"{name}: unknown key '{key}'" for key in entry if key not in KINDS]
    faults += [f"{name}: has no {key}" for key in ("vocabulary", "name") if key not in entry]
    for key, value in entry.items():
        if key not in KINDS:
            continue
        if not isinstance(value, KINDS[key]) or (isinstance(value, bool) and bool not in KINDS[key]):
            faults.append(f"{name}: {key} {value!r} is of another type")
        elif key in ALLOWED and value not in ALLOWED[key]:
            faults.append(f"{name}: {key} '{value}' is not known; use one of {', '.join(ALLOWED[key])}")
    weight = entry.get("weight")
    if isinstance(weight, int | float) and not 0 < weight < math.inf:
        faults.append(f"{name}: weight {weight}; it must be above 0")
    if "vli_proxy" in entry and "vli" not in entry:
        faults.append(f"{name}: vli_proxy without vli")
    return faults


def _measure_faults(entry: Mapping[str, Any]) -> list[str]:
    """What is wrong with one named measure by itself."""
    keys = {each.name for each in fields(Measure)}
    name = f"measure {_name(entry)}"
    return [
        *(f"{name}: unknown key '{key}'" for key in entry if key not in keys),
        *(f"{name}: has no {key}" for key in ("name", "label", "types") if key not in entry),
    ]


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("name", "an entry without a name"))


_TABLE = read_crime_types(files(__package__).joinpath("crime_types.toml").read_text(encoding="utf-8"))


def _names(**wanted: object) -> Mapping[str, tuple[str, ...]]:
    """Vocabulary -> the present types that have these values."""
    return {
        vocabulary: tuple(
            each.name
            for each in _TABLE.types
            if each.vocabulary == vocabulary
            and not each.former
            and all(getattr(each, key) == value for key, value in wanted.items())
        )
        for vocabulary in VOCABULARIES
    }


EDITION = _TABLE.edition
"""Edition of the severity weights."""
CRIME_TYPES = _names()
"""The crime types of each vocabulary, spelled as published; none for 'own'."""
FORMER_CRIME_TYPES = tuple(each.name for each in _TABLE.types if each.former)
"""police.uk categories published before May 2013 only; they do not join the present fourteen."""
NOT_CRIME = tuple(dict.fromkeys(each.name for each in _TABLE.types if not each.crime))
"""Published beside crime, but not notifiable and without a severity weight: left out of every crime total."""
HARM_WEIGHTS: Mapping[str, Mapping[str, float]] = {
    vocabulary: {
        each.name: each.weight for each in _TABLE.types if each.vocabulary == vocabulary and each.weight is not None
    }
    for vocabulary in VOCABULARIES
}
"""Mean Crime Severity weight by vocabulary and type; files that name no offences have none."""
CENTRE_TYPES = _names(centre=True)
"""Thefts that happen where people come to shop, work and go out."""
POLICE_GENERATED = _names(found_by="police")
"""Types found mostly by search: where police search more, more is recorded, and ranking on it sends more search."""
PARTLY_POLICE_GENERATED = _names(found_by="partly")
"""Types that an officer often records without a report, or that no victim of the ward reports."""
CRIME_PARTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    vocabulary: {part: names for part in VLI_PARTS if (names := _names(vli=part)[vocabulary])}
    for vocabulary in VOCABULARIES
}
"""The published types nearest to the two crime parts of the Vulnerable Localities Index."""
VLI_PROXIES: Mapping[str, Mapping[str, str]] = {
    vocabulary: {each.vli: each.vli_proxy for each in _TABLE.types if each.vocabulary == vocabulary and each.vli_proxy}
    for vocabulary in VOCABULARIES
}
"""What stands in for a part, where the published type is wider than it."""
NAMED = _TABLE.measures
"""The named measures that add up some types; `measures.named` adds all crime, and those of marked incidents."""
