"""How sure a choice is: the ranks again in simulations, what nearly came in, and the choice by other values."""

from __future__ import annotations

import logging
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from tipping_point.areas.candidates import NOBODY, Floats
from tipping_point.areas.group import area_id
from tipping_point.areas.local_search import Chosen, TooFewError
from tipping_point.areas.packing import NODES, cover_wanted, pack
from tipping_point.areas.select import Selection, build_problem, groups_by_country
from tipping_point.numeric import finite_numbers
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
        allows; missing if there are none), near_reason (a code).
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
        (places["excluded"].to_numpy(), "excluded"),
        (~places["usable"].to_numpy(), "not usable"),
        (~held, "no group"),
        (np.isnan(value), "taken"),
        (value == 0, "no value"),
        (full & (value <= weakest), "authority full"),
        (value <= weakest, "lower"),
    ]
    return np.select([which for which, _ in reasons], [code for _, code in reasons], default="blocked").astype(object)


_WORKERS = 4
"""Cases chosen at a time, at most."""


def choose_again(selection: Selection, values: pd.DataFrame, *, seed: int, nodes: int = NODES) -> pd.DataFrame:
    """Choose again under other values, with the same groups, limits and rules.

    Args:
        selection: from `find_selection`.
        values: wards x cases, 0 or more: a value for every ward that may be in an area.
        seed: for the fallback.
        nodes: of each integer programme, at most.

    Returns:
        Booleans, wards that may be in an area x cases: is the ward in a chosen area? A ward to include that no
        group of value holds in a case is not asked for in that case.

    Raises:
        InputError: values that are missing, no numbers or below 0, or no case.
    """
    groups, rule = selection.groups, selection.rule
    numbers = _read_cases(selection, values)
    inside = np.zeros((len(groups.codes) + 1, numbers.shape[1]), dtype=bool)
    by_country = groups_by_country(groups, sorted(set(groups.country)))

    def choose(case: int) -> bool:
        """Mark the wards of one case; whether the choice is exact."""
        exact = True
        for country, positions in by_country.items():
            # Nearly always groups of small value can be left out, and it is seen where they cannot.
            for few in (True, False):
                problem, among = build_problem(groups, numbers[:, case], rule, country, positions, few=few)
                if len(among) == 0:
                    break
                start, missed = cover_wanted(problem)
                try:
                    packing = pack(problem.without(missed), start, nodes=nodes, seed=seed)
                except TooFewError:
                    continue
                inside[groups.members[among[packing.chosen]], case] = True
                exact &= packing.exact
                break
        return exact

    # The search and the solver let go of the interpreter, and no case knows of another.
    with ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:
        fallbacks = sum(not exact for exact in pool.map(choose, range(numbers.shape[1])))
    inside[NOBODY] = False
    log.info(
        "areas: chosen again in %d cases; in %d the solver did not end within its nodes", numbers.shape[1], fallbacks
    )
    return pd.DataFrame(inside[:-1], index=groups.codes, columns=values.columns)


def share_again(areas: pd.DataFrame, wards: pd.DataFrame, again: pd.DataFrame) -> pd.Series:
    """Share of the cases in which at least half of an area's residents are in a chosen area.

    Args:
        areas: indexed by area_id, with ward_codes; chosen or not.
        wards: indexed by ward_code, with population.
        again: from `choose_again`.

    Returns:
        0-1 by area_id.
    """
    shares = {}
    for area, codes in areas["ward_codes"].items():
        own = codes.split(";")
        people = wards["population"].reindex(own).to_numpy(dtype=float)
        inside = again.reindex(own, fill_value=False).to_numpy(dtype=bool)
        shares[area] = float((2 * people @ inside >= people.sum()).mean())
    return pd.Series(shares, index=areas.index, dtype=float, name="share_again")


def next_groups(selection: Selection, wards: pd.DataFrame, near: pd.DataFrame, *, number: int) -> pd.DataFrame:
    """The groups of the largest value that share no ward with a chosen area or with each other, one after another.

    Args:
        selection: from `find_selection`.
        wards: the table that it was made from.
        near: from `near_misses`, by ward.
        number: at most so many in each country.

    Returns:
        As `select_areas`: area_id, ward_codes, wards, population, value, country and the column areas may not cross.
    """
    order = near[near["near_value"] > 0].sort_values(["near_value", "near_ward_codes"], ascending=[False, True])
    within = selection.rule.limits.within
    country_of = wards["country"].to_dict()
    rows: list[dict[str, object]] = []
    taken: set[str] = set()
    found: dict[str, int] = {}
    for group in order.drop_duplicates("near_ward_codes").itertuples():
        codes = str(group.near_ward_codes).split(";")
        country = str(country_of.get(codes[0], ""))
        if taken & {*codes} or found.get(country, 0) >= number:
            continue
        taken |= {*codes}
        found[country] = found.get(country, 0) + 1
        rows.append(
            {"area_id": area_id(codes), "ward_codes": group.near_ward_codes, "wards": len(codes),
             "population": group.near_population, "value": group.near_value, "country": country,
             within: wards.at[codes[0], within]}
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(selection.chosen.columns))


def _read_cases(selection: Selection, values: pd.DataFrame) -> Floats:
    """Values of the usable wards x cases; every fault at once."""
    absent = selection.groups.codes.difference(values.index)
    faults = [f"values: {len(absent)} wards have no row, such as '{absent[0]}'"] if len(absent) else []
    if values.shape[1] == 0:
        faults.append("values: no case; allowed is one column a case, at least one")
    if faults:
        raise InputError(faults)
    numbers, faults = finite_numbers(values.loc[selection.groups.codes])
    if not faults and np.isnan(numbers).any():
        faults = [f"values: {int(np.isnan(numbers).sum())} are missing for wards that have a value in the choice"]
    if not faults and (numbers < 0).any():
        faults = [f"values: {int((numbers < 0).sum())} are below 0; allowed is 0 or more"]
    if faults:
        raise InputError(faults)
    return numbers
