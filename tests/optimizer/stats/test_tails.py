from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from optimizer.stats.tails import quantile_interval, quantile_ratio


def _by_repeating(first, first_case, second, second_case, q, seed, resamples):
    n = first_case.max() + 1
    rng = np.random.default_rng(seed)
    logs = []
    for _ in range(resamples):
        counts = np.bincount(rng.integers(0, n, n), minlength=n)
        one, other = (
            np.quantile(np.repeat(values, counts[case]), q, method="inverted_cdf")
            for values, case in ((first, first_case), (second, second_case))
        )
        logs.append(math.log(other / one))
    ranked = np.exp(np.sort(logs))
    rank = round(0.025 * (resamples + 1))
    return ranked[rank - 1], ranked[-rank]


@pytest.mark.parametrize("q", [0.05, 0.5, 0.95, 0.99])
@pytest.mark.parametrize("n", [2, 7, 90, 800])
def test_a_resample_takes_both_arms_of_a_case_with_all_repeats(n: int, q: float) -> None:
    rng = np.random.default_rng(n)
    arms = []
    for _ in range(2):
        case = rng.permutation(np.repeat(np.arange(n), rng.integers(1, 6, n)))
        arms += [np.round(rng.lognormal(size=case.size), 1) + 0.1, case]
    found = quantile_ratio(*arms, q=q, seed=4, resamples=199)
    expected = _by_repeating(*arms, q, 4, 199)
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-12)
    assert found.estimate == np.quantile(arms[2], q, method="inverted_cdf") / np.quantile(
        arms[0], q, method="inverted_cdf"
    )
    assert found.n == n


def test_few_cases_with_most_of_the_repeats_are_found_outside_the_band() -> None:
    # case 0 holds half of all values: without it the quantile is far away
    first = np.concatenate([np.linspace(1, 2, 2000), np.linspace(3, 4, 2000)])
    case = np.concatenate([np.zeros(2000, dtype=int), 1 + np.arange(2000)])
    found = quantile_ratio(first, case, first, case, q=0.5, resamples=199)
    assert (found.low, found.high) == (1, 1)
    other = quantile_ratio(first, case, np.ones(2001), np.arange(2001), q=0.5, resamples=199)
    expected = _by_repeating(first, case, np.ones(2001), np.arange(2001), 0.5, 0, 199)
    assert (other.low, other.high) == pytest.approx(expected)


def test_the_ratio_inverts_when_the_arms_change_places() -> None:
    rng = np.random.default_rng(1)
    first, second, case = rng.lognormal(size=100), rng.lognormal(size=100), np.arange(100)
    forward = quantile_ratio(first, case, second, case)
    backward = quantile_ratio(second, case, first, case)
    assert (forward.low, forward.high) == pytest.approx((1 / backward.high, 1 / backward.low))


def test_the_order_of_the_values_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    case = np.repeat(np.arange(50), 3)
    first, second = rng.lognormal(size=150), rng.lognormal(size=150)
    turned = rng.permutation(150)
    assert quantile_ratio(first, case, second, case) == quantile_ratio(
        first[turned], case[turned], second, case
    )


def test_the_interval_of_p90_covers() -> None:
    rng = np.random.default_rng(12)
    covered = []
    for _ in range(200):
        base = rng.normal(size=150)
        first = np.exp(base + rng.normal(0, 0.3, 150))
        second = 1.2 * np.exp(base + rng.normal(0, 0.3, 150))
        found = quantile_ratio(first, np.arange(150), second, np.arange(150), q=0.9, resamples=199)
        covered.append(found.low <= 1.2 <= found.high)
    assert np.mean(covered) > 0.91


def test_arms_without_a_common_case_are_resampled_apart() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.lognormal(size=60), rng.lognormal(0.3, 1, 80)
    found = quantile_ratio(first, np.arange(60), second, 60 + np.arange(80), q=0.5, seed=9)
    rng = np.random.default_rng(9)
    ratios = []
    for _ in range(999):
        one, other = first[rng.integers(0, 60, 60)], second[rng.integers(0, 80, 80)]
        ratios.append(
            np.quantile(other, 0.5, method="inverted_cdf")
            / np.quantile(one, 0.5, method="inverted_cdf")
        )
    assert (found.low, found.high) == (np.sort(ratios)[24], np.sort(ratios)[974])
    assert found.n == 140


def test_a_quantile_of_0_has_no_ratio() -> None:
    case = np.arange(10)
    none = quantile_ratio(np.zeros(10), case, np.ones(10), case)
    assert math.isnan(none.estimate)
    assert none.high == math.inf
    both = quantile_ratio(np.zeros(10), case, np.zeros(10), case)
    assert (both.low, both.high) == (0, math.inf)
    gone = quantile_ratio(np.ones(10), case, np.zeros(10), case)
    assert (gone.low, gone.estimate, gone.high) == (0, 0, 0)


@pytest.mark.parametrize(
    ("arms", "options", "message"),
    [
        (([1, 2], [0, 1], [1, -1], [0, 1]), {}, "expected 0 or more"),
        (([1, 2], [0, 1], [1, 2], [0, 0]), {}, "second values: found 1 case"),
        (([1, 2], [0, 1, 1], [1, 2], [0, 1]), {}, "found 3 cases for n = 2"),
        (([1, 2], [0, -1], [1, 2], [0, 1]), {}, "whole numbers from 0"),
        (([1, 2], [0, 0.5], [1, 2], [0, 1]), {}, "whole numbers from 0"),
        (([1, 2], [0, 10**12], [1, 2], [0, 1]), {}, "leave none out"),
        (([1, 2], [0, 3], [1, 2], [0, 1]), {}, "case index 2: found no value"),
        (([], [], [], []), {}, "at least one in each arm"),
        (([1, 2], [0, 1], [1, 2], [0, 1]), {"q": 1}, "need q"),
        (([1, 2], [0, 1], [1, 2], [0, 1]), {"level": 0}, "level"),
        (([1, 2], [0, 1], [1, 2], [0, 1]), {"resamples": 0}, "resamples"),
    ],
)
def test_arms_that_cannot_be_resampled_are_refused(arms, options, message) -> None:
    with pytest.raises(ValueError, match=message):
        quantile_ratio(*arms, **options)


@given(
    n=st.integers(1, 400),
    q=st.sampled_from([0.05, 0.5, 0.9, 0.95, 0.99]),
    level=st.sampled_from([0.8, 0.9, 0.95, 0.99]),
)
def test_the_bounds_of_a_quantile_are_those_of_scipy(n: int, q: float, level: float) -> None:
    values = np.random.default_rng(n).normal(size=n)
    ours = quantile_interval(values, q, level=level)
    theirs = stats.quantile_test(values, p=q).confidence_interval(level)
    low, high = (-math.inf, theirs.low)[not math.isnan(theirs.low)], theirs.high
    assert ours.low == low
    assert ours.high == (math.inf if math.isnan(high) else high)


@pytest.mark.parametrize(("n", "level"), [(72, 0.95), (59, 0.9)])
def test_p95_has_an_upper_bound_from_a_number_of_cases_on(n: int, level: float) -> None:
    # 0.95^72 = 0.0249, 0.95^71 = 0.0262; 0.95^59 = 0.0485, 0.95^58 = 0.0510
    assert quantile_interval(range(n), 0.95, level=level).high == n - 1
    assert quantile_interval(range(n - 1), 0.95, level=level).high == math.inf


def test_a_quantile_is_the_smallest_value_with_enough_below() -> None:
    assert quantile_interval(range(1, 21), 0.95).estimate == 19
    assert quantile_interval(range(1, 21), 0.96).estimate == 20
    assert quantile_interval([4], 0.5).estimate == 4
    with pytest.raises(ValueError, match="q must be"):
        quantile_interval([1, 2], 0)
