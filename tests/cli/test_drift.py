from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]


def nightly(write: Write, day: int, *, seconds: float = 0.5, n: int = 60, bad: int = 4) -> Path:
    rng = np.random.default_rng(day)
    tasks = [
        {
            "task_id": f"t{i}",
            "workflow_id": "wf",
            "task_status": "failed" if i < bad else "succeeded",
            "created_at": f"2026-03-{day:02}T12:{i:02}:00Z",
            "execution_time": seconds * float(rng.lognormal(0, 0.2)),
            "metadata": {"case_id": f"c{i}"},
        }
        for i in range(n)
    ]
    return write(
        f"night-{day}.json",
        task_results=tasks,
        run_id=f"night-{day}",
        started_at=f"2026-03-{day:02}T12:00:00Z",
        finished_at=f"2026-03-{day:02}T13:00:00Z",
    )


@pytest.fixture
def wf(optimizer: Run, run_file: Write) -> Run:
    files = [nightly(run_file, day) for day in range(1, 15)]
    assert optimizer("ingest", *files).code == 0
    return optimizer


def series(folder: Path, values: list[float]) -> Path:
    path = folder / "load.csv"
    lines = [f"2026-03-01 {i // 60:02}:{i % 60:02}:00,{value}" for i, value in enumerate(values)]
    path.write_text("\n".join(["timestamp,value", *lines]), encoding="utf-8")
    return path


def test_steady_runs_have_not_drifted(wf: Run) -> None:
    result = wf("drift", "-w", "wf")
    assert result.code == 0
    assert result.out.startswith("Nothing of wf has moved, by ")


def test_a_slower_night_has(wf: Run, run_file: Write) -> None:
    assert wf("ingest", nightly(run_file, 15, seconds=1.0)).code == 0
    result = wf("drift", "-w", "wf")
    assert result.out.startswith("DRIFT in latency of wf: ")
    found = [
        one for one in wf("drift", "-w", "wf", "--json").json["findings"] if one["is_drifting"]
    ]
    assert {one["metric"] for one in found} == {"latency"}
    assert wf("drift", "-w", "wf", "--as-of", "2026-03-14T23:00:00").out.startswith("Nothing")


def test_one_run_says_what_is_missing(optimizer: Run, run_file: Write) -> None:
    assert optimizer("ingest", nightly(run_file, 1)).code == 0
    assert optimizer("drift", "-w", "wf").out.startswith(
        "UNKNOWN: wf: not enough data: 1 of 2 runs."
    )
    assert "0 of 10 earlier runs" in optimizer("anomalies", "-w", "wf").out


def test_a_night_of_failures_is_out_of_the_ordinary(wf: Run, run_file: Write) -> None:
    assert wf("anomalies", "-w", "wf").out.startswith("Nothing of wf is out of the ordinary")
    assert wf("ingest", nightly(run_file, 15, bad=40, seconds=6.0)).code == 0
    found = wf("anomalies", "-w", "wf", "--json").json["anomalies"]
    assert {one["metric"] for one in found if one["task_id"] is None} == {"success", "latency"}
    assert {one["task_id"] for one in found if one["task_id"]} <= {f"t{i}" for i in range(60)}
    assert any(one["task_id"] for one in found)


def test_a_decision_acts_on_what_got_worse(wf: Run, run_file: Write) -> None:
    quiet = ("--set", "strategies.threshold_based.min_success_rate=0.5")
    assert wf("ingest", nightly(run_file, 15, bad=40, seconds=6.0)).code == 0
    answers = wf("decide", "-w", "wf", "--json", *quiet).json["answers"]
    (own,) = (one for one in answers if one["strategy"] == "threshold_based")
    types = [one["type"] for one in own["answer"]["proposals"]]
    assert types[0] == "alert"
    assert "circuit_break" in types
    assert all(one["facts"] for one in own["answer"]["proposals"])


def test_any_series_can_be_looked_at(optimizer: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = np.r_[rng.normal(10, 1, 150), rng.normal(14, 1, 100)]
    values[120] = 40.0
    file = series(tmp_path, values.tolist())
    moved = optimizer("drift", "--series", file, "--json").json["findings"]
    assert {one["method"] for one in moved} == {"adwin", "page_hinkley", "cusum"}
    assert any(one["changed_at"].startswith("2026-03-01T02:3") for one in moved)
    found = optimizer("anomalies", "--series", file, "--json").json["anomalies"]
    assert found[0]["at"].startswith("2026-03-01T02:00")
    assert found[0]["severity"] == "high"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "line 1: found a, b, expected timestamp,value"),
        ("", "line 1: found nothing, expected timestamp,value"),
        ("timestamp,value\n0,1\n1,x\n", "line 3: value: found x, expected a finite number"),
        ("timestamp,value\n0,nan\n", "line 2: value: found nan, expected a finite number"),
        ("timestamp,value\nnoon,1\n", "line 2: timestamp: found noon, expected a time or a number"),
        ("timestamp,value\n5,1\n4,1\n", "line 3: timestamp: found 4, expected 1970-01-01"),
        (
            "timestamp,value\n0,-1e200\n",
            "line 2: value: found -1e200, expected a number between -1e+150 and 1e+150",
        ),
        (
            "timestamp,value\n0001-01-01T00:00:00+14:00,1\n",
            "line 2: timestamp: found 0001-01-01T00:00:00+14:00, expected a time or a number",
        ),
        ("timestamp,value\n5\n", "line 2: value: found , expected a finite number"),
    ],
)
def test_a_damaged_series_is_told_by_its_line(
    optimizer: Run, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    for command in ("drift", "anomalies"):
        result = optimizer(command, "--series", "x.csv")
        assert result.code == 2
        assert f"x.csv: {message}" in result.err


def test_there_must_be_one_thing_to_look_at(optimizer: Run, tmp_path: Path) -> None:
    for command in ("drift", "anomalies"):
        assert optimizer(command).code == 2
        assert optimizer(command, "-w", "wf", "--series", "x.csv").code == 2
        missing = optimizer(command, "--series", tmp_path / "none.csv")
        assert missing.code == 2
        assert "none.csv: No such file or directory, expected a CSV file" in missing.err
