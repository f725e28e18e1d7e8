from __future__ import annotations

import gzip
import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executor_bridge import read
from optimizer.models.errors import FormatError
from optimizer.models.ingest import IngestSettings

STAMP = "2026-03-01T12-30-00.123456"
DATE = 1_772_366_400.5


def row(n=0, *, filter="none", **changes):
    sample = {
        "doc_id": n,
        "doc": {"question": f"What is {n}?"},
        "target": str(n),
        "arguments": {"gen_args_0": {"arg_0": f"Q: What is {n}?\nA:"}},
        "resps": [[f" {n}"]],
        "filtered_resps": [str(n)],
        "filter": filter,
        "metrics": ["exact_match"],
        "doc_hash": f"{n:064x}",
        "prompt_hash": f"{n + 100:064x}",
        "target_hash": f"{n + 200:064x}",
        "exact_match": 1.0,
    }
    return sample | changes


def results(**changes):
    told = {
        "results": {"sums": {"name": "sums", "alias": "sums", "exact_match,none": 0.5}},
        "configs": {
            "sums": {
                "task": "sums",
                "dataset_path": "acme/sums",
                "doc_to_text": "Q: {{question}}\nA:",
                "generation_kwargs": {"temperature": 0},
            }
        },
        "versions": {"sums": 2.0},
        "n-shot": {"sums": 0},
        "higher_is_better": {"sums": {"exact_match": True}},
        "n-samples": {"sums": {"original": 100, "effective": 2}},
        "config": {"model": "hf", "model_args": "pretrained=acme/m1,dtype=float32", "limit": None},
        "git_hash": "3f8701d",
        "date": DATE,
        "lm_eval_version": "0.4.13",
        "model_name": "acme/m1",
        "total_evaluation_time_seconds": "12.5",
    }
    return told | changes


def jsonl(*rows):
    return "".join(json.dumps(one) + "\n" for one in rows).encode()


@pytest.fixture
def folder(tmp_path):
    """Write a results file and the samples of its tasks, and return their folder."""

    def write(told=None, stamp=STAMP, **samples):
        if told is not None:
            text = told if isinstance(told, str) else json.dumps(told, indent=2)
            (tmp_path / f"results_{stamp}.json").write_text(text)
        for task, rows in (samples or {"sums": [row(0), row(1, exact_match=0.0)]}).items():
            (tmp_path / f"samples_{task}_{stamp}.jsonl").write_bytes(jsonl(*rows))
        return tmp_path

    return write


def runs(path, **settings):
    return read(str(path), IngestSettings(**settings)).runs


def test_samples_take_model_and_time_from_the_results_beside_them(folder):
    (run,) = runs(folder(results()) / f"samples_sums_{STAMP}.jsonl")
    header, (first, second) = run.header, run.tasks
    assert (header.run_id, header.workflow_id) == (f"sums-{STAMP}", "sums")
    assert header.started_at == datetime.fromtimestamp(DATE, UTC)
    assert (header.duration_s, header.tool_version) == (12.5, "0.4.13")
    assert header.git_sha == "3f8701d"
    assert header.warnings == ()
    assert (first.status, second.status) == ("succeeded", "failed")
    assert (first.score, second.score) == (1.0, 0.0)
    assert (first.variant.model, first.variant.provider) == ("acme/m1", "hf")
    assert first.variant.prompt == "Q: {{question}}\nA:"
    assert first.dataset == "acme/sums"
    assert json.loads(first.inputs) == {"doc": {"question": "What is 0?"}, "target": "0"}
    assert json.loads(first.outputs) == {"output": "0"}
    assert first.latency_ms is first.tokens is first.cost_usd is None
    metadata = json.loads(header.metadata)
    assert metadata["results_file"] == f"results_{STAMP}.json"
    assert len(metadata["results_sha256"]) == 64
    assert (metadata["filter"], metadata["metric"]) == ("none", "exact_match")


def test_samples_alone_say_what_is_unknown(folder):
    (run,) = runs(folder() / f"samples_sums_{STAMP}.jsonl")
    assert run.header.started_at == datetime(2026, 3, 1, 12, 30, 0, 123456, tzinfo=UTC)
    first, second = run.header.warnings
    assert first.startswith("when it ran is not recorded: the time in the file's name")
    assert second.startswith("there is no results file beside the samples")
    assert next(iter(run.tasks)).variant.model is None


def test_samples_from_standard_input_have_no_name_and_no_time(native):
    header = native.header(jsonl(row()))
    assert header.workflow_id == "lm_eval"
    assert any("the file's own time is taken" in warning for warning in header.warnings)


def test_the_time_in_a_name_is_left_out_where_zones_are_required(folder):
    path = folder() / f"samples_sums_{STAMP}.jsonl"
    (run,) = runs(path, assume_timezone="refuse")
    assert "when it ran is not recorded: the file's own time is taken" in run.header.warnings


def test_a_results_file_alone_is_refused_with_a_hint(tmp_path):
    path = tmp_path / f"results_{STAMP}.json"
    path.write_text(json.dumps(results()))
    with pytest.raises(FormatError, match="figures over all documents only") as caught:
        runs(path)
    assert "--log_samples" in caught.value.hint


def test_a_results_file_from_standard_input_is_refused(native):
    assert "--log_samples" in native.refused(results()).hint


def test_a_results_file_stands_for_the_samples_beside_it(folder):
    here = folder(results(), sums=[row(0)], words=[row(1)])
    told = runs(here / f"results_{STAMP}.json")
    alone = [
        *runs(here / f"samples_sums_{STAMP}.jsonl"),
        *runs(here / f"samples_words_{STAMP}.jsonl"),
    ]
    assert [run.header.run_id for run in told] == [f"sums-{STAMP}", f"words-{STAMP}"]
    assert [run.header.content_sha256 for run in told] == [
        run.header.content_sha256 for run in alone
    ]
    assert [list(run.tasks) for run in told] == [list(run.tasks) for run in alone]


def test_samples_of_another_time_are_not_those_of_a_results_file(folder):
    here = folder(results())
    folder(stamp="2026-03-02T00-00-00.000001", words=[row(1)])
    assert len(runs(here / f"results_{STAMP}.json")) == 1


def test_a_changed_results_file_changes_the_content_of_the_run(folder):
    path = folder(results()) / f"samples_sums_{STAMP}.jsonl"
    (before,) = runs(path)
    folder(results(date=DATE + 1))
    (after,) = runs(path)
    assert before.header.content_sha256 != after.header.content_sha256


def test_a_damaged_results_file_costs_what_it_says_and_no_more(folder):
    (run,) = runs(folder('{"results": {') / f"samples_sums_{STAMP}.jsonl")
    assert run.header.n_tasks == 2
    assert any("results file beside the samples cannot be read" in w for w in run.header.warnings)


def test_a_packed_samples_file_finds_its_results(folder):
    here = folder(results())
    plain = here / f"samples_sums_{STAMP}.jsonl"
    packed = here / f"{plain.name}.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    (run,) = runs(packed)
    assert run.header.tool_version == "0.4.13"


def test_one_filter_is_read_and_the_rows_of_others_are_counted(native):
    content = jsonl(
        row(0, filter="strict"),
        row(0, filter="flexible", exact_match=0.0),
        row(1, filter="flexible"),
    )
    header = native.header(content)
    assert header.n_tasks == 1
    assert "filter strict is read; rows of the filter flexible left out: 2" in header.warnings
    flexible = native.rows(content, score="exact_match,flexible")
    assert [task.score for task in flexible] == [0.0, 1.0]


def test_a_filter_that_is_not_there_is_refused(native):
    faults = native.faults(jsonl(row()), score="exact_match,strict")
    assert faults == ["--score: found rows of the filter none, expected rows of strict"]


def test_a_metric_that_says_pass_or_fail_goes_before_others(native):
    (task,) = native.rows(jsonl(row(metrics=["bleu", "acc"], bleu=0.3, acc=1)))
    assert task.score == 1.0
    assert {(score.name, score.value) for score in task.origin.scores} == {
        ("bleu", 0.3),
        ("acc", 1.0),
    }


def test_the_metric_asked_for_is_the_score(native):
    content = jsonl(row(metrics=["acc", "acc_norm"], acc=1.0, acc_norm=0.0))
    assert native.rows(content, score="acc_norm")[0].score == 0.0


def test_a_metric_that_nobody_has_is_said_to_be_missing(native):
    header = native.header(jsonl(row()), score="rouge")
    assert any('no task has a score called "rouge"; ' in warning for warning in header.warnings)


def test_a_metric_of_which_less_is_better_is_no_score_unless_asked_for(folder):
    told = results(higher_is_better={"sums": {"loss": False}})
    rows = [row(0, metrics=["loss"], loss=0.25), row(1, metrics=["loss"], loss=1.0)]
    path = folder(told, sums=rows) / f"samples_sums_{STAMP}.jsonl"
    (run,) = runs(path)
    assert [task.score for task in run.tasks] == [None, None]
    assert "lower values of loss are better" in run.header.warnings
    (asked,) = runs(path, score="loss", pass_score=0.5)
    tasks = list(asked.tasks)
    assert [task.score for task in tasks] == [0.25, 1.0]
    assert {task.status for task in tasks} == {"succeeded"}
    assert any("pass or fail is not told from it" in w for w in asked.header.warnings)


def test_values_beyond_one_stay_among_the_scores(native):
    content = jsonl(row(metrics=["word_perplexity"], word_perplexity=23.5))
    (task,) = native.rows(content)
    assert task.score is None
    assert task.origin.scores[0].value == 23.5


def test_metrics_that_are_lists_are_left_out_and_counted(native):
    content = jsonl(row(metrics=["acc", "bleu"], acc=1, bleu=[["a"], ["b"]]))
    assert [score.name for score in native.rows(content)[0].origin.scores] == ["acc"]
    warnings = native.header(content).warnings
    assert "metric bleu: values that are no numbers, left out: 1" in warnings


def test_scores_between_marks_judge_nothing_without_a_pass_score(native):
    content = jsonl(row(0, exact_match=0.3), row(1, exact_match=0.9))
    assert {task.status for task in native.rows(content)} == {"succeeded"}
    assert any("--pass-score" in warning for warning in native.header(content).warnings)
    judged = native.rows(content, pass_score=0.5)
    assert [task.status for task in judged] == ["failed", "succeeded"]


def test_answers_to_one_document_are_no_repeats(native):
    content = jsonl(row(resps=[["a", "b", "c"]]))
    assert native.header(content).n_tasks == 1
    assert any("answered 3 times" in warning for warning in native.header(content).warnings)


def test_nan_is_an_unknown_score(native):
    text = jsonl(row(0), row(1)).replace(b'"exact_match": 1.0', b'"exact_match": NaN', 1)
    first, second = native.rows(text)
    assert (first.score, second.score) == (None, 1.0)


def test_a_document_is_the_same_case_under_every_task_and_model(folder):
    here = folder(sums=[row(0)], sums_terse=[row(0, prompt_hash="other")])
    (one,) = runs(here / f"samples_sums_{STAMP}.jsonl")
    (other,) = runs(here / f"samples_sums_terse_{STAMP}.jsonl")
    first, second = next(iter(one.tasks)), next(iter(other.tasks))
    assert first.case_id == second.case_id
    assert first.variant.variant_id != second.variant.variant_id


def test_old_rows_without_hashes_and_metrics_are_known_by_their_document(native):
    old = {
        name: value
        for name, value in row(3).items()
        if name not in ("doc_hash", "prompt_hash", "target_hash", "metrics", "filter")
    }
    (task,) = native.rows(jsonl(old))
    (again,) = native.rows(jsonl(old | {"doc_id": 8}))
    (other,) = native.rows(jsonl(old | {"doc": {"question": "What else?"}}))
    assert task.score == 1.0
    assert task.case_id == again.case_id != other.case_id
    header = native.header(jsonl(old))
    assert "rows without a doc_hash: 1; their document tells the case" in header.warnings


def test_older_files_that_are_one_list_are_read(native):
    assert len(native.rows(json.dumps([row(0), row(1)], indent=2).encode())) == 2


def test_a_template_that_is_code_leaves_the_prompt_to_its_hashes(folder):
    code = results()
    code["configs"]["sums"]["doc_to_text"] = "def doc_to_text(doc):\n    return PREFIX + doc['q']"
    samples = [row(0)]
    here = folder(code, sums=samples)
    (run,) = runs(here / f"samples_sums_{STAMP}.jsonl")
    before = next(iter(run.tasks)).variant
    folder(code, sums=[row(0, prompt_hash="changed")])
    (run,) = runs(here / f"samples_sums_{STAMP}.jsonl")
    after = next(iter(run.tasks)).variant
    assert before.prompt is None
    assert before.variant_id != after.variant_id


@pytest.mark.parametrize(
    "changes",
    [
        {"chat_template_sha": "c"},
        {"system_instruction_sha": "s"},
        {"config": {"model": "hf", "model_args": "pretrained=acme/m1,dtype=bfloat16"}},
        {"config": {"model": "vllm", "model_args": "pretrained=acme/m1,dtype=float32"}},
    ],
)
def test_what_changes_the_answers_changes_the_variant(folder, changes):
    path = folder(results()) / f"samples_sums_{STAMP}.jsonl"
    before = next(iter(runs(path)[0].tasks)).variant.variant_id
    folder(results(**changes))
    assert next(iter(runs(path)[0].tasks)).variant.variant_id != before


def test_fewer_documents_leave_the_variant_the_same(folder):
    path = folder(results(), sums=[row(0), row(1)]) / f"samples_sums_{STAMP}.jsonl"
    before = next(iter(runs(path)[0].tasks)).variant
    folder(results(), sums=[row(0)])
    assert next(iter(runs(path)[0].tasks)).variant == before


def test_a_limited_run_and_missing_rows_are_said(folder):
    told = results(config={"model": "hf", "model_args": {"pretrained": "m"}, "limit": 2.0})
    (run,) = runs(folder(told, sums=[row(0)]) / f"samples_sums_{STAMP}.jsonl")
    assert "run with limit 2.0: 2 of 100 documents ran" in run.header.warnings
    assert "the results are over 2 documents, the samples hold 1" in run.header.warnings


def test_a_truncated_last_row_is_skipped_and_counted(native):
    reading = native.reading(jsonl(row(0), row(1))[:-40])
    (run,) = reading.runs
    assert run.header.n_tasks == 1
    assert len(reading.skipped) == 1
    assert any("1 row was skipped" in warning for warning in run.header.warnings)


def test_a_row_of_another_type_is_skipped_with_its_place(native):
    reading = native.reading(jsonl(row(0), row(1, filter=7)))
    assert reading.skipped[0].place == "line 2.filter"


def test_no_row_that_can_be_read_is_an_error(native):
    assert native.faults(jsonl(row(0, metrics=7)))[0].startswith("line 1.metrics")


def test_missing_parts_of_a_results_file_are_unknown(folder):
    (run,) = runs(folder({"results": {}}) / f"samples_sums_{STAMP}.jsonl")
    assert run.header.n_tasks == 2


NASTY = "a|b\n\x1b[31m<b>&amp;</b>\u202e" + "x" * 1_000_000


def test_nasty_texts_are_carried_as_they_are(native):
    (task,) = native.rows(jsonl(row(doc={"q": NASTY}, filtered_resps=[NASTY], doc_hash=NASTY)))
    assert json.loads(task.inputs)["doc"]["q"] == NASTY
    assert len(task.case_id) <= 200


@settings(max_examples=25)
@given(st.lists(st.floats() | st.booleans() | st.none(), min_size=1, max_size=5))
def test_every_value_is_kept_or_unknown(values):
    from io import BytesIO  # noqa: PLC0415 - fixtures cannot be shared with hypothesis

    content = "".join(json.dumps(row(n, exact_match=v)) + "\n" for n, v in enumerate(values))
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    reading = read("-", IngestSettings(), stdin=BytesIO(content.encode()), received_at=moment)
    tasks = list(reading.runs[0].tasks)
    for task, value in zip(tasks, values, strict=True):
        is_known = value is not None and math.isfinite(value)
        assert task.origin.scores[0].value == (float(value) if is_known else None)


@pytest.mark.parametrize(("name", "n_passed"), [("vague", 0), ("clear", 39), ("few_shot", 44)])
def test_real_samples_tell_what_the_suite_found(root, name, n_passed):
    (path,) = (root / "sample_runs" / "lm_eval").rglob(f"samples_sentiment_{name}_*.jsonl")
    (run,) = runs(path)
    rows = list(run.tasks)
    assert len(rows) == 60
    assert sum(task.status == "succeeded" for task in rows) == n_passed
    assert run.header.tool_version == "0.4.13"
    assert rows[0].variant.model == "SmolLM2-135M-Instruct-Q4_1"
    assert "filter first is read; rows of the filter both left out: 60" in run.header.warnings


def test_a_missing_metric_judges_nothing_whatever_the_pass_score(native):
    rows = native.rows(jsonl(row(0), row(1)), score="rouge", pass_score=0.5)
    assert [task.status for task in rows] == ["succeeded", "succeeded"]


def test_a_document_without_a_score_among_judged_ones_is_an_error(native):
    rows = native.rows(jsonl(row(0), row(1, exact_match=None)))
    assert [task.status for task in rows] == ["succeeded", "error"]
    assert rows[1].error_message == "exact_match has no value"


def test_an_absurd_date_is_no_time(folder):
    (run,) = runs(folder(results(date=1e15)) / f"samples_sums_{STAMP}.jsonl")
    assert run.header.started_at.year == 2026
    assert run.header.assumed_timezone == "UTC"


def test_a_truncated_results_file_is_refused_with_its_place(tmp_path):
    path = tmp_path / f"results_{STAMP}.json"
    path.write_text(json.dumps(results())[:-30])
    with pytest.raises(FormatError, match="line 1"):
        runs(path)


def test_a_document_that_names_its_case_is_known_by_that_name(native):
    (task,) = native.rows(jsonl(row(doc={"case_id": "sum-1", "question": "1 + 1?"})))
    assert (task.case_id, task.case_source) == ("sum-1", "given")


def test_samples_without_a_time_in_their_name_are_of_the_task_it_says(tmp_path):
    path = tmp_path / "samples_sums.jsonl"
    path.write_bytes(jsonl(row(0)))
    (run,) = read(str(path), IngestSettings()).runs
    assert run.header.workflow_id == "sums"


def test_a_folder_named_after_a_model_tells_the_model(tmp_path):
    folder = tmp_path / "acme__m1"
    folder.mkdir()
    path = folder / f"samples_sums_{STAMP}.jsonl"
    path.write_bytes(jsonl(row(0)))
    (run,) = read(str(path), IngestSettings()).runs
    (task,) = run.tasks
    assert (task.variant.label, task.variant.model) == ("acme/m1", "acme/m1")
    assert "the model, acme/m1, is told by the name of the folder" in run.header.warnings


def test_samples_of_any_name_are_variants_of_that_name(tmp_path):
    labels = []
    for name in ("pretrained=m1_sums", "pretrained=m2_sums"):
        path = tmp_path / f"{name}.jsonl"
        path.write_bytes(jsonl(row(0)))
        (run,) = read(str(path), IngestSettings()).runs
        labels += [task.variant.label for task in run.tasks]
    assert labels == ["pretrained=m1_sums", "pretrained=m2_sums"]


def test_a_mean_that_the_samples_contradict_is_told(folder):
    told = results()
    told["configs"]["sums"]["metric_list"] = [{"metric": "exact_match", "aggregation": "mean"}]
    told["results"]["sums"]["exact_match,none"] = 0.75
    (run,) = read(str(folder(told) / f"results_{STAMP}.json"), IngestSettings()).runs
    assert "the results say exact_match 0.75, the samples give 0.5" in run.header.warnings


def test_the_direction_of_a_metric_may_stand_in_the_configuration_of_the_task(folder):
    told = results()
    del told["higher_is_better"]
    told["configs"]["sums"]["metric_list"] = [
        {"metric": "exact_match", "aggregation": "mean", "higher_is_better": False}
    ]
    (run,) = read(str(folder(told) / f"results_{STAMP}.json"), IngestSettings()).runs
    assert "lower values of exact_match are better" in run.header.warnings


def test_metrics_of_all_documents_together_are_no_marks_and_nothing_to_choose_from(native):
    rows = [row(0, metrics=["f1"], f1=["x", ["y"]])]
    (told,) = [one for one in native.header(jsonl(*rows)).warnings if "no metric gives" in one]
    assert "--score" not in told


def test_a_row_whose_bytes_are_no_text_is_skipped_with_its_place(native):
    damaged = jsonl(row(1)).replace(b"What is", b"What \xe9s")
    reading = native.reading(jsonl(row(0)) + damaged + jsonl(row(2)))
    (skipped,) = reading.skipped
    assert reading.runs[0].header.n_tasks == 2
    assert skipped.place.startswith("line 2: byte ")
    assert (skipped.found, skipped.expected) == ("0xe9", "text in UTF-8")
