"""What is said of hot spots: why a ward is or is not one, and what the methods chose by themselves."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import pandas as pd

from tipping_point.hotspots.emerging import FEWEST_PERIODS
from tipping_point.hotspots.testing import ROUNDING
from tipping_point.tables import InputError

_EXPLAINED = ("gi_star", "local_moran")
"""Methods whose result has a sentence, the first that was run before the others. Of others a ward has no reason."""


def explain_hotspot(row: pd.Series | Mapping[Hashable, Any], alpha: float = 0.05) -> str:
    """One plain sentence on why a ward is or is not hot, from its row of `find_hotspots` (by Gi* if it was run).

    Raises:
        InputError: a row without the columns of a method that has a sentence.

    >>> explain_hotspot({"assessed": False})
    'Not assessed: nothing can be said of hot spots here.'
    """
    if not bool(row["assessed"]):
        return "Not assessed: nothing can be said of hot spots here."
    name = next((name for name in _EXPLAINED if f"{name}_p" in row), None)
    if name is None:
        raise InputError(f"explain_hotspot: the row has the columns of none of {', '.join(_EXPLAINED)}")
    p, adjusted = row[f"{name}_p"], row[f"{name}_p_adjusted"]
    if pd.isna(p):
        return "Not tested: the ward has no value to test, or no neighbour that has one."
    if adjusted > alpha * ROUNDING:
        return _why_not(p, adjusted, alpha)
    kind, own = row[f"{name}_class"], "rate"
    if name == "local_moran":
        read = {"HH": "hot" if row["hot_votes"] else "high", "LH": "beside", "LL": "cold", "HL": "apart"}
        kind, own = read[kind], "value"
    rarely = f"than in all but {_odds(p / 2)} random arrangements (adjusted p {_probability(adjusted)})"
    higher, lower = f"its neighbours' rates are higher {rarely}", f"its neighbours' rates are lower {rarely}"
    said = {
        "hot": f"Hot: {higher} and its own rate is above the mean.",
        "beside": f"Beside a hot spot: {higher}, but its own {own} is not above the mean.",
        "high": f"Beside a hot spot: {higher}, but its own smoothed rate is not above the mean.",
        "cold": f"Cold: {lower} and its own {own} is not above the mean.",
        "apart": f"Not hot: {lower}, though its own {own} is above the mean.",
        "": f"Not hot: {lower}, though its own {own} is above the mean.",
    }
    return said[kind]


def add_hotspot_reasons(wards: Any, *, alpha: float) -> Any:  # noqa: ANN401 - the table that came in
    """The wards with hotspot_reason, `explain_hotspot` of every one; blank where no method tests neighbours."""
    result = wards.copy()
    tested = [name for name in _EXPLAINED if f"{name}_p" in wards]
    result["hotspot_reason"] = ""
    if tested:
        parts = [f"{name}_{part}" for name in tested for part in ("p", "p_adjusted", "class")]
        rows = pd.DataFrame(wards[["assessed", "hot_votes", *parts]]).to_dict("records")
        said = [explain_hotspot(row, alpha) for row in rows]
        result["hotspot_reason"] = pd.Series(said, index=wards.index, dtype="str")
    return result


def _why_not(p: float, adjusted: float, alpha: float) -> str:
    needed = f"adjusted p {_probability(adjusted)}; {_probability(alpha)} or less is needed"
    if p <= alpha:
        return (
            f"Not shown to be hot: by itself p {_probability(p)} would be unusual, but among so many wards some"
            f" neighbours' rates are this far out by chance ({needed})."
        )
    return f"Not shown to be hot: neighbours' rates like these come about by chance (p {_probability(p)}; {needed})."


def describe_association(table: pd.DataFrame) -> tuple[str, ...]:
    """How crime lies over the study as a whole, a sentence for each row of spatial_association.csv."""
    several = table["country"].nunique() > 1
    return tuple(_ASSOCIATION[row["statistic"]](row, f"{row['country']}: " if several else "")
                 for row in table.to_dict("records"))  # fmt: skip


def _say_moran(row: Mapping[Hashable, Any], place: str) -> str:
    arranged = (
        f"wards alike in crime lie together more than in all but {_odds(row['p'])} random arrangements"
        if row["p"] <= _LEVEL
        else "wards alike in crime lie together no more than chance would have them"
    )
    return f"{place}Over the study as a whole {arranged} (global Moran's I {row['value']:.2f}, {row['wards']:,} wards)."


def _say_beside_deprivation(row: Mapping[Hashable, Any], place: str) -> str:
    arranged = (
        f"crime is high where the wards around are deprived, more than in all but {_odds(row['p'])} random arrangements"
        if row["p"] <= _LEVEL
        else "crime is no higher where the wards around are deprived than chance would have it"
    )
    return f"{place}{arranged[0].upper()}{arranged[1:]} (bivariate Moran's I {row['value']:.2f})."


_LEVEL = 0.05
_ASSOCIATION: Mapping[str, Callable[[Mapping[Hashable, Any], str], str]] = {
    "moran": _say_moran, "bivariate moran": _say_beside_deprivation,
}  # fmt: skip


def _say_more_drawn(methods: tuple[str, ...], permutations: int, least: int, tests: int, drawn: int) -> str:
    return (
        f"{' and '.join(methods)}: {permutations:,} permutations could not show fewer than {least:,} wards of "
        f"{tests:,}; {drawn:,} were drawn."
    )


def _say_cannot_tell(methods: tuple[str, ...], permutations: int, least: int, tests: int, drawn: int) -> str:  # noqa: ARG001 - the values of both notes are alike
    return (
        f"{' and '.join(methods)}: {permutations:,} permutations cannot show fewer than {least:,} wards of "
        f"{tests:,}, and fewer are as extreme as can be shown: whether there are hot spots cannot be told."
    )


SENTENCES: Mapping[str, Callable[..., str]] = {
    "hotspots.more_drawn": _say_more_drawn,
    "hotspots.cannot_tell": _say_cannot_tell,
    "hotspots.without_value": lambda wards, column: (
        f"{wards:,} assessed ward(s) without {column} or smoothed rate were not tested for hot spots."
    ),
    "hotspots.without_neighbour": lambda wards: (
        f"{wards:,} assessed ward(s) without an assessed neighbour were not tested for hot spots."
    ),
    "hotspots.nearly_one_vote": lambda: (
        "Gi* and local Moran ask nearly the same question: both compare a ward's neighbours with the same random"
        " arrangements, so two votes are little more than one."
    ),
    "hotspots.scan": lambda share: (
        f"The scan looks for circles of up to {share:.0%} of the residents with more crime inside than out; its p is "
        "of the largest of all circles, so it is adjusted already. It takes crimes to be independent of each other, "
        "which they are not: many of its clusters are real differences too small to matter."
    ),
    "hotspots.few_for_periods": lambda permutations, least, tests, alpha, periods, of: (
        f"{permutations:,} permutations cannot show fewer than {least:,} of {tests:,} tests at {alpha:.0%} in "
        f"{f'{periods:,} of {of:,} periods' if of else 'all periods together'}, and fewer are as extreme as can be "
        f"shown: draw more before saying that there are none."
    ),
    "hotspots.short_history": lambda wards: (
        f"{wards:,} ward(s) have fewer than {FEWEST_PERIODS} assessed periods: their history has no class."
    ),
}
"""Sentences of the notes of this stage."""


def _odds(share: float) -> str:
    """A small share as '3 in 10,000': the smallest thousand or power of ten beyond that shows at least one."""
    of = 1_000
    while round(share * of) < 1:
        of *= 10
    return f"{round(share * of):,} in {of:,}"


def _probability(p: float) -> str:
    """'.012', 'below .001'."""
    return "below .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")
