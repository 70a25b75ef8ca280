"""The three real studies of the repository, whole: what must hold of them to the row."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from tipping_point.pipeline import run_study
from tipping_point.study import read_study
from tipping_point.tables import DOMAINS

STUDIES = Path(__file__).parents[1] / "studies"
JUDGEMENTS = ["crimes_all", "crimes", "crime_rate", "crime_rate_low", "crime_rate_high", "smoothed_rate",
              "standardised_rate", "harm", "harm_rate", "visitor_ward", "hotspot_value", "gi_star_z", "gi_star_p",
              "gi_star_p_adjusted", "gi_star_hot", "local_moran_i", "local_moran_p", "local_moran_p_adjusted",
              "hot_votes", "index_score", "rank"]  # fmt: skip

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def nation(real_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nation") / "study"
    return run_study(read_study(STUDIES / "england_and_wales.toml"), output=folder), folder


def placed_by_hand(real_data):
    """Every row of the archive by file, month and ward, by a plain join: the judge of the counts."""
    lookup = pl.read_csv(next((real_data / "lookups").glob("Lower*2019*.csv")), columns=["LSOA11CD", "WD19CD"])
    frames = []
    with zipfile.ZipFile(real_data / "police_uk/2019-02.zip") as archive:
        for name in archive.namelist():
            rows = pl.read_csv(archive.read(name), columns=["Month", "LSOA code", "Crime type"])
            frames.append(rows.with_columns(force=pl.lit(name.split("/")[-1][8:-11])))
    rows = pl.concat(frames).join(lookup, left_on="LSOA code", right_on="LSOA11CD", how="left")
    return rows.group_by(["force", "Month", "WD19CD", "Crime type"]).len().to_pandas()


@pytest.fixture(scope="module")
def by_hand(real_data):
    return placed_by_hand(real_data)


def test_merseysides_files_hold_the_rows_that_were_counted_by_hand(merseyside, by_hand):
    account = merseyside.reconciliation
    assert account.loc[account["force"] == "merseyside", "rows_in"].sum() == 66_359
    assert account["rows_in"].sum() == 1_771_502
    own = by_hand[by_hand["WD19CD"].isin(merseyside.wards.index)]
    assert account["placed"].sum() == own["len"].sum() == merseyside.counts["rows_placed"].sum()
    # British Transport Police and the forces around recorded crimes here too
    assert account.loc[account["force"] == "btp", "placed"].sum() > 0
    assert set(account.loc[account["placed"] > 0, "force"]) > {"merseyside", "btp", "cheshire"}


def test_every_force_month_is_accounted_for_to_the_row(nation, by_hand):
    account = nation[0].reconciliation.set_index(["force", "month"])
    hand = by_hand.groupby(["force", "Month"])["len"].sum()
    assert (account["rows_in"] == hand.rename_axis(["force", "month"])).all()
    nowhere = by_hand["WD19CD"].isna()
    lost = by_hand[nowhere].groupby(["force", "Month"])["len"].sum().reindex(hand.index, fill_value=0)
    assert (account["no_place"] == lost).all()
    assert lost.sum() == 102_696
    assert (account["placed"] == hand - lost).all()
    assert (account[["placed", "no_place", "unknown_place", "outside_area"]].sum(axis=1) == account["rows_in"]).all()


def test_the_counts_of_every_ward_month_and_type_are_those_by_hand(nation, by_hand):
    counts = nation[0].counts.set_index(["ward_code", "month", "crime_type"])["rows_placed"]
    hand = by_hand.dropna(subset=["WD19CD"]).groupby(["WD19CD", "Month", "Crime type"])["len"].sum()
    hand.index.names = counts.index.names
    assert (counts[counts > 0].sort_index() == hand.sort_index()).all()
    assert len(counts) == 8_071 * 5 * 14


def test_wards_of_forces_that_published_nothing_are_not_assessed_anywhere(nation):
    results, folder = nation
    wards = results.wards
    silent = ["Metropolitan Police", "Greater Manchester", "West Midlands", "West Yorkshire"]
    assert not wards.loc[wards["force_name"].isin(silent), "assessed"].any()
    assert wards.loc[wards["force_name"].isin(["Lancashire", "Northumbria"]), "assessed"].all()
    unassessed = wards[~wards["assessed"]]
    assert len(unassessed) == 1_211
    assert unassessed[JUDGEMENTS].isna().all(axis=None)
    assert (unassessed[["gi_star_class", "local_moran_class", "area_id"]] == "").all(axis=None)
    assert (unassessed["not_assessed_reason"] != "").all()
    written = pd.read_csv(folder / "tables" / "wards.csv", index_col="ward_code")
    assert written.loc[unassessed.index, JUDGEMENTS].isna().all(axis=None)


def test_each_force_is_told_how_often_code_and_point_part(nation):
    results, folder = nation
    agreement = pd.read_csv(folder / "tables" / "agreement.csv").set_index("force")
    rows = results.reconciliation.groupby("force")["rows_in"].sum()
    assert (agreement["rows"] == rows).all()
    assert (agreement[["agree", "disagree", "only_code", "only_point", "neither"]].sum(axis=1) == rows).all()
    assert agreement["disagree"].sum() == 133_497
    share = results.wards["share_near_border"]
    assert share[results.wards["assessed"] & (results.wards["crimes"] > 0)].between(0, 1).all()
    assert share[~results.wards["assessed"]].isna().all()


def test_no_assessed_ward_is_shown_free_of_serious_crime_for_want_of_a_file(nation):
    wards = nation[0].wards
    assert (wards.loc[wards["assessed"], "crimes"] == 0).sum() <= 10


def test_vintry_is_not_first(nation):
    wards = nation[0].wards.reset_index().set_index("ward_name")
    vintry = wards.loc["Vintry"]
    assert vintry["rank"] > 100
    assert vintry["small_population"]
    assert vintry["visitor_ward"]


def test_every_ward_has_one_of_43_forces_unless_it_is_nobodys_best_fit(nation):
    wards = nation[0].wards
    assert (wards.loc[wards["population"] > 0, "force_name"] != "").all()
    assert wards.loc[wards["force_name"] != "", "force_name"].nunique() == 43


def test_wales_is_ranked_within_wales_on_its_own_index(nation):
    results, _ = nation
    for _, wards in results.wards[results.wards["assessed"]].groupby("country"):
        assert sorted(wards["rank"]) == list(range(1, len(wards) + 1))
        assert wards["component_harm_rate"].mean() == pytest.approx(50)
    welsh = results.wards[results.wards["country"] == "Wales"]
    assert welsh[list(DOMAINS)].mean().between(49.9, 50.1).all()
    for codes, country in zip(results.areas["ward_codes"], results.areas["country"], strict=True):
        assert {code[0] for code in codes.split(";")} == {country[0]}


def test_the_city_of_london_is_not_assessed_and_the_rest_is(london):
    wards = london.wards
    assert len(wards) == 704
    assert set(wards.loc[~wards["assessed"], "district_name"]) == {"City of London"}
    assert wards["assessed"].sum() == 679
    assert london.reconciliation["rows_in"].sum() == london.counts["rows_placed"].sum() == 1_800_751


def test_londons_busiest_places_are_flagged_and_lead_no_list(london):
    wards = london.wards.reset_index().set_index(["ward_name", "district_name"])
    for name in (("West End", "Westminster"), ("St James's", "Westminster"), ("Heathrow Villages", "Hillingdon"),
                 ("Kingston Town", "Kingston upon Thames")):  # fmt: skip
        assert wards.loc[name, "visitor_ward"], name
    for codes, visited in zip(london.areas["ward_codes"], london.areas["visitor_wards"], strict=True):
        assert 2 * len([code for code in visited.split(";") if code]) <= len(codes.split(";"))


def test_national_map_is_light(nation):
    assert (nation[1] / "map.html").stat().st_size < 2.5e6
