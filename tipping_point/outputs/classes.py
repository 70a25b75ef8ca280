"""Classes in which the map colours wards: fills, patterns and ranges, never colour alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.outputs import wording

Codes = npt.NDArray[np.int8]
Numbers = npt.NDArray[np.float64]

SEQUENCE = ("#f7f8f2", "#d5e5da", "#aed0c8", "#84b8b9", "#5b9aa4")
"""Pale to middling in even steps of lightness: it survives a black-and-white print, and outlines stand out on it."""

NOT_ASSESSED = -1
WITHOUT_VALUE = -2

_WORDS = {
    1: ("All alike",),
    2: ("Lower", "Higher"),
    3: ("Lowest", "Middle", "Highest"),
    4: ("Lowest", "Second lowest", "Second highest", "Highest"),
    5: ("Lowest", "Second lowest", "Middle", "Second highest", "Highest"),
}
_PARTS = {5: "a fifth", 4: "a quarter", 3: "a third", 2: "half", 1: "all"}


@dataclass(frozen=True)
class Class:
    """One class of a view as the legend shows it; `ranges` has one text for each country, or none."""

    name: str
    fill: str
    pattern: str = "plain"
    """plain, hatch, dots, lines or cross: what tells the class apart without colour."""
    ink: str = "#ffffff"
    ranges: tuple[str, ...] = ()
    meaning: str = ""


@dataclass(frozen=True)
class View:
    """One way to colour the wards: `values` holds a class number for each ward, negative where there is none."""

    name: str
    title: str
    note: str
    classes: tuple[Class, ...]
    countries: tuple[str, ...]
    values: Codes
    analyst: bool = False
    """True for a view that stands under 'For analysts'."""


@dataclass(frozen=True)
class Scale:
    """Classes of equal size within each country, and the breaks between them."""

    classes: tuple[Class, ...]
    countries: tuple[str, ...]
    breaks: dict[str, Numbers]

    @property
    def part(self) -> str:
        """How much of its country each class holds, in words."""
        return _PARTS[len(self.classes)]

    def code(self, values: Numbers, country: pd.Series) -> Codes:
        """The class of each value, WITHOUT_VALUE where it is missing."""
        codes = np.full(values.shape, WITHOUT_VALUE, dtype=np.int8)
        for name, breaks in self.breaks.items():
            mine = (country == name).to_numpy()
            codes[mine] = np.where(np.isfinite(values[mine]), np.searchsorted(breaks, values[mine]), WITHOUT_VALUE)
        return codes


def equal_parts(values: Numbers, country: pd.Series) -> Scale:
    """At most five classes of equal size within each country; equal values share one, so that one may be empty.

    `values`: n, or n x periods, which then share one scale.
    """
    names = tuple(sorted(country.unique()))
    held = {name: values[(country == name).to_numpy()] for name in names}
    known = {name: mine[np.isfinite(mine)] for name, mine in held.items()}
    number = max((max(1, min(len(SEQUENCE), len(np.unique(mine)))) for mine in known.values()), default=1)
    parts = np.arange(1, number) / number
    breaks = {
        name: np.quantile(mine, parts, method="inverted_cdf") if len(mine) else np.zeros(number - 1)
        for name, mine in known.items()
    }
    ranges = [_ranges(known[name], breaks[name]) for name in names]
    fills = SEQUENCE if number > 3 else (SEQUENCE[0], SEQUENCE[2], SEQUENCE[4])
    classes = tuple(
        Class(word, fill, ranges=tuple(shown[place] for shown in ranges))
        for place, (word, fill) in enumerate(zip(_WORDS[number], fills[:number], strict=True))
    )
    return Scale(classes, names, breaks)


def _ranges(values: Numbers, breaks: Numbers) -> tuple[str, ...]:
    """The range of values that each class holds."""
    codes = np.searchsorted(breaks, values)
    held = [values[codes == place] for place in range(len(breaks) + 1)]
    return tuple(f"{mine.min():,.1f} to {mine.max():,.1f}" if len(mine) else "none" for mine in held)


def coded(wards: pd.DataFrame, column: str, names: tuple[str, ...], *, other: int = WITHOUT_VALUE) -> Codes:
    """Class numbers of a text column in the order of `names`; `other` for any other text."""
    text = wards[column].astype(object).where(wards[column].notna(), "")
    codes = np.full(len(wards), other, dtype=np.int8)
    for place, name in enumerate(names):
        codes[(text == name).to_numpy()] = place
    codes[~assessed(wards)] = NOT_ASSESSED
    return codes


def assessed(wards: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which wards anything is said about."""
    return wording.flags(wards, "assessed", absent=True).to_numpy()


def countries(wards: pd.DataFrame) -> pd.Series:
    """The country of each ward; '' where the table names none."""
    if "country" not in wards:
        return pd.Series("", index=wards.index)
    return wards["country"].astype(object).where(wards["country"].notna(), "")
