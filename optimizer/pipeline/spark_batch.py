"""Decide on many workflows on a Spark cluster: what `batch` does with processes.

Every worker makes a history of the rows of its workflows and decides on them as ever, so that
decisions are those of one machine. What is spent is counted over all workflows, beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from optimizer.analysis.budgets import budget_states
from optimizer.config.tree import Config
from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.budgets import BudgetState
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import Made
from optimizer.pipeline.decide import decide

if TYPE_CHECKING:
    from optimizer.history.engines import SparkEngine

BUCKET = 200
"""Workflows that a worker decides on together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkJob:
    """How to decide on many workflows; it is sent to the workers.

    Attributes:
        config: The settings as JSON.
        config_sha256: Their hash.
        as_of: Runs that ended later are not seen; None: all are.
        now: The time of deciding, UTC.
        fail_fast: Whether a strategy that fails ends it.
        only: The strategies that are asked; empty: all.
    """

    config: str
    config_sha256: str
    as_of: datetime | None
    now: datetime
    fail_fast: bool
    only: tuple[str, ...] = ()


def decide_all_on_spark(history: History, engine: SparkEngine, job: SparkJob) -> list[Made]:
    """Return the decisions on all workflows of a history, by name; nothing is stored."""
    from optimizer.history.spark.buckets import on_each_bucket  # noqa: PLC0415 - loads Spark

    n_workflows = len(queries.workflows(history))
    if not n_workflows:
        return []
    budgets = Config.model_validate_json(job.config).budgets
    spending = budget_states(history, budgets, as_of=job.as_of)

    def work(bucket: History) -> Iterator[str]:
        return _decide(bucket, job, spending)

    bodies = on_each_bucket(engine.session, work, n_buckets=-(-n_workflows // BUCKET))
    made = [msgspec.json.decode(body, type=Made) for body in bodies]
    return sorted(made, key=lambda one: one.decision.workflow_id)


def _decide(history: History, job: SparkJob, spending: tuple[BudgetState, ...]) -> Iterator[str]:
    made = decide(
        history,
        workflow_ids=[one.workflow_id for one in queries.workflows(history)],
        variant=None,
        as_of=job.as_of,
        config=Config.model_validate_json(job.config),
        config_sha256=job.config_sha256,
        now=job.now,
        fail_fast=job.fail_fast,
        only=job.only,
        is_missing_fine=True,
        spending=spending,
    )
    for one in made:
        yield msgspec.json.encode(replace(one, body=None)).decode()
