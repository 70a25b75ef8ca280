"""Street crimes by their points: the same counts as by code, kept for the next study, and no more held than needed."""

from __future__ import annotations

import shutil
from importlib import import_module

import pandas as pd
import pytest

from tipping_point.pipeline import points as module
from tipping_point.pipeline.points import place_street_points
from tipping_point.pipeline.read import prepare_wards
from tipping_point.sources.crime import read_street_crimes
from tipping_point.study import read_study
from tipping_point.wards.counts import place_crimes

KEYS = ["force", "month", "ward_code", "crime_type", "loss"]


@pytest.fixture(scope="module")
def prepared(demo):
    return prepare_wards(read_study(demo.study))


@pytest.fixture
def city(demo, tmp_path, monkeypatch):
    """The crimes of half a year of the demo, from an archive of its own, and an empty cache."""
    monkeypatch.setenv("TIPPING_POINT_CACHE", str(tmp_path / "cache"))
    (archive,) = demo.folder.rglob("*.zip")
    path = shutil.copy(archive, tmp_path)
    return read_street_crimes([tmp_path / path], start="2024-01", end="2024-06")


@pytest.fixture
def no_reading(monkeypatch):
    """A function: from then on no point may be read."""

    def refuse(*args, **kwargs):
        raise AssertionError("the points were read again")

    return lambda: monkeypatch.setattr(module, "read_street_points", refuse)


def place(city, prepared, assign="lsoa"):
    return place_street_points(city.files, prepared.boundaries, prepared.code_wards, assign=assign)


def test_by_code_the_counts_are_those_that_need_no_point(city, prepared):
    found = place(city, prepared)
    plain = place_crimes(city.counts, prepared.code_wards["ward_code"], prepared.known_wards).astype({"loss": "str"})
    wanted = plain.groupby(KEYS, observed=True)["crimes"].sum()
    assert (found.placed.set_index(KEYS)["crimes"].sort_index() == wanted.sort_index()).all()
    assert len(found.placed) == len(wanted)
    assert found.agreement["rows"].sum() == city.files["rows"].sum()
    near = found.placed["near_border"]
    assert 0 < near.sum() < found.placed["crimes"].sum()
    assert (near <= found.placed["crimes"]).all()


@pytest.mark.parametrize("assign", ["lsoa", "both"])
def test_the_second_study_reads_no_point(city, prepared, no_reading, assign):
    first = place(city, prepared, assign)
    no_reading()
    again = place(city, prepared, assign)
    pd.testing.assert_frame_equal(again.placed, first.placed)
    pd.testing.assert_frame_equal(again.agreement, first.agreement)


def test_other_files_boundaries_codes_or_rules_are_placed_afresh(city, prepared, no_reading):
    place(city, prepared)
    no_reading()
    fewer = city.files[city.files["month"] > "2024-01"]
    moved = prepared.boundaries.assign(geometry=prepared.boundaries.translate(1))
    codes = prepared.code_wards.assign(share=0.9)
    for changed in (
        (fewer, prepared.boundaries, prepared.code_wards, "lsoa"),
        (city.files, moved, prepared.code_wards, "lsoa"),
        (city.files, prepared.boundaries, codes, "lsoa"),
        (city.files, prepared.boundaries, prepared.code_wards, "point"),
    ):
        with pytest.raises(AssertionError, match="read again"):
            place_street_points(*changed[:3], assign=changed[3])


@pytest.mark.parametrize("reader", ["street_rows", "street_points", "archives"])
def test_points_read_by_other_code_are_placed_afresh(city, prepared, no_reading, monkeypatch, tmp_path, reader):
    place(city, prepared)
    no_reading()
    place(city, prepared)
    rules = tmp_path / f"{reader}.py"
    rules.write_text("# other rules")
    monkeypatch.setattr(import_module(f"tipping_point.sources.{reader}"), "__file__", str(rules))
    with pytest.raises(AssertionError, match="read again"):
        place(city, prepared)


def test_month_by_month_is_the_same_as_all_at_once(city, prepared, monkeypatch, tmp_path):
    whole = place(city, prepared)
    monkeypatch.setenv("TIPPING_POINT_CACHE", str(tmp_path / "another"))
    monkeypatch.setattr(module, "AT_ONCE", 1)
    parts = place(city, prepared)
    pd.testing.assert_frame_equal(
        parts.placed.sort_values(KEYS, ignore_index=True), whole.placed.sort_values(KEYS, ignore_index=True)
    )
    pd.testing.assert_frame_equal(parts.agreement, whole.agreement)


def test_nothing_is_kept_where_a_file_is_damaged(city, prepared, no_reading):
    damaged = city.files.assign(damaged=city.files.index == 0)
    found = place_street_points(damaged, prepared.boundaries, prepared.code_wards, assign="lsoa")
    assert found.agreement["rows"].sum() == damaged.loc[~damaged["damaged"], "rows"].sum()
    no_reading()
    with pytest.raises(AssertionError, match="read again"):
        place_street_points(damaged, prepared.boundaries, prepared.code_wards, assign="lsoa")


def test_no_file_is_two_empty_tables(city, prepared):
    found = place_street_points(city.files.head(0), prepared.boundaries, prepared.code_wards, assign="lsoa")
    assert len(found.placed) == len(found.agreement) == 0
