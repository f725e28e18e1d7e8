from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executor_bridge import read
from optimizer.models.errors import ConfigError, FormatError
from optimizer.models.ingest import IngestSettings

OWN = b"""case_id,input,output,expected,success,latency_s,tokens_in,tokens_out,cost,model
a,1+1?,2,2,true,0.5,10,5,0.01,m
b,1+2?,4,3,false,0,12,,0,m
c,1+3?,,4,,nan,null,None,,m
"""
LLMPERF = {
    "workflow": "'llmperf-70b",
    "error_code": "error_code",
    "error": "error_msg",
    "latency_s": "end_to_end_latency_s",
    "tokens": "number_total_tokens",
    "tokens_in": "number_input_tokens",
    "tokens_out": "number_output_tokens",
    "metadata.ttft_s": "ttft_s",
}


def table(*rows, separator=","):
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode()


def test_a_table_with_our_own_names_needs_no_mapping(native):
    a, b, c = native.rows(OWN)
    assert (a.case_id, a.status, a.latency_ms, a.cost_usd) == ("a", "succeeded", 500, 0.01)
    assert (a.tokens_in, a.tokens_out, a.tokens) == (10, 5, 15)
    assert a.variant.model == "m"
    assert (b.status, b.latency_ms, b.cost_usd, b.tokens_out) == ("failed", None, None, None)
    assert (c.status, c.latency_ms, c.tokens_in, c.cost_usd) == ("succeeded", None, None, None)
    assert json.loads(a.inputs) == {"input": "1+1?", "expected": "2"}
    assert json.loads(a.outputs) == {"output": "2"}
    assert c.outputs is None


def test_a_task_without_a_verdict_is_pointed_out(native):
    (warning,) = [w for w in native.header(OWN).warnings if "neither" in w]
    assert warning == "1 task has neither pass nor fail: succeeded means that it ran"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_columns_may_be_separated_in_three_ways(native, separator):
    content = table(["case_id", "success"], ["a;,\t\n\"'", "yes"], separator=separator)
    (row,) = native.rows(content)
    assert row.case_id == "a;,\t\n\"'"


def test_a_byte_order_mark_is_no_part_of_a_name(native):
    (row,) = native.rows(b"\xef\xbb\xbfcase_id,success\na,1\n")
    assert row.case_id == "a"


def test_huge_cells_are_read(native):
    long = "x" * 1_000_000
    (row,) = native.rows(table(["case_id", "output", "success"], ["a", long, "1"]))
    assert json.loads(row.outputs)["output"] == long


def test_a_text_that_is_not_utf_8_is_refused_by_its_place(native):
    error = native.refused(b"case_id,success\nM\xfcller,1\n")
    assert [str(f) for f in error.faults] == ["byte 17: found 0xfc, expected UTF-8"]
    assert "iconv" in error.hint
    utf_16 = "case_id,success\na,1\n".encode("utf-16")
    (fault,) = native.faults(utf_16, bridge="table")
    assert fault == "byte 0: found UTF-16, expected UTF-8"


def test_rows_of_another_length_are_skipped_and_counted(native):
    reading = native.reading(b"case_id,success\na,1\nb\nc,1,2\n\nd,0")
    (run,) = reading.runs
    assert run.header.n_tasks == 2
    assert [str(f) for f in reading.skipped] == [
        "line 3: found 1 cells, expected 2, as there are columns",
        "line 4: found 3 cells, expected 2, as there are columns",
    ]
    assert "2 rows were skipped" in run.header.warnings[-1]


def test_a_quote_that_is_never_closed_is_no_cell(native):
    reading = native.reading(b'case_id,success\na,1\n"b,0\nc,1\n')
    assert reading.runs[0].header.n_tasks == 1
    assert str(reading.skipped[0]).startswith("line 3: found ")


def test_a_row_that_is_neither_pass_nor_fail_is_skipped(native):
    reading = native.reading(b"case_id,success\na,1\nb,maybe\n")
    assert reading.runs[0].header.n_tasks == 1
    assert str(reading.skipped[0]).startswith("line 3: success: found 'maybe', expected one of tr")


def test_a_table_without_any_verdict_that_is_clear_is_refused(native):
    faults = native.faults(b"case_id,success\na,0.83\nb,0.2\n")
    assert faults[0].startswith("line 2: success: found '0.83', expected one of true, ")


@pytest.mark.parametrize("content", [b"case_id,success\n", b"case_id,success"])
def test_a_table_without_rows_is_refused(native, content):
    assert native.faults(content) == ["file: found no tasks, expected at least one task"]


def test_every_word_for_pass_and_fail_is_understood(native):
    words = ["PASS", "no", "Correct", "incorrect", 1, "0", "1.0", "failed", "timeout", "error"]
    rows = native.rows(table(["case_id", "success"], *[[n, w] for n, w in enumerate(words)]))
    assert [row.status for row in rows] == [
        *("succeeded", "failed", "succeeded", "failed", "succeeded", "failed", "succeeded"),
        *("failed", "timeout", "error"),
    ]


def test_an_error_message_is_an_error_unless_success_says_otherwise(native):
    rows = native.rows(
        table(
            ["case_id", "success", "error", "error_code"],
            ["a", "", "boom", ""],
            ["b", "true", "recovered", ""],
            ["c", "false", "expected 3", ""],
            ["d", "", "", 429],
            ["e", "", "slow down", "503"],
            ["f", "", "", "0"],
            ["g", "false", "", "timeout"],
        )
    )
    assert [row.status for row in rows] == [
        *("error", "succeeded", "failed", "error", "error", "succeeded", "timeout")
    ]
    assert (rows[3].error_message, rows[3].failure_reason) == ("HTTP 429", "rate_limit")
    assert rows[4].error_message == "HTTP 503: slow down"


def test_a_status_says_how_a_task_ended(native):
    words = ["success", "failed", "timed out", "CANCELLED", "error", 200, 500, "passed"]
    rows = native.rows(table(["case_id", "status"], *[[n, w] for n, w in enumerate(words)]))
    assert [row.status for row in rows] == [
        *("succeeded", "failed", "timeout", "cancelled", "error", "succeeded", "error"),
        "succeeded",
    ]


def test_success_decides_over_a_status_that_only_says_that_it_ran(native):
    (row,) = native.rows(b"case_id,status,success\na,success,no\n")
    assert row.status == "failed"


def test_a_timeout_has_a_bound_and_no_latency(native):
    (row,) = native.rows(b"case_id,status,latency_s\na,timeout,30\n")
    assert row.latency_ms is None
    assert row.origin.censored_ms == 30_000


def test_an_answer_from_a_cache_has_no_latency(native):
    (row,) = native.rows(b"case_id,success,latency_ms,cached\na,1,3,yes\n")
    assert (row.cached, row.latency_ms) == (True, None)


def test_scores_judge_where_nothing_else_does(native):
    content = b"case_id,score,score.style\na,1,0.2\nb,0,0.9\nc,0.5,\nd,,0.3\n"
    rows = native.rows(content)
    assert [row.status for row in rows] == ["succeeded", "failed", "failed", "cancelled"]
    expected = "1 row was not scored: cancelled, neither passed nor failed"
    assert expected in native.header(content).warnings
    assert [row.score for row in rows] == [1, 0, 0.5, None]
    assert [s[:2] for s in rows[0].origin.scores] == [("score", 1), ("style", 0.2)]


def test_one_of_several_scorers_can_be_chosen(native):
    content = b"case_id,score,score.style\na,1,0.2\nb,0,0.9\n"
    rows = native.rows(content, score="style", pass_score=0.5)
    assert [(row.score, row.status) for row in rows] == [(0.2, "failed"), (0.9, "succeeded")]
    (fault,) = native.faults(content, score="stile")
    assert fault == "score: found no scorer stile, expected one of score, style"


def test_scores_that_are_no_marks_judge_nothing(native):
    content = b"case_id,score\na,0.31\nb,NaN\n"
    assert [row.status for row in native.rows(content)] == ["succeeded", "succeeded"]
    assert [row.score for row in native.rows(content)] == [0.31, None]
    assert any("pass or fail is not recorded" in w for w in native.header(content).warnings)


def test_columns_of_any_name_are_mapped(native):
    content = b"question_id,pass,seconds,cents\nq1,fail,0.25,3\n"
    mapping = {
        "case_id": "question_id",
        "success": "pass",
        "latency_s": "seconds",
        "cost_cents": "cents",
        "model": "'m1",
        "metadata.ns": "seconds*1e9",
    }
    (row,) = native.rows(content, map=mapping)
    assert (row.case_id, row.status, row.latency_ms, row.cost_usd) == ("q1", "failed", 250, 0.03)
    assert row.variant.label == "m1"
    assert json.loads(row.metadata) == {"ns": 250000000}


def test_nested_values_are_reached_by_a_path(native):
    row = {
        "meta": {"id": "x"},
        "runs": [{"usage": {"total": 7}}],
        "scores": {"exact": True, "f1": 0.5, "label": "C"},
        "params": {"temperature": 0.2},
    }
    content = json.dumps(row).encode() + b"\n" + json.dumps(row | {"meta": {"id": "y"}}).encode()
    mapping = {
        "case_id": "meta.id",
        "tokens": "runs[0].usage.total",
        "score.*": "scores.*",
        "parameters": "params",
    }
    x, y = native.rows(content, map=mapping)
    assert (x.case_id, y.case_id, x.tokens) == ("x", "y", 7)
    assert [tuple(s)[:3] for s in x.origin.scores] == [("exact", 1, True), ("f1", 0.5, None)]
    assert json.loads(x.variant.parameters) == {"temperature": 0.2}
    assert x.repeat == y.repeat == 0


def test_json_in_a_cell_is_reached_by_a_path(native):
    content = table(["id", "usage"], ["a", '{"tokens": [1, 12]}'], ["b", "no json"])
    a, b = native.rows(content, map={"case_id": "id", "tokens": "usage.tokens[1]"})
    assert (a.tokens, b.tokens) == (12, None)


def test_a_column_goes_before_a_path_of_the_same_name(native):
    content = table(["id", "a.b", "a", "n*2"], ["x", "7", '{"b": 1}', "5"])
    (row,) = native.rows(content, map={"case_id": "id", "tokens": "a.b", "tokens_in": "n*2"})
    assert (row.tokens, row.tokens_in) == (7, 5)


def test_a_column_that_is_not_there_is_refused_with_the_nearest(native):
    (fault,) = native.faults(OWN, map={"case_id": "case_id", "success": "sucess"})
    assert fault == (
        "--map success=sucess: found no such column, expected one of case_id, cost, expected, "
        "input, latency_s, model, output, success, tokens_in, tokens_out; the nearest is success"
    )


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"sucess": "pass"}, "--map sucess: unknown field, expected one of case_id, success"),
        ({"latency": "s"}, "--map latency: its unit is missing, expected one of latency_ms"),
        ({"case_id": " "}, "--map case_id: no column is named, expected FIELD=COLUMN"),
        ({"score.*": "a*b*c"}, "--map score.*: 'a*b*c', expected a pattern with one `*`"),
        ({"model.x": "m"}, "--map model.x: unknown field"),
    ],
)
def test_a_mapping_that_means_nothing_is_a_mistake_of_the_settings(native, mapping, message):
    with pytest.raises(ConfigError) as caught:
        native.reading(OWN, map=mapping)
    assert str(caught.value).startswith(message)


def test_a_table_that_is_not_understood_is_refused_with_guesses(native):
    content = b"question_id,prompt,answer,passed,duration,total_tokens\nq,p,a,1,2,3\n"
    error = native.refused(content)
    assert "question_id, prompt, answer, passed, duration, total_tokens" in str(error)
    assert error.hint.endswith(
        "--map case_id=question_id --map success=passed --map input=prompt --map output=answer "
        "--map latency_s=duration --map tokens=total_tokens"
    )
    error = native.refused(b"x,y\n1,2\n", bridge="table")
    assert str(error).startswith("-: columns: found x, y, expected case_id or input, and success")


def test_a_saved_mapping_is_found_by_its_columns(native):
    saved = {
        "ours": {"map": {"case_id": "qid", "success": "ok"}},
        "theirs": {"map": {"case_id": "qid", "success": "verdict"}},
    }
    content = b"qid,ok\na,1\n"
    assert native.rows(content, tables=saved)[0].case_id == "a"
    both = b"qid,ok,verdict\na,1,fail\n"
    error = native.refused(both, tables=saved)
    assert "what ours and theirs fit" in str(error)
    assert error.hint == "Choose one with --table."
    assert native.rows(both, tables=saved, table="theirs")[0].status == "failed"
    with pytest.raises(ConfigError, match="--table their: no such mapping") as caught:
        native.reading(both, tables=saved, table="their")
    assert caught.value.hint == "Did you mean `theirs`?"


def test_a_saved_mapping_may_be_recognized_by_fewer_columns_than_it_reads(native):
    mapping = {"case_id": "qid", "success": "ok", "error": "err"}
    saved = {"ours": {"map": mapping, "columns": ["qid", "ok"]}}
    assert native.rows(
        b'{"qid": "a", "ok": true}\n{"qid": "b", "ok": false, "err": "x"}', tables=saved
    )


def test_changing_the_mapping_changes_what_a_run_is_known_by(native):
    content = b"a,b\nx,1\n"
    first = native.header(content, map={"case_id": "a", "success": "b"})
    second = native.header(content, map={"case_id": "b", "success": "b"})
    assert first.run_id == second.run_id
    assert first.content_sha256 != second.content_sha256


def test_other_bridges_come_first(native):
    assert native.header(native.run()).tool == "native"


def test_cases_without_a_name_are_told_by_what_was_put_in(native):
    content = b"input,expected,success\nq,1,1\nq,1,0\nq,2,1\n"
    rows = native.rows(content)
    assert len({row.case_id for row in rows}) == 2
    assert [row.repeat for row in rows] == [0, 1, 0]
    header = native.header(content)
    assert header.pairable
    assert any("told apart by what was put in" in w for w in header.warnings)


def test_cases_without_name_and_input_cannot_be_paired(native):
    content = b"verdict\npass\nfail\n"
    rows = native.rows(content, map={"success": "verdict"})
    assert [(row.case_id, row.case_source) for row in rows] == [
        ("line 2", "task"),
        ("line 3", "task"),
    ]
    assert not native.header(content, map={"success": "verdict"}).pairable


def test_each_variant_is_a_run_unless_runs_are_named(native):
    content = b"case_id,success,model,exp\na,1,m1,e1\na,0,m2,e1\nb,1,m1,e2\n"
    runs = native.reading(content).runs
    assert [run.header.n_tasks for run in runs] == [2, 1]
    assert [run.header.run_id[:2] for run in runs] == ["m1", "m2"]
    assert [[row.case_id for row in run.tasks] for run in runs] == [["a", "b"], ["a"]]
    mapping = {"case_id": "case_id", "success": "success", "model": "model", "run_id": "exp"}
    named = native.reading(content, map=mapping).runs
    assert [(run.header.run_id, run.header.n_tasks) for run in named] == [("e1", 2), ("e2", 1)]


def test_a_prompt_that_differs_with_each_case_is_no_variant(native):
    content = table(["case_id", "success", "prompt"], *[[n, 1, f"ask {n}"] for n in range(250)])
    (fault,) = native.faults(content)
    assert fault.startswith("variant: found more than 200 variants, expected few")


@pytest.mark.parametrize(
    "when",
    [
        *("2026-03-01T12:00:00Z", "2026-03-01 13:00:00+01:00", "2026-03-01 12:00:00 UTC"),
        *(1772366400, "1772366400.0", 1772366400000, 1772366400000000000),
    ],
)
def test_times_are_read_as_they_are_usually_written(native, when):
    content = table(["case_id", "success", "started_at"], ["a", 1, when])
    header = native.header(content)
    assert header.started_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert header.assumed_timezone is None


def test_times_without_a_zone_get_the_assumed_one(native):
    content = b"case_id,success,created_at,finished_at\na,1,2026-03-01 12:00,2026-03-01 12:01\n"
    header = native.header(content, assume_timezone="Europe/Berlin")
    assert header.started_at == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert header.assumed_timezone == "Europe/Berlin"
    assert "2 times without a zone, read as Europe/Berlin" in header.warnings
    assert native.rows(content)[0].latency_ms == 60_000
    (fault,) = native.faults(content, assume_timezone="refuse")
    assert fault.startswith("line 2: created_at: found '2026-03-01 12:00', expected a time with")


def test_unclear_cells_are_unknown_and_counted(native):
    content = b"case_id,success,latency_s,tokens\na,1,fast,1.5\nb,1,slow,2\n"
    a, b = native.rows(content)
    assert (a.latency_ms, a.tokens, b.tokens) == (None, None, 2)
    warnings = native.header(content).warnings
    assert (
        "latency_ms: 2 values are unclear and unknown, the first in line 2: 'fast', "
        "expected a number"
    ) in warnings


def test_columns_that_are_not_read_are_named(native):
    header = native.header(b"case_id,success,latency,who\na,1,2,me\n")
    assert "columns not read: latency, who" in header.warnings


def test_rows_that_are_no_tasks_are_left_out(native):
    content = b"case_id,success,is_root\na,1,true\nb,1,false\n"
    mapping = {"case_id": "case_id", "success": "success", "only": "is_root"}
    header = native.header(content, map=mapping)
    assert header.n_tasks == 1
    assert "1 row is no task, as `only` says" in header.warnings


def test_a_json_list_is_a_table(native):
    rows = [{"case_id": 1, "score": 1.0}, {"case_id": "b", "score": None}, "text", {"case_id": 3}]
    reading = native.reading(json.dumps(rows).encode())
    assert [row.case_id for row in reading.runs[0].tasks] == ["1", "b", "3"]
    assert str(reading.skipped[0]) == "[2]: found a text, expected an object"


def test_nan_in_json_is_unknown(native):
    content = b'[{"case_id": "a", "score": NaN}, {"case_id": "b", "score": 1}]'
    assert [row.score for row in native.rows(content)] == [None, 1]


def test_a_truncated_last_line_is_skipped(native):
    content = b'{"case_id": "a", "success": true}\n{"case_id": "b", "success": true}\n{"case_id'
    reading = native.reading(content)
    assert reading.runs[0].header.n_tasks == 2
    assert str(reading.skipped[0]).startswith("line 3")


def test_a_truncated_list_is_refused(native):
    (fault,) = native.faults(b'[{"case_id": "a", "success": true}, {"case_id": "b"')
    assert "line 1" in fault


def test_secrets_are_blanked(native):
    key = "sk-" + "a1B2" * 12
    content = table(["case_id", "success", "error", "output"], ["a", "", f"bad key {key}", key])
    (row,) = native.rows(content)
    assert key not in row.error_message + row.outputs
    mine = table(["case_id", "success", "error"], ["a", "", "ticket ACME-77 failed"])
    (row,) = native.rows(mine, redact_patterns=["ACME-\\d+"])
    assert row.error_message == "ticket [redacted] failed"


def test_secrets_that_only_a_table_can_hide_are_blanked(native):
    content = table(
        ["case_id", "success", "input.password", "output"],
        ["a", 1, "hunter2hunter2", '{"api_key": "hunter3hunter3"}'],
    )
    (row,) = native.rows(content)
    assert "hunter" not in row.inputs + row.outputs


def test_names_may_hold_anything(native):
    name = "a|b\n<script>\x1b[31m" + "x" * 500
    (row,) = native.rows(table(["case_id", "success", "model"], [name, 1, name]))
    assert row.case_id.startswith("a|b\n<script>")
    assert len(row.case_id) < 200


@pytest.mark.parametrize(
    ("columns", "table_name"),
    [
        (["user_input", "retrieved_contexts", "response", "reference", "faithfulness"], "ragas"),
        (
            [
                *("inputs.q", "outputs.a", "error", "reference.a", "feedback.correct"),
                *("execution_time", "example_id", "id"),
            ],
            "langsmith",
        ),
        (["request_id", "inputs", "outputs", "expectations", "correctness/value"], "mlflow"),
    ],
)
def test_exports_of_known_tools_are_recognized(native, columns, table_name):
    header = native.header(table(columns, ["1" for _ in columns]))
    assert json.loads(header.metadata) == {"columns": table_name}


def test_an_export_of_ragas_is_read(native):
    columns = [
        "user_input",
        "retrieved_contexts",
        "response",
        "reference",
        "faithfulness",
        "recall",
    ]
    (row,) = native.rows(table(columns, ["q", "['c']", "a", "r", "0.75", ""]))
    assert (row.score, len(row.origin.scores)) == (0.75, 1)
    assert json.loads(row.inputs) == {"input": "q", "expected": "r"}
    assert json.loads(row.metadata) == {"retrieved_contexts": "['c']"}


def test_an_export_of_langsmith_is_read(native):
    columns = ["inputs.q", "outputs.a", "error", "reference.a", "feedback.correct"]
    columns += ["execution_time", "example_id", "id"]
    a, b = native.rows(
        table(
            columns,
            ["q", "x", "", "y", "True", 1.5, "e1", "r1"],
            ["p", "", "E", "", "", 0, "e2", "r2"],
        )
    )
    assert (a.case_id, a.status, a.latency_ms, a.origin.request_id) == (
        "e1",
        "succeeded",
        1500,
        "r1",
    )
    assert json.loads(a.inputs) == {"q": "q", "expected": {"a": "y"}}
    assert (b.status, b.error_message) == ("error", "E")


def test_an_export_of_braintrust_is_read(native):
    root = {
        "id": "1",
        "root_span_id": "s",
        "experiment_id": "exp",
        "is_root": True,
        "input": "q",
        "output": "a",
        "expected": "a",
        "error": None,
        "scores": {"exact": 1, "style": 0.4},
        "metrics": {"start": 1772366400.0, "end": 1772366401.5, "prompt_tokens": 3},
    }
    rows = [root, root | {"is_root": False, "id": "2", "scores": None}]
    (run,) = native.reading(json.dumps(rows).encode()).runs
    (row,) = run.tasks
    assert run.header.run_id == "exp"
    assert (row.score, row.status, row.tokens_in, row.latency_ms) == (1, "succeeded", 3, 1500)


@pytest.mark.parametrize(
    ("name", "errors", "tokens"),
    [("fireworks_70b", 0, 105_077), ("lepton_70b", 130, 13_963), ("together_70b", 0, 106_289)],
)
def test_measurements_of_llmperf_are_read_by_a_mapping(shared_runs, name, errors, tokens):
    path = shared_runs.parent / "llmperf" / f"{name}.json"
    (run,) = read(str(path), IngestSettings(map=LLMPERF)).runs
    (told,) = read(str(shared_runs / "llmperf" / f"llmperf-{name}.json"), IngestSettings()).runs
    rows, expected = list(run.tasks), list(told.tasks)
    assert Counter(row.status for row in rows) == Counter(row.status for row in expected)
    assert sum(row.status == "error" for row in rows) == errors
    assert sum(row.tokens or 0 for row in rows) == tokens
    assert [row.latency_ms for row in rows] == [row.latency_ms for row in expected]
    assert {row.failure_reason for row in rows} == ({None, "rate_limit"} if errors else {None})
    assert not run.header.pairable


@pytest.mark.parametrize(
    "name",
    [
        "model_selection/aider_polyglot_leaderboard.json",
        "bandit/obd_random_men.csv",
        "traces/azure_llm_2023_code.csv",
        "near_duplicates/gptcache_mock_pairs.json",
    ],
)
def test_tables_that_are_no_results_are_refused(shared_runs, name):
    with pytest.raises(FormatError, match="format: found a") as caught:
        read(str(shared_runs.parent / name), IngestSettings())
    assert "--map FIELD=COLUMN" in caught.value.hint


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELLS, st.booleans()), min_size=1, max_size=8), st.sampled_from(",;\t"))
def test_what_is_written_as_csv_is_read_again(rows, separator):
    content = table(["name", "pass"], *rows, separator=separator)
    settings_ = IngestSettings(map={"output": "name", "success": "pass"}, redact=False)
    (run,) = read(
        "-", settings_, stdin=io.BytesIO(content), received_at=datetime(2026, 3, 1, tzinfo=UTC)
    ).runs
    found = [
        (json.loads(row.outputs)["output"] if row.outputs else "", row.status) for row in run.tasks
    ]
    assert found == [(name, "succeeded" if passed else "failed") for name, passed in rows]


def split(columns, *data):
    return json.dumps({"columns": columns, "data": data}).encode()


def test_rows_that_stand_apart_from_their_columns_are_read(native):
    columns = ["inputs", "outputs", "latency", "exact/v1/score"]
    content = split(columns, ["2 + 2?", "4", 0.5, 1], ["2 + 3?", "4", 0.5, 0], ["short"])
    first, second = native.rows(content)
    assert (first.status, second.status, first.latency_ms) == ("succeeded", "failed", 500)
    assert [one.name for one in first.origin.scores] == ["exact/v1"]
    assert any("1 cells" in warning for warning in native.header(content).warnings)


def test_a_table_of_ragas_0_1_is_known(native):
    content = b"question,contexts,answer,ground_truth,faithfulness\nq,['c'],a,b,1.0\n"
    (row,) = native.rows(content)
    assert json.loads(row.inputs) == {"input": "q", "expected": "b"}
    assert row.score == 1
