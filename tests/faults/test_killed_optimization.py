from __future__ import annotations

import json
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

STORE = ".optimizer/history.duckdb"
PROMPT = "Say how the writer feels.\n\nReview: {review}\nMood:\n"
N_CASES = 24
TESTS = """
import hashlib, json, os, sys

prompt_file, cases_file, out = sys.argv[1:4]
prompt = open(prompt_file, "rb").read()
passed = b"one word" in prompt or b"Mood: " in prompt
tasks = [
    {
        "task_id": case["case_id"],
        "task_status": "succeeded" if passed else "failed",
        "error_message": None if passed else "found no label in the answer",
        "test_result": {"outputs": case["case_id"] + str(len(prompt)), "cost": 0.01},
    }
    for case in json.load(open(cases_file))
]
with open("calls.txt", "a") as calls:
    calls.write(f"{len(tasks)}\\n")
run = {"task_results": tasks, "metadata": {"prompt_sha256": hashlib.sha256(prompt).hexdigest()}}
with open(out + ".part", "w") as file:
    json.dump(run, file)
os.replace(out + ".part", out)
"""
ASKED = (
    "optimize",
    "mood.txt",
    *("--cases", "cases.jsonl", "--workflow", "mood", "--budget", "100", "--json"),
    *("--executor", f"{sys.executable} -I -S run_tests.py {{prompt_file}} {{cases_file}} {{out}}"),
)
AT_NOON = "2026-03-20T12:00:00+00:00"
SAME = ("versions", "held_out", "split")
"""What an optimization finds, however often it was cut short."""


def begin(folder: Path) -> Path:
    folder.mkdir()
    (folder / "mood.txt").write_text(PROMPT)
    (folder / "run_tests.py").write_text(TESTS)
    cases = [
        {"case_id": f"c{i}", "review": f"Review {i}.", "expected": ("bad", "good")[i % 2]}
        for i in range(N_CASES)
    ]
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    return folder


def n_paid(folder: Path) -> list[int]:
    calls = folder / "calls.txt"
    return list(map(int, calls.read_text().split())) if calls.exists() else []


def n_kept(folder: Path) -> int:
    """Results of tests that the history holds."""
    if not (folder / STORE).exists():
        return 0
    with duckdb.connect(folder / STORE, read_only=True) as connection:
        (n,) = connection.execute("SELECT count(*) FROM executions").fetchall()[0]
    return int(n)


@pytest.mark.parametrize(
    "n_kills", [1, pytest.param(200, marks=pytest.mark.faults, id="two_hundred")]
)
def test_an_optimization_that_is_killed_goes_on_and_pays_for_no_test_twice_that_it_kept(
    program: Any, tools: Any, tmp_path: Path, n_kills: int
) -> None:
    began = time.monotonic()
    whole = begin(tmp_path / "whole")
    done = program(whole, *ASKED, FAULTS_NOW=AT_NOON)
    took_s = time.monotonic() - began
    assert done.code == 0, done.err
    chance, ends = random.Random(3), Counter[str]()
    for i in range(n_kills):
        folder = begin(tmp_path / f"killed-{i}")
        running = program.start(folder, *ASKED, FAULTS_NOW=AT_NOON)
        time.sleep(took_s * (i + chance.random()) / n_kills)
        running.send(signal.SIGKILL)
        was_killed = running.wait().code == -signal.SIGKILL
        tools.require_sound(folder / STORE)
        kept = n_kept(folder)
        again = program(folder, *ASKED, "--resume", FAULTS_NOW=AT_NOON)
        if again.code == 2 and "was cut short" in again.err:  # nothing had begun, or all was done
            again = program(folder, *ASKED, FAULTS_NOW=AT_NOON)
        assert again.code == 0, again.err
        tools.require_sound(folder / STORE)
        assert [again.json[name] for name in SAME] == [done.json[name] for name in SAME]
        assert n_kept(folder) == n_kept(whole)
        lost = sum(n_paid(folder)) - sum(n_paid(whole))
        assert 0 <= lost <= max(n_paid(whole))
        ends[f"{'killed' if was_killed else 'ended'}, {'some' if kept else 'none'} kept"] += 1
    sys.stdout.write(f"\noptimize: {dict(sorted(ends.items()))}\n")
