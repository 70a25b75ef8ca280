"""The long-run rate of every ward and crime type, given the counts of one period.

A multivariate Poisson-lognormal model. Of ward i and type c: y_ic ~ Poisson(E_i exp(eta_ic)), eta_i = theta_i + year_i;
theta_i ~ N(mean, between wards) is the log of the long-run rate, year_i ~ N(-variance/2, between years) what was
particular to the period (of mean 1 after exp). So a count is overdispersed as a negative binomial of the same variance
is, and types move together, between wards and between years, as the two covariances say. The prior is fitted to all
wards of the country (empirical Bayes): a ward with few crimes of a type is drawn towards what wards like it in the
other types have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STEPS = 200
TOLERANCE = 1e-3
LARGEST_STEP = 2.0
"""Of a log rate in one Newton step, so that the first steps from afar stay finite."""

NEVER_ALIKE = 1e-8
"""Least variance between wards, log scale: wards that cannot be told apart are ranked at random, not by their code."""


@dataclass(frozen=True)
class LongRun:
    """The long-run log rates of n wards and C types: normal, independent between wards given the prior."""

    prior_mean: Floats
    """Mean over the wards, shape (C,)."""
    prior_covariance: Floats
    """Between wards, (C, C)."""
    mean: Floats
    """Of each ward, (n, C)."""
    covariance: Floats
    """Of each ward, (n, C, C)."""

    def draw(self, simulations: int, *, random: np.random.Generator, tile: int = 50) -> Iterator[Floats]:
        """Long-run rates per unit of exposure in tiles of at most `tile` simulations, each (n, C, simulations)."""
        number, types = self.mean.shape
        root = np.linalg.cholesky(self.covariance + 1e-12 * np.eye(types))
        for start in range(0, simulations, tile):
            noise = random.standard_normal((number, types, min(tile, simulations - start)))
            yield np.exp(self.mean[:, :, None] + root @ noise)


Fits = dict[bytes, LongRun]
"""Models by what they were fitted to. A run asks several things of one period: it need be fitted once only."""


def fit_once(counts: Floats, exposure: Floats, between_years: Floats, fits: Fits) -> LongRun:
    """`fit_long_run`, unless the same has been fitted: then that model. A new one is added to `fits`."""
    digest = hashlib.sha256(repr(counts.shape).encode())
    for values in (counts, exposure, between_years):
        digest.update(np.ascontiguousarray(values).tobytes())
    key = digest.digest()
    if key not in fits:
        fits[key] = fit_long_run(counts, exposure, between_years)
    return fits[key]


def fit_long_run(counts: Floats, exposure: Floats, between_years: Floats) -> LongRun:
    """Fit the prior to all wards and give each ward's posterior, by variational expectation-maximisation.

    The posterior of eta is approximated by the normal that is closest to it (Gaussian variational approximation; for
    this model Chiquet, Mariadassou and Robin 2018): with mean b and variance v it solves
    y - E exp(b + v/2) = S^-1 (b - m), covariance (S^-1 + diag(E exp(b + v/2)))^-1, S = between wards + between years.
    Unlike the mode (Laplace) it is not biased for small counts. Given eta, theta is normal, in closed form.

    Args:
        counts: y, wards x types, >= 0; each type has at least one crime.
        exposure: E > 0, shape (n,), in any unit: the rates are per this unit.
        between_years: covariance of year_i over the period, (C, C), positive semi-definite.
    """
    types = counts.shape[1]
    rate = counts.sum(axis=0) / exposure.sum()
    mean, between = np.log(rate), 0.25 * np.eye(types)
    eta = np.log((counts + 1.0) / (exposure[:, None] + 1.0 / rate))
    spread = np.zeros_like(eta)
    shift = np.diag(between_years) / 2
    for step in range(STEPS):
        total = between + between_years
        for _ in range(5 if step == 0 else 1):
            eta, spread, pull = _improve(eta, spread, counts, exposure, mean - shift, total)
        fresh_mean = (eta + shift).mean(axis=0)
        centred = eta + shift - fresh_mean
        fresh = (centred.T @ centred + pull.sum(axis=0)) / len(counts) - between_years
        fresh = _positive(fresh)
        change = max(np.abs(fresh - between).max(), np.abs(fresh_mean - mean).max())
        mean, between = fresh_mean, fresh
        if change < TOLERANCE:
            break
    total = between + between_years
    for _ in range(5):
        eta, spread, _ = _improve(eta, spread, counts, exposure, mean - shift, total)
    expected = exposure[:, None] * np.exp(eta + spread / 2)
    theta = mean + np.linalg.solve(total, (eta + shift - mean).T).T @ between
    return LongRun(mean, between, theta, _condition(between, total, expected))


def _improve(
    eta: Floats, spread: Floats, counts: Floats, exposure: Floats, mean: Floats, total: Floats
) -> tuple[Floats, Floats, Floats]:
    """One Newton step of every ward towards its posterior mean; also its variances and covariances there."""
    expected = exposure[:, None] * np.exp(np.minimum(eta + spread / 2, 50.0))
    covariance = _condition(total, total, expected)
    gradient = counts - expected + expected * (eta - mean)
    target = mean + np.einsum("icd,id->ic", covariance, gradient)
    moved = eta + np.clip(target - eta, -LARGEST_STEP, LARGEST_STEP)
    return moved, np.einsum("icc->ic", covariance), covariance


def _condition(prior: Floats, total: Floats, precision: Floats) -> Floats:
    """Covariance prior - prior (total + 1/precision)^-1 prior of every ward, (n, C, C)."""
    # With the root of the precision, so that neither covariance is inverted: both may be singular.
    root = np.sqrt(precision)
    inner = np.eye(len(total)) + root[:, :, None] * total * root[:, None, :]
    known = np.linalg.solve(inner, root[:, :, None] * prior)
    result = prior - (prior * root[:, None, :]) @ known
    return np.asarray((result + result.transpose(0, 2, 1)) / 2)


def _positive(matrix: Floats) -> Floats:
    """The nearest matrix whose variances in every direction are at least `NEVER_ALIKE`."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((vectors * np.maximum(values, NEVER_ALIKE)) @ vectors.T)
