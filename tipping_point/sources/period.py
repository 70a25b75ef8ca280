"""The months a reader is asked for."""

from __future__ import annotations

import re

from tipping_point.schema import InputError, months_between

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
