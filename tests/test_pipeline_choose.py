"""The three ways to areas, on the synthetic city: what is chosen, how firm it is, and what is said of it."""

from __future__ import annotations

import pandas as pd
import pytest
from builders.studies import changed

from tipping_point.pipeline import STEPS, analyse, explain_in_folder, run_study, show_steps
from tipping_point.study import read_study
from tipping_point.study.sections import AreasAdjust, AreasGiven
from tipping_point.tables import InputError


@pytest.fixture(scope="module")
def study(demo):
    study = read_study(demo.study)
    return changed(study, firmness={"simulations": 60, "selections": 20}, hotspots={"permutations": 999})


@pytest.fixture(scope="module")
def selected(study):
    return analyse(changed(study, areas={"method": "select"}))


def wards_of(areas):
    return {code for codes in areas["ward_codes"] for code in codes.split(";")}


def test_a_choice_by_value_keeps_to_the_limits_and_ranks_by_value(selected, study):
    chosen = selected.areas[selected.areas["shortlisted"]]
    assert len(chosen) == study.areas.areas
    assert chosen["population"].between(*study.areas.limits.population).all()
    assert (chosen["wards"] <= study.areas.limits.max_wards).all()
    assert selected.areas["value"].head(len(chosen)).is_monotonic_decreasing
    member = selected.wards.loc[sorted(wards_of(chosen))]
    assert chosen["value"].sum() == pytest.approx(member["value"].sum())
    assert set(member["standing"]) == {"in"}
    assert set(selected.wards.index[selected.wards["standing"] == "in"]) == wards_of(chosen)


def test_no_other_choice_of_touching_wards_has_more_value(selected, study):
    touching = analyse(study)
    best = selected.areas.loc[selected.areas["shortlisted"], "value"].sum()
    assert best >= touching.areas.loc[touching.areas["shortlisted"], "value"].sum()


def test_every_rank_has_both_ranges_and_stands_in_them(selected):
    for table in (selected.wards, selected.areas):
        ranked = table[table["rank"].notna()]
        for low, high in (("rank_low", "rank_high"), ("rank_choice_low", "rank_choice_high")):
            assert (ranked[low] <= ranked["rank"]).all()
            assert (ranked["rank"] <= ranked[high]).all()
        assert ranked["share_in_top"].between(0, 1).all()


def test_what_stands_beside_the_areas_is_of_these_areas(selected):
    tables = {name: table for name, (table, _) in selected.records.items()}
    ids = set(selected.areas.index)
    assert set(tables["domains"]["area_id"]) == ids
    assert set(tables["comparators"]["area_id"]) <= ids
    chosen = wards_of(selected.areas[selected.areas["shortlisted"]])
    assert not chosen & set(tables["comparators"]["ward_code"])
    districts = set(selected.wards.loc[sorted(chosen), "district_name"])
    assert not districts & set(tables["annex"]["district_name"])
    assert {*tables["annex"]["district_name"], *districts} == set(selected.wards["district_name"])
    assert tables["settings"]["wards"].eq(len(chosen)).all()


def test_the_users_own_list_is_scored_and_never_dropped(study, selected):
    small = selected.wards.index[selected.wards["assessed"]][:1].tolist()
    study = changed(study, areas={"method": "given", "given": (AreasGiven(name="Our place", wards=list(small)),)})
    result = analyse(study)
    assert result.areas["area_name"].tolist() == ["Our place"]
    assert result.areas["rank"].tolist() == [1]
    assert result.areas["shortlisted"].tolist() == [True]
    assert not result.areas["within_limits"].iloc[0]
    assert any("Our place: It has" in choice for choice in result.cover.choices)


def test_a_local_adjustment_stands_beside_the_models_boundary(study, selected):
    area = selected.areas[selected.areas["shortlisted"]].query("wards > 1").iloc[0]
    code = area["ward_codes"].split(";")[0]
    change = AreasAdjust(
        area=code, drop=[code], reason="the estate was demolished", who="the council", date="2026-02-01"
    )
    result = analyse(changed(study, areas={"method": "select", "adjust": (change,)}))
    table, _ = result.records["adjusted"]
    altered = table[table["dropped"] != ""]
    assert altered["dropped"].tolist() == [code]
    assert altered["value_change"].iloc[0] == pytest.approx(-result.wards.at[code, "value"])
    assert result.areas.loc[area.name, "ward_codes"] == area["ward_codes"]


def test_the_vulnerable_localities_preset_says_what_it_needs(study):
    with pytest.raises(InputError) as raised:
        analyse(changed(study, index={"preset": "vli"}))
    said = str(raised.value)
    assert "'income_rate'" in said
    assert "'age: 15 to 24'" in said


def test_long_steps_show_their_names(study, capsys):
    analyse(study, step=show_steps())
    shown = capsys.readouterr().err
    assert "Reading crimes" in shown
    assert f"{len(STEPS) - 3}/{len(STEPS) - 3} Describing areas" in shown


def test_explain_reads_a_finished_folder(study, tmp_path):
    folder = tmp_path / "study"
    results = run_study(changed(study, areas={"method": "select"}), output=folder)
    area = results.areas.iloc[0]
    said = explain_in_folder(folder, area.name)
    assert said.startswith(f"{area['area_name']}: in.")
    assert area["why"] in said
    with pytest.raises(InputError, match="is not the folder of a study"):
        explain_in_folder(tmp_path, area.name)
    with pytest.raises(InputError, match="Nowhere"):
        explain_in_folder(folder, "Nowhere")
    assert pd.read_csv(folder / "tables" / "settings.csv")["setting"].str.len().gt(0).all()
