"""What a study says about an incident file, checked before the file is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tipping_point.facts.offences import LEVELS, own_mapping_faults
from tipping_point.tables import FLAGS, InputError, force_slug

ROLES = ("date", "offence", "lsoa_code", "ward_code", "easting", "northing", "longitude", "latitude", "force", "count",
         "value")  # fmt: skip
"""What a column can be."""

FORMATS = ("yyyy-mm-dd", "dd/mm/yyyy", "mm/dd/yyyy", "excel")
"""What the option date_format may say."""

CODES = ("lsoa_code", "ward_code")
"""Roles that give a place by its code; the others give a point."""
_POINTS = (("easting", "northing"), ("longitude", "latitude"))
Flag = str | tuple[str, Sequence[str]]


OPTIONS: Mapping[str, Any] = {
    "columns": {}, "force": "", "flags": {}, "groups": "category", "offences": {}, "name": "", "date_format": None,
}  # fmt: skip
"""What `check_options` looks at, each as it is where a study says nothing."""


@dataclass(frozen=True)
class IncidentOptions:
    """The options of one incident file, checked."""

    columns: Mapping[str, str]
    force: str
    """police.uk name; '' where a column tells."""
    flags: Mapping[str, tuple[str, tuple[str, ...]]]
    """Flag -> its column and the texts that mean yes, none where the column holds yes and no."""
    groups: str
    offences: Mapping[str, str]
    name: str
    date_format: str | None

    @property
    def wanted(self) -> list[str]:
        """The columns to read, each once."""
        return list(dict.fromkeys([*self.columns.values(), *(column for column, _ in self.flags.values())]))

    @staticmethod
    def slug(name: str) -> str:
        """The police.uk name of a force."""
        return force_slug(name)


def check_options(
    columns: Mapping[str, str],
    *,
    force: str,
    flags: Mapping[str, Flag],
    groups: str,
    offences: Mapping[str, str],
    name: str,
    date_format: str | None,
) -> IncidentOptions:
    """The options as they are used.

    Raises:
        InputError: every fault of them.
    """
    faults = [f"columns: '{role}' is no role of a column; roles are {', '.join(ROLES)}." for role in columns
              if role not in ROLES]  # fmt: skip
    if "date" not in columns:
        faults.append("columns: date is missing; without it no incident has a month.")
    faults += _place_faults(columns)
    if bool(force) == ("force" in columns):
        faults.append('force: say whose file it is, either as force = "…" or by a column with the role force.')
    if bool(name) == ("offence" in columns):
        faults.append('offence: name the column of offences, or, for a file of one kind of incident, name = "…".')
    faults += [f"flags: '{flag}' is not known; flags are {', '.join(FLAGS)}." for flag in flags if flag not in FLAGS]
    if groups not in LEVELS:
        faults.append(f"groups: '{groups}' is not known; use one of {', '.join(LEVELS)}.")
    else:
        faults += own_mapping_faults(offences, level=groups)
    if date_format is not None and date_format not in FORMATS:
        faults.append(f"date_format: '{date_format}' is not known; use one of {', '.join(FORMATS)}.")
    if faults:
        raise InputError(faults)
    return IncidentOptions(
        {role: _tidy(column) for role, column in columns.items()}, force_slug(force),
        {flag: _flag(given) for flag, given in flags.items()}, groups, offences, name, date_format,
    )  # fmt: skip


def _place_faults(columns: Mapping[str, str]) -> list[str]:
    codes = [role for role in CODES if role in columns]
    halves = [pair for pair in _POINTS if len({*pair} & {*columns}) == 1]
    pairs = [pair for pair in _POINTS if {*pair} <= {*columns}]
    faults = [f"columns: of {' and '.join(pair)} only one is given; a point needs both." for pair in halves]
    if len(codes) > 1 or len(pairs) > 1:
        faults.append("columns: a place is given twice; keep one code (lsoa_code or ward_code) and one kind of point.")
    if not codes and not pairs and not halves:
        faults.append("columns: no place; give lsoa_code, ward_code, easting and northing, or longitude and latitude.")
    return faults


def _flag(given: Flag) -> tuple[str, tuple[str, ...]]:
    if isinstance(given, str):
        return _tidy(given), ()
    column, values = given
    return _tidy(column), tuple(value.strip().casefold() for value in values)


def _tidy(column: str) -> str:
    """A header cell as the readers give it: without outer blanks and doubled spaces."""
    return " ".join(column.split())
