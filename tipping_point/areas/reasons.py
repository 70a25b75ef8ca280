"""The sentences that say why a place was chosen or not, each made from its numbers and those of its rivals."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from tipping_point.areas.why import Contest, Flip, Floats, Rival
from tipping_point.areas.words import listed, named, percent, plural, sentence

SLIGHT = 0.5
"""Points of the index below which a component is not said to lift a place or to hold it back."""


LARGE = 0.25
"""Change of a weight from which the index is called a different one."""

WARD_VALUE = ("long_run_harm", "usual_harm_rate", "population", "deprivation", "visitor_ward", "value", "country")
"""What `ward_value` looks at; it says nothing where one of the first four is missing."""


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
    if not 0 < reach < 1:
        return f"It is in no area chosen: {reason or 'no group of wards was found for it'}."
    cap = f"; {reason}" if reason.startswith("its authority") else ""
    said = f"The best group of wards it could be part of reaches {percent(reach)} of the value of the last area chosen"
    return f"{said}{cap}."


def ward_value(ward: Mapping[Hashable, Any]) -> str:
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


def held_in(codes: Sequence[str], alternatives: Mapping[str, Collection[str]]) -> dict[str, bool]:
    """Under each alternative, whether at least half of the wards are chosen."""
    return {name: 2 * sum(code in wards for code in codes) >= len(codes) for name, wards in alternatives.items()}


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
