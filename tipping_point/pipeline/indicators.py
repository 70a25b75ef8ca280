"""Indicators whose figures are not the ward's own: of its district, or of the schools that stand in it.

Each is shown under a name that says so, is marked wherever it is explained, and is never scored.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from tipping_point.facts.catalogue import find_levels_of
from tipping_point.sources.district_figures import read_district_figures
from tipping_point.sources.explore_education import read_education
from tipping_point.sources.levels import WARD_LEVELS, mark_proxy
from tipping_point.sources.schools import bring_schools_to_wards, read_school_register
from tipping_point.study import Source, Study
from tipping_point.tables import Column, InputError

log = logging.getLogger(__name__)

WARD = "ward"
_ENDS = {"district": "_of_district", "school": "_at_schools"}
"""Level -> what a column's name ends in, so that it is not taken for a figure of the ward."""
_SCHOOLS = "_schools"
"""What the name of the column ends in that counts the schools behind a figure."""
_FINGERTIPS = re.compile(r"fingertips_\d+_(\w+)")


def level_of(source: Source) -> str:
    """Whom the figures of an indicator are about: 'ward' (or small areas), 'district' or 'school'."""
    key = str(source.options.get("dataset", ""))
    published = find_levels_of(key)
    named = _FINGERTIPS.fullmatch(key)
    level = str(source.options.get("level") or (named[1] if named else "") or (published[0] if published else WARD))
    return WARD if level.replace("_", " ") in WARD_LEVELS else level


def own_indicators(study: Study) -> tuple[Source, ...]:
    """The indicators whose figures are brought to wards as the wards' own."""
    return tuple(source for source in study.of("indicator") if level_of(source) not in _ENDS)


def other_indicators(study: Study) -> tuple[Source, ...]:
    """Those that are of districts or schools."""
    return tuple(source for source in study.of("indicator") if level_of(source) in _ENDS)


def add_other_indicators(study: Study, wards: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, dict[Path, int]]:
    """The wards with `<name>_of_district`, or `<name>_at_schools` and `<name>_schools`, for each such indicator.

    Args:
        study: the study.
        wards: with district_code and shapes.

    Returns:
        The wards, and the rows read by path.

    Raises:
        InputError: every fault: a level at which the dataset is not published, a figure that is scored, schools
            without a register, figures of none of the study's districts or wards, or what the readers raise.
    """
    sources = other_indicators(study)
    faults = [*_level_faults(study.of("indicator")), *_scored(study, sources)]
    if faults:
        raise InputError(faults)
    result, rows = wards.copy() if sources else wards, dict[Path, int]()
    for source in sources:
        try:
            made, read = (
                _at_schools(study, source, wards) if level_of(source) == "school" else _of_district(source, wards)
            )
        except InputError as error:
            faults += error.faults
            continue
        rows[source.path] = read
        for name, values in made.items():
            result[name] = values
    if faults:
        raise InputError(faults)
    return result, rows


def describe_indicators(study: Study) -> list[Column]:
    """What the columns of every indicator mean; those that are not the ward's own say whose they are."""
    columns = []
    for source in study.of("indicator"):
        name, column, worse = (source.options[key] for key in ("name", "column", "worse"))
        what, level = f"{column} of {source.path.name}", level_of(source)
        if level not in _ENDS:
            columns.append(Column(name, f"{what}, {source.options['combine']} over LSOAs", "", worse, "derived"))
            continue
        mark = mark_proxy(level)
        short = "of its district, not of the ward" if level == "district" else mark
        columns.append(
            Column(f"{name}{_ENDS[level]}", f"{what}: {mark}; shown beside and never scored", short, worse, "derived")
        )
        if level == "school":
            columns.append(
                Column(
                    f"{name}{_SCHOOLS}", f"Schools in the ward with a figure in {what}", "schools", discloses="nothing"
                )
            )
    return columns


def mark_of(source: Source) -> str:
    """What the list of sources says of an indicator that is not the ward's own; '' of others."""
    other = source.section == "indicator" and level_of(source) in _ENDS
    return f"Marked so in every table: {mark_proxy(level_of(source))}" if other else ""


def _of_district(source: Source, wards: gpd.GeoDataFrame) -> tuple[dict[str, pd.Series], int]:
    options = {key: source.options[key] for key in ("code_column", "period", "where") if key in source.options}
    table = read_district_figures(source.path, column=source.options["column"], **options)
    values = wards["district_code"].map(table.set_index("district_code")["value"])
    if not wards["district_code"].isin(table["district_code"]).any():
        raise InputError(
            f"{source.path}: has no district of the study ({', '.join(sorted(set(wards['district_code']))[:5])}); its"
            f" codes may be of another year, or of counties, whose figures are of no district."
        )
    if lacking := sorted(set(wards["district_code"]) - set(table["district_code"])):
        log.warning(
            "indicator %s: no figure of %d district(s), whose wards stay blank: %s", source.options["name"],
            len(lacking), ", ".join(lacking[:10]),
        )  # fmt: skip
    return {f"{source.options['name']}{_ENDS['district']}": values}, len(table)


def _at_schools(study: Study, source: Source, wards: gpd.GeoDataFrame) -> tuple[dict[str, pd.Series], int]:
    registers = study.of("schools")
    if not registers:
        raise InputError(
            f"sources.indicator: '{source.options['name']}' is by school, and no register says where schools stand; add"
            f' [sources.schools] with path and dataset = "school_register"'
        )
    options = {key: source.options[key] for key in ("period", "where", "pupils") if key in source.options}
    figures = read_education(source.path, column=source.options["column"], level="school", **options)
    shapes = wards.rename_axis("ward_code").reset_index()[["ward_code", "geometry"]]
    placed = bring_schools_to_wards(figures, read_school_register(registers[0].path), shapes).set_index("ward_code")
    if placed.empty:
        raise InputError(
            f"{source.path}: none of its schools stands in a ward of the study by {registers[0].path.name}."
        )
    name = source.options["name"]
    known = (placed["schools"] - placed["schools_suppressed"]).reindex(wards.index, fill_value=0)
    return {f"{name}{_ENDS['school']}": placed["value"].reindex(wards.index), f"{name}{_SCHOOLS}": known}, len(figures)


def _level_faults(sources: Sequence[Source]) -> list[str]:
    """A level at which the named dataset is not published; options that go with another level."""
    faults = []
    for source in sources:
        level, label = level_of(source), f"sources.indicator '{source.options['name']}'"
        published = find_levels_of(str(source.options.get("dataset", "")))
        if published and level not in published:
            faults.append(
                f"{label}: {source.options['dataset']} is published by {' and '.join(published)}, and not by {level}; a"
                f" figure of a larger area is not copied to the wards in it"
            )
        if level not in (*_ENDS, WARD):
            faults.append(
                f"{label}: level '{level}' cannot stand beside wards; allowed are {WARD}, {', '.join(_ENDS)}, and"
                f" larger areas are a [[sources.context]]"
            )
        if level in _ENDS and source.options["combine"] != "mean":
            faults.append(f'{label}: a figure by {level} is no sum over small areas; write combine = "mean"')
        odd = [key for key in ("period", "where", "pupils") if key in source.options and level not in _ENDS]
        faults += [f"{label}: {key} is for figures by school or district" for key in odd]
    return faults


def _scored(study: Study, sources: Sequence[Source]) -> list[str]:
    """A figure that is not the ward's own, named where wards are scored, tested or divided by it."""
    used: Mapping[str, set[str | None]] = {
        "index.component": {component.column for component in study.components},
        "hotspots.column": {study.hotspots.column},
        "rates.denominator": {study.rates.denominator, *study.rates.denominators},
        "rates.daytime": {study.rates.daytime},
    }
    return [
        f"{place}: '{name}' is {mark_proxy(level_of(source))}; it is shown beside wards and never scored"
        for source in sources
        for name in (source.options["name"], f"{source.options['name']}{_ENDS[level_of(source)]}")
        for place, names in used.items()
        if name in names
    ]
