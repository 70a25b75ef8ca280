"""Places, flags and numbers of incident rows; what is wrong is told by row and column, never by what a cell holds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from pyproj import Transformer

from tipping_point.sources.cells import CODES, SUPPRESSED
from tipping_point.sources.incident_table import say_rows
from tipping_point.tables import SYSTEM

_RANGES = {"easting": (0.0, 700_000.0), "northing": (0.0, 1_300_000.0), "longitude": (-9.0, 3.0),
           "latitude": (49.0, 61.0)}  # fmt: skip
"""Great Britain, with the sea around it."""
_YES = ("y", "yes", "true", "t", "1")
_NO = ("n", "no", "false", "f", "0", "")
_DEGREES = 7
"""Decimals of a degree that are kept: a centimetre."""
_LESS_THAN = r"^<\s*\d+$"


def read_places(rows: pl.DataFrame, columns: Mapping[str, str]) -> tuple[list[pl.Series], list[str]]:
    """lsoa_code, ward_code ('' = none), longitude and latitude (null = no point) of each row, and the faults.

    A blank is no place, and so are coordinates 0, 0.
    """
    faults: list[str] = []
    found: list[pl.Series] = []
    for role in ("lsoa_code", "ward_code"):
        if role not in columns:
            found.append(pl.repeat("", rows.height, dtype=pl.String, eager=True).alias(role))
            continue
        codes = rows[columns[role]].fill_null("").str.to_uppercase().alias(role)
        kind = role.removesuffix("_code")
        wrong = rows.filter((codes != "") & ~codes.str.contains(f"^(?:{CODES[kind]})$"))["row"]
        if len(wrong):
            faults.append(
                f"'{columns[role]}': {say_rows(wrong)} hold no code of a {kind} of England or Wales ({CODES[kind]})."
            )
        found.append(codes)
    x_role, y_role = ("easting", "northing") if "easting" in columns else ("longitude", "latitude")
    if x_role not in columns:
        blank = pl.repeat(None, rows.height, dtype=pl.Float64, eager=True)
        return [*found, blank.alias("longitude"), blank.alias("latitude")], faults
    x, y, wrong_points = _read_points(rows, columns, x_role, y_role)
    faults += wrong_points
    if x_role == "easting" and not faults:
        x, y = _to_degrees(x, y)
    return [*found, x.round(_DEGREES).alias("longitude"), y.round(_DEGREES).alias("latitude")], faults


def _read_points(
    rows: pl.DataFrame, columns: Mapping[str, str], x_role: str, y_role: str
) -> tuple[pl.Series, pl.Series, list[str]]:
    cells = [rows[columns[role]] for role in (x_role, y_role)]
    x, y = (cell.cast(pl.Float64, strict=False) for cell in cells)
    nowhere = ((x == 0) & (y == 0)).fill_null(value=False)
    faults = []
    for role, cell, numbers in zip((x_role, y_role), cells, (x, y), strict=True):
        low, high = _RANGES[role]
        inside = numbers.is_between(low, high).fill_null(value=False)
        wrong = rows.filter(cell.is_not_null() & ~inside & ~nowhere)["row"]
        if len(wrong):
            faults.append(f"'{columns[role]}': {say_rows(wrong)} hold no {role} from {low:g} to {high:g}.")
    half = rows.filter(cells[0].is_null() != cells[1].is_null())["row"]
    if len(half):
        faults.append(f"'{columns[x_role]}' and '{columns[y_role]}': {say_rows(half)} have one of the two only.")
    gone = nowhere | x.is_null() | y.is_null()
    frame = pl.DataFrame({"x": x, "y": y, "gone": gone})
    kept = frame.with_columns(pl.when(~pl.col("gone")).then(pl.col("x", "y")))
    return kept["x"], kept["y"], faults


def _to_degrees(x: pl.Series, y: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Metres of the British National Grid as degrees of WGS84; the readers of points take those."""
    transform = Transformer.from_crs(SYSTEM, "EPSG:4326", always_xy=True)
    known = x.is_not_null().to_numpy()
    degrees = np.full((2, len(x)), np.nan)
    degrees[:, known] = transform.transform(x.to_numpy()[known], y.to_numpy()[known])
    longitude, latitude = (pl.Series(values, dtype=pl.Float64).fill_nan(None) for values in degrees)
    return longitude, latitude


def read_flags(
    rows: pl.DataFrame, flags: Mapping[str, tuple[str, tuple[str, ...]]]
) -> tuple[list[pl.Series], list[str]]:
    """One column of booleans for each flag, named 'flag …', and the faults.

    A column of yes and no that holds anything else is refused; where the study lists what means yes, a cell may hold
    several texts, and no cell is wrong.
    """
    found, faults = [], []
    for flag, (column, meanings) in flags.items():
        cells = rows[column].fill_null("").str.to_lowercase()
        if meanings:
            parts = cells.str.replace_all(r"[;|]", ",").str.split(",")
            marked = parts.list.eval(pl.element().str.strip_chars().is_in(list(meanings))).list.any()
        else:
            marked = cells.is_in(list(_YES))
            wrong = rows.filter(~marked & ~cells.is_in(list(_NO)))["row"]
            if len(wrong):
                faults.append(
                    f"'{column}' (flag {flag}): {say_rows(wrong)} hold neither yes (y, yes, true, 1) nor no (n, no, "
                    f"false, 0, blank); or list the texts that mean yes."
                )
        found.append(marked.alias(f"flag {flag}"))
    return found, faults


def read_numbers(rows: pl.DataFrame, columns: Mapping[str, str]) -> tuple[list[pl.Series], list[str]]:
    """crimes, withheld and value of each row, and the faults.

    A row counts one incident, or as many as its column of counts says. A blank there, or a mark that publishers write
    for a number that they hold back ('*', 'c', '<5'), is withheld: the row adds nothing and is not nought.
    """
    crimes = pl.repeat(1, rows.height, dtype=pl.Int64, eager=True)
    withheld = pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)
    faults: list[str] = []
    if "count" in columns:
        cells = rows[columns["count"]].fill_null("").str.to_lowercase()
        withheld = cells.is_in(sorted(SUPPRESSED)) | cells.str.contains(_LESS_THAN)
        numbers = cells.cast(pl.Float64, strict=False)
        whole = (numbers >= 0) & (numbers % 1 == 0)
        wrong = rows.filter(~withheld & ~whole.fill_null(value=False))["row"]
        if len(wrong):
            faults.append(f"'{columns['count']}': {say_rows(wrong)} hold no whole number of 0 or more.")
        crimes = pl.select(pl.when(~withheld & whole).then(numbers).otherwise(0)).to_series().cast(pl.Int64)
    value = pl.repeat(None, rows.height, dtype=pl.Float64, eager=True)
    if "value" in columns:
        cells = rows[columns["value"]]
        value = cells.cast(pl.Float64, strict=False)
        wrong = rows.filter(cells.is_not_null() & ~value.is_finite().fill_null(value=False))["row"]
        if len(wrong):
            faults.append(f"'{columns['value']}': {say_rows(wrong)} hold no number.")
    return [crimes.alias("crimes"), withheld.alias("withheld"), value.alias("value")], faults
