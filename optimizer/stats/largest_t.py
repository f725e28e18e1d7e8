"""The distribution of the largest of several correlated t statistics, by simulation."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.models.dataclass import dataclass
from optimizer.stats.student import t_critical

DRAWS = 400_000
CHUNK = 1 << 20  # normal draws held at once: 4 MB
NODES = 400  # values of the common standard deviation averaged over
MAX_HALVINGS = 100
NEGATIVE = -1e-6  # an eigenvalue beyond rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class LargestT:
    """The distribution of max|t| over K statistics that share one standard deviation s.

    Attributes:
        largest: Draws of max|N(0, R)|, ascending.
        deviations: Equally likely values of s.
        k: Number of statistics.
        df: Degrees of freedom of s; infinity where it is known.
    """

    largest: NDArray[np.float64]
    deviations: NDArray[np.float64]
    k: int
    df: float

    def cdf(self, t: float) -> float:
        """Return P(max|t| <= t)."""
        places = np.searchsorted(self.largest, t * self.deviations, side="right")
        return float(places.mean()) / self.largest.size

    def critical(self, alpha: float) -> float:
        """Return c with P(max|t| > c) = alpha, between that of one statistic and Bonferroni's."""
        low, high = t_critical(1 - alpha, self.df), t_critical(1 - alpha / self.k, self.df)
        for _ in range(MAX_HALVINGS):
            middle = (low + high) / 2
            if middle in {low, high}:
                break
            low, high = (middle, high) if self.cdf(middle) < 1 - alpha else (low, middle)
        return high

    def adjusted_p(self, statistic: float, p_value: float) -> float:
        """Return P(max|t| >= |statistic|), between its own two-sided p-value and K times that.

        Where the statistic is NaN its own p-value is all there is.
        """
        if math.isnan(statistic):
            return p_value
        return min(max(1 - self.cdf(abs(statistic)), p_value), self.k * p_value, 1.0)


def largest_t(correlation: ArrayLike, df: float, *, seed: int = 0, draws: int = DRAWS) -> LargestT:
    """Return the distribution of the largest |t| for a correlation of the statistics.

    Args:
        correlation: Correlation matrix, K by K; it may be singular.
        df: Degrees of freedom of the common standard deviation; infinity for normals.
        seed: Of the random normals.
        draws: How many vectors of them; the default puts critical values within about 0.01.

    Raises:
        ValueError: The matrix is not a correlation matrix, df is not positive, or no draws.

    Assumes:
        Statistics that are jointly normal over one common s.

    Formula:
        max|N(0, R)|/s, s² = χ²_df/df: the normals are drawn, s is averaged over 400 values.

    Not for:
        Statistics that each have their own s, unless df is large.

    References:
        Dunnett (1955), JASA 50, 1096-1121; Hothorn, Bretz and Westfall (2008), Biom J 50, 346-363.
    """
    if not df > 0 or draws < 1:
        raise ValueError(f"need df > 0 and draws >= 1, got {df} and {draws}")
    factor = _factor(correlation).astype(np.float32)  # half the work; the draws are far coarser
    k = factor.shape[0]
    rng = np.random.default_rng(seed)
    rows = max(1, CHUNK // k)
    parts = [
        np.abs(rng.standard_normal((min(rows, draws - done), k), dtype=np.float32) @ factor.T).max(
            axis=1
        )
        for done in range(0, draws, rows)
    ]
    return LargestT(
        largest=np.sort(np.concatenate(parts).astype(np.float64)),
        deviations=_deviations(df),
        k=k,
        df=df,
    )


def _deviations(df: float) -> NDArray[np.float64]:
    """Return equally likely values of √(χ²/df)."""
    if math.isinf(df):
        return np.ones(1)
    from scipy import special

    shares = (np.arange(NODES) + 0.5) / NODES
    deviations: NDArray[np.float64] = np.sqrt(special.chdtri(df, 1 - shares) / df)
    return deviations


def _factor(correlation: ArrayLike) -> NDArray[np.float64]:
    """Return F with F·Fᵀ = R; by eigenvalues, since statistics may repeat each other."""
    r = np.asarray(correlation, dtype=np.float64)
    if r.ndim != 2 or r.shape[0] != r.shape[1] or r.size == 0:  # noqa: PLR2004 - a matrix
        raise ValueError(f"a correlation matrix must be square, got shape {r.shape}")
    if not np.allclose(r, r.T) or not np.allclose(np.diag(r), 1):
        raise ValueError("a correlation matrix must be symmetric with 1 on its diagonal")
    values, vectors = np.linalg.eigh(r)
    if values[0] < NEGATIVE * r.shape[0]:
        raise ValueError(f"a correlation matrix has no negative eigenvalue, got {values[0]}")
    factor: NDArray[np.float64] = vectors * np.sqrt(np.maximum(values, 0.0))
    return factor
