"""The best choice of areas: contiguous groups of wards within the limits, of the largest total value, and a proof.

Every group that could be an area is listed (`candidates`), the best disjoint ones are chosen (`packing`), and the
choice says what no other choice can pass.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from libpysal.graph import Graph
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from tipping_point.areas.candidates import Floats, Groups, enumerate_groups, sum_over, usable_wards
from tipping_point.areas.group import Limits, area_id
from tipping_point.areas.local_search import FIRST, Chosen, Problem
from tipping_point.areas.packing import NODES, Packing, cover_wanted, pack
from tipping_point.areas.words import listed, plural
from tipping_point.numeric import finite_numbers
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

SAMPLED = 16
"""One group in so many is looked at to find a small value."""


@dataclass(frozen=True)
class Rule:
    """How many areas are chosen in each country, and what binds the choice.

    Attributes:
        areas: at most so many in each country.
        limits: what an area may be.
        per_authority: at most so many within one value of `limits.within`; 0 = no cap.
        include: ward codes that must be in an area.
        exclude: ward codes never to use.
    """

    areas: int
    limits: Limits
    per_authority: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proof:
    """How good the choice of one country is.

    Attributes:
        country: its name; '' where the table has none.
        exact: no choice among all candidates is worth more; else the best that local search found.
        value: total of the chosen.
        bound: no choice is worth more.
        candidates: groups within the limits.
        solved_on: groups in the last integer programme; the others were shown not to matter.
        asked: areas asked for.
        chosen: areas chosen.
        nodes: of an integer programme, at most.
    """

    country: str
    exact: bool
    value: float
    bound: float
    candidates: int
    solved_on: int
    asked: int
    chosen: int
    nodes: int

    @property
    def gap(self) -> float:
        """(bound - value)/value."""
        return (self.bound - self.value) / self.value if self.value else 0.0


@dataclass(frozen=True, repr=False)
class Selection:
    """A choice with all that it was made from, so that questions about it need not list the groups again.

    Attributes:
        chosen: one row per area, as `select_areas` returns it.
        rule: what bound the choice.
        groups: every group that keeps to the limits.
        values: of the wards, in the order of `groups.codes`.
        picked: positions of the chosen groups, in the order of `chosen`.
        proofs: by country, how good the choice is.
    """

    chosen: pd.DataFrame
    rule: Rule
    groups: Groups
    values: Floats
    picked: Chosen
    proofs: Mapping[str, Proof]

    def __repr__(self) -> str:
        return f"{len(self.chosen)} areas of {self.groups!r}"


def select_areas(
    wards: pd.DataFrame,
    graph: Graph,
    *,
    areas: int,
    value: str | pd.Series,
    population: tuple[float, float] = (15_000, 60_000),
    max_wards: int = 5,
    within: str = "district_code",
    per_authority: int = 0,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    seed: int,
    nodes: int = NODES,
) -> pd.DataFrame:
    """Choose contiguous, disjoint groups of wards with the largest total value.

    Args:
        wards: indexed by ward_code, with population, the column of `within` and, where known, assessed and country.
        graph: neighbours, on the same index.
        areas: at most so many, in each country.
        value: of each ward, 0 or more: a column of `wards`, or a Series on ward_code. A ward without a value, or not
            assessed, can be in no area; one of value 0 can join others and adds nothing.
        population: least and most residents of an area.
        max_wards: most wards of an area.
        within: column that an area may not cross.
        per_authority: at most so many areas within one value of `within`; 0 = no cap.
        include: ward codes that must be in an area.
        exclude: ward codes never to use.
        seed: for the fallback; an exact choice does not depend on it.
        nodes: of each integer programme, at most: a count, so that the same input gives the same choice on any load.

    Returns:
        One row per area, by country, falling value and area_id: area_id, ward_codes (separated by semicolons), wards,
        population, value, country and the column `within`. Every area has a value above 0; where fewer than `areas`
        are possible, fewer are chosen. Among areas of equal value those of fewest wards are preferred, then the order
        of ward codes decides. `find_selection` has the proof of it.

    Raises:
        InputError: options or values that are not allowed, or wards of `include` that no choice can hold.

    >>> chosen = tp.select_areas(results.wards, results.graph, areas=2, value="value", max_wards=3, seed=1)
    >>> bool(chosen["population"].between(15_000, 60_000).all())
    True
    """
    rule = Rule(
        areas, Limits((population[0], population[1]), max_wards, within), per_authority, tuple(include), tuple(exclude)
    )
    return find_selection(wards, graph, rule=rule, value=value, seed=seed, nodes=nodes).chosen


def find_selection(
    wards: pd.DataFrame, graph: Graph, *, rule: Rule, value: str | pd.Series, seed: int, nodes: int = NODES
) -> Selection:
    """The choice of `select_areas` with what it was made from, for `near_misses` and `choose_again`."""
    worth = read_values(wards, rule.limits, value, faults=_option_faults(rule))
    usable = usable_wards(wards, rule.limits) & worth.notna()
    _check_include(wards, rule, worth, usable)
    groups = enumerate_groups(graph, wards[usable], limits=rule.limits, exclude=rule.exclude)
    values = worth.reindex(groups.codes).to_numpy()
    _check_held(groups, values, rule)
    picked: list[Chosen] = []
    proofs: dict[str, Proof] = {}
    for country, own in groups_by_country(groups, _countries(wards, groups)).items():
        problem, positions = build_problem(groups, values, rule, country, own)
        packing = _choose(groups, rule, problem, nodes=nodes, seed=seed)
        picked.append(positions[packing.chosen])
        proofs[country] = proof = Proof(
            country, packing.exact, packing.value, packing.bound, len(own), packing.solved_on, rule.areas,
            len(packing.chosen), nodes,
        )  # fmt: skip
        log.info("areas: %s", proof)
    chosen, order = _table(groups, values, np.concatenate([np.empty(0, dtype=np.int64), *picked]), rule.limits.within)
    return Selection(chosen, rule, groups, values, order, proofs)


# ------------------------------------------------------------------------------------------ the choice


def _countries(wards: pd.DataFrame, groups: Groups) -> list[str]:
    """The countries of the table, and '' where it has none."""
    named: set[str] = set(wards["country"].dropna()) if "country" in wards else set()
    return sorted((named | set(groups.country)) - {""}) or [""]


def groups_by_country(groups: Groups, countries: Sequence[str]) -> dict[str, Chosen]:
    """Country -> positions of its groups, rising."""
    country = groups.country[groups.members[:, 0]]
    return {name: np.flatnonzero(country == name) for name in countries}


def build_problem(
    groups: Groups, values: Floats, rule: Rule, country: str, own: Chosen, *, few: bool = False
) -> tuple[Problem, Chosen]:
    """The groups of one country (`own`) with a value above 0 as a packing problem, and their positions among all.

    With `few` those of small value are left out where there are many, which `pack` may refuse.
    """
    # Groups stand by their first ward, and so by country: what lies between the first and the last is hardly more.
    span = slice(own[0], own[-1] + 1) if len(own) else slice(0)
    total = sum_over(groups.members[span], values)[own - (span.start or 0)]
    below = _small_value(total) if few and not rule.include else 0.0
    kept = np.flatnonzero(total >= below) if below else np.flatnonzero(total > 0)
    own = own[kept]
    members = groups.members[own]
    wanted = groups.codes.get_indexer(pd.Index(rule.include).drop_duplicates())
    wanted = np.sort(wanted[(wanted >= 0) & (groups.country[wanted] == country)])
    problem = Problem(
        members=members,
        value=total[kept],
        authority=groups.authority[members[:, 0]],
        number=rule.areas,
        per_authority=rule.per_authority,
        wanted=wanted.astype(np.int32),
        wards=len(groups.codes),
        below=below,
    )
    return problem, own


def _small_value(total: Floats) -> float:
    """A value that about `FIRST` of many groups reach, by a sample of them; 0 where all are to be kept."""
    sample = total[::SAMPLED]
    place = len(sample) - FIRST // SAMPLED
    return max(0.0, float(np.partition(sample, place)[place])) if place > len(sample) / 2 else 0.0


def _choose(groups: Groups, rule: Rule, problem: Problem, *, nodes: int, seed: int) -> Packing:
    """The best choice in one country; refused where it cannot hold every ward that must be in an area."""
    if len(problem.members) == 0:
        return Packing(np.empty(0, dtype=np.int64), 0.0, 0.0, exact=True, solved_on=0)
    start, missed = cover_wanted(problem)
    if len(missed):
        cap = f", at most {rule.per_authority} in one {rule.limits.within}" if rule.per_authority else ""
        codes = listed(f"'{code}'" for code in groups.codes[missed])
        raise InputError(
            f"areas.include: {codes} cannot be in an area together with the other wards to include: at most "
            f"{plural(rule.areas, 'area')} in a country, without overlap{cap}; allow more areas, or include fewer wards"
        )
    return pack(problem, start, nodes=nodes, seed=seed)


def _check_held(groups: Groups, values: Floats, rule: Rule) -> None:
    """Refuse wards to include that no group of value holds, saying why of each."""
    if not rule.include:
        return
    low, high = rule.limits.population
    size = f"at most {plural(rule.limits.max_wards, 'ward')} of one {rule.limits.within}"
    limits = f"{size}, {low:,.0f} to {high:,.0f} residents"
    of_value = set(groups.members[groups.sums(values) > 0].ravel())
    in_a_group = set(groups.members.ravel())
    faults = []
    for code, position in zip(rule.include, groups.codes.get_indexer(pd.Index(rule.include)), strict=True):
        if position in of_value:
            continue
        if groups.population[position] > high:
            why = f"it has {groups.population[position]:,.0f} residents, and an area may have {high:,.0f} at most"
        elif position in in_a_group:
            why = "every group of wards within the limits that holds it has a value of 0"
        else:
            why = f"no connected group within the limits ({limits}) holds it"
        faults.append(f"areas.include: '{code}' can be in no area: {why}")
    if faults:
        raise InputError(faults)


def _table(groups: Groups, values: Floats, picked: Chosen, within: str) -> tuple[pd.DataFrame, Chosen]:
    """The chosen groups as `select_areas` returns them, and their positions in that order."""
    total, people = groups.sums(values), groups.sums(groups.population)
    codes = groups.wards_of(picked)
    rows = pd.DataFrame(
        {
            "area_id": pd.Series([area_id(own) for own in codes], dtype="str"),
            "ward_codes": pd.Series([";".join(own) for own in codes], dtype="str"),
            "wards": pd.Series([len(own) for own in codes], dtype="int64"),
            "population": people[picked],
            "value": total[picked],
            "country": pd.Series(groups.country[groups.members[picked, 0]], dtype="str"),
            within: pd.Series(groups.authorities[groups.authority[groups.members[picked, 0]]].to_numpy()),
            "picked": picked,
        }
    ).sort_values(["country", "value", "area_id"], ascending=[True, False, True], ignore_index=True)
    return rows.drop(columns="picked"), rows["picked"].to_numpy()


# ------------------------------------------------------------------------------------- what is given


def read_values(
    wards: pd.DataFrame, limits: Limits, value: str | pd.Series, *, faults: Sequence[str] = ()
) -> pd.Series:
    """Value of every ward, missing where it has none.

    Args:
        wards: indexed by ward_code.
        limits: for the column that areas may not cross.
        value: a column of `wards`, or a Series on ward_code.
        faults: what is already known to be wrong, to be listed with the rest.

    Raises:
        InputError: those faults, columns that are not there, values that are no finite numbers or below 0.
    """
    needed = ["population", limits.within, *([value] if isinstance(value, str) else [])]
    found = [
        *faults,
        *(f"wards: no column '{name}', which choosing areas needs" for name in needed if name not in wards),
    ]
    if found:
        raise InputError(found)
    worth = wards[value] if isinstance(value, str) else value.reindex(wards.index)
    numbers, found = finite_numbers(worth)
    if not found and (numbers < 0).any():
        code = wards.index[int(np.nanargmin(numbers))]
        found = [f"value: {int((numbers < 0).sum())} wards have one below 0, such as '{code}'; allowed is 0 or more"]
    if found:
        raise InputError(found)
    return pd.Series(numbers, index=wards.index)


def _option_faults(rule: Rule) -> list[str]:
    faults = []
    if rule.areas < 1:
        faults.append(f"areas.areas = {rule.areas}: allowed is 1 or more")
    if rule.per_authority < 0:
        faults.append(f"areas.per_authority = {rule.per_authority}: allowed is 0 (no cap) or more")
    return faults


def _check_include(wards: pd.DataFrame, rule: Rule, worth: pd.Series, usable: pd.Series) -> None:
    """Refuse wards to include or exclude that are unknown, and wards to include that can be in no area."""
    faults = [
        f"areas.{option}: '{code}' is not a ward of the study's area"
        for option, codes in (("include", rule.include), ("exclude", rule.exclude))
        for code in codes
        if code not in wards.index
    ]
    for code in rule.include:
        if code in rule.exclude:
            faults.append(f"areas.include: '{code}' is in areas.exclude too")
        elif code in wards.index and not usable[code]:
            why = "it has no value" if pd.isna(worth[code]) else f"its population or {rule.limits.within} is not known"
            if "assessed" in wards and not wards.at[code, "assessed"]:
                why = f"it is not assessed ({wards.get('not_assessed_reason', pd.Series(dtype=str)).get(code, '')})"
            faults.append(f"areas.include: '{code}' can be in no area: {why}")
    if faults:
        raise InputError(faults)


# ------------------------------------------------------------------------------- what is asked of it


def members(chosen: pd.DataFrame, graph: Graph) -> pd.DataFrame:
    """The wards of chosen areas as `group.build_areas` takes them.

    Args:
        chosen: with country and ward_codes, one row per area.
        graph: neighbours, on ward_code.

    Returns:
        [ward_code, area, cluster], one row per ward of an area; area is the row of `chosen`, cluster the number of the
        clump of touching areas of one country, in the order in which they first appear.
    """
    lists = [codes.split(";") for codes in chosen["ward_codes"]]
    rows = pd.DataFrame(
        [(code, area) for area, codes in enumerate(lists) for code in codes], columns=["ward_code", "area"]
    ).astype({"ward_code": "str", "area": "int64"})
    places = graph.unique_ids.get_indexer(pd.Index(rows["ward_code"]))
    held = csr_array((np.ones(len(rows)), (places, rows["area"])), shape=(graph.n, len(chosen)))
    links = coo_array(held.T @ graph.sparse @ held)
    country = chosen["country"].to_numpy(dtype=object)
    same = (country[links.row] == country[links.col]) & (links.data > 0)
    touching = csr_array((links.data[same], (links.row[same], links.col[same])), shape=links.shape)
    clump = connected_components(touching, directed=False)[1] if len(chosen) else np.empty(0, dtype=np.int32)
    return rows.assign(cluster=pd.factorize(clump)[0][rows["area"]].astype("int64"))
