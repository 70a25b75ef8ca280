"""wards.gpkg: outlines and figures in one file that a desktop GIS opens, styled, with its attributions inside."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from tipping_point import tables as schema
from tipping_point.outputs import pages

LAST_CHANGE = "2000-01-01T00:00:00.000Z"
"""GeoPackage keeps the time of the last change; a fixed one keeps the file the same for the same study."""

VERSION = "1.3"
"""Of the GeoPackage standard: the newest that a long-term release of QGIS still in use reads without a warning."""

STYLES = "layer_styles"
"""The table in which QGIS keeps and finds styles."""


def make_layer(table: pd.DataFrame, arranged: pd.DataFrame) -> gpd.GeoDataFrame:
    """A layer: the arranged columns with the outlines of `table`, in the same order of rows."""
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


def write_geopackage(
    layers: Mapping[str, gpd.GeoDataFrame], styles: pd.DataFrame, *, description: str, path: Path
) -> Path:
    """Each table as a layer of several-part outlines, and the styles that QGIS draws them by.

    Args:
        layers: from `make_layer`, by name.
        styles: from `styles.layer_styles`.
        description: stamp and attributions, carried by every layer.
        path: the file, replaced whole.

    Raises:
        OSError: the disk is full.
    """
    with pages.beside(path) as temporary, _fixed_time(), _full_disk_named(path, layers):
        for name, layer in layers.items():
            pyogrio.write_dataframe(
                layer,
                temporary,
                layer=name,
                driver="GPKG",
                geometry_type="MultiPolygon",
                promote_to_multi=True,
                append=temporary.exists(),
                dataset_options={"VERSION": VERSION},
                layer_options={"IDENTIFIER": name, "DESCRIPTION": description},
            )
        dated = styles.assign(update_time=LAST_CHANGE)
        pyogrio.write_dataframe(dated, temporary, layer=STYLES, driver="GPKG", append=True, layer_options={"FID": "id"})
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


@contextlib.contextmanager
def _full_disk_named(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> Iterator[None]:
    """GDAL says of a full disk only that it failed: where the layers would not fit twice, that is why.

    Twice, because the index of the layers and the journal of what is being written take room of their own.
    """
    try:
        yield
    except (DataSourceError, DataLayerError) as error:
        wanted = sum(
            int(layer.memory_usage(deep=True).sum()) + sum(map(len, layer.geometry.to_wkb().dropna()))
            for layer in layers.values()
        )
        if shutil.disk_usage(path.parent).free < 2 * wanted:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        raise
