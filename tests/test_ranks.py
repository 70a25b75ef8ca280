"""Ranks of many scorings: intervals, shares in the top, groups that cannot be told apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from tipping_point.ranks import (
    average_ranks,
    group_alike,
    order_ranks,
    rank_columns,
    rank_interval,
    share_in_top,
    top_number,
)

CODES = pd.Index(["a", "b", "c", "d"])


def country(*names: str) -> pd.Series:
    return pd.Series(names, index=CODES[: len(names)])


def test_ranks_by_hand_with_ties_by_code_and_countries_apart():
    scores = pd.DataFrame({0: [1.0, 5.0, 5.0, 9.0], 1: [7.0, 2.0, 3.0, 1.0]}, index=CODES)
    assert rank_columns(scores, country("E", "E", "E", "W")).to_numpy().tolist() == [[3, 1], [1, 3], [2, 2], [1, 1]]
    shuffled = scores.loc[["d", "c", "b", "a"]]
    assert (
        rank_columns(shuffled, country("E", "E", "E", "W"))
        .loc[CODES]
        .equals(rank_columns(scores, country("E", "E", "E", "W")))
    )


def test_a_place_without_a_score_has_no_rank_and_takes_none():
    scores = pd.DataFrame({0: [1.0, np.nan, 3.0]}, index=CODES[:3])
    assert rank_columns(scores, country("E", "E", "E"))[0].fillna(-1).tolist() == [2, -1, 1]
    assert rank_columns(scores.head(0), country("E", "E", "E").head(0)).empty


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=20, unique=True))
def test_ranks_equal_those_of_another_implementation(values):
    scores = pd.DataFrame({0: values})
    assert rank_columns(scores, pd.Series("E", index=scores.index))[0].tolist() == rankdata(-np.array(values)).tolist()


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 3) | st.floats(), min_size=4, max_size=4), max_size=8))
def test_ranks_of_columns_with_and_without_ties_equal_those_of_another_implementation(rows):
    values = np.array(rows, dtype=float).reshape(len(rows), 4)
    assert np.array_equal(average_ranks(values), rankdata(values, axis=0), equal_nan=True)
    first = np.argsort(np.argsort(-values, axis=0, kind="stable"), axis=0) + 1
    assert order_ranks(values).tolist() == first.tolist()


def test_an_interval_leaves_a_twentieth_on_either_side():
    ranks = pd.DataFrame([list(range(1, 101))], index=CODES[:1])
    interval = rank_interval(ranks, pd.Series([50], index=CODES[:1]))
    assert interval.to_numpy().tolist() == [[5, 95]]
    assert str(interval.dtypes.iloc[0]) == "Int64"


def test_an_interval_holds_the_published_rank():
    ranks = pd.DataFrame([[4.0] * 20, [2.0] * 20, [3.0] * 20], index=CODES[:3])
    rank = pd.Series([1, 5, pd.NA], index=CODES[:3], dtype="Int64")
    interval = rank_interval(ranks, rank)
    assert interval.iloc[:2].to_numpy().tolist() == [[1, 4], [2, 5]]
    assert interval.iloc[2].isna().all()
    assert rank_interval(ranks.head(0), rank.head(0)).columns.tolist() == ["rank_low", "rank_high"]


def test_the_share_in_the_top_by_hand():
    ranks = pd.DataFrame([[1, 2, 1, 3], [2, 1, 3, 1], [3, 3, 2, 2], [np.nan] * 4], index=CODES)
    groups = country("E", "E", "E", "E")
    assert share_in_top(ranks, groups, top=1).fillna(-1).tolist() == [0.5, 0.5, 0.0, -1]
    assert share_in_top(ranks, groups, top=0.7).fillna(-1).tolist() == [0.75, 0.75, 0.5, -1]


def test_how_many_the_top_is():
    assert [top_number(size, 0.1) for size in (3, 10, 19, 679)] == [1, 1, 1, 67]
    assert top_number(30, 0.1) == 3
    assert top_number(679, 10) == 10


def test_groups_by_hand():
    """b is beaten by a in 19 of 20 simulations, which tells it apart; c in 18, which does not."""
    a = np.full(20, 10.0)
    b = np.where(np.arange(20) < 19, 1.0, 11.0)
    c = np.where(np.arange(20) < 18, 2.0, 11.0)
    d = np.full(20, 0.0)
    scores = pd.DataFrame([a, b, c, d], index=CODES)
    rank = pd.Series([1, 2, 3, 4], index=CODES)
    assert group_alike(scores, rank, country("E", "E", "E", "E")).tolist() == [1, 2, 1, 3]


def test_equal_places_are_one_group_and_countries_count_apart():
    scores = pd.DataFrame(np.ones((4, 10)), index=CODES)
    rank = pd.Series([1, 2, 1, pd.NA], index=CODES, dtype="Int64")
    groups = group_alike(scores, rank, country("E", "E", "W", "W"))
    assert groups.iloc[:3].tolist() == [1, 1, 1]
    assert groups.isna().tolist() == [False, False, False, True]


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.integers(2, 25))
def test_every_group_opens_with_its_best_and_holds_only_what_that_does_not_beat(seed, number):
    random = np.random.default_rng(seed)
    scores = pd.DataFrame(random.normal(random.normal(size=(number, 1)), 0.5, size=(number, 40)))
    rank = scores.mean(axis=1).rank(ascending=False).astype(int)
    groups = group_alike(scores, rank, pd.Series("E", index=scores.index))
    first = [rank[groups == group].idxmin() for group in range(1, groups.max() + 1)]
    assert rank[first].is_monotonic_increasing
    for place, group in groups.items():
        beaten = [(scores.loc[leader] > scores.loc[place]).mean() >= 0.95 for leader in first[:group]]
        assert beaten == [True] * (group - 1) + [False]


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_more_simulations_of_the_same_rank_give_that_rank(level):
    ranks = pd.DataFrame(np.full((1, 7), 3 + level))
    assert rank_interval(ranks, pd.Series([3 + level])).iloc[0].tolist() == [3 + level, 3 + level]
