"""The England and Wales study, from real files to shortlist and map, beside a plain script of the usual libraries.

    python benchmarks/whole_study.py FOLDER

FOLDER is the real open data (what TIPPING_POINT_REAL_DATA names). Each job runs in a process of its own, one after the
other; the ratio is what counts, since all ran on the same machine in the same minutes. The plain script does less: two
tests at 999 permutations where the study draws 9,999, no coverage, no intervals, no index, no areas, no report.

Three ratios. 'To shortlist and map' ends where tables, areas, map.html and report.html are written, and is what the
plain script's map is to be compared with. 'As by default' has the pictures too, and 'everything' report.pdf, which a
national study makes where it is asked for. The peak is of the whole process; fastest of `--repeats` rounds, in each of
which every job has its turn.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

JOBS = ("default", "plain", "everything")
STUDY = Path(__file__).parents[1] / "studies/england_and_wales.toml"


def plain_script(folder: Path, output: Path) -> None:
    """What an analyst writes in an afternoon: careful, in memory, one file at a time."""
    import folium
    import geopandas as gpd
    import pandas as pd
    from esda import G_Local, Moran_Local
    from libpysal.graph import Graph

    frames = []
    with zipfile.ZipFile(folder / "police_uk/2019-02.zip") as archive:
        for name in archive.namelist():
            with archive.open(name) as file:
                frames.append(pd.read_csv(file, usecols=["Month", "LSOA code", "Crime type"]))
    crimes = pd.concat(frames)
    lookup = pd.read_csv(
        next((folder / "lookups").glob("Lower*2019*.csv")), encoding="utf-8-sig", usecols=["LSOA11CD", "WD19CD"]
    )
    people = pd.read_csv(folder / "population/population_mid2019_lsoa11_single_year.csv").set_index("lsoa11_code")
    crimes = crimes.merge(lookup, left_on="LSOA code", right_on="LSOA11CD")
    counts = crimes.groupby(["WD19CD", "Crime type"]).size().unstack(fill_value=0)
    lookup["people"] = lookup["LSOA11CD"].map(people["total_population"])
    wards = gpd.read_file(folder / "boundaries/WD_DEC_2019_EW_BGC.geojson").to_crs(27700).set_index("WD19CD")
    wards["people"] = lookup.groupby("WD19CD")["people"].sum()
    serious = counts[["Violence and sexual offences", "Robbery", "Possession of weapons"]].sum(axis=1)
    wards["rate"] = (serious.reindex(wards.index).fillna(0) / wards["people"] * 1000).fillna(0)
    graph = Graph.build_contiguity(wards, rook=False)
    weights = graph.to_W()
    wards["gi_p"] = G_Local(wards["rate"], weights, transform="B", star=True, permutations=999, seed=1).p_sim
    wards["moran_p"] = Moran_Local(wards["rate"], weights, permutations=999, seed=1).p_sim
    wards["geometry"] = wards.simplify(20)
    page = folium.Map(location=[53, -2], zoom_start=6)
    shown = wards[["WD19NM", "people", "rate", "gi_p", "moran_p", "geometry"]].to_crs(4326).reset_index()
    folium.GeoJson(shown, tooltip=folium.GeoJsonTooltip(["WD19NM", "rate", "gi_p"])).add_to(page)
    page.save(output / "map.html")


def ours(output: Path, *, pdf: bool) -> None:
    from tipping_point import read_study, run_study
    from tipping_point.pipeline import STEPS

    def note(step: str) -> None:
        if step == STEPS[-1]:
            (output / "mapped").write_text(str(time.time()))

    run_study(read_study(STUDY), output=output / "study", progress=note, pdf=pdf or None)


def timed(job: str, folder: Path) -> tuple[float, float, float, float]:
    """Seconds to the map and to the end, peak gigabytes and megabytes of map of one job in a process of its own."""
    with tempfile.TemporaryDirectory() as output:
        environment = {**os.environ, "TIPPING_POINT_REAL_DATA": str(folder)}
        before = time.time()
        subprocess.run([sys.executable, "-W", "ignore", __file__, str(folder), "--job", job, "--output", output],
                       check=True, env=environment)  # fmt: skip
        seconds = time.time() - before
        mapped = Path(output) / "mapped"
        to_map = float(mapped.read_text()) - before if mapped.exists() else seconds
        size = next(Path(output).rglob("map.html")).stat().st_size / 1e6
        peak = float((Path(output) / "peak").read_text())
    return to_map, seconds, peak, size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--job", choices=JOBS)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    if options.job:
        if options.job == "plain":
            plain_script(options.folder, options.output)
        else:
            ours(options.output, pdf=options.job == "everything")
        (options.output / "peak").write_text(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6))
        return
    rounds = [{job: timed(job, options.folder) for job in JOBS} for _ in range(options.repeats)]
    best = {job: [min(values) for values in zip(*(each[job] for each in rounds), strict=True)] for job in JOBS}
    shown = {
        "to shortlist and map": best["default"][::2] + best["default"][3:],
        "as by default": best["default"][1:],
        "everything": best["everything"][1:],
        "plain script": best["plain"][1:],
    }
    print(f"{'':22}{'seconds':>10}{'peak GB':>10}{'map MB':>10}{'ratio':>10}")
    for name, row in shown.items():
        figures = (*row, row[0] / shown["plain script"][0])
        print(f"{name:22}" + "".join(f"{value:10.2f}" for value in figures))


if __name__ == "__main__":
    main()
