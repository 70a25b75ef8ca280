"""Small still pictures for the report, as SVG text: a locator map, bars with their ranges, a strip of months.

Colours stand in the elements, not in a style sheet: the PDF library gives a page's styles to no picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from markupsafe import Markup

from tipping_point.outputs import shapes, wording
from tipping_point.outputs.listing import Area, CountryList

WIDTH = 1_000
"""Width of the locator map in its own units."""

INK, QUIET, TEAL, LINE, LAND = "#1d2731", "#56616b", "#5fa0a6", "#c3c6c4", "#f4f3ee"
"""Five colours, and white: no picture of the brief holds more."""

DETAIL = 900
"""Steps along the longest side of the study to which outlines of the report are simplified."""

MOST_BARS = 12
"""Bars that a chart of quarters has room for."""

MANY_WARDS = 1_500
"""More wards than this, and the locator shows districts: the picture stays light and calm."""


def locator(
    wards: gpd.GeoDataFrame, lists: Sequence[CountryList], simple: gpd.GeoSeries | None = None
) -> dict[str, Any]:
    """The study's outline with its areas: SVG paths and numbered points for the report's template.

    `height` is in the units of WIDTH; empty paths where no ward has an outline. `simple` are the simplified outlines,
    where somebody has them already.
    """
    simple = shapes.outlines(wards, detail=DETAIL) if simple is None else simple
    drawn = simple[~simple.is_empty]
    if drawn.empty:
        return {"width": WIDTH, "height": 0, "land": [], "bare": [], "areas": [], "districts": False}
    west, south, east, north = drawn.total_bounds
    scale = min(WIDTH / max(east - west, 1.0), 1.15 * WIDTH / max(north - south, 1.0))

    def path(shape: shapely.Geometry) -> str:
        return shapes.svg_path(shape, west=west, north=north, scale=scale)

    named = wards["district_name"] if "district_name" in wards else pd.Series("", index=wards.index)
    many = len(wards) > MANY_WARDS
    land = shapes.by_column(simple, named.astype(object).where(named.notna(), "")) if many else drawn
    assessed = wording.flags(wards, "assessed", absent=True)
    bare = simple[(~assessed).to_numpy()]
    merged_bare = shapely.unary_union(bare[~bare.is_empty].to_numpy()) if len(bare) else shapely.Polygon()
    areas = [area for country in lists for area in country.areas]
    merged = shapes.merged(simple, [area.codes for area in areas])
    points = (shapes.inner_points(merged) - (west, north)) * (scale, -scale)
    return {
        "width": round((east - west) * scale),
        "height": round((north - south) * scale),
        "land": [text for text in map(path, land) if text],
        "bare": path(merged_bare),
        "areas": _numbered(areas, [path(shape) for shape in merged], points),
        "districts": many,
    }


def _numbered(areas: Sequence[Area], paths: Sequence[str], points: npt.NDArray[np.float64]) -> list[dict[str, Any]]:
    """Each area's path with the place of its number, and where a thin line to its number begins."""
    shown = [
        {"number": area.number, "shortlisted": area.shortlisted, "path": path, "from_x": round(x), "from_y": round(y)}
        for area, path, (x, y) in zip(areas, paths, points, strict=True)
        if np.isfinite(x)
    ]
    chosen = [area for area in shown if area["shortlisted"]]
    placed = apart(np.array([[area["from_x"], area["from_y"]] for area in chosen], dtype=float).reshape(-1, 2))
    for area, (x, y) in zip(chosen, placed, strict=True):
        area.update(x=round(x), y=round(y))
    return shown


def apart(points: npt.NDArray[np.float64], gap: float = 36.0) -> npt.NDArray[np.float64]:
    """Points pushed away from each other until they stand `gap` apart, so that every number can be read."""
    moved = points.copy()
    for _ in range(60):
        for one in range(len(moved)):
            for other in range(one):
                step = moved[one] - moved[other]
                distance = float(np.hypot(*step))
                if distance >= gap:
                    continue
                # Two areas at one point have no direction between them: each pair gets its own.
                away = step / distance if distance > 0.5 else np.array([np.cos(2.4 * one), np.sin(2.4 * one)])
                moved[one] += away * (gap - distance) / 2
                moved[other] -= away * (gap - distance) / 2
    return moved


def bars(lists: Sequence[CountryList]) -> dict[str, Markup]:
    """For each area_id a bar of its rate from zero, with its range where there is one; one scale in the report.

    Where the run made no rate, the bar is of the index, 0-100. The bar repeats the number beside it, so it is
    hidden from screen readers.
    """
    rows = [area.row for country in lists for area in country.areas]
    rated = any(row.get("crime_rate") is not None for row in rows)
    column = "crime_rate" if rated else "index_score"
    highest = [row.get("crime_rate_high") if rated else None for row in rows]
    values = [float(value) for value in [*(row.get(column) for row in rows), *highest] if value is not None]
    top = max(values, default=1.0) if rated else 100.0
    return {str(row["area_id"]): _bar(row, column, top or 1.0) for row in rows}


def _bar(row: wording.Row, column: str, top: float) -> Markup:
    def x(value: object) -> float:
        return round(118 * max(0.0, min(1.0, float(str(value)) / top)) + 1, 1)

    if row.get(column) is None:
        return Markup("")
    low, high = row.get(f"{column}_low"), row.get(f"{column}_high")
    whisker = Markup("")
    if low is not None and high is not None:
        drawn = Markup('<path class="whisker" d="M{0} 3v8M{0} 7H{1}M{1} 3v8" fill="none" stroke="{2}"/>')
        whisker = drawn.format(x(low), x(high), INK)
    box = Markup(
        '<svg class="bar" viewBox="0 0 120 14" aria-hidden="true">'
        '<rect x="1" y="4" width="{}" height="6" fill="{}"/>{}</svg>'
    )
    return box.format(round(x(row[column]) - 1, 1), TEAL, whisker)


def quarter_bars(quarters: pd.DataFrame, name: str) -> Markup:
    """Crimes by quarter as bars from zero, each with the thin line of what chance alone allows; a table stands beside.

    Each bar bears the first month of its quarter. One that is not covered is a gap with a dash, never a bar of nought.
    """
    rows = wording.rows(quarters)
    top = max((float(row["crimes_high"]) for row in rows if row["crimes_high"] is not None), default=1.0) or 1.0
    step, floor, tall = 40, 132, 108
    # The same width whatever the number of quarters, so that bars of one report have one thickness.
    wide = step * max(len(rows), MOST_BARS)
    parts = [Markup('<path d="M0 {0}H{1}" stroke="{2}" fill="none"/>').format(floor, wide, QUIET)]
    year = ""
    for place, row in enumerate(rows):
        first = pd.Period(str(row["quarter"]).split(" to ")[0], freq="M")
        middle = step * place + step / 2
        lines = [(floor + 15, first.strftime("%b")), (floor + 29, str(first.year))]
        parts += [_label(middle, y, text) for y, text in lines if text != year]
        year = str(first.year)
        if row["crimes"] is None:
            parts.append(_label(middle, floor - 6, wording.NONE))
            continue
        y, low, high = (
            round(floor - tall * float(row[key]) / top, 1) for key in ("crimes", "crimes_low", "crimes_high")
        )
        parts.append(
            Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}"/>').format(
                middle - 13, y, 26, round(floor - y, 1), TEAL
            )
        )
        drawn = Markup('<path d="M{0} {1}V{2}M{3} {1}h6M{3} {2}h6" fill="none" stroke="{4}"/>')
        parts.append(drawn.format(middle, low, high, middle - 3, INK))
        parts.append(_label(middle, high - 5, wording.count(row["crimes"]), INK))
    words = f"Bars of crimes by quarter in {name}; the same numbers stand in a table."
    return Markup('<svg class="quarters" viewBox="0 0 {} 164" role="img" aria-label="{}">{}</svg>').format(
        wide, words, Markup("").join(parts)
    )


def _label(x: float, y: float, text: str, colour: str = QUIET) -> Markup:
    return Markup(
        '<text x="{}" y="{}" font-size="13" font-family="sans-serif" text-anchor="middle" fill="{}">{}</text>'
    ).format(x, round(y, 1), colour, text)


def months_strip(statuses: Sequence[str]) -> Markup:
    """A strip of months: filled where the file is whole, half filled where it is not, a crossed box where none is."""
    step = _month_step(len(statuses))
    cells = []
    for place, status in enumerate(statuses):
        left = place * step
        if status == "complete":
            box = Markup('<rect x="{}" y="1" width="{}" height="10" fill="{}"/>')
            cells.append(box.format(left + 0.5, step - 1, TEAL))
        elif status == "partial":
            box = Markup('<path d="M{0} 1.5h{1}v9h-{1}z" fill="#ffffff" stroke="{2}"/><path d="M{0} 6h{1}v4.5h-{1}z" '
                         'fill="{3}" stroke="{2}"/>')  # fmt: skip
            cells.append(box.format(left + 1, step - 2, QUIET, TEAL))
        else:
            box = Markup('<path d="M{0} 1.5h{1}v9h-{1}zM{0} 10.5l{1} -9" fill="#ffffff" stroke="{2}"/>')
            cells.append(box.format(left + 1, step - 2, QUIET))
    return _strip(len(statuses) * step, cells)


def months_scale(months: Sequence[str]) -> Markup:
    """What stands over the strips: a tick at the first month and at each January, with its year."""
    step = _month_step(len(months))
    starts = [place for place, month in enumerate(months) if place == 0 or month.endswith("-01")]
    # A year that is over before its four figures have room has a tick and no name.
    roomy = [after - place >= 32 / step for place, after in zip(starts, [*starts[1:], len(months) + 32], strict=False)]
    tick = Markup('<path d="M{0} 12v-{1}" stroke="{2}"/>')
    year = Markup('<text x="{}" y="9" font-size="9" fill="{}">{}</text>')
    marks = []
    for place, named in zip(starts, roomy, strict=True):
        marks.append(tick.format(place * step + 0.5, 11 if named else 4, QUIET))
        marks += [year.format(place * step + 3, QUIET, months[place][:4])] if named else []
    return _strip(len(months) * step + 32, marks)


def _month_step(months: int) -> int:
    """Units that a month is wide."""
    return 10 if months <= 40 else 4


def _strip(wide: int, marks: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="strip" width="{0}" height="12" viewBox="0 0 {0} 12" aria-hidden="true">{1}</svg>'
    ).format(wide, Markup("").join(marks))
