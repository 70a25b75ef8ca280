from __future__ import annotations

import pytest

from tipping_point.sources.period import check_period, read_period
from tipping_point.tables import InputError


def test_months_of_a_period():
    assert check_period("2018-11", "2019-02") == ["2018-11", "2018-12", "2019-01", "2019-02"]
    assert check_period("2019-02", "2019-02") == ["2019-02"]


@pytest.mark.parametrize("month", ["2019", "2019-2", "2019-00", "2019-13", "2019-02-01", "", "201902", "٢٠١٩-٠١"])
def test_months_that_are_none(month):
    with pytest.raises(InputError) as caught:
        check_period(month, month)
    assert len(caught.value.faults) == 2
    assert f"start is {month!r}" in caught.value.faults[0]


def test_an_end_before_the_start():
    with pytest.raises(InputError, match=r"the end \(2019-01\) comes before the start \(2019-02\)"):
        check_period("2019-02", "2019-01")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2024-03", ("2024-03", "2024-03")),
        ("2024-Q1", ("2024-01", "2024-03")),
        ("2024 q4", ("2024-10", "2024-12")),
        ("2024", ("2024-01", "2024-12")),
        ("2023/24", ("2023-04", "2024-03")),
        ("1999/2000", ("1999-04", "2000-03")),
        ("Year ending March 2024", ("2023-04", "2024-03")),
        ("YE Dec. 2023", ("2023-01", "2023-12")),
        ("2023-04 to 2024-03", ("2023-04", "2024-03")),
    ],
)
def test_periods_as_publishers_write_them(text, span):
    assert read_period(text) == span


@pytest.mark.parametrize(
    "text", ["2023/25", "2024-03 to 2023-04", "2024-13", "March 2024", "", "99", "2024-Q5", "٢٠٢٤"]
)
def test_periods_that_are_none(text):
    assert read_period(text) is None
