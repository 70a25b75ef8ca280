"""Deprivation of the demo city against the published construction of the index."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.demo.land import build_land
from tipping_point.demo.people import (
    IMD,
    WEIGHTS,
    People,
    rank_from_worst,
    settle_people,
    tabulate_deprivation,
    tabulate_indicators,
)
from tipping_point.demo.planted import Planted, choose_planted
from tipping_point.tables import deprivation_transform

RANK = " Rank (where 1 is most deprived)"
DECILE = " Decile (where 1 is most deprived 10% of LSOAs)"


@pytest.fixture(scope="module")
def settled() -> tuple[pd.DataFrame, Planted, People, pd.DataFrame]:
    land = build_land(np.random.default_rng(1))
    planted = choose_planted(land)
    people = settle_people(land, planted, np.random.default_rng(2))
    names = pd.DataFrame({"LSOA code (2021)": [f"E{i}" for i in range(len(land.small_areas))]})
    return land.small_areas, planted, people, tabulate_deprivation(people, names, np.random.default_rng(3))


def test_ranks_are_a_permutation_even_with_ties() -> None:
    assert rank_from_worst(np.array([1.0, 3.0, 3.0, 2.0])).tolist() == [4, 1, 2, 3]


def test_the_index_is_rebuilt_from_the_ranks(
    settled: tuple[pd.DataFrame, Planted, People, pd.DataFrame],
) -> None:
    table = settled[3]
    total = sum(weight * deprivation_transform(table[name + RANK], len(table)) for name, weight in WEIGHTS.items())
    assert table[f"{IMD} Score"].to_numpy() == pytest.approx(total, abs=5.1e-4)
    assert sum(WEIGHTS.values()) == pytest.approx(0.999)


def test_ranks_scores_and_deciles_are_consistent(
    settled: tuple[pd.DataFrame, Planted, People, pd.DataFrame],
) -> None:
    table = settled[3]
    count = len(table)
    for column in (name for name in table.columns if name.endswith(RANK)):
        name = column.removesuffix(RANK)
        score = table[name + (" Score (rate)" if name in {"Income", "Employment"} else " Score")]
        assert sorted(table[column]) == list(range(1, count + 1))
        assert (score.iloc[np.argsort(table[column])].diff().dropna() <= 0).all()
        sizes = table[name + DECILE].value_counts()
        assert sizes.index.sort_values().tolist() == list(range(1, 11))
        assert sizes.max() - sizes.min() <= 1
        assert table.loc[table[column] == 1, name + DECILE].item() == 1
    rates = table[["Income Score (rate)", "Employment Score (rate)", "Adult Skills Sub-domain Score"]]
    assert rates.ge(0).all(axis=None) and rates.le(1).all(axis=None)


def test_deprivation_is_smooth_over_the_map(settled: tuple[pd.DataFrame, Planted, People, pd.DataFrame]) -> None:
    areas, _, people, _ = settled
    ward = areas["ward"].to_numpy()
    between = pd.Series(people.deprivation).groupby(ward).transform("mean").var()
    assert between / people.deprivation.var() > 0.7


def test_planted_wards_stand_where_they_should(
    settled: tuple[pd.DataFrame, Planted, People, pd.DataFrame],
) -> None:
    areas, planted, people, _ = settled
    level = pd.Series(people.deprivation).groupby(areas["ward"].to_numpy()).mean()
    assert level[list(planted.clustered)].min() > level.drop(list(planted.clustered)).quantile(0.9)
    assert level[list(planted.busy)].max() < level.quantile(0.6)
    assert level.rank(pct=True)[planted.rising] < 0.8
    assert people.residents.min() >= 1_000 and people.residents.max() <= 3_000


def test_indicators_follow_their_domains(settled: tuple[pd.DataFrame, Planted, People, pd.DataFrame]) -> None:
    people = settled[2]
    codes = pd.Series([f"E{i}" for i in range(len(people.residents))])
    table = tabulate_indicators(people, codes, np.random.default_rng(0)).set_index("lsoa21_code")
    health, education = "Health Deprivation and Disability", "Education, Skills and Training"
    for column, domain in zip(table, (health, health, education), strict=True):
        assert np.corrcoef(table[column], people.domains[domain])[0, 1] > 0.8
    assert table["entry_to_higher_education_indicator"].between(0, 1).all()
