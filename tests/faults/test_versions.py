from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from optimizer.history.store import SCHEMA_VERSION

ROOT = Path(__file__).parents[2]
STORE = ".optimizer/history.duckdb"


def git(*words: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *words], check=False, capture_output=True)
    return done.stdout.decode().strip() if done.returncode == 0 else ""


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first program with today's schema of the history."""
    commits = git("log", "--format=%H", "--", "optimizer/history/schema.sql").split()
    if not commits:
        pytest.skip("needs the earlier versions of a checkout")
    folder = tmp_path_factory.mktemp("earlier")
    packed = subprocess.run(
        ["git", "-C", str(ROOT), "archive", commits[0], "cli", "optimizer", "executor_bridge",
         "reports"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
    if (
        f"SCHEMA_VERSION = {SCHEMA_VERSION}\n"
        not in (folder / "optimizer" / "history" / "store.py").read_text()
    ):
        pytest.skip("no earlier version has this schema")
    return folder


def test_two_versions_of_the_program_take_turns_on_one_history(
    program: Any, tools: Any, earlier: Path, tmp_path: Path
) -> None:
    def then(*words: str) -> Any:
        return subprocess.run(
            [sys.executable, "-m", "cli", *words],
            cwd=tmp_path,
            env={**tools.CLEAN, "PYTHONPATH": str(earlier)},
            check=False,
            capture_output=True,
            text=True,
        )

    for i, variant in enumerate("ab"):
        marks = "+" if variant == "a" else "++-"
        tools.write_run(tmp_path, f"r{i}", variant=variant, day=1 + i, n=40, marks=marks)
        for words in (("ingest", f"r{i}.json"), ("decide", "-w", "wf")):
            if i % 2 == 0:
                done = then(*words)
                assert done.returncode == 0, (words, done)
            else:
                now = program(tmp_path, *words)
                assert now.code == 0, (words, now)
    assert program(tmp_path, "doctor").code == 0
    assert then("doctor").returncode == 0
    assert then("audit", "verify").returncode == 0
    tools.require_sound(tmp_path / STORE)
    with duckdb.connect(tmp_path / STORE, read_only=True) as connection:
        (n,) = connection.execute("SELECT count(*) FROM tasks").fetchall()[0]
    assert n == 80


def test_a_history_of_a_newer_program_is_refused_and_left_alone(
    program: Any, tools: Any, tmp_path: Path
) -> None:
    tools.write_run(tmp_path, "r")
    program(tmp_path, "ingest", "r.json")
    with duckdb.connect(tmp_path / STORE) as connection:
        connection.execute("UPDATE schema_version SET version = version + 1")
    before = (tmp_path / STORE).read_bytes()
    for words in (("ingest", "r.json"), ("decide", "--all"), ("runs",), ("store", "migrate")):
        done = program(tmp_path, *words)
        assert done.code == 2
        assert "hint: Update the program: a newer one wrote this file." in done.err
    assert (tmp_path / STORE).read_bytes() == before


def test_a_history_of_an_older_program_is_to_be_migrated_by_all_commands(
    program: Any, tools: Any, tmp_path: Path
) -> None:
    tools.write_run(tmp_path, "r")
    program(tmp_path, "ingest", "r.json")
    with duckdb.connect(tmp_path / STORE) as connection:
        connection.execute("UPDATE schema_version SET version = version - 1")
    for words in (("ingest", "r.json"), ("decide", "--all"), ("runs",)):
        done = program(tmp_path, *words)
        assert (done.code, "Run 'optimizer store migrate'." in done.err) == (2, True)
