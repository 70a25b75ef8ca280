"""The study file: defaults, every fault at once, paths."""

from __future__ import annotations

import inspect

import pytest

from tipping_point.areas.criteria import Criteria
from tipping_point.areas.given import Adjustment
from tipping_point.areas.group import Limits
from tipping_point.measures.chronicity import Rules
from tipping_point.measures.index import Component
from tipping_point.pipeline.freeze import hash_settings, settings_of
from tipping_point.study import SECTIONS, Config, read_study
from tipping_point.tables import InputError

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
def study(tmp_path):
    def write(text=STUDY):
        for name in ("crime.zip", "wards.geojson", "lookup.csv", "people.csv", "iod.csv", "health.csv"):
            (tmp_path / name).touch()
        path = tmp_path / "study.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def faults(study, text):
    with pytest.raises(InputError) as caught:
        read_study(study(text))
    return caught.value.faults


def test_the_defaults_are_the_contracts(study):
    config = read_study(study())
    assert config.measure == "serious"
    assert config.minimum == 0.75
    assert config.permutations == 9999
    assert config.methods == ("gi_star", "local_moran")
    assert config.limits == Limits((15_000, 60_000), 5, "district_code")
    assert (config.scale, config.combine, config.areas, config.per_authority) == ("percentile", "arithmetic", 10, 0)
    assert [source.path.name for source in config.of("crime")] == ["crime.zip"]


def test_the_verbs_have_the_names_and_defaults_of_the_study_file(study):
    """One list, learnt once: a key of the study file is a keyword argument with the same default."""
    from tipping_point.areas.rank import rank_areas
    from tipping_point.hotspots.find import find_hotspots
    from tipping_point.measures.index import add_index
    from tipping_point.measures.rates import add_rates
    from tipping_point.wards.coverage import add_coverage

    config = read_study(study())
    for verb, keys in (
        (find_hotspots, SECTIONS["hotspots"]),
        (add_index, ["scale", "combine"]),
        (add_rates, ["denominator"]),
        (add_coverage, ["minimum"]),
        (rank_areas, ["per_authority"]),
    ):
        parameters = inspect.signature(verb).parameters
        for key in keys:
            assert parameters[key].default == getattr(config, key), (verb.__name__, key)


def test_every_key_of_the_study_file_has_a_place_in_the_config():
    verbs = (Config, Limits, Rules, Criteria)
    places = {"types"}.union(*(inspect.signature(verb).parameters for verb in verbs))
    # Who made and approved a study is one field, as it is written.
    assert {key for section, keys in SECTIONS.items() if section != "assurance" for key in keys} <= places


def test_a_mistyped_key_is_named_with_the_right_one(study):
    (fault,) = faults(study, STUDY + "[hotspots]\npermutatoins = 99\n")
    assert "[hotspots] permutatoins: unknown key; did you mean 'permutations'? Valid: column, methods" in fault
    (fault,) = faults(study, STUDY + "[hotspot]\n")
    assert "[hotspot]: unknown section; did you mean 'hotspots'? Valid: study, period" in fault


def test_every_fault_is_listed_at_once(study):
    text = STUDY.replace('name = "A study"', "name = 7\nseed = -1").replace('"2024-12"', '"2023-12"')
    text = text.replace('path = "iod.csv"', 'path = "none.csv"').replace('kind = "census_ts001"', 'kind = "census"')
    found = "\n".join(faults(study, text + "[coverage]\nminimum = 1.5\n[areas]\npopulation = [9, 3]\n"))
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
def test_a_month_is_year_and_month(study, month):
    (fault,) = faults(study, STUDY.replace('"2024-01"', f'"{month}"'))
    assert f"'{month}' was given; it must be a month as text, YYYY-MM" in fault


def test_missing_sections_are_all_named(study):
    found = "\n".join(faults(study, "[study]\nname = 'x'\n"))
    for name in ("[study] ward_year: is missing", "[period] start: is missing", "[sources]: is missing"):
        assert name in found
    found = "\n".join(faults(study, "[study]\nname = 'x'\nward_year = 2025\n[sources]\n"))
    assert "[sources.crime]: is missing" in found
    assert "[sources.indicator]" not in found


def test_environment_variables_expand_or_are_named(study, tmp_path, monkeypatch):
    text = STUDY.replace('"crime.zip"', '"${DATA_HERE}/crime.zip"')
    (fault,) = faults(study, text)
    assert "uses the environment variable DATA_HERE, which is not set" in fault
    monkeypatch.setenv("DATA_HERE", str(tmp_path))
    assert read_study(study(text)).of("crime")[0].path == tmp_path / "crime.zip"


def test_own_types_take_the_place_of_a_named_measure(study):
    config = read_study(study(STUDY + "[crime]\ntypes = {Robbery = 2, Drugs = 0.5}\n"))
    assert config.measure == {"Robbery": 2, "Drugs": 0.5}
    (fault,) = faults(study, STUDY + "[crime]\nmeasure = 'serious'\ntypes = {Robbery = 2}\n")
    assert "measure and types are both given" in fault
    (fault,) = faults(study, STUDY + "[crime]\ntypes = {Robbery = -2}\n")
    assert "a number of 0 or more" in fault


def test_components_take_the_direction_of_their_indicator(study):
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
    assert read_study(study(text)).components == (
        Component("attainment", 2.0, "lower"),
        Component("harm_rate", 1.0, "higher", "Wales"),
    )
    found = "\n".join(faults(study, text.replace("weight = 2", "wieght = 2")))
    assert "did you mean 'weight'?" in found
    assert "weight: is missing; it must be a number above 0" in found


def test_what_is_no_study_file_says_so(study, tmp_path):
    with pytest.raises(InputError, match="there is no such study file"):
        read_study(tmp_path / "none.toml")
    with pytest.raises(InputError, match=r"study.toml: not a study file \(TOML\)"):
        read_study(study("<html>"))


def test_true_is_not_a_number(study):
    (fault,) = faults(study, STUDY + "[areas]\nmax_wards = true\n")
    assert "True was given" in fault


GIVEN = """
[areas]
method = "given"
[[areas.given]]
name = "North End"
wards = ["E05000001", "E05000002"]
"""


def test_areas_that_the_user_names_and_adjusts(study):
    change = """
[[areas.adjust]]
area = "E05000001"
add = ["E05000003"]
reason = "the estate goes on across the road"
who = "the partnership"
date = "2026-02-01"
"""
    config = read_study(study(STUDY + GIVEN + change))
    assert config.method == "given"
    assert config.given == {"North End": ("E05000001", "E05000002")}
    assert config.adjustments == (
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
def test_what_contradicts_itself_is_refused(study, more, said):
    with pytest.raises(InputError) as raised:
        read_study(study(STUDY + more))
    assert said in str(raised.value)


def test_who_approved_a_study_is_no_criterion_and_must_have_a_date(study):
    config = read_study(study(STUDY + '[assurance]\nanalyst = "A. Nalyst"\n'))
    assert config.assurance == {"analyst": "A. Nalyst"}
    assert hash_settings(settings_of(config)) == hash_settings(settings_of(read_study(study(STUDY))))
    with pytest.raises(InputError, match="approved_on"):
        read_study(study(STUDY + '[assurance]\napprover = "B. Oss"\napproved_on = "soon"\n'))
