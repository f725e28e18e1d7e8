from __future__ import annotations

import json
from pathlib import Path

import pytest

from executor_bridge import read as read_file
from optimizer.models.ingest import IngestSettings
from optimizer.prompts.runner.answers import written
from optimizer.prompts.runner.results import told_by_row, told_by_task

SAMPLES = Path(__file__).parents[4] / "sample_runs" / "native"


def told(**said: object):
    return told_by_task({"task_id": "a", **said}, replicate=0, redact=str).result


@pytest.mark.parametrize(
    ("said", "infrastructure", "kind"),
    [
        ({"task_status": "succeeded"}, False, None),
        ({"task_status": "failed"}, False, "unclassified"),
        ({"task_status": "failed", "error_message": "expected 'yes'"}, False, "validation"),
        ({"task_status": "failed", "error_message": "blocked by safety filter"}, False, "llm"),
        ({"task_status": "failed", "error_message": "connection refused"}, True, "api"),
        ({"task_status": "failed", "error_message": "429 too many requests"}, True, "llm"),
        ({"task_status": "error", "error_message": "invalid JSON"}, False, "validation"),
        ({"task_status": "error", "error_message": "KeyError"}, True, "api"),
        ({"task_status": "error", "error_message": "prompt is too long"}, False, "llm"),
        ({"task_status": "timeout"}, True, "timeout"),
        ({"task_status": "cancelled"}, True, None),
        ({"task_status": "running"}, True, None),
        ({"passed": True}, False, None),
        ({"passed": False}, False, "unclassified"),
    ],
)
def test_what_the_prompt_cannot_help_is_infrastructure(said, infrastructure, kind) -> None:
    result = told(**said)
    assert (result.infrastructure, result.failure_kind) == (infrastructure, kind)


@pytest.mark.parametrize("judged", [{"outputs": "network timeout"}, {"score": 0.0}])
def test_a_judged_failure_is_the_prompts_whatever_its_message_says(judged) -> None:
    message = "expected category network, got connection timeout 503"
    assert not told(task_status="failed", error_message=message, **judged).infrastructure


def test_figures_are_taken_over_and_unknown_ones_stay_unknown() -> None:
    result = told(
        task_status="failed",
        execution_time=0.25,
        test_result={"outputs": {"x": 1}, "tokens_used": 12, "cost": 0.5, "score": 0.25},
    )
    assert (result.latency_ms, result.tokens, result.cost_usd) == (250.0, 12, 0.5)
    assert (result.score, result.outputs) == (0.25, '{"x":1}')
    bare = told(passed=True)
    assert (bare.latency_ms, bare.tokens, bare.cost_usd, bare.score, bare.outputs) == (None,) * 5
    fields = ["execution_time", "tokens_used", "cost", "score"]
    zeros = {"execution_time": 0, "test_result": {"tokens_used": 0, "cost": 0, "score": 0}}
    unknown = told(passed=True, metadata={"unknown_fields": fields}, **zeros)
    assert (unknown.latency_ms, unknown.tokens, unknown.cost_usd, unknown.score) == (None,) * 4


def test_secrets_are_blanked_in_what_came_out() -> None:
    task = {"task_id": "k", "passed": False, "outputs": "k k", "error_message": "key k"}
    result = told_by_task(task, replicate=0, redact=lambda text: text.replace("k", "#")).result
    assert (result.case_id, result.outputs, result.error_message) == ("k", '"# #"', "#ey #")


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.name)
def test_task_results_are_read_as_their_bridge_reads_them(path) -> None:
    def refuse(_: Path):
        raise AssertionError

    here = written(path, refuse, replicate=0, redact=str)
    rows = [row for run in read_file(str(path), IngestSettings()).runs for row in run.tasks]
    bridged = [told_by_row(row, replicate=0, redact=str) for row in rows]
    assert len(here) == len(bridged) > 0
    for one, other in zip(here, bridged, strict=True):
        assert set(one.names) <= set(other.names)
        for field in ("status", "infrastructure", "score", "failure_kind", "tokens", "latency_ms"):
            assert getattr(one.result, field) == getattr(other.result, field), field
        for text in ("outputs",):
            said, read = getattr(one.result, text), getattr(other.result, text)
            assert (said and json.loads(said)) == (read and json.loads(read))


@pytest.mark.parametrize("name", ["{}", "t::{}", "test_triage[{}]", "a.b::test[{}]"])
def test_files_of_other_tools_are_left_to_the_bridges(scripts, cases, drained, name) -> None:
    body = """
    rows = "".join(
        f'<testcase classname="t" name="{sys.argv[4].format(c["id"])}">'
        + ("" if c["n"] else '<failure message="expected yes"/>') + "</testcase>"
        for c in cases
    )
    open(out, "w").write(f'<testsuite name="t" tests="{len(cases)}">{rows}</testsuite>')
    """
    files = f" {{prompt_file}} {{cases_file}} {{out}} '{name}'"
    results, error = drained(scripts.executor(body, files=files).run("p", cases(3), replicate=0))
    assert error is None, error
    assert [one.passed for one in results] == [False, True, True]
