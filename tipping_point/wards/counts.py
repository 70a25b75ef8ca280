"""Crimes to ward x month x crime type: zeros are rows, and every row that is lost has a name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
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
    code = crimes["lsoa_code"] if "lsoa_code" in crimes else crimes["ward_code"]
    if "lsoa_code" in crimes:
        # Map the distinct codes once: the rows repeat each of them for every month and type.
        numbers, distinct = pd.factorize(code)
        wards = pd.Series(distinct).map(ward_of).to_numpy(dtype=object)
        ward = pd.Series(wards[numbers], index=code.index)
    else:
        ward = code.where(code.isin(known_wards))
    loss = np.where((code == "").to_numpy(), "no_place", np.where(ward.isna().to_numpy(), "unknown_place", ""))
    weight = crimes["crimes"].to_numpy()
    unknown, placed = weight[loss == "unknown_place"].sum(), weight[loss != "no_place"].sum()
    if placed and unknown > 0.05 * placed:
        strange = code[loss == "unknown_place"].drop_duplicates()
        years = " ".join(name_code_years(code[loss != "no_place"].drop_duplicates(), tables)) if tables else ""
        message = (
            f"sources.crime: {unknown:,} of {placed:,} rows with a place carry codes that no lookup of the study "
            f"knows ({', '.join(strange.head(5))}, …): they are of another vintage. police.uk gives 2011 small areas "
            f"up to May 2023 and 2021 small areas after; Metropolitan tables give wards. Add the lookup of that year"
        )
        raise InputError(f"{message}. {years}" if years else message)
    return pd.DataFrame(
        {
            "force": crimes["force"], "month": crimes["month"], "ward_code": ward.fillna(""),
            "crime_type": crimes["crime_type"], "crimes": crimes["crimes"], "loss": loss,
        }
    )  # fmt: skip


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
    months = sorted(coverage["month"].unique())
    lost = placed["loss"] != ""
    inside = ~lost & placed["ward_code"].isin(wards.index)
    cells = placed[inside].groupby(["ward_code", "month", "crime_type"])["crimes"].sum()
    keys = pd.MultiIndex.from_product(
        [wards.index, months, sorted(crime_types)], names=["ward_code", "month", "crime_type"]
    )
    rows_placed = cells.reindex(keys, fill_value=0)
    counts = rows_placed.rename("rows_placed").reset_index()
    covered = _covered_cells(wards, coverage, months)
    counts["crimes"] = counts["rows_placed"].astype("Int64").mask(~np.repeat(covered.to_numpy(), len(crime_types)))
    counts = counts[["ward_code", "month", "crime_type", "crimes", "rows_placed"]]
    reconciliation = _reconcile(placed, lost, inside, covered)
    log.info(
        "counts: %d rows in; %d placed; %d without a place, %d in unknown places, %d outside the area",
        *(int(reconciliation[name].sum()) for name in list(reconciliation.columns[2:7])),
    )
    return Counted(counts, reconciliation)


def _covered_cells(wards: pd.DataFrame, coverage: pd.DataFrame, months: Sequence[str]) -> pd.Series:
    """Booleans by (ward_code, month), in the order of the counts."""
    covered = is_covered(coverage).reindex(index=wards["force_name"], columns=list(months), fill_value=False)
    covered.index = wards.index
    keys = pd.MultiIndex.from_product([wards.index, list(months)], names=["ward_code", "month"])
    return pd.Series(covered.to_numpy(dtype=bool).ravel(), index=keys)


def _reconcile(placed: pd.DataFrame, lost: pd.Series, inside: pd.Series, covered: pd.Series) -> pd.DataFrame:
    keys = [placed["force"], placed["month"]]
    crimes = placed["crimes"]
    uncovered = covered.index[~covered]
    in_gap = pd.MultiIndex.from_frame(placed[["ward_code", "month"]]).isin(uncovered) & inside.to_numpy()
    parts = {
        "rows_in": crimes,
        "placed": crimes.where(inside, 0),
        "no_place": crimes.where(placed["loss"] == "no_place", 0),
        "unknown_place": crimes.where(placed["loss"] == "unknown_place", 0),
        "outside_area": crimes.where(~lost & ~inside, 0),
        "placed_not_covered": crimes.where(in_gap, 0),
    }
    table = pd.DataFrame(parts).groupby(keys).sum().reset_index()
    accounted = table[["placed", "no_place", "unknown_place", "outside_area"]].sum(axis=1)
    if not (accounted == table["rows_in"]).all():
        raise AssertionError("rows in do not equal rows placed plus named losses")
    return table[[column.name for column in RECONCILIATION]]
