"""Makes the demo city: every file a study needs, in the formats of the real sources, and the truth hidden in them."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tipping_point.demo import files
from tipping_point.demo.archive import name_points, write_archive
from tipping_point.demo.crimes import MONTHS, Rows, draw_expected, draw_railway, draw_rows
from tipping_point.demo.land import Land, build_land
from tipping_point.demo.names import CITY, DISTRICTS, district_names, small_area_names, ward_names
from tipping_point.demo.people import settle_people, tabulate_deprivation, tabulate_indicators
from tipping_point.demo.planted import MISSING, Planted, choose_planted
from tipping_point.demo.study import write_readme, write_study
from tipping_point.tables import NOT_TERRITORIAL, force_slug

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Demo:
    """The demo city on disk."""

    study: Path
    """The study file written."""
    folder: Path
    truth: dict[str, object]
    """What was planted, by ward code; also written as truth.json beside the study."""


def make_demo(folder: Path | str, *, seed: int = 20240229) -> Demo:
    """Write a synthetic city into the folder: study.toml, its source files, truth.json and README.txt.

    About 120 wards in four districts, each with a police force of its own, and 36 months of crimes. Planted in it:
    two chronic clusters, a busy centre, a rising ward, an island, and a force-month with no file. The same seed gives
    the same bytes. Files of these names already in the folder are replaced.

    >>> tp.make_demo(folder / "city").study.name
    'study.toml'
    """
    folder = Path(folder)
    ground, folk, habit, paper = (np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(4))
    land = build_land(ground)
    planted = choose_planted(land)
    people = settle_people(land, planted, folk)
    districts, wards, small_areas = district_names(), ward_names(land, planted, paper), small_area_names(land)

    points, places = name_points(land, planted, small_areas, paper)
    crimes = draw_rows(land, points, draw_expected(land, people, planted, habit), habit)
    rows = crimes.join(draw_railway(land, planted, len(points), habit))
    rows = rows.take((rows.force != MISSING[0]) | (rows.month != MONTHS.index(MISSING[1])))
    railway = pd.DataFrame({"slug": ["btp"], "reported_by": [NOT_TERRITORIAL["btp"]]})
    forces = pd.concat([districts, railway], ignore_index=True)
    deprivation = tabulate_deprivation(people, _identify(land, districts, small_areas), paper)
    indicators = tabulate_indicators(people, small_areas["code"], paper)
    truth = _tell_truth(planted, wards["code"], rows, seed)

    contents = {
        files.CRIME: write_archive(rows, places, forces, paper),
        files.BOUNDARIES: files.write_boundaries(land, wards, districts, paper),
        files.WARD_LOOKUP: files.write_ward_lookup(land, wards, districts, small_areas),
        files.FORCE_LOOKUP: files.write_force_lookup(districts),
        files.POPULATION: files.write_population(people, small_areas, paper),
        files.DEPRIVATION: files.write_table(deprivation),
        files.INDICATORS: files.write_table(indicators),
        "truth.json": (json.dumps(truth, indent=2) + "\n").encode(),
        "README.txt": write_readme(seed).encode(),
        "study.toml": write_study(seed).encode(),
    }
    for name, content in contents.items():
        _write(folder / name, content)
    log.info("demo: %s, %d wards and %d crime rows, written to %s", CITY, len(wards), len(rows.month), folder)
    return Demo(folder / "study.toml", folder, truth)


def _identify(land: Land, districts: pd.DataFrame, small_areas: pd.DataFrame) -> pd.DataFrame:
    """The four columns that name a small area in the deprivation table."""
    district = districts.loc[land.small_areas["district"]]
    return pd.DataFrame(
        {
            "LSOA code (2021)": small_areas["code"],
            "LSOA name (2021)": small_areas["name"],
            "Local Authority District code (2024)": district["code"].to_numpy(),
            "Local Authority District name (2024)": district["name"].to_numpy(),
        }
    )


def _tell_truth(planted: Planted, codes: pd.Series, rows: Rows, seed: int) -> dict[str, object]:
    """What was planted, and the totals of the crime files, in plain JSON types."""
    return {
        "synthetic": True,
        "city": CITY,
        "seed": seed,
        "chronic_clusters": [[str(codes[ward]) for ward in cluster] for cluster in planted.clusters],
        "beside_clusters": [str(codes[ward]) for ward in planted.beside],
        "busy_centre": [str(codes[ward]) for ward in planted.busy],
        "rising_ward": str(codes[planted.rising]),
        "island_ward": str(codes[planted.island]),
        "missing_force_month": [force_slug(DISTRICTS[MISSING[0]]), MISSING[1]],
        "crime_rows": len(rows.month),
        "crime_rows_without_location": int((~rows.placed).sum()),
    }


def _write(path: Path, content: bytes) -> None:
    """Write beside and move into place: a run that dies leaves no half file under the real name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(content)
    beside.replace(path)
