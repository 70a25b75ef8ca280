"""The map: one HTML file on folium and Leaflet that needs no network and lets nothing in or out."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import folium
import geopandas as gpd
import pandas as pd
from branca.element import Figure, MacroElement
from folium.template import Template
from markupsafe import Markup

from tipping_point import schema
from tipping_point.outputs import heading, listing, map_data, pages, shapes, views, wording
from tipping_point.outputs.slider import Slider, build_slider

logger = logging.getLogger(__name__)

SCRIPTS = (
    "shapes.js",
    "hexes.js",
    "canvas.js",
    "labels.js",
    "legend.js",
    "search.js",
    "cards.js",
    "tables.js",
    "map.js",
)


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
    """
    schema.check_table(listing.keyed(wards, "ward_code"), "wards", ["ward_code", "geometry"], unique=["ward_code"])
    base = _base_map(tiles, tiles_attribution)
    table = wards.set_index("ward_code") if "ward_code" in wards else wards
    lists = listing.country_lists(table, areas, cover)
    slider = build_slider(table, counts, cover)
    drawn = shapes.outlines(table) if simple is None else simple
    data = map_data.build_data(table, lists, cover, slider, columns=columns, tiles=base, simple=drawn)
    mark = hashlib.sha256(data.outlines + data.words).hexdigest()[:12]
    shown = folium.Map(tiles=None, zoom_start=6, control_scale=True, zoom_snap=0.1, attribution_control=False)
    shown._id = mark  # folium draws ids at random; the file is to be the same for the same study
    drawing = _Drawing(data.bounds)
    drawing._id = mark
    shown.add_child(drawing)
    context = {
        **_context(table, lists, cover, slider, coverage=coverage, sources=sources),
        "contact": contact or "not stated",
        "base": base,
    }
    page = _Page(context, data)
    page.add_child(shown, name="study")
    shortlisted = sum(len(country.shortlist) for country in lists)
    logger.info(
        "map: %d wards and %d shortlisted areas, %d kB of outlines and %d kB of words, packed",
        len(table), shortlisted, len(data.outlines) // 1000, len(data.words) // 1000,
    )  # fmt: skip
    return shown


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
    """Write draw_map's map to `path`, the same bytes for the same study; returns the path."""
    shown = draw_map(
        wards, areas, cover, coverage=coverage, columns=columns, counts=counts, sources=sources,
        contact=contact, tiles=tiles, tiles_attribution=tiles_attribution, simple=simple,
    )  # fmt: skip
    return pages.write_text(path, shown.get_root().render())


class _Page(Figure):
    """The HTML file around the map. It leaves out folium's own head: CDN links and a view that cannot be enlarged."""

    def __init__(self, context: Mapping[str, Any], data: map_data.MapData) -> None:
        super().__init__(height="720px")
        self.context = context
        self.data = data

    def render(self, **kwargs: object) -> str:
        """The whole file. Only scripts whose hash the policy names can run."""
        for child in self._children.values():
            child.render(**kwargs)
        leaflet, style = _leaflet()
        code = [leaflet, "\n".join(pages.read(name) for name in SCRIPTS), self.script.render(**kwargs)]
        made = pages.environment().get_template("map.html")
        base = self.context["base"]
        return made.render(
            **self.context,
            policy=_policy(code, base["origin"] if base else ""),
            style=Markup("\n".join([style, pages.read("page.css"), pages.read("map.css")])),  # noqa: S704 - our own files
            scripts=[Markup(script) for script in code],  # noqa: S704 - Leaflet, our own files, folium's numbers
            canvas=Markup(self.html.render(**kwargs)),  # noqa: S704 - folium's element, its id is a hash
            text=base64.b64encode(self.data.words).decode("ascii"),
            outline=base64.b64encode(self.data.outlines).decode("ascii"),
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
        "title": heading.title(wards, lists, cover),
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


def _leaflet() -> tuple[str, str]:
    """Leaflet's script and style sheet from the installed package, without links to further files.

    The package is only located, not imported: its own module needs pkg_resources, which setuptools has dropped.
    """
    folder = Path(str(distribution("XStatic-Leaflet").locate_file("xstatic/pkg/leaflet/data")))
    script = (folder / "leaflet.js").read_text(encoding="utf-8").replace("\r\n", "\n")
    style = (folder / "leaflet.css").read_text(encoding="utf-8").replace("\r\n", "\n")
    return re.sub(r"//# sourceMappingURL=.*", "", script), re.sub(r"url\([^)]*\)", "none", style)


def _policy(scripts: Sequence[str], pictures: str) -> str:
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    named = " ".join(f"'sha256-{value}'" for value in hashes)
    return (
        f"default-src 'none'; script-src {named}; style-src 'unsafe-inline'; img-src {f'data: {pictures}'.strip()}; "
        "base-uri 'none'; form-action 'none'"
    )
