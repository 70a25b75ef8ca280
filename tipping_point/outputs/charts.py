"""Still pictures to be put in slides and papers: a map and a chart of the areas, each with its caveats in the frame.

One quiet style, at most six colours, bars from zero. matplotlib is imported where it draws, not with the package. The
same study gives the same bytes.
"""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tipping_point import tables as schema
from tipping_point.outputs import listing, pages, pictures, shapes, wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, PAPER = "#1d2731", "#56616b", "#ffffff"
CLASSES = ("#eef2f2", "#cfe0e1", "#9dc3c6")
"""Wards by their index: below 50, 50 to 75, 75 and above. With ink, grey and paper they make six colours."""

BREAKS = (50.0, 75.0)
SIZE = (11.7, 8.3)
"""Inches: A4 on its side."""

BORDER = 0.12
"""Width of the borders of wards, each of which is drawn twice."""

DPI = 150
LINE = 260
"""Characters in a line of the foot."""

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "svg.fonttype": "none",
    "svg.hashsalt": "tipping-point",
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "hatch.linewidth": 0.4,
    "hatch.color": QUIET,
}


def write_pictures(
    wards: gpd.GeoDataFrame,
    areas: pd.DataFrame,
    cover: schema.Cover,
    *,
    folder: Path,
    simple: gpd.GeoSeries | None = None,
) -> list[Path]:
    """Write map.png, map.svg, areas.png and areas.svg to `folder`; returns their paths.

    Title, period, measure, caveat, state of approval and attributions stand inside each frame. The chart is left out
    where no area is on a list. Text alternatives are the title of the SVG and the `Description` of the PNG. `simple`
    are outlines from `shapes.outlines`, where somebody has them already.
    """
    import matplotlib as mpl

    table = wards.set_index("ward_code") if "ward_code" in wards else wards
    lists = listing.country_lists(table, areas, cover)
    shown = [area for country in lists for area in country.areas]
    outlines = shapes.outlines(table) if simple is None else simple
    detail = 900 if len(table) <= pictures.MANY_WARDS else 500
    with ThreadPoolExecutor(1) as pool, mpl.rc_context(STYLE), warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes: that is no reason to stop.
        warnings.filterwarnings("ignore", message="Glyph")
        coarse = shapes.begin_coarser(outlines, pool, detail=detail)
        chart = _save(_chart(shown, cover), "areas", _chart_in_words(shown, cover), folder) if shown else []
        return [*_save(_map(table, shown, cover, coarse()), "map", _map_in_words(shown, cover), folder), *chart]


def _map(wards: gpd.GeoDataFrame, shown: Sequence[listing.Area], cover: schema.Cover, simple: gpd.GeoSeries) -> Figure:
    figure, axes = _sheet(cover, cover.title, "Wards by need (index, 0 to 100) and the areas on the list")
    drawn = simple[~simple.is_empty]
    assessed = wording.flags(wards, "assessed", absent=True)[drawn.index]
    score = (
        wards["index_score"].astype("Float64").to_numpy(dtype=float, na_value=np.nan) if "index_score" in wards else 0.0
    )
    index = pd.Series(score, index=wards.index, dtype=float)[drawn.index]
    for low, high, colour in zip((-np.inf, *BREAKS), (*BREAKS, np.inf), CLASSES, strict=True):
        _fill(axes, drawn[assessed & (index >= low) & (index < high)], face=colour, edge=PAPER, wide=BORDER)
    _fill(axes, drawn[assessed & index.isna()], face=CLASSES[0], edge=PAPER, wide=BORDER)
    _fill(axes, drawn[~assessed], face=PAPER, edge=QUIET, wide=BORDER, hatch="////")
    merged = shapes.merged(simple, [area.codes for area in shown])
    points = shapes.inner_points(merged)
    for area, shape in zip(shown, merged, strict=True):
        line = "-" if area.shortlisted else (0, (3, 2))
        _fill(axes, gpd.GeoSeries([shape]), face="none", edge=INK, wide=1.2 if area.shortlisted else 0.8, style=line)
    _number(axes, [area for area in shown if area.shortlisted],
            points[[place for place, area in enumerate(shown) if area.shortlisted]], drawn)  # fmt: skip
    axes.set_aspect("equal")
    axes.margins(0.01)
    axes.autoscale_view()
    _key(figure, shown, bare=bool((~assessed).any()))
    return figure


def _index(wards: pd.DataFrame) -> pd.Series:
    """The index of every ward as floats; missing where the run made none."""
    if "index_score" not in wards:
        return pd.Series(np.nan, index=wards.index)
    return wards["index_score"].astype("Float64").astype(float)


def _number(axes: Axes, chosen: Sequence[listing.Area], points: np.ndarray, drawn: gpd.GeoSeries) -> None:
    """Numbers pushed apart so that each can be read, with a thin line to its place."""
    seen = np.isfinite(points).all(axis=1)
    if drawn.empty or not seen.any():
        return
    west, south, east, north = drawn.total_bounds
    unit = max(east - west, north - south) / 1_000
    placed = pictures.apart(points[seen] / unit, gap=52.0) * unit
    numbered = [area for area, ok in zip(chosen, seen, strict=True) if ok]
    for area, (x, y), (from_x, from_y) in zip(numbered, placed, points[seen], strict=True):
        axes.plot([from_x, x], [from_y, y], color=INK, linewidth=0.7)
        box = {"boxstyle": "round,pad=0.25", "facecolor": INK, "edgecolor": PAPER, "linewidth": 0.8}
        axes.text(x, y, area.number, color=PAPER, fontsize=7, weight="bold", ha="center", va="center", bbox=box)


def _key(figure: Figure, shown: Sequence[listing.Area], *, bare: bool) -> None:
    """What the colours mean, and the areas by number, right of the map."""
    words = [
        (CLASSES[2], "", "index 75 and above"),
        (CLASSES[1], "", "50 to 75"),
        (CLASSES[0], "", "below 50, or none"),
    ]
    words += [(PAPER, "////", "not assessed")] if bare else []
    axes = figure.add_axes((0.665, 0.16, 0.31, 0.66), frameon=False)
    axes.set(xlim=(0, 1), ylim=(1, 0), xticks=[], yticks=[])
    for place, (colour, hatch, text) in enumerate(words):
        y = 0.035 * place
        axes.bar(0.02, -0.022, width=0.04, bottom=y + 0.022, color=colour, hatch=hatch, edgecolor=QUIET, linewidth=0.4)
        axes.text(0.065, y + 0.011, text, fontsize=7, va="center")
    top = 0.035 * len(words) + 0.03
    chosen = [area for area in shown if area.shortlisted]
    axes.text(
        0, top, "Chosen, outlined" if chosen else "No area was chosen", fontsize=8, fontweight="bold", va="center"
    )
    step = min(0.06, (0.97 - top) / max(len(chosen) + 1, 1))
    for place, area in enumerate(chosen, start=1):
        text = f"{area.number}  {_short(area.name, 62)}"
        axes.text(0, top + step * place, text, fontsize=7 if step > 0.035 else 5.5, va="center")
    if len(chosen) < len(shown):
        axes.text(0, 1, "Dashed: the areas that come next.", fontsize=7, color=QUIET, va="bottom")


def _chart(shown: Sequence[listing.Area], cover: schema.Cover) -> Figure:
    """The rate of each area from zero, with its 95% range: chosen areas dark, those that come next pale."""
    figure, axes = _sheet(cover, cover.title, f"{wording.label(cover.measure_label)} per 1,000 residents a year, with "
                          "its 95% range; chosen areas are dark", left=0.37, width=0.59)  # fmt: skip
    for place, area in enumerate(shown):
        value, low, high = (area.row.get(name) for name in ("crime_rate", "crime_rate_low", "crime_rate_high"))
        colour = CLASSES[2] if area.shortlisted else CLASSES[1]
        axes.barh(
            place, 0.0 if value is None else float(value), color=colour, edgecolor=QUIET, linewidth=0.4, height=0.66
        )
        if value is not None and low is not None and high is not None:
            axes.plot([float(low), float(high)], [place, place], color=INK, linewidth=1.1, marker="|", markersize=5)
        end = max(float(number) for number in (value, high, 0.0) if number is not None)
        axes.annotate(area.rate, (end, place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=7)
    axes.set_yticks(range(len(shown)), [f"{area.number}  {_short(area.name, 60)}" for area in shown])
    axes.set(ylim=(len(shown) - 0.4, -0.6), xlim=(0, axes.get_xlim()[1] * 1.18))
    axes.tick_params(length=0, labelsize=7)
    axes.xaxis.grid(visible=True, color=CLASSES[1], linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set_visible(True)
    return figure


def _sheet(
    cover: schema.Cover, title: str, under: str, *, left: float = 0.025, width: float = 0.62
) -> tuple[Figure, Axes]:
    """A sheet with what every picture carries: title, period, measure, state, caveat and attributions."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure(figsize=SIZE, facecolor=PAPER)
    FigureCanvasAgg(figure)
    caveat = " ".join(
        text
        for text in (
            "SYNTHETIC: an invented place with invented numbers." if cover.synthetic else "",
            wording.clean(cover.stamp, 300),
            wording.clean(cover.proxy_note, 400),
            "A place on the list is a place with need, not a verdict on its residents.",
        )
        if text
    )
    foot = [*textwrap.wrap(caveat, LINE), *textwrap.wrap(wording.clean(" ".join(cover.attributions), 4_000), LINE)]
    bottom = min(0.045 + 0.0145 * len(foot), 0.4)
    figure.text(0.025, 0.965, _short(title, 110), fontsize=14, fontweight="bold", va="top")
    figure.text(
        0.025,
        0.922,
        f"{_short(under, 150)}. {wording.label(cover.measure_label)}, {cover.period}.",
        fontsize=9,
        color=QUIET,
        va="top",
    )
    figure.text(0.025, 0.025, "\n".join(foot), fontsize=5.8, color=QUIET, va="bottom", linespacing=1.35)
    axes = figure.add_axes((left, bottom + 0.02, width, 0.86 - bottom))
    if left < 0.1:
        axes.set_axis_off()
    return figure, axes


def _fill(
    axes: Axes,
    found: gpd.GeoSeries,
    *,
    face: str,
    edge: str,
    wide: float,
    hatch: str | None = None,
    style: str | tuple[int, tuple[int, int]] = "-",
) -> None:
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path as Outline

    rings = shapely.get_rings(shapely.get_parts(found[~found.is_empty].to_numpy()))
    if not len(rings):
        return
    points, ring = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(points), Outline.LINETO, dtype=Outline.code_type)
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    codes[starts], codes[np.append(starts[1:], len(points)) - 1] = Outline.MOVETO, Outline.CLOSEPOLY
    # One shape for all of them: a shape for each is drawn several times slower, into a file half as large again.
    drawn = PathCollection(
        [Outline(points, codes)], facecolor=face, edgecolor=edge, linewidth=wide, hatch=hatch, linestyle=style
    )
    axes.add_collection(drawn)


def _save(figure: Figure, name: str, alternative: str, folder: Path) -> list[Path]:
    """The picture as PNG and SVG, beside and moved; no date, no version, and words for those who do not see it."""
    title = f"tipping-point {name}"
    with pages.beside(folder / f"{name}.png") as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None, "Description": alternative})
    with pages.beside(folder / f"{name}.svg") as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
        text = temporary.read_text(encoding="utf-8")
        named = f'role="img" aria-label="{escape(alternative, {chr(34): "&quot;"})}"'
        words = f"<title>{escape(alternative)}</title>"
        opened, rest = text.split(">\n <metadata>", 1)
        temporary.write_text(f"{opened} {named}>\n {words}\n <metadata>{rest}", encoding="utf-8", newline="\n")
    return [folder / f"{name}.png", folder / f"{name}.svg"]


def _map_in_words(shown: Sequence[listing.Area], cover: schema.Cover) -> str:
    chosen = [f"{area.number} {area.name}" for area in shown if area.shortlisted]
    listed = f"Outlined and numbered: {'; '.join(chosen)}." if chosen else "No area was chosen."
    return f"Map. {wording.clean(cover.title, 200)}, {cover.period}. {listed} The tables beside it hold the same areas."


def _chart_in_words(shown: Sequence[listing.Area], cover: schema.Cover) -> str:
    rates = "; ".join(f"{area.number} {area.name}: {area.rate}" for area in shown)
    return f"Bars of the rate per 1,000 residents a year with its 95% range, {cover.period}. {rates}."


def _short(text: str, longest: int) -> str:
    return wording.clean(text, longest)
