"""Recorded crime as the Home Office publishes it, by police force or community safety partnership.

It is another pipeline than data.police.uk: later cancellations and corrections are in it, anti-social behaviour is not,
and it covers Greater Manchester. Neither is the truth of the other; `measures.calibration` reports their ratio.
"""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from sys import intern

import pandas as pd

from tipping_point.facts.catalogue import get_dataset
from tipping_point.fetch.download import MONTH_DAYS, Web, fetch_file
from tipping_point.fetch.gov_uk import Attachment, list_attachments
from tipping_point.fetch.published import get_place
from tipping_point.sources.cells import SUPPRESSED, clean_header, shorten, to_numbers
from tipping_point.sources.delimited import content_fault
from tipping_point.sources.open_document import stream_rows
from tipping_point.tables import NOT_TERRITORIAL, InputError, force_slug

logger = logging.getLogger(__name__)

FORCES, PARTNERSHIPS = "recorded_crime_force", "recorded_crime_partnership"
"""Keys of the catalogue."""
_COLUMNS: Mapping[str, str] = {
    "year": "financial year", "quarter": "financial quarter", "force_name": "force name|police force",
    "partnership": "csp name", "offence": "offence description", "offence_group": "offence group",
    "offence_subgroup": "offence subgroup", "offence_code": "offence code",
    "offences": "number of offences|offence count",
}  # fmt: skip
"""Column -> header cells, spaces for underscores and whatever their case."""
_OPTIONAL = ("partnership",)
_WINDOW = re.compile(r"mar(\d{4})-(?:to-)?(?:mar(\d{4})|onwards)")
_SHEET_YEAR = re.compile(r"(20\d\d)[-_/](\d\d)")
_ELSEWHERE = re.compile(r"action fraud|cifas|uk finance|financial fraud action uk|british transport police", re.I)
"""Recorded by bodies that police no ward."""
_QUARTERS = {1: "04", 2: "07", 3: "10", 4: "01"}
_TYPES: tuple[tuple[str, str], ...] = (
    (r"bicycle theft", "Bicycle theft"), (r"shoplifting", "Shoplifting"), (r"theft from the person",
    "Theft from the person"), (r".*burglary.*", "Burglary"), (r".*vehicle.*", "Vehicle crime"),
    (r".*other theft.*", "Other theft"),
)  # fmt: skip
_GROUPS: tuple[tuple[str, str], ...] = (
    (r"criminal damage and arson", "Criminal damage and arson"), (r"drug offences", "Drugs"),
    (r"miscellaneous crimes.*", "Other crime"), (r"possession of weapons.*", "Possession of weapons"),
    (r"public order.*", "Public order"), (r"robbery", "Robbery"), (r"sexual offences",
    "Violence and sexual offences"), (r"violence against the person", "Violence and sexual offences"),
)  # fmt: skip
Line = tuple[int, dict[str, str]]


def fetch_recorded_crime(
    web: Web, key: str, folder: Path, *, year: int, max_age_days: float = MONTH_DAYS
) -> Path:  # fmt: skip
    """The workbook of recorded crime that holds a year, found by title on the page of today.

    Args:
        web: the settings of the run.
        key: FORCES or PARTNERSHIPS; the latter is large (50 MB, 1.4 GB unpacked) and read as a stream.
        folder: where the file goes, under its publisher's name.
        year: a financial year by the year in which it ends, in March: 2025 for 2024/25.
        max_age_days: of what the cache holds.

    Raises:
        InputError: no table of that year on the page (with those that there are), or no workbook.
    """
    place = get_place(key)
    attachments = list_attachments(web, place.page)
    chosen = _choose(attachments, place.title, year, place.page)
    fetched = fetch_file(
        web, chosen.url, check=_workbook_fault, max_age_days=max_age_days,
        label=f"{get_dataset(key).title} ({chosen.file})",
    )  # fmt: skip
    return fetched.deliver(folder / chosen.file)


def _choose(attachments: Collection[Attachment], title: str, year: int, page: str) -> Attachment:
    """The newest of the attachments of a kind whose years hold the one wanted."""
    right = [one for one in attachments if re.search(title, f"{one.title} {one.file}", re.IGNORECASE)]
    holding = []
    for one in right:
        window = _WINDOW.search(one.file.lower())
        if window and int(window[1]) <= year <= int(window[2] or 9999):
            holding.append((window[2] or "9999", one.file, one))
    if not holding:
        shown = shorten([f"'{one.title}' ({one.file})" for one in right or attachments])
        raise InputError(f"GOV.UK: {page} has no table of recorded crime ('{title}') of {year}; it has {shown}.")
    return max(holding, key=lambda found: found[:2])[2]


def read_recorded_crime(path: Path, *, years: Collection[int] = (), forces: Collection[str] = ()) -> pd.DataFrame:
    """Offences by force (or partnership), quarter and offence code.

    Args:
        path: .ods of the Home Office, or a CSV with the same columns.
        years: financial years by the year in which they end; all that the file has without.
        forces: police.uk names of those wanted; all without. A table by partnership of all has a million rows.

    Returns:
        force (police.uk name), force_name, partnership ('' where the table is by force), quarter (its first month,
        'YYYY-MM'), offence_code, offence_group, offence_subgroup, offence, crime_type (of police.uk, '' for fraud and
        what is not known) and offences (missing where suppressed; below nought where earlier ones were taken back, as
        in 34 rows of 2017/18). Bodies that police no ward are left out.

    Raises:
        InputError: not readable, no sheet with the columns, no row of the years and forces, a year, quarter or number
            that is none, or a force and quarter that stands twice.
    """
    lines = list(_lines(path, set(years), set(forces)))
    if not lines:
        wanted = "".join(f" of {shorten([str(one) for one in sorted(named)])}" for named in (years, forces) if named)
        raise InputError(f"{path}: no row{wanted} under a header that is understood ({', '.join(_COLUMNS.values())}).")
    rows = pd.Index([number for number, _ in lines], name="row")
    raw = pd.DataFrame([line for _, line in lines], index=rows)
    raw = raw[~raw["force_name"].str.fullmatch(_ELSEWHERE)]
    offences, faults = to_numbers(raw["offences"], str(path), missing=SUPPRESSED)
    quarter, wrong = _months(raw, path)
    if faults := [*faults, *wrong]:
        raise InputError(faults)
    table = raw.assign(
        offences=offences, quarter=quarter, crime_type=_crime_types(raw), force=raw["force_name"].map(force_slug),
        partnership=raw.get("partnership", ""),
    )  # fmt: skip
    if years:
        table = table[_ends(table["quarter"]).isin(list(years))]
    table = table[~table["force"].isin(NOT_TERRITORIAL)]
    _refuse_repeats(table, path)
    unknown = sorted(set(table.loc[table["crime_type"] == "", "offence_group"]))
    logger.info(
        "Recorded crime %s: %d rows, %d forces, %s to %s, %s offences; of no type of police.uk: %s", path, len(table),
        table["force"].nunique(), table["quarter"].min(), table["quarter"].max(), f"{table['offences'].sum():,.0f}",
        ", ".join(unknown) or "none",
    )  # fmt: skip
    columns = ["force", "force_name", "partnership", "quarter", "offence_code", "offence_group", "offence_subgroup",
               "offence", "crime_type", "offences"]  # fmt: skip
    return table[columns].reset_index(drop=True)


def _lines(path: Path, years: set[int], forces: set[str]) -> Iterator[Line]:
    """Row number and cells by our names, of every sheet with the header and the forces wanted."""
    wanted: dict[str, bool] = {}
    if path.suffix.lower() == ".ods":
        rows = stream_rows(path, wanted=lambda sheet: _sheet_fits(sheet, years))
    else:
        rows = _csv_rows(path)
    sheet_now, places = "", dict[str, int]()
    for sheet, number, cells in rows:
        if sheet != sheet_now:
            sheet_now, places = sheet, {}
        if not places:
            places = _places(cells)
        elif len(cells) > max(places["year"], places["force_name"]):
            force = cells[places["force_name"]].strip()
            if wanted.setdefault(force, not forces or force_slug(force) in forces):
                # The same few words stand in every row.
                padded = [*cells, *[""] * (max(places.values()) + 1 - len(cells))]
                yield number, {name: intern(padded[at].strip()) for name, at in places.items()}


def _sheet_fits(sheet: str, years: set[int]) -> bool:
    named = _SHEET_YEAR.search(sheet)
    return not years or named is None or int(f"{named[1][:2]}{named[2]}") in years


def _csv_rows(path: Path) -> Iterator[tuple[str, int, list[str]]]:
    try:
        with path.open("rb") as stream:
            if fault := content_fault(stream.read(4096)):
                raise InputError(f"{path} {fault}.")
        with path.open(encoding="utf-8-sig", newline="") as text:
            yield from (("", number, cells) for number, cells in enumerate(csv.reader(text, strict=True), start=1))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is not a table that can be read: {error}.") from error


def _places(cells: Iterable[str]) -> dict[str, int]:
    """Where our columns stand in a header; empty where the cells are none."""
    header = [cell.replace("_", " ").lower() for cell in clean_header(list(cells))]
    found = {
        name: place
        for name, pattern in _COLUMNS.items()
        for place, cell in enumerate(header)
        if re.fullmatch(pattern, cell)
    }
    return found if set(_COLUMNS) - set(found) <= set(_OPTIONAL) else {}


def _months(raw: pd.DataFrame, path: Path) -> tuple[pd.Series, list[str]]:
    """The first month of each quarter: '2017/18', 'Q1' -> '2017-04'; the fourth is of the year after."""
    year = raw["year"].str.extract(r"^(20\d\d)[/-]\d\d$")[0]
    quarter = raw["quarter"].str.extract(r"^[Qq]?([1-4])(?:\.0)?$")[0]
    wrong = raw[year.isna() | quarter.isna()]
    faults = []
    if len(wrong):
        faults = [
            f"{path}: row {wrong.index[0]} has year '{wrong['year'].iloc[0]}' and quarter '{wrong['quarter'].iloc[0]}';"
            f" allowed are 2024/25 and Q1 to Q4 ({len(wrong):,} such row(s))."
        ]
        return pd.Series("", index=raw.index), faults
    number = quarter.astype(int)
    first = year.astype(int) + (number == 4)
    return first.astype(str) + "-" + number.map(_QUARTERS), faults


def _ends(quarter: pd.Series) -> pd.Series:
    """The year in which the financial year of a quarter ends."""
    return quarter.str[:4].astype(int) + (quarter.str[5:] != _QUARTERS[4])


def _crime_types(raw: pd.DataFrame) -> pd.Series:
    """The police.uk type of each offence, from its subgroup or group, whatever their case.

    In 2017/18 this gives all 131 codes the type that the joined tables of two other projects give them; fraud is in
    none of police.uk's types.
    """
    kinds = raw[["offence_group", "offence_subgroup"]].drop_duplicates()
    known = {
        (group, part): _first(_TYPES, part) or _first(_GROUPS, group) for group, part in kinds.itertuples(index=False)
    }
    pairs = zip(raw["offence_group"], raw["offence_subgroup"], strict=True)
    return pd.Series([known[pair] for pair in pairs], index=raw.index, dtype="str")


def _first(patterns: Iterable[tuple[str, str]], text: str) -> str:
    return next((name for pattern, name in patterns if re.fullmatch(pattern, text, re.IGNORECASE)), "")


def _refuse_repeats(table: pd.DataFrame, path: Path) -> None:
    """A force and quarter of which every row stands twice: one offence alone may, as homicide's four codes do."""
    group = ["force", "partnership", "quarter"]
    times = table.groupby([*group, "offence_code", "offence"]).size().groupby(level=group).min()
    twice = times[times > 1]
    if len(twice):
        shown = " ".join(part for part in twice.index[0] if part)
        raise InputError(
            f"{path}: every row of {shown} stands twice, and so it is with {len(twice):,} force(s) and quarter(s): a"
            f" sheet stands twice, or two editions were joined."
        )


def _workbook_fault(path: Path) -> str:
    with path.open("rb") as stream:
        head = stream.read(4)
    return "" if head == b"PK\x03\x04" else "is no OpenDocument workbook"
