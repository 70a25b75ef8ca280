"""A workbook as .ods: OpenDocument 1.3, part 3 of ISO/IEC 26300.

Written here, because the libraries that write the format are unmaintained, or take a second for every 2,500 cells and
bring a template of their own.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from pathlib import Path

from xlsxwriter.utility import xl_rowcol_to_cell

from tipping_point.outputs import pages
from tipping_point.outputs.workbooks import (
    COVER_WIDTH,
    CREATED,
    DECIMALS,
    FORMS,
    Line,
    Number,
    Sheet,
    Workbook,
    cell_text,
    column_width,
)

ZIPPED = (1980, 1, 1, 0, 0, 0)
"""The time of every part of the archive, fixed."""

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_NAMES = {
    **{f"xmlns:{name}": f"{_OASIS}{name}:1.0" for name in ("office", "style", "text", "table", "meta")},
    "xmlns:number": f"{_OASIS}datastyle:1.0",
    "xmlns:fo": f"{_OASIS}xsl-fo-compatible:1.0",
    "xmlns:svg": f"{_OASIS}svg-compatible:1.0",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "office:version": "1.3",
}
_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_MILLIMETRES = 2.3
"""Of a character of the font in a column."""

_LOOKS = {
    "title": ("N-text", {"fo:font-weight": "bold", "fo:font-size": "16pt"}, {}),
    "heading": ("N-text", {"fo:font-weight": "bold", "fo:font-size": "14pt"}, {}),
    "header": ("N-text", {"fo:font-weight": "bold"},
               {"fo:wrap-option": "wrap", "fo:border-bottom": "0.5pt solid #000000"}),
    "note": ("N-text", {}, {}),
    "text": ("N-text", {}, {"fo:wrap-option": "wrap", "style:vertical-align": "top"}),
    **{form: (f"N-{form}", {}, {"style:vertical-align": "top"}) for form in FORMS},
}  # fmt: skip
"""Style of a cell -> its number format, what its letters and what its cell look like."""


def write_ods(book: Workbook, path: Path) -> Path:
    """The workbook as OpenDocument; returns the path."""
    parts = {
        "content.xml": _content(book),
        "styles.xml": _styles(),
        "meta.xml": _meta(book.title),
        "META-INF/manifest.xml": _manifest(),
    }
    with pages.beside(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        # The type comes first and uncompressed, so that the file can be known by its first bytes.
        _pack(archive, "mimetype", _TYPE.encode(), zipfile.ZIP_STORED)
        for name, root in parts.items():
            text = ET.tostring(root, encoding="utf-8", xml_declaration=True)
            _pack(archive, name, text, zipfile.ZIP_DEFLATED)
    return path


def _pack(archive: zipfile.ZipFile, name: str, content: bytes, how: int) -> None:
    entry = zipfile.ZipInfo(name, ZIPPED)
    entry.create_system, entry.compress_type = 3, how
    archive.writestr(entry, content)


def _content(book: Workbook) -> ET.Element:
    root = ET.Element("office:document-content", _NAMES)
    widths = [[column_width(sheet, column) for column in range(len(sheet.headers))] for sheet in book.sheets]
    styles = ET.SubElement(root, "office:automatic-styles")
    _add_widths(styles, {COVER_WIDTH, *(width for each in widths for width in each)})
    _add_looks(styles)
    body = ET.SubElement(ET.SubElement(root, "office:body"), "office:spreadsheet")
    _add_cover(body, book.cover)
    for sheet, own in zip(book.sheets, widths, strict=True):
        _add_sheet(body, sheet, own)
    ranges = ET.SubElement(body, "table:database-ranges")
    for sheet in book.sheets:
        first = xl_rowcol_to_cell(sheet.top, 0)
        last = xl_rowcol_to_cell(sheet.top + len(sheet.rows), len(sheet.headers) - 1)
        ET.SubElement(ranges, "table:database-range", {
            "table:name": sheet.table, "table:target-range-address": f"'{sheet.name}'.{first}:'{sheet.name}'.{last}",
            "table:contains-header": "true", "table:display-filter-buttons": "false",
        })  # fmt: skip
    return root


def _add_looks(styles: ET.Element) -> None:
    text = ET.SubElement(styles, "number:text-style", {"style:name": "N-text"})
    ET.SubElement(text, "number:text-content")
    for form, places in DECIMALS.items():
        kind = "number:percentage-style" if form == "share" else "number:number-style"
        made = ET.SubElement(styles, kind, {"style:name": f"N-{form}"})
        ET.SubElement(made, "number:number", {
            "number:decimal-places": str(places), "number:min-decimal-places": str(places),
            "number:min-integer-digits": "1", "number:grouping": "false" if form in {"plain", "share"} else "true",
        })  # fmt: skip
        if form == "share":
            ET.SubElement(made, "number:text").text = "%"
    for name, (form, letters, cell) in _LOOKS.items():
        look = ET.SubElement(styles, "style:style", {
            "style:name": name, "style:family": "table-cell", "style:parent-style-name": "Default",
            "style:data-style-name": form,
        })  # fmt: skip
        if cell:
            ET.SubElement(look, "style:table-cell-properties", cell)
        if letters:
            ET.SubElement(look, "style:text-properties", letters)


def _add_widths(styles: ET.Element, widths: set[int]) -> None:
    for width in sorted(widths):
        made = ET.SubElement(styles, "style:style", {"style:name": f"width-{width}", "style:family": "table-column"})
        size = f"{width * _MILLIMETRES:.1f}mm"
        ET.SubElement(made, "style:table-column-properties", {"style:column-width": size})


def _add_cover(body: ET.Element, lines: Sequence[Line]) -> None:
    table = _add_table(body, "Cover", [COVER_WIDTH])
    for line in lines:
        row = ET.SubElement(table, "table:table-row")
        if line.sheet:
            link = ET.SubElement(
                _add_text(row, "", "text"), "text:a", {"xlink:type": "simple", "xlink:href": f"#'{line.sheet}'.A1"}
            )
            link.text = cell_text(line.text)
        else:
            _add_text(row, line.text, line.style)


def _add_sheet(body: ET.Element, sheet: Sheet, widths: Sequence[int]) -> None:
    table = _add_table(body, sheet.name, widths)
    _add_text(ET.SubElement(table, "table:table-row"), sheet.title, "title")
    for note in sheet.notes:
        _add_text(ET.SubElement(table, "table:table-row"), note, "note")
    header = ET.SubElement(table, "table:table-row")
    for name in sheet.headers:
        _add_text(header, name, "header")
    for cells in sheet.rows:
        row = ET.SubElement(table, "table:table-row")
        for cell in cells:
            if isinstance(cell, Number):
                kind = "percentage" if cell.form == "share" else "float"
                ET.SubElement(row, "table:table-cell", {
                    "table:style-name": cell.form, "office:value-type": kind, "office:value": repr(cell.value),
                })  # fmt: skip
            else:
                _add_text(row, cell, "text")


def _add_table(body: ET.Element, name: str, widths: Sequence[int]) -> ET.Element:
    table = ET.SubElement(body, "table:table", {"table:name": name})
    for width in widths:
        ET.SubElement(table, "table:table-column", {"table:style-name": f"width-{width}"})
    return table


def _add_text(row: ET.Element, text: str, style: str) -> ET.Element:
    """A cell of text in a row; returns its paragraph."""
    cell = ET.SubElement(row, "table:table-cell", {"table:style-name": style, "office:value-type": "string"})
    paragraph = ET.SubElement(cell, "text:p")
    paragraph.text = cell_text(text)
    return paragraph


def _styles() -> ET.Element:
    """The one style that every cell stands on: its font, and the language of the text."""
    root = ET.Element("office:document-styles", _NAMES)
    default = ET.SubElement(
        ET.SubElement(root, "office:styles"), "style:style", {"style:name": "Default", "style:family": "table-cell"}
    )
    ET.SubElement(default, "style:text-properties", {
        "fo:font-family": "Arial", "fo:font-size": "12pt", "fo:language": "en", "fo:country": "GB",
    })  # fmt: skip
    return root


def _meta(title: str) -> ET.Element:
    root = ET.Element("office:document-meta", _NAMES)
    meta = ET.SubElement(root, "office:meta")
    ET.SubElement(meta, "dc:title").text = cell_text(title)
    ET.SubElement(meta, "dc:language").text = "en-GB"
    ET.SubElement(meta, "meta:creation-date").text = CREATED.isoformat()
    return root


def _manifest() -> ET.Element:
    root = ET.Element("manifest:manifest", {"xmlns:manifest": f"{_OASIS}manifest:1.0", "manifest:version": "1.3"})
    for path, kind in {"/": _TYPE, "content.xml": "text/xml", "styles.xml": "text/xml", "meta.xml": "text/xml"}.items():
        ET.SubElement(root, "manifest:file-entry", {"manifest:full-path": path, "manifest:media-type": kind})
    return root
