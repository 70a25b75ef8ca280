"""The England and Wales study, from real files to shortlist and map, beside a plain script of the usual libraries.

    python benchmarks/whole_study.py FOLDER

FOLDER is the real open data (what TIPPING_POINT_REAL_DATA names). Each job runs in a process of its own, one after the
other; the ratio is what counts, since both ran on the same machine in the same minutes. The plain script does less: two
tests at 999 permutations where the study draws 9,999, no coverage, no intervals, no index, no areas, no report.
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


def ours(output: Path) -> None:
    from tipping_point import read_study, run_study

    run_study(read_study(STUDY), output=output / "study")


def timed(job: str, folder: Path) -> tuple[float, float, float]:
    """Seconds, peak gigabytes and megabytes of map of one job in a process of its own."""
    with tempfile.TemporaryDirectory() as output:
        environment = {**os.environ, "TIPPING_POINT_REAL_DATA": str(folder)}
        before = time.perf_counter()
        subprocess.run([sys.executable, "-W", "ignore", __file__, str(folder), "--job", job, "--output", output],
                       check=True, env=environment)  # fmt: skip
        seconds = time.perf_counter() - before
        size = next(Path(output).rglob("map.html")).stat().st_size / 1e6
        peak = float((Path(output) / "peak").read_text())
    return seconds, peak, size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--job", choices=("plain", "ours"))
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    if options.job:
        plain_script(options.folder, options.output) if options.job == "plain" else ours(options.output)
        (options.output / "peak").write_text(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6))
        return
    ours_is = timed("ours", options.folder)
    plain_is = timed("plain", options.folder)
    print(f"{'':16}{'seconds':>10}{'peak GB':>10}{'map MB':>10}")
    for name, row in (("tipping_point", ours_is), ("plain script", plain_is)):
        print(f"{name:16}" + "".join(f"{value:10.1f}" for value in row))
    print(f"{'ratio':16}" + "".join(f"{a / b:10.2f}" for a, b in zip(ours_is, plain_is, strict=True)))


if __name__ == "__main__":
    main()
