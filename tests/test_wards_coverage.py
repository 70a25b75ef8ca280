"""The ledger: what is complete, partial and missing, judged by hand, on halves of real months, and by properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tipping_point.facts.known_gaps import read_known_gaps
from tipping_point.sources.crime import read_street_crimes
from tipping_point.sources.london import read_ward_tables
from tipping_point.tables import COVERAGE, InputError, months_between
from tipping_point.wards.coverage import (
    NO_FILE,
    PARTIAL,
    add_coverage,
    build_coverage,
    is_covered,
    require_assessed,
    say_gaps,
)

MONTHS = months_between("2024-01", "2024-06")


def ledger_of(table):
    """Files from force -> rows by month; None is no file."""
    rows = [
        (f"a/b/{month}.zip", force, month, number, number // 10, False, "")
        for force, numbers in table.items()
        for month, number in zip(MONTHS, numbers, strict=True)
        if number is not None
    ]
    return pd.DataFrame(
        rows, columns=["archive", "force", "month", "rows", "rows_without_place", "damaged", "note"]
    ).astype({"damaged": bool})


def wards_of(*forces):
    index = pd.Index([f"E0500000{number}" for number in range(len(forces))], name="ward_code")
    return pd.DataFrame({"force_name": list(forces), "population": 1000.0}, index=index)


def coverage_of(table, *, gaps=None, forces=("North Force",)):
    coverage = build_coverage(ledger_of(table), wards_of(*forces), months=MONTHS, gaps=gaps)
    return coverage.set_index(["force", "month"])


def gap(**changes):
    given = {
        "force": "north-force",
        "start": "2024-02",
        "end": "",
        "kind": "nothing",
        "note": "It is so",
        "source": "S",
    }
    return pd.DataFrame([{**given, **changes}])


def test_columns_and_keys():
    coverage = build_coverage(
        ledger_of({"north-force": [10] * 6}), wards_of("North Force", "South Force"), months=MONTHS
    )
    assert list(coverage.columns) == [column.name for column in COVERAGE]
    assert not coverage.duplicated(["force", "month"]).any()
    assert len(coverage) == 12
    assert coverage["archive"].unique().tolist() == ["2024-01.zip", "2024-02.zip", "2024-03.zip", "2024-04.zip",
                                                     "2024-05.zip", "2024-06.zip", ""]  # fmt: skip


def test_no_file_is_missing_and_a_force_without_any_stands_in_the_ledger():
    coverage = coverage_of({"north-force": [100, None, 100, 100, 100, 100]}, forces=("North Force", "South Force"))
    assert coverage.loc[("north-force", "2024-02"), ["status", "reason"]].tolist() == ["missing", NO_FILE]
    assert pd.isna(coverage.loc[("north-force", "2024-02"), "rows"])
    assert (coverage.loc["south-force", "status"] == "missing").all()
    assert not is_covered(coverage.reset_index()).loc["South Force"].any()


def test_half_a_month_is_partial_and_not_covered():
    coverage = coverage_of({"north-force": [100, 110, 50, 90, 100, 105]})
    assert coverage["status"].tolist() == ["complete", "complete", "partial", "complete", "complete", "complete"]
    # the median of 100, 110, 90, 100, 105 is 100
    assert coverage.loc[("north-force", "2024-03"), "share_of_usual"] == pytest.approx(0.5)
    assert "50%" in coverage.loc[("north-force", "2024-03"), "reason"]
    assert is_covered(coverage.reset_index()).loc["North Force"].tolist() == [True, True, False, True, True, True]


def test_nothing_is_usual_of_a_short_history():
    coverage = coverage_of({"north-force": [100, 100, 100, None, None, None], "btp": [10, 1, None, None, None, None]})
    assert coverage["share_of_usual"].isna().all()
    assert set(coverage.loc["btp", "status"]) == {"complete", "missing"}


def others(numbers, count=7):
    return {f"force-{letter}": [10 * number for number in numbers] for letter in "abcdefghij"[:count]}


def test_a_quiet_month_that_is_quiet_everywhere_is_no_gap():
    quiet = [100, 100, 62, 100, 100, 100]
    alone = coverage_of({"north-force": quiet})
    assert alone.loc[("north-force", "2024-03"), "status"] == "partial"
    among = coverage_of({"north-force": quiet, **others([100, 100, 75, 100, 100, 100])})
    # the season is held at four fifths: 0.62 / 0.8
    assert among.loc[("north-force", "2024-03"), "share_of_usual"] == pytest.approx(0.775)
    assert (among["status"].loc["north-force"] == "complete").all()


def test_half_a_month_of_every_force_is_no_season():
    halved = [100, 100, 50, 100, 100, 100]
    coverage = coverage_of({"north-force": halved, **others(halved)})
    assert (coverage.xs("2024-03", level="month")["status"] == "partial").all()


def test_a_series_that_grows_is_judged_by_the_year_around():
    months = months_between("2015-01", "2024-12")
    rows = [round(100 * 1.01**place) for place in range(len(months))]
    files = pd.DataFrame({"force": "north-force", "month": months, "rows": rows, "rows_without_place": 0}).assign(
        damaged=False
    )
    coverage = build_coverage(files, wards_of("North Force"), months=months)
    assert (coverage["status"] == "complete").all()


def test_known_gaps_give_their_reason_and_source():
    table = {"north-force": [100, None, None, None, None, None]}
    coverage = coverage_of(table, gaps=gap())
    assert coverage["reason"].tolist() == ["", *["It is so (S)"] * 5]
    ended = coverage_of(table, gaps=gap(end="2024-03"))
    assert ended["reason"].tolist() == ["", *["It is so (S)"] * 2, *[NO_FILE] * 3]
    assert coverage_of(table, gaps=gap(force="other"))["reason"].tolist() == ["", *[NO_FILE] * 5]


def test_a_file_in_a_known_gap_is_read_and_said():
    coverage = coverage_of({"north-force": [100] * 6}, gaps=gap(end="2024-02"))
    assert (coverage["status"] == "complete").all()
    assert coverage.loc[("north-force", "2024-02"), "reason"] == "a file is there, though It is so (S)"
    part = coverage_of({"north-force": [100] * 6}, gaps=gap(end="2024-02", kind="part"))
    assert part["status"].tolist() == ["complete", "partial", *["complete"] * 4]


def test_a_damaged_file_is_missing_and_says_why():
    files = ledger_of({"north-force": [100] * 6})
    files.loc[1, ["damaged", "rows", "note"]] = [True, 0, "is empty"]
    coverage = build_coverage(files, wards_of("North Force"), months=MONTHS, gaps=gap())
    assert coverage.loc[1, ["status", "reason"]].tolist() == ["missing", "its file is damaged: is empty"]


def test_rows_without_a_place_and_what_they_do_if_they_lie_as_the_others():
    coverage = coverage_of({"north-force": [100] * 6})
    first = coverage.iloc[0]
    assert first["share_without_place"] == pytest.approx(0.1)
    assert first["rise_if_spread"] == pytest.approx(10 / 90)


def test_stretches_of_months_in_words():
    table = {"north-force": [None, 100, None, None, 100, 100]}
    coverage = build_coverage(ledger_of(table), wards_of("North Force", "North Force"), months=MONTHS)
    assert say_gaps(coverage) == ["North Force: 2024-01, 2024-03 to 2024-04 missing (2 wards): no file"]


def test_a_ward_says_that_months_were_partial_or_known_to_be_gaps():
    halves = coverage_of({"north-force": [100, 100, 100, 100, 40, 40]}).reset_index()
    wards = add_coverage(wards_of("North Force"), halves)
    assert wards["months_covered"].tolist() == [4]
    assert wards["not_assessed_reason"].iloc[0] == (
        "North Force published crimes for 4 of 6 months (75% are needed); 2 more hold less than a whole month"
    )
    known = coverage_of({"north-force": [100, *[None] * 5]}, gaps=gap()).reset_index()
    wards = add_coverage(wards_of("North Force"), known)
    assert wards["not_assessed_reason"].iloc[0].endswith("1 of 6 months (75% are needed); It is so (S)")
    with pytest.raises(InputError, match="It is so") as refused:
        require_assessed(wards, known)
    assert refused.value.faults[2:] == (
        "North Force: 2024-02 to 2024-06 missing (1 ward): It is so (S)",
        "There are whole months of 1 police force in the period. Add files of the forces above to sources.crime (an "
        "archive that holds them, or the force's own export), or choose another study.area or period.",
    )


def test_a_refusal_that_has_nothing_to_do_with_the_files_gives_no_advice_on_them():
    coverage = coverage_of({"north-force": [100] * 6}).reset_index()
    wards = add_coverage(wards_of("North Force").assign(population=0.0), coverage)
    with pytest.raises(InputError) as refused:
        require_assessed(wards, coverage)
    assert len(refused.value.faults) == 2


def test_inputs_are_unchanged_and_row_order_does_not_matter():
    files, wards = ledger_of({"north-force": [100, 110, 50, 90, None, 105], "btp": [5] * 6}), wards_of("North Force")
    before = files.copy(), wards.copy()
    coverage = build_coverage(files, wards, months=MONTHS)
    pd.testing.assert_frame_equal(files, before[0])
    pd.testing.assert_frame_equal(wards, before[1])
    shuffled = files.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(build_coverage(shuffled, wards, months=MONTHS), coverage)


def test_no_file_at_all():
    coverage = build_coverage(ledger_of({}), wards_of("North Force"), months=MONTHS)
    assert coverage["status"].tolist() == ["missing"] * 6


@settings(max_examples=30, deadline=None)
@given(
    base=st.lists(st.integers(500, 50_000), min_size=8, max_size=12),
    season=st.lists(st.floats(0.85, 1.15), min_size=6, max_size=6),
    seed=st.integers(0, 10_000),
)
def test_a_half_month_is_found_and_whole_months_are_not_accused(base, season, seed):
    """Whatever the sizes of the forces and the season: chance of a count, and one file cut in half."""
    random = np.random.default_rng(seed)
    expected = np.outer(base, season) * random.uniform(0.9, 1.1, (len(base), 6))
    rows = random.poisson(expected)
    force, month = random.integers(len(base)), random.integers(6)
    table = {f"force-{chr(97 + place)}": [int(number) for number in numbers] for place, numbers in enumerate(rows)}
    whole = coverage_of(table)
    assert (whole["status"].drop("north-force") == "complete").all()
    table[f"force-{chr(97 + force)}"][month] //= 2
    halved = coverage_of(table)["status"].drop("north-force")
    assert halved[halved == "partial"].index.tolist() == [(f"force-{chr(97 + force)}", MONTHS[month])]


# -------------------------------------------------------------------------------------------------- real


@pytest.fixture(scope="module")
def real_files(real_data):
    return read_street_crimes([real_data / "police_uk" / "2019-02.zip"], start="2018-10", end="2019-02").files


REAL_MONTHS = months_between("2018-10", "2019-02")


@pytest.mark.real
def test_the_only_partial_month_of_the_real_archive_is_one(real_files):
    """Kent, December 2018: every type of crime at half of its usual number, and anti-social behaviour as always."""
    coverage = build_coverage(real_files, wards_of("Kent", "Greater Manchester"), months=REAL_MONTHS,
                              gaps=read_known_gaps())  # fmt: skip
    partial = coverage[coverage["status"] == "partial"]
    assert partial[["force", "month"]].to_numpy().tolist() == [["kent", "2018-12"]]
    missing = coverage[(coverage["status"] == "missing") & (coverage["force"] != "greater-manchester")]
    assert missing[["force", "month"]].to_numpy().tolist() == [["lancashire", "2018-10"], ["northumbria", "2018-10"]]
    # what is known of Greater Manchester begins in July 2019, and is not said of 2018
    assert (coverage.loc[coverage["force"] == "greater-manchester", "reason"] == NO_FILE).all()
    others = coverage[(coverage["status"] == "complete") & (coverage["force"] != "kent")]
    assert others["share_of_usual"].min() > 0.8


@pytest.mark.real
def test_every_real_month_cut_in_half_is_found(real_files):
    wards = wards_of("Kent")
    whole = build_coverage(real_files, wards, months=REAL_MONTHS).set_index(["force", "month"])["status"]
    for place in range(0, len(real_files), 4):
        cut = real_files.copy()
        cut.loc[place, "rows"] //= 2
        status = build_coverage(cut, wards, months=REAL_MONTHS).set_index(["force", "month"])["status"]
        key = tuple(real_files.loc[place, ["force", "month"]])
        assert status[key] == "partial", key
        changed = status[status != whole].index
        assert set(changed) <= {key, ("kent", "2018-12"), ("kent", "2018-11")}, key


@pytest.mark.real
def test_fourteen_years_of_london_hold_no_half_month(real_data):
    files = read_ward_tables(
        [real_data / "london" / "recorded-crime-ward-historical.parquet"], start="2010-04", end="2024-02"
    ).files
    coverage = build_coverage(files, wards_of("Metropolitan Police"), months=months_between("2010-04", "2024-02"))
    assert (coverage["status"] == "complete").all()
    least = coverage.loc[coverage["share_of_usual"].idxmin()]
    assert least["month"] == "2020-04"
    assert PARTIAL < least["share_of_usual"] < 0.7
