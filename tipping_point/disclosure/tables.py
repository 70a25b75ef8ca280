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
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd

from tipping_point.disclosure.edition import THRESHOLD
from tipping_point.tables import COVERAGE, Column

log = logging.getLogger(__name__)

Table = TypeVar("Table", bound=pd.DataFrame)

HIDDEN_WORDS = "not told: small numbers could be worked out from it"
"""What stands in a text that would quote a hidden number."""

OWN = ("crimes", "crimes_all", "harm")
"""What a column gives away of its own row: columns of the hidden totals, which tell where it goes."""
OF_ALL = {"all_crimes": "crimes", "all_harm": "harm", "all_types": "types"}
"""What goes everywhere once one ward is hidden -> of which total."""
BY_RULE = ("nothing", "derived", "cells", "ledger", "ratio", "sums", "rounded")
"""What hides no cell here: nothing is given away, or a rule of its own hides it."""


@dataclass(frozen=True)
class Hiding:
    """What is hidden of a study, and which of its columns go with it.

    Attributes:
        wards: by ward_code, from `protect_counts`: whether the total of crimes, crimes_all, harm or types is hidden.
        beside: by ward_code: hidden itself, or a neighbour of one that is.
        scores: True where scores of the index are hidden with harm.
        told: True where values that are told beside each other are.
    """

    wards: pd.DataFrame
    beside: pd.Series
    scores: bool = False
    told: bool = False

    @property
    def some(self) -> bool:
        """Whether a total of a ward is hidden."""
        return bool(self.wards[["crimes", "harm"]].any(axis=None))


def hide(hidden: pd.DataFrame, neighbours: pd.DataFrame, *, scores: bool = False, told: bool = False) -> Hiding:
    """What is hidden of a study.

    Args:
        hidden: from `protect_counts`.
        neighbours: focal and neighbour, the graph that the tests ran on: statistics of a ward are sums over those.
        scores: as in `Hiding`.
        told: as in `Hiding`.
    """
    either = hidden[["crimes_all", "crimes", "harm"]].any(axis=1)
    touched = neighbours.loc[neighbours["neighbour"].isin(either.index[either]), "focal"]
    beside = either | pd.Series(hidden.index.isin(touched), index=hidden.index)
    return Hiding(hidden, beside, scores, told)


def protect_table(table: Table, columns: Iterable[Column], hiding: Hiding) -> Table:
    """A table without what a hidden total could be worked out from, column by column as each says what it gives away.

    A column that no definition describes, or whose definition does not say what it gives away, is blank throughout.

    Args:
        table: of wards (indexed by ward_code, or with that column), of areas (ward_codes, separated by semicolons: an
            area's total less its other wards is the hidden one, so that one such ward is enough), or of neither, of
            which what tells of single wards is hidden throughout.
        columns: what its columns are.
        hiding: from `hide`.
    """
    known = {column.name: column.gives_away for column in columns}
    rules = _rules(table, hiding)
    result = table.copy()
    for name in map(str, table.columns.drop("geometry", errors="ignore")):
        gives_away = known.get(name, ())
        if unruled := [each for each in gives_away if each not in rules]:
            raise LookupError(f"disclosure: no rule hides what gives away '{unruled[0]}'")
        where = pd.Series(not gives_away, index=table.index)
        for each in gives_away:
            where |= rules[each]
        if where.any():
            result[name] = _mask(table[name], where)
    return result


def rows_of(table: pd.DataFrame, codes: Collection[str]) -> pd.Series:
    """Which rows are of one of these wards, or hold one; all, where the table does not say of which wards it is."""
    wards = set(codes)
    if "ward_codes" in table:
        members = table["ward_codes"].str.split(";")
        return members.map(lambda own: not wards.isdisjoint(code.strip() for code in own)).astype(bool)
    if "ward_code" in table:
        return table["ward_code"].isin(wards)
    if table.index.name == "ward_code":
        return pd.Series(table.index.isin(wards), index=table.index)
    return pd.Series(bool(wards), index=table.index)


def _rules(table: pd.DataFrame, hiding: Hiding) -> dict[str, pd.Series]:
    """What a column can give away -> the rows of this table in which it is hidden."""

    def of(flags: pd.Series) -> pd.Series:
        return rows_of(table, flags.index[flags.astype(bool)])

    def throughout(hidden: object) -> pd.Series:
        return pd.Series(bool(hidden), index=table.index)

    nowhere, of_harm = throughout(False), of(hiding.wards["harm"])
    listed = hiding.some and hiding.told
    # A sentence on an area quotes the wards in it alone; one on a ward those beside it too.
    quoted = hiding.wards["crimes"] | hiding.wards["harm"] if "ward_codes" in table else hiding.beside
    return {
        **dict.fromkeys(BY_RULE, nowhere),
        **{own: of(hiding.wards[own]) for own in OWN},
        **{whole: throughout(hiding.wards[own].any()) for whole, own in OF_ALL.items()},
        "score": of_harm if hiding.scores else nowhere,
        "told": of_harm if hiding.told else nowhere,
        "score_all": throughout(listed and hiding.scores),
        "told_all": throughout(listed),
        "neighbours": of(hiding.beside),
        "words": of(quoted),
        "whole": throughout(hiding.some),
        "everything": throughout(True),
    }


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
    harmless = {column.name for column in COVERAGE if column.gives_away == ("nothing",)}
    return account, blank(coverage, where, [str(name) for name in coverage if name not in harmless])


_TWO = 2


def protect_tables(
    tables: Mapping[str, pd.DataFrame], columns: Mapping[str, Sequence[Column]], hiding: Hiding,
    *, threshold: int = THRESHOLD,
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """The further tables of a study without what a hidden total could be worked out from.

    Args:
        tables: by name.
        columns: by name of a table, what its columns are.
        hiding: from `hide`.
        threshold: least number shown.
    """
    safe = {}
    for name, table in tables.items():
        known = columns.get(name, ())
        shown = protect_table(table, known, hiding)
        by_rule = {rule: [each.name for each in known if rule in each.gives_away and each.name in table] for rule in
                   ("rounded", "ratio", "sums")}  # fmt: skip
        # With all digits a coefficient over all wards tells of the last one that is hidden.
        shown = shown.round(dict.fromkeys(by_rule["rounded"], _TWO))
        if by_rule["ratio"]:
            shown = coarse_ratios(shown, threshold=threshold)
        if by_rule["sums"]:
            shown = protect_rows(shown, [name for name in by_rule["sums"] if name != "rows"], threshold=threshold)
        safe[name] = shown
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
    """The table with columns blank in some rows; columns that it lacks are passed over."""
    result = table.copy()
    for name in columns:
        if name in table:
            result[name] = _mask(table[name], where)
    return result


def _mask(values: pd.Series, where: pd.Series) -> pd.Series:
    """Values blank in some rows; whole numbers stay whole, texts say that they are hidden."""
    if pd.api.types.is_bool_dtype(values):
        return values.astype("boolean").mask(where)
    if pd.api.types.is_integer_dtype(values):
        return values.astype("Int64").mask(where)
    if pd.api.types.is_numeric_dtype(values):
        return values.mask(where)
    return values.mask(where & (values != ""), HIDDEN_WORDS)
