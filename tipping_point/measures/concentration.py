"""How concentrated crime is in places, and how much of that chance alone would give.

Crimes scattered blindly over places look concentrated too, the more so the fewer they are: every figure here can be
set beside what the same number of crimes gives when each falls on a place at random (by exposure, if given). That
null is a low bar: a rejection says that places differ, not by how much, and not why.
"""

from __future__ import annotations

import logging
import os
import zlib
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.tables import InputError

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]

FIGURES = ("gini", "generalised_gini", "share_25", "share_50")
"""What `concentration` computes: G, G', and the least share of wards that hold 25% and 50% of the crimes."""

COLUMNS = (
    "group", "period", "wards", "wards_left_out", "crimes",
    *(f"{figure}{suffix}" for figure in FIGURES for suffix in ("", "_expected", "_low", "_high", "_p")),
)  # fmt: skip

CELLS = 500_000
"""Simulated counts held at once by each thread; more are slower, since they leave the processor's cache."""


def lorenz(counts: npt.ArrayLike) -> pd.DataFrame:
    """The Lorenz curve as criminology draws it: places from most to fewest crimes, so that it lies above the diagonal.

    The classic curve, from fewest to most, is the same turned about: (1 - share_of_places, 1 - share_of_crime).

    Args:
        counts: crimes (or harm) by place, shape (n,), at least 0; missing places are left out.

    Returns:
        share_of_places and share_of_crime, from (0, 0) to (1, 1), n + 1 rows; no row where there is no crime.

    Raises:
        InputError: a negative or infinite count.
    """
    known = np.sort(_known(counts, "counts"))[::-1]
    if known.sum() == 0:
        return pd.DataFrame({"share_of_places": pd.Series(dtype=float), "share_of_crime": pd.Series(dtype=float)})
    crime = np.concatenate([[0.0], np.cumsum(known)])
    return pd.DataFrame(
        {"share_of_places": np.arange(len(crime)) / len(known), "share_of_crime": crime / crime[-1]},
    )


def gini(counts: npt.ArrayLike) -> float:
    """G = 2 sum(i x_i) / (N sum(x)) - (N + 1)/N with x from least to most: 0 all alike, 1 - 1/N all in one place.

    Args:
        counts: crimes (or harm) by place, shape (n,), at least 0; missing places are left out.

    Returns:
        G; NaN where there is no crime or no place.

    Raises:
        InputError: a negative or infinite count.
    """
    known = _known(counts, "counts")
    return float(_gini_rows(np.sort(known)[None, :])[0])


def generalised_gini(counts: npt.ArrayLike, *, unbiased: bool = False) -> float:
    """G' = max(1, N/c)(G - 1) + 1: concentration beyond what fewer crimes than places force (Bernasco, Steenbeek 2017).

    c crimes can reach at most c of N places, so that G cannot be 0 where c < N; G' can. It equals G where c >= N.

    Args:
        counts: number of crimes by place, shape (n,), whole, at least 0; missing places are left out.
        unbiased: multiply by m/(m - 1), m = min(N, c), so that all crimes in one place give 1.

    Returns:
        G'; NaN where there is no crime or no place, or where m = 1 and `unbiased`.

    Raises:
        InputError: a count that is negative, infinite or not whole (harm and rates have no number of crimes).

    >>> tp.generalised_gini([10, 0, 0, 0, 0])
    0.8
    """
    known = _known(counts, "counts")
    _check_whole(known, "counts")
    plain = _gini_rows(np.sort(known)[None, :])
    return float(_generalise(plain, len(known), known.sum(), unbiased=unbiased)[0])


def share_of_places(counts: npt.ArrayLike, share: float = 0.25) -> float:
    """The least share of places that together hold at least `share` of the crimes, in whole places, not interpolated.

    Args:
        counts: crimes (or harm) by place, shape (n,), at least 0; missing places are left out.
        share: share of the crimes, above 0 and at most 1.

    Returns:
        Number of places needed over the number of places; NaN where there is no crime.

    Raises:
        InputError: a negative or infinite count, or a share out of range.
    """
    if not 0 < share <= 1:
        raise InputError(f"share_of_places: share is {share:g}; it must be above 0 and at most 1")
    (found,) = _share_rows(np.sort(_known(counts, "counts"))[None, :], share)
    return float(found[0])


def concentration(
    counts: pd.Series | pd.DataFrame,
    groups: pd.Series | None = None,
    *,
    exposure: pd.Series | None = None,
    replicates: int = 999,
    seed: int,
) -> pd.DataFrame:
    """Concentration by group and period, beside that of as many crimes scattered at random.

    The null: the same number of crimes, each falling on a ward independently, with equal chances or by exposure
    (Poisson counts with their total held: multinomial).

    Args:
        counts: number of crimes by ward, or wards x periods; missing where a ward is not assessed.
        groups: group of each ward, e.g. its police force, on the index of counts; None is one group, ''.
        exposure: e.g. residents, on the index of counts; None gives every ward the same chance.
        replicates: simulated scatterings per group and period.
        seed: each group and period draws its own numbers, whatever else the table holds.

    Returns:
        One row per group and period, sorted by group, periods in the order given ('' for a Series), with `COLUMNS`:
        wards used, wards_left_out (not assessed, or without exposure), crimes, and for each of `FIGURES` its value,
        its mean under the null, the null's 2.5% and 97.5% points, and p: the share of scatterings at least as
        concentrated, (number + 1)/(replicates + 1), one-sided, ties counting. NaN where there is no crime.

    Raises:
        InputError: counts negative, infinite or not whole; groups or exposure that lack a ward; replicates below 1.
    """
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return begin_concentration(counts, groups, pool, exposure=exposure, replicates=replicates, seed=seed)()


def begin_concentration(
    counts: pd.Series | pd.DataFrame, groups: pd.Series | None, pool: Executor, *, exposure: pd.Series | None = None,
    replicates: int = 999, seed: int,
) -> Callable[[], pd.DataFrame]:  # fmt: skip
    """`concentration`, begun in threads of `pool` while other work goes on; call what is returned to wait for it."""
    table = counts.to_frame("") if isinstance(counts, pd.Series) else counts
    names = pd.Series("", index=table.index) if groups is None else groups.reindex(table.index)
    chances = pd.Series(1.0, index=table.index) if exposure is None else exposure.reindex(table.index).astype(float)
    _check_concentration(table, names, chances, replicates)
    # Sorted, because a ward's simulated counts depend on its place in the row: the order of rows must not matter.
    table, names, chances = table.sort_index(), names.sort_index(), chances.sort_index()
    rows, figures = [], []
    for group in sorted(names.unique()):
        inside = (names == group).to_numpy()
        amount = chances[inside].to_numpy()
        for period in table.columns:
            values = np.asarray(table.loc[inside, period], dtype=float)
            used = ~np.isnan(values) & (amount > 0)
            rng = np.random.default_rng([seed, zlib.crc32(str(group).encode()), zlib.crc32(str(period).encode())])
            rows.append([group, period, int(used.sum()), int((~used).sum()), int(values[used].sum())])
            # To draw and to sort lets go of the interpreter, and each group and period has numbers of its own.
            figures.append(pool.submit(_against_chance, values[used], amount[used], replicates, rng))

    def wait() -> pd.DataFrame:
        found = [[*row, *done.result()] for row, done in zip(rows, figures, strict=True)]
        result = pd.DataFrame(found, columns=list(COLUMNS))
        log.info(
            "concentration: %d wards, %d groups, %d periods; %d ward-periods left out, not assessed",
            len(table), names.nunique(), table.shape[1], int(result["wards_left_out"].sum()),
        )  # fmt: skip
        return result

    return wait


def _against_chance(values: Floats, exposure: Floats, replicates: int, rng: np.random.Generator) -> list[float]:
    """For each of `FIGURES`: value, expected, low, high, p; all NaN without a crime."""
    total = int(values.sum())
    if total == 0:
        return [np.nan] * (5 * len(FIGURES))
    observed = _figures(np.sort(values)[None, :], total)
    chance = exposure / exposure.sum()
    step = max(1, CELLS // len(values))
    simulated = [
        _figures(np.sort(rng.multinomial(total, chance, size=min(step, replicates - done)), axis=1), total)
        for done in range(0, replicates, step)
    ]
    result: list[float] = []
    for index, figure in enumerate(FIGURES):
        value, null = observed[index][0], np.concatenate([block[index] for block in simulated])
        # A small share of wards is the concentrated end; a large Gini is.
        extreme = null <= value if figure.startswith("share") else null >= value
        low, high = np.quantile(null, [0.025, 0.975])
        result += [value, null.mean(), low, high, (int(extreme.sum()) + 1) / (replicates + 1)]
    return [float(number) for number in result]


def _figures(ordered: npt.NDArray[np.generic], total: int) -> tuple[Floats, ...]:
    """`FIGURES` of each row of counts (rows, n), each row from least to most and with the same total."""
    plain = _gini_rows(ordered)
    return (plain, _generalise(plain, ordered.shape[1], total, unbiased=False), *_share_rows(ordered, 0.25, 0.5))


def _gini_rows(ordered: npt.NDArray[np.generic]) -> Floats:
    places = ordered.shape[1]
    total = ordered.sum(axis=1, dtype=float)
    weighted = ordered @ np.arange(1.0, places + 1)
    full = np.full(len(total), np.nan)
    return np.divide(2 * weighted - (places + 1) * total, places * total, out=full, where=total > 0)


def _generalise(plain: Floats, places: int, total: float, *, unbiased: bool) -> Floats:
    if total == 0 or places == 0:
        return np.full_like(plain, np.nan)
    # f (G - 1) + 1, written so that it is exactly G where f = 1.
    result = plain + (max(1.0, places / total) - 1) * (plain - 1)
    reach = min(float(places), total)
    if not unbiased:
        return result
    return result * reach / (reach - 1) if reach > 1 else np.full_like(plain, np.nan)


def _share_rows(ordered: npt.NDArray[np.generic], *shares: float) -> list[Floats]:
    """For each share of the crimes: in each row the share of places that hold it, those with most first."""
    places = ordered.shape[1]
    held = np.cumsum(ordered[:, ::-1], axis=1, dtype=float)
    if places == 0:
        return [np.full(len(ordered), np.nan) for _ in shares]
    # The tolerance is for harm: sums that are equal but for rounding. Whole counts are exact.
    enough = (held >= share * held[:, -1:] * (1 - 1e-12) for share in shares)
    return [np.where(held[:, -1] > 0, (np.argmax(rows, axis=1) + 1) / places, np.nan) for rows in enough]


def _known(counts: npt.ArrayLike, name: str) -> Floats:
    """The counts that are not missing, shape (n,)."""
    values = np.asarray(counts, dtype=float).ravel()
    known = values[~np.isnan(values)]
    if (known < 0).any() or np.isinf(known).any():
        wrong = known[(known < 0) | np.isinf(known)]
        raise InputError(f"{name}: {len(wrong)} are negative or infinite, e.g. {wrong[0]:g}; a count is at least 0")
    return known


def _check_whole(known: Floats, name: str) -> None:
    if (known % 1 != 0).any():
        raise InputError(
            f"{name}: {known[known % 1 != 0][0]:g} is not a whole number; G' and its null are of numbers of crimes"
        )


def _check_concentration(table: pd.DataFrame, names: pd.Series, chances: pd.Series, replicates: int) -> None:
    faults: list[str] = []
    try:
        _check_whole(_known(table, "counts"), "counts")
    except InputError as error:
        faults += error.faults
    if table.index.has_duplicates or table.columns.has_duplicates:
        faults.append("counts: a ward or a period stands twice; each must stand once")
    if names.isna().any():
        codes = ", ".join(map(str, names.index[names.isna()][:5]))
        faults.append(f"groups: {int(names.isna().sum())} wards of the counts have no group, e.g. {codes}")
    if (chances < 0).any() or np.isinf(chances).any():
        faults.append("exposure: a ward has a negative or infinite exposure; it must be at least 0")
    if replicates < 1:
        faults.append(f"replicates: {replicates} given; at least 1 is needed")
    if faults:
        raise InputError(faults)
