"""The map: one HTML file on folium and Leaflet that needs no network and lets nothing in or out."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
from branca.element import Figure, MacroElement
from folium.template import Template
from markupsafe import Markup

from tipping_point import schema
from tipping_point.outputs import cards, listing, pages, shapes, views, wording

logger = logging.getLogger(__name__)

SCRIPTS = ("shapes.js", "canvas.js", "map.js")


def draw_map(
    wards: gpd.GeoDataFrame,
    areas: pd.DataFrame,
    cover: schema.Cover,
    *,
    coverage: pd.DataFrame | None = None,
    columns: Sequence[schema.Column] = (),
) -> folium.Map:
    """The map of a study, as a folium map that shows itself in a notebook and saves itself as one file.

    `wards`: schema.WARDS with outlines, on ward_code; columns that the run did not make may be absent.
    `areas`: schema.AREAS, may be empty. `columns` explains indicator columns beyond the schema. The file holds
    Leaflet (from the installed package), the outlines and all words; its content-security policy forbids the rest.
    """
    schema.check_table(listing.keyed(wards, "ward_code"), "wards", ["ward_code", "geometry"], unique=["ward_code"])
    table = wards.set_index("ward_code") if "ward_code" in wards else wards
    lists = listing.country_lists(table, areas, cover)
    text, outline, bounds = _payload(table, lists, cover, columns)
    mark = hashlib.sha256(outline + text).hexdigest()[:12]
    shown = folium.Map(tiles=None, zoom_start=6, control_scale=True, zoom_snap=0.1, attribution_control=False)
    shown._id = mark  # folium draws ids at random; the file is to be the same for the same study
    drawing = _Drawing(bounds)
    drawing._id = mark
    shown.add_child(drawing)
    page = _Page(_context(table, lists, cover, coverage), text, outline)
    page.add_child(shown, name="study")
    shortlisted = sum(len(country.shortlist) for country in lists)
    logger.info(
        "map: %d wards and %d shortlisted areas, %d kB of outlines and %d kB of words, packed",
        len(table), shortlisted, len(outline) // 1000, len(text) // 1000,
    )  # fmt: skip
    return shown


def write_map(
    wards: gpd.GeoDataFrame,
    areas: pd.DataFrame,
    cover: schema.Cover,
    *,
    coverage: pd.DataFrame | None = None,
    columns: Sequence[schema.Column] = (),
    path: Path,
) -> Path:
    """Write draw_map's map to `path`, the same bytes for the same study; returns the path."""
    shown = draw_map(wards, areas, cover, coverage=coverage, columns=columns)
    return pages.write_text(path, shown.get_root().render())


class _Page(Figure):
    """The HTML file around the map. It leaves out folium's own head: CDN links and a view that cannot be enlarged."""

    def __init__(self, context: Mapping[str, Any], text: bytes, outline: bytes) -> None:
        super().__init__(height="720px")
        self.context = context
        self.text = text
        self.outline = outline

    def render(self, **kwargs: object) -> str:
        """The whole file. Only scripts whose hash the policy names can run."""
        for child in self._children.values():
            child.render(**kwargs)
        leaflet, style = _leaflet()
        code = [leaflet, "\n".join(pages.read(name) for name in SCRIPTS), self.script.render(**kwargs)]
        made = pages.environment().get_template("map.html")
        return made.render(
            **self.context,
            policy=_policy(code),
            style=Markup("\n".join([style, pages.read("page.css"), pages.read("map.css")])),  # noqa: S704 - our own files
            scripts=[Markup(script) for script in code],  # noqa: S704 - Leaflet, our own files, folium's numbers
            canvas=Markup(self.html.render(**kwargs)),  # noqa: S704 - folium's element, its id is a hash
            text=base64.b64encode(self.text).decode("ascii"),
            outline=base64.b64encode(self.outline).decode("ascii"),
        )


class _Drawing(MacroElement):
    """Hands folium's map to the page's script and sets its first view."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            drawStudy({{ this._parent.get_name() }}, {{ this.bounds|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, bounds: list[list[float]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca's is without annotations
        self._name = "Drawing"
        self.bounds = bounds


def _payload(
    wards: gpd.GeoDataFrame,
    lists: Sequence[listing.CountryList],
    cover: schema.Cover,
    columns: Sequence[schema.Column],
) -> tuple[bytes, bytes, list[list[float]]]:
    """The words and the outlines, each packed, and the first view [[south, west], [north, east]]."""
    simple = shapes.outlines(wards)
    shown = [area for country in lists for area in country.areas]
    districts = shapes.by_column(simple, _text(wards, "district_name"))
    merged = shapes.merged(simple, [area.codes for area in shown])
    places = shapes.decimals(simple)
    outline = b"".join(shapes.pack(each, places) for each in (simple, districts, merged))
    words = {
        "places": places,
        "wards": _ward_words(wards, simple, lists, cover, columns),
        "districts": {
            "name": [wording.clean(name) for name in districts.index],
            "point": _points(districts, places),
        },
        "areas": [cards.area_card(area, cover) for area in shown],
        "areaPoints": _points(merged, places),
        "views": [_view(view) for view in views.views(wards, cover)],
        "notAssessed": views.NOT_ASSESSED,
    }
    text = json.dumps(words, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    drawn = simple[~simple.is_empty]
    if drawn.empty:
        return _squeeze(text), _squeeze(outline), [[49.9, -6.4], [55.9, 1.8]]
    west, south, east, north = drawn.to_crs("EPSG:4326").total_bounds.round(4).tolist()
    return _squeeze(text), _squeeze(outline), [[south, west], [north, east]]


def _ward_words(
    wards: gpd.GeoDataFrame,
    simple: gpd.GeoSeries,
    lists: Sequence[listing.CountryList],
    cover: schema.Cover,
    columns: Sequence[schema.Column],
) -> dict[str, Any]:
    district, names = pd.factorize(_text(wards, "district_name").to_numpy(dtype=object), sort=True)
    country, countries = pd.factorize(_text(wards, "country").to_numpy(dtype=object), sort=True)
    force, forces = pd.factorize(_text(wards, "force_name").to_numpy(dtype=object), sort=True)
    visitor = wording.flags(wards, "visitor_ward")
    return {
        "code": [wording.clean(code, 20) for code in wards.index],
        "name": [wording.clean(name) for name in _text(wards, "ward_name")],
        "district": district.tolist(),
        "districts": [wording.clean(name) for name in names],
        "country": country.tolist(),
        "countries": [wording.clean(name) for name in countries],
        "force": force.tolist(),
        "forces": [wording.clean(name) for name in forces],
        "visitor": np.flatnonzero(visitor).tolist(),
        "point": _points(simple, shapes.decimals(simple)),
        "area": cards.area_of_ward(wards, lists),
        **dataclasses.asdict(cards.ward_cards(wards, cover, columns)),
    }


def _context(
    wards: gpd.GeoDataFrame,
    lists: Sequence[listing.CountryList],
    cover: schema.Cover,
    coverage: pd.DataFrame | None,
) -> dict[str, Any]:
    assessed = wording.flags(wards, "assessed", absent=True)
    return {
        "cover": cover,
        "lists": lists,
        "wards": wording.count(len(wards)),
        "not_assessed": int((~assessed).sum()),
        "files": wording.missing_files(coverage),
        "months": wording.plural(cover.months, "month"),
        "mark_note": wording.MARK_NOTE,
        "listed": wording.listed,
    }


def _view(view: views.View) -> dict[str, Any]:
    shown = {field.name: getattr(view, field.name) for field in dataclasses.fields(view)}
    return {
        **shown,
        "classes": [dataclasses.asdict(each) for each in view.classes],
        "countries": [wording.clean(name) for name in view.countries],
        "values": view.values.tolist(),
    }


def _points(series: gpd.GeoSeries, places: int) -> list[list[int] | None]:
    """A point inside each shape in steps of the packed outlines; nothing where there is no shape."""
    points = shapes.inner_points(series)
    known = ~np.isnan(points[:, 0])
    steps = np.rint(shapes.to_degrees(points[known]) * 10**places).astype(int).tolist()
    following = iter(steps)
    return [next(following) if has else None for has in known]


def _text(wards: pd.DataFrame, column: str) -> pd.Series:
    if column not in wards:
        return pd.Series("", index=wards.index)
    return wards[column].astype(object).where(wards[column].notna(), "")


def _squeeze(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=9, mtime=0)


def _leaflet() -> tuple[str, str]:
    """Leaflet's script and style sheet from the installed package, without links to further files.

    The package is only located, not imported: its own module needs pkg_resources, which setuptools has dropped.
    """
    folder = Path(str(distribution("XStatic-Leaflet").locate_file("xstatic/pkg/leaflet/data")))
    script = (folder / "leaflet.js").read_text(encoding="utf-8").replace("\r\n", "\n")
    style = (folder / "leaflet.css").read_text(encoding="utf-8").replace("\r\n", "\n")
    return re.sub(r"//# sourceMappingURL=.*", "", script), re.sub(r"url\([^)]*\)", "none", style)


def _policy(scripts: Sequence[str]) -> str:
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    named = " ".join(f"'sha256-{value}'" for value in hashes)
    return (
        f"default-src 'none'; script-src {named}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
