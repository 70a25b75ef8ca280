"""Who lives in the demo city: residents, and deprivation in the layout of the Indices of Deprivation 2025."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit
from scipy.stats import norm, rankdata

from tipping_point.demo.land import Land, smooth_field
from tipping_point.demo.planted import Planted
from tipping_point.tables import deprivation_transform

Floats = npt.NDArray[np.float64]

IMD = "Index of Multiple Deprivation (IMD)"
WEIGHTS = {
    "Income": 0.225,
    "Employment": 0.225,
    "Education, Skills and Training": 0.135,
    "Health Deprivation and Disability": 0.135,
    "Crime": 0.093,
    "Barriers to Housing and Services": 0.093,
    "Living Environment": 0.093,
}
"""Published weights of the seven domains. They sum to .999 and are used as they stand."""

LEANING = {
    "Income": (0.86, 0.0),
    "Employment": (0.86, 0.0),
    "Education, Skills and Training": (0.76, -0.10),
    "Health Deprivation and Disability": (0.80, 0.05),
    "Crime": (0.72, 0.40),
    "Barriers to Housing and Services": (0.10, -0.45),
    "Living Environment": (0.38, 0.55),
}
"""How far each domain follows general deprivation, and how far it is higher towards the centre."""

SUB_DOMAINS = {
    "Children and Young People Sub-domain": "Education, Skills and Training",
    "Adult Skills Sub-domain": "Education, Skills and Training",
    "Geographical Barriers Sub-domain": "Barriers to Housing and Services",
    "Wider Barriers Sub-domain": "Barriers to Housing and Services",
    "Indoors Sub-domain": "Living Environment",
    "Outdoors Sub-domain": "Living Environment",
}


@dataclass(frozen=True)
class People:
    """Residents and deprivation of every small area, in the order of the land's small areas."""

    residents: npt.NDArray[np.int64]
    deprivation: Floats
    """General deprivation as a standard score, higher = worse: what crime leans on."""
    domains: pd.DataFrame
    """The latent standard score of each domain, higher = worse; columns as in WEIGHTS."""


def settle_people(land: Land, planted: Planted, rng: np.random.Generator) -> People:
    """Give every small area residents and a standing in each domain of deprivation."""
    areas = land.small_areas
    residents = np.clip(np.round(rng.lognormal(np.log(1_680), 0.20, len(areas))), 1_000, 3_000).astype(np.int64)
    busy = areas["ward"].isin(planted.busy).to_numpy()
    residents[busy] = rng.integers(1_050, 1_450, busy.sum())
    overall = _spread_deprivation(land, planted, rng)

    x, y = areas["x"].to_numpy(), areas["y"].to_numpy()
    central = np.exp(-np.hypot(x, y) / 2.2) * 2.4 - 0.6
    clustered = areas["ward"].isin(planted.clustered).to_numpy()
    domains = {}
    for name, (general, town) in LEANING.items():
        own = 0.75 * smooth_field(4.5, rng)(x, y) + 0.66 * rng.normal(size=len(areas))
        score = general * overall + town * central + np.sqrt(1 - general**2) * 0.75 * own
        domains[name] = np.where(clustered, np.maximum(score, overall - 0.4 + 0.25 * own), score)
    return People(residents, overall, pd.DataFrame(domains))


def _spread_deprivation(land: Land, planted: Planted, rng: np.random.Generator) -> Floats:
    """General deprivation: smooth over the map, high in and a little around the clusters, middling where planted so."""
    areas = land.small_areas
    x, y = areas["x"].to_numpy(), areas["y"].to_numpy()
    overall = 0.85 * smooth_field(5.0, rng)(x, y)
    ward = areas["ward"]
    for cluster in planted.clusters:
        middle = land.wards.loc[list(cluster), ["x", "y"]].mean()
        overall += 0.9 * np.exp(-((x - middle["x"]) ** 2 + (y - middle["y"]) ** 2) / (2 * 1.5**2))
    overall = (overall - overall.mean()) / overall.std()
    overall = np.where(ward.isin(planted.clustered), 2.1 + 0.2 * (overall - 1), np.minimum(overall, 1.7))
    overall = np.where(ward.isin(planted.busy), -0.45 + 0.25 * overall, overall)
    overall = np.where(ward == planted.rising, 0.1 + 0.25 * overall, overall)
    return np.asarray(overall + 0.22 * rng.normal(size=len(areas)), dtype=np.float64)


# ------------------------------------------------------------------------- published columns


def tabulate_deprivation(people: People, names: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The table as published: a score, a rank (1 = most deprived) and a decile for the index, domains and sub-domains.

    `names` holds the four identifying columns. The index is the weighted sum of the domains' transformed ranks,
    as in the published tables, so its score can be rebuilt from the ranks to the last decimal shown.
    """
    scores = {name: _score(name, people.domains[name].to_numpy()) for name in WEIGHTS}
    ranks = {name: rank_from_worst(people.domains[name].to_numpy()) for name in WEIGHTS}
    index = sum(weight * deprivation_transform(ranks[name], len(ranks[name])) for name, weight in WEIGHTS.items())
    columns = [*_triplet(IMD, np.asarray(index), rank_from_worst(np.asarray(index)))]
    for name in WEIGHTS:
        columns += _triplet(name, scores[name], ranks[name])
    for name, domain in SUB_DOMAINS.items():
        latent = 0.9 * people.domains[domain].to_numpy() + 0.44 * rng.normal(size=len(people.domains))
        columns += _triplet(name, _score(name, latent), rank_from_worst(latent))
    return pd.concat([names, pd.DataFrame(dict(columns), index=names.index)], axis=1)


def tabulate_indicators(people: People, codes: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """Three indicators under the health and education domains; in all three a higher value is worse."""
    health = people.domains["Health Deprivation and Disability"].to_numpy()
    education = people.domains["Education, Skills and Training"].to_numpy()
    noise = rng.normal(size=(3, len(codes)))
    return pd.DataFrame(
        {
            "lsoa21_code": codes,
            "comparative_illness_and_disability_ratio_indicator": np.exp(4.63 + 0.38 * health + 0.08 * noise[0]).round(
                3
            ),
            "mental_health_indicator": (0.62 * health + 0.35 * noise[1]).round(3),
            "entry_to_higher_education_indicator": np.clip(0.883 + 0.034 * education + 0.014 * noise[2], 0, 1).round(3),
        }
    )


def rank_from_worst(score: Floats) -> npt.NDArray[np.int64]:
    """Ranks 1 to N without ties, 1 for the highest score."""
    return rankdata(-score, method="ordinal").astype(np.int64)


def _triplet(name: str, score: Floats, rank: npt.NDArray[np.int64]) -> list[tuple[str, npt.NDArray[np.generic]]]:
    """Headings and values of one published triplet."""
    scale = " (rate)" if name in {"Income", "Employment"} else ""
    return [
        (f"{name} Score{scale}", score.round(3)),
        (f"{name} Rank (where 1 is most deprived)", rank),
        (f"{name} Decile (where 1 is most deprived 10% of LSOAs)", (rank - 1) * 10 // len(rank) + 1),
    ]


def _score(name: str, latent: Floats) -> Floats:
    """A latent standard score on the scale that the column is published in."""
    rates = {"Income": (-1.45, 0.75), "Employment": (-2.05, 0.6), "Adult Skills Sub-domain": (-1.2, 0.5)}
    if name in rates:
        middle, spread = rates[name]
        return np.asarray(expit(middle + spread * latent), dtype=np.float64)
    if name in {"Education, Skills and Training", "Living Environment"}:
        return np.asarray(-23 * np.log(1 - norm.cdf(latent) * (1 - np.exp(-100 / 23))), dtype=np.float64)
    scale = {
        "Barriers to Housing and Services": (21.7, 8.0),
        "Geographical Barriers Sub-domain": (35.4, 11.0),
        "Wider Barriers Sub-domain": (0.0, 3.0),
        "Indoors Sub-domain": (0.0, 0.63),
        "Outdoors Sub-domain": (0.0, 0.75),
    }
    middle, spread = scale.get(name, (0.0, 0.86))
    return np.asarray(np.maximum(middle + spread * latent, 0.05 if middle else -np.inf), dtype=np.float64)
