"""The page of the map: folium's map and Leaflet in one HTML file whose policy lets nothing in or out."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import folium
from branca.element import Figure, MacroElement
from folium.template import Template
from markupsafe import Markup

from tipping_point.outputs import map_data, pages

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


def build_map(context: Mapping[str, Any], data: map_data.MapData) -> folium.Map:
    """A folium map on a page of its own. `context`: what the template map.html shows, with `base` for the base map."""
    mark = hashlib.sha256(data.outlines + data.words).hexdigest()[:12]
    shown = folium.Map(tiles=None, zoom_start=6, control_scale=True, zoom_snap=0.1, attribution_control=False)
    shown._id = mark  # folium draws ids at random; the file is to be the same for the same study
    drawing = _Drawing(data.bounds)
    drawing._id = mark
    shown.add_child(drawing)
    page = _Page(context, data)
    page.add_child(shown, name="study")
    return shown


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
