"""How much of what a strategy predicts comes true, and its next estimates shrunk by that.

The share is the slope, through the origin, of measured on predicted effects, each weighted by
what its intervals tell; the prior is that all comes true. So one loose outcome moves it little,
many precise ones settle it. It is kept between 0 and 1: an estimate is shrunk, never raised.

Reference: a normal prior on a regression slope, as in Gelman et al. (2013), section 14.8.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from optimizer.models.lifecycle import (
    Calibration,
    DecisionOutcome,
    MeasuredEffect,
    OutcomeStatus,
    PastDecision,
)
from optimizer.models.proposals import Effect
from optimizer.stats.quantiles import normal_quantile


def calibrations(decisions: Iterable[PastDecision], *, prior_sd: float) -> dict[str, Calibration]:
    """Return what came of the predictions of each strategy that has an outcome.

    An outcome that several strategies share tells of none of them.

    Args:
        decisions: Earlier decisions.
        prior_sd: Standard deviation of the prior of the share, around 1.
    """
    by_strategy: dict[str, list[DecisionOutcome]] = {}
    for one in decisions:
        if one.outcome is not None and _tells(one.outcome):
            by_strategy.setdefault(one.outcome.strategies[0], []).append(one.outcome)
    return {
        name: Calibration(share=_share(outcomes, prior_sd), n=len(outcomes))
        for name, outcomes in sorted(by_strategy.items())
    }


def n_outcomes(decisions: Iterable[PastDecision], strategy: str) -> int:
    """Return how many outcomes tell how well a strategy predicts."""
    found = (one.outcome for one in decisions if one.outcome is not None)
    return sum(_tells(one) and one.strategies[0] == strategy for one in found)


def calibrated(effects: Sequence[Effect], calibration: Calibration) -> tuple[Effect, ...]:
    """Return effects with their estimates shrunk; an interval is moved, not narrowed."""
    return tuple(_shrunk(one, calibration) for one in effects)


def _shrunk(effect: Effect, calibration: Calibration) -> Effect:
    share, n = calibration.share, calibration.n
    moved = (share - 1) * effect.estimate
    outcomes = "outcome" if n == 1 else "outcomes"
    return replace(
        effect,
        estimate=effect.estimate + moved,
        low=effect.low + moved,
        high=effect.high + moved,
        estimator=f"{effect.estimator}, calibrated x{share:.2g} on {n} {outcomes}",
    )


def _tells(found: DecisionOutcome) -> bool:
    """Return whether an outcome tells how well one strategy predicts."""
    is_alone = len(found.strategies) == 1 and found.status is not OutcomeStatus.UNKNOWN
    return is_alone and any(map(_is_pair, found.effects))


def _is_pair(one: MeasuredEffect) -> bool:
    return one.predicted is not None and one.measured is not None


def _share(outcomes: Sequence[DecisionOutcome], prior_sd: float) -> float:
    weight = 1 / prior_sd**2
    total = weight
    for found in outcomes:
        for one in found.effects:
            if one.predicted is None or one.measured is None:
                continue
            spread = _variance(one.predicted) + _variance(one.measured)
            if spread > 0:
                weight += one.predicted.estimate**2 / spread
                total += one.predicted.estimate * one.measured.estimate / spread
    return min(max(total / weight, 0.0), 1.0)


def _variance(effect: Effect) -> float:
    """Return the variance that an interval stands for."""
    z = normal_quantile((1 + effect.level) / 2)
    return ((effect.high - effect.low) / (2 * z)) ** 2
