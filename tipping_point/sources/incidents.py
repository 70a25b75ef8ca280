"""Any file of incidents through a map of its columns: a force's own export, ambulance calls, reports of concern.

A row of such a file is about somebody. Rows become counts by force, month, place and type before anything else is done
with them, and neither a log nor an error shows what a cell holds: rows are told by number, columns by name.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import polars as pl

from tipping_point.facts.offences import find_groups
from tipping_point.sources.incident_cells import read_flags, read_numbers, read_places
from tipping_point.sources.incident_dates import read_months
from tipping_point.sources.incident_options import IncidentOptions, check_options
from tipping_point.sources.incident_table import read_incident_columns, say_rows
from tipping_point.sources.ledger import READ, build_ledger
from tipping_point.sources.period import check_period
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

PLACE = ["lsoa_code", "ward_code", "longitude", "latitude"]
_KEY = ["force", "month", "place", "crime_type"]


@dataclass(frozen=True)
class Incidents:
    """Counts of incidents by place, every place once; exact points are personal data and are kept in memory alone."""

    counts: pd.DataFrame = field(repr=False)
    """force, month, place (row of `places`), crime_type, crimes (> 0), and value (sum) with answers (rows that have
    one) where a column of values was named; sorted, key unique. Adds up to the ledger's rows."""
    flags: pd.DataFrame = field(repr=False)
    """flag, force, month, place, crime_type, crimes: of the counts, those with the flag. Flags overlap, and are no part
    of any total."""
    places: pd.DataFrame = field(repr=False)
    """lsoa_code, ward_code ('' = none), longitude, latitude (degrees; NaN = no point); sorted, unique."""
    withheld: pd.DataFrame = field(repr=False)
    """force, month, place, crime_type that the publisher counted and did not publish: neither nought nor known."""
    files: pd.DataFrame
    """One row per force and month: archive, file, force, month, rows, rows_without_place, damaged, note."""
    losses: Mapping[str, int]
    """Rows in no count: without a date, outside the period, with an offence that no mapping knows."""
    unmapped: pd.DataFrame
    """offence, rows: codes that no mapping knows, where they stand on at least `threshold` rows."""


def read_incidents(
    path: Path,
    *,
    columns: Mapping[str, str],
    start: str,
    end: str,
    force: str = "",
    flags: Mapping[str, str | tuple[str, Sequence[str]]] | None = None,
    groups: str = "category",
    offences: Mapping[str, str] | None = None,
    allow_unmapped: bool = False,
    name: str = "",
    date_format: str | None = None,
    sheet: str | None = None,
    threshold: int = 5,
) -> Incidents:
    """Count the incidents of one file by force, month, place and type of offence.

    Rows are never de-duplicated: two alike may be two incidents.

    Args:
        path: CSV, Parquet or workbook.
        columns: role -> column. date; a place, which is lsoa_code, ward_code, easting and northing (metres, British
            National Grid) or longitude and latitude (degrees, WGS84), or a code and a point; offence; and where the
            file has them force, count (incidents that a row stands for) and value (a number to be averaged).
        start: first month, 'YYYY-MM'.
        end: last month, 'YYYY-MM'.
        force: whose file it is, where no column tells; its name or police.uk name.
        flags: flag -> column of yes and no, or (column, the texts that mean yes; a cell may hold several, separated by
            ; , or |). Flags are incident_options.FLAGS.
        groups: 'category', those of police.uk, or 'subgroup', the finer ones of recorded crime.
        offences: the file's own offence texts -> group, for what Home Office codes do not cover.
        allow_unmapped: an offence that no mapping knows is left out and counted instead of being a fault.
        name: type of all incidents of a file without offences, such as 'ambulance calls'.
        date_format: one of incident_options.FORMATS; otherwise found out, and refused where it can be read two ways.
        sheet: of a workbook.
        threshold: a code that no mapping knows is named only where it stands on as many rows.

    Raises:
        InputError: every fault of the options or of the rows at once, by row number and column.
    """
    months = check_period(start, end)
    options = check_options(
        columns, force=force, flags=flags or {}, groups=groups, offences=offences or {}, name=name,
        date_format=date_format,
    )  # fmt: skip
    raw = read_incident_columns(path, options.wanted, sheet=sheet)
    rows, unmapped, faults = _interpret(raw, options, threshold, allow_unmapped=allow_unmapped)
    if faults:
        raise InputError([f"{path}: {fault}" for fault in faults])
    kept, losses = _select(rows, months)
    found = _assemble(kept, path, losses, unmapped, options)
    logger.info(
        "Incidents %s: %s rows in; %s counted at %s places, %s of them without one; %s; %d flags; %s withheld by the "
        "publisher",
        path.name, f"{raw.height:,}", f"{found.counts['crimes'].sum():,}", f"{len(found.places):,}",
        f"{found.files['rows_without_place'].sum():,}",
        ", ".join(f"{number:,} {why}" for why, number in losses.items()), found.flags["flag"].nunique(),
        f"{len(found.withheld):,}",
    )  # fmt: skip
    return found


def _interpret(
    raw: pl.DataFrame, options: IncidentOptions, threshold: int, *, allow_unmapped: bool
) -> tuple[pl.DataFrame, pd.DataFrame, list[str]]:
    """Force, month, place, type, flags and number of every row; the codes without a group; and every fault."""
    columns = options.columns
    month, faults = read_months(raw, column=columns["date"], date_format=options.date_format)
    places, wrong = read_places(raw, columns)
    faults += wrong
    types, unmapped, wrong = _read_types(raw, options, threshold, allow_unmapped=allow_unmapped)
    faults += wrong
    flags, wrong = read_flags(raw, options.flags)
    faults += wrong
    numbers, wrong = read_numbers(raw, columns)
    faults += wrong
    force, wrong = _read_forces(raw, options)
    faults += wrong
    parts = [force, month.alias("month"), types, *places, *flags, *numbers]
    return (pl.DataFrame() if faults else pl.DataFrame(parts)), unmapped, faults


def _read_types(
    raw: pl.DataFrame, options: IncidentOptions, threshold: int, *, allow_unmapped: bool
) -> tuple[pl.Series, pd.DataFrame, list[str]]:
    """The group of each row's offence, null where no mapping knows it; and the codes that none knows."""
    empty = pd.DataFrame({"offence": pd.Series(dtype="str"), "rows": pd.Series(dtype="int64")})
    if "offence" not in options.columns:
        return pl.repeat(options.name, raw.height, dtype=pl.String, eager=True).alias("crime_type"), empty, []
    cells = raw[options.columns["offence"]].fill_null("")
    tally = cells.value_counts(name="rows").rename({cells.name: "offence"})
    group = find_groups(tally["offence"].to_list(), level=options.groups, own=options.offences)
    types = cells.replace_strict(group, return_dtype=pl.String).replace("", None).alias("crime_type")
    strange = tally.filter(tally["offence"].replace_strict(group, return_dtype=pl.String) == "")
    # A code that few rows have, or a text typed in its place, may tell of one incident.
    often = strange.filter((pl.col("rows") >= threshold) & (pl.col("offence") != "")).sort("offence")
    named = empty if often.is_empty() else often.to_pandas().astype({"offence": "str", "rows": "int64"})
    if strange.is_empty() or allow_unmapped:
        return types, named, []
    listed = ", ".join(f"{code!r} ({rows:,} rows)" for code, rows in often.rows()) or "none"
    return types, named, [
        f"'{options.columns['offence']}': {strange['rows'].sum():,} rows of {raw.height:,} have an offence that no "
        f"mapping knows: {listed} on at least {threshold} rows each, and {len(strange) - len(often):,} more, which are "
        f"not named ({say_rows(raw.filter(types.is_null())['row'])}). Give each a group under offences, or set "
        f"allow_unmapped = true, which leaves them out and says so."
    ]  # fmt: skip


def _read_forces(raw: pl.DataFrame, options: IncidentOptions) -> tuple[pl.Series, list[str]]:
    if "force" not in options.columns:
        return pl.repeat(options.force, raw.height, dtype=pl.String, eager=True).alias("force"), []
    cells = raw[options.columns["force"]]
    slugs = {name: options.slug(name) for name in cells.drop_nulls().unique()}
    forces = cells.replace_strict(slugs, default=None, return_dtype=pl.String).alias("force")
    blank = raw.filter(forces.is_null())["row"]
    faults = [f"'{options.columns['force']}': {say_rows(blank)} name no force."] if len(blank) else []
    return forces, faults


def _select(rows: pl.DataFrame, months: Sequence[str]) -> tuple[pl.DataFrame, dict[str, int]]:
    """The rows that count, and how many do not and why; each for its first reason."""
    undated = pl.col("month").is_null()
    outside = ~undated & ~pl.col("month").is_in(list(months))
    unmapped = ~undated & ~outside & pl.col("crime_type").is_null()
    reasons = {"without a date": undated, "outside the period": outside, "with an unknown offence": unmapped}
    tally = rows.select(condition.sum().alias(why) for why, condition in reasons.items()).row(0, named=True)
    return rows.filter(~undated & ~outside & ~unmapped), {why: int(number) for why, number in tally.items()}


def _assemble(
    rows: pl.DataFrame, path: Path, losses: Mapping[str, int], unmapped: pd.DataFrame, options: IncidentOptions
) -> Incidents:
    places = rows.select(PLACE).unique().sort(PLACE, nulls_last=True).with_row_index("place")
    numbered = rows.join(places, on=PLACE, nulls_equal=True).with_columns(pl.col("place").cast(pl.Int64))
    known = numbered.filter(~pl.col("withheld"))
    sums = [pl.col("crimes").sum()]
    if "value" in options.columns:
        sums += [pl.col("value").sum(), pl.col("value").count().cast(pl.Int64).alias("answers")]
    counts = _group(known, _KEY, sums)
    flagged = [
        _group(known.filter(pl.col(f"flag {flag}")), _KEY, sums[:1]).select(pl.lit(flag).alias("flag"), pl.all())
        for flag in options.flags
    ]
    empty = counts.head(0).select(pl.lit("").alias("flag"), *_KEY, "crimes")
    nowhere = pl.all_horizontal(pl.col(PLACE[0]) == "", pl.col(PLACE[1]) == "", pl.col(PLACE[2]).is_null())
    by_month = _group(
        known, ["force", "month"], [sums[0], pl.col("crimes").filter(nowhere).sum().alias("without")]
    )  # fmt: skip
    ledger = [(str(path), path.name, *row, False, "") for row in by_month.rows()]
    return Incidents(
        counts=_to_pandas(counts), flags=_to_pandas(pl.concat([empty, *flagged])),
        places=_to_pandas(places.drop("place")),
        withheld=_to_pandas(numbered.filter(pl.col("withheld")).select(_KEY).unique().sort(_KEY)),
        files=build_ledger(ledger, READ), losses=losses, unmapped=unmapped,
    )  # fmt: skip


def _group(rows: pl.DataFrame, key: Sequence[str], sums: Sequence[pl.Expr]) -> pl.DataFrame:
    return rows.group_by(key).agg(sums).filter(pl.col("crimes") > 0).sort(key)


def _to_pandas(table: pl.DataFrame) -> pd.DataFrame:
    frame = table.to_pandas()
    return frame.astype({name: "str" for name, kind in table.schema.items() if kind == pl.String})


def join_incidents(parts: Sequence[Incidents]) -> Incidents:
    """Several files as one, their places numbered anew.

    Raises:
        InputError: the same force and month in two files, which would count its incidents twice.
    """
    ledger = pd.concat([part.files for part in parts], ignore_index=True)
    twice = ledger[ledger.duplicated(["force", "month"], keep=False)]
    if len(twice):
        raise InputError(
            f"sources.crime: {', '.join(sorted(twice['file'].unique()))} all hold incidents of {force}, {month}; each "
            f"force and month may stand in one file, else its incidents count twice"
            for force, month in twice[["force", "month"]].drop_duplicates().itertuples(index=False)
        )
    places = pd.concat([part.places for part in parts], keys=range(len(parts)))
    merged = places.drop_duplicates().sort_values(PLACE, ignore_index=True)
    number = places.reset_index().merge(merged.reset_index(names="place"), on=PLACE).set_index(["level_0", "level_1"])

    def renumber(name: str) -> pd.DataFrame:
        tables = []
        for index, part in enumerate(parts):
            table = getattr(part, name)
            tables.append(table.assign(place=number["place"].loc[index].reindex(table["place"]).to_numpy()))
        key = [*(["flag"] if name == "flags" else []), *_KEY]
        return pd.concat(tables, ignore_index=True).sort_values(key, ignore_index=True)

    return Incidents(
        counts=renumber("counts"), flags=renumber("flags"), places=merged, withheld=renumber("withheld"), files=ledger,
        losses={why: sum(part.losses[why] for part in parts) for why in parts[0].losses},
        unmapped=pd.concat([part.unmapped for part in parts]).groupby("offence")["rows"].sum().reset_index(),
    )  # fmt: skip
