from __future__ import annotations

import math
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from optimizer.models import (
    ErrorDistribution,
    IssueSeverity,
    OptimizationConfig,
    OptimizationStrategy,
    Prompt,
    PromptAnalysis,
    PromptVersion,
    TestExecutionReport,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def report(**changes: Any) -> TestExecutionReport:
    fields: dict[str, Any] = {
        "workflow_id": "wf_001",
        "run_id": "run_001",
        "total_tests": 100,
        "successful_tests": 85,
        "failed_tests": 15,
        "success_rate": 0.85,
        "avg_response_time_ms": 1000.0,
        "total_tokens": 10_000,
        "avg_tokens_per_request": 100.0,
        "total_cost": 1.0,
        "cost_per_request": 0.01,
    }
    return TestExecutionReport(**(fields | changes))


def task(status: str, message: str | None = None, seconds: float = 1.0) -> SimpleNamespace:
    return SimpleNamespace(task_status=status, error_message=message, execution_time=seconds)


def result(tasks: list[SimpleNamespace], **statistics: Any) -> SimpleNamespace:
    counts = {f"{s}_tasks": 0 for s in ("succeeded", "failed", "timeout", "cancelled", "error")}
    for one in tasks:
        counts[f"{one.task_status}_tasks"] += 1
    completed = len(tasks) - counts["cancelled_tasks"]
    fields: dict[str, Any] = {
        **counts,
        "total_tasks": len(tasks),
        "completed_tasks": completed,
        "success_rate": counts["succeeded_tasks"] / completed if completed else 0.0,
        "total_execution_time": sum(one.execution_time for one in tasks),
        "avg_execution_time": 1.0,
        "total_tokens": 1000,
        "total_cost": 0.5,
        "total_retries": 2,
    }
    return SimpleNamespace(
        workflow_id="wf_001",
        run_id="run_001",
        statistics=SimpleNamespace(**(fields | statistics)),
        task_results=tasks,
        finished_at=NOON,
    )


def test_the_total_of_errors_is_derived_when_not_given() -> None:
    assert ErrorDistribution(timeout_errors=5, llm_errors=2).total_errors == 7


def test_a_given_total_of_errors_is_verified() -> None:
    with pytest.raises(
        ValidationError, match=r"total_errors \(6\) must equal sum of individual errors \(5\)"
    ):
        ErrorDistribution(timeout_errors=5, total_errors=6)


def test_the_total_of_errors_follows_an_assignment() -> None:
    errors = ErrorDistribution(timeout_errors=5)
    errors.api_errors = 2
    assert errors.total_errors == 7


def test_a_refused_assignment_leaves_the_model_as_it_was() -> None:
    errors = ErrorDistribution(timeout_errors=5, total_errors=5)
    with pytest.raises(ValidationError):
        errors.timeout_errors = 6
    assert errors == ErrorDistribution(timeout_errors=5, total_errors=5)


def test_a_report_refuses_a_rate_that_its_counts_contradict() -> None:
    with pytest.raises(
        ValidationError,
        match=r"success_rate \(0.900\) inconsistent with "
        r"successful_tests/total_tests \(0.850\)",
    ):
        report(success_rate=0.9)
    assert report(success_rate=0.8509).success_rate == 0.8509


def test_the_rate_is_checked_again_after_every_assignment() -> None:
    checked = report()
    with pytest.raises(ValidationError, match="inconsistent"):
        checked.successful_tests = 50
    assert checked.successful_tests == 85


@pytest.mark.parametrize("value", [math.inf, math.nan, -1.0])
def test_a_report_refuses_what_is_no_amount(value: float) -> None:
    with pytest.raises(ValidationError):
        report(avg_response_time_ms=value)


def test_a_report_refuses_more_results_than_tests() -> None:
    with pytest.raises(ValidationError, match="exceed total_tests"):
        report(failed_tests=16)


def test_a_report_refuses_unknown_fields() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        report(surprise=1)


def test_rates_of_errors_are_shares_of_all_tests() -> None:
    checked = report(error_distribution=ErrorDistribution(timeout_errors=5, api_errors=10))
    assert checked.get_error_rate() == pytest.approx(0.15)
    assert checked.get_timeout_error_rate() == pytest.approx(0.05)
    assert checked.has_timeout_errors()
    assert checked.has_api_errors()


def test_pytest_does_not_take_a_report_for_a_test() -> None:
    assert TestExecutionReport.__test__ is False


def test_nothing_cannot_be_converted() -> None:
    with pytest.raises(ValueError, match=r"^executor_result cannot be None$"):
        TestExecutionReport.from_executor_result(None)


def test_converts_counts_times_and_costs() -> None:
    tasks = [task("succeeded", seconds=i / 10) for i in range(1, 21)]
    converted = TestExecutionReport.from_executor_result(result(tasks, avg_execution_time=1.05))
    assert converted.total_tests == converted.successful_tests == 20
    assert converted.avg_response_time_ms == pytest.approx(1050)
    # 20 times from 100 to 2000 ms: the 95th percentile lies at 1 + 0.95 * 19 = 19.05
    assert converted.p95_response_time_ms == pytest.approx(1905)
    assert converted.p99_response_time_ms == pytest.approx(1981)
    assert converted.avg_tokens_per_request == 50
    assert converted.cost_per_request == pytest.approx(0.025)
    assert converted.executed_at == NOON
    assert converted.metadata["total_retries"] == 2


def test_percentiles_are_of_known_times_only() -> None:
    tasks = [task("succeeded", seconds=0.0), task("succeeded", seconds=2.0)]
    converted = TestExecutionReport.from_executor_result(result(tasks))
    assert converted.p95_response_time_ms == 2000
    unknown = TestExecutionReport.from_executor_result(result([task("succeeded", seconds=0.0)]))
    assert unknown.p95_response_time_ms is None


def test_failures_without_a_message_count_by_status() -> None:
    tasks = [task("succeeded")] * 85 + [task("failed")] * 10 + [task("timeout")] * 3
    converted = TestExecutionReport.from_executor_result(result([*tasks, *[task("error")] * 2]))
    errors = converted.error_distribution
    assert (errors.timeout_errors, errors.api_errors, errors.total_errors) == (3, 2, 5)
    assert converted.failed_tests == 15
    assert converted.metadata["unclassified_failures"] == 10


def test_failures_with_a_message_count_by_what_it_says() -> None:
    converted = TestExecutionReport.from_executor_result(
        result(
            [
                task("succeeded"),
                task("failed", "output does not match the JSON schema"),
                task("failed", "blocked by content filter"),
                task("failed", "no idea"),
                task("error", "HTTP 503"),
                task("error", "error_code 429: "),
            ]
        )
    )
    errors = converted.error_distribution
    assert (errors.validation_errors, errors.llm_errors, errors.api_errors) == (1, 2, 1)
    assert converted.metadata["unclassified_failures"] == 1


def test_cancelled_tasks_are_not_tests() -> None:
    tasks = [task("succeeded")] * 3 + [task("failed")] + [task("cancelled")] * 6
    converted = TestExecutionReport.from_executor_result(result(tasks))
    assert (converted.total_tests, converted.success_rate) == (4, 0.75)
    assert converted.metadata["cancelled_tasks"] == 6
    assert converted.metadata["scheduled_tasks"] == 10


def test_a_run_that_completed_nothing_cannot_be_converted() -> None:
    with pytest.raises(ValueError, match="completed no test: 2 of 2 tasks were cancelled"):
        TestExecutionReport.from_executor_result(result([task("cancelled")] * 2))


@pytest.mark.parametrize("text", ["", "  \n\t"])
def test_a_prompt_needs_text(text: str) -> None:
    with pytest.raises(ValidationError, match="empty or blank"):
        Prompt(id="p", workflow_id="w", node_id="n", node_type="llm", text=text)


def test_a_prompt_needs_names_for_its_variables() -> None:
    with pytest.raises(ValidationError, match="empty or blank"):
        Prompt(id="p", workflow_id="w", node_id="n", node_type="llm", text="x", variables=[" "])


def test_a_prompt_has_an_upper_length() -> None:
    Prompt(id="p", workflow_id="w", node_id="n", node_type="llm", text="x" * 100_000)
    with pytest.raises(ValidationError, match="at most 100000"):
        Prompt(id="p", workflow_id="w", node_id="n", node_type="llm", text="x" * 100_001)


def version(number: str, **changes: Any) -> PromptVersion:
    prompt = Prompt(id="p", workflow_id="w", node_id="n", node_type="llm", text="x")
    analysis = PromptAnalysis(
        prompt_id="p", overall_score=80, clarity_score=80, efficiency_score=80
    )
    return PromptVersion(prompt_id="p", version=number, prompt=prompt, analysis=analysis, **changes)


def test_a_version_has_three_numbers() -> None:
    assert version("1.20.3").get_version_number() == (1, 20, 3)
    for bad in ("1.2", "v1.2.3", "1.2.03", "1.2.3-rc1", ""):
        with pytest.raises(ValidationError):
            version(bad)


def test_a_version_without_a_parent_is_the_baseline() -> None:
    assert version("1.0.0").is_baseline()
    assert not version("1.0.1", parent_version="1.0.0").is_baseline()


def test_a_configuration_has_the_published_defaults() -> None:
    config = OptimizationConfig()
    assert config.strategies == [OptimizationStrategy.AUTO]
    assert (config.min_confidence, config.max_iterations, config.score_threshold) == (0.6, 3, 80)
    with pytest.raises(ValidationError):
        OptimizationConfig(strategies=[])


def test_enum_values_are_lower_case_names() -> None:
    assert IssueSeverity.CRITICAL == "critical"
    for kind in (IssueSeverity, OptimizationStrategy):
        assert all(member.value == member.name.lower() for member in kind)
