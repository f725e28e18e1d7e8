"""The executor's contract: what a test run is, as the executor hands it over.

These names, their fields and the order of the fields are relied on from outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple, Self

import msgspec


class TaskStatus(StrEnum):
    """The state of a task."""

    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    ERROR = "error"

    def is_terminal(self) -> bool:
        """Tell whether the task will not change any more."""
        return self not in (TaskStatus.PENDING, TaskStatus.QUEUED, TaskStatus.RUNNING)

    def is_success(self) -> bool:
        """Tell whether the task succeeded."""
        return self is TaskStatus.SUCCEEDED


class TestStatus(StrEnum):
    """How a call ended."""

    __test__ = False

    SUCCESS = "success"
    FAILED = "failed"
    TIMEOUT = "timeout"
    ERROR = "error"


class Scenario(StrEnum):
    """What kind of case a task tries."""

    NORMAL = "normal"
    BOUNDARY = "boundary"
    ERROR = "error"
    CUSTOM = "custom"


@dataclass
class TestResult:
    """What came of one call.

    Attributes:
        execution_time: Wall time in seconds.
        cost: Price in USD.
        score: 0 to 1 where graded on a scale, or None.
    """

    __test__: ClassVar[bool] = False

    workflow_id: str
    execution_id: str
    timestamp: datetime
    status: TestStatus
    execution_time: float = 0.0
    tokens_used: int = 0
    cost: float = 0.0
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    error_message: str | None = None
    prompt_variant: str | None = None
    dataset: str | None = None
    score: float | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass
class TaskResult:
    """One task of a run.

    Attributes:
        test_result: What came of it, or None where nothing did.
        attempt_count: How often it was tried.
        execution_time: Wall time in seconds.
    """

    task_id: str
    workflow_id: str
    dataset: str | None
    scenario: Scenario
    task_status: TaskStatus
    test_result: TestResult | None
    error_message: str | None
    attempt_count: int
    created_at: datetime
    finished_at: datetime | None = None
    execution_time: float = 0.0
    metadata: dict[str, Any] = field(default_factory=dict)

    def get_tokens_used(self) -> int:
        """Return the tokens of the call, 0 without a result."""
        return self.test_result.tokens_used if self.test_result else 0

    def get_cost(self) -> float:
        """Return the price of the call in USD, 0 without a result."""
        return self.test_result.cost if self.test_result else 0.0


class TaskFigures(NamedTuple):
    """What the statistics of a run are made of: the numbers of one task."""

    status: str
    execution_time: float
    tokens: int
    cost: float
    attempts: int


@dataclass
class RunStatistics:
    """The counts and sums of a run.

    Attributes:
        completed_tasks: Succeeded, failed, timed out and errored ones; not the cancelled.
        success_rate: Succeeded of completed, 0 to 1.
        total_execution_time: Of all tasks, in seconds.
        avg_execution_time: The total over the completed tasks, in seconds.
        total_cost: In USD.
        total_retries: Attempts after the first.
    """

    total_tasks: int = 0
    completed_tasks: int = 0
    succeeded_tasks: int = 0
    failed_tasks: int = 0
    timeout_tasks: int = 0
    cancelled_tasks: int = 0
    error_tasks: int = 0
    success_rate: float = 0.0
    total_execution_time: float = 0.0
    avg_execution_time: float = 0.0
    total_tokens: int = 0
    total_cost: float = 0.0
    total_retries: int = 0

    @classmethod
    def from_figures(cls, figures: Iterable[TaskFigures]) -> Self:
        """Count and add up the tasks of a run."""
        tasks = list(figures)
        n = Counter(task.status for task in tasks)
        completed = n["succeeded"] + n["failed"] + n["timeout"] + n["error"]
        seconds = sum(task.execution_time for task in tasks)
        return cls(
            total_tasks=len(tasks),
            completed_tasks=completed,
            succeeded_tasks=n["succeeded"],
            failed_tasks=n["failed"],
            timeout_tasks=n["timeout"],
            cancelled_tasks=n["cancelled"],
            error_tasks=n["error"],
            success_rate=n["succeeded"] / completed if completed else 0.0,
            total_execution_time=float(seconds),
            avg_execution_time=seconds / completed if completed else 0.0,
            total_tokens=sum(task.tokens for task in tasks),
            total_cost=float(sum(task.cost for task in tasks)),
            total_retries=sum(max(task.attempts - 1, 0) for task in tasks),
        )


@dataclass
class RunExecutionResult:
    """One run of a workflow's tests.

    Attributes:
        total_duration: From start to finish, in seconds.
    """

    run_id: str
    workflow_id: str
    started_at: datetime
    finished_at: datetime
    total_duration: float
    task_results: list[TaskResult]
    statistics: RunStatistics = field(default_factory=RunStatistics)
    metadata: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_task_results(  # noqa: PLR0917 - a published signature
        cls,
        run_id: str,
        workflow_id: str,
        started_at: datetime,
        finished_at: datetime,
        task_results: list[TaskResult],
        metadata: dict[str, Any] | None = None,
    ) -> Self:
        """Make a run of its tasks; duration and statistics are computed.

        Raises:
            ValueError: A value is missing: None, or an id that is empty.
        """
        given = {
            "run_id": run_id,
            "workflow_id": workflow_id,
            "started_at": started_at,
            "finished_at": finished_at,
            "task_results": task_results,
        }
        for name, value in given.items():
            if value is None:
                raise ValueError(f"{name} cannot be None")
            if value == "":
                raise ValueError(f"{name} cannot be empty")
        return cls(
            run_id=run_id,
            workflow_id=workflow_id,
            started_at=started_at,
            finished_at=finished_at,
            total_duration=(finished_at - started_at).total_seconds(),
            task_results=task_results,
            statistics=RunStatistics.from_figures(_figures(task) for task in task_results),
            metadata=metadata or {},
        )

    def to_json(self) -> bytes:
        """Return the run as the JSON object that `optimizer ingest` reads."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, content: bytes | str) -> Self:
        """Return the run that `to_json` wrote.

        Raises:
            ValueError: The content is no such run.
        """
        return msgspec.json.decode(content, type=cls)


def _figures(task: TaskResult) -> TaskFigures:
    return TaskFigures(
        task.task_status,
        task.execution_time,
        task.get_tokens_used(),
        task.get_cost(),
        task.attempt_count,
    )
