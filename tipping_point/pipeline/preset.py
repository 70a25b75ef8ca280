"""The Vulnerable Localities Index as a preset of the index: its six parts from what the study holds."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from tipping_point.measures.index import Component, default_components
from tipping_point.measures.vulnerable import add_crime_parts, share_of, vli_components, vulnerable_localities
from tipping_point.pipeline.read import Prepared
from tipping_point.pipeline.vocabulary import vocabulary_of
from tipping_point.study import Study
from tipping_point.tables import InputError

RATES = {"income": "income_rate", "employment": "employment_rate"}
"""Part -> the indicator of the study that holds it as a rate: a percentile of a domain is none."""

GROUPS = {"young": "age: 15 to 24", "qualifications": "qualifications: No qualifications"}
"""Part -> the group of a Census table whose share of the residents it is."""


def choose_components(
    study: Study, wards: gpd.GeoDataFrame, counts: pd.DataFrame, prepared: Prepared,
    weights: Mapping[str, Mapping[str, float]],
) -> tuple[gpd.GeoDataFrame, tuple[Component, ...]]:  # fmt: skip
    """The components of the study's index, and the wards with the columns of a preset.

    Raises:
        InputError: the preset asks for something that the study does not hold.
    """
    if not study.index.preset:
        return wards, study.components or default_components(weights)
    held = prepared.characteristics
    faults = [
        f"index.preset: needs the indicator '{column}': the score (rate) of the domain, as a [[sources.indicator]]"
        for column in RATES.values()
        if column not in wards
    ]
    faults += [
        f"index.preset: needs a Census table with '{group}': bring TS007A and TS067 in as [[sources.census]]"
        for group in GROUPS.values()
        if group not in held
    ]
    if faults:
        raise InputError(faults)
    shares = {f"vli_rate_{part}": share_of(held, group) for part, group in GROUPS.items()}
    with_parts = add_crime_parts(wards.assign(**shares), counts, vocabulary=vocabulary_of(study))
    columns = {**RATES, **{part: f"vli_rate_{part}" for part in ("burglary", "damage", *GROUPS)}}
    scored = vulnerable_localities(with_parts, columns=columns)
    return scored, vli_components(age=study.index.preset == "vli")
