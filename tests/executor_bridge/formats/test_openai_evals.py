from __future__ import annotations

import json
import random
from datetime import UTC, datetime

import pytest

from executor_bridge import read
from optimizer.models.ingest import IngestSettings

SPEC = {
    "completion_fns": ["gpt-x"],
    "eval_name": "capitals.test.v0",
    "base_eval": "capitals",
    "split": "test",
    "run_config": {
        "completion_fns": ["gpt-x"],
        "eval_spec": {"cls": "m:C", "args": {"samples_jsonl": "c.jsonl", "num_few_shot": 2}},
        "seed": 7,
        "max_samples": None,
        "command": "oaieval gpt-x capitals",
    },
    "created_by": "ann",
    "run_id": "r1",
    "created_at": "2026-03-01 12:00:00.250000",
}
REPORT = {"final_report": {"accuracy": 0.5, "boostrap_std": 0.1}, "run_id": "r1"}


def spec(**changes):
    return {"spec": SPEC | changes}


def event(n, kind, run_id="r1", second=1, **data):
    return {
        "run_id": run_id,
        "event_id": n,
        "sample_id": f"capitals.test.{n}",
        "type": kind,
        "data": data,
        "created_by": "ann",
        "created_at": f"2026-03-01 12:00:{second:02}.000000+00:00",
    }


def sampled(n, prompt="Capital?", answer="Paris", **more):
    return event(n, "sampling", prompt=prompt, sampled=answer, **more)


def matched(n, *, correct=True, **more):
    return event(n, "match", correct=correct, expected="Paris", picked="Paris", **more)


def log(*events, start=None, end=REPORT):
    lines = [start or spec(), *events, *([end] if end else [])]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def usage(prompt, completion, **more):
    total = prompt + completion
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total, **more}


TWO = (sampled(0), matched(0), sampled(1), matched(1, correct=False))


def test_matches_pass_and_fail(native):
    header, rows = native.header(log(*TWO)), native.rows(log(*TWO))
    assert (header.run_id, header.workflow_id) == ("r1", "capitals")
    assert header.started_at == datetime(2026, 3, 1, 12, 0, 0, 250000, tzinfo=UTC)
    assert header.finished_at == datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC)
    assert header.warnings == ()
    assert [row.case_id for row in rows] == ["capitals.test.0", "capitals.test.1"]
    assert [row.status for row in rows] == ["succeeded", "failed"]
    assert [row.score for row in rows] == [1.0, 0.0]
    first = rows[0]
    assert first.dataset == "capitals.test"
    assert json.loads(first.inputs) == {"prompt": "Capital?", "expected": "Paris"}
    assert json.loads(first.outputs) == {"sampled": "Paris", "picked": "Paris"}
    assert first.variant.label == first.variant.model == "gpt-x"
    assert json.loads(first.variant.parameters) == {"num_few_shot": 2}
    assert first.latency_ms is first.cost_usd is first.tokens is None
    assert json.loads(header.metadata)["final_report"] == {"accuracy": 0.5, "bootstrap_std": 0.1}


def test_the_order_of_lines_tells_nothing(native):
    lines = log(*TWO).splitlines()
    first, *rest = lines
    random.Random(1).shuffle(rest)
    shuffled = native.reading(b"\n".join([first, *rest])).runs[0]
    assert {row.case_id: row.status for row in shuffled.tasks} == {
        "capitals.test.0": "succeeded",
        "capitals.test.1": "failed",
    }


def test_a_log_may_begin_with_its_report_or_with_an_event(native):
    lines = log(*TWO).splitlines()
    for first in (lines[-1], lines[1]):
        rest = [line for line in lines if line != first]
        assert native.header(b"\n".join([first, *rest])).n_tasks == 2


def test_several_matches_of_a_sample_must_all_be_correct(native):
    content = log(sampled(0), matched(0), matched(0, correct=False), matched(0), end=None)
    (row,) = native.rows(content)
    assert row.status == "failed"
    assert row.score == pytest.approx(2 / 3)
    assert any("several match events" in warning for warning in native.header(content).warnings)


def test_tokens_are_those_of_all_calls_and_a_grader_among_them_is_said(native):
    content = log(
        sampled(0, usage=usage(10, 2, prompt_tokens_details={"cached_tokens": 4})),
        sampled(0, usage=usage(30, 1)),
        matched(0),
    )
    (row,) = native.rows(content)
    assert (row.tokens_in, row.tokens_out, row.tokens) == (40, 3, 43)
    assert row.origin.tokens_cached == 4
    assert any("cannot be told apart" in warning for warning in native.header(content).warnings)


def test_a_graded_choice_with_its_score_is_the_score(native):
    content = log(
        sampled(0, answer="Paris"),
        sampled(0, prompt="Is it right?", answer="Yes"),
        event(0, "metrics", choice="Y", score=1.0),
        sampled(1),
        event(1, "metrics", choice="N", score=0.0),
        start=spec(completion_fns=["gpt-x", "judge-y"]),
        end={"final_report": {"score": 0.5, "counts/Y": 1}},
    )
    header, rows = native.header(content), native.rows(content)
    assert [(row.status, row.score) for row in rows] == [("succeeded", 1.0), ("failed", 0.0)]
    assert json.loads(rows[0].outputs) == {"sampled": "Paris"}
    assert json.loads(header.metadata)["judge"] == "judge-y"
    assert ("choice", None, None, "Y") in rows[0].origin.scores


def test_a_choice_without_a_score_is_no_success(native):
    content = log(
        event(0, "metrics", choice="Y", score=1.0),
        event(1, "metrics", choice="__invalid__", score=None),
    )
    row = native.rows(content)[1]
    assert (row.status, row.score) == ("error", None)
    assert row.error_message == "the grader gave no score: __invalid__"


def test_the_metric_asked_for_is_the_score(native):
    content = log(matched(0), event(0, "metrics", f1_score=0.25))
    (row,) = native.rows(content, score="f1_score")
    assert (row.score, row.status) == (0.25, "succeeded")
    assert native.rows(content)[0].score == 1.0


def test_metrics_between_marks_judge_nothing_without_a_pass_score(native):
    content = log(event(0, "metrics", bleu=0.3), event(1, "metrics", bleu=0.6))
    assert {row.status for row in native.rows(content)} == {"succeeded"}
    assert any("--pass-score" in warning for warning in native.header(content).warnings)
    assert [row.status for row in native.rows(content, pass_score=0.5)] == ["failed", "succeeded"]


def test_an_error_event_makes_an_error(native):
    content = log(sampled(0), matched(0), event(1, "error", type="Timeout", message="too late"))
    row = native.rows(content)[1]
    assert (row.status, row.error_message) == ("error", "Timeout: too late")


def test_a_run_of_errors_only_is_read(native):
    rows = native.rows(log(event(0, "error", message="no"), event(1, "error", message="no")))
    assert [row.status for row in rows] == ["error", "error"]


def test_a_sample_that_was_not_graded_any_more_is_cancelled(native):
    content = log(sampled(0), matched(0), sampled(1), end=None)
    assert [row.status for row in native.rows(content)] == ["succeeded", "cancelled"]
    assert any("no final report" in warning for warning in native.header(content).warnings)


def test_a_log_that_grades_nothing_judges_nothing(native):
    content = log(sampled(0), event(0, "extra", note="x"))
    assert [row.status for row in native.rows(content)] == ["succeeded"]
    assert any("--pass-score" in warning for warning in native.header(content).warnings)


def test_a_report_that_the_events_contradict_is_said(native):
    end = {"final_report": {"accuracy": 0.9, "usage_total_tokens": 99}}
    content = log(sampled(0, usage=usage(10, 2)), matched(0), end=end)
    warnings = native.header(content).warnings
    assert "the final report says accuracy 0.9, the events give 1" in warnings
    assert "the final report says usage_total_tokens 99, the events give 12" in warnings


def test_a_log_without_specification_is_read_as_far_as_it_goes(native):
    content = log(*TWO, start={"final_report": {"accuracy": 0.5}}, end=None)
    header = native.header(content)
    assert header.workflow_id == "capitals"
    assert header.started_at == datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC)
    assert any("no specification" in warning for warning in header.warnings)


def test_logs_that_were_put_together_are_several_runs(native):
    other = [event(0, "match", run_id="r2", correct=False)]
    content = log(*TWO) + log(*other, start=spec(run_id="r2"), end=None)
    runs = native.reading(content).runs
    assert [(run.header.run_id, run.header.n_tasks) for run in runs] == [("r1", 2), ("r2", 1)]
    assert "no final report" in " ".join(runs[1].header.warnings)


def test_a_limited_run_is_said(native):
    limited = spec(run_config={"max_samples": 2})
    assert any("max_samples 2" in w for w in native.header(log(*TWO, start=limited)).warnings)


def test_the_model_that_answered_is_the_model(native):
    content = log(sampled(0, model="small-1b"), matched(0), start=spec(completion_fns=["a/clear"]))
    variant = native.rows(content)[0].variant
    assert (variant.label, variant.model) == ("a/clear", "small-1b")


@pytest.mark.parametrize(
    "changes",
    [
        {"completion_fns": ["gpt-y"]},
        {"run_config": {"eval_spec": {"args": {"num_few_shot": 3}}}},
        {"run_config": {"command": "oaieval gpt-x capitals --completion_args temperature=1"}},
    ],
)
def test_what_changes_the_answers_changes_the_variant(native, changes):
    before, after = log(*TWO), log(*TWO, start=spec(**changes))
    ids = [native.rows(content)[0].variant.variant_id for content in (before, after)]
    assert ids[0] != ids[1]


def test_another_ruler_leaves_the_variant_the_same(native):
    graded = spec(run_config={"eval_spec": {"args": {"modelgraded_spec": "fact"}}})
    plain = spec(run_config={"eval_spec": {"args": {}}})
    before, after = log(*TWO, start=graded), log(*TWO, start=plain)
    assert native.rows(before)[0].variant == native.rows(after)[0].variant


def test_a_truncated_last_line_is_skipped_and_counted(native):
    reading = native.reading(log(*TWO, end=None)[:-30])
    assert [fault.place.partition(":")[0] for fault in reading.skipped] == ["line 5"]
    assert any("1 row was skipped" in warning for warning in reading.runs[0].header.warnings)


def test_data_of_another_type_is_skipped_with_its_place(native):
    bad = event(1, "match", correct="maybe", expected="x")
    reading = native.reading(log(matched(0), bad))
    assert reading.skipped[0].place == "line 3: data.correct"


def test_a_log_without_samples_is_an_error(native):
    assert native.faults(log()) == ["file: found no tasks, expected at least one task"]


def test_nan_is_no_score(native):
    text = log(event(0, "metrics", score=1.0)).replace(b'"score": 1.0', b'"score": NaN')
    (row,) = native.rows(text)
    assert row.score is None


def test_nasty_texts_are_carried_as_they_are(native):
    nasty = "a|b\n\x1b[31m<b>&amp;</b>" + "x" * 1_000_000
    content = log(sampled(0, prompt=nasty, answer=nasty), matched(0, sampled=nasty))
    (row,) = native.rows(content)
    assert json.loads(row.inputs)["prompt"] == json.loads(row.outputs)["sampled"] == nasty


@pytest.mark.parametrize(
    ("name", "n_passed"),
    [
        ("vague-1", 0),
        ("vague-2", 0),
        ("clear-1", 39),
        ("clear-2", 38),
        ("few_shot-1", 44),
        ("few_shot-2", 45),
    ],
)
def test_a_real_log_tells_what_the_suite_found(root, name, n_passed):
    path = root / "sample_runs" / "openai_evals" / f"sentiment-{name}.jsonl"
    (run,) = read(str(path), IngestSettings()).runs
    rows = list(run.tasks)
    assert run.header.warnings == ()
    assert len(rows) == 60
    assert sum(row.status == "succeeded" for row in rows) == n_passed
    assert all(row.tokens for row in rows)
    assert {row.variant.model for row in rows} == {"SmolLM2-135M-Instruct-Q4_1"}


def test_a_missing_metric_is_said_and_judges_nothing(native):
    content = log(event(0, "metrics", bleu=0.3))
    assert native.rows(content, score="rouge", pass_score=0.5)[0].status == "succeeded"
    warnings = native.header(content, score="rouge").warnings
    assert 'no task has a score called "rouge"; there are: bleu' in warnings


def test_an_absurd_time_is_unknown(native):
    content = log(*TWO, start=spec(created_at="0001-01-01 00:00:00"))
    assert native.header(content).started_at == datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC)


def test_an_event_whose_bytes_are_no_text_is_skipped_with_its_place(native):
    damaged = log(sampled(0), matched(0), sampled(1, prompt="CUT")).replace(b"CUT", b"\xe9")
    (skipped,) = native.reading(damaged).skipped
    assert skipped.place.startswith("line 4: byte ")
    assert (skipped.found, skipped.expected) == ("0xe9", "text in UTF-8")
