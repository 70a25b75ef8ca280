"""Which column of a file holds the codes of its areas, and of which kind and year they are."""

from __future__ import annotations

import re

import pandas as pd

from tipping_point.sources.cells import CODES, RawTable, quote, shorten
from tipping_point.tables import InputError

_KINDS = {"lsoa": "small areas (E01, W01)", "msoa": "middle-layer areas (E02, W02)", "ward": "wards (E05, W05)"}
_EXAMPLES = {"lsoa": "lsoa11 or lsoa21", "msoa": "msoa11 or msoa21", "ward": "ward19, ward22 and the like"}
_VINTAGE = r"(?:lsoa|msoa|ward)\d\d"
_KNOWN_HEADER = re.compile(
    r"(?:lsoa|msoa|ward|wd)\d\d_?(?:code|cd)|(?:lsoa|msoa|ward) (?:\d{4} )?code(?: ?\(\d{4}\))?"
    r"|geography[ _]code|new code|area[ _]code|ward_?code|[lm]soa_?code|code",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:20)?(\d\d)(?!\d)")
_MOSTLY = 0.5


def find_code_column(
    raw: RawTable, *, code_column: str | None = None, vintage: str | None = None
) -> tuple[str, pd.Series]:
    """The name that the codes get (lsoa11_code, ward24_code) and the codes.

    The column is the one named, else the one whose header is known and whose cells are mostly codes
    of small areas, middle-layer areas or wards; the vintage is the one given, else the year that the header names.

    Raises:
        InputError: no such column, or several; codes of another kind than the vintage says; a year
            that neither the header nor the vintage gives.
    """
    if vintage is not None and not re.fullmatch(_VINTAGE, vintage):
        raise InputError(
            f"{raw.name}: vintage {quote(vintage)} is not understood; it is lsoa, msoa or ward and the two digits of"
            f" the year, for example lsoa11, lsoa21, msoa21, ward19."
        )
    name = code_column or _recognise(raw)
    codes = raw.column(name)
    kind = _kind(codes.astype(str))
    if kind is None:
        raise InputError(
            f"{raw.name}: column '{name}' holds no codes of {', '.join(_KINDS.values())}, but for example"
            f" {quote(codes.iloc[0])}."
        )
    named = _named_vintage(name, kind)
    if vintage is None and named is None:
        raise InputError(
            f"{raw.name}: the year of the codes in '{name}' is not in its header; give the option vintage"
            f" ({_EXAMPLES[kind]})."
        )
    if vintage is not None and (not vintage.startswith(kind) or named not in (None, vintage)):
        given = named or _KINDS[kind]
        raise InputError(f"{raw.name}: column '{name}' holds codes of {given}, and the vintage given is {vintage}.")
    return f"{vintage or named}_code", codes.astype(str)


def _recognise(raw: RawTable) -> str:
    known = [cell for cell in dict.fromkeys(raw.header) if _KNOWN_HEADER.fullmatch(cell)]
    found = [cell for cell in known if _kind(raw.column(cell).astype(str)) is not None]
    if len(found) == 1:
        return found[0]
    given = f"several columns of codes: {shorten(found)}" if found else "no column of codes that is recognised"
    raise InputError(f"{raw.name} has {given}; name it by the option code_column. It has {shorten(raw.header)}.")


def _kind(codes: pd.Series) -> str | None:
    """'lsoa', 'msoa' or 'ward' where half or more of the filled cells are such codes; the reader judges the others."""
    filled = codes[codes != ""]
    shares = {kind: filled.str.fullmatch(CODES[kind]).mean() for kind in _KINDS} if len(filled) else {}
    return next((kind for kind, share in shares.items() if share >= _MOSTLY), None)


def _named_vintage(header: str, kind: str) -> str | None:
    match = _YEAR.search(header)
    return f"{kind}{match[1]}" if match else None
