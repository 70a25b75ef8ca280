"""What hiding small numbers costs: seconds, and numbers hidden beside the small ones.

    python benchmarks/disclosure.py [WARDS] [MONTHS]

Made-up counts of a force: wards of 24 to a district, thirteen types from rare to common, wards of unequal crime.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

from tipping_point.disclosure.protect import protect_counts

RATES = (0.3, 0.5, 1, 1, 2, 2, 3, 5, 8, 10, 15, 30, 40)
"""Crimes of a type in a ward and month, on average."""


def make_counts(wards: int, months: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    generator = np.random.default_rng(1)
    keys = pd.MultiIndex.from_product(
        [[f"W{ward:03d}" for ward in range(wards)], pd.period_range("2023-01", periods=months, freq="M").astype(str),
         [f"type {kind:02d}" for kind in range(len(RATES))]], names=["ward_code", "month", "crime_type"],
    )  # fmt: skip
    counts = keys.to_frame(index=False)
    busy = generator.gamma(2, 0.5, wards)
    rate = np.tile(RATES, wards * months) * np.repeat(busy, months * len(RATES))
    counts["crimes"] = pd.array(generator.poisson(rate), dtype="Int64")
    counts["rows_placed"] = counts["crimes"].astype(int)
    places = pd.DataFrame({"district_code": [f"D{ward // 24}" for ward in range(wards)], "force_name": "One Force"},
                          index=[f"W{ward:03d}" for ward in range(wards)])  # fmt: skip
    return counts, places


def main() -> None:
    wards, months = (int(given) for given in (*sys.argv[1:], "120", "24")[:2])
    counts, places = make_counts(wards, months)
    start = time.perf_counter()
    found = protect_counts(counts, places, types=["type 03", "type 07", "type 11"])
    seconds = time.perf_counter() - start
    small = counts["crimes"].between(1, 4).sum()
    hidden = (found.counts["hidden_reason"] != "").sum()
    print(f"{len(counts):,} counts, {small:,} of them 1 to 4; {hidden:,} hidden; {seconds:.0f} s")
    for margin, table in found.published.totals.items():
        print(f"  totals by {' + '.join(margin)}: {table['hidden'].sum():,} of {len(table):,} hidden")


if __name__ == "__main__":
    main()
