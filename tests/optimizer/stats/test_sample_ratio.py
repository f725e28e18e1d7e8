from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from optimizer.stats.sample_ratio import sample_ratio


@given(
    counts=st.lists(st.integers(0, 400), min_size=2, max_size=5).filter(any),
    weights=st.lists(st.floats(0.1, 5), min_size=5, max_size=5),
)
def test_chi_square_and_binomial_are_those_of_scipy(
    counts: list[int], weights: list[float]
) -> None:
    ratio = weights[: len(counts)]
    found = sample_ratio(counts, ratio=ratio)
    planned = [sum(counts) * weight / sum(ratio) for weight in ratio]
    theirs = stats.chisquare(counts, planned)
    assert found.chi2 == pytest.approx(theirs.statistic, rel=1e-9, abs=1e-12)
    assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-9, abs=1e-300)
    assert (found.df, found.n) == (len(counts) - 1, sum(counts))
    if len(counts) == 2:
        exact = stats.binomtest(counts[0], sum(counts), ratio[0] / sum(ratio)).pvalue
        assert found.p_binomial == pytest.approx(exact, rel=1e-8, abs=1e-300)
    else:
        assert found.p_binomial is None


def test_counts_as_planned_show_no_departure() -> None:
    found = sample_ratio([300, 100], ratio=[3, 1])
    assert (found.chi2, found.p_value, found.p_binomial) == (0, 1, pytest.approx(1))


def test_three_equal_arms_have_the_tail_of_an_exponential() -> None:
    # df = 2: p = exp(-chi2 / 2); (20^2 + 5^2 + 15^2) / 100
    found = sample_ratio([120, 95, 85])
    assert (found.chi2, found.p_value) == pytest.approx((6.5, math.exp(-3.25)))


def test_arms_that_change_places_depart_as_much() -> None:
    forward, backward = sample_ratio([80, 50], ratio=[2, 1]), sample_ratio([50, 80], ratio=[1, 2])
    assert (forward.chi2, forward.p_binomial) == pytest.approx((backward.chi2, backward.p_binomial))


@pytest.mark.parametrize(
    ("counts", "ratio", "message"),
    [
        ([5], None, "found n = 1, expected at least 2"),
        ([0, 0], None, "no observations"),
        ([5, -1], None, "whole numbers"),
        ([5, 1.5], None, "whole numbers"),
        ([5, math.nan], None, "NaN"),
        ([5, 5], [1, 0], "2 positive shares"),
        ([5, 5], [1, 1, 1], "2 positive shares"),
    ],
)
def test_refuses_counts_that_make_no_plan(
    counts: list[int], ratio: list[float] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        sample_ratio(counts, ratio=ratio)
