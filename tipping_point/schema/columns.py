"""The ward table and the table of areas: every column, its meaning, its unit and which way is worse."""

from __future__ import annotations

from dataclasses import dataclass

from tipping_point.schema.words import DOMAINS, SMALL_POPULATION


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
