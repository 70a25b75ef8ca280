"""Residents by small area or ward: mid-year estimates, Census 2021 bulk tables, or a file of your own."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tipping_point.sources.cells import RawTable, code_faults, quote, repeat_faults, shorten, to_numbers
from tipping_point.sources.codes import find_code_column
from tipping_point.sources.formats import read_raw_table
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

KINDS = ("lsoa_mid_year", "census_ts001", "any")
_MID_YEAR_CODE = r"(?:lsoa|ward)(?:\d\d)_code|(?:LSOA|Ward) (?:20\d\d )?Code"
_MID_YEAR_TOTAL = r"total_population|total|all ages"
_CENSUS_CODE = r"geography code"
_CENSUS_TOTAL = r"Residence type: Total; measures: Value|Residence type: Total"


def read_population(
    path: Path,
    *,
    kind: str,
    column: str | None = None,
    code_column: str | None = None,
    vintage: str | None = None,
    sheet: str | None = None,
) -> pd.DataFrame:
    """Residents of every area of a file.

    Args:
        path: CSV, Parquet or workbook.
        kind: 'lsoa_mid_year', the mid-year estimates of the Office for National Statistics (workbook or
            tidied CSV, total in the column 'Total' or 'total_population'); 'census_ts001', the bulk
            table of usual residents by small area of 2021; 'any', with `column`.
        column: the column of residents; needed for 'any'.
        code_column: the column of codes, where its header or the codes do not tell.
        vintage: 'lsoa11', 'lsoa21', 'ward19' and the like, where the header does not tell.
        sheet: the sheet of a workbook; otherwise the first that has such a table.

    Returns:
        One code column named by its vintage (lsoa11_code, lsoa21_code, ward24_code) and population
        (float; missing stays missing), in the file's order.

    Raises:
        InputError: not readable, not of the kind, a code that is none or stands twice, or a number of
            residents that is none or below nought.
    """
    if kind not in KINDS:
        raise InputError(f"Population kind {quote(kind)} is not known; allowed are {', '.join(KINDS)}.")
    if kind == "any" and column is None:
        raise InputError(f"{path}: population of kind 'any' needs the option column, the name of its column.")
    code_pattern, total_pattern = _patterns(kind, column, code_column)
    raw = read_raw_table(
        path,
        is_header=lambda header: _has(header, total_pattern) and (kind == "any" or _has(header, code_pattern)),
        sheet=sheet,
    )
    total = _only(raw, total_pattern, "residents")
    named = code_column or (_only(raw, code_pattern, "codes") if kind != "any" else None)
    code, cells = find_code_column(raw, code_column=named, vintage="lsoa21" if kind == "census_ts001" else vintage)
    population, faults = to_numbers(raw.column(total), raw.name, lowest=0)
    faults += code_faults(cells, raw.name, kind=code[:4])
    faults += repeat_faults(cells, raw.name)
    if faults:
        raise InputError(faults)
    logger.info(
        "Population %s: %d areas (%s), %s residents, %d without a figure",
        raw.name,
        len(cells),
        code,
        f"{population.sum():,.0f}",
        int(population.isna().sum()),
    )
    return pd.DataFrame({code: cells.to_numpy(), "population": population.to_numpy()})


def _patterns(kind: str, column: str | None, code_column: str | None) -> tuple[str, str]:
    """What the header cell of the codes and that of the residents look like."""
    code, total = {
        "lsoa_mid_year": (_MID_YEAR_CODE, _MID_YEAR_TOTAL),
        "census_ts001": (_CENSUS_CODE, _CENSUS_TOTAL),
        "any": ("", ""),
    }[kind]
    return re.escape(code_column) if code_column else code, re.escape(column) if column else total


def _has(header: Sequence[str], pattern: str) -> bool:
    return any(re.fullmatch(pattern, cell, re.IGNORECASE) for cell in header)


def _only(raw: RawTable, pattern: str, what: str) -> str:
    """The one header cell that matches.

    Raises:
        InputError: none does, or several do.
    """
    found = raw.find(pattern)
    if len(found) == 1:
        return found[0]
    given = f"several columns of {what}: {shorten(found)}" if found else f"no column of {what}"
    raise InputError(f"{raw.name} has {given} ({pattern}); its header is {shorten(raw.header)}.")
