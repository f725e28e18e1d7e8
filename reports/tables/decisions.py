"""Decisions as rows: what each strategy said, and the lines of the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.models.data_tables import DataColumn, DataTable, number, text, time, whole
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import AuditEntry, Decision
from optimizer.models.proposals import Change, Effect, Proposal, StrategyAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a strategy said: a proposal, or why there is none."""

    decision: Decision
    answer: StrategyAnswer
    proposal: Proposal | None = None
    effect: Effect | None = None


def _changes(said: _Said) -> tuple[str, ...] | None:
    proposal = said.proposal
    return None if proposal is None else tuple(map(_change, proposal.changes))


def _change(change: Change) -> str:
    return f"{change.setting}: {change.old} -> {change.new}"


DECISION: tuple[DataColumn, ...] = (
    text("decision_id"),
    text("workflow_id"),
    text("state"),
    time("decided_at"),
    time("as_of"),
    text("variant", "current.variant"),
    text("variant_id", "current.variant_id"),
    whole("n_completed", "current.n_completed"),
    number("success_rate", "current.success_rate"),
    whole("n_proposals", lambda one: len(_proposals(one))),
    text("strategies", lambda one: [proposal.strategy for proposal in _proposals(one)]),
)
SAID: tuple[DataColumn, ...] = (
    text("decision_id", "decision.decision_id"),
    text("workflow_id", "decision.workflow_id"),
    text("strategy", "answer.strategy"),
    whole("priority", "answer.priority"),
    text("type", "proposal.type"),
    text("changes", _changes),
    number("confidence", "proposal.confidence"),
    text("rationale", "proposal.rationale"),
    text("silence", "answer.answer.silence"),
    text("failure", "answer.failure"),
)
EFFECT: tuple[DataColumn, ...] = (
    text("decision_id", "decision.decision_id"),
    text("strategy", "answer.strategy"),
    text("type", "proposal.type"),
    text("metric", "effect.metric"),
    number("estimate", "effect.estimate"),
    number("low", "effect.low"),
    number("high", "effect.high"),
    number("level", "effect.level"),
    whole("n", "effect.n"),
    text("estimator", "effect.estimator"),
)
LINE: tuple[DataColumn, ...] = (
    whole("seq"),
    time("logged_at"),
    text("actor"),
    text("action"),
    text("subject"),
    text("detail"),
    text("previous_hash"),
    text("hash"),
)


def decision_tables(decisions: Sequence[Decision]) -> tuple[DataTable, ...]:
    """Return decisions, what their strategies said, and the effects they foresee."""
    said = [one for decision in decisions for one in _said(decision)]
    effects = [
        _Said(decision=one.decision, answer=one.answer, proposal=one.proposal, effect=effect)
        for one in said
        if one.proposal is not None
        for effect in one.proposal.effects
    ]
    return (
        DataTable("decisions", DECISION, decisions),
        DataTable("answers", SAID, said),
        DataTable("effects", EFFECT, effects),
    )


def audit_tables(entries: Sequence[AuditEntry]) -> tuple[DataTable, ...]:
    """Return lines of the audit log, newest last."""
    return (DataTable("lines", LINE, entries),)


def _proposals(decision: Decision) -> list[Proposal]:
    heard = [one.answer for one in decision.answers if one.answer is not None]
    return [proposal for answer in heard for proposal in answer.proposals]


def _said(decision: Decision) -> Iterator[_Said]:
    for answer in decision.answers:
        proposals = answer.answer.proposals if answer.answer is not None else ()
        for proposal in proposals or (None,):
            yield _Said(decision=decision, answer=answer, proposal=proposal)
