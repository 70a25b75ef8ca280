"""The month of each incident, from dates as people and programs write them; what can be read two ways is refused."""

from __future__ import annotations

import polars as pl

from tipping_point.sources.incident_options import FORMATS
from tipping_point.sources.incident_table import say_rows

_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?(?:Z|[+-]\d{2}:?\d{2})?)?"
_FORMS = {
    "yyyy-mm-dd": rf"^\d{{4}}[-/]?\d{{2}}(?:[-/]?\d{{2}}{_TIME})?$",
    "dd/mm/yyyy": rf"^\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{4}}{_TIME}$",
    "excel": r"^\d{5}(?:\.\d+)?$",
}
"""Ways of writing a date, by what tells them apart."""
_SAME = {"mm/dd/yyyy": "dd/mm/yyyy"}
"""Written alike, and told apart by the numbers alone."""
_EXCEL_EPOCH = "1899-12-30"
"""Day nought of a spreadsheet's dates since March 1900."""
_MONTHS_IN_A_YEAR = 12


def read_months(rows: pl.DataFrame, *, column: str, date_format: str | None = None) -> tuple[pl.Series, list[str]]:
    """The month 'YYYY-MM' of each row, null where the cell is blank, and what is wrong, by row and never by cell.

    A column keeps to one way of writing dates: a spreadsheet opened under another country's settings turns some
    dd/mm/yyyy into dates with day and month exchanged, and leaves the others text. Whether dd/mm or mm/dd is meant is
    told by the numbers above twelve; where none is, the study has to say.

    Args:
        rows: with `row` and the column, as text.
        column: of the dates.
        date_format: one of FORMATS; None finds out.
    """
    cells = rows[column]
    forms = rows.select(
        "row",
        form=pl.coalesce(
            *(pl.when(pl.col(column).str.contains(pattern)).then(pl.lit(form)) for form, pattern in _FORMS.items()),
            pl.when(pl.col(column).is_not_null()).then(pl.lit("")),
        ),
    )
    empty = pl.Series(column, [None] * len(cells), dtype=pl.String)
    found = forms["form"].drop_nulls().value_counts().sort(["count", "form"], descending=[True, False])["form"]
    if date_format is None and len(found) > 1 and found[0]:
        return empty, [_mixed(forms, column, found[0])]
    form = _SAME.get(date_format or "", date_format or (found[0] if len(found) else "yyyy-mm-dd"))
    wrong = forms.filter(pl.col("form") != form) if form else forms.filter(pl.col("form") == "")
    if len(wrong):
        return empty, [_not_a_date(wrong["row"], column, date_format)]
    if form == "dd/mm/yyyy" and date_format is None:
        order, faults = _find_order(rows.select("row", cell=cells))
        if faults:
            return empty, [f"'{column}': {fault}" for fault in faults]
        form = order
    else:
        form = date_format or form
    dates = _parse(cells, form)
    broken = rows.filter(dates.is_null() & cells.is_not_null())
    if len(broken):
        return empty, [_not_a_date(broken["row"], column, form)]
    return dates.dt.strftime("%Y-%m"), []


def _parse(cells: pl.Series, form: str) -> pl.Series:
    """Dates; null where day, month or year is out of range."""
    frame = pl.DataFrame({"cell": cells})
    if form == "excel":
        days = pl.col("cell").cast(pl.Float64, strict=False).floor().cast(pl.Int64, strict=False)
        return frame.select(pl.lit(_EXCEL_EPOCH).str.to_date() + pl.duration(days=days))["literal"]
    if form == "yyyy-mm-dd":
        digits = pl.col("cell").str.replace_all("[-/]", "").str.extract(r"^(\d{6,8})", 1)
        whole = pl.when(digits.str.len_chars() == 6).then(digits + "01").otherwise(digits)
        return frame.select(whole.str.to_date("%Y%m%d", strict=False))["cell"]
    first, second = (pl.col("cell").str.extract(r"^(\d+)[/.-](\d+)", group).str.zfill(2) for group in (1, 2))
    day, month = (first, second) if form == "dd/mm/yyyy" else (second, first)
    year = pl.col("cell").str.extract(r"^\d+[/.-]\d+[/.-](\d{4})", 1)
    return frame.select((year + month + day).str.to_date("%Y%m%d", strict=False).alias("date"))["date"]


def _find_order(rows: pl.DataFrame) -> tuple[str, list[str]]:
    """dd/mm/yyyy or mm/dd/yyyy, by the numbers that can only be days."""
    numbers = rows.select(
        "row",
        *(
            pl.col("cell").str.extract(r"^(\d+)[/.-](\d+)", group).cast(pl.Int32).alias(name)
            for group, name in ((1, "first"), (2, "second"))
        ),
    )
    day_first = numbers.filter(pl.col("first") > _MONTHS_IN_A_YEAR)["row"]
    month_first = numbers.filter(pl.col("second") > _MONTHS_IN_A_YEAR)["row"]
    if len(day_first) and len(month_first):
        return "", [
            f"{say_rows(day_first)} can only be dd/mm/yyyy and {say_rows(month_first)} only mm/dd/yyyy; "
            f"put the column right where it was made."
        ]
    unclear = numbers.filter(pl.col("first") != pl.col("second"))["row"]
    if not len(day_first) and not len(month_first) and len(unclear):
        return "", [
            f"{say_rows(unclear)} can be read as dd/mm/yyyy or as mm/dd/yyyy, and no row tells which; "
            f'give date_format = "dd/mm/yyyy" or "mm/dd/yyyy".'
        ]
    return ("mm/dd/yyyy" if len(month_first) else "dd/mm/yyyy"), []


def _mixed(forms: pl.DataFrame, column: str, most: str) -> str:
    others = forms.filter(pl.col("form") != most)["row"]
    return (
        f"'{column}': most dates are written as {most}, and {say_rows(others)} in another way or not as a date;"
        f" a column keeps to one way: a spreadsheet that turned only some of them may have exchanged day and month."
    )


def _not_a_date(rows: pl.Series, column: str, form: str | None) -> str:
    allowed = form or ", ".join(FORMATS)
    return f"'{column}': {say_rows(rows)} ({len(rows):,} in all) hold no date that is read as {allowed}."
