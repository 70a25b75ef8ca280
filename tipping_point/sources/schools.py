"""Schools and where they stand: figures of schools brought to wards as what they are, the schools of a ward.

Pupils cross ward boundaries, so that such a figure does not tell of the children who live there; every row says so.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path

import geopandas as gpd
import pandas as pd

from tipping_point.fetch.download import MONTH_DAYS, DownloadError, NotInCacheError, Web, fetch_file
from tipping_point.sources.cells import to_numbers
from tipping_point.sources.columns import read_columns
from tipping_point.sources.delimited import absent_columns, read_text_header
from tipping_point.sources.levels import WHERE_SCHOOLS_ARE
from tipping_point.tables import SYSTEM, InputError

logger = logging.getLogger(__name__)

REGISTER = "https://ea-edubase-api-prod.azurewebsites.net/edubase/downloads/public"
REGISTER_KEY = "school_register"
"""Key of the catalogue."""
REGISTER_NAME = "schools_register.csv"
_DAYS = 7
"""Days back for which a register is looked for: one is made every day, and yesterday's may be the newest."""
_DAYS_OFFLINE = 366
REGISTER_COLUMNS = ("URN", "Easting", "Northing")


def fetch_school_register(web: Web, folder: Path, *, day: date, max_age_days: float = MONTH_DAYS) -> Path:
    """The register of schools (Get Information about Schools) of a day, as published: one CSV of all schools.

    Args:
        web: the settings of the run.
        folder: where the file goes: edubasealldata20250601.csv.
        day: the register is made anew every day, and kept for a while.
        max_age_days: of what the cache holds.

    Raises:
        DownloadError: none of that day, or without the columns of number and place.
    """
    name = f"edubasealldata{day:%Y%m%d}.csv"

    def check(path: Path) -> str:
        try:
            return absent_columns(read_text_header(path), REGISTER_COLUMNS)
        except InputError as error:
            return error.faults[0].removeprefix(str(path)).strip().rstrip(".")

    fetched = fetch_file(web, f"{REGISTER}/{name}", check=check, max_age_days=max_age_days, label=f"Schools: {name}")
    return fetched.deliver(folder / name)


def fetch_newest_register(
    web: Web, folder: Path, *, today: date | None = None, max_age_days: float = MONTH_DAYS
) -> Path:
    """The newest register of schools, as schools_register.csv.

    Args:
        web: the settings of the run; offline, the newest that the cache has of the last year.
        folder: where the file goes.
        today: the day to look back from; None is the clock's.
        max_age_days: of what the cache holds.

    Raises:
        DownloadError: none of the last days (with what the newest one was refused for).
    """
    last = today or date.today()
    held = replace(web, offline=True)
    for back in range(_DAYS_OFFLINE if web.offline else int(max_age_days)):
        try:
            return _named(fetch_school_register(held, folder, day=last - timedelta(days=back)))
        except NotInCacheError:
            continue
    if web.offline:
        raise NotInCacheError(f"Schools: no register of the last year is in the cache ({web.cache.folder}).")
    refused: list[DownloadError] = []
    for back in range(_DAYS):
        try:
            return _named(fetch_school_register(web, folder, day=last - timedelta(days=back)))
        except DownloadError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            refused.append(error)
    raise DownloadError(
        f"Schools: there is no register of the last {_DAYS} days; the newest: {refused[0].faults[0]}",
        status=HTTPStatus.NOT_FOUND,
    )


def _named(path: Path) -> Path:
    return path.replace(path.with_name(REGISTER_NAME))


def read_school_register(path: Path) -> gpd.GeoDataFrame:
    """Where schools stand.

    Args:
        path: CSV of the register (Latin-1 or UTF-8).

    Returns:
        area_code (the school's number) and its point, EPSG:27700; a school without a place has none.

    Raises:
        InputError: a column that is not there, a place that is no number.
    """
    raw = read_columns(path, REGISTER_COLUMNS)
    if fault := absent_columns(raw.header, REGISTER_COLUMNS):
        raise InputError(f"{raw.name} {fault}.")
    east, faults = to_numbers(raw.column("Easting"), raw.name)
    north, wrong = to_numbers(raw.column("Northing"), raw.name)
    if faults := [*faults, *wrong]:
        raise InputError(faults)
    # Nought is how the register writes that a place is not known.
    known = (east > 0) & (north > 0)
    points = gpd.GeoSeries(gpd.points_from_xy(east.where(known), north.where(known)), index=east.index, crs=SYSTEM)
    return gpd.GeoDataFrame(
        {"area_code": raw.column("URN")}, geometry=points.where(known), crs=SYSTEM
    ).reset_index(drop=True)  # fmt: skip


def bring_schools_to_wards(
    figures: pd.DataFrame, register: gpd.GeoDataFrame, boundaries: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Figures of schools as one for each ward in which schools stand.

    Args:
        figures: of `read_education` at the level of schools.
        register: of `read_school_register`.
        boundaries: ward_code and shapes, EPSG:27700.

    Returns:
        ward_code, value (the mean of its schools with a figure, weighted by pupils where all of them have a number of
        pupils), schools, schools_suppressed, pupils, level ('school') and basis (WHERE_SCHOOLS_ARE), by ward. A ward
        without a school has no row, one whose schools are all suppressed a missing value.

    Raises:
        InputError: figures of another level.
    """
    if strange := sorted(set(figures["level"]) - {"school"}):
        raise InputError(f"Schools: figures by {', '.join(strange)} are not of schools, and cannot be placed in wards.")
    placed = figures.merge(_wards_of(register, boundaries), on="area_code", how="left")
    lost = int(placed["ward_code"].isna().sum())
    placed = placed.dropna(subset="ward_code")
    rows = [_summarise(ward, schools) for ward, schools in placed.groupby("ward_code", sort=True)]
    columns = ["ward_code", "value", "schools", "schools_suppressed", "pupils"]
    logger.info(
        "Schools: %d of %d placed in %d wards (%s); %d not in the register, without a place or outside the wards",
        len(placed), len(figures), len(rows), WHERE_SCHOOLS_ARE, lost,
    )  # fmt: skip
    return pd.DataFrame(rows, columns=columns).assign(level="school", basis=WHERE_SCHOOLS_ARE)


def _wards_of(register: gpd.GeoDataFrame, boundaries: gpd.GeoDataFrame) -> pd.DataFrame:
    """area_code, ward_code: a school on a boundary goes to the first of its wards by code."""
    shapes = boundaries[["ward_code", "geometry"]].sort_values("ward_code")
    joined = register.sjoin(shapes, predicate="intersects").sort_values("ward_code")
    return pd.DataFrame(joined[["area_code", "ward_code"]]).drop_duplicates("area_code")


def _summarise(ward: object, schools: pd.DataFrame) -> tuple[object, float, int, int, float]:
    given = schools[schools["value"].notna()]
    pupils = given["pupils"]
    weights = pupils if len(given) and pupils.notna().all() and pupils.sum() > 0 else pd.Series(1.0, index=given.index)
    value = float((given["value"] * weights).sum() / weights.sum()) if len(given) else float("nan")
    return ward, value, len(schools), len(schools) - len(given), float(pupils.sum(min_count=1))
