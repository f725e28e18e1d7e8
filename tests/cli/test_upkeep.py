from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from optimizer.history.store import read_history
from optimizer.history.tables import TABLES

ROOT = Path(__file__).parents[2]
SAMPLE_FOLDERS = sorted(path.name for path in (ROOT / "sample_runs").iterdir() if path.is_dir())
Run = Callable[..., Any]


def rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with read_history(path, lock_timeout_s=5) as history:
        return {
            table.name: sorted(
                history.connection.execute(f"SELECT * FROM {table.name}").fetchall(), key=repr
            )
            for table in TABLES
        }


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / ".optimizer" / "history.duckdb"


@pytest.fixture
def lived_in(optimizer: Run, store: Path, once: Run, tmp_path: Path, samples: Path) -> Path:
    """A history with all that people and the program say beside runs."""

    def live() -> None:
        optimizer("ingest", samples)
        (tmp_path / "said.jsonl").write_text(
            json.dumps({"id": "f1", "rating": 4, "scale": 5, "task_id": "t1"}) + "\n"
        )
        optimizer("ingest", "feedback", "said.jsonl", "--rating-scale", "1-5")
        optimizer("ingest", "missing.json", "--keep-going")
        optimizer("decide", "--all", "--jobs", "1")
        optimizer("baseline", "set", "sentiment:vague")
        plan = "e1 -w sentiment -a vague -b clear --cases 60 --include-existing"
        optimizer("experiment", "plan", *plan.split())

    once(tmp_path, live)
    return store


@pytest.mark.parametrize("folder", SAMPLE_FOLDERS)
def test_rebuilding_gives_the_same_rows_for_every_tool(
    optimizer: Run, store: Path, folder: str
) -> None:
    optimizer("ingest", ROOT / "sample_runs" / folder, "--keep-going")
    if not store.exists():
        pytest.skip(f"nothing in {folder} is read without options")
    before = rows(store)
    found = optimizer("store", "rebuild", "--strict", "--json")
    assert (found.code, found.err) == (0, "")
    assert rows(store) == before
    assert found.json["n_tasks"] == len(before["tasks"])
    assert found.json["carried"] == []


def test_rebuilding_carries_over_what_is_not_made_of_files(optimizer: Run, lived_in: Path) -> None:
    before = rows(lived_in)
    assert all(before[name] for name in ("decisions", "baselines", "experiments", "audit_log"))
    assert optimizer("store", "rebuild").code == 0
    assert rows(lived_in) == before
    assert optimizer("doctor").code == 0
    assert optimizer("audit", "verify").code == 0


def test_what_ci_added_to_a_run_is_rebuilt_too(
    optimizer: Run, store: Path, run_file: Callable[..., Path]
) -> None:
    sha = "0123456789abcdef0123456789abcdef01234567"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_SHA": sha, "GITHUB_REF_NAME": "main"}
    optimizer("ingest", run_file(), **github)
    before = rows(store)
    assert sha in repr(before["runs"])
    assert optimizer("store", "rebuild", "--strict").code == 0
    assert rows(store) == before


def test_a_file_with_blanked_secrets_rebuilds_to_the_same_rows(
    optimizer: Run, store: Path, run_file: Callable[..., Path]
) -> None:
    key = "sk-proj-" + "Ab1" * 16
    path = run_file(metadata={"prompt_variant": "v1", "note": f"api_key={key}"})
    optimizer("ingest", path)
    path.unlink()
    before = rows(store)
    assert key not in repr(before)
    assert before["sources"][0][5] > 0
    assert optimizer("store", "rebuild", "--strict").code == 0
    assert rows(store) == before


def test_files_that_are_only_referred_to_are_read_from_their_place(
    optimizer: Run, store: Path, run_file: Callable[..., Path]
) -> None:
    kept, changed = run_file("kept.json"), run_file("changed.json", run_id="r2")
    optimizer("ingest", kept, changed, "--set", "store.raw=reference")
    before = rows(store)
    assert optimizer("store", "rebuild", "--strict").code == 0
    run_file("changed.json", "----", run_id="r2")
    found = optimizer("store", "rebuild", "--json").json
    assert [(one["run_ids"], one["reason"]) for one in found["carried"]] == [
        (["r2"], "the file has changed since it was ingested")
    ]
    assert rows(store) == before
    refused = optimizer("store", "rebuild", "--strict")
    assert refused.code == 2
    assert "changed.json: the file has changed since it was ingested" in refused.err
    changed.unlink()
    assert "changed.json" in optimizer("store", "rebuild").out
    assert rows(store) == before


def test_a_run_that_its_file_tells_otherwise_stays_unless_the_file_is_taken(
    optimizer: Run, store: Path, run_file: Callable[..., Path]
) -> None:
    optimizer("ingest", run_file())
    with duckdb.connect(store) as connection:
        connection.execute("UPDATE tasks SET latency_ms = 1 WHERE position = 0")
    altered = rows(store)
    found = optimizer("store", "rebuild", "--json").json
    assert found["carried"][0]["reason"] == "read again it differs in tasks"
    assert rows(store) == altered
    assert optimizer("store", "rebuild", "--take-files", "--json").json["carried"] == []
    assert {row[16] for row in rows(store)["tasks"]} == {500.0}


@pytest.mark.parametrize("table", ["tasks", "reports", "runs", "variants", "task_texts"])
def test_a_lost_table_of_runs_is_named_and_made_anew(
    optimizer: Run, lived_in: Path, table: str
) -> None:
    before = rows(lived_in)
    with duckdb.connect(lived_in) as connection:
        connection.execute(f"DROP TABLE {table} CASCADE")
    found = optimizer("doctor")
    assert found.code == 1
    assert f"table {table}" in found.out
    assert "optimizer store rebuild" in found.out
    assert optimizer("store", "rebuild", "--json").json["damaged"] == [table]
    assert rows(lived_in) == before


def test_a_lost_column_is_made_anew(optimizer: Run, lived_in: Path) -> None:
    before = rows(lived_in)
    with duckdb.connect(lived_in) as connection:
        connection.execute("ALTER TABLE tasks DROP COLUMN latency_ms")
    assert "columns are not those of the schema: latency_ms" in optimizer("doctor").out
    assert optimizer("store", "rebuild").code == 0
    assert rows(lived_in) == before


def test_what_cannot_be_rebuilt_is_named_with_the_way_out(optimizer: Run, lived_in: Path) -> None:
    with duckdb.connect(lived_in) as connection:
        connection.execute("DROP TABLE decisions")
    found = optimizer("store", "rebuild")
    assert found.code == 2
    assert "table decisions: " in found.err
    assert "hint: Run 'optimizer store import EXPORT --store NEW' on a backup." in found.err


def test_a_half_written_history_is_recovered_from_a_backup(
    optimizer: Run, lived_in: Path, tmp_path: Path
) -> None:
    before = rows(lived_in)
    assert optimizer("store", "export", "backup.tar").code == 0
    content = lived_in.read_bytes()
    lived_in.write_bytes(content[: len(content) // 3])
    found = optimizer("runs")
    assert found.code == 2
    assert "optimizer store import EXPORT" in found.err
    lived_in.rename(tmp_path / "damaged.duckdb")
    assert optimizer("store", "import", "backup.tar").code == 0
    assert rows(lived_in) == before


def test_compacting_tells_what_went_and_why_the_rest_stayed(optimizer: Run, lived_in: Path) -> None:
    before = rows(lived_in)
    dry = optimizer("store", "compact", "--keep-runs", "1", "--dry-run")
    assert "nothing was changed" in " ".join(dry.out.split())
    assert rows(lived_in) == before
    found = optimizer("store", "compact", "--keep-runs", "1", "--json").json
    reasons = [reason for one in found["kept"] for reason in one["kept_for"]]
    assert "baseline of sentiment" in reasons
    assert optimizer("doctor").code == 0
    assert optimizer("audit", "verify").code == 0


def test_settings_say_how_long_things_are_kept(
    optimizer: Run, store: Path, run_file: Callable[..., Path], tmp_path: Path
) -> None:
    for n in range(3):
        optimizer(
            "ingest",
            run_file(f"{n}.json", run_id=f"r{n}", started_at=f"2026-01-0{n + 1}T12:00:00Z"),
        )
    found = optimizer("store", "compact", "--set", "store.retention.keep_runs=2", "--json").json
    assert [one["run_id"] for one in found["expired"]] == ["r0"]
    assert optimizer("store", "compact", "--set", "store.retention.keep_runs=0").code == 2
    assert optimizer("store", "compact", "--keep-days", "-1").code == 2


def test_a_place_to_export_to_is_named_once(optimizer: Run, lived_in: Path) -> None:
    assert optimizer("store", "export").code == 2
    assert optimizer("store", "export", "a", "--parquet", "b").code == 2


@pytest.mark.slow
def test_killed_while_it_rebuilds_the_history_is_as_it_was(lived_in: Path, tmp_path: Path) -> None:
    before = rows(lived_in)
    words = [sys.executable, "-m", "cli", "store", "rebuild"]
    for n in range(10):
        process = subprocess.Popen(
            words,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )
        time.sleep(0.3 + 0.08 * n)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert rows(lived_in) == before
