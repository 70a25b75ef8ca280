"""Adjusted p and the resolution of permutation tests."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control

from tipping_point.hotspots.testing import adjust_p, smallest_k, smallest_p, unresolved
from tipping_point.tables import InputError


@pytest.mark.parametrize("method", ["bh", "by"])
def test_adjust_p_equals_scipy(method):
    random = np.random.default_rng(1)
    p = np.round(random.random((300, 4)), 2).clip(0.01)
    np.testing.assert_allclose(
        adjust_p(p, method=method), false_discovery_control(p, axis=0, method=method), rtol=1e-12
    )


def test_adjust_p_by_hand():
    # Sorted .01 .02 .03 .04 .5, times 5/i: .05 .05 .05 .05 .5
    assert adjust_p(np.array([0.5, 0.04, 0.01, 0.03, 0.02])) == pytest.approx([0.5, 0.05, 0.05, 0.05, 0.05])


def test_adjust_p_leaves_out_missing_and_keeps_labels():
    table = pd.DataFrame({"a": [0.01, np.nan, 0.04], "b": [np.nan] * 3}, index=["x", "y", "z"])
    before = table.copy()
    adjusted = adjust_p(table)
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_frame_equal(adjusted, pd.DataFrame({"a": [0.02, np.nan, 0.04], "b": [np.nan] * 3}, list("xyz")))
    column = adjust_p(table["a"])
    pd.testing.assert_series_equal(column, adjusted["a"])
    assert adjust_p(pd.Series(dtype=float)).empty
    assert adjust_p(pd.DataFrame(index=["x"])).shape == (1, 0)


def test_adjust_p_refuses():
    with pytest.raises(InputError, match="correction is 'holm'; allowed are bh, by"):
        adjust_p(np.array([0.1]), method="holm")
    with pytest.raises(InputError, match=r"between 0 and 1; given 0\.1 to 1\.5"):
        adjust_p(np.array([0.1, 1.5]))


def test_smallest_k_as_published():
    # 7,000 wards, 5%: 999 permutations need 140 tied tests one-sided, 280 two-sided.
    assert smallest_k(7000, 999, 0.05, "greater") == 140
    assert smallest_k(7000, 999, 0.05, "less") == 140
    assert smallest_k(7000, 999, 0.05) == 280
    assert smallest_k(7000, 9999, 0.05) == 28
    assert smallest_k(7000, 99_999, 0.05) == 3
    assert smallest_k(10, 9999, 0.05) == 1
    assert smallest_k(2, 999, 0.05, correction="by") == 1
    assert smallest_k(7000, 999, 0.05, correction="by") == int(np.ceil(280 * (1 / np.arange(1, 7001)).sum()))


def test_smallest_k_is_where_rejection_begins():
    m, permutations = 500, 199
    for alternative in ("two-sided", "greater"):
        k = smallest_k(m, permutations, 0.05, alternative)
        for tied, rejected in ((k - 1, False), (k, True)):
            p = np.ones(m)
            p[:tied] = smallest_p(permutations, alternative)
            series = pd.Series(p)
            assert (adjust_p(p).min() <= 0.05 + 1e-12) == rejected
            assert unresolved(series, adjust_p(series), permutations, alternative=alternative)[0] == (not rejected)


def test_unresolved_by_column():
    p = pd.DataFrame({"none low": [0.5] * 100, "one lowest": [0.02] + [0.5] * 99, "all lowest": [0.02] * 100})
    assert unresolved(p, adjust_p(p), 99).tolist() == [False, True, False]
    assert unresolved(p * np.nan, p * np.nan, 99).tolist() == [False] * 3
