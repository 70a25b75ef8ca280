"""Small areas to the study's wards, and from code to code through lookups, vintage by vintage."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tipping_point.tables import Column, InputError
from tipping_point.wards.overlap import SMALL_AREAS, build_shares
from tipping_point.wards.shares import Converted, Shares, code_faults, convert_by_shares, is_among

log = logging.getLogger(__name__)

MINIMUM_KNOWN = 0.5
"""Share of a ward's residents for whom a value of another year's areas must be known: a sum over less is no total."""

PARTLY_KNOWN: tuple[Column, ...] = (
    Column("ward_code", "Code of the ward", "code", discloses="nothing"),
    Column("figure", "The column of wards.csv", "text", discloses="nothing"),
    Column(
        "known",
        "Share of the ward's residents for whom a value of the figure's areas was known",
        "share",
        discloses="nothing",
    ),
)


@dataclass(frozen=True)
class Membership:
    """Which ward each small area belongs to, in one vintage of both.

    `table` has one row per small area: [small_area, ward_code], unique and sorted by small_area.
    `wards` has one row per ward that is some small area's best fit, indexed by ward_code:
    [ward_name, district_code, district_name].
    """

    small_area: str
    ward_year: int
    table: pd.DataFrame
    wards: pd.DataFrame

    @property
    def ward_of(self) -> pd.Series:
        """Series small area code -> ward_code."""
        return self.table.set_index(self.small_area)["ward_code"]

    @property
    def ward(self) -> str:
        """What the study's wards are called in tables of several vintages: ward19_code."""
        return f"ward{self.ward_year % 100:02d}_code"


def build_membership(lookups: Sequence[pd.DataFrame], *, ward_year: int) -> Membership:
    """Small area -> ward of `ward_year`, from the lookup that holds both.

    Raises:
        InputError: no lookup leads to wards of that year, or one small area lies in two wards.
    """
    ward = f"ward{ward_year % 100:02d}"
    for small_area in SMALL_AREAS:
        found = [table for table in lookups if {small_area, f"{ward}_code"} <= set(table.columns)]
        if found:
            return _membership(found[0], small_area, ward, ward_year)
    years = sorted({column[4:6] for table in lookups for column in table.columns if column.startswith("ward")})
    raise InputError(
        f"sources.lookup: no lookup leads from small areas to wards of {ward_year}; the lookups given hold wards of "
        f"{', '.join('20' + year for year in years) or 'no year'}. Add the LSOA-to-ward lookup of {ward_year}, "
        f"or set study.ward_year to a year that is there (the boundaries must be of the same year)"
    )


def _membership(lookup: pd.DataFrame, small_area: str, ward: str, ward_year: int) -> Membership:
    code = f"{ward}_code"
    pairs = lookup[[small_area, code]].drop_duplicates()
    split = pairs.loc[pairs[small_area].duplicated(), small_area]
    if len(split):
        raise InputError(
            f"sources.lookup: {len(split)} small areas lie in two wards of {ward_year}: "
            f"{', '.join(split.head(5))}; a best-fit lookup gives each one ward"
        )
    district = next((c[:-5] for c in lookup.columns if c.startswith("district") and c.endswith("_code")), None)
    names = {f"{ward}_name": "ward_name"}
    if district:
        names |= {f"{district}_code": "district_code", f"{district}_name": "district_name"}
    wards = lookup.drop_duplicates(code).set_index(code).rename_axis("ward_code").rename(columns=names)
    for column in ("ward_name", "district_code", "district_name"):
        if column not in wards:
            wards[column] = ""
    table = pairs.rename(columns={code: "ward_code"}).sort_values(small_area, ignore_index=True)
    log.info("lookup: %d small areas (%s) in %d wards of %d", len(table), small_area, len(wards), ward_year)
    return Membership(small_area, ward_year, table, wards[["ward_name", "district_code", "district_name"]].sort_index())


def trace(lookups: Sequence[pd.DataFrame], start: str, goal: str) -> list[tuple[pd.DataFrame, str, str]]:
    """The shortest chain of lookups that leads from code column `start` to a code column beginning with `goal`.

    Vintages are part of the column names, so a chain can only join codes of one vintage: LSOA 2011 to 2021
    to district 2024 to force 2024, never a district of 2019 to a force table of 2024.

    Returns:
        Steps (lookup, from column, to column), in order.

    Raises:
        InputError: no chain exists.
    """
    queue: deque[tuple[str, list[tuple[pd.DataFrame, str, str]]]] = deque([(start, [])])
    seen = {start}
    while queue:
        column, path = queue.popleft()
        if column.startswith(goal):
            return path
        for table in lookups:
            if column not in table.columns:
                continue
            for onward in (name for name in table.columns if name.endswith("_code") and name not in seen):
                # A ward is a best fit of its small areas: a chain through it would move people between districts. A
                # middle-layer area leads nowhere that its small areas do not lead to.
                if onward.startswith(("change", "ward", "msoa")):
                    continue
                seen.add(onward)
                queue.append((onward, [*path, (table, column, onward)]))
    raise InputError(
        f"sources.lookup: no chain of lookups leads from {start} to a {goal}; add the lookups between them "
        f"(small area to district, and district to partnership to force, of one year), which now reach only "
        f"{', '.join(sorted(seen))}"
    )


def follow(lookups: Sequence[pd.DataFrame], start: str, goal: str) -> pd.DataFrame:
    """Every code of `start` with the codes and names of `goal` it leads to, and the share of it that does.

    Returns:
        [start, goal_code, goal_name, share]; shares of one start sum to 1. Where a small area was split, its
        share is divided equally among the parts.
    """
    steps = trace(lookups, start, goal)
    result = pd.DataFrame({start: pd.unique(steps[0][0][start].dropna())}).assign(share=1.0)
    column = start
    for table, source, target in steps:
        pairs = table[[source, target]].dropna().drop_duplicates()
        pairs = pairs.assign(part=1.0 / pairs.groupby(source)[source].transform("size"))
        result = result.merge(pairs, on=source, how="inner")
        result["share"] *= result.pop("part")
        result = result.groupby([start, target])["share"].sum().reset_index()
        column = target
    name_column = column.removesuffix("_code") + "_name"
    last = steps[-1][0]
    names = last.drop_duplicates(column).set_index(column)[name_column]
    return result.rename(columns={column: f"{goal}_code"}).assign(**{f"{goal}_name": result[column].map(names)})


def convert_to_wards(
    values: pd.DataFrame,
    membership: Membership | Shares,
    *,
    combine: str,
    weights: pd.Series | None = None,
    whole: bool = False,
    minimum_known: float = 0.0,
) -> Converted:
    """Values of small areas, or of wards of another year, to wards.

    Args:
        values: indexed by the small-area code of the membership, or by the old codes of the shares; numeric columns.
        membership: small area -> ward of a best-fit lookup, or shares of old areas in wards (`build_shares` by
            lookups, `build_overlap` by residents and geometry).
        combine: 'sum', or 'mean' weighted by residents.
        weights: small-area code -> residents; needed for a mean by a membership, and for a sum the people that
            `known` speaks of. A small area without a weight counts nothing. Shares bring their own.
        whole: the values are whole counts, and so shall be the result, to the unit.
        minimum_known: share of a ward's residents whose value must be known, else the ward is missing.

    Returns:
        One row per ward, sorted. A missing value stays out of both sides of a mean and out of a sum; a ward with
        none known is missing.

    Raises:
        InputError: codes of another vintage (fewer than nine in ten are known), naming of which; a mean without
            weights; as `convert_by_shares`.
    """
    if isinstance(membership, Membership):
        label = ", ".join(map(str, values.columns))
        faults = code_faults(
            values.index, [membership.table, membership.wards.reset_index(names=membership.ward)],
            wanted=membership.small_area, label=label,
        )  # fmt: skip
        if combine == "mean" and weights is None:
            faults.append(f"{label}: a mean needs weights (residents of the small areas)")
        if faults:
            raise InputError(faults)
        membership = _whole_shares(membership, weights)
    converted = convert_by_shares(values, membership, combine=combine, whole=whole, minimum_known=minimum_known)
    return Converted(converted.values.rename_axis("ward_code"), converted.known.rename_axis("ward_code"))


def _whole_shares(membership: Membership, weights: pd.Series | None) -> Shares:
    """A best-fit lookup as shares: every small area whole in its ward."""
    table = membership.table.assign(share=1.0)
    table["people"] = 1.0 if weights is None else table[membership.small_area].map(weights).fillna(0.0)
    return Shares(membership.small_area, "ward_code", table)


def bring_to_wards(
    table: pd.DataFrame,
    membership: Membership,
    *,
    label: str,
    combine: str,
    weights: pd.Series | None = None,
    lookups: Sequence[pd.DataFrame] = (),
    overlaps: Sequence[Shares] = (),
) -> pd.DataFrame:
    """The values of `convert_table`, without what is known of how many residents they speak."""
    return convert_table(
        table, membership, label=label, combine=combine, weights=weights, lookups=lookups, overlaps=overlaps
    ).values


def convert_table(
    table: pd.DataFrame,
    membership: Membership,
    *,
    label: str,
    combine: str,
    weights: pd.Series | None = None,
    lookups: Sequence[pd.DataFrame] = (),
    overlaps: Sequence[Shares] = (),
) -> Converted:
    """A source table of any vintage, by small area or by ward, as values by ward_code.

    Codes of the study's own small areas or wards go straight; others by an overlap that was built for them, else by
    the lookups through the small areas that both vintages share.

    Args:
        table: one code column whose name says its vintage (lsoa11_code, lsoa21_code, ward25_code) and numbers.
        membership: small area -> ward.
        label: what to call the table in a message.
        combine: 'sum' or 'mean'.
        weights: residents by small-area code.
        lookups: tables of `sources.read_lookup` that lead from other vintages.
        overlaps: shares by geometry, for vintages that no lookup leads from.

    Returns:
        Values by ward, and the share of each ward's residents whose value was known. A ward of another year's values
        that are known for less than MINIMUM_KNOWN of its residents is missing.

    Raises:
        InputError: the table's codes are of a vintage that nothing given leads from.
    """
    code = next(column for column in table.columns if column.endswith("_code"))
    values = table.set_index(code)
    if code == membership.small_area:
        return convert_to_wards(values, membership, combine=combine, weights=weights)
    if code in (membership.ward, "ward_code"):
        own = values.rename_axis("ward_code").reindex(membership.wards.index.union(values.index))
        return Converted(own, own.notna().astype(float))
    fitting = [shares for shares in overlaps if (shares.source, shares.target) == (code, membership.ward)]
    if not fitting:
        try:
            residents = [] if weights is None else [_as_population(weights, membership.small_area)]
            fitting = [build_shares(lookups, residents, source=code, target=membership.ward)]
        except InputError as error:
            raise InputError(
                f"{label}: its codes are {code}, but the study goes from {membership.small_area} to "
                f"{membership.ward}; give the file in that vintage, or the lookup and boundaries of this one, or a "
                f"lookup between the two"
            ) from error
    return convert_to_wards(values, fitting[0], combine=combine, minimum_known=MINIMUM_KNOWN)


def list_partly_known(converted: Converted, wards: pd.Index) -> pd.DataFrame:
    """The wards whose figure rests on a part of their residents alone: PARTLY_KNOWN, one row per ward and figure."""
    known = converted.known.reindex(wards).rename_axis("ward_code").reset_index()
    table = known.melt("ward_code", var_name="figure", value_name="known")
    partly = table[(table["known"] > 0) & (table["known"] < 1 - 1e-9)]
    return partly.sort_values(["figure", "ward_code"], ignore_index=True)[[column.name for column in PARTLY_KNOWN]]


def say_partly_known(partly: pd.DataFrame) -> list[str]:
    """How many wards each figure is known in part for, in a sentence each."""
    return [
        f"{figure} is known for only a part of the residents of {len(rows):,} {'ward' if len(rows) == 1 else 'wards'} "
        f"(least {rows['known'].min():.0%}); partly_known.csv names them."
        for figure, rows in partly.groupby("figure")
    ]


def _as_population(weights: pd.Series, small_area: str) -> pd.DataFrame:
    return pd.DataFrame({small_area: weights.index, "population": weights.to_numpy(dtype=float)})


def find_code_wards(
    membership: Membership, lookups: Sequence[pd.DataFrame], populations: Sequence[pd.DataFrame] = ()
) -> pd.DataFrame:
    """The ward of every small-area code of 2011 and of 2021, for rows of both vintages in one archive.

    Codes of the membership's own vintage have their best-fit ward. A code that only the other vintage has (it was
    split, merged or redrawn) has the ward where most of its residents live, and the share of them that do.

    Args:
        membership: small area -> ward.
        lookups: tables of `sources.read_lookup`; without the lookup of 2011 to 2021 only the own vintage is known.
        populations: residents by small area, [lsoa11_code or lsoa21_code, population].

    Returns:
        Indexed by code, sorted: [ward_code, share, vintage].
    """
    own = membership.table.set_index(membership.small_area).assign(share=1.0, vintage=membership.small_area)
    (other,) = set(SMALL_AREAS) - {membership.small_area}
    if not any(set(SMALL_AREAS) <= set(table.columns) for table in lookups):
        return own.rename_axis("code").sort_index()
    shares = build_shares(lookups, populations, source=other, target=membership.ward).table
    shares = shares.rename(columns={membership.ward: "ward_code"})
    most = shares.sort_values([other, "share", "ward_code"], ascending=[True, False, True]).drop_duplicates(other)
    new = ~is_among(most[other], own.index.to_series())
    foreign = most[new].set_index(other)[["ward_code", "share"]].assign(vintage=other)
    log.info(
        "codes: %d of %s and %d only of %s, %d of those in more than one ward",
        len(own), membership.small_area, len(foreign), other, int((foreign["share"] < 1 - 1e-9).sum()),
    )  # fmt: skip
    return pd.concat([own, foreign]).rename_axis("code").sort_index()


def majority(shares: pd.DataFrame, key: str, choice: str, weight: str) -> pd.Series:
    """For each key the choice with the largest weight (ties by choice), as Series key -> choice."""
    totals = shares.groupby([key, choice])[weight].sum().reset_index()
    order = totals.sort_values([key, weight, choice], ascending=[True, False, True])
    return order.drop_duplicates(key).set_index(key)[choice]


def find_owners(
    lookups: Sequence[pd.DataFrame], membership: Membership, population: pd.Series, *, level: str = "force"
) -> pd.DataFrame:
    """The police force, authority or region of every ward, by the majority of its residents.

    Args:
        lookups: tables of `sources.read_lookup`; a chain must lead from the small areas to the level, for a force
            through the district.
        membership: small area -> ward.
        population: residents by small-area code; small areas without a figure weigh one resident.
        level: 'force', 'authority' (mayoral) or 'region'.

    Returns:
        Indexed by ward_code: [<level>_code, <level>_name].

    Raises:
        InputError: no chain of lookups leads there.
    """
    small_area, code, name = membership.small_area, f"{level}_code", f"{level}_name"
    reached = follow(lookups, small_area, level).merge(membership.table, on=small_area, how="right")
    lost = reached.loc[reached[code].isna(), small_area]
    if len(lost):
        log.info("%s: %d small areas lead to none, e.g. %s", level, len(lost), ", ".join(lost.head(3)))
    reached = reached.dropna(subset=[code])
    residents = reached[small_area].map(population).fillna(1.0).to_numpy(dtype=float)
    reached = reached.assign(residents=np.maximum(residents, 1.0) * reached["share"])
    owner = majority(reached, "ward_code", code, "residents")
    names = reached.drop_duplicates(code).set_index(code)[name]
    return pd.DataFrame({code: owner, name: owner.map(names)})


def find_wider(lookups: Sequence[pd.DataFrame], membership: Membership, population: pd.Series) -> list[pd.DataFrame]:
    """Mayoral authorities and regions of the wards, as far as the lookups lead to them: names for `study.area`."""
    held = {column for table in lookups for column in table.columns}
    return [
        find_owners(lookups, membership, population, level=level)
        for level in ("authority", "region")
        if any(column.startswith(level) for column in held)
    ]
