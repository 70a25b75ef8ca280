"""What every output carries on its face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Cover:
    """What every output carries on its face, so that none can be read without it."""

    study: str
    area: str
    start: str
    end: str
    months: int
    measure: str
    measure_label: str
    measure_types: tuple[str, ...]
    proxy_note: str
    """Why the measure is a proxy and what it leaves out; '' if it is not one."""
    synthetic: bool
    stamp: str
    """Edition, state of approval and when the criteria were fixed: 'INTERNAL EDITION. DRAFT: …'."""
    attributions: tuple[str, ...]
    limits: tuple[str, ...]
    """What the outputs do not show, in plain sentences."""
    choices: tuple[str, ...]
    """What was chosen automatically or reduced, in plain sentences."""
    findings: tuple[str, ...] = ()
    """What else the run found, in plain sentences made from its numbers."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Numbers that templates show: alpha, permutations drawn, hotspot column, areas asked, limits."""

    @property
    def title(self) -> str:
        """Title in words: 'Where serious crime is concentrated: Merseyside'."""
        return f"Where {self.measure_label} is concentrated: {self.area}"

    @property
    def period(self) -> str:
        """'October 2018 to February 2019'."""
        first, last = (pd.Period(month, freq="M").strftime("%B %Y") for month in (self.start, self.end))
        return first if first == last else f"{first} to {last}"
