"""A figure that is published by district: of districts, whoever lives in which of their wards, and never of a ward."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from tipping_point.sources.cells import CODES, SUPPRESSED, RawTable, quote, repeat_faults, shorten, to_numbers
from tipping_point.sources.delimited import UTF8_OR_LATIN1, read_text_header
from tipping_point.sources.explore_education import is_education, read_education
from tipping_point.sources.formats import read_raw_table
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

_TEXT = (".csv", ".txt")
_MOSTLY = 0.5


def read_district_figures(
    path: Path,
    *,
    column: str,
    code_column: str | None = None,
    period: str = "",
    where: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """One figure by district.

    Args:
        path: a file of Explore Education Statistics (`read_education`); or any CSV, Parquet or workbook with a column
            of district codes, whose rows of other areas are left out, such as `fetch_health` makes of districts.
        column: the figure.
        code_column: the column of codes, where several hold codes of districts; not for education.
        period: for education: '202324'; the newest in the file without.
        where: for education: column -> cell, what else must hold.

    Returns:
        district_code and value (missing where suppressed), one row each, by code.

    Raises:
        InputError: not readable, no such column or row, a cell that is no number, or several rows for a district.
    """
    if path.suffix.lower() in _TEXT and is_education(read_text_header(path)):
        table = read_education(path, column=column, level="district", period=period, where=where)
        return table.rename(columns={"area_code": "district_code"})[["district_code", "value"]]
    if period or where:
        raise InputError(f"{path}: period and where are for files of Explore Education Statistics, and it is none.")
    wanted = " ".join(column.split())
    raw = read_raw_table(path, is_header=lambda header: wanted in header, encodings=UTF8_OR_LATIN1)
    codes = raw.column(code_column) if code_column else _find_codes(raw)
    mine = codes.astype(str).str.fullmatch(CODES["district"])
    if not mine.any():
        raise InputError(
            f"{raw.name}: '{codes.name}' holds no code of a district, but for example {quote(codes.iloc[0])}."
        )
    values, faults = to_numbers(raw.column(wanted)[mine], raw.name, missing=SUPPRESSED)
    faults += repeat_faults(codes[mine], raw.name)
    if faults:
        raise InputError(faults)
    logger.info("Districts %s, %s: %d, %d without a figure; %d rows of other areas left out", raw.name, quote(wanted),
                int(mine.sum()), int(values.isna().sum()), int((~mine).sum()))  # fmt: skip
    table = pd.DataFrame({"district_code": codes[mine].to_numpy(), "value": values.to_numpy()})
    return table.sort_values("district_code", ignore_index=True)


def _find_codes(raw: RawTable) -> pd.Series:
    """The one column of which most filled cells are codes of districts, or as many as of any other.

    Raises:
        InputError: none, or several.
    """
    found = []
    for cell in dict.fromkeys(raw.header):
        if cell and raw.header.count(cell) == 1:
            codes = raw.column(cell).astype(str)
            filled = codes[codes != ""]
            if len(filled) and filled.str.fullmatch(CODES["district"]).mean() >= _MOSTLY:
                found.append(codes)
    if len(found) == 1:
        return found[0]
    given = f"several columns of codes: {shorten([str(one.name) for one in found])}" if found else "none is recognised"
    raise InputError(
        f"{raw.name}: a column of district codes is wanted, and {given}; name it by the option code_column."
    )
