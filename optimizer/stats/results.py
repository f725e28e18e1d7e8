"""What a kernel returns: a test, a difference, a ratio. Intervals are in `intervals`."""

from __future__ import annotations

from optimizer.models.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HypothesisTest:
    """A test statistic and its p-value; what it means is for somebody else to say.

    Attributes:
        statistic: The test statistic; its sign is that of second minus first.
        p_value: Two-sided unless the kernel says otherwise, 0 to 1.
        n: Number of observations (pairs, for a paired test).
        df: Degrees of freedom; None where the test has none.
    """

    statistic: float
    p_value: float
    n: int
    df: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A mean difference, second minus first, with its interval and test.

    Attributes:
        estimate: Second minus first, in the unit of the data.
        low: Lower bound.
        high: Upper bound.
        level: Two-sided confidence level, 0 to 1.
        standard_error: Of the estimate, in the unit of the data.
        statistic: (estimate - null) / standard_error; NaN where the standard error is 0.
        df: Degrees of freedom; None for a normal reference.
        p_value: Two-sided, 0 to 1.
        n: Number of independent units.
    """

    estimate: float
    low: float
    high: float
    level: float
    standard_error: float
    statistic: float
    df: float | None
    p_value: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A ratio, second over first, with its interval.

    Attributes:
        estimate: Second over first; 1 is no change.
        low: Lower bound; -infinity where unbounded.
        high: Upper bound; infinity where unbounded.
        level: Two-sided confidence level, 0 to 1.
        p_value: Two-sided against a ratio of 1; None where the method gives no test.
        n: Number of independent units.
    """

    estimate: float
    low: float
    high: float
    level: float
    p_value: float | None
    n: int
