"""From what the analysis made to what is shown of it: tables that may be shown, sentences, and the cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
from libpysal.graph import Graph

from tipping_point.disclosure.edition import OPEN
from tipping_point.measures.denominators import denominator_columns
from tipping_point.measures.index import Component
from tipping_point.measures.named import MEASURES
from tipping_point.measures.proxies import proxy_overlap
from tipping_point.measures.quarters import QUARTERS, YEARS, area_quarters, area_years
from tipping_point.measures.scaling import SCALES
from tipping_point.measures.vulnerable import vli_columns
from tipping_point.outputs.cover import build_cover, describe_choices
from tipping_point.pipeline.beside import place_beside
from tipping_point.pipeline.choose import Chosen
from tipping_point.pipeline.count import Placed
from tipping_point.pipeline.describe import Described, period_in_words
from tipping_point.pipeline.firm import Firm
from tipping_point.pipeline.indicators import describe_indicators
from tipping_point.pipeline.measure import Measured, list_denominators
from tipping_point.pipeline.protect import Found, protect_study, threshold_of_crimes
from tipping_point.pipeline.read import Crimes, Prepared, add_rows, crime_rows
from tipping_point.pipeline.vocabulary import measured_flag
from tipping_point.study import Study
from tipping_point.tables import RECORDS, WARDS, Column, Cover
from tipping_point.text.areas import describe_goal
from tipping_point.wards.points import say_agreement
from tipping_point.wards.unplaced import UNPLACED, bound_unplaced, say_unplaced
from tipping_point.wards.vintages import PARTLY_KNOWN, say_partly_known

Record = tuple[pd.DataFrame, tuple[Column, ...]]
"""A table and what its columns mean."""


@dataclass(frozen=True, repr=False)
class Results:
    """What a study made: every table that its folder holds."""

    study: Study
    wards: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    counts: pd.DataFrame
    coverage: pd.DataFrame
    reconciliation: pd.DataFrame
    graph: Graph
    sources: pd.DataFrame
    cover: Cover
    columns: tuple[Column, ...]
    records: Mapping[str, Record]
    """Further tables by the name of their file without its ending, each with what its columns mean."""

    def __repr__(self) -> str:
        assessed = int(self.wards["assessed"].sum())
        hot = int((self.wards["hot_votes"].fillna(0) > 0).sum())
        chosen = int(self.areas["shortlisted"].sum())
        return (
            f"{self.study.name}: {len(self.wards):,} wards ({assessed:,} assessed), {hot:,} hot, "
            f"{len(self.areas):,} candidate areas, {chosen:,} shortlisted"
        )


@dataclass(frozen=True)
class Made:
    """What the steps of the analysis made, in their order."""

    prepared: Prepared
    crimes: Crimes
    placed: Placed
    measured: Measured
    firm: Firm
    chosen: Chosen
    described: Described
    weights: Mapping[str, float]
    sources: pd.DataFrame
    choices: tuple[str, ...]
    """What the tests and the values chose by themselves."""


def present(study: Study, made: Made, *, edition: str, criteria: str) -> Results:
    """The tables as they may be shown, and what is said beside them.

    Args:
        study: the study.
        made: what the steps of the analysis made.
        edition: 'internal' or 'public'.
        criteria: what the outputs say of when the criteria were fixed.
    """
    wards, columns = _order(made.described.wards, study, made.measured.components)
    shown = protect_study(
        study, _find(made, wards), made.measured.graph, types=list(made.weights), edition=edition,
        withheld=made.placed.withheld,
    )  # fmt: skip
    trend = area_quarters(shown.counts, shown.areas[shown.areas["shortlisted"]], types=list(made.weights))
    tables = {
        **shown.tables, "trend": trend, "trend_years": area_years(trend),
        "context": place_beside(made.prepared.beside, shown.areas),
    }  # fmt: skip
    sources = add_rows(made.sources, _rows(study, made))
    known = {
        **RECORDS,
        "unplaced": UNPLACED,
        "partly_known": PARTLY_KNOWN,
        "trend": QUARTERS,
        "trend_years": YEARS,
        "denominators": denominator_columns(list_denominators(study)),
    }
    return Results(
        study, shown.wards, shown.areas, shown.counts, shown.coverage, shown.reconciliation, made.measured.graph,
        sources, _cover(study, made, shown, tables, sources, (edition, criteria)), columns,
        records={name: (table, known[name]) for name, table in tables.items()},
    )  # fmt: skip


def _find(made: Made, wards: gpd.GeoDataFrame) -> Found:
    """Every table of the analysis, before anything is hidden."""
    placed, counts = made.placed, made.placed.counted.counts
    tables = {
        "concentration": made.described.concentration,
        **made.measured.tables,
        "choices": made.firm.compared,
        "sensitivity": made.firm.explained,
        "agreement": placed.agreement,
        "unplaced": bound_unplaced(placed.coverage, counts, wards),
        "flags": placed.flags,
        "partly_known": made.prepared.partly_known,
        **made.described.tables,
    }
    return Found(wards, made.described.areas, counts, placed.coverage, placed.counted.reconciliation, tables)


def _rows(study: Study, made: Made) -> Mapping[Path, int]:
    """Rows read of each source. Those of a file less what is placed would be its losses, of which some are hidden."""
    own = {} if threshold_of_crimes(study) > OPEN else crime_rows(study, made.crimes)
    return {**made.prepared.rows, **own}


def _order(
    wards: gpd.GeoDataFrame, study: Study, components: Sequence[Component]
) -> tuple[gpd.GeoDataFrame, tuple[Column, ...]]:
    """The columns in the order of the schema, then components, then indicators; and what the last two mean."""
    columns = [
        Column(
            f"component_{name}",
            f"{name} as it entered the index: {study.index.scale} among the assessed wards of the country",
            SCALES[study.index.scale].unit,
            "higher",
        )
        for name in dict.fromkeys(component.column for component in components)
    ]
    columns += describe_indicators(study)
    for source in study.of("signal"):
        name, worse = source.options["name"], source.options["worse"]
        counted = source.options["combine"] == "sum"
        meaning = f"{name}, from {source.path.name}: {'how many in the period' if counted else 'mean of its values'}"
        columns.append(Column(name, meaning, "number" if counted else "", worse))
        if counted:
            columns.append(Column(f"{name}_rate", f"{name} per 1,000 residents a year", "per 1,000 a year", worse))
    if study.index.preset:
        columns += vli_columns()
    known = [column.name for column in WARDS if column.name in wards.columns]
    return wards[[*known, *(column.name for column in columns), "geometry"]], tuple(columns)


def settings_of(study: Study) -> dict[str, object]:
    """The settings that provenance records and templates show."""
    shown = ("measure", "assign", "minimum", "denominator", "daytime", "column", "methods", "permutations",
             "max_permutations", "alpha", "correction", "max_population_share", "scale", "combine", "components",
             "method", "areas", "votes", "limits", "per_authority", "include", "exclude", "seed", "area",
             "ward_year", "criteria", "years", "visitors", "kind", "simulations", "selections", "variance")  # fmt: skip
    settings = study.settings()
    return {name: settings[name] for name in shown}


def _cover(
    study: Study, made: Made, shown: Found, tables: Mapping[str, pd.DataFrame], sources: pd.DataFrame,
    face: tuple[str, str],
) -> Cover:  # fmt: skip
    """The face of the outputs; every sentence of it is made of what may be shown."""
    named = study.measure if isinstance(study.measure, str) else "own"
    measure = MEASURES.get(named)
    counts, vocabulary = made.placed.counted.counts, made.crimes.vocabulary
    choices = [
        *shown.sentences,
        *made.placed.sentences,
        *describe_choices(
            shown.wards, shown.areas, made.crimes.files, default_index=not (study.components or study.index.preset),
            method=study.areas.method, repaired=made.prepared.repaired,
        ),
        *say_agreement(tables["agreement"]),
        *say_unplaced(tables["unplaced"]),
        *say_partly_known(made.prepared.partly_known),
        *made.measured.choices,
        *made.choices,
        *made.chosen.sentences,
    ]  # fmt: skip
    goal = describe_goal(shown.areas, shown.wards, baseline=period_in_words(study))
    return build_cover(
        shown.wards, shown.coverage, shown.reconciliation, sources, tables["concentration"],
        study=study.name, area=study.study.place or " and ".join(study.area) or study.name,
        start=study.period.start, end=study.period.end,
        measure=named, measure_label=measure.label if measure else "the study's own measure of crime",
        measure_types=list(made.weights), proxy_note=measure.proxy_note if measure else "",
        # What the force itself marked is no proxy, and needs no word on how far proxies agree.
        overlap=(0, 0) if measured_flag(study) else proxy_overlap(made.described.wards, counts, vocabulary=vocabulary),
        edition=face[0], criteria=face[1],
        assurance=study.assurance.said, choices=choices, findings=(*made.firm.sentences, *goal),
        settings=settings_of(study),
    )  # fmt: skip
