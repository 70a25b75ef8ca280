"""From what the analysis made to what is shown of it: tables that may be shown, sentences, and the cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
from libpysal.graph import Graph

from tipping_point.areas.select import Selection
from tipping_point.disclosure.edition import OPEN
from tipping_point.disclosure.view import Record, View
from tipping_point.measures.denominators import denominator_columns
from tipping_point.measures.index import Component
from tipping_point.measures.named import MEASURES
from tipping_point.measures.proxies import proxy_overlap
from tipping_point.measures.quarters import QUARTERS, YEARS, area_quarters, area_years
from tipping_point.measures.scaling import SCALES
from tipping_point.measures.simulate import COUNTED
from tipping_point.measures.vulnerable import vli_columns
from tipping_point.outputs.cover import build_cover, describe_choices
from tipping_point.pipeline.beside import place_beside
from tipping_point.pipeline.choose import Chosen
from tipping_point.pipeline.count import Placed
from tipping_point.pipeline.describe import Described, period_in_words
from tipping_point.pipeline.firm import Firm
from tipping_point.pipeline.indicators import describe_indicators
from tipping_point.pipeline.measure import Measured, list_denominators
from tipping_point.pipeline.protect import Found, is_controlled, protect_study, threshold_of_crimes
from tipping_point.pipeline.read import Crimes, Prepared, add_rows, crime_rows
from tipping_point.pipeline.vocabulary import measured_flag
from tipping_point.study import Study
from tipping_point.tables import AREAS, RECORDS, WARDS, WORKING, Column, Cover
from tipping_point.text.areas import describe_goal
from tipping_point.text.hotspots import describe_association
from tipping_point.wards.neighbours import graph_table
from tipping_point.wards.points import say_agreement
from tipping_point.wards.unplaced import UNPLACED, bound_unplaced, say_unplaced
from tipping_point.wards.vintages import PARTLY_KNOWN, say_partly_known


@dataclass(frozen=True, repr=False)
class Results:
    """What a study made: its tables as they may be shown, and what they were made with."""

    study: Study
    view: View
    graph: Graph
    """Contiguity of the wards."""
    vocabulary: str
    """Whose crime types they are."""
    weights: Mapping[str, float]
    """Crime type of the measure -> its severity weight."""
    components: tuple[Component, ...]
    """Of the index."""
    selection: Selection | None
    """For a choice by value: what it was made from, and its proof. None where small numbers are hidden."""

    @property
    def wards(self) -> gpd.GeoDataFrame:
        """One row per ward, with outlines."""
        return self.view.wards

    @property
    def areas(self) -> gpd.GeoDataFrame:
        """One row per area, chosen or next, with outlines."""
        return self.view.areas

    @property
    def counts(self) -> pd.DataFrame:
        """Ward, month, crime type and crimes."""
        return self.view.counts

    @property
    def coverage(self) -> pd.DataFrame:
        """Which force published which month."""
        return self.view.coverage

    @property
    def reconciliation(self) -> pd.DataFrame:
        """The account of every row."""
        return self.view.reconciliation

    @property
    def sources(self) -> pd.DataFrame:
        """What was read."""
        return self.view.sources

    @property
    def cover(self) -> Cover:
        """What every output says on its face."""
        return self.view.cover

    @property
    def columns(self) -> tuple[Column, ...]:
        """What the columns are that no other study has."""
        return self.view.columns

    @property
    def records(self) -> Mapping[str, Record]:
        """Further tables by name, each with what its columns mean."""
        return self.view.records

    @property
    def notes(self) -> tuple[str, ...]:
        """What was chosen automatically, hidden or lost, in sentences."""
        return self.view.cover.choices

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
    association: pd.DataFrame
    """How crime lies over the study as a whole."""


def present(study: Study, made: Made, *, edition: str, criteria: str) -> Results:
    """The tables as they may be shown, and what is said beside them.

    Args:
        study: the study.
        made: what the steps of the analysis made.
        edition: 'internal' or 'public'.
        criteria: what the outputs say of when the criteria were fixed.
    """
    wards, columns = _order(made.described.wards, study, made.measured.components)
    found = _find(made, wards)
    known = {**RECORDS, "unplaced": UNPLACED, "partly_known": PARTLY_KNOWN, "trend": QUARTERS, "trend_years": YEARS,
             "denominators": denominator_columns(list_denominators(study))}  # fmt: skip
    known |= {"wards": (*WARDS, *columns), "areas": AREAS}
    _check_described({**found.tables, "wards": found.wards, "areas": found.areas}, known)
    shown = protect_study(
        study, found, made.measured.graph, columns=known, types=list(made.weights), edition=edition,
        withheld=made.placed.withheld,
    )  # fmt: skip
    trend = area_quarters(shown.counts, shown.areas[shown.areas["shortlisted"]], types=list(made.weights))
    tables = {
        **shown.tables, "trend": trend, "trend_years": area_years(trend),
        "context": place_beside(made.prepared.beside, shown.areas),
    }  # fmt: skip
    sources = add_rows(made.sources, _rows(study, made))
    view = View(
        wards=shown.wards, areas=shown.areas, counts=shown.counts, coverage=shown.coverage,
        reconciliation=shown.reconciliation, neighbours=graph_table(made.measured.graph, shown.wards),
        sources=sources, cover=_cover(study, made, shown, tables, sources, (edition, criteria)), columns=columns,
        records={name: (table, tuple(known[name])) for name, table in tables.items()},
    )  # fmt: skip
    return Results(
        study, view, made.measured.graph, made.crimes.vocabulary, made.weights, tuple(made.measured.components),
        None if is_controlled(study) else made.chosen.selection,
    )  # fmt: skip


def _find(made: Made, wards: gpd.GeoDataFrame) -> Found:
    """Every table of the analysis, before anything is hidden."""
    placed, counts = made.placed, made.placed.counted.counts
    tables = {
        "concentration": made.described.concentration,
        **made.measured.tables,
        "choices": made.firm.compared,
        "sensitivity": made.firm.explained,
        "spatial_association": made.association,
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
            "score" if name in COUNTED else "nothing",
        )
        for name in dict.fromkeys(component.column for component in components)
    ]
    columns += describe_indicators(study)
    for source in study.of("signal"):
        name, worse = source.options["name"], source.options["worse"]
        counted = source.options["combine"] == "sum"
        meaning = f"{name}, from {source.path.name}: {'how many in the period' if counted else 'mean of its values'}"
        columns.append(Column(name, meaning, "number" if counted else "", worse, "derived"))
        if counted:
            rate = f"{name} per 1,000 residents a year"
            columns.append(Column(f"{name}_rate", rate, "per 1,000 a year", worse, "derived"))
    if study.index.preset:
        columns += vli_columns()
    order = [*(column.name for column in (*WARDS, *columns) if column.name in wards.columns), "geometry"]
    rest = [name for name in wards.columns if name not in {*order, *WORKING}]
    return wards[[*order, *rest]], tuple(columns)


def _check_described(tables: Mapping[str, pd.DataFrame], known: Mapping[str, Sequence[Column]]) -> None:
    """Every column of every table has its one definition: none is dropped, and none is shown that nothing describes."""
    unknown = [
        f"{table}: {name}"
        for table, rows in tables.items()
        for name in rows.columns.drop("geometry", errors="ignore")
        if name not in {column.name for column in known.get(table, ())}
    ]
    if unknown:
        raise LookupError(f"columns without a definition in tables/columns.py: {', '.join(unknown)}")


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
    arranged = describe_association(tables["spatial_association"].dropna(subset=["value"]))
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
        assurance=study.assurance.said, choices=choices, findings=(*made.firm.sentences, *goal, *arranged),
        settings=settings_of(study),
    )  # fmt: skip
