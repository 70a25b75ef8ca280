"""What else could have been chosen: the nearest miss of every place."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tipping_point.areas.candidates import NOBODY, Floats
from tipping_point.areas.local_search import Chosen
from tipping_point.areas.select import Selection
from tipping_point.tables import InputError

log = logging.getLogger(__name__)


def near_misses(selection: Selection, wards: pd.DataFrame, *, by: str = "ward_code") -> pd.DataFrame:
    """What every place without an area has to offer, and what it would have to beat.

    Args:
        selection: from `find_selection`.
        wards: the table that it was made from.
        by: 'ward_code' for every ward in no chosen area, or the column that areas may not cross (`within`) for every
            authority without one.

    Returns:
        Indexed by `by`: near_ward_codes (of the groups that hold the ward, or lie in the authority, and share no ward
        with a chosen area, the one of the largest value; blank if there is none), near_population, near_value,
        weakest_value (of the areas chosen in its country, or in its authority where that has all that the cap
        allows; missing if there are none), near_reason (a phrase).
    """
    groups, within = selection.groups, selection.rule.limits.within
    places = pd.DataFrame({"ward_code": wards.index, within: wards[within].to_numpy()}, index=wards.index)
    places["country"] = wards.get("country", "")
    places["usable"] = places.index.isin(groups.codes)
    places["excluded"] = places.index.isin(selection.rule.exclude)
    taken = _taken(selection)
    places = places[~places.index.isin(groups.codes[taken[:-1]])]
    if by != "ward_code":
        _check_by(by, within)
        known = places[places[by].notna() & places[by].ne("") & ~places[by].isin(selection.chosen[by])]
        places = known.groupby(by, as_index=False).agg({"country": "first", "usable": "max", "excluded": "min"})
    total = groups.sums(selection.values)
    free = np.flatnonzero(~taken[groups.members].any(axis=1))
    best = _best(selection, total, free, by).reindex(places[by])
    found = best.notna().to_numpy()
    position = best[found].to_numpy(dtype=np.int64)
    result = pd.DataFrame({"near_ward_codes": "", "near_population": np.nan}, index=pd.Index(places[by], name=by))
    result["near_ward_codes"] = result["near_ward_codes"].astype("str")
    result.loc[found, "near_ward_codes"] = [";".join(codes) for codes in groups.wards_of(position)]
    result.loc[found, "near_population"] = groups.sums(groups.population)[position]
    result["near_value"] = pd.Series(np.nan, index=result.index)
    result.loc[found, "near_value"] = total[position]
    result["weakest_value"], full = _weakest(selection, places, within)
    held = _best(selection, total, np.arange(len(groups.members)), by).reindex(places[by]).notna().to_numpy()
    result["near_reason"] = _reasons(result, places, held, full)
    log.info("areas: %d places without an area; %d have a free group of value", len(result),
             int((result["near_value"] > 0).sum()))  # fmt: skip
    return result


def _taken(selection: Selection) -> NDArray[np.bool_]:
    """Which wards are in a chosen area; one more place, always False, for NOBODY."""
    taken = np.zeros(len(selection.groups.codes) + 1, dtype=bool)
    taken[selection.groups.members[selection.picked]] = True
    taken[NOBODY] = False
    return taken


def _check_by(by: str, within: str) -> None:
    if by != within:
        raise InputError(f"by = '{by}': allowed are 'ward_code' and '{within}', the column that areas may not cross")


def _best(selection: Selection, total: Floats, among: Chosen, by: str) -> pd.Series:
    """Place -> position of its group of the largest value among some; places without one are left out."""
    groups = selection.groups
    order = among[np.argsort(-total[among], kind="stable")]
    members = groups.members[order]
    names = groups.codes if by == "ward_code" else groups.authorities
    keys = members if by == "ward_code" else groups.authority[members[:, :1]]
    first = np.full(len(names) + 1, len(order))
    for place in range(keys.shape[1]):
        np.minimum.at(first, keys[:, place], np.arange(len(order)))
    has = first[:-1] < len(order)
    return pd.Series(order[first[:-1][has]], index=names[has])


def _weakest(selection: Selection, places: pd.DataFrame, within: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The value that a place would have to beat, and whether its authority has all the areas that the cap allows."""
    chosen, cap = selection.chosen, selection.rule.per_authority
    weakest = places["country"].fillna("").map(chosen.groupby("country")["value"].min()).to_numpy(dtype=float)
    if not cap or within not in places:
        return weakest, np.zeros(len(places), dtype=bool)
    of_authority = chosen.groupby(within)["value"].agg(["size", "min"])
    own = of_authority[of_authority["size"] >= cap]["min"].reindex(places[within]).to_numpy(dtype=float)
    return np.where(np.isnan(own), weakest, own), ~np.isnan(own)


def _reasons(
    result: pd.DataFrame, places: pd.DataFrame, held: NDArray[np.bool_], full: NDArray[np.bool_]
) -> NDArray[np.object_]:
    """Why each place has no area, the first reason that holds."""
    value, weakest = result["near_value"].to_numpy(), result["weakest_value"].to_numpy()
    reasons = [
        (places["excluded"].to_numpy(), "the study excludes it"),
        (~places["usable"].to_numpy(), "it is not assessed, or has no value"),
        (~held, "no group of wards within the limits holds it"),
        (np.isnan(value), "every group within the limits that holds it shares a ward with a chosen area"),
        (value == 0, "its best group of wards has a value of 0"),
        (full & (value <= weakest), "its authority has all the areas that the cap allows, of no less value"),
        (value <= weakest, "its best group of wards has no more value than the weakest area chosen"),
    ]
    other = "its best group would have to displace an area that holds wards to include, or that a fallback chose"
    return np.select([which for which, _ in reasons], [text for _, text in reasons], default=other).astype(object)
