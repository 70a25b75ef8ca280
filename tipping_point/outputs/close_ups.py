"""A small map of each chosen area: its wards numbered, what lies around it, and where in the study it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from markupsafe import Markup

from tipping_point import tables as schema
from tipping_point.outputs import shapes, wording
from tipping_point.outputs.listing import Area
from tipping_point.outputs.pictures import INK, LAND, LINE, QUIET, TEAL

WIDE, HIGH = 800, 470
"""Size of a picture in its own units."""

AROUND = 0.22
"""How much of the surroundings is shown on each side, as a share of the area's longer side."""

INSET = 140
"""Longest side of the small outline of the whole study."""

BARS = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
"""Lengths that a scale bar may have, in metres."""


@dataclass(frozen=True)
class Frame:
    """The piece of land that a picture shows, in metres, and its scale in units a metre."""

    west: float
    north: float
    scale: float

    def path(self, shape: shapely.Geometry) -> str:
        """The shape as the `d` of a path."""
        return shapes.svg_path(shape, west=self.west, north=self.north, scale=self.scale)

    def place(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Points n x 2 in metres as units of the picture."""
        return np.asarray((points - (self.west, self.north)) * (self.scale, -self.scale))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres."""
        return self.west, self.north - HIGH / self.scale, self.west + WIDE / self.scale, self.north


@dataclass(frozen=True)
class Outline:
    """The small outline of the whole study: where it lies, its size in units of the picture, and its path."""

    frame: Frame
    wide: int
    high: int
    path: str


def close_ups(
    wards: gpd.GeoDataFrame, chosen: Sequence[Area], whole: shapely.Geometry | None = None
) -> dict[str, Markup]:
    """For each chosen area_id a picture; '' where its wards have no outline.

    Wards are numbered from the most residents, as in the table of the area's page. Other chosen areas are tinted
    where they lie near. `whole` is the study as one shape, for its small outline; None draws none.
    """
    metres = wards if wards.crs is None or wards.crs == schema.SYSTEM else wards.to_crs(schema.SYSTEM)
    shown = np.where(metres.geometry.isna(), shapely.Polygon(), metres.geometry.to_numpy())
    land = gpd.GeoSeries(shown, index=wards.index)
    outline = _draw_outline(shapely.Polygon() if whole is None or not len(chosen) else _coarse(whole))
    near = {code for area in chosen for code in area.codes}
    return {area.area_id: _picture(area, wards, land, near - set(area.codes), outline) for area in chosen}


def _picture(area: Area, wards: pd.DataFrame, land: gpd.GeoSeries, beside: set[str], outline: Outline) -> Markup:
    own = land[land.index.isin(area.codes)]
    mine = own[~own.is_empty]
    if mine.empty:
        return Markup("")
    frame = _frame(mine.total_bounds)
    found = land.iloc[np.sort(land.sindex.query(shapely.box(*frame.box)))]
    valid = shapes.valid_shapes(found.to_numpy())
    made = shapely.coverage_simplify(valid, 1.5 / frame.scale)
    simple = gpd.GeoSeries(np.where(shapely.is_empty(made), valid, made), index=found.index)
    cut = gpd.GeoSeries(shapely.clip_by_rect(simple.to_numpy(), *frame.box), index=found.index)
    assessed = wording.flags(wards.loc[found.index], "assessed", absent=True)
    hatch = f"bare-{area.number}"
    parts = [
        Markup('<rect width="{}" height="{}" fill="#e8ebec"/>').format(WIDE, HIGH),
        _paths(frame, cut[assessed], fill=LAND, stroke=LINE),
        _paths(frame, cut[~assessed], fill=f"url(#{hatch})", stroke=LINE),
        _paths(frame, cut[cut.index.isin(list(beside))], fill="#cfe0e1", stroke=LINE),
        _paths(frame, cut[cut.index.isin(area.codes)], fill=TEAL, stroke="#ffffff", wide=2),
        _paths(frame, _districts(wards, cut), fill="none", stroke=QUIET, wide=2.5),
        _paths(frame, gpd.GeoSeries([shapely.unary_union(simple[simple.index.isin(area.codes)].to_numpy())]),
               fill="none", stroke=INK, wide=4),
        *_numbers(frame, wards, own),
        _scale_bar(frame),
        _inset(outline, mine),
    ]  # fmt: skip
    words = f"Map of {area.name}: its wards, numbered as in the table beside it, and what lies around them."
    pattern = Markup(
        '<defs><pattern id="{}" width="14" height="14" patternUnits="userSpaceOnUse">'
        '<rect width="14" height="14" fill="#f3f1ec"/><path d="M0 14L14 0" stroke="#8b929a" stroke-width="2"/>'
        "</pattern></defs>"
    ).format(hatch)
    return Markup('<svg class="close-up" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        WIDE, HIGH, words, pattern, Markup("").join(parts)
    )


def _frame(bounds: npt.NDArray[np.float64]) -> Frame:
    """The land to show: the area in the middle, with something around it, in the shape of the picture."""
    west, south, east, north = bounds
    around = AROUND * max(east - west, north - south, 100.0)
    scale = min(WIDE / (east - west + 2 * around), HIGH / (north - south + 2 * around))
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    return Frame(west=middle_x - WIDE / scale / 2, north=middle_y + HIGH / scale / 2, scale=scale)


def _paths(frame: Frame, found: gpd.GeoSeries, *, fill: str, stroke: str, wide: float = 1) -> Markup:
    drawn = "".join(frame.path(shape) for shape in found)
    if not drawn:
        return Markup("")
    form = Markup('<path d="{}" fill="{}" fill-rule="evenodd" stroke="{}" stroke-width="{}" stroke-linejoin="round"/>')
    return form.format(drawn, fill, stroke, wide)


def _districts(wards: pd.DataFrame, cut: gpd.GeoSeries) -> gpd.GeoSeries:
    """Outlines of the districts in sight; none where there is only one."""
    if "district_code" not in wards:
        return gpd.GeoSeries([], dtype="geometry")
    keys = wards.loc[cut.index, "district_code"].astype(object)
    keys = keys.where(keys.notna(), "")
    if keys.nunique() < 2:
        return gpd.GeoSeries([], dtype="geometry")
    return shapes.by_column(cut, keys)


def _numbers(frame: Frame, wards: pd.DataFrame, own: gpd.GeoSeries) -> Iterator[Markup]:
    """Each ward's number at a point inside it, as in the page's table; a ward without an outline keeps its number."""
    people = wards["population"].reindex(own.index) if "population" in wards else pd.Series(0.0, index=own.index)
    numbered = people.rename_axis("ward_code").reset_index(name="people")
    order = numbered.sort_values(["people", "ward_code"], ascending=[False, True])["ward_code"]
    placed = frame.place(shapes.inner_points(own.reindex(order)))
    form = Markup(
        '<circle cx="{0}" cy="{1}" r="20" fill="{3}"/><text x="{0}" y="{2}" font-size="25" font-weight="bold"'
        ' font-family="sans-serif" text-anchor="middle" fill="#ffffff">{4}</text>'
    )
    for number, (x, y) in enumerate(placed, start=1):
        if np.isfinite(x):
            yield form.format(round(x), round(y), round(y) + 9, INK, number)


def _scale_bar(frame: Frame) -> Markup:
    """A bar of a round length, at most a third of the picture."""
    metres = max((length for length in BARS if length * frame.scale <= WIDE / 3), default=BARS[0])
    words = f"{metres} m" if metres < 1_000 else f"{metres // 1_000} km"
    form = Markup(
        '<path d="M24 {0}v8h{1}v-8" fill="none" stroke="{2}" stroke-width="3"/><text x="{3}" y="{4}" font-size="24"'
        ' font-family="sans-serif" fill="{2}">{5}</text>'
    )
    long = round(metres * frame.scale)
    return form.format(HIGH - 34, long, INK, 34 + long, HIGH - 22, words)


def _coarse(whole: shapely.Geometry) -> shapely.Geometry:
    """The whole study for the small picture in the corner."""
    west, south, east, north = whole.bounds if not whole.is_empty else (0.0, 0.0, 0.0, 0.0)
    return shapely.simplify(whole, max(east - west, north - south) / 250)


def _draw_outline(whole: shapely.Geometry) -> Outline:
    """The outline of the study drawn once, for the corner of every picture."""
    west, south, east, north = (0.0, 0.0, 0.0, 0.0) if whole.is_empty else whole.bounds
    scale = INSET / max(east - west, north - south, 1.0)
    frame = Frame(west, north, scale)
    return Outline(frame, round((east - west) * scale), round((north - south) * scale), frame.path(whole))


def _inset(outline: Outline, mine: gpd.GeoSeries) -> Markup:
    """The outline of the study in the upper right corner, with a mark where the area lies."""
    if not outline.path:
        return Markup("")
    frame, wide, high = outline.frame, outline.wide, outline.high
    middle = shapely.centroid(shapely.unary_union(mine.to_numpy()))
    ((x, y),) = frame.place(np.array([[middle.x, middle.y]])).round()
    form = Markup(
        '<g transform="translate({0} 12)"><rect x="-8" y="-4" width="{1}" height="{2}" fill="#ffffff"/>'
        '<path d="{3}" fill="{4}" stroke="{5}"/><circle cx="{6:.0f}" cy="{7:.0f}" r="9" fill="{8}"/></g>'
    )
    return form.format(WIDE - wide - 16, wide + 16, high + 12, outline.path, LINE, QUIET, x, y, INK)
