from __future__ import annotations

import logging
import math

import pandas as pd
import pytest
from builders.sources_workbook import write_xlsx

from tipping_point.sources.population import KINDS, read_population
from tipping_point.tables import InputError

MID_YEAR = "lsoa11_name,lsoa11_code,total_population,0,1,90+\n"
CENSUS = (
    '"date","geography","geography code","Residence type: Total; measures: Value",'
    '"Residence type: Lives in a household; measures: Value"\n'
)


def write(path, content):
    path.write_text(content, encoding="utf-8")
    return path


def faults(path, **options):
    with pytest.raises(InputError) as caught:
        read_population(path, **options)
    return caught.value.faults


def test_tidied_mid_year_estimates(tmp_path):
    path = write(tmp_path / "a.csv", MID_YEAR + "A,E01000001,1954,900,1000,54\nB,W01000001,1257,0,0,1257\n")
    read = read_population(path, kind="lsoa_mid_year")
    assert read.to_dict("list") == {"lsoa11_code": ["E01000001", "W01000001"], "population": [1954.0, 1257.0]}


def test_the_workbook_of_the_office_for_national_statistics(tmp_path):
    header = ["LAD 2023 Code", "LAD 2023 Name", "LSOA 2021 Code", "LSOA 2021 Name", "Total", "F0", "M0"]
    rows = [["E06000001", "Hartlepool", "E01011954", "Hartlepool 001A", 2284, 1100, 1184]]
    later = [["E06000001", "Hartlepool", "E01011954", "Hartlepool 001A", 2300, 1100, 1200]]
    path = write_xlsx(
        tmp_path / "sapelsoasyoa20222024.xlsx",
        {
            "Contents": [["Contents"], ["Total", "of sheets"]],
            "Mid-2022 LSOA 2021": [["Title"], ["Note"], [None], header, *rows],
            "Mid-2023 LSOA 2021": [["Title"], ["Note"], [None], header, *later],
        },
    )
    first = read_population(path, kind="lsoa_mid_year")
    assert first.to_dict("list") == {"lsoa21_code": ["E01011954"], "population": [2284.0]}
    assert read_population(path, kind="lsoa_mid_year", sheet="Mid-2023 LSOA 2021")["population"].tolist() == [2300.0]
    assert "has no sheet 'Mid-2030'" in faults(path, kind="lsoa_mid_year", sheet="Mid-2030")[0]


def test_ward_estimates_keep_their_vintage(tmp_path):
    path = write(tmp_path / "a.csv", 'Ward 2023 Code,Ward 2023 Name,Total\nE05000001,A,"12,345"\n')
    read = read_population(path, kind="lsoa_mid_year")
    assert read.to_dict("list") == {"ward23_code": ["E05000001"], "population": [12345.0]}


def test_census_table(tmp_path):
    path = write(tmp_path / "a.csv", CENSUS + '"2021","Hartlepool 001A","E01011954",2284,2200\n')
    read = read_population(path, kind="census_ts001")
    assert read.to_dict("list") == {"lsoa21_code": ["E01011954"], "population": [2284.0]}


def test_any_file_by_the_names_of_its_columns(tmp_path):
    path = write(tmp_path / "a.csv", "place,ward,Workday\nA,E05000001,10\nB,E05000002,\n")
    read = read_population(path, kind="any", column="Workday", code_column="ward", vintage="ward22")
    assert list(read.columns) == ["ward22_code", "population"]
    assert read["population"].iloc[0] == 10
    assert math.isnan(read["population"].iloc[1]), "missing stays missing"


def test_thousands_separators(tmp_path):
    rows = 'A,E01000001,"1,954",0,0,0\nB,E01000002,"1,234,567",0,0,0\n'
    read = read_population(write(tmp_path / "a.csv", MID_YEAR + rows), kind="lsoa_mid_year")
    assert read["population"].tolist() == [1954.0, 1234567.0]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ("A,E01000001,10,0,0,0\nB,E01000002,-3,0,0,0\n", "row 3 has '-3' in 'total_population', which is below 0"),
        ("A,E01000001,10,0,0,0\nB,E01000001,11,0,0,0\n", "E01000001 on rows 2, 3; each may stand once"),
        ("A,E01000001,ten,0,0,0\n", "row 2 has 'ten' in 'total_population', which is not a number"),
        ('A,E01000001,"1,2",0,0,0\n', "row 2 has '1,2'"),
        ("A,E01000001,inf,0,0,0\n", "row 2 has 'inf'"),
        ("A,E01000001,1,0,0,0\nB,E01000002,1,0,0,0\nC,E09000001,1,0,0,0\n", "row 4 has 'E09000001' in 'lsoa11_code'"),
        ("A,X,1,0,0,0\n", "holds no codes of small areas"),
        ("", "has no row under its header"),
    ],
)
def test_bad_rows(tmp_path, rows, wanted):
    path = write(tmp_path / "a.csv", MID_YEAR + rows)
    (fault,) = faults(path, kind="lsoa_mid_year")
    assert str(path) in fault
    assert wanted in fault


def test_every_fault_is_told_at_once(tmp_path):
    path = write(tmp_path / "a.csv", MID_YEAR + "A,E01000001,-1,0,0,0\nB,E01000001,2,0,0,0\nC,,3,0,0,0\n")
    assert len(faults(path, kind="lsoa_mid_year")) == 3


@pytest.mark.parametrize(
    ("content", "options", "wanted"),
    [
        ("a,b\n1,2\n", {"kind": "lsoa_mid_year"}, "has no column of residents"),
        ("total,b\n1,2\n", {"kind": "lsoa_mid_year"}, "has no column of codes"),
        (MID_YEAR + "A,E01000001,1,0,0,0\n", {"kind": "census_ts001"}, "has no column of residents"),
        (
            CENSUS + "2021,x,E05000001,1,1\n",
            {"kind": "census_ts001"},
            "holds codes of wards (E05, W05), and the vintage",
        ),
        (CENSUS, {"kind": "ts001"}, f"'ts001' is not known; allowed are {', '.join(KINDS)}"),
        (MID_YEAR, {"kind": "any"}, "needs the option column"),
        ("area_code,n\nE01000001,1\n", {"kind": "any", "column": "n"}, "give the option vintage (lsoa11 or lsoa21)"),
        ("area_code,n\nE01000001,1\n", {"kind": "any", "column": "m"}, "has no column of residents"),
        (
            "lsoa11_code,n\nE01000001,1\n",
            {"kind": "any", "column": "n", "vintage": "lsoa21"},
            "the vintage given is lsoa21",
        ),
        ("lsoa11_code,n\nE01000001,1\n", {"kind": "any", "column": "n", "vintage": "2021"}, "'2021' is not understood"),
        ("<html>", {"kind": "lsoa_mid_year"}, "is a web page"),
        ("", {"kind": "lsoa_mid_year"}, "is empty"),
    ],
)
def test_files_that_are_not_of_the_kind(tmp_path, content, options, wanted):
    (fault,) = faults(write(tmp_path / "a.csv", content), **options)
    assert wanted in fault


def test_row_order_does_not_matter_and_totals_are_kept(tmp_path, caplog):
    rows = [f"A,E0100000{n},{n * 1000},0,0,0\n" for n in range(1, 8)]
    with caplog.at_level(logging.INFO):
        first = read_population(write(tmp_path / "a.csv", MID_YEAR + "".join(rows)), kind="lsoa_mid_year")
    second = read_population(write(tmp_path / "b.csv", MID_YEAR + "".join(rows[::-1])), kind="lsoa_mid_year")
    assert first["population"].sum() == 28_000
    assert "7 areas (lsoa11_code), 28,000 residents, 0 without a figure" in caplog.text
    pd.testing.assert_frame_equal(first, second.sort_values("lsoa11_code", ignore_index=True))


@pytest.mark.real
def test_real_populations(real_data):
    folder = real_data / "population"
    mid_year = read_population(folder / "population_mid2019_lsoa11_single_year.csv", kind="lsoa_mid_year")
    assert len(mid_year) == 34_753
    # The mid-2019 estimate of England and Wales as published.
    assert mid_year["population"].sum() == 59_439_840
    ages = pd.read_csv(folder / "population_mid2019_lsoa11_single_year.csv").iloc[:, 3:]
    assert (ages.sum(axis=1) == mid_year["population"]).all()
    census = read_population(folder / "census2021-ts001-lsoa.csv", kind="census_ts001")
    assert len(census) == 35_672
    assert census["population"].sum() == 59_597_601
    other = read_population(folder / "census2021-ts007a-lsoa.csv", kind="any", column="Age: Total", vintage="lsoa21")
    # Census tables are perturbed, so that two of them differ a little.
    assert other["population"].sum() == pytest.approx(census["population"].sum(), rel=1e-6)
