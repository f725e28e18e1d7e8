from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from optimizer.history.columns import prepare
from optimizer.history.recording import record
from optimizer.history.settings import StoreSettings
from optimizer.history.store import History, open_history, read_history, temporary_history
from optimizer.history.tables import TABLES
from optimizer.models.failures import classify
from optimizer.models.tasks import (
    Reading,
    Run,
    RunHeader,
    Source,
    TaskRow,
    Variant,
    text_sha256,
    variant_id,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[3]


def make_variant(label: str, prompt: str | None = None) -> Variant:
    sha256 = text_sha256(prompt) if prompt else None
    return Variant(
        variant_id=variant_id(
            label=label, prompt_sha256=sha256, provider=None, model="m", parameters=None
        ),
        label=label,
        prompt_sha256=sha256,
        prompt=prompt,
        model="m",
    )


def make_task(position: int, status: str, variant: Variant, **changes: Any) -> TaskRow:
    failure = classify(status, changes.get("error_message"))
    fields: dict[str, Any] = {
        "task_id": f"t{position}",
        "case_id": f"c{position}",
        "case_source": "given",
        "repeat": None,
        "variant": variant,
        "dataset": "d",
        "scenario": "normal",
        "status": status,
        "failure_kind": failure.kind if failure else None,
        "failure_reason": failure.reason if failure else None,
        "error_message": None,
        "score": None,
        "latency_ms": 100.0 + position,
        "tokens": 10,
        "tokens_in": None,
        "tokens_out": None,
        "cost_usd": None,
        "cached": None,
        "attempts": 1,
        "family": None,
        "tenant": None,
        "task_type": None,
        "created_at": NOON + timedelta(seconds=position),
        "finished_at": None,
        "inputs": f'{{"question":{position}}}',
        "outputs": None,
        "metadata": None,
        "result_metadata": None,
    }
    return TaskRow(**(fields | changes))


STATUS = {"+": "succeeded", "-": "failed", "t": "timeout", "e": "error", "c": "cancelled"}


def make_run(run_id: str, marks: str = "+", **changes: Any) -> Run:
    """One mark a task: + passed, - failed, t timed out, e errored, c cancelled."""
    label, prompt = changes.pop("label", "v1"), changes.pop("prompt", None)
    started_at = changes.pop("started_at", NOON)
    task_changes = changes.pop("tasks", {})
    variant = make_variant(label, prompt)
    tasks = [make_task(i, STATUS[mark], variant, **task_changes) for i, mark in enumerate(marks)]
    fields: dict[str, Any] = {
        "run_id": run_id,
        "workflow_id": "wf",
        "started_at": started_at,
        "finished_at": started_at + timedelta(minutes=1),
        "duration_s": 60.0,
        "n_tasks": len(tasks),
        "content_sha256": text_sha256(f"{run_id} {marks} {label}"),
        "place": 1,
        "tool": "native",
        "tool_version": None,
        "git_sha": None,
        "branch": None,
        "pull_request": None,
        "pairable": True,
        "assumed_timezone": None,
        "metadata": "{}",
    }
    return Run(header=RunHeader(**(fields | changes)), tasks=tasks)


def make_reading(*runs: Run, path: str = "run.json") -> Reading:
    content = "|".join(run.header.content_sha256 for run in runs).encode()
    return Reading(
        source=Source(
            path=path,
            sha256=text_sha256(content.decode()),
            n_bytes=len(content),
            content=content,
            n_redacted=0,
        ),
        runs=runs,
    )


@pytest.fixture
def history() -> Iterator[History]:
    with temporary_history(NOON) as opened:
        yield opened


@pytest.fixture
def run() -> Callable[..., Run]:
    return make_run


@pytest.fixture
def reading() -> Callable[..., Reading]:
    return make_reading


@pytest.fixture
def store(history: History) -> Callable[..., Any]:
    def stored(*runs: Run, replace: bool = False, settings: StoreSettings | None = None) -> Any:
        kept = settings or StoreSettings()
        return record(
            history,
            [prepare(make_reading(one), kept) for one in runs],
            kept,
            replace=replace,
            actor="ann",
            now=NOON,
        )

    return stored


@pytest.fixture
def history_at() -> Callable[..., None]:
    """Store runs in a file, each of them ingested for itself."""

    def stored(path: Path, *runs: Run, now: datetime = NOON) -> None:
        kept = StoreSettings()
        with open_history(path, lock_timeout_s=5, now=NOON) as opened:
            for one in runs:
                files = [prepare(make_reading(one), kept)]
                record(opened, files, kept, replace=True, actor="ann", now=now)

    return stored


@pytest.fixture
def rows_at() -> Callable[[Path], dict[str, list[tuple[Any, ...]]]]:
    """Return every row of every table of a file, sorted."""

    def rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
        with read_history(path, lock_timeout_s=5) as opened:
            return {
                table.name: opened.connection.execute(
                    f"SELECT * FROM {table.name} ORDER BY ALL"
                ).fetchall()
                for table in TABLES
            }

    return rows


@pytest.fixture
def large_at() -> Callable[[Path], None]:
    """Store 20 runs with 60,000 texts in a file, the newest first."""

    def stored(path: Path) -> None:
        with open_history(path, lock_timeout_s=1, now=NOON) as opened:
            opened.connection.execute(
                "INSERT INTO runs SELECT 'r' || i, 'w' || i % 5, '2026-01-01'::TIMESTAMP - "
                "to_days(i::INT), '2026-01-01', 1, 'c', 's', 1, 'native', NULL, NULL, NULL, NULL, "
                "true, NULL, '[]', '{}', '2026-01-01' FROM range(20) AS t(i)"
            )
            opened.connection.execute(
                "INSERT INTO task_texts SELECT 'r' || i % 20, i // 20, md5(i::VARCHAR), "
                "repeat(md5(i::VARCHAR), 5), NULL, NULL FROM range(60000) AS t(i)"
            )

    return stored


@pytest.fixture
def script() -> Callable[..., subprocess.Popen[str]]:
    """Run a text as a program of Python in a process of its own."""
    return started


@pytest.fixture
def killed() -> Callable[..., bool]:
    """Run a text that says when it has begun, kill it, and tell whether it was not done yet."""

    def kill(text: str, *words: object, after_s: float) -> bool:
        with started(text, *words) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            time.sleep(after_s)
            was_running = process.poll() is None
            process.kill()
        return was_running

    return kill


def started(text: str, *words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", text, *map(str, words)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    )
