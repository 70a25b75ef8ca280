from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from builders.sources_crime import HEADER, archive, name, row, text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tipping_point.facts.crime_types import CRIME_TYPES
from tipping_point.sources import crime
from tipping_point.sources.count_cache import list_counts
from tipping_point.sources.crime import list_street_files, read_street_crimes
from tipping_point.tables import InputError

PERIOD = {"start": "2019-01", "end": "2019-02"}


def folder(path, members):
    for member, content in members.items():
        target = path / member
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def faults(paths, **options):
    with pytest.raises(InputError) as caught:
        read_street_crimes(paths, **{**PERIOD, **options})
    return caught.value.faults


def one_fault(content, tmp_path, **options):
    (fault,) = faults([archive(tmp_path / "2019-02.zip", {name(): content})], **options)
    assert name() in fault
    return fault


GOOD = text(
    row("Burglary"),
    row("Burglary"),
    row("Robbery"),
    row("Burglary", "E01000002"),
    row("Drugs", "", x="", y="", location="No Location"),
)


def test_counts_by_hand(tmp_path):
    read = read_street_crimes([archive(tmp_path / "2019-02.zip", {name(): GOOD})], **PERIOD)
    assert read.counts.to_dict("split")["data"] == [
        ["merseyside", "2019-01", "", "Drugs", 1],
        ["merseyside", "2019-01", "E01000001", "Burglary", 2],
        ["merseyside", "2019-01", "E01000001", "Robbery", 1],
        ["merseyside", "2019-01", "E01000002", "Burglary", 1],
    ]
    assert read.counts["crimes"].dtype == "int64"
    for column in ("force", "month", "lsoa_code", "crime_type"):
        assert read.counts[column].cat.categories.tolist() == sorted(set(read.counts[column]))
    assert read.files.to_dict("records") == [
        {
            "archive": str(tmp_path / "2019-02.zip"),
            "file": name(),
            "force": "merseyside",
            "month": "2019-01",
            "rows": 5,
            "rows_without_place": 1,
            "damaged": False,
            "note": "",
        }
    ]


def test_a_folder_and_an_archive_give_the_same_counts(tmp_path):
    members = {name(): GOOD, name("cheshire", "2019-02"): text(row("Drugs", month="2019-02"))}
    zipped = read_street_crimes([archive(tmp_path / "2019-02.zip", members)], **PERIOD)
    loose = read_street_crimes([folder(tmp_path / "deep" / "er", members).parent], **PERIOD)
    pd.testing.assert_frame_equal(zipped.counts, loose.counts)
    assert loose.files["file"].tolist() == ["er/" + name(), "er/" + name("cheshire", "2019-02")]


def test_other_members_and_other_months_are_left_alone(tmp_path):
    members = {
        name(): GOOD,
        name(kind="outcomes"): "not,read",
        name(kind="stop-and-search"): "",
        name(month="2018-12"): "<html>not of the period, so never opened",
        "readme.txt": "hello",
    }
    read = read_street_crimes([archive(tmp_path / "2019-02.zip", members)], **PERIOD)
    assert read.files["file"].tolist() == [name()]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_byte_order_mark_and_line_ends(tmp_path, bom, end):
    content = bom + text(row(), row("Drugs"), end=end).encode()
    read = read_street_crimes([archive(tmp_path / "2019-02.zip", {name(): content})], **PERIOD)
    assert read.counts["crime_type"].tolist() == ["Burglary", "Drugs"]
    assert read.counts["lsoa_code"].tolist() == ["E01000001"] * 2


def test_header_in_another_order_with_blanks_and_more_columns(tmp_path):
    content = "Crime type , LSOA code,Extra,Month,Latitude,Longitude\nDrugs,E01000001,9,2019-01,53.4,-2.9\n"
    read = read_street_crimes([archive(tmp_path / "2019-02.zip", {name(): content})], **PERIOD)
    assert read.counts[["lsoa_code", "crime_type", "crimes"]].to_numpy().tolist() == [["E01000001", "Drugs", 1]]


def test_quoted_commas_context_and_hostile_text_are_only_text(tmp_path):
    rows = [
        row(location='"On or near Asda, Thurmaston"'),
        row(location='"On or near ""The Crown"", High Street"', context='"=HYPERLINK(""x"")"'),
        row(location="<script>alert(1)</script>", context="a context"),
        row(location='"two\nlines"'),
        row(location="Caf\u00e9"),
    ]
    read = read_street_crimes([archive(tmp_path / "2019-02.zip", {name(): text(*rows)})], **PERIOD)
    assert read.counts["crimes"].tolist() == [5]


def test_bytes_that_are_not_utf8_are_a_fault(tmp_path):
    content = text(row(location="Caf@")).encode().replace(b"@", b"\xe9")
    assert "is not comma-separated UTF-8 text" in one_fault(content, tmp_path)


def test_identical_rows_are_different_incidents(tmp_path):
    content = text(*[row("Anti-social behaviour")] * 7)
    read = read_street_crimes([archive(tmp_path / "2019-02.zip", {name(): content})], **PERIOD)
    assert read.counts["crimes"].tolist() == [7]


def test_every_type_of_the_schema_is_known(tmp_path):
    content = text(*[row(kind) for kind in CRIME_TYPES["police_uk"]])
    read = read_street_crimes([archive(tmp_path / "2019-02.zip", {name(): content})], **PERIOD)
    assert read.counts["crime_type"].tolist() == list(CRIME_TYPES["police_uk"])


# ------------------------------------------------------------------------------------ the same file twice


@pytest.mark.parametrize("backwards", [False, True])
def test_the_later_archive_wins_wherever_it_stands_in_the_list(tmp_path, backwards, caplog):
    old = archive(tmp_path / "2019-02.zip", {name(): text(row("Drugs"))})
    new = archive(tmp_path / "2019-03.zip", {name(): text(row("Robbery"), row("Robbery"))})
    paths = [new, old] if backwards else [old, new]
    with caplog.at_level(logging.INFO):
        read = read_street_crimes(paths, **PERIOD)
    assert read.counts["crime_type"].tolist() == ["Robbery"]
    assert read.files["archive"].tolist() == [str(new)]
    lengths = [len(text(*rows)) for rows in ([row("Drugs")], [row("Robbery")] * 2)]
    assert read.files["note"].iloc[0] == (
        f"also in {old.name}: {name()} ({lengths[0]:,} bytes, this one {lengths[1]:,}); this one was read, from the"
        " later archive"
    )
    assert "merseyside 2019-01: also in" in caplog.text


def test_else_the_later_path_wins(tmp_path):
    zipped = archive(tmp_path / "latest.zip", {name(): text(row("Drugs"))})
    loose = folder(tmp_path / "loose", {name(): text(row("Robbery"))})
    assert read_street_crimes([zipped, loose], **PERIOD).counts["crime_type"].tolist() == ["Robbery"]
    assert read_street_crimes([loose, zipped], **PERIOD).counts["crime_type"].tolist() == ["Drugs"]


def test_unpacked_archives_beside_each_other_in_a_folder(tmp_path):
    members = {f"2019-02/{name()}": text(row("Drugs")), f"2019-03/{name()}": text(row("Robbery"))}
    read = read_street_crimes([folder(tmp_path, members)], **PERIOD)
    assert read.counts["crime_type"].tolist() == ["Robbery"]


# ------------------------------------------------------------------------------------------------- faults


def test_period_that_is_none():
    assert faults([], start="2019-13", end="Feb") == (
        "Period: start is '2019-13'; a month is written YYYY-MM, for example '2019-02'.",
        "Period: end is 'Feb'; a month is written YYYY-MM, for example '2019-02'.",
    )
    assert "comes before" in faults([], start="2019-03", end="2019-02")[0]


def test_path_that_does_not_exist(tmp_path):
    assert faults([tmp_path / "2019-02.zip"]) == (f"{tmp_path / '2019-02.zip'} does not exist.",)
    assert "No folder or archive" in faults([])[0]


def test_not_a_zip(tmp_path):
    page, blank, plain = (tmp_path / f"{part}.zip" for part in ("page", "blank", "plain"))
    page.write_text("<!DOCTYPE html><html>Not found</html>")
    blank.write_bytes(b"")
    plain.write_text("Crime ID,Month\n")
    first, second, third = faults([page, blank, plain])
    assert "web page" in first
    assert "is empty" in second
    assert "is not a zip archive" in third


def test_truncated_zip(tmp_path):
    path = archive(tmp_path / "2019-02.zip", {name(): GOOD * 50})
    path.write_bytes(path.read_bytes()[:-60])
    (fault,) = faults([path])
    assert str(path) in fault
    assert "cut short or damaged" in fault


def test_corrupt_member(tmp_path):
    path = tmp_path / "2019-02.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as handle:
        handle.writestr(name(), GOOD)
        handle.writestr(name("cheshire"), GOOD)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"E01000002", b"E01000003", 1))
    (fault,) = faults([path])
    assert name() in fault
    assert "CRC" in fault
    read = read_street_crimes([path], **PERIOD, allow_damaged=True)
    assert read.files["force"].tolist() == ["cheshire", "merseyside"]
    assert read.files["damaged"].tolist() == [False, True]
    assert read.files["rows"].tolist() == [5, 0]
    assert "CRC" in read.files["note"].iloc[1]
    assert set(read.counts["force"]) == {"cheshire"}


@pytest.mark.parametrize(
    "member",
    ["../2019-01-merseyside-street.csv", "/etc/2019-01-a-street.csv", "..\\x.csv", "C:\\x.csv", "a/../../b.txt"],
)
def test_member_that_points_outside_is_never_allowed(tmp_path, member):
    path = archive(tmp_path / "2019-02.zip", {name(): GOOD, member: GOOD})
    for allow in (False, True):
        (fault,) = faults([path], allow_damaged=allow)
        assert "points outside the archive" in fault


def test_empty_file(tmp_path):
    assert one_fault("", tmp_path).endswith("is empty.")
    assert "has a header and no row" in one_fault(HEADER + "\n", tmp_path)


def test_web_page_saved_as_csv(tmp_path):
    assert "is a web page" in one_fault("\n<!DOCTYPE html><html><body>404</body></html>", tmp_path)


def test_missing_columns_are_named(tmp_path):
    header = HEADER.replace("LSOA code", "LSOA").replace("Crime type", "Category")
    fault = one_fault(text(row(), header=header), tmp_path)
    assert "lacks the column(s) LSOA code, Crime type; its first row is: Crime ID, Month" in fault


def test_another_header_names_every_column_that_should_be_there(tmp_path):
    fault = one_fault(text(row(), header=HEADER.replace("Crime ID,Month,Reported by", "a,b,c")), tmp_path)
    assert "lacks the column(s) Crime ID, Month, Reported by; its first row is: a, b, c" in fault


def test_header_before_2013(tmp_path):
    content = "Month,Reported by,Falls within,Easting,Northing,Location,Crime type,Context\n2019-01,a,b,1,2,c,Drugs,\n"
    fault = one_fault(content, tmp_path)
    assert "Easting and Northing" in fault
    assert "2013-05" in fault


def test_month_that_is_not_the_files(tmp_path):
    fault = one_fault(text(row(), row(month="2019-02"), row(month="2019-02")), tmp_path)
    assert "2 row(s) are of another month than the file's name says (2019-01): '2019-02'" in fault


def test_unknown_crime_type(tmp_path):
    fault = one_fault(text(row("=cmd|' /C calc'!A0"), row()), tmp_path)
    assert "unknown crime type" in fault
    assert "=cmd" in fault
    assert "Vehicle crime" in fault


def test_a_row_cut_short_is_not_taken_for_a_crime(tmp_path):
    fault = one_fault(text(row()) + row()[:60], tmp_path)
    assert "unknown crime type ''" in fault


def test_former_crime_types_have_a_sentence_of_their_own(tmp_path):
    fault = one_fault(text(row("Violent crime"), row("Public disorder and weapons")), tmp_path)
    assert "'Public disorder and weapons', 'Violent crime' was published before May 2013 only" in fault
    assert "2013-05" in fault


@pytest.mark.parametrize(("x", "y"), [("53.4", "-2.9"), ("-9.1", "53.4"), ("-2.9", "61.6"), ("nan", "53.4")])
def test_coordinates_out_of_range(tmp_path, x, y):
    fault = one_fault(text(row(), row(x=x, y=y), row(x=x, y=y)), tmp_path)
    assert "2 row(s) have coordinates out of range, the first row 3 with longitude" in fault


def test_coordinate_that_is_no_number(tmp_path):
    fault = one_fault(text(row(), row(), row(y="53,4".replace(",", ";"))), tmp_path)
    assert "1 row(s) have a latitude that is not a number, the first row 4 with '53;4'" in fault


def test_no_coordinates_and_nought_are_no_fault(tmp_path):
    content = text(row(x="", y=""), row(x="0.0", y="0.0"), row(x="-9", y="49"), row(x="2.5", y="61.5"))
    read = read_street_crimes([archive(tmp_path / "2019-02.zip", {name(): content})], **PERIOD)
    assert read.counts["crimes"].tolist() == [4]
    assert read.files["rows_without_place"].tolist() == [0]


def test_a_blank_in_quotes_is_a_blank(tmp_path):
    content = text(row(place='""', x='""', y='""'), row(place="", x="", y=""))
    read = read_street_crimes([archive(tmp_path / "2019-02.zip", {name(): content})], **PERIOD)
    assert read.counts[["lsoa_code", "crimes"]].to_numpy().tolist() == [["", 2]]
    assert read.files["rows_without_place"].tolist() == [2]


def test_an_unquoted_comma_shifts_the_row_and_is_seen(tmp_path):
    assert "unknown crime type 'Name 001A'" in one_fault(text(row(), row(location="Asda, Thurmaston")), tmp_path)


def test_an_encrypted_member_is_unreadable(tmp_path):
    path = archive(tmp_path / "2019-02.zip", {name(): GOOD})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + offset] |= 1
    path.write_bytes(bytes(data))
    assert "encrypted" in faults([path])[0]


def test_every_fault_is_told_at_once(tmp_path):
    path = archive(
        tmp_path / "2019-02.zip",
        {name("a"): "", name("b"): text(row("Nonsense"), row(month="2018-01", x="99")), name("c"): GOOD},
    )
    told = faults([path, tmp_path / "absent"])
    assert told == (f"{tmp_path / 'absent'} does not exist.",)
    told = faults([path])
    assert [fault.split(": ")[1].split("/")[1].split(" ")[0].rstrip(":") for fault in told] == [
        "2019-01-a-street.csv",
        *["2019-01-b-street.csv"] * 3,
    ]


def test_nothing_in_the_period_is_two_empty_tables(tmp_path, caplog):
    path = archive(tmp_path / "2019-02.zip", {name(): GOOD})
    full, empty = (read_street_crimes([path], start=f"{year}-01", end=f"{year}-02") for year in (2019, 2020))
    assert "No street file of 2020-01 to 2020-02" in caplog.text
    assert empty.counts.empty
    assert empty.files.empty
    assert list(empty.files.columns) == list(full.files.columns)
    assert empty.counts.dtypes.astype(str).tolist() == full.counts.dtypes.astype(str).tolist()
    assert list_street_files([path], start="2020-01").empty


def test_folder_without_street_files(tmp_path):
    holder = folder(tmp_path / "holder", {"x.txt": "x"})
    archive(holder / "2019-02.zip", {name(): GOOD})
    assert "It holds 2019-02.zip: name the archive itself." in faults([holder])[0]


def test_allow_damaged_excuses_the_unreadable_and_nothing_else(tmp_path):
    bad = tmp_path / "2019-03.zip"
    bad.write_text("no zip")
    good = archive(tmp_path / "2019-02.zip", {name("a"): GOOD, name("b"): "", name("c"): "<html>"})
    read = read_street_crimes([good, bad], **PERIOD, allow_damaged=True)
    assert read.files["damaged"].tolist() == [False, True, True, True]
    assert read.files["archive"].tolist()[-1] == str(bad)
    assert read.counts["crimes"].sum() == 5
    wrong = archive(tmp_path / "2019-04.zip", {name(): text(row("Nonsense"))})
    assert "unknown crime type" in faults([wrong], allow_damaged=True)[0]
    assert (
        "No street file of the period could be read"
        in faults([archive(tmp_path / "x.zip", {name(): ""})], allow_damaged=True)[0]
    )
    assert faults([bad], allow_damaged=True)[0] == "No street file could be read."


def test_progress_counts_to_the_end(tmp_path):
    members = {name(force): GOOD for force in "abcde"}
    seen: list[tuple[int, int]] = []
    read_street_crimes(
        [archive(tmp_path / "2019-02.zip", members)], **PERIOD, progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(done, 5) for done in range(1, 6)]


# -------------------------------------------------------------------------------------------------- cache


def same(first, second):
    pd.testing.assert_frame_equal(first.counts, second.counts)
    pd.testing.assert_frame_equal(first.files, second.files)


@pytest.fixture
def never_read(monkeypatch):
    """After this no file may be read again: a function to switch it on."""

    def refuse(*_):
        raise AssertionError("a file was read, though its counts are in the cache")

    return lambda: monkeypatch.setattr("tipping_point.sources.crime.read_rows", refuse)


MEMBERS = {name(): GOOD, name("cheshire", "2019-02"): text(row("Drugs", month="2019-02"))}


def test_counts_from_the_cache_are_the_counts(tmp_path, never_read):
    paths = [archive(tmp_path / "2019-02.zip", MEMBERS)]
    fresh = read_street_crimes(paths, **PERIOD)
    first = read_street_crimes(paths, **PERIOD, cache=tmp_path / "cache")
    never_read()
    same(fresh, first)
    same(fresh, read_street_crimes(paths, **PERIOD, cache=tmp_path / "cache"))


def test_files_that_moved_are_known_and_their_ledger_names_the_new_place(tmp_path, never_read):
    old, new = archive(tmp_path / "2019-02.zip", MEMBERS), tmp_path / "elsewhere" / "latest.zip"
    read_street_crimes([old], **PERIOD, cache=tmp_path / "cache")
    new.parent.mkdir()
    old.rename(new)
    never_read()
    moved = read_street_crimes([new], **PERIOD, cache=tmp_path / "cache")
    assert moved.files["archive"].unique().tolist() == [str(new)]
    assert moved.files["rows"].tolist() == [5, 1]


def test_loose_files_are_cached_by_their_own_content(tmp_path, never_read):
    loose = folder(tmp_path / "loose", MEMBERS)
    first = read_street_crimes([loose], **PERIOD, cache=tmp_path / "cache")
    (loose / "notes.txt").write_text("beside the files")
    never_read()
    same(first, read_street_crimes([loose], **PERIOD, cache=tmp_path / "cache"))


@pytest.mark.parametrize("loose", [False, True])
def test_a_changed_file_is_noticed_whatever_its_size_and_date(tmp_path, loose):
    def write():
        return folder(tmp_path / "loose", MEMBERS) if loose else archive(tmp_path / "2019-02.zip", MEMBERS)

    path = write()
    changed = path / name() if loose else path
    state = changed.stat()
    before = read_street_crimes([path], **PERIOD, cache=tmp_path / "cache")
    now = {**MEMBERS, name(): GOOD.replace("E01000002", "E01000003")}
    folder(path, now) if loose else archive(path, now)
    os.utime(changed, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert changed.stat().st_mtime_ns == state.st_mtime_ns
    after = read_street_crimes([path], **PERIOD, cache=tmp_path / "cache")
    assert set(before.counts["lsoa_code"]) - set(after.counts["lsoa_code"]) == {"E01000002"}
    same(after, read_street_crimes([path], **PERIOD))


def test_another_period_of_the_same_archive_is_another_entry(tmp_path):
    path = archive(tmp_path / "2019-02.zip", MEMBERS)
    read_street_crimes([path], **PERIOD, cache=tmp_path / "cache")
    part = read_street_crimes([path], start="2019-01", end="2019-01", cache=tmp_path / "cache")
    assert part.counts["crimes"].sum() == 5
    assert len(list_counts(tmp_path / "cache")) == 2


def test_nothing_damaged_is_kept(tmp_path):
    path = archive(tmp_path / "2019-02.zip", {**MEMBERS, name("durham"): ""})
    for _ in range(2):
        read = read_street_crimes([path], **PERIOD, cache=tmp_path / "cache", allow_damaged=True)
        assert read.files["damaged"].sum() == 1
    assert list_counts(tmp_path / "cache").empty


def test_a_file_that_changes_while_it_is_read_is_not_kept(tmp_path, monkeypatch):
    loose = folder(tmp_path / "loose", MEMBERS)
    real = crime.read_rows

    def meddle(data, file):
        (loose / file.name).write_text(text(row("Robbery", month=file.month)))
        return real(data, file)

    monkeypatch.setattr(crime, "read_rows", meddle)
    read_street_crimes([loose], **PERIOD, cache=tmp_path / "cache")
    assert list_counts(tmp_path / "cache").empty


def test_other_rules_of_reading_are_another_entry(tmp_path, monkeypatch):
    path = archive(tmp_path / "2019-02.zip", MEMBERS)
    read_street_crimes([path], **PERIOD, cache=tmp_path / "cache")
    rules = tmp_path / "street_rows.py"
    rules.write_text("# other rules")
    monkeypatch.setattr(crime.street_rows, "__file__", str(rules))
    read_street_crimes([path], **PERIOD, cache=tmp_path / "cache")
    assert len(list_counts(tmp_path / "cache")) == 2


def test_two_runs_at_once_over_one_cache(tmp_path):
    path = archive(tmp_path / "2019-02.zip", {name(f"force-{letter}"): GOOD for letter in "abcdefgh"})
    fresh = read_street_crimes([path], **PERIOD)
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(read_street_crimes, [path], **PERIOD, cache=tmp_path / "cache") for _ in range(8)]
        for run in runs:
            same(fresh, run.result())
    assert len(list_counts(tmp_path / "cache")) == 1
    assert [entry.suffix for entry in (tmp_path / "cache").iterdir()] == [".parquet"]


KILLED = """
import os, sys
from pathlib import Path
import pyarrow.parquet as pq
from tipping_point.sources.crime import read_street_crimes
real = pq.write_table
def die(table, stream, **options):
    stream.write(b"half of an entry")
    stream.flush()
    os._exit(9)
pq.write_table = die
read_street_crimes([Path(sys.argv[1])], start="2019-01", end="2019-02", cache=Path(sys.argv[2]))
"""


def test_a_run_that_is_killed_while_it_writes_leaves_no_entry(tmp_path):
    path = archive(tmp_path / "2019-02.zip", MEMBERS)
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), str(tmp_path / "cache")], check=False)  # noqa: S603
    assert done.returncode == 9
    assert [entry.suffix for entry in (tmp_path / "cache").iterdir()] == [".part"]
    fresh = read_street_crimes([path], **PERIOD)
    same(fresh, read_street_crimes([path], **PERIOD, cache=tmp_path / "cache"))
    same(fresh, read_street_crimes([path], **PERIOD, cache=tmp_path / "cache"))


def test_a_full_disk_is_said_and_the_run_goes_on(tmp_path, monkeypatch, caplog):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tipping_point.sources.count_cache.pq.write_table", full)
    path = archive(tmp_path / "2019-02.zip", MEMBERS)
    same(read_street_crimes([path], **PERIOD), read_street_crimes([path], **PERIOD, cache=tmp_path / "cache"))
    assert "could not be kept in the cache" in caplog.text
    assert "No space left on device" in caplog.text
    assert list((tmp_path / "cache").iterdir()) == []


# --------------------------------------------------------------------------------------------------- list


def test_list_street_files(tmp_path):
    path = archive(tmp_path / "2019-02.zip", {name(): GOOD, name("b", "2018-12"): "<html>", name(kind="outcomes"): ""})
    listed = list_street_files([path])
    assert listed[["force", "month", "bytes"]].to_numpy().tolist() == [
        ["b", "2018-12", 6],
        ["merseyside", "2019-01", len(GOOD)],
    ]
    assert list_street_files([path], start="2019-01")["force"].tolist() == ["merseyside"]
    assert list_street_files([path], end="2018-12")["force"].tolist() == ["b"]


def test_list_street_files_faults(tmp_path):
    broken = tmp_path / "2019-02.zip"
    broken.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(InputError, match="cut short"):
        list_street_files([broken])
    loose = folder(tmp_path / "loose", {name(): GOOD})
    assert list_street_files([broken, loose], allow_damaged=True)["force"].tolist() == ["merseyside"]


# --------------------------------------------------------------------------------------------- invariants

CRIMES = st.lists(
    st.tuples(
        st.sampled_from(["", "E01000001", "E01000002", "W01000001"]),
        st.sampled_from(CRIME_TYPES["police_uk"][:4]),
        st.sampled_from(["2019-01", "2019-02"]),
        st.sampled_from(["a", "b"]),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crimes=CRIMES, seed=st.integers(0, 1000))
def test_totals_are_kept_and_row_order_does_not_matter(tmp_path, crimes, seed):
    """Against a plain pandas count of the same rows."""

    def write(path, crimes):
        members: dict[str, list[str]] = {}
        for place, kind, month, force in crimes:
            members.setdefault(name(force, month), []).append(row(kind, place, month=month))
        return archive(path, {member: text(*rows) for member, rows in members.items()})

    shuffled = [crimes[place] for place in np.random.default_rng(seed).permutation(len(crimes))]
    read = read_street_crimes([write(tmp_path / "a.zip", crimes)], **PERIOD)
    again = read_street_crimes([write(tmp_path / "b.zip", shuffled)], **PERIOD)
    pd.testing.assert_frame_equal(read.counts, again.counts)
    key = ["lsoa_code", "crime_type", "month", "force"]
    expected = pd.DataFrame(crimes, columns=key).value_counts().rename("crimes")
    assert read.counts.set_index(key)["crimes"].sort_index().to_dict() == expected.sort_index().to_dict()
    assert read.files["rows"].sum() == len(crimes)
    assert read.files["rows_without_place"].sum() == sum(place == "" for place, *_ in crimes)


def test_the_crimes_are_never_held(tmp_path):
    """Sixteen files of 5 MB are read in the Python memory of two or three."""
    content = text(*[row() for _ in range(40_000)])
    path = archive(tmp_path / "2019-02.zip", {name(f"force-{letter}"): content for letter in "abcdefghijklmnop"})
    read_street_crimes([path], **PERIOD)  # what is compiled on first use is no crime held
    tracemalloc.start()
    read = read_street_crimes([path], **PERIOD)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read.files["rows"].sum() == 16 * 40_000
    assert peak < 8 * len(content)


# -------------------------------------------------------------------------------------------------- real


@pytest.mark.real
def test_real_archive(real_data):
    real = read_street_crimes([real_data / "police_uk" / "2019-02.zip"], start="2018-10", end="2019-02")
    assert real.files["rows"].sum() == real.counts["crimes"].sum() == 1_771_502
    assert len(real.files) == 203
    assert real.files["force"].nunique() == 41
    assert real.files.groupby("month").size().to_dict() == {
        "2018-10": 39, "2018-11": 41, "2018-12": 41, "2019-01": 41, "2019-02": 41,
    }  # fmt: skip
    assert real.files.loc[real.files["force"] == "merseyside", "rows"].sum() == 66_359
    assert not real.files["damaged"].any()
    northern = real.files[real.files["force"] == "northern-ireland"]
    assert (northern["rows"] == northern["rows_without_place"]).all()
    assert not {"metropolitan", "greater-manchester", "west-midlands", "west-yorkshire"} & set(real.files["force"])
    assert not real.counts.duplicated(["force", "month", "lsoa_code", "crime_type"]).any()
