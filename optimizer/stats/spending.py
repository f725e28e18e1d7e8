"""Looking at a planned experiment before its end: bounds that spend alpha over the looks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

from optimizer.stats.group_sequential import (
    advance,
    crossing,
    crossing_bound,
    crossing_probabilities,
    require_information,
    start,
)
from optimizer.stats.quantiles import normal_quantile
from optimizer.stats.running import require_alpha

Spending = Literal["obf", "pocock", "power"]

OVERRUN = 1e-9
"""How far rounding may carry the last look's information beyond 1."""


def spent(t: float, *, alpha: float = 0.05, spending: Spending = "obf", rho: float = 2.0) -> float:
    """Return how much of alpha may be spent up to a share of the planned information.

    Args:
        t: Information so far, as a share of the plan; all is spent from 1 on.
        alpha: Two-sided error rate of all looks together, 0 to 1.
        spending: "obf" spends late, like O'Brien and Fleming; "pocock" about evenly; "power" as
            a power of t.
        rho: The power; of no use to the others.

    Raises:
        ValueError: t is negative, alpha is not between 0 and 1, rho is not positive, or the
            spending function is unknown.

    Assumes:
        The function was chosen before the first look.

    Formula:
        obf 2(2-2Φ(z_{1-alpha/4}/√t)); pocock alpha ln(1+(e-1)t); power alpha t^rho.

    Not for:
        Experiments without a planned end (`asymptotic_sequence`).

    References:
        Lan and DeMets (1983), Biometrika 70, 659-663; Kim and DeMets (1987), Biometrika 74,
        149-154.
    """
    require_alpha(alpha)
    if not 0 <= t < math.inf:
        raise ValueError(f"information must be 0 or more, got {t}")
    if not 0 < rho < math.inf:
        raise ValueError(f"rho must be positive, got {rho}")
    share = min(t, 1.0)
    match spending:
        case "obf":
            return _spent_late(share, alpha)
        case "pocock":
            return alpha * math.log1p((math.e - 1) * share)
        case "power":
            return float(alpha * share**rho)
        case _:
            raise ValueError(f"spending is {spending!r}, expected obf, pocock or power")


def spending_bounds(
    information: Sequence[float],
    *,
    alpha: float = 0.05,
    spending: Spending = "obf",
    rho: float = 2.0,
) -> tuple[float, ...]:
    """Return the two-sided z boundary of each look (Lan and DeMets).

    Args:
        information: Share of the planned information at each look so far, growing, at most 1.
        alpha: As in `spent`.
        spending: As in `spent`.
        rho: As in `spent`.

    Raises:
        ValueError: The information does not grow from look to look or exceeds 1, or as `spent`.

    Assumes:
        z-statistics with independent increments; looks whose times do not depend on the results.

    Formula:
        P(first crossing at look k) = spent(t_k)-spent(t_{k-1}), by recursive numerical
        integration. Infinity where a look has next to nothing to spend. A later look changes no
        earlier bound.

    Not for:
        Looking on beyond the planned n; experiments without one (`asymptotic_sequence`).

    References:
        Lan and DeMets (1983), Biometrika 70, 659-663; Jennison and Turnbull (2000), chapter 7.
    """
    times = require_information(information)
    if times[-1] > 1 + OVERRUN:
        raise ValueError(f"information must be at most 1, got {times[-1]}")
    walk, before, bounds = start(), 0.0, list[float]()
    for look, t in enumerate(times):
        allowed = spent(t, alpha=alpha, spending=spending, rho=rho)
        bounds.append(crossing_bound(walk, allowed - before, t))
        before = allowed
        if look + 1 < len(times):
            walk = advance(walk, bounds[-1], t, following=times[look + 1])
    return tuple(bounds)


def next_bound(
    information: Sequence[float],
    bounds: Sequence[float],
    t: float,
    *,
    alpha: float = 0.05,
    spending: Spending = "obf",
    rho: float = 2.0,
) -> float:
    """Return the z boundary of a new look, given the bounds that earlier looks really used.

    Args:
        information: Share of the planned information at each earlier look; may be empty.
        bounds: The z boundary each of them used.
        t: The new look's share.
        alpha: As in `spent`.
        spending: As in `spent`.
        rho: As in `spent`.

    Raises:
        ValueError: There is not one bound per earlier look, the information does not grow or
            exceeds 1, or as `spent`.

    Assumes:
        As `spending_bounds`.

    Formula:
        What is left is spent(t) less the probability that an earlier look crossed its bound;
        infinity if that is nothing. Equals `spending_bounds` where the bounds are its own.

    Not for:
        A plan changed because of the results.

    References:
        Lan and DeMets (1989), Biometrics 45, 1017-1020.
    """
    times = require_information((*information, t))
    if t > 1 + OVERRUN:
        raise ValueError(f"information must be at most 1, got {t}")
    if len(times) != len(bounds) + 1 or not all(bound >= 0 for bound in bounds):
        raise ValueError(f"one bound of 0 or more is needed for each look, got {bounds!r}")
    walk, left = start(), spent(t, alpha=alpha, spending=spending, rho=rho)
    for earlier, bound, following in zip(times, bounds, times[1:], strict=False):
        left -= crossing(walk, bound, earlier)
        walk = advance(walk, bound, earlier, following=following)
    return crossing_bound(walk, left, t)


def pocock_constant(looks: int, *, alpha: float = 0.05) -> float:
    """Return Pocock's constant: the same two-sided z boundary at each of equally spaced looks.

    Args:
        looks: Number of looks, the last one included.
        alpha: Two-sided error rate of all looks together, 0 to 1.

    Raises:
        ValueError: looks is below 1, or alpha is not between 0 and 1.

    Assumes:
        z-statistics with independent increments, looks equally far apart.

    Formula:
        C with P(|Z_k| > C for some k) = alpha.

    Not for:
        Looks that come as they come (`spending_bounds`).

    References:
        Pocock (1977), Biometrika 64, 191-199; Jennison and Turnbull (2000), table 2.1.
    """
    return _constant(looks, alpha, lambda _: 1.0)


def obf_constant(looks: int, *, alpha: float = 0.05) -> float:
    """Return O'Brien and Fleming's constant: the two-sided z boundary of the last look.

    Args:
        looks: As in `pocock_constant`.
        alpha: As in `pocock_constant`.

    Raises:
        ValueError: As in `pocock_constant`.

    Assumes:
        As in `pocock_constant`.

    Formula:
        C with P(|Z_k| > C √(K/k) for some k) = alpha, K looks.

    Not for:
        Looks that come as they come (`spending_bounds`).

    References:
        O'Brien and Fleming (1979), Biometrics 35, 549-556; Jennison and Turnbull (2000),
        table 2.3.
    """
    return _constant(looks, alpha, lambda t: 1 / math.sqrt(t))


def conditional_power(
    z: float,
    t: float,
    *,
    drift: float | None = None,
    alpha: float = 0.05,
    bound: float | None = None,
) -> float:
    """Return how likely the last look crosses its bound, from what an earlier one found.

    Args:
        z: The statistic now.
        t: Share of the planned information now, above 0 and at most 1.
        drift: Expected z at the end; None for the current trend, z/√t.
        alpha: Two-sided error rate, which gives the bound if there is none.
        bound: The last look's z boundary; None for z_{1-alpha/2}.

    Raises:
        ValueError: t, alpha or bound is out of range, or z or drift is not finite.

    Assumes:
        z-statistics with independent increments and no look between now and the last.

    Formula:
        Φ((z√t+θ(1-t)-c)/√(1-t)) + Φ((-z√t-θ(1-t)-c)/√(1-t)), θ the drift; crossing on either
        side counts. At t = 1 it is 1 or 0.

    Not for:
        Stopping for success; under the current trend it is a point estimate, wild at small t.

    References:
        Lan, Simon and Halperin (1982), Seq Anal 1, 207-219; Jennison and Turnbull (2000),
        section 10.2.
    """
    require_alpha(alpha)
    last = normal_quantile(1 - alpha / 2) if bound is None else bound
    trend = z / math.sqrt(t) if drift is None and t > 0 else drift
    if trend is None or not 0 < t <= 1 + OVERRUN:
        raise ValueError(f"information must be above 0 and at most 1, got {t}")
    if not (math.isfinite(z) and math.isfinite(trend) and last >= 0):
        raise ValueError(f"z and drift must be finite, bound 0 or more; got {z}, {trend}, {last}")
    left = 1 - t
    if left <= 0:
        return float(abs(z) >= last)
    expected = z * math.sqrt(t) + trend * left
    spread = math.sqrt(2 * left)
    above = math.erfc((last - expected) / spread) / 2
    below = math.erfc((last + expected) / spread) / 2
    return above + below


def _spent_late(share: float, alpha: float) -> float:
    if share == 0:
        return 0.0
    z = -normal_quantile(alpha / 4)
    return 2 * math.erfc(z / math.sqrt(2 * share))


def _constant(looks: int, alpha: float, shape: Callable[[float], float]) -> float:
    """Return the factor of a family of bounds that spends alpha over equally spaced looks."""
    from scipy.optimize import brentq

    require_alpha(alpha)
    if looks < 1:
        raise ValueError(f"looks must be at least 1, got {looks}")
    times = [look / looks for look in range(1, looks + 1)]
    least, most = -normal_quantile(alpha / 2), -normal_quantile(alpha / (2 * looks))
    if looks == 1:
        return least

    def excess(constant: float) -> float:
        return sum(crossing_probabilities(times, [constant * shape(t) for t in times])) - alpha

    return float(brentq(excess, least, most))
