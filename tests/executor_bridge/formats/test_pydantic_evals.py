from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executor_bridge.judging import UNJUDGED
from executor_bridge.outcomes import NO_TIME

BROKEN = {"name": "Judge", "error_message": "ValueError: no judge", "error_stacktrace": "..."}


def said(value, reason=None, name="x"):
    return {"name": name, "value": value, "reason": reason, "source": {"name": name}}


def case(name="capital", *, assertions=None, scores=None, **changes):
    passing = {"right": True}
    return {
        "name": name,
        "inputs": "Capital of France?",
        "metadata": None,
        "expected_output": "Paris",
        "output": "Paris",
        "metrics": {},
        "attributes": {},
        "scores": {k: said(v) for k, v in (scores or {}).items()},
        "labels": {},
        "assertions": {
            k: said(v) for k, v in (passing if assertions is None else assertions).items()
        },
        "task_duration": 0.5,
        "total_duration": 2.0,
        "evaluator_failures": [],
    } | changes


def failure(name="capital", message="ValueError: no answer", **changes):
    return {
        "name": name,
        "inputs": "Capital of France?",
        "metadata": None,
        "expected_output": "Paris",
        "error_message": message,
        "error_stacktrace": "Traceback",
    } | changes


def report(*cases, failures=(), **changes):
    return {"name": "answer", "cases": list(cases), "failures": list(failures)} | changes


def only(native, told, **changes):
    (row,) = native.rows(report(told), **changes)
    return row


def test_all_assertions_must_be_true(native):
    told = (
        case("a", assertions={"right": True, "short": True}),
        case("b", assertions={"right": True, "short": False}),
    )
    rows = native.rows(report(*told))
    assert [row.status for row in rows] == ["succeeded", "failed"]
    assert rows[1].error_message == "short: false"
    assert [tuple(one)[:3] for one in rows[1].origin.scores] == [
        ("right", 1.0, True),
        ("short", 0.0, False),
    ]


def test_failures_are_errors_of_the_task(native):
    rows = native.rows(report(case("a"), failures=[failure("b")]))
    assert [(row.case_id, row.status) for row in rows] == [("a", "succeeded"), ("b", "error")]
    assert rows[1].error_message == "ValueError: no answer"
    assert (rows[1].latency_ms, rows[1].score) == (None, None)


@pytest.mark.parametrize("message", ["TimeoutError: ", "httpx.ReadTimeout: 5 s"])
def test_a_failure_that_raised_a_timeout_is_one(native, message):
    (row,) = native.rows(report(failures=[failure(message=message)]))
    assert row.status == "timeout"


def test_a_report_of_failures_only_is_read(native):
    rows = native.rows(report(failures=[failure("a"), failure("b")]))
    assert {row.status for row in rows} == {"error"}


def test_an_evaluator_that_broke_does_not_fail_the_task(native):
    run = report(case("a", evaluator_failures=[BROKEN]), case("b"))
    rows = native.rows(run)
    assert [row.status for row in rows] == ["succeeded", "succeeded"]
    assert rows[0].origin.scores[-1] == ("Judge", None, None, "ValueError: no judge")
    assert rows[0].error_message is None
    warnings = native.header(run).warnings
    assert "in 1 of 2 cases an evaluator broke: its word is missing" in warnings


def test_a_case_left_without_assertions_by_a_broken_evaluator_is_an_error(native):
    left = case("a", assertions={}, evaluator_failures=[BROKEN])
    rows = native.rows(report(left, case("b")))
    assert rows[0].status == "error"
    assert rows[0].error_message == "Judge: ValueError: no judge"
    scored = native.rows(report(left, case("b", assertions={}, scores={"fit": 1})))
    assert [row.status for row in scored] == ["error", "succeeded"]


def test_a_report_evaluator_that_broke_is_told(native):
    header = native.header(report(case(), report_evaluator_failures=[BROKEN]))
    assert 'the report evaluator "Judge" broke: ValueError: no judge' in header.warnings


def test_scores_alone_judge_only_where_they_are_marks(native):
    marks = report(
        case("a", assertions={}, scores={"fit": 1}), case("b", assertions={}, scores={"fit": 0})
    )
    assert [row.status for row in native.rows(marks)] == ["succeeded", "failed"]
    graded = report(
        case("a", assertions={}, scores={"fit": 0.9}), case("b", assertions={}, scores={"fit": 0.2})
    )
    assert [row.status for row in native.rows(graded)] == ["succeeded", "succeeded"]
    assert UNJUDGED in native.header(graded).warnings
    assert [row.status for row in native.rows(graded, pass_score=0.5)] == ["succeeded", "failed"]


def test_the_score_is_that_of_one_scorer_in_all_cases(native):
    run = report(case("a", scores={"fit": 0.5, "tone": 0.25}), case("b", scores={"tone": 0.75}))
    assert [row.score for row in native.rows(run)] == [0.5, None]
    assert [row.score for row in native.rows(run, score="tone")] == [0.25, 0.75]
    assert [row.score for row in native.rows(run, score="right")] == [1, 1]


def test_metrics_are_tokens_and_cost_of_the_task(native):
    metrics = {
        "requests": 2,
        "input_tokens": 12,
        "output_tokens": 3,
        "cache_read.input_tokens": 8,
        "cache_read_tokens": 8,
        "cost": 0.25,
    }
    row = only(native, case(metrics=metrics))
    assert (row.tokens_in, row.tokens_out, row.tokens, row.cost_usd) == (12, 3, 15, 0.25)
    assert row.origin.tokens_cached == 8
    assert json.loads(row.metadata)["metrics"]["requests"] == 2


def test_what_was_not_measured_is_unknown(native):
    row = only(native, case(task_duration=0, metrics={"cost": 0, "input_tokens": 0}))
    assert (row.latency_ms, row.cost_usd, row.tokens_in, row.tokens_out) == (None,) * 4
    assert only(native, case()).latency_ms == 500


def test_labels_attributes_and_metadata_are_kept(native):
    told = case(labels={"tone": said("polite")}, attributes={"route": ["a"]}, metadata={"k": 1})
    assert json.loads(only(native, told).metadata) == {
        "k": 1,
        "labels": {"tone": "polite"},
        "attributes": {"route": ["a"]},
    }
    assert json.loads(only(native, case(metadata=["a", "b"])).metadata) == {"metadata": ["a", "b"]}


@pytest.mark.parametrize("output", ["Paris", 7, 1.5, True, ["a"], {"x": {"y": None}}, 10**30, ""])
def test_an_output_may_be_anything(native, output):
    row = only(native, case(output=output, inputs=output))
    assert json.loads(row.outputs) == {"output": output}
    assert json.loads(row.inputs)["inputs"] == output


def test_repeats_are_told_by_their_names(native):
    told = [case(f"a [{n}/3]", source_case_name="a") for n in (2, 1)]
    rows = native.rows(report(*told, failures=[failure("a [3/3]", source_case_name="a")]))
    assert [(row.case_id, row.repeat) for row in rows] == [("a", 1), ("a", 0), ("a", 2)]


def test_a_case_without_a_name_is_known_by_its_content(native):
    rows = native.rows(report(case("Case 1"), case("Case 2"), case("Case 3", inputs="Peru?")))
    assert {row.case_source for row in rows} == {"content"}
    assert rows[0].case_id == rows[1].case_id != rows[2].case_id
    assert [row.repeat for row in rows] == [0, 1, 0]


def test_the_metadata_of_the_experiment_is_the_variant(native):
    metadata = {
        "model": "small",
        "prompt": "Answer: {q}",
        "prompt_variant": "clear",
        "parameters": {"temperature": 0},
        "workflow": "faq",
        "git_sha": "abc123",
        "started_at": "2026-03-01T13:00:00+01:00",
    }
    run = report(case(), experiment_metadata=metadata, dataset_name="cities")
    header, (row,) = native.header(run), native.rows(run)
    assert (header.workflow_id, header.git_sha) == ("faq", "abc123")
    assert header.started_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert header.warnings == ()
    variant = row.variant
    assert (variant.label, variant.model, variant.prompt) == ("clear", "small", "Answer: {q}")
    assert (variant.parameters, row.dataset) == ('{"temperature":0}', "cities")


def test_a_time_without_a_zone_is_in_the_assumed_one(native):
    run = report(case(), experiment_metadata={"timestamp": "2026-03-01T13:00:00"})
    header = native.header(run, assume_timezone="Europe/Berlin")
    assert header.started_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert header.assumed_timezone == "Europe/Berlin"
    (fault,) = native.faults(run, assume_timezone="refuse")
    assert fault.startswith("experiment_metadata: ")


def test_a_report_that_does_not_say_when_it_ran_has_the_time_of_the_file(native):
    assert NO_TIME in native.header(report(case())).warnings


def test_reports_in_a_list_are_runs(native):
    runs = native.reading([report(case("a")), report(case("b"), name="other")]).runs
    assert [run.header.n_tasks for run in runs] == [1, 1]
    assert [run.header.workflow_id for run in runs] == ["answer", "other"]
    assert len({run.header.run_id for run in runs}) == 2


def test_reports_one_to_a_line_are_runs(native):
    lines = [json.dumps(report(case(n))) for n in ("a", "b")]
    runs = native.reading("\n".join(lines).encode()).runs
    assert [next(iter(run.tasks)).case_id for run in runs] == ["a", "b"]


def test_a_report_of_a_list_that_cannot_be_read_is_skipped_and_told(native):
    reading = native.reading([report(case("a")), {"name": 1, "cases": []}])
    assert len(reading.runs) == 1
    assert str(reading.skipped[0]).startswith("report[1].name: ")


def test_a_case_that_cannot_be_read_is_skipped_and_told(native):
    reading = native.reading(report(case("a"), {"name": None}, failures=[{}]))
    (run,) = reading.runs
    assert run.header.n_tasks == 1
    assert [fault.place for fault in reading.skipped] == ["cases[1].name", "failures[0].name"]
    assert any("2 rows were skipped" in warning for warning in run.header.warnings)


def test_a_report_without_cases_is_refused(native):
    assert native.faults(report()) == ["file: found no tasks, expected at least one task"]
    assert native.faults([report(), report()]) == [
        "file: found no tasks, expected at least one task"
    ]


def test_a_truncated_report_is_refused_with_its_place(native):
    text = json.dumps(report(case("a"), case("b")), indent=1).encode()
    (fault,) = native.refused(text[:-300]).faults
    assert "line" in str(fault)


def test_a_report_of_version_one_is_read(native):
    told = case()
    for newer in ("evaluator_failures", "total_duration"):
        del told[newer]
    run = {"name": "answer", "cases": [told], "failures": [], "trace_id": "t1", "span_id": None}
    assert native.header(run).run_id == "answer-t1"


def test_a_newer_report_is_read_as_far_as_it_is_understood(native):
    assert only(native, case(verdicts=[{"by": "panel"}])).status == "succeeded"


def test_scores_that_are_no_numbers_are_unknown(native):
    text = json.dumps(report(case(scores={"fit": float("nan")})))
    (row,) = native.rows(text.encode())
    assert row.score is None
    assert row.origin.scores[0].value is None


def test_a_score_on_another_scale_is_kept_beside_and_told(native):
    run = report(case(scores={"length": 5}))
    (row,) = native.rows(run)
    assert (row.score, row.origin.scores[0].value) == (None, 5)
    assert "score: 1 value out of range, taken as unknown" in native.header(run).warnings


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(min_size=1), answer=st.text())
def test_any_name_and_answer_can_be_read(native, name, answer):
    row = only(native, case(name, output=answer))
    assert row.status == "succeeded"
    kept = answer.encode("utf-8", "replace").decode()
    assert json.loads(row.outputs)["output"].replace("\ufffd", "?") == kept.replace("\ufffd", "?")
