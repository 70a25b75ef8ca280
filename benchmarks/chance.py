"""How often chance alone is called a hot spot: London's wards shuffled, and smooth fields without clusters.

    python benchmarks/chance.py FOLDER [--repeats N] [--permutations R] [--seed S]

FOLDER is the real open data (what TIPPING_POINT_REAL_DATA names). The wards are those that the study of London
assesses, with their neighbours. A repeat is a column of one table, and a call tests the whole table. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from libpysal.graph import Graph
from numpy.typing import NDArray
from scipy.sparse import eye_array
from scipy.sparse.linalg import splu
from scipy.stats import norm

from tipping_point import analyse, gi_star, local_moran, read_study
from tipping_point.hotspots.local import LocalResult
from tipping_point.hotspots.testing import ALTERNATIVES, ROUNDING, ResolutionWarning, adjust_p

STUDY = Path(__file__).parents[1] / "studies/london.toml"
ALPHA = 0.05
COLUMNS = {
    "crimes": "serious crimes, a count",
    "standardised_rate": "standardised rate",
    "component_harm_rate": "harm rate, percentile",
}
SMOOTHNESS = (0.0, 0.3, 0.6, 0.9)

Flags = NDArray[np.bool_]
"""Wards x repeats: where adjusted p <= ALPHA."""


def read_london(folder: Path) -> tuple[pd.DataFrame, Graph]:
    """The assessed wards of the study of London, and which of them are neighbours."""
    os.environ["TIPPING_POINT_REAL_DATA"] = str(folder)
    results = analyse(read_study(STUDY))
    wards = results.wards[results.wards["assessed"]]
    return wards, results.graph.subgraph(wards.index)


def shuffle(values: pd.Series, repeats: int, random: np.random.Generator) -> pd.DataFrame:
    """The values given to other wards at random, wards x repeats: no spatial pattern at all."""
    columns = [random.permutation(values.to_numpy(dtype=float)) for _ in range(repeats)]
    return pd.DataFrame(np.stack(columns, axis=1), index=values.index)


def make_smooth(graph: Graph, strength: float, repeats: int, random: np.random.Generator) -> pd.DataFrame:
    """Fields of a simultaneous autoregression, x = strength W x + noise: neighbours alike, no clusters, no border."""
    weights = graph.transform("r").sparse
    solve = splu((eye_array(graph.n) - strength * weights).tocsc()).solve
    return pd.DataFrame(solve(random.normal(size=(graph.n, repeats))), index=graph.unique_ids)


def find(p_adjusted: pd.DataFrame | NDArray[np.float64]) -> Flags:
    return np.asarray(p_adjusted) <= ALPHA * ROUNDING


def by_normal_theory(z: pd.DataFrame, alternative: str) -> Flags:
    """What Gi* with p from the normal distribution would flag, Benjamini-Hochberg as ours."""
    tail = {"greater": z, "less": -z, "two-sided": z.abs()}[alternative].to_numpy()
    return find(adjust_p(np.minimum(norm.sf(tail) * (2 if alternative == "two-sided" else 1), 1)))


def share(flags: Flags) -> float:
    """Of the repeats, those in which at least one ward is flagged."""
    return float(flags.any(axis=0).mean())


def with_error(value: float, repeats: int) -> str:
    return f"{value:.1%} ± {np.sqrt(value * (1 - value) / repeats):.1%}"


def shuffled_rows(
    wards: pd.DataFrame, graph: Graph, repeats: int, permutations: int, seed: int
) -> Iterator[tuple[str, str, list[float]]]:
    """Column, test and the share of repeats with a flag on each side."""
    random = np.random.default_rng(seed)
    for column, label in COLUMNS.items():
        table = shuffle(wards[column], repeats, random)
        z = pd.DataFrame()
        for verb, test in ((gi_star, "Gi*"), (local_moran, "local Moran")):
            shares = []
            for alternative in ALTERNATIVES:
                result = verb(table, graph, permutations=permutations, alternative=alternative, seed=seed)
                shares.append(share(find(result.p_adjusted)))
                z = result.statistic if verb is gi_star else z
            yield label, test, shares
        yield label, "Gi*, p from the normal distribution", [share(by_normal_theory(z, side)) for side in ALTERNATIVES]


def smooth_row(table: pd.DataFrame, result: LocalResult[pd.DataFrame], repeats: int) -> list[str]:
    """Shares and mean numbers of wards flagged on either side, and of hot ones."""
    flags = find(result.p_adjusted)
    hot = flags & (result.side.to_numpy() > 0) & (table > table.mean()).to_numpy()
    return [
        with_error(share(flags), repeats),
        f"{flags.sum(axis=0).mean():.1f}",
        with_error(share(hot), repeats),
        f"{hot.sum(axis=0).mean():.1f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=2_000)
    parser.add_argument("--permutations", type=int, default=99_999)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    # Nothing found is here the right answer, and the permutations suffice to show a single ward or two.
    warnings.simplefilter("ignore", ResolutionWarning)
    wards, graph = read_london(asked.folder)
    repeats, draws = asked.repeats, asked.permutations
    limit = ALPHA + 2 * np.sqrt(ALPHA * (1 - ALPHA) / repeats)
    print(f"{len(wards)} wards, {repeats:,} repeats, {draws:,} permutations, Benjamini-Hochberg at {ALPHA:.0%}.")
    print(f"Limit: {ALPHA:.0%} + 2 s.e. = {limit:.1%}. Shares are given ± one s.e.\n")
    print(f"| shuffled | test | {' | '.join(ALTERNATIVES)} | within the limit |\n|---|---|---|---|---|---|")
    for label, test, shares in shuffled_rows(wards, graph, repeats, draws, asked.seed):
        cells = " | ".join(with_error(value, repeats) for value in shares)
        print(f"| {label} | {test} | {cells} | {'yes' if max(shares) <= limit else 'no'} |", flush=True)
    print("\nSmooth fields without clusters, Gi* two-sided:\n")
    print("| SAR ρ | at least one ward flagged | mean number | at least one hot | mean number |\n|---|---|---|---|---|")
    random = np.random.default_rng(asked.seed)
    for strength in SMOOTHNESS:
        table = make_smooth(graph, strength, repeats, random)
        result = gi_star(table, graph, permutations=draws, seed=asked.seed)
        print(f"| {strength:.1f} | {' | '.join(smooth_row(table, result, repeats))} |", flush=True)


if __name__ == "__main__":
    main()
