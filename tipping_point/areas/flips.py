"""The smallest change of one weight that turns the order of two places in an index of weighted means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

HAIR = 1e-9
"""Weights nearer than this to 0 or 1 leave an index of none, or of one, of its parts."""


@dataclass(frozen=True)
class Flip:
    """A component's weight as it is, and as it would have to be; shares of the whole, the others in proportion."""

    component: str
    weight: float
    needed: float


def weights_to_tie(own: Floats, rival: Floats, weights: Floats) -> Floats:
    """The weight that each component would need for two places to have the same index.

    With w of component c set to v and all others multiplied by (1 - v)/(1 - w), the difference of the two indices is
    v d_c + (1 - v) r_c, where d_c is the difference in the component and r_c = (D - w d_c)/(1 - w) that of all others
    together (D the difference as it is). It is nought at v = r_c/(r_c - d_c), and turns its sign there and only there.

    Args:
        own: components of the places, shape (n, c), on the scale of the index.
        rival: of the place that each is compared with, shape (n, c) or (c,).
        weights: shape (c,), adding up to 1.

    Returns:
        Shape (n, c); NaN where no weight between 0 and 1 makes them equal, or the component is the only one.
    """
    apart = own - rival
    with np.errstate(divide="ignore", invalid="ignore"):
        others = ((apart @ weights)[:, None] - weights * apart) / (1 - weights)
        needed = others / (others - apart)
    return np.where((needed > HAIR) & (needed < 1 - HAIR) & (weights < 1 - HAIR), needed, np.nan)


def smallest_flips(own: Floats, rival: Floats, weights: Floats, components: list[str]) -> list[Flip | None]:
    """For each place the component whose weight needs to change least, the first of equal ones; None where none would.

    Args:
        own: shape (n, c).
        rival: shape (n, c) or (c,).
        weights: shape (c,), adding up to 1.
        components: their names.
    """
    needed = weights_to_tie(own, rival, weights)
    change = np.where(np.isnan(needed), np.inf, np.abs(needed - weights))
    least = change.argmin(axis=1)
    return [
        Flip(components[at], float(weights[at]), float(row[at])) if np.isfinite(far[at]) else None
        for at, row, far in zip(least, needed, change, strict=True)
    ]
