"""Quantiles and tails of the usual distributions, without scipy.

Importing scipy takes longer than a decision. Tests hold them to scipy's values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

TINY = 1e-300
PRECISION = 1e-15
MAX_TERMS = 500
MAX_HALVINGS = 200
SETTLED = 4e-16
"""A step this small, as a share of where it leads, is one of rounding."""


@lru_cache(maxsize=4096)
def normal_quantile(p: float) -> float:
    """Return z with P(Z <= z) = p for a standard normal Z.

    Raises:
        ValueError: p is not between 0 and 1.
    """
    _require_probability(p)
    return NormalDist().inv_cdf(p)


@lru_cache(maxsize=4096)
def t_quantile(p: float, df: float) -> float:
    """Return t with P(T <= t) = p for Student's t with `df` degrees of freedom.

    By Newton's method on the distribution function, which is the regularized incomplete beta
    function I_x(df/2, 1/2) at x = df / (df + t^2), from the first terms of Cornish and Fisher.

    Raises:
        ValueError: p is not between 0 and 1, or df is not positive.

    References:
        Abramowitz and Stegun (1964), 26.7.1 and 26.7.5.
    """
    _require_probability(p)
    if not df > 0:
        raise ValueError(f"df must be positive, got {df}")
    if p < 0.5:  # noqa: PLR2004 - by symmetry
        return -t_quantile(1 - p, df)
    front = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - math.log(df * math.pi) / 2
    z = NormalDist().inv_cdf(p)
    return _crossing(
        lambda t: 1 - p - t_upper_tail(t, df),
        lambda t: math.exp(front - (df + 1) / 2 * math.log1p(t * t / df)),
        start=z + (z**3 + z) / (4 * df),
        high=math.inf,
    )


@lru_cache(maxsize=4096)
def beta_quantile(p: float, a: float, b: float) -> float:
    """Return x with P(X <= x) = p for X from the beta distribution with shapes `a` and `b`.

    By Newton's method on the distribution function I_x(a, b), from a normal one.

    Raises:
        ValueError: p is not between 0 and 1, or a shape is not positive.
    """
    _require_probability(p)
    if not (a > 0 and b > 0):
        raise ValueError(f"shapes must be positive, got {a} and {b}")
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    mean = a / (a + b)
    start = mean + NormalDist().inv_cdf(p) * math.sqrt(mean * (1 - mean) / (a + b + 1))
    return _crossing(
        lambda x: incomplete_beta(a, b, x) - p,
        lambda x: math.exp(front + (a - 1) * math.log(x) + (b - 1) * math.log1p(-x)),
        start=start if 0 < start < 1 else mean,
        high=1.0,
    )


def _crossing(
    excess: Callable[[float], float],
    slope: Callable[[float], float],
    *,
    start: float,
    high: float,
) -> float:
    """Return where a rising function crosses 0, between 0 and `high`.

    By Newton's method; a step that leaves the bounds known so far halves them instead.
    """
    low, x = 0.0, start
    for _ in range(MAX_HALVINGS):
        value = excess(x)
        low, high = (x, high) if value < 0 else (low, x)
        rise = slope(x)
        nearer = x - value / rise if rise else math.nan
        if abs(nearer - x) <= SETTLED * x:
            return nearer
        if not low < nearer < high:
            nearer = (low + high) / 2 if high < math.inf else 2 * x
            if nearer in (low, high):
                break
        x = nearer
    return x


def t_upper_tail(t: float, df: float) -> float:
    """Return P(T > t), t >= 0, for Student's t with `df` degrees of freedom."""
    whole = df + t * t
    return incomplete_beta(df / 2, 0.5, df / whole, rest=t * t / whole) / 2


def chi2_upper_tail(x: float, df: int) -> float:
    """Return P(X > x) for a chi-squared X with a whole number of degrees of freedom.

    By the finite sums that the incomplete gamma function is for whole and half shapes.

    Raises:
        ValueError: df is below 1.

    References:
        Abramowitz and Stegun (1964), 26.4.4 and 26.4.5.
    """
    if df < 1:
        raise ValueError(f"df must be at least 1, got {df}")
    if x <= 0:
        return 1.0
    half, shape = x / 2, 0.5 if df % 2 else 1.0
    tail = math.erfc(math.sqrt(half)) if df % 2 else math.exp(-half)
    while shape < df / 2:
        tail += math.exp(shape * math.log(half) - half - math.lgamma(shape + 1))
        shape += 1
    return min(tail, 1.0)


@lru_cache(maxsize=4096)
def chi2_quantile(p: float, df: int) -> float:
    """Return x with P(X <= x) = p for a chi-squared X, by bisection on its upper tail.

    Raises:
        ValueError: p is not between 0 and 1, or df is below 1.
    """
    _require_probability(p)
    low, high = 0.0, float(df)
    while chi2_upper_tail(high, df) > 1 - p:
        low, high = high, 2 * high
    for _ in range(MAX_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if chi2_upper_tail(middle, df) > 1 - p else (low, middle)
    return high


def f_upper_tail(f: float, df1: float, df2: float) -> float:
    """Return P(F > f) for Fisher's F, f of 0 or more."""
    return incomplete_beta(df2 / 2, df1 / 2, df2 / (df2 + df1 * f))


def incomplete_beta(a: float, b: float, x: float, *, rest: float | None = None) -> float:
    """Return I_x(a, b) by its continued fraction (Abramowitz and Stegun 1964, 26.5.8).

    Args:
        a: First shape, positive.
        b: Second shape, positive.
        x: Where, 0 to 1.
        rest: 1 - x, where it is known to more digits than that.
    """
    rest = 1 - x if rest is None else rest
    if x == 0.0 or rest == 0.0:
        return float(x > 0)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    )
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(a, b, x) / a
    return 1 - front * _beta_fraction(b, a, rest) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Evaluate 1/(1 + d1/(1 + d2/(1 + ...))) from the front (Lentz 1976)."""
    value = c = 1.0
    d = 0.0
    for term in range(1, MAX_TERMS):
        m = term // 2
        if term % 2 == 0:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / ((1 + numerator * d) or TINY)
        c = (1 + numerator / c) or TINY
        value *= c * d
        if abs(c * d - 1) < PRECISION:
            break
    return 1 / value


def _require_probability(p: float) -> None:
    if not 0 < p < 1:
        raise ValueError(f"a probability between 0 and 1 is needed, got {p}")
