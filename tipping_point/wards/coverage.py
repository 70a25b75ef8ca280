"""The ledger of what was published: force by month, so that what is missing is never read as zero.

A month of a force is complete, partial or missing. It is missing where no file could be read; partial where a list of
known gaps says so, or where its rows are far under what the force usually has. Rates are on complete months alone.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Mapping, Sequence
from pathlib import PurePath

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tipping_point.tables import COVERAGE, NOT_TERRITORIAL, InputError, force_slug

log = logging.getLogger(__name__)

NO_FILE = "no file"
"""Reason of a month that is missing for no known cause."""
PARTIAL = 0.65
"""Share of a force's usual rows below which a month is taken for incomplete. Half a month is half the rows, give or
take the season, which is taken out; in five real months of 41 forces no whole month came below three quarters, nor
below two thirds in fourteen years of London, the spring of 2020 among them."""
_REACH = 12
"""Months on either side in which the usual number of rows is sought: recording changes over the years."""
_LEAST_MONTHS = 3
"""Other months that a force must have before anything is called usual."""
_LEAST_FORCES = 6
"""Other forces that must have the month before what they have in common is taken out as the season."""
_SEASON = (0.8, 1.25)
"""The most that all forces together are believed to differ from usual: a month of which half is missing everywhere is
no season."""


def build_coverage(
    files: pd.DataFrame, wards: pd.DataFrame, *, months: Sequence[str], gaps: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Force x month, complete, partial or missing: from the files present, their rows and the known gaps.

    Args:
        files: one row per file read: force (police.uk name), month, rows, rows_without_place, damaged; archive and
            note where known.
        wards: the ward table with force_name; every force that holds a ward stands in the ledger.
        months: the months of the study.
        gaps: force, start, end ('' = still so), kind ('nothing' or 'part'), note and source of each known gap.

    Returns:
        Columns of `schema.COVERAGE`; one row per force and month, sorted.
    """
    policed = wards.loc[wards["force_name"] != "", "force_name"].value_counts()
    names = {force_slug(str(name)): str(name) for name in policed.index}
    ward_numbers = {force_slug(str(name)): int(number) for name, number in policed.items()}
    # An archive that could not be opened at all is a row without a force.
    files = files[files["force"] != ""]
    read = files[~files["damaged"]]
    forces = sorted(set(names) | set(files["force"]))
    keys = pd.MultiIndex.from_product([forces, list(months)], names=["force", "month"])
    ledger = read.groupby(["force", "month"])[["rows", "rows_without_place"]].sum().reindex(keys).reset_index()
    archives = _archive_names(read)
    ledger["archive"] = [archives.get(key, "") for key in keys]
    ledger["share_of_usual"] = _share_of_usual(ledger, forces, months)
    ledger["status"], ledger["reason"] = _judge(ledger, files[files["damaged"]], gaps)
    ledger["force_name"] = [names.get(force) or NOT_TERRITORIAL.get(force, force) for force in ledger["force"]]
    ledger["territorial"] = ~ledger["force"].isin(NOT_TERRITORIAL)
    ledger["wards"] = ledger["force"].map(ward_numbers).fillna(0).astype(int)
    ledger["share_without_place"] = ledger["rows_without_place"] / ledger["rows"].where(ledger["rows"] > 0)
    placed = ledger["rows"] - ledger["rows_without_place"]
    ledger["rise_if_spread"] = ledger["rows_without_place"] / placed.where(placed > 0)
    ledger[["rows", "rows_without_place"]] = ledger[["rows", "rows_without_place"]].astype("Int64")
    _log(ledger, months)
    return ledger[[column.name for column in COVERAGE]]


def _archive_names(read: pd.DataFrame) -> dict[tuple[str, str], str]:
    """By force and month, the name of the archive or folder; no path, which is for the provenance alone."""
    archives = read["archive"] if "archive" in read else [""] * len(read)
    keys = zip(read["force"], read["month"], strict=True)
    return dict(zip(keys, (PurePath(archive).name for archive in archives), strict=True))


def _share_of_usual(ledger: pd.DataFrame, forces: Sequence[str], months: Sequence[str]) -> NDArray[np.float64]:
    """Rows as a share of what the force usually has, the season taken out; NaN where nothing can be called usual.

    Usual is the median of the force's other months within a year. The season is the median, over the other forces, of
    the same share: a quiet February or a lockdown is quiet everywhere, half a file is not.
    """
    rows = ledger["rows"].to_numpy(dtype=float).reshape(len(forces), len(months))
    share = np.full_like(rows, np.nan)
    place = np.arange(len(months))
    for month in place:
        near = rows[:, (place != month) & (abs(place - month) <= _REACH)]
        known = (~np.isnan(near)).sum(axis=1) >= _LEAST_MONTHS
        share[known, month] = rows[known, month] / np.nanmedian(near[known], axis=1)
    season = np.ones_like(share)
    for force in range(len(forces)):
        others = np.delete(share, force, axis=0)
        known = (~np.isnan(others)).sum(axis=0) >= _LEAST_FORCES
        season[force, known] = np.nanmedian(others[:, known], axis=0)
    return (share / season.clip(*_SEASON)).ravel()


def _judge(ledger: pd.DataFrame, damaged: pd.DataFrame, gaps: pd.DataFrame | None) -> tuple[list[str], list[str]]:
    """Status of each force-month, and why it is not complete, or what else is to know of it."""
    notes = damaged["note"] if "note" in damaged else pd.Series("", index=damaged.index)
    broken = dict(zip(zip(damaged["force"], damaged["month"], strict=True), notes, strict=True))
    known = [] if gaps is None else gaps.to_dict("records")
    judged = []
    for force, month, rows, share in ledger[["force", "month", "rows", "share_of_usual"]].itertuples(index=False):
        gap = next((gap for gap in known if gap["force"] == force and _spans(gap, month)), None)
        told = f"{gap['note']} ({gap['source']})" if gap else ""
        if np.isnan(rows):
            why = f"its file is damaged: {broken[force, month]}" if (force, month) in broken else told or NO_FILE
            judged.append(("missing", why))
        elif share < PARTIAL:
            told = f"its file is {share:.0%} of what is usual for it; under {PARTIAL:.0%} is no whole month"
            judged.append(("partial", told))
        elif gap and gap["kind"] == "part":
            judged.append(("partial", told))
        else:
            judged.append(("complete", f"a file is there, though {told}" if gap else ""))
    return [status for status, _ in judged], [reason for _, reason in judged]


def _spans(gap: Mapping[Hashable, str], month: str) -> bool:
    return gap["start"] <= month <= (gap["end"] or month)


def _log(ledger: pd.DataFrame, months: Sequence[str]) -> None:
    own = ledger[ledger["wards"] > 0]
    number = own["status"].value_counts()
    log.info(
        "coverage: %d forces x %d months; of those with wards %d force-months missing, of %s; %d partial, of %s",
        ledger["force"].nunique(), len(months),
        *(part for status in ("missing", "partial")
          for part in (number.get(status, 0), _listed(own.loc[own["status"] == status, "force_name"]))),
    )  # fmt: skip


def _listed(names: pd.Series) -> str:
    return ", ".join(names.unique()) or "none"


def is_covered(coverage: pd.DataFrame) -> pd.DataFrame:
    """Booleans, force_name x month: True where the month is complete; a partial month is not covered."""
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
    known = _why_not(coverage)
    told = wards["force_name"] + " published crimes for " + number.astype(str)
    why = pd.Series([known.get(name, "") for name in wards["force_name"]], index=wards.index, dtype="str")
    reason[short] = told[short] + f" of {months} months ({minimum:.0%} are needed)" + why[short]
    reason[wards["force_name"] == ""] = "no lookup leads from this ward to a police force"
    reason[~(wards["population"] > 0)] = "no residents are known: no small area has this ward as its best fit"
    result = wards.copy()
    result["months_covered"] = number
    result["assessed"] = reason == ""
    result["not_assessed_reason"] = reason
    log.info("coverage: %d of %d wards assessed", int(result["assessed"].sum()), len(result))
    return result


def mark_withheld(wards: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """The wards, not assessed where a count of the study's measure was held back by its publisher.

    Args:
        wards: from `add_coverage`.
        counts: the counts of the measure that were held back, with ward_code.
    """
    held = counts.groupby("ward_code").size().reindex(wards.index, fill_value=0)
    lost = wards["assessed"] & (held > 0)
    result = wards.copy()
    result["assessed"] = wards["assessed"] & ~lost
    result.loc[lost, "not_assessed_reason"] = "counts of the measure were held back by the publisher of the file"
    if lost.any():
        log.info("coverage: %d wards not assessed, since counts of the measure were held back", int(lost.sum()))
    return result


def _why_not(coverage: pd.DataFrame) -> dict[str, str]:
    """By force_name, what is known of the months that are not covered, as the end of a sentence."""
    known = {}
    for force, rows in coverage[coverage["status"] != "complete"].groupby("force_name"):
        partial = int((rows["status"] == "partial").sum())
        told = rows.loc[(rows["status"] == "missing") & (rows["reason"] != NO_FILE), "reason"].value_counts()
        parts = [f"{partial} more hold less than a whole month"] if partial else []
        known[str(force)] = "".join(f"; {part}" for part in [*parts, *told.index[:1]])
    return known


def say_gaps(coverage: pd.DataFrame) -> list[str]:
    """Which months are missing or partial, of the forces that police the study's wards, and why: a sentence each."""
    gaps = coverage[(coverage["status"] != "complete") & (coverage["wards"] > 0)]
    every = sorted(coverage["month"].unique())
    return [
        f"{force}: {', '.join(_runs(rows['month'], every))} {status} ({_wards(rows)}): {reason}"
        for (force, status, reason), rows in gaps.groupby(["force_name", "status", "reason"])
    ]


def _wards(rows: pd.DataFrame) -> str:
    number = int(rows["wards"].iloc[0])
    return "1 ward" if number == 1 else f"{number:,} wards"


def _runs(months: pd.Series, every: Sequence[str]) -> list[str]:
    """Months one after another as one stretch: '2019-07 to 2019-12'."""
    place = np.array([every.index(month) for month in sorted(months)])
    stretches = np.split(place, np.flatnonzero(np.diff(place) > 1) + 1)
    return [every[run[0]] + (f" to {every[run[-1]]}" if len(run) > 1 else "") for run in stretches]


def say_not_assessed(wards: pd.DataFrame) -> list[str]:
    """Why wards are not assessed, with their number, most first."""
    reasons = wards.loc[~wards["assessed"], "not_assessed_reason"].value_counts()
    return [f"{number:,} wards not assessed: {reason}" for reason, number in reasons.items()]


def require_assessed(wards: pd.DataFrame, coverage: pd.DataFrame | None = None) -> None:
    """Raise InputError where not one ward can be assessed: why, and by the ledger what is missing and what to do."""
    if wards["assessed"].any():
        return
    if coverage is None:
        raise InputError(["no ward of the study can be assessed:", *say_not_assessed(wards)])
    gaps = say_gaps(coverage)
    whole = coverage.loc[(coverage["status"] == "complete") & coverage["territorial"], "force"].nunique()
    advice = [
        f"There are whole months of {whole} police {'force' if whole == 1 else 'forces'} in the period. Add files of "
        f"the forces above to sources.crime (an archive that holds them, or the force's own export), or choose another "
        f"study.area or period."
    ]
    raise InputError(
        ["no ward of the study can be assessed:", *say_not_assessed(wards), *gaps, *(advice if gaps else [])]
    )
