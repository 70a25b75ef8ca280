"""The user's own areas and adjustments: scored by hand, flagged, and every fault at once."""

from __future__ import annotations

import pandas as pd
import pytest

from tipping_point.areas.given import Adjustment, adjust_areas, score_given
from tipping_point.areas.group import Limits, area_id
from tipping_point.areas.select import select_areas
from tipping_point.tables import InputError
from tipping_point.wards.neighbours import build_graph

LIMITS = Limits((15_000, 30_000), 3)
WHY = {"reason": "the school stands across the road", "who": "J. Smith", "date": "2026-01-31"}


@pytest.fixture
def city(lattice):
    """A row of six wards of 10,000 residents, the last two in another district, values 0 to 5."""
    wards = lattice(1, 6, value=[float(n) for n in range(6)], district_code=["A"] * 4 + ["B"] * 2)
    return wards, build_graph(wards)


def code(number):
    return f"E0500000{number}"


def score(city, lists):
    wards, graph = city
    return score_given(wards, graph, {name: [code(n) for n in own] for name, own in lists.items()}, limits=LIMITS,
                       value="value")  # fmt: skip


def test_a_list_is_scored(city):
    result = score(city, {"North": [2, 1], "South": [5, 4]})
    assert list(result.columns) == [
        "area_id", "area_name", "ward_codes", "wards", "population", "value", "country", "district_code", "contiguous",
        "within_limits", "note",
    ]  # fmt: skip
    assert result["area_name"].tolist() == ["North", "South"]
    assert result["ward_codes"].tolist() == ["E05000001;E05000002", "E05000004;E05000005"]
    assert result["area_id"][0] == area_id([code(1), code(2)])
    assert result[["wards", "population", "value"]].to_numpy().tolist() == [[2, 20_000, 3], [2, 20_000, 9]]
    assert result["contiguous"].all()
    assert result["within_limits"].all()
    assert result["note"].eq("").all()


def test_what_does_not_keep_to_the_limits_is_flagged_and_said(city):
    result = score(city, {"apart": [0, 2], "small": [1], "across": [3, 4, 5]})
    assert result["contiguous"].tolist() == [False, True, True]
    assert result["within_limits"].tolist() == [True, False, False]
    assert result["note"].tolist() == [
        "Its wards do not all touch: it is in 2 parts.",
        "It has 10,000 residents; the limits ask for 15,000 at least.",
        "It crosses district_code: A and B.",
    ]
    assert result["district_code"].tolist() == ["A", "A", "A;B"]
    large = score(city, {"large": [0, 1, 2, 3]})["note"][0]
    assert large == (
        "It has 40,000 residents; the limits allow 30,000 at most. It has 4 wards; the limits allow 3 at most."
    )


def test_every_fault_of_a_list_is_told(city, lattice):
    wards, graph = city
    wards = wards.assign(assessed=wards.index != code(5), country=["England"] * 4 + ["Wales"] * 2)
    lists = {"a": [code(0), code(0), "E09"], "b": [code(0), code(5)], "none": [], "both": [code(3), code(4)]}
    with pytest.raises(InputError) as caught:
        score_given(wards, graph, lists, limits=LIMITS, value="value")
    assert sorted(caught.value.faults) == [
        "areas, 'a': 'E09' is not a ward of the study's area",
        "areas, 'b': 'E05000005' is not assessed, or its population, value or district_code is not known",
        "areas, 'b': in England and Wales; no list mixes countries",
        "areas, 'both': in England and Wales; no list mixes countries",
        "areas.given: 'E05000000' is in 'a' and 'b'; a ward may be in one area",
        "areas.given: 'a' names 'E05000000' 2 times",
        "areas.given: 'none' has no ward",
    ]


def test_no_list_is_an_empty_table(city):
    assert len(score(city, {})) == 0


def adjust(city, *changes, numbers=((2, 3),)):
    wards, graph = city
    chosen = pd.DataFrame({"ward_codes": [";".join(code(n) for n in own) for own in numbers]})
    chosen["area_id"] = [area_id(codes.split(";")) for codes in chosen["ward_codes"]]
    return adjust_areas(chosen, wards, graph, changes, value="value", limits=LIMITS)


def test_an_adjustment_stands_beside_the_model(city):
    row = adjust(city, Adjustment(code(2), add=(code(1),), drop=(code(3),), **WHY)).iloc[0]
    assert (row["ward_codes"], row["adjusted_ward_codes"]) == ("E05000002;E05000003", "E05000001;E05000002")
    assert (row["added"], row["dropped"]) == (code(1), code(3))
    assert (row["value"], row["adjusted_value"], row["value_change"], row["value_change_share"]) == (5, 3, -2, -0.4)
    assert (row["reason"], row["who"], row["date"]) == tuple(WHY.values())
    assert row["adjusted_area_id"] == area_id([code(1), code(2)])
    assert row["contiguous"]
    assert row["within_limits"]
    assert row["note"] == "The change loses 40.0% of its value."


def test_several_changes_of_one_area_are_told_in_their_order(city):
    model = area_id([code(2), code(3)])
    second = Adjustment(model, drop=(code(2), code(3)), reason="again", who="A. Jones", date="2026-02-01")
    row = adjust(city, Adjustment(code(3), add=(code(0),), **WHY), second).iloc[0]
    assert row["adjusted_ward_codes"] == code(0)
    assert row["who"] == "J. Smith; A. Jones"
    assert row["date"] == "2026-01-31; 2026-02-01"
    assert not row["within_limits"]
    assert row["note"] == (
        "The change loses 100.0% of its value. It has 10,000 residents; the limits ask for 15,000 at least."
    )


def test_an_area_without_a_change_stays(city):
    result = adjust(city, Adjustment(code(0), add=(code(2),), **WHY), numbers=((0, 1), (4, 5)))
    assert result["value_change"].tolist() == [2, 0]
    assert result["adjusted_ward_codes"][1] == result["ward_codes"][1]
    assert result["reason"][1] == result["note"][1] == ""


def test_a_ward_may_move_from_one_area_to_another(city):
    result = adjust(city, Adjustment(code(0), add=(code(2),), **WHY), Adjustment(code(3), drop=(code(2),), **WHY),
                    numbers=((0, 1), (2, 3)))  # fmt: skip
    assert result["adjusted_ward_codes"].tolist() == ["E05000000;E05000001;E05000002", "E05000003"]


def test_every_fault_of_an_adjustment_is_told(city):
    changes = [
        Adjustment(code(0), add=(code(2), code(1), "E09"), drop=(code(5),), **WHY),
        Adjustment(code(2), drop=(code(3),), **{**WHY, "date": "2026-02-30"}),
        Adjustment(code(4), who=" ", reason="", date="31/01/2026"),
        Adjustment(code(2), drop=(code(2),), **WHY),
    ]
    with pytest.raises(InputError) as caught:
        adjust(city, *changes, numbers=((0, 1), (2, 3)))
    names = [f"adjustments: number {n + 1} ('{change.area}')" for n, change in enumerate(changes)]
    assert caught.value.faults == (
        f"{names[0]}: '{code(1)}' is in the area already",
        f"{names[0]}: '{code(5)}' is not in the area",
        f"{names[1]}: date = '2026-02-30'; allowed is a day such as 2026-01-31",
        f"{names[2]}: no reason is given; a change to the model's boundary needs one",
        f"{names[2]}: no who is given; a change to the model's boundary needs one",
        f"{names[2]}: date = '31/01/2026'; allowed is a day such as 2026-01-31",
        f"{names[2]}: nothing is added or dropped",
        f"{names[2]}: neither an area_id nor a ward of a chosen area",
        "areas, 'add': 'E09' is not a ward of the study's area",
        f"adjustments: '{area_id([code(2), code(3)])}' is left without a ward",
    )
    with pytest.raises(InputError, match=f"'{code(2)}' is in 'A-.*' and 'A-.*'; a ward may be in one area"):
        adjust(city, Adjustment(code(0), add=(code(2),), **WHY), numbers=((0, 1), (2, 3)))


def test_an_adjusted_area_stays_in_its_country(city):
    wards, graph = city
    wards = wards.assign(country=["England"] * 4 + ["Wales"] * 2)
    with pytest.raises(InputError, match="in England and Wales; no list mixes countries"):
        adjust((wards, graph), Adjustment(code(3), add=(code(4),), **WHY))


def test_the_models_areas_can_be_adjusted_and_inputs_stay(city):
    wards, graph = city
    copy = wards.copy()
    chosen = select_areas(wards, graph, areas=2, value="value", population=LIMITS.population, max_wards=2, seed=1)
    before = chosen.copy()
    result = adjust_areas(chosen, wards, graph, [Adjustment(code(2), add=(code(1),), **WHY)], value=wards["value"],
                          limits=LIMITS)  # fmt: skip
    assert result["area_id"].tolist() == chosen["area_id"].tolist()
    assert result["value"].tolist() == chosen["value"].tolist()
    assert result["value_change"].sum() == 1
    pd.testing.assert_frame_equal(wards, copy)
    pd.testing.assert_frame_equal(chosen, before)
    by_id = adjust_areas(chosen.set_index("area_id"), wards, graph, [], value="value", limits=LIMITS)
    assert by_id["adjusted_value"].tolist() == chosen["value"].tolist()
    assert len(adjust_areas(chosen.iloc[:0], wards, graph, [], value="value", limits=LIMITS)) == 0
