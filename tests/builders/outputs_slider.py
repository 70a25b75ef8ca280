"""What the tests of outputs slider make, and others use."""

from __future__ import annotations

import numpy as np
import pandas as pd

MONTHS = [f"2024-{month:02d}" for month in range(1, 13)]


def make_counts(wards, crimes=1.0, months=MONTHS) -> pd.DataFrame:
    grid = pd.MultiIndex.from_product([wards.index, months, ["Robbery", "Possession of weapons", "Drugs"]])
    counts = grid.to_frame(index=False, name=["ward_code", "month", "crime_type"])
    return counts.assign(crimes=pd.array(np.full(len(counts), crimes), dtype="Int64"), rows_placed=0)
