"""The Indices of Deprivation of small areas as figures of wards and districts, by the official summary measures.

Ministry of Housing, Communities and Local Government, *English Indices of Deprivation 2019: technical report*, chapter
on summary measures: average score, average rank, proportion among the most deprived tenth, and extent.
"""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.tables import InputError, check_table

log = logging.getLogger(__name__)

FULL, LAST = 10, 30
"""Percentiles of the nation: the first FULL count whole in the extent, those after LAST not at all."""


def aggregate_deprivation(areas: pd.DataFrame, groups: pd.Series, population: pd.Series) -> pd.DataFrame:
    """Small areas to the official summary measures of the groups they are in.

    Args:
        areas: every small area *of the nation*, indexed by code: score (higher = more deprived) and, where it is
            published, rank (1 = most deprived). Without it the rank is made from the score, ties in the order of the
            codes; a score published with few decimals then swaps neighbours, which no measure shows.
        groups: small-area code -> ward or district; a small area that is in none is left out.
        population: residents by small-area code.

    Returns:
        Indexed by group: small_areas; population; average_score and average_rank, means weighted by residents, rank
        turned so that higher = more deprived; proportion, share of its *small areas* among the most deprived tenth of
        the nation (rank <= N/10); extent, share of its *residents* in the most deprived three tenths, weight 1 to the
        tenth percentile and falling from .95 to .05 (`extent_weight`). Missing where a small area of the group lacks
        residents or the group has none.

    Raises:
        InputError: no score, a code twice, a score that is missing, ranks that are not those of a whole nation, or
            groups of which no small area is known.
    """
    _check_areas(areas, groups)
    rank = _rank(areas)
    number = len(areas)
    own = pd.DataFrame(
        {
            "group": groups.reindex(areas.index),
            "population": population.reindex(areas.index).astype(float),
            "average_score": areas["score"].astype(float),
            "average_rank": number + 1 - rank.astype(float),
            "proportion": (rank <= number / 10).astype(float),
            "extent": extent_weight(rank.to_numpy(), number),
        }
    ).dropna(subset=["group"])
    people = own.groupby("group")["population"].agg(lambda values: values.sum(skipna=False))
    result = pd.DataFrame({"small_areas": own.groupby("group").size(), "population": people})
    for name in ("average_score", "average_rank", "extent"):
        total = (own[name] * own["population"]).groupby(own["group"]).agg(lambda values: values.sum(skipna=False))
        result[name] = total / people.where(people > 0)
    result["proportion"] = own.groupby("group")["proportion"].mean()
    log.info(
        "deprivation: %d small areas in %d groups; %d in none; %d groups without residents known",
        len(own), len(result), number - len(own), int(result["average_score"].isna().sum()),
    )  # fmt: skip
    return result[["small_areas", "population", "average_score", "average_rank", "proportion", "extent"]]


def extent_weight(rank: npt.ArrayLike, areas: int) -> npt.NDArray[np.float64]:
    """How much a small area counts in the extent, by its rank in the nation.

    The nation is cut into a hundred percentiles of equal numbers, of which the first N mod 100 take one more; the
    weight is 1 to the 10th, .95 in the 11th, falling by .9/19 to .05 in the 30th, and 0 after.

    Args:
        rank: 1 = most deprived, whole numbers from 1 to `areas`, shape (n,).
        areas: N, the number of small areas ranked.
    """
    sizes = np.full(100, areas // 100)
    sizes[: areas % 100] += 1
    percentile = np.searchsorted(np.cumsum(sizes), np.asarray(rank, dtype=float), side="left") + 1
    falling = 0.95 - 0.9 / (LAST - FULL - 1) * (percentile - FULL - 1)
    return np.where(percentile <= FULL, 1.0, np.where(percentile <= LAST, falling, 0.0))


def _rank(areas: pd.DataFrame) -> pd.Series:
    if "rank" in areas:
        return areas["rank"].astype(int)
    order = areas["score"].sort_index().sort_values(ascending=False, kind="stable")
    return pd.Series(np.arange(1, len(order) + 1), index=order.index).reindex(areas.index)


def _check_areas(areas: pd.DataFrame, groups: pd.Series) -> None:
    check_table(areas, "small areas", ["score"])
    faults = []
    for label, index in (("small areas", areas.index), ("groups", groups.index)):
        if repeated := index[index.duplicated()].unique().tolist():
            faults.append(f"{label}: {len(repeated)} codes stand twice, for example {repeated[0]}")
    absent = areas.index[areas["score"].isna()]
    if len(absent):
        faults.append(f"small areas: {len(absent)} have no score, for example {absent[0]}")
    if "rank" in areas and not _is_ranking(areas["rank"].to_numpy(dtype=float)):
        faults.append(
            f"small areas: the ranks are not those of {len(areas):,} areas, 1 to {len(areas):,} (they run from "
            f"{areas['rank'].min():g} to {areas['rank'].max():g}): every small area of the nation is wanted, not those "
            f"of the study alone"
        )
    if len(groups) and not groups.index.isin(areas.index).any():
        faults.append(
            f"groups: none of their {len(groups):,} small areas is among those with a score, for example "
            f"{groups.index[0]}: of another vintage or country?"
        )
    if faults:
        raise InputError(faults)


def _is_ranking(rank: npt.NDArray[np.float64]) -> bool:
    """Whole numbers from 1 to N, each about in its place: published ranks hold a few ties."""
    place = np.sort(rank) - np.arange(len(rank)) - 1
    return bool((rank % 1 == 0).all() and (np.abs(place) <= max(1.0, len(rank) / 100)).all())
