"""Outlines of small areas (LSOAs), which wards of different years are compared over."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from tipping_point.sources.cells import code_faults, repeat_faults, shorten
from tipping_point.sources.delimited import path_fault
from tipping_point.tables import SYSTEM, InputError

logger = logging.getLogger(__name__)

_FIELD = re.compile(r"LSOA([0-9][0-9])CD", re.IGNORECASE)


def read_small_areas(path: Path) -> gpd.GeoDataFrame:
    """Outlines of the small areas of one census, in the British National Grid.

    Args:
        path: GeoJSON, GeoPackage or shapefile with a field LSOA11CD or LSOA21CD, in any projection.

    Returns:
        lsoa11_code or lsoa21_code and geometry (invalid outlines repaired), sorted by code. Small areas of other
        countries than England and Wales are left out.

    Raises:
        InputError: not readable, no such field or several, no coordinate system, a code that repeats, no outline.
    """
    if fault := path_fault(path):
        raise InputError(fault)
    try:
        fields = [str(field) for field in pyogrio.read_info(path)["fields"]]
        named = [field for field in fields if _FIELD.fullmatch(field)]
        if len(named) != 1:
            raise InputError(
                f"{path}: wanted is one field of small-area codes (LSOA11CD or LSOA21CD); it has {shorten(fields)}."
            )
        raw = gpd.read_file(path, columns=named)
    except (DataSourceError, DataLayerError, shapely.errors.ShapelyError) as error:
        raise InputError(f"{path} is no boundary file that can be read: {error}.") from error
    code = f"{named[0][:6].lower()}_code"
    areas = gpd.GeoDataFrame({code: raw[named[0]].astype(str)}, geometry=raw.geometry, crs=raw.crs)
    areas.index = pd.RangeIndex(1, len(areas) + 1, name="row")
    areas = areas[areas[code].str[0].isin(["E", "W"])]
    faults = [*code_faults(areas[code], str(path), kind="lsoa"), *repeat_faults(areas[code], str(path))]
    if areas.crs is None:
        faults.append(f"{path} does not say which coordinate system it is in; save it as GeoPackage or GeoJSON.")
    if bare := list(areas.loc[areas.geometry.isna() | areas.geometry.is_empty, code]):
        faults.append(f"{path}: {len(bare):,} small area(s) have no geometry: {shorten(bare)}.")
    if areas.empty:
        faults.append(f"{path} holds no small area of England or Wales.")
    if faults:
        raise InputError(faults)
    areas = areas.to_crs(SYSTEM).sort_values(code, ignore_index=True)
    areas.geometry = areas.geometry.make_valid()
    logger.info("Small areas %s: %d (%s)", path, len(areas), code)
    return areas
