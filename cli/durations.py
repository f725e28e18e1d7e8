"""Lengths of time on the command line: 30s, 15m, 1h30m."""

from __future__ import annotations

import re

from optimizer.models.errors import ConfigError

UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
PART = re.compile(r"(?P<n>\d+(?:\.\d+)?)(?P<unit>ms|[smhdw])")
SHORTEST_S = 0.001
LONGEST_S = 100 * 365 * UNITS_S["d"]


def seconds(option: str, text: str, *, least: float = SHORTEST_S) -> float:
    """Return a length of time in seconds.

    Args:
        option: What it is given for, for messages.
        text: One or more numbers, each with a unit: ms, s, m, h, d or w.
        least: The shortest that makes sense.

    Raises:
        ConfigError: It is none, or none that makes sense.
    """
    parts = list(PART.finditer(text.strip()))
    if "".join(part[0] for part in parts) != text.strip() or not parts:
        raise ConfigError(f"{option}: {text!r}, expected a length of time such as 30s, 15m or 1h")
    total = sum(float(part["n"]) * UNITS_S[part["unit"]] for part in parts)
    if not least <= total <= LONGEST_S:
        raise ConfigError(f"{option}: {text!r}, expected from {least:g} s to 100 years")
    return total
