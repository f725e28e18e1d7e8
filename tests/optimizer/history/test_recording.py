from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from optimizer.history import columns, queries, recording
from optimizer.history.columns import prepare
from optimizer.history.recording import raw_content, record
from optimizer.history.settings import PayloadPolicy, RawPolicy, StoreSettings
from optimizer.history.store import History
from optimizer.models.errors import Fault, FormatError
from optimizer.models.tasks import Reading, Run, TaskRow

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Make = Callable[..., Run]
Store = Callable[..., Any]


def rows(history: History, sql: str) -> list[tuple[Any, ...]]:
    return history.connection.execute(sql).fetchall()


def test_stores_every_field_of_a_task(history: History, run: Make, store: Store) -> None:
    finished = datetime(2026, 3, 1, 12, 0, 5, 123456, tzinfo=UTC)
    given = {
        "repeat": 2,
        "score": 0.25,
        "latency_ms": 12.5,
        "tokens": 2**53,
        "tokens_in": 7,
        "tokens_out": 3,
        "cost_usd": 0.001,
        "cached": False,
        "attempts": 3,
        "family": "f",
        "tenant": "t",
        "task_type": "chat",
        "error_message": "naïve 😀 \x00 |",
        "finished_at": finished,
    }
    store(run("r1", "+", tasks=given))
    names = ", ".join(given)
    assert rows(history, f"SELECT {names} FROM tasks") == [
        (*list(given.values())[:-1], finished.replace(tzinfo=None))
    ]


def test_unknown_stays_unknown(history: History, run: Make, store: Store) -> None:
    unknown = dict.fromkeys(
        ("repeat", "score", "latency_ms", "tokens", "cost_usd", "cached", "finished_at", "dataset")
    )
    store(run("r1", "++", tasks=unknown))
    names = ", ".join(f"count({name})" for name in unknown)
    assert rows(history, f"SELECT {names} FROM tasks") == [(0,) * len(unknown)]
    (total, _) = queries.run_reports(history, "r1")
    assert (total.n_latency, total.latency_mean_ms, total.cost_mean_usd) == (0, None, None)
    assert total.tokens_total is None


def test_storing_the_same_run_again_changes_nothing(
    history: History, run: Make, store: Store
) -> None:
    (first,) = store(run("r1", "+-"))
    (again,) = store(run("r1", "+-"))
    assert (first.n_new_runs, first.n_tasks) == (1, 2)
    assert (again.n_new_runs, again.n_tasks, again.conflict) == (0, 0, None)
    assert rows(history, "SELECT count(*) FROM tasks") == [(2,)]
    assert rows(history, "SELECT count(*) FROM sources") == [(1,)]


def test_a_run_of_the_same_name_but_other_content_is_left_out(
    history: History, run: Make, store: Store
) -> None:
    store(run("r1", "+-"))
    other, fine = store(run("r1", "++"), run("r2", "+"))
    assert other.conflict == "r1"
    assert fine.n_tasks == 1
    assert queries.run_reports(history, "r1")[0].n_succeeded == 1


def test_two_different_runs_of_one_name_in_one_go_conflict(run: Make, store: Store) -> None:
    _, second = store(run("r1", "+-"), run("r1", "++"))
    assert second.conflict == "r1"


def test_replacing_keeps_the_old_file_and_says_so_in_the_audit_log(
    history: History, run: Make, store: Store
) -> None:
    store(run("r1", "+-"))
    (replaced,) = store(run("r1", "+++"), replace=True)
    assert replaced.replaced
    assert queries.run_reports(history, "r1")[0].n_tasks == 3
    assert rows(history, "SELECT count(*) FROM tasks") == [(3,)]
    (entry,) = queries.audit(history, subject="r1")
    assert entry.action == "run.replaced"
    old_sha256 = rows(history, "SELECT source_sha256 FROM sources ORDER BY ingested_at, path")
    kept = [raw_content(history, sha256) for (sha256,) in old_sha256]
    assert len(kept) == 2
    assert None not in kept


def test_a_task_that_cannot_be_read_leaves_nothing_behind(
    history: History, run: Make, reading: Callable[..., Reading]
) -> None:
    good = run("r1", "++")

    def broken() -> Iterator[TaskRow]:
        yield from good.tasks
        raise FormatError("x.json", (Fault(place="p", found="f", expected="e"),))

    bad = prepare(reading(replace(good, tasks=broken())), StoreSettings(), later=True)
    with pytest.raises(FormatError):
        record(history, [bad], StoreSettings(), replace=False, actor="a", now=NOON)
    for table in ("runs", "tasks", "task_payloads", "reports", "sources", "variants"):
        assert rows(history, f"SELECT count(*) FROM {table}") == [(0,)]


def test_a_run_larger_than_a_block_is_stored_whole(
    history: History, run: Make, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "BLOCK_ROWS", 7)
    monkeypatch.setattr("optimizer.history.recording.INSERT_ROWS", 15)
    store(run("r1", "+-" * 25), run("r2", "+"))
    assert rows(history, "SELECT max(position), count(DISTINCT task_id) FROM tasks") == [(49, 50)]
    assert queries.run_reports(history, "r1")[0].n_succeeded == 25
    assert rows(history, "SELECT count(*) FROM task_payloads") == [(51,)]


@pytest.mark.slow
def test_more_rows_than_a_row_group_holds_all_arrive(
    history: History, run: Make, store: Store
) -> None:
    store(run("r1", "+" * 130_000))
    assert rows(history, "SELECT count(*), sum(tokens) FROM tasks") == [(130_000, 1_300_000)]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (PayloadPolicy.EXCERPTS, '{"qu'),
        (PayloadPolicy.HASHES, sha256(b'{"question":0}').hexdigest()),
    ],
)
def test_payloads_are_kept_as_the_policy_says(
    history: History, run: Make, store: Store, policy: PayloadPolicy, expected: str
) -> None:
    settings = StoreSettings(raw=RawPolicy.NONE, payloads=policy, excerpt_chars=4)
    store(run("r1", "+"), settings=settings)
    assert rows(history, "SELECT inputs, outputs FROM task_payloads") == [(expected, None)]


def test_payloads_are_kept_whole_by_default(history: History, run: Make, store: Store) -> None:
    store(run("r1", "+"))
    assert rows(history, "SELECT inputs, outputs FROM task_payloads") == [('{"question":0}', None)]


def test_no_payloads_no_rows(history: History, run: Make, store: Store) -> None:
    store(run("r1", "++"), settings=StoreSettings(raw=RawPolicy.NONE, payloads=PayloadPolicy.NONE))
    assert rows(history, "SELECT count(*) FROM task_payloads") == [(0,)]


@pytest.mark.parametrize(
    ("policy", "path", "content"),
    [
        (RawPolicy.BLOB, "run.json", True),
        (RawPolicy.REFERENCE, "run.json", False),
        (RawPolicy.NONE, None, False),
    ],
)
def test_files_are_kept_as_the_policy_says(
    history: History, run: Make, store: Store, policy: RawPolicy, path: str | None, content: bool
) -> None:
    store(run("r1", "+"), settings=StoreSettings(raw=policy))
    ((sha256, stored_path, kept),) = rows(history, "SELECT source_sha256, path, kept FROM sources")
    assert (stored_path, kept) == (path, policy)
    assert (raw_content(history, sha256) is not None) == content


def test_a_whole_file_cannot_be_kept_beside_less_than_whole_payloads() -> None:
    with pytest.raises(ValueError, match="set raw = reference or raw = none"):
        StoreSettings(payloads=PayloadPolicy.HASHES)


def test_variants_and_prompts_are_stored_once(history: History, run: Make, store: Store) -> None:
    store(run("r1", "+", prompt="Say yes."), run("r2", "-", prompt="Say yes."))
    store(run("r3", "-", prompt="Say yes."))
    assert rows(history, "SELECT count(*) FROM variants") == [(1,)]
    assert rows(history, "SELECT text FROM prompts") == [("Say yes.",)]


def test_stores_in_a_process_that_has_only_the_engine_of_the_database(tmp_path: Path) -> None:
    task = {
        "task_id": "t",
        "workflow_id": "w",
        "task_status": "succeeded",
        "created_at": "2026-03-01T12:00:00Z",
    }
    head = {"run_id": "r", "workflow_id": "w"}
    times = dict.fromkeys(("started_at", "finished_at"), task["created_at"])
    (tmp_path / "r.json").write_text(json.dumps({**head, **times, "task_results": [task]}))
    command = [sys.executable, "-m", "cli", "ingest", "r.json", "--store", "h.duckdb"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_figures_made_while_others_are_prepared_are_the_same(
    history: History, run: Make, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "REPORT_ROWS", 1)
    found = [store(run(name, "+-+")) for name in ("r1", "r2")]
    assert found
    assert rows(history, "SELECT run_id, n_tasks FROM reports WHERE variant_id IS NULL") == [
        ("r1", 3),
        ("r2", 3),
    ]
