"""Rows of large OpenDocument workbooks, one at a time: 50 MB that unpack to 1.4 GB of XML never stand in memory."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from tipping_point.schema import InputError

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_SHEET, _ROW = f"{_TABLE}table", f"{_TABLE}table-row"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_PIECE = 1 << 20
_LARGEST = 8 << 30
"""Bytes of XML; a workbook that unpacks to more is refused."""
_WIDEST = 1_000
"""Columns of a row that are read: fillers at its end are repeated up to the width of a sheet."""

Row = list[str]


def stream_rows(path: Path, *, wanted: Callable[[str], bool]) -> Iterator[tuple[str, int, Row]]:
    """Sheet, number of the row (from 1) and cells as text, of the sheets wanted; rows without a filled cell left out.

    Args:
        path: an .ods file.
        wanted: whether to read a sheet, by its name.

    Raises:
        InputError: no OpenDocument workbook, damaged, or made to fill a disk.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("content.xml").file_size > _LARGEST:
                raise InputError(f"{path} unpacks to more than {_LARGEST:,} bytes; refused.")
            with archive.open("content.xml") as stream:
                yield from _rows(stream, wanted)
    except (zipfile.BadZipFile, KeyError, EOFError, OSError, ParseError) as error:
        raise InputError(f"{path} is not an OpenDocument workbook that can be read: {error}.") from error


def _rows(stream: IO[bytes], wanted: Callable[[str], bool]) -> Iterator[tuple[str, int, Row]]:
    sheet, number, parents = "", 0, list[Element]()
    for event, element in _events(stream):
        if event == "start":
            parents.append(element)
            if element.tag == _SHEET:
                sheet, number = element.get(f"{_TABLE}name", ""), 0
            continue
        parents.pop()
        if element.tag == _ROW:
            repeated = int(element.get(f"{_TABLE}number-rows-repeated", "1"))
            cells = _cells(element) if wanted(sheet) else []
            if cells:
                yield from ((sheet, number + place, cells) for place in range(1, repeated + 1))
            number += repeated
        if element.tag in (_ROW, _SHEET) and parents:
            # What has been read is let go.
            parents[-1].remove(element)


def _events(stream: IO[bytes]) -> Iterator[tuple[str, Element]]:
    """Starts and ends of elements. A workbook has no document type, so that no entity can be declared in it."""
    parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
    first = True
    while data := stream.read(_PIECE):
        if first and b"<!DOCTYPE" in data:
            raise ParseError("it declares a document type")
        first = False
        parser.feed(data)
        # Only starts and ends were asked for.
        yield from cast("Iterator[tuple[str, Element]]", parser.read_events())
    parser.close()


def _cells(row: Element) -> Row:
    """The cells of a row as text, without the empty ones at its end."""
    cells: Row = []
    for cell in row:
        if cell.tag in _CELLS and len(cells) < _WIDEST:
            times = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
            cells += [_value(cell)] * min(times, _WIDEST - len(cells))
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _value(cell: Element) -> str:
    """A number as it is kept, not as it is shown; else the text of its paragraphs."""
    number = cell.get(f"{_OFFICE}value")
    return number if number is not None else "\n".join("".join(part.itertext()) for part in cell.iter(f"{_TEXT}p"))
