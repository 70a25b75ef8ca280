"""Planted clusters: how often they are found, and what else is called hot, beside esda with its defaults and pyehsa.

    python benchmarks/power.py FOLDER [--runs N] [--mean COUNT] [--permutations R] [--seed S] [--chart FILE.svg]

FOLDER is the real open data (what TIPPING_POINT_REAL_DATA names); populations and neighbours are London's. A run plants
one cluster of touching wards and draws Poisson counts. It is found where at least half of it is hot, and shows where
any of it is; a hot ward is false where it is neither in the cluster nor next to it. Every test is given the same
values. pyehsa takes seconds a run: it is tried where it is installed, on five wards and the strengths of --pyehsa.
Prints Markdown.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from chance import ALPHA, find, read_london
from esda.getisord import G_Local
from esda.moran import Moran_Local
from libpysal.graph import Graph
from numpy.typing import NDArray

from tipping_point import gi_star, local_moran
from tipping_point.hotspots.testing import ResolutionWarning
from tipping_point.measures.rates import empirical_bayes

SIZES = (3, 5, 8)
STRENGTHS = (1.25, 1.5, 2.0, 3.0)
PYEHSA_SIZE = 5
FAR = 10.0
"""A strength at which counts leave no doubt: what is then not hot is out of the test's reach."""

Flags = NDArray[np.bool_]
"""Wards x runs."""


@dataclass(frozen=True)
class Background:
    """What the wards are like apart from the cluster, and what is tested."""

    label: str
    uneven: bool
    """Each ward has the smoothed rate of some ward of London, shuffled; else all have the same."""
    percentile: bool
    """The rank of the standardised rate is tested; else the rate itself."""


BACKGROUNDS = (
    Background("All other wards alike; standardised rate", uneven=False, percentile=False),
    Background("Wards as unequal as London's, shuffled; standardised rate", uneven=True, percentile=False),
    Background("Wards as unequal as London's, shuffled; percentile of the rate", uneven=True, percentile=True),
)


@dataclass(frozen=True)
class Runs:
    """Simulated maps of one size and strength, wards x runs."""

    values: pd.DataFrame
    above: Flags
    """The ward's own smoothed rate is above the mean."""
    planted: Flags
    outside: Flags
    """Neither planted nor next to a planted ward."""


Test = Callable[[Runs, gpd.GeoDataFrame, Graph, int], Flags]


def plant(ties: NDArray[np.bool_], size: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """Touching wards: a first at random, then one at a time, each with an equal chance among those that touch."""
    chosen = np.zeros(len(ties), dtype=bool)
    chosen[random.integers(len(ties))] = True
    while chosen.sum() < size:
        chosen[random.choice(np.flatnonzero(ties[chosen].any(axis=0) & ~chosen))] = True
    return chosen


def simulate(
    wards: gpd.GeoDataFrame, graph: Graph, background: Background, size: int, strength: float, runs: int, mean: float,
    random: np.random.Generator,
) -> Runs:  # fmt: skip
    ties = graph.sparse.toarray() > 0
    people = wards["population"].to_numpy()
    smoothed = wards["smoothed_rate"].to_numpy()
    values, above, planted = [], [], []
    for _ in range(runs):
        cluster = plant(ties, size, random)
        rate = random.permutation(smoothed) if background.uneven else np.ones(len(wards))
        rate = rate * mean / (rate * people).mean()
        counts = random.poisson(people * rate * np.where(cluster, strength, 1))
        own, standardised, _ = empirical_bayes(counts, people)
        values.append(standardised)
        above.append(own > np.average(own, weights=people))
        planted.append(cluster)
    table = pd.DataFrame(np.stack(values, axis=1), index=wards.index)
    inside = np.stack(planted, axis=1)
    return Runs(
        table.rank(pct=True) if background.percentile else table,
        np.stack(above, axis=1),
        inside,
        ~(inside | (ties.astype(int) @ inside.astype(int) > 0)),
    )


def our_gi_star(runs: Runs, _wards: gpd.GeoDataFrame, graph: Graph, permutations: int) -> Flags:
    """Hot as `find_hotspots` says it, all runs in one call."""
    result = gi_star(runs.values, graph, permutations=permutations, seed=1)
    return find(result.p_adjusted) & (result.side.to_numpy() > 0) & runs.above


def our_local_moran(runs: Runs, _wards: gpd.GeoDataFrame, graph: Graph, permutations: int) -> Flags:
    """High among high as `find_hotspots` says it, all runs in one call."""
    result = local_moran(runs.values, graph, permutations=permutations, seed=1)
    high = (runs.values > runs.values.mean()).to_numpy()
    return find(result.p_adjusted) & (result.side.to_numpy() > 0) & high & runs.above


def esda_g_local(runs: Runs, _wards: gpd.GeoDataFrame, graph: Graph, _permutations: int) -> Flags:
    # Its z changes sign where the values sum to less than nothing; lifting them all leaves its p as it is.
    tested = [
        G_Local(values - values.min() + 1, graph, keep_simulations=False, n_jobs=1, seed=run)
        for run, values in enumerate(runs.values.to_numpy().T)
    ]
    return np.stack([(test.p_sim < ALPHA) & (test.Zs > 0) for test in tested], axis=1)


def esda_moran_local(runs: Runs, _wards: gpd.GeoDataFrame, graph: Graph, _permutations: int) -> Flags:
    tested = [
        Moran_Local(values, graph, keep_simulations=False, seed=run)
        for run, values in enumerate(runs.values.to_numpy().T)
    ]
    return np.stack([(test.p_sim < ALPHA) & (test.q == 1) for test in tested], axis=1)


def pyehsa_gi_star(runs: Runs, wards: gpd.GeoDataFrame, _graph: Graph, _permutations: int) -> Flags:
    """Its space-time Gi* on a single period, 199 simulations and its cut of .01 (its defaults for this call)."""
    from pyehsa.gi_star import GiStar
    from pyehsa.spatial_weights import SpatialWeights

    cube = gpd.GeoDataFrame({"ward": wards.index, "period": 0}, geometry=wards.geometry.array)
    weights = SpatialWeights.calculate_spatial_weights(cube, "ward")
    flags = []
    np.random.seed(1)  # the only source of chance it knows
    for run in runs.values:
        with contextlib.redirect_stdout(io.StringIO()):
            cube["value"] = runs.values[run].to_numpy()
            found = GiStar.calculate_gi_star_spacetime(cube, weights, "ward", "period", "value")
        flags.append(found.set_index("ward")["cluster"].loc[wards.index] == "Hot Spot")
    return np.stack(flags, axis=1)


TESTS: dict[str, Test] = {
    "Gi*": our_gi_star,
    "local Moran": our_local_moran,
    "esda G_Local": esda_g_local,
    "esda Moran_Local": esda_moran_local,
}


def power(hot: Flags, runs: Runs) -> float:
    """Share of the runs in which at least half of the planted wards are hot."""
    return float((2 * (hot & runs.planted).sum(axis=0) >= runs.planted.sum(axis=0)).mean())


def showing(hot: Flags, runs: Runs) -> float:
    """Share of the runs in which at least one of the planted wards is hot."""
    return float((hot & runs.planted).any(axis=0).mean())


def false_wards(hot: Flags, runs: Runs) -> NDArray[np.int64]:
    """Hot wards beyond the cluster and its neighbours, for each run."""
    return np.asarray((hot & runs.outside).sum(axis=0))


def measure(
    wards: gpd.GeoDataFrame, graph: Graph, background: Background, asked: argparse.Namespace
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Found and showing (test and size x strengths), and how many false hot wards and how often any (tests)."""
    found, wrong = {}, {name: [] for name in TESTS}
    for size in SIZES:
        for strength in STRENGTHS:
            # The same clusters and draws for every background that differs only in what is tested.
            random = np.random.default_rng([asked.seed, size, int(100 * strength), background.uneven])
            runs = simulate(wards, graph, background, size, strength, asked.runs, asked.mean, random)
            for name, test in TESTS.items():
                hot = test(runs, wards, graph, asked.permutations)
                found[name, size, strength] = power(hot, runs), showing(hot, runs)
                wrong[name].append(false_wards(hot, runs))
    table = pd.Series(found).unstack().reindex([(name, size) for name in TESTS for size in SIZES])
    falsely = {name: np.concatenate(counts) for name, counts in wrong.items()}
    return table, pd.DataFrame({name: [counts.mean(), (counts > 0).mean()] for name, counts in falsely.items()}).T


def print_background(background: Background, table: pd.DataFrame, falsely: pd.DataFrame) -> None:
    print(f"\n**{background.label}**\n")
    print("| test | wards planted |" + "".join(f" × {strength:g} |" for strength in STRENGTHS)
          + " false hot wards a run | runs with any |\n|" + "---|" * (len(STRENGTHS) + 4))  # fmt: skip
    for (name, size), row in table.iterrows():
        wrong = f"{falsely.loc[name, 0]:.2f} | {falsely.loc[name, 1]:.0%}" if size == SIZES[0] else " | "
        print(
            f"| {name} | {size} | {' | '.join(f'{half:.0%} ({some:.0%})' for half, some in row)} | {wrong} |",
            flush=True,
        )


def print_reach(wards: gpd.GeoDataFrame, graph: Graph, asked: argparse.Namespace) -> None:
    """How often a planted ward is hot by Gi*, by how many of its neighbours are planted too."""
    print(f"\nPlanted wards that are hot by Gi*, clusters of {SIZES[-1]}, {BACKGROUNDS[0].label.lower()}:\n")
    print("| strength | 1 planted neighbour | 2 | 3 | 4 or more |\n|---|---|---|---|---|")
    ties = (graph.sparse.toarray() > 0).astype(int)
    for strength in (*STRENGTHS[-2:], FAR):
        random = np.random.default_rng([asked.seed, SIZES[-1], int(100 * strength)])
        runs = simulate(wards, graph, BACKGROUNDS[0], SIZES[-1], strength, asked.runs, asked.mean, random)
        hot = our_gi_star(runs, wards, graph, asked.permutations)
        beside = np.minimum(ties @ runs.planted.astype(int), 4)
        shares = [hot[runs.planted & (beside == number)].mean() for number in range(1, 5)]
        print(f"| × {strength:g} | {' | '.join(f'{share:.0%}' for share in shares)} |", flush=True)


def print_pyehsa(wards: gpd.GeoDataFrame, graph: Graph, strengths: list[float], asked: argparse.Namespace) -> None:
    """pyehsa on the first background's maps of five wards: the same maps as in its table."""
    print(f"\npyehsa, {PYEHSA_SIZE} wards planted, {BACKGROUNDS[0].label.lower()}:\n")
    print("| strength | found | false hot wards a run | runs with any |\n|---|---|---|---|")
    for strength in strengths:
        random = np.random.default_rng([asked.seed, PYEHSA_SIZE, int(100 * strength), False])
        runs = simulate(wards, graph, BACKGROUNDS[0], PYEHSA_SIZE, strength, asked.runs, asked.mean, random)
        hot = pyehsa_gi_star(runs, wards, graph, asked.permutations)
        wrong = false_wards(hot, runs)
        print(
            f"| × {strength:g} | {power(hot, runs):.0%} | {wrong.mean():.2f} | {(wrong > 0).mean():.0%} |", flush=True
        )


def draw(measured: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], path: Path) -> None:
    """Found against strength, a row of panels for each background; beside it the false hot wards of each test."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    lines = {
        "Gi*": {"color": "#9fc5e8", "lw": 4},
        "local Moran": {"color": "#0b5394", "lw": 1.4},
        "esda G_Local": {"color": "#b45f06", "lw": 1.4, "ls": "--"},
        "esda Moran_Local": {"color": "#e69138", "lw": 1.4, "ls": ":"},
    }
    quiet = {
        "svg.fonttype": "none", "svg.hashsalt": "power", "font.family": "sans-serif", "font.size": 9,
        "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#999999",
        "xtick.color": "#555555", "ytick.color": "#555555", "axes.titlesize": 9, "axes.titlelocation": "left",
    }  # fmt: skip
    with mpl.rc_context(quiet):
        figure, panels = plt.subplots(
            len(measured), len(SIZES), figsize=(9, 2.6 * len(measured)), sharey=True, squeeze=False
        )
        for row, (label, (table, falsely)) in zip(panels, measured.items(), strict=True):
            for panel, size in zip(row, SIZES, strict=True):
                for name, style in lines.items():
                    found = [half for half, _ in table.loc[(name, size)]]
                    panel.plot(range(len(STRENGTHS)), found, label=f"{name}: {falsely.loc[name, 0]:.1f}", **style)
                panel.set_title(f"{size} wards planted", color="#333333")
                panel.set_xticks(range(len(STRENGTHS)), [f"×{strength:g}" for strength in STRENGTHS])
                panel.set_ylim(-0.03, 1.03)
                panel.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
                panel.grid(axis="y", color="#eeeeee")
            row[0].set_ylabel("found", color="#555555")
            row[0].annotate(label, (0, 1.2), xycoords="axes fraction", weight="bold", color="#333333")
            named = row[-1].legend(loc="center left", bbox_to_anchor=(1.04, 0.5), frameon=False, alignment="left")
            named.set_title("False hot wards a run", {"size": 9})
        figure.subplots_adjust(left=0.08, right=0.75, top=0.87, bottom=0.06, hspace=0.6, wspace=0.12)
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--mean", type=float, default=20, help="expected crimes of the average ward")
    parser.add_argument("--permutations", type=int, default=99_999, help="ours; esda has its default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chart", type=Path, help="SVG file to write")
    parser.add_argument("--pyehsa", type=float, nargs="*", default=(1.5, 2.0), help="strengths, if it is installed")
    asked = parser.parse_args()
    warnings.simplefilter("ignore", ResolutionWarning)
    warnings.filterwarnings("ignore", message="The alternative hypothesis for conditional randomization")
    wards, graph = read_london(asked.folder)
    print(f"{len(wards)} wards, {asked.mean:g} crimes in the average ward, {asked.runs} runs a figure: found (shows).")
    measured = {}
    for background in BACKGROUNDS:
        measured[background.label] = measure(wards, graph, background, asked)
        print_background(background, *measured[background.label])
    print_reach(wards, graph, asked)
    if asked.chart:
        draw({each.label: measured[each.label] for each in (BACKGROUNDS[0], BACKGROUNDS[-1])}, asked.chart)
    if importlib.util.find_spec("pyehsa") is None:
        print("\npyehsa is not installed: not compared")
    elif asked.pyehsa:
        print_pyehsa(wards, graph, list(asked.pyehsa), asked)


if __name__ == "__main__":
    main()
