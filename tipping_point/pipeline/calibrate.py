"""The study's counts beside the offences that the Home Office publishes: by force, and by partnership where given."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from tipping_point.disclosure.edition import OPEN
from tipping_point.disclosure.tables import coarse_ratios
from tipping_point.fetch.areas_by_name import list_partnerships
from tipping_point.measures.calibration import calibrate_counts, explain_calibration
from tipping_point.measures.partnerships import calibrate_partnerships, explain_partnerships
from tipping_point.pipeline.protect import threshold_of_crimes
from tipping_point.pipeline.read import Prepared
from tipping_point.pipeline.vocabulary import measured_flag, vocabulary_of
from tipping_point.sources.calibration import read_recorded_crime
from tipping_point.study import Study
from tipping_point.tables import InputError, force_slug, plain_type


def calibrate_study(
    study: Study, prepared: Prepared, wards: gpd.GeoDataFrame, counts: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], tuple[str, ...]]:
    """The tables recorded_crime and, from a table by partnership, recorded_crime_partnerships; and what to say of them.

    A force of which the study has a part alone is not compared: its total is of the whole.

    Raises:
        InputError: a study of other crime types, two files with the same quarters, or no lookup of partnerships.
    """
    if vocabulary_of(study) != "police_uk":
        raise InputError(
            "sources.recorded_crime: its offences are held to the types of police.uk; the study has others"
        )
    if measured_flag(study):
        counts = counts.assign(crime_type=counts["crime_type"].map(plain_type))
    forces = {force_slug(name) for name in wards["force_name"].dropna() if name}
    published = _read(study, forces)
    members = list_partnerships(prepared.lookups)
    tables: dict[str, pd.DataFrame] = {}
    said: list[str] = []
    whole, parts = _whole_forces(wards, members)
    if whole or not parts:
        inside = wards[wards["force_name"].isin(whole)] if parts else wards
        held = counts[counts["ward_code"].isin(inside.index)]
        tables["recorded_crime"] = _safe(study, calibrate_counts(held, published, inside))
        said += explain_calibration(tables["recorded_crime"])
    if parts:
        said.append(
            f"Not held to the Home Office's total of the force, of which the study has a part alone: "
            f"{', '.join(parts)}."
        )
    if (published["partnership"] != "").any():
        if members.empty:
            raise InputError(
                "sources.recorded_crime: a table by community safety partnership needs the lookup of districts to"
                " partnerships to forces (lookup_force) among [[sources.lookup]]"
            )
        table = _safe(study, calibrate_partnerships(counts, published, wards, members))
        tables["recorded_crime_partnerships"] = table
        said += explain_partnerships(table)
    return tables, tuple(said)


def _safe(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """The ratios as they may be told, since sentences are made of them: coarse where small numbers are hidden."""
    threshold = threshold_of_crimes(study)
    return table if threshold == OPEN else coarse_ratios(table, threshold=threshold)


def _read(study: Study, forces: set[str]) -> pd.DataFrame:
    """Every file of recorded crime, the study's forces alone.

    Raises:
        InputError: two files have the same quarter of a force or partnership: it would count twice.
    """
    tables = {source.path: read_recorded_crime(source.path, forces=forces) for source in study.of("recorded_crime")}
    keys = [
        table[["force", "partnership", "quarter"]].drop_duplicates().assign(file=path.name)
        for path, table in tables.items()
    ]
    held = pd.concat(keys)
    twice = held[held.duplicated(["force", "partnership", "quarter"], keep=False)]
    if len(twice):
        first = twice.iloc[0]
        raise InputError(
            f"sources.recorded_crime: {' and '.join(sorted(set(twice['file'])))} both have {first['quarter']} of"
            f" {first['partnership'] or first['force']}; keep one"
        )
    return pd.concat(tables.values(), ignore_index=True)


def _whole_forces(wards: pd.DataFrame, members: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Forces of the study of which it has every district, and those of which it has some; by the lookup's names.

    Without a lookup of districts to forces nothing is known of it, and no force is held to be a part.
    """
    own = {name for name in wards["force_name"].dropna() if name}
    if members.empty:
        return sorted(own), []
    codes, names = set(wards["district_code"]), set(wards["district_name"])
    inside = members["district_code"].isin(codes) | members["district_name"].isin(names)
    lacking = {force_slug(name) for name in members.loc[~inside, "force_name"]}
    return sorted(n for n in own if force_slug(n) not in lacking), sorted(n for n in own if force_slug(n) in lacking)
