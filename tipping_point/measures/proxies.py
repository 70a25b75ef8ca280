"""How far the lists under the two mission proxies agree: said wherever a proxy is shown."""

from __future__ import annotations

import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.facts.crime_types import HARM_WEIGHTS
from tipping_point.measures.named import MEASURES
from tipping_point.tables import plain_type, types_among

PROXIES = ("knife_proxy", "vawg_proxy")
"""Stand-ins for the two crimes of the mission."""


def proxy_overlap(wards: GeoDataFrame, counts: pd.DataFrame, *, vocabulary: str) -> tuple[int, int]:
    """Wards in the top tenth of both the knife proxy and the proxy for violence against women and girls.

    Args:
        wards: with assessed and population.
        counts: ward_code x month x crime_type.
        vocabulary: crime vocabulary of the counts.

    Returns:
        Number of wards in both top tenths by harm per resident, and the number in one top tenth; 0 and 0 where the
        vocabulary has no proxies.
    """
    if any(vocabulary not in MEASURES[name].types for name in PROXIES):
        return 0, 0
    people = wards["population"].where(wards["assessed"] & (wards["population"] > 0)).dropna()
    size = len(people) // 10
    tops = []
    present = counts["crime_type"].unique()
    for name in PROXIES:
        types = types_among(present, MEASURES[name].types[vocabulary])
        weights = pd.Series({kind: HARM_WEIGHTS[vocabulary][plain_type(kind)] for kind in types}, dtype=float)
        chosen = counts[counts["crime_type"].isin(weights.index)]
        harm = (chosen["crimes"].astype(float) * chosen["crime_type"].map(weights)).groupby(chosen["ward_code"]).sum()
        rate = (harm.reindex(people.index) / people).sort_index()
        tops.append(set(rate.sort_values(ascending=False, kind="stable").index[:size]))
    return len(tops[0] & tops[1]), size
