"""What the cells of a published table can hold: a table of raw cells, and its codes and numbers checked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from tipping_point.tables import InputError

CODES = {
    "lsoa": r"[EW]01[0-9]{6}",
    "msoa": r"[EW]02[0-9]{6}",
    "ward": r"[EW]05[0-9]{6}",
    "district": r"(?:E0[6-9]|W06)[0-9]{6}",
    "partnership": r"(?:E22|W14)[0-9]{6}",
    "force": r"(?:E23|W15)[0-9]{6}",
    "region": r"(?:E12|E92|W92|W99)[0-9]{6}",
    "authority": r"E(?:47|61)[0-9]{6}",
}
"""Office for National Statistics codes of England and Wales, by what they stand for."""

BLANK = frozenset({""})
SUPPRESSED = frozenset({"", "*", "-", "x", "z", "c", ".", "..", ":", "low", "na", "n/a"})
"""How publishers write 'no figure' (lower case); 'na' is what R writes."""

_NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_GROUPED = r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?"
_SHOWN = 60


@dataclass(frozen=True)
class RawTable:
    """A table as the file gives it: the header, and the cells under it; columns are taken out only when asked for."""

    name: str
    """The file (and sheet) as messages show it."""
    header: tuple[str, ...]
    rows: pd.Index
    """The row in the file of each row of cells; the file's first row is 1."""
    take: Callable[[int], Sequence[object] | pd.Series]
    """The cells of the column at a place of the header, counted from 0."""

    def find(self, pattern: str) -> list[str]:
        """Header cells that the whole pattern matches, whatever their case."""
        return [cell for cell in self.header if re.fullmatch(pattern, cell, re.IGNORECASE)]

    def column(self, name: str) -> pd.Series:
        """The cells under one header cell, as stripped text; numbers stay numbers.

        Raises:
            InputError: the header does not hold the name, or holds it twice.
        """
        places = [place for place, cell in enumerate(self.header) if cell == name]
        if len(places) != 1:
            given = "twice" if places else "not"
            close = difflib.get_close_matches(name, self.header, n=3)
            hint = f" Close to it: {', '.join(map(quote, close))}." if close and not places else ""
            raise InputError(
                f"{self.name}: column {quote(name)} is {given} in the header; it has {shorten(self.header)}.{hint}"
            )
        cells = pd.Series(self.take(places[0]), index=self.rows, name=name)
        if pd.api.types.is_numeric_dtype(cells):
            return cells
        return cells.fillna("").astype(str).str.strip()


def shorten(names: Sequence[str], *, most: int = 12) -> str:
    """Names in a row, cut after so many: 'a, b, c and 40 more'."""
    shown = ", ".join(str(name)[:_SHOWN] for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def quote(value: object) -> str:
    """A cell as a message shows it: in quotes, control characters escaped, cut where long."""
    text = str(value)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def clean_header(cells: Sequence[object]) -> tuple[str, ...]:
    """Header cells without outer blanks, line breaks or doubled spaces."""
    return tuple(" ".join(str(cell).split()) for cell in cells)


def to_numbers(
    cells: pd.Series, where: str, *, missing: frozenset[str] = BLANK, lowest: float | None = None
) -> tuple[pd.Series, list[str]]:
    """Numbers (float, missing where the mark says so) and the faults found.

    Thousands separators are taken out where they stand as they should ('12,345', not '1,2').
    """
    if pd.api.types.is_numeric_dtype(cells):
        numbers = cells.astype(float)
    else:
        text = cells.str.replace(",", "").where(cells.str.fullmatch(_GROUPED), cells)
        given = ~text.str.lower().isin(missing)
        wrong = cells[given & ~text.str.fullmatch(_NUMBER)]
        if len(wrong):
            return pd.Series(float("nan"), index=cells.index, name=cells.name), [_not_a_number(wrong, where, missing)]
        numbers = pd.to_numeric(text.where(given)).astype(float)
    low = numbers[numbers < lowest] if lowest is not None else numbers.iloc[:0]
    infinite = numbers[numbers.abs() == float("inf")]
    faults = [
        f"{where}: row {bad.index[0]} has {quote(format(bad.iloc[0], 'g'))} in '{cells.name}', {why}{_others(bad)}."
        for bad, why in ((low, f"which is below {lowest}"), (infinite, "which is no finite number"))
        if len(bad)
    ]
    return numbers, faults


def _not_a_number(wrong: pd.Series, where: str, missing: frozenset[str]) -> str:
    marks = ", ".join(sorted(mark for mark in missing if mark))
    allowed = "a number or a blank" + (f" or one of {marks}" if marks else "")
    return (
        f"{where}: row {wrong.index[0]} has {quote(wrong.iloc[0])} in '{wrong.name}', which is not a number"
        f"{_others(wrong)}; allowed is {allowed}."
    )


def _others(bad: pd.Series) -> str:
    return f" (and {len(bad) - 1:,} more rows)" if len(bad) > 1 else ""


def code_faults(codes: pd.Series, where: str, *, kind: str) -> list[str]:
    """A fault where a code is not of its kind (a key of CODES)."""
    wrong = codes[~codes.str.fullmatch(CODES[kind])]
    if wrong.empty:
        return []
    return [
        f"{where}: row {wrong.index[0]} has {quote(wrong.iloc[0])} in '{codes.name}', which is not the code of a"
        f" {kind} of England or Wales ({CODES[kind]}){_others(wrong)}."
    ]


def repeat_faults(codes: pd.Series, where: str) -> list[str]:
    """A fault where a code stands on more than one row."""
    repeated = codes[codes.duplicated(keep=False)]
    if repeated.empty:
        return []
    first = repeated.iloc[0]
    rows = ", ".join(str(row) for row in repeated.index[repeated == first][:5])
    return [
        f"{where}: {repeated.nunique():,} code(s) of '{codes.name}' stand on more than one row, for example {first}"
        f" on rows {rows}; each may stand once."
    ]
