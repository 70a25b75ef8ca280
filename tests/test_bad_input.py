"""Every bad file gets its message, exit code 2, no traceback, and nothing is left behind.

Each case takes the demo city's files, spoils one, and runs the command.
"""

from __future__ import annotations

import json
import shutil
import zipfile

import pandas as pd
import pytest

from tipping_point import cli

ARCHIVE = "police_uk/2025-12.zip"


@pytest.fixture
def city(demo, tmp_path):
    """The demo's files, in a folder of the test's own."""
    return shutil.copytree(demo.folder, tmp_path / "city")


@pytest.fixture
def refused(city, tmp_path, capsys):
    """A function: run the study, which must be refused; gives what was said on stderr."""

    def run(*arguments):
        capsys.readouterr()
        code = cli.main(["run", str(city / "study.toml"), "--output", str(tmp_path / "out"), *arguments])
        said = capsys.readouterr().err
        assert code == 2, said
        assert "Traceback" not in said
        assert sorted(path.name for path in tmp_path.iterdir()) == ["city"]
        return said

    return run


def member_of(city):
    with zipfile.ZipFile(city / ARCHIVE) as archive:
        return next(name for name in archive.namelist() if name.endswith("-street.csv") and "btp" not in name)


def rewrite(city, change, name=None):
    """Write the archive again with one member changed, or renamed where `change` gives a pair."""
    spoiled = member_of(city)
    source, target = city / ARCHIVE, city / "new.zip"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for member in old.namelist():
            data = old.read(member)
            if member == spoiled:
                new.writestr(name or member, change(data))
            else:
                new.writestr(member, data)
    target.replace(source)
    return spoiled.split("/")[-1]


def replace(old, new):
    return lambda data: data.replace(old, new, 1)


def first(city, pattern):
    return next(city.rglob(pattern))


SPOILED = {
    "a missing column": (replace(b"LSOA code,", b""), "LSOA code"),
    "a wrong header": (replace(b"Crime ID,Month,Reported by", b"a,b,c"), "Crime ID"),
    "an HTML page saved as CSV": (lambda data: b"<!DOCTYPE html><html><body>Not found</body></html>", "HTML"),
    "an empty file": (lambda data: b"", "empty"),
    "a month that is not its file's": (replace(b",2023-01,", b",2022-12,"), "2022-12"),
    "an unknown crime type": (replace(b",Robbery,", b",Piracy,"), "Piracy"),
    "a former crime type": (replace(b",Robbery,", b",Violent crime,"), "2013"),
}


@pytest.mark.parametrize("case", SPOILED)
def test_a_spoiled_street_file_is_named_with_its_fault(case, city, refused):
    change, words = SPOILED[case]
    name = rewrite(city, change)
    said = refused()
    assert name in said
    assert words in said


def test_coordinates_out_of_range(city, refused):
    def move(data):
        lines = data.split(b"\n")
        for number, line in enumerate(lines[1:], start=1):
            cells = line.split(b",")
            if cells[4]:
                cells[4] = b"151.2"
                lines[number] = b",".join(cells)
                break
        return b"\n".join(lines)

    name = rewrite(city, move)
    said = refused()
    assert name in said
    assert "151.2" in said


def test_a_truncated_zip(city, refused):
    data = (city / ARCHIVE).read_bytes()
    (city / ARCHIVE).write_bytes(data[: len(data) // 2])
    assert "2025-12.zip" in refused()


def test_a_member_that_would_escape(city, refused):
    rewrite(city, lambda data: data, name="../2023-01/2023-01-evil-street.csv")
    assert "../2023-01/2023-01-evil-street.csv" in refused()


def test_a_damaged_member_is_refused_unless_allowed_and_then_named(city, refused, tmp_path):
    name = rewrite(city, lambda data: b"<html>")
    assert name in refused()
    study = city / "study.toml"
    study.write_text(study.read_text().replace("[coverage]", "[coverage]\nallow_damaged = true", 1))
    out = tmp_path / "out"
    assert cli.main(["run", str(study), "--output", str(out)]) == 0
    assert name in (out / "report.html").read_text(encoding="utf-8")
    assert name in (out / "run" / "provenance.json").read_text(encoding="utf-8")
    assert name in (out / "run" / "run.log").read_text(encoding="utf-8")
    assert (pd.read_csv(out / "tables" / "coverage.csv")["status"] == "missing").sum() >= 2


def spoil_boundaries(city, change):
    path = first(city, "WD_*.geojson")
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path.name


def test_ward_codes_of_another_vintage(city, refused):
    def recode(document):
        for number, feature in enumerate(document["features"]):
            feature["properties"]["WD25CD"] = f"E05{number:06d}"

    spoil_boundaries(city, recode)
    said = refused()
    assert "are not wards of 2025 in the lookup" in said
    assert "E05000000" in said


def test_duplicated_ward_codes(city, refused):
    def repeat(document):
        document["features"].append(document["features"][0])

    name = spoil_boundaries(city, repeat)
    assert name in refused()


def test_no_geometry(city, refused):
    def strip(document):
        document["features"][0]["geometry"] = None

    assert spoil_boundaries(city, strip) in refused()


def test_invalid_polygons_are_repaired_and_said(city, tmp_path):
    def twist(document):
        # a bow tie: the first ward crosses itself
        geometry = document["features"][0]["geometry"]
        ring = geometry["coordinates"][0] if geometry["type"] == "Polygon" else geometry["coordinates"][0][0]
        ring[2], ring[len(ring) // 2] = ring[len(ring) // 2], ring[2]

    spoil_boundaries(city, twist)
    out = tmp_path / "out"
    assert cli.main(["run", str(city / "study.toml"), "--output", str(out)]) == 0
    assert "crossed themselves and were repaired" in (out / "report.html").read_text(encoding="utf-8")


def test_boundaries_of_another_year_than_the_study(city, refused):
    study = city / "study.toml"
    study.write_text(study.read_text().replace("ward_year = 2025", "ward_year = 2024"))
    said = refused()
    assert "2024" in said
    assert "2025" in said


def test_a_negative_population(city, refused):
    path = first(city, "census2021-ts001*.csv")
    table = pd.read_csv(path)
    table.iloc[4, 3] = -5
    table.to_csv(path, index=False)
    said = refused()
    assert path.name in said
    assert "-5" in said


def test_an_index_component_that_is_constant(city, refused):
    path = first(city, "IoD2025*indicators*.csv")
    table = pd.read_csv(path)
    table["comparative_illness_and_disability_ratio_indicator"] = 100
    table.to_csv(path, index=False)
    study = city / "study.toml"
    with study.open("a", encoding="utf-8") as file:
        file.write('\n[[index.component]]\ncolumn = "comparative_illness"\nweight = 1.0\n')
    assert "'comparative_illness' is 100 in all" in refused()


def test_a_study_file_with_a_mistyped_key(city, refused):
    study = city / "study.toml"
    study.write_text(study.read_text().replace("minimum =", "minimun ="))
    assert "[coverage] minimun: unknown key; did you mean 'minimum'?" in refused()


def test_an_area_without_any_data_is_refused_before_and_in_the_run(city, refused, capsys):
    study = city / "study.toml"
    text = study.read_text().replace('start = "2023-01"', 'start = "2020-01"')
    study.write_text(text.replace('end = "2025-12"', 'end = "2020-12"'))
    assert "no ward of the study can be assessed" in refused()
    assert cli.main(["check", str(study)]) == 2


def test_the_public_edition_refuses_a_source_without_a_licence(city, refused):
    path = city / "study.toml"
    path.write_text(path.read_text().replace("synthetic = true", "synthetic = false"))
    (city / "own.csv").write_bytes(first(city, "IoD2025*indicators*.csv").read_bytes())
    with path.open("a", encoding="utf-8") as file:
        file.write('\n[[sources.indicator]]\nname = "own"\npath = "own.csv"\nworse = "higher"\ncombine = "mean"\n'
                   'column = "comparative_illness_and_disability_ratio_indicator"\nvintage = "lsoa21"\n')  # fmt: skip
    assert "no licence of own.csv is known" in refused("--edition", "public")
