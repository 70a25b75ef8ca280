"""Rows of large OpenDocument workbooks, one at a time: 50 MB that unpack to 1.4 GB of XML never stand in memory."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO
from xml.parsers import expat

from tipping_point.tables import InputError

_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_PARAGRAPH = "urn:oasis:names:tc:opendocument:xmlns:text:1.0}p"
_SHEET, _ROW = f"{_TABLE}table", f"{_TABLE}table-row"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_PIECE = 1 << 17
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
    except (zipfile.BadZipFile, KeyError, EOFError, OSError, ValueError, expat.ExpatError) as error:
        raise InputError(f"{path} is not an OpenDocument workbook that can be read: {error}.") from error


def _rows(stream: IO[bytes], wanted: Callable[[str], bool]) -> Iterator[tuple[str, int, Row]]:
    reader = _Reader(wanted)
    while data := stream.read(_PIECE):
        reader.parser.Parse(data)
        yield from reader.take()
    reader.parser.Parse(b"", True)
    yield from reader.take()


class _Reader:
    """Starts, ends and texts of elements to rows, without an object for each element: a million rows have 20 million.

    A workbook has no document type, so that no entity can be declared in it.
    """

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        self.wanted = wanted
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = _refuse_document_type
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._ready: list[tuple[str, int, Row]] = []
        self._sheet, self._reads, self._number = "", False, 0
        self._cells: Row = []
        self._repeated = 1
        self._times = 0
        """How often the cell stands that is being read; 0 outside one."""
        self._value: str | None = None
        """The number that it keeps."""
        self._paragraphs: list[str] = []
        self._inside = False
        """Whether a paragraph of it is being read."""

    def take(self) -> list[tuple[str, int, Row]]:
        """The rows that were read since it was last asked."""
        ready, self._ready = self._ready, []
        return ready

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == _SHEET:
            self._sheet, self._number = attributes.get(f"{_TABLE}name", ""), 0
            self._reads = self.wanted(self._sheet)
        elif tag == _ROW:
            self._cells = []
            self._repeated = int(attributes.get(f"{_TABLE}number-rows-repeated", "1"))
        elif self._reads and tag in _CELLS:
            self._times = int(attributes.get(f"{_TABLE}number-columns-repeated", "1"))
            self._value, self._paragraphs = attributes.get(f"{_OFFICE}value"), []
        elif self._times and tag == _PARAGRAPH:
            self._paragraphs.append("")
            self._inside = True

    def _text(self, text: str) -> None:
        if self._inside:
            self._paragraphs[-1] += text

    def _end(self, tag: str) -> None:
        if tag == _PARAGRAPH:
            self._inside = False
        elif tag in _CELLS:
            # A number as it is kept, not as it is shown; else the text of its paragraphs.
            cell = self._value if self._value is not None else "\n".join(self._paragraphs)
            self._cells += [cell] * min(self._times, _WIDEST - len(self._cells))
            self._times = 0
        elif tag == _ROW:
            while self._cells and not self._cells[-1]:
                self._cells.pop()
            if self._cells:
                rows = range(self._number + 1, self._number + 1 + self._repeated)
                self._ready += [(self._sheet, number, self._cells) for number in rows]
            self._number += self._repeated


def _refuse_document_type(*_: object) -> None:
    raise ValueError("it declares a document type")
