from __future__ import annotations

import zipfile

import pytest

from tipping_point.sources import archives
from tipping_point.sources.archives import find_street_files, open_archives, read_street_file


def zipped(path, members):
    with zipfile.ZipFile(path, "w") as handle:
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
