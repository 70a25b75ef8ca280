"""Crimes to ward x month x crime type: zeros are rows, and every row that is lost has a name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.tables import RECONCILIATION, InputError
from tipping_point.wards.code_years import name_code_years
from tipping_point.wards.coverage import is_covered

log = logging.getLogger(__name__)

PART = 1_000_000
"""Rows that are looked at at a time."""


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
    covered = is_covered(coverage).reindex(index=wards["force_name"], columns=months, fill_value=False).to_numpy(bool)
    lost = (placed["loss"] != "").to_numpy()
    names = ["ward_code", "month", "crime_type"]
    orders = dict(zip(names, (wards.index, months, types), strict=True))
    keys = pd.MultiIndex.from_product(list(orders.values()), names=names)
    with ThreadPoolExecutor(1) as pool:
        # Of a national archive the words of the rows take as long as the sums, and let go of the interpreter.
        words = pool.map(keys.get_level_values, names)
        rows, inside, in_gap = _add_up(placed, ~lost, orders, covered)
        reconciliation = _reconcile(placed, lost, inside, in_gap)
    counts = pd.DataFrame(
        {
            **dict(zip(names, words, strict=True)),
            "crimes": pd.arrays.IntegerArray(rows.copy(), np.repeat(~covered.ravel(), len(types))),
            "rows_placed": rows,
        },
        copy=False,
    )
    log.info(
        "counts: %d rows in; %d placed; %d without a place, %d in unknown places, %d outside the area",
        *(int(reconciliation[name].sum()) for name in list(reconciliation.columns[2:7])),
    )
    return Counted(counts, reconciliation)


def _add_up(
    placed: pd.DataFrame, kept: npt.NDArray[np.bool_], orders: dict[str, pd.Index], covered: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Crimes by ward, month and type, flat; which of the kept rows lie in a ward; and those of months not covered.

    A part of the rows at a time: of a national archive, whole columns of positions take more than the counts.
    """
    numbers = [_number(placed[name], order) for name, order in orders.items()]
    crimes, (wards, months, types) = placed["crimes"].to_numpy(), map(len, orders.values())
    rows = np.zeros(wards * months * types, dtype=np.int64)
    inside, in_gap = kept & (numbers[0] >= 0), np.zeros(len(crimes), dtype=bool)
    for start in range(0, len(crimes), PART):
        part = slice(start, start + PART)
        ward, month, kind = (number[part].astype(np.int64) for number in numbers)
        known = inside[part] & (month >= 0)
        in_gap[part][known] = ~covered[ward[known], month[known]]
        known &= kind >= 0
        cells = ((ward * months + month) * types + kind)[known]
        np.add.at(rows, cells, crimes[part][known])
    return rows, inside, in_gap


def _number(values: pd.Series, order: pd.Index) -> npt.NDArray[np.signedinteger]:
    """Position of each value in `order`, -1 where it is not in it; each distinct value is looked up once.

    In as few bytes as the last position takes.
    """
    values = values.astype("category")
    positions = np.append(order.get_indexer(values.cat.categories), -1)
    return positions.astype(np.min_scalar_type(-len(order) - 1))[values.cat.codes]


def _reconcile(
    placed: pd.DataFrame, lost: npt.NDArray[np.bool_], inside: npt.NDArray[np.bool_], in_gap: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """The account of every row by the force and month of its file."""
    force, month = (placed[name].astype("category") for name in ("force", "month"))
    forces, months = force.cat.categories, month.cat.categories
    key = force.cat.codes.to_numpy(np.int32) * len(months) + month.cat.codes.to_numpy(np.int32)
    crimes = placed["crimes"].to_numpy()
    keys = pd.MultiIndex.from_product([forces, months], names=["force", "month"])
    # What became of each row. A loss that has no name is a fifth kind, which no column counts: the sum below sees it.
    kinds = ["no_place", "unknown_place", "placed", "outside_area"]
    loss = _number(placed["loss"], pd.Index(kinds[:2])) % 5
    kind = np.select([inside, ~lost], [np.int8(2), np.int8(3)], loss)
    sums = _sum_by(key * 5 + kind, crimes, 5 * len(keys)).reshape(-1, 5)
    table = pd.DataFrame(sums[:, :4], index=keys, columns=kinds)
    table["rows_in"] = _sum_by(key, crimes, len(keys))
    table["placed_not_covered"] = _sum_by(key[in_gap], crimes[in_gap], len(keys))
    table = table[np.bincount(key, minlength=len(keys)) > 0].reset_index()
    table = table.astype({"force": "str", "month": "str"}).sort_values(["force", "month"], ignore_index=True)
    accounted = table[kinds].sum(axis=1)
    if not (accounted == table["rows_in"]).all():
        raise AssertionError("rows in do not equal rows placed plus named losses")
    return table[[column.name for column in RECONCILIATION]]


def _sum_by(key: npt.NDArray[np.int32], crimes: npt.NDArray[np.int64], number: int) -> npt.NDArray[np.int64]:
    """Crimes of the rows by their key, 0 to `number`."""
    total = np.zeros(number, dtype=np.int64)
    np.add.at(total, key, crimes)
    return total
