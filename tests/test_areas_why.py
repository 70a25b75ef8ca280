"""The smallest change of one weight that turns the order of two places: by hand, and as a property."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tipping_point.areas.why import smallest_flips, weights_to_tie


def index(parts, weights, at, new):
    """The index with one weight set and the others rescaled, the long way round."""
    others = np.delete(np.arange(len(weights)), at)
    changed = np.empty(len(weights))
    changed[at] = new
    changed[others] = weights[others] * (1 - new) / weights[others].sum()
    assert changed.sum() == pytest.approx(1)
    return float(parts @ changed)


def test_by_hand():
    # own 40, 80; rival 60, 50; halves: 60 against 55. Level at v x 40 + (1-v) 80 = v x 60 + (1-v) 50, v = .6.
    needed = weights_to_tie(np.array([[40.0, 80.0]]), np.array([60.0, 50.0]), np.array([0.5, 0.5]))
    assert needed == pytest.approx(np.array([[0.6, 0.4]]))


def test_a_place_lower_in_everything_is_never_level():
    needed = weights_to_tie(np.array([[10.0, 20.0, 30.0]]), np.array([11.0, 21.0, 31.0]), np.array([0.2, 0.3, 0.5]))
    assert np.isnan(needed).all()
    assert smallest_flips(np.array([[10.0, 20.0]]), np.array([11.0, 21.0]), np.array([0.5, 0.5]), ["a", "b"]) == [None]


def test_an_index_of_one_component_has_no_weight_to_change():
    assert smallest_flips(np.array([[10.0]]), np.array([20.0]), np.array([1.0]), ["a"]) == [None]


def test_alike_in_all_is_level_already_and_says_nothing():
    assert smallest_flips(np.array([[5.0, 5.0]]), np.array([5.0, 5.0]), np.array([0.5, 0.5]), ["a", "b"]) == [None]


points = st.floats(0, 100).map(lambda value: round(value, 3))


@settings(deadline=None, max_examples=120)
@given(st.integers(2, 6).flatmap(lambda n: st.tuples(
    st.lists(points, min_size=n, max_size=n), st.lists(points, min_size=n, max_size=n),
    st.lists(st.integers(1, 20), min_size=n, max_size=n))))  # fmt: skip
def test_the_change_flips_the_order_and_a_smaller_one_does_not(drawn):
    own, rival = np.array(drawn[0]), np.array(drawn[1])
    weights = np.array(drawn[2], dtype=float) / sum(drawn[2])
    gap = float((own - rival) @ weights)
    assume(abs(gap) > 0.01)
    names = [str(at) for at in range(len(own))]
    [flip] = smallest_flips(own[None, :], rival, weights, names)
    span = np.linspace(0.001, 0.999, 100)
    if flip is None:
        for at in range(len(own)):
            assert all((index(own, weights, at, new) - index(rival, weights, at, new)) * gap > -1e-9 for new in span)
        return
    at = int(flip.component)
    assert flip.weight == weights[at]

    def side(component, change):
        new = weights[component] + change
        return (index(own, weights, component, new) - index(rival, weights, component, new)) * np.sign(gap)

    change = flip.needed - flip.weight
    assert side(at, change) == pytest.approx(0, abs=1e-6)
    assert side(at, change * 0.99) > 0
    further = change * 1.01
    if 0 < weights[at] + further < 1:
        assert side(at, further) < 0
    for other in range(len(own)):  # no other component would do with less, either way
        for less in (-0.99 * abs(change), 0.99 * abs(change)):
            if 0 < weights[other] + less < 1:
                assert side(other, less) > -1e-9
