"""A study from a name to its results through served copies of the demo city, and all that fetching must leave alone."""

from __future__ import annotations

import filecmp
import io
import json
import shutil
import zipfile
from dataclasses import replace

import pandas as pd
import pytest
from builders.pipeline_fetch import (
    INDEX,
    SERVICES,
    SOURCES,
    place,
    publish,
    publish_index,
    write,
)
from serving import ranged, serve

from tipping_point.demo import files
from tipping_point.fetch import police_archive
from tipping_point.fetch.download import NotInCacheError
from tipping_point.hashing import hash_file
from tipping_point.pipeline import run_study
from tipping_point.pipeline.fetch import CHANGED, FETCHED, OWN, THERE, describe_brought, fetch_study, record_path
from tipping_point.study import read_study
from tipping_point.tables import InputError

CSVS = ("wards", "areas", "coverage", "reconciliation", "graph", "concentration", "data_dictionary")


@pytest.fixture(scope="module")
def server(city, workbook):
    with serve() as running:
        publish(running, city, workbook)
        yield running


@pytest.fixture(scope="module")
def web(server, tmp_path_factory):
    """A cache that all tests share, apart from those of an empty one."""
    return server.web(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def text(web):
    return write(web)


# --------------------------------------------------------------------------------------- the city, as it is served


@pytest.fixture
def study(text, tmp_path):
    return place(text, tmp_path / "study")


@pytest.fixture
def cold(server, tmp_path):
    return server.web(tmp_path / "cache")


def fetch(web, path):
    return fetch_study(read_study(path, must_exist=False), web=web)


def states(brought):
    return [one.state for one in brought]


# --------------------------------------------------------------------------------------------- the whole of it


def write_by_hand(path, city, residents, folder):
    """The same study from files that an analyst put together: the city's own, and the street files of its forces."""
    data = folder / "data"
    for made, name in (
        ("boundaries/wards_2025.geojson", files.BOUNDARIES), ("lookups/lsoa21_ward25_lad25.csv", files.WARD_LOOKUP),
        ("lookups/lad25_csp25_pfa25.csv", files.FORCE_LOOKUP),
        ("deprivation/File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv", files.DEPRIVATION),
    ):  # fmt: skip
        (data / made).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(city / name, data / made)
    (data / "population").mkdir()
    lines = ["LSOA 2021 Code,Total", *(f"{code},{total}" for code, total in residents)]
    (data / "population/population_mid2024_lsoa21.csv").write_text("\n".join(lines))
    (data / "police_uk").mkdir()
    with zipfile.ZipFile(city / files.CRIME) as whole, zipfile.ZipFile(data / "police_uk/2025-12.zip", "w") as part:
        for name in whole.namelist():
            if name.endswith(("-saltmere-street.csv", "-btp-street.csv")):
                part.writestr(name, whole.read(name))
    shutil.copyfile(path, folder / "study.toml")
    return folder / "study.toml"


def test_one_district_from_an_empty_cache_equals_the_same_study_from_files(server, cold, city, residents, tmp_path):
    path = place(write(cold), tmp_path / "fetched")
    publish_index(server, (city / files.DEPRIVATION).read_bytes(), cut_after=2_000)
    with pytest.raises(InputError, match=r"^data/deprivation/File_7_IoD2025.*cut") as caught:
        fetch(cold, path)
    assert len(caught.value.faults) == 1
    # The rest came all the same, and is not asked for again; the file that was cut goes on where it stopped.
    publish_index(server, (city / files.DEPRIVATION).read_bytes())
    before = len(server.calls)
    again = fetch(cold, path)
    assert sorted(states(again)) == [FETCHED] + [THERE] * (SOURCES - 1)
    asked = server.calls[before:]
    assert {call.path for call in asked} == {"/assets.publishing.service.gov.uk/media/1/" + INDEX.rpartition("/")[2]}
    # Three tries brought 2,000 bytes each.
    assert asked[0].headers["range"] == "bytes=6000-"

    by_hand = write_by_hand(path, city, residents, tmp_path / "by_hand")
    for one in (path, by_hand):
        run_study(read_study(one), output=one.parent / "out")
    mine, theirs = path.parent / "out", by_hand.parent / "out"
    tables = [name.name for name in (theirs / "tables").glob("*.csv")]
    assert set(tables) >= {f"{name}.csv" for name in CSVS}
    _, different, odd = filecmp.cmpfiles(mine / "tables", theirs / "tables", [*tables, "counts.parquet"], shallow=False)
    assert (different, odd) == ([], [])
    wards = pd.read_csv(mine / "tables" / "wards.csv")
    assert set(wards["district_name"]) == {"Saltmere"}
    assert wards["assessed"].sum() > 20
    assert wards["harm_rate"].notna().sum() == wards["assessed"].sum()

    # And without the network: what is there is left, what is gone comes from the cache, the same to the byte.
    before, hashes = len(server.calls), [one.sha256 for one in again]
    offline = replace(cold, offline=True)
    assert states(fetch(offline, path)) == [THERE] * SOURCES
    shutil.rmtree(path.parent / "data")
    from_cache = fetch(offline, path)
    assert states(from_cache) == [FETCHED] * SOURCES
    assert [one.sha256 for one in from_cache] == hashes
    assert len(server.calls) == before


def test_what_was_brought_is_recorded_and_told(web, study, city):
    brought = fetch(web, study)
    by_dataset = {one.dataset: one for one in brought}
    assert [*by_dataset] == [
        "ward_boundaries", "lookup_ward", "lookup_force", "population_mid_year", "iod2025", "police_uk_street",
    ]  # fmt: skip
    assert by_dataset["iod2025"].address == INDEX
    assert by_dataset["iod2025"].sha256 == hash_file(city / files.DEPRIVATION)
    assert by_dataset["police_uk_street"].address == f"{police_archive.BASE}/2025-12.zip"
    assert SERVICES["ward_boundaries"] in by_dataset["ward_boundaries"].address
    assert all(one.size == one.path.stat().st_size and one.fetched[:2] == "20" for one in brought)
    record = json.loads(record_path(study).read_text())
    entry = record["data/police_uk/2025-12.zip"]
    assert entry["settings"] == {
        "dataset": "police_uk_street", "archive": "2025-12", "forces": ["saltmere", "btp"], "start": "2023-01",
        "end": "2025-12",
    }  # fmt: skip
    assert entry["sha256"] == hash_file(study.parent / "data/police_uk/2025-12.zip")
    lines = describe_brought(brought, study=study)
    assert lines[0].startswith("data/boundaries/wards_2025.geojson: fetched, ")
    assert INDEX in "\n".join(lines)
    assert sorted(path.name for path in study.parent.iterdir()) == ["data", "study.fetched.json", "study.toml"]
    assert not [path for path in study.parent.rglob("*") if path.name.startswith(".")]


# --------------------------------------------------------------------------------------------- what is left alone


def test_a_file_that_fetch_did_not_bring_is_never_touched(web, study):
    own = study.parent / "data/boundaries/wards_2025.geojson"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    brought = fetch(web, study)
    assert states(brought) == [OWN] + [FETCHED] * (SOURCES - 1)
    assert own.read_text() == "mine"
    index = study.parent / "data/deprivation"
    (changed,) = index.iterdir()
    changed.write_text("changed by hand")
    assert CHANGED in states(fetch(web, study))
    assert changed.read_text() == "changed by hand"


def test_what_is_wanted_of_a_file_that_fetch_brought_may_change(web, study):
    first = fetch(web, study)
    study.write_text(study.read_text().replace('start = "2023-01"', 'start = "2024-07"'))
    second = fetch(web, study)
    assert states(second) == [THERE] * (SOURCES - 1) + [FETCHED]
    assert second[-1].size < first[-1].size
    with zipfile.ZipFile(second[-1].path) as archive:
        assert min(archive.namelist())[:7] == "2024-07"
    assert states(fetch(web, study)) == [THERE] * SOURCES


def test_stopped_by_hand_in_the_middle_and_run_again(server, study, tmp_path):
    def stop(text):
        if "lookup_force" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(server.web(tmp_path / "cache", tell=stop), study)
    assert len(json.loads(record_path(study).read_text())) == 2
    assert states(fetch(server.web(tmp_path / "cache"), study)) == [THERE] * 2 + [FETCHED] * (SOURCES - 2)


def test_a_record_without_its_file_is_no_hindrance(web, study):
    fetch(web, study)
    (study.parent / "data/lookups/lad25_csp25_pfa25.csv").unlink()
    assert states(fetch(web, study)).count(FETCHED) == 1
    record_path(study).write_text("{")
    with pytest.raises(InputError, match=r"record of what was fetched cannot be read .* delete it"):
        fetch(web, study)


# ----------------------------------------------------------------------------------------------------- what fails


def test_everything_missing_is_named_at_once_offline(cold, study):
    with pytest.raises(NotInCacheError) as caught:
        fetch(replace(cold, offline=True), study)
    said = "\n".join(caught.value.faults)
    for name in (
        "wards_2025.geojson",
        "lsoa21_ward25_lad25.csv",
        "population_mid2024",
        "File_7_IoD2025",
        "sources.crime",
    ):
        assert name in said
    assert "offline" in said


def test_a_file_without_a_dataset_that_is_not_there(web, study):
    text = study.read_text().replace('dataset = "iod2025"\n', "")
    study.write_text(text)
    with pytest.raises(InputError, match=r"File_7_IoD2025.*names no dataset to fetch") as caught:
        fetch(web, study)
    assert len(caught.value.faults) == 1
    assert (study.parent / "data/police_uk/2025-12.zip").exists()


def test_a_table_that_an_analyst_makes_is_not_looked_for(web, study):
    entry = '\n[[sources.context]]\nname = "A"\npath = "a.csv"\nlevel = "country"\nunit = "x"\npublisher = "y"\n'
    study.write_text(study.read_text() + entry)
    with pytest.raises(InputError, match=r"a\.csv: is not there, and no client brings it; docs/context\.md says how"):
        fetch(web, study)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('dataset = "iod2025"', 'dataset = "iod2030"', "Dataset 'iod2030' cannot be fetched; allowed are"),
        ("population_mid2024_lsoa21.csv", "population.xlsx", r"comes as '\.csv'; let the path end so"),
        ("data/police_uk/2025-12.zip", "data/crimes.zip", "is named after its archive; call it YYYY-MM.zip"),
        ("data/police_uk/2025-12.zip", "data/2015-12.zip", "no archive that the study names holds 2023-01, 2023-02"),
        ("district:Saltmere", "Saltmire", r"'Saltmire': no district, police force.*nearest: force:Saltmere"),
        ('end = "2025-12"', 'end = "2026-03"', r"no archive that .* holds 2026-01, 2026-02, 2026-03 \(3 month"),
        (
            'path = "data/lookups/lad25_csp25_pfa25.csv"', 'path = "data/lookups/lsoa21_ward25_lad25.csv"',
            "is to be 'lookup_ward' and 'lookup_force'; keep one",
        ),
    ],
)  # fmt: skip
def test_what_a_study_cannot_have(web, study, old, new, message):
    assert old in study.read_text()
    study.write_text(study.read_text().replace(old, new))
    with pytest.raises(InputError, match=message):
        fetch(web, study)


# --------------------------------------------------------------------------------------------- street files


def test_a_folder_takes_the_newest_archives_and_reads_alike(web, study, city):
    study.write_text(study.read_text().replace("data/police_uk/2025-12.zip", "data/police_uk"))
    (study.parent / "data/police_uk").mkdir(parents=True)
    brought = fetch(web, study)
    names = sorted(path.relative_to(brought[-1].path).as_posix() for path in brought[-1].path.rglob("*.csv"))
    assert names[0] == "2023-01/2023-01-btp-street.csv"
    assert {name.partition("/")[2][8:-11] for name in names} == {"btp", "saltmere"}
    with zipfile.ZipFile(city / files.CRIME) as archive:
        assert (brought[-1].path / names[1]).read_bytes() == archive.read(names[1])
    assert states(fetch(web, study)) == [THERE] * SOURCES


def test_two_archives_share_the_period(server, web, study):
    with zipfile.ZipFile(older := io.BytesIO(), "w") as archive:
        for month in ("2022-11", "2022-12", "2023-01"):
            archive.writestr(f"{month}/{month}-saltmere-street.csv", "older")
    server.route(f"{police_archive.BASE}/2023-01.zip", ranged(older.getvalue()))
    text = study.read_text()
    block = text[text.index("[[sources.crime]]") : text.index("# ward boundaries")]
    both = text.replace(block, block + block.replace("2025-12", "2023-01"))
    study.write_text(both.replace('start = "2023-01"', 'start = "2022-11"'))
    said = []
    brought = fetch(replace(web, tell=said.append), study)
    with zipfile.ZipFile(brought[-1].path) as archive:
        assert archive.namelist() == ["2022-11/2022-11-saltmere-street.csv", "2022-12/2022-12-saltmere-street.csv"]
    with zipfile.ZipFile(brought[-2].path) as archive:
        assert len(archive.namelist()) == 2 * 36
    assert "btp: no street file is published for 2 month(s): 2022-11, 2022-12" in said


def test_an_archive_of_which_nothing_is_wanted(web, study):
    text = study.read_text()
    block = text[text.index("[[sources.crime]]") : text.index("# ward boundaries")]
    study.write_text(text.replace(block, block + block.replace("2025-12", "2025-06")))
    with pytest.raises(InputError, match=r"nothing is wanted of 2025-06\.zip: .* Leave it out"):
        fetch(web, study)


def test_a_run_that_dies_while_it_replaces_a_file_leaves_none_that_is_not_known(web, study, monkeypatch):
    fetch(web, study)
    study.write_text(study.read_text().replace('start = "2023-01"', 'start = "2024-07"'))

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tipping_point.pipeline.fetch._write_record", die)
    with pytest.raises(KeyboardInterrupt):
        fetch(web, study)
    monkeypatch.undo()
    assert states(fetch(web, study)) == [THERE] * (SOURCES - 1) + [FETCHED]
