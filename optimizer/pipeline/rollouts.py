"""Rollouts over the runs that come in: started, advanced, looked at."""

from __future__ import annotations

from dataclasses import replace

from optimizer.decisions import rollout
from optimizer.decisions.commands import next_share
from optimizer.decisions.settings import Lifecycle
from optimizer.history import queries
from optimizer.history.audit import AuditLine
from optimizer.history.queries.lifecycle import RolloutOfWorkflow, rollouts
from optimizer.history.steps import Act, record_act
from optimizer.history.store import History
from optimizer.models.decisions import Decision, DecisionState
from optimizer.models.errors import SelectionError, TransitionError
from optimizer.models.lifecycle import OutcomeStatus, Rollout, RolloutStatus, RolloutView
from optimizer.pipeline.lifecycle import Who, force, walk
from optimizer.pipeline.measuring import health, outcome
from optimizer.pipeline.rollbacks import take_back
from optimizer.pipeline.select import select_decision

S = DecisionState


def start(
    history: History, selector: str, who: Who, *, preset: str | None, settings: Lifecycle
) -> RolloutView:
    """Begin to put an approved decision in force step by step.

    Raises:
        SelectionError: There is no such decision, or it changes nothing in force.
        TransitionError: It cannot be put in force.
    """
    with history.transaction():
        found = select_decision(history, selector)
        begun = rollout.start(
            found.decision_id, settings, preset=preset or settings.preset, at=who.at
        )
        path = (S.EXECUTING, S.MONITORING) if begun.shares[0] == 1 else (S.EXECUTING,)
        forced = force(history, found, path, who, shares=begun.shares)
        if forced.after is None:
            raise SelectionError(
                f"decision {found.decision_id}: it changes nothing in force, expected a change to "
                "roll out",
                hint=f"Use 'optimizer apply {found.decision_id}'.",
            )
        act = Act(
            decisions=[forced.decision],
            applied_at={found.decision_id: who.at},
            snapshots=forced.snapshots,
            rollouts=[begun],
            lines=[*forced.lines, _line("rollout.started", begun, who)],
        )
        record_act(history, act)
    return RolloutView(
        rollout=begun,
        workflow_id=found.workflow_id,
        health=None,
        n_wanted=settings.n_wanted,
        moved=True,
        commands=forced.commands,
    )


def status(history: History, selector: str | None, *, settings: Lifecycle) -> list[RolloutView]:
    """Return where a rollout stands, or each that is known, newest first.

    Raises:
        SelectionError: There is no such decision, or it has no rollout.
    """
    if selector is None:
        return [_view(history, one, settings) for one in rollouts(history)]
    found = select_decision(history, selector)
    return [_view(history, _of(history, found), settings)]


def advance(
    history: History, selector: str | None, who: Who, *, settings: Lifecycle
) -> list[RolloutView]:
    """Move a rollout, or each that is running, as far as the runs since its last move allow.

    Raises:
        SelectionError: There is no such decision, or it has no rollout.
        TransitionError: Its rollout has ended.
    """
    if selector is not None:
        with history.transaction():
            found = select_decision(history, selector)
            return [_advance(history, _of(history, found), who, settings)]
    views = []
    for name in [one.rollout.decision_id for one in running(history)]:
        with history.transaction():
            views += [
                _advance(history, one, who, settings)
                for one in rollouts(history, decision_id=name)
                if one.rollout.status is RolloutStatus.RUNNING
            ]
    return views


def running(history: History) -> list[RolloutOfWorkflow]:
    """Return the rollouts that have not ended, oldest first."""
    found = [one for one in rollouts(history) if one.rollout.status is RolloutStatus.RUNNING]
    return found[::-1]


def _advance(
    history: History, one: RolloutOfWorkflow, who: Who, settings: Lifecycle
) -> RolloutView:
    now = one.rollout
    if now.status is not RolloutStatus.RUNNING:
        raise TransitionError(
            f"rollout of decision {now.decision_id} is {now.status}, it cannot be advanced",
            hint="Only one that is running can be.",
        )
    decision = queries.stored_decisions(history, [now.decision_id])[now.decision_id]
    seen = health(history, decision, now, settings)
    if seen is None:
        raise SelectionError(f"decision {now.decision_id}: it was not put in force")
    then = rollout.advance_rollout(now, seen, settings, at=who.at)
    view = RolloutView(
        rollout=then,
        workflow_id=one.workflow_id,
        health=seen,
        n_wanted=settings.n_wanted,
        moved=(then.step, then.status) != (now.step, now.status),
    )
    if not view.moved:
        return view
    if then.status is RolloutStatus.ROLLED_BACK:
        because = replace(who, why=then.reason)
        back = take_back(history, decision, because, settings=settings, ended=then)
        return replace(view, commands=back.commands)
    _record(history, decision, then, who, settings)
    share = then.shares[then.step]
    is_more = then.status is RolloutStatus.RUNNING
    asked = next_share(now.decision_id, one.workflow_id, share=share) if is_more else None
    return replace(view, commands=asked)


def _record(
    history: History, decision: Decision, then: Rollout, who: Who, settings: Lifecycle
) -> None:
    """Store a move; at full traffic the decision is watched, at the end it is complete."""
    because = replace(who, why=then.reason)
    path: list[DecisionState] = []
    if then.shares[then.step] == 1 and decision.state is S.EXECUTING:
        path.append(S.MONITORING)
    ended = then.status is RolloutStatus.COMPLETED
    measured = outcome(history, decision, settings, at=who.at) if ended else None
    if ended and (measured is None or measured.status is not OutcomeStatus.FAILED):
        path.append(S.COMPLETED)
    moved, lines = walk(decision, path, because)
    act = Act(
        decisions=[moved],
        rollouts=[then],
        outcomes=[measured] if measured else [],
        lines=[_line("rollout.moved", then, who), *lines],
    )
    record_act(history, act)


def _view(history: History, one: RolloutOfWorkflow, settings: Lifecycle) -> RolloutView:
    """Return a rollout with what the runs say now; it is not moved."""
    now, seen = one.rollout, None
    if now.status is RolloutStatus.RUNNING:
        decision = queries.stored_decisions(history, [now.decision_id])[now.decision_id]
        seen = health(history, decision, now, settings)
    return RolloutView(
        rollout=now, workflow_id=one.workflow_id, health=seen, n_wanted=settings.n_wanted
    )


def _of(history: History, decision: Decision) -> RolloutOfWorkflow:
    found = rollouts(history, decision_id=decision.decision_id)
    if not found:
        raise SelectionError(
            f"decision {decision.decision_id}: it has no rollout",
            hint=f"Start one with 'optimizer rollout start {decision.decision_id}'.",
        )
    return found[0]


def _line(action: str, one: Rollout, who: Who) -> AuditLine:
    detail = {
        "preset": one.preset,
        "reason": one.reason,
        "share": one.shares[one.step],
        "status": str(one.status),
        "step": one.step,
    }
    return who.line(action, one.decision_id, detail)
