"""How much repeats of the same thing disagree, and the chance that k of them pass."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, overload

import numpy as np

from optimizer.models.dataclass import dataclass
from optimizer.stats.arrays import counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FEWEST_REPEATS = 2  # one repeat cannot disagree with itself


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatNoise:
    """What repeats say of noise, averaged over cases.

    Attributes:
        estimate: Mean over the cases that were repeated; NaN where none was.
        sd: Standard deviation over these cases; NaN where there are fewer than two.
        n: Number of cases behind it.
        n_left_out: Number of cases with fewer than two repeats, which say nothing of noise.
    """

    estimate: float
    sd: float
    n: int
    n_left_out: int


def flake_rate(passes: ArrayLike, repeats: ArrayLike) -> RepeatNoise:
    """Return the chance that two repeats of a case disagree, averaged over cases.

    Args:
        passes: Passed repeats of each case.
        repeats: Repeats of each case.

    Raises:
        ValueError: No cases, unequal lengths, or passes not between 0 and repeats.

    Assumes:
        Repeats of a case are independent. Unbiased for any number of repeats from two on.

    Formula:
        mean of 2k(R - k) / (R(R - 1))

    Not for:
        Telling which cases are flaky: those are all with 0 < k < R.

    References:
        Hoeffding (1948), Ann Math Stat 19, 293-325 (a U-statistic with kernel x ≠ y).
    """
    passed, repeated = _passes_and_repeats(passes, repeats)
    return _mean_over_repeated(2 * _variances(passed, repeated))


def within_variance(passes: ArrayLike, repeats: ArrayLike, *, pooled: bool = False) -> RepeatNoise:
    """Return the variance of single repeats around their case's own rate.

    Args:
        passes: As in `flake_rate`.
        repeats: As in `flake_rate`.
        pooled: Weight cases by R - 1, as the mean square within of an analysis of variance
            does, instead of equally; no difference where all have the same number of repeats.

    Raises:
        ValueError: As in `flake_rate`.

    Assumes:
        Repeats of a case are independent; pooled, also that all cases are equally noisy.

    Formula:
        mean of s²_i = k(R - k) / (R(R - 1)), half the flake rate; pooled Σ(R - 1)s²_i / Σ(R - 1)

    Not for:
        The spread of the cases among themselves.

    References:
        Miller (2024), arXiv:2411.00640; Searle, Casella and McCulloch (1992), Variance
        Components, chapter 3.
    """
    passed, repeated = _passes_and_repeats(passes, repeats)
    return _mean_over_repeated(
        _variances(passed, repeated), weights=repeated - 1 if pooled else None
    )


def variance_share(passes: ArrayLike, repeats: ArrayLike) -> NDArray[np.float64]:
    """Return each case's share of the noise that repeats leave in the mean rate.

    Args:
        passes: As in `flake_rate`.
        repeats: As in `flake_rate`.

    Raises:
        ValueError: As in `flake_rate`.

    Assumes:
        Repeats are independent and the cases fixed: SE² = Σ s²_i/R_i / n².

    Formula:
        (s²_i / R_i) / Σ (s²_j / R_j); NaN for cases repeated less than twice, and for all where
        no case is noisy

    Not for:
        The uncertainty from the choice of the cases.

    References:
        Miller (2024), arXiv:2411.00640.
    """
    passed, repeated = _passes_and_repeats(passes, repeats)
    noise = _variances(passed, repeated) / np.maximum(repeated, 1)
    total = float(np.nansum(noise))
    return noise / (total if total > 0 else math.nan)


@overload
def pass_at_k(n: int, c: int, k: int) -> float: ...
@overload
def pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> float | NDArray[np.float64]: ...
def pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> float | NDArray[np.float64]:
    """Return the chance that at least one of k repeats passes.

    Args:
        n: Repeats of a case; a number, or one for each case.
        c: Those that passed, 0 to n.
        k: How many are tried, 1 to n.

    Raises:
        ValueError: A number is not whole or outside its range.

    Assumes:
        Repeats of a case are independent. Unbiased, unlike 1 - (1 - c/n)^k.

    Formula:
        1 - C(n - c, k) / C(n, k)

    Not for:
        Reliability: one lucky repeat is enough here (`pass_hat_k`).

    References:
        Chen et al. (2021), arXiv:2107.03374.
    """
    return _chances(n, c, k, at_least_one=True)


@overload
def pass_hat_k(n: int, c: int, k: int) -> float: ...
@overload
def pass_hat_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> float | NDArray[np.float64]: ...
def pass_hat_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> float | NDArray[np.float64]:
    """Return the chance that all of k repeats pass.

    Args:
        n: As in `pass_at_k`.
        c: As in `pass_at_k`.
        k: As in `pass_at_k`.

    Raises:
        ValueError: As in `pass_at_k`.

    Assumes:
        Repeats of a case are independent. Unbiased, unlike (c/n)^k.

    Formula:
        C(c, k) / C(n, k)

    Not for:
        More repeats than were made: k ≤ n.

    References:
        Yao et al. (2024), arXiv:2406.12045.
    """
    return _chances(n, c, k, at_least_one=False)


def _passes_and_repeats(
    passes: ArrayLike, repeats: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    passed, repeated = counts(passes, name="passes"), counts(repeats, name="repeats")
    if passed.size != repeated.size:
        raise ValueError(f"found {passed.size} passes and {repeated.size} repeats, expected equal")
    if (passed > repeated).any():
        raise ValueError("passes: found more than repeats, expected at most as many")
    return passed, repeated


def _variances(passed: NDArray[np.int64], repeated: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the sample variance of each case's repeats; NaN with fewer than two."""
    known = repeated >= FEWEST_REPEATS
    pairs = np.where(known, repeated * (repeated - 1), 1)
    return np.where(known, passed * (repeated - passed) / pairs, math.nan)


def _mean_over_repeated(
    values: NDArray[np.float64], *, weights: NDArray[np.int64] | None = None
) -> RepeatNoise:
    known = np.isfinite(values)
    n = int(known.sum())
    mean = math.nan
    if n:
        mean = float(np.average(values[known], weights=None if weights is None else weights[known]))
    sd = float(values[known].std(ddof=1)) if n > 1 else math.nan
    return RepeatNoise(estimate=mean, sd=sd, n=n, n_left_out=values.size - n)


def _chances(
    n: ArrayLike, c: ArrayLike, k: ArrayLike, *, at_least_one: bool
) -> float | NDArray[np.float64]:
    repeats, passed, tried = np.broadcast_arrays(n, c, k)
    shares = [
        _chance(*map(float, case), at_least_one=at_least_one)
        for case in zip(repeats.flat, passed.flat, tried.flat, strict=True)
    ]
    return np.array(shares).reshape(repeats.shape) if repeats.ndim else shares[0]


def _chance(n: float, c: float, k: float, *, at_least_one: bool) -> float:
    """Return one chance, in whole numbers until the last division."""
    if not (n.is_integer() and c.is_integer() and k.is_integer() and 0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"need whole 0 <= c <= n and 1 <= k <= n, got n = {n}, c = {c}, k = {k}")
    ways = math.comb(int(n), int(k))
    if at_least_one:
        return (ways - math.comb(int(n - c), int(k))) / ways
    return math.comb(int(c), int(k)) / ways
