"""The ways to colour the wards of the map: classes, words, ranges and patterns, never colour alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point import schema
from tipping_point.outputs import wording

SEQUENCE = ("#f1f4ea", "#cfe2d6", "#9cc8bf", "#5fa0a6", "#2c6d82")
"""Light to dark in even steps of lightness, so that it survives a black-and-white print and colour blindness."""

NOT_ASSESSED = -1
WITHOUT_VALUE = -2

_WORDS = {
    1: ("All alike",),
    2: ("Lower", "Higher"),
    3: ("Lowest", "Middle", "Highest"),
    4: ("Lowest", "Second lowest", "Second highest", "Highest"),
    5: ("Lowest", "Second lowest", "Middle", "Second highest", "Highest"),
}


@dataclass(frozen=True)
class Class:
    """One class of a view as the legend shows it; `ranges` has one text for each country, or none."""

    name: str
    fill: str
    pattern: str = "plain"
    """plain, hatch, dots, lines or cross: what tells the class apart without colour."""
    ink: str = "#ffffff"
    ranges: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """One way to colour the wards: `values` holds a class number for each ward, negative where there is none."""

    name: str
    title: str
    note: str
    classes: tuple[Class, ...]
    countries: tuple[str, ...]
    values: npt.NDArray[np.int8]


def views(wards: pd.DataFrame, cover: schema.Cover) -> list[View]:
    """The views whose columns the run made, the index first."""
    found = []
    if "index_score" in wards:
        found.append(_need(wards))
    if "gi_star_class" in wards:
        found.append(_hot(wards, cover))
    if "local_moran_class" in wards:
        found.append(_moran(wards, cover))
    if "chronic_state" in wards:
        found.append(_lasting(wards))
    if "emerging_word" in wards:
        found.append(_emerging(wards))
    return found


def _need(wards: pd.DataFrame) -> View:
    """The index in at most five classes of equal size within each country."""
    score = wards["index_score"].astype(float).to_numpy()
    country = _country(wards)
    names = sorted(country.unique())
    values = np.full(len(wards), WITHOUT_VALUE, dtype=np.int8)
    ranges: list[tuple[str, ...]] = []
    number = max((_class_count(score[(country == name).to_numpy()]) for name in names), default=1)
    for name in names:
        mine = (country == name).to_numpy() & np.isfinite(score)
        values[mine], shown = _classes(score[mine], number)
        ranges.append(shown)
    values[~_assessed(wards)] = NOT_ASSESSED
    fills = SEQUENCE if number > 3 else (SEQUENCE[0], SEQUENCE[2], SEQUENCE[4])
    classes = tuple(
        Class(word, fill, ranges=tuple(shown[place] for shown in ranges))
        for place, (word, fill) in enumerate(zip(_WORDS[number], fills[:number], strict=True))
    )
    sizes = {5: "a fifth", 4: "a quarter", 3: "a third", 2: "half"}.get(number, "all")
    note = f"Index 0-100, higher = greater need. Each colour holds about {sizes} of the assessed wards of its country."
    return View("Need", "Need: the index", note, classes, tuple(names), values)


def _class_count(score: npt.NDArray[np.float64]) -> int:
    return max(1, min(len(SEQUENCE), len(np.unique(score[np.isfinite(score)]))))


def _classes(score: npt.NDArray[np.float64], number: int) -> tuple[npt.NDArray[np.int8], tuple[str, ...]]:
    """Class numbers and the range that each class holds; equal scores share a class, so that one may be empty."""
    if not len(score):
        return np.empty(0, dtype=np.int8), ("",) * number
    breaks = np.quantile(score, np.arange(1, number) / number, method="inverted_cdf")
    values = np.searchsorted(breaks, score, side="left").astype(np.int8)
    ranges = []
    for place in range(number):
        held = score[values == place]
        ranges.append(f"{held.min():.1f} to {held.max():.1f}" if len(held) else "none")
    return values, tuple(ranges)


def _hot(wards: pd.DataFrame, cover: schema.Cover) -> View:
    classes = (
        Class(wording.HOT_CLASSES["hot"], "#d98f66", "cross", "#b0602f"),
        Class(wording.HOT_CLASSES["beside"], "#f6dfc8", "dots", "#a4562a"),
        Class(wording.HOT_CLASSES["cold"], "#c3d7e4", "lines", "#4f7896"),
        Class("Tested: does not stand out", "#f4f3ee"),
    )
    alpha = cover.settings.get("alpha")
    level = f" at {float(str(alpha)):.0%}" if alpha is not None else ""
    note = (
        f"Getis-Ord Gi*, tested by permutation, all wards together{level}. A test of neighbours: a hot spot is a ward "
        "whose own rate is high as well."
    )
    values = _coded(wards, "gi_star_class", tuple(wording.HOT_CLASSES), "gi_star_p_adjusted")
    return View("Hot spots", "Hot and cold spots", note, classes, (), values)


def _moran(wards: pd.DataFrame, cover: schema.Cover) -> View:
    classes = (
        Class(wording.MORAN_CLASSES["HH"], "#d98f66", "cross", "#b0602f"),
        Class(wording.MORAN_CLASSES["HL"], "#f6dfc8", "dots", "#a4562a"),
        Class(wording.MORAN_CLASSES["LH"], "#e6eef3", "dots", "#4f7896"),
        Class(wording.MORAN_CLASSES["LL"], "#c3d7e4", "lines", "#4f7896"),
        Class("Tested: does not stand out", "#f4f3ee"),
    )
    note = f"Local Moran: each ward beside its neighbours, in {wording.clean(cover.measure_label)}. A second opinion."
    values = _coded(wards, "local_moran_class", tuple(wording.MORAN_CLASSES), "local_moran_p_adjusted")
    return View("Neighbours", "High and low among neighbours", note, classes, (), values)


def _lasting(wards: pd.DataFrame) -> View:
    """How lasting: the state of each ward over its rolling twelve months."""
    classes = (
        Class("Long-standing: high in most of the period, and now", "#d98f66", "cross", "#b0602f"),
        Class(
            "At a tipping point: near the highest, and rising, often there or beside one", "#f6dfc8", "dots", "#a4562a"
        ),
        Class("Easing: was long-standing, not now", "#c3d7e4", "lines", "#4f7896"),
        Class("Now and then", "#e6eef3", "dots", "#4f7896"),
        Class("Never among the highest tenth", "#f4f3ee"),
    )
    names = ("chronic", "tipping", "easing", "intermittent", "not")
    text = wards["chronic_state"].astype(object).where(wards["chronic_state"].notna(), "")
    values = np.full(len(wards), WITHOUT_VALUE, dtype=np.int8)
    for place, name in enumerate(names):
        values[(text == name).to_numpy()] = place
    values[~_assessed(wards)] = NOT_ASSESSED
    note = "Rolling twelve months, each compared with the other wards of the country: the highest tenth by rate."
    return View("How lasting", "How lasting: states of the wards", note, classes, (), values)


def _emerging(wards: pd.DataFrame) -> View:
    """Hot spots over the periods, in four words."""
    classes = (
        Class("New hot spot", "#d98f66", "dots", "#7d3f18"),
        Class("Worsening", "#d98f66", "cross", "#b0602f"),
        Class("Long-standing hot spot", "#f6dfc8", "cross", "#a4562a"),
        Class("Easing", "#c3d7e4", "lines", "#4f7896"),
        Class("No lasting hot pattern", "#f4f3ee"),
    )
    names = ("new", "worsening", "long-standing", "easing")
    values = _coded(wards, "emerging_word", names, "gi_star_p_adjusted")
    values[(wards["emerging_class"] == "not assessed").to_numpy()] = WITHOUT_VALUE
    values[~_assessed(wards)] = NOT_ASSESSED
    note = "Gi* in periods that do not overlap, each tested by permutation. The seventeen classes are in wards.csv."
    return View("Over time", "Hot spots over time", note, classes, (), values)


def _coded(wards: pd.DataFrame, column: str, names: tuple[str, ...], tested: str) -> npt.NDArray[np.int8]:
    """Class numbers of a text column; the number after the last name where it was tested and does not stand out."""
    text = wards[column].astype(object).where(wards[column].notna(), "")
    values = np.full(len(wards), len(names), dtype=np.int8)
    for place, name in enumerate(names):
        values[(text == name).to_numpy()] = place
    if tested in wards:
        values[wards[tested].isna().to_numpy() & (values == len(names))] = WITHOUT_VALUE
    values[~_assessed(wards)] = NOT_ASSESSED
    return values


def _assessed(wards: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return wording.flags(wards, "assessed", absent=True).to_numpy()


def _country(wards: pd.DataFrame) -> pd.Series:
    if "country" not in wards:
        return pd.Series("", index=wards.index)
    return wards["country"].astype(object).where(wards["country"].notna(), "")
