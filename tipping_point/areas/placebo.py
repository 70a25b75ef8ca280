"""How large a weighted displacement difference is where nothing was done: the yardstick for one where something was."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from libpysal.graph import Graph

from tipping_point.areas.evaluate import Z95, weighted_displacement_difference
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

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
    pairs = graph.adjacency.reset_index()
    pairs = pairs[(pairs["weight"] > 0) & pairs["focal"].isin(index) & pairs["neighbor"].isin(index)]
    focal, other = index.get_indexer(pairs["focal"]), index.get_indexer(pairs["neighbor"])
    return {ward: np.unique(other[focal == ward]) for ward in range(len(index))}


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
