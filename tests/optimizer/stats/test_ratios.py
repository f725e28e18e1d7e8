from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from optimizer.stats.ratios import (
    fieller,
    fieller_from_moments,
    fieller_segments,
    fieller_test,
    geometric_ratio,
    geometric_ratio_test,
    log_delta,
    ratio_of_means,
)

pairs = st.lists(
    st.tuples(st.integers(1, 1000), st.integers(1, 1000)), min_size=3, max_size=30
).map(lambda rows: tuple(np.array(rows, dtype=float).T))
Pairs = tuple[np.ndarray, np.ndarray]


def _lognormal(seed: int, n: int) -> Pairs:
    rng = np.random.default_rng(seed)
    first = rng.lognormal(0, 0.8, n)
    return first, first * rng.lognormal(0.05, 0.3, n)


@given(pair=pairs, level=st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_fieller_s_bounds_are_where_the_paired_t_turns(pair: Pairs, level: float) -> None:
    first, second = pair
    found = fieller(first, second, level=level)
    for bound in (found.low, found.high):
        rest = second - bound * first
        if math.isfinite(bound) and rest.std() > 1e-6 * first.max():
            assert stats.ttest_1samp(rest, 0).pvalue == pytest.approx(1 - level, rel=1e-5)
    if np.ptp(second - first) > 0:
        assert found.p_value == pytest.approx(stats.ttest_rel(second, first).pvalue, rel=1e-7)


def test_a_first_mean_that_may_be_0_bounds_nothing() -> None:
    found = fieller([-1, 2, -3, 4], [1, 2, 3, 4])
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert found.estimate == 5
    none = fieller([-1, 1], [1, 2])
    assert math.isnan(none.estimate)
    assert (none.low, none.high) == (-math.inf, math.inf)
    assert math.isnan(fieller_from_moments(5, 0, 1, 1, 1, 0).estimate)


def test_a_price_that_rose_everywhere_by_a_tenth_is_known_exactly() -> None:
    first = np.array([0.0021, 0.0034, 0.0018, 0.0047, 0.002])
    for kernel in (fieller, geometric_ratio, log_delta):
        found = kernel(first, 1.1 * first)
        assert (found.low, found.high) == pytest.approx((1.1, 1.1), rel=1e-9)
    assert fieller_test(first, 1.1 * first, limit=1.1).p_value == 1
    assert geometric_ratio_test(first, 1.1 * first, limit=1.1).p_value == 1
    assert geometric_ratio_test(first, 1.1 * first, limit=1.15).p_value == 0


def test_arms_that_cost_the_same_have_a_ratio_of_1() -> None:
    found = fieller([3, 2, 3], [3, 2, 3])
    assert (found.low, found.estimate, found.high, found.p_value) == (1, 1, 1, 1)


@given(pair=pairs)
def test_moments_say_what_the_pairs_say(pair: Pairs) -> None:
    first, second = pair
    if min(np.ptp(first), np.ptp(second - first), np.ptp(second / first)) == 0:
        return
    c = np.cov(first, second)
    ours = fieller_from_moments(
        first.size, first.mean(), second.mean(), c[0, 0], c[1, 1], c[0, 1], level=0.9
    )
    theirs = fieller(first, second, level=0.9)
    assert ours.estimate == pytest.approx(theirs.estimate)
    assert ours.low == pytest.approx(theirs.low, rel=1e-5, abs=1e-6)
    assert ours.high == pytest.approx(theirs.high, rel=1e-5, abs=1e-6)
    assert ours.p_value == pytest.approx(theirs.p_value, rel=1e-6)


@pytest.mark.parametrize(
    "moments",
    [(1, 1, 1, 1, 1, 0), (5, math.nan, 1, 1, 1, 0), (5, 1, 1, -1, 1, 0), (5, 1, 1, 1, 1, 1.5)],
)
def test_moments_of_no_pairs_are_refused(moments: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="need"):
        fieller_from_moments(*moments)


def test_fieller_covers_skewed_costs_of_few_cases() -> None:
    truth = math.exp(0.05 + 0.3**2 / 2)
    found = [fieller(*_lognormal(seed, 20)) for seed in range(1500)]
    assert np.mean([ratio.low <= truth <= ratio.high for ratio in found]) > 0.935


@given(pair=pairs)
def test_the_geometric_ratio_inverts_when_the_arms_change_places(pair: Pairs) -> None:
    forward, backward = geometric_ratio(*pair), geometric_ratio(*pair[::-1])
    assert forward.estimate == pytest.approx(1 / backward.estimate)
    assert forward.p_value == pytest.approx(backward.p_value)
    if 0 < backward.high < 1e100:
        assert forward.low == pytest.approx(1 / backward.high)


@pytest.mark.parametrize("bad", [0, -1])
def test_the_geometric_ratio_has_no_place_for_zeros(bad: float) -> None:
    with pytest.raises(ValueError, match="expected positive numbers"):
        geometric_ratio([1, 2, bad], [1, 2, 3])
    with pytest.raises(ValueError, match="expected positive numbers"):
        geometric_ratio_test([1, 2, 3], [1, bad, 3], limit=1.1)


@pytest.mark.parametrize("kernel", [fieller_test, geometric_ratio_test])
@pytest.mark.parametrize("limit", [1.0, 1.05, 1.1, 1.2, 1.4])
def test_the_bound_clears_the_limit_exactly_if_the_test_does(kernel, limit: float) -> None:
    first, second = _lognormal(3, 60)
    found = kernel(first, second, limit=limit, level=0.9)
    assert (found.upper < limit) == (found.p_value < 0.1)


def test_the_one_sided_fieller_test_is_a_paired_t() -> None:
    first, second = _lognormal(5, 30)
    found = fieller_test(first, second, limit=1.3)
    theirs = stats.ttest_1samp(second - 1.3 * first, 0, alternative="less")
    assert found.p_value == pytest.approx(theirs.pvalue)
    assert found.upper == pytest.approx(fieller(first, second, level=0.9).high)


@pytest.mark.parametrize("options", [{"limit": 0}, {"limit": 1.1, "level": 0.4}])
@pytest.mark.parametrize("kernel", [fieller_test, geometric_ratio_test])
def test_a_limit_and_its_level_must_make_sense(kernel, options) -> None:
    with pytest.raises(ValueError, match="positive limit and a level"):
        kernel([1, 2, 3], [1, 2, 4], **options)


def test_a_limit_needs_a_positive_first_mean() -> None:
    with pytest.raises(ValueError, match="first mean must be positive"):
        fieller_test([-1, 0, 0], [1, 2, 4], limit=1.1)


def test_the_delta_method_by_hand() -> None:
    # the means are 2 and 4
    first, second = np.array([1.0, 2, 3]), np.array([2.0, 3, 7])
    relative = second / 4 - first / 2
    error = relative.std(ddof=1) / math.sqrt(3)
    found = log_delta(first, second)
    assert found.estimate == pytest.approx(2)
    assert math.log(found.high) == pytest.approx(math.log(2) + stats.t.ppf(0.975, 2) * error)


def test_the_delta_method_is_fieller_for_many_cases() -> None:
    pair = _lognormal(1, 5000)
    ours, theirs = log_delta(*pair), fieller(*pair)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=1e-3)


def test_independent_samples_know_the_ratio_less_well() -> None:
    pair = _lognormal(1, 200)
    paired, unpaired = log_delta(*pair), log_delta(*pair, paired=False)
    assert unpaired.high - unpaired.low > 1.5 * (paired.high - paired.low)
    assert log_delta([1, 2, 3], [1, 3], paired=False).n == 5
    with pytest.raises(ValueError, match="expected 3 as in first"):
        log_delta([1, 2, 3], [1, 3])
    with pytest.raises(ValueError, match="means must be positive"):
        log_delta([-1, 0, 0], [1, 2, 3])


def test_denominators_of_1_make_a_ratio_of_means_welch_s_test() -> None:
    first, second = _lognormal(9, 40)
    found = ratio_of_means(first, np.ones(40), second[:30], np.ones(30))
    theirs = stats.ttest_ind(second[:30], first, equal_var=False)
    interval = theirs.confidence_interval()
    assert found.difference.p_value == pytest.approx(theirs.pvalue)
    assert found.difference.low == pytest.approx(interval.low)
    unpaired = log_delta(first, second[:30], paired=False)
    assert found.relative.low == pytest.approx(unpaired.low - 1)
    assert found.relative.high == pytest.approx(unpaired.high - 1)


def test_a_ratio_that_is_not_positive_has_no_relative_interval() -> None:
    found = ratio_of_means([-1, -2, -3], [1, 1, 1], [1, 2, 4], [1, 1, 1])
    assert math.isnan(found.relative.low)
    assert found.difference.estimate > 0
    with pytest.raises(ValueError, match="denominator must not be 0"):
        ratio_of_means([1, 2], [1, -1], [1, 2], [1, 1])


@given(pairs, pairs)
def test_many_samples_give_what_each_gives_alone(one: Pairs, other: Pairs) -> None:
    samples = [(np.asarray(first), np.asarray(second)) for first, second in (one, other)]
    first, second = (
        np.concatenate([sample[side] for sample in samples])[np.newaxis] for side in (0, 1)
    )
    found = fieller_segments(first, second, np.array([0, len(samples[0][0])]), level=0.9)
    for (many,), sample in zip(found, samples, strict=True):
        single = fieller(*sample, level=0.9, with_test=False)
        assert (many.estimate, many.low, many.high) == pytest.approx(
            (single.estimate, single.low, single.high), rel=1e-9
        )
        assert (many.n, many.level, many.p_value) == (single.n, single.level, None)


def test_columns_with_an_unknown_value_or_a_mean_of_0_have_no_ratio_but_others_beside_them_do() -> (
    None
):
    first = np.array([[1.0, 2.0, math.nan], [0.0, 0.0, 0.0], [1.0, 2.0, 3.0]])
    ((unknown, zero, known),) = fieller_segments(first, np.ones((3, 3)), np.array([0]))
    assert math.isnan(unknown.estimate)
    assert math.isnan(zero.estimate)
    assert known.estimate == pytest.approx(0.5)
