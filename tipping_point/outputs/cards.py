"""What the map says of one ward or one area, as columns of ready words: the browser rounds and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tipping_point import schema
from tipping_point.outputs import wording
from tipping_point.outputs.listing import Area, CountryList

Fact = dict[str, Any]
"""{'label': …, 'values': one text a ward, '' where there is nothing to say}."""


@dataclass(frozen=True)
class WardCards:
    """The cards of all wards: `facts` first, `bars` are percentiles drawn 0-100, `more` is folded away."""

    why: list[str]
    caveats: list[str]
    facts: list[Fact]
    bars: list[Fact]
    more: list[Fact]


def ward_cards(wards: pd.DataFrame, cover: schema.Cover, columns: Sequence[schema.Column] = ()) -> WardCards:
    """Every ward's card, in the order of `wards`; a column that the run did not make is left out."""
    records = wording.rows(wards)
    return WardCards(
        why=[_why(row) for row in records],
        caveats=["\n".join(wording.caveats(row)) for row in records],
        facts=_facts(wards, records, cover),
        bars=_bars(wards, records),
        more=_more(wards, records, columns),
    )


def area_card(area: Area, cover: schema.Cover) -> Mapping[str, Any]:
    """One area's card: its standing, its numbers and what to know of them."""
    standing = "On the shortlist" if area.shortlisted else "Next after the shortlist"
    facts = [
        ("Place by index", area.place),
        ("Wards", wording.count(area.row.get("wards"))),
        ("Residents", area.people),
        (
            wording.label(wording.clean(cover.measure_label)),
            f"{area.crimes} in {wording.plural(cover.months, 'month')}",
        ),
        ("Rate", area.rate and f"{area.rate} per 1,000 residents a year"),
        ("Severity-scaled volume", f"{area.share} of that of the study's wards in {area.country or 'all'}"),
        ("Index", f"{area.index} of 100"),
        ("In how many tests", area.tested),
        ("Police force", area.forces),
        *area.criteria,
    ]
    return {
        "number": area.number,
        "name": area.name,
        "where": ", ".join(part for part in (area.districts, area.country) if part),
        "shortlisted": area.shortlisted,
        "standing": standing,
        "facts": [fact for fact in facts if fact[1] and not fact[1].startswith(wording.NONE)],
        "caveats": list(area.caveats),
    }


def area_of_ward(wards: pd.DataFrame, lists: Sequence[CountryList]) -> list[int]:
    """For each ward the place of its area among all areas shown; -1 where it is in none of them."""
    shown = [area for country in lists for area in country.areas]
    home = {code: place for place, area in enumerate(shown) for code in area.codes}
    return [home.get(str(code), -1) for code in wards.index]


def _why(row: wording.Row) -> str:
    sentences = [wording.why_hot(row)]
    if wording.truth(row.get("assessed", True)):
        sentences.append(wording.neighbours(row))
    return " ".join(part for part in sentences if part)


def _facts(wards: pd.DataFrame, records: list[dict[str, Any]], cover: schema.Cover) -> list[Fact]:
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

    facts = [
        _fact(wards, records, "Residents", "population", lambda row: wording.count(row["population"])),
        _fact(wards, records, measure, "crimes", crimes),
        _fact(wards, records, "Rate", "crime_rate", crime_rate),
        _fact(wards, records, "Index", "index_score", lambda row: f"{wording.decimal(row['index_score'])} of 100"),
        _fact(
            wards,
            records,
            "Place by index",
            "rank",
            lambda row: f"{wording.place(row, ranked.get(row.get('country')))}",
        ),
    ]
    return [fact for fact in facts if fact]


def _bars(wards: pd.DataFrame, records: list[dict[str, Any]]) -> list[Fact]:
    names = {"deprivation": "All six together", **schema.DOMAINS}
    bars = (_fact(wards, records, words, name, _whole(name)) for name, words in names.items())
    return [bar for bar in bars if bar]


def _more(wards: pd.DataFrame, records: list[dict[str, Any]], columns: Sequence[schema.Column]) -> list[Fact]:
    """What an analyst asks next: further rates, tests, the parts of the index, indicators."""
    own = {column.name: column for column in columns}
    known = {column.name for column in schema.WARDS}
    fixed: dict[str, tuple[str, Callable[[Any], str]]] = {
        "smoothed_rate": ("Rate drawn towards the mean (empirical Bayes)", wording.decimal),
        "harm_rate": ("Severity-scaled volume per 1,000 a year", wording.count),
        "crimes_all": ("All crime, without anti-social behaviour", wording.count),
        "gi_star_p_adjusted": ("Gi*, adjusted", wording.probability),
        "local_moran_p_adjusted": ("Local Moran, adjusted", wording.probability),
    }
    facts = [_fact(wards, records, words, name, _cell(name, form)) for name, (words, form) in fixed.items()]
    for name in wards.columns:
        repeated = name.removeprefix("component_") in schema.DOMAINS
        if name in known or name == "geometry" or repeated:
            continue
        words = wording.label(name)
        unit = f" {wording.clean(own[name].unit, 40)}" if name in own and own[name].unit else ""
        scored = ", as it enters the index" if str(name).startswith("component_") else unit and f" ({unit.strip()})"
        facts.append(_fact(wards, records, f"{words}{scored}", name, _cell(name, wording.number)))
    return [fact for fact in facts if fact]


def _fact(
    wards: pd.DataFrame, records: list[dict[str, Any]], words: str, column: str, form: Callable[[wording.Row], str]
) -> Fact | None:
    """A fact for every ward that has the column's value; nothing where the run did not make the column."""
    if column not in wards:
        return None
    return {"label": words, "values": ["" if row[column] is None else form(row) for row in records]}


def _cell(column: str, form: Callable[[Any], str]) -> Callable[[wording.Row], str]:
    return lambda row: form(row[column])


def _whole(column: str) -> Callable[[wording.Row], str]:
    return lambda row: wording.count(row[column])
