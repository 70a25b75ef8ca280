"""How much a ward's crime moves from year to year beyond chance: estimated from the study's years, or stated.

Counts of one year scatter around the ward's long-run rate more than Poisson: mean mu, variance mu + phi mu^2, with phi
the between-year variance on the log scale. Ranks that allow for Poisson alone look firmer than they are.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.tables import InputError, check_table

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]

YEARS = 5
"""Full years that an estimate needs, and the length of the long run: what changes over more is another rate."""

STATED = 0.01
"""Between-year variance of a year, log scale, where the study has too few years: London's (docs/firmness.md). One value
for every crime type, and one movement shared by all types of a ward."""


@dataclass(frozen=True)
class YearVariance:
    """Variance between years on the log scale, crime types x crime types, for one year; and where it is from."""

    covariance: pd.DataFrame
    note: str

    def over(self, months: float) -> Floats:
        """The covariance of the mean over a period: years are taken as independent, no period as more than five.

        A part of a year moves as much as a year.
        """
        return self.covariance.to_numpy(dtype=float) / float(np.clip(months / 12, 1.0, YEARS))


def find_year_variance(
    wards: pd.DataFrame, counts: pd.DataFrame, *, types: Sequence[str], variance: float | None = None
) -> YearVariance:
    """The between-year variance of every crime type, and how the types move together.

    Years are counted back from the last month and cut into runs of five. Within a run a ward's share of the year's
    crimes of a type is taken as constant: expected e = ward total x year total / total. phi solves
    sum((y - e)^2/(e + phi e^2)) x 5/4 = number of ward-years (Breslow 1984), so that each ward counts alike and busy
    centres do not decide; the covariance of two types follows from the products of their residuals under the same
    weights. What all wards share (a year of lockdown, a change of recording) is in the year total, and out of phi.

    Args:
        wards: indexed by ward_code, with assessed.
        counts: ward_code, month, crime_type and crimes, missing where not covered.
        types: crime types wanted.
        variance: a stated value to use in place of an estimate; 0 is Poisson.

    Returns:
        The covariance (positive semi-definite). With fewer than five full years, or no ward covered through five, the
        stated value, with all types of a ward moving together.

    Raises:
        InputError: a column is absent; a negative variance.
    """
    check_table(counts, "counts", ["ward_code", "month", "crime_type", "crimes"])
    names = list(types)
    if variance is not None:
        if not 0 <= variance < 1:
            raise InputError(f"variance: {variance} given; the between-year variance must be at least 0 and below 1")
        return _state(names, variance, "as the study states")
    runs = _five_year_runs(counts, wards.index[wards["assessed"].astype(bool)], names)
    if not runs:
        return _state(names, STATED, f"a stated value, because no run of {YEARS} full years is covered")
    covariance = pd.DataFrame(_estimate(runs), index=names, columns=names)
    whole = float(_estimate([run.sum(axis=0, keepdims=True) for run in runs])[0, 0])
    note = (
        f"Ranks allow for crime that moves from year to year: the variance of a ward's yearly count beyond chance is "
        f"{whole:.4f} on the log scale, estimated from {YEARS * len(runs)} years of this study."
    )
    log.info("between years: variance %.4f for all types together, from %d years", whole, YEARS * len(runs))
    return YearVariance(covariance, note)


def _state(names: list[str], value: float, why: str) -> YearVariance:
    note = (
        f"Ranks allow for crime that moves from year to year: the variance of a ward's yearly count beyond chance is "
        f"taken as {value:g} on the log scale, {why}."
    )
    log.info("between years: variance %g, %s", value, why)
    return YearVariance(pd.DataFrame(value, index=names, columns=names), note)


def _five_year_runs(counts: pd.DataFrame, wards: pd.Index, types: list[str]) -> list[Floats]:
    """Yearly counts, types x wards x five years, for each run of five years that some wards are covered through."""
    months = sorted(counts["month"].unique())
    years = len(months) // 12
    if years < YEARS:
        return []
    recent = {month: place // 12 for place, month in enumerate(months[-12 * years :])}
    chosen = counts[counts["crime_type"].isin(types) & counts["ward_code"].isin(wards)]
    year = chosen["month"].map(recent)
    keys = [chosen["crime_type"], chosen["ward_code"], year]
    yearly = chosen["crimes"].astype(float).groupby(keys, observed=True).agg(["sum", "count"])
    table = yearly["sum"].where(yearly["count"] == 12).unstack()
    runs = []
    for end in range(years, YEARS - 1, -YEARS):
        block = table.reindex(columns=range(end - YEARS, end)).unstack("crime_type").dropna()
        if len(block):
            cube = block.to_numpy().reshape(len(block), YEARS, -1).transpose(2, 0, 1)
            found = list(block.columns.get_level_values("crime_type")[: len(cube)])
            whole = np.zeros((len(types), *cube.shape[1:]))
            whole[[types.index(name) for name in found]] = cube
            runs.append(whole)
    return runs


def _estimate(runs: list[Floats]) -> Floats:
    """Covariance between types of the yearly movement, from runs of types x wards x years."""
    expected = [_expect(run) for run in runs]
    scale = YEARS / (YEARS - 1)
    number = runs[0].shape[0]
    phi = np.zeros(number)
    for kind in range(number):
        e = np.concatenate([part[kind].ravel() for part in expected])
        squares = np.concatenate([((run - part)[kind] ** 2).ravel() for run, part in zip(runs, expected, strict=True)])
        phi[kind] = _solve_breslow(squares[e > 0] * scale, e[e > 0])
    above, below = np.zeros((number, number)), np.zeros((number, number))
    for run, part in zip(runs, expected, strict=True):
        deviation = np.sqrt(np.maximum(part + phi[:, None, None] * part**2, 1e-300))
        residual, size = ((values / deviation).reshape(number, -1) for values in (run - part, part))
        above += residual @ residual.T * scale
        below += size @ size.T
    covariance = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    np.fill_diagonal(covariance, phi)
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.maximum(values, 0)) @ vectors.T)


def _expect(run: Floats) -> Floats:
    total = run.sum(axis=(1, 2), keepdims=True)
    rows, columns = run.sum(axis=2, keepdims=True), run.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(rows * columns, total, out=np.zeros_like(run), where=total > 0))


def _solve_breslow(squares: Floats, expected: Floats) -> float:
    """The phi >= 0 with sum(squares/(expected + phi expected^2)) = n; 0 where they scatter as Poisson or less."""
    low, high = 0.0, 100.0
    if not len(expected) or (squares / expected).sum() <= len(expected):
        return 0.0
    for _ in range(60):
        middle = (low + high) / 2
        if (squares / (expected + middle * expected**2)).sum() > len(expected):
            low = middle
        else:
            high = middle
    return (low + high) / 2
