"""Which year codes are of, in sentences."""

from __future__ import annotations

import pandas as pd
import pytest

from tipping_point.wards.code_years import name_code_years, rows_by_code_year, vintages_of

CHANGES = pd.DataFrame(
    {"lsoa11_code": ["E01000001", "E01000002", "E01000002"], "lsoa21_code": ["E01000001", "E01033769", "E01033770"]}
)
WARDS = pd.DataFrame({"ward19_code": ["E05000001", "E05000002"], "ward19_name": ["Alder", "Beech"]})
LATER = pd.DataFrame({"ward25_code": ["E05000002", "E05015001"]})
TABLES = [CHANGES, WARDS, LATER]


def test_vintages_are_read_from_the_columns():
    held = vintages_of([*TABLES, WARDS.head(1)])
    assert list(held) == ["lsoa11_code", "lsoa21_code", "ward19_code", "ward25_code"]
    assert list(held["ward19_code"]) == ["E05000001", "E05000002"]


def test_codes_of_one_year_are_named_and_what_to_do():
    assert name_code_years(["E01000002", "E01000002", "E01000001"], TABLES, wanted="lsoa21_code") == [
        "All 2 codes are small areas of 2011 (lsoa11_code). Give the file in lsoa21_code, or the lookup (or "
        "boundaries) between lsoa11_code and lsoa21_code."
    ]
    assert name_code_years(["E01033769"], TABLES, wanted="lsoa21_code") == [
        "All 1 codes are small areas of 2021 (lsoa21_code)."
    ]


def test_codes_that_two_years_share_are_evidence_for_neither():
    assert name_code_years(["E05000002"], TABLES) == [
        "All 1 codes are wards of 2019 (ward19_code), and equally ward25_code."
    ]
    assert name_code_years(["E05000002"], TABLES, wanted="ward25_code")[0].startswith("All 1 codes are wards of 2025")


def test_a_mixed_list_says_which_codes_are_of_which_year():
    codes = ["E01000001", "E01033769", "E01033770", "E01000002", "E01999999", ""]
    assert name_code_years(codes, TABLES, wanted="lsoa21_code") == [
        "3 of the 5 codes are small areas of 2021 (lsoa21_code).",
        "1 is small areas of 2011 (lsoa11_code) and not lsoa21_code (E01000002).",
        "1 is in no table that was given (E01999999).",
        "The file mixes vintages: take one edition of it, or convert the codes that are not lsoa21_code by the lookup "
        "between the two.",
    ]


def test_unknown_codes_and_none_at_all():
    assert name_code_years(["E02000001"], TABLES) == ["None of the 1 codes (E02000001) is in a table that was given."]
    assert name_code_years(["E02000001"], []) == ["None of the 1 codes (E02000001) is in a table that was given."]
    assert name_code_years([], TABLES) == name_code_years([""], TABLES) == []


def test_row_order_does_not_matter():
    codes = [f"E01{number:06d}" for number in range(7)] + ["E01033769"]
    assert name_code_years(codes, TABLES) == name_code_years(codes[::-1], TABLES)


def test_rows_of_both_vintages_are_told_apart_row_by_row():
    crimes = pd.DataFrame(
        {
            "force": ["a", "a", "a", "a", "b"],
            "month": ["2023-05", "2023-05", "2023-06", "2023-06", "2023-06"],
            "lsoa_code": ["E01000001", "E01000002", "E01033769", "", "E01777777"],
            "crimes": [1, 2, 4, 8, 16],
        }
    )
    table = rows_by_code_year(crimes, TABLES).set_index(["force", "month"])
    assert list(table.columns) == ["unchanged", "only_2011", "only_2021", "unknown", "no_code"]
    assert table.loc[("a", "2023-05")].tolist() == [1, 2, 0, 0, 0]
    assert table.loc[("a", "2023-06")].tolist() == [0, 0, 4, 0, 8]
    assert table.loc[("b", "2023-06")].tolist() == [0, 0, 0, 16, 0]
    assert len(rows_by_code_year(crimes.head(0), TABLES)) == 0


@pytest.mark.real
def test_trafford_is_of_2019_and_its_codes_say_so(real_data):
    from tipping_point.sources.geography import read_lookup

    lookups = [read_lookup(path) for path in sorted((real_data / "lookups").glob("*ard*.csv"))]
    jobs = pd.read_csv(real_data / "trafford/ward_data_2022/economy/data/number_of_jobs.csv")
    (sentence,) = name_code_years(jobs["area_code"], lookups, wanted="ward25_code")
    assert sentence.startswith("All 21 codes are wards of 2019 (ward19_code). Give the file in ward25_code")
