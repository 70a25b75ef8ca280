"""The Vulnerable Localities Index: six rates, each against a base of 100, and their mean.

Chainey, S. (2008), *Identifying priority neighbourhoods using the Vulnerable Localities Index*, Policing 2(2). Burglary
in dwellings, criminal damage to dwellings, income and employment deprivation, residents of 15 to 24, and people without
qualifications. It is made for neighbourhoods, where 'above 200' marks a priority; wards are larger and more mixed, so
that few reach it: the rank, and the share of wards that the rule picks among neighbourhoods, are given beside it.

Open data do not publish all six: what stands in for a part is named as a proxy. Age is a protected characteristic, so
that the index without it always stands beside.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.facts.crime_types import CRIME_PARTS, VLI_PROXIES
from tipping_point.measures.components import Component
from tipping_point.measures.index import name_missing, rank_in_country
from tipping_point.measures.rates import PER
from tipping_point.tables import DOMAINS, Column, InputError, check_table, types_among

log = logging.getLogger(__name__)

PARTS: Mapping[str, str] = {
    "burglary": "burglary in dwellings",
    "damage": "criminal damage to dwellings",
    "income": "income deprivation",
    "employment": "employment deprivation",
    "young": "residents of 15 to 24",
    "qualifications": "people without qualifications",
}
"""The six parts and their words."""

AGE_PART = "young"

PRIORITY = 200.0
"""The published rule for neighbourhoods: twice the base."""

NEIGHBOURHOODS_ABOVE = 0.0425
"""Share of the small areas of England that are above 200 by income, employment and young residents (Indices of 2025,
Census 2021: 1,436 of 33,755). By the same three parts 1.1% of its wards are."""

BASES = ("area", "mean_of_wards")


def add_crime_parts(
    wards: GeoDataFrame, counts: pd.DataFrame, *, vocabulary: str, households: str | None = None
) -> GeoDataFrame:
    """Add vli_rate_burglary and vli_rate_damage: the two crime parts per 1,000 a year over the covered months.

    Args:
        wards: indexed by ward_code, with assessed, population and months_covered.
        counts: ward_code x month x crime_type with crimes, missing where a month is not covered.
        vocabulary: crime vocabulary of the counts.
        households: column with the households of each ward, the denominator of the original; residents without it.

    Returns:
        The wards; attrs['choices'] gains a sentence on the denominator and on each proxy. Missing where not assessed.

    Raises:
        InputError: no such column.
    """
    if households is not None and households not in wards.columns:
        raise InputError(f"households: there is no column '{households}' in the ward table")
    result = wards.copy()
    base = wards[households or "population"] / PER * wards["months_covered"] / 12
    present = counts["crime_type"].unique()
    for part, types in CRIME_PARTS[vocabulary].items():
        number = counts[counts["crime_type"].isin(types_among(present, types))].groupby("ward_code")["crimes"].sum()
        rate = number.reindex(wards.index).astype(float) / base.where(base > 0)
        result[f"vli_rate_{part}"] = rate.where(wards["assessed"])
    said = [
        f"Vulnerable Localities Index: {proxy} stands in for {PARTS[part]}."
        for part, proxy in VLI_PROXIES[vocabulary].items()
    ]
    if households is None:
        said.append("Vulnerable Localities Index: burglary and damage are per resident, not per household.")
    result.attrs["choices"] = [*wards.attrs.get("choices", ()), *said]
    return result


def vulnerable_localities(
    wards: GeoDataFrame,
    *,
    columns: Mapping[str, str],
    base: str | Mapping[str, float] = "area",
    among: Mapping[str, str] | None = None,
    partial: bool = False,
) -> GeoDataFrame:
    """Add the index, its parts, its ranks and the two rules.

    Args:
        wards: indexed by ward_code, with assessed, country, population and the columns of the parts.
        columns: part (a key of PARTS) -> column with its *rate*, higher = worse; a percentile is none.
        base: what 100 stands for in each country: 'area', the rate of its assessed wards together; 'mean_of_wards',
            the mean of their rates; or part -> rate, for example the nation's.
        among: part -> column of those the rate is a share of, for base = 'area'; residents where not said.
        partial: take the mean of the parts given where they are not all six; refused otherwise.

    Returns:
        The wards with vli_<part>, each rate with the base at 100; vli_score, their mean, and vli_rank (1 = highest,
        within the country, ties by ward_code); vli_above_200; vli_equivalent, among the same share of wards as the
        rule picks among neighbourhoods; vli_score_without_age and vli_rank_without_age; vli_missing, the parts that
        an assessed ward lacks. Scores are missing where the ward is not assessed or lacks a part. attrs['choices']
        gains what was left out and how many wards each rule marks.

    Raises:
        InputError: an unknown part, column or base; parts left out without `partial`; a percentile or a negative
            value in place of a rate; a base of 0.
    """
    among = dict(among or {})
    _check_parts(wards, columns, base, among, partial)
    result = wards.copy()
    parts = [part for part in PARTS if part in columns]
    for part in parts:
        rate = wards[columns[part]].astype(float).where(wards["assessed"])
        basis = _base_rates(rate, wards, base if isinstance(base, str) else base[part], among.get(part, "population"))
        _check_base(basis, rate, part)
        result[f"vli_{part}"] = rate / basis * 100
    indexed = result[[f"vli_{part}" for part in parts]]
    missing = name_missing(indexed.rename(columns=lambda name: name.removeprefix("vli_")))
    result["vli_missing"] = missing.where(wards["assessed"], "")
    result["vli_score"] = indexed.mean(axis=1, skipna=False)
    result["vli_rank"] = rank_in_country(result, "vli_score")
    result["vli_above_200"] = (result["vli_score"] > PRIORITY).astype("boolean").mask(result["vli_score"].isna())
    scored = result.groupby("country")["vli_score"].transform("count")
    picked = (result["vli_rank"] <= (scored * NEIGHBOURHOODS_ABOVE).round()).fillna(False).astype("boolean")
    result["vli_equivalent"] = picked.mask(result["vli_score"].isna())
    ageless = [f"vli_{part}" for part in parts if part != AGE_PART]
    result["vli_score_without_age"] = result[ageless].mean(axis=1, skipna=False)
    result["vli_rank_without_age"] = rank_in_country(result, "vli_score_without_age")
    said = [*_describe_missing(parts), *_describe_rules(result)]
    result.attrs["choices"] = [*wards.attrs.get("choices", ()), *said]
    log.info("vulnerable localities: %d of %d wards scored on %d parts, %d above %.0f",
             int(result["vli_score"].notna().sum()), len(wards), len(parts),
             int(result["vli_above_200"].sum()), PRIORITY)  # fmt: skip
    return result


def vli_components(*, age: bool = True) -> tuple[Component, ...]:
    """The preset of the index: the Vulnerable Localities Index alone, with or without its age component.

    The score itself is no 0-100 scale; `add_index(scale="percentile")` ranks by it, and index_score is its percentile.
    """
    return (Component("vli_score" if age else "vli_score_without_age", 1.0),)


def share_of(residents: pd.DataFrame, group: str) -> pd.Series:
    """Share of the people of each ward who are in a group, e.g. 'age: 15 to 24', of all groups of its characteristic.

    Args:
        residents: wards x 'characteristic: group', people.
        group: one of its columns.

    Raises:
        InputError: no such group.
    """
    check_table(residents, "residents", [group])
    characteristic = group.partition(": ")[0]
    people = residents[[name for name in residents.columns if name.partition(": ")[0] == characteristic]]
    total = people.sum(axis=1, skipna=False)
    return residents[group] / total.where(total > 0)


def _base_rates(rate: pd.Series, wards: GeoDataFrame, base: str | float, among: str) -> pd.Series:
    """What 100 stands for, by ward: one figure for every ward of a country."""
    if not isinstance(base, str):
        return pd.Series(float(base), index=rate.index)
    if base == "mean_of_wards":
        return rate.groupby(wards["country"]).transform("mean")
    people = wards[among].astype(float).where(rate.notna())
    number = (rate * people).groupby(wards["country"]).transform("sum")
    total = people.where(rate.notna()).groupby(wards["country"]).transform("sum")
    return number / total.where(total > 0)


def _check_base(basis: pd.Series, rate: pd.Series, part: str) -> None:
    if rate.notna().any() and not (basis[rate.notna()] > 0).all():
        raise InputError(f"vulnerable localities: the base of '{part}' is 0: no ward can be set against it")


def _describe_missing(parts: list[str]) -> list[str]:
    left_out = [PARTS[part] for part in PARTS if part not in parts]
    if not left_out:
        return []
    return [
        f"Vulnerable Localities Index: the mean of {len(parts)} of its six parts; left out, because the study does not "
        f"have them: {', '.join(left_out)}."
    ]


def _describe_rules(wards: GeoDataFrame) -> list[str]:
    said = []
    for country, own in wards[wards["vli_score"].notna()].groupby("country"):
        above, picked = int(own["vli_above_200"].sum()), own.loc[own["vli_equivalent"], "vli_score"]
        sentence = (
            f"Vulnerable Localities Index, {country}: {above:,} of {len(own):,} wards ({above / len(own):.1%}) are "
            f"above {PRIORITY:.0f}, a rule for smaller neighbourhoods, of which about {NEIGHBOURHOODS_ABOVE:.1%} are."
        )
        if len(picked):
            sentence += f" The highest {len(picked):,} wards, the same share, begin at {picked.min():.0f}."
        said.append(sentence)
    return said


def _check_parts(
    wards: GeoDataFrame,
    columns: Mapping[str, str],
    base: str | Mapping[str, float],
    among: Mapping[str, str],
    partial: bool,
) -> None:
    faults = [
        f"vulnerable localities: '{part}' is no part of the index; its parts are {', '.join(PARTS)}"
        for part in [*columns, *(part for part in among if part not in columns)]
        if part not in PARTS
    ]
    absent = [part for part in PARTS if part not in columns]
    if absent and not (partial and set(columns) - {AGE_PART}):
        faults.append(
            f"vulnerable localities: no column for {', '.join(absent)}; give all six, or set partial = true to take "
            f"the mean of the others (one at least besides '{AGE_PART}')"
        )
    for part, name in [*columns.items(), *among.items()]:
        if name not in wards.columns:
            faults.append(f"vulnerable localities: there is no column '{name}' for '{part}' in the ward table")
    for part, name in columns.items():
        if name in (*DOMAINS, "deprivation") or name.startswith("component_"):
            faults.append(
                f"vulnerable localities: '{name}' for '{part}' is a percentile, and a rate is wanted, such as the "
                f"'Income Score (rate)' of the Indices brought in as an indicator"
            )
        elif name in wards.columns and (wards[name] < 0).any():
            faults.append(f"vulnerable localities: '{name}' is negative in {int((wards[name] < 0).sum())} wards")
    if isinstance(base, str) and base not in BASES:
        faults.append(
            f"vulnerable localities: base '{base}' is not known; choose from {', '.join(BASES)}, or give a rate for "
            f"each part"
        )
    elif not isinstance(base, str) and (lacking := [part for part in columns if not base.get(part, 0) > 0]):
        faults.append(f"vulnerable localities: base has no rate above 0 for {', '.join(lacking)}")
    if faults:
        raise InputError(faults)


def vli_columns() -> tuple[Column, ...]:
    """What the columns of `vulnerable_localities` mean."""
    return (
        *(
            Column(
                f"vli_{part}",
                f"Vulnerable Localities Index, {words}: 100 = the base",
                "100 = base",
                "higher",
                discloses="all_types",
            )
            for part, words in PARTS.items()
        ),
        Column(
            "vli_score",
            "Vulnerable Localities Index (Chainey 2008): mean of its parts",
            "100 = base",
            "higher",
            discloses="all_types",
        ),
        Column("vli_rank", "Rank by vli_score within the country, 1 = highest", "rank", "lower", discloses="nothing"),
        Column(
            "vli_above_200", "True above 200, the published rule for neighbourhoods", "True/False", discloses="nothing"
        ),
        Column(
            "vli_equivalent",
            "True in the share of wards that the rule picks among neighbourhoods",
            "True/False",
            discloses="nothing",
        ),
        Column(
            "vli_score_without_age",
            "The same without residents of 15 to 24",
            "100 = base",
            "higher",
            discloses="all_types",
        ),
        Column("vli_rank_without_age", "Rank by it", "rank", "lower", discloses="nothing"),
        Column("vli_missing", "Parts that the ward lacks", "text", discloses="nothing"),
    )
