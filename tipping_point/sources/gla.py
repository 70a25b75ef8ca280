"""The Greater London Authority's Ward Atlas and ward profiles: many figures by the wards of 2013."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from tipping_point.sources.cells import CODES, SUPPRESSED, RawTable, quote, to_numbers
from tipping_point.sources.delimited import UTF8_OR_LATIN1, read_text_table
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

CODE = "ward13_code"
"""Both publications are by the electoral wards of December 2013; the City of London stands in them as one."""

JOBS = "Number of jobs in area - 2013"
"""Column of the profiles; with the residents of the same wards it tells where people come to work."""

_CODES_UNDER = "New Code"


def list_ward_atlas(path: Path) -> tuple[str, ...]:
    """The names of the Atlas's columns, as `read_ward_atlas` wants them: theme; measure; year or category.

    Raises:
        InputError: as `read_ward_atlas`.
    """
    return tuple(name for name in _read_atlas(path).header if ";" in name)


def read_ward_atlas(path: Path, *, columns: Mapping[str, str]) -> pd.DataFrame:
    """Figures of the Ward Atlas (ward-atlas-data.csv), whose header is two rows.

    Args:
        path: the file, in UTF-8 or Latin-1.
        columns: what each figure is called from here on -> its name in the first header row, for example
            'Pupil Absence; Unauthorised Absence in All Schools (%); 2013'.

    Returns:
        ward13_code and the figures (float; 'n/a' is missing), in the file's order. The rows of the City of London as
        a whole, London and the country are left out, because they are no wards.

    Raises:
        InputError: not the Atlas, no such column, a cell that is no number, a code that repeats.
    """
    raw = _read_atlas(path)
    places = [place for place, cell in enumerate(raw.header) if cell == ""]
    titles = [str(raw.take(place)[0]).strip() for place in places]
    if _CODES_UNDER not in titles:
        raise InputError(
            f"{path} is not the Ward Atlas: its second header row lacks '{_CODES_UNDER}' and begins with "
            f"{quote(titles[0])}."
        )
    codes = pd.Series(raw.take(places[titles.index(_CODES_UNDER)]), index=raw.rows, dtype="str").iloc[1:]
    return _figures(raw, codes, columns, skip=1)


def read_ward_profiles(path: Path, *, columns: Mapping[str, str]) -> pd.DataFrame:
    """Figures of the ward profiles (ward-profiles-excel-version.csv).

    Args:
        path: the file, in UTF-8 or Latin-1.
        columns: what each figure is called from here on -> its column, for example `JOBS`.

    Returns:
        As `read_ward_atlas`; the rows of boroughs are left out too.

    Raises:
        InputError: as `read_ward_atlas`.
    """
    raw = read_text_table(path, encodings=UTF8_OR_LATIN1)
    return _figures(raw, raw.column("New code"), columns, skip=0)


def _read_atlas(path: Path) -> RawTable:
    raw = read_text_table(path, encodings=UTF8_OR_LATIN1)
    if raw.header.count("") < 2:
        raise InputError(
            f"{path} is not the Ward Atlas: the first of its two header rows leaves the columns of codes and names "
            f"blank; here it begins with {quote(raw.header[0])}."
        )
    return raw


def _figures(raw: RawTable, codes: pd.Series, columns: Mapping[str, str], *, skip: int) -> pd.DataFrame:
    wards = codes.str.strip().str.fullmatch(CODES["ward"])
    table = pd.DataFrame({CODE: codes[wards].str.strip().to_numpy()})
    faults: list[str] = []
    for name, column in columns.items():
        try:
            cells = raw.column(" ".join(column.split())).iloc[skip:]
        except InputError as error:
            faults += error.faults
            continue
        numbers, wrong = to_numbers(cells[wards], raw.name, missing=SUPPRESSED)
        faults += wrong
        table[name] = numbers.to_numpy()
    repeated = table.loc[table[CODE].duplicated(), CODE]
    if len(repeated):
        faults.append(f"{raw.name}: {len(repeated)} ward code(s) stand more than once, for example {repeated.iloc[0]}.")
    if table.empty:
        faults.append(f"{raw.name} holds no ward of England or Wales.")
    if faults:
        raise InputError(faults)
    logger.info(
        "%s: %d wards of 2013, %s; %d rows of larger areas left out",
        raw.name, len(table),
        ", ".join(f"{name} ({int(table[name].isna().sum())} without a figure)" for name in columns),
        int((~wards).sum()),
    )  # fmt: skip
    return table
