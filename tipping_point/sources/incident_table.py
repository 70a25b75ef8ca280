"""The chosen columns of an incident file as text, whatever its format.

A row of such a file is about somebody. No message of this module shows a cell, and none is passed on from the engine
that parses the file, whose messages quote what they stumble over. Not even the header is listed: where it is absent,
the first row is a record.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tipping_point.sources.cells import RawTable, clean_header
from tipping_point.sources.delimited import content_fault, path_fault, read_bytes, read_text_header
from tipping_point.sources.workbook import SUFFIXES, read_workbook_table
from tipping_point.tables import InputError

_TEXT = (".csv", ".txt")
_SHOWN = 10


def read_incident_columns(path: Path, columns: Sequence[str], *, sheet: str | None = None) -> pl.DataFrame:
    """The named columns as stripped text, blank as null, with `row`: where the row stands in the file, counted from 1.

    Args:
        path: CSV (UTF-8, else Latin-1), Parquet or workbook; the first row of a text file or sheet names the columns.
        columns: header cells, as the file has them.
        sheet: of a workbook; otherwise the first that has all the columns.

    Raises:
        InputError: not readable, a column that is absent or stands twice, no row. Nothing of a row is told.
    """
    wanted = list(dict.fromkeys(columns))
    suffix = path.suffix.lower()
    readers: dict[str, Callable[[], pl.DataFrame]] = {
        **dict.fromkeys(_TEXT, lambda: _read_text(path, wanted)),
        **dict.fromkeys(SUFFIXES, lambda: _read_workbook(path, wanted, sheet)),
        ".parquet": lambda: _read_parquet(path, wanted),
    }
    if suffix not in readers:
        raise InputError(f"{path}: '{suffix}' is not read; allowed are {', '.join(readers)}.")
    if fault := path_fault(path):
        raise InputError(fault)
    frame = readers[suffix]()
    if frame.is_empty():
        raise InputError(f"{path} has no row under its header.")
    text = pl.col(wanted).cast(pl.String).str.strip_chars()
    return frame.with_columns(text.replace("", None))


def say_rows(rows: pl.Series) -> str:
    """Row numbers in a sentence: 'rows 3, 8 and 4,120 more'."""
    shown = ", ".join(str(row) for row in rows.head(_SHOWN))
    more = f" and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"


def _check_header(path: Path, header: Sequence[str], wanted: Sequence[str]) -> None:
    faults = []
    for name in wanted:
        if (number := list(header).count(name)) != 1:
            close = [] if number else difflib.get_close_matches(name, header, n=1, cutoff=0.75)
            hint = f"; close to it is '{close[0]}'" if close else ""
            given = "stands twice" if number else "is not"
            faults.append(f"{path}: the column '{name}' {given} among the {len(header)} cells of the first row{hint}.")
    if faults:
        raise InputError(faults)


def _read_text(path: Path, wanted: Sequence[str]) -> pl.DataFrame:
    header = read_text_header(path)
    data = read_bytes(path)
    if fault := content_fault(data):
        raise InputError(f"{path} {fault}.")
    _check_header(path, header, wanted)
    frame = _parse(data, header, wanted)
    if frame is None:
        raise InputError(
            f"{path} is not comma-separated text: a row has more cells than the header ({len(header)}), or a quotation "
            f"mark is left open."
        )
    return frame


def _parse(data: bytes, header: Sequence[str], wanted: Sequence[str]) -> pl.DataFrame | None:
    """The columns of a text file, None where it cannot be parsed; the engine's own message would quote a record."""
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        data = data.decode("latin-1").encode("utf-8")
    try:
        rows = pl.read_csv(io.BytesIO(data), columns=[header.index(name) for name in wanted], infer_schema=False)
    except (pl.exceptions.PolarsError, OSError):
        return None
    return _named(rows, wanted).with_row_index("row", offset=2)


def _named(rows: pl.DataFrame, wanted: Sequence[str]) -> pl.DataFrame:
    """The wanted columns under their clean names; an engine gives them in an order of its own."""
    return rows.rename(dict(zip(rows.columns, clean_header(rows.columns), strict=True))).select(wanted)


def _read_parquet(path: Path, wanted: Sequence[str]) -> pl.DataFrame:
    header: tuple[str, ...] | None = None
    frame: pl.DataFrame | None = None
    try:
        written = pq.read_schema(path).names
        header = clean_header(written)
        if all(header.count(name) == 1 for name in wanted):
            frame = pl.read_parquet(path, columns=[written[header.index(name)] for name in wanted], use_pyarrow=True)
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, ValueError):
        frame = None
    if header is not None:
        _check_header(path, header, wanted)
    if frame is None:
        raise InputError(f"{path} is not a Parquet file that can be read.")
    # Parquet has no header row: its first row is called 1.
    return _named(frame, wanted).with_row_index("row", offset=1)


def _read_workbook(path: Path, wanted: Sequence[str], sheet: str | None) -> pl.DataFrame:
    table: RawTable | None = None
    fault = f"{path}: no sheet has the columns {', '.join(wanted)} in one of its first rows, or it is no workbook."
    try:
        table = read_workbook_table(path, is_header=set(wanted).issubset, sheet=sheet, keep=lambda cell: cell in wanted)
    except InputError as error:
        fault = fault if sheet is None else error.faults[0]
    if table is None:
        raise InputError(fault)
    _check_header(path, table.header, wanted)
    cells = {name: [_text(cell) for cell in table.take(table.header.index(name))] for name in wanted}
    rows = pl.Series("row", table.rows.to_list(), dtype=pl.UInt32)
    return pl.DataFrame({"row": rows, **{name: pl.Series(name, texts, pl.String) for name, texts in cells.items()}})


def _text(cell: object) -> str:
    """A cell as its CSV would have it: dates in ISO, whole numbers without a point."""
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
