"""What happened to decisions after they were made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from optimizer.models.decisions import AuditChain, AuditEntry, Decision, DecisionState
from optimizer.models.lifecycle import (
    Command,
    Commands,
    DecisionOutcome,
    DecisionStatistics,
    Health,
    MeasuredEffect,
    Moved,
    OutcomeStatus,
    Rollout,
    RolloutStatus,
    RolloutView,
    StrategyRecord,
)
from optimizer.models.proposals import Change, Effect
from reports.gallery.audit import audit, audit_check
from reports.gallery.decision import decision
from reports.gallery.moved import moved
from reports.gallery.outcome import outcome
from reports.gallery.rollout import rollout
from reports.gallery.status import status

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAME = "c011a12b8c2a"


def effect(metric: str, estimate: float, low: float, high: float, n: int = 80) -> Effect:
    return Effect(
        metric=metric, estimate=estimate, low=low, high=high, level=0.95, n=n, estimator="tango"
    )


BETTER = effect("success_rate", 0.238, 0.132, 0.331)
SLOWER = effect("latency_relative", 0.0367, -0.0111, 0.0878)
CHANGES = (
    Change(setting="cache.ttl_s", old=None, new=3600),
    Change(setting="variant", old="plain | vague", new="few_shot"),
)
PATCH = (
    {"op": "add", "path": "/cache", "value": {"ttl_s": 3600}},
    {"op": "test", "path": "/variant", "value": "plain | vague"},
    {"op": "replace", "path": "/variant", "value": "few_shot"},
)
ASKED = Commands(
    decision_id=NAME,
    workflow_id="support",
    commands=(
        Command(command="UpdateCache", strategy="caching", arguments={"ttl_s": 3600}),
        Command(
            command="UpdateConfiguration",
            strategy="model_selection",
            arguments={"deployment": "canary", "shares": [0.05, 0.25, 0.5, 1.0]},
        ),
    ),
    refused=("threshold_based: alert: there is no command for it",),
)


def step(state: DecisionState, text: str, **more: Any) -> Moved:
    facts: dict[str, Any] = {
        "decision_id": NAME,
        "workflow_id": "support",
        "state": state,
        "text": text,
        "actor": "ann",
        "why": "agrees with what users say",
    }
    return Moved(**(facts | more))


def at(step_: int, **more: Any) -> Rollout:
    facts: dict[str, Any] = {
        "decision_id": NAME,
        "preset": "standard",
        "shares": (0.05, 0.25, 0.5, 1.0),
        "step": step_,
        "status": RolloutStatus.RUNNING,
        "started_at": NOON,
        "moved_at": NOON + timedelta(hours=30),
        "reason": "stays at 25 %: 12 of 59 tests of few_shot since the last move",
    }
    return Rollout(**(facts | more))


def view(found: Rollout, health: Health | None = None, **more: Any) -> RolloutView:
    return RolloutView(rollout=found, workflow_id="support", health=health, n_wanted=59, **more)


HEALTH = Health(
    target="few_shot",
    n=12,
    newest_at=NOON + timedelta(hours=40),
    effects=(BETTER, SLOWER),
    run_ids=("r1", "r2"),
)
HARM = "success_rate -21 pp [-30, -12] pp on 80, worse than 5 pp beyond doubt"


def told(status: OutcomeStatus, *effects: MeasuredEffect, **more: Any) -> DecisionOutcome:
    facts: dict[str, Any] = {
        "decision_id": NAME,
        "workflow_id": "support",
        "strategies": ("model_selection",),
        "status": status,
        "effects": effects,
        "n_before": 240,
        "n_after": 320,
        "run_ids": ("r1", "r2", "r3", "r4"),
        "applied_at": NOON,
        "measured_at": NOON + timedelta(days=5),
        "reason": "no harm on 320 tests, every prediction kept (1 compared)",
    }
    return DecisionOutcome(**(facts | more))


SUCCESS = told(
    OutcomeStatus.SUCCESS,
    MeasuredEffect(
        metric="success_rate",
        predicted=effect("success_rate", 0.21, 0.1, 0.3),
        measured=BETTER,
        as_predicted=True,
    ),
    MeasuredEffect(
        metric="cost_relative",
        predicted=effect("cost_relative", -0.3, -0.35, -0.25),
        measured=effect("cost_relative", -0.1, -0.12, -0.08),
        as_predicted=False,
    ),
    MeasuredEffect(metric="latency_relative", predicted=None, measured=SLOWER, as_predicted=None),
)
UNKNOWN = told(
    OutcomeStatus.UNKNOWN,
    n_after=0,
    run_ids=(),
    strategies=(),
    reason="0 of 59 tests since the change",
)


def entry(seq: int, action: str, detail: str, **more: Any) -> AuditEntry:
    facts: dict[str, Any] = {
        "seq": seq,
        "logged_at": NOON + timedelta(hours=seq),
        "actor": "ann",
        "action": action,
        "subject": NAME,
        "detail": detail,
        "previous_hash": "0" * 64,
        "hash": "1" * 64,
    }
    return AuditEntry(**(facts | more))


LOG = (
    entry(1, "decision.recorded", '{"state":"pending"}'),
    entry(2, "decision.moved", '{"from":"pending","reason":"as users say","to":"validating"}'),
    entry(3, "rollout.started", "{}"),
)
DECIDED = Decision(
    decision_id=NAME,
    workflow_id="support",
    as_of=None,
    decided_at=NOON,
    state=DecisionState.COMPLETED,
    current=None,
    others=(),
    explanation=None,
    answers=(),
    config_sha256="ab" * 32,
    seed=0,
    version="0.1.0",
)
WHOLE = AuditChain(n_lines=3, first_broken=None, last_hash="9f" * 32)
LIMITED = partial(audit, limit=2, chain=WHOLE)
VERIFIED, BROKEN = partial(audit_check, broken=None), partial(audit_check, broken=2)

STATISTICS = DecisionStatistics(
    by_state={"completed": 2, "pending": 1, "rolled_back": 1},
    strategies=(
        StrategyRecord(
            strategy="threshold_based",
            n_asked=4,
            n_proposed=3,
            n_accepted=2,
            n_failed=1,
            elapsed_ms=0.214,
            n_outcomes=2,
            n_success=1,
            n_rolled_back=1,
        ),
    ),
)

CASES = {
    "status-decisions": (status, ("history.duckdb", 3_420_160, 4, (), (), STATISTICS)),
    "moved": (
        moved,
        (
            step(
                DecisionState.MONITORING,
                "applied",
                changes=CHANGES,
                patch=PATCH,
                sha256="cd" * 32,
                commands=ASKED,
                taken_back=("d1", "d2"),
                overridden=("no_friday",),
            ),
        ),
    ),
    "moved-empty": (moved, (step(DecisionState.REJECTED, "rejected by ann", why=""),)),
    "rollout": (rollout, ((view(at(1), HEALTH, commands=ASKED),),)),
    "rollout-empty": (rollout, ((),)),
    "rollout-several": (
        rollout,
        (
            (
                view(at(0), Health(target="few_shot", n=0, newest_at=None)),
                view(at(2, status=RolloutStatus.ROLLED_BACK, reason=HARM), HEALTH, moved=True),
                view(at(3, status=RolloutStatus.COMPLETED, reason="80 tests, no harm")),
            ),
        ),
    ),
    "outcome": (outcome, (SUCCESS,)),
    "outcome-empty": (outcome, (UNKNOWN,)),
    "outcome-failed": (
        outcome,
        (
            told(
                OutcomeStatus.FAILED,
                MeasuredEffect(
                    metric="success_rate",
                    predicted=BETTER,
                    measured=effect("success_rate", -0.21, -0.3, -0.12),
                    as_predicted=False,
                ),
                reason=HARM,
            ),
        ),
    ),
    "audit": (LIMITED, (LOG,)),
    "audit-empty": (
        partial(audit, limit=2, chain=AuditChain(n_lines=0, first_broken=None, last_hash=None)),
        ((),),
    ),
    "audit-picked": (partial(audit, limit=50, chain=replace(WHOLE, n_lines=214)), (LOG[1:2],)),
    "audit-none": (LIMITED, ((),)),
    "audit-changed": (partial(audit, limit=50, chain=replace(WHOLE, first_broken=2)), (LOG,)),
    "audit-verified": (VERIFIED, (LOG,)),
    "audit-broken": (BROKEN, (LOG,)),
    "decision-after": (
        decision,
        (DECIDED, LOG, at(3, status=RolloutStatus.COMPLETED, reason="no harm"), SUCCESS),
    ),
}
