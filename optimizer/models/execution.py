"""The published models of what a test run showed.

These names, fields and messages are relied on from outside; import them from `optimizer.models`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Protocol, Self

from pydantic import Field, model_validator

from optimizer.models.failures import FailureKind, classify
from optimizer.models.published import Amount, Count, Published, Rate

SUCCESS_RATE_TOLERANCE = 0.001


class ErrorDistribution(Published):
    """Failures by class; the total is derived when not given and verified when given."""

    timeout_errors: Count = 0
    api_errors: Count = 0
    validation_errors: Count = 0
    llm_errors: Count = 0
    total_errors: Count = 0

    @model_validator(mode="after")
    def _total_is_the_sum(self) -> Self:
        total = self.timeout_errors + self.api_errors + self.validation_errors + self.llm_errors
        if "total_errors" not in self.model_fields_set:
            self.__dict__["total_errors"] = total
        elif self.total_errors != total:
            raise ValueError(
                f"total_errors ({self.total_errors}) must equal sum of individual errors ({total})"
            )
        return self


class ExecutorResult(Protocol):
    """All that is read of an executor's result; see `TestExecutionReport.from_executor_result`."""

    workflow_id: Any
    run_id: Any
    statistics: Any
    task_results: Any
    finished_at: Any


class TestExecutionReport(Published):
    """What a test run showed, in the numbers the scoring rules read.

    Attributes:
        total_tests: Completed tests; cancelled and unfinished ones are in the metadata.
        success_rate: Share of `total_tests` that succeeded, 0 to 1.
        p95_response_time_ms: By linear interpolation; None where no time was measured.
        metadata: `unknown_fields` names the figures that nobody measured and that hold 0 here.
    """

    __test__: ClassVar[bool] = False

    workflow_id: str
    run_id: str
    total_tests: Annotated[int, Field(ge=1)]
    successful_tests: Count
    failed_tests: Count
    success_rate: Rate
    avg_response_time_ms: Amount
    p95_response_time_ms: Amount | None = None
    p99_response_time_ms: Amount | None = None
    total_tokens: Count
    avg_tokens_per_request: Amount
    total_cost: Amount
    cost_per_request: Amount
    error_distribution: ErrorDistribution = Field(default_factory=ErrorDistribution)
    executed_at: datetime = Field(default_factory=datetime.now)
    metadata: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _counts_agree(self) -> Self:
        if self.successful_tests + self.failed_tests > self.total_tests:
            raise ValueError(
                f"successful_tests ({self.successful_tests}) and failed_tests "
                f"({self.failed_tests}) exceed total_tests ({self.total_tests})"
            )
        expected = self.successful_tests / self.total_tests
        if abs(self.success_rate - expected) > SUCCESS_RATE_TOLERANCE:
            raise ValueError(
                f"success_rate ({self.success_rate:.3f}) inconsistent with "
                f"successful_tests/total_tests ({expected:.3f})"
            )
        return self

    @classmethod
    def from_executor_result(cls, executor_result: ExecutorResult | None) -> TestExecutionReport:
        """Convert what an executor returned.

        Failures are classified by status and message (`optimizer.models.failures`); failed tests
        whose message says nothing are counted in `metadata["unclassified_failures"]`.

        Args:
            executor_result: Anything with the attributes of `ExecutorResult`.

        Raises:
            ValueError: `executor_result` is None, or no test was completed.
        """
        if executor_result is None:
            raise ValueError("executor_result cannot be None")
        statistics = executor_result.statistics
        failed = statistics.failed_tasks + statistics.timeout_tasks + statistics.error_tasks
        completed = statistics.succeeded_tasks + failed
        if completed == 0:
            raise ValueError(
                f"run {executor_result.run_id} completed no test: "
                f"{statistics.cancelled_tasks} of {statistics.total_tasks} tasks were cancelled"
            )
        tasks = list(executor_result.task_results)
        times_ms = sorted(t.execution_time * 1000 for t in tasks if t.execution_time > 0)
        distribution, unclassified = _error_distribution(statistics, tasks)
        return cls(
            workflow_id=executor_result.workflow_id,
            run_id=executor_result.run_id,
            total_tests=completed,
            successful_tests=statistics.succeeded_tasks,
            failed_tests=failed,
            success_rate=statistics.success_rate,
            avg_response_time_ms=statistics.avg_execution_time * 1000,
            p95_response_time_ms=_quantile(times_ms, 0.95),
            p99_response_time_ms=_quantile(times_ms, 0.99),
            total_tokens=statistics.total_tokens,
            avg_tokens_per_request=statistics.total_tokens / completed,
            total_cost=statistics.total_cost,
            cost_per_request=statistics.total_cost / completed,
            error_distribution=distribution,
            executed_at=executor_result.finished_at,
            metadata={
                "total_retries": statistics.total_retries,
                "cancelled_tasks": statistics.cancelled_tasks,
                "scheduled_tasks": statistics.total_tasks,
                "percentile_method": "linear",
                "unclassified_failures": unclassified,
            },
        )

    def has_timeout_errors(self) -> bool:
        """Tell whether any test timed out."""
        return self.error_distribution.timeout_errors > 0

    def has_api_errors(self) -> bool:
        """Tell whether any test failed on the way to the model."""
        return self.error_distribution.api_errors > 0

    def get_error_rate(self) -> float:
        """Return the share of tests that did not succeed, 0 to 1."""
        return 1.0 - self.success_rate

    def get_timeout_error_rate(self) -> float:
        """Return the share of tests that timed out, 0 to 1."""
        return self.error_distribution.timeout_errors / self.total_tests


def _error_distribution(statistics: Any, tasks: Sequence[Any]) -> tuple[ErrorDistribution, int]:
    """Count failures by class; the statistics decide how many, the messages of what class."""
    by_kind: Counter[FailureKind] = Counter(
        {
            FailureKind.TIMEOUT: statistics.timeout_tasks,
            FailureKind.API: statistics.error_tasks,
            FailureKind.UNCLASSIFIED: statistics.failed_tasks,
        }
    )
    by_status = {"error": FailureKind.API, "failed": FailureKind.UNCLASSIFIED}
    for task in tasks:
        status = getattr(task, "task_status", None)
        status = getattr(status, "value", status)
        message = getattr(task, "error_message", None)
        if status not in by_status or not isinstance(message, str):
            continue
        failure = classify(status, message)
        if failure and by_kind[by_status[status]] > 0:
            by_kind[by_status[status]] -= 1
            by_kind[failure.kind] += 1
    distribution = ErrorDistribution(
        timeout_errors=by_kind[FailureKind.TIMEOUT],
        api_errors=by_kind[FailureKind.API],
        validation_errors=by_kind[FailureKind.VALIDATION],
        llm_errors=by_kind[FailureKind.LLM],
    )
    return distribution, by_kind[FailureKind.UNCLASSIFIED]


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return a quantile of sorted values by linear interpolation, None of none."""
    if not ordered:
        return None
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])
