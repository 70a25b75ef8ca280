from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tipping_point.facts.crime_types import CRIME_TYPES
from tipping_point.sources.london import list_ward_tables, read_ward_tables
from tipping_point.tables import InputError

FIRST = "MajorText,MinorText,WardName,WardCode,LookUp_BoroughName"
ROBBERY = "ROBBERY OF PERSONAL PROPERTY"


def line(counts, kind="ARSON", ward="E05000001", major="MAJOR"):
    return ",".join([major, kind, "<script>x</script>", ward, "Borough", *map(str, counts)])


def write(path, months, *lines, first=FIRST, end="\n"):
    path.write_text(end.join([",".join([first, *months]), *lines]) + end, encoding="utf-8", newline="")
    return path


def faults(paths, start="2023-04", end="2023-06", **options):
    with pytest.raises(InputError) as caught:
        read_ward_tables(paths, start=start, end=end, **options)
    return caught.value.faults


def test_counts_by_hand(tmp_path):
    table = write(
        tmp_path / "MPS.csv",
        ["202304", "202305", "202306"],
        line([1, 0, 2]),
        line([4, 0, 0], ROBBERY, "E05000002"),
        end="\r\n",
    )
    read = read_ward_tables([table], start="2023-04", end="2023-05")
    assert read.counts.to_numpy().tolist() == [
        ["metropolitan", "2023-04", "E05000001", "ARSON", 1],
        ["metropolitan", "2023-04", "E05000002", ROBBERY, 4],
    ]
    assert read.counts["crimes"].dtype == "int64"
    assert read.files[
        ["file", "force", "month", "rows", "rows_without_place", "damaged", "note"]
    ].to_numpy().tolist() == [
        ["MPS.csv", "metropolitan", "2023-04", 5, 0, False, ""],
        ["MPS.csv", "metropolitan", "2023-05", 0, 0, False, ""],
    ]


def test_a_ward_and_type_on_several_rows_are_added_up(tmp_path):
    table = write(tmp_path / "a.csv", ["202304"], line([1]), line([2], major="OTHER"), line([3], "arson", "e05000001"))
    read = read_ward_tables([table], start="2023-04", end="2023-04")
    assert read.counts["crimes"].tolist() == [6]


def test_crimes_without_a_ward_are_kept_and_counted(tmp_path):
    table = write(tmp_path / "a.csv", ["202304"], line([1]), line([5], ward=""))
    read = read_ward_tables([table], start="2023-04", end="2023-04")
    assert read.counts[["ward_code", "crimes"]].to_numpy().tolist() == [["", 5], ["E05000001", 1]]
    assert read.files[["rows", "rows_without_place"]].to_numpy().tolist() == [[6, 5]]


def test_parquet_with_lower_case_headers_reads_the_same(tmp_path):
    months = ["202304", "202305"]
    text = write(tmp_path / "a.csv", months, line([1, 0]), line([4, 7], ROBBERY, "E05000002"))
    frame = pd.read_csv(text)
    frame.columns = frame.columns.str.lower()
    frame.to_parquet(tmp_path / "a.parquet")
    period = {"start": "2023-04", "end": "2023-05"}
    pd.testing.assert_frame_equal(
        read_ward_tables([text], **period).counts, read_ward_tables([tmp_path / "a.parquet"], **period).counts
    )


def test_months_that_no_table_holds_are_absent(tmp_path):
    table = write(tmp_path / "a.csv", ["202304"], line([1]))
    assert read_ward_tables([table], start="2023-03", end="2023-12").files["month"].tolist() == ["2023-04"]


def test_nothing_in_the_period_is_two_empty_tables(tmp_path, caplog):
    table = write(tmp_path / "a.csv", ["202304"], line([1]))
    full, empty = (read_ward_tables([table], start=f"{year}-04", end=f"{year}-05") for year in (2023, 2024))
    assert "a.csv has 2023-04 to 2023-04" in caplog.text
    assert empty.counts.empty
    assert empty.files.empty
    assert list(empty.files.columns) == list(full.files.columns)
    pd.testing.assert_series_equal(empty.counts.dtypes, full.counts.dtypes)
    assert list_ward_tables([table], start="2024-01").empty


# ------------------------------------------------------------------------------------------------ overlaps


@pytest.mark.parametrize("backwards", [False, True])
def test_a_month_in_two_tables_is_read_from_the_one_that_ends_latest(tmp_path, backwards):
    old = write(tmp_path / "old.csv", ["202304", "202305"], line([10, 100]))
    new = write(tmp_path / "new.csv", ["202305", "202306"], line([99, 7]))
    read = read_ward_tables([new, old] if backwards else [old, new], start="2023-04", end="2023-06")
    assert read.counts["crimes"].tolist() == [10, 99, 7]
    assert read.files["file"].tolist() == ["old.csv", "new.csv", "new.csv"]
    assert read.files["note"].tolist() == ["", f"also in {old.name}; read from the table that ends latest", ""]


@pytest.mark.parametrize(("later", "agrees"), [(98, True), (97, False), (102, True), (103, False)])
def test_joined_tables_must_agree_within_two_per_cent(tmp_path, later, agrees):
    old = write(tmp_path / "old.csv", ["202304", "202305"], line([10, 100]), line([5, 50], ROBBERY))
    new = write(tmp_path / "new.csv", ["202305", "202306"], line([later, 7]), line([50, 7], ROBBERY))
    if agrees:
        assert (
            read_ward_tables([old, new], start="2023-04", end="2023-06").counts["crimes"].sum() == 10 + 5 + later + 64
        )
        return
    (fault,) = faults([old, new])
    assert f"ARSON 100 against {later}" in fault
    assert ROBBERY not in fault
    assert "2023-05 to 2023-05" in fault
    # The types of the measure agree, and a period within one table joins nothing.
    assert len(read_ward_tables([old, new], start="2023-04", end="2023-06", types=[ROBBERY]).counts)
    assert len(read_ward_tables([old, new], start="2023-05", end="2023-06").counts)


def test_a_type_that_only_one_table_has_breaks_the_series(tmp_path):
    old = write(tmp_path / "old.csv", ["202304", "202305"], line([1, 1]), line([3, 3], "STALKING AND HARASSMENT"))
    new = write(tmp_path / "new.csv", ["202305", "202306"], line([1, 1]))
    assert "STALKING AND HARASSMENT 3 against 0" in faults([old, new])[0]


def test_tables_that_meet_without_overlap_are_joined(tmp_path):
    old = write(tmp_path / "old.csv", ["202304"], line([10]))
    new = write(tmp_path / "new.csv", ["202305"], line([900]))
    assert read_ward_tables([old, new], start="2023-04", end="2023-05").counts["crimes"].tolist() == [10, 900]


# -------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ([line([-1])], "row 2 has '-1' in '202304', which is below 0"),
        ([line([1]), line(["1.5"])], "row 3 has 1.5 in '202304' (1 such rows); a count is a whole number"),
        ([line([""])], "row 2 has a blank in '202304'"),
        ([line(["many"])], "row 2 has 'many' in '202304', which is not a number"),
        ([line([1], ward="E09000001")], "row 2 has 'E09000001' for a ward code"),
        ([line([1], kind="MURDER")], "row 2: unknown offence type 'MURDER'"),
        ([line([1]) + ",9"], "have more cells than the header"),
        ([], "has no row under its header"),
    ],
)
def test_bad_rows(tmp_path, lines, wanted):
    (fault,) = faults([write(tmp_path / "a.csv", ["202304"], *lines)])
    assert str(tmp_path / "a.csv") in fault
    assert wanted in fault


def test_bad_files_are_told_all_at_once(tmp_path):
    page, blank = tmp_path / "page.csv", tmp_path / "blank.csv"
    page.write_text("<!doctype html>")
    blank.write_text("")
    no_code = write(tmp_path / "c.csv", ["202304"], line([1]), first=FIRST.replace("WardCode", "Code"))
    no_month = write(tmp_path / "m.csv", ["2023-04"], line([1]))
    broken = tmp_path / "b.parquet"
    broken.write_text("no")
    told = faults([page, blank, no_code, no_month, broken, tmp_path / "absent.csv", tmp_path])
    for fault, wanted in zip(
        told,
        ["web page", "is empty", "lacks the column(s) wardcode", "no column that is a month", "not a Parquet file",
         "does not exist", "'' is not read"],
        strict=True,
    ):  # fmt: skip
        assert wanted in fault


def test_types_that_are_none(tmp_path):
    table = write(tmp_path / "a.csv", ["202304"], line([1]))
    assert "'Robbery' are not of the Metropolitan" in faults([table], types=["Robbery"])[0]
    assert faults([]) == ("No ward table was named.",)


def test_every_type_of_the_schema_is_known(tmp_path):
    table = write(tmp_path / "a.csv", ["202304"], *[line([1], kind) for kind in CRIME_TYPES["metropolitan"]])
    read = read_ward_tables([table], start="2023-04", end="2023-04")
    assert read.counts["crime_type"].tolist() == sorted(CRIME_TYPES["metropolitan"])


# ---------------------------------------------------------------------------------------------------- list


def test_list_ward_tables(tmp_path):
    old = write(tmp_path / "old.csv", ["202304", "202305"], line([1, "not read"]))
    new = write(tmp_path / "new.csv", ["202305", "202306"], line([1, 1]))
    listed = list_ward_tables([new, old])
    assert listed[["file", "month"]].to_numpy().tolist() == [
        ["old.csv", "2023-04"], ["new.csv", "2023-05"], ["new.csv", "2023-06"],
    ]  # fmt: skip
    assert list_ward_tables([new, old], start="2023-06")["month"].tolist() == ["2023-06"]
    with pytest.raises(InputError, match="does not exist"):
        list_ward_tables([tmp_path / "absent.csv"])
    with pytest.raises(InputError, match="No ward table"):
        list_ward_tables([])
    with pytest.raises(InputError, match="lacks the column"):
        list_ward_tables([write(tmp_path / "c.csv", ["202304"], first="a,b,c")])


# ----------------------------------------------------------------------------------------------- invariant

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["E05000001", "E05000002", ""]),
        st.sampled_from(["ARSON", ROBBERY]),
        st.integers(0, 50),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_totals_are_kept_and_row_order_does_not_matter(tmp_path, rows):
    def read(rows):
        lines = [line([a, b], kind, ward) for ward, kind, a, b in rows]
        return read_ward_tables(
            [write(tmp_path / "a.csv", ["202304", "202305"], *lines)], start="2023-04", end="2023-05"
        )

    first, second = read(rows), read(rows[::-1])
    pd.testing.assert_frame_equal(first.counts, second.counts)
    assert first.counts["crimes"].sum() == first.files["rows"].sum() == sum(a + b for *_, a, b in rows)
    assert not first.counts.duplicated(["month", "ward_code", "crime_type"]).any()


# ---------------------------------------------------------------------------------------------------- real


@pytest.mark.real
def test_real_tables(real_data):
    folder = real_data / "london"
    older, newer = (
        folder / f"MPS Ward Level Crime (most recent 24 months) {part}.csv" for part in ("2025-04", "2025-07")
    )
    history = folder / "recorded-crime-ward-historical.parquet"
    read = read_ward_tables([newer], start="2023-07", end="2025-06")
    assert read.counts["crimes"].sum() == 1_800_751
    assert read.counts["ward_code"].nunique() == 679
    assert read_ward_tables([older], start="2023-04", end="2025-03").counts["crimes"].sum() == 1_800_829
    assert len(read_ward_tables([older, newer], start="2023-04", end="2025-06").files) == 27
    # The figures of methods.md, section 2.
    (fault,) = faults([history, older], "2023-03", "2025-03")
    assert "VIOLENCE WITHOUT INJURY 99,549 against 153,528" in fault
    assert "HOMICIDE" not in fault
    serious = ["HOMICIDE", "VIOLENCE WITH INJURY", ROBBERY, "RAPE", "OTHER SEXUAL OFFENCES", "POSSESSION OF WEAPONS"]
    joined = read_ward_tables([history, older, newer], start="2022-07", end="2025-06", types=serious)
    assert len(joined.files) == 36


@pytest.mark.real
def test_real_history_has_no_gap(real_data):
    listed = list_ward_tables([real_data / "london" / "recorded-crime-ward-historical.parquet"])
    assert listed["month"].tolist() == [str(month) for month in pd.period_range("2010-04", "2024-02", freq="M")]
