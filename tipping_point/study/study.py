"""A study, checked: what every other part of the package sees of the study file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tipping_point.areas.criteria import Criteria
from tipping_point.areas.given import Adjustment
from tipping_point.areas.group import Limits
from tipping_point.measures.chronicity import Rules
from tipping_point.measures.index import Component


@dataclass(frozen=True)
class Source:
    """One file that the study names: its section, kind, path and the options of its reader."""

    section: str
    path: Path
    kind: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Config:
    """A study, checked. The fields of one section bear its keys, and the verbs' keyword arguments the same names."""

    path: Path
    text: str
    name: str
    start: str
    end: str
    sources: tuple[Source, ...]
    seed: int = 0
    area: tuple[str, ...] = ()
    place: str = ""
    ward_year: int = 0
    synthetic: bool = False
    measure: str | Mapping[str, float] = "serious"
    assign: str = "lsoa"
    detail: str | None = None
    minimum: float = 0.75
    allow_damaged: bool = False
    denominator: str = "resident"
    daytime: str | None = None
    daytime_kind: str = "people"
    denominators: tuple[str, ...] = ()
    column: str = "standardised_rate"
    methods: tuple[str, ...] = ("gi_star", "local_moran")
    permutations: int = 9_999
    max_permutations: int = 99_999
    alpha: float = 0.05
    correction: str = "bh"
    max_population_share: float = 0.05
    scale: str = "percentile"
    combine: str = "arithmetic"
    components: tuple[Component, ...] = ()
    preset: str = ""
    simulations: int = 1_000
    selections: int = 100
    variance: float | None = None
    top: float = 0.1
    method: str = "touching"
    areas: int = 10
    years: int = 3
    visitors: bool = False
    kind: str | None = None
    votes: int = 1
    limits: Limits = field(default_factory=Limits)
    rules: Rules = field(default_factory=Rules)
    per_authority: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    adjustments: tuple[Adjustment, ...] = ()
    criteria: Criteria = field(default_factory=Criteria)
    assurance: Mapping[str, str] = field(default_factory=dict)
    baseline_year: int | None = None
    comparators: int = 5

    def of(self, section: str) -> tuple[Source, ...]:
        """The sources of one section, in the order of the study file."""
        return tuple(source for source in self.sources if source.section == section)
