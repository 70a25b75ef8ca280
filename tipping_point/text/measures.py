"""What kinds of place are called: by what each is extreme in."""

from __future__ import annotations

import pandas as pd

from tipping_point.measures.kinds_of_place import DENSITY
from tipping_point.tables import DOMAINS

NAMED_BY = 2
"""Domains of deprivation in a name, at most: the furthest from the mean of all wards."""


def name_kinds(table: pd.DataFrame) -> pd.Series:
    """The name of each kind of `find_kinds`, by its code; two alike bear their numbers.

    >>> table = pd.DataFrame({"country": "England", "kind": ["England 1"], "extremes": ["income+;health+;density+"]})
    >>> name_kinds(table)["England 1"]
    'deprived in income and health, dense'
    """
    names = pd.Series([_name(extremes) for extremes in table["extremes"]], index=table["kind"], dtype="str")
    repeated = (
        pd.Series(names.to_numpy()).groupby([table["country"].to_numpy(), names.to_numpy()]).transform("size") > 1
    )
    number = table["kind"].str.rsplit(" ", n=1).str[-1].to_numpy()
    return names.where(~repeated.to_numpy(), names + " (" + number + ")")


def _name(extremes: str) -> str:
    """'income+;health+;density-' -> 'deprived in income and health, spread out'."""
    found = [(each[:-1], each[-1]) for each in extremes.split(";") if each]
    domains = [(name, sign) for name, sign in found if name != DENSITY][:NAMED_BY]
    parts = [
        f"{words} {' and '.join(DOMAINS[name].lower() for name, sign in domains if sign == which)}"
        for which, words in (("+", "deprived in"), ("-", "little deprived in"))
        if any(sign == which for _, sign in domains)
    ]
    parts += [{"+": "dense", "-": "spread out"}[sign] for name, sign in found if name == DENSITY]
    return ", ".join(parts) or "near the mean in everything"
