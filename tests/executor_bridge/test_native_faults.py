from __future__ import annotations

import json

import pytest


def test_a_missing_id_is_named(native):
    run = native.run()
    del run["run_id"], run["task_results"][1]["task_id"]
    assert native.faults(run) == [
        "run_id: expected a text that is not empty",
        "task_results[1].task_id: expected a text that is not empty",
    ]


@pytest.mark.parametrize("field", ["run_id", "workflow_id", "started_at", "finished_at"])
def test_each_required_field_of_a_run_is_required(native, field):
    run = native.run()
    del run[field]
    assert [fault.place for fault in native.refused(run).faults] == [field]


def test_a_run_without_tasks_at_all_is_refused(native):
    run = native.run()
    del run["task_results"]
    assert native.faults(run) == ["task_results: expected a list of at least one task"]


@pytest.mark.parametrize("field", ["task_id", "workflow_id", "task_status", "created_at"])
def test_each_required_field_of_a_task_is_required(native, field):
    run = native.run()
    del run["task_results"][1][field]
    assert [f.place for f in native.refused(run).faults] == [f"task_results[1].{field}"]


def test_a_result_needs_a_status(native):
    run = native.run()
    del run["task_results"][1]["test_result"]["status"]
    assert native.faults(run) == [
        "task_results[1].test_result.status: expected one of success, failed, timeout, error"
    ]


def test_an_empty_id_is_refused(native):
    run = native.run(native.task(task_id=""), run_id="")
    assert native.faults(run) == [
        'run_id: found "", expected a text that is not empty',
        'task_results[0].task_id: found "", expected a text that is not empty',
    ]


def test_an_unknown_status_is_answered_with_the_legal_ones(native):
    assert native.faults(native.run(native.task(task_status="done"))) == [
        'task_results[0].task_status: found "done", expected one of pending, queued, running, '
        "succeeded, failed, timeout, cancelled, error"
    ]


def test_an_unknown_scenario_is_answered_with_the_legal_ones(native):
    assert native.faults(native.run(native.task(scenario="odd"))) == [
        'task_results[0].scenario: found "odd", expected one of normal, boundary, error, custom'
    ]


def test_nan_and_infinity_are_refused_wherever_they_stand(native):
    result = native.result(cost=float("nan"), score=float("-inf"))
    result["inputs"] = {"a": [1, float("inf")]}
    assert native.faults(native.run(native.task(test_result=result))) == [
        "task_results[0].test_result.cost: found NaN, expected a number from 0 to 10^12",
        "task_results[0].test_result.score: found -Infinity, expected a number from 0 to 1",
        "task_results[0].test_result.inputs.a[1]: found Infinity, expected a finite number",
    ]


def test_a_negative_cost_is_refused(native):
    run = native.run(native.task(test_result=native.result(cost=-0.5)))
    assert native.faults(run) == [
        "task_results[0].test_result.cost: found -0.5, expected a number from 0 to 10^12"
    ]


@pytest.mark.parametrize("score", [-0.1, 1.1, 87])
def test_a_score_outside_0_and_1_is_refused(native, score):
    run = native.run(native.task(test_result=native.result(score=score)))
    assert native.faults(run) == [
        f"task_results[0].test_result.score: found {score}, expected a number from 0 to 1"
    ]


def test_a_number_too_large_to_store_is_refused(native):
    run = native.run(native.task(attempt_count=2**70))
    assert native.faults(run) == [
        "task_results[0].attempt_count: found 1180591620717411303424, "
        "expected a whole number from 0 to 10^12"
    ]


def test_digits_without_end_are_refused_and_shortened(native):
    content = json.dumps(native.run()).replace('"tokens_used": 10', '"tokens_used": ' + "9" * 9999)
    (first, *_) = native.refused(content.encode()).faults
    assert first.place == "task_results[0].test_result.tokens_used"
    assert len(first.found) == 60


@pytest.mark.parametrize("value", ["12", 1.5, True, [1]])
def test_only_whole_numbers_are_counts(native, value):
    run = native.run(native.task(test_result=native.result(tokens_used=value)))
    (fault,) = native.refused(run).faults
    assert fault.place == "task_results[0].test_result.tokens_used"
    assert fault.expected == "a whole number from 0 to 10^12"


@pytest.mark.parametrize("field", ["inputs", "outputs", "metadata"])
def test_a_payload_must_be_an_object(native, field):
    run = native.run(native.task(test_result=native.result(**{field: [1]})))
    assert native.faults(run) == [
        f"task_results[0].test_result.{field}: found a list, expected an object"
    ]


def test_metadata_must_be_an_object(native):
    run = native.run(native.task(metadata=[1]), metadata="x")
    assert native.faults(run) == [
        'metadata: found "x", expected an object',
        "task_results[0].metadata: found a list, expected an object",
    ]


def test_a_task_must_be_an_object(native):
    assert native.faults(native.run(3)) == ["task_results[0]: found 3, expected an object, a task"]


def test_an_unknown_field_is_refused_and_the_nearest_one_named(native):
    run = native.run(native.task(task_statu="x", colour=1), runid="r")
    assert native.faults(run) == [
        "runid: found unknown field `runid`, expected no such field; did you mean `run_id`?",
        "task_results[0].task_statu: found unknown field `task_statu`, "
        "expected no such field; did you mean `task_status`?",
        "task_results[0].colour: found unknown field `colour`, expected no such field",
    ]


def test_an_unknown_field_of_a_result_is_refused(native):
    run = native.run(native.task(test_result=native.result(scores=1)))
    assert native.faults(run) == [
        "task_results[0].test_result.scores: found unknown field `scores`, "
        "expected no such field; did you mean `score`?"
    ]


def test_a_key_may_stand_twice_and_the_last_counts(native):
    content = json.dumps(native.run(native.task())).replace('"cost": 0.25', '"cost": 1, "cost": 2')
    assert native.rows(content.encode())[0].cost_usd == 2.0


def test_duplicate_task_ids_are_named_with_both_places(native):
    run = native.run(native.task(0), native.task(1), native.task(2, task_id="t0"))
    assert native.faults(run) == [
        'task_results[2].task_id: found "t0" as in task_results[0], '
        "expected an id used only once in a run"
    ]


def test_a_run_of_no_tasks_is_refused(native):
    assert native.faults(native.run(task_results=[])) == [
        "task_results: found no tasks, expected at least one task"
    ]


def test_a_run_of_cancelled_tasks_is_accepted(native):
    row = native.row(native.task(task_status="cancelled", test_result=None))
    assert row.status == "cancelled"


@pytest.mark.parametrize("status", ["pending", "queued", "running"])
def test_unfinished_tasks_are_accepted(native, status):
    assert native.row(native.task(task_status=status, test_result=None)).status == status


def test_a_task_of_another_workflow_is_refused(native):
    assert native.faults(native.run(native.task(workflow_id="other"))) == [
        'task_results[0].workflow_id: found "other", expected "w", the workflow of the run'
    ]


@pytest.mark.parametrize("time", ["yesterday", "2026-03-01", 1772366400, "2026-03-01T25:00:00Z"])
def test_a_time_must_be_a_time(native, time):
    (fault,) = native.refused(native.run(native.task(created_at=time))).faults
    assert fault.place == "task_results[0].created_at"
    assert fault.expected == "a time such as 2026-03-01T12:00:00Z"


@pytest.mark.parametrize("time", ["1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z"])
@pytest.mark.parametrize("field", ["created_at", "finished_at"])
def test_an_absurd_time_of_a_task_is_refused(native, time, field):
    assert native.faults(native.run(native.task(**{field: time}))) == [
        f'task_results[0].{field}: found "{time}", expected a time from 2000 to 2099'
    ]


def test_an_absurd_time_of_a_run_is_refused(native):
    assert native.faults(native.run(started_at="1970-01-01T00:00:00Z")) == [
        'started_at: found "1970-01-01T00:00:00Z", expected a time from 2000 to 2099'
    ]


def test_a_run_cannot_finish_before_it_started(native):
    assert native.faults(native.run(finished_at="2026-03-01T11:59:59Z")) == [
        'finished_at: found "2026-03-01T11:59:59Z", '
        'expected a time not before started_at, "2026-03-01T12:00:00Z"'
    ]


def test_times_without_a_zone_can_be_refused(native):
    run = native.run(native.task(created_at="2026-03-01T12:00:00"))
    assert native.faults(run, assume_timezone="refuse") == [
        'task_results[0].created_at: found "2026-03-01T12:00:00", '
        "expected a time with its zone, such as 2026-03-01T12:00:00Z"
    ]


def statistics(**changes):
    counted = {
        "total_tasks": 3,
        "completed_tasks": 3,
        "succeeded_tasks": 3,
        "failed_tasks": 0,
        "timeout_tasks": 0,
        "cancelled_tasks": 0,
        "error_tasks": 0,
        "success_rate": 1.0,
        "total_execution_time": 1.5,
        "avg_execution_time": 0.5,
        "total_tokens": 30,
        "total_cost": 0.75,
        "total_retries": 0,
    }
    return counted | changes


def test_statistics_that_agree_are_accepted(native):
    assert native.header(native.run(statistics=statistics())).warnings == ()
    assert native.header(native.run(statistics=None)).warnings == ()
    assert native.header(native.run(statistics={})).warnings == ()


@pytest.mark.parametrize(
    "close",
    [
        {"success_rate": 0.9995},
        {"total_cost": 0.7505},
        {"total_execution_time": 1.5 + 1e-7},
        {"avg_execution_time": 0.5004},
    ],
)
def test_statistics_may_be_rounded(native, close):
    assert native.header(native.run(statistics=statistics(**close))).warnings == ()


@pytest.mark.parametrize(
    ("name", "given", "counted"),
    [
        ("succeeded_tasks", 12, 3),
        ("total_tasks", 2, 3),
        ("cancelled_tasks", 1, 0),
        ("success_rate", 0.99, 1.0),
        ("total_tokens", 31, 30),
        ("total_cost", 0.8, 0.75),
        ("total_execution_time", 1.6, 1.5),
        ("avg_execution_time", 0.6, 0.5),
        ("total_retries", 1, 0),
    ],
)
def test_statistics_that_contradict_the_tasks_are_refused(native, name, given, counted):
    error = native.refused(native.run(statistics=statistics(**{name: given})))
    assert [str(fault) for fault in error.faults] == [
        f"statistics.{name}: found {given}, expected {counted} (counted in task_results)"
    ]
    assert error.hint == (
        "--trust-statistics accepts the file; what is shown is counted from its tasks."
    )


def test_statistics_can_be_trusted_against_the_tasks(native):
    run = native.run(statistics=statistics(succeeded_tasks=12))
    assert native.header(run, trust_statistics=True).warnings == (
        "statistics.succeeded_tasks: 12 in the file, 3 counted in its tasks, "
        "which is what is shown",
    )


def test_a_missing_result_counts_as_nothing_in_statistics(native):
    run = native.run(
        native.task(0),
        native.task(1, task_status="error", test_result=None, attempt_count=3),
        statistics=statistics(
            total_tasks=2,
            completed_tasks=2,
            succeeded_tasks=1,
            error_tasks=1,
            success_rate=0.5,
            total_execution_time=1.0,
            total_tokens=10,
            total_cost=0.25,
            total_retries=2,
        ),
    )
    assert native.header(run).warnings == ()


def test_statistics_of_the_wrong_kind_are_refused_even_if_trusted(native):
    run = native.run(statistics=statistics(total_tokens=-1, success=1))
    assert native.faults(run, trust_statistics=True) == [
        "statistics.total_tokens: found -1, expected a whole number from 0 to 2^63 - 1",
        "statistics.success: found unknown field `success`, "
        "expected no such field; did you mean `success_rate`?",
    ]


def test_deep_nesting_is_refused(native):
    content = json.dumps(native.run()).replace('{"question": 0}', '{"q":' + "[" * 99999)
    assert native.faults(content.encode()) == [
        "line 1: found objects or lists nested too deep, expected at most some hundred levels"
    ]


@pytest.mark.parametrize("old", ['"question"', '"t1"', '"answer"', '"prompt_variant"'])
def test_bytes_that_are_not_utf8_are_found_wherever_they_stand(native, old):
    content = json.dumps(native.run(metadata={"question": 1}))
    at = content.index(old) + 1
    damaged = content[:at].encode() + b"\xff" + content[at:].encode()
    assert f"byte {at}: found 0xff, expected text in UTF-8" in native.faults(damaged)


def test_half_a_surrogate_pair_is_refused_wherever_it_stands(native):
    result = native.result(inputs={"a": ["\ud800"]}, outputs={"\udc00": 1})
    run = native.run(native.task(test_result=result, task_id="\ud83d"), metadata={"b": "\udfff"})
    assert native.faults(run) == [
        'metadata.b: found "\\udfff", expected text without half a surrogate pair',
        'task_results[0].task_id: found "\\ud83d", expected text without half a surrogate pair',
        'task_results[0].test_result.inputs.a[0]: found "\\ud800", '
        "expected text without half a surrogate pair",
        'task_results[0].test_result.outputs: a field name: found "\\udc00", '
        "expected text without half a surrogate pair",
    ]


@pytest.mark.parametrize("text", ["\U0001f600", "\\ud800", "C:\\\\ud8"])
def test_whole_surrogate_pairs_and_escaped_backslashes_are_no_fault(native, text):
    row = native.row(native.task(test_result=native.result(outputs={"o": text})))
    assert json.loads(row.outputs) == {"o": text}


def test_every_fault_of_a_file_is_listed_in_its_order(native):
    run = native.run(
        native.task(0, task_status="done"),
        native.task(1, created_at="1999-01-01T00:00:00Z"),
        native.task(2, execution_time=-1, attempt_count="x"),
        finished_at="soon",
        statistics={"total_tasks": -1},
    )
    assert [fault.place for fault in native.refused(run).faults] == [
        "finished_at",
        "task_results[0].task_status",
        "task_results[1].created_at",
        "task_results[2].attempt_count",
        "task_results[2].execution_time",
        "statistics.total_tasks",
    ]


def test_more_faults_than_wanted_are_counted(native):
    run = native.run(*[native.task(n, task_status="done") for n in range(30)])
    error = native.refused(run, max_faults=5)
    assert (len(error.faults), error.n_more) == (5, 25)
    assert str(error).endswith("-: and 25 more")


def test_a_long_value_is_shortened(native):
    (fault,) = native.refused(native.run(native.task(task_status="x" * 500))).faults
    assert len(fault.found) == 60
    assert fault.found.endswith("...")


def test_a_fault_of_a_long_file_surfaces_at_the_latest_while_its_rows_are_read(native, monkeypatch):
    monkeypatch.setattr("executor_bridge.formats.native.bridge.KEPT_BYTES", 0)
    run = native.run(native.task(0), native.task(1, test_result=native.result(inputs=[1])))
    assert native.faults(run) == [
        "task_results[1].test_result.inputs: found a list, expected an object"
    ]
