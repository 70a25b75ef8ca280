"""Street files to ward x month x type: the whole archive, beside careful pandas, `wc -l` and `unzip -p | wc -l`.

    python benchmarks/street_files.py FOLDER [--months 36] [--forces 43] [--rows 18000000] [--jobs ours_zip,unzip_wc …]
    python benchmarks/street_files.py FOLDER --real ARCHIVE.zip

FOLDER is made if it does not hold the input yet: rows like those of police.uk, a folder of files and the same as an
archive zip; about 5 GB for 18 million rows, to be deleted by hand afterwards. `--real` measures a given archive.
Every job runs in a process of its own, one after the other; seconds are those of the fastest of `--repeats` runs, so
that none pays for the disk, and the peak is the largest resident size of that process (imports are 0.35 GB of it).
The clock starts when all libraries are imported.
"""

from __future__ import annotations

import argparse
import io
import resource
import shlex
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from tipping_point import count_crimes
from tipping_point.facts.crime_types import CRIME_TYPES
from tipping_point.sources import archives, crime
from tipping_point.sources.count_cache import clear_counts
from tipping_point.sources.crime import read_street_crimes
from tipping_point.tables import months_between
from tipping_point.wards.counts import place_crimes
from tipping_point.wards.coverage import build_coverage

WARDS, SMALL_AREAS, POINTS = 7_000, 35_700, 12
STREETS = ("High Street", "Station Road", "Parking Area", "Supermarket", "Church Lane", "Asda, Thurmaston", "Mill Hill")
OUTCOMES = ("Investigation complete; no suspect identified", "Unable to prosecute suspect", "Under investigation",
            "Status update unavailable", "Local resolution", "Awaiting court outcome")  # fmt: skip
SHARES = (0.18, 0.02, 0.06, 0.09, 0.03, 0.02, 0.08, 0.01, 0.07, 0.01, 0.06, 0.02, 0.06, 0.29)
"""Of each crime type, about as in the real files."""
NO_PLACE = 0.024


def make_input(folder: Path, *, months: int, forces: int, rows: int) -> None:
    """Street files under folder/files and the same members in folder/archive.zip."""
    random = np.random.default_rng(20260101)
    weights = random.lognormal(0, 0.8, forces)
    sizes = np.maximum(1, rows * weights / weights.sum() / months).astype(int)
    areas = np.array_split(np.arange(SMALL_AREAS), forces)
    last = pd.Period("2026-07", freq="M")
    names = months_between(str(last - (months - 1)), str(last))
    with zipfile.ZipFile(folder / "part", "w", zipfile.ZIP_DEFLATED) as archive:
        for force in range(forces):
            points = _points(areas[force], force, random)
            for month in names:
                member = f"{month}/{month}-{_force(force)}-street.csv"
                data = _street_file(points, sizes[force], month, random)
                (folder / "files" / member).parent.mkdir(parents=True, exist_ok=True)
                (folder / "files" / member).write_bytes(data)
                archive.writestr(member, data)
    (folder / "part").rename(folder / "archive.zip")


def _force(number: int) -> str:
    return f"force-{chr(97 + number // 26)}{chr(97 + number % 26)}"


def _points(areas: np.ndarray, force: int, random: np.random.Generator) -> pl.DataFrame:
    """The map points of a force: place, street and small area of each; the last row is 'no location'."""
    code = np.repeat(areas, POINTS)
    points = pl.DataFrame(
        {
            "Reported by": f"{_force(force).title()} Constabulary",
            "Falls within": f"{_force(force).title()} Constabulary",
            "Longitude": np.round(random.uniform(-4, 1, len(code)), 6),
            "Latitude": np.round(random.uniform(50.5, 54.5, len(code)), 6),
            "Location": [f"On or near {STREETS[number]}" for number in random.integers(0, len(STREETS), len(code))],
            "LSOA code": [f"E01{number:06d}" for number in code],
            "LSOA name": [f"District {number // 100} {number % 100:03d}A" for number in code],
        }
    )
    nowhere = points.head(1).with_columns(
        pl.lit(None).alias(name) for name in ("Longitude", "Latitude", "LSOA code", "LSOA name")
    )
    return pl.concat([points, nowhere.with_columns(pl.lit("No Location").alias("Location")).select(points.columns)],
                     how="vertical_relaxed")  # fmt: skip


def _street_file(points: pl.DataFrame, rows: int, month: str, random: np.random.Generator) -> bytes:
    place = ((len(points) - 1) * random.random(rows) ** 2).astype(int)  # some points see much, most see little
    place[random.random(rows) < NO_PLACE] = len(points) - 1
    kind = random.choice(len(SHARES), rows, p=np.array(SHARES) / sum(SHARES))
    crime = pl.Series("Crime type", CRIME_TYPES["police_uk"])[kind]
    is_crime = crime != "Anti-social behaviour"
    frame = points[place].with_columns(
        _identifiers(rows, random).alias("Crime ID"),
        pl.lit(month).alias("Month"),
        crime,
        pl.Series("Last outcome category", OUTCOMES)[(len(OUTCOMES) * random.random(rows) ** 2).astype(int)],
        pl.lit(None, dtype=pl.String).alias("Context"),
    )
    frame = frame.with_columns(
        pl.when(is_crime).then(pl.col(name)).otherwise(None) for name in ("Crime ID", "Last outcome category")
    )
    stream = io.BytesIO()
    ordered = ("Crime ID", "Month", *points.columns, "Crime type", "Last outcome category", "Context")
    frame.select(ordered).write_csv(stream, float_precision=6, line_terminator="\r\n")
    return stream.getvalue()


def _identifiers(rows: int, random: np.random.Generator) -> pl.Series:
    """Random texts of 64 hexadecimal digits, as the files have: the part of a row that does not compress."""
    text = random.bytes(32 * rows).hex().encode()
    offsets = pa.py_buffer(np.arange(0, 64 * rows + 1, 64, dtype=np.int64))
    return pl.Series(pa.Array.from_buffers(pa.large_string(), rows, [None, offsets, pa.py_buffer(text)]))


# ------------------------------------------------------------------------------------------------- the jobs


def _small_areas() -> pd.Series:
    """Small area -> ward, as many to one."""
    wards = np.minimum(np.arange(SMALL_AREAS) * WARDS // SMALL_AREAS, WARDS - 1)
    return pd.Series([f"E05{ward:06d}" for ward in wards], index=[f"E01{area:06d}" for area in range(SMALL_AREAS)])


def _ours(paths: list[Path], first: str, last: str, *, to_wards: bool = False, cache: Path | None = None) -> int:
    read = read_street_crimes(paths, start=first, end=last, cache=cache)
    if not to_wards:
        return int(read.counts["crimes"].sum())
    ward_of = _small_areas()
    codes = pd.Index(sorted(set(ward_of)), name="ward_code")
    wards = pd.DataFrame({"force_name": "Force Aa"}, index=codes)
    coverage = build_coverage(read.files, wards, months=months_between(first, last))
    placed = place_crimes(read.counts, ward_of, codes)
    counted = count_crimes(placed, wards, coverage, crime_types=CRIME_TYPES["police_uk"])
    return int(counted.reconciliation["rows_in"].sum())


def _history(folder: Path, first: str, last: str, spans: int) -> int:
    """The same files once more for each earlier span of as many months, as if those had been published too."""
    step = len(months_between(first, last))
    now = archives.find_street_files([folder], start=first, end=last)
    shifts = {
        (month, span): str(pd.Period(month, freq="M") - span * step)
        for month in months_between(first, last)
        for span in range(spans)
    }
    files = [
        replace(file, month=shifts[file.month, span], note=file.month) for span in range(spans) for file in now.files
    ]

    def read(file: archives.StreetFile, opened: Mapping[Path, archives.OpenArchive]) -> tuple[bytes, str]:
        data, damage = archives.read_street_file(file, opened)
        return data.replace(f",{file.note},".encode(), f",{file.month},".encode()), damage

    crime.read_street_file = read
    crime.find_street_files = lambda *_, **__: replace(now, files=files)
    earliest = str(pd.Period(first, freq="M") - (spans - 1) * step)
    return int(read_street_crimes([folder], start=earliest, end=last).counts["crimes"].sum())


def _careful_pandas(folder: Path) -> int:
    """Three columns, as categories, one file at a time, counted at once; the counts joined to wards."""
    columns = {"Month": "category", "LSOA code": "category", "Crime type": "category"}
    parts = []
    for path in sorted(folder.rglob("*-street.csv")):
        frame = pd.read_csv(path, usecols=list(columns), dtype=columns)
        parts.append(frame.groupby(list(columns), observed=True, dropna=False).size().reset_index(name="crimes"))
        parts[-1] = parts[-1].astype(dict.fromkeys(columns, "str"))
    counts = pd.concat(parts)
    counts["ward"] = counts["LSOA code"].map(_small_areas())
    wards = counts.groupby(["ward", "Month", "Crime type"], dropna=False)["crimes"].sum()
    return int(wards.sum())


def _plain(command: str) -> int:
    told = subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True).stdout
    return int(told.splitlines()[-1].split()[0])


def _run_job(name: str, folder: Path, archive: Path) -> None:
    """One job, in this process: prints rows, seconds, seconds of all processors and peak gigabytes."""
    with zipfile.ZipFile(archive) as opened:
        months = sorted({Path(name).name[:7] for name in opened.namelist() if name.endswith("-street.csv")})
    first, last = months[0], months[-1]
    files, zipped, cache = folder / "files", shlex.quote(str(archive)), folder / "cache"
    jobs: Mapping[str, Callable[[], int]] = {
        "unzip_wc": lambda: _plain(f"unzip -p {zipped} '*-street.csv' | wc -l"),
        "ours_zip": lambda: _ours([archive], first, last),
        "ours_zip_wards": lambda: _ours([archive], first, last, to_wards=True),
        "ours_zip_first": lambda: clear_counts(cache) * 0 + _ours([archive], first, last, cache=cache),
        "ours_zip_again": lambda: _ours([archive], first, last, cache=cache),
        "wc_files": lambda: _plain(
            f"find {shlex.quote(str(files))} -name '*-street.csv' -print0 | wc -l --files0-from=-"
        ),
        "ours_files": lambda: _ours([files], first, last),
        "ours_files_wards": lambda: _ours([files], first, last, to_wards=True),
        "ours_history": lambda: _history(files, first, last, 5),
        "pandas_files": lambda: _careful_pandas(files),
    }
    start = time.perf_counter()
    rows = jobs[name]()
    seconds = time.perf_counter() - start
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    worked = sum(each.ru_utime + each.ru_stime for each in usage)
    print(f"{rows} {seconds:.3f} {worked:.3f} {max(each.ru_maxrss for each in usage) / 1e6:.3f}")


ZIPPED = ("unzip_wc", "ours_zip", "ours_zip_wards", "ours_zip_first", "ours_zip_again")
LOOSE = ("wc_files", "ours_files", "ours_files_wards", "pandas_files", "ours_history")
BESIDE = (
    ("ours_zip", "unzip_wc"), ("ours_zip_wards", "unzip_wc"), ("ours_zip_again", "ours_zip"),
    ("ours_files", "wc_files"), ("pandas_files", "ours_files"), ("pandas_files", "ours_files_wards"),
)  # fmt: skip
"""What is divided by what."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--forces", type=int, default=43)
    parser.add_argument("--rows", type=int, default=18_000_000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--jobs", default="")
    parser.add_argument("--job")
    options = parser.parse_args()
    archive = options.real or options.folder / "archive.zip"
    if options.job:
        _run_job(options.job, options.folder, archive)
        return
    if not archive.exists():
        options.folder.mkdir(parents=True, exist_ok=True)
        make_input(options.folder, months=options.months, forces=options.forces, rows=options.rows)
    usual = ("unzip_wc", "ours_zip") if options.real else (*ZIPPED, *LOOSE)
    jobs = options.jobs.split(",") if options.jobs else usual
    given = ["--real", str(options.real)] if options.real else []
    seconds = {}
    print(f"{'':18}{'rows':>13}{'seconds':>9}{'CPU s':>8}{'peak GB':>9}")
    for job in jobs:
        command = [sys.executable, __file__, str(options.folder), "--job", job, *given]
        runs = [
            [float(part) for part in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]
            for _ in range(options.repeats)
        ]
        rows, seconds[job], worked, peak = min(runs, key=lambda run: run[1])
        print(f"{job:18}{rows:>13,.0f}{seconds[job]:>9.2f}{worked:>8.2f}{peak:>9.2f}", flush=True)
    for ours, peer in BESIDE:
        if ours in seconds and peer in seconds:
            print(f"{ours} / {peer}: {seconds[ours] / seconds[peer]:.2f}")


if __name__ == "__main__":
    main()
