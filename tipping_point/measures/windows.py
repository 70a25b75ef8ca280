"""Months to longer periods: rolling windows for states, and periods that do not overlap for trends.

A month that is not covered is missing, never nought: it is left out of its period, and a period with too few covered
months is missing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.tables import InputError, check_table, months_between


@dataclass(frozen=True)
class Blocks:
    """Periods of several months, each named by its last: wards x periods."""

    counts: pd.DataFrame
    """Over the covered months of the period, as counted; missing where too few are covered."""
    covered: pd.DataFrame
    """Covered months."""

    def annual_rates(self, people: pd.Series) -> pd.DataFrame:
        """Per 1,000 people a year, missing where people are nil or missing; equal ratios give equal rates."""
        exposure = self.covered.mul(people.where(people > 0), axis=0)
        return self.counts * 12_000 / exposure.where(exposure > 0)


def count_by_month(counts: pd.DataFrame, *, weights: Mapping[str, float]) -> pd.DataFrame:
    """Ward x month x type to ward x month: the sum of weight x crimes over the types.

    Args:
        counts: ward_code, month, crime_type and crimes, missing where a month is not covered (`schema.COUNTS`).
        weights: weight of each type; 1 each for a plain count. Types that are not named are left out.

    Returns:
        Wards x months 'YYYY-MM', sorted, float; missing where none of the types was counted.

    Raises:
        InputError: a column is absent.
    """
    check_table(counts, "counts", ["ward_code", "month", "crime_type", "crimes"])
    chosen = counts[counts["crime_type"].isin(list(weights))]
    weighted = chosen["crimes"].astype(float) * chosen["crime_type"].map(dict(weights)).astype(float)
    summed = weighted.groupby([chosen["ward_code"], chosen["month"]]).sum(min_count=1)
    return summed.unstack("month").sort_index().sort_index(axis=1)


def check_monthly(monthly: pd.DataFrame) -> pd.DataFrame:
    """The table as float with every month from its first to its last, in order; absent months are missing.

    Raises:
        InputError: repeated wards or months, columns that are not months, counts negative or infinite.
    """
    faults = []
    months = [str(column) for column in monthly.columns]
    wrong = [month for month in months if not _is_month(month)]
    if wrong or not months:
        shown = ", ".join(map(repr, wrong[:5])) or "none"
        faults.append(f"monthly: its columns must be months such as 2024-01; given {shown}")
    if len(set(months)) < len(months):
        faults.append("monthly: a month stands twice; each must stand once")
    if monthly.index.has_duplicates:
        repeated = ", ".join(map(str, monthly.index[monthly.index.duplicated()].unique()[:5]))
        faults.append(f"monthly: ward(s) {repeated} stand twice; each must stand once")
    values = np.asarray(monthly, dtype=float)
    odd = (values < 0) | np.isinf(values)
    if odd.any():
        ward, month = (int(place[0]) for place in np.nonzero(odd))
        faults.append(
            f"monthly: {int(odd.sum())} counts are negative or infinite, e.g. {values[ward, month]:g} for ward "
            f"{monthly.index[ward]} in {months[month]}; a count is at least 0, or missing where not covered"
        )
    if faults:
        raise InputError(faults)
    table = pd.DataFrame(values, index=monthly.index, columns=months)
    return table.reindex(columns=months_between(min(months), max(months)))


def split_months(monthly: pd.DataFrame, *, months: int, step: int, minimum_covered: float = 0.75) -> Blocks:
    """Periods of `months` months, one every `step` months, the last ending with the table's last month.

    Args:
        monthly: wards x months, from `check_monthly`.
        months: length of a period.
        step: 1 for rolling windows; `months` for periods that do not overlap.
        minimum_covered: share of a period's months that must be covered.
    """
    values = monthly.to_numpy(dtype=float)
    if values.shape[1] < months:
        empty = pd.DataFrame(index=monthly.index, columns=pd.Index([], dtype=str), dtype=float)
        return Blocks(empty, empty)
    known = ~np.isnan(values)
    sums, covered = (_rolling_sum(part, months) for part in (np.where(known, values, 0.0), known.astype(float)))
    ends = np.arange(len(monthly.columns) - 1, months - 2, -step)[::-1]
    enough = covered >= math.ceil(minimum_covered * months - 1e-9)
    counts = np.where(enough & (covered > 0), sums, np.nan)
    labels = monthly.columns[ends]
    chosen = ends - (months - 1)
    return Blocks(
        pd.DataFrame(counts[:, chosen], index=monthly.index, columns=labels),
        pd.DataFrame(covered[:, chosen], index=monthly.index, columns=labels),
    )


def rolling_windows(monthly: pd.DataFrame, *, months: int = 12, minimum_covered: float = 0.75) -> pd.DataFrame:
    """Count a year in every run of `months` months. For pictures and states, never for a trend test: they overlap.

    Args:
        monthly: counts, wards x months 'YYYY-MM', missing where not covered; months that are absent are missing.
        months: length of a window.
        minimum_covered: share of a window's months that must be covered; what is covered is scaled to a year.

    Returns:
        Wards x windows, each named by its last month; missing where too few months are covered; no column where the
        table is shorter than a window.

    Raises:
        InputError: see `check_monthly`.
    """
    blocks = split_months(check_monthly(monthly), months=months, step=1, minimum_covered=minimum_covered)
    return blocks.counts * 12 / blocks.covered.where(blocks.covered > 0)


def _rolling_sum(values: npt.NDArray[np.float64], months: int) -> npt.NDArray[np.float64]:
    """Each window added up afresh: a running difference of sums would leave rounding that breaks ties."""
    return np.asarray(np.lib.stride_tricks.sliding_window_view(values, months, axis=1).sum(axis=-1), dtype=float)


def _is_month(text: str) -> bool:
    return len(text) == 7 and text[4] == "-" and text[:4].isdigit() and text[5:] in {f"{n:02d}" for n in range(1, 13)}
