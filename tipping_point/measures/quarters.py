"""Crimes of each area quarter by quarter, with what chance alone would allow: the trend that the brief shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tipping_point import tables as schema
from tipping_point.measures.rates import poisson_interval

MOST = 12
"""Quarters shown, the last ones."""

YEAR = 4
"""Quarters of a year."""

QUARTERS: tuple[schema.Column, ...] = (
    schema.Column("area_id", "The area", "text", discloses="nothing"),
    schema.Column(
        "quarter",
        "Three months, counted back from the end of the study: '2025-04 to 2025-06'",
        "months",
        discloses="nothing",
    ),
    schema.Column(
        "crimes",
        "Crimes of the measure; blank where a month of a ward of it is not covered",
        "crimes",
        discloses="derived",
    ),
    schema.Column("crimes_low", "Lower 95% limit, exact Poisson (Garwood 1936)", "crimes", discloses="derived"),
    schema.Column("crimes_high", "Upper 95% limit", "crimes", discloses="derived"),
)

YEARS: tuple[schema.Column, ...] = (
    QUARTERS[0],
    schema.Column(
        "year",
        "The first or the last four of its quarters in trend.csv: '2023-07 to 2024-06'",
        "months",
        discloses="nothing",
    ),
    *QUARTERS[2:],
)


def area_quarters(counts: pd.DataFrame, areas: pd.DataFrame, *, types: Sequence[str]) -> pd.DataFrame:
    """Crimes of the measure in each area and quarter, the last `MOST` quarters, with exact Poisson limits.

    Args:
        counts: `schema.COUNTS`.
        areas: `schema.AREAS`, keyed by area_id in the index or in a column.
        types: crime types of the measure.

    Returns:
        `QUARTERS`, in the order of the areas; empty where the study holds less than a quarter. Limits of a count y
        are chi2(.025; 2y)/2 and chi2(.975; 2y + 2)/2.
    """
    names = [column.name for column in QUARTERS]
    months = sorted(counts["month"].unique()) if len(counts) else []
    number = min(len(months) // 3, MOST)
    if not number or areas.empty:
        return pd.DataFrame({name: pd.Series(dtype=float if "crimes" in name else str) for name in names})
    last = months[-3 * number :]
    spans = [f"{last[3 * place]} to {last[3 * place + 2]}" for place in range(number)]
    home = _wards_of(areas)
    mine = counts[counts["crime_type"].isin(list(types)) & counts["month"].isin(last)]
    mine = mine.merge(home, on="ward_code")
    mine["quarter"] = mine["month"].map(dict(zip(last, np.repeat(spans, 3), strict=True)))
    # One month that is not covered leaves its whole quarter blank: a part of a count is not a smaller count.
    summed = mine.groupby(["area_id", "quarter"])["crimes"].agg(
        crimes=lambda values: values.astype("Float64").sum(skipna=False)
    )
    order = pd.MultiIndex.from_product([home["area_id"].unique(), spans], names=["area_id", "quarter"])
    crimes = summed["crimes"].reindex(order).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    low, high = poisson_interval(crimes, 1.0)
    made = order.to_frame(index=False)
    return made.assign(crimes=crimes, crimes_low=low, crimes_high=high)[names]


def area_years(quarters: pd.DataFrame) -> pd.DataFrame:
    """The first and the last year of the quarters of each area, with exact Poisson limits.

    Args:
        quarters: from `area_quarters`.

    Returns:
        `YEARS`, two rows for an area, the first year before the last; none for an area with fewer than eight quarters,
        where the two would overlap, or with a blank among the eight.
    """
    rows = []
    for area, own in quarters.groupby("area_id", sort=False):
        parts = own.head(YEAR), own.tail(YEAR)
        if len(own) < 2 * YEAR or any(part["crimes"].isna().any() for part in parts):
            continue
        for part in parts:
            spans = part["quarter"].str.split(" to ")
            rows.append((area, f"{spans.iloc[0][0]} to {spans.iloc[-1][1]}", float(part["crimes"].sum())))
    table = pd.DataFrame(rows, columns=[column.name for column in YEARS[:3]]).astype({"crimes": float})
    low, high = poisson_interval(table["crimes"], 1.0)
    return table.assign(crimes_low=low, crimes_high=high)


def _wards_of(areas: pd.DataFrame) -> pd.DataFrame:
    """area_id and ward_code, one row for each ward of an area."""
    keys = areas["area_id"] if "area_id" in areas else areas.index.to_series()
    split = areas["ward_codes"].astype(str).str.split(";").to_numpy()
    pairs = pd.DataFrame({"area_id": keys.astype(str).to_numpy(), "ward_code": split}).explode("ward_code")
    return pairs.reset_index(drop=True)
