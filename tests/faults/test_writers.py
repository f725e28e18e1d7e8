from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from threading import Event
from typing import Any

import duckdb
import pytest

STORE = ".optimizer/history.duckdb"
N_WRITERS, N_TASKS = 8, 3
READ = (
    ("runs", "--json"),
    ("status", "--json"),
    ("compare", "base-a", "base-b", "--json"),
    ("decide", "-w", "wf", "--json"),
)


@pytest.fixture
def folder(program: Any, tools: Any, tmp_path: Path) -> Path:
    """A folder with a history of two variants."""
    for variant in "ab":
        tools.write_run(tmp_path, f"base-{variant}", variant=variant, n=60)
        assert program(tmp_path, "ingest", f"base-{variant}.json").code == 0
    return tmp_path


def timed(program: Any, *words: Any) -> tuple[float, Any]:
    began = time.monotonic()
    done = program(*words)
    return time.monotonic() - began, done


@pytest.mark.parametrize(
    "n_each", [1, pytest.param(25, marks=pytest.mark.faults, id="as_many_as_can_be")]
)
def test_eight_who_store_and_three_who_read_at_once_lose_nothing_and_see_nothing_half(
    program: Any, tools: Any, folder: Path, n_each: int
) -> None:
    names = [f"w{writer}-{n}" for writer in range(N_WRITERS) for n in range(n_each)]
    for name in names:
        tools.write_run(folder, name, n=N_TASKS)
    stop = Event()

    def store(writer: int) -> list[tuple[float, Any]]:
        mine = names[writer * n_each : (writer + 1) * n_each]
        return [timed(program, folder, "ingest", f"{name}.json") for name in mine]

    def look(first: int) -> list[Any]:
        seen = []
        while not stop.is_set():
            seen += [(words[0], program(folder, *words)) for words in READ[first:] + READ[:first]]
        return seen

    with ThreadPoolExecutor(N_WRITERS + 3) as threads:
        looking = [threads.submit(look, first) for first in range(3)]
        written = [one for some in threads.map(store, range(N_WRITERS)) for one in some]
        stop.set()
        seen = [one for reader in looking for one in reader.result()]
    assert [
        done for _, done in written if done.code or "stored 1 run (3 tasks)" not in done.out
    ] == []
    assert [(word, done) for word, done in seen if done.code] == []
    listed = [done.json["items"] for word, done in seen if word == "runs"]
    assert {one["n_tasks"] for some in listed for one in some} <= {60, N_TASKS}
    tools.require_sound(folder / STORE)
    with duckdb.connect(folder / STORE, read_only=True) as connection:
        found = connection.execute(
            "SELECT run_id, count(*) FROM tasks WHERE run_id LIKE 'w%' GROUP BY 1 ORDER BY 1"
        ).fetchall()
    assert found == [(name, N_TASKS) for name in sorted(names)]
    waits = sorted(wait for wait, _ in written)
    sys.stdout.write(
        f"\n{len(written)} ingests while {len(seen)} commands read: median {median(waits):.2f} s, "
        f"longest {waits[-1]:.2f} s\n"
    )
