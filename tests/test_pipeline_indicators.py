"""Indicators that are not the ward's own: whose they are, under which name they stand, and that none is scored."""

from __future__ import annotations

import numpy as np
import pytest
from builders.studies import changed, with_sources

from tipping_point.pipeline.indicators import (
    add_other_indicators,
    describe_indicators,
    level_of,
    mark_of,
    own_indicators,
)
from tipping_point.pipeline.read import describe_sources
from tipping_point.sources.levels import WHERE_SCHOOLS_ARE
from tipping_point.study import read_study
from tipping_point.study.sections import IndexComponent, Indicator, Schools
from tipping_point.tables import InputError

ABSENCE = "time_period,geographic_level,school_urn,enrolments,rate"


@pytest.fixture(scope="module")
def study(demo):
    return changed(read_study(demo.study), index={"component": ()}, study={"synthetic": False})


@pytest.fixture
def wards(lattice):
    """Two wards of each of two districts."""
    return lattice(2, 2, district_code=["E06000001", "E06000001", "E06000002", "E06000002"])


@pytest.fixture
def files(study, tmp_path):
    """A function: the study with an indicator and what its file holds."""
    register = tmp_path / "schools_register.csv"
    register.write_text("URN,Easting,Northing\n100001,500,500\n100002,600,600\n100003,1500,500\n100004,500,1500\n")

    def make(text, *, schools=True, **options):
        path = tmp_path / "figures.csv"
        path.write_text(text, encoding="utf-8")
        said = {"name": "absence", "column": "rate", "worse": "higher", "combine": "mean", **options}
        own = [Indicator(path=path, **said), *([Schools(path=register)] if schools else [])]
        return with_sources(study, *own, without="indicator")

    return make


def schools(*rows):
    return "\n".join([ABSENCE, *(f"202425,School,{row}" for row in rows)])


def test_schools_are_assigned_to_wards_and_say_so(files, wards):
    study = files(
        schools("100001,100,10", "100002,300,20", "100003,50,x"), dataset="school_absence", pupils="enrolments"
    )
    result, rows = add_other_indicators(study, wards)
    # (100 x 10 + 300 x 20) / 400; the second ward's only school is suppressed, the others have none.
    np.testing.assert_array_equal(result["absence_at_schools"], [17.5, np.nan, np.nan, np.nan])
    assert result["absence_schools"].tolist() == [2, 0, 0, 0]
    assert "absence" not in result
    assert list(rows.values()) == [3]
    figure, number = describe_indicators(study)
    assert figure.name == "absence_at_schools"
    assert f"rate of figures.csv: {WHERE_SCHOOLS_ARE}; shown beside and never scored" == figure.meaning
    assert figure.unit == WHERE_SCHOOLS_ARE
    assert number.name == "absence_schools"


def test_a_districts_figure_stands_under_a_name_of_its_own(files, wards, caplog):
    text = "code,rate\nE06000001,5\nE06000003,9\n"
    study = files(text, level="district", code_column="code")
    result, _ = add_other_indicators(study, wards)
    np.testing.assert_array_equal(result["absence_of_district"], [5, 5, np.nan, np.nan])
    assert "absence" not in result
    (column,) = describe_indicators(study)
    assert "a district's figure, the same for all its wards; context only; shown beside and never" in column.meaning
    assert column.unit == "of its district, not of the ward"
    assert "absence_of_district" not in wards, "the input is left as it was"
    assert "no figure of 1 district(s), whose wards stay blank: E06000002" in caplog.text


def test_the_sources_carry_the_mark(files):
    for options, mark in (({"level": "district"}, "a district's figure, the same"), ({"level": "school"}, "where sch")):
        table = describe_sources(files("code,rate\nE06000001,5\n", **options), {})
        assert mark in table.loc[table["section"] == "indicator", "note"].squeeze()
        assert table.loc[table["section"] == "lookup", "note"].str.contains(mark).sum() == 0
    named = files("code,rate\nE06000001,5\n", dataset="attainment_by_district")
    row = describe_sources(named, {}).set_index("section").loc["indicator"]
    assert row["publisher"] == "Department for Education"
    assert row["licence"] == "Open Government Licence v3.0"
    assert row["note"].endswith("a district's figure, the same for all its wards; context only.")


@pytest.mark.parametrize(
    ("options", "level"),
    [
        ({}, "ward"), ({"level": "ward"}, "ward"), ({"dataset": "school_absence"}, "school"),
        ({"dataset": "attainment_by_district"}, "district"), ({"dataset": "fingertips_93239"}, "ward"),
        ({"dataset": "fingertips_11201_district"}, "district"), ({"dataset": "fingertips_1_small_area"}, "ward"),
        ({"dataset": "iod2025"}, "ward"),
    ],
)  # fmt: skip
def test_whom_the_figures_are_about(files, options, level):
    (source,) = files("a", **options).of("indicator")
    assert level_of(source) == level
    assert bool(mark_of(source)) == (level != "ward")


def test_a_figure_of_others_is_never_scored(files, wards):
    study = files("code,rate\nE06000001,5\n", level="district")
    for name in ("absence", "absence_of_district"):
        for options in (
            {"index": {"component": (IndexComponent(column=name, weight=1.0),)}}, {"hotspots": {"column": name}},
            {"rates": {"denominator": name}}, {"rates": {"denominators": (name,)}}, {"rates": {"daytime": name}},
        ):  # fmt: skip
            with pytest.raises(InputError, match=rf"'{name}' is a district's figure, .* never scored"):
                add_other_indicators(changed(study, **options), wards)


@pytest.mark.parametrize(
    ("text", "options", "sense"),
    [
        (
            schools("100001,1,1"),
            {"dataset": "school_absence", "level": "ward"},
            "is published by school, and not by ward",
        ),
        (schools("100001,1,1"), {"dataset": "school_absence", "level": "district"}, "by school, and not by district"),
        (
            schools("100001,1,1"),
            {"level": "school", "schools": False},
            r"no register says where schools stand; add \[sour",
        ),
        (schools("999999,1,1"), {"level": "school"}, "none of its schools stands in a ward of the study"),
        ("code,rate\nE06000001,5\n", {"level": "district", "combine": "sum"}, 'write combine = "mean"'),
        ("code,rate\nE06000009,5\n", {"level": "district"}, r"has no district of the study \(E06000001, E06000002\)"),
        ("code,rate\nE06000001,5\n", {"period": "202425"}, "period is for figures by school or district"),
        ("code,rate\nE06000001,5\n", {"dataset": "fingertips_1_region"}, "level 'region' cannot stand beside wards"),
    ],
)
def test_what_is_refused(files, wards, text, options, sense):
    with pytest.raises(InputError, match=sense):
        add_other_indicators(files(text, **options), wards)


def test_indicators_of_wards_are_left_to_their_reader(demo, wards):
    study = read_study(demo.study)
    assert own_indicators(study) == study.of("indicator")
    result, rows = add_other_indicators(study, wards)
    assert result is wards
    assert rows == {}
    assert [column.name for column in describe_indicators(study)] == [s.options["name"] for s in study.of("indicator")]


def test_keys_of_the_study_file(demo, tmp_path):
    entry = """
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
"""
    path = tmp_path / "study.toml"
    path.write_text(demo.study.read_text(encoding="utf-8") + entry, encoding="utf-8")
    source = read_study(path, must_exist=False).of("indicator")[-1]
    assert source.options["where"] == {"education_phase": "Secondary"}
    assert level_of(source) == "school"
    path.write_text(path.read_text().replace('{ education_phase = "Secondary" }', "{ education_phase = 1 }"))
    with pytest.raises(InputError, match=r"where: .* it must be a table of column = cell, both texts"):
        read_study(path, must_exist=False)
