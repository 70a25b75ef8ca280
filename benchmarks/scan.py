"""The scan statistic: this package beside careful numpy, on the same replicates in one run, with identical maxima.

    python benchmarks/scan.py [--points N] [--share S] [--replicates R] [--numpy-replicates Q] [--runs K]

Points are random in the unit square; the defaults make about 4.9 million circles. Both scan the same simulated cases.
numpy is timed on the first Q replicates and scaled to R, because its time is proportional to them; its circles are
made before its clock starts. Ours is timed in full: making the circles, the observed cases and all R replicates; and
then the whole call with its draws and clusters. The best of K runs counts: the machine may be shared.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from tipping_point.hotspots import scan
from tipping_point.hotspots.windows import circles

CASES = 50_000
SEED = 1


def make_points(points: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cases at even risk, people and places."""
    random = np.random.default_rng(SEED)
    places = random.random((points, 2))
    people = random.integers(4_000, 12_000, points).astype(float)
    return random.multinomial(CASES, people / people.sum()).astype(np.int32), people, places


def numpy_circles(people: np.ndarray, places: np.ndarray, share: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Members and expected cases of the circles around each point."""
    made = []
    for place in places:
        order = np.argsort(((places - place) ** 2).sum(axis=1), kind="stable")
        inside = np.cumsum(people[order])
        keep = np.searchsorted(inside, share * people.sum() * (1 + 1e-12), side="right")
        made.append((order[:keep], CASES / people.sum() * inside[:keep]))
    return made


def numpy_maxima(windows: list[tuple[np.ndarray, np.ndarray]], counts: np.ndarray) -> np.ndarray:
    """Highest ratio of each replicate: a centre at a time, in buffers, logarithms only above what is expected."""
    total = float(CASES)
    longest = max(len(order) for order, _ in windows)
    first, second = np.empty((2, longest, counts.shape[1]))
    highest = np.zeros(counts.shape[1])
    for order, expected in windows:
        inside = np.cumsum(counts[order], axis=0)
        above = inside > expected[:, None]
        one, two = first[: len(order)], second[: len(order)]
        one[:] = 0
        two[:] = 0
        np.divide(inside, expected[:, None], out=one, where=above)
        np.log(one, out=one, where=above)
        one *= inside
        outside = total - inside
        np.divide(outside, (total - expected)[:, None], out=two, where=above)
        np.log(two, out=two, where=above & (outside > 0))
        two *= outside
        one += two
        np.maximum(highest, one.max(axis=0), out=highest)
    return highest


def best_of(runs: int, work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Least seconds by the clock, least seconds of processor, and the result."""
    took = []
    for _ in range(runs):
        start = time.perf_counter(), time.process_time()
        result = work()
        took.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    clock, processor = np.min(took, axis=0)
    return clock, processor, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=7_000)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--replicates", type=int, default=999)
    parser.add_argument("--numpy-replicates", type=int, default=scan.TILE)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()

    cases, people, places = make_points(options.points)
    family = circles(places, people, scan._most_people(people, options.share))
    per_person = CASES / people.sum()
    compiling = people[:40], places[:40]
    scan.poisson_scan(cases[:40], *compiling, replicates=1, seed=SEED)

    drawing, _, tiles = best_of(options.runs, lambda: scan._draw(people, CASES, options.replicates, SEED))
    ours, ours_processor, (_, maxima, windows) = best_of(
        options.runs, lambda: scan._visit_all(family, cases, tiles, per_person)
    )
    by_threads = []
    for threads in (1, numba.get_num_threads()):
        numba.set_num_threads(threads)
        by_threads.append(scan._visit_all(family, cases, tiles[:1], per_person)[1])
    whole, _, _ = best_of(
        options.runs,
        lambda: scan.poisson_scan(
            cases, people, places, max_population_share=options.share, replicates=options.replicates, seed=SEED
        ),
    )

    sample = np.concatenate(tiles, axis=1)[:, : options.numpy_replicates].copy()
    circles_of_numpy = numpy_circles(people, places, options.share)
    *took, judge = best_of(1, lambda: numpy_maxima(circles_of_numpy, sample))
    numpy, numpy_processor = np.array(took) * options.replicates / sample.shape[1]

    assert sum(len(order) for order, _ in circles_of_numpy) == windows
    assert np.array_equal(*by_threads), "the maxima hang on the number of threads"
    # The two logarithms differ in the last bit: two windows that are not the same are much further apart.
    apart = abs(maxima[: len(judge)] - judge).max()
    assert apart < 1e-12, f"maxima differ by up to {apart}"

    threads = numba.get_num_threads()
    print(f"{options.points:,} points, {windows:,} circles x {options.replicates:,} replicates, {threads} threads")
    print(f"numpy, scan alone ({sample.shape[1]} replicates, scaled)   {numpy:8.2f} s")
    print(f"ours, circles and scan                          {ours:8.2f} s   {numpy / ours:6.0f} x")
    print(f"ours, draws                                     {drawing:8.2f} s")
    print(f"ours, whole call with draws and all clusters    {whole:8.2f} s   {numpy / whole:6.0f} x")
    print(f"scan by processor seconds: numpy {numpy_processor:.1f}, ours {ours_processor:.2f} on {threads} threads")
    print(f"maxima of {len(judge)} replicates the same within {apart:.0e}, and to the last bit with 1 thread")


if __name__ == "__main__":
    main()
