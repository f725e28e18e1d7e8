"""Keeping the baseline of each workflow, each change with its line in the audit log."""

from __future__ import annotations

from datetime import UTC, datetime

from optimizer.history.audit import AuditLine, append_audit
from optimizer.history.store import History
from optimizer.models.experiments import Baseline


def record_baseline(history: History, baseline: Baseline) -> None:
    """Store the baseline of a workflow in place of the one it had."""
    line = AuditLine(
        logged_at=baseline.set_at,
        actor=baseline.actor,
        action="baseline.set",
        subject=baseline.workflow_id,
        detail={
            "run_id": baseline.run_id,
            "variant": baseline.variant,
            "variant_id": baseline.variant_id,
        },
    )
    with history.transaction():
        _remove(history, baseline.workflow_id)
        with history.connection.appender("baselines") as appender:
            appender.append_row(
                baseline.workflow_id,
                baseline.run_id,
                baseline.variant_id,
                baseline.variant,
                baseline.set_at.astimezone(UTC).replace(tzinfo=None),
                baseline.actor,
            )
        append_audit(history, [line])


def remove_baseline(history: History, workflow_id: str, *, actor: str, now: datetime) -> None:
    """Leave a workflow without a baseline."""
    line = AuditLine(
        logged_at=now, actor=actor, action="baseline.cleared", subject=workflow_id, detail={}
    )
    with history.transaction():
        _remove(history, workflow_id)
        append_audit(history, [line])


def _remove(history: History, workflow_id: str) -> None:
    history.connection.execute(
        "DELETE FROM baselines WHERE workflow_id = $workflow_id", {"workflow_id": workflow_id}
    )
