"""From loopback servers to the outputs: schools, districts, recorded crime and larger areas, each with its mark."""

from __future__ import annotations

import csv
import gzip
import json

import geopandas as gpd
import pandas as pd
import pytest
from builders.pipeline_fetch import place, publish, write
from builders.sources_workbook import write_ods
from serving import serve

from tipping_point.demo import files
from tipping_point.facts.catalogue import get_dataset
from tipping_point.fetch.fingertips import BASE
from tipping_point.fetch.gov_uk import CONTENT
from tipping_point.pipeline import check_study, run_study
from tipping_point.pipeline.fetch import FETCHED, fetch_study
from tipping_point.sources.levels import WHERE_SCHOOLS_ARE
from tipping_point.sources.schools import REGISTER
from tipping_point.study import read_study
from tipping_point.tables import InputError

DISTRICT_MARK = "a district's figure, the same for all its wards; context only"
RECORDED = "https://assets.publishing.service.gov.uk/media/a/prc-csp-mar2021-mar2026-tables-230726.ods"
OFFENCE = ("Burglary in a dwelling", "Theft offences", "Domestic burglary", "28A")
SOURCES = """
[sources.schools]
path = "data/schools_register.csv"
dataset = "school_register"

[[sources.indicator]]
name = "absence"
path = "data/schools_absence.csv"
dataset = "school_absence"
column = "sess_overall_percent"
worse = "higher"
combine = "mean"
pupils = "enrolments"
where = { education_phase = "Secondary" }

[[sources.indicator]]
name = "attainment"
path = "data/education_attainment.csv"
dataset = "attainment_by_district"
column = "attainment8_average"
worse = "lower"
combine = "mean"
where = { geography_basis = "Pupil residence" }

[[sources.indicator]]
name = "violent_admissions"
path = "data/fingertips_11201_district.csv"
dataset = "fingertips_11201_district"
column = "Value"
worse = "higher"
combine = "mean"

[[sources.recorded_crime]]
path = "data/recorded_crime.ods"
dataset = "recorded_crime_partnership"
year = 2025

[[sources.context]]
name = "Violence, crime survey"
path = "data/survey.csv"
level = "country"
unit = "incidents per 1,000 adults"
publisher = "Office for National Statistics"
licence = "Open Government Licence v3.0"
note = "invented for a test"
"""


@pytest.fixture(scope="module")
def land(city):
    """Every ward with its district and a point inside it, and the districts by name."""
    wards = gpd.read_file(city / files.BOUNDARIES).to_crs(27700)
    lookup = pd.read_csv(city / files.FORCE_LOOKUP)
    points = wards.representative_point()
    table = pd.DataFrame({
        "ward_code": wards["WD25CD"], "district": wards["LAD25CD"], "x": points.x.round(), "y": points.y.round(),
    })  # fmt: skip
    return table, lookup


def lines(*rows):
    text = "\n".join(",".join(map(str, row)) for row in rows)
    return ("\ufeff" + text + "\n").encode()


def publish_education(server, land):
    """A school in every second ward; a figure for every district; compressed without a header, as it comes."""
    wards = land[0].iloc[::2].reset_index()
    head = ("time_period", "time_identifier", "geographic_level", "school_urn", "education_phase", "enrolments",
            "sess_overall_percent")  # fmt: skip
    rows = [
        (202425, "Academic year", "School", 100_000 + n, phase, 100, 5 if phase == "Secondary" else 99)
        for n in wards.index for phase in ("Primary", "Secondary")
    ]  # fmt: skip
    server.route(get_dataset("school_absence").place.addresses[2025][0], gzip.compress(lines(head, *rows)))
    head = ("time_period", "time_identifier", "geographic_level", "lad_code", "geography_basis", "attainment8_average")
    rows = [
        (202425, "Academic year", "Local authority district", code, basis, 40 + n)
        for n, code in enumerate(sorted(set(land[0]["district"]))) for basis in ("Pupil residence", "School location")
    ]  # fmt: skip
    server.route(get_dataset("attainment_by_district").place.addresses[2025][0], gzip.compress(lines(head, *rows)))
    register = [("URN", "EstablishmentName", "Easting", "Northing")]
    register += [(100_000 + n, "A school", int(x), int(y)) for n, x, y in wards[["x", "y"]].itertuples()]
    server.route(f"{REGISTER}/*", lines(*register))


def publish_health(server, land):
    head = (
        "Indicator ID", "Indicator Name", "Area Code", "Area Name", "Area Type", "Sex", "Age", "Category Type",
        "Time period", "Value", "Lower CI 95.0 limit", "Upper CI 95.0 limit", "Count", "Denominator", "Value note",
        "Time period Sortable",
    )  # fmt: skip
    rows = [
        (11201, "Violent admissions", code, "", "Districts", "Persons", "All ages", "", "2020/21 - 22/23", 50, 45, 55,
         1, 100, "", 20200000)
        for code in sorted(set(land[0]["district"]))
    ]  # fmt: skip
    server.route(f"{BASE}/available_data", json.dumps([{"IndicatorId": 11201, "AreaTypeId": 501}]).encode())
    server.route(f"{BASE}/all_data/csv/by_indicator_id", lines(head, *rows))


def publish_recorded_crime(server, land, folder):
    head = ["Financial Year", "Financial Quarter", "Police Force", "CSP Name", "Offence Description", "Offence Group",
            "Offence Subgroup", "Offence Code", "Offence Count"]  # fmt: skip
    rows = [
        ["2024/25", f"Q{quarter}", row.PFA25NM, row.CSP25NM, *OFFENCE, 100_000]
        for row in land[1].itertuples() for quarter in range(1, 5)
    ]  # fmt: skip
    book = write_ods(folder / "csp.ods", {"Cover_sheet": [["Recorded crime"]], "2024_25": [head, *rows]})
    page = get_dataset("recorded_crime_partnership").place.page
    listed = [{"title": "CSP", "url": RECORDED, "content_type": "application/vnd.oasis.opendocument.spreadsheet"}]
    server.route(f"{CONTENT}/{page}", json.dumps({"details": {"attachments": listed}}).encode())
    server.route(RECORDED, book.read_bytes())


@pytest.fixture(scope="module")
def fetched(city, land, workbook, tmp_path_factory):
    """A study with every such source, brought from the servers by one call."""
    folder = tmp_path_factory.mktemp("others")
    with serve() as server:
        publish(server, city, workbook)
        publish_education(server, land)
        publish_health(server, land)
        publish_recorded_crime(server, land, folder)
        web = server.web(folder / "cache")
        path = place(write(web) + SOURCES, folder / "study")
        (path.parent / "data").mkdir()
        survey = "area,period,value\nEngland and Wales,2023/24,20.5\nEngland and Wales,2024/25,19.25\n"
        (path.parent / "data/survey.csv").write_text(survey)
        brought = fetch_study(read_study(path, must_exist=False), web=web)
        assert {one.dataset for one in brought if one.state == FETCHED} >= {
            "school_register", "school_absence", "attainment_by_district", "fingertips_11201_district",
            "recorded_crime_partnership",
        }  # fmt: skip
    return path


@pytest.fixture(scope="module")
def finished(fetched):
    folder = fetched.parent / "out"
    run_study(read_study(fetched), output=folder, edition="public")
    return folder


def test_figures_stand_under_names_that_say_whose_they_are(finished, land):
    wards = pd.read_csv(finished / "tables" / "wards.csv")
    assert not {"absence", "attainment", "violent_admissions"} & set(wards)
    with_school = set(land[0].iloc[::2]["ward_code"])
    expected = [5.0 if code in with_school else None for code in wards["ward_code"]]
    assert (
        wards["absence_at_schools"].astype(object).where(wards["absence_at_schools"].notna(), None).tolist() == expected
    )
    assert wards["absence_schools"].tolist() == [int(code in with_school) for code in wards["ward_code"]]
    assert wards["attainment_of_district"].nunique() == 1, "one district"
    assert wards["violent_admissions_of_district"].unique().tolist() == [50]
    assert wards["index_score"].notna().any(), "shown beside, and not part of the index"


def test_the_mark_is_in_every_output(finished):
    with (finished / "tables" / "data_dictionary.csv").open(encoding="utf-8") as stream:
        meanings = {(row["file"], row["column"]): row["meaning"] for row in csv.DictReader(stream)}
    assert WHERE_SCHOOLS_ARE in meanings["wards.csv", "absence_at_schools"]
    assert DISTRICT_MARK in meanings["wards.csv", "attainment_of_district"]
    assert DISTRICT_MARK in meanings["wards.csv", "violent_admissions_of_district"]
    report = (finished / "report.html").read_text(encoding="utf-8").replace("&#39;", "'")
    assert WHERE_SCHOOLS_ARE in report
    assert report.count(DISTRICT_MARK) == 2
    sources = {row["dataset"]: row for row in json.loads((finished / "run" / "provenance.json").read_text())["sources"]}
    assert WHERE_SCHOOLS_ARE in sources["Pupil absence in schools in England, by school"]["note"]
    assert DISTRICT_MARK in sources["Public health profiles (Fingertips)"]["note"]


def test_recorded_crime_and_larger_areas_stand_beside(finished):
    table = pd.read_csv(finished / "tables" / "recorded_crime_partnerships.csv")
    assert set(table["match"]) == {"compared"}
    assert table.loc[table["crime_type"] == "Burglary", "published"].tolist() == [100_000 / 3]
    assert table["far"].all()
    assert (
        not (finished / "tables" / "recorded_crime.csv").exists()
        or pd.read_csv(finished / "tables" / "recorded_crime.csv")["far"].all()
    )
    context = pd.read_csv(finished / "tables" / "context.csv")
    assert context["area"].unique().tolist() == ["England and Wales"]
    report = (finished / "report.html").read_text(encoding="utf-8")
    assert "community safety partnerships crimes placed in wards are far" in report
    assert report.count("2024/25: 19.25 (incidents per 1,000 adults)") == report.count('class="area-page')
    assert "says nothing of single wards" in report


def test_such_a_figure_cannot_be_scored(fetched):
    text = fetched.read_text(encoding="utf-8")
    scored = fetched.with_name("scored.toml")
    component = '\n[[index.component]]\ncolumn = "{}"\nweight = 1\n'
    scored.write_text(text + component.format("absence_at_schools"), encoding="utf-8")
    with pytest.raises(
        InputError, match="'absence_at_schools' is where schools are, not where pupils live; it is shown"
    ):
        check_study(read_study(scored))
