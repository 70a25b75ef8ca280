"""Counts of wards over the offences published for their forces: a ratio, and what is said of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tipping_point.measures.calibration import COLUMNS, calibrate_counts, explain_calibration
from tipping_point.tables import InputError, months_between

YEAR = months_between("2024-04", "2025-03")


def counts_of(codes, *, months=YEAR, burglary=10.0, drugs=5.0, asb=50.0):
    kinds = {"Burglary": burglary, "Drugs": drugs, "Anti-social behaviour": asb}
    rows = [(code, month, kind, value) for code in codes for month in months for kind, value in kinds.items()]
    return pd.DataFrame(rows, columns=["ward_code", "month", "crime_type", "crimes"])


def published_of(force, *, burglary=60.0, drugs=30.0, quarters=("2024-04", "2024-07", "2024-10", "2025-01")):
    rows = [(force, quarter, kind, value) for quarter in quarters
            for kind, value in (("Burglary", burglary), ("Drugs", drugs), ("", 1e6))]  # fmt: skip
    return pd.DataFrame(rows, columns=["force", "quarter", "crime_type", "offences"])


@pytest.fixture
def wards(lattice):
    """Two wards of Kent, two of Devon & Cornwall."""
    table = lattice(2, 2)
    table["force_name"] = ["Kent", "Kent", "Devon & Cornwall", "Devon & Cornwall"]
    return table


def test_ratios_by_hand(wards):
    published = pd.concat([published_of("kent"), published_of("devon-and-cornwall", burglary=120.0)])
    table = calibrate_counts(counts_of(wards.index), published, wards)
    assert tuple(table.columns) == COLUMNS
    assert table[["force_name", "crime_type"]].to_numpy().tolist() == [
        ["Devon & Cornwall", "Burglary"], ["Devon & Cornwall", "Drugs"], ["Devon & Cornwall", "all"],
        ["Kent", "Burglary"], ["Kent", "Drugs"], ["Kent", "all"],
    ]  # fmt: skip
    # 20 burglaries a month in two wards; 60 and 120 a quarter published.
    np.testing.assert_allclose(table["crimes"], [20, 10, 30, 20, 10, 30])
    np.testing.assert_allclose(table["published"], [40, 10, 50, 20, 10, 30])
    np.testing.assert_allclose(table["ratio"], [0.5, 1, 0.6, 1, 1, 1])
    assert table["far"].tolist() == [True, False, True, False, False, False]
    assert table["same_period"].all()
    assert set(table["months"]) == {12}
    assert (set(table["start"]), set(table["end"])) == ({"2024-04"}, {"2025-03"})
    assert explain_calibration(table) == (
        "Devon & Cornwall: crimes placed in wards are far from the offences that the Home Office publishes for the"
        " force (ratio of ours to theirs: Burglary 0.50; all 0.60). The two are different pipelines; counts there"
        " are to be read with care.",
    )


def test_only_whole_quarters_that_are_covered_are_compared(wards):
    counts = counts_of(wards.index)
    # Kent published nothing in May: the whole quarter is out, and not read as fewer crimes.
    kent = counts["ward_code"].isin(wards.index[:2])
    counts.loc[kent & (counts["month"] == "2024-05"), "crimes"] = np.nan
    published = pd.concat([published_of(force, drugs=300.0) for force in ("kent", "devon-and-cornwall")])
    counts["crimes"] *= counts["crime_type"].map({"Drugs": 10.0}).fillna(1.0)
    table = calibrate_counts(counts, published, wards).set_index(["force", "crime_type"])
    assert table.loc[("kent", "Burglary"), "months"] == 9
    assert table.loc[("kent", "Burglary"), "start"] == "2024-07"
    assert table.loc[("devon-and-cornwall", "Burglary"), "months"] == 12
    assert (table["ratio"] == 1).all()


def test_periods_apart_are_compared_by_month_and_that_is_said(wards):
    early = published_of("kent", quarters=("2017-04", "2017-07", "2017-10", "2018-01"), burglary=30.0)
    table = calibrate_counts(counts_of(wards.index), early, wards)
    assert not table["same_period"].any()
    np.testing.assert_allclose(table["ratio"], [2.0, 1.0, 30 / 20])
    assert table["far"].tolist() == [True, False, True]
    (apart,) = explain_calibration(table)
    assert apart == (
        "Published totals and counts have no quarter in common for Kent: their ratios hold a change of crime and of"
        " recording, too, and calibrate nothing."
    )


def test_anti_social_behaviour_and_fraud_are_in_neither(wards):
    table = calibrate_counts(counts_of(wards.index, asb=9e9), published_of("kent"), wards)
    assert set(table["crime_type"]) == {"Burglary", "Drugs", "all"}
    assert table["ratio"].tolist() == [1.0, 1.0, 1.0]


def test_a_suppressed_number_is_not_nought(wards):
    published = published_of("kent")
    published.loc[(published["crime_type"] == "Drugs") & (published["quarter"] == "2024-07"), "offences"] = np.nan
    table = calibrate_counts(counts_of(wards.index), published, wards).set_index("crime_type")
    assert np.isnan(table.loc["Drugs", "ratio"])
    assert np.isnan(table.loc["all", "ratio"])
    assert table.loc["Burglary", "ratio"] == 1
    assert not table["far"].loc[["Drugs", "all"]].any()


def test_few_offences_give_no_ratio(wards):
    table = calibrate_counts(counts_of(wards.index), published_of("kent", drugs=24.0), wards).set_index("crime_type")
    assert np.isnan(table.loc["Drugs", "ratio"])
    assert table.loc["Drugs", "published"] == 8.0


def test_a_type_that_we_have_none_of_is_nought_and_far(wards):
    counts = counts_of(wards.index).query("crime_type != 'Drugs'")
    table = calibrate_counts(counts, published_of("kent"), wards).set_index("crime_type")
    assert table.loc["Drugs", "ratio"] == 0
    assert table.loc["Drugs", "far"]


def test_a_force_that_is_never_covered(wards):
    counts = counts_of(wards.index)
    counts.loc[counts["ward_code"].isin(wards.index[:2]), "crimes"] = np.nan
    table = calibrate_counts(counts, published_of("kent"), wards)
    assert table["ratio"].isna().all()
    assert table["crimes"].isna().all()
    assert set(table["months"]) == {0}


@settings(deadline=None, max_examples=15)
@given(st.randoms(use_true_random=False), st.floats(0.1, 10))
def test_row_order_does_not_matter_and_scale_passes_through(random, times):
    wards = pd.DataFrame({"force_name": ["Kent", "Kent"]}, index=pd.Index(["a", "b"], name="ward_code"))
    counts, published = counts_of(wards.index), published_of("kent", burglary=500.0, drugs=900.0)
    first = calibrate_counts(counts, published, wards)
    order = list(range(len(counts)))
    random.shuffle(order)
    again = calibrate_counts(counts.iloc[order], published.iloc[::-1], wards.iloc[::-1])
    pd.testing.assert_frame_equal(first, again)
    more = calibrate_counts(counts.assign(crimes=counts["crimes"] * times), published, wards)
    np.testing.assert_allclose(more["ratio"], first["ratio"] * times)


def test_inputs_are_left_as_they_were(wards):
    counts, published = counts_of(wards.index), published_of("kent")
    before = counts.copy(), published.copy(), wards.copy()
    calibrate_counts(counts, published, wards)
    for given_, kept in zip((counts, published, wards), before, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(given_), pd.DataFrame(kept))


def test_bad_input(wards):
    counts, published = counts_of(wards.index), published_of("kent")
    with pytest.raises(
        InputError, match=r"no force is in both tables; the wards have devon-and-cornwall, kent, .* essex"
    ):
        calibrate_counts(counts, published_of("essex"), wards)
    with pytest.raises(InputError, match="1 wards of the counts are not in the table of wards, for example E05000000"):
        calibrate_counts(counts, published, wards.iloc[1:])
    with pytest.raises(InputError, match=r"ward counts: lacks the column\(s\) crimes"):
        calibrate_counts(counts.drop(columns="crimes"), published, wards)
    with pytest.raises(InputError, match=r"published: lacks the column\(s\) offences"):
        calibrate_counts(counts, published.drop(columns="offences"), wards)
    assert explain_calibration(calibrate_counts(counts, published, wards)) == ()
