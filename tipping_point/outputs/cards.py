"""What the map says of one ward or one area, as columns of ready words: the browser rounds and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import wording
from tipping_point.outputs.analyst_views import EMERGING
from tipping_point.outputs.listing import LONGEST, Area, CountryList
from tipping_point.outputs.views import LASTING

Fact = dict[str, Any]
"""{'label': …, 'values': one text a ward, '' where there is nothing to say}."""

Records = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class WardCards:
    """The cards of all wards: `facts` first, `bars` are percentiles drawn 0-100, `more` is folded away."""

    standing: list[str]
    """'Chosen', 'Nearly chosen', 'Not chosen' or 'Not assessed'; '' where the run did not say."""
    why: list[str]
    would_change: list[str]
    rivals: list[str]
    tests: list[str]
    """What the hot-spot tests say."""
    caveats: list[str]
    facts: list[Fact]
    bars: list[Fact]
    more: list[Fact]


def ward_cards(wards: pd.DataFrame, cover: schema.Cover, columns: Sequence[schema.Column] = ()) -> WardCards:
    """Every ward's card, in the order of `wards`; a column that the run did not make is left out."""
    records = wording.rows(wards)
    return WardCards(
        standing=[_standing(row) for row in records],
        why=_texts(records, "why"),
        would_change=_texts(records, "would_change"),
        rivals=_texts(records, "rivals"),
        tests=[_tests(row) for row in records],
        caveats=["\n".join(wording.caveats(row)) for row in records],
        facts=_facts(wards, records, cover),
        bars=_bars(wards, records),
        more=_more(wards, records, columns),
    )


def area_card(area: Area, cover: schema.Cover) -> Mapping[str, Any]:
    """One area's card: its standing and why, its numbers, its criteria, who holds the levers, what to know."""
    measure = wording.label(wording.clean(cover.measure_label))
    facts = [
        ("How sure", "; ".join(text for text in (area.likely, area.tested, area.other_choices) if text)),
        ("How lasting", area.lasting),
        ("Wards", wording.count(area.row.get("wards"))),
        ("Residents", area.people),
        (measure, f"{area.crimes} in {wording.plural(cover.months, 'month')}"),
        ("Rate", area.rate and f"{area.rate} per 1,000 residents a year"),
        ("Severity-scaled volume", f"{area.share} of that of the study's wards in {area.country or 'all'}"),
        ("Index", f"{area.index} of 100"),
        ("Police force", area.forces),
        ("Community safety partnership", area.partnerships),
        ("Mayoral authority", area.authority or area.authority_note),
    ]
    return {
        "number": area.number,
        "name": area.name,
        "where": ", ".join(part for part in (area.districts, area.country) if part),
        "shortlisted": area.shortlisted,
        "standing": "On the shortlist" if area.shortlisted else "Next after the shortlist",
        "place": area.place,
        "why": area.why,
        "wouldChange": area.would_change,
        "rivals": area.rivals,
        "facts": [fact for fact in facts if fact[1] and not fact[1].startswith(wording.NONE)],
        "criteria": [[each.name, each.result, each.sentence] for each in area.criteria_said],
        "levers": [[lever.domain, f"{lever.department}; {lever.lead}"] for lever in area.levers],
        "caveats": [*area.caveats, *([area.police_generated] if area.depends_on_police_generated else [])],
    }


def area_of_ward(wards: pd.DataFrame, lists: Sequence[CountryList]) -> list[int]:
    """For each ward the place of its area among all areas shown; -1 where it is in none of them."""
    shown = [area for country in lists for area in country.areas]
    home = {code: place for place, area in enumerate(shown) for code in area.codes}
    return [home.get(str(code), -1) for code in wards.index]


def _standing(row: wording.Row) -> str:
    if not wording.truth(row.get("assessed", True)):
        return "Not assessed"
    return wording.sentence(wording.STANDINGS.get(str(row.get("standing") or ""), ".")).rstrip(".")


def _texts(records: Records, column: str) -> list[str]:
    return [wording.clean(row.get(column), LONGEST) for row in records]


def _tests(row: wording.Row) -> str:
    sentences = [wording.why_hot(row)]
    if wording.truth(row.get("assessed", True)):
        sentences.append(wording.neighbours(row))
    return " ".join(part for part in sentences if part)


def _facts(wards: pd.DataFrame, records: Records, cover: schema.Cover) -> list[Fact]:
    ranked = wards["rank"].notna().groupby(wards["country"]).sum().to_dict() if {"rank", "country"} <= {*wards} else {}
    measure = wording.label(wording.clean(cover.measure_label))

    def crimes(row: wording.Row) -> str:
        covered = row.get("months_covered")
        months = wording.plural(cover.months if covered is None else covered, "month")
        return f"{wording.count(row['crimes'])} in {months}"

    def crime_rate(row: wording.Row) -> str:
        low, high = row.get("crime_rate_low"), row.get("crime_rate_high")
        shown = wording.rate(row["crime_rate"], low, high, events=row.get("crimes"))
        return f"{shown} per 1,000 residents a year"

    def lasting(row: wording.Row) -> str:
        words = ": ".join(LASTING.get(str(row["chronic_state"]), ()))
        reason = wording.clean(row.get("chronic_reason"), 200)
        return f"{words} ({reason})" if words and reason else words

    facts = [
        _fact(wards, records, "Residents", "population", lambda row: wording.count(row["population"])),
        _fact(wards, records, measure, "crimes", crimes),
        _fact(wards, records, "Rate", "crime_rate", crime_rate),
        _fact(wards, records, "Index", "index_score", lambda row: f"{wording.decimal(row['index_score'])} of 100"),
        _fact(wards, records, "Place by index", "rank", lambda row: wording.place(row, ranked.get(row.get("country")))),
        _fact(wards, records, "Among the highest", "share_in_top", _among_highest),
        _fact(wards, records, "How lasting", "chronic_state", lasting),
    ]
    return [fact for fact in facts if fact]


def _among_highest(row: wording.Row) -> str:
    return wording.tested(row["share_in_top"]).removeprefix("chosen ")


def _bars(wards: pd.DataFrame, records: Records) -> list[Fact]:
    names = {"deprivation": "All six together", **schema.DOMAINS}
    bars = (_fact(wards, records, words, name, _whole(name)) for name, words in names.items())
    return [bar for bar in bars if bar]


def _more(wards: pd.DataFrame, records: Records, columns: Sequence[schema.Column]) -> list[Fact]:
    """What an analyst asks next: further rates, tests, the parts of the index, indicators."""
    own = {column.name: column for column in columns}
    known = {column.name for column in schema.WARDS}
    fixed: dict[str, tuple[str, Callable[[Any], str]]] = {
        "smoothed_rate": ("Rate drawn towards the mean (empirical Bayes)", wording.decimal),
        "harm_rate": ("Severity-scaled volume per 1,000 a year", wording.count),
        "crimes_all": ("All crime, without anti-social behaviour", wording.count),
        "emerging_word": ("Hot spot over time", lambda word: EMERGING.get(str(word), "")),
        "gi_star_p_adjusted": ("Gi*, adjusted", wording.probability),
        "local_moran_p_adjusted": ("Local Moran, adjusted", wording.probability),
    }
    facts = [_fact(wards, records, words, name, _cell(name, form)) for name, (words, form) in fixed.items()]
    if {"rank_choice_low", "rank_choice_high"} <= {*wards}:
        facts.append(_fact(wards, records, "Place under other choices", "rank_choice_low", _other_places))
    for name in wards.columns:
        repeated = name.removeprefix("component_") in schema.DOMAINS
        if name in known or name == "geometry" or repeated:
            continue
        words = wording.label(name)
        unit = f" {wording.clean(own[name].unit, 40)}" if name in own and own[name].unit else ""
        scored = ", as it enters the index" if str(name).startswith("component_") else unit and f" ({unit.strip()})"
        facts.append(_fact(wards, records, f"{words}{scored}", name, _cell(name, wording.number)))
    return [fact for fact in facts if fact]


def _other_places(row: wording.Row) -> str:
    return wording.other_choices(row).removeprefix("place ").removesuffix(" under other choices")


def _fact(
    wards: pd.DataFrame, records: Records, words: str, column: str, form: Callable[[wording.Row], str]
) -> Fact | None:
    """A fact for every ward that has the column's value; nothing where the run did not make the column."""
    if column not in wards:
        return None
    return {"label": words, "values": ["" if row[column] is None else form(row) for row in records]}


def _cell(column: str, form: Callable[[Any], str]) -> Callable[[wording.Row], str]:
    return lambda row: form(row[column])


def _whole(column: str) -> Callable[[wording.Row], str]:
    return lambda row: wording.count(row[column])
