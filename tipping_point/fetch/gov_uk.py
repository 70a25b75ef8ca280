"""Files of GOV.UK: their addresses change with every release, so they are found by title on the page of the day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from tipping_point.facts.catalogue import Place, get_dataset
from tipping_point.fetch.download import MONTH_DAYS, NotInCacheError, Web, fetch_json
from tipping_point.fetch.published import choose_year, fetch_first, get_place, header_check
from tipping_point.sources.cells import shorten
from tipping_point.tables import InputError

CONTENT = "https://www.gov.uk/api/content"
"""The machine-readable form of every page."""


@dataclass(frozen=True)
class Attachment:
    """A file that a page of GOV.UK offers."""

    title: str
    url: str
    content_type: str = ""

    @property
    def file(self) -> str:
        """The name of the file."""
        return PurePosixPath(urlsplit(self.url).path).name


def list_attachments(web: Web, page: str, *, max_age_days: float = 1.0) -> tuple[Attachment, ...]:
    """The files that a page offers today.

    Args:
        web: the settings of the run.
        page: its path: 'government/statistics/english-indices-of-deprivation-2025'.
        max_age_days: of what the cache holds of the page.

    Raises:
        DownloadError: no such page, or one that does not list its files where GOV.UK lists them.
    """
    url = f"{CONTENT}/{page.strip('/')}"
    label = f"GOV.UK: {page}"
    held = fetch_json(web, url, max_age_days=max_age_days, check=_page_fault, label=label)
    return tuple(
        Attachment(str(entry["title"]), str(entry["url"]), str(entry.get("content_type") or ""))
        for entry in held["details"]["attachments"]
        if entry.get("title") and entry.get("url")
    )


def find_attachment(
    attachments: tuple[Attachment, ...], title: str, *, suffix: str = "", page: str = ""
) -> Attachment:  # fmt: skip
    """The one attachment whose title, or name of file, a pattern fits.

    Args:
        attachments: of `list_attachments`.
        title: a pattern, searched for whatever its case.
        suffix: the end of the file's name: '.csv'.
        page: what messages call the page.

    Raises:
        InputError: none fits, or several; the message names what there is.
    """
    right = [one for one in attachments if one.file.lower().endswith(suffix)]
    found = [one for one in right if any(re.search(title, text, re.IGNORECASE) for text in (one.title, one.file))]
    if len({one.url for one in found}) == 1:
        return found[0]
    shown = shorten([f"'{one.title}' ({one.file})" for one in found or right])
    count = "several attachments" if found else "no attachment"
    raise InputError(
        f"GOV.UK{f': {page}' if page else ''} has {count} with '{title}'{f' and {suffix}' if suffix else ''} in title"
        f" or file name; {'these are' if found else 'it has'} {shown or 'none at all'}."
    )


def fetch_index(web: Web, key: str, folder: Path, *, max_age_days: float = MONTH_DAYS) -> Path:
    """An English index by small area (File 7), as the CSV that `read_deprivation` reads.

    The page of the index says which file is the one of today. Where it does not, the known addresses are taken, and
    where it names another than those, that is said: the edition is newer than the catalogue.

    Args:
        web: the settings of the run.
        key: of the catalogue: iod2019 or iod2025.
        folder: where the file goes.
        max_age_days: of what the cache holds.

    Raises:
        InputError: neither the page nor a known address has it, its header is another, or its hash is another than
            the catalogue knows for that address.
    """
    place, title = get_place(key), get_dataset(key).title
    known = place.addresses[choose_year(key, None)]
    current = _current(web, place, title)
    if current and current != known[0]:
        web.say(f"{title}: its page names {current}, which the catalogue does not know yet; taken, and not verified")
        check = header_check(place)
        fetched = fetch_first(web, [current], check=check, label=title, max_age_days=max_age_days)
    else:
        check = header_check(place, sha256=place.sha256)
        fetched = fetch_first(web, known, check=check, label=title, max_age_days=max_age_days)
    return fetched.deliver(folder / place.file)


def _current(web: Web, place: Place, title: str) -> str:
    """The address that the page of a dataset gives for its file; '' where it gives none, which is said."""
    try:
        attachments = list_attachments(web, place.page)
        return find_attachment(attachments, place.title, suffix=Path(place.file).suffix, page=place.page).url
    except NotInCacheError:
        return ""
    except InputError as error:
        web.say(f"{title}: {error.faults[0]} The address of the catalogue is taken.")
        return ""


def _page_fault(held: Any) -> str:  # noqa: ANN401 - JSON is anything
    if not isinstance(held, dict):
        return "is not a JSON object, as the content of a page is"
    details = held.get("details")
    listed = details.get("attachments") if isinstance(details, dict) else None
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        return "lists no attachments (details.attachments): GOV.UK has moved them, or the page has none"
    return ""
