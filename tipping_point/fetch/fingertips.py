"""Public health figures of the Office for Health Improvement and Disparities (Fingertips), each kept at its own level.

England only. Answers mix the country, regions and the areas wanted, and repeat an area for each of its parents.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tipping_point.fetch.cache import write_whole
from tipping_point.fetch.download import MONTH_DAYS, Web, fetch_file, fetch_json
from tipping_point.sources.cells import RawTable, shorten, to_numbers
from tipping_point.sources.delimited import UTF8_OR_LATIN1, absent_columns, read_text_header, read_text_table
from tipping_point.sources.levels import PUBLISHED, choose_level, find_levels
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

BASE = "https://fingertips.phe.org.uk/api"
AREA_TYPES: Mapping[str, tuple[int, ...]] = {
    "ward": (8,), "middle area": (3,), "small area": (4,), "district": (501, 401, 301, 201, 101), "region": (6,),
}  # fmt: skip
"""Level -> the numbers of its area types, the newest first; an indicator no longer updated has only older ones."""
_ENGLAND, _DISTRICTS = 15, 101
_HEADER = (
    "Indicator ID", "Indicator Name", "Area Code", "Area Name", "Area Type", "Sex", "Age", "Category Type",
    "Time period", "Value", "Lower CI 95.0 limit", "Upper CI 95.0 limit", "Count", "Denominator", "Value note",
    "Time period Sortable",
)  # fmt: skip
_NO_FIGURE = frozenset({"", "*", "-"})
_EVERYBODY = "Persons"
_KEY = ["area_code", "period", "sex", "age"]
_WRITTEN = {
    "area_code": "Area Code", "area_name": "Area Name", "level": "Level", "period": "Period", "sex": "Sex",
    "age": "Age", "value": "Value", "value_low": "Lower", "value_high": "Upper", "note": "Note", "basis": "Basis",
}  # fmt: skip
"""Columns of the file that is delivered."""
_NUMBERS = {
    "Value": "value", "Lower CI 95.0 limit": "value_low", "Upper CI 95.0 limit": "value_high", "Count": "count",
    "Denominator": "denominator",
}  # fmt: skip
_TEXTS = {
    "Area Code": "area_code", "Area Name": "area_name", "Time period": "period", "Sex": "sex", "Age": "age",
    "Value note": "note", "Time period Sortable": "sortable",
}  # fmt: skip


def list_area_types(web: Web, indicator: int) -> tuple[int, ...]:
    """The numbers of the area types for which an indicator is published.

    Raises:
        DownloadError: refused, or not the list that it is known to be.
    """
    held = fetch_json(
        web, f"{BASE}/available_data", parameters={"indicator_id": indicator}, check=_available_fault,
        label=f"Fingertips: what there is of {indicator}",
    )  # fmt: skip
    return tuple(sorted({int(entry["AreaTypeId"]) for entry in held if int(entry["IndicatorId"]) == indicator}))


def fetch_health(
    web: Web,
    indicator: int,
    folder: Path,
    *,
    level: str = "ward",
    districts: Sequence[str] = (),
    parent_type: int | None = None,
    max_age_days: float = MONTH_DAYS,
) -> Path:
    """The latest figures of an indicator at one level, as a CSV that `read_indicator` reads (column 'Value').

    Args:
        web: the settings of the run.
        indicator: 93239 is hospital stays for self-harm.
        folder: where the file goes: fingertips_93239_ward.csv; its column Level says whom each figure is about.
        level: a key of AREA_TYPES. A figure is only ever of the areas for which it is published.
        districts: codes of districts of which the areas are wanted, of `parent_type`; all of England without.
        parent_type: the area type of `districts`; by default 101, of districts up to 2019, as ward figures have it.
        max_age_days: of what the cache holds.

    Raises:
        InputError: not published at the level (with the levels at which it is), no figure, another header, or figures
            of several sexes or ages among which none is for everybody.
    """
    if level not in AREA_TYPES:
        raise InputError(f"Fingertips: level '{level}' is not known; allowed are {', '.join(AREA_TYPES)}.")
    there = list_area_types(web, indicator)
    area_type = next((number for number in AREA_TYPES[level] if number in there), None)
    if area_type is None:
        known = [name for name, numbers in AREA_TYPES.items() if set(numbers) & set(there)]
        numbers = shorten([str(number) for number in there]) or "none"
        raise InputError(
            f"Fingertips: indicator {indicator} is not published by {level}; it is by"
            f" {', '.join(known) or 'no level that is known'} (area types {numbers}). A figure of a larger area is not"
            f" copied to the wards in it."
        )
    parent = parent_type or (_DISTRICTS if districts else _ENGLAND)
    tables = []
    for district in districts or [""]:
        parameters: dict[str, object] = {
            "indicator_ids": indicator, "child_area_type_id": area_type, "parent_area_type_id": parent,
        }  # fmt: skip
        if district:
            parameters["parent_area_code"] = district
        fetched = fetch_file(
            web, f"{BASE}/all_data/csv/by_indicator_id", parameters=parameters, check=_header_fault,
            max_age_days=max_age_days, label=f"Fingertips: indicator {indicator} by {level} {district}".strip(),
        )  # fmt: skip
        tables.append(read_health(fetched.path, level=level))
    figures = _latest(pd.concat(tables, ignore_index=True), indicator)
    path = folder / f"fingertips_{indicator}_{level.replace(' ', '_')}.csv"
    with write_whole(path) as beside:
        figures[list(_WRITTEN)].rename(columns=_WRITTEN).to_csv(beside, index=False)
    logger.info("Fingertips %d: %d areas by %s, %s", indicator, len(figures), level, figures["period"].iloc[0])
    return path


def read_health(path: Path, *, level: str) -> pd.DataFrame:
    """The figures of one level in an answer of Fingertips.

    Args:
        path: all_data/csv as published; the country, parents and groups by deprivation in it are left out.
        level: a key of AREA_TYPES.

    Returns:
        area_code, area_name, level, period, sex, age, value, value_low, value_high (95%), count, denominator, note,
        sortable (a key of the period) and basis, one row for each area, period, sex and age; no figure is missing,
        never nought.

    Raises:
        InputError: another header, a value that is none, two values for the same, or nothing of the level.
    """
    raw = read_text_table(path, encodings=UTF8_OR_LATIN1)
    if fault := absent_columns(raw.header, _HEADER):
        raise InputError(f"{raw.name} {fault}.")
    table = pd.DataFrame({name: raw.column(cell) for cell, name in _TEXTS.items()})
    faults: list[str] = []
    for cell, name in _NUMBERS.items():
        table[name], wrong = _numbers(raw, cell)
        faults += wrong
    if faults:
        raise InputError(faults)
    table["level"] = find_levels(table["area_code"])
    table["basis"] = PUBLISHED
    table = choose_level(table[raw.column("Category Type") == ""], level, where=raw.name)
    return _without_repeats(table, raw.name)


def _numbers(raw: RawTable, cell: str) -> tuple[pd.Series, list[str]]:
    """Numbers of a column; -1 is 'no figure' where a note stands beside it, and a figure where none does."""
    numbers, faults = to_numbers(raw.column(cell), raw.name, missing=_NO_FIGURE)
    return numbers.mask((numbers == -1) & (raw.column("Value note") != "")), faults


def _without_repeats(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """An area comes once for each of its parents."""
    unique = table.drop_duplicates([*_KEY, "value"], ignore_index=True)
    twice = unique[unique.duplicated(_KEY)]
    if len(twice):
        row = twice.iloc[0]
        raise InputError(
            f"{where}: {row['area_code']} has two values for {row['period']}, {row['sex']}, {row['age']}"
            f" ({len(twice):,} such areas)."
        )
    return unique


def _latest(table: pd.DataFrame, indicator: int) -> pd.DataFrame:
    """The newest period, of everybody where figures are by sex.

    Raises:
        InputError: figures by sex or age without one of everybody, or none with a value.
    """
    table = _without_repeats(table, f"Fingertips: indicator {indicator}")
    table = table[table["sortable"] == table.loc[table["value"].notna(), "sortable"].max()]
    if table.empty:
        raise InputError(f"Fingertips: indicator {indicator} has no figure for these areas.")
    if table["sex"].nunique() > 1:
        table = table[table["sex"] == _EVERYBODY]
    kinds = table[["sex", "age"]].drop_duplicates()
    if len(kinds) != 1:
        given = shorten([f"{sex} {age}" for sex, age in kinds.itertuples(index=False)]) or f"none for {_EVERYBODY}"
        raise InputError(f"Fingertips: indicator {indicator} has figures of several groups ({given}); one is wanted.")
    return table.sort_values("area_code", ignore_index=True)


def _available_fault(held: Any) -> str:  # noqa: ANN401 - JSON is anything
    needed = {"IndicatorId", "AreaTypeId"}
    if isinstance(held, list) and all(isinstance(entry, dict) and needed <= set(entry) for entry in held):
        return ""
    return "is not the list of IndicatorId and AreaTypeId that it is known to be"


def _header_fault(path: Path) -> str:
    try:
        header = read_text_header(path)
    except InputError as error:
        return error.faults[0].removeprefix(str(path)).strip().rstrip(".")
    return absent_columns(header, _HEADER)
