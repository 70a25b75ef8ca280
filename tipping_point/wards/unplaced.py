"""How much the rows without a place could matter: two bounds for each force, the mildest and the strongest."""

from __future__ import annotations

import logging

import pandas as pd

from tipping_point.tables import Column

log = logging.getLogger(__name__)

UNPLACED: tuple[Column, ...] = (
    Column("force_name", "Name of the force", "text", discloses="nothing"),
    Column("rows", "Rows of its complete months", "rows", discloses="everything"),
    Column("rows_without_place", "Rows of them without a small area or ward", "rows", discloses="everything"),
    Column("share_without_place", "rows_without_place as a share of rows", "share", discloses="everything"),
    Column(
        "rise_if_spread",
        "How much higher every ward's count is if they lie as the others do",
        "share",
        discloses="everything",
    ),
    Column(
        "median_ward",
        "Crimes of its middling ward in the study over the same months, all types",
        "crimes",
        discloses="everything",
    ),
    Column(
        "rise_if_one_ward",
        "How many times that count the middling ward gains if all of them lie in it",
        "times",
        discloses="everything",
    ),
)


def bound_unplaced(coverage: pd.DataFrame, counts: pd.DataFrame, wards: pd.DataFrame) -> pd.DataFrame:
    """For each force of the study's wards, how far rows without a place could raise the rates of its wards.

    Lying as the placed rows do, they raise every ward of the force by the same factor, u / (rows - u): no order within
    the force changes. Lying all in one ward they raise it by u / (its own count): no ward can be raised by more.

    Args:
        coverage: from `build_coverage`.
        counts: from `count_crimes`: ward_code, month, crimes (blank where not covered).
        wards: the study's wards with force_name, indexed by ward_code.

    Returns:
        Columns of UNPLACED; one row per force with a complete month, the largest share first.
    """
    own = coverage[(coverage["status"] == "complete") & (coverage["wards"] > 0)]
    table = own.groupby("force_name")[["rows", "rows_without_place"]].sum().astype("int64")
    nowhere, placed = table["rows_without_place"], table["rows"] - table["rows_without_place"]
    table["share_without_place"] = nowhere / table["rows"].where(table["rows"] > 0)
    table["rise_if_spread"] = nowhere / placed.where(placed > 0)
    by_ward = counts.groupby("ward_code")["crimes"].sum().reindex(wards.index).astype(float)
    median = by_ward.groupby(wards["force_name"]).median()
    table["median_ward"] = median.reindex(table.index)
    table["rise_if_one_ward"] = nowhere / table["median_ward"].where(table["median_ward"] > 0)
    log.info("rows without a place: %d of %d rows in complete months of %d forces", nowhere.sum(), table["rows"].sum(),
             len(table))  # fmt: skip
    ordered = table.sort_values("share_without_place", ascending=False, kind="stable").reset_index()
    return ordered[[column.name for column in UNPLACED]]


def say_unplaced(bounds: pd.DataFrame, *, least: float = 0.05) -> list[str]:
    """The forces of which more than `least` of the rows have no place, and what that can do: a sentence each."""
    return [
        f"{force}: {nowhere:,} of {rows:,} rows ({share:.1%}) have no place and are in no ward. Lying as the others do,"
        f" they would raise every ward of the force by {spread:.1%} and change no order within it; lying all in one"
        f" ward of middling size, which is the most they can do, they would add {times:.1f} times its crimes."
        for force, rows, nowhere, share, spread, _, times in bounds.itertuples(index=False)
        if share > least
    ]
