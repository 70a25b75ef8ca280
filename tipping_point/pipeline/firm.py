"""How firm the ranks of the wards are: chance on one side, other defensible choices on the other, never mixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from tipping_point.measures.choices import add_choice_range, compare_rankings, list_choices, score_choices
from tipping_point.measures.index import Component
from tipping_point.measures.long_run import Fits
from tipping_point.measures.sensitivity import describe_ranking, explain_ranking
from tipping_point.measures.simulate import simulate_index
from tipping_point.measures.uncertainty import add_firmness
from tipping_point.study import Study

NO_CHANCE_OF_PRESET = (
    "How far chance could move a rank by the Vulnerable Localities Index is not worked out: two of its six parts are "
    "recorded crime. Its ranks have no range of chance."
)


@dataclass(frozen=True)
class Firm:
    """The wards with their ranges, and the scores that the ranges were made from."""

    wards: gpd.GeoDataFrame
    simulated: pd.DataFrame
    """Index scores, wards x simulations."""
    scored: pd.DataFrame
    """Median index scores, wards x named choices."""
    compared: pd.DataFrame
    """One row per named choice and country."""
    explained: pd.DataFrame
    """How much of the movement of ranks each choice explains."""
    sentences: tuple[str, ...]
    fits: Fits
    """The models of long-run rates that the simulations drew from."""


def judge_ranks(
    study: Study,
    wards: gpd.GeoDataFrame,
    counts: pd.DataFrame,
    *,
    components: Sequence[Component],
    weights: Mapping[str, float],
) -> Firm:
    """The sampling interval and the choice range of every ward's rank."""
    fits: Fits = {}
    simulated = simulate_index(
        wards, counts, components=components, scale=study.index.scale, combine=study.index.combine,
        denominator=study.rates.denominator, simulations=study.firmness.simulations, harm_weights=weights,
        variance=study.firmness.variance, seed=study.seed, fits=fits,
    )  # fmt: skip
    choices = list_choices(
        components=components,
        months=sorted(counts["month"].unique()),
        scale=study.index.scale,
        combine=study.index.combine,
        denominator=study.rates.denominator,
        denominators=["resident", *([study.rates.daytime] if study.rates.daytime else [])],
        seed=study.seed,
    )
    scored = score_choices(
        wards, counts, choices, simulations=min(study.firmness.simulations, 100), harm_weights=weights,
        variance=study.firmness.variance, seed=study.seed, fits=fits,
    )  # fmt: skip
    explained = explain_ranking(
        wards, counts, choices, harm_weights=weights, variance=study.firmness.variance, seed=study.seed, fits=fits
    )
    judged = add_choice_range(add_firmness(wards, simulated, top=study.firmness.top), scored, top=study.firmness.top)
    sentences = simulated.attrs["choices"]
    if study.index.preset:
        # Its score is held when crime is drawn anew, though two of its parts are crime: that would look too firm.
        judged[["rank_low", "rank_high", "share_in_top", "rank_group"]] = pd.NA
        sentences = (NO_CHANCE_OF_PRESET,)
    return Firm(
        wards=judged,
        simulated=simulated,
        scored=scored,
        compared=compare_rankings(judged, scored, choices, top=study.firmness.top),
        explained=explained,
        sentences=(*sentences, *describe_ranking(explained)),
        fits=fits,
    )
