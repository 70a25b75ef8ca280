"""The demo's counts beside recorded crime of its forces and partnerships: which files, which forces, what is said."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from builders.studies import with_sources

from tipping_point.pipeline.calibrate import calibrate_study
from tipping_point.pipeline.read import prepare_wards
from tipping_point.study import read_study
from tipping_point.study.sections import RecordedCrime
from tipping_point.tables import InputError, months_between

MONTHS = months_between("2024-04", "2025-03")
OFFENCE = ("Burglary in a dwelling", "Theft offences", "Domestic burglary", "28A")
CSP = "Financial Year,Financial Quarter,Police Force,CSP Name,Offence Description,Offence Group,Offence Subgroup,"
CSP += "Offence Code,Offence Count"
PFA = CSP.replace("Police Force,CSP Name", "Force Name").replace("Offence Count", "Number of Offences")


@pytest.fixture(scope="module")
def study(demo):
    return read_study(demo.study)


@pytest.fixture(scope="module")
def prepared(study):
    return prepare_wards(study)


@pytest.fixture(scope="module")
def counts(prepared):
    """Ten burglaries in each ward and month."""
    rows = [(code, month, "Burglary", 10.0) for code in prepared.wards.index for month in MONTHS]
    return pd.DataFrame(rows, columns=["ward_code", "month", "crime_type", "crimes"])


def publish(path, wards, column, *, header=CSP, times=1.0, year="2024/25"):
    """What the wards of each district (or force) hold in a quarter, as the Home Office would publish it."""
    lines = [header]
    for name, own in wards.groupby(column):
        force = own["force_name"].iloc[0]
        who = [force, name] if header == CSP else [force]
        for quarter in range(1, 5):
            lines.append(",".join([year, f"Q{quarter}", *who, *OFFENCE, str(round(len(own) * 30 * times))]))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def with_files(study, *paths):
    return with_sources(study, *(RecordedCrime(path=path) for path in paths))


def test_a_table_by_partnership_gives_both_tables(study, prepared, counts, tmp_path):
    path = publish(tmp_path / "csp.csv", prepared.wards, "district_name")
    tables, said = calibrate_study(with_files(study, path), prepared, prepared.wards, counts)
    assert set(tables) == {"recorded_crime", "recorded_crime_partnerships"}
    for table in tables.values():
        assert set(table["ratio"]) == {1.0}
        assert set(table["months"]) == {12}
    assert said == ()
    assert tables["recorded_crime_partnerships"]["partnership"].nunique() == prepared.wards["district_name"].nunique()


def test_both_files_together_count_nothing_twice_and_far_ratios_are_said(study, prepared, counts, tmp_path):
    paths = (
        publish(tmp_path / "csp.csv", prepared.wards, "district_name", times=2),
        publish(tmp_path / "pfa.csv", prepared.wards, "force_name", header=PFA),
    )
    tables, said = calibrate_study(with_files(study, *paths), prepared, prepared.wards, counts)
    assert set(tables["recorded_crime"]["ratio"]) == {1.0}
    assert set(tables["recorded_crime_partnerships"]["ratio"]) == {0.5}
    assert all("community safety partnerships crimes placed in wards are far" in sentence for sentence in said)


def test_two_files_with_the_same_quarters_are_refused(study, prepared, counts, tmp_path):
    paths = [publish(tmp_path / name, prepared.wards, "force_name", header=PFA) for name in ("a.csv", "b.csv")]
    with pytest.raises(InputError, match=r"a\.csv and b\.csv both have 2024-04 of .*; keep one"):
        calibrate_study(with_files(study, *paths), prepared, prepared.wards, counts)


def test_a_part_of_a_force_is_not_held_to_its_total(study, prepared, counts, tmp_path):
    # The demo's districts have a force each; here all of them have one.
    lookups = tuple(t.assign(force25_name="Kent") if "force25_name" in t else t for t in prepared.lookups)
    wards = prepared.wards.assign(force_name="Kent")
    mine = wards[wards["district_name"] == wards["district_name"].iloc[0]]
    held = counts[counts["ward_code"].isin(mine.index)]
    path = publish(tmp_path / "csp.csv", wards, "district_name")
    tables, said = calibrate_study(with_files(study, path), replace(prepared, lookups=lookups), mine, held)
    assert set(tables) == {"recorded_crime_partnerships"}
    assert set(tables["recorded_crime_partnerships"]["ratio"]) == {1.0}
    assert said == ("Not held to the Home Office's total of the force, of which the study has a part alone: Kent.",)


def test_without_a_lookup_of_partnerships(study, prepared, counts, tmp_path):
    bare = replace(prepared, lookups=tuple(table for table in prepared.lookups if "force25_name" not in table))
    path = publish(tmp_path / "csp.csv", prepared.wards, "district_name")
    with pytest.raises(InputError, match="needs the lookup of districts to partnerships to forces"):
        calibrate_study(with_files(study, path), bare, prepared.wards, counts)
    path = publish(tmp_path / "pfa.csv", prepared.wards, "force_name", header=PFA)
    tables, said = calibrate_study(with_files(study, path), bare, prepared.wards, counts)
    assert set(tables["recorded_crime"]["ratio"]) == {1.0}
    assert said == ()


def test_a_file_without_the_forces_of_the_study(study, prepared, counts, tmp_path):
    elsewhere = prepared.wards.assign(force_name="Kent")
    path = publish(tmp_path / "pfa.csv", elsewhere, "force_name", header=PFA)
    with pytest.raises(InputError, match=r"no row of .* under a header that is understood"):
        calibrate_study(with_files(study, path), prepared, prepared.wards, counts)
