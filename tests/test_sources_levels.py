"""A figure keeps the level at which it is published."""

from __future__ import annotations

import pandas as pd
import pytest

from tipping_point.sources.levels import LEVELS, OTHER, WHERE_SCHOOLS_ARE, choose_level, find_levels, mark_proxy
from tipping_point.tables import InputError


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("E01000001", "small area"), ("W01001909", "small area"), ("E02000001", "middle area"),
        ("E05000819", "ward"), ("W05000001", "ward"), ("E06000022", "district"), ("E07000008", "district"),
        ("E08000009", "district"), ("E09000001", "district"), ("W06000001", "district"), ("E10000003", "county"),
        ("E12000001", "region"), ("E92000001", "country"), ("W92000004", "country"), ("K04000001", OTHER),
        ("E47000001", "authority"), ("E61000001", "authority"), ("E23000013", "force"), ("W15000001", "force"),
        ("100001", "school"), ("A81001", OTHER), ("", OTHER), ("E0500081", OTHER),
    ],
)  # fmt: skip
def test_levels_by_code(code, level):
    codes = pd.Series([code], index=[7])
    found = find_levels(codes)
    assert found.tolist() == [level]
    assert found.index.tolist() == [7]


def figures(*codes):
    codes = pd.Series(codes)
    return pd.DataFrame({"area_code": codes, "level": find_levels(codes), "value": 1.0})


def test_a_level_is_chosen_and_the_input_left_as_it_was():
    table = figures("E05000819", "E08000009", "E05000824")
    before = table.copy()
    assert choose_level(table, "ward", where="t")["area_code"].tolist() == ["E05000819", "E05000824"]
    pd.testing.assert_frame_equal(table, before)


def test_a_district_is_never_given_to_its_wards():
    with pytest.raises(InputError) as caught:
        choose_level(figures("E08000009", "E92000001"), "ward", where="Absence")
    assert caught.value.faults == (
        "Absence: nothing is published by ward; its levels are country, district. A figure of a larger area is not"
        " copied to the wards in it.",
    )
    with pytest.raises(InputError, match=r"nothing is published by district; its levels are ward.$"):
        choose_level(figures("E05000819"), "district", where="t")
    with pytest.raises(InputError, match="its levels are none at all"):
        choose_level(figures().astype({"level": "str"}), "ward", where="t")
    with pytest.raises(InputError, match="level 'parish' is not known; allowed are small area, "):
        choose_level(figures("E05000819"), "parish", where="t")


def test_what_a_reader_must_know():
    assert mark_proxy("ward") == mark_proxy("small area") == ""
    assert mark_proxy("school") == WHERE_SCHOOLS_ARE == "where schools are, not where pupils live"
    assert mark_proxy("district") == "a district's figure, the same for all its wards; context only"
    assert all(mark_proxy(level) for level in LEVELS if level not in ("ward", "small area"))
