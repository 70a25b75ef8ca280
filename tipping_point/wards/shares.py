"""Values of old areas carried to new ones by shares: sums and means each their own way, and nothing lost unseen."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.tables import InputError
from tipping_point.wards.code_years import name_code_years

log = logging.getLogger(__name__)

KNOWN_CODES = 0.9
"""Share of a table's codes that must be among the areas it is converted from; fewer are of another vintage."""


@dataclass(frozen=True)
class Shares:
    """How the residents of each old area are divided among new ones.

    `table` has one row per pair that shares land: [source, target, share, people], sorted and unique by the two
    codes. `share` is the part of the old area's residents that lives in the new one; the shares of an old area sum
    to 1, or to the part of it that lies in any new area. `people` are those residents, the weights of every mean.
    """

    source: str
    """Code column of the old areas, with its vintage: ward13_code, lsoa11_code."""
    target: str
    """Code column of the new areas: ward22_code, lsoa21_code."""
    table: pd.DataFrame


@dataclass(frozen=True)
class Converted:
    """Values per new area and, for each, the share of its residents for whom an old value was known."""

    values: pd.DataFrame
    known: pd.DataFrame


def build_from_pieces(pieces: pd.DataFrame, *, source: str, target: str) -> Shares:
    """Pieces of land or of people to shares.

    Args:
        pieces: [source, target, people, size]; a blank target is outside every new area. `size` (square metres, or
            1 each) divides an old area that nobody lives in.
        source: column of the old codes.
        target: column of the new codes.
    """
    pairs = pieces.groupby([source, target])[["people", "size"]].sum().reset_index()
    totals = pairs.groupby(source)[["people", "size"]].transform("sum")
    by_people = pairs["people"] / totals["people"].where(totals["people"] > 0)
    pairs["share"] = by_people.fillna(pairs["size"] / totals["size"])
    inside = pairs[(pairs[target] != "") & (pairs["share"] > 0)]
    return Shares(source, target, inside[[source, target, "share", "people"]].reset_index(drop=True))


def convert_by_shares(
    values: pd.DataFrame, shares: Shares, *, combine: str, whole: bool = False, minimum_known: float = 0.0
) -> Converted:
    """Carry values of the old areas to the new ones.

    A sum is divided by the shares; a mean (a rate, a score, years of life) is the mean of the old areas' values
    weighted by the residents that come from each. So a sum keeps its total and a mean that is the same everywhere
    stays the same. Totals of `whole` sums are kept to the unit: each old area's number is apportioned among the new
    ones by largest remainder (ties by code). Others are kept to floating rounding.

    Args:
        values: indexed by the old areas' codes, numeric columns, missing as NaN.
        shares: from `build_shares` or `build_overlap`.
        combine: 'sum' or 'mean'.
        whole: the values are counts of people or things, and so shall be the result; for sums only.
        minimum_known: share of a new area's residents whose old value must be known, else the result is missing.

    Returns:
        One row per new area, sorted by code. A missing old value stays out of a sum and out of both sides of a mean;
        an area with no known value is missing.

    Raises:
        InputError: an unknown `combine`, repeated codes, codes of another vintage, or values that are not whole.
    """
    _check(values, shares, combine=combine, whole=whole)
    pairs = shares.table
    rows = values.reindex(pairs[shares.source]).to_numpy(dtype=float)
    present = np.isfinite(rows)
    filled = np.where(present, rows, 0.0)
    people = pairs["people"].to_numpy(dtype=float)[:, None]
    place, targets = pd.factorize(pairs[shares.target], sort=True)
    weight_known = _add_up(present * people, place, len(targets))
    if combine == "mean":
        with np.errstate(invalid="ignore"):
            result = _add_up(filled * people, place, len(targets)) / np.where(weight_known > 0, weight_known, np.nan)
    else:
        share = pairs["share"].to_numpy(dtype=float)
        parts = (
            np.column_stack([_apportion(column, share, pairs[shares.source]) for column in filled.T])
            if whole
            else filled * share[:, None]
        )
        known_pairs = _add_up(present.astype(float), place, len(targets))
        result = np.where(known_pairs > 0, _add_up(parts, place, len(targets)), np.nan)
    known = weight_known / _add_up(np.where(people > 0, people, np.nan), place, len(targets), empty=np.nan)
    result = np.where(known < minimum_known, np.nan, result)
    index = pd.Index(targets, name=shares.target)
    converted = Converted(*(pd.DataFrame(table, index, values.columns) for table in (result, known)))
    _log(values, shares, converted, combine)
    return converted


def _check(values: pd.DataFrame, shares: Shares, *, combine: str, whole: bool) -> None:
    label = ", ".join(map(str, values.columns))
    faults = []
    if combine not in ("mean", "sum"):
        faults.append(f"combine: '{combine}' is not known; use 'mean' (weighted by residents) or 'sum'")
    if whole and combine == "mean":
        faults.append(f"{label}: a mean is no whole number; whole = True goes with combine = 'sum'")
    if whole and not (values.isna() | (values == values.round()) & (values >= 0)).all(axis=None):
        faults.append(f"{label}: not all values are whole numbers of nought or more, as whole = True asks")
    repeated = values.index[values.index.duplicated()]
    if len(repeated):
        faults.append(f"{label}: {len(repeated)} codes stand more than once ({', '.join(repeated[:3])}, …)")
    faults += code_faults(values.index, [shares.table[[shares.source]]], wanted=shares.source, label=label)
    if faults:
        raise InputError(faults)


def code_faults(codes: pd.Index, tables: list[pd.DataFrame], *, wanted: str, label: str) -> list[str]:
    """A fault where fewer than nine in ten codes are `wanted`, with the year that each belongs to as far as known."""
    known = is_among(codes, pd.concat([table[wanted] for table in tables if wanted in table]))
    if not len(codes) or known.mean() >= KNOWN_CODES:
        return []
    strange = codes[~known]
    return [
        f"{label}: {1 - known.mean():.0%} of the {len(codes)} codes ({', '.join(strange[:3])}, …) are not {wanted} of "
        f"the ward lookup: they are of another vintage. " + " ".join(name_code_years(codes, tables, wanted=wanted))
    ]


def is_among(codes: pd.Index | pd.Series, known: pd.Series) -> npt.NDArray[np.bool_]:
    """Which of some codes stand in a column, (n,). As objects: in its own kind of text pandas goes text by text."""
    return np.asarray(codes.astype(object).isin(known.to_numpy(dtype=object)), dtype=bool)


def _add_up(
    rows: npt.NDArray[np.float64], place: npt.NDArray[np.intp], areas: int, *, empty: float = 0.0
) -> npt.NDArray[np.float64]:
    """Rows summed by area; NaN in a row counts nothing, and a sum of nought is `empty`."""
    sums = np.zeros((areas, rows.shape[1]))
    np.add.at(sums, place, np.nan_to_num(rows))
    return np.where(sums == 0, empty, sums)


def _apportion(
    numbers: npt.NDArray[np.float64], share: npt.NDArray[np.float64], source: pd.Series
) -> npt.NDArray[np.float64]:
    """Each old area's whole number in whole parts that add up to it, by largest remainder (Hamilton's method).

    Of an old area that lies partly outside, the part inside is rounded to the nearest whole number first.
    """
    quota = numbers * share
    parts = np.floor(quota)
    remainder = quota - parts
    old, _ = pd.factorize(source)
    inside = np.rint(np.bincount(old, quota))
    left = inside - np.bincount(old, parts)
    order = np.lexsort((np.arange(len(old)), -remainder, old))
    first = np.concatenate([[0], np.flatnonzero(np.diff(old[order])) + 1]) if len(old) else np.empty(0, dtype=int)
    rank = np.arange(len(old)) - np.repeat(first, np.diff(np.append(first, len(old))))
    parts[order] += rank < left[old[order]]
    return parts


def _log(values: pd.DataFrame, shares: Shares, converted: Converted, combine: str) -> None:
    lost = values.index[~is_among(values.index, shares.table[shares.source])]
    partly = (converted.known < 1 - 1e-9) & (converted.known > 0)
    log.info(
        "%s: %d areas (%s) to %d (%s) by %s; %d codes in none of them; %d without a value, %d known in part",
        ", ".join(map(str, values.columns)), len(values), shares.source, len(converted.values), shares.target,
        combine, len(lost), int(converted.values.isna().any(axis=1).sum()), int(partly.any(axis=1).sum()),
    )  # fmt: skip
