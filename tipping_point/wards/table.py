"""Boundaries, lookups and population to the ward table: one row per ward of the study's area."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from difflib import get_close_matches

import geopandas as gpd
import pandas as pd

from tipping_point.tables import COUNTRIES, SMALL_POPULATION, InputError, check_table, plain_name
from tipping_point.wards.vintages import Membership

log = logging.getLogger(__name__)

LEVELS = ("force", "district", "authority", "region")
"""What an area of a study can be."""


def build_wards(
    boundaries: gpd.GeoDataFrame,
    membership: Membership,
    *,
    population: pd.Series,
    forces: pd.DataFrame,
    wider: Sequence[pd.DataFrame] = (),
    area: Sequence[str] = (),
    synthetic: bool = False,
) -> gpd.GeoDataFrame:
    """The study's wards with names, district, force, country and residents.

    Args:
        boundaries: [ward_code, ward_name, district_code, district_name, geometry], EPSG:27700.
        membership: small area -> ward of the same year.
        population: residents by ward_code; a ward that is absent has none known.
        forces: [force_code, force_name] by ward_code.
        wider: [authority_code, authority_name] and [region_code, region_name] by ward_code, where known.
        area: districts, forces, mayoral authorities or regions by name or code, 'district:…', 'force:…' and so on
            where a name is of several; empty for every ward of the boundaries.
        synthetic: True marks every ward as invented.

    Returns:
        Indexed by ward_code, sorted, unique.

    Raises:
        InputError: wards of another year than the lookup's, repeated codes, an unknown or ambiguous area.
    """
    check_table(boundaries, "boundaries", ["ward_code", "ward_name", "geometry"], unique=["ward_code"])
    _check_year(boundaries, membership)
    wards = boundaries.set_index("ward_code").sort_index()
    for column in ("district_code", "district_name"):
        own = wards[column] if column in wards else pd.Series("", index=wards.index)
        looked_up = membership.wards[column].reindex(wards.index)
        wards[column] = looked_up.where(looked_up.notna() & (looked_up != ""), own).fillna("")
    wards["force_code"] = forces["force_code"].reindex(wards.index).fillna("")
    wards["force_name"] = forces["force_name"].reindex(wards.index).fillna("")
    _fill_force_by_district(wards)
    wards["country"] = wards.index.str[0].map(COUNTRIES)
    wards["synthetic"] = synthetic
    wards["population"] = population.reindex(wards.index).astype(float)
    wards["small_population"] = wards["population"] < SMALL_POPULATION
    known = wards.join([table.reindex(wards.index).fillna("") for table in wider]) if wider else wards
    wards = wards[_in_area(known, area)]
    log.info("wards: %d in the study's area of %d in the boundaries", len(wards), len(boundaries))
    columns = ["ward_name", "district_code", "district_name", "force_name", "country", "synthetic", "population",
               "small_population", "geometry"]  # fmt: skip
    return wards[columns]


def _check_year(boundaries: gpd.GeoDataFrame, membership: Membership) -> None:
    known = boundaries["ward_code"].isin(membership.wards.index)
    if len(boundaries) == 0:
        raise InputError("sources.boundaries: the file holds no ward of England or Wales")
    if known.mean() < 0.9:
        strange = boundaries.loc[~known, "ward_code"]
        raise InputError(
            f"sources.boundaries: {len(strange)} of {len(boundaries)} ward codes ({', '.join(strange.head(5))}, …) are "
            f"not wards of {membership.ward_year} in the lookup: the two are of different years. Wards change every "
            f"May; give boundaries and lookup of one year and set study.ward_year to it"
        )
    if not known.all():
        log.info("wards: %d wards of the boundaries are no small area's best fit", int((~known).sum()))


def _fill_force_by_district(wards: gpd.GeoDataFrame) -> None:
    """A ward that is no small area's best fit is policed by the force of its district."""
    blank = (wards["force_name"] == "") & (wards["district_code"] != "")
    for column in ("force_code", "force_name"):
        by_district = wards.loc[wards[column] != ""].groupby("district_code")[column].agg(lambda names: names.mode()[0])
        wards.loc[blank, column] = wards.loc[blank, "district_code"].map(by_district).fillna("")


def _in_area(wards: gpd.GeoDataFrame, area: Sequence[str]) -> pd.Series:
    """True for the wards of the named areas; every name that cannot be resolved is a fault."""
    if not area:
        return pd.Series(True, index=wards.index)
    chosen = pd.Series(False, index=wards.index)
    faults = []
    plain = {level: wards[f"{level}_name"].map(plain_name) for level in LEVELS if f"{level}_name" in wards}
    for name in area:
        kind, _, rest = name.partition(":")
        wanted = (rest or name).strip()
        matches = {
            level: (names == plain_name(wanted)) | (wards[f"{level}_code"] == wanted)
            for level, names in plain.items()
            if not rest or kind.strip().lower() == level
        }
        hits = {level: hit for level, hit in matches.items() if hit.any()}
        distinct = {tuple(wards.index[hit]) for hit in hits.values()}
        if len(distinct) == 1:
            chosen |= next(iter(hits.values()))
        elif hits:
            kinds = " and of a ".join(hits).replace("authority", "mayoral authority")
            faults.append(
                f"study.area: '{name}' is the name of a {kinds}; write "
                + " or ".join(f"'{level}:{name}'" for level in hits)
            )
        else:
            columns = [f"{level}_name" for level in LEVELS if f"{level}_name" in wards]
            names = sorted({name for column in columns for name in wards[column]} - {""})
            near = get_close_matches(name, names, n=5, cutoff=0.4) or names[:8]
            faults.append(
                f"study.area: no district, force, mayoral authority or region that the boundaries and lookups know is "
                f"called '{name}'; "
                f"nearest: {', '.join(near)}"
            )
    if faults:
        raise InputError(faults)
    return chosen
