"""The index under other defensible choices: how far a rank moves when the makers of the index choose otherwise.

No chance is in this range and it covers nothing in particular: it says what the named choices give. It is kept apart
from the sampling interval.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.measures.between_years import find_year_variance
from tipping_point.measures.components import Component
from tipping_point.measures.long_run import Fits
from tipping_point.measures.scaling import COMBINATIONS, SCALES, mean_faults
from tipping_point.measures.simulate import (
    COUNTED,
    Draws,
    Scaled,
    check_simulation,
    compose_scores,
    counted_types,
    draw_columns,
)
from tipping_point.measures.uncertainty import check_ranked
from tipping_point.ranks import mark_top, rank_columns, top_number
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

BASE = "as chosen"

CONCENTRATION = 50.0
"""Of the Dirichlet distribution around the chosen weights: a weight of .5 is .43 to .57 in two draws of three."""

WEIGHTINGS = 20
"""Sets of weights drawn; more sets would widen the range, so the number is fixed and said."""


@dataclass(frozen=True)
class Choice:
    """One way to make the index: its name, which choice differs from the study's ('' = none), and everything chosen."""

    name: str
    changed: str
    components: tuple[Component, ...]
    scale: str = "percentile"
    combine: str = "arithmetic"
    denominator: str = "resident"
    months: tuple[str, ...] = ()
    """Months counted, 'YYYY-MM'."""


def list_choices(
    *,
    components: Sequence[Component],
    months: Sequence[str],
    scale: str = "percentile",
    combine: str = "arithmetic",
    denominator: str = "resident",
    denominators: Sequence[str] = (),
    weightings: int = WEIGHTINGS,
    concentration: float = CONCENTRATION,
    seed: int,
) -> tuple[Choice, ...]:
    """The study's own choice, then every other one, each differing from it in one thing.

    Scaling: the other scales. Combination: the other one; never geometric means of z scores. Denominator: those given.
    Period: `list_periods`. Weights: sets drawn from a Dirichlet distribution whose mean is the chosen weights of each
    country. Denominator and period only matter, and are only listed, where a component is made from recorded crime.

    Args:
        components: of the study.
        months: of the study, in order.
        scale: of the study.
        combine: of the study.
        denominator: of the study.
        denominators: others that are known: 'resident' or columns of the ward table.
        weightings: how many sets of weights to draw.
        concentration: sum of the Dirichlet parameters; the standard deviation of a weight w is
            sqrt(w (1 - w)/(concentration + 1)).
        seed: for the weights.

    Raises:
        InputError: a concentration that is not above 0, a negative number of weightings.
    """
    faults = []
    if not concentration > 0:
        faults.append(f"choices.concentration: {concentration:g} given; it must be above 0")
    if weightings < 0:
        faults.append(f"choices.weightings: {weightings} given; it must be 0 or more")
    if faults:
        raise InputError(faults)
    base = Choice(BASE, "", tuple(components), scale, combine, denominator, tuple(months))
    found = [base]
    found += [
        replace(base, name=f"scale: {other}", changed="scale", scale=other)
        for other in SCALES
        if other != scale and not mean_faults(other, combine)
    ]
    found += [
        replace(base, name=f"combination: {other}", changed="combination", combine=other)
        for other in COMBINATIONS
        if other != combine and not mean_faults(scale, other)
    ]
    if any(part.column in COUNTED for part in components):
        found += [
            replace(base, name=f"denominator: {other}", changed="denominator", denominator=other)
            for other in dict.fromkeys(denominators)
            if other != denominator
        ]
        found += [
            replace(base, name=f"period: {name}", changed="period", months=part)
            for name, part in list_periods(months).items()
        ]
    random = np.random.default_rng(seed)
    found += [
        replace(base, name=f"weights: {number}", changed="weights",
                components=draw_weights(components, concentration=concentration, random=random))
        for number in range(1, weightings + 1)
    ]  # fmt: skip
    return tuple(found)


def list_periods(months: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Parts of the period that are whole years: the last year, the last three, the first and the second half.

    Shorter parts would show seasons. Halves are of whole years, the odd year left out between them; a part that is the
    whole period, or another part again, is left out.
    """
    whole = tuple(months)
    half = len(whole) // 24 * 12
    parts = {"last 12 months": whole[-12:], "last 36 months": whole[-36:]}
    if half:
        parts |= {"first half": whole[:half], "second half": whole[-half:]}
    found: dict[str, tuple[str, ...]] = {}
    for name, part in parts.items():
        if len(part) in (12, 36, half) and part != whole and part not in found.values():
            found[name] = part
    return found


def draw_weights(
    components: Sequence[Component], *, concentration: float, random: np.random.Generator
) -> tuple[Component, ...]:
    """The components with weights from a Dirichlet distribution around theirs, each country by itself."""
    result = list(components)
    for country in dict.fromkeys(part.country for part in components):
        places = [place for place, part in enumerate(components) if part.country == country]
        chosen = np.array([components[place].weight for place in places])
        drawn = np.maximum(random.dirichlet(concentration * chosen / chosen.sum()), 1e-12) * chosen.sum()
        for place, weight in zip(places, drawn, strict=True):
            result[place] = replace(components[place], weight=float(weight))
    return tuple(result)


def score_choices(
    wards: pd.DataFrame,
    counts: pd.DataFrame,
    choices: Sequence[Choice],
    *,
    harm_weights: Mapping[str, float],
    simulations: int = 100,
    variance: float | None = None,
    seed: int,
    fits: Fits | None = None,
) -> pd.DataFrame:
    """The median score of every ward under each choice, over simulations of the counts that all choices share.

    Args:
        wards: as for `simulate_index`, with every denominator.
        counts: ward_code, month, crime_type and crimes.
        choices: from `list_choices`, the study's own first.
        harm_weights: as for `simulate_index`.
        simulations: of the long-run rates; the median takes chance out.
        variance: as for `simulate_index`.
        seed: for the simulations.
        fits: as for `simulate_index`.

    Returns:
        Wards x names of the choices, on the index of the wards, 0-100; missing where the ward has no score.

    Raises:
        InputError: a denominator that is no column; else as `simulate_index`.
    """
    check_choices(wards, choices, simulations)
    scores = {}
    drawn = draw_choices(
        wards, counts, choices, harm_weights=harm_weights, simulations=simulations, variance=variance, seed=seed,
        fits=fits,
    )  # fmt: skip
    kept: dict[tuple[str, tuple[str, ...], str], Scaled] = {}
    for choice in choices:
        simulated = compose_scores(
            wards, drawn[choice.denominator, choice.months],
            components=choice.components, scale=choice.scale, combine=choice.combine,
            kept=kept.setdefault((choice.denominator, choice.months, choice.scale), {}),
        )  # fmt: skip
        # Known or missing throughout a row, so that nothing is to be left out of the median.
        scores[choice.name] = np.median(simulated.to_numpy(), axis=1)
    log.info("choices: %d named choices scored over %d simulations", len(choices), simulations)
    return pd.DataFrame(scores, index=wards.index)


def draw_choices(
    wards: pd.DataFrame,
    counts: pd.DataFrame,
    choices: Sequence[Choice],
    *,
    harm_weights: Mapping[str, float],
    simulations: int,
    variance: float | None,
    seed: int,
    fits: Fits | None = None,
) -> dict[tuple[str, tuple[str, ...]], Draws]:
    """The counted components for every denominator and period that occurs, by (denominator, months)."""
    components = choices[0].components
    yearly = find_year_variance(wards, counts, types=counted_types(counts, components, harm_weights), variance=variance)
    drawn: dict[tuple[str, tuple[str, ...]], Draws] = {}
    for choice in choices:
        key = (choice.denominator, choice.months)
        if key not in drawn:
            part = counts[counts["month"].isin(choice.months)]
            drawn[key] = draw_columns(
                wards, part, components=components, harm_weights=harm_weights, denominator=choice.denominator,
                simulations=simulations, yearly=yearly, seed=seed, fits=fits,
            )  # fmt: skip
    return drawn


def add_choice_range(wards: GeoDataFrame, scores: pd.DataFrame, *, top: float = 0.1) -> GeoDataFrame:
    """Add rank_choice_low, rank_choice_high and share_in_top_choices.

    Args:
        wards: indexed by ward_code, with country and rank.
        scores: wards x named choices, from `score_choices`.
        top: as for `add_firmness`.

    Returns:
        The wards. rank_choice_low and rank_choice_high: the smallest and largest rank by median score over the named
        choices, and the published rank itself. share_in_top_choices: share of the named choices under which the ward
        is in the top. A ward that a choice cannot score (no workday population, say) is judged by the others.

    Raises:
        InputError: as `add_firmness`.
    """
    check_ranked(wards, scores, top=top)
    ranks, tops = rank_choices(wards, scores, top=top)
    result = wards.copy()
    ranked = wards["rank"].notna()
    own = ranks.assign(published=wards["rank"].astype(float))
    result["rank_choice_low"] = own.min(axis=1).where(ranked).astype("Int64")
    result["rank_choice_high"] = own.max(axis=1).where(ranked).astype("Int64")
    result["share_in_top_choices"] = tops.mean(axis=1).where(ranked)
    return result


def rank_choices(wards: pd.DataFrame, scores: pd.DataFrame, *, top: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rank, and 1 or 0 for the top, of every ward under every choice; missing where the choice cannot score it."""
    aligned = scores.reindex(wards.index).where(wards["rank"].notna(), axis=0)
    known = aligned.notna()
    alike: dict[bytes, list[str]] = {}
    for name in aligned.columns:
        alike.setdefault(known[name].to_numpy().tobytes(), []).append(name)
    # Choices that score the same wards are ranked together.
    ranks = [rank_columns(aligned[names], wards["country"]) for names in alike.values()]
    tops = [mark_top(part, wards["country"], top=top) for part in ranks]
    order = list(aligned.columns)
    return pd.concat(ranks, axis=1)[order], pd.concat(tops, axis=1)[order]


def compare_rankings(
    wards: pd.DataFrame, scores: pd.DataFrame, choices: Sequence[Choice], *, top: float = 0.1
) -> pd.DataFrame:
    """One row per named choice and country: how far its ranking is from the study's own.

    Args:
        wards: with country and rank.
        scores: from `score_choices`.
        choices: the same, the study's own first.
        top: as for `add_firmness`.

    Returns:
        name, changed, country, wards (ranked under both), top (how many the top is), top_in_common (wards in the top
        under both), spearman (rank correlation with the study's own), largest_move (ranks), moved_most (its ward).

    Raises:
        InputError: as `add_firmness`.
    """
    check_ranked(wards, scores, top=top)
    ranks, tops = rank_choices(wards, scores, top=top)
    parts = {
        country: (ranks.loc[codes], tops.loc[codes].eq(1)) for country, codes in wards.groupby("country").groups.items()
    }
    rows = []
    for choice, (country, (place, first)) in itertools.product(choices, parts.items()):
        pair = pd.DataFrame({BASE: place[BASE], "other": place[choice.name]}).dropna()
        if len(pair):
            move = (pair["other"] - pair[BASE]).abs()
            rows.append(
                (choice.name, choice.changed, country, len(pair), top_number(len(pair), top),
                 int((first[BASE] & first[choice.name]).sum()),
                 pair.corr(method="spearman").iloc[0, 1] if len(pair) > 1 else np.nan, int(move.max()),
                 str(move.idxmax()) if move.max() > 0 else "")
            )  # fmt: skip
    columns = ["name", "changed", "country", "wards", "top", "top_in_common", "spearman", "largest_move", "moved_most"]
    return pd.DataFrame(rows, columns=columns)


def check_choices(wards: pd.DataFrame, choices: Sequence[Choice], simulations: int) -> None:
    """Raise InputError with every fault of a list of choices and of what they need of the wards."""
    faults = []
    if not choices or choices[0].name != BASE:
        faults.append(f"choices: the first must be the study's own, named '{BASE}'")
    names = [choice.name for choice in choices]
    faults += [f"choices: '{name}' stands twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    for choice in choices[:1]:
        try:
            check_simulation(
                wards, components=choice.components, scale=choice.scale, combine=choice.combine,
                denominators=list(dict.fromkeys(other.denominator for other in choices)), simulations=simulations,
            )  # fmt: skip
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
