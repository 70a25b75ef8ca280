"""Small still pictures for the report, as SVG text: a locator map, bars with their ranges, a strip of months."""

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

MANY_WARDS = 1_500
"""More wards than this, and the locator shows districts: the picture stays light and calm."""


def locator(wards: gpd.GeoDataFrame, lists: Sequence[CountryList]) -> dict[str, Any]:
    """The study's outline with its areas: SVG paths and numbered points for the report's template.

    `height` is in the units of WIDTH; empty paths where no ward has an outline.
    """
    simple = shapes.outlines(wards, detail=900)
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
    placed = _apart(np.array([[area["from_x"], area["from_y"]] for area in chosen], dtype=float).reshape(-1, 2))
    for area, (x, y) in zip(chosen, placed, strict=True):
        area.update(x=round(x), y=round(y))
    return shown


def _apart(points: npt.NDArray[np.float64], gap: float = 36.0) -> npt.NDArray[np.float64]:
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
        whisker = Markup('<path class="whisker" d="M{0} 3v8M{0} 7H{1}M{1} 3v8"/>').format(x(low), x(high))
    box = Markup(
        '<svg class="bar" viewBox="0 0 120 14" aria-hidden="true"><rect x="1" y="4" width="{}" height="6"/>{}</svg>'
    )
    return box.format(round(x(row[column]) - 1, 1), whisker)


def months_strip(statuses: Sequence[str]) -> Markup:
    """A strip of months: filled where the file is there, an empty crossed box where it is not."""
    step = 10 if len(statuses) <= 40 else 4
    cells = []
    for place, status in enumerate(statuses):
        left = place * step
        if status == "complete":
            cells.append(Markup('<rect x="{}" y="1" width="{}" height="10"/>').format(left + 0.5, step - 1))
        else:
            box = "M{0} 1.5h{1}v9h-{1}zM{0} 10.5l{1} -9"
            cells.append(Markup(f'<path d="{box}"/>').format(left + 1, step - 2))  # noqa: S704 - our own text
    body = Markup("").join(cells)
    wide = len(statuses) * step
    return Markup(
        '<svg class="strip" width="{0}" height="12" viewBox="0 0 {0} 12" aria-hidden="true">{1}</svg>'
    ).format(wide, body)
