"""Values as a row of characters."""

from __future__ import annotations

from collections.abc import Sequence

from reports.charts.base import known

BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], top_value: float) -> str:
    """Draw values as a row of bars from 0 to a top; an unknown value is a space."""
    highest = len(BARS) - 1
    return "".join(
        BARS[min(highest, max(0, round(highest * number / top_value)))] if known(number) else " "
        for number in values
    )
