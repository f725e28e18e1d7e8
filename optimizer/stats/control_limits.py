"""Shewhart's control limits: which points of a series are beyond what chance alone explains."""

from __future__ import annotations

import math
from collections.abc import Sequence

from optimizer.models.dataclass import dataclass

SIGMAS = 3.0
"""Standard errors on either side of the centre, as Shewhart drew them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlChart:
    """A series held against its own centre; points lie outside beyond the limits, not on them.

    Attributes:
        centre: What the points scatter around, in the unit of the data.
        low: Lower limit at each point.
        high: Upper limit at each point.
        outside: Whether each point is beyond a limit.
    """

    centre: float
    low: tuple[float, ...]
    high: tuple[float, ...]
    outside: tuple[bool, ...]


def p_chart(successes: Sequence[int], n: Sequence[int], *, sigmas: float = SIGMAS) -> ControlChart:
    """Return the control limits of a series of rates.

    Args:
        successes: Of each point.
        n: Observations of each point, 1 or more.
        sigmas: Standard errors on either side of the centre, positive.

    Raises:
        ValueError: No points, unequal lengths, an n below 1, successes not between 0 and n, or
            sigmas not positive.

    Assumes:
        One rate throughout, and independent outcomes: the same cases run again scatter less, so
        that the limits are wide for them.

    Formula:
        p = Σ successes / Σ n; p +- sigmas √(p (1 - p) / n), within 0 and 1.

    Not for:
        Small slow shifts (`cusum`); very large n, whose points scatter by more than chance of
        single outcomes.

    References:
        Shewhart (1931), Economic Control of Quality; Montgomery (2009), Introduction to
        Statistical Quality Control, 7.2.
    """
    _require_points(successes, n, sigmas)
    if any(not 0 <= k <= size for k, size in zip(successes, n, strict=True)):
        raise ValueError("successes: expected each from 0 to its n")
    centre = sum(successes) / sum(n)
    spread = math.sqrt(centre * (1 - centre))
    half = [sigmas * spread / math.sqrt(size) for size in n]
    rates = [k / size for k, size in zip(successes, n, strict=True)]
    return _chart(rates, centre, half, least=0.0, most=1.0)


def x_bar_chart(
    means: Sequence[float], sds: Sequence[float], n: Sequence[int], *, sigmas: float = SIGMAS
) -> ControlChart:
    """Return the control limits of a series of means.

    Args:
        means: Of each point.
        sds: Standard deviation within each point, 0 or more.
        n: Observations of each point, 2 or more.
        sigmas: Standard errors on either side of the centre, positive.

    Raises:
        ValueError: No points, unequal lengths, an n below 2, a negative standard deviation, or
            sigmas not positive.

    Assumes:
        One mean and one variance throughout, and independent observations.

    Formula:
        m = Σ n mean / Σ n; s² = Σ (n - 1) sd² / Σ (n - 1); m +- sigmas s / √n.

    Not for:
        Means that differ from point to point for a known reason, as latencies of a day do.

    References:
        Montgomery (2009), Introduction to Statistical Quality Control, 6.3.
    """
    _require_points(means, n, sigmas)
    if len(sds) != len(n) or any(size < 2 for size in n):  # noqa: PLR2004 - one has no spread
        raise ValueError("expected a standard deviation and an n of at least 2 for each mean")
    if any(not sd >= 0 for sd in sds):
        raise ValueError("sds: expected 0 or more")
    centre = math.fsum(m * size for m, size in zip(means, n, strict=True)) / sum(n)
    within = math.fsum((size - 1) * sd * sd for sd, size in zip(sds, n, strict=True))
    spread = math.sqrt(within / (sum(n) - len(n)))
    return _chart(list(means), centre, [sigmas * spread / math.sqrt(size) for size in n])


def _require_points(values: Sequence[float], n: Sequence[int], sigmas: float) -> None:
    if len(values) != len(n) or not n:
        raise ValueError(f"found {len(values)} points and {len(n)} n, expected equal, at least 1")
    if min(n) < 1 or not sigmas > 0:
        raise ValueError(f"expected n >= 1 and positive sigmas, found {min(n)} and {sigmas}")


def _chart(
    points: Sequence[float],
    centre: float,
    half: Sequence[float],
    *,
    least: float = -math.inf,
    most: float = math.inf,
) -> ControlChart:
    low = tuple(max(centre - one, least) for one in half)
    high = tuple(min(centre + one, most) for one in half)
    return ControlChart(
        centre=centre,
        low=low,
        high=high,
        outside=tuple(
            _is_outside(point, bottom, top)
            for point, bottom, top in zip(points, low, high, strict=True)
        ),
    )


def _is_outside(point: float, low: float, high: float) -> bool:
    """Return whether a point is beyond its limits by more than the noise of rounding."""
    slack = 1e-12 * max(abs(low), abs(high), abs(point))
    return point < low - slack or point > high + slack
