"""Points to wards: borders, gaps, kept answers, codes against points, and the share that a border could flip."""

from __future__ import annotations

import errno

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from tipping_point.tables import InputError
from tipping_point.wards import points as module
from tipping_point.wards.points import add_near_border, locate_points, place_points

TO_DEGREES = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)


def degrees(*metres):
    """Points of the lattice, a kilometre a ward, in degrees."""
    longitude, latitude = TO_DEGREES.transform(*np.array(metres, dtype=float).reshape(-1, 2).T)
    return pd.DataFrame({"longitude": longitude, "latitude": latitude})


@pytest.fixture
def boundaries(lattice):
    return lattice(2, 2).set_geometry(lattice(2, 2).translate(400_000, 400_000)).reset_index()


def inside(x, y):
    return (400_000 + x, 400_000 + y)


def test_points_are_in_the_ward_that_holds_them(boundaries):
    points = degrees(inside(500, 500), inside(1500, 500), inside(500, 1500), inside(2500, 500), inside(970, 500))
    found = locate_points(points, boundaries)
    assert found["ward_code"].tolist() == ["E05000000", "E05000001", "E05001000", "", "E05000000"]
    assert found["near_border"].tolist() == [False, False, False, False, True]


def test_nearness_is_to_another_ward_and_not_to_the_sea(boundaries):
    points = degrees(inside(10, 500), inside(951, 500), inside(949, 500), inside(2010, 500))
    assert locate_points(points, boundaries)["near_border"].tolist() == [False, True, False, True]
    assert not locate_points(points, boundaries, near=5)["near_border"].any()


def test_rows_keep_their_index_and_a_row_without_a_point_has_no_ward(boundaries):
    points = degrees(inside(500, 500), inside(500, 500)).set_axis([7, 3])
    points.loc[3, "longitude"] = np.nan
    before = points.copy()
    found = locate_points(points, boundaries)
    assert found.index.tolist() == [7, 3]
    assert found["ward_code"].tolist() == ["E05000000", ""]
    pd.testing.assert_frame_equal(points, before)
    assert len(locate_points(points.head(0), boundaries)) == 0


def test_a_point_on_the_border_is_in_the_ward_with_the_lower_code(boundaries):
    # Straight in degrees, so that the border and the point on it are the same numbers on both sides.
    wards = boundaries.iloc[[1, 0]]
    point = degrees(inside(1000, 500))
    metres = Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
    (x,), _ = metres.transform(*np.round(point.to_numpy(), 7).T)
    moved = wards.set_geometry(wards.translate(x - 401_000, 0))
    assert locate_points(point, moved)["ward_code"].tolist() == ["E05000000"]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.floats(-200, 2200), st.floats(-200, 2200)), max_size=30))
def test_the_answers_are_those_of_a_spatial_join(cells):
    from shapely.geometry import box

    squares = [box(400_000 + 1000 * i, 400_000, 401_000 + 1000 * i, 402_000) for i in range(2)]
    wards = gpd.GeoDataFrame({"ward_code": ["E05000000", "E05000001"]}, geometry=squares, crs="EPSG:27700")
    points = degrees(*[inside(*cell) for cell in cells])
    shapes = gpd.GeoSeries.from_xy(points["longitude"].round(7), points["latitude"].round(7), crs="EPSG:4326")
    judge = gpd.sjoin(gpd.GeoDataFrame(geometry=shapes.to_crs("EPSG:27700")), wards, how="left", predicate="intersects")
    expected = judge["ward_code"].fillna("").groupby(level=0).min() if len(points) else judge["ward_code"]
    assert locate_points(points, wards)["ward_code"].tolist() == expected.tolist()


# ------------------------------------------------------------------------------------------ kept answers


def test_kept_answers_are_the_same_and_only_new_points_are_looked_up(boundaries, tmp_path, monkeypatch):
    looked = []
    look_up = module._look_up
    monkeypatch.setattr(module, "_look_up", lambda keys, *rest: looked.append(len(keys)) or look_up(keys, *rest))
    points = degrees(inside(500, 500), inside(970, 500), inside(500, 500), inside(-900, 0))
    first = locate_points(points, boundaries, folder=tmp_path / "kept")
    again = locate_points(points[::-1], boundaries, folder=tmp_path / "kept")
    pd.testing.assert_frame_equal(first, again[::-1])
    more = locate_points(degrees(inside(500, 500), inside(1500, 1500)), boundaries, folder=tmp_path / "kept")
    assert more["ward_code"].tolist() == ["E05000000", "E05001001"]
    assert looked == [3, 0, 1]


def test_other_boundaries_have_other_answers(boundaries, tmp_path):
    points = degrees(inside(500, 500))
    locate_points(points, boundaries, folder=tmp_path)
    moved = boundaries.set_geometry(boundaries.translate(-1000, 0))
    assert locate_points(points, moved, folder=tmp_path)["ward_code"].tolist() == ["E05000001"]
    renamed = boundaries.assign(ward_code="W" + boundaries["ward_code"].str[1:])
    assert locate_points(points, renamed, folder=tmp_path)["ward_code"].tolist() == ["W05000000"]
    assert len(list(tmp_path.glob("points-*.parquet"))) == 3


@pytest.mark.parametrize("where", ["to_parquet", "mkstemp"])
def test_a_full_disk_costs_the_kept_answers_and_nothing_else(boundaries, tmp_path, monkeypatch, caplog, where):
    def refuse(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    holder = pd.DataFrame if where == "to_parquet" else module.tempfile
    monkeypatch.setattr(holder, where, refuse)
    points = degrees(inside(500, 500))
    found = locate_points(points, boundaries, folder=tmp_path / "kept")
    assert found["ward_code"].tolist() == locate_points(points, boundaries)["ward_code"].tolist()
    assert "could not be kept (No space left on device)" in caplog.text
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_damaged_file_of_answers_is_made_again(boundaries, tmp_path):
    points = degrees(inside(500, 500))
    locate_points(points, boundaries, folder=tmp_path)
    (kept,) = tmp_path.glob("*.parquet")
    kept.write_bytes(b"PAR1 and no more")
    assert locate_points(points, boundaries, folder=tmp_path)["ward_code"].tolist() == ["E05000000"]
    assert len(pd.read_parquet(kept)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]


# --------------------------------------------------------------------------------------- codes and points

PLACES = pd.DataFrame(
    {
        # agree; disagree; code alone; point alone; neither; a code that was split, with and without a point; at sea
        "lsoa_code": ["E01000001", "E01000001", "E01000001", "", "", "E01000009", "E01000009", ""],
        "longitude": [0.0, 0.1, np.nan, 0.0, np.nan, 0.1, np.nan, 0.9],
        "latitude": [51.0, 51.0, np.nan, 51.0, np.nan, 51.0, np.nan, 51.0],
    }
)
LOCATED = pd.DataFrame(
    {
        "ward_code": ["E05000000", "E05000001", "", "E05000000", "", "E05000001", "", ""],
        "near_border": [True, False, False, False, False, False, False, False],
    }
)
CODE_WARDS = pd.DataFrame(
    {"ward_code": ["E05000000", "E05000000"], "share": [1.0, 0.6]}, index=["E01000001", "E01000009"]
)
COUNTS = pd.DataFrame(
    {
        "force": ["north"] * 7 + ["south"],
        "month": "2024-01",
        "place": range(8),
        "crime_type": "Robbery",
        "crimes": [1, 2, 4, 8, 16, 32, 64, 128],
    }
)


def by_ward(assign):
    placed = place_points(COUNTS, PLACES, LOCATED, CODE_WARDS, assign=assign).placed
    return placed.groupby(["ward_code", "loss"])["crimes"].sum().to_dict(), placed


def test_the_code_comes_first_and_the_point_where_the_code_does_not_tell():
    crimes, _ = by_ward("both")
    assert crimes == {
        ("E05000000", ""): 1 + 2 + 4 + 8 + 64,
        ("E05000001", ""): 32,
        ("", "no_place"): 16,
        ("", "unknown_place"): 128,
    }


def test_by_point_alone():
    crimes, _ = by_ward("point")
    assert crimes == {
        ("E05000000", ""): 1 + 8,
        ("E05000001", ""): 2 + 32,
        ("", "no_place"): 4 + 16 + 64,
        ("", "unknown_place"): 128,
    }


def test_by_code_alone_the_points_still_tell_what_the_border_could_flip():
    crimes, placed = by_ward("lsoa")
    assert crimes == {("E05000000", ""): 1 + 2 + 4 + 32 + 64, ("", "no_place"): 8 + 16 + 128}
    # At the border; in another ward than the code's, twice.
    assert placed["near_border"].sum() == 1 + 2 + 32
    away = place_points(COUNTS, PLACES, LOCATED.assign(ward_code=""), CODE_WARDS, assign="lsoa")
    assert away.placed.loc[away.placed["loss"] == "", "crimes"].sum() == 103


@pytest.mark.parametrize("assign", ["lsoa", "both", "point"])
def test_rows_in_which_code_and_point_disagree_are_counted_per_force(assign):
    account = place_points(COUNTS, PLACES, LOCATED, CODE_WARDS, assign=assign).agreement.set_index("force")
    assert account.loc["north"].to_dict() == {
        "rows": 127, "agree": 1, "disagree": 2 + 32, "only_code": 4 + 64, "only_point": 8, "neither": 16,
    }  # fmt: skip
    assert account.loc["south", "neither"] == account.loc["south", "rows"] == 128


def test_no_row_is_lost_and_row_order_does_not_matter():
    forward = place_points(COUNTS, PLACES, LOCATED, CODE_WARDS, assign="both")
    backward = place_points(COUNTS[::-1], PLACES, LOCATED, CODE_WARDS, assign="both")
    assert forward.placed["crimes"].sum() == COUNTS["crimes"].sum()
    pd.testing.assert_frame_equal(forward.placed, backward.placed)
    pd.testing.assert_frame_equal(forward.agreement, backward.agreement)


def test_the_share_that_the_border_could_flip(lattice):
    _, placed = by_ward("both")
    wards = add_near_border(lattice(1, 3, assessed=[True, True, False]), placed, types=["Robbery"])
    # a point near the border, and one that lies in another ward than its code leads to
    assert wards["share_near_border"].iloc[0] == pytest.approx((1 + 2) / 79)
    assert wards["share_near_border"].iloc[1] == 0
    assert np.isnan(wards["share_near_border"].iloc[2])
    assert add_near_border(lattice(1, 3), placed, types=["Drugs"])["share_near_border"].isna().all()


def test_bad_input_is_named(boundaries):
    with pytest.raises(InputError, match=r"crime\.assign: 'ward' is not known; use one of lsoa, point, both"):
        place_points(COUNTS, PLACES, LOCATED, CODE_WARDS, assign="ward")
    with pytest.raises(InputError, match=r"not one of the crimes' points lies in a ward of sources\.boundaries"):
        place_points(COUNTS, PLACES, LOCATED.assign(ward_code=""), CODE_WARDS, assign="both")
    with pytest.raises(InputError, match="the points: lacks the column"):
        locate_points(PLACES[["longitude"]], boundaries)
    with pytest.raises(InputError, match="repeated ward_code"):
        locate_points(PLACES, pd.concat([boundaries, boundaries]))


def test_no_crime_at_all_is_an_empty_table():
    result = place_points(COUNTS.head(0), PLACES, LOCATED, CODE_WARDS, assign="both")
    assert len(result.placed) == len(result.agreement) == 0
    assert list(result.agreement.columns) == list(module.AGREEMENT)


def test_no_coordinate_is_shown_or_logged(boundaries, caplog):
    with caplog.at_level("DEBUG"):
        located = locate_points(degrees(inside(500, 500)), boundaries)
        result = place_points(COUNTS, PLACES, LOCATED, CODE_WARDS, assign="both")
    assert not {"longitude", "latitude", "place"} & {*result.placed.columns, *result.agreement.columns, *located}
    shown = caplog.text + repr(result)
    assert "51.0" not in shown
    assert "E01000001" not in shown


@pytest.mark.real
def test_the_real_archive_is_placed_to_the_row(real_data):
    from tipping_point.sources.crime import read_street_crimes
    from tipping_point.sources.geography import read_boundaries, read_lookup
    from tipping_point.sources.street_points import read_street_points
    from tipping_point.wards.vintages import build_membership, find_code_wards

    read = read_street_crimes([real_data / "police_uk/2019-02.zip"], start="2019-02", end="2019-02")
    street = read_street_points(read.files)
    boundaries = read_boundaries(real_data / "boundaries/WD_DEC_2019_EW_BGC.geojson")
    lookup = read_lookup(next((real_data / "lookups").glob("Lower*2019*.csv")))
    code_wards = find_code_wards(build_membership([lookup], ward_year=2019), [lookup])
    located = locate_points(street.places, boundaries)
    result = place_points(street.counts, street.places, located, code_wards, assign="both")
    rows = read.files.groupby("force")["rows"].sum()
    assert (result.agreement.set_index("force")["rows"] == rows).all()
    by_force = result.placed.groupby(["force", "month"])["crimes"].sum()
    assert (by_force == read.files.set_index(["force", "month"])["rows"].sort_index()).all()
    # Code first: every row with a known code is where the code alone would have put it.
    with_code = read.counts[read.counts["lsoa_code"] != ""]["crimes"].sum()
    assert result.placed.loc[result.placed["loss"] == "", "crimes"].sum() == with_code
    account = result.agreement.set_index("force")
    share = account["disagree"] / (account["agree"] + account["disagree"])
    assert share["city-of-london"] > 0.8  # 25 wards on six small areas: the best fit places nothing well
    assert share.drop("city-of-london").max() < 0.2
    assert 0.06 < account["disagree"].sum() / account[["agree", "disagree"]].sum().sum() < 0.10
    assert account.loc["northern-ireland", "neither"] == account.loc["northern-ireland", "rows"]


def test_how_often_code_and_point_part_is_said():
    table = pd.DataFrame(
        {"force": ["a", "b", "c"], "agree": [90, 10, 0], "disagree": [10, 10, 0], "rows": [100, 20, 5]}
    )
    (said,) = module.say_agreement(table)
    assert "20 of 120 rows that have both (16.7%; most in the files of b, 50.0%)" in said
    assert module.say_agreement(table.iloc[2:]) == []
