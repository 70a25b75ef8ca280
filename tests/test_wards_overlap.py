"""Shares between years: through the small areas of lookups, and by cutting the land."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from tipping_point.tables import InputError
from tipping_point.wards.overlap import build_overlap, build_shares
from tipping_point.wards.shares import convert_by_shares

CHANGES = pd.DataFrame(
    {
        # 1 unchanged; 2 split in three; 3 and 4 merged; 5 and 6 redrawn into two
        "lsoa11_code": ["L1", "L2", "L2", "L2", "L3", "L4", "L5", "L5", "L6"],
        "lsoa21_code": ["L1", "N2a", "N2b", "N2c", "N3", "N3", "N5", "N6", "N6"],
    }
)
OLD = pd.DataFrame({"lsoa11_code": ["L1", "L2", "L3", "L4", "L5", "L6"], "population": [10.0, 60, 30, 90, 40, 40]})
NEW = pd.DataFrame(
    {"lsoa21_code": ["L1", "N2a", "N2b", "N2c", "N3", "N5", "N6"], "population": [12.0, 20, 20, 40, 100, 30, 50]}
)
WARDS = pd.DataFrame({"lsoa11_code": ["L1", "L2", "L3", "L4", "L5", "L6"], "ward19_code": list("PPQQQQ")})
LATER = pd.DataFrame(
    {"lsoa21_code": ["L1", "N2a", "N2b", "N2c", "N3", "N5", "N6"], "ward25_code": ["X", "X", "Y", "Y", "Y", "Z", "Z"]}
)
SPLIT = {"source": "lsoa11_code", "target": "lsoa21_code"}


def share_of(shares):
    return shares.table.set_index([shares.source, shares.target])["share"].to_dict()


def test_a_split_is_divided_by_residents_and_never_given_twice():
    shares = build_shares([CHANGES], [NEW], **SPLIT)
    held = share_of(shares)
    assert (held["L2", "N2a"], held["L2", "N2b"], held["L2", "N2c"]) == (0.25, 0.25, 0.5)
    crimes = pd.DataFrame({"crimes": [8.0]}, index=["L2"])
    rate = (
        convert_by_shares(crimes, shares, combine="sum").values["crimes"] / NEW.set_index("lsoa21_code")["population"]
    )
    # Each part has the rate of the whole, 8 among 80; given twice, the parts would have 2 to 4 times that.
    assert rate[["N2a", "N2b", "N2c"]].tolist() == [0.1, 0.1, 0.1]


def test_a_merged_area_is_made_of_its_sources_by_their_residents():
    shares = build_shares([CHANGES], [OLD, NEW], **SPLIT)
    people = shares.table.set_index(["lsoa11_code", "lsoa21_code"])["people"]
    assert (people["L3", "N3"], people["L4", "N3"]) == (25.0, 75.0)
    scores = pd.DataFrame({"score": [10.0, 20.0]}, index=["L3", "L4"])
    assert convert_by_shares(scores, shares, combine="mean").values.loc["N3", "score"] == 17.5


def test_without_residents_the_parts_weigh_the_same_and_with_old_ones_they_share_them():
    assert share_of(build_shares([CHANGES], **SPLIT))["L2", "N2c"] == pytest.approx(1 / 3)
    people = build_shares([CHANGES], [OLD], **SPLIT).table.set_index("lsoa21_code")["people"]
    assert people["N2c"] == 20.0


def test_every_old_area_keeps_its_residents_whatever_its_change():
    shares = build_shares([CHANGES], [OLD, NEW], **SPLIT).table
    assert shares.groupby("lsoa11_code")["share"].sum().to_numpy() == pytest.approx(1.0)
    assert (
        shares.groupby("lsoa21_code")["people"].sum().to_dict() == NEW.set_index("lsoa21_code")["population"].to_dict()
    )


def test_old_wards_reach_new_ones_through_their_small_areas():
    held = share_of(build_shares([WARDS, CHANGES, LATER], [OLD, NEW], source="ward19_code", target="ward25_code"))
    assert held["P", "X"] == pytest.approx(32 / 92)
    assert held["P", "Y"] == pytest.approx(60 / 92)
    assert held["Q", "Y"] == pytest.approx(100 / 180)
    assert held["Q", "Z"] == pytest.approx(80 / 180)


def test_small_areas_go_both_ways_and_straight_to_a_ward():
    back = share_of(build_shares([CHANGES], [OLD, NEW], source="lsoa21_code", target="lsoa11_code"))
    assert (back["N2a", "L2"], back["N3", "L3"]) == (1.0, 0.25)
    one = build_shares([WARDS], [OLD], source="lsoa11_code", target="ward19_code").table
    assert (one["share"] == 1).all()
    assert one["people"].sum() == 270


def test_a_middle_layer_is_an_area_like_any_other():
    middle = LATER.rename(columns={"ward25_code": "msoa21_code"}).replace({"msoa21_code": {"Y": "X"}})
    held = share_of(build_shares([middle, LATER], [NEW], source="msoa21_code", target="ward25_code"))
    assert held["X", "Y"] == pytest.approx(160 / 192)


def test_what_no_lookup_leads_to_is_said():
    with pytest.raises(
        InputError, match=r"no lookups lead from ward13_code to ward25_code; .* hold lsoa21_code, ward25"
    ):
        build_shares([LATER], [NEW], source="ward13_code", target="ward25_code")
    with pytest.raises(InputError, match="and the one between 2011 and 2021"):
        build_shares([WARDS, LATER], [NEW], source="ward19_code", target="ward25_code")
    with pytest.raises(InputError, match="hold no codes"):
        build_shares([], source="lsoa11_code", target="ward25_code")


# ------------------------------------------------------------------------------------------------ geometry


def frame(code, shapes, **columns):
    return gpd.GeoDataFrame({code: list(shapes), **columns}, geometry=list(shapes.values()), crs="EPSG:27700")


SMALL = frame(
    "lsoa21_code",
    {"S1": box(0, 0, 100, 100), "S2": box(100, 0, 200, 100), "S3": box(200, 0, 300, 100)},
    population=[100.0, 300.0, 50.0],
)
OLD_WARDS = frame("ward_code", {"A": box(0, 0, 150, 100), "B": box(150, 0, 300, 100)})
NEW_WARDS = frame("ward_code", {"X": box(0, 0, 125, 100), "Y": box(125, 0, 300, 100)})
NAMES = {"source": "ward13_code", "target": "ward22_code"}


def test_residents_go_with_the_land_of_their_small_area():
    shares = build_overlap(OLD_WARDS, NEW_WARDS, SMALL, **NAMES)
    people = shares.table.set_index(["ward13_code", "ward22_code"])["people"].to_dict()
    assert people == {("A", "X"): 175.0, ("A", "Y"): 75.0, ("B", "Y"): 200.0}
    assert share_of(shares)["A", "X"] == 0.7  # of its land it is five sixths


def test_the_same_wards_are_the_same():
    assert share_of(build_overlap(OLD_WARDS, OLD_WARDS, SMALL, **NAMES)) == {("A", "A"): 1.0, ("B", "B"): 1.0}


def test_two_drawings_of_one_border_divide_nobody():
    redrawn = frame("ward_code", {"A": box(0, 0, 151, 100), "B": box(151, 0, 300, 100)})
    shares = build_overlap(OLD_WARDS, redrawn, SMALL, **NAMES)
    assert share_of(shares) == {("A", "A"): 1.0, ("B", "B"): 1.0}
    assert shares.table["people"].sum() == pytest.approx(450.0)


def test_a_tiny_ward_inside_one_small_area_is_no_sliver():
    tiny = frame("ward_code", {"A": box(0, 0, 9, 9), "B": box(150, 0, 300, 100)})
    assert share_of(build_overlap(tiny, NEW_WARDS, SMALL, **NAMES))["A", "X"] == 1.0


def test_residents_outside_every_new_area_are_not_moved_into_one():
    part = frame("ward_code", {"X": box(0, 0, 75, 100)})
    shares = build_overlap(OLD_WARDS, part, SMALL, **NAMES)
    assert share_of(shares) == {("A", "X"): pytest.approx(75 / 250)}
    clipped = frame("ward_code", {"X": box(0, 0, 125, 100), "Y": box(125, 0, 295, 100)})
    assert build_overlap(OLD_WARDS, clipped, SMALL, **NAMES).table["people"].sum() == pytest.approx(450.0)


def test_row_order_does_not_matter_and_nothing_is_changed():
    before = SMALL.copy()
    forward = build_overlap(OLD_WARDS, NEW_WARDS, SMALL, **NAMES).table
    backward = build_overlap(OLD_WARDS[::-1], NEW_WARDS[::-1], SMALL[::-1].reset_index(drop=True), **NAMES).table
    pd.testing.assert_frame_equal(forward, backward)
    pd.testing.assert_frame_equal(SMALL, before)


def test_wrong_tables_are_named():
    with pytest.raises(InputError, match="the small areas: lacks the column"):
        build_overlap(OLD_WARDS, NEW_WARDS, SMALL[["lsoa21_code", "geometry"]], **NAMES)
    with pytest.raises(InputError, match=r"the old areas: .* repeated ward_code"):
        build_overlap(pd.concat([OLD_WARDS, OLD_WARDS]), NEW_WARDS, SMALL, **NAMES)
    far = NEW_WARDS.set_geometry(NEW_WARDS.translate(9000, 0))
    with pytest.raises(InputError, match="have no land in common"):
        build_overlap(OLD_WARDS, far, SMALL, **NAMES)


# ------------------------------------------------------------------------------------------------ real data


@pytest.fixture(scope="module")
def london(real_data: Path):
    from tipping_point.sources.geography import read_boundaries
    from tipping_point.sources.population import read_population
    from tipping_point.sources.small_areas import read_small_areas

    folder = real_data / "london/boundaries"
    people = read_population(real_data / "population/census2021-ts001-lsoa.csv", kind="census_ts001")
    small = read_small_areas(folder / "LSOA_2021_London_BGC.geojson").merge(people, on="lsoa21_code")
    old = read_boundaries(folder / "WD_DEC_2013_London.geojson")
    new = read_boundaries(folder / "WD_DEC_2022_London_BGC.geojson")
    return small, old, new, build_overlap(old, new, small, **NAMES)


@pytest.mark.real
def test_the_ward_atlas_of_2013_on_the_wards_of_2022(london, real_data):
    from tipping_point.sources.gla import read_ward_atlas

    shares = london[3]
    assert shares.table["people"].sum() == pytest.approx(8_799_776)
    assert shares.table.groupby("ward13_code")["share"].sum().to_numpy() == pytest.approx(1.0)
    atlas = read_ward_atlas(
        real_data / "london/ward-atlas-data.csv",
        columns={
            "life": "Life Expectancy; Life expectancy at birth (all persons); 2009-2013",
            "points": "GCSE; Average GCSE capped point scores; 2014",
            "absence": "Pupil Absence; Unauthorised Absence in All Schools (%); 2013",
            "residents": "Population and Age; Population Estimates and Projections; 2013",
        },
    ).set_index("ward13_code")
    means = convert_by_shares(atlas[["life", "points", "absence"]], shares, combine="mean")
    assert len(means.values) == 704
    # The wards of the City of London are in the Atlas as one: they stay missing.
    assert means.values["life"].isna().sum() == 25
    for column in means.values:
        assert means.values[column].dropna().between(atlas[column].min(), atlas[column].max()).all()
    assert means.values["life"].mean() == pytest.approx(atlas["life"].mean(), abs=0.15)
    people = convert_by_shares(atlas[["residents"]], shares, combine="sum", whole=True).values["residents"]
    assert people.sum() == atlas["residents"].sum()
    # By hand: Northumberland Park is 9,996 residents of the old ward of that name and 6,097 of Tottenham Hale, with
    # life expectancies of 80.139 and 81.002 years, 292.8 and 300.9 points, 1.454 and 1.502% of sessions missed.
    assert means.values.loc["E05013596"].round(3).tolist() == [80.466, 295.856, 1.472]


@pytest.mark.real
def test_converted_census_counts_are_near_those_of_the_new_wards(london, real_data):
    """Children of five to nine: carried from 2013 wards by residents, against a straight cut."""
    small, old, new, shares = london
    age = pd.read_csv(real_data / "population/census2021-ts007a-lsoa.csv").set_index("geography code")
    children = age[["Age: Aged 5 to 9 years"]].reindex(small["lsoa21_code"]).rename_axis("lsoa21_code")
    on_old, truth = (
        convert_by_shares(
            children, build_overlap(small, wards, small, source="lsoa21_code", target=target), combine="sum"
        ).values
        for wards, target in ((old, "ward13_code"), (new, "ward22_code"))
    )
    error = (convert_by_shares(on_old, shares, combine="sum").values / truth - 1).abs().iloc[:, 0]
    assert error.median() < 0.02
    assert error.quantile(0.95) < 0.15
    by_land = build_overlap(old, new, small.assign(population=small.area), **NAMES)
    assert (convert_by_shares(on_old, by_land, combine="sum").values / truth - 1).abs().iloc[:, 0].median() > 0.04


@pytest.mark.real
def test_real_split_small_areas_keep_the_rate_of_their_whole(real_data):
    from tipping_point.sources.geography import read_lookup
    from tipping_point.sources.population import read_population

    lookup = read_lookup(real_data / "lookups/lookup_lsoa11_lsoa21_ltla22.csv")
    people = read_population(real_data / "population/census2021-ts001-lsoa.csv", kind="census_ts001")
    before = read_population(
        real_data / "population/population_mid2019_lsoa11_single_year.csv", kind="lsoa_mid_year"
    ).set_index("lsoa11_code")
    shares = build_shares([lookup], [people], **SPLIT)
    carried = convert_by_shares(before, shares, combine="sum", whole=True).values["population"]
    assert carried.sum() == before["population"].sum() == 59_439_840
    now = people.set_index("lsoa21_code")["population"]
    split = lookup[lookup["change_code"] == "S"]
    codes = split["lsoa21_code"]
    assert (carried[codes] / now[codes]).median() == pytest.approx(0.914, abs=0.002)
    naive = before["population"].reindex(split["lsoa11_code"]).to_numpy() / now[codes]
    assert naive.median() > 1.9
