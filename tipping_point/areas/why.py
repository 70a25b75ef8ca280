"""Why a place is chosen and another is not: who competes with whom, and the smallest change that turns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.areas.profile import chosen_areas
from tipping_point.tables import InputError

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


Weights = Mapping[str, Mapping[str, float]]
"""Country -> component of the index -> its weight; any positive numbers."""


@dataclass(frozen=True)
class Rival:
    """An area in the contest: its name, what it is judged by (index or value), and its components."""

    name: str
    score: float
    parts: Floats


@dataclass(frozen=True)
class Contest:
    """The areas of one country that were chosen and those within the limits that were not, highest first."""

    country: str
    components: Sequence[str]
    weights: Floats
    """Adding up to 1."""
    chosen: Sequence[Rival]
    left_out: Sequence[Rival]
    average: Floats
    """Mean of each component over the assessed wards."""
    by_value: bool
    """True where areas were chosen by their value, which the weights of the index do not enter."""
    asked: int | None = None
    """How many areas the study asked for in each country; None where that is not known."""

    @property
    def room(self) -> bool:
        """Whether fewer areas were found than were asked for, so that none was left out for its index."""
        return self.asked is not None and len(self.chosen) < self.asked

    @property
    def last(self) -> Rival | None:
        """The area chosen last."""
        return self.chosen[-1] if self.chosen else None

    @property
    def next(self) -> Rival | None:
        """The highest area that was not chosen."""
        return self.left_out[0] if self.left_out else None


def build_contests(
    areas: pd.DataFrame, wards: pd.DataFrame, weights: Weights, by_value: bool, asked: int | None
) -> list[tuple[Contest, pd.DataFrame]]:
    """Each country's areas in the contest, highest first, and its rows of the table.

    Args:
        areas: indexed by area_id, with area_name, ward_codes, country, index_score (or value), and shortlisted and
            within_limits where the study has them.
        wards: indexed by ward_code, with assessed, country, population, index_score and component_*.
        weights: of the index in each country.
        by_value: whether the areas were chosen by `value`.
        asked: areas asked for in each country, if known.

    Raises:
        InputError: a country of the assessed wards without weights, or a component that the wards lack.
    """
    countries = sorted(wards.loc[wards["assessed"].astype(bool), "country"].dropna().unique())
    absent = [country for country in countries if not weights.get(country)]
    lacking = [f"component_{name}" for country in countries for name in weights.get(country, {})]
    faults = [f"weights: none for {country}; there are weights for {', '.join(weights)}" for country in absent]
    faults += [f"wards: lacks the column {name}" for name in dict.fromkeys(lacking) if name not in wards.columns]
    if faults:
        raise InputError(faults)
    made = []
    for country in countries:
        names = list(weights[country])
        share = np.array([weights[country][name] for name in names], dtype=float)
        known = wards[wards["country"].eq(country) & wards["index_score"].notna()]
        average = known[[f"component_{name}" for name in names]].mean().to_numpy(dtype=float)
        group = areas[areas["country"].eq(country)]
        empty = Contest(country, names, share / share.sum(), (), (), average, by_value)
        rivals = pd.Series(make_rivals(group, wards, empty), index=group.index, dtype=object)
        within = group["within_limits"].astype(bool) if "within_limits" in group else pd.Series(True, index=group.index)
        inside = group.index.isin(chosen_areas(group).index)
        chosen, left = (
            sorted(rivals[which], key=lambda rival: -rival.score) for which in (inside, ~inside & within.to_numpy())
        )
        made.append((Contest(country, names, share / share.sum(), chosen, left, average, by_value, asked), group))
    return made


def make_rivals(group: pd.DataFrame, wards: pd.DataFrame, contest: Contest) -> list[Rival]:
    """Areas with their components: means of their wards by residents, as the index of an area is."""
    score = "value" if contest.by_value else "index_score"
    columns = [f"component_{name}" for name in contest.components]
    table = pd.DataFrame({name: wards[name] for name in ("population", *columns)}, index=wards.index)
    made = []
    for name, codes, points in zip(group["area_name"], group["ward_codes"], group[score], strict=True):
        own = table.loc[str(codes).split(";")]
        people = own["population"].to_numpy(dtype=float)
        parts = (own[columns].to_numpy(dtype=float) * people[:, None]).sum(axis=0) / people.sum()
        made.append(Rival(str(name), float(points), parts))
    return made


def is_linear(contest: Contest, wards: pd.DataFrame) -> bool:
    """Whether the index is the weighted mean of its components, so that a change of weights can be worked out."""
    known = wards[wards["country"].eq(contest.country) & wards["index_score"].notna()]
    again = known[[f"component_{name}" for name in contest.components]].to_numpy(dtype=float) @ contest.weights
    return bool(np.allclose(again, known["index_score"].to_numpy(dtype=float), atol=0.01))
