"""What a workbook that everybody can read is made of, and writing it as .xlsx (Office Open XML).

What the Government Analysis Function asks of a spreadsheet is kept here, for both formats: a cover sheet of one column,
then one marked and named table a sheet, title in A1, notes below it, one header row, no merged, blank or frozen cells.
Text is stored as text, so that none is ever a formula, and the files have the same bytes for the same workbook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from tipping_point.outputs import pages, wording

LONGEST = 32_000
"""Characters of a cell; Excel holds 32,767."""

COVER_WIDTH = 110
"""Characters of the one column of the cover."""

CREATED = datetime(2000, 1, 1)
"""A fixed time, so that the files are the same for the same study."""


class Number(NamedTuple):
    """A cell with a number, already rounded, and how it is shown: whole, plain, one, two, three or share."""

    value: float
    form: str


Cell = str | Number

FORMS = {"whole": "#,##0", "plain": "0", "one": "#,##0.0", "two": "#,##0.00", "three": "#,##0.000", "share": "0%"}
"""How numbers are shown, as Excel writes it; plain is for years."""

DECIMALS = {"whole": 0, "plain": 0, "one": 1, "two": 2, "three": 3, "share": 0}


@dataclass(frozen=True)
class Line:
    """One cell of the cover sheet: title, heading or text; `sheet` names the sheet that it leads to."""

    text: str
    style: str = "text"
    sheet: str = ""


@dataclass(frozen=True)
class Sheet:
    """One table on a sheet of its own. Every row has a cell for every header, and there is at least one row."""

    name: str
    title: str
    notes: tuple[str, ...]
    headers: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]

    @property
    def table(self) -> str:
        """The name of the table, in letters that both formats allow."""
        return "".join(char if char.isalnum() else "_" for char in self.name.lower())

    @property
    def top(self) -> int:
        """Row of the headers, counted from 0."""
        return 1 + len(self.notes)


@dataclass(frozen=True)
class Workbook:
    """A cover sheet and the sheets that follow it."""

    title: str
    cover: tuple[Line, ...]
    sheets: tuple[Sheet, ...]


def cell_text(value: object) -> str:
    """Text fit for a cell of either format: no control or direction marks, no longer than a cell can be."""
    return wording.clean(value, LONGEST)


def column_width(sheet: Sheet, column: int) -> int:
    """Characters: enough for the longest word of the header and most of the cells, at most 60."""
    word = max((len(each) for each in sheet.headers[column].split()), default=0)
    cells = [len(row[column]) if isinstance(row[column], str) else 9 for row in sheet.rows]
    return min(60, max(word + 2, 11, *cells))


def write_xlsx(book: Workbook, path: Path) -> Path:
    """The workbook as Office Open XML; returns the path."""
    with pages.beside(path) as temporary, xlsxwriter.Workbook(temporary) as made:
        made.set_properties({"title": cell_text(book.title), "created": CREATED})
        font = {"font_name": "Arial", "font_size": 12}
        formats = {
            "title": made.add_format({**font, "bold": True, "font_size": 16}),
            "heading": made.add_format({**font, "bold": True, "font_size": 14}),
            "header": made.add_format({**font, "bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
            "note": made.add_format(font),
            "text": made.add_format({**font, "text_wrap": True, "valign": "top", "num_format": "@"}),
            "link": made.add_format({**font, "font_color": "#1f4e79", "underline": 1}),
            **{form: made.add_format({**font, "valign": "top", "num_format": shown}) for form, shown in FORMS.items()},
        }
        _cover_xlsx(made.add_worksheet("Cover"), book.cover, formats)
        for sheet in book.sheets:
            _sheet_xlsx(made.add_worksheet(sheet.name), sheet, formats)
    return path


def _cover_xlsx(target: Worksheet, lines: Sequence[Line], formats: dict[str, Format]) -> None:
    target.set_column(0, 0, COVER_WIDTH)
    for row, line in enumerate(lines):
        if line.sheet:
            target.write_url(row, 0, f"internal:'{line.sheet}'!A1", formats["link"], cell_text(line.text))
        else:
            target.write_string(row, 0, cell_text(line.text), formats[line.style])


def _sheet_xlsx(target: Worksheet, sheet: Sheet, formats: dict[str, Format]) -> None:
    target.write_string(0, 0, cell_text(sheet.title), formats["title"])
    for row, note in enumerate(sheet.notes, start=1):
        target.write_string(row, 0, cell_text(note), formats["note"])
    for column in range(len(sheet.headers)):
        target.set_column(column, column, column_width(sheet, column))
    columns = [{"header": cell_text(header), "header_format": formats["header"]} for header in sheet.headers]
    target.add_table(
        sheet.top, 0, sheet.top + len(sheet.rows), len(sheet.headers) - 1,
        {"name": sheet.table, "columns": columns, "autofilter": False, "style": "Table Style Light 1",
         "banded_rows": False},
    )  # fmt: skip
    for row, cells in enumerate(sheet.rows, start=sheet.top + 1):
        for column, cell in enumerate(cells):
            if isinstance(cell, Number):
                target.write_number(row, column, cell.value, formats[cell.form])
            else:
                target.write_string(row, column, cell_text(cell), formats["text"])
