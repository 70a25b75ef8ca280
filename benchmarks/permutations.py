"""Gi* and local Moran with many permutations on many columns: this package beside esda and pygeoda, in one run.

    python benchmarks/permutations.py [--wards N] [--columns N] [--permutations R] [--sample N]

Wards are the Voronoi cells of random points, columns are Poisson counts. The others are timed on a sample of the
columns and figures are per column. Ours is the whole call: checks, statistic, p, adjusted p and the table of results.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import time
import warnings
from collections.abc import Callable

import geopandas as gpd
import numba
import numpy as np
import pandas as pd
import shapely
from esda.getisord import G_Local
from esda.moran import Moran_Local
from libpysal.graph import Graph
from scipy.spatial import Voronoi

from tipping_point.hotspots.local import gi_star, local_moran
from tipping_point.hotspots.testing import ResolutionWarning


def build_city(wards: int, columns: int, seed: int = 1) -> tuple[Graph, pd.DataFrame]:
    """Contiguity of Voronoi cells and a table of Poisson counts whose means vary by column."""
    random = np.random.default_rng(seed)
    pairs = Voronoi(random.random((wards, 2))).ridge_points
    codes = np.array([f"E05{number:06d}" for number in range(wards)])
    focal, neighbour = codes[np.concatenate([pairs, pairs[:, ::-1]]).T]
    graph = Graph.from_arrays(focal, neighbour, np.ones(len(focal)))
    counts = random.poisson(random.gamma(2.0, 5.0, columns), (wards, columns))
    return graph, pd.DataFrame(counts, index=codes).loc[graph.unique_ids]


def milliseconds_a_column(run: Callable[[], object], columns: int) -> float:
    """The best of three runs: the machine may be shared."""
    took = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        took.append(time.perf_counter() - start)
    return min(took) * 1_000 / columns


def with_esda(kind: type, table: pd.DataFrame, graph: Graph, permutations: int) -> Callable[[], object]:
    options = {"transform": "B", "star": True} if kind is G_Local else {"transformation": "r"}

    def run() -> None:
        for name in table:
            kind(
                table[name].to_numpy(dtype=float), graph, permutations=permutations, keep_simulations=False,
                seed=1, n_jobs=1, **options,
            )  # fmt: skip

    return run


def time_ours(
    verb: Callable[..., object], table: pd.DataFrame, graph: Graph, permutations: int
) -> list[tuple[str, float]]:
    """Equal and any weights, the permutations asked and ten times as many (those on fewer columns)."""
    random = np.random.default_rng(2)
    weighted = Graph(graph.adjacency * random.uniform(0.5, 1.5, len(graph.adjacency)))
    rows = []
    for label, most, on, draws in (
        ("equal weights", None, graph, permutations),
        ("equal weights", 50, graph, 10 * (permutations + 1) - 1),
        ("any weights", 50, weighted, permutations),
        ("any weights", 10, weighted, 10 * (permutations + 1) - 1),
    ):
        columns = table.iloc[:, :most]
        took = milliseconds_a_column(lambda: verb(columns, on, permutations=draws, seed=1), columns.shape[1])  # noqa: B023 - run at once
        rows.append((f"{label}, {draws:,} permutations, {columns.shape[1]} columns", took))
    return rows


def time_pygeoda(wards: int, columns: int, permutations: int) -> float:
    """Its local Moran on cells of the same number and kind (it makes its own weights, from polygons)."""
    import pygeoda

    random = np.random.default_rng(1)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(random.random((wards, 2)))))
    weights = pygeoda.queen_weights(pygeoda.open(gpd.GeoDataFrame(geometry=cells)))
    table = random.poisson(10, (columns, wards)).astype(float).tolist()
    threads = numba.get_num_threads()

    def run() -> None:
        for column in table:
            pygeoda.local_moran(weights, column, permutations=permutations, cpu_threads=threads)

    return milliseconds_a_column(run, columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wards", type=int, default=7_000)
    parser.add_argument("--columns", type=int, default=504)
    parser.add_argument("--permutations", type=int, default=999)
    parser.add_argument("--sample", type=int, default=3, help="columns that esda is timed on")
    asked = parser.parse_args()
    warnings.simplefilter("ignore", ResolutionWarning)
    warnings.filterwarnings("ignore", message="The alternative hypothesis for conditional randomization")
    graph, table = build_city(asked.wards, asked.columns)
    gi_star(table.iloc[:, :2], graph, permutations=19, seed=1)
    before = peak_memory()
    ours = {verb.__name__: time_ours(verb, table, graph, asked.permutations) for verb in (gi_star, local_moran)}
    memory = peak_memory()
    print(f"{asked.wards:,} wards, {numba.get_num_threads()} threads; ours is the whole call\n")
    print(f"{'':58}{'ms a column':>12}{'x esda':>9}")
    for kind, name in ((G_Local, "gi_star"), (Moran_Local, "local_moran")):
        sample = table.iloc[:, : asked.sample]
        with_esda(kind, sample.iloc[:, :1], graph, 19)()
        esda = milliseconds_a_column(with_esda(kind, sample, graph, asked.permutations), asked.sample)
        print(f"{f'{name}: esda, {asked.permutations:,} permutations, one thread':58}{esda:12.2f}{1:9.1f}")
        for label, took in ours[name]:
            print(f"{f'{name}: {label}':58}{took:12.2f}{esda / took:9.1f}")
    print(f"\npeak memory: {memory:.0f} MB with ours, of which {before:.0f} MB are libraries and the table")
    if importlib.util.find_spec("pygeoda") is None:
        print("pygeoda is not installed: not compared")
    else:
        print(f"pygeoda: {time_pygeoda(asked.wards, asked.sample, asked.permutations):.2f} ms a column")


def peak_memory() -> float:
    """Most memory this process has held, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
