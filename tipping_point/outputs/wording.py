"""The numbers of a row as words: one place for rounding, ranges, marks and sentences.

Counts are whole; rates have one decimal, and none where the interval is wider than a fifth of the
rate; shares are whole per cent; a rate on fewer than 20 events carries a mark; ranges stand in
brackets after the value. Every function takes what a table holds, missing values included.
"""

from __future__ import annotations

import dataclasses
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from tipping_point import tables as schema

Row = Mapping[str, Any]

FEW_EVENTS = 20
"""Crimes below which a rate carries MARK."""

SMALL_BASE = 50
"""Counts below which no change is given as a per cent."""

MARK = "†"
MARK_NOTE = f"{MARK} Fewer than {FEW_EVENTS} crimes: a rate on so few can change a great deal by chance."
NONE = "–"
"""Shown where a table is blank."""

NO_RANGE = "no range yet"
"""Stands after every rank that was not tested for firmness: a bare rank is never printed."""

HOT_CLASSES: Mapping[str, str] = {
    "hot": "Hot spot: high, among high neighbours",
    "beside": "Beside a hot spot: neighbours high, itself not",
    "cold": "Cold spot: low, among low neighbours",
}
MORAN_CLASSES: Mapping[str, str] = {
    "HH": "High among high",
    "HL": "High among low",
    "LH": "Low among high",
    "LL": "Low among low",
}
RESULTS: Mapping[str, str] = {"pass": "met", "fail": "not met", "not assessed": "not assessed"}
"""What became of a criterion, in words."""

STANDINGS: Mapping[str, str] = {
    "in": "chosen",
    "nearly in": "nearly chosen",
    "out": "not chosen",
    "not assessed": "not assessed",
}
"""The `standing` column in words."""

CRITERIA: Mapping[str, str] = {
    "criterion_concentrated": "Concentrated",
    "criterion_chronic": "Lasting",
    "criterion_compounded": "Compounded by need",
    "criterion_tipping": "Tipping",
}


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Each row as a dictionary, with None for every kind of missing value; geometry left out."""
    plain = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    columns = [
        [None if gone else value for value, gone in zip(column.tolist(), column.isna().tolist(), strict=True)]
        for _, column in plain.items()
    ]
    names = plain.columns.tolist()  # once: an index of text is slow to go through
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


# -------------------------------------------------------------------------------------------- text


def clean(value: object, longest: int = 80) -> str:
    """Text from data, fit to be shown: without control and direction marks, cut at `longest` characters."""
    if _missing(value):
        return ""
    kept = str(value)[: longest * 4]
    if not kept.isprintable():  # what is printable holds no mark, and most texts are
        spaced = "".join(" " if char in "\t\r\n" else char for char in kept)
        kept = "".join(char for char in spaced if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    words = " ".join(kept.split())
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}…"


def listed(names: Iterable[str]) -> str:
    """'A', 'A and B', 'A, B and C'."""
    *first, last = list(names) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def split(codes: object) -> list[str]:
    """The parts of a cell that holds several values separated by semicolons."""
    return [part.strip() for part in str(codes).split(";") if part.strip()] if not _missing(codes) else []


def sentence(text: str) -> str:
    """Text with a capital first letter and a full stop."""
    stripped = text.strip()
    return f"{stripped[:1].upper()}{stripped[1:]}{'' if stripped.endswith(('.', '!', '?', '…')) else '.'}"


def label(name: str) -> str:
    """A column name that no dictionary explains, as words: 'component_harm_rate' -> 'Harm rate'."""
    return clean(name.removeprefix("component_").replace("_", " ").strip().capitalize(), 60)


# ----------------------------------------------------------------------------------------- numbers


def count(value: object) -> str:
    """A count, whole, with thousands: '12,345'."""
    return NONE if _missing(value) else f"{round(float(str(value))):,}"


def plural(value: object, one: str, many: str | None = None) -> str:
    """'1 ward', '2 wards'."""
    return f"{count(value)} {one if not _missing(value) and float(str(value)) == 1 else many or one + 's'}"


def decimal(value: object) -> str:
    """A score or a rate without an interval, to one decimal."""
    return NONE if _missing(value) else f"{float(str(value)):,.1f}"


def rate(value: object, low: object = None, high: object = None, *, events: object = None) -> str:
    """A rate and its range: '14.2 [13.1 to 15.4]'; whole numbers where the range is wider than a fifth of it."""
    if _missing(value):
        return NONE
    mark = "" if _missing(events) or float(str(events)) >= FEW_EVENTS else f" {MARK}"
    if _missing(low) or _missing(high):
        return f"{decimal(value)}{mark}"
    middle, bottom, top = (float(str(number)) for number in (value, low, high))
    form = ",.0f" if top - bottom > middle / 5 else ",.1f"
    return f"{middle:{form}} [{bottom:{form}} to {top:{form}}]{mark}"


def share(value: object) -> str:
    """A share in whole per cent; 'under 1%' rather than a 0% that is not one."""
    if _missing(value):
        return NONE
    number = float(str(value))
    if 0 < number < 0.005:
        return "under 1%"
    return "over 99%" if 0.995 <= number < 1 else f"{number:.0%}"


def part(amount: float, whole: float) -> str:
    """An amount as a share of a whole; blank where there is no whole."""
    return share(amount / whole if whole else None)


def change(before: object, after: object) -> str:
    """A change of counts in whole per cent: '5% fewer', '12% more'; '' on a base under `SMALL_BASE`."""
    if _missing(before) or _missing(after) or float(str(before)) < SMALL_BASE:
        return ""
    moved = float(str(after)) / float(str(before)) - 1
    return "about as many" if abs(moved) < 0.005 else f"{share(abs(moved))} {'more' if moved > 0 else 'fewer'}"


def counted(value: object, low: object = None, high: object = None) -> str:
    """A count and its range, whole: '301 [267 to 337]'."""
    ranged = not (_missing(value) or _missing(low) or _missing(high))
    return f"{count(value)} [{count(low)} to {count(high)}]" if ranged else count(value)


def months(start: str, end: str) -> str:
    """A span of months, short: 'Jul 2023 to Sep 2023' as 'Jul-Sep 2023'."""
    first, last = (pd.Period(month, freq="M") for month in (start, end))
    if first.year == last.year:
        return f"{first.strftime('%b')}–{last.strftime('%b %Y')}"
    return f"{first.strftime('%b %Y')}–{last.strftime('%b %Y')}"


def probability(value: object) -> str:
    """'p 0.012', 'p below 0.001'."""
    if _missing(value):
        return "p not known"
    number = float(str(value))
    return "p below 0.001" if number < 0.001 else f"p {number:.2g}" if number < 0.1 else f"p {number:.2f}"


def number(value: object) -> str:
    """A value whose scale is not known: three significant figures, text as it is."""
    if _missing(value):
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return clean(value, 200)
    amount = float(str(value))
    return f"{amount:,.0f}" if abs(amount) >= 1000 else f"{amount:.3g}"


def ordinal(value: object) -> str:
    """'1st', '22nd', '13th'."""
    place = round(float(str(value)))
    ending = "th" if place % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place:,}{ending}"


def place(row: Row, of: int | None = None) -> str:
    """A rank with its range, or saying that it has none: '12th of 436 (likely 9th to 20th)'."""
    if _missing(row.get("rank")):
        return NONE
    among = f" of {of:,}" if of else ""
    low, high = row.get("rank_low"), row.get("rank_high")
    firm = NO_RANGE if _missing(low) or _missing(high) else f"likely {ordinal(low)} to {ordinal(high)}"
    return f"{ordinal(row['rank'])}{among} ({firm})"


def likely_place(row: Row) -> str:
    """The places that chance leaves open: 'likely place 2nd to 5th'; '' where they are not known."""
    return _places("likely place", row.get("rank_low"), row.get("rank_high"))


def other_choices(row: Row) -> str:
    """The places that other choices give: 'place 2nd to 5th under other choices'; '' where none was tried."""
    said = _places("place", row.get("rank_choice_low"), row.get("rank_choice_high"))
    return said and f"{said} under other choices"


def _places(words: str, low: object, high: object) -> str:
    if _missing(low) or _missing(high):
        return ""
    same = float(str(low)) == float(str(high))
    return f"{words} {ordinal(low)}{'' if same else f' to {ordinal(high)}'}"


def tested(value: object) -> str:
    """A share of simulations in words: 'chosen in 94 of 100 tests'; '' where it is not known."""
    if _missing(value):
        return ""
    share_in = float(str(value))
    if 0 < share_in < 0.005:
        return "chosen in fewer than 1 of 100 tests"
    return f"chosen in {'more than 99' if 0.995 <= share_in < 1 else round(100 * share_in)} of 100 tests"


# --------------------------------------------------------------------------------------- sentences


def lasting(area: Row, wards: Sequence[Row]) -> str:
    """Whether an area is long-standing or new, by its criterion and its wards; '' where it cannot be said."""
    result = str(area.get("criterion_chronic") or "")
    if result == "pass":
        return "long-standing"
    new = sum(row.get("emerging_word") == "new" for row in wards)
    if wards and 2 * new > len(wards):
        return "new"
    chronic = sum(row.get("chronic_state") == "chronic" for row in wards)
    if result != "fail":
        return ""
    return f"long-standing in {chronic} of its {plural(len(wards), 'ward')}" if chronic else "not long-standing"


def contribution(area: Row) -> list[str]:
    """How far an area carries the whole of its country's assessed wards towards halving, in sentences."""
    found = []
    if not _missing(area.get("contribution_if_goal_met")):
        found.append(
            f"Halving serious harm here would bring {share(area['contribution_if_goal_met'])} of the fall that "
            "halving it in all assessed wards needs."
        )
    if not _missing(area.get("contribution_if_like_comparators")):
        basis = clean(area.get("comparator_basis"), 60) or "their traits"
        found.append(
            f"Bringing it down to the level of wards alike in {basis} that were not chosen would bring "
            f"{share(area['contribution_if_like_comparators'])} of that fall."
        )
    return found


def why_hot(row: Row) -> str:
    """Why the ward is or is not a hot spot, as the tests said it; '' where they did not run."""
    if not truth(row.get("assessed", True)):
        reason = clean(row.get("not_assessed_reason"), 300) or "no reason was given"
        return f"Not assessed. {sentence(reason)} Nothing is said about this ward, high or low."
    return clean(row.get("hotspot_reason"), 400)


def neighbours(row: Row) -> str:
    """The local Moran class as a sentence; '' where there is none."""
    return {
        "HH": "High, among high neighbours (local Moran).",
        "HL": "High, among low neighbours: it stands out by itself (local Moran).",
        "LH": "Low, among high neighbours (local Moran).",
        "LL": "Low, among low neighbours (local Moran).",
    }.get(str(row.get("local_moran_class") or ""), "")


def caveats(row: Row) -> list[str]:
    """What to know before a ward's numbers are used, each a sentence."""
    found = []
    if truth(row.get("visitor_ward")):
        basis = clean(row.get("visitor_basis"), 200)
        known = f" Known by: {sentence(basis)}" if basis else ""
        found.append(
            "A busy centre: many people visit, so crime for each resident looks higher than people who live here "
            f"would know it.{known}"
        )
    if truth(row.get("small_population")):
        found.append(f"Fewer than {schema.SMALL_POPULATION:,} residents: its rate rests on few people.")
    if not _missing(row.get("crimes")) and float(row["crimes"]) < FEW_EVENTS and not _missing(row.get("crime_rate")):
        found.append(MARK_NOTE)
    if not _missing(row.get("index_missing")) and str(row["index_missing"]).strip():
        lacks = listed(label(name) for name in split(str(row["index_missing"]).replace(",", ";")))
        found.append(f"No index: it lacks {lacks.lower()}.")
    return found


def area_caveats(row: Row, names: Mapping[str, str]) -> list[str]:
    """What to know before an area's numbers are used, each a sentence. `names`: ward names by code."""
    found = []
    if visited := split(row.get("visitor_wards")):
        shown = listed(clean(names.get(code, code)) for code in visited)
        found.append(f"Likely busy centre: visitors to {shown} lift crime per resident.")
    if "within_limits" in row and not _missing(row["within_limits"]) and not truth(row["within_limits"]):
        found.append("Outside the study's limits of people or number of wards.")
    if not _missing(row.get("crimes")) and float(row["crimes"]) < FEW_EVENTS:
        found.append(MARK_NOTE)
    return found


def no_areas(wards: pd.DataFrame, where: str, cover: schema.Cover) -> str:
    """Why `where`, whose wards these are, has no candidate area."""
    opening = f"No area in {clean(where)} met the tests"
    assessed = flags(wards, "assessed", absent=True)
    if not assessed.any():
        return f"{opening}: no ward could be assessed."
    if "gi_star_hot" not in wards:
        return f"{opening}: the hot-spot test was not part of this run."
    hot = int(flags(wards, "gi_star_hot").sum())
    if not hot:
        return (
            f"{opening}: of {plural(int(assessed.sum()), 'ward')} assessed, none is a hot spot of "
            f"{clean(cover.measure_label)} once all are tested together. That is a finding, not an error."
        )
    return (
        f"{opening}: {plural(hot, 'ward is a hot spot', 'wards are hot spots')}, but no touching group of them met the "
        "study's limits. That is a finding, not an error."
    )


def missing_files(coverage: pd.DataFrame | None) -> str:
    """How complete the crime files are, in a sentence; '' where nothing is known."""
    if coverage is None or coverage.empty:
        return ""
    mine = coverage[coverage["wards"].gt(0)] if "wards" in coverage else coverage
    sentences = [
        f"{words}: {_forces_with_months(mine[mine['status'] == status])}."
        for status, words in (("missing", "No crime file for"), ("partial", "Less than a whole month, left out, for"))
        if mine["status"].eq(status).any()
    ]
    if not sentences:
        return f"Every month of {plural(mine['force'].nunique(), 'police force')} is in the files."
    return f"{' '.join(sentences)} Their wards are not read as free of crime."


def _forces_with_months(gaps: pd.DataFrame) -> str:
    """Each force with the number of its months: 'A (1 month), B (5 months)'."""
    named = gaps.groupby("force_name" if "force_name" in gaps else "force", sort=True)["month"].nunique()
    shown = [f"{clean(force)} ({plural(months, 'month')})" for force, months in named.items()]
    return ", ".join(shown[:12]) + (f" and {len(shown) - 12} more" if len(shown) > 12 else "")


SETTINGS: Mapping[str, str] = {
    "alpha": "Significance level",
    "areas": "Areas asked for, in each country",
    "column": "Hot spots tested on",
    "components": "Parts of the index and their weights",
    "correction": "Correction for testing many wards",
    "denominator": "People that crimes are divided by",
    "limits": "Limits of an area",
    "max_permutations": "Permutations, at most",
    "minimum": "Share of months a ward needs",
    "permutations": "Permutations asked for",
    "seed": "Seed of all random numbers",
    "ward_year": "Wards as of",
}


def setting(name: str, value: object) -> tuple[str, str]:
    """A setting of the study as a label and a value in words."""
    return SETTINGS.get(name, label(name)), _said(value, plain=name in {"seed", "ward_year"})


def _said(value: object, *, plain: bool = False) -> str:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _said(dataclasses.asdict(value))
    if isinstance(value, Mapping):
        if {"column", "weight"} <= set(value):
            return f"{label(str(value['column'])).lower()} {number(value['weight'])}"
        return "; ".join(
            f"{label(str(key)).lower()} {_said(item)}" for key, item in value.items() if item not in (None, "")
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        bounds = len(value) == 2 and all(isinstance(item, int | float) for item in value)
        return (" to " if bounds else ", ").join(_said(item) for item in value)
    if isinstance(value, str):
        return clean(value.replace("_", " "), 200)
    return (
        str(value)
        if plain
        else f"{value:,}"
        if isinstance(value, int) and not isinstance(value, bool)
        else number(value)
    )


def flags(table: pd.DataFrame, column: str, *, absent: bool = False) -> pd.Series:
    """A column of True and False without blanks: a missing cell is False, a missing column is `absent`."""
    if column not in table:
        return pd.Series(absent, index=table.index, dtype=bool)
    return table[column].astype("boolean").fillna(False).astype(bool)


def truth(value: object) -> bool:
    """True only for a value that says so; a missing one does not."""
    return not _missing(value) and bool(value)


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
