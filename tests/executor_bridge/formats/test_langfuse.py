from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor_bridge.formats.langfuse.calls import tokens_of
from executor_bridge.formats.langfuse.rows import Row


def at(ms):
    return f"2026-03-01T12:00:{ms / 1000:06.3f}Z"


def item(case="capital", trace="t1", start_ms=0, end_ms=800, **changes):
    made = {
        "id": f"o-{trace}",
        "traceId": trace,
        "startTime": at(start_ms),
        "endTime": at(end_ms),
        "level": "DEFAULT",
        "environment": "sdk-experiment",
        "experimentId": "e1",
        "experimentName": "short prompt",
        "experimentItemId": case,
        "experimentDatasetId": "faq",
        "input": f"What is {case}?",
        "output": "Paris",
        "expectedOutput": "Paris",
        "experimentMetadata": {"model": "small"},
        "scores": [],
    }
    return made | changes


def observation(span="o1", trace="t1", start_ms=0, end_ms=800, **changes):
    made = {
        "id": span,
        "traceId": trace,
        "type": "GENERATION",
        "name": "answer",
        "startTime": at(start_ms),
        "endTime": at(end_ms),
        "parentObservationId": None,
        "level": "DEFAULT",
        "input": "Capital of France?",
        "output": "Paris",
        "model": "small",
        "metadata": {"case_id": "capital"},
    }
    return made | changes


def exported(**changes):
    made = {
        "id": "o1",
        "trace_id": "t1",
        "project_id": "p",
        "type": "GENERATION",
        "parent_observation_id": "",
        "start_time": "2026-03-01 12:00:00.000000",
        "end_time": "2026-03-01 12:00:00.800000",
        "name": "answer",
        "metadata": {"case_id": "capital"},
        "level": "DEFAULT",
        "status_message": "",
        "input": "Capital of France?",
        "output": '{"city": "Paris"}',
        "provided_model_name": "small",
        "model_parameters": '{"temperature":0.5,"seed":7}',
        "usage_details": {"input": 12, "output": 3, "total": 15},
        "prompt_name": "short",
        "prompt_version": 2,
        "total_cost": 0.25,
        "latency": 800.0,
    }
    return made | changes


def score(name="right", value=True, kind="BOOLEAN", *, trace="t1", source="EVAL", **changes):
    made = {
        "id": "s",
        "traceId": trace,
        "name": name,
        "dataType": kind,
        "value": value,
        "source": source,
        "timestamp": at(900),
    }
    return made | changes


def page(*rows, **meta):
    return {"data": list(rows), "meta": meta}


def lines(*rows):
    return "\n".join(json.dumps(row) for row in rows).encode()


def table(*rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    for row in rows:
        cells = {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in row.items()}
        writer.writerow(cells)
    return text.getvalue().encode()


def test_an_experiment_item_is_a_task(native):
    content = page(item(scores=[score("right", value=True, comment="as expected")]))
    header, (row,) = native.header(content), native.rows(content)
    assert (header.tool, header.run_id, header.workflow_id) == ("langfuse", "short prompt", "faq")
    assert header.warnings == ()
    assert (row.case_id, row.case_source, row.dataset) == ("capital", "given", "faq")
    assert (row.status, row.score, row.latency_ms) == ("succeeded", 1, 800)
    assert (row.variant.label, row.variant.model) == ("short prompt", "small")
    assert json.loads(row.inputs) == {"input": "What is capital?", "expected_output": "Paris"}
    assert json.loads(row.outputs) == {"output": "Paris"}
    assert row.origin.scores == (("right", 1, True, "as expected"),)
    assert row.origin.request_id == "t1"


def test_lists_pages_and_lines_tell_the_same(native):
    rows = [item("a", "t1"), item("b", "t2")]
    expected = [row.case_id for row in native.rows(rows)]
    assert expected == ["a", "b"]
    for content in (page(*rows), lines(*rows), lines(page(rows[0]), page(rows[1]))):
        assert [row.case_id for row in native.rows(content)] == expected


def test_exports_in_json_lines_and_csv_tell_the_same(native):
    rows = [exported(), exported(id="o2", trace_id="t2", end_time="")]
    (first, second) = told = native.rows(rows)
    assert native.rows(lines(*rows)) == told
    assert [row[:-1] for row in native.rows(table(*rows))] == [row[:-1] for row in told]
    assert (first.tokens_in, first.tokens_out, first.cost_usd) == (12, 3, 0.25)
    assert (first.variant.label, first.variant.model) == ("short@2", "small")
    assert first.variant.parameters == '{"temperature":0.5}'
    assert first.created_at.isoformat() == "2026-03-01T12:00:00+00:00"
    assert json.loads(second.outputs) == {"output": '{"city": "Paris"}'}


def test_latency_goes_by_the_times_because_older_exports_tell_milliseconds(native):
    (row,) = native.rows([exported(latency=800.0)])
    assert row.latency_ms == 800
    (row,) = native.rows([exported(end_time=None, latency=0.8)])
    assert row.latency_ms == 800


def test_runs_are_experiments_and_repeats_go_by_time(native):
    rows = [
        item("a", "t2", start_ms=2000, end_ms=2100),
        item("a", "t1", start_ms=1000, end_ms=1100),
        item("a", "t3", experimentName="long prompt", experimentId="e2"),
    ]
    runs = {run.header.run_id: list(run.tasks) for run in native.reading(rows).runs}
    assert sorted(runs) == ["long prompt", "short prompt"]
    told = [(row.origin.request_id, row.repeat) for row in runs["short prompt"]]
    assert told == [("t1", 0), ("t2", 1)]


def test_experiments_of_one_name_are_told_apart(native):
    rows = [item("a", "t1"), item("a", "t2", experimentId="e2")]
    names = [run.header.run_id for run in native.reading(rows).runs]
    assert names == ["short prompt", "short prompt-e2"]


def test_the_time_in_the_name_of_an_experiment_makes_no_variant(native):
    rows = [
        item("a", "t1", experimentName="short - 2026-03-01T12:00:00.123456Z"),
        item("a", "t2", experimentName="short - 2026-03-02T12:00:00.123456Z"),
    ]
    runs = native.reading(rows).runs
    assert len(runs) == 2
    variants = {row.variant.variant_id for run in runs for row in run.tasks}
    assert len(variants) == 1


def test_a_trace_is_one_task_whose_lowest_observations_count(native):
    rows = [
        observation("top", type="AGENT", usageDetails={"input": 30, "output": 12}, totalCost=0.75),
        observation("a", parentObservationId="top", usageDetails={"input": 10, "output": 5}),
        observation(
            "b", parentObservationId="top", usageDetails={"input": 20, "output": 7}, totalCost=0.5
        ),
        observation("e", type="EVALUATOR", parentObservationId="top"),
        observation("j", parentObservationId="e", usageDetails={"input": 100, "output": 9}),
    ]
    (row,) = native.rows(rows)
    assert (row.tokens_in, row.tokens_out, row.cost_usd) == (30, 12, None)
    assert (row.case_id, row.latency_ms, row.origin.judge_tokens) == ("capital", 800, 109)


def test_several_roots_are_one_task_unless_each_names_a_case(native):
    unnamed = [
        observation("a", metadata=None, end_ms=300),
        observation("b", metadata=None, start_ms=400, end_ms=1000),
    ]
    (row,) = native.rows(unnamed)
    assert (row.latency_ms, row.case_source) == (1000, "content")
    named = [
        observation(name, metadata={"attributes": {"optimizer.case_id": name}}) for name in "ab"
    ]
    assert [row.case_id for row in native.rows(named)] == ["a", "b"]


def test_a_downloaded_trace_is_read_with_its_observations(native):
    trace = {"id": "t1", "timestamp": at(0), "name": "faq", "input": "Hi", "output": "Ho"}
    rows = [observation(metadata=None)]
    legacy = {"trace": trace, "observations": rows}
    full = trace | {"observations": rows, "scores": [score(value=0, kind="BOOLEAN")]}
    (row,) = native.rows(legacy)
    assert json.loads(row.inputs) == {"input": "Hi"}
    assert native.header(legacy).workflow_id == "faq"
    (row,) = native.rows(full)
    assert (row.status, json.loads(row.outputs)) == ("failed", {"output": "Ho"})


def test_a_listed_trace_has_latency_in_seconds(native):
    trace = {"id": "t1", "timestamp": at(0), "htmlPath": "/x", "latency": 0.8, "input": "Hi"}
    (row,) = native.rows(page(trace | {"observations": ["o1"], "scores": ["s1"]}))
    assert (row.latency_ms, row.case_source) == (800, "content")


def test_dataset_run_items_name_case_and_run(native):
    link = {"id": "l", "datasetRunId": "r", "datasetRunName": "nightly"}
    link |= {"datasetItemId": "capital", "traceId": "t1", "createdAt": at(0)}
    content = {"datasetName": "faq", "datasetRunItems": [link], "observations": []}
    content["observations"] = [observation(metadata=None)]
    (row,) = native.rows(content)
    assert (native.header(content).run_id, row.case_id) == ("nightly", "capital")


def test_scores_of_the_same_file_are_joined_by_trace_and_observation(native):
    rows = [
        observation("top", type="SPAN"),
        observation("leaf", parentObservationId="top"),
        score("right", value=False),
        score("right", value=True, observationId="leaf"),
        score("tone", value=0.5, kind="NUMERIC", observationId="top"),
    ]
    (row,) = native.rows(lines(*rows))
    told = {one.name: (one.value, one.passed) for one in row.origin.scores}
    assert told == {"right": (0, False), "tone": (0.5, None)}
    assert (row.status, row.score) == ("failed", 0.5)


def test_a_person_overrules_an_evaluator_whatever_the_order(native):
    person = score("right", value=True, source="ANNOTATION", timestamp=at(100))
    machine = score("right", value=False, timestamp=at(900))
    for scores in ([person, machine], [machine, person]):
        (row,) = native.rows([item(scores=scores)])
        assert row.status == "succeeded"


def test_of_two_words_the_later_counts(native):
    early, late = score(value=False, timestamp=at(100)), score(value=True, timestamp=at(900))
    (row,) = native.rows([item(scores=[late, early])])
    assert row.status == "succeeded"


@pytest.mark.parametrize(
    ("given_score", "expected"),
    [
        (score(value=1, stringValue="True"), (1, True)),
        (score(value=0), (0, False)),
        (score(value="True"), (1, True)),
        (score(value=0.25, kind="NUMERIC"), (0.25, None)),
        (score(value=3, stringValue="neutral", kind="CATEGORICAL"), (None, None)),
        (score(value="pass", kind="CATEGORICAL"), (None, True)),
        (score(value="Paris is right", kind="TEXT"), (None, None)),
        (score(value=None, kind="NUMERIC"), (None, None)),
    ],
)
def test_each_type_of_score_is_understood(native, given_score, expected):
    (row,) = native.rows([item(scores=[given_score])])
    (told,) = row.origin.scores
    assert (told.value, told.passed) == expected


def test_one_scorer_can_be_asked_for(native):
    scores = [score("right", value=False), score("tone", value=0.5, kind="NUMERIC")]
    (row,) = native.rows([item(scores=scores)], score="tone", pass_score=0.4)
    assert (row.status, row.score) == ("succeeded", 0.5)
    (row,) = native.rows([item(scores=scores)], score="right")
    assert (row.status, row.score) == ("failed", 0)


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("RateLimitError: 429", "error"),
        ("TimeoutError: late", "timeout"),
        ("Request timed out.", "timeout"),
        ("AssertionError: no", "failed"),
        (None, "error"),
    ],
)
def test_the_level_of_an_error_tells_the_state(native, message, status):
    (row,) = native.rows([item(level="ERROR", statusMessage=message, scores=[score()])])
    assert (row.status, row.error_message) == (status, message)


def test_a_warning_is_no_error_and_an_open_end_without_output_is_cancelled(native):
    warned = item("a", "t1", level="WARNING", statusMessage="slow")
    cut_off = item("b", "t2", endTime=None, output=None)
    silent = item("c", "t3", endTime=None)
    states = {row.case_id: row.status for row in native.rows([warned, cut_off, silent])}
    assert states == {"a": "succeeded", "b": "cancelled", "c": "succeeded"}


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input": 10, "output": 5, "total": 15, "input_cached_tokens": 4}, (10, 5, 15, 4)),
        ({"input": 10, "output": 5, "total": 19, "input_cached_tokens": 4}, (14, 5, 19, 4)),
        ({"input": 10, "output": 5, "cache_read_input_tokens": 4}, (10, 5, None, 4)),
        (
            {"input": 10, "output": 5, "total": 22, "cache_creation_input_tokens": 7},
            (17, 5, 22, None),
        ),
        ({"input": 10, "output": 5, "total": 18, "output_reasoning_tokens": 3}, (10, 8, 18, None)),
        ({"input": 10, "output": 5, "total": 15, "unit": "TOKENS"}, (10, 5, 15, None)),
        ({"input": 10, "output": 5, "total": 15, "unit": "CHARACTERS"}, (None,) * 4),
        ({"input": 0, "output": 0, "total": 0}, (None,) * 4),
        ({}, (None,) * 4),
    ],
)
def test_the_total_tells_whether_other_tokens_come_on_top(usage, expected):
    assert tokens_of(Row(usage_details=usage)) == expected


@given(
    st.dictionaries(
        st.sampled_from(["input", "output", "input_cached_tokens", "output_reasoning_tokens"]),
        st.integers(0, 1000),
    )
)
def test_tokens_add_up_to_a_total_that_is_the_sum_of_all(usage):
    total = sum(usage.values())
    tokens_in, tokens_out, told, _ = tokens_of(Row(usage_details=usage | {"total": total}))
    assert (told or 0) == total
    if tokens_in is not None and tokens_out is not None:
        assert tokens_in + tokens_out == total


def test_a_cost_of_zero_is_unknown(native):
    (row,) = native.rows([observation(totalCost=0, usageDetails={"input": 1, "output": 1})])
    assert row.cost_usd is None


def test_scores_alone_are_refused_with_a_hint(native):
    refused = native.refused(lines(score(), score()))
    assert "found 2 scores only" in str(refused.faults[0])
    assert "optimizer ingest feedback" in refused.hint


def test_run_items_alone_are_refused_with_a_hint(native):
    link = {"id": "l", "datasetRunId": "r", "datasetItemId": "c", "traceId": "t1"}
    assert "observations" in native.refused([link]).hint


def test_a_page_of_many_is_partial(native):
    of_many = page(observation(), page=1, limit=1, totalItems=7, totalPages=7)
    assert native.header(of_many).warnings[0].startswith("partial: the file holds 1 of the 7 rows")
    assert native.header(page(item(), cursor="x")).warnings[0].startswith("partial: the last page")


def test_observations_below_one_that_is_missing_are_counted(native):
    warnings = native.header([observation(parentObservationId="gone")]).warnings
    assert warnings[0].startswith("1 observations stand below one that is not in the file")


def test_an_unjudged_run_says_so(native):
    assert any("not recorded" in warning for warning in native.header([observation()]).warnings)


def test_a_cut_off_line_and_a_damaged_row_are_skipped(native):
    content = lines(item("a", "t1"), item("b", "t2", startTime="yesterday"), item("c", "t3"))[:-30]
    reading = native.reading(content)
    (run,) = reading.runs
    assert [row.case_id for row in run.tasks] == ["a"]
    assert [fault.place.split(",")[0] for fault in reading.skipped] == [
        "line 2.startTime",
        "line 3: line 1",
    ]


def test_a_truncated_document_is_refused(native):
    with pytest.raises(native.error):
        native.reading(json.dumps([item()]).encode()[:-5])


def test_an_empty_page_is_refused(native):
    assert native.faults(b'{"data": [], "meta": {"note": "experimentItemId"}}', bridge="langfuse")


def test_every_text_and_nan_come_through(native):
    odd = "a|b\n<b>\x1b[31m" + "x" * 1_000_000
    content = json.dumps([item(odd, input=odd, metadata={"x": float("nan")})]).encode()
    (row,) = native.rows(content)
    assert json.loads(row.inputs)["input"] == odd
    assert len(row.case_id) < 300
    (row,) = native.rows(table(exported(input=odd)))
    assert json.loads(row.inputs)["input"] == odd


def test_fields_of_a_newer_version_are_ignored(native):
    (row,) = native.rows([item(somethingNew={"a": 1}, experimentMetadata=None)])
    assert row.status == "succeeded"


def test_scores_of_other_traces_are_counted(native):
    content = lines(observation(), score(), score(trace="t9"), score(trace=""))
    assert (
        "2 scores belong to no task of this file and are left out"
        in native.header(content).warnings
    )


def test_a_run_of_errors_only_is_read(native):
    rows = [item(name, name, level="ERROR", statusMessage="503") for name in ("a", "b")]
    assert [row.status for row in native.rows(rows)] == ["error", "error"]


def test_a_time_beyond_the_calendar_is_unknown(native):
    beyond = item() | {"startTime": "9999-12-31T23:59:59-14:00"}
    beyond["scores"] = [score() | {"timestamp": "0001-01-01T00:00:00+14:00"}]
    (row,) = native.rows(page(beyond))
    assert row.latency_ms is None


def downloaded(trace="t1", **changes):
    told = {
        "id": trace,
        "timestamp": "2026-03-01T12:00:00.000Z",
        "name": "answer",
        "tags": ["a"],
        "bookmarked": False,
        "public": False,
        "input": "Capital of France?",
        "output": "Paris",
        "latency": 0.8,
        "totalCost": "0.5",
        "level": "DEFAULT",
        "observationCount": 2,
        "inputTokens": "12",
        "outputTokens": "3",
        "totalTokens": "15",
        "right": ["True"],
        "quality": [0.5],
    }
    return told | changes


def test_a_downloaded_list_of_traces_has_sums_and_columns_of_scores(native):
    (row,) = native.rows(json.dumps([downloaded()]).encode())
    assert (row.status, row.tokens_in, row.tokens_out, row.cost_usd) == ("succeeded", 12, 3, 0.5)
    assert row.latency_ms == 800
    assert {one.name: one.value for one in row.origin.scores} == {"right": 1, "quality": 0.5}


def test_a_downloaded_table_of_traces_tells_the_same(native):
    (one,) = native.rows(json.dumps([downloaded()]).encode())
    (other,) = native.rows(table(downloaded()))
    assert (one.tokens, one.cost_usd, one.case_id) == (other.tokens, other.cost_usd, other.case_id)
    assert set(one.origin.scores) == set(other.origin.scores)


def test_an_error_in_a_downloaded_trace_counts_where_nothing_was_answered(native):
    overcome, not_overcome = native.rows(
        json.dumps(
            [downloaded("t1", level="ERROR"), downloaded("t2", level="ERROR", output=None)]
        ).encode()
    )
    assert (overcome.status, not_overcome.status) == ("succeeded", "error")
