"""The order of the steps, and nothing else: a study in, checked tables and files out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from tipping_point.areas.group import add_area_id
from tipping_point.disclosure.view import View
from tipping_point.hotspots.reference import measure_association
from tipping_point.measures.value import add_value
from tipping_point.outputs.assurance import read_judgements, write_assurance
from tipping_point.outputs.charts import write_pictures
from tipping_point.outputs.folder import (
    MARK,
    PICTURES,
    QA,
    RUN,
    fresh_folder,
    keep_others,
    list_files,
    run_log,
    write_provenance,
)
from tipping_point.outputs.maps import write_map
from tipping_point.outputs.pages import write_text
from tipping_point.outputs.pdf import why_no_pdf, write_pdf
from tipping_point.outputs.pictures import DETAIL as REPORT_DETAIL
from tipping_point.outputs.report import write_report
from tipping_point.outputs.shapes import coarser, outlines
from tipping_point.outputs.spreadsheets import write_spreadsheets
from tipping_point.outputs.tables import write_tables
from tipping_point.pipeline.choose import choose_areas
from tipping_point.pipeline.count import count_study
from tipping_point.pipeline.describe import describe_areas
from tipping_point.pipeline.firm import judge_ranks
from tipping_point.pipeline.freeze import NOT_FIXED, compare_criteria
from tipping_point.pipeline.hot import find_study_hotspots
from tipping_point.pipeline.measure import measure_wards
from tipping_point.pipeline.present import Made, Results, present, settings_of
from tipping_point.pipeline.protect import is_controlled, refuse_unlicensed
from tipping_point.pipeline.read import (
    add_context,
    describe_sources,
    prepare_wards,
    read_crimes,
)
from tipping_point.pipeline.vocabulary import choose_weights
from tipping_point.study import Study
from tipping_point.tables import Cover
from tipping_point.text.files import describe_files
from tipping_point.text.notes import say_notes

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


UNANALYSED = 3
"""The last steps, which write what the others made."""


def show_steps() -> Callable[[], None]:
    """For `analyse(study, step=show_steps())`: a line that names the step that runs, in a terminal or a notebook.

    >>> step = tp.show_steps()
    """
    bar = tqdm(total=len(STEPS) - UNANALYSED, bar_format="{n_fmt}/{total_fmt} {desc} [{elapsed}]", leave=False)
    names = iter(STEPS)

    def show() -> None:
        bar.update()
        bar.set_description_str(next(names))

    return show


def run_study(
    study: Study, *, output: Path, edition: str = "internal", command: str = "", today: date | None = None,
    progress: Progress | None = None, pdf: bool | None = None,
) -> Results:  # fmt: skip
    """The whole job: from the study's files to the tables, the map and the report in `output`.

    Args:
        study: from `read_study`.
        output: the study's folder; an earlier study there is replaced once this one is whole.
        edition: 'internal', marked on every page, or 'public', which refuses a source without a known licence.
        command: how the run was asked for, for provenance.
        today: the date of the run, by which later runs know whether the criteria changed; None is the clock's.
        progress: called with the name of each step.
        pdf: None makes report.pdf of page one and the areas; True of the whole report, which takes long for a nation;
            False makes none, which the log and the report say.

    Raises:
        InputError: the study or its data is at fault; nothing is left behind.

    >>> bool(tp.run_study(study, output=folder / "out").areas["shortlisted"].any())
    True
    """
    criteria = compare_criteria(study, output, today=today or date.today())
    earlier = read_judgements(output / QA)
    steps = iter(STEPS)
    paths, discreet = [source.path for source in study.sources.all], is_controlled(study)
    with fresh_folder(output) as folder, run_log(folder / RUN / "run.log", inputs=paths, discreet=discreet):
        if discreet:
            log.info("Lines that tell of rows and counts are left out: small numbers are hidden in this study")

        def step() -> None:
            name = next(steps)
            log.info("--- %s", name)
            if progress:
                progress(name)

        results = analyse(study, edition=edition, criteria=criteria.sentence, step=step)
        _write_outputs(results.view, study.assurance.said, folder, earlier=earlier, pdf=pdf, step=step)
        write_text(folder / RUN / "study.toml", study.text)
        kept = keep_others(output, folder)
        _write_readme(folder, results.cover, kept)
        write_provenance(
            folder, study=study.name, settings=settings_of(study), sources=results.sources,
            synthetic=study.study.synthetic, choices=results.notes, run={"command": command, "edition": edition},
            first_run=criteria.first_run, kept=kept,
        )  # fmt: skip
    return results


def _write_outputs(
    view: View, assurance: Mapping[str, str], folder: Path, *, earlier: Mapping[str, pd.DataFrame], pdf: bool | None,
    step: Callable[[], None],
) -> None:  # fmt: skip
    """Everything that people open. It is given the view alone: nothing that is hidden can reach a file."""
    step()
    write_tables(
        view.wards, view.areas, view.counts, view.coverage, view.reconciliation, view.neighbours, columns=view.columns,
        cover=view.cover, folder=folder,
        more={f"{name}.csv": record for name, record in view.records.items() if len(record[0])},
    )  # fmt: skip
    write_spreadsheets(
        view.wards, view.areas, view.cover, records=view.records, sources=view.sources, columns=view.columns,
        assurance=assurance, folder=folder,
    )  # fmt: skip
    write_assurance(
        view.cover, view.sources, records=view.records, assurance=assurance, earlier=earlier, folder=folder / QA
    )
    step()
    simple, no_pdf = outlines(view.wards), why_no_pdf(asked=pdf)
    write_map(
        view.wards, view.areas, view.cover, coverage=view.coverage, columns=view.columns, counts=view.counts,
        sources=view.sources, contact=assurance.get("contact", ""), simple=simple, path=folder / "map.html",
    )  # fmt: skip
    report = write_report(
        view.wards, view.areas, view.cover, coverage=view.coverage, reconciliation=view.reconciliation,
        sources=view.sources, simple=coarser(simple, detail=REPORT_DETAIL),
        records={name: table for name, (table, _) in view.records.items()}, assurance=assurance, no_pdf=no_pdf,
        path=folder / "report.html",
    )  # fmt: skip
    step()
    write_pictures(view.wards, view.areas, view.cover, simple=simple, folder=folder / PICTURES)
    if no_pdf:
        log.info("pdf: %s", no_pdf)
    elif why_not := write_pdf(report, folder / "report.pdf", whole=bool(pdf)).why_not:
        log.warning("%s", why_not)


def _write_readme(folder: Path, cover: Cover, kept: Sequence[str]) -> None:
    """README.txt: what each file of the folder is, the two that are written after it included."""
    names = dict.fromkeys([*list_files(folder), "README.txt", MARK])
    write_text(folder / "README.txt", describe_files(names, title=f"{cover.title}. {cover.stamp}", kept=kept))


def analyse(
    study: Study, *, edition: str = "internal", criteria: str = NOT_FIXED, step: Callable[[], None] = lambda: None
) -> Results:
    """The steps from files to tables, without writing anything: for notebooks and tests.

    Args:
        study: from `read_study`.
        edition: as for `run_study`.
        criteria: what the outputs say of when the criteria were fixed.
        step: called as each step starts; `show_steps()` prints their names where a notebook shows them.

    >>> tp.analyse(study).study.name
    'Demo city: Marrowby Bay (SYNTHETIC)'
    """
    refuse_unlicensed(study, edition)
    weights = choose_weights(study)
    unread = describe_sources(study, {})
    step()
    prepared = prepare_wards(study)
    step()
    prepared, domain_weights = add_context(study, prepared)
    step()
    crimes = read_crimes(study, list(weights))
    step()
    found = count_study(study, prepared, crimes, measured=list(weights))
    counts = found.counted.counts
    step()
    measured = measure_wards(study, prepared, found, weights=weights, domain_weights=domain_weights, step=step)
    graph, components = measured.graph, measured.components
    step()
    tested = find_study_hotspots(study, measured.wards, graph, measured.monthly)
    wards = tested.wards
    association = measure_association(wards, graph, seed=study.seed)
    step()
    firm = judge_ranks(study, wards, counts, components=components, weights=weights)
    step()
    wards = add_value(firm.wards, counts, weights=weights, years=study.areas.years, visitors=study.areas.visitors,
                      kind=study.areas.kind)  # fmt: skip
    value_choices = wards.attrs.pop("choices", ())
    chosen = choose_areas(study, wards, graph, counts, firm, weights=weights, components=components)
    wards = add_area_id(wards, chosen.areas)
    step()
    described = describe_areas(
        study, wards, graph, counts, chosen, prepared, monthly=measured.monthly, weights=weights,
        components=components,
    )  # fmt: skip
    choices = (*say_notes(tested.notes), *value_choices)
    made = Made(
        prepared, crimes, found, measured, firm, chosen, described, weights, unread, choices, association
    )  # fmt: skip
    return present(study, made, edition=edition, criteria=criteria)
