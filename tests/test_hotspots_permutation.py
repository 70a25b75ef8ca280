"""The permutation engine against exact enumeration of all neighbour sets."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from scipy.sparse import csr_array

from tipping_point.hotspots import permutation
from tipping_point.hotspots.permutation import complete_blocks, count_extremes, fixed_point

DRAWS = 99_999
# Nine wards with 1 to 5 neighbours and one alone.
LINKS = {
    0: [1],
    1: [0, 2],
    2: [1, 3, 4],
    3: [2, 4, 5, 6],
    4: [2, 3, 5, 6, 7],
    5: [3, 4, 7],
    6: [3, 4],
    7: [4, 5],
    8: [],
}


def weigh(weights: dict[int, list[float]] | None = None) -> csr_array:
    matrix = np.zeros((9, 9))
    for ward, neighbours in LINKS.items():
        matrix[ward, neighbours] = 1 if weights is None else weights[ward]
    return csr_array(matrix)


def exact(values: np.ndarray, weights: csr_array, ward: int) -> tuple[float, float]:
    """Share of all neighbour sets with a lag at least as high, at least as low; ties within 1e-9 of the largest."""
    mine = weights[[ward]].toarray().ravel()
    weight = mine[mine != 0]
    observed = mine @ values
    others = np.delete(values, ward)
    sets = combinations if (weight == weight[0]).all() else permutations
    lags = np.array([np.dot(weight, chosen) for chosen in sets(others, len(weight))])
    tie = 1e-9 * abs(values).max()
    return (lags >= observed - tie).mean(), (lags <= observed + tie).mean()


def check_against_exact(values: np.ndarray, weights: csr_array) -> None:
    integers, unit = fixed_point(values[None, :].astype(float))
    greater, less = count_extremes(integers, unit, weights, permutations=DRAWS, seed=7)
    for ward in range(8):
        for counted, share in zip((greater[0, ward], less[0, ward]), exact(values, weights, ward), strict=True):
            error = np.sqrt(share * (1 - share) / DRAWS)
            assert abs(counted / DRAWS - share) <= 4.5 * error + 1e-12, (ward, counted / DRAWS, share)
    assert greater[0, 8] == less[0, 8] == 0


VALUES = {
    "counts with many ties": np.array([0, 1, 1, 2, 2, 0, 1, 3, 0]),
    "counts without ties": np.array([1, 2, 4, 8, 16, 32, 64, 128, 256]),
    "multiples of a tenth": np.array([1, 2, 3, 1, 2, 3, 4, 1, 2]) * 0.1,
    "tenths far from zero": 1e6 + np.array([1, 2, 3, 1, 2, 3, 4, 1, 2]) * 0.1,
    "thirds of both signs": np.array([-1, 2, -3, 1, 2, 3, -4, 1, 0]) / 3,
    "one large value": np.array([0, 0, 0, 0, 0, 0, 0, 1000, 0]),
    "too large for integers": np.array([1, 2, 3, 1, 2, 3, 4, 1, 2]) * 1e17,
    "very small": np.array([1, 2, 3, 1, 2, 3, 4, 1, 2]) * 1e-300,
}


@pytest.mark.parametrize("name", VALUES)
def test_equal_weights_agree_with_exact_enumeration(name):
    check_against_exact(VALUES[name], weigh())


@pytest.mark.parametrize("name", ["counts with many ties", "multiples of a tenth", "thirds of both signs"])
def test_any_weights_agree_with_exact_enumeration(name):
    steps = {ward: [1 + 0.5 * place for place in range(len(links))] for ward, links in LINKS.items()}
    check_against_exact(VALUES[name], weigh(steps))
    tenths = {ward: [0.1 * (1 + place % 2) for place in range(len(links))] for ward, links in LINKS.items()}
    check_against_exact(VALUES[name], weigh(tenths))


def test_negative_weights_turn_the_tails():
    turned = {ward: [-1.0] * len(links) for ward, links in LINKS.items()}
    integers, unit = fixed_point(VALUES["counts with many ties"][None, :].astype(float))
    plain = count_extremes(integers, unit, weigh(), permutations=999, seed=1)
    opposite = count_extremes(integers, unit, weigh(turned), permutations=999, seed=1)
    np.testing.assert_array_equal(plain[0], opposite[1])
    np.testing.assert_array_equal(plain[1], opposite[0])


def lattice(side: int) -> csr_array:
    row, column = np.divmod(np.arange(side * side), side)
    apart = np.maximum(abs(row[:, None] - row), abs(column[:, None] - column))
    return csr_array((apart == 1).astype(float))


def columns(wards: int) -> np.ndarray:
    random = np.random.default_rng(3)
    return np.array([random.poisson(2, wards), random.normal(size=wards), random.gamma(0.2, size=wards)])


def test_both_paths_count_the_same(monkeypatch):
    integers, unit = fixed_point(columns(400))
    equal = count_extremes(integers, unit, lattice(20), permutations=2500, seed=5)
    monkeypatch.setattr(permutation, "_equal_within_rows", lambda _: False)
    np.testing.assert_array_equal(equal, count_extremes(integers, unit, lattice(20), permutations=2500, seed=5))


def test_counts_by_plain_comparison_of_every_draw():
    # The same draws, each ward's neighbours relabelled and summed one by one: the fast look-up must count the same.
    integers, unit = fixed_point(columns(100))
    weights = lattice(10)
    greater, less = count_extremes(integers, unit, weights, permutations=600, seed=5)
    draws, _ = next(permutation._draw(100, 8, 600, 600, 5))
    assert all(len(set(draw)) == 8 for draw in draws.T)
    assert draws.min() == 0
    assert draws.max() == 98
    for ward in range(100):
        k = np.diff(weights.indptr)[ward]
        drawn = np.where(draws[:k] == ward, 99, draws[:k])
        lag = integers[:, drawn].sum(axis=1)
        observed = integers[:, weights[[ward]].indices].sum(axis=1)[:, None]
        slack = 2 * k * unit[:, None]
        np.testing.assert_array_equal(greater[:, ward], (lag >= observed - slack).sum(axis=1))
        np.testing.assert_array_equal(less[:, ward], (lag <= observed + slack).sum(axis=1))


def test_every_slot_is_drawn_alike_at_every_place():
    draws, _ = next(permutation._draw(11, 10, 50_000, 50_000, 2))
    for place in draws:
        share = np.bincount(place, minlength=10) / 50_000
        assert abs(share - 0.1).max() < 5 * np.sqrt(0.09 / 50_000)


def test_draws_in_pieces_are_the_same_draws(monkeypatch):
    whole = np.hstack([draws for draws, _ in permutation._draw(50, 5, 1000, 1000, 4)])
    pieces = [draws for draws, _ in permutation._draw(50, 5, 1000, 300, 4)]
    assert [piece.shape[1] for piece in pieces] == [300, 300, 300, 100]
    np.testing.assert_array_equal(whole, np.hstack(pieces))
    monkeypatch.setattr(permutation, "SLOTS_AT_ONCE", 2000)
    sizes = [draws.shape for draws, _ in permutation._draw(50, 5, 1000, 1000, 4)]
    assert sizes == [(5, 400), (5, 400), (5, 200)]


def test_exactly_as_many_draws_as_asked(monkeypatch):
    # Memory is bounded by drawing in pieces; every ward must still see every draw.
    monkeypatch.setattr(permutation, "SLOTS_AT_ONCE", 500)
    constant, unit = fixed_point(np.full((1, 100), 3.0))
    for count in (1, 7, 62, 63, 1001):
        greater, less = count_extremes(constant, unit, lattice(10), permutations=count, seed=1)
        assert (greater == count).all()
        assert (less == count).all()


def test_blocks_hold_every_column_once():
    matrix = columns(30)
    matrix[1, 4] = np.nan
    for workers in (1, 2, 5):
        seen = [(list(block), present.sum()) for block, present in complete_blocks(matrix, workers)]
        assert sorted(column for block, _ in seen for column in block) == [0, 1, 2]
        assert all(present == (29 if block == [1] else 30) for block, present in seen)


def test_fixed_point_keeps_whole_numbers_and_scales_the_rest():
    values = np.array([[1.0, 5.0, -3.0], [0.5, 0.25, 4.0], [0.1, 0.1, 0.1], [1e300, -1e300, 5e299]])
    integers, unit = fixed_point(values)
    assert unit.tolist() == [0, 1, 1, 1]
    np.testing.assert_array_equal(integers[0], [1, 5, -3])
    assert 2**38 <= abs(integers[1]).max() <= 2**40
    assert (integers[2] == integers[2][0]).all()
    deviation = values[[1, 3]] - values[[1, 3]].mean(axis=1, keepdims=True)
    ratio = integers[[1, 3]] / deviation
    np.testing.assert_allclose(ratio, ratio[:, :1].repeat(3, axis=1), rtol=1e-10)


def test_no_link_no_column_no_ward_is_no_error():
    none = csr_array((4, 4))
    integers, unit = fixed_point(np.ones((1, 4)))
    assert count_extremes(integers, unit, none, permutations=9, seed=1)[0].tolist() == [[0] * 4]
    assert list(complete_blocks(np.empty((0, 4)), 2)) == []
