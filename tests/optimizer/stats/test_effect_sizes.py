from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from optimizer.stats.effect_sizes import (
    cliffs_delta,
    cohens_h,
    d_av,
    d_z,
    hedges_g,
    hedges_j,
    odds_ratio,
)

samples = st.lists(st.integers(-5, 5), min_size=2, max_size=30)


@given(first=st.floats(0, 1), second=st.floats(0, 1))
def test_cohens_h_mirrors_when_the_rates_change_places(first: float, second: float) -> None:
    assert cohens_h(first, second) == -cohens_h(second, first)
    assert cohens_h(first, second) == pytest.approx(-cohens_h(1 - first, 1 - second), abs=1e-7)


def test_cohens_h_from_nothing_to_all_is_pi() -> None:
    assert cohens_h(0, 1) == pytest.approx(math.pi)


@pytest.mark.parametrize("rate", [-0.1, 1.1, 80, math.nan])
def test_cohens_h_refuses_what_is_no_rate(rate: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        cohens_h(0.5, rate)


def test_d_z_is_the_t_statistic_over_the_root_of_n() -> None:
    differences = [0.1, 0.3, -0.2, 0.4, 0.0]
    expected = stats.ttest_1samp(differences, 0).statistic / math.sqrt(5)
    assert d_z(differences) == pytest.approx(expected)


def test_standardized_differences_by_hand() -> None:
    # first: mean 2, var 1; second: mean 5, var 4; sqrt(5/2) on average
    first, second = [1, 2, 3], [3, 5, 7]
    assert d_av(first, second) == pytest.approx(3 / math.sqrt(2.5))
    # J(4) = G(2) / (sqrt(2) G(1.5)) = 1 / (sqrt(2) sqrt(pi) / 2)
    assert hedges_j(4) == pytest.approx(math.sqrt(2 / math.pi))
    assert hedges_g(first, second) == pytest.approx(math.sqrt(2 / math.pi) * 3 / math.sqrt(2.5))


def test_hedges_g_weighs_the_variances_by_their_df() -> None:
    # variances 1 (2 df) and 2 (1 df) pool to 4/3, means 2 and 1
    assert hedges_g([1, 2, 3], [0, 2]) == pytest.approx(-hedges_j(3) / math.sqrt(4 / 3))


@pytest.mark.parametrize("df", [1.5, 2, 28, 1000, 99_999, 100_001, 1e9])
def test_hedges_factor_is_a_ratio_of_gammas(df: float) -> None:
    expected = special.poch((df - 1) / 2, 0.5) / math.sqrt(df / 2)
    assert hedges_j(df) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("df", [1, 0, -3, math.inf, math.nan])
def test_hedges_factor_refuses_df_without_one(df: float) -> None:
    with pytest.raises(ValueError, match="df must be above 1"):
        hedges_j(df)


def test_no_spread_leaves_a_standardized_difference_undefined() -> None:
    assert math.isnan(d_z([0.1, 0.1, 0.1]))
    assert math.isnan(d_av([1, 1], [2, 2]))
    assert math.isnan(hedges_g([0.3] * 7, [0.3] * 4))


@given(first=samples, second=samples)
def test_cliffs_delta_counts_every_pair(first: list[int], second: list[int]) -> None:
    signs = np.sign(np.subtract.outer(second, first))
    assert cliffs_delta(first, second) == pytest.approx(signs.mean())
    assert cliffs_delta(second, first) == -cliffs_delta(first, second)


def test_cliffs_delta_of_separate_samples_is_one() -> None:
    assert cliffs_delta([1], [2, 3]) == 1


@pytest.mark.parametrize("kernel", [d_av, hedges_g, cliffs_delta])
@pytest.mark.parametrize("broken", [[], [1.0, math.nan], [1.0, math.inf], [[1.0, 2.0]]])
def test_refuses_samples_that_are_empty_or_not_finite(
    kernel: Callable[..., float], broken: list[object]
) -> None:
    with pytest.raises(ValueError, match="first must be"):
        kernel(broken, [1.0, 2.0])
    with pytest.raises(ValueError, match="second must be"):
        kernel([1.0, 2.0], broken)


def test_refuses_pairs_that_do_not_match_and_single_values() -> None:
    with pytest.raises(ValueError, match="equal lengths, got 2 and 3"):
        d_av([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="at least 2"):
        d_z([1])
    with pytest.raises(ValueError, match="at least 2"):
        hedges_g([1], [1, 2])


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 50), st.integers(1, 50))
def test_odds_ratio_has_woolf_s_interval(x1: int, y1: int, x2: int, y2: int) -> None:
    found = odds_ratio(x1, x1 + y1, x2, x2 + y2, level=0.9)
    assert found.estimate == pytest.approx(x2 * y1 / (y2 * x1))
    half = stats.norm.ppf(0.95) * math.sqrt(1 / x1 + 1 / y1 + 1 / x2 + 1 / y2)
    assert math.log(found.high / found.estimate) == pytest.approx(half)
    assert math.log(found.estimate / found.low) == pytest.approx(half)
    other = odds_ratio(x2, x2 + y2, x1, x1 + y1, level=0.9)
    assert (other.low, other.high) == pytest.approx((1 / found.high, 1 / found.low))
    assert other.p_value == pytest.approx(found.p_value)


def test_odds_ratio_with_a_zero_keeps_a_finite_interval() -> None:
    # 0.5/5.5 against 3.5/2.5
    found = odds_ratio(0, 5, 3, 5)
    centre = math.log(3.5 / 2.5 * 5.5 / 0.5)
    half = 1.959963984540054 * math.sqrt(1 / 0.5 + 1 / 5.5 + 1 / 3.5 + 1 / 2.5)
    assert found.estimate == math.inf
    assert (found.low, found.high) == pytest.approx(
        (math.exp(centre - half), math.exp(centre + half))
    )
    assert odds_ratio(3, 5, 0, 5).estimate == 0


@pytest.mark.parametrize("counts", [(0, 5, 0, 7), (5, 5, 7, 7)])
def test_odds_ratio_of_samples_without_contrast_is_unknown(counts: tuple[int, ...]) -> None:
    x1, n1, x2, n2 = counts
    found = odds_ratio(x1, n1, x2, n2)
    assert math.isnan(found.estimate)
    assert (found.low, found.high, found.p_value) == (0, math.inf, 1)


@pytest.mark.parametrize("counts", [(0, 0, 1, 2), (3, 2, 1, 2), (1, 2, -1, 2)])
def test_odds_ratio_refuses_counts_that_make_no_rate(counts: tuple[int, ...]) -> None:
    x1, n1, x2, n2 = counts
    with pytest.raises(ValueError, match="must be"):
        odds_ratio(x1, n1, x2, n2)
