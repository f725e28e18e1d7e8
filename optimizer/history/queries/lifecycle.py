"""Questions on what happened to decisions after they were made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from optimizer.history.queries import UNDECODABLE, damaged, dicts_of, faults, rows_of, tuples_of
from optimizer.history.queries.evidence import outcome_of
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import HistoryError
from optimizer.models.lifecycle import (
    ConfigSnapshot,
    DecisionOutcome,
    DecisionStatistics,
    Rollout,
    RolloutStatus,
    StrategyRecord,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutOfWorkflow:
    """A rollout and the workflow of its decision."""

    workflow_id: str
    rollout: Rollout


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOfVariant:
    """One variant in one run.

    Attributes:
        pairable: Whether its cases are those of other runs.
        parameters: Of the model, as canonical JSON, or None.
        n: Completed tasks.
        n_succeeded: Those that passed.
    """

    run_id: str
    started_at: datetime
    ingested_at: datetime
    pairable: bool
    variant_id: str
    variant: str
    prompt_sha256: str | None
    provider: str | None
    model: str | None
    parameters: str | None
    n: int
    n_succeeded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """What is stored of a decision more than once, or of one that is not stored.

    Attributes:
        kind: `decisions`, `rollouts` or `outcomes`.
        decision_id: The decision.
        n: How often it is stored.
    """

    kind: str
    decision_id: str
    n: int


def config_snapshots(history: History, workflow_id: str | None) -> list[ConfigSnapshot]:
    """Return the configurations of a workflow, or of all, in the order of their being in force."""
    return rows_of(ConfigSnapshot, history, "config_snapshots", workflow_id=workflow_id)


def rollouts(
    history: History, *, decision_id: str | None = None, workflow_id: str | None = None
) -> list[RolloutOfWorkflow]:
    """Return the rollouts, newest first.

    Raises:
        HistoryError: One is damaged.
    """
    rows = dicts_of(history, "rollouts", decision_id=decision_id, workflow_id=workflow_id)
    return [_rollout(row) for row in rows]


def outcome(history: History, decision_id: str) -> DecisionOutcome | None:
    """Return what became of a decision, or None where it was not measured.

    Raises:
        HistoryError: What is stored is damaged.
    """
    rows = tuples_of(history, "outcomes", decision_id=decision_id)
    return outcome_of(*rows[0]) if rows else None


def damaged_rollouts(history: History) -> list[str]:
    """Return what is wrong with those rollouts that cannot be read, newest first."""
    return faults(_rollout, dicts_of(history, "rollouts", decision_id=None, workflow_id=None))


def damaged_outcomes(history: History) -> list[str]:
    """Return what is wrong with those outcomes that cannot be read, newest first."""
    return faults(lambda row: outcome_of(*row), tuples_of(history, "outcomes", decision_id=None))


def misfits(history: History) -> list[Misfit]:
    """Return what is stored of a decision more than once, or of one that is not stored."""
    return rows_of(Misfit, history, "misfits")


def variant_runs(history: History, workflow_id: str) -> list[RunOfVariant]:
    """Return which variants of a workflow ran when, oldest run first."""
    return rows_of(RunOfVariant, history, "variant_runs", workflow_id=workflow_id)


def decision_statistics(history: History) -> DecisionStatistics:
    """Return how many decisions are in which state, and what came of each strategy's."""
    return DecisionStatistics(
        by_state=dict(tuples_of(history, "decision_states")),
        strategies=tuple(rows_of(StrategyRecord, history, "strategy_records")),
    )


def _rollout(row: dict[str, Any]) -> RolloutOfWorkflow:
    workflow_id = row.pop("workflow_id")
    try:
        shares = msgspec.json.decode(row.pop("shares"), type=tuple[float, ...])
        status = msgspec.convert(row.pop("status"), RolloutStatus)
    except UNDECODABLE as error:
        raise damaged(f"rollout of decision {row['decision_id']}", error) from error
    if row["step"] not in range(len(shares)):
        raise HistoryError(
            f"rollout of decision {row['decision_id']}: it stands at step {row['step'] + 1} of "
            f"{len(shares)}, expected one of its steps",
            hint="See with 'optimizer doctor' what else is damaged.",
        )
    return RolloutOfWorkflow(
        workflow_id=workflow_id, rollout=Rollout(shares=shares, status=status, **row)
    )
