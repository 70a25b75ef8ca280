"""The study's files to tables: wards, their context and crimes, before anything is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from tipping_point.areas.profile import names_by_district
from tipping_point.facts.catalogue import describe_file
from tipping_point.fetch.areas_by_name import mayoral_lookup
from tipping_point.measures.index import add_deprivation
from tipping_point.pipeline.beside import Beside, read_beside
from tipping_point.pipeline.incidents import read_incident_sources, read_signal
from tipping_point.pipeline.indicators import add_other_indicators, mark_of, own_indicators
from tipping_point.pipeline.vocabulary import is_incidents, vocabulary_of
from tipping_point.sources.census import read_census
from tipping_point.sources.count_cache import counts_folder
from tipping_point.sources.crime import list_street_files, read_street_crimes
from tipping_point.sources.deprivation import read_deprivation
from tipping_point.sources.geography import read_boundaries, read_lookup
from tipping_point.sources.incidents import Incidents
from tipping_point.sources.indicators import read_indicator
from tipping_point.sources.london import list_ward_tables, read_ward_tables
from tipping_point.sources.population import read_population
from tipping_point.sources.small_areas import read_small_areas
from tipping_point.study import Source, Study
from tipping_point.tables import DOMAINS, SOURCES, WARDS, InputError, months_between
from tipping_point.wards.overlap import build_overlap
from tipping_point.wards.shares import Shares
from tipping_point.wards.table import build_wards
from tipping_point.wards.vintages import (
    Membership,
    bring_to_wards,
    build_membership,
    convert_table,
    find_code_wards,
    find_owners,
    find_wider,
    list_partly_known,
)


@dataclass(frozen=True)
class Prepared:
    """The wards before any crime is read, and what is needed to place crimes in them."""

    wards: gpd.GeoDataFrame
    membership: Membership
    known_wards: pd.Index
    residents: pd.Series
    """Residents by small-area code, the weights of every mean; empty where population came by ward."""
    repaired: tuple[str, ...]
    """Names of the study's wards whose borders had to be repaired."""
    rows: Mapping[Path, int]
    partnerships: Mapping[str, str]
    """District code -> its community safety partnerships, from the study's lookups."""
    authorities: Mapping[str, str]
    """District code -> its mayoral authority."""
    lookups: tuple[pd.DataFrame, ...]
    code_wards: pd.DataFrame
    """Small-area code of any vintage -> the ward where most of its residents live, and their share."""
    boundaries: gpd.GeoDataFrame
    """Every ward of the file, also outside the study's area."""
    overlaps: tuple[Shares, ...]
    """By geometry, from wards of other years that no lookup leads from."""
    partly_known: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Wards of which a figure is known for some residents only: `wards.vintages.PARTLY_KNOWN`."""
    characteristics: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Residents of every ward by 'characteristic: group': evidence of who a choice reaches, and never its input."""
    beside: Beside = field(default_factory=Beside)
    """Figures of larger areas, shown beside the trends and never given to wards."""


@dataclass(frozen=True)
class Crimes:
    """Crimes as read, in one vocabulary."""

    vocabulary: str
    counts: pd.DataFrame
    files: pd.DataFrame
    incidents: Incidents | None = None
    """Where the study's crimes are from files of incidents."""


def prepare_wards(study: Study) -> Prepared:
    """Boundaries, lookups and population to the ward table of the study's area."""
    (boundaries_source,) = study.of("boundaries")
    boundaries = read_boundaries(boundaries_source.path, ward_year=study.study.ward_year)
    lookups = tuple(read_lookup(source.path) for source in study.of("lookup"))
    membership = build_membership(lookups, ward_year=study.study.ward_year)
    tables = {source.path: _read_population(source) for source in study.of("population")}
    parts = [bring_to_wards(table, membership, label=path.name, combine="sum") for path, table in tables.items()]
    population = pd.concat(parts).groupby(level=0)["population"].sum(min_count=1)
    by_small_area = [
        table.set_index(membership.small_area)["population"]
        for table in tables.values()
        if membership.small_area in table.columns
    ]
    residents = pd.concat(by_small_area) if by_small_area else pd.Series(dtype=float)
    wards = build_wards(
        boundaries,
        membership,
        population=population,
        forces=find_owners(lookups, membership, residents, level="force"),
        wider=find_wider(_with_authorities(lookups), membership, residents) if study.area else (),
        area=study.area,
        synthetic=study.study.synthetic,
    )
    rows = {boundaries_source.path: len(boundaries)}
    rows |= {source.path: len(table) for source, table in zip(study.of("lookup"), lookups, strict=True)}
    rows |= {path: len(table) for path, table in tables.items()}
    known = membership.wards.index.union(pd.Index(boundaries["ward_code"]))
    repaired = tuple(wards.loc[wards["ward_name"].isin(boundaries.attrs["repaired"]), "ward_name"])
    partnerships: dict[str, str] = {}
    for lookup in lookups:
        if any(column.startswith("partnership") for column in lookup.columns):
            partnerships |= names_by_district(lookup, "partnership")
    authorities = names_by_district(mayoral_lookup(2024), "authority")
    authorities |= names_by_district(mayoral_lookup(2025), "authority")
    small = [table for table in tables.values() if membership.small_area in table.columns]
    return Prepared(
        wards, membership, known, residents, repaired, rows, partnerships, authorities, lookups,
        code_wards=find_code_wards(membership, lookups, small), boundaries=boundaries,
        overlaps=tuple(_overlap(source, boundaries, membership, residents) for source in study.of("overlap")),
    )  # fmt: skip


def _overlap(source: Source, boundaries: gpd.GeoDataFrame, membership: Membership, residents: pd.Series) -> Shares:
    """Wards of another year to the study's, by the residents of the small areas that both cut."""
    year = int(source.options["ward_year"])
    old = read_boundaries(source.path, ward_year=year)
    small = read_small_areas(Path(source.options["small_areas"]))
    code = next(column for column in small.columns if column.endswith("_code"))
    if code != membership.small_area:
        raise InputError(
            f"sources.overlap: {source.options['small_areas']} holds {code}; the study's residents are by "
            f"{membership.small_area}"
        )
    peopled = small.assign(population=small[code].map(residents))
    names = [f"ward{one % 100:02d}_code" for one in (year, membership.ward_year)]
    return build_overlap(old, boundaries, peopled, source=names[0], target=names[1])


def _with_authorities(lookups: Sequence[pd.DataFrame]) -> tuple[pd.DataFrame, ...]:
    """The lookups, and the mayoral authorities of the districts that lead to forces, where no lookup has them."""
    if any(column.startswith("authority") for table in lookups for column in table.columns):
        return tuple(lookups)
    to_force = [table.columns for table in lookups if any(column.startswith("force") for column in table.columns)]
    years = [2000 + int(column[8:10]) for columns in to_force for column in columns if column.startswith("district")]
    return (*lookups, *(mayoral_lookup(year) for year in years[:1]))


def add_context(study: Study, prepared: Prepared) -> tuple[Prepared, dict[str, Mapping[str, float]]]:
    """Deprivation domains and indicators onto the wards; also the published domain weights by country."""
    membership, residents = prepared.membership, prepared.residents
    scores, weights, rows, partly = [], {}, dict(prepared.rows), []
    for source in study.of("deprivation"):
        table = read_deprivation(source.path, kind=source.kind)
        rows[source.path] = len(table)
        country = str(table.attrs["country"])
        weights[country] = table.attrs["weights"]
        small_area = next(column for column in table.columns if column.endswith("_code"))
        of_wards = convert_table(
            _of_country(table[[small_area, *DOMAINS]], country),
            membership, label=source.path.name, combine="mean", weights=residents, lookups=prepared.lookups,
        )  # fmt: skip
        partly.append(list_partly_known(of_wards, prepared.wards.index[prepared.wards["country"] == country]))
        domains = of_wards.values
        scores.append(domains[domains.index.str[0] == country[0]].assign(country=country))
    wards = add_deprivation(prepared.wards, pd.concat(scores), weights=weights)
    for source in own_indicators(study):
        table = read_indicator(
            source.path,
            name=source.options["name"],
            column=source.options["column"],
            vintage=source.options.get("vintage"),
            code_column=source.options.get("code_column"),
        )
        rows[source.path] = len(table)
        name = _free_name(source)
        converted = convert_table(
            table, membership, label=f"indicator {name}", combine=source.options["combine"], weights=residents,
            lookups=prepared.lookups, overlaps=prepared.overlaps,
        )  # fmt: skip
        partly.append(list_partly_known(converted, wards.index))
        values = converted.values
        wards[name] = values[name].reindex(wards.index)
    wards, read = add_other_indicators(study, wards)
    rows |= read
    for source in study.of("signal"):
        name = _free_name(source)
        table = read_signal(
            study, source, code_wards=prepared.code_wards, known_wards=prepared.known_wards,
            boundaries=prepared.boundaries,
        )  # fmt: skip
        wards[name] = table.set_index("ward_code")[name].reindex(wards.index)
        if source.options["combine"] == "sum":
            years = len(months_between(study.period.start, study.period.end)) / 12
            people = wards["population"].where(wards["population"] > 0).astype(float)
            wards[f"{name}_rate"] = wards[name] / people * 1_000 / years
    groups = []
    for source in study.of("census"):
        table = read_census(source.path)
        rows[source.path] = len(table)
        groups.append(bring_to_wards(table, membership, label=source.path.name, combine="sum",
                                     lookups=prepared.lookups))  # fmt: skip
    characteristics = pd.concat(groups, axis=1).reindex(wards.index) if groups else pd.DataFrame(index=wards.index)
    beside = read_beside(study, prepared.lookups, wards)
    rows |= beside.rows
    prepared = replace(prepared, partly_known=pd.concat(partly, ignore_index=True), beside=beside)
    return replace(prepared, wards=wards, rows=rows, characteristics=characteristics), weights


def _free_name(source: Source) -> str:
    """The name of a column that a source brings in."""
    name = str(source.options["name"])
    if name in {column.name for column in WARDS}:
        raise InputError(f"sources.{source.section}: the name '{name}' is a column of the ward table; choose another")
    return name


def _of_country(table: pd.DataFrame, country: str) -> pd.DataFrame:
    """The rows of one country: an index of England says nothing of the small areas of Wales."""
    code = next(column for column in table.columns if column.endswith("_code"))
    return table[table[code].str.startswith(country[0])]


def read_crimes(study: Study, types: Sequence[str]) -> Crimes:
    """Every crime source of the study, in its one vocabulary."""
    paths = [source.path for source in study.of("crime")]
    vocabulary = vocabulary_of(study)
    if is_incidents(study):
        found = read_incident_sources(study)
        return Crimes(vocabulary, found.counts, found.files, found)
    if vocabulary == "police_uk":
        street = read_street_crimes(
            paths,
            start=study.period.start,
            end=study.period.end,
            allow_damaged=study.coverage.allow_damaged,
            cache=counts_folder(),
        )
        return Crimes("police_uk", street.counts, street.files)
    tables = read_ward_tables(paths, start=study.period.start, end=study.period.end, types=types)
    return Crimes("metropolitan", tables.counts, tables.files)


def list_crimes(study: Study) -> pd.DataFrame:
    """The crime files of the period, one row per force and month, without reading their rows but those of incidents."""
    paths = [source.path for source in study.of("crime")]
    if is_incidents(study):
        files = read_incident_sources(study).files
        return files.assign(bytes=files["rows"])
    if vocabulary_of(study) == "police_uk":
        return list_street_files(
            paths, start=study.period.start, end=study.period.end, allow_damaged=study.coverage.allow_damaged
        )
    return list_ward_tables(paths, start=study.period.start, end=study.period.end)


def describe_sources(study: Study, rows: Mapping[Path, int]) -> pd.DataFrame:
    """One row per input with its hash, publisher, licence and attribution: `schema.SOURCES`."""
    records = []
    for source in study.sources.all:
        key = str(source.options.get("dataset", ""))
        known = describe_file(
            source.path, section=source.section, kind=source.kind, synthetic=study.study.synthetic, key=key
        )  # fmt: skip
        own = {} if study.study.synthetic else _own_words(source)
        note = ". ".join(str(part).rstrip(".") for part in (own.get("note", known["note"]), mark_of(source)) if part)
        records.append({**known, **own, "note": note and f"{note}.", "rows": rows.get(source.path)})
    return pd.DataFrame(records, columns=[column.name for column in SOURCES]).astype({"rows": "Int64"})


def _own_words(source: Source) -> dict[str, str]:
    """What the study itself says of a figure that no catalogue knows, and of a licence."""
    if source.section != "context":
        return {"licence": source.options["licence"]} if "licence" in source.options else {}
    said = {key: source.options.get(key, "") for key in ("publisher", "licence", "attribution", "note")}
    return {"dataset": source.options["name"], **said}


def add_rows(sources: pd.DataFrame, rows: Mapping[Path, int]) -> pd.DataFrame:
    """The sources with the number of rows read from each file; blank where it is not known."""
    return sources.assign(rows=pd.array([rows.get(Path(path)) for path in sources["path"]], dtype="Int64"))


def crime_rows(study: Study, crimes: Crimes) -> dict[Path, int]:
    """Rows read in the period from each crime source."""
    by_archive = crimes.files.groupby("archive")["rows"].sum()
    return {source.path: int(by_archive.get(str(source.path), 0)) for source in study.of("crime")}


def _read_population(source: Source) -> pd.DataFrame:
    options = {key: value for key, value in source.options.items() if key not in ("dataset", "year")}
    return read_population(source.path, kind=source.kind, **options)
