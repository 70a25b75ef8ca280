"""The command line: parse, call one function, print."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from tqdm import tqdm

from tipping_point import __version__
from tipping_point.backtest import describe_backtest, run_backtest
from tipping_point.config import Config, read_study
from tipping_point.demo.city import make_demo
from tipping_point.pipeline import (
    STEPS,
    Results,
    check_study,
    compare_criteria,
    explain_in_folder,
    freeze_study,
    run_study,
)
from tipping_point.schema import InputError

DONE, OUR_FAULT, THEIR_FAULT = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 2 the study or its data is at fault, 1 a fault of ours."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    command = shlex.join(["tipping-point", *given])
    try:
        options.action(options, command)
    except InputError as error:
        for fault in error.faults:
            print(f"tipping-point: {fault}", file=sys.stderr)
        return THEIR_FAULT
    except KeyboardInterrupt:
        print("tipping-point: stopped; nothing was changed", file=sys.stderr)
        return OUR_FAULT
    except Exception:  # the last door: whatever is left is a fault of ours
        traceback.print_exc()
        print("tipping-point: this is a fault of the tool, not of your data; please report the lines above",
              file=sys.stderr)  # fmt: skip
        return OUR_FAULT
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tipping-point",
        description="Find the small clusters of wards where serious crime is concentrated and disadvantage compounds "
        "it, from open UK data; write tables, a map and a report.",
        epilog="New here? Run 'tipping-point demo': it makes a synthetic city and the study file to copy from.",
    )
    parser.add_argument("--version", action="version", version=f"tipping-point {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    demo = commands.add_parser(
        "demo",
        help="make a synthetic city and run the whole job on it, offline",
        description="Write a synthetic city in the file formats of the real sources, run the whole job on it, and say "
        "what was found. Nothing in it is real. Takes under two minutes and no network.",
    )
    demo.add_argument("--output", type=Path, metavar="DIR", default=Path("outputs/demo-SYNTHETIC"),
                      help="the study's folder (default: %(default)s); the city's files go to DIR-inputs")  # fmt: skip
    demo.set_defaults(action=_demo)

    check = commands.add_parser(
        "check",
        help="say what a study will read, what is missing and what is stale; no analysis",
        description="Open every file that a study names and say what will be read, which forces or months are missing, "
        "which wards cannot be assessed and which sources have a later edition. Nothing is analysed or written. "
        "Exit code 2 where 'run' would refuse.",
    )
    check.add_argument("study", type=Path, metavar="STUDY.toml", help="the study file")
    check.set_defaults(action=_check)

    run = commands.add_parser(
        "run",
        help="run a study: tables, map and report into its folder",
        description="Read the study's files, count crimes in wards, test for hot spots, rank wards and areas, and "
        "write tables, a map and a report. An earlier result in the folder is replaced only when the new one is whole.",
    )
    run.add_argument("study", type=Path, metavar="STUDY.toml", help="the study file")
    run.add_argument("--output", type=Path, metavar="DIR",
                     help="the study's folder (default: outputs/ and the study file's name)")  # fmt: skip
    run.add_argument("--edition", choices=("internal", "public"), default="internal",
                     help="internal (default) is marked on every page; public refuses a source "
                     "without a known licence")  # fmt: skip
    run.set_defaults(action=_run)

    explain = commands.add_parser(
        "explain",
        help="why a ward or area is on the list of a finished study, or not, and what would change that",
        description="Say in plain sentences, from the tables of a finished study, why a place is in, nearly in or out, "
        "the smallest change that would move it to the other side, and its nearest rivals.",
    )
    explain.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of a finished study")
    explain.add_argument("place", metavar="WARD_OR_AREA", help="a code, or the name of one ward or area")
    explain.set_defaults(action=_explain)

    backtest = commands.add_parser(
        "backtest",
        help="what the study would have foreseen, year by year, beside plain baselines",
        description="At one month of every year, choose from what was known then and score the choice by the year that "
        "followed. Needs four years or more.",
    )
    backtest.add_argument("study", type=Path, metavar="STUDY.toml", help="the study file")
    backtest.add_argument("--output", type=Path, metavar="DIR",
                          help="a folder of its own (default: outputs/ and the study's name, -backtest)")  # fmt: skip
    backtest.set_defaults(action=_backtest)

    freeze = commands.add_parser(
        "freeze",
        help="write down the criteria of a study before it is run, with their hash and today's date",
        description="Write every setting that can move a list beside the study file, with its hash and today's date. "
        "From then on every output says when the criteria were fixed, and what was changed since.",
    )
    freeze.add_argument("study", type=Path, metavar="STUDY.toml", help="the study file")
    freeze.set_defaults(action=_freeze)
    return parser


def _demo(options: argparse.Namespace, command: str) -> None:
    inputs = options.output.with_name(f"{options.output.name}-inputs")
    print(f"Making a synthetic city in {inputs}", file=sys.stderr)
    demo = make_demo(inputs)
    _run_and_tell(read_study(demo.study), options.output, "public", command)
    print(f"The study file to copy from: {demo.study}")


def _check(options: argparse.Namespace, command: str) -> None:  # noqa: ARG001 - every action has one signature
    findings = check_study(read_study(options.study))
    for title, lines in (
        ("Will be read", findings.reads),
        ("Missing", findings.missing),
        ("Stale or to know", findings.stale),
    ):
        print(f"{title}:")
        for line in lines or ("nothing",):
            print(f"  {line}")


def _run(options: argparse.Namespace, command: str) -> None:
    config = read_study(options.study)
    _run_and_tell(config, options.output or _folder_of(options.study), options.edition, command)


def _folder_of(study: Path, suffix: str = "") -> Path:
    name = re.sub(r"[^\w-]+", "-", study.stem).strip("-") or "study"
    return Path("outputs") / f"{name}{suffix}"


def _explain(options: argparse.Namespace, command: str) -> None:  # noqa: ARG001 - every action has one signature
    print(explain_in_folder(options.folder, options.place))


def _backtest(options: argparse.Namespace, command: str) -> None:
    config = read_study(options.study)
    output = options.output or _folder_of(options.study, "-backtest")
    result = run_backtest(config, output=output, command=command, progress=lambda name: print(name, file=sys.stderr))
    for line in describe_backtest(result):
        print(line)
    print(f"Tables: {output}")


def _freeze(options: argparse.Namespace, command: str) -> None:  # noqa: ARG001 - every action has one signature
    config = read_study(options.study)
    path = freeze_study(config, today=date.today())
    print(compare_criteria(config, path.parent / path.stem, today=date.today()).sentence)
    print(f"Written: {path}")


def _run_and_tell(config: Config, output: Path, edition: str, command: str) -> None:
    with tqdm(total=len(STEPS), bar_format="{n_fmt}/{total_fmt} {desc} [{elapsed}]", file=sys.stderr) as bar:
        results = run_study(config, output=output, edition=edition, command=command, progress=_advance(bar))
        bar.set_description_str("Done")
        bar.update(1)
    for line in describe_results(results):
        print(line)
    print(f"Map:    {output / 'map.html'}")
    print(f"Report: {output / 'report.html'}")


def _advance(bar: tqdm[None]) -> Callable[[str], None]:
    """Name the step that starts, and count the one before as done."""
    started = False

    def advance(name: str) -> None:
        nonlocal started
        bar.update(int(started))
        bar.set_description_str(name)
        started = True

    return advance


def describe_results(results: Results) -> list[str]:
    """What a study found, in a few lines."""
    wards, areas, cover = results.wards, results.areas, results.cover
    lines = [f"{cover.study}: {cover.measure_label}, {cover.period}"]
    if cover.synthetic:
        lines.append("SYNTHETIC: nothing here is real")
    assessed = int(wards["assessed"].sum())
    hot = int((wards["hot_votes"].fillna(0) > 0).sum())
    rows = results.reconciliation[["rows_in", "placed"]].sum()
    lines.append(
        f"{rows['placed']:,} of {rows['rows_in']:,} rows placed in {len(wards):,} wards; {assessed:,} assessed"
    )
    lines.append(f"{hot:,} wards hot by at least one method; {len(areas):,} candidate areas; shortlist:")
    for country, chosen in areas[areas["shortlisted"]].groupby("country"):
        for _, area in chosen.iterrows():
            lines.append(f"  {country} {area['rank']}. {area['area_name']}: {area['wards']} wards, "
                         f"{area['population']:,.0f} residents, index {area['index_score']:.0f}")  # fmt: skip
    if not areas["shortlisted"].any():
        lines.append("  no group of touching hot wards keeps to the study's limits")
    lines.append(cover.stamp)
    return lines


if __name__ == "__main__":
    sys.exit(main())
