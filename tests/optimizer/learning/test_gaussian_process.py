from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.learning.gaussian_process import _Density, fit, matern, process

LENGTH_1 = np.array([1.0])


def test_two_points_worked_by_hand() -> None:
    # x = 0, 1 with y = 1, -1, noise 0.5 each, amplitude 2, length 1, mean 0.
    # c = (1 + sqrt5 + 5/3) exp(-sqrt5) = 0.523994, K = [[2.5, 2c], [2c, 2.5]]. y is the
    # eigenvector of eigenvalue 2.5 - 2c, so the weights are y / 1.452012. The covariances
    # with x = 0 are (2, 2c): the mean there is (2 - 2c) / (2.5 - 2c) = 0.655650, and the
    # data explain (2 + 2c)^2 / 2 / (2.5 + 2c) of the variance along (1, 1) and
    # (2 - 2c)^2 / 2 / (2.5 - 2c) of it along (1, -1).
    c = (1 + math.sqrt(5) + 5 / 3) * math.exp(-math.sqrt(5))
    found = process(
        np.array([[0.0], [1.0]]),
        np.array([1.0, -1.0]),
        np.array([0.5, 0.5]),
        lengths=LENGTH_1,
        amplitude=2.0,
        mean=0.0,
    )
    mean, sd = found.posterior(np.array([[0.0], [0.5]]))
    assert mean[0] == pytest.approx((2 - 2 * c) / (2.5 - 2 * c), rel=1e-6)
    assert mean[1] == pytest.approx(0.0, abs=1e-9)
    explained = (2 + 2 * c) ** 2 / (2 * (2.5 + 2 * c)) + (2 - 2 * c) ** 2 / (2 * (2.5 - 2 * c))
    assert sd[0] == pytest.approx(math.sqrt(2 - explained), rel=1e-6)


def test_posterior_agrees_with_the_textbook_formula() -> None:
    rng = np.random.default_rng(1)
    x, y, noise = rng.random((12, 3)), rng.normal(size=12), rng.uniform(0.01, 0.5, 12)
    lengths, at = np.array([0.3, 0.7, 1.5]), rng.random((5, 3))

    def k(a: np.ndarray, b: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        r = np.array([[np.linalg.norm((p - q) / lengths) for q in b] for p in a])
        return 1.7 * (1 + math.sqrt(5) * r + 5 * r**2 / 3) * np.exp(-math.sqrt(5) * r)

    inverse = np.linalg.inv(k(x, x) + np.diag(noise))
    m = inverse.sum(0) @ y / inverse.sum()
    found = process(x, y, noise, lengths=lengths, amplitude=1.7)
    mean, sd = found.posterior(at)
    assert mean == pytest.approx(m + k(at, x) @ inverse @ (y - m), rel=1e-5, abs=1e-7)
    expected = np.diag(k(at, at) - k(at, x) @ inverse @ k(x, at))
    assert sd**2 == pytest.approx(expected, rel=1e-5)


def test_slope_of_the_density_is_that_of_small_steps() -> None:
    rng = np.random.default_rng(2)
    density = _Density.of(rng.random((10, 2)), rng.normal(size=10), rng.uniform(0.05, 0.2, 10))
    at = np.array([0.3, -0.5, 0.4])
    _, slope = density(at)
    for i in range(3):
        step = np.eye(3)[i] * 1e-5
        by_steps = (density(at + step)[0] - density(at - step)[0]) / 2e-5
        assert slope[i] == pytest.approx(by_steps, rel=1e-5)


def test_fit_finds_which_dimension_matters() -> None:
    rng = np.random.default_rng(3)
    x = rng.random((40, 2))
    y = np.sin(6 * x[:, 0]) + rng.normal(0, 0.1, 40)
    found = fit(x, y, np.full(40, 0.01))
    assert found.lengths[1] > 3 * found.lengths[0]
    mean, _ = found.posterior(np.array([[0.26, 0.5]]))
    assert mean[0] == pytest.approx(1.0, abs=0.15)


def test_fit_moves_with_the_unit_and_the_origin_of_what_is_measured() -> None:
    rng = np.random.default_rng(4)
    x, y, noise = rng.random((15, 2)), rng.normal(size=15), rng.uniform(0.05, 0.2, 15)
    at = rng.random((4, 2))
    mean, sd = fit(x, y, noise).posterior(at)
    other, other_sd = fit(x, 1000 * y - 7, 1e6 * noise).posterior(at)
    assert other == pytest.approx(1000 * mean - 7, rel=1e-4, abs=1e-2)
    assert other_sd == pytest.approx(1000 * sd, rel=1e-4)


def test_a_noisier_observation_counts_for_less() -> None:
    x, y = np.array([[0.2], [0.2], [0.8]]), np.array([1.0, 0.0, 0.5])
    kernel = {"lengths": LENGTH_1, "amplitude": 1.0, "mean": 0.5}
    mean, _ = process(x, y, np.array([0.01, 1.0, 0.1]), **kernel).posterior(x[:1])
    assert mean[0] > 0.9


def test_one_more_observation_is_the_same_as_all_at_once() -> None:
    rng = np.random.default_rng(5)
    x, y, noise = rng.random((6, 2)), rng.normal(size=6), np.full(6, 0.1)
    kernel = {"lengths": np.array([0.5, 0.5]), "amplitude": 1.0, "mean": 0.0}
    whole = process(x, y, noise, **kernel)
    grown = process(x[:5], y[:5], noise[:5], **kernel).with_observation(x[5], float(y[5]), 0.1)
    at = rng.random((3, 2))
    assert grown.posterior(at)[0] == pytest.approx(whole.posterior(at)[0])


def test_equal_observations_leave_a_flat_process() -> None:
    x = np.array([[0.1], [0.5], [0.9]])
    mean, sd = fit(x, np.full(3, 0.8), np.full(3, 0.01)).posterior(np.array([[0.3]]))
    assert mean[0] == pytest.approx(0.8)
    assert np.isfinite(sd).all()


@settings(max_examples=25, deadline=None)
@given(
    points=st.lists(
        st.tuples(st.sampled_from([0.0, 0.001, 0.5, 1.0]), st.sampled_from([0.0, 0.7])), min_size=2
    ),
    noise=st.sampled_from([0.0, 1e-12, 0.1]),
    seed=st.integers(0, 2**32 - 1),
)
def test_points_that_coincide_do_not_break_the_fit(
    points: list[tuple[float, float]], noise: float, seed: int
) -> None:
    x, y = np.array(points), np.random.default_rng(seed).normal(size=len(points))
    mean, sd = fit(x, y, np.full(len(y), noise)).posterior(x)
    assert np.isfinite(mean).all()
    assert np.isfinite(sd).all()


def test_twenty_dimensions_are_fitted_and_no_more() -> None:
    rng = np.random.default_rng(6)
    x, y = rng.random((30, 20)), rng.normal(size=30)
    assert np.isfinite(fit(x, y, np.full(30, 0.1)).lengths).all()
    with pytest.raises(ValueError, match="21 dimensions, expected at most 20"):
        fit(rng.random((30, 21)), y, np.full(30, 0.1))


@pytest.mark.parametrize(
    ("y", "noise", "message"),
    [
        ([1.0], [0.1], "two or more"),
        ([1.0, math.nan], [0.1, 0.1], "finite"),
        ([1.0, 2.0], [0.1, -0.1], "negative"),
    ],
)
def test_what_is_no_observation_is_refused(
    y: list[float], noise: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fit(np.zeros((len(y), 1)), np.array(y), np.array(noise))


def test_correlation_falls_from_one_with_distance() -> None:
    found = matern(np.array([[0.0]]), np.array([[0.0], [0.5], [1.0], [9.0]]), LENGTH_1)[0]
    assert found[0] == pytest.approx(1.0)
    assert (np.diff(found) < 0).all()
    assert found[2] == pytest.approx(0.523994, abs=1e-6)
