"""Two one-sided tests: is a difference within a margin?"""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from optimizer.models.dataclass import dataclass
from optimizer.stats.arrays import finite_values
from optimizer.stats.student import lower_tail_p


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """Two one-sided tests of a mean difference, second minus first.

    Attributes:
        estimate: Mean difference, in the unit of the data.
        margin: Largest difference that counts as the same, in the unit of the data.
        p_lower: One-sided, of "the difference is -margin or less".
        p_upper: One-sided, of "the difference is margin or more".
        p_value: The larger of both.
        df: Degrees of freedom.
        n: Number of pairs.
    """

    estimate: float
    margin: float
    p_lower: float
    p_upper: float
    p_value: float
    df: int
    n: int


def tost_paired(differences: ArrayLike, *, margin: float) -> Equivalence:
    """Return the two one-sided t tests that a mean paired difference is within a margin.

    Args:
        differences: One per unit, second minus first.
        margin: Largest difference that counts as the same, positive.

    Raises:
        ValueError: Fewer than 2 differences, one is not finite, or the margin is not positive.

    Assumes:
        As `paired_t`; a margin chosen before the data were seen.

    Formula:
        p_lower = P(T ≥ (d̄ + margin)/SE), p_upper = P(T ≤ (d̄ - margin)/SE), n - 1 degrees of
        freedom; both are below alpha exactly if the 1 - 2·alpha interval lies within the margins.
        Without any spread the p-values are 0 or 1, by where the mean is.

    Not for:
        "Not significantly different", which is no evidence of sameness.

    References:
        Schuirmann (1987), J Pharmacokinet Biopharm 15, 657-680.
    """
    d = finite_values(differences, at_least=2, name="differences")
    if not 0 < margin < math.inf:
        raise ValueError(f"margin must be positive and finite, got {margin}")
    mean = float(d.mean())
    standard_error = float(d.std(ddof=1)) / math.sqrt(d.size)
    df = d.size - 1
    p_lower = lower_tail_p(-mean, standard_error, df, null=margin)
    p_upper = lower_tail_p(mean, standard_error, df, null=margin)
    return Equivalence(
        estimate=mean,
        margin=margin,
        p_lower=p_lower,
        p_upper=p_upper,
        p_value=max(p_lower, p_upper),
        df=df,
        n=d.size,
    )
