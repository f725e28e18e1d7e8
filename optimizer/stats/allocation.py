"""How to share out the next batch among several arms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from optimizer.stats.arrays import counts, finite_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

UCB1_C = math.sqrt(2)
SHARE_DECIMALS = 9  # below this a remainder is rounding noise


def fixed(weights: Sequence[float]) -> tuple[float, ...]:
    """Return shares in proportion to weights.

    Args:
        weights: One per arm, 0 or more, not all 0.

    Raises:
        ValueError: No weights, a negative one, or nothing but 0.

    Assumes:
        Nothing.

    Formula:
        w_i / Σ w

    Not for:
        Arms known to differ: half of the batch goes to the worse of two.

    References:
        Robbins (1952), Bull AMS 58, 527-535.
    """
    array = finite_values(weights, name="weights")
    if (array < 0).any() or not array.any():
        raise ValueError(f"weights: expected 0 or more and not all 0, found {array.tolist()}")
    return _shares(array)


def epsilon_greedy(
    successes: Sequence[int], n: Sequence[int], *, epsilon: float = 0.1
) -> tuple[float, ...]:
    """Return shares that go to the best rate so far, less a part for all arms alike.

    Args:
        successes: Of each arm.
        n: Observations of each arm; an arm without any counts as the best.
        epsilon: Part shared equally by all arms, 0 to 1.

    Raises:
        ValueError: No arms, unequal lengths, successes not between 0 and n, or epsilon outside.

    Assumes:
        Rates that stay as they are.

    Formula:
        ε/K + (1 - ε)/|best| for the best arms, ε/K for the others

    Not for:
        Estimating the arms: what was collected this way is biased, most of all for the losers.

    References:
        Sutton and Barto (2018), Reinforcement Learning, 2.2.
    """
    if not 0 <= epsilon <= 1:
        raise ValueError(f"epsilon must be between 0 and 1, got {epsilon}")
    succeeded, tried = _successes_and_n(successes, n)
    rates = np.where(tried > 0, succeeded / np.maximum(tried, 1), math.inf)
    return _shares(epsilon / rates.size + (1 - epsilon) * _largest(rates))


def ucb1(successes: Sequence[int], n: Sequence[int], *, c: float = UCB1_C) -> tuple[float, ...]:
    """Return shares that go to the arm with the highest upper confidence bound.

    Args:
        successes: Of each arm.
        n: Observations of each arm; arms without any share the batch before all others.
        c: Width of the bound, 0 or more; √2 is that of the paper.

    Raises:
        ValueError: No arms, unequal lengths, successes not between 0 and n, or a negative c.

    Assumes:
        Values of 0 to 1 whose means stay as they are.

    Formula:
        1/|best| for the arms with the largest rate + c √(ln Σn / n)

    Not for:
        Large batches, which it gives to a single arm (`thompson`).

    References:
        Auer, Cesa-Bianchi and Fischer (2002), Machine Learning 47, 235-256.
    """
    if not c >= 0:
        raise ValueError(f"c must be 0 or more, got {c}")
    succeeded, tried = _successes_and_n(successes, n)
    once = np.maximum(tried, 1)
    width = c * np.sqrt(math.log(max(int(tried.sum()), 1)) / once)
    return _shares(_largest(np.where(tried > 0, succeeded / once + width, math.inf)))


def thompson(probabilities: Sequence[float]) -> tuple[float, ...]:
    """Return the shares that drawing an arm from its posterior would come to on average.

    Args:
        probabilities: Of each arm being the best, 0 to 1, of a sum of about 1.

    Raises:
        ValueError: No arms, a value outside, or nothing but 0.

    Assumes:
        Probabilities from one posterior of all the arms.

    Formula:
        P(arm i is the best), made to add up to 1

    Not for:
        Estimating the arms: what was collected this way is biased.

    References:
        Thompson (1933), Biometrika 25, 285-294.
    """
    array = finite_values(probabilities, name="probabilities")
    if (array < 0).any() or (array > 1).any() or not array.any():
        raise ValueError(f"probabilities: expected 0 to 1 and not all 0, found {array.tolist()}")
    return _shares(array)


def apportion(shares: Sequence[float], total: int) -> tuple[int, ...]:
    """Return whole numbers that add up to a total, as close to the shares as they can be.

    Args:
        shares: One per arm, 0 or more, not all 0.
        total: What to share out, 0 or more.

    Raises:
        ValueError: As in `fixed`, or a total that is negative or not whole.

    Assumes:
        Nothing. Every number is within 1 of its exact share; of equal remainders the first wins.

    Formula:
        Largest remainder: ⌊total · share⌋, and one more for those that lost most

    Not for:
        A minimum for every arm: give that first, and apportion the rest.

    References:
        Balinski and Young (2001), Fair Representation (Hamilton's method).
    """
    if total < 0 or int(total) != total:
        raise ValueError(f"total must be a whole number of 0 or more, got {total}")
    exact = np.round(np.array(fixed(shares)) * total, SHARE_DECIMALS)
    whole = np.floor(exact).astype(np.int64)
    first = np.argsort(whole - exact, kind="stable")[: int(total) - int(whole.sum())]
    whole[first] += 1
    return tuple(whole.tolist())


def _successes_and_n(
    successes: Sequence[int], n: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    succeeded, tried = counts(successes, name="successes"), counts(n, name="n")
    if succeeded.size != tried.size:
        raise ValueError(f"found {succeeded.size} successes and {tried.size} n, expected equal")
    if (succeeded > tried).any():
        raise ValueError("successes: found more than n, expected at most as many")
    return succeeded, tried


def _largest(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 shared by the largest values, 0 for the others."""
    best = values == values.max()
    return np.asarray(best / best.sum())


def _shares(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple((values / values.sum()).tolist())
