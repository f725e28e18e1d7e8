"""Keeping decisions, each with its line in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

import msgspec

from optimizer.history import queries
from optimizer.history.audit import AuditLine, append_audit
from optimizer.history.store import History
from optimizer.models.decisions import Decision, proposals


def record_decisions(
    history: History, decisions: Sequence[Decision], *, actor: str
) -> list[Decision]:
    """Store decisions, all or none, and return them as they are stored.

    A decision that is stored already, being made of the same evidence, stays as it was.
    """
    with history.transaction():
        known = queries.stored_decisions(history, [one.decision_id for one in decisions])
        new = [one for one in decisions if one.decision_id not in known]
        with history.connection.appender("decisions") as appender:
            for decision in new:
                appender.append_row(*_values(decision))
        append_audit(history, [_line(decision, actor) for decision in new])
    return [known.get(one.decision_id, one) for one in decisions]


def _values(decision: Decision) -> tuple[object, ...]:
    """Return the values of a row of the table `decisions`, in the order of its columns."""
    return (
        decision.decision_id,
        decision.workflow_id,
        decision.decided_at.astimezone(UTC).replace(tzinfo=None),
        str(decision.state),
        len(proposals(decision)),
        msgspec.json.encode(decision, order="sorted").decode(),
    )


def _line(decision: Decision, actor: str) -> AuditLine:
    return AuditLine(
        logged_at=decision.decided_at,
        actor=actor,
        action="decision.recorded",
        subject=decision.decision_id,
        detail={
            "config_sha256": decision.config_sha256,
            "proposals": [f"{p.strategy}: {p.type}" for p in proposals(decision)],
            "state": str(decision.state),
            "workflow_id": decision.workflow_id,
        },
    )
