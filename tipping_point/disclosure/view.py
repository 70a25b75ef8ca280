"""The results of a study as they may be shown: the one thing that the writers of outputs are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from tipping_point.tables import Column, Cover

Record = tuple[pd.DataFrame, tuple[Column, ...]]
"""A table and what its columns mean."""


@dataclass(frozen=True, repr=False)
class View:
    """Every table that a study's folder holds, after small numbers and what gives them away were hidden.

    Nothing in it leads back to a number that was hidden.

    Attributes:
        wards: one row per ward, with outlines.
        areas: one row per area, with outlines.
        counts: ward, month, crime type and crimes.
        coverage: force and month.
        reconciliation: the account of every row.
        neighbours: focal, neighbour and weight.
        sources: what was read.
        cover: what every output says on its face.
        columns: what the columns of `wards` are that no other study has: components, indicators, signals.
        records: further tables by the name of their file without its ending, each with what its columns mean.
    """

    wards: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    counts: pd.DataFrame
    coverage: pd.DataFrame
    reconciliation: pd.DataFrame
    neighbours: pd.DataFrame
    sources: pd.DataFrame
    cover: Cover
    columns: tuple[Column, ...]
    records: Mapping[str, Record]
