"""Scales on which components are added up, and the means that add them: one registry each.

The score (`add_index`) and the simulation (`simulate_index`) put columns on a scale by the same function, and the
study file, the labels and the disclosure of scores read these tables: a new scale is one entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tipping_point.ranks import average_ranks
from tipping_point.tables import InputError, deprivation_transform

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """A scale for components.

    Args:
        apply: values, wards x simulations, higher = worse, to the same on the scale; each column by itself.
        label: what a component becomes, after 'each component is …'.
        alternative: the end of a sentence that begins with 'if', for a study that uses another scale.
        unit: of a component on the scale.
        bounded: False where values have no fixed ends: they cannot enter a geometric mean, and a mean of them is
            shown as its percentile, so that the score keeps to 0-100.
        of_ranks: True where a value tells the rank of a ward and no number behind it.
    """

    apply: Callable[[Floats], Floats]
    label: str
    alternative: str
    unit: str = "0-100"
    bounded: bool = True
    of_ranks: bool = False


@dataclass(frozen=True)
class Combination:
    """A mean of components on a scale: `leave` of the weighted sum of what `enter` makes of them."""

    enter: Callable[[Floats], Floats]
    leave: Callable[[Floats], Floats]
    label: str
    alternative: str
    needs_bounds: bool = False
    """True where only scales with fixed ends have such a mean."""


def to_percentiles(values: Floats) -> Floats:
    """(rank - 1/2)/N x 100 down each column, ties sharing their mean rank."""
    return np.asarray((average_ranks(values) - 0.5) / len(values) * 100)


def _to_z(values: Floats) -> Floats:
    spread = values.std(axis=0)
    return np.divide(values - values.mean(axis=0), spread, out=np.zeros_like(values), where=spread > 0)


def _to_range(values: Floats) -> Floats:
    least = values.min(axis=0)
    spread = values.max(axis=0) - least
    return np.divide(values - least, spread, out=np.full_like(values, 0.5), where=spread > 0) * 100


def _to_exponential(values: Floats) -> Floats:
    return deprivation_transform(average_ranks(-values), len(values))


DIRECTIONS: Mapping[str, float] = {"higher": 1.0, "lower": -1.0}
"""Which end of a column is need -> what turns it so that higher is worse."""

SCALES: Mapping[str, Scale] = {
    "percentile": Scale(
        to_percentiles,
        "its percentile among the assessed wards of the country",
        "the index were made of percentiles",
        of_ranks=True,
    ),
    "z": Scale(
        _to_z,
        "its z score among the assessed wards of the country",
        "the index were made of z scores",
        unit="z",
        bounded=False,
    ),
    "minmax": Scale(
        _to_range,
        "0 for the least and 100 for the most of the assessed wards of the country",
        "the index were scaled from least to most",
    ),
    "exponential": Scale(
        _to_exponential,
        "its rank, transformed as the Indices of Deprivation do",
        "the index had the scale of the Indices of Deprivation",
    ),
}
"""Name of a scale, as the study file has it -> the scale."""

COMBINATIONS: Mapping[str, Combination] = {
    "arithmetic": Combination(lambda values: values, lambda sums: sums, "weighted mean",
                              "the index were an arithmetic mean"),
    "geometric": Combination(lambda values: np.log(1 + values * 0.99), np.exp, "weighted geometric mean",
                             "the index were a geometric mean", needs_bounds=True),
}  # fmt: skip
"""Name of a mean, as the study file has it -> the mean. The geometric one is of scales brought to 1-100."""


def mean_faults(scale: str, combine: str) -> list[str]:
    """What is wrong with a scale and a mean, by themselves and together."""
    faults = [
        f"index.{key}: '{name}' is not known; choose from {', '.join(known)}"
        for key, name, known in (("scale", scale, SCALES), ("combine", combine, COMBINATIONS))
        if name not in known
    ]
    if not faults and COMBINATIONS[combine].needs_bounds and not SCALES[scale].bounded:
        faults.append(f"index.combine: a {combine} mean of {scale} scores has no meaning; use another scale or "
                      f"'arithmetic'")  # fmt: skip
    return faults


def scale_columns(values: Floats, *, worse: str, scale: str) -> Floats:
    """One component on a scale: wards x simulations, 'higher' or 'lower' being worse, to higher = worse.

    A column without spread is in the middle of the scale.

    Raises:
        InputError: an unknown scale or direction.
    """
    if scale not in SCALES:
        raise InputError(mean_faults(scale, "arithmetic"))
    if worse not in DIRECTIONS:
        raise InputError(f"index.component: worse = '{worse}' is not known; choose from {', '.join(DIRECTIONS)}")
    return SCALES[scale].apply(values * DIRECTIONS[worse])


def combine_columns(scaled: Sequence[Floats], weights: Sequence[float] | Floats, *, scale: str, combine: str) -> Floats:
    """The score of scaled components, each wards x simulations or wards x 1; 0-100.

    A weight is a number, or an array that goes with the simulations.

    Raises:
        InputError: an unknown scale or mean, or two that do not go together.
    """
    if faults := mean_faults(scale, combine):
        raise InputError(faults)
    mean, total = COMBINATIONS[combine], sum(weights)
    parts = (mean.enter(values) * (weight / total) for values, weight in zip(scaled, weights, strict=True))
    score = np.asarray(mean.leave(np.asarray(sum(parts))))
    return score if SCALES[scale].bounded else to_percentiles(score)
