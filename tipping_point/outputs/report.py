"""The report: one HTML file without scripts, to be read in a meeting and printed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from markupsafe import Markup

from tipping_point import tables as schema
from tipping_point.outputs import (
    brief,
    larger_areas,
    ledgers,
    listing,
    method_note,
    pages,
    pictures,
    questions,
    shapes,
    summary,
    wording,
)

logger = logging.getLogger(__name__)

ASSURANCE: Mapping[str, str] = {
    "commissioner": "Commissioner",
    "analyst": "Analyst",
    "assurer": "Assurer",
    "approver": "Approver",
    "approved_on": "Approved on",
    "review_by": "Review by",
    "contact": "Contact",
    "version": "Version",
    "run": "Run",
}
"""Who stands behind the figures: keys of `assurance`, and the words shown."""

BLANK: Mapping[str, str] = {"approver": "none named", "review_by": "no date set", "run": "see provenance.json"}
"""What stands where nobody is named; the other keys are left out."""

MANY_ROWS = 60
"""Rows of a table from which it is folded away on a screen; in print it is always open."""


def write_report(
    wards: gpd.GeoDataFrame,
    areas: pd.DataFrame,
    cover: schema.Cover,
    *,
    coverage: pd.DataFrame,
    reconciliation: pd.DataFrame,
    sources: pd.DataFrame,
    path: Path,
    simple: gpd.GeoSeries | None = None,
    records: Mapping[str, pd.DataFrame] | None = None,
    assurance: Mapping[str, str] | None = None,
    no_pdf: str = "",
) -> Path:
    """Write the report to `path`, the same bytes for the same study; returns the path.

    Args:
        wards: `schema.WARDS` on ward_code.
        areas: `schema.AREAS`; may be empty.
        cover: the face of the outputs.
        coverage: `schema.COVERAGE`.
        reconciliation: `schema.RECONCILIATION`.
        sources: `schema.SOURCES`, of which file names are shown and never folders.
        path: where to write.
        simple: outlines of the wards from `shapes.coarser` at `pictures.DETAIL`, where somebody has them already.
        records: tables of `schema.RECORDS` by name; one that is absent leaves its part out.
        assurance: keys of `ASSURANCE`; a blank approver is said to be none.
        no_pdf: why no PDF is made of it, and how to get one; shown on a screen.

    >>> tp.write_report(
    ...     results.wards, results.areas, results.cover, coverage=results.coverage,
    ...     reconciliation=results.reconciliation, sources=results.sources, path=folder / "own_report.html",
    ... ).name
    'own_report.html'
    """
    table = wards.set_index("ward_code") if "ward_code" in wards else wards
    lists = listing.country_lists(table, areas, cover)
    tables = records or {}
    simple = shapes.coarser(shapes.outlines(table), detail=pictures.DETAIL) if simple is None else simple
    with ThreadPoolExecutor(1) as pool:  # to join all wards lets go of the interpreter
        joined = pool.submit(shapely.unary_union, simple[~simple.is_empty].to_numpy())
        locator = pictures.locator(table, lists, simple)
    people = questions.who_lives_there(tables)
    page = pages.environment().get_template("report.html")
    text = page.render(
        cover=cover,
        no_pdf=no_pdf,
        style=Markup("\n".join(pages.read(name) for name in ("page.css", "report.css", "print.css"))),  # noqa: S704
        lists=lists,
        summary=summary.summary(table, lists, cover, records=tables),
        area_pages=brief.area_pages(lists, table, cover, records=tables, whole=joined.result()),
        results=wording.RESULTS,
        bars=pictures.bars(lists),
        locator=locator,
        assurance=_assurance(assurance or {}),
        annex=questions.why_not_us(tables),
        other_settings=questions.other_settings(tables),
        moves=questions.what_moves(tables),
        people=people,
        suppressed=questions.SUPPRESSED_NOTE if questions.any_suppressed(people) else "",
        larger=larger_areas.all_series(tables),
        says_nothing=larger_areas.SAYS_NOTHING,
        method=method_note.method_note(cover, sources, records=tables),
        settings=[wording.setting(name, value) for name, value in cover.settings.items() if not _blank(value)],
        sources=ledgers.sources_read(sources),
        publishers=ledgers.publishers(sources),
        losses=ledgers.losses(reconciliation),
        forces=ledgers.losses_by_force(reconciliation),
        coverage=ledgers.months_read(coverage),
        gaps=wording.missing_files(coverage),
        marked=any(wording.MARK in area.rate for country in lists for area in country.areas),
        mark_note=wording.MARK_NOTE,
        many_rows=MANY_ROWS,
        wards=wording.plural(len(table), "ward"),
        not_assessed=ledgers.not_assessed(table),
    )
    logger.info("report: %d areas shortlisted, %d sources", sum(len(each.shortlist) for each in lists), len(sources))
    return pages.write_text(path, text)


def _assurance(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Who stands behind the figures, in order; the approver and the date of review also where there is none."""
    said = [(words, wording.clean(given.get(key), 200) or BLANK.get(key, "")) for key, words in ASSURANCE.items()]
    return [(words, value) for words, value in said if value]


def _blank(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, Mapping | tuple | list) and not value)
