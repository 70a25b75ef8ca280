"""The whole job on the demo city: what comes out, that it adds up, is the same twice, and finds what was planted."""

from __future__ import annotations

import filecmp
import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
from builders.studies import changed

from tipping_point.pipeline import analyse, check_study, run_study
from tipping_point.study import read_study
from tipping_point.tables import AREAS, COUNTS, COVERAGE, RECONCILIATION, WARDS, InputError

ASKED_FOR = {"calibration", "adjusted", "equality", "recorded_crime", "recorded_crime_partnerships", "context", "flags"}
"""Tables that the demo's study does not ask for, or is too short for."""


def files_in(folder):
    """Every file of a study's folder, those of its qa folder too."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def study(demo):
    return read_study(demo.study)


@pytest.fixture(scope="module")
def finished(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "demo"
    return run_study(study, output=folder, edition="public"), folder


@pytest.fixture(scope="module")
def wards(finished):
    return pd.read_csv(finished[1] / "tables" / "wards.csv", index_col="ward_code", keep_default_na=True)


def test_the_folder_holds_what_the_contract_says(finished):
    _, folder = finished
    top = {"map.html", "report.html", "report.pdf", "shortlist.xlsx", "shortlist.ods", "wards.gpkg", "README.txt"}
    assert {path.name for path in folder.iterdir()} == {*top, "tables", "pictures", "qa", "run"}
    assert {path.name for path in (folder / "run").iterdir()} == {"provenance.json", "run.log", "study.toml"}
    said = (folder / "README.txt").read_text(encoding="utf-8")
    for path in files_in(folder):
        name = path.relative_to(folder).as_posix()
        assert name in said or name.startswith("qa/"), name


def test_what_a_person_put_into_the_folder_is_kept(finished, study, tmp_path):
    """A note, a changed spreadsheet, a file in a folder of ours: moved along, and named in the log and README.txt."""
    folder = tmp_path / "out"
    shutil.copytree(finished[1], folder)
    (folder / "minutes.docx").write_bytes(b"ours")
    (folder / "tables" / "extra.csv").write_text("a\n1\n", encoding="utf-8")
    (folder / "shortlist.xlsx").write_bytes(b"edited")
    run_study(study, output=folder, edition="public")
    assert (folder / "minutes.docx").read_bytes() == b"ours"
    assert (folder / "tables" / "extra.csv").read_text(encoding="utf-8") == "a\n1\n"
    assert (folder / "shortlist-kept.xlsx").read_bytes() == b"edited"
    assert (folder / "shortlist.xlsx").read_bytes() == (finished[1] / "shortlist.xlsx").read_bytes()
    log = (folder / "run" / "run.log").read_text(encoding="utf-8")
    for name in ("minutes.docx", "tables/extra.csv", "shortlist-kept.xlsx"):
        assert name in log
        assert name in (folder / "README.txt").read_text(encoding="utf-8")
    assert len(files_in(folder)) == len(files_in(finished[1])) + 3


def test_columns_are_the_contracts(finished, wards):
    _, folder = finished
    absent = {"ward_code", "chronic_next_year"}
    names = [column.name for column in WARDS if column.name not in absent]
    assert list(wards.columns[: len(names)]) == names
    for file, columns in (("coverage", COVERAGE), ("reconciliation", RECONCILIATION), ("areas", AREAS)):
        assert list(pd.read_csv(folder / "tables" / f"{file}.csv").columns) == [column.name for column in columns]
    assert list(pd.read_parquet(folder / "tables" / "counts.parquet").columns) == [column.name for column in COUNTS]
    layers = gpd.list_layers(folder / "wards.gpkg")["name"].tolist()
    assert layers == ["wards", "areas", "layer_styles"]


def test_rows_in_equal_crimes_in_wards_and_each_named_loss(finished):
    results, folder = finished
    account = pd.read_csv(folder / "tables" / "reconciliation.csv")
    assert (account[["placed", "no_place", "unknown_place", "outside_area"]].sum(axis=1) == account["rows_in"]).all()
    counts = pd.read_parquet(folder / "tables" / "counts.parquet")
    assert counts["rows_placed"].sum() == account["placed"].sum()
    crimes = results.sources.query("section == 'crime'")["rows"].sum()
    assert account["rows_in"].sum() == crimes


def test_crimes_of_the_wards_are_the_counts_of_the_measure(finished, wards):
    results, folder = finished
    counts = pd.read_parquet(folder / "tables" / "counts.parquet")
    own = counts[counts["crime_type"].isin(results.cover.measure_types)].groupby("ward_code")["crimes"].sum()
    assessed = wards[wards["assessed"]]
    assert (own[assessed.index] == assessed["crimes"]).all()


def test_the_planted_clusters_are_found_and_shortlisted(finished, demo):
    results, _ = finished
    chosen = results.areas[results.areas["shortlisted"]]
    listed = {code for codes in chosen["ward_codes"] for code in codes.split(";")}
    for cluster in demo.truth["chronic_clusters"]:
        found = set(cluster) & listed
        assert len(found) >= 0.75 * len(cluster), (cluster, listed)
    ranks = results.wards.loc[[code for cluster in demo.truth["chronic_clusters"] for code in cluster], "rank"]
    assert ranks.median() <= 10


def test_the_busy_centre_is_flagged_and_leads_nothing(finished, demo):
    results, _ = finished
    centre = demo.truth["busy_centre"]
    assert results.wards.loc[centre, "visitor_ward"].all()
    assert results.wards["visitor_ward"].sum() <= len(centre) + 2
    # a plain rate would put it first: that is the trap
    assert results.wards["crime_rate"].idxmax() in centre
    first = results.areas[results.areas["rank"] == 1]["ward_codes"].iloc[0].split(";")
    assert not set(first) & set(centre)


def test_the_planted_clusters_are_lasting_and_the_rest_is_not(finished, demo):
    results, _ = finished
    planted = [code for cluster in demo.truth["chronic_clusters"] for code in cluster]
    states = results.wards["chronic_state"]
    assert (states[planted] == "chronic").sum() >= 0.75 * len(planted)
    ordinary = states.drop([*planted, *demo.truth["busy_centre"], *demo.truth["beside_clusters"]])
    assert (ordinary == "chronic").sum() == 0
    assert results.wards.loc[planted, "emerging_class"].str.endswith("hot").all()
    clusters = results.wards.loc[planted, "scan_cluster"]
    assert clusters.notna().all()
    assert clusters[demo.truth["chronic_clusters"][0]].nunique() == 1


def test_concentration_is_far_from_chance_in_the_whole_and_in_each_force(finished):
    results, _ = finished
    table = results.records["concentration"][0]
    whole = table[table["group"] == ""]
    assert len(whole) == 3
    assert (whole["generalised_gini"] > whole["generalised_gini_high"]).all()
    assert set(table["group"]) == {"", *results.wards["force_name"]}
    assert whole["crimes"].sum() == results.wards["crimes"].sum()


def test_the_force_month_without_a_file_is_missing_not_zero(finished, demo):
    results, folder = finished
    force, month = demo.truth["missing_force_month"]
    coverage = pd.read_csv(folder / "tables" / "coverage.csv").set_index(["force", "month"])
    assert coverage.loc[(force, month), "status"] == "missing"
    assert (coverage["status"] == "missing").sum() >= 1
    name = coverage.loc[(force, month), "force_name"]
    own = results.wards.index[results.wards["force_name"] == name]
    counts = results.counts
    cells = counts[counts["ward_code"].isin(own) & (counts["month"] == month)]
    assert cells["crimes"].isna().all()
    assert (results.wards.loc[own, "months_covered"] == 35).all()


def test_everything_says_synthetic(finished, wards):
    _, folder = finished
    assert wards["synthetic"].all()
    assert json.loads((folder / "run" / "provenance.json").read_text())["synthetic"] is True
    assert "SYNTHETIC" in (folder / "report.html").read_text(encoding="utf-8")
    assert "SYNTHETIC" in (folder / "map.html").read_text(encoding="utf-8")
    assert pd.read_csv(folder / "tables" / "areas.csv")["synthetic"].all()


def test_provenance_traces_every_input(finished, study):
    record = json.loads((finished[1] / "run" / "provenance.json").read_text(encoding="utf-8"))
    assert len(record["sources"]) == len(study.sources.all)
    for source in record["sources"]:
        assert len(source["sha256"]) == 64
        assert source["rows"] > 0
    assert record["settings"]["permutations"] == 9999


def test_absolute_paths_stand_in_provenance_only(finished, demo):
    for path in files_in(finished[1]):
        if path.name != "provenance.json":
            assert str(demo.folder).encode() not in path.read_bytes(), path.name


def test_the_same_study_gives_the_same_bytes(finished, study, tmp_path):
    run_study(study, output=tmp_path / "again", edition="public")
    dated = ("run/provenance.json", "run/run.log", "qa/")
    names = [path.relative_to(finished[1]).as_posix() for path in files_in(finished[1])]
    same = [name for name in names if not name.startswith(dated)]
    _, differ, failed = filecmp.cmpfiles(finished[1], tmp_path / "again", same, shallow=False)
    assert (differ, failed) == ([], [])


def test_a_run_that_fails_leaves_the_last_good_folder_and_nothing_beside(finished, study, tmp_path, monkeypatch):
    folder = tmp_path / "study"
    shutil.copytree(finished[1], folder)
    before = {path: path.read_bytes() for path in files_in(folder)}

    def fail(*_args, **_options):
        raise InputError("the disk is full")

    monkeypatch.setattr("tipping_point.pipeline.run.write_report", fail)
    with pytest.raises(InputError, match="disk is full"):
        run_study(study, output=folder)
    assert {path: path.read_bytes() for path in files_in(folder)} == before
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_a_folder_that_is_not_a_studys_is_never_replaced(study, tmp_path):
    (tmp_path / "thesis.doc").write_text("years of work")
    with pytest.raises(InputError, match=r"was not made by tipping-point"):
        run_study(study, output=tmp_path)
    assert (tmp_path / "thesis.doc").read_text() == "years of work"


def test_check_says_what_is_read_and_missing_without_analysis(study, demo):
    findings = check_study(study)
    _, month = demo.truth["missing_force_month"]
    assert any(month in line for line in findings.missing)
    assert any("crime files in the period: 179" in line for line in findings.reads)


def quick(path):
    """A study that is not asked how firm it is: of few draws."""
    few = {"simulations": 20, "selections": 1}
    return changed(read_study(path), hotspots={"permutations": 999}, firmness=few)


def test_a_part_of_the_city_is_a_study_too(demo, study, wards):
    name = wards["district_name"].iloc[0]
    text = study.text.replace("[study]", f'[study]\narea = ["district:{name}"]', 1)
    part = demo.folder / "part.toml"
    part.write_text(text, encoding="utf-8")
    results = analyse(quick(part))
    assert set(results.wards["district_name"]) == {name}
    assert results.reconciliation["outside_area"].sum() > 0


@pytest.mark.parametrize(
    ("crime", "types"),
    [
        ('measure = "knife_proxy"', ("Robbery", "Possession of weapons")),
        ('measure = "vawg_proxy"', ("Violence and sexual offences",)),
        ('types = {"Robbery" = 2.0, "Burglary" = 1.0}', ("Robbery", "Burglary")),
    ],
)
def test_a_study_can_name_another_measure(demo, study, crime, types):
    text = study.text.replace('measure = "serious"', crime)
    path = demo.folder / "other.toml"
    path.write_text(text, encoding="utf-8")
    results = analyse(quick(path))
    counts = results.counts[results.counts["crime_type"].isin(types)].groupby("ward_code")["crimes"].sum()
    assert (results.wards["crimes"] == counts[results.wards.index]).all()
    assert results.cover.measure_types == types
    if "types" in crime:
        by_type = results.counts.groupby(["ward_code", "crime_type"])["crimes"].sum().unstack()
        harm = (2 * by_type["Robbery"] + by_type["Burglary"]) * 12 / results.wards["months_covered"]
        assert harm.to_numpy(dtype=float) == pytest.approx(results.wards["harm"].to_numpy())


def test_people_in_the_day_flag_visitor_wards_and_are_a_denominator(demo, study, finished):
    """Where a study knows who is there in the day, the flag is known, not guessed."""
    results, _ = finished
    centre = demo.truth["busy_centre"]
    workday = results.wards["population"].where(~results.wards.index.isin(centre), 90_000)
    table = workday.rename("workday").rename_axis("ward25_code").reset_index()
    table.to_csv(demo.folder / "workday.csv", index=False)
    text = study.text.replace("[rates]", '[rates]\ndaytime = "workday"').replace('"resident"', '"workday"')
    text += '\n[[sources.indicator]]\nname = "workday"\npath = "workday.csv"\ncolumn = "workday"\n'
    text += 'worse = "higher"\ncombine = "sum"\nvintage = "ward25"\n'
    path = demo.folder / "workday.toml"
    path.write_text(text, encoding="utf-8")
    known = analyse(quick(path))
    assert set(known.wards.index[known.wards["visitor_ward"]]) == set(centre)
    assert not known.wards["visitor_basis"].str.contains("guess").any()
    assert (known.wards.loc[centre, "crime_rate"] < results.wards.loc[centre, "crime_rate"] / 3).all()
    assert known.wards["crime_rate"].idxmax() not in centre


def test_an_archive_that_overlaps_is_told_by_its_name_alone(demo, study, tmp_path):
    """The same months in two archives: the later one is read, the ledger says so, and no path is given away."""
    older = demo.folder / "police_uk" / "2025-11.zip"
    shutil.copyfile(demo.folder / "police_uk" / "2025-12.zip", older)
    text = study.text.replace(
        "[[sources.crime]]",
        '[[sources.crime]]\nkind = "police_uk"\npath = "police_uk/2025-11.zip"\n\n[[sources.crime]]',
        1,
    )
    path = demo.folder / "overlap.toml"
    path.write_text(text, encoding="utf-8")
    try:
        results = run_study(quick(path), output=tmp_path / "out")
    finally:
        older.unlink()
    assert results.reconciliation["rows_in"].sum() == demo.truth["crime_rows"]
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "also in 2025-11.zip" in report.replace("Also", "also")
    for written in files_in(tmp_path / "out"):
        if written.name != "provenance.json":
            assert str(demo.folder).encode() not in written.read_bytes(), written.name
