"""The tables of a study with what small numbers would give away taken out: counts, wards, areas and the ledgers.

A number is hidden together with all that it can be worked out from. A rate gives the count back (rate x residents), a
smoothed or standardised rate does so with the two constants that other wards tell, and harm in full precision is the
sum of whole numbers in weights that are known: it tells the number of each type. A z score tells the values of the
neighbours. What stays are classes, ranks and states: they say on which side of others a ward lies, and no number. A
score on percentiles is a rank too; it is narrower the more of the wards around it show theirs, so that a public edition
hides it with harm (`scores`).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import pandas as pd

from tipping_point.disclosure.edition import SENSITIVE, THRESHOLD
from tipping_point.disclosure.sums import Published
from tipping_point.disclosure.suppress import suppress_small
from tipping_point.schema import NOT_CRIME, check_table

log = logging.getLogger(__name__)

Table = TypeVar("Table", bound=pd.DataFrame)

HIDDEN_WORDS = "hidden: small numbers"
"""What stands in a text that would quote a hidden number."""

OF_CRIMES = ("crimes", "crime_rate", "crime_rate_low", "crime_rate_high", "smoothed_rate", "standardised_rate",
             "hotspot_value")  # fmt: skip
OF_HARM = ("harm", "harm_rate", "long_run_harm", "excess_harm", "value", "police_generated_share",
           "police_generated_harm_share", "hotspot_value", "share_of_harm", "contribution_if_goal_met",
           "fall_to_comparators", "contribution_if_like_comparators")  # fmt: skip
OF_NEIGHBOURS = ("gi_star_z", "gi_star_p", "gi_star_p_adjusted", "local_moran_i", "local_moran_p",
                 "local_moran_p_adjusted")  # fmt: skip
WORDS = ("hotspot_reason", "chronic_reason", "police_generated_reason", "why", "would_change", "rivals",
         "criterion_concentrated_reason", "criterion_chronic_reason", "criterion_compounded_reason",
         "criterion_tipping_reason")  # fmt: skip
"""Columns of wards and areas by what they tell; one that a table lacks is passed over."""

_GROUPS = {True: "measure", False: "other crime"}
MARGINS = (
    ("ward_code", "group"), ("ward_code", "crime_type"), ("district_code", "month", "crime_type"),
    ("force_name", "month", "group"),
)  # fmt: skip
"""Totals that outputs show, or that a reader has from elsewhere: police.uk publishes districts by month and type."""


@dataclass(frozen=True)
class Protected:
    """Counts as they may be shown, and the wards of which totals may not."""

    counts: pd.DataFrame = field(repr=False)
    """As `counts`, blank where hidden; with hidden_reason."""
    wards: pd.DataFrame
    """By ward_code, booleans: crimes_all, crimes and harm are hidden."""
    published: Published
    """Cells and totals as they are hidden, for `solve_back`."""


def protect_counts(
    counts: pd.DataFrame, wards: pd.DataFrame, *, types: Collection[str], threshold: int = THRESHOLD,
    edition: str = "internal", withheld: pd.Series | None = None,
) -> Protected:  # fmt: skip
    """Hide small counts by ward, month and type, and what gives them away, with all the totals over them.

    Args:
        counts: ward_code, month, crime_type, crimes (missing where not covered), rows_placed.
        wards: by ward_code, with district_code and force_name.
        types: crime types of the study's measure.
        threshold: least number shown.
        edition: in the public one, sexual, domestic and hate crime (SENSITIVE) are never shown by ward and month.
        withheld: booleans on the index of `counts`: cells that their publisher held back.

    Returns:
        Counts with blanks and their reasons. Harm of a ward is hidden where the total of one type of the measure is.
    """
    check_table(counts, "the counts", ["ward_code", "month", "crime_type", "crimes", "rows_placed"])
    places = wards[["district_code", "force_name"]].fillna("").astype("str")
    table = counts.join(places, on="ward_code")
    group = table["crime_type"].isin(list(types)).map(_GROUPS)
    table["group"] = group.mask(table["crime_type"].isin(NOT_CRIME) & (group != "measure"), "not crime")
    never = table["crime_type"].isin(SENSITIVE) if edition == "public" else None
    published = suppress_small(
        table, keys=["ward_code", "month", "crime_type"], margins=MARGINS, threshold=threshold, withheld=withheld,
        never=never,
    )  # fmt: skip
    cells = published.cells
    shown = counts.assign(crimes=cells["crimes"], hidden_reason=cells["reason"])
    # Rows that were placed in months without coverage are in no total, and each is a record all the same.
    shown["rows_placed"] = counts["rows_placed"].astype("Int64").where(cells["crimes"].notna())
    return Protected(shown, _hidden_totals(published, wards.index), published)


def _hidden_totals(published: Published, wards: pd.Index) -> pd.DataFrame:
    """Which totals of each ward may not be shown: of the measure, of all crime, and of harm."""
    by_group = published.totals["ward_code", "group"].pivot_table(
        index="ward_code", columns="group", values="hidden", aggfunc="any"
    )  # fmt: skip
    by_group = by_group.reindex(index=wards, columns=list(_GROUPS.values()), fill_value=False).eq(other=True)
    by_type = published.totals["ward_code", "crime_type"]
    measured = published.cells.loc[published.cells["group"] == "measure", "crime_type"].unique()
    typed = by_type[by_type["hidden"] & by_type["crime_type"].isin(measured)]["ward_code"]
    crimes = by_group["measure"]
    return pd.DataFrame(
        {"crimes_all": by_group.any(axis=1), "crimes": crimes, "harm": crimes | wards.isin(typed)}, index=wards
    )


def protect_wards(
    wards: Table, hidden: pd.DataFrame, *, neighbours: pd.DataFrame, scores: Collection[str] = ()
) -> Table:  # fmt: skip
    """The ward table without what a hidden total could be worked out from.

    Args:
        wards: by ward_code, any columns.
        hidden: from `protect_counts`.
        neighbours: focal and neighbour, the graph that the tests ran on: statistics of a ward are sums over those.
        scores: what else is made of harm and goes with it: index_score, reach and component_harm_rate, in a public
            edition and wherever the index is not on percentiles.
    """
    flags = hidden.reindex(wards.index).fillna(value=False)
    either = flags.any(axis=1)
    touched = neighbours.loc[neighbours["neighbour"].isin(either.index[either]), "focal"]
    beside = either | wards.index.isin(touched)
    result = _blank(wards, flags["crimes_all"], ["crimes_all"])
    result = _blank(result, flags["crimes"], OF_CRIMES)
    result = _blank(result, flags["harm"], [*OF_HARM, *scores])
    result = _blank(result, beside, OF_NEIGHBOURS)
    result = _blank(result, beside, WORDS)
    log.info(
        "Disclosure control: of %d wards, crimes of %d and harm of %d hidden; statistics of %d",
        len(wards), int(flags["crimes"].sum()), int(flags["harm"].sum()), int(beside.sum()),
    )  # fmt: skip
    return result


def protect_areas(areas: Table, hidden: pd.DataFrame, *, scores: Collection[str] = ()) -> Table:
    """The table of areas without the numbers of those that hold a ward with a hidden total.

    An area's total less its other wards is the hidden one, so that one such ward is enough.

    Args:
        areas: with ward_codes, separated by semicolons.
        hidden: from `protect_counts`.
        scores: as for `protect_wards`.
    """
    members = areas["ward_codes"].str.split(";").map(lambda codes: [code.strip() for code in codes])

    def holds(column: str) -> pd.Series:
        codes = set(hidden.index[hidden[column]])
        return members.map(lambda wards: not codes.isdisjoint(wards)).astype(bool)

    result = _blank(areas, holds("crimes"), OF_CRIMES)
    result = _blank(result, holds("harm"), [*OF_HARM, *scores])
    return _blank(result, holds("crimes") | holds("harm"), WORDS)


def protect_ledgers(
    reconciliation: pd.DataFrame, coverage: pd.DataFrame, *, threshold: int = THRESHOLD
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The account of rows and the coverage without small numbers of rows that were lost.

    Where one loss of a force and month is small all of them are hidden, and so is what they are the difference of: the
    rows that came in.

    Args:
        reconciliation: force, month, rows_in, placed and the losses.
        coverage: force, month, rows and the shares made of them.
        threshold: least number shown.
    """
    numbers = reconciliation[[name for name in reconciliation if name not in ("force", "month", "placed")]]
    small = ((numbers > 0) & (numbers < threshold)).any(axis=1) & (threshold > 1)
    few = (reconciliation["placed"] > 0) & (reconciliation["placed"] < threshold)
    account = _blank(_blank(reconciliation, small | few, numbers.columns), few, ["placed"])
    gone = pd.MultiIndex.from_frame(reconciliation.loc[small | few, ["force", "month"]])
    where = pd.Series(pd.MultiIndex.from_frame(coverage[["force", "month"]]).isin(gone), index=coverage.index)
    told = ["rows", "rows_without_place", "share_without_place", "rise_if_spread", "share_of_usual"]
    return account, _blank(coverage, where, told)


def _blank(table: Table, where: pd.Series, columns: Iterable[str]) -> Table:
    """The table with columns blank in some rows; whole numbers stay whole, texts say that they are hidden."""
    result = table.copy()
    for name in columns:
        if name not in table:
            continue
        if pd.api.types.is_bool_dtype(table[name]):
            result[name] = table[name].astype("boolean").mask(where)
        elif pd.api.types.is_integer_dtype(table[name]):
            result[name] = table[name].astype("Int64").mask(where)
        elif pd.api.types.is_numeric_dtype(table[name]):
            result[name] = table[name].mask(where)
        else:
            result[name] = table[name].mask(where & (table[name] != ""), HIDDEN_WORDS)
    return result
