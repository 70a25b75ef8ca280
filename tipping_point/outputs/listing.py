"""Which areas are shown, in which order, and what is said of each: the map and the report list the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tipping_point import schema
from tipping_point.outputs import wording

NEXT = 10
"""How many areas that were not chosen are shown after the shortlist of a country."""


@dataclass(frozen=True)
class Area:
    """One area in words: what the list, the card and the table twin show of it."""

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
    tested: str
    """'chosen in 94 of 100 tests'; '' until firmness is part of the run."""
    criteria: tuple[tuple[str, str], ...]
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
    table = keyed(areas, "area_id")
    known: list[str] = wards["country"].dropna().unique().tolist() if "country" in wards else []
    countries = sorted(country for country in known if country) or [""]
    names = dict(zip(wards.index.astype(str), wards["ward_name"], strict=True)) if "ward_name" in wards else {}
    return [_country_list(country, wards, table, cover, names, alone=len(countries) < 2) for country in countries]


def keyed(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """The table with its key as the first column, whether it stood in the index or in a column."""
    if key in table.columns:
        return table[[key, *(name for name in table.columns if name != key)]].reset_index(drop=True)
    return table.rename_axis(index=key).reset_index()


def _country_list(
    country: str,
    wards: pd.DataFrame,
    table: pd.DataFrame,
    cover: schema.Cover,
    names: Mapping[str, str],
    *,
    alone: bool,
) -> CountryList:
    mine = table[table["country"].eq(country)] if country and "country" in table else table
    if "rank" in mine:
        # An area without a rank lies outside the study's limits: it stays in areas.csv and is on no list.
        mine = mine[mine["rank"].notna()].sort_values(["rank", "area_id"], kind="stable")
    chosen = wording.flags(mine, "shortlisted", absent=True)
    prefix = "" if alone else country[:1]
    shortlist = tuple(_area(row, names, prefix) for row in wording.rows(mine[chosen]))
    ranked = mine["rank"].notna() if "rank" in mine else ~chosen
    following = tuple(_area(row, names, prefix) for row in wording.rows(mine[~chosen & ranked].head(NEXT)))
    home = wards[wards["country"].eq(country)] if country else wards
    why = "" if shortlist else wording.no_areas(home, cover.area if alone else country, cover)
    return CountryList(wording.clean(country), shortlist, following, why)


def _area(row: dict[str, Any], names: Mapping[str, str], prefix: str) -> Area:
    criteria = tuple(
        (words, wording.clean(row[name])) for name, words in wording.CRITERIA.items() if row.get(name) is not None
    )
    in_top = row.get("share_in_top")
    return Area(
        area_id=str(row["area_id"]),
        number=f"{prefix}{wording.count(row.get('rank'))}",
        shortlisted=wording.truth(row.get("shortlisted", True)),
        name=wording.clean(row.get("area_name"), 140) or str(row["area_id"]),
        districts=wording.listed(wording.clean(name) for name in wording.split(row.get("district_names"))),
        forces=wording.listed(wording.clean(name) for name in wording.split(row.get("force_names"))),
        country=wording.clean(row.get("country")),
        codes=tuple(wording.split(row.get("ward_codes"))),
        wards=wording.plural(row.get("wards"), "ward"),
        people=wording.count(row.get("population")),
        crimes=wording.count(row.get("crimes")),
        rate=wording.rate(
            row.get("crime_rate"), row.get("crime_rate_low"), row.get("crime_rate_high"), events=row.get("crimes")
        ),
        index=wording.decimal(row.get("index_score")),
        share=wording.share(row.get("share_of_harm")),
        place=wording.place(row),
        tested="" if in_top is None else f"chosen in {round(100 * float(in_top))} of 100 tests",
        criteria=criteria,
        caveats=tuple(wording.area_caveats(row, names)),
        visitors=bool(wording.split(row.get("visitor_wards"))),
        row=row,
    )
