"""Files of incidents and signals in a study: read under their options, their rows placed in wards, flags apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from tipping_point.facts.crime_types import NOT_CRIME
from tipping_point.pipeline.vocabulary import INCIDENTS, measured_flag
from tipping_point.sources.incident_options import CODES
from tipping_point.sources.incidents import Incidents, join_incidents, read_incidents
from tipping_point.sources.signals import summarise_incidents
from tipping_point.study import Source, Study
from tipping_point.tables import InputError, marked_type
from tipping_point.wards.counts import place_crimes
from tipping_point.wards.coverage import is_covered
from tipping_point.wards.points import AGREEMENT, locate_points, place_points, ward_of_places

_PASSED = ("columns", "force", "flags", "groups", "offences", "allow_unmapped", "name", "date_format", "sheet",
           "threshold")  # fmt: skip
_KEY = ["force", "month", "place", "crime_type"]


@dataclass(frozen=True)
class Located:
    """Incidents in wards: what `count_crimes` takes, the account of codes and points, and how the rows were placed."""

    placed: pd.DataFrame
    agreement: pd.DataFrame
    ward_of_place: pd.Series
    """Ward of each place, '' where it has none."""
    sentences: tuple[str, ...]


def read_incident_sources(study: Study) -> Incidents:
    """Every incident file of the study, as one; marked incidents apart where the study measures a flag.

    Raises:
        InputError: as `read_incidents` and `join_incidents`.
    """
    parts = [
        read_incidents(source.path, start=study.period.start, end=study.period.end, **_options(source))
        for source in study.of("crime")
        if source.kind == INCIDENTS
    ]
    joined = parts[0] if len(parts) == 1 else join_incidents(parts)
    flag = measured_flag(study)
    return _set_apart(joined, flag) if flag else joined


def _options(source: Source) -> dict[str, Any]:
    return {key: source.options[key] for key in _PASSED if key in source.options}


def _set_apart(incidents: Incidents, flag: str) -> Incidents:
    """The incidents of each type with the flag as a type of their own, taken out of the type that they were in."""
    counts = incidents.counts.set_index(_KEY)
    marked = incidents.flags[incidents.flags["flag"] == flag].set_index(_KEY)["crimes"]
    marked = marked[~marked.index.get_level_values("crime_type").isin(NOT_CRIME)]
    rest = counts.assign(crimes=counts["crimes"].sub(marked, fill_value=0).astype("int64")).reset_index()
    apart = marked.reset_index()
    apart["crime_type"] = [marked_type(kind, flag) for kind in apart["crime_type"]]
    both = pd.concat([rest[rest["crimes"] > 0], apart], ignore_index=True)
    return replace(incidents, counts=both.sort_values(_KEY, ignore_index=True))


def locate_incidents(
    study: Study, incidents: Incidents, *, code_wards: pd.DataFrame, known_wards: pd.Index,
    boundaries: gpd.GeoDataFrame, lookups: tuple[pd.DataFrame, ...],
) -> Located:  # fmt: skip
    """The ward of every incident: by its code, its point or both, as the study says and as the files allow.

    Exact points are looked up in memory and kept in no cache.

    Raises:
        InputError: the study asks for points that the files do not have; codes of another vintage; points in no ward.
    """
    assign, sentences = _how_to_place(study)
    places = incidents.places
    # A ward's code is looked up as a small area's is, and leads to itself.
    own = pd.DataFrame({"ward_code": known_wards, "share": 1.0}, index=known_wards)
    codes = pd.concat([code_wards[["ward_code", "share"]], own[~own.index.isin(code_wards.index)]])
    code = places["ward_code"].where(places["ward_code"] != "", places["lsoa_code"])
    if assign == "lsoa":
        counts = incidents.counts.assign(lsoa_code=code.reindex(incidents.counts["place"]).to_numpy())
        placed = place_crimes(counts, codes["ward_code"], known_wards, tables=lookups)
        ward = code.map(codes["ward_code"]).fillna("").astype("str")
        return Located(placed, pd.DataFrame(columns=list(AGREEMENT)), ward, sentences)
    located, coded = locate_points(places, boundaries), places.assign(lsoa_code=code)
    found = place_points(incidents.counts, coded, located, codes, assign=assign)
    return Located(
        found.placed, found.agreement, ward_of_places(coded, located, codes, assign=assign), sentences
    )  # fmt: skip


def _how_to_place(study: Study) -> tuple[str, tuple[str, ...]]:
    """How rows are placed, and what is to be said of it."""
    columns = {source.path.name: set(source.options["columns"]) for source in study.of("crime")}
    coded = {name for name, roles in columns.items() if roles & {*CODES}}
    pointed = {name for name, roles in columns.items() if roles - {*CODES} & {"easting", "longitude"}}
    if study.crime.assign == "point" and len(pointed) < len(columns):
        raise InputError(
            f"crime.assign: 'point' needs the points of incidents, and {', '.join(sorted(columns.keys() - pointed))} "
            f'has none; name its columns easting and northing, or longitude and latitude, or set crime.assign = "lsoa"'
        )
    if study.crime.assign != "lsoa" or len(coded) == len(columns):
        return study.crime.assign, ()
    without = ", ".join(sorted(columns.keys() - coded))
    return ("both" if coded else "point"), (f"Incidents of {without} have no code of a place and are placed by point.",)


def read_signal(
    study: Study, source: Source, *, code_wards: pd.DataFrame, known_wards: pd.Index, boundaries: gpd.GeoDataFrame,
) -> pd.DataFrame:  # fmt: skip
    """A community signal by ward: how many in the period, or the mean of their values.

    Returns:
        ward_code, and a column that bears the signal's name.
    """
    options = _options(source)
    least = {"least": options["threshold"]} if "threshold" in options else {}
    if "force" not in options["columns"]:
        options.setdefault("force", source.options["name"])
    found = read_incidents(
        source.path, start=study.period.start, end=study.period.end, **{**options, "name": source.options["name"]}
    )  # fmt: skip
    ward = _ward_of_places(found.places, code_wards, known_wards, boundaries).rename("ward_code")
    table = summarise_incidents(
        found, ward, name=source.options["name"], combine=source.options["combine"], among=known_wards, **least
    )  # fmt: skip
    return table[["ward_code", source.options["name"]]]


def _ward_of_places(
    places: pd.DataFrame, code_wards: pd.DataFrame, known_wards: pd.Index, boundaries: gpd.GeoDataFrame
) -> pd.Series:
    """The ward of each place by its code, else by its point; '' where neither leads to one."""
    by_code = places["lsoa_code"].map(code_wards["ward_code"])
    by_code = by_code.fillna(places["ward_code"].where(places["ward_code"].isin(known_wards)))
    unknown = by_code.isna() | (by_code == "")
    by_point = locate_points(places, boundaries)["ward_code"].astype("str")
    return by_code.mask(unknown, by_point).fillna("").astype("str")


def withheld_cells(incidents: Incidents, ward_of_place: pd.Series, counts: pd.DataFrame) -> pd.Series:
    """Booleans on the index of the counts: cells of which a part was held back by the publisher of the file."""
    held = incidents.withheld.assign(ward_code=ward_of_place.reindex(incidents.withheld["place"]).to_numpy())
    keys = ["ward_code", "month", "crime_type"]
    cells = pd.MultiIndex.from_frame(held[keys].drop_duplicates())
    return pd.Series(pd.MultiIndex.from_frame(counts[keys]).isin(cells), index=counts.index)


def count_flags(
    incidents: Incidents, ward_of_place: pd.Series, wards: gpd.GeoDataFrame, coverage: pd.DataFrame
) -> pd.DataFrame:
    """Crimes with each flag, by ward, over the covered months: flag, ward_code, crimes, complete with noughts.

    Flags overlap with each other, and are no part of any total. Wards that are not assessed have none.
    """
    flags = sorted(incidents.flags["flag"].unique())
    rows = incidents.flags[~incidents.flags["crime_type"].isin(NOT_CRIME)]
    rows = rows.assign(ward_code=ward_of_place.reindex(rows["place"]).to_numpy())
    covered = is_covered(coverage).stack()
    force = wards["force_name"].reindex(rows["ward_code"]).to_numpy()
    inside = covered.reindex(pd.MultiIndex.from_arrays([force, rows["month"]])).fillna(value=False).to_numpy(dtype=bool)
    sums = rows[inside].groupby(["flag", "ward_code"])["crimes"].sum()
    every = pd.MultiIndex.from_product([flags, wards.index[wards["assessed"]]], names=["flag", "ward_code"])
    return sums.reindex(every, fill_value=0).astype("Int64").reset_index()


def say_losses(incidents: Incidents, *, threshold: int) -> list[str]:
    """Rows in no count, in sentences; a small number is not told."""
    said = []
    for why, number in incidents.losses.items():
        if number:
            shown = f"{number:,}" if number >= threshold else f"Fewer than {threshold}"
            said.append(f"{shown} rows of the incident files are in no count: {why}.")
    return said
