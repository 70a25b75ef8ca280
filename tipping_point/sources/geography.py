"""Ward boundaries, and the lookups between small areas, wards, districts, partnerships and forces."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from tipping_point.sources.cells import CODES, RawTable, code_faults, quote, repeat_faults, shorten
from tipping_point.sources.delimited import content_fault, path_fault, read_text_table
from tipping_point.tables import SYSTEM, InputError

logger = logging.getLogger(__name__)

_COLUMNS = ["ward_code", "ward_name", "district_code", "district_name"]
_ELSEWHERE = r"[NSM][0-9]{8}|95[A-Z]{2}[0-9]{2}.*"
"""Ward codes of Scotland, Northern Ireland and the Isle of Man: passed over where a file covers them too."""
_GREAT_BRITAIN = (-100_000, -100_000, 800_000, 1_300_000)
"""Metres of the British National Grid that boundaries in a rightly declared projection lie within."""


# ----------------------------------------------------------------------------------------------- boundaries


@dataclass(frozen=True)
class _Layer:
    """A layer of a boundary file and the fields of it that are read; '' where it has none."""

    name: str
    year: int
    fields: dict[str, str]
    """Column of the result -> field of the layer."""


def read_boundaries(path: Path, *, ward_year: int | None = None) -> gpd.GeoDataFrame:
    """Ward boundaries of England and Wales in the British National Grid, sorted by ward_code.

    Args:
        path: GeoJSON, GeoPackage or shapefile (.shp, or a .zip of one), in any projection; fields are
            recognised by the patterns of the Office for National Statistics (WD19CD, wd19nm, LAD19CD).
        ward_year: the vintage wanted; a file of another year is refused.

    Returns:
        ward_code, ward_name, district_code, district_name ('' where the file has none), geometry;
        `attrs["repaired"]` lists the names of wards whose polygons were invalid and were repaired,
        `attrs["ward_year"]` the vintage.

    Raises:
        InputError: not readable, no ward code field, another year, no or impossible coordinate system,
            duplicated codes, a ward without a polygon.
    """
    layer = _find_layer(path, ward_year)
    try:
        raw = gpd.read_file(path, layer=layer.name, columns=[field for field in layer.fields.values() if field])
    except (DataSourceError, shapely.errors.ShapelyError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from error
    if not isinstance(raw, gpd.GeoDataFrame):
        raise InputError(f"{path} holds a table without geometry; ward boundaries are wanted.")
    wards = gpd.GeoDataFrame(
        {column: _text(raw, field) for column, field in layer.fields.items()}, geometry=raw.geometry.to_numpy()
    ).set_crs(raw.crs)
    wards.index = pd.RangeIndex(1, len(wards) + 1, name="row")
    elsewhere = wards["ward_code"].str.fullmatch(_ELSEWHERE)
    wards = wards[~elsewhere]
    if faults := [*_ward_faults(wards, str(path)), *_system_faults(wards, str(path))]:
        raise InputError(faults)
    wards, repaired = _repair(_project(wards, str(path)), str(path))
    wards = wards.sort_values("ward_code", ignore_index=True)
    wards.attrs = {"repaired": repaired, "ward_year": layer.year}
    logger.info(
        "Boundaries %s: %d wards of %d; %d elsewhere than England and Wales passed over; %d invalid, repaired%s",
        path,
        len(wards),
        layer.year,
        int(elsewhere.sum()),
        len(repaired),
        f" ({', '.join(repaired)})" if repaired else "",
    )
    return wards


def _find_layer(path: Path, ward_year: int | None) -> _Layer:
    if fault := path_fault(path):
        raise InputError(fault)
    if path.suffix.lower() in (".geojson", ".json"):
        with path.open("rb") as stream:
            head = stream.read(4096)
        if fault := content_fault(head):
            raise InputError(f"{path} {fault.replace('a text table', 'GeoJSON')}.")
    try:
        fields = dict(_layers(path))
    except (DataSourceError, DataLayerError) as error:
        raise InputError(
            f"{path} is no boundary file that can be read (GeoJSON, GeoPackage, shapefile): {error}."
        ) from error
    layers = [layer for name, given in fields.items() for layer in _ward_layers(name, given)]
    if not layers:
        held = "; ".join(f"{name}: {shorten(given)}" for name, given in fields.items())
        raise InputError(f"{path} has no field of ward codes (WD19CD and the like); it has {held or 'no layer'}.")
    years = sorted({layer.year for layer in layers})
    wanted = [layer for layer in layers if ward_year in (None, layer.year)]
    if not wanted:
        raise InputError(
            f"{path} holds wards of {', '.join(map(str, years))}, and the study's wards are of {ward_year}; take the"
            f" boundaries of {ward_year}, or set ward_year = {years[0]} and lookups to match."
        )
    if len(wanted) > 1:
        held = ", ".join(f"{layer.name} ({layer.fields['ward_code']})" for layer in wanted)
        raise InputError(f"{path} holds several sets of wards: {held}; set ward_year, or keep one in the file.")
    return wanted[0]


def _layers(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Each layer with its fields. GeoJSON has one, and is read through whenever it is asked: it is asked once."""
    alone = path.suffix.lower() in (".geojson", ".json")
    for layer in [None] if alone else pyogrio.list_layers(path)[:, 0]:
        told = pyogrio.read_info(path, layer=layer)
        yield str(told["layer_name"]), [str(name) for name in told["fields"]]


def _ward_layers(name: str, fields: Sequence[str]) -> list[_Layer]:
    """A layer once for each year of ward codes among its fields."""
    by_name = {field.upper(): field for field in fields}
    districts = [match[1] for match in (re.fullmatch(r"LAD([0-9][0-9])CD", field) for field in by_name) if match]
    layers = []
    for year in [match[1] for match in (re.fullmatch(r"WD([0-9][0-9])CD", field) for field in by_name) if match]:
        district = year if year in districts else min(districts, default=year)
        fields_of = (f"WD{year}CD", f"WD{year}NM", f"LAD{district}CD", f"LAD{district}NM")
        found = {column: by_name.get(field, "") for column, field in zip(_COLUMNS, fields_of, strict=True)}
        layers.append(_Layer(name, 2000 + int(year), found))
    return layers


def _text(raw: pd.DataFrame, field: str) -> pd.Series:
    """A field as stripped text without gaps, renumbered from 0."""
    text = raw[field].fillna("").astype(str).str.strip() if field else pd.Series("", index=raw.index, dtype=str)
    return text.reset_index(drop=True)


def _ward_faults(wards: gpd.GeoDataFrame, where: str) -> list[str]:
    if wards.empty:
        return [f"{where} holds no ward of England or Wales."]
    faults = [*code_faults(wards["ward_code"], where, kind="ward"), *repeat_faults(wards["ward_code"], where)]
    bare = wards[wards.geometry.isna() | wards.geometry.is_empty]
    if len(bare):
        faults.append(f"{where}: {len(bare):,} ward(s) have no geometry: {shorten(list(bare['ward_code']))}.")
    other = wards.drop(bare.index)
    other = other[~other.geom_type.isin(["Polygon", "MultiPolygon"])]
    if len(other):
        faults.append(
            f"{where}: {len(other):,} ward(s) are no polygon but {', '.join(sorted(other.geom_type.unique()))}, for"
            f" example {other['ward_code'].iloc[0]}; boundaries are wanted, not centroids or lines."
        )
    return faults


def _system_faults(wards: gpd.GeoDataFrame, where: str) -> list[str]:
    if wards.crs is None:
        return [
            f"{where} does not say which coordinate system it is in (a shapefile without its .prj?); add the .prj, or"
            f" save it as GeoPackage or GeoJSON."
        ]
    west, south, east, north = wards.total_bounds
    if wards.crs.is_geographic and (west < -180 or east > 180 or south < -90 or north > 90):
        return [
            f"{where} is declared to be in longitude and latitude ({wards.crs.name}), and its coordinates reach from"
            f" {west:.0f}, {south:.0f} to {east:.0f}, {north:.0f}: metres, it seems. Declare the coordinate system"
            f" (EPSG:27700, if it is the British National Grid), or export in longitude and latitude."
        ]
    return []


def _project(wards: gpd.GeoDataFrame, where: str) -> gpd.GeoDataFrame:
    """The wards in the British National Grid.

    Raises:
        InputError: they do not lie in Great Britain, so that the declared system must be wrong.
    """
    projected = wards.to_crs(SYSTEM)
    bounds = projected.bounds
    west, south, east, north = _GREAT_BRITAIN
    # Written so that an infinite or missing coordinate is outside as well.
    inside = (bounds["minx"] > west) & (bounds["miny"] > south) & (bounds["maxx"] < east) & (bounds["maxy"] < north)
    if not inside.all():
        codes = list(wards.loc[~inside, "ward_code"])
        raise InputError(
            f"{where}: {len(codes):,} ward(s) lie outside Great Britain: {shorten(codes)}. The declared coordinate"
            f" system ({wards.crs.name}) is not that of the coordinates, or latitude and longitude are exchanged."
        )
    return projected


def _repair(wards: gpd.GeoDataFrame, where: str) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Invalid polygons made valid, and the names of those wards. Lines and points that result are dropped."""
    invalid = ~wards.geometry.is_valid
    if not invalid.any():
        return wards, []
    repaired = wards.geometry.copy()
    repaired[invalid] = [_polygons(shape) for shape in shapely.make_valid(wards.geometry[invalid].to_numpy())]
    lost = wards[repaired.is_empty]
    if len(lost):
        raise InputError(
            f"{where}: the polygon of {shorten(list(lost['ward_code']))} has no area; it cannot be repaired."
        )
    names = wards.loc[invalid, "ward_name"].where(wards["ward_name"] != "", wards["ward_code"])
    return wards.set_geometry(repaired), sorted(names)


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = shapely.get_parts(shape)
    return shapely.union_all([part for part in parts if part.geom_type in ("Polygon", "MultiPolygon")])


# -------------------------------------------------------------------------------------------------- lookups

_PLACES = {
    "lsoa": "lsoa",
    "msoa": "msoa",
    "wd": "ward",
    "ward": "ward",
    "lad": "district",
    "ltla": "district",
    "csp": "partnership",
    "pfa": "force",
    "rgn": "region",
    "region": "region",
    "cauth": "authority",
}
_MAY_BE_BLANK = ("region", "authority")
"""Not every district has one: there are no English regions in Wales, and mayors in some places only."""
_HEADER = re.compile(rf"({'|'.join(_PLACES)})([0-9][0-9])(?:(cd|_code)|(nm|_name))", re.IGNORECASE)
_CHANGE = re.compile(r"chn?gind|change_code", re.IGNORECASE)
_CHANGES = {"U": "unchanged", "S": "split", "M": "merged", "X": "complex"}


def read_lookup(path: Path) -> pd.DataFrame:
    """Any lookup of the Office for National Statistics, recognised by its header.

    Returns:
        The columns it has of: lsoa11_code, lsoa21_code, msoa21_code, ward19_code, district24_code,
        partnership24_code, force24_code, region24_code, authority24_code (a combined authority), each
        with its _name; the two digits are the vintage; change_code (U unchanged, S split, M merged, X
        complex). Text, in the file's order; '' where a district has no region or authority. Rows of
        Scotland and Northern Ireland and repeated rows (one a census output area, say) are left out.

    Raises:
        InputError: not readable, a header that is not understood, or codes that are none.
    """
    raw = read_text_table(path)
    names = _recognise(raw)
    lookup = pd.DataFrame({standard: raw.column(given) for standard, given in names.items()})
    codes = [column for column in lookup.columns if column.endswith("_code") and column != "change_code"]
    elsewhere = pd.concat([lookup[column].str.fullmatch(r"[NSM][0-9]{8}") for column in codes], axis=1).any(axis=1)
    lookup = lookup[~elsewhere]
    faults = [fault for column in codes for fault in _lookup_faults(lookup[column], raw.name, names[column])]
    if "change_code" in lookup:
        wrong = lookup.loc[~lookup["change_code"].isin(list(_CHANGES)), "change_code"]
        if len(wrong):
            faults.append(
                f"{raw.name}: row {wrong.index[0]} has {quote(wrong.iloc[0])} for a change code; allowed are"
                f" {', '.join(f'{code} ({meaning})' for code, meaning in _CHANGES.items())}."
            )
    if lookup.empty:
        faults.append(f"{raw.name} has no row of England or Wales.")
    if faults:
        raise InputError(faults)
    unique = lookup.drop_duplicates(ignore_index=True)
    logger.info(
        "Lookup %s: %s; %d rows, %d repeated and %d elsewhere than England and Wales left out",
        path,
        ", ".join(codes),
        len(unique),
        len(lookup) - len(unique),
        int(elsewhere.sum()),
    )
    return unique


def _recognise(raw: RawTable) -> dict[str, str]:
    """Standard column name -> header cell, in the file's order.

    Raises:
        InputError: fewer than two columns of codes, or two header cells for one column.
    """
    names: dict[str, str] = {}
    faults = []
    for cell in raw.header:
        match = _HEADER.fullmatch(cell)
        if match:
            standard = f"{_PLACES[match[1].lower()]}{match[2]}_{'code' if match[3] else 'name'}"
        elif _CHANGE.fullmatch(cell):
            standard = "change_code"
        else:
            continue
        if standard in names:
            faults.append(f"{raw.name}: both '{names[standard]}' and '{cell}' are {standard}; keep one.")
        names[standard] = cell
    if sum(name.endswith("_code") and name != "change_code" for name in names) < 2:
        faults.append(
            f"{raw.name} is no lookup that is understood: its header is {shorten(raw.header)}. At least two columns of"
            f" codes are wanted, with their two-digit year, as the Office for National Statistics writes them"
            f" (LSOA11CD, MSOA11CD, WD19CD, LAD19CD, CSP24CD, PFA24CD, RGN24CD, CAUTH24CD) or tidied (lsoa11_code,"
            f" ward24_code, ltla24_code, csp24_code, pfa24_code, region24_code)."
        )
    if faults:
        raise InputError(faults)
    return names


def _lookup_faults(codes: pd.Series, where: str, given: str) -> list[str]:
    kind = next(kind for kind in CODES if str(codes.name).startswith(kind))
    checked = codes[codes != ""] if kind in _MAY_BE_BLANK else codes
    return code_faults(checked.rename(given), where, kind=kind)
