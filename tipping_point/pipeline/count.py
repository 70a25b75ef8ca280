"""Crimes to counts: each row in a ward, by its code, its point or both, and what is covered of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd

from tipping_point.facts.known_gaps import read_known_gaps
from tipping_point.pipeline.incidents import count_flags, locate_incidents, say_losses, withheld_cells
from tipping_point.pipeline.points import place_street_points
from tipping_point.pipeline.protect import threshold_of_crimes
from tipping_point.pipeline.read import Crimes, Prepared
from tipping_point.pipeline.vocabulary import types_of
from tipping_point.study import Study
from tipping_point.tables import InputError, months_between
from tipping_point.wards.counts import Counted, count_crimes, place_crimes
from tipping_point.wards.coverage import add_coverage, build_coverage, mark_withheld, require_assessed
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
    withheld: pd.Series
    """Booleans on the index of the counts: held back by their publisher, so that the count is not known."""
    flags: pd.DataFrame
    """`schema.FLAGGED`: what incident files mark; empty for other sources."""
    sentences: tuple[str, ...] = ()


def count_study(study: Study, prepared: Prepared, crimes: Crimes, *, measured: Collection[str]) -> Placed:
    """Every crime row of the study in a ward or a named loss.

    Args:
        study: the study.
        prepared: from `prepare_wards`.
        crimes: from `read_crimes`.
        measured: the types of the study's measure; a ward of which such a count was held back is not assessed.
    """
    months = months_between(study.period.start, study.period.end)
    coverage = build_coverage(crimes.files, prepared.wards, months=months, gaps=read_known_gaps())
    wards = add_coverage(prepared.wards, coverage, minimum=study.coverage.minimum)
    require_assessed(wards, coverage)
    types = types_of(study)
    if crimes.incidents is None:
        placed, agreement = _place(study, prepared, crimes)
        counted = count_crimes(placed, wards, coverage, crime_types=types)
        none = pd.Series(data=False, index=counted.counts.index)
        return Placed(wards, coverage, counted, placed, agreement, none, pd.DataFrame())
    located = locate_incidents(
        study, crimes.incidents, code_wards=prepared.code_wards, known_wards=prepared.known_wards,
        boundaries=prepared.boundaries, lookups=prepared.lookups,
    )  # fmt: skip
    counted = count_crimes(located.placed, wards, coverage, crime_types=types)
    withheld = withheld_cells(crimes.incidents, located.ward_of_place, counted.counts)
    counts = counted.counts.assign(crimes=counted.counts["crimes"].mask(withheld))
    wards = mark_withheld(wards, counts[withheld & counts["crime_type"].isin(list(measured))])
    require_assessed(wards, coverage)
    return Placed(
        wards, coverage, replace(counted, counts=counts), located.placed, located.agreement, withheld,
        count_flags(crimes.incidents, located.ward_of_place, wards, coverage),
        (*located.sentences, *say_losses(crimes.incidents, threshold=threshold_of_crimes(study))),
    )  # fmt: skip


def _place(study: Study, prepared: Prepared, crimes: Crimes) -> tuple[pd.DataFrame, pd.DataFrame]:
    code_wards = prepared.code_wards
    if study.crime.assign == "lsoa":
        placed = place_crimes(crimes.counts, code_wards["ward_code"], prepared.known_wards, tables=prepared.lookups)
        if crimes.vocabulary != "police_uk":
            return placed, pd.DataFrame(columns=list(AGREEMENT))
    elif crimes.vocabulary != "police_uk":
        raise InputError(
            f"crime.assign: '{study.crime.assign}' needs the points of police.uk street files; the study's tables give "
            f"wards"
        )
    # Placed by their codes or not, the points tell which wards' borders matter.
    found = place_street_points(crimes.files, prepared.boundaries, code_wards, assign=study.crime.assign)
    return found.placed, found.agreement
