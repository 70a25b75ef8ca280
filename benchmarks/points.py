"""Points to wards, beside geopandas' spatial join on the same rows in the same run.

    python benchmarks/points.py FOLDER [--rows N] [--runs K]

FOLDER is the real open data (what TIPPING_POINT_REAL_DATA names). The rows are drawn from those of the five-month
archive that have a point, as a longer series repeats the same map points month after month. Cold is with an empty
folder of kept answers, warm with the file that cold has written; both include the hash of the boundaries, the search
for distinct points and, unlike the join, whether another ward is within 50 m. The join starts, as an analyst's does,
from longitude and latitude in a table. The answers of both are compared row by row, outside the clock. The best of K
runs counts: the machine may be shared.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl

from tipping_point.sources.geography import read_boundaries
from tipping_point.wards.points import locate_points

SEED = 1


def read_points(archive: Path) -> pd.DataFrame:
    """Longitude and latitude of every row that has them."""
    names = ["Longitude", "Latitude"]
    types = dict.fromkeys(names, pl.Float64)
    with zipfile.ZipFile(archive) as file:
        frames = [pl.read_csv(file.read(name), columns=names, schema_overrides=types) for name in file.namelist()]
    rows = pl.concat(frames).drop_nulls()
    return pd.DataFrame({"longitude": rows["Longitude"].to_numpy(), "latitude": rows["Latitude"].to_numpy()})


def join(points: pd.DataFrame, wards: gpd.GeoDataFrame) -> pd.Series:
    """The usual way: a geometry for every row, reprojected, joined."""
    shapes = gpd.points_from_xy(points["longitude"], points["latitude"], crs="EPSG:4326").to_crs("EPSG:27700")
    table = gpd.GeoDataFrame(geometry=shapes, index=points.index)
    return gpd.sjoin(table, wards[["ward_code", "geometry"]], how="left", predicate="intersects")["ward_code"]


def best_of(runs: int, work: Callable[[], Any]) -> tuple[float, Any]:
    took, result = [], None
    for _ in range(runs):
        start = time.perf_counter()
        result = work()
        took.append(time.perf_counter() - start)
    return min(took), result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=5_900_000)
    parser.add_argument("--runs", type=int, default=2)
    options = parser.parse_args()

    wards = read_boundaries(options.folder / "boundaries/WD_DEC_2019_EW_BGC.geojson")
    real = read_points(options.folder / "police_uk/2019-02.zip")
    chosen = np.random.default_rng(SEED).integers(0, len(real), options.rows)
    points = real.iloc[chosen].reset_index(drop=True)
    distinct = len(points.drop_duplicates())
    print(f"{len(points):,} rows at {distinct:,} points, {len(wards):,} wards")

    def cold() -> pd.DataFrame:
        with tempfile.TemporaryDirectory() as empty:
            return locate_points(points, wards, folder=Path(empty))

    theirs, judge = best_of(options.runs, lambda: join(points, wards))
    alone, _ = best_of(options.runs, lambda: locate_points(points, wards))
    first, ours = best_of(options.runs, cold)
    with tempfile.TemporaryDirectory() as kept:
        locate_points(points, wards, folder=Path(kept))
        again, warm = best_of(options.runs, lambda: locate_points(points, wards, folder=Path(kept)))
        size = sum(path.stat().st_size for path in Path(kept).iterdir())

    assert judge.index.is_unique, "a point on a border, which the join gives twice"
    assert (ours["ward_code"].to_numpy() == judge.fillna("").to_numpy()).all(), "another ward than by the join"
    assert ours.equals(warm), "kept answers differ from fresh ones"
    print(f"geopandas sjoin               {theirs:7.2f} s")
    print(f"ours, nothing kept            {alone:7.2f} s   {theirs / alone:5.1f} x")
    print(f"ours, cold (answers written)  {first:7.2f} s   {theirs / first:5.1f} x   (target 5)")
    print(f"ours, warm                    {again:7.2f} s   {theirs / again:5.1f} x   (target 25)")
    print(f"kept answers: {size / 1e6:.1f} MB; every row in the same ward as by the join")


if __name__ == "__main__":
    main()
