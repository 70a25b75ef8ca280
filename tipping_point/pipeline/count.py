"""Crimes to counts: each row in a ward, by its code, its point or both, and what is covered of it."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from tipping_point.config import Config
from tipping_point.pipeline.points import place_street_points
from tipping_point.pipeline.read import Crimes, Prepared
from tipping_point.schema import CRIME_TYPES, InputError, months_between
from tipping_point.sources.known_gaps import read_known_gaps
from tipping_point.wards.counts import Counted, count_crimes, place_crimes
from tipping_point.wards.coverage import add_coverage, build_coverage, require_assessed
from tipping_point.wards.points import AGREEMENT


@dataclass(frozen=True)
class Placed:
    """The wards with what is covered of them, the counts, and how far codes and points agree."""

    wards: gpd.GeoDataFrame
    coverage: pd.DataFrame
    counted: Counted
    placed: pd.DataFrame
    agreement: pd.DataFrame
    """One row per force; empty where no row has a point."""


def count_study(config: Config, prepared: Prepared, crimes: Crimes) -> Placed:
    """Every crime row of the study in a ward or a named loss."""
    months = months_between(config.start, config.end)
    coverage = build_coverage(crimes.files, prepared.wards, months=months, gaps=read_known_gaps())
    wards = add_coverage(prepared.wards, coverage, minimum=config.minimum)
    require_assessed(wards, coverage)
    placed, agreement = _place(config, prepared, crimes)
    counted = count_crimes(placed, wards, coverage, crime_types=CRIME_TYPES[crimes.vocabulary])
    return Placed(wards, coverage, counted, placed, agreement)


def _place(config: Config, prepared: Prepared, crimes: Crimes) -> tuple[pd.DataFrame, pd.DataFrame]:
    code_wards = prepared.code_wards
    if config.assign == "lsoa":
        placed = place_crimes(crimes.counts, code_wards["ward_code"], prepared.known_wards, tables=prepared.lookups)
        if crimes.vocabulary != "police_uk":
            return placed, pd.DataFrame(columns=list(AGREEMENT))
    elif crimes.vocabulary != "police_uk":
        raise InputError(
            f"crime.assign: '{config.assign}' needs the points of police.uk street files; the study's tables give wards"
        )
    # Placed by their codes or not, the points tell which wards' borders matter.
    found = place_street_points(crimes.files, prepared.boundaries, code_wards, assign=config.assign)
    return found.placed, found.agreement
