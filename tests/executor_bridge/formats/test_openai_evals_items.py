from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

BEGAN = 1_772_366_400
PROMPT = [{"role": "developer", "content": "Answer in one word."}]


def item(n=0, *, run="evalrun_1", **changes):
    told = {
        "object": "eval.run.output_item",
        "id": f"outputitem_{run}_{n}",
        "created_at": BEGAN + 60,
        "run_id": run,
        "eval_id": "eval_1",
        "status": "pass",
        "datasource_item_id": n,
        "datasource_item": {"question": f"Capital {n}?", "ground_truth": "Paris"},
        "results": [grade()],
        "sample": sample(n),
    }
    return told | changes


def grade(**changes):
    name = "String check-a2486074-d803-4445-b431-ad2262e85d47"
    return {"name": name, "sample": None, "passed": True, "score": 1.0} | changes


def sample(n=0, **changes):
    told = {
        "input": [*PROMPT, {"role": "user", "content": f"Capital {n}?"}],
        "output": [{"role": "assistant", "content": "Paris"}],
        "finish_reason": "stop",
        "model": "gpt-x",
        "usage": {
            "prompt_tokens": 20,
            "completion_tokens": 2,
            "total_tokens": 22,
            "cached_tokens": 8,
        },
        "error": None,
        "temperature": 1.0,
        "max_completion_tokens": 64,
        "top_p": 1.0,
        "seed": n,
    }
    return told | changes


def about_run(run="evalrun_1", **changes):
    told = {
        "object": "eval.run",
        "id": run,
        "eval_id": "eval_1",
        "name": "clear prompt",
        "model": "gpt-x",
        "status": "completed",
        "created_at": BEGAN,
        "metadata": {"team": "maps"},
        "data_source": {
            "type": "completions",
            "input_messages": {
                "type": "template",
                "template": [
                    {
                        "type": "message",
                        "role": "developer",
                        "content": {"type": "input_text", "text": "Answer in one word."},
                    },
                    {"role": "user", "content": "{{item.question}}"},
                ],
            },
        },
        "result_counts": {"total": 2, "passed": 1, "failed": 1, "errored": 0},
    }
    return told | changes


EVAL = {"object": "eval", "id": "eval_1", "name": "Capitals", "testing_criteria": []}


def lost(n=1, **changes):
    return item(n, status="fail", results=[grade(passed=False, score=0.0)], **changes)


def page(*items, has_more=False):
    return {"object": "list", "data": list(items), "has_more": has_more}


def jsonl(*objects):
    return "".join(json.dumps(one) + "\n" for one in objects).encode()


def test_a_file_with_eval_run_and_items_is_read_whole(native):
    content = jsonl(EVAL, about_run(), item(0), lost(1))
    header, (first, second) = native.header(content), native.rows(content)
    assert (header.run_id, header.workflow_id) == ("evalrun_1", "Capitals")
    assert header.started_at == datetime.fromtimestamp(BEGAN, UTC)
    assert header.warnings == ()
    assert json.loads(header.metadata)["team"] == "maps"
    assert (first.status, first.score) == ("succeeded", 1.0)
    assert (second.status, second.score) == ("failed", 0.0)
    assert second.error_message == "String check: score 0"
    assert (first.tokens, first.tokens_in, first.tokens_out) == (22, 20, 2)
    assert first.origin.tokens_cached == 8
    assert first.latency_ms is first.cost_usd is None
    assert json.loads(first.inputs) == {"question": "Capital 0?", "ground_truth": "Paris"}
    assert json.loads(first.outputs) == {"output": "Paris"}
    variant = first.variant
    assert (variant.label, variant.model) == ("clear prompt", "gpt-x")
    assert variant.prompt == "developer: Answer in one word.\n\nuser: {{item.question}}"
    assert json.loads(variant.parameters) == {
        "temperature": 1.0,
        "top_p": 1.0,
        "max_completion_tokens": 64,
    }


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(page(item(0), lost(1))).encode(),
        json.dumps([item(0), lost(1)], indent=2).encode(),
        jsonl(item(0), lost(1)),
        jsonl(page(item(0), has_more=True), page(lost(1))),
        json.dumps({"eval": EVAL, "runs": [{"run": about_run(), "items": [item(0), lost(1)]}]}),
    ],
    ids=["page", "list", "lines", "pages", "wrapped"],
)
def test_items_are_found_in_any_arrangement(native, content):
    content = content if isinstance(content, bytes) else content.encode()
    rows = native.rows(content)
    assert [row.status for row in rows] == ["succeeded", "failed"]
    assert not any("goes on" in warning for warning in native.header(content).warnings)


def test_a_dump_whose_fields_stand_in_another_order_is_recognized(native):
    fields = dict(sorted(item(0, datasource_item={"text": "x" * 40_000}).items()))
    assert native.header(fields).tool == "openai_evals_items"


def test_items_alone_say_what_is_unknown(native):
    header = native.header(jsonl(item(0)))
    assert header.workflow_id == "eval_1"
    assert header.started_at == datetime.fromtimestamp(BEGAN + 60, UTC)
    assert any("run itself is not in the file" in warning for warning in header.warnings)
    variant = native.rows(jsonl(item(0)))[0].variant
    assert variant.prompt == "developer: Answer in one word."


def test_items_of_several_runs_are_several_runs(native):
    runs = native.reading(jsonl(item(0), item(0, run="evalrun_2"), lost(1))).runs
    assert [(run.header.run_id, run.header.n_tasks) for run in runs] == [
        ("evalrun_1", 2),
        ("evalrun_2", 1),
    ]


def test_a_case_is_the_same_in_every_run(native):
    here, there = item(0), item(7, run="evalrun_2", datasource_item=item(0)["datasource_item"])
    there["datasource_item"]["sample.output_text"] = "something else"
    first, second = native.all_rows(jsonl(here, there))
    assert first[0].case_id == second[0].case_id


def test_runs_of_unknown_prompts_are_not_one_variant(native):
    bare = [item(0, run=run, sample=sample(input=[])) for run in ("evalrun_1", "evalrun_2")]
    first, second = native.all_rows(jsonl(*bare))
    assert first[0].variant.variant_id != second[0].variant.variant_id


def test_a_missing_page_is_said(native):
    content = json.dumps(page(item(0), has_more=True)).encode()
    assert any("fetch its next pages" in warning for warning in native.header(content).warnings)


def test_pages_that_overlap_count_an_item_once(native):
    content = jsonl(page(item(0), lost(1)), page(lost(1)))
    assert native.header(content).n_tasks == 2
    assert "items that occur again, taken once: 1" in native.header(content).warnings


def test_counts_that_the_items_contradict_are_said(native):
    content = jsonl(about_run(), item(0))
    warnings = native.header(content).warnings
    assert "the run counts 2 total, the items give 1" in warnings
    assert "the run counts 1 failed, the items give 0" in warnings


def test_an_error_of_the_answer_is_an_error(native):
    error = {"code": "rate_limit_exceeded", "message": "slow down"}
    content = jsonl(item(0, status="error", results=[], sample=sample(error=error)))
    (row,) = native.rows(content)
    assert (row.status, row.error_message) == ("error", "rate_limit_exceeded: slow down")


def test_an_empty_error_is_none(native):
    content = jsonl(item(0, sample=sample(error={"code": "", "message": ""})))
    assert native.rows(content)[0].status == "succeeded"


def test_without_a_verdict_the_graders_decide(native):
    both = [grade(name="a"), grade(name="b", passed=False, score=0.2)]
    rows = native.rows(
        jsonl(
            item(0, status="completed", results=both),
            item(1, status="completed"),
            item(2, status="completed", results=[]),
        )
    )
    assert [row.status for row in rows] == ["failed", "succeeded", "cancelled"]


def test_the_grader_asked_for_is_the_score(native):
    other = grade(name="Judge-a2486074-d803-4445-b431-ad2262e85d47", score=0.25)
    content = jsonl(item(0, results=[grade(), other]))
    assert native.rows(content)[0].score == 1.0
    assert native.rows(content, score="Judge")[0].score == 0.25


def test_tokens_of_a_grading_model_are_kept_apart(native):
    judge = grade(sample={"usage": {"total_tokens": 90}})
    (row,) = native.rows(jsonl(item(0, results=[judge])))
    assert (row.tokens, row.origin.judge_tokens) == (22, 90)


def test_tokens_of_zero_are_unknown(native):
    nothing = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0, "cached_tokens": 0}
    (row,) = native.rows(jsonl(item(0, sample=sample(usage=nothing))))
    assert row.tokens is row.tokens_in is row.tokens_out is None


def test_scores_beyond_one_stay_among_the_scores(native):
    (row,) = native.rows(jsonl(item(0, results=[grade(score=5.0)])))
    assert (row.status, row.score) == ("succeeded", None)
    assert row.origin.scores[0].value == 5.0


def test_a_run_of_errors_only_is_read(native):
    rows = native.rows(jsonl(*(item(n, status="error", sample=None) for n in range(3))))
    assert [row.status for row in rows] == ["error"] * 3


def test_a_truncated_last_line_is_skipped_and_counted(native):
    reading = native.reading(jsonl(item(0), lost(1))[:-50])
    assert reading.runs[0].header.n_tasks == 1
    assert len(reading.skipped) == 1


def test_a_truncated_page_is_refused_with_its_place(native):
    assert "line 1" in native.faults(json.dumps(page(item(0), lost(1))).encode()[:-20])[0]


def test_an_item_of_another_shape_is_skipped_with_its_place(native):
    reading = native.reading([item(0), item(1, results="none")])
    assert reading.skipped[0].place == "file[1].results"


def test_a_run_without_items_holds_no_tasks(native):
    assert native.faults(jsonl(about_run())) == ["file: found no tasks, expected at least one task"]


def test_nan_is_no_score(native):
    text = jsonl(item(0)).replace(b'"score": 1.0', b'"score": NaN')
    assert native.rows(text)[0].score is None


def test_nasty_texts_are_carried_as_they_are(native):
    nasty = "a|b\n\x1b[31m<b>&amp;</b>" + "x" * 1_000_000
    output = [{"role": "assistant", "content": nasty}]
    content = jsonl(item(0, datasource_item={nasty: nasty}, sample=sample(output=output)))
    (row,) = native.rows(content)
    assert json.loads(row.outputs) == {"output": nasty}


def test_deep_wrapping_is_no_place_for_items(native):
    wrapped = item(0)
    for _ in range(50):
        wrapped = [wrapped]
    assert native.faults({"object": "eval", "id": "e", "name": "n", "runs": wrapped})


def test_whole_numbers_of_any_size_may_be_in_an_item(native):
    (row,) = native.rows(jsonl(item(0, datasource_item={"n": 2**70})))
    assert str(2**70) in row.inputs


def test_a_missing_grader_is_said(native):
    warnings = native.header(jsonl(item(0)), score="tone").warnings
    assert any("there is no grader tone" in warning for warning in warnings)


def test_models_that_grade_are_the_judge_of_the_run(native):
    graded = EVAL | {"testing_criteria": [{"type": "score_model", "model": "gpt-judge"}]}
    header = native.header(jsonl(graded, about_run(), item(0), lost(1)))
    assert json.loads(header.metadata)["judge"] == "gpt-judge"


def test_an_absurd_time_is_unknown(native):
    header = native.header(jsonl(item(0, created_at=1e18)))
    assert "when it ran is not recorded: the file's own time is taken" in header.warnings


def test_a_page_dumped_with_a_large_item_first_is_recognized(native):
    first = dict(sorted(item(0, datasource_item={"text": "x" * 40_000}).items()))
    content = json.dumps({"data": [first], "has_more": False, "object": "list"}).encode()
    assert native.header(content).tool == "openai_evals_items"


def test_an_item_that_names_its_case_is_known_by_that_name(native):
    (row,) = native.rows(jsonl(item(0, datasource_item={"case_id": "c1", "question": "?"})))
    assert (row.case_id, row.case_source) == ("c1", "given")


def agent_item(n=0, *, version="1", **changes):
    told = {
        "question": f"Capital {n}?",
        "response_id": f"resp_{version}_{n}",
        "agent_name": "guide",
        "agent_version": version,
        "sample.output_text": "Paris",
    }
    return item(n, status="completed", datasource_item=told, sample={}) | changes


def test_items_that_an_agent_answered_are_the_same_cases_for_each_of_its_versions(native):
    first, second = (
        native.rows(json.dumps([agent_item(version=version)]).encode()) for version in ("1", "2")
    )
    assert first[0].case_id == second[0].case_id
    assert [rows[0].variant.label for rows in (first, second)] == ["guide 1", "guide 2"]
    assert json.loads(first[0].outputs) == {"output": "Paris"}


def test_items_of_other_fields_keep_what_is_called_like_an_agent(native):
    told = [item(n, datasource_item={"agent_name": name}) for n, name in enumerate(("a", "b"))]
    rows = native.rows(json.dumps(told).encode())
    assert rows[0].case_id != rows[1].case_id


def test_an_item_that_was_graded_without_a_verdict_ran_and_is_told(native):
    text = json.dumps([agent_item(results=[grade(passed=None, score=0.4)])]).encode()
    (row,) = native.rows(text)
    assert (row.status, row.score) == ("succeeded", 0.4)
    assert [one for one in native.header(text).warnings if "no grader passed or failed: 1" in one]


def test_an_item_whose_graders_all_broke_is_an_error(native):
    broken = grade(name="judge", passed=None, score=None, sample={"error": {"message": "429"}})
    (row,) = native.rows(json.dumps([agent_item(results=[broken])]).encode())
    assert (row.status, row.error_message) == ("error", "judge: 429")
