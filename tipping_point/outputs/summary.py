"""The page for whoever has one minute: what was chosen, how firm that is, and what it would add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import wording
from tipping_point.outputs.listing import Area, CountryList

Records = Mapping[str, pd.DataFrame]

OFTEN = 0.9
"""Share of tests from which a choice is called firm."""

NUMBERS = ("no", "one", "two", "three", "four")


def summary(
    wards: pd.DataFrame, lists: Sequence[CountryList], cover: schema.Cover, *, records: Records
) -> list[tuple[str, list[str]]]:
    """For each country of the study its name and the sentences of the summary; a country without areas says why."""
    return [
        (country.country if len(lists) > 1 else "", _country(wards, country, cover, records, alone=len(lists) < 2))
        for country in lists
    ]


def _country(
    wards: pd.DataFrame, country: CountryList, cover: schema.Cover, records: Records, *, alone: bool
) -> list[str]:
    if not country.shortlist:
        return [country.why_none]
    where = cover.area if alone else country.country
    mine = wards[wards["country"].eq(country.country)] if country.country and "country" in wards else wards
    said = [
        _chosen(mine, country.shortlist, where),
        _concentrated(records, cover) if alone else "",
        _criteria(country.shortlist),
        _firm(country),
        _goal(country.shortlist),
        _other_setting(records) if alone else "",
    ]
    return [text for text in said if text]


def _chosen(mine: pd.DataFrame, chosen: Sequence[Area], where: str) -> str:
    """How many areas, wards and people, and their share of the harm."""
    assessed = mine[wording.flags(mine, "assessed", absent=True)]
    rows = [area.row for area in chosen]
    people, harm = total(rows, "population"), total(rows, "share_of_harm")
    residents = float(assessed["population"].sum()) if "population" in assessed else 0.0
    wards_in = wording.plural(total(rows, "wards"), "ward")
    said = f"{wording.plural(len(rows), 'area')} on the shortlist for {wording.clean(where)}: {wards_in}"
    if people:
        of = f", {wording.part(people, residents)} of all who live in assessed wards" if residents else ""
        said += f", home to {wording.count(people)} people{of}"
    if not harm:
        return f"{said}."
    return (
        f"{said}. {wording.share(min(harm, 1.0))} of the harm recorded in the assessed wards was recorded there "
        "(severity-scaled volume)."
    )


def _concentrated(records: Records, cover: schema.Cover) -> str:
    """How few wards hold a quarter and a half of the crime, over the last year of the whole study."""
    table = records.get("concentration", pd.DataFrame())
    whole = table[table["group"].eq("")] if "group" in table else table
    if whole.empty:
        return ""
    last = whole.iloc[-1]
    return (
        f"A quarter of {wording.clean(cover.measure_label)} was recorded in {wording.share(last['share_25'])} of the "
        f"assessed wards and half in {wording.share(last['share_50'])}; scattered by residents alone it would take "
        f"{wording.share(last['share_25_expected'])} and {wording.share(last['share_50_expected'])}."
    )


def _criteria(chosen: Sequence[Area]) -> str:
    """How many of the areas meet how many of the four criteria."""
    judged = [area.row for area in chosen if area.row.get("criteria_passed") is not None]
    open_ends = [row for row in judged if row.get("criteria_assessed") != len(wording.CRITERIA)]
    if not judged:
        return ""
    passed = [int(row["criteria_passed"]) for row in judged]
    counted = [
        f"{passed.count(number)} {'meets' if passed.count(number) == 1 else 'meet'} {NUMBERS[number]}"
        for number in sorted(set(passed), reverse=True)
    ]
    said = f"Of the four criteria (concentrated, lasting, compounded by need, tipping), {wording.listed(counted)}"
    if open_ends:
        return f"{said}; in {len(open_ends)} not all four could be assessed."
    return f"{said}."


def _firm(country: CountryList) -> str:
    """How often the areas are chosen again, the least firm by name, and the firmest of those that were not chosen."""
    tested = [area for area in country.shortlist if area.row.get("share_in_top") is not None]
    if not tested:
        return "Every place shown comes with its range: areas whose ranges overlap may not differ."
    often = sum(float(area.row["share_in_top"]) >= OFTEN for area in tested)
    said = f"{often} of {len(tested)} were chosen in at least {wording.share(OFTEN).rstrip('%')} of 100 tests"
    least = min(tested, key=lambda area: float(area.row["share_in_top"]))
    if float(least.row["share_in_top"]) < OFTEN:
        said += f"; the least firm, {least.name}, was {least.tested}"
    others = [area for area in country.following if area.row.get("share_in_top") is not None]
    if others:
        first = max(others, key=lambda area: float(area.row["share_in_top"]))
        said += f". Of those not chosen, {first.name} was {first.tested}"
    return f"{said}."


def _goal(chosen: Sequence[Area]) -> str:
    """How far halving harm in the chosen areas carries the whole."""
    rows = [area.row for area in chosen]
    met = total(rows, "contribution_if_goal_met")
    if not met:
        return ""
    said = f"Halving serious harm there would bring {wording.share(met)} of the fall that halving it in all assessed"
    alike = total(rows, "contribution_if_like_comparators")
    said += " wards needs"
    if alike:
        said += f"; bringing it down to the level of wards that are alike and were not chosen, {wording.share(alike)}"
    return f"{said}. The rest would have to come from elsewhere."


def _other_setting(records: Records) -> str:
    """The other setting under which fewest of the chosen wards stay."""
    table = records.get("settings", pd.DataFrame())
    if table.empty:
        return ""
    row = table.sort_values(["share_in_common", "setting"]).iloc[0]
    return (
        f"Of the other settings tried, the choice changes most if {wording.clean(row['setting'], 120)}: "
        f"{wording.count(row['wards_in_common'])} of the {wording.count(row['wards'])} wards would stay."
    )


def total(rows: Sequence[Mapping[str, object]], column: str) -> float:
    """The sum of a column over rows; what is missing adds nothing."""
    return sum(float(str(row[column])) for row in rows if row.get(column) is not None)
