"""Figures by district, from education files and from any table with district codes."""

from __future__ import annotations

import numpy as np
import pytest

from tipping_point.sources.district_figures import read_district_figures
from tipping_point.tables import InputError

ATTAINMENT = (
    "time_period,time_identifier,geographic_level,lad_code,lad_name,geography_basis,attainment8_average\n"
    "202425,Academic year,Local authority district,E08000012,Liverpool,Pupil residence,41.5\n"
    "202425,Academic year,Local authority district,E08000012,Liverpool,School location,43.0\n"
    "202425,Academic year,Local authority district,E08000013,St Helens,Pupil residence,x\n"
    "202324,Academic year,Local authority district,E08000012,Liverpool,Pupil residence,40.0\n"
    "202425,Academic year,National,,England,Pupil residence,46.0\n"
)
PLAIN = (
    "Area Code,Area Name,Level,Value\nE08000012,Liverpool,district,\"1,200.5\"\nE08000013,St Helens,district,*\n"
    "E06000001,Hartlepool,district,0\nE12000002,North West,region,99\n"
)  # fmt: skip


def write(tmp_path, text):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    return tmp_path / "a.csv"


def test_education_by_what_else_must_hold(tmp_path):
    path = write(tmp_path, ATTAINMENT)
    options = {"column": "attainment8_average", "where": {"geography_basis": "Pupil residence"}}
    table = read_district_figures(path, **options)
    assert table["district_code"].tolist() == ["E08000012", "E08000013"]
    np.testing.assert_array_equal(table["value"], [41.5, np.nan])
    assert read_district_figures(path, **options, period="202324")["value"].tolist() == [40.0]
    with pytest.raises(InputError, match="stands on several rows of 202425"):
        read_district_figures(path, column="attainment8_average")


def test_any_table_with_codes_of_districts(tmp_path):
    table = read_district_figures(write(tmp_path, PLAIN), column="Value")
    assert table["district_code"].tolist() == ["E06000001", "E08000012", "E08000013"], "a region's row is left out"
    np.testing.assert_array_equal(table["value"], [0.0, 1200.5, np.nan])


@pytest.mark.parametrize(
    ("text", "options", "sense"),
    [
        (PLAIN, {"column": "Amount"}, "column 'Amount' is not in the header"),
        (PLAIN, {"column": "Area Name"}, "has 'Hartlepool' in 'Area Name', which is not a number|has 'Liverpool' in"),
        (PLAIN, {"column": "Value", "code_column": "Area Name"}, "'Area Name' holds no code of a district"),
        (PLAIN, {"column": "Value", "period": "202425"}, "period and where are for files of Explore Education"),
        (PLAIN.replace("E08000013", "E08000012"), {"column": "Value"}, "stand on more than one row, .* E08000012"),
        (
            PLAIN.replace("E0", "E5"),
            {"column": "Value"},
            "a column of district codes is wanted, and none is recognised",
        ),
        ("a,b,Value\nE08000012,E08000012,1\n", {"column": "Value"}, "several columns of codes: a, b"),
        ("", {"column": "Value"}, "is empty"),
        ("<html>", {"column": "Value"}, "is a web page"),
    ],
)
def test_what_is_at_fault(tmp_path, text, options, sense):
    with pytest.raises(InputError, match=sense):
        read_district_figures(write(tmp_path, text), **options)
