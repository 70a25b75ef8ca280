"""Small areas to the study's wards, and from code to code through lookups, vintage by vintage."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tipping_point.schema import InputError

log = logging.getLogger(__name__)

SMALL_AREAS = ("lsoa21_code", "lsoa11_code")


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


@dataclass(frozen=True)
class Converted:
    """Values per ward and, for each, the share of its weight for which a small-area value was known."""

    values: pd.DataFrame
    known: pd.DataFrame


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
                # A ward is a best fit of its small areas: a chain through it would move people between districts.
                if onward.startswith(("change", "ward")):
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
    values: pd.DataFrame, membership: Membership, *, combine: str, weights: pd.Series | None = None
) -> Converted:
    """Small-area values to wards by a best-fit lookup.

    Args:
        values: indexed by the small-area code of the membership, numeric columns.
        membership: small area -> ward.
        combine: 'sum', or 'mean' weighted by `weights`.
        weights: small-area code -> residents; needed for a mean. A small area without a weight counts nothing.

    Returns:
        One row per ward of the membership, sorted. A missing small-area value stays out of both sides of a
        mean and out of a sum; a ward with none known is missing.

    Raises:
        InputError: codes of another vintage (fewer than nine in ten are in the lookup).
    """
    if combine not in ("mean", "sum"):
        raise InputError(f"combine: '{combine}' is not known; use 'mean' (weighted by residents) or 'sum'")
    codes = membership.table[membership.small_area]
    hits = values.index.isin(codes).mean() if len(values) else 0.0
    if hits < 0.9:
        strange = values.index[~values.index.isin(codes)]
        raise InputError(
            f"{', '.join(values.columns)}: {1 - hits:.0%} of the {len(values)} codes ({', '.join(strange[:3])}, …) are "
            f"not {membership.small_area} of the ward lookup: they are of another vintage; give the file of the "
            f"lookup's vintage, or the lookup of the file's"
        )
    rows = values.reindex(codes)
    ward = membership.table["ward_code"].to_numpy()
    if combine == "sum":
        weight = pd.Series(1.0, index=rows.index)
    elif weights is None:
        raise InputError(f"{', '.join(values.columns)}: a mean needs weights (residents of the small areas)")
    else:
        weight = weights.reindex(codes).fillna(0.0)
    present = rows.notna()
    weight_known = present.mul(weight, axis=0).groupby(ward).sum()
    total = rows.mul(weight, axis=0).groupby(ward).sum()
    all_weight = weight.groupby(ward).sum()
    result = total.where(weight_known > 0)
    if combine == "mean":
        result = result / weight_known.where(weight_known > 0)
    known = weight_known.div(all_weight.where(all_weight > 0), axis=0)
    result.index.name = known.index.name = "ward_code"
    partly = int(((known < 1) & (known > 0)).any(axis=1).sum())
    log.info(
        "%s: %d small areas to %d wards by %s; %d wards without a value, %d known in part",
        ", ".join(values.columns), len(values), len(result), combine, int(result.isna().any(axis=1).sum()), partly,
    )  # fmt: skip
    return Converted(result, known)


def bring_to_wards(
    table: pd.DataFrame, membership: Membership, *, label: str, combine: str, weights: pd.Series | None = None
) -> pd.DataFrame:
    """A source table, by small area or by ward, as values by ward_code.

    Args:
        table: one code column whose name says its vintage (lsoa11_code, lsoa21_code, ward25_code) and numbers.
        membership: small area -> ward.
        label: what to call the table in a message.
        combine: 'sum' or 'mean'.
        weights: residents by small-area code.

    Raises:
        InputError: the table's codes are of another vintage than the study's lookup and wards.
    """
    code = next(column for column in table.columns if column.endswith("_code"))
    values = table.set_index(code)
    if code == membership.small_area:
        return convert_to_wards(values, membership, combine=combine, weights=weights).values
    ward = f"ward{membership.ward_year % 100:02d}_code"
    if code in (ward, "ward_code"):
        return values.rename_axis("ward_code").reindex(membership.wards.index.union(values.index))
    raise InputError(
        f"{label}: its codes are {code}, but the study goes from {membership.small_area} to {ward}; give the file in "
        f"that vintage, or the lookup and boundaries of this one"
    )


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
