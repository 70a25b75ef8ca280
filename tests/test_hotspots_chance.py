"""Without a pattern, any ward at all is flagged no more often than the level says; smooth fields are flagged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph
from scipy.stats import norm

from tipping_point.hotspots.local import gi_star, local_moran
from tipping_point.hotspots.testing import ALTERNATIVES, adjust_p

SIDE = 12
REPEATS = 1_000
LIMIT = 0.05 + 2 * np.sqrt(0.05 * 0.95 / REPEATS)

pytestmark = pytest.mark.filterwarnings("ignore:.* permutations cannot show fewer than")


def share_flagged(p_adjusted: pd.DataFrame) -> float:
    return float((p_adjusted <= 0.05 + 1e-9).any().mean())


def shuffled(values: np.ndarray, index: pd.Index) -> pd.DataFrame:
    random = np.random.default_rng(12)
    return pd.DataFrame({run: random.permutation(values) for run in range(REPEATS)}, index=index)


@pytest.fixture(scope="module")
def block() -> Graph:
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    near = np.maximum(abs(row[:, None] - row), abs(column[:, None] - column)) == 1
    codes = np.array([f"W{ward:04d}" for ward in range(SIDE * SIDE)])
    focal, neighbour = np.nonzero(near)
    return Graph.from_arrays(codes[focal], codes[neighbour], np.ones(len(focal)))


@pytest.fixture(scope="module")
def skewed(block) -> pd.DataFrame:
    return shuffled(np.random.default_rng(3).negative_binomial(1, 0.05, SIDE * SIDE).astype(float), block.unique_ids)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("verb", [gi_star, local_moran])
def test_shuffled_counts_are_flagged_no_more_often_than_the_level(verb, alternative, block, skewed):
    share = share_flagged(verb(skewed, block, permutations=9999, alternative=alternative, seed=2).p_adjusted)
    # Not much less often either: a test that never speaks would hold its level too.
    assert 0.01 <= share <= LIMIT


def test_the_same_counts_fool_the_normal_distribution(block, skewed):
    z = gi_star(skewed, block, permutations=9, seed=2).statistic
    assert share_flagged(adjust_p(pd.DataFrame(norm.sf(z), z.index, z.columns))) > 2 * LIMIT


def test_a_smooth_field_without_clusters_is_flagged(block):
    # x = .9 W x + noise: the null of no pattern at all is false, and rejecting it is no mistake.
    weights = block.transform("r").sparse.toarray()
    noise = np.random.default_rng(4).normal(size=(SIDE * SIDE, 100))
    field = pd.DataFrame(np.linalg.solve(np.eye(SIDE * SIDE) - 0.9 * weights, noise), index=block.unique_ids)
    assert share_flagged(gi_star(field, block, permutations=9999, seed=2).p_adjusted) > 0.9


@pytest.mark.real
def test_london_shuffled_is_flagged_no_more_often_than_the_level(london):
    results = london
    wards = results.wards[results.wards["assessed"]]
    graph = results.graph.subgraph(wards.index)
    for column, alternative in (("standardised_rate", "greater"), ("crimes", "less")):
        table = shuffled(wards[column].to_numpy(dtype=float), wards.index)
        share = share_flagged(gi_star(table, graph, permutations=49_999, alternative=alternative, seed=2).p_adjusted)
        assert 0.01 <= share <= LIMIT
