"""London month by month since 2010, every offence group that passes the series-break rule: classes and states.

    python benchmarks/london_groups.py FOLDER

FOLDER is the real open data (what TIPPING_POINT_REAL_DATA names). A group passes where the historical and the recent
ward tables agree within 2% over the months they share. Prints, for each group, its emerging classes in four words, its
chronic wards and the seconds taken; reading and the rule are timed apart.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from tipping_point import InputError, build_graph, read_study
from tipping_point.facts.crime_types import CRIME_TYPES
from tipping_point.hotspots.emerging import find_emerging
from tipping_point.measures.chronicity import find_states
from tipping_point.measures.rates import rates_by_period
from tipping_point.measures.windows import count_by_month
from tipping_point.pipeline.read import prepare_wards
from tipping_point.sources.london import read_ward_tables
from tipping_point.tables import months_between
from tipping_point.wards.counts import count_crimes, place_crimes
from tipping_point.wards.coverage import add_coverage, build_coverage

STUDY = Path(__file__).parents[1] / "studies/london_since_2010.toml"


def passes(paths: list[Path], start: str, end: str, kind: str) -> bool:
    try:
        return bool(len(read_ward_tables(paths, start=start, end=end, types=[kind]).counts))
    except InputError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    os.environ["TIPPING_POINT_REAL_DATA"] = str(parser.parse_args().folder)
    study = read_study(STUDY)
    paths = [source.path for source in study.of("crime")]
    begun = time.perf_counter()
    groups = [kind for kind in CRIME_TYPES["metropolitan"] if passes(paths, study.period.start, study.period.end, kind)]
    tables = read_ward_tables(paths, start=study.period.start, end=study.period.end, types=groups)
    prepared = prepare_wards(study)
    coverage = build_coverage(tables.files, prepared.wards, months=months_between(study.period.start, study.period.end))
    wards = add_coverage(prepared.wards, coverage)
    placed = place_crimes(tables.counts, prepared.membership.ward_of, prepared.known_wards)
    counts = count_crimes(placed, wards, coverage, crime_types=CRIME_TYPES["metropolitan"]).counts
    graph = build_graph(wards)
    print(f"{len(groups)} groups pass; reading and the rule took {time.perf_counter() - begun:.1f} s\n")
    print("| group | crimes | new | long-standing | worsening | easing | chronic | tipping | seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    begun = time.perf_counter()
    for kind in groups:
        start = time.perf_counter()
        monthly = count_by_month(counts, weights={kind: 1.0})
        series, months = rates_by_period(wards, monthly)
        words = find_emerging(series, graph, months=months, seed=1)["emerging_word"].value_counts()
        states = find_states(wards, monthly, graph)["chronic_state"].value_counts()
        figures = [words.get(name, 0) for name in ("new", "long-standing", "worsening", "easing")]
        figures += [states.get(name, 0) for name in ("chronic", "tipping")]
        row = " | ".join(str(figure) for figure in figures)
        print(f"| {kind.lower()} | {monthly.sum().sum():,.0f} | {row} | {time.perf_counter() - start:.2f} |")
    print(f"\nall groups: {time.perf_counter() - begun:.1f} s")


if __name__ == "__main__":
    main()
