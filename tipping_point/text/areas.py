"""What is said of the areas: the proof of the choice, and why each place is in or not, and what would change it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.areas.goal import GOAL, sum_assessed
from tipping_point.areas.group import Limits
from tipping_point.areas.profile import LARGE_SHARE, LEAVES, area_members, chosen_areas
from tipping_point.areas.select import Proof
from tipping_point.areas.why import (
    IN,
    NEAR,
    NEARLY,
    NOT_ASSESSED,
    WARD_VALUE,
    Contest,
    Flip,
    Floats,
    Judged,
    Rival,
    Weights,
    judge_areas,
    judge_wards,
)
from tipping_point.areas.words import listed, named, percent, plural, sentence
from tipping_point.tables import InputError, check_table

log = logging.getLogger(__name__)

EXPLAINED = ("standing", "reach", "why", "would_change", "rivals")

SLIGHT = 0.5
"""Points of the index below which a component is not said to lift a place or to hold it back."""

LARGE = 0.25
"""Change of a weight from which the index is called a different one."""

NEAR_REASONS: Mapping[str, str] = {
    "": "no group of wards was found for it",
    "excluded": "the study excludes it",
    "not usable": "it is not assessed, or has no value",
    "no group": "no group of wards within the limits holds it",
    "taken": "every group within the limits that holds it shares a ward with a chosen area",
    "no value": "its best group of wards has a value of 0",
    "authority full": "its authority has all the areas that the cap allows, of no less value",
    "lower": "its best group of wards has no more value than the weakest area chosen",
    "blocked": "its best group would have to displace an area that holds wards to include, or that a fallback chose",
}
"""Code of `stability.near_misses` -> why a ward is in no area, where areas were chosen by value."""

Said = tuple[str, str, str]
"""why, would_change and rivals."""


# ------------------------------------------------------------------------------------------ the choice


def say_proof(proof: Proof) -> tuple[str, ...]:
    """Whether a choice is the best there is, and how many areas it found."""
    place = f"{proof.country}: " if proof.country else ""
    if proof.chosen == 0:
        return (f"{place}no area was chosen: no group of wards within the limits has a value above 0.",)
    if proof.exact:
        said = (
            f"{place}no other choice of up to {plural(proof.asked, 'area')} within the limits has a larger total "
            f"value; all {proof.candidates:,} groups of wards that keep to the limits were considered."
        )
    else:
        said = (
            f"{place}the choice is a fallback, found by local search: the solver did not end within {proof.nodes:,} "
            f"nodes. No choice can be worth more than {100 * proof.gap:.2g}% more."
        )
    if proof.chosen == proof.asked:
        return (said,)
    fewer = f"{place}{proof.asked} areas were asked for and {proof.chosen} chosen: more would not raise the total."
    return said, fewer


# -------------------------------------------------------------------------------------- why, and why not


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
    judged = judge_areas(
        areas, wards, weights=weights, by_value=by_value, asked=asked, near=near, alternatives=alternatives
    )
    return _add(areas, judged, {area: _say_area(own, limits) for area, own in judged.items()}, "areas")


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
        near_misses: indexed by ward_code, with near_value, weakest_value and near_reason (`stability.near_misses`);
            None where areas were not chosen by value.
        asked: areas asked for in each country; where fewer were found, no index kept a place out.
        limits: the study's.
        near: share of what was needed from which a place is nearly in.
        alternatives: other settings -> the ward codes chosen under them.

    Raises:
        InputError: absent columns, or a country of the wards without weights.
    """
    judged = judge_wards(
        wards, areas, weights=weights, votes=votes, near_misses=near_misses, asked=asked, near=near,
        alternatives=alternatives,
    )  # fmt: skip
    return _add(wards, judged, {code: _WARD_SAID[own.case](own, limits) for code, own in judged.items()}, "wards")


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


def _say_area(own: Judged, limits: Limits | None) -> Said:
    """An area, chosen or not."""
    place, contest = _known(own)
    inside = own.case == "chosen"
    if inside:
        why, verb = chosen_because(place, contest), "fall level with"
    else:
        why, verb = f"{beside_the_last(place, contest)}{_barred(own, limits)}", "draw level with"
    change = ""
    if own.rival is not None:
        change = flip_sentence(own.flip, own.rival, verb)
    elif contest.by_value and inside:
        change = margin_sentence(place, contest)
    elif not own.facts["fits"]:
        change = "No change of weights would bring it in: it would have to be grouped anew, or the limits changed."
    return why, change, rivals_sentence(place, contest, inside)


def _barred(own: Judged, limits: Limits | None) -> str:
    """What keeps an area off the list although its index would do."""
    if own.case == "outside limits":
        low, high = limits.population if limits else (np.nan, np.nan)
        asked = f"; the study asks for {low:,.0f} to {high:,.0f}" if limits else ", outside the study's limits"
        return f" It has {own.facts['population']:,.0f} residents{asked}."
    return " Its authority already has as many areas as the study allows." if own.case == "capped" else ""


def _say_unjudged(own: Judged, _limits: Limits | None) -> Said:
    """A ward that is not assessed, or has no index."""
    missing = str(own.facts["missing"]).replace(";", ",")
    reason = f"it lacks {missing}" if own.facts["assessed"] else own.facts["reason"]
    return f"Nothing can be said of it: {reason}." if reason else "Nothing can be said of it.", "", ""


def _say_member(own: Judged, limits: Limits | None) -> Said:
    """A ward of an area stands as its area does."""
    place, _ = _known(own)
    if own.area is None:
        raise InputError(f"internal error: a ward of {place.name} without its area")
    why, change, rivals = _say_area(own.area, limits)
    return f"It is part of {place.name}. {why}", change, rivals


def _say_alone(own: Judged, _limits: Limits | None) -> Said:
    """A ward in no area of a study that groups touching hot wards."""
    place, contest = _known(own)
    why, needs = _why_alone(**own.facts)
    change = needs
    if own.rival is not None:
        change = f"{flip_sentence(own.flip, own.rival, 'draw level with')} Even so, {needs[:1].lower()}{needs[1:]}"
    return f"{why} {beside_the_last(place, contest)}", change, rivals_sentence(place, contest, False)


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


def _say_by_value(own: Judged, _limits: Limits | None) -> Said:
    """A ward in no area of a study that chose areas by value."""
    place, contest = _known(own)
    why = " ".join(filter(None, (group_value(own.reach, own.facts["reason"]), ward_value(own.facts))))
    change = f"That group would need a value {percent(1 / own.reach - 1)} higher." if 0 < own.reach < 1 else ""
    return why, change, rivals_sentence(place, contest, False) if own.reach > 0 else ""


_WARD_SAID: Mapping[str, Callable[[Judged, Limits | None], Said]] = {
    "unjudged": _say_unjudged,
    "of an area": _say_member,
    "alone": _say_alone,
    "by value": _say_by_value,
}


def _known(own: Judged) -> tuple[Rival, Contest]:
    if own.place is None or own.contest is None:
        raise InputError(f"internal error: a place judged as '{own.case}' without its rivals")
    return own.place, own.contest


def _add(table: GeoDataFrame, judged: Mapping[str, Judged], said: Mapping[str, Said], what: str) -> GeoDataFrame:
    """The five columns on the index of the table, the other settings' sentence after what would change it."""
    result = table.copy()
    keys = [str(key) for key in table.index]
    changes = []
    for key in keys:
        own = judged[key]
        more = "" if own.standing == NOT_ASSESSED else alternatives_sentence(own.held, own.standing == IN)
        changes.append(" ".join(filter(None, (said[key][1], more))))
    columns: dict[str, list[Any]] = {
        "standing": [judged[key].standing for key in keys],
        "reach": [judged[key].reach for key in keys],
        "why": [said[key][0] for key in keys],
        "would_change": changes,
        "rivals": [said[key][2] for key in keys],
    }
    for name, values in columns.items():
        result[name] = pd.Series(values, index=table.index, dtype=float if name == "reach" else str)
    log.info("explain: %d %s, %s", len(table), what, result["standing"].value_counts().to_dict())
    return result


def _no_such_place(place: str, found: list[tuple[str, str, str]], names: list[tuple[str, str, str]]) -> str:
    if found:
        several = "; ".join(f"{title} is {code}" for code, title, _ in found[:8])
        return f"'{place}' is the name of {len(found)} places; give the code of one: {several}"
    close = get_close_matches(place, [entry for own in names for entry in own[::2]], n=3)
    like = f"; like it are {', '.join(close)}" if close else ""
    return f"'{place}' is no ward or area of the study{like}; give a ward code, an area_id or a whole name"


# ----------------------------------------------------------------------------------------- the sentences


def compare_parts(own: Floats, other: Floats, contest: Contest, against: str) -> str:
    """Which component lifts a place most, and which holds it back most, against another; '' where they are alike."""
    difference = (own - other) * contest.weights
    said = []
    for at, verb in ((int(difference.argmax()), "lifts it most"), (int(difference.argmin()), "holds it back most")):
        if abs(difference[at]) >= SLIGHT and (difference[at] > 0) == (verb == "lifts it most"):
            mine, theirs = numbers(own[at], other[at])
            said.append(f"{named(contest.components[at])} ({mine} against {theirs}) {verb}")
    return sentence(f"beside {against}, {listed(said)}.") if said else ""


def chosen_because(own: Rival, contest: Contest) -> str:
    """Why an area is on the list."""
    if contest.by_value:
        total = sum(rival.score for rival in contest.chosen)
        share = percent(own.score / total) if total > 0 else "none"
        said = f"It was chosen: it brings {share} of the value of all areas chosen."
        return f"{said} {compare_parts(own.parts, contest.average, contest, 'the average assessed ward')}".strip()
    if contest.next is None:
        said = f"It was chosen: its index is {number(own.score)} of 100, and no area within the limits was left out."
        return f"{said} {compare_parts(own.parts, contest.average, contest, 'the average assessed ward')}".strip()
    mine, theirs = numbers(own.score, contest.next.score)
    said = (
        f"It was chosen: its index is {mine} of 100, against {theirs} for {contest.next.name}, the highest of the areas"
        " that were not."
    )
    return f"{said} {compare_parts(own.parts, contest.next.parts, contest, 'that area')}".strip()


def beside_the_last(own: Rival, contest: Contest, what: str = "Its index") -> str:
    """The index of a place that is not on the list beside that of the last area chosen."""
    if contest.last is None:
        return f"{what} is {number(own.score)} of 100. No area of {contest.country} was chosen."
    if contest.room:
        return (
            f"{what} is {number(own.score)} of 100, which did not decide:"
            f" {plural(len(contest.chosen), 'area')} could be chosen where {contest.asked} were asked for."
        )
    mine, theirs = numbers(own.score, contest.last.score)
    score = f"Its value is {mine}" if contest.by_value else f"{what} is {mine} of 100"
    said = f"{score}, against {theirs} for {contest.last.name}, the last area chosen."
    return f"{said} {compare_parts(own.parts, contest.last.parts, contest, 'that area')}".strip()


def flip_sentence(flip: Flip | None, rival: Rival, verb: str) -> str:
    """The smallest change of one weight that makes a place level with its rival."""
    if flip is None:
        return f"No change of one weight would make it {verb} {rival.name}."
    before, after = (percent(round(weight, 3)) for weight in (flip.weight, flip.needed))
    if before == after:
        before, after = f"{flip.weight:.1%}", f"{flip.needed:.1%}"
    part, rest = named(flip.component), "the other weights keeping their proportions"
    if abs(flip.needed - flip.weight) > LARGE:
        return (
            f"Only a quite different index would make it {verb}"
            f" {rival.name}: the weight of {part} would have to go from {before} to {after}, {rest}."
        )
    return f"It would {verb} {rival.name} if the weight of {part} in the index went from {before} to {after}, {rest}."


def alternatives_sentence(held: Mapping[str, bool], inside: bool) -> str:
    """Under which other settings the place would change sides; '' where none was tried.

    Args:
        held: what if -> whether the place is chosen then. Each is the end of a sentence that begins with 'if'.
        inside: whether it is chosen as things are.
    """
    if not held:
        return ""
    flips = [f"if {name}" for name, chosen in held.items() if chosen != inside]
    rest, same = len(held) - len(flips), "stay in" if inside else "stay out"
    others = "the other setting" if rest == 1 else f"each of the {rest} other settings"
    if not flips:
        return f"It would {same} under {others} tried."
    stays = f"; under {others} tried it would {same}" if rest else ""
    return f"It would {'drop out' if inside else 'be chosen'} {listed(flips, link='or')}{stays}."


def margin_sentence(own: Rival, contest: Contest) -> str:
    """How much value a chosen area could lose before it was level with the next in line."""
    if contest.next is None or not own.score > 0:
        return ""
    fall = 1 - contest.next.score / own.score
    if fall <= 0:
        return f"{contest.next.name} has as much value, but does not fit beside the other areas."
    return f"Its value could fall by {percent(fall)} before it was level with {contest.next.name}, the next in line."


def rivals_sentence(own: Rival, contest: Contest, inside: bool) -> str:
    """The area on the list just above a place, and the one next below it."""
    above = [rival for rival in contest.chosen if rival.score > own.score and rival.name != own.name]
    rest = [*contest.chosen, *contest.left_out] if inside else contest.left_out
    below = [rival for rival in rest if rival.score <= own.score and rival.name != own.name]
    what = "value" if contest.by_value else "index"
    said = []
    if above:
        nearest = min(above, key=lambda rival: rival.score)
        said.append(f"Just above it among the areas chosen: {nearest.name} ({what} {number(nearest.score)}).")
    elif contest.chosen:
        said.append(f"No area chosen has a higher {what}.")
    if below:
        nearest = max(below, key=lambda rival: rival.score)
        said.append(f"Next below it: {nearest.name} ({what} {number(nearest.score)}).")
    return " ".join(said)


def group_value(reach: float, reason: str) -> str:
    """How far the best group of a ward goes towards what was needed, where areas were chosen by value."""
    if reason not in NEAR_REASONS:
        raise InputError(f"near_reason: '{reason}' is not known; known are {', '.join(filter(None, NEAR_REASONS))}")
    if not 0 < reach < 1:
        return f"It is in no area chosen: {NEAR_REASONS[reason]}."
    cap = f"; {NEAR_REASONS[reason]}" if reason == "authority full" else ""
    said = f"The best group of wards it could be part of reaches {percent(reach)} of the value of the last area chosen"
    return f"{said}{cap}."


def ward_value(ward: Mapping[str, Any]) -> str:
    """What a ward itself brings to a value: harm above the usual, weighed by deprivation; '' where it is not known."""
    if any(name not in ward or pd.isna(ward[name]) for name in WARD_VALUE[:4]):
        return ""
    usual = float(ward["usual_harm_rate"]) * float(ward["population"]) / 1_000
    if not usual > 0:
        return ""
    times = float(ward["long_run_harm"]) / usual
    if times <= 1:
        return "Its own harm is not above what is usual for its kind of place, so it adds no value itself."
    busy = ward.get("visitor_ward")
    if not pd.isna(busy) and bool(busy) and not ward.get("value"):
        return "It is busy because many people visit, so it adds no value itself."
    return (
        f"Its own harm is {times:.1f} times what is usual for its kind of place, and it is more deprived than"
        f" {ward['deprivation']:.0f}% of the wards of {ward['country']}."
    )


def number(value: float) -> str:
    """An index or a value: whole, one decimal for small ones."""
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.1f}"


def numbers(first: float, second: float) -> tuple[str, str]:
    """Two numbers that differ, with as many decimals, up to two, as it takes to see it."""
    for decimals in (0, 1, 2):
        pair = f"{first:,.{decimals}f}", f"{second:,.{decimals}f}"
        if pair[0] != pair[1] and abs(first - second) > 10**-decimals / 2:
            break
    return pair


# ------------------------------------------------------------------------ what figures rest on, and the goal


def add_police_reason(places: GeoDataFrame) -> GeoDataFrame:
    """Wards or areas of `add_police_generated` with police_generated_reason in place of its code."""
    check_table(places, "places", ["police_generated_code", "police_generated_harm_share"])
    said = [
        "; ".join(
            text
            for letter, text in (
                (LEAVES, "without police-generated types it would not be on the list"),
                (LARGE_SHARE, f"{percent(share)} of its harm is of police-generated types"),
            )
            if letter in code
        )
        for code, share in zip(
            places["police_generated_code"], places["police_generated_harm_share"].astype(float), strict=True
        )
    ]
    result = places.assign(police_generated_reason=pd.Series(said, index=places.index, dtype=str))
    return result.drop(columns="police_generated_code")


def describe_goal(
    areas: pd.DataFrame, wards: pd.DataFrame, *, baseline: str, label: str = "serious harm", goal: float = GOAL
) -> tuple[str, ...]:
    """Plain sentences, per country: the shortlist's share, and what a fall there would and would not bring.

    Where the harm of an area is not known, or hidden, no share is told: a sum of the others would look like the whole.

    Args:
        areas: from `add_contribution`.
        wards: the ward table.
        baseline: what the fall is counted from, in words: 'the year to June 2025'.
        label: of the harm.
        goal: as given to `add_contribution`.
    """
    said = []
    met, aim = ("halving it", "to halve the whole") if goal == GOAL else (f"a fall of {percent(goal)}", "in the whole")
    whole = sum_assessed(wards)
    for country, own in chosen_areas(areas).groupby("country"):
        number, residents = (float(whole.loc[whole.index == country, name].sum()) for name in ("wards", "population"))
        places = "The area chosen holds" if len(own) == 1 else f"The {len(own)} areas chosen hold"
        share, people = float(own["contribution_if_goal_met"].sum(skipna=False)), float(own["population"].sum())
        if np.isnan(share):
            said.append(
                f"{places} {percent(people / residents)} of the residents of the {plural(number, 'assessed ward')} in"
                f" {country}. What part of its {label} that is cannot be told."
            )
            continue
        said.append(
            f"{places} {percent(share)} of the {label} of the {plural(number, 'assessed ward')} in {country}, and"
            f" {percent(people / residents)} of their residents. Counted from {baseline}, {met} there would bring"
            f" {percent(share)} of the fall needed {aim}; the rest would have to come from elsewhere."
        )
        like = own["contribution_if_like_comparators"]
        if like.notna().any():
            basis = _in_words(str(own.loc[like.notna(), "comparator_basis"].iloc[0]))
            said.append(
                f"Bringing it down to the level of wards that were not chosen but are alike in {basis} would bring"
                f" {percent(float(like.sum()))} of that fall."
            )
    return tuple(said)


def _in_words(basis: str) -> str:
    """'level, trend' -> 'harm and trend', and that wards matched on harm differ little in it."""
    parts = ["harm" if part == "level" else part for part in basis.split(", ")]
    return (
        f"{listed(parts)} (and since harm is one of these, by design little lower)"
        if "harm" in parts
        else listed(parts)
    )
