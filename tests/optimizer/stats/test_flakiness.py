from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from optimizer.stats.flakiness import (
    flake_rate,
    pass_at_k,
    pass_hat_k,
    variance_share,
    within_variance,
)

CASES = st.lists(
    st.integers(0, 8).flatmap(lambda r: st.tuples(st.integers(0, r), st.just(r))), min_size=1
)


def test_flake_rate_counts_the_pairs_that_disagree() -> None:
    # 1 of 3: two of three pairs disagree; 2 of 2: none; one repeat has no pairs
    found = flake_rate([1, 2, 1], [3, 2, 1])
    assert found.estimate == pytest.approx((2 / 3 + 0) / 2)
    assert (found.n, found.n_left_out) == (2, 1)
    assert found.sd == pytest.approx(np.std([2 / 3, 0], ddof=1))
    assert math.isnan(flake_rate([1, 1], [2, 1]).sd)


@given(CASES)
def test_flake_rate_is_twice_the_mean_sample_variance(cases: list[tuple[int, int]]) -> None:
    passes, repeats = zip(*cases, strict=True)
    runs = [[1] * k + [0] * (r - k) for k, r in cases if r >= 2]
    found = flake_rate(passes, repeats)
    assert found.n == len(runs)
    assert found.n + found.n_left_out == len(cases)
    within = within_variance(passes, repeats)
    if runs:
        expected = np.mean([np.var(run, ddof=1) for run in runs])
        assert (found.estimate, within.estimate) == pytest.approx((2 * expected, expected))
    else:
        assert math.isnan(found.estimate)
        assert math.isnan(within.estimate)


def test_pooled_variance_is_the_mean_square_within() -> None:
    runs = [[1, 0], [1, 1, 0, 1, 0, 0, 0]]
    squares = sum(np.var(run) * len(run) for run in runs)
    found = within_variance([1, 3], [2, 7], pooled=True)
    assert found.estimate == pytest.approx(squares / (1 + 6))
    assert found.estimate != pytest.approx(within_variance([1, 3], [2, 7]).estimate)


def test_flake_rate_is_unbiased_whatever_the_number_of_repeats() -> None:
    rng = np.random.default_rng(2)
    rates = rng.uniform(size=20_000)
    expected = (2 * rates * (1 - rates)).mean()
    for repeats in (2, 3, 10):
        passes = rng.binomial(repeats, rates)
        found = flake_rate(passes, np.full(rates.size, repeats)).estimate
        assert found == pytest.approx(expected, abs=0.01)


def test_noise_is_shared_among_the_cases_that_make_it() -> None:
    # s^2 / R: 0.5 / 2, 0, (1/3) / 4
    shares = variance_share([1, 3, 2, 1], [2, 3, 4, 1])
    assert shares[:3] == pytest.approx([0.75, 0, 0.25])
    assert math.isnan(shares[3])


def test_no_noise_has_no_shares() -> None:
    assert np.isnan(variance_share([2, 0], [2, 3])).all()


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(st.just(n), *[st.integers(0, n)] * 2)))
def test_chances_are_those_of_drawing_without_replacement(case: tuple[int, int, int]) -> None:
    n, c, k = case
    k = max(k, 1)
    drawn = stats.hypergeom(n, c, k)
    assert pass_at_k(n, c, k) == pytest.approx(1 - drawn.pmf(0), abs=1e-12)
    assert pass_hat_k(n, c, k) == pytest.approx(drawn.pmf(k), abs=1e-12)


@pytest.mark.parametrize(("c", "k"), [(0, 1), (1, 2), (3, 2), (3, 3), (5, 5)])
def test_chances_are_the_share_of_all_ways_to_pick(c: int, k: int) -> None:
    picks = list(itertools.combinations([True] * c + [False] * (5 - c), k))
    assert pass_at_k(5, c, k) == sum(map(any, picks)) / len(picks)
    assert pass_hat_k(5, c, k) == sum(map(all, picks)) / len(picks)


def test_chances_of_many_cases_come_as_an_array() -> None:
    found = pass_at_k([10, 10, 4], [3, 0, 4], 2)
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [pass_at_k(10, 3, 2), 0.0, 1.0]
    assert isinstance(pass_hat_k(10, 3, 1), float)


def test_chances_are_exact_for_a_thousand_repeats() -> None:
    assert pass_at_k(1000, 1, 500) == 0.5
    assert pass_hat_k(1000, 999, 500) == 0.5


@pytest.mark.parametrize(
    ("n", "c", "k"), [(5, 6, 1), (5, -1, 1), (5, 2, 6), (5, 2, 0), (5, 1.5, 1)]
)
def test_refuses_more_tries_or_passes_than_repeats(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="need whole 0 <= c <= n and 1 <= k <= n"):
        pass_at_k(n, c, k)
    with pytest.raises(ValueError, match="need whole 0 <= c <= n and 1 <= k <= n"):
        pass_hat_k([n], [c], [k])


@pytest.mark.parametrize(
    ("passes", "repeats", "message"),
    [
        ([], [], "at least 1"),
        ([1], [1, 2], "expected equal"),
        ([3], [2], "more than repeats"),
        ([-1], [2], "whole numbers"),
        ([[1]], [[2]], "expected 1"),
    ],
)
def test_refuses_passes_that_do_not_fit_the_repeats(
    passes: list[int], repeats: list[int], message: str
) -> None:
    for kernel in (flake_rate, within_variance, variance_share):
        with pytest.raises(ValueError, match=message):
            kernel(passes, repeats)
