"""Which choice moves the ranking: planted dependence found, against variances counted out in full."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.measures.choices import list_choices
from tipping_point.measures.index import Component, add_index
from tipping_point.measures.sensitivity import ALL, describe_ranking, explain_ranking
from tipping_point.tables import InputError, months_between

WEIGHTS = {"robbery": 800.0}
MONTHS = months_between("2022-01", "2022-12")
PARTS = (Component("harm_rate", 0.5), Component("income", 0.5))


def make(lattice, *, workday: str):
    """Thirty wards; by workday population either all as by residents, or in another order altogether."""
    random = np.random.default_rng(3)
    people = random.uniform(3_000, 20_000, 30)
    wards = lattice(5, 6, population=people, months_covered=12).assign(
        income=random.uniform(0, 100, 30),
        workday=people * 2 if workday == "alike" else people * random.choice([0.05, 20.0], 30),
    )
    index = pd.MultiIndex.from_product([wards.index, MONTHS], names=["ward_code", "month"])
    counts = pd.DataFrame({"crimes": random.poisson(30, 360).astype(float), "crime_type": "robbery"}, index=index)
    return wards, counts.reset_index()


def explain(wards, counts, parts=PARTS, **options):
    listing = {"components": parts, "months": MONTHS, "denominators": ["workday"], "seed": 1}
    choices = list_choices(**listing)
    return explain_ranking(wards, counts, choices, harm_weights=WEIGHTS, seed=0, **options)


def test_the_choice_that_moves_everything_comes_first_and_one_that_moves_nothing_is_nil(lattice):
    turned = explain(*make(lattice, workday="turned"))
    assert turned["outcome"].unique().tolist() == [ALL]
    assert turned["choice"].tolist() == ["weights", "scale", "combination", "denominator"]
    whole = turned.set_index("choice")
    assert whole["total"].idxmax() == "denominator"
    assert whole.loc["denominator", "first_order"] > 0.5
    assert (whole["low"] <= whole["total"]).all()
    assert (whole["total"] <= whole["high"]).all()
    assert describe_ranking(turned)[0].startswith("The ranking depends most on the denominator (")
    alike = explain(*make(lattice, workday="alike")).set_index("choice")
    assert alike.loc["denominator", "total"] < 0.02


def test_shares_agree_with_variances_counted_out(lattice):
    """Weights all but fixed: five scale-and-combination pairs x two denominators can be counted out.

    The scale's first-order share is the variance of its conditional means; the total of the denominator the mean of
    its conditional variances.
    """
    wards, counts = make(lattice, workday="turned")
    choices = list_choices(components=PARTS, months=MONTHS, denominators=["workday"], weightings=0, seed=1)
    found = explain_ranking(
        wards, counts, choices, harm_weights=WEIGHTS, samples=4_096, concentration=1e7, variance=0.0, seed=1
    ).set_index("choice")
    severe = counts.groupby("ward_code")["crimes"].sum() * 800
    base = None
    moves = {}
    for denominator in ("population", "workday"):
        table = wards.assign(harm_rate=severe / wards[denominator])
        for scale in ("percentile", "z", "minmax", "exponential"):
            for combine in ("arithmetic", "geometric"):
                real = "arithmetic" if scale == "z" else combine
                rank = add_index(table, components=PARTS, scale=scale, combine=real)["rank"].astype(float)
                base = rank if base is None else base
                moves[scale, combine, denominator] = (rank - base).abs().mean()
    moved = pd.Series(moves)
    whole = moved.var(ddof=0)
    # Smoothing of the rates moves a rank or two, so that the agreement is close but not exact.
    assert found.loc["scale", "first_order"] == pytest.approx(
        moved.groupby(level=0).mean().var(ddof=0) / whole, abs=0.08
    )
    assert found.loc["denominator", "total"] == pytest.approx(
        moved.groupby(level=[0, 1]).var(ddof=0).mean() / whole, abs=0.08
    )


def test_the_rank_of_a_ward_is_explained_too(lattice):
    wards, counts = make(lattice, workday="turned")
    ward = wards["workday"].div(wards["population"]).idxmin()
    table = explain(wards, counts, focus=[ward])
    assert table["outcome"].unique().tolist() == [ALL, ward]
    assert table[table["outcome"] == ward].set_index("choice")["total"].idxmax() == "denominator"


def test_the_seed_decides(lattice):
    wards, counts = make(lattice, workday="turned")
    pd.testing.assert_frame_equal(explain(wards, counts, samples=32), explain(wards, counts, samples=32))


def test_two_countries_with_their_own_components(lattice):
    wards, counts = make(lattice, workday="turned")
    wards = wards.assign(country=["England"] * 15 + ["Wales"] * 15)
    parts = (Component("harm_rate", 0.5, country="England"), Component("income", 0.5, country="England"),
             Component("harm_rate", 1.0, country="Wales"))  # fmt: skip
    table = explain(wards, counts, parts, samples=64)
    assert table["choice"].tolist() == ["weights", "scale", "combination", "denominator"]
    assert table["total"].between(-0.05, 1.3).all()


def test_nothing_to_vary_and_no_ward(lattice):
    wards, counts = make(lattice, workday="alike")
    alone = list_choices(components=PARTS[:1], months=MONTHS, weightings=0, seed=1)[:1]
    table = explain_ranking(wards, counts, alone, harm_weights=WEIGHTS, seed=1)
    assert table.empty
    assert table.columns.tolist() == ["outcome", "choice", "first_order", "total", "low", "high"]
    assert describe_ranking(table) == ()
    assert explain(wards.head(0), counts).empty
    assert (explain(wards.head(1), counts, samples=8)["total"] == 0).all()


def test_faults_are_named(lattice):
    wards, counts = make(lattice, workday="alike")
    with pytest.raises(InputError, match="samples: 100 given; it must be a power of 2"):
        explain(wards, counts, samples=100)
    with pytest.raises(InputError, match="focus: E05999999 have no score"):
        explain(wards, counts, focus=["E05999999"])


def test_each_denominator_meets_each_period(lattice):
    """A named choice changes one thing, the sample all of them: what no named choice joins is drawn too."""
    wards, _ = make(lattice, workday="turned")
    months = months_between("2021-01", "2022-12")
    index = pd.MultiIndex.from_product([wards.index, months], names=["ward_code", "month"])
    random = np.random.default_rng(5)
    counts = pd.DataFrame({"crimes": random.poisson(30, len(index)) * 1.0, "crime_type": "robbery"}, index=index)
    choices = list_choices(components=PARTS, months=months, denominator="workday", denominators=["resident"], seed=1)
    table = explain_ranking(
        wards, counts.reset_index(), choices, harm_weights=WEIGHTS, samples=16, simulations=5, seed=0
    )
    assert {"denominator", "period"} <= set(table["choice"])
