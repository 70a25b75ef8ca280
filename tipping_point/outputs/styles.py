"""How QGIS draws the layers of the GeoPackage when they are opened: its own style files, kept inside the file.

QGIS looks for a table `layer_styles` and draws each layer by the row that is marked as default. A style is a QML
document; only what differs from QGIS's own defaults is written, which every QGIS from 3.18 on reads.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import wording
from tipping_point.outputs.classes import Class, View
from tipping_point.outputs.views import is_index_hidden, views

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
VERSION = "3.22.0"
OUTLINE = "#8a8f94"
"""Of wards; areas are outlined in a dark INK that reads on every fill."""
INK = "#7d3f18"

Fill = tuple[str, str, str]
"""Colour, brush and outline of one layer of a symbol: brush as QGIS names it, outline as 'colour width style'."""

_HATCHED: tuple[Fill, ...] = (("#f3f1ec", "solid", f"{OUTLINE} 0.1 solid"), ("#8b929a", "b_diagonal", "#8b929a 0 no"))


@dataclass(frozen=True)
class Rule:
    """One line of the legend: what it is called, which rows it draws, and how."""

    label: str
    filter: str
    fills: tuple[Fill, ...]


def layer_styles(wards: pd.DataFrame, cover: schema.Cover) -> pd.DataFrame:
    """The table that QGIS reads: one default style for each of the layers wards and areas.

    Args:
        wards: the ward table; the five classes of its index are those of the map.
        cover: as for every output.

    Returns:
        One row per layer with the columns that QGIS asks for; the same text for the same study.
    """
    styles = {
        "wards": (_document(_ward_rules(wards, cover), label=""), "Index in classes; not assessed hatched"),
        "areas": (_document(_area_rules(), label=_AREA_LABEL), "Areas outlined, those that come next dashed"),
    }
    return pd.DataFrame(
        [
            {
                "f_table_catalog": "", "f_table_schema": "", "f_table_name": layer, "f_geometry_column": "geom",
                "styleName": layer, "styleQML": text, "styleSLD": "", "useAsDefault": True, "description": said,
                "owner": "", "ui": "",
            }
            for layer, (text, said) in styles.items()
        ]
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------- rules


def _ward_rules(wards: pd.DataFrame, cover: schema.Cover) -> list[Rule]:
    """A rule for each class of the index in each country, then what has no index, then what was not assessed."""
    outline = f"{OUTLINE} 0.1 solid"
    need = next((view for view in views(wards, cover) if view.name == "Need"), None)
    rules = list(_class_rules(wards, need)) if need else []
    without = f'"assessed" AND "{_basis(wards)}" IS NULL' if need else '"assessed"'
    rules.append(Rule("Assessed, without an index", without, (("#ffffff", "solid", outline),)))
    rules.append(Rule("Not assessed", 'NOT coalesce("assessed", false)', _HATCHED))
    return rules


def _class_rules(wards: pd.DataFrame, need: View) -> Iterator[Rule]:
    """From the class that the map gives each ward to the range of scores that is the rule of it."""
    basis = _basis(wards)
    score = wards[basis].astype(float).to_numpy()
    country = wards["country"].astype(str).to_numpy() if "country" in wards else np.full(len(wards), "")
    countries = sorted({str(name) for name in country})
    for name in countries:
        for place, each in enumerate(need.classes):
            held = score[(country == name) & (need.values == place)]
            if len(held):
                yield _class_rule(each, basis, held, name if len(countries) > 1 else "")


def _basis(wards: pd.DataFrame) -> str:
    """The column that the colours stand for: the index, or the place by it where some ward's index is hidden."""
    return "rank" if is_index_hidden(wards) else "index_score"


def _class_rule(each: Class, basis: str, held: npt.NDArray[np.float64], country: str) -> Rule:
    low, high = float(held.min()), float(held.max())
    within = f'"assessed" AND "{basis}" >= {low!r} AND "{basis}" <= {high!r}'
    if country:
        within += f' AND "country" = {_quoted(country)}'
    where = f"{wording.clean(country)}: " if country else ""
    label = f"{where}{each.name}: " + (
        f"places {low:.0f} to {high:.0f}" if basis == "rank" else f"index {low:.1f} to {high:.1f}"
    )
    return Rule(label, within, ((each.fill, "solid", f"{OUTLINE} 0.1 solid"),))


def _area_rules() -> list[Rule]:
    """The shortlist with a firm line, what comes next dashed; an area without a rank is on no list."""
    chosen = 'coalesce("shortlisted", false)'
    return [
        Rule("Shortlist", chosen, (("#ffffff", "no", f"{INK} 0.8 solid"),)),
        Rule("Nearly chosen", f'NOT {chosen} AND "rank" IS NOT NULL', (("#ffffff", "no", f"{INK} 0.4 dash"),)),
    ]


_AREA_LABEL = """CASE WHEN coalesce("shortlisted", false) THEN to_string("rank") ELSE '' END"""
"""The number of the list: names would hide the land, and stand in the table of attributes."""


def _quoted(text: str) -> str:
    """A text as QGIS's expressions write it."""
    return "'" + wording.clean(text).replace("\\", "\\\\").replace("'", "''") + "'"


# ---------------------------------------------------------------------------------------------- document


def _document(rules: Sequence[Rule], *, label: str) -> str:
    """The QML of a layer drawn by rules, labelled by an expression where there is one."""
    style = ET.Element(
        "qgis", version=VERSION, styleCategories="Symbology|Labeling", labelsEnabled=str(int(bool(label)))
    )
    renderer = ET.SubElement(style, "renderer-v2", type="RuleRenderer", symbollevels="0", forceraster="0")
    listed = ET.SubElement(renderer, "rules", key="{root}")
    symbols = ET.SubElement(renderer, "symbols")
    for number, rule in enumerate(rules):
        ET.SubElement(
            listed, "rule", key=f"{{rule-{number}}}", symbol=str(number), label=rule.label, filter=rule.filter
        )
        _add_symbol(symbols, number, rule.fills)
    if label:
        _add_label(style, label)
    return DOCTYPE + ET.tostring(style, encoding="unicode") + "\n"


def _add_symbol(symbols: ET.Element, number: int, fills: Sequence[Fill]) -> None:
    symbol = ET.SubElement(symbols, "symbol", type="fill", name=str(number), alpha="1", clip_to_extent="1")
    for colour, brush, outline in fills:
        line, width, style = outline.split(" ")
        layer = ET.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "locked": "0", "pass": "0"})
        options = ET.SubElement(layer, "Option", type="Map")
        for name, value in (
            ("color", _rgba(colour)), ("style", brush), ("outline_color", _rgba(line)), ("outline_width", width),
            ("outline_width_unit", "MM"), ("outline_style", style), ("joinstyle", "round"),
        ):  # fmt: skip
            ET.SubElement(options, "Option", name=name, type="QString", value=value)


def _add_label(style: ET.Element, expression: str) -> None:
    """Dark text on a pale halo, so that it reads on every fill."""
    settings = ET.SubElement(ET.SubElement(style, "labeling", type="simple"), "settings", calloutType="simple")
    text = ET.SubElement(
        settings, "text-style", fieldName=expression, isExpression="1", fontSize="12", fontSizeUnit="Point",
        textColor=_rgba("#1f2933"), textOpacity="1",
    )  # fmt: skip
    ET.SubElement(settings, "rendering", displayAll="1")
    ET.SubElement(
        text, "text-buffer", bufferDraw="1", bufferSize="1", bufferSizeUnits="MM", bufferColor=_rgba("#ffffff"),
        bufferOpacity="1",
    )  # fmt: skip


def _rgba(colour: str) -> str:
    """'#2c6d82' -> '44,109,130,255'."""
    return ",".join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5)) + ",255"
