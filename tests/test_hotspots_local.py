"""Gi* and local Moran against esda, published values and exact enumeration."""

from __future__ import annotations

import warnings
from itertools import combinations

import geopandas as gpd
import numba
import numpy as np
import pandas as pd
import pytest
from esda import crand
from esda.getisord import G_Local
from esda.moran import Moran_Local
from libpysal.graph import Graph

from tipping_point.hotspots.local import gi, gi_star, local_moran
from tipping_point.hotspots.testing import ResolutionWarning, adjust_p
from tipping_point.tables import InputError

# Small tables and few draws: the guard speaks where a test is about something else.
few_draws = pytest.mark.filterwarnings("ignore:.* permutations cannot show fewer than")
VERBS = (gi_star, local_moran)
BOTH = pytest.mark.parametrize("verb", VERBS)


def grid_graph(side: int) -> Graph:
    """Queen contiguity on a square block of wards, codes in an order that is not that of the rows."""
    row, column = np.divmod(np.arange(side * side), side)
    focal, neighbour = np.nonzero(np.maximum(abs(row[:, None] - row), abs(column[:, None] - column)) == 1)
    codes = np.array([f"W{(37 * ward) % 1009:04d}" for ward in range(side * side)])
    return Graph.from_arrays(codes[focal], codes[neighbour], np.ones(len(focal)))


def some_values(graph: Graph) -> pd.DataFrame:
    random = np.random.default_rng(8)
    n = len(graph.unique_ids)
    # Around 9, not 0: esda divides Gi* by the sum of the values, so that a negative sum turns its sign.
    table = {"counts": random.poisson(3, n), "normal": random.normal(9, size=n), "skewed": random.gamma(0.3, size=n)}
    return pd.DataFrame(table, index=graph.unique_ids)


def esda_simulations(verb, values: pd.Series, graph: Graph, permutations: int) -> tuple[np.ndarray, np.ndarray]:
    """esda's statistic and one-sided p of a high one, from its simulations."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patched:
        warnings.filterwarnings("ignore", message="The alternative hypothesis for conditional randomization")
        # Only its simulations are used: compiling its own p would take ten seconds of every test run.
        patched.setattr(crand, "compute_chunk", crand.compute_chunk.py_func)
        patched.setattr(crand, "_permutation_significance", lambda *_, **__: np.zeros(1))
        ordered = values.loc[graph.unique_ids].to_numpy(dtype=float)
        if verb is gi_star:
            judge = G_Local(ordered, graph, transform="B", star=True, permutations=permutations, seed=1, n_jobs=1)
            statistic, observed, simulated = judge.Zs, judge.Gs, judge.rGs
        else:
            judge = Moran_Local(ordered, graph, transformation="r", permutations=permutations, seed=1)
            statistic, observed, simulated = judge.Is, judge.Is, judge.rlisas
    p = ((simulated >= observed[:, None] - 1e-12 * abs(observed[:, None])).sum(axis=1) + 1) / (permutations + 1)
    return pd.Series(statistic, graph.unique_ids)[values.index].array, pd.Series(p, graph.unique_ids)[
        values.index
    ].array


def check_against_esda(verb, values: pd.Series, graph: Graph, *, permutations: int = 1999) -> None:
    statistic, p = esda_simulations(verb, values, graph, permutations)
    ours = verb(values, graph, permutations=19_999, alternative="greater", seed=4)
    np.testing.assert_allclose(ours.statistic, statistic, rtol=1e-10, atol=1e-10)
    error = np.sqrt(np.maximum(ours.p * (1 - ours.p), 1 / permutations) * (1 / permutations + 1 / 19_999))
    far = abs(ours.p - p) / error
    # Wards share draws in both, so a few extreme differences come together; none may be out of reach.
    assert far.max() < 5.5
    assert (far > 2).mean() < 0.12


@BOTH
@pytest.mark.parametrize("column", ["normal", "skewed"])
def test_equal_to_esda(verb, column):
    graph = grid_graph(12)
    check_against_esda(verb, some_values(graph)[column], graph)


def test_local_moran_with_any_weights_is_esda():
    graph = grid_graph(12)
    weights = np.random.default_rng(5).uniform(0.1, 2, len(graph.adjacency))
    check_against_esda(local_moran, some_values(graph)["normal"], Graph(graph.adjacency * weights))


def test_gi_star_with_any_weights_by_hand():
    # Three wards in a row, weights 1 and 3; the middle one takes its largest weight, 3, for itself.
    graph = Graph.from_arrays(list("abbc"), list("bacb"), [1.0, 1.0, 3.0, 3.0])
    values = pd.Series([1.0, 2.0, 6.0], list("abc"))
    total, squares, mean, spread = 7, 19, 3, np.sqrt(((values - 3) ** 2).mean())
    expected = (1 * 1 + 3 * 2 + 3 * 6 - total * mean) / (spread * np.sqrt((3 * squares - total**2) / 2))
    assert gi_star(values, graph, permutations=9, seed=1).statistic["b"] == pytest.approx(expected, rel=1e-12)
    # A weight that the graph itself gives the ward is used instead.
    loops = Graph.from_arrays(list("abbcb"), list("bacbb"), [1.0, 1.0, 3.0, 3.0, 1.0])
    expected = (1 * 1 + 1 * 2 + 3 * 6 - 5 * mean) / (spread * np.sqrt((3 * 11 - 5**2) / 2))
    assert gi_star(values, loops, permutations=9, seed=1).statistic["b"] == pytest.approx(expected, rel=1e-12)


@few_draws
@BOTH
def test_the_scale_of_equal_weights_is_nothing(verb):
    graph = grid_graph(6)
    values = some_values(graph)
    plain = verb(values, graph, permutations=199, seed=2)
    for other in (graph.transform("r"), Graph(graph.adjacency * 7.5)):
        scaled = verb(values, other, permutations=199, seed=2)
        pd.testing.assert_frame_equal(scaled.p, plain.p)
        pd.testing.assert_frame_equal(scaled.statistic, plain.statistic, rtol=1e-10)


def test_p_is_exact_on_a_small_graph_with_ties():
    touching = {"a": "bci", "b": "ad", "c": "ade", "d": "bce", "e": "cdfg", "f": "egh", "g": "ef", "h": "f", "i": "a"}
    pairs = [(ward, other) for ward, others in touching.items() for other in others]
    graph = Graph.from_arrays(*zip(*pairs, strict=True), np.ones(len(pairs)))
    codes = list(touching)
    counts = pd.Series([3, 1, 2, 2, 0, 1, 0, 1, 1], codes)
    results = {
        side: {verb: verb(counts, graph, permutations=99_999, alternative=side, seed=3).p for verb in VERBS}
        for side in ("greater", "less", "two-sided")
    }
    for ward in codes:
        neighbours = graph[ward].index
        observed = counts[neighbours].sum()
        sums = np.array([sum(chosen) for chosen in combinations(counts.drop(ward), len(neighbours))])
        high, low = (sums >= observed).mean(), (sums <= observed).mean()
        own = counts[ward] - counts.mean()
        positive = (high, low) if own > 0 else (low, high)
        for verb, (greater, less) in zip(VERBS, ((high, low), positive), strict=True):
            assert results["greater"][verb][ward] == pytest.approx(greater, abs=0.008)
            assert results["less"][verb][ward] == pytest.approx(less, abs=0.008)
            assert results["two-sided"][verb][ward] == pytest.approx(min(1, 2 * min(greater, less)), abs=0.016)


@few_draws
@BOTH
def test_two_sided_is_twice_the_smaller_side(verb):
    graph = grid_graph(8)
    values = some_values(graph)
    high, low, both = (
        verb(values, graph, permutations=499, alternative=side, seed=6).p for side in ("greater", "less", "two-sided")
    )
    pd.testing.assert_frame_equal(both, (2 * np.minimum(high, low)).clip(upper=1))
    side = verb(values, graph, permutations=499, seed=6).side
    np.testing.assert_array_equal(side, np.sign(low - high))
    assert set(side.dtypes) == {np.dtype("int8")}


@few_draws
@BOTH
def test_same_seed_same_p_whatever_the_order_threads_and_company(verb):
    graph = grid_graph(8)
    values = some_values(graph)
    values.iloc[5, 1] = np.nan
    before = values.copy()
    result = verb(values, graph, permutations=299, seed=9)
    pd.testing.assert_frame_equal(values, before)
    turned = values.sample(frac=1, random_state=1)[["skewed", "counts", "normal"]]
    shuffled = verb(turned, graph, permutations=299, seed=9)
    arcs = graph.adjacency.sample(frac=1, random_state=2)
    focal, neighbour = (arcs.index.get_level_values(level) for level in (0, 1))
    other_graph = verb(values, Graph.from_arrays(focal, neighbour, arcs.to_numpy()), permutations=299, seed=9)
    threads = numba.get_num_threads()
    by_threads = []
    for count in {1, min(2, threads)}:
        numba.set_num_threads(count)
        by_threads.append(verb(values, graph, permutations=299, seed=9))
    numba.set_num_threads(threads)
    for name in ("statistic", "p", "p_adjusted", "side"):
        table = getattr(result, name)
        assert table.index.equals(values.index)
        assert table.columns.equals(values.columns)
        pd.testing.assert_frame_equal(getattr(shuffled, name).loc[values.index, values.columns], table)
        for other in (other_graph, *by_threads):
            pd.testing.assert_frame_equal(getattr(other, name), table)
        for column in values:
            alone = getattr(verb(values[column], graph, permutations=299, seed=9), name)
            pd.testing.assert_series_equal(alone, table[column])
    assert not result.p.equals(verb(values, graph, permutations=299, seed=10).p)
    pd.testing.assert_frame_equal(result.p_adjusted, adjust_p(result.p))


@few_draws
@BOTH
def test_a_ward_without_a_value_is_left_out_of_everything(verb):
    graph = grid_graph(6)
    values = some_values(graph)
    gone = values.index[[3, 10, 11]]
    holed = values.astype(float)
    holed.loc[gone, ["normal", "counts"]] = np.nan
    rest = values.index.difference(gone, sort=False)
    inside = graph.adjacency.reset_index()
    inside = inside[inside["focal"].isin(rest) & inside["neighbor"].isin(rest)]
    subgraph = Graph.from_arrays(*(inside[name].to_numpy() for name in ("focal", "neighbor", "weight")))
    result = verb(holed, graph, permutations=199, seed=3)
    without = verb(values.loc[rest, ["normal", "counts"]], subgraph, permutations=199, seed=3)
    whole = verb(values, graph, permutations=199, seed=3)
    for name in ("statistic", "p", "p_adjusted"):
        table = getattr(result, name)
        assert table.loc[gone, ["normal", "counts"]].isna().all(axis=None)
        pd.testing.assert_frame_equal(table.loc[rest, ["normal", "counts"]], getattr(without, name))
        pd.testing.assert_series_equal(table["skewed"], getattr(whole, name)["skewed"])
    nullable = holed["counts"].astype("Int64")
    pd.testing.assert_series_equal(verb(nullable, graph, permutations=199, seed=3).p, result.p["counts"])


@few_draws
@BOTH
def test_a_ward_without_a_neighbour_has_no_test(verb):
    graph = Graph.from_arrays(list("abbcd"), list("bacbd"), [1, 1, 1, 1, 0])
    values = pd.Series([1.0, 2.0, 4.0, 9.0], list("abcd"))
    result = verb(values, graph, permutations=99, seed=1)
    assert result.p.isna().tolist() == [False, False, False, True]
    assert np.isnan(result.statistic["d"])
    assert np.isnan(result.p_adjusted["d"])
    assert result.side["d"] == 0
    holed = values.where(values.index != "b")
    assert verb(holed, graph, permutations=99, seed=1).p.isna().all()


@BOTH
@pytest.mark.parametrize("value", [0, 7, 0.1, -1e300])
def test_all_equal_shows_nothing(verb, value):
    graph = grid_graph(4)
    result = verb(pd.Series(value, graph.unique_ids), graph, permutations=99, seed=1)
    assert (result.p == 1).all()
    assert (result.p_adjusted == 1).all()
    assert result.statistic.isna().all()
    assert (result.side == 0).all()


@few_draws
@BOTH
def test_sums_that_differ_only_by_rounding_are_ties(verb):
    # .1 + .2 and .3 + .0 differ in the last bit; as tenths all is whole and the two must agree.
    graph = grid_graph(5)
    tenths = pd.Series(np.random.default_rng(1).integers(0, 4, 25), graph.unique_ids)
    p = verb(tenths, graph, permutations=999, seed=1).p
    for scaled in (tenths * 0.1, tenths * 0.1 - 0.7, tenths / 3, tenths * 1e-9 + 1):
        pd.testing.assert_series_equal(verb(scaled, graph, permutations=999, seed=1).p, p)


@few_draws
@pytest.mark.parametrize("scale", [1, 0.1, 0.7, 1 / 3, 1e-5, 123.4])
@pytest.mark.parametrize("start", [0, 0.1, -1 / 3, 77.7])
def test_local_moran_at_the_mean_itself_is_one(scale, start):
    graph = grid_graph(5)
    # 0 to 24 with 12, the mean, in a corner beside high wards: only its own value keeps it from being unusual.
    values = pd.Series([12, 24, 1, 2, 3, 23, 22, *range(4, 12), *range(13, 22), 0], grid_codes(5), dtype=float)
    result = local_moran(start + scale * values, graph, permutations=99, seed=1)
    corner = grid_codes(5)[0]
    assert result.p[corner] == 1
    assert result.side[corner] == 0
    assert result.statistic[corner] == pytest.approx(0, abs=1e-8)
    assert gi_star(start + scale * values, graph, permutations=99, seed=1).p[corner] < 0.1


@BOTH
def test_tiny_tables(verb):
    one = verb(pd.Series([3.0], ["a"]), Graph.from_arrays(["a"], ["a"], [0]), permutations=9, seed=1)
    assert one.p.isna().all()
    pair = Graph.from_arrays(["a", "b"], ["b", "a"], [1, 1])
    two = verb(pd.Series([3.0, 4.0], ["a", "b"]), pair, permutations=9, seed=1)
    assert two.p.tolist() == [1.0, 1.0]
    empty = verb(pd.Series(dtype=float), Graph(pair.adjacency.iloc[:0]), permutations=9, seed=1)
    assert len(empty.p) == 0
    nothing = verb(pd.DataFrame(index=["a", "b"]), pair, permutations=9, seed=1)
    assert nothing.p.shape == (2, 0)
    missing = verb(pd.Series([np.nan, np.nan], ["a", "b"]), pair, permutations=9, seed=1)
    assert missing.p.isna().all()


@few_draws
@BOTH
def test_neither_the_scale_nor_the_origin_counts(verb):
    graph = grid_graph(6)
    values = some_values(graph)["skewed"]
    plain = verb(values, graph, permutations=199, seed=1)
    for changed in (values * 1e306, values * 1e-306, values - 3, values * 2 + 50):
        result = verb(changed, graph, permutations=199, seed=1)
        pd.testing.assert_series_equal(result.p, plain.p)
        pd.testing.assert_series_equal(result.statistic, plain.statistic, rtol=1e-9)


def test_a_ward_beside_all_others_has_no_z():
    values = pd.Series([1.0, 5.0, 2.0], list("abc"))
    result = gi_star(values, Graph.from_arrays(list("aabc"), list("bcaa"), np.ones(4)), permutations=99, seed=1)
    assert np.isnan(result.statistic["a"])
    assert result.p["a"] == 1


@BOTH
def test_too_few_permutations_are_said(verb):
    graph = grid_graph(12)
    row, column = np.divmod(np.arange(144), 12)
    hill = pd.Series(np.random.default_rng(1).normal(size=144) + 9 * ((row < 3) & (column < 3)), grid_codes(12))
    with pytest.warns(ResolutionWarning, match="9 permutations cannot show fewer than 576 wards of 144 at 5%"):
        few = verb(hill, graph, permutations=9, seed=1)
    assert few.p.min() == 0.2
    assert (verb(hill, graph, permutations=1999, seed=1).p_adjusted <= 0.05).any()


def grid_codes(side: int) -> list[str]:
    return [f"W{(37 * ward) % 1009:04d}" for ward in range(side * side)]


@BOTH
def test_every_fault_is_listed(verb):
    graph = grid_graph(3)
    values = some_values(graph)["normal"].rename({graph.unique_ids[0]: "E99"})
    values.iloc[3] = np.inf
    with pytest.raises(InputError) as error:
        verb(values, graph, permutations=0, alternative="both", seed=1)
    assert error.value.faults == (
        "alternative is 'both'; allowed are two-sided, greater, less",
        "permutations is 0; it must be a whole number of at least 1",
        "values: 1 label(s) are not in the graph: E99",
        f"graph: 1 label(s) are not in the values: {graph.unique_ids[0]}",
        "values: 1 are infinite; allowed are finite numbers, or missing",
    )
    with pytest.raises(InputError, match=r"1 label\(s\) stand more than once, each must once: E99"):
        verb(pd.concat([values, values.iloc[:1]]), graph, permutations=9, seed=1)
    with pytest.raises(InputError, match="not all are numbers"):
        verb(pd.Series("high", graph.unique_ids), graph, permutations=9, seed=1)


@pytest.mark.real
def test_published_values_of_guerry(real_data):
    guerry = gpd.read_file(real_data / "reference" / "Guerry.shp")
    graph = Graph.build_contiguity(guerry, rook=False)
    donations = gi_star(guerry["Donatns"], graph, permutations=999, seed=1)
    published = [-1.49, -0.482, 0.652, -1.65, -1.08, -2.38, -0.362, -0.720, -1.45, -1.32]
    np.testing.assert_allclose(donations.statistic[:10], published, rtol=0.005)
    crime = local_moran(guerry["Crm_prp"], graph, permutations=99_999, seed=1)
    published = [0.0154319783, 0.3270633224, 0.0212952962, 0.0046105448, -0.0028342407, 0.4149377158]
    np.testing.assert_allclose(crime.statistic[:6], published, atol=5e-11)
    # The case of the resolution guard: nothing at 999 permutations, four departments at 99,999.
    assert (crime.p_adjusted <= 0.05).sum() == 4


@pytest.mark.real
@BOTH
def test_equal_to_esda_on_london_robbery(real_data, verb):
    table = pd.read_csv(real_data / "london" / "MPS Ward Level Crime (most recent 24 months) 2025-04.csv")
    table = table[table["MinorText"] == "ROBBERY OF PERSONAL PROPERTY"]
    robbery = table.groupby("WardCode")[[name for name in table.columns if name.isdigit()]].sum().sum(axis=1)
    wards = gpd.read_file(real_data / "london" / "boundaries" / "WD_DEC_2022_London_BGC.geojson").set_index("WD22CD")
    wards = wards.loc[wards.index.intersection(robbery.index)].to_crs("EPSG:27700")
    graph = Graph.build_contiguity(wards, rook=False)
    robbery = robbery.reindex(wards.index)
    assert len(robbery) > 600
    check_against_esda(verb, robbery, graph)


def test_chance_flags_no_more_often_than_it_may():
    # 200 permutations of skewed counts: any ward flagged in at most 5% of them, plus two standard errors.
    graph = grid_graph(12)
    random = np.random.default_rng(12)
    counts = random.negative_binomial(1, 0.1, 144)
    nulls = pd.DataFrame({run: random.permutation(counts) for run in range(200)}, index=graph.unique_ids)
    for side in ("greater", "two-sided"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResolutionWarning)
            flagged = (gi_star(nulls, graph, permutations=4999, alternative=side, seed=2).p_adjusted <= 0.05).any()
        assert flagged.mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)


def test_gi_is_esdas_and_shares_its_p_with_gi_star():
    graph = grid_graph(8)
    values = some_values(graph)
    found = gi(values, graph, permutations=9999, seed=4)
    for column in values.columns:
        theirs = G_Local(values[column].to_numpy(), graph.to_W(), transform="B", star=False, permutations=0)
        np.testing.assert_allclose(found.statistic[column], theirs.Zs, rtol=1e-9, atol=1e-10)
    pd.testing.assert_frame_equal(found.p, gi_star(values, graph, permutations=9999, seed=4).p)


def test_gi_by_hand():
    graph = Graph.from_arrays(list("abbcd"), list("bacda"), [1, 1, 1, 1, 1])
    values = pd.Series([1.0, 2.0, 4.0, 9.0], index=list("abcd"))
    # b: neighbours a and c, 1 + 4 = 5; the others are 1, 4, 9: mean 14/3, mean square 98/3
    mean, spread = 14 / 3, (98 / 3 - (14 / 3) ** 2) ** 0.5
    assert gi(values, graph, permutations=9999, seed=1).statistic["b"] == pytest.approx(
        (5 - 2 * mean) / (spread * ((3 * 2 - 4) / 2) ** 0.5)
    )


@pytest.mark.real
def test_global_moran_of_guerry_is_the_mean_of_the_local(real_data):
    """With weights that sum to 1, sum(I_i)/(n - 1) is Moran's I: the published four."""
    departments = gpd.read_file(real_data / "reference/Guerry.shp")
    graph = Graph.build_contiguity(departments, rook=False)
    published = {"Crm_prs": 0.4114597, "Crm_prp": 0.2635533, "Donatns": 0.3533613, "Litercy": 0.7176053}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResolutionWarning)
        found = local_moran(departments[list(published)].astype(float), graph, permutations=99, seed=1)
    assert (found.statistic.sum() / (len(departments) - 1)).to_dict() == pytest.approx(published, abs=1e-7)


def test_every_small_area_of_england_and_wales_at_once():
    """35,672 LSOAs, counts with ties: quick, and every p one that the permutations can give."""
    side, areas = 189, 35_672
    here = np.arange(areas)
    beside = np.concatenate([np.column_stack([here[:-step], here[step:]]) for step in (1, side)])
    pairs = np.concatenate([beside, beside[:, ::-1]])
    graph = Graph.from_arrays(pairs[:, 0], pairs[:, 1], np.ones(len(pairs)))
    values = pd.Series(np.random.default_rng(0).poisson(3.0, areas), index=here)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResolutionWarning)
        found = gi_star(values, graph, permutations=999, seed=1)
    assert found.p.notna().all()
    assert np.allclose(found.p * 500, np.round(found.p * 500))
