"""The cache of counts: found by content alone, whole or not at all, and never in the way."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

import pandas as pd
import pytest

from tipping_point.fetch.cache import VARIABLE
from tipping_point.sources.count_cache import (
    ENTRIES,
    Kept,
    clear_counts,
    counts_folder,
    find_counts,
    hash_files,
    keep_counts,
    list_counts,
    make_key,
)

KEY = "0" * 64
COUNTS = pd.DataFrame(
    {
        "force": pd.Categorical(["a", "a", "b"]),
        "lsoa_code": pd.Categorical(["", "E2", "E1"], categories=pd.Index(["", "E1", "E2"], dtype="str")),
        "crimes": [3, 1, 2],
    }
)
FILES = pd.DataFrame({"force": ["a", "b"], "rows": [4, 2]})


def kept(counts=COUNTS):
    return Kept(counts.assign(force=counts["force"].cat.set_categories(pd.Index(["a", "b"], dtype="str"))), FILES)


def test_what_is_kept_is_found(tmp_path):
    assert keep_counts(kept(), KEY, tmp_path / "deep" / "er")
    found = find_counts(KEY, tmp_path / "deep" / "er")
    pd.testing.assert_frame_equal(found.counts, kept().counts)
    pd.testing.assert_frame_equal(found.files, FILES)


def test_no_entry_and_no_folder_are_nothing(tmp_path):
    assert find_counts(KEY, tmp_path) is None
    assert find_counts(KEY, tmp_path / "absent") is None
    assert list_counts(tmp_path / "absent").dtypes.astype(str).to_dict() == ENTRIES
    assert clear_counts(tmp_path / "absent") == 0


def test_no_rows_are_an_entry_too(tmp_path):
    empty = kept(COUNTS.iloc[:0])
    assert keep_counts(Kept(empty.counts, FILES.iloc[:0]), KEY, tmp_path)
    assert find_counts(KEY, tmp_path).counts.empty


@pytest.mark.parametrize("place", range(0, 100, 7))
def test_an_entry_with_a_byte_changed_is_dropped_and_said_or_gives_the_same(tmp_path, place, caplog):
    keep_counts(kept(), KEY, tmp_path)
    path = tmp_path / f"{KEY}.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) * place // 100] ^= 0xFF
    path.write_bytes(bytes(data))
    found = find_counts(KEY, tmp_path)
    if found is None:
        assert "is damaged" in caplog.text
        assert not path.exists()
    else:
        pd.testing.assert_frame_equal(found.counts, kept().counts)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all"])
def test_an_entry_that_is_none_is_dropped_and_said(tmp_path, content, caplog):
    (tmp_path / f"{KEY}.parquet").write_bytes(content)
    assert list_counts(tmp_path)["rows"].tolist() == [-1]
    assert find_counts(KEY, tmp_path) is None
    assert "removed, and counted afresh" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_a_table_of_somebody_else_and_a_renamed_entry_are_not_believed(tmp_path, caplog):
    COUNTS.to_parquet(tmp_path / f"{KEY}.parquet")
    assert find_counts(KEY, tmp_path) is None
    keep_counts(kept(), KEY, tmp_path)
    other = "1" * 64
    (tmp_path / f"{KEY}.parquet").rename(tmp_path / f"{other}.parquet")
    assert find_counts(other, tmp_path) is None
    assert "holds something else than its name says" in caplog.text


def test_a_folder_that_cannot_be_written_is_said(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        assert not keep_counts(kept(), KEY, tmp_path / "file" / "cache")
    assert "The run goes on" in caplog.text
    assert VARIABLE in caplog.text


def test_parts_of_runs_that_were_killed_go_after_a_day(tmp_path):
    old, new = tmp_path / "old.part", tmp_path / "new.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 100_000,) * 2)
    keep_counts(kept(), KEY, tmp_path)
    assert not old.exists()
    assert new.exists()


def test_list_and_clear(tmp_path):
    for digit in "21":
        keep_counts(kept(), digit * 64, tmp_path)
        os.utime(tmp_path / f"{digit * 64}.parquet", (int(digit) * 1_000_000_000,) * 2)
    (tmp_path / "left.part").write_bytes(b"half")
    (tmp_path / "thesis.doc").write_text("not ours")
    table = list_counts(tmp_path)
    assert table["key"].tolist() == ["1" * 64, "2" * 64]
    assert table["rows"].tolist() == [3, 3]
    assert table["written"].iloc[0] == "2001-09-09 01:46:40"
    assert clear_counts(tmp_path) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_the_key_is_of_the_content_and_not_of_the_order(tmp_path):
    reader = tmp_path / "reader.py"
    reader.write_text("1")
    first, second = ("hash a", "name"), ("hash b", "name")
    key = make_key([first, second], reader=[reader])
    assert key == make_key([second, first], reader=[reader])
    assert key != make_key([first], reader=[reader])
    assert key != make_key([first, second, second], reader=[reader])
    assert make_key([("ab", "c")], reader=[reader]) != make_key([("a", "bc")], reader=[reader])
    reader.write_text("2")
    assert key != make_key([first, second], reader=[reader])


def test_hashes_are_sha256(tmp_path):
    (tmp_path / "abc").write_text("abc")
    assert hash_files([tmp_path / "abc"]) == {
        tmp_path / "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    }
    with pytest.raises(OSError, match="absent"):
        hash_files([tmp_path / "absent"])


def test_counts_stand_in_the_cache_that_all_studies_share(monkeypatch):
    monkeypatch.setenv(VARIABLE, "/given")
    assert counts_folder() == Path("/given/counts")
