"""The ledger of crime files: what was read, per file, force and month, whoever published it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

LISTED = {"archive": "str", "file": "str", "force": "str", "month": "str", "bytes": "int64", "note": "str"}
"""Columns of a list of files that were not read."""
READ = {
    "archive": "str",
    "file": "str",
    "force": "str",
    "month": "str",
    "rows": "int64",
    "rows_without_place": "int64",
    "damaged": "bool",
    "note": "str",
}
"""Columns of the ledger of files that were read."""


def build_ledger(rows: Iterable[tuple[object, ...]], columns: dict[str, str]) -> pd.DataFrame:
    """A table of the columns and types given, also where there is no row."""
    return pd.DataFrame(list(rows), columns=list(columns)).astype(columns)
