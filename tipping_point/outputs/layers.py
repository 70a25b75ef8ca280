"""Layers for a folium map of your own: wards coloured by a column, and areas outlined.

For the finished map of a study, with its key, cards and search, see `draw_map`.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import listing, wording
from tipping_point.outputs.classes import SEQUENCE
from tipping_point.outputs.shapes import outlines

if TYPE_CHECKING:
    import folium

GREY = "#d9d9d9"
"""Of a ward without a value."""
OUTLINE = "#9e2a0b"
"""Of an area: told from the fill of every ward."""


def add_wards(m: folium.Map, wards: gpd.GeoDataFrame, column: str, *, label: str = "") -> folium.GeoJson:
    """Colour the wards by a column, in classes of as many wards each, on a folium map of your own.

    Args:
        m: any folium map.
        wards: `results.wards`, or a table with ward_name and outlines in EPSG:27700.
        column: numbers; a ward without one is grey.
        label: what the column is called in the tooltip; its name where left out.

    Returns:
        The layer, which is on the map.

    Raises:
        InputError: a column that the wards lack, or that holds no numbers.

    >>> import folium
    >>> layer = tp.add_wards(folium.Map(), results.wards, "crime_rate", label="Crime a year")
    """
    import folium

    schema.check_table(wards, "wards", ["ward_name", column, "geometry"])
    if not pd.api.types.is_numeric_dtype(wards[column]):
        raise schema.InputError(f"wards: column '{column}' holds no numbers; add_wards colours by numbers")
    values = wards[column].astype(float)
    classes = pd.qcut(values, len(SEQUENCE), labels=False, duplicates="drop")
    fills = classes.map(lambda place: SEQUENCE[int(place)], na_action="ignore").fillna(GREY)
    said = values.map(lambda value: f"{value:,.4g}", na_action="ignore").fillna("not known")
    shown = gpd.GeoDataFrame(
        {"ward": wards["ward_name"].map(_safe), "value": said, "fill": fills},
        geometry=outlines(wards),
        index=wards.index,
    )
    layer = folium.GeoJson(
        shown.to_crs("EPSG:4326"),
        name=escape(label or column),
        style_function=_fill,
        tooltip=folium.GeoJsonTooltip(["ward", "value"], aliases=["Ward", escape(label or column)]),
    )
    layer.add_to(m)
    return layer


def add_areas(m: folium.Map, areas: gpd.GeoDataFrame, *, shortlisted: bool = True) -> folium.GeoJson:
    """Outline areas on a folium map of your own.

    Args:
        m: any folium map.
        areas: `results.areas`.
        shortlisted: only those of the shortlist; False outlines every area with a rank too.

    Returns:
        The layer, which is on the map.

    Raises:
        InputError: a column that the areas lack.

    >>> import folium
    >>> layer = tp.add_areas(folium.Map(), results.areas)
    """
    import folium

    table = listing.keyed(areas, "area_id")
    schema.check_table(table, "areas", ["area_name", "rank", "shortlisted", "geometry"])
    chosen = table[table["shortlisted"].astype(bool) | (table["rank"].notna() & (not shortlisted))]
    shown = gpd.GeoDataFrame(
        {"area": chosen["area_name"].map(_safe), "rank": chosen["rank"].astype("Int64").astype(str)},
        geometry=chosen.geometry, crs=schema.SYSTEM,
    )  # fmt: skip
    layer = folium.GeoJson(
        shown.to_crs("EPSG:4326"),
        name="Areas",
        style_function=_outline,
        tooltip=folium.GeoJsonTooltip(["rank", "area"], aliases=["Place", "Area"]) if len(shown) else None,
    )
    layer.add_to(m)
    return layer


def _safe(name: object) -> str:
    """A name as text of a tooltip, which folium would take for HTML."""
    return escape(wording.clean(name))


def _fill(feature: dict[str, dict[str, str]]) -> dict[str, object]:
    return {"fillColor": feature["properties"]["fill"], "fillOpacity": 0.8, "color": "#ffffff", "weight": 0.4}


def _outline(_feature: object) -> dict[str, object]:
    return {"fillOpacity": 0.0, "color": OUTLINE, "weight": 2.5}
