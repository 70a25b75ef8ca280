"""Metropolitan Police ward tables: one row per ward and offence type, one column per month, CSV or Parquet."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from tipping_point.facts.crime_types import CRIME_TYPES
from tipping_point.sources.cells import CODES, RawTable, quote, shorten, to_numbers
from tipping_point.sources.delimited import absent_columns
from tipping_point.sources.formats import read_header, read_raw_table
from tipping_point.sources.ledger import LISTED, READ, build_ledger
from tipping_point.sources.period import check_period
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

FORCE = "metropolitan"
_REQUIRED = ["minortext", "wardcode"]
_MONTH = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])"
_TOLERANCE = 0.02
"""How far the totals of a type may differ between two tables whose months are joined (methods.md, section 2)."""


@dataclass(frozen=True)
class WardTables:
    """What was read: counts, and the ledger of the tables and months they came from."""

    counts: pd.DataFrame
    """force, month, ward_code ('' = no ward), crime_type (as published), crimes (int64 > 0); sorted, key unique."""
    files: pd.DataFrame
    """One row per table and month used: archive, file, force, month, rows, rows_without_place, damaged, note.

    `rows` are crimes: these tables hold counts, not one row per crime.
    """


@dataclass(frozen=True)
class _WardTable:
    """One table: crimes by ward and type (index) and month (columns, 'YYYY-MM')."""

    path: Path
    crimes: pd.DataFrame

    @property
    def months(self) -> list[str]:
        return list(self.crimes.columns)


def read_ward_tables(paths: Sequence[Path], *, start: str, end: str, types: Sequence[str] | None = None) -> WardTables:
    """Count the crimes of the period by ward, month and type from one table or several that overlap.

    A month in several tables is taken from the one that ends latest. Recording changes break the
    series: where months of two tables are joined, the totals of each type over all months that both
    hold must agree within 2%.

    Args:
        paths: the tables; the months of the period that none holds are absent; if all are, both tables are empty.
        start: first month, 'YYYY-MM'.
        end: last month, 'YYYY-MM'.
        types: the offence types that must agree where tables are joined; None is all.

    Raises:
        InputError: every fault of every table at once.
    """
    period = check_period(start, end)
    _check_types(types)
    tables = _read_all(paths)
    chosen = {
        month: holders[-1] for month in period if (holders := [table for table in tables if month in table.months])
    }
    if not chosen:
        held = "; ".join(f"{table.path} has {table.months[0]} to {table.months[-1]}" for table in tables)
        logger.warning("No ward table holds a month of %s to %s: %s", start, end, held)
    used = [table for table in tables if any(table is holder for holder in chosen.values())]
    if faults := [fault for pair in combinations(used, 2) for fault in _break_faults(*pair, types)]:
        raise InputError(faults)
    counts = _count(chosen)
    files = build_ledger((_ledger_row(month, chosen[month], tables) for month in sorted(chosen)), READ)
    logger.info(
        "Ward tables: %d read, %d used, %d of the period's %d months, %s crimes, %s of them without a ward",
        len(tables),
        len(used),
        len(chosen),
        len(period),
        f"{counts['crimes'].sum():,}",
        f"{files['rows_without_place'].sum():,}",
    )
    return WardTables(counts=counts, files=files)


def list_ward_tables(paths: Sequence[Path], *, start: str | None = None, end: str | None = None) -> pd.DataFrame:
    """The months that each table holds: archive, file, force, month, bytes, note. Only headers are read.

    A month in several tables is listed once, for the table that ends latest.

    Raises:
        InputError: a table is absent, unreadable or has a header that is not understood.
    """
    faults, listed = [], []
    for path in paths:
        try:
            header = read_header(path)
            months = _months(header)
            listed.append((max(months.values(), default=""), path, sorted(months.values())))
            faults += _header_faults(str(path), header)
        except InputError as error:
            faults += error.faults
    if faults or not listed:
        raise InputError(faults or ["No ward table was named."])
    rows = {
        month: (str(path), path.name, FORCE, month, path.stat().st_size, "")
        for _, path, months in sorted(listed, key=lambda item: item[0])
        for month in months
        if (start or "") <= month <= (end or "9")
    }
    return build_ledger((rows[month] for month in sorted(rows)), LISTED)


def _check_types(types: Sequence[str] | None) -> None:
    unknown = sorted(set(types or ()) - set(CRIME_TYPES[FORCE]))
    if unknown:
        raise InputError(
            f"Offence type(s) {', '.join(map(quote, unknown))} are not of the Metropolitan ward tables; known are"
            f" {', '.join(CRIME_TYPES[FORCE])}."
        )


def _read_all(paths: Sequence[Path]) -> list[_WardTable]:
    """Every table, the one that ends latest last; of two that end alike, the later in the list."""
    faults: list[str] = [] if paths else ["No ward table was named."]
    tables = []
    for path in paths:
        try:
            tables.append(_read_table(path))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return sorted(tables, key=lambda table: table.months[-1])


def _months(header: Sequence[str]) -> dict[str, str]:
    """Header cells that are months: '202304' -> '2023-04'."""
    return {cell: f"{cell[:4]}-{cell[4:]}" for cell in header if re.fullmatch(_MONTH, cell)}


def _header_faults(name: str, header: Sequence[str]) -> list[str]:
    absent = absent_columns([cell.lower() for cell in header], _REQUIRED)
    if absent:
        return [f"{name} {absent}."]
    if not _months(header):
        return [f"{name} has no column that is a month (202304 and the like); it has {shorten(header)}."]
    return []


def _read_table(path: Path) -> _WardTable:
    raw = read_raw_table(path)
    if faults := _header_faults(raw.name, raw.header):
        raise InputError(faults)
    lower = {cell.lower(): cell for cell in raw.header}
    wards, types = raw.column(lower["wardcode"]).str.upper(), raw.column(lower["minortext"]).str.upper()
    faults = _key_faults(raw.name, wards, types)
    months = _months(raw.header)
    columns = {}
    for cell, month in sorted(months.items()):
        columns[month], wrong = _read_counts(raw, cell)
        faults += wrong
    if faults:
        raise InputError(faults)
    crimes = pd.DataFrame(columns).groupby([wards.rename("ward_code"), types.rename("crime_type")]).sum()
    if repeated := len(wards) - len(crimes):
        logger.info("%s: %d rows repeat a ward and type and were added up", path, repeated)
    return _WardTable(path, crimes)


def _key_faults(name: str, wards: pd.Series, types: pd.Series) -> list[str]:
    faults = []
    wrong = wards[~wards.str.fullmatch(CODES["ward"]) & wards.ne("")]
    if len(wrong):
        faults.append(
            f"{name}: row {wrong.index[0]} has {quote(wrong.iloc[0])} for a ward code ({len(wrong):,} such rows); a"
            f" ward of England is E05 and six digits, or blank where the crime has no ward."
        )
    unknown = types[~types.isin(CRIME_TYPES[FORCE])]
    if len(unknown):
        faults.append(
            f"{name}: row {unknown.index[0]}: unknown offence type {', '.join(map(quote, unknown.unique()[:5]))}; known"
            f" are {', '.join(CRIME_TYPES[FORCE])}."
        )
    return faults


def _read_counts(raw: RawTable, cell: str) -> tuple[pd.Series, list[str]]:
    """One month's counts: whole numbers from nought, never blank."""
    numbers, faults = to_numbers(raw.column(cell), raw.name, lowest=0)
    if faults:
        return numbers, faults
    broken = numbers[numbers.isna() | (numbers % 1 != 0)]
    if len(broken):
        given = "a blank" if pd.isna(broken.iloc[0]) else format(broken.iloc[0], "g")
        return numbers, [
            f"{raw.name}: row {broken.index[0]} has {given} in '{cell}' ({len(broken):,} such rows); a count is a"
            f" whole number."
        ]
    return numbers.astype(np.int64), []


def _break_faults(earlier: _WardTable, later: _WardTable, types: Sequence[str] | None) -> list[str]:
    """A fault where two tables do not count the same: the series would break where they are joined."""
    shared = [month for month in later.months if month in earlier.months]
    if not shared:
        logger.info("%s and %s share no month: that they count alike is not known", earlier.path, later.path)
        return []
    totals = pd.DataFrame(
        {
            side: table.crimes[shared].sum(axis=1).groupby(level="crime_type").sum()
            for side, table in (("earlier", earlier), ("later", later))
        }
    ).reindex(list(types) if types is not None else list(CRIME_TYPES[FORCE]), fill_value=0)
    totals = totals.fillna(0).astype(np.int64)
    apart = totals[(totals["earlier"] - totals["later"]).abs() > _TOLERANCE * totals.max(axis=1)]
    if apart.empty:
        return []
    listed = ", ".join(f"{name} {row['earlier']:,} against {row['later']:,}" for name, row in apart.iterrows())
    return [
        f"{earlier.path} and {later.path} do not count alike over the {len(shared)} months that both hold"
        f" ({shared[0]} to {shared[-1]}); more than {_TOLERANCE:.0%} apart: {listed}. Joined, the series would break:"
        f" choose a period within one table, or a measure of types that agree."
    ]


def _count(chosen: dict[str, _WardTable]) -> pd.DataFrame:
    key = ["force", "month", "ward_code", "crime_type"]
    if not chosen:
        return pd.DataFrame({column: pd.Series(dtype=str) for column in key}).assign(crimes=pd.Series(dtype=np.int64))
    wide = pd.concat([table.crimes[month].rename(month) for month, table in chosen.items()], axis=1)
    long = wide.fillna(0).astype(np.int64).melt(var_name="month", value_name="crimes", ignore_index=False).reset_index()
    long = long[long["crimes"] > 0].assign(force=FORCE)
    return long[[*key, "crimes"]].sort_values(key, ignore_index=True)


def _ledger_row(month: str, table: _WardTable, tables: Sequence[_WardTable]) -> tuple[object, ...]:
    crimes = table.crimes[month]
    without_ward = crimes[crimes.index.get_level_values("ward_code") == ""]
    others = [other.path.name for other in tables if other is not table and month in other.months]
    note = f"also in {', '.join(others)}; read from the table that ends latest" if others else ""
    return str(table.path), table.path.name, FORCE, month, int(crimes.sum()), int(without_ward.sum()), False, note
