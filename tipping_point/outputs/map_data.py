"""What the map's file carries beside the page: outlines and points as bytes, words as columns, both packed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import cards, hexes, shapes, topology, views, wording
from tipping_point.outputs.classes import NOT_ASSESSED, Class, Codes, View
from tipping_point.outputs.listing import CountryList
from tipping_point.outputs.slider import Slider

BRITAIN = [[49.9, -6.4], [55.9, 1.8]]
"""The first view of a study without an outline: [[south, west], [north, east]]."""

POINT_STEPS = 255
"""A point inside a shape is kept as its place in the shape's box, in so many steps each way."""


@dataclass(frozen=True)
class MapData:
    """The packed words and outlines, and the first view [[south, west], [north, east]]."""

    words: bytes
    outlines: bytes
    bounds: list[list[float]]


def build_data(
    wards: gpd.GeoDataFrame,
    lists: Sequence[CountryList],
    cover: schema.Cover,
    slider: Slider,
    *,
    columns: Sequence[schema.Column],
    tiles: dict[str, str] | None,
    simple: gpd.GeoSeries,
) -> MapData:
    """Everything that the page's script reads; `wards` is on ward_code, `simple` are their outlines."""
    areas = [area for country in lists for area in country.areas]
    names = texts(wards, "district_name")
    with ThreadPoolExecutor(1) as pool:
        joined = shapes.begin_by_column(simple, names, pool)
        hexagons = hexes.hexagons(
            simple,
            districts=pd.factorize(names)[0].astype(np.int64),
            areas=np.array(cards.area_of_ward(wards, lists), dtype=np.int64),
        )
        ward_words = _ward_words(wards, lists, cover, columns)
        districts = joined()
    layers = [simple, districts, shapes.merged(simple, [area.codes for area in areas])]
    degrees = [layer.to_crs("EPSG:4326") for layer in layers]
    places = shapes.decimals(simple)
    words = {
        "places": places,
        "pointSteps": POINT_STEPS,
        "hexes": {"west": hexagons.west, "north": hexagons.north, "width": hexagons.width},
        "wards": ward_words,
        "districts": [wording.clean(name) for name in districts.index],
        "areas": [cards.area_card(area, cover) for area in areas],
        "views": [_view(view) for view in views.views(wards, cover)],
        "missingViews": views.missing_views(wards, cover),
        "slider": _slider(slider),
        "notAssessed": NOT_ASSESSED,
        "tiles": tiles,
    }
    text = json.dumps(words, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    with ThreadPoolExecutor(2) as pool:
        packed_words, packed_outlines = pool.map(_squeeze, (text, _outlines(layers, degrees, hexagons, places)))
    return MapData(packed_words, packed_outlines, _bounds(degrees[0]))


def _outlines(
    layers: Sequence[gpd.GeoSeries], degrees: Sequence[gpd.GeoSeries], hexagons: hexes.Hexagons, places: int
) -> bytes:
    """Outlines of the layers, a point inside each of their shapes, and the wards' places among the hexagons."""
    runs = [_points(layer, turned, places).ravel() for layer, turned in zip(layers, degrees, strict=True)]
    runs += [np.diff(values, prepend=0) for values in (hexagons.column, hexagons.row)]
    return topology.pack(degrees, places) + b"".join(topology.pack_integers(values) for values in runs)


def texts(wards: pd.DataFrame, column: str) -> pd.Series:
    """A column of text with '' for what is missing; all '' where the table has no such column."""
    if column not in wards:
        return pd.Series("", index=wards.index)
    return wards[column].astype(object).where(wards[column].notna(), "")


def _ward_words(
    wards: gpd.GeoDataFrame, lists: Sequence[CountryList], cover: schema.Cover, columns: Sequence[schema.Column]
) -> dict[str, Any]:
    card = cards.ward_cards(wards, cover, columns)
    return {
        "code": [wording.clean(code, 20) for code in wards.index],
        "name": [wording.clean(name) for name in texts(wards, "ward_name")],
        "district": _repeated(wording.clean(name) for name in texts(wards, "district_name")),
        "country": _repeated(wording.clean(name) for name in texts(wards, "country")),
        "force": _repeated(wording.clean(name) for name in texts(wards, "force_name")),
        "assessed": np.flatnonzero(wording.flags(wards, "assessed", absent=True)).tolist(),
        "visitor": np.flatnonzero(wording.flags(wards, "visitor_ward")).tolist(),
        "area": cards.area_of_ward(wards, lists),
        "standing": _repeated(card.standing),
        "why": _repeated(card.why),
        "wouldChange": _repeated(card.would_change),
        "rivals": _repeated(card.rivals),
        "tests": _repeated(card.tests),
        "caveats": _repeated(card.caveats),
        **{
            name: [{"label": fact["label"], "values": _repeated(fact["values"])} for fact in facts]
            for name, facts in (("facts", card.facts), ("bars", card.bars), ("more", card.more))
        },
    }


def _repeated(values: Iterable[str]) -> dict[str, Any] | list[str]:
    """A column of text; where texts repeat, each once: {'texts': …, 'at': the place of each row's text}."""
    plain = list(values)
    at, found = pd.factorize(np.array(plain, dtype=object))
    return {"texts": found.tolist(), "at": at.tolist()} if 2 * len(found) < len(plain) else plain


def _view(view: View) -> dict[str, Any]:
    return {
        "name": view.name,
        "title": view.title,
        "note": view.note,
        "analyst": view.analyst,
        "classes": [_class(each) for each in view.classes],
        "countries": [wording.clean(name) for name in view.countries],
        "values": _letters(view.values),
    }


def _slider(slider: Slider) -> dict[str, Any]:
    return {
        "periods": list(slider.periods),
        "note": slider.note,
        "classes": [_class(each) for each in slider.classes],
        "countries": [wording.clean(name) for name in slider.countries],
        "values": _letters(slider.values.ravel()),
    }


def _class(each: Class) -> dict[str, Any]:
    shown = {"name": each.name, "fill": each.fill, "pattern": each.pattern, "ink": each.ink, "meaning": each.meaning}
    return {**shown, "ranges": list(each.ranges)}


def _letters(values: Codes) -> str:
    """Class numbers as letters: 'A' for -2, 'B' for -1, 'C' for 0."""
    return (values.astype(np.int16) + ord("C")).astype(np.uint8).tobytes().decode("ascii")


def _points(layer: gpd.GeoSeries, degrees: gpd.GeoSeries, places: int) -> npt.NDArray[np.int64]:
    """A point inside each shape as its place in the shape's box, n x 2, from the west and the south; 0 where empty.

    `layer` in metres and `degrees` are the same shapes.
    """
    points = shapes.inner_points(layer)
    known = ~np.isnan(points[:, 0])
    found = np.zeros((len(layer), 2), dtype=np.int64)
    if not known.any():
        return found
    box = np.round(degrees[known].bounds.to_numpy(), places)
    side = np.maximum(box[:, 2:] - box[:, :2], 10.0**-places)
    share = (shapes.to_degrees(points[known]) - box[:, :2]) / side
    found[known] = np.rint(np.clip(share, 0, 1) * POINT_STEPS).astype(np.int64)
    return found


def _bounds(degrees: gpd.GeoSeries) -> list[list[float]]:
    drawn = degrees[~degrees.is_empty]
    if drawn.empty:
        return BRITAIN
    west, south, east, north = drawn.total_bounds.round(4).tolist()
    return [[south, west], [north, east]]


def _squeeze(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=9, mtime=0)
