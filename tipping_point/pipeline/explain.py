"""What a finished study says of one place, read back from its folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tipping_point.outputs.folder import MARK, find_record, find_table
from tipping_point.tables import InputError, check_table
from tipping_point.text.areas import explain_place

NEEDED = ("standing", "why", "would_change", "rivals")


def explain_in_folder(folder: Path, place: str) -> str:
    """Why a ward or area is in, nearly in or out, and what would change it: a paragraph a line.

    Args:
        folder: of a study that was run.
        place: a ward code, an area_id, or the name of one ward or area.

    Raises:
        InputError: no study's folder, or one of an earlier version; no such place, or several of that name.

    >>> tp.explain_in_folder(finished, results.areas.index[0]).startswith(results.areas["area_name"].iloc[0])
    True
    """
    if find_record(folder) is None:
        raise InputError(f"{folder}: is not the folder of a study (it holds no {MARK})")
    wards, areas = (
        _read(find_table(folder, f"{name}s.csv"), key) for name, key in (("ward", "ward_code"), ("area", "area_id"))
    )
    return explain_place(place, wards, areas)


def _read(path: Path, key: str) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    check_table(table, path.name, [key, *NEEDED])
    return table.set_index(key)
