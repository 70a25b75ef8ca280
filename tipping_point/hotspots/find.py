"""Run the tests that a study asks for on its assessed wards, count votes, and say in words what was found.

Holds no statistic: each method reads its own from `local` and puts it in the words of the ward table. A rejection says
that a pattern is not random; it does not say that a ward differs from what smooth dependence alone would give.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from libpysal.graph import Graph
from numpy.typing import NDArray

from tipping_point.hotspots.emerging import NOT_ASSESSED, find_emerging
from tipping_point.hotspots.local import GI_STAR, LOCAL_MORAN, LocalResult, Statistic, run_test
from tipping_point.hotspots.scan import poisson_scan
from tipping_point.hotspots.testing import CORRECTIONS, ROUNDING, adjust_p, significant, smallest_k, unresolved
from tipping_point.tables import InputError, check_table

log = logging.getLogger(__name__)

Wards = TypeVar("Wards", bound=pd.DataFrame)


@dataclass(frozen=True)
class Finding:
    """What a method found: its columns, and its vote (missing where it could not test), on the ward codes."""

    columns: pd.DataFrame
    hot: pd.Series
    choices: tuple[str, ...] = ()
    """Sentences on what the method chose or could not tell."""


@dataclass(frozen=True)
class Settings:
    """What every method is told."""

    permutations: int
    alpha: float
    correction: str
    mean_rate: float
    """A hot ward's own smoothed rate is above it."""
    seed: int
    series: pd.DataFrame | None = None
    """Wards x periods that do not overlap, for what looks at time."""
    months: int = 1
    """Months in a period of the series."""
    max_population_share: float = 0.05
    """Share of all residents that a scan cluster may hold."""


Method = Callable[[pd.DataFrame, Graph, Settings], Finding]
"""The one signature: wards with hotspot_value and smoothed_rate (missing where not assessed), on their codes, and
where the table has them crimes, exposure (person-years), x and y."""


def find_gi_star(wards: pd.DataFrame, graph: Graph, settings: Settings) -> Finding:
    """Gi*: 'hot' high neighbours and high itself, 'beside' high neighbours only, 'cold' low and low, else ''.

    Neighbours are high where p, adjusted, is at most alpha and comes from the upper tail of the permutations; the
    ward itself is high where its smoothed rate is above the mean, since the permutation says nothing of it.
    """
    result = _run(GI_STAR, wards, graph, settings)
    adjusted = adjust_p(result.p, method=settings.correction)
    found = significant(adjusted, settings.alpha)
    above = wards["smoothed_rate"] > settings.mean_rate
    classes = np.select(
        [found & (result.side > 0) & above, found & (result.side > 0), found & (result.side < 0) & ~above],
        ["hot", "beside", "cold"],
        "",
    )
    hot = pd.Series(classes == "hot", wards.index, dtype="boolean").where(result.p.notna())
    columns = {
        "gi_star_z": result.statistic,
        "gi_star_p": result.p,
        "gi_star_p_adjusted": adjusted,
        "gi_star_hot": hot,
        "gi_star_class": pd.Series(classes, wards.index, dtype="str"),
    }
    return Finding(pd.DataFrame(columns), hot)


def find_local_moran(wards: pd.DataFrame, graph: Graph, settings: Settings) -> Finding:
    """Local Moran: HH high among high, HL high among low, LH low among high, LL low among low, else ''.

    A ward is high where its value is above the mean of the values, its neighbours where the permutations say so. The
    vote is for HH with the smoothed rate above the mean too.
    """
    result = _run(LOCAL_MORAN, wards, graph, settings)
    adjusted = adjust_p(result.p, method=settings.correction)
    found = significant(adjusted, settings.alpha)
    own = wards["hotspot_value"] - wards["hotspot_value"].mean()
    like, unlike = found & (result.side > 0), found & (result.side < 0)
    classes = np.select(
        [like & (own > 0), unlike & (own > 0), unlike & (own < 0), like & (own < 0)], ["HH", "HL", "LH", "LL"], ""
    )
    hot = pd.Series((classes == "HH") & (wards["smoothed_rate"] > settings.mean_rate), wards.index, dtype="boolean")
    columns = {
        "local_moran_i": result.statistic,
        "local_moran_p": result.p,
        "local_moran_p_adjusted": adjusted,
        "local_moran_class": pd.Series(classes, wards.index, dtype="str"),
    }
    return Finding(pd.DataFrame(columns), hot.where(result.p.notna()))


def find_emerging_classes(wards: pd.DataFrame, graph: Graph, settings: Settings) -> Finding:
    """The class of each ward's hot and cold periods (`find_emerging`); the vote is for a class hot at the end."""
    assert settings.series is not None  # noqa: S101 - `_check` has made sure
    series = settings.series.reindex(wards.index).where(wards["hotspot_value"].notna(), axis=0)
    found = find_emerging(
        series,
        graph,
        months=settings.months,
        permutations=settings.permutations,
        alpha=settings.alpha,
        correction=settings.correction,
        seed=settings.seed,
    )
    tested = found["emerging_class"] != NOT_ASSESSED
    columns = pd.DataFrame(
        {
            "emerging_class": found["emerging_class"].where(wards["hotspot_value"].notna(), ""),
            "emerging_word": found["emerging_word"].where(tested, ""),
        }
    )
    hot = found["emerging_class"].isin(HOT_AT_THE_END).astype("boolean").where(tested)
    return Finding(columns, hot, tuple(found.attrs["choices"]))


def find_scan_clusters(wards: pd.DataFrame, graph: Graph, settings: Settings) -> Finding:  # noqa: ARG001 - one signature
    """Number of the significant scan cluster of each ward; the vote is for a ward in one, above the mean itself."""
    known = wards.dropna(subset=["hotspot_value", "crimes", "exposure"])
    clusters = poisson_scan(
        known["crimes"].to_numpy(),
        known["exposure"].to_numpy(),
        known[["x", "y"]].to_numpy(),
        max_population_share=settings.max_population_share,
        seed=settings.seed,
    )
    number = pd.Series(pd.NA, index=wards.index, dtype="Int64")
    for place, members in enumerate(clusters.loc[clusters["p"] <= settings.alpha * ROUNDING, "members"], start=1):
        number[known.index[list(members)]] = place
    hot = (number.notna() & (wards["smoothed_rate"] > settings.mean_rate)).astype("boolean")
    said = (
        f"The scan looks for circles of up to {settings.max_population_share:.0%} of the residents with more crime "
        f"inside than out; its p is of the largest of all circles, so it is adjusted already. It takes crimes to be "
        "independent of each other, which they are not: many of its clusters are real differences too small to matter.",
    )
    return Finding(pd.DataFrame({"scan_cluster": number}), hot.where(wards.index.isin(known.index)), said)


HOT_AT_THE_END = tuple(
    f"{kind} hot" for kind in ("new", "consecutive", "intensifying", "persistent", "diminishing", "oscillating")
)
METHODS: dict[str, Method] = {
    "gi_star": find_gi_star,
    "local_moran": find_local_moran,
    "emerging": find_emerging_classes,
    "scan": find_scan_clusters,
}
LABELS = {"gi_star": "Gi*", "local_moran": "local Moran"}


def find_hotspots(
    wards: Wards,
    graph: Graph,
    *,
    column: str = "component_harm_rate",
    methods: Sequence[str] = ("gi_star", "local_moran"),
    permutations: int = 9999,
    max_permutations: int = 99_999,
    alpha: float = 0.05,
    correction: str = "bh",
    max_population_share: float = 0.05,
    mean_rate: float | None = None,
    series: pd.DataFrame | None = None,
    months: int = 1,
    seed: int,
) -> Wards:
    """Test the assessed wards, two-sided, and add each method's columns and hot_votes.

    Wards not assessed are left out of everything: values, neighbours, mean and permutations. Where no ward passes
    though some are as extreme as the permutations can show, ten times as many are drawn, up to max_permutations.

    Args:
        wards: indexed by ward_code (or with that column), with assessed, smoothed_rate and the column.
        graph: on the same codes.
        column: what is tested.
        methods: names in METHODS.
        permutations: first drawn.
        max_permutations: never more than this, unless permutations is more.
        alpha: largest adjusted p of a hot spot.
        correction: 'bh' Benjamini-Hochberg or 'by' Benjamini-Yekutieli, over the tested wards.
        max_population_share: share of all residents that a scan cluster may hold.
        mean_rate: a hot ward's own smoothed rate is above it; by default the mean smoothed rate of the assessed
            wards, weighted by population where the table has it.
        series: wards x periods that do not overlap, each column the last month of its period; for 'emerging'.
        months: months in a period of the series.
        seed: the only source of chance; the methods share the draws.

    Returns:
        The same rows and index with hotspot_value, the columns of the methods, hot_votes (how many methods call the
        ward hot) and hotspot_reason (`explain_hotspot`). Wards that were not tested have missing or blank
        judgements, never False or 'cold'. `attrs["choices"]` holds sentences on what was chosen or could not be told,
        `attrs["permutations"]` the draws of each method, `attrs["mean_rate"]` the mean used.

    Raises:
        InputError: absent columns, repeated codes, codes that the graph lacks, unknown methods or options.
    """
    own_mean = float("nan") if mean_rate is None else mean_rate
    settings = Settings(permutations, alpha, correction, own_mean, seed, series, months, max_population_share)
    codes = _check(wards, column, methods, settings)
    assessed = wards["assessed"].fillna(False).to_numpy(dtype=bool)
    tested = pd.DataFrame(
        {
            "hotspot_value": wards[column].to_numpy(dtype=float, na_value=np.nan),
            "smoothed_rate": wards["smoothed_rate"].to_numpy(dtype=float, na_value=np.nan),
        },
        index=codes,
    ).where(np.column_stack([assessed, assessed]))
    for extra in ("crimes", "exposure"):
        if extra in wards.columns:
            tested[extra] = np.where(assessed, wards[extra].to_numpy(dtype=float, na_value=np.nan), np.nan)
    if "scan" in methods and isinstance(wards, gpd.GeoDataFrame):
        centres = wards.geometry.centroid
        tested["x"], tested["y"] = centres.x.to_numpy(), centres.y.to_numpy()
    # Hot needs the ward's own rate: a ward without one could not be judged, so it is not tested.
    tested["hotspot_value"] = tested["hotspot_value"].where(tested["smoothed_rate"].notna())
    if mean_rate is None:
        settings = replace(settings, mean_rate=_mean_rate(wards, tested["smoothed_rate"]))
    used = {name: _draw_enough(name, tested, graph, settings, max_permutations) for name in methods}
    result = wards.copy()
    result["hotspot_value"] = tested["hotspot_value"].array
    for finding, _ in used.values():
        for added, values in finding.columns.items():
            result[added] = values.array
    votes = pd.DataFrame({name: finding.hot for name, (finding, _) in used.items()}, index=codes)
    result["hot_votes"] = votes.astype("Int64").sum(axis=1, min_count=1).array
    result["hotspot_reason"] = _reasons(result, used, alpha)
    result.attrs["choices"] = [
        *_said_of_draws(used, settings),
        *_said_of_wards(assessed, tested["hotspot_value"], votes, column),
        *(sentence for finding, _ in used.values() for sentence in finding.choices),
    ]
    result.attrs["permutations"] = {name: drawn for name, (_, drawn) in used.items()}
    result.attrs["mean_rate"] = settings.mean_rate
    log.info(
        "hot spots: %d wards, %d assessed, %d tested; permutations %s; %d hot by at least one method",
        *(len(wards), assessed.sum(), votes.notna().any(axis=1).sum()),
        *(result.attrs["permutations"], (result["hot_votes"].fillna(0) > 0).sum()),
    )
    return result


def explain_hotspot(row: pd.Series | Mapping[Hashable, Any], alpha: float = 0.05) -> str:
    """One plain sentence on why a ward is or is not hot, from its row of `find_hotspots` (by Gi* if it was run)."""
    if not bool(row["assessed"]):
        return "Not assessed: nothing can be said of hot spots here."
    name = "gi_star" if "gi_star_p" in row else "local_moran"
    p, adjusted = row[f"{name}_p"], row[f"{name}_p_adjusted"]
    if pd.isna(p):
        return "Not tested: the ward has no value to test, or no neighbour that has one."
    if adjusted > alpha * ROUNDING:
        return _why_not(p, adjusted, alpha)
    kind, own = row[f"{name}_class"], "rate"
    if name == "local_moran":
        read = {"HH": "hot" if row["hot_votes"] else "high", "LH": "beside", "LL": "cold"}
        kind, own = read.get(kind, ""), "value"
    rarely = f"than in all but {_odds(p / 2)} random arrangements (adjusted p {_probability(adjusted)})"
    higher, lower = f"its neighbours' rates are higher {rarely}", f"its neighbours' rates are lower {rarely}"
    return {
        "hot": f"Hot: {higher} and its own rate is above the mean.",
        "beside": f"Beside a hot spot: {higher}, but its own {own} is not above the mean.",
        "high": f"Beside a hot spot: {higher}, but its own smoothed rate is not above the mean.",
        "cold": f"Cold: {lower} and its own {own} is not above the mean.",
    }.get(kind, f"Not hot: {lower}, though its own {own} is above the mean.")


def _reasons(wards: pd.DataFrame, used: Mapping[str, object], alpha: float) -> pd.Series:
    """`explain_hotspot` of every ward, on the index of the wards."""
    needed = ["assessed", "hot_votes"]
    if not used.keys() & LABELS.keys():
        return pd.Series("", index=wards.index, dtype="str")
    needed += [f"{name}_{part}" for name in used if name in LABELS for part in ("p", "p_adjusted", "class")]
    rows = pd.DataFrame(wards[needed]).to_dict("records")
    return pd.Series([explain_hotspot(row, alpha) for row in rows], index=wards.index, dtype="str")


def _why_not(p: float, adjusted: float, alpha: float) -> str:
    needed = f"adjusted p {_probability(adjusted)}; {_probability(alpha)} or less is needed"
    if p <= alpha:
        return (
            f"Not shown to be hot: by itself p {_probability(p)} would be unusual, but among so many wards some"
            f" neighbours' rates are this far out by chance ({needed})."
        )
    return f"Not shown to be hot: neighbours' rates like these come about by chance (p {_probability(p)}; {needed})."


def _run(statistic: Statistic, wards: pd.DataFrame, graph: Graph, settings: Settings) -> LocalResult[pd.Series]:
    asked = {"permutations": settings.permutations, "seed": settings.seed}
    return run_test(statistic, wards["hotspot_value"], graph, alternative="two-sided", **asked)


def _draw_enough(name: str, wards: pd.DataFrame, graph: Graph, settings: Settings, most: int) -> tuple[Finding, int]:
    """Run a method, drawing ten times as many until it could have found something or reaches the most."""
    while True:
        finding = METHODS[name](wards, graph, settings)
        drawn = settings.permutations
        if drawn >= most or not _unresolved(name, finding, drawn, settings.alpha):
            return finding, drawn
        settings = replace(settings, permutations=min(10 * (drawn + 1) - 1, most))


def _unresolved(name: str, finding: Finding, permutations: int, alpha: float) -> bool:
    if f"{name}_p" not in finding.columns:
        return False
    p, adjusted = finding.columns[f"{name}_p"], finding.columns[f"{name}_p_adjusted"]
    return bool(unresolved(p, adjusted, permutations, alpha=alpha).any())


def _check(wards: pd.DataFrame, column: str, methods: Sequence[str], settings: Settings) -> pd.Index:
    """The ward codes, in the order of the rows; InputError with every fault."""
    faults: list[str] = []
    try:
        check_table(wards, "wards", ["assessed", "smoothed_rate", column])
    except InputError as error:
        faults += error.faults
    by_column = wards.index.name != "ward_code" and "ward_code" in wards.columns
    codes = pd.Index(wards["ward_code"]) if by_column else wards.index
    if not codes.is_unique:
        repeated = codes[codes.duplicated()].unique()
        shown = ", ".join(map(str, repeated[:5]))
        faults.append(f"wards: {len(repeated)} repeated ward_code (each must stand once): {shown}")
    if not methods or set(methods) - METHODS.keys() or len(set(methods)) < len(methods):
        faults.append(
            f"hotspots.methods is {list(methods)}; allowed are one or more of {', '.join(METHODS)}, each once"
        )
    if "emerging" in methods and settings.series is None:
        faults.append("hotspots.methods: 'emerging' looks at time and needs `series`, the wards by periods")
    absent = [name for name in ("crimes", "exposure") if name not in wards.columns]
    if "scan" in methods and (absent or not isinstance(wards, gpd.GeoDataFrame)):
        faults.append(f"hotspots.methods: 'scan' needs outlines and crimes and exposure; absent: {', '.join(absent)}")
    if settings.permutations < 1:
        faults.append(f"hotspots.permutations is {settings.permutations}; it must be at least 1")
    if not 0 < settings.alpha < 1:
        faults.append(f"hotspots.alpha is {settings.alpha}; it must be above 0 and below 1")
    if settings.correction not in CORRECTIONS:
        faults.append(f"hotspots.correction is {settings.correction!r}; allowed are {', '.join(CORRECTIONS)}")
    if faults:
        raise InputError(faults)
    return codes


def _mean_rate(wards: pd.DataFrame, rate: pd.Series) -> float:
    """Mean smoothed rate of the wards that have one, weighted by population where known; NaN if none has."""
    known = rate.notna().to_numpy()
    if not known.any():
        return float("nan")
    people = wards["population"].to_numpy(dtype=float, na_value=np.nan)[known] if "population" in wards else None
    if people is None or not np.nansum(people) > 0:
        return float(rate[known].mean())
    return float(np.average(rate[known], weights=np.nan_to_num(people)))


def _said_of_draws(used: Mapping[str, tuple[Finding, int]], asked: Settings) -> list[str]:
    """Where the permutations asked for were too few to show anything, and whether more were enough."""
    said: dict[str, list[str]] = {}
    for name, (finding, drawn) in used.items():
        if f"{name}_p" not in finding.columns:
            continue
        tests = int(finding.columns[f"{name}_p"].notna().sum())
        few, many = (
            f"{permutations:,} permutations {{}} fewer than"
            f" {smallest_k(tests, permutations, asked.alpha, correction=asked.correction):,} wards of {tests:,}"
            for permutations in (asked.permutations, drawn)
        )
        if drawn > asked.permutations:
            said.setdefault(f"{few.format('could not show')}; {drawn:,} were drawn", []).append(name)
        if _unresolved(name, finding, drawn, asked.alpha):
            untold = ", and fewer are as extreme as can be shown: whether there are hot spots cannot be told"
            said.setdefault(f"{many.format('cannot show')}{untold}", []).append(name)
    return [f"{' and '.join(LABELS[name] for name in names)}: {sentence}." for sentence, names in said.items()]


def _said_of_wards(assessed: NDArray[np.bool_], values: pd.Series, votes: pd.DataFrame, column: str) -> list[str]:
    """Assessed wards that could not be tested, and votes that are nearly one."""
    said = []
    without = int((assessed & values.isna()).sum())
    alone = int((values.notna() & votes.isna().all(axis=1)).sum())
    if without:
        said.append(f"{without:,} assessed ward(s) without {column} or smoothed rate were not tested for hot spots.")
    if alone:
        said.append(f"{alone:,} assessed ward(s) without an assessed neighbour were not tested for hot spots.")
    if {"gi_star", "local_moran"} <= set(votes.columns):
        said.append(
            "Gi* and local Moran ask nearly the same question: both compare a ward's neighbours with the same random"
            " arrangements, so two votes are little more than one."
        )
    return said


def _odds(share: float) -> str:
    """A small share as '3 in 10,000': the smallest thousand or power of ten beyond that shows at least one."""
    of = 1_000
    while round(share * of) < 1:
        of *= 10
    return f"{round(share * of):,} in {of:,}"


def _probability(p: float) -> str:
    """'.012', 'below .001'."""
    return "below .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")
