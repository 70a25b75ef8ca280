"""What a run read, what it lost on the way and what it left out, as tables of ready words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import pictures, wording

NOT_LOSSES = {"rows_in", "placed", "placed_not_covered"}

MOST_NAMED = 6
"""Months that are named one by one; more are counted."""


def not_assessed(wards: pd.DataFrame) -> list[tuple[str, str]]:
    """Why wards were not assessed, and how many, most first."""
    if "assessed" not in wards:
        return []
    left = wards[~wording.flags(wards, "assessed")]
    if "not_assessed_reason" not in left or left.empty:
        return [("No reason was given.", wording.plural(len(left), "ward"))] if len(left) else []
    reasons = left["not_assessed_reason"].fillna("").replace("", "no reason was given").value_counts()
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], str(item[0])))
    return [
        (wording.sentence(wording.clean(reason, 300)), wording.plural(number, "ward")) for reason, number in ordered
    ]


def sources_read(sources: pd.DataFrame) -> list[dict[str, str]]:
    """One source each as it is shown: the file's name without its folder, the hash shortened."""
    return [_source(row) for row in wording.rows(sources)]


def publishers(sources: pd.DataFrame) -> str:
    """Who published what was read, each once: 'A, B and C'."""
    names: list[str] = sources["publisher"].dropna().tolist() if "publisher" in sources else []
    return wording.listed(dict.fromkeys(wording.clean(name, 60) for name in names if name)) or "none recorded"


def _source(row: Mapping[str, Any]) -> dict[str, str]:
    name = re.split(r"[\\/]", str(row.get("path") or ""))[-1]
    shown = ("dataset", "kind", "publisher", "licence", "note")
    return {
        "file": wording.clean(name, 160),
        "rows": wording.count(row.get("rows")),
        "hash": wording.clean(row.get("sha256"), 80)[:12],
        **{column: wording.clean(row.get(column), 400) for column in shown},
    }


def losses(reconciliation: pd.DataFrame) -> dict[str, Any]:
    """Rows in, rows placed and every loss, each with its share of the rows read."""
    meanings = {column.name: column.meaning.removeprefix("Lost: ") for column in schema.RECONCILIATION}
    rows_in = _total(reconciliation, "rows_in")

    def line(column: str, words: str) -> tuple[str, str, str]:
        total = _total(reconciliation, column)
        return wording.sentence(words).rstrip("."), wording.count(total), wording.part(total, rows_in)

    lost = [
        line(column, meanings.get(column, wording.label(column)))
        for column in reconciliation.select_dtypes("number").columns
        if column not in NOT_LOSSES
    ]
    within = (
        [line("placed_not_covered", meanings["placed_not_covered"])] if "placed_not_covered" in reconciliation else []
    )
    return {
        "rows_in": wording.count(rows_in),
        "placed": line("placed", "Placed in wards of the study"),
        "lost": lost,
        "within": within,
    }


def _total(reconciliation: pd.DataFrame, column: str) -> float:
    """The sum of a column; NaN where a part of it is hidden, as a sum of the rest would look like the whole."""
    return float(reconciliation[column].astype(float).sum(skipna=False)) if column in reconciliation else 0.0


def losses_by_force(reconciliation: pd.DataFrame) -> dict[str, Any]:
    """The same for each force, as a header and rows of words."""
    numbers = list(reconciliation.select_dtypes("number").columns)
    if reconciliation.empty or "force" not in reconciliation:
        return {"head": [], "rows": []}
    summed = reconciliation.astype(dict.fromkeys(numbers, float)).groupby("force", sort=True)[numbers].sum(skipna=False)
    head = ["Force", *(wording.label(name) for name in numbers)]
    rows = [
        [wording.clean(str(force).replace("-", " ").capitalize()), *(wording.count(value) for value in values)]
        for force, values in zip(summed.index, summed.to_numpy().tolist(), strict=True)
    ]
    return {"head": head, "rows": rows}


def months_read(coverage: pd.DataFrame) -> dict[str, Any]:
    """For each force that polices a ward of the study: its name, a strip of months and the same in words."""
    if coverage.empty:
        return {"months": "", "rows": []}
    mine = coverage[coverage["wards"].gt(0)] if "wards" in coverage else coverage
    months = sorted(mine["month"].unique())
    name = "force_name" if "force_name" in mine else "force"
    rows = []
    for force, part in mine.groupby(name, sort=True):
        status = part.set_index("month")["status"].to_dict()
        statuses = [str(status.get(month, "missing")) for month in months]
        words = [f"{statuses.count('complete')} of {wording.plural(len(months), 'month')}"]
        for gap in ("partial", "missing"):
            found = [month for month, each in zip(months, statuses, strict=True) if each == gap]
            words += (
                [f"{gap} {', '.join(found)}" if len(found) <= MOST_NAMED else f"{len(found)} {gap}"] if found else []
            )
        rows.append(
            {"force": wording.clean(force), "strip": pictures.months_strip(statuses), "words": "; ".join(words)}
        )
    return {
        "months": f"{months[0]} to {months[-1]}" if months else "",
        "rows": rows,
        "scale": pictures.months_scale(months),
        "key": [(status, pictures.months_strip([status])) for status in ("complete", "partial", "missing")],
    }
