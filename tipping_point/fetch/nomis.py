"""Nomis: figures of the Office for National Statistics by small area, page by page, and counted.

A guest gets 25,000 rows a call and is not told that there are more: RECORD_COUNT, which every row carries, says how
many there are. A free key (`uid`) allows 100,000; it is sent, and neither kept nor shown.
"""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tipping_point.fetch.download import MONTH_DAYS, DownloadError, Request, Web, ask_bytes, fetch_made
from tipping_point.sources.cells import shorten
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

BASE = "https://www.nomisweb.co.uk/api/v01"
GUEST_ROWS, KEY_ROWS = 25_000, 100_000
"""Rows of a page that are asked for, without and with a key."""
GEOGRAPHIES: Mapping[str, str] = {
    "lsoa21": "TYPE151", "lsoa11": "TYPE298", "ward22": "TYPE153", "ward25": "TYPE182",
}  # fmt: skip
"""What Nomis calls the areas of England and Wales of a vintage."""
CLAIMANTS = "claimants_nomis"
"""Key of the catalogue."""
POPULATION: Mapping[str, tuple[str, range]] = {
    "lsoa21": ("NM_2014_1", range(2011, 2025)),
    "lsoa11": ("NM_2010_1", range(2001, 2021)),
}
"""The mid-year estimates by vintage of the small areas: data set and years."""
_CODE, _NAME, _VALUE, _COUNT, _TIME = "GEOGRAPHY_CODE", "GEOGRAPHY_NAME", "OBS_VALUE", "RECORD_COUNT", "DATE_NAME"
_NEEDED = (_CODE, _NAME, _VALUE, _COUNT)

Row = dict[str, str]


def fetch_residents(
    web: Web, folder: Path, *, year: int, vintage: str = "lsoa21", key: str = "", max_age_days: float = MONTH_DAYS
) -> Path:
    """Residents by small area in the middle of a year, as the CSV that `read_population` reads (lsoa_mid_year).

    Args:
        web: the settings of the run.
        folder: where the file goes: population_mid2024_lsoa21_nomis.csv.
        year: of the estimate.
        vintage: lsoa21 (2011 to 2024) or lsoa11 (to 2020).
        key: of Nomis, for larger pages.
        max_age_days: of what the cache holds.

    Raises:
        InputError: a vintage or year that Nomis has no estimates of, or what `fetch_figures` raises.
    """
    if vintage not in POPULATION:
        raise InputError(f"Residents of Nomis: vintage '{vintage}' is not known; allowed are {', '.join(POPULATION)}.")
    dataset, years = POPULATION[vintage]
    if year not in years:
        raise InputError(
            f"Residents of Nomis: there is no estimate of {year} by {vintage}; allowed are {years[0]} to {years[-1]}."
        )
    name = f"population_mid{year}_{vintage}_nomis.csv"
    return fetch_figures(
        web, dataset, folder / name, vintage=vintage, column="total_population", time=str(year),
        dimensions={"gender": 0, "c_age": 200}, key=key, max_age_days=max_age_days,
    )  # fmt: skip


def fetch_claimants(web: Web, key: str, folder: Path) -> Path:
    """The latest count of claimants by small area of 2011, as nomis_claimants_lsoa11.csv (column 'claimants').

    By small area of 2021 one client asks for it, and another says that there is none: so those of 2011 are taken.

    Args:
        web: the settings of the run.
        key: CLAIMANTS.
        folder: where the file goes.

    Raises:
        InputError: what `fetch_figures` raises.
    """
    return fetch_figures(
        web, "NM_162_1", folder / f"nomis_{key.partition('_')[0]}_lsoa11.csv", vintage="lsoa11", column="claimants",
        dimensions={"gender": 0, "age": 0, "measure": 1},
    )  # fmt: skip


def fetch_figures(
    web: Web,
    dataset: str,
    path: Path,
    *,
    vintage: str,
    column: str,
    time: str = "latest",
    dimensions: Mapping[str, object],
    key: str = "",
    max_age_days: float = MONTH_DAYS,
) -> Path:
    """One figure of a data set for all areas of a vintage, as the CSV that `read_indicator` reads.

    Args:
        web: the settings of the run.
        dataset: 'NM_162_1' is the claimant count.
        path: where the file goes: a code column named by the vintage, area_name, and the figure.
        vintage: a key of GEOGRAPHIES.
        column: what the figure is called.
        time: 'latest', 'latestMINUS1', or a period as Nomis writes it.
        dimensions: what is fixed, so that one figure remains for each area: {"gender": 0, "age": 0, "measure": 1}.
        key: of Nomis, for larger pages.
        max_age_days: of what the cache holds.

    Raises:
        InputError: an unknown vintage; no figures; pages that do not add up to what Nomis counts, or overlap; several
            figures for an area (a dimension that is not fixed); a period other than the one asked for.
    """
    if vintage not in GEOGRAPHIES:
        raise InputError(f"Nomis {dataset}: vintage '{vintage}' is not known; allowed are {', '.join(GEOGRAPHIES)}.")
    label = f"Nomis {dataset} ({vintage}, {time})"
    parameters: dict[str, object] = {
        "geography": GEOGRAPHIES[vintage],
        "time" if time.isdigit() else "date": time,
        **dimensions,
        "measures": 20100,
        "select": ",".join((_TIME, *_NEEDED[:-1], "RECORD_OFFSET", _COUNT)),
        "ExcludeMissingValues": "true",
    }
    url = f"{BASE}/dataset/{dataset}.data.csv"

    def make(target: Path) -> None:
        rows = [row for page in _pages(web, url, parameters, key=key, label=label) for row in page]
        if fault := _fault(rows, time):
            raise DownloadError(f"{label} {fault}", status=200)
        with target.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow((f"{vintage}_code", "area_name", column))
            writer.writerows((row[_CODE], row[_NAME], row[_VALUE]) for row in rows)
        logger.info("%s: %d areas, all that it counts", label, len(rows))

    address = Request(url, parameters).address
    return fetch_made(web, f"{address}#{column}", make, max_age_days=max_age_days, label=label).deliver(path)


def _pages(
    web: Web, url: str, parameters: Mapping[str, object], *, key: str, label: str
) -> Iterator[Sequence[Row]]:  # fmt: skip
    """The rows, page after page, until as many have come as the service counts.

    Raises:
        DownloadError: a page without rows before the end, one that came before, or a count that changes.
    """
    limit = KEY_ROWS if key else GUEST_ROWS
    secret = {"uid": key} if key else {}
    received, counted = 0, -1
    first_of_page: set[str] = set()
    while counted < 0 or received < counted:
        asked = Request(url, {**parameters, "RecordLimit": limit, "RecordOffset": received}, secret=secret)
        part = f"{label}, rows from {received:,}"
        rows = _parse(ask_bytes(web, asked, check=_table_fault, label=part), part)
        said = {row[_COUNT] for row in rows}
        if rows and (len(said) > 1 or not min(said).isdigit() or counted not in (-1, int(min(said)))):
            raise DownloadError(
                f"{part}: {_COUNT} is not one number that stays; its data changed meanwhile. Run again."
            )
        if not rows:
            if counted < 0:
                return
            raise DownloadError(f"{part}: no row came, and {counted:,} are counted: its answers were cut short.")
        if rows[0][_CODE] in first_of_page:
            raise DownloadError(f"{part}: a page came twice; RecordOffset is not obeyed.")
        first_of_page.add(rows[0][_CODE])
        counted = int(said.pop())
        received += len(rows)
        yield rows
    if received > counted:
        raise DownloadError(f"{label}: {received:,} rows came, and {counted:,} are counted; its pages overlap.")


def _table_fault(path: Path) -> str:
    """A check of a page: errors and web pages come inside HTTP 200, too."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        header = [cell.upper() for cell in next(csv.reader(stream), [])]
    lacking = [name for name in _NEEDED if name not in header]
    if not lacking:
        return ""
    return f"lacks the column(s) {', '.join(lacking)}; its first row is: {shorten(header) or 'empty'}"


def _parse(data: bytes, label: str) -> list[Row]:
    try:
        text = data.decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = [cell.upper() for cell in next(reader)]
        rows = [row for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DownloadError(f"{label} is not comma-separated text: {error}.", status=200) from error
    if any(len(row) != len(header) for row in rows):
        raise DownloadError(f"{label}: a row has not as many cells as the header; the page was cut.", status=200)
    return [dict(zip(header, row, strict=True)) for row in rows]


def _fault(rows: Sequence[Row], time: str) -> str:
    """What makes the rows no table of one figure for each area, as the end of a sentence; '' where they are one."""
    if not rows:
        return "has no figure for these areas, this period and these dimensions."
    codes = [row[_CODE] for row in rows]
    if len(set(codes)) < len(codes):
        twice = next(code for code in codes if codes.count(code) > 1)
        return f"has several figures for an area ({twice}); fix every dimension of the data set."
    periods = {row[_TIME] for row in rows if _TIME in row}
    if len(periods) > 1 or (time.isdigit() and periods - {time}):
        return f"gives figures of {shorten(sorted(periods))}, and {time} was asked for."
    return ""
