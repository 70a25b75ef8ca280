"""The value of a ward to a mission: harm above what is usual for its kind of place, weighed by its deprivation.

v = max(0, H - h0 P) x D. H is the ward's harm a year, each type's count first drawn towards its country (so that a
freak year does not choose a place); h0 the usual harm rate of its kind of place; P its residents; D its percentile of
deprivation, 0 to 1. Deprivation enters once, as D: the kind of place never rests on it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.measures.between_years import find_year_variance
from tipping_point.measures.components import Component
from tipping_point.measures.index import name_missing
from tipping_point.measures.long_run import Fits
from tipping_point.measures.rates import PER, empirical_bayes
from tipping_point.measures.simulate import draw_columns
from tipping_point.tables import InputError, check_table

log = logging.getLogger(__name__)

FEWEST = 20
"""Wards of one kind of place from which a median harm rate can stand for what is usual there."""

MOST_DEPRIVED = 80.0
"""Percentile of deprivation from which a visitor ward that adds nothing is named: people live there in need too."""


def add_value(
    wards: GeoDataFrame,
    counts: pd.DataFrame,
    *,
    weights: Mapping[str, float],
    years: int = 3,
    visitors: bool = False,
    kind: str | None = None,
) -> GeoDataFrame:
    """Add long_run_harm, usual_harm_rate, excess_harm, value, value_plain and value_missing.

    Args:
        wards: indexed by ward_code, with assessed, country, population, visitor_ward and deprivation (percentile).
        counts: ward_code x month x crime_type with crimes, missing where a month is not covered.
        weights: severity weight of each type of the measure; a type of weight 0 adds no harm.
        years: how many years back harm is looked at; whole years, or all months where the study holds less than one.
        visitors: whether wards that are busy because people visit count as others do; otherwise their value is 0.
        kind: column with the kind of place (a settlement class), where one is known.

    Returns:
        The wards. long_run_harm is H, points a year; usual_harm_rate h0 per 1,000 residents a year, the median of the
        assessed wards of the same country, kind and visitor flag; excess_harm max(0, H - h0 P); value that x D;
        value_plain H itself, for the choice under plain harm. All missing where the ward is not assessed; value_missing
        says what an assessed ward lacks. attrs['choices'] gains a sentence for every choice made automatically.

    Raises:
        InputError: a column or a crime type that is not there, a weight below 0, or years below 1.
    """
    _check_input(wards, counts, weights, years, kind)
    months, choices = _last_months(counts["month"].unique(), years)
    harm = _long_run_harm(wards, counts[counts["month"].isin(months)], weights)
    people = wards["population"] / PER
    visitor = wards["visitor_ward"].astype("boolean")
    usual, said = _usual_rate(wards, harm / people, visitor, kind)
    excess = (harm - usual * people).clip(lower=0)
    counted = 1.0 if visitors else (~visitor).astype("Float64").astype(float)
    parts = pd.DataFrame({"harm": harm, "visitor_ward": visitor, "deprivation": wards["deprivation"]})
    result = wards.assign(
        long_run_harm=harm,
        usual_harm_rate=usual,
        excess_harm=excess,
        value=excess * wards["deprivation"] / 100 * counted,
        value_plain=harm,
        value_missing=name_missing(parts).where(wards["assessed"], ""),
    )
    if not visitors:
        said += _describe_left_out(result)
    result.attrs["choices"] = [*wards.attrs.get("choices", ()), *choices, *said]
    log.info(
        "value: %d months to %s; %d of %d wards above the usual harm of their kind; %d assessed wards without a value",
        len(months), months[-1], int((result["value"] > 0).sum()), len(wards),
        int((result["value_missing"] != "").sum()),
    )  # fmt: skip
    return result


def simulate_value(
    wards: GeoDataFrame,
    counts: pd.DataFrame,
    *,
    weights: Mapping[str, float],
    years: int = 3,
    visitors: bool = False,
    simulations: int = 100,
    variance: float | None = None,
    seed: int,
    fits: Fits | None = None,
) -> pd.DataFrame:
    """The value of every ward in each simulation of its long-run harm: what is usual, and deprivation, are held.

    Args:
        wards: from `add_value` with the same counts, weights, years and visitors.
        counts: as there.
        weights: as there.
        years: as there.
        visitors: as there.
        simulations: how many.
        variance: between-year variance; None estimates it from five full years, else takes the stated one.
        seed: the same seed, the same table.
        fits: as for `simulate_index`.

    Returns:
        Wards x simulations; missing where the ward has no value, 0 where it adds none whatever its harm.
    """
    months, _ = _last_months(counts["month"].unique(), years)
    recent = counts[counts["month"].isin(months)]
    harm = [Component("long_run_harm", 1.0)]
    yearly = find_year_variance(wards, counts, types=tuple(weights), variance=variance)
    draws = draw_columns(
        wards, recent, components=harm, harm_weights=weights, denominator="resident", simulations=simulations,
        yearly=yearly, seed=seed, fits=fits,
    )  # fmt: skip
    result = pd.DataFrame(np.nan, index=wards.index, columns=pd.RangeIndex(simulations, name="simulation"))
    for country, rows in draws.wards.items():
        result.loc[rows] = draws.columns[country]["long_run_harm"]
    usual = wards["usual_harm_rate"] * wards["population"] / PER
    share = wards["deprivation"] / 100
    if not visitors:
        share = share.mask(wards["visitor_ward"].eq(True).fillna(False), 0.0)
    return result.sub(usual, axis=0).clip(lower=0).mul(share, axis=0).where(wards["value"].notna(), axis=0)


def _check_input(
    wards: GeoDataFrame, counts: pd.DataFrame, weights: Mapping[str, float], years: int, kind: str | None
) -> None:
    needed = ("ward_name", "district_name", "assessed", "country", "population", "visitor_ward", "deprivation")
    check_table(wards, "wards", needed)
    check_table(counts, "counts", ["ward_code", "month", "crime_type", "crimes"])
    faults = []
    published = set(counts["crime_type"].unique())
    absent = [name for name in weights if name not in published]
    if absent or not weights:
        faults.append(
            f"weights: {', '.join(map(repr, absent)) or 'nothing'} given; the types of the counts are "
            f"{', '.join(sorted(published)) or 'none: the table is empty'}"
        )
    faults += [
        f"weights: the weight of '{name}' is {weight}; it must be 0 or more"
        for name, weight in weights.items()
        if not weight >= 0
    ]
    if years < 1:
        faults.append(f"years: {years} given; it must be 1 or more")
    if kind is not None and kind not in wards.columns:
        faults.append(f"kind: there is no column '{kind}' in the ward table")
    if faults:
        raise InputError(faults)


def _last_months(held: Iterable[str], years: int) -> tuple[list[str], list[str]]:
    """The last months to look at, and a sentence where they are fewer than asked.

    Whole years, so that no season counts twice; all months where there is not one year.
    """
    known = sorted(held)
    whole = min(len(known) // 12, years)
    months = known[-12 * whole :] if whole else known
    if whole == years:
        return months, []
    sentence = (
        f"The harm that a ward's value rests on is that of {len(months)} months ({months[0]} to {months[-1]}), as a "
        f"year's: the study does not hold {years} years."
    )
    if not whole:
        sentence += " With less than a year, seasons are not evened out."
    return months, [sentence]


def _long_run_harm(wards: GeoDataFrame, counts: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series:
    """Sum of weight x empirical-Bayes count a year over the types; missing unless every type is covered."""
    totals = counts.groupby(["crime_type", "ward_code"], sort=False)["crimes"].agg(["sum", "count"])
    harm = pd.Series(0.0, index=wards.index)
    for name, weight in weights.items():
        own = totals.loc[name].reindex(wards.index)
        exposure = wards["population"] / PER * own["count"] / 12
        usable = wards["assessed"] & (exposure > 0)
        rate = pd.Series(np.nan, index=wards.index)
        for _, rows in wards[usable].groupby("country").groups.items():
            rate[rows] = empirical_bayes(own.loc[rows, "sum"].to_numpy(), exposure[rows].to_numpy())[0]
        harm += weight * rate * wards["population"] / PER
    return harm


def _usual_rate(
    wards: GeoDataFrame, rate: pd.Series, visitor: pd.Series, kind: str | None
) -> tuple[pd.Series, list[str]]:
    """Median rate of the assessed wards of the same country, kind and visitor flag, and what was chosen for it.

    A kind with fewer than FEWEST wards, or unknown, takes the median of the country and visitor flag.
    """
    known = rate[rate.notna() & visitor.notna()]
    place = visitor[known.index].map({True: "the visitor wards of ", False: "the other wards of "}).astype(str)
    place += wards.loc[known.index, "country"]
    groups = known.groupby(place)
    usual = groups.transform("median")
    said = [
        f"The usual harm rate of {name} rests on {number} of them only."
        for name, number in groups.size().items()
        if number < FEWEST
    ]
    if kind is not None:
        own = known.groupby(place + " of the kind '" + wards.loc[known.index, kind].astype("string") + "'")
        usual = own.transform("median").where(own.transform("size") >= FEWEST, usual)
        said += [
            f"T{str(name)[1:]} are {number} only: their usual harm rate is that of their country, whatever the kind."
            for name, number in own.size().items()
            if number < FEWEST
        ]
        unknown = int(wards.loc[known.index, kind].isna().sum())
        if unknown:
            said.append(f"The usual harm rate of wards without a '{kind}' ({unknown:,}) is that of their country.")
    return usual.reindex(wards.index), said


def _describe_left_out(wards: GeoDataFrame) -> list[str]:
    """The visitor wards of value 0 that would have one as ordinary wards, and where many residents are in need."""
    visitor = wards["visitor_ward"].astype("boolean").fillna(False).astype(bool)
    ordinary = wards["usual_harm_rate"].mask(visitor).groupby(wards["country"]).transform("median")
    worth = (wards["long_run_harm"] - ordinary * wards["population"] / PER) * wards["deprivation"]
    left_out = worth[visitor & (worth > 0) & (wards["deprivation"] >= MOST_DEPRIVED)].sort_values(ascending=False)
    if left_out.empty:
        return []
    named = [f"{wards.at[code, 'ward_name']} ({wards.at[code, 'district_name']})" for code in left_out.index[:5]]
    more = f" and {len(left_out) - len(named):,} more" if len(left_out) > len(named) else ""
    return [
        f"Of value 0 as busy centres, although among the most deprived fifth and above the usual harm of other wards: "
        f"{', '.join(named)}{more}. Look at them by hand: a mark that is guessed from thefts can take a poor "
        f"neighbourhood with shops for a centre."
    ]
