from __future__ import annotations

import numpy as np
import pytest

from optimizer.stats.tradeoffs import weighted_contributions


def test_two_cases_worked_by_hand() -> None:
    # Quality 0, 1 -> 1, 1: differences 1, 0. Price 1, 3 -> 1, 1: means 2 -> 1, ratio 1/2, so
    # -1/2 + (1 - 1/2) / 2 = -0.25 and -1/2 + (1 - 3/2) / 2 = -0.75.
    # 0.5 q - 0.5 c: 0.5 + 0.125 = 0.625 and 0 + 0.375 = 0.375.
    found = weighted_contributions(
        [[0, 1], [1, 3]], [[1, 1], [1, 1]], weights=[0.5, -0.5], n_differences=1
    )
    assert found == pytest.approx((0.625, 0.375))


def test_mean_is_the_weighted_sum_of_the_effects() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.uniform(1, 2, (50, 3)), rng.uniform(1, 2, (50, 3))
    found = weighted_contributions(a, b, weights=[0.5, -0.3, -0.2], n_differences=1)
    before, after = a.mean(0), b.mean(0)
    expected = 0.5 * (after[0] - before[0]) - 0.3 * (after[1] / before[1] - 1)
    assert np.mean(found) == pytest.approx(expected - 0.2 * (after[2] / before[2] - 1))


def test_nothing_changes_nothing_is_gained() -> None:
    a = [[1.0, 5.0], [0.0, 7.0]]
    assert weighted_contributions(a, a, weights=[1, -1], n_differences=1) == pytest.approx((0, 0))


def test_unit_of_a_share_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.uniform(1, 2, (9, 1)), rng.uniform(1, 2, (9, 1))
    found = weighted_contributions(a, b, weights=[1.0], n_differences=0)
    again = weighted_contributions(1e6 * a, 1e6 * b, weights=[1.0], n_differences=0)
    assert again == pytest.approx(found)


def test_standard_error_of_a_share_is_that_of_many_draws() -> None:
    rng = np.random.default_rng(3)
    a = rng.lognormal(0, 0.4, (4000, 60))
    b = 0.8 * a * rng.lognormal(0, 0.3, a.shape)
    spread = (b.mean(1) / a.mean(1) - 1).std()
    errors = [
        np.std(
            weighted_contributions(x[:, None], y[:, None], weights=[1.0], n_differences=0), ddof=1
        )
        / np.sqrt(60)
        for x, y in zip(a[:400], b[:400], strict=True)
    ]
    assert np.mean(errors) == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize(
    ("first", "second", "weights", "message"),
    [
        ([[1.0]], [[1.0], [2.0]], [1.0], "values for 1 weights"),
        ([[1.0]], [[1.0]], [1.0, 2.0], "values for 2 weights"),
        ([[0.0]], [[1.0]], [1.0], "expected a mean above 0"),
        ([[np.nan]], [[1.0]], [1.0], "first: found NaN"),
        ([1.0], [[1.0]], [1.0], "expected rows of columns"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    first: object, second: object, weights: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        weighted_contributions(first, second, weights=weights, n_differences=0)  # type: ignore[arg-type]
