"""The demo city's map, lookups, residents and deprivation in the layouts that their real publishers use."""

from __future__ import annotations

import json
import uuid

import numpy as np
import pandas as pd
import shapely

from tipping_point.demo.land import Land
from tipping_point.demo.people import People

CRIME = "police_uk/2025-12.zip"
BOUNDARIES = "boundaries/WD_DEC_2025_UK_BGC.geojson"
WARD_LOOKUP = "lookups/LSOA_(2021)_to_Electoral_Ward_(2025)_to_LAD_(2025)_Best_Fit_Lookup_in_EW_v2.csv"
FORCE_LOOKUP = "lookups/LAD25_CSP25_PFA25_EW_LU.csv"
POPULATION = "population/census2021-ts001-lsoa.csv"
DEPRIVATION = "deprivation/IoD2025_All_Ranks_Scores_Deciles.csv"
INDICATORS = "deprivation/IoD2025_underlying_indicators_lsoa21.csv"

BOM = "\ufeff"
"""ONS lookups begin with it."""


def write_boundaries(land: Land, wards: pd.DataFrame, districts: pd.DataFrame, rng: np.random.Generator) -> bytes:
    """Ward boundaries as ONS publishes them in GeoJSON, in degrees; `rng` is for the GlobalID."""
    outlines = shapely.transform(land.wards.geometry.to_crs(4326).to_numpy(), lambda degrees: degrees.round(7))
    inside = land.wards.geometry.representative_point()
    degrees = inside.to_crs(4326)
    features = []
    for ward, outline in enumerate(outlines):
        district = districts.iloc[land.wards.at[ward, "district"]]
        properties = {
            "FID": ward + 1,
            "WD25CD": wards.at[ward, "code"],
            "WD25NM": wards.at[ward, "name"],
            "WD25NMW": " ",
            "LAD25CD": district["code"],
            "LAD25NM": district["name"],
            "BNG_E": round(inside[ward].x),
            "BNG_N": round(inside[ward].y),
            "LONG": round(degrees[ward].x, 6),
            "LAT": round(degrees[ward].y, 6),
            "GlobalID": str(uuid.UUID(bytes=rng.bytes(16), version=4)),
        }
        features.append({"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(outline)})
    collection = {
        "type": "FeatureCollection",
        "name": "WD_DEC_2025_UK_BGC",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
        "features": features,
    }
    return json.dumps(collection, separators=(",", ":")).encode()


def write_ward_lookup(land: Land, wards: pd.DataFrame, districts: pd.DataFrame, small_areas: pd.DataFrame) -> bytes:
    """Small area to ward to district, as ONS publishes it; the Welsh names are empty outside Wales."""
    ward = wards.loc[land.small_areas["ward"]].reset_index(drop=True)
    district = districts.loc[land.small_areas["district"]].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "LSOA21CD": small_areas["code"],
            "LSOA21NM": small_areas["name"],
            "LSOA21NMW": "",
            "WD25CD": ward["code"],
            "WD25NM": ward["name"],
            "WD25NMW": "",
            "LAD25CD": district["code"],
            "LAD25NM": district["name"],
            "LAD25NMW": "",
            "ObjectId": np.arange(1, len(ward) + 1),
        }
    )
    return _csv(table, start=BOM)


def write_force_lookup(districts: pd.DataFrame) -> bytes:
    """District to community safety partnership to police force, as ONS publishes it."""
    table = pd.DataFrame(
        {
            "LAD25CD": districts["code"],
            "LAD25NM": districts["name"],
            "CSP25CD": districts["partnership"],
            "CSP25NM": districts["name"],
            "PFA25CD": districts["force"],
            "PFA25NM": districts["name"],
            "ObjectId": np.arange(1, len(districts) + 1),
        }
    )
    return _csv(table, start=BOM)


def write_population(people: People, small_areas: pd.DataFrame, rng: np.random.Generator) -> bytes:
    """Residents as in the bulk download of Census 2021 table TS001: text quoted, numbers not."""
    shared = rng.binomial(people.residents, np.where(rng.random(len(people.residents)) < 0.1, 0.04, 0.002))
    head = (
        '"date","geography","geography code","Residence type: Total; measures: Value",'
        '"Residence type: Lives in a household; measures: Value",'
        '"Residence type: Lives in a communal establishment; measures: Value"'
    )
    lines = [
        f'"2021","{name}","{code}",{total},{total - apart},{apart}'
        for code, name, total, apart in zip(
            small_areas["code"], small_areas["name"], people.residents, shared, strict=True
        )
    ]
    return "\n".join([head, *lines, ""]).encode()


def write_table(table: pd.DataFrame) -> bytes:
    """A plain CSV file: only headings that hold a comma are quoted."""
    return _csv(table)


def _csv(table: pd.DataFrame, *, start: str = "") -> bytes:
    return (start + table.to_csv(index=False, lineterminator="\n")).encode()
