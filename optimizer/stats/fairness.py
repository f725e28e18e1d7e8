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


def max_min_shares(demands: Sequence[float], total: float) -> tuple[float, ...]:
    """Return max-min fair shares: nobody can get more without one who has less getting less.

    Args:
        demands: What each asks for, 0 or more.
        total: What there is, 0 or more; what nobody asks for is left over.

    Raises:
        ValueError: No demands, a negative one, or a total that is negative or not finite.

    Assumes:
        Demands of the same weight that can be divided at will.

    Formula:
        min(demand, level), the level such that the shares add up to the total (water filling)

    Not for:
        Demands that were themselves held down by a limit: they are larger than they look.

    References:
        Bertsekas and Gallager (1992), Data Networks, section 6.5.2.
    """
    x = finite_values(demands, name="demands")
    if (x < 0).any():
        raise ValueError(f"demands: found {x.min():g}, expected 0 or more")
    if not 0 <= total < math.inf:
        raise ValueError(f"total: found {total}, expected 0 or more")
    shares, left = [0.0] * x.size, float(total)
    by_size = sorted(range(x.size), key=lambda i: float(x[i]))
    for done, i in enumerate(by_size):
        shares[i] = min(float(x[i]), left / (x.size - done))
        left -= shares[i]
    return tuple(shares)
