"""No street, no map point and no crime's identity of the input stands in any file of the output, whatever its form."""

from __future__ import annotations

import base64
import gzip
import io
import re
import sqlite3
import zipfile

import pandas as pd
import pytest

from tipping_point.pipeline import run_study
from tipping_point.study import read_study

HIDDEN = ["Crime ID", "Longitude", "Latitude", "Location"]
NUMBER = re.compile(r"(?<![\d.])-?\d{1,3}\.\d{3,6}(?!\d)")
PACKED = re.compile(r"[A-Za-z0-9+/]{100,}={0,2}")


@pytest.fixture(scope="module")
def crimes(demo):
    """Every row of the demo's archive, of the columns that may not be seen."""
    (archive,) = demo.folder.rglob("*.zip")
    with zipfile.ZipFile(archive) as opened:
        names = [name for name in opened.namelist() if name.endswith("-street.csv")]
        return pd.concat(
            [pd.read_csv(opened.open(name), dtype=str, usecols=HIDDEN) for name in names], ignore_index=True
        )


@pytest.fixture(scope="module")
def hidden(crimes):
    """Names of streets; coordinates; identities of crimes."""
    streets = {place for place in crimes["Location"].dropna().unique() if place.startswith("On or near ")}
    points = set(crimes["Longitude"].dropna()) | set(crimes["Latitude"].dropna())
    return {street.removeprefix("On or near ") for street in streets}, points, set(crimes["Crime ID"].dropna())


@pytest.fixture(scope="module")
def folder(demo, tmp_path_factory):
    """An internal edition, which shows the most, with crimes placed by their points."""
    path = tmp_path_factory.mktemp("places") / "study.toml"
    text = demo.study.read_text(encoding="utf-8").replace('path = "', f'path = "{demo.folder.as_posix()}/')
    text = text.replace('assign = "lsoa"', 'assign = "both"')
    path.write_text(f"{text}\n[firmness]\nsimulations = 20\nselections = 1\n", encoding="utf-8")
    assert 'assign = "both"' in text
    run_study(read_study(path), output=path.parent / "out", edition="internal")
    return path.parent / "out"


def texts(name, content):
    """All that a file holds as text: what is packed in it is unpacked."""
    if name.endswith((".xlsx", ".ods")):
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            return [opened.read(member).decode("utf-8", errors="replace") for member in opened.namelist()]
    if name.endswith(".parquet"):
        table = pd.read_parquet(io.BytesIO(content))
        return [table.drop(columns="geometry", errors="ignore").to_csv()]
    if name.endswith(".gpkg"):
        held = sqlite3.connect(":memory:")
        held.deserialize(content)
        tables = [row[0] for row in held.execute("select name from sqlite_master where type = 'table'")]
        return [repr(held.execute(f'select * from "{table}"').fetchall()) for table in tables]  # noqa: S608
    text = content.decode("utf-8", errors="replace")
    return [text, *(unpacked(part) for part in PACKED.findall(text))]


def unpacked(part):
    try:
        return gzip.decompress(base64.b64decode(part)).decode("utf-8", errors="replace")
    except (ValueError, OSError, EOFError):
        return ""


def leaks(folder, hidden):
    """File and what of the input stands in it."""
    names, points, identities = hidden
    found = []
    # A PDF holds no text that can be searched; it is printed from the report.
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".png", ".pdf")):
        for text in texts(path.name, path.read_bytes()):
            found += [(path.name, name) for name in names if name in text]
            found += [(path.name, number) for number in set(NUMBER.findall(text)) & points]
            found += [(path.name, number) for number in set(re.findall(r"\b[0-9a-f]{64}\b", text)) & identities]
    return found


def test_no_street_no_point_and_no_identity_is_in_any_output(folder, hidden):
    assert [len(sought) > 50 for sought in hidden] == [True] * 3
    assert leaks(folder, hidden) == []


@pytest.mark.parametrize("kind", ["csv", "parquet", "gpkg", "xlsx", "packed"])
def test_the_search_finds_what_it_seeks_in_every_kind_of_file(tmp_path, crimes, hidden, kind):
    row = crimes.dropna(subset=["Crime ID", "Longitude"]).iloc[[0]][["Crime ID", "Longitude", "Location"]]
    if kind == "csv":
        row.to_csv(tmp_path / "a.csv")
    elif kind == "parquet":
        row.astype({"Longitude": float}).to_parquet(tmp_path / "a.parquet")
    elif kind == "gpkg":
        with sqlite3.connect(tmp_path / "a.gpkg") as held:
            row.to_sql("a", held)
        held.close()
    elif kind == "xlsx":
        row.to_excel(tmp_path / "a.xlsx", engine="xlsxwriter")
    else:
        packed = base64.b64encode(gzip.compress(row.to_csv().encode())).decode()
        (tmp_path / "a.html").write_text(f"<p>{packed}</p>")
    assert len({name for _, name in leaks(tmp_path, hidden)}) == 3
