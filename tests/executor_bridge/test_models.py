from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from executor_bridge.models import (
    RunExecutionResult,
    RunStatistics,
    Scenario,
    TaskResult,
    TaskStatus,
    TestResult,
    TestStatus,
)
from optimizer.models import TestExecutionReport

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def task(n=0, status=TaskStatus.SUCCEEDED, *, attempts=1, seconds=2.0, result=True):
    outcome = TestResult("w", f"e{n}", START, TestStatus.SUCCESS, seconds, 10, 0.5, {"q": n}, {})
    return TaskResult(
        f"t{n}",
        "w",
        "faq",
        Scenario.NORMAL,
        status,
        outcome if result else None,
        None,
        attempts,
        START,
        START + timedelta(seconds=seconds),
        seconds,
        {"case_id": f"c{n}"},
    )


def run(*tasks):
    return RunExecutionResult.from_task_results("r", "w", START, START + timedelta(60), list(tasks))


def test_the_terminal_states_are_those_that_end_a_task():
    unfinished = {TaskStatus.PENDING, TaskStatus.QUEUED, TaskStatus.RUNNING}
    assert {status for status in TaskStatus if not status.is_terminal()} == unfinished
    assert [status for status in TaskStatus if status.is_success()] == [TaskStatus.SUCCEEDED]


def test_states_are_texts():
    assert [str(status) for status in TestStatus] == ["success", "failed", "timeout", "error"]
    assert TaskStatus("timeout") == "timeout"


def test_a_task_without_a_result_used_and_cost_nothing():
    assert (task().get_tokens_used(), task().get_cost()) == (10, 0.5)
    assert (task(result=False).get_tokens_used(), task(result=False).get_cost()) == (0, 0.0)


def test_statistics_are_computed_from_the_tasks():
    # completed = 2 + 1 + 1 + 1 = 5; 7 tasks of 2 s are 14 s; 6 results of 10 tokens and 0.5 USD
    made = run(
        task(0),
        task(1, attempts=3),
        task(2, TaskStatus.FAILED, attempts=0),
        task(3, TaskStatus.TIMEOUT),
        task(4, TaskStatus.ERROR, result=False),
        task(5, TaskStatus.CANCELLED),
        task(6, TaskStatus.RUNNING),
    )
    assert made.statistics == RunStatistics(
        total_tasks=7,
        completed_tasks=5,
        succeeded_tasks=2,
        failed_tasks=1,
        timeout_tasks=1,
        cancelled_tasks=1,
        error_tasks=1,
        success_rate=0.4,
        total_execution_time=14.0,
        avg_execution_time=2.8,
        total_tokens=60,
        total_cost=3.0,
        total_retries=2,
    )


def test_a_run_that_completed_nothing_has_rates_of_nothing():
    statistics = run(task(0, TaskStatus.CANCELLED)).statistics
    assert (statistics.success_rate, statistics.avg_execution_time) == (0.0, 0.0)
    assert run().statistics == RunStatistics()


def test_the_duration_is_from_start_to_finish():
    assert run().total_duration == timedelta(60).total_seconds()


@pytest.mark.parametrize("name", ["run_id", "workflow_id"])
def test_an_empty_id_is_refused(name):
    given = {"run_id": "r", "workflow_id": "w", name: ""}
    with pytest.raises(ValueError, match=f"{name} cannot be empty"):
        RunExecutionResult.from_task_results(
            **given, started_at=START, finished_at=START, task_results=[]
        )


@pytest.mark.parametrize(
    "name", ["run_id", "workflow_id", "started_at", "finished_at", "task_results"]
)
def test_a_missing_value_is_refused(name):
    given = {
        "run_id": "r",
        "workflow_id": "w",
        "started_at": START,
        "finished_at": START,
        "task_results": [],
    }
    with pytest.raises(ValueError, match=f"{name} cannot be None"):
        RunExecutionResult.from_task_results(**given | {name: None})


def test_a_run_survives_its_json():
    made = run(task(0), task(1, TaskStatus.ERROR, result=False))
    again = RunExecutionResult.from_json(made.to_json())
    assert again == made
    assert type(again.task_results[0].task_status) is TaskStatus
    assert type(again.task_results[0].test_result) is TestResult


def test_json_of_something_else_is_refused():
    with pytest.raises(ValueError, match="run_id"):
        RunExecutionResult.from_json(b"{}")


def test_an_executors_result_makes_a_report():
    report = TestExecutionReport.from_executor_result(run(task(0), task(1, TaskStatus.FAILED)))
    assert (report.total_tests, report.successful_tests, report.total_tokens) == (2, 1, 20)


def test_a_written_run_is_read_back_as_rows(native):
    header = native.header(run(task(0), task(1)).to_json())
    assert (header.n_tasks, header.warnings) == (2, ())
    rows = native.rows(run(task(0), task(1)).to_json())
    assert [row.case_id for row in rows] == ["c0", "c1"]
    assert rows[0].created_at == START
