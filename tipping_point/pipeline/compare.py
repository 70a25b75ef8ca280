"""Two finished studies side by side: what entered and left the shortlist, and what differs that can explain it.

Works on two folders alone. What differs is told apart as data (the files read have other hashes), boundaries (other
ward codes) and settings (of the study file). Where several differ at once, no comparison of results can say which of
them moved a place: only a run that changes one at a time can, and the sentences say so.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tipping_point.outputs.tables import write_csv
from tipping_point.outputs.wording import ordinal
from tipping_point.pipeline.finished import Finished, read_finished
from tipping_point.pipeline.freeze import differences
from tipping_point.tables import Column, InputError

log = logging.getLogger(__name__)

SHOWN = 10
"""Places or files that a sentence names before it says how many more there are."""

COMPARED: tuple[Column, ...] = (
    Column("ward_code", "Ward that both studies hold", "code", discloses="nothing"),
    Column("ward_name", "Its name in the second", "text", discloses="nothing"),
    Column("district_name", "Its district", "text", discloses="nothing"),
    Column("country", "Its country", "text", discloses="nothing"),
    *(
        Column(f"{name}_{end}", f"{meaning}, in the {which} study", unit, worse, discloses="nothing")
        for end, which in (("a", "first"), ("b", "second"))
        for name, meaning, unit, worse in (
            ("rank", "Rank within the country", "rank", "lower"),
            ("rank_low", "Its likely place, from", "rank", ""),
            ("rank_high", "Its likely place, to", "rank", ""),
            ("index_score", "Index", "0-100", "higher"),
            ("chosen", "True where it is in an area of the shortlist", "True/False", ""),
        )
    ),
    Column("move", "rank_b less rank_a: negative where it moved up the list", "ranks", discloses="nothing"),
    Column(
        "beyond_ranges",
        "True where the two likely places do not overlap; blank without ranges",
        "True/False",
        discloses="nothing",
    ),
    Column("moved_by", "The component of the index that changed most, with both values", "text", discloses="nothing"),
)
"""What the columns of `Comparison.table` mean."""


@dataclass(frozen=True)
class Comparison:
    """What two studies have and do not have in common."""

    sentences: tuple[str, ...]
    """In order: what differs, what entered and left, which wards moved further than chance."""
    table: pd.DataFrame
    """One row per ward of both, the largest moves first: COMPARED."""


def compare_folders(a: Path, b: Path) -> Comparison:
    """Compare two finished studies: `a` the first, or earlier, and `b` the second.

    Raises:
        InputError: every fault of both folders: not a study's, a file that is absent, damaged or of another version.
    """
    studies: list[Finished] = []
    faults: list[str] = []
    for folder in (a, b):
        try:
            studies.append(read_finished(Path(folder)))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    first, second = studies
    table = _table(first, second)
    causes, kinds = _causes(first, second)
    sentences = (
        f"First: {first.record['study']}. Second: {second.record['study']}.",
        *causes,
        *_moved_list(first, second, kinds),
        *_moved_wards(table),
    )
    log.info("compared: %d wards in both, %d kinds of difference", len(table), len(kinds))
    return Comparison(sentences, table)


def write_comparison(comparison: Comparison, path: Path) -> Path:
    """The table as CSV; returns the path."""
    return write_csv(comparison.table, path)


# -------------------------------------------------------------------------------------------- what differs


def _causes(first: Finished, second: Finished) -> tuple[list[str], list[str]]:
    """Sentences on data, boundaries and settings, and which of the three differ."""
    found = {
        "data": _data(first.record["sources"], second.record["sources"]),
        "boundaries": _boundaries(first.wards, second.wards),
        "settings": _changed_settings(first.settings, second.settings),
    }
    kinds = [kind for kind, said in found.items() if said]
    sentences = [said for kind in kinds for said in found[kind]]
    same = [kind for kind in found if kind not in kinds]
    if same:
        sentences.append(f"The same in both: {', '.join(same)}.")
    versions = [each.record.get("libraries", {}) for each in (first, second)]
    other = differences(*versions)
    if other:
        sentences.append(f"The tools differ, which can move figures a little: {'; '.join(other[:SHOWN])}.")
    return sentences, kinds


def _data(first: list[Mapping[str, Any]], second: list[Mapping[str, Any]]) -> list[str]:
    """The inputs whose hashes are not in the other study, by section of the study file; boundaries are not data."""
    sentences = []
    parts: tuple[dict[tuple[str, str], str], ...] = ({}, {})
    for files, sources in zip(parts, (first, second), strict=True):
        for source in sources:
            if source["section"] != "boundaries":
                files[source["section"], source["sha256"]] = str(source["path"]).replace("\\", "/").split("/")[-1]
    for section in sorted({section for files in parts for section, _ in files}):
        own = [{key: name for key, name in files.items() if key[0] == section} for files in parts]
        gone = sorted(name for key, name in own[0].items() if key not in own[1])
        come = sorted(name for key, name in own[1].items() if key not in own[0])
        changed = [name for name in gone if name in come]
        said = [
            f"{words} {_some(names)}"
            for words, names in (
                ("other content in", changed),
                ("only the first read", [name for name in gone if name not in changed]),
                ("only the second read", [name for name in come if name not in changed]),
            )
            if names
        ]
        if said:
            sentences.append(f"Data differ ({section}): {'; '.join(said)}.")
    return sentences


def _boundaries(first: pd.DataFrame, second: pd.DataFrame) -> list[str]:
    gone, come = first.index.difference(second.index), second.index.difference(first.index)
    if not len(gone) and not len(come):
        return []
    both = len(first.index.intersection(second.index))
    return [
        f"Boundaries differ: {len(gone):,} ward codes are only in the first study and {len(come):,} only in the "
        f"second; {both:,} are in both. Only those are compared, and ranks among other wards are other ranks."
    ]


def _changed_settings(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    changed = list(differences(first, second))
    for one, other, which in ((first, second, "first"), (second, first, "second")):
        given = sorted({*one} - {*other})
        changed += [f"{name} is given in the {which} only ({_value(one[name])})" for name in given]
    return [f"Settings differ: {'; '.join(changed)}."] if changed else []


def _value(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:79]}…"


# --------------------------------------------------------------------------------------- what became of it


def _moved_list(first: Finished, second: Finished, kinds: list[str]) -> list[str]:
    """What entered and left, each with what the other study said of the same wards, and why as far as can be known."""
    entered = _unmatched(second.chosen, first.chosen_wards, second.wards)
    left = _unmatched(first.chosen, second.chosen_wards, first.wards)
    kept = len(second.chosen) - len(entered)
    sentences = [
        f"Shortlist: {len(first.chosen)} areas, then {len(second.chosen)}; {kept} of the second lie at least half, by "
        f"residents, in areas of the first; {len(entered)} entered, {len(left)} left."
    ]
    sentences += [f"Entered: {_about(area, first, second)}" for _, area in entered.iterrows()]
    sentences += [f"Left: {_about(area, first, second)}" for _, area in left.iterrows()]
    reshaped = len(first.chosen_wards ^ second.chosen_wards)
    if len(entered) or len(left) or reshaped:
        sentences.append(_why(kinds, reshaped))
    return sentences


def _why(kinds: list[str], wards: int) -> str:
    what = f"{wards:,} ward{'s' if wards != 1 else ''} stand in the shortlist of one study only"
    if not kinds:
        return f"{what}, although neither data nor boundaries nor settings differ: see the versions of the tools."
    if len(kinds) == 1:
        return f"{what}, because of the {kinds[0]}: nothing else differs."
    return (
        f"{what}. {', '.join(kinds[:-1]).capitalize()} and {kinds[-1]} differ at once: which of them moved a place can "
        f"only be known from a run that changes one at a time."
    )


def _unmatched(areas: pd.DataFrame, others: set[str], wards: pd.DataFrame) -> pd.DataFrame:
    """Areas of which less than half, by residents, is in the other shortlist."""
    kept = []
    for codes in areas["ward_codes"]:
        people = wards["population"].reindex(str(codes).split(";")).fillna(0.0)
        inside = float(people[people.index.isin(list(others))].sum())
        kept.append(inside >= float(people.sum()) / 2 and inside > 0)
    return areas[[not each for each in kept]]


def _about(area: pd.Series, first: Finished, second: Finished) -> str:
    """The area, and its wards' mean index and what of it changed most between the studies."""
    codes = [
        code for code in str(area["ward_codes"]).split(";") if code in first.wards.index and code in second.wards.index
    ]
    name = f"{area['area_name']} ({area['country']})"
    if not codes:
        return f"{name}: its wards are in one of the studies only."
    before, after = (_weighted(study.wards.loc[codes], "index_score") for study in (first, second))
    ranks = [study.wards.loc[codes, "rank"].min() for study in (first, second)]
    if math.isnan(before) or math.isnan(after):
        return f"{name}: its wards have no index in one of the studies."
    said = f"{name}: index of its wards {before:.1f}, then {after:.1f}"
    if pd.Series(ranks).notna().all():
        said += f"; its highest ward was {ordinal(ranks[0])}, then {ordinal(ranks[1])}"
    moved = _largest(first.wards.loc[codes].mean(numeric_only=True), second.wards.loc[codes].mean(numeric_only=True))
    return f"{said}; most moved {moved}." if moved else f"{said}."


def _weighted(wards: pd.DataFrame, column: str) -> float:
    values, people = wards[column], wards["population"].where(wards[column].notna(), 0.0)
    return float((values.fillna(0.0) * people).sum() / people.sum()) if people.sum() else float("nan")


def _largest(before: pd.Series, after: pd.Series) -> str:
    """The component of the index that changed most; '' where none did."""
    names = [str(name) for name in before.index.intersection(after.index) if str(name).startswith("component_")]
    change = (after[names].astype(float) - before[names].astype(float)).dropna()
    if change.empty or not change.abs().max():
        return ""
    name = str(change.abs().idxmax())
    words = name.removeprefix("component_").replace("_", " ")
    return f"{words} as it enters the index ({before[name]:.1f}, then {after[name]:.1f})"


# --------------------------------------------------------------------------------------------------- wards


def _table(first: Finished, second: Finished) -> pd.DataFrame:
    codes = first.wards.index.intersection(second.wards.index)
    table = second.wards.loc[codes, ["ward_name", "district_name", "country"]].copy()
    for end, study in (("a", first), ("b", second)):
        for name in ("rank", "rank_low", "rank_high", "index_score"):
            table[f"{name}_{end}"] = study.wards[name].loc[codes] if name in study.wards else float("nan")
        table[f"chosen_{end}"] = codes.isin(list(study.chosen_wards))
    table["move"] = table["rank_b"] - table["rank_a"]
    apart = table["rank_high_b"].lt(table["rank_low_a"]) | table["rank_low_b"].gt(table["rank_high_a"])
    known = table[["rank_low_a", "rank_high_a", "rank_low_b", "rank_high_b"]].notna().all(axis="columns")
    table["beyond_ranges"] = apart.astype("boolean").where(known)
    table["moved_by"] = [_largest(first.wards.loc[code], second.wards.loc[code]) for code in codes]
    order = table.assign(size=table["move"].abs()).sort_values("size", ascending=False, kind="stable").index
    columns = [column.name for column in COMPARED]
    return table.loc[order].rename_axis("ward_code").reset_index()[columns]


def _moved_wards(table: pd.DataFrame) -> list[str]:
    """Which wards moved further than the ranges of both ranks leave open."""
    ranked = table[table["move"].notna()]
    if ranked.empty:
        return ["No ward has a rank in both studies."]
    beyond = ranked[ranked["beyond_ranges"].fillna(False).astype(bool)]
    if ranked["beyond_ranges"].isna().all():
        return ["The studies hold no ranges of ranks, so that no move can be told from chance."]
    said = [
        f"{len(beyond):,} of {len(ranked):,} wards ranked in both moved further than chance: the likely places of the "
        f"two studies do not overlap."
    ]
    if len(beyond):
        named = [
            f"{row.ward_name} ({row.district_name}) from {row.rank_a:.0f} to {row.rank_b:.0f}"
            for row in beyond.head(SHOWN).itertuples()
        ]
        said.append(f"The largest such moves: {_some(named)}.")
    return said


def _some(names: list[str]) -> str:
    rest = len(names) - SHOWN
    return f"{', '.join(names[:SHOWN])}{f' and {rest:,} more' if rest > 0 else ''}"
