from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.stats.fairness import jain


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
