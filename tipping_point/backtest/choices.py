"""How much of next year's harm each way of choosing wards would have held, and how much its choice moved in a year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.areas.evaluate import capture, rank_biased_overlap
from tipping_point.backtest.entrants import TENTH, sum_months
from tipping_point.backtest.origins import AHEAD, HISTORY, Origin, shift
from tipping_point.measures.value import add_value
from tipping_point.measures.visitors import add_visitors
from tipping_point.tables import months_between

RANDOM_CHOICES = 200


@dataclass(frozen=True)
class Inputs:
    """The study's tables as the backtest uses them."""

    wards: gpd.GeoDataFrame
    counts: pd.DataFrame
    """ward_code, month, crime_type, crimes; every type."""
    weights: Mapping[str, float]
    """Severity weight of every type of the measure."""
    vocabulary: str
    monthly: pd.DataFrame
    """Count of the measure, wards x months."""
    harm: pd.DataFrame
    """Weight x count of the measure, wards x months."""
    daytime: str | None = None


def score_wards(inputs: Inputs, wards: pd.Index, origin: str, *, deprivation: bool) -> pd.DataFrame:
    """What each way of choosing says of every ward, from months to the origin only; higher is chosen first.

    Args:
        inputs: the study's tables; months after the origin are not looked at.
        wards: the wards that take part.
        origin: the last month known.
        deprivation: whether the study's index of deprivation was published by then.

    Returns:
        By ward: last_12_months and three_year_level (harm), last_12_months_count, empirical_bayes_harm (that of three
        years, each type drawn towards its mean) and, where deprivation was published, deprivation and value (harm above
        the usual x deprivation: what Mission Areas are chosen by).
    """
    past = months_between(shift(origin, 1 - HISTORY), origin)
    counts = inputs.counts[inputs.counts["month"].isin(past)]
    known = inputs.wards.assign(deprivation=inputs.wards["deprivation"] if deprivation else np.nan)
    known = known.assign(assessed=known["assessed"] & known.index.isin(wards))
    known = add_visitors(known, counts, vocabulary=inputs.vocabulary, daytime=inputs.daytime)
    valued = add_value(known, counts, weights=inputs.weights)
    scores = {
        "last_12_months": sum_months(inputs.harm, origin, AHEAD),
        "last_12_months_count": sum_months(inputs.monthly, origin, AHEAD),
        "three_year_level": sum_months(inputs.harm, origin, HISTORY),
        "empirical_bayes_harm": valued["long_run_harm"],
    }
    if deprivation:
        scores |= {"deprivation": valued["deprivation"], "value": valued["value"]}
    return pd.DataFrame(scores).reindex(wards)


def score_choices(
    scores: pd.DataFrame, before: pd.DataFrame, harm: pd.Series, residents: pd.Series, origin: Origin, *, seed: int
) -> list[dict[str, object]]:
    """Capture of next year's harm by the tenth of wards chosen first, and what stayed of the year before.

    Args:
        scores: wards x ways of choosing, at the origin; missing is chosen last.
        before: the same a year before the origin; a way that is not in it has no stability.
        harm: of the twelve months after the origin.
        residents: people of the wards.
        origin: for the first columns.
        seed: of the random choices.

    Returns:
        Rows of `backtest.csv`: capture_wards, capture_residents, share_of_harm, kept, rank_biased_overlap.
    """
    number = int(TENTH * len(scores) + 1e-9)
    head = {"origin": origin.month, "series": origin.series, "covid_touched": origin.covid_touched}
    people = residents.reindex(scores.index).to_numpy(dtype=float)
    next_year = harm.reindex(scores.index).to_numpy(dtype=float)

    def captured(chosen: npt.NDArray[np.bool_]) -> dict[str, float]:
        return {
            "capture_wards": capture(next_year, chosen),
            "capture_residents": capture(next_year, chosen, residents=people),
            "share_of_harm": float(next_year[chosen].sum() / next_year.sum()) if next_year.sum() > 0 else np.nan,
        }

    rows: list[dict[str, object]] = []
    for name in scores.columns:
        ranking = rank_wards(scores[name])
        found = captured(scores.index.isin(ranking[:number]))
        if name in before:
            earlier = rank_wards(before[name].reindex(scores.index))
            found["kept"] = len(set(ranking[:number]) & set(earlier[:number])) / number
            found["rank_biased_overlap"] = rank_biased_overlap(ranking, earlier, p=1 - 1 / max(number, 2))
        rows += [{**head, "question": "choice", "method": name, "measure": key, "value": found[key]} for key in found]
    random = np.random.default_rng([seed, *map(int, origin.month.split("-"))])
    draws = [captured(random.permutation(len(scores)) < number) for _ in range(RANDOM_CHOICES)]
    mean = pd.DataFrame(draws).mean()
    rows += [
        {**head, "question": "choice", "method": "random", "measure": key, "value": mean[key]} for key in mean.index
    ]
    return rows


def rank_wards(score: pd.Series) -> list[str]:
    """Ward codes by falling score, ties by code, those without a score last."""
    order = pd.DataFrame({"score": score, "code": score.index}, index=score.index)
    ordered = order.sort_values(["score", "code"], ascending=[False, True], na_position="last")
    return [str(code) for code in ordered["code"]]
