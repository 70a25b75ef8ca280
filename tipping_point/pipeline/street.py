"""Which street files of data.police.uk a study wants, and those files made into the archive or folder it names."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import pandas as pd

from tipping_point.fetch.areas_by_name import list_areas, mayoral_lookup, resolve_areas
from tipping_point.fetch.download import NotInCacheError, Web
from tipping_point.fetch.police_archive import BASE, FIRST_MONTH, LAST_UNLIMITED, WINDOW, fetch_street_files
from tipping_point.sources.geography import read_lookup
from tipping_point.sources.period import MONTH
from tipping_point.study import Study
from tipping_point.tables import InputError, force_slug, months_between

STREET = "police_uk_street"
"""The dataset of which a study wants some forces and months, and not the whole."""
RAILWAY = "btp"
"""The British Transport Police hold no ward and record crimes in all."""


class Plan(TypedDict):
    """The street files of one path of a study."""

    forces: list[str]
    start: str
    end: str
    archive: str
    """Month of the archive that they are taken from; '' for the newest that hold them."""


def plan_street(study: Study, path: Path, paths: Sequence[Path]) -> Plan:
    """The street files that a path of the study is to hold: of its forces, and of its share of the months.

    A path YYYY-MM.zip is filled from the archive of that month, so that the study says which it used; of a month that
    several archives hold the latest is taken. A folder is filled from the newest archives that hold the period.

    Args:
        study: the study; its lookups must be there.
        path: the path to be filled.
        paths: every path of the study that is to be filled so.

    Raises:
        InputError: a lookup is not there, an area that the lookups do not know, a path that is not named as an
            archive, months that no archive of the study holds, or an archive of which nothing is wanted.
    """
    forces = _forces(study)
    if path.suffix.lower() != ".zip":
        return Plan(forces=forces, start=study.period.start, end=study.period.end, archive="")
    if not all(re.fullmatch(MONTH, other.stem) for other in paths):
        raise InputError(
            f"{path}: is to be fetched from an archive of data.police.uk, and not every such path of the study is named"
            f" after its archive; call it YYYY-MM.zip, or name a single folder and the newest archives are taken."
        )
    months = _share(study, path.stem, [other.stem for other in paths])
    return Plan(forces=forces, start=months[0], end=months[-1], archive=path.stem)


def make_street(
    web: Web, folder: Path, *, name: str, forces: Sequence[str], start: str, end: str, archive: str
) -> Path:
    """The street files of a plan, in a folder: an archive, or a folder of the name given.

    Raises:
        InputError: as `fetch_street_files`.
    """
    url = f"{BASE}/{archive}.zip" if archive else ""
    got = fetch_street_files(web, folder, forces=forces, start=start, end=end, archive=url)
    for force, rows in got.absent.groupby("force", sort=False):
        web.say(f"{force}: no street file is published for {len(rows)} month(s): {', '.join(rows['month'])}")
    if archive:
        return got.paths[0]
    for path in got.paths:
        with zipfile.ZipFile(path) as held:
            held.extractall(folder / name)
    return folder / name


def _share(study: Study, archive: str, archives: Sequence[str]) -> list[str]:
    """The months to take from an archive: those of the period that it holds and no later one of the study."""
    held = {name: _months(name) for name in archives}
    period = months_between(study.period.start, study.period.end)
    shown = ", ".join(f"{name}: {held[name][0]} to {held[name][-1]}" for name in sorted(held))
    lacking = [month for month in period if not any(month in months for months in held.values())]
    if lacking and len(archives) == len(study.of("crime")):
        raise InputError(
            f"sources.crime: no archive that the study names holds {', '.join(lacking[:6])} ({len(lacking)} month(s));"
            f" what they hold is {shown}. Add an archive, or change the period."
        )
    later = {month for name, months in held.items() if name > archive for month in months}
    mine = [month for month in period if month in held[archive] and month not in later]
    if not mine:
        raise InputError(
            f"sources.crime: nothing is wanted of {archive}.zip: no month of the period {study.period.start} to "
            f"{study.period.end} is in it and in no later archive of the study ({shown}). Leave it out."
        )
    return mine


def _months(archive: str) -> list[str]:
    months = months_between(FIRST_MONTH, archive)
    return months if archive <= LAST_UNLIMITED else months[-WINDOW:]


def _forces(study: Study) -> list[str]:
    """The forces of the study's area, as police.uk writes them, and the British Transport Police."""
    lookups = study.of("lookup")
    if absent := [source.path.name for source in lookups if not source.path.exists()]:
        # It only follows from their own faults, so that it is of no graver kind than the mildest of them.
        raise NotInCacheError(
            f"sources.crime: whose street files are wanted is not known until the lookups are there:"
            f" {', '.join(absent)}."
        )
    tables: list[pd.DataFrame] = [read_lookup(source.path) for source in lookups]
    known = list_areas([*tables, mayoral_lookup(2024), mayoral_lookup(2025)])
    forces = [area for area in known if area.level == "force"]
    if study.area:
        wanted = {code for area in resolve_areas(study.area, known) for code in area.districts}
        forces = [force for force in forces if wanted & {*force.districts}]
    return [*sorted(force_slug(force.name) for force in forces), RAILWAY]
