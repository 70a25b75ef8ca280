"""What is known of the files a study names: publisher, licence, attribution, age. The facts are in datasets.toml."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from tipping_point.hashing import hash_file

_UNKNOWN = "publisher not known"
_ARCHIVE = re.compile(r"(\d{4}-\d{2})\.zip", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)|(?:LSOA|WD|ward|LAD|LTLA|CSP|PFA|RGN|region)(\d\d)(?!\d)", re.I)
_CHUNK = 1 << 20
_FAMILIES = (
    (r"census_(?!ts001$)ts\d{3}[a-z]?", "census_2021"),
    (r"fingertips_\d+(?:_[a-z_]+)?", "fingertips"),
    (r"population_nomis\w*", "population_nomis"),
)
_STALE_YEARS = 2
"""A population older than this many years is said to be old."""


@dataclass(frozen=True)
class Recognise:
    """Which files are of a dataset: section, and its kinds or patterns of the file's name; empty means any."""

    section: str
    kinds: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def fits(self, path: Path, section: str, kind: str) -> bool:
        """Whether a file of a section and kind of the study file is of this dataset."""
        return (
            section in self.section.split("|")
            and (not self.kinds or kind in self.kinds)
            and (not self.files or any(re.search(pattern, path.name, re.IGNORECASE) for pattern in self.files))
        )


@dataclass(frozen=True)
class Services:
    """The feature services of the ONS Open Geography Portal that hold a dataset."""

    names: Mapping[int, str]
    """Year of the codes -> name of the service."""
    pattern: str = ""
    """Finds the service of a year that has no name here, or whose name is gone; {year} and {yy} stand for the year."""
    fields: tuple[str, ...] = ()
    """Fields that it must have, as patterns, whatever their case."""


@dataclass(frozen=True)
class Place:
    """Where the file of a dataset stands on the web, what it is called once here, and what must be in it."""

    file: str
    """Its name once it is here; {year} stands for the year."""
    addresses: Mapping[int, tuple[str, ...]]
    """Year of the figures -> where the file is known to have stood, the newest address first."""
    page: str = ""
    """Path of its page on GOV.UK, which lists the attachments of the day."""
    title: str = ""
    """Finds the attachment by its title, or by the name of its file."""
    header: tuple[str, ...] = ()
    """Header cells that it must have, as patterns, whatever their case."""
    sheet: str = ""
    """The sheet of a workbook; {year} stands for the year."""
    sha256: str = ""
    """The beginning of the hash of the file at the first address, as far as it is known."""


@dataclass(frozen=True)
class Dataset:
    """One published dataset. An empty licence means that none is known."""

    key: str
    title: str
    publisher: str
    licence: str
    attribution: str
    year: int | None = None
    newest: int | None = None
    """The newest edition known, where a new one comes out every year."""
    superseded_by: str = ""
    note: str = ""
    levels: tuple[str, ...] = ()
    """Whom its figures are about, where they are not of wards or small areas: keys of `levels.LEVELS`."""
    recognise: Recognise | None = None
    services: Services | None = None
    place: Place | None = None


OWN = Dataset(
    key="own",
    title="File of the user",
    publisher=_UNKNOWN,
    licence="",
    attribution="",
    note="Not recognised as a published dataset; state its source and licence where the outputs are shown.",
)


@cache
def load_datasets() -> tuple[Dataset, ...]:
    """Every entry of datasets.toml, in its order."""
    entries = tomllib.loads(files(__package__).joinpath("datasets.toml").read_text(encoding="utf-8"))["dataset"]
    return tuple(_dataset(entry) for entry in entries)


def _dataset(entry: dict[str, Any]) -> Dataset:
    terms = entry.pop("recognise", None)
    recognise = terms and Recognise(terms["section"], tuple(terms.get("kinds", ())), tuple(terms.get("files", ())))
    given = entry.pop("services", None)
    services = given and Services(
        {int(year): name for year, name in given["names"].items()}, given["pattern"], tuple(given["fields"])
    )
    place = entry.pop("place", None)
    entry["levels"] = tuple(entry.get("levels", ()))
    return Dataset(**entry, recognise=recognise, services=services, place=place and _place(place))


def _place(given: dict[str, Any]) -> Place:
    addresses = {int(year): tuple(known) for year, known in given.pop("addresses", {}).items()}
    return Place(**{**given, "header": tuple(given.get("header", ())), "addresses": addresses})


def get_dataset(key: str) -> Dataset:
    """The entry of a key.

    Raises:
        KeyError: there is none; keys stand in code, not in studies.
    """
    return {dataset.key: dataset for dataset in load_datasets()}[key]


def entry_key(key: str) -> str:
    """The entry that stands for a key of a study: one for all census tables, one for all public health profiles."""
    return next((entry for pattern, entry in _FAMILIES if re.fullmatch(pattern, key)), key)


def find_levels_of(key: str) -> tuple[str, ...]:
    """Whom the figures of a dataset are about, where they are not of wards or small areas; () for other keys."""
    return next((dataset.levels for dataset in load_datasets() if dataset.key == key), ())


def find_dataset(path: Path, *, section: str, kind: str, synthetic: bool = False, key: str = "") -> Dataset:
    """The dataset that a file of the study is of, by section, kind and file name, else by the key that the study names.

    OWN where none fits.
    """
    for dataset in load_datasets():
        if synthetic and dataset.key == "synthetic":
            return dataset
        if not synthetic and dataset.recognise and dataset.recognise.fits(path, section, kind):
            return dataset
    known = {dataset.key: dataset for dataset in load_datasets() if dataset.key != "synthetic"}
    return known.get(entry_key(key), OWN)


def describe_file(path: Path, *, section: str, kind: str, synthetic: bool = False, key: str = "") -> dict[str, object]:
    """The columns of schema.SOURCES for one file or folder of the study; `rows` is left to the caller.

    `key` is of the dataset that the study names, for a file that is not recognised.
    The hash of a folder is that of the names and hashes of the files in it, by name.
    """
    dataset = find_dataset(path, section=section, kind=kind, synthetic=synthetic, key=key)
    year = _year(path, dataset)
    size, sha256 = _measure(path)
    return {
        "section": section,
        "kind": kind or dataset.key,
        "path": str(path),
        "bytes": size,
        "sha256": sha256,
        "rows": None,
        "dataset": dataset.title,
        "publisher": dataset.publisher,
        "licence": dataset.licence,
        "attribution": dataset.attribution.replace("{year}", str(year or "")).replace(" .", "."),
        "note": dataset.note,
    }


def stale_notes(sources: pd.DataFrame, *, end: str) -> list[str]:
    """What is out of date among the files of a study, in plain sentences.

    Args:
        sources: a table of schema.SOURCES (section, kind, path and dataset are used).
        end: last month of the period, 'YYYY-MM'.
    """
    by_title = {dataset.title: dataset for dataset in load_datasets()}
    notes: list[str] = []
    for title, path in zip(sources["dataset"], sources["path"], strict=True):
        if title in by_title:
            notes += _notes(by_title[title], Path(path), end)
    return list(dict.fromkeys(notes))


def _notes(dataset: Dataset, path: Path, end: str) -> list[str]:
    year = _year(path, dataset)
    archive = _ARCHIVE.fullmatch(path.name)
    notes = []
    if dataset.key == "police_uk_street" and archive:
        notes.append(
            f"{path.name} is the archive of {archive[1]}. Its publisher says: 'With the exception of the latest month's"
            f" archive, the data on this page is out of date and should not be used.' Take the newest archive that"
            f" still holds the period."
        )
    if dataset.superseded_by:
        notes.append(f"{path.name}: {dataset.title} is superseded by {dataset.superseded_by}.")
    if dataset.newest and year and year < dataset.newest:
        notes.append(f"{path.name}: {dataset.title.lower()} of {year}; those of {dataset.newest} are published.")
    if dataset.key.startswith(("population", "census")) and year and int(end[:4]) - year > _STALE_YEARS:
        notes.append(f"{path.name}: residents of {year}, and the period ends {end}; rates use the older population.")
    return notes


def _year(path: Path, dataset: Dataset) -> int | None:
    """The year of a file: its dataset's, else the latest that its name gives."""
    if dataset.year:
        return dataset.year
    found = [int(match[1] or f"20{match[2]}") for match in _YEAR.finditer(path.name)]
    return max(found, default=None)


def _measure(path: Path) -> tuple[int, str]:
    """Bytes and SHA-256 of a file, or of all files of a folder."""
    if not path.is_dir():
        return path.stat().st_size, hash_file(path)
    inside = sorted(entry for entry in path.rglob("*") if entry.is_file())
    total = hashlib.sha256()
    for entry in inside:
        total.update(f"{entry.relative_to(path).as_posix()}\0{hash_file(entry)}\n".encode())
    return sum(entry.stat().st_size for entry in inside), total.hexdigest()
