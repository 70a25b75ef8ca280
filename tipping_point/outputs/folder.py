"""The study's folder: written beside and moved into place, so that a run that dies leaves the last good one whole."""

from __future__ import annotations

import errno
import glob
import json
import logging
import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from tipping_point.hashing import hash_file
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

TABLES, PICTURES, QA, RUN = "tables", "pictures", "qa", "run"
"""Folders within the study's folder; at its top stands only what people open."""

MARK = f"{RUN}/provenance.json"
"""The file by which a folder is known as a study's; no other folder is ever replaced."""

FORMER_MARK = "provenance.json"
"""The same in the flat folders of versions before the change log's 0.2."""

_FORMER = re.compile(
    r"(map|report)\.(html|pdf|png|svg)|areas\.(png|svg)|shortlist\.(xlsx|ods)|wards\.(gpkg|parquet)|counts\.parquet|"
    r"run\.log|study\.toml|backtest\.json|provenance\.json|[a-z_]+\.csv"
)
"""Files that a run wrote into a flat folder, which kept no list of them."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system answers where a disk, or what a user may have of it, is full."""

_LEFT_OVER = 24 * 3600
"""Seconds after which the folder of a run that was killed is taken for left over."""

LIBRARIES = ("tipping-point", "folium", "geopandas", "libpysal", "numba", "numpy", "pandas", "polars", "pyarrow",
             "scipy", "shapely", "xlsxwriter")  # fmt: skip


@contextmanager
def fresh_folder(folder: Path) -> Iterator[Path]:
    """A new empty folder beside `folder` that takes its place when the block ends well, and vanishes otherwise.

    Raises:
        InputError: `folder` exists, is not empty and is not a study's folder, or cannot be made; its disk is full.
    """
    folder = folder.resolve()
    previous = folder.with_name(f".{folder.name}.previous")
    if previous.exists() and not folder.exists():
        # The last run died between the two moves below: what it set aside is the last good output.
        previous.rename(folder)
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and find_record(folder) is None):
        raise InputError(
            f"--output: {folder} exists and was not made by tipping-point (it holds no {MARK}); "
            f"name a folder that is new, empty or an earlier study's"
        )
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for begun in folder.parent.glob(f".{glob.escape(folder.name)}.*.part"):
            if begun == fresh or begun.stat().st_mtime < time.time() - _LEFT_OVER:
                shutil.rmtree(begun, ignore_errors=True)
        for part in ("", TABLES, RUN):
            (fresh / part).mkdir()
    except OSError as error:
        raise InputError(f"--output: {folder} cannot be made: {error.strerror}") from None
    try:
        yield fresh
        shutil.rmtree(previous, ignore_errors=True)
        if folder.exists():
            folder.rename(previous)
        fresh.rename(folder)
        shutil.rmtree(previous, ignore_errors=True)
    except Exception as error:
        if why := _why_full(error):
            raise InputError(
                f"--output: the disk of {folder} is full ({why}). Nothing was written there, and what was there before "
                f"is as it was. Free some space, or name a folder on another disk"
            ) from error
        raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def find_record(folder: Path) -> Path | None:
    """The provenance of a study's folder, of this layout or the former flat one; None where it is no study's."""
    return next((path for name in (MARK, FORMER_MARK) if (path := folder / name).is_file()), None)


def find_table(folder: Path, name: str) -> Path:
    """Where a table of a study's folder is, in this layout or the former flat one."""
    former = find_record(folder) == folder / FORMER_MARK
    return folder / name if former else folder / TABLES / name


def find_study(folder: Path) -> Path:
    """Where the study file of a study's folder is, in this layout or the former flat one."""
    former = find_record(folder) == folder / FORMER_MARK
    return folder / "study.toml" if former else folder / RUN / "study.toml"


def keep_others(earlier: Path, fresh: Path) -> list[str]:
    """Take along what a person put into an earlier folder, or changed in it; the names under which it is kept.

    A file that the earlier run did not make, or that is not as it made it, keeps its place; where this run has written
    a file of that name, it is kept beside it as 'name-kept'. The logs of qa/ are left out: what people wrote there is
    in the new logs.

    Args:
        earlier: the folder that is to be replaced; it need not exist.
        fresh: the folder that takes its place, with all that this run has written.
    """
    made = _list_made(earlier)
    kept = []
    for path in sorted(path for path in earlier.rglob("*") if path.is_file() and not path.is_symlink()):
        name = path.relative_to(earlier).as_posix()
        judged = name.startswith(f"{QA}/") and (fresh / name).exists()
        if judged or (name in made and made[name] in ("", hash_file(path))):
            continue
        place = fresh / name
        if place.exists():
            place = place.with_name(f"{place.stem}-kept{place.suffix}")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place)
        kept.append(place.relative_to(fresh).as_posix())
    for name in kept:
        log.info("kept from the earlier folder, which a person had put there or changed: %s", name)
    return kept


def _list_made(folder: Path) -> Mapping[str, str]:
    """File of an earlier run -> its hash, '' where none was noted."""
    record = find_record(folder)
    if record is None:
        return {}
    own = {record.relative_to(folder).as_posix(): "", f"{RUN}/run.log": ""}
    if record == folder / FORMER_MARK:
        flat = {path.name: "" for path in folder.iterdir() if _FORMER.fullmatch(path.name)}
        return own | flat | {f"{QA}/{path.name}": "" for path in (folder / QA).glob("*")}
    try:
        files = json.loads(record.read_text(encoding="utf-8"))["files"]
        return own | {str(name): str(digest) for name, digest in files.items()}
    except (OSError, ValueError, KeyError, AttributeError):
        return own


def list_files(folder: Path) -> list[str]:
    """Every file of a folder by its path within it, in order."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _why_full(error: BaseException | None) -> str:
    """What the system said of a full disk, in the error or in one that led to it; '' where the disk is not full."""
    while error is not None and not isinstance(error, InputError):
        if isinstance(error, OSError) and error.errno in _FULL:
            return os.strerror(error.errno)
        error = error.__cause__ or error.__context__
    return ""


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


class _RunLog(logging.FileHandler):
    """A log that cannot be written ends the run, instead of complaining on the screen at every line."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is the library's
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            raise error
        super().handleError(record)


@contextmanager
def run_log(path: Path, *, inputs: Sequence[Path], discreet: bool = False) -> Iterator[None]:
    """Every log line of the package, also into `path`, while the block runs.

    Args:
        path: of the log.
        inputs: files whose folders are not named in it.
        discreet: leave out the lines that tell of rows and counts, where small numbers are hidden.
    """
    package = logging.getLogger("tipping_point")
    handler = _RunLog(path, encoding="utf-8")
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
    choices: tuple[str, ...], run: Mapping[str, object], first_run: Mapping[str, object], kept: Sequence[str] = (),
) -> Path:  # fmt: skip
    """Everything needed to trace and repeat the run: inputs and files with their hashes, settings, libraries, choices.

    Written last: the hashes by which the next run knows what a person has changed are of what is in the folder now.
    """
    made = [name for name in list_files(folder) if name not in {f"{RUN}/run.log", *kept}]
    record = {
        "study": study,
        "synthetic": synthetic,
        "run": dict(run),
        "settings": dict(settings),
        "sources": json.loads(sources.to_json(orient="records")),
        "choices": list(choices),
        "first_run": dict(first_run),
        "files": {name: hash_file(folder / name) for name in made},
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    path = folder / MARK
    path.write_text(
        json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8", newline="\n"
    )
    return path
