"""How many cases a question about rates takes, and what a number of them can answer.

Numbers of observations come back unrounded; round them up. `alpha` is two-sided wherever a
difference is sought and one-sided wherever a margin is to be cleared. A decision plans with the
closed forms, so arrays are loaded only by the functions that need them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from optimizer.stats.intervals import wilson
from optimizer.stats.quantiles import normal_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_TAIL = 0.5  # of a mid-p test: above it, a tie would count as a difference


def paired_rates_n(
    discordance: float, difference: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return how many pairs McNemar's test takes to find a difference of paired rates.

    Args:
        discordance: Share of pairs whose two outcomes differ, above 0 to 1.
        difference: Second rate minus first; not 0, and at most the discordance in size.
        alpha: Two-sided error rate.
        power: Wanted probability of finding the difference, above alpha.

    Raises:
        ValueError: An argument is outside the ranges above.

    Assumes:
        Independent pairs, one outcome each. At ceil(n) the mid-p test has the power asked for
        or a little more (.80 to .89 for .8; most where few pairs differ).

    Formula:
        n = [z_(1-alpha/2) √ψ + z_power √(ψ - Δ²)]² / Δ²

    Not for:
        Several outcomes per pair (`repeats_n`), independent groups (`two_rates_n`).

    References:
        Connor (1987), Biometrics 43, 207-211.
    """
    _require_discordance(discordance, difference)
    require_other_than_zero(difference)
    z_alpha, z_power = z_values(alpha, power, sides=2)
    spread = math.sqrt(discordance - difference**2)
    return (z_alpha * math.sqrt(discordance) + z_power * spread) ** 2 / difference**2


def paired_rates_power(
    n: int, discordance: float, difference: float, *, alpha: float = 0.05
) -> float:
    """Return the exact power of McNemar's mid-p test; its exact size where the difference is 0.

    Args:
        n: Number of pairs.
        discordance: As in `paired_rates_n`.
        difference: Second rate minus first; at most the discordance in size.
        alpha: Two-sided error rate, at most 0.5.

    Raises:
        ValueError: n is below 1, or an argument is outside the ranges above.

    Assumes:
        Independent pairs, one outcome each.

    Formula:
        Σ_m P(M = m) · P(mid-p(C, m) < alpha), M ~ Bin(n, ψ), C | m ~ Bin(m, (ψ + Δ) / 2ψ)

    Not for:
        The difference just observed: that is a p-value in disguise ("post-hoc power").

    References:
        Fagerland, Lydersen and Laake (2013), BMC Med Res Methodol 13:91.
    """
    import numpy as np
    from scipy.special import betaln, xlog1py, xlogy

    _require_discordance(discordance, difference)
    if n < 1 or not 0 < alpha <= MAX_TAIL:
        raise ValueError(f"need n >= 1 and 0 < alpha <= 0.5, got n = {n}, alpha = {alpha}")
    m = np.arange(n + 1)
    weight = np.exp(
        xlogy(m, discordance)
        + xlog1py(n - m, -discordance)
        - betaln(m + 1, n - m + 1)
        - math.log(n + 1)
    )
    limit = _midp_limits(m, alpha)
    risen = (discordance + difference) / (2 * discordance)
    rejected = _binomial_cdf(limit, m, risen) + _binomial_cdf(limit, m, 1 - risen)
    return min(float(weight @ rejected / weight.sum()), 1.0)


def paired_rates_detectable(
    n: float, discordance: float, *, alpha: float = 0.05, power: float = 0.8
) -> float | None:
    """Return the smallest difference of paired rates that n pairs find; None if there is none.

    Args:
        n: Number of pairs.
        discordance: As in `paired_rates_n`.
        alpha: As in `paired_rates_n`.
        power: As in `paired_rates_n`.

    Raises:
        ValueError: n is not positive, or an argument is outside the ranges of `paired_rates_n`.

    Assumes:
        As `paired_rates_n`, whose inverse it is; a difference cannot exceed the discordance.

    Formula:
        Δ = √ψ [z_a √n + z_power √(n + z_power² - z_a²)] / (n + z_power²), z_a = z_(1-alpha/2)

    Not for:
        Saying what the data at hand showed; that is what their interval says.

    References:
        Connor (1987), Biometrics 43, 207-211, solved for the difference.
    """
    _require_discordance(discordance, 0.0)
    if not n > 0:
        raise ValueError(f"n must be positive, got {n}")
    z_alpha, z_power = z_values(alpha, power, sides=2)
    inner = n + z_power**2 - z_alpha**2
    if inner < 0 or math.sqrt(n * inner) < z_power * z_alpha:
        return None
    root = z_alpha * math.sqrt(n) + z_power * math.sqrt(inner)
    difference = math.sqrt(discordance) * root / (n + z_power**2)
    return difference if difference <= discordance else None


def paired_noninferiority_n(
    discordance: float,
    margin: float,
    *,
    difference: float = 0.0,
    alpha: float = 0.05,
    power: float = 0.8,
) -> float:
    """Return how many pairs it takes to show that the second rate is not below by the margin.

    Args:
        discordance: As in `paired_rates_n`.
        margin: Loss that must be ruled out, positive.
        difference: True second rate minus first; above -margin.
        alpha: One-sided error rate.
        power: Wanted probability of showing it, above alpha.

    Raises:
        ValueError: An argument is outside the ranges above.

    Assumes:
        Independent pairs, one outcome each, and enough of them for the normal approximation.

    Formula:
        n = (z_(1-alpha) + z_power)² (ψ - Δ²) / (margin + Δ)²

    Not for:
        Several outcomes per pair (`mean_noninferiority_n`).

    References:
        Nam (1997), Biometrics 53, 1422-1430; Tango (1998), Stat Med 17, 891-908.
    """
    _require_discordance(discordance, difference)
    return mean_noninferiority_n(
        discordance - difference**2, margin, difference=difference, alpha=alpha, power=power
    )


def discordance_limit(flips: float, n: int, level: float = 0.8) -> float:
    """Return a careful guess of the discordance: the upper Wilson limit of a pilot's.

    Args:
        flips: Pairs of the pilot whose outcomes differ; need not be whole where each pair was
            measured repeatedly, and counts by its chance to differ.
        n: Pairs of the pilot.
        level: Two-sided confidence level; the limit is too low with chance (1 - level) / 2.

    Raises:
        ValueError: n is not positive, or flips is not between 0 and n.

    Assumes:
        The pilot's pairs are drawn like those to come.

    Formula:
        Upper bound of `intervals.wilson`.

    Not for:
        Guessing the difference: plan for the smallest one that matters.

    References:
        Wilson (1927), JASA 22, 209-212; Browne (1995), Stat Med 14, 1933-1940, on pilots.
    """
    return wilson(flips, n, level=level).high


def mean_noninferiority_n(
    variance: float,
    margin: float,
    *,
    difference: float = 0.0,
    alpha: float = 0.05,
    power: float = 0.8,
) -> float:
    """Return how many pairs it takes to show that the second mean is not below by the margin.

    Args:
        variance: Variance of the differences of pairs.
        margin: As in `paired_noninferiority_n`.
        difference: True second mean minus first; above -margin.
        alpha: As in `paired_noninferiority_n`.
        power: As in `paired_noninferiority_n`.

    Raises:
        ValueError: The variance is negative, or an argument is outside the ranges above.

    Assumes:
        Independent pairs, and enough of them for the normal approximation.

    Formula:
        n = (z_(1-alpha) + z_power)² Var(d) / (margin + Δ)²

    Not for:
        Showing that two means are the same both ways, which takes more.

    References:
        Julious (2004), Stat Med 23, 1921-1986.
    """
    require_variances(variance)
    if not (margin > 0 and 0 < margin + difference < math.inf):
        raise ValueError(f"need margin > 0 and difference > -margin, got {margin}, {difference}")
    z = sum(z_values(alpha, power, sides=1))
    return z**2 * variance / (margin + difference) ** 2


def two_rates_n(
    first: float,
    second: float,
    *,
    method: Literal["z", "arcsine"] = "z",
    alpha: float = 0.05,
    power: float = 0.8,
) -> float:
    """Return how many observations each of two independent groups takes.

    Args:
        first: First rate, 0 to 1.
        second: Second rate, 0 to 1, not the first.
        method: "z", the pooled test of two proportions; "arcsine", Cohen's effect size h.
        alpha: As in `paired_rates_n`.
        power: As in `paired_rates_n`.

    Raises:
        ValueError: An argument is outside the ranges above.

    Assumes:
        Two groups of one size, every observation independent of every other.

    Formula:
        z: n = [z_(1-alpha/2) √(2 p̄q̄) + z_power √(p₁q₁ + p₂q₂)]² / (p₂ - p₁)²;
        arcsine: n = 2 (z_(1-alpha/2) + z_power)² / h², h = 2 asin √p₂ - 2 asin √p₁

    Not for:
        The same cases in both groups (`paired_rates_n` takes far fewer).

    References:
        Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, chapter 4;
        Cohen (1988), Statistical Power Analysis, chapter 6.
    """
    if not (0 <= first <= 1 and 0 <= second <= 1):
        raise ValueError(f"rates must be between 0 and 1, got {first} and {second}")
    require_other_than_zero(second - first)
    z_alpha, z_power = z_values(alpha, power, sides=2)
    if method == "arcsine":
        h = 2 * (math.asin(math.sqrt(second)) - math.asin(math.sqrt(first)))
        return 2 * (z_alpha + z_power) ** 2 / h**2
    if method != "z":
        raise ValueError(f"method must be 'z' or 'arcsine', got {method!r}")
    mean = (first + second) / 2
    under_null = z_alpha * math.sqrt(2 * mean * (1 - mean))
    apart = z_power * math.sqrt(first * (1 - first) + second * (1 - second))
    return (under_null + apart) ** 2 / (second - first) ** 2


def clustered_n(n: float, size: float, icc: float) -> float:
    """Return how many observations in families know as much as n independent ones.

    Args:
        n: Independent observations it would take.
        size: Observations per family, 1 or more.
        icc: Intraclass correlation, -1 to 1.

    Raises:
        ValueError: An argument is outside the ranges above, or n is not positive.

    Assumes:
        Families of one size.

    Formula:
        n · [1 + (size - 1) icc]

    Not for:
        Very unequal families; give the mean of squared sizes over the mean size as size.

    References:
        Kish (1965), Survey Sampling, 5.4; Donner, Birkett and Buck (1981), Am J Epidemiol 114.
    """
    if not (n > 0 and size >= 1 and -1 <= icc <= 1):
        raise ValueError(f"need n > 0, size >= 1, -1 <= icc <= 1, got {n}, {size}, {icc}")
    design_effect = 1 + (size - 1) * icc
    if design_effect < 0:
        raise ValueError(f"families of {size} cannot have an icc of {icc}")
    return n * design_effect


def z_values(alpha: float, power: float, *, sides: int) -> tuple[float, float]:
    """Return the normal quantiles of an alpha with one side or two, and of a power.

    Raises:
        ValueError: Not 0 < alpha < power < 1.
    """
    if not 0 < alpha < power < 1:
        raise ValueError(f"need 0 < alpha < power < 1, got alpha = {alpha}, power = {power}")
    return normal_quantile(1 - alpha / sides), normal_quantile(power)


def _require_discordance(discordance: float, difference: float) -> None:
    if not 0 < discordance <= 1:
        raise ValueError(f"discordance must be above 0 and at most 1, got {discordance}")
    if not abs(difference) <= discordance:
        raise ValueError(f"a difference of {difference} exceeds the discordance, {discordance}")


def require_other_than_zero(difference: float) -> None:
    """Refuse a difference that no number of observations finds.

    Raises:
        ValueError: It is 0 or not finite.
    """
    if not math.isfinite(difference) or difference == 0:
        raise ValueError(f"a finite difference other than 0 is needed, got {difference}")


def require_variances(*variances: float) -> None:
    """Refuse what is no variance.

    Raises:
        ValueError: One is negative or not finite.
    """
    if not all(math.isfinite(variance) and variance >= 0 for variance in variances):
        raise ValueError(f"variances must be finite and >= 0, got {variances}")


def _midp_limits(m: NDArray[np.int_], alpha: float) -> NDArray[np.int_]:
    """Return the largest k with mid-p(k, m) < alpha for each m; -1 where there is none."""
    import numpy as np

    start = m / 2 - normal_quantile(1 - alpha / 2) * np.sqrt(m) / 2
    k = np.clip(np.floor(start), -1, m).astype(m.dtype)
    while (low := _midp(k + 1, m) < alpha).any():
        k = k + low
    while (high := (k >= 0) & (_midp(k, m) >= alpha)).any():
        k = k - high
    return k


def _midp(k: NDArray[np.int_], m: NDArray[np.int_]) -> NDArray[np.float64]:
    """Return McNemar's mid-p with k the rarer of m discordant outcomes; 1 from the middle on."""
    import numpy as np

    p = _binomial_cdf(k, m, 0.5) + _binomial_cdf(k - 1, m, 0.5)
    return np.where(2 * k < m, p, 1.0)


def _binomial_cdf(k: NDArray[np.int_], m: NDArray[np.int_], p: float) -> NDArray[np.float64]:
    """Return P(X <= k) for X ~ Bin(m, p); 0 below k = 0."""
    import numpy as np
    from scipy.special import betainc

    inside = (k >= 0) & (k < m)
    tail = betainc(np.where(inside, m - k, 1), np.where(inside, k + 1, 1), 1 - p)
    return np.where(inside, tail, np.where(k < 0, 0.0, 1.0))
