"""Recorded crime as formats.md has it: files renamed with every release, quarters in two ways, bodies of no place."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from builders.sources_workbook import write_ods
from serving import Reply, serve

from tipping_point.facts.catalogue import get_dataset
from tipping_point.facts.crime_types import CRIME_TYPES
from tipping_point.fetch.download import DownloadError
from tipping_point.fetch.gov_uk import CONTENT
from tipping_point.sources.calibration import FORCES, PARTNERSHIPS, fetch_recorded_crime, read_recorded_crime
from tipping_point.tables import InputError

ASSETS = "https://assets.publishing.service.gov.uk/media/abc"
CSP = ["Financial Year", "Financial Quarter", "Police Force", "CSP Name", "Offence Description", "Offence Group",
       "Offence Subgroup", "Offence Code", "Offence Count"]  # fmt: skip
PFA = ["Financial Year", "Financial Quarter", "Force Name", "Offence Description", "Offence Group", "Offence Subgroup",
       "Offence Code", "Number of Offences"]  # fmt: skip
BURGLARY = ("Burglary in a dwelling", "Theft offences", "Domestic burglary", "28A")
DRUGS = ("Other drug offences", "Drug Offences", "Possession of drugs", "92C")
FRAUD = ("Fraud offences recorded by Action Fraud", "Fraud offences", "Fraud: action fraud", "AF")
NAMES = (
    "prc-pfa-mar2013-onwards-tables-230726.ods", "prc-csp-mar2021-mar2026-tables-230726.ods",
    "prc-csp-mar2016-mar2020-tables.ods", "prc-outcomes-open-data-mar2025-tables-230726.xlsx", "recrime-geo-pfa.csv",
)  # fmt: skip


def force_rows(year="2024/25", force="Avon and Somerset", *, quarters=("Q1", "Q2"), count=30, offence=BURGLARY):
    return [[year, quarter, force, *offence, count + place] for place, quarter in enumerate(quarters)]


def pfa(path, sheets):
    body = {name: [["Title"], PFA, *rows] for name, rows in sheets.items()}
    return write_ods(path, {"Cover_sheet": [["Police recorded crime"]], "Notes": [["A note"]], **body})


@pytest.fixture
def server():
    with serve() as running:
        yield running


@pytest.fixture
def web(server, tmp_path):
    return server.web(tmp_path / "cache")


def publish(server, *names):
    entries = [
        {"title": f"Table {n}", "url": f"{ASSETS}/{name}", "content_type": "application/x"}
        for n, name in enumerate(names)
    ]
    body = json.dumps({"details": {"attachments": entries}}).encode()
    server.route(f"{CONTENT}/{get_dataset(FORCES).place.page}", body)


# ---------------------------------------------------------------------------------------------- which file


@pytest.mark.parametrize(
    ("key", "year", "name"),
    [
        (FORCES, 2018, NAMES[0]),
        (FORCES, 2026, NAMES[0]),
        (PARTNERSHIPS, 2021, NAMES[1]),
        (PARTNERSHIPS, 2018, NAMES[2]),
    ],
)
def test_the_workbook_of_a_year_whatever_it_is_called_today(server, web, tmp_path, key, year, name):
    publish(server, *NAMES)
    server.route(f"{ASSETS}/{name}", pfa(tmp_path / "a.ods", {"2024_25": force_rows()}).read_bytes())
    path = fetch_recorded_crime(web, key, tmp_path / "study", year=year)
    assert path.name == name
    assert len(read_recorded_crime(path)) == 2


def test_a_year_that_no_table_holds_says_what_there_is(server, web, tmp_path):
    publish(server, *NAMES)
    with pytest.raises(
        InputError, match=r"has no table of recorded crime .* of 2010; it has 'Table 1' \(prc-csp-mar2021-mar2"
    ):
        fetch_recorded_crime(web, PARTNERSHIPS, tmp_path, year=2010)
    publish(server)
    with pytest.raises(InputError, match=r"it has \."):
        fetch_recorded_crime(server.web(tmp_path / "other"), FORCES, tmp_path, year=2020)


def test_traps_of_the_page_and_the_file(server, web, tmp_path):
    with pytest.raises(DownloadError, match="HTTP 404"):
        fetch_recorded_crime(web, FORCES, tmp_path, year=2020)
    publish(server, *NAMES)
    server.route(f"{ASSETS}/{NAMES[0]}", b"<html>gone</html>")
    with pytest.raises(DownloadError, match="is no OpenDocument workbook"):
        fetch_recorded_crime(web, FORCES, tmp_path, year=2020)
    server.route(f"{ASSETS}/{NAMES[0]}", Reply(b"PK\x03\x04" + b"x" * 100, cut_after=30))
    with pytest.raises(DownloadError, match="3 tries in a row were in vain"):
        fetch_recorded_crime(web, FORCES, tmp_path, year=2020)


# ----------------------------------------------------------------------------------------------- the tables


def test_quarters_and_types_by_hand(tmp_path):
    path = pfa(tmp_path / "a.ods", {
        "2023_24": force_rows("2023/24", quarters=("Q4",), count=7),
        "2024_25": [
            *force_rows(quarters=("Q1", "Q2", "Q3", "Q4")), *force_rows(offence=DRUGS, quarters=("1",), count=5),
        ],
    })  # fmt: skip
    table = read_recorded_crime(path)
    assert table["quarter"].tolist() == ["2024-01", "2024-04", "2024-07", "2024-10", "2025-01", "2024-04"]
    assert table["offences"].tolist() == [7.0, 30.0, 31.0, 32.0, 33.0, 5.0]
    assert table["crime_type"].tolist() == ["Burglary"] * 5 + ["Drugs"]
    assert table["force"].unique().tolist() == ["avon-and-somerset"]
    assert table["partnership"].unique().tolist() == [""]
    assert read_recorded_crime(path, years=[2025])["quarter"].tolist() == table["quarter"].tolist()[1:]
    assert read_recorded_crime(path, years=[2024])["offences"].tolist() == [7.0]


def test_older_sheets_and_partnerships(tmp_path):
    rows = [["2020/21", "Q1", "London, City of", "City of London", *DRUGS, 0], ["2020/21", "Q1", "Avon and Somerset",
            "Bath and North East Somerset", *DRUGS, 3]]  # fmt: skip
    path = write_ods(tmp_path / "a.ods", {"2019-20": [CSP], "2020_21": [CSP, *rows]})
    table = read_recorded_crime(path, years=[2021])
    assert table["partnership"].tolist() == ["City of London", "Bath and North East Somerset"]
    assert table["force"].tolist() == ["city-of-london", "avon-and-somerset"]
    assert table["offences"].tolist() == [0.0, 3.0]


def test_the_forces_wanted_alone(tmp_path):
    names = ("Kent", "London, City of", "Devon and Cornwall", "Metropolitan Police")
    rows = [row for name in names for row in force_rows(force=name, quarters=("Q1",))]
    path = pfa(tmp_path / "a.ods", {"2024_25": rows})
    wanted = ("city-of-london", "devon-and-cornwall", "metropolitan")
    assert sorted(read_recorded_crime(path, forces=wanted)["force"]) == sorted(wanted)
    with pytest.raises(InputError, match="no row of essex under a header that is understood"):
        read_recorded_crime(path, forces=["essex"])
    with pytest.raises(InputError, match="no row of 2030 of kent under a header"):
        read_recorded_crime(path, forces=["kent"], years=[2030])


def test_bodies_that_police_no_ward_are_left_out_and_fraud_has_no_type(tmp_path):
    names = ("Action Fraud", "CIFAS", "UK Finance", "Financial Fraud Action UK", "British Transport Police", "Kent")
    rows = [row for name in names for row in force_rows(force=name, quarters=("Q1",), offence=FRAUD)]
    table = read_recorded_crime(pfa(tmp_path / "a.ods", {"2024_25": rows}))
    assert table["force_name"].tolist() == ["Kent"]
    assert table["crime_type"].tolist() == [""]


@pytest.mark.parametrize(
    ("group", "subgroup", "kind"),
    [
        ("Violence Against The Person", "Stalking and harassment", "Violence and sexual offences"),
        ("Theft offences", "Non-residential burglary", "Burglary"),
        ("Theft offences", "Vehicle offences", "Vehicle crime"),
        ("Theft offences", "All other theft offences", "Other theft"),
        ("Theft offences", "Bicycle theft", "Bicycle theft"),
        ("Miscellaneous crimes against society", "Miscellaneous crimes against society", "Other crime"),
        ("Theft offences", "A new subgroup", ""),
    ],
)
def test_types_by_group_and_subgroup(tmp_path, group, subgroup, kind):
    rows = force_rows(quarters=("Q1",), offence=("An offence", group, subgroup, "1"))
    assert read_recorded_crime(pfa(tmp_path / "a.ods", {"2024_25": rows}))["crime_type"].tolist() == [kind]


def test_suppressed_is_missing_and_what_was_taken_back_is_below_nought(tmp_path):
    rows = [["2024/25", quarter, "Kent", *BURGLARY, value] for quarter, value in (("Q1", 30), ("Q2", ".."), ("Q3", -1))]
    table = read_recorded_crime(pfa(tmp_path / "a.ods", {"2024_25": rows}))
    np.testing.assert_array_equal(table["offences"], [30.0, np.nan, -1.0])


@pytest.mark.parametrize(
    ("rows", "sense"),
    [
        (
            [["2024", "Q1", "Kent", *BURGLARY, 1]],
            "row 3 has year '2024' and quarter 'Q1'; allowed are 2024/25 and Q1 to Q4",
        ),
        ([["2024/25", "Q5", "Kent", *BURGLARY, 1]], "quarter 'Q5'"),
        ([["2024/25", "Q1", "Kent", *BURGLARY, "many"]], "row 3 has 'many' in 'offences', which is not a number"),
        (force_rows() * 2, "every row of avon-and-somerset 2024-04 stands twice, and so it is with 2 force"),
        ([], "no row under a header that is understood"),
    ],
)
def test_bad_tables(tmp_path, rows, sense):
    with pytest.raises(InputError, match=sense):
        read_recorded_crime(pfa(tmp_path / "a.ods", {"2024_25": rows}))


def test_an_offence_of_several_codes_in_one_may_repeat(tmp_path):
    homicide = ("Homicide", "Violence against the person", "Homicide", "1/4.1/4.10/4.2")
    rows = [
        *force_rows(quarters=("Q1",)),
        *(row for _ in range(4) for row in force_rows(quarters=("Q1",), count=2, offence=homicide)),
    ]
    table = read_recorded_crime(pfa(tmp_path / "a.ods", {"2024_25": rows}))
    assert table.groupby("crime_type")["offences"].sum().to_dict() == {
        "Burglary": 30.0,
        "Violence and sexual offences": 8.0,
    }


def test_a_changed_header_and_years_that_are_not_there(tmp_path):
    path = write_ods(tmp_path / "a.ods", {"2024_25": [[*PFA[:-1], "Offences"], *force_rows()]})
    with pytest.raises(InputError, match="no row under a header that is understood"):
        read_recorded_crime(path)
    path = pfa(tmp_path / "b.ods", {"2024_25": force_rows()})
    with pytest.raises(InputError, match="no row of 2019 under a header"):
        read_recorded_crime(path, years=[2019])
    (tmp_path / "c.csv").write_bytes(b"<html>")
    with pytest.raises(InputError, match="is a web page"):
        read_recorded_crime(tmp_path / "c.csv")


@pytest.mark.real
def test_real_table_of_2017_18_and_the_types_of_its_codes(real_data):
    table = read_recorded_crime(real_data / "weights" / "prc-pfa-201718_new.csv", years=[2018])
    assert table["force"].nunique() == 43
    assert len(table) == 43 * 524
    assert sorted(table["quarter"].unique()) == ["2017-04", "2017-07", "2017-10", "2018-01"]
    assert "greater-manchester" in set(table["force"])
    # Two other projects' tables of codes give every offence the same type.
    known = pd.read_csv(real_data / "weights" / "CrimeCatMappings.csv")
    types = dict(zip(known["Offence_Code"], known["Police.uk_Cat"].str.capitalize(), strict=True))
    ours = table.drop_duplicates("offence_code").set_index("offence_code")["crime_type"]
    assert len(ours) > 120
    for code, kind in ours.items():
        assert kind == types[code], code
    assert set(ours) <= set(CRIME_TYPES["police_uk"])
    assert table["offences"].sum() == pytest.approx(4_821_454, rel=0.001)
