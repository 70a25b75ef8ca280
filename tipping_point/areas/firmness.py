"""How firm is the rank of an area: the wards' simulated and otherwise chosen scores, carried to the areas."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.ranks import group_alike, rank_columns, rank_interval, share_in_top
from tipping_point.tables import InputError, check_table

log = logging.getLogger(__name__)


def add_area_firmness(
    areas: GeoDataFrame,
    wards: pd.DataFrame,
    simulated: pd.DataFrame,
    choices: pd.DataFrame,
    *,
    number: int = 10,
    combine: str = "mean",
) -> GeoDataFrame:
    """Add rank_low, rank_high, rank_choice_low, rank_choice_high, share_in_top, share_in_top_choices and rank_group.

    An area's score in a simulation, or under a choice, is the population-weighted mean of its wards', as its
    index_score is; or, where areas are ranked by a value that adds up, the sum. The areas are held: a simulation ranks
    the same areas again, it does not draw new boundaries, so that how an area came to be a candidate is not part of its
    interval.

    Args:
        areas: indexed by area_id, with ward_codes (separated by semicolons), country and rank; may be empty.
        wards: indexed by ward_code, with population.
        simulated: index scores (or values), wards x simulations.
        choices: index scores (or values), wards x named choices.
        number: length of the shortlist of a country.
        combine: 'mean', weighted by population, or 'sum'; of the wards that have a score.

    Returns:
        The areas. Everything is within the country and among the areas that have a rank; the others stay blank.
        rank_low and rank_high: from the 5% to the 95% point of the simulated ranks; rank_choice_low and
        rank_choice_high: the smallest and largest rank under the named choices; both widened to hold the rank itself.
        share_in_top and share_in_top_choices: shares of simulations, and of choices, in which the area is among the
        first `number`. rank_group: areas of one number cannot be told from the first of them (`ranks.group_alike`).

    Raises:
        InputError: columns or wards that are absent; a number below 1; an unknown way to combine.
    """
    _check(areas, wards, simulated, choices, number, combine)
    result = areas.copy()
    ranked = areas.index[areas["rank"].notna()]
    country = areas.loc[ranked, "country"]
    people = wards["population"] if combine == "mean" else pd.Series(1.0, index=wards.index)
    parts = _place_wards(areas.loc[ranked, "ward_codes"], people)
    rank = areas.loc[ranked, "rank"]
    drawn, chosen = (_combine_scores(parts, scores, combine) for scores in (simulated, choices))
    ranks, other = rank_columns(drawn, country), rank_columns(chosen, country)
    found = rank_interval(ranks, rank)
    own = other.assign(published=rank.astype(float))
    found["rank_choice_low"] = own.min(axis=1).astype("Int64")
    found["rank_choice_high"] = own.max(axis=1).astype("Int64")
    found["share_in_top"] = share_in_top(ranks, country, top=number)
    found["share_in_top_choices"] = share_in_top(other, country, top=number)
    found["rank_group"] = group_alike(drawn, rank, country)
    for column in found.columns:
        result[column] = found[column].reindex(areas.index)
    log.info("firmness: %d of %d areas ranked in %d simulations", len(ranked), len(areas), simulated.shape[1])
    return result


def _place_wards(ward_codes: pd.Series, weight: pd.Series) -> pd.DataFrame:
    """Areas x wards in any of them: the weight of the ward where it is in the area, else 0."""
    members = ward_codes.str.split(";").explode()
    codes = sorted(members.unique())
    parts = np.zeros((len(ward_codes), len(codes)))
    rows, columns = ward_codes.index.get_indexer(members.index), pd.Index(codes).get_indexer(members)
    parts[rows, columns] = weight.reindex(members.to_numpy()).to_numpy(dtype=float)
    return pd.DataFrame(parts, index=ward_codes.index, columns=codes)


def _combine_scores(parts: pd.DataFrame, scores: pd.DataFrame, combine: str) -> pd.DataFrame:
    """Weighted mean, or sum, over the wards that have a score; missing where none has one."""
    values = scores.reindex(parts.columns).to_numpy(dtype=float)
    known = ~np.isnan(values)
    above = parts.to_numpy() @ np.where(known, values, 0.0)
    below = parts.to_numpy() @ known.astype(float)
    divisor = below if combine == "mean" else np.ones_like(below)
    result = np.divide(above, divisor, out=np.full(above.shape, np.nan), where=below > 0)
    return pd.DataFrame(result, index=parts.index, columns=scores.columns)


def _check(
    areas: pd.DataFrame, wards: pd.DataFrame, simulated: pd.DataFrame, choices: pd.DataFrame, number: int,
    combine: str,
) -> None:  # fmt: skip
    faults = [] if number >= 1 else [f"areas.areas: {number} given; a shortlist has at least 1 area"]
    if combine not in ("mean", "sum"):
        faults.append(f"combine: '{combine}' is not known; choose from mean, sum")
    for table, name, columns in ((areas, "areas", ["ward_codes", "country", "rank"]), (wards, "wards", ["population"])):
        try:
            check_table(table, name, columns)
        except InputError as error:
            faults += error.faults
    if "ward_codes" in areas.columns:
        members = pd.Index(sorted({code for codes in areas["ward_codes"] for code in codes.split(";")}))
        for table, name in ((wards, "wards"), (simulated, "simulated"), (choices, "choices")):
            lacking = members.difference(table.index)
            if len(lacking):
                faults.append(f"{name}: {len(lacking)} wards of the areas are not in it, e.g. {', '.join(lacking[:5])}")
    if faults:
        raise InputError(faults)
