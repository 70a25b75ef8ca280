"""Scores of a choice: what it captured, whom it foresaw, how stable it was, and what changed afterwards."""

from __future__ import annotations

import logging
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from libpysal.graph import Graph
from scipy.stats import norm
from scipy.stats import t as student

from tipping_point.tables import InputError

log = logging.getLogger(__name__)


Z95 = 1.959963984540054

Floats = npt.NDArray[np.float64]


# -------------------------------------------------------------------------------------- before: what was captured


def capture(harm: npt.ArrayLike, chosen: npt.ArrayLike, *, residents: npt.ArrayLike | None = None) -> float:
    """Harm in the chosen wards as a share of the most that any choice of the same size could hold.

    Args:
        harm: next year's harm of every ward, 0 or more, shape (n,).
        chosen: True for the chosen wards, shape (n,).
        residents: people of every ward, above 0; the same size is then as many residents, not as many wards. The most
            possible takes wards by harm per resident and a part of the last one: no whole choice holds more.

    Returns:
        0-1; NaN where nothing is chosen or there is no harm.
    """
    amount, taken = _pair(harm, chosen, "harm", "chosen")
    picked = taken.astype(bool)
    if residents is None:
        best = float(np.sort(amount)[::-1][: picked.sum()].sum())
    else:
        people = np.asarray(residents, dtype=float)
        if people.shape != amount.shape or not (people > 0).all():
            raise InputError("residents: one number above 0 for each ward is needed")
        order = np.argsort(-amount / people, kind="stable")
        reached, held = (np.concatenate([[0.0], np.cumsum(part[order])]) for part in (people, amount))
        best = float(np.interp(people[picked].sum(), reached, held))
    return float(amount[picked].sum() / best) if best > 0 else math.nan


def average_precision(score: npt.ArrayLike, hit: npt.ArrayLike) -> float:
    """Mean precision at each hit, down the list by falling score; the expected value where scores tie.

    Within a tie of m with r hits, after n items with h hits, place j is a hit with chance r/m and then has
    h + (j - 1)(r - 1)/(m - 1) + 1 hits at or above it on average (McSherry & Najork 2008).

    Returns:
        0-1; NaN without a hit.
    """
    scores, hits = _pair(score, hit, "score", "hit")
    if not hits.any():
        return math.nan
    order = np.argsort(-scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=np.inf))
    total, above = 0.0, 0.0
    for start, end in zip(starts, [*starts[1:], len(scores)], strict=True):
        tied, found = end - start, float(hits[order[start:end]].sum())
        places = np.arange(tied)
        before = above + places * (found - 1) / max(tied - 1, 1)
        total += found / tied * float(((before + 1) / (start + places + 1)).sum())
        above += found
    return total / float(hits.sum())


def recall_in_first(score: npt.ArrayLike, hit: npt.ArrayLike, *, share: float = 0.05) -> float:
    """Share of the hits found in the first `share` of the list (rounded down, at least one); ties as expected.

    Returns:
        0-1; NaN without a hit.
    """
    scores, hits = _pair(score, hit, "score", "hit")
    if not hits.any():
        return math.nan
    number = max(1, math.floor(share * len(scores) + 1e-9))
    line = np.sort(scores)[::-1][number - 1]
    above, at = scores > line, scores == line
    part = (number - above.sum()) / at.sum()
    return float((hits[above].sum() + part * hits[at].sum()) / hits.sum())


def log_score(chance: npt.ArrayLike, hit: npt.ArrayLike) -> float:
    """Mean logarithm of the chance that was given to what happened; 0 is perfect, higher is better.

    Chances are kept within one in a million of 0 and 1: a forecast that was certain and wrong would score minus
    infinity.
    """
    chances, hits = _pair(chance, hit, "chance", "hit")
    kept = np.clip(chances, 1e-6, 1 - 1e-6)
    return float(np.where(hits > 0, np.log(kept), np.log1p(-kept)).mean())


def calibration(chance: npt.ArrayLike, hit: npt.ArrayLike, *, groups: int = 10) -> pd.DataFrame:
    """Mean chance given and share that came true, in groups of equal size by rising chance.

    Returns:
        predicted, observed, n; a row for each group that holds anything.
    """
    chances, hits = _pair(chance, hit, "chance", "hit")
    order = np.argsort(chances, kind="stable")
    parts = [part for part in np.array_split(order, groups) if len(part)]
    rows = [(float(chances[part].mean()), float(hits[part].mean()), len(part)) for part in parts]
    return pd.DataFrame(rows, columns=["predicted", "observed", "n"])


def rank_biased_overlap(first: Sequence[Hashable], second: Sequence[Hashable], *, p: float = 0.9) -> float:
    """How alike two rankings are, the top counting most: extrapolated rank-biased overlap (Webber et al. 2010, eq. 32).

    Args:
        first: a ranking without ties or repeats.
        second: another; their lengths may differ.
        p: persistence, between 0 and 1; the first 1/(1 - p) places hold most of the weight.

    Returns:
        0 where nothing is shared, 1 where the rankings are the same; NaN where either is empty.
    """
    if not 0 < p < 1:
        raise InputError(f"p: {p} given; it must be above 0 and below 1")
    if any(len(set(ranking)) < len(ranking) for ranking in (first, second)):
        raise InputError("rankings: an item stands twice; each must stand once")
    short, long = sorted((first, second), key=len)
    if not short:
        return math.nan
    overlap = _overlap(short, long)
    depth = np.arange(1, len(long) + 1)
    weight = p**depth
    s, at_s, at_l = len(short), overlap[len(short) - 1], overlap[-1]
    agreed = float((overlap / depth * weight).sum())
    # Below its end the short ranking is taken to agree with the long one as much as it did down to its end.
    beyond = depth[s:]
    agreed += float((at_s * (beyond - s) / (s * beyond) * weight[s:]).sum())
    return (1 - p) / p * agreed + float(((at_l - at_s) / len(long) + at_s / s) * weight[-1])


def block_bootstrap_interval(
    gains: npt.ArrayLike, *, block: int = 2, draws: int = 10_000, level: float = 0.95, seed: int
) -> tuple[float, float, float]:
    """Mean of a series of paired gains and its interval, drawing runs of `block` neighbours that wrap round.

    Circular block bootstrap (Politis & Romano 1992), its percentiles widened for few gains by sqrt(n/(n - 1)) times
    Student's over the normal quantile (Hesterberg 2015): with a dozen gains plain percentiles cover too seldom.

    Returns:
        Mean, low, high; low and high are NaN with fewer than four gains.
    """
    values = np.asarray(gains, dtype=float)
    values = values[~np.isnan(values)]
    if not len(values):
        return math.nan, math.nan, math.nan
    mean, n = float(values.mean()), len(values)
    if n < 4:
        return mean, math.nan, math.nan
    random = np.random.default_rng(seed)
    starts = random.integers(n, size=(draws, -(-n // block)))
    places = ((starts[:, :, None] + np.arange(block)) % n).reshape(draws, -1)[:, :n]
    means = values[places].mean(axis=1)
    tail = (1 - level) / 2
    wider = math.sqrt(n / (n - 1)) * float(student.ppf(1 - tail, n - 1) / norm.ppf(1 - tail))
    low, high = (mean + wider * (float(edge) - mean) for edge in np.quantile(means, [tail, 1 - tail]))
    return mean, low, high


def _overlap(short: Sequence[Hashable], long: Sequence[Hashable]) -> Floats:
    """Items that the first d places of both hold, d = 1 … length of the long one."""
    place = {item: at for at, item in enumerate(short)}
    met = [max(at, place[item]) for at, item in enumerate(long) if item in place]
    return np.cumsum(np.bincount(np.array(met, dtype=np.intp), minlength=len(long))).astype(float)


def _pair(values: npt.ArrayLike, flags: npt.ArrayLike, name: str, other: str) -> tuple[Floats, Floats]:
    """Both as float, checked to be as long as each other, known, and the second 0 or 1."""
    first, second = np.asarray(values, dtype=float), np.asarray(flags, dtype=float)
    faults = []
    if first.ndim != 1 or first.shape != second.shape:
        faults.append(f"{name} and {other}: shapes {first.shape} and {second.shape}; each must be a list, both as long")
    if np.isnan(first).any():
        faults.append(f"{name}: {int(np.isnan(first).sum())} missing; leave those wards out")
    if not np.isin(second, (0, 1)).all():
        faults.append(f"{other}: it must be True or False for every ward")
    if faults:
        raise InputError(faults)
    return first, second


# ----------------------------------------------------------------------------------------- after: what changed there


@dataclass(frozen=True)
class Displacement:
    """Crimes fewer (negative) or more than the control would lead one to expect, and how sure that is."""

    estimate: float
    standard_error: float
    low: float
    high: float


def weighted_displacement_difference(
    treated: Sequence[float],
    control: Sequence[float],
    *,
    displacement: tuple[Sequence[float], Sequence[float]] | None = None,
    dispersion: float = 1.0,
) -> Displacement:
    """Change in the treated area less that in its control, and the same of the areas around them if given.

    estimate = (T1 - T0) - (C1 - C0) + (D1 - D0) - (E1 - E0); standard error = sqrt(sum of all counts x dispersion)
    (Wheeler & Ratcliffe 2018). The Poisson error alone is far too small for crime: take the dispersion from placebo
    differences on untreated areas. The year by which areas were selected is never the 'before' year.

    Args:
        treated: counts before and after.
        control: counts before and after, of places like the treated.
        displacement: (around the treated, around the control), each counts before and after.
        dispersion: variance of the counts over that of Poisson counts.

    Raises:
        InputError: counts that are not two numbers of 0 or more, a dispersion that is not above 0.

    >>> found = tp.weighted_displacement_difference((100, 60), (100, 90))
    >>> found.estimate
    -30.0
    """
    pairs = {"treated": treated, "control": control}
    if displacement is not None:
        pairs |= dict(zip(("displacement of the treated", "displacement of the control"), displacement, strict=True))
    faults = [
        f"{name}: {list(pair)} given; it must be two counts of 0 or more, before and after"
        for name, pair in pairs.items()
        if len(pair) != 2 or not all(math.isfinite(count) and count >= 0 for count in pair)
    ]
    if not (math.isfinite(dispersion) and dispersion > 0):
        faults.append(f"dispersion: {dispersion} given; it must be above 0")
    if faults:
        raise InputError(faults)
    changes = [after - before for before, after in pairs.values()]
    estimate = float(sum(change * sign for change, sign in zip(changes, (1, -1, 1, -1), strict=False)))
    error = math.sqrt(sum(sum(pair) for pair in pairs.values()) * dispersion)
    return Displacement(estimate, error, estimate - Z95 * error, estimate + Z95 * error)


FEWEST_PLACEBOS = 200


@dataclass(frozen=True)
class Placebos:
    """Differences of untreated areas from untreated controls, each over its Poisson standard error."""

    z: npt.NDArray[np.float64]
    dispersion: float
    """Mean of z squared, at least 1: give it to `weighted_displacement_difference`."""
    share_beyond: float
    """Share of placebos that the Poisson standard error alone would call a change (|z| > 1.96)."""


def placebo_dispersion(
    yearly: pd.DataFrame, graph: Graph, *, wards: int = 1, history: int = 3, placebos: int = 1_000, seed: int
) -> Placebos:
    """Weighted displacement differences of areas and years in which nothing was done.

    Each placebo takes a random year as 'after', the year before it as 'before', and a random group of touching wards
    as treated. Its control is, for each of its wards, the ward most like it in level and trend over the `history`
    years that end before the 'before' year: the years by which an area is selected are never the one it is measured
    from, or its fall back to its usual level would look like an effect. No control touches the treated.

    Args:
        yearly: counts, wards x years that do not overlap, in order; wards with a missing year are left out.
        graph: which wards are neighbours.
        wards: size of the treated group, as large as the areas to be judged: dispersion grows with it.
        history: years that wards are matched on.
        placebos: how many to draw, at least 200.
        seed: the same seed gives the same placebos.

    Raises:
        InputError: fewer than history + 2 years, 200 placebos or 2 x wards + 1 wards; a size below 1.
    """
    counts = yearly.dropna()
    _check(counts, wards, history, placebos)
    random = np.random.default_rng(seed)
    values = counts.to_numpy(dtype=float)
    touching = _touching(graph, counts.index)
    features = {
        before: _features(values[:, before - history : before]) for before in range(history, values.shape[1] - 1)
    }
    scores = []
    for _ in range(placebos):
        before = int(random.integers(history, values.shape[1] - 1))
        treated = _grow(touching, int(random.integers(len(values))), wards, random)
        control = _match(features[before], treated, touching)
        pairs = [tuple(values[group, before : before + 2].sum(axis=0)) for group in (treated, control)]
        result = weighted_displacement_difference(*pairs)
        scores.append(result.estimate / result.standard_error if result.standard_error > 0 else 0.0)
    z = np.array(scores)
    placebo = Placebos(z, max(1.0, float((z**2).mean())), float((np.abs(z) > Z95).mean()))
    log.info("placebos: %d of %d ward(s), dispersion %.2f", placebos, wards, placebo.dispersion)
    return placebo


def _check(counts: pd.DataFrame, wards: int, history: int, placebos: int) -> None:
    faults = []
    if wards < 1 or history < 2:
        faults.append(f"wards and history: {wards} and {history} given; at least 1 ward and 2 years are needed")
    if placebos < FEWEST_PLACEBOS:
        faults.append(f"placebos: {placebos} given; at least {FEWEST_PLACEBOS} are needed")
    if counts.shape[1] < history + 2:
        faults.append(
            f"yearly: {counts.shape[1]} years; {history + 2} are needed: {history} to match on, before, after"
        )
    if len(counts) < 2 * wards + 1:
        faults.append(f"yearly: {len(counts)} wards without a missing year; {2 * wards + 1} are needed")
    if faults:
        raise InputError(faults)


def _touching(graph: Graph, index: pd.Index) -> Mapping[int, npt.NDArray[np.intp]]:
    """Positions of each ward's neighbours among the wards of the index."""
    own = graph.subgraph(index)
    links = own.sparse.tocsr()
    links.eliminate_zeros()
    place = index.get_indexer(own.unique_ids)
    return {
        int(ward): np.sort(place[links.indices[links.indptr[row] : links.indptr[row + 1]]])
        for row, ward in enumerate(place)
    }


def _features(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Level (logarithm of the mean) and trend (change a year over the mean), each over its standard deviation."""
    mean = values.mean(axis=1)
    years = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2
    slope = values @ years / (years @ years) / (mean + 1)
    table = np.column_stack([np.log(mean + 1), slope])
    spread = table.std(axis=0)
    return np.asarray(table / np.where(spread > 0, spread, 1.0), dtype=float)


def _grow(
    touching: Mapping[int, npt.NDArray[np.intp]], start: int, wards: int, random: np.random.Generator
) -> list[int]:
    """A random group of touching wards around `start`; smaller where its neighbours run out."""
    group = [start]
    while len(group) < wards:
        edge = sorted({int(other) for ward in group for other in touching[ward]} - set(group))
        if not edge:
            break
        group.append(edge[int(random.integers(len(edge)))])
    return group


def _match(
    features: npt.NDArray[np.float64], treated: list[int], touching: Mapping[int, npt.NDArray[np.intp]]
) -> list[int]:
    """For each treated ward the nearest in level and trend that is free: not treated, not touching, not yet taken."""
    barred = set(treated) | {int(other) for ward in treated for other in touching[ward]}
    if len(features) - len(barred) < len(treated):
        barred = set(treated)
    control: list[int] = []
    for ward in treated:
        distance = ((features - features[ward]) ** 2).sum(axis=1)
        distance[[*barred, *control]] = np.inf
        control.append(int(distance.argmin()))
    return control
