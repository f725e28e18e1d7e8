"""What happens to a decision after it was made: configuration, rollout, outcome."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import DecisionState
from optimizer.models.proposals import Change, Effect


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
        moved_at: When it last moved, UTC; only runs that are new since then count for the next.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a configuration has done since a rollout last moved.

    Attributes:
        target: What its runs are called, for the sentences.
        n: Completed tests of it in runs that began since.
        newest_at: When the newest of these runs began, UTC; None where there is none.
        effects: What it does against the configuration before, as far as the runs since tell.
        run_ids: These runs, oldest first.
    """

    target: str
    n: int
    newest_at: datetime | None
    effects: tuple[Effect, ...] = ()
    run_ids: tuple[str, ...] = ()


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
        seen_until: When the newest run behind it began, UTC; None where there is none.
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
    seen_until: datetime | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How much of what a strategy predicts has come true so far.

    Attributes:
        share: Share of a predicted effect that its outcomes came to, drawn towards 1.
        n: Outcomes behind it.
    """

    share: float
    n: int


PatchOp = Mapping[str, Any]
"""One operation of an RFC 6902 JSON patch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What whoever runs the system would do for one proposal.

    Attributes:
        command: Its name: `SwitchModel`, `UpdateCache`.
        strategy: Whose proposal it comes from.
        arguments: What it needs to know, as a machine takes it.
    """

    command: str
    strategy: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What a decision asks of whoever runs the system; nothing of it is done here.

    Attributes:
        decision_id: The decision.
        workflow_id: Its workflow.
        commands: What to do, in the order of the proposals.
        refused: What there is no command for, with the reason.
    """

    decision_id: str
    workflow_id: str
    commands: tuple[Command, ...]
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a command did to a decision.

    Attributes:
        decision_id: The decision.
        workflow_id: Its workflow.
        state: Where it stands now.
        text: What happened, in a sentence.
        actor: Who did it.
        why: Why.
        changes: What moved in the configuration of the workflow.
        patch: The same as a JSON patch (RFC 6902).
        sha256: Hash of the configuration in force now; None where none was ever put in force.
        commands: What is asked of whoever runs the system; None where nothing is.
        taken_back: Other decisions that this takes back with it.
        overridden: Objections that were set aside, by name.
    """

    decision_id: str
    workflow_id: str
    state: DecisionState
    text: str
    actor: str
    why: str
    changes: tuple[Change, ...] = ()
    patch: tuple[PatchOp, ...] = ()
    sha256: str | None = None
    commands: Commands | None = None
    taken_back: tuple[str, ...] = ()
    overridden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutView:
    """A rollout and what the runs since its last move say.

    Attributes:
        rollout: The rollout.
        workflow_id: Its workflow.
        health: What the runs say; None where it has ended.
        n_wanted: Tests of the configuration that each step takes.
        moved: Whether it has just moved.
        commands: What is asked of whoever runs the system; None where nothing is.
    """

    rollout: Rollout
    workflow_id: str
    health: Health | None
    n_wanted: int
    moved: bool = False
    commands: Commands | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyRecord:
    """What a strategy has proposed so far, and what came of it.

    Attributes:
        strategy: Its name.
        n_asked: Decisions for which it was asked.
        n_proposed: Those for which it proposed something.
        n_accepted: Those that a proposal of it is part of.
        n_failed: Those for which it failed, or took too long.
        elapsed_ms: Mean time it took, or None.
        n_outcomes: Outcomes of decisions that a proposal of it is part of.
        n_success: Those that were a success.
        n_rolled_back: Those that were rolled back.
    """

    strategy: str
    n_asked: int
    n_proposed: int
    n_accepted: int
    n_failed: int
    elapsed_ms: float | None
    n_outcomes: int
    n_success: int
    n_rolled_back: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionStatistics:
    """Decisions by state and by strategy.

    Attributes:
        by_state: How many are in each state that has any.
        strategies: What each strategy has proposed, by name.
    """

    by_state: Mapping[str, int]
    strategies: tuple[StrategyRecord, ...]

    @property
    def n(self) -> int:
        """All of them."""
        return sum(self.by_state.values())
