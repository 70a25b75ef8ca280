"""The tables of a study without what hidden totals could be worked out from: wards, areas, ledgers, all that follows.

A number is hidden together with all that it can be worked out from. A rate gives the count back (rate x residents), a
smoothed or standardised rate does so with the two constants that other wards tell, and harm in full precision is the
sum of whole numbers in weights that are known: it tells the number of each type. A z score tells the values of the
neighbours. What stays are classes, ranks and states: they say on which side of others a ward lies, and no number. A
score on percentiles is a rank too; it is narrower the more of the wards around it show theirs, so that a public edition
hides it with harm (`scores`).

What is made with a constant of all wards goes everywhere once a ward is hidden: a share of the whole gives the whole,
and the whole less the shown wards gives the hidden; two smoothed rates give the mean and the variance of all counts,
and those two of the hidden ones; the usual harm rate is that of the ward in the middle, which its rank may tell.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

import pandas as pd

from tipping_point.disclosure.edition import THRESHOLD

log = logging.getLogger(__name__)

Table = TypeVar("Table", bound=pd.DataFrame)

HIDDEN_WORDS = "not told: small numbers could be worked out from it"
"""What stands in a text that would quote a hidden number."""

OF_CRIMES = ("crimes", "crime_rate", "crime_rate_low", "crime_rate_high", "hotspot_value")
OF_HARM = ("harm", "harm_rate", "long_run_harm", "value_plain", "police_generated_share",
           "police_generated_harm_share", "hotspot_value")  # fmt: skip
OF_ALL_TYPES = ("vli_rate_burglary", "vli_rate_damage", "vli_burglary", "vli_damage", "vli_score",
            "vli_score_without_age")  # fmt: skip
OF_ALL_CRIMES = ("smoothed_rate", "standardised_rate")
OF_ALL_HARM = ("excess_harm", "value", "usual_harm_rate", "share_of_harm", "contribution_if_goal_met",
               "comparator_harm_rate", "fall_to_comparators", "contribution_if_like_comparators")  # fmt: skip
OF_ALL_TESTS = ("gi_star_z", "local_moran_i")
OF_NEIGHBOURS = ("gi_star_z", "gi_star_p", "gi_star_p_adjusted", "local_moran_i", "local_moran_p",
                 "local_moran_p_adjusted")  # fmt: skip
WORDS = ("hotspot_reason", "police_generated_reason", "why", "would_change", "rivals")
"""Columns of wards and areas by what they tell; one that a table lacks is passed over. Those of OF_ALL_ are hidden in
every row as soon as one ward is hidden of which they could tell."""


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
    either = flags[["crimes_all", "crimes", "harm"]].any(axis=1)
    touched = neighbours.loc[neighbours["neighbour"].isin(either.index[either]), "focal"]
    beside = either | wards.index.isin(touched)
    result = blank(wards, flags["crimes_all"], ["crimes_all"])
    result = blank(result, flags["crimes"], OF_CRIMES)
    result = blank(result, flags["harm"], [*OF_HARM, *scores])
    result = blank(result, beside, OF_NEIGHBOURS)
    result = _blank_everywhere(result, hidden)
    result = blank(result, beside, WORDS)
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

    result = blank(areas, holds("crimes"), OF_CRIMES)
    result = blank(result, holds("harm"), [*OF_HARM, *scores])
    result = _blank_everywhere(result, hidden)
    return blank(result, holds("crimes") | holds("harm"), WORDS)


def _blank_everywhere(table: Table, hidden: pd.DataFrame) -> Table:
    """The table without what tells a constant of all wards, where one of them is hidden."""
    crimes, harm = bool(hidden["crimes"].any()), bool(hidden["harm"].any())
    gone = [
        *(OF_ALL_CRIMES if crimes else ()), *((*OF_ALL_HARM, *OF_ALL_TESTS) if harm else ()),
        *(OF_ALL_TYPES if hidden["types"].any() else ()),
    ]  # fmt: skip
    return blank(table, pd.Series(data=True, index=table.index), gone)


def protect_ledgers(
    reconciliation: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    threshold: int = THRESHOLD,
    months: Collection[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The account of rows and the coverage without small numbers of rows that were lost.

    Where one loss of a force and month is small all of them are hidden, and so is what they are the difference of: the
    rows that came in.

    Args:
        reconciliation: force, month, rows_in, placed and the losses.
        coverage: force, month, rows and the shares made of them.
        threshold: least number shown.
        months: those of which a total is hidden (`Protected.hidden_months`): their rows are the sum of such totals.
    """
    numbers = reconciliation[[name for name in reconciliation if name not in ("force", "month", "placed")]]
    small = ((numbers > 0) & (numbers < threshold)).any(axis=1) & (threshold > 1)
    few = (reconciliation["placed"] > 0) & (reconciliation["placed"] < threshold)
    few |= reconciliation["month"].isin(list(months))
    account = blank(blank(reconciliation, small | few, numbers.columns), few, ["placed"])
    gone = pd.MultiIndex.from_frame(reconciliation.loc[small | few, ["force", "month"]])
    where = pd.Series(pd.MultiIndex.from_frame(coverage[["force", "month"]]).isin(gone), index=coverage.index)
    told = ["rows", "rows_without_place", "share_without_place", "rise_if_spread", "share_of_usual"]
    return account, blank(coverage, where, told)


OF_WHOLE: Mapping[str, Sequence[str]] = {
    "balance": ("area", "comparators", "standardised_difference"),
    "scorecard": ("straight_line", "constant_fall", "actual"),
    "adjusted": ("value", "adjusted_value", "value_change", "value_change_share"),
    "comparators": ("level", "trend", "area_level", "area_trend"),
    "concentration": ("crimes",),
}
"""Further tables: what is made of the harm, or the crimes, of several wards together, and goes once one is hidden."""
_TWO = 2


def protect_tables(
    tables: Mapping[str, pd.DataFrame], hidden: pd.DataFrame, *, threshold: int = THRESHOLD,
    scores: Collection[str] = (),
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """The further tables of a study without what a hidden total could be worked out from.

    Args:
        tables: by name, as `schema.RECORDS`.
        hidden: from `protect_counts`.
        threshold: least number shown.
        scores: as for `protect_wards`.
    """
    safe = dict(tables)
    some = bool(hidden[["crimes", "harm"]].any().any())
    for name, columns in OF_WHOLE.items():
        if name in safe and some:
            safe[name] = blank(safe[name], pd.Series(data=True, index=safe[name].index), columns)
    if "concentration" in safe:
        # With all digits a coefficient over all wards tells of the last one that is hidden.
        measured = [name for name in safe["concentration"].columns.astype(str) if "gini" in name]
        safe["concentration"] = safe["concentration"].round(dict.fromkeys(measured, _TWO))
    if "denominators" in safe:
        own = safe["denominators"]["ward_code"].isin(hidden.index[hidden["crimes"]])
        rates = [name for name in safe["denominators"].columns.astype(str) if name.startswith("rate_by_")]
        safe["denominators"] = blank(safe["denominators"], own, rates)
    if "annex" in safe:
        table = safe["annex"]
        own = table["ward_code"].isin(hidden.index[hidden["harm"]]) | (some and "why" in scores)
        safe["annex"] = blank(table, own, [*scores, "why", "would_change"])
    for name in ("recorded_crime", "recorded_crime_partnerships"):
        if name in safe:
            safe[name] = coarse_ratios(safe[name], threshold=threshold)
    if "agreement" in safe:
        accounts = ("agree", "disagree", "only_code", "only_point", "neither")
        safe["agreement"] = protect_rows(safe["agreement"], accounts, threshold=threshold)
    if "unplaced" in safe:
        # Sums over the months of the ledger, of which some may be hidden; and the crimes of the ward in the middle.
        numbers = [name for name in safe["unplaced"].columns.astype(str) if name != "force_name"]
        safe["unplaced"] = blank(safe["unplaced"], pd.Series(data=True, index=safe["unplaced"].index), numbers)
    return safe


def coarse_ratios(table: pd.DataFrame, *, threshold: int = THRESHOLD) -> pd.DataFrame:
    """Counts over published totals without the counts, and ratios in two decimals where those leave enough open.

    Args:
        table: crimes and published (a month), months, ratio and far.
        threshold: how many crimes a ratio has to leave open.
    """
    coarse = (table["published"] * table["months"] * 10**-_TWO).ge(threshold)
    told = blank(table, ~coarse, ["ratio", "far"]).round({"ratio": _TWO})
    return blank(told, pd.Series(data=True, index=table.index), ["crimes"])


def protect_rows(table: Table, columns: Collection[str], *, threshold: int = THRESHOLD) -> Table:
    """A table of sums without the rows in which one of the numbers is small: all numbers of such a row are blank.

    Args:
        table: one row per force or the like; numbers, and columns that say whose they are.
        columns: the numbers that are counts.
        threshold: least number shown.
    """
    counts = table[[name for name in columns if name in table]]
    small = ((counts > 0) & (counts < threshold)).any(axis=1)
    numbers = [name for name in table.columns.astype(str) if pd.api.types.is_numeric_dtype(table[name])]
    return blank(table, small, numbers)


def blank(table: Table, where: pd.Series, columns: Iterable[str]) -> Table:
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
