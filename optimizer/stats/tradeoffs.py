"""What a change is worth where several things count at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


def weighted_contributions(
    first: ArrayLike, second: ArrayLike, *, weights: Sequence[float], n_differences: int
) -> tuple[float, ...]:
    """Return what each case adds to a weighted gain of the second variant over the first.

    Their mean is the gain, and its standard error is that of a mean: an interval of the mean is
    one of the gain. The error of the first means, which shares are taken of, is in it.

    Args:
        first: One row a case and one column a quantity, as the first variant gave it.
        second: The same of the second, in the same order.
        weights: One per column, in the unit of the gain; below 0 where less is better.
        n_differences: So many columns count as differences; those after them count as shares of
            the first mean.

    Raises:
        ValueError: The tables differ in shape, have no row or something not finite; there are not
            as many weights as columns; or a first mean that shares are taken of is not above 0.

    Assumes:
        Independent cases. For columns of shares, enough of them that the ratio of means is near
        linear in the means.

    Formula:
        u_i = Σ_k w_k c_ik; c = b - a for a difference, and r + (b - (1 + r) a) / mean(a) for a
        share, r = mean(b) / mean(a) - 1

    Not for:
        Weights chosen after the results were seen.

    References:
        Cochran (1977), Sampling Techniques, chapter 6 (linearized ratio).
    """
    a, b = _table(first, "first"), _table(second, "second")
    if a.shape != b.shape or len(weights) != a.shape[1]:
        raise ValueError(f"found {a.shape} and {b.shape} values for {len(weights)} weights")
    total = np.zeros(len(a))
    for column, weight in enumerate(weights):
        before, after = a[:, column], b[:, column]
        is_share = column >= n_differences
        total += weight * (_shares(before, after) if is_share else after - before)
    return tuple(total.tolist())


def _shares(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    mean = math.fsum(before.tolist()) / len(before)
    if not mean > 0:
        raise ValueError(f"a share of {mean} means nothing, expected a mean above 0")
    ratio = math.fsum(after.tolist()) / len(after) / mean
    return (ratio - 1) + (after - ratio * before) / mean


def _table(values: ArrayLike, name: str) -> NDArray[np.float64]:
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or not len(table):  # noqa: PLR2004 - rows and columns
        raise ValueError(f"{name}: found the shape {table.shape}, expected rows of columns")
    if not np.isfinite(table).all():
        raise ValueError(f"{name}: found NaN or infinity, expected finite numbers")
    return table
