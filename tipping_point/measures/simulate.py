"""The index again under long-run rates that the counts allow: the same composition, many simulations at once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.facts.crime_types import NOT_CRIME
from tipping_point.measures.between_years import YearVariance, find_year_variance
from tipping_point.measures.components import Component
from tipping_point.measures.long_run import Fits, fit_once
from tipping_point.measures.rates import PER
from tipping_point.measures.scaling import combine_columns, mean_faults, scale_columns
from tipping_point.tables import InputError, check_table

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]
Scaled = dict[tuple[str, str, str], Floats]
"""Country, column and what is worse of it -> the column scaled."""

COUNTED = (
    "crimes_all", "crimes", "crime_rate", "smoothed_rate", "standardised_rate", "harm", "harm_rate", "long_run_harm",
)  # fmt: skip
"""Columns made from recorded crime: they vary between simulations. Every other component is held as it is."""


@dataclass(frozen=True)
class Draws:
    """What the counted columns may be in the long run: by country the wards, and column -> wards x simulations."""

    simulations: int
    wards: Mapping[str, pd.Index]
    columns: Mapping[str, Mapping[str, Floats]]


def simulate_index(
    wards: pd.DataFrame,
    counts: pd.DataFrame,
    *,
    components: Sequence[Component],
    harm_weights: Mapping[str, float],
    scale: str = "percentile",
    combine: str = "arithmetic",
    denominator: str = "resident",
    simulations: int = 1_000,
    variance: float | None = None,
    seed: int,
    fits: Fits | None = None,
) -> pd.DataFrame:
    """The index score of every ward in each simulation of the long-run rates, all choices held.

    A simulation draws the long-run rate of every ward and crime type given what was counted (`fit_long_run`), makes
    the counted components from it (`COUNTED`; smoothed_rate is the rate itself, which is what smoothing estimates) and
    composes the index as `add_index` does, among the wards of the country. Components from elsewhere have no error
    here: a survey's or an index's own uncertainty is not in the result.

    Args:
        wards: indexed by ward_code, with assessed, country, the components' columns and the denominator.
        counts: ward_code, month, crime_type and crimes, missing where not covered.
        components: as for `add_index`.
        harm_weights: weight of each type of the study's measure; its keys are the measure.
        scale: as for `add_index`.
        combine: as for `add_index`.
        denominator: 'resident' or a column of people.
        simulations: how many.
        variance: between-year variance to use; None estimates it from five full years, else takes the stated one.
        seed: the same seed, the same table.
        fits: models fitted before in this run, to which those of this call are added; the result does not depend on it.

    Returns:
        Wards x simulations, indexed like the wards, 0-100; a ward that has no score has none here. `attrs["choices"]`
        says in words where the variance is from and what was held.

    Raises:
        InputError: columns that are absent, an unknown scale, combination or denominator, no component, fewer than one
            simulation, a variance that is none.
    """
    check_simulation(
        wards, components=components, scale=scale, combine=combine, denominators=[denominator], simulations=simulations
    )
    yearly = find_year_variance(wards, counts, types=counted_types(counts, components, harm_weights), variance=variance)
    draws = draw_columns(
        wards, counts, components=components, harm_weights=harm_weights, denominator=denominator,
        simulations=simulations, yearly=yearly, seed=seed, fits=fits,
    )  # fmt: skip
    scores = compose_scores(wards, draws, components=components, scale=scale, combine=combine)
    held = [part.column for part in components if part.column not in COUNTED]
    note = f"Held as published when ranks are simulated: {', '.join(dict.fromkeys(held))}." if held else ""
    scores.attrs["choices"] = tuple(sentence for sentence in (yearly.note, note) if sentence)
    log.info("simulated index: %d wards x %d simulations", int(scores.notna().all(axis=1).sum()), scores.shape[1])
    return scores


def check_simulation(
    wards: pd.DataFrame, *, components: Sequence[Component], scale: str, combine: str, denominators: Sequence[str],
    simulations: int,
) -> None:  # fmt: skip
    """Raise InputError with every fault of the options and the ward table."""
    faults: list[str] = []
    try:
        needed = [part.column for part in components if part.column not in COUNTED]
        check_table(wards, "wards", list(dict.fromkeys(["assessed", "country", "population", *needed])))
    except InputError as error:
        faults += error.faults
    faults += mean_faults(scale, combine)
    faults += [
        f"denominator: '{name}' is neither 'resident' nor a column of the ward table"
        for name in denominators
        if name != "resident" and name not in wards.columns
    ]
    if not components:
        faults.append("index.component: at least one is needed")
    if simulations < 1:
        faults.append(f"simulations: {simulations} given; at least 1 is needed")
    if faults:
        raise InputError(faults)


def counted_types(
    counts: pd.DataFrame, components: Sequence[Component], harm_weights: Mapping[str, float]
) -> tuple[str, ...]:
    """The crime types that the counted components rest on: those of the measure, or all notifiable ones."""
    if not any(part.column == "crimes_all" for part in components):
        return tuple(harm_weights)
    everything = [kind for kind in sorted(counts["crime_type"].unique()) if kind not in NOT_CRIME]
    return tuple(dict.fromkeys([*harm_weights, *everything]))


def draw_columns(
    wards: pd.DataFrame,
    counts: pd.DataFrame,
    *,
    components: Sequence[Component],
    harm_weights: Mapping[str, float],
    denominator: str,
    simulations: int,
    yearly: YearVariance,
    seed: int,
    fits: Fits | None = None,
) -> Draws:
    """Long-run values of the counted components, for the wards that have every component of their country.

    The months of `counts` are the period: to look at a part of it, give the rows of that part. `fits` are as for
    `simulate_index`.
    """
    fits = {} if fits is None else fits
    types = list(yearly.covariance.index)
    totals, months = _count(counts, wards.index, types)
    people = wards["population" if denominator == "resident" else denominator].astype(float)
    usable = wards["assessed"].astype(bool) & (people > 0) & (months > 0)
    exposure = people * months / 12 / PER
    random = np.random.default_rng(seed)
    rows: dict[str, pd.Index] = {}
    columns: dict[str, dict[str, Floats]] = {}
    for country in sorted(wards.loc[usable, "country"].dropna().unique()):
        own = components_of(country, components)
        held = [part.column for part in own if part.column not in COUNTED]
        here = wards.index[usable & (wards["country"] == country) & wards[held].notna().all(axis=1)]
        if len(own) and len(here):
            rates = _draw_rates(totals.loc[here], exposure[here], months[here], yearly, simulations, random, fits)
            wanted = dict.fromkeys(part.column for part in own if part.column in COUNTED)
            observed = totals.loc[here, list(harm_weights)].sum(axis=1).to_numpy(), exposure[here].to_numpy()
            rows[country] = here
            columns[country] = {
                name: _make_column(name, rates, people[here].to_numpy(), types, harm_weights, observed)
                for name in wanted
            }
    return Draws(simulations, rows, columns)


def components_of(country: str, components: Sequence[Component]) -> list[Component]:
    """The components that the index of a country has."""
    return [part for part in components if part.country in ("", country)]


def _count(counts: pd.DataFrame, wards: pd.Index, types: list[str]) -> tuple[pd.DataFrame, pd.Series]:
    """Crimes by ward and type over the covered months, and how many months those are."""
    chosen = counts[counts["crime_type"].isin(types)].dropna(subset=["crimes"])
    totals = chosen["crimes"].astype(float).groupby([chosen["ward_code"], chosen["crime_type"]]).sum().unstack()
    months = chosen.groupby("ward_code")["month"].nunique().reindex(wards).fillna(0).astype(float)
    return totals.reindex(index=wards, columns=types).fillna(0.0), months


def _draw_rates(
    totals: pd.DataFrame, exposure: pd.Series, months: pd.Series, yearly: YearVariance, simulations: int,
    random: np.random.Generator, fits: Fits,
) -> npt.NDArray[np.float32]:  # fmt: skip
    """Long-run crimes per 1,000 people a year, wards x types x simulations; 0 for a type that was never recorded."""
    counted = totals.to_numpy()
    seen = counted.sum(axis=0) > 0
    rates = np.zeros((*counted.shape, simulations), dtype=np.float32)
    if not seen.any():
        return rates
    between = yearly.over(float(months.median()))[np.ix_(seen, seen)]
    model = fit_once(counted[:, seen], exposure.to_numpy(), between, fits)
    start = 0
    for tile in model.draw(simulations, random=random):
        rates[:, seen, start : start + tile.shape[2]] = tile
        start += tile.shape[2]
    return rates


def _make_column(
    name: str, rates: npt.NDArray[np.float32], people: Floats, types: list[str], harm_weights: Mapping[str, float],
    observed: tuple[Floats, Floats],
) -> Floats:  # fmt: skip
    """A counted component from the drawn rates, wards x simulations."""
    severity = np.array([harm_weights.get(kind, 0.0) for kind in types])
    measure = np.array([float(kind in harm_weights) for kind in types])
    factor = severity if "harm" in name else np.ones(len(types)) if name == "crimes_all" else measure
    value = np.einsum("ict,c->it", rates, factor)
    if name in ("harm", "long_run_harm", "crimes", "crimes_all"):
        return np.asarray(value * people[:, None] / PER)
    if name == "standardised_rate":
        # The published column divides by what it expects of a rate with this exposure; so does every simulation.
        crimes, exposure = observed
        mean = crimes.sum() / exposure.sum()
        spread = max(0.0, (exposure * (crimes / exposure - mean) ** 2).sum() / exposure.sum() - mean / exposure.mean())
        return np.asarray((value - mean) / np.sqrt(spread + mean / exposure)[:, None])
    return np.asarray(value)


def compose_scores(
    wards: pd.DataFrame, draws: Draws, *, components: Sequence[Component], scale: str, combine: str,
    kept: Scaled | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Draws and held components to index scores, wards x simulations, on the index of the wards.

    `kept` are columns scaled before in the same way, from the same wards and draws, to which those of this call are
    added: where only weights differ, nothing is scaled twice.
    """
    kept = {} if kept is None else kept
    scores = np.full((len(wards), draws.simulations), np.nan)
    for country, rows in draws.wards.items():
        drawn = draws.columns[country]
        own = components_of(country, components)
        for part in own:
            if (country, part.column, part.worse) not in kept:
                held = part.column not in drawn
                values = wards.loc[rows, [part.column]].to_numpy(dtype=float) if held else drawn[part.column]
                kept[country, part.column, part.worse] = scale_columns(values, worse=part.worse, scale=scale)
        scaled = [kept[country, part.column, part.worse] for part in own]
        weights = [part.weight for part in own]
        scores[wards.index.get_indexer(rows)] = combine_columns(scaled, weights, scale=scale, combine=combine)
    return pd.DataFrame(scores, index=wards.index, columns=pd.RangeIndex(draws.simulations, name="simulation"))
