"""Gi* in space and time against plain loops and exact enumeration of all neighbour sets."""

from __future__ import annotations

from itertools import combinations

import numba
import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph

from tipping_point.hotspots.local import gi_star
from tipping_point.hotspots.space_time import space_time_gi_star
from tipping_point.hotspots.testing import ResolutionWarning, adjust_p
from tipping_point.tables import InputError

few_draws = pytest.mark.filterwarnings("ignore:.* permutations cannot show fewer than")
TABLES = ("z", "p", "p_adjusted", "hot", "cold", "z_alone")
DRAWS = 49_999
LINKS = {"a": "b", "b": "acd", "c": "bd", "d": "bcef", "e": "dfg", "f": "de", "g": "e"}
SMALL = Graph.from_dicts({ward: dict.fromkeys(links, 1.0) for ward, links in LINKS.items()})


def small_values(periods: int = 3, seed: int = 2) -> pd.DataFrame:
    counts = np.random.default_rng(seed).poisson(3, (7, periods)).astype(float)
    return pd.DataFrame(counts, index=list(LINKS), columns=[f"t{period}" for period in range(periods)])


def grid(side: int) -> Graph:
    row, column = np.divmod(np.arange(side * side), side)
    focal, neighbour = np.nonzero(np.maximum(abs(row[:, None] - row), abs(column[:, None] - column)) == 1)
    codes = np.array([f"W{(37 * ward) % 1009:04d}" for ward in range(side * side)])
    return Graph.from_arrays(codes[focal], codes[neighbour], np.ones(len(focal)))


def some_values(graph: Graph, periods: int = 6, seed: int = 8) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(size=(len(graph.unique_ids), periods))
    return pd.DataFrame(values, index=graph.unique_ids)


def planted(side: int = 13, periods: int = 5) -> tuple[Graph, pd.DataFrame, list[str]]:
    """25 wards that are high in every period but the first; the nine within them, touching high wards only."""
    graph, values = grid(side), some_values(grid(side), periods)
    block = [f"W{(37 * (row * side + column)) % 1009:04d}" for row in range(4, 9) for column in range(4, 9)]
    values.loc[block, 1:] += 6
    return graph, values, [block[5 * row + column] for row in (1, 2, 3) for column in (1, 2, 3)]


def deviations(values: pd.DataFrame, cube: bool) -> pd.DataFrame:
    if cube:
        every = values.to_numpy()[values.notna().to_numpy()]
        return (values - every.mean()) / every.std()
    return (values - values.mean()) / values.std(ddof=0)


@few_draws
@pytest.mark.parametrize("lagged", [False, True])
@pytest.mark.parametrize("reference", ["period", "cube"])
def test_z_is_that_of_plain_loops(lagged, reference):
    values = small_values()
    values.loc["c", "t1"] = np.nan
    scaled = deviations(values, reference == "cube")
    found = space_time_gi_star(
        values, SMALL, permutations=9, include_lag_neighbours=lagged, reference=reference, seed=1
    ).z
    for ward, links in LINKS.items():
        for place, period in enumerate(values):
            if np.isnan(values.loc[ward, period]):
                assert np.isnan(found.loc[ward, period])
                continue
            now = [scaled.loc[j, period] for j in [ward, *links]]
            then = []
            if place:
                before = values.columns[place - 1]
                then = [scaled.loc[j, before] for j in ([ward, *links] if lagged else [ward])]
            now, then = ([x for x in part if not np.isnan(x)] for part in (now, then))
            k, m = len(now), len(then)
            if reference == "cube":
                n = int(values.notna().to_numpy().sum())
                room = (n * (k + m) - (k + m) ** 2) / (n - 1)
            else:
                n = values[period].notna().sum()
                room = (n * k - k**2) / (n - 1)
                if m:
                    n = values[before].notna().sum()
                    room += (n * m - m**2) / (n - 1)
            assert found.loc[ward, period] == pytest.approx((sum(now) + sum(then)) / np.sqrt(room), rel=1e-10)


@few_draws
def test_without_lagged_neighbours_p_is_that_of_the_period():
    graph = grid(10)
    values = some_values(graph)
    values.iloc[3, 2] = np.nan
    ours = space_time_gi_star(values, graph, permutations=199, seed=5)
    alone = gi_star(values, graph, permutations=199, seed=5)
    pd.testing.assert_frame_equal(ours.p, alone.p)
    pd.testing.assert_frame_equal(ours.p_adjusted, alone.p_adjusted)
    np.testing.assert_allclose(ours.z_alone, alone.statistic, rtol=1e-10)
    np.testing.assert_allclose(ours.z[0], alone.statistic[0], rtol=1e-10)
    assert (ours.z[5] - alone.statistic[5]).abs().max() > 0.1


def two_sided(observed: float, drawn: list[float]) -> float:
    drawn = np.array(drawn)
    return min(1.0, 2 * min((drawn >= observed - 1e-9).mean(), (drawn <= observed + 1e-9).mean()))


@few_draws
@pytest.mark.parametrize("gap", [False, True])
def test_lagged_neighbours_agree_with_exact_enumeration(gap):
    """A drawn ward brings both its values; a value before that is missing adds nothing."""
    values = small_values()
    if gap:
        values.loc["f", "t0"] = np.nan
    scaled = deviations(values, cube=False)
    ours = space_time_gi_star(values, SMALL, permutations=DRAWS, include_lag_neighbours=True, seed=3).p
    for place, period in enumerate(values):
        carried = scaled[period] + (scaled.iloc[:, place - 1].fillna(0) if place else 0)
        carried = carried.dropna()
        for ward in carried.index:
            links = [j for j in LINKS[ward] if j in carried]
            others = carried.drop(ward)
            drawn = [others.iloc[list(chosen)].sum() for chosen in combinations(range(len(others)), len(links))]
            exact = two_sided(carried[links].sum(), drawn)
            assert ours.loc[ward, period] == pytest.approx(exact, abs=5 * np.sqrt(2 * exact / DRAWS) + 2e-4)


@few_draws
@pytest.mark.parametrize("lagged", [False, True])
def test_the_cube_agrees_with_exact_enumeration(lagged):
    """Any value of any period may stand for any other; the ward's own earlier one is a neighbour."""
    links = {"a": "b", "b": "ac", "c": "bd", "d": "c"}
    graph = Graph.from_dicts({ward: dict.fromkeys(to, 1.0) for ward, to in links.items()})
    values = small_values().loc[list("abcd")]
    found = space_time_gi_star(
        values, graph, permutations=DRAWS, reference="cube", include_lag_neighbours=lagged, seed=3
    ).p
    for ward, to in links.items():
        for place in range(3):
            cells = [(j, place) for j in to]
            if place:
                cells += [(j, place - 1) for j in ([ward, *to] if lagged else [ward])]
            others = [values.loc[j].iloc[t] for j in links for t in range(3) if (j, t) != (ward, place)]
            drawn = [sum(chosen) for chosen in combinations(others, len(cells))]
            exact = two_sided(sum(values.loc[j].iloc[t] for j, t in cells), drawn)
            error = 5 * np.sqrt(2 * exact / DRAWS) + 2e-4
            assert found.loc[ward].iloc[place] == pytest.approx(exact, abs=error)


def test_a_planted_block_is_hot_from_its_second_period_on():
    graph, values, block = planted()
    for reference in ("period", "cube"):
        result = space_time_gi_star(values, graph, permutations=9_999, reference=reference, seed=1)
        assert result.hot.loc[block, 1:].all(axis=None)
        assert not result.hot.loc[block, 0].any()
        assert not result.cold.loc[block].any(axis=None)


def test_hot_needs_the_wards_own_values():
    """A quiet ward amid the block has the same neighbours, so the same p: it is beside a hot spot, not in one."""
    graph, values, block = planted()
    middle = block[4]
    values.loc[middle] = -2.0
    result = space_time_gi_star(values, graph, permutations=9_999, seed=1)
    assert (result.p_adjusted.loc[middle, 1:] <= 0.05).all()
    assert not result.hot.loc[middle].any()
    # Its own value before counts: high a period ago and slightly low now is high together.
    values.loc[middle, 3], values.loc[middle, 4] = 6.0, -0.5
    assert space_time_gi_star(values, graph, permutations=9_999, seed=1).hot.loc[middle, 4]


@few_draws
@pytest.mark.parametrize("lagged", [False, True])
@pytest.mark.parametrize("reference", ["period", "cube"])
def test_turning_the_values_turns_hot_to_cold(lagged, reference):
    graph, values, _ = planted()
    options = {"permutations": 999, "include_lag_neighbours": lagged, "reference": reference, "seed": 4}
    up, down = (space_time_gi_star(table, graph, **options) for table in (values, -values))
    pd.testing.assert_frame_equal(up.p, down.p)
    pd.testing.assert_frame_equal(up.hot, down.cold)
    pd.testing.assert_frame_equal(up.cold, down.hot)
    assert up.hot.any(axis=None)
    np.testing.assert_allclose(up.z, -down.z, atol=1e-12)


@few_draws
def test_a_change_of_recording_makes_wards_hot_only_against_the_whole_cube():
    graph = grid(9)
    values = some_values(graph, 8)
    values.loc[:, 4:] += 5
    own = space_time_gi_star(values, graph, permutations=999, seed=1)
    cube = space_time_gi_star(values, graph, permutations=999, reference="cube", seed=1)
    assert own.hot.to_numpy().mean() < 0.01
    assert cube.hot.loc[:, 5:].to_numpy().mean() > 0.5
    assert not cube.hot.loc[:, :3].any(axis=None)


@few_draws
@pytest.mark.parametrize("lagged", [False, True])
@pytest.mark.parametrize("reference", ["period", "cube"])
def test_order_of_rows_and_threads_do_not_matter(lagged, reference):
    graph, values, _ = planted()
    values.iloc[4, 1] = np.nan
    options = {"permutations": 499, "include_lag_neighbours": lagged, "reference": reference, "seed": 4}
    whole = space_time_gi_star(values, graph, **options)
    before, threads = values.copy(), numba.get_num_threads()
    numba.set_num_threads(1)
    turned = space_time_gi_star(values.iloc[::-1], graph, **options)
    numba.set_num_threads(threads)
    for table in TABLES:
        assert getattr(turned, table).index.equals(values.index[::-1])
        back = getattr(turned, table).loc[values.index]
        pd.testing.assert_frame_equal(back, getattr(whole, table), rtol=1e-9)
    pd.testing.assert_frame_equal(values, before)


def test_one_family_over_all_periods_and_the_other_correction():
    graph, values, _ = planted()
    options = {"permutations": 9_999, "seed": 1}
    result = space_time_gi_star(values, graph, family="all", correction="by", **options)
    flat = adjust_p(result.p.to_numpy().ravel(), method="by")
    np.testing.assert_array_equal(result.p_adjusted.to_numpy().ravel(), flat)
    period = space_time_gi_star(values, graph, **options)
    pd.testing.assert_frame_equal(period.p, result.p)
    pd.testing.assert_frame_equal(period.p_adjusted, adjust_p(period.p))


def test_too_few_draws_are_said():
    graph, values, _ = planted()
    with pytest.warns(ResolutionWarning, match="99 permutations cannot show fewer than 68 of 169 tests at 5%"):
        space_time_gi_star(values, graph, permutations=99, seed=1)
    with pytest.warns(ResolutionWarning, match=r"fewer than 338 of 845 tests at 5%"):
        space_time_gi_star(values, graph, permutations=99, family="all", seed=1)


@few_draws
@pytest.mark.parametrize("lagged", [False, True])
@pytest.mark.parametrize("reference", ["period", "cube"])
def test_awkward_wards_and_periods(lagged, reference):
    links = {**{ward: dict.fromkeys(to, 1.0) for ward, to in LINKS.items()}, "island": {"island": 0.0}}
    graph = Graph.from_dicts(links)
    values = small_values(5)
    values.loc["island"] = [1.0, 2, 3, 4, 5]
    values["t1"], values["t2"] = np.nan, 4.0
    values.loc["a", "t3"] = np.nan
    result = space_time_gi_star(
        values, graph, permutations=99, include_lag_neighbours=lagged, reference=reference, seed=1
    )
    for table in TABLES[:3]:
        assert getattr(result, table).loc["island"].isna().all()
        assert getattr(result, table)["t1"].isna().all()
        assert np.isnan(getattr(result, table).loc["a", "t3"])
    assert result.p.drop("island")[["t0", "t2", "t4"]].notna().all(axis=None)
    for table in ("hot", "cold"):
        assert set(getattr(result, table).dtypes) == {np.dtype(bool)}
        assert not getattr(result, table)[["t1"]].any(axis=None)
    if reference == "period":
        assert (result.p["t2"].drop("island") == 1).all()
        assert result.z_alone["t2"].isna().all()


@few_draws
def test_weights_count():
    """Row-standardised is binary; other weights carry their own on the ward, its largest."""
    values = small_values()
    binary = space_time_gi_star(values, SMALL, permutations=99, seed=1)
    rows = space_time_gi_star(values, SMALL.transform("r"), permutations=99, seed=1)
    np.testing.assert_allclose(rows.z, binary.z, rtol=1e-10)
    pd.testing.assert_frame_equal(rows.p, binary.p)
    graph = Graph.from_arrays(list("abbc"), list("bacb"), [1.0, 1.0, 3.0, 3.0])
    table = pd.DataFrame({"t0": [1.0, 2.0, 6.0], "t1": [4.0, 0.0, 2.0]}, index=list("abc"))
    scaled = deviations(table, cube=False)
    total = scaled["t1"] @ [1, 3, 3] + 3 * scaled.loc["b", "t0"]
    room = (3 * 19 - 49) / 2 + (3 * 9 - 9) / 2
    found = space_time_gi_star(table, graph, permutations=9, seed=1).z.loc["b", "t1"]
    assert found == pytest.approx(total / np.sqrt(room), rel=1e-10)


def test_bad_input_is_named_all_at_once():
    values = small_values().rename(index={"g": "x"}, columns={"t1": "t0"})
    with pytest.raises(InputError) as caught:
        space_time_gi_star(
            values, SMALL, permutations=0, alpha=2, family="none", correction="no", reference="?", seed=1
        )
    said = "\n".join(caught.value.faults)
    for part in (
        "family is 'none'; allowed are period, all",
        "correction is 'no'; allowed are bh, by",
        "reference is '?'; allowed are period, cube",
        "alpha is 2",
        "period(s) t0 stand more than once",
        "permutations is 0",
        "not in the graph: x",
        "not in the values: g",
    ):
        assert part in said
