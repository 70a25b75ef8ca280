"""The tables of a study without what gives a small number away, and what a reader can still work out of them."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from tipping_point.disclosure.attack import solve_back
from tipping_point.disclosure.protect import protect_counts
from tipping_point.disclosure.sums import NEVER, SMALL, WITHHELD
from tipping_point.disclosure.tables import (
    HIDDEN_WORDS,
    hide,
    protect_ledgers,
    protect_rows,
    protect_table,
    protect_tables,
)
from tipping_point.measures.denominators import denominator_columns
from tipping_point.measures.vulnerable import vli_columns
from tipping_point.sources.incidents import read_incidents
from tipping_point.tables import AREAS, DISCLOSES, RECORDS, WARDS, Column, InputError
from tipping_point.wards.counts import count_crimes, place_crimes
from tipping_point.wards.coverage import build_coverage
from tipping_point.wards.unplaced import UNPLACED

MONTHS = ["2024-01", "2024-02", "2024-03"]
WEIGHTS = {"Robbery": 799.63, "Possession of weapons": 154.16}
SCORES = ["index_score", "component_harm_rate"]
COLUMNS = (*WARDS, *vli_columns(), Column("component_harm_rate", "As it entered", discloses="score"))
KINDS = [*WEIGHTS, "Burglary", "Anti-social behaviour"]


def giving(*codes, of=COLUMNS):
    """Names of the columns that give one of these away."""
    return [column.name for column in of if {*codes} & {*column.gives_away}]


OF_CRIMES, OF_HARM, WORDS = giving("crimes"), giving("harm"), giving("words")
OF_ALL_CRIMES, OF_ALL_HARM, OF_ALL_TYPES = giving("all_crimes"), giving("all_harm"), giving("all_types")
OF_NEIGHBOURS = giving("neighbours")


@pytest.fixture
def wards(lattice):
    table = lattice(2, 3)
    table["district_code"] = ["E06000001"] * 3 + ["E06000002"] * 3
    return table


def make_counts(wards, fill=20):
    rows = list(itertools.product(wards.index, MONTHS, KINDS))
    counts = pd.DataFrame(rows, columns=["ward_code", "month", "crime_type"])
    generator = np.random.default_rng(2)
    counts["crimes"] = pd.array(generator.poisson(fill, len(counts)) + 8, dtype="Int64")
    counts["rows_placed"] = counts["crimes"].astype(int)
    return counts


def set_to(counts, ward, kind, values):
    """Counts in which a ward has these numbers of a type, month by month."""
    result = counts.copy()
    rows = (result["ward_code"] == ward) & (result["crime_type"] == kind)
    result.loc[rows, "crimes"] = values
    result.loc[rows, "rows_placed"] = values
    return result


def add_measures(wards, counts):
    """The columns that a study makes of its counts, as far as they give counts back."""
    weights = counts["crime_type"].map(WEIGHTS)
    by_ward = counts.assign(harm=counts["crimes"].astype(float) * weights).groupby("ward_code")
    result = wards.copy()
    result["crimes"] = counts[weights.notna()].groupby("ward_code")["crimes"].sum()
    result["crimes_all"] = counts[counts["crime_type"] != KINDS[3]].groupby("ward_code")["crimes"].sum()
    result["harm"] = by_ward["harm"].sum() * 4
    for name in OF_CRIMES[1:]:
        result[name] = result["crimes"] / result["population"] * 4000
    for name in (*OF_HARM[1:], *OF_ALL_HARM, *OF_ALL_CRIMES, *OF_ALL_TYPES):
        result[name] = result["harm"] / result["population"]
    for name in OF_NEIGHBOURS:
        result[name] = 1.5
    for name in WORDS:
        result[name] = "12 crimes"
    result["component_harm_rate"] = result["index_score"] = result["harm"].rank()
    result["rank"] = result["harm"].rank().astype(int)
    return result


def everything(wards):
    return pd.DataFrame([(a, b) for a in wards.index for b in wards.index if a != b], columns=["focal", "neighbour"])


NOBODY = pd.DataFrame({"focal": pd.Series(dtype="str"), "neighbour": pd.Series(dtype="str")})


def test_large_numbers_are_left_alone(wards):
    counts = make_counts(wards)
    found = protect_counts(counts, wards, types=list(WEIGHTS))
    assert (found.counts["crimes"] == counts["crimes"]).all()
    assert (found.counts["hidden_reason"] == "").all()
    assert not found.wards.any().any()
    table = add_measures(wards, counts)
    shown = protect_table(table, COLUMNS, hide(found.wards, everything(wards), scores=True))
    pd.testing.assert_frame_equal(pd.DataFrame(shown), pd.DataFrame(table), check_dtype=False)


def test_a_small_month_is_hidden_and_the_totals_stay(wards):
    counts = set_to(make_counts(wards), wards.index[0], "Robbery", [2, 30, 40])
    before = counts.copy()
    found = protect_counts(counts, wards, types=list(WEIGHTS))
    hidden = found.counts[found.counts["hidden_reason"] != ""]
    assert len(hidden) == 4
    assert set(hidden["hidden_reason"]) == {SMALL}
    assert hidden[["crimes", "rows_placed"]].isna().all().all()
    assert set(hidden["crime_type"]) == {"Robbery"}
    assert not found.wards.any().any()
    ranges = solve_back(found.published)
    assert (ranges["high"] - ranges["low"] >= 5).all()
    pd.testing.assert_frame_equal(counts, before)


def test_a_small_total_of_one_type_hides_harm_because_weights_are_known(wards):
    ward = wards.index[0]
    counts = set_to(make_counts(wards), ward, "Possession of weapons", [1, 0, 2])
    found = protect_counts(counts, wards, types=list(WEIGHTS))
    assert found.wards.loc[ward].tolist() == [False, False, True, True]
    shown = protect_table(add_measures(wards, counts), COLUMNS, hide(found.wards, NOBODY, scores=True))
    assert shown.loc[ward, [*OF_HARM, *SCORES]].isna().all()
    assert shown.loc[ward, ["crimes", "crimes_all", "crime_rate", "smoothed_rate", "rank", "population"]].notna().all()
    # The usual harm rate is that of some ward, and a share of the whole gives the whole: gone for all wards.
    assert shown[[*OF_ALL_HARM, *OF_ALL_TYPES]].isna().all().all()
    assert shown.drop(ward)["harm"].notna().all()
    # The total of weapons lies in a range of five and more, though the ward's crimes are shown: robbery is hidden too.
    ranges = solve_back(found.published)
    total = ranges[(ranges["table"] == "ward_code+crime_type") & (ranges["ward_code"] == ward)]
    assert set(total["crime_type"]) == {"Possession of weapons", "Robbery"}
    assert (total["high"] - total["low"] >= 5).all()
    # One of two types and the sum of both would give the other: rate x residents is nowhere for harm.
    assert pd.isna(shown.loc[ward, "harm_rate"] * shown.loc[ward, "population"])


def test_a_small_ward_loses_every_number_it_could_be_worked_out_from(wards):
    ward = wards.index[4]
    counts = make_counts(wards)
    for kind in WEIGHTS:
        counts = set_to(counts, ward, kind, [1, 0, 0])
    found = protect_counts(counts, wards, types=list(WEIGHTS))
    flags = found.wards
    assert flags.loc[ward].tolist() == [True, True, True, True]
    # Another ward's total has to go with it: the force's months by measure are shown.
    assert flags["crimes"].sum() >= 2
    table = add_measures(wards, counts)
    shown = protect_table(table, COLUMNS, hide(flags, everything(wards)))
    assert shown["index_score"].notna().all()
    hidden = flags.index[flags["crimes"]]
    assert shown.loc[hidden, ["crimes", "crimes_all", *OF_CRIMES, *OF_HARM]].isna().all().all()
    assert (shown.loc[hidden, list(WORDS)] == HIDDEN_WORDS).all().all()
    # Every ward touches a hidden one, whose value its own z score would tell.
    assert shown[list(OF_NEIGHBOURS)].isna().all().all()
    assert str(shown["crimes"].dtype) == "Int64"
    rates = shown["crime_rate"] * shown["population"]
    assert rates[flags["crimes"]].isna().all()
    assert (shown.index == table.index).all()
    assert shown.geometry.equals(table.geometry)
    # Two smoothed rates give the mean and the variance of all counts, and those the hidden ones: gone for all wards.
    assert shown[list(OF_ALL_CRIMES)].isna().all().all()
    # All crime less burglary would give the measure.
    assert shown.loc[hidden, "crimes_all"].isna().all()


def test_statistics_stay_where_no_neighbour_is_hidden(wards):
    ward, other = wards.index[0], wards.index[1]
    hidden = pd.DataFrame(False, index=wards.index, columns=["crimes_all", "crimes", "harm", "types"])
    hidden.loc[ward, "crimes"] = True
    graph = pd.DataFrame({"focal": [other, wards.index[2]], "neighbour": [ward, other]})
    shown = protect_table(add_measures(wards, make_counts(wards)), COLUMNS, hide(hidden, graph))
    assert shown["gi_star_p"].isna().tolist() == [True, True, False, False, False, False]


def test_an_area_with_a_hidden_ward_would_tell_it_by_difference(wards):
    hidden = pd.DataFrame(False, index=wards.index, columns=["crimes_all", "crimes", "harm", "types"])
    hidden.loc[wards.index[0], ["crimes", "harm"]] = True
    hidden.loc[wards.index[2], "harm"] = True
    areas = pd.DataFrame(
        {
            "area_id": list("abc"),
            "ward_codes": [";".join(wards.index[:2]), f"{wards.index[2]}; {wards.index[3]}", wards.index[4]],
            "crimes": [50, 60, 70], "crime_rate": [5.0, 6.0, 7.0], "harm": [1.0, 2.0, 3.0],
            "share_of_harm": [0.1, 0.2, 0.3], "why": ["hot", "hot", "hot"], "rank": [1, 2, 3],
        }
    )  # fmt: skip
    shown = protect_table(areas, AREAS, hide(hidden, NOBODY))
    assert shown["crimes"].isna().tolist() == [True, False, False]
    assert shown["crime_rate"].isna().tolist() == [True, False, False]
    assert shown["harm"].isna().tolist() == [True, True, False]
    # The third area's share and harm would give the harm of all, and all less the shown wards the hidden.
    assert shown["share_of_harm"].isna().all()
    assert shown["why"].tolist() == [HIDDEN_WORDS, HIDDEN_WORDS, "hot"]
    assert shown["rank"].tolist() == [1, 2, 3]
    assert len(protect_table(areas.head(0), AREAS, hide(hidden, NOBODY))) == 0


def test_the_public_edition_never_shows_hate_crime_by_ward_and_month(wards):
    counts = make_counts(wards)
    counts["crime_type"] = counts["crime_type"].replace({"Robbery": "hate"})
    internal = protect_counts(counts, wards, types=["hate"])
    public = protect_counts(counts, wards, types=["hate"], edition="public")
    assert not (internal.counts["hidden_reason"] == NEVER).any()
    marked = public.counts["hidden_reason"] == NEVER
    assert (marked == (counts["crime_type"] == "hate")).all()
    assert public.counts.loc[marked, ["crimes", "rows_placed"]].isna().all().all()
    # By ward over the whole period it may be shown.
    by_type = public.published.totals["ward_code", "crime_type"]
    assert not by_type["hidden"].any()


def test_rows_in_months_without_coverage_are_not_shown_either(wards):
    counts = make_counts(wards)
    gap = counts["month"] == MONTHS[0]
    counts.loc[gap, "crimes"] = pd.NA
    counts.loc[gap, "rows_placed"] = 1
    shown = protect_counts(counts, wards, types=list(WEIGHTS)).counts
    assert shown.loc[gap, "rows_placed"].isna().all()
    assert (shown.loc[gap, "hidden_reason"] == "").all()
    assert shown.loc[~gap, "rows_placed"].notna().all()


def test_what_its_publisher_held_back_stays_so(wards):
    counts = make_counts(wards)
    held = pd.Series(counts.index == 3, index=counts.index)
    found = protect_counts(counts, wards, types=list(WEIGHTS), withheld=held)
    assert found.counts.loc[3, "hidden_reason"] == WITHHELD
    assert pd.isna(found.counts.loc[3, "crimes"])


def test_losses_are_hidden_where_one_is_small(wards):
    account = pd.DataFrame(
        {"force": "a", "month": MONTHS, "rows_in": [103, 100, 23], "placed": [100, 90, 3], "no_place": [3, 10, 20],
         "unknown_place": [0, 0, 0], "outside_area": [0, 0, 0], "placed_not_covered": [0, 0, 0]}
    )  # fmt: skip
    coverage = pd.DataFrame({"force": "a", "month": MONTHS, "status": "complete", "rows": [103, 100, 23],
                             "share_without_place": [0.03, 0.1, 0.87]})  # fmt: skip
    told, months = protect_ledgers(account, coverage.assign(rows_new=coverage["rows"]))
    # A column that somebody adds goes with the rest.
    assert months["rows_new"].isna().tolist() == [True, False, True]
    assert told["rows_in"].isna().tolist() == told["no_place"].isna().tolist() == [True, False, True]
    assert told["placed"].isna().tolist() == [False, False, True]
    # Neither difference nor share gives the loss back.
    assert (told["rows_in"] - told["placed"]).isna().tolist() == [True, False, True]
    assert months["rows"].isna().tolist() == months["share_without_place"].isna().tolist() == [True, False, True]
    assert (months["status"] == "complete").all()
    same, _ = protect_ledgers(account, coverage, threshold=1)
    assert same.notna().all().all()


def test_an_incident_file_from_its_rows_to_an_attack_on_what_is_shown(wards, tmp_path):
    """A force's export through every step, and then everything that is published against every hidden number."""
    generator = np.random.default_rng(9)
    rows = 900
    table = pd.DataFrame(
        {
            "when": generator.choice([f"{month}-1{day}" for month in MONTHS for day in range(10)], rows),
            "where": generator.choice(wards.index, rows, p=[0.4, 0.3, 0.1, 0.1, 0.09, 0.01]),
            "what": generator.choice(["34B", "10D", "28E", "46"], rows, p=[0.3, 0.02, 0.4, 0.28]),
            "hate": generator.choice(["Y", "N"], rows, p=[0.05, 0.95]),
        }
    )
    path = tmp_path / "export.csv"
    table.to_csv(path, index=False)
    found = read_incidents(
        path, columns={"date": "when", "ward_code": "where", "offence": "what"}, flags={"hate": "hate"},
        force="One Force", start=MONTHS[0], end=MONTHS[-1],
    )  # fmt: skip
    coverage = build_coverage(found.files, wards, months=MONTHS)
    for crimes, types in (
        (found.counts, ["Robbery", "Possession of weapons", "Burglary", "Shoplifting"]),
        (found.flags.assign(crime_type=found.flags["flag"]), ["hate"]),
    ):
        placed = place_crimes(crimes.join(found.places[["ward_code"]], on="place"), pd.Series(dtype="str"), wards.index)
        counts = count_crimes(placed, wards, coverage, crime_types=types).counts
        shown = protect_counts(counts, wards, types=types[:2], edition="public")
        truth = counts.set_index(["ward_code", "month", "crime_type"])["crimes"]
        told = shown.counts.set_index(["ward_code", "month", "crime_type"])["crimes"]
        assert not told.between(1, 4).any()
        assert (told.dropna() == truth[told.notna()]).all()
        ranges = solve_back(shown.published)
        assert len(ranges)
        assert (ranges["high"] - ranges["low"] >= 5).all()


def test_faults_are_told(wards):
    with pytest.raises(InputError, match="the counts: lacks the column"):
        protect_counts(make_counts(wards).drop(columns="rows_placed"), wards, types=list(WEIGHTS))


def test_over_the_period_no_month_is_shown_and_no_hidden_total_can_be_worked_out(wards):
    counts = set_to(make_counts(wards), wards.index[0], "Robbery", [1, 0, 2])
    counts = set_to(counts, wards.index[3], "Burglary", [0, 1, 1])
    found = protect_counts(counts, wards, types=list(WEIGHTS), detail="period")
    assert found.detail == "period"
    assert found.hidden_months == frozenset()
    assert found.counts[["crimes", "rows_placed"]].isna().all().all()
    assert (found.counts["hidden_reason"] == NEVER).all()
    cells = found.published.cells.set_index(["ward_code", "crime_type"])
    truth = counts.groupby(["ward_code", "crime_type"])["crimes"].sum()
    assert cells.loc[(wards.index[0], "Robbery"), "hidden"]
    assert (cells["crimes"].dropna() == truth[cells["crimes"].dropna().index]).all()
    assert found.wards.loc[wards.index[0], ["harm", "types"]].all()
    assert not found.wards.loc[wards.index[3], "harm"] or cells.loc[wards.index[3]].loc[list(WEIGHTS), "hidden"].any()
    ranges = solve_back(found.published)
    assert (ranges["high"] - ranges["low"] >= 5).all()


def test_large_tables_are_shown_over_the_period_unless_the_study_says_so(wards, monkeypatch):
    monkeypatch.setattr("tipping_point.disclosure.protect.LARGEST", 10)
    counts = make_counts(wards)
    assert protect_counts(counts, wards, types=list(WEIGHTS)).detail == "period"
    assert protect_counts(counts, wards, types=list(WEIGHTS), detail="month").detail == "month"
    with pytest.raises(InputError, match=r"disclosure\.detail: 'day' was given; use one of month, period"):
        protect_counts(counts, wards, types=list(WEIGHTS), detail="day")


def test_types_are_not_shown_in_public_where_sensitive_incidents_of_them_stand_apart(wards):
    counts = make_counts(wards)
    apart = counts.replace({"crime_type": {"Burglary": "Robbery [domestic_abuse]"}})
    found = protect_counts(apart, wards, types=["Robbery [domestic_abuse]"], edition="public")
    never = found.counts["hidden_reason"] == NEVER
    # The rest of robbery and police.uk's robbery would give the marked ones by difference.
    assert set(found.counts.loc[never, "crime_type"]) == {"Robbery", "Robbery [domestic_abuse]"}
    knife = counts.replace({"crime_type": {"Burglary": "Robbery [knife]"}})
    assert not (
        protect_counts(knife, wards, types=["Robbery"], edition="public").counts["hidden_reason"] == NEVER
    ).any()


def test_further_tables_lose_what_rests_on_a_hidden_ward(wards):
    hidden = pd.DataFrame(False, index=wards.index, columns=["crimes_all", "crimes", "harm", "types"])
    ward, other = wards.index[0], wards.index[1]
    tables = {
        "scorecard": pd.DataFrame({"scope": ["whole"], "straight_line": [5.0], "constant_fall": [5.0],
                                   "actual": [5.0]}),
        "denominators": pd.DataFrame({"ward_code": [ward, other], "rate_by_resident": [1.0, 2.0],
                                      "rank_by_resident": 1}),
        "annex": pd.DataFrame({"ward_code": [ward, other], "index_score": [1.0, 2.0], "why": "its value is 3"}),
        "concentration": pd.DataFrame({"crimes": [900], "gini": [0.123456], "share_25": [0.1]}),
        "recorded_crime": pd.DataFrame({"crimes": [90.25, 9.25], "published": [100.0, 10.0], "months": [12, 12],
                                        "ratio": [0.9025, 0.925], "far": [False, False]}),
        "unplaced": pd.DataFrame({"force_name": ["a"], "rows": [10_000], "median_ward": [400.0]}),
        "levers": pd.DataFrame({"area_id": ["a"], "percentile": [99.0]}),
    }  # fmt: skip
    known = {**RECORDS, "unplaced": UNPLACED, "denominators": denominator_columns(["resident"])}
    same = protect_tables(tables, known, hide(hidden, NOBODY))
    for name in ("scorecard", "denominators", "annex", "levers"):
        pd.testing.assert_frame_equal(same[name], tables[name], check_dtype=False)
    hidden.loc[ward, ["crimes", "harm", "types"]] = True
    shown = protect_tables(tables, known, hide(hidden, NOBODY))
    assert shown["scorecard"][["straight_line", "constant_fall", "actual"]].isna().all().all()
    assert shown["denominators"]["rate_by_resident"].isna().tolist() == [True, False]
    assert shown["denominators"]["rank_by_resident"].notna().all()
    assert shown["annex"]["why"].tolist() == [HIDDEN_WORDS, "its value is 3"]
    assert (
        protect_tables(tables, known, hide(hidden, NOBODY, scores=True, told=True))["annex"]["index_score"].isna().all()
    )
    assert shown["concentration"]["crimes"].isna().all()
    assert shown["concentration"]["gini"].tolist() == [0.12]
    assert shown["recorded_crime"]["crimes"].isna().all()
    # A ratio in two decimals of 1,200 offences leaves twelve open, of 120 one.
    assert shown["recorded_crime"]["ratio"].isna().tolist() == [False, True]
    assert shown["recorded_crime"]["ratio"].iloc[0] == 0.9
    assert shown["unplaced"][["rows", "median_ward"]].isna().all().all()
    assert shown["unplaced"]["force_name"].tolist() == ["a"]
    pd.testing.assert_frame_equal(shown["levers"], tables["levers"])


def test_a_row_of_sums_goes_where_one_of_its_numbers_is_small():
    table = pd.DataFrame({"force": ["a", "b"], "rows": [100, 100], "agree": [97, 100], "disagree": [3, 0]})
    shown = protect_rows(table, ["agree", "disagree"])
    assert shown[["rows", "agree", "disagree"]].isna().all(axis=1).tolist() == [True, False]
    assert shown["force"].tolist() == ["a", "b"]


def test_months_with_a_hidden_total_of_a_force_are_not_in_the_ledger(wards):
    account = pd.DataFrame({"force": "a", "month": MONTHS, "rows_in": [100] * 3, "placed": [100] * 3, "no_place": 0})
    coverage = pd.DataFrame({"force": "a", "month": MONTHS, "status": "complete", "rows": [100] * 3})
    told, months = protect_ledgers(account, coverage, months={MONTHS[1]})
    assert told["placed"].isna().tolist() == told["rows_in"].isna().tolist() == [False, True, False]
    assert months["rows"].isna().tolist() == [False, True, False]


def test_a_column_that_does_not_say_what_it_gives_away_is_hidden(wards):
    """A count that somebody adds, with a definition or without one, is not shown beside the hidden total."""
    hidden = pd.DataFrame(False, index=wards.index, columns=["crimes_all", "crimes", "harm", "types"])
    table = add_measures(wards, make_counts(wards)).assign(new_count=7, other_count=8.5, said="9 crimes")
    for name, told in (("new_count", Column("new_count", "A count")), ("other_count", Column("said", "Words"))):
        shown = protect_table(table, (*COLUMNS, told), hide(hidden, NOBODY))
        assert shown[name].isna().all()
    assert (shown["said"] == HIDDEN_WORDS).all()
    assert shown["crimes"].notna().all()


def test_every_column_of_every_table_says_what_it_gives_away():
    for columns in (WARDS, AREAS, UNPLACED, vli_columns(), *RECORDS.values()):
        assert [column.name for column in columns if not column.gives_away] == []
    with pytest.raises(ValueError, match="discloses 'crime' is not known; use nothing, derived, crimes"):
        Column("x", "", discloses="crime")


@pytest.mark.parametrize("code", DISCLOSES)
def test_every_name_has_a_rule(wards, code):
    """What a column can give away is hidden by a rule, or is passed on to one of its own."""
    hidden = pd.DataFrame(True, index=wards.index, columns=["crimes_all", "crimes", "harm", "types"])
    table = pd.DataFrame({"x": [1.0] * len(wards)}, index=wards.index)
    shown = protect_table(table, [Column("x", "", discloses=code)], hide(hidden, NOBODY, scores=True, told=True))
    assert shown["x"].isna().all() != (code in {"nothing", "derived", "cells", "ledger", "ratio", "sums", "rounded"})
