"""Names, vocabularies and the error for bad input: the words that every stage shares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

SYSTEM = "EPSG:27700"
"""British National Grid, metres: the coordinate system of every table inside the package."""

COUNTRIES = {"E": "England", "W": "Wales"}

SMALL_POPULATION = 2_000
"""Residents below which a ward's rate is marked as resting on few people."""


class InputError(ValueError):
    """The study or its data is at fault: every fault found, each a sentence a user can act on.

    A fault says which table, file, row or option it is about, what is wrong, what was given
    and what is allowed.
    """

    def __init__(self, faults: str | Iterable[str]) -> None:
        self.faults = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(self.faults))


FLAGS: Mapping[str, str] = {
    "knife": "crime marked with a knife or sharp object",
    "domestic_abuse": "crime marked as domestic abuse",
    "hate": "crime marked as hate crime",
    "injury": "crime marked with an injury",
    "sexual": "crime marked as sexual",
}
"""What the rows of an incident file can be marked as, and the words for the marked ones: measures that are no
proxies."""

DOMAINS: Mapping[str, str] = {
    "income": "Income",
    "employment": "Employment",
    "education": "Education and skills",
    "health": "Health",
    "housing_services": "Housing and services",
    "living_environment": "Living environment",
}
"""The six non-crime domains of deprivation: column name and the words shown."""


CONTEXT_LEVELS: Mapping[str, str] = {
    "country": "{name}",
    "force": "{name} (police force area)",
    "partnership": "{name} (community safety partnership)",
    "district": "{name} (district)",
}
"""Level of a figure that stands beside the trends -> how its area is shown. Wards are none: theirs are indicators."""


def marked_type(kind: str, flag: str) -> str:
    """The type of the incidents of a type that bear a flag, which stand apart where a study measures the flag."""
    return f"{kind} [{flag}]"


def plain_type(kind: str) -> str:
    """The type of an incident, marked or not: 'Robbery [knife]' -> 'Robbery'."""
    name, mark, _ = kind.rpartition(" [")
    return name if mark and kind.endswith("]") else kind


def types_among(present: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Those of the types present that are, marked or not, among the wanted."""
    kinds = set(wanted)
    return [kind for kind in present if plain_type(kind) in kinds]


_FORCE_EXCEPTIONS = {"london-city-of": "city-of-london", "metropolitan-police": "metropolitan"}
NOT_TERRITORIAL = {
    "btp": "British Transport Police",
    "northern-ireland": "Police Service of Northern Ireland",
}
"""Forces in police.uk files that hold no ward of England or Wales."""


def force_slug(name: str) -> str:
    """The police.uk file name of a force from its Office for National Statistics name.

    'Devon & Cornwall' -> 'devon-and-cornwall', 'London, City of' -> 'city-of-london'.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower().replace("&", "and")).strip("-")
    return _FORCE_EXCEPTIONS.get(slug, slug)


def plain_name(name: str) -> str:
    """A name without what people write in several ways: case, '&', hyphens, full stops, apostrophes."""
    return " ".join(re.sub(r"[.,'’]", "", name.casefold().replace("&", " and ").replace("-", " ")).split())


def months_between(start: str, end: str) -> list[str]:
    """Every month 'YYYY-MM' from start to end, both included."""
    return [str(month) for month in pd.period_range(start, end, freq="M")]


def deprivation_transform(rank: npt.ArrayLike, areas: int) -> npt.NDArray[np.float64]:
    """Rank of a deprivation domain to its transformed score: the two forms in which the Indices are published.

    X = -23 ln(1 - R (1 - exp(-100/23))), R = (N - rank + 1)/N (English Indices of Deprivation, technical report;
    the Welsh Index uses the same), so that scores of several domains can be added without one cancelling another.

    Args:
        rank: 1 = most deprived, shape (n,).
        areas: N, the number of areas ranked.

    Returns:
        Score, 0-100, higher = more deprived, shape (n,).

    >>> tp.deprivation_transform([1, 100], 100).round(1).tolist()
    [100.0, 0.2]
    """
    share = (areas - np.asarray(rank, dtype=float) + 1) / areas
    return np.asarray(-23 * np.log(1 - share * (1 - np.exp(-100 / 23))), dtype=float)
