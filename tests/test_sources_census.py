"""Census 2021 bulk tables by small area: the layouts of five characteristics, damaged files, and the real ones."""

from __future__ import annotations

import logging

import pandas as pd
import pytest

from tipping_point.sources.census import AGE_GROUPS, read_census
from tipping_point.tables import InputError

BANDS = [
    "Aged 4 years and under",
    *(f"Aged {first} to {first + 4} years" for first in range(5, 85, 5)),
    "Aged 85 years and over",
]
ETHNIC = "Ethnic group: {}"
ASIAN, WHITE = "Asian, Asian British or Asian Welsh", "White"


@pytest.fixture
def write(tmp_path):
    def make(header, *rows, name="census.csv"):
        path = tmp_path / name
        lines = [["date", "geography", "geography code", *header]]
        lines += [["2021", f"Place {row[0][-1]}", *map(str, row)] for row in rows]
        path.write_text("\n".join(",".join(f'"{cell}"' for cell in line) for line in lines), encoding="utf-8")
        return path

    return make


def test_ages_are_added_up(write):
    counts = list(range(1, 19))
    path = write(["Age: Total", *(f"Age: {band}" for band in BANDS)], ("E01000001", sum(counts), *counts))
    table = read_census(path)
    assert list(table.columns) == ["lsoa21_code", *(f"age: {group}" for group in AGE_GROUPS)]
    assert table.iloc[0].tolist() == [
        "E01000001",
        1 + 2 + 3,
        4 + 5,
        6 + 7 + 8 + 9,
        10 + 11 + 12 + 13,
        14 + 15 + 16 + 17 + 18,
    ]


def test_sex_in_the_layout_with_measures(write):
    header = ["Sex: All persons; measures: Value", "Sex: Female; measures: Value", "Sex: Male; measures: Value"]
    table = read_census(write(header, ("W01000002", 100, 51, 49), ("E01000001", 30, 10, 20)))
    assert table.to_dict("list") == {
        "lsoa21_code": ["W01000002", "E01000001"], "sex: Female": [51, 10], "sex: Male": [49, 20]
    }  # fmt: skip


def test_of_a_group_and_its_parts_the_group_is_kept(write):
    labels = ("Total: All usual residents", ASIAN, f"{ASIAN}: Indian", f"{ASIAN}: Chinese", WHITE, f"{WHITE}: Irish",
              f"{WHITE}: Roma")  # fmt: skip
    table = read_census(write([ETHNIC.format(label) for label in labels], ("E01000001", 30, 10, 4, 6, 20, 15, 5)))
    assert table.iloc[0].tolist() == ["E01000001", 10, 20]
    assert list(table.columns[1:]) == [f"ethnic group: {ASIAN}", "ethnic group: White"]


def test_disability(write):
    yes, no = "Disability: Disabled under the Equality Act", "Disability: Not disabled under the Equality Act"
    header = ["Disability: Total: All usual residents", yes, f"{yes}: Day-to-day activities limited a lot",
              f"{yes}: Day-to-day activities limited a little", no,
              f"{no}: No long term physical or mental health conditions"]  # fmt: skip
    table = read_census(write(header, ("E01000001", 50, 12, 5, 7, 38, 30)))
    assert table.iloc[0].tolist() == ["E01000001", 12, 38]


def test_small_blurring_of_the_groups_is_allowed_and_more_is_not(write):
    header = ["Sex: All persons", "Sex: Female", "Sex: Male"]
    assert len(read_census(write(header, ("E01000001", 100, 55, 52)))) == 1
    with pytest.raises(InputError, match=r"in 1 rows the groups do not add up.*row 2 \(E01000001\): 70 in groups, 100"):
        read_census(write(header, ("E01000001", 100, 35, 35)))


def test_every_fault_of_the_cells_is_named_at_once(write):
    header = ["Sex: All persons", "Sex: Female", "Sex: Male"]
    rows = [("E01000001", 100, 55, 45), ("E01000001", 100, "many", -1), ("E02000001", 1, 1, 0), ("E01000003", 2, 1, 1)]
    with pytest.raises(InputError) as caught:
        read_census(write(header, *rows))
    text = "\n".join(caught.value.faults)
    for words in ("'E02000001'", "stand on more than one row", "'many'", "below 0"):
        assert words in text


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (["Religion: Total: All usual residents", "Religion: No religion", "Religion: Christian"], (3, 1, 2)),
        (["Sex: Female", "Sex: Male"], (1, 2)),
        (["Sex: All persons", "Sex: Female"], (1, 1)),
        (["total"], (5,)),
    ],
)
def test_a_table_that_is_not_known_is_refused(write, header, row):
    with pytest.raises(InputError, match=r"is no Census table that is known.*TS007A"):
        read_census(write(header, ("E01000001", *row)))


def test_ages_that_are_not_five_year_bands_are_refused(write):
    header = ["Age: Total", "Age: Aged 4 years and under", "Age: Aged 10 to 19 years", "Age: Aged 1 year"]
    with pytest.raises(InputError, match=r"'Aged 10 to 19 years', 'Aged 1 year'.*five-year bands of TS007A"):
        read_census(write(header, ("E01000001", 3, 1, 1, 1)))
    with pytest.raises(InputError, match="lacking for 45 to 64, 65 and over"):
        read_census(write(["Age: Total", *(f"Age: {band}" for band in BANDS[:9])], ("E01000001", 9, *[1] * 9)))


def test_wards_and_missing_cells(write):
    header = ["Sex: All persons", "Sex: Female", "Sex: Male"]
    with pytest.raises(InputError, match=r"holds codes of wards|codes of wards"):
        read_census(write(header, ("E05000001", 3, 1, 2)))
    table = read_census(write(header, ("E01000001", 3, "", 2), ("E01000002", 5, 2, 3)))
    assert table["sex: Female"].isna().tolist() == [True, False]


def test_the_log_says_what_came_in(write, caplog):
    header = ["Sex: All persons", "Sex: Female", "Sex: Male"]
    with caplog.at_level(logging.INFO):
        read_census(write(header, ("E01000001", 3000, 1000, 2000)))
    assert "sex of 3,000 people in 1 small areas, 2 groups" in caplog.text


@pytest.mark.real
def test_the_real_tables(real_data):
    folder = real_data / "population"
    ages = read_census(folder / "census2021-ts007a-lsoa.csv")
    assert len(ages) == 35_672 and ages["lsoa21_code"].is_unique
    assert ages.iloc[0].tolist() == ["E01000001", 52 + 34 + 32, 23 + 90, 159 + 132 + 117 + 114, 105 + 89 + 73 + 83, 370]
    residents = pd.read_csv(folder / "census2021-ts001-lsoa.csv").iloc[:, 3].sum()
    assert ages.iloc[:, 1:].to_numpy().sum() == pytest.approx(residents, rel=1e-4)
    skills = read_census(folder / "census2021-ts067-lsoa.csv")
    assert skills.shape == (35_672, 8)
    assert skills.loc[0, ["qualifications: No qualifications", "qualifications: Other qualifications"]].tolist() == [
        32,
        16,
    ]
