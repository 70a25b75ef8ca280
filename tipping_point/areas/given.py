"""Areas that people name themselves, and the model's areas as people adjust them: scored, flagged, never hidden."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from libpysal.graph import Graph

from tipping_point.areas.candidates import SLACK, usable_wards
from tipping_point.areas.group import Limits, area_id
from tipping_point.areas.select import read_values
from tipping_point.areas.words import listed, plural
from tipping_point.tables import InputError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Adjustment:
    """A change that people make to a chosen area, for a reason that stands beside it.

    Attributes:
        area: its area_id, or the code of any of its wards in the model's boundary.
        add: ward codes to take in.
        drop: ward codes to leave out.
        reason: why.
        who: who decided.
        date: when, as 2026-01-31.
    """

    area: str
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    reason: str = ""
    who: str = ""
    date: str = ""


def score_given(
    wards: pd.DataFrame,
    graph: Graph,
    lists: Mapping[str, Sequence[str]],
    *,
    limits: Limits,
    value: str | pd.Series,
) -> pd.DataFrame:
    """Value of areas that the user names; what does not keep to the limits is flagged and said, not refused.

    Args:
        wards: indexed by ward_code, with population, the column of `limits.within` and, where known, assessed and
            country.
        graph: neighbours, on the same index.
        lists: name of each area -> its ward codes.
        limits: what an area may be.
        value: of each ward, as in `select_areas`.

    Returns:
        One row per area in the order of `lists`: area_id, area_name, ward_codes, wards, population, value, country,
        the column of `limits.within` (semicolons where the area crosses it), contiguous, within_limits, note (a
        sentence on every flag, blank where there is none). May be empty.

    Raises:
        InputError: an area without wards, a ward that is unknown, not assessed, without a value, named twice or in two
            areas, or an area in two countries; every fault is listed.
    """
    worth = read_values(wards, limits, value)
    _check_lists(wards, worth, limits, {name: list(codes) for name, codes in lists.items()})
    rows = [{"area_name": name, **_score(wards, graph, sorted(codes), limits, worth)} for name, codes in lists.items()]
    columns = ["area_id", "area_name", "ward_codes", "wards", "population", "value", "country", limits.within,
               "contiguous", "within_limits", "note"]  # fmt: skip
    result = pd.DataFrame(rows, columns=list(dict.fromkeys(columns)))
    flags = result[["contiguous", "within_limits"]].astype(bool)
    log.info("areas: %d given; not contiguous %d, outside the limits %d", len(result), *(~flags).sum())
    return result


def adjust_areas(
    chosen: pd.DataFrame,
    wards: pd.DataFrame,
    graph: Graph,
    adjustments: Sequence[Adjustment],
    *,
    value: str | pd.Series,
    limits: Limits,
) -> pd.DataFrame:
    """The model's areas beside their adjusted boundaries, with what each change gains or loses.

    Args:
        chosen: areas with area_id and ward_codes, from `select_areas` or `build_areas`.
        wards: as in `score_given`.
        graph: neighbours, on the same index.
        adjustments: the changes, applied in their order; an area may have several.
        value: of each ward, as in `select_areas`.
        limits: what an area may be.

    Returns:
        One row per area of `chosen`, in its order: area_id (the model's), ward_codes, population, value,
        adjusted_area_id, adjusted_ward_codes, adjusted_population, adjusted_value, added, dropped, value_change,
        value_change_share (of the model's value; missing where that is 0), contiguous, within_limits (of the adjusted
        boundary), reason, who, date (several separated by '; '), note. Areas without a change have equal boundaries.

    Raises:
        InputError: an unknown area or ward, a ward not assessed, added to two areas or dropped where it is not, a
            change without reason, name or date, or an area left without wards; every fault is listed.
    """
    worth = read_values(wards, limits, value)
    model = chosen if "area_id" in chosen else chosen.reset_index()
    before = {area: codes.split(";") for area, codes in zip(model["area_id"], model["ward_codes"], strict=True)}
    after, own, faults = _apply(before, adjustments)
    faults += _unusable(wards, worth, limits, {code for change in adjustments for code in change.add}, "add")
    faults += [f"adjustments: '{area}' is left without a ward" for area, codes in after.items() if not codes]
    faults += [fault for area, codes in after.items() for fault in _abroad(wards, area, codes)]
    faults += _overlaps(after, "adjustments")
    if faults:
        raise InputError(faults)
    rows = [
        _beside(area, _score(wards, graph, before[area], limits, worth),
                _score(wards, graph, after[area], limits, worth), own[area])
        for area in before
    ]  # fmt: skip
    result = pd.DataFrame(rows, columns=_ADJUSTED)
    log.info("areas: %d of %d adjusted; value %+.0f", sum(bool(changes) for changes in own.values()), len(result),
             result["value_change"].sum())  # fmt: skip
    return result


_ADJUSTED = [
    "area_id", "ward_codes", "population", "value", "adjusted_area_id", "adjusted_ward_codes", "adjusted_population",
    "adjusted_value", "added", "dropped", "value_change", "value_change_share", "contiguous", "within_limits",
    "reason", "who", "date", "note",
]  # fmt: skip


def _score(wards: pd.DataFrame, graph: Graph, codes: Sequence[str], limits: Limits, worth: pd.Series) -> dict[str, Any]:
    """One area: sums, flags and a sentence on each flag."""
    own = wards.loc[sorted(codes)]
    people = float(own["population"].sum())
    authorities = sorted(set(own[limits.within].astype(str)))
    parts = int(graph.subgraph(own.index).n_components)
    low, high = limits.population
    notes = []
    if people < low - SLACK:
        notes.append(f"It has {people:,.0f} residents; the limits ask for {low:,.0f} at least.")
    if people > high + SLACK:
        notes.append(f"It has {people:,.0f} residents; the limits allow {high:,.0f} at most.")
    if len(own) > limits.max_wards:
        notes.append(f"It has {plural(len(own), 'ward')}; the limits allow {limits.max_wards} at most.")
    if len(authorities) > 1:
        notes.append(f"It crosses {limits.within}: {listed(authorities)}.")
    within = not notes
    if parts > 1:
        notes.append(f"Its wards do not all touch: it is in {parts} parts.")
    return {
        "area_id": area_id(own.index),
        "ward_codes": ";".join(own.index),
        "wards": len(own),
        "population": people,
        "value": float(worth[own.index].sum()),
        "country": _country(own),
        limits.within: ";".join(authorities),
        "contiguous": parts == 1,
        "within_limits": within,
        "note": " ".join(notes),
    }


def _country(own: pd.DataFrame) -> str:
    return ";".join(sorted(set(own["country"].dropna()))) if "country" in own else ""


def _beside(
    area: str, model: Mapping[str, Any], adjusted: Mapping[str, Any], changes: Sequence[Adjustment]
) -> dict[str, Any]:
    """One row of `adjust_areas`."""
    before, after = set(model["ward_codes"].split(";")), set(adjusted["ward_codes"].split(";"))
    change = adjusted["value"] - model["value"]
    share = change / model["value"] if model["value"] else np.nan
    said = [f"The change {'adds' if change > 0 else 'loses'} {abs(share):.1%} of its value."] if share else []
    return {
        "area_id": area,
        **{name: model[name] for name in ("ward_codes", "population", "value")},
        **{f"adjusted_{name}": adjusted[name] for name in ("area_id", "ward_codes", "population", "value")},
        "added": ";".join(sorted(after - before)),
        "dropped": ";".join(sorted(before - after)),
        "value_change": change,
        "value_change_share": share,
        **{name: adjusted[name] for name in ("contiguous", "within_limits")},
        "note": " ".join([*(said if changes else []), *([adjusted["note"]] if adjusted["note"] else [])]),
        **{name: "; ".join(getattr(made, name) for made in changes) for name in ("reason", "who", "date")},
    }


def _apply(
    before: Mapping[str, Sequence[str]], adjustments: Sequence[Adjustment]
) -> tuple[dict[str, list[str]], dict[str, list[Adjustment]], list[str]]:
    """Wards of each area after the changes, the changes of each area, and what is wrong with them."""
    owner = {code: area for area, codes in before.items() for code in codes}
    after = {area: list(codes) for area, codes in before.items()}
    own: dict[str, list[Adjustment]] = {area: [] for area in before}
    faults = []
    for number, change in enumerate(adjustments, start=1):
        name = f"adjustments: number {number} ('{change.area}')"
        area = change.area if change.area in before else owner.get(change.area)
        blank = [option for option in ("reason", "who") if not getattr(change, option).strip()]
        faults += [f"{name}: no {option} is given; a change to the model's boundary needs one" for option in blank]
        if not _is_day(change.date):
            faults.append(f"{name}: date = '{change.date}'; allowed is a day such as 2026-01-31")
        if not change.add and not change.drop:
            faults.append(f"{name}: nothing is added or dropped")
        if area is None:
            faults.append(f"{name}: neither an area_id nor a ward of a chosen area")
            continue
        faults += [f"{name}: '{code}' is in the area already" for code in change.add if code in after[area]]
        faults += [f"{name}: '{code}' is not in the area" for code in change.drop if code not in after[area]]
        kept = [code for code in after[area] if code not in change.drop]
        after[area] = [*kept, *dict.fromkeys(code for code in change.add if code not in kept)]
        own[area].append(change)
    return after, own, faults


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _check_lists(wards: pd.DataFrame, worth: pd.Series, limits: Limits, lists: Mapping[str, Sequence[str]]) -> None:
    """Refuse lists that cannot be scored, saying everything that is wrong."""
    faults = [f"areas.given: '{name}' has no ward" for name, codes in lists.items() if not codes]
    for name, codes in lists.items():
        faults += [
            f"areas.given: '{name}' names '{code}' {times} times" for code, times in Counter(codes).items() if times > 1
        ]
        faults += _unusable(wards, worth, limits, set(codes), name)
        faults += _abroad(wards, name, codes)
    faults += _overlaps({name: list(dict.fromkeys(codes)) for name, codes in lists.items()}, "areas.given")
    if faults:
        raise InputError(faults)


def _abroad(wards: pd.DataFrame, area: str, codes: Sequence[str]) -> list[str]:
    """A fault where an area is in two countries."""
    country = _country(wards.loc[wards.index.isin(codes)])
    return [f"areas, '{area}': in {country.replace(';', ' and ')}; no list mixes countries"] if ";" in country else []


def _unusable(wards: pd.DataFrame, worth: pd.Series, limits: Limits, codes: set[str], where: str) -> list[str]:
    """A fault for every ward that is unknown, or of which nothing can be said."""
    usable = usable_wards(wards, limits) & worth.notna()
    return [
        f"areas, '{where}': '{code}' is not a ward of the study's area"
        if code not in usable.index
        else f"areas, '{where}': '{code}' is not assessed, or its population, value or {limits.within} is not known"
        for code in sorted(codes)
        if code not in usable.index or not usable[code]
    ]


def _overlaps(areas: Mapping[str, Sequence[str]], where: str) -> list[str]:
    owners: dict[str, list[str]] = {}
    for area, codes in areas.items():
        for code in codes:
            owners.setdefault(code, []).append(f"'{area}'")
    return [
        f"{where}: '{code}' is in {listed(named)}; a ward may be in one area"
        for code, named in sorted(owners.items())
        if len(named) > 1
    ]
