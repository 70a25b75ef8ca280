"""Figures of larger areas that stand beside the trends: the crime survey, admissions for assault, and the like.

A tidy table that the analyst makes from the published workbook (docs/context.md): one row for each area and period. No
client fetches such workbooks, because their layout was never seen. A figure keeps its area: nothing here goes to wards.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from tipping_point.sources.cells import CODES, SUPPRESSED, RawTable, quote, shorten, to_numbers
from tipping_point.sources.delimited import UTF8_OR_LATIN1
from tipping_point.sources.formats import read_raw_table
from tipping_point.sources.period import ALLOWED_PERIODS, read_period
from tipping_point.tables import CONTEXT_LEVELS, InputError, force_slug, plain_name

logger = logging.getLogger(__name__)

COUNTRIES: Mapping[str, tuple[str, ...]] = {
    "England": ("E92000001",), "Wales": ("W92000004",), "England and Wales": ("K04000001",),
    "Great Britain": ("K03000001",), "United Kingdom": ("K02000001",),
}  # fmt: skip
"""What a figure by country can be of -> its codes."""
WIDER = ("England and Wales", "Great Britain", "United Kingdom")
"""Those in which every ward of a study lies."""
_HINT = "a figure of wards or small areas is a [[sources.indicator]]"
AREA, PERIOD, VALUE = "area", "period", "value"
"""What the columns are called where the study file does not say."""
_TOO_SMALL = re.compile(f"{CODES['lsoa']}|{CODES['ward']}|[EW]0[02][0-9]{{6}}")
_FORCE_WORDS = re.compile(r" (?:police|constabulary|police service|police force area)$")


def read_context(
    path: Path,
    known: Mapping[str, str],
    *,
    level: str,
    area: str = AREA,
    period: str = PERIOD,
    value: str = VALUE,
    lower: str | None = None,
    upper: str | None = None,
    sheet: str | None = None,
) -> pd.DataFrame:
    """The figures of a tidy table, each of an area that is known.

    Args:
        path: CSV, Parquet or workbook: one row for each area and period.
        known: of `known_areas`, for the level.
        level: a key of CONTEXT_LEVELS: what the areas of the whole table are.
        area: the column of names or codes.
        period: the column of periods, as ALLOWED_PERIODS; all of one length.
        value: the column of figures; blank or marked as suppressed (SUPPRESSED) is missing.
        lower: the column of lower limits, where there are any.
        upper: that of upper ones.
        sheet: the sheet of a workbook; otherwise the first that has the columns.

    Returns:
        area (its name in the lookups), period (as written), start, end (months), value, lower, upper; by area and time.

    Raises:
        InputError: every fault: an unknown level; a file, header or number that is none; an area that no lookup has
            (with the nearest), a ward or small area; a period that is not understood or of another length; an area
            and period twice; limits that do not hold the value; no figure at all.
    """
    if level not in CONTEXT_LEVELS:
        raise InputError(
            f"{path}: level {quote(level)} is not known; allowed are {', '.join(CONTEXT_LEVELS)}; {_HINT}."
        )
    columns = {AREA: area, PERIOD: period, VALUE: value, "lower": lower, "upper": upper}
    given = {name: " ".join(column.split()) for name, column in columns.items() if column}
    if (lower is None) != (upper is None):
        raise InputError(f"{path}: lower and upper limits come together; one of them is not named.")
    raw = read_raw_table(
        path, is_header=lambda header: set(given.values()) <= set(header), sheet=sheet, encodings=UTF8_OR_LATIN1
    )
    cells = {name: raw.column(column) for name, column in given.items()}
    names, faults = _areas(cells[AREA].astype(str), known, level, raw.name)
    spans, wrong = _spans(cells[PERIOD].astype(str), raw.name)
    faults += wrong
    table = pd.DataFrame({"area": names, "period": cells[PERIOD].astype(str)}).join(spans)
    for name in ("value", "lower", "upper"):
        table[name] = float("nan")
        if name in cells:
            table[name], wrong = to_numbers(cells[name], raw.name, missing=SUPPRESSED)
            faults += wrong
    if not faults:
        faults = _table_faults(table, raw)
    if faults:
        raise InputError(faults)
    logger.info(
        "Context %s: %d figures of %d areas (%s), %s to %s, %d of them missing", raw.name, len(table),
        table["area"].nunique(), level, table["start"].min(), table["end"].max(), int(table["value"].isna().sum()),
    )  # fmt: skip
    return table.sort_values(["area", "start", "end"], ignore_index=True)


def known_areas(lookups: Sequence[pd.DataFrame], level: str) -> dict[str, str]:
    """Every way to write an area of a level (code, or plain name) -> its name.

    Args:
        lookups: tables of `read_lookup`; countries need none.
        level: a key of CONTEXT_LEVELS.
    """
    if level == "country":
        return {key: name for name, codes in COUNTRIES.items() for key in (*codes, plain_name(name))}
    known: dict[str, str] = {}
    for lookup in lookups:
        for code in (column for column in lookup.columns if re.fullmatch(rf"{level}\d\d_code", column)):
            name = code.replace("_code", "_name")
            if name in lookup:
                pairs = lookup.loc[lookup[name] != "", [code, name]].drop_duplicates()
                for one, called in pairs.itertuples(index=False, name=None):
                    known[one] = known.setdefault(_plain(called, level), called)
    return known


def _plain(name: str, level: str) -> str:
    return force_slug(_FORCE_WORDS.sub("", plain_name(name))) if level == "force" else plain_name(name)


def _areas(cells: pd.Series, known: Mapping[str, str], level: str, where: str) -> tuple[pd.Series, list[str]]:
    """The names of the areas, and a fault for each that is none."""
    names = cells.map({cell: known.get(cell) or known.get(_plain(cell, level), "") for cell in set(cells)})
    faults = []
    for cell, rows in cells[names == ""].groupby(cells, sort=False):
        said = f"{where}: row {rows.index[0]} has {quote(cell)} in '{cells.name}', which is no {level} of the lookups"
        if _TOO_SMALL.fullmatch(str(cell)):
            faults.append(f"{said}; {_HINT}.")
            break
        shown = list(dict.fromkeys(known.values()))
        close = get_close_matches(str(cell), shown, n=3, cutoff=0.4) or shown
        faults.append(f"{said}; {'nearest' if known else 'none is known'}: {shorten(close, most=5)}.")
    return names, faults


def _spans(cells: pd.Series, where: str) -> tuple[pd.DataFrame, list[str]]:
    """First and last months (start, end), and a fault where a period is none or of another length than the first."""
    read = {cell: read_period(cell) for cell in set(cells)}
    bad = cells[cells.map(read).isna()]
    if len(bad):
        more = f" (and {len(bad) - 1:,} more rows)" if len(bad) > 1 else ""
        return pd.DataFrame({"start": "", "end": ""}, index=cells.index), [
            f"{where}: row {bad.index[0]} has {quote(bad.iloc[0])} in '{cells.name}', which is no period that is"
            f" understood{more}; allowed are {ALLOWED_PERIODS}."
        ]
    spans = pd.DataFrame([read[cell] for cell in cells], columns=["start", "end"], index=cells.index)
    length = {
        cell: len(pd.period_range(*span, freq="M")) for cell, span in read.items() if span is not None
    }  # fmt: skip
    months = cells.map(length)
    other = cells[months != months.iloc[0]]
    if other.empty:
        return spans, []
    return spans, [
        f"{where}: row {other.index[0]} has {quote(other.iloc[0])} in '{cells.name}', of {months[other.index[0]]}"
        f" month(s), and row {cells.index[0]} has {quote(cells.iloc[0])}, of {months.iloc[0]}; give periods of one"
        f" length in a file."
    ]


def _table_faults(table: pd.DataFrame, raw: RawTable) -> list[str]:
    faults = []
    twice = table[table.duplicated(["area", "start", "end"], keep=False)]
    if len(twice):
        first = twice.iloc[0]
        rows = twice.index[(twice["area"] == first["area"]) & (twice["start"] == first["start"])]
        faults.append(
            f"{raw.name}: {first['area']} and {quote(first['period'])} stand on rows"
            f" {', '.join(map(str, rows[:5]))}; each may stand once ({len(twice):,} such rows): a table of several"
            f" figures wants a file for each."
        )
    outside = table[(table["value"] < table["lower"]) | (table["value"] > table["upper"])]
    if len(outside):
        row = outside.iloc[0]
        faults.append(
            f"{raw.name}: row {outside.index[0]} has a value of {row['value']:g} outside its limits,"
            f" {row['lower']:g} to {row['upper']:g} ({len(outside):,} such rows)."
        )
    if table["value"].isna().all():
        faults.append(f"{raw.name} holds no figure: every value is blank or suppressed.")
    return faults
