"""The backtest of a study: at every yearly origin, what was known is used, and what came is the judge."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from libpysal.graph import Graph

from tipping_point.areas.evaluate import block_bootstrap_interval, calibration
from tipping_point.backtest.ceiling import Variances, fit_variances, simulate_ceiling
from tipping_point.backtest.choices import Inputs, score_choices, score_wards
from tipping_point.backtest.entrants import BASELINE, foresee, mark_entrants, score_entrants, sum_months
from tipping_point.backtest.origins import AHEAD, HISTORY, Origin, find_origins, published_by, shift
from tipping_point.disclosure.edition import OPEN
from tipping_point.measures.forecast import Signals, build_signals, forecast_growth
from tipping_point.measures.windows import count_by_month
from tipping_point.outputs.folder import RUN, TABLES, fresh_folder, keep_others, run_log, write_provenance
from tipping_point.outputs.pages import write_text
from tipping_point.pipeline.protect import threshold_of_crimes
from tipping_point.pipeline.run import analyse
from tipping_point.pipeline.vocabulary import choose_weights, vocabulary_of
from tipping_point.study import Study
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

GOAL = 0.05
"""Gain in average precision over the three-year level that would settle the question."""

FEWEST_WARDS = 20

RANKINGS = ("three_years", "last_year", "chance_local_level", "chance_growth")


@dataclass(frozen=True)
class Backtest:
    """Every score of every origin, the wards behind them, and what they come to."""

    scores: pd.DataFrame
    """origin, series, covid_touched, question, method, measure, value."""
    entrants: pd.DataFrame
    """Every eligible ward at every origin: what was foreseen and what came."""
    gains: pd.DataFrame
    """question, series, origins (all, or without Covid), method, number, mean_gain, low, high."""
    ceiling: pd.DataFrame
    calibration: pd.DataFrame
    notes: tuple[str, ...]


def _say_nothing(_: str) -> None:
    """No one asked for progress."""


def run_backtest(
    study: Study, *, output: Path, command: str = "", progress: Callable[[str], None] | None = None
) -> Backtest:
    """The backtest of a study, its tables written into `output`.

    Args:
        study: from `read_study`.
        output: a folder of its own; an earlier result there is replaced once this one is whole.
        command: how the run was asked for, for provenance.
        progress: called with the name of each step.

    Raises:
        InputError: the study or its data is at fault, the period is too short (see `find_origins`), or the crimes are
            from files of which small numbers are hidden.
    """
    say = progress or _say_nothing
    if threshold_of_crimes(study) > OPEN:
        raise InputError(
            "backtest: its tables tell of every ward what came in each year, and the study's crimes are from files of "
            "which small numbers are hidden; it is for open data, or for files with threshold = 1"
        )
    find_origins(study.period.start, study.period.end)
    kinds = [source.kind for source in study.of("deprivation")]
    with (
        fresh_folder(output) as folder,
        run_log(folder / RUN / "run.log", inputs=[source.path for source in study.sources.all]),
    ):
        say("Reading and counting")
        results = analyse(study)
        weights = choose_weights(study)
        inputs = prepare(results.wards, results.counts, weights, vocabulary_of(study), daytime=study.rates.daytime)
        backtest = backtest_tables(inputs, results.graph, kinds=kinds, seed=study.seed, progress=say)
        say("Writing tables")
        write_backtest(backtest, folder / TABLES)
        write_text(folder / RUN / "study.toml", study.text)
        kept = keep_others(output, folder)
        write_provenance(
            folder, study=study.name, settings={"measure": study.measure, "seed": study.seed},
            sources=results.sources, synthetic=study.study.synthetic, choices=backtest.notes, run={"command": command},
            first_run={}, kept=kept,
        )  # fmt: skip
    return backtest


def prepare(
    wards: pd.DataFrame, counts: pd.DataFrame, weights: dict[str, float], vocabulary: str, *, daytime: str | None = None
) -> Inputs:
    """The study's tables by month, of assessed wards with residents."""
    chosen = wards[wards["assessed"] & (wards["population"] > 0)]
    counts = counts[counts["ward_code"].isin(chosen.index)]
    monthly = count_by_month(counts, weights=dict.fromkeys(weights, 1.0))
    return Inputs(chosen, counts, weights, vocabulary, monthly, count_by_month(counts, weights=weights), daytime)


def backtest_tables(
    inputs: Inputs,
    graph: Graph,
    *,
    kinds: Sequence[str],
    seed: int,
    progress: Callable[[str], None] = _say_nothing,
) -> Backtest:
    """The backtest of counts in memory.

    Args:
        inputs: from `prepare`.
        graph: which wards are neighbours.
        kinds: the study's indices of deprivation.
        seed: of random choices, bootstrap and simulation.
        progress: called with the name of each step.

    Raises:
        InputError: the period is too short, or too few wards are counted throughout.
    """
    months = inputs.monthly.columns
    origins = find_origins(str(months[0]), str(months[-1]))
    progress("Learning from earlier years")
    signals = build_signals(inputs.monthly, graph, inputs.wards["district_code"], others=_by_type(inputs.counts))
    rows: list[dict[str, object]] = []
    judged = []
    for origin in origins:
        progress(f"Standing in {origin.month}")
        table = _stand_in(inputs, signals, origin.month)
        rows += score_entrants(table, origin, RANKINGS)
        rows += _judge_choices(inputs, signals, table, origin, kinds, seed)
        eligible = table[table["eligible"]].drop(columns="eligible")
        eligible.insert(0, "origin", origin.month)
        eligible.insert(1, "series", origin.series)
        judged.append(eligible.rename_axis("ward_code").reset_index())
    progress("Simulating the ceiling")
    variances = fit_variances(inputs.monthly)
    ceiling = simulate_ceiling(inputs.monthly, variances, origins=_by_series(origins), seed=seed)
    scores, entrants = pd.DataFrame(rows), pd.concat(judged, ignore_index=True)
    log.info("backtest: %d origins, %d scores", len(origins), len(scores))
    return Backtest(
        scores, entrants, find_gains(scores, seed=seed), ceiling,
        calibration(entrants["chance_growth"], entrants["entrant"], groups=20),
        tuple(_notes(inputs, origins, kinds, variances)),
    )  # fmt: skip


def find_gains(scores: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Mean paired gain in average precision over the three-year level by series, with its block-bootstrap interval."""
    precision = scores[scores["measure"] == "average_precision"]
    wide = precision.pivot_table(
        index=["question", "series", "covid_touched", "origin"], columns="method", values="value"
    )
    gains = wide.sub(wide[BASELINE], axis=0).drop(columns=[BASELINE, "chance"])
    rows = []
    for (question, series), part in gains.groupby(level=["question", "series"]):
        for name, kept in (
            ("all", part),
            ("without Covid", part[part.index.get_level_values("covid_touched").isin([False])]),
        ):
            for method in kept.columns:
                mean, low, high = block_bootstrap_interval(kept[method].to_numpy(), seed=seed)
                rows.append((question, series, name, method, len(kept), mean, low, high))
    names = ["question", "series", "origins", "method", "number", "mean_gain", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def write_backtest(backtest: Backtest, folder: Path) -> list[Path]:
    """backtest.csv, backtest_entrants.csv, backtest_ceiling.csv, backtest_calibration.csv and backtest.json."""
    tables = {
        "backtest.csv": backtest.scores,
        "backtest_entrants.csv": backtest.entrants,
        "backtest_ceiling.csv": backtest.ceiling,
        "backtest_calibration.csv": backtest.calibration,
    }
    for name, table in tables.items():
        table.to_csv(folder / name, index=False, lineterminator="\n")
    summary = {
        "goal": {"mean_gain": GOAL, "low": 0.0},
        "gains": json.loads(backtest.gains.to_json(orient="records")),
        "ceiling": json.loads(backtest.ceiling.to_json(orient="records")),
        "notes": list(backtest.notes),
    }
    path = folder / "backtest.json"
    path.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return [*(folder / name for name in tables), path]


def describe_backtest(backtest: Backtest) -> list[str]:
    """What came out, in plain lines for the command line."""
    choice = backtest.scores[backtest.scores["measure"] == "capture_wards"].groupby("method")["value"].mean()
    lines = ["Next year's harm in the tenth of wards chosen, as a share of the most possible:"]
    lines += [f"  {name}: {value:.1%}" for name, value in _highest_first(choice)]
    lines.append("Who enters the highest tenth next year: gain in average precision over the three-year level:")
    chosen = backtest.gains[(backtest.gains["origins"] == "all") & (backtest.gains["question"] == "entrant")]
    for _, row in chosen.iterrows():
        reached = "; the goal is reached" if row["mean_gain"] >= GOAL and row["low"] > 0 else ""
        lines.append(
            f"  {row['series']}, {row['method'].replace('_', ' ')}: {row['mean_gain']:+.3f} "
            f"[{row['low']:+.3f} to {row['high']:+.3f}] over {row['number']} origins{reached}"
        )
    return [*lines, *backtest.notes]


def _highest_first(means: pd.Series) -> list[tuple[str, float]]:
    ordered = means.sort_values(ascending=False)
    return [(str(name).replace("_", " "), float(value)) for name, value in ordered.items()]


# ----------------------------------------------------------------------------------------------------- one origin


def _stand_in(inputs: Inputs, signals: Signals, origin: str) -> pd.DataFrame:
    """The wards that take part at an origin, what was foreseen of them and what came."""
    table = mark_entrants(inputs.monthly, origin)
    if len(table) < FEWEST_WARDS:
        raise InputError(
            f"backtest: {len(table)} wards are counted in every month from three years before {origin} to a year "
            f"after; at least {FEWEST_WARDS} are needed. Start the period later, or add the missing months"
        )
    return table.join(foresee(signals, table.index, origin))


def _judge_choices(
    inputs: Inputs, signals: Signals, table: pd.DataFrame, origin: Origin, kinds: Sequence[str], seed: int
) -> list[dict[str, object]]:
    scores = score_wards(inputs, table.index, origin.month, deprivation=published_by(kinds, origin.month))
    scores["growth"] = table["expected_growth"]
    earlier = shift(origin.month, -AHEAD)
    before = pd.DataFrame()
    if shift(earlier, 1 - HISTORY) >= str(inputs.monthly.columns[0]):
        before = score_wards(inputs, table.index, earlier, deprivation=published_by(kinds, earlier))
        before["growth"] = forecast_growth(signals, earlier).loc[table.index, "expected"]
    harm = sum_months(inputs.harm, shift(origin.month, AHEAD), AHEAD)
    return score_choices(scores, before, harm, inputs.wards["population"], origin, seed=seed)


def _by_type(counts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Wards x months of every crime type."""
    return {str(name): count_by_month(part, weights={str(name): 1.0}) for name, part in counts.groupby("crime_type")}


def _by_series(origins: Sequence[Origin]) -> dict[str, list[str]]:
    names = dict.fromkeys(origin.series for origin in origins)
    return {name: [origin.month for origin in origins if origin.series == name] for name in names}


def _notes(inputs: Inputs, origins: Sequence[Origin], kinds: Sequence[str], variances: Variances) -> list[str]:
    """What a reader must know of the inputs."""
    published = [origin.month for origin in origins if published_by(kinds, origin.month)]
    if not kinds:
        said = "The study names no index of deprivation: choices that need one are not tested."
    elif published:
        said = f"Choices by deprivation are tested from {published[0]} on, when the study's index had been published."
    else:
        said = "The study's index of deprivation was published after the last origin: choices by it are not tested."
    return [
        f"{len(origins)} origins from {origins[0].month} to {origins[-1].month}; a ward takes part where every month "
        f"from three years before to one year after is counted: {len(inputs.monthly.dropna())} of {len(inputs.wards)} "
        f"wards throughout.",
        "Counts are as published today: later revisions, today's ward borders and one year's residents are in them.",
        said,
        f"Yearly rates of the wards with most crime drift with a variance of {variances.drift:.4f} a year and scatter "
        f"by {variances.scatter:.4f}, on the logarithm.",
    ]
