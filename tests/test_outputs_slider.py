"""Months on a slider: rates by hand, missing months stay missing, and a long study is shown by quarters or not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from builders.outputs_listing import make_cover, make_wards
from builders.outputs_slider import MONTHS, make_counts

from tipping_point.outputs import slider
from tipping_point.outputs.classes import NOT_ASSESSED, WITHOUT_VALUE


def test_rates_are_of_the_measure_alone_and_for_a_year():
    """Two crimes of the measure a month (drugs are not in it) among 6,000 residents: 24 a year, 4.0 per 1,000."""
    wards = make_wards()
    wards["population"] = 6000
    made = slider.build_slider(wards, make_counts(wards), make_cover())
    assert made.periods[0] == "January 2024"
    assert len(made.periods) == 12
    assert made.classes[0].ranges == ("4.0 to 4.0",)
    assert made.crimes == ("72",) * 12
    assert made.wards == ("30",) * 12
    assert (made.values[:6] == NOT_ASSESSED).all()
    assert (made.values[6:] == 0).all()
    assert made.note.startswith("Serious crime per 1,000 residents a year, month by month.")


def test_one_scale_serves_all_months():
    """A ward whose crimes grow month by month climbs the classes; the others do not move."""
    wards = make_wards()
    wards["population"] = 10_000
    counts = make_counts(wards)
    grows = counts["ward_code"].eq("E05000020") & counts["crime_type"].eq("Robbery")
    counts.loc[grows, "crimes"] = range(1, 13)
    made = slider.build_slider(wards, counts, make_cover())
    mine = made.values[wards.index.get_loc("E05000020")]
    assert (np.diff(mine) >= 0).all()
    assert mine[-1] == len(made.classes) - 1
    assert len(set(made.values[wards.index.get_loc("E05000021")])) == 1


def test_a_month_that_is_not_covered_has_no_value():
    wards = make_wards()
    counts = make_counts(wards)
    counts.loc[counts["ward_code"].eq("E05000020") & counts["month"].eq("2024-03"), "crimes"] = pd.NA
    made = slider.build_slider(wards, counts.drop(counts.index[counts["month"].eq("2024-05")]), make_cover())
    at = wards.index.get_loc("E05000020")
    assert made.values[at, 2] == WITHOUT_VALUE
    assert made.values[at, 1] >= 0
    assert (made.values[6:, 4] == WITHOUT_VALUE).all()
    assert (made.crimes[4], made.wards[4]) == ("–", "0")
    assert made.wards[2] == "29"


def test_a_ward_without_residents_has_no_value():
    wards = make_wards()
    wards["population"] = wards["population"].astype(float)
    wards.loc["E05000020", "population"] = np.nan
    wards.loc["E05000021", "population"] = 0.0
    made = slider.build_slider(wards, make_counts(wards), make_cover())
    assert (made.values[[20, 21]] == WITHOUT_VALUE).all()


def test_a_long_study_is_shown_by_quarters_and_a_longer_one_not(monkeypatch):
    wards = make_wards()
    cover = make_cover(start="2023-12")
    counts = make_counts(wards, months=["2023-12", *MONTHS])
    monkeypatch.setattr(slider, "CELLS", 36 * 5)
    made = slider.build_slider(wards, counts, cover)
    assert made.periods == (
        "January to March 2024",
        "April to June 2024",
        "July to September 2024",
        "October to December 2024",
    )
    assert made.crimes == (f"{36 * 2 * 3}",) * 4
    assert "The first 1 month makes no quarter." in made.note
    monkeypatch.setattr(slider, "CELLS", 36)
    made = slider.build_slider(wards, counts, cover)
    assert made.periods == ()
    assert made.values.shape == (36, 0)
    assert "13 months of 36 wards would make it too heavy" in made.note


@pytest.mark.parametrize("counts", [None, pd.DataFrame(columns=["ward_code", "month", "crime_type", "crimes"])])
def test_without_counts_there_is_no_slider_and_nothing_to_say(counts):
    made = slider.build_slider(make_wards(), counts, make_cover())
    assert (made.periods, made.note) == ((), "")


def test_the_order_of_the_counts_does_not_matter_and_nothing_is_changed():
    wards = make_wards()
    counts = make_counts(wards)
    before = counts.copy()
    one = slider.build_slider(wards, counts, make_cover())
    other = slider.build_slider(wards, counts.sample(frac=1, random_state=1), make_cover())
    assert (one.values == other.values).all()
    pd.testing.assert_frame_equal(counts, before)
