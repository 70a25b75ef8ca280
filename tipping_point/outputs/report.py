"""The report: one HTML file without scripts, to be read in a meeting and printed."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from markupsafe import Markup

from tipping_point import schema
from tipping_point.outputs import listing, pages, pictures, wording

logger = logging.getLogger(__name__)

NOT_LOSSES = {"rows_in", "placed", "placed_not_covered"}


def write_report(
    wards: gpd.GeoDataFrame,
    areas: pd.DataFrame,
    cover: schema.Cover,
    *,
    coverage: pd.DataFrame,
    reconciliation: pd.DataFrame,
    sources: pd.DataFrame,
    path: Path,
) -> Path:
    """Write the report to `path`, the same bytes for the same study; returns the path.

    Tables as in schema: WARDS on ward_code, AREAS (may be empty), COVERAGE, RECONCILIATION and SOURCES, of which
    file names are shown and never folders.
    """
    table = wards.set_index("ward_code") if "ward_code" in wards else wards
    lists = listing.country_lists(table, areas, cover)
    page = pages.environment().get_template("report.html")
    text = page.render(
        cover=cover,
        style=Markup("\n".join([pages.read("page.css"), pages.read("report.css")])),  # noqa: S704 - our own files
        lists=lists,
        summary=[_summary(table, country, country.country if len(lists) > 1 else cover.area) for country in lists],
        bars=pictures.bars(lists),
        locator=pictures.locator(table, lists),
        settings=[wording.setting(name, value) for name, value in cover.settings.items() if not _blank(value)],
        sources=[_source(row) for row in wording.rows(sources)],
        losses=_losses(reconciliation),
        forces=_by_force(reconciliation),
        coverage=_coverage(coverage),
        gaps=wording.missing_files(coverage),
        marked=any(wording.MARK in area.rate for country in lists for area in country.areas),
        mark_note=wording.MARK_NOTE,
        wards=wording.plural(len(table), "ward"),
        not_assessed=_not_assessed(table),
    )
    logger.info("report: %d areas shortlisted, %d sources", sum(len(each.shortlist) for each in lists), len(sources))
    return pages.write_text(path, text)


def _summary(wards: pd.DataFrame, country: listing.CountryList, where: str) -> str:
    """The shortlist of a country in two sentences made from its numbers."""
    if not country.shortlist:
        return country.why_none
    rows = [area.row for area in country.shortlist]
    mine = wards[wards["country"].eq(country.country)] if country.country and "country" in wards else wards
    assessed = mine[wording.flags(mine, "assessed", absent=True)]
    people = _total(rows, "population")
    residents = float(assessed["population"].sum()) if "population" in assessed else 0.0
    wards_in = wording.plural(_total(rows, "wards"), "ward")
    said = f"{wording.plural(len(rows), 'area')} on the shortlist for {wording.clean(where)}: {wards_in}"
    if people:
        of = f", {wording.part(people, residents)} of all who live in assessed wards" if residents else ""
        said += f", home to {wording.count(people)} people{of}"
    harm = _total(rows, "share_of_harm")
    if not harm:
        return f"{said}."
    return (
        f"{said}. {wording.share(min(harm, 1.0))} of the harm recorded in the assessed wards was recorded there "
        "(severity-scaled volume)."
    )


def _not_assessed(wards: pd.DataFrame) -> list[tuple[str, str]]:
    """Why wards were not assessed, and how many, most first."""
    if "assessed" not in wards:
        return []
    left = wards[~wording.flags(wards, "assessed")]
    if "not_assessed_reason" not in left or left.empty:
        return [("No reason was given.", wording.plural(len(left), "ward"))] if len(left) else []
    reasons = left["not_assessed_reason"].fillna("").replace("", "no reason was given").value_counts()
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], str(item[0])))
    return [
        (wording.sentence(wording.clean(reason, 300)), wording.plural(number, "ward")) for reason, number in ordered
    ]


def _source(row: Mapping[str, Any]) -> dict[str, str]:
    """One source as it is shown: the file's name without its folder, the hash shortened."""
    name = re.split(r"[\\/]", str(row.get("path") or ""))[-1]
    shown = ("dataset", "kind", "publisher", "licence", "note")
    return {
        "file": wording.clean(name, 160),
        "rows": wording.count(row.get("rows")),
        "hash": wording.clean(row.get("sha256"), 80)[:12],
        **{column: wording.clean(row.get(column), 400) for column in shown},
    }


def _losses(reconciliation: pd.DataFrame) -> dict[str, Any]:
    """Rows in, rows placed and every loss, each with its share of the rows read."""
    meanings = {column.name: column.meaning.removeprefix("Lost: ") for column in schema.RECONCILIATION}
    rows_in = float(reconciliation["rows_in"].sum()) if "rows_in" in reconciliation else 0.0

    def line(column: str, words: str) -> tuple[str, str, str]:
        total = float(reconciliation[column].sum()) if column in reconciliation else 0.0
        return wording.sentence(words).rstrip("."), wording.count(total), wording.part(total, rows_in)

    lost = [
        line(column, meanings.get(column, wording.label(column)))
        for column in reconciliation.select_dtypes("number").columns
        if column not in NOT_LOSSES
    ]
    within = (
        [line("placed_not_covered", meanings["placed_not_covered"])] if "placed_not_covered" in reconciliation else []
    )
    return {
        "rows_in": wording.count(rows_in),
        "placed": line("placed", "Placed in wards of the study"),
        "lost": lost,
        "within": within,
    }


def _by_force(reconciliation: pd.DataFrame) -> dict[str, Any]:
    """The same for each force, as a header and rows of words."""
    numbers = list(reconciliation.select_dtypes("number").columns)
    if reconciliation.empty or "force" not in reconciliation:
        return {"head": [], "rows": []}
    summed = reconciliation.groupby("force", sort=True)[numbers].sum()
    head = ["Force", *(wording.label(name) for name in numbers)]
    rows = [
        [wording.clean(str(force).replace("-", " ").capitalize()), *(wording.count(value) for value in values)]
        for force, values in zip(summed.index, summed.to_numpy().tolist(), strict=True)
    ]
    return {"head": head, "rows": rows}


def _coverage(coverage: pd.DataFrame) -> dict[str, Any]:
    """For each force that polices a ward of the study: its name, a strip of months and the same in words."""
    if coverage.empty:
        return {"months": "", "rows": []}
    mine = coverage[coverage["wards"].gt(0)] if "wards" in coverage else coverage
    months = sorted(mine["month"].unique())
    name = "force_name" if "force_name" in mine else "force"
    rows = []
    for force, part in mine.groupby(name, sort=True):
        status = part.set_index("month")["status"].to_dict()
        statuses = [str(status.get(month, "missing")) for month in months]
        present = statuses.count("complete")
        absent = [month for month, each in zip(months, statuses, strict=True) if each != "complete"]
        words = f"{present} of {wording.plural(len(months), 'month')}"
        if 0 < len(absent) <= 6:
            words += f"; missing {', '.join(absent)}"
        rows.append({"force": wording.clean(force), "strip": pictures.months_strip(statuses), "words": words})
    return {"months": f"{months[0]} to {months[-1]}" if months else "", "rows": rows}


def _total(rows: Sequence[Mapping[str, Any]], column: str) -> float:
    return sum(float(row[column]) for row in rows if row.get(column) is not None)


def _blank(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, Mapping | tuple | list) and not value)
