"""Run the tests that a study asks for on its assessed wards, and count votes.

Holds no statistic: each method reads its own from `local` and puts it in the columns of the ward table. A rejection
says that a pattern is not random; it does not say that a ward differs from what smooth dependence alone would give.

A method is one `Method` in METHODS. The study file, the sentences, the method note and the checks of what a method
needs read it there: a new method is a function and its entry.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from libpysal.graph import Graph
from numpy.typing import NDArray

from tipping_point.hotspots.emerging import NOT_ASSESSED, class_histories
from tipping_point.hotspots.local import GI_STAR, LOCAL_MORAN, LocalResult, Statistic, run_test
from tipping_point.hotspots.reference import run_esda
from tipping_point.hotspots.scan import poisson_scan
from tipping_point.hotspots.space_time import Options
from tipping_point.hotspots.testing import CORRECTIONS, ROUNDING, adjust_p, significant, smallest_k, unresolved
from tipping_point.tables import InputError, Note, check_table

log = logging.getLogger(__name__)

Wards = TypeVar("Wards", bound=pd.DataFrame)


@dataclass(frozen=True)
class Finding:
    """What a method found: its columns, and its vote (missing where it could not test), on the ward codes."""

    columns: pd.DataFrame
    hot: pd.Series
    notes: tuple[Note, ...] = ()
    """What the method chose or could not tell."""


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
    engine: str = "own"
    """Name in ENGINES, for the methods that permute."""


@dataclass(frozen=True)
class Method:
    """A hot-spot method.

    Args:
        run: wards with hotspot_value and smoothed_rate (missing where not assessed), on their codes, and where the
            table has them crimes, exposure (person-years), x and y; the graph; the settings.
        columns: what it adds to the ward table; each has a definition in `tables.WARDS`.
        label: its name in a sentence.
        describes: what it is, for the method note.
        needs: 'series', 'outlines', 'crimes', 'exposure', beside the values and the graph.
        tests_neighbours: True where it has a p of the ward's neighbours by permutation, named after it: more
            permutations can resolve it, and `text.hotspots.explain_hotspot` says what it found.
    """

    run: Callable[[pd.DataFrame, Graph, Settings], Finding]
    columns: tuple[str, ...]
    label: str
    describes: str
    needs: tuple[str, ...] = ()
    tests_neighbours: bool = False


@dataclass(frozen=True)
class Tested(Generic[Wards]):
    """The ward table with what the methods found, and what they chose by themselves."""

    wards: Wards
    notes: tuple[Note, ...]
    permutations: Mapping[str, int]
    """Method -> permutations that were drawn."""
    mean_rate: float
    """A hot ward's own smoothed rate is above it."""


ENGINES: Mapping[str, Callable[..., LocalResult[pd.Series]]] = {"own": run_test, "esda": run_esda}
"""What permutes: this package's engine, or esda, the reference implementation."""


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
    asked = Options(
        permutations=settings.permutations, alpha=settings.alpha, correction=settings.correction, seed=settings.seed
    )
    histories = class_histories(series, graph, asked, months=settings.months)
    found = histories.table
    tested = found["emerging_class"] != NOT_ASSESSED
    columns = pd.DataFrame(
        {
            "emerging_class": found["emerging_class"].where(wards["hotspot_value"].notna(), ""),
            "emerging_word": found["emerging_word"].where(tested, ""),
        }
    )
    hot = found["emerging_class"].isin(HOT_AT_THE_END).astype("boolean").where(tested)
    return Finding(columns, hot, histories.notes)


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
    said = (Note("hotspots.scan", {"share": settings.max_population_share}),)
    return Finding(pd.DataFrame({"scan_cluster": number}), hot.where(wards.index.isin(known.index)), said)


HOT_AT_THE_END = tuple(
    f"{kind} hot" for kind in ("new", "consecutive", "intensifying", "persistent", "diminishing", "oscillating")
)
METHODS: dict[str, Method] = {
    "gi_star": Method(
        find_gi_star,
        ("gi_star_z", "gi_star_p", "gi_star_p_adjusted", "gi_star_hot", "gi_star_class"),
        "Gi*",
        "Getis-Ord Gi* (a ward and its neighbours together)",
        tests_neighbours=True,
    ),
    "local_moran": Method(
        find_local_moran,
        ("local_moran_i", "local_moran_p", "local_moran_p_adjusted", "local_moran_class"),
        "local Moran",
        "local Moran's I (a ward beside its neighbours)",
        tests_neighbours=True,
    ),
    "emerging": Method(
        find_emerging_classes,
        ("emerging_class", "emerging_word"),
        "emerging hot spots",
        "Gi* over space and time, with the pattern its periods make",
        needs=("series",),
    ),
    "scan": Method(
        find_scan_clusters,
        ("scan_cluster",),
        "the scan",
        "Kulldorff's scan statistic (circles with more crime inside than out)",
        needs=("outlines", "crimes", "exposure"),
    ),
}
"""Name of a method, as the study file has it -> the method."""


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
    engine: str = "own",
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
        engine: 'own', or 'esda' for anyone who wants the reference implementation: the same statistics, two orders of
            magnitude slower.
        mean_rate: a hot ward's own smoothed rate is above it; by default the mean smoothed rate of the assessed
            wards, weighted by population where the table has it.
        series: wards x periods that do not overlap, each column the last month of its period; for 'emerging'.
        months: months in a period of the series.
        seed: the only source of chance; the methods share the draws.

    Returns:
        The same rows and index with hotspot_value, the columns of the methods and hot_votes (how many methods call the
        ward hot). Wards that were not tested have missing or blank judgements, never False or 'cold'. `run_methods`
        also has what was chosen or could not be told.

    Raises:
        InputError: absent columns, repeated codes, codes that the graph lacks, unknown methods or options.

    >>> found = tp.find_hotspots(results.wards, results.graph, permutations=999, seed=1)
    >>> sorted(found["gi_star_class"].dropna().unique())[-1]
    'hot'
    """
    return run_methods(
        wards, graph, column=column, methods=methods, permutations=permutations, max_permutations=max_permutations,
        alpha=alpha, correction=correction, max_population_share=max_population_share, engine=engine,
        mean_rate=mean_rate, series=series, months=months, seed=seed,
    ).wards  # fmt: skip


def run_methods(
    wards: Wards,
    graph: Graph,
    *,
    column: str,
    methods: Sequence[str],
    permutations: int,
    max_permutations: int,
    alpha: float,
    correction: str,
    max_population_share: float,
    engine: str,
    mean_rate: float | None = None,
    series: pd.DataFrame | None = None,
    months: int = 1,
    seed: int,
) -> Tested[Wards]:
    """`find_hotspots` with what was chosen or could not be told: arguments and errors are its."""
    own_mean = float("nan") if mean_rate is None else mean_rate
    settings = Settings(permutations, alpha, correction, own_mean, seed, series, months, max_population_share, engine)
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
    if any("outlines" in METHODS[name].needs for name in methods) and isinstance(wards, gpd.GeoDataFrame):
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
    notes = (
        *_notes_on_draws(used, settings),
        *_notes_on_wards(assessed, tested["hotspot_value"], votes, column),
        *(note for finding, _ in used.values() for note in finding.notes),
    )
    drawn = {name: number for name, (_, number) in used.items()}
    log.info(
        "hot spots: %d wards, %d assessed, %d tested; permutations %s; %d hot by at least one method",
        len(wards), assessed.sum(), votes.notna().any(axis=1).sum(), drawn, (result["hot_votes"].fillna(0) > 0).sum(),
    )  # fmt: skip
    return Tested(result, notes, drawn, settings.mean_rate)


def _run(statistic: Statistic, wards: pd.DataFrame, graph: Graph, settings: Settings) -> LocalResult[pd.Series]:
    asked = {"permutations": settings.permutations, "seed": settings.seed}
    return ENGINES[settings.engine](statistic, wards["hotspot_value"], graph, alternative="two-sided", **asked)


def _draw_enough(name: str, wards: pd.DataFrame, graph: Graph, settings: Settings, most: int) -> tuple[Finding, int]:
    """Run a method, drawing ten times as many until it could have found something or reaches the most."""
    while True:
        finding = METHODS[name].run(wards, graph, settings)
        drawn = settings.permutations
        if drawn >= most or not _unresolved(name, finding, drawn, settings.alpha):
            return finding, drawn
        settings = replace(settings, permutations=min(10 * (drawn + 1) - 1, most))


def _unresolved(name: str, finding: Finding, permutations: int, alpha: float) -> bool:
    if not METHODS[name].tests_neighbours:
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
    held = {
        **{name: name in wards.columns for name in ("crimes", "exposure")},
        "outlines": isinstance(wards, gpd.GeoDataFrame), "series": settings.series is not None,
    }  # fmt: skip
    for name in methods:
        absent = [need for need in METHODS[name].needs if not held[need]] if name in METHODS else []
        if absent:
            needs = " and ".join(METHODS[name].needs)
            faults.append(f"hotspots.methods: '{name}' needs {needs}; absent: {', '.join(absent)}")
    if settings.engine not in ENGINES:
        faults.append(f"hotspots.engine is '{settings.engine}'; allowed are {', '.join(ENGINES)}")
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


def _notes_on_draws(used: Mapping[str, tuple[Finding, int]], asked: Settings) -> list[Note]:
    """Where the permutations asked for were too few to show anything, and whether more were enough."""
    methods: dict[tuple[str, int, int, int, int], list[str]] = {}
    for name, (finding, drawn) in used.items():
        if not METHODS[name].tests_neighbours:
            continue
        tests = int(finding.columns[f"{name}_p"].notna().sum())
        least = {number: smallest_k(tests, number, asked.alpha, correction=asked.correction)
                 for number in (asked.permutations, drawn)}  # fmt: skip
        if drawn > asked.permutations:
            key = ("hotspots.more_drawn", asked.permutations, least[asked.permutations], tests, drawn)
            methods.setdefault(key, []).append(METHODS[name].label)
        if _unresolved(name, finding, drawn, asked.alpha):
            methods.setdefault(("hotspots.cannot_tell", drawn, least[drawn], tests, drawn), []).append(
                METHODS[name].label
            )
    return [
        Note(code, {"methods": tuple(labels), "permutations": few, "least": least, "tests": tests, "drawn": drawn})
        for (code, few, least, tests, drawn), labels in methods.items()
    ]


def _notes_on_wards(assessed: NDArray[np.bool_], values: pd.Series, votes: pd.DataFrame, column: str) -> list[Note]:
    """Assessed wards that could not be tested, and votes that are nearly one."""
    notes = []
    without = int((assessed & values.isna()).sum())
    alone = int((values.notna() & votes.isna().all(axis=1)).sum())
    if without:
        notes.append(Note("hotspots.without_value", {"wards": without, "column": column}))
    if alone:
        notes.append(Note("hotspots.without_neighbour", {"wards": alone}))
    if sum(METHODS[name].tests_neighbours for name in votes.columns) > 1:
        notes.append(Note("hotspots.nearly_one_vote"))
    return notes
