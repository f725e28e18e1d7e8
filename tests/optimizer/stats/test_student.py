from __future__ import annotations

import pytest

from optimizer.stats.student import p_above_zero


def test_the_probability_of_a_gain_is_a_t_tail() -> None:
    assert p_above_zero(0.0, 1.0, 10) == 0.5
    assert p_above_zero(2.228, 1.0, 10) == pytest.approx(0.975, abs=1e-4)
    assert p_above_zero(-2.228, 1.0, 10) == pytest.approx(0.025, abs=1e-4)
    assert (p_above_zero(1.0, 0.0, 10), p_above_zero(0.0, 0.0, 10)) == (1.0, 0.5)
