"""Mann-Kendall against SciPy, hand values and simulation under no trend."""

from __future__ import annotations

from itertools import permutations as orders_of

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau, norm, theilslopes

from tipping_point.tables import InputError
from tipping_point.trend import METHODS, mann_kendall, theil_sen

EACH = pytest.mark.parametrize("method", METHODS)


def autoregressive(series: int, length: int, rho: float, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    shocks = random.normal(size=(series, length))
    values = shocks.copy()
    for period in range(1, length):
        values[:, period] = rho * values[:, period - 1] + np.sqrt(1 - rho**2) * shocks[:, period]
    return values


def rejected(values: np.ndarray, **options) -> float:
    return float((mann_kendall(pd.DataFrame(values), **options).p <= 0.10 + 1e-12).mean())


def test_hand_value():
    # 1 3 2 4 5 6 8 7 9 10 has 2 of 45 pairs falling: S = 41, variance 10*9*25/18 = 125.
    result = mann_kendall(pd.DataFrame([[1, 3, 2, 4, 5, 6, 8, 7, 9, 10]], index=["ward"]), method="plain")
    assert result.z["ward"] == pytest.approx(40 / np.sqrt(125), rel=1e-12)
    assert result.p["ward"] == pytest.approx(2 * norm.sf(40 / np.sqrt(125)), rel=1e-12)
    assert result.sign["ward"] == 1


def test_hand_value_with_ties():
    # 2 2 1 1 1 3 3 3 3 4: pairs by hand give S = 23; ties of 2, 3 and 4.
    values = [2, 2, 1, 1, 1, 3, 3, 3, 3, 4]
    score = sum(np.sign(b - a) for i, a in enumerate(values) for b in values[i + 1 :])
    variance = (10 * 9 * 25 - 2 * 1 * 9 - 3 * 2 * 11 - 4 * 3 * 13) / 18
    assert score == -6 + 2 * 5 + 3 * 5 + 4
    result = mann_kendall(pd.DataFrame([values]), method="plain")
    assert result.z[0] == pytest.approx((score - 1) / np.sqrt(variance), rel=1e-12)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_plain_is_scipys_kendall_but_for_the_step_of_continuity(missing):
    random = np.random.default_rng(3)
    values = random.poisson(2, (60, 25)).astype(float)
    values[random.random(values.shape) < missing] = np.nan
    ours = mann_kendall(pd.DataFrame(values), method="plain")
    for row, z, p, sign in zip(values, ours.z, ours.p, ours.sign, strict=True):
        known = np.flatnonzero(~np.isnan(row))
        score = sum(np.sign(row[b] - row[a]) for a in known for b in known if a < b)
        judge = kendalltau(known, row[known], method="asymptotic")
        assert sign == np.sign(score)
        if score == 0:
            assert (z, p) == (0, 1)
            continue
        deviation = abs(score) / norm.isf(judge.pvalue / 2)
        assert z == pytest.approx(np.sign(score) * (abs(score) - 1) / deviation, rel=1e-9)
        assert p == pytest.approx(2 * norm.sf(abs(z)), rel=1e-12)


def test_seasons_add_up():
    """Seasonal Kendall: S and variance of each season by itself, added up."""
    random = np.random.default_rng(4)
    values = random.poisson(3, (40, 36)).astype(float)
    values[:, ::4] += 20
    parts = [values[:, season::4] for season in range(4)]
    score, variance = np.zeros(40), np.zeros(40)
    for part in parts:
        for ward, row in enumerate(part):
            judge = kendalltau(np.arange(9), row, method="asymptotic")
            each = sum(np.sign(row[b] - row[a]) for a in range(9) for b in range(a + 1, 9))
            tied = sum(u * (u - 1) * (2 * u + 5) for u in np.unique(row, return_counts=True)[1])
            variance[ward] += (9 * 8 * 23 - tied) / 18
            score[ward] += each
            assert np.sign(judge.statistic) == np.sign(each)
    ours = mann_kendall(pd.DataFrame(values), method="plain", seasons=4)
    expected = np.sign(score) * np.maximum(abs(score) - 1, 0) / np.sqrt(variance)
    np.testing.assert_allclose(ours.z, expected, rtol=1e-12)


def test_seasons_are_no_trend_but_hide_one():
    random = np.random.default_rng(5)
    cycle = np.tile([0.0, 8.0, 3.0, 12.0], 9)
    rising = cycle + np.arange(36) / 6 + random.normal(size=36)
    table = pd.DataFrame([rising])
    assert mann_kendall(table, seasons=4).p[0] < 0.001 < mann_kendall(table, method="plain").p[0]


def exact_block_p(values: np.ndarray, block: int) -> float:
    """By writing out every order of the blocks."""
    cuts = [values[max(end - block, 0) : end] for end in range(len(values), 0, -block)][::-1]

    def score(row):
        return sum(np.sign(b - a) for i, a in enumerate(row) for b in row[i + 1 :] if not np.isnan(b - a))

    observed = abs(score(values))
    return float(np.mean([abs(score(np.concatenate(order))) >= observed for order in orders_of(cuts)]))


@pytest.mark.parametrize(("length", "block"), [(12, 3), (14, 3), (10, 4)])
def test_blocks_agree_with_writing_out_every_order(length, block):
    values = np.random.default_rng(length).poisson(4, (6, length)).astype(float)
    values[0, 5] = np.nan
    ours = mann_kendall(pd.DataFrame(values), method="block_permutation", block=block)
    np.testing.assert_allclose(ours.p, [exact_block_p(row, block) for row in values], rtol=1e-12)


def test_many_blocks_are_drawn_by_the_seed():
    table = pd.DataFrame(autoregressive(30, 24, 0.0))
    first, again, other = (mann_kendall(table, method="block_permutation", block=1, seed=seed).p for seed in (1, 1, 2))
    pd.testing.assert_series_equal(first, again)
    assert not first.equals(other)
    # Blocks of one are the ordinary permutation test, which the normal approximation is close to.
    np.testing.assert_allclose(first, mann_kendall(table, method="plain").p, atol=0.04)
    with pytest.raises(InputError, match="seed is None; 24 blocks have too many orders"):
        mann_kendall(table, method="block_permutation", block=1)


@pytest.mark.parametrize("length", [12, 24, 36])
@pytest.mark.parametrize("rho", [0.2, 0.4])
def test_the_default_holds_its_level_on_dependent_series(length, rho):
    values = autoregressive(2_000, length, rho, seed=length)
    limit = 0.10 + 2 * np.sqrt(0.1 * 0.9 / 2_000)
    assert rejected(values) <= limit
    counts = np.random.default_rng(9).poisson(np.exp(1 + 0.6 * values)).astype(float)
    assert rejected(counts) <= limit
    assert rejected(values, method="plain") > limit


def test_the_default_still_finds_a_trend():
    values = autoregressive(500, 24, 0.2) + np.arange(24) / 8
    assert rejected(values) > 0.6


def test_rolling_windows_reject_a_true_null_most_of_the_time():
    """Why `find_emerging` refuses periods that overlap: methods.md computed 64%."""
    months = np.random.default_rng(1).poisson(5, (400, 96)).astype(float)
    rolling = np.lib.stride_tricks.sliding_window_view(months, 12, axis=1).sum(axis=-1)
    assert 0.5 < rejected(rolling, method="plain") < 0.8
    yearly = months.reshape(400, 8, 12).sum(axis=-1)
    assert rejected(yearly, method="plain") < 0.14


@EACH
def test_turning_the_values_turns_the_result(method):
    table = pd.DataFrame(autoregressive(50, 20, 0.3), index=[f"W{ward}" for ward in range(50)])
    up, down = mann_kendall(table, method=method), mann_kendall(-table, method=method)
    np.testing.assert_allclose(up.z, -down.z, atol=1e-12)
    np.testing.assert_allclose(up.p, down.p, rtol=1e-12)
    backwards = mann_kendall(table.iloc[::-1], method=method)
    pd.testing.assert_series_equal(backwards.p.loc[table.index], up.p)
    # Ranks decide, so any rising function of the values gives the same.
    np.testing.assert_allclose(mann_kendall(np.exp(table), method=method).p, up.p, rtol=1e-12)


@EACH
@pytest.mark.parametrize("seasons", [None, 4])
def test_awkward_series(method, seasons):
    values = np.full((6, 20), np.nan)
    values[1, :7] = range(7)
    values[2] = 5
    values[3] = range(20)
    values[4, ::2] = range(10)
    values[5] = [*range(19), np.nan]
    before = values.copy()
    result = mann_kendall(pd.DataFrame(values, index=list("abcdef")), method=method, seasons=seasons)
    assert result.p.isna().tolist() == [True, True, False, False, False, False]
    assert (result.p["c"], result.z["c"], result.sign["c"]) == (1, 0, 0)
    assert result.sign.tolist() == [0, 1, 0, 1, 1, 1]
    np.testing.assert_array_equal(values, before)


@EACH
def test_empty_tables(method):
    nobody = mann_kendall(pd.DataFrame(np.empty((0, 12))), method=method)
    assert len(nobody.p) == len(nobody.z) == len(nobody.sign) == 0
    never = mann_kendall(pd.DataFrame(np.empty((2, 0)), index=["a", "b"]), method=method)
    assert never.p.isna().all()


def test_a_thousand_series_are_as_one():
    """Series are worked on in parts, and do not see each other."""
    table = pd.DataFrame(autoregressive(1_003, 12, 0.2))
    whole = mann_kendall(table)
    pd.testing.assert_series_equal(whole.p.iloc[1_000:], mann_kendall(table.iloc[1_000:]).p)


def test_bad_input_is_named_all_at_once():
    table = pd.DataFrame([[1.0, np.inf, 2.0]])
    with pytest.raises(InputError) as caught:
        mann_kendall(table, method="guess", seasons=1, block=0)
    said = "\n".join(caught.value.faults)
    assert len(caught.value.faults) == 5
    for part in ("'guess'; allowed are hamed_rao", "seasons is 1", "block is 0; it must", "1 are infinite"):
        assert part in said
    with pytest.raises(InputError, match="not all are numbers"):
        mann_kendall(pd.DataFrame([["<script>"]]))


@pytest.mark.parametrize("values", [np.random.default_rng(1).normal(size=40), np.random.default_rng(2).poisson(2, 40)])
def test_the_slope_is_scipys(values):
    rows = np.asarray([values], dtype=float)
    assert theil_sen(rows)[0] == pytest.approx(theilslopes(rows[0])[0])


def test_the_slope_leaves_gaps_out_and_says_nothing_of_nothing():
    line = np.arange(10) / 10
    line[3:5] = np.nan
    assert theil_sen(line[None, :]) == pytest.approx([0.1])
    assert np.isnan(theil_sen(np.full((2, 5), np.nan))).all()
