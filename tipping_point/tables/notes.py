"""What a stage has to say of its own run, as a code and its numbers; `text` makes the sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Note:
    """One thing that a reader of the results should know: which, and with what numbers.

    Args:
        code: what is said, for example 'hotspots.more_drawn'; `tipping_point.text.notes` has a sentence for it.
        values: the numbers and names that the sentence holds.
    """

    code: str
    values: Mapping[str, object] = field(default_factory=dict)
