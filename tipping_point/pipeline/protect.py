"""What a study may show of sources about single people: every table after the analysis and before any output."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd
from libpysal.graph import Graph

from tipping_point.disclosure.edition import OPEN, SENSITIVE, check_edition, threshold_of
from tipping_point.disclosure.protect import LARGEST, Protected, protect_counts
from tipping_point.disclosure.suppress import suppress_small
from tipping_point.disclosure.tables import (
    blank,
    hide,
    protect_ledgers,
    protect_table,
    protect_tables,
    rows_of,
)
from tipping_point.facts.catalogue import find_dataset
from tipping_point.measures.scaling import SCALES
from tipping_point.pipeline.vocabulary import INCIDENTS, measured_flag
from tipping_point.study import Source, Study
from tipping_point.tables import WARDS, Column
from tipping_point.wards.neighbours import graph_table

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """What the analysis made, or what of it may be shown."""

    wards: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    counts: pd.DataFrame
    coverage: pd.DataFrame
    reconciliation: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    sentences: tuple[str, ...] = ()
    """What was hidden, and why."""


def licence_of(study: Study, source: Source) -> str:
    """The licence of a source: as the study gives it, else that of its dataset; '' where none is known."""
    if given := source.options.get("licence"):
        return str(given)
    key = str(source.options.get("dataset", ""))
    known = find_dataset(
        source.path, section=source.section, kind=source.kind, synthetic=study.study.synthetic, key=key
    )  # fmt: skip
    return known.licence


def refuse_unlicensed(study: Study, edition: str) -> None:
    """Refuse a public edition of a source that nobody has licensed for publication, before anything is read."""
    check_edition({source.path.name: licence_of(study, source) for source in study.sources.all}, edition=edition)


def least_shown(source: Source) -> int:
    """The least number of a source that is shown; 1 where all are."""
    # A signal is read as a file of incidents, and is about people as one is.
    kind = INCIDENTS if source.section == "signal" else source.kind
    return threshold_of(kind, source.options.get("threshold"))


def threshold_of_crimes(study: Study) -> int:
    """The least number of crimes shown: of several files the most careful."""
    return max((least_shown(source) for source in study.of("crime")), default=OPEN)


def is_controlled(study: Study) -> bool:
    """Whether small numbers of some source are hidden."""
    return any(least_shown(source) > OPEN for source in study.sources.all)


def protect_study(
    study: Study, found: Found, graph: Graph, *, columns: Mapping[str, Sequence[Column]], types: Sequence[str],
    edition: str, withheld: pd.Series,
) -> Found:  # fmt: skip
    """The tables without small numbers and what would give them away; as they are where no source asks for it.

    Args:
        study: the study.
        found: what the analysis made.
        graph: neighbours.
        columns: what the columns of 'wards', 'areas' and every further table are, and what each gives away.
        types: crime types of the study's measure.
        edition: 'internal' or 'public'.
        withheld: booleans on the index of the counts, held back by their publisher.
    """
    shown = _protect_indicators(study, found)
    threshold = threshold_of_crimes(study)
    if threshold == OPEN:
        return shown
    protected = protect_counts(
        found.counts,
        found.wards,
        types=types,
        threshold=threshold,
        edition=edition,
        withheld=withheld,
        # What is marked is rare by month: with months hardly a ward could keep its total.
        detail=study.crime.detail or ("period" if measured_flag(study) else None),
    )
    hidden = protected.wards
    scores, told = _with_harm(study, edition)
    hiding = hide(hidden, graph_table(graph, found.wards), scores=scores, told=told)
    account, coverage = protect_ledgers(
        shown.reconciliation, shown.coverage, threshold=threshold, months=protected.hidden_months
    )
    tables = protect_tables(shown.tables, columns, hiding, threshold=threshold)
    if "flags" in tables:
        tables["flags"] = _protect_flags(tables["flags"], found.wards, threshold)
    return Found(
        wards=protect_table(shown.wards, columns["wards"], hiding),
        areas=protect_table(shown.areas, columns["areas"], hiding),
        counts=protected.counts.drop(columns="hidden_reason"),
        coverage=coverage,
        reconciliation=account,
        tables=tables,
        sentences=(*shown.sentences, *_say_hidden(protected, threshold, found.wards, study, edition)),
    )


def _with_harm(study: Study, edition: str) -> tuple[bool, bool]:
    """What is made of harm and hidden with it: scores, which ranks alone do not tell; values told beside each other."""
    public = edition == "public"
    return public or not SCALES[study.index.scale].of_ranks, public or study.areas.method == "select"


def _protect_flags(flags: pd.DataFrame, wards: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Marked crimes by ward: a force may have published its own total of each flag."""
    table = flags.join(wards[["force_name", "district_code"]], on="ward_code")
    margins = [("flag", "force_name"), ("flag", "district_code")]
    safe = suppress_small(table, keys=["flag", "ward_code"], margins=margins, threshold=threshold)
    return flags.assign(crimes=safe.cells["crimes"])


OF_SCORE = tuple(column.name for column in WARDS if not {"score", "told"}.isdisjoint(column.gives_away))
"""Columns of wards, areas and the annex that are made of the score of the index, or tell it in words."""
OF_TEST = tuple(
    column.name
    for column in WARDS
    if "neighbours" in column.gives_away or column.name in ("hotspot_value", "hotspot_reason")
)
"""Columns of the tests, where what is hidden was tested."""


def _protect_indicators(study: Study, found: Found) -> Found:
    """Counts of health, school and signal files: the small ones hidden, and what a district's total would give away."""
    wards, areas, tables = found.wards.copy(), found.areas, dict(found.tables)
    said = []
    for source in (*study.of("indicator"), *study.of("signal")):
        threshold, name = least_shown(source), source.options["name"]
        if threshold == OPEN or source.options["combine"] != "sum" or name not in wards:
            continue
        table = wards[["district_code"]].assign(number=wards[name].round().astype("Int64")).reset_index()
        safe = suppress_small(
            table, keys=["ward_code"], margins=[("district_code",)], value="number", threshold=threshold
        )
        gone = pd.Series(safe.cells["hidden"].to_numpy(), index=wards.index)
        wards = blank(wards, gone, [name, f"{name}_rate"])
        own = {name, f"{name}_rate"}
        if own & {component.column for component in study.components}:
            # A score less its other components is the hidden one, on any scale; in percentiles it is still an order.
            codes = gone.index[gone]
            wards = blank(wards, gone, [*(f"component_{column}" for column in own), *OF_SCORE])
            areas = blank(areas, rows_of(areas, codes), OF_SCORE)
            if "annex" in tables:
                tables["annex"] = blank(tables["annex"], rows_of(tables["annex"], codes), OF_SCORE)
        if study.hotspots.column in own | {f"component_{column}" for column in own} and gone.any():
            wards = blank(wards, pd.Series(data=True, index=wards.index), OF_TEST)
        said.append(f"{name}: numbers under {threshold} are hidden, and what would give them away: {int(gone.sum()):,}"
                    f" of {len(gone):,} wards.")  # fmt: skip
    return replace(found, wards=wards, areas=areas, tables=tables, sentences=tuple(said))


def _say_hidden(
    protected: Protected, threshold: int, wards: pd.DataFrame, study: Study, edition: str
) -> list[str]:  # fmt: skip
    """What is hidden of the crimes, and what would let more be shown."""
    number = {name: int(protected.wards.loc[wards["assessed"], name].sum()) for name in ("crimes", "harm")}
    cells = int(protected.published.cells["hidden"].sum())
    by = "ward, month and type" if protected.detail == "month" else "ward and type"
    said = [
        f"The crimes are from files about single people. Numbers under {threshold} are hidden, and whatever they could "
        f"be worked out from: {cells:,} counts by {by}; the crimes of {number['crimes']:,} wards and the harm of "
        f"{number['harm']:,}. Nought is shown. Ranks, classes and states stay."
    ]
    if protected.detail == "period":
        why = "marked crimes are rare by month" if measured_flag(study) else f"more than {LARGEST:,} counts by month"
        chosen = "" if study.crime.detail else f" ({why}; crime.detail = 'month' shows them)"
        said.append(f"Counts are shown over the whole period and not by month{chosen}.")
    if number["harm"]:
        said.append(
            "Harm is hidden where one type of the measure is rare in a ward, since the weights are known. A measure of "
            "fewer types, or a longer period, shows more; value and what rests on it is hidden everywhere."
        )
    if edition == "public" and measured_flag(study) in SENSITIVE:
        said.append("Sexual, domestic and hate crime is not shown by ward and month in a public edition.")
    return said
