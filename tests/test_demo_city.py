"""The demo city as written: real formats to the letter, and the planted truth really in the files."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import re
import tomllib
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from tipping_point.demo import Demo, make_demo
from tipping_point.facts.crime_types import CRIME_TYPES
from tipping_point.tables import months_between

STREET = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)
WARD_LOOKUP = "LSOA21CD,LSOA21NM,LSOA21NMW,WD25CD,WD25NM,WD25NMW,LAD25CD,LAD25NM,LAD25NMW,ObjectId"
FORCE_LOOKUP = "LAD25CD,LAD25NM,CSP25CD,CSP25NM,PFA25CD,PFA25NM,ObjectId"
TS001 = (
    '"date","geography","geography code","Residence type: Total; measures: Value",'
    '"Residence type: Lives in a household; measures: Value",'
    '"Residence type: Lives in a communal establishment; measures: Value"'
)
DOMAINS = (
    ("Index of Multiple Deprivation (IMD)", ""),
    ("Income", " (rate)"),
    ("Employment", " (rate)"),
    ("Education, Skills and Training", ""),
    ("Health Deprivation and Disability", ""),
    ("Crime", ""),
    ("Barriers to Housing and Services", ""),
    ("Living Environment", ""),
    ("Children and Young People Sub-domain", ""),
    ("Adult Skills Sub-domain", ""),
    ("Geographical Barriers Sub-domain", ""),
    ("Wider Barriers Sub-domain", ""),
    ("Indoors Sub-domain", ""),
    ("Outdoors Sub-domain", ""),
)
SERIOUS = {"Violence and sexual offences", "Robbery", "Possession of weapons"}
CENTRE_THEFT = {"Theft from the person", "Shoplifting", "Other theft", "Bicycle theft"}


class City:
    """The demo read back with plain tools, not with the package's readers."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.truth = demo.truth
        with zipfile.ZipFile(demo.folder / "police_uk/2025-12.zip") as archive:
            self.texts = {name: archive.read(name).decode() for name in archive.namelist()}
        frames = [pd.read_csv(io.StringIO(text), dtype=str).assign(file=name) for name, text in self.texts.items()]
        self.crimes = pd.concat(frames, ignore_index=True)
        self.wards = gpd.read_file(demo.folder / "boundaries/WD_DEC_2025_UK_BGC.geojson")
        lookup = next((demo.folder / "lookups").glob("LSOA_*"))
        self.lookup = pd.read_csv(lookup, encoding="utf-8-sig", keep_default_na=False)
        residents = pd.read_csv(demo.folder / "population/census2021-ts001-lsoa.csv").set_index("geography code")
        self.residents = residents["Residence type: Total; measures: Value"]
        self.deprivation = pd.read_csv(demo.folder / "deprivation/IoD2025_All_Ranks_Scores_Deciles.csv")
        to_ward = self.lookup.set_index("LSOA21CD")["WD25CD"]
        self.population = self.residents.groupby(to_ward).sum()
        self.crimes["ward"] = self.crimes["LSOA code"].map(to_ward)
        self.crimes["district"] = self.crimes["LSOA code"].map(self.lookup.set_index("LSOA21CD")["LAD25NM"])
        self.clusters: list[list[str]] = demo.truth["chronic_clusters"]  # type: ignore[assignment]
        self.busy: list[str] = demo.truth["busy_centre"]  # type: ignore[assignment]

    def rates(self, types: set[str]) -> pd.Series:
        """Rows per 1,000 residents a year, by ward."""
        rows = self.crimes[self.crimes["Crime type"].isin(types)].groupby("ward").size()
        return rows.reindex(self.population.index).fillna(0) / self.population * 1000 / 3

    def rate(self, types: set[str], wards: list[str]) -> float:
        """The same for these wards together."""
        people = self.population[wards]
        return float((self.rates(types)[wards] * people).sum() / people.sum())

    @property
    def ordinary(self) -> list[str]:
        """Wards that nothing planted touches."""
        beside: list[str] = self.truth["beside_clusters"]  # type: ignore[assignment]
        planted = {*self.clusters[0], *self.clusters[1], *beside, *self.busy, self.truth["rising_ward"]}
        return [ward for ward in self.population.index if ward not in planted]


@pytest.fixture(scope="module")
def city(demo: Demo) -> City:
    return City(demo)


def first_line(path: Path) -> str:
    return path.read_bytes().split(b"\n")[0].decode()


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# ----------------------------------------------------------------------------------------- formats


def test_headers_are_the_real_ones(city: City) -> None:
    folder = city.demo.folder
    assert {text.split("\n")[0] for text in city.texts.values()} == {STREET}
    assert first_line(next((folder / "lookups").glob("LSOA_*"))) == "\ufeff" + WARD_LOOKUP
    assert first_line(next((folder / "lookups").glob("LAD25_*"))) == "\ufeff" + FORCE_LOOKUP
    assert first_line(folder / "population/census2021-ts001-lsoa.csv") == TS001
    assert first_line(folder / "deprivation/IoD2025_underlying_indicators_lsoa21.csv") == (
        "lsoa21_code,comparative_illness_and_disability_ratio_indicator,mental_health_indicator,"
        "entry_to_higher_education_indicator"
    )
    heading = [
        "LSOA code (2021)",
        "LSOA name (2021)",
        "Local Authority District code (2024)",
        "Local Authority District name (2024)",
    ]
    for name, scale in DOMAINS:
        heading += [
            f"{name} Score{scale}",
            f"{name} Rank (where 1 is most deprived)",
            f"{name} Decile (where 1 is most deprived 10% of LSOAs)",
        ]
    written = first_line(folder / "deprivation/IoD2025_All_Ranks_Scores_Deciles.csv")
    assert next(csv.reader([written])) == heading
    assert '"Education, Skills and Training Score"' in written
    assert "Income Score (rate)" in written and '"Income' not in written


def test_boundaries_have_the_real_layout(city: City) -> None:
    document = json.loads((city.demo.folder / "boundaries/WD_DEC_2025_UK_BGC.geojson").read_bytes())
    assert document["crs"]["properties"]["name"] == "urn:ogc:def:crs:OGC:1.3:CRS84"
    fields = "FID,WD25CD,WD25NM,WD25NMW,LAD25CD,LAD25NM,BNG_E,BNG_N,LONG,LAT,GlobalID"
    assert all(",".join(feature["properties"]) == fields for feature in document["features"])
    one = document["features"][0]["properties"]
    assert (one["FID"], one["WD25CD"], one["WD25NMW"], one["LAD25CD"]) == (1, "E05990001", " ", "E06990001")
    assert isinstance(one["BNG_E"], int)
    # In open sea off the east coast, where no real ward lies.
    west, south, east, north = city.wards.to_crs(27700).total_bounds
    assert 590_000 < west < east < 645_000
    assert 450_000 < south < north < 490_000


def test_the_grid_reference_agrees_with_the_degrees(city: City) -> None:
    degrees = gpd.GeoSeries.from_xy(city.wards["LONG"], city.wards["LAT"], crs=4326).to_crs(27700)
    grid = gpd.GeoSeries.from_xy(city.wards["BNG_E"], city.wards["BNG_N"], crs=27700)
    assert degrees.distance(grid).max() < 10


def test_archive_layout(city: City) -> None:
    forces = ["btp", "ellenholt", "harrowick", "saltmere", "wyverley"]
    months = months_between("2023-01", "2025-12")
    force, month = city.truth["missing_force_month"]  # type: ignore[misc]
    expected = {f"{month}/{month}-{force}-street.csv" for month in months for force in forces}
    absent = f"{month}/{month}-{force}-street.csv"
    assert absent in expected
    assert set(city.texts) == expected - {absent}
    with zipfile.ZipFile(city.demo.folder / "police_uk/2025-12.zip") as archive:
        assert {info.date_time for info in archive.infolist()} == {(2026, 2, 1, 0, 0, 0)}
    assert (city.crimes["Month"] == city.crimes["file"].str[:7]).all()
    assert city.crimes.groupby("file")["Reported by"].nunique().max() == 1


def test_rows_have_the_quirks_of_the_real_ones(city: City) -> None:
    crimes = city.crimes
    assert set(crimes["Crime type"]) == set(CRIME_TYPES["police_uk"])
    nameless = (crimes["Crime type"] == "Anti-social behaviour") | crimes["file"].str.contains("-btp-")
    assert crimes.loc[nameless, ["Crime ID", "Last outcome category"]].isna().all(axis=None)
    assert crimes.loc[~nameless, ["Crime ID", "Last outcome category"]].notna().all(axis=None)
    assert crimes["Crime ID"].dropna().str.fullmatch("[0-9a-f]{64}").all()
    assert crimes["Crime ID"].dropna().is_unique
    assert crimes["Context"].isna().all()
    assert (crimes["Falls within"] == crimes["Reported by"]).all()
    asb = crimes[crimes["Crime type"] == "Anti-social behaviour"]
    assert asb.duplicated(subset=STREET.split(",")).sum() > 1_000
    assert not crimes.loc[crimes["file"].str.contains("-btp-"), "Crime type"].eq("Anti-social behaviour").any()
    assert not any('"' in text for text in city.texts.values())


def test_rows_without_a_place_lack_all_of_it(city: City) -> None:
    lost = city.crimes["Location"] == "No Location"
    blank = city.crimes[["Longitude", "Latitude", "LSOA code", "LSOA name"]].isna()
    assert blank.all(axis=1).equals(lost)
    assert blank.any(axis=1).equals(lost)
    assert 0.027 < lost.mean() < 0.033
    assert lost.sum() == city.truth["crime_rows_without_location"]


def test_totals(city: City) -> None:
    assert len(city.crimes) == city.truth["crime_rows"]
    assert 250_000 < len(city.crimes) < 400_000
    assert 900_000 < city.residents.sum() < 1_100_000
    assert city.residents.between(1_000, 3_000).all()
    parts = pd.read_csv(city.demo.folder / "population/census2021-ts001-lsoa.csv").iloc[:, 3:]
    assert (parts.iloc[:, 0] == parts.iloc[:, 1] + parts.iloc[:, 2]).all()


# ------------------------------------------------------------------------------------------- codes


def test_codes_agree_between_files(city: City) -> None:
    lookup = city.lookup
    assert lookup["LSOA21CD"].is_unique
    assert set(lookup["WD25CD"]) == set(city.wards["WD25CD"])
    assert lookup.groupby("WD25CD").size().between(4, 6).all()
    assert set(city.residents.index) == set(lookup["LSOA21CD"]) == set(city.deprivation["LSOA code (2021)"])
    assert set(city.crimes["LSOA code"].dropna()) <= set(lookup["LSOA21CD"])
    pairs = {tuple(row) for row in city.wards[["WD25CD", "WD25NM", "LAD25CD"]].to_numpy()}
    assert {tuple(row) for row in lookup[["WD25CD", "WD25NM", "LAD25CD"]].to_numpy()} == pairs
    assert city.wards["WD25NM"].is_unique
    forces = pd.read_csv(next((city.demo.folder / "lookups").glob("LAD25_*")), encoding="utf-8-sig")
    assert set(forces["LAD25CD"]) == set(lookup["LAD25CD"])
    assert len(forces) == 4 and forces["PFA25CD"].is_unique


def test_codes_cannot_be_taken_for_real_ones(city: City) -> None:
    forces = pd.read_csv(next((city.demo.folder / "lookups").glob("LAD25_*")), encoding="utf-8-sig")
    every = [
        *city.lookup["LSOA21CD"],
        *city.lookup["WD25CD"],
        *forces[["LAD25CD", "CSP25CD", "PFA25CD"]].to_numpy().ravel(),
    ]
    assert all(re.fullmatch(r"E(01|05|06|22|23)99\d{4}", code) for code in every)
    assert {code[:3] for code in every} == {"E01", "E05", "E06", "E22", "E23"}


def test_points_lie_in_the_ward_of_their_small_area(city: City) -> None:
    placed = city.crimes.dropna(subset=["LSOA code"]).drop_duplicates(["Longitude", "Latitude", "LSOA code"])
    outline = city.wards.set_index("WD25CD").geometry[placed["ward"]].to_numpy()
    inside = shapely.contains_xy(outline, placed["Longitude"].astype(float), placed["Latitude"].astype(float))
    assert inside.all()
    assert placed["Longitude"].str.fullmatch(r"\d\.\d{6}").all()
    assert placed["Location"].str.startswith("On or near ").all()
    assert placed["Location"].str.contains("'S ").any()
    assert len(placed) > 5_000


# ----------------------------------------------------------------------------------------- the map


def test_the_map_is_a_clean_coverage(city: City) -> None:
    outlines = city.wards.geometry
    assert len(outlines) == 120
    assert city.wards["LAD25CD"].nunique() == 4
    assert (outlines.geom_type == "Polygon").all()
    assert outlines.is_valid.all()
    assert shapely.coverage_is_valid(outlines.to_numpy())
    # No gap: the union has the mainland and the island, and no hole in either.
    parts = shapely.get_parts(outlines.union_all())
    assert len(parts) == 2
    assert shapely.get_num_interior_rings(parts).sum() == 0


def touching(city: City) -> dict[str, set[str]]:
    outlines = city.wards.set_index("WD25CD").geometry
    left, right = outlines.sindex.query(outlines, predicate="touches")
    codes = outlines.index.to_numpy()
    return {code: set(codes[right[left == i]]) for i, code in enumerate(codes)}


def test_contiguity_of_the_planted_wards(city: City) -> None:
    beside = touching(city)
    alone = [code for code, others in beside.items() if not others]
    assert alone == [city.truth["island_ward"]]
    districts = city.wards.set_index("WD25CD")["LAD25CD"]
    for group in [*city.clusters, city.busy]:
        reached, edge = {group[0]}, {group[0]}
        while edge:
            edge = set().union(*(beside[ward] for ward in edge)) & set(group) - reached
            reached |= edge
        assert reached == set(group)
        assert districts[group].nunique() == 1
    assert [len(cluster) for cluster in city.clusters] == [5, 5]
    assert districts[city.clusters[0][0]] != districts[city.clusters[1][0]]
    planted = {*city.clusters[0], *city.clusters[1], *city.busy}
    assert beside[str(city.truth["rising_ward"])].isdisjoint(planted)
    assert not set().union(*(beside[ward] for ward in city.busy)) & {*city.clusters[0], *city.clusters[1]}


# --------------------------------------------------------------------------------- planted truth


def test_clusters_have_three_times_the_serious_crime_every_month(city: City) -> None:
    base = city.rate(SERIOUS, city.ordinary)
    rows = city.crimes[city.crimes["Crime type"].isin(SERIOUS)]
    by_month = rows.pivot_table(index="Month", columns="ward", values="file", aggfunc="count", fill_value=0)
    usual = by_month[city.ordinary].sum(axis=1) / city.population[city.ordinary].sum()
    for cluster in city.clusters:
        assert 2.6 < city.rate(SERIOUS, cluster) / base < 3.4
        here = by_month[cluster].sum(axis=1) / city.population[cluster].sum()
        assert len(here) == 36
        assert (here > 2 * usual).all()
    beside: list[str] = city.truth["beside_clusters"]  # type: ignore[assignment]
    assert 2.0 < city.rate(SERIOUS, beside) / base < 2.8


def test_clusters_are_deprived_on_four_domains_or_more(city: City) -> None:
    table = city.deprivation.set_index("LSOA code (2021)")
    ward = city.lookup.set_index("LSOA21CD")["WD25CD"]
    domains = [name for name, _ in DOMAINS[1:8] if name != "Crime"]
    rank = table[[f"{name} Rank (where 1 is most deprived)" for name in domains]]
    by_ward = rank.groupby(ward).mean().rank(pct=True)
    for cluster in city.clusters:
        assert ((by_ward.loc[cluster] <= 0.3).sum(axis=1) >= 4).all()
        assert (by_ward.loc[cluster].mean() <= 0.2).sum() >= 4
    assert by_ward.loc[city.busy].mean().mean() > 0.4


def test_the_busy_centre_leads_a_plain_rate_and_has_the_thefts_of_a_centre(city: City) -> None:
    assert city.rate(SERIOUS, city.busy) >= max(city.rate(SERIOUS, cluster) for cluster in city.clusters)
    assert city.rates(SERIOUS).idxmax() in city.busy
    thefts = city.rates(CENTRE_THEFT)
    assert (thefts[city.busy] > 8 * thefts.median()).all()
    assert (thefts.drop(city.busy) < 2.5 * thefts.median()).all()
    assert (city.population[city.busy] > 3_000).all()
    for month in ("2023-01", "2025-12"):
        shop = city.crimes[(city.crimes["Month"] == month) & (city.crimes["Crime type"] == "Shoplifting")]
        assert shop["ward"].isin(city.busy).mean() > 0.1


def test_the_rising_ward_rises_only_in_the_last_twelve_months(city: City) -> None:
    rows = city.crimes[(city.crimes["ward"] == city.truth["rising_ward"]) & city.crimes["Crime type"].isin(SERIOUS)]
    by_year = rows["Month"].str[:4].value_counts()
    assert 0.7 < by_year["2024"] / by_year["2023"] < 1.3
    assert 2.4 < by_year["2025"] / by_year["2023"] < 3.8
    other = city.crimes[(city.crimes["ward"] == city.truth["rising_ward"]) & (city.crimes["Crime type"] == "Burglary")]
    assert other["Month"].str[:4].value_counts()["2025"] < 1.8 * other["Month"].str[:4].value_counts()["2023"]


def test_harm_times_deprivation_puts_the_clusters_first(city: City) -> None:
    weight = {"Violence and sexual offences": 280.0, "Robbery": 799.63, "Possession of weapons": 154.16}
    rows = city.crimes.dropna(subset=["ward"])
    harm = rows["Crime type"].map(weight).fillna(0).groupby(rows["ward"]).sum() / 3
    table = city.deprivation.set_index("LSOA code (2021)")
    score = table["Index of Multiple Deprivation (IMD) Score"]
    ward = city.lookup.set_index("LSOA21CD")["WD25CD"]
    mean = (score * city.residents).groupby(ward).sum() / city.population
    value = (harm - (harm / city.population).median() * city.population).clip(lower=0) * mean.rank(pct=True)
    first = set(value.sort_values(ascending=False).index[:10])
    assert first == {*city.clusters[0], *city.clusters[1]}


def test_a_few_rows_lie_in_a_neighbouring_district(city: City) -> None:
    placed = city.crimes.dropna(subset=["district"])
    own = placed["Reported by"] == placed["district"] + " Police"
    railway = placed["Reported by"] == "British Transport Police"
    stray = ~own & ~railway
    assert 0.001 < stray.mean() < 0.02
    assert railway.sum() > 1_000
    centre = placed[railway]["ward"].isin(city.busy).mean()
    assert centre > 0.6


def test_the_missing_month_leaves_only_rows_of_others(city: City) -> None:
    force, month = city.truth["missing_force_month"]  # type: ignore[misc]
    assert force == "wyverley"
    rows = city.crimes[(city.crimes["Month"] == month) & (city.crimes["district"] == "Wyverley")]
    assert 0 < len(rows) < 150
    assert "Wyverley Police" not in set(rows["Reported by"])


# ------------------------------------------------------------------------------ study, determinism


def test_the_study_file_names_files_that_exist(city: City) -> None:
    study = tomllib.loads(city.demo.study.read_text(encoding="utf-8"))
    assert study["study"] == {
        "name": "Demo city: Marrowby Bay (SYNTHETIC)",
        "place": "Marrowby Bay (SYNTHETIC)",
        "seed": 20240229,
        "synthetic": True,
        "ward_year": 2025,
    }
    assert study["period"] == {"start": "2023-01", "end": "2025-12"}
    sources = study["sources"]
    single = [sources["boundaries"]]
    several = sum((sources[kind] for kind in ("crime", "lookup", "population", "deprivation", "indicator")), single)
    assert all((city.demo.folder / source["path"]).is_file() for source in several)
    assert {len(sources["lookup"]), len(sources["crime"])} == {1, 2}
    table = pd.read_csv(city.demo.folder / sources["indicator"][0]["path"])
    assert all(indicator["column"] in table.columns for indicator in sources["indicator"])
    assert study["areas"]["population"] == [15000, 60000]
    assert study["hotspots"]["methods"] == ["gi_star", "local_moran", "emerging", "scan"]
    assert "component" not in study["index"]


def test_every_section_of_the_study_file_is_commented(city: City) -> None:
    lines = city.demo.study.read_text(encoding="utf-8").splitlines()
    heads = [i for i, line in enumerate(lines) if line.startswith("[")]
    blocks = [lines[start:stop] for start, stop in zip(heads, [*heads[1:], len(lines)], strict=True)]
    bare = [block[0] for block in blocks if not any("#" in line for line in block)]
    assert bare in ([], ["[[sources.indicator]]"])


def test_truth_is_written_beside_the_study(city: City) -> None:
    assert json.loads((city.demo.folder / "truth.json").read_bytes()) == city.truth
    assert city.demo.study == city.demo.folder / "study.toml"
    assert (city.demo.folder / "README.txt").read_text(encoding="utf-8").startswith("SYNTHETIC")
    assert not list(city.demo.folder.rglob("*.part"))


def test_same_seed_same_bytes(city: City, tmp_path: Path) -> None:
    again = make_demo(tmp_path / "a" / "b")
    first = digests(city.demo.folder)
    assert digests(again.folder) == {name: first[name] for name in digests(again.folder)}
    assert len(digests(again.folder)) == 10


def test_another_seed_is_another_city_and_replaces_what_was_there(
    city: City, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "study.toml").write_text("old", encoding="utf-8")
    with caplog.at_level(logging.INFO, logger="tipping_point.demo"):
        other = make_demo(tmp_path, seed=7)
    same = [name for name, digest in digests(other.folder).items() if digest == digests(city.demo.folder)[name]]
    assert same == ["lookups/LAD25_CSP25_PFA25_EW_LU.csv"]
    assert tomllib.loads(other.study.read_text(encoding="utf-8"))["study"]["seed"] == 7
    assert len(caplog.records) == 1
    assert f"{other.truth['crime_rows']} crime rows" in caplog.records[0].getMessage()
