"""Keeping decisions, each with its line in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

import msgspec

from optimizer.history import queries
from optimizer.history.audit import append_audit
from optimizer.history.store import History
from optimizer.models.decisions import Decision, proposals


def record_decisions(
    history: History, decisions: Sequence[Decision], *, actor: str
) -> list[Decision]:
    """Store decisions, all or none, and return them as they are stored.

    A decision that is stored already, being made of the same evidence, stays as it was.
    """
    with history.transaction():
        return [_record(history, decision, actor) for decision in decisions]


def _record(history: History, decision: Decision, actor: str) -> Decision:
    known = queries.decisions(history, prefix=decision.decision_id, limit=1)
    if known:
        return known[0]
    made = proposals(decision)
    history.connection.execute(
        "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?)",
        [
            decision.decision_id,
            decision.workflow_id,
            decision.decided_at.astimezone(UTC).replace(tzinfo=None),
            str(decision.state),
            len(made),
            msgspec.json.encode(decision, order="sorted").decode(),
        ],
    )
    append_audit(
        history,
        at=decision.decided_at,
        actor=actor,
        action="decision.recorded",
        subject=decision.decision_id,
        detail={
            "config_sha256": decision.config_sha256,
            "proposals": [f"{p.strategy}: {p.type}" for p in made],
            "state": str(decision.state),
            "workflow_id": decision.workflow_id,
        },
    )
    return decision
