"""Which year a list of codes belongs to, code by code, in sentences: mixed vintages are named, never guessed at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pandas as pd

_VINTAGE = re.compile(r"(lsoa|msoa|ward|district)([0-9][0-9])_code")
_WORDS = {"lsoa": "small areas", "msoa": "middle-layer areas", "ward": "wards", "district": "districts"}


def vintages_of(tables: Iterable[pd.DataFrame]) -> dict[str, pd.Index]:
    """Every vintage of codes that the tables hold (lsoa11_code, ward25_code), with its codes; sorted by name."""
    found: dict[str, pd.Index] = {}
    for table in tables:
        for column in table.columns:
            if _VINTAGE.fullmatch(str(column)):
                codes = pd.Index(table[column].dropna().unique()).drop("", errors="ignore")
                found[str(column)] = found[str(column)].union(codes) if str(column) in found else codes
    return {name: found[name] for name in sorted(found)}


def name_code_years(codes: Iterable[str], tables: Sequence[pd.DataFrame], *, wanted: str = "") -> list[str]:
    """Say of which year the codes are: how many of each, which ones, and what to use.

    Codes that two vintages share (a small area that did not change, a ward that kept its border) are evidence for
    neither; the sentences tell what only one vintage has.

    Args:
        codes: codes as a file gives them, repeated or not.
        tables: lookups or boundary tables whose columns bear their vintage (lsoa11_code, ward19_code).
        wanted: the vintage that is needed, so that the advice can name it; '' where any would do.

    Returns:
        Sentences; empty where there is no code.
    """
    distinct = pd.Index(pd.unique(pd.Series(list(codes), dtype="str"))).drop("", errors="ignore")
    if not len(distinct):
        return []
    member = pd.DataFrame({name: distinct.isin(known) for name, known in vintages_of(tables).items()}, index=distinct)
    hits = member.sum().sort_values(ascending=False, kind="stable")
    hits = hits[hits > 0]
    if not len(hits):
        return [f"None of the {len(distinct):,} codes ({_some(distinct)}) is in a table that was given."]
    whole = list(hits.index[hits == len(distinct)])
    if whole:
        return [_whole(len(distinct), whole, wanted)]
    best = wanted if wanted in hits.index and hits[wanted] == hits.iloc[0] else str(hits.index[0])
    sentences = [f"{hits[best]:,} of the {len(distinct):,} codes are {_words(best)}."]
    rest = member[~member[best]]
    others = rest.loc[:, rest.any()]
    for name in others.sum().sort_values(ascending=False, kind="stable").index:
        only = rest.index[others[name]]
        sentences.append(f"{_number(only)} {_words(name)} and not {best} ({_some(only)}).")
    unknown = rest.index[~rest.any(axis=1)]
    if len(unknown):
        sentences.append(f"{_number(unknown)} in no table that was given ({_some(unknown)}).")
    if others.shape[1]:
        sentences.append(
            f"The file mixes vintages: take one edition of it, or convert the codes that are not "
            f"{wanted or best} by the lookup between the two."
        )
    elif wanted and wanted != best:
        sentences.append(_advice(best, wanted))
    return sentences


def rows_by_code_year(crimes: pd.DataFrame, tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of each force and month by the vintage of their small-area code, told apart row by row.

    A code that 2011 and 2021 share is the same land in both, so that a row is of one year only where its code is.

    Args:
        crimes: [force, month, lsoa_code, crimes].
        tables: lookups that hold lsoa11_code and lsoa21_code.

    Returns:
        [force, month, unchanged, only_2011, only_2021, unknown, no_code], sorted.
    """
    known = vintages_of(tables)
    distinct = pd.Index(crimes["lsoa_code"].unique())
    old, new = (distinct.isin(known.get(name, pd.Index([]))) for name in ("lsoa11_code", "lsoa21_code"))
    names = ["unchanged", "only_2011", "only_2021", "unknown", "no_code"]
    kind = pd.Series("unknown", index=distinct).mask(old, "only_2011").mask(new, "only_2021").mask(old & new, names[0])
    kind = kind.mask(distinct == "", "no_code")
    keys = [crimes["force"], crimes["month"], crimes["lsoa_code"].map(kind).rename("kind")]
    table = crimes["crimes"].groupby(keys, observed=True).sum().unstack("kind", fill_value=0)
    return table.reindex(columns=names, fill_value=0).rename_axis(columns=None).reset_index()


def _words(vintage: str) -> str:
    """'lsoa11_code' -> 'small areas of 2011 (lsoa11_code)'."""
    match = _VINTAGE.fullmatch(vintage)
    return f"{_WORDS[match[1]]} of 20{match[2]} ({vintage})" if match else vintage


def _whole(number: int, vintages: Sequence[str], wanted: str) -> str:
    named = wanted if wanted in vintages else vintages[0]
    others = [name for name in vintages if name != named]
    also = f", and equally {', '.join(others)}" if others else ""
    advice = f" {_advice(named, wanted)}" if wanted and named != wanted else ""
    return f"All {number:,} codes are {_words(named)}{also}.{advice}"


def _advice(given: str, wanted: str) -> str:
    return f"Give the file in {wanted}, or the lookup (or boundaries) between {given} and {wanted}."


def _number(codes: pd.Index) -> str:
    return "1 is" if len(codes) == 1 else f"{len(codes):,} are"


def _some(codes: pd.Index, *, most: int = 3) -> str:
    shown = ", ".join(sorted(codes)[:most])
    return shown if len(codes) <= most else f"{shown}, …"
