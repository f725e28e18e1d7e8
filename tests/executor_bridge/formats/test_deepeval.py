from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executor_bridge import read
from executor_bridge.outcomes import NO_TIME
from optimizer.models.errors import FormatError
from optimizer.models.ingest import IngestSettings


def metric(name="Correctness", *, success=True, score=1.0, **changes):
    return {"name": name, "threshold": 0.5, "success": success, "score": score} | changes


def case(n=0, *, metrics=None, **changes):
    return {
        "name": f"test_case_{n}",
        "input": f"question {n}",
        "actualOutput": "yes",
        "expectedOutput": "yes",
        "success": True,
        "metricsData": [metric()] if metrics is None else metrics,
        "runDuration": 9.0,
        "order": n,
    } | changes


def talk(n=0, **changes):
    return {
        "name": f"conversational_test_case_{n}",
        "success": True,
        "metricsData": [metric()],
        "runDuration": 3.0,
        "turns": [
            {"role": "user", "content": f"hello {n}", "order": 0},
            {"role": "assistant", "content": "good day", "order": 1},
        ],
    } | changes


def run_of(*cases, talks=(), **changes):
    return {
        "testCases": list(cases),
        "conversationalTestCases": list(talks),
        "metricsScores": [],
        "runDuration": 12.5,
    } | changes


def only(native, told, **changes):
    (row,) = native.rows(run_of(told), **changes)
    return row


def saved(tmp_path, name, run):
    path = tmp_path / name
    path.write_text(json.dumps(run))
    return str(path)


def test_success_of_a_test_case_is_its_status(native):
    failing = metric(success=False, score=0.2, reason="it says maybe")
    rows = native.rows(run_of(case(0), case(1, success=False, metrics=[failing])))
    assert [row.status for row in rows] == ["succeeded", "failed"]
    assert rows[1].error_message == "Correctness: it says maybe"


def test_a_case_without_a_verdict_is_an_error(native):
    told = case()
    del told["success"]
    row = only(native, told)
    assert row.status == "error"
    assert row.error_message == "the test case has no verdict"


def test_a_case_whose_metrics_all_broke_is_an_error(native):
    broken = metric(success=False, score=None, error="RuntimeError: no judge")
    row = only(native, case(success=False, metrics=[broken, broken]))
    assert row.status == "error"
    assert "no judge" in row.error_message


def test_a_case_failed_by_one_broken_metric_stays_failed_and_is_told(native):
    broken = metric("Tone", success=False, score=None, error="RuntimeError: no judge")
    run = run_of(case(success=False, metrics=[metric(), broken]), case(1))
    assert [row.status for row in native.rows(run)] == ["failed", "succeeded"]
    assert native.header(run).warnings[-1] == (
        "1 of 2 test cases are failed only because a metric broke, as deepeval counts them"
    )


def test_a_flaky_metric_neither_decides_nor_counts_in_the_score(native):
    flaky = metric("Style", success=False, score=0.0, flaky=True)
    row = only(native, case(metrics=[metric(score=0.8), metric("B", score=0.6), flaky]))
    assert row.status == "succeeded"
    assert row.score == pytest.approx(0.7)
    assert row.error_message is None
    assert [(one.name, one.value, one.passed) for one in row.origin.scores] == [
        ("Correctness", 0.8, True),
        ("B", 0.6, True),
        ("Style", 0.0, False),
    ]


def test_the_score_asked_for_is_that_of_its_metric(native):
    told = case(metrics=[metric(score=0.8), metric("Tone", score=0.25)])
    assert only(native, told, score="Tone").score == 0.25
    assert only(native, told, score="Absent").score is None


def test_latency_is_what_the_task_took_without_its_judges(native):
    assert only(native, case()).latency_ms is None
    assert only(native, case(completionTime=0.25)).latency_ms == 250
    assert only(native, case(completionTime=0)).latency_ms is None


def test_cost_and_tokens_of_the_task_are_apart_from_those_of_the_judge(native):
    judged = metric(evaluationCost=0.01, inputTokenCount=10, outputTokenCount=2)
    told = case(
        metrics=[judged, judged],
        evaluationCost=0.02,
        tokenCost=0.5,
        inputTokenCount=7,
        outputTokenCount=3,
    )
    row = only(native, told)
    assert (row.cost_usd, row.tokens_in, row.tokens_out, row.tokens) == (0.5, 7, 3, 10)
    assert (row.origin.judge_cost_usd, row.origin.judge_tokens) == (0.02, 24)


def test_the_cost_of_metrics_stands_in_for_that_of_the_case(native):
    row = only(native, case(metrics=[metric(evaluationCost=0.01), metric(evaluationCost=0.03)]))
    assert row.origin.judge_cost_usd == pytest.approx(0.04)
    assert (row.cost_usd, row.tokens, row.origin.judge_tokens) == (None, None, None)


def test_the_verdict_on_expectations_is_a_score(native):
    row = only(native, case(metrics=[], expectationsData={"success": True, "score": 0.75}))
    assert [(one.name, one.value) for one in row.origin.scores] == [("expectations", 0.75)]
    assert row.score == 0.75


def test_a_name_is_the_case(native):
    row = only(native, case(name="capital of France"))
    assert (row.case_id, row.case_source) == ("capital of France", "given")


@pytest.mark.parametrize("name", ["test_case_7", "test_case_None", "test_answer[golden7]"])
def test_a_name_that_only_counts_gives_way_to_the_content(native, name):
    first = only(native, case(name=name))
    again = only(native, case(name="test_case_0", actualOutput="no"))
    assert first.case_source == "content"
    assert first.case_id == again.case_id


def test_a_name_of_several_cases_gives_way_to_the_content(native):
    rows = native.rows(run_of(case(0, name="test_all"), case(1, name="test_all")))
    assert {row.case_source for row in rows} == {"content"}
    assert len({row.case_id for row in rows}) == 2


def test_a_case_met_again_is_a_repeat(native):
    rows = native.rows(run_of(case(0, name="a"), case(1), case(0, name="a"), case(1)))
    assert [row.repeat for row in rows] == [0, 0, 1, 1]


def test_conversations_are_tasks_too(native):
    talks = [talk(0), talk(1, name="refund", scenario="wants a refund", success=False)]
    rows = native.rows(run_of(case(), talks=talks))
    assert [row.status for row in rows] == ["succeeded", "succeeded", "failed"]
    assert [row.case_source for row in rows] == ["content", "content", "given"]
    assert json.loads(rows[1].inputs) == {"turns": ["hello 0"]}
    assert json.loads(rows[1].outputs)["turns"][1]["content"] == "good day"


def test_conversations_of_older_versions_are_told_apart_by_their_inputs(native):
    talks = [talk(n, turns=None, testCases=[{"input": f"hi {n}"}]) for n in (0, 1)]
    rows = native.rows(run_of(talks=talks))
    assert len({row.case_id for row in rows}) == 2


def test_prompt_model_and_parameters_are_the_variant(native):
    run = run_of(
        case(),
        identifier="nightly",
        hyperparameters={"Model": "small", "temperature": "0.5"},
        prompts=[{"alias": "clear", "text_template": "Answer: {q}"}],
    )
    (row,) = native.rows(run)
    variant = row.variant
    assert (variant.label, variant.model, variant.prompt) == ("clear", "small", "Answer: {q}")
    assert json.loads(variant.parameters) == {"temperature": "0.5"}
    other = native.rows(run | {"prompts": [{"alias": "clear", "text_template": "Say: {q}"}]})
    assert other[0].variant.variant_id != variant.variant_id


def test_a_prompt_known_by_its_hash_is_told_by_it(native):
    runs = [run_of(case(), prompts=[{"alias": "clear", "hash": h}]) for h in ("ab", "cd", "ab")]
    ids = [native.rows(run)[0].variant.variant_id for run in runs]
    assert ids[0] == ids[2] != ids[1]


def test_messages_are_a_prompt(native):
    messages = [{"role": "system", "content": "Be brief."}]
    (row,) = native.rows(run_of(case(), prompts=[{"messages_template": messages}]))
    assert json.loads(row.variant.prompt) == messages


def test_a_prompt_among_the_hyperparameters_is_the_prompt(native):
    run = run_of(case(), hyperparameters={"prompt template": "Answer: {q}", "model": "m"})
    assert native.rows(run)[0].variant.prompt == "Answer: {q}"
    assert native.rows(run)[0].variant.parameters is None


def test_the_file_under_test_is_the_workflow(native):
    named = run_of(case(), identifier="nightly", testFile="test_answers.py")
    assert native.header(named).workflow_id == "test_answers.py"
    assert native.header(named, workflow="faq").workflow_id == "faq"
    assert native.header(run_of(case(), identifier="nightly")).workflow_id == "nightly"
    assert native.header(run_of(case())).workflow_id == "deepeval"


@pytest.mark.parametrize("name", ["test_run_20260301_130000.json", "test_run_20260301_130000"])
def test_the_time_is_that_of_the_file_name_in_the_assumed_zone(tmp_path, name):
    path = saved(tmp_path, name, run_of(case()))
    (run,) = read(path, IngestSettings(assume_timezone="Europe/Berlin")).runs
    assert run.header.started_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert run.header.assumed_timezone == "Europe/Berlin"
    assert NO_TIME not in run.header.warnings


def test_a_second_run_within_one_second_has_its_time(tmp_path):
    path = saved(tmp_path, "test_run_20260301_120000_2.json", run_of(case()))
    (run,) = read(path, IngestSettings()).runs
    assert run.header.started_at == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused_where_that_is_asked(tmp_path):
    path = saved(tmp_path, "test_run_20260301_130000.json", run_of(case()))
    with pytest.raises(FormatError, match=r"file name: .*expected a time with its zone"):
        read(path, IngestSettings(assume_timezone="refuse"))


@pytest.mark.parametrize("name", [".latest_run_full.json", "test_run_20261399_130000.json"])
def test_a_file_without_a_time_in_its_name_has_its_own(tmp_path, name):
    path = saved(tmp_path, name, run_of(case()))
    (run,) = read(path, IngestSettings()).runs
    assert NO_TIME in run.header.warnings
    assert run.header.assumed_timezone is None


def test_a_wrapped_test_run_is_read(native):
    run = {"testRunData": run_of(case()), "testRunLink": "none"}
    assert len(native.rows(run)) == 1


def test_a_case_without_metrics_is_told_to_be_unjudged(native):
    header = native.header(run_of(case(metrics=[]), case(1)))
    assert "1 of 2 test cases have no metric: succeeded means they ran" in header.warnings


def test_a_run_that_promises_more_than_it_holds_is_told(native):
    header = native.header(run_of(case(), testPassed=4, testFailed=1))
    assert "testPassed and testFailed count 5 test cases, 1 were read" in header.warnings


def test_a_case_that_cannot_be_read_is_skipped_and_told(native):
    reading = native.reading(run_of(case(0), {"name": 3}, case(2)))
    (run,) = reading.runs
    assert run.header.n_tasks == 2
    assert [str(fault) for fault in reading.skipped] == [
        "testCases[1].name: found a whole number, expected a text"
    ]
    assert any("1 row was skipped" in warning for warning in run.header.warnings)


def test_a_run_without_cases_is_refused(native):
    assert native.faults(run_of()) == ["file: found no tasks, expected at least one task"]


def test_a_truncated_file_is_refused_with_its_place(native):
    text = json.dumps(run_of(case(0), case(1)), indent=1).encode()
    (fault,) = native.refused(text[:-200]).faults
    assert "line" in str(fault)


def test_scores_that_are_no_numbers_are_unknown(native):
    text = json.dumps(run_of(case(metrics=[metric(score=float("nan")), metric(score=0.5)])))
    (row,) = native.rows(text.encode())
    assert row.score == 0.5
    assert row.origin.scores[0].value is None


def test_a_run_in_which_all_failed_to_be_judged_is_read(native):
    broken = metric(success=False, score=None, error="no judge")
    rows = native.rows(run_of(*(case(n, success=False, metrics=[broken]) for n in range(3))))
    assert {row.status for row in rows} == {"error"}
    assert {row.score for row in rows} == {None}


def test_a_newer_version_is_read_as_far_as_it_is_understood(native):
    newer = run_of(case(verdict={"by": "panel"}, metrics=[metric(confidence=0.3)]), epoch=7)
    assert native.rows(newer)[0].status == "succeeded"


def test_cases_of_version_one_are_read(native):
    told = case(additionalMetadata={"topic": "faq"}, traceStack={})
    for absent in ("expectedOutput", "order"):
        del told[absent]
    assert json.loads(only(native, told).metadata) == {"topic": "faq"}


def test_a_large_case_is_kept_whole(native):
    row = only(native, case(name="x" * 2**20, actualOutput="y" * 2**20))
    assert len(row.case_id) < 300
    assert len(json.loads(row.outputs)["output"]) == 2**20


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(min_size=1), answer=st.text())
def test_any_name_and_answer_can_be_read(native, name, answer):
    row = only(native, case(name=name, actualOutput=answer))
    assert row.status == "succeeded"
    assert json.loads(row.outputs or '{"output": ""}')["output"] == answer.encode(
        "utf-8", "replace"
    ).decode("utf-8", "replace")


@pytest.mark.parametrize(
    "told",
    [
        {"testRunLink": "https://app.example.org/test-runs/1"},
        {"test_cases_lookup_map": {'{"input": "a"}': {"cached_metrics_data": []}}},
    ],
)
def test_a_file_of_deepeval_without_a_run_is_refused_with_the_file_to_give(native, told):
    with pytest.raises(FormatError) as refused:
        native.reading(json.dumps(told).encode())
    assert "latest_run_full.json" in (refused.value.hint or "")


def test_a_metric_of_which_less_is_better_is_no_part_of_the_score_and_told(native):
    harm = metric("Harm", success=True, score=0.1)
    bad = metric("Harm", success=False, score=0.9)
    run = run_of(case(0, metrics=[metric(), harm]), case(1, success=False, metrics=[bad]))
    rows = native.rows(run)
    assert [row.score for row in rows] == [1.0, None]
    assert "lower values of Harm are better: it is left out of the score" in (
        native.header(run).warnings
    )
    assert [row.score for row in native.rows(run, score="Harm")] == [0.1, 0.9]


def test_a_metric_whose_verdicts_follow_no_direction_stays_in_the_score(native):
    odd = [metric("Odd", success=True, score=0.1), metric("Odd", success=True, score=0.9)]
    rows = native.rows(run_of(*(case(n, metrics=[one]) for n, one in enumerate(odd))))
    assert [row.score for row in rows] == [0.1, 0.9]


def test_cases_failed_by_metrics_without_a_score_are_told(native):
    unscored = metric(success=False, score=None)
    (told,) = [
        one
        for one in native.header(run_of(case(success=False, metrics=[unscored]))).warnings
        if "no metric scored" in one
    ]
    assert told.startswith("1 of 1 test cases")


def test_bytes_that_are_no_text_are_refused_however_long_the_file(native):
    run = {"padding": "x" * 20_000} | run_of(case(input="é"), hyperparameters={"é": 1})
    text = json.dumps(run, ensure_ascii=False).encode()
    with pytest.raises(FormatError, match="0xe9"):
        native.reading(text.replace("é".encode(), b"\xe9"))
    assert len(native.rows(text)) == 1


def test_a_number_that_someone_padded_is_a_name(native):
    (row,) = native.rows(run_of(case(name="test_summary[case_001]")))
    assert (row.case_id, row.case_source) == ("test_summary[case_001]", "given")
