from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from optimizer.stats.outliers import mahalanobis
from optimizer.stats.robust_covariance import fast_mcd, mcd_distances

SHAPE = np.array([[1.0, 0.8, 0.3], [0.8, 1.0, 0.5], [0.3, 0.5, 1.0]])


def rows(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).multivariate_normal([0, 0, 0], SHAPE, n)


def contaminated(n: int, share: float) -> np.ndarray:
    found = rows(n)
    found[: int(share * n)] += [8.0, -8.0, 8.0]
    return found


def test_clean_rows_have_their_own_covariance() -> None:
    found = fast_mcd(rows(3000))
    np.testing.assert_allclose(found.covariance, SHAPE, atol=0.12)
    np.testing.assert_allclose(found.center, 0, atol=0.08)


def test_a_fifth_of_the_rows_may_be_anything() -> None:
    found = fast_mcd(contaminated(600, 0.2))
    np.testing.assert_allclose(found.center, 0, atol=0.15)
    np.testing.assert_allclose(found.covariance, SHAPE, atol=0.3)
    assert found.n_support <= 0.82 * found.n


def test_finds_what_a_plain_covariance_hides() -> None:
    reference, odd = contaminated(300, 0.1), np.array([[8.0, -8.0, 8.0]])
    assert mcd_distances(odd, reference=reference).p_values[0] < 1e-6
    assert mahalanobis(np.vstack([reference, odd])).p_values[-1] > 0.001


def test_correlations_are_taken_into_account() -> None:
    found = mcd_distances([[2.0, 2.0, 1.0], [2.0, -2.0, 1.0]], reference=rows(400))
    assert found.p_values[0] > 0.05
    assert found.p_values[1] < 1e-6


def test_units_and_turns_of_the_axes_do_not_matter() -> None:
    turn = np.array([[1e6, 0, 0], [3.0, 1e-6, 0], [0.0, 0, 1.0]])
    reference, new = rows(200), rows(50, seed=1)
    plain = mcd_distances(new, reference=reference)
    turned = mcd_distances(new @ turn + 7, reference=reference @ turn + 7)
    np.testing.assert_allclose(turned.distances, plain.distances, rtol=0.05)


@pytest.mark.parametrize(("n", "at_most"), [(50, 0.006), (200, 0.004), (1000, 0.002)])
def test_few_clean_rows_are_far_out(n: int, at_most: float) -> None:
    tails = [
        mcd_distances(rows(500, seed=2 * i), reference=rows(n, seed=2 * i + 1)).p_values
        for i in range(20)
    ]
    assert (np.concatenate(tails) < 0.001).mean() <= at_most


def test_the_tail_is_that_of_fishers_f() -> None:
    found = mcd_distances(rows(5, seed=9), reference=rows(100))
    fitted = fast_mcd(rows(100))
    n, k = fitted.n_support, 3
    expected = stats.f.sf(found.distances**2 * n * (n - k) / (k * (n**2 - 1)), k, n - k)
    np.testing.assert_allclose(found.p_values, expected, rtol=1e-9)


def test_the_seed_decides_everything() -> None:
    one, other = fast_mcd(rows(80), seed=4), fast_mcd(rows(80), seed=4)
    assert np.array_equal(one.covariance, other.covariance)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.zeros((14, 3)), "at least 5 per column"),
        (np.zeros(20), "rows and columns"),
        (np.full((20, 2), np.nan), "NaN"),
        (np.c_[rows(30), np.ones(30)], "without spread"),
        (np.c_[rows(30)[:, :2], rows(30)[:, 0]], "follow from each other"),
    ],
)
def test_refuses_rows_that_span_nothing(table: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fast_mcd(table)


def test_refuses_rows_of_another_width() -> None:
    with pytest.raises(ValueError, match="3 columns"):
        mcd_distances([[1.0, 2.0]], reference=rows(50))
