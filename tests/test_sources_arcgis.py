"""Feature services that behave as formats.md says the ONS Open Geography Portal does, and the files made of them."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from builders.sources_arcgis import lookup, publish, wards
from serving import Reply, serve

from tipping_point.facts.catalogue import find_dataset, load_datasets
from tipping_point.fetch.arcgis import BASE, fetch_layer, fetch_published, find_service, read_layer
from tipping_point.fetch.download import NotInCacheError
from tipping_point.sources.geography import read_boundaries, read_lookup
from tipping_point.tables import InputError


@pytest.fixture
def server():
    with serve() as running:
        running.route(
            f"{BASE}/*", Reply(b'{"error": {"code": 400, "message": "Invalid URL", "details": ["Invalid URL"]}}')
        )
        yield running


@pytest.fixture
def web(server, tmp_path):
    return server.web(tmp_path / "cache")


def list_services(server, *names):
    entries = [{"name": name, "type": "FeatureServer"} for name in names] + [{"name": "a_map", "type": "MapServer"}]
    server.route(BASE, Reply(json.dumps({"currentVersion": 11.5, "services": entries}).encode()))


def rows_asked(server):
    return [call.query.get("resultOffset") for call in server.asked("/query") if "outFields" in call.query]


# --------------------------------------------------------------------------------------------- whole files


def test_boundaries_are_a_file_that_the_reader_reads(server, web, tmp_path):
    publish(server, "WD_MAY_2023_UK_BGC", wards())
    path = fetch_published(web, "ward_boundaries", tmp_path / "study", year=2023)
    assert path == tmp_path / "study" / "WD_MAY_2023_UK_BGC.geojson"
    read = read_boundaries(path, ward_year=2023)
    assert read["ward_code"].tolist() == [f"E05{n:06d}" for n in range(10)]
    assert read["ward_name"].iloc[3] == "Ward, 3"
    assert read["district_name"].unique().tolist() == ["Liverpool"]
    assert read.geometry.is_valid.all()
    assert 330_000 < read.total_bounds[0] < 345_000
    assert find_dataset(path, section="boundaries", kind="").key == "ward_boundaries"
    assert rows_asked(server) == ["0", "4", "8"]


def test_a_lookup_is_a_file_that_the_reader_reads(server, web, tmp_path):
    publish(server, "LSOA21_WD24_LAD24_EW_LU", lookup())
    path = fetch_published(web, "lookup_ward", tmp_path, year=2024)
    assert path.name == "LSOA21_WD24_LAD24_EW_LU.csv"
    assert path.read_text().splitlines()[0] == "OBJECTID,LSOA21CD,LSOA21NM,LSOA21NMW,WD24CD,WD24NM,LAD24CD,LAD24NM"
    read = read_lookup(path)
    assert read.columns.tolist() == [
        "lsoa21_code", "lsoa21_name", "ward24_code", "ward24_name", "district24_code", "district24_name",
    ]  # fmt: skip
    assert len(read) == 10
    assert read["ward24_name"].unique().tolist() == ['The "Ward"']
    assert find_dataset(path, section="lookup", kind="").key == "lookup_ward"


def test_kept_in_the_cache_and_used_offline(server, web, tmp_path):
    publish(server, "LSOA21_WD24_LAD24_EW_LU", lookup())
    first = fetch_published(web, "lookup_ward", tmp_path / "a", year=2024)
    asked = len(server.calls)
    offline = replace(web, offline=True)
    assert fetch_published(offline, "lookup_ward", tmp_path / "b", year=2024).read_bytes() == first.read_bytes()
    assert len(server.calls) == asked
    with pytest.raises(NotInCacheError):
        fetch_published(offline, "lookup_force", tmp_path, year=2024)


# ---------------------------------------------------------------------------------------------------- traps


@pytest.mark.parametrize("make", [wards, lookup])
@pytest.mark.parametrize(
    "traps",
    [{}, {"short": 3}, {"flag": False}, {"empty_first": 2}, {"most": 100}, {"most": 10}, {"most": 10, "paged": False}],
)
def test_every_row_comes_once_however_the_pages_are(server, web, make, traps):
    service = make(**traps)
    publish(server, "S", service)
    fetched = fetch_layer(web, read_layer(web, "S"))
    text = fetched.path.read_text()
    if service.shapes:
        codes = [feature["properties"]["WD23CD"] for feature in json.loads(text)["features"]]
    else:
        codes = [row["LSOA21CD"] for row in csv.DictReader(io.StringIO(text))]
    assert codes == [f"E0{5 if service.shapes else 1}{n:06d}" for n in range(10)]


@pytest.mark.parametrize(
    ("traps", "message"),
    [
        ({"stops_at": 8}, "counts 10 rows, and 8 came: its answers were cut short"),
        ({"says": 12}, "counts 12 rows, and 10 came"),
        ({"says": 9}, "counts 9 rows, and 10 came"),
        ({"empty_first": 99}, "counts 10 rows, and 0 came"),
        ({"shift": 1}, "row OBJECTID 4 came twice; its pages overlap"),
        ({"paged": False}, r"gives 4 rows at a time, has 10, and does not support pages"),
        ({"says": "ten"}, "does not say how many rows it has"),
    ],
)
def test_what_is_cut_short_or_doubled_is_noticed_and_not_kept(server, web, traps, message):
    publish(server, "S", wards(**traps))
    layer = read_layer(web, "S")
    with pytest.raises(InputError, match=message):
        fetch_layer(web, layer)
    with pytest.raises(NotInCacheError):
        fetch_layer(replace(web, offline=True), layer)


def test_an_error_inside_a_200(server, web):
    busy = {"code": 503, "message": "An error occurred.", "details": []}
    service = lookup(failures=[busy, busy])
    publish(server, "S", service)
    layer = read_layer(web, "S")
    service.failures.append(
        {"code": 400, "message": "Cannot perform query.", "details": ["'Invalid field' is invalid"]}
    )
    with pytest.raises(InputError, match=r"error 400: Cannot perform query\. \('Invalid field' is invalid\)") as caught:
        fetch_layer(web, layer)
    assert caught.value.status == 400
    service.failures += [busy] * 3
    with pytest.raises(InputError, match="error 503: An error occurred"):
        fetch_layer(web, layer)
    assert fetch_layer(web, layer).entry.size


def test_a_page_in_place_of_json(server, web):
    server.route(f"{BASE}/S/FeatureServer/0", Reply(b"<html>Sign in</html>"))
    with pytest.raises(InputError, match="is a web page where JSON is wanted"):
        read_layer(web, "S")
    server.route(f"{BASE}/T/FeatureServer/0", Reply(b"[1]"))
    with pytest.raises(InputError, match="is not a JSON object"):
        read_layer(web, "T")
    server.route(f"{BASE}/U/FeatureServer/0", Reply(b'{"name": "U"}'))
    with pytest.raises(InputError, match="does not describe its fields"):
        read_layer(web, "U")


def test_a_moved_field_is_named(server, web, tmp_path):
    service = lookup()
    publish(
        server,
        "LSOA21_WD24_LAD24_EW_LU",
        replace(service, fields=tuple(f.replace("WD24CD", "WARD") for f in service.fields)),
    )
    with pytest.raises(
        InputError, match=r"LSOA21_WD24_LAD24_EW_LU lacks the field\(s\) WD\\d\\dCD .*; it has OBJECTID, .*WARD"
    ):
        fetch_published(web, "lookup_ward", tmp_path, year=2024)


# ------------------------------------------------------------------------------------ names that change


def test_a_name_that_is_gone_is_looked_for(server, tmp_path):
    said = []
    web = server.web(tmp_path / "cache", tell=said.append)
    publish(server, "LSOA21_WD24_LAD24_EW_LU_v2", lookup())
    list_services(server, "LSOA21_WD24_LAD24_EW_LU_v2", "LSOA21_WD25_LAD25_EW_LU_v2", "WD_MAY_2025_UK_BSC_V2")
    path = fetch_published(web, "lookup_ward", tmp_path, year=2024)
    assert path.name == "LSOA21_WD24_LAD24_EW_LU_v2.csv"
    assert said[0].endswith(
        "'LSOA21_WD24_LAD24_EW_LU' is no longer there; 'LSOA21_WD24_LAD24_EW_LU_v2' is taken for 'lookup_ward' of 2024"
    )


def test_a_new_year_is_looked_for_in_the_list(server, web):
    list_services(server, "Wards_May_2027_Boundaries_UK_BGC", "Wards_May_2027_Boundaries_UK_BSC", "WD_MAY_2026_UK_BGC")
    assert find_service(web, "ward_boundaries", year=2027) == "Wards_May_2027_Boundaries_UK_BGC"
    assert find_service(web, "ward_boundaries", year=2026) == "WD_MAY_2026_UK_BGC"


def test_several_and_none(server, web):
    list_services(server, "WD_MAY_2025_UK_BGC", "WD_DEC_2025_UK_BGC_V2")
    with pytest.raises(
        InputError, match="several services may hold 'ward_boundaries' of 2025: WD_DEC_2025_UK_BGC_V2, WD_MAY"
    ):
        find_service(web, "ward_boundaries", year=2025)
    with pytest.raises(
        InputError, match=r"no service holds .* of 2030; years in the catalogue: 2019, .*nearest names: WD_"
    ):
        find_service(web, "ward_boundaries", year=2030)
    with pytest.raises(InputError, match="'WD_MAY_2023_UK_BGC' is no longer there"):
        find_service(web, "ward_boundaries", year=2023)
    with pytest.raises(InputError, match="has no service"):
        find_service(web, "iod2025", year=2025)


def test_a_service_that_fails_is_not_one_that_is_gone(server, web):
    server.route(f"{BASE}/WD_MAY_2023_UK_BGC/FeatureServer/0", Reply(b"", 503))
    with pytest.raises(InputError, match="HTTP 503"):
        find_service(web, "ward_boundaries", year=2023)


def test_the_services_of_the_catalogue_fit_their_own_patterns():
    for dataset in load_datasets():
        for year, name in (dataset.services.names if dataset.services else {}).items():
            pattern = dataset.services.pattern.replace("{year}", str(year)).replace("{yy}", f"{year % 100:02d}")
            assert re.fullmatch(pattern, name), (dataset.key, name)
            section = dataset.recognise.section
            suffix = ".geojson" if section == "boundaries" else ".csv"
            assert find_dataset_key(name + suffix, section) == dataset.key


def find_dataset_key(name, section):
    return find_dataset(Path(name), section=section, kind="").key
