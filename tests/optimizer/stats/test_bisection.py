from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from optimizer.stats.bisection import turning_point


@given(st.floats(0, 1, exclude_min=True))
def test_finds_the_point_to_the_last_digit(truth: float) -> None:
    found = turning_point(lambda x: x < truth, 0.0, 1.0)
    assert truth <= found <= math.nextafter(truth, 2)


def test_an_answer_at_the_end_is_the_end() -> None:
    assert turning_point(lambda _: True, -1.0, 1.0) == 1
    assert turning_point(lambda _: False, 0.0, 1.0) <= math.ulp(0.0)
