"""The tables of a history, what tells their rows apart, and which came with a run."""

from __future__ import annotations

from optimizer.history.recording import TABLES_OF_RUNS
from optimizer.models.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table.

    Attributes:
        name: Its name.
        key: The columns that tell its rows apart; none where only the whole row does.
        content: The columns that make its content; none where all of them do.
        must_agree: Whether two rows of the same key but other content contradict each other;
            where they do not, the one that was there first stays.
    """

    name: str
    key: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    must_agree: bool = False

    @property
    def came_with_run(self) -> bool:
        """Whether its rows came with a run, and go with it."""
        return self.name in TABLES_OF_RUNS


AUDIT_LOG = "audit_log"
"""A chain of its own: its lines are never mixed with those of another history."""

TABLES = (
    Table(name="schema_version"),
    Table(name="sources", key=("source_sha256",)),
    Table(name="runs", key=("run_id",)),
    Table(name="prompts", key=("prompt_sha256",)),
    Table(name="variants", key=("variant_id",)),
    Table(name="tasks", key=("run_id",)),
    Table(name="task_texts", key=("run_id",)),
    Table(name="long_texts", key=("run_id",)),
    Table(name="task_origins", key=("run_id",)),
    Table(name="task_scores", key=("run_id",)),
    Table(name="reports", key=("run_id",)),
    Table(name="decisions", key=("decision_id",), must_agree=True),
    Table(name="strategy_answers", key=("decision_id", "strategy")),
    Table(name="studies", key=("strategy", "workflow_id", "key_sha256")),
    Table(name="config_snapshots", key=("workflow_id", "seq"), must_agree=True),
    Table(name="rollouts", key=("decision_id",), must_agree=True),
    Table(name="outcomes", key=("decision_id",), must_agree=True),
    Table(name="experiments", key=("experiment_id",), must_agree=True),
    Table(name="looks", key=("experiment_id", "seq"), must_agree=True),
    Table(name="prompt_versions", key=("prompt_id", "version"), must_agree=True),
    Table(name="optimizations", key=("optimization_id",), must_agree=True),
    Table(
        name="executions",
        key=("optimization_id", "executor_sha256", "prompt_sha256", "case_sha256", "replicate"),
    ),
    Table(name="completions", key=("optimization_id", "request_sha256", "occurrence")),
    Table(
        name="confirmations",
        key=("optimization_id", "prompt_id", "holdout_sha256", "seq"),
        must_agree=True,
    ),
    Table(name="feedback", key=("feedback_id",), content=("said_sha256",), must_agree=True),
    Table(name="baselines", key=("workflow_id",), must_agree=True),
    Table(name=AUDIT_LOG, key=("seq",)),
    Table(name="ingest_rejects"),
)
"""Every table, those first that others refer to."""
