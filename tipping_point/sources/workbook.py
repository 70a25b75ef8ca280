"""Tables in workbooks (.xlsx, .xls, .ods), whose header may stand some rows down on one of several sheets."""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pandas as pd
import python_calamine

from tipping_point.sources.cells import RawTable, clean_header, quote, shorten
from tipping_point.sources.delimited import path_fault
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")
_SEARCHED = 15
"""Rows of a sheet in which a header is looked for: published workbooks have up to five rows of notes above it."""


def read_workbook_table(
    path: Path,
    *,
    is_header: Callable[[tuple[str, ...]], bool],
    sheet: str | None = None,
    keep: Callable[[str], bool] = bool,
) -> RawTable:
    """The table under the first row that `is_header` takes for one, from the sheet named or the first that has it.

    `keep` chooses columns by their header cell: a mid-year population sheet has 187 of which two are wanted.

    Raises:
        InputError: no such file or sheet, not a workbook, or no sheet with such a header.
    """
    if fault := path_fault(path):
        raise InputError(fault)
    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
    except (python_calamine.CalamineError, OSError) as error:
        raise InputError(f"{path} is not a workbook that can be read: {error}.") from error
    with book:
        names = list(book.sheet_names)
        if sheet is not None and sheet not in names:
            raise InputError(f"{path} has no sheet {quote(sheet)}; its sheets are {shorten(names)}.")
        for name in names if sheet is None else [sheet]:
            table = _read_sheet(book, name, path, is_header, keep)
            if table is not None:
                logger.info("%s: took sheet '%s' (of %d), %d rows", path, name, len(names), len(table.rows))
                return table
    raise InputError(
        f"{path}: no row among the first {_SEARCHED} of its sheet(s) {shorten(names if sheet is None else [sheet])}"
        f" is a header that is understood."
    )


def _read_sheet(
    book: python_calamine.CalamineWorkbook,
    name: str,
    path: Path,
    is_header: Callable[[tuple[str, ...]], bool],
    keep: Callable[[str], bool],
) -> RawTable | None:
    sheet = book.get_sheet_by_name(name)
    rows = enumerate(sheet.iter_rows(), start=1)
    header = next((names for _, row in islice(rows, _SEARCHED) if is_header(names := clean_header(row))), None)
    if header is None:
        return None
    places = [place for place, cell in enumerate(header) if keep(cell)]
    body = [(number, [row[place] for place in places]) for number, row in rows if any(cell != "" for cell in row)]
    return RawTable(
        name=f"{path}, sheet '{name}'",
        header=tuple(header[place] for place in places),
        rows=pd.Index([number for number, _ in body], name="row"),
        take=lambda place: [row[place] for _, row in body],
    )
