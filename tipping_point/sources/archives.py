"""Where police.uk street files stand: in folders and in archive zips, found without unpacking anything."""

from __future__ import annotations

import logging
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from os import SEEK_CUR
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import BinaryIO, cast

from isal import isal_zlib

from tipping_point.sources.delimited import content_fault
from tipping_point.sources.period import MONTH

logger = logging.getLogger(__name__)

FIRST_MONTH, LAST_MONTH = "2010-12", "2099-12"
"""police.uk began in December 2010."""

_STREET = re.compile(rf"(?P<month>{MONTH})-(?P<force>[a-z][a-z-]*)-street\.csv")
_ARCHIVE = re.compile(rf"{MONTH}\.zip", re.IGNORECASE)
_LARGEST = 1 << 30
"""Bytes. The largest real street file is about 30 MB: a larger member is none, or is made to fill memory."""
_LOCAL_HEADER = struct.Struct("<4s22xHH")
"""A member's own header up to its name: signature, lengths of the name and of the extra field (APPNOTE.TXT, 4.3.7)."""
_ENCRYPTED = 1
_DAMAGED: tuple[type[Exception], ...] = (
    zipfile.BadZipFile, zlib.error, cast("type[Exception]", isal_zlib.error), struct.error, EOFError, OSError,
    RuntimeError,
)  # fmt: skip
"""What reading a member can raise. RuntimeError: encrypted; NotImplementedError, one of its kind: a compression that is
not known."""
_RAW = -15
"""Deflate without a header of its own, as a zip archive holds it."""


@dataclass(frozen=True)
class StreetFile:
    """One street file: where it stands and, from its name, whose and when it is."""

    archive: Path
    name: str
    force: str
    month: str
    size: int
    crc: int | None = None
    """Checksum of the content as the archive states it; None for a loose file."""
    note: str = ""

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"{self.archive}: {self.name}"

    @property
    def holder(self) -> Path:
        """The file on disk that it is or lies in."""
        return self.archive if self.in_zip else self.archive / self.name

    @property
    def member(self) -> str:
        """Which part of its holder it is; '' for a loose file."""
        return self.name if self.in_zip else ""

    @property
    def in_zip(self) -> bool:
        """False for a loose file of a folder."""
        return self.crc is not None


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
        if unsafe := [member.filename for member in members if points_outside(member.filename)]:
            found.faults.append(
                f"{path}: member {unsafe[0]!r} points outside the archive ({len(unsafe)} such); an archive of"
                f" police.uk holds nothing but YYYY-MM/YYYY-MM-<force>-street.csv and the like. Not read."
            )
            return []
        files = [_parse_name(path, member.filename, member.file_size, member.CRC) for member in members]
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


def _parse_name(archive: Path, name: str, size: int, crc: int | None = None) -> StreetFile | None:
    match = _STREET.fullmatch(PurePosixPath(name).name)
    return StreetFile(archive, name, match["force"], match["month"], size, crc) if match else None


def points_outside(name: str) -> bool:
    """Whether a member's name leads out of the folder it is unpacked to."""
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
    held = f"also in {left.archive.name}: {left.name}{_difference(kept, left)}; this one was read, from {why}"
    note = "; ".join(part for part in (first.note, held) if part)
    logger.info("%s %s: %s", kept.force, kept.month, held)
    return replace(kept, note=note)


def _difference(kept: StreetFile, left: StreetFile) -> str:
    """How the file that is not read differs, as far as is known without reading it."""
    if kept.crc is not None and (kept.size, kept.crc) == (left.size, left.crc):
        return " (the same to the byte)"
    if kept.size == left.size:
        return (
            f" (as long, {left.size:,} bytes, and not the same)" if None not in (kept.crc, left.crc) else " (as long)"
        )
    return f" ({left.size:,} bytes, this one {kept.size:,})"


@dataclass(frozen=True)
class OpenArchive:
    """A zip archive that several threads read from: its directory, and one stream they take turns at."""

    directory: zipfile.ZipFile
    stream: BinaryIO
    turn: Lock = field(default_factory=Lock)


@contextmanager
def open_archives(files: Sequence[StreetFile]) -> Iterator[Mapping[Path, OpenArchive]]:
    """The zip archives among the files' archives, opened once each; folders are left out."""
    with ExitStack() as stack:
        paths = dict.fromkeys(file.archive for file in files if not file.archive.is_dir())
        yield {
            path: OpenArchive(stack.enter_context(zipfile.ZipFile(path)), stack.enter_context(path.open("rb")))
            for path in paths
        }


def read_street_file(file: StreetFile, archives: Mapping[Path, OpenArchive]) -> tuple[bytes, str]:
    """The file's bytes and '', or no bytes and why it cannot be read, as the end of a sentence."""
    if file.size > _LARGEST:
        return b"", f"is {file.size:,} bytes, more than any street file ({_LARGEST:,})"
    try:
        if file.archive in archives:
            return _read_member(archives[file.archive], file.name), ""
        return (file.archive / file.name).read_bytes(), ""
    except _DAMAGED as error:
        return b"", f"cannot be read out of its archive ({error}); download it again"


def _read_member(archive: OpenArchive, name: str) -> bytes:
    """A member's content, inflated about twice as fast as the standard library does and checked as strictly.

    Never more is inflated than the directory states: a member made to fill memory stops one byte later.
    """
    member = archive.directory.getinfo(name)
    if member.compress_type != zipfile.ZIP_DEFLATED or member.flag_bits & _ENCRYPTED:
        return archive.directory.read(member)
    with archive.turn:
        archive.stream.seek(member.header_offset)
        signature, name_length, extra_length = _LOCAL_HEADER.unpack(archive.stream.read(_LOCAL_HEADER.size))
        if signature != b"PK\x03\x04":
            raise zipfile.BadZipFile(f"no member begins where the directory says that {name!r} does")
        archive.stream.seek(name_length + extra_length, SEEK_CUR)
        packed = archive.stream.read(member.compress_size)
    data = isal_zlib.decompressobj(_RAW).decompress(packed, member.file_size + 1)
    if len(data) != member.file_size:
        raise zipfile.BadZipFile(f"{len(data):,} bytes instead of the {member.file_size:,} of the directory")
    if isal_zlib.crc32(data) != member.CRC:
        raise zipfile.BadZipFile(f"Bad CRC-32 for file {name!r}")
    return data
