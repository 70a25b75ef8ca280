"""From wards to areas: by the study's method, what comes next, and what other settings would have chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from libpysal.graph import Graph

from tipping_point.areas.given import score_given
from tipping_point.areas.group import build_areas, group_touching, rank_areas
from tipping_point.areas.profile import area_members, victim_reported
from tipping_point.areas.select import Rule, Selection, find_selection, members
from tipping_point.areas.stability import add_area_firmness, choose_again, near_misses, next_groups, share_again
from tipping_point.measures.choices import BASE
from tipping_point.measures.index import Component, add_index
from tipping_point.measures.rates import add_crimes, add_rates, poisson_interval
from tipping_point.measures.scaling import COMBINATIONS, SCALES
from tipping_point.measures.value import add_value, simulate_value
from tipping_point.measures.windows import count_by_month
from tipping_point.pipeline.firm import Firm
from tipping_point.pipeline.hot import find_study_hotspots
from tipping_point.pipeline.vocabulary import vocabulary_of
from tipping_point.study import Study
from tipping_point.text.areas import say_proof

NEXT = 10
"""Areas shown as nearly chosen, in each country."""

WITHOUT_POLICE = "offences that police generate did not count"

IF: Mapping[str, str] = {
    **{f"scale: {name}": scale.alternative for name, scale in SCALES.items()},
    **{f"combination: {name}": mean.alternative for name, mean in COMBINATIONS.items()},
    "period: last 12 months": "only the last 12 months counted",
    "period: last 36 months": "only the last 36 months counted",
    "period: first half": "only the first half of the period counted",
    "period: second half": "only the second half of the period counted",
}
"""Named choice of the index -> the end of a sentence that begins with 'if'."""


@dataclass(frozen=True)
class Chosen:
    """The areas of a study, chosen and nearly chosen, and how else the choice could have gone."""

    areas: gpd.GeoDataFrame
    """Ranked, with the ranges of their ranks."""
    others: Mapping[str, frozenset[str]]
    """Other settings -> codes of the wards that they choose."""
    near_misses: pd.DataFrame | None
    """For a choice by value: what every ward without an area has to offer."""
    sentences: tuple[str, ...]
    selection: Selection | None = None
    """For a choice by value: what it was made from."""

    @property
    def wards(self) -> frozenset[str]:
        """Codes of the wards in a chosen area."""
        return wards_of(self.areas[self.areas["shortlisted"]])


def _what_if(choice: str) -> str:
    """A named choice as the end of a sentence that begins with 'if'."""
    return IF.get(choice) or f"crime were counted per person of {choice.removeprefix('denominator: ')}"


def wards_of(areas: pd.DataFrame) -> frozenset[str]:
    """Codes of all wards of the areas."""
    return frozenset(code for codes in areas["ward_codes"] for code in codes.split(";"))


def choose_areas(
    study: Study, wards: gpd.GeoDataFrame, graph: Graph, counts: pd.DataFrame, firm: Firm,
    *, weights: Mapping[str, float], components: Sequence[Component],
) -> Chosen:  # fmt: skip
    """The areas by the method that the study names: touching hot wards, the best groups by value, or the user's own."""
    if study.areas.method == "select":
        return _select(study, wards, graph, counts, firm, weights=weights)
    table, sentences = (
        _touching(study, wards, graph) if study.areas.method == "touching" else _given(study, wards, graph)
    )
    areas = rank_areas(table, number=study.areas.areas, per_authority=study.areas.per_authority)
    judged = add_area_firmness(areas, wards, firm.simulated, firm.scored, number=study.areas.areas)
    # Where no more areas were found than asked for, all are on the list in any simulation: that says nothing.
    contested = judged["rank"].notna().groupby(judged["country"]).transform("sum") > study.areas.areas
    for name in ("share_in_top", "share_in_top_choices"):
        judged[name] = judged[name].where(contested)
    if study.index.preset:
        judged[["rank_low", "rank_high", "share_in_top", "rank_group"]] = pd.NA
    if study.areas.method == "given":
        return Chosen(judged, {}, None, sentences)
    named = [name for name in firm.scored.columns if name != BASE and not name.startswith("weights: ")]
    others = {_what_if(name): _first_by(areas, wards, firm.scored[name], study) for name in named}
    others |= _without_police(study, wards, graph, counts, weights, components)
    return Chosen(judged, others, None, sentences)


def _touching(study: Study, wards: gpd.GeoDataFrame, graph: Graph) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    found = group_touching(
        wards,
        graph,
        limits=study.areas.limits,
        votes=study.areas.votes,
        include=study.areas.include,
        exclude=study.areas.exclude,
    )
    return _build(study, wards, found), ()


def _given(study: Study, wards: gpd.GeoDataFrame, graph: Graph) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """The user's own list: every area stands in it, and what does not keep to the limits is said."""
    scored = score_given(wards, graph, study.areas.named, limits=study.areas.limits, value="value")
    areas = _build(study, wards, members(scored, graph))
    own = scored.set_index("area_id")
    areas["area_name"] = own["area_name"].reindex(areas.index)
    areas["within_limits"] = own["within_limits"].reindex(areas.index)
    areas["shortlisted"] = True
    said = tuple(f"{name}: {note}" for name, note in scored[["area_name", "note"]].itertuples(index=False) if note)
    return areas, ("The areas are the study's own list; no method chose them.", *said)


def _select(
    study: Study, wards: gpd.GeoDataFrame, graph: Graph, counts: pd.DataFrame, firm: Firm,
    *, weights: Mapping[str, float],
) -> Chosen:  # fmt: skip
    """The best groups by value, the next best that share no ward with them, and the choice again in other ways."""
    rule = Rule(
        study.areas.areas, study.areas.limits, study.areas.per_authority, study.areas.include, study.areas.exclude
    )
    selection = find_selection(wards, graph, rule=rule, value="value", seed=study.seed)
    chosen = selection.chosen
    near = near_misses(selection, wards)
    following = next_groups(selection, wards, near, number=NEXT)
    both = pd.concat([chosen, following], ignore_index=True)
    areas = _build(study, wards, members(both, graph))
    areas["shortlisted"] = areas.index.isin(chosen["area_id"])
    areas = rank_areas(areas, number=study.areas.areas, by="value")
    drawn = simulate_value(
        wards, counts, weights=weights, years=study.areas.years, visitors=study.areas.visitors,
        simulations=study.firmness.selections, variance=study.firmness.variance, seed=study.seed, fits=firm.fits,
    )  # fmt: skip
    other = _other_values(study, wards, counts, weights)
    areas = add_area_firmness(
        areas, wards, drawn, other.assign(**{"as chosen": wards["value"]}), number=study.areas.areas, combine="sum"
    )
    again = choose_again(selection, drawn, seed=study.seed)
    areas["share_in_top"] = share_again(areas, wards, again)
    others = choose_again(selection, other, seed=study.seed)
    sentences = [sentence for proof in selection.proofs.values() for sentence in say_proof(proof)]
    return Chosen(
        areas,
        {str(name): frozenset(others.index[others[name]]) for name in others},
        near,
        tuple(sentences),
        selection,
    )


def _other_values(
    study: Study, wards: gpd.GeoDataFrame, counts: pd.DataFrame, weights: Mapping[str, float]
) -> pd.DataFrame:
    """The value of every ward under other defensible settings, one column each."""

    def value(
        *, visitors: bool = study.areas.visitors, years: int = study.areas.years, types: Mapping[str, float] = weights
    ) -> pd.Series:
        return add_value(wards, counts, weights=types, years=years, visitors=visitors, kind=study.areas.kind)["value"]

    resident = wards["value"].notna()
    plain = (
        wards["excess_harm"] if study.areas.visitors else wards["excess_harm"].mask(wards["visitor_ward"].eq(True), 0.0)
    )
    other = {
        "deprivation did not count": plain,
        "all harm counted, not only what is above the usual": wards["value_plain"],
        ("busy centres counted nothing" if study.areas.visitors else "busy centres counted as other wards do"): value(
            visitors=not study.areas.visitors
        ),
    }
    months = counts["month"].nunique()
    if study.areas.years > 1 and months >= 24:
        other["only the last 12 months counted"] = value(years=1)
    victims = victim_reported(vocabulary_of(study), weights)
    if victims and len(victims) < len(weights):
        other[WITHOUT_POLICE] = value(types={kind: weights[kind] for kind in victims})
    return pd.DataFrame(other).where(resident, axis=0)


def _without_police(
    study: Study, wards: gpd.GeoDataFrame, graph: Graph, counts: pd.DataFrame, weights: Mapping[str, float],
    components: Sequence[Component],
) -> dict[str, frozenset[str]]:  # fmt: skip
    """The touching hot wards that the whole study finds without the offences that police generate."""
    victims = victim_reported(vocabulary_of(study), weights)
    if study.areas.method != "touching" or not victims or len(victims) == len(weights):
        return {}
    kept = {kind: weights[kind] for kind in victims}
    again = add_rates(add_crimes(wards, counts, weights=kept), denominator=study.rates.denominator)
    again = add_index(again, components=components, scale=study.index.scale, combine=study.index.combine)
    monthly = count_by_month(counts, weights=dict.fromkeys(kept, 1.0))
    again = find_study_hotspots(study, again, graph, monthly).wards
    table, _ = _touching(study, again, graph)
    ranked = rank_areas(table, number=study.areas.areas, per_authority=study.areas.per_authority)
    return {WITHOUT_POLICE: wards_of(ranked[ranked["shortlisted"]])}


def _first_by(areas: gpd.GeoDataFrame, wards: gpd.GeoDataFrame, scores: pd.Series, study: Study) -> frozenset[str]:
    """Codes of the wards that the same areas would shortlist by other scores of the wards."""
    other = areas.drop(columns=["rank", "shortlisted"])
    member = area_members(other)
    people = wards["population"].reindex(member["ward_code"]).to_numpy()
    score = scores.reindex(member["ward_code"]).to_numpy()
    total = pd.DataFrame({"score": score * people, "people": people}).groupby(member["area_id"].to_numpy()).sum()
    other["index_score"] = (total["score"] / total["people"]).reindex(other.index)
    ranked = rank_areas(other, number=study.areas.areas, per_authority=study.areas.per_authority)
    return wards_of(ranked[ranked["shortlisted"]])


def _build(study: Study, wards: gpd.GeoDataFrame, found: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per area with its rates and its value."""
    areas = build_areas(wards, found, limits=study.areas.limits)
    areas["crime_rate"] = areas["crimes"] / areas["exposure"]
    areas["crime_rate_low"], areas["crime_rate_high"] = poisson_interval(areas["crimes"], areas.pop("exposure"))
    member = area_members(areas)
    value = wards["value"].reindex(member["ward_code"]).to_numpy()
    areas["value"] = pd.Series(value).groupby(member["area_id"].to_numpy()).sum().reindex(areas.index)
    return areas
