from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.stats.control_limits import p_chart, x_bar_chart


def test_p_chart_by_hand() -> None:
    found = p_chart([90, 90, 60], [100, 100, 100])
    assert found.centre == pytest.approx(0.8)
    # .8 -+ 3 sqrt(.16 / 100)
    assert found.low == pytest.approx((0.68,) * 3)
    assert found.high == pytest.approx((0.92,) * 3)
    assert found.outside == (False, False, True)


def test_limits_follow_the_size_of_each_point() -> None:
    found = p_chart([8, 800], [10, 1000])
    assert found.high[0] == 1.0
    assert found.high[1] == pytest.approx(0.8 + 3 * np.sqrt(0.16 / 1000))


def test_all_alike_is_not_outside() -> None:
    assert not any(p_chart([5, 5], [5, 5]).outside)
    assert not any(x_bar_chart([0.1] * 3, [0.0] * 3, [9] * 3).outside)


def test_x_bar_chart_by_hand() -> None:
    found = x_bar_chart([10, 10, 13], [2, 2, 2], [4, 4, 4])
    assert found.centre == pytest.approx(11)
    assert found.low == pytest.approx((8,) * 3)
    assert found.outside == (False, False, False)
    assert x_bar_chart([10, 10, 13], [2, 2, 2], [4, 4, 4], sigmas=1).outside[2]


def test_few_points_of_a_steady_rate_are_outside() -> None:
    rng = np.random.default_rng(0)
    outside = [
        share
        for _ in range(200)
        for share in p_chart(rng.binomial(100, 0.7, 20).tolist(), [100] * 20).outside
    ]
    assert np.mean(outside) < 0.006  # 3 sigma of the normal: 0.0027


@pytest.mark.parametrize(
    "call",
    [
        lambda: p_chart([], []),
        lambda: p_chart([1], [1, 2]),
        lambda: p_chart([3], [2]),
        lambda: p_chart([0], [0]),
        lambda: p_chart([1], [2], sigmas=0),
        lambda: x_bar_chart([1.0], [1.0], [1]),
        lambda: x_bar_chart([1.0], [-1.0], [2]),
    ],
)
def test_refuses_what_is_no_series(call: Any) -> None:
    with pytest.raises(ValueError, match=r"expected|found"):
        call()
