"""The study file: defaults, every fault at once, paths."""

from __future__ import annotations

import inspect
import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tipping_point.areas.criteria import Criteria
from tipping_point.areas.given import Adjustment
from tipping_point.areas.group import Limits, rank_areas
from tipping_point.areas.select import select_areas
from tipping_point.hotspots.find import find_hotspots
from tipping_point.measures.chronicity import Rules
from tipping_point.measures.index import Component, add_index
from tipping_point.measures.rates import add_rates
from tipping_point.measures.scaling import SCALES
from tipping_point.pipeline.freeze import hash_settings, settings_of
from tipping_point.study import Study, read_study, write_schema
from tipping_point.study.reader import check_document
from tipping_point.study.sections import Hotspots
from tipping_point.tables import InputError
from tipping_point.wards.coverage import add_coverage

STUDY = """
[study]
name = "A study"
ward_year = 2025
[period]
start = "2024-01"
end = "2024-12"
[[sources.crime]]
kind = "police_uk"
path = "crime.zip"
[sources.boundaries]
path = "wards.geojson"
[[sources.lookup]]
path = "lookup.csv"
[[sources.population]]
kind = "census_ts001"
path = "people.csv"
[[sources.deprivation]]
kind = "iod2025"
path = "iod.csv"
"""


@pytest.fixture
def written(tmp_path):
    def write(text=STUDY):
        for name in ("crime.zip", "wards.geojson", "lookup.csv", "people.csv", "iod.csv", "health.csv"):
            (tmp_path / name).touch()
        path = tmp_path / "study.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def faults(written, text):
    with pytest.raises(InputError) as caught:
        read_study(written(text))
    return caught.value.faults


def test_the_defaults_are_the_contracts(written):
    study = read_study(written())
    assert study.measure == "serious"
    assert study.coverage.minimum == 0.75
    assert study.hotspots.permutations == 9999
    assert study.hotspots.methods == ("gi_star", "local_moran")
    assert study.areas.limits == Limits((15_000, 60_000), 5, "district_code")
    assert (study.index.scale, study.index.combine, study.areas.areas, study.areas.per_authority) == (
        "percentile",
        "arithmetic",
        10,
        0,
    )
    assert [source.path.name for source in study.of("crime")] == ["crime.zip"]


def test_the_verbs_have_the_names_and_defaults_of_the_study_file(written):
    """One list, learnt once: a key of the study file is a keyword argument with the same default."""
    study = read_study(written())
    for verb, section, keys in (
        (find_hotspots, study.hotspots, tuple(Hotspots.model_fields)),
        (add_index, study.index, ("scale", "combine")),
        (add_rates, study.rates, ("denominator",)),
        (add_coverage, study.coverage, ("minimum",)),
        (rank_areas, study.areas, ("per_authority",)),
        (select_areas, study.areas, ("population", "within", "per_authority", "include", "exclude")),
    ):
        parameters = inspect.signature(verb).parameters
        for key in keys:
            if parameters[key].default is not inspect.Parameter.empty:
                assert parameters[key].default == getattr(section, key), (verb.__name__, key)
    assert (study.chronicity.rules, study.criteria.rules) == (Rules(), Criteria())


def test_every_setting_is_recorded(written):
    """Of every key of the study file it can be told whether it changed since the criteria were fixed."""
    told = settings_of(read_study(written()))
    apart = {
        "study": {"name", "place"},
        "sources": set(),
        "assurance": set(Study.model_fields["assurance"].annotation.model_fields),
    }
    gathered = {"types", "component", "given", "adjust", "population", "max_wards", "within"}
    nested = {**told["rules"], **told["criteria"], **told["limits"]}
    for section, field in Study.model_fields.items():
        keys = {"sources"} if section == "sources" else set(field.annotation.model_fields) - gathered
        assert keys - apart.get(section, set()) <= {*told, *nested}, section


def test_a_mistyped_key_is_named_with_the_right_one(written):
    (fault,) = faults(written, STUDY + "[hotspots]\npermutatoins = 99\n")
    assert "[hotspots] permutatoins: unknown key; did you mean 'permutations'? Valid: column, methods" in fault
    (fault,) = faults(written, STUDY + "[hotspot]\n")
    assert "[hotspot]: unknown section; did you mean 'hotspots'? Valid: study, period" in fault


def test_every_fault_is_listed_at_once(written):
    text = STUDY.replace('name = "A study"', "name = 7\nseed = -1").replace('"2024-12"', '"2023-12"')
    text = text.replace('path = "iod.csv"', 'path = "none.csv"').replace('kind = "census_ts001"', 'kind = "census"')
    found = "\n".join(faults(written, text + "[coverage]\nminimum = 1.5\n[areas]\npopulation = [9, 3]\n"))
    for sentence in (
        "[study] name: 7 was given; it must be a text",
        "[study] seed: -1 was given; it must be a whole number, 0 or more",
        "[sources.population] kind: 'census' was given; it must be one of lsoa_mid_year",
        "[sources.deprivation] path: 'none.csv' does not exist",
        "[coverage] minimum: 1.5 was given; it must be a share above 0, up to 1",
        "[areas] population: [9, 3] was given; it must be two numbers",
        "[period] end: '2023-12' lies before start '2024-01'",
    ):
        assert sentence in found


@pytest.mark.parametrize("month", ["2024", "2024-13", "24-01", "January"])
def test_a_month_is_year_and_month(written, month):
    (fault,) = faults(written, STUDY.replace('"2024-01"', f'"{month}"'))
    assert f"'{month}' was given; it must be a month as text, YYYY-MM" in fault


def test_missing_sections_are_all_named(written):
    found = "\n".join(faults(written, "[study]\nname = 'x'\n"))
    for name in ("[study] ward_year: is missing", "[period] start: is missing", "[sources]: is missing"):
        assert name in found
    found = "\n".join(faults(written, "[study]\nname = 'x'\nward_year = 2025\n[sources]\n"))
    assert "[sources.crime]: is missing" in found
    assert "[sources.indicator]" not in found


def test_environment_variables_expand_or_are_named(written, tmp_path, monkeypatch):
    text = STUDY.replace('"crime.zip"', '"${DATA_HERE}/crime.zip"')
    (fault,) = faults(written, text)
    assert "uses the environment variable DATA_HERE, which is not set" in fault
    monkeypatch.setenv("DATA_HERE", str(tmp_path))
    assert read_study(written(text)).of("crime")[0].path == tmp_path / "crime.zip"


def test_own_types_take_the_place_of_a_named_measure(written):
    study = read_study(written(STUDY + "[crime]\ntypes = {Robbery = 2, Drugs = 0.5}\n"))
    assert study.measure == {"Robbery": 2, "Drugs": 0.5}
    (fault,) = faults(written, STUDY + "[crime]\nmeasure = 'serious'\ntypes = {Robbery = 2}\n")
    assert "measure and types are both given" in fault
    (fault,) = faults(written, STUDY + "[crime]\ntypes = {Robbery = -2}\n")
    assert "a number of 0 or more" in fault


def test_components_take_the_direction_of_their_indicator(written):
    text = (
        STUDY
        + """
[[sources.indicator]]
name = "attainment"
path = "health.csv"
column = "x"
worse = "lower"
combine = "mean"
[[index.component]]
column = "attainment"
weight = 2
[[index.component]]
column = "harm_rate"
weight = 1
country = "Wales"
"""
    )
    assert read_study(written(text)).components == (
        Component("attainment", 2.0, "lower"),
        Component("harm_rate", 1.0, "higher", "Wales"),
    )
    found = "\n".join(faults(written, text.replace("weight = 2", "wieght = 2")))
    assert "did you mean 'weight'?" in found
    assert "weight: is missing; it must be a number above 0" in found


def test_what_is_no_study_file_says_so(written, tmp_path):
    with pytest.raises(InputError, match="there is no such study file"):
        read_study(tmp_path / "none.toml")
    with pytest.raises(InputError, match=r"study.toml: not a study file \(TOML\)"):
        read_study(written("<html>"))


def test_true_is_not_a_number(written):
    (fault,) = faults(written, STUDY + "[areas]\nmax_wards = true\n")
    assert "True was given" in fault


GIVEN = """
[areas]
method = "given"
[[areas.given]]
name = "North End"
wards = ["E05000001", "E05000002"]
"""


def test_areas_that_the_user_names_and_adjusts(written):
    change = """
[[areas.adjust]]
area = "E05000001"
add = ["E05000003"]
reason = "the estate goes on across the road"
who = "the partnership"
date = "2026-02-01"
"""
    study = read_study(written(STUDY + GIVEN + change))
    assert study.areas.method == "given"
    assert study.areas.named == {"North End": ("E05000001", "E05000002")}
    assert study.areas.adjustments == (
        Adjustment(
            "E05000001", ("E05000003",), (), "the estate goes on across the road", "the partnership", "2026-02-01"
        ),
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[areas]\nmethod = "given"\n', 'method = "given" needs at least one [[areas.given]]'),
        (GIVEN.replace('"given"', '"select"'), '[[areas.given]]: is for method = "given"; the method is "select"'),
        (GIVEN + GIVEN[GIVEN.index("[[") :], "'North End' stands twice"),
        ('[index]\npreset = "vli"\n[[index.component]]\ncolumn = "income"\nweight = 1\n', "keep one"),
        ("[areas]\ngiven = 3\n", "must be a list of entries"),
        ('[[areas.adjust]]\narea = "E05000001"\n', "[areas.adjust no. 1] reason: is missing"),
        ("[firmness]\nsimulations = 5\n", "20 or more"),
        ("[criteria]\nneeds = 9\n", "study.toml: criteria.needs: 9 given"),
    ],
)
def test_what_contradicts_itself_is_refused(written, more, said):
    with pytest.raises(InputError) as raised:
        read_study(written(STUDY + more))
    assert said in str(raised.value)


def test_who_approved_a_study_is_no_criterion_and_must_have_a_date(written):
    study = read_study(written(STUDY + '[assurance]\nanalyst = "A. Nalyst"\n'))
    assert study.assurance.said == {"analyst": "A. Nalyst"}
    assert hash_settings(settings_of(study)) == hash_settings(settings_of(read_study(written(STUDY))))
    with pytest.raises(InputError, match="approved_on"):
        read_study(written(STUDY + '[assurance]\napprover = "B. Oss"\napproved_on = "soon"\n'))
    text = '[assurance]\napproved_on = "9 March"\nreview_by = "soon"\nboss = "C"\n'
    found = "\n".join(faults(written, STUDY + text))
    assert "[assurance] boss: unknown key Valid: commissioner, analyst, assurer, approver" in found
    text = text.replace('boss = "C"\n', "")
    assert [fault.partition(": ")[2] for fault in faults(written, STUDY + text)] == [
        "[assurance] approved_on: '9 March' was given; it must be a date as text, YYYY-MM-DD",
        "[assurance] review_by: 'soon' was given; it must be a date as text, YYYY-MM-DD",
        "[assurance] approved_on: is given without an approver; name who approved it",
    ]
    text = '[assurance]\napprover = "B"\napproved_on = "2026-03-09"\nreview_by = "2026-01-01"\n'
    assert faults(written, STUDY + text) == ("study.toml: [assurance] review_by: lies before approved_on",)


def test_every_section_and_entry_refuses_a_key_that_it_does_not_know(written):
    """An unknown key of a source ended in a KeyError."""
    text = STUDY.replace('path = "wards.geojson"', 'path = "wards.geojson"\nyaer = 2019')
    (fault,) = faults(written, text)
    assert fault.endswith("[sources.boundaries] yaer: unknown key; did you mean 'year'? Valid: path, dataset, year")
    found = "\n".join(faults(written, text.replace('kind = "police_uk"', 'kind = "police_uk"\nflags = {}\nx = 1')))
    assert '[sources.crime] flags: is for kind = "incidents"; the kind is "police_uk"' in found
    assert "[sources.crime] x: unknown key Valid: path, dataset, year, kind" in found
    assert "yaer" in found
    found = "\n".join(faults(written, STUDY.replace('kind = "police_uk"', 'kind = "police"')))
    assert (
        "[sources.crime] kind: 'police' was given; it must be one of police_uk, metropolitan_wards, incidents" in found
    )
    found = "\n".join(faults(written, STUDY.replace('kind = "police_uk"\n', "")))
    assert "[sources.crime] kind: is missing; it must be one of police_uk, metropolitan_wards, incidents" in found


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just({}) | st.just([]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_a_study_file_holds_is_read_or_refused_in_words(data):
    """Any key of any section, and sections themselves, with values of any type: never a traceback."""
    document = tomllib.loads(STUDY)
    section = data.draw(st.sampled_from([*Study.model_fields, "oddity"]))
    field = Study.model_fields.get(section)
    keys = list(field.annotation.model_fields) if field else ["a"]
    value = data.draw(VALUES)
    where = data.draw(st.sampled_from([None, *keys, "odd"]))
    if where is None or not isinstance(document.setdefault(section, {}), dict):
        document[section] = value
    elif data.draw(st.booleans()) and isinstance(document[section].get(where), dict | list):
        inner = document[section][where]
        inner = inner[0] if isinstance(inner, list) else inner
        inner[data.draw(st.sampled_from(["path", "kind", "columns", "odd"]))] = value
    else:
        document[section][where] = value
    try:
        check_document(document, folder=Path(), must_exist=False)
    except InputError as error:
        assert all(fault and "Traceback" not in fault and len(fault) < 2_000 for fault in error.faults)


def test_a_file_that_nests_too_deep_or_is_too_large_is_refused(written):
    with pytest.raises(InputError, match="not a study file"):
        read_study(written("a = " + "[" * 100_000))
    with pytest.raises(InputError, match="a study file has at most 1,000,000"):
        read_study(written("# " + "x" * 1_000_001))


def test_the_schema_describes_every_section_and_key():
    schema = json.loads(write_schema())
    assert set(schema["properties"]) == set(Study.model_fields)
    kinds = schema["$defs"]
    assert kinds["Index"]["properties"]["scale"]["enum"] == list(SCALES)
    assert kinds["Areas"]["additionalProperties"] is False
    undescribed = [
        f"{name}.{key}"
        for name, kind in kinds.items()
        for key, value in kind.get("properties", {}).items()
        if "description" not in value and not name.startswith("_")
    ]
    assert undescribed == []
