"""Like for like: who may stand beside an area, who is nearest, and how alike they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.areas.comparators import BALANCE, PAIRS, find_comparators
from tipping_point.tables import InputError, months_between
from tipping_point.wards.neighbours import build_graph

MONTHS = months_between("2023-01", "2024-12")


@pytest.fixture
def wards(lattice):
    return lattice(1, 12, visitor_ward=pd.array([False] * 12, dtype="boolean"), deprivation=50.0)


def code(number):
    return f"E05000{number:03d}"


def flat(wards, levels):
    return pd.DataFrame(np.outer(levels, np.ones(len(MONTHS))), index=wards.index, columns=MONTHS)


def areas_of(*codes, **columns):
    names = pd.Index([f"A-{n}" for n in range(len(codes))], name="area_id", dtype=str)
    return pd.DataFrame({"ward_codes": list(codes), "country": "England", **columns}, index=names)


def beside(wards, monthly, areas=None, **options):
    areas = areas_of(f"{code(0)};{code(1)}") if areas is None else areas
    return find_comparators(areas, wards, build_graph(wards), monthly, **options)


def test_the_nearest_in_level_never_members_and_never_neighbours(wards):
    levels = [50, 30, 40, 41, 39, 80, 20, 10, 10, 10, 10, 10]  # the area's own: 40
    found = beside(wards, flat(wards, levels), number=2)
    assert list(found.pairs["ward_code"]) == [code(3), code(4)]  # 002 is as high but touches the area
    assert list(found.pairs.columns) == PAIRS
    assert found.pairs["area_level"].tolist() == pytest.approx([40 * 12 / 10] * 2)
    balance = found.balance.set_index(["area_id", "trait"])
    assert balance.loc[("A-0", "level"), "standardised_difference"] == pytest.approx(0)
    assert bool(balance.loc[("all", "level"), "alike"])


def test_distance_is_the_root_mean_square_in_deviations_of_the_candidates(wards):
    wards["deprivation"] = [50.0, 50, 50, 40, 90, 10, 20, 30, 60, 70, 80, 50]
    levels = np.array([40.0, 40, 0, 41, 30, 80, 20, 10, 15, 25, 35, 60])
    pairs = beside(wards, flat(wards, levels), number=12).pairs.set_index("ward_code")
    free = slice(3, 12)
    level, need = levels[free] * 1.2, wards["deprivation"].to_numpy()[free]
    apart = np.sqrt((((level - 48) / level.std()) ** 2 + ((need - 50) / need.std()) ** 2) / 2)
    assert pairs["distance"].sort_index().to_numpy() == pytest.approx(apart)
    assert pairs["matched_on"].iloc[0] == "level, deprivation"  # no share of the force moves: the trend is alike in all


def test_the_trend_counts_where_it_can_be_known(wards):
    monthly = flat(wards, [40.0] * 12)
    rise = np.linspace(0.5, 1.5, len(MONTHS))
    for number in (0, 1, 7):
        monthly.loc[code(number)] *= rise
    found = beside(wards, monthly, number=1)
    assert found.pairs["ward_code"].tolist() == [code(7)]
    assert found.pairs["area_trend"].iloc[0] > 0.2
    short = beside(wards, monthly, number=1, period=("2023-01", "2024-11"))
    assert short.pairs["area_trend"].isna().all()  # seven quarters


def test_matched_on_deprivation_alone(wards):
    wards["deprivation"] = [90.0, 90, 90, 50, 50, 90, 50, 50, 50, 50, 50, 50]
    found = beside(wards, flat(wards, [80.0, 80, 1, 80, 80, 5, 1, 1, 1, 1, 1, 1]), number=1, traits=("deprivation",))
    assert found.pairs["ward_code"].tolist() == [code(5)]
    assert found.pairs["matched_on"].tolist() == ["deprivation"]


def test_country_assessment_and_visitors(wards):
    levels = flat(wards, [40.0] * 3 + [41, 42, 43, 44, 45, 46, 47, 48, 49])
    wards.loc[code(3), "country"] = "Wales"
    wards.loc[code(4), "assessed"] = False
    wards.loc[code(5), "visitor_ward"] = True
    assert beside(wards, levels, number=1).pairs["ward_code"].tolist() == [code(6)]
    wards.loc[[code(0), code(1)], "visitor_ward"] = True
    assert beside(wards, levels, number=3).pairs["ward_code"].tolist() == [code(5)]  # there is no other


def test_only_areas_on_the_shortlist_and_wards_of_others_may_stand_beside_them(wards):
    areas = areas_of(code(0), f"{code(5)};{code(6)}", shortlisted=[True, False])
    found = beside(wards, flat(wards, [40.0, 0, 0, 0, 0, 40, 39, 0, 0, 0, 0, 0]), areas, number=2)
    assert set(found.pairs["area_id"]) == {"A-0"}
    assert set(found.pairs["ward_code"]) == {code(5), code(6)}


def test_no_area_and_no_candidate_are_empty_tables(wards):
    monthly = flat(wards, np.arange(12.0))
    empty = beside(wards, monthly, areas_of())
    assert list(empty.pairs.columns) == PAIRS
    assert list(empty.balance.columns) == BALANCE
    everything = beside(wards, monthly, areas_of(";".join(wards.index)))
    assert everything.pairs.empty


def test_every_fault_is_named(wards):
    with pytest.raises(InputError) as caught:
        beside(wards, flat(wards, np.ones(12)), number=0, traits=("age",), period=("2022-01", "2023-05"))
    said = " | ".join(caught.value.faults)
    assert "number: 0 given" in said
    assert "traits: age given; choose from level, trend, deprivation" in said
    assert "the months known are 2023-01 to 2024-12" in said


def test_the_order_of_rows_does_not_matter_and_the_input_stays(wards):
    random = np.random.default_rng(3)
    for _ in range(10):
        monthly = flat(wards, random.integers(0, 60, 12).astype(float))
        before = wards.copy(), monthly.copy()
        first = beside(wards, monthly)
        order = random.permutation(wards.index)
        second = beside(wards.loc[order], monthly.loc[random.permutation(wards.index)])
        pd.testing.assert_frame_equal(first.pairs, second.pairs)
        pd.testing.assert_frame_equal(first.balance, second.balance)
        pd.testing.assert_frame_equal(pd.DataFrame(before[0]), pd.DataFrame(wards))
        pd.testing.assert_frame_equal(before[1], monthly)
