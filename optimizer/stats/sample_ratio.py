"""Whether observations were shared out as planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.models.dataclass import dataclass
from optimizer.stats.arrays import counts as checked_counts
from optimizer.stats.arrays import finite_values

if TYPE_CHECKING:
    from collections.abc import Sequence

TWO_ARMS = 2
TIE = 1e-7  # relative; two outcomes this close are equally likely


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRatio:
    """Counts against the plan.

    Attributes:
        chi2: Pearson's statistic, 0 where the counts are exactly as planned.
        df: Its degrees of freedom, arms less one.
        p_value: Its upper tail, 0 to 1.
        p_binomial: Exact two-sided p-value, 0 to 1; None unless there are two arms.
        n: Sum of the counts.
    """

    chi2: float
    df: int
    p_value: float
    p_binomial: float | None
    n: int


def sample_ratio(counts: Sequence[int], *, ratio: Sequence[float] | None = None) -> SampleRatio:
    """Return how well the counts of several arms fit the planned ratio.

    Args:
        counts: Observations of each arm, two arms or more.
        ratio: Planned share of each arm, positive, in any unit; None for equal shares.

    Raises:
        ValueError: Fewer than two arms, no observations, counts that are not whole, or a ratio
            that is not positive or of another length.

    Assumes:
        Every observation was assigned independently; the χ² tail also that every arm should
        have five or more.

    Formula:
        χ² = Σ (observed - planned)² / planned, df = arms - 1; for two arms also the sum of all
        binomial probabilities not above that of the counts

    Not for:
        Assignment in turn or in blocks, which never strays far: there count what is missing.

    References:
        Pearson (1900), Phil Mag 50, 157-175; Fabijan et al. (2019), KDD, 2156-2164.
    """
    from scipy.special import chdtrc

    observed = checked_counts(counts, name="counts", at_least=TWO_ARMS)
    planned = finite_values(
        np.ones(observed.size) if ratio is None else ratio, name="ratio", at_least=TWO_ARMS
    )
    if planned.size != observed.size or (planned <= 0).any():
        raise ValueError(f"ratio: expected {observed.size} positive shares, found {ratio}")
    n = int(observed.sum())
    if n == 0:
        raise ValueError("counts: found no observations, expected at least 1")
    expected = n * planned / planned.sum()
    chi2 = float(((observed - expected) ** 2 / expected).sum())
    df = observed.size - 1
    exact = None
    if observed.size == TWO_ARMS:
        exact = _binomial_p(int(observed[0]), n, float(planned[0] / planned.sum()))
    return SampleRatio(chi2=chi2, df=df, p_value=float(chdtrc(df, chi2)), p_binomial=exact, n=n)


def _binomial_p(k: int, n: int, p: float) -> float:
    """Return the probability of an outcome no likelier than k of n."""
    from scipy.special import betaln, xlog1py, xlogy

    i = np.arange(n + 1)
    log_mass = xlogy(i, p) + xlog1py(n - i, -p) - betaln(i + 1, n - i + 1) - np.log(n + 1)
    unlikely = log_mass <= log_mass[k] + TIE
    return min(float(np.exp(log_mass[unlikely]).sum()), 1.0)
