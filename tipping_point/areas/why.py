"""Why a place is chosen and another is not: who competes with whom, and the smallest change that turns it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.areas.profile import area_members, chosen_areas
from tipping_point.tables import InputError, check_table

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


# ------------------------------------------------------------------------------- how each place is judged

IN, NEARLY, OUT, NOT_ASSESSED = "in", "nearly in", "out", "not assessed"

NEAR = 0.9
"""Share of what the last area chosen has from which a place is nearly in."""

WARD_VALUE = ("long_run_harm", "usual_harm_rate", "population", "deprivation", "visitor_ward", "value", "country")
"""Columns of a ward that say what it brings to a value; the first four are needed for it."""


@dataclass(frozen=True)
class Judged:
    """What decided on a place, in codes and numbers; `text.areas` makes the sentences.

    Attributes:
        case: 'chosen', 'capped' (its authority is full), 'outside limits', 'lower' (of an area); 'of an area',
            'unjudged', 'alone' (in no area of touching hot wards), 'by value' (in no area chosen by value) (of a ward).
        standing: 'in', 'nearly in', 'out' or 'not assessed'.
        reach: its index (or value) over that of the last area chosen; missing where there is none.
        place: what is judged, and `contest` against whom; None of a ward that cannot be judged.
        rival: the area that it would have to draw level with by a change of weights; None where none is to be named.
        flip: the smallest such change; None where no change of one weight would do.
        area: of a ward of an area, that area's, whose name is in `place`.
        facts: further numbers and codes of the place, by name.
        held: other settings -> whether it is chosen under them.
    """

    case: str
    standing: str
    reach: float
    place: Rival | None = None
    contest: Contest | None = None
    rival: Rival | None = None
    flip: Flip | None = None
    area: Judged | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    held: Mapping[str, bool] = field(default_factory=dict)


def judge_areas(
    areas: pd.DataFrame,
    wards: pd.DataFrame,
    *,
    weights: Weights,
    by_value: bool = False,
    asked: int | None = None,
    near: float = NEAR,
    alternatives: Mapping[str, Collection[str]] | None = None,
) -> dict[str, Judged]:
    """Every area against those it competes with; the arguments are those of `text.areas.explain_areas`."""
    check_table(areas, "areas", ["area_name", "ward_codes", "country", "population", "index_score"])
    found: dict[str, Judged] = {}
    for contest, group in build_contests(areas, wards, weights, by_value, asked):
        linear = not by_value and is_linear(contest, wards)
        chosen = set(chosen_areas(group).index)
        for area, own in zip(group.index, make_rivals(group, wards, contest), strict=True):
            judged = _judge_area(group.loc[area], own, contest, area in chosen, linear, near)
            codes = str(group.at[area, "ward_codes"]).split(";")
            found[str(area)] = replace(judged, held=_held_in(codes, alternatives or {}))
    return found


def judge_wards(
    wards: pd.DataFrame,
    areas: pd.DataFrame,
    *,
    weights: Weights,
    votes: int = 1,
    near_misses: pd.DataFrame | None = None,
    asked: int | None = None,
    near: float = NEAR,
    alternatives: Mapping[str, Collection[str]] | None = None,
) -> dict[str, Judged]:
    """Every ward: as its area, or by its own index or best group; arguments as in `text.areas.add_explanations`."""
    check_table(
        wards, "wards", ["ward_name", "assessed", "not_assessed_reason", "country", "population", "index_score"]
    )
    by_value = near_misses is not None
    of_areas = judge_areas(areas, wards, weights=weights, by_value=by_value, asked=asked, near=near)
    found = {str(code): _unjudged(own) for code, own in _not_judged(wards).iterrows()}
    for area, code in area_members(areas).itertuples(index=False):
        own = of_areas[area]
        found[code] = Judged("of an area", own.standing, own.reach, own.place, own.contest, area=own)
    for contest, _ in build_contests(areas, wards, weights, by_value, asked):
        rest = wards[wards["country"].eq(contest.country) & ~wards.index.isin(list(found))]
        found |= (
            _judge_misses(rest, contest, near_misses, near)
            if near_misses is not None
            else _judge_alone(rest, contest, votes, is_linear(contest, wards))
        )
    return {code: replace(own, held=_held_in([code], alternatives or {})) for code, own in found.items()}


def _judge_area(at: pd.Series, own: Rival, contest: Contest, inside: bool, linear: bool, near: float) -> Judged:
    reach = own.score / contest.last.score if contest.last and contest.last.score > 0 else np.nan
    fits = bool(at.get("within_limits", True))
    standing = IN if inside else NEARLY if reach >= near else OUT
    case = "chosen" if inside else "outside limits" if not fits else "capped" if reach >= 1 else "lower"
    rival = contest.next if inside else contest.last
    flip = None
    if not linear or not (inside or (fits and reach < 1)):
        rival = None
    if rival is not None:
        [flip] = smallest_flips(own.parts[None, :], rival.parts, contest.weights, list(contest.components))
    facts = {"population": at["population"], "fits": fits}
    return Judged(case, standing, reach, own, contest, rival, flip, facts=facts)


def _not_judged(wards: pd.DataFrame) -> pd.DataFrame:
    """Wards of which nothing can be said: not assessed, or without an index."""
    columns = [name for name in ("assessed", "not_assessed_reason", "index_missing") if name in wards.columns]
    return wards.loc[~wards["assessed"].astype(bool) | wards["index_score"].isna(), columns]


def _unjudged(own: pd.Series) -> Judged:
    facts = {
        "reason": "" if own["assessed"] else str(own["not_assessed_reason"] or ""),
        "missing": str(own.get("index_missing", "")) if own["assessed"] else "",
        "assessed": bool(own["assessed"]),
    }
    return Judged("unjudged", NOT_ASSESSED, np.nan, facts=facts)


def _judge_alone(own: pd.DataFrame, contest: Contest, votes: int, linear: bool) -> dict[str, Judged]:
    """Wards in no area of a study that groups touching hot wards."""
    parts = own[[f"component_{name}" for name in contest.components]].to_numpy(dtype=float)
    last = contest.last
    flips = (
        smallest_flips(parts, last.parts, contest.weights, list(contest.components))
        if linear and last is not None
        else [None] * len(own)
    )
    blank = pd.Series(pd.NA, index=own.index)
    hot = own.get("hot_votes", blank).fillna(0).astype(int).to_numpy()
    beside = own.get("gi_star_class", blank).eq("beside").fillna(False).astype(bool).to_numpy()
    visitor = own.get("visitor_ward", blank).fillna(False).astype(bool).to_numpy()
    found: dict[str, Judged] = {}
    for at, (code, score) in enumerate(own["index_score"].items()):
        place = Rival("", float(score), parts[at])
        reach = place.score / last.score if last and last.score > 0 else np.nan
        close = (reach >= 1 or contest.room) and (0 < hot[at] < votes or beside[at])
        rival = last if linear and reach < 1 and not contest.room else None
        facts = {"hot": int(hot[at]), "votes": votes, "beside": bool(beside[at]), "visitor": bool(visitor[at])}
        found[str(code)] = Judged("alone", NEARLY if close else OUT, reach, place, contest, rival, flips[at],
                                  facts=facts)  # fmt: skip
    return found


def _judge_misses(own: pd.DataFrame, contest: Contest, near_misses: pd.DataFrame, near: float) -> dict[str, Judged]:
    """Wards in no area of a study that chose areas by value, by the best group that each could be part of."""
    table = near_misses.reindex(own.index)
    each = own[[name for name in WARD_VALUE if name in own.columns]].to_dict("records")
    found: dict[str, Judged] = {}
    for code, ward, best, needed, reason in zip(
        own.index, each, table["near_value"], table["weakest_value"], table["near_reason"].fillna(""), strict=True
    ):
        reach = float(best) / float(needed) if needed > 0 else np.nan
        place = Rival("", float(best), contest.average)
        facts = {**{str(name): value for name, value in ward.items()}, "reason": str(reason)}
        found[str(code)] = Judged("by value", NEARLY if reach >= near else OUT, reach, place, contest, facts=facts)
    return found


def _held_in(codes: Sequence[str], alternatives: Mapping[str, Collection[str]]) -> dict[str, bool]:
    """Under each alternative, whether at least half of the wards are chosen."""
    return {name: 2 * sum(code in wards for code in codes) >= len(codes) for name, wards in alternatives.items()}
