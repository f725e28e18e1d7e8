from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from optimizer.stats.gains import weighted_gain, weighted_gain_from_stats
from optimizer.stats.ratios import log_delta, log_delta_from_stats


@pytest.fixture(scope="module")
def cases() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    base = rng.lognormal(0, 0.5, (2, 60))
    return base, base * rng.lognormal(-0.1, 0.2, (2, 60))


def test_one_absolute_objective_is_the_paired_t(cases) -> None:
    (a, _), (b, _) = cases
    found = weighted_gain([a], [b], weights=(1,), relative=(0,))
    theirs = stats.ttest_1samp(b - a, 0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    assert found.p_better == pytest.approx(stats.ttest_1samp(b - a, 0, alternative="less").pvalue)


def test_the_interval_of_a_sum_allows_for_what_cases_have_in_common(cases) -> None:
    before, after = cases
    found = weighted_gain(before, after, weights=(0.5, -0.5), relative=(1, 1))
    rng = np.random.default_rng(1)
    n = before.shape[1]
    draws = []
    for _ in range(4000):
        rows = rng.integers(0, n, n)
        ratio = after[:, rows].mean(axis=1) / before[:, rows].mean(axis=1) - 1
        draws.append(0.5 * ratio[0] - 0.5 * ratio[1])
    assert found.standard_error == pytest.approx(np.std(draws), rel=0.06)


def test_swapping_the_sides_of_absolute_objectives_turns_the_sign(cases) -> None:
    before, after = cases
    one = weighted_gain(before, after, weights=(1, -2), relative=(0, 0))
    other = weighted_gain(after, before, weights=(1, -2), relative=(0, 0))
    assert (other.estimate, other.low) == pytest.approx((-one.estimate, -one.high))
    assert other.p_better == pytest.approx(1 - one.p_better)


def test_cases_without_both_values_count_only_where_they_have_them() -> None:
    before = [[1.0, 0.0, 1.0, 0.0], [2.0, 2.0, math.nan, math.nan]]
    after = [[1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 5.0, math.nan]]
    found = weighted_gain(before, after, weights=(0.4, -0.4), relative=(0, 1))
    assert found.estimate == pytest.approx(0.4 * 0.25 + 0.4 * 0.5)
    assert found.n == 4


def test_a_gain_without_spread_is_certain() -> None:
    found = weighted_gain([[1, 1, 1]], [[2, 2, 2]], weights=(1,), relative=(0,))
    assert (found.low, found.high, found.p_better) == (1, 1, 1)
    same = weighted_gain([[1, 1]], [[1, 1]], weights=(1,), relative=(0,))
    assert same.p_better == 0.5


def test_unpaired_errors_add_up_whatever_the_objectives_have_in_common() -> None:
    # 0.4 * 0.1 + 0.4 * 0.5 = 0.24; errors 0.4 * sqrt(2 * 0.25 / 100) and
    # 0.4 * 0.5 * sqrt(2 * 0.04 / 100), added up
    found = weighted_gain_from_stats(
        [0.5, 2.0], [0.5, 0.4], [100, 100], [0.6, 1.0], [0.5, 0.2], [100, 100],
        weights=(0.4, -0.4), relative=(0, 1),
    )  # fmt: skip
    assert found.estimate == pytest.approx(0.24)
    assert found.standard_error == pytest.approx(
        0.4 * 0.5 * math.sqrt(0.02) + 0.2 * 0.2 * math.sqrt(0.02)
    )
    assert found.df == 99


def test_the_ratio_from_moments_is_that_of_the_values(cases) -> None:
    (a, _), (b, _) = cases
    found = log_delta_from_stats(
        a.mean(), a.std(ddof=1), a.size, b.mean(), b.std(ddof=1), b.size, level=0.9
    )
    theirs = log_delta(a, b, level=0.9, paired=False)
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (theirs.estimate, theirs.low, theirs.high)
    )


def test_means_without_spread_have_a_ratio_without_doubt() -> None:
    found = log_delta_from_stats(2.0, 0.0, 5, 1.0, 0.0, 5)
    assert (found.low, found.estimate, found.high) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: weighted_gain([[1]], [[1]], weights=(1,), relative=(0,)), "at least 2"),
        (lambda: weighted_gain([[0, 0]], [[1, 1]], weights=(1,), relative=(1,)), "positive"),
        (lambda: weighted_gain([[1, 2]], [[1, 2, 3]], weights=(1,), relative=(0,)), "tables"),
        (lambda: weighted_gain([[1, 2]], [[1, 2]], weights=(1, 2), relative=(0,)), "weights"),
        (
            lambda: weighted_gain_from_stats(
                [1], [1], [1], [1], [1], [5], weights=(1,), relative=(0,)
            ),
            "n >= 2",
        ),
        (lambda: log_delta_from_stats(0, 1, 5, 1, 1, 5), "positive"),
        (lambda: log_delta_from_stats(1, 1, 1, 1, 1, 5), "n >= 2"),
    ],
)
def test_what_has_no_gain_is_refused(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()
