"""Tails of Student's t to nearly all digits, however many degrees of freedom, without scipy.

Importing scipy takes longer than most comparisons.
"""

from __future__ import annotations

import math

from optimizer.stats.quantiles import t_upper_tail

FEW = 30
"""Degrees of freedom below which the continued fraction has all digits."""

STEP = 1 / 16
"""Between the places where the density is looked at, on the scale that they are even on."""

PLACES = tuple(
    (math.exp(math.pi / 2 * math.sinh(x)), STEP * math.pi / 2 * math.cosh(x))
    for x in (STEP * k for k in range(-64, 27))
)
"""Where the density is looked at beyond t, and how much each counts as a share of its place."""


def t_tail(t: float, df: float) -> float:
    """Return P(T > t), t >= 0, to about 13 digits.

    By the double exponential rule: the density is summed at places that lie ever further apart.

    References:
        Takahasi and Mori (1974), double exponential formulas for numerical integration.
    """
    if t == 0.0:
        return 0.5
    if df < FEW:
        return t_upper_tail(t, df)
    if math.isinf(t):
        return 0.0
    half, whole = (df + 1) / 2, df + t * t
    scale = math.sqrt(whole / df)
    beyond = ((scale * place, scale * place * share) for place, share in PLACES)
    area = math.fsum(
        width * math.exp(-half * math.log1p(by * (2 * t + by) / whole)) for by, width in beyond
    )
    front = math.exp(_log_gamma_ratio(df / 2) - half * math.log1p(t * t / df))
    return front * area / math.sqrt(math.pi * df)


def _log_gamma_ratio(a: float) -> float:
    """Return log(gamma(a + 1/2) / gamma(a)) for a of 15 and more, by its series in 1/a."""
    u = 1 / (a * a)
    rest = u * (17 / 14336 + u * (-31 / 18432 + u * 691 / 180224))
    return math.log(a) / 2 + (-1 / 8 + u * (1 / 192 + u * (-1 / 640 + rest))) / a
