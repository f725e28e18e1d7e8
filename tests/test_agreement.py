"""The published conversion and the figures of the history tell the same."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from executor_bridge import read
from executor_bridge.models import RunExecutionResult
from optimizer.history import queries
from optimizer.models import PromptAnalysis, TestExecutionReport
from optimizer.models.ingest import IngestSettings
from optimizer.models.reports import report_of
from optimizer.pipeline.view import history_of
from optimizer.scoring_rules import ScoringRules

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data" / "runs"
FILES = [
    *sorted((ROOT / "sample_runs" / "native").glob("*.json")),
    *sorted(SHARED.rglob("*.json")),
    *sorted(SHARED.rglob("*.json.gz")),
]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def converted(path: Path) -> TestExecutionReport:
    content = path.read_bytes()
    plain = gzip.decompress(content) if path.suffix == ".gz" else content
    return TestExecutionReport.from_executor_result(RunExecutionResult.from_json(plain))


def stored(path: Path) -> TestExecutionReport:
    reading = read(str(path), IngestSettings())
    with history_of([reading], NOON) as history:
        report = report_of(queries.run_reports(history, reading.runs[0].header.run_id)[0])
    assert report is not None
    return report


@every_file
def test_counts_and_rates_agree(path: Path) -> None:
    ours, theirs = stored(path), converted(path)
    for field in ("workflow_id", "run_id", "total_tests", "successful_tests", "failed_tests"):
        assert getattr(ours, field) == getattr(theirs, field)
    assert ours.success_rate == pytest.approx(theirs.success_rate, abs=1e-9)
    assert ours.error_distribution == theirs.error_distribution
    for key in ("unclassified_failures", "total_retries", "scheduled_tasks", "cancelled_tasks"):
        assert ours.metadata[key] == theirs.metadata[key]


@every_file
def test_times_tokens_and_costs_agree_where_they_were_measured(path: Path) -> None:
    ours, theirs = stored(path), converted(path)
    unknown = ours.metadata["unknown_fields"]
    if "execution_time" not in unknown and ours.metadata["latency_n"] == ours.total_tests:
        assert ours.avg_response_time_ms == pytest.approx(theirs.avg_response_time_ms)
        assert ours.p95_response_time_ms == pytest.approx(theirs.p95_response_time_ms)
        assert ours.p99_response_time_ms == pytest.approx(theirs.p99_response_time_ms)
    if "tokens_used" not in unknown:
        assert ours.total_tokens == theirs.total_tokens
    if "cost" not in unknown:
        assert ours.total_cost == pytest.approx(theirs.total_cost)


def test_from_an_executor_s_result_to_a_decision() -> None:
    content = (ROOT / "sample_runs" / "native" / "sentiment-clear.json").read_bytes()
    result = RunExecutionResult.from_json(content)
    report = TestExecutionReport.from_executor_result(result)
    assert report.success_rate == result.statistics.success_rate
    assert report.total_tests == result.statistics.total_tasks
    analysis = PromptAnalysis(
        prompt_id="clear", overall_score=90, clarity_score=90, efficiency_score=90
    )
    rules = ScoringRules(min_success_rate=0.85)
    assert rules.should_optimize(analysis=analysis, test_results=report) is True
    assert rules.select_strategy(analysis, report) == "clarity_focus"
