"""States by hand, trends beside scipy, transitions by hand, and wards of which little is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from libpysal.graph import Graph
from scipy.stats import theilslopes

from tipping_point.measures.chronicity import (
    NOT_ASSESSED,
    STATES,
    Rules,
    find_states,
    find_top,
    neighbour_share,
    rolling_windows,
)
from tipping_point.measures.transitions import (
    NEIGHBOUR_PRIORS,
    calibration,
    predict_chronic,
    predict_past,
    states_by_year,
    transition_probabilities,
)
from tipping_point.measures.windows import check_monthly, count_by_month, split_months
from tipping_point.tables import InputError, months_between

CODES = [f"E05{number:06d}" for number in range(40)]


def wards_of(codes=CODES, **values):
    frame = pd.DataFrame(
        {"population": 10_000.0, "country": "England", "force_name": "One Force", "assessed": True},
        index=pd.Index(codes, name="ward_code"),
    )
    return frame.assign(**values)


def line_of(codes=CODES):
    """Every ward beside the next in the list."""
    pairs = list(pairwise(codes))
    both = pairs + [(b, a) for a, b in pairs]
    return Graph.from_arrays([a for a, _ in both], [b for _, b in both], [1] * len(both))


def monthly_of(months=60, codes=CODES, start="2019-01", **by_place):
    """20 crimes a month in every ward, a few less in each that follows; `by_place` sets whole rows."""
    columns = [str(month) for month in pd.period_range(start, periods=months, freq="M")]
    base = 20.0 - np.arange(len(codes)) / 10
    table = pd.DataFrame(np.repeat(base[:, None], months, axis=1), index=codes, columns=columns)
    for place, row in by_place.items():
        table.iloc[int(place.removeprefix("w"))] = row
    return table


# ------------------------------------------------------------------------------------------------ windows


def test_rolling_windows_by_hand():
    table = pd.DataFrame([[1.0] * 12 + [13.0, np.nan, 2.0]], index=["a"], columns=months_between("2020-01", "2021-03"))
    windows = rolling_windows(table)
    assert windows.columns.tolist() == ["2020-12", "2021-01", "2021-02", "2021-03"]
    assert windows.iloc[0].tolist() == pytest.approx([12, 24, 23 * 12 / 11, 24 * 12 / 11])


def test_a_window_needs_three_months_in_four():
    table = pd.DataFrame(1.0, index=["a", "b"], columns=months_between("2020-01", "2020-12"))
    table.iloc[0, :3], table.iloc[1, :4] = np.nan, np.nan
    windows = rolling_windows(table)["2020-12"]
    assert windows["a"] == 12
    assert np.isnan(windows["b"])
    assert rolling_windows(table, minimum_covered=0.5)["2020-12"].tolist() == [12, 12]
    assert rolling_windows(table.iloc[:, :11]).shape == (2, 0)


def test_months_that_are_absent_are_not_covered_and_their_order_is_irrelevant():
    table = pd.DataFrame([[3.0, 1.0]], index=["a"], columns=["2020-03", "2020-01"])
    assert check_monthly(table).columns.tolist() == ["2020-01", "2020-02", "2020-03"]
    assert np.isnan(check_monthly(table).loc["a", "2020-02"])


def test_periods_that_do_not_overlap_end_with_the_last_month_and_keep_the_total():
    table = pd.DataFrame([np.arange(14.0)], index=["a"], columns=months_between("2020-01", "2021-02"))
    quarters = split_months(table, months=3, step=3)
    assert quarters.counts.columns.tolist() == ["2020-05", "2020-08", "2020-11", "2021-02"]
    assert quarters.counts.sum(axis=1)["a"] == sum(range(2, 14))


def test_count_by_month_keeps_what_is_missing_missing():
    counts = pd.DataFrame(
        [("a", "2020-01", "Robbery", 2), ("a", "2020-01", "Drugs", 5), ("a", "2020-01", "Burglary", 7),
         ("a", "2020-02", "Robbery", None), ("b", "2020-01", "Robbery", 0)],
        columns=["ward_code", "month", "crime_type", "crimes"],
    ).astype({"crimes": "Int64"})  # fmt: skip
    table = count_by_month(counts, weights={"Robbery": 1.0, "Drugs": 10.0})
    assert table.loc["a", "2020-01"] == 52
    assert np.isnan(table.loc["a", "2020-02"])
    assert table.loc["b", "2020-01"] == 0


def test_a_monthly_table_that_is_none_is_refused_with_every_fault():
    table = pd.DataFrame([[1.0, -1.0], [2.0, 3.0]], index=["a", "a"], columns=["2020-01", "2020-13"])
    with pytest.raises(InputError) as caught:
        rolling_windows(table)
    assert len(caught.value.faults) == 3
    assert "columns must be months such as 2024-01; given '2020-13'" in caught.value.faults[0]
    assert "ward(s) a stand twice" in caught.value.faults[1]
    assert "e.g. -1 for ward a in 2020-13" in caught.value.faults[2]


# ---------------------------------------------------------------------------------------------- the top


def test_top_is_at_most_its_share_and_ties_across_the_edge_are_out():
    group = pd.Series("England", index=CODES)
    plain = pd.DataFrame({"m": np.arange(40.0)}, index=CODES)
    assert find_top(plain, group, share=0.1)["m"].tolist() == [0] * 36 + [1] * 4
    tied = plain.replace({"m": {35.0: 36.0}})  # the fourth and the fifth tie: both are out
    assert find_top(tied, group, share=0.1)["m"].tolist() == [0] * 37 + [1] * 3
    assert find_top(plain * 0, group, share=0.1)["m"].sum() == 0


@given(st.lists(st.integers(0, 6), min_size=10, max_size=40))
def test_top_never_holds_more_than_its_share_and_nobody_lower_than_one_who_is_out(values):
    table = pd.DataFrame({"m": np.asarray(values, dtype=float)})
    top = find_top(table, pd.Series("x", index=table.index), share=0.3)["m"] == 1
    assert top.sum() <= 0.3 * len(values)
    if top.any():
        assert table["m"][top].min() > table["m"][~top].max()


def test_top_says_nothing_where_too_few_are_known():
    table = pd.DataFrame({"m": np.arange(40.0), "n": np.arange(40.0)}, index=CODES)
    table.iloc[:25, 1] = np.nan
    group = pd.Series("England", index=CODES)
    assert find_top(table, group, share=0.1, minimum_wards=0.5)["n"].isna().all()
    few = find_top(table, group, share=0.1, minimum_wards=0.3)["n"]
    assert few.notna().sum() == 15
    assert few.sum() == 1
    assert find_top(table.iloc[:9], group.iloc[:9], share=0.5)["m"].isna().all()


# ------------------------------------------------------------------------------------------------- states


def test_each_state_by_hand():
    # 60 months, 49 windows, 4 of 40 wards in the top. Ward 5 is high but for the last year, ward 10 in four months.
    high, often, once = np.full(60, 100.0), np.full(60, 80.0), np.full(60, 20.0)
    often[48:] = 0.0
    once[20:24] = 90.0
    monthly = monthly_of(w0=high, w5=often, w10=once, w20=high - 10, w30=high - 5)
    states = find_states(wards_of(), monthly, line_of())
    assert states.loc[[CODES[0], CODES[20], CODES[30]], "chronic_state"].tolist() == ["chronic"] * 3
    assert states.loc[CODES[5], "chronic_state"] == "easing"
    assert states.loc[CODES[10], "chronic_state"] == "intermittent"
    assert states.loc[CODES[1], ["chronic_state", "chronic_reason"]].tolist() == ["tipping", "beside a chronic ward"]
    assert states.loc[CODES[15], "chronic_state"] == "not"
    assert states["windows"].eq(49).all()
    row = states.loc[CODES[0]]
    assert (row["windows_top"], row["chronic_share"], row["longest_run"], row["last_window_top"]) == (49, 1.0, 49, True)
    assert row["last_rate"] == pytest.approx(120, rel=0.02)  # 1,200 a year of 10,000, hardly smoothed
    assert states.loc[CODES[5], "longest_run"] == states.loc[CODES[5], "windows_top"] < 49


def test_every_threshold_moves_its_state():
    often = np.full(60, 80.0)
    often[36:] = 0.0
    monthly = monthly_of(w5=often)
    share = find_states(wards_of(), monthly, line_of()).loc[CODES[5], "chronic_share"]
    assert share == 34 / 49  # three months of 80 are still more than a year of 19.7

    def state(place=5, **changed):
        return find_states(wards_of(), monthly, line_of(), rules=Rules(**changed)).loc[CODES[place], "chronic_state"]

    assert state() == "intermittent"
    assert state(chronic=share) == "easing"
    assert state(chronic=share + 0.01) == "intermittent"
    assert state(minimum_windows=50) == NOT_ASSESSED
    assert (state(place=2), state(place=2, top=0.05)) == ("chronic", "not")
    assert (state(place=3), state(place=3, near_top=0.05)) == ("tipping", "intermittent")
    assert state(place=3, top=0.2) == "chronic"


def test_half_of_the_windows_near_the_top_is_tipping():
    often = np.full(60, 80.0)
    often[44:] = 18.05
    monthly = monthly_of(w12=often) * 1_000  # so many that all rates can be told apart
    row = find_states(wards_of(), monthly, line_of(), rules=Rules(chronic=1.0, near_top=0.5)).loc[CODES[12]]
    assert (row["chronic_state"], row["chronic_reason"]) == ("tipping", "in the top in at least 50% of windows")
    rules = Rules(chronic=1.0, near_top=0.5, tipping=0.95)
    assert find_states(wards_of(), monthly, line_of(), rules=rules).loc[CODES[12], "chronic_state"] == "intermittent"


def test_a_rising_ward_near_the_top_is_tipping():
    monthly = monthly_of(w12=np.linspace(5.0, 25.0, 60)) + np.random.default_rng(2).uniform(0, 0.01, (40, 60))
    row = find_states(wards_of(), monthly, line_of()).loc[CODES[12]]
    assert (row["trend"], row["chronic_state"], row["chronic_reason"]) == (1, "tipping", "rising")
    assert row["slope"] > 0
    assert row["trend_p"] < 0.05
    supplied = find_states(wards_of(), monthly, line_of(), trend_p=pd.Series(0.5, index=CODES[::-1]))
    assert supplied["trend_p"].eq(0.5).all()
    assert supplied.loc[CODES[12], "chronic_state"] == "intermittent"


def test_a_ward_that_left_the_top_is_easing_unless_it_rises():
    left = np.append(np.linspace(100.0, 140.0, 48), np.full(12, 19.55))
    monthly = monthly_of(w30=left) * 1_000
    for p, state in ((0.01, "tipping"), (0.5, "easing"), (np.nan, "easing")):
        states = find_states(wards_of(), monthly, line_of(), trend_p=pd.Series(p, index=CODES))
        assert states.loc[CODES[30], "chronic_state"] == state
    assert states.loc[CODES[30], "chronic_share"] > 0.75


def test_a_rise_of_all_wards_alike_is_no_trend_relative_to_the_force_but_one_absolute():
    rng = np.random.default_rng(8)
    lift = np.linspace(1, 2, 60)
    monthly = monthly_of() * lift * rng.uniform(0.99, 1.01, (40, 60))
    relative = find_states(wards_of(), monthly, line_of())
    absolute = find_states(wards_of(), monthly, line_of(), rules=Rules(trend="absolute"))
    assert (relative["trend"] != 0).mean() <= 0.15
    assert (absolute["trend"] == 1).all()
    assert relative["windows_top"].equals(absolute["windows_top"])


def test_seasons_are_no_trend():
    season = 1 + 0.5 * np.sin(np.arange(60) * np.pi / 6)
    monthly = monthly_of() * season * np.random.default_rng(1).uniform(0.99, 1.01, (40, 60))
    for trend in ("relative", "absolute"):
        states = find_states(wards_of(), monthly, line_of(), rules=Rules(trend=trend))
        assert (states["trend"] != 0).mean() <= 0.15


def test_the_slope_is_scipys_on_years_that_do_not_overlap():
    rising = np.repeat([10.0, 14.0, 12.0, 20.0, 22.0], 12)
    monthly = monthly_of(w3=rising) * 1_000  # so many that smoothing moves nothing
    states = find_states(wards_of(), monthly, line_of(), rules=Rules(trend="absolute"))
    yearly = split_months(monthly, months=12, step=12).counts.loc[CODES[3]] / 10
    assert states.loc[CODES[3], "slope"] == pytest.approx(theilslopes(yearly)[0], rel=0.001)


def test_top_by_count_and_by_rate_differ_where_few_live():
    people = np.full(40, 10_000.0)
    people[39] = 1_000.0
    wards = wards_of(population=people)
    by = {kind: find_states(wards, monthly_of(), line_of(), rules=Rules(by=kind)) for kind in ("rate", "count")}
    assert by["rate"].loc[CODES[39], "chronic_state"] == "chronic"
    assert by["count"].loc[CODES[39], "chronic_state"] != "chronic"
    smoothed = find_states(wards, monthly_of(), line_of(), rules=Rules(by="smoothed_rate"))
    assert smoothed["windows"].eq(49).all()


def test_each_country_has_its_own_top():
    wards = wards_of(country=["England"] * 20 + ["Wales"] * 20)
    states = find_states(wards, monthly_of(), line_of())
    assert states.groupby(wards["country"])["last_window_top"].sum().tolist() == [2, 2]


def test_a_masked_month_is_not_a_cold_month():
    masked = np.full(60, 100.0)
    masked[[3, 20, 21, 40]] = np.nan
    states = find_states(wards_of(), monthly_of(w5=masked), line_of())
    assert states.loc[CODES[5], ["chronic_state", "windows", "chronic_share"]].tolist() == ["chronic", 49, 1.0]
    gone = np.full(60, 100.0)
    gone[10:20] = np.nan
    row = find_states(wards_of(), monthly_of(w5=gone), line_of()).loc[CODES[5]]
    assert row["windows"] < 49
    assert (row["chronic_share"], row["longest_run"]) == (1.0, row["windows"])


def test_who_is_not_assessed_and_why():
    ends = np.full(60, 100.0)
    ends[50:] = np.nan
    short = np.full(60, np.nan)
    short[48:] = 100.0
    wards = wards_of(assessed=[True] * 38 + [False, True], population=[10_000.0] * 39 + [0.0])
    monthly = monthly_of(w5=ends, w6=short).drop(index=CODES[7])
    states = find_states(wards, monthly, line_of())
    said = states.loc[states["chronic_state"] == NOT_ASSESSED, "chronic_reason"]
    assert said.to_dict() == {
        CODES[5]: "the last window, to 2023-12, is not covered",
        CODES[6]: "4 windows of 12 months are covered; 12 are needed",
        CODES[7]: "0 windows of 12 months are covered; 12 are needed",
        CODES[38]: "the ward is not assessed",
        CODES[39]: "no residents are known",
    }
    assert states.loc[CODES[38:], ["windows", "windows_top"]].eq(0).all(axis=None)


@pytest.mark.parametrize("months", [1, 11, 22])
def test_a_short_study_assesses_nobody(months):
    states = find_states(wards_of(), monthly_of(months), line_of())
    assert states["chronic_state"].eq(NOT_ASSESSED).all()
    assert states["chronic_reason"].str.contains("12 are needed").all()


def test_awkward_tables():
    equal = find_states(wards_of(), monthly_of() * 0 + 5, line_of())
    assert equal["chronic_state"].eq("not").all()
    assert equal["trend"].eq(0).all()
    nothing = find_states(wards_of(), monthly_of() * 0, line_of())
    assert nothing["chronic_state"].eq("not").all()
    one = find_states(wards_of(CODES[:1]), monthly_of(codes=CODES[:1]), Graph.from_arrays(CODES[:1], CODES[:1], [0]))
    assert one["chronic_reason"].tolist() == ["too few wards of its country are covered to compare with"]
    lone = monthly_of() * 0
    lone.iloc[3] = 50.0
    states = find_states(wards_of(), lone, line_of())
    assert states["chronic_state"].value_counts().to_dict() == {"not": 39, "chronic": 1}


def test_order_of_rows_is_irrelevant_and_inputs_are_left_alone():
    rng = np.random.default_rng(3)
    monthly = pd.DataFrame(rng.poisson(8, (40, 60)).astype(float), index=CODES, columns=monthly_of().columns)
    wards = wards_of()
    before = wards.copy(), monthly.copy()
    straight = find_states(wards, monthly, line_of())
    turned = find_states(wards.iloc[::-1], monthly.sample(frac=1, random_state=1).iloc[:, ::-1], line_of(CODES[::-1]))
    pd.testing.assert_frame_equal(turned.loc[CODES], straight)
    pd.testing.assert_frame_equal(wards, before[0])
    pd.testing.assert_frame_equal(monthly, before[1])


def test_every_fault_of_the_tables_is_named():
    monthly = monthly_of(codes=[*CODES, "W05000001"])
    with pytest.raises(InputError) as caught:
        find_states(wards_of().drop(columns="country"), monthly, line_of(CODES[:30]))
    told = "\n".join(caught.value.faults)
    assert "lacks the column(s) country" in told
    assert "1 wards are not in the ward table, e.g. W05000001: they are of another vintage" in told
    assert "graph: 10 wards are not in it, e.g. E05000030" in told


def test_every_fault_of_the_rules_is_named():
    with pytest.raises(InputError) as caught:
        Rules(top=0, chronic=1.5, by="harm", trend="up", months=0)
    assert caught.value.faults == (
        "chronicity.top: 0 given; it must be above 0 and at most 1",
        "chronicity.chronic: 1.5 given; it must be above 0 and at most 1",
        "chronicity.by: 'harm' is not known; choose from rate, smoothed_rate, count",
        "chronicity.trend: 'up' is not known; choose from relative, absolute",
        "chronicity.months: 0 given; it must be at least 1",
    )


# -------------------------------------------------------------------------------------------- transitions


def test_neighbour_share_by_hand():
    flag = pd.Series([1.0, 0.0, np.nan, 1.0, 0.0], index=CODES[:5])
    share = neighbour_share(line_of(CODES[:5]), flag)
    assert share.iloc[:3].tolist() == [0.0, 1.0, 0.5]
    assert share.iloc[3] == 0.0  # of its neighbours one is not known
    assert share.iloc[4] == 1.0
    alone = Graph.from_arrays(["a", "b"], ["a", "b"], [0, 0])
    assert neighbour_share(alone, pd.Series([1.0, 1.0], index=["a", "b"])).isna().all()
    with pytest.raises(InputError, match="graph: 1 wards are not in it"):
        neighbour_share(alone, pd.Series([1.0], index=["c"]))


def test_transitions_are_counted_by_hand():
    # a - b - c in a line. Year 1 to 2: a chronic, b beside it. Year 2 to 3: a and b chronic.
    states = pd.DataFrame(
        [["chronic", "chronic", "not"], ["not", "chronic", "chronic"], ["not", "not", NOT_ASSESSED]],
        index=list("abc"), columns=["1", "2", "3"],
    )  # fmt: skip
    table = transition_probabilities(states, line_of(list("abc")), state_prior=1.0, neighbour_prior=2.0)
    cells = table.set_index(["state", "neighbours", "next_state"])
    assert cells.loc[("chronic", "none", "chronic"), ["n", "transitions"]].tolist() == [1, 1]
    assert cells.loc[("chronic", "most", "not"), ["n", "transitions"]].tolist() == [2, 1]
    assert cells.loc[("chronic", "most", "chronic"), ["n", "transitions"]].tolist() == [2, 1]
    assert cells.loc[("not", "most", "chronic"), ["n", "transitions"]].tolist() == [1, 1]
    assert cells.loc[("not", "none", "not"), ["n", "transitions"]].tolist() == [1, 1]
    assert table["transitions"].sum() == 5  # the sixth ends in a year not assessed; b's second stays chronic
    # chances over all: (3 + .2)/6 chronic; from chronic: (2 + .5333)/(3 + 1); beside most: (n + 2 x that)/(n + 2)
    overall = (3 + 0.2) / 6
    of_chronic = (2 + overall) / 4
    assert cells.loc[("chronic", "none", "chronic"), "probability"] == pytest.approx((1 + 2 * of_chronic) / 3)
    assert cells.loc[("chronic", "some", "chronic"), "probability"] == pytest.approx(of_chronic)


def simulated(seed=1, wards=40, years=30):
    """A chain with known chances: chronic stays so at .8; not turns at .05, or .4 beside a chronic ward."""
    rng = np.random.default_rng(seed)
    codes = CODES[:wards]
    chronic = rng.random(wards) < 0.2
    rows = [chronic]
    for _ in range(years - 1):
        beside = np.append(chronic[1:], False) | np.append(False, chronic[:-1])
        chronic = rng.random(wards) < np.where(chronic, 0.8, np.where(beside, 0.4, 0.05))
        rows.append(chronic)
    states = np.where(np.asarray(rows).T, "chronic", "not")
    return pd.DataFrame(states, index=codes, columns=[str(2000 + year) for year in range(years)])


def test_the_probabilities_of_a_cell_sum_to_one_and_find_the_chances_planted():
    states = simulated(3, years=400)
    table = transition_probabilities(states, line_of())
    assert table.groupby(["state", "neighbours"])["probability"].sum().to_numpy() == pytest.approx(np.ones(15))
    assert len(table) == len(STATES) * 3 * len(STATES)
    to_chronic = table[table["next_state"] == "chronic"].set_index(["state", "neighbours"])["probability"]
    assert to_chronic["not", "none"] == pytest.approx(0.05, abs=0.02)
    assert to_chronic["not", "most"] == pytest.approx(0.4, abs=0.03)
    assert to_chronic["chronic", "most"] == pytest.approx(0.8, abs=0.03)
    predicted = predict_chronic(states.iloc[:, -1], line_of(), table)
    assert predicted.index.equals(states.index)
    assert set(predicted.round(6)) <= set(to_chronic.round(6))


def test_where_neighbours_matter_the_data_let_them():
    """The prior that is chosen is small where the cells differ, and large where they do not."""
    line = line_of()
    assert _prior_of(simulated(3, years=60), line) <= 100
    alone = pd.DataFrame(np.random.default_rng(1).choice(["chronic", "not"], (40, 60)), index=CODES)
    assert _prior_of(alone, line) >= 500


def test_rates_that_chance_explains_put_nobody_near_the_top():
    states = find_states(wards_of(), monthly_of(), line_of())
    assert states["last_rate"].nunique() == 1
    assert "tipping" not in set(states["chronic_state"])


def _prior_of(states, graph):
    """The prior whose probabilities are those that the data chose."""
    chosen = transition_probabilities(states, graph)["probability"]
    gaps = {
        prior: (transition_probabilities(states, graph, neighbour_prior=prior)["probability"] - chosen).abs().max()
        for prior in NEIGHBOUR_PRIORS
    }
    return min(gaps, key=gaps.get)


def test_a_ward_not_assessed_is_not_predicted():
    states = simulated()
    last = states.iloc[:, -1].copy()
    last.iloc[4] = NOT_ASSESSED
    predicted = predict_chronic(last, line_of(), transition_probabilities(states, line_of()))
    assert predicted.isna().tolist() == [place == 4 for place in range(40)]


def test_predictions_of_the_past_know_nothing_of_the_future():
    states = simulated()
    past = predict_past(states, line_of())
    assert past["year"].min() == "2004"  # three transitions, 2000 to 2003, come first
    changed = states.copy()
    changed.iloc[:, 20:] = "not"
    again = predict_past(changed, line_of())
    early = past["year"] <= "2020"
    pd.testing.assert_series_equal(past.loc[early, "predicted"], again.loc[early, "predicted"])
    assert not past["predicted"].equals(again["predicted"])
    assert predict_past(states.iloc[:, :4], line_of()).empty


def test_calibration_of_a_chain_that_is_one_holds():
    past = predict_past(simulated(5, years=150), line_of(), minimum_years=40)
    table = calibration(past)
    assert table["n"].sum() == len(past)
    assert (
        (table["observed_low"] - 0.03 <= table["predicted"]) & (table["predicted"] <= table["observed_high"] + 0.03)
    ).all()
    assert table["predicted"].is_monotonic_increasing


def test_calibration_by_hand():
    past = pd.DataFrame({"predicted": [0.1] * 5 + [0.9] * 5, "chronic": [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]})
    table = calibration(past, bins=2)
    assert table[["predicted", "observed", "n"]].to_numpy().tolist() == pytest.approx(
        np.asarray([[0.1, 0.2, 5], [0.9, 1.0, 5]])
    )
    assert table["observed_low"].tolist() == pytest.approx([0.005051, 0.478176], abs=1e-6)
    assert table["observed_high"].tolist() == pytest.approx([0.716418, 1.0], abs=1e-6)
    assert calibration(past.iloc[:0]).empty


def test_states_by_year_end_with_the_last_month():
    wards, monthly, graph = wards_of(), monthly_of(w0=np.full(60, 100.0)), line_of()
    states = states_by_year(wards, monthly, graph, history=36)
    assert states.columns.tolist() == ["2021-12", "2022-12", "2023-12"]
    whole = find_states(wards, monthly.iloc[:, 24:], graph)["chronic_state"]
    pd.testing.assert_series_equal(states["2023-12"], whole, check_names=False)
    assert states_by_year(wards, monthly, graph, history=61).shape == (40, 0)
    table = transition_probabilities(states_by_year(wards, monthly, graph, history=61), graph)
    assert table["n"].sum() == 0
    assert table["probability"].to_numpy() == pytest.approx(np.full(75, 0.2))


def test_faults_of_states_and_priors_are_named():
    states = simulated().replace("not", "<script>")
    with pytest.raises(InputError) as caught:
        transition_probabilities(states, line_of(), state_prior=0.0, neighbour_prior=-1.0)
    assert len(caught.value.faults) == 3
    assert "'<script>' is no state; they are chronic, tipping" in caught.value.faults[2]


# --------------------------------------------------------------------------------------------------- real


@pytest.mark.real
def test_london_2010_to_2024(real_data):
    from tipping_point.measures.concentration import concentration
    from tipping_point.measures.named import MEASURES
    from tipping_point.sources.geography import read_boundaries, read_lookup
    from tipping_point.sources.london import read_ward_tables
    from tipping_point.sources.population import read_population
    from tipping_point.wards.neighbours import build_graph
    from tipping_point.wards.vintages import bring_to_wards, build_membership

    folder = real_data / "london"
    counts = read_ward_tables(
        [folder / "recorded-crime-ward-historical.parquet"], start="2010-04", end="2024-02"
    ).counts
    lookup = read_lookup(next((real_data / "lookups").glob("LSOA_(2021)_to_Electoral_Ward_(2025)*.csv")))
    membership = build_membership([lookup], ward_year=2025)
    residents = read_population(real_data / "population" / "census2021-ts001-lsoa.csv", kind="census_ts001")
    people = bring_to_wards(residents, membership, label="census", combine="sum").iloc[:, 0]
    wards = read_boundaries(folder / "boundaries" / "WD_DEC_2025_London_BGC.geojson").set_index("ward_code")
    wards = wards.sort_index().assign(country="England", force_name="Metropolitan Police")
    wards["population"] = people.reindex(wards.index)
    wards["assessed"] = wards.index.isin(counts["ward_code"].unique())
    types = dict.fromkeys(MEASURES["serious"].types["metropolitan"], 1.0)
    monthly = count_by_month(counts, weights=types).reindex(
        index=wards.index[wards["assessed"]], columns=months_between("2010-04", "2024-02")
    ).fillna(0)  # fmt: skip
    graph = build_graph(wards)

    states = find_states(wards, monthly, graph)
    named = states["chronic_state"].groupby(states["chronic_state"]).size()
    assert named.sum() == 704
    assert named[NOT_ASSESSED] == 25  # the City of London: another force
    assert named["chronic"] == 40
    name_of = wards["ward_name"]
    chronic = set(name_of[states["chronic_state"] == "chronic"])
    assert {"West End", "St James's", "Brixton Windrush", "Fairfield", "Noel Park", "Woolwich Arsenal"} <= chronic
    assert states["last_window_top"].sum() == 67  # a tenth of 679, rounded down
    assert states["windows"][wards["assessed"]].eq(156).all()

    yearly = states_by_year(wards, monthly, graph)
    table = calibration(predict_past(yearly, graph))
    assert yearly.shape == (704, 11)
    assert (
        (table["observed_low"] - 0.01 <= table["predicted"]) & (table["predicted"] <= table["observed_high"] + 0.01)
    ).all()

    last = concentration(monthly.iloc[:, -12:].sum(axis=1), replicates=199, seed=1).iloc[0]
    assert last["crimes"] == 140_275
    assert last["generalised_gini"] == pytest.approx(0.3431, abs=1e-4)
    assert last["generalised_gini_high"] < 0.05
    assert last["share_25"] == pytest.approx(63 / 679)
    assert last["share_50"] == pytest.approx(183 / 679)
