"""Counts to rates: exact intervals, empirical-Bayes and standardised rates, harm rates, denominators."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame
from scipy.stats import chi2, rankdata

from tipping_point.facts.crime_types import NOT_CRIME
from tipping_point.measures.windows import split_months
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

PER = 1_000.0
"""Rates are per this many people a year."""

Floats = npt.NDArray[np.float64]


def add_crimes(wards: GeoDataFrame, counts: pd.DataFrame, *, weights: Mapping[str, float]) -> GeoDataFrame:
    """Add crimes_all, crimes and harm over the covered months of every assessed ward.

    Args:
        wards: indexed by ward_code, with assessed and months_covered.
        counts: ward_code x month x crime_type with crimes, missing where a month is not covered.
        weights: severity weight of each type of the measure; its keys are the measure.

    Returns:
        The wards; the three columns are missing where the ward is not assessed. harm is a year's: severity weight x
        count, summed and divided by the covered years.
    """
    totals = counts.groupby(["ward_code", "crime_type"], sort=False)["crimes"].sum().unstack("crime_type")
    totals = totals.reindex(wards.index).astype(float)
    chosen = totals.reindex(columns=list(weights), fill_value=0.0)
    years = wards["months_covered"].where(wards["months_covered"] > 0) / 12
    result = wards.copy()
    result["crimes_all"] = totals.drop(columns=list(NOT_CRIME), errors="ignore").sum(axis=1)
    result["crimes"] = chosen.sum(axis=1)
    result["harm"] = chosen.mul(pd.Series(weights)).sum(axis=1) / years
    for column in ("crimes_all", "crimes", "harm"):
        result[column] = result[column].where(result["assessed"])
    log.info(
        "crimes: %d of the measure among %d in %d assessed wards",
        result["crimes"].sum(), result["crimes_all"].sum(), int(result["assessed"].sum()),
    )  # fmt: skip
    return result


def add_rates(wards: GeoDataFrame, *, denominator: str = "resident") -> GeoDataFrame:
    """Add crime_rate with its exact 95% interval, smoothed_rate, standardised_rate and harm_rate.

    Args:
        wards: with crimes, harm, months_covered, assessed, country, population.
        denominator: 'resident' for residents, or a column of people, e.g. a workday population.

    Returns:
        The wards; rates per 1,000 of the denominator a year, missing where the ward is not assessed or the
        denominator is missing or nil. The empirical-Bayes mean and variance are those of the ward's country.

    Raises:
        InputError: no such column, or a negative value in it.

    >>> rates = tp.add_rates(results.wards)["crime_rate"]
    >>> bool((rates[results.wards["assessed"]] >= 0).all())
    True
    """
    people = _people(wards, denominator)
    usable = wards["assessed"] & (people > 0)
    exposure = (people * wards["months_covered"] / 12).where(usable) / PER
    low, high = poisson_interval(wards["crimes"].to_numpy(), exposure.to_numpy())
    result = wards.copy()
    result["crime_rate"] = wards["crimes"] / exposure
    result["crime_rate_low"], result["crime_rate_high"] = low, high
    result["smoothed_rate"] = np.nan
    result["standardised_rate"] = np.nan
    for country, rows in wards[usable].groupby("country").groups.items():
        smoothed, standardised, spread = empirical_bayes(
            wards.loc[rows, "crimes"].to_numpy(), exposure.loc[rows].to_numpy()
        )
        result.loc[rows, "smoothed_rate"] = smoothed
        result.loc[rows, "standardised_rate"] = standardised
        if spread == 0:
            log.info("rates: %s: the wards' rates cannot be told apart from chance alone (A = 0)", country)
    result["harm_rate"] = wards["harm"] / (people.where(usable) / PER)
    return result


def _people(wards: GeoDataFrame, denominator: str) -> pd.Series:
    column = "population" if denominator == "resident" else denominator
    if column not in wards.columns:
        raise InputError(
            f"rates.denominator: '{denominator}' is neither 'resident' nor an indicator of the study; "
            f'bring it in as [[sources.indicator]] with combine = "sum"'
        )
    people = wards[column].astype(float)
    if (people < 0).any():
        raise InputError(f"rates.denominator: '{column}' is negative in {', '.join(wards.index[people < 0][:5])}")
    return people


def rates_by_period(
    wards: GeoDataFrame, monthly: pd.DataFrame, *, fewest: int = 10, percentile: bool = False
) -> tuple[pd.DataFrame, int]:
    """Rates of every ward in periods that do not overlap, each standardised within its period and country.

    The periods are years, half-years, quarters or months: the longest of which there are at least `fewest`, counted
    back from the last month.

    Args:
        wards: with assessed, population and country.
        monthly: wards x months 'YYYY-MM', missing where not covered.
        fewest: periods wanted.
        percentile: give the percentile of the rate in place of the empirical-Bayes standardised rate.

    Returns:
        Wards x periods, each column the last month of its period, and the number of months in a period. Missing where
        the ward is not assessed or the period not covered.
    """
    table = monthly.reindex(wards.index)
    length = next((months for months in (12, 6, 3) if table.shape[1] // months >= fewest), 1)
    blocks = split_months(table, months=length, step=length, minimum_covered=0.75)
    people = wards["population"].where(wards["assessed"] & (wards["population"] > 0)) / PER
    exposure = blocks.covered.mul(people, axis=0) / 12
    result = pd.DataFrame(np.nan, index=wards.index, columns=blocks.counts.columns)
    for period in result.columns:
        known = blocks.counts[period].notna() & (exposure[period] > 0)
        for _, rows in wards[known].groupby("country").groups.items():
            counts, amount = blocks.counts.loc[rows, period], exposure.loc[rows, period]
            if percentile:
                result.loc[rows, period] = (rankdata(counts / amount) - 0.5) / len(rows) * 100
            else:
                result.loc[rows, period] = empirical_bayes(counts.to_numpy(), amount.to_numpy())[1]
    return result, length


def poisson_interval(counts: npt.ArrayLike, exposure: npt.ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Exact Poisson limits of a rate: chi2(a/2; 2y)/2 and chi2(1-a/2; 2y+2)/2, over the exposure (Garwood 1936).

    Args:
        counts: events y, shape (n,); NaN gives NaN.
        exposure: person-years (or any unit), shape (n,); NaN gives NaN.
        level: coverage.

    Returns:
        Lower and upper limit of the rate, shape (n,) each; the lower limit of no event is 0.
    """
    events, amount = np.asarray(counts, dtype=float), np.asarray(exposure, dtype=float)
    tail = (1 - level) / 2
    low = np.where(events > 0, chi2.ppf(tail, np.maximum(2 * events, 1)) / 2, np.where(np.isnan(events), np.nan, 0.0))
    high = chi2.ppf(1 - tail, 2 * events + 2) / 2
    return low / amount, high / amount


def empirical_bayes(counts: npt.ArrayLike, exposure: npt.ArrayLike) -> tuple[Floats, Floats, float]:
    """Empirical-Bayes smoothed and standardised rates by the method of moments.

    m = sum(y)/sum(P); A = max(0, sum(P (r - m)^2)/sum(P) - m/mean(P)); smoothed m + A/(A + m/P) (r - m)
    (Marshall 1991); standardised (r - m)/sqrt(A + m/P) (Assuncao and Reis 1999).

    Args:
        counts: events y, shape (n,).
        exposure: P > 0, shape (n,).

    Returns:
        Smoothed rates (n,), standardised rates (n,), and A. With no event anywhere both are 0.
    """
    events, amount = np.asarray(counts, dtype=float), np.asarray(exposure, dtype=float)
    rate = events / amount
    mean = events.sum() / amount.sum()
    if mean == 0:
        return np.zeros_like(rate), np.zeros_like(rate), 0.0
    spread = float(max(0.0, (amount * (rate - mean) ** 2).sum() / amount.sum() - mean / amount.mean()))
    variance = spread + mean / amount
    return mean + spread / variance * (rate - mean), (rate - mean) / np.sqrt(variance), spread
