"""The tables behind a choice of areas: how firm it is, what it rests on, what else could have been chosen."""

from __future__ import annotations

from collections.abc import Mapping

from tipping_point.tables.columns import Column
from tipping_point.tables.records import (
    CALIBRATION,
    CONCENTRATION,
    CONTEXT,
    FORCE,
    RECORDED_CRIME,
    RECORDED_CRIME_PARTNERSHIPS,
)
from tipping_point.tables.words import DOMAINS

_COUNTRY = Column("country", "England or Wales", "text", discloses="nothing")
_AREA = Column("area_id", "The area", "text", discloses="nothing")

_WARD_NAME = Column("ward_name", "Its name", "text", discloses="nothing")
_DISTRICT_NAME = Column("district_name", "Its district", "text", discloses="nothing")

_OF_DOMAIN = (
    Column(
        "percentile",
        "Mean of its wards' percentiles in the nation, by residents",
        "percentile",
        "higher",
        discloses="nothing",
    ),
    Column(
        "share_in_tenth",
        "Share of residents in wards in the most deprived tenth",
        "share",
        "higher",
        discloses="nothing",
    ),
)

CORRELATIONS: tuple[Column, ...] = (
    _COUNTRY,
    Column("component", "A component of the index", "text", discloses="nothing"),
    Column("other", "Another", "text", discloses="nothing"),
    Column("correlation", "Pearson correlation of the two as they entered the index", "-1 to 1", discloses="nothing"),
    Column("wards", "Wards scored", "wards", discloses="nothing"),
)

COMPONENTS: tuple[Column, ...] = (
    _COUNTRY,
    Column("component", "A component of the index", "text", discloses="nothing"),
    Column("weight", "Its weight, of one", "share", discloses="nothing"),
    Column(
        "effective_share",
        "Share of the index's variance that it makes, which is not its weight",
        "share",
        discloses="nothing",
    ),
    Column("correlation", "Correlation with the index", "-1 to 1", discloses="nothing"),
    Column("wards", "Wards scored", "wards", discloses="nothing"),
)

CHOICES: tuple[Column, ...] = (
    Column("name", "The named choice", "text", discloses="nothing"),
    Column(
        "changed",
        "What differs from the study: weights, scale, combination, denominator or period",
        "text",
        discloses="nothing",
    ),
    _COUNTRY,
    Column("wards", "Wards ranked under both", "wards", discloses="nothing"),
    Column("top", "How many wards the top is", "wards", discloses="nothing"),
    Column("top_in_common", "Wards in the top under both", "wards", discloses="nothing"),
    Column("spearman", "Rank correlation with the study's own ranking", "-1 to 1", discloses="nothing"),
    Column("largest_move", "Largest move of a ward", "ranks", discloses="nothing"),
    Column("moved_most", "The ward that moved most", "code", discloses="nothing"),
)

SENSITIVITY: tuple[Column, ...] = (
    Column("outcome", "'all wards': the mean move in ranks; or a ward's own rank", "text", discloses="nothing"),
    Column("choice", "The choice", "text", discloses="nothing"),
    Column("first_order", "Share of the variance that it explains alone (Sobol)", "share", discloses="nothing"),
    Column("total", "Share that it has a part in", "share", discloses="nothing"),
    Column("low", "Lower 95% limit of total, bootstrap", "share", discloses="nothing"),
    Column("high", "Upper 95% limit", "share", discloses="nothing"),
)

AREA_DOMAINS: tuple[Column, ...] = (
    _AREA,
    Column("domain", "Domain of deprivation", "text", discloses="nothing"),
    *_OF_DOMAIN,
    Column("district_percentile", "The same mean over its whole district", "percentile", "higher", discloses="nothing"),
    Column(
        "in_tenth", "True where at least half of the residents live in such wards", "True/False", discloses="nothing"
    ),
)

LEVERS: tuple[Column, ...] = (
    _AREA,
    Column(
        "domain",
        "Domain in which at least half of the residents live in the most deprived tenth",
        "text",
        discloses="nothing",
    ),
    Column("label", "The same in words", "text", discloses="nothing"),
    *_OF_DOMAIN,
    Column("department", "Department that holds the lever", "text", discloses="nothing"),
    Column("lead", "Local body that leads: a role, not a name", "text", discloses="nothing"),
    Column("source", "Where that is laid down", "text", discloses="nothing"),
)

COMPARATORS: tuple[Column, ...] = (
    _AREA,
    Column("ward_code", "Ward like it that was not chosen", "code", discloses="nothing"),
    _WARD_NAME,
    _DISTRICT_NAME,
    Column("distance", "Root mean square of the standardised differences", "standard deviations", discloses="nothing"),
    Column("level", "Harm of the ward", "points per 1,000 a year", "higher", discloses="whole"),
    Column("trend", "Slope a year of its share of its force's harm, over its mean share", "a year", discloses="whole"),
    Column("deprivation", "Its deprivation", "percentile", "higher", discloses="nothing"),
    Column("area_level", "Harm of the area", "points per 1,000 a year", "higher", discloses="whole"),
    Column("area_trend", "Slope of the area", "a year", discloses="whole"),
    Column("area_deprivation", "Deprivation of the area", "percentile", "higher", discloses="nothing"),
    Column("matched_on", "What they are alike in", "text", discloses="nothing"),
    Column("period", "Months looked at, before anything is done", "text", discloses="nothing"),
)

BALANCE: tuple[Column, ...] = (
    Column("area_id", "The area; 'all' for the shortlist", "text", discloses="nothing"),
    Column("trait", "level, trend or deprivation", "text", discloses="nothing"),
    Column("area", "Of the area", "", discloses="whole"),
    Column("comparators", "Mean of its comparators", "", discloses="whole"),
    Column(
        "standardised_difference", "The difference over the standard deviation of candidates", "", discloses="whole"
    ),
    Column("alike", "True where it is at most .25", "True/False", discloses="nothing"),
)

SCORECARD: tuple[Column, ...] = (
    _COUNTRY,
    Column("scope", "area, shortlist or whole", "text", discloses="nothing"),
    Column("area_id", "The area; blank for the others", "text", discloses="nothing"),
    Column("area_name", "Its name", "text", discloses="nothing"),
    Column("measure", "harm, crimes, or public confidence", "text", discloses="nothing"),
    Column("year", "Year", "year", discloses="nothing"),
    Column("years_since", "Years since the baseline", "years", discloses="nothing"),
    Column(
        "straight_line",
        "Level if it falls to a half in ten years by as much each year",
        "points or crimes a year",
        discloses="whole",
    ),
    Column(
        "constant_fall", "Level if it falls by the same share each year", "points or crimes a year", discloses="whole"
    ),
    Column("actual", "What was recorded; blank until it is", "points or crimes a year", discloses="whole"),
    Column("note", "What to know", "text", discloses="nothing"),
)

ANNEX: tuple[Column, ...] = (
    _COUNTRY,
    Column("district_code", "District without a chosen area", "code", discloses="nothing"),
    _DISTRICT_NAME,
    Column("wards", "Its wards", "wards", discloses="nothing"),
    Column("wards_assessed", "Of them assessed", "wards", discloses="nothing"),
    Column("ward_code", "The ward of it that reaches furthest", "code", discloses="nothing"),
    _WARD_NAME,
    Column("index_score", "Its index", "0-100", "higher", discloses="score_all"),
    Column("standing", "nearly in, out or not assessed", "text", discloses="nothing"),
    Column("reach", "Its index, or value, over that of the last area chosen", "ratio", "higher", discloses="told_all"),
    Column("why", "Why it is not in", "text", discloses="harm told_all"),
    Column("would_change", "What would change it", "text", discloses="harm told_all"),
)

AGREEMENT: tuple[Column, ...] = (
    FORCE,
    Column("rows", "Rows read", "rows", discloses="sums"),
    Column("agree", "Code and point lead to one ward", "rows", discloses="sums"),
    Column("disagree", "They lead to two", "rows", discloses="sums"),
    Column("only_code", "Only the code leads to a ward", "rows", discloses="sums"),
    Column("only_point", "Only the point does", "rows", discloses="sums"),
    Column("neither", "Neither does", "rows", discloses="sums"),
)

SETTINGS: tuple[Column, ...] = (
    Column("setting", "Another defensible setting, all else as in the study: what if …", "text", discloses="nothing"),
    Column("wards", "Wards that the study chose", "wards", discloses="nothing"),
    Column("wards_other", "Wards that the other setting chooses", "wards", discloses="nothing"),
    Column("wards_in_common", "Wards that both choose", "wards", discloses="nothing"),
    Column("share_in_common", "Of the wards that the study chose", "share", discloses="nothing"),
    Column("residents", "Residents of the wards that the study chose", "people", discloses="nothing"),
    Column("residents_in_common", "Residents of the wards that both choose", "people", discloses="nothing"),
    Column("share_of_residents", "Of the residents of the wards that the study chose", "share", discloses="nothing"),
)

EQUALITY: tuple[Column, ...] = (
    _COUNTRY,
    Column(
        "characteristic",
        "Characteristic of residents, from Census tables; never an input of the index",
        "text",
        discloses="nothing",
    ),
    Column("group", "Group of it", "text", discloses="nothing"),
    *(
        Column(f"{name}_{where}", f"{words} of {place} wards", unit, discloses="nothing")
        for where, place in (("chosen", "chosen"), ("near", "nearly chosen"), ("all", "all assessed"))
        for name, words, unit in (
            ("residents", "Residents of the group, in", "people"),
            ("share", "Share of the residents", "share"),
        )
    ),
    Column("ratio", "share_chosen over share_all", "ratio", discloses="nothing"),
    Column("suppressed", "True where a number is too small to show", "True/False", discloses="nothing"),
    Column("wards_without", "Assessed wards without a figure", "wards", discloses="nothing"),
)

ADJUSTED: tuple[Column, ...] = (
    _AREA,
    Column("ward_codes", "Wards of the model's boundary, separated by semicolons", "codes", discloses="nothing"),
    Column("population", "Its residents", "people", discloses="nothing"),
    Column("value", "Its value", "points a year", "higher", discloses="whole"),
    Column("adjusted_area_id", "Identifier of the adjusted boundary", "text", discloses="nothing"),
    Column("adjusted_ward_codes", "Wards of the adjusted boundary", "codes", discloses="nothing"),
    Column("adjusted_population", "Its residents", "people", discloses="nothing"),
    Column("adjusted_value", "Its value", "points a year", "higher", discloses="whole"),
    Column("added", "Wards taken in", "codes", discloses="nothing"),
    Column("dropped", "Wards left out", "codes", discloses="nothing"),
    Column("value_change", "Value gained or lost", "points a year", discloses="whole"),
    Column("value_change_share", "Of the model's value", "share", discloses="whole"),
    Column("contiguous", "True where the adjusted wards all touch", "True/False", discloses="nothing"),
    Column("within_limits", "True where it keeps to the study's limits", "True/False", discloses="nothing"),
    Column("reason", "Why", "text", discloses="nothing"),
    Column("who", "Who decided", "text", discloses="nothing"),
    Column("date", "When", "date", discloses="nothing"),
    Column("note", "What to know", "text", discloses="nothing"),
)

KINDS: tuple[Column, ...] = (
    _COUNTRY,
    Column("kind", "Code of the kind of place, 1 = most deprived", "text", discloses="nothing"),
    Column("name", "What it is called: by what it is extreme in", "text", discloses="nothing"),
    Column("wards", "Its wards", "wards", discloses="nothing"),
    Column("population", "Their residents", "people", discloses="nothing"),
    Column("silhouette", "How well the kinds of the country are set apart", "-1 to 1", discloses="nothing"),
    Column("stability", "Mean adjusted Rand index with the kinds of random halves", "-1 to 1", discloses="nothing"),
    Column(
        "extremes",
        "Indicators half a standard deviation or more from the mean, + or -, the furthest first",
        "text",
        discloses="nothing",
    ),
    *(
        Column(name, f"{label} deprivation: mean of its wards", "standard deviations", discloses="nothing")
        for name, label in DOMAINS.items()
    ),
    Column("density", "Residents per hectare, log: mean of its wards", "standard deviations", discloses="nothing"),
)

ASSOCIATION: tuple[Column, ...] = (
    _COUNTRY,
    Column(
        "statistic", "moran, or bivariate moran: crime beside the neighbours' other column", "text", discloses="nothing"
    ),
    Column("column", "Crime, as it was tested for hot spots", "text", discloses="nothing"),
    Column("other", "What it is laid beside; blank for moran", "text", discloses="nothing"),
    Column(
        "value",
        "Global Moran's I by esda: near 1 where like lies beside like, near 0 by chance",
        "-1 to 1",
        discloses="whole",
    ),
    Column("expected", "Its mean where values lie by chance", "-1 to 1", discloses="nothing"),
    Column("p", "Share of random arrangements at least as high, one-sided", "probability", discloses="nothing"),
    Column("wards", "Wards counted", "wards", discloses="nothing"),
    Column("permutations", "Random arrangements", "permutations", discloses="nothing"),
)

FLAGGED: tuple[Column, ...] = (
    Column("flag", "What the incident files mark", "text", discloses="nothing"),
    Column("ward_code", "Ward", "code", discloses="nothing"),
    Column(
        "crimes",
        "Crimes with the flag over the covered months; flags overlap and are part of no total",
        "crimes",
        discloses="cells",
    ),
)

RECORDS: Mapping[str, tuple[Column, ...]] = {
    "concentration": CONCENTRATION,
    "calibration": CALIBRATION,
    "recorded_crime": RECORDED_CRIME,
    "recorded_crime_partnerships": RECORDED_CRIME_PARTNERSHIPS,
    "context": CONTEXT,
    "correlations": CORRELATIONS,
    "components": COMPONENTS,
    "choices": CHOICES,
    "sensitivity": SENSITIVITY,
    "domains": AREA_DOMAINS,
    "levers": LEVERS,
    "comparators": COMPARATORS,
    "balance": BALANCE,
    "scorecard": SCORECARD,
    "annex": ANNEX,
    "settings": SETTINGS,
    "equality": EQUALITY,
    "adjusted": ADJUSTED,
    "agreement": AGREEMENT,
    "flags": FLAGGED,
    "spatial_association": ASSOCIATION,
    "kinds": KINDS,
}
"""File name without its ending -> what its columns mean."""
