"""Values as a row of characters."""

from __future__ import annotations

from collections.abc import Sequence

from reports.charts.base import known

BARS = "▁▂▃▄▅▆▇█"
FULL = "█"


def sparkline(values: Sequence[float | None], top_value: float, base_value: float = 0.0) -> str:
    """Draw values as a row of bars from a base to a top; an unknown value is a space."""
    highest = len(BARS) - 1
    span = (top_value - base_value) or 1.0
    return "".join(
        BARS[min(highest, max(0, round(highest * ((number - base_value) / span))))]
        if known(number)
        else " "
        for number in values
    )


def bar(number: float | None, top_value: float, n_chars: int) -> str:
    """Draw a value as a bar of so many characters at the top; what is not nothing has one."""
    if not known(number) or number <= 0 or top_value <= 0:
        return ""
    return FULL * min(n_chars, max(1, round(n_chars * (number / top_value))))
