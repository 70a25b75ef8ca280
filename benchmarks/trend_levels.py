"""How often trend tests reject when there is no trend, and when there is: each method at nominal 10%.

    python benchmarks/trend_levels.py [--series N]

Series are first-order autoregressive around a level (normal), or Poisson counts whose log mean is such a series
(counts, mean about 3). 'published' is Hamed & Rao (1998) with each autocorrelation estimated and counted where
significant at 5%, 'no caution' is the default without what it adds to the autocorrelation to be safe. Last, rolling
12-month sums of independent counts: why no trend test may see windows that overlap.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from tipping_point import trend
from tipping_point.trend import mann_kendall

LEVEL = 0.10
LENGTHS = (12, 24, 36)
DEPENDENCE = (0.0, 0.2, 0.4, 0.6)
Test = Callable[[np.ndarray], np.ndarray]


def ours(**options: object) -> Test:
    return lambda values: mann_kendall(pd.DataFrame(values), **options).p.to_numpy()


def without_caution(values: np.ndarray) -> np.ndarray:
    with patch.object(trend, "CAUTION", 0.0):
        return mann_kendall(pd.DataFrame(values)).p.to_numpy()


def published(values: np.ndarray) -> np.ndarray:
    """Hamed & Rao (1998): Theil-Sen slope taken off, ranks, every significant autocorrelation counted."""
    n = values.shape[1]
    first, second = np.triu_indices(n, 1)
    slope = np.median((values[:, second] - values[:, first]) / (second - first), axis=1)
    ranks = rankdata(values - slope[:, None] * np.arange(n), axis=1) - (n + 1) / 2
    power, factor = (ranks**2).sum(axis=1), np.ones(len(values))
    for lag in range(1, n - 2):
        r = (ranks[:, lag:] * ranks[:, :-lag]).sum(axis=1) / power
        weight = (n - lag) * (n - lag - 1) * (n - lag - 2) / (n * (n - 1) * (n - 2))
        factor += 2 * weight * np.where(np.abs(r) > 1.96 / np.sqrt(n), r, 0.0)
    return 2 * norm.sf(np.abs(mann_kendall(pd.DataFrame(values), method="plain").z) / np.sqrt(np.maximum(factor, 1e-3)))


TESTS: dict[str, Test] = {
    "plain": ours(method="plain"),
    "published": published,
    "no caution": without_caution,
    "blocks": ours(method="block_permutation"),
    "hamed_rao": ours(),
    "4 seasons": ours(seasons=4),
}


def autoregressive(random: np.random.Generator, series: int, length: int, rho: float) -> np.ndarray:
    values = random.normal(size=(series, length))
    for period in range(1, length):
        values[:, period] = rho * values[:, period - 1] + np.sqrt(1 - rho**2) * values[:, period]
    return values


def counts(random: np.random.Generator, means: np.ndarray) -> np.ndarray:
    return random.poisson(np.exp(1 + 0.6 * means)).astype(float)


def show(label: str, values: np.ndarray, limit: float | None = None) -> None:
    """A row of shares rejected; those above the limit are marked."""
    cells = []
    for test in TESTS.values():
        share = float((test(values) <= LEVEL + 1e-12).mean())
        cells.append(f"{share:11.3f}{'*' if limit is not None and share > limit else ' '}")
    print(f"{label:34}{''.join(cells)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=5_000)
    series = parser.parse_args().series
    random = np.random.default_rng(1)
    limit = LEVEL + 2 * np.sqrt(LEVEL * (1 - LEVEL) / series)
    print(
        f"share of {series:,} series rejected at nominal {LEVEL:.0%}; * = above {limit:.3f}, two standard errors more\n"
    )
    print(f"{'no trend':34}{''.join(f'{name:>11} ' for name in TESTS)}")
    for kind in ("normal", "counts"):
        for length in LENGTHS:
            for rho in DEPENDENCE:
                values = autoregressive(random, series, length, rho)
                values = values if kind == "normal" else counts(random, values)
                show(f"{kind}, {length} periods, rho {rho:.1f}", values, limit)
    print(f"\n{'a rise of 2 standard deviations':34}{''.join(f'{name:>11} ' for name in TESTS)}")
    for length in LENGTHS:
        for rho in DEPENDENCE[:2]:
            values = autoregressive(random, series, length, rho) + np.linspace(0, 2, length)
            show(f"normal, {length} periods, rho {rho:.1f}", values)
    months = random.poisson(5, (min(series, 1_000), 96)).astype(float)
    rolling = np.lib.stride_tricks.sliding_window_view(months, 12, axis=1).sum(axis=-1)
    print(f"\n{'no trend, 96 months of counts':34}{''.join(f'{name:>11} ' for name in TESTS)}")
    show("rolling 12-month sums", rolling, limit)
    show("quarters", months.reshape(len(months), 32, 3).sum(axis=-1), limit)
    show("years", months.reshape(len(months), 8, 12).sum(axis=-1), limit)


if __name__ == "__main__":
    main()
