"""What happens to a decision after it was made: configuration, rollout, outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from optimizer.models.proposals import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigSnapshot:
    """The configuration of a workflow as it was put in force at one moment.

    Attributes:
        workflow_id: The workflow.
        seq: Its place among those of the workflow, counted from 0: the one found in use.
        body: Canonical JSON, byte for byte what is put back.
        sha256: Hash of the body.
        decision_id: The decision that put it in force; None for the first.
        action: `initial`, `applied` or `rolled_back`.
        made_at: When, UTC.
    """

    workflow_id: str
    seq: int
    body: str
    sha256: str
    decision_id: str | None
    action: str
    made_at: datetime


class RolloutStatus(StrEnum):
    """Where a rollout stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """A decision that is put in force step by step.

    Attributes:
        decision_id: The decision.
        preset: Name of the list of shares.
        shares: Share of the traffic of each step, 0 to 1, rising to 1.
        step: The step it is at, a place in `shares`.
        status: Where it stands.
        started_at: When it began, UTC.
        moved_at: When it last moved, UTC; only runs that began after it count for the next.
        reason: Why it last moved, or stayed, with the counts.
    """

    decision_id: str
    preset: str
    shares: tuple[float, ...]
    step: int
    status: RolloutStatus
    started_at: datetime
    moved_at: datetime
    reason: str


class OutcomeStatus(StrEnum):
    """How a change turned out against what was predicted."""

    SUCCESS = "success"
    PARTIAL_SUCCESS = "partial_success"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    UNKNOWN = "unknown"
    """Too few tests since the change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredEffect:
    """One predicted effect beside what was measured.

    Attributes:
        metric: Its name, as in `Effect`.
        predicted: What was expected; None where nothing was.
        measured: What the first runs after the change gave; None where they do not tell.
        as_predicted: Whether the measured interval overlaps the predicted one; None where one
            of them is unknown.
    """

    metric: str
    predicted: Effect | None
    measured: Effect | None
    as_predicted: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionOutcome:
    """What became of a change, measured from the first runs after it.

    Attributes:
        decision_id: The decision.
        workflow_id: Its workflow.
        strategies: Whose proposals were applied.
        status: How it turned out.
        effects: Metric by metric.
        n_before: Completed tasks before the change that were compared.
        n_after: Completed tasks after it.
        run_ids: The runs after it, oldest first.
        applied_at: When the change was put in force, UTC.
        measured_at: When this was worked out, UTC.
        reason: The counts in a sentence.
    """

    decision_id: str
    workflow_id: str
    strategies: tuple[str, ...]
    status: OutcomeStatus
    effects: tuple[MeasuredEffect, ...]
    n_before: int
    n_after: int
    run_ids: tuple[str, ...]
    applied_at: datetime
    measured_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecision:
    """An earlier decision as a strategy sees it.

    Attributes:
        decision_id: The decision.
        decided_at: When, UTC.
        seen_until: The newest run it knew of began then, UTC.
        state: Where it stood then; None where only the past was asked for, which does not tell.
        strategies: Whose proposals it accepted.
        applied_at: When it was put in force, UTC; None where it was not.
        outcome: What became of it; None where that was not measured.
    """

    decision_id: str
    decided_at: datetime
    seen_until: datetime | None
    state: str | None
    strategies: tuple[str, ...]
    applied_at: datetime | None = None
    outcome: DecisionOutcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerEvent:
    """One thing that a circuit breaker goes by.

    Attributes:
        workflow_id: The workflow.
        strategy: The strategy that answered, or that had a part in the change.
        decision_id: The decision.
        is_outcome: Whether it is how a change turned out; else whether a strategy answered.
        at: The newest run that was known then began then, UTC.
        failed: Whether it failed.
    """

    workflow_id: str
    strategy: str
    decision_id: str
    is_outcome: bool
    at: datetime
    failed: bool
