"""What a study will read, what is missing and what is stale, before it is run."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from tipping_point.facts.catalogue import stale_notes
from tipping_point.facts.known_gaps import read_known_gaps
from tipping_point.pipeline.read import add_context, describe_sources, list_crimes, prepare_wards
from tipping_point.pipeline.vocabulary import choose_weights
from tipping_point.study import Study
from tipping_point.tables import months_between
from tipping_point.wards.coverage import add_coverage, build_coverage, require_assessed, say_gaps, say_not_assessed


@dataclass(frozen=True)
class Findings:
    """What `check` found: what will be read, what is missing, what is stale; sentences in order."""

    reads: tuple[str, ...]
    missing: tuple[str, ...]
    stale: tuple[str, ...]
    coverage: pd.DataFrame = field(repr=False)


def check_study(study: Study) -> Findings:
    """What will be read, what is missing and what is stale: everything is opened but no crime row is read.

    Raises:
        InputError: wherever `run_study` would raise before it reads crimes.

    >>> len(tp.check_study(study).reads) > 5
    True
    """
    choose_weights(study)
    prepared, _ = add_context(study, prepare_wards(study))
    files = list_crimes(study)
    months = months_between(study.period.start, study.period.end)
    # The rows are not read yet: the size of a force's files tells a half from a whole month nearly as well.
    sized = files.assign(rows=files["bytes"], rows_without_place=0, damaged=False)
    coverage = build_coverage(sized, prepared.wards, months=months, gaps=read_known_gaps())
    wards = add_coverage(prepared.wards, coverage, minimum=study.coverage.minimum)
    # Only rows decide that a month is partial: what its size alone makes unassessed is told and not refused.
    present = coverage.assign(status=coverage["status"].replace("partial", "complete"))
    require_assessed(add_coverage(prepared.wards, present, minimum=study.coverage.minimum), present)
    coverage[["rows", "rows_without_place", "share_without_place", "rise_if_spread"]] = pd.NA
    reads = [f"{source.section}: {source.path.name}" for source in study.sources.all]
    reads.append(f"crime files in the period: {len(files)}, of {files['force'].nunique()} forces")
    reads.append(
        f"wards in the study's area: {len(wards):,}, of which {int(wards['assessed'].sum()):,} can be assessed"
    )
    missing = say_gaps(coverage)
    missing += say_not_assessed(wards)
    sources = describe_sources(study, prepared.rows)
    return Findings(tuple(reads), tuple(missing), tuple(stale_notes(sources, end=study.period.end)), coverage)
