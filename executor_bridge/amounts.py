"""Numbers as foreign tools write them, and what is known by them."""

from __future__ import annotations

import math


def number(value: object) -> float | None:
    """Return a finite number, None for anything else."""
    if value is None:
        return None
    if type(value) is not float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        try:
            value = float(value)
        except OverflowError:
            return None
    return value if math.isfinite(value) else None


def whole(value: object) -> int | None:
    """Return a count as a whole number, None where it is none."""
    if value is None or type(value) is int:
        return value
    found = number(value)
    return int(found) if found is not None and found == int(found) else None


def known(value: object) -> float | None:
    """Return an amount that was measured: None for 0, which tools write for unknown."""
    if not value:
        return None
    return value if type(value) is float and math.isfinite(value) else number(value) or None
