"""Gi* in space and time: neighbours in the period, the ward itself in it and in the period before."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from libpysal.graph import Graph
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array, eye_array, kron

from tipping_point.hotspots.local import GI_STAR, LocalResult, run_test
from tipping_point.hotspots.testing import CORRECTIONS, ROUNDING, ResolutionWarning, adjust_p, smallest_k, unresolved
from tipping_point.tables import InputError, Note

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]

FAMILIES = ("period", "all")
REFERENCES = ("period", "cube")


@dataclass(frozen=True)
class SpaceTimeResult:
    """Each wards x periods, labelled like the values."""

    z: pd.DataFrame
    """Gi* over the neighbours in the period and the ward in it and before; descriptive. NaN where not tested."""
    p: pd.DataFrame
    """Two-sided, by permutation. NaN where not tested."""
    p_adjusted: pd.DataFrame
    hot: pd.DataFrame
    """Neighbours high (adjusted p at most alpha) and the ward's own values above the mean; False where not tested."""
    cold: pd.DataFrame
    z_alone: pd.DataFrame
    """Gi* of the period by itself. Successive `z` share the ward's earlier value; these share nothing, so that a trend
    test may be made on them."""


@dataclass(frozen=True)
class Options:
    """The options of a space-time test."""

    permutations: int
    alpha: float
    seed: int
    family: str = "period"
    correction: str = "bh"
    include_lag_neighbours: bool = False
    reference: str = "period"


def space_time_gi_star(
    values: pd.DataFrame,
    graph: Graph,
    *,
    permutations: int = 9999,
    alpha: float = 0.05,
    family: str = Options.family,
    correction: str = Options.correction,
    include_lag_neighbours: bool = Options.include_lag_neighbours,
    reference: str = Options.reference,
    seed: int,
) -> SpaceTimeResult:
    """Gi* of each ward and period over its neighbours in the period, itself in it, and itself in the period before.

    **z.** Values become deviations from the mean of their period in units of its deviation. z is their weighted sum
    over the standard deviation of such a sum when the wards of each period are shuffled by themselves,
    sqrt(sum over the two periods of (n S - W^2)/(n - 1)), W and S the sums of the weights and of their squares. In the
    first period it is `gi_star`.

    **p**, two-sided, is by conditional permutation of whole wards: a ward's own values, now and before, are held
    fixed, and its neighbours are any of the other wards, each set equally likely. What is fixed cannot change p, so p
    is that of `gi_star` of the period. With `include_lag_neighbours` the neighbours count in the period before too: a
    ward that is drawn brings both its values, and what is tested is their sum (in deviations as above; an earlier
    value that is missing adds nothing). Fixed values say nothing of chance, but a hot spot needs them: hot is
    adjusted p <= alpha from the high side *and* own deviations, now and before, above 0 together; cold the mirror.

    **reference = 'cube'** measures by the mean and deviation of all periods together, and any value of any period may
    stand for any other: ordinary Gi* on the graph of all wards in all periods, where a ward's own earlier value is one
    of the neighbours drawn. If recording changes, all later periods may then be hot.

    Args:
        values: wards x periods, in order of time, evenly spaced; NaN where not assessed. Best periods that do not
            overlap.
        graph: on the same wards.
        permutations: obeyed exactly; all periods share the draws.
        alpha: largest adjusted p of hot and cold.
        family: 'period' adjusts p within each period, 'all' over all of them.
        correction: 'bh' Benjamini-Hochberg or 'by' Benjamini-Yekutieli.
        include_lag_neighbours: count the neighbours in the period before too.
        reference: 'period' or 'cube'.
        seed: the only source of chance.

    Raises:
        InputError: see `gi_star`; unknown options; a period that stands twice.

    Warns:
        ResolutionWarning: a family where nothing is significant though some test is at the smallest p.
    """
    asked = Options(permutations, alpha, seed, family, correction, include_lag_neighbours, reference)
    result = run_space_time(values, graph, asked)
    for note in note_draws(result, asked):
        few = (
            f"{permutations:,} permutations cannot show fewer than {note.values['least']:,} of {note.values['tests']:,}"
        )
        warnings.warn(f"space-time Gi*: {few} tests at {alpha:.0%}; draw more", ResolutionWarning, stacklevel=2)
    return result


def run_space_time(values: pd.DataFrame, graph: Graph, asked: Options, faults: Sequence[str] = ()) -> SpaceTimeResult:
    """`space_time_gi_star` without the resolution guard; `faults` are raised with its own."""
    alone = _run_checked(values, graph, asked, [*faults, *_option_faults(values, asked)])
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    neighbours, own = _weights(graph, values.index)
    cube = asked.reference == "cube"
    deviations = _deviations(numbers, cube)
    together = deviations + _earlier(deviations)
    z, z_alone = _z(deviations, neighbours, own, asked)
    drawn = alone
    if cube:
        drawn = _run_cube(values, neighbours, own, asked)
    elif asked.include_lag_neighbours:
        drawn = _run(_like(values, together), graph, asked)
    tested = alone.p.notna()
    # Where all values of a period are equal there are no deviations to add, and nothing is unusual.
    p = drawn.p.fillna(1.0).where(tested)
    adjusted = _adjust(p, asked)
    found = adjusted <= asked.alpha * ROUNDING
    hot, cold = found & (drawn.side > 0) & (together > 0), found & (drawn.side < 0) & (together < 0)
    log.info(
        "space-time Gi*: %d wards, %d periods, %d values missing, %d without a neighbour; %d hot, %d cold",
        *(*values.shape, np.isnan(numbers).sum(), (~np.isnan(numbers) & ~tested.to_numpy()).sum()),
        *(hot.to_numpy().sum(), cold.to_numpy().sum()),
    )
    return SpaceTimeResult(_like(values, z).where(tested), p, adjusted, hot, cold, _like(values, z_alone).where(tested))


def _run_checked(
    values: pd.DataFrame, graph: Graph, asked: Options, faults: Sequence[str]
) -> LocalResult[pd.DataFrame]:
    """Gi* of each period by itself; InputError with the faults given and all that it finds."""
    try:
        result = _run(values, graph, asked)
    except InputError as error:
        raise InputError([*faults, *error.faults]) from error
    if faults:
        raise InputError(faults)
    return result


def _run(values: pd.DataFrame, graph: Graph, asked: Options) -> LocalResult[pd.DataFrame]:
    return run_test(GI_STAR, values, graph, permutations=asked.permutations, alternative="two-sided", seed=asked.seed)


def _run_cube(values: pd.DataFrame, neighbours: csr_array, own: Floats, asked: Options) -> LocalResult[pd.DataFrame]:
    """Gi* on the graph of all wards in all periods, as a table like the values."""
    wards, periods = values.shape
    itself = diags_array(own)
    before = neighbours + itself if asked.include_lag_neighbours else itself
    links = coo_array(kron(eye_array(periods), neighbours + itself) + kron(eye_array(periods, k=-1), before))
    # Cells are numbered by the order of the labels, so that the order of the rows cannot change what a seed draws.
    number = np.arange(periods)[:, None] * wards + np.argsort(np.argsort(values.index))
    alone = np.setdiff1d(np.arange(wards * periods), links.row)
    cells = number.ravel()
    graph = Graph.from_arrays(
        np.concatenate([cells[links.row], cells[alone]]),
        np.concatenate([cells[links.col], cells[alone]]),
        np.concatenate([links.data, np.zeros(len(alone))]),
    )
    stacked = pd.DataFrame({"value": values.to_numpy(dtype=np.float64, na_value=np.nan).T.ravel()}, index=cells)
    result = _run(stacked, graph, asked)
    tables = (
        _like(values, part["value"].to_numpy().reshape(periods, wards).T)
        for part in (result.statistic, result.p, result.p_adjusted, result.side)
    )
    return LocalResult(*tables)


def _weights(graph: Graph, wards: pd.Index) -> tuple[csr_array, Floats]:
    """Weights between wards in the order of the rows, and each ward's weight on itself: if none, its largest."""
    place = graph.unique_ids.get_indexer(wards)
    weights = csr_array(graph.sparse, dtype=np.float64)[place][:, place]
    own = weights.diagonal()
    neighbours = csr_array(weights - diags_array(own))
    neighbours.eliminate_zeros()
    return neighbours, np.where(own != 0, own, neighbours.max(axis=1).toarray().ravel())


def _deviations(numbers: Floats, cube: bool) -> Floats:
    """From the mean, in standard deviations, of the period or of all periods; NaN where missing or all are equal."""
    known = ~np.isnan(numbers)
    along = None if cube else 0
    n = np.maximum(known.sum(axis=along, keepdims=True), 1)
    deviation = numbers - np.where(known, numbers, 0.0).sum(axis=along, keepdims=True) / n
    spread = np.sqrt(np.where(known, deviation**2, 0.0).sum(axis=along, keepdims=True) / n)
    low = np.where(known, numbers, np.inf).min(axis=along, keepdims=True, initial=np.inf)
    high = np.where(known, numbers, -np.inf).max(axis=along, keepdims=True, initial=-np.inf)
    return np.asarray(deviation / np.where(high > low, spread, np.nan))


def _earlier(table: Floats) -> Floats:
    """The value of the period before, 0 where there is none."""
    return np.nan_to_num(np.hstack([np.zeros((len(table), 1)), table])[:, : table.shape[1]])


def _z(deviations: Floats, neighbours: csr_array, own: Floats, asked: Options) -> tuple[Floats, Floats]:
    """Gi* in space and time, and Gi* of each period by itself."""
    known = (~np.isnan(deviations)).astype(float)
    around = csr_array(neighbours + diags_array(own))
    before = around if asked.include_lag_neighbours else csr_array(diags_array(own))
    cube = asked.reference == "cube"
    n = np.broadcast_to(known.sum() if cube else known.sum(axis=0), known.shape)
    now = _sums(deviations, known, around)
    then = [_earlier(part) for part in _sums(deviations, known, before)]
    alone = now[0] / np.sqrt(_room(n, now[1], now[2]))
    if cube:
        room = _room(n, now[1] + then[1], now[2] + then[2])
    else:
        room = np.nan_to_num(_room(n, now[1], now[2])) + np.nan_to_num(_room(_earlier(n), then[1], then[2]))
    return np.asarray((now[0] + then[0]) / np.sqrt(np.where(room > 0, room, np.nan))), alone


def _sums(deviations: Floats, known: Floats, weights: csr_array) -> tuple[Floats, Floats, Floats]:
    """Weighted sum of the deviations, sum of the weights and of their squares, over what is known."""
    return weights @ np.nan_to_num(deviations), weights @ known, weights**2 @ known


def _room(n: Floats, total: Floats, squares: Floats) -> Floats:
    """Variance of a weighted sum of deviations drawn from n without replacement; NaN where there is none."""
    room = (n * squares - total**2) / np.maximum(n - 1, 1)
    # A ward that touches all others leaves no room; rounding must not make some.
    return np.where(room > 1e-12 * total**2, room, np.nan)


def _like(values: pd.DataFrame, matrix: Floats) -> pd.DataFrame:
    return pd.DataFrame(matrix, index=values.index, columns=values.columns)


def _adjust(p: pd.DataFrame, asked: Options) -> pd.DataFrame:
    """Adjusted p over the family asked for."""
    if asked.family == "period":
        return adjust_p(p, method=asked.correction)
    return _like(p, adjust_p(p.to_numpy().ravel(), method=asked.correction).reshape(p.shape))


def note_draws(result: SpaceTimeResult, asked: Options) -> list[Note]:
    """Where nothing is significant though the permutations were too few to tell."""
    p, adjusted = result.p, result.p_adjusted
    if asked.family == "all":
        p, adjusted = (pd.DataFrame({"all": table.to_numpy().ravel()}) for table in (p, adjusted))
    families = unresolved(p, adjusted, asked.permutations, alpha=asked.alpha)
    if not families.any():
        return []
    tests = int(p.notna().sum()[families].max())
    least = smallest_k(tests, asked.permutations, asked.alpha, correction=asked.correction)
    periods, of = (int(families.sum()), len(families)) if asked.family == "period" else (0, 0)
    told = {"permutations": asked.permutations, "least": least, "tests": tests, "alpha": asked.alpha}
    return [Note("hotspots.few_for_periods", {**told, "periods": periods, "of": of})]


def _option_faults(values: pd.DataFrame, asked: Options) -> list[str]:
    faults = [
        f"{name} is {given!r}; allowed are {', '.join(allowed)}"
        for name, given, allowed in (
            ("family", asked.family, FAMILIES),
            ("correction", asked.correction, tuple(CORRECTIONS)),
            ("reference", asked.reference, REFERENCES),
        )
        if given not in allowed
    ]
    if not 0 < asked.alpha < 1:
        faults.append(f"alpha is {asked.alpha}; it must be above 0 and below 1")
    if not values.columns.is_unique:
        repeated = ", ".join(map(str, values.columns[values.columns.duplicated()].unique()[:5]))
        faults.append(f"values: period(s) {repeated} stand more than once; each must once")
    return faults
