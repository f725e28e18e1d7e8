from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executor_bridge.tracing.genai import call_of
from executor_bridge.tracing.otlp import Event
from executor_bridge.tracing.steps import score_of

START_NS = 1_772_366_400_000_000_000
MS = 1_000_000
EVALUATION = "gen_ai.evaluation.result"
CHAT = {"gen_ai.operation.name": "chat"}


def value(plain):
    match plain:
        case bool():
            return {"boolValue": plain}
        case int():
            return {"intValue": str(plain)}
        case float():
            return {"doubleValue": plain}
        case list():
            return {"arrayValue": {"values": [value(one) for one in plain]}}
        case dict():
            return {"kvlistValue": {"values": attributes(plain)}}
    return {"stringValue": plain}


def attributes(plain):
    return [{"key": key, "value": value(one)} for key, one in plain.items()]


def usage(tokens_in, tokens_out, **more):
    told = {"gen_ai.usage.input_tokens": tokens_in, "gen_ai.usage.output_tokens": tokens_out}
    return CHAT | told | more


def span(
    span_id, said=(), *, trace="t1", parent=None, start_ms=0, end_ms=100, events=(), **changes
):
    made = {
        "traceId": trace,
        "spanId": span_id,
        "name": f"span {span_id}",
        "startTimeUnixNano": str(START_NS + start_ms * MS),
        "endTimeUnixNano": str(START_NS + end_ms * MS),
        "attributes": attributes(dict(said)),
        "events": [{"name": name, "attributes": attributes(told)} for name, told in events],
        "status": {},
    }
    if parent:
        made["parentSpanId"] = parent
    return made | changes


def case(span_id, case_id, said=(), **changes):
    return span(span_id, {"optimizer.case_id": case_id} | CHAT | dict(said), **changes)


def request(*spans, resource=(), key="scopeSpans"):
    told = attributes({"service.name": "faq"} | dict(resource))
    return {"resourceSpans": [{"resource": {"attributes": told}, key: [{"spans": list(spans)}]}]}


def evaluation(name, *, score=None, label=None, why=None):
    told = {
        "gen_ai.evaluation.name": name,
        "gen_ai.evaluation.score.value": score,
        "gen_ai.evaluation.score.label": label,
        "gen_ai.evaluation.explanation": why,
    }
    return EVALUATION, {key: one for key, one in told.items() if one is not None}


def log(name, told, *, trace="t1", on=None):
    record = {"eventName": name, "attributes": attributes(told), "traceId": trace}
    if on:
        record["spanId"] = on
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}


def lines(*requests):
    return "\n".join(json.dumps(one) for one in requests).encode()


def test_a_span_with_a_case_is_a_task(native):
    top = case("a", "capital", {"optimizer.repeat": 2, "optimizer.scenario": "boundary"})
    header, (row,) = native.header(request(top)), native.rows(request(top))
    assert (header.tool, header.workflow_id) == ("otel", "faq")
    assert (row.case_id, row.case_source, row.repeat) == ("capital", "given", 2)
    assert (row.scenario, row.latency_ms, row.origin.request_id) == ("boundary", 100, "t1")
    assert row.created_at.isoformat() == "2026-03-01T12:00:00+00:00"


def test_tokens_of_the_lowest_spans_count_once(native):
    content = request(
        case("a", "c", usage(30, 12) | {"gen_ai.operation.name": "invoke_agent"}),
        span("b", usage(10, 5, **{"operation.cost": 0.25}), parent="a"),
        span("c", usage(20, 7, **{"operation.cost": 0.5}), parent="a"),
    )
    (row,) = native.rows(content)
    assert (row.tokens_in, row.tokens_out, row.tokens, row.cost_usd) == (30, 12, 42, 0.75)


def test_an_agent_speaks_for_calls_that_tell_no_tokens(native):
    agent = case("a", "c", usage(30, 12) | {"gen_ai.operation.name": "invoke_agent"})
    (row,) = native.rows(request(agent, span("b", CHAT, parent="a")))
    assert (row.tokens_in, row.tokens_out) == (30, 12)


def test_a_call_without_tokens_makes_the_sum_unknown_unless_it_failed(native):
    silent = span("c", CHAT, parent="a")
    told = span("b", usage(10, 5), parent="a")
    top = case("a", "c", {"gen_ai.operation.name": "invoke_agent"})
    (row,) = native.rows(request(top, told, silent))
    assert (row.tokens_in, row.tokens, row.cost_usd) == (None, None, None)
    (row,) = native.rows(request(top, told, silent | {"status": {"code": 2}}))
    assert (row.tokens_in, row.tokens, row.status) == (10, 15, "succeeded")


def test_calls_of_a_grader_are_the_judges(native):
    content = request(
        case("a", "c", {"gen_ai.operation.name": "invoke_agent"}),
        span("b", usage(10, 5), parent="a"),
        span("e", {"openinference.span.kind": "EVALUATOR"}, parent="a"),
        span("j", usage(100, 50, **{"operation.cost": 0.5}), parent="e"),
    )
    (row,) = native.rows(content)
    assert (row.tokens, row.origin.judge_tokens, row.origin.judge_cost_usd) == (15, 150, 0.5)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (usage(8, 3), (8, 3, None, None)),
        (
            {"gen_ai.usage.prompt_tokens": 8, "gen_ai.usage.completion_tokens": 3},
            (8, 3, None, None),
        ),
        (
            {
                "openinference.span.kind": "LLM",
                "llm.token_count.prompt": 8,
                "llm.token_count.completion": 3,
                "llm.token_count.prompt_details.cache_read": 5,
                "llm.cost.total": 0.5,
            },
            (8, 3, 5, 0.5),
        ),
        (usage(8, 3, **{"gen_ai.usage.cache_read.input_tokens": 5}), (8, 3, 5, None)),
        (usage(8, 3, **{"gen_ai.usage.cache_read.input_tokens": 50}), (58, 3, 50, None)),
        (usage(8, 3, **{"operation.cost": 0.0}), (8, 3, None, None)),
    ],
)
def test_names_of_several_generations_are_understood(said, expected):
    call = call_of(said)
    assert (call.tokens_in, call.tokens_out, call.tokens_cached, call.cost_usd) == expected


def test_an_embedding_has_no_tokens_out_and_does_not_name_the_model(native):
    embed = {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.request.model": "embedder",
        "gen_ai.usage.input_tokens": 4,
    }
    top = case("a", "c", {"gen_ai.operation.name": "invoke_agent"})
    answer = span("b", usage(10, 5, **{"gen_ai.request.model": "small"}), parent="a")
    (row,) = native.rows(request(top, span("e", embed, parent="a"), answer))
    assert (row.tokens_in, row.tokens_out, row.variant.model) == (14, 5, "small")


def test_a_trace_may_be_spread_over_lines_in_any_order(native):
    content = lines(
        request(span("c", usage(1, 1), parent="b")),
        request(span("x", usage(5, 5), trace="t2", parent="y")),
        request(case("a", "first")),
        request(span("b", parent="a"), case("y", "second", trace="t2", start_ms=1)),
    )
    first, second = native.rows(content)
    assert (first.case_id, first.tokens) == ("first", 2)
    assert (second.case_id, second.tokens) == ("second", 10)


def test_a_case_on_every_span_by_baggage_is_one_task(native):
    content = request(
        case("a", "c", {"gen_ai.operation.name": "invoke_agent"}),
        case("b", "c", usage(1, 1), parent="a"),
        case("d", "c", usage(2, 2), parent="a"),
    )
    (row,) = native.rows(content)
    assert row.tokens == 6


def test_spans_of_a_case_below_one_that_is_missing_are_one_task(native):
    below = [
        case("b", "c", usage(1, 1), parent="gone"),
        case("d", "c", usage(2, 2), parent="gone", start_ms=100, end_ms=150),
    ]
    (row,) = native.rows(request(*below))
    assert (row.tokens, row.latency_ms) == (6, 150)
    assert "1 tasks are made of spans below one" in native.header(request(*below)).warnings[0]
    remote = [one | {"flags": 0x300} for one in below]
    assert [row.repeat for row in native.rows(request(*remote))] == [0, 1]


def test_without_cases_each_trace_with_a_call_is_a_task_told_by_what_was_asked(native):
    def asked(question):
        system = {"role": "system", "parts": [{"type": "text", "content": "Be short."}]}
        user = {"role": "user", "parts": [{"type": "text", "content": question}]}
        return {"gen_ai.input.messages": json.dumps([system, user])}

    content = request(
        span("a", trace="t1"),
        span("b", usage(1, 1) | asked("Capital of France?"), parent="a", trace="t1"),
        span("c", usage(1, 1) | asked("Capital of France?"), trace="t2", start_ms=5),
        span("d", usage(1, 1) | asked("2 + 2?"), trace="t3", start_ms=9),
        span("e", {"http.request.method": "GET"}, trace="t4"),
    )
    first, again, other = native.rows(content)
    assert first.case_id == again.case_id != other.case_id
    assert (first.case_source, first.repeat, again.repeat) == ("content", 0, 1)
    assert first.variant.prompt == "Be short."
    assert "system" not in first.inputs
    assert native.header(content).warnings[0].startswith("no span names a case")


def test_without_content_a_task_is_its_own_case(native):
    (row,) = native.rows(request(span("a", usage(1, 1))))
    assert (row.case_source, row.case_id) == ("task", "t1/a")


def test_traces_without_a_case_are_left_out_and_counted_where_others_have_one(native):
    content = request(case("a", "c"), span("j", usage(9, 9), trace="t2"))
    (row,) = native.rows(content)
    assert row.case_id == "c"
    assert "1 traces with calls to models name no case" in native.header(content).warnings[0]


@pytest.mark.parametrize(
    ("error_type", "status"),
    [
        ("TimeoutError", "timeout"),
        ("504", "timeout"),
        ("httpx.ReadTimeout", "timeout"),
        ("asyncio.CancelledError", "cancelled"),
        ("AssertionError", "failed"),
        ("RateLimitError", "error"),
        ("500", "error"),
    ],
)
def test_the_type_of_an_error_tells_the_state(native, error_type, status):
    top = case("a", "c", {"error.type": error_type}, status={"code": 2, "message": "it broke"})
    (row,) = native.rows(request(top))
    assert (row.status, row.error_message) == (status, "it broke")


def test_a_timeout_bounds_the_latency(native):
    top = case("a", "c", {"error.type": "TimeoutError"})
    (row,) = native.rows(request(top))
    assert (row.latency_ms, row.origin.censored_ms) == (None, 100)


def test_an_exception_is_read_where_the_status_names_no_type(native):
    thrown = {"exception.type": "TimeoutError", "exception.message": "late"}
    top = case("a", "c", events=[("exception", thrown)], status={"code": "STATUS_CODE_ERROR"})
    (row,) = native.rows(request(top))
    assert (row.status, row.error_message) == ("timeout", "late")


def test_an_error_below_a_task_that_ended_well_is_no_error(native):
    broken = span("b", CHAT | {"error.type": "RateLimitError"}, parent="a", status={"code": 2})
    (row,) = native.rows(request(case("a", "c"), broken, span("d", usage(1, 1), parent="a")))
    assert row.status == "succeeded"


@pytest.mark.parametrize("end", ["0", "", None])
def test_a_span_without_an_end_is_cancelled(native, end):
    (row,) = native.rows(request(case("a", "c", endTimeUnixNano=end)))
    assert (row.status, row.latency_ms, row.finished_at) == ("cancelled", None, None)


def test_evaluations_decide_and_their_words_are_the_reason(native):
    events = [
        evaluation("right", score=0.0, label="fail", why="not Paris"),
        evaluation("tone", score=0.75, label="friendly"),
    ]
    (row,) = native.rows(request(case("a", "c", events=events)))
    assert (row.status, row.error_message, row.score) == ("failed", "right: not Paris", 0.75)
    assert [(one.name, one.value, one.passed) for one in row.origin.scores] == [
        ("right", 0, False),
        ("tone", 0.75, None),
    ]
    (row,) = native.rows(request(case("a", "c", events=events)), score="tone", pass_score=0.5)
    assert (row.status, row.score) == ("succeeded", 0.75)


def test_the_word_on_the_task_counts_before_the_word_below(native):
    content = request(
        case("a", "c", events=[evaluation("right", label="pass")]),
        span("b", parent="a", events=[evaluation("right", label="fail")]),
    )
    (row,) = native.rows(content)
    assert (row.status, len(row.origin.scores)) == ("succeeded", 1)


def test_evaluations_in_log_records_are_joined(native):
    _, told = evaluation("right", score=0.0, label="fail")
    answer = {"gen_ai.response.id": "resp"}
    by_span = lines(request(case("a", "c")), log(EVALUATION, told, on="a"))
    by_trace = lines(log(EVALUATION, told), request(case("a", "c")))
    by_answer = lines(request(case("a", "c", answer)), log(EVALUATION, told | answer, trace=""))
    by_attribute = lines(
        request(case("a", "c")), log("", told | {"event.name": EVALUATION}, on="a")
    )
    for content in (by_span, by_trace, by_answer, by_attribute):
        (row,) = native.rows(content)
        assert row.status == "failed"
    lost = lines(request(case("a", "c")), log(EVALUATION, told, trace="elsewhere"))
    assert "1 evaluations belong to no span" in native.header(lost).warnings[0]


def test_an_evaluator_that_failed_gives_no_score():
    score = score_of(Event(EVALUATION, {"gen_ai.evaluation.name": "x", "error.type": "Boom"}))
    assert (score.value, score.passed, score.reason) == (None, None, "Boom")


def test_the_verdict_of_a_test_framework_decides(native):
    said = {
        "test.case.name": "capital",
        "test.suite.name": "faq",
        "test.case.result.status": "fail",
    }
    (row,) = native.rows(request(span("a", CHAT | said)))
    assert (row.case_id, row.dataset, row.status) == ("capital", "faq", "failed")


def test_one_run_for_each_run_id_with_its_resource(native):
    def of(run, trace):
        git = {"vcs.ref.head.revision": "abc", "vcs.ref.head.name": "main"}
        told = {"optimizer.run_id": run, "optimizer.variant_id": f"v-{run}"} | git
        return request(case("a", "c", trace=trace), resource=told)

    runs = native.reading(lines(of("r1", "t1"), of("r2", "t2"))).runs
    assert [run.header.run_id for run in runs] == ["r1", "r2"]
    assert [run.header.place for run in runs] == [1, 2]
    assert {(run.header.git_sha, run.header.branch) for run in runs} == {("abc", "main")}
    assert [row.variant.label for run in runs for row in run.tasks] == ["v-r1", "v-r2"]


def test_a_named_variant_keeps_what_its_tasks_have_in_common(native):
    def task(span_id, model, trace):
        said = {"optimizer.variant_id": "v", "gen_ai.request.model": model}
        settings_ = {"gen_ai.request.temperature": 0.5, "gen_ai.request.seed": 1}
        return case(span_id, span_id, said | settings_, trace=trace)

    rows = native.rows(request(task("a", "one", "t1"), task("b", "two", "t2")))
    assert len({row.variant.variant_id for row in rows}) == 1
    assert rows[0].variant.model is None
    assert rows[0].variant.parameters == '{"temperature":0.5}'


def test_unnamed_variants_differ_by_model_and_make_runs_of_their_own(native):
    models = [{"gen_ai.request.model": name} for name in ("one", "two")]
    content = request(case("a", "c", models[0]), case("b", "c", models[1], trace="t2"))
    runs = native.reading(content).runs
    assert [next(iter(run.tasks)).variant.label for run in runs] == ["one", "two"]


def test_messages_are_found_where_older_generations_put_them(native):
    flat = {
        "gen_ai.prompt.0.role": "system",
        "gen_ai.prompt.0.content": "Be short.",
        "gen_ai.prompt.1.role": "user",
        "gen_ai.prompt.1.content": "Hi",
        "gen_ai.completion.0.content": "Ho",
    }
    (row,) = native.rows(request(case("a", "c", flat)))
    assert json.loads(row.inputs) == {"input": [{"role": "user", "content": "Hi"}]}
    assert json.loads(row.outputs) == {"output": [{"content": "Ho"}]}
    assert row.variant.prompt == "Be short."
    events = [
        ("gen_ai.user.message", {"content": "Hi"}),
        ("gen_ai.choice", {"index": 0, "message": "Ho"}),
    ]
    (row,) = native.rows(request(case("a", "c", events=events)))
    assert json.loads(row.inputs) == {"input": [{"role": "user", "content": "Hi"}]}
    structured = {"gen_ai.input.messages": [{"role": "user", "parts": [{"content": "Hi"}]}]}
    (row,) = native.rows(request(case("a", "c", structured)))
    assert json.loads(row.inputs)["input"][0]["role"] == "user"


def test_snake_case_lists_and_old_libraries_are_read(native):
    plain = request(case("a", "c", usage(1, 2)))
    snake = (
        json.dumps(plain)
        .replace("resourceSpans", "resource_spans")
        .replace("scopeSpans", "scope_spans")
        .replace("traceId", "trace_id")
        .replace("spanId", "span_id")
        .replace("startTimeUnixNano", "start_time_unix_nano")
        .replace("endTimeUnixNano", "end_time_unix_nano")
        .replace("stringValue", "string_value")
        .replace("intValue", "int_value")
    )
    old = request(case("a", "c", usage(1, 2)), key="instrumentationLibrarySpans")
    for content in (snake.encode(), [plain], old):
        (row,) = native.rows(content)
        assert (row.case_id, row.tokens, row.latency_ms) == ("c", 3, 100)


def test_a_case_of_pydantic_evals_is_read_from_its_span(native):
    said = {
        "task_name": "answer",
        "case_name": "capital [2/3]",
        "logfire.experiment.source_case_name": "capital",
        "inputs": "Capital of France?",
        "output": "Paris",
        "task_duration": 0.05,
        "assertions": json.dumps({"Equals": {"name": "Equals", "value": False, "reason": "no"}}),
        "scores": json.dumps({"tone": {"value": 0.5}}),
    }
    (row,) = native.rows(request(span("a", said)))
    assert (row.case_id, row.status, row.latency_ms) == ("capital", "failed", 50)
    assert [score.name for score in row.origin.scores] == ["Equals", "tone"]


def test_a_cut_off_line_is_skipped_with_its_place(native):
    content = lines(request(case("a", "c")), request(case("b", "d", trace="t2")))[:-20]
    reading = native.reading(content)
    (run,) = reading.runs
    assert [row.case_id for row in run.tasks] == ["c"]
    assert reading.skipped[0].place.startswith("line 2")
    assert any("1 row was skipped" in warning for warning in run.header.warnings)


def test_a_damaged_span_is_skipped_and_the_others_are_read(native):
    broken = span("b", trace="t2") | {"spanId": 7}
    reading = native.reading(request(case("a", "c"), broken))
    (run,) = reading.runs
    assert run.header.n_tasks == 1
    assert str(reading.skipped[0]) == "span 2.spanId: found a whole number, expected a text"


def test_a_truncated_document_is_refused(native):
    with pytest.raises(native.error):
        native.reading(json.dumps(request(case("a", "c"))).encode()[:-9])


@pytest.mark.parametrize(
    "content", [request(), request(span("a")), {"resourceSpans": []}, log("x", {})]
)
def test_a_file_without_calls_is_refused(native, content):
    assert any("without a call to a model" in fault for fault in native.faults(content))


def test_spans_above_themselves_and_twice_in_the_file_are_counted(native):
    loop = [span("x", parent="y"), span("y", parent="x")]
    content = request(case("a", "c"), case("a", "c"), *loop)
    (row,) = native.rows(content)
    text = " ".join(native.header(content).warnings)
    assert row.case_id == "c"
    assert "1 spans stand in the file more than once" in text
    assert "2 spans stand above themselves" in text


def test_absurd_times_and_numbers_are_unknown(native):
    said = usage(-1, 3, **{"operation.cost": float("nan")})
    top = case("a", "c", said, startTimeUnixNano="17", endTimeUnixNano="x")
    content = json.dumps(request(top)).encode()
    (row,) = native.rows(content)
    assert (row.tokens_in, row.cost_usd, row.latency_ms) == (None, None, None)
    assert any("own time" in warning for warning in native.header(content).warnings)


def test_attributes_of_other_types_than_expected_are_passed_over(native):
    names = (
        "gen_ai.operation.name",
        "openinference.span.kind",
        "gen_ai.request.model",
        "gen_ai.usage.input_tokens",
        "optimizer.repeat",
        "optimizer.variant_id",
        "error.type",
        "gen_ai.response.id",
    )
    odd = {name: [["x"]] for name in names}
    content = request(case("a", "c", odd), resource={"service.version": [1], "x": {"y": [2]}})
    (row,) = native.rows(content)
    assert (row.status, row.tokens, row.repeat) == ("succeeded", None, 0)


def test_every_text_comes_through_whole(native):
    odd = "a|b\n<b>\x1b[31m" + "x" * 1_000_000
    said = {"gen_ai.input.messages": odd, "optimizer.variant_id": odd}
    (row,) = native.rows(request(case("a", odd, said)))
    assert json.loads(row.inputs) == {"input": odd}
    assert row.case_id.startswith("a|b\n<b>")
    assert len(row.case_id) < 300


def test_all_tasks_may_be_errors(native):
    broken = [case(str(n), str(n), trace=str(n), status={"code": 2}) for n in range(3)]
    assert {row.status for row in native.rows(request(*broken))} == {"error"}


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(shape=st.lists(st.integers(0, 30), min_size=1, max_size=12), data=st.randoms())
def test_order_of_spans_and_depth_of_the_tree_change_nothing(native, shape, data):
    spans = [case("0", "c", {"gen_ai.operation.name": "invoke_agent"})]
    spans += [span(str(n), parent=str(up % n)) for n, up in enumerate(shape, 1)]
    spans.append(span("leaf", usage(3, 4), parent=str(len(shape))))
    data.shuffle(spans)
    (row,) = native.rows(request(*spans))
    assert (row.tokens, row.case_id) == (7, "c")


def test_a_number_of_thousands_of_digits_is_unknown(native):
    broken = case("a", "c1") | {"startTimeUnixNano": "9" * 5000}
    (row,) = native.rows(lines(request(broken)))
    assert row.latency_ms is None


def generation(span_id, said=(), **changes):
    told = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": "small",
        "langfuse.observation.input": json.dumps(ASKED),
        "langfuse.observation.usage_details": json.dumps(
            {"input": 7, "output": 2, "input_cache_read": 3, "total": 12}
        ),
        "langfuse.observation.cost_details": json.dumps({"total": 0.5}),
    }
    return span(span_id, told | dict(said), **changes)


ASKED = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]


def test_a_generation_of_langfuse_is_a_call(native):
    (row,) = native.rows(lines(request(generation("a"))))
    assert (row.tokens_in, row.tokens_out, row.cost_usd) == (10, 2, 0.5)
    assert row.origin.tokens_cached == 3
    assert (row.variant.model, row.variant.prompt) == ("small", "Be brief.")


def test_a_level_of_langfuse_is_an_error(native):
    level = {
        "langfuse.observation.level": "ERROR",
        "langfuse.observation.status_message": "no quota",
    }
    (row,) = native.rows(lines(request(generation("a", level))))
    assert (row.status, row.error_message) == ("error", "no quota")


def test_examples_of_langsmith_are_cases_of_their_experiment(native):
    told = {
        "langsmith.span.kind": "llm",
        "langsmith.reference_example_id": "e7",
        "langsmith.trace.session_name": "short-prompt",
        "langsmith.usage_metadata": json.dumps({"input_tokens": 4, "output_tokens": 1}),
    }
    content = lines(request(span("a", told)))
    (row,) = native.rows(content)
    assert (row.case_id, row.tokens) == ("e7", 5)
    assert native.header(content).run_id == "short-prompt"


def test_the_steps_of_the_ai_sdk_are_calls_and_what_stands_around_them_is_not(native):
    spent = {"ai.usage.promptTokens": 12, "ai.usage.completionTokens": 3}
    prompt = json.dumps({"system": "Be brief.", "prompt": "Why?"})
    outer = {"ai.operationId": "ai.generateText", "ai.prompt": prompt, "ai.response.text": "So."}
    inner = {"ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "small"}
    (row,) = native.rows(
        lines(request(span("a", outer | spent), span("b", inner | spent, parent="a")))
    )
    assert (row.tokens_in, row.tokens_out, row.variant.model) == (12, 3, "small")
    assert json.loads(row.inputs) == {"input": {"prompt": "Why?"}}
    assert json.loads(row.outputs) == {"output": "So."}


def test_a_step_of_the_ai_sdk_that_failed_is_an_error(native):
    said = {"ai.operationId": "ai.generateText.doGenerate", "ai.prompt.messages": '[{"a": 1}]'}
    (row,) = native.rows(lines(request(span("a", said, status={"code": 2, "message": "503"}))))
    assert (row.status, row.error_message) == ("error", "503")


def whole_request(model, *, temperature=0.5, said=()):
    told = {
        "openinference.span.kind": "LLM",
        "llm.invocation_parameters": json.dumps({"model": model, "temperature": temperature}),
        "input.value": json.dumps({"model": model, "messages": ASKED}),
    }
    return span("a", told | dict(said))


def test_a_request_kept_whole_is_the_same_case_for_every_model(native):
    (one,) = native.rows(lines(request(whole_request("m1"))))
    (other,) = native.rows(lines(request(whole_request("m2", temperature=0.9))))
    assert one.case_id == other.case_id
    assert json.loads(one.inputs) == {"input": ASKED[1:]}
    assert (one.variant.prompt, one.variant.model) == ("Be brief.", "m1")
    assert one.variant.parameters == '{"temperature":0.5}'


def test_a_failed_call_belongs_to_the_variant_of_the_model_it_asked(native):
    failed = whole_request("m1") | {"traceId": "t2", "status": {"code": 2}}
    answered = whole_request("m1", said={"llm.model_name": "m1"})
    assert len(native.reading(lines(request(answered, failed))).runs) == 1


def test_a_service_without_a_name_names_no_workflow(native):
    resource = {"service.name": "unknown_service:python"}
    header = native.header(lines(request(span("a", usage(1, 1)), resource=resource)))
    assert header.workflow_id == "traces"


@pytest.mark.parametrize("name", ["trace", "result"])
def test_a_wrapped_trace_is_read(native, name):
    content = json.dumps({name: request(case("a", "c1"))}).encode()
    assert native.rows(content)[0].case_id == "c1"


def test_the_batches_of_a_trace_are_read(native):
    batches = request(case("a", "c1"))["resourceSpans"]
    assert native.rows(json.dumps({"batches": batches}).encode())[0].case_id == "c1"
