"""Keeping decisions, each with its line in the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from optimizer.history import queries
from optimizer.history.audit import AuditLine, append_audit
from optimizer.history.store import History
from optimizer.models.decisions import Decision, Made, Study, accepted, proposals
from optimizer.models.proposals import TIMED_OUT, StrategyAnswer


def record_decisions(history: History, made: Sequence[Made], *, actor: str) -> list[Decision]:
    """Store decisions, all or none, and return them as they are stored.

    A decision that is stored already, being made of the same evidence, stays as it was.
    """
    decisions = [one.decision for one in made]
    with history.transaction():
        known = queries.stored_decisions(history, [one.decision_id for one in decisions])
        new = [one for one in made if one.decision.decision_id not in known]
        _append(history, "decisions", (decision_row(one.decision) for one in new))
        _append(history, "strategy_answers", (row for one in new for row in _answers(one)))
        _append(history, "studies", (_study(study, one) for one in made for study in one.studies))
        append_audit(history, [_line(one.decision, actor) for one in new])
    return [known.get(one.decision_id, one) for one in decisions]


def _append(history: History, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    listed = list(rows)
    if listed:
        with history.connection.appender(table) as appender:
            appender.append_rows(listed)


def _answers(made: Made) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the table `strategy_answers`, in the order of its columns."""
    decision = made.decision
    kept = [proposal.strategy for proposal in accepted(decision)]
    for said in decision.answers:
        name = said.strategy
        yield (
            decision.decision_id,
            decision.workflow_id,
            name,
            said.priority,
            _status(said, asked=name in made.elapsed_ms),
            len(said.answer.proposals) if said.answer else 0,
            kept.count(name),
            made.elapsed_ms.get(name),
            _seen_until(decision),
        )


def _status(said: StrategyAnswer, *, asked: bool) -> str:
    if not asked:
        return "not_asked"
    if said.answer is None:
        return "timed_out" if (said.failure or "").startswith(TIMED_OUT) else "failed"
    return "proposed" if said.answer.proposals else "silent"


def _study(study: Study, made: Made) -> tuple[object, ...]:
    """Return the values of a row of the table `studies`, in the order of its columns."""
    return (
        study.strategy,
        study.workflow_id,
        study.key_sha256,
        study.body,
        queries.stored_time(made.decision.decided_at),
    )


def _seen_until(decision: Decision) -> datetime | None:
    windows = (decision.current, *decision.others)
    starts = [window.last_started_at for window in windows if window is not None]
    return queries.stored_time(max(starts, default=None))


def decision_row(decision: Decision, applied_at: datetime | None = None) -> tuple[object, ...]:
    """Return the values of a row of the table `decisions`, in the order of its columns."""
    return (
        decision.decision_id,
        decision.workflow_id,
        queries.stored_time(decision.decided_at),
        str(decision.state),
        len(proposals(decision)),
        msgspec.json.encode(decision, order="sorted").decode(),
        _seen_until(decision),
        queries.stored_time(applied_at),
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
