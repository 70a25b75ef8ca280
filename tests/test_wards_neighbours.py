"""Who touches whom: by hand, against libpysal, and islands."""

from __future__ import annotations

import pytest
from libpysal.graph import Graph
from shapely.affinity import translate

from tipping_point.wards.neighbours import build_graph, graph_table


def test_queen_neighbours_of_a_block(lattice):
    wards = lattice(3, 3)
    graph = build_graph(wards)
    assert sorted(graph["E05000000"].index) == ["E05000001", "E05001000", "E05001001"]
    assert graph.cardinalities["E05001001"] == 8


def test_the_pairs_are_libpysals(lattice):
    wards = lattice(5, 4)
    ours = build_graph(wards).adjacency.sort_index()
    theirs = Graph.build_contiguity(wards, rook=False).adjacency.sort_index()
    assert ours.index.tolist() == theirs.index.tolist()
    assert ours.tolist() == theirs.tolist()


def test_an_island_is_tied_to_the_nearest_both_ways_and_said_so(lattice, caplog):
    caplog.set_level("INFO")
    wards = lattice(1, 3)
    wards.loc["E05000002", "geometry"] = translate(wards.geometry.iloc[2], 5000)
    graph = build_graph(wards)
    assert graph["E05000002"].index.tolist() == ["E05000001"]
    assert "E05000002" in graph["E05000001"].index
    assert "1 wards touch none and were tied to the nearest: Ward 0-2 to Ward 0-1" in caplog.text
    table = graph_table(graph, wards).set_index(["focal", "neighbour"])
    assert table["tied"].to_dict() == {
        ("E05000000", "E05000001"): False, ("E05000001", "E05000000"): False,
        ("E05000001", "E05000002"): True, ("E05000002", "E05000001"): True,
    }  # fmt: skip


def test_one_ward_has_no_neighbour(lattice):
    wards = lattice(1, 1)
    graph = build_graph(wards)
    assert graph.isolates.tolist() == ["E05000000"]
    assert len(graph_table(graph, wards)) == 0


def test_row_order_does_not_matter(lattice):
    wards = lattice(3, 3)
    forward = graph_table(build_graph(wards), wards)
    backward = graph_table(build_graph(wards[::-1]), wards)
    assert forward.equals(backward)


@pytest.mark.real
def test_real_wards_have_libpysals_neighbours(real_data):
    from tipping_point.sources.geography import read_boundaries

    wards = read_boundaries(next((real_data / "london/boundaries").glob("WD_DEC_2022*"))).set_index("ward_code")
    ours = build_graph(wards).adjacency.sort_index()
    theirs = Graph.build_contiguity(wards, rook=False).adjacency.sort_index()
    assert ours.index.tolist() == theirs.index.tolist()
