"""What may be a component of an index, and which components say the same thing twice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tipping_point.tables import DOMAINS

RECORDED_CRIME = (
    "crimes", "crimes_all", "crime_rate", "smoothed_rate", "standardised_rate", "harm", "harm_rate", "long_run_harm",
    "excess_harm", "value", "chronic_share", "vli_score", "vli_score_without_age", "vli_rate_burglary",
    "vli_rate_damage",
)  # fmt: skip
"""Columns of the ward table that rest on recorded crime."""

REFUSED = ("imd", "crime_domain", "imd_crime")
"""Columns that are no component, whatever stands beside them."""

INDICATORS: Mapping[str, str] = {
    "imd": r"(^|_)w?imd|(^|_)iod\d*(_|$)|multiple_deprivation",
    "crime": r"crime_(domain|score|rank|decile)|community_safety|_at_risk_(population|properties)",
    "income": r"income|idaci|idaopi|pension_credit|tax_credit",
    "employment": r"employ|claimant|jobseeker|incapacity|workless",
    "education": r"education|attainment|qualification|adult_skill|gcse|key_stage|staying_on|(pupil|school)_absence",
    "health": r"health|illness|morbidity|anxiety|life_lost|life_expectancy",
    "living_environment": r"environment|air_quality|central_heating|poor_condition|road_traffic|nitrogen|particulate",
    "housing_services": r"housing|overcrowd|homeless|road_distance|broadband|connectivity|patient_to_gp",
}
"""Words of a column's name, by the domain of the Indices of Deprivation that it is an indicator of."""

PROTECTED = r"ethnic|religio|disabled|pregnan|(^|_)aged?_\d|sex_(fe)?male|vli_(rate_)?young"
"""Words of a column's name that counts people by a characteristic protected by the Equality Act 2010."""


@dataclass(frozen=True)
class Component:
    """One weighted column of the index. `worse` says which end is need; `country` limits it to one country.

    `domain` is the domain of the Indices of Deprivation that the column is an indicator of (a key of INDICATORS),
    'none' where it is of none; where it is not said it is read from the column's name.
    """

    column: str
    weight: float
    worse: str = "higher"
    country: str = ""
    domain: str = ""


def find_domain(name: str) -> str:
    """The domain (a key of INDICATORS) that a column is an indicator of, by the words of its name; '' if none."""
    words = _words(name)
    return next((domain for domain, pattern in INDICATORS.items() if re.search(pattern, words)), "")


def component_faults(wards: pd.DataFrame, components: Sequence[Component]) -> list[str]:
    """Every reason why the columns cannot be the components of an index, as sentences."""
    faults = [] if components else ["index.component: at least one is needed"]
    seen: set[tuple[str, str]] = set()
    for component in components:
        name = component.column
        faults += _column_faults(wards, name)
        if not 0 < component.weight < np.inf:
            faults.append(f"index.component: the weight of '{name}' is {component.weight}; it must be above 0")
        if component.worse not in ("higher", "lower"):
            faults.append(f"index.component: worse = '{component.worse}' for '{name}'; use 'higher' or 'lower'")
        if component.domain not in ("", "none", *INDICATORS):
            faults.append(
                f"index.component: domain = '{component.domain}' for '{name}' is not known; choose from "
                f"{', '.join(INDICATORS)}, none"
            )
        if (name, component.country) in seen:
            faults.append(f"index.component: '{name}' stands twice")
        seen.add((name, component.country))
        crime = [other.column for other in _beside(component, components) if other.column in RECORDED_CRIME]
        if crime and name not in REFUSED and _domain(component) in ("imd", "crime"):
            faults.append(
                f"index.component: '{name}' is or holds the crime domain of the Indices of Deprivation; beside "
                f"'{crime[0]}' it counts crime twice. Use 'deprivation', or say domain = \"none\" if it is neither"
            )
    return faults


def _column_faults(wards: pd.DataFrame, name: str) -> list[str]:
    """What is wrong with one column, whatever stands beside it."""
    if name in REFUSED:
        return [
            f"index.component: '{name}' is or holds the crime domain of the Indices of Deprivation, beside "
            f"recorded crime it counts crime twice; "
            f"use the six non-crime domains: {', '.join(DOMAINS)}, or 'deprivation'"
        ]
    if re.search(PROTECTED, _words(name)):
        return [
            f"index.component: '{name}' counts people by a protected characteristic (Equality Act 2010): it is shown "
            f"as evidence and never enters an index"
        ]
    if name not in wards.columns:
        known = [column for column in wards.columns if pd.api.types.is_numeric_dtype(wards[column])]
        return [f"index.component: there is no column '{name}'; choose from {', '.join(known)}"]
    if not pd.api.types.is_numeric_dtype(wards[name]):
        return [f"index.component: '{name}' is not a number"]
    number = int(np.isinf(wards[name].to_numpy(dtype=float, na_value=np.nan)).sum())
    return [f"index.component: '{name}' is infinite in {number} wards"] if number else []


def describe_overlaps(components: Sequence[Component]) -> tuple[str, ...]:
    """A sentence for each domain of deprivation that the index counts twice: by itself and by its own indicator.

    `deprivation` holds all six domains, so that each of them, and each of their indicators, is in it already.
    """
    said = []
    for component in components:
        holds = tuple(DOMAINS) if component.column == "deprivation" else (component.column,)
        if component.column not in (*DOMAINS, "deprivation"):
            continue
        said += [
            f"The index counts {DOMAINS[_domain(other)].lower()} twice: '{other.column}' is a part of "
            f"'{component.column}', and both are components."
            for other in _beside(component, components)
            if _domain(other) in holds
        ]
    return tuple(dict.fromkeys(said))


def _beside(component: Component, components: Sequence[Component]) -> list[Component]:
    """The other columns in the index of a country that holds the component."""
    return [
        other
        for other in components
        if other.column != component.column
        and (other.country == component.country or "" in (other.country, component.country))
    ]


def _domain(component: Component) -> str:
    if component.domain:
        return component.domain
    return component.column if component.column in DOMAINS else find_domain(component.column)


def _words(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
