"""Who lives in the places that were chosen: evidence for the equality duty, and never an input of a choice.

The Public Sector Equality Duty (Equality Act 2010, s. 149) asks what a decision does to people who share a protected
characteristic. This shows who lives where; what the decision does to them is for the people who take it. The counts
come as a table of their own and are never joined to the wards, so that no index can take them up.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

import numpy as np
import pandas as pd

from tipping_point.tables import InputError, check_table

log = logging.getLogger(__name__)

FEWEST = 10
"""People of a group below which its number is not shown."""


def equality(
    wards: pd.DataFrame,
    residents: pd.DataFrame,
    *,
    chosen: Collection[str],
    near: Collection[str] = (),
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Residents of chosen, nearly chosen and all assessed wards by group of each characteristic.

    Args:
        wards: indexed by ward_code, with assessed and country.
        residents: wards x 'characteristic: group' ('age: 15 to 24'), people; wards of the study without a figure may
            be missing or left out. It shares no column with the ward table: it is evidence, not a measure.
        chosen: codes of the wards chosen.
        near: codes of the wards nearly chosen.
        fewest: a group of fewer people among the chosen or nearly chosen wards is not shown, and where it is the only
            one of its characteristic, nor is the next smallest, so that it cannot be worked out from the others.

    Returns:
        One row per country, characteristic and group, in the order of the columns: country, characteristic, group;
        residents_chosen, share_chosen, residents_near, share_near, residents_all, share_all (of the people of the
        wards whose characteristic is known; missing where there are no such wards); ratio, share_chosen / share_all;
        suppressed, True where a number is not shown for its smallness; wards_without, assessed wards without a figure.
        Empty where no characteristic is given.

    Raises:
        InputError: a code that is no assessed ward of the study or stands in both; a column without a characteristic,
            negative numbers, or a column that the ward table holds too.
    """
    _check_residents(wards, residents)
    _check_codes(wards, chosen, near)
    assessed = wards[wards["assessed"]]
    parts = []
    for country, rows in assessed.groupby("country"):
        people = residents.reindex(rows.index).astype(float)
        for characteristic in dict.fromkeys(_split(name)[0] for name in residents.columns):
            own = people[[name for name in people.columns if _split(name)[0] == characteristic]]
            table = _compare(own, rows.index.isin(list(chosen)), rows.index.isin(list(near)), fewest)
            table.insert(0, "country", country)
            parts.append(table)
    log.info(
        "equality: %d groups of people in %d chosen and %d nearly chosen of %d assessed wards",
        residents.shape[1], len(set(chosen)), len(set(near)), len(assessed),
    )  # fmt: skip
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)


_COLUMNS = [
    "country", "characteristic", "group", "residents_chosen", "share_chosen", "residents_near", "share_near",
    "residents_all", "share_all", "ratio", "suppressed", "wards_without",
]  # fmt: skip


def compare_choices(base: Collection[str], other: Collection[str], wards: pd.DataFrame) -> dict[str, float]:
    """How far two choices of wards are the same.

    Args:
        base: codes of the wards of the choice that is compared with.
        other: codes of the wards of the other choice.
        wards: indexed by ward_code, with population.

    Returns:
        wards, wards_other, wards_in_common; share_in_common, of the wards of `base`; residents and
        residents_in_common; share_of_residents, of the residents of `base`. Shares are missing where `base` is empty.

    Raises:
        InputError: a code that is no ward of the table.
    """
    strange = [code for code in [*base, *other] if code not in wards.index]
    if strange:
        raise InputError(f"choices of wards: '{strange[0]}' and {len(strange) - 1} more are no ward of the study")
    first, both = sorted(set(base)), sorted(set(base) & set(other))
    residents, common = float(wards.loc[first, "population"].sum()), float(wards.loc[both, "population"].sum())
    return {
        "wards": float(len(first)),
        "wards_other": float(len(set(other))),
        "wards_in_common": float(len(both)),
        "share_in_common": len(both) / len(first) if first else float("nan"),
        "residents": residents,
        "residents_in_common": common,
        "share_of_residents": common / residents if residents > 0 else float("nan"),
    }


def _compare(people: pd.DataFrame, chosen: np.ndarray, near: np.ndarray, fewest: int) -> pd.DataFrame:
    """One characteristic: people (wards x groups) of three sets of wards as one row per group."""
    known = people.notna().all(axis=1).to_numpy()
    table = pd.DataFrame(
        {
            "characteristic": [_split(name)[0] for name in people.columns],
            "group": [_split(name)[1] for name in people.columns],
        },
        index=people.columns,
    )
    hidden = pd.Series(False, index=people.columns)
    for name, inside in (("chosen", chosen), ("near", near), ("all", np.ones(len(people), dtype=bool))):
        number = people[inside & known].sum() if (inside & known).any() else pd.Series(np.nan, index=people.columns)
        total = number.sum(min_count=1)
        small = _too_small(number, fewest)
        hidden |= small
        table[f"residents_{name}"] = number.mask(small)
        table[f"share_{name}"] = (number / total if total > 0 else number * np.nan).mask(small)
    table["ratio"] = table["share_chosen"] / table["share_all"].where(table["share_all"] > 0)
    table["suppressed"] = hidden
    table["wards_without"] = int((~known).sum())
    return table.reset_index(drop=True)


def _too_small(number: pd.Series, fewest: int) -> pd.Series:
    """Which numbers of one characteristic are not shown: those below the least, and never one alone."""
    small = number < fewest
    if small.sum() == 1 and len(number) > 1:
        small |= number.index == number[~small].idxmin()
    return small


def _split(name: str) -> tuple[str, str]:
    characteristic, _, group = name.partition(": ")
    return characteristic, group


def _check_residents(wards: pd.DataFrame, residents: pd.DataFrame) -> None:
    check_table(wards, "wards", ["assessed", "country"])
    faults = [
        f"residents by characteristic: '{name}' is not 'characteristic: group', such as 'age: 15 to 24'"
        for name in residents.columns
        if not all(_split(str(name)))
    ]
    faults += [
        f"residents by characteristic: '{name}' is a column of the ward table too; who lives in a ward is evidence, "
        f"and stands apart from what places are chosen by"
        for name in residents.columns
        if name in wards.columns
    ]
    faults += [
        f"residents by characteristic: '{name}' is below 0 in {int((residents[name] < 0).sum())} wards"
        for name in residents.columns
        if (residents[name] < 0).any()
    ]
    if residents.index.has_duplicates:
        repeated = residents.index[residents.index.duplicated()]
        faults.append(f"residents by characteristic: {repeated[0]} stands twice")
    if faults:
        raise InputError(faults)


def _check_codes(wards: pd.DataFrame, chosen: Collection[str], near: Collection[str]) -> None:
    assessed = wards.index[wards["assessed"]]
    faults = [
        f"{option}: '{code}' is no assessed ward of the study"
        for option, codes in (("chosen", chosen), ("near", near))
        for code in sorted(set(codes))
        if code not in assessed
    ]
    faults += [f"near: '{code}' is chosen too" for code in sorted(set(near) & set(chosen))]
    if faults:
        raise InputError(faults)
