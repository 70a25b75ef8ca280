"""Which areas are shown, in which order, and what is said of each: the map and the report list the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import wording

NEXT = 10
"""How many areas that were not chosen are shown after the shortlist of a country."""

LONGEST = 700
"""Characters of a sentence from the tables that are shown."""

LASTING = ("emerging_word", "chronic_state")
"""What a ward says of whether an area is long-standing or new."""

LEVER = re.compile(r"(?P<domain>[^(]*?) \((?P<department>[^;]*); (?P<lead>.*)\)")


@dataclass(frozen=True)
class Criterion:
    """One of the four criteria: its name, 'pass', 'fail' or 'not assessed', and the numbers behind it in a sentence."""

    name: str
    result: str
    sentence: str


@dataclass(frozen=True)
class Lever:
    """A domain of deprivation in which an area is in the most deprived tenth, and who can act on it."""

    domain: str
    department: str
    lead: str


@dataclass(frozen=True)
class Area:
    """One area in words: what the list, the card, the brief and the table twin show of it."""

    area_id: str
    number: str
    """'3', or 'W3' where the study holds two countries."""
    shortlisted: bool
    name: str
    districts: str
    forces: str
    country: str
    codes: tuple[str, ...]
    wards: str
    people: str
    crimes: str
    rate: str
    index: str
    share: str
    place: str
    likely: str
    """'likely place 2nd to 5th': what chance leaves open; '' until firmness is part of the run."""
    other_choices: str
    """'place 2nd to 5th under other choices'; '' where none was tried."""
    tested: str
    """'chosen in 94 of 100 tests'; '' until firmness is part of the run, or where nothing else could be chosen."""
    lasting: str
    """'long-standing', 'new', 'long-standing in 2 of its 5 wards', 'not long-standing'; '' where it cannot be said."""
    standing: str
    """'chosen', 'nearly chosen', 'not chosen' or 'not assessed'."""
    criteria: tuple[tuple[str, str], ...]
    criteria_said: tuple[Criterion, ...]
    levers: tuple[Lever, ...]
    partnerships: str
    authority: str
    """The mayoral authority; '' where no lookup has it, which `authority_note` then says."""
    authority_note: str
    why: str
    would_change: str
    rivals: str
    contribution: tuple[str, ...]
    """How far it carries the whole towards halving, in sentences."""
    depends_on_police_generated: bool
    police_generated: str
    """Why it depends on offences that police generate; '' where it does not."""
    caveats: tuple[str, ...]
    visitors: bool
    row: Mapping[str, Any]


@dataclass(frozen=True)
class CountryList:
    """The shortlist of one country and what comes next; countries are never mixed in a list."""

    country: str
    shortlist: tuple[Area, ...]
    following: tuple[Area, ...]
    why_none: str
    """Why the shortlist is empty; '' where it is not."""

    @property
    def areas(self) -> tuple[Area, ...]:
        """Both lists, in order."""
        return self.shortlist + self.following


def country_lists(wards: pd.DataFrame, areas: pd.DataFrame, cover: schema.Cover) -> list[CountryList]:
    """The lists of every country in the study, in alphabetical order."""
    table = pd.DataFrame(keyed(areas, "area_id"))
    known: list[str] = wards["country"].dropna().unique().tolist() if "country" in wards else []
    countries = sorted(country for country in known if country) or [""]
    return [_country_list(country, wards, table, cover, alone=len(countries) < 2) for country in countries]


def keyed(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """The table with its key as the first column, whether it stood in the index or in a column."""
    if key in table.columns:
        return table[[key, *(name for name in table.columns if name != key)]].reset_index(drop=True)
    return table.rename_axis(index=key).reset_index()


def _country_list(
    country: str, wards: pd.DataFrame, table: pd.DataFrame, cover: schema.Cover, *, alone: bool
) -> CountryList:
    mine = table[table["country"].eq(country)] if country and "country" in table else table
    if "rank" in mine:
        # An area without a rank lies outside the study's limits: it stays in areas.csv and is on no list.
        mine = mine[mine["rank"].notna()].sort_values(["rank", "area_id"], kind="stable")
    chosen = wording.flags(mine, "shortlisted", absent=True)
    prefix = "" if alone else country[:1]
    said = pd.DataFrame(wards)[[name for name in ("ward_name", *LASTING) if name in wards]]
    shortlist = tuple(_area(row, said, prefix) for row in wording.rows(mine[chosen]))
    ranked = mine["rank"].notna() if "rank" in mine else ~chosen
    following = tuple(_area(row, said, prefix) for row in wording.rows(mine[~chosen & ranked].head(NEXT)))
    why = ""
    if not shortlist:
        home = wards[wards["country"].eq(country)] if country else wards
        why = wording.no_areas(home, cover.area if alone else country, cover)
    return CountryList(wording.clean(country), shortlist, following, why)


def _area(row: dict[str, Any], wards: pd.DataFrame, prefix: str) -> Area:
    """An area in words; of the wards their names and LASTING are asked."""
    codes = wording.split(row.get("ward_codes"))
    mine = wards[wards.index.isin(codes)]
    names = dict(zip(mine.index.astype(str), mine["ward_name"], strict=True)) if "ward_name" in mine else {}
    shortlisted = wording.truth(row.get("shortlisted", True))
    said = _criteria(row)
    return Area(
        area_id=str(row["area_id"]),
        number=f"{prefix}{wording.count(row.get('rank'))}",
        shortlisted=shortlisted,
        name=wording.clean(row.get("area_name"), 140) or str(row["area_id"]),
        districts=_names(row, "district_names"),
        forces=_names(row, "force_names"),
        country=wording.clean(row.get("country")),
        codes=tuple(codes),
        wards=wording.plural(row.get("wards"), "ward"),
        people=wording.count(row.get("population")),
        crimes=wording.count(row.get("crimes")),
        rate=wording.rate(
            row.get("crime_rate"), row.get("crime_rate_low"), row.get("crime_rate_high"), events=row.get("crimes")
        ),
        index=wording.decimal(row.get("index_score")),
        share=wording.share(row.get("share_of_harm")),
        place=wording.place(row),
        likely=wording.likely_place(row),
        other_choices=wording.other_choices(row),
        tested=wording.tested(row.get("share_in_top")),
        lasting=wording.lasting(row, wording.rows(mine.drop(columns="ward_name", errors="ignore"))),
        standing=wording.STANDINGS.get(str(row.get("standing") or ""), "chosen" if shortlisted else "nearly chosen"),
        criteria=tuple((each.name, each.result) for each in said),
        criteria_said=said,
        levers=_levers(row.get("levers")),
        partnerships=_names(row, "partnership_names"),
        authority=_names(row, "mayoral_authority"),
        authority_note=wording.clean(row.get("accountability_note"), 300),
        why=wording.clean(row.get("why"), LONGEST),
        would_change=wording.clean(row.get("would_change"), LONGEST),
        rivals=wording.clean(row.get("rivals"), LONGEST),
        contribution=tuple(wording.contribution(row)),
        depends_on_police_generated=wording.truth(row.get("depends_on_police_generated")),
        police_generated=wording.clean(row.get("police_generated_reason"), 400),
        caveats=tuple(wording.area_caveats(row, names)),
        visitors=bool(wording.split(row.get("visitor_wards"))),
        row=row,
    )


def _names(row: Mapping[str, Any], column: str) -> str:
    """The names in a cell, each cleaned: 'A, B and C'."""
    return wording.listed(wording.clean(name) for name in wording.split(row.get(column)))


def _criteria(row: Mapping[str, Any]) -> tuple[Criterion, ...]:
    return tuple(
        Criterion(words, wording.clean(row[name]), wording.clean(row.get(f"{name}_reason"), LONGEST))
        for name, words in wording.CRITERIA.items()
        if row.get(name) is not None
    )


def _levers(cell: object) -> tuple[Lever, ...]:
    """The levers in a cell of `areas`: 'Income (Department; local lead) | Health (…)'."""
    found = [LEVER.fullmatch(part.strip()) for part in wording.clean(cell, 2_000).split(" | ")]
    return tuple(Lever(*(wording.clean(text, 200) for text in each.groups())) for each in found if each)
