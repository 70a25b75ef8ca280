"""The months a reader is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd

from tipping_point.tables import InputError, months_between

MONTH = r"[0-9]{4}-(?:0[1-9]|1[0-2])"


def check_period(start: str, end: str) -> list[str]:
    """Every month 'YYYY-MM' of the period.

    Raises:
        InputError: start or end is no month, or the end comes before the start.
    """
    faults = [
        f"Period: {name} is {month!r}; a month is written YYYY-MM, for example '2019-02'."
        for name, month in (("start", start), ("end", end))
        if not re.fullmatch(MONTH, month)
    ]
    if not faults and end < start:
        faults = [f"Period: the end ({end}) comes before the start ({start})."]
    if faults:
        raise InputError(faults)
    return months_between(start, end)


ALLOWED_PERIODS = (
    "2024-03 (month), 2024-Q1 (quarter of the calendar year), 2024 (calendar year), 2023/24 (April to March), 'year"
    " ending March 2024', or '2023-04 to 2024-03'"
)
"""How `read_period` wants a period written."""
_YEAR = r"((?:19|20)\d\d)"
_MONTH = rf"({_YEAR}-(?:0[1-9]|1[0-2]))"
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read_period(text: str) -> tuple[str, str] | None:
    """First and last month of a period as `ALLOWED_PERIODS` has it; None where it is not understood."""
    plain = " ".join(text.lower().split())
    for pattern, read in _PERIODS:
        if match := re.fullmatch(pattern, plain, re.ASCII):
            return read(match)
    return None


def _span(match: re.Match[str]) -> tuple[str, str] | None:
    first, last = match[1], match[3] or match[1]
    return (first, last) if first <= last else None


def _quarter(match: re.Match[str]) -> tuple[str, str]:
    last = 3 * int(match[2])
    return f"{match[1]}-{last - 2:02d}", f"{match[1]}-{last:02d}"


def _financial_year(match: re.Match[str]) -> tuple[str, str] | None:
    after = str(int(match[1]) + 1)
    return (f"{match[1]}-04", f"{after}-03") if after.endswith(match[2]) else None


def _year_ending(match: re.Match[str]) -> tuple[str, str]:
    last = pd.Period(f"{match[2]}-{_NAMES.index(match[1]) + 1:02d}", freq="M")
    return str(last - 11), str(last)


_PERIODS: tuple[tuple[str, Callable[[re.Match[str]], tuple[str, str] | None]], ...] = (
    (rf"{_MONTH}(?: to {_MONTH})?", _span),
    (rf"{_YEAR}[- ]?q([1-4])", _quarter),
    (_YEAR, lambda match: (f"{match[1]}-01", f"{match[1]}-12")),
    (rf"{_YEAR}/(\d\d|\d{{4}})", _financial_year),
    (rf"(?:year|ye) (?:ending )?({'|'.join(_NAMES)})[a-z]*\.? {_YEAR}", _year_ending),
)
