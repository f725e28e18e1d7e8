"""Student's t and the normal as references: tails, critical values, interval with test."""

from __future__ import annotations

import math

from optimizer.stats.quantiles import normal_quantile, t_quantile, t_upper_tail
from optimizer.stats.results import Difference
from optimizer.stats.student_tail import t_tail

ROUNDING = 1e-12  # a spread this small beside the values is noise of the arithmetic


def t_cdf(t: float, df: float | None) -> float:
    """Return P(T <= t) for Student's t, or for the normal where `df` is None."""
    if df is None or math.isinf(df):
        return math.erfc(-t / math.sqrt(2)) / 2
    tail = t_tail(abs(t), df)
    return 1 - tail if t > 0 else tail


def t_critical(level: float, df: float | None) -> float:
    """Return c with P(|T| <= c) = level, of the normal where `df` is None.

    Raises:
        ValueError: `level` is not between 0 and 1, or `df` is not positive.
    """
    require_level(level)
    p = (1 + level) / 2
    return normal_quantile(p) if df is None or math.isinf(df) else t_quantile(p, df)


def require_level(level: float) -> None:
    """Refuse a confidence level that is none.

    Raises:
        ValueError: It is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level}")


def p_above_zero(estimate: float, error: float, df: float) -> float:
    """Return the posterior probability of a value above 0 under a flat prior.

    Args:
        estimate: The value.
        error: Its standard error; where it is 0 the estimate is taken for certain.
        df: Degrees of freedom of the standard error.
    """
    if not error > 0:
        return 0.5 if estimate == 0 else float(estimate > 0)
    tail = t_upper_tail(abs(estimate) / error, df)
    return 1 - tail if estimate > 0 else tail


def studentized(
    estimate: float,
    standard_error: float,
    df: float | None,
    *,
    n: int,
    level: float,
    null: float = 0.0,
    scale: float = 0.0,
) -> Difference:
    """Return interval and test of an estimate with a known standard error.

    Args:
        estimate: The estimated difference, second minus first.
        standard_error: Of the estimate, in its unit.
        df: Degrees of freedom of the standard error; None for a normal reference.
        n: Number of independent units behind the estimate.
        level: Two-sided confidence level, 0 to 1.
        null: The difference that is tested.
        scale: Size of the numbers that were subtracted, where they are larger than the estimate.

    Raises:
        ValueError: `level` is not between 0 and 1.

    Assumes:
        (estimate - truth) / standard_error follows Student's t.

    Formula:
        estimate ± t·SE; p = 2·P(T ≤ -|estimate - null|/SE). Where SE is 0 the statistic is NaN,
        the interval a point and p its limit: 1 if the estimate is the null, else 0.
    """
    critical = t_critical(level, df)
    exact = _has_no_spread(standard_error, estimate, null, scale)
    se = 0.0 if exact else standard_error
    statistic = math.nan if exact else (estimate - null) / se
    p_value = (
        float(_agree(estimate, null, scale)) if exact else min(2 * t_cdf(-abs(statistic), df), 1.0)
    )
    half = 0.0 if exact else critical * se
    return Difference(
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        level=level,
        standard_error=se,
        statistic=statistic,
        df=df,
        p_value=p_value,
        n=n,
    )


def lower_tail_p(
    estimate: float, standard_error: float, df: float | None, *, null: float, scale: float = 0.0
) -> float:
    """Return the one-sided p-value of "at least the null": P(T <= (estimate - null)/SE).

    Where the standard error is 0, the limit: 0 if the estimate is below the null, else 1.
    """
    if _has_no_spread(standard_error, estimate, null, scale):
        return 0.0 if estimate < null and not _agree(estimate, null, scale) else 1.0
    return t_cdf((estimate - null) / standard_error, df)


def _has_no_spread(standard_error: float, estimate: float, null: float, scale: float) -> bool:
    return standard_error <= ROUNDING * max(abs(estimate), abs(null), abs(scale))


def _agree(estimate: float, null: float, scale: float) -> bool:
    return abs(estimate - null) <= ROUNDING * max(abs(estimate), abs(null), abs(scale))
