"""The tables of a study as files: full precision, the same bytes for the same study, every column explained."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio

from tipping_point import schema
from tipping_point.outputs import pages, wording
from tipping_point.outputs.listing import keyed

logger = logging.getLogger(__name__)

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A text cell that begins so would run as a formula in a spreadsheet."""

ESCAPED = "A cell that would begin with = + - @, a tab or a return has an apostrophe before it"
LAST_CHANGE = "2000-01-01T00:00:00.000Z"
"""GeoPackage keeps the time of the last change; a fixed one keeps the file the same for the same study."""

WHOLE_UNITS = {"people", "crimes", "rows", "rank", "wards", "months", "methods", "bytes"}

DICTIONARY: tuple[schema.Column, ...] = (
    schema.Column("file", "File, and for a GeoPackage the layer", "text"),
    schema.Column("column", "Column of that file", "text"),
    schema.Column("meaning", "What it says", "text"),
    schema.Column("unit", "Unit of its values", "text"),
    schema.Column("worse", "Which way means greater need: higher, lower, or blank for neither", "text"),
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
    """Write every table of the contract into `folder`; returns the paths.

    `wards` and `areas` have outlines in EPSG:27700 and their key as index or column; `areas` may be empty.
    `columns` explains what the schema does not know: components of the index, indicators. `more` holds further
    tables by file name, each with its columns.

    Raises:
        InputError: a column of any table that neither the schema nor `columns` explains; all are named.
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
    layers = {"wards": _layer(ward_table, tables["wards.csv"][0]), "areas": _layer(area_table, tables["areas.csv"][0])}
    dictionary = _dictionary(tables, columns)
    paths = []
    for name, (table, _) in tables.items():
        write = _write_parquet if name.endswith(".parquet") else _write_csv
        paths.append(write(table, folder / name))
    paths.append(_write_geopackage(layers, cover, folder / "wards.gpkg"))
    paths.append(_write_csv(dictionary, folder / "data_dictionary.csv"))
    logger.info("tables: %d wards, %d areas and %d counts in %d files", len(wards), len(areas), len(counts), len(paths))
    return paths


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
    for layer in ("wards", "areas"):
        table, known = tables[f"{layer}.csv"]
        written.append((f"wards.gpkg, layer {layer}", table, known, False))
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
        if file.startswith("wards.gpkg"):
            lines.append((file, "geom", "Outline", "EPSG:27700, metres", ""))
    if unknown:
        raise schema.InputError(unknown)
    lines += [("data_dictionary.csv", each.name, each.meaning, each.unit, each.worse) for each in DICTIONARY]
    return pd.DataFrame(lines, columns=[column.name for column in DICTIONARY])


# ------------------------------------------------------------------------------------------------- writing


def _write_csv(table: pd.DataFrame, path: Path) -> Path:
    """Numbers so that reading them gives the same numbers; text that no spreadsheet takes for a formula."""
    texts = [str(name) for name in table if _is_text(table[name])]
    safe = table.assign(**{name: table[name].map(_inert, na_action="ignore") for name in texts})
    with pages.beside(path) as temporary:
        safe.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")
    return path


def _inert(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def _write_parquet(table: pd.DataFrame, path: Path) -> Path:
    with pages.beside(path) as temporary:
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), temporary, compression="zstd")
    return path


def _layer(table: pd.DataFrame, arranged: pd.DataFrame) -> gpd.GeoDataFrame:
    """A layer of the GeoPackage: the arranged columns with their outlines, every outline of several parts."""
    shapes = gpd.GeoSeries(table["geometry"] if "geometry" in table else [None] * len(table), crs=schema.SYSTEM)
    plain = arranged.assign(**{name: _storable(arranged[name]) for name in arranged.columns})
    return gpd.GeoDataFrame(plain, geometry=shapes.reset_index(drop=True), crs=schema.SYSTEM)


def _storable(values: pd.Series) -> pd.Series:
    """A column as a GeoPackage can hold it: True and False that may be blank, or plain text."""
    if (
        values.dtype == object
        and (present := values.dropna()).map(lambda cell: isinstance(cell, bool | np.bool_)).all()
    ):
        return values.astype("boolean") if len(present) else values.astype("str")
    return values.astype("str") if isinstance(values.dtype, pd.CategoricalDtype) else values


def _write_geopackage(layers: Mapping[str, gpd.GeoDataFrame], cover: schema.Cover, path: Path) -> Path:
    """Each table as a layer that carries the stamp and the attributions in its description."""
    said = [cover.stamp, "SYNTHETIC: an invented place" if cover.synthetic else "", *cover.attributions]
    description = " ".join(wording.sentence(text) for text in said if text)
    with pages.beside(path) as temporary, _fixed_time():
        for name, layer in layers.items():
            pyogrio.write_dataframe(
                layer,
                temporary,
                layer=name,
                driver="GPKG",
                geometry_type="MultiPolygon",
                promote_to_multi=True,
                append=temporary.exists(),
                layer_options={"IDENTIFIER": name, "DESCRIPTION": description},
            )
    return path


@contextlib.contextmanager
def _fixed_time() -> Iterator[None]:
    """GDAL's clock stands still; it is an option of the whole process and is put back."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": LAST_CHANGE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
