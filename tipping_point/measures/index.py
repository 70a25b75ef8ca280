"""The composite index: which wards combine harm with disadvantage in several domains at once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.measures.components import Component, component_faults
from tipping_point.measures.scaling import (
    COMBINATIONS,
    Floats,
    combine_columns,
    mean_faults,
    scale_columns,
    to_percentiles,
)
from tipping_point.tables import DOMAINS, InputError, deprivation_transform

log = logging.getLogger(__name__)

__all__ = [
    "Component",
    "add_deprivation",
    "add_index",
    "default_components",
    "deprivation_transform",
    "index_diagnostics",
    "name_missing",
    "rank_in_country",
]


def name_missing(parts: pd.DataFrame) -> pd.Series:
    """The columns that each row lacks, separated by semicolons; blank where it lacks none."""
    text = pd.Series("", index=parts.index)
    for name in parts.columns:
        text = text.mask(parts[name].isna(), text + "; " + name)
    return text.str.removeprefix("; ")


def rank_in_country(wards: GeoDataFrame, score: str) -> pd.Series:
    """Rank by a column within the country, 1 = highest, ties by ward_code; missing where the column is."""
    order = wards[["country", score]].assign(code=wards.index).dropna(subset=[score])
    order = order.sort_values(["country", score, "code"], ascending=[True, False, True])
    return (order.groupby("country").cumcount() + 1).reindex(wards.index).astype("Int64")


def percentile(values: pd.Series) -> pd.Series:
    """(rank - 1/2)/N x 100 among the values known, ties sharing their mean rank; 0-100, higher = higher."""
    known = values.dropna().astype(float)
    result = pd.Series(np.nan, index=values.index)
    result[known.index] = to_percentiles(np.asarray(known, dtype=np.float64)[:, None])[:, 0]
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
            the overall deprivation score or its crime domain beside recorded crime; geometric means of z scores;
            a share of people of one age, sex, ethnic group or the like.

    >>> parts = [tp.Component("harm_rate", 0.5), tp.Component("income", 0.5)]
    >>> int(tp.add_index(results.wards, components=parts)["rank"].min())
    1
    """
    if faults := [*mean_faults(scale, combine), *component_faults(wards, components)]:
        raise InputError(faults)
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
    result["rank"] = rank_in_country(result, "index_score")
    log.info("index: %d wards scored, %d assessed but lacking a component", int(result["index_score"].notna().sum()),
             int((result["index_missing"] != "").sum()))  # fmt: skip
    return result


def _score_country(
    result: GeoDataFrame, wards: GeoDataFrame, components: Sequence[Component], scale: str, combine: str
) -> None:
    names = [component.column for component in components]
    raw = wards[names].astype(float)
    complete = raw.notna().all(axis=1)
    result.loc[wards.index, "index_missing"] = name_missing(raw)
    known = raw[complete]
    scaled = pd.DataFrame(
        {part.column: _scale(known[[part.column]].to_numpy(), part, scale) for part in components}, index=known.index
    )
    columns = [scaled[[part.column]].to_numpy() for part in components]
    score = combine_columns(columns, [part.weight for part in components], scale=scale, combine=combine)[:, 0]
    result.loc[scaled.index, [f"component_{name}" for name in names]] = scaled.to_numpy()
    result.loc[scaled.index, "index_score"] = score


def _terms(scaled: pd.DataFrame, components: Sequence[Component], combine: str) -> pd.DataFrame:
    """What each component adds to the weighted sum of the mean."""
    weights = pd.Series({component.column: component.weight for component in components})
    return scaled.transform(COMBINATIONS[combine].enter) * (weights / weights.sum())


def _scale(values: Floats, component: Component, scale: str) -> Floats:
    """One component of all wards on the scale; one that is the same everywhere cannot rank them."""
    if len(values) > 1 and (values == values[0]).all():
        raise InputError(
            f"index.component: '{component.column}' is {values[0, 0]:g} in all {len(values)} wards: it cannot rank "
            f"them; leave it out"
        )
    return scale_columns(values, worse=component.worse, scale=scale)[:, 0]


def index_diagnostics(
    wards: GeoDataFrame, *, components: Sequence[Component], combine: str = "arithmetic"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How far the components say the same, and how much of the index each really makes.

    A component's weight is not its influence: one that varies little, or that goes against the others, moves the
    index less than its weight says (Paruolo, Saisana and Saltelli 2013). Its effective share is cov(w X, S)/var(S),
    S = sum(w X), in logarithms where the mean is geometric; the shares of a country sum to one.

    Args:
        wards: from `add_index`.
        components: those of the index.
        combine: as the index was combined.

    Returns:
        Correlations [country, component, other, correlation, wards], each pair once, Pearson on the values as they
        entered; and components [country, component, weight, effective_share, correlation, wards], the correlation
        with the index before it is put on 0-100. Missing where fewer than two wards are scored or nothing varies.
    """
    pairs, parts = [], []
    for country in sorted(wards["country"].dropna().unique()):
        own = [component for component in components if component.country in ("", country)]
        rows = wards[(wards["country"] == country) & wards["index_score"].notna()]
        if not own or rows.empty:
            continue
        scaled = pd.DataFrame({component.column: rows[f"component_{component.column}"] for component in own})
        terms = _terms(scaled, own, combine)
        score = terms.sum(axis=1)
        total = sum(component.weight for component in own)
        for place, component in enumerate(own):
            parts.append(
                (country, component.column, component.weight / total,
                 _covariance(terms[component.column], score) / _covariance(score, score),
                 _correlation(scaled[component.column], score), len(rows))
            )  # fmt: skip
            pairs += [
                (country, component.column, other.column,
                 _correlation(scaled[component.column], scaled[other.column]), len(rows))
                for other in own[place + 1 :]
            ]  # fmt: skip
    return (
        pd.DataFrame(pairs, columns=["country", "component", "other", "correlation", "wards"]),
        pd.DataFrame(parts, columns=["country", "component", "weight", "effective_share", "correlation", "wards"]),
    )


def _covariance(one: pd.Series, other: pd.Series) -> float:
    """Mean product of deviations; missing where nothing varies."""
    mean = float(((one - one.mean()) * (other - other.mean())).mean())
    return mean if one.nunique() > 1 and other.nunique() > 1 else float("nan")


def _correlation(one: pd.Series, other: pd.Series) -> float:
    return _covariance(one, other) / float(np.sqrt(_covariance(one, one) * _covariance(other, other)))
