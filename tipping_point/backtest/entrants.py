"""Which wards enter the highest tenth next year, and who foresaw them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.areas.evaluate import average_precision, log_score, recall_in_first
from tipping_point.backtest.origins import AHEAD, HISTORY, SUSTAINED, Origin, shift
from tipping_point.measures.forecast import Signals, chance_above, forecast_growth, forecast_level
from tipping_point.tables import months_between

TENTH = 0.1
BASELINE = "three_year_level"
FORECASTS = {"local_level": forecast_level, "growth": forecast_growth}


def sum_months(monthly: pd.DataFrame, last: str, months: int) -> pd.Series:
    """Total of the months that end with `last`; missing where one is."""
    return monthly.reindex(columns=months_between(shift(last, 1 - months), last)).sum(axis=1, skipna=False)


def find_largest(totals: pd.Series, ties: pd.Series) -> pd.Series:
    """True for the tenth of the wards (rounded down) with the largest totals; ties by `ties`, then by ward code."""
    order = pd.DataFrame({"totals": totals, "ties": ties, "code": totals.index}, index=totals.index)
    order = order.sort_values(["totals", "ties", "code"], ascending=[False, False, True])
    return pd.Series(np.arange(len(order)) < int(TENTH * len(order) + 1e-9), index=order.index).reindex(totals.index)


def mark_entrants(monthly: pd.DataFrame, origin: str) -> pd.DataFrame:
    """The wards that can be judged at an origin, and which of them entered.

    Eligible: outside the largest tenth by the count of the twelve months to the origin. Entrant: eligible, and inside
    it by the count of the twelve months after; sustained: by that of the twenty-four months after. Ties by the count
    of the three years that end with the last month counted, then by ward code.

    Args:
        monthly: counts, wards x months; a ward that lacks a month from three years before to a year after is left out.
        origin: the last month known.

    Returns:
        By ward: last_year, three_years, eligible, entrant, sustained; sustained is missing where the two years after
        are not known.
    """
    three, after = sum_months(monthly, origin, HISTORY), sum_months(monthly, shift(origin, AHEAD), AHEAD)
    known = three.notna() & after.notna()
    table = pd.DataFrame({"last_year": sum_months(monthly, origin, AHEAD), "three_years": three})[known]
    table["eligible"] = ~find_largest(table["last_year"], table["three_years"])
    later = sum_months(monthly, shift(origin, AHEAD), HISTORY)[known]
    table["entrant"] = table["eligible"] & find_largest(after[known], later)
    two_years = sum_months(monthly, shift(origin, SUSTAINED), SUSTAINED)[known]
    table["sustained"] = pd.Series(pd.NA, index=table.index, dtype="boolean")
    if len(table) and two_years.notna().all():
        ties = sum_months(monthly, shift(origin, SUSTAINED), HISTORY)[known]
        table["sustained"] = (table["eligible"] & find_largest(two_years, ties)).astype("boolean")
    return table


def foresee(signals: Signals, wards: pd.Index, origin: str) -> pd.DataFrame:
    """Each forecast's chance that a ward will be above where the highest tenth begins today; from months to the origin.

    Returns:
        By ward: chance_<forecast> and expected_<forecast>, for every forecast.
    """
    now = pd.Series(signals.relative_year[:, signals.position(origin)], index=signals.wards)
    line = highest_tenth_begins(now[wards])
    table = pd.DataFrame(index=wards)
    for name, make in FORECASTS.items():
        forecast = make(signals, origin).loc[wards]
        table[f"chance_{name}"] = chance_above(forecast, line)
        table[f"expected_{name}"] = forecast["expected"]
    return table


def highest_tenth_begins(values: npt.ArrayLike) -> float:
    """Halfway between the last value inside the highest tenth and the first outside it."""
    ordered = np.sort(np.asarray(values, dtype=float))[::-1]
    inside = max(1, int(TENTH * len(ordered) + 1e-9))
    return float(ordered[inside - 1 : inside + 1].mean())


def score_entrants(table: pd.DataFrame, origin: Origin, rankings: Sequence[str]) -> list[dict[str, object]]:
    """How well each ranking put the wards that entered first, as rows of `backtest.csv`.

    Log-score skill is the share of the log score of one same chance for every ward (this year's own share of entrants,
    which nobody could know) that the chances save.
    """
    eligible = table[table["eligible"]]
    rows: list[dict[str, object]] = []
    for question in ("entrant", "sustained"):
        if eligible[question].isna().any():
            continue
        hit = eligible[question].astype(bool).to_numpy()
        for name in rankings:
            score = eligible[name].to_numpy(dtype=float)
            found = {
                "average_precision": average_precision(score, hit),
                "recall_first_20th": recall_in_first(score, hit),
            }
            if name.startswith("chance_") and question == "entrant" and 0 < hit.mean() < 1:
                constant = log_score(np.full(len(hit), hit.mean()), hit)
                found["log_score_skill"] = 1 - log_score(score, hit) / constant
            rows += [
                {
                    **describe(origin),
                    "question": question,
                    "method": method_of(name),
                    "measure": measure,
                    "value": value,
                }
                for measure, value in found.items()
            ]
        share = {**describe(origin), "question": question, "method": "chance"}
        rows.append({**share, "measure": "average_precision", "value": float(hit.mean())})
        rows.append({**share, "measure": "wards", "value": float(hit.sum())})
    return rows


def describe(origin: Origin) -> dict[str, object]:
    """The first columns of every row of an origin."""
    return {"origin": origin.month, "series": origin.series, "covid_touched": origin.covid_touched}


def method_of(column: str) -> str:
    """The method that a column of scores belongs to."""
    return {"three_years": BASELINE, "last_year": "last_12_months"}.get(column, column.removeprefix("chance_"))
