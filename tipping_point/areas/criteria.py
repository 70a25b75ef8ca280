"""The four criteria of a tipping-point neighbourhood: concentrated, chronic, compounded, tipping.

Each is 'pass', 'fail' or 'not assessed'. What is not known of a ward is let be the most and the least it could be: a
criterion passes where it holds whatever the unknown is, fails where it cannot hold, and is not assessed between.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from libpysal.graph import Graph

from tipping_point.areas.group import find_touching
from tipping_point.areas.words import domain, listed, part, percent, plural, sentence
from tipping_point.tables import DOMAINS, InputError, check_table
from tipping_point.trend import mann_kendall

log = logging.getLogger(__name__)

CRITERIA = ("concentrated", "chronic", "compounded", "tipping")
PASS, FAIL, NOT_ASSESSED = "pass", "fail", "not assessed"

QUARTER = 3
"""Months of a period of the trend test: the periods do not overlap."""

ALIKE = ("income", "employment")
"""Domains counted as one need: they correlate .94, and a place short of work is short of income."""


@dataclass(frozen=True)
class Criteria:
    """Every threshold of the four criteria. Shares are 0-1, of residents unless they say otherwise."""

    votes: int = 1
    """Concentrated: at least one ward that at least so many of the study's methods call hot itself."""
    chronic: float = 0.5
    """Chronic: at least this share of residents in wards that are chronic."""
    most_deprived: float = 0.2
    """Compounded: how far from the deprived end of the nation's wards a ward counts as deprived in a domain."""
    deprived: float = 0.5
    """Compounded: share of residents in such wards from which the area is deprived in the domain."""
    needs: int = 3
    """Compounded: different needs at least; income and employment count as one. Of the wards of England (December 2019,
    Indices of 2019) 16% have three needs in the most deprived fifth, 31% two; 14% have two in the most deprived tenth.
    """
    tipping: float = 0.25
    """Tipping: at least this share of residents in wards one step from chronic, or not chronic and beside one."""
    alpha: float = 0.05
    """Tipping: two-sided p below it, and upwards, in types that victims report (`find_rising`)."""

    def __post_init__(self) -> None:
        """Refuse what cannot be, naming every fault."""
        faults = [
            f"criteria.{name}: {getattr(self, name):g} given; it must be above 0 and at most 1"
            for name in ("chronic", "most_deprived", "deprived", "tipping", "alpha")
            if not 0 < getattr(self, name) <= 1
        ]
        if self.votes < 1:
            faults.append(f"criteria.votes: {self.votes} given; it must be at least 1")
        if not 1 <= self.needs <= len(DOMAINS) - 1:
            faults.append(f"criteria.needs: {self.needs} given; it must be 1 to {len(DOMAINS) - 1}")
        if faults:
            raise InputError(faults)


DEFAULT_CRITERIA = Criteria()

Finding = tuple[str, str]
"""Verdict and the sentence that gives its numbers."""


def add_criteria(
    areas: GeoDataFrame,
    wards: pd.DataFrame,
    graph: Graph,
    *,
    rules: Criteria = DEFAULT_CRITERIA,
    rising: pd.Series | None = None,
) -> GeoDataFrame:
    """Add criterion_<name> and criterion_<name>_reason for the four, criteria_passed and criteria_assessed.

    Args:
        areas: indexed by area_id, with ward_codes.
        wards: indexed by ward_code, with population; hot_votes (or gi_star_hot), chronic_state and the domains where
            the study has them. A criterion whose columns are absent is not assessed.
        graph: neighbours, on the index of the wards.
        rules: the thresholds.
        rising: from `find_rising`, by area_id: 1 rising, 0 or -1 not, missing unknown; None: not tested.
    """
    check_table(areas, "areas", ["ward_codes"])
    check_table(wards, "wards", ["population"])
    beside = _beside_chronic(wards, graph)
    judges: dict[str, Callable[[pd.DataFrame, str], Finding]] = {
        "concentrated": lambda own, _: _concentrated(own, rules),
        "chronic": lambda own, _: _chronic(own, rules),
        "compounded": lambda own, _: _compounded(own, rules),
        "tipping": lambda own, area: _tipping(own, beside, _direction(rising, area), rules),
    }
    found: dict[str, list[Finding]] = {name: [] for name in CRITERIA}
    table = pd.DataFrame(wards.drop(columns="geometry", errors="ignore"))
    for area, codes in areas["ward_codes"].items():
        own = table.loc[str(codes).split(";")]
        for name, judge in judges.items():
            found[name].append(judge(own, str(area)))
    result = areas.copy()
    for name, findings in found.items():
        for column, place in ((f"criterion_{name}", 0), (f"criterion_{name}_reason", 1)):
            result[column] = pd.Series([finding[place] for finding in findings], index=areas.index, dtype=str)
    verdicts = result[[f"criterion_{name}" for name in CRITERIA]]
    result["criteria_passed"] = (verdicts == PASS).sum(axis=1).astype("Int64")
    result["criteria_assessed"] = (verdicts != NOT_ASSESSED).sum(axis=1).astype("Int64")
    passes = (verdicts == PASS).sum()
    log.info("criteria: %d areas; passes: %s", len(areas), ", ".join(f"{name} {n}" for name, n in passes.items()))
    return result


def find_rising(
    areas: pd.DataFrame, wards: pd.DataFrame, monthly: pd.DataFrame, *, alpha: float = DEFAULT_CRITERIA.alpha
) -> pd.Series:
    """Is an area's share of its force's crime rising? Mann-Kendall on quarters, which do not overlap.

    Each quarter's count of the area is divided by that of the wards of its force (of its largest ward), which takes out
    seasons and changes of recording. Quarters are counted back from the last month; one that is not wholly covered in
    every ward of the area is missing, and fewer than eight known ones give no answer.

    Args:
        areas: indexed by area_id, with ward_codes.
        wards: indexed by ward_code, with population and force_name.
        monthly: crimes of types that victims report (`profile.victim_reported`), wards x months 'YYYY-MM' in order
            without a gap, missing where not covered.
        alpha: two-sided p below which there is a direction.

    Returns:
        By area_id: 1 rising, -1 falling, 0 neither, missing where there are too few quarters.
    """
    check_table(wards, "wards", ["population", "force_name"])
    months = monthly.shape[1] // QUARTER * QUARTER
    recent = monthly.reindex(wards.index).iloc[:, monthly.shape[1] - months :]
    table = recent.T.groupby(np.arange(months) // QUARTER).sum(min_count=QUARTER).T
    forces = table.groupby(wards["force_name"]).sum(min_count=1)
    series = {}
    for area, codes in areas["ward_codes"].items():
        own = wards.loc[str(codes).split(";")]
        largest = own["population"].astype(float).fillna(0).to_numpy().argmax()
        force = forces.T[str(own["force_name"].iloc[largest])]
        series[area] = table.loc[own.index].sum(skipna=False) / force.where(force > 0)
    trend = mann_kendall(pd.DataFrame(series, index=table.columns, dtype=float).T)
    sign = trend.sign.astype("Int64").where(trend.p < alpha, 0)
    return sign.mask(trend.p.isna()).rename("rising").rename_axis("area_id")


def _concentrated(own: pd.DataFrame, rules: Criteria) -> Finding:
    votes = own["hot_votes"].ge(rules.votes).astype("boolean") if "hot_votes" in own else own.get("gi_star_hot")
    if votes is None or votes.isna().all():
        return NOT_ASSESSED, "No test for hot spots could be run on its wards."
    hot = votes.fillna(False).astype(bool)
    many = "hot_votes" in own and rules.votes > 1
    tests = f"{rules.votes} or more of the study's methods" if many else "the study's tests"
    return (PASS if hot.any() else FAIL), f"{_hot_wards(hot, own)} by {tests}."


def _chronic(own: pd.DataFrame, rules: Criteria) -> Finding:
    known = _has_state(own)
    if not known.any():
        return NOT_ASSESSED, f"The study is too short to tell a lasting level from a passing one{_why_short(own)}."
    chronic = own["chronic_state"].eq("chronic") & known
    verdict = _verdict(_share(chronic, own), _share(chronic | ~known, own), rules.chronic)
    return verdict, (
        f"{sentence(_residents(chronic, own))} that are chronic (in the highest tenth in most periods, and in the "
        f"last); {percent(rules.chronic)} is needed{_unknown(known)}."
    )


def _compounded(own: pd.DataFrame, rules: Criteria) -> Finding:
    known = [name for name in DOMAINS if name in own and own[name].notna().any()]
    if not known:
        return NOT_ASSESSED, "No domain of deprivation is known for its wards."
    line = 100 * (1 - rules.most_deprived)
    least = [name for name in known if _share(own[name] >= line, own) >= rules.deprived]
    most = [name for name in DOMAINS
            if name not in known or _share((own[name] >= line) | own[name].isna(), own) >= rules.deprived]  # fmt: skip
    verdict = _verdict(_needs(least), _needs(most), rules.needs)
    return verdict, f"{_deep(least, rules)}; {rules.needs} different needs are asked for{_blank(known)}."


def _tipping(own: pd.DataFrame, beside: pd.Series, direction: int | None, rules: Criteria) -> Finding:
    known = _has_state(own)
    if direction is None and not known.any():
        return NOT_ASSESSED, f"The study is too short for a trend or a state{_why_short(own)}."
    step = known & own.get("chronic_state", pd.Series("", index=own.index)).eq("tipping")
    near = known & beside.reindex(own.index).fillna(False).astype(bool)
    most = 1.0 if not known.any() else _share(step | near | ~known, own)
    verdict = PASS if direction == 1 else _verdict(_share(step | near, own), most, rules.tipping)
    trend = {1: "is rising", 0: "is neither rising nor falling for certain", -1: "is falling", None: "was not tested"}
    said = f"Crime that victims report {trend[direction]}"
    said += ", measured against its force" if direction is not None else ""
    if known.any():
        said += (
            f"; {_residents(step | near, own)} that are one step from chronic or beside a chronic ward"
            f" ({percent(rules.tipping)} is enough)"
        )
    if verdict == NOT_ASSESSED and not known.any():
        said += "; whether its wards are one step from chronic cannot be said"
    return verdict, f"{said}{_unknown(known) if known.any() else ''}."


def _direction(rising: pd.Series | None, area: str) -> int | None:
    value = None if rising is None else rising.get(area)
    return None if value is None or pd.isna(value) else int(value)


def _beside_chronic(wards: pd.DataFrame, graph: Graph) -> pd.Series:
    """Wards, not chronic themselves, that touch a chronic one."""
    if "chronic_state" not in wards.columns:
        return pd.Series(False, index=wards.index)
    chronic = wards["chronic_state"].eq("chronic")
    return find_touching(graph, wards.index[chronic], wards.index) & ~chronic


def _has_state(own: pd.DataFrame) -> pd.Series:
    if "chronic_state" not in own.columns:
        return pd.Series(False, index=own.index)
    return own["chronic_state"].fillna("").ne("") & own["chronic_state"].ne(NOT_ASSESSED)


def _why_short(own: pd.DataFrame) -> str:
    reasons = [str(reason) for reason in own.get("chronic_reason", []) if isinstance(reason, str) and reason]
    return f" ({reasons[0]})" if reasons else ""


def _share(flag: pd.Series, own: pd.DataFrame) -> float:
    """Share of the residents in flagged wards; 0 of nobody."""
    people = np.nan_to_num(own["population"].to_numpy(dtype=float, na_value=np.nan))
    total = float(people.sum())
    return float(people[flag.fillna(False).to_numpy(dtype=bool)].sum()) / total if total > 0 else 0.0


def _deep(names: list[str], rules: Criteria) -> str:
    """In which domains the area is deprived."""
    line, many = part(rules.most_deprived), part(rules.deprived)
    if not names:
        return f"In no domain does {many} of its residents live in wards in the most deprived {line} of the country"
    one = ", where income and employment count as one need" if set(ALIKE) <= set(names) else ""
    return (
        f"At least {many} of its residents live in wards in the most deprived {line} of the country for"
        f" {listed(domain(name) for name in names)}{one}"
    )


def _blank(known: list[str]) -> str:
    number = len(DOMAINS) - len(known)
    return f"; {plural(number, 'domain is', 'domains are')} not known" if number else ""


def _needs(names: list[str]) -> int:
    return len(names) - (set(ALIKE) <= set(names))


def _verdict(least: float, most: float, needed: float) -> str:
    """Pass if it holds whatever the unknown is, fail if it cannot hold; a hair's breadth of rounding is let pass."""
    if least >= needed - 1e-9:
        return PASS
    return NOT_ASSESSED if most >= needed - 1e-9 else FAIL


def _hot_wards(hot: pd.Series, own: pd.DataFrame) -> str:
    number, wards = int(hot.sum()), len(hot)
    if wards == 1:
        return f"Its only ward is {'' if number else 'not '}a hot spot"
    if not number:
        return f"None of its {wards} wards is itself a hot spot"
    if number == wards:
        return f"{'Both of its' if wards == 2 else f'All {wards} of its'} wards are hot spots"
    home = f"home to {percent(_share(hot, own))} of its residents"
    return f"{number} of its {wards} wards, {home}, {'is itself a hot spot' if number == 1 else 'are hot spots'}"


def _residents(flag: pd.Series, own: pd.DataFrame) -> str:
    share = percent(_share(flag, own)) if flag.any() else "none"
    return f"{share} of its residents live in wards"


def _unknown(known: pd.Series) -> str:
    return f"; of {plural(int((~known).sum()), 'ward')} it is not known" if not known.all() else ""
