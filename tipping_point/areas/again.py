"""The choice made again: under simulated or other values, and for the places that come next."""

from __future__ import annotations

import logging
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from tipping_point.areas.candidates import NOBODY, Floats
from tipping_point.areas.group import area_id
from tipping_point.areas.local_search import TooFewError
from tipping_point.areas.packing import NODES, cover_wanted, pack
from tipping_point.areas.select import Selection, build_problem, groups_by_country
from tipping_point.numeric import finite_numbers
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

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
