"""The same crimes per resident, per person in the day, per whatever a study has: rates and ranks side by side."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pandas as pd
from geopandas import GeoDataFrame

from tipping_point.tables import WARDS, Column, InputError, check_table

log = logging.getLogger(__name__)

PER = 1_000.0
RESIDENT = "resident"
"""The name of the denominator that every study has: the ward table's population."""


def compare_denominators(wards: GeoDataFrame, denominators: Sequence[str]) -> pd.DataFrame:
    """How far the order of the wards rests on whom their crimes are divided by.

    Args:
        wards: with ward_name, district_name, country, assessed, months_covered, crimes, population, and a column of
            people (or jobs) for each denominator but 'resident'.
        denominators: 'resident' and columns of the ward table, at least one.

    Returns:
        One row per assessed ward, by country and the rank under the first denominator: ward_code, ward_name,
        district_name, country; for each denominator `<name>` (people), `rate_by_<name>` (crimes per 1,000 a year) and
        `rank_by_<name>` (1 = highest in the country, ties by ward_code; missing where the denominator is missing or
        nil); and rank_spread, the highest less the lowest of its ranks as a share of the wards ranked, for reading
        which wards depend on the choice.

    Raises:
        InputError: no denominator, one twice, a column that is absent or negative.
    """
    needed = ["ward_name", "district_name", "country", "assessed", "months_covered", "crimes", "population"]
    check_table(wards, "the wards", needed)
    columns = {name: "population" if name == RESIDENT else name for name in denominators}
    _check(wards, denominators, columns)
    rows = wards[wards["assessed"]].rename_axis("ward_code").sort_index()
    result = pd.DataFrame(rows[["ward_name", "district_name", "country"]])
    years = rows["months_covered"].where(rows["months_covered"] > 0) / 12
    shares = []
    for name, column in columns.items():
        people = rows[column].astype(float)
        result[name] = people
        result[f"rate_by_{name}"] = rows["crimes"] / (people.where(people > 0) * years / PER)
        ranks = result.groupby("country")[f"rate_by_{name}"].rank(ascending=False, method="first")
        result[f"rank_by_{name}"] = ranks.astype("Int64")
        shares.append(ranks / ranks.groupby(result["country"]).transform("max"))
    result["rank_spread"] = pd.concat(shares, axis=1).pipe(lambda table: table.max(axis=1) - table.min(axis=1))
    first = f"rank_by_{next(iter(columns))}"
    log.info("denominators: %d wards ranked by %s", len(result), ", ".join(columns))
    return result.reset_index().sort_values(["country", first, "ward_code"], ignore_index=True)


def _check(wards: GeoDataFrame, denominators: Sequence[str], columns: dict[str, str]) -> None:
    faults = []
    if not denominators:
        faults.append("rates.denominators: none was given; give 'resident' or columns of people, at least one")
    repeated = sorted({name for name in denominators if list(denominators).count(name) > 1})
    if repeated:
        faults.append(f"rates.denominators: {', '.join(repeated)} stands more than once; give each once")
    for name, column in columns.items():
        if column not in wards.columns:
            faults.append(
                f"rates.denominators: '{name}' is neither '{RESIDENT}' nor an indicator of the study; bring it in as "
                f'[[sources.indicator]] with combine = "sum"'
            )
        elif (wards[column].astype(float) < 0).any():
            codes = wards.index[wards[column].astype(float) < 0]
            faults.append(f"rates.denominators: '{name}' is negative in {', '.join(codes[:5])}")
    if faults:
        raise InputError(faults)


def denominator_columns(denominators: Sequence[str]) -> tuple[Column, ...]:
    """What the columns of `compare_denominators` mean."""
    place = [column for column in WARDS if column.name in ("ward_code", "ward_name", "district_name", "country")]
    own = [
        column
        for name in denominators
        for column in (
            Column(name, f"People or jobs that {name} counts", "people", discloses="nothing"),
            Column(
                f"rate_by_{name}",
                f"The measure per 1,000 of {name} a year",
                "per 1,000 a year",
                "higher",
                discloses="crimes",
            ),
            Column(
                f"rank_by_{name}",
                "Rank within the country by that rate, 1 = highest",
                "rank",
                "lower",
                discloses="nothing",
            ),
        )
    ]
    spread = Column(
        "rank_spread", "Highest less lowest of its ranks, as a share of the wards ranked", "share", discloses="nothing"
    )
    return (*place, *own, spread)
