"""What people ask of a choice: why not us, what else could have been chosen, who lives there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tipping_point.outputs import wording

Records = Mapping[str, pd.DataFrame]
SUPPRESSED = "[c]"
SUPPRESSED_NOTE = f"{SUPPRESSED} Too few people to show."
LONG = 600

CHOICES: Mapping[str, str] = {
    "weights": "the weights",
    "scale": "the scaling",
    "combination": "the combination (arithmetic or geometric)",
    "denominator": "the denominator",
    "period": "the period",
}


def why_not_us(records: Records) -> list[dict[str, Any]]:
    """For each country the districts without a chosen area, in the order of their reach, most first."""
    table = records.get("annex")
    if table is None or table.empty:
        return []
    ordered = table.sort_values(
        ["country", "reach", "district_name"], ascending=[True, False, True], na_position="last"
    )
    found: dict[str, list[dict[str, str]]] = {}
    for row in wording.rows(ordered):
        found.setdefault(wording.clean(row["country"]), []).append(
            {
                "district": wording.clean(row["district_name"]),
                "wards": f"{wording.count(row['wards_assessed'])} of {wording.plural(row['wards'], 'ward')} assessed",
                "ward": wording.clean(row["ward_name"]),
                "standing": wording.STANDINGS.get(str(row["standing"]), wording.clean(row["standing"])),
                "reach": wording.share(row["reach"]),
                "why": wording.clean(row["why"], LONG),
                "would_change": wording.clean(row["would_change"], LONG),
            }
        )
    return [{"country": country, "rows": rows} for country, rows in found.items()]


def other_settings(records: Records) -> list[tuple[str, ...]]:
    """Each other setting: what if …; wards it chooses; how many of the study's wards stay; share of their residents."""
    table = records.get("settings")
    if table is None:
        return []
    return [
        (
            wording.sentence(f"if {wording.clean(row['setting'], 200)}").rstrip("."),
            wording.count(row["wards_other"]),
            f"{wording.count(row['wards_in_common'])} of {wording.count(row['wards'])}",
            wording.share(row["share_of_residents"]),
        )
        for row in wording.rows(table)
    ]


def what_moves(records: Records) -> list[tuple[str, ...]]:
    """Each choice's part in how far ranks move: the share with its 95% range, most first."""
    table = records.get("sensitivity")
    if table is None or table.empty:
        return []
    whole = table[table["outcome"].eq("all wards")].sort_values(["total", "choice"], ascending=[False, True])
    return [
        (
            wording.sentence(CHOICES.get(str(row["choice"]), wording.clean(row["choice"]))).rstrip("."),
            f"{wording.share(row['total'])} [{wording.share(row['low'])} to {wording.share(min(row['high'], 1.0))}]",
            wording.share(row["first_order"]),
        )
        for row in wording.rows(whole)
    ]


def who_lives_there(records: Records) -> list[tuple[str, ...]]:
    """Groups of residents: shares in chosen, nearly chosen and all assessed wards, and the ratio of first and last."""
    table = records.get("equality")
    if table is None or table.empty:
        return []
    return [_group(row) for row in wording.rows(table)]


def _group(row: Mapping[str, Any]) -> tuple[str, ...]:
    words = wording.sentence(f"{wording.clean(row['characteristic'])}: {wording.clean(row['group'])}").rstrip(".")
    if wording.truth(row.get("suppressed")):
        return (words, SUPPRESSED, SUPPRESSED, SUPPRESSED, SUPPRESSED)
    shares = (wording.share(row[name]) for name in ("share_chosen", "share_near", "share_all"))
    ratio = wording.NONE if row.get("ratio") is None else f"{float(row['ratio']):.2f}"
    return (words, *shares, ratio)


def any_suppressed(rows: Sequence[tuple[str, ...]]) -> bool:
    """True where a number of the equality table is held back."""
    return any(SUPPRESSED in row for row in rows)
