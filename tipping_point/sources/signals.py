"""Community signals as figures by area: reports of concern, survey answers, ambulance calls, attendances at A&E."""

from __future__ import annotations

import logging

import pandas as pd

from tipping_point.sources.incidents import Incidents
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

COMBINATIONS = ("sum", "mean")
LEAST_ANSWERS = 5
"""Answers under which a mean tells of single people, and of nothing else."""


def summarise_incidents(
    incidents: Incidents,
    areas: pd.Series,
    *,
    name: str,
    combine: str = "sum",
    among: pd.Index | None = None,
    least: int = LEAST_ANSWERS,
) -> pd.DataFrame:
    """One figure for each area: how many incidents, or the mean of their values.

    Args:
        incidents: from `read_incidents`, of one kind or several, which are taken together.
        areas: the area of each place, on the index of `incidents.places`: its own code, or the ward that holds its
            point; '' where it has none. The name of the Series is that of the column of codes (ward22_code).
        name: what the figure is called from here on.
        combine: 'sum', the number of incidents; 'mean', of the values of the rows that have one.
        among: areas that the file speaks of: one without an incident then has 0 where incidents are summed. Without it
            only areas with incidents have a row, and the others stay unknown.
        least: answers that a mean rests on at least; under it the figure is missing.

    Returns:
        The column of codes, the figure, and for a mean {name}_answers; by code. Where a publisher held one count of an
        area back the sum is missing: what it lacks is not known.

    Raises:
        InputError: an unknown way of combining, or a mean of a file without values.
    """
    if combine not in COMBINATIONS:
        raise InputError(f"sources.indicator: combine = '{combine}' was given; use one of {', '.join(COMBINATIONS)}")
    if combine == "mean" and "answers" not in incidents.counts:
        raise InputError(f"{name}: a mean needs a column with the role value, and none was named")
    code = str(areas.name or "area_code")
    placed = incidents.counts.assign(**{code: areas.reindex(incidents.counts["place"]).to_numpy()})
    lost = int(placed.loc[placed[code].isin(["", None]), "crimes"].sum())
    sums = placed[~placed[code].isin(["", None])].groupby(code)[_numbers(incidents)].sum()
    if among is not None:
        sums = sums.reindex(among.rename(code), fill_value=0)
    if combine == "sum":
        held = areas.reindex(incidents.withheld["place"]).to_numpy()
        result = sums[["crimes"]].rename(columns={"crimes": name}).astype(float)
        result = result.reindex(result.index.union([area for area in set(held) if area])).rename_axis(code)
        result[name] = result[name].mask(result.index.isin(held))
    else:
        answers = sums["answers"]
        means = (sums["value"] / answers.where(answers >= least)).astype(float)
        result = pd.DataFrame({name: means, f"{name}_answers": answers})
    logger.info(
        "%s: %d areas, %d of them without a figure; %d incidents in no area", name, len(result),
        int(result[name].isna().sum()), lost,
    )  # fmt: skip
    return result.sort_index().reset_index()


def _numbers(incidents: Incidents) -> list[str]:
    return [column for column in ("crimes", "value", "answers") if column in incidents.counts]
