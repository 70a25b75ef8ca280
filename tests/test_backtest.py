"""The backtest: who is eligible and who entered, nothing known before its time, and the whole on a small city."""

from __future__ import annotations

import importlib
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tipping_point import read_study
from tipping_point.backtest import describe_backtest, run_backtest
from tipping_point.backtest.ceiling import fit_variances, simulate_ceiling
from tipping_point.backtest.choices import score_choices, score_wards
from tipping_point.backtest.entrants import find_largest, foresee, mark_entrants
from tipping_point.backtest.origins import Origin, find_origins, published_by, shift
from tipping_point.backtest.run import backtest_tables, find_gains, prepare, write_backtest
from tipping_point.measures.forecast import build_signals
from tipping_point.study import Study
from tipping_point.study.sections import Period, Sources, StudySection
from tipping_point.tables import InputError, months_between
from tipping_point.wards.neighbours import build_graph

MONTHS = months_between("2015-04", "2021-06")
TYPES = ("Robbery", "Violence and sexual offences", "Drugs")
WEIGHTS = {"Robbery": 800.0, "Violence and sexual offences": 280.0}


def make_city(lattice, *, seed=0, size=(8, 10), months=MONTHS):
    """Wards with drifting rates, and their counts as the pipeline hands them over."""
    random = np.random.default_rng(seed)
    wards = lattice(*size, deprivation=50.0)
    wards["deprivation"] = random.permutation(len(wards)) / len(wards) * 100
    level = random.lognormal(2, 0.5, size=(len(wards), 1, 1))
    drift = np.exp(np.cumsum(random.normal(0, 0.04, size=(len(wards), len(months), 1)), axis=1))
    crimes = random.poisson(level * drift * np.array([0.3, 1.0, 0.6]))
    keys = pd.MultiIndex.from_product([wards.index, months, TYPES], names=["ward_code", "month", "crime_type"])
    counts = pd.Series(crimes.ravel(), index=keys, name="crimes").reset_index().astype({"crimes": "Int64"})
    return wards, counts


@pytest.fixture
def inputs(lattice):
    return prepare(*make_city(lattice), WEIGHTS, "police_uk")


# -------------------------------------------------------------------------------------------------------- origins


def test_origins_have_three_years_behind_and_one_ahead():
    origins = find_origins("2010-04", "2025-06")
    april, october = ([o.month for o in origins if o.series == name] for name in ("April", "October"))
    assert (april[0], april[-1], len(april)) == ("2013-04", "2024-04", 12)
    assert (october[0], october[-1], len(october)) == ("2013-10", "2023-10", 11)
    touched = [origin.month for origin in origins if origin.covid_touched]
    assert touched == ["2019-04", "2019-10", "2020-04", "2020-10", "2021-04", "2021-10", "2022-04"]


@pytest.mark.parametrize(("first", "last", "number"), [("2018-05", "2022-04", 1), ("2018-05", "2022-03", 0)])
def test_a_study_that_is_too_short_is_told_what_is_needed(first, last, number):
    if number:
        assert len(find_origins(first, last)) == number
        return
    with pytest.raises(InputError, match="three years before an April or an October and one year after"):
        find_origins(first, last)


def test_every_54_months_hold_an_origin():
    for month in range(12):
        first = shift("2012-01", month)
        assert find_origins(first, shift(first, 53))


def test_an_index_counts_only_once_published():
    assert not published_by(["iod2019"], "2019-08")
    assert published_by(["iod2019"], "2019-09")
    assert not published_by(["iod2019", "wimd2019"], "2019-10")
    assert not published_by([], "2025-12")
    with pytest.raises(InputError, match="'iod2031'"):
        published_by(["iod2031"], "2032-01")


# ------------------------------------------------------------------------------------------------------- entrants


def test_ties_go_by_three_years_and_then_by_code():
    totals = pd.Series(5.0, index=[f"W{n:02d}" for n in range(20)])
    ties = pd.Series(1.0, index=totals.index)
    assert totals.index[find_largest(totals, ties)].tolist() == ["W00", "W01"]
    ties["W07"] = 2.0
    assert totals.index[find_largest(totals, ties)].tolist() == ["W00", "W07"]
    totals["W19"] = 6.0
    assert totals.index[find_largest(totals, ties)].tolist() == ["W07", "W19"]


def test_entrants_by_hand():
    """Twenty wards, so two are largest. W02 enters for a year, W03 enters and stays; W00 and W01 were inside."""
    months = months_between("2012-05", "2017-04")
    table = pd.DataFrame(1.0, index=[f"W{n:02d}" for n in range(20)], columns=months)
    table.loc[["W00", "W01"], :] = 5.0
    table.loc[["W00", "W01"], "2015-05":] = 0.0
    table.loc["W02", "2015-05":"2016-04"] = 9.0
    table.loc["W03", "2015-05":] = 7.0
    table.loc["W04", "2016-05":] = 12.0
    table.loc["W05", "2013-01"] = np.nan
    found = mark_entrants(table, "2015-04")
    assert "W05" not in found.index
    # Of 19 wards the tenth, rounded down, is one: W00, by its code.
    assert found.index[~found["eligible"]].tolist() == ["W00"]
    assert found.index[found["entrant"]].tolist() == ["W02"]
    # Two years: W02 108 + 12, W03 168, W04 12 + 144.
    assert found.index[found["sustained"]].tolist() == ["W03"]
    assert mark_entrants(table, "2016-04")["sustained"].isna().all()


def test_a_ward_already_inside_is_no_entrant():
    table = pd.DataFrame(1.0, index=[f"W{n:02d}" for n in range(10)], columns=months_between("2012-05", "2016-04"))
    table.loc["W09"] = 3.0
    found = mark_entrants(table, "2015-04")
    assert not found["entrant"].any()
    assert not found.loc["W09", "eligible"]


# ----------------------------------------------------------------------------------------------- nothing too early


def test_no_score_or_chance_of_an_origin_changes_with_what_comes_after(lattice):
    wards, counts = make_city(lattice)
    origin = "2019-10"
    changed = counts.copy()
    later = changed["month"] > origin
    changed.loc[later, "crimes"] = changed.loc[later, "crimes"].to_numpy()[::-1]
    found = []
    for table in (counts, changed):
        inputs = prepare(wards, table, WEIGHTS, "police_uk")
        drugs = table[table["crime_type"] == "Drugs"].pivot_table(index="ward_code", columns="month", values="crimes")
        signals = build_signals(
            inputs.monthly, build_graph(wards), wards["district_code"], others={"Drugs": drugs.astype(float)}
        )
        found.append(
            (
                score_wards(inputs, wards.index, origin, deprivation=True),
                foresee(signals, wards.index, origin),
                mark_entrants(inputs.monthly, origin)["eligible"],
            )
        )
    for first, second in zip(*found, strict=True):
        (pd.testing.assert_series_equal if isinstance(first, pd.Series) else pd.testing.assert_frame_equal)(
            first, second
        )


def test_deprivation_stays_out_until_it_is_published(inputs):
    before = score_wards(inputs, inputs.wards.index, "2019-04", deprivation=False)
    after = score_wards(inputs, inputs.wards.index, "2019-04", deprivation=True)
    assert set(after.columns) - set(before.columns) == {"deprivation", "value"}
    pd.testing.assert_frame_equal(before, after[before.columns])
    turned = inputs.wards.assign(deprivation=100 - inputs.wards["deprivation"])
    other = score_wards(type(inputs)(**{**vars(inputs), "wards": turned}), turned.index, "2019-04", deprivation=False)
    pd.testing.assert_frame_equal(before, other)


# -------------------------------------------------------------------------------------------------------- choices


def test_choices_by_hand():
    codes = [f"W{n}" for n in range(10)]
    scores = pd.DataFrame({"level": range(10, 0, -1), "other": [*range(9), np.nan]}, index=codes, dtype=float)
    before = pd.DataFrame({"level": range(10)}, index=codes, dtype=float)
    harm = pd.Series([6.0, 8, 0, 0, 0, 0, 0, 0, 2, 4], index=codes)
    people = pd.Series(100.0, index=codes)
    rows = pd.DataFrame(score_choices(scores, before, harm, people, Origin("2020-04", "April", True), seed=1))
    value = rows.set_index(["method", "measure"])["value"]
    assert value["level", "capture_wards"] == pytest.approx(6 / 8)
    assert value["level", "share_of_harm"] == pytest.approx(6 / 20)
    assert value["level", "kept"] == 0
    # A missing score is chosen last: W8.
    assert value["other", "capture_wards"] == pytest.approx(2 / 8)
    assert ("other", "kept") not in value.index
    assert value["random", "share_of_harm"] == pytest.approx(0.1, abs=0.03)
    assert rows["covid_touched"].all()


# -------------------------------------------------------------------------------------------------------- ceiling


def test_variances_are_found_again(lattice):
    random = np.random.default_rng(4)
    wards, months = 600, months_between("2010-01", "2021-12")
    drift = np.cumsum(random.normal(0, np.sqrt(0.01 / 12), size=(wards, len(months))), axis=1)
    scatter = random.normal(0, np.sqrt(0.004 * 12), size=drift.shape)
    counts = random.poisson(60 * np.exp(drift + scatter)).astype(float)
    found = fit_variances(pd.DataFrame(counts, columns=months, index=[f"W{n}" for n in range(wards)]))
    assert found.drift == pytest.approx(0.01, rel=0.15)
    assert found.scatter == pytest.approx(0.004, rel=0.3)


def test_the_ceiling_orders_what_is_known(inputs):
    origins = {"April": ["2018-04", "2019-04"]}
    table = simulate_ceiling(inputs.monthly, fit_variances(inputs.monthly), origins=origins, repeats=12, seed=1)
    precision = table.set_index("method")["average_precision"]
    assert precision["true_rate_next_year"] > precision["true_rate_now"] > precision["best_filter"]
    again = simulate_ceiling(inputs.monthly, fit_variances(inputs.monthly), origins=origins, repeats=12, seed=1)
    pd.testing.assert_frame_equal(table, again)


# ------------------------------------------------------------------------------------------------------ the whole


def test_gains_are_paired_and_kept_apart():
    rows = [
        {"origin": f"20{year}-04", "series": "April", "covid_touched": year == 16, "question": "entrant",
         "measure": "average_precision", "method": method, "value": value + year / 100}
        for year in range(12, 18)
        for method, value in (("three_year_level", 0.3), ("growth", 0.36), ("chance", 0.02))
    ]  # fmt: skip
    gains = find_gains(pd.DataFrame(rows), seed=1).set_index("origins")
    assert gains["method"].tolist() == ["growth", "growth"]
    assert gains["number"].to_dict() == {"all": 6, "without Covid": 5}
    assert gains[["mean_gain", "low", "high"]].to_numpy() == pytest.approx(np.full((2, 3), 0.06))


def test_a_small_city_from_counts_to_files(lattice, tmp_path):
    wards, counts = make_city(lattice)
    steps: list[str] = []
    kept = counts.copy()
    backtest = backtest_tables(
        prepare(wards, counts, WEIGHTS, "police_uk"), build_graph(wards), kinds=["iod2019"], seed=1,
        progress=steps.append,
    )  # fmt: skip
    pd.testing.assert_frame_equal(counts, kept)
    assert "Standing in 2018-04" in steps
    assert not backtest.scores.duplicated(["origin", "question", "method", "measure"]).any()
    value = backtest.scores[backtest.scores["method"] == "value"]
    assert set(value["origin"]) == {"2019-10", "2020-04"}
    eligible = backtest.entrants.groupby("origin").size()
    assert (eligible == 72).all()
    entered = backtest.scores[(backtest.scores["question"] == "entrant") & (backtest.scores["measure"] == "wards")]
    counted = backtest.entrants.groupby("origin")["entrant"].sum()
    assert entered.set_index("origin")["value"].astype(int).to_dict() == counted.to_dict()
    paths = write_backtest(backtest, tmp_path)
    assert all(path.stat().st_size for path in paths)
    summary = json.loads((tmp_path / "backtest.json").read_text(encoding="utf-8"))
    assert {row["method"] for row in summary["gains"]} == {"growth", "local_level", "last_12_months"}
    lines = describe_backtest(backtest)
    assert any(line.startswith("  growth: ") for line in lines)
    assert any("tested from 2019-10 on" in line for line in lines)


def test_too_few_wards_are_told(lattice):
    wards, counts = make_city(lattice, size=(3, 5))
    with pytest.raises(InputError, match=r"15 wards are counted in every month .* at least 20"):
        backtest_tables(prepare(wards, counts, WEIGHTS, "police_uk"), build_graph(wards), kinds=[], seed=1)


def test_a_short_study_is_refused_before_anything_is_read_or_written(demo, tmp_path):
    with pytest.raises(InputError, match="too short to be tested on its own past"):
        run_backtest(read_study(demo.study), output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_study_leaves_a_whole_folder(lattice, tmp_path, monkeypatch):
    wards, counts = make_city(lattice)
    tables = SimpleNamespace(wards=wards, counts=counts, graph=build_graph(wards), sources=pd.DataFrame())
    module = importlib.import_module("tipping_point.backtest.run")
    monkeypatch.setattr(module, "analyse", lambda study: tables)
    monkeypatch.setattr(module, "choose_weights", lambda study: WEIGHTS)
    monkeypatch.setattr(module, "vocabulary_of", lambda study: "police_uk")
    named = StudySection(name="A study", ward_year=2025)
    period, sources = (
        Period(start=MONTHS[0], end=MONTHS[-1]),
        Sources.model_construct(**dict.fromkeys(Sources.model_fields, ())),
    )
    study = Study.model_construct(study=named, period=period, sources=sources).from_file(
        tmp_path / "s.toml", "# a study\n"
    )
    steps: list[str] = []
    backtest = run_backtest(study, output=tmp_path / "out", command="tipping-point backtest", progress=steps.append)
    written = {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert written == {
        "backtest.csv", "backtest_entrants.csv", "backtest_ceiling.csv", "backtest_calibration.csv", "backtest.json",
        "provenance.json", "run.log", "study.toml",
    }  # fmt: skip
    assert (steps[0], steps[-1]) == ("Reading and counting", "Writing tables")
    read = pd.read_csv(tmp_path / "out/tables/backtest.csv")
    assert read["value"].to_numpy() == pytest.approx(backtest.scores["value"].to_numpy(dtype=float), nan_ok=True)
    assert "The study names no index of deprivation" in describe_backtest(backtest)[-2]
