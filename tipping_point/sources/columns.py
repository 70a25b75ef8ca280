"""A few columns of a large text table, read row by row: 120 MB of schools and years, of which four are wanted."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from tipping_point.sources.cells import RawTable, clean_header
from tipping_point.sources.delimited import UTF8_OR_LATIN1, read_text_header
from tipping_point.tables import InputError


def read_columns(path: Path, wanted: Iterable[str], *, encodings: Sequence[str] = UTF8_OR_LATIN1) -> RawTable:
    """The wanted columns of a comma-separated file; `header` is the whole header, so that messages can show it.

    Args:
        path: the file.
        wanted: header cells; one that is not there is a fault when it is asked for.
        encodings: tried in turn.

    Raises:
        InputError: no such file, empty, a web page, binary, undecodable, no row, or a row of another length.
    """
    header = read_text_header(path)
    names = set(wanted)
    places = [place for place, cell in enumerate(header) if cell in names]
    for encoding in encodings:
        try:
            lines, cells = _read(path, encoding, len(header), places)
        except UnicodeDecodeError:
            continue
        break
    else:
        raise InputError(f"{path} is not text in {' or '.join(encodings)}; save it as CSV in UTF-8.")
    if not lines:
        raise InputError(f"{path} has no row under its header.")
    rows = pd.Index(lines, name="row")
    return RawTable(str(path), clean_header(header), rows, lambda place: cells[places.index(place)])


def _read(path: Path, encoding: str, width: int, places: Sequence[int]) -> tuple[list[int], list[list[str]]]:
    lines: list[int] = []
    cells: list[list[str]] = [[] for _ in places]
    with path.open(encoding=encoding, newline="") as stream:
        reader = csv.reader(stream, strict=True)
        try:
            next(reader)
            for row in reader:
                if not any(row):
                    continue
                if len(row) != width:
                    raise InputError(
                        f"{path}: row {reader.line_num} has {len(row)} cells and the header {width}: the file was cut,"
                        f" or has an unquoted comma."
                    )
                lines.append(reader.line_num)
                for column, place in zip(cells, places, strict=True):
                    column.append(row[place])
        except csv.Error as error:
            raise InputError(f"{path}: row {reader.line_num} is not comma-separated text: {error}.") from error
    return lines, cells
