"""Force-months that are known not to be published, from known_gaps.toml: data with its source, not code."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pandas as pd

GAPS = {"force": "str", "start": "str", "end": "str", "kind": "str", "note": "str", "source": "str", "seen": "str"}
"""Columns of the list of gaps: police.uk name of the force; first and last month ('' = still so when last seen);
'nothing' or 'part' was published; what is the case; who says so; the month in which that was last read."""


def read_known_gaps() -> pd.DataFrame:
    """The list of known gaps: columns GAPS, one row per gap, in the order of the file."""
    text = files(__package__).joinpath("known_gaps.toml").read_text(encoding="utf-8")
    rows = [{"end": "", **gap} for gap in tomllib.loads(text)["gap"]]
    return pd.DataFrame(rows, columns=list(GAPS)).astype(GAPS)
