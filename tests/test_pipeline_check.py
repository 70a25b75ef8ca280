"""What `check` says of forces that are missing or thin, before anything runs; and that the run agrees."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from tipping_point.pipeline import analyse, check_study
from tipping_point.study import read_study
from tipping_point.tables import InputError

STUDIES = Path(__file__).parents[1] / "studies"


@pytest.fixture
def thin(demo, tmp_path):
    """The demo with half of one force's file for one month; the study, the force and the month."""
    shutil.copytree(demo.folder, tmp_path / "city")
    archive = next((tmp_path / "city").rglob("*.zip"))
    with zipfile.ZipFile(archive) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    name = max(name for name in members if name.endswith("-street.csv") and "2024-06" in name)
    lines = members[name].splitlines(keepends=True)
    members[name] = b"".join(lines[: len(lines) // 2])
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as written:
        for member, content in members.items():
            written.writestr(member, content)
    study = read_study(tmp_path / "city" / demo.study.relative_to(demo.folder))
    return study, Path(name).name[8:-11], "2024-06"


def test_half_a_month_is_told_by_its_size_and_judged_by_its_rows(thin):
    study, force, month = thin
    findings = check_study(study)
    (line,) = (line for line in findings.missing if "partial" in line)
    assert month in line
    assert findings.coverage["rows"].isna().all()
    results = analyse(study)
    coverage = results.coverage.set_index(["force", "month"])
    assert coverage.loc[(force, month), "status"] == "partial"
    assert (coverage["status"] == "partial").sum() == 1
    name = coverage.loc[(force, month), "force_name"]
    own = results.wards.index[results.wards["force_name"] == name]
    cells = results.counts[results.counts["ward_code"].isin(own) & (results.counts["month"] == month)]
    assert cells["crimes"].isna().all()
    assert cells["rows_placed"].sum() > 0


def study_of(tmp_path, *area):
    text = (STUDIES / "merseyside.toml").read_text(encoding="utf-8")
    named = ", ".join(f'"{name}"' for name in area)
    path = tmp_path / "study.toml"
    path.write_text(text.replace('area = ["Merseyside"]', f"area = [{named}]"), encoding="utf-8")
    return read_study(path)


@pytest.mark.real
@pytest.mark.usefixtures("real_data")
def test_a_study_that_asks_for_a_force_that_is_missing_is_told_so(tmp_path):
    findings = check_study(study_of(tmp_path, "Merseyside", "force:Greater Manchester"))
    assert any(
        line.startswith("Greater Manchester: 2018-10 to 2019-02 missing (215 wards): no file")
        for line in findings.missing
    )
    assert not any("Merseyside" in line for line in findings.missing)


@pytest.mark.real
@pytest.mark.usefixtures("real_data")
def test_a_study_of_nothing_but_a_missing_force_is_refused_before_it_runs(tmp_path):
    with pytest.raises(InputError, match="Greater Manchester published crimes for 0 of 5 months") as refused:
        check_study(study_of(tmp_path, "force:Greater Manchester"))
    assert "Greater Manchester: 2018-10 to 2019-02 missing (215 wards): no file" in refused.value.faults
    assert refused.value.faults[-1].startswith("There are whole months of 39 police forces in the period.")
