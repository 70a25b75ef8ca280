"""Figures of larger areas in a study: who lies in them, what the outputs say, and what is refused before any work."""

from __future__ import annotations

import pandas as pd
import pytest
from builders.studies import changed, with_sources

from tipping_point.pipeline.beside import place_beside, read_beside
from tipping_point.pipeline.read import describe_sources, prepare_wards
from tipping_point.study import read_study
from tipping_point.study.sections import Context
from tipping_point.tables import CONTEXT, InputError

SAID = {"unit": "per 1,000 adults", "publisher": "ONS"}


@pytest.fixture(scope="module")
def study(demo):
    return read_study(demo.study)


@pytest.fixture(scope="module")
def prepared(study):
    return prepare_wards(study)


@pytest.fixture
def figures(study, tmp_path):
    """A function: the study with a file of figures, 'area,period,value' lines."""

    def make(*files):
        sources = []
        for number, (name, level, *lines) in enumerate(files):
            path = tmp_path / f"{number}.csv"
            path.write_text("\n".join(["area,period,value", *lines]), encoding="utf-8")
            sources.append(Context(path=path, name=name, level=level, **SAID))
        return changed(with_sources(study, *sources), study={"synthetic": False})

    return make


def read(study, prepared):
    return read_beside(study, prepared.lookups, prepared.wards)


def first(wards, column):
    name = wards[column].iloc[0]
    return name, wards.index[wards[column] == name]


def test_each_level_holds_its_own_wards(figures, prepared):
    wards = prepared.wards
    force, of_force = first(wards, "force_name")
    district, of_district = first(wards, "district_name")
    partnership = prepared.partnerships[wards["district_code"].iloc[0]]
    beside = read(
        figures(
            ("A", "country", "England and Wales,2024,1", "Wales,2024,9"), ("B", "force", f'"{force}",2024,2'),
            ("C", "district", f"{wards['district_code'].iloc[0]},2024,3"),
            ("D", "partnership", f'"{partnership}",2024,4'),
        ),
        prepared,
    )  # fmt: skip
    assert beside.table["value"].tolist() == [1, 2, 3, 4], "no ward of the study lies in Wales"
    inside = [beside.wards[area] for area in beside.table["area"]]
    assert inside == [set(wards.index), set(of_force), set(of_district), set(of_district)]
    assert beside.table["area"].tolist()[:3] == [
        "England and Wales", f"{force} (police force area)", f"{district} (district)",
    ]  # fmt: skip
    assert list(beside.rows.values()) == [2, 1, 1, 1]
    other = wards.index[wards["district_name"] != district][0]
    areas = pd.DataFrame({"ward_codes": [f"{of_district[0]};{other}", other]}, index=["area-1", "area-2"])
    placed = place_beside(beside, areas)
    assert list(placed.columns) == [column.name for column in CONTEXT]
    assert placed["area_ids"].tolist()[0] == "area-1;area-2"
    assert placed["area_ids"].tolist()[2] == "area-1"


def test_a_study_without_any(study, prepared):
    beside = read(study, prepared)
    assert beside.table.empty
    assert list(place_beside(beside, pd.DataFrame()).columns) == [column.name for column in CONTEXT]


def test_what_the_study_says_of_a_figure_stands_among_the_sources(figures):
    study = figures(("Violence, crime survey", "country", "England,2024,1"))
    row = describe_sources(study, {}).iloc[-1]
    assert (row["dataset"], row["publisher"], row["licence"]) == ("Violence, crime survey", "ONS", "")
    assert (
        describe_sources(changed(study, study={"synthetic": True}), {}).iloc[-1]["publisher"] == "made by this package"
    )


def test_every_fault_of_every_file_at_once(figures, prepared):
    study = figures(
        ("A", "force", "Atlantis,2024,1"), ("A", "country", "England,sometime,1"), ("C", "country", "Wales,2024,1")
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        read(study, prepared)
    said = "\n".join(caught.value.faults)
    for part in (
        "the name 'A' stands twice", "which is no force of the lookups", "no period that is understood",
        "no ward of the study lies in any country of it",
    ):  # fmt: skip
        assert part in said
    assert len(caught.value.faults) == 4


def test_the_study_file_refuses_wards_and_what_is_missing(demo, tmp_path):
    entry = '\n[[sources.context]]\nname = "A"\npath = "a.csv"\nlevel = "ward"\nunit = "x"\ncolour = "red"\n'
    path = tmp_path / "study.toml"
    path.write_text(demo.study.read_text(encoding="utf-8") + entry, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_study(path, must_exist=False)
    said = "\n".join(caught.value.faults)
    assert "'ward' was given; it must be one of country, force, partnership, district (a figure of wards or" in said
    assert "publisher: is missing" in said
    assert "colour: unknown key" in said
