"""The firmness of ward ranks: columns, countries, blanks and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.measures.uncertainty import add_firmness
from tipping_point.tables import InputError


def make(lattice):
    """Three wards of England, one without a rank, two of Wales."""
    wards = lattice(1, 6, country=["England"] * 4 + ["Wales"] * 2)
    wards["rank"] = pd.array([1, 2, 3, pd.NA, 2, 1], dtype="Int64")
    scores = pd.DataFrame(
        [[90.0] * 20, [50.0] * 10 + [95.0] * 10, [40.0] * 20, [99.0] * 20, [10.0] * 20, [20.0] * 20], index=wards.index
    )
    return wards, scores


def test_the_columns_by_hand(lattice):
    wards, scores = make(lattice)
    firm = add_firmness(wards, scores)
    assert firm["rank_low"].fillna(-1).tolist() == [1, 1, 3, -1, 2, 1]
    assert firm["rank_high"].fillna(-1).tolist() == [2, 2, 3, -1, 2, 1]
    assert firm["share_in_top"].fillna(-1).tolist() == [0.5, 0.5, 0, -1, 0, 1]
    assert firm["rank_group"].fillna(-1).tolist() == [1, 1, 2, -1, 2, 1]
    assert add_firmness(wards, scores, top=2)["share_in_top"].fillna(-1).tolist() == [1, 1, 0, -1, 1, 1]


def test_rows_index_geometry_and_inputs_stay(lattice):
    wards, scores = make(lattice)
    before = wards.copy(), scores.copy()
    firm = add_firmness(wards, scores.iloc[::-1])
    assert firm.index.equals(wards.index)
    assert firm.geometry.equals(wards.geometry)
    pd.testing.assert_frame_equal(wards, before[0])
    pd.testing.assert_frame_equal(scores, before[1])
    pd.testing.assert_frame_equal(firm, add_firmness(wards, scores))


def test_one_ward_and_none(lattice):
    one = lattice(1, 1, rank=pd.array([1], dtype="Int64"))
    firm = add_firmness(one, pd.DataFrame(np.ones((1, 3)), index=one.index))
    assert firm[["rank_low", "rank_high", "share_in_top", "rank_group"]].iloc[0].tolist() == [1, 1, 1, 1]
    none = add_firmness(one.head(0), pd.DataFrame(np.ones((0, 3)), index=one.index[:0]))
    assert {"rank_low", "rank_high", "share_in_top", "rank_group"} <= set(none.columns)


def test_nobody_has_a_rank(lattice):
    wards = lattice(1, 2, rank=pd.array([pd.NA, pd.NA], dtype="Int64"))
    firm = add_firmness(wards, pd.DataFrame(np.nan, index=wards.index, columns=range(3)))
    assert firm[["rank_low", "rank_high", "share_in_top", "rank_group"]].isna().all(axis=None)


def test_every_fault_is_listed_at_once(lattice):
    wards, scores = make(lattice)
    with pytest.raises(InputError) as caught:
        add_firmness(wards, scores.iloc[1:], top=2.5)
    assert "scores: 1 ranked wards are not in them, e.g. E05000000" in str(caught.value)
    assert "top: 2.5 given; it must be a share above 0 and below 1, or a whole number from 1 on" in str(caught.value)
    with pytest.raises(InputError, match=r"lacks the column\(s\) rank"):
        add_firmness(wards.drop(columns="rank"), scores)
