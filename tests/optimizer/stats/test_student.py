from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, stdtr

from optimizer.stats.student import p_above_zero, t_cdf


def test_the_probability_of_a_gain_is_a_t_tail() -> None:
    assert p_above_zero(0.0, 1.0, 10) == 0.5
    assert p_above_zero(2.228, 1.0, 10) == pytest.approx(0.975, abs=1e-4)
    assert p_above_zero(-2.228, 1.0, 10) == pytest.approx(0.025, abs=1e-4)
    assert (p_above_zero(1.0, 0.0, 10), p_above_zero(0.0, 0.0, 10)) == (1.0, 0.5)


@given(st.floats(0, 60), st.floats(0.5, 1e9))
def test_the_distribution_of_t_is_that_of_scipy(t: float, df: float) -> None:
    for value in (t, -t):
        assert t_cdf(value, df) == pytest.approx(stdtr(df, value), rel=1e-12, abs=1e-250)


def test_the_distribution_of_t_has_limits() -> None:
    assert (t_cdf(math.inf, 50), t_cdf(-math.inf, 50)) == (1.0, 0.0)
    assert t_cdf(-1e5, 40) == pytest.approx(stdtr(40, -1e5), rel=1e-11)
    assert t_cdf(-3.0, None) == t_cdf(-3.0, math.inf) == pytest.approx(ndtr(-3.0), rel=1e-14)
    assert math.isnan(t_cdf(math.nan, 50))
