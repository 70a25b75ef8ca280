"""The ward table and the table of areas: every column, its meaning, its unit and which way is worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tipping_point.tables.words import DOMAINS, SMALL_POPULATION

DISCLOSES: Mapping[str, str] = {
    "nothing": "no number of crimes: it is shown always",
    "derived": "what is left of numbers that are protected before it is made",
    "crimes": "the ward's crimes of the measure",
    "crimes_all": "the ward's crimes of every type",
    "harm": "the ward's crimes by type, since the weights are known",
    "score": "the ward's harm, where the index is not of ranks or the edition is public",
    "told": "the ward's harm, where values are told beside each other: a choice by value, or a public edition",
    "neighbours": "the crimes of the ward or of one beside it",
    "words": "a sentence that may quote numbers of the ward or of one beside it",
    "all_crimes": "a constant of all wards, from which a hidden ward's crimes follow",
    "all_harm": "the same of harm",
    "all_types": "the same of every type",
    "whole": "a number of several wards together",
    "score_all": "as score, of one ward among a list of them",
    "told_all": "as told, of one ward among a list of them",
    "rounded": "more with all its digits: it is rounded",
    "cells": "single counts: primary and secondary suppression",
    "ledger": "rows by force and month: hidden where one loss is small",
    "ratio": "counts over published totals: shown where a ratio leaves enough open",
    "everything": "sums over what may be hidden: hidden in every study with small numbers",
    "sums": "rows by force: hidden where one is small",
}
"""What a column can give away of a hidden number -> what that is. A column that says nothing gives away everything."""


@dataclass(frozen=True)
class Column:
    """One column of an output: what it means, its unit, and which way is worse ('' = neither).

    `discloses` says what it gives away of a hidden number, names of DISCLOSES with blanks between; a column that says
    nothing is hidden in every study with small numbers.
    """

    name: str
    meaning: str
    unit: str = ""
    worse: str = ""
    discloses: str = ""

    def __post_init__(self) -> None:
        """Refuse what no rule knows."""
        unknown = [name for name in self.gives_away if name not in DISCLOSES]
        if unknown:
            raise ValueError(f"column {self.name}: discloses '{unknown[0]}' is not known; use {', '.join(DISCLOSES)}")

    @property
    def gives_away(self) -> tuple[str, ...]:
        """The names in `discloses`."""
        return tuple(self.discloses.split())


_CRIMES = Column("crimes", "Crimes of the study's measure over covered months", "crimes", "higher", discloses="crimes")
_SYNTHETIC = Column("synthetic", "True in the demo: the place does not exist", "True/False", discloses="nothing")
_RANGES = (
    Column("rank_low", "5% point of the rank: chance alone, all choices held", "rank", discloses="nothing"),
    Column("rank_high", "95% point of the rank", "rank", discloses="nothing"),
    Column(
        "rank_choice_low",
        "Smallest median rank over the named choices of choices.csv; no coverage claim",
        "rank",
        discloses="nothing",
    ),
    Column("rank_choice_high", "Largest median rank over the named choices", "rank", discloses="nothing"),
)
_POLICE_SHARES = (
    Column(
        "police_generated_share",
        "Share of the measure's crimes that are mostly found by police",
        "share",
        discloses="harm",
    ),
    Column("police_generated_harm_share", "The same of harm", "share", discloses="harm"),
)
_EXPLAINED = (
    Column("standing", "in, nearly in, out or not assessed", "text", discloses="nothing"),
    Column("reach", "Its index, or value, over that of the last area chosen", "ratio", "higher", discloses="told"),
    Column("why", "Why it is in, nearly in or out", "text", discloses="words told"),
    Column("would_change", "The smallest changes that would move it to the other side", "text", discloses="words told"),
    Column("rivals", "The areas just above and below it", "text", discloses="words told"),
)
"""What wards and areas are told alike."""

_p = "p by conditional permutation"
WARDS: tuple[Column, ...] = (
    Column("ward_code", "Office for National Statistics code of the ward", "code", discloses="nothing"),
    Column("ward_name", "Name of the ward", "text", discloses="nothing"),
    Column("district_code", "Code of the district that holds the ward, from the lookup", "code", discloses="nothing"),
    Column("district_name", "Name of that district", "text", discloses="nothing"),
    Column(
        "force_name",
        "Police force of the ward by lookup (small area, district, force; majority of residents),"
        " never from the crime files present",
        "text",
        discloses="nothing",
    ),
    Column("country", "England or Wales; percentiles, ranks and areas are within it", "text", discloses="nothing"),
    Column("assessed", "False where coverage or population allows no statement", "True/False", discloses="nothing"),
    Column("not_assessed_reason", "Why no statement can be made", "text", discloses="nothing"),
    _SYNTHETIC,
    Column("population", "Residents", "people", discloses="nothing"),
    Column(
        "visitor_ward",
        "True where crime per resident is likely to be high because many people visit",
        "True/False",
        discloses="nothing",
    ),
    Column(
        "visitor_basis", "How visitor_ward was known; 'guess' where only from crime types", "text", discloses="nothing"
    ),
    Column("small_population", f"True under {SMALL_POPULATION:,} residents", "True/False", discloses="nothing"),
    Column(
        "months_covered", "Months of the period for which the ward's force has a file", "months", discloses="nothing"
    ),
    Column(
        "crimes_all",
        "All crime over covered months, without anti-social behaviour",
        "crimes",
        "higher",
        discloses="crimes_all",
    ),
    _CRIMES,
    Column(
        "crime_rate",
        "The measure per 1,000 of the denominator a year",
        "per 1,000 a year",
        "higher",
        discloses="crimes",
    ),
    Column("crime_rate_low", "Lower 95% limit of crime_rate, exact Poisson", "per 1,000 a year", discloses="crimes"),
    Column("crime_rate_high", "Upper 95% limit of crime_rate, exact Poisson", "per 1,000 a year", discloses="crimes"),
    Column(
        "smoothed_rate",
        "Empirical-Bayes rate (Marshall 1991): small wards drawn towards the mean of their country",
        "per 1,000 a year",
        "higher",
        discloses="all_crimes",
    ),
    Column(
        "standardised_rate",
        "Empirical-Bayes standardised rate (Assuncao and Reis 1999)",
        "standard deviations",
        "higher",
        discloses="all_crimes",
    ),
    Column(
        "harm",
        "Sum of severity weight x count a year over the types of the measure: severity-scaled volume",
        "Crime Severity points a year",
        "higher",
        discloses="harm",
    ),
    Column("harm_rate", "harm per 1,000 of the denominator", "points per 1,000 a year", "higher", discloses="harm"),
    Column(
        "hotspot_value",
        "The column that the hot-spot tests ran on, as it entered",
        "",
        "higher",
        discloses="crimes harm",
    ),
    Column("gi_star_z", "Getis-Ord Gi* as a z score; descriptive only", "z", "higher", discloses="all_harm neighbours"),
    Column("gi_star_p", f"{_p}; says that the neighbours are unusual", "probability", discloses="neighbours"),
    Column(
        "gi_star_p_adjusted",
        "gi_star_p, Benjamini-Hochberg over the tested wards",
        "probability",
        discloses="neighbours",
    ),
    Column(
        "gi_star_hot",
        "True where adjusted p <= alpha on the high side and the ward's own smoothed rate is above the mean",
        "True/False",
        discloses="nothing",
    ),
    Column(
        "gi_star_class",
        "hot, beside (next to high wards, itself not high), cold, or blank",
        "text",
        discloses="nothing",
    ),
    Column("local_moran_i", "Local Moran's I (Anselin 1995)", "", discloses="all_harm neighbours"),
    Column("local_moran_p", _p, "probability", discloses="neighbours"),
    Column(
        "local_moran_p_adjusted",
        "local_moran_p, Benjamini-Hochberg over the tested wards",
        "probability",
        discloses="neighbours",
    ),
    Column(
        "local_moran_class",
        "HH high among high, HL high among low, LH low among high, LL low among low; blank if not significant",
        "text",
        discloses="nothing",
    ),
    Column(
        "emerging_class",
        "Which of seventeen patterns its hot and cold periods make (Esri's published definitions)",
        "text",
        discloses="nothing",
    ),
    Column(
        "emerging_word",
        "The same in a word: new, long-standing, worsening, easing, or blank",
        "text",
        discloses="nothing",
    ),
    Column(
        "scan_cluster",
        "Number of the significant scan cluster the ward is in, 1 = most likely; blank if none",
        "number",
        discloses="nothing",
    ),
    Column("hotspot_reason", "Why the tests call the ward hot, or do not, in words", "text", discloses="words"),
    Column("hot_votes", "How many of the study's methods call the ward hot", "methods", discloses="nothing"),
    Column(
        "chronic_state",
        "chronic, tipping, easing, intermittent or not, from rolling 12-month windows; 'not assessed' with too few",
        "text",
        discloses="nothing",
    ),
    Column("chronic_reason", "Why tipping, or why no state can be given", "text", discloses="nothing"),
    Column(
        "chronic_share",
        "Share of its rolling 12-month windows in the top tenth of the country",
        "share",
        "higher",
        discloses="nothing",
    ),
    Column("longest_run", "Most windows one after another in the top tenth", "windows", "higher", discloses="nothing"),
    Column(
        "chronic_trend",
        "1 rising, -1 falling against its force at p < .05, 0 neither",
        "sign",
        "higher",
        discloses="nothing",
    ),
    Column(
        "chronic_next_year",
        "Chance of being chronic a year on, from the study's own transitions; see calibration.csv",
        "probability",
        "higher",
        discloses="nothing",
    ),
    *(
        Column(name, f"{label} deprivation: percentile within the country", "percentile", "higher", discloses="nothing")
        for name, label in DOMAINS.items()
    ),
    Column(
        "deprivation",
        "The six domains without crime, in their published weights: percentile within the country",
        "percentile",
        "higher",
        discloses="nothing",
    ),
    Column(
        "share_near_border",
        "Share of the measure's crimes that the ward's border could flip: within 50 m of another ward, or in another"
        " ward than the code says",
        "share",
        discloses="nothing",
    ),
    Column(
        "kind_of_place",
        "Kind of place by its deprivation and density (k-means), named by what it is extreme in; see kinds.csv",
        "text",
        discloses="nothing",
    ),
    Column(
        "long_run_harm",
        "Severity weight x empirical-Bayes count a year, last three years or what there is",
        "points a year",
        "higher",
        discloses="harm",
    ),
    Column(
        "usual_harm_rate",
        "Median harm rate of assessed wards of the same country, kind and visitor flag",
        "points per 1,000 residents a year",
        discloses="all_harm",
    ),
    Column(
        "excess_harm", "Harm above what is usual for its kind of place", "points a year", "higher", discloses="all_harm"
    ),
    Column(
        "value",
        "excess_harm x share of deprivation percentile: what areas are chosen by; 0 for visitor wards unless"
        " the study counts them",
        "points a year",
        "higher",
        discloses="all_harm",
    ),
    Column("value_missing", "What an assessed ward lacks for a value", "text", discloses="nothing"),
    *_POLICE_SHARES,
    Column(
        "depends_on_police_generated",
        "True where it leaves the list without such offences, or over a quarter of its harm is of them",
        "True/False",
        discloses="nothing",
    ),
    Column("police_generated_reason", "Why", "text", discloses="words"),
    Column("index_score", "Composite index within the country", "0-100", "higher", discloses="score"),
    Column("index_missing", "Components that the ward lacks, so that it has no score", "text", discloses="nothing"),
    Column(
        "rank",
        "Rank by index_score within the country, 1 = highest; ties by ward_code",
        "rank",
        "lower",
        discloses="nothing",
    ),
    *_RANGES,
    Column(
        "share_in_top",
        "Share of simulations in which it is in the top of its country",
        "share",
        "higher",
        discloses="nothing",
    ),
    Column(
        "share_in_top_choices", "Share of the named choices under which it is", "share", "higher", discloses="nothing"
    ),
    Column("rank_group", "Wards of one number cannot be told from the first of them", "number", discloses="nothing"),
    Column("area_id", "The candidate area the ward is in; blank if none", "text", discloses="nothing"),
    *_EXPLAINED,
)

WORKING = ("exposure", "value_plain")
"""Columns of the ward table that steps hand on to later ones, and no output shows."""

AREAS: tuple[Column, ...] = (
    Column("area_id", "Identifier, stable for the same wards", "text", discloses="nothing"),
    Column("area_name", "Largest wards and district", "text", discloses="nothing"),
    Column("ward_codes", "Codes of its wards, separated by semicolons", "codes", discloses="nothing"),
    Column("wards", "Number of wards", "wards", discloses="nothing"),
    Column("population", "Residents", "people", discloses="nothing"),
    Column("district_names", "Districts, separated by semicolons", "text", discloses="nothing"),
    Column("force_names", "Police forces, separated by semicolons", "text", discloses="nothing"),
    Column("country", "England or Wales; ranks are within it", "text", discloses="nothing"),
    _CRIMES,
    Column("crime_rate", "The measure per 1,000 residents a year", "per 1,000 a year", "higher", discloses="crimes"),
    Column("crime_rate_low", "Lower 95% limit, exact Poisson", "per 1,000 a year", discloses="crimes"),
    Column("crime_rate_high", "Upper 95% limit, exact Poisson", "per 1,000 a year", discloses="crimes"),
    Column("harm", "Severity-scaled volume a year", "Crime Severity points a year", "higher", discloses="harm"),
    Column(
        "share_of_harm", "Share of the harm of the study's assessed wards in the country", "share", discloses="all_harm"
    ),
    Column(
        "value",
        "Sum of its wards' value: what method = select chooses by",
        "points a year",
        "higher",
        discloses="all_harm",
    ),
    Column("index_score", "Population-weighted mean of its wards' index", "0-100", "higher", discloses="score"),
    Column(
        "rank",
        "Rank within the country, 1 = highest, by index_score, or by value where areas were chosen by it;"
        " blank outside the study's limits",
        "rank",
        "lower",
        discloses="nothing",
    ),
    *_RANGES,
    Column(
        "share_in_top",
        "Share of simulations in which it is on the list again: among the first, or, where areas were"
        " chosen by value, with at least half of its residents in a chosen area",
        "share",
        "higher",
        discloses="nothing",
    ),
    Column(
        "share_in_top_choices",
        "Share of the named choices under which it is among the first",
        "share",
        "higher",
        discloses="nothing",
    ),
    Column("rank_group", "Areas of one number cannot be told from the first of them", "number", discloses="nothing"),
    Column(
        "shortlisted",
        "True for the first areas of the country, as many as the study asked",
        "True/False",
        discloses="nothing",
    ),
    *(
        column
        for name, words in (
            ("concentrated", "a ward in it is itself a significant hot spot"),
            ("chronic", "most residents live in wards that have long been among the highest"),
            ("compounded", "it is deprived in several domains at once"),
            ("tipping", "rising, or one step from chronic"),
        )
        for column in (
            Column(f"criterion_{name}", f"pass, fail or not assessed: {words}", "text", discloses="nothing"),
            Column(f"criterion_{name}_reason", "The numbers behind it", "text", discloses="nothing"),
        )
    ),
    Column("criteria_passed", "Criteria that pass, of four", "criteria", discloses="nothing"),
    Column("criteria_assessed", "Criteria that could be assessed", "criteria", discloses="nothing"),
    Column(
        "levers",
        "Domains in the most deprived tenth: department; local lead, separated by |",
        "text",
        discloses="nothing",
    ),
    Column(
        "depends_on_police_generated",
        "True where it leaves the list without offences that police generate, or over a quarter of its harm is of them",
        "True/False",
        discloses="nothing",
    ),
    Column("police_generated_reason", "Why", "text", discloses="words"),
    *_POLICE_SHARES,
    *(
        column
        for name, label in DOMAINS.items()
        for column in (
            Column(
                name,
                f"{label} deprivation: mean of its wards' percentiles by residents",
                "percentile",
                "higher",
                discloses="nothing",
            ),
            Column(
                f"{name}_in_tenth",
                "Share of residents in wards in the most deprived tenth of it",
                "share",
                "higher",
                discloses="nothing",
            ),
        )
    ),
    Column("partnership_names", "Community safety partnerships", "text", discloses="nothing"),
    Column("mayoral_authority", "Mayoral authority; blank where no lookup has it", "text", discloses="nothing"),
    Column("accountability_note", "What no lookup gives", "text", discloses="nothing"),
    Column(
        "contribution_if_goal_met",
        "Share of the fall that the whole needs, if harm halves here",
        "share",
        discloses="all_harm",
    ),
    Column("comparator_basis", "What the comparators of the next columns are alike in", "text", discloses="nothing"),
    Column(
        "comparator_harm_rate",
        "Harm rate of wards like it that were not chosen",
        "points per 1,000 a year",
        "higher",
        discloses="all_harm",
    ),
    Column("fall_to_comparators", "Harm above their level", "points a year", discloses="all_harm"),
    Column(
        "contribution_if_like_comparators", "That as a share of the fall the whole needs", "share", discloses="all_harm"
    ),
    *_EXPLAINED,
    Column(
        "hot_cluster",
        "Number of the clump of touching hot wards, or touching areas, it is part of",
        "text",
        discloses="nothing",
    ),
    Column(
        "within_limits",
        "True where population and number of wards are within the study's limits",
        "True/False",
        discloses="nothing",
    ),
    Column("visitor_wards", "Wards in it that people visit, separated by semicolons", "codes", discloses="nothing"),
    _SYNTHETIC,
)
