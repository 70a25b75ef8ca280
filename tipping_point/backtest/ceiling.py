"""How well could any forecast do? Wards simulated with the study's own variances, where the truth is known.

The logarithm of a ward's rate drifts by a random walk; months scatter around it; counts are Poisson. The variance of
the drift and of the scatter come from how far yearly counts move apart with the years between them. No forecast from
ward counts alone can beat the ranking by true rates on average, and the best exponential filter comes as near as a
forecast of this model can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.areas.evaluate import average_precision
from tipping_point.backtest.entrants import BASELINE, mark_entrants, sum_months
from tipping_point.backtest.origins import AHEAD, shift
from tipping_point.measures.forecast import HALF_LIVES, decayed_mean
from tipping_point.tables import InputError

LONGEST_GAP = 8
"""Years apart up to which pairs of years are compared."""


@dataclass(frozen=True)
class Variances:
    """Of the logarithm of a ward's yearly count relative to the mean ward's."""

    drift: float
    """Of a year's change in the rate."""
    scatter: float
    """Of a single year around the rate, beyond that of a Poisson count."""


def fit_variances(monthly: pd.DataFrame) -> Variances:
    """Drift and scatter from the differences of pairs of years: E (z' - z)2 = drift (gap - 1/3) + 2 scatter + Poisson.

    A third of a year's drift is lost within the two years that are averaged. The wards are the two fifths with most
    crime at the start, from which the highest tenth is entered.

    Raises:
        InputError: fewer than three whole years, or no ward with a crime in each of them.
    """
    ends = [shift(str(monthly.columns[-1]), -12 * back) for back in range(len(monthly.columns) // 12)][::-1]
    years = pd.DataFrame({end: sum_months(monthly, end, 12) for end in ends}).dropna()
    years = years[(years > 0).all(axis=1)]
    if len(ends) < 3 or years.empty:
        raise InputError("period: three whole years, with crime in some ward in each, are needed to fit variances")
    # Chosen by the first year only: wards chosen by what came later would be those that drifted upwards.
    first = years.iloc[:, 0]
    counts = years[first >= first.quantile(0.6)].to_numpy(dtype=float)
    logs = np.log(counts) - np.log(counts).mean(axis=0)
    gaps, squares = [], []
    for gap in range(1, min(LONGEST_GAP, len(ends) - 1) + 1):
        apart = (logs[:, gap:] - logs[:, :-gap]) ** 2 - 1 / counts[:, gap:] - 1 / counts[:, :-gap]
        gaps += [gap - 1 / 3] * apart.shape[1]
        squares += list(apart.mean(axis=0))
    drift, twice = np.polyfit(gaps, squares, 1) if len(set(gaps)) > 1 else (squares[0], 0.0)
    return Variances(max(float(drift), 0.0), max(float(twice) / 2, 0.0))


def simulate_ceiling(
    monthly: pd.DataFrame, variances: Variances, *, origins: Mapping[str, Sequence[str]], repeats: int = 25, seed: int
) -> pd.DataFrame:
    """Mean average precision on entrants of the plain level, of the best filter, and of the truth itself.

    Args:
        monthly: the study's counts, wards x months: their levels start the simulation, their monthly means go on.
        variances: from `fit_variances`.
        origins: months to score, by the name of their series.
        repeats: simulated histories.
        seed: the same seed gives the same histories.

    Returns:
        series, method, average_precision and standard_error over histories. 'best_filter' is the decayed mean whose
        half-life does best on these very histories; 'true_rate_now' knows each ward's rate in the origin's month;
        'true_rate_next_year' that of the year to come.
    """
    known = monthly.dropna()
    random = np.random.default_rng(seed)
    found: dict[str, list[dict[str, float]]] = {series: [] for series in origins}
    for _ in range(repeats):
        history = _simulate(known, variances, random)
        for series, months in origins.items():
            found[series].append(_score(history, months))
    return pd.concat([_sum_up(scores).assign(series=series) for series, scores in found.items()], ignore_index=True)[
        ["series", "method", "average_precision", "standard_error"]
    ]


def _sum_up(scores: list[dict[str, float]]) -> pd.DataFrame:
    """Means over histories, of the half-lives only the best."""
    table = pd.DataFrame(scores)
    filters = [name for name in table.columns if name.startswith("half_life_")]
    best = table[filters].mean().fillna(-1.0).idxmax()
    table = table.drop(columns=[name for name in filters if name != best]).rename(columns={best: "best_filter"})
    error = table.std(ddof=1) / np.sqrt(len(table))
    result = pd.DataFrame({"average_precision": table.mean(), "standard_error": error})
    return result.rename_axis("method").reset_index()


@dataclass(frozen=True)
class _History:
    counts: pd.DataFrame
    rates: pd.DataFrame


def _simulate(monthly: pd.DataFrame, variances: Variances, random: np.random.Generator) -> _History:
    """Rates that drift from about the wards' first-year levels, and Poisson counts."""
    values = monthly.to_numpy(dtype=float)
    first = values[:, :12].sum(axis=1) + 1
    steps = random.normal(0, np.sqrt(variances.drift / 12), size=values.shape)
    rates = first[:, None] / first.mean() * np.exp(np.cumsum(steps, axis=1))
    rates /= rates.mean(axis=0)
    scatter = np.exp(random.normal(0, np.sqrt(variances.scatter * 12), size=values.shape))
    counts = random.poisson(rates * scatter * values.mean(axis=0)).astype(float)
    return _History(
        pd.DataFrame(counts, index=monthly.index, columns=monthly.columns),
        pd.DataFrame(rates, index=monthly.index, columns=monthly.columns),
    )


def _score(history: _History, origins: Sequence[str]) -> dict[str, float]:
    relative = history.counts.to_numpy() / np.maximum(history.counts.to_numpy().mean(axis=0), 1e-9)
    filters = {f"half_life_{months}": decayed_mean(relative, months) for months in HALF_LIVES}
    found: dict[str, list[float]] = {}
    for origin in origins:
        table = mark_entrants(history.counts, origin)
        eligible = table["eligible"].to_numpy()
        now = list(history.counts.columns).index(origin)
        rankings: dict[str, npt.NDArray[np.float64]] = {
            BASELINE: table["three_years"].to_numpy(),
            "true_rate_now": history.rates.iloc[:, now].to_numpy(),
            "true_rate_next_year": sum_months(history.rates, shift(origin, AHEAD), AHEAD).to_numpy(),
        } | {name: levels[:, now] for name, levels in filters.items()}
        for name, score in rankings.items():
            value = average_precision(score[eligible], table["entrant"].to_numpy()[eligible])
            found.setdefault(name, []).append(value)
    return {name: float(pd.Series(values).mean()) for name, values in found.items()}
