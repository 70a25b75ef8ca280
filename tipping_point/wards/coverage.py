"""The ledger of what was published: force by month, so that what is missing is never read as zero."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pandas as pd

from tipping_point.schema import COVERAGE, NOT_TERRITORIAL, InputError, force_slug

log = logging.getLogger(__name__)


def build_coverage(files: pd.DataFrame, wards: pd.DataFrame, *, months: Sequence[str]) -> pd.DataFrame:
    """Force x month, complete or missing, from the files present.

    Args:
        files: one row per file read: force (police.uk name), month, rows, rows_without_place, damaged.
        wards: the ward table with force_name; every force that holds a ward stands in the ledger.
        months: the months of the study.

    Returns:
        Columns of `schema.COVERAGE`; one row per force and month, sorted.
    """
    policed = wards.loc[wards["force_name"] != "", "force_name"].value_counts()
    names = {force_slug(str(name)): str(name) for name in policed.index}
    ward_numbers = {force_slug(str(name)): int(number) for name, number in policed.items()}
    # An archive that could not be opened at all is a row without a force.
    files = files[files["force"] != ""]
    seen = files.loc[~files["damaged"]].groupby(["force", "month"])[["rows", "rows_without_place"]].sum()
    forces = sorted(set(names) | set(files["force"]))
    keys = pd.MultiIndex.from_product([forces, list(months)], names=["force", "month"])
    ledger = seen.reindex(keys).reset_index()
    ledger["status"] = ledger["rows"].notna().map({True: "complete", False: "missing"})
    ledger["force_name"] = [names.get(force) or NOT_TERRITORIAL.get(force, force) for force in ledger["force"]]
    ledger["territorial"] = ~ledger["force"].isin(NOT_TERRITORIAL)
    ledger["wards"] = ledger["force"].map(ward_numbers).fillna(0).astype(int)
    ledger["share_without_place"] = ledger["rows_without_place"] / ledger["rows"].where(ledger["rows"] > 0)
    ledger[["rows", "rows_without_place"]] = ledger[["rows", "rows_without_place"]].astype("Int64")
    missing = ledger[(ledger["status"] == "missing") & (ledger["wards"] > 0)]
    log.info(
        "coverage: %d forces x %d months; %d force-months missing, of %s",
        len(forces), len(months), len(missing), ", ".join(missing["force_name"].unique()) or "none",
    )  # fmt: skip
    return ledger[[column.name for column in COVERAGE]]


def is_covered(coverage: pd.DataFrame) -> pd.DataFrame:
    """Booleans, force_name x month: True where the force's file for the month was there."""
    table = coverage.pivot_table(index="force_name", columns="month", values="status", aggfunc="first")
    return table == "complete"


def add_coverage(wards: pd.DataFrame, coverage: pd.DataFrame, *, minimum: float = 0.75) -> pd.DataFrame:
    """Add months_covered, assessed and not_assessed_reason to the ward table.

    A ward is assessed where its force is known, at least `minimum` of the months are covered, and it has residents.
    """
    covered = is_covered(coverage)
    months = coverage["month"].nunique()
    number = wards["force_name"].map(covered.sum(axis=1)).fillna(0).astype(int)
    reason = pd.Series("", index=wards.index)
    short = number < minimum * months
    told = wards["force_name"] + " published crimes for " + number.astype(str)
    reason[short] = told[short] + f" of {months} months ({minimum:.0%} are needed)"
    reason[wards["force_name"] == ""] = "no lookup leads from this ward to a police force"
    reason[~(wards["population"] > 0)] = "no residents are known: no small area has this ward as its best fit"
    result = wards.copy()
    result["months_covered"] = number
    result["assessed"] = reason == ""
    result["not_assessed_reason"] = reason
    log.info("coverage: %d of %d wards assessed", int(result["assessed"].sum()), len(result))
    return result


def say_not_assessed(wards: pd.DataFrame) -> list[str]:
    """Why wards are not assessed, with their number, most first."""
    reasons = wards.loc[~wards["assessed"], "not_assessed_reason"].value_counts()
    return [f"{number:,} wards not assessed: {reason}" for reason, number in reasons.items()]


def require_assessed(wards: pd.DataFrame) -> None:
    """Raise InputError, with the reasons, where not one ward can be assessed."""
    if not wards["assessed"].any():
        raise InputError(["no ward of the study can be assessed:", *say_not_assessed(wards)])
