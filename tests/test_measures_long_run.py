"""The long-run rates given the counts: against numerical integration, planted priors, and known shrinkage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammaln

from tipping_point.measures.long_run import fit_long_run

ONE = np.array([[0.01]])


def planted(number: int, seed: int, *, size: float = 1.0):
    random = np.random.default_rng(seed)
    between = np.array([[0.3, 0.15], [0.15, 0.5]])
    theta = random.multivariate_normal([1.0, -0.5], between, size=number)
    exposure = size * random.gamma(8, 2, size=number)
    return theta, between, exposure, random.poisson(exposure[:, None] * np.exp(theta)).astype(float)


def test_a_planted_prior_is_recovered():
    _, between, exposure, counts = planted(3_000, 1)
    model = fit_long_run(counts, exposure, np.zeros((2, 2)))
    assert model.prior_mean == pytest.approx([1.0, -0.5], abs=0.05)
    assert model.prior_covariance == pytest.approx(between, abs=0.05)


def test_what_moves_between_years_is_not_taken_for_difference_between_wards():
    random = np.random.default_rng(2)
    theta, between, exposure, _ = planted(3_000, 1, size=20)
    years = np.full((2, 2), 0.1)
    moved = theta + random.multivariate_normal([-0.05, -0.05], years, size=len(theta))
    counts = random.poisson(exposure[:, None] * np.exp(moved)).astype(float)
    model = fit_long_run(counts, exposure, years)
    assert model.prior_covariance == pytest.approx(between, abs=0.06)
    assert model.prior_mean == pytest.approx([1.0, -0.5], abs=0.05)


@pytest.mark.parametrize("ward", [0, 1, 2])
def test_a_posterior_agrees_with_numerical_integration(ward):
    """One type: posterior of theta on a grid, integrating the movement of the period out, under the fitted prior."""
    counts = np.array([0.0, 4.0, 60.0, *np.random.default_rng(3).poisson(10, 60)])[:, None]
    exposure = np.full(63, 2.0)
    model = fit_long_run(counts, exposure, ONE)
    mean, variance = model.prior_mean[0], model.prior_covariance[0, 0]
    theta = np.linspace(mean - 4, mean + 4, 801)[:, None]
    year = np.linspace(-0.6, 0.6, 401)[None, :]
    log = (
        counts[ward, 0] * (theta + year) - exposure[ward] * np.exp(theta + year) - gammaln(counts[ward, 0] + 1)
        - (theta - mean) ** 2 / (2 * variance) - (year + 0.005) ** 2 / 0.02
    )  # fmt: skip
    weight = np.exp(log - log.max()).sum(axis=1)
    weight /= weight.sum()
    centre = (weight * theta[:, 0]).sum()
    spread = np.sqrt((weight * (theta[:, 0] - centre) ** 2).sum())
    assert model.mean[ward, 0] == pytest.approx(centre, abs=0.05 * spread)
    assert np.sqrt(model.covariance[ward, 0, 0]) == pytest.approx(spread, rel=0.05)


def test_a_ward_with_few_crimes_is_drawn_to_the_mean_and_is_less_sure():
    exposure = np.array([0.5, 500.0, *np.full(200, 10.0)])
    rates = np.array([6.0, 6.0, *np.random.default_rng(4).gamma(4, 0.5, 200)])
    model = fit_long_run(np.round(exposure * rates)[:, None], exposure, ONE)
    mean = model.prior_mean[0]
    assert mean < model.mean[0, 0] < model.mean[1, 0]
    assert model.covariance[0, 0, 0] > 4 * model.covariance[1, 0, 0]
    # However long it is counted, the movement of the period stays.
    assert model.covariance[1, 0, 0] == pytest.approx(0.01, rel=0.1)


def test_draws_are_the_posterior_and_depend_on_the_seed_alone():
    _, _, exposure, counts = planted(40, 5)
    model = fit_long_run(counts, exposure, np.full((2, 2), 0.01))
    drawn, again, other = (
        np.concatenate(list(model.draw(2_000, random=np.random.default_rng(seed))), axis=2) for seed in (1, 1, 2)
    )
    assert drawn.shape == (40, 2, 2_000)
    assert np.array_equal(drawn, again)
    assert not np.array_equal(drawn, other)
    assert np.log(drawn).mean(axis=2) == pytest.approx(model.mean, abs=0.05)
    assert np.cov(np.log(drawn[3])) == pytest.approx(model.covariance[3], rel=0.15, abs=0.003)


def test_the_order_of_wards_does_not_matter():
    _, _, exposure, counts = planted(30, 6)
    model = fit_long_run(counts, exposure, ONE * np.eye(2))
    turned = fit_long_run(counts[::-1], exposure[::-1], ONE * np.eye(2))
    assert turned.mean[::-1] == pytest.approx(model.mean, abs=1e-9)


@pytest.mark.parametrize("number", [1, 5])
def test_one_ward_or_equal_wards_still_have_a_posterior(number):
    model = fit_long_run(np.full((number, 1), 12.0), np.full(number, 3.0), ONE)
    assert model.mean[:, 0] == pytest.approx(np.full(number, np.log(4)), abs=0.02)
    assert np.isfinite(np.concatenate(list(model.draw(5, random=np.random.default_rng(1))), axis=2)).all()
