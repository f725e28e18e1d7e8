"""Keeping experiments and their looks, each change with its line in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime

import msgspec

from optimizer.history import queries
from optimizer.history.audit import AuditLine, append_audit
from optimizer.history.store import History
from optimizer.models.errors import SelectionError
from optimizer.models.experiments import Experiment, Look


def record_plan(history: History, experiment: Experiment, *, actor: str) -> None:
    """Store a new experiment.

    Raises:
        SelectionError: There is one of that name.
    """
    design = experiment.design
    with history.transaction():
        if queries.experiments(history, experiment_id=design.experiment_id):
            raise SelectionError(
                f"experiment {design.experiment_id!r}: there is one of that name already",
                hint="Choose another name; a plan is not changed once it is made.",
            )
        with history.connection.appender("experiments") as appender:
            appender.append_row(
                design.experiment_id,
                design.workflow_id,
                str(experiment.status),
                _stored(experiment.created_at),
                _stored(experiment.started_at),
                _stored(experiment.ended_at),
                _json(design),
                experiment.outcome and _json(experiment.outcome),
            )
        line = AuditLine(
            logged_at=experiment.created_at,
            actor=actor,
            action="experiment.planned",
            subject=design.experiment_id,
            detail={
                "workflow_id": design.workflow_id,
                "baseline": design.baseline.label,
                "candidates": [arm.label for arm in design.candidates],
                "n_max": design.n_max,
                "alpha": design.alpha,
            },
        )
        append_audit(history, [line])


def record_step(history: History, experiment: Experiment, line: AuditLine) -> None:
    """Store where an experiment has gone, with the line that tells of it."""
    with history.transaction():
        history.connection.execute(
            "UPDATE experiments SET status = $status, started_at = $started_at, "
            "ended_at = $ended_at, outcome = $outcome WHERE experiment_id = $experiment_id",
            {
                "status": str(experiment.status),
                "started_at": _stored(experiment.started_at),
                "ended_at": _stored(experiment.ended_at),
                "outcome": experiment.outcome and _json(experiment.outcome),
                "experiment_id": experiment.design.experiment_id,
            },
        )
        append_audit(history, [line])


def record_looks(history: History, looks: Sequence[Look], *, actor: str) -> None:
    """Store looks that were made, all or none."""
    if not looks:
        return
    with history.transaction():
        with history.connection.appender("looks") as appender:
            for look in looks:
                appender.append_row(*_values(look))
        append_audit(history, [_line(look, actor) for look in looks])


def _values(look: Look) -> tuple[object, ...]:
    """Return the values of a row of the table `looks`, in the order of its columns."""
    return (
        look.experiment_id,
        look.seq,
        *(str(getattr(look.key, field.name)) for field in fields(look.key)),
        look.candidate,
        _stored(look.looked_at),
        look.n,
        look.n_max,
        look.fraction,
        look.z_bound,
        look.alpha_k,
        look.alpha_spent,
        look.z,
        look.p_value,
        str(look.verdict),
        look.estimate,
        look.low,
        look.high,
        _json(look.broken),
        look.data_sha256,
        _json(look.run_ids),
    )


def _line(look: Look, actor: str) -> AuditLine:
    return AuditLine(
        logged_at=look.looked_at,
        actor=actor,
        action="experiment.looked",
        subject=look.experiment_id,
        detail={
            "seq": look.seq,
            "candidate_id": look.key.candidate_id,
            "n": look.n,
            "alpha_spent": look.alpha_spent,
            "verdict": str(look.verdict),
        },
    )


def _stored(time: datetime | None) -> datetime | None:
    """Return a time as the database takes it: in UTC, without a zone."""
    return time and time.astimezone(UTC).replace(tzinfo=None)


def _json(value: object) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
