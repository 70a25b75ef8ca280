"""Whom a published figure is about: a ward, a small area, a district, a school. A figure keeps its level.

A district's figure is never copied into its wards, and a school's figure is about a place where pupils are taught, not
about where they live.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tipping_point.tables import InputError

LEVELS: Mapping[str, str] = {
    "small area": r"[EW]01[0-9]{6}",
    "middle area": r"[EW]02[0-9]{6}",
    "ward": r"[EW]05[0-9]{6}",
    "district": r"(?:E0[6-9]|W06)[0-9]{6}",
    "county": r"E10[0-9]{6}",
    "authority": r"E(?:47|61)[0-9]{6}",
    "region": r"E12[0-9]{6}",
    "force": r"(?:E23|W15)[0-9]{6}",
    "country": r"[EW]92[0-9]{6}",
    "school": r"[0-9]{5,6}",
}
"""Level -> the codes of its areas; a school's is its unique reference number."""
OTHER = "other"
"""The level of a code that is none of these: a practice, a trust, a decile."""
WARD_LEVELS = ("ward", "small area")
"""The levels whose figures can be brought to wards."""
WHERE_SCHOOLS_ARE = "where schools are, not where pupils live"
PUBLISHED = "as published for the area"


def find_levels(codes: pd.Series) -> pd.Series:
    """The level of each code; OTHER where it is none that is known."""
    levels = pd.Series(OTHER, index=codes.index, name="level")
    for level, pattern in LEVELS.items():
        levels[codes.str.fullmatch(pattern)] = level
    return levels


def choose_level(figures: pd.DataFrame, level: str, *, where: str) -> pd.DataFrame:
    """The rows of one level.

    Args:
        figures: with the column level.
        level: a key of LEVELS.
        where: what messages call the table.

    Raises:
        InputError: an unknown level, or one at which nothing is published; the message names those at which it is, and
            says that a larger area's figure is not given to its wards.
    """
    if level not in LEVELS:
        raise InputError(f"{where}: level '{level}' is not known; allowed are {', '.join(LEVELS)}.")
    rows = figures[figures["level"] == level]
    if rows.empty:
        there = ", ".join(sorted(set(figures["level"]))) or "none at all"
        hint = " A figure of a larger area is not copied to the wards in it." if level in WARD_LEVELS else ""
        raise InputError(f"{where}: nothing is published by {level}; its levels are {there}.{hint}")
    return rows.reset_index(drop=True)


def mark_proxy(level: str) -> str:
    """What a reader of a ward's figure must know when it comes from areas of a level; '' where it is the ward's own."""
    if level in WARD_LEVELS:
        return ""
    if level == "school":
        return WHERE_SCHOOLS_ARE
    return f"a {level}'s figure, the same for all its wards; context only"
