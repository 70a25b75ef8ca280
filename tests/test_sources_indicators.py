from __future__ import annotations

import logging

import pandas as pd
import pytest
from builders.sources_workbook import write_ods

from tipping_point.sources.indicators import read_indicator
from tipping_point.tables import InputError


def write(path, content, encoding="utf-8"):
    path.write_bytes(content.encode(encoding))
    return path


def faults(path, **options):
    with pytest.raises(InputError) as caught:
        read_indicator(path, **{"name": "illness", "column": "value", **options})
    return caught.value.faults


@pytest.mark.parametrize(
    ("header", "code", "vintage", "named"),
    [
        ("lsoa11_code", "E01000001", None, "lsoa11_code"),
        ("LSOA code (2011)", "W01000001", None, "lsoa11_code"),
        ("LSOA21CD", "E01000001", None, "lsoa21_code"),
        ("geography code", "E01000001", "lsoa21", "lsoa21_code"),
        ("ward code", "E05000001", "ward22", "ward22_code"),
        ("WD22CD", "W05000001", None, "ward22_code"),
        ("New code", "E05000001", "ward13", "ward13_code"),
        ("area_code", "E05000001", "ward19", "ward19_code"),
    ],
)
def test_codes_are_recognised_by_header_and_cells(tmp_path, header, code, vintage, named):
    path = write(tmp_path / "a.csv", f"name,{header},value\nA,{code},1.5\n")
    read = read_indicator(path, name="illness", column="value", vintage=vintage)
    assert read.to_dict("list") == {named: [code], "illness": [1.5]}


def test_the_column_of_codes_may_be_named(tmp_path):
    path = write(tmp_path / "a.csv", "lsoa11_code,lsoa21_code,value\nE01000001,E01000009,1\n")
    assert "several columns of codes: lsoa11_code, lsoa21_code" in faults(path)[0]
    read = read_indicator(path, name="illness", column="value", code_column="lsoa21_code")
    assert read["lsoa21_code"].tolist() == ["E01000009"]


def test_marks_of_no_figure_are_missing_and_counted(tmp_path, caplog):
    marks = ["", "*", "-", "x", "z", "c", ".", "low", "X", "NA"]
    rows = "".join(f"E0100000{n},{mark}\n" for n, mark in enumerate(marks))
    path = write(tmp_path / "a.csv", f'lsoa11_code,value\n{rows}E01000999,"1,234.5"\nE01000998,-3e2\n')
    with caplog.at_level(logging.INFO):
        read = read_indicator(path, name="illness", column="value")
    assert read["illness"].isna().sum() == len(marks)
    assert read["illness"].tolist()[-2:] == [1234.5, -300.0]
    assert f"{len(marks)} of them without a figure" in caplog.text


@pytest.mark.parametrize("cell", ["=1+1", "12%", "about 5", "1.2.3", "nan", "inf", "1 234", "0x1f", "١٢", "<b>1</b>"])
def test_anything_else_is_a_fault_that_names_its_row(tmp_path, cell):
    path = write(tmp_path / "a.csv", f"lsoa11_code,value\nE01000001,1\n\nE01000002,{cell}\nE01000003,{cell}\n")
    (fault,) = faults(path)
    assert f"{path}: row 4 has '{cell}' in 'value', which is not a number (and 1 more rows)" in fault


def test_totals_of_larger_areas_are_left_out(tmp_path):
    rows = "E05000001,1\nE05000002,2\nE05000003,3\nE09000001,9\nE92000001,99\n,999\n"
    read = read_indicator(
        write(tmp_path / "a.csv", f"New code,value\n{rows}"), name="n", column="value", vintage="ward13"
    )
    assert read["n"].tolist() == [1, 2, 3]


def test_latin_1_and_other_file_formats_read_the_same(tmp_path):
    table = pd.DataFrame({"Ward café": ["é", "b"], "wd19cd": ["E05000001", "E05000002"], "value": [1.25, 3.0]})
    table.to_csv(tmp_path / "a.csv", index=False, encoding="latin-1")
    table.to_csv(tmp_path / "b.csv", index=False, encoding="utf-8-sig")
    table.to_parquet(tmp_path / "c.parquet")
    rows = [["Title"], [None], list(table.columns), *table.to_numpy().tolist()]
    write_ods(tmp_path / "d.ods", {"Notes": [["value", "of nothing"]][:0] or [["x"]], "Sheet 2": rows})
    expected = pd.DataFrame({"ward19_code": ["E05000001", "E05000002"], "illness": [1.25, 3.0]})
    for name in ("a.csv", "b.csv", "c.parquet", "d.ods"):
        read = read_indicator(tmp_path / name, name="illness", column="value")
        pd.testing.assert_frame_equal(read, expected)


def test_blanks_around_a_header_do_not_matter(tmp_path):
    path = write(tmp_path / "a.csv", "lsoa11_code ,Female  life expectancy \nE01000001,1\n")
    assert read_indicator(path, name="n", column="Female life expectancy ")["n"].tolist() == [1]


def test_long_files_say_how_to_narrow_them(tmp_path):
    path = write(
        tmp_path / "a.csv",
        "area_code,indicator,period,measure,unit,value\n"
        "E05000819,Obesity,2018,Count,Persons,5\nE05000819,Obesity,2019,Count,Persons,6\nE05000820,Obesity,2018,Count,Persons,7\n",
    )
    (fault,) = faults(path, vintage="ward19")
    assert "E05000819 stands on 2 rows (the first are 2 and 3)" in fault
    assert "They differ in period (2018, 2019); value (5, 6)" in fault
    assert "one period and one measure" in fault


@pytest.mark.parametrize(
    ("content", "options", "wanted"),
    [
        ("lsoa11_code,Value\nE01000001,1\n", {}, "column 'value' is not in the header; it has lsoa11_code, Value"),
        ("lsoa11_code,valve\nE01000001,1\n", {}, "Close to it: 'valve'."),
        ("lsoa11_code,value,value\nE01000001,1,2\n", {}, "column 'value' is twice in the header"),
        ("place,value\nE01000001,1\n", {}, "no column of codes that is recognised; name it by the option code_column"),
        ("area_code,value\nE05000001,1\n", {}, "give the option vintage (ward19, ward22 and the like)"),
        (
            "WD19CD,value\nE05000001,1\n",
            {"vintage": "ward25"},
            "holds codes of ward19, and the vintage given is ward25",
        ),
        ("area_code,value\nE05000001,1\n", {"vintage": "lsoa21"}, "holds codes of wards (E05, W05), and the vintage"),
        ("place,value\nLondon,1\n", {"code_column": "place", "vintage": "lsoa21"}, "but for example 'London'"),
        ("WD19CD,value\nE05000001,1\nE05000002,1\nE0500,1\n", {}, "row 4 has 'E0500' in 'WD19CD'"),
        ("lsoa11_code,value\nE01000001,*\n", {}, "holds no figure, for example '*'"),
        ("lsoa11_code,value\nE01000001,1,2\n", {}, "the first row 2, have more cells than the header"),
        ("lsoa11_code,value\n", {}, "has no row under its header"),
        ('lsoa11_code,value\nE01000001,"1\n', {}, "is not comma-separated text"),
        ("", {}, "is empty"),
        ("<!DOCTYPE html>", {}, "is a web page"),
        ("PK\x03\x04", {}, "not a text table"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, content, options, wanted):
    path = write(tmp_path / "a.csv", content)
    (fault,) = faults(path, **options)
    assert str(path) in fault
    assert wanted in fault


def test_other_formats_are_refused(tmp_path):
    assert "'.json' is not read; allowed are .csv" in faults(write(tmp_path / "a.json", "{}"))[0]
    assert "does not exist" in faults(tmp_path / "absent.parquet")[0]
    assert "not a Parquet file" in faults(write(tmp_path / "a.parquet", "PAR1 no"))[0]


@pytest.mark.real
@pytest.mark.parametrize(
    ("path", "column", "vintage", "areas"),
    [
        (
            "deprivation/IoD2019_underlying_indicators_lsoa11.csv",
            "comparative_illness_and_disability_ratio_indicator",
            None,
            32_844,
        ),
        ("deprivation/IoD2025_underlying_indicators_lsoa21.csv", "mental_health_indicator", None, 33_755),
        ("london/ward-profiles-excel-version.csv", "Male life expectancy -2009-13", "ward13", 624),
        ("population/census2021-ts067-lsoa.csv", "Highest level of qualification: No qualifications", "lsoa21", 35_672),
        ("trafford/ward_data_2022/health/data/ksi.csv", "value", "ward19", 21),
    ],
)
def test_real_files(real_data, path, column, vintage, areas):
    read = read_indicator(real_data / path, name="n", column=column, vintage=vintage)
    assert len(read) == areas
    assert read["n"].notna().all()
    assert read.iloc[:, 0].is_unique


@pytest.mark.real
def test_real_trafford_files_read_or_say_that_they_are_long(real_data):
    read, long = 0, []
    for path in sorted(real_data.glob("trafford/*/*/data/*.csv")):
        try:
            read_indicator(path, name="n", column="value", vintage="ward19")
            read += 1
        except InputError as error:
            long += error.faults
    assert read + len(long) == 81
    assert read == 74
    assert all("and one row per area is wanted" in fault for fault in long)
