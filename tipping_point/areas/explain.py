"""'Why not us?' For every ward, area and district: is it in, why, what would change that, and who are its rivals."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from difflib import get_close_matches

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.areas.group import Limits
from tipping_point.areas.profile import area_members, chosen_areas
from tipping_point.areas.reasons import (
    WARD_VALUE,
    alternatives_sentence,
    beside_the_last,
    chosen_because,
    flip_sentence,
    group_value,
    held_in,
    margin_sentence,
    rivals_sentence,
    ward_value,
)
from tipping_point.areas.why import Contest, Rival, Weights, build_contests, is_linear, make_rivals, smallest_flips
from tipping_point.areas.words import percent
from tipping_point.tables import InputError, check_table

log = logging.getLogger(__name__)

IN, NEARLY, OUT, NOT_ASSESSED = "in", "nearly in", "out", "not assessed"
EXPLAINED = ("standing", "reach", "why", "would_change", "rivals")

NEAR = 0.9
"""Share of what the last area chosen has from which a place is nearly in."""

Row = dict[str, object]


def explain_areas(
    areas: GeoDataFrame,
    wards: GeoDataFrame,
    *,
    weights: Weights,
    by_value: bool = False,
    asked: int | None = None,
    limits: Limits | None = None,
    near: float = NEAR,
    alternatives: Mapping[str, Collection[str]] | None = None,
) -> GeoDataFrame:
    """Add standing, reach, why, would_change and rivals to the areas.

    Args:
        areas: indexed by area_id, with area_name, ward_codes, country, population, index_score, within_limits,
            shortlisted, and `value` where they were chosen by it.
        wards: indexed by ward_code, with assessed, country, population and the component_* of the weights.
        weights: of the index in each country.
        by_value: True where areas were chosen by `value` (select), so that the weights of the index decide nothing.
        asked: areas asked for in each country; where fewer were found, no index kept a place out.
        limits: the study's, to name those that an area breaks.
        near: share of the last chosen area's index from which an area that was not chosen is nearly in.
        alternatives: other settings -> the ward codes chosen under them.

    Returns:
        The areas. standing: 'in', 'nearly in' or 'out'; reach: its index (or value) over that of the last area chosen
        in its country, missing where there is none. would_change names the smallest change of one weight, the others
        in proportion, that makes it level with the last area chosen (for one that is in: with the next in line), and
        the alternatives under which it changes sides. A weight is named only where the index is the weighted mean of
        its components, to a hundredth: not for geometric means, nor for percentiles of z scores.
    """
    check_table(areas, "areas", ["area_name", "ward_codes", "country", "population", "index_score"])
    rows: dict[str, Row] = {}
    for contest, group in build_contests(areas, wards, weights, by_value, asked):
        linear = not by_value and is_linear(contest, wards)
        chosen = set(chosen_areas(group).index)
        for area, own in zip(group.index, make_rivals(group, wards, contest), strict=True):
            at = group.loc[area]
            held = held_in(str(at["ward_codes"]).split(";"), alternatives or {})
            rows[str(area)] = _explain_area(at, own, contest, area in chosen, linear, limits, near) | {"held": held}
    result = _add(areas, rows)
    log.info("explain: %d areas, %s", len(areas), result["standing"].value_counts().to_dict())
    return result


def add_explanations(
    wards: GeoDataFrame,
    areas: GeoDataFrame,
    *,
    weights: Weights,
    votes: int = 1,
    near_misses: pd.DataFrame | None = None,
    asked: int | None = None,
    limits: Limits | None = None,
    near: float = NEAR,
    alternatives: Mapping[str, Collection[str]] | None = None,
) -> GeoDataFrame:
    """Add standing, reach, why, would_change and rivals to the wards: for every ward whether it is in, and why.

    A ward of an area stands as its area does. Any other is judged by its own index beside the last area chosen; in a
    study that groups touching hot wards it is nearly in where it reaches that index and is called hot by some test or
    stands beside a hot spot. With `near_misses` areas were chosen by value, and a ward is judged by the best group that
    it could be part of.

    Args:
        wards: indexed by ward_code, with ward_name, assessed, not_assessed_reason, country, population, index_score
            and component_*; index_missing, hot_votes, gi_star_class and visitor_ward where the study has them.
        areas: as for `explain_areas`.
        weights: of the index in each country.
        votes: methods that must call a ward hot for it to seed or join an area.
        near_misses: indexed by ward_code, with near_value, weakest_value and near_reason (`alternatives.near_misses`);
            None where areas were not chosen by value.
        asked: areas asked for in each country; where fewer were found, no index kept a place out.
        limits: the study's.
        near: share of what was needed from which a place is nearly in.
        alternatives: other settings -> the ward codes chosen under them.

    Raises:
        InputError: absent columns, or a country of the wards without weights.
    """
    check_table(
        wards, "wards", ["ward_name", "assessed", "not_assessed_reason", "country", "population", "index_score"]
    )
    by_value = near_misses is not None
    explained = explain_areas(areas, wards, weights=weights, by_value=by_value, asked=asked, limits=limits, near=near)
    rows = {str(code): _unjudged(own) for code, own in _not_judged(wards).iterrows()}
    for area, code in area_members(areas).itertuples(index=False):
        at = explained.loc[area]
        rows[code] = {name: at[name] for name in EXPLAINED} | {"why": f"It is part of {at['area_name']}. {at['why']}"}
    for contest, _ in build_contests(areas, wards, weights, by_value, asked):
        own = wards[wards["country"].eq(contest.country) & ~wards.index.isin(list(rows))]
        rows |= (
            _explain_misses(own, contest, near_misses, near)
            if near_misses is not None
            else _explain_alone(own, contest, votes, is_linear(contest, wards))
        )
    for code, row in rows.items():
        row["held"] = held_in([str(code)], alternatives or {})
    result = _add(wards, rows)
    log.info("explain: %d wards, %s", len(wards), result["standing"].value_counts().to_dict())
    return result


def district_annex(wards: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """One row for every district without a chosen area: its highest ward, why it is not in, and what it would take.

    Args:
        wards: from `add_explanations`, with district_code and district_name.
        areas: the areas.

    Returns:
        [country, district_code, district_name, wards, wards_assessed, ward_code, ward_name, index_score, standing,
        reach, why, would_change], by country and district. The ward is the one that reaches furthest, then of the
        highest index, then by code; blank in a district where none is assessed.
    """
    check_table(wards, "wards", ["district_code", "district_name", *EXPLAINED])
    inside = set(area_members(chosen_areas(areas))["ward_code"])
    held = wards.loc[wards.index.isin(inside), "district_code"].unique()
    table = wards[~wards["district_code"].isin(held) & wards["district_code"].ne("")].reset_index()
    judged = table["standing"].ne(NOT_ASSESSED)
    order = table.assign(judged=judged, near=table["standing"].eq(NEARLY)).sort_values(
        ["judged", "near", "reach", "index_score", "ward_code"], ascending=[False, False, False, False, True]
    )
    best = order.groupby("district_code", sort=False).head(1).set_index("district_code")
    sizes = table.assign(judged=judged).groupby("district_code")["judged"].agg(["size", "sum"])
    best = best.assign(wards=sizes["size"], wards_assessed=sizes["sum"]).reset_index()
    best.loc[best["wards_assessed"] == 0, ["ward_code", "ward_name"]] = ""
    columns = ["country", "district_code", "district_name", "wards", "wards_assessed", "ward_code", "ward_name",
               "index_score", "standing", "reach", "why", "would_change"]  # fmt: skip
    return pd.DataFrame(best[columns]).sort_values(["country", "district_name", "district_code"], ignore_index=True)


def explain_place(place: str, wards: pd.DataFrame, areas: pd.DataFrame) -> str:
    """What `add_explanations` and `explain_areas` found of one place, as a paragraph a line.

    Args:
        place: a ward code, an area_id, or the whole name of one ward or area.
        wards: from `add_explanations`.
        areas: from `explain_areas`.

    Raises:
        InputError: no such place, or several of that name; it names what there is.
    """
    names = [
        (str(code), f"{name} ({district})", str(name))
        for code, name, district in zip(wards.index, wards["ward_name"], wards["district_name"], strict=True)
    ]
    names += [(str(code), str(name), str(name)) for code, name in areas["area_name"].items()]
    wanted = place.strip().casefold()
    found = [entry for entry in names if wanted in (entry[0].casefold(), entry[1].casefold(), entry[2].casefold())]
    if len(found) != 1:
        raise InputError(_no_such_place(place, found, names))
    code, title, _ = found[0]
    row = areas.loc[code] if code in areas.index else wards.loc[code]
    return "\n".join([f"{title}: {row['standing']}.", *(str(row[name]) for name in EXPLAINED[2:] if row[name])])


def _explain_area(
    at: pd.Series, own: Rival, contest: Contest, inside: bool, linear: bool, limits: Limits | None, near: float
) -> Row:
    reach = own.score / contest.last.score if contest.last and contest.last.score > 0 else np.nan
    fits = bool(at.get("within_limits", True))
    if inside:
        standing, why, rival, verb = IN, chosen_because(own, contest), contest.next, "fall level with"
    else:
        standing, rival, verb = (NEARLY if reach >= near else OUT), contest.last, "draw level with"
        why = f"{beside_the_last(own, contest)}{_barred(at, fits, reach, limits)}"
    change = ""
    if linear and rival is not None and (inside or (fits and reach < 1)):
        [flip] = smallest_flips(own.parts[None, :], rival.parts, contest.weights, list(contest.components))
        change = flip_sentence(flip, rival, verb)
    elif contest.by_value and inside:
        change = margin_sentence(own, contest)
    elif not fits:
        change = "No change of weights would bring it in: it would have to be grouped anew, or the limits changed."
    return {"standing": standing, "reach": reach, "why": why, "would_change": change,
            "rivals": rivals_sentence(own, contest, inside)}  # fmt: skip


def _barred(at: pd.Series, fits: bool, reach: float, limits: Limits | None) -> str:
    """What keeps an area off the list although its index would do."""
    if not fits:
        people = f" It has {at['population']:,.0f} residents"
        low, high = limits.population if limits else (np.nan, np.nan)
        asked = f"; the study asks for {low:,.0f} to {high:,.0f}" if limits else ", outside the study's limits"
        return f"{people}{asked}."
    return " Its authority already has as many areas as the study allows." if reach >= 1 else ""


def _not_judged(wards: pd.DataFrame) -> pd.DataFrame:
    """Wards of which nothing can be said: not assessed, or without an index."""
    columns = [name for name in ("assessed", "not_assessed_reason", "index_missing") if name in wards.columns]
    return wards.loc[~wards["assessed"].astype(bool) | wards["index_score"].isna(), columns]


def _unjudged(own: pd.Series) -> Row:
    missing = str(own.get("index_missing", ""))
    reason = str(own["not_assessed_reason"] or "") if not own["assessed"] else f"it lacks {missing.replace(';', ',')}"
    why = f"Nothing can be said of it: {reason}." if reason else "Nothing can be said of it."
    return {"standing": NOT_ASSESSED, "reach": np.nan, "why": why, "would_change": "", "rivals": ""}


def _explain_alone(own: pd.DataFrame, contest: Contest, votes: int, linear: bool) -> dict[str, Row]:
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
    rows: dict[str, Row] = {}
    for at, (code, score) in enumerate(own["index_score"].items()):
        place = Rival("", float(score), parts[at])
        reach = place.score / last.score if last and last.score > 0 else np.nan
        why, needs = _why_alone(int(hot[at]), votes, bool(beside[at]), bool(visitor[at]))
        change = needs
        if last is not None and linear and reach < 1 and not contest.room:
            change = f"{flip_sentence(flips[at], last, 'draw level with')} Even so, {needs[:1].lower()}{needs[1:]}"
        close = (reach >= 1 or contest.room) and (0 < hot[at] < votes or beside[at])
        rows[str(code)] = {
            "standing": NEARLY if close else OUT, "reach": reach, "why": f"{why} {beside_the_last(place, contest)}",
            "would_change": change, "rivals": rivals_sentence(place, contest, False),
        }  # fmt: skip
    return rows


def _why_alone(hot: int, votes: int, beside: bool, visitor: bool) -> tuple[str, str]:
    """Why a ward is in no area, and what would have to hold besides the index."""
    test = "The tests for hot spots would have to find it hot, which no change of weights can bring about."
    if hot >= votes and visitor:
        return (
            "The tests find it hot, but it is busy because many people visit, and such a ward starts no area.",
            "It could only join an area of wards beside it.",
        )
    if hot >= votes:
        return "The tests find it hot, but the study leaves it out of every area.", "The study would have to admit it."
    if hot:
        return f"{hot} of the {votes} tests needed {'finds' if hot == 1 else 'find'} it hot.", test
    if beside:
        return "It stands beside a hot spot: the wards around it are high, but it is not one itself.", test
    return "The tests for hot spots do not find it hot.", test


def _explain_misses(own: pd.DataFrame, contest: Contest, near_misses: pd.DataFrame, near: float) -> dict[str, Row]:
    """Wards in no area of a study that chose areas by value, by the best group that each could be part of."""
    table = near_misses.reindex(own.index)
    each = own[[name for name in WARD_VALUE if name in own.columns]].to_dict("records")
    rows: dict[str, Row] = {}
    for code, ward, best, needed, reason in zip(
        own.index, each, table["near_value"], table["weakest_value"], table["near_reason"].fillna(""), strict=True
    ):
        reach = float(best) / float(needed) if needed > 0 else np.nan
        place = Rival("", float(best), contest.average)
        rows[str(code)] = {
            "standing": NEARLY if reach >= near else OUT,
            "reach": reach,
            "why": " ".join(filter(None, (group_value(reach, str(reason)), ward_value(ward)))),
            "would_change": f"That group would need a value {percent(1 / reach - 1)} higher." if 0 < reach < 1 else "",
            "rivals": rivals_sentence(place, contest, False) if reach > 0 else "",
        }
    return rows


def _add(table: GeoDataFrame, rows: Mapping[str, Row]) -> GeoDataFrame:
    """The columns of the rows on the index of the table, the alternatives' sentence after what would change it."""
    result = table.copy()
    found = [rows[str(key)] for key in table.index]
    for name in EXPLAINED:
        result[name] = pd.Series(
            [row[name] for row in found], index=table.index, dtype=float if name == "reach" else str
        )
    said = []
    for row in found:
        held = row["held"]
        more = (
            ""
            if row["standing"] == NOT_ASSESSED or not isinstance(held, dict)
            else alternatives_sentence(held, row["standing"] == IN)
        )
        said.append(" ".join(filter(None, (str(row["would_change"]), more))))
    result["would_change"] = pd.Series(said, index=table.index, dtype=str)
    return result


def _no_such_place(place: str, found: list[tuple[str, str, str]], names: list[tuple[str, str, str]]) -> str:
    if found:
        several = "; ".join(f"{title} is {code}" for code, title, _ in found[:8])
        return f"'{place}' is the name of {len(found)} places; give the code of one: {several}"
    close = get_close_matches(place, [entry for own in names for entry in own[::2]], n=3)
    like = f"; like it are {', '.join(close)}" if close else ""
    return f"'{place}' is no ward or area of the study{like}; give a ward code, an area_id or a whole name"
