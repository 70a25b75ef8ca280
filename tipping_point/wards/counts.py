"""Crimes to ward x month x crime type: zeros are rows, and every row that is lost has a name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.schema import RECONCILIATION, InputError
from tipping_point.wards.code_years import name_code_years
from tipping_point.wards.coverage import is_covered

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Counted:
    """`counts` as `schema.COUNTS`, complete; `reconciliation` as `schema.RECONCILIATION`, exact to the row."""

    counts: pd.DataFrame
    reconciliation: pd.DataFrame


def place_crimes(
    crimes: pd.DataFrame, ward_of: pd.Series, known_wards: pd.Index, *, tables: Sequence[pd.DataFrame] = ()
) -> pd.DataFrame:
    """Give every aggregated crime row the ward it lies in, and the name of its loss if it has none.

    Args:
        crimes: [force, month, lsoa_code or ward_code, crime_type, crimes]; a blank code is a row without a place.
        ward_of: small area -> ward, used where the rows carry lsoa_code; with `find_code_wards` of both vintages, so
            that an archive may mix them.
        known_wards: every ward of the lookup or boundaries.
        tables: lookups, whose columns bear their vintage, so that a refusal can name the year of each code.

    Returns:
        [force, month, ward_code, crime_type, crimes, loss]; loss is '', 'no_place' or 'unknown_place'.

    Raises:
        InputError: more than one in twenty of the placed rows has a code that the lookups do not know.
    """
    code = (crimes["lsoa_code"] if "lsoa_code" in crimes else crimes["ward_code"]).astype("category")
    # Each distinct code is looked up once: the rows repeat it for every month and type.
    distinct = code.cat.categories
    own = distinct.to_series().map(ward_of) if "lsoa_code" in crimes else distinct.to_series()
    ward = own.where(own.isin(known_wards) if "lsoa_code" not in crimes else own.notna(), "").astype("str")
    why = pd.Series("", index=distinct, dtype="str").mask((ward == "").to_numpy(), "unknown_place")
    if "" in distinct:
        why[""] = "no_place"
    weight = np.bincount(code.cat.codes, weights=crimes["crimes"], minlength=len(distinct)).astype(int)
    _refuse_other_vintage(distinct, why.to_numpy(), weight, tables)
    return pd.DataFrame(
        {
            "force": crimes["force"], "month": crimes["month"], "ward_code": _take(ward, code),
            "crime_type": crimes["crime_type"], "crimes": crimes["crimes"], "loss": _take(why, code),
        }
    )  # fmt: skip


def _take(of_code: pd.Series, code: pd.Series) -> pd.Series:
    """What each distinct code stands for, in every row, as categories."""
    numbers, names = pd.factorize(of_code)
    values = pd.Categorical.from_codes(numbers[code.cat.codes], categories=names)
    return pd.Series(values, index=code.index)


def _refuse_other_vintage(
    distinct: pd.Index, why: npt.NDArray[np.object_], weight: npt.NDArray[np.int64], tables: Sequence[pd.DataFrame]
) -> None:
    """Refuse rows of which more than one in twenty has a code that the lookups do not know."""
    unknown, placed = weight[why == "unknown_place"].sum(), weight[why != "no_place"].sum()
    if not placed or unknown <= 0.05 * placed:
        return
    strange = distinct[why == "unknown_place"]
    years = " ".join(name_code_years(pd.Series(distinct[why != "no_place"]), tables)) if tables else ""
    message = (
        f"sources.crime: {unknown:,} of {placed:,} rows with a place carry codes that no lookup of the study "
        f"knows ({', '.join(strange[:5])}, …): they are of another vintage. police.uk gives 2011 small areas "
        f"up to May 2023 and 2021 small areas after; Metropolitan tables give wards. Add the lookup of that year"
    )
    raise InputError(f"{message}. {years}" if years else message)


def count_crimes(
    placed: pd.DataFrame, wards: pd.DataFrame, coverage: pd.DataFrame, *, crime_types: Sequence[str]
) -> Counted:
    """Ward x month x crime type, every combination a row, and the account of every row that came in.

    Args:
        placed: from `place_crimes`.
        wards: the study's wards with force_name, indexed by ward_code.
        coverage: from `build_coverage`; gives the months and what is covered.
        crime_types: the whole vocabulary of the source.
    """
    months = pd.Index(sorted(coverage["month"].unique()))
    types = pd.Index(sorted(crime_types))
    ward, month, kind = (
        _number(placed[name], order)
        for name, order in (("ward_code", wards.index), ("month", months), ("crime_type", types))
    )
    lost = (placed["loss"] != "").to_numpy()
    inside = ~lost & (ward >= 0)
    known = inside & (month >= 0) & (kind >= 0)
    cells = ((ward * len(months) + month) * len(types) + kind)[known]
    size = len(wards) * len(months) * len(types)
    # Sums of whole numbers below 2^53 are exact as floats.
    rows = np.bincount(cells, weights=placed["crimes"].to_numpy()[known], minlength=size).astype(np.int64)
    keys = pd.MultiIndex.from_product([wards.index, months, types], names=["ward_code", "month", "crime_type"])
    counts = pd.DataFrame({"rows_placed": rows}, index=keys).reset_index()
    covered = is_covered(coverage).reindex(index=wards["force_name"], columns=months, fill_value=False).to_numpy(bool)
    counts["crimes"] = counts["rows_placed"].astype("Int64").mask(~np.repeat(covered.ravel(), len(types)))
    counts = counts[["ward_code", "month", "crime_type", "crimes", "rows_placed"]]
    in_gap = inside & (month >= 0)
    in_gap[in_gap] = ~covered[ward[in_gap], month[in_gap]]
    reconciliation = _reconcile(placed, lost, inside, in_gap)
    log.info(
        "counts: %d rows in; %d placed; %d without a place, %d in unknown places, %d outside the area",
        *(int(reconciliation[name].sum()) for name in list(reconciliation.columns[2:7])),
    )
    return Counted(counts, reconciliation)


def _number(values: pd.Series, order: pd.Index) -> npt.NDArray[np.int64]:
    """Position of each value in `order`, -1 where it is not in it; each distinct value is looked up once."""
    values = values.astype("category")
    positions = np.append(order.get_indexer(values.cat.categories), -1).astype(np.int64)
    return np.asarray(positions[values.cat.codes], dtype=np.int64)


def _reconcile(
    placed: pd.DataFrame, lost: npt.NDArray[np.bool_], inside: npt.NDArray[np.bool_], in_gap: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """The account of every row by the force and month of its file."""
    force, month = (placed[name].astype("category") for name in ("force", "month"))
    forces, months = force.cat.categories, month.cat.categories
    key = force.cat.codes.to_numpy(np.int64) * len(months) + month.cat.codes.to_numpy(np.int64)
    crimes = placed["crimes"].to_numpy(dtype=float)
    parts = {
        "rows_in": np.ones(len(placed), dtype=bool),
        "placed": inside,
        "no_place": (placed["loss"] == "no_place").to_numpy(),
        "unknown_place": (placed["loss"] == "unknown_place").to_numpy(),
        "outside_area": ~lost & ~inside,
        "placed_not_covered": in_gap,
    }
    keys = pd.MultiIndex.from_product([forces, months], names=["force", "month"])
    sums = {
        name: np.bincount(key[which], weights=crimes[which], minlength=len(keys)).astype(np.int64)
        for name, which in parts.items()
    }
    there = np.bincount(key, minlength=len(keys)) > 0
    table = pd.DataFrame(sums, index=keys)[there].reset_index()
    table = table.astype({"force": "str", "month": "str"}).sort_values(["force", "month"], ignore_index=True)
    accounted = table[["placed", "no_place", "unknown_place", "outside_area"]].sum(axis=1)
    if not (accounted == table["rows_in"]).all():
        raise AssertionError("rows in do not equal rows placed plus named losses")
    return table[[column.name for column in RECONCILIATION]]
