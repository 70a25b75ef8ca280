"""Street files by their map points: every row counted, no place repeated, nothing of a record told."""

from __future__ import annotations

import zipfile

import numpy as np
import pandas as pd
import pytest

from tipping_point.sources.crime import read_street_crimes
from tipping_point.sources.street_points import read_street_points
from tipping_point.tables import InputError

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
    "Last outcome category,Context"
)


def line(longitude, latitude, code, kind="Robbery", month="2024-01"):
    return f"id,{month},A,A,{longitude},{latitude},On or near Secret Street,{code},Name,{kind},,"


def archive(tmp_path, **files):
    path = tmp_path / "2024-02.zip"
    with zipfile.ZipFile(path, "w") as target:
        for name, lines in files.items():
            month, force = name[-7:].replace("_", "-"), name[:-8]
            text = "\n".join([HEADER, *lines]) + "\n"
            target.writestr(f"{month}/{month}-{force}-street.csv", text)
    return path


@pytest.fixture
def ledger(tmp_path):
    path = archive(
        tmp_path,
        south_2024_01=[
            line(-1.5, 53.1, "E01000001"), line(-1.5, 53.1, "E01000001"), line(-1.5, 53.1, "E01000001", "Drugs"),
            line("", "", ""), line(0, 0, ""), line(-1.5, 53.1, "E01033769"),
        ],
        north_2024_01=[line(-1.5, 53.1, "E01000001"), line(-1.6, 53.2, "")],
        north_2024_02=[line(-1.6, 53.2, "", month="2024-02")],
    )  # fmt: skip
    return read_street_crimes([path], start="2024-01", end="2024-02").files


def test_rows_are_counted_by_place_and_every_place_stands_once(ledger):
    points = read_street_points(ledger)
    assert len(points.places) == 4
    assert not points.places.duplicated().any()
    rows = points.counts.join(points.places, on="place")
    assert rows["crimes"].sum() == 9
    here = rows[(rows["lsoa_code"] == "E01000001") & (rows["longitude"] == -1.5)]
    assert here.groupby(["force", "crime_type"], observed=True)["crimes"].sum().to_dict() == {
        ("north", "Robbery"): 1, ("south", "Drugs"): 1, ("south", "Robbery"): 2,
    }  # fmt: skip
    # No coordinates, and 0, 0 for 'no map point within 20 km': the same place, which is none.
    nowhere = rows[rows["longitude"].isna()]
    assert nowhere[["crimes", "lsoa_code"]].to_numpy().tolist() == [[2, ""]]
    assert np.isnan(nowhere["latitude"]).all()


def test_each_file_adds_up_to_its_ledger(ledger):
    counts = read_street_points(ledger).counts
    by_file = counts.groupby(["force", "month"], observed=True)["crimes"].sum()
    assert by_file.to_dict() == ledger.set_index(["force", "month"])["rows"].to_dict()


def test_the_order_of_the_files_does_not_matter(ledger):
    forward, backward = read_street_points(ledger), read_street_points(ledger[::-1])
    pd.testing.assert_frame_equal(forward.counts, backward.counts)
    pd.testing.assert_frame_equal(forward.places, backward.places)


def test_a_file_that_changed_since_it_was_counted_is_refused(ledger):
    with pytest.raises(InputError) as caught:
        read_street_points(ledger.assign(rows=[1, 6, 9]))
    assert str(caught.value).count("when its crimes were counted") == 2
    with pytest.raises(InputError, match="the ledger of street files: lacks the column"):
        read_street_points(ledger.drop(columns="rows"))


def test_damaged_files_are_passed_over_and_progress_is_told(ledger):
    told = []
    points = read_street_points(ledger.assign(damaged=[True, False, True]), progress=lambda *done: told.append(done))
    assert points.counts["force"].unique().tolist() == [ledger["force"].iloc[1]]
    assert told == [(1, 1)]
    empty = read_street_points(ledger.head(0))
    assert len(empty.counts) == len(empty.places) == 0


def test_no_place_is_shown_or_logged(ledger, caplog):
    with caplog.at_level("DEBUG"):
        points = read_street_points(ledger)
    for shown in (repr(points), caplog.text):
        assert "Secret" not in shown
        assert "53.1" not in shown
        assert "E01000001" not in shown
    assert "9 rows at 4 places; 2 rows without a map point" in caplog.text


@pytest.mark.real
def test_a_real_month_adds_up_file_by_file(real_data):
    read = read_street_crimes([real_data / "police_uk/2019-02.zip"], start="2018-10", end="2018-10")
    points = read_street_points(read.files)
    by_force = points.counts.groupby("force", observed=True)["crimes"].sum()
    assert (by_force == read.files.set_index("force")["rows"]).all()
    codes = points.counts.join(points.places, on="place").groupby("lsoa_code")["crimes"].sum()
    assert (codes == read.counts.groupby("lsoa_code")["crimes"].sum()).all()
