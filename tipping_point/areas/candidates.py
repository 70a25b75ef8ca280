"""Every group of wards that could be an area: connected, within the limits, each listed once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from libpysal.graph import Graph
from numpy.typing import NDArray

from tipping_point.areas.group import Limits
from tipping_point.compiled import compiled
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]
Positions = NDArray[np.int32]

MOST_GROUPS = 10_000_000
"""Groups that are listed at most: ten million of five wards are 200 MB, and ten times what England and Wales has."""
SLACK = 1e-6
"""Residents by which a sum of populations may pass a limit: rounding, where populations are no whole numbers."""
NOBODY = -1
"""Fills the unused places of a group with fewer wards than the largest."""


@compiled
def sum_over(members: Positions, values: Floats) -> Floats:
    """Sum of a figure of the wards over each group, added in the order of its wards."""
    total = np.zeros(len(members))
    for group in range(len(members)):
        for place in range(members.shape[1]):
            if members[group, place] == NOBODY:
                break
            total[group] += values[members[group, place]]
    return total


@dataclass(frozen=True, repr=False)
class Groups:
    """Candidate areas as positions in a list of wards.

    Attributes:
        codes: the wards that may be in an area, by rising ward_code.
        population: residents of those wards.
        authority: number of each ward's value of `limits.within`, from 0.
        authorities: those values.
        country: country of those wards, '' where the table has none.
        members: groups x max_wards; positions in `codes`, rising, then NOBODY.
    """

    codes: pd.Index
    population: Floats
    authority: Positions
    authorities: pd.Index
    country: NDArray[np.object_]
    members: Positions

    def __repr__(self) -> str:
        return f"{len(self.members):,} groups of {len(self.codes):,} wards"

    def sums(self, values: Floats) -> Floats:
        """Sum of a figure of the wards (in the order of `codes`) over the wards of each group."""
        return sum_over(self.members, values)

    def keep(self, which: NDArray[np.bool_]) -> Groups:
        """The same wards with some of the groups only."""
        return replace(self, members=self.members[which])

    def wards_of(self, which: NDArray[np.intp]) -> list[list[str]]:
        """Ward codes of each of some groups, rising."""
        codes = self.codes.to_numpy(dtype=object)
        return [list(codes[members[members != NOBODY]]) for members in self.members[which]]


def enumerate_groups(
    graph: Graph, wards: pd.DataFrame, *, limits: Limits, exclude: Sequence[str] = (), most: int = MOST_GROUPS
) -> Groups:
    """Every connected set of 1 to `max_wards` wards of one authority with a population within the limits, once.

    Redelmeier's method (Discrete Mathematics 36, 1981) for any graph: a group grows from its first ward by wards that
    stand behind it in the order of codes, and a ward that was tried at one step is not tried again below it. A group
    that passes the largest population is not grown. Touching is what the graph says, in either direction, so an
    island tied to the mainland touches it.

    Args:
        graph: neighbours, on the index of the wards; only links of positive weight count.
        wards: indexed by ward_code, with population, the column of `limits.within` and, where known, assessed and
            country. Wards that are not assessed or lack one of these are in no group.
        limits: what an area may be.
        exclude: ward codes never to use.
        most: groups above which the limits are refused.

    Returns:
        The groups, ordered by their first ward. May be empty. The order of the rows of `wards` does not matter.

    Raises:
        InputError: columns missing, limits that nothing can meet, a graph of other wards, or more than `most` groups.
    """
    _check(graph, wards, limits)
    usable = usable_wards(wards, limits) & ~wards.index.isin(list(exclude))
    own = wards.loc[usable].sort_index()
    authority, authorities = pd.factorize(own[limits.within], sort=True)
    country = own["country"].fillna("") if "country" in own else pd.Series("", index=own.index)
    population = own["population"].to_numpy(dtype=np.float64)
    land = country.to_numpy(dtype=object)
    start, neighbours = _neighbours(graph, own.index, authority, land)
    low, high = limits.population[0] - SLACK, limits.population[1] + SLACK
    count = _grow(start, neighbours, population, low, high, most, np.empty((0, limits.max_wards), dtype=np.int32))
    if count > most:
        raise InputError(
            f"areas.max_wards = {limits.max_wards} and areas.population = {list(limits.population)}: more than "
            f"{most:,} groups of wards keep to these limits ({count:,} when counting stopped); allow fewer wards or a "
            "smaller population, or keep areas within a smaller authority"
        )
    members = np.full((count, limits.max_wards), NOBODY, dtype=np.int32)
    _grow(start, neighbours, population, low, high, most, members)
    groups = Groups(own.index, population, authority.astype(np.int32), pd.Index(authorities), land, members)
    log.info("areas: %d of %d wards usable; %d connected groups within the limits", len(own), len(wards), count)
    return groups


def usable_wards(wards: pd.DataFrame, limits: Limits) -> pd.Series:
    """Wards that may be in an area: assessed, with a population, and known to be in one authority."""
    usable = wards["population"].ge(0) & wards[limits.within].notna() & wards[limits.within].ne("")
    return usable & wards["assessed"].fillna(False).astype(bool) if "assessed" in wards else usable


def _check(graph: Graph, wards: pd.DataFrame, limits: Limits) -> None:
    """Refuse what cannot be enumerated, listing every fault."""
    low, high = limits.population
    faults = [
        f"wards: no column '{column}', which choosing areas needs"
        for column in ("population", limits.within)
        if column not in wards
    ]
    if not 0 <= low <= high:
        faults.append(f"areas.population = [{low}, {high}]: allowed are two numbers from 0 up, the smaller first")
    if limits.max_wards < 1:
        faults.append(f"areas.max_wards = {limits.max_wards}: allowed is 1 or more")
    if not wards.index.is_unique:
        faults.append("wards: a ward_code stands in two rows; allowed is one row a ward")
    unknown = wards.index.difference(graph.unique_ids)
    if len(unknown):
        faults.append(f"graph: {len(unknown)} wards of the table are not in it, such as '{unknown[0]}'")
    if faults:
        raise InputError(faults)


def _neighbours(
    graph: Graph, codes: pd.Index, authority: NDArray[np.intp], country: NDArray[np.object_]
) -> tuple[Positions, Positions]:
    """Where each ward's neighbours of its own authority and country start (wards + 1), and their positions, rising."""
    links = graph.adjacency[graph.adjacency > 0]
    focal = codes.get_indexer(links.index.get_level_values(0))
    other = codes.get_indexer(links.index.get_level_values(1))
    known = (focal >= 0) & (other >= 0) & (focal != other)
    focal, other = focal[known], other[known]
    same = (authority[focal] == authority[other]) & (country[focal] == country[other])
    pairs = np.column_stack([focal[same], other[same]])
    pairs = np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)
    start = np.searchsorted(pairs[:, 0], np.arange(len(codes) + 1))
    return start.astype(np.int32), pairs[:, 1].astype(np.int32)


@compiled
def _grow(
    start: Positions, neighbours: Positions, population: Floats, low: float, high: float, most: int, members: Positions
) -> int:
    """Count the groups, and list them where `members` has rows; stops soon after `most`.

    `untried` is one list for all steps: step d may take what stands from `place[d]` to `end[d]`, and what it adds
    behind is taken off when it is left.
    """
    wards, largest = len(population), members.shape[1]
    untried = np.empty(wards, dtype=np.int32)
    seen = np.zeros(wards, dtype=np.bool_)
    place, end = np.zeros(largest + 1, dtype=np.int64), np.zeros(largest + 1, dtype=np.int64)
    group = np.empty(largest, dtype=np.int32)
    people = np.zeros(largest + 1)
    count = 0
    for first in range(wards):
        untried[0], seen[first] = first, True
        place[0], end[0], depth = 0, 1, 0
        while depth >= 0:
            if place[depth] == end[depth]:
                depth -= 1
                if depth >= 0:
                    for position in range(end[depth], end[depth + 1]):
                        seen[untried[position]] = False
                continue
            ward = untried[place[depth]]
            place[depth] += 1
            total = people[depth] + population[ward]
            if total > high:
                continue
            group[depth] = ward
            if total >= low:
                if len(members):
                    members[count, : depth + 1] = np.sort(group[: depth + 1])
                count += 1
                if count > most:
                    return count
            if depth + 1 == largest:
                continue
            tail = end[depth]
            for link in range(start[ward], start[ward + 1]):
                other = neighbours[link]
                if other > first and not seen[other]:
                    untried[tail], seen[other] = other, True
                    tail += 1
            depth += 1
            people[depth], place[depth], end[depth] = total, place[depth - 1], tail
        seen[first] = False
    return count
