from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.stats.allocation import apportion, epsilon_greedy, fixed, thompson, ucb1

ARMS = st.lists(
    st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=1,
    max_size=6,
)


@given(ARMS, st.floats(0, 1), st.floats(0, 5))
def test_shares_are_shares_of_one_batch(
    arms: list[tuple[int, int]], epsilon: float, c: float
) -> None:
    successes, n = zip(*arms, strict=True)
    for shares in (epsilon_greedy(successes, n, epsilon=epsilon), ucb1(successes, n, c=c)):
        assert len(shares) == len(arms)
        assert math.fsum(shares) == pytest.approx(1)
        assert all(0 <= share <= 1 for share in shares)


def test_fixed_shares_follow_the_weights() -> None:
    assert fixed([1, 1, 2]) == (0.25, 0.25, 0.5)
    assert fixed([0, 7]) == (0, 1)


def test_epsilon_greedy_keeps_a_part_for_every_arm() -> None:
    assert epsilon_greedy([5, 9, 1], [10, 10, 10], epsilon=0.3) == pytest.approx((0.1, 0.8, 0.1))
    assert epsilon_greedy([5, 5, 1], [10, 10, 10], epsilon=0) == (0.5, 0.5, 0)
    assert epsilon_greedy([5, 0], [10, 0], epsilon=0.2) == pytest.approx((0.1, 0.9))


def test_ucb1_gives_the_batch_to_the_highest_bound() -> None:
    # 0.5 + sqrt(2 ln 110 / 10) = 1.470 against 0.8 + sqrt(2 ln 110 / 100) = 1.107
    assert ucb1([5, 80], [10, 100]) == (1, 0)
    assert ucb1([5, 80], [10, 100], c=0) == (0, 1)
    assert ucb1([5, 5], [10, 10]) == (0.5, 0.5)


def test_ucb1_tries_every_arm_once_before_any_twice() -> None:
    assert ucb1([1, 0, 0], [1, 0, 0]) == (0, 0.5, 0.5)
    assert ucb1([0], [0]) == (1,)


def test_thompson_shares_are_the_chances_of_being_best() -> None:
    assert thompson((0.7, 0.2, 0.1)) == pytest.approx((0.7, 0.2, 0.1))
    assert math.fsum(thompson((0.7, 0.2, 0.0999))) == pytest.approx(1)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8).filter(lambda s: sum(s) > 1e-3))
def test_apportioned_numbers_stay_within_one_of_their_share(shares: list[float]) -> None:
    for total in (0, 1, 7, 1000):
        found = apportion(shares, total)
        assert sum(found) == total
        for share, number in zip(fixed(shares), found, strict=True):
            assert abs(number - share * total) < 1 + 1e-6


def test_the_largest_remainders_get_the_rest() -> None:
    # 4.5, 3.3, 2.2 of 10: the half is rounded up
    assert apportion((0.45, 0.33, 0.22), 10) == (5, 3, 2)
    assert apportion((1, 1, 1), 10) == (4, 3, 3)
    assert apportion((0.29, 0.71), 100) == (29, 71)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fixed([]), "at least 1"),
        (lambda: fixed([1, -1]), "0 or more"),
        (lambda: fixed([0, 0]), "not all 0"),
        (lambda: fixed([1, math.nan]), "NaN"),
        (lambda: epsilon_greedy([1], [1], epsilon=1.5), "epsilon"),
        (lambda: epsilon_greedy([2], [1]), "more than n"),
        (lambda: epsilon_greedy([1, 1], [1]), "expected equal"),
        (lambda: ucb1([1], [1], c=-1), "c must be"),
        (lambda: ucb1([], []), "at least 1"),
        (lambda: thompson([0.5, 1.5]), "0 to 1"),
        (lambda: thompson([0.0, 0.0]), "not all 0"),
        (lambda: apportion([1, 1], -1), "total must be"),
    ],
)
def test_refuses_arms_that_cannot_share(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        call()
