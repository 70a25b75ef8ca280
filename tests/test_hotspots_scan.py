"""The scan statistic against SaTScan's published clusters, brute force, exact enumeration, and chance."""

from __future__ import annotations

import math
from itertools import combinations, product

import numba
import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph
from scipy.stats import binomtest, chisquare

from tipping_point.hotspots import scan
from tipping_point.hotspots.likelihood import log_ratio
from tipping_point.hotspots.scan import flexible_scan, poisson_scan
from tipping_point.hotspots.windows import circles, connected_sets, count_connected
from tipping_point.tables import InputError

COLUMNS = ["centre", "members", "cases", "expected", "relative_risk", "llr", "p"]


# ------------------------------------------------------------------------------------------- judges


def ratio(c: float, expected: float, total: float) -> float:
    """Kulldorff's log-likelihood ratio, spelled out."""
    if c <= expected:
        return 0.0
    outside = (total - c) * math.log((total - c) / (total - expected)) if c < total else 0.0
    return c * math.log(c / expected) + outside


def all_circles(places: np.ndarray, population: np.ndarray, share: float) -> set[frozenset[int]]:
    """Every set of locations within some radius of some location; whole coordinates, so distances are exact."""
    found = set()
    for place in places:
        squared = ((places - place) ** 2).sum(axis=1)
        for radius in np.unique(squared):
            inside = frozenset(np.flatnonzero(squared <= radius).tolist())
            if population[list(inside)].sum() <= share * population.sum():
                found.add(inside)
    return found


def all_connected(links: set[tuple[int, int]], population: np.ndarray, size: int, share: float) -> set[frozenset[int]]:
    """Every subset of at most `size` wards that hangs together."""
    found = set()
    for wards in range(1, size + 1):
        for members in combinations(range(len(population)), wards):
            reached, grown = set(), {members[0]}
            while grown != reached:
                reached = grown
                grown = reached | {b for a, b in links if a in reached and b in members}
            if len(reached) == wards and population[list(members)].sum() <= share * population.sum():
                found.add(frozenset(members))
    return found


def clusters_of(
    windows: set[frozenset[int]], cases: np.ndarray, population: np.ndarray
) -> list[tuple[float, frozenset[int]]]:
    """The best window, then the best without overlap with it, and so on."""
    total, people = cases.sum(), population.sum()
    scored = [(ratio(cases[list(w)].sum(), total * population[list(w)].sum() / people, total), w) for w in windows]
    found, taken = [], set()
    for llr, window in sorted(scored, key=lambda entry: -entry[0]):
        if llr > 0 and not window & taken:
            found.append((llr, window))
            taken |= window
    return found


def maxima_of(windows: set[frozenset[int]], counts: np.ndarray, population: np.ndarray) -> list[float]:
    total = counts[:, 0].sum()
    share = {w: population[list(w)].sum() / population.sum() for w in windows}
    return [max(ratio(run[list(w)].sum(), total * share[w], total) for w in windows) for run in counts.T]


def check_clusters(table: pd.DataFrame, judge: list[tuple[float, frozenset[int]]]) -> None:
    assert [frozenset(members) for members in table["members"]] == [members for _, members in judge]
    np.testing.assert_allclose(table["llr"], [llr for llr, _ in judge], rtol=1e-9, atol=1e-9)


def town(seed: int, locations: int = 40, cases: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Risk that varies, people in fractions (so that no two windows tie), places on a grid (so that distances do)."""
    random = np.random.default_rng(seed)
    places = random.permutation([(x, y) for x in range(9) for y in range(9)])[:locations]
    population = random.gamma(2.0, 500.0, locations)
    risk = population * random.gamma(3.0, 1.0, locations)
    return random.multinomial(cases, risk / risk.sum()), population, places.astype(float)


# ------------------------------------------------------------------------------------------ published


@pytest.fixture(scope="module")
def new_york(real_data):
    read = {name: np.loadtxt(real_data / f"reference/satscan_ny_{name}.txt") for name in ("cases", "pop", "coords")}
    return read["cases"][:, 1], read["pop"][:, 2], read["coords"][:, 1:]


@pytest.mark.real
def test_new_york_leukaemia_as_satscan_published_it(new_york):
    table = poisson_scan(*new_york, replicates=99, seed=1)
    assert (table["centre"][:6] + 1).tolist() == [52, 89, 112, 62, 266, 166]
    published = ["14.083511", "9.019716", "6.114140", "4.651839", "3.363518", "3.209485"]
    assert [f"{llr:.6f}" for llr in table["llr"][:6]] == published
    first, second = table.iloc[0], table.iloc[1]
    assert [first["cases"], round(first["expected"], 2), round(first["relative_risk"], 2)] == [100, 58.28, 1.87]
    assert [second["cases"], round(second["expected"], 2)] == [38, 17.79]
    order = [
        52,
        50,
        37,
        49,
        38,
        48,
        53,
        39,
        15,
        47,
        51,
        1,
        40,
        44,
        16,
        2,
        55,
        36,
        14,
        43,
        13,
        45,
        3,
        35,
        17,
        11,
        12,
        46,
    ]
    assert [member + 1 for member in first["members"]] == order
    assert [member + 1 for member in table["members"][5]] == [166, 159, 167]


@pytest.mark.real
def test_new_york_p_is_the_published_within_monte_carlo_error(new_york):
    """Published .00015; 400,000 replicates gave .00022."""
    p = poisson_scan(*new_york, replicates=19_999, seed=2)["p"]
    assert abs(p[0] - 0.00015) < 4 * math.sqrt(0.00022 / 20_000)
    # The others as 400,000 replicates had them.
    expected = np.array([0.02137, 0.2537, 0.6592, 0.9670, 0.9797])
    assert (abs(p[1:6] - expected) < 4 * np.sqrt(expected * (1 - expected) / 20_000)).all()


# --------------------------------------------------------------------------------------- hand-worked


def test_by_hand():
    """Three places of 100 people, 8 + 1 + 1 cases: 8 ln(8 / 3.33) + 2 ln(2 / 6.67), risk 2.4 over .3."""
    table = poisson_scan([8, 1, 1], [100, 100, 100], [(0, 0), (1, 0), (5, 0)], replicates=19, seed=1)
    assert list(table.columns) == COLUMNS
    assert len(table) == 1
    row = table.iloc[0]
    assert (row["centre"], row["members"], row["cases"]) == (0, (0,), 8)
    assert row["expected"] == pytest.approx(10 / 3)
    assert row["relative_risk"] == pytest.approx(8.0)
    assert row["llr"] == pytest.approx(8 * math.log(2.4) + 2 * math.log(0.3))


def test_p_against_every_possible_outcome():
    """Five cases on three places: the exact chance of a maximum at least as high, ties included."""
    population, places = np.array([1.0, 2.0, 3.0]), np.array([(0, 0), (1, 0), (3, 0)])
    cases = np.array([2, 3, 0])
    windows = all_circles(places, population, 0.6)
    observed = clusters_of(windows, cases, population)[0][0]
    exact = 0.0
    for outcome in product(range(6), repeat=3):
        if sum(outcome) == 5:
            ways = math.factorial(5) / math.prod(math.factorial(c) for c in outcome)
            chance = ways * math.prod((population / 6) ** outcome)
            highest = maxima_of(windows, np.array([outcome]).T, population)[0]
            exact += chance * (highest >= observed - 1e-9)
    table = poisson_scan(cases, population, places, max_population_share=0.6, replicates=19_999, seed=3)
    assert 0.05 < exact < 0.95
    assert table["p"][0] == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 20_000))


def test_p_is_the_rank_among_the_maxima():
    cases, population, places = town(4, cases=120)
    table = poisson_scan(cases, population, places, replicates=300, seed=6)
    counts = np.concatenate(scan._draw(population, 120, 300, 6), axis=1)
    maxima = np.array(maxima_of(all_circles(places, population, 0.5), counts, population))
    np.testing.assert_allclose(table["p"], [((maxima >= llr - 1e-9).sum() + 1) / 301 for llr in table["llr"]])


# --------------------------------------------------------------------------------------- brute force


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_circles_and_clusters_are_those_of_brute_force(seed, share):
    """Grid places are full of equal distances: a circle takes a whole ring or nothing of it."""
    cases, population, places = town(seed)
    table = poisson_scan(cases, population, places, max_population_share=share, replicates=1, seed=1)
    check_clusters(table, clusters_of(all_circles(places, population, share), cases, population))
    np.testing.assert_allclose(table["cases"], [cases[list(members)].sum() for members in table["members"]])
    for centre, members in zip(table["centre"], table["members"], strict=True):
        away = ((places[list(members)] - places[centre]) ** 2).sum(axis=1)
        assert members[0] == centre
        assert (np.diff(away) >= 0).all()


def test_equal_distances_are_seen_despite_rounding():
    """Tenths are not exact in binary; moved and scaled, the rings of a grid are still rings."""
    cases, population, places = town(21)
    whole = poisson_scan(cases, population, places, replicates=1, seed=1)
    tenths = poisson_scan(cases, population, 0.1 * places + (531_234.7, 178_001.3), replicates=1, seed=1)
    assert tenths["members"].map(sorted).tolist() == whole["members"].map(sorted).tolist()


@pytest.mark.parametrize("total", [200, 60_000, 5_000_000])
def test_maxima_of_circles_are_those_of_brute_force(total):
    """Beyond 32,767 cases, and beyond 65,535 in one place: nothing overflows."""
    _, population, places = town(2, locations=25)
    population[3] += population.sum()
    tiles = scan._draw(population, total, 150, 9)
    family = circles(places, population, scan._most_people(population, 0.8))
    _, maxima, windows = scan._visit_all(family, tiles[0][:, 0].copy(), tiles, total / population.sum())
    expected = all_circles(places, population, 0.8)
    assert windows >= len(expected)
    assert np.concatenate(tiles, axis=1).max() > total / 3
    np.testing.assert_allclose(
        maxima, maxima_of(expected, np.concatenate(tiles, axis=1), population), rtol=1e-9, atol=1e-7
    )


@numba.njit
def maxima_without_filter(windows, levels, cases, total, slots, maxima):
    """As `raise_maxima`, every count looked at."""
    so_far = np.zeros((slots, cases.shape[1]), np.int64)
    for window in range(len(windows.member)):
        so_far[windows.into[window]] = so_far[windows.onto[window]] + cases[windows.member[window]]
        for replicate in range(cases.shape[1]):
            count = float(so_far[windows.into[window], replicate])
            maxima[replicate] = max(maxima[replicate], log_ratio(count, levels[0][window], float(total)))


@pytest.mark.parametrize("total", [30, 3_000, 40_000_000])
def test_the_filter_loses_nothing(monkeypatch, total):
    random = np.random.default_rng(5)
    population, places = random.integers(1, 9_000, 400).astype(float), random.random((400, 2))
    tiles = scan._draw(population, total, 140, 2)
    family = circles(places, population, scan._most_people(population, 0.5))
    arguments = family, tiles[0][:, 0].copy(), tiles, total / population.sum()
    _, filtered, _ = scan._visit_all(*arguments)
    monkeypatch.setattr(scan, "raise_maxima", maxima_without_filter)
    _, complete, _ = scan._visit_all(*arguments)
    np.testing.assert_array_equal(filtered, complete)


# ----------------------------------------------------------------------------------------- invariants


def test_the_number_of_threads_changes_nothing(monkeypatch):
    random = np.random.default_rng(3)
    population, places = random.integers(500, 900, 600), random.random((600, 2))
    cases = random.poisson(population / 50)
    monkeypatch.setattr(scan, "WINDOWS_AT_ONCE", 20_000)
    tables = []
    for threads in (1, numba.config.NUMBA_NUM_THREADS):
        before = numba.get_num_threads()
        numba.set_num_threads(threads)
        tables.append(poisson_scan(cases, population, places, replicates=300, seed=1))
        numba.set_num_threads(before)
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_the_size_of_blocks_changes_nothing(monkeypatch):
    town_of_40 = town(8)
    whole = poisson_scan(*town_of_40, replicates=99, seed=1)
    monkeypatch.setattr(scan, "WINDOWS_AT_ONCE", 1)
    pd.testing.assert_frame_equal(poisson_scan(*town_of_40, replicates=99, seed=1), whole, check_exact=True)


def test_more_replicates_continue_the_same_draws():
    """Whole tiles are the same whatever follows them."""
    few, many = (np.concatenate(scan._draw(np.arange(5.0), 40, r, 7), axis=1) for r in (scan.TILE, 3 * scan.TILE + 1))
    assert many.shape == (5, 3 * scan.TILE + 1)
    np.testing.assert_array_equal(many[:, : scan.TILE], few)
    assert (many.sum(axis=0) == 40).all()
    assert not many[0].any()


def test_neither_order_of_rows_nor_map_nor_unit_of_people_matters():
    cases, population, places = town(13)
    table = poisson_scan(cases, population, places, replicates=1, seed=1)
    order = np.random.default_rng(1).permutation(len(cases))
    turned = places[order] @ np.array([[0.0, 1.0], [-1.0, 0.0]]) * 1_000 + 5
    other = poisson_scan(cases[order], population[order] / 1_000, turned, replicates=1, seed=1)
    np.testing.assert_allclose(other["llr"], table["llr"])
    assert [sorted(order[list(members)]) for members in other["members"]] == table["members"].map(sorted).tolist()


def test_inputs_are_left_alone():
    cases, population, places = town(1)
    copies = cases.copy(), population.copy(), places.copy()
    poisson_scan(cases, population, places, replicates=9, seed=1)
    for now, before in zip((cases, population, places), copies, strict=True):
        np.testing.assert_array_equal(now, before)


# --------------------------------------------------------------------------------------------- chance


def test_the_first_p_is_uniform_where_risk_is_even():
    random = np.random.default_rng(17)
    places, population = random.random((30, 2)), random.integers(100, 900, 30)
    share = population / population.sum()
    p = np.array(
        [
            poisson_scan(random.multinomial(400, share), population, places, replicates=99, seed=seed)["p"][0]
            for seed in range(400)
        ]
    )
    assert chisquare(np.bincount(np.minimum((p * 10 - 1e-9).astype(int), 9), minlength=10)).pvalue > 0.001
    assert binomtest(int((p <= 0.05).sum()), len(p), 0.05).pvalue > 0.001


def test_a_planted_cluster_is_found():
    random = np.random.default_rng(23)
    places, population = random.random((300, 2)), np.full(300, 1_000)
    planted = np.argsort(((places - places[7]) ** 2).sum(axis=1))[:12]
    risk = np.full(300, 0.02)
    risk[planted] *= 2
    table = poisson_scan(random.poisson(population * risk), population, places, replicates=999, seed=1)
    assert table["p"][0] == 0.001
    assert table["p"][1] > 0.05
    assert len(set(table["members"][0]) & set(planted)) >= 10


# -------------------------------------------------------------------------------------------- awkward


def check_nothing(table: pd.DataFrame) -> None:
    assert list(table.columns) == COLUMNS
    assert len(table) == 0
    assert table.dtypes.astype(str)[2:].tolist() == ["int64"] + ["float64"] * 4


def test_nothing_to_scan():
    check_nothing(poisson_scan([], [], [], replicates=9, seed=1))
    check_nothing(poisson_scan(np.empty(0), np.empty(0), np.empty((0, 2)), replicates=9, seed=1))


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_one_location_is_no_cluster(share):
    check_nothing(poisson_scan([5], [100], [(1, 1)], max_population_share=share, replicates=9, seed=1))


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_identical_places_enter_together(share):
    table = poisson_scan([9, 0, 1], [10, 10, 10], [(3, 3)] * 3, max_population_share=share, replicates=9, seed=1)
    check_nothing(table)
    apart = poisson_scan([9, 0, 0, 1], [10] * 4, [(3, 3), (3, 3), (4, 4), (5, 5)], replicates=9, seed=1)
    assert apart["members"][0] == (0, 1)


def test_all_cases_in_one_place():
    table = poisson_scan([0, 7, 0], [100, 100, 200], [(0, 0), (1, 1), (9, 9)], replicates=99, seed=1)
    row = table.iloc[0]
    assert (row["members"], row["relative_risk"]) == ((1,), math.inf)
    assert row["llr"] == pytest.approx(7 * math.log(4))


def test_a_place_without_people_is_crossed():
    """Nobody at the second place: in the way of the circle, but neither needed nor counted."""
    table = poisson_scan([5, 0, 5, 2], [100, 0, 100, 900], [(0, 0), (1, 0), (2, 0), (9, 9)], replicates=9, seed=1)
    assert table["members"][0] == (0, 1, 2)
    assert table["expected"][0] == pytest.approx(12 * 200 / 1_100)


def test_even_counts_hold_no_cluster():
    check_nothing(poisson_scan([3, 3, 3, 3], [10] * 4, [(0, 0), (0, 1), (1, 0), (5, 5)], replicates=9, seed=1))


def test_a_far_place_does_not_blur_the_near_ones():
    """All but one within one of the rings that are sorted apart."""
    cases, population, places = town(5)
    far = np.vstack([places, [(1e9, 1e9)]])
    table = poisson_scan(np.append(cases, 0), np.append(population, 0.0), far, replicates=1, seed=1)
    check_clusters(table, clusters_of(all_circles(places, population, 0.5), cases, population))


# ---------------------------------------------------------------------------------------------- faults


def faults_of(work, *arguments, **options) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        work(*arguments, **options)
    return caught.value.faults


PLACES = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)]


@pytest.mark.parametrize(
    ("cases", "population", "places", "said"),
    [
        ([1, -2, 3], [9, 9, 9], PLACES, "cases: wrong at 1 location(s) (1: -2.0)"),
        ([1, 2.5, np.nan], [9, 9, 9], PLACES, "cases: wrong at 2 location(s) (1: 2.5, 2: nan)"),
        ([1, 2, np.inf], [9, 9, 9], PLACES, "cases: wrong at 1 location(s) (2: inf)"),
        ([0, 0, 0], [9, 9, 9], PLACES, "cases: none anywhere"),
        ([2**30, 2**30, 1], [9, 9, 9], PLACES, "cases: 2,147,483,649 in all"),
        (["a", "b", "c"], [9, 9, 9], PLACES, "cases: not a column of numbers"),
        ([1, 2, 3], [9, -9, 9], PLACES, "population: wrong at 1 location(s) (1: -9.0)"),
        ([1, 2, 3], [9, np.nan, np.inf], PLACES, "population: wrong at 2 location(s) (1: nan, 2: inf)"),
        (
            [1, 2, 3],
            [9, 0, 9],
            PLACES,
            "population: wrong at 1 location(s) (1: 0.0); allowed are more than 0 where there",
        ),
        ([1, 2, 3], [[9, 9, 9]], PLACES, "population: not a column of numbers"),
        ([1, 2, 3], [9, 9, 9], [(0, 0), (1, np.nan), (2, 0)], "coordinates: wrong at 1 location(s) (1: [1.0, nan])"),
        ([1, 2, 3], [9, 9, 9], [0, 1, 2], "coordinates: shape (3,); it must be n x 2"),
        ([1, 2, 3], [9, 9, 9], [("a", 0)] * 3, "coordinates: not all are numbers"),
        ([1, 2], [9, 9, 9], PLACES, "lengths differ: 2 cases, 3 population, 3 coordinates; they must be equal"),
    ],
)
def test_faults_of_the_arrays(cases, population, places, said):
    (fault,) = faults_of(poisson_scan, cases, population, places, replicates=9, seed=1)
    assert fault.startswith(said)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_population_share": 0}, "max_population_share is 0; it must be above 0 and at most 1"),
        ({"max_population_share": 1.2}, "max_population_share is 1.2; it must be above 0 and at most 1"),
        ({"max_population_share": math.nan}, "max_population_share is nan; it must be above 0 and at most 1"),
        ({"max_population_share": "half"}, "max_population_share is 'half'; it must be above 0 and at most 1"),
        ({"replicates": 0}, "replicates is 0; it must be a whole number of at least 1"),
        ({"replicates": 99.0}, "replicates is 99.0; it must be a whole number of at least 1"),
        ({"seed": -1}, "seed is -1; it must be a whole number of at least 0"),
        ({"seed": None}, "seed is None; it must be a whole number of at least 0"),
    ],
)
def test_faults_of_the_options(options, said):
    assert faults_of(poisson_scan, [1, 2, 3], [9, 9, 9], PLACES, **{"seed": 1} | options) == (said,)
    graph = path(3)
    column = pd.Series([1, 2, 3], index=graph.unique_ids)
    assert faults_of(flexible_scan, column, column, graph, **{"seed": 1} | options) == (said,)


def test_every_fault_at_once():
    places = [(0, 0), (np.inf, 0), (2, 0)]
    faults = faults_of(poisson_scan, [1, -1, 2], [-5, 9, 0], places, replicates=0, max_population_share=2, seed=1)
    assert [fault.split(" ")[0] for fault in faults] == [
        *("cases:", "population:", "population:", "coordinates:", "max_population_share", "replicates"),
    ]


# --------------------------------------------------------------------------------- contiguous windows


def graph_of(links: set[tuple[int, int]], wards: int) -> Graph:
    """Coded so that the order of codes is that of the numbers; a ward without a link is an island."""
    pairs = sorted(links) + [(ward, ward) for ward in range(wards) if not any(ward in link for link in links)]
    focal, neighbour = np.array([[f"W{a:03d}", f"W{b:03d}"] for a, b in pairs], dtype=object).T
    return Graph.from_arrays(focal, neighbour, np.array([float(a != b) for a, b in pairs]))


def path(wards: int) -> Graph:
    return graph_of({link for a in range(wards - 1) for link in ((a, a + 1), (a + 1, a))}, wards)


def some_links(seed: int, wards: int, chance: float) -> set[tuple[int, int]]:
    pairs = [pair for pair in combinations(range(wards), 2) if np.random.default_rng([seed, *pair]).random() < chance]
    return {*pairs, *((b, a) for a, b in pairs)}


def some_wards(seed: int, graph: Graph) -> tuple[pd.Series, pd.Series]:
    random = np.random.default_rng(seed)
    population = pd.Series(random.gamma(2.0, 500.0, len(graph.unique_ids)), index=graph.unique_ids.sort_values())
    return pd.Series(
        random.poisson(population / 60 * random.gamma(2.0, 0.5, len(population))), population.index
    ), population


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("size", "share", "chance"), [(4, 0.5, 0.25), (9, 0.35, 0.25), (9, 1.0, 0.7), (1, 0.5, 0.3)])
def test_contiguous_clusters_are_those_of_brute_force(seed, size, share, chance):
    links = some_links(seed, 9, chance)
    graph = graph_of(links, 9)
    cases, population = some_wards(seed, graph)
    table = flexible_scan(cases, population, graph, max_size=size, max_population_share=share, replicates=1, seed=1)
    windows = all_connected(links, population.to_numpy(), size, share)
    judge = clusters_of(windows, cases.to_numpy(), population.to_numpy())
    codes = population.index
    assert [list(members) for members in table["members"]] == [list(codes[sorted(members)]) for _, members in judge]
    np.testing.assert_allclose(table["llr"], [llr for llr, _ in judge], rtol=1e-9, atol=1e-9)
    for centre, members in zip(table["centre"], table["members"], strict=True):
        inside = list(members)
        assert centre == (cases - population * cases.sum() / population.sum())[inside].idxmax()


@pytest.mark.parametrize("chance", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("size", [1, 3, 8])
def test_each_connected_set_once_and_the_maxima_of_brute_force(chance, size):
    links = some_links(3, 8, chance)
    population = some_wards(3, path(8))[1].to_numpy()
    starts, neighbours = scan._links(graph_of(links, 8), pd.Index([f"W{ward:03d}" for ward in range(8)]))
    largest = scan._most_people(population, 0.7)
    windows = all_connected(links, population, size, 0.7)
    most = count_connected((starts, neighbours), population, largest, size, np.arange(8), stop=10_000)
    assert most.sum() == len(windows)
    tiles = scan._draw(population, 80, 130, 4)
    family = connected_sets((starts, neighbours), population, largest, size, most)
    _, maxima, made = scan._visit_all(family, tiles[0][:, 0].copy(), tiles, 80 / population.sum())
    assert made == len(windows)
    np.testing.assert_allclose(maxima, maxima_of(windows, np.concatenate(tiles, axis=1), population))


def test_known_numbers_of_sets():
    """Fixed polyominoes of 1 to 5 cells: 1, 2, 6, 19, 63; on a block of the plane, less what the edge cuts off."""
    side = 14
    cells = [(x, y) for x in range(side) for y in range(side)]
    links = [(a, b) for a in range(len(cells)) for b in (a + 1, a - 1, a + side, a - side) if 0 <= b < len(cells)]
    links = [(a, b) for a, b in links if sum(abs(np.subtract(cells[a], cells[b]))) == 1]
    starts = np.searchsorted([a for a, _ in links], np.arange(len(cells) + 1))
    neighbours = np.array([b for _, b in links])
    people = np.ones(len(cells))
    counts = [
        count_connected((starts, neighbours), people, 1e9, size, np.arange(len(cells)), stop=10**9).sum()
        for size in (1, 2, 3, 4)
    ]
    # Straight ones of k fit 2 side (side - k + 1) times, the four corners of 3 and the square of 4 (side - 1)^2 times;
    # the sixteen others of 4 lie in blocks of 2 x 3 (side - 1)(side - 2) times.
    by_hand = [side**2, 2 * side * (side - 1), 2 * side * (side - 2) + 4 * (side - 1) ** 2]
    by_hand.append(2 * side * (side - 3) + (side - 1) ** 2 + 16 * (side - 1) * (side - 2))
    np.testing.assert_array_equal(np.diff(counts, prepend=0), by_hand)


def test_a_bent_cluster_is_found_whole_by_contiguity_only(lattice):
    """An L of seven wards: a circle that holds it holds much else."""
    wards = lattice(8, 8)
    graph = Graph.build_contiguity(wards, rook=True)
    bent = [*(f"E05{row:03d}001" for row in range(1, 5)), *(f"E05004{column:03d}" for column in range(2, 5))]
    cases = pd.Series(10, index=wards.index)
    cases[bent] = 30
    people = wards["population"]
    found = flexible_scan(cases, people, graph, max_size=7, replicates=99, seed=1)
    assert found["members"][0] == tuple(sorted(bent))
    assert found["p"][0] == 0.01
    places = np.c_[wards.centroid.x, wards.centroid.y]
    circle = poisson_scan(cases, people, places, replicates=99, seed=1)
    assert set(wards.index[list(circle["members"][0])]) != set(bent)
    assert circle["llr"][0] < found["llr"][0]


def test_order_of_rows_weights_and_self_links_do_not_matter():
    links = some_links(5, 12, 0.3)
    graph = graph_of(links, 12)
    cases, population = some_wards(5, graph)
    table = flexible_scan(cases, population, graph, replicates=99, seed=1)
    one_way = sorted({(min(link), max(link)) for link in links}) + [(ward, ward) for ward in range(12)]
    focal, neighbour = np.array([[f"W{a:03d}", f"W{b:03d}"] for a, b in one_way[::-1]], dtype=object).T
    other = Graph.from_arrays(focal, neighbour, np.linspace(0.5, 2, len(one_way)))
    shuffled = flexible_scan(cases[::-1], population.sample(frac=1, random_state=1), other, replicates=99, seed=1)
    pd.testing.assert_frame_equal(shuffled, table, check_exact=True)


def test_a_link_of_weight_nothing_is_none():
    graph = Graph.from_arrays(["A", "B", "C"], ["B", "A", "C"], [0.0, 0.0, 0.0])
    column = pd.Series([9, 9, 1], index=["A", "B", "C"])
    table = flexible_scan(
        column, pd.Series(100, index=column.index), graph, max_population_share=0.9, replicates=9, seed=1
    )
    assert table["members"].tolist() == [("A",), ("B",)]


def test_threads_do_not_change_contiguous_clusters(monkeypatch):
    graph = graph_of(some_links(6, 40, 0.1), 40)
    cases, population = some_wards(6, graph)
    monkeypatch.setattr(scan, "WINDOWS_AT_ONCE", 500)
    before = numba.get_num_threads()
    tables = []
    for threads in (1, numba.config.NUMBA_NUM_THREADS):
        numba.set_num_threads(threads)
        tables.append(flexible_scan(cases, population, graph, max_size=4, replicates=200, seed=1))
    numba.set_num_threads(before)
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_too_many_windows_are_refused_not_cut_short(monkeypatch):
    graph = graph_of(some_links(1, 8, 1.0), 8)
    column = pd.Series([5, 1, 1, 1, 1, 1, 1, 1], index=graph.unique_ids)
    number = sum(math.comb(8, size) for size in (1, 2, 3))
    monkeypatch.setattr(scan, "MAX_WINDOWS", number)
    monkeypatch.setattr(scan, "MAX_AT_ONE_WARD", 29)
    assert (
        len(flexible_scan(column, column * 0 + 9, graph, max_size=3, max_population_share=1, replicates=1, seed=1)) == 1
    )
    # The first ward is in C(7, 0) + C(7, 1) + C(7, 2) = 29 of them.
    for cap, at_one_ward in ((number - 1, 29), (3, 29), (0, 29), (number, 28)):
        monkeypatch.setattr(scan, "MAX_WINDOWS", cap)
        monkeypatch.setattr(scan, "MAX_AT_ONE_WARD", at_one_ward)
        (fault,) = faults_of(flexible_scan, column, column * 0 + 9, graph, max_size=3, max_population_share=1, seed=1)
        assert fault.startswith(f"max_size is 3: 8 wards then make more than {cap} contiguous windows, or more")
        assert f"than {at_one_ward} that start at one ward" in fault


def test_faults_of_the_tables():
    graph = path(3)
    codes = graph.unique_ids
    good = pd.Series([1, 2, 3], index=codes)
    faults = faults_of(flexible_scan, good[:2], pd.Series([1, 2, 3, 4], index=[*codes, "X"]), graph, max_size=0, seed=1)
    assert faults == (
        "cases: 1 label(s) of the graph are not in cases: W002",
        "population: 1 label(s) are not in the graph: X",
        "max_size is 0; it must be a whole number from 1 to 255",
    )
    (fault,) = faults_of(flexible_scan, pd.concat([good, good[:1]]), good, graph, seed=1)
    assert fault == "cases: 1 label(s) stand more than once, each must once: W000"
    (fault,) = faults_of(flexible_scan, good, pd.Series([5, 0, 5], index=codes), graph, seed=1)
    assert fault.startswith(
        "population: wrong at 1 location(s) (W001: 0.0); allowed are more than 0 where there are cases"
    )
    missing = pd.Series([1, None, 3], index=codes, dtype="Int64")
    (fault,) = faults_of(flexible_scan, missing, good, graph, seed=1)
    assert fault.startswith("cases: wrong at 1 location(s) (W001: nan)")


def test_one_line_says_what_was_scanned(caplog):
    caplog.set_level("INFO", logger="tipping_point.hotspots.scan")
    poisson_scan([8, 1, 1], [100, 100, 100], [(0, 0), (1, 0), (5, 0)], replicates=19, seed=1)
    (record,) = caplog.records
    assert record.message.startswith(
        "poisson_scan: 3 locations, 10 cases, 3 windows, 19 replicates: 1 clusters, the most"
    )
