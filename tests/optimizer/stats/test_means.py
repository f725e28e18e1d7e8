from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from optimizer.stats.means import (
    cuped,
    fixed_suite_z,
    paired_t,
    paired_t_from_stats,
    pseudo_case,
    student_pooled,
    welch,
    welch_from_stats,
    yuen,
)
from optimizer.stats.results import Difference

scores = st.lists(st.integers(-50, 50), min_size=2, max_size=40)
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


def _same(ours: Difference, theirs: Any) -> None:
    interval = theirs.confidence_interval(ours.level)
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-9, abs=1e-9)
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-9, abs=1e-12)
    assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high), rel=1e-9, abs=1e-9)


@given(values=scores.filter(lambda v: len(set(v)) > 1), null=st.integers(-3, 3), level=levels)
def test_paired_t_is_that_of_scipy(values: list[int], null: int, level: float) -> None:
    ours = paired_t(values, level=level, null=null)
    theirs = stats.ttest_1samp(values, null)
    _same(ours, theirs)
    assert (ours.df, ours.n) == (len(values) - 1, len(values))


@given(values=scores)
def test_paired_t_mirrors_when_the_arms_change_places(values: list[int]) -> None:
    forward, backward = paired_t(values), paired_t([-value for value in values])
    assert (forward.low, forward.high) == pytest.approx((-backward.high, -backward.low))
    assert forward.p_value == backward.p_value


def test_differences_without_spread_have_the_limit_as_p_value() -> None:
    same, apart = paired_t([0.0] * 5), paired_t([0.9 - 0.8, 0.8 - 0.7, 0.7 - 0.6])
    assert (same.p_value, same.low, same.high) == (1.0, 0.0, 0.0)
    assert (apart.p_value, apart.standard_error) == (0.0, 0.0)
    assert apart.low == apart.high == apart.estimate
    assert math.isnan(same.statistic)
    assert math.isnan(apart.statistic)
    assert paired_t([0.1] * 3, null=0.1).p_value == 1.0


@pytest.mark.parametrize(
    ("mean", "sd", "n"), [(0, 1, 1), (0, -1, 5), (math.nan, 1, 5), (0, math.inf, 5)]
)
def test_a_summary_that_makes_no_t_is_refused(mean: float, sd: float, n: int) -> None:
    with pytest.raises(ValueError, match="need n >= 2"):
        paired_t_from_stats(mean, sd, n)
    with pytest.raises(ValueError, match="need n >= 2"):
        welch_from_stats(0, 1, 5, mean, sd, n)


@given(
    first=scores.filter(lambda v: len(set(v)) > 1),
    second=scores.filter(lambda v: len(set(v)) > 1),
    level=levels,
)
def test_independent_means_are_those_of_scipy(
    first: list[int], second: list[int], level: float
) -> None:
    _same(welch(first, second, level=level), stats.ttest_ind(second, first, equal_var=False))
    _same(student_pooled(first, second, level=level), stats.ttest_ind(second, first))


@given(
    first=st.lists(st.integers(-50, 50), min_size=8, max_size=30, unique=True),
    second=st.lists(st.integers(-50, 50), min_size=8, max_size=30, unique=True),
    trim=st.sampled_from([0, 0.1, 0.2, 0.25, 0.3]),
)
def test_trimmed_means_are_those_of_scipy(first: list[int], second: list[int], trim: float) -> None:
    _same(
        yuen(first, second, trim=trim), stats.ttest_ind(second, first, equal_var=False, trim=trim)
    )


def test_trimming_nothing_is_welch() -> None:
    first, second = [1.0, 2, 4, 9], [2.0, 3, 3, 5, 11]
    assert yuen(first, second, trim=0).p_value == pytest.approx(welch(first, second).p_value)


@pytest.mark.parametrize("trim", [-0.1, 0.5, 0.45])
def test_trimming_leaves_something(trim: float) -> None:
    with pytest.raises(ValueError, match="trim"):
        yuen([1, 2, 3], [1, 2, 3], trim=trim)


def test_samples_without_spread_differ_surely_or_not_at_all() -> None:
    found = welch([0.3] * 4, [0.5] * 3)
    assert (found.p_value, found.low, found.high) == (0.0, found.estimate, found.estimate)
    assert welch([0.1 + 0.2] * 4, [0.3] * 3).p_value == 1.0
    assert math.isnan(welch([1, 1], [2, 2]).df or 0)


def test_only_one_spread_counts_where_the_other_sample_is_constant() -> None:
    # SE^2 = 1/3 + 0, df = 2
    found = welch([1, 2, 3], [5, 5, 5, 5])
    assert (found.estimate, found.df) == (3, pytest.approx(2))
    assert found.standard_error == pytest.approx(math.sqrt(1 / 3))


def test_a_covariate_takes_out_what_it_explains() -> None:
    rng = np.random.default_rng(4)
    x, z = rng.normal(size=50), rng.normal(size=70)
    first, second = 3 * x + rng.normal(0, 0.1, 50), 3 * z + 0.5 + rng.normal(0, 0.1, 70)
    plain, adjusted = welch(first, second), cuped(first, second, x, z)
    assert adjusted.theta == pytest.approx(3, abs=0.2)
    assert adjusted.standard_error < plain.standard_error / 5
    assert adjusted.low < 0.5 < adjusted.high


def test_a_constant_covariate_changes_nothing() -> None:
    first, second = [1.0, 2, 4], [2.0, 3, 7]
    found = cuped(first, second, [5, 5, 5], [5, 5, 5])
    assert found.theta == 0
    assert found.p_value == pytest.approx(welch(first, second).p_value)


def test_every_value_needs_its_covariate() -> None:
    with pytest.raises(ValueError, match="one covariate per value, got 2 for 3"):
        cuped([1, 2, 3], [1, 2, 3], [1, 2], [1, 2, 3])


def test_pseudo_cases_widen_the_interval_but_not_the_estimate() -> None:
    # 0, 0, 0, 0.5 and +1, -1: mean 1/12, squared deviations 2.25 - 6/144
    found = pseudo_case([0, 0, 0, 0.5])
    standard_error = math.sqrt((2.25 - 6 / 144) / 5 / 6)
    half = stats.t.ppf(0.975, 5) * standard_error
    assert (found.estimate, found.n, found.df) == (0.125, 4, 5)
    assert (found.low, found.high) == pytest.approx((1 / 12 - half, 1 / 12 + half))


def test_pseudo_cases_know_that_nothing_changed_yet() -> None:
    found = pseudo_case([0] * 20)
    assert found.low == pytest.approx(-found.high)
    assert found.high > 0.1
    assert pseudo_case([1.0] * 3).high == 1.0
    with pytest.raises(ValueError, match="within -1 and 1, got 3"):
        pseudo_case([0, 3])


def test_pseudo_cases_cover_sparse_changes_where_t_does_not() -> None:
    rng = np.random.default_rng(7)
    # three runs a case, flips in 4 of 100 runs either way: the true difference is 0
    draws = [
        (rng.binomial(3, 0.04, 20) - rng.binomial(3, 0.04, 20)) / 3 * (rng.random(20) < 0.5)
        for _ in range(1500)
    ]
    pseudo = np.mean([found.low <= 0 <= found.high for found in map(pseudo_case, draws)])
    assert pseudo >= 0.97


def test_a_fixed_suite_counts_the_spread_of_the_repeats_only() -> None:
    # SE^2 = (0.3/3 + 0.2/2 + 0 + 0.4/4) / 2^2 = 0.075
    found = fixed_suite_z([0.5, -0.1], [0.3, 0.0], [3, 3], [0.2, 0.4], [2, 4])
    assert found.standard_error == pytest.approx(math.sqrt(0.075))
    assert found.estimate == pytest.approx(0.2)
    assert found.df is None
    z = 0.2 / math.sqrt(0.075)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(z))
    assert found.high == pytest.approx(0.2 + 1.959963984540054 * math.sqrt(0.075))


def test_a_fixed_suite_keeps_its_error_rate_whatever_the_cases() -> None:
    rng = np.random.default_rng(11)
    effects = rng.normal(0, 1, 40)
    effects -= effects.mean()
    wrong = []
    for _ in range(1500):
        first, second = rng.normal(0, 1, (40, 5)), effects[:, None] + rng.normal(0, 1, (40, 5))
        found = fixed_suite_z(
            second.mean(axis=1) - first.mean(axis=1),
            first.var(axis=1, ddof=1),
            np.full(40, 5),
            second.var(axis=1, ddof=1),
            np.full(40, 5),
        )
        wrong.append(found.p_value < 0.05)
    assert 0.03 < np.mean(wrong) < 0.07


@pytest.mark.parametrize(
    ("variances", "repeats"), [([0.1], [3]), ([0.1, -1], [3, 3]), ([0.1, 0.1], [3, 1])]
)
def test_a_fixed_suite_needs_the_spread_of_each_case(
    variances: list[float], repeats: list[int]
) -> None:
    with pytest.raises(ValueError, match="need"):
        fixed_suite_z([0.1, 0.2], variances, repeats, [0.1, 0.1], [3, 3])
