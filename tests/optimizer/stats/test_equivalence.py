from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from optimizer.stats.equivalence import tost_paired
from optimizer.stats.means import paired_t

scores = st.lists(st.integers(-50, 50), min_size=2, max_size=40).filter(lambda v: len(set(v)) > 1)


@given(values=scores, margin=st.integers(1, 30))
def test_both_tests_are_one_sided_ts(values: list[int], margin: int) -> None:
    found = tost_paired(values, margin=margin)
    lower = stats.ttest_1samp(values, -margin, alternative="greater").pvalue
    upper = stats.ttest_1samp(values, margin, alternative="less").pvalue
    assert (found.p_lower, found.p_upper) == pytest.approx((lower, upper), rel=1e-9, abs=1e-15)
    assert found.p_value == max(found.p_lower, found.p_upper)


@given(values=scores, margin=st.integers(1, 30))
def test_a_difference_is_small_exactly_if_its_90_percent_interval_is(
    values: list[int], margin: int
) -> None:
    interval = paired_t(values, level=0.9)
    inside = -margin < interval.low and interval.high < margin
    assert (tost_paired(values, margin=margin).p_value < 0.05) == inside


def test_the_tests_change_places_with_the_arms() -> None:
    forward, backward = tost_paired([1, 2, 4], margin=3), tost_paired([-1, -2, -4], margin=3)
    assert (forward.p_lower, forward.p_upper) == (backward.p_upper, backward.p_lower)


def test_differences_without_spread_are_within_or_not() -> None:
    assert tost_paired([0.0] * 4, margin=0.1).p_value == 0
    assert tost_paired([0.9 - 0.8] * 4, margin=0.1).p_value == 1
    assert tost_paired([0.2] * 4, margin=0.1).p_value == 1


@pytest.mark.parametrize("margin", [0, -1, math.inf, math.nan])
def test_a_margin_is_a_positive_number(margin: float) -> None:
    with pytest.raises(ValueError, match="margin must be positive"):
        tost_paired([1, 2], margin=margin)
