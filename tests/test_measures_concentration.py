"""Concentration: published values, another way of computing, chance, and tables with little in them."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tipping_point.measures.concentration import (
    COLUMNS,
    FIGURES,
    concentration,
    generalised_gini,
    gini,
    lorenz,
    share_of_places,
)
from tipping_point.tables import InputError

counts_of_places = st.lists(st.integers(0, 50), min_size=1, max_size=40).filter(any)


@pytest.mark.parametrize(
    ("counts", "plain", "general"),
    [
        ([10, 8, 2, *[0] * 7], 0.78, 0.78),  # lorenzgini, and the next two
        ([5, 2, 1, *[0] * 7], 0.8, 0.75),
        ([10, *[0] * 99], 0.99, 0.9),
        ([1, 1, 1, 1], 0.0, 0.0),
        ([1, 1, 0, 0], 0.5, 0.0),  # two crimes cannot be spread more evenly over four places
        ([7], 0.0, 0.0),
    ],
)
def test_published_ginis(counts, plain, general):
    assert gini(counts) == pytest.approx(plain)
    assert generalised_gini(counts) == pytest.approx(general)


def test_all_crimes_in_one_place_is_one_when_unbiased():
    assert generalised_gini([10, *[0] * 9], unbiased=True) == pytest.approx(1)
    assert generalised_gini([10, *[0] * 99], unbiased=True) == pytest.approx(1)
    assert generalised_gini([10, 8, 2, *[0] * 7], unbiased=True) == pytest.approx(0.78 * 10 / 9)
    assert np.isnan(generalised_gini([1, 0, 0], unbiased=True))
    assert np.isnan(generalised_gini([9], unbiased=True))


@given(counts_of_places)
def test_gini_is_the_mean_difference_and_twice_the_area_of_the_curve(counts):
    differences = sum(abs(a - b) for a, b in product(counts, repeat=2))
    assert gini(counts) == pytest.approx(differences / (2 * len(counts) * sum(counts)))
    curve = lorenz(counts)
    area = sum((b - a) * (c + d) / 2 for (a, c), (b, d) in pairwise(curve.itertuples(index=False)))
    assert gini(counts) == pytest.approx(2 * area - 1)


@given(counts_of_places, st.integers(0, 10))
def test_the_generalised_gini_keeps_to_its_range(counts, empty):
    places = [*counts, *[0] * empty]
    assert -1e-9 <= generalised_gini(places) <= 1
    if sum(places) >= len(places):
        assert generalised_gini(places) == gini(places)
    else:
        assert generalised_gini(places) < gini(places)


def test_the_curve_runs_from_most_to_fewest():
    curve = lorenz([1, 6, 3])
    assert curve["share_of_places"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert curve["share_of_crime"].tolist() == pytest.approx([0, 0.6, 0.9, 1])
    assert lorenz([0, 0]).empty
    assert lorenz([]).columns.tolist() == ["share_of_places", "share_of_crime"]


@pytest.mark.parametrize(("share", "expected"), [(0.25, 0.2), (0.4, 0.2), (0.41, 0.4), (0.5, 0.4), (0.9, 0.8), (1, 1)])
def test_share_of_places_counts_whole_places(share, expected):
    assert share_of_places([40, 25, 15, 10, 10], share) == expected


@given(counts_of_places, st.sampled_from([0.1, 0.25, 0.5, 0.75]))
def test_share_of_places_is_the_least_that_is_enough(counts, share):
    number = round(share_of_places(counts, share) * len(counts))
    ordered = sorted(counts, reverse=True)
    assert sum(ordered[:number]) >= share * sum(counts)
    assert sum(ordered[: number - 1]) < share * sum(counts)


def test_missing_places_are_left_out_and_no_crime_has_no_figure():
    assert gini(pd.Series([1, None, 3], dtype="Int64")) == gini([1, 3]) == 0.25
    assert lorenz([1, np.nan, 3])["share_of_places"].tolist() == [0, 0.5, 1]
    for nothing in ([0, 0, 0], [], [np.nan]):
        assert np.isnan(gini(nothing))
        assert np.isnan(generalised_gini(nothing))
        assert np.isnan(share_of_places(nothing))


def test_counts_that_are_no_counts_are_refused():
    for function in (gini, generalised_gini, lorenz, share_of_places):
        with pytest.raises(InputError, match=r"1 are negative or infinite, e\.g\. -2; a count is at least 0"):
            function([1, -2])
    with pytest.raises(InputError, match=r"2.5 is not a whole number"):
        generalised_gini([2.5, 1])
    assert gini([2.5, 2.5]) == 0
    with pytest.raises(InputError, match="share is 0; it must be above 0"):
        share_of_places([1], share=0)


# ------------------------------------------------------------------------------------------- against chance


def table_of(seed=5, wards=60, mean=20.0):
    rng = np.random.default_rng(seed)
    return pd.Series(rng.poisson(mean, wards), index=[f"E05{number:06d}" for number in range(wards)])


def test_every_figure_is_that_of_its_function():
    counts = table_of(mean=0.5)
    row = concentration(counts, seed=1).iloc[0]
    assert list(row.index) == list(COLUMNS)
    assert row["gini"] == gini(counts)
    assert row["generalised_gini"] == generalised_gini(counts) < gini(counts)
    assert row["share_25"] == share_of_places(counts, 0.25)
    assert row["share_50"] == share_of_places(counts, 0.5)
    assert (row["wards"], row["wards_left_out"], row["crimes"]) == (60, 0, counts.sum())


def test_two_crimes_in_two_places_by_enumeration():
    # Each crime falls on either place: (2,0), (1,1), (1,1), (0,2): G = 1/2 in half of them, else 0.
    counts = pd.Series([2, 0], index=["a", "b"])
    row = concentration(counts, replicates=20_000, seed=3).iloc[0]
    assert row["gini_expected"] == pytest.approx(0.25, abs=0.01)
    assert row["gini_p"] == pytest.approx(0.5, abs=0.015)
    assert (row["gini_low"], row["gini_high"]) == (0, 0.5)
    even = concentration(pd.Series([1, 1], index=["a", "b"]), replicates=99, seed=3).iloc[0]
    assert even["gini_p"] == even["share_50_p"] == 1


def test_by_exposure_the_chances_differ():
    # Place a has 3/4 of the people: both crimes fall in a with chance 9/16, in b with 1/16.
    counts = pd.Series([2, 0], index=["a", "b"])
    row = concentration(counts, exposure=pd.Series({"b": 1.0, "a": 3.0}), replicates=20_000, seed=3).iloc[0]
    assert row["gini_expected"] == pytest.approx(0.5 * 10 / 16, abs=0.01)


def test_scattered_crimes_hold_their_level_and_a_concentration_is_found():
    rejected = [
        concentration(table_of(seed), replicates=99, seed=seed)["gini_p"].iloc[0] <= 0.05 for seed in range(200)
    ]
    assert np.mean(rejected) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)
    heavy = table_of()
    heavy.iloc[:3] += 60
    found = concentration(heavy, seed=1).iloc[0]
    assert all(found[f"{figure}_p"] == 1 / 1000 for figure in FIGURES)
    assert found["gini_low"] < found["gini_expected"] < found["gini_high"] < found["gini"]
    assert found["share_25"] < found["share_25_low"] <= found["share_25_expected"] <= found["share_25_high"]


def test_groups_and_periods_stand_on_their_own():
    counts = pd.DataFrame({"2023": table_of(1), "2024": table_of(2)})
    forces = pd.Series(np.where(np.arange(60) < 25, "North", "South"), index=counts.index)
    result = concentration(counts, forces, replicates=99, seed=4)
    assert result[["group", "period"]].to_numpy().tolist() == [
        ["North", "2023"], ["North", "2024"], ["South", "2023"], ["South", "2024"],
    ]  # fmt: skip
    assert result["crimes"].sum() == counts.sum().sum()
    alone = concentration(counts.loc[forces == "South", ["2024"]], forces, replicates=99, seed=4)
    pd.testing.assert_frame_equal(alone, result.iloc[[3]].reset_index(drop=True))
    shuffled = concentration(counts.sample(frac=1, random_state=1), forces, replicates=99, seed=4)
    pd.testing.assert_frame_equal(shuffled, result)
    assert not concentration(counts, forces, replicates=99, seed=5).equals(result)


def test_wards_that_are_not_assessed_are_left_out_and_counted():
    counts = table_of().astype("Int64")
    counts.iloc[:5] = pd.NA
    people = pd.Series(1000.0, index=counts.index)
    people.iloc[5] = np.nan
    row = concentration(counts, exposure=people, replicates=9, seed=1).iloc[0]
    assert (row["wards"], row["wards_left_out"]) == (54, 6)
    assert row["gini"] == gini(counts.iloc[6:])


def test_little_or_nothing():
    empty = concentration(pd.Series(dtype=float), seed=1)
    assert empty.columns.tolist() == list(COLUMNS)
    assert empty.empty
    none = concentration(pd.Series([0, 0], index=["a", "b"]), seed=1).iloc[0]
    assert none["crimes"] == 0
    assert none[list(FIGURES)].isna().all()
    one = concentration(pd.Series([4], index=["a"]), replicates=9, seed=1).iloc[0]
    assert (one["gini"], one["share_25"], one["gini_p"]) == (0, 1, 1)


def test_every_fault_is_named_at_once():
    counts = pd.Series([1.5, 2], index=["a", "a"])
    with pytest.raises(InputError) as caught:
        concentration(
            counts, pd.Series({"b": "x"}).reindex(["a"]), exposure=pd.Series({"a": -1.0}), replicates=0, seed=1
        )
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "counts", "counts", "groups", "exposure", "replicates",
    ]  # fmt: skip


def test_the_input_is_left_alone():
    counts = table_of()
    before = counts.copy()
    concentration(counts, replicates=9, seed=1)
    lorenz(counts)
    pd.testing.assert_series_equal(counts, before)
