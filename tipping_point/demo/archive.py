"""The demo city's crimes as a police.uk archive: the layout, header and quirks of the real one."""

from __future__ import annotations

import io
import itertools
import zipfile

import numpy as np
import pandas as pd

from tipping_point.demo.crimes import MONTHS, TYPES, Rows, find_stations
from tipping_point.demo.land import Land
from tipping_point.demo.names import location_names
from tipping_point.demo.planted import Planted
from tipping_point.facts.crime_types import NOT_CRIME

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)
OUTCOMES = {
    "Investigation complete; no suspect identified": 0.44,
    "Unable to prosecute suspect": 0.31,
    "Status update unavailable": 0.09,
    "Court result unavailable": 0.06,
    "Under investigation": 0.04,
    "Local resolution": 0.02,
    "Offender given a caution": 0.02,
    "Awaiting court outcome": 0.02,
}
"""What became of a crime, and how often. Anti-social behaviour and the railway's rows have none, and no Crime ID."""


def name_points(
    land: Land, planted: Planted, small_areas: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[str]]:
    """Points with a weight each, and the text of every point and station as the rows show it.

    Args:
        land: the map.
        planted: what is hidden in it.
        small_areas: code and name of every small area.
        rng: source of randomness.

    Returns:
        The land's points with `weight`, and 'longitude,latitude,location,code,name' for each and then each station.
    """
    points = land.points.assign(weight=rng.gamma(0.8, size=len(land.points)) + 0.05)
    busy = land.small_areas["ward"].isin(planted.busy).reindex(points["small_area"])
    points["location"] = location_names(points, busy, rng)
    stations = find_stations(land, planted)
    stops = points.drop_duplicates("small_area").set_index("small_area").loc[list(stations.values())].reset_index()
    stops["location"] = [f"On or near {name} (Station)" for name in stations]
    every = pd.concat([points, stops]).merge(small_areas, left_on="small_area", right_index=True, how="left")
    text = [
        f"{row.longitude:.6f},{row.latitude:.6f},{row.location},{row.code},{row.name}"
        for row in every.rename_axis(None).itertuples(index=False)
    ]
    return points, text


def write_archive(rows: Rows, places: list[str], forces: pd.DataFrame, rng: np.random.Generator) -> bytes:
    """The rows as a police.uk archive: a CSV file a force and month inside a zip, with fixed dates.

    Args:
        rows: every crime; those of the missing force-month are left out.
        places: the five location columns of every point, as text.
        forces: `slug` and `reported_by`, by force number.
        rng: source of randomness.
    """
    order = np.lexsort((rows.point, ~rows.placed, rows.force, rows.month))
    rows = rows.take(order)
    nameless = (rows.crime_type == TYPES.index(NOT_CRIME[0])) | (rows.force == len(forces) - 1)
    outcome = rng.choice(len(OUTCOMES), len(nameless), p=list(OUTCOMES.values()))
    outcome[nameless] = len(OUTCOMES)
    ends = np.array([[f"{kind},{result}," for result in (*OUTCOMES, "")] for kind in TYPES], dtype=object)
    end = ends[rows.crime_type, outcome].tolist()
    place = np.where(rows.placed, np.array(places, dtype=object)[rows.point], ",,No Location,,").tolist()
    digits = rng.bytes(32 * len(end)).hex()
    crime = ["" if blank else digits[64 * i : 64 * i + 64] for i, blank in enumerate(nameless)]

    block = rows.month * len(forces) + rows.force
    edges = np.searchsorted(block, np.arange(len(MONTHS) * len(forces) + 1))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for number, (start, stop) in enumerate(itertools.pairwise(edges)):
            month, force = MONTHS[number // len(forces)], forces.iloc[number % len(forces)]
            if start == stop:
                continue
            who = f",{month},{force['reported_by']},{force['reported_by']},"
            lines = [f"{crime[i]}{who}{place[i]},{end[i]}" for i in range(start, stop)]
            member = zipfile.ZipInfo(f"{month}/{month}-{force['slug']}-street.csv", (2026, 2, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system, member.external_attr = 3, 0o644 << 16
            archive.writestr(member, "\n".join([HEADER, *lines, ""]))
    return buffer.getvalue()
