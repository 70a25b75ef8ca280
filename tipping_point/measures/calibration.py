"""Ward counts against the totals that the Home Office publishes for the same forces: a ratio, never a correction.

The two are different pipelines. A ratio away from one says that counts of wards rest on files that lack or repeat
crimes, or that recording was changed; it does not say which of the two is right, and nothing is scaled by it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence

import pandas as pd

from tipping_point.tables import InputError, check_table, force_slug, months_between

log = logging.getLogger(__name__)

FAR = 0.15
"""A ratio further than this from one is said: unplaced rows alone are 3 to 5 in a hundred."""
SMALL = 100.0
"""Published offences below which a ratio is chance."""
COLUMNS = (
    "force", "force_name", "crime_type", "start", "end", "months", "same_period", "crimes", "published", "ratio", "far",
)  # fmt: skip
QUARTER = 3
"""Months."""


def calibrate_counts(
    ward_counts: pd.DataFrame, published: pd.DataFrame, wards: pd.DataFrame, *, far: float = FAR
) -> pd.DataFrame:
    """Per force and type of crime, the crimes placed in wards over the offences published for the force.

    Whole quarters that the counts of a force cover are held to the same quarters. Where a force has none of them in
    common, mean months of both are compared, and `same_period` is False: such a ratio holds a change of crime, too.

    Args:
        ward_counts: ward_code x month x crime_type with crimes, missing where a month is not covered.
        published: force, quarter (its first month), crime_type and offences, as `read_recorded_crime` gives them.
        wards: indexed by ward_code, with force_name; the wards of whole forces, else the ratio is of a part.
        far: the distance from one from which a ratio is far.

    Returns:
        COLUMNS, by force and type ('all' last): crimes and published are per month; ratio is missing where fewer than
        SMALL offences were published or a force is not covered at all; far is False there.

    Raises:
        InputError: a column that is not there, a ward of the counts that is not in the wards, no force in common.
    """
    check_table(ward_counts, "ward counts", ["ward_code", "month", "crime_type", "crimes"])
    check_table(published, "published", ["force", "quarter", "crime_type", "offences"])
    ours, months = covered_months(ward_counts, wards["force_name"].map(force_slug, na_action="ignore"))
    theirs = _of_forces(published[published["crime_type"] != ""])
    forces = [force for force in months if force in set(theirs["force"])]
    if not forces:
        raise InputError(
            f"Calibration: no force is in both tables; the wards have {', '.join(sorted(months)) or 'none'}, the"
            f" published table {', '.join(sorted(set(theirs['force']))[:50]) or 'none'}."
        )
    names = {force_slug(name): name for name in wards["force_name"].dropna().unique() if name}
    rows = [
        row
        for force in sorted(forces)
        for row in _compare(force, names[force], ours[ours["place"] == force], theirs[theirs["force"] == force],
                            months[force], far)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    log.info(
        "calibration: %d forces, %d of them over the same quarters; %d of %d ratios further than %.2f from one",
        len(forces), table.loc[table["same_period"], "force"].nunique(), int(table["far"].sum()),
        int(table["ratio"].notna().sum()), far,
    )  # fmt: skip
    return table


def _of_forces(published: pd.DataFrame) -> pd.DataFrame:
    """The rows by force; those by partnership, which add up to the same, where a force and quarter has no others."""
    if "partnership" not in published:
        return published
    whole = published["partnership"] == ""
    key = pd.MultiIndex.from_frame(published[["force", "quarter"]])
    return published[whole | ~key.isin(key[whole])]


def explain_calibration(table: pd.DataFrame) -> tuple[str, ...]:
    """What is to be said of a calibration: a sentence for each force far from one, and one for periods apart.

    Args:
        table: of `calibrate_counts`; only ratios over the same quarters are judged.
    """
    sentences = []
    for name, rows in table[table["far"] & table["same_period"]].groupby("force_name", sort=True):
        shown = "; ".join(f"{kind} {ratio:.2f}" for kind, ratio in zip(rows["crime_type"], rows["ratio"], strict=True))
        sentences.append(
            f"{name}: crimes placed in wards are far from the offences that the Home Office publishes for the force"
            f" (ratio of ours to theirs: {shown}). The two are different pipelines; counts there are to be read with"
            f" care."
        )
    if apart := sorted(set(table.loc[~table["same_period"], "force_name"])):
        shown = ", ".join(apart[:5]) + (f" and {len(apart) - 5} more" if len(apart) > 5 else "")
        sentences.append(
            f"Published totals and counts have no quarter in common for {shown}: their ratios hold a change of crime"
            f" and of recording, too, and calibrate nothing."
        )
    return tuple(sentences)


def covered_months(ward_counts: pd.DataFrame, place_of: pd.Series) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Crimes of the wards' places, and the months in which every ward of a place is covered.

    Args:
        ward_counts: ward_code x month x crime_type with crimes, missing where a month is not covered.
        place_of: the place of each ward, by ward_code; missing for a ward of none.

    Returns:
        place, month, crime_type, crimes; and the covered months by place, in order.

    Raises:
        InputError: a ward of the counts that `place_of` does not have.
    """
    if strange := sorted(set(ward_counts["ward_code"]) - set(place_of.index)):
        raise InputError(
            f"Calibration: {len(strange):,} wards of the counts are not in the table of wards, for example"
            f" {', '.join(strange[:5])}."
        )
    counts = ward_counts.assign(place=ward_counts["ward_code"].map(place_of)).dropna(subset="place")
    covered = counts["crimes"].notna().groupby([counts["place"], counts["month"]]).all()
    months: dict[str, list[str]] = {str(place): [] for place in place_of.dropna().unique()}
    for place, month in covered.index[covered]:
        months[place].append(month)
    return counts.groupby(["place", "month", "crime_type"])["crimes"].sum().reset_index(), months


def whole_quarters(quarters: Iterable[str], months: Collection[str]) -> list[str]:
    """The quarters of which every month is among the months, in order."""
    return [quarter for quarter in sorted(quarters) if set(months_of(quarter)) <= set(months)]


def months_of(quarter: str) -> list[str]:
    """The three months of a quarter that is named by its first."""
    return months_between(quarter, str(pd.Period(quarter, freq="M") + QUARTER - 1))


def compare_types(
    ours: pd.DataFrame, theirs: pd.DataFrame, *, months: Collection[str], quarters: Collection[str], far: float = FAR
) -> list[tuple[str, float, float, float, bool]]:
    """Mean months of one place, ours and theirs, for each type that is published, and for all of them together.

    Args:
        ours: month, crime_type and crimes of one place.
        theirs: quarter, crime_type and offences of it; a type with a suppressed number is not compared.
        months: those of ours that are compared.
        quarters: those of theirs.
        far: as for `calibrate_counts`.

    Returns:
        crime_type, crimes, published, ratio, far.
    """
    placed = ours[ours["month"].isin(list(months))].groupby("crime_type")["crimes"].sum() / max(len(months), 1)
    known = theirs[theirs["quarter"].isin(list(quarters))].groupby("crime_type")["offences"]
    offences = known.sum().where(known.count() == known.size())
    total = pd.Series({"all": offences.sum(skipna=False)})
    rows = []
    for kind, published in pd.concat([offences.sort_index(), total]).items():
        crimes = placed.reindex(offences.index, fill_value=0.0).sum() if kind == "all" else placed.get(kind, 0.0)
        mean = published / (QUARTER * max(len(quarters), 1))
        ratio = crimes / mean if months and published >= SMALL else float("nan")
        rows.append((str(kind), crimes if months else float("nan"), mean, ratio, bool(abs(ratio - 1) > far)))
    return rows


def _compare(
    force: str, name: str, ours: pd.DataFrame, theirs: pd.DataFrame, months: Sequence[str], far: float
) -> list[tuple[object, ...]]:
    """The rows of one force."""
    quarters = sorted(theirs["quarter"].unique())
    common = whole_quarters(quarters, months)
    compared = [month for quarter in common for month in months_of(quarter)] or list(months)
    first, last = min(compared, default=""), max(compared, default="")
    return [
        (force, name, kind, first, last, len(compared), bool(common), *numbers)
        for kind, *numbers in compare_types(ours, theirs, months=compared, quarters=common or quarters, far=far)
    ]
