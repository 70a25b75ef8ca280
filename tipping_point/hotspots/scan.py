"""Scan statistic: the windows that hold more cases than their people explain, and how surprising the first of them is.

**Statistic** (Kulldorff 1997). For a window with c of all C cases, and E = C x its share of the population,
llr = c ln(c / E) + (C - c) ln((C - c) / (C - E)) where c > E, else 0.

**Null.** All people are at the same risk, independently: the C cases fall on locations like a multinomial with the
population as weights. The p of a cluster is the rank of its llr among the *largest* llr of each replicate,
p = (replicates whose maximum is at least as high + 1) / (R + 1), ties counting as extreme. So it is already adjusted
for all the windows searched. Clusters after the first are held against the same maxima, which errs on the safe side.

Crimes are not independent (one offender, one night, many offences): where counts vary by more than their mean, p is
smaller than it should be. A small p says "not even risk"; it does not say why, and it belongs to the cluster as a
whole, not to each of its wards.

**Clusters.** The most likely window of all; then the most likely of those that share no location with it; and so on.

The maxima are exact, and depend on the seed alone: not on the order of windows, nor on the number of threads.
"""

from __future__ import annotations

import heapq
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import NamedTuple, TypeVar

import numba
import numpy as np
import numpy.typing as npt
import pandas as pd
from libpysal.graph import Graph
from scipy.sparse import csr_array

from tipping_point.hotspots.likelihood import SAME, Tile, expected_levels, log_ratio, most_likely, raise_maxima
from tipping_point.hotspots.permutation import Floats, Integers
from tipping_point.hotspots.scan_input import faults_of_options, is_whole, read_places, read_wards
from tipping_point.hotspots.windows import Family, Windows, circles, connected_sets, count_connected, members_of
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

Best = tuple[float, Integers]
"""The llr of a root's most likely window, and its members."""
Item = TypeVar("Item")
Result = TypeVar("Result")

TILE = 128
"""Replicates counted side by side. Part of what a seed means."""
WINDOWS_AT_ONCE = 2**21
"""Windows that each thread holds at a time, about: bounds memory."""
MAX_WINDOWS = 1_000_000_000
"""Contiguous windows beyond which a scan is refused: 999 replicates of so many take minutes on two cores."""
MAX_AT_ONE_WARD = 2**24
"""Contiguous windows with the same first ward beyond which a scan is refused: they are held together."""
COUNTED_AT_ONCE = 256
"""Pieces in which windows are counted, so that counting stops soon after there are too many."""


class Cluster(NamedTuple):
    """A window that holds more cases than expected."""

    members: Integers
    """Positions, in the order in which the window grew."""
    cases: int
    expected: float
    relative_risk: float
    llr: float
    p: float


def poisson_scan(
    cases: npt.ArrayLike,
    population: npt.ArrayLike,
    coordinates: npt.ArrayLike,
    *,
    max_population_share: float = 0.5,
    replicates: int = 999,
    seed: int,
) -> pd.DataFrame:
    """Clusters in circles around each location, of any size up to a share of the population (Kulldorff 1997).

    A circle holds every location within its radius; locations at the same distance enter together.

    Args:
        cases: n whole numbers, not negative.
        population: n numbers, not negative; 0 only where there are no cases either.
        coordinates: n x 2, cartesian, in any unit.
        max_population_share: share of all people that a circle may hold at most, above 0 and up to 1.
        replicates: Monte Carlo replicates, exactly as many.
        seed: same seed, same p, whatever the number of threads.

    Returns:
        All clusters without overlap, by falling llr, whatever their p; none where no circle holds more than expected.
        centre (position in the arrays, from 0), members (tuple of positions by rising distance), cases, expected,
        relative_risk (inside over outside; infinite where no case is outside), llr, p.

    Raises:
        InputError: everything that is wrong with the arrays and options.

    >>> cases, people = np.array([9, 1, 1, 1]), np.array([100, 100, 100, 100])
    >>> places = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    >>> int(tp.poisson_scan(cases, people, places, seed=1)["centre"].iloc[0])
    0
    """
    found, people, places, faults = read_places(cases, population, coordinates)
    faults += faults_of_options(max_population_share, replicates, seed)
    if faults:
        raise InputError(faults)
    family = circles(places, people, _most_people(people, max_population_share))
    rows = []
    for cluster in _scan("poisson_scan", family, found.astype(np.int32), people, replicates, seed):
        members = tuple(cluster.members.tolist())
        rows.append((members[0], members, *cluster[1:]))
    return _table(rows, "int64")


def flexible_scan(
    cases: pd.Series,
    population: pd.Series,
    graph: Graph,
    *,
    max_size: int = 6,
    max_population_share: float = 0.5,
    replicates: int = 999,
    seed: int,
) -> pd.DataFrame:
    """Clusters of any shape: every connected set of at most `max_size` wards, up to a share of the population.

    As Tango & Takahashi (2005), but not only among the nearest neighbours of a ward, which on a graph would hang on how
    ties in distance are broken. The enumeration is exact, each set once. There are about six times as many sets with
    each ward more: 16 million of up to 6 wards in England and Wales, 580 million of up to 8. More than `MAX_WINDOWS`
    are refused, never cut short.

    Args:
        cases: whole numbers, not negative, on the graph's labels in any order.
        population: numbers, not negative, likewise; 0 only where there are no cases either.
        graph: wards that touch; any weight other than 0 is a link, both ways.
        max_size: wards that a window may have at most.
        max_population_share: share of all people that a window may hold at most, above 0 and up to 1.
        replicates: Monte Carlo replicates, exactly as many.
        seed: same seed, same p, whatever the order of rows or the number of threads.

    Returns:
        As `poisson_scan`, but with labels: members are a tuple in order of label, centre is the member with the most
        cases above its own expectation (the first if tied).

    Raises:
        InputError: everything that is wrong with the tables and options; more than `MAX_WINDOWS` windows.
    """
    labels = graph.unique_ids.sort_values()
    found, people, faults = read_wards(cases, population, labels)
    faults += faults_of_options(max_population_share, replicates, seed)
    if not is_whole(max_size) or not 1 <= max_size <= np.iinfo(np.uint8).max:
        faults.append(f"max_size is {max_size!r}; it must be a whole number from 1 to {np.iinfo(np.uint8).max}")
    if faults:
        raise InputError(faults)
    family = _connected(_links(graph, labels), people, _most_people(people, max_population_share), max_size)
    rows = []
    for cluster in _scan("flexible_scan", family, found.astype(np.int32), people, replicates, seed):
        members = np.sort(cluster.members)
        excess = found[members] - people[members] * (cluster.expected / people[members].sum())
        centre = members[np.argmax(excess)]
        rows.append((labels[centre], tuple(labels[members]), *cluster[1:]))
    return _table(rows, str(labels.dtype))


# ---------------------------------------------------------------------------------------- the search


def _scan(name: str, family: Family, cases: Tile, population: Floats, replicates: int, seed: int) -> list[Cluster]:
    """The clusters by falling llr."""
    total = int(cases.sum())
    if total == 0:
        return []
    per_person = total / population.sum()
    best, maxima, windows = _visit_all(family, cases, _draw(population, total, replicates, seed), per_person)
    clusters = []
    for members in _without_overlap(best, family, cases, per_person):
        inside, expected = int(cases[members].sum()), float(population[members].sum() * per_person)
        llr = log_ratio(float(inside), expected, float(total))
        outside = (total - inside) / (total - expected)
        risk = inside / expected / outside if outside > 0 else math.inf
        p = (int((maxima >= llr - SAME).sum()) + 1) / (replicates + 1)
        clusters.append(Cluster(members, inside, expected, risk, llr, p))
    clusters.sort(key=lambda cluster: -cluster.llr)
    log.info(
        "%s: %d locations, %d cases, %d windows, %d replicates: %d clusters%s",
        *(name, len(cases), total, windows, replicates, len(clusters)),
        f", the most likely with p {clusters[0].p:.4g}" if clusters else "",
    )
    return clusters


def _draw(population: Floats, total: int, replicates: int, seed: int) -> list[Tile]:
    """Cases spread at even risk, in tiles of replicates."""
    people = np.flatnonzero(population)
    share = population[people] / population[people].sum()
    starts = range(0, replicates, TILE)

    def draw(piece: tuple[int, np.random.SeedSequence]) -> Tile:
        start, source = piece
        counts = np.zeros((len(population), min(TILE, replicates - start)), dtype=np.int32)
        counts[people] = np.random.default_rng(source).multinomial(total, share, size=counts.shape[1]).T
        return counts

    return _side_by_side(draw, list(zip(starts, np.random.SeedSequence(seed).spawn(len(starts)), strict=True)))


def _visit_all(family: Family, cases: Tile, tiles: Sequence[Tile], per_person: float) -> tuple[list[Best], Floats, int]:
    """Each root's best window, the highest llr of each replicate, and how many windows there are."""
    total = int(cases.sum())
    maxima = [np.zeros(tile.shape[1]) for tile in tiles]
    everywhere = np.ones(len(cases), dtype=np.bool_)
    lock = Lock()

    def visit(roots: Integers) -> tuple[list[Best], int]:
        windows = family.build(roots, everywhere)
        levels = expected_levels(windows, per_person, family.largest)
        for tile, highest in zip(tiles, maxima, strict=True):
            with lock:
                raised = highest.copy()
            raise_maxima(windows, levels, tile, total, family.slots, raised)
            with lock:
                np.maximum(highest, raised, out=highest)
        return _best(windows, family, cases, per_person), int(np.isfinite(windows.population).sum())

    visits = _side_by_side(visit, _blocks(family))
    best = [entry for entries, _ in visits for entry in entries]
    return best, np.concatenate(maxima), sum(windows for _, windows in visits)


def _best(windows: Windows, family: Family, cases: Tile, per_person: float) -> list[Best]:
    """The most likely window of each root that has one with more cases than expected."""
    found = zip(*most_likely(windows, cases, per_person, family.slots), strict=True)
    return [(float(llr), members_of(windows, window)) for llr, window in found if llr > 0]


def _without_overlap(best: list[Best], family: Family, cases: Tile, per_person: float) -> Iterator[Integers]:
    """Members of the most likely window, then of the most likely that shares none with those before, and so on.

    A root's best window can only get worse as locations are taken. So what it was is a bound, and a root is looked at
    again only when it leads. Ties: fewer members, then the first root.
    """
    free = np.ones(len(cases), dtype=np.bool_)
    members_by_root: dict[int, Integers] = {}
    leaders: list[tuple[float, int, int]] = []
    while best or leaders:
        for llr, members in best:
            root = int(members[0])
            members_by_root[root] = members
            heapq.heappush(leaders, (-SAME * round(llr / SAME), len(members), root))
        *_, root = heapq.heappop(leaders)
        members, best = members_by_root[root], []
        if free[members].all():
            free[members] = False
            yield members
        elif free[root]:
            best = _best(family.build(np.array([root]), free), family, cases, per_person)


def _blocks(family: Family) -> list[Integers]:
    """All roots in pieces of few windows, each piece spread over the map so that high counts turn up early."""
    roots = len(family.most)
    pieces = min(roots, -(-int(family.most.sum()) // WINDOWS_AT_ONCE))
    return [np.arange(first, roots, pieces) for first in range(pieces)]


def _side_by_side(work: Callable[[Item], Result], pieces: Iterable[Item]) -> list[Result]:
    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        return list(pool.map(work, pieces))


# ------------------------------------------------------------------------------------------ the graph


def _links(graph: Graph, labels: pd.Index) -> tuple[Integers, Integers]:
    """Where each ward's neighbours start, and the neighbours: positions in the labels, both ways, none to itself."""
    adjacency = graph.adjacency[graph.adjacency != 0]
    focal = labels.get_indexer(adjacency.index.get_level_values("focal"))
    neighbour = labels.get_indexer(adjacency.index.get_level_values("neighbor"))
    apart = focal != neighbour
    ends = np.concatenate([focal[apart], neighbour[apart]]), np.concatenate([neighbour[apart], focal[apart]])
    matrix = csr_array((np.ones(len(ends[0])), ends), shape=(len(labels), len(labels)))
    matrix.sum_duplicates()
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)


def _connected(links: tuple[Integers, Integers], population: Floats, largest: float, size: int) -> Family:
    """The family of connected sets, or InputError where they are too many to scan."""
    roots = np.arange(len(population))
    pieces = [roots[first::COUNTED_AT_ONCE] for first in range(COUNTED_AT_ONCE)]
    left = [MAX_WINDOWS]
    lock = Lock()

    def count(piece: Integers) -> Integers:
        counted = count_connected(links, population, largest, size, piece, stop=left[0])
        with lock:
            left[0] = left[0] - int(counted.sum()) if (counted >= 0).all() else -1
        return counted

    most = np.zeros(len(roots), dtype=np.int64)
    for piece, counted in zip(pieces, _side_by_side(count, pieces), strict=True):
        most[piece] = counted
    if left[0] < 0 or most.max(initial=0) > MAX_AT_ONE_WARD:
        raise InputError(
            f"max_size is {size}: {len(roots):,} wards then make more than {MAX_WINDOWS:,} contiguous windows,"
            f" or more than {MAX_AT_ONE_WARD:,} that start at one ward: the most that are scanned."
            " Allowed is a smaller max_size"
        )
    return connected_sets(links, population, largest, size, most)


# ------------------------------------------------------------------------------------------ in and out


def _most_people(population: Floats, share: float) -> float:
    """People that a window may hold; a little more, so that the rounding of a sum does not decide."""
    return float(population.sum() * share * (1 + 1e-12))


def _table(rows: Sequence[tuple[object, ...]], label: str) -> pd.DataFrame:
    """The contract's columns, of the same types whether or not there is a row."""
    types = {"centre": label, "members": "object", "cases": "int64"}
    types |= dict.fromkeys(("expected", "relative_risk", "llr", "p"), "float64")
    return pd.DataFrame(rows, columns=list(types)).astype(types)
