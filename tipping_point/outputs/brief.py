"""One page for each chosen area: every sentence is made from a cell of a table, and says where it cannot be sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import shapely
from markupsafe import Markup

from tipping_point import tables as schema
from tipping_point.outputs import close_ups, larger_areas, pictures, questions, wording
from tipping_point.outputs.listing import Area, CountryList

Records = Mapping[str, pd.DataFrame]
Line = tuple[str, ...]
"""One row of a table, as it is shown."""

LONG = 360
"""Characters of a sentence that one page has room for."""

FEW_DOMAINS = 3
"""Domains of greatest need named where none is in the most deprived tenth."""

WARD_COLUMNS = (
    "ward_name", "population", "visitor_ward", "crimes", "crime_rate", "crime_rate_low", "crime_rate_high",
)  # fmt: skip
"""What the page's table of wards is made from."""

FEWEST = 4
"""Quarters below which no trend is shown: a year has four, and seasons are not a trend."""

MOST = 12
"""Quarters of the longest trend that a run makes."""

FULL = 1_100
"""Characters of criteria and firmness from which a page is set closer, so that it stays on one side."""

SUCCESS = {"crimes": "a year", "harm": "severity points a year"}


@dataclass(frozen=True)
class AreaPage:
    """What one side of paper says of an area: ready words, tables of words, and two pictures."""

    area: Area
    headline: tuple[str, ...]
    who: tuple[tuple[str, str], ...]
    wards: tuple[Line, ...]
    locator: Markup
    sure: tuple[str, ...]
    drives: tuple[Line, ...]
    drives_said: str
    trend: Markup
    trend_said: str
    trend_rows: tuple[Line, ...]
    beside: tuple[larger_areas.Series, ...]
    """Figures of larger areas in which it lies."""
    alike: tuple[Line, ...]
    alike_said: str
    years: tuple[str, ...]
    success: tuple[Line, ...]
    success_said: tuple[str, ...]
    cannot: tuple[str, ...]

    @property
    def dense(self) -> bool:
        """True where there is so much to say that the page is set closer."""
        said = (*self.sure, *(each.sentence for each in self.area.criteria_said))
        return len(self.drives) >= FEW_DOMAINS or sum(min(len(text), LONG) for text in said) > FULL


def area_pages(
    lists: Sequence[CountryList], wards: gpd.GeoDataFrame, cover: schema.Cover, *, records: Records,
    whole: shapely.Geometry | None = None,
) -> list[AreaPage]:  # fmt: skip
    """A page for every chosen area, in the order of the lists.

    Args:
        lists: from `listing.country_lists`.
        wards: `schema.WARDS` on ward_code, with outlines.
        cover: the face of the outputs.
        records: tables of `schema.RECORDS` by name; what a run did not make is left out and said.
        whole: all wards as one shape, for the small outline of the study; None draws none.
    """
    chosen = [area for country in lists for area in country.shortlist]
    maps = close_ups.close_ups(wards, chosen, whole)
    number = {country.country: len(country.shortlist) for country in lists}
    return [
        _page(area, wards, cover, records, maps[area.area_id],
              of=number[area.country] if area.country in number else len(chosen))
        for area in chosen
    ]  # fmt: skip


def _page(
    area: Area, wards: pd.DataFrame, cover: schema.Cover, records: Records, locator: Markup, *, of: int
) -> AreaPage:  # fmt: skip
    lines = tuple(_ward(number, row) for number, row in enumerate(wording.rows(_mine(area, wards)), start=1))
    trend = _of(records, "trend", area)
    drives, drives_said = _drives(area, records)
    alike, alike_said = _alike(area, records)
    years, success, success_said = _success(area, cover, records)
    return AreaPage(
        area=area,
        headline=_headline(area, cover, of),
        who=_who(area),
        wards=lines,
        locator=locator,
        sure=_sure(area, records),
        drives=drives,
        drives_said=drives_said,
        trend=pictures.quarter_bars(trend, area.name) if _long_enough(trend) else Markup(""),
        trend_said=_trend_said(trend, _of(records, "trend_years", area), cover),
        trend_rows=tuple(_quarter(row) for row in wording.rows(trend)) if _long_enough(trend) else (),
        beside=larger_areas.beside_area(records, area.area_id),
        alike=alike,
        alike_said=alike_said,
        years=years,
        success=success,
        success_said=success_said,
        cannot=_cannot(area, wards, cover, marked=any(wording.MARK in line[-1] for line in lines)),
    )


def _mine(area: Area, wards: pd.DataFrame) -> pd.DataFrame:
    """The area's wards, most residents first: the order of the numbers on its map."""
    shown = [name for name in WARD_COLUMNS if name in wards]
    mine = pd.DataFrame(wards.loc[wards.index.isin(area.codes), shown])
    if "population" not in mine:
        return mine.sort_index()
    return mine.rename_axis("ward_code").sort_values(["population", "ward_code"], ascending=[False, True])


def _headline(area: Area, cover: schema.Cover, of: int) -> tuple[str, ...]:
    """Its place with its range, and its numbers with theirs."""
    place = f"{wording.ordinal(area.row['rank'])} of {of} chosen" if area.row.get("rank") is not None else ""
    ranges = "; ".join(part.replace("place ", "") for part in (area.likely, area.other_choices) if part)
    firm = f"{place} [{ranges or wording.NO_RANGE}]" if place else ""
    measure = wording.clean(cover.measure_label, 120)
    numbers = f"{measure}: {area.crimes} recorded in {wording.plural(cover.months, 'month')}"
    if area.row.get("crime_rate") is not None:
        numbers += f", {area.rate} per 1,000 residents a year"
    if area.row.get("share_of_harm") is not None:
        numbers += f"; {area.share} of all severity-scaled harm"
    first = ", ".join(part for part in (firm, area.tested, area.lasting) if part)
    return tuple(wording.sentence(part) for part in (first, numbers) if part)


def _who(area: Area) -> tuple[tuple[str, str], ...]:
    """Who answers for the place: from the lookups; where none has it, that is said."""
    missing = "no lookup of the study has it"
    authority = area.authority or area.authority_note or missing
    return (
        ("District", area.districts or missing),
        ("Community safety partnership", area.partnerships or missing),
        ("Police force", area.forces or missing),
        ("Mayoral authority", authority),
    )


def _ward(number: int, row: wording.Row) -> Line:
    rate = wording.rate(
        row.get("crime_rate"), row.get("crime_rate_low"), row.get("crime_rate_high"), events=row.get("crimes")
    )
    name = wording.clean(row.get("ward_name"), 60)
    busy = " (busy centre)" if wording.truth(row.get("visitor_ward")) else ""
    return str(number), f"{name}{busy}", wording.count(row.get("population")), wording.count(row.get("crimes")), rate


def _sure(area: Area, records: Records) -> tuple[str, ...]:
    """How firm its place is, and what it is most sensitive to."""
    ranges = [
        f"{area.likely} by chance alone, every choice held (90% range)" if area.likely else "",
        f"{area.other_choices} that were tried (no probability is claimed)" if area.other_choices else "",
        f"{area.tested}, the counts drawn anew" if area.tested else "",
    ]
    found = [wording.sentence("; ".join(text for text in ranges if text) or "how firm its place is was not tested")]
    if area.likely and not area.tested:
        found.append("How often it is chosen again is not given: no more areas were found than were asked for.")
    found += [wording.clean(area.would_change, LONG), _most_sensitive(records)]
    if area.depends_on_police_generated:
        found.append(wording.sentence(wording.clean(area.police_generated, LONG)))
    elif area.row.get("police_generated_harm_share") is not None:
        part = wording.share(area.row["police_generated_harm_share"])
        found.append(f"{part} of its severity-scaled volume is offences that are mostly found by police.")
    return tuple(text for text in found if text)


def _most_sensitive(records: Records) -> str:
    """What the whole ranking moves with most, from `sensitivity`."""
    table = records.get("sensitivity", pd.DataFrame())
    whole = table[table["outcome"].eq("all wards")] if "outcome" in table else table
    if whole.empty:
        return ""
    top = whole.sort_values(["total", "choice"], ascending=[False, True]).iloc[0]
    choice = questions.CHOICES.get(str(top["choice"]), wording.clean(top["choice"]))
    span = f"{wording.share(top['total'])} [{wording.share(top['low'])} to {wording.share(min(top['high'], 1.0))}]"
    return f"What moves the ranking of all wards most is {choice}: {span} of its variation."


def _drives(area: Area, records: Records) -> tuple[tuple[Line, ...], str]:
    """The domains of greatest need: percentile, share of residents in the most deprived tenth, department, lead."""
    domains = _of(records, "domains", area)
    if domains.empty:
        return (), "Domains of deprivation were not part of this run."
    levers = {str(row["domain"]): row for row in wording.rows(_of(records, "levers", area))}
    ordered = domains.sort_values(["percentile", "domain"], ascending=[False, True])
    shown = ordered[ordered["domain"].isin(list(levers))] if levers else ordered.head(FEW_DOMAINS)
    lines = []
    for row in wording.rows(shown):
        lever = levers.get(str(row["domain"]), {})
        lines.append(
            (
                schema.DOMAINS.get(str(row["domain"]), wording.label(str(row["domain"]))),
                wording.count(row["percentile"]),
                wording.count(row.get("district_percentile")),
                wording.share(row["share_in_tenth"]),
                wording.clean(lever.get("department"), 120),
                wording.clean(lever.get("lead"), 120),
            )
        )
    if levers:
        named = wording.plural(len(levers), "domain")
        return tuple(lines), f"At least half of the residents live in wards in the most deprived tenth for {named}."
    return tuple(lines), (
        "In no domain do half of the residents live in wards in the most deprived tenth, so no department stands out; "
        "these are its domains of greatest need."
    )


def _long_enough(trend: pd.DataFrame) -> bool:
    return len(trend) >= FEWEST and bool(trend["crimes"].notna().any())


def _trend_said(trend: pd.DataFrame, years: pd.DataFrame, cover: schema.Cover) -> str:
    """How many quarters there are, and the last year beside the first of those shown, where both are whole."""
    if not _long_enough(trend):
        return (
            f"The study holds {wording.plural(cover.months, 'month')}: fewer than {FEWEST} whole quarters "
            "show no trend."
        )
    said = f"The last {len(trend)} quarters{'' if len(trend) == MOST else ', all that the study holds'}"
    if years.empty:
        return f"{said}. With less than two whole years no change can be told from the seasons."
    first, last = wording.rows(years)
    before, after = (wording.counted(row["crimes"], row["crimes_low"], row["crimes_high"]) for row in (first, last))
    moved = wording.change(first["crimes"], last["crimes"])
    return f"{said}: {before} crimes in the first four, {after} in the last four{f': {moved}' if moved else ''}."


def _quarter(row: wording.Row) -> Line:
    span = wording.months(*str(row["quarter"]).split(" to "))
    return span, wording.counted(row["crimes"], row["crimes_low"], row["crimes_high"])


def _alike(area: Area, records: Records) -> tuple[tuple[Line, ...], str]:
    """Wards like it that were not chosen: name, district, harm, deprivation; the area itself first."""
    pairs = _of(records, "comparators", area)
    if pairs.empty:
        return (), "No ward that was not chosen could be compared with it."
    first = pairs.iloc[0]
    own = wording.count(first["area_level"]), wording.count(first["area_deprivation"])
    lines = [("This area", area.districts, *own)]
    for row in wording.rows(pairs):
        name, district = wording.clean(row["ward_name"], 60), wording.clean(row["district_name"], 60)
        lines.append((name, district, wording.count(row["level"]), wording.count(row["deprivation"])))
    balance = _of(records, "balance", area)
    unlike = (
        [wording.clean(trait) for trait in balance.loc[~wording.flags(balance, "alike"), "trait"]]
        if len(balance)
        else []
    )
    said = f"Most like it in {wording.listed(wording.split(wording.clean(first['matched_on'], 120).replace(',', ';')))}"
    said += ": what happens there is the yardstick."
    if unlike:
        said += f" None is near enough in {wording.listed(unlike)}, so judge with care."
    return tuple(lines), said


def _success(area: Area, cover: schema.Cover, records: Records) -> tuple[Line, tuple[Line, ...], tuple[str, ...]]:
    """The yearly path to half in ten years: years, one line for each measure, and what to know."""
    card = _of(records, "scorecard", area)
    card = card[card["scope"].eq("area")] if "scope" in card else card
    if card.empty:
        return (), (), ("No yearly path was part of this run.",)
    years = tuple(str(year) for year in sorted(card["year"].unique()))
    measure = wording.label(wording.clean(cover.measure_label))
    lines = []
    for name, unit in SUCCESS.items():
        mine = card[card["measure"].eq(name)].sort_values("year")
        words = f"{measure}, {unit}" if name == "crimes" else f"Harm, {unit}"
        if len(mine):
            lines.append((words, *(wording.count(value) for value in mine["straight_line"])))
    notes = [wording.clean(text, 200) for text in card.loc[card["measure"].eq("public confidence"), "note"].unique()]
    said = [f"Public confidence: {text}." for text in notes if text]
    said += area.contribution
    return years, tuple(lines), tuple(said)


def _cannot(area: Area, wards: pd.DataFrame, cover: schema.Cover, *, marked: bool) -> tuple[str, ...]:
    """What the data cannot say of this area: its own caveats first."""
    found = list(area.caveats)
    if marked and wording.MARK_NOTE not in found:
        found.append(wording.MARK_NOTE)
    bare = wards[wards.index.isin(area.codes)]
    unknown = int((~wording.flags(bare, "assessed", absent=True)).sum())
    if unknown:
        found.append(f"{wording.plural(unknown, 'ward')} of it could not be assessed.")
    open_ends = [each.name.lower() for each in area.criteria_said if each.result == "not assessed"]
    if open_ends:
        found.append(f"Not assessed: {wording.listed(open_ends)}.")
    if cover.proxy_note:
        found.append("Recorded crime is a proxy: no open source marks knife crime or violence against women and girls.")
    found.append("It does not say why crime is high, what would work, or what victims did not report.")
    return tuple(found)


def _of(records: Records, name: str, area: Area) -> pd.DataFrame:
    table = records.get(name)
    if table is None or "area_id" not in table:
        return pd.DataFrame()
    return table[table["area_id"].eq(area.area_id)]
