from __future__ import annotations

import gzip
import io
import json

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executor_bridge import read
from executor_bridge.converting import _seconds, native_json
from executor_bridge.models import RunExecutionResult
from optimizer.models.ingest import IngestSettings

SETTINGS = IngestSettings()
CHANGED = ("metadata", "case_source")
"""What the native file says of itself, so that reading it again tells more than before."""


def converted(reading):
    return b"".join(piece for run in reading.runs for piece in native_json(run, reading.source))


def again(content):
    return read("-", SETTINGS, stdin=io.BytesIO(content))


def assert_same(before, after):
    assert len(before.runs) == len(after.runs)
    for run, other in zip(before.runs, after.runs, strict=True):
        one, two = run.header, other.header
        for name in ("run_id", "workflow_id", "started_at", "finished_at", "duration_s"):
            assert getattr(one, name) == getattr(two, name)
        for name in ("n_tasks", "git_sha", "branch", "pull_request", "pairable"):
            assert getattr(one, name) == getattr(two, name)
        for row, twin in zip(run.tasks, other.tasks, strict=True):
            assert comparable(row) == comparable(twin)


def comparable(row):
    kept = {k: v for k, v in row._asdict().items() if k not in CHANGED}
    for name in ("inputs", "outputs"):
        kept[name] = kept[name] and msgspec.json.format(kept[name], indent=-1)
    return kept


def test_a_native_run_comes_back_as_it_was(native):
    tasks = [
        native.task(0, metadata={"case_id": "a", "repeat": 1, "tokens_in": 3, "cached": False}),
        native.task(1, task_status="error", test_result=None, error_message="HTTP 429"),
        native.task(2, task_status="timeout", execution_time=5.0),
        native.task(3, task_status="cancelled", test_result=None, execution_time=None),
        native.task(4, metadata={"unknown_fields": ["cost", "tokens_used"]}, attempt_count=3),
    ]
    metadata = {
        "prompt": "Say {{x}}",
        "model": "m",
        "parameters": {"temperature": 0.7},
        "git_sha": "abc",
        "branch": "main",
        "pull_request": 7,
        "pairable": False,
        "other": [1],
    }
    before = native.reading(native.run(*tasks, metadata=metadata))
    after = again(converted(before))
    assert_same(before, after)
    assert '"other":[1]' in after.runs[0].header.metadata


def test_several_variants_of_a_run_stay_apart(native):
    tasks = [
        native.task(n, metadata={"prompt": f"prompt {n % 2}", "prompt_variant": f"v{n % 2}"})
        for n in range(4)
    ]
    before = native.reading(native.run(*tasks))
    after = again(converted(before))
    assert_same(before, after)
    assert len({row.variant.variant_id for row in after.runs[0].tasks}) == 2


def test_what_a_tool_said_beyond_the_common_fields_is_kept(native):
    origin = {
        "row_key": "results[3]",
        "request_id": "r-9",
        "tokens_cached": 4,
        "judge_tokens": 50,
        "judge_cost_usd": 0.5,
        "censored_ms": 9000.0,
        "cost_source": "prices.yaml of 2026-11-01",
        "scores": [
            {"name": "faithful", "value": 0.5, "passed": True, "reason": "so"},
            {"name": "relevant"},
        ],
    }
    before = native.reading(native.run(native.task(metadata={"origin": origin})))
    (row,) = before.runs[0].tasks
    assert row.origin.judge_tokens == 50
    assert [score.name for score in row.origin.scores] == ["faithful", "relevant"]
    assert_same(before, again(converted(before)))


def test_the_file_it_came_from_is_named_in_the_metadata(native):
    before = native.reading(native.run())
    (line,) = converted(before).splitlines()
    told = RunExecutionResult.from_json(line)
    assert told.metadata["source"]["tool"] == "native"
    assert told.metadata["source"]["file_sha256"] == before.source.sha256


def test_statistics_are_written_and_agree_with_the_tasks(native):
    told = RunExecutionResult.from_json(converted(native.reading(native.run())))
    assert told.statistics.total_tasks == told.statistics.succeeded_tasks == 3
    assert told.statistics.total_tokens == 30


def test_several_runs_become_as_many_lines(native):
    lines = b"\n".join(
        converted(native.reading(native.run(run_id=name))).strip() for name in ("r1", "r2")
    )
    before = again(lines)
    assert converted(before).count(b"\n") == 2
    assert_same(before, again(converted(before)))


def test_payloads_on_several_lines_become_one_line(native):
    before = native.reading(json.dumps(native.run(), indent=2).encode())
    assert converted(before).count(b"\n") == 1
    assert_same(before, again(converted(before)))


@given(st.floats(min_value=1e-6, max_value=1e9))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_seconds_give_the_same_milliseconds_when_read(ms):
    assert _seconds(ms) * 1000 == pytest.approx(ms, rel=1e-15)


def test_samples_come_back_as_they_were(root):
    files = sorted((root / "sample_runs").rglob("sentiment-*.json"))
    assert files
    for path in files:
        before = read(str(path), SETTINGS)
        assert_same(before, again(converted(before)))


def test_real_runs_of_others_come_back_as_they_were(shared_runs):
    for path in sorted([*shared_runs.rglob("*.json"), *shared_runs.rglob("*.json.gz")]):
        before = read(str(path), SETTINGS)
        told = converted(before)
        assert_same(before, again(gzip.compress(told)))
