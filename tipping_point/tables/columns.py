"""The ward table and the table of areas: every column, its meaning, its unit and which way is worse."""

from __future__ import annotations

from dataclasses import dataclass

from tipping_point.tables.words import DOMAINS, SMALL_POPULATION


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
    Column(
        "share_near_border",
        "Share of the measure's crimes that the ward's border could flip: within 50 m of another ward, or in another"
        " ward than the code says",
        "share",
    ),
    Column(
        "long_run_harm",
        "Severity weight x empirical-Bayes count a year, last three years or what there is",
        "points a year",
        "higher",
    ),
    Column(
        "usual_harm_rate",
        "Median harm rate of assessed wards of the same country, kind and visitor flag",
        "points per 1,000 residents a year",
    ),
    Column("excess_harm", "Harm above what is usual for its kind of place", "points a year", "higher"),
    Column(
        "value",
        "excess_harm x share of deprivation percentile: what areas are chosen by; 0 for visitor wards unless"
        " the study counts them",
        "points a year",
        "higher",
    ),
    Column("value_missing", "What an assessed ward lacks for a value", "text"),
    Column("police_generated_share", "Share of the measure's crimes that are mostly found by police", "share"),
    Column("police_generated_harm_share", "The same of harm", "share"),
    Column(
        "depends_on_police_generated",
        "True where it leaves the list without such offences, or over a quarter of its harm is of them",
        "True/False",
    ),
    Column("police_generated_reason", "Why", "text"),
    Column("index_score", "Composite index within the country", "0-100", "higher"),
    Column("index_missing", "Components that the ward lacks, so that it has no score", "text"),
    Column("rank", "Rank by index_score within the country, 1 = highest; ties by ward_code", "rank", "lower"),
    Column("rank_low", "5% point of the rank: chance alone, all choices held", "rank"),
    Column("rank_high", "95% point of the rank", "rank"),
    Column("rank_choice_low", "Smallest median rank over the named choices of choices.csv; no coverage claim", "rank"),
    Column("rank_choice_high", "Largest median rank over the named choices", "rank"),
    Column("share_in_top", "Share of simulations in which it is in the top of its country", "share", "higher"),
    Column("share_in_top_choices", "Share of the named choices under which it is", "share", "higher"),
    Column("rank_group", "Wards of one number cannot be told from the first of them", "number"),
    Column("area_id", "The candidate area the ward is in; blank if none", "text"),
    Column("standing", "in, nearly in, out or not assessed", "text"),
    Column("reach", "Its index, or value, over that of the last area chosen", "ratio", "higher"),
    Column("why", "Why it is in, nearly in or out", "text"),
    Column("would_change", "The smallest changes that would move it to the other side", "text"),
    Column("rivals", "The areas just above and below it", "text"),
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
    Column("value", "Sum of its wards' value: what method = select chooses by", "points a year", "higher"),
    Column("index_score", "Population-weighted mean of its wards' index", "0-100", "higher"),
    Column(
        "rank",
        "Rank within the country, 1 = highest, by index_score, or by value where areas were chosen by it;"
        " blank outside the study's limits",
        "rank",
        "lower",
    ),
    Column("rank_low", "5% point of the rank: chance alone, all choices held", "rank"),
    Column("rank_high", "95% point of the rank", "rank"),
    Column("rank_choice_low", "Smallest median rank over the named choices of choices.csv; no coverage claim", "rank"),
    Column("rank_choice_high", "Largest median rank over the named choices", "rank"),
    Column(
        "share_in_top",
        "Share of simulations in which it is on the list again: among the first, or, where areas were"
        " chosen by value, with at least half of its residents in a chosen area",
        "share",
        "higher",
    ),
    Column("share_in_top_choices", "Share of the named choices under which it is among the first", "share", "higher"),
    Column("rank_group", "Areas of one number cannot be told from the first of them", "number"),
    Column("shortlisted", "True for the first areas of the country, as many as the study asked", "True/False"),
    *(
        column
        for name, words in (
            ("concentrated", "a ward in it is itself a significant hot spot"),
            ("chronic", "most residents live in wards that have long been among the highest"),
            ("compounded", "it is deprived in several domains at once"),
            ("tipping", "rising, or one step from chronic"),
        )
        for column in (
            Column(f"criterion_{name}", f"pass, fail or not assessed: {words}", "text"),
            Column(f"criterion_{name}_reason", "The numbers behind it", "text"),
        )
    ),
    Column("criteria_passed", "Criteria that pass, of four", "criteria"),
    Column("criteria_assessed", "Criteria that could be assessed", "criteria"),
    Column("levers", "Domains in the most deprived tenth: department; local lead, separated by |", "text"),
    Column(
        "depends_on_police_generated",
        "True where it leaves the list without offences that police generate, or over a quarter of its harm is of them",
        "True/False",
    ),
    Column("police_generated_reason", "Why", "text"),
    Column("police_generated_share", "Share of the measure's crimes that are mostly found by police", "share"),
    Column("police_generated_harm_share", "The same of harm", "share"),
    *(
        column
        for name, label in DOMAINS.items()
        for column in (
            Column(name, f"{label} deprivation: mean of its wards' percentiles by residents", "percentile", "higher"),
            Column(
                f"{name}_in_tenth", "Share of residents in wards in the most deprived tenth of it", "share", "higher"
            ),
        )
    ),
    Column("partnership_names", "Community safety partnerships", "text"),
    Column("mayoral_authority", "Mayoral authority; blank where no lookup has it", "text"),
    Column("accountability_note", "What no lookup gives", "text"),
    Column("contribution_if_goal_met", "Share of the fall that the whole needs, if harm halves here", "share"),
    Column("comparator_basis", "What the comparators of the next columns are alike in", "text"),
    Column(
        "comparator_harm_rate", "Harm rate of wards like it that were not chosen", "points per 1,000 a year", "higher"
    ),
    Column("fall_to_comparators", "Harm above their level", "points a year"),
    Column("contribution_if_like_comparators", "That as a share of the fall the whole needs", "share"),
    Column("standing", "in, nearly in, out or not assessed", "text"),
    Column("reach", "Its index, or value, over that of the last area chosen", "ratio", "higher"),
    Column("why", "Why it is in, nearly in or out", "text"),
    Column("would_change", "The smallest changes that would move it to the other side", "text"),
    Column("rivals", "The areas just above and below it", "text"),
    Column("hot_cluster", "Number of the clump of touching hot wards, or touching areas, it is part of", "text"),
    Column("within_limits", "True where population and number of wards are within the study's limits", "True/False"),
    Column("visitor_wards", "Wards in it that people visit, separated by semicolons", "codes"),
    Column("synthetic", "True in the demo: the place does not exist", "True/False"),
)
