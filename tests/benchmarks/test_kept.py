from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("kept")


def written(
    history: Path, costs: Mapping[str, Sequence[float]], *, machine: str = "m", bare: bool = False
) -> None:
    lines = [
        {
            "name": name,
            "what": name,
            "ours": list(ours),
            "reference": [] if bare else [1.0] * len(ours),
        }
        for name, ours in costs.items()
    ]
    run = {"at": "2026-01-01T00:00:00", "commit": "c", "machine": machine, "share": 1}
    with history.open("a", encoding="utf-8") as file:
        file.write(json.dumps(run | {"lines": lines}) + "\n")


STEADY = {f"line{n}": [1.0, 1.02, 0.98, 1.01, 0.99] for n in range(6)}


def test_names_the_line_that_became_slower_and_by_how_much(
    kept: ModuleType, tmp_path: Path
) -> None:
    history = tmp_path / "history.jsonl"
    written(history, STEADY)
    written(history, STEADY | {"line3": [1.5, 1.53, 1.47, 1.52, 1.49]})
    said = kept.verdict(history)
    assert "SLOWER: line3: 1.50 x" in said
    assert said.count("SLOWER") == 1
    assert "all 6 lines together: 1.07 x" in said


def test_does_not_call_a_tenth_a_regression(kept: ModuleType, tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    written(history, STEADY)
    written(history, {name: [1.08 * one for one in ours] for name, ours in STEADY.items()})
    said = kept.verdict(history)
    assert "No line is slower by more than 10%" in said
    assert "all 6 lines together: 1.08 x" in said


def test_compares_bare_times_only_on_the_same_machine(kept: ModuleType, tmp_path: Path) -> None:
    slow = {name: [2 * one for one in ours] for name, ours in STEADY.items()}
    for other, expected in (("m", 6), ("another", 0)):
        history = tmp_path / f"{other}.jsonl"
        written(history, STEADY, bare=True)
        written(history, slow, machine=other, bare=True)
        assert kept.verdict(history).count("SLOWER") == expected


def test_holds_a_run_against_the_last_one_of_the_same_size(
    kept: ModuleType, tmp_path: Path
) -> None:
    history = tmp_path / "history.jsonl"
    written(history, STEADY)
    quick = json.loads(history.read_text()) | {"share": 10}
    history.write_text(history.read_text() + json.dumps(quick) + "\n")
    assert kept.verdict(history) == "The first run of this size: nothing to compare with."


def test_does_not_cry_wolf_when_nothing_changed(kept: ModuleType) -> None:
    rng, n_runs, n_lines = np.random.default_rng(7), 400, 20
    alarms = 0
    for _ in range(n_runs):
        first, second = (
            {str(n): tuple(np.exp(rng.normal(0, 0.2, 5))) for n in range(n_lines)} for _ in range(2)
        )
        alarms += bool(kept.slower(first, second))
    assert alarms / n_runs <= kept.ALPHA


def test_sees_a_line_that_takes_a_third_more(kept: ModuleType) -> None:
    rng, n_runs = np.random.default_rng(7), 200
    seen = 0
    for _ in range(n_runs):
        first = {str(n): tuple(np.exp(rng.normal(0, 0.04, 5))) for n in range(20)}
        second = first | {"3": tuple(np.exp(rng.normal(np.log(1.33), 0.04, 5)))}
        seen += [one.name for one in kept.slower(first, second)] == ["3"]
    assert seen / n_runs > 0.8


def test_prints_a_table_and_keeps_each_run(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    argv = [sys.executable, str(BENCHMARKS / "run.py"), "--quick", "--rounds", "1"]
    argv += ["--only", "deciding.version", "--history", str(history)]
    for _ in range(2):
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONPATH": str(BENCHMARKS.parent), "PATH": "/usr/bin:/bin"},
        )
        assert done.returncode in (0, 1), done.stderr
        assert "--version / bare Python" in done.stdout
    assert len(history.read_text().splitlines()) == 2
    assert "Against the run of" in done.stdout
