"""Parquet files that say in themselves what they are: meanings of columns, attributions, the edition of the table."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tipping_point import tables as schema
from tipping_point.outputs import pages

TABLE_VERSION = "1"
"""Of the columns and their meanings: a new number says that a column was renamed or means something else."""

GEOPARQUET = "1.1.0"
KEY = b"tipping_point"


def write_parquet(table: pd.DataFrame, path: Path, *, known: Sequence[schema.Column], cover: schema.Cover) -> Path:
    """A plain table; what it says of itself is in the metadata under 'tipping_point' and beside each column."""
    return _write(pa.Table.from_pandas(table, preserve_index=False), path, known, cover)


def write_geoparquet(
    layer: gpd.GeoDataFrame, path: Path, *, known: Sequence[schema.Column], cover: schema.Cover
) -> Path:
    """A table with outlines as GeoParquet, in the system of the layer; the same bytes for the same study."""
    held = io.BytesIO()
    layer.to_parquet(held, index=False, schema_version=GEOPARQUET, geometry_encoding="WKB")
    held.seek(0)
    return _write(pq.read_table(held), path, known, cover)


def _write(table: pa.Table, path: Path, known: Sequence[schema.Column], cover: schema.Cover) -> Path:
    meanings = {column.name: column for column in known}
    fields = [_explained(field, meanings) for field in table.schema]
    said = {
        "table_version": TABLE_VERSION,
        "study": cover.study,
        "period": cover.period,
        "synthetic": cover.synthetic,
        "stamp": cover.stamp,
        "attributions": list(cover.attributions),
        "columns": {
            field.name: {"meaning": meanings[field.name].meaning, "unit": meanings[field.name].unit}
            for field in fields
            if field.name in meanings
        },
    }
    metadata = {**(table.schema.metadata or {}), KEY: json.dumps(said, ensure_ascii=False).encode()}
    with pages.beside(path) as temporary:
        pq.write_table(table.cast(pa.schema(fields, metadata=metadata)), temporary, compression="zstd")
    return path


def _explained(field: pa.Field, meanings: Mapping[str, schema.Column]) -> pa.Field:
    if field.name not in meanings:
        return field
    column = meanings[field.name]
    return field.with_metadata({"meaning": column.meaning, "unit": column.unit, "worse": column.worse})
