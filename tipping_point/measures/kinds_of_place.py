"""Kinds of place: wards that are alike in their indicators, found by k-means.

Nothing in it is made of crime: what is usual for a kind can be asked of crime without going round in a circle. How many
kinds there are is chosen by how well they are set apart (silhouette, Rousseeuw 1987) among the numbers that come out
again when half of the wards are left out (adjusted Rand index, Hubert and Arabie 1985).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.tables import DOMAINS, check_table

log = logging.getLogger(__name__)

NUMBERS = (3, 4, 5, 6, 7, 8)
"""Numbers of kinds that are tried."""
FEWEST = 60
"""Wards of a country, at least: of fewer no kinds are told."""
HALVES = 10
"""Halves of the wards in which the kinds are looked for again."""
STABLE = 0.75
"""Mean adjusted Rand index from which a number of kinds comes out again."""
EXTREME = 0.5
"""Standard deviations from the mean of all wards from which a kind is named by an indicator."""
DENSITY = "density"
"""Residents per hectare, on the log scale."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Kinds:
    """The kind of every ward, and what the kinds are.

    Attributes:
        kind: country and number of each ward's kind, 1 = most deprived, on the index of the wards; missing where an
            indicator is.
        table: country, kind, wards, population, silhouette and stability of the number of kinds, extremes (indicators
            in which it is extreme, as 'income+' or 'density-', the furthest first), and the mean of each indicator in
            standard deviations.
    """

    kind: pd.Series
    table: pd.DataFrame


def find_kinds(wards: GeoDataFrame, *, columns: Sequence[str] = tuple(DOMAINS), seed: int) -> Kinds:
    """Group the wards of each country into kinds of place by their standardised indicators.

    Args:
        wards: indexed by ward_code, with country, population, outlines in metres and the columns.
        columns: indicators, none of them of crime; the density of residents is one more.
        seed: of the starts of k-means and the halves; the same seed gives the same kinds on any number of threads.

    Raises:
        InputError: a column that the wards lack.
    """
    check_table(wards, "wards", ["country", "population", "geometry", *columns])
    hectares = wards.geometry.area / 10_000
    density = np.log(wards["population"].where(wards["population"] > 0) / hectares.where(hectares > 0))
    indicators = wards[list(columns)].astype(float).assign(**{DENSITY: density})
    kind = pd.Series(pd.NA, index=wards.index, dtype="str")
    rows = []
    for country, table in indicators.groupby(wards["country"]):
        known = table.dropna()
        if len(known) < FEWEST:
            continue
        scaled = ((known - known.mean()) / known.std(ddof=0).replace(0.0, 1.0)).to_numpy()
        labels, silhouette, stability = _choose(scaled, seed)
        need = pd.Series(scaled[:, : len(columns)].mean(axis=1)).groupby(labels).mean().sort_values(ascending=False)
        number = pd.Series(range(1, len(need) + 1), index=need.index)
        codes = pd.Series([f"{country} {number[label]}" for label in labels], index=known.index)
        kind[known.index] = codes
        for label, place in number.items():
            mean = pd.Series(scaled[labels == label].mean(axis=0), index=known.columns)
            furthest = mean[mean.abs() >= EXTREME].sort_values(key=lambda values: -values.abs(), kind="stable")
            rows.append(
                {
                    "country": country, "kind": f"{country} {place}", "wards": int((labels == label).sum()),
                    "population": float(wards.loc[known.index[labels == label], "population"].sum()),
                    "silhouette": silhouette, "stability": stability,
                    "extremes": ";".join(f"{name}{'+' if value > 0 else '-'}" for name, value in furthest.items()),
                    **mean.to_dict(),
                }
            )  # fmt: skip
    columns_of = ["country", "kind", "wards", "population", "silhouette", "stability", "extremes", *indicators.columns]
    found = Kinds(kind, pd.DataFrame(rows, columns=columns_of))
    log.info("kinds of place: %s", found.table.groupby("country").size().to_dict())
    return found


def _choose(scaled: Floats, seed: int) -> tuple[npt.NDArray[np.int64], float, float]:
    """Labels for the number of kinds that is best set apart among those that come out again; else the most stable."""
    from sklearn.metrics import silhouette_score
    from threadpoolctl import threadpool_limits

    # On several threads sums of floats can differ in the last digit, and with them a label.
    with threadpool_limits(limits=1):
        labels = {number: _cluster(scaled, scaled, number, seed) for number in NUMBERS}
        size = min(len(scaled), 2_000)
        apart = {
            number: float(silhouette_score(scaled, found, sample_size=size, random_state=seed % 2**32))
            for number, found in labels.items()
        }
        # The best set apart first: clustering every half again takes most of the time, and the first stable one is it.
        stable: dict[int, float] = {}
        for number in sorted(NUMBERS, key=lambda each: -apart[each]):
            stable[number] = _stability(scaled, labels[number], number, seed)
            if stable[number] >= STABLE:
                return labels[number], apart[number], stable[number]
    most = max(NUMBERS, key=lambda each: stable[each])
    return labels[most], apart[most], stable[most]


def _cluster(learnt: Floats, told: Floats, number: int, seed: int) -> npt.NDArray[np.int64]:
    from sklearn.cluster import KMeans

    model = KMeans(number, n_init=10, random_state=seed % 2**32).fit(learnt)
    return np.asarray(model.predict(told), dtype=np.int64)


def _stability(scaled: Floats, labels: npt.NDArray[np.int64], number: int, seed: int) -> float:
    """Mean agreement of the kinds with those that random halves of the wards give."""
    from sklearn.metrics import adjusted_rand_score

    random = np.random.default_rng(seed)
    halves = [random.permutation(len(scaled))[: len(scaled) // 2] for _ in range(HALVES)]
    return float(
        np.mean([adjusted_rand_score(labels, _cluster(scaled[half], scaled, number, seed)) for half in halves])
    )
