"""The composite index: which wards combine harm with disadvantage in several domains at once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from scipy.stats import rankdata

from tipping_point.schema import DOMAINS, InputError, deprivation_transform

log = logging.getLogger(__name__)

__all__ = ["Component", "add_deprivation", "add_index", "default_components", "deprivation_transform"]

SCALES = ("percentile", "z", "minmax", "exponential")
COMBINATIONS = ("arithmetic", "geometric")


@dataclass(frozen=True)
class Component:
    """One weighted column of the index. `worse` says which end is need; `country` limits it to one country."""

    column: str
    weight: float
    worse: str = "higher"
    country: str = ""


def percentile(values: pd.Series) -> pd.Series:
    """(rank - 1/2)/N x 100 among the values known, ties sharing their mean rank; 0-100, higher = higher."""
    known = values.notna()
    result = pd.Series(np.nan, index=values.index)
    result[known] = (rankdata(values[known].to_numpy(dtype=float)) - 0.5) / max(int(known.sum()), 1) * 100
    return result


def add_deprivation(
    wards: GeoDataFrame, scores: pd.DataFrame, *, weights: Mapping[str, Mapping[str, float]]
) -> GeoDataFrame:
    """Add the six domains and `deprivation` as percentiles within the country, higher = worse.

    Args:
        wards: indexed by ward_code, with country.
        scores: transformed domain scores (0-100) of *every* ward of the country, indexed by ward_code, with
            country: the percentiles are the nation's, whatever the study's area.
        weights: country -> domain -> published weight; `deprivation` is sum(w X)/sum(w) over the six.
    """
    result = wards.copy()
    ranked = pd.DataFrame(index=scores.index, columns=[*DOMAINS, "deprivation"], dtype=float)
    for country, rows in scores.groupby("country"):
        share = pd.Series(weights[str(country)])[list(DOMAINS)]
        combined = (rows[list(DOMAINS)] * share).sum(axis=1, skipna=False) / share.sum()
        for name in DOMAINS:
            ranked.loc[rows.index, name] = percentile(rows[name])
        ranked.loc[rows.index, "deprivation"] = percentile(combined)
    for name in ranked.columns:
        result[name] = ranked[name].reindex(wards.index)
    log.info("deprivation: %d of %d wards have all six domains", int(result["deprivation"].notna().sum()), len(wards))
    return result


def default_components(weights: Mapping[str, Mapping[str, float]]) -> tuple[Component, ...]:
    """Harm rate .5; the six non-crime domains share .5 in proportion to their published weights, per country."""
    components = []
    for country, published in weights.items():
        total = sum(published[name] for name in DOMAINS)
        components.append(Component("harm_rate", 0.5, country=country))
        components += [Component(name, 0.5 * published[name] / total, country=country) for name in DOMAINS]
    return tuple(components)


def add_index(
    wards: GeoDataFrame, *, components: Sequence[Component], scale: str = "percentile", combine: str = "arithmetic"
) -> GeoDataFrame:
    """Add component_*, index_score, index_missing and rank, each within its country.

    Args:
        wards: with assessed, country and the components' columns.
        components: columns, weights (any positive numbers) and directions.
        scale: 'percentile' (rank - 1/2)/N x 100 among the assessed wards of the country; 'z'; 'minmax' 0-100;
            'exponential', the transform of the Indices of Deprivation.
        combine: 'arithmetic' or 'geometric' mean; geometric is of positive scales, rescaled to 1-100.

    Returns:
        The wards. A ward that lacks a component has no score, and index_missing names what it lacks; a ward that is
        not assessed has no score. index_score is 0-100, higher = worse (for scale 'z' it is the percentile of the
        mean z, so that it keeps to 0-100); rank 1 = highest score, ties by ward_code.

    Raises:
        InputError: unknown scale, combination or column; a constant component; weights that are not positive;
            the overall deprivation score or its crime domain beside recorded crime; geometric means of z scores.
    """
    _check_components(wards, components, scale, combine)
    result = wards.copy()
    for name in dict.fromkeys(component.column for component in components):
        result[f"component_{name}"] = np.nan
    result["index_score"] = np.nan
    result["index_missing"] = ""
    for country in sorted(wards["country"].dropna().unique()):
        own = [component for component in components if component.country in ("", country)]
        rows = wards.index[wards["assessed"] & (wards["country"] == country)]
        if own and len(rows):
            _score_country(result, wards.loc[rows], own, scale, combine)
    result["rank"] = _rank(result)
    log.info("index: %d wards scored, %d assessed but lacking a component", int(result["index_score"].notna().sum()),
             int((result["index_missing"] != "").sum()))  # fmt: skip
    return result


def _score_country(
    result: GeoDataFrame, wards: GeoDataFrame, components: Sequence[Component], scale: str, combine: str
) -> None:
    names = [component.column for component in components]
    raw = wards[names].astype(float)
    missing = raw.isna()
    complete = ~missing.any(axis=1)
    result.loc[wards.index, "index_missing"] = missing.apply(lambda row: "; ".join(row.index[row]), axis=1)
    scaled = pd.DataFrame(
        {component.column: _scale(raw.loc[complete, component.column], component, scale) for component in components},
        index=raw.index[complete],
    )
    weights = pd.Series({component.column: component.weight for component in components})
    weights = weights / weights.sum()
    if combine == "geometric":
        positive = 1 + scaled * 0.99
        score = pd.Series(np.exp((np.log(positive) * weights).sum(axis=1)), index=scaled.index)
    else:
        score = (scaled * weights).sum(axis=1)
    if scale == "z":
        score = percentile(score)
    result.loc[scaled.index, [f"component_{name}" for name in names]] = scaled.to_numpy()
    result.loc[scaled.index, "index_score"] = score


def _scale(values: pd.Series, component: Component, scale: str) -> pd.Series:
    """One component on one direction (higher = worse) and one scale."""
    worse = values if component.worse == "higher" else -values
    if len(worse) > 1 and worse.nunique() == 1:
        raise InputError(
            f"index.component: '{component.column}' is {worse.iloc[0]:g} in all {len(worse)} wards: it cannot rank "
            f"them; leave it out"
        )
    if scale == "percentile":
        return percentile(worse)
    if scale == "z":
        return (worse - worse.mean()) / worse.std(ddof=0)
    if scale == "minmax":
        return (worse - worse.min()) / (worse.max() - worse.min()) * 100
    ranks = rankdata(-worse.to_numpy(dtype=float))
    return pd.Series(deprivation_transform(ranks, len(worse)), index=worse.index)


def _rank(wards: GeoDataFrame) -> pd.Series:
    order = wards[["country", "index_score"]].assign(code=wards.index).dropna(subset=["index_score"])
    order = order.sort_values(["country", "index_score", "code"], ascending=[True, False, True])
    return (order.groupby("country").cumcount() + 1).reindex(wards.index).astype("Int64")


def _check_components(wards: GeoDataFrame, components: Sequence[Component], scale: str, combine: str) -> None:
    faults = []
    if scale not in SCALES:
        faults.append(f"index.scale: '{scale}' is not known; choose from {', '.join(SCALES)}")
    if combine not in COMBINATIONS:
        faults.append(f"index.combine: '{combine}' is not known; choose from {', '.join(COMBINATIONS)}")
    if scale == "z" and combine == "geometric":
        faults.append("index.combine: a geometric mean of z scores has no meaning; use another scale or 'arithmetic'")
    if not components:
        faults.append("index.component: at least one is needed")
    seen: set[tuple[str, str]] = set()
    for component in components:
        name = component.column
        if name in ("imd", "crime_domain", "imd_crime"):
            faults.append(
                f"index.component: '{name}' is or holds the crime domain of the Indices of Deprivation, beside "
                f"recorded crime it counts crime twice; "
                f"use the six non-crime domains: {', '.join(DOMAINS)}, or 'deprivation'"
            )
        elif name not in wards.columns:
            known = [column for column in wards.columns if pd.api.types.is_numeric_dtype(wards[column])]
            faults.append(f"index.component: there is no column '{name}'; choose from {', '.join(known)}")
        elif not pd.api.types.is_numeric_dtype(wards[name]):
            faults.append(f"index.component: '{name}' is not a number")
        if not component.weight > 0:
            faults.append(f"index.component: the weight of '{name}' is {component.weight}; it must be above 0")
        if component.worse not in ("higher", "lower"):
            faults.append(f"index.component: worse = '{component.worse}' for '{name}'; use 'higher' or 'lower'")
        if (name, component.country) in seen:
            faults.append(f"index.component: '{name}' stands twice")
        seen.add((name, component.country))
    if faults:
        raise InputError(faults)
