"""Who lives in a small area: Census 2021 bulk tables of one characteristic each, as counts of a few broad groups.

Known by their header: TS007A (five-year age bands), TS008 (sex), TS021 (ethnic group), TS038 (disability) and TS067
(highest qualification). They are evidence of who a choice of places reaches, and two of them feed the Vulnerable
Localities Index; none is ever a component of the index.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from tipping_point.sources.cells import RawTable, code_faults, quote, repeat_faults, shorten, to_numbers
from tipping_point.sources.codes import find_code_column
from tipping_point.sources.formats import read_raw_table
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

CHARACTERISTICS: Mapping[str, str] = {
    "age": "Age",
    "sex": "Sex",
    "ethnic group": "Ethnic group",
    "disability": "Disability",
    "qualifications": "Highest level of qualification",
}
"""What each characteristic is called from here on, and the words that its header cells begin with."""

AGE_GROUPS: Mapping[str, tuple[int, float]] = {
    "under 15": (0, 15),
    "15 to 24": (15, 25),
    "25 to 44": (25, 45),
    "45 to 64": (45, 65),
    "65 and over": (65, float("inf")),
}
"""Broad ages: from the first, up to but without the second."""

_CODE = "geography code"
_MEASURE = re.compile(r"; measures: Value$", re.IGNORECASE)
_TOTAL = re.compile(r"(?:Total|All)\b.*", re.IGNORECASE)
_BANDS = (
    (re.compile(r"Aged (\d+) years and under"), lambda first: (0, int(first) + 1)),
    (re.compile(r"Aged (\d+) years and over"), lambda first: (int(first), float("inf"))),
    (re.compile(r"Aged (\d+) to (\d+) years"), lambda first, last: (int(first), int(last) + 1)),
)
_FEWEST_WRONG, _SHARE_WRONG = 10, 0.02
"""Groups may miss the total by so many people or that share: the Census blurs small counts on purpose."""


def read_census(path: Path) -> pd.DataFrame:
    """Residents of every small area by the groups of one characteristic.

    Args:
        path: a bulk table of Census 2021 by lower layer super output area: wide, 'geography code' and a column for
            each group, headed 'Sex: Female' or 'Sex: Female; measures: Value'.

    Returns:
        lsoa21_code and one column of people for each group, named 'characteristic: group' ('age: 15 to 24', 'sex:
        Female'), in the file's order. Five-year ages are added up to AGE_GROUPS; of a group and its parts ('White',
        'White: Irish') the group is kept.

    Raises:
        InputError: not readable, not of a characteristic that is known, a code that is none or stands twice, a count
            that is none or below nought, or groups that do not add up to the table's own total.
    """
    raw = read_raw_table(path, is_header=lambda header: _CODE in {cell.lower() for cell in header})
    name, groups, total = _recognise(raw)
    code, codes = find_code_column(raw, code_column=_code_column(raw), vintage="lsoa21")
    counts, faults = {}, [*code_faults(codes, raw.name, kind="lsoa"), *repeat_faults(codes, raw.name)]
    for label, cell in {**groups, "": total}.items():
        counts[label], wrong = to_numbers(raw.column(cell), raw.name, lowest=0)
        faults += wrong
    if faults:
        raise InputError(faults)
    table = pd.DataFrame(counts)
    _check_total(table, codes, raw.name)
    people = table.drop(columns="")
    if name == "age":
        people = _add_up_ages(people, raw.name)
    people.columns = [f"{name}: {label}" for label in people.columns]
    people.insert(0, code, codes)
    logger.info(
        "Census %s: %s of %s people in %d small areas, %d groups",
        raw.name, name, f"{table[''].sum():,.0f}", len(people), people.shape[1] - 1,
    )  # fmt: skip
    return people.reset_index(drop=True)


def _recognise(raw: RawTable) -> tuple[str, dict[str, str], str]:
    """The characteristic; its groups without their parts, as label -> header cell; and the cell of the total."""
    for name, words in CHARACTERISTICS.items():
        labels = {
            _MEASURE.sub("", cell)[len(words) + 2 :]: cell
            for cell in raw.header
            if cell.startswith(f"{words}: ") and ("measures:" not in cell or _MEASURE.search(cell))
        }
        totals = [label for label in labels if _TOTAL.fullmatch(label)]
        groups = {label: cell for label, cell in labels.items() if label not in totals and ": " not in label}
        if totals and len(groups) > 1:
            return name, groups, labels[totals[0]]
    raise InputError(
        f"{raw.name} is no Census table that is known: wanted is a total and two groups or more under one of "
        f"{', '.join(f'{words}: …' for words in CHARACTERISTICS.values())} (TS007A, TS008, TS021, TS038, TS067); its "
        f"header is {shorten(raw.header)}."
    )


def _code_column(raw: RawTable) -> str | None:
    found = raw.find(_CODE)
    return found[0] if found else None


def _check_total(table: pd.DataFrame, codes: pd.Series, where: str) -> None:
    known, total = table.drop(columns="").sum(axis=1, skipna=False), table[""]
    off = (known - total).abs()
    wrong = off[off > (total * _SHARE_WRONG).clip(lower=_FEWEST_WRONG)]
    if len(wrong):
        row = wrong.index[0]
        raise InputError(
            f"{where}: in {len(wrong):,} rows the groups do not add up to the total, for example row {row} "
            f"({codes[row]}): {known[row]:,.0f} in groups, {total[row]:,.0f} in all. A column is missing or "
            f"stands twice."
        )


def _add_up_ages(people: pd.DataFrame, where: str) -> pd.DataFrame:
    """Five-year bands to AGE_GROUPS.

    Raises:
        InputError: a band that is not understood or reaches over two groups.
    """
    owner, strange = {}, []
    for label in people.columns:
        low, high = _band(label)
        own = [group for group, (first, last) in AGE_GROUPS.items() if first <= low and high <= last]
        if own:
            owner[label] = own[0]
        else:
            strange.append(label)
    missing = [group for group in AGE_GROUPS if group not in owner.values()]
    if strange or missing:
        raise InputError(
            f"{where}: ages {', '.join(map(quote, strange)) or 'lacking for ' + ', '.join(missing)}: wanted are the "
            f"five-year bands of TS007A, which add up to {', '.join(AGE_GROUPS)}."
        )
    return pd.DataFrame({group: people[[b for b in owner if owner[b] == group]].sum(axis=1, skipna=False)
                         for group in AGE_GROUPS})  # fmt: skip


def _band(label: str) -> tuple[float, float]:
    """'Aged 5 to 9 years' -> (5, 10); what is not understood lies in no group."""
    for pattern, edges in _BANDS:
        if match := pattern.fullmatch(label):
            return edges(*match.groups())
    return -1, float("inf")
