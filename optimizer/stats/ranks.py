"""Tests by signs and ranks: sign flips, Wilcoxon's signed ranks, Mann and Whitney's U."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.stats.arrays import finite_values
from optimizer.stats.results import HypothesisTest
from optimizer.stats.student import ROUNDING, t_cdf

ZeroMethod: TypeAlias = Literal["wilcox", "pratt", "zsplit"]

MOST_ENUMERATED = 16  # 2^16 sign patterns are as quick as the 9,999 draws
DECIMALS = 9
MOST_EXACT = 1000  # the table of an exact distribution grows with the cube
FEW = 8
BYTE = 8
BLOCK = 512  # tables of sums held at once: 1 MB


def sign_flip(differences: ArrayLike, *, seed: int = 0, resamples: int = 9999) -> HypothesisTest:
    """Return the sign-flip permutation test of a mean difference of 0.

    The statistic is the mean difference. Up to 16 differences that are not 0 every pattern of
    signs is counted, beyond that `resamples` random ones.

    Args:
        differences: One per unit, second minus first.
        seed: Of the random patterns.
        resamples: How many of them.

    Raises:
        ValueError: No difference, one is not finite, or `resamples` is below 1.

    Assumes:
        Independent units in which first and second could have changed places.

    Formula:
        p = share of sign patterns with |Σ ±dᵢ| ≥ |Σ dᵢ|; at random (hits + 1)/(resamples + 1).
        Sums that differ by rounding only count as equal.

    Not for:
        An interval (`paired_t`, `pseudo_case`); units in families (`cv3`).

    References:
        Fisher (1935), The Design of Experiments, section 21; Phipson and Smyth (2010), Stat Appl
        Genet Mol Biol 9, 39.
    """
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, got {resamples}")
    d = finite_values(differences, name="differences")
    sizes = np.abs(d[d != 0])
    bar = abs(float(d.sum())) - ROUNDING * float(sizes.sum())
    if sizes.size <= MOST_ENUMERATED:
        p_value = float(np.mean(np.abs(_every_sum(sizes)) >= bar))
    else:
        hits = int(np.count_nonzero(np.abs(_random_sums(sizes, seed, resamples)) >= bar))
        p_value = (hits + 1) / (resamples + 1)
    return HypothesisTest(statistic=float(d.mean()), p_value=p_value, n=d.size)


def wilcoxon(
    differences: ArrayLike,
    *,
    zero_method: ZeroMethod = "zsplit",
    method: Literal["approx", "exact"] = "approx",
) -> HypothesisTest:
    """Return Wilcoxon's signed-rank test; the statistic is the smaller sum of ranks.

    Args:
        differences: One per unit, second minus first; rounded to 9 decimals here, because the
            noise of the arithmetic would break ties.
        zero_method: `zsplit` gives half the ranks of zeros to each side, `pratt` ranks zeros and
            drops their ranks, `wilcox` drops zeros before ranking.
        method: `approx` takes the normal with correction for ties, `exact` counts the sign
            patterns of the ranks there are, ties included.

    Raises:
        ValueError: No difference, one is not finite, an unknown choice, or more than 1,000
            differences for `exact`.

    Assumes:
        Independent units and a distribution of differences that is symmetric around its median.

    Formula:
        T = min(R₊, R₋); z = (T - E)/√V, E = n(n+1)/4, V = [n(n+1)(2n+1) - Σ(t³-t)/2]/24, both
        less the part of the zeros under `pratt`; p = 2·P(Z ≤ z).

    Not for:
        A question about the mean (`paired_t`, `sign_flip`).

    References:
        Wilcoxon (1945), Biometrics Bull 1, 80-83; Pratt (1959), JASA 54, 655-667.
    """
    d = np.round(finite_values(differences, name="differences"), DECIMALS)
    if zero_method not in {"wilcox", "pratt", "zsplit"} or method not in {"approx", "exact"}:
        raise ValueError(
            "zero_method must be wilcox, pratt or zsplit and method approx or exact, "
            f"got {zero_method!r} and {method!r}"
        )
    n = d.size
    if zero_method == "wilcox":
        d = d[d != 0]
    ranks, ties = _average_ranks(np.abs(d))
    zeros = float(ranks[d == 0].sum()) / 2 if zero_method == "zsplit" else 0.0
    above, below = float(ranks[d > 0].sum()) + zeros, float(ranks[d < 0].sum()) + zeros
    smaller = min(above, below)
    if method == "exact":
        p_value = _exact_p(ranks[d != 0], smaller - zeros)
    else:
        dropped = int(np.count_nonzero(d == 0)) if zero_method == "pratt" else 0
        if dropped:  # zeros, where there are any, are the first group of ties
            ties = ties[1:]
        p_value = _normal_p(smaller, d.size, dropped, ties)
    return HypothesisTest(statistic=smaller, p_value=p_value, n=n)


def mann_whitney(first: ArrayLike, second: ArrayLike) -> HypothesisTest:
    """Return Mann and Whitney's test; the statistic is U of the second sample.

    U counts the pairs in which the second value is the larger, ties by half; above n₁n₂/2 the
    second sample tends to be larger.

    Args:
        first: One value per unit of the first sample.
        second: One value per unit of the second sample.

    Raises:
        ValueError: A sample is empty, or one value is not finite.

    Assumes:
        Independent units; under the null both samples have one distribution.

    Formula:
        Exact without ties where one sample has at most 8 values and the other at most 1,000, else
        the normal with corrections for ties and continuity.

    Not for:
        A question about means (`welch`); the same units measured twice (`wilcoxon`).

    References:
        Mann and Whitney (1947), Ann Math Stat 18, 50-60.
    """
    a, b = finite_values(first, name="first values"), finite_values(second, name="second values")
    n = a.size + b.size
    if min(a.min(), b.min()) == max(a.max(), b.max()):
        return HypothesisTest(statistic=a.size * b.size / 2, p_value=1.0, n=n)
    from scipy import stats

    small = min(a.size, b.size) <= FEW and max(a.size, b.size) <= MOST_EXACT
    untied = np.unique(np.concatenate([a, b])).size == n
    method: Literal["exact", "asymptotic"] = "exact" if small and untied else "asymptotic"
    found = stats.mannwhitneyu(b, a, alternative="two-sided", method=method)
    return HypothesisTest(statistic=float(found.statistic), p_value=float(found.pvalue), n=n)


def _every_sum(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums under each pattern of signs, the first sign fixed."""
    sums = sizes[:1] if sizes.size else np.zeros(1)
    for size in sizes[1:]:
        sums = np.concatenate([sums + size, sums - size])
    return sums


def _random_sums(sizes: NDArray[np.float64], seed: int, resamples: int) -> NDArray[np.float64]:
    """Return sums under random signs: eight signs are one random byte, looked up in a table."""
    rng = np.random.default_rng(seed)
    sums = np.zeros(resamples)
    for table in _byte_tables(sizes):
        sums += table[rng.integers(0, table.size, resamples, dtype=np.uint8)]
    return sums


def _byte_tables(sizes: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Yield, per eight sizes, their sums under the 256 patterns of signs."""
    patterns = np.unpackbits(np.arange(1 << BYTE, dtype=np.uint8)[:, None], axis=1)
    signs = 2.0 * patterns - 1
    padded = np.zeros(math.ceil(sizes.size / BYTE) * BYTE)
    padded[: sizes.size] = sizes
    groups = padded.reshape(-1, BYTE)
    for start in range(0, len(groups), BLOCK):
        yield from groups[start : start + BLOCK] @ signs.T


def _average_ranks(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return ranks from 1, ties by their average, and how many values share each rank."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    return (last - (sizes - 1) / 2)[group], sizes


def _normal_p(smaller: float, ranked: int, dropped: int, ties: NDArray[np.int64]) -> float:
    shared = ties.astype(np.float64)
    expected = (ranked * (ranked + 1) - dropped * (dropped + 1)) / 4
    variance = (
        ranked * (ranked + 1) * (2 * ranked + 1)
        - dropped * (dropped + 1) * (2 * dropped + 1)
        - float((shared**3 - shared).sum()) / 2
    ) / 24
    if variance <= 0:
        return 1.0
    return min(2 * t_cdf((smaller - expected) / math.sqrt(variance), None), 1.0)


def _exact_p(ranks: NDArray[np.float64], smaller: float) -> float:
    """Return the share of sign patterns whose smaller sum is no larger than this one."""
    if ranks.size > MOST_EXACT:
        raise ValueError(
            f"exact counting takes at most {MOST_EXACT} differences, got {ranks.size}; "
            "use method='approx'"
        )
    doubled = np.rint(2 * ranks).astype(np.int64)  # average ranks are whole or half numbers
    step = 1 if (doubled % 2).any() else 2
    weights = doubled // step
    shares = np.zeros(int(weights.sum()) + 1)
    shares[0] = 1.0
    for weight in weights:
        shares[weight:] += shares[: shares.size - weight].copy()
        shares /= 2
    return min(2 * float(shares[: round(2 * smaller / step) + 1].sum()), 1.0)
