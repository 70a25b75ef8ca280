"""Counts by ward, month and type as they may be shown, and the wards of which totals may not."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import pandas as pd

from tipping_point.disclosure.edition import SENSITIVE, THRESHOLD
from tipping_point.disclosure.sums import NEVER, Published
from tipping_point.disclosure.suppress import suppress_small
from tipping_point.facts.crime_types import NOT_CRIME
from tipping_point.tables import FLAGS, InputError, check_table, marked_type, plain_type

log = logging.getLogger(__name__)

_GROUPS = {True: "measure", False: "other crime"}
MARGINS = (
    ("ward_code", "group"), ("ward_code", "crime_type"), ("district_code", "month", "crime_type"),
    ("force_name", "month", "group"),
)  # fmt: skip
"""Totals that outputs show, or that a reader has from elsewhere: police.uk publishes districts by month and type."""


PERIOD_MARGINS = (("ward_code", "group"), ("district_code", "crime_type"), ("force_name", "group"))
"""The same where counts are shown over the whole period alone."""
LARGEST = 60_000
"""Counts by ward, month and type up to which months are shown unless a study says so: the proof takes a minute and a
half on such a table, and grows faster than the table."""
DETAILS = ("month", "period")


@dataclass(frozen=True)
class Protected:
    """Counts as they may be shown, and the wards of which totals may not."""

    counts: pd.DataFrame = field(repr=False)
    """As `counts`, blank where hidden; with hidden_reason."""
    wards: pd.DataFrame
    """By ward_code, booleans: crimes_all, crimes, harm, and types (the total of one type or more) are hidden."""
    published: Published
    """Cells and totals as they are hidden, for `solve_back`; of whole periods where months are not shown."""
    detail: str
    """'month' or 'period'."""

    @property
    def hidden_months(self) -> frozenset[str]:
        """Months of which a total of a force is hidden, so that its rows may not be told either."""
        if self.detail == "period":
            return frozenset()
        totals = self.published.totals["force_name", "month", "group"]
        return frozenset(totals.loc[totals["hidden"], "month"])


def protect_counts(
    counts: pd.DataFrame, wards: pd.DataFrame, *, types: Collection[str], threshold: int = THRESHOLD,
    edition: str = "internal", withheld: pd.Series | None = None, detail: str | None = None,
) -> Protected:  # fmt: skip
    """Hide small counts by ward, month and type, and what gives them away, with all the totals over them.

    Args:
        counts: ward_code, month, crime_type, crimes (missing where not covered), rows_placed.
        wards: by ward_code, with district_code and force_name.
        types: crime types of the study's measure.
        threshold: least number shown.
        edition: in the public one, sexual, domestic and hate crime (SENSITIVE) are never shown by ward and month, nor
            are the types whose incidents marked so stand apart: the two together are published elsewhere.
        withheld: booleans on the index of `counts`: cells that their publisher held back.
        detail: 'month' shows months, 'period' the whole period by ward and type alone; None shows months of tables up
            to LARGEST.

    Returns:
        Counts with blanks and their reasons. Harm of a ward is hidden where the total of one type of the measure is.

    Raises:
        InputError: an unknown detail, or as `suppress_small`.
    """
    check_table(counts, "the counts", ["ward_code", "month", "crime_type", "crimes", "rows_placed"])
    if detail not in (None, *DETAILS):
        raise InputError(f"disclosure.detail: '{detail}' was given; use one of {', '.join(DETAILS)}")
    chosen = detail or ("month" if len(counts) <= LARGEST else "period")
    cells = counts if chosen == "month" else _over_period(counts, withheld)
    held = withheld if chosen == "month" else cells["withheld"]
    keys = ["ward_code", *(["month"] if chosen == "month" else []), "crime_type"]
    table = cells.join(wards[["district_code", "force_name"]].fillna("").astype("str"), on="ward_code")
    group = table["crime_type"].isin(list(types)).map(_GROUPS)
    table["group"] = group.mask(table["crime_type"].isin(NOT_CRIME) & (group != "measure"), "not crime")
    public = edition == "public" and chosen == "month"
    never = table["crime_type"].isin(_sensitive(table["crime_type"].unique())) if public else None
    published = suppress_small(
        table, keys=keys, margins=MARGINS if chosen == "month" else PERIOD_MARGINS, threshold=threshold, withheld=held,
        never=never,
    )  # fmt: skip
    if chosen == "month":
        crimes, reason = published.cells["crimes"], published.cells["reason"]
    else:
        crimes = pd.Series(pd.NA, index=counts.index, dtype="Int64")
        reason = pd.Series(NEVER, index=counts.index).mask(counts["crimes"].isna(), "")
    shown = counts.assign(crimes=crimes, hidden_reason=reason)
    # Rows that were placed in months without coverage are in no total, and each is a record all the same.
    shown["rows_placed"] = counts["rows_placed"].astype("Int64").where(crimes.notna())
    return Protected(shown, _hidden_totals(published, wards.index, chosen), published, chosen)


def _over_period(counts: pd.DataFrame, withheld: pd.Series | None) -> pd.DataFrame:
    """Counts by ward and type over the covered months; one of which a month was held back is held back."""
    held = pd.Series(data=False, index=counts.index) if withheld is None else withheld
    keyed = counts.assign(withheld=held).groupby(["ward_code", "crime_type"], sort=True)
    return keyed.agg(
        crimes=("crimes", lambda given: given.sum(min_count=1)), withheld=("withheld", "any")
    ).reset_index()


def _sensitive(kinds: Iterable[str]) -> set[str]:
    """Types that a public edition never shows in detail, and those of which such incidents were set apart."""
    present = set(kinds)
    marks = [flag for flag in FLAGS if flag in SENSITIVE]
    return {
        kind
        for kind in present
        if plain_type(kind) in SENSITIVE or any(marked_type(plain_type(kind), flag) in present for flag in marks)
    }


def _hidden_totals(published: Published, wards: pd.Index, detail: str) -> pd.DataFrame:
    """Which totals of each ward may not be shown: of the measure, of all crime, and of harm."""
    by_group = published.totals["ward_code", "group"].pivot_table(
        index="ward_code", columns="group", values="hidden", aggfunc="any"
    )  # fmt: skip
    by_group = by_group.reindex(index=wards, columns=list(_GROUPS.values()), fill_value=False).eq(other=True)
    by_type = published.totals["ward_code", "crime_type"] if detail == "month" else published.cells
    hidden = by_type[by_type["hidden"]]
    measured = published.cells.loc[published.cells["group"] == "measure", "crime_type"].unique()
    typed = hidden[hidden["crime_type"].isin(measured)]["ward_code"]
    crimes = by_group["measure"]
    return pd.DataFrame(
        {
            "crimes_all": by_group.any(axis=1),
            "crimes": crimes,
            "harm": crimes | wards.isin(typed),
            "types": crimes | wards.isin(hidden["ward_code"]),
        },
        index=wards,
    )
