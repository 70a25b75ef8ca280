"""Numbers of a place as words, for the sentences that this stage makes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from tipping_point.tables import DOMAINS

MEASURED: Mapping[str, str] = {
    "harm_rate": "harm per resident",
    "smoothed_rate": "crime per resident",
    "standardised_rate": "crime per resident",
    "crime_rate": "crime per resident",
    "housing_services": "need in housing and services",
    "living_environment": "the living environment",
    **{name: f"{name} need" for name in ("income", "employment", "education", "health")},
    "deprivation": "deprivation as a whole",
}
"""What a component of the index is called within a sentence."""


def listed(names: Iterable[str], *, link: str = "and") -> str:
    """'A', 'A and B', 'A, B and C'; '' of nothing."""
    *first, last = list(names) or [""]
    return f"{', '.join(first)} {link} {last}" if first else last


def percent(share: float) -> str:
    """A share as a whole per cent, 'under 1%' and 'over 99%' rather than a false nought or hundred."""
    if math.isnan(share):
        return "an unknown share"
    if 0 < share < 0.01:
        return "under 1%"
    return "over 99%" if 0.99 < share < 1 else f"{math.floor(share * 100 + 0.5)}%"


def part(share: float) -> str:
    """A threshold in words, to follow 'the most deprived' or 'at least a': 'fifth'; else a per cent."""
    return {0.1: "tenth", 0.2: "fifth", 0.25: "quarter", 0.5: "half"}.get(share, percent(share))


def plural(number: float, one: str, many: str = "") -> str:
    """'1 ward', '2 wards'."""
    return f"{number:,.0f} {one if number == 1 else many or one + 's'}"


def named(component: str) -> str:
    """A component of the index within a sentence."""
    return MEASURED.get(component, component.replace("_", " "))


def domain(name: str) -> str:
    """A domain of deprivation within a sentence: 'housing and services'."""
    return DOMAINS[name].lower()


def sentence(text: str) -> str:
    """Text with a capital first letter."""
    return f"{text[:1].upper()}{text[1:]}"
