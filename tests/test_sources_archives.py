from __future__ import annotations

import tracemalloc
import zipfile

import pytest

from tipping_point.sources import archives
from tipping_point.sources.archives import find_street_files, open_archives, read_street_file


def zipped(path, members, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as handle:
        for name, content in members.items():
            handle.writestr(name, content)
    return path


def test_only_street_files_are_found(tmp_path):
    names = [
        "2019-02/2019-02-merseyside-street.csv",
        "2019-02/2019-02-avon-and-somerset-street.csv",
        "2019-02/2019-02-merseyside-outcomes.csv",
        "2019-13/2019-13-merseyside-street.csv",
        "2019-02/x2019-02-merseyside-street.csv",
        "2019-02/2019-02-merseyside-street.csv.bak",
        "2019-02/2019-02--street.csv",
        "2019-02/",
    ]
    found = find_street_files([zipped(tmp_path / "a.zip", dict.fromkeys(names, "x"))])
    assert [(file.force, file.month) for file in found.files] == [
        ("avon-and-somerset", "2019-02"),
        ("merseyside", "2019-02"),
    ]
    assert found.faults == []
    assert found.unreadable == {}


def test_three_snapshots_of_one_month(tmp_path):
    name = "2019-01/2019-01-a-street.csv"
    paths = [zipped(tmp_path / f"{month}.zip", {name: month}) for month in ("2019-02", "2019-04", "2019-03")]
    (file,) = find_street_files(paths).files
    assert file.archive.name == "2019-04.zip"
    with open_archives([file]) as opened:
        assert list(opened) == [paths[1]]
        assert read_street_file(file, opened) == (b"2019-04", "")


def test_a_member_made_to_fill_memory_is_not_read(tmp_path, monkeypatch):
    path = zipped(tmp_path / "a.zip", {"2019-01-a-street.csv": "x" * 100})
    monkeypatch.setattr(archives, "_LARGEST", 99)
    (file,) = find_street_files([path]).files
    with open_archives([file]) as opened:
        data, damage = read_street_file(file, opened)
    assert data == b""
    assert damage == "is 100 bytes, more than any street file (99)"


def test_a_file_that_is_gone_is_damage_not_a_crash(tmp_path):
    (tmp_path / "2019-01-a-street.csv").write_text("x")
    (file,) = find_street_files([tmp_path]).files
    (tmp_path / "2019-01-a-street.csv").unlink()
    with open_archives([file]) as opened:
        assert "cannot be read" in read_street_file(file, opened)[1]


@pytest.mark.parametrize(
    "name", ["2019-02/2019-02-a-street.csv", "a..b/2019-02-a-street.csv", "..a/2019-02-a-street.csv"]
)
def test_harmless_names_are_not_called_unsafe(tmp_path, name):
    assert len(find_street_files([zipped(tmp_path / "a.zip", {name: "x"})]).files) == 1


# ------------------------------------------------------------------------------------------ reading members

NAME = "2019-01/2019-01-a-street.csv"
TEXT = b"".join(b"%d,2019-01,Somewhere\r\n" % number for number in range(20_000))


def read_one(path):
    (file,) = find_street_files([path]).files
    with open_archives([file]) as opened:
        return read_street_file(file, opened)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("content", [b"", b"x", TEXT])
def test_a_member_is_read_as_the_standard_library_reads_it(tmp_path, method, content):
    path = zipped(tmp_path / "a.zip", {NAME: content}, method)
    assert read_one(path) == (content, "")
    with zipfile.ZipFile(path) as standard:
        assert standard.read(NAME) == content


def test_an_archive_behind_other_bytes_is_read(tmp_path):
    path = zipped(tmp_path / "a.zip", {NAME: TEXT}, zipfile.ZIP_DEFLATED)
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    assert read_one(path) == (TEXT, "")


def test_a_member_with_an_extra_field_is_read(tmp_path):
    member = zipfile.ZipInfo(NAME)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.extra = b"\xfe\xca\x04\x00abcd"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as handle:
        handle.writestr(member, TEXT)
    assert read_one(tmp_path / "a.zip") == (TEXT, "")


@pytest.mark.parametrize("place", [0, 5, 500, 5_000])
def test_a_byte_of_a_member_that_changed_is_damage(tmp_path, place):
    path = zipped(tmp_path / "a.zip", {NAME: TEXT}, zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    start = 30 + len(NAME) + place
    data[start] ^= 0xFF
    path.write_bytes(bytes(data))
    content, damage = read_one(path)
    assert content == b""
    assert "cannot be read out of its archive" in damage


def test_a_member_that_does_not_begin_where_it_should_is_damage(tmp_path):
    path = zipped(tmp_path / "a.zip", {NAME: TEXT}, zipfile.ZIP_DEFLATED)
    path.write_bytes(b"XX" + path.read_bytes()[2:])
    assert "no member begins" in read_one(path)[1]


def test_no_more_is_inflated_than_the_directory_states(tmp_path):
    """A member of 200 MB of nothing that claims to be one byte long."""
    path = zipped(tmp_path / "a.zip", {NAME: bytes(200_000_000)}, zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    entry = data.find(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (1).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    tracemalloc.start()
    content, damage = read_one(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert content == b""
    assert "2 bytes instead of the 1 of the directory" in damage
    assert peak < 5_000_000


def test_good_members_are_read_beside_a_corrupt_one(tmp_path):
    names = [f"2019-01/2019-01-{letter}-street.csv" for letter in "abc"]
    path = zipped(tmp_path / "a.zip", dict.fromkeys(names, TEXT), zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    data[data.find(b"PK\x03\x04", 10) + 30 + len(NAME) + 40] ^= 0xFF
    path.write_bytes(bytes(data))
    files = find_street_files([path]).files
    with open_archives(files) as opened:
        told = [bool(read_street_file(file, opened)[1]) for file in files]
    assert told == [False, True, False]


# ------------------------------------------------------------------------------------- what was superseded


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("same", "same", " (the same to the byte)"),
        ("1234", "5678", " (as long, 4 bytes, and not the same)"),
        ("1234", "567890", " (4 bytes, this one 6)"),
    ],
)
def test_the_note_says_what_the_superseded_archive_held(tmp_path, old, new, told):
    paths = [zipped(tmp_path / "2019-02.zip", {NAME: old}), zipped(tmp_path / "2019-03.zip", {NAME: new})]
    (file,) = find_street_files(paths).files
    assert file.note == f"also in 2019-02.zip: {NAME}{told}; this one was read, from the later archive"
    assert str(tmp_path) not in file.note


def test_every_archive_that_is_superseded_is_named(tmp_path):
    paths = [zipped(tmp_path / f"2019-0{month}.zip", {NAME: str(month)}) for month in (2, 3, 4)]
    (file,) = find_street_files(paths).files
    assert file.archive.name == "2019-04.zip"
    assert "also in 2019-02.zip" in file.note
    assert "also in 2019-03.zip" in file.note


def test_force_months_come_from_the_archives_that_hold_them(tmp_path):
    """Two archives of three months that overlap in two."""
    held = {"2019-03.zip": ("2019-01", "2019-02", "2019-03"), "2019-04.zip": ("2019-02", "2019-03", "2019-04")}
    paths = [
        zipped(tmp_path / archive, {f"{month}/{month}-a-street.csv": archive for month in months})
        for archive, months in held.items()
    ]
    for given in (paths, paths[::-1]):
        found = find_street_files(given).files
        assert [(file.month, file.archive.name) for file in found] == [
            ("2019-01", "2019-03.zip"), ("2019-02", "2019-04.zip"), ("2019-03", "2019-04.zip"),
            ("2019-04", "2019-04.zip"),
        ]  # fmt: skip
