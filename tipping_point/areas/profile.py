"""What an area is like: its domains of deprivation, who answers for it and can act, and what its figures rest on."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Collection, Mapping
from importlib.resources import files

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.facts.crime_types import CRIME_TYPES, NOT_CRIME, PARTLY_POLICE_GENERATED, POLICE_GENERATED
from tipping_point.tables import COUNTRIES, DOMAINS, InputError, check_table, plain_type

log = logging.getLogger(__name__)


LEAVES, LARGE_SHARE = "L", "S"
"""Letters of police_generated_code: it would leave the list without these types; they are a large share of its harm."""

LONDON_BOROUGH = "E09"
"""First letters of the codes of London boroughs and the City: no lookup of combined authorities holds them."""

AUTHORITY_UNKNOWN = "no lookup of the study gives a mayoral authority for this district"


def area_members(areas: pd.DataFrame) -> pd.DataFrame:
    """[area_id, ward_code], one row per ward of an area, in the order of the areas."""
    codes = areas["ward_codes"].astype(str).str.split(";")
    pairs = [(area, code) for area, own in codes.items() for code in own if code]
    return pd.DataFrame(pairs, columns=["area_id", "ward_code"], dtype=str)


def chosen_areas(areas: pd.DataFrame) -> pd.DataFrame:
    """The areas on the shortlist; all of them where the table does not say (`select`, `given`)."""
    return areas[areas["shortlisted"].astype(bool)] if "shortlisted" in areas.columns else areas


def victim_reported(vocabulary: str, types: Collection[str]) -> list[str]:
    """Those of the types that victims or witnesses report, in the order of the vocabulary.

    Raises:
        InputError: an unknown vocabulary or type.
    """
    _check_types(vocabulary, types)
    other = {*POLICE_GENERATED[vocabulary], *PARTLY_POLICE_GENERATED[vocabulary], *NOT_CRIME}
    order = {kind: place for place, kind in enumerate(CRIME_TYPES[vocabulary])}
    kept = [kind for kind in types if plain_type(kind) not in other]
    return sorted(kept, key=lambda kind: order.get(plain_type(kind), 0))


def describe_domains(areas: pd.DataFrame, wards: pd.DataFrame, *, tenth: float = 90.0) -> pd.DataFrame:
    """Each domain of each area, as percentiles of the nation's wards, beside the whole of its district.

    Args:
        areas: indexed by area_id, with ward_codes.
        wards: indexed by ward_code, with population, district_code and the domains (0-100, higher = more deprived).
        tenth: percentile from which a ward is in the most deprived tenth.

    Returns:
        [area_id, domain, percentile, share_in_tenth, district_percentile, in_tenth], one row per area and domain.
        percentile: population-weighted mean of its wards; share_in_tenth: share of its residents in wards in the
        most deprived tenth; district_percentile: the mean over all wards of its districts; in_tenth: True where at
        least half of the residents live in such wards. Missing where a ward lacks the domain or its residents.
    """
    check_table(areas, "areas", ["ward_codes"])
    check_table(wards, "wards", ["population", "district_code", *DOMAINS])
    table = pd.DataFrame({name: wards[name] for name in ("district_code", *DOMAINS)}, index=wards.index)
    table["people"] = wards["population"].astype(float)
    known = table[wards["population"].gt(0) & table[list(DOMAINS)].notna().all(axis=1)]
    rows = []
    for area, codes in areas["ward_codes"].items():
        own = table.loc[str(codes).split(";")]
        around = known[known["district_code"].isin(own["district_code"])]
        for name in DOMAINS:
            deep = own[name].ge(tenth).astype(float).where(own[name].notna())
            means = [_weighted(values, part["people"])
                     for values, part in ((own[name], own), (deep, own), (around[name], around))]  # fmt: skip
            rows.append((area, name, *means))
    columns = ["area_id", "domain", "percentile", "share_in_tenth", "district_percentile"]
    table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], float))
    table["in_tenth"] = (table["share_in_tenth"] >= 0.5).astype("boolean").mask(table["share_in_tenth"].isna())
    log.info("profile: %d areas, %d domains in the most deprived tenth", len(areas), int(table["in_tenth"].sum()))
    return table


def add_profile(areas: GeoDataFrame, domains: pd.DataFrame) -> GeoDataFrame:
    """Add to each area its six domains (percentile) and `<domain>_in_tenth`, the share of residents in the tenth.

    Args:
        areas: indexed by area_id.
        domains: from `describe_domains`.
    """
    wide = domains.pivot(index="area_id", columns="domain", values=["percentile", "share_in_tenth"])
    result = areas.copy()
    for name in DOMAINS:
        for value, column in (("percentile", name), ("share_in_tenth", f"{name}_in_tenth")):
            result[column] = wide[value, name].reindex(areas.index).astype(float) if len(wide) else np.nan
    return result


def police_generated_shares(
    counts: pd.DataFrame, members: pd.DataFrame, *, weights: Mapping[str, float], vocabulary: str
) -> pd.DataFrame:
    """Share of the measure's crimes, and of its harm, that is of police-generated types, per place.

    Args:
        counts: ward_code x month x crime_type with crimes; missing months add nothing.
        members: [place, ward_code] in this order, such as `area_members`; a ward may be in several places.
        weights: crime type -> severity weight, the types of the study's measure.
        vocabulary: of the types.

    Returns:
        police_generated_share, police_generated_harm_share (0-1) on the places; missing where there is no crime.
    """
    _check_types(vocabulary, weights)
    place, ward = members.columns
    own = counts[counts["crime_type"].isin(list(weights))]
    rows = own.groupby(["ward_code", "crime_type"], observed=True)["crimes"].sum(min_count=1)
    table = rows.astype("Float64").astype(float).unstack("crime_type").reindex(columns=list(weights))
    placed = table.reindex(members[ward].to_numpy()).groupby(members[place].to_numpy(), sort=False).sum()
    placed.index.name = place
    found = [kind for kind in placed.columns if plain_type(str(kind)) in POLICE_GENERATED[vocabulary]]
    shares = {}
    for column, amounts in (("share", placed), ("harm_share", placed * pd.Series(weights, dtype=float))):
        total = amounts.sum(axis=1)
        shares[f"police_generated_{column}"] = amounts[found].sum(axis=1) / total.where(total > 0)
    return pd.DataFrame(shares)


def add_police_generated(
    places: GeoDataFrame,
    shares: pd.DataFrame,
    *,
    chosen: Collection[str] | None = None,
    still_chosen: Collection[str] | None = None,
    threshold: float = 0.25,
) -> GeoDataFrame:
    """Add both shares, depends_on_police_generated and police_generated_code to wards or areas.

    A place depends on police-generated types where it would leave the list without them, or where they make up more
    than `threshold` of its harm. An area has left the list where less than half of its wards are still chosen.

    Args:
        places: wards, or areas with ward_codes.
        shares: from `police_generated_shares`, on the index of the places.
        chosen: codes of the wards that the study chose; None takes those of the areas, and no ward.
        still_chosen: codes of the wards chosen when the whole study is run without these types; None: not run.
        threshold: share of harm, 0-1.
    """
    table = shares.reindex(places.index)
    heavy = table["police_generated_harm_share"] > threshold
    left = pd.Series(False, index=places.index)
    if still_chosen is not None:
        left = _left(places, set(chosen or ()), set(still_chosen))
    code = left.map({True: LEAVES, False: ""}) + heavy.map({True: LARGE_SHARE, False: ""})
    return places.assign(
        police_generated_share=table["police_generated_share"],
        police_generated_harm_share=table["police_generated_harm_share"],
        depends_on_police_generated=heavy | left,
        police_generated_code=code.astype(str),
    )


def add_accountability(
    areas: GeoDataFrame,
    wards: pd.DataFrame,
    *,
    partnerships: Mapping[str, str] | None = None,
    authorities: Mapping[str, str] | None = None,
) -> GeoDataFrame:
    """Add partnership_names, mayoral_authority and accountability_note: who answers for the area.

    Args:
        areas: with ward_codes.
        wards: indexed by ward_code, with district_code.
        partnerships: district code -> its community safety partnership (several joined as the caller words them).
        authorities: district code -> its combined authority. A London borough's is known by its code, E09….

    Returns:
        The areas. Names separated by semicolons; blank where no lookup knows, and then the note says so.
    """
    known, mayors = dict(partnerships or {}), dict(authorities or {})
    names: dict[str, list[str]] = {"partnership_names": [], "mayoral_authority": [], "accountability_note": []}
    for codes in areas["ward_codes"]:
        districts = sorted(set(wards.loc[str(codes).split(";"), "district_code"].astype(str)))
        own = [known.get(code, "") for code in districts]
        mayor = [mayors.get(code) or ("Greater London Authority" if code.startswith(LONDON_BOROUGH) else "")
                 for code in districts]  # fmt: skip
        notes = ["no lookup of the study gives its community safety partnership"] if not all(own) else []
        notes += [AUTHORITY_UNKNOWN] if not all(mayor) else []
        names["partnership_names"].append("; ".join(dict.fromkeys(filter(None, own))))
        names["mayoral_authority"].append("; ".join(dict.fromkeys(filter(None, mayor))))
        names["accountability_note"].append("; ".join(notes))
    return areas.assign(**{column: pd.Series(said, index=areas.index, dtype=str) for column, said in names.items()})


def names_by_district(lookup: pd.DataFrame, name: str) -> dict[str, str]:
    """District code -> names joined by 'and', from a lookup with district<year>_code and <name><year>_name.

    Args:
        lookup: from `sources.geography.read_lookup`.
        name: 'partnership' or 'authority'; seven districts have several partnerships, all are given.
    """
    found = {
        part: [column for column in lookup.columns if column.startswith(part) and column.endswith(end)]
        for part, end in (("district", "_code"), (name, "_name"))
    }
    absent = [f"lookup: lacks a column of {part}; it has {', '.join(lookup.columns)}"
              for part, columns in found.items() if not columns]  # fmt: skip
    if absent:
        raise InputError(absent)
    pairs = lookup[[found["district"][0], found[name][0]]].drop_duplicates()
    pairs = pairs[pairs.iloc[:, 1] != ""].sort_values(list(pairs.columns))
    return {str(code): " and ".join(own) for code, own in pairs.groupby(pairs.columns[0])[pairs.columns[1]]}


def _weighted(values: pd.Series, people: pd.Series) -> float:
    """Mean by residents; missing where a value is, or where there are no residents."""
    total = float(people.sum())
    return float((values.astype(float) * people).sum(skipna=False) / total) if total > 0 else float("nan")


def _left(places: pd.DataFrame, chosen: set[str], still: set[str]) -> pd.Series:
    """Places on the list that would not be on it without police-generated types."""
    if "ward_codes" not in places.columns:
        return pd.Series([code in chosen and code not in still for code in places.index], index=places.index)
    listed = places.index.isin(chosen_areas(places).index)
    own = places["ward_codes"].astype(str).str.split(";")
    kept = own.map(lambda codes: 2 * sum(code in still for code in codes) >= len(codes)).astype(bool)
    return pd.Series(listed, index=places.index) & ~kept


def _check_types(vocabulary: str, types: Collection[str]) -> None:
    if vocabulary not in CRIME_TYPES:
        raise InputError(f"vocabulary: '{vocabulary}' is not known; choose from {', '.join(CRIME_TYPES)}")
    strange = sorted(kind for kind in types if plain_type(kind) not in CRIME_TYPES[vocabulary])
    if strange and CRIME_TYPES[vocabulary]:
        raise InputError(f"types: {', '.join(map(repr, strange))} are none of the vocabulary '{vocabulary}'")


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
