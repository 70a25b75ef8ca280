"""Explore Education Statistics of the Department for Education: files of its catalogue, and queries of its API.

England only. Nothing of it is published by ward or small area: what there is, is of schools, districts and larger
areas, and stays so (`levels`). Files come compressed without saying so, which `download` sees to; suppressed figures
('x', 'c', 'z', 'low') are missing, never nought.
"""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tipping_point.facts.catalogue import get_dataset
from tipping_point.fetch.download import MONTH_DAYS, Request, Web, ask_json, fetch_file, fetch_json, fetch_made
from tipping_point.fetch.published import get_place
from tipping_point.sources.cells import SUPPRESSED, quote, shorten, to_numbers
from tipping_point.sources.columns import read_columns
from tipping_point.sources.delimited import read_text_header
from tipping_point.sources.levels import PUBLISHED, choose_level, find_levels
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

API = "https://api.education.gov.uk/statistics/v1"
CATALOGUE = "https://explore-education-statistics.service.gov.uk/data-catalogue/data-set"
SCHOOL_ABSENCE = "889f9166-e3bf-4d3a-afb2-d86e4aecc70a"
SCHOOL_SUSPENSIONS = "a4b5a46f-5bed-42b5-91b8-93620a04001e"
"""Data sets of the catalogue by school: absence (120 MB) and suspensions and exclusions (85 MB)."""
_CODES = {
    "school": ("school_urn",), "district": ("lad_code", "new_la_code"), "region": ("region_code",),
    "country": ("country_code",),
}  # fmt: skip
"""Level -> the columns that hold its codes, the first that is there."""
_CALLED = {"school": "School", "district": "Local authority.*", "region": "Regional", "country": "National"}
"""What geographic_level says of the rows of a level."""
_PERIOD, _LEVEL = "time_period", "geographic_level"
_PAGE = 10_000
_MOST_PAGES = 1_000


def fetch_catalogue_file(
    web: Web, data_set: str, path: Path, *, columns: Sequence[str] = (), max_age_days: float = MONTH_DAYS
) -> Path:
    """A file of the data catalogue as published: a CSV of several levels and years.

    Args:
        web: the settings of the run.
        data_set: its id in the catalogue (which is not that in the API).
        path: where the file goes.
        columns: what it must have, beside time_period and geographic_level.
        max_age_days: of what the cache holds.

    Raises:
        DownloadError: no such file, no table, or a column that is not there.
    """
    label = f"Explore Education Statistics: {data_set}"
    wanted = (_PERIOD, _LEVEL, *columns)
    return _fetch(web, f"{CATALOGUE}/{data_set}/csv", path, wanted, label=label, max_age_days=max_age_days)


def fetch_education(web: Web, key: str, folder: Path, *, max_age_days: float = MONTH_DAYS) -> Path:
    """A data set of the catalogue of datasets, every year, level and group of it as published.

    Args:
        web: the settings of the run.
        key: of a dataset with a place and levels: 'school_absence'.
        folder: where the file goes, under the name that the catalogue gives it.
        max_age_days: of what the cache holds.

    Raises:
        DownloadError: no such file, no table, or a column that is not there.
    """
    dataset, place = get_dataset(key), get_place(key)
    url = place.addresses[max(place.addresses)][0]
    return _fetch(web, url, folder / place.file, place.header, label=dataset.title, max_age_days=max_age_days)


def _fetch(web: Web, url: str, path: Path, wanted: Sequence[str], *, label: str, max_age_days: float) -> Path:
    def check(file: Path) -> str:
        try:
            header = read_text_header(file)
        except InputError as error:
            return error.faults[0].removeprefix(str(file)).strip().rstrip(".")
        lacking = [name for name in wanted if name not in header]
        return f"lacks the column(s) {', '.join(lacking)}; its header is {shorten(header)}" if lacking else ""

    return fetch_file(web, url, check=check, max_age_days=max_age_days, label=label).deliver(path)


def read_education(
    path: Path,
    *,
    column: str,
    level: str,
    period: str = "",
    where: Mapping[str, str] | None = None,
    pupils: str = "",
) -> pd.DataFrame:
    """One figure of a file of the catalogue, at one level.

    Args:
        path: CSV of `fetch_catalogue_file`.
        column: the figure: 'sess_overall_percent'.
        level: school, district, region or country. Counties' figures are of no district.
        period: '202324'; the newest in the file without.
        where: column -> cell, what else must hold: {"education_phase": "Secondary"}.
        pupils: the column of how many pupils it is of, where there is one: 'headcount'.

    Returns:
        area_code, level, period, value, mark (what stood where a figure is suppressed, else ''), pupils (missing
        without the option) and basis, by code.

    Raises:
        InputError: no such column; no row of the level, period and conditions (with what there is); several rows for
            an area; a cell that is neither a number nor a mark.
    """
    conditions = dict(where or {})
    code = _code_column(read_text_header(path), level, str(path))
    raw = read_columns(path, {code, column, pupils, _PERIOD, _LEVEL, *conditions})
    table = pd.DataFrame({"area_code": raw.column(code), "period": raw.column(_PERIOD)})
    table["value"], faults = to_numbers(raw.column(column), raw.name, missing=SUPPRESSED)
    table["mark"] = raw.column(column).astype(str).where(table["value"].isna(), "")
    table["pupils"] = float("nan")
    if pupils:
        table["pupils"], wrong = to_numbers(raw.column(pupils), raw.name, missing=SUPPRESSED, lowest=0)
        faults += wrong
    if faults:
        raise InputError(faults)
    # A school's row names its district, too, and is none of the district's figures.
    rightly = raw.column(_LEVEL).str.fullmatch(_CALLED[level], case=False)
    table["level"] = find_levels(table["area_code"]).where(rightly, raw.column(_LEVEL).str.lower())
    held = pd.Series(True, index=table.index)
    for name, cell in conditions.items():
        held &= raw.column(name) == cell
    if not held.any():
        raise InputError(f"{raw.name}: no row with {_said(conditions)}.")
    table = choose_level(table[held], level, where=raw.name)
    period = period or table["period"].max()
    chosen = table[table["period"] == period]
    if chosen.empty:
        raise InputError(
            f"{raw.name}: nothing of {quote(period)}; its periods are {shorten(sorted(set(table.period)))}."
        )
    if chosen["area_code"].duplicated().any():
        twice = chosen.loc[chosen["area_code"].duplicated(), "area_code"].iloc[0]
        raise InputError(
            f"{raw.name}: {twice} stands on several rows of {period}; say which by further conditions: its other"
            f" columns are {shorten([cell for cell in raw.header if cell not in (code, column, _PERIOD)])}."
        )
    chosen = chosen.assign(basis=PUBLISHED)
    logger.info("Education %s, %s by %s, %s: %d areas, %d suppressed", raw.name, column, level, period, len(chosen),
                int((chosen["mark"] != "").sum()))  # fmt: skip
    columns = ["area_code", "level", "period", "value", "mark", "pupils", "basis"]
    return chosen[columns].sort_values("area_code", ignore_index=True)


def fetch_query(
    web: Web,
    data_set: str,
    path: Path,
    *,
    indicators: Sequence[str],
    criteria: Mapping[str, object],
    max_age_days: float = MONTH_DAYS,
) -> Path:
    """The answer to a query of the API, every page of it, as a CSV with codes and labels in place of its ids.

    Args:
        web: the settings of the run.
        data_set: its id in the API.
        path: where the file goes: time_period, geographic_level, area_code, area_name, a column for each filter and
            one for each indicator, under their own names.
        indicators: their ids, or the names of their columns.
        criteria: as the API has them: {"geographicLevels": {"eq": "LAD"}}.
        max_age_days: of what the cache holds.

    Raises:
        InputError: an unknown indicator, an answer that the API finds at fault, no results, or pages that do not add
            up to what it counts.
    """
    label = f"Explore Education Statistics API: {data_set}"
    url = f"{API}/data-sets/{data_set}"
    meta = fetch_json(web, f"{url}/meta", check=_meta_fault, max_age_days=max_age_days, label=f"{label} (meta)")
    names = _indicator_ids(meta, indicators, label)
    body = {"criteria": criteria, "indicators": list(names), "pageSize": _PAGE}

    def make(target: Path) -> None:
        results = _results(web, f"{url}/query", body, label)
        _write(_Labels(meta), results, names, target)
        logger.info("%s: %d results, all that it counts", label, len(results))

    address = f"{url}/query {json.dumps(body, sort_keys=True)}"
    return fetch_made(web, address, make, max_age_days=max_age_days, label=label).deliver(path)


def is_education(header: Sequence[str]) -> bool:
    """Whether a header is of a file of the catalogue, or of the API."""
    return {_PERIOD, _LEVEL} <= set(header)


def _code_column(header: Sequence[str], level: str, where: str) -> str:
    if level not in _CODES:
        raise InputError(f"{where}: level {quote(level)} is not published here; allowed are {', '.join(_CODES)}.")
    found = next((name for name in _CODES[level] if name in header), None)
    if found is None:
        raise InputError(
            f"{where} has no column of {level} codes ({' or '.join(_CODES[level])}): it is not by {level}. A figure of"
            f" a larger area is not copied to smaller ones. Its header is {shorten(header)}."
        )
    return found


def _said(conditions: Mapping[str, str]) -> str:
    return " and ".join(f"{name} = {quote(cell)}" for name, cell in conditions.items())


# --------------------------------------------------------------------------------------------------- the API


class _Labels:
    """What the ids in results stand for, by the meta of a data set."""

    def __init__(self, meta: Mapping[str, Any]) -> None:
        self.filters = {one["id"]: str(one.get("column") or one["id"]) for one in meta["filters"]}
        self.options = {option["id"]: str(option["label"]) for one in meta["filters"] for option in one["options"]}
        self.areas = {
            option["id"]: (str(option.get("code") or ""), str(option["label"]))
            for one in meta["locations"] for option in one["options"]
        }  # fmt: skip

    def row(self, result: Mapping[str, Any], indicators: Mapping[str, str]) -> dict[str, str]:
        """One result under names; a value that is not there is blank."""
        level = str(result["geographicLevel"])
        code, name = self.areas.get(result["locations"].get(level, ""), ("", ""))
        row = {_PERIOD: str(result["timePeriod"]["period"]), _LEVEL: level, "area_code": code, "area_name": name}
        row |= {self.filters[one]: self.options.get(option, "") for one, option in result.get("filters", {}).items()}
        return row | {column: str(result["values"].get(one, "")) for one, column in indicators.items()}


def _write(labels: _Labels, results: Sequence[Mapping[str, Any]], indicators: Mapping[str, str], path: Path) -> None:
    rows = [labels.row(result, indicators) for result in results]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def _indicator_ids(meta: Mapping[str, Any], wanted: Sequence[str], label: str) -> dict[str, str]:
    """Id -> column of the indicators wanted.

    Raises:
        InputError: one that the data set does not have.
    """
    known = {str(one["id"]): str(one.get("column") or one["id"]) for one in meta["indicators"]}
    ids = {column: one for one, column in known.items()} | {one: one for one in known}
    if strange := [name for name in wanted if name not in ids]:
        raise InputError(f"{label} has no indicator {', '.join(strange)}; it has {shorten(sorted(known.values()))}.")
    return {ids[name]: known[ids[name]] for name in wanted}


def _results(web: Web, url: str, body: Mapping[str, object], label: str) -> list[Mapping[str, Any]]:
    """Every result of a query.

    Raises:
        InputError: none, or not as many as are counted.
    """
    results: list[Mapping[str, Any]] = []
    for page in range(1, _MOST_PAGES):
        answer = ask_json(
            web, Request(url, body={**body, "page": page}), check=_query_fault, label=f"{label}, page {page}"
        )
        results += answer["results"]
        total, pages = int(answer["paging"]["totalResults"]), int(answer["paging"]["totalPages"])
        if page >= pages or not answer["results"]:
            break
    if not results:
        said = "; ".join(str(one.get("message")) for one in answer.get("warnings") or [])
        raise InputError(f"{label}: the query has no results{f' ({said})' if said else ''}.")
    if len(results) != total:
        raise InputError(f"{label} counts {total:,} results, and {len(results):,} came: its answers were cut short.")
    return results


def _meta_fault(held: Any) -> str:  # noqa: ANN401 - JSON is anything
    lacking = [
        name for name in ("filters", "indicators", "locations") if not isinstance(held, dict) or name not in held
    ]
    return f"has no {', '.join(lacking)}, as the meta of a data set has" if lacking else ""


def _query_fault(held: Any) -> str:  # noqa: ANN401 - JSON is anything
    if not isinstance(held, dict) or not isinstance(held.get("results"), list) or "paging" not in held:
        said = held.get("title") if isinstance(held, dict) else ""
        return f"has no results and paging, as the answer to a query has{f': {said}' if said else ''}"
    paging = held["paging"]
    if not isinstance(paging, dict) or not {"totalResults", "totalPages"} <= set(paging):
        return "does not say how many results and pages there are (paging.totalResults, totalPages)"
    return ""
