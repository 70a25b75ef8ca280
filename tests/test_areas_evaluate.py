"""Scores of a choice, by hand, by brute force and by what they must not depend on; the published displacement."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.graph import Graph
from sklearn.metrics import average_precision_score

from tipping_point.areas.evaluate import (
    average_precision,
    block_bootstrap_interval,
    calibration,
    capture,
    log_score,
    placebo_dispersion,
    rank_biased_overlap,
    recall_in_first,
    weighted_displacement_difference,
)
from tipping_point.tables import InputError
from tipping_point.wards.neighbours import build_graph

# ------------------------------------------------------------------------------------------------------- capture


def test_capture_by_hand():
    harm = [10, 8, 6, 4]
    assert capture(harm, [1, 0, 1, 0]) == pytest.approx(16 / 18)
    assert capture(harm, [1, 1, 0, 0]) == 1
    # As many residents: wards 0 and 2 hold 500 people; per head 3 (400 people) and 2 (100) would hold 4 + 6, but 1 is
    # denser still: 8 in 100 people, then 6 in 100, then 300 of the 300 people of ward 0 with 10.
    assert capture(harm, [1, 0, 1, 0], residents=[400, 100, 100, 400]) == pytest.approx(16 / (8 + 6 + 10 * 300 / 400))


def test_capture_of_nothing_is_not_a_number():
    assert math.isnan(capture([1, 2], [0, 0]))
    assert math.isnan(capture([0, 0], [1, 0]))


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans(), st.integers(1, 9)), min_size=1, max_size=7))
@settings(deadline=None)
def test_no_choice_of_the_same_size_holds_more(rows):
    harm, chosen, people = (np.array(part) for part in zip(*rows, strict=True))
    if not chosen.any() or not harm.any():
        return
    best = max(sum(harm[list(some)]) for some in itertools.combinations(range(len(harm)), int(chosen.sum())))
    if best:
        assert capture(harm, chosen) == pytest.approx(harm[chosen].sum() / best)
    # A fractional bound is never below the best whole choice with as many residents.
    choices = itertools.product([False, True], repeat=len(harm))
    whole = max(harm[list(some)].sum() for some in choices if people[list(some)].sum() <= people[chosen].sum())
    if whole:
        assert capture(harm, chosen, residents=people) <= harm[chosen].sum() / whole + 1e-12


# --------------------------------------------------------------------------------------------- average precision


def test_average_precision_by_hand():
    assert average_precision([4, 3, 2, 1], [1, 0, 1, 0]) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([1, 2, 3, 4], [1, 0, 1, 0]) == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert math.isnan(average_precision([1, 2], [0, 0]))
    # All tied, one hit among three: (1 + 1/2 + 1/3)/3.
    assert average_precision([5, 5, 5], [0, 1, 0]) == pytest.approx(11 / 18)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=6))
@settings(deadline=None, max_examples=60)
def test_tied_scores_give_the_mean_over_every_order(rows):
    scores, hits = (np.array(part) for part in zip(*rows, strict=True))
    if not hits.any():
        return
    values = []
    for order in itertools.permutations(range(len(scores))):
        placed = sorted(order, key=lambda item: -scores[item])
        found = hits[placed]
        values.append(float((np.cumsum(found) / np.arange(1, len(found) + 1))[found].mean()))
    assert average_precision(scores, hits) == pytest.approx(np.mean(values))


def test_average_precision_agrees_with_scikit_learn_without_ties():
    random = np.random.default_rng(3)
    for _ in range(20):
        scores, hits = random.permutation(80).astype(float), random.random(80) < 0.2
        assert average_precision(scores, hits) == pytest.approx(average_precision_score(hits, scores))


def test_recall_in_the_first_twentieth():
    scores, hits = np.arange(40, 0, -1), np.zeros(40)
    hits[[0, 2, 39]] = 1
    assert recall_in_first(scores, hits) == pytest.approx(1 / 3)
    assert recall_in_first(scores, hits, share=0.1) == pytest.approx(2 / 3)
    assert recall_in_first(np.ones(40), hits) == pytest.approx(2 / 40)


def test_scores_refuse_what_they_cannot_read():
    with pytest.raises(InputError) as caught:
        average_precision([1.0, np.nan], [0.5, 1])
    assert len(caught.value.faults) == 2
    assert "score: 1 missing" in caught.value.faults[0]
    with pytest.raises(InputError, match="shapes"):
        average_precision([1.0], [1, 0])


# ----------------------------------------------------------------------------------------- chances that were given


def test_log_score_by_hand():
    assert log_score([0.5, 0.5], [1, 0]) == pytest.approx(math.log(0.5))
    assert log_score([0.8, 0.1], [1, 0]) == pytest.approx((math.log(0.8) + math.log(0.9)) / 2)
    assert log_score([0.0], [1]) == pytest.approx(math.log(1e-6))


def test_calibration_groups_by_chance_and_keeps_everybody():
    chance = np.array([0.9, 0.1, 0.8, 0.2, 0.3])
    table = calibration(chance, [1, 0, 1, 0, 1], groups=2)
    assert table["n"].tolist() == [3, 2]
    assert table["predicted"].tolist() == pytest.approx([0.2, 0.85])
    assert table["observed"].tolist() == pytest.approx([1 / 3, 1.0])


# ------------------------------------------------------------------------------------------- rank-biased overlap


def test_rank_biased_overlap_by_hand():
    # Agreements 1, 1/2, 1: .1/.9 (.9 + .81/2 + .729) + .729
    assert rank_biased_overlap([1, 2, 3], [1, 3, 2]) == pytest.approx(0.1 / 0.9 * (0.9 + 0.405 + 0.729) + 0.729)
    assert rank_biased_overlap("abc", "abc") == pytest.approx(1)
    assert rank_biased_overlap("abc", "xyz") == 0
    assert math.isnan(rank_biased_overlap([], [1]))


@given(st.permutations(range(8)), st.integers(1, 8), st.floats(0.3, 0.95))
@settings(deadline=None)
def test_rank_biased_overlap_is_the_endless_sum_of_its_extrapolation(other, length, p):
    first, second = list(range(8)), list(other)[:length]
    s, whole = length, len(first)
    shared = [len(set(first[:depth]) & set(second[:depth])) for depth in range(1, whole + 1)]

    def agreement(depth):
        if depth <= s:
            return shared[depth - 1] / depth
        if depth <= whole:
            return (shared[depth - 1] + shared[s - 1] * (depth - s) / s) / depth
        return (shared[-1] - shared[s - 1]) / whole + shared[s - 1] / s

    endless = (1 - p) * sum(p ** (depth - 1) * agreement(depth) for depth in range(1, 2_000))
    assert rank_biased_overlap(first, second, p=p) == pytest.approx(endless)
    assert rank_biased_overlap(second, first, p=p) == rank_biased_overlap(first, second, p=p)


def test_rank_biased_overlap_refuses_repeats_and_odd_persistence():
    with pytest.raises(InputError, match="twice"):
        rank_biased_overlap([1, 1], [1, 2])
    with pytest.raises(InputError, match="above 0 and below 1"):
        rank_biased_overlap([1], [1], p=1.0)


# ------------------------------------------------------------------------------------------------------ bootstrap


def test_the_bootstrap_interval_covers():
    random = np.random.default_rng(0)
    held = 0
    for trial in range(300):
        _, low, high = block_bootstrap_interval(random.normal(0.05, 0.08, 12), draws=800, seed=trial)
        held += low <= 0.05 <= high
    assert 0.90 <= held / 300 <= 0.985


def test_the_bootstrap_is_repeatable_and_says_nothing_from_too_little():
    gains = [0.1, 0.0, 0.2, 0.05, np.nan]
    assert block_bootstrap_interval(gains, seed=1) == block_bootstrap_interval(gains, seed=1)
    mean, low, high = block_bootstrap_interval([0.1, 0.3, 0.2], seed=1)
    assert mean == pytest.approx(0.2)
    assert math.isnan(low)
    assert math.isnan(high)
    assert block_bootstrap_interval([0.2] * 6, seed=1) == pytest.approx((0.2, 0.2, 0.2))


# ---------------------------------------------------------------------------------------------------- displacement


def test_the_published_figures():
    result = weighted_displacement_difference((120, 100), (130, 150))
    assert result.estimate == -40
    assert result.standard_error == pytest.approx(22.36, abs=0.005)
    assert result.low == pytest.approx(-40 - 1.96 * 22.3607, abs=0.001)
    assert result.high == pytest.approx(-40 + 1.96 * 22.3607, abs=0.001)


def test_what_moves_next_door_counts_against_it():
    result = weighted_displacement_difference((120, 100), (130, 150), displacement=((50, 80), (60, 60)))
    assert result.estimate == -10
    assert result.standard_error == pytest.approx((500 + 250) ** 0.5)


def test_dispersion_widens_the_range():
    plain = weighted_displacement_difference((120, 100), (130, 150))
    wide = weighted_displacement_difference((120, 100), (130, 150), dispersion=4.0)
    assert wide.standard_error == pytest.approx(2 * plain.standard_error)
    assert wide.estimate == plain.estimate


def test_every_fault_is_listed():
    with pytest.raises(InputError) as caught:
        weighted_displacement_difference((1, 2, 3), (-1, 2), dispersion=0)
    assert len(caught.value.faults) == 3
    assert "treated: [1, 2, 3] given; it must be two counts" in caught.value.faults[0]


@pytest.fixture
def city(lattice):
    return lattice(12, 12)


def make_years(wards, years=8, *, extra=0.0, seed=0):
    """Counts around a ward's own level, with variance beyond Poisson of `extra` on the logarithm."""
    random = np.random.default_rng(seed)
    level = random.lognormal(5, 0.5, size=(len(wards), 1))
    rates = level * np.exp(random.normal(0, np.sqrt(extra), size=(len(wards), years)))
    return pd.DataFrame(random.poisson(rates).astype(float), index=wards.index, columns=range(2010, 2010 + years))


def test_poisson_counts_need_no_dispersion(city):
    result = placebo_dispersion(make_years(city), build_graph(city), seed=1)
    assert 1.0 <= result.dispersion < 1.25
    assert result.share_beyond < 0.09
    assert len(result.z) == 1_000


def test_overdispersed_counts_need_it_and_larger_groups_as_much(city):
    years = make_years(city, extra=0.03)
    graph = build_graph(city)
    one, five = (placebo_dispersion(years, graph, wards=size, seed=1) for size in (1, 5))
    # Counts of 150 with a variance of .03 on the logarithm vary by 1 + .03 x 150 = 5.5 times Poisson.
    assert 3 < one.dispersion < 10
    assert 3 < five.dispersion < 10
    assert one.share_beyond > 0.2


def test_a_shared_change_is_no_difference(city):
    """All wards doubling between two years cancels between treated and control of the same level."""
    years = make_years(city)
    later = years.copy()
    later.loc[:, 2016:] *= 2
    assert abs(placebo_dispersion(later, build_graph(city), seed=1).z.mean()) < 0.2


def test_the_same_seed_gives_the_same_placebos_and_rows_may_come_in_any_order(city):
    years, graph = make_years(city), build_graph(city)
    first = placebo_dispersion(years, graph, placebos=200, seed=5)
    assert np.array_equal(first.z, placebo_dispersion(years, graph, placebos=200, seed=5).z)
    assert not np.array_equal(first.z, placebo_dispersion(years, graph, placebos=200, seed=6).z)


def test_no_placebo_looks_at_the_selection_year_as_before(city):
    """A freak year used to match on is never the one that a change is measured from."""
    years = make_years(city, years=5)
    changed = years.copy()
    changed[2012] = changed[2012].to_numpy()[::-1]
    result = placebo_dispersion(changed, build_graph(city), seed=2)
    # Five years and three to match on leave one pair: 2013 to 2014, both Poisson around the same level.
    assert result.dispersion < 1.25


def test_wards_with_a_missing_year_are_left_out_and_islands_are_fine(city):
    years = make_years(city)
    years.iloc[:100, 3] = np.nan
    empty = Graph.from_arrays(city.index, city.index, np.zeros(len(city)))
    result = placebo_dispersion(years, empty, wards=3, placebos=200, seed=1)
    assert np.isfinite(result.z).all()


def test_every_fault_of_the_placebos_is_listed(city):
    with pytest.raises(InputError) as caught:
        placebo_dispersion(make_years(city, years=4).head(3), build_graph(city), wards=2, placebos=10, seed=1)
    text = str(caught.value)
    assert "placebos: 10 given; at least 200" in text
    assert "yearly: 4 years; 5 are needed" in text
    assert "3 wards without a missing year; 5 are needed" in text
