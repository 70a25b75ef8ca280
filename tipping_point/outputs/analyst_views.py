"""The views under 'For analysts': hot spots, neighbours, patterns over time, deprivation by domain, coverage."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import wording
from tipping_point.outputs.classes import SEQUENCE, WITHOUT_VALUE, Class, View, assessed, coded

EMERGING = {
    "new": "New hot spot",
    "worsening": "Worsening",
    "long-standing": "Long-standing hot spot",
    "easing": "Easing",
}

TENTH = 90
"""Percentile from which a ward is in the most deprived tenth of its country."""


def views(wards: pd.DataFrame, cover: schema.Cover) -> list[View]:
    """The views whose columns the run made."""
    return [view for make in VIEWS for view in make(wards, cover)]


def _hot(wards: pd.DataFrame, cover: schema.Cover) -> tuple[View, ...]:
    if "gi_star_class" not in wards:
        return ()
    classes = (
        Class(wording.HOT_CLASSES["hot"], "#d98f66", "cross", "#8f4a20"),
        Class(wording.HOT_CLASSES["beside"], "#f6dfc8", "dots", "#8a4a1e"),
        Class(wording.HOT_CLASSES["cold"], "#c3d7e4", "lines", "#3f6785"),
        Class("Tested: does not stand out", "#f7f7f2"),
    )
    alpha = cover.settings.get("alpha")
    level = f" at {float(str(alpha)):.0%}" if alpha is not None else ""
    note = (
        f"Getis-Ord Gi*, tested by permutation, all wards together{level}. A test of neighbours: a hot spot is a ward "
        "whose own rate is high as well."
    )
    values = _tested(wards, "gi_star_class", tuple(wording.HOT_CLASSES), "gi_star_p_adjusted")
    return (View("Hot spots", "Hot and cold spots", note, classes, (), values, analyst=True),)


def _moran(wards: pd.DataFrame, cover: schema.Cover) -> tuple[View, ...]:
    if "local_moran_class" not in wards:
        return ()
    classes = (
        Class(wording.MORAN_CLASSES["HH"], "#d98f66", "cross", "#8f4a20"),
        Class(wording.MORAN_CLASSES["HL"], "#f6dfc8", "dots", "#8a4a1e"),
        Class(wording.MORAN_CLASSES["LH"], "#e6eef3", "dots", "#3f6785"),
        Class(wording.MORAN_CLASSES["LL"], "#c3d7e4", "lines", "#3f6785"),
        Class("Tested: does not stand out", "#f7f7f2"),
    )
    note = f"Local Moran: each ward beside its neighbours, in {wording.clean(cover.measure_label)}. A second opinion."
    values = _tested(wards, "local_moran_class", tuple(wording.MORAN_CLASSES), "local_moran_p_adjusted")
    return (View("Neighbours (local Moran)", "High and low among neighbours", note, classes, (), values, analyst=True),)


def _emerging(wards: pd.DataFrame, cover: schema.Cover) -> tuple[View, ...]:  # noqa: ARG001 - every view is made alike
    """Hot spots over the periods, in four words."""
    if "emerging_word" not in wards:
        return ()
    looks = (
        ("#d98f66", "dots", "#6d3413"),
        ("#d98f66", "cross", "#8f4a20"),
        ("#f6dfc8", "cross", "#8a4a1e"),
        ("#c3d7e4", "lines", "#3f6785"),
    )
    classes = tuple(Class(words, *look) for words, look in zip(EMERGING.values(), looks, strict=True))
    values = _tested(wards, "emerging_word", tuple(EMERGING), "gi_star_p_adjusted")
    if "emerging_class" in wards:
        values[(wards["emerging_class"] == "not assessed").to_numpy() & assessed(wards)] = WITHOUT_VALUE
    note = "Gi* in periods that do not overlap, each tested by permutation. The seventeen classes are in wards.csv."
    none = Class("No lasting hot pattern", "#f7f7f2")
    return (View("Hot spots over time", "Hot spots over time", note, (*classes, none), (), values, analyst=True),)


def _levers(wards: pd.DataFrame, cover: schema.Cover) -> tuple[View, ...]:  # noqa: ARG001 - every view is made alike
    """In how many domains a ward is in the most deprived tenth: where more than one lever is needed."""
    domains = [name for name in schema.DOMAINS if name in wards]
    if len(domains) < 2:
        return ()
    percentiles = wards[domains].astype(float)
    number = percentiles.ge(TENTH).sum(axis=1).to_numpy()
    words = ("None", "One", "Two", "Three", "Four or more")
    values = np.minimum(number, len(words) - 1).astype(np.int8)
    values[percentiles.isna().any(axis=1).to_numpy()] = WITHOUT_VALUE
    classes = tuple(Class(word, fill) for word, fill in zip(words, SEQUENCE, strict=True))
    named = wording.listed(schema.DOMAINS[name].lower() for name in domains)
    note = f"Domains of deprivation in the most deprived tenth of the country, of {len(domains)}: {named}."
    title = "Levers: domains in the most deprived tenth"
    return (View("Levers: how many domains", title, note, classes, (), values, analyst=True),)


def _domains(wards: pd.DataFrame, cover: schema.Cover) -> tuple[View, ...]:  # noqa: ARG001 - every view is made alike
    """Deprivation as a whole and by domain."""
    names = {"deprivation": "All six domains", **schema.DOMAINS}
    return tuple(_domain(wards, name, words) for name, words in names.items() if name in wards)


def _domain(wards: pd.DataFrame, column: str, words: str) -> View:
    percentile = wards[column].astype(float).to_numpy()
    values = np.where(np.isfinite(percentile), np.minimum(np.nan_to_num(percentile) // 20, 4), WITHOUT_VALUE)
    ranges = ("0 to 19", "20 to 39", "40 to 59", "60 to 79", "80 to 100")
    names = ("Least deprived fifth", "Second", "Middle", "Fourth", "Most deprived fifth")
    classes = tuple(Class(name, fill, ranges=(text,)) for name, fill, text in zip(names, SEQUENCE, ranges, strict=True))
    note = "Percentile among all wards of the country, not only those of this study; higher = more deprived."
    title = f"Deprivation: {words.lower()}"
    return View(title, title, note, classes, ("",), values.astype(np.int8), analyst=True)


def _coverage(wards: pd.DataFrame, cover: schema.Cover) -> tuple[View, ...]:
    """For how many months of the period each ward's police force has a file."""
    if "months_covered" not in wards:
        return ()
    covered = wards["months_covered"].astype(float).to_numpy()
    classes = (
        Class("Every month", "#f7f7f2"),
        Class("Some months", "#e6eef3", "lines", "#3f6785"),
        Class("No month", "#d3d7da", "cross", "#6d757c"),
    )
    values = np.select([covered >= cover.months, covered > 0], [0, 1], 2).astype(np.int8)
    values[~np.isfinite(covered)] = WITHOUT_VALUE
    note = (
        f"Months of {cover.months} for which the police force of the ward has a file. A month without one is not read "
        "as a month without crime."
    )
    return (View("Coverage", "Coverage: months with a crime file", note, classes, (), values, analyst=True),)


def _kinds(wards: pd.DataFrame, cover: schema.Cover) -> tuple[View, ...]:  # noqa: ARG001 - every view is made alike
    """Kinds of place, the most deprived darkest."""
    if "kind_of_place" not in wards or wards["kind_of_place"].notna().sum() == 0:
        return ()
    need = wards.groupby("kind_of_place")["deprivation"].mean().sort_values(ascending=False, kind="stable")
    names = tuple(map(str, need.index))
    looks = [(fill, pattern) for pattern in ("plain", "dots", "lines", "cross") for fill in reversed(SEQUENCE)]
    classes = tuple(
        Class(f"{name[0].upper()}{name[1:]}", fill, pattern, "#3f6785")
        for name, (fill, pattern) in zip(names, looks, strict=False)
    )
    note = (
        "Wards alike in deprivation and density, found by k-means within the country; nothing of it is made of crime."
    )
    return (
        View("Kinds of place", "Kinds of place", note, classes, (), coded(wards, "kind_of_place", names), analyst=True),
    )


VIEWS: tuple[Callable[[pd.DataFrame, schema.Cover], tuple[View, ...]], ...] = (
    _hot, _moran, _emerging, _levers, _domains, _coverage, _kinds,
)  # fmt: skip
"""What makes the views, in their order: one function each, which gives none where its columns are not there."""


def _tested(wards: pd.DataFrame, column: str, names: tuple[str, ...], tested: str) -> np.ndarray:
    """Class numbers of a text column; the number after the last name where it was tested and does not stand out."""
    values = coded(wards, column, names, other=len(names))
    if tested in wards:
        values[wards[tested].isna().to_numpy() & (values == len(names))] = WITHOUT_VALUE
    return values
