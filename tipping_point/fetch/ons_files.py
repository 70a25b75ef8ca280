"""Workbooks and bulk tables of the Office for National Statistics: residents by small area, and Census 2021."""

from __future__ import annotations

import csv
import logging
import re
from pathlib import Path, PurePosixPath

from tipping_point.facts.catalogue import get_dataset
from tipping_point.fetch.download import MONTH_DAYS, DownloadError, Web, fetch_made
from tipping_point.fetch.published import absent, choose_year, fetch_first, get_place, header_check
from tipping_point.fetch.remote_zip import fetch_directory, fetch_members
from tipping_point.sources.cells import RawTable, shorten, to_numbers
from tipping_point.sources.delimited import read_text_header
from tipping_point.sources.workbook import read_workbook_table
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

MID_YEAR, CENSUS = "population_mid_year", "census_2021"
_KEPT = re.compile(r"(LAD|LSOA) (20\d\d )?(Code|Name)|Total", re.IGNORECASE)
_TABLE = re.compile(r"ts\d{3}[a-z]?")
_LEVEL = "lsoa"


def fetch_mid_year(web: Web, folder: Path, *, year: int, max_age_days: float = MONTH_DAYS) -> Path:
    """Residents by small area in the middle of a year, as the CSV that `read_population` reads (lsoa_mid_year).

    The workbook has a sheet for each of several years and a column for each year of age of each sex (83 MB); its
    codes, names and totals of one year are made into a file of their own, so that no reader can take another year.

    Args:
        web: the settings of the run.
        folder: where the file goes: population_mid2024_lsoa21.csv.
        year: of the catalogue.
        max_age_days: of what the cache holds.

    Raises:
        InputError: a year without a known address, or a workbook without the sheet of the year or its columns.
    """
    year = choose_year(MID_YEAR, year)
    place = get_place(MID_YEAR)
    sheet = place.sheet.replace("{year}", str(year))
    addresses = place.addresses[year]

    def make(path: Path) -> None:
        title = f"{get_dataset(MID_YEAR).title} ({PurePosixPath(addresses[0]).name})"
        fetched = fetch_first(web, addresses, check=header_check(place), label=title, max_age_days=max_age_days)
        raw = read_workbook_table(
            fetched.path, is_header=lambda header: not absent(header, place.header), sheet=sheet,
            keep=lambda cell: _KEPT.fullmatch(cell) is not None,
        )  # fmt: skip
        _write_totals(raw, path)

    label = f"Residents of mid-{year} by small area"
    made = fetch_made(web, f"{addresses[0]}#{sheet}", make, max_age_days=max_age_days, label=label)
    return made.deliver(folder / place.file.replace("{year}", str(year)))


def _write_totals(raw: RawTable, path: Path) -> None:
    """The kept columns as CSV, whole numbers without a point."""
    columns = {name: raw.column(name) for name in raw.header}
    total = next(name for name in raw.header if name.lower() == "total")
    numbers, faults = to_numbers(columns[total], raw.name, lowest=0)
    if faults:
        raise InputError(faults)
    columns[total] = numbers.map(lambda value: "" if value != value else f"{value:.0f}")  # noqa: PLR0124 - missing
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(raw.header)
        writer.writerows(zip(*columns.values(), strict=True))


def fetch_census(web: Web, table: str, folder: Path, *, max_age_days: float = MONTH_DAYS) -> Path:
    """A bulk table of Census 2021 by small area, as the CSV that `read_population` and `read_census` read.

    Args:
        web: the settings of the run.
        table: 'ts001', 'ts007a', 'ts067' and the like; it must have small areas (TS009 has none).
        folder: where the file goes: census2021-ts001-lsoa.csv.
        max_age_days: of what the cache holds.

    Raises:
        InputError: no such table, no file of small areas in its archive, or another header.
    """
    name = table.lower()
    if not _TABLE.fullmatch(name):
        raise InputError(f"Census table '{table}' is not understood; allowed are names like TS001, TS007A, TS067.")
    place = get_place(CENSUS)
    url = place.addresses[2021][0].replace("{table}", name)
    wanted = place.file.replace("{table}", name)
    directory = fetch_directory(web, url, max_age_days=max_age_days)
    held = {PurePosixPath(member.name).name: member.name for member in directory.members}
    if wanted not in held:
        raise InputError(f"{url} holds no {wanted}: {name.upper()} has no small areas, or the names in it have changed."
                         f" It holds {shorten(sorted(held))}.")  # fmt: skip
    member = fetch_members(web, directory, [held[wanted]])[held[wanted]]
    header = read_text_header(member.path)
    if lacking := absent(header, place.header):
        raise DownloadError(
            f"{url}: {wanted} lacks the column(s) {shorten(lacking)}; its header is {shorten(header)}.", status=200
        )
    return member.deliver(folder / wanted)
