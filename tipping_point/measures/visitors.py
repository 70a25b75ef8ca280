"""Which wards look hot because people visit: a flag, never a correction."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.facts.crime_types import CENTRE_TYPES
from tipping_point.tables import InputError, types_among

log = logging.getLogger(__name__)

TIMES_MEDIAN = 5.0
"""Thefts per resident, as a multiple of the median ward's, from which a ward is guessed to be a centre.

On the Metropolitan tables of 2023-07 to 2025-06 it marks 44 of 679 wards: West End, St James's, Heathrow Villages
and Kingston Town among them, and no ward that is not a town centre, a transport hub or central London.
"""

TIMES_RESIDENT: Mapping[str, float] = {"people": 1.5, "jobs": 1.0}
"""People in the day, or jobs, per resident from which a ward is a visitor ward, where either is known.

The people in a ward in the day are its residents, less those who work elsewhere, and those who work in it. About half
of all residents have work, so that 1.5 people in the day for each resident are about one job for each.
"""


def add_visitors(
    wards: GeoDataFrame,
    counts: pd.DataFrame,
    *,
    vocabulary: str,
    daytime: str | None = None,
    daytime_kind: str = "people",
) -> GeoDataFrame:
    """Add visitor_ward and visitor_basis.

    Args:
        wards: with population, country, assessed, months_covered.
        counts: ward_code x month x crime_type.
        vocabulary: crime vocabulary of the counts.
        daytime: column with the workday population or the jobs of each ward, where the study has one. Wards in which
            it is missing, and all wards without it, have a guess from the thefts that are typical of centres.
        daytime_kind: what the column counts: 'people' who are there in the day, or 'jobs'.

    Returns:
        The wards; visitor_basis says for each how its flag was known, and begins with 'guess' where it was guessed.
        Both are missing where the ward is not assessed.

    Raises:
        InputError: no such column, or kind.
    """
    flag = _guess(wards, counts, vocabulary)
    basis = f"guess: thefts typical of centres at least {TIMES_MEDIAN:.0f} times the median ward's per resident"
    known = pd.Series(False, index=wards.index)
    result = wards.assign(visitor_basis=pd.Series(basis, index=wards.index, dtype="str"))
    if daytime is not None:
        _check_daytime(wards, daytime, daytime_kind)
        least = TIMES_RESIDENT[daytime_kind]
        ratio = (wards[daytime] / wards["population"].where(wards["population"] > 0)).where(wards["assessed"])
        known = ratio.notna()
        flag = flag.mask(known, ratio >= least)
        result["visitor_basis"] = result["visitor_basis"].mask(known, f"{daytime} per resident at least {least}")
    result["visitor_ward"] = flag
    result["visitor_basis"] = result["visitor_basis"].where(flag.notna(), "")
    log.info("visitors: %d wards marked known, %d guessed", int(flag[known].sum()), int(flag[~known].sum()))
    return result


def _check_daytime(wards: GeoDataFrame, daytime: str, kind: str) -> None:
    faults = []
    if daytime not in wards.columns:
        faults.append(f"rates.daytime: '{daytime}' is not an indicator of the study")
    if kind not in TIMES_RESIDENT:
        faults.append(f"rates.daytime_kind: '{kind}' is not known; it is one of {', '.join(TIMES_RESIDENT)}")
    if faults:
        raise InputError(faults)


def _guess(wards: GeoDataFrame, counts: pd.DataFrame, vocabulary: str) -> pd.Series:
    """True where thefts typical of centres are many per resident; missing where that cannot be said."""
    typical = types_among(counts["crime_type"].unique(), CENTRE_TYPES[vocabulary])
    thefts = counts[counts["crime_type"].isin(typical)]
    number = thefts.groupby("ward_code")["crimes"].sum().reindex(wards.index).astype(float)
    exposure = wards["population"] * wards["months_covered"]
    rate = number / exposure.where(wards["assessed"] & (exposure > 0))
    median = rate.groupby(wards["country"]).transform("median")
    flag = (rate >= TIMES_MEDIAN * median) & (median > 0)
    return flag.astype("boolean").mask(rate.isna())
