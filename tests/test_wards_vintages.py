"""Small areas to wards: hand-worked means and sums, chains of lookups, wrong vintages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tipping_point.tables import InputError
from tipping_point.wards.overlap import build_shares
from tipping_point.wards.shares import Shares
from tipping_point.wards.vintages import (
    bring_to_wards,
    build_membership,
    convert_table,
    convert_to_wards,
    find_code_wards,
    find_owners,
    follow,
    trace,
)

WARD_LOOKUP = pd.DataFrame(
    {
        "lsoa11_code": ["E01000001", "E01000002", "E01000003", "E01000004"],
        "ward19_code": ["E05000001", "E05000001", "E05000002", "E05000002"],
        "ward19_name": ["Alder", "Alder", "Beech", "Beech"],
        "district19_code": ["E06000001"] * 4,
        "district19_name": ["Northam"] * 4,
    }
)
TO_2021 = pd.DataFrame(
    {
        # 0001 unchanged, 0002 split in two, 0003 and 0004 merged
        "lsoa11_code": ["E01000001", "E01000002", "E01000002", "E01000003", "E01000004"],
        "lsoa21_code": ["E01000001", "E01030001", "E01030002", "E01030003", "E01030003"],
        "change_code": ["U", "S", "S", "M", "M"],
    }
)
TO_DISTRICT = pd.DataFrame(
    {
        "lsoa21_code": ["E01000001", "E01030001", "E01030002", "E01030003"],
        "ward24_code": ["E05100001", "E05100001", "E05100002", "E05100002"],
        "district24_code": ["E06000060", "E06000060", "E06000061", "E06000061"],
        "district24_name": ["West", "West", "East", "East"],
    }
)
TO_FORCE = pd.DataFrame(
    {
        "district24_code": ["E06000060", "E06000061", "E06000061"],
        "partnership24_code": ["E22000001", "E22000002", "E22000003"],
        "force24_code": ["E23000001", "E23000002", "E23000002"],
        "force24_name": ["West Force", "East Force", "East Force"],
    }
)
LOOKUPS = [WARD_LOOKUP, TO_2021, TO_DISTRICT, TO_FORCE]


@pytest.fixture
def membership():
    return build_membership(LOOKUPS, ward_year=2019)


def test_a_mean_is_weighted_by_residents(membership):
    values = pd.DataFrame({"score": [10.0, 40.0, 5.0, 5.0]}, index=WARD_LOOKUP["lsoa11_code"])
    people = pd.Series([100.0, 300.0, 50.0, 50.0], index=WARD_LOOKUP["lsoa11_code"])
    result = convert_to_wards(values, membership, combine="mean", weights=people)
    assert result.values["score"].to_dict() == {"E05000001": 32.5, "E05000002": 5.0}
    assert (result.known == 1).all(axis=None)


def test_missing_stays_missing_and_is_measured(membership):
    values = pd.DataFrame({"score": [10.0, np.nan, np.nan, np.nan]}, index=WARD_LOOKUP["lsoa11_code"])
    people = pd.Series([100.0, 300.0, 50.0, 50.0], index=WARD_LOOKUP["lsoa11_code"])
    result = convert_to_wards(values, membership, combine="mean", weights=people)
    assert result.values.loc["E05000001", "score"] == 10.0
    assert np.isnan(result.values.loc["E05000002", "score"])
    assert result.known["score"].tolist() == [0.25, 0.0]


@given(st.lists(st.integers(0, 10_000), min_size=4, max_size=4))
def test_a_sum_keeps_the_total(numbers):
    membership = build_membership(LOOKUPS, ward_year=2019)
    values = pd.DataFrame({"people": [float(n) for n in numbers]}, index=WARD_LOOKUP["lsoa11_code"])
    assert convert_to_wards(values, membership, combine="sum").values["people"].sum() == sum(numbers)


def test_row_order_does_not_matter(membership):
    values = pd.DataFrame({"people": [1.0, 2.0, 4.0, 8.0]}, index=WARD_LOOKUP["lsoa11_code"])
    forward = convert_to_wards(values, membership, combine="sum").values
    backward = convert_to_wards(values[::-1], membership, combine="sum").values
    pd.testing.assert_frame_equal(forward, backward)


def test_codes_of_another_vintage_are_named(membership):
    values = pd.DataFrame({"score": [1.0, 2.0]}, index=["E01030001", "E01030002"])
    with pytest.raises(InputError, match=r"100% of the 2 codes \(E01030001, E01030002, …\) are not lsoa11_code"):
        convert_to_wards(values, membership, combine="sum")
    with pytest.raises(InputError, match="its codes are lsoa21_code, but the study goes from lsoa11_code to ward19"):
        bring_to_wards(values.rename_axis("lsoa21_code").reset_index(), membership, label="x.csv", combine="sum")


def test_a_mean_without_weights_is_refused(membership):
    values = pd.DataFrame({"score": [1.0] * 4}, index=WARD_LOOKUP["lsoa11_code"])
    with pytest.raises(InputError, match="a mean needs weights"):
        convert_to_wards(values, membership, combine="mean")
    with pytest.raises(InputError, match="'average' is not known; use 'mean'"):
        convert_to_wards(values, membership, combine="average")


def test_ward_values_come_as_they_are(membership):
    table = pd.DataFrame({"ward19_code": ["E05000002", "E05000001"], "jobs": [7.0, 9.0]})
    result = bring_to_wards(table, membership, label="jobs.csv", combine="sum")
    assert result["jobs"].to_dict() == {"E05000001": 9.0, "E05000002": 7.0}


TO_2024 = TO_DISTRICT[["lsoa21_code", "ward24_code"]]
PEOPLE = pd.DataFrame({"lsoa21_code": TO_DISTRICT["lsoa21_code"], "population": [100.0, 60.0, 40.0, 200.0]})


@pytest.fixture
def later():
    return build_membership([TO_DISTRICT], ward_year=2024)


def residents():
    return PEOPLE.set_index("lsoa21_code")["population"]


def test_small_areas_of_2011_reach_wards_of_2024_through_their_change(later):
    table = pd.DataFrame({"lsoa11_code": WARD_LOOKUP["lsoa11_code"], "jobs": [10.0, 100.0, 3.0, 4.0]})
    converted = convert_table(
        table, later, label="jobs.csv", combine="sum", weights=residents(), lookups=[TO_2021, TO_2024]
    )
    # 0002 was split: 60 of its 100 residents live in the first ward.
    assert converted.values["jobs"].to_dict() == {"E05100001": 70.0, "E05100002": 47.0}
    assert (converted.known == 1).all(axis=None)


def test_wards_of_another_year_reach_the_studys_and_partial_knowledge_is_told(later):
    lookups = [WARD_LOOKUP, TO_2021, TO_2024]
    table = pd.DataFrame({"ward19_code": ["E05000001", "E05000002"], "life": [80.0, np.nan]})
    converted = convert_table(table, later, label="x", combine="mean", weights=residents(), lookups=lookups)
    assert converted.values["life"].to_dict() == pytest.approx({"E05100001": 80.0, "E05100002": np.nan}, nan_ok=True)
    # Of the second ward's 240 residents the 40 of the old first ward are known: a sixth, less than half.
    assert converted.known.loc["E05100002", "life"] == pytest.approx(40 / 240)


def test_an_overlap_that_was_built_is_used_before_a_lookup(later):
    overlap = Shares(
        "ward19_code", "ward24_code",
        pd.DataFrame({"ward19_code": ["E05000001"], "ward24_code": ["E05100002"], "share": [1.0], "people": [9.0]}),
    )  # fmt: skip
    table = pd.DataFrame({"ward19_code": ["E05000001"], "jobs": [7.0]})
    result = bring_to_wards(table, later, label="x", combine="sum", lookups=[WARD_LOOKUP, TO_2021], overlaps=[overlap])
    assert result["jobs"].to_dict() == {"E05100002": 7.0}


def test_whole_sums_stay_whole_through_a_membership_and_shares_convert_too(membership):
    values = pd.DataFrame({"people": [1.0, 2.0, 4.0, 8.0]}, index=WARD_LOOKUP["lsoa11_code"])
    assert convert_to_wards(values, membership, combine="sum", whole=True).values["people"].tolist() == [3.0, 12.0]
    shares = build_shares([WARD_LOOKUP], source="lsoa11_code", target="ward19_code")
    assert convert_to_wards(values, shares, combine="sum").values["people"].tolist() == [3.0, 12.0]


def test_known_speaks_of_residents_where_they_are_given(membership):
    values = pd.DataFrame({"jobs": [10.0, np.nan, 1.0, 1.0]}, index=WARD_LOOKUP["lsoa11_code"])
    people = pd.Series([100.0, 300.0, 50.0, 50.0], index=WARD_LOOKUP["lsoa11_code"])
    assert convert_to_wards(values, membership, combine="sum", weights=people).known["jobs"].tolist() == [0.25, 1.0]


def test_codes_of_both_vintages_have_a_ward(membership, later):
    of_2024 = find_code_wards(later, [TO_2021, TO_2024], [PEOPLE])
    assert of_2024["ward_code"].to_dict() == {
        "E01000001": "E05100001", "E01000002": "E05100001", "E01000003": "E05100002", "E01000004": "E05100002",
        "E01030001": "E05100001", "E01030002": "E05100002", "E01030003": "E05100002",
    }  # fmt: skip
    assert of_2024["share"].to_dict()["E01000002"] == 0.6
    assert of_2024["share"].drop("E01000002").eq(1).all()
    of_2019 = find_code_wards(membership, [WARD_LOOKUP, TO_2021])
    assert of_2019.loc["E01030003", "ward_code"] == "E05000002"
    assert len(find_code_wards(membership, [WARD_LOOKUP])) == 4


def test_the_ward_year_must_be_in_a_lookup():
    with pytest.raises(InputError, match="wards of 2025; the lookups given hold wards of 2019, 2024"):
        build_membership(LOOKUPS, ward_year=2025)
    with pytest.raises(InputError, match="hold wards of no year"):
        build_membership([TO_FORCE], ward_year=2025)


def test_a_small_area_in_two_wards_is_refused():
    twice = pd.concat([WARD_LOOKUP, WARD_LOOKUP.head(1).assign(ward19_code="E05000002")])
    with pytest.raises(InputError, match="1 small areas lie in two wards of 2019: E01000001"):
        build_membership([twice], ward_year=2019)


def test_the_chain_joins_only_codes_of_one_vintage():
    steps = [(source, target) for _, source, target in trace(LOOKUPS, "lsoa11_code", "force")]
    assert steps == [
        ("lsoa11_code", "lsoa21_code"),
        ("lsoa21_code", "district24_code"),
        ("district24_code", "force24_code"),
    ]
    with pytest.raises(InputError, match="no chain of lookups leads from lsoa11_code to a force"):
        trace([WARD_LOOKUP, TO_DISTRICT, TO_FORCE], "lsoa11_code", "force")


def test_a_split_small_area_is_shared_among_its_parts():
    reached = follow(LOOKUPS, "lsoa11_code", "force").set_index(["lsoa11_code", "force_name"])["share"]
    assert reached["E01000002", "West Force"] == reached["E01000002", "East Force"] == 0.5
    assert reached.groupby("lsoa11_code").sum().eq(1).all()


def test_the_force_of_a_ward_is_that_of_most_of_its_residents(membership):
    people = pd.Series({"E01000001": 100.0, "E01000002": 300.0})
    assert find_owners(LOOKUPS, membership, people).loc["E05000001", "force_name"] == "West Force"
    people = pd.Series({"E01000001": 1.0, "E01000002": 300.0})
    assert find_owners(LOOKUPS, membership, people).loc["E05000002", "force_name"] == "East Force"


@pytest.mark.real
def test_every_real_ward_with_a_small_area_has_one_of_43_forces(real_data):
    from tipping_point.sources.geography import read_lookup

    folder = real_data / "lookups"
    lookups = [read_lookup(path) for path in sorted(folder.glob("*.csv"))]
    for year, wards in ((2019, 8023), (2025, None)):
        membership = build_membership(lookups, ward_year=year)
        forces = find_owners(lookups, membership, pd.Series(dtype=float))
        assert len(forces) == len(membership.wards)
        assert wards in (None, len(forces))
        assert forces["force_name"].nunique() == 43
        assert forces["force_name"].notna().all()


@pytest.fixture(scope="module")
def nation(real_data):
    from tipping_point.sources.geography import read_lookup
    from tipping_point.sources.population import read_population

    lookups = [read_lookup(path) for path in sorted((real_data / "lookups").glob("*.csv"))]
    old = read_population(real_data / "population/population_mid2019_lsoa11_single_year.csv", kind="lsoa_mid_year")
    new = read_population(real_data / "population/census2021-ts001-lsoa.csv", kind="census_ts001")
    return lookups, old, new


@pytest.mark.real
def test_income_deprivation_of_traffords_wards_is_as_trafford_publishes_it(real_data, nation):
    lookups, _, _ = nation
    wards = build_membership(lookups, ward_year=2019)
    folder = real_data / "deprivation"
    poor = pd.read_csv(folder / "IoD2019_underlying_indicators_lsoa11.csv", index_col="lsoa11_code")
    people = pd.read_csv(folder / "File_6_-_IoD2019_Population_Denominators.csv", index_col=0, encoding="utf-8-sig")
    numbers = pd.DataFrame({"poor": poor["income_domain_numerator"], "people": people.iloc[:, 3]}).rename_axis("code")
    sums = convert_to_wards(numbers.astype(float), wards, combine="sum").values
    published = pd.read_csv(
        real_data / "trafford/ward_data_2022/deprivation/data/income_deprivation.csv", index_col="area_code"
    )["value"]
    ours = (100 * sums["poor"] / sums["people"])[published.index]
    assert len(published) == 21
    assert (ours - published).abs().max() < 0.15
    assert (ours - published).abs().median() < 0.08


@pytest.mark.real
def test_traffords_residents_are_all_in_its_new_wards(real_data, nation):
    lookups, old, new = nation
    table = pd.read_csv(
        real_data / "trafford/ward_data_2022/demographics/data/total_resident_population.csv", index_col="area_code"
    )[["value"]].astype(float)
    shares = build_shares(lookups, [old, new], source="ward19_code", target="ward25_code")
    converted = convert_to_wards(table.rename_axis("ward19_code"), shares, combine="sum", whole=True)
    people = converted.values["value"].dropna()
    assert people.sum() == table["value"].sum() == 237_579
    assert len(people) == 21
    assert people.between(9_000, 13_000).all()
    assert (converted.known.loc[people.index, "value"] == 1).all()


@pytest.mark.real
def test_a_welsh_index_of_2019_reaches_wards_of_2025_beside_an_english_one_of_2025(real_data, nation):
    from tipping_point.sources.deprivation import read_deprivation

    lookups, _, new = nation
    wards = build_membership(lookups, ward_year=2025)
    weights = new.set_index("lsoa21_code")["population"]
    scores = {}
    for country, kind, file in (
        ("E", "iod2025", "IoD2025_All_Ranks_Scores_Deciles.csv"),
        ("W", "wimd2019", "wimd-2019-index-and-domain-scores-by-small-area.csv"),
    ):
        table = read_deprivation(real_data / "deprivation" / file, kind=kind)
        code = next(column for column in table.columns if column.endswith("_code"))
        own = table.loc[table[code].str[0] == country, [code, "income"]]
        result = convert_table(own, wards, label=file, combine="mean", weights=weights, lookups=lookups)
        scores[country] = result.values["income"].dropna()
        assert set(scores[country].index.str[0]) == {country}
        assert len(scores[country]) == (wards.wards.index.str[0] == country).sum()
        assert scores[country].between(own["income"].min(), own["income"].max()).all()
