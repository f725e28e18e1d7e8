from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from executor_bridge import read
from executor_bridge.models import (
    RunExecutionResult,
    Scenario,
    TaskResult,
    TaskStatus,
    TestResult,
    TestStatus,
)
from optimizer.models.errors import FormatError
from optimizer.models.ingest import IngestSettings

SETTINGS = IngestSettings(redact=False)
TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=8)
NAME = TEXT.filter(bool)
AMOUNT = st.floats(0, 1e9)
TIME = st.datetimes(
    datetime(2000, 1, 2),
    datetime(2099, 12, 30),
    timezones=st.just(UTC),
)
PAYLOAD = st.dictionaries(
    TEXT,
    st.recursive(
        TEXT
        | st.integers(-(2**63), 2**63)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.booleans()
        | st.none(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)
RESULT = st.builds(
    TestResult,
    workflow_id=TEXT,
    execution_id=TEXT,
    timestamp=TIME,
    status=st.sampled_from(TestStatus),
    execution_time=AMOUNT,
    tokens_used=st.integers(0, 10**12),
    cost=AMOUNT,
    inputs=PAYLOAD,
    outputs=PAYLOAD,
    error_message=st.none() | TEXT,
    prompt_variant=st.none() | TEXT,
    dataset=st.none() | TEXT,
    score=st.none() | st.floats(0, 1),
    metadata=PAYLOAD,
)


@st.composite
def runs(draw):
    started = draw(TIME)
    workflow_id = draw(NAME)
    tasks = [
        TaskResult(
            task_id=task_id,
            workflow_id=workflow_id,
            dataset=draw(st.none() | TEXT),
            scenario=draw(st.sampled_from(Scenario)),
            task_status=draw(st.sampled_from(TaskStatus)),
            test_result=draw(st.none() | RESULT),
            error_message=draw(st.none() | TEXT),
            attempt_count=draw(st.integers(0, 5)),
            created_at=draw(TIME),
            finished_at=draw(st.none() | TIME),
            execution_time=draw(AMOUNT),
            metadata=draw(PAYLOAD),
        )
        for task_id in draw(st.lists(NAME, min_size=1, max_size=4, unique=True))
    ]
    return RunExecutionResult.from_task_results(
        draw(NAME), workflow_id, started, started + timedelta(seconds=5), tasks, draw(PAYLOAD)
    )


@given(run=runs())
@settings(deadline=None)
def test_what_the_executor_writes_is_read(run):
    (found,) = read("-", SETTINGS, stdin=io.BytesIO(run.to_json())).runs
    rows = list(found.tasks)
    assert found.header.run_id == run.run_id
    assert found.header.started_at == run.started_at
    assert [row.task_id for row in rows] == [task.task_id for task in run.task_results]
    for row, task in zip(rows, run.task_results, strict=True):
        assert row.status == task.task_status
        assert row.created_at == task.created_at
        assert row.tokens == (task.get_tokens_used() if task.test_result else None)
        assert row.cost_usd == (task.get_cost() if task.test_result else None)
        assert row.attempts == task.attempt_count
        inputs = task.test_result.inputs if task.test_result else {}
        assert json.loads(row.inputs or "{}") == inputs


WRITTEN = json.dumps(
    {
        "run_id": "r",
        "workflow_id": "w",
        "started_at": "2026-03-01T12:00:00Z",
        "finished_at": "2026-03-01T12:00:09Z",
        "task_results": [
            {
                "task_id": f"t{n}",
                "workflow_id": "w",
                "task_status": "failed",
                "created_at": "2026-03-01T12:00:00Z",
                "execution_time": 1.5,
                "metadata": {"case_id": n, "parameters": {"seed": 1}},
                "test_result": {
                    "status": "failed",
                    "tokens_used": 3,
                    "cost": 0.5,
                    "inputs": {"q": ["\ud83d\ude00", 1e5]},
                },
            }
            for n in range(2)
        ],
        "statistics": {"total_tasks": 2, "failed_tasks": 2},
        "metadata": {"model": "m"},
    }
).encode()


def read_or_refuse(content):
    for chosen in (None, "native"):
        try:
            for run in read("-", SETTINGS, bridge=chosen, stdin=io.BytesIO(content)).runs:
                list(run.tasks)
        except FormatError:
            continue


@given(
    at=st.integers(0, len(WRITTEN)),
    cut=st.integers(0, 12),
    put=st.binary(max_size=6)
    | st.sampled_from(
        [
            b"NaN",
            b"1e999",
            b"null",
            b"{}",
            b"[",
            b'"',
            b"\\ud800",
            b"-",
            b"9" * 5000,
            b"\n{",
            b"2**70",
            b"true",
            b"[" * 5000,
        ]
    ),
)
@settings(max_examples=600, deadline=None)
def test_damaged_bytes_are_refused_or_read_but_never_crash(at, cut, put):
    read_or_refuse(WRITTEN[:at] + put + WRITTEN[at + cut :])


@given(start=st.integers(0, len(WRITTEN)), end=st.integers(0, len(WRITTEN)))
@settings(deadline=None)
def test_a_part_of_a_file_is_refused_or_read_but_never_crashes(start, end):
    read_or_refuse(WRITTEN[start:end])
    read_or_refuse(WRITTEN + b"\n" + WRITTEN[start:end])


@given(content=st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_are_refused_or_read_but_never_crash(content):
    read_or_refuse(content)
    read_or_refuse(b'{"task_results": ' + content)
