"""The strip of months and its scale, by hand."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from tipping_point.outputs.ledgers import months_read
from tipping_point.outputs.pictures import months_scale, months_strip


def test_a_whole_month_part_of_one_and_none_look_different():
    whole, part, none = (str(months_strip([status])) for status in ("complete", "partial", "missing"))
    assert whole.count("<rect") == 1 and "<path" not in whole
    assert part.count("<path") == 2 and none.count("<path") == 1
    assert str(months_strip(["partial", "complete"])).count("<rect") == 1


@pytest.mark.parametrize(("months", "step"), [(40, 10), (41, 4)])
def test_a_strip_is_as_wide_as_its_months(months, step):
    assert f'width="{months * step}"' in str(months_strip(["complete"] * months))


def test_the_scale_names_the_years_where_they_have_room():
    every = [f"{year}-{month:02d}" for year in (2018, 2019) for month in range(1, 13)]
    drawn = str(months_scale(every[10:15]))
    # November and December 2018 are 20 units wide, under the 32 that a year's figures take.
    assert re.findall(r">(\d{4})<", drawn) == ["2019"]
    assert drawn.count("<path") == 2
    assert re.findall(r">(\d{4})<", str(months_scale(every))) == ["2018", "2019"]
    assert "<text" not in str(months_scale([]))


def test_force_by_month_in_a_strip_and_in_words():
    months = [f"2024-{month:02d}" for month in range(1, 13)]
    coverage = pd.DataFrame(
        {
            "force_name": ["A"] * 12 + ["B"] * 12 + ["BTP"] * 12,
            "month": months * 3,
            "status": ["complete"] * 9 + ["partial"] + ["missing"] * 2 + ["missing"] * 12 + ["complete"] * 12,
            "wards": [4] * 24 + [0] * 12,
        }
    )
    read = months_read(coverage)
    assert read["months"] == "2024-01 to 2024-12"
    assert [row["force"] for row in read["rows"]] == ["A", "B"]
    assert [row["words"] for row in read["rows"]] == [
        "9 of 12 months; partial 2024-10; missing 2024-11, 2024-12", "0 of 12 months; 12 missing",
    ]  # fmt: skip
    assert [status for status, _ in read["key"]] == ["complete", "partial", "missing"]
