"""esda, the reference implementation: local tests by its engine, and how crime is arranged over the whole study."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from libpysal.graph import Graph

from tipping_point.hotspots.local import GI_STAR, LOCAL_MORAN, LocalResult, Statistic
from tipping_point.hotspots.testing import adjust_p
from tipping_point.tables import InputError, check_table

PERMUTATIONS = 999
"""Of the global statistics."""


def run_esda(
    statistic: Statistic, values: pd.Series, graph: Graph, *, alternative: str, permutations: int, seed: int
) -> LocalResult[pd.Series]:
    """A local statistic by esda, with the p of this package's definition: two-sided, ties count as extreme.

    Slower than the package's own engine by two orders of magnitude, and holds wards x permutations in memory.

    Args:
        statistic: GI_STAR or LOCAL_MORAN.
        values: on the ward codes; NaN where not tested.
        graph: contiguity on the same codes, of equal weights.
        alternative: 'two-sided'.
        permutations: obeyed exactly.
        seed: of esda.

    Raises:
        InputError: a statistic or alternative that is not offered by this engine.
    """
    if alternative != "two-sided":
        raise InputError(f"hotspots.engine: 'esda' tests two-sided; '{alternative}' was asked for")
    known = values.index[values.notna()]
    own = graph.subgraph(known)
    neighbours = own.cardinalities.reindex(known)
    # Weights that are all alike: for a shift of all values neither statistic changes its rank among permutations.
    y = (values[known] - values[known].min() + 1.0).to_numpy(dtype=float)
    calculate_significance = _esda().significance.calculate_significance
    with _quiet():
        observed, simulated, shown = _simulate(statistic, y, own, permutations, seed)
        upper = calculate_significance(observed, simulated, alternative="greater")
        lower = calculate_significance(observed, simulated, alternative="lesser")
    tested = (neighbours > 0).to_numpy()
    p = pd.Series(np.where(tested, np.minimum(1.0, 2 * np.minimum(upper, lower)), np.nan), known).reindex(values.index)
    side = pd.Series(np.where(tested, np.sign(lower - upper), np.nan), known).reindex(values.index)
    value = pd.Series(np.where(tested, shown, np.nan), known).reindex(values.index)
    return LocalResult(value, p, adjust_p(p), side)


def _simulate(
    statistic: Statistic, y: np.ndarray, graph: Graph, permutations: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The statistic as tested, the same in every permutation (wards x permutations), and the value that is shown."""
    esda = _esda()
    if statistic.name == GI_STAR.name:
        found = esda.G_Local(y, graph.transform("B"), transform="B", star=True, permutations=permutations, seed=seed,
                             n_jobs=1)  # fmt: skip
        return found.Gs, found.rGs, found.Zs
    if statistic.name == LOCAL_MORAN.name:
        found = esda.Moran_Local(y, graph.transform("r"), permutations=permutations, seed=seed, n_jobs=1)
        return found.Is, found.rlisas, found.Is
    raise InputError(f"hotspots.engine: 'esda' has no '{statistic.name}'; it offers {GI_STAR.name}, {LOCAL_MORAN.name}")


def measure_association(
    wards: pd.DataFrame, graph: Graph, *, column: str = "hotspot_value", other: str = "deprivation", seed: int
) -> pd.DataFrame:
    """How crime lies over the study as a whole: global Moran's I, and crime beside its neighbours' deprivation.

    Moran's I is near 1 where wards alike in a column lie together, near 0 where they lie as by chance. The bivariate
    form (Lee 2001 calls it Wartenberg's) asks the same of one column and the neighbours' other.

    Args:
        wards: indexed by ward_code, with country and the columns; rows that lack one are left out.
        graph: contiguity on the same codes.
        column: crime.
        other: what it is laid beside; left out where the table does not have it.
        seed: for 999 permutations.

    Returns:
        country, statistic ('moran' or 'bivariate moran'), column, other, value, expected, p (one-sided, upper), wards,
        permutations; a country with fewer than 30 wards, or without spread, has no row.
    """
    esda = _esda()
    check_table(wards, "wards", ["country", column])
    rows = []
    for country, table in wards.groupby("country"):
        pairs = (("moran", ""), ("bivariate moran", other)) if other in table else (("moran", ""),)
        for name, second in pairs:
            used = table.dropna(subset=[column, *([second] if second else [])])
            if len(used) < MINIMUM or used[column].nunique() < 2:
                continue
            own = graph.subgraph(used.index).transform("r")
            with _quiet(), _seeded(seed):
                x = used[column].to_numpy(dtype=float)
                found = (
                    esda.Moran_BV(x, used[second].to_numpy(dtype=float), own, permutations=PERMUTATIONS)
                    if second
                    else esda.Moran(x, own, permutations=PERMUTATIONS, two_tailed=False)
                )
            above = int((np.asarray(found.sim) >= found.I).sum())
            rows.append(
                {
                    "country": country, "statistic": name, "column": column, "other": second, "value": float(found.I),
                    "expected": -1 / (len(used) - 1), "p": (above + 1) / (PERMUTATIONS + 1), "wards": len(used),
                    "permutations": PERMUTATIONS,
                }
            )  # fmt: skip
    return pd.DataFrame(
        rows, columns=["country", "statistic", "column", "other", "value", "expected", "p", "wards", "permutations"]
    )


MINIMUM = 30
"""Wards of a country, at least: of fewer no arrangement says much."""


def _esda() -> Any:  # noqa: ANN401 - the library has no types
    """esda, loaded when it is first used, without the word of its progress bar that a notebook has no widgets."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*IProgress.*")
        return importlib.import_module("esda")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without esda's word that its default p will change, which is not used here, and libpysal's on islands."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*p-value.*")
        warnings.filterwarnings("ignore", message=".*(island|disconnected|isolate).*")
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="esda")
        warnings.filterwarnings("ignore", category=FutureWarning, module="esda")
        yield


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Esda's global statistics draw from numpy's own state: it is set, and given back as it was."""
    state = np.random.get_state()
    np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        np.random.set_state(state)
