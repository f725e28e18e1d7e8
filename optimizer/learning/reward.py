"""What a request was worth, from 0 to 1: its quality, its cost and its latency, weighted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from optimizer.models.dataclass import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardWeights:
    """What each part of a reward counts; they need not add up to 1.

    Attributes:
        quality: Of the score, or of pass and fail.
        cost: Of the price.
        latency: Of the time.
        feedback: Of what people said.
    """

    quality: float
    cost: float
    latency: float
    feedback: float = 0.0


PRESETS: Mapping[str, RewardWeights] = {
    "seed": RewardWeights(quality=0.5, cost=0.3, latency=0.2),
    "quality": RewardWeights(quality=0.6, cost=0.3, latency=0.1),
}
"""Weights by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardSignal:
    """The parts of the rewards of some requests, each from 0 to 1 and NaN where unknown.

    Attributes:
        quality: 1 is best.
        cost: 1 is free, 1/2 the median price of all.
        latency: 1 is at once, 1/2 the median time of all.
        feedback: 1 is best; None where nobody said anything.
    """

    quality: NDArray[np.float64]
    cost: NDArray[np.float64]
    latency: NDArray[np.float64]
    feedback: NDArray[np.float64] | None = None


def thrift(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how little was taken: median / (median + amount), NaN where it is unknown.

    It needs no scale of what is dear or slow, and is 1/2 at the median. Where the median is 0
    the mean stands in for it; where nothing was taken at all, nothing tells requests apart.
    """
    known = amounts[np.isfinite(amounts)]
    middle = _median(known) or float(known.mean()) if len(known) else 0.0
    if middle <= 0:
        return np.full_like(amounts, np.nan)
    return middle / (middle + amounts)


def _median(values: NDArray[np.float64]) -> float:
    """Return the median of values that are all known: numpy's own takes several times as long."""
    ordered, n = np.sort(values), len(values)
    return float((ordered[(n - 1) // 2] + ordered[n // 2]) / 2)


def composite(signal: RewardSignal, weights: RewardWeights) -> NDArray[np.float64]:
    """Return the weighted mean of what is known of each request; NaN where that is nothing.

    What is unknown takes its weight with it, so that the others make up for it.
    """
    parts = [
        (weights.quality, signal.quality),
        (weights.cost, signal.cost),
        (weights.latency, signal.latency),
    ]
    if signal.feedback is not None:
        parts.append((weights.feedback, signal.feedback))
    total, known = np.zeros(len(signal.quality)), np.zeros(len(signal.quality))
    for weight, part in parts:
        is_known = np.isfinite(part)
        total += weight * np.where(is_known, part, 0.0)
        known += weight * is_known
    return np.divide(total, known, out=np.full_like(total, np.nan), where=known > 0)


def known_to_all(
    part: NDArray[np.float64], arm: NDArray[np.int64], n_arms: int
) -> NDArray[np.float64]:
    """Return a part of the rewards, or NaN throughout where it is unknown of an arm that was tried.

    An arm must not look better because what speaks against the others was not recorded of it.
    """
    n_known = np.bincount(arm[np.isfinite(part)], minlength=n_arms)
    n_tried = np.bincount(arm, minlength=n_arms)
    return part if ((n_known > 0) | (n_tried == 0)).all() else np.full_like(part, np.nan)
