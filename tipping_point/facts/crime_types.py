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


def read_crime_types(text: str) -> CrimeTypes:
    """The table from the text of crime_types.toml.

    Raises:
        ValueError: every entry with an unknown key or value, that stands twice, or a measure of a type that is none.
    """
    document = tomllib.loads(text)
    known = {each.name for each in fields(CrimeType)}
    entries = document.get("type", [])
    faults = [f"{_name(entry)}: unknown key '{key}'" for entry in entries for key in entry if key not in known]
    faults += [
        f"{_name(entry)}: has no {key}" for entry in entries for key in ("vocabulary", "name") if key not in entry
    ]
    if faults:
        raise ValueError(f"crime_types.toml: {'; '.join(faults)}")
    types = tuple(CrimeType(**entry) for entry in entries)
    measures = tuple(
        Measure(**{**entry, "types": {key: tuple(names) for key, names in entry["types"].items()}})
        for entry in document.get("measure", [])
    )
    names = [(each.vocabulary, each.name) for each in types]
    for each, key in zip(types, names, strict=True):
        allowed = {"vocabulary": VOCABULARIES, "found_by": FOUND_BY, "vli": ("", *VLI_PARTS)}
        faults += [
            f"{each.name}: {part} '{getattr(each, part)}' is not known; use one of {', '.join(values)}"
            for part, values in allowed.items()
            if getattr(each, part) not in values
        ]
        if names.count(key) > 1:
            faults.append(f"{each.name}: stands twice in {each.vocabulary}")
        if each.weight is not None and not each.weight > 0:
            faults.append(f"{each.name}: weight {each.weight}; it must be above 0")
    faults += [
        f"measure {measure.name}: '{name}' is no type of {vocabulary}"
        for measure in measures
        for vocabulary, listed in measure.types.items()
        for name in listed
        if (vocabulary, name) not in names
    ]
    if faults:
        raise ValueError(f"crime_types.toml: {'; '.join(dict.fromkeys(faults))}")
    return CrimeTypes(document["edition"], types, measures)


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
