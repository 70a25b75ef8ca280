"""What the tests of outputs tables make, and others use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from builders.outputs_listing import COLUMNS, make_study
from tipping_point.outputs import tables


def make_counts(wards):
    return pd.DataFrame(
        {"ward_code": wards.index, "month": "2024-01", "crime_type": "Robbery", "crimes": 1.0, "rows_placed": 2}
    )


COVERAGE = pd.DataFrame(
    {
        "force": ["latticeshire"] * 2,
        "force_name": ["Latticeshire"] * 2,
        "territorial": [True, True],
        "month": ["2024-01", "2024-02"],
        "status": ["complete", "missing"],
        "rows": [120, 0],
        "rows_without_place": [3, 0],
        "share_without_place": [0.025, np.nan],
        "wards": [36, 36],
    }
)


RECONCILIATION = pd.DataFrame(
    {
        "force": ["latticeshire", "btp"],
        "month": ["2024-01", "2024-01"],
        "rows_in": [100, 20],
        "placed": [90, 5],
        "no_place": [3, 10],
        "unknown_place": [2, 0],
        "outside_area": [5, 5],
        "placed_not_covered": [1, 0],
    }
)


GRAPH = pd.DataFrame({"focal": ["E05000000"], "neighbour": ["E05000001"], "weight": [1.0], "tied": [False]})


def write(folder: Path, wards=None, areas=None, *, columns=COLUMNS, cover=None) -> list[Path]:
    made, made_areas, made_cover = make_study()
    wards = made if wards is None else wards
    return tables.write_tables(
        wards,
        made_areas if areas is None else areas,
        make_counts(wards),
        COVERAGE,
        RECONCILIATION,
        GRAPH,
        columns=columns,
        cover=cover or made_cover,
        folder=folder,
    )
