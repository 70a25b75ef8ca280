"""Where police.uk street files stand: in folders and in archive zips, found without unpacking anything."""

from __future__ import annotations

import logging
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from tipping_point.sources.delimited import content_fault
from tipping_point.sources.period import MONTH

logger = logging.getLogger(__name__)

FIRST_MONTH, LAST_MONTH = "2010-12", "2099-12"
"""police.uk began in December 2010."""

_STREET = re.compile(rf"(?P<month>{MONTH})-(?P<force>[a-z][a-z-]*)-street\.csv")
_ARCHIVE = re.compile(rf"{MONTH}\.zip", re.IGNORECASE)
_LARGEST = 1 << 30
"""Bytes. The largest real street file is about 30 MB: a larger member is none, or is made to fill memory."""


@dataclass(frozen=True)
class StreetFile:
    """One street file: where it stands and, from its name, whose and when it is."""

    archive: Path
    name: str
    force: str
    month: str
    size: int
    note: str = ""

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"{self.archive}: {self.name}"


@dataclass
class Found:
    """The street files of several folders and archives, one per force and month, and what was wrong there."""

    files: list[StreetFile] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    unreadable: dict[Path, str] = field(default_factory=dict)
    """Archives that cannot be opened: path and why."""


def find_street_files(paths: Sequence[Path], *, start: str = FIRST_MONTH, end: str = LAST_MONTH) -> Found:
    """Every street file of the period under the paths, sorted by month and force.

    A force and month found twice is taken from the archive with the later name (YYYY-MM.zip),
    else from the later path: a later snapshot holds the corrections of the earlier one.
    """
    found = Found()
    chosen: dict[tuple[str, str], StreetFile] = {}
    if not paths:
        found.faults.append("No folder or archive of street files was named.")
    for path in paths:
        for file in _list_path(path, found):
            if start <= file.month <= end:
                key = file.month, file.force
                chosen[key] = _choose(chosen[key], file) if key in chosen else file
    found.files = [chosen[key] for key in sorted(chosen)]
    return found


def _list_path(path: Path, found: Found) -> list[StreetFile]:
    """The street files of one path, sorted by name; faults and unreadable archives are added to `found`."""
    if path.is_dir():
        files = _list_folder(path)
        archives = sorted(entry.name for entry in path.glob("*.zip"))
        hint = f" It holds {archives[0]}: name the archive itself." if archives else ""
    elif not path.exists():
        found.faults.append(f"{path} does not exist.")
        return []
    else:
        hint = ""
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            found.unreadable[path] = _archive_fault(path, error)
            return []
        if unsafe := [member.filename for member in members if _is_unsafe(member.filename)]:
            found.faults.append(
                f"{path}: member {unsafe[0]!r} points outside the archive ({len(unsafe)} such); an archive of"
                f" police.uk holds nothing but YYYY-MM/YYYY-MM-<force>-street.csv and the like. Not read."
            )
            return []
        files = [_parse_name(path, member.filename, member.file_size) for member in members]
    street = sorted((file for file in files if file is not None), key=lambda file: file.name)
    if not street:
        found.faults.append(f"{path} holds no street file (YYYY-MM-<force>-street.csv).{hint}")
    return street


def _list_folder(folder: Path) -> list[StreetFile | None]:
    return [
        _parse_name(folder, path.relative_to(folder).as_posix(), path.stat().st_size)
        for path in folder.rglob("*-street.csv")
        if path.is_file()
    ]


def _parse_name(archive: Path, name: str, size: int) -> StreetFile | None:
    match = _STREET.fullmatch(PurePosixPath(name).name)
    return StreetFile(archive, name, match["force"], match["month"], size) if match else None


def _is_unsafe(name: str) -> bool:
    parts = re.split(r"[/\\]", name)
    return ".." in parts or parts[0] == "" or parts[0].endswith(":")


def _archive_fault(path: Path, error: Exception) -> str:
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as failure:
        return f"{path} cannot be read: {failure.strerror}."
    if head.startswith(b"PK"):
        return f"{path} is a zip archive that is cut short or damaged ({error}); download it again."
    return f"{path} {content_fault(head) or 'is not a zip archive'}; a folder or a zip archive is wanted."


def _choose(first: StreetFile, second: StreetFile) -> StreetFile:
    """Which of two files of the same force and month is read, with a note that says so."""
    if first.archive == second.archive:
        why, kept, left = "the later name in it", second, first
    elif _ARCHIVE.fullmatch(first.archive.name) and _ARCHIVE.fullmatch(second.archive.name):
        by_name = sorted((first, second), key=lambda file: file.archive.name.lower())
        why, kept, left = "the later archive", by_name[1], by_name[0]
    else:
        why, kept, left = "the later path in the study", second, first
    # Names alone: a note is shown in the outputs, and absolute paths are for provenance.json.
    note = f"also in {left.archive.name}: {left.name}; this one was read, from {why}"
    logger.info("%s %s: %s", kept.force, kept.month, note)
    return replace(kept, note=note)


@contextmanager
def open_archives(files: Sequence[StreetFile]) -> Iterator[Mapping[Path, zipfile.ZipFile]]:
    """The zip archives among the files' archives, opened once each; folders are left out."""
    with ExitStack() as stack:
        paths = dict.fromkeys(file.archive for file in files if not file.archive.is_dir())
        yield {path: stack.enter_context(zipfile.ZipFile(path)) for path in paths}


def read_street_file(file: StreetFile, archives: Mapping[Path, zipfile.ZipFile]) -> tuple[bytes, str]:
    """The file's bytes and '', or no bytes and why it cannot be read, as the end of a sentence."""
    if file.size > _LARGEST:
        return b"", f"is {file.size:,} bytes, more than any street file ({_LARGEST:,})"
    try:
        if file.archive in archives:
            return archives[file.archive].read(file.name), ""
        return (file.archive / file.name).read_bytes(), ""
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        # RuntimeError: encrypted; NotImplementedError, one of its kind: a compression that is not known.
        return b"", f"cannot be read out of its archive ({error}); download it again"
