"""A Welsh force from its name to its wards: boundaries, lookups, residents and the Welsh index, each by one call."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from builders.pipeline_fetch import RESIDENTS, STORE, Layer, place
from builders.sources_stats_wales import DOMAINS
from builders.sources_workbook import write_ods, write_xlsx
from serving import Reply, ranged, redirect, serve

from tipping_point.facts.catalogue import get_dataset
from tipping_point.fetch import arcgis, police_archive
from tipping_point.pipeline import check_study
from tipping_point.pipeline.fetch import FETCHED, fetch_study
from tipping_point.pipeline.new_study import new_study
from tipping_point.pipeline.read import add_context, prepare_wards
from tipping_point.study import read_study
from tipping_point.tables import months_between

DISTRICTS = {"W06000015": "Cardiff", "W06000011": "Swansea"}
WARDS = [(f"W0500{n:04d}", f"Ward {n}", list(DISTRICTS)[n % 2]) for n in range(6)]
SMALL = [(f"W01{n:06d}", ward) for n, (ward, _, _) in enumerate(WARDS)]
MONTHS = months_between("2025-01", "2025-12")
STREET = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
STREET += "Last outcome category,Context"


def square(number):
    west, south = -3.2 + 0.01 * number, 51.5
    ring = [[west, south], [west + 0.01, south], [west + 0.01, south + 0.01], [west, south + 0.01], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def publish_portal(server):
    shapes = [square(n) for n in range(len(WARDS))]
    layers = {
        ("ward_boundaries", 2024): Layer(
            [{"WD24CD": code, "WD24NM": name, "LAD24CD": own, "LAD24NM": DISTRICTS[own]} for code, name, own in WARDS],
            shapes,
        ),
        ("lookup_ward", 2024): Layer([
            {"LSOA21CD": small, "LSOA21NM": small, "WD24CD": code, "WD24NM": name, "LAD24CD": own,
             "LAD24NM": DISTRICTS[own]}
            for (small, _), (code, name, own) in zip(SMALL, WARDS, strict=True)
        ]),
        ("lookup_force", 2024): Layer([
            {"LAD24CD": code, "LAD24NM": name, "CSP24CD": f"W140000{code[-2:]}", "CSP24NM": name,
             "PFA24CD": "W15000003", "PFA24NM": "South Wales"}
            for code, name in DISTRICTS.items()
        ]),
    }  # fmt: skip
    server.route(arcgis.BASE, Reply(json.dumps({"services": []}).encode()))
    for (key, year), layer in layers.items():
        url = f"{arcgis.BASE}/{get_dataset(key).services.names[year]}/FeatureServer/0"
        server.route(url, layer.describe)
        server.route(f"{url}/query", layer.query)


def publish_files(server, folder):
    names = ["LAD 2023 Code", "LAD 2023 Name", "LSOA 2021 Code", "LSOA 2021 Name", "Total", "F0"]
    rows = [["W06000015", "Cardiff", small, small, 1_500 + n, 1] for n, (small, _) in enumerate(SMALL)]
    head = [["Notes", None], [None, None], [None, None], names]
    sheets = {f"Mid-{year} LSOA 2021": [*head, *rows] for year in (2022, 2023, 2024)}
    server.route(RESIDENTS, write_xlsx(folder / "a.xlsx", sheets).read_bytes())
    header = ["LSOA code ", "LSOA name ", "Local Authority ", "WIMD 2025 ", *(f"{d} " for d in DOMAINS),
              "Physical Environment "]  # fmt: skip
    body = [[small, small, "Cardiff", *[10.3 * (n + 1)] * 9] for n, (small, _) in enumerate(SMALL)]
    index = write_ods(folder / "a.ods", {"Cover": [["A title"]], "Data": [["Notes"], ["Notes"], header, *body]})
    server.route(get_dataset("wimd2025").place.addresses[2025][0], index.read_bytes())
    store = io.BytesIO()
    with zipfile.ZipFile(store, "w") as archive:
        for month in MONTHS:
            lines = [STREET, *(
                f",{month},South Wales Police,South Wales Police,-3.19,51.505,On or near,{small},{small},Burglary,,"
                for small, _ in SMALL
            )]  # fmt: skip
            archive.writestr(f"{month}/{month}-south-wales-street.csv", "\n".join(lines) + "\n")
            archive.writestr(f"{month}/{month}-gwent-street.csv", "not asked for")
    for name in ("latest", "2025-12"):
        server.route(f"{police_archive.BASE}/{name}.zip", redirect(f"{STORE}/2025-12.zip"))
    server.route(f"{STORE}/2025-12.zip", ranged(store.getvalue()))


@pytest.fixture
def web(tmp_path):
    with serve() as server:
        publish_portal(server)
        publish_files(server, tmp_path)
        yield server.web(tmp_path / "cache")


def test_a_welsh_force_by_one_call(web, tmp_path):
    path = place(new_study(["force:South Wales"], web=web, ward_year=2024, start="2025-01"), tmp_path / "study")
    brought = fetch_study(read_study(path, must_exist=False), web=web)
    assert {one.state for one in brought} == {FETCHED}
    assert {one.dataset for one in brought} == {
        "ward_boundaries", "lookup_ward", "lookup_force", "population_mid_year", "wimd2025", "police_uk_street",
    }  # fmt: skip
    with zipfile.ZipFile(path.parent / "data/police_uk/2025-12.zip") as archive:
        assert all("gwent" not in name for name in archive.namelist())
    study = read_study(path)
    prepared, weights = add_context(study, prepare_wards(study))
    assert set(weights) == {"Wales"}
    wards = prepared.wards
    assert set(wards["country"]) == {"Wales"}
    assert set(wards["force_name"]) == {"South Wales"}
    assert wards["population"].tolist() == [1_500 + n for n in range(6)]
    assert wards["deprivation"].is_monotonic_increasing, "scores rise from ward to ward"
    findings = check_study(study)
    assert any("6, of which 6 can be assessed" in line for line in findings.reads)
