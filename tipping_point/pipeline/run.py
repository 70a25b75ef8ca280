"""The order of the steps, and nothing else: a study in, checked tables and files out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
from libpysal.graph import Graph
from tqdm import tqdm

from tipping_point.areas.goal import describe_goal
from tipping_point.areas.rank import add_area_id
from tipping_point.config import Config
from tipping_point.disclosure.edition import OPEN
from tipping_point.measures.concentration import concentration
from tipping_point.measures.denominators import denominator_columns
from tipping_point.measures.index import Component
from tipping_point.measures.named import MEASURES
from tipping_point.measures.proxies import proxy_overlap
from tipping_point.measures.quarters import QUARTERS, YEARS, area_quarters, area_years
from tipping_point.measures.value import add_value
from tipping_point.measures.vulnerable import vli_columns
from tipping_point.measures.windows import split_months
from tipping_point.outputs.assurance import read_judgements, write_assurance
from tipping_point.outputs.charts import write_pictures
from tipping_point.outputs.cover import build_cover, describe_choices
from tipping_point.outputs.folder import fresh_folder, run_log, write_provenance
from tipping_point.outputs.maps import write_map
from tipping_point.outputs.pdf import why_no_pdf, write_pdf
from tipping_point.outputs.report import write_report
from tipping_point.outputs.shapes import outlines
from tipping_point.outputs.spreadsheets import write_spreadsheets
from tipping_point.outputs.tables import write_tables
from tipping_point.pipeline.beside import place_beside
from tipping_point.pipeline.choose import choose_areas
from tipping_point.pipeline.count import count_study
from tipping_point.pipeline.firm import judge_ranks
from tipping_point.pipeline.freeze import NOT_FIXED, compare_criteria
from tipping_point.pipeline.hot import test_hotspots
from tipping_point.pipeline.indicators import describe_indicators
from tipping_point.pipeline.measure import list_denominators, measure_wards
from tipping_point.pipeline.protect import Found, is_controlled, protect_study, refuse_unlicensed, threshold_of_crimes
from tipping_point.pipeline.read import (
    add_context,
    add_rows,
    crime_rows,
    describe_sources,
    prepare_wards,
    read_crimes,
)
from tipping_point.pipeline.tell import describe_areas, period_in_words
from tipping_point.pipeline.vocabulary import choose_weights
from tipping_point.schema import (
    RECORDS,
    WARDS,
    Column,
    Cover,
)
from tipping_point.wards.neighbours import graph_table
from tipping_point.wards.points import say_agreement
from tipping_point.wards.unplaced import UNPLACED, bound_unplaced, say_unplaced
from tipping_point.wards.vintages import PARTLY_KNOWN, say_partly_known

log = logging.getLogger(__name__)

Progress = Callable[[str], None]
"""Called with the name of each step as it starts."""

STEPS = (
    "Reading boundaries, lookups and population",
    "Reading deprivation and indicators",
    "Reading crimes",
    "Counting crimes in wards",
    "Rates and harm",
    "Lasting, rising or easing",
    "Composite index",
    "Testing for hot spots",
    "Asking how firm the ranks are",
    "Choosing areas",
    "Describing areas",
    "Writing tables",
    "Drawing the map and the report",
    "Drawing pictures and the PDF",
)


Record = tuple[pd.DataFrame, tuple[Column, ...]]
"""A table and what its columns mean."""


UNANALYSED = 3
"""The last steps, which write what the others made."""


@dataclass(frozen=True, repr=False)
class Results:
    """What a study made: every table that its folder holds."""

    config: Config
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
            f"{self.config.name}: {len(self.wards):,} wards ({assessed:,} assessed), {hot:,} hot, "
            f"{len(self.areas):,} candidate areas, {chosen:,} shortlisted"
        )


def show_steps() -> Callable[[], None]:
    """For `analyse(config, step=show_steps())`: a line that names the step that runs, in a terminal or a notebook."""
    bar = tqdm(total=len(STEPS) - UNANALYSED, bar_format="{n_fmt}/{total_fmt} {desc} [{elapsed}]", leave=False)
    names = iter(STEPS)

    def show() -> None:
        bar.update()
        bar.set_description_str(next(names))

    return show


def run_study(
    config: Config, *, output: Path, edition: str = "internal", command: str = "", today: date | None = None,
    progress: Progress | None = None, pdf: bool | None = None,
) -> Results:  # fmt: skip
    """The whole job: from the study's files to the tables, the map and the report in `output`.

    Args:
        config: from `read_study`.
        output: the study's folder; an earlier study there is replaced once this one is whole.
        edition: 'internal', marked on every page, or 'public', which refuses a source without a known licence.
        command: how the run was asked for, for provenance.
        today: the date of the run, by which later runs know whether the criteria changed; None is the clock's.
        progress: called with the name of each step.
        pdf: whether report.pdf is made, which takes long; None makes it of a study of up to 1,500 wards. Where it is
            not made, the log and the report say how to get it.

    Raises:
        InputError: the study or its data is at fault; nothing is left behind.
    """
    criteria = compare_criteria(config, output, today=today or date.today())
    earlier = read_judgements(output / "qa")
    steps = iter(STEPS)
    paths, discreet = [source.path for source in config.sources], is_controlled(config)
    with fresh_folder(output) as folder, run_log(folder / "run.log", inputs=paths, discreet=discreet):
        if discreet:
            log.info("Lines that tell of rows and counts are left out: small numbers are hidden in this study")

        def step() -> None:
            name = next(steps)
            log.info("--- %s", name)
            if progress:
                progress(name)

        results = analyse(config, edition=edition, criteria=criteria.sentence, step=step)
        step()
        write_tables(
            results.wards, results.areas, results.counts, results.coverage, results.reconciliation,
            graph_table(results.graph, results.wards), columns=results.columns, cover=results.cover, folder=folder,
            more={f"{name}.csv": record for name, record in results.records.items() if len(record[0])},
        )  # fmt: skip
        write_spreadsheets(
            results.wards, results.areas, results.cover, records=results.records, sources=results.sources,
            columns=results.columns, assurance=config.assurance, folder=folder,
        )  # fmt: skip
        write_assurance(
            results.cover, results.sources, records=results.records, assurance=config.assurance, earlier=earlier,
            folder=folder / "qa",
        )  # fmt: skip
        step()
        simple, no_pdf = outlines(results.wards), why_no_pdf(len(results.wards), asked=pdf)
        write_map(
            results.wards, results.areas, results.cover, coverage=results.coverage, columns=results.columns,
            counts=results.counts, sources=results.sources, contact=config.assurance.get("contact", ""),
            simple=simple, path=folder / "map.html",
        )  # fmt: skip
        report = write_report(
            results.wards, results.areas, results.cover, coverage=results.coverage,
            reconciliation=results.reconciliation, sources=results.sources, simple=simple,
            records={name: table for name, (table, _) in results.records.items()}, assurance=config.assurance,
            no_pdf=no_pdf, path=folder / "report.html",
        )  # fmt: skip
        step()
        write_pictures(results.wards, results.areas, results.cover, simple=simple, folder=folder)
        if no_pdf:
            log.info("pdf: %s", no_pdf)
        elif why_not := write_pdf(report, folder / "report.pdf").why_not:
            log.warning("%s", why_not)
        (folder / "study.toml").write_text(config.text, encoding="utf-8", newline="\n")
        write_provenance(
            folder, study=config.name, settings=_settings(config), sources=results.sources,
            synthetic=config.synthetic, choices=results.cover.choices, run={"command": command, "edition": edition},
            first_run=criteria.first_run,
        )  # fmt: skip
    return results


def analyse(
    config: Config, *, edition: str = "internal", criteria: str = NOT_FIXED, step: Callable[[], None] = lambda: None
) -> Results:
    """The steps from files to tables, without writing anything: for notebooks and tests.

    Args:
        config: from `read_study`.
        edition: as for `run_study`.
        criteria: what the outputs say of when the criteria were fixed.
        step: called as each step starts; `show_steps()` prints their names where a notebook shows them.
    """
    refuse_unlicensed(config, edition)
    weights = choose_weights(config)
    unread = describe_sources(config, {})
    step()
    prepared = prepare_wards(config)
    step()
    prepared, domain_weights = add_context(config, prepared)
    step()
    crimes = read_crimes(config, list(weights))
    step()
    found = count_study(config, prepared, crimes, measured=list(weights))
    counts = found.counted.counts
    step()
    measured = measure_wards(config, prepared, found, weights=weights, domain_weights=domain_weights, step=step)
    graph, components = measured.graph, measured.components
    step()
    wards = test_hotspots(config, measured.wards, graph, measured.monthly)
    hot_choices = wards.attrs.pop("choices", ())
    step()
    firm = judge_ranks(config, wards, counts, components=components, weights=weights)
    step()
    wards = add_value(firm.wards, counts, weights=weights, years=config.years, visitors=config.visitors,
                      kind=config.kind)  # fmt: skip
    value_choices = wards.attrs.pop("choices", ())
    chosen = choose_areas(config, wards, graph, counts, firm, weights=weights, components=components)
    wards = add_area_id(wards, chosen.areas)
    step()
    told = describe_areas(config, wards, graph, counts, chosen, prepared, weights=weights, components=components)
    # The rows of a file less those that are placed would be its losses, of which a small one is hidden.
    rows = prepared.rows if threshold_of_crimes(config) > OPEN else {**prepared.rows, **crime_rows(config, crimes)}
    sources = add_rows(unread, rows)
    wards, columns = _order(told.wards, config, components)
    shown = protect_study(
        config,
        Found(wards, told.areas, counts, found.coverage, found.counted.reconciliation, {
            "concentration": describe_concentration(wards, measured.monthly, seed=config.seed), **measured.tables,
            "choices": firm.compared, "sensitivity": firm.explained, "agreement": found.agreement,
            "unplaced": bound_unplaced(found.coverage, counts, wards), "flags": found.flags,
            "partly_known": prepared.partly_known, **told.tables,
        }),
        graph, types=list(weights), edition=edition, withheld=found.withheld,
    )  # fmt: skip
    listed = shown.areas[shown.areas["shortlisted"]]
    trend = area_quarters(shown.counts, listed, types=list(weights))
    tables = {
        **shown.tables, "trend": trend, "trend_years": area_years(trend),
        "context": place_beside(prepared.beside, shown.areas),
    }  # fmt: skip
    choices = [
        *shown.sentences, *found.sentences,
        *describe_choices(
            shown.wards, shown.areas, crimes.files, default_index=not (config.components or config.preset),
            method=config.method, repaired=prepared.repaired,
        ),
        *say_agreement(tables["agreement"]), *say_unplaced(tables["unplaced"]), *say_partly_known(prepared.partly_known),
        *measured.choices, *hot_choices, *value_choices, *chosen.sentences,
    ]  # fmt: skip
    cover = _cover(
        config, (shown.wards, shown.coverage, shown.reconciliation, sources, tables["concentration"]), weights,
        proxy_overlap(wards, counts, vocabulary=crimes.vocabulary), (edition, criteria), choices,
        (*firm.sentences, *describe_goal(shown.areas, shown.wards, baseline=period_in_words(config))),
    )  # fmt: skip
    known = {
        **RECORDS,
        "unplaced": UNPLACED,
        "partly_known": PARTLY_KNOWN,
        "trend": QUARTERS,
        "trend_years": YEARS,
        "denominators": denominator_columns(list_denominators(config)),
    }
    return Results(
        config, shown.wards, shown.areas, shown.counts, shown.coverage, shown.reconciliation, graph, sources, cover,
        columns, records={name: (table, known[name]) for name, table in tables.items()},
    )  # fmt: skip


def describe_concentration(wards: gpd.GeoDataFrame, monthly: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """How concentrated the measure is, year by year, in the whole study and in each force, against chance."""
    years = split_months(monthly.reindex(wards.index), months=min(12, monthly.shape[1]), step=12).counts
    years = years.where(wards["assessed"])
    people = wards["population"].where(wards["population"] > 0, 0.0).fillna(0.0)
    parts = [concentration(years, exposure=people, seed=seed)]
    if wards.loc[wards["assessed"], "force_name"].nunique() > 1:
        parts.append(concentration(years, wards["force_name"], exposure=people, seed=seed))
    return pd.concat(parts, ignore_index=True).query("crimes > 0")


def _order(
    wards: gpd.GeoDataFrame, config: Config, components: Sequence[Component]
) -> tuple[gpd.GeoDataFrame, tuple[Column, ...]]:
    """The columns in the order of the schema, then components, then indicators; and what the last two mean."""
    columns = [
        Column(
            f"component_{name}",
            f"{name} as it entered the index: {config.scale} among the assessed wards of the country",
            "0-100" if config.scale != "z" else "z",
            "higher",
        )
        for name in dict.fromkeys(component.column for component in components)
    ]
    columns += describe_indicators(config)
    for source in config.of("signal"):
        name, worse = source.options["name"], source.options["worse"]
        counted = source.options["combine"] == "sum"
        meaning = f"{name}, from {source.path.name}: {'how many in the period' if counted else 'mean of its values'}"
        columns.append(Column(name, meaning, "number" if counted else "", worse))
        if counted:
            columns.append(Column(f"{name}_rate", f"{name} per 1,000 residents a year", "per 1,000 a year", worse))
    if config.preset:
        columns += vli_columns()
    known = [column.name for column in WARDS if column.name in wards.columns]
    return wards[[*known, *(column.name for column in columns), "geometry"]], tuple(columns)


def _settings(config: Config) -> dict[str, object]:
    shown = ("measure", "assign", "minimum", "denominator", "daytime", "column", "methods", "permutations",
             "max_permutations", "alpha", "correction", "max_population_share", "scale", "combine", "components",
             "method", "areas", "votes", "limits", "per_authority", "include", "exclude", "seed", "area",
             "ward_year", "criteria", "years", "visitors", "kind", "simulations", "selections", "variance")  # fmt: skip
    return {name: getattr(config, name) for name in shown}


def _cover(
    config: Config, tables: tuple[pd.DataFrame, ...], weights: Mapping[str, float], overlap: tuple[int, int],
    face: tuple[str, str], choices: Sequence[str], findings: Sequence[str],
) -> Cover:  # fmt: skip
    named = config.measure if isinstance(config.measure, str) else "own"
    measure = MEASURES.get(named)
    return build_cover(
        *tables,
        study=config.name, area=config.place or " and ".join(config.area) or config.name,
        start=config.start, end=config.end,
        measure=named, measure_label=measure.label if measure else "the study's own measure of crime",
        measure_types=list(weights), proxy_note=measure.proxy_note if measure else "",
        overlap=overlap, edition=face[0], criteria=face[1],
        assurance=config.assurance, choices=choices, findings=findings,
        settings=_settings(config),
    )  # fmt: skip
