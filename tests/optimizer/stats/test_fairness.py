from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.stats.fairness import jain, max_min_shares


def test_equal_shares_are_fair_and_all_for_one_is_not() -> None:
    assert jain([3, 3, 3, 3]) == 1
    assert jain([5, 0, 0, 0]) == pytest.approx(1 / 4)


def test_the_share_of_those_who_share_equally_is_the_index() -> None:
    # Jain, Chiu and Hawe (1984): 20 dollars to 20 of 100 persons is 20 % fair
    assert jain([1] * 20 + [0] * 80) == pytest.approx(0.2)


def test_nothing_shared_is_undefined() -> None:
    assert math.isnan(jain([0, 0]))


@pytest.mark.parametrize("shares", [[], [-1, 1], [math.inf, 1]])
def test_refuses_what_is_no_share(shares: list[float]) -> None:
    with pytest.raises(ValueError, match="shares"):
        jain(shares)


@given(st.lists(st.floats(0, 1e12), min_size=1, max_size=20), st.floats(1e-3, 1e3))
def test_lies_between_one_of_n_and_1_whatever_the_unit(shares: list[float], unit: float) -> None:
    found = jain(shares)
    if any(shares):
        assert 1 / len(shares) - 1e-9 <= found <= 1
        if min(share for share in shares if share) > 1e-100:
            assert jain([unit * share for share in shares]) == pytest.approx(found)


def test_the_small_get_all_and_the_large_share_the_rest() -> None:
    # Bertsekas and Gallager (1992): 2 and 2.6 are met, 4 and 5 share 10 - 4.6 equally
    assert max_min_shares([2, 2.6, 4, 5], 10) == pytest.approx((2, 2.6, 2.7, 2.7))


def test_what_nobody_asks_for_is_left_over() -> None:
    assert max_min_shares([1, 2], 10) == (1, 2)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=9), st.floats(0, 1e6))
def test_shares_go_to_those_who_ask_and_nobody_is_below_one_who_has_more(
    demands: list[float], total: float
) -> None:
    found = max_min_shares(demands, total)
    assert sum(found) == pytest.approx(min(total, sum(demands)), abs=1e-6)
    for share, demand in zip(found, demands, strict=True):
        assert share <= demand
        if share < demand - 1e-6:
            assert share >= max(found) - 1e-6


@pytest.mark.parametrize("total", [-1, math.inf, math.nan])
def test_refuses_what_cannot_be_shared(total: float) -> None:
    with pytest.raises(ValueError, match="total"):
        max_min_shares([1], total)
