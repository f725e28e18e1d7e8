"""Evidence that may be looked at after every observation: e-values and what p they give."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.models.dataclass import dataclass

LARGEST_LOG = math.log(1.7e308)


@dataclass(frozen=True, slots=True, kw_only=True)
class EValue:
    """Evidence against a null hypothesis; under it, it ever exceeds 1/a with probability <= a.

    Attributes:
        e_value: A likelihood ratio that is 1 at the start; infinity past 1e308.
        log_e_value: Its natural logarithm, finite however great it is.
        p_value: Valid at every n, two-sided, 0 to 1: 1 over the greatest e-value so far that
            the kernel has seen, at most 1.
        n: Number of observations.
    """

    e_value: float
    log_e_value: float
    p_value: float
    n: int

    @classmethod
    def of_log(cls, log_e_value: float, *, n: int, log_greatest: float | None = None) -> EValue:
        """Return the record of an e-value known by its logarithm.

        Args:
            log_e_value: Natural logarithm of the e-value now.
            n: Number of observations behind it.
            log_greatest: The greatest there ever was, of which the p-value is; None where only
                the last is known.
        """
        greatest = log_e_value if log_greatest is None else log_greatest
        return cls(
            e_value=math.exp(log_e_value) if log_e_value < LARGEST_LOG else math.inf,
            log_e_value=log_e_value,
            p_value=math.exp(-max(greatest, 0.0)),
            n=n,
        )


def sequential_mcnemar(b: int, c: int, *, prior: tuple[float, float] = (1.0, 1.0)) -> EValue:
    """Return the e-value of paired outcomes: is a change for the better as likely as one for worse?

    Args:
        b: Pairs where the first passes and the second fails.
        c: Pairs where the first fails and the second passes.
        prior: Shapes of the beta mixture over the share of changes that are for the better,
            `c`'s first.

    Raises:
        ValueError: A count is negative, or a shape is not positive.

    Assumes:
        Pairs in random order, looked at whenever one likes; the mixture was chosen beforehand.

    Formula:
        E = 2^(b+c) B(u+c, v+b)/B(u, v), (u, v) the prior; p = min(1, 1/E) at this look. Keep the
        least p of all looks, or use `e_value_p`.

    Not for:
        One look only, planned (mid-p McNemar has more power); several runs of one case as if
        they were pairs.

    References:
        Ville (1939); Robbins (1970), Ann Math Stat 41, 1397-1409; Howard, Ramdas, McAuliffe and
        Sekhon (2021), Ann Stat 49, 1055-1080.
    """
    if b < 0 or c < 0:
        raise ValueError(f"counts must not be negative, got b = {b}, c = {c}")
    better, worse = prior
    if not (0 < better < math.inf and 0 < worse < math.inf):
        raise ValueError(f"prior shapes must be positive, got {prior}")
    log_e = (b + c) * math.log(2) + log_beta(better + c, worse + b) - log_beta(better, worse)
    return EValue.of_log(log_e, n=b + c)


def msprt(x: ArrayLike, *, sigma: float, tau: float, null: float = 0.0) -> EValue:
    """Return the mixture sequential probability ratio test of a normal mean.

    Args:
        x: Observations in the order they came.
        sigma: Their standard deviation, known.
        tau: Standard deviation of the mixture: the size of a plausible effect.
        null: The mean under the null hypothesis.

    Raises:
        ValueError: There are no observations, one is not finite, or sigma or tau is not positive.

    Assumes:
        Independent normal observations with known standard deviation.

    Formula:
        Λ_n = exp(r²Z²/(2(1+nr²)))/√(1+nr²), Z = Σ(x-null)/sigma, r = tau/sigma; e_value is
        Λ_n, p the least of 1/Λ_t, t <= n, and 1.

    Not for:
        An estimated sigma at small n: the guarantee is then only approximate; bounded scores
        have `betting_sequence`.

    References:
        Robbins (1970); Johari, Koomen, Pekelis and Walsh (2022), Oper Res 70, 1806-1821.
    """
    array = np.asarray(x, dtype=np.float64)
    if array.ndim != 1 or array.size == 0 or not bool(np.all(np.isfinite(array))):
        raise ValueError(f"one row of finite values is needed, got the shape {array.shape}")
    if not (0 < sigma < math.inf and 0 < tau < math.inf and math.isfinite(null)):
        raise ValueError(f"sigma and tau must be positive, got {sigma}, {tau} and null {null}")
    total = np.cumsum(array - null) / sigma
    growth = 1 + np.arange(1, array.size + 1) * (tau / sigma) ** 2
    log_ratio = ((tau / sigma) * total) ** 2 / (2 * growth) - np.log(growth) / 2
    return EValue.of_log(
        float(log_ratio[-1]), n=int(array.size), log_greatest=float(np.max(log_ratio))
    )


def e_value_p(e_values: ArrayLike) -> NDArray[np.float64]:
    """Return the p-value at each look, from the e-values of all looks in their order.

    Args:
        e_values: One test's e-values, look by look.

    Raises:
        ValueError: There are none, or one is negative or NaN.

    Assumes:
        Each is the same e-process, later; independent e-values are multiplied first.

    Formula:
        p_t = min(1, 1/max(E_1 ... E_t)).

    Not for:
        Combining different hypotheses, which e-BH is for.

    References:
        Ramdas, Grünwald, Vovk and Shafer (2023), Stat Sci 38, 576-601.
    """
    array = np.asarray(e_values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0 or not bool(np.all(array >= 0)):
        raise ValueError(f"one row of e-values of 0 or more is needed, got {e_values!r}")
    return np.asarray(1 / np.maximum(np.maximum.accumulate(array), 1.0))


def log_beta(a: float, b: float) -> float:
    """Return the logarithm of the beta function, without scipy."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
