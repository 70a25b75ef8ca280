"""The study's folder: written beside and moved into place, so that a run that dies leaves the last good one whole."""

from __future__ import annotations

import json
import logging
import os
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from tipping_point.schema import InputError

log = logging.getLogger(__name__)

MARK = "provenance.json"
"""The file by which a folder is known as a study's; no other folder is ever replaced."""

LIBRARIES = ("tipping-point", "folium", "geopandas", "libpysal", "numba", "numpy", "pandas", "polars", "pyarrow",
             "scipy", "shapely", "xlsxwriter")  # fmt: skip


@contextmanager
def fresh_folder(folder: Path) -> Iterator[Path]:
    """A new empty folder beside `folder` that takes its place when the block ends well, and vanishes otherwise.

    Raises:
        InputError: `folder` exists, is not empty and is not a study's folder, or cannot be made.
    """
    folder = folder.resolve()
    previous = folder.with_name(f".{folder.name}.previous")
    if previous.exists() and not folder.exists():
        # The last run died between the two moves below: what it set aside is the last good output.
        previous.rename(folder)
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).exists()):
        raise InputError(
            f"--output: {folder} exists and was not made by tipping-point (it holds no {MARK}); "
            f"name a folder that is new, empty or an earlier study's"
        )
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
    except OSError as error:
        raise InputError(f"--output: {folder} cannot be made: {error.strerror}") from None
    try:
        yield fresh
        shutil.rmtree(previous, ignore_errors=True)
        if folder.exists():
            folder.rename(previous)
        fresh.rename(folder)
        shutil.rmtree(previous, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


class _ShortNames(logging.Formatter):
    """Log lines with the names of the inputs, not where they lie: absolute paths are for provenance.json alone."""

    def __init__(self, inputs: Sequence[Path]) -> None:
        super().__init__("%(asctime)s %(name)s: %(message)s")
        self.places = sorted({f"{path.parent}{os.sep}" for path in inputs}, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for place in self.places:
            line = line.replace(place, "")
        return line


class _Discreet(logging.Filter):
    """Leaves out what tells of rows and counts: a step's name and a warning stay, and what is told of open sources."""

    COUNTING = ("wards", "measures", "areas", "sources.incident", "sources.signals")

    def filter(self, record: logging.LogRecord) -> bool:
        name = record.name.removeprefix("tipping_point.")
        return record.levelno >= logging.WARNING or not name.startswith(self.COUNTING)


@contextmanager
def run_log(path: Path, *, inputs: Sequence[Path], discreet: bool = False) -> Iterator[None]:
    """Every log line of the package, also into `path`, while the block runs.

    Args:
        path: of the log.
        inputs: files whose folders are not named in it.
        discreet: leave out the lines that tell of rows and counts, where small numbers are hidden.
    """
    package = logging.getLogger("tipping_point")
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(_ShortNames(inputs))
    if discreet:
        handler.addFilter(_Discreet())
    level = package.level
    package.addHandler(handler)
    package.setLevel(logging.INFO)
    try:
        yield
    finally:
        package.removeHandler(handler)
        package.setLevel(level)
        handler.close()


def write_provenance(
    folder: Path, *, study: str, settings: Mapping[str, object], sources: pd.DataFrame, synthetic: bool,
    choices: tuple[str, ...], run: Mapping[str, object], first_run: Mapping[str, object],
) -> Path:  # fmt: skip
    """Everything needed to trace and repeat the run: inputs with their hashes, settings, libraries, choices made."""
    record = {
        "study": study,
        "synthetic": synthetic,
        "run": dict(run),
        "settings": dict(settings),
        "sources": json.loads(sources.to_json(orient="records")),
        "choices": list(choices),
        "first_run": dict(first_run),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    path = folder / MARK
    path.write_text(
        json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8", newline="\n"
    )
    return path
