"""Gaussian-process regression with a known noise for each observation.

Matern-5/2 kernel with a length for every dimension, constant mean. Lengths and amplitude are
those of the largest posterior density under weak log-normal priors, which keep them in bounds
where few points tell little; the mean is the generalized least-squares one.

References:
    Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, chapters 2, 4 and 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from optimizer.models.dataclass import dataclass

Array = NDArray[np.float64]

JITTER = 1e-8
"""Added to the diagonal, as a share of the amplitude, so that it can be factored."""

STARTS = 3
"""Places from which the lengths are sought: one where the priors are densest, others around."""

MAX_STEPS = 60
"""Of each of these searches at most."""

LENGTH_CENTRE = 0.5
"""Median of the prior of a length in a unit cube of one dimension; it grows with their root."""

LENGTH_SPREAD = 1.0
"""Standard deviation of that prior, in logs."""

AMPLITUDE_SPREAD = 1.0
"""The same of the amplitude, around the variance of what was observed."""

LOG_BOUND = 4.0
"""How far, in logs, lengths and amplitude may be from the middle of their priors."""

MAX_HALVINGS = 20
"""Of a step that does not lead down."""

SUFFICIENT = 1e-4
"""Share of the fall that the slope promises which a step must keep."""

TOLERANCE = 1e-6
"""A search ends where a step gains less than this, in units of log density."""

BLOCK = 24
"""Triangular matrices up to this size are inverted whole."""

MOST_DIMENSIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GaussianProcess:
    """A fitted process.

    Attributes:
        x: Where it was observed, one row each.
        y: What was observed.
        noise: Variance of each observation.
        lengths: Length of the kernel in every dimension.
        amplitude: Variance of the process.
        mean: Its constant mean.
        whitening: Inverse of the lower Cholesky factor of the covariance of the observations.
        weights: That covariance, inverted, times `y - mean`.
    """

    x: Array
    y: Array
    noise: Array
    lengths: Array
    amplitude: float
    mean: float
    whitening: Array
    weights: Array

    def posterior(self, points: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation of the process, free of noise, at some points."""
        cross = self.amplitude * matern(points, self.x, self.lengths)
        spread = cross @ self.whitening.T
        variance = self.amplitude - np.einsum("ij,ij->i", spread, spread)
        return self.mean + cross @ self.weights, np.sqrt(np.maximum(variance, 0.0))

    def with_observation(self, point: Array, value: float, noise: float) -> GaussianProcess:
        """Return the process with one more observation, its kernel and mean as they are."""
        return process(
            np.vstack([self.x, point]),
            np.append(self.y, value),
            np.append(self.noise, noise),
            lengths=self.lengths,
            amplitude=self.amplitude,
            mean=self.mean,
        )


def process(
    x: Array,
    y: Array,
    noise: Array,
    *,
    lengths: Array,
    amplitude: float,
    mean: float | None = None,
) -> GaussianProcess:
    """Return the process of a given kernel, conditioned on observations.

    Args:
        x: Where it was observed, one row each.
        y: What was observed.
        noise: Variance of each observation, 0 or more.
        lengths: Length of the kernel in every dimension, above 0.
        amplitude: Variance of the process, above 0.
        mean: Its constant mean; None: the generalized least-squares one.
    """
    covariance = amplitude * matern(x, x, lengths) + np.diag(noise + JITTER * amplitude)
    whitening = _inverse(np.asarray(np.linalg.cholesky(covariance), np.float64))
    if mean is None:
        mean = _least_squares_mean(whitening.T @ whitening, y)
    weights = whitening.T @ (whitening @ (y - mean))
    return GaussianProcess(
        x=x,
        y=y,
        noise=noise,
        lengths=lengths,
        amplitude=amplitude,
        mean=mean,
        whitening=whitening,
        weights=weights,
    )


def fit(x: Array, y: Array, noise: Array, *, seed: int = 0) -> GaussianProcess:
    """Return the process whose kernel suits the observations best.

    Args:
        x: Where it was observed, one row each, 0 to 1.
        y: What was observed; two or more.
        noise: Variance of each observation, 0 or more.
        seed: Decides the starts of the search.

    Raises:
        ValueError: Fewer than two observations, more than 20 dimensions, or something not finite.
    """
    _require(x, y, noise)
    scale = float(y.std()) or 1.0
    centred, unit_noise = (y - y.mean()) / scale, noise / scale**2
    density = _Density.of(x, centred, unit_noise)
    best = min((_descend(density, start) for start in _starts(x.shape[1], seed)), key=_value)[1]
    found = process(
        x, centred, unit_noise, lengths=np.exp(best[1:]), amplitude=math.exp(float(best[0]))
    )
    return replace(
        found,
        y=y,
        noise=noise,
        amplitude=found.amplitude * scale**2,
        mean=float(y.mean() + scale * found.mean),
        whitening=found.whitening / scale,
        weights=found.weights / scale,
    )


def matern(first: Array, second: Array, lengths: Array) -> Array:
    """Return the Matern-5/2 correlation of each point of one set with each of another.

    (1 + s + s²/3) exp(-s), s = √5 times the distance in lengths.
    """
    a, b = first / lengths, second / lengths
    squared = (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2 * (a @ b.T)
    s = np.sqrt(5 * np.maximum(squared, 0.0))
    return np.asarray((1 + s + s * s / 3) * np.exp(-s))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Density:
    """Minus the log posterior density of the logs of amplitude and lengths, and its slope."""

    squared: Array
    y: Array
    noise: Array
    centre: Array
    spread: Array

    @classmethod
    def of(cls, x: Array, y: Array, noise: Array) -> _Density:
        n_dims = x.shape[1]
        return cls(
            squared=(x.T[:, :, None] - x.T[:, None, :]) ** 2,
            y=y,
            noise=noise,
            centre=_centre(n_dims),
            spread=np.array([AMPLITUDE_SPREAD, *[LENGTH_SPREAD] * n_dims]),
        )

    def __call__(self, logs: Array) -> tuple[float, Array]:
        amplitude = math.exp(float(logs[0]))
        shares = self.squared / np.exp(2 * logs[1:])[:, None, None]
        s = np.sqrt(5 * shares.sum(0))
        decay = amplitude * np.exp(-s)
        kernel = (1 + s + s * s / 3) * decay
        covariance = kernel + np.diag(self.noise + JITTER * amplitude)
        factor = np.asarray(np.linalg.cholesky(covariance), np.float64)
        whitening = _inverse(factor)
        inverse = whitening.T @ whitening
        rest = self.y - _least_squares_mean(inverse, self.y)
        weights = inverse @ rest
        value = 0.5 * float(rest @ weights) + float(np.log(np.diag(factor)).sum())
        inner = inverse - np.outer(weights, weights)
        by_length = 0.5 * np.einsum("ij,kij->k", inner * (5 / 3) * (1 + s) * decay, shares)
        slope = np.array([0.5 * float((inner * kernel).sum()), *by_length])
        z = (logs - self.centre) / self.spread
        return value + 0.5 * float(z @ z), slope + z / self.spread


def _descend(density: Callable[[Array], tuple[float, Array]], start: Array) -> tuple[float, Array]:
    """Return the least value near a start and where it is, by BFGS with halved steps.

    Own, for a few numbers: a library's would start threads that cost more than the work.
    """
    low, high = _centre(len(start) - 1) - LOG_BOUND, _centre(len(start) - 1) + LOG_BOUND
    at, (value, slope) = start, density(start)
    curvature = np.eye(len(start))
    for _ in range(MAX_STEPS):
        step = -curvature @ slope
        if step @ slope >= 0:
            curvature, step = np.eye(len(start)), -slope
        step = step / max(1.0, float(np.abs(step).max()))
        for _ in range(MAX_HALVINGS):
            new = np.clip(at + step, low, high)
            new_value, new_slope = density(new)
            if new_value <= value + SUFFICIENT * float(slope @ (new - at)):
                break
            step = step / 2
        else:
            break
        curvature = _updated(curvature, new - at, new_slope - slope)
        gained = value - new_value
        at, value, slope = new, new_value, new_slope
        if gained < TOLERANCE:
            break
    return value, at


def _updated(curvature: Array, step: Array, turn: Array) -> Array:
    """Return the inverse curvature after a step over which the slope turned."""
    along = float(step @ turn)
    if along <= TOLERANCE * float(step @ step):
        return curvature
    left = np.eye(len(step)) - np.outer(step, turn) / along
    return np.asarray(left @ curvature @ left.T + np.outer(step, step) / along)


def _inverse(lower: Array) -> Array:
    """Return the inverse of a lower triangular matrix, block by block."""
    n = len(lower)
    if n <= BLOCK:
        return np.asarray(np.linalg.inv(lower), np.float64)
    half = n // 2
    first, last = _inverse(lower[:half, :half]), _inverse(lower[half:, half:])
    found = np.zeros_like(lower)
    found[:half, :half], found[half:, half:] = first, last
    found[half:, :half] = -last @ lower[half:, :half] @ first
    return found


def _starts(n_dims: int, seed: int) -> list[Array]:
    centre = _centre(n_dims)
    rng = np.random.default_rng(seed)
    around = (centre + rng.uniform(-1, 1, n_dims + 1) for _ in iter(int, 1))
    return [centre, *islice(around, STARTS - 1)]


def _centre(n_dims: int) -> Array:
    return np.array([0.0, *[math.log(LENGTH_CENTRE * math.sqrt(n_dims))] * n_dims])


def _least_squares_mean(inverse: Array, y: Array) -> float:
    weights = inverse.sum(0)
    return float(weights @ y / weights.sum())


def _value(found: tuple[float, Array]) -> float:
    return found[0]


def _require(x: Array, y: Array, noise: Array) -> None:
    if len(y) < 2 or not len(x) == len(y) == len(noise):  # noqa: PLR2004 - one has no spread
        raise ValueError(f"two or more observations are needed, got {len(x)}, {len(y)} values")
    if x.shape[1] > MOST_DIMENSIONS:
        raise ValueError(f"{x.shape[1]} dimensions, expected at most {MOST_DIMENSIONS}")
    if not (np.isfinite(x).all() and np.isfinite(y).all() and np.isfinite(noise).all()):
        raise ValueError("observations must be finite")
    if (noise < 0).any():
        raise ValueError(f"a variance cannot be negative, got {noise.min()}")
