"""Street files of data.police.uk for some forces and months, out of its monthly archives, without fetching those whole.

An archive holds 36 months up to its own (up to that of April 2017: all months since December 2010), and "with the
exception of the latest month's archive, the data on this page is out of date": so each month is taken from the newest
of the archives that are needed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import pandas as pd

from tipping_point.fetch.download import Web, fetch_all, fetch_made, look_ahead
from tipping_point.fetch.remote_zip import Directory, Member, fetch_directory, fetch_members, write_zip
from tipping_point.fetch.web import say_size
from tipping_point.sources.period import MONTH, check_period
from tipping_point.tables import InputError, months_between

logger = logging.getLogger(__name__)

BASE = "https://data.police.uk/data/archive"
FIRST_MONTH = "2010-12"
"""police.uk began."""
WINDOW = 36
"""Months of an archive."""
LAST_UNLIMITED = "2017-04"
"""The last archive that holds every month since the first."""
_STREET = re.compile(rf"(?P<month>{MONTH})-(?P<force>[a-z][a-z-]*)-street\.csv")
_LATEST_DAYS = 1.0


@dataclass(frozen=True)
class Need:
    """An archive, and the months that are to be taken from it."""

    archive: str
    """Month of the archive, 'YYYY-MM'."""
    start: str
    end: str

    @property
    def url(self) -> str:
        """Where it stands; it redirects to a store that gives parts."""
        return f"{BASE}/{self.archive}.zip"


@dataclass(frozen=True)
class StreetArchives:
    """The archives written for a study."""

    paths: tuple[Path, ...]
    files: pd.DataFrame
    """archive, force, month, bytes: one row per street file."""
    absent: pd.DataFrame
    """force, month: street files that the archives do not hold."""


def choose_archives(start: str, end: str, *, latest: str) -> tuple[Need, ...]:
    """The fewest archives that hold a period, each as new as may be, by month.

    Args:
        start: first month of the period, 'YYYY-MM'.
        end: last month.
        latest: month of the latest archive.

    Raises:
        InputError: months before December 2010 or after the latest archive.
    """
    check_period(start, end)
    faults = []
    if start < FIRST_MONTH:
        faults.append(f"Period: it starts in {start}; street files begin in {FIRST_MONTH}.")
    if end > latest:
        faults.append(f"Period: it ends in {end}; the latest archive of data.police.uk is that of {latest}.")
    if faults:
        raise InputError(faults)
    archives: list[str] = []
    month = start
    while month <= end:
        archives.append(min(max(_later(month, WINDOW - 1), LAST_UNLIMITED), latest))
        month = _later(archives[-1], 1)
    needs, upper = [], end
    for archive in reversed(archives):
        first = max(start, _first_month(archive))
        needs.append(Need(archive, first, upper))
        upper = _later(first, -1)
    return tuple(reversed(needs))


def find_latest(web: Web) -> str:
    """The month of the latest archive, 'YYYY-MM': where latest.zip redirects to, else the newest month in it."""
    url = f"{BASE}/latest.zip"

    def make(path: Path) -> None:
        named = re.search(rf"({MONTH})\.zip$", look_ahead(web, url).url)
        month = named[1] if named else max((file[0] for file in _street(fetch_directory(web, url))), default="")
        if not month:
            raise InputError(f"{url} holds no street file (YYYY-MM-<force>-street.csv), and no month is in its name.")
        path.write_text(month, encoding="ascii")

    made = fetch_made(web, f"{url}#month", make, max_age_days=_LATEST_DAYS, label=f"{url} (its month)")
    return made.path.read_text(encoding="ascii")


def fetch_street_files(
    web: Web, folder: Path, *, forces: Sequence[str], start: str, end: str, archive: str = ""
) -> StreetArchives:
    """Street files of some forces and months, as archives that `read_street_crimes` reads: one per archive needed.

    Args:
        web: the settings of the run.
        folder: where the archives go, named as the ones they come from: 2026-07.zip.
        forces: as file names have them ('west-midlands'); see `schema.force_slug`. 'btp' is the British Transport
            Police, who patrol everywhere.
        start: first month, 'YYYY-MM'.
        end: last month.
        archive: address of an archive to take all from, in place of those that are chosen: a custom download.

    Raises:
        InputError: the period is not covered, a whole month is not in the archive that should hold it, no file at all.
    """
    if not forces:
        raise InputError("No force was named whose street files are to be fetched.")
    if archive:
        check_period(start, end)
        sources = [(archive, PurePosixPath(archive.partition("?")[0]).stem, start, end)]
    else:
        needs = choose_archives(start, end, latest=find_latest(web))
        sources = [(need.url, need.archive, need.start, need.end) for need in needs]
    directories = fetch_all([partial(fetch_directory, web, url) for url, _, _, _ in sources])
    chosen = [
        _choose(directory, forces, first, last)
        for directory, (_, _, first, last) in zip(directories, sources, strict=True)
    ]
    _announce(web, directories, chosen)
    jobs = [
        partial(_write, web, directory, files, folder / f"{name}.zip")
        for directory, files, (_, name, _, _) in zip(directories, chosen, sources, strict=True)
        if files
    ]
    paths = tuple(fetch_all(jobs))
    rows = [
        (name, force, month, member.size)
        for files, (_, name, _, _) in zip(chosen, sources, strict=True)
        for (month, force), member in sorted(files.items())
    ]
    found = {(force, month) for _, force, month, _ in rows}
    absent = [(force, month) for force in forces for month in months_between(start, end) if (force, month) not in found]
    if absent:
        logger.info("Street files absent from the archives: %s", ", ".join(f"{f} {m}" for f, m in absent[:40]))
    return StreetArchives(
        paths,
        pd.DataFrame(rows, columns=["archive", "force", "month", "bytes"]),
        pd.DataFrame(absent, columns=["force", "month"]),
    )


def _street(directory: Directory) -> list[tuple[str, str, Member]]:
    """Month, force and member of every street file."""
    named = [(_STREET.fullmatch(PurePosixPath(member.name).name), member) for member in directory.members]
    return [(match["month"], match["force"], member) for match, member in named if match]


def _choose(directory: Directory, forces: Sequence[str], start: str, end: str) -> dict[tuple[str, str], Member]:
    """The street files wanted of an archive, by month and force.

    Raises:
        InputError: a month of the period of which the archive holds no file of any force.
    """
    held = _street(directory)
    months = sorted({month for month, _, _ in held})
    if lacking := [month for month in months_between(start, end) if month not in months]:
        known = f"{months[0]} to {months[-1]}" if months else "no street file at all"
        raise InputError(
            f"{directory.url} holds {known}, and not {', '.join(lacking[:12])}; take another archive or period."
        )
    return {(m, force): member for m, force, member in held if force in forces and start <= m <= end}


def _announce(web: Web, directories: Sequence[Directory], chosen: Sequence[dict[tuple[str, str], Member]]) -> None:
    if not any(chosen):
        urls = ", ".join(directory.url for directory in directories)
        raise InputError(f"No street file of the forces and months wanted is in {urls}.")
    for directory, files in zip(directories, chosen, strict=True):
        packed = sum(member.packed for member in files.values())
        web.say(
            f"{directory.url}: {len(files):,} street files of {len(directory.members):,} members, {say_size(packed)} of"
            f" {say_size(directory.size)}"
        )


def _write(web: Web, directory: Directory, files: dict[tuple[str, str], Member], path: Path) -> Path:
    fetched = fetch_members(web, directory, [member.name for member in files.values()])
    return write_zip({name: file.path for name, file in fetched.items()}, path)


def _first_month(archive: str) -> str:
    return FIRST_MONTH if archive <= LAST_UNLIMITED else max(FIRST_MONTH, _later(archive, 1 - WINDOW))


def _later(month: str, months: int) -> str:
    return str(pd.Period(month, freq="M") + months)
