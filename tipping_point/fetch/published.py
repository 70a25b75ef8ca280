"""Files that a publisher keeps at an address: tried address by address, and looked at before they are kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tipping_point.facts.catalogue import Place, get_dataset
from tipping_point.fetch.download import MONTH_DAYS, DownloadError, Fetched, NotInCacheError, Web, fetch_file
from tipping_point.hashing import hash_file
from tipping_point.sources.cells import shorten
from tipping_point.sources.delimited import read_text_header
from tipping_point.sources.workbook import SUFFIXES, read_workbook_table
from tipping_point.tables import InputError

GONE = (403, 404, 410)
"""What publishers answer where a file no longer stands; the Office for National Statistics says 403 to some clients."""


def get_place(key: str) -> Place:
    """Where the catalogue says that a dataset's file stands.

    Raises:
        InputError: the catalogue does not say.
    """
    place = get_dataset(key).place
    if place is None:
        raise InputError(f"Dataset '{key}' has no address of a file in the catalogue.")
    return place


def choose_year(key: str, year: int | None) -> int:
    """The year to take: the one wanted, or the only one there is.

    Raises:
        InputError: there is no such year, or several and none is named.
    """
    years = sorted(get_place(key).addresses)
    if year is None and len(years) == 1:
        return years[0]
    if year not in years:
        given = "no year was named" if year is None else f"{year} is not among the years with a known address"
        raise InputError(f"Dataset '{key}': {given}; allowed are {', '.join(map(str, years))}.")
    return year


def fetch_first(
    web: Web,
    addresses: Sequence[str],
    *,
    check: Callable[[Path], str],
    label: str,
    max_age_days: float = MONTH_DAYS,
    largest: int | None = None,
) -> Fetched:
    """The file at the first address where it stands; the others are asked only where it is gone.

    Args:
        web: the settings of the run.
        addresses: the newest first.
        check: of `fetch_file`.
        label: what messages call it.
        max_age_days: of what the cache holds.
        largest: bytes.

    Raises:
        NotInCacheError: offline, and not in the cache.
        DownloadError: it stands at none of them, or what stands there is refused.
    """
    gone: list[str] = []
    for url in addresses:
        try:
            return fetch_file(web, url, check=check, label=label, max_age_days=max_age_days, largest=largest)
        except NotInCacheError:
            # Offline: what was fetched may have stood at a later address.
            continue
        except DownloadError as error:
            if error.status not in GONE:
                raise
            gone.append(f"{url} (HTTP {error.status})")
            web.say(f"{label}: no longer at {gone[-1]}")
    if not gone:
        raise NotInCacheError(f"{label} is not in the cache ({web.cache.folder}), and this run is offline.")
    raise DownloadError(
        f"{label} stands at none of its known addresses: {', '.join(gone)}. Its publisher has moved it: find it on the"
        f" publisher's site, and name the file in the study.",
        status=GONE[1],
    )


def header_check(place: Place, *, sha256: str = "") -> Callable[[Path], str]:
    """A check for `fetch_file`: what of the header, or of the hash, of a dataset's file is not as it should be.

    Args:
        place: its header, and whether it is a workbook.
        sha256: the beginning of the hash that the file must have.
    """
    workbook = any(address.endswith(SUFFIXES) for known in place.addresses.values() for address in known)
    look = _workbook_fault if workbook else _table_fault
    return partial(_fault, wanted=place.header, look=look, sha256=sha256)


def absent(header: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """The patterns that no cell of a header fits, whatever its case."""
    return [pattern for pattern in wanted if not any(re.fullmatch(pattern, cell, re.IGNORECASE) for cell in header)]


def _fault(
    path: Path, *, wanted: Sequence[str], look: Callable[[Path, Sequence[str]], str], sha256: str
) -> str:  # fmt: skip
    if fault := look(path, wanted):
        return fault
    found = hash_file(path) if sha256 else ""
    if found.startswith(sha256):
        return ""
    return (
        f"has the hash (SHA-256) {found}, and one that begins with {sha256} is expected: its publisher has changed it"
    )


def _table_fault(path: Path, wanted: Sequence[str]) -> str:
    try:
        header = read_text_header(path)
    except InputError as error:
        return _without_path(error, path)
    lacking = absent(header, wanted)
    return f"lacks the column(s) {shorten(lacking)}; its header is {shorten(header)}" if lacking else ""


def _workbook_fault(path: Path, wanted: Sequence[str]) -> str:
    try:
        # Of a sheet with 187 columns, only those are read that are asked for.
        read_workbook_table(
            path,
            is_header=lambda header: not absent(header, wanted),
            keep=lambda cell: any(re.fullmatch(pattern, cell, re.IGNORECASE) for pattern in wanted),
        )
    except InputError as error:
        return f"{_without_path(error, path)}; wanted is a sheet with the columns {shorten(wanted)}"
    return ""


def _without_path(error: InputError, path: Path) -> str:
    """What a reader says of a file, as the end of a sentence: the file is still under a name of the cache."""
    return error.faults[0].removeprefix(str(path)).lstrip(": ").rstrip(".")
