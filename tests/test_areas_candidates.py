"""Enumeration of groups: against brute force, by hand, limits, islands, and limits that give too many."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.graph import Graph

from tipping_point.areas.candidates import MOST_GROUPS, enumerate_groups
from tipping_point.areas.group import Limits
from tipping_point.tables import InputError
from tipping_point.wards.neighbours import build_graph

ANY = Limits(population=(0, 1e9), max_wards=3)


def make_graph(codes, links):
    """Links in both directions; wards without one have a link of weight 0 to themselves."""
    both = [*links, *((b, a) for a, b in links)]
    alone = [code for code in codes if code not in {a for a, _ in both}]
    rows = [(a, b, 1) for a, b in sorted(set(both))] + [(code, code, 0) for code in alone]
    return Graph.from_arrays(*(np.array(column) for column in zip(*rows, strict=True)))


def make_wards(population, **columns):
    codes = pd.Index([f"E{n:02d}" for n in range(len(population))], name="ward_code")
    table = pd.DataFrame({"population": population, "district_code": "A", "country": "England"}, index=codes)
    return table.assign(**columns)


def connected(codes, links):
    reached, stack = set(), [codes[0]]
    while stack:
        code = stack.pop()
        if code not in reached:
            reached.add(code)
            stack += [b for a, b in [*links, *((b, a) for a, b in links)] if a == code and b in codes]
    return len(reached) == len(codes)


def brute_force(wards, links, limits):
    """Every subset, asked one by one."""
    found = set()
    for size in range(1, limits.max_wards + 1):
        for codes in combinations(wards.index, size):
            own = wards.loc[list(codes)]
            people = own["population"].sum()
            fits = limits.population[0] <= people <= limits.population[1]
            if fits and own[limits.within].nunique() == 1 and connected(codes, links):
                found.add(codes)
    return found


def listed(groups):
    return [tuple(codes) for codes in groups.wards_of(np.arange(len(groups.members)))]


@st.composite
def cities(draw):
    """Wards, links and limits: connected or not, one or two districts, whole populations, zeros too."""
    number = draw(st.integers(1, 9))
    wards = make_wards(
        draw(st.lists(st.integers(0, 5), min_size=number, max_size=number)),
        district_code=draw(st.lists(st.sampled_from(["A", "A", "A", "B"]), min_size=number, max_size=number)),
    )
    pairs = list(combinations(wards.index, 2))
    links = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    low = draw(st.integers(0, 6))
    limits = Limits((low, draw(st.integers(low, 18))), draw(st.integers(1, 5)), "district_code")
    return wards, links, limits


@settings(deadline=None, max_examples=100)
@given(cities())
def test_every_group_is_found_once(city):
    wards, links, limits = city
    found = listed(enumerate_groups(make_graph(wards.index, links), wards, limits=limits))
    assert len(found) == len(set(found))
    assert set(found) == brute_force(wards, links, limits)


@settings(deadline=None, max_examples=30)
@given(cities(), st.randoms())
def test_the_order_of_the_rows_does_not_matter(city, random):
    wards, links, limits = city
    mixed = list(wards.index)
    random.shuffle(mixed)
    graph = make_graph(wards.index, links)
    first, second = (enumerate_groups(graph, table, limits=limits) for table in (wards, wards.loc[mixed]))
    assert listed(first) == listed(second)


def test_a_row_of_three_by_hand():
    wards = make_wards([10.0, 20.0, 30.0])
    groups = enumerate_groups(make_graph(wards.index, [("E00", "E01"), ("E01", "E02")]), wards, limits=ANY)
    assert listed(groups) == [("E00",), ("E00", "E01"), ("E00", "E01", "E02"), ("E01",), ("E01", "E02"), ("E02",)]
    assert groups.sums(groups.population).tolist() == [10, 30, 60, 20, 50, 30]
    assert repr(groups) == "6 groups of 3 wards"


def test_a_block_of_squares(lattice):
    """16 wards, and 12 + 12 + 18 pairs that touch along a row, a column or at a corner."""
    wards = lattice(4, 4)
    graph = build_graph(wards)
    links = [(a, b) for a, b in graph.adjacency.index if a < b]
    limits = Limits((0, 1e9), 3)
    groups = enumerate_groups(graph, wards, limits=limits)
    assert set(listed(groups)) == brute_force(wards, links, limits)
    sizes = (groups.members >= 0).sum(axis=1)
    assert np.bincount(sizes)[1:3].tolist() == [16, 42]


def test_a_population_on_the_limit_is_within_it():
    wards = make_wards([0.1, 0.2, 0.3])
    links = [("E00", "E01"), ("E01", "E02")]
    found = listed(enumerate_groups(make_graph(wards.index, links), wards, limits=Limits((0.6, 0.6), 3)))
    assert found == [("E00", "E01", "E02")]


def test_wards_that_are_not_assessed_or_of_which_nothing_is_known_are_in_no_group():
    wards = make_wards([1.0, 1.0, np.nan, 1.0, 1.0], assessed=[True, False, True, True, True])
    wards.loc["E03", "district_code"] = None
    graph = make_graph(wards.index, list(combinations(wards.index, 2)))
    assert listed(enumerate_groups(graph, wards, limits=ANY)) == [("E00",), ("E00", "E04"), ("E04",)]
    assert listed(enumerate_groups(graph, wards, limits=ANY, exclude=["E04"])) == [("E00",)]


def test_groups_do_not_cross_countries():
    wards = make_wards([1.0, 1.0], country=["England", "Wales"])
    graph = make_graph(wards.index, [("E00", "E01")])
    assert listed(enumerate_groups(graph, wards, limits=ANY)) == [("E00",), ("E01",)]


def test_a_link_in_one_direction_is_a_link_and_one_of_weight_nought_is_none():
    wards = make_wards([1.0, 1.0, 1.0])
    focal, other, weight = ["E00", "E01", "E01", "E02"], ["E01", "E01", "E02", "E02"], [1, 0, 0, 0]
    graph = Graph.from_arrays(np.array(focal), np.array(other), np.array(weight))
    assert listed(enumerate_groups(graph, wards, limits=ANY)) == [("E00",), ("E00", "E01"), ("E01",), ("E02",)]


def test_an_island_is_a_group_by_itself_unless_the_graph_ties_it():
    wards = make_wards([1.0, 1.0])
    assert listed(enumerate_groups(make_graph(wards.index, []), wards, limits=ANY)) == [("E00",), ("E01",)]
    tied = enumerate_groups(make_graph(wards.index, [("E00", "E01")]), wards, limits=ANY)
    assert ("E00", "E01") in listed(tied)


def test_no_wards_no_groups():
    wards = make_wards([1.0]).iloc[:0]
    groups = enumerate_groups(make_graph(["E00"], []), wards, limits=ANY)
    assert groups.members.shape == (0, 3)
    assert groups.sums(np.empty(0)).tolist() == []


def test_limits_that_give_too_many_are_refused(lattice):
    wards = lattice(3, 3)
    with pytest.raises(InputError, match=r"max_wards = 3 and areas.population = \[0, 1000000000.0\]: more than 10 gr"):
        enumerate_groups(build_graph(wards), wards, limits=ANY, most=10)
    wards = lattice(30, 30)
    with pytest.raises(InputError, match=f"more than {MOST_GROUPS:,} groups"):
        enumerate_groups(build_graph(wards), wards, limits=Limits((0, 1e9), 9))


def test_every_fault_is_listed():
    wards = make_wards([1.0, 1.0]).drop(columns="district_code")
    with pytest.raises(InputError) as caught:
        enumerate_groups(make_graph(["E00"], []), wards, limits=Limits((5, 1), 0))
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "wards", "areas.population = [5, 1]", "areas.max_wards = 0", "graph",
    ]  # fmt: skip
    assert "no column 'district_code'" in caught.value.faults[0]
    assert "1 wards of the table are not in it, such as 'E01'" in caught.value.faults[3]


def test_inputs_stay_as_they_are():
    wards = make_wards([1.0, 2.0])
    copy = wards.copy()
    enumerate_groups(make_graph(wards.index, [("E00", "E01")]), wards, limits=ANY)
    pd.testing.assert_frame_equal(wards, copy)
