"""The tables of a study as files: full precision, the same bytes for the same study, every column explained."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import pages, wording
from tipping_point.outputs.folder import TABLES
from tipping_point.outputs.geopackage import make_layer, write_geopackage
from tipping_point.outputs.listing import keyed
from tipping_point.outputs.parquet import write_geoparquet, write_parquet
from tipping_point.outputs.styles import layer_styles

logger = logging.getLogger(__name__)

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A text cell that begins so would run as a formula in a spreadsheet."""

ESCAPED = "A cell that would begin with = + - @, a tab or a return has an apostrophe before it"
WHOLE_UNITS = {"people", "crimes", "rows", "rank", "wards", "months", "methods", "bytes"}

OUTLINED: Mapping[str, tuple[str, str]] = {
    "wards.parquet": ("wards.csv", "geometry"),
    "wards.gpkg, layer wards": ("wards.csv", "geom"),
    "wards.gpkg, layer areas": ("areas.csv", "geom"),
}
"""File or layer with outlines -> the table whose columns it has, and the name of its column of outlines."""

DICTIONARY: tuple[schema.Column, ...] = (
    schema.Column("file", "File, and for a GeoPackage the layer", "text", discloses="nothing"),
    schema.Column("column", "Column of that file", "text", discloses="nothing"),
    schema.Column("meaning", "What it says", "text", discloses="nothing"),
    schema.Column("unit", "Unit of its values", "text", discloses="nothing"),
    schema.Column(
        "worse", "Which way means greater need: higher, lower, or blank for neither", "text", discloses="nothing"
    ),
)


def write_tables(
    wards: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    counts: pd.DataFrame,
    coverage: pd.DataFrame,
    reconciliation: pd.DataFrame,
    graph_table: pd.DataFrame,
    *,
    columns: Sequence[schema.Column] = (),
    more: Mapping[str, tuple[pd.DataFrame, tuple[schema.Column, ...]]] | None = None,
    cover: schema.Cover,
    folder: Path,
) -> list[Path]:
    """Write every table of the contract into tables/ of `folder`, and wards.gpkg beside it; returns the paths.

    `wards` and `areas` have outlines in EPSG:27700 and their key as index or column; `areas` may be empty.
    `columns` explains what the schema does not know: components of the index, indicators. `more` holds further
    tables by file name, each with its columns.

    Raises:
        InputError: a column of any table that neither the schema nor `columns` explains; all are named.

    >>> paths = tp.write_tables(
    ...     results.wards, results.areas, results.counts, results.coverage, results.reconciliation,
    ...     results.view.neighbours, columns=results.columns, cover=results.cover, folder=folder / "tables_only",
    ... )
    """
    ward_table, area_table = keyed(wards, "ward_code"), keyed(areas, "area_id")
    tables: dict[str, tuple[pd.DataFrame, tuple[schema.Column, ...]]] = {
        "wards.csv": (_without_outline(ward_table), schema.WARDS),
        "areas.csv": (_without_outline(area_table), schema.AREAS),
        "counts.parquet": (counts, schema.COUNTS),
        "coverage.csv": (coverage, schema.COVERAGE),
        "reconciliation.csv": (reconciliation, schema.RECONCILIATION),
        "graph.csv": (graph_table, schema.GRAPH),
        **(more or {}),
    }
    tables = {name: (_arranged(table, known, columns), known) for name, (table, known) in tables.items()}
    outlined = {"wards": ward_table, "areas": area_table}
    layers = {name: make_layer(table, tables[f"{name}.csv"][0]) for name, table in outlined.items()}
    dictionary = _dictionary(tables, columns)
    paths = []
    inner = folder / TABLES
    inner.mkdir(parents=True, exist_ok=True)
    for name, (table, known) in tables.items():
        if name.endswith(".parquet"):
            paths.append(write_parquet(table, inner / name, known=known, cover=cover))
        else:
            paths.append(write_csv(table, inner / name))
    meanings = (*columns, *schema.WARDS)
    paths.append(write_geoparquet(layers["wards"], inner / "wards.parquet", known=meanings, cover=cover))
    styles = layer_styles(wards, cover)
    paths.append(write_geopackage(layers, styles, description=_description(cover), path=folder / "wards.gpkg"))
    paths.append(write_csv(dictionary, inner / "data_dictionary.csv"))
    logger.info("tables: %d wards, %d areas and %d counts in %d files", len(wards), len(areas), len(counts), len(paths))
    return paths


def _description(cover: schema.Cover) -> str:
    """Stamp and attributions in a line, for files that hold one text."""
    said = [cover.stamp, "SYNTHETIC: an invented place" if cover.synthetic else "", *cover.attributions]
    return " ".join(wording.sentence(text) for text in said if text)


# ----------------------------------------------------------------------------------------------- arranging


def _without_outline(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(table.drop(columns="geometry", errors="ignore"))


def _arranged(table: pd.DataFrame, known: Sequence[schema.Column], columns: Sequence[schema.Column]) -> pd.DataFrame:
    """Columns in the order of the schema, others after; counts that have blanks as whole numbers."""
    order = [column.name for column in known if column.name in table.columns]
    arranged = table[[*order, *(name for name in table.columns if name not in set(order))]].reset_index(drop=True)
    whole = {column.name for column in (*known, *columns) if column.unit in WHOLE_UNITS}
    turned = {
        str(name): arranged[name].astype("Int64") for name in arranged if name in whole and _whole(arranged[name])
    }
    return arranged.assign(**turned)


def _whole(values: pd.Series) -> bool:
    """Whether a column of floats holds nothing but whole numbers and blanks."""
    if not pd.api.types.is_float_dtype(values):
        return False
    present = values.dropna().to_numpy(dtype=float)
    return bool(np.isfinite(present).all() and (present == np.floor(present)).all())


def _is_text(values: pd.Series) -> bool:
    return isinstance(values.dtype, pd.CategoricalDtype | pd.StringDtype) or values.dtype == object


# --------------------------------------------------------------------------------------------- dictionary


def _dictionary(
    tables: Mapping[str, tuple[pd.DataFrame, Sequence[schema.Column]]], columns: Sequence[schema.Column]
) -> pd.DataFrame:
    """One row for every column of every file, the dictionary itself included."""
    written = [(name, table, known, name.endswith(".csv")) for name, (table, known) in tables.items()]
    for name, (source, _) in OUTLINED.items():
        written.append((name, *tables[source], False))
    lines: list[tuple[str, str, str, str, str]] = []
    unknown = []
    for file, table, known, is_csv in written:
        meanings = {column.name: column for column in (*columns, *known)}
        for name in table.columns:
            if name not in meanings:
                unknown.append(f"{file}: column {name!r} has no entry in the data dictionary; describe it in `columns`")
                continue
            column = meanings[name]
            note = (
                f". {ESCAPED}" if is_csv and _is_text(table[name]) and column.unit not in {"code", "True/False"} else ""
            )
            lines.append((file, name, f"{column.meaning}{note}", column.unit, column.worse))
        if file in OUTLINED:
            lines.append((file, OUTLINED[file][1], "Outline", "EPSG:27700, metres", ""))
    if unknown:
        raise schema.InputError(unknown)
    lines += [("data_dictionary.csv", each.name, each.meaning, each.unit, each.worse) for each in DICTIONARY]
    return pd.DataFrame(lines, columns=[column.name for column in DICTIONARY])


# ------------------------------------------------------------------------------------------------- writing


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """Numbers so that reading them gives the same numbers; text that no spreadsheet takes for a formula."""
    texts = [str(name) for name in table if _is_text(table[name])]
    risky = [name for name in texts if _may_run(table[name])]
    safe = table.assign(**{name: table[name].map(_inert, na_action="ignore") for name in risky})
    with pages.beside(path) as temporary:
        safe.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")
    return path


def _may_run(texts: pd.Series) -> bool:
    """Whether a cell of a column begins like a formula; of columns that are not plain text each cell is looked at."""
    return not isinstance(texts.dtype, pd.StringDtype) or bool(texts.str.startswith(FORMULA_STARTS).any())


def _inert(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
