"""A tidy table of figures of larger areas: areas, periods, limits, and every way in which it can be at fault."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.sources.context import known_areas, read_context
from tipping_point.tables import InputError

LOOKUP = pd.DataFrame(
    [
        ("E08000012", "Liverpool", "E22000001", "Liverpool", "E23000004", "Merseyside"),
        ("E08000013", "St. Helens", "E22000002", "St Helens", "E23000004", "Merseyside"),
        ("E06000052", "Cornwall", "E22000003", "Cornwall", "E23000035", "Devon & Cornwall"),
        ("E09000001", "City of London", "E22000004", "City of London", "E23000034", "London, City of"),
    ],
    columns=["district24_code", "district24_name", "partnership24_code", "partnership24_name", "force24_code",
             "force24_name"],
)  # fmt: skip
HEAD = "area,period,value,lower,upper"


def write(tmp_path, *lines, head=HEAD):
    path = tmp_path / "figures.csv"
    path.write_text("\n".join([head, *lines]), encoding="utf-8")
    return path


def read(path, level="force", **options):
    return read_context(path, known_areas([LOOKUP], level), level=level, **options)


def faults_of(path, level="force", **options):
    with pytest.raises(InputError) as caught:
        read(path, level, **options)
    return caught.value.faults


def test_figures_by_hand(tmp_path):
    path = write(
        tmp_path, "Merseyside,2023/24,\"1,205\",1190,1220", "E23000004,2022/23,1100,,", "Devon and Cornwall,2022/23,*,,"
    )  # fmt: skip
    table = read(path, lower="lower", upper="upper")
    assert table.columns.tolist() == ["area", "period", "start", "end", "value", "lower", "upper"]
    assert table[["area", "period", "start", "end"]].to_numpy().tolist() == [
        ["Devon & Cornwall", "2022/23", "2022-04", "2023-03"],
        ["Merseyside", "2022/23", "2022-04", "2023-03"],
        ["Merseyside", "2023/24", "2023-04", "2024-03"],
    ]
    np.testing.assert_array_equal(table["value"], [np.nan, 1100, 1205])
    np.testing.assert_array_equal(table["lower"], [np.nan, np.nan, 1190])


@pytest.mark.parametrize(
    ("level", "written", "name"),
    [
        ("force", "Merseyside Police", "Merseyside"), ("force", "devon & cornwall", "Devon & Cornwall"),
        ("force", "City of London Police", "London, City of"), ("country", "England and Wales", "England and Wales"),
        ("country", "K04000001", "England and Wales"), ("country", "WALES", "Wales"),
        ("district", "St Helens", "St. Helens"), ("district", "E08000013", "St. Helens"),
        ("partnership", "E22000002", "St Helens"),
    ],
)  # fmt: skip
def test_areas_as_people_write_them(tmp_path, level, written, name):
    assert read(write(tmp_path, f'"{written}",2024,1,,'), level)["area"].tolist() == [name]


def test_columns_by_their_own_names_and_years_that_overlap(tmp_path):
    path = write(
        tmp_path, "Merseyside,year ending March 2024,5", "Merseyside,year ending June 2024,6",
        head="Force area,Twelve months,Admissions",
    )  # fmt: skip
    table = read(path, area="Force area", period="Twelve months", value="Admissions")
    assert table["start"].tolist() == ["2023-04", "2023-07"]
    assert table[["lower", "upper"]].isna().all(axis=None)


def test_unknown_areas_are_all_named_with_the_nearest(tmp_path):
    faults = faults_of(write(tmp_path, "Mersyside,2024,1,,", "Atlantis,2024,1,,", "Merseyside,2024,1,,"))
    assert len(faults) == 2
    assert "row 2 has 'Mersyside' in 'area', which is no force of the lookups; nearest: Merseyside" in faults[0]
    assert "row 3 has 'Atlantis'" in faults[1]
    (fault,) = faults_of(write(tmp_path, ",2024,1,,"))
    assert "row 2 has '' in 'area'" in fault


@pytest.mark.parametrize("code", ["E05000001", "E01000001", "W02000001"])
def test_wards_and_small_areas_are_refused(tmp_path, code):
    (fault,) = faults_of(write(tmp_path, f"{code},2024,1,,"), "district")
    assert "a figure of wards or small areas is a [[sources.indicator]]" in fault


@pytest.mark.parametrize("level", ["ward", "lsoa", "region", ""])
def test_unknown_levels(tmp_path, level):
    path = write(tmp_path, "Merseyside,2024,1,,")
    with pytest.raises(InputError, match="allowed are country, force, partnership, district; a figure of wards or"):
        read_context(path, {}, level=level)


@pytest.mark.parametrize("period", ["2023/25", "March 2024", "2024-13", "Q1", "", "24", "2024-03 to 2024-01", "=1+1"])
def test_wrong_periods(tmp_path, period):
    (fault,) = faults_of(write(tmp_path, f"Merseyside,{period},1,,"))
    assert f"row 2 has {period!r} in 'period', which is no period that is understood; allowed are 2024-03" in fault


def test_periods_of_several_lengths(tmp_path):
    (fault,) = faults_of(write(tmp_path, "Merseyside,2023/24,1,,", "Merseyside,2024-Q1,1,,"))
    assert "row 3 has '2024-Q1' in 'period', of 3 month(s), and row 2 has '2023/24', of 12" in fault


def test_the_same_area_and_period_twice_even_if_written_in_two_ways(tmp_path):
    (fault,) = faults_of(write(tmp_path, "Merseyside,2023/24,1,,", "E23000004,year ending March 2024,2,,"))
    assert "Merseyside and '2023/24' stand on rows 2, 3; each may stand once (2 such rows)" in fault


@pytest.mark.parametrize(
    ("lines", "sense"),
    [
        (["Merseyside,2024,many,,"], "row 2 has 'many' in 'value', which is not a number"),
        (["Merseyside,2024,=cmd|' /C calc'!A0,,"], "which is not a number"),
        (["Merseyside,2024,1e999,,"], "which is no finite number"),
        (["Merseyside,2024,5,6,7"], "row 2 has a value of 5 outside its limits, 6 to 7"),
        (["Merseyside,2024,..,,", "Merseyside,2023,,,"], "holds no figure: every value is blank or suppressed"),
        (["Merseyside,2024,1,,,x"], "have more cells than the header"),
        ([], "has no row under its header"),
    ],
)
def test_hostile_cells_and_empty_files(tmp_path, lines, sense):
    faults = faults_of(write(tmp_path, *lines), lower="lower", upper="upper")
    assert any(sense in fault for fault in faults)


def test_files_that_are_none(tmp_path):
    path = tmp_path / "figures.csv"
    for content, sense in ((b"", "is empty"), (b"<html>", "is a web page"), (b"PK\x03\x04", "is an archive")):
        path.write_bytes(content)
        with pytest.raises(InputError, match=sense):
            read(path)
    with pytest.raises(InputError, match="does not exist"):
        read(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"column 'amount' is not in the header; it has area, period"):
        read(write(tmp_path, "Merseyside,2024,1,,"), value="amount")
    with pytest.raises(InputError, match="limits come together"):
        read(path, lower="lower")


def test_every_fault_at_once(tmp_path):
    faults = faults_of(write(tmp_path, "Atlantis,sometime,many,,"))
    assert len(faults) == 3


def test_without_a_lookup_nothing_is_known(tmp_path):
    path = write(tmp_path, "Merseyside,2024,1,,")
    with pytest.raises(InputError, match="no force of the lookups; none is known"):
        read_context(path, known_areas([], "force"), level="force")
