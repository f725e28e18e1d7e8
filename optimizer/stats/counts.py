"""What counts and levels must satisfy before a kernel looks at them."""

from __future__ import annotations

from optimizer.stats.quantiles import normal_quantile
from optimizer.stats.student import require_level


def whole_counts(**counts: float) -> tuple[int, ...]:
    """Return the counts as integers, in their order.

    Raises:
        ValueError: One of them is negative, broken, infinite or NaN; the message names it.
    """
    for name, value in counts.items():
        if not float(value).is_integer() or value < 0:
            raise ValueError(f"{name} must be a whole number of at least 0, got {value}")
    return tuple(int(value) for value in counts.values())


def checked_rate(successes: float, n: float, *, fewest: int = 1) -> tuple[int, int]:
    """Return successes and n as integers.

    Raises:
        ValueError: One of them is no count, n is below `fewest`, or successes exceed n.
    """
    k, observations = whole_counts(successes=successes, n=n)
    if observations < fewest or k > observations:
        raise ValueError(f"successes must be within 0 and n >= {fewest}, got {successes} of {n}")
    return k, observations


def checked_pairs(b: float, c: float, n: float) -> tuple[int, int, int]:
    """Return the discordant counts and n, all pairs, as integers.

    Raises:
        ValueError: One of them is no count, n is 0, or b + c exceed n.
    """
    first_only, second_only, pairs = whole_counts(b=b, c=c, n=n)
    if pairs < 1 or first_only + second_only > pairs:
        raise ValueError(f"b + c must be within 0 and n >= 1, got {b} + {c} of {n}")
    return first_only, second_only, pairs


def two_sided_z(level: float) -> float:
    """Return z with P(|Z| <= z) = level for a standard normal Z.

    Raises:
        ValueError: The level is not between 0 and 1.
    """
    require_level(level)
    return normal_quantile((1 + level) / 2)
