"""Every dataset that a study can name, by the key of the catalogue: one call, one file, in the form the readers read.

    fetch_dataset(web, key, folder, *, year=None, area=()) -> Path

| key | year | area | reader |
|---|---|---|---|
| ward_boundaries | of the codes | | `read_boundaries(ward_year=year)` |
| lookup_ward, lookup_force, lookup_region, lookup_lsoa | of the codes | | `read_lookup` |
| iod2019, iod2025, wimd2019, wimd2025 | | | `read_deprivation(kind=key)` |
| population_mid_year | of the estimate, 2021 to 2024 | | `read_population(kind="lsoa_mid_year")`, lsoa21 |
| population_nomis | of the estimate, 2011 to 2024 | | the same, lsoa21, without an 83 MB workbook |
| population_nomis_lsoa11 | of the estimate, to 2020 | | the same, lsoa11 |
| claimants_nomis | | | `read_indicator(column="claimants")`, lsoa11 |
| census_ts001 | | | `read_population(kind="census_ts001")` |
| census_ts007a, census_ts067 and the like | | | `read_census` |
| fingertips_93239 and the like, by ward | | districts | `read_indicator(column="Value", vintage=...)` |
| fingertips_11201_district and the like | | | `read_district_figures(column="Value")` |
| school_absence, school_suspensions, by school | | | `read_education(level="school")` |
| absence_by_authority, attainment_by_district | | | `read_district_figures` |
| school_register | | | `read_school_register` |
| recorded_crime_force, recorded_crime_partnership | in which the financial year ends | | `read_recorded_crime` |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tipping_point.facts.catalogue import entry_key, get_dataset, load_datasets
from tipping_point.fetch.arcgis import fetch_published
from tipping_point.fetch.download import Web
from tipping_point.fetch.fingertips import fetch_health
from tipping_point.fetch.gov_uk import fetch_index
from tipping_point.fetch.nomis import CLAIMANTS, fetch_claimants, fetch_residents
from tipping_point.fetch.ons_files import MID_YEAR, fetch_census, fetch_mid_year
from tipping_point.fetch.stats_wales import fetch_welsh_index
from tipping_point.sources import calibration
from tipping_point.sources.explore_education import fetch_education
from tipping_point.sources.schools import REGISTER_KEY, fetch_newest_register
from tipping_point.tables import InputError

_NOMIS = "population_nomis"
_CENSUS = re.compile(r"census_(ts\d{3}[a-z]?)")
_HEALTH = re.compile(r"fingertips_(\d+)(?:_(ward|small_area|district))?")
_WHOLE: Mapping[str, Callable[[Web, str, Path], Path]] = {
    **dict.fromkeys(("iod2019", "iod2025"), fetch_index),
    **dict.fromkeys(("wimd2019", "wimd2025"), fetch_welsh_index),
    CLAIMANTS: fetch_claimants,
    REGISTER_KEY: lambda web, key, folder: fetch_newest_register(web, folder),  # noqa: ARG005 - one signature for all
}
"""Key -> the client of a dataset of one edition, which comes whole."""
_RECORDED = (calibration.FORCES, calibration.PARTNERSHIPS)


def fetch_dataset(web: Web, key: str, folder: Path, *, year: int | None = None, area: Sequence[str] = ()) -> Path:
    """A dataset of the catalogue, as the file that its reader reads.

    Args:
        web: the settings of the run.
        key: of the table above.
        folder: where the file goes; its name is the publisher's, or says what was made of it.
        year: where the table above wants one; the other datasets have one edition.
        area: codes of districts, where the publisher gives parts; other datasets come whole, for England (and Wales).

    Raises:
        InputError: no such key, a year that is wanted or is not there, or what the client of the dataset raises.
    """
    if census := _CENSUS.fullmatch(key):
        return fetch_census(web, census[1], folder)
    if health := _HEALTH.fullmatch(key):
        return fetch_health(web, int(health[1]), folder, level=(health[2] or "ward").replace("_", " "), districts=area)
    if client := {**_WHOLE, **dict.fromkeys(_education(), fetch_education)}.get(key):
        return client(web, key, folder)
    if key not in list_keys():
        raise InputError(
            f"Dataset '{key}' cannot be fetched; allowed are {', '.join(list_keys())}, census_ts001 and the like, and"
            f" fingertips_93239 and the like."
        )
    if year is None:
        raise InputError(f"Dataset '{key}' needs a year.")
    if key.startswith(_NOMIS):
        return fetch_residents(web, folder, year=year, vintage="lsoa21" if key == _NOMIS else "lsoa11")
    if key in _RECORDED:
        return calibration.fetch_recorded_crime(web, key, folder, year=year)
    return fetch_mid_year(web, folder, year=year) if key == MID_YEAR else fetch_published(web, key, folder, year=year)


def list_keys() -> tuple[str, ...]:
    """The keys of the datasets that can be fetched, apart from those that hold a number (census_, fingertips_)."""
    published = [dataset.key for dataset in load_datasets() if dataset.services]
    return (*published, *_WHOLE, MID_YEAR, _NOMIS, f"{_NOMIS}_lsoa11", *_RECORDED, *_education())


def _education() -> tuple[str, ...]:
    """The keys of the files of the Department for Education."""
    return tuple(dataset.key for dataset in load_datasets() if dataset.levels and dataset.place)


def describe_key(key: str) -> str:
    """The title of what a key stands for, as the catalogue has it.

    Raises:
        KeyError: no such key.
    """
    return get_dataset(entry_key(key)).title
