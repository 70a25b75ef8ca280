"""Who competes with whom: each country's areas, those chosen and those left out, with what they are judged by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.areas.profile import chosen_areas
from tipping_point.tables import InputError

Floats = npt.NDArray[np.float64]

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
