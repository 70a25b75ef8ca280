"""What is asked of a table at the door."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tipping_point.tables.words import InputError


def check_table(table: pd.DataFrame, name: str, required: Sequence[str], *, unique: Sequence[str] = ()) -> None:
    """Raise InputError naming every required column that is absent and every key that is repeated."""
    faults = []
    absent = [column for column in required if column not in table.columns]
    if absent:
        faults.append(
            f"{name}: lacks the column(s) {', '.join(absent)}; it has {', '.join(map(str, table.columns[:40]))}"
        )
    key = [column for column in unique if column in table.columns]
    if key and len(key) == len(unique):
        repeated = table.loc[table.duplicated(key), key]
        if len(repeated):
            shown = "; ".join(", ".join(map(str, row)) for row in repeated.head(5).itertuples(index=False))
            faults.append(f"{name}: {len(repeated)} repeated {' + '.join(key)} (each must stand once): {shown}")
    if faults:
        raise InputError(faults)
