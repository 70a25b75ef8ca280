"""The method in two pages, made from the study's own settings: what was measured, how, and on whose sources."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tipping_point import tables as schema
from tipping_point.hotspots.find import METHODS
from tipping_point.measures.scaling import COMBINATIONS, SCALES
from tipping_point.outputs import wording

Records = Mapping[str, pd.DataFrame]
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """One part of the note; `formula` is in words, '' where there is none."""

    heading: str
    paragraphs: tuple[str, ...]
    formula: str = ""


CORRECTIONS: Mapping[str, str] = {
    "bh": "Benjamini and Hochberg's correction for testing many wards",
    "by": "Benjamini and Yekutieli's correction for testing many wards",
    "none": "no correction for testing many wards",
}
READ: Mapping[str, str] = {
    "crime": "Crime",
    "boundaries": "Ward outlines",
    "lookup": "Lookups",
    "population": "Residents",
    "deprivation": "Deprivation",
    "indicator": "Indicators shown beside",
    "census": "Residents' characteristics, for equality evidence only",
    "recorded_crime": "Recorded crime of forces and partnerships, beside which the counts are held",
    "context": "Figures of larger areas, beside the trends only",
}
REFERENCES = (
    "Garwood 1936 (exact Poisson limits)",
    "Marshall 1991 (empirical-Bayes rates)",
    "Assunção and Reis 1999 (standardised rates)",
    "Getis and Ord 1992; Ord and Getis 1995 (Gi*)",
    "Anselin 1995 (local Moran)",
    "Kulldorff 1997 (scan statistic)",
    "Benjamini and Hochberg 1995 (many tests)",
    "Sobol 2001; Saltelli 2010 (which choice moves the ranking)",
    "Office for National Statistics, Crime Severity Score (weights)",
)


def method_note(cover: schema.Cover, sources: pd.DataFrame, *, records: Records) -> list[Section]:
    """The note's parts in order. What a setting does not name is left out rather than guessed."""
    settings = cover.settings
    parts: tuple[Callable[[schema.Cover, Settings, Records], Section | None], ...] = (
        _measured, _rates, _harm, _index, _hot, _lasting, _value, _choosing, _criteria, _firm, _goal,
    )  # fmt: skip
    made = [part(cover, settings, records) for part in parts]
    return [each for each in (*made, _read(sources), _references()) if each]


def _measured(cover: schema.Cover, settings: Settings, _: Records) -> Section:
    kinds = wording.clean("; ".join(cover.measure_types), 600)
    minimum = settings.get("minimum")
    said = [
        f"{wording.label(wording.clean(cover.measure_label))} in the wards of {wording.clean(cover.area)}, "
        f"{cover.period} ({wording.plural(cover.months, 'month')}){f': {kinds}' if kinds else ''}."
    ]
    if minimum is not None:
        said.append(
            f"A ward is assessed where its own force's files cover at least {wording.share(minimum)} of the months and "
            "its residents are known. Nothing is put in the place of what is missing, and nought is not missing."
        )
    return Section("What was measured", tuple(said))


def _rates(_: schema.Cover, settings: Settings, __: Records) -> Section:
    people = {"resident": "residents", "daytime": "people there by day"}.get(
        str(settings.get("denominator")), wording.clean(settings.get("denominator")) or "residents"
    )
    return Section(
        "Rates",
        ("The range in brackets is the exact 95% Poisson interval: what so small or large a count varies by chance.",),
        f"rate = crimes ÷ {people} ÷ years covered × 1,000",
    )


def _harm(_: schema.Cover, __: Settings, ___: Records) -> Section:
    return Section(
        "Harm: severity-scaled volume",
        (
            "Each crime type has one weight, the mean Crime Severity weight of the offences in it (days of sentence as "
            "courts give them), whatever the incident was.",
        ),
        "harm = sum over crime types of (crimes a year × severity weight)",
    )


def _index(_: schema.Cover, settings: Settings, records: Records) -> Section:
    scale = SCALES[str(settings["scale"])].label if "scale" in settings else "scaled as the settings say"
    combined = COMBINATIONS[str(settings["combine"])].label if "combine" in settings else "combination"
    said = [f"Each component enters as {scale}; a ward that lacks one has no index. Higher is greater need."]
    table = records.get("components", pd.DataFrame())
    if len(table):
        first = table[table["country"].eq(table["country"].iloc[0])]
        parts = [
            f"{wording.label(row['component']).lower()} {wording.share(row['weight'])} "
            f"({wording.share(row['effective_share'])})"
            for row in wording.rows(first)
        ]
        said.append(
            f"Weights, and in brackets the share of the index's variance that each makes, which is not its weight: "
            f"{', '.join(parts)}."
        )
    return Section("Index", tuple(said), f"index = {combined} of the components, 0 to 100")


def _hot(_: schema.Cover, settings: Settings, __: Records) -> Section | None:
    methods = settings.get("methods") or ()
    if not methods:
        return None
    named = "; ".join(METHODS[str(name)].describes for name in methods)
    column = wording.label(str(settings.get("column", ""))).lower()
    correction = CORRECTIONS.get(str(settings.get("correction")), wording.clean(settings.get("correction")))
    return Section(
        "Hot spots",
        (
            f"Tested on {column}: {named}. Each compares a ward's surroundings with up to "
            f"{wording.count(settings.get('permutations'))} random arrangements of the other wards, at a level of "
            f"{wording.number(settings.get('alpha'))}, with {correction}. Wards called hot by at least "
            f"{wording.plural(settings.get('votes'), 'method')} may count as hot in an area.",
        ),
    )


def _lasting(cover: schema.Cover, _: Settings, __: Records) -> Section:
    if cover.months < 24:
        return Section(
            "Lasting", (f"{wording.plural(cover.months, 'month')} are too few to tell lasting from passing.",)
        )
    return Section(
        "Lasting",
        (
            "In every rolling window of twelve months each ward is placed in its country. Chronic: in the highest "
            "tenth in most windows, and in the last. Tipping: one step from that, or rising. Trends are of a ward's "
            "share of its force's crime, so that a change of recording in the force is not taken for one in the ward.",
        ),
    )


def _value(_: schema.Cover, settings: Settings, __: Records) -> Section | None:
    if settings.get("method") != "select":
        return None
    return Section(
        "Value",
        (
            "Usual is the median harm per resident of assessed wards of the same country and kind. A ward at or below "
            "it has no value, and a busy centre none unless the study counts them.",
        ),
        "value = (harm − usual harm for its residents, not below 0) × its percentile of deprivation ÷ 100",
    )


def _choosing(_: schema.Cover, settings: Settings, __: Records) -> Section:
    limits = settings.get("limits")
    bounds = wording.setting("limits", limits)[1] if limits else ""
    asked = wording.count(settings.get("areas"))
    how = {
        "select": "The groups of touching wards that together hold the largest value are chosen by integer programming "
        "over every group that keeps to the limits; the list of choices says whether the proof is complete.",
        "given": "The areas are the study's own list; they were scored, not chosen.",
        "touching": "Touching hot wards make groups, in order of their index.",
    }.get(str(settings.get("method")), "Areas were chosen as the settings say.")
    said = [f"{how} {asked} areas were asked for in each country, without overlap."]
    if bounds:
        said.append(f"Limits of an area: {bounds.replace('district code', 'one district')}.")
    named = [
        f"{words} {wording.listed(wording.clean(code) for code in settings[key])}"
        for key, words in (("include", "must be in:"), ("exclude", "left out:"))
        if settings.get(key)
    ]
    return Section("Choosing areas", (*said, *(wording.sentence(text) for text in named)))


def _criteria(_: schema.Cover, settings: Settings, __: Records) -> Section:
    rules = settings.get("criteria")
    given = dataclasses.asdict(rules) if dataclasses.is_dataclass(rules) and not isinstance(rules, type) else {}
    thresholds = f" Thresholds: {wording.setting('criteria', given)[1]}." if given else ""
    return Section(
        "The four criteria",
        (
            "Concentrated: a ward in it is itself a hot spot. Lasting: most residents live in chronic wards. "
            "Compounded by need: deprived in several different domains. Tipping: crime that victims report is rising, "
            f"or many residents live in wards one step from chronic. Each says its own numbers.{thresholds}",
        ),
    )


def _firm(_: schema.Cover, settings: Settings, __: Records) -> Section:
    tests = {
        "select": "the choice of areas is made again, and it is counted how often half of an area's people are chosen",
    }.get(str(settings.get("method")), "areas are ranked again and it is counted how often each is among the first")
    return Section(
        "How firm",
        (
            "Likely place: long-run rates are drawn anew from a model of the counts (chance, and movement from year to "
            "year), every choice held; the range runs from the 5% to the 95% point. Chosen in so many of 100 tests: "
            f"{tests}. Place under other choices: the least and greatest over named scalings, combinations, weights, "
            "denominators and periods; no probability is claimed for it. The two are never mixed.",
        ),
    )


def _goal(_: schema.Cover, __: Settings, ___: Records) -> Section:
    return Section(
        "The goal and the yardstick",
        (
            "The yearly path runs straight from the baseline year to half in ten years. Places like an area are "
            "assessed wards outside all chosen areas, nearest to it in level, trend and deprivation before anything is "
            "done. A place chosen because it was high will fall a little by itself: wards like it show by how much.",
        ),
    )


def _read(sources: pd.DataFrame) -> Section | None:
    if sources.empty or "dataset" not in sources:
        return None
    said = []
    for section, words in READ.items():
        mine = sources[sources["section"].astype(str).str.removeprefix("sources.").eq(section)]
        titles = dict.fromkeys(
            wording.clean(" (".join(text for text in (row["dataset"], row["publisher"]) if text), 220)
            + (")" if row["dataset"] and row["publisher"] else "")
            for row in wording.rows(mine)
        )
        if any(titles):
            said.append(f"{words}: {'; '.join(title for title in titles if title)}.")
    return Section("Sources", tuple(said)) if said else None


def _references() -> Section:
    return Section("Where the formulas come from", (f"{'; '.join(REFERENCES)}.",))
