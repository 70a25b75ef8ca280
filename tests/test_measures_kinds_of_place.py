"""Kinds of place: planted ones are found, on any number of threads, and named by what they are extreme in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.measures.kinds_of_place import find_kinds
from tipping_point.tables import DOMAINS, InputError
from tipping_point.text.measures import name_kinds


@pytest.fixture
def planted(lattice):
    """Three kinds of forty wards: deprived and dense, in the middle, little deprived and spread out."""
    random = np.random.default_rng(1)
    kind = np.repeat([0, 1, 2], 40)
    middle = np.array([85.0, 50.0, 15.0])[kind]
    wards = lattice(12, 10, **{name: middle + random.normal(0, 4, 120) for name in DOMAINS})
    wards["population"] = np.array([20_000.0, 5_000.0, 1_000.0])[kind] * random.uniform(0.9, 1.1, 120)
    return wards, kind


def test_planted_kinds_are_found_and_numbered_by_need(planted):
    wards, kind = planted
    found = find_kinds(wards, seed=1)
    assert found.table["kind"].tolist() == ["England 1", "England 2", "England 3"]
    assert found.kind.tolist() == [f"England {place + 1}" for place in kind]
    assert found.table["wards"].tolist() == [40, 40, 40]
    assert found.table["population"].sum() == pytest.approx(wards["population"].sum())
    assert (found.table["stability"] > 0.95).all()
    assert (found.table["silhouette"] > 0.6).all()


def test_names_say_what_a_kind_is_extreme_in(planted):
    wards, _ = planted
    names = name_kinds(find_kinds(wards, seed=1).table)
    assert names["England 1"].startswith("deprived in ")
    assert names["England 1"].endswith(", dense")
    assert names["England 2"] == "near the mean in everything"
    assert names["England 3"].startswith("little deprived in ")
    assert names["England 3"].endswith(", spread out")
    alike = pd.DataFrame({"country": "England", "kind": ["England 1", "England 2"], "extremes": ["income+", "income+"]})
    assert name_kinds(alike).tolist() == ["deprived in income (1)", "deprived in income (2)"]


def test_row_order_seed_and_missing_values(planted):
    wards, _ = planted
    found = find_kinds(wards, seed=1)
    pd.testing.assert_series_equal(find_kinds(wards, seed=1).kind, found.kind)
    turned = find_kinds(wards.sample(frac=1, random_state=3), seed=1)
    assert turned.kind.reindex(wards.index).equals(found.kind)
    holed = wards.copy()
    holed.loc[wards.index[3], "income"] = np.nan
    holed.loc[wards.index[4], "population"] = 0.0
    again = find_kinds(holed, seed=1)
    assert again.kind[[wards.index[3], wards.index[4]]].isna().all()
    assert again.kind.notna().sum() == len(wards) - 2


def test_few_wards_have_no_kind_and_a_missing_column_is_named(lattice):
    few = lattice(3, 3, **dict.fromkeys(DOMAINS, 1.0))
    assert find_kinds(few, seed=1).table.empty
    assert find_kinds(few, seed=1).kind.isna().all()
    with pytest.raises(InputError, match="income"):
        find_kinds(lattice(3, 3), seed=1)
