"""A value of a table as a cell of a spreadsheet: rounded, in words, or the shorthand that says why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tipping_point import tables as schema
from tipping_point.outputs import wording
from tipping_point.outputs.workbooks import DECIMALS, Cell, Number, cell_text

SHORTHAND: Mapping[str, str] = {
    "[c]": "confidential: so few people that the number is not shown",
    "[x]": "not available: the run had no data for it, or could not assess it",
    "[z]": "not applicable: there is nothing to say here",
    "[u]": f"unreliable: a rate on fewer than {wording.FEW_EVENTS} crimes, which can change a great deal by chance",
    "[low]": "more than nothing, and would be 0 once rounded",
}
"""What stands in a cell in place of a number or a text, as the Government Analysis Function words it."""

FORM_OF: Mapping[str, str] = {
    "share": "share", "percentile": "one", "0-100": "one", "per 1,000 a year": "one", "ratio": "two",
    "standard deviations": "two", "-1 to 1": "two", "a year": "three", "probability": "three", "year": "plain",
    "Crime Severity points a year": "whole", "points a year": "whole", "points or crimes a year": "whole",
    "as unit says": "two", "points per 1,000 a year": "whole", "points per 1,000 residents a year": "whole",
}  # fmt: skip
"""Unit of a column -> how its numbers are shown; whole numbers otherwise."""

SILENT_UNITS = {
    "", "text", "code", "codes", "True/False", "rank", "wards", "year", "years", "number", "criteria", "date", "people",
    "crimes", "rows", "methods", "hex", "as unit says",
}  # fmt: skip
"""Units that say nothing beside the heading."""

RATES = {"crime_rate", "crime_rate_low", "crime_rate_high"}

NOT_APPLICABLE = {"rank", "reach", "rank_group", "ratio"}
"""Numbers that are blank because there is nothing to say, not because something is missing."""

UNKNOWN_TEXTS = {"mayoral_authority", "partnership_names", "force_name", "force_names"}
"""Texts that are blank because no source has them."""

HEADINGS: Mapping[str, str] = {
    "rank": "Place", "area_name": "Area", "area_id": "Area identifier", "ward_name": "Ward", "ward_code": "Ward code",
    "ward_codes": "Ward codes", "district_names": "District", "district_name": "District",
    "force_names": "Police force", "force_name": "Police force", "population": "Residents", "crime_rate": "Crime rate",
    "crime_rate_low": "Crime rate, lower limit", "crime_rate_high": "Crime rate, upper limit",
    "share_of_harm": "Share of all harm", "index_score": "Index", "rank_low": "Likely place, from",
    "rank_high": "Likely place, to", "rank_choice_low": "Place under other choices, from",
    "rank_choice_high": "Place under other choices, to", "share_in_top": "Chosen in tests",
    "share_in_top_choices": "Chosen under other choices", "visitor_ward": "Busy centre",
    "visitor_wards": "Busy centres in it", "partnership_names": "Community safety partnership",
    "mayoral_authority": "Mayoral authority", "hot_votes": "Hot-spot tests passed", "chronic_state": "How lasting",
    "levers": "What drives it: department; local lead", "contribution_if_goal_met": "Part of the whole goal, if halved",
    "criteria_passed": "Criteria passed", "criteria_assessed": "Criteria assessed", "why": "Why",
    "would_change": "What would change it", "rivals": "Next to it", "depends_on_police_generated":
    "Depends on offences that police find", "harm_rate": "Harm rate", "straight_line": "Level on a straight line",
    "constant_fall": "Level at a constant fall", "actual": "Recorded", "lead": "Local lead", "source": "Laid down in",
    "level": "Harm rate of the ward", "trend": "Its trend", "area_level": "Harm rate of the area",
    "area_trend": "Trend of the area", "matched_on": "Alike in", "label": "Domain",
    "percentile": "Deprivation", "share_in_tenth": "Residents in the most deprived tenth",
    **{name: f"Criterion: {words.lower()}" for name, words in wording.CRITERIA.items()},
    **{name: f"{label} deprivation" for name, label in schema.DOMAINS.items()},
}  # fmt: skip
"""Column -> its heading, where its name in words would not do."""


def headings(columns: Iterable[schema.Column]) -> list[str]:
    """The heading of each column, with its unit where that says something."""
    found = []
    for column in columns:
        words = HEADINGS.get(column.name) or wording.label(column.name)
        unit = {"share": "per cent", "percentile": "percentile, 100 = most deprived"}.get(column.unit, column.unit)
        found.append(words if unit in SILENT_UNITS or unit in words.lower() else f"{words} ({unit})")
    return found


def make_cell(row: Mapping[str, Any], column: schema.Column) -> Cell:
    """One value as people read it; shorthand where there is none."""
    value = row[column.name]
    if isinstance(value, str) or (value is None and column.unit in {"text", "code", "codes", "date"}):
        said = cell_text("; ".join(wording.split(value)) if column.unit == "codes" else value)
        return said or ("[x]" if column.name in UNKNOWN_TEXTS else "[z]")
    if value is None:
        hidden = wording.truth(row.get("suppressed")) and column.name not in NOT_APPLICABLE
        return "[c]" if hidden else "[z]" if column.name in NOT_APPLICABLE else "[x]"
    if column.unit == "True/False" or isinstance(value, bool):
        return "Yes" if value else "No"
    if column.name in RATES and (row.get("crimes") is not None) and float(row["crimes"]) < wording.FEW_EVENTS:
        return "[u]"
    return _number(float(value), _form(row, column))


def _form(row: Mapping[str, Any], column: schema.Column) -> str:
    """How a number is shown: a rate has no decimal where its interval is wider than a fifth of it."""
    if column.name in RATES:
        rate, low, high = (row.get(name) for name in ("crime_rate", "crime_rate_low", "crime_rate_high"))
        if rate is not None and low is not None and high is not None and float(high) - float(low) > float(rate) / 5:
            return "whole"
    return FORM_OF.get(column.unit, "whole" if column.unit not in {"", "text"} else "two")


def _number(value: float, form: str) -> Cell:
    if value in (float("inf"), float("-inf")):
        return "[x]"
    # A share is shown in per cent, so that its hundredths are the whole numbers that people see.
    places = 2 if form == "share" else DECIMALS[form]
    rounded = round(value, places) + 0.0
    return "[low]" if value and not rounded else Number(rounded, form)
