"""Does the interval of ranks hold the true rank as often as it says? London's wards, with true rates that are known.

    python benchmarks/firmness.py FOLDER [--repeats N] [--simulations N] [--seed S]

FOLDER is the real open data (what TIPPING_POINT_REAL_DATA names). True long-run rates are drawn from the model fitted
to London (July 2023 to June 2025; between-year variance from April 2010 on), with each ward's residents and deprivation
as they are; negative-binomial counts are drawn around them with the fitted between-year variance, without, and with
twice as much. The analysis knows the counts and the fitted variance, and fits its own prior each time. One more row is
analysed with the stated variance that a study of few years takes; the last draws the true rates from what London's
counts say of each real ward, so that the busy centres stay where they are. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import gamma, norm

from tipping_point import analyse, read_study
from tipping_point.measures.between_years import YearVariance, find_year_variance
from tipping_point.measures.index import Component
from tipping_point.measures.long_run import LongRun, fit_long_run
from tipping_point.measures.simulate import Draws, compose_scores, draw_columns
from tipping_point.pipeline.vocabulary import choose_weights
from tipping_point.ranks import group_alike, rank_columns, rank_interval, share_in_top, top_number
from tipping_point.tables import DOMAINS

STUDIES = Path(__file__).parent.parent / "studies"
BINS = np.linspace(0, 1, 11)
DOMAIN_SHARES = {"income": 0.225, "employment": 0.225, "education": 0.135, "health": 0.135,
                 "housing_services": 0.093, "living_environment": 0.093}  # fmt: skip


@dataclass(frozen=True)
class London:
    """What a data set is made from. Years of the study are folded into one period: `yearly` is of that period."""

    wards: pd.DataFrame
    types: list[str]
    weights: dict[str, float]
    yearly: YearVariance
    model: LongRun
    exposure: np.ndarray


def read_london(folder: Path) -> London:
    os.environ["TIPPING_POINT_REAL_DATA"] = str(folder)
    study = read_study(STUDIES / "london.toml")
    results, long = analyse(study), analyse(read_study(STUDIES / "london_since_2010.toml"))
    weights = choose_weights(study)
    types = list(weights)
    found = find_year_variance(long.wards, long.counts, types=types)
    wards = pd.DataFrame(results.wards[results.wards["rank"].notna()].drop(columns="geometry"))
    period = pd.DataFrame(found.over(24), index=types, columns=types)
    counted = results.counts.groupby(["ward_code", "crime_type"])["crimes"].sum().unstack()
    exposure = wards["population"].to_numpy(dtype=float) / 12_000
    counts = counted.loc[wards.index, types].to_numpy(dtype=float)
    model = fit_long_run(counts, exposure, period.to_numpy())
    print(f"{len(wards)} wards; {found.note}")
    return London(wards, types, weights, YearVariance(period, found.note), model, exposure)


def components(name: str) -> tuple[Component, ...]:
    if name == "harm rate alone":
        return (Component("harm_rate", 1.0),)
    total = sum(DOMAIN_SHARES.values())
    return (Component("harm_rate", 0.5), *(Component(d, 0.5 * DOMAIN_SHARES[d] / total) for d in DOMAINS))


def draw_truth(london: London, random: np.random.Generator, *, own: bool) -> np.ndarray:
    """True long-run rates, wards x types: from the prior, or from what each ward's own counts say."""
    model = london.model
    if own:
        return next(model.draw(1, random=random))[:, :, 0]
    return np.exp(random.multivariate_normal(model.prior_mean, model.prior_covariance, size=len(london.wards)))


def draw_counts(london: London, truth: np.ndarray, strength: float, random: np.random.Generator) -> pd.DataFrame:
    """One period's negative-binomial counts: gamma movements of mean 1, tied together by a Gaussian copula."""
    mean = truth * london.exposure[:, None]
    if strength > 0:
        covariance = london.yearly.covariance.to_numpy() * strength
        variance = np.diag(covariance)
        normal = random.multivariate_normal(np.zeros(len(variance)), covariance, size=len(mean)) / np.sqrt(variance)
        mean = mean * gamma.ppf(np.clip(norm.cdf(normal), 1e-12, 1 - 1e-12), 1 / variance, scale=variance)
    table = pd.DataFrame(random.poisson(mean), index=london.wards.index, columns=london.types)
    long = table.rename_axis(columns="crime_type").stack().rename("crimes").reset_index()
    return long.assign(month="2025-06")


def scores_of(london: London, rates: np.ndarray, parts: tuple[Component, ...]) -> pd.Series:
    """The index at given rates: the same composition as of the simulations."""
    severity = np.array([london.weights[kind] for kind in london.types])
    wards = london.wards.assign(harm_rate=rates @ severity)
    draws = Draws(1, {"England": wards.index}, {"England": {"harm_rate": wards[["harm_rate"]].to_numpy()}})
    return compose_scores(wards, draws, components=parts, scale="percentile", combine="arithmetic")[0]


def judge(
    london: London, truth: np.ndarray, counts: pd.DataFrame, simulations: int, seed: int
) -> dict[str, pd.DataFrame]:
    """Per index: of every ward whether its interval holds the true rank, its share_in_top, and what it truly is."""
    wards, country = london.wards, london.wards["country"]
    draws = draw_columns(
        wards, counts, components=components("default index"), harm_weights=london.weights, denominator="resident",
        simulations=simulations, yearly=london.yearly, seed=seed,
    )  # fmt: skip
    seen = counts.pivot(index="ward_code", columns="crime_type", values="crimes").loc[wards.index, london.types]
    result = {}
    for name in ("harm rate alone", "default index"):
        parts = components(name)
        true = rank_columns(scores_of(london, truth, parts).to_frame(), country)[0]
        rank = rank_columns(scores_of(london, seen.to_numpy() / london.exposure[:, None], parts).to_frame(), country)[0]
        scores = compose_scores(wards, draws, components=parts, scale="percentile", combine="arithmetic")
        ranks = rank_columns(scores, country)
        interval = rank_interval(ranks, rank)
        number = top_number(len(wards), 0.1)
        result[name] = pd.DataFrame(
            {
                "held": interval["rank_low"].le(true) & interval["rank_high"].ge(true),
                "true top": true <= number,
                "observed top": rank <= number,
                "smallest": wards["population"].rank() <= number,
                "share": share_in_top(ranks, country, top=0.1),
                "width": interval["rank_high"] - interval["rank_low"] + 1,
                "first": (true == 1) & first_group(scores, rank, country),
            }
        )  # fmt: skip
    return result


def first_group(scores: pd.DataFrame, rank: pd.Series, country: pd.Series) -> pd.Series:
    """Whether a ward is among those that cannot be told from the first; only the first sixty ranks are looked at."""
    near = rank.nsmallest(60).index
    alike = group_alike(scores.loc[near], rank[near], country[near]) == 1
    return pd.Series(rank.index.isin(alike.index[alike]), index=rank.index)


def run(london: London, strength: float, repeats: int, simulations: int, seed: int, *, own: bool, yearly: YearVariance):
    kept: dict[str, list[pd.DataFrame]] = {"harm rate alone": [], "default index": []}
    for repeat in range(repeats):
        random = np.random.default_rng([seed, repeat, int(own)])
        truth = draw_truth(london, random, own=own)
        counts = draw_counts(london, truth, strength, random)
        for name, table in judge(replace(london, yearly=yearly), truth, counts, simulations, seed + repeat).items():
            kept[name].append(table)
    return {name: pd.concat(tables) for name, tables in kept.items()}


def coverage_row(table: pd.DataFrame, repeats: int) -> str:
    groups = (slice(None), table["true top"], table["observed top"], table["smallest"])
    cells = [f"{table.loc[group, 'held'].mean():.3f}" for group in groups]
    return " | ".join([*cells, f"{table['width'].median():.0f}", f"{table['first'].sum() / repeats:.3f}"])


def reliability_rows(table: pd.DataFrame):
    bins = pd.cut(table["share"], BINS, include_lowest=True)
    for interval, part in table.groupby(bins, observed=True):
        left, right = max(0.0, interval.left), interval.right
        yield f"{left:.1f} to {right:.1f} | {part['share'].mean():.3f} | {part['true top'].mean():.3f} | {len(part):,}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=1_000)
    parser.add_argument("--simulations", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    london = read_london(asked.folder)
    print(f"{asked.repeats:,} data sets, {asked.simulations} simulations each: share of 5-95% intervals that hold the")
    print("true rank; median number of ranks in one; share of data sets whose truly first ward is in group 1.\n")
    heads = ("between-year variance", "index", "all", "true top tenth", "observed top tenth", "smallest tenth", "ranks",
             "first")  # fmt: skip
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    stated = find_year_variance(london.wards, pd.DataFrame(columns=["ward_code", "month", "crime_type", "crimes"]),
                                types=london.types)  # fmt: skip
    halved = YearVariance(stated.covariance / 2, stated.note)
    fitted = {}
    for label, strength, own, yearly in (
        ("fitted", 1, False, london.yearly),
        ("none (Poisson)", 0, False, london.yearly),
        ("twice the fitted", 2, False, london.yearly),
        ("fitted, analysed with the stated", 1, False, halved),
        ("fitted, true rates of the real wards", 1, True, london.yearly),
    ):
        found = run(london, strength, asked.repeats, asked.simulations, asked.seed, own=own, yearly=yearly)
        fitted = fitted or found
        for name, table in found.items():
            print(f"| {label} | {name} | {coverage_row(table, asked.repeats)} |", flush=True)
    for name, table in fitted.items():
        print(f"\nshare_in_top, {name}, fitted variance:\n")
        print("| bin | said | came true | wards x data sets |\n|---|---|---|---|")
        for row in reliability_rows(table):
            print(f"| {row} |")


if __name__ == "__main__":
    main()
