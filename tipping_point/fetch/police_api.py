"""Street-level crime around a small place by the API of data.police.uk, written as the files that the archives hold.

For a quick look at a place: the API gives the latest 36 months or so, and no small areas; those are found by the points
of the crimes. For forces and long periods the archives are the way.
"""

from __future__ import annotations

import csv
import hashlib
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry import MultiPolygon, Polygon, box

from tipping_point.facts.crime_types import CRIME_TYPES
from tipping_point.fetch.download import FOREVER, DownloadError, Request, Web, ask_json, fetch_json, fetch_made
from tipping_point.sources.period import check_period
from tipping_point.sources.street_rows import HEADER
from tipping_point.tables import InputError, months_between

logger = logging.getLogger(__name__)

BASE = "https://data.police.uk/api"
_NAMES = {"violent-crime": "Violence and sexual offences", "criminal-damage-arson": "Criminal damage and arson"}
TYPES = {
    **{re.sub(r"[^a-z]+", "-", name.lower()): name for name in CRIME_TYPES["police_uk"] if name not in _NAMES.values()},
    **_NAMES,
}
"""What the API calls a type of crime -> what the archives call it."""
_SMALLEST_DEGREES = 0.002
"""A rectangle that holds too many crimes is not cut further than to this, some 200 metres."""
_TOO_MANY = 503
_MOST_CORNERS = 400
_FORCE = re.compile(r"[a-z][a-z-]*")
Ring = tuple[tuple[float, float], ...]


def list_months(web: Web) -> tuple[str, ...]:
    """The months that the API has, oldest first.

    Raises:
        DownloadError: refused, or not the list that it is known to be.
    """
    held = fetch_json(
        web, f"{BASE}/crimes-street-dates", max_age_days=1.0, check=_dates_fault, label="police.uk: months"
    )
    return tuple(sorted(str(entry["date"]) for entry in held))


def find_force(web: Web, *, latitude: float, longitude: float) -> str:
    """The force that polices a point, as file names have it: 'west-midlands'.

    Raises:
        DownloadError: no force, as for a point outside England, Wales and Northern Ireland.
    """
    held = fetch_json(
        web, f"{BASE}/locate-neighbourhood", parameters={"q": f"{latitude},{longitude}"},
        check=lambda held: "" if isinstance(held, dict) and held.get("force") else "names no force",
        label=f"police.uk: the force at {latitude}, {longitude}",
    )  # fmt: skip
    return str(held["force"])


def fetch_street_crimes(
    web: Web,
    place: Polygon | MultiPolygon,
    small_areas: gpd.GeoDataFrame,
    folder: Path,
    *,
    force: str,
    start: str,
    end: str,
) -> Path:
    """Crimes in a place as street files: <folder>/2025-01/2025-01-<force>-street.csv, which `read_street_crimes` reads.

    The files hold the crimes of the place alone. A study of them must lie within it: elsewhere they would read as no
    crime.

    Args:
        web: the settings of the run.
        place: longitude and latitude.
        small_areas: lsoa_code and shapes, in a coordinate system that is stated; a crime in none of them has no place.
        folder: where the files go.
        force: for their names; see `find_force`.
        start: first month, 'YYYY-MM'.
        end: last month.

    Returns:
        The folder.

    Raises:
        InputError: an empty place, a force that is no name of a file, small areas without a coordinate system, months
            that the API has not, a type of crime that is not known, a crime without a point, or more than 10,000
            crimes in a very small place.
    """
    months, known = _check(web, place, force, start, end)
    if small_areas.crs is None:
        raise InputError("police.uk: the small areas have no coordinate system.")
    shapes = small_areas[["lsoa_code", "geometry"]].sort_values("lsoa_code").to_crs("EPSG:4326")
    areas = f"{pd.util.hash_pandas_object(shapes.to_wkb(), index=False).sum():x}"
    outline = hashlib.sha256(place.wkb).hexdigest()
    for month in months:
        label = f"police.uk: crimes of {month}"

        def make(path: Path, month: str = month, label: str = label) -> None:
            crimes = {crime["id"]: crime for piece in _pieces(place) for crime in _ask(web, piece, month, label)}
            _write_street(list(crimes.values()), shapes, path, month=month, force=force, label=label)
            logger.info("%s: %d in the place", label, len(crimes))

        # The latest months are still revised.
        age = 30.0 if month in known[-3:] else FOREVER
        address = f"{BASE}/crimes-street/all-crime#{month} {force} {outline} {areas}"
        made = fetch_made(web, address, make, max_age_days=age, label=label)
        made.deliver(folder / month / f"{month}-{force}-street.csv")
    return folder


def _check(
    web: Web, place: Polygon | MultiPolygon, force: str, start: str, end: str
) -> tuple[list[str], tuple[str, ...]]:
    """The months wanted, and those that the API has."""
    check_period(start, end)
    if not _FORCE.fullmatch(force):
        raise InputError(f"police.uk: '{force}' is no name of a force; allowed are names like west-midlands.")
    if place.is_empty or not place.is_valid:
        raise InputError("police.uk: the place is empty or its outline crosses itself.")
    months, known = months_between(start, end), list_months(web)
    if lacking := [month for month in months if month not in known]:
        raise InputError(
            f"police.uk: the API has {known[0]} to {known[-1]}, and not {', '.join(lacking[:12])}; older months are in"
            f" the archives."
        )
    return months, known


def _pieces(place: Polygon | MultiPolygon) -> Iterator[Polygon]:
    """The outer outlines of a place, simple enough to be asked for."""
    for polygon in getattr(place, "geoms", [place]):
        outline = Polygon(polygon.exterior)
        tolerance = 0.0
        while len(outline.exterior.coords) > _MOST_CORNERS:
            # Coarser, but never smaller: what lies outside is in no ward of the study.
            tolerance = tolerance * 2 or 0.0001
            outline = Polygon(polygon.exterior).buffer(tolerance, join_style="mitre").simplify(tolerance / 2)
            outline = Polygon(outline.exterior)
        yield outline


def _ask(web: Web, piece: Polygon, month: str, label: str) -> list[dict[str, Any]]:
    """The crimes within an outline; cut in four where there are too many for one answer (over 10,000: 503).

    A POST: a GET may have 4,094 characters.
    """
    corners = ":".join(f"{latitude:.6f},{longitude:.6f}" for longitude, latitude, *_ in piece.exterior.coords[:-1])
    request = Request(f"{BASE}/crimes-street/all-crime", form={"poly": corners, "date": month})
    try:
        # 503 means too many crimes, as a rule: one more try tells whether it is only busy.
        brief = replace(web, manners=replace(web.manners, tries=2))
        held: list[dict[str, Any]] = ask_json(brief, request, check=_crimes_fault, label=label)
        return held
    except DownloadError as error:
        if error.status != _TOO_MANY or min(_sides(piece)) < _SMALLEST_DEGREES:
            raise
    web.say(f"{label}: too many for one answer; asked for in four parts")
    return [crime for part in _quarters(piece) for crime in _ask(web, part, month, label)]


def _sides(piece: Polygon) -> tuple[float, float]:
    west, south, east, north = piece.bounds
    return east - west, north - south


def _quarters(piece: Polygon) -> Iterator[Polygon]:
    west, south, east, north = piece.bounds
    across, up = (west + east) / 2, (south + north) / 2
    for x0, x1 in ((west, across), (across, east)):
        for y0, y1 in ((south, up), (up, north)):
            part = piece.intersection(box(x0, y0, x1, y1))
            for polygon in getattr(part, "geoms", [part]):
                if isinstance(polygon, Polygon) and not polygon.is_empty:
                    yield Polygon(polygon.exterior)


def _write_street(
    crimes: Sequence[dict[str, Any]], shapes: gpd.GeoDataFrame, path: Path, *, month: str, force: str, label: str
) -> None:
    """Crimes as a street file, sorted by their number, so that the same crimes give the same bytes.

    Raises:
        InputError: a type that is not known, or another month.
    """
    strange = sorted({str(crime["category"]) for crime in crimes} - set(TYPES))
    other = sorted({str(crime["month"]) for crime in crimes} - {month})
    if strange or other:
        raise InputError([
            *(f"{label}: type '{name}' is not known; allowed are {', '.join(TYPES)}." for name in strange),
            *(f"{label}: crimes of {name} came." for name in other),
        ])  # fmt: skip
    codes = _small_areas_of(crimes, shapes)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, HEADER, restval="", lineterminator="\r\n")
        writer.writeheader()
        for crime in sorted(crimes, key=lambda crime: int(crime["id"])):
            location = crime["location"]
            writer.writerow({
                "Crime ID": crime.get("persistent_id", ""), "Month": month, "Reported by": force, "Falls within": force,
                "Longitude": location["longitude"], "Latitude": location["latitude"],
                "Location": location["street"]["name"], "LSOA code": codes.get(crime["id"], ""),
                "Crime type": TYPES[crime["category"]],
                "Last outcome category": (crime.get("outcome_status") or {}).get("category", ""),
            })  # fmt: skip


def _small_areas_of(crimes: Sequence[dict[str, Any]], shapes: gpd.GeoDataFrame) -> dict[int, str]:
    """Number of a crime -> the small area of its point; of several that touch, the first by code."""
    places = [crime["location"] for crime in crimes]
    points = gpd.points_from_xy([float(p["longitude"]) for p in places], [float(p["latitude"]) for p in places])
    found = gpd.GeoDataFrame({"id": [crime["id"] for crime in crimes]}, geometry=points, crs=shapes.crs)
    joined = found.sjoin(shapes, predicate="intersects").sort_values("lsoa_code").drop_duplicates("id")
    return dict(zip(joined["id"], joined["lsoa_code"], strict=True))


def _dates_fault(held: Any) -> str:  # noqa: ANN401 - JSON is anything
    right = isinstance(held, list) and held and all(isinstance(entry, dict) and entry.get("date") for entry in held)
    return "" if right else "is not the list of months that it is known to be"


def _crimes_fault(held: Any) -> str:  # noqa: ANN401 - JSON is anything
    if not isinstance(held, list):
        return "is not a list of crimes"
    needed = {"category", "location", "month", "id"}
    for crime in held:
        if not isinstance(crime, dict) or not needed <= set(crime):
            lacking = sorted(needed - set(crime)) if isinstance(crime, dict) else sorted(needed)
            return f"has a crime without {', '.join(lacking)}: its fields have moved"
        location = crime["location"]
        if not isinstance(location, dict) or not {"latitude", "longitude", "street"} <= set(location):
            return f"has a crime ({crime['id']}) without a place"
    return ""
