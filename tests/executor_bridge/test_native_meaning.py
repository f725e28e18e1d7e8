from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from optimizer.models.failures import FailureKind
from optimizer.models.ingest import FailurePatternSettings
from optimizer.models.tasks import CaseSource, content_case_id


def test_a_case_named_by_the_executor_keeps_its_name(native):
    row = native.row(native.task(metadata={"case_id": "c7"}))
    assert (row.case_id, row.case_source) == ("c7", CaseSource.GIVEN)


@pytest.mark.parametrize("number", [0, 7])
def test_a_case_may_be_named_by_a_number(native, number):
    row = native.row(native.task(metadata={"case_id": number}))
    assert (row.case_id, row.case_source) == (str(number), CaseSource.GIVEN)


def test_a_case_without_a_name_is_known_by_data_set_and_inputs(native):
    row = native.row(native.task(test_result=native.result(inputs={"b": 1, "a": [2, None]})))
    assert row.case_source is CaseSource.CONTENT
    assert row.case_id == content_case_id("faq", b'{"a":[2,null],"b":1}')


def test_the_order_and_spacing_of_inputs_do_not_matter(native):
    one = native.row(native.task(test_result=native.result(inputs={"a": {"x": 1, "y": 2}, "b": 2})))
    two = native.row(native.task(test_result=native.result(inputs={"b": 2, "a": {"y": 2, "x": 1}})))
    assert one.case_id == two.case_id


def test_inputs_beyond_64_bits_still_make_a_case(native):
    one = native.row(native.task(test_result=native.result(inputs={"seed": 2**70})))
    two = native.row(native.task(test_result=native.result(inputs={"seed": 2**70 + 1})))
    assert one.case_source is CaseSource.CONTENT
    assert one.case_id != two.case_id


def test_the_same_inputs_in_two_data_sets_are_two_cases(native):
    one = native.row(native.task(dataset="a"))
    two = native.row(native.task(dataset="b"))
    assert one.case_id != two.case_id


@pytest.mark.parametrize("inputs", [{}, None])
def test_a_case_without_name_and_inputs_is_known_by_its_task(native, inputs):
    row = native.row(native.task(4, test_result=native.result(inputs=inputs)))
    assert (row.case_id, row.case_source) == ("t4", CaseSource.TASK)
    assert row.inputs is None


def test_a_task_without_a_result_is_known_by_its_own_id(native):
    row = native.row(native.task(4, task_status="error", test_result=None))
    assert (row.case_id, row.case_source) == ("t4", CaseSource.TASK)


def test_a_tasks_own_label_counts_before_its_results_and_the_runs(native):
    result = native.result(prompt_variant="of the result")
    task = native.task(test_result=result, metadata={"prompt_variant": "of the task"})
    run = {"prompt_variant": "of the run"}
    assert native.row(task, metadata=run).variant.label == "of the task"
    assert native.row(native.task(test_result=result), metadata=run).variant.label == (
        "of the result"
    )
    silent = native.task(test_result=native.result(prompt_variant=None))
    assert native.row(silent, metadata=run).variant.label == "of the run"


def test_a_task_without_a_label_inherits_the_only_one_of_its_run(native):
    labelled = native.task(0)
    silent = native.task(1, task_status="error", test_result=None)
    rows = native.rows(native.run(labelled, silent))
    assert [row.variant.label for row in rows] == ["v1", "v1"]
    assert rows[0].variant.variant_id == rows[1].variant.variant_id


def test_a_label_in_task_metadata_is_inherited_too(native):
    labelled = native.task(
        0, test_result=native.result(prompt_variant=None), metadata={"prompt_variant": "v9"}
    )
    silent = native.task(1, task_status="error", test_result=None)
    rows = native.rows(native.run(labelled, silent))
    assert [row.variant.label for row in rows] == ["v9", "v9"]


def test_no_label_is_inherited_where_the_run_has_two(native):
    rows = native.rows(
        native.run(
            native.task(0),
            native.task(1, test_result=native.result(prompt_variant="v2")),
            native.task(2, task_status="error", test_result=None),
        )
    )
    assert [row.variant.label for row in rows] == ["v1", "v2", "default"]


def test_a_run_without_any_label_has_the_default_one(native):
    task = native.task(test_result=native.result(prompt_variant=None))
    assert native.row(task).variant.label == "default"


def test_the_variant_is_what_the_run_says_where_the_task_says_nothing(native):
    run = {
        "prompt": "Answer: {question}",
        "prompt_id": "p1",
        "model": "m",
        "provider": "p",
        "parameters": {"top_p": 1, "temperature": 0.5},
    }
    variant = native.row(native.task(), metadata=run).variant
    assert variant.prompt == "Answer: {question}"
    assert variant.prompt_sha256 == hashlib.sha256(b"Answer: {question}").hexdigest()
    assert variant.prompt_id == "p1"
    assert (variant.provider, variant.model) == ("p", "m")
    assert variant.parameters == '{"temperature":0.5,"top_p":1}'


def test_a_task_may_have_a_variant_of_its_own(native):
    run = {"prompt": "old", "prompt_sha256": "00", "model": "m", "parameters": {"seed": 1}}
    metadata = {"prompt": "new", "model": "m2", "parameters": {"seed": 2}, "provider": "p2"}
    variant = native.row(native.task(metadata=metadata), metadata=run).variant
    assert variant.prompt == "new"
    assert variant.prompt_sha256 == hashlib.sha256(b"new").hexdigest()
    assert (variant.model, variant.provider) == ("m2", "p2")
    assert variant.parameters == '{"seed":2}'


def test_a_given_hash_of_the_prompt_is_kept(native):
    variant = native.row(
        native.task(), metadata={"prompt": "x", "prompt_sha256": "ab" * 32}
    ).variant
    assert variant.prompt_sha256 == "ab" * 32


def test_a_prompt_makes_the_variant_whatever_its_label(native):
    run = {"prompt": "same", "model": "m"}
    one = native.row(native.task(), metadata=run | {"prompt_variant": "a"}).variant
    two = native.row(
        native.task(test_result=native.result(prompt_variant="b")), metadata=run
    ).variant
    assert one.variant_id == two.variant_id
    assert one.label != two.label


def test_tasks_of_one_variant_share_it(native):
    own = {"model": "m2"}
    rows = native.rows(
        native.run(
            native.task(0),
            native.task(1),
            native.task(2, metadata=own),
            native.task(3, metadata=own),
        )
    )
    assert rows[0].variant is rows[1].variant
    assert rows[2].variant is rows[3].variant
    assert rows[0].variant is not rows[2].variant


def test_what_was_measured_is_carried_over(native):
    row = native.row(native.task())
    assert (row.latency_ms, row.tokens, row.cost_usd, row.score) == (500.0, 10, 0.25, 1.0)


def test_no_call_takes_no_time(native):
    assert native.row(native.task(execution_time=0.0)).latency_ms is None


def test_an_answer_from_a_cache_has_no_latency(native):
    row = native.row(native.task(metadata={"cached": True}))
    assert (row.latency_ms, row.cached) == (None, True)
    assert native.row(native.task(metadata={"cached": False})).latency_ms == 500.0


def test_a_cost_of_nothing_stays_nothing(native):
    assert native.row(native.task(test_result=native.result(cost=0.0))).cost_usd == 0.0


@pytest.mark.parametrize("of_run", [True, False])
def test_fields_declared_unknown_are_unknown(native, of_run):
    said = {"unknown_fields": ["execution_time", "cost", "tokens_used", "score"]}
    task = native.task(metadata={} if of_run else said)
    row = native.row(task, metadata=said if of_run else {})
    assert (row.latency_ms, row.tokens, row.cost_usd, row.score) == (None, None, None, None)


def test_unknown_fields_of_task_and_run_add_up(native):
    row = native.row(
        native.task(metadata={"unknown_fields": ["score"]}), metadata={"unknown_fields": ["cost"]}
    )
    assert (row.cost_usd, row.score, row.tokens) == (None, None, 10)


def test_a_task_without_a_result_has_unknown_tokens_and_cost(native):
    row = native.row(native.task(task_status="error", test_result=None))
    assert (row.tokens, row.cost_usd, row.score) == (None, None, None)


def test_figures_that_a_result_leaves_out_are_unknown(native):
    row = native.row(native.task(test_result={"status": "success"}))
    assert (row.tokens, row.cost_usd, row.score) == (None, None, None)


def test_a_score_may_stand_in_the_metadata(native):
    task = native.task(test_result=native.result(score=None), metadata={"score": 0.25})
    assert native.row(task).score == 0.25
    assert native.row(native.task(metadata={"score": 0.25})).score == 1.0


def test_keys_of_task_metadata_are_carried_over(native):
    said = {
        "repeat": 2,
        "tokens_in": 7,
        "tokens_out": 3,
        "family": "f",
        "tenant": "acme",
        "task_type": "chat",
    }
    row = native.row(native.task(metadata=said))
    assert (row.repeat, row.tokens_in, row.tokens_out) == (2, 7, 3)
    assert (row.family, row.tenant, row.task_type) == ("f", "acme", "chat")


def test_keys_of_no_use_are_ignored_and_counted(native):
    run = native.run(
        native.task(0, metadata={"tokens_in": "many", "case_id": "c0"}),
        native.task(1, metadata={"tokens_in": -1, "score": 87, "case_id": "c1"}),
        metadata={"model": 3, "pairable": "no"},
    )
    (read,) = native.reading(run).runs
    assert [(row.case_id, row.tokens_in) for row in read.tasks] == [("c0", None), ("c1", None)]
    assert read.header.warnings == (
        "run metadata `model`: 1 value ignored, expected a text",
        "run metadata `pairable`: 1 value ignored, expected true or false",
        "task metadata `score`: 1 value ignored, expected a number from 0 to 1",
        "task metadata `tokens_in`: 2 values ignored, expected a whole number from 0 on",
    )
    assert read.header.pairable


def test_the_header_says_what_the_run_says(native):
    metadata = {"git_sha": "abc", "branch": "main", "pull_request": 12, "pairable": False, "x": 1}
    header = native.header(native.run(metadata=metadata))
    assert (header.run_id, header.workflow_id, header.n_tasks) == ("r", "w", 3)
    assert (header.git_sha, header.branch, header.pull_request) == ("abc", "main", "12")
    assert header.pairable is False
    assert '"x": 1' in header.metadata
    assert (header.tool, header.tool_version, header.place) == ("native", None, 1)
    assert header.duration_s == 60.0
    assert header.assumed_timezone is None


def test_a_run_says_nothing_more_than_it_says(native):
    run = native.run()
    del run["metadata"], run["total_duration"]
    header = native.header(run)
    assert (header.git_sha, header.branch, header.pull_request) == (None, None, None)
    assert (header.pairable, header.metadata, header.duration_s) == (True, "{}", 60.0)


def test_times_are_given_in_utc(native):
    task = native.task(created_at="2026-03-01T14:00:00+02:00", finished_at="2026-03-01T12:00:01Z")
    row = native.row(task)
    assert row.created_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert row.created_at.tzinfo is UTC
    assert row.finished_at == datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC)


def test_times_without_a_zone_get_the_assumed_one_and_are_counted(native):
    run = native.run(
        native.task(0, created_at="2026-07-01T14:00:00"), started_at="2026-03-01 12:00:00"
    )
    (read,) = native.reading(run, assume_timezone="Europe/Berlin").runs
    (row,) = read.tasks
    assert row.created_at == datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert read.header.started_at == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert read.header.assumed_timezone == "Europe/Berlin"
    assert read.header.warnings == ("2 times without a zone, read as Europe/Berlin",)


def test_a_failure_is_classified_by_the_tasks_message_before_the_results(native):
    task = native.task(
        task_status="error",
        error_message="HTTP 503",
        test_result=native.result(status="error", error_message="rate limit"),
    )
    row = native.row(task)
    assert (row.failure_kind, row.failure_reason) == ("api", "server_error")
    assert row.error_message == "HTTP 503"
    assert native.row(task | {"error_message": None}).failure_reason == "rate_limit"


def test_the_users_failure_patterns_come_first(native):
    task = native.task(task_status="failed", error_message="tool broke", test_result=None)
    pattern = FailurePatternSettings(reason="tool_error", kind=FailureKind.LLM, pattern="tool")
    row = native.row(task, failure_patterns=(pattern,))
    assert (row.failure_kind, row.failure_reason) == ("llm", "tool_error")
    assert type(row.failure_kind) is str


def test_a_success_has_no_failure(native):
    row = native.row(native.task(error_message="expected 3"))
    assert (row.failure_kind, row.failure_reason, row.error_message) == (None, None, "expected 3")


def test_results_that_contradict_their_task_are_counted(native):
    run = native.run(native.task(0, task_status="failed"), native.task(1))
    assert native.header(run).warnings == ("1 task whose result has another status",)


def test_tasks_that_finished_before_they_were_created_are_counted(native):
    tasks = [
        native.task(0, created_at="2026-03-01T12:00:01Z", finished_at="2026-03-01T12:00:00Z"),
        native.task(1, created_at="2026-03-01T12:00:00", finished_at="2026-03-01T12:30:00+01:00"),
        native.task(2, created_at="2026-03-01T12:00:00Z", finished_at="2026-03-01T12:00:00Z"),
        native.task(3, created_at="2026-03-01T13:00:00+01:00", finished_at="2026-03-01T12:00:01Z"),
    ]
    assert native.header(native.run(*tasks[2:])).warnings == ()
    assert native.header(native.run(*tasks)).warnings == (
        "1 time without a zone, read as UTC",
        "2 tasks that finished before being created",
    )
    assert len(native.rows(native.run(*tasks))) == len(tasks)


def test_payloads_stay_the_text_they_were(native):
    content = (
        b'{"run_id": "r", "workflow_id": "w", "started_at": "2026-03-01T12:00:00Z",'
        b'"finished_at": "2026-03-01T12:01:00Z", "task_results": [{"task_id": "t",'
        b'"workflow_id": "w", "task_status": "succeeded", "created_at": "2026-03-01T12:00:00Z",'
        b'"metadata": { "b":1.50 }, "test_result": {"status": "success",'
        b'"inputs": {"q" : "\xc3\xa9"},'
        b'"outputs": {"o": "\\ud83d\\ude00 \\\\ud800"}, "metadata": null}}]}'
    )
    (row,) = native.rows(content)
    assert row.inputs == '{"q" : "é"}'
    assert row.outputs == '{"o": "\\ud83d\\ude00 \\\\ud800"}'
    assert (row.metadata, row.result_metadata) == ('{ "b":1.50 }', None)


def test_what_may_be_missing_may_be_null(native):
    task = {
        "task_id": "t",
        "workflow_id": "w",
        "task_status": "succeeded",
        "created_at": "2026-03-01T12:00:00Z",
    }
    nulls = dict.fromkeys(native.task().keys() - task.keys())
    result_nulls = dict.fromkeys(native.result().keys() - {"status"})
    bare = native.row(task)
    assert native.row(task | nulls) == bare
    assert (bare.scenario, bare.attempts, bare.dataset) == ("normal", 1, None)
    with_nulls = native.row(task | {"test_result": {"status": "success"} | result_nulls})
    assert with_nulls == native.row(task | {"test_result": {"status": "success"}})


def test_a_data_set_may_be_named_by_the_result_only(native):
    assert native.row(native.task(dataset=None)).dataset == "faq"


def test_the_rows_of_a_run_can_be_read_twice(native):
    (run,) = native.reading(native.run()).runs
    assert list(run.tasks) == list(run.tasks)


def test_a_long_file_tells_the_same_as_a_short_one(native, monkeypatch):
    content = native.run(
        native.task(0, task_status="failed", metadata={"tokens_in": "x"}),
        native.task(1, created_at="2026-03-01T12:00:00"),
        native.task(2, task_status="error", test_result=None),
    )
    (short,) = native.reading(content).runs
    monkeypatch.setattr("executor_bridge.formats.native.bridge.KEPT_BYTES", 0)
    (long,) = native.reading(content).runs
    assert list(long.tasks) == list(short.tasks)
    assert list(long.tasks) == list(short.tasks)
    assert long.header == short.header
    assert len(long.header.warnings) == 3
