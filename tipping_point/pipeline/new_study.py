"""An area by name to a study file that runs once its files are fetched: the newest editions that fit together."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

import pandas as pd

from tipping_point.facts.catalogue import get_dataset
from tipping_point.facts.known_gaps import read_known_gaps
from tipping_point.fetch.areas_by_name import Area, list_areas, mayoral_lookup, resolve_areas
from tipping_point.fetch.datasets import fetch_dataset
from tipping_point.fetch.download import Web
from tipping_point.fetch.police_archive import WINDOW, choose_archives, find_latest
from tipping_point.pipeline.street import STREET
from tipping_point.sources.geography import read_lookup
from tipping_point.sources.period import check_period
from tipping_point.tables import InputError, force_slug

log = logging.getLogger(__name__)

FITTING = ("ward_boundaries", "lookup_ward", "lookup_force")
"""What must be of one year: the year of the wards."""
FIRST_WARD_YEAR = 2022
"""The first year whose wards are made of the small areas of 2021, as the newest estimates and indices are."""
SMALL_AREAS_SINCE = "2023-06"
"""The first month whose street files name small areas of 2021."""
INDICES = {"E": "iod2025", "W": "wimd2025"}
"""First letter of a country's codes -> its newest index by small area of 2021."""
AREAS, SEED = 10, 20_240_229


def new_study(
    names: Sequence[str],
    *,
    web: Web,
    ward_year: int | None = None,
    start: str = "",
    end: str = "",
    file: str = "study.toml",
) -> str:
    """The text of a study file for areas by name; every source with its dataset, year and path.

    A region is written as its districts, so that the study needs no further lookup; a mayoral authority needs none.

    Args:
        names: 'Merseyside', 'force:West Midlands', 'authority:…', 'district:…', 'region:…', or codes.
        web: the settings of the run; small lookups are fetched, and the month of the latest archive.
        ward_year: by default the newest for which the catalogue names boundaries and both lookups.
        start: first month, 'YYYY-MM'; by default 36 months with the last.
        end: last month; by default that of the latest archive of data.police.uk.
        file: what the file will be called, for the commands in its heading.

    Raises:
        InputError: a name that is of several areas (with the choices) or of none (with the nearest), wards of a year
            that the newest estimates do not fit, a period that no archive holds, or what fetching raises.
    """
    year = ward_year or newest_year()
    if year < FIRST_WARD_YEAR:
        raise InputError(
            f"--ward-year: {year} was given; a new study takes wards of {FIRST_WARD_YEAR} or later, which are made of"
            f" the small areas that the newest population and indices are of."
        )
    known = _list_areas(web, year)
    areas = resolve_areas(names, known)
    start, end, archives = _choose_period(web, start, end)
    gaps = _say_gaps(areas, known, start, end)
    for line in gaps:
        web.say(line)
    place = " and ".join(area.name for area in areas)
    countries = sorted({code[0] for area in areas for code in area.districts})
    title = f"{place}, {_say_month(start)} to {_say_month(end)}"
    log.info("new study: %s; wards of %d, archives %s", title, year, ", ".join(archives))
    template = files(__package__).joinpath("study_template.toml").read_text(encoding="utf-8")
    return Template(template).substitute(
        title=title, file=file, name=_quote(title), place=_quote(place), seed=SEED, ward_year=year,
        start=start, end=end, recorded=int(end[:4]) - (end[5:] < "03"), area=_say_area(areas), areas=AREAS,
        sources=_say_sources(year, archives, countries, start, gaps),
    )  # fmt: skip


def newest_year() -> int:
    """The newest year of wards for which the catalogue names the services of boundaries and of both lookups."""
    return max(set.intersection(*({*services.names} for key in FITTING if (services := get_dataset(key).services))))


# ------------------------------------------------------------------------------------------------ area, period


def _list_areas(web: Web, year: int) -> tuple[Area, ...]:
    """Every area that can be named. Regions are for their names alone, so that any year of their lookup will do."""
    services = get_dataset("lookup_region").services
    with TemporaryDirectory() as held:
        lookups = [read_lookup(fetch_dataset(web, "lookup_force", Path(held), year=year)), mayoral_lookup(year)]
        try:
            regions = fetch_dataset(web, "lookup_region", Path(held), year=max(services.names) if services else year)
            lookups.append(read_lookup(regions))
        except InputError as error:
            web.say(f"Regions cannot be named: {error.faults[0]}")
    return list_areas(lookups)


def _say_gaps(areas: Sequence[Area], known: Sequence[Area], start: str, end: str) -> list[str]:
    """What is known not to be published of the forces that police the areas, a sentence for each gap."""
    districts = {code for area in areas for code in area.districts}
    names = {force_slug(one.name): one.name for one in known if one.level == "force" and districts & {*one.districts}}
    said = []
    for gap in read_known_gaps().astype(str).to_dict("records"):
        last = gap["end"] or end
        if gap["force"] in names and gap["start"] <= end and last >= start:
            whole = gap["kind"] == "nothing" and gap["start"] <= start and last >= end
            result = " No ward there can be assessed in this period." if whole else ""
            alone = " A study of it alone will be refused." if whole and len(names) == 1 else ""
            said.append(f"{names[gap['force']]}: {gap['note']} ({gap['source']}).{result}{alone}")
    return said


def _choose_period(web: Web, start: str, end: str) -> tuple[str, str, list[str]]:
    """First month, last month and the archives that hold them."""
    latest = find_latest(web)
    end = end or latest
    check_period(start or end, end)
    start = start or str(pd.Period(end, freq="M") - (WINDOW - 1))
    return start, end, [need.archive for need in choose_archives(start, end, latest=latest)]


def _say_month(month: str) -> str:
    return pd.Period(month, freq="M").strftime("%B %Y")


def _quote(text: str) -> str:
    """A text as TOML writes it; JSON writes it the same way."""
    return json.dumps(text, ensure_ascii=False)


def _say_area(areas: Sequence[Area]) -> str:
    """The value of study.area, with the districts of each."""
    lines = []
    for area in areas:
        if area.level == "region":
            lines.append(f"    # the districts of the region {area.name}")
            lines += [f"    {_quote(f'district:{name}')}," for name in area.district_names]
        else:
            districts = "" if area.level == "district" else f"  # {', '.join(area.district_names)}"
            lines.append(f"    {_quote(area.label)},{districts}")
    return "\n".join(["[", *lines, "]"])


# ---------------------------------------------------------------------------------------------------- sources


def _say_sources(year: int, archives: Sequence[str], countries: Sequence[str], start: str, gaps: Sequence[str]) -> str:
    """The sections of the sources, each with what it is and what to check."""
    estimates = get_dataset("population_mid_year").place
    estimate = max(estimates.addresses) if estimates else year
    yy = f"{year % 100:02d}"
    crime = "data.police.uk: street files of the area's forces and of the British Transport Police, some MB of 1.7 GB;"
    crime += "\n# see in `check` which force and month is absent: absent is not nought"
    if start < SMALL_AREAS_SINCE:
        crime += (
            f"\n# months before {SMALL_AREAS_SINCE} name small areas of 2011: those that changed since are not placed"
        )
    crime += "".join(f"\n# NOTE {line}" for line in gaps)
    blocks = [
        _block("[sources.crime]", crime, f"data/police_uk/{archive}.zip", STREET, kind="police_uk")
        for archive in archives
    ]
    blocks += [
        _block("sources.boundaries", f"ward boundaries of {year} (Office for National Statistics)",
               f"data/boundaries/wards_{year}.geojson", "ward_boundaries", year=year),
        _block("[sources.lookup]", f"small areas (LSOA 2021) to wards of {year}, best fit, and districts",
               f"data/lookups/lsoa21_ward{yy}_lad{yy}.csv", "lookup_ward", year=year),
        _block("[sources.lookup]", f"districts of {year} to community safety partnerships to police forces",
               f"data/lookups/lad{yy}_csp{yy}_pfa{yy}.csv", "lookup_force", year=year),
        _block("[sources.population]", f"residents of small areas, mid-{estimate}; made of a workbook of 83 MB",
               f"data/population/population_mid{estimate}_lsoa21.csv", "population_mid_year", year=estimate,
               kind="lsoa_mid_year"),
    ]  # fmt: skip
    for letter in countries:
        dataset = get_dataset(INDICES[letter])
        name = dataset.place.file if dataset.place else f"{dataset.key}.csv"
        text = f"{dataset.title}: countries are ranked apart, their indices cannot be compared"
        blocks.append(_block("[sources.deprivation]", text, f"data/deprivation/{name}", dataset.key, kind=dataset.key))
    return "\n".join(blocks)


def _block(section: str, comment: str, path: str, dataset: str, *, year: int | None = None, kind: str = "") -> str:
    """One source of the study file."""
    lines = [f"# {comment}", f"[{section}]"]
    lines += [f"kind = {_quote(kind)}"] if kind else []
    lines += [f"path = {_quote(path)}", f"dataset = {_quote(dataset)}"]
    lines += [f"year = {year}"] if year else []
    return "\n".join([*lines, ""])
