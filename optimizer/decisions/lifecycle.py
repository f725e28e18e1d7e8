"""Which steps a decision can take.

pending -> validating -> approved -> executing -> monitoring -> completed
validating, approved -> rejected; executing -> failed; executing, monitoring -> rolling_back;
rolling_back -> rolled_back, failed

The rollback of a completed decision is a new decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import Decision, DecisionState
from optimizer.models.errors import TransitionError

NEXT: Mapping[DecisionState, frozenset[DecisionState]] = {
    DecisionState.PENDING: frozenset({DecisionState.VALIDATING}),
    DecisionState.VALIDATING: frozenset({DecisionState.APPROVED, DecisionState.REJECTED}),
    DecisionState.APPROVED: frozenset({DecisionState.EXECUTING, DecisionState.REJECTED}),
    DecisionState.EXECUTING: frozenset(
        {DecisionState.MONITORING, DecisionState.FAILED, DecisionState.ROLLING_BACK}
    ),
    DecisionState.MONITORING: frozenset({DecisionState.COMPLETED, DecisionState.ROLLING_BACK}),
    DecisionState.ROLLING_BACK: frozenset({DecisionState.ROLLED_BACK, DecisionState.FAILED}),
    DecisionState.COMPLETED: frozenset(),
    DecisionState.REJECTED: frozenset(),
    DecisionState.FAILED: frozenset(),
    DecisionState.ROLLED_BACK: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of one decision.

    Attributes:
        decision_id: The decision.
        before: The state it left.
        after: The state it entered.
        actor: Who made it.
        reason: Why.
        at: When, UTC.
    """

    decision_id: str
    before: DecisionState
    after: DecisionState
    actor: str
    reason: str
    at: datetime


def advance(
    decision: Decision, to: DecisionState, *, actor: str, reason: str, at: datetime
) -> tuple[Decision, Step]:
    """Take a decision one step on and return it with the step, for the audit log.

    Raises:
        TransitionError: There is no such step.
    """
    if to not in NEXT[decision.state]:
        allowed = ", ".join(sorted(NEXT[decision.state])) or "none, this state is final"
        raise TransitionError(
            f"decision {decision.decision_id} is {decision.state}, it cannot become {to}",
            hint=f"Steps from here: {allowed}.",
        )
    step = Step(
        decision_id=decision.decision_id,
        before=decision.state,
        after=to,
        actor=actor,
        reason=reason,
        at=at,
    )
    return replace(decision, state=to), step
