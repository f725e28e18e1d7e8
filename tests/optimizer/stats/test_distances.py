from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from optimizer.stats.distances import (
    chi2_homogeneity,
    jensen_shannon,
    kolmogorov_smirnov,
    psi,
    psi_threshold,
)

PAIRS = st.integers(2, 6).flatmap(
    lambda k: st.tuples(*[st.lists(st.integers(0, 50), min_size=k, max_size=k).filter(any)] * 2)
)
FILLED = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=2, max_size=6)


@given(FILLED)
def test_psi_is_the_divergence_both_ways(counts: list[tuple[int, int]]) -> None:
    p, q = np.array(counts, dtype=float).T
    expected = stats.entropy(p, q) + stats.entropy(q, p)
    assert psi(p, q) == pytest.approx(expected, abs=1e-12)
    assert psi(q, p) == pytest.approx(expected, abs=1e-12)


def test_an_empty_category_counts_as_the_floor() -> None:
    # (0.5 - 0.01) ln(0.5 / 0.01) for the emptied, (1 - 0.5) ln 2 for the other
    expected = 0.49 * math.log(50) + 0.5 * math.log(2)
    assert psi([1, 1], [0, 9], floor=0.01) == pytest.approx(expected)
    assert psi([0, 4], [0, 9]) == 0


def test_the_threshold_allows_for_the_size_of_the_samples() -> None:
    # chi2(9, .99) = 21.666
    assert psi_threshold(100, 100, 10) == pytest.approx(21.665994 / 50, rel=1e-6)
    assert psi_threshold(10_000, 10_000, 10) == 0.2
    assert psi_threshold(10_000, 10_000, 10, minimum=0) == pytest.approx(0.00433320, rel=1e-5)
    assert psi_threshold(100, 100, 10, 0.95) < psi_threshold(100, 100, 10)


def test_unchanged_traffic_stays_below_the_threshold() -> None:
    rng = np.random.default_rng(15)
    pairs = rng.multinomial(100, [0.1] * 10, size=(2000, 2))
    found = np.array([psi(first, second) for first, second in pairs])
    assert (found > psi_threshold(100, 100, 10)).mean() < 0.03
    assert (found > 0.2).mean() == pytest.approx(0.39, abs=0.05)


@given(PAIRS, st.sampled_from([2, math.e, 10]))
def test_jensen_shannon_is_that_of_scipy(pair: tuple[list[int], list[int]], base: float) -> None:
    p, q = pair
    theirs = distance.jensenshannon(p, q, base)
    # scipy's divergence may fall below 0 by rounding: NaN
    assert jensen_shannon(p, q, base=base) == pytest.approx(np.nan_to_num(theirs), abs=1e-7)
    assert jensen_shannon(q, p, base=base) == pytest.approx(jensen_shannon(p, q, base=base))


def test_jensen_shannon_is_one_for_nothing_in_common() -> None:
    assert jensen_shannon([1, 0], [0, 5]) == 1
    assert jensen_shannon([2, 3], [4, 6]) == 0


@given(st.lists(st.lists(st.integers(1, 60), min_size=3, max_size=3), min_size=2, max_size=4))
def test_homogeneity_is_that_of_scipy(table: list[list[int]]) -> None:
    theirs = stats.chi2_contingency(table, correction=False)
    found = chi2_homogeneity(table)
    assert found.statistic == pytest.approx(theirs.statistic, abs=1e-9)
    assert found.p_value == pytest.approx(theirs.pvalue, abs=1e-12)
    assert (found.df, found.n) == (theirs.dof, int(np.sum(table)))
    assert chi2_homogeneity(table[::-1]).p_value == pytest.approx(found.p_value)


def test_ks_is_exact_where_it_can_be() -> None:
    # all of 4 below all of 4: 2 of C(8, 4) = 70 orders
    found = kolmogorov_smirnov([1, 2, 3, 4], [5, 6, 7, 8])
    assert (found.statistic, found.p_value, found.n) == (1, pytest.approx(2 / 70), 8)


def test_ks_of_large_samples_takes_the_limit() -> None:
    rng = np.random.default_rng(4)
    first, second = rng.normal(size=150), rng.normal(0.4, size=120)
    found = kolmogorov_smirnov(first, second)
    theirs = stats.ks_2samp(first, second, method="asymp")
    assert (found.statistic, found.p_value) == pytest.approx((theirs.statistic, theirs.pvalue))
    assert kolmogorov_smirnov(second, first).p_value == pytest.approx(found.p_value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: psi([1], [1]), "at least 2"),
        (lambda: psi([1, 2], [1, 2, 3]), "equally many"),
        (lambda: psi([1, -1], [1, 2]), "0 or more"),
        (lambda: psi([0, 0], [1, 2]), "not all 0"),
        (lambda: psi([1, math.inf], [1, 2]), "NaN or infinity"),
        (lambda: psi([1, 2], [1, 2], floor=0), "floor"),
        (lambda: psi_threshold(0, 5, 10), "n, m >= 1"),
        (lambda: psi_threshold(5, 5, 1), "bins >= 2"),
        (lambda: jensen_shannon([1, 2], [1, 2], base=1), "base must be"),
        (lambda: chi2_homogeneity([[1, 2]]), "2 x 2 or larger"),
        (lambda: chi2_homogeneity([1, 2]), "2 x 2 or larger"),
        (lambda: chi2_homogeneity([[1, 0], [2, 0]]), "empty row or column"),
        (lambda: chi2_homogeneity([[1, 0.5], [2, 1]]), "whole numbers"),
        (lambda: chi2_homogeneity([[1, math.nan], [2, 1]]), "whole numbers"),
        (lambda: kolmogorov_smirnov([], [1]), "at least 1"),
        (lambda: kolmogorov_smirnov([1, math.nan], [1]), "NaN"),
    ],
)
def test_refuses_what_is_no_distribution(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.filterwarnings("error")
def test_equal_shares_of_few_values_give_a_p_value_of_about_one_and_no_warning() -> None:
    found = kolmogorov_smirnov([1, 3, 1, 3, 1, 0, 1], [2, 0, 3, 1, 2, 0, 1])
    assert found.p_value == pytest.approx(1, abs=1e-4)
