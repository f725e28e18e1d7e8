"""How many cases a question about means takes: repeats, scores, amounts.

Numbers come back unrounded, and `alpha` has its sides, as in `power`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from optimizer.stats.power import (
    mean_noninferiority_n,
    require_other_than_zero,
    require_variances,
    z_values,
)

SMALLEST_SAMPLE = 2.0  # one observation has no spread
SEARCH_PRECISION = 1e-12
NO_FAR_TAIL = 6.0  # noncentrality beyond which the wrong side never rejects, and scipy may give NaN


def variance_limit(variance: float, n: int, level: float = 0.8) -> float:
    """Return a careful guess of a variance: the upper limit of a pilot's.

    Args:
        variance: Sample variance of the pilot.
        n: Observations of the pilot, at least 2.
        level: Two-sided confidence level; the limit is too low with chance (1 - level) / 2.

    Raises:
        ValueError: The variance is negative, n is below 2, or the level is not within 0 and 1.

    Assumes:
        Independent, normal observations, drawn like those to come.

    Formula:
        s² (n - 1) / χ²_(n-1), at the quantile (1 - level) / 2

    Not for:
        Heavy tails, of which a small pilot sees too little; no formula replaces what it missed.

    References:
        Browne (1995), Stat Med 14, 1933-1940.
    """
    from scipy.special import chdtri

    require_variances(variance)
    if n < SMALLEST_SAMPLE or not 0 < level < 1:
        raise ValueError(f"need n >= 2 and 0 < level < 1, got n = {n}, level = {level}")
    return variance * (n - 1) / float(chdtri(n - 1, (1 + level) / 2))


def repeats_n(
    between_variance: float,
    first_variance: float,
    second_variance: float,
    difference: float,
    *,
    first_repeats: float = 1,
    second_repeats: float = 1,
    alpha: float = 0.05,
    power: float = 0.8,
    design_effect: float = 1.0,
) -> float:
    """Return how many pairs it takes to find a mean difference when each is measured repeatedly.

    Args:
        between_variance: Variance ω² of the true differences, as from `variance_beyond_noise`.
        first_variance: Variance of single first measurements of one pair.
        second_variance: Variance of single second measurements of one pair.
        difference: Mean difference to find, second minus first, not 0.
        first_repeats: First measurements of each pair, 1 or more.
        second_repeats: Second measurements of each pair, 1 or more.
        alpha: As in `paired_rates_n`.
        power: As in `paired_rates_n`.
        design_effect: Kish's, 1 where pairs are independent.

    Raises:
        ValueError: An argument is outside the ranges above, or a variance is negative.

    Assumes:
        Independent repeats, and enough pairs for the normal approximation.

    Formula:
        n = (z_(1-alpha/2) + z_power)² (ω² + σ²_A/K_A + σ²_B/K_B) / δ² · deff

    Not for:
        Fewer than some twenty pairs (`paired_t_n`).

    References:
        Miller (2024), arXiv:2411.00640; Kish (1965), Survey Sampling, 8.2.
    """
    require_variances(between_variance, first_variance, second_variance)
    if not (first_repeats >= 1 and second_repeats >= 1):
        raise ValueError(f"repeats must be >= 1, got {first_repeats} and {second_repeats}")
    noise = first_variance / first_repeats + second_variance / second_repeats
    return repeats_floor(
        between_variance + noise, difference, alpha=alpha, power=power, design_effect=design_effect
    )


def repeats_floor(
    between_variance: float,
    difference: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    design_effect: float = 1.0,
) -> float:
    """Return how many pairs it takes however often each is measured.

    Args:
        between_variance: As in `repeats_n`.
        difference: As in `repeats_n`.
        alpha: As in `paired_rates_n`.
        power: As in `paired_rates_n`.
        design_effect: As in `repeats_n`.

    Raises:
        ValueError: As in `repeats_n`.

    Assumes:
        As `repeats_n`, with repeats without end.

    Formula:
        n = (z_(1-alpha/2) + z_power)² ω² / δ² · deff

    Not for:
        Planning a number of pairs; with fewer than this, more repeats cannot reach the power.

    References:
        Miller (2024), arXiv:2411.00640.
    """
    require_variances(between_variance)
    require_other_than_zero(difference)
    if not design_effect > 0:
        raise ValueError(f"design_effect must be positive, got {design_effect}")
    z = sum(z_values(alpha, power, sides=2))
    return z**2 * between_variance / difference**2 * design_effect


def best_repeats(
    first_variance: float,
    second_variance: float,
    between_variance: float,
    *,
    case_cost: float,
    run_cost: float,
) -> float:
    """Return how often to measure each pair for the most certainty at one price.

    Args:
        first_variance: As in `repeats_n`.
        second_variance: As in `repeats_n`.
        between_variance: As in `repeats_n`.
        case_cost: Cost of one more pair without its measurements, positive.
        run_cost: Cost of measuring a pair once more on both sides, positive.

    Raises:
        ValueError: A variance is negative, or a cost is not positive.

    Assumes:
        As many first as second measurements, at a constant price.

    Formula:
        K = √[(σ²_A + σ²_B) / ω² · case_cost / run_cost]; infinity at ω² = 0, NaN if all are 0

    Not for:
        Values below 1: measure once.

    References:
        Cochran (1977), Sampling Techniques, 10.6 (optimum subsampling).
    """
    require_variances(first_variance, second_variance, between_variance)
    if not (case_cost > 0 and run_cost > 0):
        raise ValueError(f"costs must be positive, got {case_cost} and {run_cost}")
    noise = first_variance + second_variance
    if between_variance == 0:
        return math.inf if noise > 0 else math.nan
    return math.sqrt(noise / between_variance * case_cost / run_cost)


def variance_beyond_noise(
    difference_variance: float,
    first_variance: float,
    second_variance: float,
    *,
    first_repeats: float = 1,
    second_repeats: float = 1,
) -> float:
    """Return the variance of the true differences, without what repeats would average away.

    Args:
        difference_variance: Sample variance of the observed differences of pair means.
        first_variance: As in `repeats_n`.
        second_variance: As in `repeats_n`.
        first_repeats: As in `repeats_n`.
        second_repeats: As in `repeats_n`.

    Raises:
        ValueError: A variance is negative, or there are no repeats.

    Assumes:
        As `repeats_n`.

    Formula:
        ω² = max(0, s_d² - σ²_A/K_A - σ²_B/K_B)

    Not for:
        Variances that are not known: with one measurement each, ω² cannot be told from noise.

    References:
        Miller (2024), arXiv:2411.00640.
    """
    require_variances(difference_variance, first_variance, second_variance)
    if not (first_repeats >= 1 and second_repeats >= 1):
        raise ValueError(f"repeats must be >= 1, got {first_repeats} and {second_repeats}")
    noise = first_variance / first_repeats + second_variance / second_repeats
    return max(0.0, difference_variance - noise)


def cost_ratio_n(
    log_sd: float,
    limit: float = 1.10,
    *,
    ratio: float = 1.0,
    alpha: float = 0.05,
    power: float = 0.8,
) -> float:
    """Return how many pairs it takes to show that a typical ratio is below a limit.

    Args:
        log_sd: Standard deviation of the log ratios of pairs.
        limit: Ratio that must be ruled out, second over first, above 1.
        ratio: True ratio, second over first, below the limit.
        alpha: As in `paired_noninferiority_n`.
        power: As in `paired_noninferiority_n`.

    Raises:
        ValueError: An argument is outside the ranges above.

    Assumes:
        Independent pairs, positive values, log ratios with a finite variance.

    Formula:
        n = (z_(1-alpha) + z_power)² sd² / ln²(limit / ratio)

    Not for:
        Values of 0; there plan for the difference.

    References:
        Julious (2004), Stat Med 23, 1921-1986, on the log scale.
    """
    if not (log_sd >= 0 and limit > 1 and ratio > 0):
        raise ValueError(f"need log_sd >= 0, limit > 1, ratio > 0, got {log_sd}, {limit}, {ratio}")
    return mean_noninferiority_n(
        log_sd**2, math.log(limit), difference=-math.log(ratio), alpha=alpha, power=power
    )


def paired_t_n(d_z: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return how many pairs Student's paired t-test takes.

    Args:
        d_z: Mean difference over the standard deviation of the differences, not 0.
        alpha: As in `paired_rates_n`.
        power: As in `paired_rates_n`.

    Raises:
        ValueError: An argument is outside the ranges above.

    Assumes:
        Normal differences of independent pairs.

    Formula:
        P(|T| > t_(1-alpha/2, n-1)) = power, T noncentral t with df n - 1 and d_z √n; at least 2

    Not for:
        Paired rates with one outcome each (`paired_rates_n`).

    References:
        Cohen (1988), Statistical Power Analysis, chapters 2 and 12.
    """
    require_other_than_zero(d_z)
    z_values(alpha, power, sides=2)
    return _t_test_n(lambda n: (n - 1, abs(d_z) * math.sqrt(n)), alpha, power)


def welch_t_n(d: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return how many observations each of two independent groups takes for a t-test of means.

    Args:
        d: Difference of the means over their common standard deviation, not 0.
        alpha: As in `paired_rates_n`.
        power: As in `paired_rates_n`.

    Raises:
        ValueError: An argument is outside the ranges above.

    Assumes:
        Normal groups of one size and one variance, where Welch's test has nearly Student's power.

    Formula:
        P(|T| > t_(1-alpha/2, 2n-2)) = power, T noncentral t with df 2n - 2 and d √(n/2); at
        least 2

    Not for:
        The same cases in both groups (`paired_t_n`).

    References:
        Cohen (1988), Statistical Power Analysis, chapters 2 and 12.
    """
    require_other_than_zero(d)
    z_values(alpha, power, sides=2)
    return _t_test_n(lambda n: (2 * n - 2, abs(d) * math.sqrt(n / 2)), alpha, power)


def _t_test_n(shape: Callable[[float], tuple[float, float]], alpha: float, power: float) -> float:
    """Return the n whose two-sided t-test, of df and noncentrality shape(n), has the power."""
    from scipy.special import nctdtr, stdtrit

    def lacks(n: float) -> bool:
        df, noncentrality = shape(n)
        critical = stdtrit(df, 1 - alpha / 2)
        found = 1 - nctdtr(df, noncentrality, critical)
        if noncentrality < NO_FAR_TAIL:
            found += nctdtr(df, noncentrality, -critical)
        return bool(found < power)

    low = high = SMALLEST_SAMPLE
    while lacks(high):
        low, high = high, 2 * high
    while high - low > SEARCH_PRECISION * high:
        middle = (low + high) / 2
        low, high = (middle, high) if lacks(middle) else (low, middle)
    return high
