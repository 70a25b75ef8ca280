from __future__ import annotations

import pytest

from tipping_point.sources.codes import find_code_column
from tipping_point.sources.delimited import read_text_table
from tipping_point.tables import InputError


def raw(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_text(content)
    return read_text_table(path)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("LSOA11CD", "lsoa11_code"), ("lsoa21_code", "lsoa21_code"), ("LSOA code (2011)", "lsoa11_code"),
        ("LSOA 2021 Code", "lsoa21_code"), ("LSOA code (2021)", "lsoa21_code"),
    ],
)  # fmt: skip
def test_the_year_is_in_the_header(tmp_path, header, name):
    table = raw(tmp_path, f"{header},x\nE01000001,1\nW01000001,2\n")
    found, codes = find_code_column(table)
    assert found == name
    assert codes.to_dict() == {2: "E01000001", 3: "W01000001"}


def test_a_header_alone_is_not_enough(tmp_path):
    table = raw(tmp_path, "area code,ward code,x\nA,E05000001,1\nB,E05000002,1\n")
    assert find_code_column(table, vintage="ward22")[0] == "ward22_code"


def test_the_code_of_a_district_is_none(tmp_path):
    with pytest.raises(InputError, match="no column of codes that is recognised"):
        find_code_column(raw(tmp_path, "area_code,x\nE09000001,1\nE09000002,1\nE01000001,2\n"))


def test_a_few_bad_codes_do_not_hide_the_column(tmp_path):
    found, codes = find_code_column(raw(tmp_path, "lsoa11_code,x\nE01000001,1\nE01000002,1\nnonsense,2\n,3\n"))
    assert found == "lsoa11_code"
    assert codes.tolist()[2:] == ["nonsense", ""]


@pytest.mark.parametrize("vintage", ["lsoa", "2011", "lsoa2011", "district24", "ward1", ""])
def test_a_vintage_that_is_none(tmp_path, vintage):
    with pytest.raises(InputError, match="is not understood; it is lsoa, msoa or ward and the two digits"):
        find_code_column(raw(tmp_path, "lsoa11_code,x\nE01000001,1\n"), vintage=vintage)


@pytest.mark.parametrize("header", ["MSOA21CD", "msoa21_code", "MSOA 2021 Code", "MSOA Code (2021)"])
def test_middle_layer_areas_are_known_by_their_header_and_codes(tmp_path, header):
    assert find_code_column(raw(tmp_path, f"{header},x\nE02000001,1\nW02000002,2\n"))[0] == "msoa21_code"


def test_a_middle_layer_without_a_year_and_with_the_wrong_one(tmp_path):
    table = raw(tmp_path, "area code,x\nE02000001,1\nE02000002,2\n")
    with pytest.raises(InputError, match=r"give the option vintage \(msoa11 or msoa21\)"):
        find_code_column(table)
    with pytest.raises(
        InputError, match=r"holds codes of middle-layer areas \(E02, W02\), and the vintage given is lsoa21"
    ):
        find_code_column(table, vintage="lsoa21")
    assert find_code_column(table, vintage="msoa11")[0] == "msoa11_code"
