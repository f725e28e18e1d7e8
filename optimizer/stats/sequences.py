"""Confidence sequences: intervals that hold however often one looks and whenever one stops."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.stats.e_values import EValue, log_beta
from optimizer.stats.intervals import Interval
from optimizer.stats.results import Difference
from optimizer.stats.running import RunningInterval, plug_in_bets, require_alpha, unit_scaled

GREATEST_BET = 0.5
LEAST_WEIGHT = 1e-3
HALVINGS = 100


def normal_mixture_bound(v: ArrayLike, *, alpha: float = 0.05, v_opt: float) -> NDArray[np.float64]:
    """Return the two-sided normal mixture boundary: how far a sum may stray, at each variance.

    Args:
        v: Accumulated variances, 0 or more.
        alpha: Probability that the sum ever crosses, 0 to 1.
        v_opt: The variance at which the boundary is tightest.

    Raises:
        ValueError: A variance is negative, v_opt is not positive, or alpha is out of range.

    Assumes:
        Sums with sub-Gaussian steps whose variances add up to v.

    Formula:
        u(v) = √((v+rho) ln((v+rho)/(rho alpha²))), rho = v_opt/(L + ln(1+L)), L = -2 ln alpha.

    Not for:
        Variances estimated from few observations.

    References:
        Robbins (1970); Howard, Ramdas, McAuliffe and Sekhon (2021), Ann Stat 49, 1055-1080,
        mixture boundaries.
    """
    rho = _rho(v_opt, alpha)
    variance = np.asarray(v, dtype=np.float64)
    if not bool(np.all((variance >= 0) & (variance < math.inf))):
        raise ValueError(f"variances must be 0 or more and finite, got {v!r}")
    total = variance + rho
    return np.asarray(np.sqrt(total * (np.log(total / rho) - 2 * math.log(alpha))))


def asymptotic_sequence(
    mean: float, sd: float, n: int, *, alpha: float = 0.05, optimum: float
) -> Interval:
    """Return the asymptotic confidence sequence of a mean, at its n-th observation.

    Args:
        mean: Mean of the observations so far.
        sd: Their standard deviation.
        n: How many there are.
        alpha: Probability that the mean is ever outside, 0 to 1.
        optimum: The n at which the interval is shortest: the n one plans with.

    Raises:
        ValueError: n is below 2, sd is negative, or alpha or optimum is out of range.

    Assumes:
        Independent observations with a finite variance, and n large enough for a normal mean:
        do not look before 20. Without spread (sd = 0) the bounds are NaN.

    Formula:
        mean ± (sd/n) √((n+rho) ln((n+rho)/(rho alpha²))), rho = optimum/(L + ln(1+L)),
        L = -2 ln alpha.

    Not for:
        Bounded scores at small n (`betting_sequence` holds from the first observation).

    References:
        Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), Ann Stat 52, 2613-2640.
    """
    _require_summary(mean, sd, n)
    half = _half_width(sd / math.sqrt(n), n, rho=_rho(optimum, alpha), alpha=alpha)
    return Interval(
        estimate=mean, low=mean - half, high=mean + half, level=1 - alpha, n=n, n_effective=n
    )


def two_sample_sequence(  # noqa: PLR0917 - two samples of three numbers
    first_mean: float,
    first_var: float,
    first_n: int,
    second_mean: float,
    second_var: float,
    second_n: int,
    *,
    alpha: float = 0.05,
    tuning: float,
) -> Difference:
    """Return the asymptotic confidence sequence of the difference of two independent means.

    Args:
        first_mean: Mean of the first sample so far; a rate is a mean of zeros and ones.
        first_var: Variance of its observations; p(1-p) for a rate.
        first_n: How many there are.
        second_mean: As of the first.
        second_var: As of the first.
        second_n: As of the first.
        alpha: Probability that the difference is ever outside, 0 to 1.
        tuning: The n, both samples together, at which the interval is shortest.

    Raises:
        ValueError: A sample has fewer than 2 observations, a variance is negative, or alpha or
            tuning is out of range.

    Assumes:
        Independent samples that grow in a fixed proportion, large enough for normal means.
        Without spread in both, bounds and statistic are NaN, and p is 1 or NaN.

    Formula:
        SE² = v₁/n₁+v₂/n₂, n = n₁+n₂; d ± SE √((n+rho)/n ln((n+rho)/(rho alpha²)));
        p = min(1, √((n+rho)/rho) exp(-n z²/(2(n+rho)))), z = d/SE; rho as in
        `asymptotic_sequence`.

    Not for:
        Paired observations: take `asymptotic_sequence` of the differences.

    References:
        Waudby-Smith et al. (2024), Ann Stat 52, 2613-2640; GrowthBook's sequential test.
    """
    _require_summary(first_mean, first_var, first_n)
    _require_summary(second_mean, second_var, second_n)
    rho = _rho(tuning, alpha)
    n = first_n + second_n
    estimate = second_mean - first_mean
    error = math.sqrt(first_var / first_n + second_var / second_n)
    half = _half_width(error, n, rho=rho, alpha=alpha)
    z = estimate / error if error > 0 else math.nan
    log_e = n * z * z / (2 * (n + rho)) - math.log1p(n / rho) / 2
    no_spread_p = 1.0 if estimate == 0 else math.nan
    return Difference(
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        level=1 - alpha,
        standard_error=error,
        statistic=z,
        df=None,
        p_value=math.exp(-max(log_e, 0.0)) if error > 0 else no_spread_p,
        n=n,
    )


def rate_sequence(successes: int, n: int, *, alpha: float = 0.05, optimum: float) -> Interval:
    """Return the beta-binomial confidence sequence of a rate, at its n-th observation.

    Args:
        successes: How many of the observations so far succeeded.
        n: How many observations there are so far.
        alpha: Probability that the rate is ever outside, 0 to 1.
        optimum: The n at which the interval is about shortest.

    Raises:
        ValueError: n is not positive, successes is not between 0 and n, or alpha or optimum is
            out of range.

    Assumes:
        Independent 0/1 outcomes with one rate; holds from the first observation on.

    Formula:
        {p: B(κp+k, κ(1-p)+n-k) / (B(κp, κ(1-p)) p^k (1-p)^(n-k)) < 1/alpha},
        κ = max(optimum/(L + ln(1+L)) - 1, 0.001), L = -2 ln alpha.

    Not for:
        A single planned look (`wilson` is much shorter); a difference of two rates.

    References:
        Howard, Ramdas, McAuliffe and Sekhon (2021), Ann Stat 49, 1055-1080, the
        beta-binomial mixture.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"successes must be within 0 and n >= 1, got {successes} of {n}")
    weight = max(_rho(optimum, alpha) - 1, LEAST_WEIGHT)
    threshold = -math.log(alpha)

    def excluded(rate: float) -> bool:
        return _log_rate_mixture(successes, n, rate=rate, weight=weight) > threshold

    rate = successes / n
    return Interval(
        estimate=rate,
        low=_edge(excluded, 0.0, rate),
        high=_edge(excluded, 1.0, rate),
        level=1 - alpha,
        n=n,
        n_effective=n,
    )


def empirical_bernstein(
    differences: ArrayLike,
    *,
    alpha: float = 0.05,
    low: float = -1.0,
    high: float = 1.0,
    intersect: bool = False,
) -> RunningInterval:
    """Return the empirical Bernstein confidence sequence of a bounded mean, for every n.

    Args:
        differences: Observations in the order they came, `low` to `high`.
        alpha: Probability that the mean is ever outside, 0 to 1.
        low: Least possible observation.
        high: Greatest possible observation.
        intersect: Whether a bound once shown stays.

    Raises:
        ValueError: An observation is outside low and high, or alpha is out of range.

    Assumes:
        Observations in random order with one conditional mean, bounded by low and high.

    Formula:
        x = (d-low)/(high-low), λ as in `plug_in_bets`, at most 1/2; low bound
        (Σλx - ln(2/alpha) - Σ(x_t-x̄_{t-1})²ψ(λ_t)) / Σλ, ψ(λ) = -ln(1-λ)-λ, x̄_0 = 0; the upper
        bound is that of 1-x, turned round. Cut at low and high.

    Not for:
        Few observations: `betting_sequence` is much shorter there, and only slower.

    References:
        Waudby-Smith and Ramdas (2024), JRSS B 86, 1-27, theorem 2; Howard et al. (2021).
    """
    require_alpha(alpha)
    x = unit_scaled(differences, low=low, high=high)
    lower = np.maximum(_bernstein_lower(x, alpha=alpha), 0.0)
    upper = 1 - np.maximum(_bernstein_lower(1 - x, alpha=alpha), 0.0)
    if intersect:
        lower, upper = np.maximum.accumulate(lower), np.minimum.accumulate(upper)
    span = high - low
    return RunningInterval(
        estimate=low + span * np.cumsum(x) / np.arange(1, x.size + 1),
        low=low + span * lower,
        high=low + span * upper,
        level=1 - alpha,
    )


def quantile_ab(
    first: ArrayLike, second: ArrayLike, *, q: float, alpha: float = 0.05, t_opt: float
) -> EValue:
    """Return the always-valid test that two independent samples have the same q-quantile.

    Args:
        first: Observations of the first sample so far, in any order.
        second: Observations of the second.
        q: Which quantile, between 0 and 1: 0.5 is the median.
        alpha: Share of false alarms the test is tuned for; it does not change its validity.
        t_opt: The number of observations in each sample at which it is about sharpest.

    Raises:
        ValueError: A sample is empty or not finite, or q, alpha or t_opt is out of range.

    Assumes:
        Two independent samples of independent observations of any distribution.

    Formula:
        E = min over x of M₁(x)M₂(x); M_i is the least beta-binomial likelihood ratio
        B(κq+k, κ(1-q)+n-k)/(B(κq, κ(1-q)) q^k (1-q)^(n-k)) with k from #{X < x} to #{X <= x},
        κ = max(t_opt/(L + ln(1+L)) - 1, 0.001), L = -2 ln alpha; p = min(1, 1/E).

    Not for:
        Paired observations: it ignores the pairing (bootstrap the cases).

    References:
        Howard and Ramdas (2022), Bernoulli 28, 1704-1728, theorem 5.
    """
    if not 0 < q < 1:
        raise ValueError(f"q must be between 0 and 1, got {q}")
    weight = max(_rho(t_opt, alpha) - 1, LEAST_WEIGHT)
    samples = [_sorted(first), _sorted(second)]
    points = np.unique(np.concatenate(samples))
    log_e = sum(_log_quantile_mixture(sample, points, q=q, weight=weight) for sample in samples)
    return EValue.of_log(float(np.min(log_e)), n=sum(sample.size for sample in samples))


def _rho(optimum: float, alpha: float) -> float:
    """Return the mixture's precision that makes the boundary tightest at `optimum`."""
    require_alpha(alpha)
    if not 0 < optimum < math.inf:
        raise ValueError(f"the optimum must be positive and finite, got {optimum}")
    return optimum / (-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha)))


def _half_width(error: float, n: int, *, rho: float, alpha: float) -> float:
    if error == 0:
        return math.nan
    return error * math.sqrt((n + rho) / n * (math.log1p(n / rho) - 2 * math.log(alpha)))


def _require_summary(mean: float, spread: float, n: int) -> None:
    if n < 2 or not (math.isfinite(mean) and 0 <= spread < math.inf):  # noqa: PLR2004 - a spread
        raise ValueError(
            f"need n >= 2, a finite mean and a spread of 0 or more, got {n}, {mean}, {spread}"
        )


def _log_rate_mixture(successes: int, n: int, *, rate: float, weight: float) -> float:
    a, b = weight * rate, weight * (1 - rate)
    failures = n - successes
    likelihood = successes * math.log(rate) + failures * math.log1p(-rate)
    return log_beta(a + successes, b + failures) - log_beta(a, b) - likelihood


def _edge(excluded: Callable[[float], bool], outside: float, inside: float) -> float:
    """Return where `excluded` turns false on the way from outside to inside, by bisection."""
    if outside == inside:
        return outside
    for _ in range(HALVINGS):
        middle = (outside + inside) / 2
        if middle in (outside, inside):
            break
        outside, inside = (middle, inside) if excluded(middle) else (outside, middle)
    return outside


def _bernstein_lower(x: NDArray[np.float64], *, alpha: float) -> NDArray[np.float64]:
    bets = np.minimum(plug_in_bets(x, alpha=alpha), GREATEST_BET)
    mean = np.cumsum(x) / np.arange(1, x.size + 1)
    before = np.concatenate(([0.0], mean[:-1]))
    penalty = np.cumsum((x - before) ** 2 * (-np.log1p(-bets) - bets))
    margin = math.log(2 / alpha) + penalty
    return np.asarray((np.cumsum(bets * x) - margin) / np.cumsum(bets))


def _sorted(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0 or not bool(np.all(np.isfinite(array))):
        raise ValueError(f"one row of finite values is needed, got the shape {array.shape}")
    return np.sort(array)


def _log_quantile_mixture(
    sample: NDArray[np.float64], points: NDArray[np.float64], *, q: float, weight: float
) -> NDArray[np.float64]:
    """Return, at each point, the least log mixture over the counts a quantile there allows."""
    from scipy.special import betaln

    n = sample.size
    a, b = weight * q, weight * (1 - q)
    count = np.clip(
        _least_count(n, a=a, b=b, q=q),
        np.searchsorted(sample, points, side="left"),
        np.searchsorted(sample, points, side="right"),
    )
    likelihood = count * math.log(q) + (n - count) * math.log1p(-q)
    return np.asarray(betaln(a + count, b + n - count) - betaln(a, b) - likelihood)


def _least_count(n: int, *, a: float, b: float, q: float) -> float:
    """Return the count (not a whole number) that speaks least against the quantile."""
    from scipy.special import digamma

    odds = math.log(q) - math.log1p(-q)
    low, high = 0.0, float(n)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        too_many = digamma(a + middle) - digamma(b + n - middle) > odds
        low, high = (low, middle) if too_many else (middle, high)
    return (low + high) / 2
