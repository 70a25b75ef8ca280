"""What the areas can add to halving serious crime in ten years, and the path against which each year is marked."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.areas.profile import chosen_areas
from tipping_point.tables import InputError, check_table

log = logging.getLogger(__name__)

GOAL = 0.5
"""Share by which the whole is to fall."""
YEARS = 10

NOT_MEASURED = "not measured"
MEASURES = ("harm", "crimes", "public confidence")
PATH = [
    "country", "scope", "area_id", "area_name", "measure", "year", "years_since", "straight_line", "constant_fall",
    "actual", "note",
]  # fmt: skip


def yearly_fall(*, goal: float = GOAL, years: int = YEARS) -> float:
    """The constant fall a year, as a share, that adds up to the goal: 1 - (1 - goal)^(1/years), .067 for a half in ten.

    Raises:
        InputError: a goal outside 0-1 or fewer than one year.
    """
    _check(goal, years)
    return 1 - (1 - goal) ** (1 / years)


def add_contribution(
    areas: GeoDataFrame, wards: pd.DataFrame, comparators: pd.DataFrame | None = None, *, goal: float = GOAL
) -> GeoDataFrame:
    """Add how far a fall in each area carries its country's assessed wards towards the goal.

    Args:
        areas: indexed by area_id, with country, population and harm (points a year).
        wards: indexed by ward_code, with assessed, country, population and harm.
        comparators: [area_id, ward_code, matched_on], the `pairs` of `find_comparators`; None where there are none.
            Matched on the harm level too, they leave little to close by design; matched on deprivation alone
            (`traits=("deprivation",)`) they say what wards as deprived, but not chosen, live with.
        goal: share by which the whole is to fall.

    Returns:
        The areas with share_of_harm; contribution_if_goal_met, the share of the needed fall that reaching the goal in
        the area alone would bring (so it equals share_of_harm); comparator_basis, what comparators are alike in;
        comparator_harm_rate, of them all together, per 1,000 residents a year; fall_to_comparators, points a year, 0
        where the area is below them already; contribution_if_like_comparators, that fall as a share of the needed one.
        The last four are blank or missing without comparators.
    """
    _check(goal, YEARS)
    check_table(areas, "areas", ["country", "population", "harm"])
    check_table(wards, "wards", ["assessed", "country", "population", "harm"])
    whole = areas["country"].map(sum_assessed(wards)["harm"]).astype(float)
    needed = (whole * goal).where(whole > 0)
    rate = _comparator_rate(areas, wards, comparators)
    basis = pd.Series("", index=areas.index, dtype=str)
    if comparators is not None and len(comparators):
        said = comparators.groupby("area_id")["matched_on"].first()
        basis = said.reindex(areas.index).fillna("").astype(str)
    fall = (areas["harm"] - rate * areas["population"] / 1_000).clip(lower=0)
    return areas.assign(
        share_of_harm=areas["harm"] / whole.where(whole > 0),
        contribution_if_goal_met=areas["harm"] * goal / needed,
        comparator_basis=basis,
        comparator_harm_rate=rate,
        fall_to_comparators=fall,
        contribution_if_like_comparators=fall / needed,
    )


def yearly_path(
    areas: pd.DataFrame, wards: pd.DataFrame, *, baseline_year: int, goal: float = GOAL, years: int = YEARS
) -> pd.DataFrame:
    """The scorecard: what each year should show if harm falls to the goal, for each area, the shortlist and the whole.

    Args:
        areas: indexed by area_id, with area_name, country, ward_codes and shortlisted where known; all chosen areas.
        wards: indexed by ward_code, with assessed, country, months_covered, crimes and harm (points a year).
        baseline_year: year 0, whose level is that of the study's period, a year.
        goal: share by which the level is to fall.
        years: in which it is to fall.

    Returns:
        One row per scope ('area', 'shortlist', 'whole'), measure (harm in points a year, crimes a year, public
        confidence) and year: straight_line falls by the same amount each year, constant_fall by the same share; actual
        is the baseline in year 0 and blank after it. Public confidence is blank and says that it is not measured.

    Raises:
        InputError: a goal outside 0-1, fewer than one year, a baseline that is no year.
    """
    _check(goal, years)
    if not 1900 <= baseline_year <= 2200:
        raise InputError(f"baseline_year: {baseline_year} given; it must be a year such as 2025")
    check_table(areas, "areas", ["area_name", "country", "ward_codes"])
    levels = _levels(areas, wards)
    since = np.arange(years + 1)
    rows = []
    for row in levels.to_dict("records"):
        for measure in MEASURES:
            base = float(row[measure]) if measure in row else float("nan")
            blank = measure not in row
            rows.append(
                pd.DataFrame(
                    {
                        **{name: row[name] for name in ("country", "scope", "area_id", "area_name")},
                        "measure": measure,
                        "year": baseline_year + since,
                        "years_since": since,
                        "straight_line": base * (1 - goal * since / years),
                        "constant_fall": base * (1 - goal) ** (since / years),
                        "actual": np.where(since == 0, base, np.nan),
                        "note": f"{NOT_MEASURED}: no open source has it for wards" if blank else "",
                    }
                )
            )
    log.info("goal: the path of %d places over %d years from %d", len(levels), years, baseline_year)
    return pd.concat(rows, ignore_index=True)[PATH] if rows else pd.DataFrame(columns=PATH)


def _levels(areas: pd.DataFrame, wards: pd.DataFrame) -> pd.DataFrame:
    """Harm and crimes a year of each chosen area, of each country's shortlist and of its assessed wards."""
    crimes = wards["crimes"] * 12 / wards["months_covered"].where(wards["months_covered"] > 0)
    yearly = wards[["country", "harm", "population"]].assign(crimes=crimes)
    chosen = chosen_areas(areas)
    rows: list[dict[str, object]] = []
    places: list[tuple[str, object, object, list[str]]]
    for country, group in chosen.groupby("country"):
        codes = [str(own).split(";") for own in group["ward_codes"]]
        all_codes = [code for own in codes for code in own]
        assessed = wards.index[wards["assessed"].astype(bool) & wards["country"].eq(country)]
        places = [
            *zip(["area"] * len(group), group.index, group["area_name"], codes, strict=True),
            ("shortlist", "", f"All areas chosen in {country}", all_codes),
            ("whole", "", f"All assessed wards of {country}", list(assessed)),
        ]
        for scope, area, name, own in places:
            sums = yearly[yearly.index.isin(own)]
            rows.append({"country": country, "scope": scope, "area_id": area, "area_name": name,
                         "harm": sums["harm"].sum(), "crimes": sums["crimes"].sum()})  # fmt: skip
    return pd.DataFrame(rows)


def sum_assessed(wards: pd.DataFrame) -> pd.DataFrame:
    """Harm, residents and number of the assessed wards of each country."""
    known = wards[wards["assessed"].astype(bool)]
    return known.groupby("country").agg(harm=("harm", "sum"), population=("population", "sum"), wards=("harm", "size"))


def _comparator_rate(areas: pd.DataFrame, wards: pd.DataFrame, comparators: pd.DataFrame | None) -> pd.Series:
    """Harm per 1,000 residents a year of all comparators of an area together."""
    if comparators is None or comparators.empty:
        return pd.Series(np.nan, index=areas.index)
    own = wards.loc[comparators["ward_code"], ["harm", "population"]].astype(float)
    sums = own.groupby(comparators["area_id"].to_numpy()).sum()
    return (sums["harm"] / sums["population"].where(sums["population"] > 0) * 1_000).reindex(areas.index)


def _check(goal: float, years: int) -> None:
    faults = [] if 0 < goal < 1 else [f"goal: {goal:g} given; it must be above 0 and below 1, as a share"]
    if years < 1:
        faults.append(f"years: {years} given; it must be at least 1")
    if faults:
        raise InputError(faults)
