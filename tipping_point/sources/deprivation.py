"""The Indices of Deprivation of England (2019, 2025) and Wales (2019, 2025), all on one scale of domain scores.

Both countries turn the rank of an area in a domain into an exponentially transformed score X from 0
to 100 and add the domains up with published weights. Ranks reproduce the published scores: to three
decimals in England, to the one decimal that Wales publishes.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tipping_point.sources.cells import RawTable, quote, repeat_faults, shorten, to_numbers
from tipping_point.sources.codes import find_code_column
from tipping_point.sources.formats import read_raw_table
from tipping_point.tables import InputError, deprivation_transform

logger = logging.getLogger(__name__)

DOMAINS = ("income", "employment", "education", "health", "housing_services", "living_environment", "crime")


@dataclass(frozen=True)
class _Edition:
    """One index: where it is of, its small areas, and the published weights of its domains."""

    title: str
    country: str
    vintage: str
    weights: Mapping[str, float]
    """Published weight of each domain as published; not made to sum to one."""


_ENGLISH_WEIGHTS = {
    "income": 0.225,
    "employment": 0.225,
    "education": 0.135,
    "health": 0.135,
    "housing_services": 0.093,
    "living_environment": 0.093,
    "crime": 0.093,
}
_WELSH_WEIGHTS = {
    "income": 0.22,
    "employment": 0.22,
    "education": 0.14,
    "health": 0.15,
    "access": 0.10,
    "housing": 0.07,
    "living_environment": 0.05,
    "crime": 0.05,
}
_EDITIONS = {
    "iod2019": _Edition("English Indices of Deprivation 2019", "England", "lsoa11", _ENGLISH_WEIGHTS),
    "iod2025": _Edition("English Indices of Deprivation 2025", "England", "lsoa21", _ENGLISH_WEIGHTS),
    "wimd2019": _Edition("Welsh Index of Multiple Deprivation 2019", "Wales", "lsoa11", _WELSH_WEIGHTS),
    "wimd2025": _Edition(
        "Welsh Index of Multiple Deprivation 2025",
        "Wales",
        "lsoa21",
        {**_WELSH_WEIGHTS, "employment": 0.20, "housing": 0.09},
    ),
}
KINDS = tuple(_EDITIONS)

_FILE_7 = {
    "income": "Income",
    "employment": "Employment",
    "education": "Education, Skills and Training",
    "health": "Health Deprivation and Disability",
    "housing_services": "Barriers to Housing and Services",
    "living_environment": "Living Environment",
    "crime": "Crime",
}
_FILE_9 = {**_FILE_7, "education": "Education", "health": "Health", "housing_services": "Barriers"}
_TIDIED = {**_FILE_9, "housing_services": "Housing_and_Access", "living_environment": "Environment"}
_WELSH = {
    "income": "Income",
    "employment": "Employment",
    "education": "Education",
    "health": "Health",
    "access": "Access to Services",
    "housing": "Housing",
    "living_environment": "Physical Environment",
    "crime": "Community Safety",
}


@dataclass(frozen=True)
class _Layout:
    """One published form of an index: the header cells of its domains and of the overall score, '' if it has none."""

    domains: Mapping[str, str]
    overall: str
    are_ranks: bool | None
    """None where the header is the same for ranks and for scores, so that the cells must tell."""


def _layouts(edition: _Edition) -> tuple[_Layout, ...]:
    if edition.country == "Wales":
        return (_Layout(_WELSH, f"WIMD {edition.title[-4:]}", None),)

    def named(names: Mapping[str, str], ending: str) -> dict[str, str]:
        return {domain: f"{name}{ending}" for domain, name in names.items()}

    return (
        _Layout(named(_FILE_7, " Rank (where 1 is most deprived)"), "Index of Multiple Deprivation (IMD) Score", True),
        _Layout(named(_FILE_9, " Score - exponentially transformed"), "", False),
        _Layout(named(_TIDIED, "_rank"), "", True),
    )


def read_deprivation(path: Path, *, kind: str) -> pd.DataFrame:
    """Domain scores of every small area of a country, higher = worse.

    Args:
        path: iod2019: File 7, File 9 or the tidied ranks; iod2025: File 7; wimd2019, wimd2025: the ranks
            or the scores by small area; CSV, or the publisher's workbook (.ods, .xlsx).
        kind: iod2019, iod2025, wimd2019 or wimd2025.

    Returns:
        lsoa11_code or lsoa21_code, the seven domains of DOMAINS (transformed scores X, 0 to 100) and imd
        (the overall score), sorted by code. `attrs`: `country`; `weights`, the published weight of each
        domain by column (English ones sum to .999, and are left so); `imd_basis`, 'published' or how imd
        was rebuilt; `edition`. In Wales housing_services is the mean of access to services and housing
        in their published weights.

    Raises:
        InputError: not readable, not of the kind, a code that is none or stands twice, ranks or scores
            that are none, or a part of a country (its ranks would mean something else).
    """
    if kind not in _EDITIONS:
        raise InputError(f"Deprivation kind {quote(kind)} is not known; allowed are {', '.join(KINDS)}.")
    edition = _EDITIONS[kind]
    layouts = _layouts(edition)
    raw = read_raw_table(path, is_header=lambda header: any(_fits(layout, header) for layout in layouts))
    layout = _choose_layout(raw, layouts, kind)
    code, codes = find_code_column(raw, code_column=_code_column(raw), vintage=edition.vintage)
    domains, are_ranks, faults = _read_domains(raw, layout)
    faults += [*_country_faults(codes, raw.name, edition), *repeat_faults(codes, raw.name)]
    published, wrong = _published(raw, layout, are_ranks=are_ranks)
    if faults := [*faults, *wrong]:
        raise InputError(faults)
    if are_ranks:
        domains = domains.apply(lambda rank: pd.Series(deprivation_transform(rank, rank.count()), index=rank.index))
    weights = pd.Series(edition.weights)
    basis = "published" if published is not None else "rebuilt from the domains with the published weights"
    overall = published if published is not None else (domains[list(weights.index)] * weights).sum(axis=1, skipna=False)
    table, weights = _combine_housing(domains, weights)
    table = table[list(DOMAINS)].assign(imd=overall)
    table.insert(0, code, codes)
    table = table.sort_values(code, ignore_index=True)
    table.attrs = {
        "country": edition.country,
        "weights": {domain: float(weights[domain]) for domain in DOMAINS},
        "imd_basis": basis,
        "edition": edition.title,
    }
    logger.info(
        "Deprivation %s: %s, %d small areas (%s), domains from %s, overall score %s",
        raw.name,
        edition.title,
        len(table),
        code,
        "ranks" if are_ranks else "transformed scores",
        basis,
    )
    return table


def _fits(layout: _Layout, header: tuple[str, ...]) -> bool:
    given = {cell.lower() for cell in header}
    needed = [*layout.domains.values(), *([layout.overall] if layout.are_ranks is None else [])]
    return all(name.lower() in given for name in needed)


def _choose_layout(raw: RawTable, layouts: tuple[_Layout, ...], kind: str) -> _Layout:
    for layout in layouts:
        if _fits(layout, raw.header):
            return layout
    wanted = "; or ".join(", ".join([*layout.domains.values(), layout.overall]).rstrip(", ") for layout in layouts)
    raise InputError(
        f"{raw.name} is not of kind {kind}: its header is {shorten(raw.header)}. Wanted are the columns {wanted}."
    )


def _find(raw: RawTable, name: str) -> str:
    return raw.find(re.escape(name))[0]


def _code_column(raw: RawTable) -> str | None:
    found = raw.find(r"LSOA code(?: \(20[0-9][0-9]\))?|lsoa[0-9][0-9]_code")
    return found[0] if len(found) == 1 else None


def _read_domains(raw: RawTable, layout: _Layout) -> tuple[pd.DataFrame, bool, list[str]]:
    """The domains as the file has them, whether they are ranks, and the faults found."""
    columns, faults = {}, []
    for domain, name in layout.domains.items():
        columns[domain], wrong = to_numbers(raw.column(_find(raw, name)), raw.name)
        faults += wrong
    domains = pd.DataFrame(columns)
    # Scores have decimals, ranks have none.
    are_ranks = layout.are_ranks if layout.are_ranks is not None else bool((domains.dropna() % 1 == 0).all(axis=None))
    if not faults:
        check = _rank_fault if are_ranks else _score_fault
        faults = [
            f"{raw.name}: '{name}' {fault}." for d, name in layout.domains.items() if (fault := check(domains[d]))
        ]
    return domains, are_ranks, faults


def _rank_fault(rank: pd.Series) -> str:
    areas = rank.count()
    if areas == 0:
        return "has no rank at all"
    wrong = rank[(rank < 1) | (rank % 1 != 0)]
    if len(wrong):
        return f"has {wrong.iloc[0]:g} on row {wrong.index[0]}; a rank is a whole number from 1"
    if rank.max() > areas:
        return (
            f"has ranks up to {rank.max():,.0f} for {areas:,} areas: a part of a country. Scores come from ranks among"
            f" all its areas, so that the whole file is wanted"
        )
    return ""


def _score_fault(score: pd.Series) -> str:
    wrong = score[(score < 0) | (score > 100)]
    if len(wrong):
        return f"has {wrong.iloc[0]:g} on row {wrong.index[0]}; a transformed score is from 0 to 100"
    return ""


def _published(raw: RawTable, layout: _Layout, *, are_ranks: bool) -> tuple[pd.Series | None, list[str]]:
    """The overall score where the file has it; beside Welsh ranks stands the overall rank, which is none."""
    found = raw.find(re.escape(layout.overall)) if layout.overall else []
    if not found or (are_ranks and layout.are_ranks is None):
        return None, []
    return to_numbers(raw.column(found[0]), raw.name, lowest=0)


def _country_faults(codes: pd.Series, where: str, edition: _Edition) -> list[str]:
    wrong = codes[~codes.str.fullmatch(rf"{edition.country[0]}01[0-9]{{6}}")]
    if wrong.empty:
        return []
    return [
        f"{where}: row {wrong.index[0]} has {quote(wrong.iloc[0])}, which is no small area of {edition.country}"
        f" ({edition.country[0]}01 and six digits); {len(wrong):,} such row(s)."
    ]


def _combine_housing(domains: pd.DataFrame, weights: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    """Wales publishes housing and access to services apart: their mean in their weights, under their summed weight."""
    if "housing_services" in domains:
        return domains, weights
    parts = weights[["access", "housing"]]
    combined = (domains[list(parts.index)] * parts).sum(axis=1, skipna=False) / parts.sum()
    return domains.assign(housing_services=combined), pd.concat([weights, pd.Series({"housing_services": parts.sum()})])
