"""The published models: prompts, their analysis, and what a test run showed.

These names, fields and messages are relied on from outside; import them from `optimizer.models`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Protocol, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from optimizer.models.failures import FailureKind, classify

MAX_PROMPT_CHARS = 100_000
SUCCESS_RATE_TOLERANCE = 0.001


class IssueSeverity(StrEnum):
    """How bad an issue is."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class IssueType(StrEnum):
    """What is wrong with a prompt text."""

    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    VAGUE_LANGUAGE = "vague_language"
    MISSING_STRUCTURE = "missing_structure"
    REDUNDANCY = "redundancy"
    POOR_FORMATTING = "poor_formatting"
    AMBIGUOUS_INSTRUCTIONS = "ambiguous_instructions"


class SuggestionType(StrEnum):
    """What could be done about it."""

    ADD_STRUCTURE = "add_structure"
    CLARIFY_INSTRUCTIONS = "clarify_instructions"
    REDUCE_LENGTH = "reduce_length"
    ADD_EXAMPLES = "add_examples"
    IMPROVE_FORMATTING = "improve_formatting"


class OptimizationStrategy(StrEnum):
    """How a prompt is to be rewritten."""

    CLARITY_FOCUS = "clarity_focus"
    EFFICIENCY_FOCUS = "efficiency_focus"
    STRUCTURE_FOCUS = "structure_focus"
    AUTO = "auto"
    LLM_GUIDED = "llm_guided"
    LLM_CLARITY = "llm_clarity"
    LLM_EFFICIENCY = "llm_efficiency"
    HYBRID = "hybrid"


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty or blank")
    return text


NotBlank = Annotated[str, AfterValidator(_not_blank)]
Score = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


class _Contract(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    def __setattr__(self, name: str, value: Any) -> None:
        """Assign a checked value; a refused one leaves the model as it was."""
        before, were_set = dict(self.__dict__), set(self.model_fields_set)
        try:
            super().__setattr__(name, value)
        except ValidationError:
            self.__dict__.update(before)
            self.__pydantic_fields_set__.intersection_update(were_set)
            raise


class Prompt(_Contract):
    """A prompt as it stands in a workflow."""

    id: NotBlank
    workflow_id: NotBlank
    node_id: NotBlank
    node_type: NotBlank
    text: Annotated[NotBlank, Field(max_length=MAX_PROMPT_CHARS)]
    role: str = "system"
    variables: list[NotBlank] = Field(default_factory=list)
    context: dict[str, Any] = Field(default_factory=dict)
    extracted_at: datetime = Field(default_factory=datetime.now)


class PromptIssue(_Contract):
    """One finding in a prompt text."""

    severity: IssueSeverity
    type: IssueType
    description: str
    location: str | None = None
    suggestion: str | None = None


class PromptSuggestion(_Contract):
    """One thing to try, 10 the most urgent."""

    type: SuggestionType
    description: str
    priority: Annotated[int, Field(ge=1, le=10)]


class PromptAnalysis(_Contract):
    """Static scores of a prompt text, 0 to 100, and what was found in it."""

    prompt_id: str
    overall_score: Score
    clarity_score: Score
    efficiency_score: Score
    issues: list[PromptIssue] = Field(default_factory=list)
    suggestions: list[PromptSuggestion] = Field(default_factory=list)
    metadata: dict[str, Any] = Field(default_factory=dict)
    analyzed_at: datetime = Field(default_factory=datetime.now)


class OptimizationChange(_Contract):
    """One edit of a prompt text."""

    rule_id: str
    description: str
    location: str | None = None
    before: str | None = None
    after: str | None = None


class OptimizationResult(_Contract):
    """A rewritten prompt and how it came about."""

    prompt_id: str
    original_prompt: str
    optimized_prompt: str
    strategy: OptimizationStrategy
    improvement_score: Annotated[float, Field(allow_inf_nan=False)]
    confidence: Rate
    changes: list[OptimizationChange] = Field(default_factory=list)
    metadata: dict[str, Any] = Field(default_factory=dict)
    optimized_at: datetime = Field(default_factory=datetime.now)


class PromptVersion(_Contract):
    """A prompt at one point of its history; a version without a parent is the baseline."""

    prompt_id: str
    version: Annotated[str, Field(pattern=r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$")]
    prompt: Prompt
    analysis: PromptAnalysis
    optimization_result: OptimizationResult | None = None
    parent_version: str | None = None
    created_at: datetime = Field(default_factory=datetime.now)
    metadata: dict[str, Any] = Field(default_factory=dict)

    def get_version_number(self) -> tuple[int, int, int]:
        """Return the version as (major, minor, patch)."""
        major, minor, patch = map(int, self.version.split("."))
        return major, minor, patch

    def is_baseline(self) -> bool:
        """Tell whether this is the first version."""
        return self.parent_version is None


class OptimizationConfig(_Contract):
    """What a caller asks of an optimization."""

    strategies: Annotated[list[OptimizationStrategy], Field(min_length=1)] = Field(
        default_factory=lambda: [OptimizationStrategy.AUTO]
    )
    min_confidence: Rate = 0.6
    max_iterations: Annotated[int, Field(ge=1)] = 3
    score_threshold: Score = 80.0
    analysis_rules: dict[str, Any] = Field(default_factory=dict)
    metadata: dict[str, Any] = Field(default_factory=dict)


class ErrorDistribution(_Contract):
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


class TestExecutionReport(_Contract):
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
