"""The outcome of a decision: measured, kept, and with it the decision completed."""

from __future__ import annotations

from dataclasses import replace

from optimizer.decisions.settings import Lifecycle
from optimizer.history.audit import AuditLine
from optimizer.history.queries.lifecycle import outcome as stored_outcome
from optimizer.history.queries.lifecycle import rollouts
from optimizer.history.steps import Act, record_act
from optimizer.history.store import History
from optimizer.models.decisions import Decision, DecisionState
from optimizer.models.errors import SelectionError
from optimizer.models.lifecycle import DecisionOutcome, OutcomeStatus, RolloutStatus
from optimizer.pipeline.lifecycle import Who, walk
from optimizer.pipeline.measuring import outcome
from optimizer.pipeline.select import select_decision

S = DecisionState

KEPT = frozenset({OutcomeStatus.SUCCESS, OutcomeStatus.PARTIAL_SUCCESS})
"""Outcomes with which a decision that is watched is complete."""


def measure(history: History, selector: str, who: Who, *, settings: Lifecycle) -> DecisionOutcome:
    """Measure what became of a decision; where that is told, it is kept.

    A decision that is watched is completed by an outcome without harm.

    Raises:
        SelectionError: There is no such decision, or it changed nothing in force.
    """
    with history.transaction():
        found = select_decision(history, selector)
        known = stored_outcome(history, found.decision_id)
        if found.state is S.ROLLED_BACK and known is not None:
            return known
        measured = outcome(history, found, settings, at=who.at)
        if measured is None:
            raise SelectionError(
                f"decision {found.decision_id} is {found.state}: it changed nothing in force, "
                "expected one that did",
                hint="Only a decision that was applied has an outcome.",
            )
        if measured.status is OutcomeStatus.UNKNOWN or _same(known, measured):
            return measured
        moved, lines = walk(found, _path(history, found, measured), _because(who, measured))
        act = Act(
            decisions=[moved] if lines else [],
            outcomes=[measured],
            lines=[_line(measured, who), *lines],
        )
        record_act(history, act)
    return measured


def _path(
    history: History, found: Decision, measured: DecisionOutcome
) -> tuple[DecisionState, ...]:
    is_running = any(
        one.rollout.status is RolloutStatus.RUNNING
        for one in rollouts(history, decision_id=found.decision_id)
    )
    is_over = found.state is S.MONITORING and measured.status in KEPT and not is_running
    return (S.COMPLETED,) if is_over else ()


def _because(who: Who, measured: DecisionOutcome) -> Who:
    return replace(who, why=f"{measured.status}: {measured.reason}")


def _same(known: DecisionOutcome | None, measured: DecisionOutcome) -> bool:
    """Return whether nothing new was found; a decision still watched is completed all the same."""
    return known is not None and replace(known, measured_at=measured.measured_at) == measured


def _line(measured: DecisionOutcome, who: Who) -> AuditLine:
    detail = {
        "n_after": measured.n_after,
        "n_before": measured.n_before,
        "reason": measured.reason,
        "status": str(measured.status),
    }
    return who.line("outcome.measured", measured.decision_id, detail)
