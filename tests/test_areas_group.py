"""Touching hot wards as areas: by hand, limits, visitors, districts, and nothing hot."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from tipping_point.areas.group import Limits, add_area_id, area_id, build_areas, group_touching, rank_areas
from tipping_point.tables import InputError
from tipping_point.wards.neighbours import build_graph

LIMITS = Limits(population=(15_000, 60_000), max_wards=5)


@pytest.fixture
def scored(lattice):
    """A function: a block of wards with an index, some hot; harm 100 each."""

    def make(rows, columns, hot, **values):
        number = rows * columns
        wards = lattice(rows, columns, index_score=[float(n) for n in range(number)], hot_votes=0, harm=100.0,
                        crimes=50.0, visitor_ward=False)  # fmt: skip
        wards.loc[wards.index.isin(hot), "hot_votes"] = 2
        for name, value in values.items():
            wards[name] = value
        return wards

    return make


def groups(wards, **options):
    members = group_touching(wards, build_graph(wards), limits=options.pop("limits", LIMITS), **options)
    return [sorted(rows["ward_code"]) for _, rows in members.groupby("area")]


def test_touching_hot_wards_are_one_area(scored):
    wards = scored(1, 6, ["E05000000", "E05000001", "E05000004"])
    assert groups(wards) == [["E05000004"], ["E05000000", "E05000001"]]


def test_a_large_cluster_is_cut_from_its_highest_ward(scored):
    wards = scored(1, 7, [f"E0500000{n}" for n in range(7)])
    assert groups(wards) == [[f"E0500000{n}" for n in range(2, 7)], ["E05000000", "E05000001"]]
    members = group_touching(wards, build_graph(wards), limits=LIMITS)
    assert members["cluster"].nunique() == 1


def test_population_bounds_an_area(scored):
    wards = scored(1, 3, ["E05000000", "E05000001", "E05000002"], population=[10_000.0, 55_000.0, 10_000.0])
    assert groups(wards) == [["E05000002"], ["E05000001"], ["E05000000"]]


def test_an_area_does_not_cross_its_district(scored):
    wards = scored(1, 4, [f"E0500000{n}" for n in range(4)], district_code=["A", "A", "B", "B"])
    assert groups(wards) == [["E05000002", "E05000003"], ["E05000000", "E05000001"]]
    assert len(groups(wards, limits=Limits(within="country"))) == 1


def test_a_busy_centre_alone_is_no_area_but_may_join_one(scored):
    wards = scored(1, 5, ["E05000000", "E05000001", "E05000004"], visitor_ward=[False, True, False, False, True])
    assert groups(wards) == [["E05000000", "E05000001"]]


def test_visitor_wards_are_at_most_half_of_an_area(scored):
    wards = scored(1, 4, [f"E0500000{n}" for n in range(4)], visitor_ward=[True, True, True, False])
    assert groups(wards) == [["E05000002", "E05000003"]]


def test_wards_not_assessed_or_without_a_score_are_in_no_area(scored):
    wards = scored(1, 4, [f"E0500000{n}" for n in range(4)], assessed=[True, False, True, True])
    wards.loc["E05000003", "index_score"] = None
    assert groups(wards) == [["E05000002"], ["E05000000"]]


def test_include_and_exclude(scored):
    wards = scored(1, 4, ["E05000000", "E05000003"])
    assert groups(wards, include=["E05000001"]) == [["E05000003"], ["E05000000", "E05000001"]]
    assert groups(wards, exclude=["E05000003"]) == [["E05000000"]]
    wards.loc["E05000002", "assessed"] = False
    with pytest.raises(InputError) as caught:
        groups(wards, include=["E05000002", "E05000001", "E05888888"], exclude=["E05000001"])
    assert len(caught.value.faults) == 3


def test_nothing_hot_is_an_empty_table_that_goes_on(scored):
    wards = scored(1, 3, [])
    members = group_touching(wards, build_graph(wards), limits=LIMITS)
    areas = rank_areas(build_areas(wards, members, limits=LIMITS))
    assert len(areas) == 0
    assert "shortlisted" in areas.columns
    assert (add_area_id(wards, areas)["area_id"] == "").all()


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 29)), st.integers(1, 4))
def test_areas_are_connected_within_limits_and_never_overlap(hot, most):
    from tests.conftest import lattice as fixture

    wards = fixture.__wrapped__()(5, 6, harm=1.0, crimes=1.0, visitor_ward=False)
    wards["index_score"] = [float((7 * n) % 30) for n in range(30)]
    wards["hot_votes"] = [int(n in hot) for n in range(30)]
    graph = build_graph(wards)
    limits = Limits(population=(0, 60_000), max_wards=most)
    members = group_touching(wards, graph, limits=limits)
    assert members["ward_code"].is_unique
    assert set(members["ward_code"]) == set(wards.index[wards["hot_votes"] > 0])
    for _, rows in members.groupby("area"):
        assert len(rows) <= most
        inside = graph.subgraph(list(rows["ward_code"])).sparse
        assert connected_components(inside)[0] == 1


def test_an_area_adds_up_its_wards(scored):
    wards = scored(1, 4, ["E05000000", "E05000001"], population=[10_000.0, 30_000.0, 9_000.0, 9_000.0])
    members = group_touching(wards, build_graph(wards), limits=LIMITS)
    area = build_areas(wards, members, limits=LIMITS).iloc[0]
    assert area["ward_codes"] == "E05000000;E05000001"
    assert area["population"] == 40_000
    assert area["index_score"] == pytest.approx((0 * 10_000 + 1 * 30_000) / 40_000)
    assert area["share_of_harm"] == 0.5
    assert area["exposure"] == 40
    assert area["area_name"] == "Ward 0-1 and Ward 0-0 (One District)"
    assert area["geometry"].area == 2_000_000


def test_the_same_wards_have_the_same_name_in_every_run():
    assert area_id(["E05000002", "E05000001"]) == area_id(["E05000001", "E05000002"])
    assert area_id(["E05000001"]) != area_id(["E05000002"])


def ranked(**values):
    number = len(values["index_score"])
    frame = pd.DataFrame({"country": "England", "district_names": "One", "within_limits": True, **values},
                         index=[f"A-{n}" for n in range(number)])  # fmt: skip
    return rank_areas(frame, number=2, per_authority=values.get("per_authority", 0))


def test_ranks_and_shortlists_are_each_countrys_own():
    areas = ranked(index_score=[10.0, 30.0, 20.0, 5.0], country=["England", "England", "England", "Wales"])
    assert areas["rank"].to_dict() == {"A-1": 1, "A-2": 2, "A-0": 3, "A-3": 1}
    assert areas.index[areas["shortlisted"]].tolist() == ["A-1", "A-2", "A-3"]


def test_areas_outside_the_limits_come_last_without_a_rank():
    areas = ranked(index_score=[30.0, 20.0, 10.0], within_limits=[False, True, True])
    assert areas.index.tolist() == ["A-1", "A-2", "A-0"]
    assert areas["rank"].tolist()[:2] == [1, 2]
    assert areas["rank"].isna().tolist() == [False, False, True]
    assert areas["shortlisted"].tolist() == [True, True, False]


def test_a_cap_per_authority_lets_the_next_authority_in():
    frame = pd.DataFrame({"country": "England", "district_names": ["One", "One", "Two"], "within_limits": True,
                          "index_score": [3.0, 2.0, 1.0]}, index=["A-0", "A-1", "A-2"])  # fmt: skip
    assert rank_areas(frame, number=2, per_authority=1)["shortlisted"].tolist() == [True, False, True]
