from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executor_bridge import read
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import CaseSource

GPT = {"id": "openai:chat:gpt-4o-mini", "label": ""}
TEMPLATE = "Capital of {{country}}?"


def result(n=0, **changes):
    row = {
        "id": f"row-{n}-{changes.get('promptIdx', 0)}",
        "promptIdx": 0,
        "testIdx": n,
        "promptId": "abc",
        "provider": GPT,
        "prompt": {"raw": f"Capital of c{n}?", "label": TEMPLATE},
        "vars": {"country": f"c{n}"},
        "testCase": {"vars": {"country": f"c{n}"}, "assert": [{"type": "equals", "value": "x"}]},
        "success": True,
        "failureReason": 0,
        "score": 1,
        "latencyMs": 120,
        "cost": 0.002,
        "response": {"output": f"answer {n}", "cached": False},
        "tokenUsage": {
            "prompt": 10,
            "completion": 5,
            "total": 15,
            "cached": 0,
            "assertions": {"total": 0},
        },
        "gradingResult": {"pass": True, "score": 1, "reason": "fine"},
        "namedScores": {},
    }
    return {name: value for name, value in (row | changes).items() if value is not ...}


def head(label=TEMPLATE, raw=TEMPLATE, provider="openai:chat:gpt-4o-mini", **changes):
    return {"raw": raw, "label": label, "id": "abc", "provider": provider} | changes


def evaluation(*rows, prompts=None, version=3, **changes):
    told = {
        "evalId": "eval-1",
        "results": {
            "version": version,
            "timestamp": "2026-03-01T10:00:00.000Z",
            "prompts": [head()] if prompts is None else prompts,
            "results": list(rows),
            "stats": {"successes": 1, "failures": 0, "durationMs": 2500},
        },
        "config": {"description": "capitals", "providers": [GPT["id"]]},
        "shareableUrl": None,
    }
    return told | changes


def failed(n=0, **changes):
    grading = {"pass": False, "score": 0, "reason": "Expected x"}
    told = {"success": False, "failureReason": 1, "score": 0, "error": "Expected x"}
    return result(n, **(told | {"gradingResult": grading} | changes))


def broken(n=0, error="API error: 500", **changes):
    told = {"success": False, "failureReason": 2, "score": 0, "error": error}
    return result(n, **(told | {"gradingResult": None, "response": {"error": error}} | changes))


def statuses(rows):
    return [row.status for row in rows]


def test_each_prompt_under_each_provider_is_a_run(native):
    other = {"id": "anthropic:messages:claude-sonnet", "label": ""}
    rows = [result(0, promptIdx=1, provider=other), result(0), result(1)]
    prompts = [head(), head(provider=other["id"])]
    first, second = native.reading(evaluation(*rows, prompts=prompts)).runs
    assert [first.header.run_id, second.header.run_id] == ["eval-1#p0", "eval-1#p1"]
    assert [first.header.n_tasks, second.header.n_tasks] == [2, 1]
    variants = [next(iter(run.tasks)).variant for run in (first, second)]
    assert [v.model for v in variants] == ["gpt-4o-mini", "claude-sonnet"]
    assert [v.provider for v in variants] == ["openai", "anthropic"]
    assert variants[0].prompt == TEMPLATE
    assert variants[0].label == "Capital of {{country}}? [openai:chat:gpt-4o-mini]"


def test_the_header_says_what_was_tested_when_and_for_how_long(native):
    changes = {
        "metadata": {"promptfooVersion": "0.120.8", "evaluationCreatedAt": "2026-03-01T09:00:00Z"}
    }
    header = native.header(evaluation(result(), **changes))
    assert header.workflow_id == "capitals"
    assert header.started_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert header.duration_s == 2.5
    assert header.tool_version == "0.120.8"
    assert header.warnings == ()


def test_the_time_of_the_results_stands_in_for_that_of_the_evaluation(native):
    assert native.header(evaluation(result())).started_at == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_file_without_a_time_takes_its_own_and_says_so(native):
    told = evaluation(result())
    del told["results"]["timestamp"]
    assert "when it ran is not recorded" in native.header(told).warnings[0]


def test_a_failed_assertion_is_not_an_error(native):
    (row,) = native.rows(evaluation(failed()))
    assert (row.status, row.error_message, row.score) == ("failed", "Expected x", 0.0)


def test_what_no_assertion_failed_is_an_error(native):
    silent = result(0, success=False, failureReason=0, error="No output", score=0)
    rows = native.rows(evaluation(silent, broken(1)))
    assert statuses(rows) == ["error", "error"]
    assert [row.score for row in rows] == [None, None]


def test_old_rows_without_a_reason_failed_where_they_were_graded(native):
    rows = [failed(0, failureReason=...), broken(1, failureReason=..., gradingResult=...)]
    assert statuses(native.rows(evaluation(*rows))) == ["failed", "error"]


def test_a_timeout_is_only_a_bound_of_the_latency(native):
    text = "Evaluation timed out after 1500ms: Error: Evaluation timed out after 1500ms"
    (row,) = native.rows(
        evaluation(broken(error=text, latencyMs=1500, promptId="", tokenUsage=...))
    )
    assert row.status == "timeout"
    assert row.latency_ms is None
    assert row.origin.censored_ms == 1500
    assert row.tokens is None


@pytest.mark.parametrize("text", ["Aborted: stopped", "Operation cancelled", "AbortError: gone"])
def test_an_aborted_task_was_cancelled(native, text):
    assert statuses(native.rows(evaluation(broken(error=text)))) == ["cancelled"]


def test_an_assertion_may_speak_of_timeouts(native):
    (row,) = native.rows(
        evaluation(failed(error="Evaluation timed out after 3 tries, said the bot"))
    )
    assert row.status == "failed"


def test_repeats_have_their_own_number_in_promptfoo_and_one_case_here(native):
    same = {"country": "c0"}
    again = result(
        1, vars=same, testCase={**result(0)["testCase"], "vars": same}, response={"output": "b"}
    )
    rows = native.rows(evaluation(result(0), again))
    assert len({row.case_id for row in rows}) == 1
    assert [row.repeat for row in rows] == [0, 1]


def test_a_test_pairs_under_two_prompts(native):
    prompts = [head(), head(label="short", raw="{{country}}?")]
    rows = native.all_rows(evaluation(result(0), result(0, promptIdx=1), prompts=prompts))
    assert rows[0][0].case_id == rows[1][0].case_id
    assert rows[0][0].variant.variant_id != rows[1][0].variant.variant_id


def test_cached_copies_of_an_answer_are_no_repeats(native):
    copy = result(0, id="copy", testIdx=1, response={"output": "answer 0", "cached": True})
    told = evaluation(result(0), copy)
    (run,) = native.reading(told).runs
    assert run.header.n_tasks == len(list(run.tasks)) == 1
    assert (
        "1 cached copy of an answer to the same test left out: a copy is no repeat"
        in run.header.warnings
    )


def test_other_answers_from_the_cache_are_kept(native):
    copy = result(0, id="copy", testIdx=1, response={"output": "another", "cached": True})
    assert len(native.rows(evaluation(result(0), copy))) == 2


def test_a_cached_answer_has_no_latency_and_keeps_its_cost(native):
    usage = {"cached": 19, "total": 19}
    response = {"output": "x", "cached": True, "cost": 0.0003, "tokenUsage": usage}
    told = evaluation(result(latencyMs=3, cost=0.0003, tokenUsage=..., response=response))
    (run,) = native.reading(told).runs
    (row,) = run.tasks
    assert (row.latency_ms, row.cost_usd, row.cached) == (None, 0.0003, True)
    assert (row.tokens, row.tokens_in, row.tokens_out) == (19, None, None)
    assert "1 answer came from promptfoo's cache" in run.header.warnings[0]


def test_providers_of_one_id_are_told_apart_by_their_configuration(native):
    config = {"providers": [{"id": GPT["id"], "config": {"temperature": t}} for t in (0, 0.9)]}
    prompts = [head(), head()]
    told = evaluation(result(0), result(0, promptIdx=1), prompts=prompts, config=config)
    first, second = (rows[0].variant for rows in native.all_rows(told))
    assert json.loads(first.parameters) == {"api": "chat", "temperature": 0}
    assert json.loads(second.parameters) == {"api": "chat", "temperature": 0.9}
    assert first.variant_id != second.variant_id
    assert first.label != second.label


def test_providers_of_one_id_are_told_apart_by_their_labels(native):
    rows = [result(0, promptIdx=n, provider={**GPT, "label": f"l{n}"}) for n in range(2)]
    told = evaluation(*rows, prompts=[head(provider="l0"), head(provider="l1")])
    first, second = (rows[0].variant for rows in native.all_rows(told))
    assert first.variant_id != second.variant_id
    assert first.label == "Capital of {{country}}? [l0]"


def test_columns_that_nothing_tells_apart_are_numbered(native):
    told = evaluation(result(0), result(0, promptIdx=1), prompts=[head(), head()])
    runs = native.reading(told).runs
    assert len({next(iter(run.tasks)).variant.variant_id for run in runs}) == 2
    assert "they are numbered" in runs[0].header.warnings[0]


def test_rows_may_come_in_any_order(native):
    rows = [result(1), failed(0), broken(2)]
    there, back = (native.rows(evaluation(*order)) for order in (rows, rows[::-1]))
    assert {(r.case_id, r.status) for r in there} == {(r.case_id, r.status) for r in back}


def test_a_prompt_that_changed_under_its_label_is_another_variant(native):
    before = native.rows(evaluation(result(), prompts=[head(label="main", raw="a {{country}}")]))
    after = native.rows(evaluation(result(), prompts=[head(label="main", raw="b {{country}}")]))
    assert before[0].variant.variant_id != after[0].variant.variant_id
    assert before[0].variant.prompt_id == after[0].variant.prompt_id


def test_zero_cost_and_latency_are_unknown(native):
    (row,) = native.rows(evaluation(result(cost=0, latencyMs=0)))
    assert (row.cost_usd, row.latency_ms) == (None, None)


def test_graders_tokens_are_apart(native):
    usage = {"prompt": 10, "completion": 5, "total": 15, "assertions": {"total": 70}}
    (row,) = native.rows(evaluation(result(tokenUsage=usage)))
    assert (row.tokens, row.tokens_in, row.tokens_out, row.origin.judge_tokens) == (15, 10, 5, 70)


def test_old_rows_that_merged_graders_tokens_take_those_of_the_answer(native):
    answered = {"output": "x", "tokenUsage": {"prompt": 10, "completion": 5, "total": 15}}
    grading = {"pass": True, "score": 1, "tokensUsed": {"total": 70}}
    usage = {"prompt": 60, "completion": 25, "total": 85}
    (row,) = native.rows(
        evaluation(result(tokenUsage=usage, response=answered, gradingResult=grading))
    )
    assert (row.tokens, row.origin.judge_tokens) == (15, 70)


def test_columns_with_fewer_rows_than_promptfoo_counted_say_so(native):
    metrics = {"testPassCount": 3, "testFailCount": 1, "testErrorCount": 0}
    header = native.header(evaluation(result(), prompts=[head(metrics=metrics)]))
    assert header.warnings == (
        "promptfoo counted 4 results of this prompt and provider, the file holds 1",
    )


def test_stripped_files_say_so_and_do_not_pair_by_position(native):
    bare = {
        "vars": {},
        "testCase": {"vars": {}},
        "gradingResult": None,
        "prompt": {"raw": "[prompt stripped]", "label": TEMPLATE},
        "response": {"output": "[output stripped]"},
    }
    (run,) = native.reading(evaluation(result(0, **bare), result(1, **bare))).runs
    rows = list(run.tasks)
    assert [row.case_source for row in rows] == [CaseSource.TASK] * 2
    assert len({row.case_id for row in rows}) == 2
    assert rows[0].outputs is None
    assert run.header.pairable is False
    assert any("strip settings" in text for text in run.header.warnings)


def test_red_team_evaluations_say_what_success_means(native):
    told = evaluation(result(metadata={"pluginId": "harmful"}))
    assert "red-team" in native.header(told).warnings[0]
    told = evaluation(result(), config={"redteam": {"plugins": []}, "description": "x"})
    assert "red-team" in native.header(told).warnings[0]


def test_the_user_s_name_of_a_test_is_its_case(native):
    test = {"vars": {"country": "c0"}, "metadata": {"testCaseId": "france", "scenario": "boundary"}}
    (row,) = native.rows(evaluation(result(testCase=test)))
    assert (row.case_id, row.case_source, row.scenario) == ("france", CaseSource.GIVEN, "boundary")


def test_tests_that_only_their_assertions_tell_apart_are_two_cases(native):
    tests = [
        {"vars": {"country": "c0"}, "assert": [{"type": "equals", "value": v}]} for v in ("a", "b")
    ]
    rows = native.rows(evaluation(*(result(n, testCase=test) for n, test in enumerate(tests))))
    assert len({row.case_id for row in rows}) == 2


def test_a_changed_assertion_leaves_the_case_what_it_was(native):
    tests = [{"vars": {"country": "c0"}, "assert": [{"type": v}]} for v in ("equals", "contains")]
    ids = [native.rows(evaluation(result(testCase=test)))[0].case_id for test in tests]
    assert ids[0] == ids[1]


def test_every_scorer_is_kept_by_name_and_one_may_be_asked_for(native):
    parts = [
        {
            "pass": True,
            "score": 0.8,
            "reason": "r",
            "assertion": {"type": "llm-rubric", "metric": "tone"},
        },
        {"pass": False, "score": 0.2, "reason": "no", "assertion": {"type": "contains"}},
        {"pass": True, "score": 1, "reason": "yes", "assertion": {"type": "contains"}},
        {"pass": True, "score": 1, "reason": "set", "assertion": None},
    ]
    grading = {"pass": False, "score": 0.6, "reason": "no", "componentResults": parts}
    told = evaluation(failed(gradingResult=grading, score=0.6, namedScores={"tone": 0.8}))
    (row,) = native.rows(told)
    assert row.score == 0.6
    found = {score.name: (score.value, score.passed) for score in row.origin.scores}
    assert found == {
        "tone": (0.8, True),
        "contains": (0.2, False),
        "contains#2": (1.0, True),
        "assert-set": (1.0, True),
    }
    (row,) = native.rows(told, score="tone")
    assert (row.score, row.status) == (0.8, "failed")


def test_commit_and_branch_come_from_tags_and_metadata(native):
    config = {"tags": {"git.sha": "abc", "branch": "main"}, "metadata": {"pr": 7}}
    header = native.header(evaluation(result(), config=config))
    assert (header.git_sha, header.branch, header.pull_request) == ("abc", "main", "7")
    assert header.workflow_id == "branch=main, git.sha=abc"


def test_little_of_the_configuration_is_kept(native):
    config = {
        "description": "x",
        "env": {"PLACE": "hidden"},
        "providers": [{"id": GPT["id"], "config": {"headers": {"X-A": "hidden"}}}],
    }
    (run,) = native.reading(evaluation(result(), config=config)).runs
    assert "hidden" not in run.header.metadata + str(next(iter(run.tasks)).variant)


def test_results_of_version_2_are_put_in_columns_by_label_and_provider(native):
    rows = [
        result(n, promptIdx=..., testIdx=..., promptId=..., testCase=..., provider={"id": p})
        for n in range(2)
        for p in ("b", "a")
    ]
    prompts = [head(provider="a"), head(provider="b")]
    told = {
        "version": 2,
        "timestamp": "2024-06-05T21:10:32.315Z",
        "results": rows,
        "stats": {"successes": 4},
        "table": {"head": {"prompts": prompts, "vars": []}, "body": []},
    }
    for text in (told, {"evalId": "e", "results": told, "config": {}}):
        first, second = native.reading(text).runs
        assert [first.header.n_tasks, second.header.n_tasks] == [2, 2]
        tasks = [list(first.tasks), list(second.tasks)]
        assert [rows[0].variant.provider for rows in tasks] == ["a", "b"]
        assert {row.case_id for row in tasks[0]} == {row.case_id for row in tasks[1]}


def test_rows_of_old_columns_with_one_name_are_dealt_out_in_turn(native):
    rows = [result(n, promptIdx=..., testCase=...) for n in (0, 1, 1, 0)]
    told = {
        "version": 2,
        "results": rows,
        "stats": {},
        "table": {"head": {"prompts": [head(), head()]}},
    }
    assert [run.header.n_tasks for run in native.reading(told).runs] == [2, 2]


def test_a_newer_version_is_read_with_a_warning(native):
    header = native.header(evaluation(result(), version=9))
    assert header.warnings == (
        "promptfoo results version 9 is newer than known (4): what is understood was read",
    )


def test_a_truncated_file_is_refused_with_its_line(native):
    text = json.dumps(evaluation(result(), result(1)), indent=1).encode()
    assert "line" in native.faults(text[: len(text) // 2])[0]


def test_optional_sections_may_be_missing(native):
    told = {"evalId": "e", "results": {"version": 3, "results": [{"success": True}]}}
    (row,) = native.rows(told)
    assert row.status == "succeeded"
    assert (row.tokens, row.cost_usd, row.latency_ms, row.score) == (None, None, None, None)


def test_rows_that_cannot_be_read_are_skipped_and_counted(native):
    reading = native.reading(evaluation(result(), {"success": "maybe"}))
    assert [str(fault) for fault in reading.skipped] == [
        "results.results[1].success: found a text, expected true or false"
    ]
    assert "1 row was skipped" in reading.runs[0].header.warnings[0]


def test_an_evaluation_without_results_is_refused(native):
    assert native.faults(evaluation()) == ["file: found no tasks, expected at least one task"]


def test_a_run_of_errors_alone_is_read(native):
    assert statuses(native.rows(evaluation(broken(0), broken(1)))) == ["error", "error"]


def test_a_score_that_is_no_number_is_unknown(native):
    text = json.dumps(evaluation(result(score=float("nan")))).encode()
    assert b"NaN" in text
    assert native.rows(text)[0].score is None


def test_a_score_beyond_1_is_unknown_and_counted(native):
    (run,) = native.reading(evaluation(result(score=7))).runs
    assert next(iter(run.tasks)).score is None
    assert run.header.warnings == ("score: 1 value out of range, taken as unknown",)


@pytest.mark.parametrize("name", ["a|b", "a\nb", "\x1b[31m", "<b>x</b>", "\ud800", "x" * 2**20])
def test_names_may_hold_anything(native, name):
    rows = [result(0, vars={"country": name}, error=name, response={"output": name})]
    told = evaluation(*rows, prompts=[head(label=name, raw=name)])
    (run,) = native.reading(told).runs
    (row,) = run.tasks
    assert len(row.variant.label) <= 80
    assert "\n" not in row.variant.label
    json.loads(row.outputs)


def test_long_files_tell_the_same(native, monkeypatch):
    told = evaluation(result(0), failed(1), broken(2), result(3, score=9))
    (kept,) = native.reading(told).runs
    monkeypatch.setattr("executor_bridge.formats.promptfoo.runs.KEPT_BYTES", 0)
    (streamed,) = native.reading(told).runs
    assert list(streamed.tasks) == list(streamed.tasks) == list(kept.tasks)
    assert streamed.header == kept.header


def test_yaml_tells_the_same_as_json(native):
    told = evaluation(result(0), failed(1), broken(2))
    text = yaml.dump(told, sort_keys=False).encode()
    ours, theirs = (native.reading(content).runs[0] for content in (text, told))
    for row, same in zip(ours.tasks, theirs.tasks, strict=True):
        assert json.loads(row.inputs) == json.loads(same.inputs)
        assert json.loads(row.outputs or "{}") == json.loads(same.outputs or "{}")
        assert row._replace(inputs=None, outputs=None) == same._replace(inputs=None, outputs=None)
    assert ours.header.started_at == theirs.header.started_at


def test_times_and_versions_in_yaml_stay_texts(native):
    told = yaml.dump(evaluation(result(vars={"a": "x"})), sort_keys=False)
    told = told.replace("a: x", "a: 2026-03-01").replace("country: c0", "country: 1:30")
    assert json.loads(native.rows(told.encode())[0].inputs) == {"a": "2026-03-01"}


def test_yaml_aliases_are_followed_and_bombs_refused(native):
    lines = ["evalId: e", "results:", "  version: 3", "  results: []", "a0: &a0 [xxxxxxxxxx]"]
    for n in range(1, 30):
        lines.append(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]")
    assert "aliases that stand for more than" in native.faults("\n".join(lines).encode())[0]
    circle = "evalId: e\nresults: &a\n  version: 3\n  results: [*a]\n"
    assert "a value that holds itself" in native.faults(circle.encode())[0]


def test_damaged_yaml_names_the_line(native):
    text = b"evalId: e\nresults:\n  version: 3\n  results: [\n"
    assert "expected YAML" in native.faults(text)[0]


TEXTS = st.text(max_size=8)


@given(
    rows=st.lists(
        st.tuples(TEXTS, TEXTS, st.sampled_from(["pass", "fail", "error"]), st.floats(0, 1)),
        min_size=1,
        max_size=6,
    )
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_is_written_is_read(native, rows):
    make = {"pass": result, "fail": failed, "error": broken}
    told = evaluation(
        *(
            make[kind](
                n,
                id=f"r{n}",
                vars={"v": given},
                testCase={"vars": {"v": given}},
                score=score,
                response={"output": answer},
            )
            for n, (given, answer, kind, score) in enumerate(rows)
        )
    )
    found = native.rows(told)
    kinds = {"pass": "succeeded", "fail": "failed", "error": "error"}
    assert statuses(found) == [kinds[kind] for _, _, kind, _ in rows]
    for row, (value, answer, kind, score) in zip(found, rows, strict=True):
        assert json.loads(row.inputs) == {"v": value}
        assert json.loads(row.outputs) == {"output": answer}
        assert row.score == (None if kind == "error" else score)
    per_case = Counter(value for value, *_ in rows)
    assert Counter(row.case_id for row in found).total() == per_case.total()
    assert len({row.case_id for row in found}) == len(per_case)


@pytest.fixture
def shared(root):
    folder = root.parent / "shared" / "data" / "promptfoo"
    if not folder.is_dir():
        pytest.skip("../shared/data is not here")
    return folder


@pytest.mark.parametrize(
    ("name", "counts", "tokens", "cost"),
    [
        ("v3-promptfoo-simple-cli.json", {"succeeded": 8}, 190, 6e-05),
        ("v3-kavitaj-bias.json", {"succeeded": 2, "failed": 10}, 11518, 0.0991825),
        ("v3-kavitaj-hallucination.json", {"succeeded": 4, "failed": 8}, 7890, 0.06567625),
        ("v2-promptfoo-node-package.json", {"succeeded": 8, "failed": 8}, 339, 0.0003235),
        (
            "v2-cookbook-rag-retrieval.json.gz",
            {"succeeded": 265, "failed": 34, "error": 1},
            0,
            0,
        ),
        ("csv-cookbook-classification.csv", {"succeeded": 879, "failed": 141}, 0, 0),
    ],
)
def test_files_of_others_have_the_counts_that_they_state(shared, name, counts, tokens, cost):
    rows = [row for run in read(str(shared / name), IngestSettings()).runs for row in run.tasks]
    assert Counter(statuses(rows)) == counts
    assert sum(row.tokens or 0 for row in rows) == tokens
    assert sum(row.cost_usd or 0 for row in rows) == pytest.approx(cost)


@pytest.mark.parametrize("deep", ["[" * 100_000, "- " * 100_000, "{a: " * 100_000])
def test_yaml_nested_too_deeply_is_refused(native, deep):
    text = f"evalId: e\nresults:\n  version: 3\n  results: {deep}\n"
    assert native.faults(text.encode(), bridge="promptfoo")
