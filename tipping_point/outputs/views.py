"""The three views that everyone sees: need, how lasting, how sure; and which of them this study cannot show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import analyst_views, wording
from tipping_point.outputs.classes import (
    NOT_ASSESSED,
    SEQUENCE,
    WITHOUT_VALUE,
    Class,
    View,
    assessed,
    coded,
    countries,
    equal_parts,
)

LASTING: Mapping[str, tuple[str, str]] = {
    "chronic": ("Long-standing", "highest tenth in most of the period, and now"),
    "tipping": ("At a tipping point", "near the highest, and rising, often there or beside one"),
    "easing": ("Easing", "was long-standing, not now"),
    "intermittent": ("Now and then", "at times in the highest tenth"),
    "not": ("Never", "at no time in the highest tenth"),
}
"""States of a ward: the word and what it means."""

SURE = (
    ("In at least 95 of 100 tests", 0.945),
    ("In 50 to 94", 0.495),
    ("In 5 to 49", 0.045),
    ("In 1 to 4", 0.005),
    ("In none", -1.0),
)
"""Classes of share_in_top and the smallest share of each, so that a share shown as '95' is in the class of 95."""


def views(wards: pd.DataFrame, cover: schema.Cover) -> list[View]:
    """The views whose columns the run made: the three for everyone first, then those for analysts."""
    found = []
    if "index_score" in wards:
        found.append(_need(wards))
    if tells_lasting(wards):
        found.append(_lasting(wards))
    if _tested(wards):
        found.append(_sure(wards))
    return found + analyst_views.views(wards, cover)


def missing_views(wards: pd.DataFrame, cover: schema.Cover) -> list[str]:
    """Why a view that everyone looks for is not there, in sentences."""
    found = []
    if not tells_lasting(wards):
        months = wording.plural(cover.months, "month")
        found.append(f"How lasting is not shown: {months} cannot show whether crime lasts.")
    if not _tested(wards):
        found.append("How sure is not shown: this run did not test its ranks.")
    return found


def tells_lasting(wards: pd.DataFrame) -> bool:
    """Whether the study could say of any ward if its crime lasts."""
    return "chronic_state" in wards and bool(wards["chronic_state"].isin(list(LASTING)).any())


def _tested(wards: pd.DataFrame) -> bool:
    return "share_in_top" in wards and bool(wards["share_in_top"].notna().any())


def is_index_hidden(wards: pd.DataFrame) -> bool:
    """Whether the index of some ward is hidden: for want of a component a ward has no place by it either."""
    return {"rank", "index_score"} <= {*wards} and bool((wards["rank"].notna() & wards["index_score"].isna()).any())


def _need(wards: pd.DataFrame) -> View:
    """The index in at most five classes of equal size within each country; the place by it where it is not shown."""
    score = np.asarray(wards["index_score"].astype(float).where(assessed(wards)), dtype=np.float64)
    note = "Index 0-100, higher = greater need."
    if is_index_hidden(wards):
        rank = wards["rank"].astype(float).where(assessed(wards))
        ranked = rank.groupby(countries(wards)).transform("max")
        score = np.asarray(100 * (ranked - rank + 0.5) / ranked, dtype=np.float64)
        note = (
            "Wards of the country in a hundred that have a lower index. The index itself is not shown, since small "
            "numbers could be worked out from it."
        )
    scale = equal_parts(score, countries(wards))
    values = scale.code(score, countries(wards))
    values[~assessed(wards)] = NOT_ASSESSED
    held = f"Each colour holds about {scale.part} of the assessed wards of its country."
    return View("Need", "Need: the index", f"{note} {held}", scale.classes, scale.countries, values)


def _lasting(wards: pd.DataFrame) -> View:
    """The state of each ward over its rolling twelve months."""
    looks = (
        ("#d9a07f", "cross", "#8f4a20"),
        ("#f6dfc8", "dots", "#8a4a1e"),
        ("#c3d7e4", "lines", "#3f6785"),
        ("#e6eef3", "dots", "#4f7896"),
        ("#f7f7f2", "plain", "#ffffff"),
    )
    classes = tuple(
        Class(word, *look, meaning=meaning) for (word, meaning), look in zip(LASTING.values(), looks, strict=True)
    )
    note = "Rolling twelve months, each compared with the other wards of the country: the highest tenth by rate."
    return View(
        "How lasting",
        "How lasting: states of the wards",
        note,
        classes,
        (),
        coded(wards, "chronic_state", tuple(LASTING)),
    )


def _sure(wards: pd.DataFrame) -> View:
    """In how many tests each ward is among the highest of its country."""
    looks = (
        (SEQUENCE[4], "cross", "#2f5f68"),
        (SEQUENCE[3], "plain", "#ffffff"),
        (SEQUENCE[2], "plain", "#ffffff"),
        (SEQUENCE[1], "dots", "#6d8f8c"),
        (SEQUENCE[0], "plain", "#ffffff"),
    )
    classes = tuple(Class(words, *look) for (words, _), look in zip(SURE, looks, strict=True))
    share = wards["share_in_top"].astype(float).to_numpy()
    values = np.full(len(wards), WITHOUT_VALUE, dtype=np.int8)
    for place, (_, least) in reversed(list(enumerate(SURE))):
        values[share >= least] = place
    values[~assessed(wards)] = NOT_ASSESSED
    note = (
        f"In how many of 100 tests a ward is among the highest {top_words(wards)} by index: each test draws its crimes "
        "anew, as chance might have had them, with every choice of the study held."
    )
    return View("How sure", "How sure: among the highest, test after test", note, classes, (), values)


def top_words(wards: pd.DataFrame) -> str:
    """How many wards the highest are, by country: '67 of 679', or '602 of 6,016 in England and 85 of 844 in Wales'."""
    ranked = wards[wards["share_in_top"].notna()]
    groups = ranked.groupby(countries(ranked), sort=True)["share_in_top"]
    said = [(str(name), f"{wording.count(share.sum())} of {wording.count(len(share))}") for name, share in groups]
    return wording.listed(words if len(said) == 1 else f"{words} in {name}" for name, words in said)
