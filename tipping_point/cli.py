"""The command line: parse, call one function, print."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tipping_point import __version__

if TYPE_CHECKING:
    from tqdm import tqdm

    from tipping_point.fetch.web import Progress, Web
    from tipping_point.pipeline import Results
    from tipping_point.study import Study

DONE, OUR_FAULT, THEIR_FAULT = 0, 1, 2

SCHEMA_FILE = "tipping-point.schema.json"
"""The schema that the head of a study file names (#:schema ...), as `new` and `demo` write it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 2 the study or its data is at fault, 1 a fault of ours."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    command = shlex.join(["tipping-point", *given])
    from tipping_point.tables import InputError  # after the options: help and version need none of the libraries

    try:
        options.action(options, command)
    except InputError as error:
        for fault in error.faults:
            print(f"tipping-point: {fault}", file=sys.stderr)
        return THEIR_FAULT
    except KeyboardInterrupt:
        print("tipping-point: stopped; what is there is whole", file=sys.stderr)
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
    run.add_argument(
        "--pdf",
        action=argparse.BooleanOptionalAction,
        help="print the whole report into report.pdf, or print none (default: page one and the page of each area)",
    )
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

    compare = commands.add_parser(
        "compare",
        help="what entered and left the list between two finished studies, and why",
        description="Say what entered and left the shortlist from the first folder to the second, and whether data, "
        "boundaries or settings changed.",
    )
    compare.add_argument("first", type=Path, metavar="FOLDER_A", help="the folder of a finished study")
    compare.add_argument("second", type=Path, metavar="FOLDER_B", help="that of another, later one")
    compare.add_argument("--table", type=Path, metavar="FILE.csv", help="write every ward's change there")
    compare.set_defaults(action=_compare)

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

    new = commands.add_parser(
        "new",
        help="write a study file for an area by name, with the newest sources that fit together",
        description="Write a study file to standard output: its sources are the newest editions that fit together, "
        "each with the dataset that 'fetch' brings. Asks for small lookups, which are kept in the cache.",
        epilog="tipping-point new 'force:West Midlands' > study.toml",
    )
    new.add_argument("area", nargs="+", metavar="AREA",
                     help="a district, police force, mayoral authority or region, by name or code; 'force:…', "
                     "'district:…', 'authority:…', 'region:…' where a name is of several")  # fmt: skip
    new.add_argument("--ward-year", type=int, metavar="YYYY", help="year of the wards (default: the newest that fits)")
    new.add_argument("--start", default="", metavar="YYYY-MM", help="first month (default: 36 months with the last)")
    new.add_argument("--end", default="", metavar="YYYY-MM", help="last month (default: the latest published)")
    new.add_argument("--offline", action="store_true", help="use the cache alone")
    new.set_defaults(action=_new)

    fetch = commands.add_parser(
        "fetch",
        help="bring the files that a study names to their paths",
        description="Bring every source of the study that names its dataset to its path, and record beside the study "
        "what came, from where, when, and its hash. A file that this command did not bring is never touched; what is "
        "there and whole is not asked for again. It may be stopped at any time, and goes on when it is run again.",
    )
    fetch.add_argument("study", type=Path, metavar="STUDY.toml", help="the study file")
    fetch.add_argument("--offline", action="store_true", help="use the cache alone, and name all that is missing")
    fetch.set_defaults(action=_fetch)

    schema = commands.add_parser(
        "schema",
        help="write the JSON Schema of the study file, by which editors complete and check it",
        description="Write the JSON Schema of the study file to standard output, or to a file. A study file that "
        f"begins with '#:schema {SCHEMA_FILE}' is completed and checked by editors that know Taplo.",
    )
    schema.add_argument("--output", type=Path, metavar="FILE.json", help="write it there")
    schema.set_defaults(action=_schema)

    cache = commands.add_parser(
        "cache",
        help="list or clear what was fetched before",
        description="What was fetched is kept once, for all studies, in the folder that 'cache list' names (the "
        "environment variable TIPPING_POINT_CACHE names another).",
    )
    cache.add_argument("what", choices=("list", "clear"))
    cache.set_defaults(action=_cache)
    return parser


def _demo(options: argparse.Namespace, command: str) -> None:
    from tipping_point.demo.city import make_demo
    from tipping_point.study import read_study

    inputs = options.output.with_name(f"{options.output.name}-inputs")
    print(f"Making a synthetic city in {inputs}", file=sys.stderr)
    demo = make_demo(inputs)
    _write_schema(inputs / SCHEMA_FILE)
    _run_and_tell(read_study(demo.study), options.output, "public", command)
    print(f"The study file to copy from: {demo.study}")


def _check(options: argparse.Namespace, command: str) -> None:  # noqa: ARG001 - every action has one signature
    from tipping_point.pipeline import check_study
    from tipping_point.study import read_study

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
    from tipping_point.study import read_study

    study = read_study(options.study)
    _run_and_tell(study, options.output or _folder_of(options.study), options.edition, command, pdf=options.pdf)


def _folder_of(study: Path, suffix: str = "") -> Path:
    name = re.sub(r"[^\w-]+", "-", study.stem).strip("-") or "study"
    return Path("outputs") / f"{name}{suffix}"


def _explain(options: argparse.Namespace, command: str) -> None:  # noqa: ARG001 - every action has one signature
    from tipping_point.pipeline import explain_in_folder

    print(explain_in_folder(options.folder, options.place))


def _compare(options: argparse.Namespace, command: str) -> None:  # noqa: ARG001 - every action has one signature
    from tipping_point.pipeline.compare import compare_folders, write_comparison

    comparison = compare_folders(options.first, options.second)
    for sentence in comparison.sentences:
        print(sentence)
    if options.table:
        print(f"Table: {write_comparison(comparison, options.table)}")


def _backtest(options: argparse.Namespace, command: str) -> None:
    from tipping_point.backtest import describe_backtest, run_backtest
    from tipping_point.study import read_study

    study = read_study(options.study)
    output = options.output or _folder_of(options.study, "-backtest")
    result = run_backtest(study, output=output, command=command, progress=lambda name: print(name, file=sys.stderr))
    for line in describe_backtest(result):
        print(line)
    print(f"Tables: {output}")


def _freeze(options: argparse.Namespace, command: str) -> None:  # noqa: ARG001 - every action has one signature
    from tipping_point.pipeline import compare_criteria, freeze_study
    from tipping_point.study import read_study

    study = read_study(options.study)
    path = freeze_study(study, today=date.today())
    print(compare_criteria(study, path.parent / path.stem, today=date.today()).sentence)
    print(f"Written: {path}")


def _new(options: argparse.Namespace, command: str) -> None:  # noqa: ARG001 - every action has one signature
    from tipping_point.pipeline.new_study import new_study

    with _open_web(offline=options.offline) as web:
        text = new_study(options.area, web=web, ward_year=options.ward_year, start=options.start, end=options.end)
    print(text, end="")


def _fetch(options: argparse.Namespace, command: str) -> None:  # noqa: ARG001 - every action has one signature
    from tipping_point.pipeline.fetch import describe_brought, fetch_study, record_path
    from tipping_point.study import read_study

    study = read_study(options.study, must_exist=False)
    with _open_web(offline=options.offline) as web:
        brought = fetch_study(study, web=web)
    for line in describe_brought(brought, study=study.path):
        print(line)
    print(f"Record: {record_path(study.path)}")


def _schema(options: argparse.Namespace, command: str) -> None:  # noqa: ARG001 - every action has one signature
    from tipping_point.study import write_schema

    if options.output is None:
        print(write_schema(), end="")
        return
    _write_schema(options.output)
    print(f"Written: {options.output}")


def _write_schema(path: Path) -> None:
    """The schema beside the study files that name it."""
    from tipping_point.outputs.pages import write_text
    from tipping_point.study import write_schema

    try:
        write_text(path, write_schema())
    except OSError as error:
        from tipping_point.tables import InputError

        raise InputError(f"{path}: cannot be written: {error.strerror}") from None


def _cache(options: argparse.Namespace, command: str) -> None:  # noqa: ARG001 - every action has one signature
    from tipping_point.fetch.cache import clear_cache, default_folder, list_cache
    from tipping_point.fetch.web import say_size
    from tipping_point.sources.count_cache import clear_counts, counts_folder, list_counts

    if options.what == "clear":
        files, size = clear_cache()
        files += clear_counts(counts_folder())
        print(f"{files:,} files removed, {say_size(size)}: {default_folder()}")
        return
    entries = list_cache()
    for fetched, size, address, held in entries[["fetched", "bytes", "address", "held"]].itertuples(
        name=None, index=False
    ):
        print(f"{fetched[:10]}  {say_size(size):>10}  {address}{'' if held else '  (gone)'}")
    total = entries.drop_duplicates("sha256")["bytes"].sum()
    print(f"{len(entries):,} answers, {say_size(int(total))}: {default_folder()}")
    counts = list_counts(counts_folder())
    if len(counts):
        print(f"{len(counts):,} kept counts, {say_size(int(counts['bytes'].sum()))}: {counts_folder()}")


@contextmanager
def _open_web(*, offline: bool) -> Iterator[Web]:
    """The settings of the downloads, with one progress display on stderr."""
    from tqdm import tqdm

    from tipping_point.fetch.web import open_web

    with tqdm(unit="B", unit_scale=True, leave=False, file=sys.stderr, delay=0.5) as bar:

        def show(progress: Progress) -> None:
            if bar.desc != progress.label:
                bar.reset(total=progress.total)
                bar.set_description_str(progress.label)
            bar.total = progress.total
            bar.update(progress.done - bar.n)

        yield open_web(offline=offline, progress=show, tell=lambda text: tqdm.write(text, file=sys.stderr))


def _run_and_tell(study: Study, output: Path, edition: str, command: str, *, pdf: bool | None = None) -> None:
    from tqdm import tqdm

    from tipping_point.outputs.pdf import why_no_pdf
    from tipping_point.pipeline import STEPS, run_study

    with tqdm(total=len(STEPS), bar_format="{n_fmt}/{total_fmt} {desc} [{elapsed}]", file=sys.stderr) as bar:
        results = run_study(study, output=output, edition=edition, command=command, progress=_advance(bar), pdf=pdf)
        bar.set_description_str("Done")
        bar.update(1)
    for line in describe_results(results):
        print(line)
    print(f"Map:    {output / 'map.html'}")
    print(f"Report: {output / 'report.html'}")
    if not (output / "report.pdf").exists():
        why = why_no_pdf(asked=pdf)
        print(f"PDF:    {why or 'not made: its system parts (Pango) are missing here; run.log says more'}")


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
    from tipping_point.outputs.wording import place

    wards, areas, cover = results.wards, results.areas, results.cover
    lines = [f"{cover.study}: {cover.measure_label}, {cover.period}"]
    if cover.synthetic:
        lines.append("SYNTHETIC: nothing here is real")
    assessed = int(wards["assessed"].sum())
    hot = int((wards["hot_votes"].fillna(0) > 0).sum())
    rows = results.reconciliation[["rows_in", "placed"]].astype("Int64").sum(skipna=False)
    placed = "rows" if rows.isna().any() else f"{rows['placed']:,} of {rows['rows_in']:,} rows"
    lines.append(f"{placed} placed in {len(wards):,} wards; {assessed:,} assessed")
    lines.append(f"{hot:,} wards hot by at least one method; {len(areas):,} candidate areas; shortlist:")
    for country, chosen in areas[areas["shortlisted"]].groupby("country"):
        for _, area in chosen.iterrows():
            lines.append(f"  {country}, {place(area)}: {area['area_name']}, {area['wards']} wards, "
                         f"{area['population']:,.0f} residents")  # fmt: skip
    if not areas["shortlisted"].any():
        lines.append("  no group of touching hot wards keeps to the study's limits")
    lines.append(cover.stamp)
    return lines


if __name__ == "__main__":
    sys.exit(main())
