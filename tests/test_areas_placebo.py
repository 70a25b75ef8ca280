"""Placebo differences: as narrow as Poisson says where counts are Poisson, wider where they are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph

from tipping_point.areas.placebo import placebo_dispersion
from tipping_point.tables import InputError
from tipping_point.wards.neighbours import build_graph


@pytest.fixture
def city(lattice):
    return lattice(12, 12)


def make_years(wards, years=8, *, extra=0.0, seed=0):
    """Counts around a ward's own level, with variance beyond Poisson of `extra` on the logarithm."""
    random = np.random.default_rng(seed)
    level = random.lognormal(5, 0.5, size=(len(wards), 1))
    rates = level * np.exp(random.normal(0, np.sqrt(extra), size=(len(wards), years)))
    return pd.DataFrame(random.poisson(rates).astype(float), index=wards.index, columns=range(2010, 2010 + years))


def test_poisson_counts_need_no_dispersion(city):
    result = placebo_dispersion(make_years(city), build_graph(city), seed=1)
    assert 1.0 <= result.dispersion < 1.25
    assert result.share_beyond < 0.09
    assert len(result.z) == 1_000


def test_overdispersed_counts_need_it_and_larger_groups_as_much(city):
    years = make_years(city, extra=0.03)
    graph = build_graph(city)
    one, five = (placebo_dispersion(years, graph, wards=size, seed=1) for size in (1, 5))
    # Counts of 150 with a variance of .03 on the logarithm vary by 1 + .03 x 150 = 5.5 times Poisson.
    assert 3 < one.dispersion < 10
    assert 3 < five.dispersion < 10
    assert one.share_beyond > 0.2


def test_a_shared_change_is_no_difference(city):
    """All wards doubling between two years cancels between treated and control of the same level."""
    years = make_years(city)
    later = years.copy()
    later.loc[:, 2016:] *= 2
    assert abs(placebo_dispersion(later, build_graph(city), seed=1).z.mean()) < 0.2


def test_the_same_seed_gives_the_same_placebos_and_rows_may_come_in_any_order(city):
    years, graph = make_years(city), build_graph(city)
    first = placebo_dispersion(years, graph, placebos=200, seed=5)
    assert np.array_equal(first.z, placebo_dispersion(years, graph, placebos=200, seed=5).z)
    assert not np.array_equal(first.z, placebo_dispersion(years, graph, placebos=200, seed=6).z)


def test_no_placebo_looks_at_the_selection_year_as_before(city):
    """A freak year used to match on is never the one that a change is measured from."""
    years = make_years(city, years=5)
    changed = years.copy()
    changed[2012] = changed[2012].to_numpy()[::-1]
    result = placebo_dispersion(changed, build_graph(city), seed=2)
    # Five years and three to match on leave one pair: 2013 to 2014, both Poisson around the same level.
    assert result.dispersion < 1.25


def test_wards_with_a_missing_year_are_left_out_and_islands_are_fine(city):
    years = make_years(city)
    years.iloc[:100, 3] = np.nan
    empty = Graph.from_arrays(city.index, city.index, np.zeros(len(city)))
    result = placebo_dispersion(years, empty, wards=3, placebos=200, seed=1)
    assert np.isfinite(result.z).all()


def test_every_fault_is_listed(city):
    with pytest.raises(InputError) as caught:
        placebo_dispersion(make_years(city, years=4).head(3), build_graph(city), wards=2, placebos=10, seed=1)
    text = str(caught.value)
    assert "placebos: 10 given; at least 200" in text
    assert "yearly: 4 years; 5 are needed" in text
    assert "3 wards without a missing year; 5 are needed" in text
