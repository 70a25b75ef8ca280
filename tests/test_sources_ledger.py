from __future__ import annotations

import pytest

from tipping_point.sources.ledger import LISTED, READ, build_ledger


@pytest.mark.parametrize("columns", [LISTED, READ])
def test_an_empty_ledger_has_the_types_of_a_full_one(columns):
    values = {"str": "x", "int64": 3, "bool": True}
    full = build_ledger([tuple(values[kind] for kind in columns.values())], columns)
    empty = build_ledger([], columns)
    assert full.dtypes.astype(str).to_dict() == empty.dtypes.astype(str).to_dict() == columns
    assert (len(full), len(empty)) == (1, 0)
