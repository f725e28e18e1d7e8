"""Keeping what happens to decisions: state, configuration, rollout, outcome and audit line at once.

All of one act is stored in one transaction, in which what it rests on was read as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime

import msgspec

from optimizer.history import queries
from optimizer.history.audit import AuditLine, append_audit
from optimizer.history.deciding import decision_row
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import Decision
from optimizer.models.lifecycle import ConfigSnapshot, DecisionOutcome, Rollout


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """All that one act changes.

    Attributes:
        decisions: Decisions that moved, as they are now.
        applied_at: When some of them were put in force, by id.
        new: Decisions that were made by it.
        snapshots: Configurations that were put in force.
        rollouts: Rollouts that began or moved, as they are now.
        outcomes: Outcomes that were measured.
        lines: What the audit log says of it.
    """

    decisions: Sequence[Decision] = ()
    applied_at: Mapping[str, datetime] = field(default_factory=dict)
    new: Sequence[Decision] = ()
    snapshots: Sequence[ConfigSnapshot] = ()
    rollouts: Sequence[Rollout] = ()
    outcomes: Sequence[DecisionOutcome] = ()
    lines: Sequence[AuditLine] = ()


def record_act(history: History, act: Act) -> None:
    """Store an act; call it in the transaction in which its decisions were read."""
    for decision in act.decisions:
        _move(history, decision, act.applied_at.get(decision.decision_id))
    for decision in act.new:
        applied_at = act.applied_at.get(decision.decision_id)
        _insert(history, "decisions", decision_row(decision, applied_at=applied_at))
    for snapshot in act.snapshots:
        _insert(history, "config_snapshots", _snapshot(snapshot))
    for rollout in act.rollouts:
        _replace(history, "rollouts", rollout.decision_id, _rollout(rollout))
    for outcome in act.outcomes:
        _replace(history, "outcomes", outcome.decision_id, _outcome(outcome))
    append_audit(history, act.lines)


def _move(history: History, decision: Decision, applied_at: datetime | None) -> None:
    history.connection.execute(
        "UPDATE decisions SET state = $state, body = $body, "
        "applied_at = coalesce($applied_at, applied_at) WHERE decision_id = $decision_id",
        {
            "state": str(decision.state),
            "body": msgspec.json.encode(decision, order="sorted").decode(),
            "applied_at": queries.stored_time(applied_at),
            "decision_id": decision.decision_id,
        },
    )


def _replace(history: History, table: str, decision_id: str, row: tuple[object, ...]) -> None:
    """Store the one row that a decision has in a table."""
    history.connection.execute(
        f"DELETE FROM {table} WHERE decision_id = $decision_id",  # a name of ours
        {"decision_id": decision_id},
    )
    _insert(history, table, row)


def _insert(history: History, table: str, row: tuple[object, ...]) -> None:
    with history.connection.appender(table) as appender:
        appender.append_row(*row)


def _snapshot(one: ConfigSnapshot) -> tuple[object, ...]:
    """Return the values of a row of the table `config_snapshots`, in the order of its columns."""
    return (
        one.workflow_id,
        one.seq,
        one.body,
        one.sha256,
        one.decision_id,
        one.action,
        queries.stored_time(one.made_at),
    )


def _rollout(one: Rollout) -> tuple[object, ...]:
    """Return the values of a row of the table `rollouts`, in the order of its columns."""
    return (
        one.decision_id,
        one.preset,
        msgspec.json.encode(one.shares).decode(),
        one.step,
        str(one.status),
        queries.stored_time(one.started_at),
        queries.stored_time(one.moved_at),
        one.reason,
    )


def _outcome(one: DecisionOutcome) -> tuple[object, ...]:
    """Return the values of a row of the table `outcomes`, in the order of its columns."""
    return (
        one.decision_id,
        one.workflow_id,
        str(one.status),
        queries.stored_time(one.measured_at),
        queries.stored_time(one.seen_until or one.applied_at),
        msgspec.json.encode(one, order="sorted").decode(),
    )
