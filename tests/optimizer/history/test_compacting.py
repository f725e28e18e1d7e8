from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.history import queries
from optimizer.history.audit import first_broken
from optimizer.history.compacting import Compaction, compact, would_compact
from optimizer.history.settings import RetentionSettings
from optimizer.history.store import open_history, read_history, schema_text
from optimizer.history.tables import TABLES
from optimizer.models.errors import HistoryError
from optimizer.models.upkeep import Compacted

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
Rows = dict[str, list[tuple[Any, ...]]]
Stored = Callable[..., None]
RowsAt = Callable[[Path], Rows]
Make = Callable[..., Any]


def job(path: Path, *, now: datetime = NOON, timeout_s: float = 5, **kept: float) -> Compaction:
    return Compaction(
        store=path,
        settings=RetentionSettings(**kept),
        lock_timeout_s=timeout_s,
        actor="ann",
        now=now,
    )


def days(n: float) -> datetime:
    return NOON - timedelta(days=n)


def without(rows: Rows, *tables: str) -> Rows:
    return {name: found for name, found in rows.items() if name not in tables}


def test_every_table_of_the_schema_is_listed(tmp_path: Path, history_at: Stored) -> None:
    history_at(tmp_path / "h.duckdb")
    with read_history(tmp_path / "h.duckdb", lock_timeout_s=1) as history:
        found = history.connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE table_name IN "
            "(SELECT table_name FROM duckdb_tables())"
        ).fetchall()
    assert {table.name for table in TABLES} == {name for name, _ in found}
    assert all({(table.name, column) for column in table.key} <= {*found} for table in TABLES)
    assert all(f"CREATE TABLE {table.name} (" in schema_text() for table in TABLES)


histories = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.integers(0, 5),
        st.text("+-tec", min_size=1, max_size=6),
        st.sampled_from(["short", "long " * 900, 'ü"\n' * 400]),
    ),
    max_size=6,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=histories)
def test_keeps_every_row_and_sorts_them(
    tmp_path: Path, run: Make, history_at: Stored, rows_at: RowsAt, made: list[Any]
) -> None:
    path = tmp_path / "h.duckdb"
    path.unlink(missing_ok=True)
    runs = [
        run(
            f"r{n}",
            marks,
            workflow_id=workflow,
            started_at=days(day),
            tasks={"outputs": text, "error_message": text},
        )
        for n, (workflow, day, marks, text) in enumerate(made)
    ]
    history_at(path, *runs)
    before = rows_at(path)
    done = compact(job(path))
    assert rows_at(path) == before
    assert all(one.n_before == one.n_after == len(before[one.table]) for one in done.tables)
    with read_history(path, lock_timeout_s=1) as history:
        places = history.connection.execute(
            "SELECT tasks.workflow_id, started_at, run_id, position FROM tasks "
            "JOIN runs USING (run_id) ORDER BY tasks.rowid"
        ).fetchall()
        texts = history.connection.execute("SELECT outputs FROM task_payloads").fetchall()
        told = history.connection.execute(
            "SELECT run_id, position FROM task_texts ORDER BY rowid"
        ).fetchall()
    assert places == sorted(places)
    assert told == sorted(told)
    assert {text for (text,) in texts} == {text for *_, text in made}


def test_compacting_twice_changes_nothing_more(
    tmp_path: Path, run: Make, history_at: Stored
) -> None:
    path = tmp_path / "h.duckdb"
    history_at(path, run("r1"), run("r2", workflow_id="a"))
    first = compact(job(path))
    assert compact(job(path)).n_bytes_after == first.n_bytes_after
    assert os.listdir(tmp_path) == ["h.duckdb"]


def test_keeps_the_permissions_of_the_file_and_the_link_to_it(
    tmp_path: Path, run: Make, history_at: Stored, rows_at: RowsAt
) -> None:
    path, link = tmp_path / "h.duckdb", tmp_path / "link.duckdb"
    history_at(path, run("r1"))
    path.chmod(0o640)
    link.symlink_to(path)
    compact(job(link))
    assert link.is_symlink()
    assert path.stat().st_mode & 0o7777 == 0o640
    assert len(rows_at(path)["tasks"]) == 1


def test_what_another_process_committed_to_the_log_is_kept(
    tmp_path: Path, run: Make, history_at: Stored, rows_at: RowsAt
) -> None:
    path = tmp_path / "h.duckdb"
    history_at(path, run("r1"))
    script = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); "
        "c.execute(\"INSERT INTO ingest_rejects VALUES ('a', 'b', '2026-01-01')\"); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    assert path.with_name("h.duckdb.wal").exists()
    compact(job(path))
    assert len(rows_at(path)["ingest_rejects"]) == 1
    assert os.listdir(tmp_path) == ["h.duckdb"]


def test_without_a_policy_nothing_goes(tmp_path: Path, run: Make, history_at: Stored) -> None:
    path = tmp_path / "h.duckdb"
    history_at(path, run("r1", started_at=days(9_000)))
    done = compact(job(path))
    assert (done.expired, done.kept) == ((), ())


def test_keeps_the_newest_runs_of_each_workflow(
    tmp_path: Path, run: Make, history_at: Stored, rows_at: RowsAt
) -> None:
    path = tmp_path / "h.duckdb"
    runs = [run(f"{w}{n}", workflow_id=w, started_at=days(n)) for w in "ab" for n in range(4)]
    history_at(path, *runs)
    done = compact(job(path, keep_runs=2))
    assert [one.run_id for one in done.expired] == ["a3", "b3", "a2", "b2"]
    left = rows_at(path)
    assert {row[0] for row in left["runs"]} == {"a0", "a1", "b0", "b1"}
    for table in ("tasks", "task_texts", "reports"):
        assert {row[0] for row in left[table]} == {"a0", "a1", "b0", "b1"}
    gone = sorted(row[4] for row in left["audit_log"] if row[3] == "run.expired")
    assert gone == ["a2", "a3", "b2", "b3"]
    assert [row[3] for row in left["sources"]].count("expired") == len(gone)


def test_a_run_stays_that_either_policy_keeps(
    tmp_path: Path, run: Make, history_at: Stored
) -> None:
    path = tmp_path / "h.duckdb"
    history_at(path, *(run(f"r{n}", started_at=days(n)) for n in range(5)))
    done = would_compact(job(path, keep_runs=1, keep_days=2.5))
    assert [one.run_id for one in done.expired] == ["r4", "r3"]


def test_the_run_of_a_baseline_and_the_newest_of_its_variant_stay(
    tmp_path: Path, run: Make, history_at: Stored
) -> None:
    path = tmp_path / "h.duckdb"
    history_at(
        path,
        run("new", started_at=days(0), label="v2"),
        run("later", started_at=days(1)),
        run("base", started_at=days(2)),
        run("older", started_at=days(3)),
    )
    with open_history(path, lock_timeout_s=1, now=NOON) as history:
        variant_id = history.connection.execute(
            "SELECT variant_id FROM tasks WHERE run_id = 'base'"
        ).fetchall()[0][0]
        with history.transaction():
            history.connection.execute(
                "INSERT INTO baselines VALUES ('wf', 'base', ?, 'v1', '2026-01-01', 'ann')",
                [variant_id],
            )
    done = compact(job(path, keep_runs=1))
    assert [one.run_id for one in done.expired] == ["older"]
    assert {one.run_id: one.kept_for for one in done.kept} == {
        "base": ("baseline of wf",),
        "later": ("newest run of a variant in use",),
    }


@pytest.mark.parametrize(
    ("state", "applied_at", "stays"),
    [
        ("pending", None, True),
        ("completed", "2026-01-01", True),
        ("completed", None, False),
        ("rejected", None, False),
        ("rolled_back", "2026-01-01", False),
    ],
)
def test_what_a_decision_in_force_names_stays(
    tmp_path: Path, run: Make, history_at: Stored, state: str, applied_at: str | None, stays: bool
) -> None:
    path = tmp_path / "h.duckdb"
    history_at(path, run("new", started_at=days(0)), run("old", started_at=days(5)))
    with open_history(path, lock_timeout_s=1, now=NOON) as history:
        history.connection.execute(
            "INSERT INTO decisions VALUES ('d1', 'wf', '2026-01-01', ?, 1, ?, NULL, ?)",
            [state, '{"current": {"run_ids": ["old"]}}', applied_at],
        )
    done = compact(job(path, keep_runs=1))
    assert [one.kept_for for one in done.kept] == ([("decision d1",)] if stays else [])
    assert [one.run_id for one in done.expired] == ([] if stays else ["old"])


def test_what_a_look_of_a_running_experiment_names_stays(
    tmp_path: Path, run: Make, history_at: Stored
) -> None:
    path = tmp_path / "h.duckdb"
    history_at(path, run("new", started_at=days(0)), run("old", started_at=days(5)))
    with open_history(path, lock_timeout_s=1, now=NOON) as history:
        history.connection.execute(
            "INSERT INTO experiments (experiment_id, workflow_id, status, created_at, design) "
            "VALUES ('e1', 'wf', 'running', '2026-01-01', '{\"runs\": [\"old\"]}')"
        )
    assert [one.kept_for for one in would_compact(job(path, keep_runs=1)).kept] == [
        ("experiment e1",)
    ]


def test_old_payloads_are_emptied_and_figures_stay(
    tmp_path: Path, run: Make, history_at: Stored, rows_at: RowsAt
) -> None:
    path = tmp_path / "h.duckdb"
    long = {"outputs": "word " * 900, "error_message": "why " * 900}
    history_at(path, run("old", "-+", started_at=days(100), tasks=long), now=days(100))
    history_at(path, run("new", "-+", started_at=days(1), tasks=long), now=days(1))
    before = rows_at(path)
    done = compact(job(path, payload_days=90))
    after = rows_at(path)
    assert (done.payloads.n_runs, done.payloads.n_files) == (1, 1)
    assert after["tasks"] == before["tasks"]
    assert after["reports"] == before["reports"]
    assert {row[0] for row in after["task_texts"]} == {"new"}
    assert {row[2] for row in after["long_texts"] if row[0] == "old"} == {"error_message"}
    assert [row[3] for row in after["sources"]].count("expired") == 1
    assert [row[3] for row in after["audit_log"]] == ["payloads.expired", "source.expired"]
    with read_history(path, lock_timeout_s=1) as history:
        rows = history.connection.execute("SELECT run_id, warnings FROM runs").fetchall()
        warned = {run_id: tuple(json.loads(warnings)) for run_id, warnings in rows}
    assert warned == {
        "old": ("inputs, outputs and metadata expired on 2026-03-01",),
        "new": (),
    }
    assert compact(job(path, payload_days=90)).payloads.n_runs == 0


def test_outputs_of_old_tests_of_optimizations_are_emptied(
    tmp_path: Path, history_at: Stored, rows_at: RowsAt
) -> None:
    path = tmp_path / "h.duckdb"
    history_at(path)
    body = '{"case_id":"c","replicate":0,"status":"failed","score":0.1,"outputs":"secret"}'
    with open_history(path, lock_timeout_s=1, now=NOON) as history:
        for case, at in (("old", days(9)), ("new", days(1))):
            history.connection.execute(
                "INSERT INTO executions VALUES ('o', 'e', 'p', ?, 0, ?, ?)",
                [case, at.replace(tzinfo=None), body],
            )
    done = compact(job(path, payload_days=5))
    assert done.payloads.n_executions == 1
    bodies = {row[3]: row[6] for row in rows_at(path)["executions"]}
    assert bodies["new"] == body
    assert bodies["old"] == body.replace(',"outputs":"secret"', "")


def test_the_audit_chain_goes_on(tmp_path: Path, run: Make, history_at: Stored) -> None:
    path = tmp_path / "h.duckdb"
    history_at(path, *(run("same", "+" * n) for n in range(1, 4)))
    history_at(path, run("new", started_at=NOON + timedelta(days=1)))
    compact(job(path, keep_runs=1))
    with read_history(path, lock_timeout_s=1) as history:
        lines = queries.audit(history)
    assert [line.action for line in lines[:3]] == ["run.replaced", "run.replaced", "run.expired"]
    assert first_broken(lines) is None


def test_a_dry_run_says_the_same_and_changes_nothing(
    tmp_path: Path, run: Make, history_at: Stored
) -> None:
    path = tmp_path / "h.duckdb"
    history_at(path, *(run(f"r{n}", started_at=days(n)) for n in range(5)))
    before = path.read_bytes()
    said = would_compact(job(path, keep_runs=2, payload_days=0.5))
    assert path.read_bytes() == before
    done = compact(job(path, keep_runs=2, payload_days=0.5))
    assert (said.expired, said.kept, said.payloads) == (done.expired, done.kept, done.payloads)
    assert without_audit(said) == without_audit(done)


def without_audit(found: Compacted) -> list[Any]:
    return [one for one in found.tables if one.table != "audit_log"]


def test_too_little_room_is_said_before_anything_is_written(
    tmp_path: Path, run: Make, history_at: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "h.duckdb"
    history_at(path, run("r1"))
    before = path.read_bytes()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 2, 7))
    with pytest.raises(HistoryError, match="7 bytes are free on its disk, expected at least"):
        compact(job(path))
    assert path.read_bytes() == before


COMPACT = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from optimizer.history.compacting import Compaction, compact
from optimizer.history.settings import RetentionSettings
from optimizer.models.errors import HistoryError
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
job = Compaction(store=Path(sys.argv[1]), settings=RetentionSettings(), lock_timeout_s=5,
                 actor="ann", now=datetime(2026, 3, 1, tzinfo=UTC))
print("begun", flush=True)
try:
    compact(job)
except HistoryError as error:
    print(error, flush=True)
    sys.exit(2)
"""


@pytest.mark.slow
def test_killed_at_any_moment_it_leaves_a_whole_history(
    tmp_path: Path, rows_at: RowsAt, large_at: Stored, killed: Callable[..., bool]
) -> None:
    path = tmp_path / "h.duckdb"
    large_at(path)
    before = rows_at(path)
    n_killed = 0
    for n in range(10):
        n_killed += killed(COMPACT, path, after_s=0.05 * n)
        assert rows_at(path) == before
    assert n_killed >= 3
    compact(job(path))
    assert rows_at(path) == before
    assert os.listdir(tmp_path) == ["h.duckdb"]


@pytest.mark.parametrize("limit", [4_096, 300_000, 2_000_000])
def test_a_full_disk_leaves_the_old_history(
    tmp_path: Path, rows_at: RowsAt, large_at: Stored, script: Make, limit: int
) -> None:
    path = tmp_path / "h.duckdb"
    large_at(path)
    before = rows_at(path)
    process = script(COMPACT, path, limit)
    said, _ = process.communicate()
    assert process.returncode == 2
    assert "it may not grow any further; nothing of this step was stored" in said
    assert rows_at(path) == before
    assert os.listdir(tmp_path) == ["h.duckdb"]


WRITE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from optimizer.history.store import open_history
for n in range(int(sys.argv[2])):
    with open_history(Path(sys.argv[1]), lock_timeout_s=60, now=datetime.now(UTC)) as history:
        history.connection.execute(
            "INSERT INTO ingest_rejects VALUES (?, '', '2026-01-01')", [f"{sys.argv[3]} {n}"])
"""


@pytest.mark.slow
def test_no_write_is_lost_while_others_compact(
    tmp_path: Path, rows_at: RowsAt, script: Make
) -> None:
    path, n_each = tmp_path / "h.duckdb", 3
    with open_history(path, lock_timeout_s=1, now=NOON):
        pass
    writers = [script(WRITE, path, n_each, name) for name in "ab"]
    n_compacted = 0
    while any(writer.poll() is None for writer in writers):
        compact(job(path, timeout_s=60))
        n_compacted += 1
    assert [writer.communicate() for writer in writers] == [("", None)] * 2
    assert [writer.returncode for writer in writers] == [0, 0]
    assert n_compacted > 1
    written = {row[0] for row in rows_at(path)["ingest_rejects"]}
    assert written == {f"{name} {n}" for name in "ab" for n in range(n_each)}
