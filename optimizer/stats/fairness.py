"""How evenly something is shared."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optimizer.stats.arrays import finite_values

if TYPE_CHECKING:
    from collections.abc import Sequence


def jain(shares: Sequence[float]) -> float:
    """Return Jain's index: 1 where all got the same, 1/n where one got all.

    Args:
        shares: What each of n got, 0 or more; usually as a share of what it asked for.

    Raises:
        ValueError: No shares, or one is negative or not finite.

    Assumes:
        Shares that can be compared, each of the same weight. NaN where nobody got anything.

    Formula:
        (Σx)² / (n Σx²)

    Not for:
        Telling who came off badly: it says how uneven, not for whom.

    References:
        Jain, Chiu and Hawe (1984), DEC Research Report TR-301.
    """
    x = finite_values(shares, name="shares")
    if (x < 0).any():
        raise ValueError(f"shares: found {x.min():g}, expected 0 or more")
    largest = float(x.max())
    if largest == 0:
        return math.nan
    scaled = x / largest
    return min(float(scaled.sum() ** 2 / (scaled.size * (scaled @ scaled))), 1.0)
