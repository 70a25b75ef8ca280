"""The backtest of London with the Indices of 2019, as tables and a chart: docs/backtest.md and docs/backtest.svg.

    python benchmarks/backtest_chart.py FOLDER [--chart docs/backtest.svg] [--measure serious]

FOLDER is the real open data (what TIPPING_POINT_REAL_DATA names). The study's own index (2025) was published after the
last origin that can be scored, so the index of 2019 is carried to its wards here: small areas of 2011 to those of 2021
by the published lookup (a merged area takes the mean), then as the study does. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from geopandas import GeoDataFrame
from libpysal.graph import Graph
from tipping_point.areas.placebo import placebo_dispersion

from tipping_point import analyse, read_study
from tipping_point.backtest.choices import Inputs
from tipping_point.backtest.entrants import sum_months
from tipping_point.backtest.origins import shift
from tipping_point.backtest.run import Backtest, backtest_tables, describe_backtest, prepare
from tipping_point.measures.index import add_deprivation
from tipping_point.pipeline.read import prepare_wards
from tipping_point.pipeline.vocabulary import choose_weights, vocabulary_of
from tipping_point.sources.deprivation import read_deprivation
from tipping_point.study import Study
from tipping_point.tables import DOMAINS
from tipping_point.wards.vintages import bring_to_wards

STUDY = Path(__file__).parents[1] / "studies/london_since_2010.toml"
COLOURS = {"three_year_level": "#9a9a9a", "local_level": "#7fa7c9", "growth": "#1d4e79"}
LABELS = {"three_year_level": "three-year level", "local_level": "local level", "growth": "growth"}


def with_index_of_2019(wards: GeoDataFrame, study: Study, folder: Path) -> GeoDataFrame:
    """The wards with the domains of 2019 in place of the study's."""
    index = read_deprivation(folder / "deprivation/File_9_-_IoD2019_Transformed_Scores.csv", kind="iod2019")
    pairs = pd.read_csv(folder / "lookups/lookup_lsoa11_lsoa21_ltla22.csv", usecols=["lsoa11_code", "lsoa21_code"])
    scores = pairs.merge(index, on="lsoa11_code").groupby("lsoa21_code")[list(DOMAINS)].mean().reset_index()
    prepared = prepare_wards(study)
    domains = bring_to_wards(scores, prepared.membership, label="2019", combine="mean", weights=prepared.residents)
    domains = domains[domains.index.str.startswith("E")].assign(country="England")
    bare = wards.drop(columns=[*DOMAINS, "deprivation"])
    return add_deprivation(bare, domains, weights={"England": index.attrs["weights"]})


def print_table(table: pd.DataFrame, *, digits: int = 3) -> None:
    print(f"| {' | '.join(map(str, table.columns))} |\n|{'---|' * len(table.columns)}")
    for row in table.itertuples(index=False):
        cells = [f"{cell:.{digits}f}" if isinstance(cell, float) else str(cell) for cell in row]
        print(f"| {' | '.join('' if cell == 'nan' else cell for cell in cells)} |")
    print()


def print_tables(backtest: Backtest) -> None:
    scores = backtest.scores
    precision = scores[(scores["measure"] == "average_precision") & (scores["question"] == "entrant")]
    wide = precision.pivot_table(index=["series", "origin"], columns="method", values="value").reset_index()
    number = scores[(scores["measure"] == "wards") & (scores["question"] == "entrant")].set_index("origin")["value"]
    wide.insert(2, "entrants", wide["origin"].map(number).astype(int))
    print_table(wide)
    means = scores.groupby(["question", "measure", "method"])["value"].mean().unstack("measure").reset_index()
    print_table(means)
    for table in (backtest.gains, backtest.ceiling, backtest.calibration[backtest.calibration["predicted"] > 1e-5]):
        print_table(table)


def print_placebos(inputs: Inputs, graph: Graph) -> None:
    """Placebo differences on the years to the study's last month, by size of the treated group."""
    last = str(inputs.monthly.columns[-1])
    ends = [shift(last, -12 * back) for back in range(len(inputs.monthly.columns) // 12)][::-1]
    years = pd.DataFrame({end: sum_months(inputs.monthly, end, 12) for end in ends})
    rows = []
    for size in (1, 5, 10, 20):
        placebo = placebo_dispersion(years, graph, wards=size, placebos=2_000, seed=1)
        rows.append((size, float(placebo.z.std()), placebo.dispersion, placebo.share_beyond))
    print_table(pd.DataFrame(rows, columns=["wards", "s.d. of z", "dispersion", "share beyond 1.96"]), digits=2)


def draw(backtest: Backtest, path: Path) -> None:
    """Average precision at every origin, a panel for each series."""
    mpl.use("svg")
    from matplotlib import pyplot as plt

    plt.rcParams.update({"svg.hashsalt": "tipping-point", "font.size": 9, "axes.spines.top": False,
                         "axes.spines.right": False})  # fmt: skip
    scores = backtest.scores
    chosen = scores[(scores["measure"] == "average_precision") & (scores["question"] == "entrant")]
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
    for panel, (series, part) in zip(panels, chosen.groupby("series"), strict=True):
        for method, colour in COLOURS.items():
            line = part[part["method"] == method].sort_values("origin")
            years = line["origin"].str[:4].astype(int)
            panel.plot(years, line["value"], color=colour, marker="o", markersize=4, label=LABELS[method])
        touched = sorted(part.loc[part["covid_touched"], "origin"].str[:4].astype(int).unique())
        panel.axvspan(touched[0] - 0.5, touched[-1] + 0.5, color="#f0f0f0", zorder=0)
        panel.text(touched[0] - 0.4, 0.72, "touched by Covid", color="#777777", fontsize=8)
        panel.set_title(f"{series} origins", loc="left")
        panel.set_ylim(0, 0.75)
    panels[0].set_ylabel("average precision on entrants")
    panels[1].legend(frameon=False, loc="lower left")
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--chart", type=Path, default=STUDY.parents[1] / "docs/backtest.svg")
    parser.add_argument("--measure", default="serious")
    asked = parser.parse_args()
    os.environ["TIPPING_POINT_REAL_DATA"] = str(asked.folder)
    study = replace(read_study(STUDY), measure=asked.measure)
    results = analyse(study)
    wards = with_index_of_2019(results.wards, study, asked.folder)
    inputs = prepare(wards, results.counts, choose_weights(study), vocabulary_of(study))
    backtest = backtest_tables(inputs, results.graph, kinds=["iod2019"], seed=study.seed)
    print("\n".join(describe_backtest(backtest)), end="\n\n")
    print_tables(backtest)
    print_placebos(inputs, results.graph)
    if asked.measure == "serious":
        draw(backtest, asked.chart)


if __name__ == "__main__":
    main()
