"""A force's own export as a study: what is counted is right, and nothing that is written tells of a single person."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from builders.studies import changed
from pyproj import Transformer

from tipping_point.backtest import run_backtest
from tipping_point.pipeline import analyse, check_study, run_study
from tipping_point.study import read_study
from tipping_point.tables import WARDS, InputError

START, END = "2025-10", "2025-12"
DISTRICT = "Saltmere"
VICTIM = "Nobody Q. Example"
LICENCE = 'licence = "permission: chief data officer, 2026-01-05"'
QUICK = "\n[firmness]\nsimulations = 20\nselections = 2\n"
CODES = """
[[sources.crime]]
kind = "incidents"
path = "export.csv"
licence = "permission: chief data officer, 2026-01-05"
[sources.crime.columns]
date = "Committed"
lsoa_code = "Small area"
offence = "Offence"
force = "Force"
[sources.crime.flags]
knife = "Knife"
domestic_abuse = { column = "Markers", values = ["DA"] }
"""


@pytest.fixture(scope="module")
def export(demo, tmp_path_factory):
    """The demo's street crimes as a force would export them, with names of people in a column that nobody asked for."""
    frames = []
    with zipfile.ZipFile(next(demo.folder.rglob("*.zip"))) as archive:
        for name in archive.namelist():
            if name.endswith("street.csv") and START <= name[:7] <= END:
                frames.append(pd.read_csv(archive.open(name)))
    rows = pd.concat(frames, ignore_index=True)
    generator = np.random.default_rng(4)
    share = rows["Crime type"].map({"Robbery": 0.5, "Possession of weapons": 0.5}).fillna(0.05)
    grid = Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
    x, y = grid.transform(rows["Longitude"], rows["Latitude"])
    table = pd.DataFrame(
        {
            "Victim": VICTIM,
            "Committed": rows["Month"] + "-15",
            "Small area": rows["LSOA code"],
            "X": np.where(np.isfinite(x), x, np.nan).round(1),
            "Y": np.where(np.isfinite(y), y, np.nan).round(1),
            "Offence": rows["Crime type"],
            "Force": rows["Falls within"].str.replace(" Police", ""),
            "Knife": np.where(generator.random(len(rows)) < share, "Y", "N"),
            "Markers": np.where(generator.random(len(rows)) < 0.5, "DA; repeat", ""),
        }
    )
    folder = tmp_path_factory.mktemp("export")
    table.to_csv(folder / "export.csv", index=False)
    return folder, table


def write(demo, folder, source, name, *, extra="", **replaced):
    """The demo's study on incident files, for the last months."""
    text = demo.study.read_text(encoding="utf-8")
    text = re.sub(r"\[\[sources\.crime\]\].*?(?=\[sources\.boundaries\])", source + "\n", text, flags=re.DOTALL)
    text = re.sub(r'path = "(?!export|calls)([^"]+)"', rf'path = "{demo.folder.as_posix()}/\1"', text)
    text = text.replace('"2023-01"', f'"{START}"').replace('"2025-12"', f'"{END}"')
    text = re.sub(r"# area = .*", f'area = ["{DISTRICT}"]', text)
    text = text.replace("permutations = 9999", "permutations = 999").replace("votes = 2", "votes = 1")
    text = text.replace('"gi_star", "local_moran", "emerging", "scan"', '"gi_star"')
    text = text.replace('method = "touching"', 'method = "select"')
    for old, new in replaced.items():
        assert f'{old} = "' in text, old
        text = re.sub(rf'^{old} = "[^"]*"', f"{old} = {new}", text, flags=re.MULTILINE)
    path = folder / name
    path.write_text(text + QUICK + extra, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def street(demo, export):
    """The same crimes from the street files, which are open: the truth that nothing is hidden of."""
    folder, _ = export
    crime = re.search(r"\[\[sources\.crime\]\].*?(?=\[sources)", demo.study.read_text(encoding="utf-8"), re.DOTALL)[0]
    return analyse(read_study(write(demo, folder, crime, "street.toml")))


@pytest.fixture(scope="module")
def finished(demo, export, tmp_path_factory):
    folder, _ = export
    output = tmp_path_factory.mktemp("out") / "study"
    return run_study(read_study(write(demo, folder, CODES, "study.toml")), output=output), output


def test_shown_counts_are_those_of_the_same_crimes_from_street_files(finished, street):
    results, _ = finished
    keys = ["ward_code", "month", "crime_type"]
    both = results.counts.merge(street.counts, on=keys, suffixes=("", "_true"))
    assert len(both) == len(results.counts) == len(street.counts)
    shown = both[both["crimes"].notna()]
    assert len(shown) > 0.3 * len(both)
    assert (shown["crimes"] == shown["crimes_true"]).all()
    assert results.wards["rank"].equals(street.wards["rank"])
    assert set(results.areas.index) == set(street.areas.index)
    totals = results.wards[["crimes", "crimes_all"]].dropna()
    assert (totals == street.wards.loc[totals.index, ["crimes", "crimes_all"]]).all().all()


def test_no_small_number_of_crimes_stands_in_any_table(finished, street):
    results, output = finished
    assert not results.counts["crimes"].between(1, 4).any()
    assert not results.counts["rows_placed"].between(1, 4).any()
    small = street.wards["crimes"].between(1, 4)
    assert results.wards.loc[small, "crimes"].isna().all()
    assert not results.records["flags"][0]["crimes"].between(1, 4).any()
    for name in ("coverage.csv", "reconciliation.csv"):
        table = pd.read_csv(output / "tables" / name)
        counted = [c for c in table.columns if c.startswith("rows") or c in ("placed", "no_place", "outside_area")]
        assert not table[counted].isin([1, 2, 3, 4]).any().any(), name
    written = pd.read_parquet(output / "tables" / "counts.parquet")
    assert written["crimes"].isna().sum() == results.counts["crimes"].isna().sum()
    layer = gpd.read_file(output / "wards.gpkg", layer="wards").set_index("ward_code")
    assert layer["harm"].isna().equals(results.wards["harm"].isna())


def test_no_hidden_number_is_the_difference_of_what_the_files_show(finished, street):
    """Every table that is written against every other: where a total is shown, never is one part alone hidden."""
    _, output = finished
    counts = pd.read_parquet(output / "tables" / "counts.parquet")
    wards = pd.read_csv(output / "tables" / "wards.csv").set_index("ward_code")
    areas = pd.read_csv(output / "tables" / "areas.csv")
    account = pd.read_csv(output / "tables" / "reconciliation.csv")
    measured = counts[counts["crime_type"].isin(["Violence and sexual offences", "Robbery", "Possession of weapons"])]
    hidden = measured[measured["crimes"].isna()].groupby("ward_code").size().reindex(wards.index, fill_value=0)
    assert hidden.max() > 1
    assert not (wards["crimes"].notna() & (hidden == 1)).any()
    other = counts[~counts["crime_type"].isin(["Anti-social behaviour"])]
    lost = other[other["crimes"].isna()].groupby("ward_code").size().reindex(wards.index, fill_value=0)
    assert not (wards["crimes_all"].notna() & (lost == 1)).any()
    by_month = counts[counts["crimes"].isna()].groupby("month").size()
    assert (by_month.reindex(account["month"]).fillna(0) != 1).all()
    # Harm is a sum in known weights: with one type of a ward unknown, or two, it would give their numbers.
    types = measured[measured["crimes"].isna()].groupby("ward_code")["crime_type"].nunique().reindex(wards.index)
    truth = street.counts[street.counts["crime_type"].isin(measured["crime_type"].unique())]
    small = truth.groupby(["ward_code", "crime_type"])["crimes"].sum().between(1, 4).groupby("ward_code").any()
    assert wards.loc[small[small].index, "harm"].isna().all()
    assert types.notna().any()
    for _, area in areas.iterrows():
        members = wards.loc[area["ward_codes"].split(";")]
        for name in ("crimes", "harm"):
            assert pd.isna(area[name]) or members[name].notna().all()


def test_what_tells_of_all_wards_is_gone_once_one_is_hidden(finished):
    results, _ = finished
    assert results.wards["harm"].isna().any()
    told = [column.name for column in WARDS if "all_harm" in column.gives_away]
    present = [name for name in told if name in results.wards]
    assert results.wards[present].isna().all().all()
    assert results.areas["share_of_harm"].isna().all()
    assert results.records["scorecard"][0]["straight_line"].isna().all()
    said = " ".join(results.cover.choices)
    assert "Numbers under 5 are hidden" in said
    assert "of the fall needed" not in " ".join(results.cover.findings)
    assert "cannot be told" in " ".join(results.cover.findings)


def test_nothing_of_a_record_is_in_any_file(finished, export):
    _, output = finished
    _, table = export
    points = {f"{value:.1f}" for value in table["X"].dropna().head(500)}
    for path in output.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert VICTIM.encode() not in content, path
            assert b"Knife used" not in content
            if path.suffix in (".csv", ".log", ".html"):
                assert not any(point.encode() in content for point in points), path


def test_the_log_tells_steps_and_no_counts_of_rows(finished):
    _, output = finished
    log = (output / "run" / "run.log").read_text(encoding="utf-8")
    assert "--- Counting crimes in wards" in log
    assert "small numbers are hidden in this study" in log
    assert "rows in" not in log
    assert "tipping_point.wards" not in log
    record = json.loads((output / "run" / "provenance.json").read_text(encoding="utf-8"))
    (crime,) = [source for source in record["sources"] if source["section"] == "crime"]
    assert crime["rows"] is None


def test_points_and_codes_of_the_same_rows_place_nearly_all_alike(demo, export, street, tmp_path):
    folder, _ = export
    points = CODES.replace('lsoa_code = "Small area"', 'easting = "X"\nnorthing = "Y"')
    source = points.replace("[sources.crime.columns]", "threshold = 1\n[sources.crime.columns]")
    results = analyse(read_study(write(demo, folder, source, "points.toml")))
    assert any("are placed by point" in said for said in results.cover.choices)
    apart = (results.wards["crimes"] - street.wards["crimes"]).abs().sum()
    assert apart < 0.1 * street.wards["crimes"].sum()
    assert results.counts["crimes"].sum() == pytest.approx(street.counts["crimes"].sum(), rel=0.02)


def test_a_flag_is_a_measure_and_adds_up(demo, export, street):
    folder, table = export
    source = CODES.replace("[sources.crime.columns]", "threshold = 1\n[sources.crime.columns]")
    results = analyse(read_study(write(demo, folder, source, "knife.toml", measure='"knife"')))
    marked = results.counts[results.counts["crime_type"].str.endswith("[knife]")]
    own = table[table["Force"] == DISTRICT]
    placed = own[own["Small area"].notna() & (own["Offence"] != "Anti-social behaviour")]
    assert results.wards["crimes"].sum() == marked["crimes"].sum()
    # A few of the force's rows lie in its neighbours' wards, and a few of theirs in its own.
    assert marked["crimes"].sum() == pytest.approx((placed["Knife"] == "Y").sum(), rel=0.1)
    assert results.wards["crimes_all"].equals(street.wards["crimes_all"])
    assert results.cover.proxy_note == ""
    assert "marked with a knife" in results.cover.title
    # A type of the marked incidents weighs as the type does.
    assert results.wards["harm"].sum() > 0


def test_months_are_not_shown_where_the_table_would_be_too_large_or_the_study_says_so(demo, export, street):
    folder, _ = export
    path = write(demo, folder, CODES, "period.toml")
    path.write_text(path.read_text().replace("[crime]\n", '[crime]\ndetail = "period"\n'))
    results = analyse(read_study(path))
    assert results.counts["crimes"].isna().all()
    shown = results.wards["crimes"].notna()
    assert shown.any()
    assert (results.wards.loc[shown, "crimes"] == street.wards.loc[shown, "crimes"]).all()
    assert any("not by month" in said for said in results.cover.choices)


def test_a_public_edition_needs_a_licence_before_anything_is_read(demo, export):
    folder, _ = export
    path = write(demo, folder, CODES.replace(LICENCE, "").replace("export.csv", "export_bare.csv"), "bare.toml")
    path.write_text(path.read_text().replace("synthetic = true", "synthetic = false"))
    # What is read first would be refused too, and is not come to.
    (folder / "export_bare.csv").write_bytes(b"no table")
    with pytest.raises(InputError, match=r"no licence of export_bare\.csv is known"):
        analyse(read_study(path), edition="public")


def test_a_signal_becomes_a_column_and_its_small_numbers_are_hidden(demo, export):
    folder, table = export
    calls = table[table["Offence"] == "Robbery"].dropna(subset=["X"])
    calls[["Committed", "X", "Y"]].to_csv(folder / "calls.csv", index=False)
    signal = """
[[sources.signal]]
name = "ambulance_calls"
path = "calls.csv"
columns = { date = "Committed", easting = "X", northing = "Y" }
worse = "higher"
combine = "sum"
"""
    crime = re.search(r"\[\[sources\.crime\]\].*?(?=\[sources)", demo.study.read_text(encoding="utf-8"), re.DOTALL)[0]
    results = analyse(read_study(write(demo, folder, crime + signal, "signal.toml")))
    number = results.wards["ambulance_calls"]
    assert not number.between(1, 4).any()
    assert number.isna().any()
    assert results.wards["ambulance_calls_rate"].isna().equals(number.isna())
    assert number.sum() <= len(calls)
    assert {"ambulance_calls", "ambulance_calls_rate"} <= {column.name for column in results.columns}
    # The crimes are open, and none of them is hidden.
    assert results.counts["crimes"].notna().all()
    # As a component its place on the scale would tell the number, and the score less the other components would too.
    scored = (
        signal
        + """
[[index.component]]
column = "ambulance_calls"
weight = 1
[[index.component]]
column = "income"
weight = 1
"""
    )
    text = (crime + scored).replace('scale = "percentile"', 'scale = "minmax"')
    study = read_study(write(demo, folder, text, "scored.toml"))
    found = analyse(changed(study, index={"scale": "minmax"}))
    gone = found.wards["ambulance_calls"].isna()
    assert gone.equals(number.isna())
    assert found.wards.loc[gone, ["component_ambulance_calls", "index_score"]].isna().all(axis=None)
    shown = found.wards["assessed"] & ~gone
    assert found.wards.loc[shown, "component_ambulance_calls"].notna().all()
    assert found.wards.loc[shown, "index_score"].notna().any()
    holding = found.areas["ward_codes"].map(lambda codes: bool(set(codes.split(";")) & set(gone.index[gone])))
    assert found.areas.loc[holding, "index_score"].isna().all()
    assert found.selection is None


def test_check_reads_the_file_and_tells_of_its_forces(demo, export):
    folder, _ = export
    found = check_study(read_study(write(demo, folder, CODES, "check.toml")))
    assert any("export.csv" in said for said in found.reads)


def test_what_a_publisher_held_back_is_neither_nought_nor_known(demo, export, tmp_path):
    _, table = export
    keys = ["Committed", "Small area", "Offence", "Force"]
    counted = table.dropna(subset=["Small area"]).groupby(keys).size().rename("Number").reset_index()
    counted["Number"] = counted["Number"].astype(str)
    held = counted.index[(counted["Offence"] == "Robbery") & (counted["Force"] == DISTRICT)][0]
    counted.loc[held, "Number"] = "<5"
    counted.to_csv(tmp_path / "export.csv", index=False)
    source = CODES.split("[sources.crime.flags]", maxsplit=1)[0] + 'count = "Number"\n'
    results = analyse(read_study(write(demo, tmp_path, source, "held.toml")))
    unknown = results.wards[results.wards["not_assessed_reason"].str.contains("held back")]
    assert len(unknown) == 1
    assert unknown[["crimes", "crimes_all", "rank"]].isna().all().all()


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (CODES.replace('kind = "incidents"', 'kind = "police_uk"'), 'is for kind = "incidents"'),
        (CODES.replace('date = "Committed"', ""), "date is missing"),
        (CODES.replace("knife =", "nife ="), "'nife' is not known"),
        (CODES.replace('offence = "Offence"', ""), "name the column of offences"),
        (re.sub(r"\[sources\.crime\.columns\].*", "", CODES, flags=re.DOTALL), "columns: is missing"),
        (CODES.replace("[sources.crime.columns]", 'threshold = 0\n[sources.crime.columns]'), "threshold: 0 was given"),
        (CODES.replace('"DA"', "1"), "flags: "),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_options_is_told_before_the_file_is_opened(demo, export, source, told):
    folder, _ = export
    with pytest.raises(InputError) as caught:
        read_study(write(demo, folder, source, "wrong.toml"))
    assert told in str(caught.value)


def test_a_flag_that_no_file_has_cannot_be_measured(demo, export):
    folder, _ = export
    study = read_study(write(demo, folder, CODES, "hate.toml", measure='"hate"'))
    with pytest.raises(InputError, match="has no such flag"):
        analyse(study)


@pytest.mark.real
def test_the_real_crimes_of_merseyside_as_an_export_of_the_force(real_data, tmp_path):
    """Original rows in another dress: what is shown is what the street files give, and the shortlist is the same."""
    frames = []
    with zipfile.ZipFile(real_data / "police_uk/2019-02.zip") as archive:
        for name in archive.namelist():
            if name.endswith("-merseyside-street.csv"):
                frames.append(pd.read_csv(archive.open(name)))
    rows = pd.concat(frames, ignore_index=True)
    made = pd.DataFrame({"When": pd.to_datetime(rows["Month"]).dt.strftime("28/%m/%Y"), "Where": rows["LSOA code"],
                         "What": rows["Crime type"]})  # fmt: skip
    made.to_csv(tmp_path / "export.csv", index=False)
    text = (Path(__file__).parents[1] / "studies/merseyside.toml").read_text(encoding="utf-8")
    text = text.replace("permutations = 99999", "permutations = 999") + QUICK
    street = analyse(read_study(saved(tmp_path / "street.toml", text)))
    source = """[[sources.crime]]
kind = "incidents"
path = "export.csv"
force = "Merseyside"
columns = { date = "When", lsoa_code = "Where", offence = "What" }

"""
    own = re.sub(r"\[\[sources\.crime\]\].*?(?=\[sources\.boundaries\])", source, text, flags=re.DOTALL)
    results = analyse(read_study(saved(tmp_path / "own.toml", own + '[crime]\ndetail = "period"\n')))
    own_rows = street.reconciliation.query("force == 'merseyside'")
    assert own_rows["rows_in"].sum() == len(made)
    shown = results.wards["crimes"].notna()
    assert shown.all()
    # Other forces recorded a few crimes in Merseyside, which their street files hold and its own export does not.
    apart = street.wards["crimes"] - results.wards["crimes"].astype(float)
    assert (apart >= 0).all()
    assert apart.sum() <= street.reconciliation.query("force != 'merseyside'")["placed"].sum()
    assert results.wards["harm"].isna().sum() > 50
    chosen = [set(found.areas.loc[found.areas["shortlisted"], "area_name"]) for found in (results, street)]
    assert len(chosen[0] & chosen[1]) >= 4


def saved(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_calls_for_an_ambulance_are_an_outcome_of_their_own(demo, export):
    folder, table = export
    table[["Committed", "Small area"]].dropna().to_csv(folder / "calls.csv", index=False)
    source = f"""[[sources.crime]]
kind = "incidents"
path = "calls.csv"
name = "ambulance calls"
force = "{DISTRICT}"
threshold = 1
columns = {{ date = "Committed", lsoa_code = "Small area" }}

"""
    path = write(demo, folder, source, "calls.toml")
    named = read_study(path)
    with pytest.raises(InputError, match="adds up offences, and the study's files name none"):
        analyse(named)
    path.write_text(
        re.sub(r"^measure = .*$", 'types = { "ambulance calls" = 1 }', path.read_text(), flags=re.MULTILINE)
    )
    results = analyse(read_study(path))
    assert set(results.counts["crime_type"]) == {"ambulance calls"}
    assessed = results.wards["assessed"]
    assert assessed.any()
    assert results.wards.loc[assessed, "crimes"].equals(results.wards.loc[assessed, "crimes_all"])
    # Nothing is known of busy centres without thefts or people by day.
    assert results.wards["visitor_ward"].isna().all()


def test_a_public_edition_of_what_is_marked_as_domestic_abuse_shows_no_month(demo, export):
    folder, _ = export
    study = read_study(write(demo, folder, CODES, "abuse.toml", measure='"domestic_abuse"'))
    results = analyse(study, edition="public")
    assert results.counts.loc[results.counts["crime_type"] != "Anti-social behaviour", "crimes"].isna().all()
    assert results.records["trend"][0]["crimes"].isna().all()
    assert results.wards["crimes"].notna().any()
    assert results.wards.loc[results.wards["harm"].isna(), "index_score"].isna().all()
    assert any("not shown by ward and month" in said for said in results.cover.choices)
    assert "VAWG" not in results.cover.title


def test_no_backtest_of_files_of_which_small_numbers_are_hidden(demo, export, tmp_path):
    folder, _ = export
    path = write(demo, folder, CODES, "back.toml")
    path.write_text(path.read_text().replace(START, "2018-01"))
    with pytest.raises(InputError, match="backtest: its tables tell of every ward"):
        run_backtest(read_study(path), output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_marked_is_shown_over_the_period(demo, export):
    folder, _ = export
    path = write(demo, folder, CODES, "marked.toml", measure='"knife"')
    results = analyse(read_study(path))
    assert results.counts["crimes"].isna().all()
    assert any("marked crimes are rare by month" in said for said in results.cover.choices)
    assert results.wards["crimes"].notna().any()
