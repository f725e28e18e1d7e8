from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from datetime import UTC, datetime

import pytest
import zstandard

from executor_bridge import read
from executor_bridge.formats.inspect_log import files
from executor_bridge.judging import UNJUDGED
from executor_bridge.outcomes import NO_TIME
from optimizer.models.ingest import IngestSettings

MODEL = "openai/gpt-4o-mini"
ZSTD = 93


def usage(tokens_in=10, tokens_out=5, **more):
    total = tokens_in + tokens_out + sum(more.get(f"input_tokens_cache_{k}", 0) for k in KINDS)
    found = {"input_tokens": tokens_in, "output_tokens": tokens_out, "total_tokens": total}
    return found | more


KINDS = ("read", "write")


def sample(n=1, value="C", **changes):
    found = {
        "id": f"c{n}",
        "epoch": 1,
        "input": f"question {n}",
        "target": "Paris",
        "metadata": {},
        "scores": {"match": {"value": value, "answer": "Paris", "history": []}},
        "model_usage": {MODEL: usage()},
        "role_usage": {},
        "started_at": f"2026-03-01T12:00:{n:02}+00:00",
        "completed_at": f"2026-03-01T12:00:{n + 1:02}+00:00",
        "total_time": 2.0,
        "working_time": 0.5,
        "uuid": f"u{n}",
        "retries": 0,
        "completed": True,
    }
    return found | changes


def header(n_samples=2, *, status="success", version=2, **spec):
    return {
        "version": version,
        "status": status,
        "eval": {
            "eval_id": "e1",
            "run_id": "r1",
            "created": "2026-03-01T11:59:58+00:00",
            "task": "capitals",
            "task_id": "t1",
            "dataset": {"name": "geography", "samples": n_samples, "shuffled": False},
            "model": MODEL,
            "config": {"epochs": 1},
            "packages": {"inspect_ai": "0.3.285"},
            "scorers": [{"name": "match"}],
        }
        | spec,
        "plan": {"name": "plan", "steps": [{"solver": "generate", "params": {}}], "config": {}},
        "stats": {
            "started_at": "2026-03-01T12:00:00+00:00",
            "completed_at": "2026-03-01T12:01:00+00:00",
        },
    }


def zipped(members, *, method=zipfile.ZIP_DEFLATED, level=3):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED if method == ZSTD else method) as archive:
        for name, content in members.items():
            raw = content if isinstance(content, bytes) else json.dumps(content).encode()
            if method == ZSTD:
                half = len(raw) // 2
                frames = (zstandard.compress(raw[:half], level), zstandard.compress(raw[half:]))
                archive.writestr(name, b"".join(frames))
                info = archive.getinfo(name)
                info.compress_type, info.file_size = ZSTD, len(raw)
            else:
                archive.writestr(name, raw)
    return packed.getvalue()


def archived(*samples, head=None, method=zipfile.ZIP_DEFLATED):
    found = list(samples)
    members = {"_journal/start.json": {"version": 2, "eval": {}, "plan": {}}}
    members |= {f"samples/{one['id']}_epoch_1.json": one for one in found}
    members |= {"summaries.json": found, "header.json": head or header(len(found))}
    return zipped(members, method=method)


def whole(*samples, head=None, **changes):
    return (head or header(len(samples))) | {"samples": list(samples)} | changes


def row(native, **changes):
    (found,) = native.rows(archived(sample(**changes)))
    return found


def warnings(native, content, **settings):
    return native.header(content, **settings).warnings


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, ZSTD])
def test_an_archive_is_read_however_it_is_compressed(native, method):
    rows = native.rows(archived(sample(1), sample(2, "I"), method=method))
    assert [row.status for row in rows] == ["succeeded", "failed"]


def test_an_archive_and_an_object_tell_the_same(native):
    samples = [sample(1), sample(2, "I", error={"message": "boom", "traceback": "..."})]
    summaries = [samples[0], samples[1] | {"error": "boom"}]
    assert native.rows(archived(*summaries)) == native.rows(whole(*samples))


def test_head_and_run_are_carried_over(native):
    found = native.header(archived(sample(1), head=header(1, revision={"commit": "abc123"})))
    assert (found.run_id, found.workflow_id, found.tool) == ("e1", "capitals", "inspect")
    assert (found.tool_version, found.git_sha) == ("0.3.285", "abc123")
    assert found.started_at == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert found.finished_at == datetime(2026, 3, 1, 12, 1, tzinfo=UTC)
    assert found.duration_s == 60
    assert found.warnings == ()


def test_a_sample_is_carried_over(native):
    found = row(native, metadata={"scenario": "boundary", "family": "f"}, retries=2, epoch=2)
    assert (found.case_id, found.case_source, found.repeat) == ("c1", "given", 1)
    assert (found.dataset, found.scenario, found.family) == ("geography", "boundary", "f")
    assert (found.latency_ms, found.attempts) == (500, 3)
    assert (found.tokens, found.tokens_in, found.tokens_out) == (15, 10, 5)
    assert found.cost_usd is None
    assert found.created_at == datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC)
    assert json.loads(found.inputs) == {"input": "question 1", "target": "Paris"}
    assert json.loads(found.outputs) == {"answer": "Paris"}
    assert json.loads(found.metadata)["total_time"] == 2.0
    assert found.origin.request_id == "u1"


def test_of_a_whole_log_the_completion_is_kept_and_no_messages(native):
    one = sample(output={"completion": "It is Paris.", "choices": []}, messages=[{"role": "user"}])
    (found,) = native.rows(whole(one))
    assert json.loads(found.outputs) == {"output": "It is Paris."}
    assert "messages" not in found.inputs + found.metadata


@pytest.mark.parametrize(
    "content", ["Paris", [{"type": "text", "text": "Paris"}, {"type": "image"}]]
)
def test_an_old_log_has_its_completion_in_a_choice(native, content):
    one = sample(output={"choices": [{"message": {"role": "assistant", "content": content}}]})
    (found,) = native.rows(whole(one))
    assert json.loads(found.outputs) == {"output": "Paris"}


def test_samples_of_an_archive_are_not_opened(native):
    big = "x" * 100_000
    members = {"header.json": header(3), "summaries.json": [sample(n) for n in range(3)]}
    members |= {f"samples/c{n}_epoch_1.json": {"id": f"c{n}", "messages": big} for n in range(3)}
    content = bytearray(zipped(members, method=zipfile.ZIP_STORED))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        places = [m.header_offset for m in archive.infolist() if m.filename.startswith("samples")]
    for place in places:
        content[place : place + 50_000] = b"\xff" * 50_000
    assert len(native.rows(bytes(content))) == 3


@pytest.mark.parametrize(
    ("value", "score", "status"),
    [
        ("C", 1.0, "succeeded"),
        ("P", 0.5, "failed"),
        ("I", 0.0, "failed"),
        ("N", 0.0, "failed"),
        ("yes", 1.0, "succeeded"),
        ("False", 0.0, "failed"),
        (True, 1.0, "succeeded"),
        (0, 0.0, "failed"),
        ("1.0", 1.0, "succeeded"),
    ],
)
def test_marks_are_read_as_the_tool_reads_them(native, value, score, status):
    found = row(native, value=value)
    assert (found.score, found.status) == (score, status)


def test_a_failure_says_what_was_scored_and_what_was_expected(native):
    found = row(native, scores={"match": {"value": "P", "explanation": "a timeout"}})
    assert (found.error_message, found.failure_kind) == (
        "match: found 0.5, expected 1",
        "validation",
    )
    assert found.origin.scores[0].reason == "a timeout"


def test_scores_that_are_no_marks_are_judged_only_when_asked(native):
    content = archived(sample(1, 0.3), sample(2, "0.8"))
    assert [row.status for row in native.rows(content)] == ["succeeded", "succeeded"]
    assert UNJUDGED in warnings(native, content)
    assert [row.status for row in native.rows(content, pass_score=0.5)] == ["failed", "succeeded"]


def test_a_sample_without_a_score_counts_neither_as_passed_nor_as_failed(native):
    content = archived(sample(1), sample(2, float("nan")), sample(3, "I"))
    assert b"NaN" in zipfile.ZipFile(io.BytesIO(content)).read("summaries.json")
    passed, unscored, failed = native.rows(content)
    assert (passed.status, unscored.status, failed.status) == ("succeeded", "cancelled", "failed")
    assert unscored.score is None
    assert unscored.error_message == "not scored by match"
    assert warnings(native, content) == (
        "1 sample was not scored by match: cancelled, neither passed nor failed",
    )


def test_a_text_that_is_no_mark_is_named(native):
    content = archived(sample(1), sample(2, "B"))
    assert '1 score is a text that stands for no number, the first match: "B"' in warnings(
        native, content
    )


def several(n, style, judge):
    said = {"form": {"value": {"style": style, "length": [1, 0.5]}}, "judge": {"value": judge}}
    return sample(n, scores=said)


def test_several_scorers_give_several_scores_and_the_first_decides(native):
    content = archived(several(1, 1, "I"), several(2, 0, "C"), head=header(2, scorers=[]))
    rows = native.rows(content)
    names = [score.name for score in rows[0].origin.scores]
    assert names == ["form.style", "form.length", "judge"]
    assert [row.score for row in rows] == [1.0, 0.0]
    assert [row.status for row in native.rows(content, score="judge")] == ["failed", "succeeded"]


def test_the_headline_of_a_log_decides_where_nobody_asks(native):
    head = header(2)
    headline = {"scorer": "form", "score": "style", "metric": "mean"}
    head["results"] = {"total_samples": 2, "completed_samples": 2, "headline": headline}
    rows = native.rows(archived(several(1, 0, "C"), several(2, 1, "I"), head=head))
    assert [row.status for row in rows] == ["failed", "succeeded"]


def test_a_score_that_is_not_there_is_answered_with_those_that_are(native):
    found = warnings(native, archived(sample(1)), score="accuracy")
    assert 'no task has a score called "accuracy"; there are: match' in found


def test_errors_are_errors_even_where_they_were_scored(native):
    found = row(native, value="I", error="ValueError('boom')")
    assert (found.status, found.error_message, found.score) == ("error", "ValueError('boom')", 0.0)


@pytest.mark.parametrize("message", ["CancelledError('via cancel scope 7f')", "Cancelled()"])
def test_a_sample_that_was_cancelled_is_no_error(native, message):
    assert row(native, error=message, scores={}).status == "cancelled"


def test_a_sample_that_was_running_is_cancelled(native):
    assert row(native, completed=False, scores=None).status == "cancelled"


@pytest.mark.parametrize("kind", ["time", "working"])
def test_a_limit_of_time_is_a_timeout_whose_latency_is_a_bound(native, kind):
    found = row(native, value="I", limit=kind)
    assert (found.status, found.latency_ms, found.origin.censored_ms) == ("timeout", None, 500)


@pytest.mark.parametrize("limit", ["token", {"type": "token", "limit": 100.0}])
def test_another_limit_leaves_a_sample_scored_and_is_told(native, limit):
    content = archived(sample(limit=limit))
    (found,) = native.rows(content)
    assert (found.status, found.latency_ms) == ("succeeded", 500)
    assert warnings(native, content) == (
        "1 sample was ended by a token limit and scored as it stood",
    )


def test_prompt_tokens_include_those_of_the_cache(native):
    told = usage(10, 5, input_tokens_cache_read=7, input_tokens_cache_write=3, total_cost=0.25)
    found = row(native, model_usage={MODEL: told})
    assert (found.tokens_in, found.tokens_out, found.tokens) == (20, 5, 25)
    assert (found.origin.tokens_cached, found.cost_usd) == (7, 0.25)


def test_prompt_tokens_of_an_old_log_already_include_those_of_the_cache(native):
    told = usage(10, 5) | {"input_tokens_cache_read": 7}
    assert row(native, model_usage={MODEL: told}).tokens_in == 10


def test_tokens_and_cost_of_a_grader_are_not_those_of_the_system(native):
    system = usage(4, 5, input_tokens_cache_read=6, total_cost=0.25)
    told = {MODEL: system, "openai/judge": usage(100, 50, total_cost=1.0)}
    roles = {"grader": told["openai/judge"]}
    found = row(native, model_usage=told, role_usage=roles)
    assert (found.tokens_in, found.tokens_out, found.tokens, found.cost_usd) == (10, 5, 15, 0.25)
    assert (found.origin.judge_tokens, found.origin.judge_cost_usd) == (150, 1.0)
    assert found.origin.tokens_cached == 6


def test_a_grader_without_a_role_is_told(native):
    content = archived(sample(1), head=header(1, scorers=[{"name": "model_graded_fact"}]))
    assert warnings(native, content) == (
        "a model graded without a role of its own: its tokens and cost count as the system's",
    )


def test_a_cost_that_is_known_for_one_of_two_models_is_unknown(native):
    told = {MODEL: usage(total_cost=0.25), "local/model": usage()}
    found = row(native, model_usage=told)
    assert (found.cost_usd, found.tokens) == (None, 30)


def test_what_is_not_there_is_unknown(native):
    (found,) = native.rows(archived({"id": 1, "epoch": 1, "input": "x", "target": "y"}))
    assert (found.tokens, found.cost_usd, found.latency_ms, found.score) == (None,) * 4
    assert (found.case_id, found.status) == ("1", "succeeded")


def variant(native, **changes):
    head = header(1)
    head["eval"] |= changes.pop("eval", {})
    head["plan"] |= changes
    (found,) = native.rows(archived(sample(1), head=head))
    return found.variant


def test_a_variant_is_prompt_model_and_parameters(native):
    steps = [
        {"solver": "system_message", "params": {"template": "Answer in one word."}},
        {"solver": "generate", "params": {"tool_calls": "loop"}, "params_passed": {}},
    ]
    found = variant(native, steps=steps, config={"temperature": 0.0, "max_connections": 9})
    assert found.prompt == "Answer in one word."
    assert (found.provider, found.model, found.label) == ("openai", "gpt-4o-mini", "gpt-4o-mini")
    assert json.loads(found.parameters) == {
        "temperature": 0.0,
        "solvers": [{"system_message": {}}, {"generate": {}}],
    }


def test_arguments_name_a_variant_and_make_another_of_it(native):
    short = variant(native, eval={"task_args": {"style": "short"}})
    long = variant(native, eval={"task_args": {"style": "long"}})
    assert (short.label, long.label) == ("short", "long")
    assert short.variant_id != long.variant_id


def test_an_argument_that_is_a_number_is_not_a_name_by_itself(native):
    assert variant(native, eval={"task_args": {"level": 1}}).label == "level=1"


def test_the_commit_does_not_make_another_variant(native):
    revisions = [{"type": "git", "origin": "", "commit": commit} for commit in ("a1", "b2")]
    one, other = (variant(native, eval={"revision": revision}) for revision in revisions)
    assert one == other


def test_a_model_that_is_none_is_unknown(native):
    found = variant(native, eval={"model": "none/none"})
    assert (found.provider, found.model, found.label) == (None, None, "capitals")


def test_the_journal_of_a_run_that_crashed_is_read_in_order(native):
    start = {key: value for key, value in header(20).items() if key in ("version", "eval", "plan")}
    members = {"_journal/start.json": start}
    members |= {f"_journal/summaries/{n}.json": [sample(n, "I")] for n in (10, 2, 1)}
    members["_journal/summaries/11.json"] = [sample(1, "C")]
    content = zipped(members)
    assert Counter(row.status for row in native.rows(content)) == {"failed": 2, "succeeded": 1}
    assert warnings(native, content) == (
        "the log has no end, its run crashed or went on: what its journal holds was read",
        "the log speaks of 20 samples and holds 3",
    )


@pytest.mark.parametrize("status", ["cancelled", "error", "started"])
def test_a_run_that_did_not_end_is_told(native, status):
    head = header(5, status=status) | {"error": {"message": "boom <b>\x1b[31m"}}
    said, missing = warnings(native, archived(sample(1), head=head))
    assert said.startswith(f'the run did not end as planned: its status is "{status}" ("boom')
    assert "\x1b" not in said
    assert missing == "the log speaks of 5 samples and holds 1"


def test_epochs_multiply_what_a_log_promises(native):
    content = archived(sample(1), head=header(3, config={"epochs": 2}))
    assert "the log speaks of 6 samples and holds 1" in warnings(native, content)


def test_a_limit_on_samples_is_no_loss(native):
    limited = archived(sample(1), head=header(100, config={"limit": 1}))
    chosen = archived(sample(1), head=header(1, dataset={"samples": 100, "sample_ids": ["c1"]}))
    assert warnings(native, limited) == warnings(native, chosen) == ()


def old_archive(*samples, n_padding=0):
    head = header(len(samples))
    head["stats"]["model_usage"] = {MODEL: usage()}
    told = ("id", "epoch", "input", "target", "scores")
    members = {f"samples/{n}.json": one for n, one in enumerate(samples)}
    members["samples/padding.json"] = sample(99) | {"events": ["x" * n_padding]}
    summaries = [{name: one[name] for name in told} for one in samples]
    return zipped(members | {"summaries.json": summaries, "header.json": head})


def test_tokens_that_old_summaries_do_not_tell_are_those_of_the_samples(native):
    first, second = native.rows(old_archive(sample(1), sample(2, model_usage={})))
    assert (first.tokens_in, first.tokens_out, first.latency_ms) == (10, 5, 500)
    assert second.tokens is None


def test_large_samples_of_an_old_log_are_not_opened(native, monkeypatch):
    monkeypatch.setattr(files, "OPENED_BYTES", 10_000)
    content = old_archive(sample(1), n_padding=20_000)
    (found,) = native.rows(content)
    assert found.tokens is None
    (warning,) = warnings(native, content)
    assert warning.startswith("tokens stand only in the samples")


@pytest.mark.parametrize("pack", [archived, whole])
def test_an_old_run_is_named_alike_in_both_kinds_of_file(native, pack):
    head = header(1, eval_id="")
    assert native.header(pack(sample(1), head=head)).run_id == "r1-t1"


def test_void_samples_are_left_out_and_counted(native):
    void = {"invalidation": {"timestamp": "2026-03-02T12:00:00Z", "author": "me"}}
    samples = [sample(1), sample(2)]
    head = header(2) | {"invalidated": True}
    members = {"header.json": head, "summaries.json": samples}
    members |= {"samples/c1_epoch_1.json": samples[0], "samples/c2_epoch_1.json": samples[1] | void}
    for content in (zipped(members), whole(samples[0], samples[1] | void, head=head)):
        assert [row.case_id for row in native.rows(content)] == ["c1"]
        assert warnings(native, content) == ("1 sample was declared void: left out",)


def test_numbers_given_after_shuffling_name_no_case(native):
    shuffled = header(2, dataset={"name": "d", "samples": 2, "shuffled": True})
    message = {"role": "user", "content": "Capital of France?"}

    def cases(*ids):
        asked = [[message | {"id": f"message-{ids}"}], "Capital of Peru?"]
        samples = [sample(n, id=n, input=text) for n, text in zip(ids, asked, strict=True)]
        return [row.case_id for row in native.rows(archived(*samples, head=shuffled))]

    assert cases(1, 2) == cases(2, 1)


def test_a_newer_version_is_read_and_told(native):
    content = whole(sample(1, new_field=1), head=header(1, version=9))
    assert warnings(native, content) == (
        "inspect log version 9 is newer than known (2): what is understood was read",
    )


def test_an_old_log_with_one_nameless_score_is_read(native):
    old = {
        "version": 1,
        "status": "success",
        "eval": {
            "task": "t",
            "created": "2024-05-05T07:59:35",
            "model": "openai/gpt-4",
            "run_id": "r",
            "dataset": {},
            "config": {},
        },
        "results": {"scorer": {"name": "match"}, "metrics": {}},
        "samples": [{"id": 1, "epoch": 1, "input": "x", "target": "y", "score": {"value": "C"}}],
    }
    (found,) = native.rows(old)
    assert (found.status, found.score) == ("succeeded", 1.0)
    assert [score.name for score in found.origin.scores] == ["score"]
    head = native.header(old)
    assert head.run_id.startswith("r-")
    assert head.assumed_timezone == "UTC"


def test_a_log_without_times_has_those_of_its_file(native):
    head = header(1, created="") | {"stats": {"started_at": "", "completed_at": ""}}
    found = native.header(archived(sample(1, started_at=None, completed_at=None), head=head))
    assert NO_TIME in found.warnings
    assert found.started_at.hour == 12


def test_a_time_without_a_zone_may_be_refused(native):
    head = header(1) | {"stats": {"started_at": "2026-03-01T12:00:00"}}
    content = archived(sample(1), head=head)
    assert native.header(content).assumed_timezone == "UTC"
    assert native.faults(content, assume_timezone="refuse") == [
        "stats.started_at: found 2026-03-01T12:00:00, expected a time with its zone"
    ]


def test_rows_that_cannot_be_read_are_skipped_and_counted(native):
    content = archived(sample(1), sample(2, epoch="two"), sample(3))
    reading = native.reading(content)
    assert [str(fault) for fault in reading.skipped] == [
        "summaries.json[1].epoch: found a text, expected a whole number"
    ]
    assert reading.runs[0].header.n_tasks == 2


@pytest.mark.parametrize("name", ["a|b", "line\nbreak", "\x1b[31mred", "<b>bold</b>", "x" * 10**6])
def test_any_name_is_a_name(native, name):
    one = sample(id=name, input=name, scores={name: {"value": "C", "explanation": name}})
    worse = sample(2, scores={name: {"value": "I"}}, limit=name)
    found, failed = native.rows(whole(one, worse))
    assert (found.status, failed.status) == ("succeeded", "failed")
    assert json.loads(found.inputs)["input"] == name
    assert len(failed.error_message) < 300
    assert all(len(warning) < 300 for warning in warnings(native, whole(one, worse)))


@pytest.mark.parametrize("broken", [rb"\ud83d", b"\xff"])
def test_text_that_is_none_is_replaced(native, broken):
    head = header(1, dataset={"name": "d", "samples": 1, "shuffled": True})
    one = sample(id=1, input="QQQ", metadata={"scenario": "QQQ"})
    text = json.dumps(whole(one, head=head)).encode().replace(b"QQQ", broken)
    summaries = json.dumps([one]).encode().replace(b"QQQ", broken)
    for content in (text, zipped({"header.json": head, "summaries.json": summaries})):
        (found,) = native.rows(content)
        assert found.case_source == "content"
        json.loads(found.inputs)


def test_secrets_in_an_archive_are_blanked_and_counted(native):
    secret = "sk-" + "a1B2c3D4" * 5
    reading = native.reading(archived(sample(1, input=f"my key is {secret}")))
    assert reading.source.n_redacted > 0
    assert secret not in next(iter(reading.runs[0].tasks)).inputs


def test_a_log_of_errors_only_is_read(native):
    content = archived(*(sample(n, error="APIError: 503", scores={}) for n in range(3)))
    assert {row.status for row in native.rows(content)} == {"error"}
    assert warnings(native, content) == ()


def test_a_log_without_samples_is_refused(native):
    expected = ['samples: found none; its status is "success", expected at least one sample']
    assert native.faults(archived()) == expected
    assert native.faults(whole()) == expected
    assert native.faults(header(1)) == expected
    died = header(1, status="error") | {"error": {"message": "no such model"}}
    (fault,) = native.faults(died)
    assert 'its status is "error" ("no such model")' in fault


def test_an_archive_without_summaries_is_refused_with_what_to_do(native):
    members = {"header.json": header(1), "samples/c1_epoch_1.json": sample(1)}
    (fault,) = native.faults(zipped(members))
    assert fault.startswith("summaries.json: expected")
    assert "inspect log convert" in fault


def test_a_truncated_file_is_refused(native):
    content = archived(sample(1))
    assert native.faults(content[: len(content) // 2], bridge="inspect")
    text = json.dumps(whole(sample(1))).encode()
    (fault,) = native.faults(text[:-200], bridge="inspect")
    assert "the end of the text" in fault


def test_a_damaged_member_is_refused_by_name(native):
    members = {"header.json": header(1), "summaries.json": b'[{"id": 1, '}
    (fault,) = native.faults(zipped(members))
    assert fault.startswith("summaries.json: line 1")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, ZSTD])
def test_a_zip_bomb_is_refused(native, method):
    bomb = zipped({"header.json": header(1), "summaries.json": b" " * 2_000_000}, method=method)
    (fault,) = native.faults(bomb, unpack_free_bytes=100_000, max_unpack_ratio=20)
    assert "packed into" in fault


def test_many_small_bombs_are_refused_together(native):
    start = {key: value for key, value in header(1).items() if key != "stats"}
    members = {"_journal/start.json": start}
    members |= {f"_journal/summaries/{n}.json": b"[" + b" " * 90_000 + b"]" for n in range(40)}
    (fault,) = native.faults(zipped(members), unpack_free_bytes=100_000, max_unpack_ratio=20)
    assert fault.startswith("file: found more than")


def told(path):
    runs = json.loads(path.read_text("utf-8"))
    return {
        (task["metadata"]["case_id"], task["metadata"]["repeat"]): (
            task["task_status"],
            task["test_result"]["score"],
            task["test_result"]["tokens_used"],
            task["metadata"]["working_time"],
        )
        for task in runs["task_results"]
    }


def test_real_logs_agree_with_what_others_made_of_them(shared_runs):
    files = sorted((shared_runs.parent / "inspect_logs").glob("*.eval"))
    totals = []
    for path in files:
        (run,) = read(str(path), IngestSettings()).runs
        rows = list(run.tasks)
        found = {
            (row.case_id, row.repeat): (row.status, row.score, row.tokens, row.latency_ms / 1000)
            for row in rows
        }
        assert found == told(shared_runs / "inspect" / f"inspect-{path.stem}.json")
        passed = sum(row.status == "succeeded" for row in rows)
        totals.append((len(rows), passed, sum(row.tokens for row in rows)))
    assert totals == [(100, 63, 6155), (16, 11, 10901)]


def sample_run(root, name):
    (run,) = read(str(root / "sample_runs" / "inspect" / name), IngestSettings()).runs
    return run.header, list(run.tasks)


@pytest.mark.parametrize(
    ("name", "n_passed", "n_tokens"),
    [("vague", 0, 6_440), ("clear", 77, 9_089), ("few_shot", 89, 15_778)],
)
def test_a_sample_tells_its_story_as_an_archive_and_as_an_object(root, name, n_passed, n_tokens):
    header, rows = sample_run(root, f"sentiment-{name}.eval")
    assert (len(rows), header.warnings) == (120, ())
    assert sum(row.status == "succeeded" for row in rows) == n_passed
    assert sum(row.tokens for row in rows) == n_tokens
    assert {row.variant.label for row in rows} == {name}
    _, whole_rows = sample_run(root, f"sentiment-{name}.json.gz")
    by_key = {row.task_id: row for row in whole_rows}
    assert all(by_key[row.task_id]._replace(outputs=row.outputs) == row for row in rows)


def test_a_sample_is_the_same_in_deflate_and_in_zstd(root):
    deflated, packed = (sample_run(root, f"sentiment-clear{end}") for end in ENDS)
    assert deflated[1] == packed[1]


ENDS = (".deflate.eval", ".eval")


@pytest.mark.parametrize(("name", "n_each"), [("trouble.eval", 2), ("crashed.eval", 1)])
def test_samples_of_trouble_end_as_they_were_made_to(root, name, n_each):
    _, rows = sample_run(root, name)
    ended = {"right": "succeeded", "wrong": "failed", "silent": "failed"}
    ended |= {"unscored": "cancelled", "failing": "error", "slow": "timeout"}
    assert Counter((row.case_id, row.status) for row in rows) == {
        case: n_each for case in ended.items()
    }
