"""Who can act on what compounds the crime: the department and the local lead body of each domain of deprivation."""

from __future__ import annotations

import logging
import tomllib
from importlib.resources import files

import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.tables import COUNTRIES, DOMAINS, InputError, check_table

log = logging.getLogger(__name__)


def read_levers() -> pd.DataFrame:
    """[country, domain, department, lead, source] of levers.toml, one row per country and domain.

    England and Wales differ: health, education, housing and the environment are devolved, benefits and Jobcentre Plus
    are not. The local body is a role, not a name: which board or council it is follows from the district.
    """
    table = tomllib.loads(files("tipping_point.facts").joinpath("levers.toml").read_text(encoding="utf-8"))
    return pd.DataFrame(
        [
            {"country": country, "domain": domain, **table[country][domain]}
            for country in COUNTRIES.values()
            for domain in DOMAINS
        ]
    )


def name_levers(domains: pd.DataFrame, country: pd.Series) -> pd.DataFrame:
    """The rows of `describe_domains` that are in the most deprived tenth, with who holds the lever.

    Args:
        domains: from `profile.describe_domains`.
        country: of each area, indexed by area_id.

    Returns:
        [area_id, domain, label, percentile, share_in_tenth, department, lead, source], the largest share of residents
        first within an area.

    Raises:
        InputError: a country that is neither England nor Wales.
    """
    check_table(domains, "domains", ["area_id", "domain", "percentile", "share_in_tenth", "in_tenth"])
    unknown = sorted(set(country.dropna()) - set(COUNTRIES.values()))
    if unknown:
        raise InputError(f"areas: country {', '.join(unknown)} given; levers are known for England and Wales")
    deep = domains[domains["in_tenth"].fillna(False).astype(bool)]
    deep = deep.assign(country=deep["area_id"].map(country), label=deep["domain"].map(DOMAINS))
    rows = deep.merge(read_levers(), on=["country", "domain"], how="left")
    order = rows.assign(place=rows["area_id"].map({area: at for at, area in enumerate(country.index)}))
    order = order.sort_values(
        ["place", "share_in_tenth", "percentile"], ascending=[True, False, False], kind="stable", ignore_index=True
    )
    columns = ["area_id", "domain", "label", "percentile", "share_in_tenth", "department", "lead", "source"]
    return order[columns]


def add_levers(areas: GeoDataFrame, domains: pd.DataFrame) -> GeoDataFrame:
    """Add levers: 'Health (Department …; the integrated care board …) | Income (…)'; blank where there is none.

    Args:
        areas: indexed by area_id, with country.
        domains: from `profile.describe_domains`.
    """
    levers = name_levers(domains, areas["country"])
    said = levers["label"] + " (" + levers["department"] + "; " + levers["lead"] + ")"
    joined = said.groupby(levers["area_id"]).agg(" | ".join)
    log.info("levers: %d in %d of %d areas", len(levers), len(joined), len(areas))
    return areas.assign(levers=joined.reindex(areas.index).fillna("").astype(str))
