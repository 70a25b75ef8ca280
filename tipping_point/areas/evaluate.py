"""Scores of a choice, after the fact: did the chosen areas fall more than places like them?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tipping_point.schema import InputError

Z95 = 1.959963984540054


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
