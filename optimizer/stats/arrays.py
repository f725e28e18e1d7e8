"""Arrays a kernel can trust: checked once, refused with what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

LARGEST_COUNT = 2**53  # beyond it floating-point numbers skip some of them


def finite_values(values: ArrayLike, *, name: str, at_least: int = 1) -> NDArray[np.float64]:
    """Return the values as a one-dimensional float array.

    Args:
        values: Numbers in a row.
        name: What the caller calls them, for the message.
        at_least: Fewest values that will do.

    Raises:
        ValueError: They are not in one row, too few, or not all finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name}: found {array.ndim} dimensions, expected 1")
    if array.size < at_least:
        raise ValueError(f"{name}: found n = {array.size}, expected at least {at_least}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: found NaN or infinity, expected finite numbers")
    return array


def counts(values: ArrayLike, *, name: str, at_least: int = 1) -> NDArray[np.int64]:
    """Return the values as a one-dimensional array of counts.

    Args:
        values: Whole numbers, 0 or more, in a row.
        name: As in `finite_values`.
        at_least: As in `finite_values`.

    Raises:
        ValueError: As in `finite_values`, or a value is negative, not whole or beyond 2**53.
    """
    array = finite_values(values, name=name, at_least=at_least)
    if (array < 0).any() or (array != np.floor(array)).any():
        raise ValueError(f"{name}: expected whole numbers of 0 or more, found {array.tolist()}")
    if (array > LARGEST_COUNT).any():
        raise ValueError(f"{name}: expected at most {LARGEST_COUNT}, found {array.max():g}")
    return array.astype(np.int64)


def finite_pair(
    first: ArrayLike, second: ArrayLike, *, at_least: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two arrays whose values belong together, position by position.

    Args:
        first: Numbers in a row.
        second: As many, in the same order.
        at_least: As in `finite_values`.

    Raises:
        ValueError: As in `finite_values`, or the lengths differ.
    """
    one = finite_values(first, name="first", at_least=at_least)
    other = finite_values(second, name="second", at_least=at_least)
    if one.size != other.size:
        raise ValueError(f"second: found n = {other.size}, expected {one.size} as in first")
    return one, other


def require_positive(values: NDArray[np.float64], *, name: str) -> None:
    """Refuse values that have no logarithm.

    Raises:
        ValueError: One of them is 0 or negative.
    """
    if not (values > 0).all():
        raise ValueError(f"{name}: found {values.min():g}, expected positive numbers")
