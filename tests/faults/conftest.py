from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from optimizer.pipeline.doctor import examine

ROOT = Path(__file__).parents[2]
SURROUNDINGS = ("OPTIMIZER_", "GITHUB_", "GITLAB_CI", "JENKINS_URL", "TF_BUILD", "CIRCLECI")
CLEAN = {
    **{k: v for k, v in os.environ.items() if not k.startswith(SURROUNDINGS)},
    "NO_COLOR": "1",
    "PYTHONPATH": str(ROOT),
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
VOLATILE = ("elapsed_ms",)
"""Columns that hold how long something took here."""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str
    cpu_s: float
    peak_kb: int

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Running:
    """A call under way in a process of its own."""

    def __init__(self, address: str, asked: dict[str, Any]) -> None:
        self.asked = asked
        self._call = socket.socket(socket.AF_UNIX)
        self._call.connect(address)
        self._stream = self._call.makefile("rw")
        self._stream.write(json.dumps(asked) + "\n")
        self._stream.flush()
        self.pid = int(self._stream.readline())

    def begin(self) -> None:
        """Let a call begin that waits for it."""
        self._call.sendall(b"!")

    def send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def is_running(self) -> bool:
        return Path(f"/proc/{self.pid}").exists()

    def wait(self, timeout: float = 60) -> Done:
        self._call.settimeout(timeout)
        code, cpu_s, peak_kb = json.loads(self._stream.readline())
        self._call.close()
        out, err = (Path(self.asked[name]) for name in ("out", "err"))
        said = [path.read_text() if path.exists() else "" for path in (out, err)]
        out.unlink(missing_ok=True)
        err.unlink(missing_ok=True)
        return Done(code, *said, cpu_s, peak_kb)


class Program:
    """The program, kept warm: a call costs a fork."""

    def __init__(self, address: str, streams: Path) -> None:
        self._address, self._streams, self._n = address, streams, 0

    def start(
        self, folder: Path, *words: str | Path, waits: bool = False, limit: int = 0, **env: str
    ) -> Running:
        self._n += 1
        asked = {
            "words": list(map(str, words)),
            "folder": str(folder),
            "environ": {**CLEAN, **env},
            "waits": waits,
            "limit": limit,
            "out": str(self._streams / f"{self._n}.out"),
            "err": str(self._streams / f"{self._n}.err"),
        }
        return Running(self._address, asked)

    def __call__(self, folder: Path, *words: str | Path, limit: int = 0, **env: str) -> Done:
        return self.start(folder, *words, limit=limit, **env).wait()


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Run the program as many processes that cost little each."""
    folder = tmp_path_factory.mktemp("warm")
    (folder / "work").mkdir()
    for name, variant, marks in (("run", "a", "+"), ("other", "b", "+++-")):
        write_run(folder / "work", name, variant=variant, marks=marks)
    address = str(folder / "address")
    warm = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("warm.py")), address, str(folder / "work")],
        env=CLEAN,
        stdout=subprocess.PIPE,
    )
    assert warm.stdout is not None
    assert warm.stdout.readline() == b"ready 1\n"
    yield Program(address, folder)
    warm.terminate()
    warm.wait()


def write_run(
    folder: Path,
    name: str,
    *,
    workflow: str = "wf",
    variant: str = "a",
    day: int = 1,
    n: int = 4,
    marks: str = "+",
    **changes: Any,
) -> Path:
    """Write a run of `n` tests that began at noon on a day of March 2026; - failed."""
    at = f"2026-03-{day:02d}T12:00:00Z"
    words = {"+": "succeeded", "-": "failed"}
    run = {
        "run_id": name,
        "workflow_id": workflow,
        "started_at": at,
        "finished_at": at.replace("12:00", "12:10"),
        "metadata": {"prompt_variant": variant},
        "task_results": [
            {
                "task_id": f"t{i}",
                "workflow_id": workflow,
                "task_status": words[marks[i % len(marks)]],
                "created_at": at,
                "execution_time": 0.5,
                "metadata": {"case_id": f"c{i}"},
                "test_result": {
                    "status": "success",
                    "inputs": {"text": f"case {i}"},
                    "outputs": {"text": f"answer {i}"},
                },
            }
            for i in range(n)
        ],
    } | changes
    path = folder / f"{name}.json"
    path.write_text(json.dumps(run))
    return path


def write_results(folder: Path) -> None:
    """Write folders of runs: two variants of two workflows, a later one, changed ones, bad ones."""
    for name in ("in", "later", "changed", "bad"):
        (folder / name).mkdir()
    for workflow in ("wf", "other"):
        for variant, day, marks in (("a", 1, "+"), ("b", 2, "++-")):
            name = f"{workflow}-{variant}"
            write_run(
                folder / "in",
                name,
                workflow=workflow,
                variant=variant,
                day=day,
                n=60,
                marks=marks,
            )
    write_run(folder / "later", "wf-a-later", day=11, n=60)
    write_run(folder / "later", "wf-a-last", day=12, n=60)
    write_run(folder / "changed", "wf-a", n=60, marks="+++++-")
    (folder / "bad" / "bad.json").write_text('{"task_results": 3}')


def state_of(store: Path) -> dict[str, list[str]]:
    """Return all rows of all tables, but for how long something took; rejects once each."""
    if not store.exists():
        return {}
    found: dict[str, list[str]] = {}
    with duckdb.connect(store, read_only=True) as connection:
        columns: dict[str, list[str]] = {}
        for table, column in connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal "
            "AND table_name IN (SELECT table_name FROM duckdb_tables()) ORDER BY ALL"
        ).fetchall():
            columns.setdefault(table, []).append(column)
        for table, names in columns.items():
            kept = ", ".join(name for name in names if name not in VOLATILE)
            once = "DISTINCT" if table == "ingest_rejects" else ""
            rows = connection.execute(f"SELECT {once} {kept} FROM {table}").fetchall()
            found[table] = sorted(map(repr, rows))
    return {table: rows for table, rows in found.items() if rows}


TORN = """
    SELECT run_id, 'tasks without texts, texts without tasks' FROM runs
    WHERE (SELECT count(*) FROM tasks t WHERE t.run_id = runs.run_id)
       <> (SELECT count(*) FROM task_texts t WHERE t.run_id = runs.run_id)
    AND EXISTS (FROM task_texts t WHERE t.run_id = runs.run_id)
    UNION ALL
    SELECT run_id, 'reports count other tasks' FROM runs
    WHERE (SELECT count(*) FROM tasks t WHERE t.run_id = runs.run_id) IS DISTINCT FROM
        (SELECT sum(n_tasks) FROM reports r WHERE r.run_id = runs.run_id AND variant_id IS NULL)
    UNION ALL
    SELECT run_id, 'its file is not known' FROM runs
    WHERE source_sha256 NOT IN (SELECT source_sha256 FROM sources)
    UNION ALL
    SELECT run_id, 'tasks of no run' FROM tasks WHERE run_id NOT IN (SELECT run_id FROM runs)
    UNION ALL
    SELECT decision_id, 'a decision without its line in the audit log' FROM decisions
    WHERE decision_id NOT IN (SELECT subject FROM audit_log)
    ORDER BY ALL
"""


def require_sound(store: Path) -> None:
    """See that a history is as sound as can be told, and every run in it whole."""
    if not store.exists():
        return
    found = examine(store, lock_timeout_s=10)
    assert [one for one in found if one.ok is False] == []
    with duckdb.connect(store, read_only=True) as connection:
        assert connection.execute(TORN).fetchall() == []


@pytest.fixture(scope="session")
def tracer() -> str | None:
    """What can stop a process at its n-th write to a file, where it is installed and allowed."""
    strace = shutil.which("strace")
    if strace is None:
        return None
    tried = subprocess.run([strace, "-o", os.devnull, "true"], check=False, capture_output=True)
    return strace if tried.returncode == 0 else None


def wait_until(is_so: Callable[[], bool], timeout_s: float = 20) -> None:
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.fixture(scope="session")
def tools() -> SimpleNamespace:
    """What the tests of faults share."""
    shared = (write_run, write_results, state_of, require_sound, wait_until)
    return SimpleNamespace(CLEAN=CLEAN, **{one.__name__: one for one in shared})
