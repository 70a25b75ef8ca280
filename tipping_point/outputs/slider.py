"""Months on a slider: the measure in every ward, month by month or quarter by quarter, in classes of one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import wording
from tipping_point.outputs.classes import NOT_ASSESSED, Class, Codes, Numbers, assessed, countries, equal_parts

CELLS = 150_000
"""Most wards times periods that the map's file carries; a longer study is shown by quarters or not at all."""


@dataclass(frozen=True)
class Slider:
    """`values`: class numbers as a view's, wards x periods. Where there are no periods, `note` says why."""

    periods: tuple[str, ...]
    classes: tuple[Class, ...]
    countries: tuple[str, ...]
    values: Codes
    crimes: tuple[str, ...]
    """Crimes of the measure in all wards in each period, for the table twin."""
    wards: tuple[str, ...]
    """How many assessed wards are covered in each period."""
    note: str


def build_slider(wards: pd.DataFrame, counts: pd.DataFrame | None, cover: schema.Cover) -> Slider:
    """Rates by period in five classes over all periods, or the reason why there are none."""
    if counts is None or counts.empty:
        return _without(wards, "")
    monthly = _monthly(wards, counts, cover)
    if len(wards) * monthly.shape[1] <= CELLS:
        spans = [[month] for month in monthly.columns]
    else:
        spans = [list(monthly.columns[start : start + 3]) for start in range(monthly.shape[1] % 3, monthly.shape[1], 3)]
    if len(wards) * len(spans) > CELLS or not spans:
        months = wording.plural(monthly.shape[1], "month")
        why = f"Months are not on this map: {months} of {len(wards):,} wards would make it too heavy."
        return _without(wards, f"{why} They are in the table of counts.")
    # A month that is not covered leaves its whole period without a value: a part of a count is not a smaller count.
    crimes = np.column_stack([monthly[span].sum(axis=1, skipna=False) for span in spans])
    years = np.array([len(span) for span in spans]) / 12
    people = wards["population"].astype(float).to_numpy()[:, np.newaxis]
    rates = np.divide(crimes * 1000, people * years, out=np.full(crimes.shape, np.nan), where=people > 0)
    rates[~assessed(wards)] = np.nan
    scale = equal_parts(rates, countries(wards))
    values = scale.code(rates, countries(wards))
    values[~assessed(wards)] = NOT_ASSESSED
    return Slider(
        periods=tuple(_words(span) for span in spans),
        classes=scale.classes,
        countries=scale.countries,
        values=values,
        crimes=tuple(wording.count(total) for total in _totals(crimes)),
        wards=tuple(wording.count(number) for number in np.isfinite(rates).sum(axis=0)),
        note=_note(cover, scale.part, [len(span) for span in spans], monthly.shape[1]),
    )


def _monthly(wards: pd.DataFrame, counts: pd.DataFrame, cover: schema.Cover) -> pd.DataFrame:
    """Crimes of the measure, wards x months, NaN where the month is not covered."""
    mine = counts[counts["crime_type"].isin(list(cover.measure_types))]
    keys = [mine["ward_code"].astype(str), mine["month"].astype(str)]
    crimes = mine["crimes"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    # NaN added to a number is NaN: a month that lacks one type is not known.
    found = pd.Series(crimes, index=mine.index).groupby(keys).sum(skipna=False)
    months = schema.months_between(cover.start, cover.end)
    return found.unstack().reindex(index=wards.index.astype(str), columns=months).astype(float)


def _totals(crimes: Numbers) -> Numbers:
    known = np.isfinite(crimes)
    return np.where(known.any(axis=0), np.where(known, crimes, 0.0).sum(axis=0), np.nan)


def _words(span: Sequence[str]) -> str:
    first, last = (pd.Period(month, freq="M") for month in (span[0], span[-1]))
    if first == last:
        return first.strftime("%B %Y")
    return f"{first.strftime('%B %Y' if first.year != last.year else '%B')} to {last.strftime('%B %Y')}"


def _note(cover: schema.Cover, part: str, lengths: Sequence[int], months: int) -> str:
    unit = "month" if max(lengths) == 1 else "quarter"
    measure = wording.clean(cover.measure_label)
    left = months - sum(lengths)
    first = f" The first {wording.plural(left, 'month')} {'makes' if left == 1 else 'make'} no quarter." if left else ""
    return (
        f"{wording.label(measure)} per 1,000 residents a year, {unit} by {unit}. One scale for all of them: each "
        f"colour holds about {part} of the rates of its country. One {unit} rests on few crimes and moves a good deal "
        f"by chance.{first}"
    )


def _without(wards: pd.DataFrame, note: str) -> Slider:
    return Slider((), (), (), np.empty((len(wards), 0), dtype=np.int8), (), (), note)
