"""What may enter a scan: every fault of the columns and options, each a sentence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.hotspots.permutation import Floats

MAX_CASES = 2**31 - 1
"""Cases that 32 bits count."""
LARGEST = 1e100
"""Coordinates and populations below which squares and sums are finite."""


def read_places(
    cases: npt.ArrayLike, population: npt.ArrayLike, coordinates: npt.ArrayLike
) -> tuple[Floats, Floats, Floats, list[str]]:
    """Cases, population (n each) and coordinates (n x 2) as numbers, and what is wrong with them."""
    found, faults = _numbers(cases, "cases")
    people, more = _numbers(population, "population")
    places, odd = _coordinates(coordinates)
    faults += more + odd
    lengths = {"cases": len(found), "population": len(people), "coordinates": len(places)}
    if not faults and len(set(lengths.values())) > 1:
        faults.append(f"lengths differ: {', '.join(f'{n} {name}' for name, n in lengths.items())}; they must be equal")
    elif not faults:
        positions = pd.RangeIndex(len(found))
        astray = np.asarray(~(np.abs(places) < LARGEST).all(axis=1))
        faults += _faults_of_places(found, people, positions)
        faults += _fault("coordinates", places, positions, astray, f"finite numbers within {LARGEST:g}")
    return found, people, places, faults


def read_wards(cases: pd.Series, population: pd.Series, labels: pd.Index) -> tuple[Floats, Floats, list[str]]:
    """Cases and population as numbers in the order of the labels, and what is wrong with them."""
    found, faults = _numbers(cases, "cases")
    people, more = _numbers(population, "population")
    faults += more
    for name, column in (("cases", cases), ("population", population)):
        faults += _faults_of_labels(column.index, labels, name)
    if not faults:
        found, people = found[cases.index.get_indexer(labels)], people[population.index.get_indexer(labels)]
        faults += _faults_of_places(found, people, labels)
    return found, people, faults


def faults_of_options(share: float, replicates: int, seed: int) -> list[str]:
    """What is wrong with the options that all scans share."""
    faults = []
    if not isinstance(share, int | float | np.number) or not 0 < share <= 1:
        faults.append(f"max_population_share is {share!r}; it must be above 0 and at most 1")
    for name, value, least in (("replicates", replicates, 1), ("seed", seed, 0)):
        if not is_whole(value) or value < least:
            faults.append(f"{name} is {value!r}; it must be a whole number of at least {least}")
    return faults


def is_whole(value: object) -> bool:
    """Whether this is a whole number, True and False not among them."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _numbers(values: npt.ArrayLike, name: str) -> tuple[Floats, list[str]]:
    """One-dimensional numbers, NaN where missing, and what is wrong."""
    try:
        return np.asarray(pd.Series(values).to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64), []
    except (TypeError, ValueError) as error:
        return np.empty(np.shape(values)[:1]), [f"{name}: not a column of numbers ({error})"]


def _coordinates(values: npt.ArrayLike) -> tuple[Floats, list[str]]:
    """Pairs of numbers, and what is wrong."""
    try:
        places = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        return np.empty((len(np.asarray(values, dtype=object)), 2)), [f"coordinates: not all are numbers ({error})"]
    if places.size == 0:
        return places.reshape(0, 2), []
    if places.ndim != 2 or places.shape[1] != 2:
        return places, [f"coordinates: shape {places.shape}; it must be n x 2"]
    return places, []


def _faults_of_places(cases: Floats, population: Floats, names: pd.Index) -> list[str]:
    counted = (cases >= 0) & (cases == np.floor(cases)) & np.isfinite(cases)
    peopled = (population >= 0) & (population < LARGEST)
    faults = [
        *_fault("cases", cases, names, ~counted, "whole numbers, not negative"),
        *_fault("population", population, names, ~peopled, f"finite numbers up to {LARGEST:g}, not negative"),
        *_fault("population", population, names, (population == 0) & (cases > 0), "more than 0 where there are cases"),
    ]
    if counted.all() and len(cases) and not cases.any():
        faults.append("cases: none anywhere; allowed is at least one")
    if cases[counted].sum() > MAX_CASES:
        faults.append(f"cases: {cases[counted].sum():,.0f} in all; allowed are at most {MAX_CASES:,}")
    return faults


def _fault(name: str, values: Floats, names: pd.Index, wrong: npt.NDArray[np.bool_], allowed: str) -> list[str]:
    """One sentence on all the wrong places, or nothing."""
    if not wrong.any():
        return []
    some = np.flatnonzero(wrong)[:5]
    given = ", ".join(f"{names[place]}: {values[place].tolist()}" for place in some)
    more = " ..." if wrong.sum() > len(some) else ""
    return [f"{name}: wrong at {wrong.sum()} location(s) ({given}{more}); allowed are {allowed}"]


def _faults_of_labels(given: pd.Index, labels: pd.Index, name: str) -> list[str]:
    faults = []
    for wrong, said in (
        (given[given.duplicated()].unique(), "stand more than once, each must once"),
        (given[~given.isin(labels)].unique(), "are not in the graph"),
        (labels[~labels.isin(given)], f"of the graph are not in {name}"),
    ):
        if len(wrong):
            some = ", ".join(map(str, wrong[:5])) + (" ..." if len(wrong) > 5 else "")
            faults.append(f"{name}: {len(wrong)} label(s) {said}: {some}")
    return faults
