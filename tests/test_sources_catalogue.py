from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pandas as pd
import pytest

from tipping_point.facts.catalogue import OWN, describe_file, find_dataset, load_datasets, stale_notes
from tipping_point.sources.deprivation import KINDS
from tipping_point.tables import SOURCES

OGL = "Open Government Licence v3.0"


def describe(path, section, kind="", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"abc")
    return describe_file(path, section=section, kind=kind, **options)


def test_entries_are_whole_and_keys_unique():
    datasets = load_datasets()
    assert len({dataset.key for dataset in datasets}) == len({dataset.title for dataset in datasets}) == len(datasets)
    for dataset in datasets:
        assert dataset.title
        assert dataset.publisher
        assert dataset.licence
        assert dataset.attribution
        if dataset.recognise:
            assert dataset.recognise.kinds or dataset.recognise.files, "an entry may not take every file of a section"
            for pattern in dataset.recognise.files:
                re.compile(pattern)


@pytest.mark.parametrize(
    ("section", "kind", "name", "key"),
    [
        ("crime", "police_uk", "2019-02.zip", "police_uk_street"),
        ("crime", "metropolitan_wards", "any.csv", "metropolitan_wards"),
        ("boundaries", "", "WD_DEC_2019_EW_BGC.geojson", "ward_boundaries"),
        ("boundaries", "", "Wards_December_2024_Boundaries_UK_BGC.gpkg", "ward_boundaries"),
        ("boundaries", "", "my wards.gpkg", "own"),
        ("lookup", "", "lookup_lsoa11_lsoa21_ltla22.csv", "lookup_lsoa"),
        ("lookup", "", "LSOA11_LSOA21_LAD22_EW_LU_v5.csv", "lookup_lsoa"),
        ("lookup", "", "lookup_lsoa21_ward24_ltla24.csv", "lookup_ward"),
        (
            "lookup",
            "",
            "Lower_Layer_Super_Output_Area_(2011)_to_Ward_(2019)_Lookup_in_England_and_Wales.csv",
            "lookup_ward",
        ),
        (
            "lookup",
            "",
            "LSOA_(2021)_to_Electoral_Ward_(2025)_to_LAD_(2025)_Best_Fit_Lookup_in_EW_v2.csv",
            "lookup_ward",
        ),
        ("lookup", "", "LSOA21_WD24_LAD24_EW_LU.csv", "lookup_ward"),
        ("lookup", "", "lookup_ltla24_csp24_pfa24.csv", "lookup_force"),
        ("lookup", "", "LAD24_CSP24_PFA24_EW_LU.csv", "lookup_force"),
        ("lookup", "", "lookup_ltla24_region24.csv", "lookup_region"),
        ("lookup", "", "LAD25_CAUTH25_EN_LU.csv", "lookup_region"),
        ("population", "lsoa_mid_year", "x.xlsx", "population_mid_year"),
        ("population", "census_ts001", "census2021-ts001-lsoa.csv", "census_ts001"),
        ("population", "any", "census2021-ts007a-lsoa.csv", "census_2021"),
        ("population", "any", "mine.csv", "own"),
        ("indicator", "", "IoD2019_underlying_indicators_lsoa11.csv", "iod2019_indicators"),
        ("indicator", "", "IoD2025_underlying_indicators_lsoa21.csv", "iod2025_indicators"),
        ("indicator", "", "ward-profiles-excel-version.csv", "gla_wards"),
        ("indicator", "", "ksi.csv", "own"),
        *(("deprivation", kind, "x.csv", kind) for kind in KINDS),
    ],
)
def test_files_are_recognised(section, kind, name, key):
    assert find_dataset(Path("anywhere") / name, section=section, kind=kind).key == key


def test_description_has_the_columns_of_the_schema(tmp_path):
    described = describe(tmp_path / "WD_DEC_2019_EW_BGC.geojson", "boundaries")
    assert set(described) == {column.name for column in SOURCES}
    assert described["bytes"] == 3
    assert described["sha256"] == hashlib.sha256(b"abc").hexdigest()
    assert described["rows"] is None
    assert described["kind"] == "ward_boundaries"
    assert described["licence"] == OGL
    assert described["attribution"] == (
        "Source: Office for National Statistics licensed under the Open Government Licence v.3.0."
        " Contains OS data © Crown copyright and database right 2019."
    )


def test_attribution_takes_the_latest_year_of_the_name(tmp_path):
    name = "LSOA_(2021)_to_Electoral_Ward_(2025)_to_LAD_(2025)_Best_Fit_Lookup_in_EW_v2.csv"
    assert describe(tmp_path / name, "lookup")["attribution"].endswith("right 2025.")
    assert describe(tmp_path / "lookup_ltla24_csp24_pfa24.csv", "lookup")["attribution"].endswith("right 2024.")


def test_a_file_of_the_user_has_no_known_publisher_or_licence(tmp_path):
    described = describe(tmp_path / "mine.csv", "indicator")
    assert described["publisher"] == OWN.publisher == "publisher not known"
    assert described["licence"] == described["attribution"] == ""


def test_files_of_the_demo_are_called_synthetic_whatever_their_names(tmp_path):
    described = describe(tmp_path / "2019-02.zip", "crime", "police_uk", synthetic=True)
    assert described["dataset"] == "Synthetic city of the demo"
    assert "SYNTHETIC" in described["attribution"]
    assert described["kind"] == "police_uk"
    assert stale_notes(pd.DataFrame([described]), end="2025-06") == []


def test_a_folder_is_hashed_by_names_and_contents(tmp_path):
    def of(folder, files):
        for name, content in files.items():
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).write_text(content)
        return describe_file(tmp_path / folder, section="crime", kind="police_uk")

    one, same = of("one", {"a": "1", "m/b": "22"}), of("same", {"m/b": "22", "a": "1"})
    assert one["bytes"] == 3
    assert one["sha256"] == same["sha256"]
    assert of("renamed", {"a": "1", "m/c": "22"})["sha256"] != one["sha256"]
    assert of("changed", {"a": "1", "m/b": "23"})["sha256"] != one["sha256"]


def test_what_is_stale_is_said_in_sentences(tmp_path):
    sources = pd.DataFrame(
        [
            describe(tmp_path / "2019-02.zip", "crime", "police_uk"),
            describe(tmp_path / "latest.zip", "crime", "police_uk"),
            describe(tmp_path / "WD_DEC_2019_EW_BGC.geojson", "boundaries"),
            describe(tmp_path / "File_9.csv", "deprivation", "iod2019"),
            describe(tmp_path / "new.csv", "deprivation", "iod2025"),
            describe(tmp_path / "wales.csv", "deprivation", "wimd2019"),
            describe(tmp_path / "population_mid2019_lsoa11.csv", "population", "lsoa_mid_year"),
            describe(tmp_path / "mine.csv", "indicator"),
        ]
    )
    notes = stale_notes(sources, end="2025-06")
    assert len(notes) == 5
    assert notes[0].startswith("2019-02.zip is the archive of 2019-02.")
    assert "'With the exception of the latest month's archive, the data on this page is out of date" in notes[0]
    assert notes[1] == "WD_DEC_2019_EW_BGC.geojson: ward boundaries of 2019; those of 2026 are published."
    assert "English Indices of Deprivation 2019 is superseded by English Indices of Deprivation 2025." in notes[2]
    assert "superseded by Welsh Index of Multiple Deprivation 2025" in notes[3]
    assert notes[4].startswith("population_mid2019_lsoa11.csv: residents of 2019, and the period ends 2025-06")
    assert stale_notes(sources.iloc[[6]], end="2020-12") == []
    assert stale_notes(sources.iloc[:0], end="2020-12") == []
    assert not any(str(tmp_path) in note for note in notes), "notes go into outputs: no absolute path"


@pytest.mark.real
def test_real_files_are_all_known(real_data):
    for path in (real_data / "lookups").glob("*.csv"):
        assert find_dataset(path, section="lookup", kind="").key != "own"
    described = describe_file(real_data / "police_uk" / "2019-02.zip", section="crime", kind="police_uk")
    assert described["bytes"] == 79_636_849
