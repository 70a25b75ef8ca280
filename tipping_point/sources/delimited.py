"""Text tables as publishers give them, and the faults that every one of them can have."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tipping_point.sources.cells import RawTable, clean_header, shorten
from tipping_point.tables import InputError

UTF8 = ("utf-8-sig",)
UTF8_OR_LATIN1 = ("utf-8-sig", "latin-1")
_HEAD = 4096
_LONGEST_HEADER = 1 << 16


def path_fault(path: Path) -> str:
    """Why there is no file to read at the path; '' where there is one."""
    if path.is_dir():
        return f"{path} is a folder; the name of a file is wanted."
    if not path.is_file():
        return f"{path} does not exist."
    return ""


def content_fault(data: bytes) -> str:
    """What makes the bytes no text table, as the end of a sentence; '' where they may be one."""
    head = data[:_HEAD].removeprefix(codecs.BOM_UTF8).lstrip()
    if not head and not data[_HEAD:].strip():
        return "is empty"
    if head.startswith(b"<"):
        return "is a web page (HTML or XML) saved under the name of a table; download the file itself again"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"PAR1", b"%PDF")):
        return "is an archive, a workbook or another binary file, not a text table"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in head:
        return "is not UTF-8 text; save it as CSV in UTF-8"
    return ""


def read_bytes(path: Path) -> bytes:
    """The file's bytes.

    Raises:
        InputError: no file at the path, or it cannot be opened.
    """
    if fault := path_fault(path):
        raise InputError(fault)
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def absent_columns(header: Sequence[str], required: Sequence[str]) -> str:
    """The required columns that a header lacks, as the end of a sentence; '' where it lacks none."""
    absent = [name for name in required if name not in header]
    if not absent:
        return ""
    return f"lacks the column(s) {', '.join(absent)}; its first row is: {shorten(header, most=14)}"


def read_text_table(path: Path, *, encodings: Sequence[str] = UTF8) -> RawTable:
    """A comma-separated file as a table of text cells; rows without a single filled cell are left out.

    Raises:
        InputError: no such file, empty, a web page, binary, undecodable, a header alone, or a row
            with more cells than the header.
    """
    data = read_bytes(path)
    if fault := content_fault(data):
        raise InputError(f"{path} {fault}.")
    text = _decode(data, path, encodings)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        names = next(reader)
        # Lines apart from rows: one object a row less for the collector of memory, which looks at all again and again.
        lines, rows = [], []
        for row in reader:
            if any(row):
                lines.append(reader.line_num)
                rows.append(row)
    except csv.Error as error:
        raise InputError(f"{path}: row {reader.line_num} is not comma-separated text: {error}.") from error
    return _checked(str(path), clean_header(names), lines, rows)


def read_text_header(path: Path) -> tuple[str, ...]:
    """The header of a comma-separated UTF-8 file, without reading its rows.

    Raises:
        InputError: no such file, empty, a web page, or binary.
    """
    if fault := path_fault(path):
        raise InputError(fault)
    with path.open("rb") as stream:
        head = stream.read(_LONGEST_HEADER)
    if fault := content_fault(head):
        raise InputError(f"{path} {fault}.")
    first = head.partition(b"\n")[0].decode("utf-8-sig", errors="replace")
    return clean_header(next(csv.reader([first.rstrip("\r")]), []))


def _decode(data: bytes, path: Path, encodings: Sequence[str]) -> str:
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            row = data[: error.start].count(b"\n") + 1
    raise InputError(f"{path}: row {row} is not UTF-8 text; save it as CSV in UTF-8.")


def _checked(name: str, header: tuple[str, ...], lines: list[int], rows: list[list[str]]) -> RawTable:
    if not rows:
        raise InputError(f"{name} has no row under its header.")
    # A comma too many at the end of each row is common and harmless; text beyond the header is not.
    long = [line for line, row in zip(lines, rows, strict=True) if any(row[len(header) :])]
    if long:
        raise InputError(
            f"{name}: {len(long):,} row(s), the first row {long[0]}, have more cells than the header has"
            f" ({len(header)}): an unquoted comma, or another file pasted below."
        )
    return RawTable(
        name=name,
        header=header,
        rows=pd.Index(lines, name="row"),
        take=lambda place: [row[place] if place < len(row) else "" for row in rows],
    )
