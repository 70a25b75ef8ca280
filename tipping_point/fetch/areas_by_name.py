"""What a person calls an area, found in the lookups: forces, districts, mayoral authorities, regions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from tipping_point.tables import InputError, plain_name

LEVELS = ("district", "force", "authority", "region")
"""What an area can be; 'force:West Midlands' says which."""
_SAID = {"district": "district", "force": "police force", "authority": "mayoral authority", "region": "region"}
_COUNTRIES = ("england", "wales", "england and wales")
_STYLE = re.compile(r" (?:city|county) of$")
"""What official names end in and people leave out: 'Bristol, City of'."""
_CODE = re.compile(r"[EW][0-9]{8}")


@dataclass(frozen=True)
class Area:
    """An area that a name stands for."""

    level: str
    name: str
    codes: tuple[str, ...]
    """Its codes, one for each vintage of the lookups that gives it another."""
    district_names: tuple[str, ...]
    districts: tuple[str, ...]
    """The codes of its districts, in every vintage that the lookups have of them."""

    @property
    def label(self) -> str:
        """What a study file calls it without doubt: 'force:West Midlands'."""
        return f"{self.level}:{self.name}"


def list_areas(lookups: Sequence[pd.DataFrame]) -> tuple[Area, ...]:
    """Every area that the lookups know, by level and name.

    Args:
        lookups: tables of `read_lookup`, and of `mayoral_lookup`; those without districts say nothing of areas.
    """
    tables = [_members(table, level) for table in lookups for level in LEVELS if _column(table, level, "code")]
    known = pd.concat([table for table in tables if len(table)]) if any(len(t) for t in tables) else pd.DataFrame()
    if known.empty:
        return ()
    # Barnsley has one code in 2024 and another in 2025, and is one district.
    codes = known.groupby(known["district_name"].map(plain_name))["district"].agg(_unique)
    groups = known.assign(same=known["name"].map(plain_name)).groupby(["level", "same"], sort=True)
    areas = []
    for (level, _), rows in groups:
        names = _unique(rows["district_name"])
        districts = sorted({code for name in names for code in codes[plain_name(name)]})
        areas.append(Area(str(level), str(rows["name"].iloc[0]), _unique(rows["code"]), names, tuple(districts)))
    return tuple(sorted(areas, key=lambda area: (LEVELS.index(area.level), area.name)))


def resolve_areas(names: Sequence[str], areas: Sequence[Area]) -> tuple[Area, ...]:
    """The areas that names or codes stand for, each once, in the order given.

    Args:
        names: 'Salford', 'force:West Midlands', 'E12000005'; case, '&' and full stops do not matter.
        areas: of `list_areas`.

    Raises:
        InputError: a name that is of several areas (with the ways to say which), or of none (with the nearest).
    """
    found: list[Area] = []
    faults: list[str] = []
    for name in names:
        kind, colon, rest = name.partition(":")
        level, wanted = (kind.strip().lower(), rest.strip()) if colon else ("", name.strip())
        if colon and level not in LEVELS:
            faults.append(
                f"Area '{name}': '{kind}' is no kind of area; allowed are {', '.join(LEVELS)}, as in 'force:Cleveland'."
            )
            continue
        among = [area for area in areas if level in ("", area.level)]
        hits = [area for area in among if _is(area, wanted)]
        if len(_covers(hits)) == 1:
            found.append(hits[0])
        elif hits:
            kinds = ", a ".join(f"{_SAID[area.level]} ({_count(area.district_names)})" for area in hits)
            choices = " or ".join(f"'{area.label}'" for area in hits)
            faults.append(f"Area '{name}' is the name of a {kinds}; write {choices}.")
        else:
            faults.append(_unknown(name, wanted, level, among))
    if faults:
        raise InputError(faults)
    return tuple(dict.fromkeys(found))


def list_partnerships(lookups: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """district_code, district_name, partnership and force_name from the newest lookup that has them; empty for none.

    Args:
        lookups: tables of `read_lookup`. A district has a row for each of its partnerships.
    """
    wanted = ("district_code", "district_name", "partnership_name", "force_name")
    found = {}
    for lookup in lookups:
        columns = [_column(lookup, *name.split("_")) for name in wanted]
        if all(columns):
            found[columns[0]] = lookup[columns].set_axis(wanted, axis=1)
    table = found[max(found)] if found else pd.DataFrame(columns=list(wanted), dtype=str)
    return table.rename(columns={"partnership_name": "partnership"}).drop_duplicates(ignore_index=True)


def mayoral_lookup(year: int) -> pd.DataFrame:
    """Districts of a year to mayoral authorities, in the form of `read_lookup`; dated and sourced in its file.

    Args:
        year: of the district codes wanted, as the study's other lookups have them.

    Returns:
        district25_code, district25_name, authority25_code, authority25_name, for 2025; `attrs`: date and source.
    """
    held = _load()
    later = "code_2025" if year >= 2025 else "code"
    rows = [
        (district.get(later, district["code"]), district["name"], authority["code"], authority["name"])
        for authority in held["authority"]
        for district in authority["districts"]
    ]
    names = (f"district{year % 100:02d}", f"authority{held['date']:%y}")
    columns = [f"{name}_{part}" for name in names for part in ("code", "name")]
    table = pd.DataFrame(rows, columns=columns)
    table.attrs = {"date": held["date"].isoformat(), "source": held["source"]}
    return table


@cache
def _load() -> dict[str, Any]:
    return tomllib.loads(files("tipping_point.facts").joinpath("mayoral_authorities.toml").read_text(encoding="utf-8"))


def _column(table: pd.DataFrame, level: str, part: str) -> str:
    """The column of a level in a lookup, '' where it has none; of several, the latest."""
    return max((name for name in table.columns if re.fullmatch(rf"{level}[0-9]{{2}}_{part}", name)), default="")


def _members(table: pd.DataFrame, level: str) -> pd.DataFrame:
    """level, code, name, district, district_name: one row per area and district of a lookup."""
    district, district_name = _column(table, "district", "code"), _column(table, "district", "name")
    code, name = _column(table, level, "code"), _column(table, level, "name")
    if not (district and district_name and name):
        return pd.DataFrame()
    known = table[table[code] != ""]
    columns = {"code": code, "name": name, "district": district, "district_name": district_name}
    return (
        pd.DataFrame({column: known[given] for column, given in columns.items()}).drop_duplicates().assign(level=level)
    )


def _unique(values: pd.Series) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _is(area: Area, wanted: str) -> bool:
    if _CODE.fullmatch(wanted):
        return wanted in area.codes
    name = plain_name(area.name)
    return plain_name(wanted) in (name, _STYLE.sub("", name))


def _count(names: Sequence[str]) -> str:
    return f"{len(names)} district{'' if len(names) == 1 else 's'}"


def _covers(areas: Sequence[Area]) -> set[frozenset[str]]:
    """What areas cover: force and authority of West Yorkshire are the same five districts, so no need to ask."""
    return {frozenset(map(plain_name, area.district_names)) for area in areas}


def _unknown(name: str, wanted: str, level: str, among: Sequence[Area]) -> str:
    by_name = {plain_name(area.name): area for area in among}
    plain = plain_name(wanted)
    if plain in _COUNTRIES:
        return (
            f"Area '{name}': a whole country is no area here; name its police forces one after the other, as in"
            f" 'force:Gwent' 'force:South Wales'."
        )
    within = [own for own in by_name if plain and f" {plain} " in f" {own} "]
    close = [*within, *get_close_matches(plain, list(by_name), n=5, cutoff=0.5)]
    near = [by_name[own].label for own in dict.fromkeys(close)][:5]
    kinds = _SAID[level] if level else "district, police force, mayoral authority or region"
    hint = f"nearest: {', '.join(near)}" if near else f"{len(among):,} are known" if among else "none is known at all"
    return f"Area '{name}': no {kinds} of the lookups is called so or has this code; {hint}."
