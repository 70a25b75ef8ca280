"""The small made-up study that the tests of outputs share."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import box

from tipping_point import tables as schema


def make_cover(**changes) -> schema.Cover:
    cover = schema.Cover(
        study="Testing",
        area="Lattice",
        start="2024-01",
        end="2024-12",
        months=12,
        measure="serious",
        measure_label="serious crime",
        measure_types=("Robbery", "Possession of weapons"),
        proxy_note="No open type says that a knife was used.",
        synthetic=False,
        stamp="DRAFT: nobody has approved it. Criteria were not fixed before the run.",
        attributions=("Contains OS data © Crown copyright.", "Source: Office for National Statistics."),
        limits=("It does not measure violence against women and girls.",),
        choices=("Two wards were tied to the nearest.",),
        settings={"alpha": 0.05, "areas": 2, "limits": {"population": (15000, 60000), "max_wards": 5}},
    )
    return dataclasses.replace(cover, **changes)


COLUMNS = (
    schema.Column("component_harm_rate", "Harm rate as it entered the index", "0-100", "higher"),
    schema.Column("illness", "An indicator", "ratio", "higher"),
)


def make_wards(side: int = 6, *, seed: int = 1, west: float = 400_000.0) -> gpd.GeoDataFrame:
    """side x side square wards of a kilometre: the first column not assessed, one busy centre, numbers drawn."""
    rng = np.random.default_rng(seed)
    number = side * side
    cells = [
        box(west + 1000 * x, 3e5 + 1000 * y, west + 1000 * (x + 1), 3e5 + 1000 * (y + 1))
        for x in range(side)
        for y in range(side)
    ]
    assessed = np.arange(number) >= side
    population = rng.integers(3_000, 15_000, number)
    crimes = rng.poisson(population * 0.02)
    wards = gpd.GeoDataFrame(
        {
            "ward_name": [f"Ward {place}" for place in range(number)],
            "district_code": np.where(np.arange(number) < number // 2, "E06000001", "E06000002"),
            "district_name": np.where(np.arange(number) < number // 2, "Westshire", "Eastshire"),
            "force_name": "Latticeshire",
            "country": "England",
            "assessed": assessed,
            "not_assessed_reason": np.where(assessed, "", "its force published nothing"),
            "synthetic": False,
            "population": population,
            "visitor_ward": np.arange(number) == number - 1,
            "visitor_basis": "guess",
            "small_population": False,
            "months_covered": np.where(assessed, 12, 0),
            "crimes": np.where(assessed, crimes, np.nan),
            "crime_rate": np.where(assessed, crimes / population * 1000, np.nan),
            "crime_rate_low": np.where(assessed, crimes / population * 900, np.nan),
            "crime_rate_high": np.where(assessed, crimes / population * 1100, np.nan),
            "gi_star_p_adjusted": np.where(assessed, 0.5, np.nan),
            "gi_star_hot": pd.array(np.where(assessed, False, None), dtype="boolean"),
            "gi_star_class": "",
            "hotspot_reason": "Not a hot spot.",
            "local_moran_p_adjusted": np.where(assessed, 0.5, np.nan),
            "local_moran_class": "",
            "income": rng.uniform(0, 100, number),
            "deprivation": rng.uniform(0, 100, number),
            "index_score": np.where(assessed, rng.uniform(0, 100, number), np.nan),
            "index_missing": "",
            "area_id": "",
            "component_harm_rate": rng.uniform(0, 100, number),
            "illness": rng.normal(100, 10, number),
        },
        geometry=cells,
        crs=schema.SYSTEM,
        index=pd.Index([f"E05{place:06d}" for place in range(number)], name="ward_code"),
    )
    wards["rank"] = wards.groupby("country")["index_score"].rank(ascending=False, method="first")
    hot = wards.index[[side, side + 1]]
    wards.loc[hot, ["gi_star_hot", "gi_star_class", "gi_star_p_adjusted"]] = [True, "hot", 0.004]
    wards.loc[hot, "hotspot_reason"] = "A hot spot."
    return wards


def make_areas(wards: gpd.GeoDataFrame, groups: list[list[str]], *, shortlisted: int = 2) -> gpd.GeoDataFrame:
    rows = []
    for place, codes in enumerate(groups):
        mine = wards.loc[codes]
        crimes, people = mine["crimes"].sum(), mine["population"].sum()
        rows.append(
            {
                "area_id": f"area-{place}",
                "area_name": f"{mine['ward_name'].iloc[0]} and around",
                "ward_codes": ";".join(codes),
                "wards": len(codes),
                "population": people,
                "district_names": ";".join(sorted(set(mine["district_name"]))),
                "force_names": "Latticeshire",
                "country": mine["country"].iloc[0],
                "crimes": crimes,
                "crime_rate": crimes / people * 1000,
                "crime_rate_low": crimes / people * 950,
                "crime_rate_high": crimes / people * 1050,
                "harm": 100.0 * crimes,
                "share_of_harm": 0.04,
                "index_score": 90.0 - place,
                "rank": place + 1,
                "shortlisted": place < shortlisted,
                "hot_cluster": "cluster-0",
                "within_limits": True,
                "visitor_wards": "",
                "synthetic": False,
            }
        )
    columns = [column.name for column in schema.AREAS]
    shapes = [shapely.unary_union(wards.loc[codes].geometry.to_numpy()) for codes in groups]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=shapes, crs=schema.SYSTEM)


def make_study(**cover):
    """Wards, areas (two on the shortlist, one next) and the cover."""
    wards = make_wards()
    codes = wards.index
    areas = make_areas(wards, [[codes[6], codes[7]], [codes[20], codes[21]], [codes[30], codes[31]]])
    for row in areas.itertuples():
        wards.loc[row.ward_codes.split(";"), "area_id"] = row.area_id
    return wards, areas, make_cover(**cover)
