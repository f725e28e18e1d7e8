"""Whether a change rests on enough: a test or a replay, confidence, observations, a gain."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.proposals import Effect, Proposal
from optimizer.models.reviews import Objection, ViolationSeverity
from optimizer.safety.guards import COST, LATENCY, QUALITY
from optimizer.safety.reach import RESCUES, in_force
from optimizer.safety.settings import DecisionCriteria

CONFIDENCE = "confidence"

JUDGED = frozenset({*QUALITY, COST, LATENCY})
"""Metrics of which it is known which way is better."""


def weaknesses(
    proposal: Proposal, criteria: DecisionCriteria, *, min_confidence: float
) -> tuple[Objection, ...]:
    """Object to a change in force that nothing measured supports.

    What only asks for tests is exempt: it is there to find out.
    """
    if not in_force(proposal):
        return ()
    return (
        *_confidence(proposal, min_confidence),
        *_evidence(proposal),
        *_criteria(proposal, criteria),
    )


def gain(effect: Effect) -> float:
    """Return what is expected to be won, as a share; a loss is negative."""
    if effect.metric in QUALITY:
        return effect.estimate
    return -effect.estimate if effect.metric in {COST, LATENCY} else 0.0


def _confidence(proposal: Proposal, least: float) -> Iterator[Objection]:
    if proposal.confidence is None:
        yield Objection(
            check=CONFIDENCE,
            severity=ViolationSeverity.WARNING,
            text="no probability that it is better was worked out",
        )
    elif proposal.confidence < least:
        yield Objection(
            check=CONFIDENCE,
            severity=_severity(proposal),
            text=f"{proposal.confidence:.1%} that it is better, at least {least:.0%} is due",
        )


def _evidence(proposal: Proposal) -> Iterator[Objection]:
    if not proposal.effects:
        yield Objection(
            check="evidence",
            severity=_severity(proposal),
            text="no effect with an interval supports it, from a test or from a replay",
        )


def _criteria(proposal: Proposal, criteria: DecisionCriteria) -> Iterator[Objection]:
    judged = [effect for effect in proposal.effects if effect.metric in JUDGED]
    if proposal.type in RESCUES or not judged:
        return
    n = min(effect.n for effect in judged)
    if n < criteria.min_sample_size:
        yield Objection(
            check="sample size",
            severity=criteria.grave,
            text=f"{n} observations, {criteria.min_sample_size} are due",
            can_override=True,
        )
    best = max(judged, key=gain)
    if gain(best) < criteria.min_improvement:
        yield Objection(
            check="improvement",
            severity=criteria.grave,
            text=f"the most that is won is {gain(best):.1%} ({best.metric}), "
            f"{criteria.min_improvement:.0%} is due",
            can_override=True,
        )


def _severity(proposal: Proposal) -> ViolationSeverity:
    return ViolationSeverity.WARNING if proposal.type in RESCUES else ViolationSeverity.ERROR
