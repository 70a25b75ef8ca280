"""Figures of larger areas as they stand beside the trends: whom they are of, and that they say nothing of wards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from tipping_point.outputs import wording

Records = Mapping[str, pd.DataFrame]

LATEST = 3
"""Periods of a figure on the page of an area, the last ones; the table of the report has all."""

SAYS_NOTHING = "Each is of the whole area named, and says nothing of single wards."

NOT_GIVEN = "not given"
"""Where the publisher suppressed a figure, or has none."""

LONG = 160


@dataclass(frozen=True)
class Series:
    """One figure of one area, period by period."""

    figure: str
    area: str
    unit: str
    publisher: str
    note: str
    values: tuple[tuple[str, str], ...]
    """Period and value with its range, in the order of time."""

    @property
    def latest(self) -> str:
        """The last periods in a line: '2022/23: 19 [17 to 21]; 2023/24: 18 [16 to 20] per 1,000 adults'."""
        shown = "; ".join(f"{period}: {value}" for period, value in self.values[-LATEST:])
        return f"{shown} ({self.unit})"


def beside_area(records: Records, area_id: str) -> tuple[Series, ...]:
    """The figures of every larger area in which an area lies, whole or in part."""
    table = records.get("context", pd.DataFrame())
    if table.empty:
        return ()
    return _series(table[[area_id in wording.split(codes) for codes in table["area_ids"]]])


def all_series(records: Records) -> tuple[Series, ...]:
    """Every figure of the study's larger areas."""
    return _series(records.get("context", pd.DataFrame()))


def _series(table: pd.DataFrame) -> tuple[Series, ...]:
    if table.empty:
        return ()
    made = []
    for _, rows in table.groupby(["figure", "area"], sort=False):
        lines = wording.rows(rows.sort_values(["start", "end"]))
        first = lines[0]
        face = {name: wording.clean(first[name], LONG) for name in ("figure", "area", "unit", "publisher")}
        values = tuple((wording.clean(line["period"], 40), _value(line)) for line in lines)
        made.append(Series(**face, note=wording.clean(first["note"], 4 * LONG), values=values))
    return tuple(made)


def _value(row: wording.Row) -> str:
    """A figure as it was published, with its limits: '18.2 [16 to 20.4]'."""
    if row["value"] is None:
        return NOT_GIVEN
    value = _number(row["value"])
    if row["lower"] is None or row["upper"] is None:
        return value
    return f"{value} [{_number(row['lower'])} to {_number(row['upper'])}]"


def _number(value: object) -> str:
    amount = float(str(value))
    return f"{amount:,.0f}" if amount == round(amount) else f"{amount:,.6g}"
