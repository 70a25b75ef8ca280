"""Which archives a period needs, and their street files fetched member by member."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving import Reply, ranged, redirect, serve

from tipping_point.fetch.police_archive import (
    BASE,
    LAST_UNLIMITED,
    Need,
    choose_archives,
    fetch_street_files,
    find_latest,
)
from tipping_point.sources.crime import read_street_crimes
from tipping_point.tables import InputError, months_between

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
    "Last outcome category,Context"
)
STORE = "https://policeuk-data.s3.amazonaws.com/archive"


def street(month, force, rows=3):
    row = f",{month},{force},{force},-2.9,53.4,On or near A Road,E01000001,Liverpool 001A,Drugs,,"
    return "\r\n".join([HEADER, *[row] * rows, ""]).encode()


def archive(months, forces, *, without=()):
    with zipfile.ZipFile(buffer := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as target:
        for month in months:
            for force in forces:
                for kind in ("street", "outcomes", "stop-and-search"):
                    if (month, force) not in without:
                        body = street(month, force) if kind == "street" else b"x" * 1_000
                        target.writestr(f"{month}/{month}-{force}-{kind}.csv", body)
    return buffer.getvalue()


@pytest.fixture
def server():
    with serve() as running:
        yield running


@pytest.fixture
def web(server, tmp_path):
    return server.web(tmp_path / "cache")


def publish(server, month, content, *, latest=False):
    for name in (month, "latest") if latest else (month,):
        server.route(f"{BASE}/{name}.zip", redirect(f"{STORE}/{month}.zip"))
    server.route(f"{STORE}/{month}.zip", ranged(content, etag=f'"{month}"'))


# --------------------------------------------------------------------------------------- which archives


@pytest.mark.parametrize(
    ("start", "end", "needs"),
    [
        ("2023-08", "2026-07", [("2026-07", "2023-08", "2026-07")]),
        ("2025-01", "2025-12", [("2026-07", "2025-01", "2025-12")]),
        # One month too old for the latest: the newest archive that holds it, and the latest for the rest.
        ("2023-07", "2026-07", [("2026-06", "2023-07", "2023-07"), ("2026-07", "2023-08", "2026-07")]),
        ("2021-01", "2024-12", [("2023-12", "2021-01", "2023-07"), ("2026-07", "2023-08", "2024-12")]),
        ("2010-12", "2011-12", [("2017-04", "2010-12", "2011-12")]),
        ("2014-05", "2014-05", [("2017-04", "2014-05", "2014-05")]),
        ("2014-06", "2014-06", [("2017-05", "2014-06", "2014-06")]),
        (
            "2010-12",
            "2026-07",
            [
                ("2017-04", "2010-12", "2017-04"),
                ("2020-04", "2017-05", "2020-04"),
                ("2023-04", "2020-05", "2023-04"),
                ("2026-04", "2023-05", "2023-07"),
                ("2026-07", "2023-08", "2026-07"),
            ],
        ),
    ],
)
def test_archives_by_hand(start, end, needs):
    assert choose_archives(start, end, latest="2026-07") == tuple(Need(*need) for need in needs)


def test_while_the_archives_still_held_everything():
    assert choose_archives("2011-01", "2015-12", latest="2016-02") == (Need("2016-02", "2011-01", "2015-12"),)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 187), st.integers(0, 187), st.integers(0, 40))
def test_archives_hold_every_month_once_and_are_few(first, last, later):
    months = months_between("2010-12", "2030-01")
    first, last = sorted((first, last))
    latest = months[last + later]
    needs = choose_archives(months[first], months[last], latest=latest)
    covered = [month for need in needs for month in months_between(need.start, need.end)]
    assert covered == months[first : last + 1]
    for need in needs:
        held = 10_000 if need.archive <= LAST_UNLIMITED else 36
        assert need.end <= need.archive <= latest
        assert months.index(need.archive) - months.index(need.start) < held
    assert len(needs) <= 1 + -(-(last - first + 1) // 36)


def test_periods_that_no_archive_holds():
    with pytest.raises(InputError) as caught:
        choose_archives("2010-11", "2026-08", latest="2026-07")
    assert [fault.split("; ")[1] for fault in caught.value.faults] == [
        "street files begin in 2010-12.",
        "the latest archive of data.police.uk is that of 2026-07.",
    ]
    with pytest.raises(InputError, match="a month is written YYYY-MM"):
        choose_archives("2025", "2026-01", latest="2026-07")


# -------------------------------------------------------------------------------------------- the latest


def test_the_latest_is_where_the_redirect_leads(server, web):
    publish(server, "2026-07", archive(["2026-07"], ["kent"]), latest=True)
    assert find_latest(web) == "2026-07"
    assert len(server.asked("amazonaws")) == 1
    assert find_latest(replace(web, offline=True)) == "2026-07"


def test_the_latest_by_what_is_in_it(server, web):
    server.route(f"{BASE}/latest.zip", ranged(archive(["2026-05", "2026-06"], ["kent"])))
    assert find_latest(web) == "2026-06"


def test_no_month_anywhere(server, web):
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as target:
        target.writestr("readme.txt", "x")
    server.route(f"{BASE}/latest.zip", ranged(buffer.getvalue()))
    with pytest.raises(InputError, match="holds no street file"):
        find_latest(web)


# --------------------------------------------------------------------------------------------- the files


def test_the_files_of_a_study_read_as_from_a_whole_archive(server, tmp_path):
    said = []
    web = server.web(tmp_path / "cache", tell=said.append)
    months = months_between("2026-01", "2026-07")
    whole = archive(months, ["kent", "surrey", "btp"], without=[("2026-03", "surrey")])
    publish(server, "2026-07", whole, latest=True)
    got = fetch_street_files(web, tmp_path / "study", forces=["kent", "surrey"], start="2026-02", end="2026-04")
    assert [path.name for path in got.paths] == ["2026-07.zip"]
    assert got.files[["force", "month"]].values.tolist() == [
        ["kent", "2026-02"], ["surrey", "2026-02"], ["kent", "2026-03"], ["kent", "2026-04"], ["surrey", "2026-04"],
    ]  # fmt: skip
    assert got.absent.values.tolist() == [["surrey", "2026-03"]]
    assert said[-1].startswith(f"{BASE}/2026-07.zip: 5 street files of 60 members, ")
    read = read_street_crimes(got.paths, start="2026-02", end="2026-04")
    (tmp_path / "whole.zip").write_bytes(whole)
    expected = read_street_crimes([tmp_path / "whole.zip"], start="2026-02", end="2026-04")
    wanted = expected.files[expected.files["force"].isin(["kent", "surrey"])]
    assert read.files["rows"].sum() == wanted["rows"].sum() == 15
    once = got.paths[0].read_bytes()
    again = fetch_street_files(
        replace(web, offline=True), tmp_path / "b", forces=["kent", "surrey"], start="2026-02", end="2026-04"
    )
    assert again.paths[0].read_bytes() == once


def test_a_long_period_is_joined_of_several_archives(server, web, tmp_path):
    publish(server, "2026-07", archive(months_between("2023-08", "2026-07"), ["kent"]), latest=True)
    publish(server, "2026-05", archive(months_between("2023-06", "2026-05"), ["kent"]))
    got = fetch_street_files(web, tmp_path, forces=["kent"], start="2023-06", end="2026-06")
    assert [path.name for path in got.paths] == ["2026-05.zip", "2026-07.zip"]
    taken = got.files.groupby("archive")["month"].agg(["min", "max"])
    assert taken.to_dict("index") == {
        "2026-05": {"min": "2023-06", "max": "2023-07"},
        "2026-07": {"min": "2023-08", "max": "2026-06"},
    }
    assert got.absent.empty
    assert read_street_crimes(got.paths, start="2023-06", end="2026-06").files["rows"].sum() == 37 * 3


def test_a_custom_archive(server, web, tmp_path):
    url = "https://policeuk-data.s3.amazonaws.com/download/abc123.zip"
    server.route(url, Reply(archive(["2026-01"], ["kent"])))
    got = fetch_street_files(web, tmp_path, forces=["kent"], start="2026-01", end="2026-01", archive=url)
    assert [path.name for path in got.paths] == ["abc123.zip"]
    with pytest.raises(InputError, match=r"holds 2026-01 to 2026-01, and not 2026-02"):
        fetch_street_files(web, tmp_path, forces=["kent"], start="2026-01", end="2026-02", archive=url)


def test_what_cannot_be_fetched_is_said(server, web, tmp_path):
    publish(server, "2026-07", archive(["2026-07"], ["kent"]), latest=True)
    with pytest.raises(InputError, match=r"No street file of the forces and months wanted is in .*2026-07.zip"):
        fetch_street_files(web, tmp_path, forces=["greater-manchester"], start="2026-07", end="2026-07")
    with pytest.raises(InputError, match="No force was named"):
        fetch_street_files(web, tmp_path, forces=[], start="2026-07", end="2026-07")
    server.route(f"{BASE}/2026-07.zip", Reply(b"", 404))
    with pytest.raises(InputError, match="HTTP 404"):
        fetch_street_files(server.web(tmp_path / "other"), tmp_path, forces=["kent"], start="2026-07", end="2026-07")
    assert not list(tmp_path.glob("*.zip"))
