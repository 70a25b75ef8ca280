"""The months from which next year is foreseen, and what was known, and published, in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tipping_point.tables import InputError

SERIES: Mapping[str, str] = {"04": "April", "10": "October"}
"""Calendar month of an origin: two series of years, which within a series do not overlap."""

HISTORY = 36
AHEAD = 12
SUSTAINED = 24

COVID = ("2020-03", "2021-07")
"""First and last month with restrictions on meeting in England (26 March 2020 to 19 July 2021)."""

PUBLISHED: Mapping[str, str] = {
    "iod2019": "2019-09",
    "wimd2019": "2019-11",
    "iod2025": "2025-10",
    "wimd2025": "2025-11",
}
"""Month in which each index of deprivation was published: before it, no one could have chosen by it."""


@dataclass(frozen=True)
class Origin:
    """The last month known; all that follows is foreseen."""

    month: str
    series: str
    covid_touched: bool
    """Whether the year behind it or the year ahead holds a month of COVID."""


def shift(month: str, months: int) -> str:
    """The month so many months later, 2020-02 two months after 2019-12."""
    return str(pd.Period(month, freq="M") + months)


def find_origins(first: str, last: str) -> list[Origin]:
    """Every April and October with three years behind it and one ahead, in order.

    Args:
        first: first month counted, 'YYYY-MM'.
        last: last month counted.

    Raises:
        InputError: there is none.
    """
    months = [str(month) for month in pd.period_range(shift(first, HISTORY - 1), shift(last, -AHEAD), freq="M")]
    origins = [Origin(month, SERIES[month[5:]], _touched(month)) for month in months if month[5:] in SERIES]
    if not origins:
        raise InputError(
            f"period: {first} to {last} is too short to be tested on its own past: three years before an April or an "
            f"October and one year after it are needed, which 54 months always hold"
        )
    return origins


def published_by(kinds: Sequence[str], month: str) -> bool:
    """Whether every index of deprivation that the study uses was published by the month; False where it uses none.

    Raises:
        InputError: an index whose publication is not known.
    """
    unknown = [kind for kind in kinds if kind not in PUBLISHED]
    if unknown:
        raise InputError([f"sources.deprivation: it is not known when '{kind}' was published" for kind in unknown])
    return bool(kinds) and max(PUBLISHED[kind] for kind in kinds) <= month


def _touched(month: str) -> bool:
    return shift(month, 1 - AHEAD) <= COVID[1] and shift(month, AHEAD) >= COVID[0]
