"""Any other figure by small area or ward that a study names: health, education, housing and the like."""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd

from tipping_point.sources.cells import CODES, SUPPRESSED, RawTable, code_faults, quote, shorten, to_numbers
from tipping_point.sources.codes import find_code_column
from tipping_point.sources.delimited import UTF8_OR_LATIN1
from tipping_point.sources.formats import read_raw_table
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

_OTHER_AREA = r"[EWKNSJ][0-9]{8}|"
"""Codes of larger areas and other countries, or none: published tables often end in totals."""


def read_indicator(
    path: Path,
    *,
    name: str,
    column: str,
    vintage: str | None = None,
    code_column: str | None = None,
    sheet: str | None = None,
) -> pd.DataFrame:
    """One figure for every small area, middle-layer area or ward of a file.

    Args:
        path: CSV (UTF-8, else Latin-1), Parquet or workbook, one row per area.
        name: what the figure is called from here on.
        column: its column in the file.
        vintage: 'lsoa11', 'lsoa21', 'msoa21', 'ward19' and the like, where the header of the codes does not tell.
        code_column: the column of codes, where it is not recognised by its header and cells.
        sheet: the sheet of a workbook; otherwise the first that has the column.

    Returns:
        One code column named by its vintage and the figure (float, under `name`), in the file's order.
        A blank and the publishers' marks for 'no figure' (SUPPRESSED) are missing. Rows of districts,
        countries and the like are left out.

    Raises:
        InputError: not readable, no such column, codes that are not recognised, a cell that is no
            number, or several rows for an area.
    """
    wanted = " ".join(column.split())
    raw = read_raw_table(path, is_header=lambda header: wanted in header, sheet=sheet, encodings=UTF8_OR_LATIN1)
    cells = raw.column(wanted)
    code, codes = find_code_column(raw, code_column=code_column, vintage=vintage)
    kind = code[:4]
    elsewhere = ~codes.str.fullmatch(CODES[kind]) & codes.str.fullmatch(_OTHER_AREA)
    codes, cells = codes[~elsewhere], cells[~elsewhere]
    values, faults = to_numbers(cells, raw.name, missing=SUPPRESSED)
    faults += code_faults(codes, raw.name, kind=kind)
    if codes.duplicated().any():
        faults.append(_long_fault(raw, codes))
    if not faults and values.isna().all():
        faults.append(f"{raw.name}: column {quote(column)} holds no figure, for example {quote(cells.iloc[0])}.")
    if faults:
        raise InputError(faults)
    logger.info(
        "Indicator %s from %s, column %s: %d areas (%s), %d of them without a figure; %d rows of other areas left out",
        name,
        raw.name,
        quote(column),
        len(codes),
        code,
        int(values.isna().sum()),
        int(elsewhere.sum()),
    )
    return pd.DataFrame({code: codes.to_numpy(), name: values.to_numpy()})


def _long_fault(raw: RawTable, codes: pd.Series) -> str:
    """Several rows for an area: what tells them apart, so that the user can choose."""
    first = codes[codes.duplicated()].iloc[0]
    rows = codes.index[codes == first]
    differing = []
    for cell in dict.fromkeys(raw.header):
        if raw.header.count(cell) == 1:
            values = raw.column(cell).loc[rows].astype(str).unique()
            if len(values) > 1:
                differing.append(f"{cell} ({shorten([str(value) for value in values], most=4)})")
    told = f"They differ in {'; '.join(differing)}" if differing else "They are alike"
    return (
        f"{raw.name}: {first} stands on {len(rows)} rows (the first are {rows[0]} and {rows[1]}), and one row per area"
        f" is wanted. {told}. Save the rows of one period and one measure as a file of its own, and name that."
    )
