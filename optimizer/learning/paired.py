"""How much more a variant earns on the cases that it shares with the one in use."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from optimizer.learning.reward import RewardSignal, RewardWeights, composite, thrift
from optimizer.models.policies import Gain
from optimizer.stats.intervals import mean_interval
from optimizer.stats.student import p_above_zero

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.models.contrasts import CaseTable


def paired_gain(
    table: CaseTable,
    current_id: str,
    other_id: str,
    *,
    weights: RewardWeights,
    min_cases: int,
    level: float,
) -> Gain | None:
    """Return the difference in reward on shared cases, or None below `min_cases` of them.

    Of each case only what is known under both variants counts, so that both are judged by the
    same. The interval is Student's t with two pseudo-cases, one that the other variant wins and
    one that it loses, which is what a pass or a failure is worth.

    Args:
        table: What each case gave under each variant.
        current_id: The variant in use.
        other_id: The other one.
        weights: What the parts of a reward count.
        min_cases: Fewest shared cases.
        level: Confidence level of the interval, 0 to 1.
    """
    if not {current_id, other_id} <= set(table.variants):
        return None
    first, second = (
        np.flatnonzero(table.variant == table.variants.index(name))
        for name in (current_id, other_id)
    )
    if min(len(first), len(second)) < min_cases:
        return None
    if np.array_equal(table.case[first], table.case[second]):
        left = right = np.argsort(table.case[first])
    else:
        _, left, right = np.intersect1d(
            table.case[first], table.case[second], assume_unique=True, return_indices=True
        )
    gains = _gains(table, first[left], second[right], weights)
    if len(gains) < min_cases:
        return None
    padded = np.append(gains, (_worth_of_a_pass(weights), -_worth_of_a_pass(weights)))
    error_sd = float(padded.std(ddof=1))
    found = mean_interval(float(padded.mean()), error_sd, len(padded), level=level)
    estimate = float(gains.mean())
    return Gain(
        variant_id=other_id,
        estimate=estimate,
        low=min(max(found.low, -1.0), estimate),
        high=max(min(found.high, 1.0), estimate),
        level=level,
        n=len(gains),
        estimator="paired t, pseudo-cases",
        p_better=p_above_zero(found.estimate, error_sd / math.sqrt(len(padded)), len(padded) - 1),
        is_causal=True,
    )


def _gains(
    table: CaseTable, a: NDArray[np.intp], b: NDArray[np.intp], weights: RewardWeights
) -> NDArray[np.float64]:
    """Return the difference in reward of each case of which something is known."""
    scored = np.isfinite(table.score[a]) & np.isfinite(table.score[b])
    cost, latency = thrift(table.cost_usd), thrift(table.latency_ms)
    known_cost = np.isfinite(cost[a]) & np.isfinite(cost[b])
    known_latency = np.isfinite(latency[a]) & np.isfinite(latency[b])
    before, after = (
        composite(
            RewardSignal(
                quality=np.where(scored, table.score[rows], table.passed[rows]),
                cost=np.where(known_cost, cost[rows], np.nan),
                latency=np.where(known_latency, latency[rows], np.nan),
            ),
            weights,
        )
        for rows in (a, b)
    )
    difference = after - before
    return np.asarray(difference[np.isfinite(difference)])


def _worth_of_a_pass(weights: RewardWeights) -> float:
    return weights.quality / (weights.quality + weights.cost + weights.latency)
