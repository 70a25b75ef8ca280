"""The tables behind a choice of areas: how firm it is, what it rests on, what else could have been chosen."""

from __future__ import annotations

from collections.abc import Mapping

from tipping_point.tables.columns import Column
from tipping_point.tables.records import (
    CALIBRATION,
    CONCENTRATION,
    CONTEXT,
    RECORDED_CRIME,
    RECORDED_CRIME_PARTNERSHIPS,
)

_COUNTRY = Column("country", "England or Wales", "text")
_AREA = Column("area_id", "The area", "text")

_WARD_NAME = Column("ward_name", "Its name", "text")
_DISTRICT_NAME = Column("district_name", "Its district", "text")

CORRELATIONS: tuple[Column, ...] = (
    _COUNTRY,
    Column("component", "A component of the index", "text"),
    Column("other", "Another", "text"),
    Column("correlation", "Pearson correlation of the two as they entered the index", "-1 to 1"),
    Column("wards", "Wards scored", "wards"),
)

COMPONENTS: tuple[Column, ...] = (
    _COUNTRY,
    Column("component", "A component of the index", "text"),
    Column("weight", "Its weight, of one", "share"),
    Column("effective_share", "Share of the index's variance that it makes, which is not its weight", "share"),
    Column("correlation", "Correlation with the index", "-1 to 1"),
    Column("wards", "Wards scored", "wards"),
)

CHOICES: tuple[Column, ...] = (
    Column("name", "The named choice", "text"),
    Column("changed", "What differs from the study: weights, scale, combination, denominator or period", "text"),
    _COUNTRY,
    Column("wards", "Wards ranked under both", "wards"),
    Column("top", "How many wards the top is", "wards"),
    Column("top_in_common", "Wards in the top under both", "wards"),
    Column("spearman", "Rank correlation with the study's own ranking", "-1 to 1"),
    Column("largest_move", "Largest move of a ward", "ranks"),
    Column("moved_most", "The ward that moved most", "code"),
)

SENSITIVITY: tuple[Column, ...] = (
    Column("outcome", "'all wards': the mean move in ranks; or a ward's own rank", "text"),
    Column("choice", "The choice", "text"),
    Column("first_order", "Share of the variance that it explains alone (Sobol)", "share"),
    Column("total", "Share that it has a part in", "share"),
    Column("low", "Lower 95% limit of total, bootstrap", "share"),
    Column("high", "Upper 95% limit", "share"),
)

AREA_DOMAINS: tuple[Column, ...] = (
    _AREA,
    Column("domain", "Domain of deprivation", "text"),
    Column("percentile", "Mean of its wards' percentiles in the nation, by residents", "percentile", "higher"),
    Column("share_in_tenth", "Share of residents in wards in the most deprived tenth", "share", "higher"),
    Column("district_percentile", "The same mean over its whole district", "percentile", "higher"),
    Column("in_tenth", "True where at least half of the residents live in such wards", "True/False"),
)

LEVERS: tuple[Column, ...] = (
    _AREA,
    Column("domain", "Domain in which at least half of the residents live in the most deprived tenth", "text"),
    Column("label", "The same in words", "text"),
    Column("percentile", "Mean of its wards' percentiles in the nation, by residents", "percentile", "higher"),
    Column("share_in_tenth", "Share of residents in wards in the most deprived tenth", "share", "higher"),
    Column("department", "Department that holds the lever", "text"),
    Column("lead", "Local body that leads: a role, not a name", "text"),
    Column("source", "Where that is laid down", "text"),
)

COMPARATORS: tuple[Column, ...] = (
    _AREA,
    Column("ward_code", "Ward like it that was not chosen", "code"),
    _WARD_NAME,
    _DISTRICT_NAME,
    Column("distance", "Root mean square of the standardised differences", "standard deviations"),
    Column("level", "Harm of the ward", "points per 1,000 a year", "higher"),
    Column("trend", "Slope a year of its share of its force's harm, over its mean share", "a year"),
    Column("deprivation", "Its deprivation", "percentile", "higher"),
    Column("area_level", "Harm of the area", "points per 1,000 a year", "higher"),
    Column("area_trend", "Slope of the area", "a year"),
    Column("area_deprivation", "Deprivation of the area", "percentile", "higher"),
    Column("matched_on", "What they are alike in", "text"),
    Column("period", "Months looked at, before anything is done", "text"),
)

BALANCE: tuple[Column, ...] = (
    Column("area_id", "The area; 'all' for the shortlist", "text"),
    Column("trait", "level, trend or deprivation", "text"),
    Column("area", "Of the area", ""),
    Column("comparators", "Mean of its comparators", ""),
    Column("standardised_difference", "The difference over the standard deviation of candidates", ""),
    Column("alike", "True where it is at most .25", "True/False"),
)

SCORECARD: tuple[Column, ...] = (
    _COUNTRY,
    Column("scope", "area, shortlist or whole", "text"),
    Column("area_id", "The area; blank for the others", "text"),
    Column("area_name", "Its name", "text"),
    Column("measure", "harm, crimes, or public confidence", "text"),
    Column("year", "Year", "year"),
    Column("years_since", "Years since the baseline", "years"),
    Column("straight_line", "Level if it falls to a half in ten years by as much each year", "points or crimes a year"),
    Column("constant_fall", "Level if it falls by the same share each year", "points or crimes a year"),
    Column("actual", "What was recorded; blank until it is", "points or crimes a year"),
    Column("note", "What to know", "text"),
)

ANNEX: tuple[Column, ...] = (
    _COUNTRY,
    Column("district_code", "District without a chosen area", "code"),
    _DISTRICT_NAME,
    Column("wards", "Its wards", "wards"),
    Column("wards_assessed", "Of them assessed", "wards"),
    Column("ward_code", "The ward of it that reaches furthest", "code"),
    _WARD_NAME,
    Column("index_score", "Its index", "0-100", "higher"),
    Column("standing", "nearly in, out or not assessed", "text"),
    Column("reach", "Its index, or value, over that of the last area chosen", "ratio", "higher"),
    Column("why", "Why it is not in", "text"),
    Column("would_change", "What would change it", "text"),
)

AGREEMENT: tuple[Column, ...] = (
    Column("force", "police.uk name of the force", "text"),
    Column("rows", "Rows read", "rows"),
    Column("agree", "Code and point lead to one ward", "rows"),
    Column("disagree", "They lead to two", "rows"),
    Column("only_code", "Only the code leads to a ward", "rows"),
    Column("only_point", "Only the point does", "rows"),
    Column("neither", "Neither does", "rows"),
)

SETTINGS: tuple[Column, ...] = (
    Column("setting", "Another defensible setting, all else as in the study: what if …", "text"),
    Column("wards", "Wards that the study chose", "wards"),
    Column("wards_other", "Wards that the other setting chooses", "wards"),
    Column("wards_in_common", "Wards that both choose", "wards"),
    Column("share_in_common", "Of the wards that the study chose", "share"),
    Column("residents", "Residents of the wards that the study chose", "people"),
    Column("residents_in_common", "Residents of the wards that both choose", "people"),
    Column("share_of_residents", "Of the residents of the wards that the study chose", "share"),
)

EQUALITY: tuple[Column, ...] = (
    _COUNTRY,
    Column("characteristic", "Characteristic of residents, from Census tables; never an input of the index", "text"),
    Column("group", "Group of it", "text"),
    *(
        Column(f"{name}_{where}", f"{words} of {place} wards", unit)
        for where, place in (("chosen", "chosen"), ("near", "nearly chosen"), ("all", "all assessed"))
        for name, words, unit in (
            ("residents", "Residents of the group, in", "people"),
            ("share", "Share of the residents", "share"),
        )
    ),
    Column("ratio", "share_chosen over share_all", "ratio"),
    Column("suppressed", "True where a number is too small to show", "True/False"),
    Column("wards_without", "Assessed wards without a figure", "wards"),
)

ADJUSTED: tuple[Column, ...] = (
    _AREA,
    Column("ward_codes", "Wards of the model's boundary, separated by semicolons", "codes"),
    Column("population", "Its residents", "people"),
    Column("value", "Its value", "points a year", "higher"),
    Column("adjusted_area_id", "Identifier of the adjusted boundary", "text"),
    Column("adjusted_ward_codes", "Wards of the adjusted boundary", "codes"),
    Column("adjusted_population", "Its residents", "people"),
    Column("adjusted_value", "Its value", "points a year", "higher"),
    Column("added", "Wards taken in", "codes"),
    Column("dropped", "Wards left out", "codes"),
    Column("value_change", "Value gained or lost", "points a year"),
    Column("value_change_share", "Of the model's value", "share"),
    Column("contiguous", "True where the adjusted wards all touch", "True/False"),
    Column("within_limits", "True where it keeps to the study's limits", "True/False"),
    Column("reason", "Why", "text"),
    Column("who", "Who decided", "text"),
    Column("date", "When", "date"),
    Column("note", "What to know", "text"),
)

FLAGGED: tuple[Column, ...] = (
    Column("flag", "What the incident files mark", "text"),
    Column("ward_code", "Ward", "code"),
    Column("crimes", "Crimes with the flag over the covered months; flags overlap and are part of no total", "crimes"),
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
}
"""File name without its ending -> what its columns mean."""
