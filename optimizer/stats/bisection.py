"""Where a question that is answered yes at first and no later changes its answer."""

from __future__ import annotations

from collections.abc import Callable

MAX_HALVINGS = 1100
"""Enough to halve 1 down to the smallest float."""


def turning_point(is_below: Callable[[float], bool], low: float, high: float) -> float:
    """Return the point between `low` and `high` up to which `is_below` holds, to the last digit.

    Args:
        is_below: Holds up to some point and not after it.
        low: A point where it holds, or the answer itself.
        high: A point where it does not, or the answer itself.
    """
    for _ in range(MAX_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return high
