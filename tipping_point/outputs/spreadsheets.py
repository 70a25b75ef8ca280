"""shortlist.xlsx and shortlist.ods: the areas and their wards as people read them, with all that is said of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import wording
from tipping_point.outputs.assurance import DATES, ROLES
from tipping_point.outputs.listing import CountryList, country_lists, keyed
from tipping_point.outputs.ods import write_ods
from tipping_point.outputs.shorthand import SHORTHAND, headings, make_cell
from tipping_point.outputs.workbooks import Line, Sheet, Workbook, write_xlsx

logger = logging.getLogger(__name__)

Record = tuple[pd.DataFrame, Sequence[schema.Column]]

AREA_COLUMNS = (
    "rank", "area_name", "district_names", "mayoral_authority", "partnership_names", "force_names", "wards",
    "population", "crimes", "crime_rate", "crime_rate_low", "crime_rate_high", "harm", "share_of_harm", "index_score",
    "value", "rank_low", "rank_high", "rank_choice_low", "rank_choice_high", "share_in_top", "share_in_top_choices",
    "criterion_concentrated", "criterion_chronic", "criterion_compounded", "criterion_tipping", "criteria_passed",
    "criteria_assessed", "levers", "depends_on_police_generated", "visitor_wards", "contribution_if_goal_met", "why",
    "would_change", "rivals", "area_id", "ward_codes",
)  # fmt: skip

WARD_COLUMNS = (
    "ward_name", "ward_code", "district_name", "force_name", "assessed", "population", "visitor_ward", "crimes",
    "crime_rate", "crime_rate_low", "crime_rate_high", "harm", "harm_rate", "hot_votes", "chronic_state",
    *schema.DOMAINS, "deprivation", "index_score", "rank", "rank_low", "rank_high", "share_in_top", "standing", "why",
)  # fmt: skip

RECORD_SHEETS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "levers": ("Levers", "What drives each area, and who can act on it",
               ("area_name", "label", "percentile", "share_in_tenth", "department", "lead", "source")),
    "comparators": ("Comparators", "Wards like each area that were not chosen",
                    ("area_name", "ward_name", "ward_code", "district_name", "distance", "level", "trend",
                     "deprivation", "area_level", "area_trend", "area_deprivation", "matched_on", "period")),
    "scorecard": ("Scorecard", "What success looks like, year by year", ()),
    "context": ("Larger areas", "Figures of larger areas, which say nothing of single wards",
                ("figure", "area", "period", "value", "lower", "upper", "unit", "publisher", "note")),
    "settings": ("Other settings", "What other defensible settings would choose", ()),
    "annex": ("Districts without an area", "Why no area was chosen in the other districts", ()),
    "equality": ("Equality", "Who lives in the chosen and the nearly chosen wards", ()),
    "adjusted": ("Adjusted by hand", "Boundaries that people adjusted, beside those of the model", ()),
}  # fmt: skip
"""Further table of the run -> name of its sheet, its title, and the columns shown (none: all)."""


def write_spreadsheets(
    wards: pd.DataFrame,
    areas: pd.DataFrame,
    cover: schema.Cover,
    *,
    records: Mapping[str, Record],
    sources: pd.DataFrame,
    columns: Sequence[schema.Column] = (),
    assurance: Mapping[str, str] | None = None,
    made_on: date | None = None,
    folder: Path,
) -> list[Path]:
    """Write shortlist.xlsx and shortlist.ods into `folder`, the same bytes for the same arguments; returns the paths.

    They hold the shortlist, what comes next and the wards of both, not every ward of the study: that is wards.csv.

    Args:
        wards: `schema.WARDS` on ward_code.
        areas: `schema.AREAS`; may be empty.
        cover: as for every output.
        records: the further tables of the run; those of RECORD_SHEETS have a sheet where they have rows.
        sources: `schema.SOURCES`.
        columns: explains what the schema does not know.
        assurance: the section of the study file: people, contact, version and the day of approval.
        made_on: the day of the run, for the cover sheet.
        folder: the study's folder.
    """
    table = wards.set_index("ward_code") if "ward_code" in wards else wards
    lists = country_lists(table, areas, cover)
    sheets = _sheets(table, areas, cover, lists, records=records, sources=sources, columns=columns)
    missing = [country.why_none for country in lists if not country.shortlist]
    lines = _cover(cover, sheets, missing, assurance or {}, made_on)
    book = Workbook(cover.title, tuple(lines), tuple(sheets))
    paths = [write_xlsx(book, folder / "shortlist.xlsx"), write_ods(book, folder / "shortlist.ods")]
    logger.info("spreadsheets: %d sheets, %d rows", len(sheets), sum(len(sheet.rows) for sheet in sheets))
    return paths


# ------------------------------------------------------------------------------------------------- sheets


@dataclass(frozen=True)
class _Made:
    """A sheet and the columns that it shows, for the sheet that explains them."""

    sheet: Sheet
    columns: tuple[schema.Column, ...]


def _sheets(
    wards: pd.DataFrame, areas: pd.DataFrame, cover: schema.Cover, lists: Sequence[CountryList], *,
    records: Mapping[str, Record], sources: pd.DataFrame, columns: Sequence[schema.Column],
) -> list[Sheet]:  # fmt: skip
    """Every sheet that has rows, the lists first and the explanations last."""
    table = _with_ward_names(keyed(areas, "area_id"), wards)
    listed = [area.area_id for country in lists for area in country.areas]
    made: list[_Made | None] = []
    for kind, title in (("shortlist", "The shortlist"), ("following", "Nearly chosen: what comes next")):
        name = {"shortlist": "Shortlist", "following": "Nearly chosen"}[kind]
        for country in lists:
            end = f" {country.country}" if len(lists) > 1 else ""
            mine = _in_order(table, [area.area_id for area in getattr(country, kind)])
            made.append(_make(f"{name}{end}", f"{title}{':' if end else ''}{end}", mine, schema.AREAS, AREA_COLUMNS))
    mine = _in_order(table, listed)
    known = (*columns, *schema.WARDS, *schema.AREAS[:2])
    made.append(_make("Wards", "Wards of the areas on the lists", _wards_of(mine, wards), known,
                      ("area_name", *WARD_COLUMNS)))  # fmt: skip
    made.append(_make("Criteria", "The four criteria, area by area", _criteria(mine), CRITERIA))
    names = dict(zip(table["area_id"], table["area_name"], strict=True))
    for name, (sheet, title, shown) in RECORD_SHEETS.items():
        if name in records:
            own, known_of_it = records[name]
            own = _named(own, names) if "area_name" in shown else own
            made.append(_make(sheet, title, own, (*known_of_it, schema.AREAS[1]), shown))
    found = [each for each in made if each]
    explained = _make("Columns", "What every column means", _columns(found), EXPLAINED)
    notes = [
        _make("Study settings", "How the study was set", _settings(cover), PAIRS),
        _make("Sources", "What was read", _sources(sources), SOURCE_COLUMNS),
        _make("Notes", "What this does not show, what was chosen automatically, what was found", _notes(cover), SAID),
    ]
    return [each.sheet for each in (*found, *notes, explained) if each]


CRITERIA = (
    schema.AREAS[1],
    schema.Column("criterion", "One of the four criteria", "text"),
    schema.Column("outcome", "pass, fail or not assessed", "text"),
    schema.Column("reason", "The numbers behind it", "text"),
)
EXPLAINED = (
    schema.Column("sheet", "Sheet", "text"),
    schema.Column("heading", "Heading of the column", "text"),
    schema.Column("meaning", "What it says", "text"),
    schema.Column("unit", "Unit", "text"),
    schema.Column("name", "Column of the CSV files", "text"),
)
PAIRS = (schema.Column("setting", "Setting", "text"), schema.Column("as_set", "As it was set", "text"))
SAID = (schema.Column("kind", "What it is about", "text"), schema.Column("note", "What to know", "text"))
SOURCE_COLUMNS = tuple(column for column in schema.SOURCES if column.name not in {"path", "bytes", "kind"})
SOURCE_COLUMNS = (schema.Column("file", "File", "text"), *SOURCE_COLUMNS)


def _in_order(table: pd.DataFrame, ids: Sequence[str]) -> pd.DataFrame:
    return table.set_index("area_id", drop=False).loc[list(ids)]


def _with_ward_names(table: pd.DataFrame, wards: pd.DataFrame) -> pd.DataFrame:
    """Busy centres by name rather than by code."""
    if "visitor_wards" not in table or "ward_name" not in wards:
        return table
    names = wards["ward_name"].to_dict()
    said = [
        "; ".join(wording.clean(names.get(code, code)) for code in wording.split(cell))
        for cell in table["visitor_wards"]
    ]
    return table.assign(visitor_wards=said)


def _wards_of(areas: pd.DataFrame, wards: pd.DataFrame) -> pd.DataFrame:
    """The wards of areas, in the order of the areas, each with the name of its area."""
    pairs = [
        (code, name)
        for name, codes in zip(areas["area_name"], areas["ward_codes"], strict=True)
        for code in wording.split(codes)
    ]
    codes = [code for code, _ in pairs]
    mine = pd.DataFrame(wards.drop(columns="geometry", errors="ignore")).loc[codes]
    return mine.rename_axis("ward_code").reset_index().assign(area_name=[name for _, name in pairs])


def _criteria(areas: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (row["area_name"], words, row.get(name), row.get(f"{name}_reason"))
        for row in wording.rows(areas)
        for name, words in wording.CRITERIA.items()
        if row.get(name)
    ]
    return pd.DataFrame(rows, columns=[column.name for column in CRITERIA])


def _named(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    return table.assign(area_name=table["area_id"].map(names))


def _settings(cover: schema.Cover) -> pd.DataFrame:
    rows = [wording.setting(name, value) for name, value in cover.settings.items() if value not in (None, "", (), {})]
    return pd.DataFrame(rows, columns=[column.name for column in PAIRS])


def _sources(sources: pd.DataFrame) -> pd.DataFrame:
    """File names without their folders."""
    files = sources["path"].astype(str).str.split(r"[\\/]", regex=True).str[-1]
    return sources.assign(file=files).drop_duplicates(["file", "sha256"])


def _notes(cover: schema.Cover) -> pd.DataFrame:
    rows = [
        *(("What this does not show", text) for text in cover.limits),
        *(("Chosen automatically", text) for text in cover.choices),
        *(("Found", text) for text in cover.findings),
    ]
    return pd.DataFrame([(kind, wording.sentence(text)) for kind, text in rows], columns=[c.name for c in SAID])


def _columns(made: Iterable[_Made]) -> pd.DataFrame:
    rows = [
        (each.sheet.name, heading, column.meaning, column.unit, column.name)
        for each in made
        for heading, column in zip(each.sheet.headers, each.columns, strict=True)
    ]
    return pd.DataFrame(rows, columns=[column.name for column in EXPLAINED])


# -------------------------------------------------------------------------------------------------- cells


def _make(
    name: str, title: str, table: pd.DataFrame, known: Sequence[schema.Column], shown: Sequence[str] = ()
) -> _Made | None:
    """A sheet of the columns `shown` (or all that are known) of a table; None where it has no rows."""
    if table.empty:
        return None
    meanings = {column.name: column for column in known}
    columns = tuple(meanings[each] for each in shown or meanings if each in table and each in meanings)
    if "suppressed" in table:
        columns = tuple(column for column in columns if column.name != "suppressed")
    rows = [[make_cell(row, column) for column in columns] for row in wording.rows(table)]
    used = [mark for mark in SHORTHAND if any(mark in row for row in rows)]
    notes = [f"This sheet holds one table, with {wording.plural(len(rows), 'row')}. Figures are rounded."]
    notes += [f"{mark} {SHORTHAND[mark]}." for mark in used]
    return _Made(Sheet(name, title, tuple(notes), tuple(headings(columns)), rows), columns)


# -------------------------------------------------------------------------------------------------- cover


def _cover(
    cover: schema.Cover, sheets: Sequence[Sheet], missing: Sequence[str], assurance: Mapping[str, str],
    made_on: date | None,
) -> Iterable[Line]:  # fmt: skip
    """The cover sheet, line by line: what it is, who answers for it, what is in it, how to read it, whose data."""
    yield Line(cover.title, "title")
    if cover.synthetic:
        yield Line("SYNTHETIC: an invented place with invented numbers.")
    yield Line(f"{cover.study}. {cover.period}. {wording.sentence(cover.measure_label)}")
    if cover.proxy_note:
        yield Line(f"A proxy: {cover.proxy_note}")
    yield Line("State", "heading")
    yield Line(cover.stamp)
    made = f"{made_on.day} {made_on:%B %Y}" if made_on else "not stated; the data end in " + _end(cover)
    yield Line(f"Date: {made}")
    yield Line(f"Version: {assurance.get('version') or 'not stated'}")
    yield Line(f"Contact: {assurance.get('contact') or 'not stated'}")
    for key, words in ROLES.items():
        yield Line(f"{words}: {assurance.get(key) or 'not named'}")
    for key in DATES:
        yield Line(f"{wording.label(key)}: {assurance.get(key) or 'not stated'}")
    yield Line("Contents", "heading")
    for why in missing:
        yield Line(f"No shortlist. {why}")
    for sheet in sheets:
        yield Line(f"{sheet.name}: {sheet.title}", sheet=sheet.name)
    yield Line("How to read it", "heading")
    yield Line("Each sheet holds one table; its columns are explained on the sheet Columns.")
    yield Line("Figures are rounded as people read them; the CSV files beside this one hold them in full.")
    yield Line("It holds the areas on the lists and their wards. Every ward of the study is in wards.csv.")
    for mark, meaning in SHORTHAND.items():
        yield Line(f"{mark} {meaning}")
    yield Line("Whose data", "heading")
    for text in cover.attributions:
        yield Line(text)


def _end(cover: schema.Cover) -> str:
    return replace(cover, start=cover.end).period
