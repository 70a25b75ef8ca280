"""Near misses and choices under simulated values: by hand, against the definition, and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from tipping_point.areas.alternatives import near_misses
from tipping_point.areas.group import Limits
from tipping_point.areas.select import Rule, find_selection
from tipping_point.tables import InputError
from tipping_point.wards.neighbours import build_graph


def find(wards, areas, *, limits=None, **options):
    rule = Rule(areas, limits or Limits((0, 1e9), 2), **options)
    return find_selection(wards, build_graph(wards), rule=rule, value="value", seed=1)


def test_near_misses_by_hand(lattice):
    """A row of seven in pairs: the first pair is chosen, the best of the rest is the pair at the end."""
    wards = lattice(1, 7, value=[9.0, 8.0, 0.0, 0.0, 1.0, 2.0, 4.0])
    near = near_misses(find(wards, 1), wards)
    assert near.index.tolist() == wards.index[2:].tolist()
    assert near["near_value"].tolist() == [0, 1, 3, 6, 6]
    assert near["weakest_value"].tolist() == [17.0] * 5
    assert near["near_ward_codes"].iloc[-1] == "E05000005;E05000006"
    assert near["near_population"].iloc[-1] == 20_000
    assert near["near_reason"].iloc[0] == "its best group of wards has a value of 0"
    assert near["near_reason"].iloc[-1] == "its best group of wards has no more value than the weakest area chosen"


def test_every_reason_is_told_apart(lattice):
    wards = lattice(1, 6, value=[9.0, 1.0, 3.0, 1.0, 2.0, np.nan],
                    population=[10_000.0, 10_000.0, 10_000.0, 90_000.0, 10_000.0, 10_000.0])  # fmt: skip
    selection = find(wards, 1, limits=Limits((15_000, 40_000), 2), exclude=("E05000004",))
    near = near_misses(selection, wards)["near_reason"]
    assert near.to_dict() == {
        "E05000002": "every group within the limits that holds it shares a ward with a chosen area",
        "E05000003": "no group of wards within the limits holds it",
        "E05000004": "the study excludes it",
        "E05000005": "it is not assessed, or has no value",
    }
    wards = lattice(1, 3, value=[9.0, 5.0, 1.0], district_code=["A", "A", "B"])
    capped = near_misses(find(wards, 2, limits=Limits((0, 1e9), 1), per_authority=1), wards)
    assert capped["near_reason"].tolist() == ["its authority has all the areas that the cap allows, of no less value"]
    assert capped["weakest_value"].tolist() == [9.0]
    forced = near_misses(find(wards, 1, limits=Limits((0, 1e9), 1), include=("E05000002",)), wards)
    assert forced["near_reason"].str.startswith("its best group would have to displace an area that holds").all()


def test_districts_without_an_area(lattice):
    wards = lattice(1, 6, value=[9.0, 8.0, 1.0, 2.0, 0.0, np.nan], district_code=["A", "A", "B", "B", "C", "D"])
    near = near_misses(find(wards, 1), wards, by="district_code")
    assert near.index.tolist() == ["B", "C", "D"]
    assert near["near_value"].iloc[:2].tolist() == [3, 0]
    assert near["near_ward_codes"].tolist() == ["E05000002;E05000003", "E05000004", ""]
    assert near["near_reason"].iloc[2] == "it is not assessed, or has no value"
    with pytest.raises(InputError, match="allowed are 'ward_code' and 'district_code'"):
        near_misses(find(wards, 1), wards, by="force_name")


def test_each_country_has_its_own_weakest_area(lattice):
    wards = lattice(1, 4, value=[9.0, 8.0, 3.0, 2.0], country=["England", "England", "Wales", "Wales"])
    near = near_misses(find(wards, 1, limits=Limits((0, 1e9), 1)), wards)
    assert near["weakest_value"].to_dict() == {"E05000001": 9.0, "E05000003": 3.0}


def test_nothing_chosen_leaves_nothing_to_beat(lattice):
    wards = lattice(1, 2, value=0.0)
    near = near_misses(find(wards, 1), wards)
    assert near["weakest_value"].isna().all()
    assert near["near_value"].tolist() == [0, 0]


def test_a_near_miss_is_the_best_free_group(lattice):
    """Against the definition, group by group, on a block with values drawn at random."""
    wards = lattice(5, 5, value=np.random.default_rng(2).gamma(1.0, 1.0, 25))
    selection = find(wards, 3, limits=Limits((20_000, 30_000), 3))
    used = {code for codes in selection.chosen["ward_codes"] for code in codes.split(";")}
    groups = selection.groups.wards_of(np.arange(len(selection.groups.members)))
    best = {}
    for codes in groups:
        if not used & set(codes):
            for code in codes:
                best[code] = max(best.get(code, 0.0), wards.loc[codes, "value"].sum())
    near = near_misses(selection, wards)
    assert near.index.tolist() == [code for code in wards.index if code not in used]
    assert near["near_value"].to_dict() == pytest.approx({code: best.get(code, np.nan) for code in near.index},
                                                         nan_ok=True)  # fmt: skip
    assert (near["near_value"].dropna() <= near["weakest_value"].max()).all()


def test_a_selection_says_what_it_is(lattice):
    wards = lattice(1, 2, value=1.0)
    assert repr(find(wards, 1)) == "1 areas of 3 groups of 2 wards"
