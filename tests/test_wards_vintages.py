"""Small areas to wards: hand-worked means and sums, chains of lookups, wrong vintages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tipping_point.schema import InputError
from tipping_point.wards.vintages import (
    bring_to_wards,
    build_membership,
    convert_to_wards,
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
