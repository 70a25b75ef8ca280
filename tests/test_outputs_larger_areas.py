"""Figures of larger areas beside the trends: whom they are of, the last ones on a page, and what is not given."""

from __future__ import annotations

import pandas as pd

from tipping_point.outputs.larger_areas import LATEST, NOT_GIVEN, all_series, beside_area
from tipping_point.tables import CONTEXT

SURVEY, ADMISSIONS = "Violence, crime survey", "Admissions, sharp object"


def table():
    rows = [
        (SURVEY, "country", "England and Wales", "area-0;area-1", f"20{y}/{y + 1}", f"20{y}-04", f"20{y + 1}-03",
         20.0 - y / 10, 15.0, 25.5, "per 1,000 adults", "ONS", "")
        for y in (20, 22, 21, 23)
    ]  # fmt: skip
    rows.append((ADMISSIONS, "force", "Merseyside (police force area)", "area-1", "2023/24", "2023-04", "2024-03", None,
                 None, None, "admissions", "NHS England", "rounded to the nearest 5"))  # fmt: skip
    return pd.DataFrame(rows, columns=[column.name for column in CONTEXT])


def test_every_area_has_the_figures_of_those_it_lies_in():
    records = {"context": table()}
    (survey,) = beside_area(records, "area-0")
    assert (survey.figure, survey.area) == (SURVEY, "England and Wales")
    assert len(survey.values) == 4
    assert survey.values[0] == ("2020/21", "18 [15 to 25.5]"), "in the order of time"
    assert survey.latest == (
        "2021/22: 17.9 [15 to 25.5]; 2022/23: 17.8 [15 to 25.5]; 2023/24: 17.7 [15 to 25.5] (per 1,000 adults)"
    )
    assert survey.latest.count(";") == LATEST - 1
    assert [series.area for series in beside_area(records, "area-1")] == [
        "England and Wales",
        "Merseyside (police force area)",
    ]
    assert beside_area(records, "area-2") == ()
    assert [len(series.values) for series in all_series(records)] == [4, 1]


def test_what_is_suppressed_is_not_nought():
    (_, admissions) = all_series({"context": table()})
    assert admissions.values == (("2023/24", NOT_GIVEN),)
    assert admissions.note == "rounded to the nearest 5"


def test_a_study_without_any():
    assert all_series({}) == beside_area({}, "area-0") == ()
    assert all_series({"context": table().head(0)}) == ()


def test_numbers_as_they_are_published():
    values = [0.0, 1205.0, 1_234_567.0, 12.25, 0.031, -2.5]
    given = table().head(1).loc[[0] * len(values)].assign(
        value=values, lower=None, start=[f"20{n}-01" for n in range(10, 16)]
    )  # fmt: skip
    (series,) = all_series({"context": given})
    assert [value for _, value in series.values] == ["0", "1,205", "1,234,567", "12.25", "0.031", "-2.5"]
