"""Explore Education Statistics as formats.md has it: files compressed without a header, marks, queries page by page."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from serving import Reply, serve

from tipping_point.fetch.download import DownloadError
from tipping_point.sources.explore_education import (
    API,
    CATALOGUE,
    SCHOOL_SUSPENSIONS,
    fetch_catalogue_file,
    fetch_query,
    read_education,
)
from tipping_point.tables import InputError

SCHOOLS = (
    "school_urn,time_period,geographic_level,time_identifier,lad_code,headcount,suspension,susp_rate,perm_excl,"
    "perm_excl_rate\n"
    "100001,202223,School,Academic year,E08000012,766,95,12.4,0,0.0\n"
    "100002,202223,School,Academic year,E08000012,100,x,x,x,x\n"
    "100001,202122,School,Academic year,E08000012,700,70,10.0,0,0.0\n"
    ",202223,Local authority district,Academic year,E08000012,8000,500,6.3,0,0.0\n"
    ",202223,National,Academic year,,9000000,1,7.0,0,0.0\n"
)
URL = f"{CATALOGUE}/{SCHOOL_SUSPENSIONS}/csv"
COLUMNS = ("school_urn", "susp_rate")


@pytest.fixture
def server():
    with serve() as running:
        yield running


@pytest.fixture
def web(server, tmp_path):
    return server.web(tmp_path / "cache")


@pytest.fixture
def schools(tmp_path):
    (tmp_path / "education_suspensions.csv").write_text(SCHOOLS)
    return tmp_path / "education_suspensions.csv"


# ------------------------------------------------------------------------------------------- the catalogue


@pytest.mark.parametrize("pack", [lambda body: body, gzip.compress], ids=["plain", "gzip without a header"])
def test_a_file_of_the_catalogue(server, web, tmp_path, pack):
    server.route(URL, pack(b"\xef\xbb\xbf" + SCHOOLS.encode()))
    path = fetch_catalogue_file(web, SCHOOL_SUSPENSIONS, tmp_path / "schools_a.csv", columns=COLUMNS)
    assert read_education(path, column="susp_rate", level="school")["area_code"].tolist() == ["100001", "100002"]


@pytest.mark.parametrize(
    ("reply", "sense"),
    [
        (
            Reply(SCHOOLS.replace("susp_rate", "rate").encode()),
            r"lacks the column\(s\) susp_rate; its header is school_urn",
        ),
        (Reply(b"<html>Sorry, there is a problem"), "is a web page"),
        (Reply(gzip.compress(SCHOOLS.encode())[:60]), "the compressed body is cut short"),
        (Reply(b"", 404), r"HTTP 404 \(not found\)"),
        (Reply(b"", 429), r"HTTP 429 \(too many requests\); 3 tries"),
    ],
)
def test_what_is_no_such_file(server, web, tmp_path, reply, sense):
    server.route(URL, reply)
    with pytest.raises(DownloadError, match=sense):
        fetch_catalogue_file(web, SCHOOL_SUSPENSIONS, tmp_path / "a.csv", columns=COLUMNS)
    assert not (tmp_path / "a.csv").exists()


def test_schools_of_the_newest_year_with_suppressed_ones_missing(schools):
    read = read_education(schools, column="susp_rate", level="school", pupils="headcount")
    assert read["area_code"].tolist() == ["100001", "100002"]
    np.testing.assert_array_equal(read["value"], [12.4, np.nan])
    assert read["mark"].tolist() == ["", "x"]
    assert read["pupils"].tolist() == [766.0, 100.0]
    assert set(read["level"]) == {"school"}
    assert set(read["period"]) == {"202223"}


def test_a_district_is_its_own_row_and_not_that_of_a_school_in_it(schools):
    read = read_education(schools, column="susp_rate", level="district")
    assert read[["area_code", "level", "value"]].to_numpy().tolist() == [["E08000012", "district", 6.3]]
    assert read_education(schools, column="susp_rate", level="school", period="202122")["value"].tolist() == [10.0]


@pytest.mark.parametrize("mark", ["z", "x", "c", "low", ":"])
def test_every_mark_is_missing(tmp_path, mark):
    (tmp_path / "a.csv").write_text(SCHOOLS.replace("95,12.4", f"95,{mark}"))
    read = read_education(tmp_path / "a.csv", column="susp_rate", level="school")
    assert read["value"].isna().all()
    assert read["mark"].tolist() == [mark, "x"]


@pytest.mark.parametrize(
    ("options", "sense"),
    [
        ({"level": "ward"}, "level 'ward' is not published here; allowed are school, district, region, country"),
        (
            {"level": "region"},
            "has no column of region codes .*: it is not by region. A figure of a larger area is not copied",
        ),
        ({"column": "susp"}, "column 'susp' is not in the header"),
        ({"column": "time_identifier"}, "has 'Academic year' in 'time_identifier', which is not a number"),
        ({"period": "202425"}, "nothing of '202425'; its periods are 202122, 202223"),
        ({"where": {"lad_code": "E09000001"}}, "no row with lad_code = 'E09000001'"),
    ],
)
def test_what_the_file_does_not_have(schools, options, sense):
    with pytest.raises(InputError, match=sense):
        read_education(schools, **{"column": "susp_rate", "level": "school", **options})


def test_a_file_of_schools_alone_gives_no_district(tmp_path):
    (tmp_path / "a.csv").write_text("\n".join(line for line in SCHOOLS.splitlines() if "Local" not in line))
    with pytest.raises(InputError, match="nothing is published by district; its levels are national, school"):
        read_education(tmp_path / "a.csv", column="susp_rate", level="district")


def test_several_rows_of_an_area_say_what_tells_them_apart(tmp_path):
    (tmp_path / "a.csv").write_text(
        "time_period,geographic_level,lad_code,breakdown,rate\n"
        "202425,Local authority district,E08000012,Total,5\n202425,Local authority district,E08000012,Girls,4\n"
    )
    with pytest.raises(
        InputError, match=r"E08000012 stands on several rows of 202425; .* columns are geographic_level, breakd"
    ):
        read_education(tmp_path / "a.csv", column="rate", level="district")
    read = read_education(tmp_path / "a.csv", column="rate", level="district", where={"breakdown": "Total"})
    assert read["value"].tolist() == [5.0]


# ------------------------------------------------------------------------------------------------- the API

META = {
    "filters": [{"id": "f1", "column": "education_phase", "label": "Phase", "options": [
        {"id": "o1", "label": "Primary"}, {"id": "o2", "label": "Secondary"}]}],
    "indicators": [{"id": "i1", "column": "sess_overall_percent", "label": "Absence rate", "unit": "%"}],
    "geographicLevels": [{"code": "LAD", "label": "Local authority district"}],
    "locations": [{"level": {"code": "LAD", "label": "Local authority districts"}, "options": [
        {"id": "a1", "label": "Liverpool", "code": "E08000012"},
        {"id": "a2", "label": "Sefton", "code": "E08000014"}]}],
    "timePeriods": [{"code": "AY", "period": "2022/2023", "label": "2022/23"}],
}  # fmt: skip
RESULTS = [
    {"timePeriod": {"code": "AY", "period": "2022/2023"}, "geographicLevel": "LAD",
     "locations": {"NAT": "n", "LAD": area}, "filters": {"f1": phase}, "values": {"i1": value}}
    for area, phase, value in (("a1", "o1", "6.1"), ("a1", "o2", "9.2"), ("a2", "o1", "c"))
]  # fmt: skip
DATA_SET = "019d209b-b031-7497-8205-af255b581d91"


def publish(server, results=RESULTS, *, size=2, total=None, warnings=()):
    server.route(f"{API}/data-sets/{DATA_SET}/meta", json.dumps(META).encode())

    def query(call):
        body = json.loads(call.body)
        assert call.method == "POST"
        assert call.headers["content-type"] == "application/json"
        page = results[(body["page"] - 1) * size : body["page"] * size]
        paging = {"page": body["page"], "pageSize": size, "totalPages": -(-len(results) // size),
                  "totalResults": len(results) if total is None else total}  # fmt: skip
        return Reply(
            gzip.compress(json.dumps({"paging": paging, "warnings": list(warnings), "results": page}).encode())
        )

    server.route(f"{API}/data-sets/{DATA_SET}/query", query)


def ask(web, tmp_path, **options):
    wanted = {"indicators": ["sess_overall_percent"], "criteria": {"geographicLevels": {"eq": "LAD"}}, **options}
    return fetch_query(web, DATA_SET, tmp_path / "education_absence.csv", **wanted)


def test_a_query_is_read_page_after_page_and_its_ids_are_named(server, web, tmp_path):
    publish(server)
    assert ask(web, tmp_path).read_text().splitlines() == [
        "time_period,geographic_level,area_code,area_name,education_phase,sess_overall_percent",
        "2022/2023,LAD,E08000012,Liverpool,Primary,6.1",
        "2022/2023,LAD,E08000012,Liverpool,Secondary,9.2",
        "2022/2023,LAD,E08000014,Sefton,Primary,c",
    ]
    bodies = [json.loads(call.body) for call in server.asked("/query")]
    assert [body["page"] for body in bodies] == [1, 2]
    assert bodies[0]["indicators"] == ["i1"]
    assert bodies[0]["criteria"] == {"geographicLevels": {"eq": "LAD"}}
    ask(server.web(web.cache.folder, offline=True), tmp_path)
    ask(web, tmp_path, indicators=["i1"])
    assert len(server.asked("/query")) == 2


def test_queries_that_have_no_whole_answer(server, web, tmp_path):
    publish(server, total=5)
    with pytest.raises(InputError, match="counts 5 results, and 3 came: its answers were cut short"):
        ask(web, tmp_path)
    publish(server, [], warnings=[{"message": "The query did not return any results.", "code": "QueryNoResults"}])
    with pytest.raises(InputError, match=r"the query has no results \(The query did not return any results.\)"):
        ask(web, tmp_path)
    with pytest.raises(InputError, match="has no indicator rate; it has sess_overall_percent"):
        ask(web, tmp_path, indicators=["rate"])


@pytest.mark.parametrize(
    ("reply", "sense"),
    [
        (Reply(b'{"title":"There are validation errors with the request.","status":400}', 400),
         "HTTP 400: .*There are validation errors"),
        (Reply(b'{"title":"There are validation errors with the request."}'),
         "has no results and paging, .*: There are validation errors with the request."),
        (Reply(b'{"results": [], "paging": {"page": 1}}'), "does not say how many results and pages there are"),
        (Reply(b"", 504), "HTTP 504; 3 tries"),
        (Reply(b"<html>"), "a web page where JSON is wanted"),
    ],
)  # fmt: skip
def test_errors_of_the_api(server, web, tmp_path, reply, sense):
    publish(server)
    server.route(f"{API}/data-sets/{DATA_SET}/query", reply)
    with pytest.raises(DownloadError, match=sense):
        ask(web, tmp_path)


def test_a_meta_without_what_it_must_have(server, web, tmp_path):
    publish(server)
    server.route(f"{API}/data-sets/{DATA_SET}/meta", b'{"filters": []}')
    with pytest.raises(DownloadError, match="has no indicators, locations, as the meta of a data set has"):
        ask(web, tmp_path)
