from __future__ import annotations

import pytest

from tipping_point.schema import InputError
from tipping_point.sources.period import check_period


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
