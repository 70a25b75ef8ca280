"""The sampling interval of a rank: what chance and the movement between years leave open, all choices held."""

from __future__ import annotations

import logging

import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.ranks import group_alike, rank_columns, rank_interval, share_in_top
from tipping_point.tables import InputError, check_table

log = logging.getLogger(__name__)


def add_firmness(wards: GeoDataFrame, simulated: pd.DataFrame, *, top: float = 0.1) -> GeoDataFrame:
    """Add rank_low, rank_high, share_in_top and rank_group.

    Args:
        wards: indexed by ward_code, with country and rank.
        simulated: index scores, wards x simulations, from `simulate_index`.
        top: what share_in_top asks: a share below 1 of the wards ranked in the country, or a number from 1 on.

    Returns:
        The wards. rank_low and rank_high: from the 5% to the 95% point of the simulated ranks within the country,
        widened where needed to hold the rank itself. share_in_top: share of the simulations in which the ward is in
        the top. rank_group: wards of one number cannot be told from the first of them (`group_alike`). All missing
        where the ward has no rank.

    Raises:
        InputError: columns or wards that are absent; a top that is neither a share nor a number.
    """
    check_ranked(wards, simulated, top=top)
    scores = simulated.reindex(wards.index).where(wards["rank"].notna(), axis=0)
    ranks = rank_columns(scores, wards["country"])
    result = wards.copy()
    result[["rank_low", "rank_high"]] = rank_interval(ranks, wards["rank"])
    result["share_in_top"] = share_in_top(ranks, wards["country"], top=top)
    result["rank_group"] = group_alike(scores, wards["rank"], wards["country"])
    width = (result["rank_high"] - result["rank_low"] + 1).median() if len(result) else float("nan")
    log.info(
        "firmness: %d wards ranked in %d simulations; half of the intervals hold at most %s ranks",
        int(result["rank_low"].notna().sum()), simulated.shape[1], width,
    )  # fmt: skip
    return result


def check_ranked(wards: pd.DataFrame, scores: pd.DataFrame, *, top: float) -> None:
    """Raise InputError with every fault of ranked wards, their scores in many scorings, and what the top is."""
    faults = []
    try:
        check_table(wards, "wards", ["country", "rank"])
        lacking = wards.index[wards["rank"].notna()].difference(scores.index)
        if len(lacking):
            faults.append(f"scores: {len(lacking)} ranked wards are not in them, e.g. {', '.join(lacking[:5])}")
    except InputError as error:
        faults += error.faults
    if not top > 0 or (top >= 1 and top != int(top)):
        faults.append(f"top: {top:g} given; it must be a share above 0 and below 1, or a whole number from 1 on")
    if faults:
        raise InputError(faults)
