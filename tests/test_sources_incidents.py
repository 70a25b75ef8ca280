"""Incident files in three formats: counted to the row, refused without telling what a record holds."""

from __future__ import annotations

import datetime
import logging
import traceback

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from tipping_point.sources.incidents import join_incidents, read_incidents
from tipping_point.sources.signals import summarise_incidents
from tipping_point.tables import InputError
from tipping_point.wards.counts import place_crimes
from tipping_point.wards.points import locate_points, place_points

PERIOD = {"start": "2024-01", "end": "2024-03"}
COLUMNS = {"date": "Date", "lsoa_code": "LSOA", "offence": "HO code"}
ROWS = pd.DataFrame(
    {
        "Crime no": [f"secret-{number}" for number in range(6)],
        "Date": ["13/01/2024", "05/02/2024", "05/02/2024", "31/03/2024", "01/04/2024", ""],
        "LSOA": ["E01000001", "E01000001", "E01000001", "", "E01000002", "E01000002"],
        "HO code": ["8N", "34B", "034/01", "44", "44", "44"],
        "Knife": ["Y", "n", "yes", "", "N", "N"],
        "Marks": ["DA; HATE", "", "da", "other", "DA", "DA"],
    }
)
FLAGS = {"knife": "Knife", "domestic_abuse": ("Marks", ["DA"]), "hate": ("Marks", ["hate"])}


def write(table, tmp_path, suffix=".csv"):
    path = tmp_path / f"export{suffix}"
    if suffix == ".csv":
        table.to_csv(path, index=False)
    elif suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_excel(path, index=False)
    return path


def read(path, columns=COLUMNS, **options):
    return read_incidents(path, **{"columns": columns, "force": "Merseyside", **PERIOD, **options})


def refuse(path, columns=COLUMNS, **options):
    with pytest.raises(InputError) as caught:
        read(path, columns, **options)
    return str(caught.value)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_rows_become_counts_by_month_place_and_type(tmp_path, suffix):
    found = read(write(ROWS, tmp_path, suffix), flags=FLAGS)
    counts = found.counts.join(found.places, on="place")
    assert counts[["force", "month", "lsoa_code", "crime_type", "crimes"]].to_numpy().tolist() == [
        ["merseyside", "2024-01", "E01000001", "Violence and sexual offences", 1],
        ["merseyside", "2024-02", "E01000001", "Robbery", 2],
        ["merseyside", "2024-03", "", "Bicycle theft", 1],
    ]
    assert found.losses == {"without a date": 1, "outside the period": 1, "with an unknown offence": 0}
    assert found.files[["month", "rows", "rows_without_place", "damaged"]].to_numpy().tolist() == [
        ["2024-01", 1, 0, False], ["2024-02", 2, 0, False], ["2024-03", 1, 1, False]
    ]  # fmt: skip
    flags = found.flags.groupby(["flag", "crime_type"])["crimes"].sum().to_dict()
    assert flags == {
        ("domestic_abuse", "Robbery"): 1, ("domestic_abuse", "Violence and sexual offences"): 1,
        ("hate", "Violence and sexual offences"): 1, ("knife", "Robbery"): 1,
        ("knife", "Violence and sexual offences"): 1,
    }  # fmt: skip


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_columns_may_stand_in_any_order(tmp_path, suffix):
    straight = read(write(ROWS, tmp_path, suffix), flags=FLAGS)
    turned = read(write(ROWS[ROWS.columns[::-1]].rename(columns={"LSOA": " LSOA "}), tmp_path, suffix), flags=FLAGS)
    pd.testing.assert_frame_equal(straight.counts, turned.counts)
    pd.testing.assert_frame_equal(straight.flags, turned.flags)


def test_the_finer_groups_and_a_forces_own_codes(tmp_path):
    path = write(ROWS.replace({"034/01": "ROB/X"}), tmp_path)
    assert "rows of 6 have an offence that no mapping knows" in refuse(path, groups="subgroup")
    found = read(path, groups="subgroup", offences={"rob/x": "Robbery of business property"})
    assert set(found.counts["crime_type"]) == {
        "Bicycle theft", "Robbery of business property", "Robbery of personal property", "Violence with injury"
    }  # fmt: skip


def test_several_forces_in_one_file(tmp_path):
    path = write(ROWS.assign(Force=["Merseyside", "Devon & Cornwall"] * 3), tmp_path)
    found = read(path, {**COLUMNS, "force": "Force"}, force="")
    assert found.files.groupby("force")["rows"].sum().to_dict() == {"devon-and-cornwall": 2, "merseyside": 2}
    blank = write(ROWS.assign(Force=["Merseyside", ""] * 3), tmp_path)
    assert "'Force': rows 3, 5, 7 name no force" in refuse(blank, {**COLUMNS, "force": "Force"}, force="")


# ------------------------------------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2024-01-31", "2024-02-01"], ["2024-01", "2024-02"]),
        (["2024-01-31T23:59:00", "2024-02-01T00:00:00Z"], ["2024-01", "2024-02"]),
        (["2024-01", "2024-02"], ["2024-01", "2024-02"]),
        (["20240131", "20240201"], ["2024-01", "2024-02"]),
        (["31/01/2024 23:59", "1/2/2024 0:00"], ["2024-01", "2024-02"]),
        (["31-01-2024", "01-02-2024"], ["2024-01", "2024-02"]),
        (["01/31/2024", "02/01/2024"], ["2024-01", "2024-02"]),
        (["02/02/2024", "01/01/2024"], ["2024-01", "2024-02"]),
        (["45322", "45323.75"], ["2024-01", "2024-02"]),
    ],
)
def test_dates_as_people_and_programs_write_them(tmp_path, cells, expected):
    path = write(ROWS.head(2).assign(Date=cells), tmp_path)
    assert sorted(read(path).counts["month"]) == expected


def test_dates_of_a_workbook_and_of_parquet_are_dates(tmp_path):
    days = [datetime.datetime(2024, 1, 31, 23, 59), datetime.datetime(2024, 2, 1)]
    table = ROWS.head(2).assign(Date=days)
    for suffix in (".xlsx", ".parquet"):
        assert sorted(read(write(table, tmp_path, suffix)).counts["month"]) == ["2024-01", "2024-02"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["01/02/2024", "03/02/2024"], "rows 2, 3 can be read as dd/mm/yyyy or as mm/dd/yyyy"),
        (["13/02/2024", "02/13/2024"], "row 2 can only be dd/mm/yyyy and row 3 only mm/dd/yyyy"),
        (["13/02/2024", "45323"], "a column keeps to one way"),
        (["2024-02-13", "some day"], "row 3 (1 in all) hold no date that is read as yyyy-mm-dd, dd/mm/yyyy"),
        (["30/02/2024", "13/02/2024"], "row 2 (1 in all) hold no date that is read as dd/mm/yyyy"),
        (["2024-13-01", "2024-02-01"], "row 2 (1 in all) hold no date"),
        (["13/02/24", "14/02/24"], "rows 2, 3 (2 in all) hold no date"),
    ],
)
def test_dates_that_can_be_misread_are_refused_by_row(tmp_path, cells, message):
    told = refuse(write(ROWS.head(2).assign(Date=cells), tmp_path))
    assert f"'Date': {message}" in told or message in told
    assert not any(cell in told for cell in cells)


def test_a_study_can_say_how_dates_are_written(tmp_path):
    path = write(ROWS.head(2).assign(Date=["01/02/2024", "03/02/2024"]), tmp_path)
    assert set(read(path, date_format="dd/mm/yyyy").counts["month"]) == {"2024-02"}
    assert set(read(path, date_format="mm/dd/yyyy").counts["month"]) == {"2024-01", "2024-03"}
    assert "hold no date that is read as excel" in refuse(path, date_format="excel")


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dates(datetime.date(2024, 1, 1), datetime.date(2024, 3, 31)), min_size=1, max_size=20))
def test_every_way_of_writing_gives_the_same_months(tmp_path, days):
    truth = pd.Series([f"{day:%Y-%m}" for day in days]).value_counts().to_dict()
    serials = [(day - datetime.date(1899, 12, 30)).days for day in days]
    for form, cells in {
        "yyyy-mm-dd": [f"{day:%Y-%m-%d}" for day in days],
        "dd/mm/yyyy": [f"{day:%d/%m/%Y}" for day in days],
        "mm/dd/yyyy": [f"{day:%m/%d/%Y}" for day in days],
        "excel": serials,
    }.items():
        path = write(pd.DataFrame({"Date": cells, "LSOA": "E01000001"}), tmp_path)
        found = read(path, {"date": "Date", "lsoa_code": "LSOA"}, name="calls", date_format=form)
        assert found.counts.groupby("month")["crimes"].sum().to_dict() == truth


# ------------------------------------------------------------------------------------------------- places


def test_points_in_metres_and_in_degrees_lead_to_the_same_wards(tmp_path, lattice):
    boundaries = lattice(2, 2).set_geometry(lattice(2, 2).translate(400_000, 400_000)).reset_index()
    codes = pd.DataFrame({"ward_code": ["E05000000"], "share": [1.0]}, index=["E01000001"])
    metres = np.array([[400_500, 400_500], [401_500, 400_500], [401_500, 401_500]])
    degrees = np.array(Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True).transform(*metres.T)).T
    found = []
    for x, y, points in (("easting", "northing", metres), ("longitude", "latitude", degrees)):
        table = pd.DataFrame(
            {"Date": "2024-01-01", "x": [*points[:, 0], 0, ""], "y": [*points[:, 1], 0, ""], "code": ""}
        )
        incidents = read(write(table, tmp_path), {"date": "Date", x: "x", y: "y"}, name="calls")
        assert incidents.files["rows_without_place"].tolist() == [2]
        located = locate_points(incidents.places, boundaries)
        placed = place_points(incidents.counts, incidents.places, located, codes, assign="point").placed
        found.append(placed.groupby("ward_code")["crimes"].sum().to_dict())
    assert found[0] == found[1] == {"": 2, "E05000000": 1, "E05000001": 1, "E05001001": 1}


def test_ward_codes_are_placed_as_they_are(tmp_path):
    table = ROWS.assign(LSOA=["E05000001", "e05000001", "W05000002", "", "E05000001", "E05000001"])
    found = read(write(table, tmp_path), {"date": "Date", "ward_code": "LSOA", "offence": "HO code"})
    crimes = found.counts.join(found.places[["ward_code"]], on="place")
    placed = place_crimes(crimes, pd.Series(dtype="str"), pd.Index(["E05000001", "W05000002"]))
    assert placed.groupby("ward_code")["crimes"].sum().to_dict() == {"": 1, "E05000001": 2, "W05000002": 1}


@pytest.mark.parametrize(
    ("changes", "columns", "message"),
    [
        ({"LSOA": "E1"}, {}, "'LSOA': rows 2, 3, 4, 5, 6, 7 hold no code of a lsoa"),
        ({"x": "12", "y": "400000"}, {"easting": "x", "northing": "y"}, ""),
        ({"x": "-12", "y": "400000"}, {"easting": "x", "northing": "y"}, "'x': rows 2, 3, 4, 5, 6, 7 hold no easting"),
        ({"x": "-1.5", "y": "north"}, {"longitude": "x", "latitude": "y"}, "'y': rows 2, 3, 4, 5, 6, 7 hold no lat"),
        ({"x": "-1.5", "y": ""}, {"longitude": "x", "latitude": "y"}, "have one of the two only"),
        ({"x": "53.4", "y": "-2.9"}, {"longitude": "x", "latitude": "y"}, "hold no longitude from -9 to 3"),
    ],
)  # fmt: skip
def test_places_out_of_range_are_refused_by_row(tmp_path, changes, columns, message):
    path = write(ROWS.assign(**changes), tmp_path)
    if message:
        assert message in refuse(path, {**COLUMNS, **columns})
    else:
        assert len(read(path, {**COLUMNS, **columns}).places) == 2


# --------------------------------------------------------------------------------------- flags and offences


def test_a_flag_that_is_neither_yes_nor_no_is_refused_by_row(tmp_path):
    told = refuse(write(ROWS.replace({"yes": "perhaps"}), tmp_path), flags=FLAGS)
    assert "'Knife' (flag knife): row 4 hold neither yes" in told
    assert "perhaps" not in told


def test_codes_are_named_where_enough_rows_have_them_and_counted_where_not(tmp_path):
    many = pd.concat([ROWS.assign(**{"HO code": "ZZ9"}), ROWS.head(1).assign(**{"HO code": "J Smith"})])
    path = write(many, tmp_path)
    told = refuse(path)
    assert "7 rows of 7 have an offence that no mapping knows: 'ZZ9' (6 rows)" in told
    assert "and 1 more, which are not named" in told
    assert "Smith" not in told
    found = read(path, allow_unmapped=True)
    assert found.losses["with an unknown offence"] == 5
    assert found.unmapped.to_numpy().tolist() == [["ZZ9", 6]]
    assert found.counts.empty
    assert "Smith" not in found.unmapped.to_string()
    known = read(write(pd.concat([ROWS, many]), tmp_path), allow_unmapped=True)
    assert known.files["rows"].sum() == 4
    assert known.losses["with an unknown offence"] == 5
    assert "'ZZ9'" not in refuse(path, threshold=7)


# ------------------------------------------------------------------------------------- options and the file


def test_every_fault_of_the_options_is_told_at_once(tmp_path):
    told = refuse(
        tmp_path / "nowhere.csv", {"day": "Date", "easting": "x"}, force="", flags={"gun": "Knife"}, groups="fine",
        date_format="dd.mm.yy",
    )  # fmt: skip
    for part in ("'day' is no role", "date is missing", "of easting and northing only one", "say whose file it is",
                 "name the column of offences", "flags: 'gun' is not known", "groups: 'fine'",
                 "date_format: 'dd.mm.yy'"):  # fmt: skip
        assert part in told
    assert "no place" in refuse(tmp_path / "nowhere.csv", {"date": "Date", "offence": "HO code"})
    twice = {**COLUMNS, "ward_code": "LSOA"}
    assert "a place is given twice" in refuse(tmp_path / "nowhere.csv", twice)
    assert "'Robery' is no category" in refuse(tmp_path / "nowhere.csv", offences={"x": "Robery"})
    assert "does not exist" in refuse(tmp_path / "nowhere.csv")
    assert "comes before the start" in refuse(tmp_path / "nowhere.csv", start="2024-03", end="2024-01")


def test_faults_of_the_file(tmp_path):
    path = write(ROWS, tmp_path)
    assert "the column 'HO cod' is not among the 6 cells of the first row; close to it is 'HO code'" in refuse(
        path, {**COLUMNS, "offence": "HO cod"}
    )
    assert "the column 'Where' is not among the 6 cells of the first row." in refuse(
        path, {**COLUMNS, "lsoa_code": "Where"}
    )
    path.write_text("Date,LSOA,HO code\n", encoding="utf-8")
    assert "has no row under its header" in refuse(path)
    path.write_text("Date,LSOA,HO code\n2024-01-01,E01000001,8N,extra\n", encoding="utf-8")
    assert "is not comma-separated text" in refuse(path)
    path.write_text("Date,LSOA,Date,HO code\n2024-01-01,E01000001,1,8N\n", encoding="utf-8")
    assert "the column 'Date' stands twice" in refuse(path)
    path.write_bytes("Date,LSOA,HO code,Näme\n2024-01-01,E01000001,8N,Zoë\n".encode("latin-1"))
    assert read(path).counts["crimes"].sum() == 1
    for suffix in (".xlsx", ".parquet"):
        broken = tmp_path / f"broken{suffix}"
        broken.write_bytes(b"secret")
        assert "secret" not in refuse(broken)
        assert "cannot be read" in refuse(broken) or "can be read" in refuse(broken) or "no workbook" in refuse(broken)
    assert "'.docx' is not read" in refuse(tmp_path / "export.docx")


def test_a_sheet_can_be_named(tmp_path):
    path = tmp_path / "export.xlsx"
    with pd.ExcelWriter(path) as book:
        ROWS.head(1).to_excel(book, sheet_name="one", index=False)
        ROWS.head(3).to_excel(book, sheet_name="two", index=False)
    assert read(path).counts["crimes"].sum() == 1
    assert read(path, sheet="two").counts["crimes"].sum() == 3
    assert "has no sheet 'three'" in refuse(path, sheet="three")


def test_the_order_of_the_rows_does_not_matter_and_identical_rows_are_different_incidents(tmp_path):
    double = pd.concat([ROWS, ROWS])
    forward, backward = read(write(double, tmp_path), flags=FLAGS), read(write(double[::-1], tmp_path), flags=FLAGS)
    for name in ("counts", "flags", "places", "files"):
        pd.testing.assert_frame_equal(getattr(forward, name), getattr(backward, name))
    assert forward.counts["crimes"].sum() == 8


def test_several_files_are_joined_and_never_count_a_month_twice(tmp_path):
    first = read(write(ROWS.head(1), tmp_path))
    second = read(write(ROWS.iloc[1:], tmp_path, ".parquet"), flags=FLAGS)
    joined = join_incidents([second, first])
    whole = read(write(ROWS, tmp_path, ".xlsx"))
    pd.testing.assert_frame_equal(joined.counts, whole.counts)
    pd.testing.assert_frame_equal(joined.places, whole.places)
    assert joined.losses == whole.losses
    with pytest.raises(InputError, match="merseyside, 2024-01; each force and month may stand in one file"):
        join_incidents([first, whole])


# ----------------------------------------------------------------------------- counts, marks, other signals

SIGNALS = pd.DataFrame(
    {
        "Month": ["2024-01", "2024-01", "2024-02", "2024-02"],
        "Ward": ["E05000001", "E05000002", "E05000001", "E05000003"],
        "Calls": ["12", "*", "<5", "0"],
        "Score": ["4", "2", "", "1.5"],
    }
)
SIGNAL_COLUMNS = {"date": "Month", "ward_code": "Ward", "count": "Calls"}


def test_a_table_of_counts_and_what_its_publisher_held_back(tmp_path):
    found = read(write(SIGNALS, tmp_path), SIGNAL_COLUMNS, name="ambulance calls")
    assert found.counts["crimes"].tolist() == [12]
    held = found.withheld.join(found.places, on="place")
    assert held[["month", "ward_code", "crime_type"]].to_numpy().tolist() == [
        ["2024-01", "E05000002", "ambulance calls"], ["2024-02", "E05000001", "ambulance calls"]
    ]  # fmt: skip
    assert "'Calls': row 2 hold no whole number" in refuse(
        write(SIGNALS.replace({"12": "1.5"}), tmp_path), SIGNAL_COLUMNS, name="calls"
    )


def test_signals_become_an_indicator_by_ward(tmp_path):
    found = read(write(SIGNALS.replace({"<5": "3"}), tmp_path), SIGNAL_COLUMNS, name="calls")
    wards = found.places["ward_code"].rename("ward24_code")
    among = pd.Index(["E05000001", "E05000002", "E05000003", "E05000004"])
    table = summarise_incidents(found, wards, name="ambulance_calls", among=among)
    assert table.columns.tolist() == ["ward24_code", "ambulance_calls"]
    # Held back is not nought; a ward that the file speaks of and has no calls in has none.
    expected = {"E05000001": 15, "E05000002": None, "E05000003": 0, "E05000004": 0}
    assert table.set_index("ward24_code")["ambulance_calls"].replace(np.nan, None).to_dict() == expected
    assert summarise_incidents(found, wards, name="calls")["ward24_code"].tolist() == ["E05000001", "E05000002"]


def test_answers_become_a_mean_where_enough_have_answered(tmp_path):
    many = pd.DataFrame({"Date": "2024-01-05", "Ward": ["E05000001"] * 6 + ["E05000002"] * 4,
                         "Score": [1, 2, 3, 4, 5, "", 5, 5, 5, 5]})  # fmt: skip
    columns = {"date": "Date", "ward_code": "Ward", "value": "Score"}
    found = read(write(many, tmp_path), columns, name="survey")
    wards = found.places["ward_code"]
    table = summarise_incidents(found, wards, name="feels_safe", combine="mean")
    assert table["feels_safe"].tolist()[0] == 3.0
    assert np.isnan(table["feels_safe"].tolist()[1])
    assert table["feels_safe_answers"].tolist() == [5, 4]
    assert summarise_incidents(found, wards, name="feels_safe", combine="mean", least=4)["feels_safe"].tolist() == [
        3,
        5,
    ]
    with pytest.raises(InputError, match="use one of sum, mean"):
        summarise_incidents(found, wards, name="x", combine="median")
    with pytest.raises(InputError, match="needs a column with the role value"):
        summarise_incidents(read(write(many, tmp_path), {"date": "Date", "ward_code": "Ward"}, name="n"), wards,
                            name="x", combine="mean")  # fmt: skip
    assert "'Score': row 2 hold no number" in refuse(write(many.replace({1: "good"}), tmp_path), columns, name="survey")


# ------------------------------------------------------------------------------------- nothing of a record

SECRETS = {
    "Date": "born 1 May", "LSOA": "12 Acacia Avenue", "HO code": "Jane Doe", "Knife": "kitchen", "Marks": "his sister",
    "East": "a back room", "North": "flat 9", "Calls": "one or two", "Score": "afraid", "Force": "",
}  # fmt: skip
ALL = {**COLUMNS, "easting": "East", "northing": "North", "count": "Calls", "value": "Score", "force": "Force"}


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_nothing_of_a_record_is_told_by_errors_or_logs(tmp_path, suffix, caplog):
    path = write(pd.DataFrame([SECRETS] * 3), tmp_path, suffix)
    with caplog.at_level(logging.DEBUG):
        try:
            read(path, ALL, force="", flags={"knife": "Knife"})
        except InputError as error:
            told = "".join(traceback.format_exception(error)) + caplog.text
            for column in ("Date", "LSOA", "HO code", "Knife", "East", "Calls", "Score", "Force"):
                assert f"'{column}'" in str(error), column
    for secret in filter(None, SECRETS.values()):
        assert secret not in told


@pytest.mark.parametrize(
    "text",
    [
        "Jane Doe,12 Acacia Avenue,2024-01-01\nJane Doe,12 Acacia Avenue,2024-01-01\n",  # no header: a record is first
        'Date,LSOA,HO code\n2024-01-01,"12 Acacia Avenue,Jane Doe\n',  # a quotation mark left open
        "Date,LSOA,HO code\n2024-01-01,12 Acacia Avenue,8N,Jane Doe\n",  # a cell too many
    ],
)
def test_a_file_that_is_not_as_it_should_be_tells_no_record_either(tmp_path, text, caplog):
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    with caplog.at_level(logging.DEBUG):
        try:
            read(path)
        except InputError as error:
            told = "".join(traceback.format_exception(error)) + caplog.text
    assert "Doe" not in told
    assert "Acacia" not in told


def test_a_good_file_tells_numbers_alone(tmp_path, caplog):
    with caplog.at_level(logging.DEBUG):
        found = read(write(ROWS, tmp_path), flags=FLAGS)
    assert (
        "6 rows in; 4 counted at 2 places, 1 of them without one; 1 without a date, 1 outside the period" in caplog.text
    )
    shown = repr(found) + caplog.text
    for secret in ("secret-", "E01000001", "DA", "8N"):
        assert secret not in shown
    tables = pl.concat([pl.from_pandas(table.astype(str)) for table in (found.counts, found.places)], how="diagonal")
    assert "secret-" not in tables.write_csv()
