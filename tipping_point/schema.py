"""What every shared table looks like: columns, units, direction, and the words used for them.

Everything in the package may import this module; it imports nothing of the package. It touches
no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

SYSTEM = "EPSG:27700"
"""British National Grid, metres: the coordinate system of every table inside the package."""

COUNTRIES = {"E": "England", "W": "Wales"}

SMALL_POPULATION = 2_000
"""Residents below which a ward's rate is marked as resting on few people."""


class InputError(ValueError):
    """The study or its data is at fault: every fault found, each a sentence a user can act on.

    A fault says which table, file, row or option it is about, what is wrong, what was given
    and what is allowed.
    """

    def __init__(self, faults: str | Iterable[str]) -> None:
        self.faults = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(self.faults))


# --------------------------------------------------------------------------- crime vocabularies

CRIME_TYPES: Mapping[str, tuple[str, ...]] = {
    "police_uk": (
        "Anti-social behaviour",
        "Bicycle theft",
        "Burglary",
        "Criminal damage and arson",
        "Drugs",
        "Other crime",
        "Other theft",
        "Possession of weapons",
        "Public order",
        "Robbery",
        "Shoplifting",
        "Theft from the person",
        "Vehicle crime",
        "Violence and sexual offences",
    ),
    "metropolitan": (
        "AGGRAVATED VEHICLE TAKING",
        "ARSON",
        "BICYCLE THEFT",
        "BURGLARY - RESIDENTIAL",
        "BURGLARY BUSINESS AND COMMUNITY",
        "BURGLARY IN A DWELLING",
        "BURGLARY NON-DWELLING",
        "CRIMINAL DAMAGE",
        "DEATH SERIOUS INJURY ILLEGAL DRIVING",
        "DOMESTIC BURGLARY",
        "FRAUD AND FORGERY",
        "HOMICIDE",
        "INTERFERING WITH A MOTOR VEHICLE",
        "MISC CRIMES AGAINST SOCIETY",
        "NFIB",
        "OTHER OFFENCES PUBLIC ORDER",
        "OTHER SEXUAL OFFENCES",
        "OTHER THEFT",
        "POSSESSION OF DRUGS",
        "POSSESSION OF WEAPONS",
        "PUBLIC FEAR ALARM OR DISTRESS",
        "RACE OR RELIGIOUS AGG PUBLIC FEAR",
        "RAPE",
        "RES BURGLARY OF A HOME",
        "RES BURGLARY OF UNCONNECTED BUILDING",
        "ROBBERY OF BUSINESS PROPERTY",
        "ROBBERY OF PERSONAL PROPERTY",
        "SHOPLIFTING",
        "STALKING AND HARASSMENT",
        "THEFT FROM A VEHICLE",
        "THEFT FROM THE PERSON",
        "THEFT OR UNAUTH TAKING OF A MOTOR VEH",
        "TRAFFICKING OF DRUGS",
        "VIOLENCE WITH INJURY",
        "VIOLENCE WITHOUT INJURY",
        "VIOLENT DISORDER",
    ),
}
"""The crime types that each publisher uses, spelled as published. A study keeps to one vocabulary."""

FORMER_CRIME_TYPES = ("Violent crime", "Public disorder and weapons")
"""police.uk categories published before May 2013 only; they do not join the present fourteen."""

NOT_CRIME = ("Anti-social behaviour",)
"""Published beside crime, but not notifiable and without a severity weight: left out of every crime total."""

DOMAINS: Mapping[str, str] = {
    "income": "Income",
    "employment": "Employment",
    "education": "Education and skills",
    "health": "Health",
    "housing_services": "Housing and services",
    "living_environment": "Living environment",
}
"""The six non-crime domains of deprivation: column name and the words shown."""


# --------------------------------------------------------------------------------- small shared words

_FORCE_EXCEPTIONS = {"london-city-of": "city-of-london", "metropolitan-police": "metropolitan"}
NOT_TERRITORIAL = {
    "btp": "British Transport Police",
    "northern-ireland": "Police Service of Northern Ireland",
}
"""Forces in police.uk files that hold no ward of England or Wales."""


def force_slug(name: str) -> str:
    """The police.uk file name of a force from its Office for National Statistics name.

    'Devon & Cornwall' -> 'devon-and-cornwall', 'London, City of' -> 'city-of-london'.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower().replace("&", "and")).strip("-")
    return _FORCE_EXCEPTIONS.get(slug, slug)


def months_between(start: str, end: str) -> list[str]:
    """Every month 'YYYY-MM' from start to end, both included."""
    return [str(month) for month in pd.period_range(start, end, freq="M")]


def deprivation_transform(rank: npt.ArrayLike, areas: int) -> npt.NDArray[np.float64]:
    """Rank of a deprivation domain to its transformed score: the two forms in which the Indices are published.

    X = -23 ln(1 - R (1 - exp(-100/23))), R = (N - rank + 1)/N (English Indices of Deprivation, technical report;
    the Welsh Index uses the same), so that scores of several domains can be added without one cancelling another.

    Args:
        rank: 1 = most deprived, shape (n,).
        areas: N, the number of areas ranked.

    Returns:
        Score, 0-100, higher = more deprived, shape (n,).
    """
    share = (areas - np.asarray(rank, dtype=float) + 1) / areas
    return np.asarray(-23 * np.log(1 - share * (1 - np.exp(-100 / 23))), dtype=float)


# ------------------------------------------------------------------------------------------- columns


@dataclass(frozen=True)
class Column:
    """One column of an output: what it means, its unit, and which way is worse ('' = neither)."""

    name: str
    meaning: str
    unit: str = ""
    worse: str = ""


_p = "p by conditional permutation"
WARDS: tuple[Column, ...] = (
    Column("ward_code", "Office for National Statistics code of the ward", "code"),
    Column("ward_name", "Name of the ward", "text"),
    Column("district_code", "Code of the district that holds the ward, from the lookup", "code"),
    Column("district_name", "Name of that district", "text"),
    Column(
        "force_name",
        "Police force of the ward by lookup (small area, district, force; majority of residents),"
        " never from the crime files present",
        "text",
    ),
    Column("country", "England or Wales; percentiles, ranks and areas are within it", "text"),
    Column("assessed", "False where coverage or population allows no statement", "True/False"),
    Column("not_assessed_reason", "Why no statement can be made", "text"),
    Column("synthetic", "True in the demo: the place does not exist", "True/False"),
    Column("population", "Residents", "people"),
    Column(
        "visitor_ward",
        "True where crime per resident is likely to be high because many people visit",
        "True/False",
    ),
    Column("visitor_basis", "How visitor_ward was known; 'guess' where only from crime types", "text"),
    Column("small_population", f"True under {SMALL_POPULATION:,} residents", "True/False"),
    Column("months_covered", "Months of the period for which the ward's force has a file", "months"),
    Column("crimes_all", "All crime over covered months, without anti-social behaviour", "crimes", "higher"),
    Column("crimes", "Crimes of the study's measure over covered months", "crimes", "higher"),
    Column("crime_rate", "The measure per 1,000 of the denominator a year", "per 1,000 a year", "higher"),
    Column("crime_rate_low", "Lower 95% limit of crime_rate, exact Poisson", "per 1,000 a year"),
    Column("crime_rate_high", "Upper 95% limit of crime_rate, exact Poisson", "per 1,000 a year"),
    Column(
        "smoothed_rate",
        "Empirical-Bayes rate (Marshall 1991): small wards drawn towards the mean of their country",
        "per 1,000 a year",
        "higher",
    ),
    Column(
        "standardised_rate",
        "Empirical-Bayes standardised rate (Assuncao and Reis 1999)",
        "standard deviations",
        "higher",
    ),
    Column(
        "harm",
        "Sum of severity weight x count a year over the types of the measure: severity-scaled volume",
        "Crime Severity points a year",
        "higher",
    ),
    Column("harm_rate", "harm per 1,000 of the denominator", "points per 1,000 a year", "higher"),
    Column("hotspot_value", "The column that the hot-spot tests ran on, as it entered", "", "higher"),
    Column("gi_star_z", "Getis-Ord Gi* as a z score; descriptive only", "z", "higher"),
    Column("gi_star_p", f"{_p}; says that the neighbours are unusual", "probability"),
    Column("gi_star_p_adjusted", "gi_star_p, Benjamini-Hochberg over the tested wards", "probability"),
    Column(
        "gi_star_hot",
        "True where adjusted p <= alpha on the high side and the ward's own smoothed rate is above the mean",
        "True/False",
    ),
    Column("gi_star_class", "hot, beside (next to high wards, itself not high), cold, or blank", "text"),
    Column("local_moran_i", "Local Moran's I (Anselin 1995)", ""),
    Column("local_moran_p", _p, "probability"),
    Column("local_moran_p_adjusted", "local_moran_p, Benjamini-Hochberg over the tested wards", "probability"),
    Column(
        "local_moran_class",
        "HH high among high, HL high among low, LH low among high, LL low among low; blank if not significant",
        "text",
    ),
    Column(
        "emerging_class",
        "Which of seventeen patterns its hot and cold periods make (Esri's published definitions)",
        "text",
    ),
    Column("emerging_word", "The same in a word: new, long-standing, worsening, easing, or blank", "text"),
    Column(
        "scan_cluster",
        "Number of the significant scan cluster the ward is in, 1 = most likely; blank if none",
        "number",
    ),
    Column("hotspot_reason", "Why the tests call the ward hot, or do not, in words", "text"),
    Column("hot_votes", "How many of the study's methods call the ward hot", "methods"),
    Column(
        "chronic_state",
        "chronic, tipping, easing, intermittent or not, from rolling 12-month windows; 'not assessed' with too few",
        "text",
    ),
    Column("chronic_reason", "Why tipping, or why no state can be given", "text"),
    Column("chronic_share", "Share of its rolling 12-month windows in the top tenth of the country", "share", "higher"),
    Column("longest_run", "Most windows one after another in the top tenth", "windows", "higher"),
    Column("chronic_trend", "1 rising, -1 falling against its force at p < .05, 0 neither", "sign", "higher"),
    Column(
        "chronic_next_year",
        "Chance of being chronic a year on, from the study's own transitions; see calibration.csv",
        "probability",
        "higher",
    ),
    *(
        Column(name, f"{label} deprivation: percentile within the country", "percentile", "higher")
        for name, label in DOMAINS.items()
    ),
    Column(
        "deprivation",
        "The six domains without crime, in their published weights: percentile within the country",
        "percentile",
        "higher",
    ),
    Column("index_score", "Composite index within the country", "0-100", "higher"),
    Column("index_missing", "Components that the ward lacks, so that it has no score", "text"),
    Column("rank", "Rank by index_score within the country, 1 = worst; ties by ward_code", "rank", "lower"),
    Column("area_id", "The candidate area the ward is in; blank if none", "text"),
)

AREAS: tuple[Column, ...] = (
    Column("area_id", "Identifier, stable for the same wards", "text"),
    Column("area_name", "Largest wards and district", "text"),
    Column("ward_codes", "Codes of its wards, separated by semicolons", "codes"),
    Column("wards", "Number of wards", "wards"),
    Column("population", "Residents", "people"),
    Column("district_names", "Districts, separated by semicolons", "text"),
    Column("force_names", "Police forces, separated by semicolons", "text"),
    Column("country", "England or Wales; ranks are within it", "text"),
    Column("crimes", "Crimes of the study's measure over covered months", "crimes", "higher"),
    Column("crime_rate", "The measure per 1,000 residents a year", "per 1,000 a year", "higher"),
    Column("crime_rate_low", "Lower 95% limit, exact Poisson", "per 1,000 a year"),
    Column("crime_rate_high", "Upper 95% limit, exact Poisson", "per 1,000 a year"),
    Column("harm", "Severity-scaled volume a year", "Crime Severity points a year", "higher"),
    Column("share_of_harm", "Share of the harm of the study's assessed wards in the country", "share"),
    Column("index_score", "Population-weighted mean of its wards' index", "0-100", "higher"),
    Column(
        "rank", "Rank by index_score within the country, 1 = highest; blank outside the study's limits", "rank", "lower"
    ),
    Column("shortlisted", "True for the first areas of the country, as many as the study asked", "True/False"),
    Column("hot_cluster", "Touching hot wards it was cut from; areas of one cluster touch", "text"),
    Column("within_limits", "True where population and number of wards are within the study's limits", "True/False"),
    Column("visitor_wards", "Wards in it that people visit, separated by semicolons", "codes"),
    Column("synthetic", "True in the demo: the place does not exist", "True/False"),
)

COUNTS: tuple[Column, ...] = (
    Column("ward_code", "Ward", "code"),
    Column("month", "Month, YYYY-MM", "month"),
    Column("crime_type", "Crime type as published", "text"),
    Column("crimes", "Crimes; blank where the ward's own force published nothing for the month", "crimes"),
    Column("rows_placed", "Rows placed in the ward, from any force and whether or not the month is covered", "rows"),
)

COVERAGE: tuple[Column, ...] = (
    Column("force", "police.uk name of the force", "text"),
    Column("force_name", "Name of the force", "text"),
    Column("territorial", "False for forces that hold no ward", "True/False"),
    Column("month", "Month, YYYY-MM", "month"),
    Column("status", "complete or missing, from the files present", "text"),
    Column("rows", "Rows in the force's file for the month", "rows"),
    Column("rows_without_place", "Rows of it without a small area or ward", "rows"),
    Column("share_without_place", "rows_without_place as a share of rows", "share"),
    Column("wards", "Wards of the study that this force polices", "wards"),
)

RECONCILIATION: tuple[Column, ...] = (
    Column("force", "police.uk name of the force whose file it is", "text"),
    Column("month", "Month, YYYY-MM", "month"),
    Column("rows_in", "Rows read", "rows"),
    Column("placed", "Rows placed in wards of the study", "rows"),
    Column("no_place", "Lost: row without a small area or ward", "rows"),
    Column("unknown_place", "Lost: small area or ward that no lookup of the study knows", "rows"),
    Column("outside_area", "Lost: in a ward outside the study's area", "rows"),
    Column("placed_not_covered", "Of placed: the ward's own force published nothing that month; in no rate", "rows"),
)

CONCENTRATION: tuple[Column, ...] = (
    Column("group", "Police force; blank for the whole study", "text"),
    Column("period", "Twelve months to this one", "month"),
    Column("wards", "Wards counted", "wards"),
    Column("wards_left_out", "Wards not assessed", "wards"),
    Column("crimes", "Crimes of the measure", "crimes"),
    *(
        Column(f"{name}{end}", f"{meaning}{how}", unit)
        for name, meaning, unit in (
            ("gini", "Gini coefficient", "0-1"),
            ("generalised_gini", "Generalised Gini (Bernasco and Steenbeek 2017)", "0-1"),
            ("share_25", "Least share of wards that holds 25% of the crimes", "share"),
            ("share_50", "Least share of wards that holds 50% of the crimes", "share"),
        )
        for end, how in (
            ("", ""),
            ("_expected", ": mean of the same crimes scattered by residents"),
            ("_low", ": 2.5% point of those"),
            ("_high", ": 97.5% point of those"),
            ("_p", ": share of scatterings at least as concentrated"),
        )
    ),
)

CALIBRATION: tuple[Column, ...] = (
    Column(
        "predicted", "Mean chance given a year before of being chronic, in a tenth of the ward-years", "probability"
    ),
    Column("observed", "Share of them that became chronic", "share"),
    Column("observed_low", "Lower 95% limit, exact binomial", "share"),
    Column("observed_high", "Upper 95% limit", "share"),
    Column("n", "Ward-years", "ward-years"),
)

GRAPH: tuple[Column, ...] = (
    Column("focal", "Ward", "code"),
    Column("neighbour", "A ward that touches it", "code"),
    Column("weight", "1 = neighbours", ""),
    Column("tied", "True where the ward touches none and was tied to the nearest", "True/False"),
)

SOURCES: tuple[Column, ...] = (
    Column("section", "Section of the study file that names it", "text"),
    Column("kind", "What it was recognised as", "text"),
    Column("path", "File", "path"),
    Column("bytes", "Size", "bytes"),
    Column("sha256", "Hash of the file", "hex"),
    Column("rows", "Rows read", "rows"),
    Column("dataset", "Title of the dataset", "text"),
    Column("publisher", "Publisher", "text"),
    Column("licence", "Licence", "text"),
    Column("attribution", "Text that the licence asks to be shown", "text"),
    Column("note", "What to know of it: vintage, age, proxies", "text"),
)


def check_table(table: pd.DataFrame, name: str, required: Sequence[str], *, unique: Sequence[str] = ()) -> None:
    """Raise InputError naming every required column that is absent and every key that is repeated."""
    faults = []
    absent = [column for column in required if column not in table.columns]
    if absent:
        faults.append(
            f"{name}: lacks the column(s) {', '.join(absent)}; it has {', '.join(map(str, table.columns[:40]))}"
        )
    key = [column for column in unique if column in table.columns]
    if key and len(key) == len(unique):
        repeated = table.loc[table.duplicated(key), key]
        if len(repeated):
            shown = "; ".join(", ".join(map(str, row)) for row in repeated.head(5).itertuples(index=False))
            faults.append(f"{name}: {len(repeated)} repeated {' + '.join(key)} (each must stand once): {shown}")
    if faults:
        raise InputError(faults)


# --------------------------------------------------------------------------------------------- cover


@dataclass(frozen=True)
class Cover:
    """What every output carries on its face, so that none can be read without it."""

    study: str
    area: str
    start: str
    end: str
    months: int
    measure: str
    measure_label: str
    measure_types: tuple[str, ...]
    proxy_note: str
    """Why the measure is a proxy and what it leaves out; '' if it is not one."""
    synthetic: bool
    stamp: str
    """'NOT FOR DECISIONS …' until the firmness of ranks is part of the run."""
    attributions: tuple[str, ...]
    limits: tuple[str, ...]
    """What the outputs do not show, in plain sentences."""
    choices: tuple[str, ...]
    """What was chosen automatically or reduced, in plain sentences."""
    findings: tuple[str, ...] = ()
    """What else the run found, in plain sentences made from its numbers."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Numbers that templates show: alpha, permutations drawn, hotspot column, areas asked, limits."""

    @property
    def title(self) -> str:
        """Title in words: 'Where serious crime is concentrated: Merseyside'."""
        return f"Where {self.measure_label} is concentrated: {self.area}"

    @property
    def period(self) -> str:
        """'October 2018 to February 2019'."""
        first, last = (pd.Period(month, freq="M").strftime("%B %Y") for month in (self.start, self.end))
        return first if first == last else f"{first} to {last}"
