"""Home Office offence codes to groups of offences: a mapping that is data, in offence_groups.toml with its sources."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LEVELS = ("category", "subgroup")
"""What offences are gathered into: the categories of police.uk, or the finer sub-groups of recorded crime."""

_ZEROS = re.compile(r"(?<![0-9.])0+(?=[0-9])")
_AS_NUMBER = re.compile(r"([0-9]+)\.0")
_CLASS = re.compile(r"([0-9]+)/[0-9]+")
_NOT_NOTIFIABLE = "Anti-social behaviour"
"""Has no offence code: forces write it in words, and police.uk publishes it beside crime."""


@dataclass(frozen=True)
class OffenceGroup:
    """One sub-group of recorded crime."""

    name: str
    category: str
    """The police.uk category that holds it."""
    weight: float
    """Mean Crime Severity weight of its offences, each counted as often as it was recorded."""
    codes: tuple[str, ...]


@cache
def load_groups() -> tuple[OffenceGroup, ...]:
    """Every sub-group of offence_groups.toml, in its order."""
    entries = tomllib.loads(files(__package__).joinpath("offence_groups.toml").read_text(encoding="utf-8"))["group"]
    return tuple(OffenceGroup(**{**entry, "codes": tuple(entry["codes"])}) for entry in entries)


def subgroup_weights() -> dict[str, float]:
    """Mean Crime Severity weight by sub-group: finer than the weights of the police.uk categories."""
    return {group.name: group.weight for group in load_groups()}


def list_groups(level: str) -> tuple[str, ...]:
    """Every group of a level, by alphabet; anti-social behaviour is one at both."""
    return tuple(sorted({_NOT_NOTIFIABLE, *(_label(group, level) for group in load_groups())}))


def find_groups(codes: Iterable[str], *, level: str, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """The group of each code as a file writes it; '' where it has none.

    Read are, in this order: the study's own mapping; a Home Office code, whatever its leading zeros and case ('008N',
    '8n'); the name of a sub-group or category; and a class with its sub-class ('034/01') where all codes of the class
    are of one group.

    Args:
        codes: texts of the offence column, each once.
        level: 'category' or 'subgroup'.
        own: text -> group, for codes that only this force uses.
    """
    own_codes = {_tidy(code): group for code, group in (own or {}).items()}
    known = {code: _label(group, level) for group in load_groups() for code in group.codes}
    names = {_tidy(group.name): _label(group, level) for group in load_groups()}
    names |= {_tidy(name): name for name in list_groups(level)}
    classes: dict[str, set[str]] = {}
    for code, group in known.items():
        classes.setdefault(re.split(r"[A-Z./]", code)[0], set()).add(group)
    alone = {number: next(iter(groups)) for number, groups in classes.items() if len(groups) == 1}
    tables = (own_codes, known, names)

    def find(code: str) -> str:
        tidy = _tidy(code)
        by_class = _CLASS.fullmatch(tidy)
        found = (table[tidy] for table in tables if tidy in table)
        return next(found, alone.get(by_class[1], "") if by_class else "")

    return {code: find(code) for code in codes}


def own_mapping_faults(own: Mapping[str, str], *, level: str) -> list[str]:
    """What is wrong with a study's own mapping: groups that do not exist."""
    groups = list_groups(level)
    strange = sorted({group for group in own.values() if group not in groups})
    if not strange:
        return []
    return [f"offences: {', '.join(map(repr, strange))} is no {level} of offences; allowed are {', '.join(groups)}."]


def _label(group: OffenceGroup, level: str) -> str:
    return group.category if level == "category" else group.name


def _tidy(code: str) -> str:
    """One way of writing a code or name. A spreadsheet turns the code 44 into the number 44.0."""
    text = _ZEROS.sub("", " ".join(code.upper().split()))
    number = _AS_NUMBER.fullmatch(text)
    return number[1] if number else text
