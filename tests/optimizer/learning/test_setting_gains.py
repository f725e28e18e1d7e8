from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from optimizer.learning.setting_gains import Gain, gain
from optimizer.models.contrasts import CaseTable

UNKNOWN = math.nan


def table(**columns: list[list[float]]) -> CaseTable:
    """Variants a and b on the same cases, in that order."""
    (n,) = {len(values) for column in columns.values() for values in column}
    unknown = [[UNKNOWN] * n] * 2
    flat = {
        name: np.array(columns.get(name, unknown), float).ravel()
        for name in ("passed", "score", "latency_ms", "cost_usd", "tokens")
    }
    return CaseTable(
        variants=("a", "b"),
        variant=np.repeat([0, 1], n),
        case=np.tile(np.arange(n), 2),
        n=np.ones(2 * n),
        **flat,
    )


def measured(cases: CaseTable, **weights: float) -> Gain:
    found = gain(cases, "a", "b", weights)
    assert found is not None
    return found


def test_four_cases_worked_by_hand() -> None:
    # Differences 1, 0, 0, -1, 1, 1: mean 1/3 over six cases. With +1 and -1 there are eight
    # units of mean 1/4 and squares 1 * 6 - 8 / 16 = 5.5, so sd sqrt(5.5 / 7).
    found = measured(
        table(passed=[[0, 1, 0, 1, 0, 0], [1, 1, 0, 0, 1, 1]]),
        quality=1.0,
    )
    assert found.mean == pytest.approx(1 / 3)
    assert found.centre == pytest.approx(1 / 4)
    assert found.sd == pytest.approx(math.sqrt(5.5 / 7))
    assert (found.n, found.df) == (6, 7)
    # t_(0.975, 7) = 2.364624.
    half = 2.364624 * math.sqrt(5.5 / 7 / 8)
    assert found.low(0.95) == pytest.approx(0.25 - half, abs=1e-5)
    assert found.high(0.95) == pytest.approx(0.25 + half, abs=1e-5)


def test_cases_that_all_agree_are_no_certainty() -> None:
    found = measured(table(passed=[[1] * 5, [1] * 5]), quality=1.0)
    assert found.mean == 0
    assert found.low(0.95) < 0 < found.high(0.95)
    assert found.p_better == pytest.approx(0.5)


def test_a_lower_price_is_a_gain() -> None:
    found = measured(table(cost_usd=[[2, 4, 6], [1, 2.2, 2.8]]), cost=1.0)
    assert found.mean == pytest.approx(0.5)
    assert found.df == 2
    assert found.p_better > 0.99


def test_cases_without_a_figure_are_left_out() -> None:
    cases = table(passed=[[0, 0, 0], [1, 1, 1]], latency_ms=[[9, 8, 7], [5, UNKNOWN, 3]])
    assert measured(cases, quality=0.5, latency=0.5).n == 2


@pytest.mark.parametrize(
    "cost", [[[2, 2, 2], [1, 1, 1]], [[0, 0, 0], [1, 2, 3]], [[2, 3, 4], [UNKNOWN] * 3]]
)
def test_a_price_that_is_no_measurement_gives_no_gain(cost: list[list[float]]) -> None:
    cases = table(passed=[[0, 0, 0], [1, 1, 1]], cost_usd=cost)
    assert gain(cases, "a", "b", {"cost": 1.0}) is None


def test_no_gain_where_nothing_is_shared() -> None:
    cases = table(passed=[[0, 0, 0], [1, 1, 1]])
    assert gain(cases, "a", "c", {"quality": 1.0}) is None
    apart = replace(cases, case=np.array([0, 1, 2, 3, 4, 5]))
    assert gain(apart, "a", "b", {"quality": 1.0}) is None


def test_swapping_two_variants_turns_a_difference_round() -> None:
    cases = table(score=[[0.1, 0.5, 0.2, 0.9], [0.4, 0.6, 0.8, 0.7]])
    there, back = gain(cases, "a", "b", {"score": 1.0}), gain(cases, "b", "a", {"score": 1.0})
    assert there is not None
    assert back is not None
    assert there.mean == pytest.approx(-back.mean)
    assert there.low(0.9) == pytest.approx(-back.high(0.9))
    assert there.p_better == pytest.approx(1 - back.p_better)
