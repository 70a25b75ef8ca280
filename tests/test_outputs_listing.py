"""Which areas are shown, in which order; and the small made-up study that the other tests of outputs share."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import box

from tipping_point import tables as schema
from tipping_point.outputs import listing


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


def test_the_shortlist_comes_first_and_the_next_ten_after_it():
    wards = make_wards()
    areas = make_areas(wards, [[code] for code in wards.index[6:24]], shortlisted=3)
    (found,) = listing.country_lists(wards, areas.sample(frac=1, random_state=0), make_cover())
    assert [area.number for area in found.shortlist] == ["1", "2", "3"]
    assert [area.number for area in found.following] == [str(number) for number in range(4, 14)]
    assert found.why_none == ""
    assert found.shortlist[0].place == "1st (no range yet)"


def test_two_countries_are_never_mixed_and_their_numbers_say_which():
    wards = make_wards()
    wards["country"] = np.where(np.arange(36) < 18, "England", "Wales")
    areas = make_areas(wards, [["E05000006"], ["E05000020"], ["E05000021"]])
    areas["rank"] = [1, 1, 2]
    areas["shortlisted"] = True
    england, wales = listing.country_lists(wards, areas, make_cover())
    assert (england.country, [area.number for area in england.shortlist]) == ("England", ["E1"])
    assert (wales.country, [area.number for area in wales.shortlist]) == ("Wales", ["W1", "W2"])


def test_an_empty_table_is_a_finding_said_in_words():
    wards, areas, cover = make_study()
    (found,) = listing.country_lists(wards, areas.iloc[:0], cover)
    assert found.areas == ()
    assert found.why_none.startswith("No area in Lattice met the tests: 2 wards are hot spots, but no touching group")


def test_an_area_without_a_rank_is_on_no_list():
    wards, areas, cover = make_study()
    areas["rank"] = [1.0, None, None]
    areas["shortlisted"] = [True, False, False]
    (found,) = listing.country_lists(wards, areas, cover)
    assert [area.area_id for area in found.areas] == ["area-0"]
    (none,) = listing.country_lists(wards, areas.iloc[1:], cover)
    assert none.areas == ()
    assert "no touching group of them met the study's limits" in none.why_none


def test_the_key_may_stand_in_the_index_or_in_a_column():
    wards, areas, cover = make_study()
    by_column = listing.country_lists(wards, areas, cover)
    by_index = listing.country_lists(wards, areas.set_index("area_id"), cover)
    assert [area.area_id for area in by_index[0].areas] == [area.area_id for area in by_column[0].areas]
    assert next(iter(listing.keyed(wards, "ward_code").columns)) == "ward_code"


def test_firmness_is_shown_where_the_run_made_it():
    wards, areas, cover = make_study()
    areas = areas.assign(rank_low=1, rank_high=4, share_in_top=0.94, criterion_chronic="pass")
    area = listing.country_lists(wards, areas, cover)[0].shortlist[1]
    assert area.place == "2nd (likely 1st to 4th)"
    assert area.tested == "chosen in 94 of 100 tests"
    assert area.criteria == (("Lasting", "pass"),)


def test_a_busy_centre_in_an_area_is_named():
    wards, areas, cover = make_study()
    areas.loc[0, "visitor_wards"] = "E05000006"
    area = listing.country_lists(wards, areas, cover)[0].shortlist[0]
    assert area.visitors
    assert area.caveats == ("Likely busy centre: visitors to Ward 6 lift crime per resident.",)


def test_what_else_is_said_of_an_area_is_ready_words():
    wards, areas, cover = make_study()
    wards["chronic_state"] = np.where(wards.index == "E05000006", "chronic", "not")
    areas = areas.assign(
        rank_low=2, rank_high=5, rank_choice_low=1, rank_choice_high=3, share_in_top=0.94, standing="in",
        criterion_chronic="fail", criterion_chronic_reason="Half is needed.", partnership_names="West;East",
        mayoral_authority="", accountability_note="no lookup gives one", why="It was chosen.", would_change="Little.",
        levers="Income (Department for Work; the council, with others) | Health (Department of Health; the board)",
        contribution_if_goal_met=0.04, contribution_if_like_comparators=0.004, comparator_basis="deprivation",
        depends_on_police_generated=True, police_generated_reason="A third is.",
    )  # fmt: skip
    area = listing.country_lists(wards, areas, cover)[0].shortlist[0]
    assert (area.likely, area.other_choices) == ("likely place 2nd to 5th", "place 1st to 3rd under other choices")
    assert area.criteria_said == (listing.Criterion("Lasting", "fail", "Half is needed."),)
    assert area.levers == (
        listing.Lever("Income", "Department for Work", "the council, with others"),
        listing.Lever("Health", "Department of Health", "the board"),
    )
    assert (area.partnerships, area.authority, area.authority_note) == ("West and East", "", "no lookup gives one")
    assert (area.lasting, area.standing) == ("long-standing in 1 of its 2 wards", "chosen")
    assert (area.why, area.would_change) == ("It was chosen.", "Little.")
    assert (area.depends_on_police_generated, area.police_generated) == (True, "A third is.")
    assert "would bring 4% of the fall" in area.contribution[0]
    assert "alike in deprivation that were not chosen would bring under 1% of that fall" in area.contribution[1]


def test_what_a_run_did_not_make_is_blank_and_never_a_guess():
    wards, areas, cover = make_study()
    area = listing.country_lists(wards, areas, cover)[0].shortlist[0]
    blank = (area.likely, area.other_choices, area.tested, area.lasting, area.why, area.would_change, area.rivals)
    assert set(blank) == {""}
    assert area.levers == area.criteria_said == area.contribution == ()
    assert area.depends_on_police_generated is False
    assert area.standing == "chosen"
    assert listing.country_lists(wards, areas, cover)[0].following[0].standing == "nearly chosen"
