"""Who touches whom: one graph, built once, with islands tied in and said so."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from libpysal.graph import Graph

log = logging.getLogger(__name__)


def build_graph(wards: gpd.GeoDataFrame) -> Graph:
    """Wards that share a point of their border, weight 1; a ward that touches none is tied to the nearest.

    One query of a spatial index for polygons that intersect: on the 8,071 wards of England and Wales it gives the
    pairs of `Graph.build_contiguity(rook=False)`, several times faster, and it holds where borders overlap or
    meet between vertices too.

    Args:
        wards: indexed by ward_code, polygons in metres.

    Returns:
        Symmetric graph on the index of the wards. A ward tied in is linked both ways; a single ward has no
        neighbour.

    >>> graph = tp.build_graph(results.wards)
    >>> bool((graph.cardinalities > 0).all())
    True
    """
    geometry = wards.geometry.to_numpy()
    pairs = shapely.STRtree(geometry).query(geometry, predicate="intersects").T
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    ties = _ties(geometry, np.setdiff1d(np.arange(len(wards)), pairs))
    both_ways = np.unique(np.concatenate([pairs, ties, ties[:, ::-1]]), axis=0)
    codes = wards.index.to_numpy()
    if len(ties):
        named = ", ".join(f"{wards['ward_name'].iloc[a]} to {wards['ward_name'].iloc[b]}" for a, b in ties[:5])
        log.info("neighbours: %d wards touch none and were tied to the nearest: %s", len(ties), named)
    log.info("neighbours: %d wards, %d pairs", len(wards), len(both_ways) // 2)
    focal, neighbour = codes[both_ways[:, 0]], codes[both_ways[:, 1]]
    alone = np.sort(codes[np.setdiff1d(np.arange(len(wards)), both_ways)])
    return Graph.from_arrays(
        np.concatenate([focal, alone]),
        np.concatenate([neighbour, alone]),
        np.concatenate([np.ones(len(focal), dtype=int), np.zeros(len(alone), dtype=int)]),
    )


def graph_table(graph: Graph, wards: gpd.GeoDataFrame) -> pd.DataFrame:
    """The graph as [focal, neighbour, weight, tied], sorted: what `graph.csv` holds."""
    table: pd.DataFrame = graph.adjacency.rename("weight").reset_index()
    table = table[table["weight"] > 0].rename(columns={"focal_id": "focal", "neighbor": "neighbour"})
    table = table.sort_values(["focal", "neighbour"], ignore_index=True)
    geometry = wards.geometry
    focal, neighbour = geometry.loc[table["focal"]].to_numpy(), geometry.loc[table["neighbour"]].to_numpy()
    table["tied"] = ~shapely.intersects(focal, neighbour)
    return table


def _ties(geometry: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """Pairs (n, 2): each position that touches none, and the nearest other polygon."""
    if len(alone) == 0 or len(geometry) < 2:
        return np.empty((0, 2), dtype=int)
    inputs, nearest = shapely.STRtree(geometry).query_nearest(geometry[alone], exclusive=True, all_matches=False)
    return np.column_stack([alone[inputs], nearest])
