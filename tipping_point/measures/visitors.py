"""Which wards look hot because people visit: a flag, never a correction."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.schema import InputError

log = logging.getLogger(__name__)

CENTRE_TYPES: Mapping[str, tuple[str, ...]] = {
    "police_uk": ("Theft from the person", "Shoplifting", "Other theft", "Bicycle theft"),
    "metropolitan": ("THEFT FROM THE PERSON", "SHOPLIFTING", "OTHER THEFT", "BICYCLE THEFT"),
}
"""Thefts that happen where people come to shop, work and go out."""

TIMES_MEDIAN = 5.0
"""Thefts per resident, as a multiple of the median ward's, from which a ward is guessed to be a centre.

On the Metropolitan tables of 2023-07 to 2025-06 it marks 44 of 679 wards: West End, St James's, Heathrow Villages
and Kingston Town among them, and no ward that is not a town centre, a transport hub or central London.
"""

TIMES_RESIDENT = 1.5
"""People in the day (or jobs) per resident from which a ward is a visitor ward, where that is known."""


def add_visitors(
    wards: GeoDataFrame, counts: pd.DataFrame, *, vocabulary: str, daytime: str | None = None
) -> GeoDataFrame:
    """Add visitor_ward and visitor_basis.

    Args:
        wards: with population, country, assessed.
        counts: ward_code x month x crime_type.
        vocabulary: crime vocabulary of the counts.
        daytime: column with the workday population or the jobs of each ward, where the study has one. Without it
            the flag is a guess from the thefts that are typical of centres.

    Returns:
        The wards; the flag is missing where the ward is not assessed.

    Raises:
        InputError: no such column.
    """
    result = wards.copy()
    if daytime is not None:
        if daytime not in wards.columns:
            raise InputError(f"rates.daytime: '{daytime}' is not an indicator of the study")
        ratio = wards[daytime] / wards["population"].where(wards["population"] > 0)
        result["visitor_ward"] = (ratio >= TIMES_RESIDENT).astype("boolean").mask(ratio.isna() | ~wards["assessed"])
        result["visitor_basis"] = f"{daytime} per resident at least {TIMES_RESIDENT}"
    else:
        thefts = counts[counts["crime_type"].isin(CENTRE_TYPES[vocabulary])]
        number = thefts.groupby("ward_code")["crimes"].sum().reindex(wards.index).astype(float)
        exposure = wards["population"] * wards["months_covered"]
        rate = number / exposure.where(wards["assessed"] & (exposure > 0))
        median = rate.groupby(wards["country"]).transform("median")
        flag = (rate >= TIMES_MEDIAN * median) & (median > 0)
        result["visitor_ward"] = flag.astype("boolean").mask(rate.isna())
        result["visitor_basis"] = (
            f"guess: thefts typical of centres at least {TIMES_MEDIAN:.0f} times the median ward's per resident"
        )
    result["visitor_basis"] = result["visitor_basis"].where(result["visitor_ward"].notna(), "")
    log.info("visitors: %d wards marked (%s)", int(result["visitor_ward"].sum()), "known" if daytime else "guessed")
    return result
