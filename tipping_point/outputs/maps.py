"""The map: one HTML file on folium and Leaflet that needs no network and lets nothing in or out."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import geopandas as gpd
import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import heading, listing, map_data, pages, shapes, views, wording
from tipping_point.outputs.slider import Slider, build_slider

if TYPE_CHECKING:
    import folium

logger = logging.getLogger(__name__)


def draw_map(
    wards: gpd.GeoDataFrame,
    areas: pd.DataFrame,
    cover: schema.Cover,
    *,
    coverage: pd.DataFrame | None = None,
    columns: Sequence[schema.Column] = (),
    counts: pd.DataFrame | None = None,
    sources: pd.DataFrame | None = None,
    contact: str = "",
    tiles: str | None = None,
    tiles_attribution: str = "",
    simple: gpd.GeoSeries | None = None,
) -> folium.Map:
    """The map of a study, as a folium map that shows itself in a notebook and saves itself as one file.

    The file holds Leaflet (from the installed package), the outlines and all words; its content-security policy
    forbids the rest.

    Args:
        wards: schema.WARDS with outlines, on ward_code; columns that the run did not make may be absent.
        areas: schema.AREAS, may be empty.
        cover: what the outputs carry on their face.
        coverage: schema.COVERAGE, for the files that are missing.
        columns: what indicator columns beyond the schema mean.
        counts: schema.COUNTS, for the slider of months; without it there is none.
        sources: schema.SOURCES, for who published the crimes.
        contact: whom to ask; '' is shown as not stated.
        tiles: address of a base map, such as 'https://tiles.example.org/{z}/{x}/{y}.png'. The map then asks that host
            for pictures, and no other; None, the default, is a map that asks nobody.
        tiles_attribution: whom the base map must name; shown on the map.
        simple: outlines of the wards from `shapes.outlines`, where somebody has them already.

    Raises:
        InputError: wards repeat, or `tiles` is not an https address with {z}, {x} and {y}.

    >>> shown = tp.draw_map(results.wards, results.areas, results.cover)
    >>> shown.save(folder / "map.html")
    """
    schema.check_table(listing.keyed(wards, "ward_code"), "wards", ["ward_code", "geometry"], unique=["ward_code"])
    base = _base_map(tiles, tiles_attribution)
    table = wards.set_index("ward_code") if "ward_code" in wards else wards
    lists = listing.country_lists(table, areas, cover)
    slider = build_slider(table, counts, cover)
    drawn = shapes.outlines(table) if simple is None else simple
    data = map_data.build_data(table, lists, cover, slider, columns=columns, tiles=base, simple=drawn)
    context = {
        **_context(table, lists, cover, slider, coverage=coverage, sources=sources),
        "contact": contact or "not stated",
        "base": base,
    }
    shortlisted = sum(len(country.shortlist) for country in lists)
    logger.info(
        "map: %d wards and %d shortlisted areas, %d kB of outlines and %d kB of words, packed",
        len(table), shortlisted, len(data.outlines) // 1000, len(data.words) // 1000,
    )  # fmt: skip
    # Here and not above: folium takes a third of a second that most commands have no use for.
    from tipping_point.outputs.map_page import build_map

    return build_map(context, data)


def write_map(
    wards: gpd.GeoDataFrame,
    areas: pd.DataFrame,
    cover: schema.Cover,
    *,
    coverage: pd.DataFrame | None = None,
    columns: Sequence[schema.Column] = (),
    counts: pd.DataFrame | None = None,
    sources: pd.DataFrame | None = None,
    contact: str = "",
    tiles: str | None = None,
    tiles_attribution: str = "",
    simple: gpd.GeoSeries | None = None,
    path: Path,
) -> Path:
    """Write draw_map's map to `path`, the same bytes for the same study; returns the path.

    >>> tp.write_map(results.wards, results.areas, results.cover, path=folder / "own_map.html").name
    'own_map.html'
    """
    shown = draw_map(
        wards, areas, cover, coverage=coverage, columns=columns, counts=counts, sources=sources,
        contact=contact, tiles=tiles, tiles_attribution=tiles_attribution, simple=simple,
    )  # fmt: skip
    return pages.write_text(path, shown.get_root().render())


def _context(
    wards: gpd.GeoDataFrame,
    lists: Sequence[listing.CountryList],
    cover: schema.Cover,
    slider: Slider,
    *,
    coverage: pd.DataFrame | None,
    sources: pd.DataFrame | None,
) -> dict[str, Any]:
    assessed = wording.flags(wards, "assessed", absent=True)
    return {
        "cover": cover,
        "title": heading.title(lists, cover),
        "source": heading.source(sources),
        "age": heading.age(cover),
        "proxy": heading.PROXY,
        "lists": lists,
        "wards": wording.count(len(wards)),
        "not_assessed": int((~assessed).sum()),
        "top": views.top_words(wards) if "share_in_top" in wards and wards["share_in_top"].notna().any() else "",
        "files": wording.missing_files(coverage),
        "months": wording.plural(cover.months, "month"),
        "slider": slider,
        "mark_note": wording.MARK_NOTE,
    }


def _base_map(tiles: str | None, attribution: str) -> dict[str, str] | None:
    """The base map's address, words and the one origin that the policy opens."""
    if tiles is None:
        return None
    parts = urlsplit(tiles)
    faults = []
    if parts.scheme != "https" or not re.fullmatch(r"(\{s\}\.)?[a-z0-9.-]+(:\d+)?", parts.netloc):
        faults.append(f"tiles: '{wording.clean(tiles)}' is not an https address of a host")
    faults += [f"tiles: '{wording.clean(tiles)}' lacks {part}" for part in ("{z}", "{x}", "{y}") if part not in tiles]
    if faults:
        raise schema.InputError(faults)
    return {
        "url": tiles,
        "attribution": wording.clean(attribution, 300),
        "origin": f"https://{parts.netloc.replace('{s}', '*')}",
    }
