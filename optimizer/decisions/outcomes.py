"""How a change turned out: what was predicted beside what the first runs after it gave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from optimizer.decisions.configuration import INERT
from optimizer.decisions.rollout import JUDGED, gain, harm, sentence
from optimizer.decisions.settings import Lifecycle
from optimizer.models.decisions import Decision, DecisionState, accepted
from optimizer.models.lifecycle import DecisionOutcome, MeasuredEffect, OutcomeStatus
from optimizer.models.proposals import Effect, Proposal


def outcome(
    decision: Decision,
    *,
    measured: Sequence[Effect],
    n_before: int,
    n_after: int,
    run_ids: Sequence[str],
    seen_until: datetime | None,
    applied_at: datetime,
    at: datetime,
    settings: Lifecycle,
) -> DecisionOutcome:
    """Return what became of a decision.

    Args:
        decision: The decision, in the state it is in.
        measured: What the first runs after it gave against those before.
        n_before: Completed tasks before the change.
        n_after: Completed tasks after it.
        run_ids: The runs after it, oldest first.
        seen_until: When the newest of these began, UTC; None where there is none.
        applied_at: When it was put in force, UTC.
        at: When this is worked out, UTC.
        settings: What counts as enough, and as harm.
    """
    effects = _beside(predicted(decision), measured)
    status, reason = _judged(decision.state, effects, n_after, settings)
    return DecisionOutcome(
        decision_id=decision.decision_id,
        workflow_id=decision.workflow_id,
        strategies=tuple(dict.fromkeys(one.strategy for one in _changing(decision))),
        status=status,
        effects=effects,
        n_before=n_before,
        n_after=n_after,
        run_ids=tuple(run_ids),
        applied_at=applied_at,
        measured_at=at,
        reason=reason,
        seen_until=seen_until,
    )


def predicted(decision: Decision) -> dict[str, Effect]:
    """Return what was expected of a decision, by metric.

    A metric on which several proposals have an effect is left out: what they come to together
    was not measured.
    """
    found: dict[str, list[Effect]] = {}
    for proposal in _changing(decision):
        for effect in proposal.effects:
            found.setdefault(effect.metric, []).append(effect)
    return {metric: listed[0] for metric, listed in found.items() if len(listed) == 1}


def _changing(decision: Decision) -> Iterator[Proposal]:
    """Yield the proposals that changed what is in force."""
    return (one for one in accepted(decision) if one.type not in INERT)


def _beside(expected: dict[str, Effect], measured: Sequence[Effect]) -> tuple[MeasuredEffect, ...]:
    given = {one.metric: one for one in measured}
    return tuple(
        MeasuredEffect(
            metric=metric,
            predicted=expected.get(metric),
            measured=given.get(metric),
            as_predicted=_overlap(expected.get(metric), given.get(metric)),
        )
        for metric in dict.fromkeys([*expected, *given])
    )


def _overlap(one: Effect | None, other: Effect | None) -> bool | None:
    if one is None or other is None:
        return None
    return one.low <= other.high and other.low <= one.high


def _judged(
    state: DecisionState,
    effects: Sequence[MeasuredEffect],
    n_after: int,
    settings: Lifecycle,
) -> tuple[OutcomeStatus, str]:
    measured = tuple(one.measured for one in effects if one.measured is not None)
    if state in {DecisionState.ROLLED_BACK, DecisionState.ROLLING_BACK}:
        return OutcomeStatus.ROLLED_BACK, f"rolled back after {n_after} tests"
    worse = harm(measured, settings)
    if worse is not None:
        return OutcomeStatus.FAILED, worse
    if n_after < settings.n_wanted:
        return OutcomeStatus.UNKNOWN, f"{n_after} of {settings.n_wanted} tests since the change"
    if not any(one.metric in JUDGED for one in measured):
        return OutcomeStatus.UNKNOWN, "no run from before the change to hold it against"
    short = [one for one in effects if _fell_short(one)]
    if short and short[0].measured is not None:
        return (
            OutcomeStatus.PARTIAL_SUCCESS,
            f"less than predicted: {sentence(short[0].measured)}",
        )
    compared = sum(one.as_predicted is not None for one in effects)
    return (
        OutcomeStatus.SUCCESS,
        f"no harm on {n_after} tests, every prediction kept ({compared} compared)",
    )


def _fell_short(one: MeasuredEffect) -> bool:
    """Return whether less came of a prediction than its interval allows."""
    if one.as_predicted is not False or one.predicted is None or one.measured is None:
        return False
    return gain(one.measured, one.measured.estimate) < gain(one.predicted, one.predicted.estimate)
