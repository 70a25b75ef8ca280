"""How far the lists under the two mission proxies agree: said wherever a proxy is shown."""

from __future__ import annotations

import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.measures.harm import HARM_WEIGHTS
from tipping_point.measures.named import MEASURES


def proxy_overlap(wards: GeoDataFrame, counts: pd.DataFrame, *, vocabulary: str) -> tuple[int, int]:
    """Wards in the top tenth of both the knife proxy and the proxy for violence against women and girls.

    Args:
        wards: with assessed and population.
        counts: ward_code x month x crime_type.
        vocabulary: crime vocabulary of the counts.

    Returns:
        Number of wards in both top tenths by harm per resident, and the number in one top tenth.
    """
    people = wards["population"].where(wards["assessed"] & (wards["population"] > 0)).dropna()
    size = len(people) // 10
    tops = []
    for name in ("knife_proxy", "vawg_proxy"):
        weights = pd.Series({kind: HARM_WEIGHTS[vocabulary][kind] for kind in MEASURES[name].types[vocabulary]})
        chosen = counts[counts["crime_type"].isin(weights.index)]
        harm = (chosen["crimes"].astype(float) * chosen["crime_type"].map(weights)).groupby(chosen["ward_code"]).sum()
        rate = (harm.reindex(people.index) / people).sort_index()
        tops.append(set(rate.sort_values(ascending=False, kind="stable").index[:size]))
    return len(tops[0] & tops[1]), size
