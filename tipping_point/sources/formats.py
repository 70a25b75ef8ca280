"""Any table of small areas or wards, whatever its file format: CSV, Parquet or workbook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tipping_point.sources.cells import RawTable, clean_header
from tipping_point.sources.delimited import UTF8, path_fault, read_text_header, read_text_table
from tipping_point.sources.workbook import SUFFIXES, read_workbook_table
from tipping_point.tables import InputError

_TEXT = (".csv", ".txt")


def read_raw_table(
    path: Path,
    *,
    is_header: Callable[[tuple[str, ...]], bool] = bool,
    keep: Callable[[str], bool] = bool,
    sheet: str | None = None,
    encodings: Sequence[str] = UTF8,
) -> RawTable:
    """A file's table by the end of its name; `is_header`, `keep` and `sheet` are for workbooks.

    Raises:
        InputError: no such file, a format that is not read, or the faults of the format's own reader.
    """
    suffix = path.suffix.lower()
    if suffix in _TEXT:
        return read_text_table(path, encodings=encodings)
    if suffix in SUFFIXES:
        return read_workbook_table(path, is_header=is_header, sheet=sheet, keep=keep)
    if suffix == ".parquet":
        return _read_parquet(path)
    raise InputError(f"{path}: '{suffix}' is not read; allowed are {', '.join((*_TEXT, '.parquet', *SUFFIXES))}.")


def read_header(path: Path) -> tuple[str, ...]:
    """The header of a CSV or Parquet file, without reading its rows.

    Raises:
        InputError: as `read_raw_table`, for what the beginning of the file shows.
    """
    if path.suffix.lower() == ".parquet":
        if fault := path_fault(path):
            raise InputError(fault)
        try:
            return clean_header(pq.read_schema(path).names)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{path} is not a Parquet file that can be read: {str(error).splitlines()[0]}.") from error
    return read_text_header(path)


def _read_parquet(path: Path) -> RawTable:
    if fault := path_fault(path):
        raise InputError(fault)
    try:
        table = pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path} is not a Parquet file that can be read: {str(error).splitlines()[0]}.") from error
    # Parquet has no header row: its first row is called 1.
    rows = pd.RangeIndex(1, len(table) + 1, name="row")
    return RawTable(
        str(path), clean_header(list(table.columns)), rows, lambda place: table.iloc[:, place].set_axis(rows)
    )
