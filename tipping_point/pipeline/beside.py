"""What stands beside the trends at its own geography: figures of countries, forces, partnerships and districts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd

from tipping_point.fetch.areas_by_name import list_partnerships
from tipping_point.sources.context import WIDER, known_areas, read_context
from tipping_point.study import Source, Study
from tipping_point.tables import CONTEXT, CONTEXT_LEVELS, InputError, force_slug, plain_name

_OPTIONS = ("area", "period", "value", "lower", "upper", "sheet")
"""Options of a source that its reader takes."""
_LATER = "area_ids"


@dataclass(frozen=True)
class Beside:
    """Figures of larger areas, and the study's wards in each of them."""

    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    """`schema.CONTEXT` without the areas that lie in each, which are chosen later."""
    wards: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Area as it is shown -> codes of its wards."""
    rows: Mapping[Path, int] = field(default_factory=dict)


def read_beside(study: Study, lookups: Sequence[pd.DataFrame], wards: gpd.GeoDataFrame) -> Beside:
    """Every [[sources.context]] of the study: the figures of those areas in which wards of the study lie.

    Args:
        study: the study.
        lookups: the study's, by which areas and wards are known.
        wards: with district_code, district_name, force_name and country.

    Raises:
        InputError: every fault of every file; a name that stands twice; a file of which no area holds a ward.
    """
    tables, faults = [], list[str]()
    inside: dict[str, frozenset[str]] = {}
    rows: dict[Path, int] = {}
    sources = study.of("context")
    names = [source.options["name"] for source in sources]
    faults += [f"sources.context: the name '{name}' stands twice" for name in sorted({*names}) if names.count(name) > 1]
    for source in sources:
        level = source.options["level"]
        options = {key: source.options[key] for key in _OPTIONS if key in source.options}
        try:
            table = read_context(source.path, known_areas(lookups, level), level=level, **options)
        except InputError as error:
            faults += error.faults
            continue
        rows[source.path] = len(table)
        members = _members(level, wards, lookups)
        mine = table[table["area"].isin([name for name, codes in members.items() if codes])]
        if mine.empty:
            faults.append(f"{source.path}: no ward of the study lies in any {level} of it")
            continue
        inside |= {_show(level, name): frozenset(members[name]) for name in mine["area"].unique()}
        tables.append(_describe(mine, source))
    if faults:
        raise InputError(faults)
    return Beside(pd.concat(tables, ignore_index=True), inside, rows) if tables else Beside()


def place_beside(beside: Beside, areas: pd.DataFrame) -> pd.DataFrame:
    """`schema.CONTEXT`: the figures with the study's areas that lie in the area of each, whole or in part.

    Args:
        beside: of `read_beside`.
        areas: keyed by area_id, with ward_codes.
    """
    columns = [column.name for column in CONTEXT]
    if beside.table.empty:
        return pd.DataFrame(columns=columns)
    held = {str(area): set(str(codes).split(";")) for area, codes in areas["ward_codes"].items()}
    within = {
        name: ";".join(area for area, codes in held.items() if codes & inside) for name, inside in beside.wards.items()
    }
    return beside.table.assign(**{_LATER: beside.table["area"].map(within)})[columns]


def _members(level: str, wards: pd.DataFrame, lookups: Sequence[pd.DataFrame]) -> dict[str, set[str]]:
    """The wards of the study in each area of a level, by the area's name in the lookups."""
    if level == "country":
        mine = {str(name): set(own.index) for name, own in wards.groupby("country")}
        return {**mine, **{name: set(wards.index) for name in WIDER}}
    if level == "partnership":
        members = list_partnerships(lookups)
        by_code, by_name = wards["district_code"], wards["district_name"].map(plain_name)
        return {
            str(name): set(wards.index[
                by_code.isin(own["district_code"]) | by_name.isin(own["district_name"].map(plain_name))
            ])
            for name, own in members.groupby("partnership")
        }  # fmt: skip
    called = known_areas(lookups, level)
    if level == "force":
        homes = wards["force_name"].fillna("").map(lambda name: called.get(force_slug(name)))
    else:
        homes = wards["district_code"].map(called).fillna(wards["district_name"].map(plain_name).map(called))
    return {str(name): set(own.index) for name, own in wards.groupby(homes)}


def _show(level: str, name: str) -> str:
    return CONTEXT_LEVELS[level].format(name=name)


def _describe(table: pd.DataFrame, source: Source) -> pd.DataFrame:
    """The figures with what the study file says of them."""
    options = source.options
    said = {key: options.get(key, "") for key in ("unit", "publisher", "note")}
    shown = [_show(options["level"], name) for name in table["area"]]
    made = table.assign(figure=options["name"], level=options["level"], area=shown, **said)
    return made[[column.name for column in CONTEXT if column.name != _LATER]]
